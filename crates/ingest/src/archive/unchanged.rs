//! An archive that need not be read, since its manifest is what it was when it was read before.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use whoran_model::LogId;

use super::{Archive, manifest};
use crate::Error;
use crate::hashed::{hex, sha256_of_hex};

/// An archive whose manifest has the lines that it had before. They were gone through, and no more of them was kept than
/// is asked here.
#[derive(Debug)]
pub struct Unchanged {
    dir: PathBuf,
    lines: Lines,
}

impl Unchanged {
    /// Gives nothing where the manifest of the archive in the folder `dir` has other lines than the `seq` ones of which the
    /// last has the hash `head`. Each line has the hash of the one before it and is held against it, so no byte can have
    /// changed unseen. Whoever gets nothing reads the archive, which says what is wrong with it.
    pub fn since(dir: &Path, seq: u64, head: [u8; 32]) -> Option<Self> {
        let archive = Archive::empty(dir);
        let lines = Lines::of(&archive.open_manifest().ok()??).ok()??;
        (lines.seq == seq && lines.head == head).then_some(Self { dir: archive.dir, lines })
    }

    /// SHA-256 of its last line, in hex.
    pub fn head(&self) -> String {
        hex(&self.lines.head)
    }

    /// Reads it after all.
    ///
    /// # Errors
    /// As for [`Archive::open`].
    pub fn read(&self) -> Result<Archive, Error> {
        Archive::open(&self.dir)
    }

    /// The logs of which something was ever pruned.
    pub fn pruned_logs(&self) -> &[LogId] {
        &self.lines.pruned
    }

    /// Whether every file that was noted under a relative name lies where that name leads from this folder.
    pub fn is_all_from(&self, folder: &LogId) -> bool {
        // the root alone ends in a slash
        let folder = folder.as_str().trim_end_matches('/');
        let decoded = |base: &String| serde_json::from_str::<String>(&format!("\"{base}\""));
        self.lines.bases.iter().all(|base| decoded(base).is_ok_and(|base| base == folder)) && !self.lines.odd
    }
}

/// What a chain of lines comes to.
#[derive(Debug, Default)]
struct Lines {
    seq: u64,
    head: [u8; 32],
    pruned: Vec<LogId>,
    /// The folders that relative names were given in, as they are written.
    bases: Vec<String>,
    /// Whether there is a relative name of which no such folder can be told.
    odd: bool,
}

impl Lines {
    /// Nothing where one does not follow the one before it, or has another form than ours.
    fn of(manifest: &File) -> io::Result<Option<Self>> {
        let mut manifest = BufReader::with_capacity(1 << 16, manifest);
        let (mut lines, mut line) = (Self::default(), Vec::new());
        loop {
            line.clear();
            manifest.read_until(b'\n', &mut line)?;
            if line.pop() != Some(b'\n') {
                return Ok(Some(lines));
            }
            if lines.add(&line).is_none() {
                return Ok(None);
            }
        }
    }

    fn add(&mut self, line: &[u8]) -> Option<()> {
        let (before, previous) = line.strip_suffix(br#""}"#)?.split_last_chunk::<64>()?;
        if !before.ends_with(br#","previous":""#) || sha256_of_hex(previous)? != self.head {
            return None;
        }
        if let Some(rest) = line.strip_prefix(br#"{"kind":"in_place","log":""#) {
            self.note_base(rest);
        } else if !line.starts_with(br#"{"kind":"frame","#) {
            let (entry, _) = manifest::decode(line).ok().filter(|(entry, _)| entry.is_pruned())?;
            self.pruned.push(entry.log.id);
        }
        self.head = Sha256::digest(line).into();
        self.seq += 1;
        Some(())
    }

    /// Takes what a line about a file says from its name on.
    fn note_base(&mut self, line: &[u8]) {
        if line.first() == Some(&b'/') {
            return;
        }
        match str::from_utf8(line).ok().and_then(base) {
            Some(base) if self.bases.last().is_some_and(|last| last == base) => {}
            Some(base) => self.bases.push(base.to_owned()),
            None => self.odd = true,
        }
    }
}

/// What stands before the name of a file in its path, as it is written. A quote within a text has a backslash before it, so
/// what stands between texts is found in none.
fn base(line: &str) -> Option<&str> {
    let (name, rest) = line.split_once(r#"","version":""#)?;
    let (_, rest) = rest.split_once(r#"","path":""#)?;
    let (path, _) = rest.split_once(r#"","size":"#)?;
    path.strip_suffix(name)?.strip_suffix('/')
}
