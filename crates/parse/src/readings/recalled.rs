//! Lines taken from history, where only what differs from the line before was written.
//!
//! Going up in history replaces the line. The editor leaves what both lines begin with, goes back to where they part, and
//! writes the rest: `printf x` becomes `pwd` by `wd`. Where it went back by a carriage return, the copy shows `printf xwd`.

use std::cell::Cell;

use crate::prompt::{KeySet, word_key};

/// Lines of history looked at: what is one of them is itself.
pub(crate) const MOST: usize = 60;
/// Lines gone through on the way to one.
const STEPS: usize = 5;
/// Lines looked at in all of that: where many begin alike, every way over them would be gone.
const LOOKS: usize = 10_000;

/// What a line says that shows a line of history, whose lines come the last one first, and, glued to it, the rest of
/// another one.
pub(crate) fn recalled<'a>(line: &str, history: impl Iterator<Item = &'a str> + Clone) -> Option<String> {
    let line = line.trim_end();
    let counts = |h: &str| h.len() >= 2 && !h.contains('\n');
    // a line that begins as no other one does is itself
    if !history.clone().any(|h| (2..line.len()).contains(&h.len()) && line.starts_with(h)) {
        return None;
    }
    let (mut recent, mut seen) = (Vec::with_capacity(MOST), KeySet::default());
    seen.reserve(MOST);
    for h in history.filter(|h| counts(h)) {
        if recent.len() == MOST {
            break;
        }
        if seen.insert(word_key(h)) {
            recent.push(h);
        }
    }
    if recent.contains(&line) {
        return None;
    }
    // the longest line shown first
    let mut starts: Vec<&str> = recent.iter().copied().filter(|h| line.starts_with(*h)).collect();
    starts.sort_by_key(|h| std::cmp::Reverse(h.len()));
    let lines = Lines { recent: &recent, looks: Cell::new(LOOKS) };
    starts.iter().find_map(|h| lines.follow(h, &line[h.len()..], STEPS, false))
}

/// Lines of history, and how many of them may still be looked at.
struct Lines<'a> {
    recent: &'a [&'a str],
    looks: Cell<usize>,
}

impl Lines<'_> {
    /// Goes from the line `shown` over others of history while `rest` is what that writes. `glued` once that shows: what
    /// stands behind a line and a blank may have been typed there.
    fn follow(&self, shown: &str, rest: &str, steps: usize, glued: bool) -> Option<String> {
        if steps == 0 {
            return None;
        }
        // a blank behind it is no part of the line as it is known
        let blank = rest.strip_prefix(' ').filter(|rest| shown.contains(' ') && !rest.starts_with(' '));
        let go_on = |rest: &str, blank: bool| {
            self.recent.iter().filter(|h| **h != shown).find_map(|next| {
                self.looks.set(self.looks.get().checked_sub(1)?);
                let same = shown.bytes().zip(next.bytes()).take_while(|(a, b)| a == b).count();
                let written = next.get(same..).filter(|w| !w.is_empty())?;
                let left = rest.strip_prefix(written)?;
                // what was typed behind it goes on with a blank; a letter may as well be the rest of a longer word
                let ends = left.is_empty() || left.starts_with([' ', ';', '|', '&']) && same < shown.len();
                let apart = written.starts_with([' ', ';', '|', '&']);
                let glued = glued || if blank { same > 0 } else { !apart };
                let found = self.follow(next, left, steps - 1, glued);
                found.or_else(|| (ends && glued && !apart).then(|| format!("{next}{left}")))
            })
        };
        go_on(rest, false).or_else(|| go_on(blank?, true))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HISTORY: [&str; 4] = ["ls -la /srv", "pwd", "cat /etc/hosts", "printf x"];

    fn again(line: &str) -> Option<String> {
        recalled(line, HISTORY.iter().rev().copied())
    }

    #[test]
    fn the_rest_of_another_line_replaces_what_differs() {
        assert_eq!(again("printf xwd").as_deref(), Some("pwd"));
        assert_eq!(again("printf xcat /etc/hostspwd").as_deref(), Some("pwd"));
        assert_eq!(again("printf xcat /etc/hosts | wc").as_deref(), Some("cat /etc/hosts | wc"));
        let history = ["cd", "cat /etc/hosts", "wc -l /srv"];
        let again = |line| recalled(line, history.iter().rev().copied());
        assert_eq!(again("cat /etc/hosts d | wc -l").as_deref(), Some("cd | wc -l"));
        assert_eq!(again("wc -l /srv cat /etc/hostsd").as_deref(), Some("cd"), "behind a blank of the first");
        assert_eq!(again("cat /etc/hosts x"), None);
        assert_eq!(again("wc -l /srv cat /etc/hosts"), None, "typed behind it");
    }

    #[test]
    fn not_every_way_over_many_alike_is_gone() {
        // each is the one before and an `a`, so that any may follow any
        let history: Vec<String> = (2..62).map(|n| "a".repeat(n)).collect();
        let lines: Vec<&str> = history.iter().map(String::as_str).collect();
        let lines = Lines { recent: &lines, looks: Cell::new(LOOKS) };
        assert_eq!(lines.follow(&history[0], &format!("{}!", "a".repeat(400)), STEPS, false), None);
        assert_eq!(lines.looks.get(), 0);
    }

    #[test]
    fn a_longer_line_is_itself() {
        for line in ["pwd", "pwd; ls -la /srv", "cat /etc/hosts.allow", "ls -la /srv/pwd2", "printf x | cat"]
        {
            assert_eq!(again(line), None, "{line}");
        }
    }
}
