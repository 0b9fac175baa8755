//! Where the lines of a fish editor stood that a streaming copy did not keep.
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
    /// Rows below the editor's first.
    pub(super) row: usize,
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

/// The places of the lines in `range` behind the first that is typed on; `None` where one cannot be told.
pub(super) fn places(bytes: &[u8], range: &Range<usize>) -> Option<Vec<Place>> {
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
    let (last, lines) = lines.get(first + 1..)?.split_last()?;
    let mut out: Vec<Place> = Vec::new();
    let (mut row, mut lowest) = (1, 1);
    for (i, (at, line)) in lines.iter().enumerate() {
        let (mut here, mut col) = (row, None);
        if is_stripped(line) {
            let anchor = lines[i..].iter().position(|(_, line)| is_kept(line)).map(|n| i + n)?;
            let up = steps_up(lines[anchor].1);
            here = if up > 0 { up } else { row };
            if let Some(end) = steps_right(lines[anchor].1) {
                let drawn = drawn_from_cursor(lines[anchor].1);
                let suggested = is_suggestion(line, &drawn);
                let typed = lines[i..anchor].iter().map(|(_, line)| *line);
                let typed = typed.filter(|line| !is_suggestion(line, &drawn)).collect::<Vec<_>>();
                col = Some(Column::At(if suggested { end } else { start_before(&typed, end)? }));
            } else {
                // it filled the row above, and the cursor stands at the start of the next
                (here, col) = (here - 1, Some(Column::Last).filter(|_| is_single(line)));
                col?;
            }
        } else if is_kept(line) {
            let (up, all) = (steps_up(line), memchr::memmem::find_iter(line, b"\x1b[A").count());
            if up > 0 && up == all {
                here = up;
            }
            // left without going up: Enter
            row = if all == 0 {
                here + 1
            } else if up > 0 {
                up
            } else {
                row
            };
        } else if i > 0 {
            continue;
        }
        lowest = lowest.max(here);
        out.push(Place { at: *at, row: here, col });
    }
    out.push(Place { at: last.0, row: lowest + 1, col: None });
    (lowest < MOST_ROWS).then_some(out)
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
        let places = places(&bytes, &(0..bytes.len()))?;
        Some(places.iter().map(|p| (p.row, p.col.as_ref().map(column))).collect())
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
}
