//! Frames made ready beside the archive, so that many can be at work at once.

use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

use sha2::{Digest, Sha256};
use tempfile::SpooledTempFile;
use whoran_model::Timestamp;

use super::pack::LEVEL;

/// A frame of this size or more waits on disk instead of in memory, in bytes.
const IN_MEMORY: usize = 4 << 20;

/// Compresses and hashes one log, or a further part of one, on any thread.
/// [`Archive::append_packed`](super::Archive::append_packed) takes the result.
pub struct Packer {
    encoder: zstd::Encoder<'static, SpooledTempFile>,
    hash: Sha256,
    bytes: u64,
}

/// A log's bytes as one frame, ready for the archive.
#[derive(Debug)]
pub struct Packed {
    frame: SpooledTempFile,
    pub(super) bytes: u64,
    pub(super) sha256: [u8; 32],
    pub(super) last: Option<Timestamp>,
}

impl Packer {
    /// Begins a frame. What does not fit in memory goes to a file without a name in the folder `scratch`.
    ///
    /// `size` is how many bytes there will be, where that is known: short frames are made much faster then.
    ///
    /// # Errors
    /// There is no memory for a compressor.
    pub fn new(scratch: &Path, size: Option<u64>) -> io::Result<Self> {
        let mut encoder = zstd::Encoder::new(tempfile::spooled_tempfile_in(IN_MEMORY, scratch), LEVEL)?;
        encoder.include_checksum(true)?;
        if size.is_some() {
            encoder.set_pledged_src_size(size)?;
        }
        Ok(Self { encoder, hash: Sha256::new(), bytes: 0 })
    }

    /// Takes the next bytes.
    ///
    /// # Errors
    /// The disk is full, or there are more bytes than were announced.
    pub fn feed(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.hash.update(bytes);
        self.bytes += bytes.len() as u64;
        self.encoder.write_all(bytes)
    }

    /// How many bytes it was fed.
    pub fn fed(&self) -> u64 {
        self.bytes
    }

    /// Ends the frame.
    ///
    /// # Errors
    /// The disk is full, or there were fewer bytes than were announced.
    pub fn finish(self) -> io::Result<Packed> {
        let mut frame = self.encoder.finish()?;
        frame.seek(SeekFrom::Start(0))?;
        Ok(Packed { frame, bytes: self.bytes, sha256: self.hash.finalize().into(), last: None })
    }
}

impl Packed {
    /// Notes when the last of the bytes was written at their source, where that says so.
    #[must_use]
    pub fn written(self, last: Option<Timestamp>) -> Self {
        Self { last, ..self }
    }

    /// How many bytes it holds, before compression.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// SHA-256 of those.
    #[cfg(feature = "aws")]
    pub(crate) fn sha256(&self) -> [u8; 32] {
        self.sha256
    }

    /// Appends the bytes it holds, decompressed.
    #[cfg(feature = "aws")]
    #[expect(clippy::disallowed_methods, reason = "a frame of our own, of as many bytes as it was fed")]
    pub(crate) fn unpack(&mut self, to: &mut Vec<u8>) -> io::Result<()> {
        zstd::stream::copy_decode(&mut self.frame, to)?;
        self.frame.rewind()
    }

    /// The frame's own bytes.
    pub(super) fn reader(&mut self) -> &mut impl Read {
        &mut self.frame
    }
}

impl std::fmt::Debug for Packer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Packer").field("bytes", &self.bytes).finish_non_exhaustive()
    }
}
