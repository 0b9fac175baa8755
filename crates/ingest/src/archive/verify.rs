//! Whether the archive is what its manifest says.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use whoran_model::LogId;

use super::{Archive, Entry, NO_HEAD, Place, manifest, pack, prune};
use crate::hashed::Hashed;
use crate::{Error, path_of_name};

/// What [`Archive::verify`] found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verification {
    /// How many lines the manifest has.
    pub lines: u64,
    /// SHA-256 of the last line, in hex.
    pub head: String,
    /// How many bytes of logs were read and hashed.
    pub bytes: u64,
    /// How many lines say that bytes were taken out on purpose.
    pub pruned: u64,
    /// How many lines were written since the head that was kept elsewhere.
    pub since: Option<u64>,
    /// How many bytes stand behind all that the manifest names: a writer that was cut short left them, they count for
    /// nothing, and the next one cuts them off.
    pub tail: u64,
    /// What is not as the manifest says, in its order.
    pub mismatches: Vec<Mismatch>,
    /// Logs that were read where they lie, changed, and were read again: what the earlier line was written for is nowhere
    /// any more, but where the log only grew.
    pub replaced: Vec<Replaced>,
}

/// A log whose earlier bytes are gone, as the manifest itself tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replaced {
    /// The line that was written for the earlier bytes, from 1.
    pub line: u64,
    /// The line that was written next for the log, from 1.
    pub by: u64,
    /// The log.
    pub log: LogId,
}

impl fmt::Display for Replaced {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { line, by, log } = self;
        write!(
            f,
            "{log} was another one when manifest line {line} was written; line {by} is for what it became"
        )
    }
}

/// One thing that is not as the manifest says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mismatch {
    /// The hash that a line gives for the line before it is another: one of the two, or the order, was changed.
    Chain {
        /// The line, from 1.
        line: u64,
        /// The log it is about.
        log: LogId,
        /// The log that the line before it is about, where that can be read.
        after: Option<LogId>,
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
    /// The file that held a log, or the log's part of it, is not there.
    Missing {
        /// The line, from 1.
        line: u64,
        /// The log.
        log: LogId,
        /// The file.
        path: PathBuf,
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
    /// A log was pruned, and its bytes are still there.
    Remains {
        /// The line that was written for them, from 1.
        line: u64,
        /// The log.
        log: LogId,
    },
    /// There are bytes between frames that no line names.
    Added {
        /// The file.
        path: PathBuf,
        /// Where they begin.
        at: u64,
        /// How many there are.
        bytes: u64,
    },
    /// No line has the hash that was kept elsewhere: the manifest was cut before it, or written anew.
    UnknownHead(String),
}

impl Mismatch {
    /// What it is, in one word that does not change.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Chain { .. } => "chain",
            Self::Line { .. } => "line",
            Self::Content { .. } => "changed",
            Self::Missing { .. } => "missing",
            Self::Unreadable { .. } => "unreadable",
            Self::Remains { .. } => "remains",
            Self::Added { .. } => "added",
            Self::UnknownHead(_) => "unknown-head",
        }
    }

    /// The line of the manifest it is about, from 1.
    pub fn line(&self) -> Option<u64> {
        match self {
            Self::Chain { line, .. }
            | Self::Line { line, .. }
            | Self::Content { line, .. }
            | Self::Missing { line, .. }
            | Self::Unreadable { line, .. }
            | Self::Remains { line, .. } => Some(*line),
            Self::Added { .. } | Self::UnknownHead(_) => None,
        }
    }

    /// The log it is about.
    pub fn log(&self) -> Option<&LogId> {
        match self {
            Self::Chain { log, .. }
            | Self::Content { log, .. }
            | Self::Missing { log, .. }
            | Self::Unreadable { log, .. }
            | Self::Remains { log, .. } => Some(log),
            Self::Line { .. } | Self::Added { .. } | Self::UnknownHead(_) => None,
        }
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Chain { line, log, after } => {
                write!(f, "manifest line {line}, about {log}, does not follow the line before it")?;
                after.as_ref().map_or(Ok(()), |after| write!(f, ", about {after}"))
            }
            Self::Line { line, why } => write!(f, "manifest line {line} is damaged: {why}"),
            Self::Content { line, log } => {
                write!(f, "{log} is not what manifest line {line} was written for")
            }
            Self::Missing { line, log, path } => {
                write!(f, "{log} of manifest line {line} is missing: {} is not there", path.display())
            }
            Self::Unreadable { line, log, why } => {
                write!(f, "{log} of manifest line {line} cannot be read: {why}")
            }
            Self::Remains { line, log } => {
                write!(f, "{log} of manifest line {line} was pruned, and its bytes are still there")
            }
            Self::Added { path, at, bytes } => {
                write!(f, "{} has {bytes} bytes at {at} that no manifest line names", path.display())
            }
            Self::UnknownHead(head) => write!(f, "no manifest line has the hash {head}"),
        }
    }
}

impl Archive {
    /// Reads the whole archive in `dir` and compares it with its manifest: the chain, every frame ever written, what
    /// stands beside the frames, and the files noted in place by each log's last line. `kept` is a head that was kept
    /// elsewhere.
    ///
    /// # Errors
    /// The manifest cannot be read. Everything else that is wrong is a [`Mismatch`].
    pub fn verify(dir: &Path, kept: Option<&str>) -> Result<Verification, Error> {
        let mut archive = Self::empty(dir);
        let path = archive.manifest_path();
        let mut found = Verification {
            lines: 0,
            head: NO_HEAD.to_owned(),
            bytes: 0,
            pruned: 0,
            since: None,
            tail: 0,
            mismatches: Vec::new(),
            replaced: Vec::new(),
        };
        let mut kept_at = kept.filter(|kept| *kept == NO_HEAD).map(|_| 0);
        let mut lines: Vec<(u64, Entry)> = Vec::new();
        for line in archive.open_manifest()?.into_iter().flat_map(manifest::whole_lines) {
            let line = line.map_err(Error::read(&path))?;
            found.lines += 1;
            let number = found.lines;
            match manifest::decode(&line) {
                Err(why) => found.mismatches.push(Mismatch::Line { line: number, why }),
                Ok((entry, previous)) => {
                    if previous != found.head {
                        let after =
                            lines.last().filter(|(n, _)| n + 1 == number).map(|(_, e)| e.log.id.clone());
                        found.mismatches.push(Mismatch::Chain {
                            line: number,
                            log: entry.log.id.clone(),
                            after,
                        });
                    }
                    lines.push((number, entry));
                }
            }
            found.head = manifest::hash(&line);
            if kept == Some(&found.head) {
                kept_at = Some(number);
            }
        }
        // Lines are counted by their place: behind one that could not be taken in, nothing of this can be told.
        let mut countable = lines.len() as u64 == found.lines;
        for (number, entry) in &lines {
            if let Err(why) = archive.add(entry.clone())
                && std::mem::replace(&mut countable, false)
            {
                found.mismatches.push(Mismatch::Line { line: *number, why });
            }
            if let Place::Pruned { line } = entry.place {
                archive.pruned.insert(line);
                found.pruned += 1;
            }
        }
        archive.compare_all(&lines, &mut found);
        archive.find_added(&lines, &mut found);
        found.since = kept_at.map(|at| found.lines - at);
        if let Some(kept) = kept.filter(|_| kept_at.is_none()) {
            found.mismatches.push(Mismatch::UnknownHead(kept.to_owned()));
        }
        Ok(found)
    }

    fn compare_all(&self, lines: &[(u64, Entry)], found: &mut Verification) {
        let mut in_place: HashMap<&LogId, (u64, &Entry)> = HashMap::new();
        for (number, entry) in lines {
            if let Some((line, earlier)) = in_place.remove(&entry.log.id)
                && matches!(entry.place, Place::InPlace { .. })
                && !self.begins_with(entry, earlier)
            {
                found.replaced.push(Replaced { line, by: *number, log: entry.log.id.clone() });
            }
            match &entry.place {
                Place::Frame { pack, offset, .. } if self.pruned.contains(number) => {
                    let gone = File::open(pack::path(&self.packs_dir(), *pack))
                        .and_then(|mut file| prune::is_skipped(&mut file, *offset));
                    let gone = gone.or_else(|e| match e.kind() {
                        io::ErrorKind::NotFound => Ok(true),
                        _ => Err(e),
                    });
                    if !matches!(gone, Ok(true)) {
                        let log = entry.log.id.clone();
                        found.mismatches.push(Mismatch::Remains { line: *number, log });
                    }
                }
                Place::Frame { .. } => self.compare(*number, entry, found),
                Place::InPlace { .. } => drop(in_place.insert(&entry.log.id, (*number, entry))),
                Place::Pruned { .. } => {}
            }
        }
        let mut in_place: Vec<_> = in_place.into_values().collect();
        in_place.sort_unstable_by_key(|(line, _)| *line);
        for (line, entry) in in_place {
            self.compare(line, entry, found);
        }
    }

    /// Whether a log still begins with what an earlier line was written for.
    fn begins_with(&self, entry: &Entry, earlier: &Entry) -> bool {
        let bytes = self.read_entry(entry, earlier.log.size).map(Hashed::new);
        bytes.is_ok_and(|mut bytes| bytes.drain().is_ok() && bytes.sha256() == earlier.sha256)
    }

    /// Reads an entry's bytes and says where they are not those it was written for.
    fn compare(&self, line: u64, entry: &Entry, found: &mut Verification) {
        let log = entry.log.id.clone();
        let path = match &entry.place {
            Place::Frame { pack, .. } => pack::path(&self.packs_dir(), *pack),
            Place::InPlace { path } => path_of_name(path.as_str()),
            Place::Pruned { .. } => return,
        };
        // One byte more than there should be is enough to see that there are more.
        let mut bytes = match self.read_entry(entry, (entry.log.size - entry.from).saturating_add(1)) {
            Ok(bytes) => Hashed::new(bytes),
            Err(Error::Read { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                return found.mismatches.push(Mismatch::Missing { line, log, path });
            }
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

    /// Finds bytes that no line names. Behind the last frame they are what a writer that was cut short left.
    fn find_added(&self, lines: &[(u64, Entry)], found: &mut Verification) {
        let mut frames: BTreeMap<u32, Vec<(u64, u64)>> = BTreeMap::new();
        for (_, entry) in lines {
            if let Place::Frame { pack, offset, stored } = entry.place {
                frames.entry(pack).or_default().push((offset, offset.saturating_add(stored)));
            }
        }
        let last = frames.keys().max().copied().unwrap_or(0);
        let mut files: Vec<PathBuf> = fs::read_dir(self.packs_dir())
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| entry.path())
            .collect();
        files.sort();
        for path in files {
            let number = path.file_name().and_then(|name| name.to_str()?.strip_suffix(".zst")?.parse().ok());
            let size = fs::metadata(&path).map_or(0, |meta| meta.len());
            let mut named = number.and_then(|number: u32| frames.remove(&number)).unwrap_or_default();
            named.sort_unstable();
            let mut end = 0;
            for (from, to) in named {
                if from > end {
                    found.mismatches.push(Mismatch::Added { path: path.clone(), at: end, bytes: from - end });
                }
                end = end.max(to);
            }
            match number {
                Some(number) if number >= last => found.tail += size.saturating_sub(end),
                _ if size > end => {
                    found.mismatches.push(Mismatch::Added { path, at: end, bytes: size - end })
                }
                _ => {}
            }
        }
    }
}
