//! Stored bytes → log bytes. The one place where compressed input is opened, so that the cap holds everywhere: a log
//! of a few kilobytes must not become one of many gigabytes.
#![expect(clippy::disallowed_types, reason = "the decoders are wrapped here, under a cap")]

use std::io::{self, BufReader, Chain, Cursor, Read};

use flate2::bufread::MultiGzDecoder;
use whoran_model::{Diagnostic, DiagnosticKind, LogId, LogRef};
use zstd::stream::{raw, zio};

use crate::error::diagnosis;
use crate::hashed::Hashed;
use crate::{Error, Source};

/// How many bytes a compressed log may become unless told otherwise: 4 GiB.
pub const DEFAULT_CAP: u64 = 4 << 30;

/// Output of a decoder that fails is lost from its last call on, so calls are kept small: bytes.
const STEP: usize = 4096;

/// The bytes of one log, decompressed where they are stored compressed.
///
/// gzip (of any number of members) and zstd (of any number of frames) are told by content and never by name; what is
/// inside is not opened a second time. Reading never fails: whatever goes wrong ends the log early, after the bytes
/// that came before it, and [`LogReader::finish`] says what it was.
pub struct LogReader {
    log: LogId,
    decoder: Decoder,
    cap: u64,
    bytes: u64,
    /// Why the log ended, once it has.
    end: Option<Result<(), DiagnosticKind>>,
}

/// What was learnt by reading a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogEnd {
    /// SHA-256 of the bytes as stored, in hex.
    pub sha256: String,
    /// How many bytes are stored.
    pub stored: u64,
    /// How many bytes were delivered.
    pub bytes: u64,
    /// What was odd: an empty log, or the reason why it ended early. At most one.
    pub diagnostics: Vec<Diagnostic>,
}

impl LogReader {
    /// Fetches a log from its source. One that cannot be opened reads as empty, and its diagnostic says why.
    ///
    /// `cap` limits what a compressed log may become, in bytes.
    pub fn open(source: &dyn Source, log: &LogRef, cap: u64) -> Self {
        match source.fetch(log) {
            Ok(raw) => Self::new(log.id.clone(), raw, cap),
            Err(error) => Self::unreadable(log.id.clone(), &error, cap),
        }
    }

    /// Reads a log from its stored bytes.
    pub fn new(log: LogId, stored: impl Read + Send + 'static, cap: u64) -> Self {
        let mut stored: Stored = Hashed::new(Box::new(stored));
        let mut magic = Vec::new();
        // Its failure is kept in `stored`.
        let _ = (&mut stored).take(4).read_to_end(&mut magic);
        let failure = stored.failure.as_ref().map(diagnosis);
        let input = Cursor::new(magic).chain(BufReader::with_capacity(1 << 16, stored));
        let (decoder, end) = match (failure, sniff(input.get_ref().0.get_ref())) {
            (Some(kind), _) => (Decoder::Plain(input), Some(Err(kind))),
            (None, Format::Plain) => (Decoder::Plain(input), None),
            (None, Format::Gzip) => (Decoder::Gzip(Box::new(MultiGzDecoder::new(input))), None),
            (None, Format::Zstd) => match raw::Decoder::new() {
                Ok(decoder) => (Decoder::Zstd(zio::Reader::new(input, decoder)), None),
                Err(error) => (Decoder::Plain(input), Some(Err(diagnosis(&error)))),
            },
        };
        Self { log, decoder, cap, bytes: 0, end }
    }

    fn unreadable(log: LogId, error: &Error, cap: u64) -> Self {
        Self { end: Some(Err(error.diagnosis())), ..Self::new(log, io::empty(), cap) }
    }

    /// Ends the log. What of it was not read yet is read for its hash, but neither decompressed nor delivered.
    pub fn finish(self) -> LogEnd {
        let Self { log, decoder, bytes, end, .. } = self;
        let mut stored = decoder.into_stored();
        let drained = stored.drain();
        let kind = match end {
            Some(Err(kind)) => Some(kind),
            _ if drained.is_err() => stored.failure.as_ref().map(diagnosis),
            _ if bytes == 0 && (end.is_some() || stored.count == 0) => Some(DiagnosticKind::EmptyLog),
            _ => None,
        };
        let at = Some(bytes).filter(|&bytes| bytes > 0);
        LogEnd {
            sha256: stored.sha256(),
            stored: stored.count,
            bytes,
            diagnostics: kind.map(|kind| Diagnostic { log, at, session: None, kind }).into_iter().collect(),
        }
    }
}

impl Read for LogReader {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if self.end.is_some() || buf.is_empty() {
            return Ok(0);
        }
        let n = match &mut self.decoder {
            Decoder::Plain(input) => input.read(buf),
            Decoder::Gzip(gzip) => read_capped(gzip, buf, self.cap - self.bytes),
            Decoder::Zstd(zstd) => read_capped(zstd, buf, self.cap - self.bytes),
        };
        match &n {
            Ok(0) => self.end = Some(Ok(())),
            Ok(n) => self.bytes += *n as u64,
            Err(error) => {
                let kind = match &self.decoder.stored().failure {
                    Some(reason) => diagnosis(reason),
                    None if error.kind() == io::ErrorKind::FileTooLarge => DiagnosticKind::TooLarge(self.cap),
                    None => DiagnosticKind::DamagedCompression(error.to_string()),
                };
                self.end = Some(Err(kind));
            }
        }
        Ok(n.unwrap_or(0))
    }
}

impl std::fmt::Debug for LogReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LogReader")
            .field("log", &self.log)
            .field("bytes", &self.bytes)
            .finish_non_exhaustive()
    }
}

/// Reads at most `left` bytes; where there are more, that is an error of kind `FileTooLarge`.
fn read_capped(decoder: &mut impl Read, buf: &mut [u8], left: u64) -> io::Result<usize> {
    if left == 0 {
        return match decoder.read(&mut [0])? {
            0 => Ok(0),
            _ => Err(io::ErrorKind::FileTooLarge.into()),
        };
    }
    let room = buf.len().min(STEP).min(usize::try_from(left).unwrap_or(STEP));
    decoder.read(&mut buf[..room])
}

enum Format {
    Plain,
    Gzip,
    Zstd,
}

/// What the first bytes say, after RFC 1952 §2.3.1 (deflate is its only method) and RFC 8878 §3.1 (a stream may begin
/// with a skippable frame).
fn sniff(magic: &[u8]) -> Format {
    match magic {
        [0x1f, 0x8b, 8, ..] => Format::Gzip,
        [0x28, 0xb5, 0x2f, 0xfd] | [0x50..=0x5f, 0x2a, 0x4d, 0x18] => Format::Zstd,
        _ => Format::Plain,
    }
}

/// The bytes as stored.
type Stored = Hashed<Box<dyn Read + Send>>;

/// The first four of them, and the rest.
type Input = Chain<Cursor<Vec<u8>>, BufReader<Stored>>;

enum Decoder {
    Plain(Input),
    Gzip(Box<MultiGzDecoder<Input>>),
    Zstd(zio::Reader<Input, raw::Decoder<'static>>),
}

impl Decoder {
    fn stored(&self) -> &Stored {
        let input = match self {
            Self::Plain(input) => input,
            Self::Gzip(gzip) => gzip.get_ref(),
            Self::Zstd(zstd) => zstd.reader(),
        };
        input.get_ref().1.get_ref()
    }

    fn into_stored(self) -> Stored {
        let input = match self {
            Self::Plain(input) => input,
            Self::Gzip(gzip) => gzip.into_inner(),
            Self::Zstd(zstd) => zstd.into_inner(),
        };
        input.into_inner().1.into_inner()
    }
}
