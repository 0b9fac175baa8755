//! Lines that a copy runs together: of what stood there before, nothing shows that it was erased.

use super::*;
use crate::shell::names_at_end;

/// A shell without an editor ends a line that was given up, and shows no prompt before the next.
pub(super) fn behind_given_up(ways: &mut Ways) {
    if let Some(at) = last_place(&ways.best.text, "^C")
        && let rest = &ways.best.text[at + "^C".len()..]
        && likeness(rest) >= 1.0
    {
        ways.best = Reading { text: rest.to_owned(), confidence: ways.best.confidence * 0.9 };
    }
}

/// What was typed behind lines of before, each of which took the place of the one before it.
pub(super) struct Earlier {
    typed: String,
    /// Nobody would go on so: right behind a quote, or behind more than one line.
    settled: bool,
    /// It may be an argument as well: it stands behind a blank.
    argument: bool,
}

impl Earlier {
    pub(super) fn take_place(self, ways: &mut Ways) {
        if self.typed == ways.best.text {
            return;
        }
        if self.settled {
            ways.replace(self.typed, 0.7, 0.2);
        } else {
            ways.doubt(if self.argument { 1.0 } else { 0.75 });
            ways.offer(self.typed, 0.2);
        }
    }
}

impl Machine<'_> {
    /// A line took the place of another, which still stands before it; `again` where it was shown before as it is.
    pub(super) fn took_anothers_place(&self, again: bool, ways: &mut Ways) {
        let place = if again { None } else { self.took_place(&ways.best.text).map(|at| (at, true)) };
        let Some((at, settled)) = place.or_else(|| self.run_together(&ways.best.text)) else { return };
        let entered = ways.best.text[at..].to_owned();
        if settled {
            // however it wraps
            let Ways { best, others } = &mut *ways;
            let erased = &best.text[..at];
            let same = others.iter_mut().filter(|r| r.text != best.text && r.text.starts_with(erased));
            same.for_each(|r| drop(r.text.drain(..at)));
            ways.replace(entered, 0.8, 0.2);
        } else {
            ways.doubt(0.6);
            ways.offer(entered, 0.2);
        }
    }

    /// Lines of before at the start of `text`, of which nothing shows that they were erased, and a line typed behind them.
    pub(super) fn behind_earlier(&self, text: &str) -> Option<Earlier> {
        const FAR: usize = 40;
        const MOST: usize = 4;
        const SHORTEST: usize = 4;
        // most are told by their first letter
        let lines = |rest: &str| {
            let first = rest.as_bytes().first().copied();
            let lines = self.drafts.iter().rev().take(FAR);
            let lines = lines.filter(move |d| d.text.as_bytes().first().copied() == first);
            let lines = lines.filter(|d| d.kind == CommandKind::Shell).map(|d| d.text.trim_end());
            lines.filter(|line| line.len() >= SHORTEST)
        };
        let begins = |line: &&str, rest: &str| rest.starts_with(*line) && line.contains(' ');
        let (mut at, mut seen) = (0, 0);
        while seen < MOST
            && let Some(line) =
                lines(&text[at..]).filter(|line| begins(line, &text[at..])).max_by_key(|line| line.len())
        {
            (at, seen) = (at + line.len(), seen + 1);
        }
        let typed = text[at..].trim_end();
        let (blank, quoted) = (typed.starts_with(' '), text[..at].ends_with(['"', '\'']));
        let typed = typed.strip_prefix(' ').unwrap_or(typed);
        let begins = || {
            let name = typed.split(' ').next().unwrap_or_default();
            let word = text[..at].ends_with(|c: char| c.is_alphanumeric());
            name.len() > 1 && is_command(name) && (typed.contains(' ') || name.len() > 2 || !blank && !word)
        };
        let several = seen > 1 && !blank && typed.starts_with(char::is_alphanumeric);
        // a line of history may begin with a sign that joins two, of which the first was cut off
        let joins = || !blank && typed.starts_with(['&', '|']) && typed[1..].contains(' ');
        let found = seen > 0 && (several || begins() || joins());
        let settled = !blank && (several || quoted) && begins();
        found.then(|| Earlier { typed: typed.to_owned(), settled, argument: blank })
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
            let before = &ways.best.text[..ways.best.text.trim_end().len() - typed.trim_end().len()];
            let in_front = (likeness(before) < KNOWN && likeness(&typed) >= KNOWN)
                .then(|| format!("{} {before}", typed.trim_end()));
            ways.offer(typed, 0.2);
            if let Some(text) = in_front {
                ways.offer(text, 0.2);
            }
        }
    }

    /// Where a line of a streaming copy runs two commands together: going back to the prompt and erasing the line left no
    /// trace in it. What was entered begins inside a word that is shown nowhere else. `true` where the session has run one
    /// of the two before, which settles it.
    pub(super) fn run_together(&self, text: &str) -> Option<(usize, bool)> {
        const FARTHEST: usize = 256;
        let from = text.len().saturating_sub(FARTHEST);
        let begun = text.len() - text.trim_start().len();
        let second = memchr::memchr(b' ', &text.as_bytes()[begun..]).map_or(text.len(), |len| begun + len);
        let mut end = text.len();
        loop {
            let start = text.as_bytes()[..end].iter().rposition(|b| *b == b' ').map_or(0, |at| at + 1);
            let names = names_at_end(&text[start..end]).rev().map(|at| start + at);
            let mut names = names.take_while(|at| *at >= from);
            if let Some(found) = names.find_map(|at| self.begins_glued(text, at..end)) {
                return Some(found);
            }
            if start == 0 || start < from {
                return None;
            }
            let (before, after) = text.split_at(start);
            let ran = |t: &str| self.weighing.has_run(t.trim_end());
            if !after.is_empty()
                && second < before.trim_end().len()
                && ran(before)
                && (ran(after) || self.ran_and_more(after))
            {
                // one line from history after another
                return Some((start, true));
            }
            end = start - 1;
        }
    }

    /// The same where `name`, which may be a command's, begins inside a word.
    fn begins_glued(&self, text: &str, name: Range<usize>) -> Option<(usize, bool)> {
        let (at, known) = (name.start, |word: &str| self.weighing.words.again(word));
        let ran = |t: &str| self.weighing.has_run(t.trim_end());
        let (before, after) = text.split_at(at);
        let glued = before.ends_with(|c: char| c.is_alphanumeric());
        // nor does a name begin there within a path or an option
        let apart = || !before.ends_with(['\n', '/', '-', '.', '_']) && after.contains(' ');
        if !after.starts_with(|c: char| c.is_ascii_lowercase()) || !(glued || apart()) {
            return None;
        }
        let begun = after.trim_end();
        let begins = |d: &Draft| d.text.strip_prefix(begun).is_some_and(|r| r.starts_with('\n'));
        let block = || !is_complete(after) && self.drafts.iter().rev().take(500).any(begins);
        let again = || after.contains(' ') && (ran(after) || block());
        if !glued {
            let two = (before.ends_with(['\'', '"']) || ran(before)) && again();
            return two.then_some((at, true));
        }
        let start = before.rfind([' ', '/', '~']).map_or(0, |i| i + 1);
        let word = &text[start..at + name.len()];
        if is_command(word) || known(word) {
            return None;
        }
        let ran = |t: &str| self.drafts.iter().rev().take(500).any(|d| d.text == t);
        let settled = ran(before) || after.contains(' ') && ran(after) || again();
        // not every word that ends in a command's name is two: what stands before must be a word of its own
        let first = &text[start..at];
        (settled || first.len() >= 3 && known(first)).then_some((at, settled))
    }

    /// Whether a line begins with one that was run, of several words, and goes on behind a sign that joins two.
    fn ran_and_more(&self, line: &str) -> bool {
        let heads = line.match_indices(['|', '&', ';', '>']).map(|(at, _)| line[..at].trim_end());
        heads.take(8).any(|head| head.contains(' ') && self.weighing.has_run(head))
    }
}
