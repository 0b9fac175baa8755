//! Commands that only the streaming copy shows: the exact one ends before, or somebody took them out of it.

use std::collections::{HashMap, VecDeque};
use std::ops::Range;

use whoran_model::{Command, Status};

use super::Copies;
use crate::decode::{Notes, Streamed};
use crate::extract::{Draft, Extracted, Holding, UNSEEN};

/// Where a command of the exact copy stands in the streaming one.
#[derive(Debug, Clone)]
pub(super) struct Place {
    /// The lines that show it, from the first to the last; none where it is not in the streaming copy.
    pub(super) lines: Range<usize>,
    /// The last of them, else the next line that both copies have.
    pub(super) before: usize,
}

/// A command that is not in a gap itself is believed behind one that is, where the streaming copy is so sure of it: the
/// exact copy has its line and lacks what was entered to get there. It need not have shown anything.
const SURE: f32 = UNSEEN;

impl Place {
    /// Whether nothing that both copies have comes behind it.
    fn is_last(&self) -> bool {
        self.before == usize::MAX
    }
}

/// The commands that only the exact copy has, in order, by their letters.
struct Alone<'a>(HashMap<String, VecDeque<(&'a Place, &'a Command)>>);

impl<'a> Alone<'a> {
    fn new(commands: Vec<(&'a Place, &'a Command)>) -> Self {
        let mut by_letters: HashMap<String, VecDeque<_>> = HashMap::new();
        for (place, command) in commands {
            by_letters.entry(letters(&command.command)).or_default().push_back((place, command));
        }
        Self(by_letters)
    }

    /// Takes the one out that stands in that gap and is one of the draft's readings. Gaps come in order.
    fn take(&mut self, gap: &Range<usize>, draft: &Draft) -> Option<&'a Command> {
        draft.readings().find_map(|reading| {
            let known = self.0.get_mut(&letters(reading))?;
            while known.pop_front_if(|(place, _)| place.before < gap.end).is_some() {}
            known
                .pop_front_if(|(place, _)| place.before == gap.end || place.is_last())
                .map(|(_, command)| command)
        })
    }
}

/// A text without blanks, which a copy may lack.
fn letters(text: &str) -> String {
    text.split_whitespace().collect()
}

impl Copies<'_> {
    /// Puts in order among the exact copy's `commands`, one of `places` for each, what was entered in `gaps` of it. Where it
    /// breaks off in a command, that one comes from the streaming copy too.
    pub(super) fn with_missing(
        &self,
        commands: Vec<Command>,
        places: &[Place],
        streamed: &Streamed,
        gaps: &[Range<usize>],
        notes: &mut Notes,
    ) -> Vec<Command> {
        let all = Holding { most: usize::MAX, known: None };
        let Extracted { drafts, hindsight, .. } = self.extract_streamed(streamed, all, &mut |_| {});
        let users = hindsight.users;
        let (in_both, alone): (Vec<_>, Vec<_>) =
            places.iter().zip(&commands).partition(|(place, _)| !place.lines.is_empty());
        let mut alone = Alone::new(alone);
        let tail = gaps.last().filter(|gap| gap.end == streamed.said.len());
        let mut missing: Vec<(usize, Draft)> = Vec::new();
        let mut breaks_off = false;
        for draft in drafts {
            let lines = streamed.lines_of(&draft.span);
            let gap = gaps[gaps.partition_point(|gap| gap.end <= lines.start)..].first();
            let is_in_gap = gap.is_some_and(|gap| gap.start <= lines.start && lines.end <= gap.end);
            let next = in_both.partition_point(|(place, _)| place.lines.end <= lines.start);
            let known = in_both.get(next).filter(|(place, _)| place.lines.start < lines.end);
            let is_missing = if is_in_gap {
                // the same command, whose lines differ by what damaged one of them
                let same = gap.and_then(|gap| alone.take(gap, &draft));
                same.is_none_or(|known| known.status == Status::Incomplete)
            } else if let Some((_, known)) = known {
                // the exact copy ends before the command does
                let goes_on = known.status == Status::Incomplete || tail.is_some_and(|t| t.start < lines.end);
                let is_cut = tail.is_some()
                    && goes_on
                    && commands.last().is_some_and(|last| std::ptr::eq(last, *known));
                breaks_off |= is_cut;
                is_cut
            } else {
                !missing.is_empty() && draft.confidence >= SURE
            };
            if is_missing {
                missing.push((lines.start, draft));
            }
        }
        self.note_streamed(streamed, missing.iter().map(|(_, draft)| draft), notes);
        // what was being typed where the exact copy breaks off, the streaming one has whole
        let ends_in_tail = missing.last().zip(tail).is_some_and(|((line, _), tail)| *line >= tail.start);
        breaks_off |= ends_in_tail && commands.last().is_some_and(|last| last.status == Status::Incomplete);
        let own = commands.len() - usize::from(breaks_off);
        let mut missing = missing.into_iter().peekable();
        let mut all = Vec::with_capacity(commands.len() + missing.len());
        for (command, place) in commands.into_iter().zip(places).take(own) {
            while let Some((_, draft)) = missing.next_if(|(line, _)| *line < place.before) {
                all.push(self.streamed_command(streamed, draft, &users));
            }
            all.push(command);
        }
        all.extend(missing.map(|(_, draft)| self.streamed_command(streamed, draft, &users)));
        all
    }
}
