//! Bytes kept on disk for the length of a run.
//!
//! One file without a name, so that nothing is left behind however the run ends. Logs that hold several sessions are
//! kept here decompressed between routing and parsing: each session then reads its own ranges, and no log is
//! decompressed once for every session in it. Facts wait here for the sessions that they change.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::Error;
use crate::error::InPath;

/// The file; many threads write to it and read from it at once.
#[derive(Debug)]
pub(crate) struct Spool {
    dir: PathBuf,
    file: File,
    end: AtomicU64,
}

/// Where one log lies in the spool.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Spooled {
    start: u64,
    len: u64,
}

impl Spool {
    /// Makes an empty spool in `dir`, or where the platform keeps temporary files.
    pub(crate) fn new(dir: Option<&Path>) -> Result<Self, Error> {
        let file = match dir {
            Some(dir) => tempfile::tempfile_in(dir),
            None => tempfile::tempfile(),
        };
        let dir = dir.unwrap_or(Path::new("TMPDIR"));
        let file = file.map_err(|e| e.in_path("create a temporary file in", dir))?;
        Ok(Self { dir: dir.to_owned(), file, end: AtomicU64::new(0) })
    }

    /// Says where bytes are that could not be read back.
    pub(crate) fn failed(&self, error: io::Error) -> Error {
        error.in_path("read back a temporary file in", &self.dir)
    }

    /// Keeps up to `len` bytes of `bytes`.
    pub(crate) fn keep(&self, bytes: impl Read, len: u64) -> io::Result<Spooled> {
        let start = self.end.fetch_add(len, Ordering::Relaxed);
        let mut bytes = bytes.take(len);
        let mut buf = vec![0; 1 << 16];
        let mut at = start;
        loop {
            let n = bytes.read(&mut buf)?;
            if n == 0 {
                return Ok(Spooled { start, len: at - start });
            }
            self.file.write_all_at(&buf[..n], at)?;
            at += n as u64;
        }
    }

    /// Reads all of what was kept.
    pub(crate) fn read_all(&self, kept: Spooled) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; usize::try_from(kept.len).map_err(io::Error::other)?];
        self.file.read_exact_at(&mut bytes, kept.start)?;
        Ok(bytes)
    }

    /// Reads bytes of a log from `offset` on; fewer than asked for only at its end.
    pub(crate) fn read(&self, log: Spooled, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(log.len.saturating_sub(offset)).unwrap_or(usize::MAX);
        let n = left.min(buf.len());
        self.file.read_exact_at(&mut buf[..n], log.start + offset)?;
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logs_lie_side_by_side() {
        let dir = tempfile::tempdir().unwrap();
        let spool = Spool::new(Some(dir.path())).unwrap();
        let first = spool.keep(&b"first"[..], 5).unwrap();
        let cut = spool.keep(&b"cut off"[..], 3).unwrap();
        let short = spool.keep(&b"ab"[..], 100).unwrap();
        let read = |log, offset| {
            let mut buf = [0; 10];
            let n = spool.read(log, offset, &mut buf).unwrap();
            String::from_utf8_lossy(&buf[..n]).into_owned()
        };
        assert_eq!(
            (read(first, 0), read(first, 3), read(first, 9)),
            ("first".into(), "st".into(), String::new())
        );
        assert_eq!((read(cut, 0), read(short, 0)), ("cut".into(), "ab".into()));
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0, "the file has no name");
    }
}
