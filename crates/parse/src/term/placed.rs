//! Where the lines of a fish editor stood that a streaming copy did not keep.
//!
//! What stands right of the first row is drawn once more with each key, `CR ESC [ n C … CR ESC [ n C CR`, and may be all that is
//! left of a line. Beside it a key and the same key in its colour are lines of their own.
//!
//! fish draws what changed on its cursor's row, goes up to its first row, down again by line feeds and right to the cursor:
//! `text ESC [ A … LF … ESC [ n C`. Each line feed begins another line of the log, and one without a colour is stripped:
//! only its text is left, neither the steps before it nor those behind. The next line that was kept says where that text
//! ended, and by its steps up on which row.

use std::ops::Range;

/// Rows an edit can have.
const MOST_ROWS: usize = 200;

/// Where the cursor stood when a line of the log began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    /// The line's first byte.
    pub(super) at: usize,
    /// Rows below the editor's first, where it is not the one that the cursor is on.
    pub(super) row: Option<usize>,
    /// The column, where the line itself does not say it.
    pub(super) col: Option<Column>,
}

/// A column of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Column {
    At(usize),
    /// The last that is written.
    Last,
}

/// The places of the lines in `range` behind the first that is typed on; `None` where one cannot be told. `right` is what
/// [`right_drawn`] finds there.
pub(super) fn places(bytes: &[u8], range: &Range<usize>, right: Option<&Right>) -> Option<Vec<Place>> {
    let mut at = range.start;
    let lines: Vec<(usize, &[u8])> = bytes[range.clone()]
        .split(|b| *b == b'\n')
        .map(|line| {
            let start = at;
            at += line.len() + 1;
            (start, line)
        })
        .collect();
    // upper lines of the prompt end in an erasure
    let first = lines.iter().position(|(_, line)| !line.ends_with(b"\x1b[K"))?;
    let (end_line, lines) = lines.get(first + 1..)?.split_last()?;
    let mut out: Vec<Place> = Vec::new();
    let (mut row, mut lowest) = (1, 1);
    // where the cursor is, if that is known, and what was drawn before it
    let (mut cursor, mut before): (Option<usize>, Vec<u8>) = (None, Vec::new());
    let beside = right.is_some();
    let is_right = |line: &[u8]| right.is_some_and(|right| right.text == line);
    for (i, (at, line)) in lines.iter().enumerate() {
        let (mut here, mut col) = (row, None);
        if is_right(line) {
            out.extend(right.map(|right| Place {
                at: *at,
                row: Some(0),
                col: Some(Column::At(right.column)),
            }));
            continue;
        } else if is_stripped(line) {
            let anchor = lines[i..].iter().position(|(_, line)| is_kept(line)).map(|n| i + n)?;
            let (kept, typed) = (without_right(lines[anchor].1), &lines[i..anchor]);
            let up = if beside { steps_up(kept).max(rows_up(kept)) } else { steps_up(kept) };
            here = if up > 0 { up } else { row };
            if let Some(end) = steps_right(kept) {
                let drawn = drawn_from_cursor(kept);
                let suggested = is_suggestion(line, &drawn);
                let typed = typed.iter().map(|(_, line)| *line).filter(|line| !is_right(line));
                let typed = typed.filter(|line| !is_suggestion(line, &drawn)).collect::<Vec<_>>();
                let below = typed.iter().skip(1).take_while(|line| !line.is_empty()).count();
                if beside && !suggested && below > 0 && below < here {
                    // rows of a block, each drawn below the one before
                    here -= below;
                    col = Some(Column::At(drawn_later(line, &lines[anchor..]).unwrap_or(0)));
                } else if let (Some(at), Some(again)) = (cursor, is_drawn_again(cursor, end, &before, &typed))
                {
                    let from = if again { at.saturating_sub(columns(line)) } else { at };
                    col = Some(Column::At(from));
                    cursor = Some(from + columns(line));
                    if !again {
                        before.extend(*line);
                    }
                } else {
                    before = line.to_vec();
                    col = Some(Column::At(if suggested { end } else { start_before(&typed, end)? }));
                }
            } else {
                // it filled the row above, and the cursor stands at the start of the next
                (here, col) = (here - 1, Some(Column::Last).filter(|_| is_single(line)));
                col?;
            }
        } else if is_kept(line) {
            let line = without_right(line);
            if beside {
                cursor = cursor_behind(line);
                let drawn = drawn_from_cursor(line).into_bytes();
                before = if drawn.is_empty() { before } else { drawn };
            }
            let (up, all) = (steps_up(line), rows_up(line));
            if up > 0 && up == all {
                here = up;
            }
            // left without going up: Enter
            row = if all == 0 {
                here + 1
            } else if up > 0 {
                up
            } else if beside {
                here = all;
                1
            } else {
                row
            };
        } else if i > 0 {
            continue;
        }
        lowest = lowest.max(here);
        out.push(Place { at: *at, row: Some(here), col });
    }
    out.push(Place { at: end_line.0, row: Some(lowest + 1), col: None });
    (lowest < MOST_ROWS).then_some(out)
}

/// The prompt that fish draws right of the first row, and the column where it begins.
pub(super) struct Right {
    column: usize,
    pub(super) text: Vec<u8>,
}

/// What an editor that wrote `own` draws so, and draws once more with most keys.
pub(super) fn right_drawn(own: &[u8]) -> Option<Right> {
    const LONGEST: usize = 80;
    own.split(|b| *b == b'\n').find_map(|line| {
        let tail = &line[without_right(line).len()..];
        let column = steps_right(tail)?;
        let step = memchr::memrchr(0x1b, tail)?;
        let mut text = drawn_from_cursor(&tail[..step]).into_bytes();
        text.truncate(text.trim_ascii_end().len());
        (!text.is_empty() && text.len() <= LONGEST).then_some(Right { column, text })
    })
}

impl Right {
    /// Where carriage returns stood around it in `own`: before its steps, and before and behind those that lead past it.
    pub(super) fn returns(&self, own: &[u8]) -> Vec<usize> {
        let step = format!("\x1b[{}C", self.column);
        let past = |n: usize| n % 2 == 1;
        let around = |(n, at)| [Some(at), past(n).then_some(at + step.len())];
        memchr::memmem::find_iter(own, &step).enumerate().flat_map(around).flatten().collect()
    }

    /// Where it stands in the row of `own` that is typed on, if nothing is left of the steps around it.
    pub(super) fn holes(&self, own: &[u8]) -> Vec<Range<usize>> {
        let row = own.split(|b| *b == b'\n').find(|line| !line.ends_with(b"\x1b[K"));
        let Some(row) = row.filter(|row| is_stripped(row)) else { return Vec::new() };
        let from = row.as_ptr() as usize - own.as_ptr() as usize;
        let all = memchr::memmem::find_iter(row, &self.text);
        all.map(|at| from + at..from + at + self.text.len()).collect()
    }
}

/// The line without the right prompt that fish draws last, and steps from the first column before it as far as behind it.
fn without_right(line: &[u8]) -> &[u8] {
    const FEWEST: usize = 2;
    let step = memchr::memrchr(0x1b, line).map_or(line, |at| &line[at..]);
    let digits = step.len().checked_sub(b"\x1b[C".len()).filter(|digits| *digits >= FEWEST);
    if digits.is_none() || steps_right(step).is_none() {
        return line;
    }
    let before = &line[..line.len() - step.len()];
    memchr::memmem::rfind(before, step).map_or(line, |at| &line[..at])
}

/// How many rows all its steps lead up.
fn rows_up(line: &[u8]) -> usize {
    memchr::memmem::find_iter(line, b"\x1b[A").count()
}

/// The column at which one of `lines` draws all of `text` once more.
fn drawn_later(text: &[u8], lines: &[(usize, &[u8])]) -> Option<usize> {
    let text = std::str::from_utf8(text).ok()?;
    lines.iter().find_map(|(_, line)| steps_right(line).filter(|_| drawn_from_cursor(line).starts_with(text)))
}

/// Whether the first of `typed` is drawn once more, in another colour, where the cursor is at `from` behind the text `before` and
/// goes to `to` with all of them.
fn is_drawn_again(from: Option<usize>, to: usize, before: &[u8], typed: &[&[u8]]) -> Option<bool> {
    let typed = || typed.iter().copied().filter(|line| !line.is_empty());
    if typed().any(|line| line.iter().any(|b| *b < b' ')) {
        return None;
    }
    let all: usize = typed().map(columns).sum();
    let mut again = all.checked_sub(to.checked_sub(from?)?)?;
    let mut before = before.to_vec();
    let mut first = None;
    for line in typed() {
        let once_more = columns(line) <= again && before.ends_with(line);
        first.get_or_insert(once_more);
        if once_more {
            again -= columns(line);
        } else {
            before.extend(line);
        }
    }
    first.filter(|_| again == 0)
}

fn columns(line: &[u8]) -> usize {
    std::str::from_utf8(line).map_or(line.len(), |text| text.chars().count())
}

fn is_kept(line: &[u8]) -> bool {
    line.contains(&0x1b)
}

fn is_stripped(line: &[u8]) -> bool {
    !line.is_empty() && !is_kept(line)
}

/// Whether a stripped line is what fish suggests, which it draws behind the cursor: with the next key it is drawn again,
/// where the line that was kept draws `drawn` from the cursor on.
fn is_suggestion(line: &[u8], drawn: &str) -> bool {
    let text = std::str::from_utf8(line).unwrap_or_default();
    let several = text.chars().count() > 1 && !text.contains(char::is_control);
    several && drawn.starts_with(text)
}

/// What a line that was kept draws from the place on to which its first steps lead.
fn drawn_from_cursor(line: &[u8]) -> String {
    const MOST: usize = 256;
    let line = &line[..line.len().min(MOST)];
    let text = String::from_utf8_lossy(line);
    let (mut out, mut col) = (Vec::new(), 0_isize);
    let mut rest = text.as_ref();
    while let Some(c) = rest.chars().next() {
        rest = &rest[c.len_utf8()..];
        match c {
            '\u{1b}' => {
                let own = |c: char| ('@'..='~').contains(&c) && c != '[';
                let len = rest.find(own).map_or(rest.len(), |at| at + 1);
                if matches!(rest[..len].chars().last(), Some('A' | 'D')) {
                    break;
                }
                rest = &rest[len..];
            }
            '\u{8}' => col -= 1,
            c if !c.is_control() => {
                if let Ok(at) = usize::try_from(col) {
                    out.resize(out.len().max(at), ' ');
                    out.splice(at..(at + 1).min(out.len()), [c]);
                }
                col += 1;
            }
            _ => {}
        }
    }
    out.into_iter().collect()
}

/// Where the cursor is before it goes up, if the line says where it was.
fn cursor_behind(line: &[u8]) -> Option<usize> {
    let mut at = isize::try_from(steps_right(line)?).ok()?;
    let text = String::from_utf8_lossy(line);
    let mut parts = text.split('\u{1b}');
    let first = parts.next().filter(|first| first.is_empty())?;
    let mut stepped = first.is_empty();
    for part in parts {
        let end = part.find(|c: char| ('@'..='~').contains(&c) && c != '[')?;
        let (own, behind) = part.split_at(end + 1);
        let steps = || own.trim_matches(|c: char| !c.is_ascii_digit()).parse().unwrap_or(1);
        // the first steps are counted
        stepped &= own.ends_with('C') && own.starts_with('[');
        match own.chars().last() {
            Some('A') => break,
            Some('C') if !stepped => at += steps(),
            Some('D') => at -= steps(),
            _ => {}
        }
        let shown = behind.chars().filter(|c| !c.is_control()).count();
        at += isize::try_from(shown).ok()? - isize::try_from(behind.matches('\u{8}').count()).ok()?;
        stepped &= behind.is_empty();
    }
    usize::try_from(at).ok()
}

/// Whether a line shows a single character.
fn is_single(line: &[u8]) -> bool {
    std::str::from_utf8(line).is_ok_and(|text| text.chars().filter(|c| !c.is_control()).count() == 1)
}

/// The column at which the first of `lines`, stripped or empty, begins, where the last ends at `end` and each begins where
/// the one before it ended.
fn start_before(lines: &[&[u8]], end: usize) -> Option<usize> {
    lines.iter().rev().filter(|line| !line.is_empty()).try_fold(end, |end, line| {
        let text = std::str::from_utf8(line).ok()?;
        let back = text.chars().filter(|c| *c == '\u{8}').count();
        let forth = text.chars().filter(|c| !c.is_control()).count();
        (end + back).checked_sub(forth)
    })
}

/// How far right of the first column the steps at the line's start lead.
fn steps_right(mut line: &[u8]) -> Option<usize> {
    let mut steps = None;
    while let Some(rest) = line.strip_prefix(b"\x1b[") {
        let digits = rest.iter().take_while(|b| b.is_ascii_digit()).count().min(4);
        if rest.get(digits) != Some(&b'C') {
            break;
        }
        let n = std::str::from_utf8(&rest[..digits]).ok().and_then(|s| s.parse().ok()).unwrap_or(1);
        (steps, line) = (Some(steps.unwrap_or(0) + n), &rest[digits + 1..]);
    }
    steps
}

/// How many rows the steps at the line's end lead up.
fn steps_up(mut line: &[u8]) -> usize {
    let mut steps = 0;
    while let Some(rest) = line.strip_suffix(b"\x1b[A") {
        (line, steps) = (rest, steps + 1);
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(lines: &[&str]) -> Option<Vec<(usize, Option<usize>)>> {
        let bytes = lines.join("\n").into_bytes();
        let column = |c: &Column| match c {
            Column::At(at) => *at,
            Column::Last => usize::MAX,
        };
        let places = places(&bytes, &(0..bytes.len()), right_drawn(&bytes).as_ref())?;
        Some(places.iter().map(|p| (p.row.unwrap_or(usize::MAX), p.col.as_ref().map(column))).collect())
    }

    #[test]
    fn the_next_line_kept_tells_where_text_stood() {
        let lines = [
            "$ \x1b[K\x1b[2Cif true\x1b[9C",
            "",
            "$",
            "\x08$",
            "\x1b[7Ci\x1b[A",
            "\x1b[8C\x1b(B",
            "\x1b(B\x1b[?2004l",
        ];
        let want = [(1, None), (1, Some(6)), (1, Some(7)), (1, None), (1, None), (2, None)];
        assert_eq!(rows(&lines).as_deref(), Some(&want[..]));
    }

    #[test]
    fn what_is_suggested_stands_behind_the_cursor() {
        let lines = [
            "$ \x1b[K\x1b[2Ch",
            "-",
            "c ",
            "\x1b[4C\x1b(B\x08\x1b[36m-\x1b[38;5;240mc \x1b[A",
            "\x1b[?2004l",
        ];
        let want = [(1, Some(3)), (1, Some(4)), (1, None), (2, None)];
        assert_eq!(rows(&lines).as_deref(), Some(&want[..]));
        assert_eq!(drawn_from_cursor(b"\x1b[4C\x08-\x1b[38mc \x1b[Ax"), "c ");
    }

    #[test]
    fn text_before_a_row_that_was_just_begun_ends_the_row_above() {
        let lines = [
            "$ \x1b[K\x1b[2Cif|",
            "|",
            "\x1b(B\x1b[A\x1b[3C \x1b[32m| \x1b[A",
            "s",
            "\x1b[1Co\x1b[A",
            "\x1b[?2004l",
        ];
        let want = [(0, Some(usize::MAX)), (1, None), (1, Some(0)), (1, None), (2, None)];
        assert_eq!(rows(&lines).as_deref(), Some(&want[..]));
    }

    #[test]
    fn text_that_nothing_follows_has_no_place() {
        assert_eq!(rows(&["$ \x1b[K\x1b[2Cif\x1b[4C", "$", "\x1b(B\x1b[?2004l"]), None);
    }

    #[test]
    fn what_stands_right_of_the_first_row_is_drawn_there_and_each_key_once_more() {
        let right = "\x1b[40C\x1b[32msrc\x1b(B\x1b[m\x1b[40C";
        let lines = [
            &format!("$ \x1b[K{right}\x1b[2Cif true{right}"),
            "",
            "src",
            "e",
            &format!("\x1b[7C\x1b(B\x1b[A{right}"),
            " ",
            "src",
            "a",
            "src",
            "a",
            &format!("\x1b[9C\x1b(B\x1b[A{right}"),
            "\x1b(B\x1b[?2004l",
        ];
        let at = |col| (1, Some(col));
        let next = (1, None);
        let beside = (0, Some(40));
        let want = [next, beside, at(6), next, at(7), beside, at(8), beside, at(8), next, (2, None)];
        assert_eq!(rows(&lines).as_deref(), Some(&want[..]));
        let own = b"$ src if\n\x1b[8C\x1b[A\x1b[40Csrc\x1b(B\x1b[40C";
        let right = right_drawn(own).unwrap();
        assert_eq!(right.holes(own).iter().map(|hole| (hole.start, hole.end)).collect::<Vec<_>>(), [(2, 5)]);
        assert_eq!(right.returns(own), [16, 27, 32]);
    }
}
