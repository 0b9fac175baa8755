//! Events in lines of columns that tabs part, as `aws logs … --output text` prints them: no event has a tab or a line end
//! of its own.

use std::ops::Range;

use memchr::memmem;
use whoran_model::Shape;

use super::found::{Found, MAX_RECORD, RECORD_START};
use super::lines::Lines;

/// Whether a line of these bytes has an event behind a tab.
pub(super) fn is_of_columns(head: &[u8]) -> bool {
    memmem::find_iter(head, RECORD_START).any(|at| at > 0 && head[at - 1] == b'\t')
}

/// The reader. Offsets count from the start of the log.
#[derive(Debug)]
pub(super) struct Columns {
    lines: Lines,
    found: bool,
}

impl Default for Columns {
    fn default() -> Self {
        Self { lines: Lines::of_at_most(MAX_RECORD), found: false }
    }
}

impl Columns {
    pub(super) fn feed(&mut self, bytes: &[u8], mut take: impl FnMut(Found)) {
        let Self { lines, found } = self;
        lines.feed(bytes, |line, range| *found |= events_of(line, range, &mut take));
    }

    /// Ends the log; `true` where there was no event.
    pub(super) fn finish(mut self, mut take: impl FnMut(Found)) -> bool {
        let Self { lines, found } = &mut self;
        lines.finish(|line, range| *found |= events_of(line, range, &mut take));
        !self.found
    }
}

/// Gives the events of a line to `take`; `true` where there is one.
fn events_of(line: &[u8], range: Range<u64>, take: &mut impl FnMut(Found)) -> bool {
    if range.end - range.start > line.len() as u64 {
        take(Found::oversized(range));
        return false;
    }
    let (mut at, mut found) = (range.start, false);
    for column in line.split(|b| *b == b'\t') {
        let event = column.trim_ascii_end();
        if event.starts_with(RECORD_START) {
            found = true;
            Found::event(event, Shape::Events, at..at + event.len() as u64).alone(take);
        }
        at += column.len() as u64 + 1;
    }
    found
}
