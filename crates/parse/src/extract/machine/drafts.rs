//! The commands found so far, of which a long session hands on those that nothing looks back at any more.

use std::ops::{Index, IndexMut};

use super::MOST_OTHERS;
use crate::extract::draft::Draft;
use crate::readings::Reading;

/// So many commands back somebody may look, and change what was found: no look goes further than 500.
const BACK: usize = 512;

/// About so many bytes that are no longer needed are handed on together.
const TOGETHER: usize = if cfg!(test) { 16 << 10 } else { 1 << 20 };

impl Draft {
    /// Gives another reading before those that it has, of which few are kept.
    pub(super) fn offer(&mut self, other: Reading) {
        self.alternatives.insert(0, other.into_alternative());
        self.alternatives.truncate(MOST_OTHERS);
    }

    /// Takes another reading for what was entered, and offers with so much confidence what it was before.
    pub(super) fn read_as(&mut self, text: String, confidence: f32) {
        let text = std::mem::replace(&mut self.text, text);
        self.alternatives.retain(|other| other.command != self.text);
        self.offer(Reading { text, confidence });
    }

    /// Offers one behind the likeliest of them, if it is another.
    pub(super) fn offer_behind(&mut self, other: Reading) {
        if self.readings().all(|known| known.trim_end() != other.text) {
            let first = self.alternatives.len().min(1);
            self.alternatives.insert(first, other.into_alternative());
            self.alternatives.truncate(MOST_OTHERS);
        }
    }
}

/// Commands by their number in the session.
#[derive(Debug)]
pub(super) struct Drafts {
    /// How many were handed on: the number of the first that is kept.
    handed: usize,
    kept: Vec<Draft>,
    /// About how many bytes came since something was handed on, and how many may.
    came: usize,
    most: usize,
}

impl Drafts {
    /// Keeps all until they take about so many bytes.
    pub(super) fn keeping(most: usize) -> Self {
        Self { handed: 0, kept: Vec::new(), came: 0, most }
    }

    /// How many were found.
    pub(super) fn len(&self) -> usize {
        self.handed + self.kept.len()
    }

    /// Those that are kept.
    pub(super) fn iter(&self) -> std::slice::Iter<'_, Draft> {
        self.kept.iter()
    }

    /// Those that are kept, up to that number.
    pub(super) fn before(&self, at: usize) -> &[Draft] {
        &self.kept[..at - self.handed]
    }

    /// Those that are kept, from that number on, each with its own.
    pub(super) fn since(&self, at: usize) -> impl Iterator<Item = (usize, &Draft)> {
        let from = at.max(self.handed);
        (from..).zip(self.kept.iter().skip(from - self.handed))
    }

    pub(super) fn get(&self, at: usize) -> Option<&Draft> {
        self.kept.get(at.checked_sub(self.handed)?)
    }

    pub(super) fn get_mut(&mut self, at: usize) -> Option<&mut Draft> {
        self.kept.get_mut(at.checked_sub(self.handed)?)
    }

    pub(super) fn last(&self) -> Option<&Draft> {
        self.kept.last()
    }

    pub(super) fn last_mut(&mut self) -> Option<&mut Draft> {
        self.kept.last_mut()
    }

    /// Those that are kept.
    pub(super) fn kept_mut(&mut self) -> &mut [Draft] {
        &mut self.kept
    }

    pub(super) fn push(&mut self, draft: Draft) {
        if let Some(whole) = self.kept.last() {
            self.came += whole.held();
        }
        self.kept.push(draft);
    }

    /// Whether some are to be handed on.
    #[inline]
    pub(super) fn are_many(&self) -> bool {
        self.came >= self.most && self.kept.len() >= 2 * BACK
    }

    /// Takes out what is to be handed on, and says the number of the first. What comes from `needed` on stays, and so does
    /// as much before as somebody may look back at.
    pub(super) fn ripe(&mut self, needed: usize) -> (usize, Vec<Draft>) {
        let first = self.handed;
        let ripe = needed.min(self.len()).saturating_sub(BACK).saturating_sub(first);
        (self.came, self.most) = (0, TOGETHER);
        self.handed += ripe;
        (first, self.kept.drain(..ripe).collect())
    }

    /// Takes out all that are left, and says the number of the first.
    pub(super) fn rest(&mut self) -> (usize, Vec<Draft>) {
        let first = self.handed;
        self.handed = self.len();
        (first, std::mem::take(&mut self.kept))
    }
}

impl Index<usize> for Drafts {
    type Output = Draft;

    fn index(&self, at: usize) -> &Draft {
        &self.kept[at - self.handed]
    }
}

impl IndexMut<usize> for Drafts {
    fn index_mut(&mut self, at: usize) -> &mut Draft {
        &mut self.kept[at - self.handed]
    }
}
