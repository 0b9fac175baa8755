//! The archive as a source of logs.

use std::fs;
use std::io::Read;

use whoran_model::{Diagnostic, LogRef};

use super::{Archive, Place};
use crate::error::diagnosis;
use crate::folder::file_version;
use crate::{Error, Listed, Source};

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
        let mut latest: Vec<usize> = self.archive.latest.values().copied().collect();
        latest.sort_unstable_by_key(|&at| &self.archive.entries[at].log.id);
        for entry in latest.into_iter().map(|at| &self.archive.entries[at]) {
            let id = entry.log.id.clone();
            found(match &entry.place {
                Place::Frame { .. } => Listed::Log(entry.log.clone()),
                Place::InPlace { path } => match fs::metadata(path) {
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
        let entry = self.archive.latest(&log.id).ok_or_else(|| Error::UnknownLog(log.id.clone()))?;
        self.archive.read_entry(entry, log.size)
    }
}
