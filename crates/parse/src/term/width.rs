//! How wide the terminal was. No log says so; line editors betray it.
//!
//! - readline fills the last column, then writes a blank, or what comes next, and a carriage return to force the wrap;
//! - zsh and fish mark a missing line end with a sign, `width - 1` blanks, and a carriage return.

use super::kept::{behind_colour, text_ahead};
use super::repainted::behind_title;
use crate::prompt::{is_blank, is_shell_sign};

/// Narrowest terminal believed.
pub(super) const MIN: usize = 4;
/// Narrowest terminal that steps over rows betray, which may have been made for other reasons.
pub(super) const GUESSED: usize = 20;
/// Widest terminal believed.
pub(super) const MAX: usize = 1000;

/// The width that a row betrays when a carriage return comes at its end inside a line editor and `next` follows. `cells`
/// is the row with all it was wrapped from; `prompt_first` that the editor marks itself behind its prompt (zsh).
pub(super) fn at_forced_wrap(cells: &[char], next: &[u8], prompt_first: bool) -> Option<usize> {
    let width = cells.len().checked_sub(1)?;
    let again = next.first().map(|b| *b as char) == Some(cells[width]);
    if !(MIN..=MAX).contains(&width) || cells[width] != ' ' && !again {
        return None;
    }
    let printable = next.first().is_some_and(|b| *b >= b' ' && *b != 0x7f);
    let search = next.starts_with(b"(reverse-i-search)")
        || next.starts_with(b"(i-search)")
        || next.starts_with(b"(failed ")
        || next.starts_with(b"(arg: ");
    // zsh erases the new row; a step up makes sense only from a row that a wrap has begun
    let erased = prompt_first && next.starts_with(b"\x1b[K") || next.starts_with(b"\x1b[A");
    ((printable && !search && !is_empty_search(cells) && !repeats(cells, next)) || erased).then_some(width)
}

/// Whether a row is no more than the question of a search that nothing was typed into: readline leaves it by a carriage
/// return, and draws its line anew.
fn is_empty_search(cells: &[char]) -> bool {
    const QUESTION: &str = "search)`': ";
    cells.first() == Some(&'(')
        && cells.len() < 32
        && cells.iter().rev().copied().take(QUESTION.len()).eq(QUESTION.chars().rev())
}

/// Whether a row that no mark says is an editor's seems to be one that is full: text up to its end behind what may be a
/// prompt, and other text to follow. What counts up or turns is written again over itself, or was blanked before.
pub(super) fn seems_typed(cells: &[char], next: &[u8]) -> bool {
    let Some(row) = cells.strip_suffix(&[' ']).filter(|row| row.len() >= GUESSED) else { return false };
    let full = row[row.len() - 2..].iter().any(|c| *c != ' ');
    let signed = row.windows(2).any(is_signed);
    let text = text_ahead(next);
    let drawn = text.iter().filter(|c| **c != ' ').count();
    let same = text.iter().zip(cells).filter(|(a, b)| a == b && **a != ' ').count();
    // of a few characters one may be the same by chance
    let other = if drawn < 4 { same < drawn } else { 2 * same < drawn };
    full && signed && (other || next.starts_with(b"\x1b[A"))
}

/// Whether a row that no mark says is an editor's seems to be one that goes on below, where a step up is followed by `next`: a
/// search is on it, or it returns and writes the prompt once more.
pub(super) fn seems_edited(cells: &[char], next: &[u8]) -> bool {
    const SEARCH: &str = "(reverse-i-search)`";
    if SEARCH.chars().eq(cells.iter().copied().take(SEARCH.len())) {
        return true;
    }
    let written = next.strip_prefix(b"\r").filter(|_| cells.len() > GUESSED).and_then(start_of_row);
    let again = written.map_or(0, |text| text.chars().zip(cells).take_while(|(a, b)| a == *b).count());
    // busybox goes up and writes all of it again
    again < cells.len() && cells[..again].windows(2).any(is_signed)
}

/// The text that `bytes` write first, with colours and titles between.
fn start_of_row(mut bytes: &[u8]) -> Option<String> {
    const MOST: usize = 128;
    let mut text = String::new();
    while text.len() < MOST {
        let plain = bytes.iter().take(MOST).take_while(|b| **b >= b' ' && **b != 0x7f).count();
        text.push_str(std::str::from_utf8(&bytes[..plain]).ok()?);
        bytes = &bytes[plain..];
        let Some(rest) = behind_colour(bytes).or_else(|| behind_title(bytes)) else { break };
        bytes = rest;
    }
    Some(text)
}

/// Whether two cells are a prompt's sign and the blank behind it, or the first letter of a command where it has none.
fn is_signed(pair: &[char]) -> bool {
    let sign = is_shell_sign(pair[0]);
    is_blank(pair[1]) && (sign || !pair[0].is_ascii()) || sign && pair[1].is_ascii_lowercase()
}

/// Whether what follows rewrites the row from its start, in whatever colours.
fn repeats(cells: &[char], next: &[u8]) -> bool {
    let head: String = cells.iter().take(4).collect();
    let again = || text_ahead(next).iter().take(4).eq(cells.iter().take(4));
    head.trim_end().len() >= 2 && (next.starts_with(head.as_bytes()) || again())
}

/// The width that a partial-line sign betrays: one sign, and blanks that fill a whole row with it.
pub(super) fn at_partial_line_sign(cells: &[char], col: usize) -> Option<usize> {
    if cells.len() != col {
        return None;
    }
    let blanks = cells.iter().rev().take_while(|c| **c == ' ').count();
    let width = blanks + 1;
    let sign = *cells.get(col.checked_sub(width)?)?;
    (matches!(sign, '%' | '#' | '⏎' | '¶' | '↵') && (MIN..=MAX).contains(&width)).then_some(width)
}

/// What fish writes right before the blanks behind its sign for a missing line end, and what zsh does.
pub(super) const BEFORE_BLANKS: [&[u8]; 2] = ["⏎\x1b(B\x1b[m".as_bytes(), b"\x1b[27m\x1b[1m\x1b[0m"];

/// Where in `bytes` such a sign stands next, of the shell that writes `before` its blanks, and the width that it tells.
pub(super) fn next_sign(bytes: &[u8], before: &[u8]) -> Option<(usize, usize)> {
    memchr::memmem::find_iter(bytes, before).find_map(|at| {
        let behind = &bytes[at + before.len()..];
        let blanks = behind.iter().take(MAX).take_while(|b| **b == b' ').count();
        // zsh writes one more behind a carriage return, which a streaming copy has lost
        let own = behind[blanks..].starts_with(b"\r") || behind[blanks..].starts_with("⏎".as_bytes());
        let width = if own { blanks + 1 } else { blanks };
        (MIN..=MAX).contains(&width).then_some((at, width))
    })
}

/// The width that a step up betrays, when what follows writes again a part of the row: the cursor stood right below it.
pub(super) fn at_step_up(cells: &[char], col: usize, next: &[u8]) -> Option<usize> {
    let again: Vec<char> =
        next.iter().take(24).take_while(|b| (b' '..0x7f).contains(*b)).map(|b| *b as char).collect();
    if again.len() < 4 || col != cells.len() || col > 4 * MAX {
        return None;
    }
    let place = cells.windows(again.len()).position(|w| w == again)?;
    let width = col - place;
    (place < width && (GUESSED..=MAX).contains(&width)).then_some(width)
}

/// The width that a step up by `n` rows betrays after a character was put in at `from` and all behind it was written
/// again up to `col`: the steps aside in `next` lead to right behind that character.
pub(super) fn at_step_back(from: usize, col: usize, n: usize, next: &[u8]) -> Option<usize> {
    let (aside, behind) = steps_aside(next);
    if behind.starts_with(b"\r") {
        // they lead nowhere
        return None;
    }
    let distance = col.checked_add_signed(aside)?.checked_sub(from + 1)?;
    let width = distance / n;
    let rows_apart = (col / width.max(1)).checked_sub((from + 1) / width.max(1));
    (distance.is_multiple_of(n) && rows_apart == Some(n) && (GUESSED..=MAX).contains(&width)).then_some(width)
}

/// The width of a row that readline has filled to its end: it writes a blank to get to the next row before it goes up and
/// back by a carriage return.
pub(super) fn at_blank_below(cells: &[char], col: usize, n: usize, next: &[u8]) -> Option<usize> {
    let (last, row) = cells.split_last()?;
    let filled = *last == ' ' && row.last().is_some_and(|c| *c != ' ') && col == cells.len();
    let width = row.len();
    (filled && n == 1 && next.starts_with(b"\r") && (GUESSED..=MAX).contains(&width)).then_some(width)
}

/// How far to the right the steps at the start of `next` lead, backspaces, `ESC [ n C` and `ESC [ n D`, and what follows.
pub(super) fn steps_aside(mut next: &[u8]) -> (isize, &[u8]) {
    let mut steps = 0;
    for _ in 0..MAX {
        if let Some(rest) = next.strip_prefix(b"\x08") {
            steps -= 1;
            next = rest;
            continue;
        }
        let Some(rest) = next.strip_prefix(b"\x1b[") else { break };
        let digits = rest.iter().take_while(|b| b.is_ascii_digit()).count().min(5);
        let n = std::str::from_utf8(&rest[..digits]).ok().and_then(|s| s.parse().ok()).unwrap_or(1);
        match rest.get(digits) {
            Some(b'C') => steps += n,
            Some(b'D') => steps -= n,
            _ => break,
        }
        next = &rest[digits + 1..];
    }
    (steps, next)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(s: &str) -> Vec<char> {
        s.chars().collect()
    }

    #[test]
    fn a_forced_wrap_tells_the_width() {
        let row = cells(&format!("sh-5.2$ {} ", "x".repeat(72)));
        assert_eq!(at_forced_wrap(&row, b"rest", false), Some(80));
        assert_eq!(at_forced_wrap(&row, b"\x1b[K", false), None, "a redraw, not a wrap");
        assert_eq!(at_forced_wrap(&row, b"sh-5.2$ x", false), None, "the row is written again");
        assert_eq!(at_forced_wrap(&row, b"s\x1b[34mh-5.2\x1b(B$", false), None, "the same in colours");
    }

    #[test]
    fn a_search_prompt_is_no_wrap() {
        let row = cells("[someone@somewhere ~]$ ");
        assert_eq!(at_forced_wrap(&row, b"(reverse-i-search)`': ", false), None);
        let row = cells("(reverse-i-search)`': ");
        assert_eq!(at_forced_wrap(&row, b"[someone@somewhere ~]$ ", false), None);
    }

    #[test]
    fn a_step_up_tells_the_width() {
        let row = cells(&format!("u@h$ {}", "curl -s http://localhost/ || echo unreachable"));
        assert_eq!(at_step_up(&row, row.len(), b"curl -s http://localhost"), Some(row.len() - 5));
        assert_eq!(at_step_up(&row, row.len(), b"\x1b[C"), None);
    }

    #[test]
    fn a_step_back_tells_the_width() {
        let back = "\x1b[C".repeat(16);
        assert_eq!(at_step_back(16, 76, 1, back.as_bytes()), Some(75));
        assert_eq!(at_step_back(16, 76, 2, b""), None);
        assert_eq!(at_step_back(27, 85, 1, b"\r$ x"), None, "a carriage return leads elsewhere");
    }

    #[test]
    fn a_blank_below_a_filled_row_tells_the_width() {
        let row = cells(&format!("u@h$ {} ", "x".repeat(79)));
        assert_eq!(at_blank_below(&row, row.len(), 1, b"\r\x1b]0;t\x07u@h$ "), Some(84));
        assert_eq!(at_blank_below(&row, row.len(), 1, b"\x1b[C"), None);
        assert_eq!(at_blank_below(&row[..84], 84, 1, b"\ru@h$ "), None, "no blank was written");
    }

    #[test]
    fn the_next_sign_is_found_as_either_copy_has_it() {
        let blanks = " ".repeat(59);
        let [fish, zsh] = BEFORE_BLANKS.map(|before| [&b"x\r\n"[..], before, blanks.as_bytes()].concat());
        let behind = |sign: &[u8], rest: &str| [sign, rest.as_bytes()].concat();
        for rest in ["\r⏎ \r", "⏎ "] {
            assert_eq!(next_sign(&behind(&fish, rest), BEFORE_BLANKS[0]), Some((3, 60)));
        }
        for rest in ["\r \r\r\x1b[0m", " \x1b[0m"] {
            assert_eq!(next_sign(&behind(&zsh, rest), BEFORE_BLANKS[1]), Some((3, 60)));
        }
        assert_eq!(next_sign(b"\xe2\x8f\x8e\x1b(B\x1b[m x", BEFORE_BLANKS[0]), None);
    }

    #[test]
    fn a_partial_line_sign_tells_the_width() {
        let row = cells(&format!("%{}", " ".repeat(119)));
        assert_eq!(at_partial_line_sign(&row, 120), Some(120));
        let row = cells(&format!("no line end%{}", " ".repeat(119)));
        assert_eq!(at_partial_line_sign(&row, row.len()), Some(120));
    }
}
