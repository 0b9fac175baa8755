//! Rows, cursor, and what has left the screen.

use std::borrow::Cow;
use std::collections::VecDeque;

use super::row::Row;
use super::{Edit, Ended, Line, Unit, width};

/// Height assumed until the bytes tell another.
const HEIGHT: usize = 24;
/// Rows kept for the cursor to come back to.
const KEPT: usize = 400;

/// A line editor in use.
#[derive(Debug, Clone, Copy)]
struct Editing {
    row: usize,
    col: usize,
    /// Where the mark stands in the bytes.
    at: usize,
    wrote: bool,
}

/// The screen: rows without end below, the last [`KEPT`] above.
#[derive(Debug)]
pub(super) struct Grid<'a> {
    rows: VecDeque<Row>,
    /// Absolute index of `rows[0]`.
    base: usize,
    row: usize,
    pub(super) col: usize,
    /// Absolute index of the screen's first row.
    top: usize,
    height: usize,
    /// Scroll region, as offsets from `top`, inclusive.
    region: Option<(usize, usize)>,
    width: Option<usize>,
    saved: (usize, usize),
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
    /// The row on which an editor was left before its line end.
    left_row: Option<usize>,
    keypad: bool,
    /// A streaming copy: each line stands alone, without the carriage returns it had.
    flat: bool,
}

impl<'a> Grid<'a> {
    pub(super) fn new(bytes: usize, flat: bool, width: Option<usize>) -> Self {
        Self {
            rows: VecDeque::from([Row::default()]),
            base: 0,
            row: 0,
            col: 0,
            top: 0,
            height: HEIGHT,
            region: None,
            width,
            saved: (0, 0),
            emitted: 0,
            editing: None,
            primary: None,
            units: Vec::new(),
            unit_rows: Vec::new(),
            budget: bytes.saturating_mul(16).saturating_add(1 << 20),
            stepped_blind: false,
            learned: None,
            left_row: None,
            keypad: false,
            flat,
        }
    }

    /// The width, if rows were stepped over before it was known.
    pub(super) fn width_learned_late(&self) -> Option<usize> {
        self.learned.filter(|_| self.stepped_blind)
    }

    pub(super) fn keypad(&mut self, on: bool) {
        self.keypad = on;
    }

    pub(super) fn full_screen(&self) -> bool {
        self.primary.is_some()
    }

    /// Whether the cursor stands on a row nothing was written to, outside any line editor.
    pub(super) fn at_fresh_line(&self) -> bool {
        self.col == 0
            && self.editing.is_none()
            && self.primary.is_none()
            && self.row + 1 == self.base + self.rows.len()
            && self.emitted == self.row
            && self.current_ref().start.is_none()
    }

    fn current_ref(&self) -> &Row {
        &self.rows[self.row - self.base]
    }

    fn current(&mut self) -> &mut Row {
        &mut self.rows[self.row - self.base]
    }

    /// Takes a whole line that is nothing but text, without going through cells.
    pub(super) fn plain_line(&mut self, text: &'a str, start: usize, end: usize, returns: u8) {
        let row = self.row;
        let line = Line { text: Cow::Borrowed(text), span: start..end, returns, ..Line::default() };
        self.push_unit(Unit::Line(line), row);
        // the cells are made only if the cursor ever comes back: rarely, and then by rows of its own making
        let current = self.current();
        current.start = Some(start);
        current.returns = returns;
        if text.len() <= 512 {
            let mut col = 0;
            for c in text.chars() {
                col = if c == '\t' { current.tab(col) } else { current.put(col, c) };
            }
        }
        self.emitted = self.row + 1;
        self.down_one();
        self.col = 0;
    }

    /// Adds a unit. Its span never begins before the last one's: rows that were written in several places, with the
    /// cursor going up and down, stay in the order in which they were finished.
    fn push_unit(&mut self, mut unit: Unit<'a>, row: usize) {
        let last = self.units.last().map_or(0, |u| match u {
            Unit::Line(line) => line.span.start,
            Unit::Edit(edit) => edit.span.start,
        });
        match &mut unit {
            // a row that nothing was written to has no first byte of its own
            Unit::Line(line) if line.span.is_empty() => line.span.start = last.min(line.span.end),
            Unit::Line(line) => line.span.start = line.span.start.max(last).min(line.span.end),
            Unit::Edit(edit) => {
                edit.span.start = edit.span.start.max(last).min(edit.span.end);
                edit.mark_at = edit.mark_at.clamp(edit.span.start, edit.span.end);
            }
        }
        self.units.push(unit);
        self.unit_rows.push(row);
    }

    pub(super) fn put(&mut self, c: char, at: usize) {
        self.wrap_if_full();
        let col = self.col;
        let row = self.current();
        row.start.get_or_insert(at);
        self.col = row.put(col, c);
        self.wrote();
    }

    pub(super) fn put_ascii(&mut self, mut run: &[u8], at: usize) {
        while !run.is_empty() {
            self.wrap_if_full();
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
            run = &run[n..];
        }
        self.wrote();
    }

    fn wrote(&mut self) {
        if let Some(editing) = &mut self.editing {
            editing.wrote = true;
        }
    }

    /// The last column was written: the next character goes to the next row.
    fn wrap_if_full(&mut self) {
        if self.width.is_some_and(|w| self.col >= w) {
            self.current().wrapped = true;
            self.down_one();
            self.col = 0;
        }
    }

    pub(super) fn tab(&mut self, at: usize) {
        let col = self.col;
        let row = self.current();
        row.start.get_or_insert(at);
        self.col = row.tab(col);
    }

    /// Carriage return; `next` is what follows it.
    pub(super) fn carriage_return(&mut self, next: &[u8]) {
        if !self.flat
            && self.current_ref().cells.last() == Some(&' ')
            && self.col == self.current_ref().cells.len()
            && self.afford()
            && self.learn_width(next)
        {
            return;
        }
        if !matches!(next, [] | [b'\n' | b'\r', ..]) {
            // going left by carriage return and steps shows where the text may begin; without steps the row is
            // written anew and what was learned of it is void
            self.note_floor(steps_right(next));
        }
        self.col = 0;
    }

    /// Looks whether a row that ends here in a blank betrays the width; `true` where it was laid out anew.
    fn learn_width(&mut self, next: &[u8]) -> bool {
        let first = self.first_of_row();
        let tail = first.max(self.row.saturating_sub(3));
        let cells = self.row_cells(tail);
        if let Some(width) = width::at_partial_line_sign(&cells, cells.len()) {
            self.learn(width);
            if cells.len() > width || tail < self.row {
                self.rewrap(tail, cells, width);
                return true;
            }
            return false;
        }
        let Some(editing) = self.editing else { return false };
        let cells = self.row_cells(first);
        let known = self.width.is_some_and(|w| (cells.len() - 1).is_multiple_of(w));
        match width::at_forced_wrap(&cells, next, editing.col > 0).filter(|_| !known) {
            Some(width) => {
                self.learn(width);
                self.rewrap(first, cells, width);
                true
            }
            None => false,
        }
    }

    fn learn(&mut self, width: usize) {
        self.width = Some(width);
        self.learned.get_or_insert(width);
    }

    /// The first of the rows that the current one was wrapped from.
    fn first_of_row(&self) -> usize {
        let mut first = self.row;
        while first > self.base && self.rows[first - 1 - self.base].wrapped && self.row - first < 16 {
            first -= 1;
        }
        first
    }

    /// The cells of rows `first` to the current one.
    fn row_cells(&self, first: usize) -> Vec<char> {
        (first..=self.row).flat_map(|r| self.rows[r - self.base].cells.iter().copied()).collect()
    }

    /// Lays `cells`, shown from row `first` to the current one, out anew at `width`; the cursor goes to the start of the
    /// last row.
    fn rewrap(&mut self, first: usize, cells: Vec<char>, width: usize) {
        for r in first..=self.row {
            self.rows[r - self.base].cells.clear();
            self.rows[r - self.base].wrapped = false;
        }
        self.row = first;
        let mut rest = &cells[..];
        while rest.len() > width {
            let (full, more) = rest.split_at(width);
            let row = self.current();
            (row.cells, row.wrapped) = (full.to_vec(), true);
            rest = more;
            self.down_one();
        }
        self.current().cells = rest.to_vec();
        self.col = 0;
    }

    fn note_floor(&mut self, col: usize) {
        let row = self.current();
        if col < row.cells.len() {
            row.floor = Some(row.floor.map_or(col, |f| f.min(col)));
        }
    }

    pub(super) fn backspace(&mut self) {
        self.col = self.col.saturating_sub(1);
        let col = self.col;
        self.note_floor(col);
    }

    pub(super) fn line_feed(&mut self, end: usize, returns: u8) {
        self.current().returns = returns;
        if self.editing.is_none() {
            let full = self.primary.is_some();
            if full {
                self.emit_full_screen_row(end);
            } else {
                self.emit_through(self.row, end);
            }
        }
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

    /// One row down; the screen scrolls at its bottom, and rows too far above are let go.
    fn down_one(&mut self) {
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

    /// Cursor up; `next` is what follows.
    pub(super) fn up(&mut self, n: usize, next: &[u8]) {
        if let Some(editing) = self.editing
            && self.width.is_none()
        {
            self.stepped_blind = true;
            let above = self.row.saturating_sub(editing.row);
            let cells = &self.current_ref().cells;
            if n > above && self.row == editing.row {
                let col = self.col;
                let guess = cells.len().div_ceil(n + 1);
                let width = width::at_step_up(cells, col, next).unwrap_or(guess).max(1);
                let at_end = col >= cells.len();
                let cells = cells.clone();
                self.rewrap(self.row, cells, width);
                self.width = Some(width);
                // a cursor that came here from below stood on the second of the rows
                self.col = if at_end { col.saturating_sub(self.row.saturating_sub(editing.row) * width) } else { col };
            }
        }
        let to = self.row.saturating_sub(n).max(self.base);
        self.go_to_row(to);
    }

    pub(super) fn down(&mut self, n: usize) {
        let to = (self.row + n).min(self.top + self.height.max(HEIGHT) - 1).max(self.row);
        self.go_to_row(to);
    }

    fn go_to_row(&mut self, to: usize) {
        if self.flat {
            return;
        }
        self.row = to.max(self.base);
        while self.base + self.rows.len() <= self.row {
            self.rows.push_back(Row::default());
        }
        // rows the cursor comes back to are finished anew
        while self.row < self.emitted {
            match (self.unit_rows.last(), self.units.last()) {
                (Some(&first), Some(Unit::Line(_))) if first >= self.base && first != usize::MAX => {
                    self.units.pop();
                    self.unit_rows.pop();
                    self.emitted = first;
                }
                _ => break,
            }
        }
    }

    pub(super) fn right(&mut self, n: usize) {
        // no editor steps beyond its text: a carriage return stood before the steps; so also where they lead back to
        // the column they start from, as fish does after every key
        if self.flat && (n == self.col && n > 1 || self.col + n > self.current_ref().cells.len()) {
            self.col = 0;
        }
        self.col = self.col.saturating_add(n).min(self.width.map_or(1 << 16, |w| w - 1).max(self.col));
    }

    pub(super) fn left(&mut self, n: usize) {
        self.col = self.col.saturating_sub(n);
        let col = self.col;
        self.note_floor(col);
    }

    pub(super) fn go_to_col(&mut self, col: usize) {
        if col < self.col {
            self.note_floor(col);
        }
        self.col = col.min(1 << 16);
    }

    pub(super) fn go_to(&mut self, row: usize, col: usize) {
        if self.flat {
            self.current().erase_to_end(0);
            self.col = 0;
            return;
        }
        self.height = self.height.max((row + 1).min(500));
        let to = self.top + row.min(499);
        self.go_to_row(to);
        self.col = col.min(1 << 16);
    }

    pub(super) fn go_to_screen_row(&mut self, row: usize) {
        let col = self.col;
        self.go_to(row, col);
    }

    pub(super) fn save_cursor(&mut self) {
        self.saved = (self.row - self.top.min(self.row), self.col);
    }

    pub(super) fn restore_cursor(&mut self) {
        let (row, col) = self.saved;
        self.go_to(row, col);
    }

    pub(super) fn set_region(&mut self, top: usize, bottom: Option<usize>) {
        if let Some(bottom) = bottom {
            self.height = self.height.max((bottom + 1).min(500));
            self.region = (self.primary.is_some() && top < bottom).then_some((top, bottom.min(499)));
        } else {
            self.region = None;
        }
        if self.primary.is_some() {
            self.go_to(0, 0);
        }
    }

    pub(super) fn erase_in_line(&mut self, what: u16) {
        let col = self.col;
        match what {
            0 => self.current().erase_to_end(col),
            1 => self.current().erase_to_start(col),
            _ => self.current().erase_to_end(0),
        }
        if what != 1 {
            self.current().wrapped = false;
        }
    }

    pub(super) fn erase_in_display(&mut self, what: u16) {
        match what {
            0 => {
                self.erase_in_line(0);
                let below = self.row + 1 - self.base;
                if !self.afford_rows() {
                    return;
                }
                for row in self.rows.iter_mut().skip(below) {
                    *row = Row::default();
                }
            }
            1 => self.erase_in_line(1),
            _ => self.clear(),
        }
    }

    /// The whole screen is cleared: what it showed has left it, and an editor in use starts again.
    fn clear(&mut self) {
        if self.flat {
            self.current().erase_to_end(0);
            self.col = 0;
            return;
        }
        if !self.afford_rows() {
            return;
        }
        if self.primary.is_some() {
            for row in self.rows.iter_mut() {
                *row = Row::default();
            }
            return;
        }
        let at_row = self.row - self.top.min(self.row);
        let below = self.base + self.rows.len();
        self.top = below;
        self.row = below + at_row.min(499);
        while self.base + self.rows.len() <= self.row {
            self.rows.push_back(Row::default());
        }
        self.emitted = below;
        if let Some(editing) = &mut self.editing {
            (editing.row, editing.col) = (below, 0);
        }
        while self.rows.len() > 2 * KEPT && self.base < below {
            self.rows.pop_front();
            self.base += 1;
        }
    }

    pub(super) fn erase_chars(&mut self, n: usize) {
        let col = self.col;
        self.current().erase(col, n);
    }

    pub(super) fn delete_chars(&mut self, n: usize) {
        if self.afford() {
            let col = self.col;
            self.current().delete(col, n);
        }
    }

    pub(super) fn insert_chars(&mut self, n: usize) {
        if self.afford() {
            let col = self.col;
            self.current().insert(col, n.min(1000));
        }
    }

    pub(super) fn insert_lines(&mut self, n: usize) {
        for _ in 0..n.min(100) {
            let at = self.row - self.base;
            if self.primary.is_some() && self.afford_rows() {
                self.rows.insert(at, Row::default());
                self.rows.truncate(500.max(at + 1));
            }
        }
    }

    pub(super) fn delete_lines(&mut self, n: usize) {
        for _ in 0..n.min(100) {
            let at = self.row - self.base;
            if self.primary.is_some() && self.afford_rows() && at + 1 < self.rows.len() {
                self.rows.remove(at);
            }
        }
    }

    /// Whether an operation on all rows can be paid for.
    fn afford_rows(&mut self) -> bool {
        let cost = 2 * self.rows.len();
        let affordable = self.budget >= cost;
        self.budget = self.budget.saturating_sub(cost);
        affordable
    }

    /// Whether another look at or move of a row's cells can be paid for.
    fn afford(&mut self) -> bool {
        let cost = self.current_ref().cells.len() + 16;
        let affordable = self.budget >= cost;
        self.budget = self.budget.saturating_sub(cost);
        affordable
    }

    pub(super) fn mark_prompt(&mut self) {
        let col = self.col;
        self.current().mark.get_or_insert(col);
    }

    /// In a streaming copy: an editor's closing mark.
    pub(super) fn mark_left(&mut self) {
        let row = self.current();
        row.left |= row.mark.is_some() && !row.cells.is_empty();
    }

    pub(super) fn mark_input(&mut self) {
        let col = self.col;
        self.current().input = Some(col);
    }

    pub(super) fn mark_title(&mut self) {
        if self.current_ref().cells.is_empty() {
            self.current().titled = true;
        }
    }

    pub(super) fn enter_full_screen(&mut self) {
        if self.primary.is_some() || self.flat {
            return;
        }
        let mut alt = Grid::new(0, false, None);
        (alt.width, alt.height, alt.budget) = (self.width, self.height, self.budget);
        alt.units = std::mem::take(&mut self.units);
        alt.unit_rows = std::mem::take(&mut self.unit_rows);
        let primary = std::mem::replace(self, alt);
        self.primary = Some(Box::new(primary));
    }

    pub(super) fn leave_full_screen(&mut self) {
        if let Some(mut primary) = self.primary.take() {
            primary.units = std::mem::take(&mut self.units);
            primary.unit_rows = std::mem::take(&mut self.unit_rows);
            primary.budget = self.budget;
            primary.height = self.height;
            *self = *primary;
        }
    }

    pub(super) fn begin_edit(&mut self, at: usize) {
        if self.primary.is_some() {
            self.mark_prompt();
            return;
        }
        if self.editing.is_some_and(|e| e.wrote) {
            self.end_edit(at, false);
        }
        if self.emitted < self.row {
            self.emit_through(self.row - 1, at);
        }
        let row = self.current();
        row.floor = None;
        self.editing = Some(Editing { row: self.row, col: self.col, at, wrote: false });
    }

    /// The editor's closing mark stands at `at`; its last bytes were written before.
    pub(super) fn end_edit(&mut self, at: usize, cut: bool) {
        let Some(editing) = self.editing.take() else { return };
        if editing.row < self.base || editing.row > self.row {
            return;
        }
        let submitted = self.col == 0 && self.row > editing.row && !self.current_ref().cells.iter().any(|c| *c != ' ');
        let last = if submitted { self.row - 1 } else { self.row };
        let first = &self.rows[editing.row - self.base];
        let before = first.cells.iter().take(editing.col).any(|c| *c != ' ');
        if !editing.wrote && !before {
            return;
        }
        let mut rows = vec![String::new()];
        for r in editing.row..=last {
            let row = &self.rows[r - self.base];
            if let Some(text) = rows.last_mut() {
                row.write_text(0, text);
            }
            let full = row.wrapped || self.width.is_some_and(|w| row.cells.len() >= w);
            if r != last && !full {
                rows.push(String::new());
            }
        }
        let returns = (editing.row..=last)
            .filter(|r| *r == last || !self.rows[r - self.base].wrapped)
            .map(|r| self.rows[r - self.base].returns)
            .collect();
        let first = &self.rows[editing.row - self.base];
        let ended = match (cut, submitted) {
            (true, _) => Ended::Cut,
            (false, true) => Ended::Submitted,
            (false, false) => Ended::Left,
        };
        let edit = Edit {
            rows,
            span: first.start.unwrap_or(editing.at).min(editing.at)..at,
            mark: first.byte_at(editing.col),
            mark_at: editing.at,
            input: first.input.map(|col| first.byte_at(col)),
            floor: first.floor.filter(|f| *f > 0).map(|f| first.byte_at(f)),
            ended,
            returns,
            keypad_left_on: self.keypad,
        };
        self.push_unit(Unit::Edit(edit), usize::MAX);
        self.emitted = last + 1;
        if !submitted {
            // what else is written on this row is output
            let row = self.current();
            row.erase_to_end(0);
            row.start = None;
            (row.mark, row.floor, row.input) = (None, None, None);
            row.titled = false;
            self.emitted = self.row;
            self.left_row = Some(self.row);
        }
    }

    fn emit_full_screen_row(&mut self, end: usize) {
        let row = self.current();
        if row.cells.is_empty() {
            return;
        }
        let mut text = String::new();
        row.write_text(0, &mut text);
        let start = row.start.unwrap_or(end);
        let mark = row.mark.map(|col| row.byte_at(col));
        let line = Line { text: text.into(), span: start.min(end)..end, mark, full_screen: true, ..Line::default() };
        self.push_unit(Unit::Line(line), usize::MAX);
    }

    /// Turns the rows up to and with `through` into lines.
    fn emit_through(&mut self, through: usize, end: usize) {
        let mut first = self.emitted.max(self.base);
        while first <= through {
            let mut last = first;
            while last < through && self.rows[last - self.base].wrapped {
                last += 1;
            }
            let head = &self.rows[first - self.base];
            let mut text = String::new();
            for r in first..=last {
                self.rows[r - self.base].write_text(0, &mut text);
            }
            if text.is_empty() && self.left_row == Some(first) {
                // the line end of an editor that was left before it
                first = last + 1;
                continue;
            }
            let start = head.start.unwrap_or(end).min(end);
            let line = Line {
                text: text.into(),
                span: start..end,
                returns: self.rows[last - self.base].returns,
                mark: head.mark.map(|col| head.byte_at(col)),
                input: head.input.map(|col| head.byte_at(col)),
                floor: head.floor.filter(|f| *f > 0).map(|col| head.byte_at(col)),
                titled: head.titled,
                left: head.left,
                full_screen: false,
                cut: false,
            };
            self.push_unit(Unit::Line(line), first);
            first = last + 1;
        }
        self.emitted = self.emitted.max(through + 1);
    }

    /// The log ends at `end`.
    pub(super) fn finish(mut self, end: usize) -> Vec<Unit<'a>> {
        self.leave_full_screen();
        if self.editing.is_some() {
            self.end_edit(end, true);
        }
        if self.emitted <= self.row {
            let empty = self.current_ref().cells.is_empty();
            let before = self.units.len();
            if empty && self.row > self.emitted {
                self.emit_through(self.row - 1, end);
            } else if !empty {
                self.emit_through(self.row, end);
            }
            if !empty && self.units.len() > before
                && let Some(Unit::Line(line)) = self.units.last_mut()
            {
                line.cut = true;
            }
        }
        self.units
    }
}

/// How far right the cursor is moved by steps (`ESC [ n C`, `ESC [ C`) at the start of `next`.
fn steps_right(mut next: &[u8]) -> usize {
    let mut steps = 0;
    while let Some(rest) = next.strip_prefix(b"\x1b[") {
        let digits = rest.iter().take_while(|b| b.is_ascii_digit()).count().min(5);
        if rest.get(digits) != Some(&b'C') {
            break;
        }
        let n = std::str::from_utf8(&rest[..digits]).ok().and_then(|s| s.parse().ok()).unwrap_or(1);
        steps += n;
        next = &rest[digits + 1..];
        if steps > 2000 {
            break;
        }
    }
    steps
}
