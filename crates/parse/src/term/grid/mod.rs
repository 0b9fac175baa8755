//! Rows, cursor, and what has left the screen.

mod cursor;
mod erase;
mod units;
mod wrap;

use std::borrow::Cow;
use std::collections::VecDeque;
use std::ops::Range;

use super::holds::Holds;
use super::placed::Column;
use super::row::Row;
use super::{Edit, Ended, Line, Rare, Unit, width};

/// Height assumed until the bytes tell another.
const HEIGHT: usize = 24;
/// More rows no terminal has.
const HIGHEST: usize = 500;
/// Steps down from which on they lead to the last row, wherever that is.
const TO_BOTTOM: usize = 100;
/// Rows kept for the cursor to come back to.
const KEPT: usize = 400;

/// Blank lines kept in a row; more say nothing and would cost memory a hundredfold.
const MOST_BLANK: usize = 1000;

/// A line editor in use.
#[derive(Debug, Clone, Copy)]
struct Editing {
    row: usize,
    col: usize,
    /// Where the mark stands in the bytes.
    at: usize,
    wrote: bool,
    /// It took its mark back for another program, or to say something, and will go on on the same row: units there were then.
    away: Option<usize>,
}

/// The screen: rows without end below, the last [`KEPT`] above.
#[derive(Debug)]
pub(super) struct Grid<'a> {
    rows: VecDeque<Row<'a>>,
    /// Absolute index of `rows[0]`.
    base: usize,
    row: usize,
    pub(super) col: usize,
    /// Absolute index of the screen's first row.
    top: usize,
    height: usize,
    /// The screen's first row when it was last cleared.
    cleared: Option<usize>,
    /// Scroll region, as offsets from `top`, inclusive.
    region: Option<(usize, usize)>,
    width: Option<usize>,
    /// The width, where it is no more than what one line of an editor that does not mark itself needs.
    guessed: Option<usize>,
    saved: (usize, usize),
    /// The row where that was, if nothing stood there from its column on.
    saved_bare: Option<usize>,
    /// Rows below this are already in `units`.
    emitted: usize,
    editing: Option<Editing>,
    /// The primary screen, while a full-screen program has the terminal.
    primary: Option<Box<Grid<'a>>>,
    pub(super) units: Vec<Unit<'a>>,
    /// For each of the last units its first row; `usize::MAX` for an edit.
    unit_rows: Vec<usize>,
    /// Cells that inserts and deletes may still move, so that hostile input stays linear.
    budget: usize,
    /// A width was learned after rows had been stepped over without one.
    stepped_blind: bool,
    learned: Option<usize>,
    /// A width that steps back after a rewritten tail speak for.
    supposed: Option<usize>,
    /// Columns between which text was written last without moving the cursor.
    run: (usize, usize),
    /// The row on which an editor was left before its line end.
    left_row: Option<usize>,
    keypad: bool,
    /// Blank lines since the last that was not.
    blank_run: usize,
    /// A streaming copy: each line stands alone, without the carriage returns it had.
    flat: bool,
    /// An editor of a streaming copy, which lost no more than carriage returns.
    kept: Option<Kept>,
    /// A streaming copy: a full-screen program took the terminal on this line, and what marks there is its own.
    taken: bool,
    /// Bytes of lines taken whole.
    plain: usize,
    /// The fewest carriage returns before a line feed: an editor writes one of its own.
    returns: u8,
}

/// What is known of the carriage returns that an editor lost.
#[derive(Debug, Clone, Copy)]
struct Kept {
    /// Steps to the right are made from the first column only.
    from_start: bool,
    /// The cursor went to another row and did nothing there yet.
    fresh_row: bool,
    /// Something was written since the last line feed.
    wrote: bool,
    /// Some of its lines lost more.
    torn: bool,
    /// Its first row, where the places of its lines are known.
    placed: Option<usize>,
    /// Where it last returned to the start of a further row.
    again: (usize, usize),
}

impl<'a> Grid<'a> {
    pub(in crate::term) fn new(bytes: usize, flat: bool, width: Option<usize>) -> Self {
        let mut rows = VecDeque::with_capacity((bytes / 32).clamp(1, KEPT + 1));
        rows.push_back(Row::default());
        Self {
            rows,
            base: 0,
            row: 0,
            col: 0,
            top: 0,
            height: HEIGHT,
            cleared: None,
            region: None,
            width,
            guessed: None,
            saved: (0, 0),
            saved_bare: None,
            emitted: 0,
            editing: None,
            primary: None,
            units: Vec::new(),
            unit_rows: Vec::new(),
            budget: bytes.saturating_mul(16).saturating_add(1 << 20),
            stepped_blind: false,
            learned: None,
            supposed: None,
            run: (0, 0),
            left_row: None,
            keypad: false,
            blank_run: 0,
            flat,
            kept: None,
            taken: false,
            plain: 0,
            returns: u8::MAX,
        }
    }

    /// What follows was kept whole but for its carriage returns.
    pub(in crate::term) fn enter_kept(&mut self, from_start: bool, torn: bool) {
        // what zsh writes in further rows mostly stands where it is written
        let (torn, placed) = if from_start { (torn, None) } else { (false, torn.then_some(self.row)) };
        self.flat = false;
        self.kept = Some(Kept { from_start, fresh_row: false, wrote: false, torn, placed, again: (0, 0) });
    }

    /// A line of such an editor begins so many rows below its first, and at `col`, if that is known.
    pub(in crate::term) fn place(&mut self, row: Option<usize>, col: Option<Column>) {
        // the first line that is placed is the first row's next
        let Some(first) = self.kept.map(|k| k.placed.unwrap_or(self.row.saturating_sub(1))) else { return };
        if let Some(row) = row {
            self.go_to_row(first + row);
        }
        self.col = match col {
            Some(Column::At(col)) => col,
            Some(Column::Last) => self.current_ref().cells.len().saturating_sub(1),
            None => 0,
        };
        if let Some(kept) = self.kept.as_mut().filter(|_| row.is_some()) {
            kept.placed = Some(first);
        }
    }

    /// Lines stand alone again.
    pub(in crate::term) fn leave_kept(&mut self) {
        (self.flat, self.kept) = (true, None);
    }

    /// `next` is about to be written on a row that the cursor came to from above. Where it is what the row begins with, it
    /// is written again from the first column.
    pub(in crate::term) fn settle_before(&mut self, next: &[char]) {
        let cells = &self.current_ref().cells;
        if self.kept.is_some() && next.len() >= 3 && cells.starts_with(next) {
            self.col = 0;
        }
    }

    /// zsh came down to erase a row that is no more needed: it returned to its start, which is lost.
    pub(in crate::term) fn erase_below(&mut self) {
        if self.kept.is_some_and(|kept| !kept.from_start) {
            self.col = 0;
        }
    }

    /// Whether zsh stands near the start of a row that goes on from the one above.
    pub(in crate::term) fn may_begin_again(&self) -> bool {
        const NEAR: Range<usize> = 1..8;
        let above = || self.row.checked_sub(self.base + 1).is_some_and(|above| self.rows[above].wrapped);
        let newer = |kept: Kept| kept.again.0 != self.row || kept.again.1 < self.col;
        NEAR.contains(&self.col) && self.kept.is_some_and(|kept| !kept.from_start && newer(kept)) && above()
    }

    /// `next` is about to be written there: where it is what the row begins with and more, the carriage return before it is
    /// lost.
    pub(in crate::term) fn begin_again(&mut self, next: &[char]) {
        let own = self.current_ref().cells.get(..self.col);
        if own.is_some_and(|own| next.len() > own.len() && next.starts_with(own))
            && let Some(kept) = &mut self.kept
        {
            kept.again = (self.row, self.col);
            self.col = 0;
        }
    }

    /// On a row that the cursor came to from another one, text begins no further right than the row goes: where it seems
    /// to, a carriage return was lost.
    fn settle(&mut self) {
        let beyond = self.col > self.current_ref().cells.len();
        if let Some(kept) = &mut self.kept
            && std::mem::take(&mut kept.fresh_row)
            && beyond
        {
            self.col = 0;
        }
    }

    /// The width, if rows were stepped over before it was known.
    pub(in crate::term) fn width_learned_late(&self) -> Option<usize> {
        self.learned.or(self.supposed).filter(|_| self.stepped_blind)
    }

    /// Bytes of lines taken whole.
    pub(in crate::term) fn plain(&self) -> usize {
        self.primary.as_ref().map_or(self.plain, |primary| primary.plain)
    }

    pub(in crate::term) fn keypad(&mut self, on: bool) {
        self.keypad = on;
    }

    pub(in crate::term) fn full_screen(&self) -> bool {
        self.primary.is_some()
    }

    /// Whether the cursor stands on a row nothing was written to and nothing is known of, outside any line editor.
    pub(in crate::term) fn at_fresh_line(&self) -> bool {
        self.col == 0
            && self.editing.is_none()
            && self.primary.is_none()
            && self.row + 1 == self.base + self.rows.len()
            && self.emitted == self.row
            && self.left_row != Some(self.row)
            && self.current_ref().is_untouched()
    }

    /// Whether a line of so many columns is one row, of which nothing is known yet.
    pub(in crate::term) fn has_room(&self, columns: usize) -> bool {
        self.width.is_none_or(|width| columns <= width) && self.current_ref().is_unknown()
    }

    pub(in crate::term) fn current_ref(&self) -> &Row<'a> {
        &self.rows[self.row - self.base]
    }

    pub(in crate::term) fn current(&mut self) -> &mut Row<'a> {
        &mut self.rows[self.row - self.base]
    }

    pub(in crate::term) fn put(&mut self, c: char, at: usize) {
        self.settle();
        self.wrap_if_full();
        self.begin_run();
        let col = self.col;
        let row = self.current();
        row.start.get_or_insert(at);
        self.col = row.put(col, c);
        self.run.1 = self.col;
        self.wrote();
    }

    /// Text is about to be written where the cursor is.
    fn begin_run(&mut self) {
        if self.col != self.run.1 {
            self.run.0 = self.col;
        }
    }

    pub(in crate::term) fn put_ascii(&mut self, mut run: &[u8], at: usize) {
        self.settle();
        while !run.is_empty() {
            self.wrap_if_full();
            self.begin_run();
            let (col, width) = (self.col, self.width);
            let row = self.current();
            row.start.get_or_insert(at);
            let n = width.map_or(run.len(), |w| run.len().min(w.saturating_sub(col).max(1)));
            if row.cells.len() == col {
                row.extend_ascii(&run[..n]);
                self.col += n;
            } else {
                let mut col = col;
                for b in &run[..n] {
                    col = row.put(col, *b as char);
                }
                self.col = col;
            }
            self.run.1 = self.col;
            run = &run[n..];
        }
        self.wrote();
    }

    pub(in crate::term) fn wrote(&mut self) {
        if let Some(kept) = &mut self.kept {
            kept.wrote = true;
        }
        if let Some(editing) = &mut self.editing {
            editing.wrote = true;
        }
    }

    /// The last column was written: the next character goes to the next row.
    pub(in crate::term) fn wrap_if_full(&mut self) {
        if self.width.is_some_and(|w| self.col >= w) {
            self.current().wrapped = true;
            self.down_one();
            self.col = 0;
        }
    }

    pub(in crate::term) fn tab(&mut self, at: usize) {
        let col = self.col;
        let row = self.current();
        row.start.get_or_insert(at);
        self.col = row.tab(col);
    }

    pub(in crate::term) fn line_feed(&mut self, end: usize, returns: u8) {
        if let Some(kept) = &mut self.kept {
            kept.wrote = false;
        }
        self.current().returns = returns;
        self.returns = self.returns.min(returns);
        if self.editing.is_none() {
            let full = self.primary.is_some();
            if full {
                self.emit_full_screen_row(end);
            } else if !self.goes_on_below() {
                self.emit_through(self.row, end);
                if self.guessed.take() == self.width {
                    self.width = None;
                }
            }
        }
        self.taken = false;
        let bottom = self.region.map(|(_, bottom)| self.top + bottom);
        match (self.region, bottom) {
            (Some((first, _)), Some(bottom)) if self.primary.is_some() && self.row == bottom => {
                let first = self.top + first - self.base;
                if first < self.rows.len() && bottom - self.base < self.rows.len() {
                    self.rows.remove(first);
                    self.rows.insert(bottom - self.base, Row::default());
                }
            }
            _ => self.down_one(),
        }
    }

    /// Whether the cursor came up to a row that goes on in the next.
    fn goes_on_below(&self) -> bool {
        let below = self.rows.get(self.row + 1 - self.base);
        !self.flat
            && self.current_ref().wrapped
            && below.is_some_and(|row| row.cells.iter().any(|c| *c != ' '))
    }

    /// One row down; the screen scrolls at its bottom, and rows too far above are let go.
    pub(in crate::term) fn down_one(&mut self) {
        self.row += 1;
        while self.base + self.rows.len() <= self.row {
            self.rows.push_back(Row::default());
        }
        if self.row >= self.top + self.height {
            self.top = self.row + 1 - self.height;
        }
        let oldest_needed = self.editing.map_or(self.emitted, |e| e.row.min(self.emitted)).min(self.row);
        while self.rows.len() > KEPT && self.base < oldest_needed && self.base < self.top {
            self.rows.pop_front();
            self.base += 1;
        }
        if self.rows.len() > 64 * KEPT {
            // an editor that never ends: its first rows are given up
            self.rows.pop_front();
            self.base += 1;
            self.emitted = self.emitted.max(self.base);
        }
    }

    pub(in crate::term) fn enter_full_screen(&mut self) {
        self.taken = self.flat;
        if self.primary.is_some() || self.flat || self.kept.is_some() {
            return;
        }
        let mut alt = Grid::new(0, false, None);
        (alt.width, alt.height, alt.budget) = (self.width, self.height, self.budget);
        alt.units = std::mem::take(&mut self.units);
        alt.unit_rows = std::mem::take(&mut self.unit_rows);
        let primary = std::mem::replace(self, alt);
        self.primary = Some(Box::new(primary));
    }

    /// A full-screen program takes its marks back: those that it set before it took the screen were no editor's.
    pub(in crate::term) fn forget_edit_below(&mut self) {
        if let Some(primary) = &mut self.primary {
            primary.editing = primary.editing.filter(|e| e.wrote || e.away.is_some());
        }
    }

    pub(in crate::term) fn leave_full_screen(&mut self) {
        if self.flat {
            self.taken = false;
            // what stands on this line was on the screen that is left
            self.erase_in_line(2);
            self.col = 0;
        }
        if let Some(mut primary) = self.primary.take() {
            primary.units = std::mem::take(&mut self.units);
            primary.unit_rows = std::mem::take(&mut self.unit_rows);
            primary.budget = self.budget;
            primary.height = self.height;
            *self = *primary;
            if let Some(units) = self.editing.and_then(|editing| editing.away) {
                // what an editor shows of the line that it was given is no command's output
                self.units.truncate(units);
                self.unit_rows.truncate(units);
            }
        }
    }
}
