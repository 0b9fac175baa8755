//! Rows laid out anew once their width is known.

use super::*;
use crate::term::repainted::{Hidden, Placed, Repainted, behind_overlap, place_in};

impl<'a> Grid<'a> {
    /// Looks whether a row that ends here in a blank betrays the width; `true` where it was laid out anew.
    pub(in crate::term) fn learn_width(&mut self, next: &[u8]) -> bool {
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
        let cells = self.row_cells(first);
        let prompt_first = match self.editing {
            Some(editing) => editing.col > 0,
            // readline without marks, as it is before 5.1 of bash
            None if self.is_unmarked() && width::seems_typed(&cells, next) => false,
            None => return false,
        };
        // fish goes up from any row of a line of several
        if !prompt_first
            && self.editing.is_some_and(|editing| first > editing.row)
            && next.starts_with(b"\x1b[A")
        {
            return false;
        }
        let known = self.width.is_some_and(|w| (cells.len() - 1).is_multiple_of(w));
        match width::at_forced_wrap(&cells, next, prompt_first).filter(|_| !known) {
            Some(width) => {
                // a job that printed into the line moved the cursor, of which readline does not know
                let moved = |e: &Editing| e.col == 0 && self.is_moved_by_others(first, e.row);
                if !self.editing.as_ref().is_some_and(moved) {
                    self.learn(width);
                }
                self.rewrap(first, cells, width);
                true
            }
            None => false,
        }
    }

    /// Whether the row above `first`, of an editor that began at `begun`, was ended by somebody else.
    fn is_moved_by_others(&self, first: usize, begun: usize) -> bool {
        let above = first.checked_sub(self.base + 1).filter(|_| first > begun);
        above.is_some_and(|above| (1..=self.returns).contains(&self.rows[above].returns))
    }

    pub(in crate::term) fn learn(&mut self, width: usize) {
        self.width = Some(width);
        self.learned.get_or_insert(width);
    }

    /// The terminal has another width now.
    pub(in crate::term) fn resize(&mut self, width: usize) {
        self.width = Some(width);
    }

    /// The row is painted anew, and the cursor set to its place: by ksh93, which paints all of it, or by mksh, which shows a
    /// part of a line that is too long.
    #[cold]
    pub(in crate::term) fn repaint(&mut self, seen: &Repainted, at: usize) {
        let shown = {
            let mut row = Row::default();
            seen.shown.chars().fold(0, |col, c| row.put(col, c));
            row.cells
        };
        let cost = (self.current_ref().cells.len() * shown.len()) / 4 + shown.len();
        if !self.spend(cost) {
            return;
        }
        // mksh breaks no line, and this is mksh
        self.width = None;
        let row = self.current();
        let stood = row.painted().stood.min(row.cells.len());
        let Placed { prompt, place } = match seen.hidden {
            Hidden::Nothing | Hidden::Right => Placed { prompt: 0, place: Some(0) },
            Hidden::Left | Hidden::Both => place_in(&row.cells, &shown),
        };
        let part = &shown[prompt..];
        let painted = row.painted();
        painted.aside = true;
        // with its prompt painted again, text begins behind that
        let begin = if prompt > 0 { prompt } else { stood };
        match seen.hidden {
            Hidden::Nothing => painted.hidden = None,
            _ if place.is_none() => painted.hidden = Some(begin),
            _ => {}
        }
        let place = place.unwrap_or(begin);
        let behind = match seen.hidden {
            // the start of a line of which a search had shown the end alone; what is between may never be shown
            Hidden::Right if row.painted().hidden.take().is_some() => {
                let behind = behind_overlap(part, &row.cells).map(<[char]>::to_vec);
                row.painted().hidden = behind.is_none().then_some(part.len());
                behind.unwrap_or_else(|| row.cells.clone())
            }
            Hidden::Right | Hidden::Both => row.cells.get(place + part.len()..).unwrap_or_default().to_vec(),
            Hidden::Nothing | Hidden::Left => Vec::new(),
        };
        row.cells.truncate(place);
        row.cells.extend(part);
        let typed = (place + seen.col).saturating_sub(prompt);
        if row.cells.len() < typed && behind.is_empty() {
            row.cells.resize(typed, ' ');
        }
        row.cells.extend(behind);
        row.start.get_or_insert(at);
        self.col = typed;
        self.note_floor(typed);
    }

    /// Whether rows are learned about here: of editors that do not mark themselves.
    pub(in crate::term) fn is_unmarked(&self) -> bool {
        !self.flat && self.editing.is_none() && self.primary.is_none() && self.kept.is_none()
    }

    /// Whether nothing was written behind so many columns of the row.
    pub(in crate::term) fn goes_no_further(&self, columns: usize) -> bool {
        self.current_ref().cells.len() <= columns
    }

    /// Learns that the row that the cursor stands behind is full: an editor wrote a blank on the next one and steps back
    /// over it. `false` where nothing is learned: in a row that goes on from one of the width that is known, the editor counts
    /// from a prompt behind unfinished output.
    #[cold]
    pub(in crate::term) fn stepped_over_edge(&mut self) -> bool {
        let columns = self.current_ref().cells.len();
        let believed = columns > width::GUESSED && columns <= width::MAX && self.col == columns;
        let goes_on = self.width.is_some() && self.first_of_row() < self.row;
        if !self.is_unmarked() || !believed || goes_on || !self.afford() {
            return false;
        }
        let cells = self.row_cells(self.row);
        self.resize(columns - 1);
        self.rewrap(self.row, cells, columns - 1);
        true
    }

    /// readline is about to show `text` columns in other colours without a break. It breaks such text where a row is full:
    /// what would not fit the row tells that the terminal is wider than it was.
    pub(in crate::term) fn has_no_seam(&mut self, text: usize) {
        let readline = self.editing.is_some_and(|e| e.col == 0) && self.kept.is_none();
        if readline && self.width.is_some_and(|w| self.col < w && self.col + text > w) {
            self.width = None;
        }
    }

    /// readline breaks such text here, because the row is full.
    pub(in crate::term) fn at_seam(&mut self) {
        let Some(editing) = self.editing.filter(|e| e.col == 0) else { return };
        let first = self.first_of_row();
        let cells = self.row_cells(first);
        let fits = self.width.is_some_and(|w| cells.len().is_multiple_of(w));
        if first == editing.row && self.col == self.current_ref().cells.len() && !fits && self.afford() {
            let width = cells.len();
            if (width::MIN..=width::MAX).contains(&width) {
                self.learn(width);
                self.rewrap(first, cells, width);
                self.col = width;
            }
        }
    }

    /// The first of the rows that the current one was wrapped from.
    pub(in crate::term) fn first_of_row(&self) -> usize {
        let mut first = self.row;
        while first > self.base && self.rows[first - 1 - self.base].wrapped && self.row - first < 16 {
            first -= 1;
        }
        first
    }

    /// The cells of rows `first` to the current one.
    pub(in crate::term) fn row_cells(&self, first: usize) -> Vec<char> {
        (first..=self.row).flat_map(|r| self.rows[r - self.base].cells.iter().copied()).collect()
    }

    /// Lays `cells`, shown from row `first` to the current one, out anew at `width`; the cursor goes to the start of the
    /// last row.
    pub(in crate::term) fn rewrap(&mut self, first: usize, cells: Vec<char>, width: usize) {
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
}
