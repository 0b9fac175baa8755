//! What was entered before, found by how it begins.

use super::drafts::Drafts;
use crate::extract::draft::Draft;
use crate::prompt::{ByKey, word_key};

/// The last lines that count.
pub(super) const MOST: usize = 500;

/// The places of lines among the drafts, by the key of their first word.
#[derive(Debug, Default)]
pub(super) struct History {
    places: ByKey<Vec<usize>>,
    noted: usize,
}

impl History {
    /// Takes note of lines that are whole by now.
    pub(super) fn note(&mut self, drafts: &Drafts) {
        for (at, draft) in drafts.since(self.noted) {
            let first = draft.text.split(' ').next().unwrap_or_default();
            self.places.entry(word_key(first)).or_default().push(at);
        }
        self.noted = drafts.len();
    }

    /// Forgets what was noted of the lines before that one, which are too far back to count.
    pub(super) fn forget(&mut self, before: usize) {
        self.places.retain(|_, places| {
            places.drain(..places.partition_point(|at| *at < before));
            !places.is_empty()
        });
    }

    /// Whether `line` begins as one of the last lines does from end to end.
    pub(super) fn begins(&self, drafts: &Drafts, line: &str) -> bool {
        let first = line.split(' ').next().unwrap_or_default();
        let begins = |at: &usize| {
            drafts.get(*at).is_some_and(|draft| draft.text.len() > 1 && line.starts_with(&draft.text))
        };
        // a line of one word may be no more than a part of this one's
        (1..=first.len())
            .filter_map(|len| self.places.get(&word_key(first.get(..len)?)))
            .any(|places| Self::recent(drafts, places, MOST).any(begins))
    }

    /// Those of the last `most` lines that have the first word of `line`.
    pub(super) fn beginning_as<'d>(
        &self,
        drafts: &'d Drafts,
        line: &str,
        most: usize,
    ) -> impl Iterator<Item = &'d Draft> {
        let places = self.places.get(&word_key(line.split(' ').next().unwrap_or_default()));
        let places = places.map_or(&[][..], |places| places);
        Self::recent(drafts, places, most).filter_map(|at| drafts.get(*at))
    }

    fn recent<'h>(drafts: &Drafts, places: &'h [usize], most: usize) -> impl Iterator<Item = &'h usize> {
        let from = drafts.len().saturating_sub(most);
        places.iter().rev().take_while(move |at| **at >= from)
    }
}
