//! Logs in files and folders.

use std::collections::{HashSet, VecDeque};
use std::ffi::{OsStr, OsString};
use std::fs::{self, DirEntry, FileType, Metadata};
use std::io::{self, Read};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rayon::prelude::*;
use whoran_model::{Diagnostic, DiagnosticKind, LogId, LogRef, Timestamp};

use crate::error::diagnosis;
use crate::source::open_file;
use crate::{Error, Listed, Source, name_of_path, path_of_name, plain_path};

/// Files, and folders at any depth, named by paths.
///
/// - A log's name is the path as given, without `.` in it, joined with what leads to it from there ([`name_of_path`]).
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
        open_file(&log.id, &path_of_name(log.id.as_str()), log.size)
    }
}

struct Walk<'a> {
    found: &'a mut dyn FnMut(Listed),
    /// Device and inode of every file and folder met: none is read twice, so links cannot multiply a tree.
    seen: HashSet<Place>,
    /// Links met on the way, followed after everything that can be reached without one.
    links: VecDeque<PathBuf>,
}

impl Walk<'_> {
    fn enter(&mut self, root: &Path) {
        let given = Entry::new(root.as_os_str().to_owned(), fs::metadata(root), |_| name(root));
        let mut folders = vec![(PathBuf::new(), vec![given].into_iter())];
        while let Some((folder, rest)) = folders.last_mut() {
            let Some(Entry { name, lies }) = rest.next() else {
                folders.pop();
                continue;
            };
            match lies {
                Ok(Lies::Log(place, log)) => {
                    if self.seen.insert(place) {
                        (self.found)(Listed::Log(log));
                    }
                }
                Ok(Lies::Folder(place)) => {
                    let folder = folder.join(name);
                    match self.seen.insert(place).then(|| entries(&folder)) {
                        Some(Ok(entries)) => folders.push((folder, entries.into_iter())),
                        Some(Err(reason)) => self.skip(&folder, diagnosis(&reason)),
                        None => {}
                    }
                }
                Ok(Lies::Link) => self.links.push_back(folder.join(name)),
                Ok(Lies::Other(place, kind)) => {
                    if self.seen.insert(place) {
                        self.skip(&folder.join(name), DiagnosticKind::NotAFile(kind));
                    }
                }
                Err(reason) => self.skip(&folder.join(name), diagnosis(&reason)),
            }
        }
    }

    fn skip(&mut self, path: &Path, kind: DiagnosticKind) {
        (self.found)(Listed::Skipped(Diagnostic { log: name(path), at: None, session: None, kind }));
    }
}

fn name(path: &Path) -> LogId {
    name_of_path(&plain_path(path))
}

/// Device and inode.
type Place = (u64, u64);

/// What lies in a folder under a name.
struct Entry {
    name: OsString,
    lies: io::Result<Lies>,
}

enum Lies {
    Log(Place, LogRef),
    Folder(Place),
    Link,
    Other(Place, &'static str),
}

impl Entry {
    fn new(name: OsString, meta: io::Result<Metadata>, id: impl FnOnce(&OsStr) -> LogId) -> Self {
        let lies = meta.map(|meta| {
            let (place, kind) = ((meta.dev(), meta.ino()), meta.file_type());
            if kind.is_file() {
                let log = LogRef { id: id(&name), size: meta.len(), version: file_version(&meta) };
                Lies::Log(place, log)
            } else if kind.is_dir() {
                Lies::Folder(place)
            } else if kind.is_symlink() {
                Lies::Link
            } else {
                Lies::Other(place, kind_of(kind))
            }
        });
        Self { name, lies }
    }
}

/// What a folder holds, sorted by name, links as links. Files are asked by the folder's handle, which is cheaper than by
/// path, and on all threads: that is most of what a run does that finds nothing new.
fn entries(folder: &Path) -> io::Result<Vec<Entry>> {
    const TOGETHER: usize = 64;
    let entries = fs::read_dir(folder)?.collect::<io::Result<Vec<_>>>()?;
    let names = NamesIn::new(folder);
    let entries = entries.into_par_iter().with_min_len(TOGETHER);
    let entry = |entry: DirEntry| Entry::new(entry.file_name(), entry.metadata(), |name| names.of(name));
    let mut entries: Vec<Entry> = entries.map(entry).collect();
    entries.sort_unstable_by(|a, b| a.name.cmp(&b.name));
    Ok(entries)
}

/// The names of logs that lie in one folder, which all begin alike.
struct NamesIn {
    begin: String,
}

impl NamesIn {
    fn new(folder: &Path) -> Self {
        const ANY: &str = "x";
        let mut begin = name(&folder.join(ANY)).as_str().to_owned();
        begin.truncate(begin.len() - ANY.len());
        Self { begin }
    }

    fn of(&self, file: &OsStr) -> LogId {
        let file = name_of_path(Path::new(file));
        LogId::new([self.begin.as_str(), file.as_str()].concat())
    }
}

/// What changes when a file does: its size in bytes and its modification time in nanoseconds.
pub(crate) fn file_version(meta: &Metadata) -> Arc<str> {
    let nanoseconds = i128::from(meta.mtime()) * 1_000_000_000 + i128::from(meta.mtime_nsec());
    format!("{}-{nanoseconds}", meta.len()).into()
}

/// When the file behind a log was last written, as its version says. A log that is no file has no such time.
pub fn written_at(log: &LogRef) -> Option<Timestamp> {
    let (size, nanoseconds) = log.version.split_once('-')?;
    size.parse::<u64>().ok().filter(|size| *size == log.size)?;
    Timestamp::from_nanosecond(nanoseconds.parse().ok()?).ok()
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

#[cfg(test)]
mod tests {
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::symlink;
    use std::os::unix::net::UnixListener;
    use std::process::Command;

    use whoran_model::LogId;

    use super::*;
    use crate::testsuite::{self, listing, skipped};
    use crate::{DEFAULT_CAP, LogReader};

    fn names(source: &FolderSource, dir: &Path) -> Vec<String> {
        let prefix = format!("{}/", dir.display());
        listing(source).0.iter().map(|log| log.id.as_str().replace(&prefix, "")).collect()
    }

    fn put(dir: &Path, names: &[&str]) {
        for name in names {
            let path = dir.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, name).unwrap();
        }
    }

    #[test]
    fn a_folder_is_a_source() {
        let dir = tempfile::tempdir().unwrap();
        let files = testsuite::sample();
        testsuite::write_all(dir.path(), &files);
        let expected = files
            .into_iter()
            .map(|(name, bytes)| (name_of_path(&dir.path().join(name)).to_string(), bytes))
            .collect();
        testsuite::run(&FolderSource::open([dir.path()]).unwrap(), &expected);
    }

    #[test]
    fn logs_come_sorted_by_name_and_named_as_given() {
        let dir = tempfile::tempdir().unwrap();
        put(dir.path(), &["b/2", "b/10", "a", "b.log", "c/x/y/z"]);
        let source = FolderSource::open([dir.path().join("c"), dir.path().to_owned()]).unwrap();
        assert_eq!(names(&source, dir.path()), ["c/x/y/z", "a", "b/10", "b/2", "b.log"]);
        let dotted = FolderSource::open([dir.path().join("b/../b")]).unwrap();
        assert_eq!(names(&dotted, dir.path()), ["b/../b/10", "b/../b/2"]);
    }

    #[test]
    fn a_file_is_listed_once_and_by_a_name_that_is_no_link() {
        let dir = tempfile::tempdir().unwrap();
        put(dir.path(), &["in/z.log", "out/y.log"]);
        symlink("z.log", dir.path().join("in/a-latest.log")).unwrap();
        symlink("../out", dir.path().join("in/more")).unwrap();
        let inputs = [dir.path().join("in"), dir.path().join("in/z.log"), dir.path().join("in/../in")];
        let source = FolderSource::open(inputs).unwrap();
        assert_eq!(names(&source, dir.path()), ["in/z.log", "in/more/y.log"]);
        assert_eq!(skipped(&source), []);
    }

    #[test]
    fn a_loop_is_said_and_not_followed() {
        let dir = tempfile::tempdir().unwrap();
        put(dir.path(), &["logs/a/1", "logs/2"]);
        symlink("..", dir.path().join("logs/a/up")).unwrap();
        symlink("self", dir.path().join("logs/self")).unwrap();
        symlink("/", dir.path().join("logs/root")).unwrap();
        let source = FolderSource::open([dir.path().join("logs")]).unwrap();
        assert_eq!(names(&source, dir.path()), ["logs/2", "logs/a/1"]);
        let name = |name: &str| dir.path().join(name).display().to_string();
        assert_eq!(
            skipped(&source),
            [
                ("directory-loop", name("logs/a/up")),
                ("directory-loop", name("logs/root")),
                ("unreadable", name("logs/self")),
            ]
        );
    }

    #[test]
    fn links_do_not_multiply_a_tree() {
        // Two links in each of 40 folders: 2^40 paths lead to the one file.
        let dir = tempfile::tempdir().unwrap();
        for n in 0..40 {
            let folder = dir.path().join(format!("all/{n}"));
            fs::create_dir_all(&folder).unwrap();
            symlink(format!("../{}", n + 1), folder.join("l")).unwrap();
            symlink(format!("../{}", n + 1), folder.join("r")).unwrap();
        }
        put(dir.path(), &["all/40/log"]);
        let source = FolderSource::open([dir.path().join("all/0")]).unwrap();
        let listed = names(&source, dir.path());
        assert_eq!(listed.len(), 1);
        assert_eq!(listed[0].matches("/l").count(), 41, "{listed:?}");
    }

    #[test]
    fn what_is_no_file_is_said_and_not_opened() {
        let dir = tempfile::tempdir().unwrap();
        put(dir.path(), &["log"]);
        assert!(Command::new("mkfifo").arg(dir.path().join("fifo")).status().unwrap().success());
        let _socket = UnixListener::bind(dir.path().join("socket")).unwrap();
        symlink("/dev/zero", dir.path().join("zero")).unwrap();
        symlink("nothing", dir.path().join("dangling")).unwrap();
        let source = FolderSource::open([dir.path()]).unwrap();
        assert_eq!(names(&source, dir.path()), ["log"]);
        let name = |name: &str| dir.path().join(name).display().to_string();
        assert_eq!(
            skipped(&source),
            [
                ("not-a-file", name("fifo")),
                ("not-a-file", name("socket")),
                ("vanished", name("dangling")),
                ("not-a-file", name("zero")),
            ]
        );

        // One that takes a log's place after the listing does not block either.
        let fifo = LogRef { id: name_of_path(&dir.path().join("fifo")), size: 3, version: "".into() };
        let end = LogReader::open(&source, &fifo, DEFAULT_CAP).finish();
        assert_eq!(end.diagnostics[0].kind.code(), "unreadable");
    }

    #[test]
    fn a_file_that_cannot_be_read_is_said_when_it_is_read() {
        // Reading the first page of a process fails for everybody, root included.
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("unreadable.log");
        if cfg!(target_os = "linux") {
            symlink("/proc/self/mem", &path).unwrap();
        } else {
            use std::os::unix::fs::PermissionsExt;
            fs::write(&path, "x").unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).unwrap();
        }
        let source = FolderSource::open([dir.path()]).unwrap();
        let (logs, _) = listing(&source);
        let end = LogReader::open(&source, &logs[0], DEFAULT_CAP).finish();
        assert_eq!(end.diagnostics[0].kind.code(), "unreadable");
        assert_eq!(end.diagnostics[0].log, name_of_path(&path));
    }

    #[test]
    fn names_that_are_no_utf8_can_be_fetched() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(OsStr::from_bytes(b"caf\xe9.log"));
        match fs::write(&path, "text") {
            // Its file system refuses such names, so there is nothing to be fetched.
            Err(_) if cfg!(target_os = "macos") => return,
            written => written.unwrap(),
        }
        let source = FolderSource::open([dir.path()]).unwrap();
        let (logs, _) = listing(&source);
        assert!(logs[0].id.as_str().ends_with(r"/caf\xe9.log"), "{}", logs[0].id);
        let mut text = String::new();
        source.fetch(&logs[0]).unwrap().read_to_string(&mut text).unwrap();
        assert_eq!(text, "text");
    }

    #[test]
    fn a_change_is_a_new_version_and_growth_waits_for_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log");
        fs::write(&path, "one\n").unwrap();
        let source = FolderSource::open([&path]).unwrap();
        let before = listing(&source).0;
        fs::write(&path, "one\ntwo\n").unwrap();
        let mut text = String::new();
        source.fetch(&before[0]).unwrap().read_to_string(&mut text).unwrap();
        assert_eq!(text, "one\n");
        assert_ne!(listing(&source).0[0].version, before[0].version);

        let file = fs::File::options().write(true).open(&path).unwrap();
        let touched = listing(&source).0;
        file.set_modified(std::time::UNIX_EPOCH + std::time::Duration::from_nanos(1)).unwrap();
        assert_ne!(listing(&source).0[0].version, touched[0].version, "same size, other time");
    }

    #[test]
    fn an_input_that_is_not_there_is_an_error_that_names_it() {
        let error = FolderSource::open(["/no/such/folder"]).unwrap_err();
        assert_eq!(error.to_string(), "cannot read /no/such/folder: No such file or directory (os error 2)");
        let gone = LogRef { id: LogId::new("/no/such/log"), size: 1, version: "".into() };
        let source = FolderSource::open(Vec::<PathBuf>::new()).unwrap();
        let end = LogReader::open(&source, &gone, DEFAULT_CAP).finish();
        assert_eq!(end.diagnostics[0].kind, DiagnosticKind::Vanished);
    }
}
