//! One writer at a time: a lock on the data directory that names its holder.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::Path;

use crate::Error;
use crate::error::InPath;

/// The right to write to a data directory, given back when dropped or when the process ends in whatever way.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock of `dir` and writes `holder` into it, for others to read. `wait` waits for the holder to end.
    ///
    /// # Errors
    ///
    /// [`Error::Busy`] with the holder's text where another process has it and `wait` is false.
    pub(crate) fn take(dir: &Path, holder: &str, wait: bool) -> Result<Self, Error> {
        Self::take_file(&dir.join("lock"), holder, wait)
    }

    /// The same with a file of another name.
    pub(crate) fn take_file(path: &Path, holder: &str, wait: bool) -> Result<Self, Error> {
        let at = |e: io::Error| e.in_path("lock", path);
        let mut file =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path).map_err(at)?;
        if wait {
            file.lock().map_err(at)?;
        } else {
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => {
                    let mut holder = String::new();
                    // Best effort: a holder that has not written its name yet is still a holder.
                    let _ = (&file).take(4096).read_to_string(&mut holder);
                    let dir = path.parent().unwrap_or(path).to_owned();
                    return Err(Error::Busy { dir, holder: holder.trim().to_owned() });
                }
                Err(TryLockError::Error(e)) => return Err(at(e)),
            }
        }
        file.set_len(0).and_then(|()| file.rewind()).and_then(|()| writeln!(file, "{holder}")).map_err(at)?;
        Ok(Self { _file: file })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_writer_learns_who_is_first() {
        let dir = tempfile::tempdir().unwrap();
        let first = Lock::take(dir.path(), "process 7, `whoran index logs`", false).unwrap();
        match Lock::take(dir.path(), "second", false) {
            Err(Error::Busy { holder, .. }) => assert_eq!(holder, "process 7, `whoran index logs`"),
            other => panic!("{other:?}"),
        }
        drop(first);
        Lock::take(dir.path(), "second", false).unwrap();
    }

    #[test]
    fn waiting_ends_when_the_first_writer_does() {
        let dir = tempfile::tempdir().unwrap();
        let first = Lock::take(dir.path(), "first", false).unwrap();
        let path = dir.path().to_owned();
        let second = std::thread::spawn(move || Lock::take(&path, "second", true).is_ok());
        drop(first);
        assert!(second.join().unwrap());
    }
}
