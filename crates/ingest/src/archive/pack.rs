//! Packs: zstd frames one after the other.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use whoran_model::Timestamp;

use super::{Entry, Packed, Place, sync_dir};
use crate::Error;
use crate::hashed::Hashed;

/// A pack that has reached this size gets no further frame, in bytes. Small in tests, so that they see several.
const PACK_SIZE: u64 = if cfg!(test) { 32 << 10 } else { 256 << 20 };

/// zstd's own default: at terminal output, higher levels cost much and save little.
pub(super) const LEVEL: i32 = 3;

/// A frame that was written and is not kept yet.
pub(super) struct Frame {
    stored: u64,
    pub(super) bytes: u64,
    pub(super) sha256: [u8; 32],
    pub(super) last: Option<Timestamp>,
}

/// Writes frames at the end of the last pack.
#[derive(Debug)]
pub(super) struct PackWriter {
    dir: PathBuf,
    number: u32,
    /// Where the next frame goes: the end of the last frame kept.
    len: u64,
    file: Option<File>,
}

impl PackWriter {
    /// Goes on after the last frame that the manifest names.
    pub(super) fn after(dir: PathBuf, entries: &[Entry]) -> Self {
        let ends = entries.iter().filter_map(|entry| match entry.place {
            Place::Frame { pack, offset, stored } => Some((pack, offset.saturating_add(stored))),
            Place::InPlace { .. } | Place::Pruned { .. } => None,
        });
        let (number, len) = ends.max().unwrap_or((1, 0));
        Self { dir, number, len, file: None }
    }

    /// Writes a frame over whatever stands after the last frame kept; `what` names the log in an error.
    pub(super) fn write_frame(&mut self, what: &str, bytes: &mut dyn Read) -> Result<Frame, Error> {
        let (path, start, file) = self.ready()?;
        let (bytes, sha256) = compress(what, bytes, file, &path)?;
        let end = file.stream_position().map_err(Error::write(&path))?;
        Ok(Frame { stored: end - start, bytes, sha256, last: None })
    }

    /// The same for a frame that is made already.
    pub(super) fn write_packed(&mut self, mut packed: Packed) -> Result<Frame, Error> {
        let (path, _, file) = self.ready()?;
        let stored = io::copy(packed.reader(), file).map_err(Error::write(&path))?;
        Ok(Frame { stored, bytes: packed.bytes, sha256: packed.sha256, last: packed.last })
    }

    /// The pack that the next frame goes to, and where in it.
    fn ready(&mut self) -> Result<(PathBuf, u64, &mut File), Error> {
        if self.len >= PACK_SIZE {
            self.next_pack()?;
        }
        if self.file.is_none() {
            self.open()?;
        }
        let (path, start) = (self.path(), self.len);
        let Some(file) = &mut self.file else { return Err(Error::write(&path)(io::ErrorKind::Other.into())) };
        file.set_len(start).and_then(|()| file.seek(SeekFrom::Start(start))).map_err(Error::write(&path))?;
        Ok((path, start, file))
    }

    /// Keeps the frame just written.
    pub(super) fn keep(&mut self, frame: &Frame) -> Place {
        let place = Place::Frame { pack: self.number, offset: self.len, stored: frame.stored };
        self.len += frame.stored;
        place
    }

    /// Makes the frames kept so far last, and cuts off one that is not.
    pub(super) fn sync(&mut self) -> Result<(), Error> {
        let path = self.path();
        let Some(file) = &self.file else { return Ok(()) };
        file.set_len(self.len).and_then(|()| file.sync_data()).map_err(Error::write(&path))
    }

    fn open(&mut self) -> Result<(), Error> {
        let open = |path: &Path| File::options().write(true).create(true).truncate(false).open(path);
        let mut path = self.path();
        let mut file = open(&path).map_err(Error::write(&path))?;
        if file.metadata().map_err(Error::read(&path))?.len() < self.len {
            // Shorter than the manifest says: left as it is, for verify to find.
            self.next_pack()?;
            path = self.path();
            file = open(&path).map_err(Error::write(&path))?;
        }
        sync_dir(&self.dir)?;
        self.file = Some(file);
        Ok(())
    }

    fn next_pack(&mut self) -> Result<(), Error> {
        self.sync()?;
        self.file = None;
        self.number += 1;
        self.len = 0;
        Ok(())
    }

    fn path(&self) -> PathBuf {
        path(&self.dir, self.number)
    }
}

/// Opens a frame for reading its `bytes` bytes.
#[expect(clippy::disallowed_types, reason = "a frame of our own, cut at the length that its line gives")]
pub(super) fn read_frame(
    dir: &Path,
    pack: u32,
    offset: u64,
    stored: u64,
    bytes: u64,
) -> Result<Box<dyn Read + Send>, Error> {
    let path = path(dir, pack);
    let open = || {
        let mut file = File::open(&path)?;
        file.seek(SeekFrom::Start(offset))?;
        zstd::stream::read::Decoder::new(file.take(stored))
    };
    Ok(Box::new(open().map_err(Error::read(&path))?.take(bytes)))
}

pub(super) fn path(dir: &Path, number: u32) -> PathBuf {
    dir.join(format!("{number:06}.zst"))
}

/// Writes `from` as one frame, and gives its length and SHA-256.
fn compress(what: &str, from: &mut dyn Read, to: &mut File, path: &Path) -> Result<(u64, [u8; 32]), Error> {
    let mut from = Hashed::new(from);
    let write = || {
        let mut encoder = zstd::Encoder::new(to, LEVEL)?;
        encoder.include_checksum(true)?;
        io::copy(&mut from, &mut encoder)?;
        encoder.finish()
    };
    let written = write();
    match (written, from.failure.take()) {
        (_, Some(source)) => Err(Error::Read { what: what.to_owned(), source }),
        (Err(e), None) => Err(Error::write(path)(e)),
        (Ok(_), None) => Ok((from.count, from.sha256())),
    }
}
