//! Why a run or a look into the store could not go on. A bad log is never the reason; that is a diagnostic.

use std::io;
use std::path::{Path, PathBuf};

use whoran_model::LogId;

/// What stopped a run or a reader.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Another process writes to the data directory.
    #[error("{} is being written to by {holder}", dir.display())]
    Busy {
        /// The data directory.
        dir: PathBuf,
        /// What the other process says of itself.
        holder: String,
    },
    /// Nothing was ever indexed here.
    #[error("no index in {}", dir.display())]
    NoIndex {
        /// The data directory.
        dir: PathBuf,
    },
    /// A file of the data directory could not be used.
    #[error("cannot {what} {}: {source}", path.display())]
    Io {
        /// What was tried: `lock`, `create`.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// The reason.
        source: io::Error,
    },
    /// Logs were read where they lay and lie there no longer: a new index would not have what they held.
    #[error("the index is the only trace of logs that are gone, {n} in all", n = logs.len())]
    Vanished {
        /// The logs.
        logs: Vec<LogId>,
    },
    /// A watch of that name asks something else.
    #[error("the watch {name} is of another query: {query:?}")]
    OtherWatch {
        /// The watch.
        name: String,
        /// Its query.
        query: String,
    },
    /// The threads could not be started.
    #[error("cannot start threads: {0}")]
    Threads(String),
    /// A source or the archive.
    #[error(transparent)]
    Ingest(#[from] whoran_ingest::Error),
    /// The index.
    #[error(transparent)]
    Index(#[from] whoran_index::Error),
    /// The caller's sink.
    #[error("cannot write the result: {0}")]
    Output(io::Error),
}

impl Error {
    /// What to do about it, where the source that refused says so.
    pub fn hint(&self) -> Option<&str> {
        match self {
            Self::Ingest(whoran_ingest::Error::Remote { hint, .. }) => hint.as_deref(),
            _ => None,
        }
    }
}

/// Says which file an error of the operating system is about.
pub(crate) trait InPath {
    fn in_path(self, what: &'static str, path: &Path) -> Error;
}

impl InPath for io::Error {
    fn in_path(self, what: &'static str, path: &Path) -> Error {
        Error::Io { what, path: path.to_owned(), source: self }
    }
}
