//! What every place that logs come from can do.

use std::io::Read;

use whoran_model::{Diagnostic, LogId, LogRef};

use crate::Error;

/// One thing a [`Source`] came upon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Listed {
    /// A log.
    Log(LogRef),
    /// Something that should be a log and cannot be read as one, with the reason.
    Skipped(Diagnostic),
}

impl Listed {
    /// The log, where it is one.
    pub fn log(self) -> Option<LogRef> {
        match self {
            Self::Log(log) => Some(log),
            Self::Skipped(_) => None,
        }
    }
}

/// A place that logs come from.
///
/// Blocking on purpose: what is read for the index is always local, and what lies elsewhere is pulled into the
/// [`Archive`](crate::Archive) first.
///
/// Every implementation promises: an unchanged source lists the same logs with the same versions in the same order;
/// no log is listed twice; what is listed can be fetched any number of times, from any thread; one bad log never ends
/// a listing. It does not promise that a log is still there when it is fetched.
pub trait Source: Sync {
    /// Calls `found` for each log, without opening any.
    ///
    /// # Errors
    /// Only where nothing further can be listed; a log that cannot be read is [`Listed::Skipped`].
    fn list(&self, found: &mut dyn FnMut(Listed)) -> Result<(), Error>;

    /// Opens a log for reading its stored bytes, of which there are at most [`LogRef::size`]: what a log has grown by
    /// since it was listed belongs to its next version.
    ///
    /// # Errors
    /// The log cannot be opened, or is none of this source's.
    fn fetch(&self, log: &LogRef) -> Result<Box<dyn Read + Send>, Error>;
}

/// Opens a file for [`Source::fetch`], cut at the size that was listed.
pub(crate) fn open_file(
    id: &LogId,
    path: &std::path::Path,
    size: u64,
) -> Result<Box<dyn Read + Send>, Error> {
    let open = || {
        // A FIFO that took the file's place since it was listed would block the open.
        if !std::fs::metadata(path)?.is_file() {
            return Err(std::io::Error::other("no longer a regular file"));
        }
        let mut file = std::fs::File::open(path)?;
        if size == 0 {
            // There is nothing to read; whether it could be read is still to be known.
            let _ = file.read(&mut [0])?;
        }
        Ok(file)
    };
    match open() {
        Ok(file) => Ok(Box::new(file.take(size))),
        Err(source) => Err(Error::Read { what: id.to_string(), source }),
    }
}
