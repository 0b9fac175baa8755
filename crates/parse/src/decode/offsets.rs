//! From a place in decoded bytes back to the log.

use super::json::Walk;

/// How the bytes of an exact copy stand in their log.
#[derive(Debug)]
pub(crate) enum Offsets {
    /// As they are, from this offset on.
    Straight(u64),
    /// In pieces, each the inside of a JSON string.
    Quoted(Vec<Piece>),
}

/// Decoded bytes from `start` to the next piece's start stand in the log at `at`, JSON-escaped.
#[derive(Debug)]
pub(crate) struct Piece {
    pub(crate) start: usize,
    pub(crate) at: u64,
    pub(crate) raw: Vec<u8>,
}

impl Offsets {
    /// Offsets in the log of ascending positions in the decoded bytes.
    pub(crate) fn locate(&self, positions: &[usize]) -> Vec<u64> {
        match self {
            Self::Straight(base) => positions.iter().map(|p| base + *p as u64).collect(),
            Self::Quoted(pieces) => {
                let mut cursor =
                    Cursor { pieces, piece: 0, walk: Walk::new(pieces.first().map_or(&[], |p| &p.raw)) };
                positions.iter().map(|p| cursor.to(*p)).collect()
            }
        }
    }
}

struct Cursor<'a> {
    pieces: &'a [Piece],
    piece: usize,
    walk: Walk<'a>,
}

impl Cursor<'_> {
    fn to(&mut self, position: usize) -> u64 {
        while self.pieces.get(self.piece + 1).is_some_and(|next| next.start < position) {
            self.piece += 1;
            self.walk = Walk::new(&self.pieces[self.piece].raw);
        }
        let Some(piece) = self.pieces.get(self.piece) else { return 0 };
        piece.at + self.walk.to(position.saturating_sub(piece.start)) as u64
    }
}
