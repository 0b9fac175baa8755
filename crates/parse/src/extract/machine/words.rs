//! The words that a session shows, for weighing readings.

use std::cell::OnceCell;
use std::rc::Rc;

use crate::prompt::ByKey;
use crate::readings::{each_key, key_of};
use crate::term::{Line, Unit};

/// Words remembered.
const MOST: usize = 200_000;
/// A shorter word tells nothing.
const SHORTEST: usize = 3;

/// By the key of each word, whether it is shown more than once. Found out when somebody asks: where nothing was edited,
/// nobody does.
#[derive(Debug, Default)]
pub(super) struct Words<'a> {
    units: Rc<Vec<Unit<'a>>>,
    bytes: &'a [u8],
    shown: OnceCell<ByKey<bool>>,
}

impl<'a> Words<'a> {
    /// The words of lines that were not edited, among units that were made of `bytes`.
    pub(super) fn shown(units: &Rc<Vec<Unit<'a>>>, bytes: &'a [u8]) -> Self {
        Self { units: Rc::clone(units), bytes, shown: OnceCell::new() }
    }

    fn find(&self) -> ByKey<bool> {
        let mut shown = ByKey::default();
        // mostly as many different words, which need not be moved then
        shown.reserve((512 + self.bytes.len() / 64).min(MOST));
        for unit in self.units.iter() {
            if let Unit::Line(line) = unit
                && line.text.len() < 4096
                && shown.len() < MOST
                && (!line.holds.controls() || !self.is_edited(line))
            {
                each_key(&line.text, |len, key| {
                    if len >= SHORTEST {
                        shown.entry(key).and_modify(|again| *again = true).or_insert(false);
                    }
                });
            }
        }
        shown
    }

    /// Whether the cursor stepped back on the line.
    fn is_edited(&self, line: &Line<'_>) -> bool {
        self.bytes.get(line.span.clone()).is_none_or(|raw| memchr::memchr(0x08, raw).is_some())
    }

    /// Whether the word is shown, and whether more than once.
    pub(super) fn look_up(&self, word: &str) -> (bool, bool) {
        self.by_key(key_of(word))
    }

    /// The same of the word with that key.
    pub(super) fn by_key(&self, key: u64) -> (bool, bool) {
        self.shown.get_or_init(|| self.find()).get(&key).map_or((false, false), |again| (true, *again))
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
