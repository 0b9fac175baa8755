//! Copies of one session held side by side: where they part.

use whoran_model::{DiagnosticKind, LogId};

use crate::align::{Alignment, Lines, align};
use crate::decode::{Exact, Notes, Streamed};

/// The lines of an exact copy and of a streaming one side by side, and where in the exact one the events of the other
/// begin. Lines that the streaming copy lacks between two events are of the later one.
pub(super) fn align_streamed(lines: &Lines<'_>, streamed: &Streamed) -> (Alignment, Vec<usize>) {
    let of_stream = Lines::first(streamed.said.len(), streamed.said.bytes());
    let alignment = align(lines, &of_stream);
    let (mut begins, mut last, mut behind) = (Vec::new(), None, 0);
    for (i, j) in alignment.streamed.iter().enumerate().filter_map(|(i, j)| Some((i, (*j)?))) {
        let event = streamed.begins.partition_point(|begin| *begin <= of_stream.start(j));
        if last.replace(event) != Some(event) {
            begins.push(lines.start(behind));
        }
        behind = (i + 1).min(lines.len() - 1);
    }
    (alignment, begins)
}

pub(super) fn compare_exact(exact: &Exact, lines: &Lines<'_>, other: &Exact, notes: &mut Notes) {
    if exact.bytes() == other.bytes() {
        return;
    }
    let of_other = Lines::new(other.bytes());
    let alignment = align(lines, &of_other);
    note_partings(exact, lines, &alignment, |j| Some(other.place(of_other.start(j))), notes);
}

/// Notes where an exact copy and another one part, whose lines `place` finds in their logs.
pub(super) fn note_partings(
    exact: &Exact,
    lines: &Lines<'_>,
    alignment: &Alignment,
    place: impl Fn(usize) -> Option<(LogId, u64)>,
    notes: &mut Notes,
) {
    for (i, j) in alignment.partings.iter().take(20) {
        if let Some((other, other_at)) = place(*j) {
            let (log, at) = exact.place(lines.start(*i));
            notes.add(&log, Some(at), DiagnosticKind::CopiesDisagree { other, other_at });
        }
    }
}
