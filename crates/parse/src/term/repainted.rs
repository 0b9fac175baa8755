//! Rows that an editor paints anew from their first column on, as Korn shells do: a carriage return, the row, blanks to
//! its end, and backspaces to where the cursor belongs.

use unicode_width::UnicodeWidthChar;

use super::kept::behind_colour;

/// A row painted anew.
#[derive(Debug, PartialEq)]
pub(super) struct Repainted {
    /// What it shows now, without the blanks that fill it.
    pub(super) shown: String,
    /// mksh shows in the last column which side of the line is out of sight.
    pub(super) hidden: Hidden,
    /// Columns that were written.
    pub(super) columns: usize,
    /// Where the cursor is now.
    pub(super) col: usize,
    /// How many bytes it is made of.
    pub(super) len: usize,
}

/// Which side of a line that is longer than the row is out of sight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hidden {
    Nothing,
    Left,
    Right,
    Both,
}

/// Blanks that fill a row are at least so many: fewer may be text.
const FILLS: usize = 3;
/// No row of so many bytes is looked at.
const MOST: usize = 4096;

/// What is painted by the bytes behind a carriage return, if a row is.
pub(super) fn repainted(next: &[u8]) -> Option<Repainted> {
    let near = &next[..next.len().min(MOST)];
    if !near.first().is_some_and(|b| *b >= b' ' || *b == 0x1b) {
        return None;
    }
    // most carriage returns are followed by no step back
    let step = memchr::memchr3(0x08, b'\n', b'\r', near)?;
    if near[step] != 0x08 {
        return None;
    }
    let mut text = String::new();
    let mut rest = near;
    loop {
        let plain = rest.iter().take_while(|b| **b >= b' ' && **b != 0x7f).count();
        text.push_str(std::str::from_utf8(&rest[..plain]).ok()?);
        rest = &rest[plain..];
        match rest.first()? {
            // ksh93 steps back over a blank before an underscore
            0x08 if rest.get(1) == Some(&b'_') && text.ends_with(' ') => {
                text.pop();
                rest = &rest[1..];
            }
            0x08 => break,
            0x1b => rest = behind_colour(rest).or_else(|| behind_title(rest))?,
            _ => return None,
        }
    }
    let steps = rest.iter().take_while(|b| **b == 0x08).count();
    let columns: usize = text.chars().map(|c| c.width().unwrap_or(0)).sum();
    let col = columns.checked_sub(steps)?;
    let blanks = |text: &str| text.len() - text.trim_end_matches(' ').len();
    let (body, hidden) = match text.chars().next_back()? {
        mark @ ('<' | '>' | '+' | '*') => {
            let hidden = match mark {
                '<' => Hidden::Left,
                '>' => Hidden::Right,
                _ => Hidden::Both,
            };
            (&text[..text.len() - 1], hidden)
        }
        _ if blanks(&text) >= FILLS => (&text[..], Hidden::Nothing),
        _ => return None,
    };
    if hidden == Hidden::Left && blanks(body) < FILLS {
        return None;
    }
    let len = near.len() - rest.len() + steps;
    Some(Repainted { shown: body.trim_end_matches(' ').to_owned(), hidden, columns, col, len })
}

/// What follows a title at the start of `bytes`.
pub(super) fn behind_title(bytes: &[u8]) -> Option<&[u8]> {
    let rest = bytes.strip_prefix(b"\x1b]")?;
    let end = rest.iter().position(|b| *b < b' ').filter(|end| rest[*end] == 0x07)?;
    Some(&rest[end + 1..])
}

/// Where a row goes on that was painted anew and begins with its prompt, or where it does not.
#[derive(Debug, PartialEq)]
pub(super) struct Placed {
    /// Cells of the prompt that were painted again.
    pub(super) prompt: usize,
    /// Where in the row the part behind the prompt belongs, if it is shown there.
    pub(super) place: Option<usize>,
}

/// Where in `cells` the part of the row belongs that `shown` is: the place where most of it is the same, and at least so
/// much that it is no accident.
pub(super) fn place_in(cells: &[char], shown: &[char]) -> Placed {
    const LEAST: usize = 3;
    /// A shorter prompt is not told from text.
    const PROMPT: usize = 4;
    /// Characters of the text that may be those behind the prompt by accident.
    const ACCIDENT: usize = 3;
    let same = |at: usize, shown: &[char]| cells[at..].iter().zip(shown).take_while(|(a, b)| a == b).count();
    let head = same(0, shown);
    let prompts = if head < PROMPT { 0..=0 } else { head - ACCIDENT..=head };
    let best = prompts.clone().flat_map(|prompt| {
        let part = &shown[prompt..];
        (prompt + 1..cells.len()).map(move |at| (same(at, part), at, prompt))
    });
    match best.max() {
        Some((same, place, prompt)) if same >= LEAST.min(shown.len() - prompt) && same > 0 => {
            Placed { prompt, place: Some(place) }
        }
        _ if *prompts.end() > 0 => Placed { prompt: *prompts.end(), place: None },
        _ => Placed { prompt: 0, place: begins_in(cells, shown) },
    }
}

/// What stands in `end` behind the longest start of it that `head` ends with, if that is long enough to be no accident.
pub(super) fn behind_overlap<'c>(head: &[char], end: &'c [char]) -> Option<&'c [char]> {
    const LEAST: usize = 4;
    let same = (LEAST..=end.len().min(head.len())).rev().find(|len| head.ends_with(&end[..*len]))?;
    Some(&end[same..])
}

/// The only place in what was typed, behind the last sign with a blank, where a word ends as `shown` begins: what followed
/// is another text now, as a completion makes it.
fn begins_in(cells: &[char], shown: &[char]) -> Option<usize> {
    let head = shown.get(..2).filter(|head| head[1] == ' ' && head[0] != ' ')?;
    let sign = |two: &[char]| two[1] == ' ' && two[0] != ' ' && !two[0].is_alphanumeric();
    let typed = cells.windows(2).rposition(sign)? + 2;
    let mut places = (typed..cells.len()).filter(|at| cells[*at..].starts_with(head));
    places.next().filter(|_| places.next().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_painted_anew_is_told() {
        let back = |n: usize| "\x08".repeat(n);
        let row = format!("\x1b[32mk\x1b[m $ ls      {}", back(6));
        let seen = repainted(row.as_bytes()).unwrap();
        assert_eq!(
            (seen.shown.as_str(), seen.hidden, seen.columns, seen.col),
            ("k $ ls", Hidden::Nothing, 12, 6)
        );
        assert_eq!(seen.len, row.len());
        let left = repainted(format!("ho hello     <{}d", back(6)).as_bytes()).unwrap();
        assert_eq!((left.shown.as_str(), left.hidden, left.col), ("ho hello", Hidden::Left, 8));
        let right = repainted(format!("k $ echo hel>{}", back(9)).as_bytes()).unwrap();
        assert_eq!((right.shown.as_str(), right.hidden, right.col), ("k $ echo hel", Hidden::Right, 4));
        assert_eq!(repainted(b" 10% done\r"), None, "progress");
        assert_eq!(repainted(b"k $ ls\x08\x08x"), None, "nothing fills it");
    }

    #[test]
    fn a_row_that_went_aside_is_placed() {
        let cells = |text: &str| text.chars().collect::<Vec<_>>();
        let at = |prompt, place| Placed { prompt, place };
        assert_eq!(place_in(&cells("k $ echo hello"), &cells("ho hello")), at(0, Some(6)));
        assert_eq!(place_in(&cells("k $ "), &cells("ho hello")), at(0, None));
        assert_eq!(place_in(&cells("ops $ echo hello"), &cells("ops $ o hello")), at(6, Some(9)));
        assert_eq!(place_in(&cells("ops $ "), &cells("ops $ o hello")), at(6, None));
        let behind = |head, end| Some(behind_overlap(&cells(head), &cells(end))?.iter().collect::<String>());
        assert_eq!(behind("k $ echo hello", "hello there").as_deref(), Some(" there"));
        assert_eq!(behind("k $ echo hello", "lo there"), None);
        // what was completed
        assert_eq!(place_in(&cells("k $ ls ~/sr"), &cells("s /srv/")), at(0, Some(5)));
        assert_eq!(place_in(&cells("k $ ls ls b"), &cells("s /srv/")), at(0, None));
    }
}
