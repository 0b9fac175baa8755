//! Keys under which prompts that are alike are equal.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, BuildHasherDefault, Hasher, RandomState};
use std::ops::RangeInclusive;
use std::sync::LazyLock;

/// The keys of a text that grows by one character at a time.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Keys {
    exact: Key,
    loose: Key,
    in_number: bool,
    in_word: bool,
}

impl Keys {
    pub(super) fn add(&mut self, c: char) {
        if c.is_ascii() {
            return self.add_ascii(c as u8);
        }
        let mut buffer = [0; 4];
        let word = is_word_char(c);
        for b in c.encode_utf8(&mut buffer).bytes() {
            self.exact.add(b);
            if !word {
                self.loose.add(b);
            }
        }
        if word && !self.in_word {
            self.loose.add(WORD);
        }
        (self.in_number, self.in_word) = (false, word);
    }

    /// Adds letters and digits.
    pub(super) fn add_word(&mut self, word: &[u8]) {
        for b in word {
            let digit = b.is_ascii_digit();
            if !(digit && self.in_number) {
                self.exact.add(if digit { b'0' } else { *b });
            }
            self.in_number = digit;
        }
        if !word.is_empty() && !std::mem::replace(&mut self.in_word, true) {
            self.loose.add(WORD);
        }
    }

    pub(super) fn add_ascii(&mut self, b: u8) {
        let digit = b.is_ascii_digit();
        if !(digit && self.in_number) {
            self.exact.add(if digit { b'0' } else { b });
        }
        self.in_number = digit;
        let word = is_of_word(b);
        if !(word && self.in_word) {
            self.loose.add(if word { WORD } else { b });
        }
        self.in_word = word;
    }

    fn of(text: &str) -> Self {
        let mut keys = Self::default();
        text.chars().for_each(|c| keys.add(c));
        keys
    }

    pub(super) fn exact(self) -> u64 {
        self.exact.get()
    }

    pub(super) fn loose(self) -> u64 {
        self.loose.get()
    }
}

/// Bytes so far, each mixed into what the ones before it left.
#[derive(Debug, Clone, Copy)]
struct Key(u64);

/// Keys begin where no log can know: texts made to have one key do not have it.
static SEED: LazyLock<u64> = LazyLock::new(|| RandomState::new().hash_one(0));

impl Default for Key {
    fn default() -> Self {
        Self(*SEED)
    }
}

impl Key {
    fn add(&mut self, b: u8) {
        self.0 = (self.0.rotate_left(5) ^ u64::from(b)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }

    fn get(self) -> u64 {
        mixed(self.0)
    }
}

/// Multiplied to twice the width and folded: every bit reaches every other.
fn mixed(key: u64) -> u64 {
    let product = u128::from(key) * 0x9e37_79b9_7f4a_7c15;
    (product as u64) ^ (product >> 64) as u64
}

/// A key under which prompts that differ only in numbers are equal.
pub(crate) fn exact_key(prompt: &str) -> u64 {
    Keys::of(prompt).exact()
}

/// A key under which prompts with the same signs in the same order are equal, whatever words stand between.
pub(crate) fn loose_key(prompt: &str) -> u64 {
    Keys::of(prompt).loose()
}

/// How a line begins: its first eight signs, a word counting as one. Prompts with one loose key begin alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Form(u64);

/// Stands for a word.
const WORD: u8 = b'w';

impl Form {
    pub(super) fn of(text: &str) -> Self {
        let (mut units, mut left, mut in_word) = (0_u64, 64, false);
        let mut bytes = text.bytes().enumerate();
        while let Some((at, b)) = bytes.next().filter(|_| left > 0) {
            let mut word = is_of_word(b);
            if !b.is_ascii() {
                // a sign is told by its first byte alone
                let c = text[at..].chars().next().unwrap_or_default();
                word = is_word_char(c);
                bytes.nth(c.len_utf8() - 2);
            }
            if !(word && in_word) {
                left -= 8;
                units |= u64::from(if word { WORD } else { b }) << left;
            }
            in_word = word;
        }
        Self(units)
    }

    /// The forms of texts that may begin with a prompt of this form: no other text begins so.
    pub(super) fn of_texts(self) -> RangeInclusive<Self> {
        let missing = self.0.trailing_zeros() / 8;
        self..=Self(self.0 | u64::MAX.checked_shr(64 - 8 * missing).unwrap_or(0))
    }
}

/// Where `text` goes on behind a beginning that has one loose key with `prompt`, if it begins so.
pub(super) fn behind_alike(prompt: &str, text: &str) -> Option<usize> {
    let (mut at, mut own) = (0, 0);
    while let Some(b) = prompt.as_bytes().get(at) {
        if *b == *text.as_bytes().get(own)? && b.is_ascii() && !is_of_word(*b) {
            (at, own) = (at + 1, own + 1);
            continue;
        }
        let (word, own_word) = (word_len(prompt, at), word_len(text, own));
        if word > 0 && own_word > 0 {
            (at, own) = (at + word, own + own_word);
            continue;
        }
        let sign = &prompt[at..at + char_len(prompt, at)];
        if word > 0 || !text[own..].starts_with(sign) {
            return None;
        }
        (at, own) = (at + sign.len(), own + sign.len());
    }
    Some(own)
}

/// How much of `text` from `at` on is one word.
fn word_len(text: &str, at: usize) -> usize {
    let bytes = text.as_bytes();
    let mut end = at;
    loop {
        while bytes.get(end).is_some_and(|b| is_of_word(*b)) {
            end += 1;
        }
        if bytes.get(end).is_none_or(u8::is_ascii) {
            return end - at;
        }
        match text[end..].chars().next() {
            Some(c) if is_word_char(c) => end += c.len_utf8(),
            _ => return end - at,
        }
    }
}

fn char_len(text: &str, at: usize) -> usize {
    text[at..].chars().next().map_or(1, char::len_utf8)
}

/// Where `text` goes on behind a beginning that has one exact key with `prompt`, if it begins so.
pub(super) fn behind_same(prompt: &str, text: &str) -> Option<usize> {
    let digits = |text: &[u8]| text.iter().take_while(|b| b.is_ascii_digit()).count();
    let (mut one, mut other) = (prompt.as_bytes(), text.as_bytes());
    while let Some(a) = one.first() {
        let b = other.first()?;
        let (n, m) = match a.is_ascii_digit() && b.is_ascii_digit() {
            true => (digits(one), digits(other)),
            false if a == b => (1, 1),
            false => return None,
        };
        (one, other) = (&one[n..], &other[m..]);
    }
    Some(text.len() - other.len())
}

fn is_of_word(b: u8) -> bool {
    OF_WORD[usize::from(b)]
}

/// Whether a character beyond ASCII is of a word. What a damaged one was nobody knows.
fn is_word_char(c: char) -> bool {
    c.is_alphanumeric() || c == '\u{fffd}'
}

static OF_WORD: [bool; 256] = {
    let mut table = [false; 256];
    let mut b = 0_u8;
    while b < 128 {
        table[b as usize] =
            b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'~' | b'/' | b'-' | b'\\');
        b += 1;
    }
    table
};

/// A key of a word as it is.
pub(crate) fn word_key(word: &str) -> u64 {
    bytes_key(word.as_bytes())
}

/// A key of bytes.
pub(crate) fn bytes_key(bytes: &[u8]) -> u64 {
    let (eights, rest) = bytes.as_chunks();
    let key = eights.iter().fold(*SEED, |key, eight| mixed(key ^ u64::from_le_bytes(*eight)));
    let rest = rest.iter().fold(0, |rest, b| rest << 8 | u64::from(*b));
    mixed(mixed(key ^ rest) ^ bytes.len() as u64)
}

/// A key of numbers in their order.
pub(crate) fn key_of(numbers: impl Iterator<Item = u32>) -> u64 {
    numbers.fold(*SEED, |key, number| mixed(key ^ u64::from(number)))
}

/// A map by key. Keys are mixed already.
pub(super) type ByKey<T> = HashMap<u64, T, BuildHasherDefault<AsItIs>>;

/// A set of keys.
pub(crate) type KeySet = HashSet<u64, BuildHasherDefault<AsItIs>>;

/// Takes a key for its hash.
#[derive(Debug, Default)]
pub(crate) struct AsItIs(u64);

impl Hasher for AsItIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|b| self.0 = self.0.rotate_left(8) ^ u64::from(*b));
    }

    fn write_u64(&mut self, key: u64) {
        self.0 = key;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_words_make_no_difference() {
        assert_eq!(exact_key("[12:01] a7$ "), exact_key("[1:999] a10$ "));
        assert_ne!(exact_key("[12:01] a7$ "), exact_key("[12:01] b7$ "));
        assert_eq!(loose_key("[u@h ~/src]$ "), loose_key("[someone@elsewhere etc]$ "));
        assert_eq!(loose_key("é@h$ "), loose_key("u@h$ "));
        assert_ne!(loose_key("u@h$ "), loose_key("u@h# "));
    }

    #[test]
    fn lines_of_one_prompt_begin_alike() {
        let of = Form::of;
        let may = |text: &str, prompt: &str| of(prompt).of_texts().contains(&of(text));
        assert!(may("[u@h ~]$ ls", "[root@web /etc]$ "));
        assert!(may("[u@é ~]$ ls", "[root@web /etc]$ "));
        assert!(!may("total 0", "[root@web /etc]$ "));
        assert!(may("w: x", "λ: ") && may("● x", ""));
        assert!(!may("> x", "● ") && !may("$", "$ "));
    }

    #[test]
    fn every_length_has_a_key_of_its_own() {
        let keys: std::collections::HashSet<u64> = (0..64).map(|n| exact_key(&">".repeat(n))).collect();
        assert_eq!(keys.len(), 64);
    }
}
