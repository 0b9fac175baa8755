//! What a run reads from: paths and standard input as the caller names them.

use std::fmt;
use std::io::{self, Read};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use whoran_ingest::{
    Archive, Error as IngestError, Listed, LogReader, Place, Source, hex, name_of_path, plain_path,
};
use whoran_model::{Diagnostic, DiagnosticKind, LogId, LogRef};

use crate::error::InPath;
use crate::{Error, folders};

/// What to read.
#[derive(Default)]
pub struct Inputs {
    /// Files and folders.
    pub paths: Vec<PathBuf>,
    /// Standard input, or whatever else can be read only once.
    pub stdin: Option<Box<dyn Read + Send>>,
}

/// What a run looks at.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) inputs: Inputs,
    /// Whether that is also all that the archive knows.
    pub(crate) archive: bool,
}

impl Asked {
    /// What the caller names; nothing stands for all that is known, and for what is new in the folders it is from.
    pub(crate) fn of(inputs: Inputs, data: &Path) -> Result<Self, Error> {
        if inputs.paths.is_empty() && inputs.stdin.is_none() {
            let inputs = Inputs { paths: folders::known(data)?, stdin: None };
            return Ok(Self { inputs, archive: true });
        }
        folders::remember(data, &inputs.paths)?;
        Ok(Self { inputs, archive: false })
    }

    /// What the archive knows, and nothing new.
    pub(crate) fn archive() -> Self {
        Self { inputs: Inputs::default(), archive: true }
    }
}

impl fmt::Debug for Inputs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inputs").field("paths", &self.paths).field("stdin", &self.stdin.is_some()).finish()
    }
}

/// The paths under names that no other file has in the archive.
///
/// A log is named by the path as given. Where the same relative path was given in another working directory and so
/// stands for other files there, the absolute path is the name instead.
pub(crate) fn unambiguous(paths: &[PathBuf], archive: &Archive) -> Result<Vec<PathBuf>, Error> {
    let resolve = |path: &Path| std::path::absolute(path).map_err(|e| e.in_path("resolve", path));
    let one = |path: &PathBuf| {
        let path = plain_path(path);
        if path.is_absolute() {
            return Ok(path);
        }
        let absolute = resolve(&path)?;
        let folder = name_of_path(&absolute);
        // Names below the working directory begin with nothing of it.
        let name = name_of_path(if path.as_os_str() == "." { Path::new("") } else { &path });
        let taken = archive.entries().iter().any(|entry| match &entry.place {
            Place::InPlace { path: lies } => is_below(&entry.log.id, &name) && !lies_in(lies, &folder),
            Place::Frame { .. } | Place::Pruned { .. } => false,
        });
        Ok(if taken { absolute } else { path })
    };
    paths.iter().map(one).collect()
}

/// Whether a file is `folder` or lies in it. Both names are of paths that are absolute and plain.
fn lies_in(file: &LogId, folder: &LogId) -> bool {
    // the root alone ends in a slash
    let below = file.as_str().strip_prefix(folder.as_str().trim_end_matches('/'));
    below.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Whether a log has a name that the walk of the folder `name` could give.
fn is_below(log: &LogId, name: &LogId) -> bool {
    match log.as_str().strip_prefix(name.as_str()) {
        Some(rest) if name.as_str().is_empty() => !rest.starts_with('/') && !rest.starts_with("../"),
        Some(rest) => rest.is_empty() || rest.starts_with('/'),
        None => false,
    }
}

/// One log that could be read only once, kept on disk for the length of a run. Its name is its content's hash.
#[derive(Debug)]
pub(crate) struct Kept {
    file: Arc<std::fs::File>,
    log: LogRef,
}

impl Kept {
    /// Reads everything there is.
    pub(crate) fn new(input: Box<dyn Read + Send>) -> Result<Self, Error> {
        let failed = |e: io::Error| e.in_path("keep a copy of", Path::new("standard input"));
        let file = Arc::new(tempfile::tempfile().map_err(failed)?);
        let tee = Tee { input, copy: Arc::clone(&file) };
        // Not read as a log here, only hashed as the archive would.
        let end = LogReader::new(LogId::new("stdin"), tee, 0).finish();
        let unreadable = |d: &&Diagnostic| matches!(d.kind, DiagnosticKind::Unreadable(_));
        if let Some(diagnostic) = end.diagnostics.iter().find(unreadable) {
            return Err(failed(io::Error::other(diagnostic.kind.to_string())));
        }
        let sha256 = hex(&end.sha256);
        let id = LogId::new(format!("stdin:{sha256}"));
        Ok(Self { file, log: LogRef { id, size: end.stored, version: sha256.into() } })
    }
}

impl Source for Kept {
    fn list(&self, found: &mut dyn FnMut(Listed)) -> Result<(), IngestError> {
        found(Listed::Log(self.log.clone()));
        Ok(())
    }

    fn fetch(&self, log: &LogRef) -> Result<Box<dyn Read + Send>, IngestError> {
        if *log != self.log {
            return Err(IngestError::UnknownLog(log.id.clone()));
        }
        Ok(Box::new(From { file: Arc::clone(&self.file), at: 0 }))
    }
}

struct Tee {
    input: Box<dyn Read + Send>,
    copy: Arc<std::fs::File>,
}

impl Read for Tee {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = self.input.read(buf)?;
        io::Write::write_all(&mut &*self.copy, &buf[..n])?;
        Ok(n)
    }
}

/// A reader with a place of its own in a shared file.
struct From {
    file: Arc<std::fs::File>,
    at: u64,
}

impl Read for From {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = self.file.read_at(buf, self.at)?;
        self.at += n as u64;
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use whoran_model::Timestamp;

    use super::*;

    #[test]
    fn standard_input_can_be_read_again_and_is_named_by_its_content() {
        let kept = Kept::new(Box::new(&b"abc"[..])).unwrap();
        let mut logs = Vec::new();
        kept.list(&mut |l| logs.extend(l.log())).unwrap();
        // The test vector of FIPS 180-2.
        let sha = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(logs[0].id.as_str(), format!("stdin:{sha}"));
        for _ in 0..2 {
            let mut text = String::new();
            kept.fetch(&logs[0]).unwrap().read_to_string(&mut text).unwrap();
            assert_eq!(text, "abc");
        }
    }

    #[test]
    fn standard_input_of_nothing_is_an_empty_log() {
        let kept = Kept::new(Box::new(io::empty())).unwrap();
        let mut sizes = Vec::new();
        kept.list(&mut |l| sizes.extend(l.log().map(|log| log.size))).unwrap();
        assert_eq!(sizes, [0]);
    }

    #[test]
    fn a_relative_path_that_means_other_files_than_before_gets_its_full_name() {
        let dir = tempfile::tempdir().unwrap();
        let mut archive = Archive::open(&dir.path().join("archive")).unwrap();
        let note = |archive: &mut Archive, id: &str| {
            let log = LogRef { id: LogId::new(id), size: 1, version: "1".into() };
            archive.note_in_place(&log, [0; 32], Timestamp::UNIX_EPOCH).unwrap();
            archive.commit().unwrap();
        };
        note(&mut archive, "logs/a.log");
        let names = |path: &str| unambiguous(&[path.into()], &archive).unwrap();
        assert_eq!(names("logs"), [PathBuf::from("logs")], "the same folder as before");
        assert_eq!(names("log"), [PathBuf::from("log")], "no more than a beginning in common");
        assert_eq!(names("./logs/"), [PathBuf::from("logs")]);
        assert_eq!(names("."), [PathBuf::from(".")]);

        // What a run in another working directory leaves behind.
        let manifest = dir.path().join("archive/manifest.jsonl");
        let here = std::env::current_dir().unwrap();
        let text = std::fs::read_to_string(&manifest).unwrap();
        std::fs::write(&manifest, text.replace(here.to_str().unwrap(), "/elsewhere")).unwrap();
        let archive = Archive::open(&dir.path().join("archive")).unwrap();
        assert_eq!(unambiguous(&["./logs".into()], &archive).unwrap(), [here.join("logs")]);
        assert_eq!(unambiguous(&[".".into()], &archive).unwrap(), [here]);
        assert_eq!(unambiguous(&["/logs".into()], &archive).unwrap(), [PathBuf::from("/logs")]);
    }
}
