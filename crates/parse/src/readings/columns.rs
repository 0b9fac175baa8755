//! A line as the columns that it takes.

use std::borrow::Cow;
use std::ops::Range;

use crate::prompt::{chars_key, few_key, is_shell_sign};

/// What is left of one sign, and its blank.
const SIGN: &str = "\u{fffd}\u{fffd} ";

/// The characters of a line, by column.
pub(super) struct Columns<'a> {
    pub(super) text: &'a str,
    /// None where all are ASCII: there a byte is a column.
    chars: Vec<char>,
}

impl<'a> Columns<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, chars: if text.is_ascii() { Vec::new() } else { text.chars().collect() } }
    }

    /// Those of a line that begins with a prompt. Two U+FFFD before its first blank but one are what is left of one sign.
    pub(super) fn of_line(text: &'a str) -> Self {
        let mut columns = Self::new(text);
        if let Some(at) = left_of_sign(text) {
            columns.chars.remove(text[..at].chars().count());
        }
        columns
    }

    /// Whether a byte is a column.
    pub(super) fn is_ascii(&self) -> bool {
        self.chars.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        if self.chars.is_empty() { self.text.len() } else { self.chars.len() }
    }

    pub(super) fn at(&self, at: usize) -> char {
        if self.chars.is_empty() { self.text.as_bytes()[at].into() } else { self.chars[at] }
    }

    pub(super) fn get(&self, at: usize) -> Option<char> {
        (at < self.len()).then(|| self.at(at))
    }

    pub(super) fn part(&self, range: Range<usize>) -> Cow<'_, str> {
        if self.chars.is_empty() {
            Cow::Borrowed(&self.text[range])
        } else {
            Cow::Owned(self.chars[range].iter().collect())
        }
    }

    /// A key of `place` and of the seven characters around `at`, or as many as there are.
    pub(super) fn key_around(&self, at: usize, place: usize) -> u64 {
        let near = at - 3..self.len().min(at + 4);
        if self.chars.is_empty() {
            let bytes = &self.text.as_bytes()[near.start..];
            return match bytes.first_chunk() {
                Some(eight) => few_key(u64::from_le_bytes(*eight) << 8, place),
                None => bytes_around(bytes[..near.len()].iter().copied(), place),
            };
        }
        let chars = &self.chars[near];
        if chars.iter().all(char::is_ascii) {
            bytes_around(chars.iter().map(|c| *c as u8), place)
        } else {
            chars_key(chars.iter().map(|c| u32::from(*c)), place)
        }
    }
}

/// The key of at most seven bytes of ASCII and where they stand.
fn bytes_around(bytes: impl DoubleEndedIterator<Item = u8>, place: usize) -> u64 {
    let few = bytes.rev().fold(0, |few, b| (few | u64::from(b)) << 8);
    few_key(few, place)
}

/// How many columns a line takes that begins with a prompt.
pub(crate) fn columns(text: &str) -> usize {
    if text.is_ascii() {
        text.len()
    } else {
        text.chars().count() - usize::from(left_of_sign(text).is_some())
    }
}

/// Where a sign of a prompt was that is two characters now.
fn left_of_sign(text: &str) -> Option<usize> {
    let sign = if text.is_ascii() { None } else { text.find(SIGN) };
    sign.filter(|at| sign_end(text) == Some(at + SIGN.len()))
}

/// The end of the first sign that a prompt may end with, its blank included.
pub(super) fn sign_end(text: &str) -> Option<usize> {
    const MOST: usize = 60;
    // a character beyond ASCII takes four bytes at most
    let near = &text.as_bytes()[..text.len().min(MOST)];
    // most lines have no sign there at all, which many bytes at once tell
    let mut padded = [0; MOST + 4];
    padded[..near.len()].copy_from_slice(near);
    let signs = padded.iter().fold(false, |found, b| {
        found | (*b >= 0x80) | (*b == b'$') | (*b == b'#') | (*b == b'%') | (*b == b'>')
    });
    if !signs {
        return None;
    }
    let head = if near.is_ascii() { near } else { &text.as_bytes()[..text.len().min(4 * MOST)] };
    let is_sign = |at: &usize| match head[..*at].last() {
        Some(b) if b.is_ascii() => is_shell_sign(char::from(*b)),
        _ => text[..*at].ends_with(['»', '❯', 'λ', '\u{fffd}']),
    };
    let blank = memchr::memchr_iter(b' ', head)
        .find(is_sign)
        .filter(|at| *at < MOST || text[..*at].chars().count() < MOST)
        .map(|at| at + 1);
    glued_end(&near[..blank.unwrap_or(near.len()).min(near.len())]).or(blank)
}

/// The same of a prompt that names somebody and has no blank behind its sign.
fn glued_end(near: &[u8]) -> Option<usize> {
    let named = memchr::memchr(b'@', near)?;
    let mut pairs = near[named..].array_windows();
    let sign =
        pairs.position(|[sign, next]| is_shell_sign(char::from(*sign)) && next.is_ascii_lowercase())?;
    Some(named + sign + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_of_a_sign_is_one_column() {
        let cut = "[web ~]\u{fffd}\u{fffd} ls";
        assert_eq!((columns(cut), Columns::of_line(cut).len(), Columns::new(cut).len()), (11, 11, 12));
        assert_eq!(Columns::of_line(cut).part(6..11), "]\u{fffd} ls");
        assert_eq!(columns("[web ~]# ls \u{fffd}\u{fffd} x"), 16);
    }
}
