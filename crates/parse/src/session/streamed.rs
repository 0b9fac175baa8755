//! The commands of a streaming copy.

use std::ops::Range;

use whoran_model::{ByteSpan, Command, DiagnosticKind, LogId, OsUser, TimePrecision};

use super::command::{into_command, note_commands};
use super::{Copies, Found, Pass};
use crate::decode::{Notes, Streamed};
use crate::extract::{Draft, Extracted, Holding, extract};
use crate::term::{Mode, Window};

impl Copies<'_> {
    pub(super) fn streamed_commands(&self, streamed: &Streamed, pass: Pass<'_>, notes: &mut Notes) -> Found {
        let users = pass.users();
        let mut commands = |drafts: Vec<Draft>, users: &[Option<OsUser>]| -> Vec<Command> {
            self.note_streamed(streamed, &drafts, notes);
            drafts.into_iter().map(|draft| self.streamed_command(streamed, draft, users)).collect()
        };
        let Extracted { drafts, handed, hindsight, unexplained, .. } =
            self.extract_streamed(streamed, pass.holding, &mut |drafts| (pass.hand)(commands(drafts, users)));
        let is_none = !handed && drafts.is_empty();
        let rest = commands(drafts, &hindsight.users);
        if let Some(at) = unexplained.filter(|_| is_none)
            && let Some((log, at)) = self.streamed_place(streamed, streamed.said.line_at(at))
        {
            notes.add(&log, Some(at), DiagnosticKind::OutputWithoutCommand);
        }
        Found { rest, handed, hindsight }
    }

    pub(super) fn extract_streamed(
        &self,
        streamed: &Streamed,
        holding: Holding<'_>,
        hand: &mut dyn FnMut(Vec<Draft>),
    ) -> Extracted {
        let given = self.given(Mode::Streamed, streamed.said.bytes(), &streamed.begins);
        extract(given, Window::USUAL, holding, hand)
    }

    pub(super) fn note_streamed<'d>(
        &self,
        streamed: &Streamed,
        drafts: impl IntoIterator<Item = &'d Draft>,
        notes: &mut Notes,
    ) {
        note_commands(drafts, |at| self.streamed_place(streamed, streamed.said.line_at(at)), notes);
    }

    /// Where a line of the streaming copy begins.
    pub(super) fn streamed_place(&self, streamed: &Streamed, line: usize) -> Option<(LogId, u64)> {
        let line = streamed.said.line(line)?;
        Some((self.names[line.origin.log].clone(), line.span.start))
    }

    pub(super) fn streamed_command(
        &self,
        streamed: &Streamed,
        draft: Draft,
        users: &[Option<OsUser>],
    ) -> Command {
        let lines = streamed.lines_of(&draft.span);
        let time = streamed.said.lines(lines.clone()).filter_map(|line| line.origin.time).max();
        let precision = if time.is_some() { TimePrecision::Batch } else { TimePrecision::None };
        into_command(draft, users, time, precision, self.streamed_evidence(streamed, lines))
    }

    /// Spans of streaming lines; neighbours in one event are one span.
    pub(super) fn streamed_evidence(&self, streamed: &Streamed, lines: Range<usize>) -> Vec<ByteSpan> {
        // mostly one, which is kept for long
        let mut out: Vec<ByteSpan> = Vec::with_capacity(1);
        for line in streamed.said.lines(lines) {
            let log = &self.names[line.origin.log];
            match out.last_mut() {
                Some(last) if last.log == *log && last.end + 1 == line.span.start => last.end = line.span.end,
                _ => out.push(ByteSpan { log: log.clone(), start: line.span.start, end: line.span.end }),
            }
        }
        out
    }
}
