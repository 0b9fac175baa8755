//! What was pulled and cannot be read again, and a record of what was read where it lies.
//!
//! ```text
//! packs/000001.zst   zstd frames one after the other, one a log or a further part of one: `zstdcat` reads them
//! manifest.jsonl     one line a frame or file, each with the SHA-256 of the line before
//! ```
//!
//! Write order: frames, fsync, manifest, fsync. What no manifest line names does not exist, and is cut off when
//! something is written next. So a process may be killed at any moment, and a full disk leaves what was there before.
//! What is pruned leaves a line that says so, and a gap that zstd skips: no line before it changes.
//! One process writes at a time (a lock around the whole data folder is the caller's); any number read.

mod manifest;
mod pack;
mod packer;
mod prune;
mod source;
#[cfg(test)]
mod tests;
mod unchanged;
mod verify;

use std::collections::{HashMap, HashSet};
use std::fs::{DirBuilder, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rayon::prelude::*;
use whoran_model::{LogId, LogRef, Timestamp};

use crate::hashed::{hex, sha256_of_hex};
use crate::source::open_file;
use crate::{Error, name_of_path, path_of_name};

pub use self::manifest::{Entry, NO_HEAD, Place};
pub use self::packer::{Packed, Packer};
pub use self::prune::Pruned;
pub use self::source::ArchiveSource;
use self::source::Parts;
pub use self::unchanged::Unchanged;
pub use self::verify::{Mismatch, Replaced, Verification};

use self::pack::{Frame, PackWriter};

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
    /// Index into `entries` of the lines that make up each log: the one that began it last, and those that went on.
    parts: HashMap<LogId, Vec<usize>>,
    /// The lines whose bytes were taken out, from 1.
    pruned: HashSet<u64>,
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
    /// Sizes of the logs in `pending`, in bytes.
    sizes: HashMap<LogId, u64>,
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
            parts: HashMap::new(),
            pruned: HashSet::new(),
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

    /// The same in bytes.
    pub fn head_hash(&self) -> [u8; 32] {
        // It is in hex by construction.
        sha256_of_hex(self.head.as_bytes()).unwrap_or_default()
    }

    /// Every line of the manifest, in order. A later line of a log supersedes an earlier one, or goes on from it.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The last line about a log.
    pub fn latest(&self, log: &LogId) -> Option<&Entry> {
        self.parts.get(log)?.last().map(|&at| &self.entries[at])
    }

    /// SHA-256 of a log's bytes as they were last read, where one line of the manifest tells of all of it.
    pub fn recorded(&self, log: &LogId) -> Option<[u8; 32]> {
        self.latest(log).filter(|entry| entry.from == 0 && !entry.is_pruned()).map(|entry| entry.sha256)
    }

    /// Opens a log for reading its bytes as they were pulled, or, where it was noted in place, as they are now.
    ///
    /// # Errors
    /// The log is not in the archive, or its pack or file cannot be opened.
    pub fn read(&self, log: &LogId) -> Result<Box<dyn Read + Send>, Error> {
        let entry = self.latest(log).ok_or_else(|| Error::UnknownLog(log.clone()))?;
        self.read_up_to(log, entry.log.size)
    }

    /// Opens the bytes of one line: those of the log from [`Entry::from`] on.
    ///
    /// # Errors
    /// The pack or file cannot be opened.
    pub fn read_part(&self, entry: &Entry) -> Result<Box<dyn Read + Send>, Error> {
        self.read_entry(entry, entry.log.size - entry.from)
    }

    /// Opens the first `size` bytes of a log, part after part.
    fn read_up_to(&self, log: &LogId, size: u64) -> Result<Box<dyn Read + Send>, Error> {
        let parts = self.parts.get(log).ok_or_else(|| Error::UnknownLog(log.clone()))?;
        let parts: Vec<Entry> = parts.iter().map(|&at| self.entries[at].clone()).collect();
        match parts.as_slice() {
            [whole] => self.read_entry(whole, size),
            _ => Ok(Box::new(Parts::new(self.packs_dir(), parts).take(size))),
        }
    }

    /// Opens the bytes of an entry, of which there are at most `size`.
    fn read_entry(&self, entry: &Entry, size: u64) -> Result<Box<dyn Read + Send>, Error> {
        match &entry.place {
            &Place::Frame { pack, offset, stored } => {
                pack::read_frame(&self.packs_dir(), pack, offset, stored, size)
            }
            Place::InPlace { path } => open_file(&entry.log.id, &path_of_name(path.as_str()), size),
            Place::Pruned { .. } => Err(Error::Pruned { log: entry.log.id.clone(), time: entry.time }),
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
        let name = |_: &str| (log.clone(), version.into());
        self.append_named(log.as_str(), name, pulled, bytes)
    }

    /// Like [`Archive::append`], for a log that has no name but its content: `stdin:<sha-256>`.
    ///
    /// # Errors
    /// As [`Archive::append`].
    pub fn append_stdin(&mut self, pulled: Timestamp, bytes: &mut dyn Read) -> Result<LogRef, Error> {
        let name = |sha256: &str| (LogId::new(format!("stdin:{sha256}")), sha256.into());
        self.append_named("stdin", name, pulled, bytes)
    }

    /// Like [`Archive::append`], with bytes that are packed already.
    ///
    /// # Errors
    /// Writing the pack failed; the archive is as it was before and can be used further.
    pub fn append_packed(
        &mut self,
        log: &LogId,
        version: &str,
        pulled: Timestamp,
        packed: Packed,
    ) -> Result<LogRef, Error> {
        let frame = self.writer()?.pack.write_packed(packed)?;
        self.keep(LogRef { id: log.clone(), size: frame.bytes, version: version.into() }, frame, pulled)
    }

    /// Adds bytes to the end of a log, or begins it. `version` is the whole log's from here on.
    ///
    /// # Errors
    /// As [`Archive::append_packed`].
    pub fn extend(
        &mut self,
        log: &LogId,
        version: &str,
        pulled: Timestamp,
        packed: Packed,
    ) -> Result<LogRef, Error> {
        // What was pruned is not gone on from: the log begins anew.
        let held = self.latest(log).filter(|entry| !entry.is_pruned());
        let committed = held.map_or(0, |entry| entry.log.size);
        let writer = self.writer()?;
        let frame = writer.pack.write_packed(packed)?;
        let from = writer.sizes.get(log).copied().unwrap_or(committed);
        let log = LogRef { id: log.clone(), size: from + frame.bytes, version: version.into() };
        writer.keep(&log, from, frame, pulled);
        Ok(log)
    }

    fn append_named(
        &mut self,
        what: &str,
        name: impl FnOnce(&str) -> (LogId, Arc<str>),
        time: Timestamp,
        bytes: &mut dyn Read,
    ) -> Result<LogRef, Error> {
        let frame = self.writer()?.pack.write_frame(what, bytes)?;
        let (id, version) = name(&hex(&frame.sha256));
        self.keep(LogRef { id, size: frame.bytes, version }, frame, time)
    }

    /// Keeps the frame just written as a whole log, unless the archive has just that.
    fn keep(&mut self, log: LogRef, frame: Frame, time: Timestamp) -> Result<LogRef, Error> {
        if !self.holds(&log, frame.sha256) {
            self.writer()?.keep(&log, 0, frame, time);
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
    pub fn note_in_place(&mut self, log: &LogRef, sha256: [u8; 32], read: Timestamp) -> Result<(), Error> {
        if self.holds(log, sha256) {
            return Ok(());
        }
        let path = match self.latest(&log.id).map(|entry| &entry.place) {
            // A relative name stands for the file it stood for first, wherever a later run is started.
            Some(Place::InPlace { path }) => path.clone(),
            // What lies in the archive itself needs no note.
            Some(Place::Frame { .. }) => return Ok(()),
            _ => {
                let path = path_of_name(log.id.as_str());
                let path = name_of_path(&std::path::absolute(&path).map_err(Error::read(&path))?);
                if path == log.id { log.id.clone() } else { path }
            }
        };
        self.writer()?.pending.push(Entry {
            log: log.clone(),
            from: 0,
            sha256,
            time: read,
            last: None,
            place: Place::InPlace { path },
        });
        Ok(())
    }

    /// Whether the last line about the log says the same of it.
    fn holds(&self, log: &LogRef, sha256: [u8; 32]) -> bool {
        let same = |e: &Entry| e.from == 0 && e.log == *log && e.sha256 == sha256 && !e.is_pruned();
        self.latest(&log.id).is_some_and(same)
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

        let (mut head, mut len) = (self.head.clone(), self.len);
        let mut write = |file: &mut File| {
            // Whatever a failed try left behind goes first.
            file.set_len(self.len)?;
            file.seek(SeekFrom::Start(self.len))?;
            let mut lines = io::BufWriter::with_capacity(1 << 16, &mut *file);
            for entry in &writer.pending {
                let line = manifest::encode(entry, &head);
                head = manifest::hash(line.as_bytes());
                len += line.len() as u64 + 1;
                lines.write_all(line.as_bytes())?;
                lines.write_all(b"\n")?;
            }
            lines.flush()?;
            drop(lines);
            file.sync_data()
        };
        if let Err(error) = write(&mut writer.manifest) {
            // What was written of it would pass for a commit of its own, if this process ends here.
            let _ = writer.manifest.set_len(self.len);
            return Err(Error::write(&manifest)(error));
        }

        let committed = std::mem::take(&mut writer.pending);
        self.parts.reserve(committed.len());
        self.entries.reserve(committed.len());
        writer.sizes.clear();
        (self.head, self.len) = (head, len);
        for entry in committed {
            let line = self.seq() + 1;
            self.add(entry).map_err(|why| Error::Manifest { path: manifest.clone(), line, why })?;
        }
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
            self.writer = Some(Writer { manifest, pack, pending: Vec::new(), sizes: HashMap::new() });
        }
        // Just made, where it was missing.
        self.writer.as_mut().ok_or_else(|| Error::write(&self.dir)(io::ErrorKind::Other.into()))
    }

    /// Reads the lines of the manifest from `len` on.
    fn load(&mut self, mut file: &File) -> Result<(), Error> {
        let path = self.manifest_path();
        file.seek(SeekFrom::Start(self.len)).map_err(Error::read(&path))?;
        // a line has at least so many bytes: its keys and two hashes
        const LINE: u64 = 300;
        /// Lines that are decoded side by side.
        const LINES_TOGETHER: usize = 4096;
        let more = file.metadata().map_or(0, |meta| meta.len().saturating_sub(self.len) / LINE) as usize;
        self.parts.reserve(more);
        self.entries.reserve(more);
        let mut lines = manifest::whole_lines(file);
        loop {
            let some = lines.by_ref().take(LINES_TOGETHER).collect::<io::Result<Vec<_>>>();
            let some = some.map_err(Error::read(&path))?;
            let Some(last) = some.last() else { return Ok(()) };
            let entries = some.par_iter().map(|line| manifest::decode(line).map(|(entry, _)| entry));
            for (line, entry) in some.iter().zip(entries.collect::<Vec<_>>()) {
                let entry = entry.and_then(|entry| self.add(entry));
                entry.map_err(|why| Error::Manifest { path: path.clone(), line: self.seq() + 1, why })?;
                self.len += line.len() as u64 + 1;
            }
            self.head = manifest::hash(last);
        }
    }

    /// Takes a line in, unless it goes on from where its log does not end, or prunes what is not there.
    fn add(&mut self, entry: Entry) -> Result<(), String> {
        let before = self.latest(&entry.log.id).map_or(0, |entry| entry.log.size);
        match entry.place {
            Place::Pruned { line } => {
                let of = usize::try_from(line).ok().and_then(|line| self.entries.get(line.checked_sub(1)?));
                if !of.is_some_and(|of| of.log.id == entry.log.id && !of.is_pruned()) {
                    return Err(format!("line {line}, which it prunes, is not about this log"));
                }
                if !self.pruned.insert(line) {
                    return Err(format!("line {line} was pruned before"));
                }
            }
            _ if entry.from != 0 && entry.from != before => {
                return Err(format!("it goes on from byte {} of {before}", entry.from));
            }
            _ => {}
        }
        let parts = self.parts.entry(entry.log.id.clone()).or_default();
        let at = self.entries.len();
        match entry.place {
            // The parts of a log go together; what an older copy of it held was of no use before.
            Place::Pruned { line } if parts.iter().any(|&part| part as u64 + 1 == line) => *parts = vec![at],
            Place::Pruned { .. } if parts.iter().any(|&part| !self.entries[part].is_pruned()) => {}
            Place::Pruned { .. } => *parts = vec![at],
            _ if entry.from == 0 => *parts = vec![at],
            _ => parts.push(at),
        }
        self.entries.push(entry);
        Ok(())
    }

    /// Where frames in the making may wait: a folder on the archive's own disk, made if there is none.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn scratch(&mut self) -> Result<PathBuf, Error> {
        self.writer()?;
        Ok(self.packs_dir())
    }

    fn manifest_path(&self) -> PathBuf {
        self.dir.join("manifest.jsonl")
    }

    fn packs_dir(&self) -> PathBuf {
        self.dir.join("packs")
    }
}

impl Writer {
    fn keep(&mut self, log: &LogRef, from: u64, frame: Frame, time: Timestamp) {
        let place = self.pack.keep(&frame);
        self.sizes.insert(log.id.clone(), log.size);
        let (log, last) = (log.clone(), frame.last);
        self.pending.push(Entry { log, from, sha256: frame.sha256, time, last, place });
    }
}

impl Entry {
    /// How old its bytes are: when the last of them was written, or, where nobody says, when they were pulled or read.
    pub(super) fn age(&self) -> Timestamp {
        self.last.unwrap_or(self.time)
    }

    /// Whether the line says that bytes were taken out.
    pub fn is_pruned(&self) -> bool {
        matches!(self.place, Place::Pruned { .. })
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
