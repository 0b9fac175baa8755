//! What can go wrong between a stored log and its bytes.

use std::io;
use std::path::{Path, PathBuf};

use whoran_model::{DiagnosticKind, LogId, Timestamp};

/// A log, a folder or the archive could not be used. Each message names the thing.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Reading failed.
    #[error("cannot read {what}: {source}")]
    Read {
        /// The log or file.
        what: String,
        /// The operating system's reason.
        source: io::Error,
    },
    /// Writing failed; what was written before is kept and can be opened again.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// The operating system's reason: `No space left on device` on a full disk.
        source: io::Error,
    },
    /// A line of the archive's manifest is not one that this program wrote.
    #[error("{} line {line} is damaged: {why}", path.display())]
    Manifest {
        /// The manifest.
        path: PathBuf,
        /// The line, from 1.
        line: u64,
        /// What is wrong with it.
        why: String,
    },
    /// The log was taken out of the archive on purpose.
    #[error("{log} was pruned on {}", time.strftime("%Y-%m-%d"))]
    Pruned {
        /// The log.
        log: LogId,
        /// When that was.
        time: Timestamp,
    },
    /// A service refused, or could not be reached.
    #[error("cannot {what}: {why}")]
    Remote {
        /// What was tried.
        what: String,
        /// What the service said, or why it said nothing.
        why: String,
        /// What to do about it, where that is known.
        hint: Option<String>,
    },
    /// The log is not one of this source's.
    #[error("no such log: {0}")]
    UnknownLog(LogId),
}

impl Error {
    pub(crate) fn read(path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Read { what: path.display().to_string(), source }
    }

    pub(crate) fn write(path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Write { path: path.to_owned(), source }
    }

    /// What is said of a log that could not be opened.
    pub(crate) fn diagnosis(&self) -> DiagnosticKind {
        match self {
            Self::Read { source, .. } => diagnosis(source),
            other => DiagnosticKind::Unreadable(other.to_string()),
        }
    }
}

/// What is said of a log whose reading failed.
pub(crate) fn diagnosis(error: &io::Error) -> DiagnosticKind {
    match error.kind() {
        io::ErrorKind::NotFound => DiagnosticKind::Vanished,
        _ => DiagnosticKind::Unreadable(error.to_string()),
    }
}
