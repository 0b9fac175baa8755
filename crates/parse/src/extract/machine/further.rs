//! What a shell asks with for the rest of a command, where that is none of the usual signs: a person may set it.

use super::editors::prompt_end;
use super::*;

impl Machine<'_> {
    /// The secondary prompt of the shell in front, which asks for more on the unit at `at`: what is known of it, or what two
    /// further lines of one command begin with, here or below.
    pub(super) fn secondary(&self, at: usize) -> Option<String> {
        const FAR: usize = 2000;
        let top = self.levels.top().filter(|top| top.program.is_none() && top.shown > 0)?;
        if let Some(known) = &top.ps2 {
            return Some(known.clone());
        }
        let typed = |unit: &Unit<'_>| {
            let row = row(unit)?;
            prompt_end(row, &top.prompt).map(|end| row[end..].to_owned())
        };
        let asks = |unit: &Unit<'_>| {
            typed(unit).is_some_and(|text| text.len() < LONGEST_ASKED && !is_complete(&text))
        };
        let two = |at: usize| {
            let [one, other] = self.units.get(at..at + 2)? else { return None };
            let further = typed(one).is_none() && typed(other).is_none();
            let (one, other) = (row(one)?, row(other)?);
            let unusual = further && continuation(one, None).is_none();
            begins_both(one, other).filter(|_| unusual).map(str::to_owned)
        };
        let below = self.units.iter().enumerate().skip(at).take(FAR);
        two(at).or_else(|| below.filter(|(_, unit)| asks(unit)).find_map(|(above, _)| two(above + 1)))
    }

    /// Whether zsh asks for more with `left`, which it wrote before its mark: nothing of it was typed.
    pub(super) fn asks_before_mark(&self, left: &str) -> bool {
        let top = self.levels.top().filter(|top| top.marked && top.prompt_first && !left.is_empty());
        let named = left.contains(|c: char| c.is_alphanumeric());
        let own = |top: &Level| alike(&top.prompt, left) || named && differ_by_part(&top.prompt, left);
        top.is_some_and(|top| !own(top))
    }
}

/// The text that a unit begins with, behind its mark.
fn row<'u>(unit: &'u Unit<'_>) -> Option<&'u str> {
    match unit {
        Unit::Line(line) if line.text.len() < LONGEST_ASKED => line.text.get(line.rare().mark.unwrap_or(0)..),
        Unit::Line(_) => None,
        Unit::Edit(edit) => edit.rows.first()?.get(edit.mark..),
    }
}

/// The sign that both rows begin with, and the blank behind it, or the blanks alone.
fn begins_both<'a>(one: &'a str, other: &str) -> Option<&'a str> {
    let same: usize =
        one.chars().zip(other.chars()).take_while(|(a, b)| a == b).map(|(a, _)| a.len_utf8()).sum();
    let same = &one[..same];
    let blanks = same.len() - same.trim_start().len();
    if blanks > 0 {
        return Some(&same[..blanks]);
    }
    let sign = |at: &usize| !same[..*at].ends_with(|c: char| c.is_alphanumeric());
    same.match_indices(' ').map(|(at, _)| at).find(sign).map(|at| &same[..=at])
}

#[cfg(test)]
mod tests {
    use super::begins_both;

    #[test]
    fn what_further_lines_begin_with_ends_in_a_sign_or_is_blank() {
        assert_eq!(begins_both("(cont) a b", "(cont) $ ls"), Some("(cont) "));
        assert_eq!(begins_both("2: echo a", "2: echo b"), Some("2: "));
        assert_eq!(begins_both("  do", "  echo"), Some("  "));
        assert_eq!(begins_both("\u{2219} do", "\u{2219} done"), Some("\u{2219} "));
        assert_eq!(begins_both("echo a", "echo b"), None);
        assert_eq!(begins_both("done", "do"), None);
    }
}
