//! Keys under which prompts that are alike are equal.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, BuildHasherDefault, Hasher, RandomState};
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
    let mut key = Key::default();
    let mut in_number = false;
    for b in prompt.bytes() {
        let digit = b.is_ascii_digit();
        if !(digit && in_number) {
            key.add(if digit { b'0' } else { b });
        }
        in_number = digit;
    }
    key.get()
}

/// A key under which prompts with the same signs in the same order are equal, whatever words stand between.
pub(crate) fn loose_key(prompt: &str) -> u64 {
    let mut key = Key::default();
    Signs { text: prompt, at: 0 }.flatten().for_each(|b| key.add(*b));
    key.get()
}

/// The signs of a text, each word counting as one.
struct Signs<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Iterator for Signs<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let start = self.at;
        let word = word_len(self.text, start);
        if word > 0 {
            self.at += word;
            return Some(&[WORD]);
        }
        let bytes = self.text.as_bytes();
        self.at += if bytes.get(start)?.is_ascii() { 1 } else { char_len(self.text, start) };
        bytes.get(start..self.at)
    }
}

/// How a line begins: its first four signs, a word counting as one. Prompts with one loose key begin alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Form(u32);

/// Stands for a word.
const WORD: u8 = b'w';

impl Form {
    pub(super) fn of(text: &str) -> Self {
        let (bytes, mut at, mut form) = (text.as_bytes(), 0, 0);
        for place in [24, 16, 8, 0] {
            let Some(b) = bytes.get(at) else { break };
            let start = at;
            at += bytes[start..].iter().take_while(|b| is_of_word(**b)).count();
            if bytes.get(at).is_some_and(|b| !b.is_ascii()) {
                at = start + word_len(text, start);
            }
            let word = at > start;
            // a sign beyond ASCII is told by its first byte alone
            form |= u32::from(if word { WORD } else { *b }) << place;
            at += match word {
                true => 0,
                false if b.is_ascii() => 1,
                false => char_len(text, start),
            };
        }
        Self(form)
    }

    /// Tells by its form whether a text may begin with a prompt of this one.
    pub(super) fn begins(self) -> impl Fn(Self) -> bool {
        let missing = self.0.trailing_zeros() & !7;
        let mask = u32::MAX.checked_shl(missing).unwrap_or(0);
        move |text| text.0 & mask == self.0
    }
}

/// Where `text` goes on behind a beginning that has one loose key with `prompt`, if it begins so.
pub(crate) fn behind_alike(prompt: &str, text: &str) -> Option<usize> {
    // what both begin with is alike up to the last sign in it
    let same = prompt.bytes().zip(text.bytes()).take_while(|(a, b)| a == b).count();
    let sign = prompt.as_bytes()[..same].iter().rposition(|b| b.is_ascii() && !is_of_word(*b));
    let (mut at, mut own) = sign.map_or((0, 0), |sign| (sign + 1, sign + 1));
    while let Some(b) = prompt.as_bytes().get(at) {
        let own_byte = *text.as_bytes().get(own)?;
        if b.is_ascii() && !is_of_word(*b) {
            if *b != own_byte {
                return None;
            }
            (at, own) = (at + 1, own + 1);
            continue;
        }
        if own_byte.is_ascii() && !is_of_word(own_byte) {
            return None;
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
pub(super) fn word_len(text: &str, at: usize) -> usize {
    let bytes = &text.as_bytes()[at..];
    let len = bytes.iter().position(|b| !is_of_word(*b)).unwrap_or(bytes.len());
    match bytes.get(len) {
        Some(b) if !b.is_ascii() => len + word_beyond_ascii(&text[at + len..]),
        _ => len,
    }
}

/// The same of a text that begins with a character beyond ASCII.
#[cold]
fn word_beyond_ascii(text: &str) -> usize {
    let is_word = |c: &char| if c.is_ascii() { is_of_word(*c as u8) } else { is_word_char(*c) };
    text.chars().take_while(is_word).map(char::len_utf8).sum()
}

fn char_len(text: &str, at: usize) -> usize {
    text[at..].chars().next().map_or(1, char::len_utf8)
}

/// Where `text` goes on behind a beginning that has one exact key with `prompt`, if it begins so.
pub(crate) fn behind_same(prompt: &str, text: &str) -> Option<usize> {
    let digits = |text: &[u8]| text.iter().take_while(|b| b.is_ascii_digit()).count();
    // what both begin with is the same but for a number at its end
    let same = prompt.bytes().zip(text.bytes()).take_while(|(a, b)| a == b).count();
    let same = same - prompt.as_bytes()[..same].iter().rev().take_while(|b| b.is_ascii_digit()).count();
    let (mut one, mut other) = (&prompt.as_bytes()[same..], &text.as_bytes()[same..]);
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

/// Whether two prompts have one exact key.
pub(crate) fn same(one: &str, other: &str) -> bool {
    one == other || behind_same(one, other) == Some(other.len())
}

/// Whether two prompts have one loose key.
pub(crate) fn alike(one: &str, other: &str) -> bool {
    behind_alike(one, other) == Some(other.len())
}

/// Whether one of two prompts is the other with a part more, whatever the words: `~ > ` and `~/src (main) > `.
pub(crate) fn differ_by_part(one: &str, other: &str) -> bool {
    const LONGEST: usize = 12;
    const LONGEST_IN_FRONT: usize = 4;
    // what is left of a sign is no name
    let named = |text: &str| text.bytes().any(is_of_word);
    if !named(one) || !named(other) {
        return false;
    }
    let signs = |text| (Signs { text, at: 0 }.collect::<Vec<_>>(), text);
    let (one, other) = (signs(one), signs(other));
    let ((short, _), (long, text)) = if one.0.len() < other.0.len() { (one, other) } else { (other, one) };
    let same = |(a, b): &(&&[u8], &&[u8])| a == b;
    let head = short.iter().zip(&long).take_while(same).count();
    let tail = short.iter().rev().zip(long.iter().rev()).take_while(same).count();
    // what stands in front is mostly output, or was typed early
    let longest = if head == 0 { LONGEST_IN_FRONT } else { LONGEST };
    if head == 0 && text.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return false;
    }
    let more = long.len() - short.len();
    let part = &long[head.min(short.len())..][..more];
    (1..=longest).contains(&more) && head + tail >= short.len() && part.iter().any(|sign| **sign == [WORD])
}

fn is_of_word(b: u8) -> bool {
    OF_WORD[usize::from(b)]
}

/// Whether a character beyond ASCII is of a word. What a damaged one was nobody knows.
fn is_word_char(c: char) -> bool {
    c == '\u{fffd}' || c.is_alphanumeric()
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

/// The key of a word that is gone through byte by byte.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Spelled(u64);

impl Spelled {
    /// Nothing yet.
    pub(crate) fn new() -> Self {
        Self(*SEED)
    }

    #[inline]
    pub(crate) fn add(&mut self, b: u8) {
        self.0 = (self.0 ^ u64::from(b)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }

    #[inline]
    pub(crate) fn key(self) -> u64 {
        mixed(self.0)
    }
}

/// A key of bytes.
pub(crate) fn bytes_key(bytes: &[u8]) -> u64 {
    let (eights, rest) = bytes.as_chunks();
    let key = eights.iter().fold(*SEED, |key, eight| mixed(key ^ u64::from_le_bytes(*eight)));
    // four may be taken twice
    let rest = match (rest.first_chunk(), rest.last_chunk()) {
        (Some(first), Some(last)) => {
            u64::from(u32::from_le_bytes(*first)) << 32 | u64::from(u32::from_le_bytes(*last))
        }
        _ => rest.iter().fold(0, |rest, b| rest << 8 | u64::from(*b)),
    };
    mixed(mixed(key ^ rest) ^ bytes.len() as u64)
}

/// A key of characters and where they stand.
pub(crate) fn chars_key(chars: impl Iterator<Item = u32>, place: usize) -> u64 {
    let add = |key: u64, c| (key.rotate_left(21) ^ u64::from(c)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed(chars.fold(mixed(*SEED ^ place as u64), add))
}

/// A key of what eight bytes hold and where it stands.
pub(crate) fn few_key(few: u64, place: usize) -> u64 {
    mixed(mixed(*SEED ^ place as u64) ^ few)
}

/// A map by key. Keys are mixed already.
pub(crate) type ByKey<T> = HashMap<u64, T, BuildHasherDefault<AsItIs>>;

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
    fn a_part_may_come_and_go() {
        assert!(differ_by_part("~ > ", "~/src (main) > "));
        assert!(differ_by_part("127 [u@h src]$ ", "[u@h ~]$ "));
        assert!(differ_by_part("u@h:/usr [prod:web]$ ", "u@h:~$ "));
        assert!(!differ_by_part("u@h:~$ ", "root@h:/$ "));
        assert!(!differ_by_part("u~> ", "a > "));
        assert!(!differ_by_part("[~ 4] # ", "e[~/src 5] # "));
        assert!(!differ_by_part("$ ", "a $ "), "a sign alone stands in many lines");
        assert!(!differ_by_part("\u{fffd}\u{fffd} ", "root in \u{fffd} "));
        assert!(!differ_by_part("[u@h ~]$ ", "<~> (main)$ "));
    }

    #[test]
    fn lines_of_one_prompt_begin_alike() {
        let may = |text: &str, prompt: &str| Form::of(prompt).begins()(Form::of(text));
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
