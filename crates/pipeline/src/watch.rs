//! What a watch has told of, kept so that it tells of each hit once, whatever becomes of the process.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use whoran_ingest::{create_private_dir, hex};
use whoran_model::CommandRecord;

use crate::Error;
use crate::error::InPath;
use crate::lock::Lock;

/// Version of the file.
const VERSION: u32 = 1;

/// A query that is asked again and again, and what came of it so far. One process has it at a time.
///
/// What is told is [saved](Self::save) after it was told, so that a process killed between the two tells of the same
/// hits again: a hit may come twice then, and none is lost.
#[derive(Debug)]
pub struct Watch {
    path: PathBuf,
    state: State,
    /// Whether the file says less than `state`.
    changed: bool,
    /// Whether nothing was ever saved.
    new: bool,
    _lock: Lock,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct State {
    v: u32,
    query: String,
    /// Ids of the commands told of.
    told: BTreeSet<String>,
    /// Where logs show them: a command that a second copy of its session reads in another way has another id, and is
    /// proven by the same bytes of the first copy still.
    places: BTreeSet<String>,
}

impl Watch {
    /// Opens the watch of that name, and locks it.
    ///
    /// # Errors
    ///
    /// [`Error::Busy`] where another process has it, [`Error::OtherWatch`] where it is one of another query; its file
    /// cannot be read.
    pub fn open(data: &Path, name: &str, query: &str, holder: &str) -> Result<Self, Error> {
        let dir = data.join("watch");
        create_private_dir(data)?;
        create_private_dir(&dir)?;
        let path = dir.join(format!("{name}.json"));
        let lock = Lock::take_file(&dir.join(format!("{name}.lock")), holder, false)?;
        let (state, new) = match fs::read(&path) {
            Ok(text) => {
                let state: State =
                    serde_json::from_slice(&text).map_err(|e| io::Error::from(e).in_path("read", &path))?;
                (state, false)
            }
            Err(e) if e.kind() == ErrorKind::NotFound => {
                (State { v: VERSION, query: query.to_owned(), ..State::default() }, true)
            }
            Err(e) => return Err(e.in_path("read", &path)),
        };
        if state.v != VERSION {
            let unknown = io::Error::other(format!("version {} is not known here", state.v));
            return Err(unknown.in_path("read", &path));
        }
        if state.query != query {
            return Err(Error::OtherWatch { name: name.to_owned(), query: state.query });
        }
        Ok(Self { path, state, changed: new, new, _lock: lock })
    }

    /// The name of a watch of that query that was given none.
    pub fn name_of(query: &str) -> String {
        format!("query-{}", hex(&Sha256::digest(query)[..6]))
    }

    /// Whether nothing was ever saved.
    pub fn is_new(&self) -> bool {
        self.new
    }

    /// Whether a command was told of.
    pub fn knows(&self, record: &CommandRecord) -> bool {
        self.state.told.contains(&record.id) || places(record).any(|place| self.state.places.contains(&place))
    }

    /// Notes that commands were told of.
    pub fn add<'a>(&mut self, records: impl IntoIterator<Item = &'a CommandRecord>) {
        for record in records {
            self.changed |= self.state.told.insert(record.id.clone());
            for place in places(record) {
                self.changed |= self.state.places.insert(place);
            }
        }
    }

    /// Makes what was told of last. The file is the old one or the new one, and never a part.
    ///
    /// # Errors
    ///
    /// It cannot be written.
    pub fn save(&mut self) -> Result<(), Error> {
        if !std::mem::take(&mut self.changed) {
            return Ok(());
        }
        let dir = self.path.parent().unwrap_or(Path::new("."));
        let write = || {
            let mut file = tempfile::Builder::new().prefix(".watch-").tempfile_in(dir)?;
            let mut out = io::BufWriter::new(&mut file);
            serde_json::to_writer(&mut out, &self.state)?;
            out.write_all(b"\n")?;
            out.flush()?;
            drop(out);
            file.as_file().sync_all()?;
            file.persist(&self.path).map_err(|e| e.error)?;
            File::open(dir)?.sync_all()
        };
        self.new = false;
        write().map_err(|e: io::Error| e.in_path("write", &self.path))
    }
}

/// A name for each place that proves a command.
fn places(record: &CommandRecord) -> impl Iterator<Item = String> {
    record.command.evidence.iter().map(|span| {
        let mut hash = Sha256::new();
        hash.update(record.session_id.as_str());
        hash.update([0]);
        hash.update(span.log.as_str());
        hash.update([0]);
        hash.update(span.start.to_le_bytes());
        hex(&hash.finalize()[..8])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(dir: &Path, query: &str) -> Result<Watch, Error> {
        Watch::open(dir, "w", query, "a test")
    }

    #[test]
    fn a_watch_is_of_one_query_and_one_process() {
        let dir = tempfile::tempdir().unwrap();
        let mut first = open(dir.path(), "rm").unwrap();
        assert!(first.is_new());
        assert!(matches!(open(dir.path(), "rm"), Err(Error::Busy { .. })));
        first.save().unwrap();
        drop(first);
        assert!(matches!(open(dir.path(), "id"), Err(Error::OtherWatch { query, .. }) if query == "rm"));
        assert!(!open(dir.path(), "rm").unwrap().is_new());
    }

    #[test]
    fn a_file_that_is_damaged_or_of_another_version_is_named() {
        let dir = tempfile::tempdir().unwrap();
        open(dir.path(), "rm").unwrap().save().unwrap();
        let path = dir.path().join("watch/w.json");
        let whole = fs::read_to_string(&path).unwrap();
        for text in [&whole[..whole.len() / 2], &whole.replace("\"v\":1", "\"v\":2")] {
            fs::write(&path, text).unwrap();
            let error = open(dir.path(), "rm").unwrap_err().to_string();
            assert!(error.contains("w.json"), "{error}");
        }
    }
}
