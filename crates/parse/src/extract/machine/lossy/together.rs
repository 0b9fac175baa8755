//! Lines that a copy runs together: of what stood there before, nothing shows that it was erased.

use super::*;
use crate::shell::may_end_in_command;

/// A shell without an editor ends a line that was given up, and shows no prompt before the next.
pub(super) fn behind_given_up(ways: &mut Ways) {
    if let Some(at) = last_place(&ways.best.text, "^C")
        && let rest = &ways.best.text[at + "^C".len()..]
        && likeness(rest) >= 1.0
    {
        ways.best = Reading { text: rest.to_owned(), confidence: ways.best.confidence * 0.9 };
    }
}

impl Machine<'_> {
    /// A line took the place of another, which still stands before it; `again` where it was shown before as it is.
    pub(super) fn took_anothers_place(&self, again: bool, ways: &mut Ways) {
        let place = if again { None } else { self.took_place(&ways.best.text).map(|at| (at, true)) };
        let Some((at, settled)) = place.or_else(|| self.run_together(&ways.best.text)) else { return };
        let entered = ways.best.text[at..].to_owned();
        if settled {
            ways.prefer(entered, 0.8);
            ways.others[0].confidence = 0.2;
        } else {
            ways.doubt(0.6);
            ways.offer(entered, 0.2);
        }
    }

    /// Another command may begin inside a word, or behind a bell.
    pub(super) fn may_begin_inside(&mut self, asked: &Asked<'_>, ways: &mut Ways) {
        let Asked { entered, .. } = asked;
        if let Some((at, alone)) = self.could_begin(entered.prompt, &ways.best.text) {
            let other = ways.best.text[at..].to_owned();
            if !alone {
                ways.doubt(0.75);
            }
            self.rest = Some(other.clone());
            // it may be wrapped as well
            for more in self.plausible(entered.prompt, &other, false).into_iter().take(1) {
                ways.offer(more, 0.2);
            }
            ways.offer(other, 0.2);
        }
        if asked.in_shell()
            && let Some(typed) = behind_bell(asked.raw(), &ways.best.text).map(str::to_owned)
        {
            self.rest = Some(typed.clone());
            ways.offer(typed, 0.2);
        }
    }

    /// Where a line of a streaming copy runs two commands together: going back to the prompt and erasing the line left no
    /// trace in it. What was entered begins inside a word that is shown nowhere else. `true` where the session has run one
    /// of the two before, which settles it.
    pub(super) fn run_together(&self, text: &str) -> Option<(usize, bool)> {
        let known = |word: &str| self.words.again(word);
        let (mut end, mut may_end) = (text.len(), may_end_in_command(text));
        for (at, first) in text.char_indices().rev().take(256) {
            let behind_blank = at > 0 && text.as_bytes()[at - 1] == b' ';
            let may_begin = may_end && first.is_ascii_lowercase() && end - at >= 2;
            if !behind_blank && !may_begin && first != ' ' {
                continue;
            }
            let (before, after) = text.split_at(at);
            let ran = |t: &str| self.ran.contains(&hash(t.trim_end()));
            if behind_blank
                && before.trim().contains(' ')
                && ran(before)
                && (ran(after) || self.ran_and_more(after))
            {
                // one line from history after another
                return Some((at, true));
            }
            if first == ' ' {
                (end, may_end) = (at, may_end_in_command(before));
                continue;
            }
            let name = &text[at..end];
            let glued = before.ends_with(|c: char| c.is_alphanumeric());
            // nor does a name begin there within a path or an option
            let apart = || !before.ends_with([' ', '\n', '/', '-', '.', '_']) && after.contains(' ');
            if !may_begin || before.is_empty() || !(glued || apart()) || !is_command(name) {
                continue;
            }
            let begun = after.trim_end();
            let begins = |d: &Draft| d.text.strip_prefix(begun).is_some_and(|r| r.starts_with('\n'));
            let block = || !is_complete(after) && self.drafts.iter().rev().take(500).any(begins);
            let again = after.contains(' ') && (ran(after) || block());
            if !glued {
                if again && (before.ends_with(['\'', '"']) || ran(before)) {
                    return Some((at, true));
                }
                continue;
            }
            let start = before.rfind([' ', '/', '~']).map_or(0, |i| i + 1);
            let word = &text[start..at + name.len()];
            if is_command(word) || known(word) {
                continue;
            }
            let ran = |t: &str| self.drafts.iter().rev().take(500).any(|d| d.text == t);
            let settled = ran(before) || after.contains(' ') && ran(after) || again;
            // not every word that ends in a command's name is two: what stands before must be a word of its own
            let first = &text[start..at];
            if settled || first.len() >= 3 && known(first) {
                return Some((at, settled));
            }
        }
        None
    }

    /// Whether a line begins with one that was run, of several words, and goes on behind a sign that joins two.
    fn ran_and_more(&self, line: &str) -> bool {
        let heads = line.match_indices(['|', '&', ';', '>']).map(|(at, _)| line[..at].trim_end());
        heads.take(8).any(|head| head.contains(' ') && self.ran.contains(&hash(head)))
    }
}
