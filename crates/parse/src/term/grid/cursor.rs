//! Where the cursor goes, and what its ways betray.

use super::*;
use crate::term::kept::{behind_colour, text_ahead};

impl<'a> Grid<'a> {
    /// Carriage return; `next` is what follows it.
    pub(in crate::term) fn carriage_return(&mut self, next: &[u8]) {
        let next = behind_colours(next);
        let last = self.current_ref().cells.last();
        let again =
            || self.editing.is_some() && last.is_some_and(|c| next.first().map(|b| *b as char) == Some(*c));
        if !self.flat
            && (last == Some(&' ') || again())
            && self.col == self.current_ref().cells.len()
            && self.afford()
            && self.learn_width(next)
        {
            return;
        }
        if self.begins_row_at_blank(next) && self.stepped_over_edge() {
            return;
        }
        if !matches!(next, [] | [b'\n' | b'\r', ..]) {
            // going left by carriage return and steps shows where the text may begin; without steps the row is
            // written anew and what was learned of it is void
            let steps = steps_right(next);
            if self.leads_elsewhere(steps, next) {
                self.join_rows(0);
            }
            self.note_floor(steps);
        }
        self.col = 0;
    }

    /// Whether what follows a return on a row that goes on from another one makes sense only where both are one: readline, which
    /// makes each of so many steps alone, goes up to come back to its first row, and steps no further than its text goes and, in a
    /// search, to where its question ends.
    fn leads_elsewhere(&self, steps: usize, next: &[u8]) -> bool {
        const QUESTION: [char; 3] = ['\'', ':', ' '];
        const WHOLE: usize = 8;
        if self.flat || self.editing.is_none() && !self.is_unmarked() {
            return false;
        }
        let first = self.first_of_row();
        if first == self.row {
            return false;
        }
        let begins = &self.rows[first - self.base].cells;
        if next.starts_with(b"\x1b[C\x1b[C\x1b[C") {
            let question = || {
                begins.first() == Some(&'(') && begins.get(..steps).is_some_and(|q| q.ends_with(&QUESTION))
            };
            return steps > self.current_ref().cells.len() || question();
        }
        let again = if steps == 0 { text_ahead(next) } else { Vec::new() };
        again.len() >= WHOLE && begins.starts_with(&again) && !self.current_ref().cells.starts_with(&again)
    }

    /// Whether tcsh wrote the blank with which its next row begins to get there, and returns to write that row: on this one
    /// it went back, but not to its start.
    fn begins_row_at_blank(&self, next: &[u8]) -> bool {
        let text = matches!(next, [b' ', b'!'..0x7f, ..]) && self.is_unmarked();
        let row = self.current_ref();
        text && row.cells.last() == Some(&' ') && row.floor.is_some_and(|floor| floor > 0)
    }

    pub(in crate::term) fn note_floor(&mut self, col: usize) {
        let row = self.current();
        if col < row.cells.len() {
            row.floor = Some(row.floor.map_or(col, |f| f.min(col)));
        }
    }

    pub(in crate::term) fn backspace(&mut self) {
        // tcsh writes blanks to get over an edge, and more steps back than these
        let written = || !matches!(self.current_ref().cells[..], [' '] | [' ', ' ']);
        if self.col == 0 && (self.editing.is_some() || self.is_unmarked() && written()) {
            self.join_rows(1);
        }
        self.col = self.col.saturating_sub(1);
        let col = self.col;
        self.note_floor(col);
    }

    /// Whether the row above shows the key that this sequence came from: a shell without a line editor takes it for a
    /// command, and complains of that as it is.
    fn is_complained_of(&mut self) -> bool {
        let said = self.editing.is_none() && !self.current_ref().cells.is_empty();
        let Some(above) = self.row.checked_sub(self.base + 1).filter(|_| said) else { return false };
        let above = &mut self.rows[above];
        above.settle();
        above.cells.array_windows().any(|key| *key == ['^', '[', '[', 'A'])
    }

    /// Cursor up; `next` is what follows.
    pub(in crate::term) fn up(&mut self, n: usize, next: &[u8]) {
        if self.is_complained_of() {
            return;
        }
        let cells = &self.current_ref().cells;
        let edited_from = match self.editing {
            Some(editing) => Some(editing.row),
            // readline without marks
            None if self.is_unmarked() && width::seems_edited(cells, next) => Some(self.row),
            None => None,
        };
        // rows are narrower than they were believed to be
        let narrower = self.editing.is_none() && self.width.is_some_and(|width| cells.len() <= width);
        let known = self.width.is_some() && !narrower;
        if let Some(first) = edited_from.filter(|_| !known && !cells.is_empty()) {
            self.stepped_blind = true;
            let above = self.row.saturating_sub(first);
            if n > above && self.row == first {
                let cells = self.current_ref().cells.clone();
                let col = self.col;
                // a step above a short row leads to the prompt's upper line
                let guess = Some(cells.len().div_ceil(n + 1)).filter(|width| *width >= width::GUESSED);
                let back = || width::at_step_back(self.run.0, col, n, next);
                let blank = || width::at_blank_below(&cells, col, n, next);
                let width = width::at_step_up(&cells, col, next).or_else(blank).or_else(back);
                self.supposed = self.supposed.or(width);
                if let Some(width) = width.or(guess) {
                    let at_end = col >= cells.len();
                    self.rewrap(self.row, cells, width);
                    self.width = Some(width);
                    self.guessed = self.width.filter(|_| self.editing.is_none());
                    // a cursor that came here from below stood on the second of the rows
                    self.col =
                        if at_end { col.saturating_sub(self.row.saturating_sub(first) * width) } else { col };
                }
            }
        }
        // where the screen was cleared and did not scroll since, its first row is known
        let first = if self.cleared == Some(self.top) { self.top.min(self.row) } else { self.base };
        self.go_to_row(self.row.saturating_sub(n).max(first));
        self.came_to_row();
        if self.editing.is_some_and(|editing| editing.col == 0) {
            self.columns_for_bytes(next);
        }
    }

    /// readline in the C locale takes bytes for columns, and goes too far right behind a prompt that is not ASCII. Where
    /// `next` writes again what stands so much further left, it is meant to stand there.
    fn columns_for_bytes(&mut self, next: &[u8]) {
        const LEAST: usize = 2;
        let (aside, behind) = width::steps_aside(next);
        let cells = &self.current_ref().cells;
        let Some(to) = self.col.checked_add_signed(aside).filter(|to| *to <= cells.len()) else { return };
        let more: usize = cells[..to].iter().map(|c| c.len_utf8() - 1).sum();
        if more == 0 {
            return;
        }
        let text = text_ahead(behind);
        let stands = |at: usize| text.len() >= LEAST && cells[at..].starts_with(&text);
        if !stands(to) && to.checked_sub(more).is_some_and(stands) {
            self.col = self.col.saturating_sub(more);
        }
    }

    pub(in crate::term) fn down(&mut self, n: usize) {
        let bottom = self.top + self.height.max(HEIGHT) - 1;
        if n < TO_BOTTOM {
            // who steps down so far knows that there is room, and counts on it when stepping up again
            self.height = (self.height + (self.row + n).saturating_sub(bottom)).min(HIGHEST);
        }
        let to = (self.row + n).min(self.top + self.height.max(HEIGHT) - 1).max(self.row);
        self.go_to_row(to);
        self.came_to_row();
    }

    /// Everything goes `n` rows up below the cursor, which stays where it is on the screen.
    pub(in crate::term) fn scroll(&mut self, n: usize) {
        if self.primary.is_none() {
            let n = n.min(self.height.max(HEIGHT));
            self.go_to_row(self.row + n);
            self.top += n;
        }
    }

    fn came_to_row(&mut self) {
        if let Some(kept) = &mut self.kept {
            kept.fresh_row = true;
        }
    }

    fn stepped_aside(&mut self) {
        if let Some(kept) = &mut self.kept {
            kept.fresh_row = false;
        }
    }

    pub(in crate::term) fn go_to_row(&mut self, to: usize) {
        if self.flat {
            return;
        }
        let to = to.max(self.base);
        if to < self.row {
            self.rows.iter_mut().skip(to - self.base).for_each(Row::settle);
        }
        self.row = to;
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

    /// Cursor right; it goes on from so many columns of steps just made.
    pub(in crate::term) fn right(&mut self, n: usize, strides: usize) {
        // no editor steps beyond its text: a carriage return stood before the steps; so also where they lead back to
        // the column they start from, as fish does after every key
        let lossy = self.flat || self.kept.is_some();
        let from_start = self.kept.is_some_and(|k| k.from_start);
        // zsh steps over a blank behind its text
        let shown = self.current_ref().cells.len();
        let blank = self.kept.is_some_and(|k| !k.from_start) && n == 1 && self.col == shown;
        let beyond = self.col + n > shown && !blank;
        // zsh goes to a place that is no other by no step at all
        let zsh = self.kept.is_some() && !from_start;
        let back = n == self.col && n > 1 && !zsh || beyond;
        // before it writes, fish goes straight to where it will; behind what it wrote it returns first
        let straight = self.kept.is_some_and(|k| k.from_start && k.fresh_row && !k.wrote);
        if lossy && !straight && !(strides > 0 && from_start) && (back || from_start) {
            // all of them began there: an editor whose prompt stands behind unfinished output takes that for the first column
            let first = if self.flat { self.current_ref().mark.unwrap_or(0) } else { 0 };
            self.col = first + strides;
        }
        self.stepped_aside();
        if self.editing.is_some() && self.width.is_some_and(|width| n >= width) {
            // no editor steps past the edge: the terminal was made wider, nobody knows how wide
            self.width = None;
        }
        self.col = self.col.saturating_add(n).min(self.width.map_or(1 << 16, |w| w - 1).max(self.col));
    }

    /// Cursor right to where a right prompt of so many columns is written.
    pub(in crate::term) fn right_over_gap(&mut self, n: usize, columns: usize) {
        self.stepped_aside();
        self.col = self.col.saturating_add(n).min(1 << 16);
        // it never reaches the last column
        if self.width.is_some_and(|width| self.col + columns >= width) {
            self.width = Some(self.col + columns + 1);
        }
    }

    pub(in crate::term) fn left(&mut self, n: usize) {
        if n > self.col && self.editing.is_some() {
            self.join_rows(n);
        }
        self.col = self.col.saturating_sub(n);
        let col = self.col;
        self.note_floor(col);
    }

    /// No editor steps so far back that it would leave its row: what stands on several rows stands on one of a terminal that
    /// was made wider.
    #[cold]
    fn join_rows(&mut self, n: usize) {
        let first = self.first_of_row();
        let cells = self.row_cells(first);
        let col = (first..self.row).map(|r| self.rows[r - self.base].cells.len()).sum::<usize>() + self.col;
        if first < self.row && n <= col && self.afford() {
            self.rewrap(first, cells, usize::MAX);
            (self.width, self.col) = (None, col);
        }
    }

    pub(in crate::term) fn go_to_col(&mut self, col: usize) {
        if col < self.col {
            self.note_floor(col);
        }
        self.col = col.min(1 << 16);
    }

    pub(in crate::term) fn go_to(&mut self, row: usize, col: usize) {
        if self.flat {
            self.current().erase_to_end(0);
            self.col = 0;
            return;
        }
        self.height = self.height.max((row + 1).min(HIGHEST));
        if self.primary.is_none() && self.top + row.min(HIGHEST - 1) < self.emitted {
            // a program that addresses rows draws a screen of its own: what stood there has been seen
            self.new_screen();
        }
        let to = self.top + row.min(HIGHEST - 1);
        self.go_to_row(to);
        self.col = col.min(1 << 16);
    }

    pub(in crate::term) fn go_to_screen_row(&mut self, row: usize) {
        let col = self.col;
        self.go_to(row, col);
    }

    pub(in crate::term) fn save_cursor(&mut self) {
        self.saved = (self.row - self.top.min(self.row), self.col);
        let col = self.col;
        let bare = self.primary.is_none() && self.current().is_bare(col);
        self.saved_bare = bare.then_some(self.row);
    }

    pub(in crate::term) fn restore_cursor(&mut self) {
        let (row, col) = self.saved;
        if self.saved_bare == Some(self.row) {
            // a shell that is about to draw its prompt left of it
            self.current().erase_to_end(col);
        }
        self.go_to(row, col);
    }

    pub(in crate::term) fn set_region(&mut self, top: usize, bottom: Option<usize>) {
        if let Some(bottom) = bottom {
            self.height = self.height.max((bottom + 1).min(HIGHEST));
            self.region = (self.primary.is_some() && top < bottom).then_some((top, bottom.min(HIGHEST - 1)));
        } else {
            self.region = None;
        }
        if self.primary.is_some() {
            self.go_to(0, 0);
        }
    }
}

/// What follows the colours at the start of `next`.
fn behind_colours(mut next: &[u8]) -> &[u8] {
    const MOST: usize = 8;
    for _ in 0..MOST {
        let Some(rest) = behind_colour(next) else { break };
        next = rest;
    }
    next
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
