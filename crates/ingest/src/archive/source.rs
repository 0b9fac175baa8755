//! The archive as a source of logs.

use std::fs;
use std::io::{self, Read};
use std::path::PathBuf;

use whoran_model::{Diagnostic, LogRef};

use super::{Archive, Entry, Place, pack};
use crate::error::diagnosis;
use crate::folder::file_version;
use crate::{Error, Listed, Source, path_of_name};

/// Every log the archive knows, by its last line, sorted by name: what was pulled, and files noted in place with the
/// size and version they have now. A file that is gone is listed as skipped.
#[derive(Debug, Clone, Copy)]
pub struct ArchiveSource<'a> {
    archive: &'a Archive,
}

impl<'a> ArchiveSource<'a> {
    /// Lists and fetches what was committed to `archive`.
    pub fn new(archive: &'a Archive) -> Self {
        Self { archive }
    }
}

impl Source for ArchiveSource<'_> {
    fn list(&self, found: &mut dyn FnMut(Listed)) -> Result<(), Error> {
        let mut latest: Vec<usize> =
            self.archive.parts.values().filter_map(|parts| parts.last()).copied().collect();
        latest.sort_unstable_by_key(|&at| &self.archive.entries[at].log.id);
        for entry in latest.into_iter().map(|at| &self.archive.entries[at]) {
            let id = entry.log.id.clone();
            if entry.is_pruned() {
                continue;
            }
            found(match &entry.place {
                Place::Frame { .. } | Place::Pruned { .. } => Listed::Log(entry.log.clone()),
                Place::InPlace { path } => match fs::metadata(path_of_name(path.as_str())) {
                    Ok(meta) => Listed::Log(LogRef { id, size: meta.len(), version: file_version(&meta) }),
                    Err(e) => {
                        Listed::Skipped(Diagnostic { log: id, at: None, session: None, kind: diagnosis(&e) })
                    }
                },
            });
        }
        Ok(())
    }

    fn fetch(&self, log: &LogRef) -> Result<Box<dyn Read + Send>, Error> {
        self.archive.read_up_to(&log.id, log.size)
    }
}

/// A log's frames one after the other, each opened when reading comes to it.
pub(super) struct Parts {
    packs: PathBuf,
    rest: std::vec::IntoIter<Entry>,
    current: Box<dyn Read + Send>,
}

impl Parts {
    pub(super) fn new(packs: PathBuf, parts: Vec<Entry>) -> Self {
        Self { packs, rest: parts.into_iter(), current: Box::new(io::empty()) }
    }
}

impl Read for Parts {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        loop {
            let n = self.current.read(buf)?;
            if n > 0 || buf.is_empty() {
                return Ok(n);
            }
            let Some(entry) = self.rest.next() else { return Ok(0) };
            if let Place::Frame { pack, offset, stored } = entry.place {
                let bytes = entry.log.size - entry.from;
                let part = pack::read_frame(&self.packs, pack, offset, stored, bytes);
                self.current = part.map_err(io::Error::other)?;
            }
        }
    }
}
