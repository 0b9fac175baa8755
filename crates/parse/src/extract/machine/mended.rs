//! What doubtful lines may be besides, by all the words that their session shows.

use super::calibrate::UNFINISHED;
use super::*;
use crate::readings::{For, Mended, Worded};

/// So many lines without a piece are offered.
const EACH: usize = 4;
/// So many of them, if they are no worse than any other reading, come before readings that are.
const LIKELY: usize = 2;
/// What is surer has no need of other readings.
const MOST_DOUBTFUL: f32 = 0.95;

impl Machine<'_> {
    /// Offers a doubtful line without a piece that makes no word, and puts readings in front of which all words are known.
    /// `sure` is how sure it is, whatever other lines say of its name.
    pub(super) fn offer_mended(&self, draft: &mut Draft, sure: f32) {
        let asked = draft.kind == CommandKind::Shell && draft.text.len() < LONGEST_ASKED;
        let unfinished = || draft.confidence <= UNFINISHED && !is_complete(&draft.text);
        if !asked || sure > MOST_DOUBTFUL && !unfinished() {
            return;
        }
        once_each(draft);
        // of lines that were edited no word counts as shown
        let edited = memchr::memchr(0x08, self.given.of(&draft.span)).is_some();
        let shown = |key: u64| {
            let (once, again) = self.weighing.words.by_key(key);
            (once, again || edited && once)
        };
        mend(draft, sure, &shown);
    }
}

/// Gives a line that has an odd word other readings, and the likeliest their place.
fn mend(draft: &mut Draft, sure: f32, shown: &impl Fn(u64) -> (bool, bool)) {
    let Some(own) = Worded::of(&draft.text, shown) else { return };
    let mut least = own.oddities(shown);
    if least == 0 {
        return;
    }
    let mut found: Vec<Mended> = own.mended(shown);
    found.truncate(EACH);
    let first = draft.alternatives.first().and_then(|first| Worded::of(&first.command, shown));
    found.extend(first.map(|first| first.mended(shown)).unwrap_or_default().into_iter().take(EACH));
    found.sort_by_key(|(key, _)| *key);
    // that a word is new tells little
    found.retain(|((why, ..), _)| *why != For::Gone || sure < 0.9);
    found.retain(|(_, text)| draft.readings().all(|known| known.trim_end() != text));
    // how odd each is, and the least odd of those that are not much shorter
    let long = own.len();
    let mut oddities = |text: &str| {
        let Some(line) = Worded::of(text, shown) else { return usize::MAX };
        let odd = line.oddities(shown);
        if 4 * line.len() >= 3 * long {
            least = least.min(odd);
        }
        odd
    };
    let old: Vec<usize> = draft.alternatives.iter().map(|other| oddities(&other.command)).collect();
    let new: Vec<usize> = found.iter().map(|(_, text)| oddities(text)).collect();
    let old = old.into_iter().zip(std::mem::take(&mut draft.alternatives)).enumerate();
    let old = old.map(|(n, (odd, other))| {
        let rank = if n == 0 { 0 } else { 1 + 2 * usize::from(odd > least) };
        (rank, other)
    });
    let new = new.into_iter().zip(found).enumerate().map(|(n, (odd, (_, text)))| {
        let rank = if n < LIKELY && odd <= least { 2 } else { 4 };
        (rank, Reading { text, confidence: OTHER }.into_alternative())
    });
    let mut all: Vec<(usize, Alternative)> = old.chain(new).collect();
    all.sort_by_key(|(rank, _)| *rank);
    draft.alternatives = all.into_iter().map(|(_, other)| other).take(MOST_OTHERS).collect();
}

/// Leaves out readings that differ from those before them by no more than blanks at the ends of rows.
fn once_each(draft: &mut Draft) {
    fn rows(text: &str) -> impl Iterator<Item = &str> {
        text.lines().map(str::trim_end).filter(|row| !row.is_empty())
    }
    for mut other in std::mem::take(&mut draft.alternatives) {
        // a bell rings where nothing was done
        if memchr::memchr(0x07, other.command.as_bytes()).is_some() {
            other.command.retain(|c| c != '\u{7}');
        }
        let again = draft.readings().any(|known| rows(known).eq(rows(&other.command)));
        if !again && rows(&other.command).next().is_some() {
            draft.alternatives.push(other);
        }
    }
}
