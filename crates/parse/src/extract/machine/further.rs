//! Lines for which a shell asks as the rest of a command, and what it asks with, where that is none of the usual signs: a
//! person may set it.

use super::editors::{is_zsh, prompt_end};
use super::*;

/// How often each unit may be looked at, on the average, for what a shell asks with.
const MOST_LOOKS: usize = 8;

impl Machine<'_> {
    /// The secondary prompt of the shell in front, which asks for more on the unit at `at`: what is known of it, or what two
    /// further lines of one command begin with, here or below.
    pub(super) fn secondary(&mut self, at: usize) -> Option<String> {
        const FAR: usize = 2000;
        let top = self.levels.top().filter(|top| top.program.is_none() && top.shown > 0)?;
        if let Some(known) = &top.ps2 {
            return Some(known.clone());
        }
        let typed = |unit| {
            let row = row(unit)?;
            Some(&row[prompt_end(row, &top.prompt)?..])
        };
        let asks = |unit| typed(unit).is_some_and(|text| text.len() < LONGEST_ASKED && !is_complete(text));
        let two = |at: usize| {
            let [one, other] = self.units.get(at..at + 2)? else { return None };
            let further = typed(one).is_none() && typed(other).is_none();
            let (one, other) = (row(one)?, row(other)?);
            let unusual = further && continuation(one, None).is_none();
            begins_both(one, other).filter(|_| unusual).map(str::to_owned)
        };
        if let Some(here) = two(at) {
            return Some(here);
        }
        let left = self.prompts.secondary_looks.unwrap_or(MOST_LOOKS * (self.units.len() + 64));
        let below = self.units.get(at..).unwrap_or_default();
        let below = &below[..below.len().min(FAR).min(left)];
        let found = (at + 1..).zip(below).filter(|(_, unit)| asks(unit)).find_map(|(next, _)| two(next));
        self.prompts.secondary_looks = Some(left - below.len());
        found
    }

    /// Whether zsh, as it says in `left`, waits for the end of a here-document of which the line looks finished: a blank stands
    /// behind its last word.
    pub(super) fn asks_for_more(&self, left: &str) -> bool {
        let waits = left.trim() == "heredoc>";
        let last = self.running.filter(|_| waits).and_then(|r| self.drafts.get(r));
        last.is_some_and(|d| d.kind == CommandKind::Shell && d.output.lines == 0 && d.text.contains("<<"))
    }

    /// A continuation line in a line editor; `false` where this is none.
    pub(super) fn continue_edit(&mut self, at: usize, edit: &Edit, left: &str, right: &str) -> bool {
        let known = self.secondary(at);
        let before = (!left.trim_start().is_empty()).then(|| continuation(left, known.as_deref())).flatten();
        let (ps2, rest) = match (before, continuation(right, known.as_deref())) {
            (Some((ps2, "")), _) => (ps2, right),
            (_, Some(found)) => found,
            _ if self.asks_before_mark(left) => (left, right),
            _ => return false,
        };
        if let Some(top) = self.levels.top_mut() {
            top.ps2 = Some(ps2.to_owned());
        }
        let mut text = rest.to_owned();
        for row in edit.rows.iter().skip(1) {
            text.push('\n');
            text.push_str(row);
        }
        let left_early = edit.ended == Ended::Left && left.is_empty();
        let zsh = is_zsh(self.given.of(&edit.span));
        // zsh switches the keypad back when a line is submitted
        let kept_on = || {
            let zsh = zsh || !left.trim_start().is_empty();
            zsh && edit.keypad_left_on && !self.is_drawn_when_finished(edit, &text)
        };
        let stopped = text.trim_end().ends_with("^C") || left_early && !zsh || kept_on();
        let status = match edit.ended {
            Ended::Cut => Some(Status::Incomplete),
            _ if stopped => Some(Status::Aborted),
            _ => None,
        };
        self.append(text.trim_end_matches("^C"), edit.span.end, status);
        true
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
