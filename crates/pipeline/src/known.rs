//! The archive of a run, which is read only where the run must know what is in it.

use std::path::{Path, PathBuf};

use whoran_index::Checkpoint;
use whoran_ingest::{Archive, Unchanged, name_of_path, plain_path};

use crate::Error;
use crate::source::{Asked, unambiguous};

/// What is known of the archive: all of it, or that it is what the index is from.
#[derive(Debug)]
pub(crate) enum Known {
    Read(Archive),
    Unchanged(Unchanged),
}

impl Known {
    /// Looks at the archive in the folder `dir`, which an index has come so far with.
    pub(crate) fn look(dir: &Path, indexed: Checkpoint) -> Result<Self, Error> {
        match Unchanged::since(dir, indexed.archive_seq, indexed.archive_head) {
            Some(unchanged) => Ok(Self::Unchanged(unchanged)),
            None => Ok(Self::Read(Archive::open(dir)?)),
        }
    }

    /// Reads it where what is asked for cannot be listed without, and gives the paths to list.
    pub(crate) fn list_for(self, asked: &Asked) -> Result<(Self, Vec<PathBuf>), Error> {
        let paths = &asked.inputs.paths;
        let known = match self {
            Self::Unchanged(unchanged) if asked.archive || !is_clear(paths, &unchanged) => {
                Self::Read(unchanged.read()?)
            }
            known => known,
        };
        let paths = match &known {
            Self::Read(archive) => unambiguous(paths, archive)?,
            Self::Unchanged(_) => paths.iter().map(|path| plain_path(path)).collect(),
        };
        Ok((known, paths))
    }

    pub(crate) fn read(self) -> Result<Archive, Error> {
        match self {
            Self::Read(archive) => Ok(archive),
            Self::Unchanged(unchanged) => Ok(unchanged.read()?),
        }
    }
}

/// Whether no path stands for other files than it did before.
fn is_clear(paths: &[PathBuf], unchanged: &Unchanged) -> bool {
    let here = || std::path::absolute(".").is_ok_and(|here| unchanged.is_all_from(&name_of_path(&here)));
    paths.iter().all(|path| path.is_absolute()) || here()
}
