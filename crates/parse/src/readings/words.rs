//! Words, as far as other lines may show them too: letters, digits, `.`, `_` and `-`.

use crate::prompt::Spelled;

/// The words of a line.
pub(crate) fn words(text: &str) -> Words<'_> {
    Words { rest: text }
}

/// What is left of a line whose words are gone through.
pub(crate) struct Words<'a> {
    rest: &'a str,
}

impl<'a> Iterator for Words<'a> {
    type Item = &'a str;

    // left to itself it is called or not by what stands elsewhere, which is 1 % of the instructions for a streaming copy
    #[inline(always)]
    fn next(&mut self) -> Option<&'a str> {
        let behind = &self.rest[run(self.rest, false)..];
        let (word, rest) = behind.split_at(run(behind, true));
        self.rest = rest;
        (!word.is_empty()).then_some(word)
    }
}

/// Calls `each` with how long each word of a line is, and its key.
pub(crate) fn each_key(text: &str, mut each: impl FnMut(usize, u64)) {
    let none = (0, Spelled::new());
    let (mut len, mut key) = none;
    for (at, b) in text.bytes().enumerate() {
        match OF[usize::from(b)] {
            Of::Word => {
                len += 1;
                key.add(b);
            }
            Of::None if len > 0 => {
                each(len, key.key());
                (len, key) = none;
            }
            Of::None => {}
            Of::More => {
                words(&text[at - len..]).for_each(|word| each(word.len(), key_of(word)));
                return;
            }
        }
    }
    if len > 0 {
        each(len, key.key());
    }
}

/// The key of a word.
pub(crate) fn key_of(word: &str) -> u64 {
    let mut key = Spelled::new();
    word.bytes().for_each(|b| key.add(b));
    key.key()
}

/// How many bytes at the start of `text` are of a word, or of none.
#[inline]
fn run(text: &str, word: bool) -> usize {
    let own = if word { Of::Word } else { Of::None };
    let len = text.bytes().position(|b| OF[usize::from(b)] != own).unwrap_or(text.len());
    match text.as_bytes().get(len) {
        Some(b) if !b.is_ascii() => len + run_beyond_ascii(&text[len..], word),
        _ => len,
    }
}

/// The same of a text that begins with a character beyond ASCII.
#[cold]
fn run_beyond_ascii(text: &str, word: bool) -> usize {
    text.chars().take_while(|c| is_of_word(*c) == word).map(char::len_utf8).sum()
}

/// The word that a line ends with.
pub(super) fn last_word(text: &str) -> &str {
    let bytes = text.as_bytes();
    let start = bytes.iter().rposition(|b| OF[usize::from(*b)] != Of::Word).map_or(0, |last| last + 1);
    match start.checked_sub(1).map(|last| bytes[last]) {
        Some(b) if !b.is_ascii() => &text[text.trim_end_matches(is_of_word).len()..],
        _ => &text[start..],
    }
}

/// The word that a line begins with, of which no more than a row is looked at.
pub(super) fn first_word(text: &str) -> &str {
    const ROW: usize = 80;
    let near = &text.as_bytes()[..text.len().min(ROW)];
    let end = plain_word(near);
    if near.get(end).is_none_or(u8::is_ascii) {
        return &text[..end];
    }
    let mut chars = text.char_indices().take(ROW + 1).enumerate();
    let end = chars.find(|(n, (_, c))| *n == ROW || !is_of_word(*c));
    end.map_or(text, |(_, (at, _))| &text[..at])
}

/// Asks about two words as one, for which no memory is asked where it is as short as most.
pub(super) fn as_one<T>(before: &str, after: &str, ask: impl FnOnce(&str) -> T) -> T {
    const SHORT: usize = 64;
    let mut room = [0; SHORT];
    let Some(whole) = room.get_mut(..before.len() + after.len()) else {
        return ask(&[before, after].concat());
    };
    let (left, right) = whole.split_at_mut(before.len());
    left.copy_from_slice(before.as_bytes());
    right.copy_from_slice(after.as_bytes());
    ask(std::str::from_utf8(whole).unwrap_or_default())
}

/// How many of the first bytes are of a word, up to one that is beyond ASCII.
pub(super) fn plain_word(bytes: &[u8]) -> usize {
    bytes.iter().position(|b| OF[usize::from(*b)] != Of::Word).unwrap_or(bytes.len())
}

pub(super) fn is_of_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '.' | '_' | '-')
}

/// What a byte is part of.
#[derive(Clone, Copy, PartialEq)]
enum Of {
    Word,
    None,
    /// A character beyond ASCII.
    More,
}

static OF: [Of; 256] = {
    let mut table = [Of::More; 256];
    let mut b = 0_u8;
    while b < 128 {
        let word = b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
        table[b as usize] = if word { Of::Word } else { Of::None };
        b += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_begins_and_ends_with_a_word() {
        assert_eq!((first_word("ab-c d"), last_word("d ab-c")), ("ab-c", "ab-c"));
        assert_eq!((first_word("é1 d"), last_word("d é1"), last_word("»a")), ("é1", "é1", "a"));
        assert_eq!((first_word(" a"), last_word("a "), first_word(""), last_word("")), ("", "", "", ""));
        assert_eq!(first_word(&"x".repeat(100)).len(), 80);
        assert_eq!(first_word(&"é".repeat(100)).chars().count(), 80);
        assert_eq!(first_word(&("x".repeat(79) + "éé")).chars().count(), 80);
    }

    #[test]
    fn words_have_the_same_keys_however_they_are_gone_through() {
        for text in ["", "ab-c d..", " /etc/x é1 naïve.txt 2", "é", "a b»c", "x"] {
            let mut keyed = Vec::new();
            each_key(text, |len, key| keyed.push((len, key)));
            let each: Vec<(usize, u64)> = words(text).map(|word| (word.len(), key_of(word))).collect();
            assert_eq!(keyed, each, "{text}");
        }
    }
}
