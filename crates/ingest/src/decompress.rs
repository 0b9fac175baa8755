//! Stored bytes → log bytes. The one place where compressed input is opened, so that the cap holds everywhere: a log
//! of a few kilobytes must not become one of many gigabytes.
#![expect(clippy::disallowed_types, reason = "the decoders are wrapped here, under a cap")]

use std::io::{self, BufReader, Chain, Cursor, Read};

use flate2::bufread::MultiGzDecoder;
use whoran_model::{Diagnostic, DiagnosticKind, LogId, LogRef};
use zstd::stream::{raw, zio};

use crate::error::diagnosis;
use crate::hashed::Hashed;
use crate::utf16::{Order, Utf16};
use crate::{Error, Source};

/// How many bytes a compressed log may become unless told otherwise: 4 GiB.
pub const DEFAULT_CAP: u64 = 4 << 30;

/// Output of a decoder that fails is lost from its last call on, so calls are kept small: bytes.
const STEP: usize = 4096;

/// The bytes of one log, decompressed where they are stored compressed.
///
/// gzip (of any number of members) and zstd (of any number of frames) are told by content and never by name; what is
/// inside is not opened a second time. UTF-16 with a byte order mark is read as UTF-8. Reading never fails: whatever goes wrong ends the log early, after the bytes
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
    /// SHA-256 of the bytes as stored.
    pub sha256: [u8; 32],
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
        Self::fetched(source, log, cap, Hashed::new)
    }

    /// Fetches a log whose hash is known already.
    pub fn open_again(source: &dyn Source, log: &LogRef, cap: u64) -> impl Read + use<> {
        Self::fetched(source, log, cap, Hashed::counted)
    }

    fn fetched(
        source: &dyn Source,
        log: &LogRef,
        cap: u64,
        stored: impl FnOnce(Box<dyn Read + Send>) -> Stored,
    ) -> Self {
        match source.fetch(log) {
            Ok(raw) => Self::of(log.id.clone(), stored(raw), cap),
            Err(error) => Self::unreadable(log.id.clone(), &error, cap),
        }
    }

    /// Reads a log from its stored bytes.
    pub fn new(log: LogId, stored: impl Read + Send + 'static, cap: u64) -> Self {
        Self::of(log, Hashed::new(Box::new(stored)), cap)
    }

    fn of(log: LogId, mut stored: Stored, cap: u64) -> Self {
        let mut magic = Vec::new();
        // Its failure is kept in `stored`.
        let _ = (&mut stored).take(4).read_to_end(&mut magic);
        let failure = stored.failure.as_ref().map(diagnosis);
        let input = Cursor::new(magic).chain(BufReader::with_capacity(1 << 16, stored));
        let (decoder, end) = match (failure, sniff(input.get_ref().0.get_ref())) {
            (Some(kind), _) => (Decoder::Plain(input), Some(Err(kind))),
            (None, Format::Plain) => (Decoder::Plain(input), None),
            (None, Format::Utf16(order)) => (Decoder::Utf16(Utf16::new(input, order)), None),
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

    /// Reads once; whatever is not bytes ends the log.
    fn step(&mut self, buf: &mut [u8]) -> usize {
        let n = match &mut self.decoder {
            Decoder::Plain(input) => input.read(buf),
            Decoder::Utf16(utf16) => utf16.read(buf),
            Decoder::Gzip(gzip) => read_capped(gzip, buf, self.cap - self.bytes),
            Decoder::Zstd(zstd) => read_capped(zstd, buf, self.cap - self.bytes),
        };
        let end = match n {
            Ok(0) => Ok(()),
            Ok(n) => {
                self.bytes += n as u64;
                return n;
            }
            Err(error) => Err(match &self.decoder.stored().failure {
                Some(reason) => diagnosis(reason),
                None if error.kind() == io::ErrorKind::FileTooLarge => DiagnosticKind::TooLarge(self.cap),
                None => DiagnosticKind::DamagedCompression(error.to_string()),
            }),
        };
        self.end = Some(end);
        0
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
        let mut filled = 0;
        while filled < buf.len() && self.end.is_none() {
            filled += self.step(&mut buf[filled..]);
            if matches!(self.decoder, Decoder::Plain(_)) {
                break;
            }
        }
        Ok(filled)
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
    Utf16(Order),
    Gzip,
    Zstd,
}

/// What the first bytes say, after RFC 1952 §2.3.1 (deflate is its only method) and RFC 8878 §3.1 (a stream may begin
/// with a skippable frame).
fn sniff(magic: &[u8]) -> Format {
    match magic {
        [0x1f, 0x8b, 8, ..] => Format::Gzip,
        [0x28, 0xb5, 0x2f, 0xfd] | [0x50..=0x5f, 0x2a, 0x4d, 0x18] => Format::Zstd,
        _ => Order::of(magic).map_or(Format::Plain, Format::Utf16),
    }
}

/// The bytes as stored.
type Stored = Hashed<Box<dyn Read + Send>>;

/// The first four of them, and the rest.
type Input = Chain<Cursor<Vec<u8>>, BufReader<Stored>>;

enum Decoder {
    Plain(Input),
    Utf16(Utf16<Input>),
    Gzip(Box<MultiGzDecoder<Input>>),
    Zstd(zio::Reader<Input, raw::Decoder<'static>>),
}

impl Decoder {
    fn stored(&self) -> &Stored {
        let input = match self {
            Self::Plain(input) => input,
            Self::Utf16(utf16) => utf16.get_ref(),
            Self::Gzip(gzip) => gzip.get_ref(),
            Self::Zstd(zstd) => zstd.reader(),
        };
        input.get_ref().1.get_ref()
    }

    fn into_stored(self) -> Stored {
        let input = match self {
            Self::Plain(input) => input,
            Self::Utf16(utf16) => utf16.into_inner(),
            Self::Gzip(gzip) => gzip.into_inner(),
            Self::Zstd(zstd) => zstd.into_inner(),
        };
        input.into_inner().1.into_inner()
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;
    use sha2::{Digest, Sha256};

    use super::*;
    use crate::testsuite::noise;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn zstd(bytes: &[u8]) -> Vec<u8> {
        zstd::encode_all(bytes, 3).unwrap()
    }

    fn read_capped_at(stored: &[u8], cap: u64) -> (Vec<u8>, LogEnd) {
        let mut reader = LogReader::new(LogId::new("log"), Cursor::new(stored.to_vec()), cap);
        let mut bytes = Vec::new();
        reader.read_to_end(&mut bytes).unwrap();
        let end = reader.finish();
        assert_eq!(end.bytes, bytes.len() as u64);
        assert_eq!(end.stored, stored.len() as u64);
        assert_eq!(end.sha256[..], Sha256::digest(stored)[..]);
        (bytes, end)
    }

    fn read(stored: &[u8]) -> (Vec<u8>, Option<&'static str>) {
        let (bytes, end) = read_capped_at(stored, DEFAULT_CAP);
        assert!(end.diagnostics.len() <= 1);
        (bytes, end.diagnostics.first().map(|d| d.kind.code()))
    }

    /// Terminal text that compresses a little, long enough for several blocks.
    fn text() -> Vec<u8> {
        let lines = noise(40_000).into_iter().map(|b| format!("sh-5.2$ echo {b}\r\n{b}\r\n"));
        lines.collect::<String>().into_bytes()
    }

    #[test]
    fn content_says_how_it_is_stored() {
        let text = text();
        let mut members = gzip(&text[..1000]);
        members.extend(gzip(&text[1000..]));
        let mut frames = zstd(&text[..1000]);
        frames.extend(zstd(&text[1000..]));
        // RFC 8878 §3.1.2: a skippable frame of 3 bytes.
        let skippable = [&[0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, b'x', b'y', b'z'][..], &frames].concat();
        for stored in [text.clone(), gzip(&text), members, zstd(&text), frames, skippable] {
            let (bytes, diagnostic) = read(&stored);
            assert!(bytes == text, "{:x?}", &stored[..4]);
            assert_eq!(diagnostic, None);
        }
    }

    #[test]
    fn what_powershell_saves_is_read_as_utf_8() {
        let units = "\u{feff}$ id é\r\n".encode_utf16();
        let stored: Vec<u8> = units.flat_map(u16::to_le_bytes).collect();
        assert_eq!(read(&stored), ("$ id é\r\n".as_bytes().to_vec(), None));
        assert_eq!(read(b"\xff\xfe"), (Vec::new(), Some("empty-log")));
    }

    #[test]
    fn what_is_inside_is_not_opened_again() {
        let inner = gzip(b"text");
        assert_eq!(read(&gzip(&inner)), (inner.clone(), None));
        assert_eq!(read(&zstd(&inner)), (inner, None));
    }

    #[test]
    fn nothing_is_an_empty_log() {
        for stored in [Vec::new(), gzip(b""), zstd(b"")] {
            assert_eq!(read(&stored), (Vec::new(), Some("empty-log")));
        }
        assert_eq!(read(&[0x1f]), (vec![0x1f], None));
        assert_eq!(read(&[0x1f, 0x8b, 8]), (Vec::new(), Some("damaged-compression")));
    }

    #[test]
    fn cut_anywhere_gives_what_came_before() {
        let text = text();
        for stored in [gzip(&text), zstd(&text)] {
            let mut longest = 0;
            for cut in (4..stored.len()).step_by(9973).chain([stored.len() - 1]) {
                let (bytes, diagnostic) = read(&stored[..cut]);
                assert!(text.starts_with(&bytes), "cut at {cut}");
                assert_eq!(diagnostic, Some("damaged-compression"), "cut at {cut}");
                assert!(bytes.len() >= longest, "a longer piece gives no less");
                longest = bytes.len();
            }
            // RFC 8878 §3.1.1.2: a zstd block holds at most 128 KiB, and one that is cut gives nothing.
            assert!(text.len() - longest <= 128 << 10, "{longest} of {}", text.len());
        }
    }

    #[test]
    fn damage_in_the_middle_leaves_what_came_before() {
        let text = text();
        for mut stored in [gzip(&text), zstd(&text)] {
            let middle = stored.len() / 2;
            stored[middle..middle + 64].fill(0xff);
            let (bytes, end) = read_capped_at(&stored, DEFAULT_CAP);
            assert_eq!(end.diagnostics[0].kind.code(), "damaged-compression");
            assert_eq!(end.diagnostics[0].at, Some(end.bytes));
            let sound = bytes.iter().zip(&text).take_while(|(a, b)| a == b).count();
            assert!(sound > text.len() / 4, "{sound} of {}", text.len());
        }
        let garbage = [gzip(&text), b"garbage".to_vec()].concat();
        let (bytes, diagnostic) = read(&garbage);
        assert!(bytes == text);
        assert_eq!(diagnostic, Some("damaged-compression"));
    }

    #[test]
    fn the_cap_holds_to_the_byte() {
        let zeros = vec![0; 2 << 20];
        for stored in [gzip(&zeros), zstd(&zeros)] {
            assert!(stored.len() < 4_000);
            let (bytes, end) = read_capped_at(&stored, 1_000_003);
            assert_eq!(bytes.len(), 1_000_003);
            assert_eq!(end.diagnostics[0].kind, DiagnosticKind::TooLarge(1_000_003));
            assert_eq!(end.diagnostics[0].at, Some(1_000_003));

            let (bytes, end) = read_capped_at(&stored, zeros.len() as u64);
            assert_eq!((bytes.len(), end.diagnostics), (zeros.len(), vec![]));
        }
        let (bytes, end) = read_capped_at(&zeros[..5000], 1000);
        assert_eq!((bytes.len(), end.diagnostics), (5000, vec![]), "what is stored plain is no bomb");
    }

    #[test]
    fn any_chunking_reads_the_same() {
        let text = &text()[..50_000];
        for stored in [text.to_vec(), gzip(text), zstd(text)] {
            for size in [1, 7, 4096, 1 << 20] {
                let mut reader = LogReader::new(LogId::new("log"), Cursor::new(stored.clone()), DEFAULT_CAP);
                let (mut bytes, mut buf) = (Vec::new(), vec![0; size]);
                loop {
                    match reader.read(&mut buf).unwrap() {
                        0 => break,
                        n => bytes.extend_from_slice(&buf[..n]),
                    }
                }
                assert!(bytes == text);
            }
        }
    }

    #[test]
    fn a_log_left_unread_is_hashed_all_the_same() {
        let stored = gzip(&text());
        let mut reader = LogReader::new(LogId::new("log"), Cursor::new(stored.clone()), DEFAULT_CAP);
        reader.read_exact(&mut [0; 10]).unwrap();
        let end = reader.finish();
        assert_eq!((end.stored, end.bytes), (stored.len() as u64, 10));
        assert_eq!(end.sha256[..], Sha256::digest(&stored)[..]);
        assert_eq!(end.diagnostics, []);
    }

    #[test]
    fn a_read_error_is_said_as_such_and_not_as_damage() {
        struct Failing;
        impl Read for Failing {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::Error::other("the disk is gone"))
            }
        }
        let text = text();
        for (stored, delivered) in
            [(text.clone(), true), (gzip(&text), true), (zstd(&text), true), (vec![], false)]
        {
            let half = stored[..stored.len() / 2].to_vec();
            let mut reader = LogReader::new(LogId::new("log"), Cursor::new(half).chain(Failing), DEFAULT_CAP);
            let mut bytes = Vec::new();
            reader.read_to_end(&mut bytes).unwrap();
            assert!(text.starts_with(&bytes) && bytes.is_empty() != delivered);
            let kind = reader.finish().diagnostics.remove(0).kind;
            assert_eq!(kind, DiagnosticKind::Unreadable("the disk is gone".to_owned()));
        }
    }

    #[test]
    fn no_bytes_make_it_panic() {
        for magic in [&[0x1f, 0x8b, 8][..], &[0x28, 0xb5, 0x2f, 0xfd], &[0x5f, 0x2a, 0x4d, 0x18], &[]] {
            for seed in 0..200 {
                let noise = noise(seed + 64);
                read(&[magic, &noise[seed..], &noise].concat());
            }
        }
    }
}
