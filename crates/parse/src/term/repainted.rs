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
fn behind_title(bytes: &[u8]) -> Option<&[u8]> {
    let rest = bytes.strip_prefix(b"\x1b]")?;
    let end = rest.iter().position(|b| *b < b' ').filter(|end| rest[*end] == 0x07)?;
    Some(&rest[end + 1..])
}

/// Where in `cells` the row goes on that a painted one begins: the place where most of it is the same, and at least so much
/// that it is no accident.
pub(super) fn place_in(cells: &[char], shown: &[char]) -> Option<usize> {
    const LEAST: usize = 3;
    let same = |at: usize| cells[at..].iter().zip(shown).take_while(|(a, b)| a == b).count();
    let best = (1..cells.len()).map(|at| (same(at), at)).max()?;
    (best.0 >= LEAST.min(shown.len()) && best.0 > 0).then_some(best.1)
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
        assert_eq!(place_in(&cells("k $ echo hello"), &cells("ho hello")), Some(6));
        assert_eq!(place_in(&cells("k $ "), &cells("ho hello")), None);
    }
}
