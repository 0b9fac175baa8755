//! From a place in decoded bytes back to the log.

use std::ops::Range;

use whoran_model::{ByteSpan, LogId};

use super::json::Walk;

/// How the bytes of an exact copy stand in their log.
#[derive(Debug)]
pub(crate) enum Offsets {
    /// As they are: from each of these positions on at the offset beside it. The first position is 0.
    Straight(Vec<(usize, u64)>),
    /// In pieces, each the inside of a JSON string.
    Quoted(Vec<Piece>),
}

/// Decoded bytes from `start` to the next piece's start stand in the log at `at`, JSON-escaped.
#[derive(Debug)]
pub(crate) struct Piece {
    pub(crate) start: usize,
    pub(crate) log: LogId,
    pub(crate) at: u64,
    pub(crate) raw: Vec<u8>,
}

/// What a position is of a run of bytes: between two pieces, its end belongs to the one before and its start to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Edge {
    End,
    Start,
}

impl Offsets {
    /// The logs and the offsets in them of ascending positions in the decoded bytes; `log` has them where they are
    /// straight.
    pub(super) fn locate(&self, positions: &[(usize, Edge)], log: &LogId) -> Vec<(LogId, u64)> {
        match self {
            Self::Straight(runs) => {
                let place = |&(position, edge): &(usize, Edge)| {
                    let begun = runs.partition_point(|(start, _)| begins_before(*start, position, edge));
                    let (start, at) = runs.get(begun.saturating_sub(1)).copied().unwrap_or_default();
                    (log.clone(), at + (position - start) as u64)
                };
                positions.iter().map(place).collect()
            }
            Self::Quoted(pieces) => {
                let mut cursor =
                    Cursor { pieces, piece: 0, walk: Walk::new(pieces.first().map_or(&[], |p| &p.raw)) };
                positions.iter().map(|p| cursor.to(*p, log)).collect()
            }
        }
    }

    /// The bytes of a run that begins and ends at these places: one span, but where pieces of several logs make it up.
    pub(crate) fn spans(&self, run: &Range<usize>, from: (LogId, u64), to: (LogId, u64)) -> Vec<ByteSpan> {
        let span = |log: &LogId, start, end| ByteSpan { log: log.clone(), start, end };
        let Self::Quoted(pieces) = self else { return vec![span(&from.0, from.1, to.1)] };
        let (first, last) =
            (piece_of(pieces, (run.start, Edge::Start)), piece_of(pieces, (run.end, Edge::End)));
        let mut spans: Vec<ByteSpan> = Vec::new();
        for (at, piece) in pieces.iter().enumerate().take(last + 1).skip(first) {
            let start = if at == first { from.1 } else { piece.at };
            let end = if at == last { to.1 } else { piece.at + piece.raw.len() as u64 };
            match spans.last_mut() {
                Some(before) if before.log == piece.log && before.end <= start => before.end = end,
                _ => spans.push(span(&piece.log, start, end)),
            }
        }
        spans
    }
}

/// Which piece holds a position.
fn piece_of(pieces: &[Piece], (position, edge): (usize, Edge)) -> usize {
    pieces.partition_point(|piece| begins_before(piece.start, position, edge)).saturating_sub(1)
}

/// Whether what begins there holds a position, unless the next one does.
fn begins_before(start: usize, position: usize, edge: Edge) -> bool {
    match edge {
        Edge::Start => start <= position,
        Edge::End => start < position,
    }
}

struct Cursor<'a> {
    pieces: &'a [Piece],
    piece: usize,
    walk: Walk<'a>,
}

impl Cursor<'_> {
    fn to(&mut self, position: (usize, Edge), log: &LogId) -> (LogId, u64) {
        let piece = self.piece + piece_of(&self.pieces[self.piece..], position);
        let Some(own) = self.pieces.get(piece) else { return (log.clone(), 0) };
        if piece > self.piece {
            self.piece = piece;
            self.walk = Walk::new(&own.raw);
        }
        (own.log.clone(), own.at + self.walk.to(position.0.saturating_sub(own.start)) as u64)
    }
}
