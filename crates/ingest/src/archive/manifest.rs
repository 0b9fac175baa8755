//! The manifest's lines and the chain that ties them together.

use std::borrow::Cow;
use std::io::{self, BufRead, BufReader, Read};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use whoran_model::{LogId, LogRef, Timestamp};

use crate::hashed::{hex, sha256_of_hex};

/// The hash that the first line gives for the line before it.
pub const NO_HEAD: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// What one line of the manifest says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The log as it was listed. For a frame, `size` counts the log's bytes as pulled up to this frame's end.
    pub log: LogRef,
    /// How many bytes of the log stand in frames before this one, which it goes on from; 0 where it begins the log anew.
    pub from: u64,
    /// SHA-256 of the frame's bytes before compression, or of the file's as stored.
    pub sha256: [u8; 32],
    /// When it was pulled or read.
    pub time: Timestamp,
    /// When the last of these bytes was written, where their source says so; they are not younger.
    pub last: Option<Timestamp>,
    /// Where its bytes are.
    pub place: Place,
}

/// Where the bytes of an archived log are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// In a pack.
    Frame {
        /// The pack's number: `packs/000001.zst` is 1.
        pack: u32,
        /// Where the frame begins in the pack, in bytes.
        offset: u64,
        /// The frame's length, in bytes.
        stored: u64,
    },
    /// Where they were found.
    InPlace {
        /// The name of the file's absolute path ([`name_of_path`](crate::name_of_path)). It is one with the log's own where
        /// that is the same: there are many.
        path: LogId,
    },
    /// Nowhere any longer: they were taken out on purpose.
    Pruned {
        /// The line that was written for them, from 1.
        line: u64,
    },
}

/// A line as written. The key order is part of the format.
#[derive(Serialize, Deserialize)]
struct Line<'a> {
    kind: Kind,
    #[serde(borrow)]
    log: Cow<'a, str>,
    #[serde(borrow)]
    version: Cow<'a, str>,
    #[serde(borrow)]
    time: Cow<'a, str>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    last: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pack: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    offset: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stored: Option<u64>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    path: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u64>,
    #[serde(default, skip_serializing_if = "is_zero")]
    from: u64,
    size: u64,
    #[serde(borrow)]
    sha256: Cow<'a, str>,
    #[serde(borrow)]
    previous: Cow<'a, str>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
fn is_zero(n: &u64) -> bool {
    *n == 0
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    /// Has `pack`, `offset` and `stored`.
    Frame,
    /// Has `path`.
    InPlace,
    /// Has `line`.
    Pruned,
}

/// The line that says `entry`, without its line end, after a line with the hash `previous`.
pub(super) fn encode(entry: &Entry, previous: &str) -> String {
    let mut line = Line {
        kind: Kind::Frame,
        log: entry.log.id.as_str().into(),
        version: (&*entry.log.version).into(),
        time: entry.time.to_string().into(),
        last: entry.last.map(|last| last.to_string().into()),
        pack: None,
        offset: None,
        stored: None,
        path: None,
        line: None,
        from: entry.from,
        size: entry.log.size,
        sha256: hex(&entry.sha256).into(),
        previous: previous.into(),
    };
    match &entry.place {
        Place::Frame { pack, offset, stored } => {
            (line.pack, line.offset, line.stored) = (Some(*pack), Some(*offset), Some(*stored));
        }
        Place::InPlace { path } => {
            line.kind = Kind::InPlace;
            line.path = Some(path.as_str().into());
        }
        Place::Pruned { line: pruned } => {
            line.kind = Kind::Pruned;
            line.line = Some(*pruned);
        }
    }
    // Strings and numbers under string keys: this cannot fail, and an empty line would be refused on reading.
    serde_json::to_string(&line).unwrap_or_default()
}

/// What a line says, and the hash it gives for the line before it; or what is wrong with it.
pub(super) fn decode(line: &[u8]) -> Result<(Entry, Cow<'_, str>), String> {
    let line: Line<'_> = serde_json::from_slice(line).map_err(|e| e.to_string())?;
    let id = LogId::new(line.log);
    let place = match (line.kind, (line.pack, line.offset, line.stored), line.path, line.line) {
        (Kind::Frame, (Some(pack), Some(offset), Some(stored)), None, None) if line.from <= line.size => {
            Place::Frame { pack, offset, stored }
        }
        (Kind::InPlace, (None, None, None), Some(path), None) if line.from == 0 => {
            Place::InPlace { path: if path == id.as_str() { id.clone() } else { LogId::new(path) } }
        }
        (Kind::Pruned, (None, None, None), None, Some(pruned)) => Place::Pruned { line: pruned },
        _ => return Err("its keys are not those of its kind".to_owned()),
    };
    let time = line.time.parse().map_err(|e| format!("time: {e}"))?;
    let last = line.last.map(|last| last.parse().map_err(|e| format!("last: {e}"))).transpose()?;
    let sha256 = sha256_of_hex(line.sha256.as_bytes()).ok_or("sha256: not 64 digits in hex")?;
    let log = LogRef { id, size: line.size, version: line.version.into() };
    Ok((Entry { log, from: line.from, sha256, time, last, place }, line.previous))
}

/// The hash of a line without its line end.
pub(super) fn hash(line: &[u8]) -> String {
    hex(&Sha256::digest(line))
}

/// The lines of a manifest without their line ends. A last one that has none was never finished, and is no line.
pub(super) fn whole_lines(manifest: impl Read) -> impl Iterator<Item = io::Result<Vec<u8>>> {
    let mut reader = BufReader::with_capacity(1 << 16, manifest);
    std::iter::from_fn(move || {
        let mut line = Vec::new();
        match reader.read_until(b'\n', &mut line) {
            Ok(_) => (line.pop() == Some(b'\n')).then_some(Ok(line)),
            Err(e) => Some(Err(e)),
        }
    })
}
