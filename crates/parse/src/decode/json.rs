//! Quoted texts, JSON strings above all, and the way back from their text to their bytes.

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

/// The same as a text of its own.
pub(super) fn unescape(raw: &str) -> Option<String> {
    let mut out = String::with_capacity(raw.len());
    unescape_into(raw, &mut out).map(|()| out)
}

/// How a text is quoted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Quoting {
    /// As a JSON string.
    Json,
    /// As a field of comma-separated values, where a quote stands twice (RFC 4180).
    Csv,
}

impl Quoting {
    /// What the inside of the quotes says. `None` where it is malformed.
    pub(super) fn unquote(self, raw: &str) -> Option<String> {
        match self {
            Self::Json => unescape(raw),
            Self::Csv => Some(raw.replace("\"\"", "\"")),
        }
    }

    fn next_escape(self, raw: &[u8]) -> Option<usize> {
        match self {
            Self::Json => next_escape(raw),
            Self::Csv => memchr::memchr(b'"', raw),
        }
    }

    fn escape(self, raw: &[u8]) -> Option<(char, usize)> {
        match self {
            Self::Json => escape(raw),
            Self::Csv => raw.starts_with(b"\"\"").then_some(('"', 2)),
        }
    }
}

/// Where the next escape sequence begins. Where there are any, they stand close together.
fn next_escape(raw: &[u8]) -> Option<usize> {
    const CLOSE: usize = 8;
    let close = raw.iter().take(CLOSE).position(|b| *b == b'\\');
    close.or_else(|| memchr::memchr(b'\\', raw.get(CLOSE..)?).map(|at| CLOSE + at))
}

/// The character an escape sequence stands for, and the sequence's length.
fn escape(raw: &[u8]) -> Option<(char, usize)> {
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

fn unit(hex: &[u8]) -> Option<u32> {
    hex.iter().try_fold(0, |unit, b| Some(unit << 4 | char::from(*b).to_digit(16)?))
}

/// Walks the inside of quotes and tells for ascending positions in its text where they stand in its bytes.
#[derive(Debug)]
pub(super) struct Walk<'a> {
    raw: &'a [u8],
    quoting: Quoting,
    at: usize,
    text_at: usize,
}

impl<'a> Walk<'a> {
    pub(super) fn new(raw: &'a [u8]) -> Self {
        Self::of(raw, Quoting::Json)
    }

    pub(super) fn of(raw: &'a [u8], quoting: Quoting) -> Self {
        Self { raw, quoting, at: 0, text_at: 0 }
    }

    /// The byte at which position `text_at` of the text stands. Positions must ascend from call to call.
    pub(super) fn to(&mut self, text_at: usize) -> usize {
        while self.text_at < text_at && self.at < self.raw.len() {
            let rest = &self.raw[self.at..];
            let plain = self.quoting.next_escape(rest).unwrap_or(rest.len());
            if plain > 0 {
                let step = plain.min(text_at - self.text_at);
                self.at += step;
                self.text_at += step;
                continue;
            }
            let (len, size) = self.quoting.escape(rest).map_or((1, 1), |(c, len)| (len, c.len_utf8()));
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
        assert_eq!(
            unescape(r#"a\u003c\n\u00e9\ud83d\ude00\ud83d\b\"\\"#).unwrap(),
            "a<\n\u{e9}\u{1f600}\u{fffd}\u{8}\"\\"
        );
        let mut out = "kept".to_owned();
        assert_eq!((unescape_into("bad \\x", &mut out), out.as_str()), (None, "kept"));
    }

    #[test]
    fn the_walk_finds_every_position_again() {
        let raw = r#"ab\u003cc\ud83d\ude00d\nz"#;
        let text = unescape(raw).unwrap();
        let mut walk = Walk::new(raw.as_bytes());
        let found: Vec<usize> = text.char_indices().map(|(i, _)| walk.to(i)).collect();
        assert_eq!(found, [0, 1, 2, 8, 9, 21, 22, 24]);
    }
}
