//! What a terminal got, replayed from first to last, as much at a time as memory has room for.

use std::iter::Peekable;
use std::ops::Range;
use std::vec::IntoIter;

use memchr::memchr_iter;
use vte::Parser;

use super::feed::{Feed, Mode};
use super::grid::Grid;
use super::{Unit, kept};

/// Units and bytes that are held at once, about: a session of more is read in windows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Window {
    pub(crate) units: usize,
    pub(crate) bytes: usize,
}

impl Window {
    /// Some hundreds of MiB of memory, with all that is learned from it.
    pub(crate) const USUAL: Self = Self { units: 3 << 18, bytes: 48 << 20 };
}

/// Bytes that tell about how many lines there are.
const LOOKED_AT: usize = 1 << 20;

/// What a terminal got, replayed a window at a time. Linear in the number of bytes.
pub(crate) struct Screen<'a> {
    replay: Replay<'a>,
    window: Window,
    first: bool,
}

impl<'a> Screen<'a> {
    pub(crate) fn new(bytes: &'a [u8], mode: Mode, window: Window) -> Self {
        Self { replay: Replay::new(bytes, mode, None, window), window, first: true }
    }

    /// What the next window shows, in the order in which it was finished, and whether it is the last one.
    pub(crate) fn go_on(&mut self) -> (Vec<Unit<'a>>, bool) {
        self.replay.run(self.window);
        // rows were stepped over before the width was known: once more, knowing it
        if std::mem::take(&mut self.first)
            && let Some(width) = self.replay.feed.grid.width_learned_late()
        {
            let Feed { bytes, mode, .. } = self.replay.feed;
            self.replay = Replay::new(bytes, mode, Some(width), self.window);
            self.replay.run(self.window);
        }
        let bytes = self.replay.feed.bytes;
        let ended = self.replay.at == bytes.len();
        let grid = &mut self.replay.feed.grid;
        (if ended { grid.finish(bytes.len()) } else { grid.settled() }, ended)
    }
}

/// How many of a transcript's bytes stand on lines that are drawn cell by cell: all but those of lines that hold nothing
/// but text and colours. For measuring.
pub fn drawn(transcript: &[u8]) -> usize {
    let whole = Window { units: usize::MAX, bytes: usize::MAX };
    let mut replay = Replay::new(transcript, Mode::Exact, None, whole);
    replay.run(whole);
    transcript.len() - replay.feed.grid.plain()
}

/// The uses of line editors that a streaming copy kept whole.
pub(super) type Kept = Peekable<IntoIter<Range<usize>>>;

struct Replay<'a> {
    feed: Feed<'a>,
    parser: Parser,
    kept: Kept,
    at: usize,
}

impl<'a> Replay<'a> {
    fn new(bytes: &'a [u8], mode: Mode, width: Option<usize>, window: Window) -> Self {
        let mut grid = Grid::new(bytes.len(), mode == Mode::Streamed, width);
        // no more room than lines with some text take, as many as the first ones let expect
        let near = &bytes[..bytes.len().min(window.bytes)];
        let first = &near[..near.len().min(LOOKED_AT)];
        let lines = memchr_iter(b'\n', first).count() * near.len().div_ceil(LOOKED_AT);
        grid.units.reserve(lines.min(near.len() / 24).min(window.units));
        let kept = if mode == Mode::Streamed { kept::editors(bytes) } else { Vec::new() };
        let feed = Feed::new(grid, bytes, mode);
        Self { feed, parser: Parser::new(), kept: kept.into_iter().peekable(), at: 0 }
    }

    /// Goes on to the end of the window or of the bytes.
    fn run(&mut self, window: Window) {
        let Self { feed, parser, kept, at } = self;
        let bytes = feed.bytes;
        let end = bytes.len().min(at.saturating_add(window.bytes));
        let units = feed.grid.units.len().saturating_add(window.units);
        while *at < end && feed.grid.units.len() < units {
            *at += feed.step(parser, kept, *at);
        }
    }
}
