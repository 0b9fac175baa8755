//! Where logs come from, and the archive that keeps them. Nothing here interprets a log.
//!
//! A [`Source`] lists logs and opens them; a [`LogReader`] turns stored bytes into log bytes, decompressed and hashed;
//! the [`Archive`] keeps what cannot be read again and notes what was read where it lies.
//!
//! ```
//! use std::io::Read;
//! use whoran_ingest::{DEFAULT_CAP, FolderSource, Listed, LogReader, Source};
//!
//! let dir = tempfile::tempdir()?;
//! std::fs::write(dir.path().join("alice-0e34861185201706f.log"), "sh-5.2$ whoami\r\n")?;
//!
//! let source = FolderSource::open([dir.path()])?;
//! let mut logs = Vec::new();
//! source.list(&mut |listed| logs.extend(listed.log()))?;
//! assert_eq!(logs[0].id.stem(), "alice-0e34861185201706f");
//!
//! let mut reader = LogReader::open(&source, &logs[0], DEFAULT_CAP);
//! let mut text = String::new();
//! reader.read_to_string(&mut text)?;
//! assert_eq!(text, "sh-5.2$ whoami\r\n");
//! assert!(reader.finish().diagnostics.is_empty());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod archive;
#[cfg(feature = "aws")]
pub mod aws;
mod decompress;
mod error;
mod folder;
mod hashed;
mod name;
mod source;
#[cfg(test)]
mod testsuite;
mod utf16;

pub use archive::{
    Archive, ArchiveSource, Entry, Mismatch, NO_HEAD, Packed, Packer, Place, Pruned, Replaced, Unchanged,
    Verification, create_private_dir,
};
pub use decompress::{DEFAULT_CAP, LogEnd, LogReader};
pub use error::Error;
pub use folder::{FolderSource, written_at};
pub use hashed::{Hashed, hex};
pub use name::{name_of_path, path_of_name, plain_path};
pub use source::{Listed, Source};
