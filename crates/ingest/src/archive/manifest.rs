//! The manifest's lines and the chain that ties them together.

use std::io::{self, BufRead, BufReader, Read};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use whoran_model::{LogId, LogRef, Timestamp};

use crate::hashed::hex;
use crate::{name_of_path, path_of_name};

/// The hash that the first line gives for the line before it.
pub const NO_HEAD: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// What one line of the manifest says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The log as it was listed. For a frame, `size` counts its bytes as pulled.
    pub log: LogRef,
    /// SHA-256 of the log's bytes as pulled or as stored, in hex.
    pub sha256: String,
    /// When it was pulled or read.
    pub time: Timestamp,
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
        /// The file's absolute path.
        path: PathBuf,
    },
}

/// A line as written. The key order is part of the format.
#[derive(Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Line {
    Frame {
        log: String,
        version: String,
        time: String,
        pack: u32,
        offset: u64,
        stored: u64,
        bytes: u64,
        sha256: String,
        previous: String,
    },
    InPlace {
        log: String,
        version: String,
        time: String,
        path: String,
        size: u64,
        sha256: String,
        previous: String,
    },
}

/// The line that says `entry`, without its line end, after a line with the hash `previous`.
pub(super) fn encode(entry: &Entry, previous: &str) -> String {
    let Entry { log, sha256, time, place } = entry.clone();
    let (id, version, time) = (log.id.to_string(), log.version, time.to_string());
    let previous = previous.to_owned();
    let line = match place {
        Place::Frame { pack, offset, stored } => {
            Line::Frame { log: id, version, time, pack, offset, stored, bytes: log.size, sha256, previous }
        }
        Place::InPlace { path } => {
            let path = name_of_path(&path).to_string();
            Line::InPlace { log: id, version, time, path, size: log.size, sha256, previous }
        }
    };
    // Strings and numbers under string keys: this cannot fail, and an empty line would be refused on reading.
    serde_json::to_string(&line).unwrap_or_default()
}

/// What a line says, and the hash it gives for the line before it; or what is wrong with it.
pub(super) fn decode(line: &[u8]) -> Result<(Entry, String), String> {
    let line = serde_json::from_slice(line).map_err(|e| e.to_string())?;
    let (id, size, version, time, sha256, previous, place) = match line {
        Line::Frame { log, version, time, pack, offset, stored, bytes, sha256, previous } => {
            (log, bytes, version, time, sha256, previous, Place::Frame { pack, offset, stored })
        }
        Line::InPlace { log, version, time, path, size, sha256, previous } => {
            let path = path_of_name(&LogId::new(path));
            (log, size, version, time, sha256, previous, Place::InPlace { path })
        }
    };
    let time = time.parse().map_err(|e| format!("time: {e}"))?;
    let log = LogRef { id: LogId::new(id), size, version };
    Ok((Entry { log, sha256, time, place }, previous))
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
