//! Quoted texts, JSON strings above all, and the way back from their text to their bytes.

use crate::quoted::{TOGETHER, plain_of};

/// Adds the text of a JSON string's inside to `out`, escapes resolved; lone surrogates become U+FFFD. `None`, and nothing
/// added, where it is malformed.
pub(super) fn unescape_into(raw: &str, out: &mut String) -> Option<()> {
    let kept = out.len();
    let mut rest = raw;
    while let Some(n) = next_escape(rest.as_bytes()) {
        out.push_str(&rest[..n]);
        let Some((c, len)) = escape(&rest.as_bytes()[n..]) else {
            out.truncate(kept);
            return None;
        };
        out.push(c);
        rest = &rest[n + len..];
    }
    out.push_str(rest);
    Some(())
}

/// How a text is quoted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Quoting {
    /// As a JSON string.
    Json,
    /// As a field of comma-separated values, where a quote stands twice (RFC 4180).
    Csv,
}

/// What the inside of quotes says.
#[derive(Debug)]
pub(super) struct Unquoted {
    pub(super) text: String,
    /// Where each of its escapes ends, in the text and in the bytes, if it may be an event.
    ends: Vec<[usize; 2]>,
}

impl Unquoted {
    /// Takes the inside of quotes apart. `None` where it is malformed.
    pub(super) fn of(raw: &str, quoting: Quoting) -> Option<Self> {
        let mut text = Vec::with_capacity(raw.len() + TOGETHER);
        let may_be_event = raw.starts_with('{');
        let mut ends = Vec::with_capacity(if may_be_event { raw.len() / TOGETHER } else { 0 });
        let mut rest = raw.as_bytes();
        loop {
            while let Some(some) = rest.first_chunk() {
                // all are written at once, and what is not plain is taken back
                let plain = plain_of(*some);
                text.extend_from_slice(some);
                text.truncate(text.len() - (TOGETHER - plain));
                rest = &rest[plain..];
                if plain < TOGETHER {
                    break;
                }
            }
            let len = match (rest, quoting) {
                ([], _) => return Some(Self { text: String::from_utf8(text).ok()?, ends }),
                ([b'\\', c @ (b'"' | b'\\'), ..], Quoting::Json) => {
                    text.push(*c);
                    2
                }
                ([b'\\', ..], Quoting::Json) => {
                    let (c, len) = escape(rest)?;
                    match u8::try_from(c).ok().filter(u8::is_ascii) {
                        Some(b) => text.push(b),
                        None => text.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
                    }
                    len
                }
                ([b'"', b'"', ..], Quoting::Csv) => {
                    text.push(b'"');
                    2
                }
                ([b, ..], _) => {
                    text.push(*b);
                    rest = &rest[1..];
                    continue;
                }
            };
            rest = &rest[len..];
            if may_be_event {
                ends.push([text.len(), raw.len() - rest.len()]);
            }
        }
    }

    /// The byte inside the quotes at which a position of an event's text stands.
    pub(super) fn byte_at(&self, position: usize) -> usize {
        let before = self.ends.partition_point(|[text, _]| *text <= position);
        let [text, byte] = before.checked_sub(1).map_or([0, 0], |last| self.ends[last]);
        byte + (position - text)
    }
}

/// Where the next escape sequence begins. Where there are any, they stand close together.
fn next_escape(raw: &[u8]) -> Option<usize> {
    const CLOSE: usize = 8;
    let close = raw.iter().take(CLOSE).position(|b| *b == b'\\');
    close.or_else(|| memchr::memchr(b'\\', raw.get(CLOSE..)?).map(|at| CLOSE + at))
}

/// The character an escape sequence stands for, and the sequence's length.
pub(super) fn escape(raw: &[u8]) -> Option<(char, usize)> {
    let simple = match raw.get(1)? {
        b'n' => '\n',
        b't' => '\t',
        b'r' => '\r',
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        c @ (b'"' | b'\\' | b'/') => *c as char,
        b'u' => {
            let high = unit(raw.get(2..6)?)?;
            if (0xd800..0xdc00).contains(&high)
                && raw.get(6..8) == Some(b"\\u")
                && let Some(low @ 0xdc00..0xe000) = raw.get(8..12).and_then(unit)
            {
                let code = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
                return Some((char::from_u32(code)?, 12));
            }
            return Some((char::from_u32(high).unwrap_or('\u{fffd}'), 6));
        }
        _ => return None,
    };
    Some((simple, 2))
}

/// What four hexadecimal digits stand for.
fn unit(hex: &[u8]) -> Option<u32> {
    let digits = hex.first_chunk()?.map(|b: u8| DIGITS[usize::from(b)]);
    let [a, b, c, d] = digits.map(u32::from);
    (a | b | c | d < 16).then_some(a << 12 | b << 8 | c << 4 | d)
}

/// By byte, what it stands for as a hexadecimal digit, or more than any does.
static DIGITS: [u8; 256] = {
    let mut table = [u8::MAX; 256];
    let mut b = 0_u8;
    while b < 128 {
        if let Some(digit) = (b as char).to_digit(16) {
            table[b as usize] = digit as u8;
        }
        b += 1;
    }
    table
};

/// Walks the inside of a JSON string and tells for ascending positions in its text where they stand in its bytes.
#[derive(Debug)]
pub(super) struct Walk<'a> {
    raw: &'a [u8],
    at: usize,
    text_at: usize,
}

impl<'a> Walk<'a> {
    pub(super) fn new(raw: &'a [u8]) -> Self {
        Self { raw, at: 0, text_at: 0 }
    }

    /// The byte at which position `text_at` of the text stands. Positions must ascend from call to call.
    pub(super) fn to(&mut self, text_at: usize) -> usize {
        while self.text_at < text_at && self.at < self.raw.len() {
            let rest = &self.raw[self.at..];
            let plain = next_escape(rest).unwrap_or(rest.len());
            if plain > 0 {
                let step = plain.min(text_at - self.text_at);
                self.at += step;
                self.text_at += step;
                continue;
            }
            let (len, size) = escape(rest).map_or((1, 1), |(c, len)| (len, c.len_utf8()));
            self.at += len;
            self.text_at += size;
        }
        self.at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_resolved() {
        let (raw, text) = (
            r#"a\u003c\n\u00e9\ud83d\ude00\ud83d\b\"\\ and é more"#,
            "a<\n\u{e9}\u{1f600}\u{fffd}\u{8}\"\\ and é more",
        );
        let mut out = "kept ".to_owned();
        unescape_into(raw, &mut out).unwrap();
        assert_eq!(out, format!("kept {text}"));
        assert_eq!(Unquoted::of(raw, Quoting::Json).unwrap().text, text);
        assert!(Unquoted::of("bad \\x", Quoting::Json).is_none());
        assert_eq!(Unquoted::of(r#"a ""b"", c"#, Quoting::Csv).unwrap().text, r#"a "b", c"#);
        let mut out = "kept".to_owned();
        assert_eq!((unescape_into("bad \\x", &mut out), out.as_str()), (None, "kept"));
    }

    #[test]
    fn every_position_is_found_again() {
        let raw = r#"{b\u003cc\ud83d\ude00d\nz"#;
        let unquoted = Unquoted::of(raw, Quoting::Json).unwrap();
        let mut walk = Walk::new(raw.as_bytes());
        let found = unquoted.text.char_indices().map(|(i, _)| (walk.to(i), unquoted.byte_at(i)));
        let found: Vec<(usize, usize)> = found.collect();
        assert_eq!(found, [0, 1, 2, 8, 9, 21, 22, 24].map(|at| (at, at)));
    }
}
