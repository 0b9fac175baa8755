//! Keys under which prompts that are alike are equal.

use std::collections::HashMap;
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
        let word = c.is_alphanumeric() || c == '\u{fffd}';
        for b in c.encode_utf8(&mut buffer).bytes() {
            self.exact.add(b);
            if !word {
                self.loose.add(b);
            }
        }
        if word && !self.in_word {
            self.loose.add(b'w');
        }
        (self.in_number, self.in_word) = (false, word);
    }

    pub(super) fn add_ascii(&mut self, b: u8) {
        let digit = b.is_ascii_digit();
        if !(digit && self.in_number) {
            self.exact.add(if digit { b'0' } else { b });
        }
        self.in_number = digit;
        let word = is_of_word(b);
        if !(word && self.in_word) {
            self.loose.add(if word { b'w' } else { b });
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

/// Bytes so far, eight at a time.
#[derive(Debug, Clone, Copy)]
struct Key {
    mixed: u64,
    /// Bytes still to be mixed in, the last one lowest.
    waiting: u64,
    count: u64,
}

/// Keys begin where no log can know: texts made to have one key do not have it.
static SEED: LazyLock<u64> = LazyLock::new(|| RandomState::new().hash_one(0));

impl Default for Key {
    fn default() -> Self {
        Self { mixed: *SEED, waiting: 0, count: 0 }
    }
}

impl Key {
    fn add(&mut self, b: u8) {
        self.waiting = self.waiting << 8 | u64::from(b);
        self.count += 1;
        if self.count.is_multiple_of(8) {
            self.mixed = mixed(self.mixed ^ self.waiting);
        }
    }

    fn get(self) -> u64 {
        mixed(mixed(self.mixed ^ self.waiting) ^ self.count)
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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Form {
    units: u64,
    count: u32,
}

/// Stands for a word.
const WORD: u8 = b'w';

impl Form {
    /// As much of the form as is ASCII.
    pub(super) fn of(text: &str) -> Self {
        let mut form = Self { units: 0, count: 0 };
        let mut in_word = false;
        for b in text.bytes().take_while(u8::is_ascii) {
            let word = is_of_word(b);
            if word && in_word {
                continue;
            }
            in_word = word;
            form.units |= u64::from(if word { WORD } else { b }) << (56 - 8 * form.count);
            form.count += 1;
            if form.count == 8 {
                break;
            }
        }
        form
    }

    /// Whether a text of this form may begin with a prompt of that one: quick, and never wrong where the answer is no.
    pub(super) fn may_begin_with(self, prompt: Self) -> bool {
        let common = self.count.min(prompt.count);
        common == 0 || (self.units ^ prompt.units) >> (64 - 8 * common) == 0
    }
}

fn is_of_word(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'~' | b'/' | b'-' | b'\\')
}

/// A key of a word as it is.
pub(crate) fn word_key(word: &str) -> u64 {
    let (eights, rest) = word.as_bytes().as_chunks();
    let key = eights.iter().fold(*SEED, |key, eight| mixed(key ^ u64::from_le_bytes(*eight)));
    let rest = rest.iter().fold(0, |rest, b| rest << 8 | u64::from(*b));
    mixed(mixed(key ^ rest) ^ word.len() as u64)
}

/// A map by key. Keys are mixed already.
pub(super) type ByKey<T> = HashMap<u64, T, BuildHasherDefault<AsItIs>>;

/// Takes a key for its hash.
#[derive(Debug, Default)]
pub(super) struct AsItIs(u64);

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
        assert!(of("[u@h ~]$ ls").may_begin_with(of("[root@web /etc]$ ")));
        assert!(of("[u@é ~]$ ls").may_begin_with(of("[root@web /etc]$ ")));
        assert!(!of("total 0").may_begin_with(of("[root@web /etc]$ ")));
    }

    #[test]
    fn every_length_has_a_key_of_its_own() {
        let keys: std::collections::HashSet<u64> = (0..64).map(|n| exact_key(&">".repeat(n))).collect();
        assert_eq!(keys.len(), 64);
    }
}
