//! The commands of an exact copy, alone or held beside a streaming one.

use std::cell::LazyCell;
use std::ops::Range;

use whoran_model::{ByteSpan, Command, DiagnosticKind, LogId, OsUser, TimePrecision};

use super::command::{into_command, note_commands};
use super::compare::{align_streamed, compare_exact, note_partings};
use super::missing::Place;
use super::{Copies, Found, Pass};
use crate::align::{Alignment, Lines};
use crate::decode::{Edge, Exact, Kind, Notes, Streamed};
use crate::extract::{Draft, Extracted, extract};
use crate::term::{Mode, Window};

impl Copies<'_> {
    pub(super) fn exact_commands(
        &self,
        exact: &Exact,
        streamed: Option<&Streamed>,
        pass: Pass<'_>,
        notes: &mut Notes,
    ) -> Found {
        let bytes = exact.bytes();
        let users = pass.users();
        let lines = LazyCell::new(|| Lines::new(bytes));
        let (alignment, begins) =
            streamed.map(|streamed| align_streamed(&lines, streamed)).unwrap_or_default();
        let extracted =
            extract(self.given(Mode::Exact, bytes, &begins), Window::USUAL, pass.holding, &mut |drafts| {
                let (drafts, located) = locate(exact, drafts, notes);
                let command = |draft| exact_command(exact, &located, draft, users);
                (pass.hand)(drafts.into_iter().map(command).collect());
            });
        let Extracted { drafts, handed, hindsight, ends_mid_line, unexplained } = extracted;
        let (drafts, located) = locate(exact, drafts, notes);
        if ends_mid_line {
            notes.add(&exact.log, None, DiagnosticKind::EndsMidLine);
        }
        if let Some(at) = unexplained.filter(|_| drafts.is_empty() && !handed) {
            let (log, at) = exact.place(at);
            notes.add(&log, Some(at), DiagnosticKind::OutputWithoutCommand);
        }
        for other in self.others.iter().filter(|other| other.kind == exact.kind) {
            compare_exact(exact, &lines, other, notes);
        }
        let users = &hindsight.users;
        let rest = match streamed {
            Some(streamed) => {
                note_partings(exact, &lines, &alignment, |j| self.streamed_place(streamed, j), notes);
                self.compared_commands(
                    (exact, &located, &lines),
                    (streamed, &alignment),
                    drafts,
                    users,
                    notes,
                )
            }
            None => drafts.into_iter().map(|draft| exact_command(exact, &located, draft, users)).collect(),
        };
        Found { rest, handed, hindsight }
    }

    /// The commands of an exact copy and of a streaming one that was held beside it.
    fn compared_commands(
        &self,
        (exact, located, lines): (&Exact, &Located, &Lines<'_>),
        (streamed, alignment): (&Streamed, &Alignment),
        drafts: Vec<Draft>,
        users: &[Option<OsUser>],
        notes: &mut Notes,
    ) -> Vec<Command> {
        let mut places = Vec::with_capacity(drafts.len());
        let commands = drafts
            .into_iter()
            .map(|draft| {
                let own = lines.at(draft.span.start)..lines.at(draft.span.end.saturating_sub(1)) + 1;
                let mut command = exact_command(exact, located, draft, users);
                let mut matched: Vec<usize> =
                    alignment.streamed[own.clone()].iter().copied().flatten().collect();
                matched.dedup();
                for run in matched.chunk_by(|a, b| a + 1 == *b) {
                    let lines = run[0]..run[run.len() - 1] + 1;
                    command.evidence.extend(self.streamed_evidence(streamed, lines));
                }
                // a line the streaming copy lost was entered not later than the next one it has
                let next = || alignment.streamed[own.start..].iter().copied().flatten().next();
                let last = matched.last().copied().or_else(next);
                if let Some(time) = last.and_then(|j| streamed.said.line(j)?.origin.time) {
                    (command.time, command.time_precision) = (Some(time), TimePrecision::Batch);
                }
                let shown = matched.first().zip(matched.last()).map_or(0..0, |(a, b)| *a..b + 1);
                places.push(Place { lines: shown, before: last.unwrap_or(usize::MAX) });
                command
            })
            .collect();
        if exact.kind == Kind::Terminal && !alignment.gaps.is_empty() {
            self.with_missing(commands, &places, streamed, &alignment.gaps, notes)
        } else {
            commands
        }
    }
}

/// Places in the logs of all span ends, found in one walk.
struct Located {
    positions: Vec<(usize, Edge)>,
    places: Vec<(LogId, u64)>,
}

impl Located {
    fn new(exact: &Exact, drafts: &[Draft]) -> Self {
        let ends = |d: &Draft| [(d.span.start, Edge::Start), (d.span.end, Edge::End)];
        let mut positions: Vec<_> = drafts.iter().flat_map(ends).collect();
        positions.sort_unstable();
        positions.dedup();
        let places = exact.places(&positions);
        Self { positions, places }
    }

    fn get(&self, position: usize, edge: Edge) -> Option<&(LogId, u64)> {
        self.positions.binary_search(&(position, edge)).ok().map(|i| &self.places[i])
    }

    fn evidence(&self, exact: &Exact, span: &Range<usize>) -> Vec<ByteSpan> {
        let ends = self.get(span.start, Edge::Start).zip(self.get(span.end, Edge::End));
        ends.map(|(from, to)| exact.offsets.spans(span, from.clone(), to.clone())).unwrap_or_default()
    }
}

/// A command's span ends with the line end that submitted it: an editor's closing mark behind that is no part of it, a
/// line end behind the mark is.
fn to_line_end(bytes: &[u8], span: Range<usize>) -> Range<usize> {
    const CLOSING: &[u8] = b"\x1b[?2004l";
    let own = &bytes[span.start.min(bytes.len())..span.end.min(bytes.len())];
    if own.ends_with(b"\n") {
        return span;
    }
    if let Some(at) = memchr::memrchr(b'\n', own)
        && own.len() - at < 64
        && own.ends_with(CLOSING)
    {
        return span.start..span.start + at + 1;
    }
    let after = &bytes[span.end.min(bytes.len())..];
    let line_end = after.iter().take(8).take_while(|b| matches!(b, b'\r' | b'\n')).position(|b| *b == b'\n');
    span.start..line_end.map_or(span.end, |n| span.end + n + 1)
}

/// Where commands of an exact copy stand, and what they say about the record.
fn locate(exact: &Exact, mut drafts: Vec<Draft>, notes: &mut Notes) -> (Vec<Draft>, Located) {
    for draft in &mut drafts {
        draft.span = to_line_end(exact.bytes(), draft.span.clone());
    }
    let located = Located::new(exact, &drafts);
    note_commands(&drafts, |at| located.get(at, Edge::Start).cloned(), notes);
    (drafts, located)
}

fn exact_command(exact: &Exact, located: &Located, draft: Draft, users: &[Option<OsUser>]) -> Command {
    let evidence = located.evidence(exact, &draft.span);
    let precision = if exact.end_time.is_some() { TimePrecision::Session } else { TimePrecision::None };
    into_command(draft, users, exact.end_time, precision, evidence)
}
