//! Bytes → screen. Plain text is taken in runs; `vte` reads the escape sequences.

use std::ops::Range;

use memchr::memchr;
use vte::{Params, Parser, Perform};

use super::first_char;
use super::grid::Grid;
use super::holds::Holds;
use super::kept;
use super::placed::{Column, Place, places, right_drawn};
use super::repainted::{Hidden, repainted};
use super::row::{LONGEST_ROW, pieces};
use super::screen::Kept;
use super::width;
use crate::gone::gone_at;

/// A line editor marks itself with this.
const PASTE_ON: &[u8] = b"\x1b[?2004h";
/// And takes its mark back.
const PASTE_OFF: &[u8] = b"\x1b[?2004l";
/// CAN ends any escape sequence.
const CANCEL: u8 = 0x18;

/// What the bytes went through before they came here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// As the terminal got them: a line feed follows a carriage return, marks open and close editors.
    Exact,
    /// A streaming copy: carriage returns are gone, sequences may be; a mark is no more than a mark on its line.
    Streamed,
}

/// What tcsh writes in the last column to get to the next row, before it returns.
const BELOW: &[u8] = b"  ";

/// A line as it stands in the bytes.
struct NextLine<'a> {
    /// Without its line end.
    text: &'a [u8],
    /// With it.
    len: usize,
    returns: u8,
}

fn next_line(bytes: &[u8]) -> Option<NextLine<'_>> {
    // a line without a line feed nearby goes the slow way, so that looking ahead stays linear
    let near = &bytes[..bytes.len().min(1 << 14)];
    let end = memchr(b'\n', near)?;
    let text = &near[..end];
    let returns = text.iter().rev().take_while(|b| **b == b'\r').count();
    Some(NextLine { text: &text[..text.len() - returns], len: end + 1, returns: returns.min(8) as u8 })
}

impl NextLine<'_> {
    /// The text of a short line of nothing but ASCII and colours, and where the first of it stands.
    fn coloured(&self) -> Option<(String, usize)> {
        if self.text.len() > LONGEST_ROW {
            return None;
        }
        let (mut text, mut first) = (String::new(), 0);
        for piece in pieces(self.text) {
            let piece = piece?;
            if text.is_empty() {
                first = piece.as_ptr() as usize - self.text.as_ptr() as usize;
                text.reserve(if piece.is_empty() { 0 } else { self.text.len() - first });
            }
            text.push_str(piece);
        }
        (!text.is_empty()).then_some((text, first))
    }
}

pub(super) struct Feed<'a> {
    pub(super) bytes: &'a [u8],
    /// The last of them that were seen to be text, and where these begin.
    valid: (usize, &'a str),
    pub(super) grid: Grid<'a>,
    pub(super) mode: Mode,
    /// Bytes go to the parser until it has dispatched what began with an escape.
    in_sequence: bool,
    at: usize,
    /// The use of a line editor that a streaming copy kept whole and that is being read.
    kept: Range<usize>,
    /// Where the line feed stands that ends the use of a line editor whose marks before it mean nothing.
    echoed: usize,
    /// The last NUL that was counted as a column.
    counted: usize,
    /// Where carriage returns were lost in it, the next one last.
    returns: Vec<usize>,
    /// What another program wrote in it, the next one last.
    holes: Vec<Range<usize>>,
    /// Where lines of it began that lost more, the next one last.
    places: Vec<Place>,
    /// Behind the last step to the right.
    stepped: usize,
    /// Columns that it and the ones right before it go.
    strides: usize,
    /// Of each shell that has one, where its next sign for a missing line end stands, and the width that it tells.
    signs: [(usize, usize); 2],
}

impl<'a> Feed<'a> {
    pub(super) fn new(grid: Grid<'a>, bytes: &'a [u8], mode: Mode) -> Self {
        Self {
            grid,
            mode,
            in_sequence: false,
            at: 0,
            bytes,
            valid: (0, ""),
            kept: 0..0,
            echoed: 0,
            counted: usize::MAX,
            returns: Vec::new(),
            holes: Vec::new(),
            places: Vec::new(),
            stepped: 0,
            strides: 0,
            signs: [(0, 0); 2],
        }
    }

    /// Takes what stands at `at`, and says how many bytes that was.
    // left to itself it is called or not by what stands elsewhere, which is 1.5 % of the instructions for a transcript
    #[inline(always)]
    pub(super) fn step(&mut self, parser: &mut Parser, kept: &mut Kept, at: usize) -> usize {
        let bytes = self.bytes;
        self.at = at;
        if self.mode == Mode::Streamed && !self.in_sequence {
            if let Some(range) = kept.next_if(|r| r.start <= at) {
                self.enter_kept(range);
            }
            self.lost_return();
            if let Some(hole) = self.holes.pop_if(|hole| hole.start <= at) {
                return hole.end.saturating_sub(at);
            }
        }
        if self.in_sequence {
            if bytes[at] == b'\n' {
                // a string sequence without an end would hide all that follows
                parser.advance(self, &[CANCEL]);
                self.in_sequence = false;
                return 0;
            }
            parser.advance(self, &bytes[at..=at]);
            return 1;
        }
        let hole = self.holes.last().map_or(bytes.len(), |hole| hole.start);
        if self.grid.at_fresh_line()
            && let Some(line) = next_line(&bytes[at..])
            && at + line.len <= hole
        {
            let end = at + line.len;
            let holds = Holds::of(line.text);
            if !holds.controls()
                && let Some(text) = self.text(at..at + line.text.len())
            {
                self.grid.plain_line(text, at..end, line.returns, holds);
                return line.len + self.plain_lines(kept, end);
            }
            if let Some(text) = line.coloured().filter(|_| self.stays_a_line(&line)) {
                self.grid.coloured_line(text, line.text, at..end, line.returns, holds.without_colours());
                return line.len;
            }
        }
        let end = self.returns.last().map_or(hole, |returned| hole.min(*returned));
        let run = bytes[at..end].iter().take_while(|b| (b' '..0x7f).contains(*b)).count();
        if run > 0 {
            self.grid.put_ascii(&bytes[at..at + run], at);
            return run;
        }
        match bytes[at] {
            0x1b if let Some(len) = self.usual_sequence(&bytes[at + 1..]) => 1 + len,
            0x1b => {
                self.in_sequence = true;
                parser.advance(self, &bytes[at..=at]);
                1
            }
            b'\r'
                if self.grid.is_unmarked()
                    && !matches!(bytes.get(at + 1), Some(b'\n' | b'\r'))
                    && let Some(len) = self.repainted(&bytes[at + 1..]) =>
            {
                1 + len
            }
            b if b < 0x80 => {
                self.control(b, &bytes[at + 1..]);
                1
            }
            _ => self.non_ascii(&bytes[at..]),
        }
    }

    /// Takes the plain lines from `at` on, where nothing but the text itself can come between them, and says how many bytes
    /// they are.
    fn plain_lines(&mut self, kept: &mut Kept, at: usize) -> usize {
        const TOGETHER: usize = 1024;
        if self.kept.end > 0 {
            return 0;
        }
        // up to where an editor was kept whole
        let bytes = &self.bytes[..kept.peek().map_or(self.bytes.len(), |kept| kept.start)];
        let (mut end, mut lines) = (at, 0);
        while lines < TOGETHER
            && let Some(line) = bytes.get(end..).and_then(next_line)
            && let holds = Holds::of(line.text)
            && !holds.controls()
            && let Some(text) = self.text(end..end + line.text.len())
            && self.grid.next_plain(text, end..end + line.len, line.returns, holds)
        {
            end += line.len;
            lines += 1;
        }
        self.grid.go_below_plain(lines);
        end - at
    }

    /// These bytes as text, if they are. Much is looked at together, which costs less.
    fn text(&mut self, range: Range<usize>) -> Option<&'a str> {
        const TOGETHER: usize = 1 << 16;
        let (from, text) = self.valid;
        if range.start < from || range.end > from + text.len() {
            let near = &self.bytes[range.start..self.bytes.len().min(range.start + TOGETHER)];
            let valid = std::str::from_utf8(near).or_else(|e| std::str::from_utf8(&near[..e.valid_up_to()]));
            self.valid = (range.start, valid.unwrap_or_default());
        }
        let (from, text) = self.valid;
        text.get(range.start - from..range.end - from)
    }

    /// Whether a line of text and colours looks the same drawn cell by cell: it fits a row, and its end neither leaves the
    /// cursor where it is nor tells of the terminal's width.
    fn stays_a_line(&self, line: &NextLine<'_>) -> bool {
        let ends = self.mode == Mode::Streamed || line.returns > 0 && line.text.last() != Some(&b' ');
        ends && self.kept.is_empty() && self.grid.has_room(line.text.len())
    }

    fn enter_kept(&mut self, range: Range<usize>) {
        self.holes = kept::holes(self.bytes, &range);
        self.returns = kept::returns(self.bytes, &range);
        if !self.holes.is_empty() {
            self.returns.retain(|at| !self.holes.iter().any(|hole| hole.contains(at)));
        }
        self.returns.reverse();
        let own = &self.bytes[range.clone()];
        let (from_start, torn) = (kept::steps_from_start(own), kept::is_torn(own));
        let right = if from_start && torn { right_drawn(own) } else { None };
        let places = if from_start && torn { places(self.bytes, &range, right.as_ref()) } else { None };
        let places = places.map(|mut places| {
            if let Some(right) = right {
                // fish returns before the steps to what it draws right of the row, and behind it
                let home = |at| Place { at: range.start + at, row: None, col: Some(Column::At(0)) };
                places.extend(right.returns(own).into_iter().map(home));
                let holes = right.holes(own).into_iter();
                self.holes.extend(holes.map(|hole| range.start + hole.start..range.start + hole.end));
            }
            places.sort_by_key(|place| std::cmp::Reverse(place.at));
            self.holes.sort_by_key(|hole| std::cmp::Reverse(hole.start));
            places
        });
        // what zsh writes in further rows stands where it is written
        self.grid.enter_kept(from_start, torn && places.is_none());
        self.places = places.unwrap_or_default();
        self.kept = range;
    }

    /// Does what a carriage return did that stood here and was lost.
    fn lost_return(&mut self) {
        if self.kept.end == 0 {
            return;
        }
        while self.returns.pop_if(|at| *at <= self.at).is_some() {
            self.grid.carriage_return(&self.bytes[self.at..]);
        }
        while let Some(place) = self.places.pop_if(|place| place.at <= self.at) {
            self.grid.place(place.row, place.col);
        }
        if self.at >= self.kept.end {
            self.kept = 0..0;
            self.grid.leave_kept();
        }
    }

    /// From how many columns of steps to the right a single one goes on: nobody steps to a place to return from it to the
    /// second column, where the prompt stands.
    fn strides(&mut self, n: usize) -> usize {
        let single = self.bytes[..=self.at].ends_with(b"\x1b[C");
        let goes_on = single || n > 2;
        let before = std::mem::replace(&mut self.stepped, if goes_on { self.at + 1 } else { 0 });
        let strides = if single && before + 2 == self.at { self.strides } else { 0 };
        self.strides = strides.saturating_add(n);
        strides
    }

    fn control(&mut self, byte: u8, next: &[u8]) {
        match byte {
            b'\n' => {
                let before = &self.bytes[self.at.saturating_sub(8)..self.at];
                let returns = before.iter().rev().take_while(|b| **b == b'\r').count();
                if self.mode == Mode::Exact
                    && self.grid.edits()
                    && !next.starts_with(PASTE_OFF)
                    && gone_at(&self.grid.row_text()).is_some()
                {
                    // nobody is left to take the mark back
                    self.grid.end_edit(self.at, true, next);
                }
                self.grid.line_feed(self.at + 1, returns as u8);
                if self.mode == Mode::Streamed {
                    self.grid.col = 0;
                }
                if self.at == self.echoed {
                    self.grid.end_edit(self.at + 1, false, next);
                }
            }
            b'\r' => self.grid.carriage_return(next),
            0x08 if self.grid.is_unmarked() && self.is_over_edge(next) && self.grid.stepped_over_edge() => {}
            0x08 => self.grid.backspace(),
            b'\t' => self.grid.tab(self.at),
            0 if self.grid.is_unmarked() && self.is_below_last_column() => {
                self.counted = self.at;
                self.grid.right(1, 0);
            }
            0x0b | 0x0c => self.grid.down(1),
            _ => {}
        }
    }

    /// Whether the step back leads over a blank that was written to get to the next row, as tcsh does: text follows.
    #[cold]
    fn is_over_edge(&self, next: &[u8]) -> bool {
        let before = &self.bytes[..self.at];
        before.ends_with(b" ")
            && !before.ends_with(b"\x08 ")
            // ksh93 steps back before an underscore
            && next.first().is_some_and(|b| *b > b' ' && !matches!(*b, 0x7f | b'_'))
    }

    /// Takes a row that is painted anew behind a carriage return, where that tells more than its bytes written one by one.
    /// Returns how many bytes it is made of.
    #[cold]
    fn repainted(&mut self, next: &[u8]) -> Option<usize> {
        let seen = repainted(next)?;
        let width = seen.columns + 1;
        if self.bytes[..self.at].ends_with(b"\r\x1b[J") && (width::GUESSED..=width::MAX).contains(&width) {
            // ksh93, which fills all but the last column and does so where the terminal was resized
            self.grid.resize(width);
        }
        if seen.hidden == Hidden::Nothing && !self.grid.current().painted().aside {
            return None;
        }
        self.grid.repaint(&seen, self.at + 1);
        Some(seen.len)
    }

    /// The width of the terminal where a step to the last column is followed by two characters: tcsh writes what stands
    /// there and at the start of the next row to get to that.
    #[cold]
    fn at_last_column(&mut self, column: u16, next: &[u8]) -> bool {
        let column = usize::from(column);
        let wraps = matches!(next, [b' '..0x7f, b' '..0x7f, ..=0x1f, ..]);
        wraps && (width::GUESSED..=width::MAX).contains(&column) && self.grid.goes_no_further(column)
    }

    /// Whether a NUL stands behind what took tcsh to the next row: it writes that for a column which was never used, and
    /// counts it as one.
    fn is_below_last_column(&self) -> bool {
        match self.bytes[..self.at].split_last() {
            // one more of them
            Some((0, before)) => self.counted == before.len(),
            Some(_) => self.bytes[..self.at].strip_suffix(BELOW).is_some_and(|before| before.ends_with(b"G")),
            None => false,
        }
    }

    /// Whether tcsh goes to the next row of its prompt, in a streaming copy, which has lost the return behind it.
    fn goes_below(&self, column: u16, next: &[u8]) -> bool {
        let text = || next.get(BELOW.len()).is_some_and(|b| *b >= b' ');
        let width = usize::from(column);
        self.mode == Mode::Streamed
            && self.kept.is_empty()
            && next.starts_with(BELOW)
            && text()
            && (width::GUESSED..=width::MAX).contains(&width)
    }

    /// Writes the character at the start of `bytes`, or U+FFFD for a byte that is none, and returns its length.
    fn non_ascii(&mut self, bytes: &[u8]) -> usize {
        match first_char(bytes) {
            Some(c) => {
                if !c.is_control() {
                    self.grid.put(c, self.at);
                }
                c.len_utf8()
            }
            None => {
                self.grid.put('\u{fffd}', self.at);
                1
            }
        }
    }

    fn private_mode(&mut self, number: u16, on: bool) {
        match (number, on) {
            (2004, true) if self.at < self.echoed => {}
            (2004, false) if self.kept.is_empty() && self.echoes() => {}
            (1049 | 1047 | 47, true) => self.grid.enter_full_screen(),
            (1049 | 1047 | 47, false) => self.grid.leave_full_screen(),
            (2004, true) if self.mode == Mode::Streamed && self.kept.is_empty() => {
                // a title set further left is another program's
                let before = &self.bytes[..(self.at + 1).saturating_sub(PASTE_ON.len())];
                self.grid.mark_prompt(before.ends_with(b"\x07"));
            }
            (2004, true) => {
                // zsh writes its prompt first, and erases or switches the keypad between
                let before = &self.bytes[..(self.at + 1).saturating_sub(PASTE_ON.len())];
                // or steps back from a right prompt
                let last = before.iter().rev().take(8).position(|b| *b == 0x1b).unwrap_or(0);
                let last = &before[before.len() - last..];
                let zsh = last == b"=" || last == b"[K" || last.starts_with(b"[") && last.ends_with(b"D");
                let readline = !zsh;
                self.grid.begin_edit(self.at + 1, self.mode == Mode::Exact && readline);
            }
            (2004, false) if self.mode == Mode::Streamed && self.kept.is_empty() => self.grid.mark_left(),
            (2004, false) if self.grid.edits() && kept::goes_on(&self.bytes[self.at + 1..]) => {
                self.grid.leave_edit_for_now();
            }
            (2004, false) if !self.grid.full_screen() => {
                self.grid.end_edit(self.at + 1, false, &self.bytes[self.at + 1..]);
            }
            (2004, false) => self.grid.forget_edit_below(),
            _ => {}
        }
    }

    /// Whether a pager takes its question away where the keypad is switched back, and leaves: the returns that it makes first
    /// are not in a streaming copy. Editors end their line behind that.
    fn leaves_pager(&self) -> bool {
        let (before, next) = self.bytes.split_at(self.at + 1);
        let ends = matches!(next, [] | [b'\r' | b'\n', ..] | [0x1b, b'[', b'?', ..]);
        self.mode == Mode::Streamed
            && !ends
            && before.ends_with(b"\x1b[K\x1b[?1l\x1b>")
            && !self.grid.full_screen()
            && !self.grid.edits()
    }

    /// Whether the editor goes on to where the terminal has shown its line.
    fn echoes(&mut self) -> bool {
        let next = self.at + 1;
        let Some(end) = kept::echoed(&self.bytes[next..]) else { return false };
        self.echoed = next + end;
        if self.mode == Mode::Streamed {
            self.grid.col = 0;
        }
        true
    }

    /// Takes one of the sequences that logs are full of without the parser: `ESC [`, at most two short numbers, a letter;
    /// or a string of a line's text up to its bell. Returns the length behind the escape, `None` for all others.
    fn usual_sequence(&mut self, next: &[u8]) -> Option<usize> {
        let escape = self.at;
        match next.first()? {
            b'[' => {
                let private = next.get(1) == Some(&b'?');
                let mut at = 1 + usize::from(private);
                let mut numbers = [0_u16; 2];
                for (i, number) in numbers.iter_mut().enumerate() {
                    let digits = next[at..].iter().take(5).take_while(|b| b.is_ascii_digit()).count();
                    if digits > 4 {
                        return None;
                    }
                    *number = next[at..at + digits].iter().fold(0, |n, b| 10 * n + u16::from(b - b'0'));
                    at += digits;
                    if i == 1 || next.get(at) != Some(&b';') {
                        break;
                    }
                    at += 1;
                }
                let action = *next.get(at).filter(|b| b.is_ascii_alphabetic() || matches!(b, b'@' | b'`'))?;
                self.at = escape + 1 + at;
                if action == b'G'
                    && !private
                    && self.grid.is_unmarked()
                    && self.at_last_column(numbers[0], &next[at + 1..])
                {
                    const NEW_LINE: &[u8] = b"  \r";
                    self.grid.resize(usize::from(numbers[0]));
                    if next[at + 1..].starts_with(NEW_LINE) {
                        self.grid.line_feed(self.at + 1 + NEW_LINE.len(), 0);
                        self.grid.col = 0;
                        return Some(at + 1 + NEW_LINE.len());
                    }
                }
                if action == b'G' && self.goes_below(numbers[0], &next[at + 1..]) {
                    let below = at + 1 + BELOW.len();
                    self.grid.line_feed(escape + 1 + below, 0);
                    self.grid.col = 0;
                    return Some(below);
                }
                match (private, action) {
                    (false, _) => self.movement(numbers[0], numbers[1], action as char),
                    (true, b'h' | b'l') if next[1..at].contains(&b';') => {
                        numbers.iter().for_each(|n| self.private_mode(*n, action == b'h'));
                    }
                    (true, b'h' | b'l') => self.private_mode(numbers[0], action == b'h'),
                    _ => {}
                }
                Some(at + 1)
            }
            b']' => {
                // far ahead nothing is looked for, so that looking stays linear
                let near = &next[1..next.len().min(1024)];
                let len = near.iter().position(|b| *b < b' ')?;
                if near[len] != 0x07 {
                    return None;
                }
                self.at = escape + 2 + len;
                let mut params = near[..len].split(|b| *b == b';');
                match (params.next(), params.next()) {
                    (Some(b"0" | b"2"), Some(_)) => {
                        self.grid.mark_title(escape + 4..escape + 2 + len);
                        // fish sets it before every prompt
                        if self.grid.has_drawn() {
                            self.drawn_anew();
                        }
                    }
                    (Some(kind), Some(text)) => self.string(&[kind, text]),
                    (kind, _) => self.string(kind.as_slice()),
                }
                Some(len + 2)
            }
            _ => None,
        }
    }

    /// Text in other colours begins, as readline shows what was pasted. Where it fills a row, the next character stands
    /// alone in them.
    fn highlights(&mut self) {
        let (before, next) = (&self.bytes[..=self.at], &self.bytes[self.at + 1..]);
        let text = next.iter().take(1 << 12).take_while(|b| (b' '..0x7f).contains(*b)).count();
        if text == 1 && before.ends_with(b"\x1b[27m\x1b[7m") && next[1..].starts_with(b"\x1b[27m\x1b[7m") {
            self.grid.at_seam();
        } else {
            self.grid.has_no_seam(text);
        }
    }

    /// An editor draws its prompt anew: the terminal may have been resized. The next sign for a missing line end tells how
    /// wide it is now.
    fn drawn_anew(&mut self) {
        let mut nearest = None;
        for (sign, before) in self.signs.iter_mut().zip(width::BEFORE_BLANKS) {
            if sign.0 < self.at {
                let ahead = width::next_sign(&self.bytes[self.at..], before);
                *sign = ahead.map_or((usize::MAX, 0), |(at, width)| (self.at + at, width));
            }
            nearest = nearest.min(Some(*sign)).or(Some(*sign));
        }
        if let Some((_, width)) = nearest.filter(|(at, _)| *at < usize::MAX) {
            self.grid.resize(width);
        }
    }

    /// A string sequence, cut at its semicolons.
    fn string(&mut self, params: &[&[u8]]) {
        match params {
            // of a title that came in pieces only that there is one
            [b"0" | b"2", ..] => self.grid.mark_title(self.at..self.at),
            [b"133" | b"633", kind, ..] => match kind.first() {
                Some(b'A') => self.grid.mark_prompt(true),
                Some(b'B') => self.grid.mark_input(),
                _ => {}
            },
            _ => {}
        }
    }

    /// A sequence that moves the cursor or changes what is shown.
    fn movement(&mut self, first: u16, second: u16, action: char) {
        let n = usize::from(first.max(1));
        let grid = &mut self.grid;
        match action {
            'A' => grid.up(n, &self.bytes[self.at + 1..]),
            'B' | 'e' => {
                grid.down(n);
                let begins = memchr::memrchr(0x1b, &self.bytes[..self.at]).unwrap_or(0);
                if self.mode == Mode::Streamed && self.bytes[..begins].ends_with(b"\x1b[?2004l") {
                    // zsh leaves its editor's last row so, and returns
                    grid.col = 0;
                }
                let next = &self.bytes[self.at + 1..];
                grid.settle_before(&kept::text_ahead(next));
                if next.starts_with(b"\x1b[K") {
                    grid.erase_below();
                }
            }
            'C' | 'a' => {
                let right = kept::right_prompt(&self.bytes[..=self.at], n, &self.bytes[self.at + 1..]);
                match right {
                    Some(columns) => self.grid.right_over_gap(n, columns),
                    None => {
                        let strides = self.strides(n);
                        self.grid.right(n, strides);
                    }
                }
            }
            'D' => grid.left(n),
            'E' => {
                grid.down(n);
                grid.go_to_col(0);
            }
            'F' => {
                grid.up(n, &[]);
                grid.go_to_col(0);
            }
            'G' | '`' => grid.go_to_col(n - 1),
            'H' | 'f' => grid.go_to(n - 1, usize::from(second.max(1)) - 1),
            'd' => grid.go_to_screen_row(n - 1),
            'J' => {
                grid.erase_in_display(first);
                if self.bytes[..=self.at].ends_with(b"\n\x1b[J") {
                    // zsh erases what it listed below the line that it leaves
                    grid.forget_cleared();
                }
                if first == 0 && grid.edits() && self.bytes[..=self.at].ends_with(kept::DRAWS_BELOW) {
                    self.drawn_anew();
                }
            }
            'K' => grid.erase_in_line(first),
            'L' => grid.insert_lines(n),
            'M' => grid.delete_lines(n),
            'P' => grid.delete_chars(n),
            '@' => grid.insert_chars(n),
            'X' => grid.erase_chars(n),
            // what is shown goes up, and the cursor stays: below its rows are new ones (Ruby's line editor)
            'S' => grid.scroll(n),
            'r' => grid.set_region(n - 1, (second > 0).then(|| usize::from(second) - 1)),
            's' => grid.save_cursor(),
            'u' => grid.restore_cursor(),
            'm' if first == 7 => self.highlights(),
            // zsh shows a word in other colours once it is another word, and returns to the start of a further row for that
            'm' if first != 27 && grid.may_begin_again() => {
                let next = kept::text_ahead(&self.bytes[self.at + 1..]);
                grid.begin_again(&next);
            }
            // busybox asks where its prompt ended, where nothing was typed ahead
            'n' if first == 6 => grid.mark_asked(),
            _ => {}
        }
    }
}

impl Perform for Feed<'_> {
    fn print(&mut self, c: char) {
        self.in_sequence = false;
        self.grid.put(c, self.at);
    }

    fn execute(&mut self, byte: u8) {
        // a control inside a sequence acts at once and the sequence goes on, but for those that end it
        match byte {
            CANCEL | 0x1a => self.in_sequence = false,
            _ => self.control(byte, b"\x1b"),
        }
    }

    fn hook(&mut self, _: &Params, _: &[u8], _: bool, _: char) {}

    fn put(&mut self, _: u8) {}

    fn unhook(&mut self) {
        self.in_sequence = false;
    }

    fn osc_dispatch(&mut self, params: &[&[u8]], bell: bool) {
        // without a bell the string was ended by ESC \, of which the backslash is still to come
        self.in_sequence = !bell;
        self.string(params);
    }

    fn csi_dispatch(&mut self, params: &Params, intermediates: &[u8], ignore: bool, action: char) {
        self.in_sequence = false;
        if ignore {
            return;
        }
        let mut numbers = params.iter().map(|p| p.first().copied().unwrap_or(0));
        match intermediates {
            [] => self.movement(numbers.next().unwrap_or(0), numbers.next().unwrap_or(0), action),
            b"?" if matches!(action, 'h' | 'l') => numbers.for_each(|n| self.private_mode(n, action == 'h')),
            _ => {}
        }
    }

    fn esc_dispatch(&mut self, intermediates: &[u8], _ignore: bool, byte: u8) {
        self.in_sequence = false;
        if !intermediates.is_empty() {
            return;
        }
        match byte {
            b'7' => self.grid.save_cursor(),
            b'8' => self.grid.restore_cursor(),
            b'M' => self.grid.up(1, &[]),
            b'D' | b'E' => self.grid.line_feed(self.at + 1, 0),
            b'=' => self.grid.keypad(true),
            b'>' => {
                if self.leaves_pager() {
                    self.grid.col = 0;
                    self.grid.erase_in_line(0);
                }
                self.grid.keypad(false);
            }
            _ => {}
        }
    }
}
