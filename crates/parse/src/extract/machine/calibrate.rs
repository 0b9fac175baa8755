//! How sure it is what was entered, once all of it is known.

use std::borrow::Cow;

use super::anew::{GAP, begun_anew, behind_kept_head, drawn_otherwise};
use super::begun::quotes;
use super::*;
use crate::readings::{LONGEST_LOOKED_AT, letters, without_edge_blanks, without_odd_blanks};

/// What is as sure was doubted for no more than a blank or two.
const MOSTLY: f32 = 0.74;
/// A longer line may have reached more than one edge.
const NEAR: usize = 80;
/// So many readings that were weighed come before what is only possible.
const LIKELIEST: usize = 3;
/// How sure a line is at most that a shell would not have run as it stands.
pub(super) const UNFINISHED: f32 = 0.5;
/// What is surer has no need of other readings.
const MOST_DOUBTFUL: f32 = 0.9;

impl Machine<'_> {
    /// Lowers the confidence of what does not look like what people enter.
    pub(super) fn calibrate(&mut self, drafts: &mut [Draft]) {
        fn name(text: &str) -> &str {
            text.split_whitespace().next().unwrap_or_default()
        }
        if self.known.is_none() {
            for draft in drafts.iter().filter(|d| d.kind == CommandKind::Shell) {
                match self.names.get_mut(name(&draft.text)) {
                    Some(times) => *times += 1,
                    None => drop(self.names.insert(name(&draft.text).to_owned(), 1)),
                }
            }
        }
        let names = self.known.map_or(&self.names, |known| &known.names);
        for draft in drafts.iter_mut().filter(|d| d.kind == CommandKind::Shell) {
            let first = name(&draft.text);
            let path = draft.text.starts_with(['/', '~']);
            let usual = path || likeness(&draft.text) >= 1.0 || names.get(first).is_some_and(|n| *n > 2);
            let bangs = || draft.text.contains("!!") || draft.text.contains(" !$");
            let unexpanded = draft.typed.is_none()
                && (draft.text.contains('!') && bangs()
                    || draft.text.starts_with(['^', '!']) && draft.text.len() > 1);
            let most = if unexpanded {
                // the line that the shell made of it was not found
                0.6
            } else if draft.text.len() < LONGEST_ASKED && !is_complete(&draft.text) {
                UNFINISHED
            } else if !draft.text.is_ascii() && draft.text.contains(char::REPLACEMENT_CHARACTER) {
                // the agent's filter damages what is not ASCII
                0.5
            } else if first.starts_with('#') {
                0.6
            } else if usual {
                1.0
            } else {
                0.8
            };
            draft.confidence = draft.confidence.min(most);
            if draft.confidence < 0.9 {
                for text in begun_anew(&draft.text) {
                    draft.offer_behind(Reading { text, confidence: OTHER });
                }
            }
            let shown = if draft.confidence < 0.9 { shown_first(draft.output.head()) } else { None };
            if let Some(text) = shown.filter(|text| unexpanded || shows_once_more(text, &draft.text)) {
                draft.offer(Reading { text, confidence: 0.3 });
            }
        }
    }
}

impl Machine<'_> {
    /// Takes the blanks out that an edge left in lines.
    pub(super) fn settle_edge_blanks(&self, drafts: &mut [Draft]) {
        const FAR: usize = 200;
        for at in 0..drafts.len() {
            let (before, draft) = drafts.split_at_mut(at);
            let Some(draft) = draft.first_mut() else { return };
            if draft.kind != CommandKind::Shell || draft.text.len() >= LONGEST_LOOKED_AT {
                continue;
            }
            let shown = |word: &str| self.weighing.words.look_up(word);
            let run = |line: &str| before.iter().rev().take(FAR).any(|d| d.text.trim_end() == line);
            let doubted = draft.confidence < MOST_DOUBTFUL;
            let Some((text, sure)) = without_edge_blanks(&draft.text, doubted, &shown, &run) else {
                continue;
            };
            draft.read_as(text, OTHER);
            // the blank is what it was doubted for
            draft.confidence = match sure && draft.confidence >= MOSTLY && draft.text.len() < NEAR {
                true => MOST_DOUBTFUL,
                false => draft.confidence.min(0.85),
            };
        }
    }

    /// Offers what a line is that stands behind another whose first letters it shares.
    pub(super) fn offer_behind_kept_head(&self, drafts: &mut [Draft]) {
        const FAR: usize = 40;
        let shell = |d: &Draft| d.kind == CommandKind::Shell;
        let lines: Vec<Cow<'_, str>> =
            drafts.iter().map(|d| if shell(d) { joined(d.text.trim_end()) } else { "".into() }).collect();
        let behind = |(at, draft): (usize, &Draft)| {
            let text = draft.text.trim_end();
            if !shell(draft) || text.len() >= LONGEST_LOOKED_AT || text.contains('\n') {
                return None;
            }
            let earlier = lines[..at].iter().rev().take(FAR).map(Cow::as_ref);
            let all = || drafts[..at].iter().rev().chain(&drafts[at + 1..]).take(2 * FAR);
            let run = |line: &str| all().any(|d| d.text.trim_end() == line);
            let (text, settled) = behind_kept_head(text, draft.confidence < MOST_DOUBTFUL, earlier, run)?;
            Some((at, text, settled))
        };
        let found: Vec<(usize, String, bool)> = drafts.iter().enumerate().filter_map(behind).collect();
        for (at, text, settled) in found {
            let draft = &mut drafts[at];
            if draft.readings().take(MOST_OTHERS).any(|known| known.trim_end() == text) {
                continue;
            }
            let place = if settled { 0 } else { draft.alternatives.len().min(LIKELIEST) };
            draft.alternatives.insert(place, Reading { text, confidence: OTHER }.into_alternative());
            draft.alternatives.truncate(MOST_OTHERS);
            if settled {
                draft.confidence = draft.confidence.min(0.85);
            }
        }
    }

    /// Gives doubtful lines that leave room for it what else they may be: a line of before, or themselves drawn otherwise.
    pub(super) fn offer_more(&self, drafts: &mut [Draft]) {
        const FAR: usize = 40;
        for at in 0..drafts.len() {
            let (before, draft) = drafts.split_at_mut(at);
            let Some(draft) = draft.first_mut() else { return };
            let doubtful = draft.kind == CommandKind::Shell && draft.confidence <= MOST_DOUBTFUL;
            if !doubtful || draft.text.len() >= LONGEST_ASKED || draft.alternatives.len() >= MOST_OTHERS {
                continue;
            }
            let shown = |word: &str| self.weighing.words.look_up(word);
            let earlier = before.iter().rev().take(FAR).filter(|d| d.kind == CommandKind::Shell);
            let otherwise = drawn_otherwise(&draft.text, earlier.map(|d| d.text.as_str()));
            let unwrapped = without_odd_blanks(&draft.text, &shown);
            for text in otherwise.into_iter().chain(unwrapped) {
                let known = draft.readings().any(|known| known.trim_end() == text);
                if !known && draft.alternatives.len() < MOST_OTHERS {
                    draft.alternatives.push(Reading { text, confidence: OTHER }.into_alternative());
                }
            }
        }
    }
}

/// Lowers the confidence of lines with a gap, which is rarely typed: an editor left it where it was misread.
pub(super) fn doubt_gaps(drafts: &mut [Draft]) {
    for draft in drafts.iter_mut().filter(|d| d.confidence >= 0.9 && d.kind == CommandKind::Shell) {
        let text = draft.text.as_str();
        if text.len() < LONGEST_ASKED
            && memmem::find(text.as_bytes(), GAP.as_bytes()).is_some()
            && text.lines().any(has_gap)
        {
            draft.confidence = 0.85;
        }
    }
}

/// Lowers the confidence of lines that a shell would not have run as they stand: it asks for more.
pub(super) fn doubt_unfinished(drafts: &mut [Draft]) {
    let ran = |d: &&mut Draft| d.kind == CommandKind::Shell && d.status == Status::Run;
    for draft in drafts.iter_mut().filter(ran).filter(|d| d.confidence > UNFINISHED) {
        if draft.text.len() < LONGEST_ASKED && !is_complete(&draft.text) {
            draft.confidence = UNFINISHED;
        }
    }
}

/// Whether blanks stand between words of a line that quotes none.
fn has_gap(line: &str) -> bool {
    let line = line.trim();
    line.contains(GAP) && !quotes(line) && !line.contains('#')
}

/// The first lines of output as far as they are one command, which a shell shows that expanded it.
fn shown_first(output: &str) -> Option<String> {
    const MOST: usize = 8;
    let output = output.trim_start_matches('\n');
    let ends = output.match_indices('\n').map(|(at, _)| &output[..at]).take(MOST);
    let mut ends = ends.take_while(|text| text.len() < LONGEST_ASKED);
    ends.find(|text| !text.trim().is_empty() && is_complete(text)).map(str::to_owned)
}

/// Whether a line is what was read as `text`, but for blanks and its end.
fn shows_once_more(line: &str, text: &str) -> bool {
    const LEAST: usize = 12;
    let [line, text] = [line, text].map(|text| letters(text).take(256).collect::<Vec<_>>());
    let same = line.iter().zip(&text).take_while(|(a, b)| a == b).count();
    same >= LEAST && 4 * same >= 3 * line.len().max(text.len())
}
