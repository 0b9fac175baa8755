//! JSON read in one pass where it is written as CloudWatch's APIs write it: what routing and decoding both look at.

use std::ops::Range;

/// How many bytes are looked at together.
pub(crate) const TOGETHER: usize = 8;

/// How many bytes at the start of a JSON string's inside, or of what is left of it, stand for themselves: up to a quote, a
/// backslash or a control character.
#[inline]
pub(crate) fn plain(bytes: &[u8]) -> usize {
    let mut rest = bytes;
    while let Some((some, behind)) = rest.split_first_chunk() {
        let plain = plain_of(*some);
        if plain < TOGETHER {
            return bytes.len() - rest.len() + plain;
        }
        rest = behind;
    }
    let at = rest.iter().position(|b| matches!(b, b'"' | b'\\' | ..=0x1f));
    bytes.len() - rest.len() + at.unwrap_or(rest.len())
}

/// The same of just so many.
#[inline]
pub(crate) fn plain_of(some: [u8; TOGETHER]) -> usize {
    const ONES: u64 = u64::MAX / 0xff;
    let word = u64::from_le_bytes(some);
    // the highest bit of each byte that is zero, and of some behind the first one
    let zeros = |word: u64| word.wrapping_sub(ONES) & !word;
    let control = word.wrapping_sub(ONES * 0x20) & !word;
    let found = zeros(word ^ (ONES * u64::from(b'"'))) | zeros(word ^ (ONES * u64::from(b'\\'))) | control;
    (found & (ONES << 7)).trailing_zeros() as usize / 8
}

/// What CloudWatch says of one event: an object of strings and whole numbers (`GetLogEvents`, `FilterLogEvents`,
/// subscriptions).
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Flat<'a> {
    /// Milliseconds since the epoch.
    pub(crate) timestamp: Option<i64>,
    /// No two messages have the same.
    pub(crate) id: Option<&'a str>,
    pub(crate) stream: Option<&'a str>,
    /// The inside of its quotes, escapes and all.
    pub(crate) message: &'a str,
    /// Of the whole object, in bytes.
    pub(crate) len: usize,
}

impl<'a> Flat<'a> {
    /// Reads the object that a record is, as [`Flat::read`] does.
    pub(crate) fn of(record: &'a [u8]) -> Option<Self> {
        Self::read(record).filter(|flat| flat.len == record.len())
    }

    /// Reads the object that `bytes` begin with. `None` where it is not of that form, has no message or is an event itself:
    /// that is left to a JSON reader.
    pub(crate) fn read(bytes: &'a [u8]) -> Option<Self> {
        Self::read_by(bytes, |_| None)
    }

    /// The same where `inside` may read the message from its place on, and says up to which quote it did.
    pub(crate) fn read_by(bytes: &'a [u8], mut inside: impl FnMut(usize) -> Option<usize>) -> Option<Self> {
        if bytes.first() != Some(&b'{') {
            return None;
        }
        let [mut timestamp, mut id, mut stream, mut message] = [const { None }; 4];
        let mut at = 1;
        loop {
            let name = simple(bytes, blank(bytes, at))?;
            at = blank(bytes, name.end + 1);
            if bytes.get(at) != Some(&b':') {
                return None;
            }
            at = blank(bytes, at + 1);
            let quoted = bytes.get(at) == Some(&b'"');
            let (value, known) = match &bytes[name] {
                b"message" => {
                    let read = if quoted { inside(at + 1) } else { None };
                    let read = read.map(|len| at + 1..at + 1 + len);
                    (read.or_else(|| string(bytes, at))?, Some(&mut message))
                }
                b"timestamp" => (number(bytes, at)?, Some(&mut timestamp)),
                b"id" | b"eventId" => (simple(bytes, at)?, Some(&mut id)),
                b"logStreamName" => (simple(bytes, at)?, Some(&mut stream)),
                b"sessionId" | b"sessionData" => return None,
                _ if quoted => (simple(bytes, at)?, None),
                _ => (number(bytes, at)?, None),
            };
            at = blank(bytes, value.end + usize::from(quoted));
            if known.is_some_and(|known| known.replace(value).is_some()) {
                return None;
            }
            match bytes.get(at)? {
                b',' => at += 1,
                b'}' => break,
                _ => return None,
            }
        }
        let text = std::str::from_utf8(&bytes[..=at]).ok()?;
        Some(Self {
            timestamp: timestamp.map(|digits| text[digits].parse()).transpose().ok()?,
            id: id.map(|id| &text[id]),
            stream: stream.map(|stream| &text[stream]),
            message: &text[message?],
            len: text.len(),
        })
    }
}

/// Where the white space ends that stands at `at`.
fn blank(bytes: &[u8], at: usize) -> usize {
    let rest = bytes.get(at..).unwrap_or_default();
    at + rest.iter().take_while(|b| matches!(b, b' ' | b'\n' | b'\r' | b'\t')).count()
}

/// The inside of the string at `at`, which has no escapes.
fn simple(bytes: &[u8], at: usize) -> Option<Range<usize>> {
    let inside = bytes.get(at..)?.strip_prefix(b"\"")?;
    let len = plain(inside);
    (inside.get(len) == Some(&b'"')).then_some(at + 1..at + 1 + len)
}

/// The inside of the string at `at`. All its escapes are such as JSON has (RFC 8259, section 7).
fn string(bytes: &[u8], at: usize) -> Option<Range<usize>> {
    let inside = bytes.get(at..)?.strip_prefix(b"\"")?;
    let mut n = 0;
    loop {
        n += plain(&inside[n..]);
        n += match inside.get(n..)? {
            [b'"', ..] => return Some(at + 1..at + 1 + n),
            [b'\\', b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't', ..] => 2,
            [b'\\', b'u', hex @ ..] if hex.len() > 4 && hex[..4].iter().all(u8::is_ascii_hexdigit) => 6,
            _ => return None,
        };
    }
}

/// The whole number at `at`: of no more digits than 64 bits hold, and nothing behind them that belongs to it.
fn number(bytes: &[u8], at: usize) -> Option<Range<usize>> {
    let rest = bytes.get(at..)?;
    let digits = rest.iter().take(19).take_while(|b| b.is_ascii_digit()).count();
    let ends = matches!(rest.get(digits), Some(b',' | b'}' | b' ' | b'\n' | b'\r' | b'\t'));
    (ends && digits > 0 && digits < 19 && (digits == 1 || rest[0] != b'0')).then_some(at..at + digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_that_is_not_plain_is_found() {
        for len in 0..20 {
            for (at, odd) in (0..len).flat_map(|at| [b'"', b'\\', b'\n', 0x1f].map(|odd| (at, odd))) {
                let mut bytes = vec![b' '; len];
                bytes[at] = odd;
                bytes[at + 1..].fill(b'!');
                assert_eq!(plain(&bytes), at, "{bytes:?}");
            }
            assert_eq!(plain(&vec![b'#'; len]), len);
            assert_eq!(plain("é]\u{7f}".repeat(len).as_bytes()), 4 * len);
        }
    }

    #[test]
    fn a_record_is_read_in_one_pass() {
        let record = r#"{ "eventId": "7", "timestamp": 12, "message": "a\"\u0008\\", "ingestionTime": 3 } x"#;
        let read = Flat::read(record.as_bytes()).unwrap();
        assert_eq!((read.id, read.timestamp, read.message), (Some("7"), Some(12), r#"a\"\u0008\\"#));
        assert_eq!(&record[read.len..], " x");
        for other in [
            r#"{"message":"a","message":"b"}"#,
            r#"{"message":"a","sessionId":"b"}"#,
            r#"{"message":"a","n":1.5}"#,
            r#"{"message":"a","timestamp":012}"#,
            r#"{"message":"a","timestamp":"1"}"#,
            r#"{"message":"\x"}"#,
            r#"{"message":"\u12"}"#,
            "{\"message\":\"a\nb\"}",
            r#"{"message":"a","#,
            r#"{"message":{}}"#,
            r#"{"timestamp":1}"#,
            r#"{"message":"a",}"#,
        ] {
            assert_eq!(Flat::read(other.as_bytes()), None, "{other}");
        }
    }
}
