//! The folders that logs were read from, so that a run without a path finds what is new in them.

use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use whoran_ingest::{Archive, Place, name_of_path, path_of_name};
use whoran_model::LogId;

use crate::Error;
use crate::error::InPath;

const NAME: &str = "folders.json";

/// A folder as it was given, and the one it stood for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Folder {
    given: String,
    path: String,
}

/// The folders that were given before and are still there: as they were given, where that stands for the same one.
pub(crate) fn known(data: &Path) -> Result<Vec<PathBuf>, Error> {
    let folders = read(&data.join(NAME))?.into_iter().map(|folder| {
        let (given, path) = (path_of_name(&folder.given), path_of_name(&folder.path));
        if std::path::absolute(&given).is_ok_and(|now| now == path) { given } else { path }
    });
    let there: BTreeSet<_> = folders.filter(|folder| folder.is_dir()).collect();
    Ok(there.into_iter().collect())
}

/// Notes which of the paths are folders.
pub(crate) fn remember(data: &Path, paths: &[PathBuf]) -> Result<(), Error> {
    let file = data.join(NAME);
    let mut folders = read(&file)?;
    let before = folders.len();
    for given in paths.iter().filter(|path| path.is_dir()) {
        let path = std::path::absolute(given).map_err(|e| e.in_path("resolve", given))?;
        let name = |path: &Path| name_of_path(path).as_str().to_owned();
        folders.insert(Folder { given: name(given), path: name(&path) });
    }
    if folders.len() == before {
        return Ok(());
    }
    let write = || {
        let mut part = tempfile::Builder::new().prefix(".folders-").tempfile_in(data)?;
        serde_json::to_writer(&mut part, &folders)?;
        part.as_file().sync_all()?;
        part.persist(&file).map_err(|e| e.error)
    };
    write().map(drop).map_err(|e: io::Error| e.in_path("write", &file))
}

fn read(file: &Path) -> Result<BTreeSet<Folder>, Error> {
    match fs::read(file) {
        Ok(text) => serde_json::from_slice(&text).map_err(|e| io::Error::from(e).in_path("read", file)),
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(BTreeSet::new()),
        Err(e) => Err(e.in_path("read", file)),
    }
}

/// The names under which files are known, by those of their absolute paths: one that is given another way is the same log.
pub(crate) fn names(archive: &Archive) -> HashMap<LogId, LogId> {
    let noted = archive.entries().iter().filter_map(|entry| match &entry.place {
        Place::InPlace { path } => Some((path.clone(), entry.log.id.clone())),
        Place::Frame { .. } | Place::Pruned { .. } => None,
    });
    noted.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_known_until_it_is_gone_and_a_file_is_none() {
        let dir = tempfile::tempdir().unwrap();
        let [data, logs, file] = ["data", "logs", "logs/a.log"].map(|name| dir.path().join(name));
        fs::create_dir(&data).unwrap();
        fs::create_dir(&logs).unwrap();
        fs::write(&file, "").unwrap();
        assert!(known(&data).unwrap().is_empty());
        for _ in 0..2 {
            remember(&data, &[logs.clone(), file.clone(), ".".into()]).unwrap();
        }
        assert_eq!(known(&data).unwrap(), [logs.clone(), PathBuf::from(".")]);
        fs::remove_dir_all(&logs).unwrap();
        assert_eq!(known(&data).unwrap(), [PathBuf::from(".")]);
        // The same, as a run in another working directory would have noted it.
        let text = fs::read_to_string(data.join(NAME)).unwrap();
        let here = std::env::current_dir().unwrap();
        fs::write(data.join(NAME), text.replace(here.to_str().unwrap(), dir.path().to_str().unwrap()))
            .unwrap();
        assert_eq!(known(&data).unwrap(), [dir.path().to_owned()]);
    }
}
