//! What is taken off the screen or moved on it, within a budget.

use super::*;

impl<'a> Grid<'a> {
    pub(in crate::term) fn erase_in_line(&mut self, what: u16) {
        if what == 0 {
            // nobody erases beyond a row's end
            self.settle();
            if self.col == 1 && self.is_behind_wrap() {
                // zsh's blank behind a full row, and a return that a copy has lost
                self.col = 0;
            }
        }
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

    /// Whether zsh wrote a blank to get to this row, of which a copy kept all but returns.
    fn is_behind_wrap(&self) -> bool {
        let above = self.row.checked_sub(self.base + 1).and_then(|above| self.rows.get(above));
        let zsh = self.kept.is_some_and(|kept| !kept.from_start);
        zsh && self.current_ref().cells == [' '] && above.is_some_and(|above| above.wrapped)
    }

    pub(in crate::term) fn erase_in_display(&mut self, what: u16) {
        match what {
            0 => {
                self.erase_in_line(0);
                let fresh = self.col == 0 && self.editing.is_none() && self.primary.is_none();
                self.current().cleared = fresh;
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

    /// What was erased makes no place for a prompt.
    pub(in crate::term) fn forget_cleared(&mut self) {
        self.current().cleared = false;
    }

    /// The whole screen is cleared: what it showed has left it, and an editor in use starts again.
    pub(in crate::term) fn clear(&mut self) {
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
        self.new_screen();
    }

    /// What the screen shows leaves it; the cursor stays at its place on the screen.
    pub(in crate::term) fn new_screen(&mut self) {
        let at_row = self.row - self.top.min(self.row);
        let below = self.base + self.rows.len();
        self.top = below;
        self.cleared = Some(below);
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

    pub(in crate::term) fn erase_chars(&mut self, n: usize) {
        let col = self.col;
        self.current().erase(col, n);
    }

    pub(in crate::term) fn delete_chars(&mut self, n: usize) {
        if self.afford() {
            let col = self.col;
            self.current().delete(col, n);
        }
    }

    pub(in crate::term) fn insert_chars(&mut self, n: usize) {
        if self.afford() {
            let col = self.col;
            let unmarked = self.is_unmarked();
            let width = self.width.filter(|_| unmarked);
            let row = self.current();
            row.insert(col, n.min(1000));
            if let Some(width) = width {
                // what the edge pushes out is gone
                row.cells.truncate(width);
            }
            // what is written into the gap is no part of the tail behind it
            self.run = (col + n.min(1000), col);
        }
    }

    pub(in crate::term) fn insert_lines(&mut self, n: usize) {
        for _ in 0..n.min(100) {
            let at = self.row - self.base;
            if self.primary.is_some() && self.afford_rows() {
                self.rows.insert(at, Row::default());
                self.rows.truncate(500.max(at + 1));
            }
        }
    }

    pub(in crate::term) fn delete_lines(&mut self, n: usize) {
        for _ in 0..n.min(100) {
            let at = self.row - self.base;
            if self.primary.is_some() && self.afford_rows() && at + 1 < self.rows.len() {
                self.rows.remove(at);
            }
        }
    }

    /// Whether an operation on all rows can be paid for.
    pub(in crate::term) fn afford_rows(&mut self) -> bool {
        let cost = 2 * self.rows.len();
        let affordable = self.budget >= cost;
        self.budget = self.budget.saturating_sub(cost);
        affordable
    }

    /// Whether so much work can be paid for.
    pub(in crate::term) fn spend(&mut self, cost: usize) -> bool {
        let affordable = self.budget >= cost;
        self.budget = self.budget.saturating_sub(cost);
        affordable
    }

    /// Whether another look at or move of a row's cells can be paid for.
    pub(in crate::term) fn afford(&mut self) -> bool {
        let cost = self.current_ref().cells.len() + 16;
        let affordable = self.budget >= cost;
        self.budget = self.budget.saturating_sub(cost);
        affordable
    }
}
