//! One row of cells.

use std::ops::Range;

use unicode_width::UnicodeWidthChar;

use crate::prompt::chars_key;

/// Stands in the cells a wide character or a tab covers beyond its first.
pub(super) const COVERED: char = '\0';
/// Cells a row can have; what is written beyond is dropped.
const MAX_CELLS: usize = 1 << 16;
/// Blanks that a leap behind the text can leave: no screen is wider, and a few bytes must not become many.
const MAX_LEAP: usize = 512;

/// A longer line is no row of an editor.
pub(super) const LONGEST_ROW: usize = 512;

/// What stands between the colours of a line; `None` where anything but text and colours follows.
pub(super) fn pieces(line: &[u8]) -> impl Iterator<Item = Option<&str>> {
    let mut rest = Some(line);
    std::iter::from_fn(move || {
        let line = rest.filter(|line| !line.is_empty())?;
        let end = memchr::memchr(0x1b, line).unwrap_or(line.len());
        let (piece, after) = line.split_at(end);
        let plain = piece.iter().fold(true, |plain, b| plain & (b' '..0x7f).contains(b));
        rest = if after.is_empty() { Some(after) } else { colour(after).map(|len| &after[len..]) };
        Some(std::str::from_utf8(piece).ok().filter(|_| plain && rest.is_some()))
    })
}

/// The length of a sequence at the start of `bytes` that changes no more than how text looks: a colour, or an erasure of
/// what follows, where nothing does.
fn colour(bytes: &[u8]) -> Option<usize> {
    let params = bytes.strip_prefix(b"\x1b[")?;
    let len = params.iter().take(16).position(|b| !(b.is_ascii_digit() || *b == b';'))?;
    (params[len] == b'm' || params[len] == b'K' && len == 0).then_some(len + 3)
}

/// A row. Cell index is column.
#[derive(Debug, Default, Clone)]
pub(super) struct Row<'a> {
    /// A line taken whole whose cells nobody has asked for yet.
    whole: Whole<'a>,
    pub(super) cells: Vec<char>,
    /// Zero-width characters and the cell they sit on.
    combining: Vec<(usize, char)>,
    /// The text goes on in the next row.
    pub(super) wrapped: bool,
    /// First byte that wrote here.
    pub(super) start: Option<usize>,
    /// Leftmost column the cursor went back to after it had been right of it.
    pub(super) floor: Option<usize>,
    pub(super) mark: Option<usize>,
    pub(super) input: Option<usize>,
    pub(super) titled: bool,
    /// The bytes of the last title that was set before any text.
    pub(super) title: Option<Range<usize>>,
    pub(super) left: bool,
    /// All right of its start and below was erased before it was written.
    pub(super) cleared: bool,
    /// Carriage returns before the line feed that ended it.
    pub(super) returns: u8,
    /// It was painted anew.
    pub(super) painted: Option<Box<Painted>>,
    /// Where text was written behind a gap that the cursor had stepped over: a right prompt.
    right: Option<usize>,
    /// Where one stood that was erased, and the key of what it was.
    beside: Option<(usize, u64)>,
}

/// What is known of a row that was painted anew.
#[derive(Debug, Default, Clone)]
pub(super) struct Painted {
    /// How many cells stood there before.
    pub(super) stood: usize,
    /// A part of the line is or was out of sight.
    pub(super) aside: bool,
    /// The column before which a part is out of sight and was never shown.
    pub(super) hidden: Option<usize>,
}

/// A line taken whole.
#[derive(Debug, Default, Clone, Copy)]
enum Whole<'a> {
    #[default]
    None,
    Plain(&'a str),
    /// Its bytes, colours among them.
    Coloured(&'a [u8]),
}

impl<'a> Row<'a> {
    /// Takes a line of printable text and tabs. Its cells are made when the cursor comes back to them: rarely.
    pub(super) fn take_plain(&mut self, text: &'a str) {
        self.whole = if text.len() <= LONGEST_ROW { Whole::Plain(text) } else { Whole::None };
    }

    /// A row that a line of printable text and tabs was written to, from its first column on.
    pub(super) fn of_plain(text: &'a str, start: usize, returns: u8) -> Self {
        let mut row = Self { start: Some(start), returns, ..Self::default() };
        row.take_plain(text);
        row
    }

    /// Takes a line of ASCII and colours in the same way.
    pub(super) fn take_coloured(&mut self, line: &'a [u8]) {
        self.whole = Whole::Coloured(line);
    }

    /// Whether nothing was written here, and no mark or title set.
    pub(super) fn is_untouched(&self) -> bool {
        self.start.is_none() && self.mark.is_none() && self.input.is_none() && !self.titled && !self.cleared
    }

    /// Whether nothing else is known of it either.
    pub(super) fn is_unknown(&self) -> bool {
        self.painted.is_none() && self.title.is_none() && self.floor.is_none() && !self.left
    }

    /// What is known of it from now on, where it is painted anew.
    pub(super) fn painted(&mut self) -> &mut Painted {
        let stood = self.cells.len();
        self.painted.get_or_insert_with(|| Box::new(Painted { stood, ..Painted::default() }))
    }

    /// Makes the cells, if they are still to be made. Rows from the cursor's on always have them.
    pub(super) fn settle(&mut self) {
        let mut col = 0;
        match std::mem::take(&mut self.whole) {
            Whole::None => {}
            Whole::Plain(text) => {
                for c in text.chars() {
                    col = if c == '\t' { self.tab(col) } else { self.put(col, c) };
                }
            }
            Whole::Coloured(line) => {
                pieces(line).flatten().for_each(|text| self.extend_ascii(text.as_bytes()))
            }
        }
    }

    /// Writes `c` at `col` and returns the column after it.
    pub(super) fn put(&mut self, col: usize, c: char) -> usize {
        let width = c.width().unwrap_or(0);
        if width == 0 {
            if let Some(at) = col.checked_sub(1)
                && self.combining.len() < 64
            {
                self.combining.push((at, c));
            }
            return col;
        }
        if col + width > MAX_CELLS {
            return col;
        }
        let col = self.landing(col);
        if self.cells.len() < col {
            // in front of nothing it is no more than an indent; a single column is a blank that need not be written
            let gap = col - self.cells.len();
            if self.right.is_none() && gap > 1 && self.cells.iter().any(|c| *c != ' ') {
                self.right = Some(col);
            }
            self.cells.resize(col, ' ');
        }
        for (i, c) in std::iter::once(c).chain(std::iter::repeat_n(COVERED, width - 1)).enumerate() {
            match self.cells.get_mut(col + i) {
                Some(cell) => *cell = c,
                None => self.cells.push(c),
            }
        }
        col + width
    }

    /// Moves to the next tab stop, keeping the tab as text where nothing was written yet.
    pub(super) fn tab(&mut self, col: usize) -> usize {
        let col = self.landing(col);
        let stop = (col / 8 + 1) * 8;
        if self.cells.len() <= col && stop <= MAX_CELLS {
            self.cells.resize(col, ' ');
            self.cells.push('\t');
            self.cells.resize(stop, COVERED);
        }
        stop
    }

    /// Where something comes to stand that is written at `col`.
    fn landing(&self, col: usize) -> usize {
        col.min(self.cells.len() + MAX_LEAP)
    }

    /// Appends plain ASCII at the end of the row, where the cursor is.
    pub(super) fn extend_ascii(&mut self, run: &[u8]) {
        let room = MAX_CELLS.saturating_sub(self.cells.len());
        self.cells.extend(run.iter().take(room).map(|b| *b as char));
    }

    pub(super) fn erase_to_end(&mut self, col: usize) {
        if let Some(right) = self.right.take_if(|right| *right >= col) {
            self.beside = self.key_from(right).map(|key| (right, key)).or(self.beside);
        }
        // what is erased in its middle was written over: the text has reached it
        let broken = || self.cells.get(col..).is_some_and(|gone| gone.iter().any(|c| *c != ' '));
        if self.right.is_some() && broken() {
            self.right = None;
        }
        self.cells.truncate(col);
        self.combining.retain(|(at, _)| *at < col);
        // what stood before that place is gone
        self.input = self.input.filter(|input| *input <= col);
    }

    pub(super) fn erase_to_start(&mut self, col: usize) {
        for cell in self.cells.iter_mut().take(col + 1) {
            *cell = ' ';
        }
    }

    pub(super) fn erase(&mut self, col: usize, n: usize) {
        for cell in self.cells.iter_mut().skip(col).take(n) {
            *cell = ' ';
        }
    }

    pub(super) fn delete(&mut self, col: usize, n: usize) {
        if col < self.cells.len() {
            self.cells.drain(col..(col + n).min(self.cells.len()));
        }
    }

    pub(super) fn insert(&mut self, col: usize, n: usize) {
        if col < self.cells.len() && self.cells.len() + n <= MAX_CELLS {
            self.cells.splice(col..col, std::iter::repeat_n(' ', n));
        }
    }

    /// The key of what stands from a column on, blanks at its end aside.
    fn key_from(&self, col: usize) -> Option<u64> {
        let cells = self.cells.get(col..)?;
        let end = cells.iter().rposition(|c| *c != ' ')? + 1;
        Some(chars_key(cells[..end].iter().map(|c| u32::from(*c)), col))
    }

    /// Takes the right prompt off, where there is one and the text has not reached it.
    pub(super) fn drop_right_prompt(&mut self) {
        // or it came so near that no gap is between
        let again =
            |row: &Self| row.beside.filter(|(col, key)| row.key_from(*col) == Some(*key)).map(|(col, _)| col);
        let right = self.right.take().or_else(|| again(self));
        if let Some(right) = right.filter(|right| *right > 0 && self.cells.get(right - 1) == Some(&' ')) {
            self.erase_to_end(right);
            let blanks = self.cells.iter().rev().take_while(|c| **c == ' ').count();
            // a blank may have been typed, but behind what makes the line go on
            let text = self.cells.len() - blanks;
            let kept = usize::from(text == 0 || self.cells[text - 1] != '\\');
            self.cells.truncate(text + blanks.min(kept));
        }
    }

    /// Takes off blanks from `col` on, where nothing else stands there.
    pub(super) fn drop_blanks(&mut self, col: usize) {
        if self.is_bare(col) {
            self.erase_to_end(col);
        }
    }

    /// Whether nothing but blanks stands from `col` on.
    pub(super) fn is_bare(&self, col: usize) -> bool {
        self.cells.get(col..).is_none_or(|rest| rest.iter().all(|c| *c == ' '))
    }

    /// Appends the row's text from column `from` to `out`.
    pub(super) fn write_text(&self, from: usize, out: &mut String) {
        let cells = self.cells.get(from..).unwrap_or_default();
        let plain = cells.iter().fold(true, |plain, c| plain & c.is_ascii() & (*c != COVERED));
        if plain && self.combining.is_empty() {
            let mut text = std::mem::take(out).into_bytes();
            text.extend(cells.iter().map(|c| *c as u8));
            *out = String::from_utf8(text).unwrap_or_default();
            return;
        }
        out.reserve(cells.len());
        for (col, c) in self.cells.iter().enumerate().skip(from) {
            if *c != COVERED {
                out.push(*c);
            }
            out.extend(self.combining.iter().filter(|(at, _)| *at == col).map(|(_, c)| *c));
        }
    }

    /// Byte index in the row's text of the cell at `col`.
    pub(super) fn byte_at(&self, col: usize) -> usize {
        let bytes: usize = self.cells.iter().take(col).filter(|c| **c != COVERED).map(|c| c.len_utf8()).sum();
        // one whose cell is gone is not written either
        let shown = self.combining.iter().filter(|(at, _)| *at + 1 < col && *at < self.cells.len());
        bytes + shown.map(|(_, c)| c.len_utf8()).sum::<usize>()
    }
}
