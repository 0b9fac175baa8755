//! Facts on their way into the index, some together.

use whoran_model::Fact;

use crate::codec::{Coded, decode};

/// Some facts as the index stores them: nobody asks for one alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackedFacts {
    pub(crate) text: String,
    /// Whether they are passed over where [few are asked for](crate::Index::each_facts).
    pub(crate) aside: bool,
}

impl PackedFacts {
    /// So many facts are best together.
    pub const TOGETHER: usize = 64;

    /// Packs facts; those that stand `aside` are passed over where only the others are asked for.
    pub fn of(facts: &Vec<Fact>, aside: bool) -> Self {
        let mut text = String::new();
        facts.put(&mut text);
        Self { text, aside }
    }

    /// The facts, where the text is what it was.
    pub fn facts(&self) -> Option<Vec<Fact>> {
        decode(&self.text)
    }

    /// The text that they are, and whether they stand aside.
    pub fn into_parts(self) -> (String, bool) {
        (self.text, self.aside)
    }

    /// Takes them from what [`into_parts`](Self::into_parts) gave.
    pub fn from_parts(text: String, aside: bool) -> Self {
        Self { text, aside }
    }
}
