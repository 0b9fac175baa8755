//! What was pulled and cannot be read again, and a record of what was read where it lies.
//!
//! ```text
//! packs/000001.zst   zstd frames one after the other, one a log: `zstdcat` reads them
//! manifest.jsonl     one line a frame or file, each with the SHA-256 of the line before
//! ```
//!
//! Write order: frames, fsync, manifest, fsync. What no manifest line names does not exist, and is cut off when
//! something is written next. So a process may be killed at any moment, and a full disk leaves what was there before.
//! One process writes at a time (a lock around the whole data folder is the caller's); any number read.

mod manifest;
mod pack;
mod source;
#[cfg(test)]
mod tests;
mod verify;

use std::collections::HashMap;
use std::fs::{DirBuilder, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use whoran_model::{LogId, LogRef, Timestamp};

use crate::source::open_file;
use crate::{Error, path_of_name};

pub use self::manifest::{Entry, NO_HEAD, Place};
pub use self::source::ArchiveSource;
pub use self::verify::{Mismatch, Verification};

use self::pack::PackWriter;

/// The archive in one folder.
///
/// ```
/// use std::io::Read;
/// use whoran_ingest::Archive;
/// use whoran_model::Timestamp;
///
/// let dir = tempfile::tempdir()?;
/// let mut archive = Archive::open(&dir.path().join("archive"))?;
/// let log = archive.append_stdin(Timestamp::UNIX_EPOCH, &mut "sh-5.2$ whoami\r\n".as_bytes())?;
/// archive.commit()?;
///
/// let mut text = String::new();
/// archive.read(&log.id)?.read_to_string(&mut text)?;
/// assert_eq!(text, "sh-5.2$ whoami\r\n");
/// assert_eq!(archive.seq(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Archive {
    dir: PathBuf,
    entries: Vec<Entry>,
    /// Index into `entries` of each log's last line.
    latest: HashMap<LogId, usize>,
    head: String,
    /// Length of the manifest up to its last whole line, in bytes.
    len: u64,
    writer: Option<Writer>,
}

/// What is written but not yet committed.
#[derive(Debug)]
struct Writer {
    manifest: File,
    pack: PackWriter,
    pending: Vec<Entry>,
}

impl Archive {
    /// Opens the archive in the folder `dir`; one that does not exist is empty. Writes nothing.
    ///
    /// # Errors
    /// The manifest cannot be read, a line of it is damaged, or it is missing while there are packs.
    pub fn open(dir: &Path) -> Result<Self, Error> {
        let mut archive = Self::empty(dir);
        if let Some(manifest) = archive.open_manifest()? {
            archive.load(&manifest)?;
        }
        Ok(archive)
    }

    fn empty(dir: &Path) -> Self {
        Self {
            dir: dir.to_owned(),
            entries: Vec::new(),
            latest: HashMap::new(),
            head: NO_HEAD.to_owned(),
            len: 0,
            writer: None,
        }
    }

    fn open_manifest(&self) -> Result<Option<File>, Error> {
        let path = self.manifest_path();
        match File::open(&path) {
            Ok(file) => Ok(Some(file)),
            // The manifest is made before the first pack: without it, packs would be taken for a tail and cut.
            Err(e) if e.kind() == io::ErrorKind::NotFound && !self.packs_dir().exists() => Ok(None),
            Err(e) => Err(Error::read(&path)(e)),
        }
    }

    /// How many lines the manifest has.
    pub fn seq(&self) -> u64 {
        self.entries.len() as u64
    }

    /// SHA-256 of the manifest's last line, in hex; [`NO_HEAD`] where there is none.
    ///
    /// It stands for everything in the archive as long as a copy of it is kept elsewhere.
    pub fn head(&self) -> &str {
        &self.head
    }

    /// Every line of the manifest, in order. A later line of a log supersedes an earlier one.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The last line about a log.
    pub fn latest(&self, log: &LogId) -> Option<&Entry> {
        self.latest.get(log).map(|&at| &self.entries[at])
    }

    /// Opens a log for reading its bytes as they were pulled, or, where it was noted in place, as they are now.
    ///
    /// # Errors
    /// The log is not in the archive, or its pack or file cannot be opened.
    pub fn read(&self, log: &LogId) -> Result<Box<dyn Read + Send>, Error> {
        let entry = self.latest(log).ok_or_else(|| Error::UnknownLog(log.clone()))?;
        self.read_entry(entry, entry.log.size)
    }

    /// Opens the bytes of an entry, of which there are at most `size`.
    fn read_entry(&self, entry: &Entry, size: u64) -> Result<Box<dyn Read + Send>, Error> {
        match &entry.place {
            &Place::Frame { pack, offset, stored } => {
                pack::read_frame(&self.packs_dir(), pack, offset, stored, size)
            }
            Place::InPlace { path } => open_file(&entry.log.id, path, size),
        }
    }

    /// Writes the bytes of a log into a pack. They exist from the next [`Archive::commit`] on. Nothing is written
    /// where the archive's last copy of the log has this version and these bytes.
    ///
    /// `pulled` is the time at which the log was got from its source.
    ///
    /// # Errors
    /// Reading `bytes` or writing the pack failed; the archive is as it was before and can be used further.
    pub fn append(
        &mut self,
        log: &LogId,
        version: &str,
        pulled: Timestamp,
        bytes: &mut dyn Read,
    ) -> Result<LogRef, Error> {
        let name = |_: &str| (log.clone(), version.to_owned());
        self.append_named(log.as_str(), name, pulled, bytes)
    }

    /// Like [`Archive::append`], for a log that has no name but its content: `stdin:<sha-256>`.
    ///
    /// # Errors
    /// As [`Archive::append`].
    pub fn append_stdin(&mut self, pulled: Timestamp, bytes: &mut dyn Read) -> Result<LogRef, Error> {
        let name = |sha256: &str| (LogId::new(format!("stdin:{sha256}")), sha256.to_owned());
        self.append_named("stdin", name, pulled, bytes)
    }

    fn append_named(
        &mut self,
        what: &str,
        name: impl FnOnce(&str) -> (LogId, String),
        time: Timestamp,
        bytes: &mut dyn Read,
    ) -> Result<LogRef, Error> {
        let frame = self.writer()?.pack.write_frame(what, bytes)?;
        let (id, version) = name(&frame.sha256);
        let log = LogRef { id, size: frame.bytes, version };
        if !self.holds(&log, &frame.sha256) {
            let writer = self.writer()?;
            let place = writer.pack.keep(&frame);
            writer.pending.push(Entry { log: log.clone(), sha256: frame.sha256, time, place });
        }
        Ok(log)
    }

    /// Notes a log that was read where it lies: the path it stands for now ([`path_of_name`]), its size and version as
    /// listed, and the SHA-256 of its stored bytes. Nothing is noted where the last line about the log says the same.
    ///
    /// `read` is the time at which the log was read. The note exists from the next [`Archive::commit`] on.
    ///
    /// # Errors
    /// The manifest cannot be opened for writing, or the current folder is unknown.
    pub fn note_in_place(&mut self, log: &LogRef, sha256: &str, read: Timestamp) -> Result<(), Error> {
        if self.holds(log, sha256) {
            return Ok(());
        }
        let path = match self.latest(&log.id).map(|entry| &entry.place) {
            // A relative name stands for the file it stood for first, wherever a later run is started.
            Some(Place::InPlace { path }) => path.clone(),
            _ => {
                let path = path_of_name(&log.id);
                std::path::absolute(&path).map_err(Error::read(&path))?
            }
        };
        let entry =
            Entry { log: log.clone(), sha256: sha256.to_owned(), time: read, place: Place::InPlace { path } };
        self.writer()?.pending.push(entry);
        Ok(())
    }

    /// Whether the last line about the log says the same of it.
    fn holds(&self, log: &LogRef, sha256: &str) -> bool {
        self.latest(&log.id).is_some_and(|entry| entry.log == *log && entry.sha256 == sha256)
    }

    /// Makes everything appended and noted since the last commit last: two fsyncs, however many lines.
    ///
    /// # Errors
    /// Writing failed. The archive is as it was at the commit before; what was appended is kept for another try.
    pub fn commit(&mut self) -> Result<(), Error> {
        let manifest = self.manifest_path();
        let Some(writer) = &mut self.writer else { return Ok(()) };
        writer.pack.sync()?;
        if writer.pending.is_empty() {
            return Ok(());
        }

        let mut head = self.head.clone();
        let mut lines = String::new();
        for entry in &writer.pending {
            let line = manifest::encode(entry, &head);
            head = manifest::hash(line.as_bytes());
            lines.push_str(&line);
            lines.push('\n');
        }
        let write = |file: &mut File| {
            // Whatever a failed try left behind goes first.
            file.set_len(self.len)?;
            file.seek(SeekFrom::Start(self.len))?;
            file.write_all(lines.as_bytes())?;
            file.sync_data()
        };
        write(&mut writer.manifest).map_err(Error::write(&manifest))?;

        let committed = std::mem::take(&mut writer.pending);
        self.len += lines.len() as u64;
        self.head = head;
        committed.into_iter().for_each(|entry| self.add(entry));
        Ok(())
    }

    /// Gets ready to write: makes the folders, takes up lines that another process wrote since, cuts a torn one off.
    fn writer(&mut self) -> Result<&mut Writer, Error> {
        if self.writer.is_none() {
            let (path, packs) = (self.manifest_path(), self.packs_dir());
            create_private_dir(&self.dir)?;
            let manifest = File::options()
                .read(true)
                .write(true)
                .create(true)
                .truncate(false)
                .open(&path)
                .map_err(Error::write(&path))?;
            sync_dir(&self.dir)?;
            create_private_dir(&packs)?;
            sync_dir(&self.dir)?;
            self.load(&manifest)?;
            manifest.set_len(self.len).map_err(Error::write(&path))?;
            let pack = PackWriter::after(packs, &self.entries);
            self.writer = Some(Writer { manifest, pack, pending: Vec::new() });
        }
        // Just made, where it was missing.
        self.writer.as_mut().ok_or_else(|| Error::write(&self.dir)(io::ErrorKind::Other.into()))
    }

    /// Reads the lines of the manifest from `len` on.
    fn load(&mut self, mut file: &File) -> Result<(), Error> {
        let path = self.manifest_path();
        file.seek(SeekFrom::Start(self.len)).map_err(Error::read(&path))?;
        let mut last = None;
        for line in manifest::whole_lines(file) {
            let line = line.map_err(Error::read(&path))?;
            let (entry, _) = manifest::decode(&line).map_err(|why| Error::Manifest {
                path: path.clone(),
                line: self.seq() + 1,
                why,
            })?;
            self.add(entry);
            self.len += line.len() as u64 + 1;
            last = Some(line);
        }
        if let Some(last) = last {
            self.head = manifest::hash(&last);
        }
        Ok(())
    }

    fn add(&mut self, entry: Entry) {
        self.latest.insert(entry.log.id.clone(), self.entries.len());
        self.entries.push(entry);
    }

    fn manifest_path(&self) -> PathBuf {
        self.dir.join("manifest.jsonl")
    }

    fn packs_dir(&self) -> PathBuf {
        self.dir.join("packs")
    }
}

/// Makes a folder, and those above it that are missing, that only their owner may enter (mode 0700).
///
/// # Errors
/// The folder cannot be made.
pub fn create_private_dir(path: &Path) -> Result<(), Error> {
    DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(Error::write(path))
}

/// Makes the names in a folder last.
fn sync_dir(path: &Path) -> Result<(), Error> {
    File::open(path).and_then(|dir| dir.sync_all()).map_err(Error::write(path))
}
