//! JSON text as Go's `encoding/json` writes it, which is what the agent streams.

use std::fmt::Write;

/// Which Go release built the agent: 1.22 began to write `\b` and `\f` where there was `\u0008` and `\u000c`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Go {
    /// Up to 1.21.
    Old,
    /// From 1.22 on.
    New,
}

/// Text as Go decodes it: every byte that is no UTF-8 becomes one U+FFFD.
pub fn lossy(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    decode(bytes, |piece| out.push_str(piece.unwrap_or("\u{fffd}")));
    out
}

/// Appends the bytes as a JSON string.
pub fn string(out: &mut String, bytes: &[u8], go: Go) {
    out.push('"');
    decode(bytes, |piece| match piece {
        Some(text) => text.chars().for_each(|c| escape(out, c, go)),
        None => out.push_str("\\ufffd"),
    });
    out.push('"');
}

/// Hands out the pieces that are UTF-8, and `None` for every byte that is not.
fn decode(mut rest: &[u8], mut each: impl FnMut(Option<&str>)) {
    loop {
        let good = match std::str::from_utf8(rest) {
            Ok(text) => return each(Some(text)),
            Err(e) => e.valid_up_to(),
        };
        each(std::str::from_utf8(&rest[..good]).ok());
        each(None);
        rest = &rest[good + 1..];
    }
}

fn escape(out: &mut String, c: char, go: Go) {
    match c {
        '"' => out.push_str("\\\""),
        '\\' => out.push_str("\\\\"),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        '\x08' if go == Go::New => out.push_str("\\b"),
        '\x0c' if go == Go::New => out.push_str("\\f"),
        '\0'..='\x1f' | '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
            let _ = write!(out, "\\u{:04x}", c as u32);
        }
        c => out.push(c),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_escapes_as_go_does_and_reads_back() {
        let bytes = b"a<b>&\"\\\x08\x1b\xe2\x80x caf\xc3\xa9";
        let mut old = String::new();
        string(&mut old, bytes, Go::Old);
        assert_eq!(old, r#""a\u003cb\u003e\u0026\"\\\u0008\u001b\ufffd\ufffdx café""#);
        let mut new = String::new();
        string(&mut new, bytes, Go::New);
        assert!(new.contains(r"\b") && !new.contains(r"\u0008"));
        assert_eq!(serde_json::from_str::<String>(&old).unwrap(), lossy(bytes));
        assert_eq!(serde_json::from_str::<String>(&new).unwrap(), lossy(bytes));
    }
}
