//! What leaves the screen: lines and edits.

use super::*;

impl<'a> Grid<'a> {
    /// Takes a whole line that is nothing but text, without going through cells.
    pub(in crate::term) fn plain_line(
        &mut self,
        text: &'a str,
        span: Range<usize>,
        returns: u8,
        holds: Holds,
    ) {
        self.current().take_plain(text);
        self.plain += span.len();
        self.whole_line(Cow::Borrowed(text), span, returns, holds);
    }

    /// Takes such a line on the row below, of which nothing is known and which [`Self::go_below_plain`] makes. Whether it did.
    #[inline]
    pub(in crate::term) fn next_plain(
        &mut self,
        text: &'a str,
        span: Range<usize>,
        returns: u8,
        holds: Holds,
    ) -> bool {
        if !self.keeps_another(text.is_empty()) {
            return false;
        }
        self.plain += span.len();
        let line = Line { text: Cow::Borrowed(text), span, returns, holds, ..Line::default() };
        self.units.push(Unit::Line(line));
        true
    }

    /// Makes the rows of the last lines, as many as were taken below the cursor's row, and goes below them. Of most no row is
    /// made: the cursor cannot come back to them.
    pub(in crate::term) fn go_below_plain(&mut self, lines: usize) {
        if lines == 0 {
            return;
        }
        let made = lines.min(KEPT.max(self.height));
        self.rows.pop_back();
        if made < lines {
            self.rows.clear();
            self.unit_rows.clear();
            self.base = self.row + lines - made;
        }
        let first = self.row + lines - made;
        self.unit_rows.extend(first..first + made);
        for unit in &self.units[self.units.len() - made..] {
            if let Unit::Line(Line { text: Cow::Borrowed(text), span, returns, .. }) = unit {
                self.rows.push_back(Row::of_plain(text, span.start, *returns));
            }
        }
        // as the rows before would have, one by one
        self.row += lines - 1;
        self.emitted = self.row + 1;
        self.down_one();
        self.col = 0;
    }

    /// Takes a whole line that is `line` in the bytes and `text`, which begins at `first`, without its colours.
    pub(in crate::term) fn coloured_line(
        &mut self,
        (text, first): (String, usize),
        line: &'a [u8],
        span: Range<usize>,
        returns: u8,
        holds: Holds,
    ) {
        if self.run.1 != 0 {
            self.run.0 = 0;
        }
        self.run.1 = text.len();
        self.current().take_coloured(line);
        self.plain += span.len();
        self.whole_line(Cow::Owned(text), span.start + first..span.end, returns, holds);
    }

    fn whole_line(&mut self, text: Cow<'a, str>, span: Range<usize>, returns: u8, holds: Holds) {
        let (row, start) = (self.row, span.start);
        let title = self.current_ref().title.clone();
        let rare = title.and_then(|title| Rare { title: Some(title), ..Rare::default() }.if_any());
        let line = Line { text, span, rare, returns, holds, ..Line::default() };
        self.push_unit(Unit::Line(line), row);
        let current = self.current();
        (current.start, current.returns) = (Some(start), returns);
        self.emitted = self.row + 1;
        self.down_one();
        self.col = 0;
    }

    /// Whether one more unit is kept, an empty line or not: of many empty ones in a row only the first are.
    #[inline]
    fn keeps_another(&mut self, empty: bool) -> bool {
        self.blank_run = if empty { self.blank_run + 1 } else { 0 };
        self.blank_run <= MOST_BLANK
    }

    /// Adds a unit. Its span never begins before the last one's: rows that were written in several places, with the
    /// cursor going up and down, stay in the order in which they were finished.
    pub(in crate::term) fn push_unit(&mut self, mut unit: Unit<'a>, row: usize) {
        let empty = matches!(&unit, Unit::Line(line) if line.text.is_empty());
        if !self.keeps_another(empty) {
            return;
        }
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

    /// `titled` where a title belongs to the mark.
    pub(in crate::term) fn mark_prompt(&mut self, titled: bool) {
        let col = self.col;
        if self.taken {
            return;
        }
        let row = self.current();
        row.mark.get_or_insert(col);
        row.titled |= titled;
    }

    /// In a streaming copy: an editor's closing mark.
    pub(in crate::term) fn mark_left(&mut self) {
        let row = self.current();
        row.left |= row.mark.is_some() && !row.cells.is_empty();
    }

    pub(in crate::term) fn mark_input(&mut self) {
        let col = self.col;
        self.current().input = Some(col);
    }

    /// The terminal was asked where the cursor is.
    pub(in crate::term) fn mark_asked(&mut self) {
        if self.editing.is_none() && self.primary.is_none() && self.col > 0 {
            self.mark_input();
        }
    }

    /// Whether an editor is in use.
    pub(in crate::term) fn edits(&self) -> bool {
        self.editing.is_some()
    }

    /// The text of the cursor's row.
    #[cold]
    pub(in crate::term) fn row_text(&self) -> String {
        let mut text = String::new();
        self.current_ref().write_text(0, &mut text);
        text
    }

    /// Whether an editor is in use that has drawn something.
    pub(in crate::term) fn has_drawn(&self) -> bool {
        self.editing.is_some_and(|e| e.wrote)
    }

    pub(in crate::term) fn mark_title(&mut self, text: Range<usize>) {
        let row = self.current();
        if row.cells.is_empty() {
            row.titled |= row.mark.is_some();
            row.title = Some(text);
        }
    }

    /// `own` where the editor takes the place it begins at for the first column, as readline does: what stands left of it
    /// is no part of its row.
    pub(in crate::term) fn begin_edit(&mut self, at: usize, own: bool) {
        if self.primary.is_some() {
            self.mark_prompt(false);
            return;
        }
        if let Some(editing) = self.editing.as_mut().filter(|editing| editing.away.is_some()) {
            editing.away = None;
            return;
        }
        if own && self.editing.is_none() && self.col > 0 {
            self.emit_through(self.row, at);
            self.down_one();
            self.col = 0;
        }
        if let Some(before) = self.editing.filter(|e| e.wrote) {
            if own && self.is_submitted(before) {
                // nobody took the mark back when the line was entered: it stayed, and this is what a program wrote
                self.editing = None;
            } else {
                self.end_edit(at, false, &[]);
            }
        }
        if self.emitted < self.row {
            self.emit_through(self.row - 1, at);
        }
        let row = self.current();
        row.floor = None;
        self.editing = Some(Editing { row: self.row, col: self.col, at, wrote: false, away: None });
    }

    /// The line editor takes its mark back and goes on on the same row later.
    pub(in crate::term) fn leave_edit_for_now(&mut self) {
        let units = self.units.len();
        self.editing.iter_mut().for_each(|editing| editing.away = Some(units));
    }

    /// Whether a new row was begun below the editor's, as happens where a line is entered.
    fn is_submitted(&self, editing: Editing) -> bool {
        self.col == 0 && self.row > editing.row && !self.current_ref().cells.iter().any(|c| *c != ' ')
    }

    /// The editor's closing mark stands at `at`; its last bytes were written before, and `next` follows.
    pub(in crate::term) fn end_edit(&mut self, at: usize, cut: bool, next: &[u8]) {
        let Some(editing) = self.editing.take() else { return };
        if editing.row < self.base || editing.row > self.row {
            return;
        }
        if self.emitted < editing.row {
            // the editor stepped up there and left it as it was
            self.emit_through(editing.row - 1, editing.at);
        }
        let submitted = self.is_submitted(editing);
        let mut last = if submitted { self.row - 1 } else { self.row };
        if !submitted {
            // zsh leaves its editor where the cursor is, and steps below its last row only then
            last += steps_down(next).min(self.base + self.rows.len() - 1 - last);
        }
        let above_end = last > self.row;
        if !submitted && !above_end {
            // what it suggested and erased is no text
            let col = self.col;
            self.current().drop_blanks(col);
        }
        let first = &self.rows[editing.row - self.base];
        let before = first.cells.iter().take(editing.col).any(|c| *c != ' ');
        if !editing.wrote && !before {
            return;
        }
        for r in editing.row..=last {
            self.rows[r - self.base].drop_right_prompt();
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
            cleared: first.cleared,
            title: first.title.clone(),
            keypad_left_on: self.keypad,
            torn: self.kept.is_some_and(|k| k.torn),
            placed: self.kept.is_some_and(|k| k.placed.is_some()),
        };
        self.push_unit(Unit::Edit(Box::new(edit)), usize::MAX);
        self.emitted = last + 1;
        if !submitted && !above_end {
            // what else is written on this row is output
            let row = self.current();
            row.erase_to_end(0);
            row.start = None;
            (row.mark, row.floor, row.input) = (None, None, None);
            (row.titled, row.title) = (false, None);
            self.emitted = self.row;
            self.left_row = Some(self.row);
        }
    }

    pub(in crate::term) fn emit_full_screen_row(&mut self, end: usize) {
        let row = self.current();
        if row.cells.is_empty() {
            return;
        }
        let mut text = String::new();
        row.write_text(0, &mut text);
        let start = row.start.unwrap_or(end);
        let mark = row.mark.map(|col| row.byte_at(col));
        let rare = Rare { mark, ..Rare::default() }.if_any();
        let line =
            Line { text: text.into(), span: start.min(end)..end, rare, full_screen: true, ..Line::default() };
        self.push_unit(Unit::Line(line), usize::MAX);
    }

    /// Turns the rows up to and with `through` into lines.
    pub(in crate::term) fn emit_through(&mut self, through: usize, end: usize) {
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
            let rare = Rare {
                behind: 0,
                mark: head.mark.map(|col| head.byte_at(col)),
                input: head.input.map(|col| head.byte_at(col)),
                floor: head.floor.filter(|f| *f > 0).map(|col| head.byte_at(col)),
                titled: head.titled,
                title: head.title.clone(),
                left: head.left,
                cleared: head.cleared,
                hidden: head.painted.as_ref().and_then(|p| p.hidden).map(|col| head.byte_at(col)),
                taken: self.taken,
            };
            let line = Line {
                text: text.into(),
                span: start..end,
                rare: rare.if_any(),
                returns: self.rows[last - self.base].returns,
                ..Line::default()
            };
            self.push_unit(Unit::Line(line), first);
            first = last + 1;
        }
        self.emitted = self.emitted.max(through + 1);
    }

    /// Takes the units that the cursor can come back to no longer.
    pub(in crate::term) fn settled(&mut self) -> Vec<Unit<'a>> {
        let settled = self.units.len().saturating_sub(2 * KEPT);
        self.unit_rows.drain(..self.unit_rows.len().saturating_sub(2 * KEPT));
        let near = self.units.split_off(settled);
        std::mem::replace(&mut self.units, near)
    }

    /// The log ends at `end`.
    pub(in crate::term) fn finish(&mut self, end: usize) -> Vec<Unit<'a>> {
        self.leave_full_screen();
        if self.editing.is_some() {
            self.end_edit(end, true, &[]);
        }
        if self.emitted <= self.row {
            let empty = self.current_ref().cells.is_empty();
            let before = self.units.len();
            if empty && self.row > self.emitted {
                self.emit_through(self.row - 1, end);
            } else if !empty {
                self.emit_through(self.row, end);
            }
            if !empty
                && self.units.len() > before
                && let Some(Unit::Line(line)) = self.units.last_mut()
            {
                line.cut = true;
            }
        }
        std::mem::take(&mut self.units)
    }
}

/// How many rows down to its last `ESC [ n B` at the start of `next` leads: where no line end follows, it is the line end
/// itself, and the last row was erased.
fn steps_down(next: &[u8]) -> usize {
    let Some(rest) = next.strip_prefix(b"\x1b[") else { return 0 };
    let digits = rest.iter().take_while(|b| b.is_ascii_digit()).count().min(4);
    let n = std::str::from_utf8(&rest[..digits]).ok().and_then(|s| s.parse().ok()).unwrap_or(1);
    if rest.get(digits) != Some(&b'B') {
        return 0;
    }
    let behind = &rest[digits + 1..];
    let returns = behind.iter().take_while(|b| **b == b'\r').count();
    if behind.get(returns).is_none_or(|b| *b == b'\n') { n } else { n.saturating_sub(1) }
}
