//! What the agent does to one line before it streams it (FORMATS §1a): remove escape sequences unless one of them
//! is not to its liking, turn TAB into a blank, delete every CR.

const ESC: u8 = 0x1b;

/// One element of `sessionData`, still as bytes. `line` is without its LF.
pub fn element(line: &[u8]) -> Vec<u8> {
    let mut text = strip(line).unwrap_or_else(|| line.to_vec());
    text.retain(|&b| b != b'\r');
    text.iter_mut().filter(|b| **b == b'\t').for_each(|b| *b = b' ');
    text
}

/// The line without escape sequences; `None` where the agent keeps the whole line raw because one sequence is
/// invalid by its rules. Bytes 0x80 to 0x9f count as control characters even inside UTF-8: that is its bug.
pub fn strip(line: &[u8]) -> Option<Vec<u8>> {
    let mut text = Vec::with_capacity(line.len());
    let mut rest = line;
    while let Some((&first, tail)) = rest.split_first() {
        rest = match first {
            0x9b => csi(tail)?,
            0x8e | 0x8f => swallow_one(tail),
            0x80..=0x9f => tail,
            ESC => escape(tail)?,
            _ => {
                text.push(first);
                tail
            }
        };
    }
    Some(text)
}

/// What follows the sequence whose ESC was just read.
fn escape(rest: &[u8]) -> Option<&[u8]> {
    let (&kind, tail) = rest.split_first()?;
    match kind {
        b'[' => csi(tail),
        b']' | b'P' | b'X' | b'^' | b'_' => control_string(tail),
        b'N' | b'O' => Some(swallow_one(tail)),
        0x40..=0x7e => Some(tail),
        _ => None,
    }
}

/// A control string ends with ESC \ only; a BEL does not end it, and a string inside a string is an error.
fn control_string(rest: &[u8]) -> Option<&[u8]> {
    let end = rest.windows(2).position(|w| w == b"\x1b\\")?;
    let nested = rest[..end].windows(2).any(|w| w == b"\x1bX");
    (!nested).then(|| &rest[end + 2..])
}

/// A single shift takes one more byte with it.
fn swallow_one(rest: &[u8]) -> &[u8] {
    rest.get(1..).unwrap_or_default()
}

fn csi(rest: &[u8]) -> Option<&[u8]> {
    let params_len = rest.iter().take_while(|b| matches!(b, 0x30..=0x3f)).count();
    let (params, rest) = rest.split_at(params_len);
    let middle_len = rest.iter().take_while(|b| matches!(b, 0x20..=0x2f)).count();
    let &last = rest.get(middle_len)?;
    if !(0x40..=0x7e).contains(&last) {
        return None;
    }
    // Private parameters count as one; sequences with intermediate bytes are not looked up here.
    let count = match params.first() {
        None => 0,
        Some(0x3c..) => 1,
        Some(_) => 1 + params.iter().filter(|&&b| b == b';').count(),
    };
    let fits = middle_len > 0 || most_params(last).is_none_or(|most| count <= most);
    fits.then(|| &rest[middle_len + 1..])
}

/// How many parameters ECMA-48 gives a control function; `None` for any number and for functions it does not know.
fn most_params(last: u8) -> Option<usize> {
    match last {
        b'H' | b'R' | b'f' => Some(2),
        b'W' | b'h' | b'l' | b'm' | b'o' => None,
        b'@'..=b'o' if last != b'_' => Some(1),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(line: &str) -> String {
        String::from_utf8_lossy(&element(line.as_bytes())).into_owned()
    }

    #[test]
    fn well_formed_sequences_vanish_and_nothing_is_applied() {
        assert_eq!(text("\x1b[?2004hsh-5.2$ ls -la\r"), "sh-5.2$ ls -la");
        assert_eq!(text("lss\x08\x1b[K\r"), "lss\x08");
        assert_eq!(text("10%\r20%\r100%"), "10%20%100%");
        assert_eq!(text("a\tb"), "a b");
        assert_eq!(text("\x1b[?1049h\x1b[22;0;0tx"), "x");
        assert_eq!(text("\x1b]0;title\x1b\\$ id"), "$ id");
        assert_eq!(text("\x1b[0;1;32mok\x1b[0m"), "ok");
    }

    #[test]
    fn one_sequence_it_dislikes_keeps_the_whole_line() {
        for line in [
            "\x1b]0;u@h:~\x07[u@h ~]$ \x1b[?2004hid",
            "\x1b(B\x1b[mtop",
            "\x1b=\x1b[1mx",
            "\x1b7x\x1b8",
            "\x1b[1;2Cx",
            "\x1b[1;2;3Hx",
            "cut\x1b[1",
            "cut\x1b",
        ] {
            assert_eq!(text(line), line, "{line:?}");
        }
    }

    #[test]
    fn utf8_is_damaged_where_its_bytes_look_like_controls() {
        assert_eq!(element("caf\u{e9}".as_bytes()), "caf\u{e9}".as_bytes());
        assert_eq!(element("\u{2514}x".as_bytes()), b"\xe2x");
        // ● is E2 97 8F: its last byte is a single shift, which takes the ESC along.
        assert_eq!(element("\x1b[1m\u{25cf}\x1b[0m nginx".as_bytes()), b"\xe2[0m nginx");
    }
}
