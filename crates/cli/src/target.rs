//! Where a result goes when it is not standard output: a file that is there whole or not at all, and a pager.

use std::fs;
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::NamedTempFile;

use crate::error::CommandError;

/// A file in the making: it lies under another name beside its place until all of it is written. Only its owner may
/// read it.
#[derive(Debug)]
pub(crate) struct OutputFile {
    temporary: NamedTempFile,
    path: PathBuf,
    clobber: bool,
}

impl OutputFile {
    /// Begins a file that will be at `path`, in place of one that is there only with `clobber`.
    pub(crate) fn create(path: &Path, clobber: bool) -> Result<Self, CommandError> {
        let cannot =
            |e: &dyn std::fmt::Display| CommandError::usage(format!("cannot write {}: {e}", path.display()));
        // What a link points to is what is meant.
        let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        match fs::symlink_metadata(&path) {
            Ok(_) if !clobber => return Err(cannot(&"it is there").hint("--clobber writes over it")),
            Ok(meta) if !meta.is_file() => return Err(cannot(&"it is no file")),
            Ok(_) | Err(_) => {}
        }
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let mut beside = tempfile::Builder::new();
        let temporary = beside.prefix(".whoran-").tempfile_in(folder.unwrap_or(Path::new(".")));
        Ok(Self { temporary: temporary.map_err(|e| cannot(&e))?, path, clobber })
    }

    /// Puts the file in its place.
    pub(crate) fn finish(self) -> io::Result<()> {
        self.temporary.as_file().sync_all()?;
        let done = if self.clobber {
            self.temporary.persist(&self.path)
        } else {
            self.temporary.persist_noclobber(&self.path)
        };
        done.map(drop).map_err(|e| e.error)
    }
}

impl Write for OutputFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.temporary.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.temporary.flush()
    }
}

/// A program that shows text page by page, such as `less`. Dropped, it waits until the reader has read enough.
#[derive(Debug)]
pub(crate) struct Pager(Child);

/// What `less` is to do unless `LESS` says something: leave at once where all fits, show colours, leave the screen as
/// it is.
const LESS: &str = "FRX";
/// What it is to do whatever `LESS` says: end with Ctrl-C, as everything here does. Without it, it would stay behind and
/// share the keyboard with the shell.
const ALWAYS: &str = "K";

/// What makes a command line more than words.
const NOT_PLAIN: &[char] =
    &['|', '&', ';', '<', '>', '(', ')', '$', '`', '\\', '"', '\'', '*', '?', '[', '#', '~', '=', '%'];

impl Pager {
    /// Starts a pager; nothing where it cannot be started, which is no reason not to show the text.
    pub(crate) fn start(command_line: &str, less: Option<&str>) -> Option<Self> {
        let mut command = if command_line.contains(NOT_PLAIN) {
            let mut shell = Command::new("sh");
            shell.args(["-c", command_line]);
            shell
        } else {
            let mut words = command_line.split_whitespace();
            let mut command = Command::new(words.next()?);
            command.args(words);
            command
        }; // First, where no value of another option could take it in.
        command.env("LESS", format!("{ALWAYS} {}", less.unwrap_or(LESS)));
        command.stdin(Stdio::piped()).spawn().ok().map(Self)
    }
}

impl Write for Pager {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.0.stdin {
            Some(stdin) => stdin.write(bytes),
            None => Err(ErrorKind::BrokenPipe.into()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.stdin.as_mut().map_or(Ok(()), Write::flush)
    }
}

impl Drop for Pager {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        // How the pager ended is its reader's affair.
        let _ = self.0.wait();
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn written(path: &Path, clobber: bool, text: &str) -> Result<(), CommandError> {
        let mut file = OutputFile::create(path, clobber)?;
        file.write_all(text.as_bytes())?;
        Ok(file.finish()?)
    }

    #[test]
    fn a_file_is_written_over_only_when_asked_to() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("hits.csv");
        written(&path, false, "one").unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(written(&path, false, "two").unwrap_err().message.contains("it is there"));
        assert_eq!(fs::read_to_string(&path).unwrap(), "one");
        written(&path, true, "two").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "two");
        assert!(written(dir.path(), true, "").is_err(), "a folder is no file");
    }

    #[test]
    fn a_file_that_comes_meanwhile_stays() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("hits.csv");
        let file = OutputFile::create(&path, false).unwrap();
        fs::write(&path, "theirs").unwrap();
        assert!(file.finish().is_err());
        assert_eq!(fs::read_to_string(&path).unwrap(), "theirs");
    }

    #[test]
    fn what_was_given_up_leaves_nothing() {
        let dir = tempfile::tempdir().unwrap();
        drop(OutputFile::create(&dir.path().join("hits.csv"), false).unwrap());
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_link_stays_one() {
        let dir = tempfile::tempdir().unwrap();
        let (path, link) = (dir.path().join("real"), dir.path().join("link"));
        fs::write(&path, "old").unwrap();
        symlink(&path, &link).unwrap();
        written(&link, true, "new").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    }

    #[test]
    fn a_pager_gets_all_and_a_missing_one_is_missed_by_nobody() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("read");
        let mut pager = Pager::start(&format!("cat > {}", path.display()), None).unwrap();
        pager.write_all(b"text").unwrap();
        drop(pager);
        assert_eq!(fs::read_to_string(path).unwrap(), "text");
        assert!(Pager::start("/nonexistent/pager -R", None).is_none());
        assert!(Pager::start(" ", None).is_none());
    }
}
