//! What can go wrong with an index on disk.

use std::io;
use std::path::{Path, PathBuf};

use tantivy::TantivyError;
use tantivy::directory::error::LockError;

/// An index that cannot be opened, read or written. A query that cannot be understood is a
/// [`QueryError`](crate::QueryError) instead.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There is no index in the directory.
    #[error("cannot open the index {}: there is none", dir.display())]
    Missing {
        /// The directory.
        dir: PathBuf,
    },
    /// The index was written by a version of whoran that lays its documents out differently. It is derived data:
    /// [`Writer::recreate`](crate::Writer::recreate) makes an empty one in its place.
    #[error("cannot use the index {}: it has layout {}, this version reads layout {expected}", dir.display(), layout(*found))]
    SchemaMismatch {
        /// The directory.
        dir: PathBuf,
        /// The layout version found; `None` where the index does not even say.
        found: Option<u32>,
        /// The layout version this crate reads and writes.
        expected: u32,
    },
    /// Another writer is at work.
    #[error("cannot write the index {}: another process is writing it", dir.display())]
    Locked {
        /// The directory.
        dir: PathBuf,
    },
    /// A stored record cannot be read back.
    #[error("cannot read a {what} of the index {}: it is damaged", dir.display())]
    Damaged {
        /// The directory.
        dir: PathBuf,
        /// The kind of record.
        what: &'static str,
    },
    /// The directory cannot be read or written.
    #[error("cannot use the index {}: {source}", dir.display())]
    Io {
        /// The directory.
        dir: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The search engine failed.
    #[error("cannot use the index {}: {source}", dir.display())]
    Engine {
        /// The directory.
        dir: PathBuf,
        /// Why.
        source: TantivyError,
    },
}

fn layout(found: Option<u32>) -> String {
    found.map_or_else(|| "unknown".to_owned(), |n| n.to_string())
}

impl Error {
    pub(crate) fn io(dir: &Path, source: io::Error) -> Self {
        Self::Io { dir: dir.to_owned(), source }
    }

    /// Sorts an engine error into the few kinds that a caller treats differently.
    pub(crate) fn engine(dir: &Path, source: TantivyError) -> Self {
        let dir = dir.to_owned();
        match source {
            TantivyError::LockFailure(LockError::LockBusy, _) => Self::Locked { dir },
            TantivyError::IncompatibleIndex(_) => {
                Self::SchemaMismatch { dir, found: None, expected: crate::SCHEMA_VERSION }
            }
            source => Self::Engine { dir, source },
        }
    }

    /// Whether the same call can succeed later without anyone changing anything.
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Locked { .. })
    }
}

/// Shorthand of this crate.
pub type Result<T> = std::result::Result<T, Error>;
