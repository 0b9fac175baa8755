//! Whether the archive is what its manifest says.

use std::collections::HashMap;
use std::fmt;
use std::path::Path;

use whoran_model::LogId;

use super::{Archive, Entry, NO_HEAD, Place, manifest};
use crate::Error;
use crate::hashed::Hashed;

/// What [`Archive::verify`] found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verification {
    /// How many lines the manifest has.
    pub lines: u64,
    /// SHA-256 of the last line, in hex.
    pub head: String,
    /// How many bytes of logs were read and hashed.
    pub bytes: u64,
    /// What is not as the manifest says, in its order.
    pub mismatches: Vec<Mismatch>,
}

/// One thing that is not as the manifest says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mismatch {
    /// The hash that a line gives for the line before it is another: one of the two, or the order, was changed.
    Chain {
        /// The line, from 1.
        line: u64,
    },
    /// A line says nothing that can be understood.
    Line {
        /// The line, from 1.
        line: u64,
        /// What is wrong with it.
        why: String,
    },
    /// The bytes of a log are not those the line was written for.
    Content {
        /// The line, from 1.
        line: u64,
        /// The log.
        log: LogId,
    },
    /// The bytes of a log cannot be read.
    Unreadable {
        /// The line, from 1.
        line: u64,
        /// The log.
        log: LogId,
        /// Why.
        why: String,
    },
    /// No line has the hash that was kept elsewhere: the manifest was cut before it, or written anew.
    UnknownHead(String),
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Chain { line } => write!(f, "manifest line {line} does not follow the line before it"),
            Self::Line { line, why } => write!(f, "manifest line {line} is damaged: {why}"),
            Self::Content { line, log } => {
                write!(f, "{log} is not what manifest line {line} was written for")
            }
            Self::Unreadable { line, log, why } => {
                write!(f, "{log} of manifest line {line} cannot be read: {why}")
            }
            Self::UnknownHead(head) => write!(f, "no manifest line has the hash {head}"),
        }
    }
}

impl Archive {
    /// Reads the whole archive in `dir` and compares it with its manifest: the chain, every frame ever written, and
    /// the files noted in place by each log's last line. `kept` is a head that was kept elsewhere.
    ///
    /// # Errors
    /// The manifest cannot be read. Everything else that is wrong is a [`Mismatch`].
    pub fn verify(dir: &Path, kept: Option<&str>) -> Result<Verification, Error> {
        let archive = Self::empty(dir);
        let path = archive.manifest_path();
        let mut found = Verification { lines: 0, head: NO_HEAD.to_owned(), bytes: 0, mismatches: Vec::new() };
        let mut kept_seen = kept.is_none_or(|kept| kept == NO_HEAD);
        let mut in_place = HashMap::new();
        for line in archive.open_manifest()?.into_iter().flat_map(manifest::whole_lines) {
            let line = line.map_err(Error::read(&path))?;
            found.lines += 1;
            match manifest::decode(&line) {
                Err(why) => found.mismatches.push(Mismatch::Line { line: found.lines, why }),
                Ok((entry, previous)) => {
                    if previous != found.head {
                        found.mismatches.push(Mismatch::Chain { line: found.lines });
                    }
                    in_place.remove(&entry.log.id);
                    match entry.place {
                        Place::Frame { .. } => archive.compare(found.lines, &entry, &mut found),
                        Place::InPlace { .. } => {
                            drop(in_place.insert(entry.log.id.clone(), (found.lines, entry)))
                        }
                    }
                }
            }
            found.head = manifest::hash(&line);
            kept_seen |= kept == Some(&found.head);
        }
        let mut in_place: Vec<_> = in_place.into_values().collect();
        in_place.sort_unstable_by_key(|(line, _)| *line);
        for (line, entry) in in_place {
            archive.compare(line, &entry, &mut found);
        }
        found
            .mismatches
            .extend(kept.filter(|_| !kept_seen).map(|kept| Mismatch::UnknownHead(kept.to_owned())));
        Ok(found)
    }

    /// Reads an entry's bytes and says where they are not those it was written for.
    fn compare(&self, line: u64, entry: &Entry, found: &mut Verification) {
        let log = entry.log.id.clone();
        // One byte more than there should be is enough to see that there are more.
        let mut bytes = match self.read_entry(entry, entry.log.size.saturating_add(1)) {
            Ok(bytes) => Hashed::new(bytes),
            Err(e) => return found.mismatches.push(Mismatch::Unreadable { line, log, why: e.to_string() }),
        };
        let read = bytes.drain();
        found.bytes += bytes.count;
        match (read, bytes.failure.take()) {
            (Err(e), failure) => {
                let why = failure.unwrap_or(e).to_string();
                found.mismatches.push(Mismatch::Unreadable { line, log, why });
            }
            (Ok(_), _) if bytes.sha256() != entry.sha256 => {
                found.mismatches.push(Mismatch::Content { line, log })
            }
            (Ok(_), _) => {}
        }
    }
}
