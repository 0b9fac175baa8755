//! How wide the terminal was. No log says so; line editors betray it.
//!
//! - readline fills the last column, then writes a blank and a carriage return to force the wrap;
//! - zsh and fish mark a missing line end with a sign, `width - 1` blanks, and a carriage return.

/// Narrowest terminal believed.
const MIN: usize = 20;
/// Widest terminal believed.
const MAX: usize = 1000;

/// The width that `cells` betrays when a carriage return comes at `col` inside a line editor and `next` follows.
///
/// `typed_from` is where the row's own text began, so that a prompt ending in a blank is no wrap.
pub(super) fn at_forced_wrap(cells: &[char], col: usize, next: &[u8]) -> Option<usize> {
    let width = col.checked_sub(1)?;
    if !(MIN..=MAX).contains(&width) || cells.len() != col || cells[width] != ' ' {
        return None;
    }
    let printable = next.first().is_some_and(|b| *b >= b' ' && *b != 0x7f);
    let search = next.starts_with(b"(reverse-i-search)")
        || next.starts_with(b"(i-search)")
        || next.starts_with(b"(failed ")
        || next.starts_with(b"(arg: ");
    (printable && !search && !repeats(cells, next)).then_some(width)
}

/// Whether what follows rewrites the row from its start.
fn repeats(cells: &[char], next: &[u8]) -> bool {
    let head: String = cells.iter().take(4).collect();
    head.trim_end().len() >= 2 && next.starts_with(head.as_bytes())
}

/// The width that a partial-line sign betrays: one sign, blanks up to the last column, carriage return.
pub(super) fn at_partial_line_sign(cells: &[char], col: usize) -> Option<usize> {
    if cells.len() != col || !(MIN..=MAX).contains(&col) {
        return None;
    }
    let sign = *cells.first()?;
    let all_blank = cells[1..].iter().all(|c| *c == ' ');
    (all_blank && matches!(sign, '%' | '#' | '⏎' | '¶' | '↵')).then_some(col)
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
    (place < width && (MIN..=MAX).contains(&width)).then_some(width)
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
        assert_eq!(at_forced_wrap(&row, 81, b"rest"), Some(80));
        assert_eq!(at_forced_wrap(&row, 81, b"\x1b[K"), None, "a redraw, not a wrap");
        assert_eq!(at_forced_wrap(&row, 81, b"sh-5.2$ x"), None, "the row is written again");
    }

    #[test]
    fn a_search_prompt_is_no_wrap() {
        let row = cells("[someone@somewhere ~]$ ");
        assert_eq!(at_forced_wrap(&row, row.len(), b"(reverse-i-search)`': "), None);
    }

    #[test]
    fn a_step_up_tells_the_width() {
        let row = cells(&format!("u@h$ {}", "curl -s http://localhost/ || echo unreachable"));
        assert_eq!(at_step_up(&row, row.len(), b"curl -s http://localhost"), Some(row.len() - 5));
        assert_eq!(at_step_up(&row, row.len(), b"\x1b[C"), None);
    }

    #[test]
    fn a_partial_line_sign_tells_the_width() {
        let row = cells(&format!("%{}", " ".repeat(119)));
        assert_eq!(at_partial_line_sign(&row, 120), Some(120));
    }
}
