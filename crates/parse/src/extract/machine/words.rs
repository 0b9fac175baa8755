//! The words that a session shows, for weighing readings.

use crate::prompt::{ByKey, word_key};
use crate::readings::words;
use crate::term::Unit;

/// Words remembered.
const MOST: usize = 200_000;
/// A shorter word tells nothing.
const SHORTEST: usize = 3;

/// By the key of each word, whether it is shown more than once.
#[derive(Debug, Default)]
pub(super) struct Words(ByKey<bool>);

impl Words {
    /// The words of lines that were not edited.
    pub(super) fn shown(units: &[Unit<'_>], bytes: &[u8]) -> Self {
        let mut shown = Self::default();
        // mostly as many different words, which need not be moved then
        shown.0.reserve((bytes.len() / 64).min(MOST));
        for unit in units {
            if let Unit::Line(line) = unit
                && line.text.len() < 4096
                && bytes.get(line.span.clone()).is_some_and(|raw| memchr::memchr(0x08, raw).is_none())
                && shown.0.len() < MOST
            {
                for word in words(&line.text).filter(|word| word.len() >= SHORTEST) {
                    shown.0.entry(word_key(word)).and_modify(|again| *again = true).or_insert(false);
                }
            }
        }
        shown
    }

    /// Whether the word is shown, and whether more than once.
    pub(super) fn look_up(&self, word: &str) -> (bool, bool) {
        self.0.get(&word_key(word)).map_or((false, false), |again| (true, *again))
    }

    /// Whether the word is shown.
    pub(super) fn any(&self, word: &str) -> bool {
        self.look_up(word).0
    }

    /// Whether the word is shown more than once.
    pub(super) fn again(&self, word: &str) -> bool {
        self.look_up(word).1
    }
}
