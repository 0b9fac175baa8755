//! Logs in files and folders.

use std::collections::{HashSet, VecDeque};
use std::fs::{self, FileType, Metadata};
use std::io::{self, Read};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};

use walkdir::WalkDir;
use whoran_model::{Diagnostic, DiagnosticKind, LogRef};

use crate::error::diagnosis;
use crate::source::open_file;
use crate::{Error, Listed, Source, name_of_path, path_of_name};

/// Files, and folders at any depth, named by paths.
///
/// - A log's name is the path as given, joined with what leads to it from there ([`name_of_path`]).
/// - Its version is its size and modification time: a log is opened only when it is read.
/// - Order: the paths as given, each folder sorted by name, then what links lead to. A file is listed once, however
///   many paths and links lead to it, under a name that is no link where there is one.
/// - A link that leads to a folder above itself is not followed; sockets, FIFOs and devices are not opened.
#[derive(Debug, Clone)]
pub struct FolderSource {
    inputs: Vec<PathBuf>,
}

impl FolderSource {
    /// Takes the paths of files and folders.
    ///
    /// # Errors
    /// One of them does not exist or may not be looked at.
    pub fn open<P: Into<PathBuf>>(inputs: impl IntoIterator<Item = P>) -> Result<Self, Error> {
        let inputs: Vec<PathBuf> = inputs.into_iter().map(Into::into).collect();
        for path in &inputs {
            fs::metadata(path).map_err(Error::read(path))?;
        }
        Ok(Self { inputs })
    }
}

impl Source for FolderSource {
    fn list(&self, found: &mut dyn FnMut(Listed)) -> Result<(), Error> {
        let mut walk = Walk { found, seen: HashSet::new(), links: VecDeque::new() };
        for input in &self.inputs {
            walk.enter(input);
        }
        while let Some(link) = walk.links.pop_front() {
            if leads_up(&link) {
                walk.skip(&link, DiagnosticKind::DirectoryLoop);
            } else {
                walk.enter(&link);
            }
        }
        Ok(())
    }

    fn fetch(&self, log: &LogRef) -> Result<Box<dyn Read + Send>, Error> {
        open_file(&log.id, &path_of_name(&log.id), log.size)
    }
}

struct Walk<'a> {
    found: &'a mut dyn FnMut(Listed),
    /// Device and inode of every file and folder met: none is read twice, so links cannot multiply a tree.
    seen: HashSet<(u64, u64)>,
    /// Links met on the way, followed after everything that can be reached without one.
    links: VecDeque<PathBuf>,
}

impl Walk<'_> {
    fn enter(&mut self, root: &Path) {
        let mut entries = WalkDir::new(root).follow_links(false).sort_by_file_name().into_iter();
        while let Some(entry) = entries.next() {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) => {
                    let path = error.path().unwrap_or(root).to_owned();
                    let reason = error.into_io_error().unwrap_or_else(|| io::ErrorKind::Other.into());
                    self.skip(&path, diagnosis(&reason));
                    continue;
                }
            };
            let path = entry.path();
            if entry.depth() > 0 && entry.path_is_symlink() {
                self.links.push_back(path.to_owned());
                continue;
            }
            match fs::metadata(path) {
                Err(reason) => self.skip(path, diagnosis(&reason)),
                Ok(meta) => {
                    if !self.seen.insert((meta.dev(), meta.ino())) {
                        if meta.is_dir() {
                            entries.skip_current_dir();
                        }
                    } else if meta.is_file() {
                        (self.found)(Listed::Log(log_ref(path, &meta)));
                    } else if !meta.is_dir() {
                        self.skip(path, DiagnosticKind::NotAFile(kind_of(meta.file_type())));
                    }
                }
            }
        }
    }

    fn skip(&mut self, path: &Path, kind: DiagnosticKind) {
        (self.found)(Listed::Skipped(Diagnostic { log: name_of_path(path), at: None, session: None, kind }));
    }
}

/// The log a file is.
fn log_ref(path: &Path, meta: &Metadata) -> LogRef {
    LogRef { id: name_of_path(path), size: meta.len(), version: file_version(meta) }
}

/// What changes when a file does: its size in bytes and its modification time in nanoseconds.
pub(crate) fn file_version(meta: &Metadata) -> String {
    let nanoseconds = i128::from(meta.mtime()) * 1_000_000_000 + i128::from(meta.mtime_nsec());
    format!("{}-{nanoseconds}", meta.len())
}

/// Whether a link leads to a folder it stands in, at any height.
fn leads_up(link: &Path) -> bool {
    let parent = link.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    match (fs::canonicalize(link), fs::canonicalize(parent)) {
        (Ok(target), Ok(parent)) => parent.starts_with(target),
        _ => false,
    }
}

fn kind_of(file_type: FileType) -> &'static str {
    if file_type.is_fifo() {
        "FIFO"
    } else if file_type.is_socket() {
        "socket"
    } else {
        "device"
    }
}
