//! Prompts that changed, and those of the levels below: what is due on a line where the prompt in force does not stand.

use super::*;

impl Machine<'_> {
    /// The prompt of the top level with other words in it: after `cd`, or where the same words come again.
    pub(super) fn same_level(&mut self, text: &str) -> Option<usize> {
        let top = self.levels.top()?;
        let sign = top.sign?;
        if !top.may_begin(text) {
            return None;
        }
        let mut ends: Vec<(usize, bool)> = top.same_ends(text).map(|end| (end, true)).collect();
        ends.extend(top.alike_ends(text).chain(top.led_end(text)).map(|end| (end, false)));
        if top.may_differ(text) {
            let fits = |c: &Candidate| top.fits_program(&text[..c.at]) || top.is_left_of(&text[..c.at]);
            ends.extend(candidates(text, None).iter().filter(|c| fits(c)).map(|c| (c.at, true)));
        }
        ends.sort_by_key(|(end, same)| (*end, !same));
        for (end, same) in ends {
            let top = self.levels.top()?;
            let (Some(prompt), Some(rest)) = (text.get(..end), text.get(end..)) else { continue };
            let shown = prompt.trim_end();
            // what is left of a sign may be of anything else
            let left = || {
                let sign = top.sign_damaged && shown.ends_with('\u{fffd}');
                sign && (same && top.is_left_whole(prompt) || likeness(rest) >= KNOWN)
            };
            // or the line was kept whole
            let ends_so =
                shown.ends_with(sign) || left() || top.is_left_of(prompt) || top.led_end(text) == Some(end);
            if !ends_so || !is_candidate(text, end, None) {
                continue;
            }
            if same {
                return Some(end);
            }
            let (said, known) = (says(prompt), &top.says);
            let same_user = said.user == known.user;
            let same_place = same_user && said.host == known.host;
            if same_place && said.user.is_some() || same_user && self.may().changes_prompt {
                return Some(end);
            }
            let plain = self.prompts.on_plain_lines(&self.units);
            if same_place && plain.count(prompt) >= 2 && likeness(rest) >= 1.0 {
                return Some(end);
            }
        }
        None
    }

    /// The prompt of the top level with a part more or less: what it says of a directory, or of a command that failed.
    pub(super) fn with_other_part(&mut self, text: &str) -> Option<(usize, f32)> {
        const LONGEST_STATUS: usize = 6;
        const INTERRUPTED: &str = "130";
        let same = self.opened == Opens::Nothing;
        let shell = |l: &&Level| same && !l.marked && l.program.is_none();
        let sign = self.levels.top().filter(shell)?.sign.filter(|sign| text.contains(*sign))?;
        let moved = self.may().changes_prompt;
        let top = self.levels.top()?;
        let (start, own) = (behind_status(text), behind_status(&top.prompt));
        let prompt = &top.prompt[own.unwrap_or(0)..];
        if start.or(own).is_some() && text[start.unwrap_or(0)..].starts_with(prompt) {
            let end = start.unwrap_or(0) + prompt.len();
            let told = own.is_some() || !sign.is_ascii() || top.shown >= LONG;
            // what a line that was given up leaves for one
            let given_up = || self.drafts.last().is_some_and(|d| d.status == Status::Aborted);
            let told = told || text[..start.unwrap_or(0)].trim() == INTERRUPTED && given_up();
            let told = told || self.prompts.on_plain_lines(&self.units).count(&text[..end]) > 1;
            return (told && likeness(&text[end..]) > 0.2).then_some((end, 0.9));
        }
        let mut ends = ends_so_signed(text, &top.prompt, sign);
        // who is named there may have gone from one to another
        let named = |prompt: &str| {
            let known = top.says.user.as_ref().filter(|_| moved);
            let alike = || known.is_some_and(|user| says(prompt).user.as_ref() == Some(user));
            !begins_early(prompt, &top.prompt) && alike()
        };
        let end = ends.find(|end| differ_by_part(&top.prompt, &text[..*end]) || named(&text[..*end]))?;
        let (prompt, rest) = text.split_at(end);
        let said = says(prompt);
        if said.user != top.says.user || said.host != top.says.host || said.root_sign != top.says.root_sign {
            return None;
        }
        // all of it behind what the last command gave, and not behind output that did not end its line or what was typed early
        let before = prompt.strip_suffix(top.prompt.as_str());
        let is_status = |before: &str| {
            let typed = before.contains(|c: char| c.is_ascii_lowercase());
            before.ends_with(' ') && before.chars().count() <= LONGEST_STATUS && !typed
        };
        if before.is_some_and(|before| !is_status(before)) {
            return None;
        }
        let whole = top.shown >= LONG && before.is_some();
        let known = likeness(rest) >= KNOWN;
        let plain = self.prompts.on_plain_lines(&self.units);
        let (count, used) = (plain.count(prompt), plain.is_used(prompt));
        match known {
            true if count >= 2 && used || whole || moved => Some((end, 0.93)),
            false if plain.is_proven(prompt) => Some((end, 0.8)),
            _ => None,
        }
    }

    /// The prompt of a level below the top that begins as the one in force does and goes on: what that was taken for may
    /// have been no more than an upper line.
    pub(super) fn longer_below(&self, text: &str) -> Option<usize> {
        let top = self.levels.top()?;
        let longer = |l: &&Level| {
            l.prompt.len() > top.prompt.len() && l.prompt.starts_with(top.prompt.as_str()) && !l.marked
        };
        let mut below = self.levels.below().filter(longer);
        below.find(|l| text.starts_with(l.prompt.as_str())).map(|l| l.prompt.len())
    }

    /// The prompt in force behind the name of an environment that the last command may have entered, `(venv) `, or behind
    /// the one that it begins with once more.
    pub(super) fn in_environment(&mut self, text: &str) -> Option<usize> {
        const MOST: usize = 64;
        let may = self.may();
        let enters = may.sets_prompt || may.changes_prompt;
        let within = |l: &Level| l.prompt.starts_with('(');
        let name = text.strip_prefix('(').filter(|_| enters || self.levels.top().is_some_and(within))?;
        let close = name.bytes().take(MOST).position(|b| matches!(b, b'(' | b')'))?;
        let end = 1 + close + ") ".len();
        let rest = text.get(end..).filter(|_| text.as_bytes()[..end].ends_with(b") "))?;
        let top = self.levels.top().filter(|l| l.shown > 0 && l.program.is_none())?;
        let top =
            Some(top).filter(|l| enters || l.prompt.len() > end && l.prompt.starts_with(&text[..end]))?;
        if !enters && text.starts_with(top.prompt.as_str()) {
            return Some(top.prompt.len());
        }
        let own = rest.starts_with(top.prompt.as_str()).then_some(top.prompt.len());
        own.or_else(|| self.same_level(rest)).map(|own| end + own)
    }

    /// The prompt of a level below the top: after its end, or where it is too long to be an accident.
    pub(super) fn lower_level(&self, text: &str) -> Option<usize> {
        let left = matches!(self.opened, Opens::Exit) || self.left_editor;
        let due = self.levels.below().filter(|l| text.starts_with(l.prompt.as_str())).filter(|l| {
            let long = l.shown >= LONG && l.says.user.is_some();
            (left || long && !l.marked) && l.shown > 0
        });
        // one that is longer is no other's upper line
        if let Some(end) = due.map(|l| l.prompt.len()).max() {
            return Some(end);
        }
        // the level below may have gone to another directory in a line that could not be read
        if !left {
            return None;
        }
        let due = |c: &Candidate| {
            let prompt = &text[..c.at];
            let counted = || self.levels.below().any(|l| l.shown >= LONG && same(&l.prompt, prompt));
            (likeness(&text[c.at..]) >= 0.3 || counted()) && self.levels.lower(prompt, &says(prompt))
        };
        candidates(text, None).into_iter().find(due).map(|c| c.at)
    }

    /// Whether the prompt in force stands on the next line although `rest`, what stands behind another one here, leaves
    /// no shell.
    pub(super) fn is_above_due(&self, at: usize, rest: &str) -> bool {
        let Some(top) = self.levels.top().filter(|l| l.shown > 0) else { return false };
        let due = match self.units.get(at + 1) {
            Some(Unit::Line(line)) => line.text.starts_with(top.prompt.as_str()),
            Some(Unit::Edit(edit)) => edit.mark > 0 && edit.rows[0].starts_with(top.prompt.as_str()),
            None => false,
        };
        due && opens(rest) != Opens::Exit
    }

    /// Whether the line above unit `at`, where `rest` stands behind a prompt that names nobody, does name one, and another than
    /// the shell in force, which has the same last line and comes back although nothing ended: then both are output.
    pub(super) fn is_anothers(&self, at: usize, prompt: &str, rest: &str) -> bool {
        const SOON: usize = 500;
        let place = |said: &Says| said.user.clone().zip(said.host.clone());
        let shell = |top: &&Level| !top.marked && top.says.user.is_some() && self.opened == Opens::Nothing;
        // mostly it is the prompt that was seen last
        let names_nobody = |_: &&Level| match &self.prompts.said {
            (last, said) if last == prompt => said.user.is_none(),
            _ => says(prompt).user.is_none(),
        };
        let known = self.levels.top().filter(shell).filter(names_nobody);
        let above = |at: usize| match self.units.get(at) {
            Some(Unit::Line(line)) if line.text.len() < LONGEST_ASKED => place(&says(&line.text)),
            _ => None,
        };
        let Some(top) = known else { return false };
        let Some(upper) = at.checked_sub(1).and_then(above) else { return false };
        // what was typed ahead stands glued to the name
        let other = |own: &(String, String)| own.1 != upper.1 || !upper.0.ends_with(&own.0);
        let Some(own) = place(&top.says).filter(other) else { return false };
        let mut last = rest;
        for unit in self.units.iter().skip(at + 1).take(SOON) {
            let Unit::Line(line) = unit else { return false };
            match line.text.strip_prefix(top.prompt.as_str()) {
                Some(rest) => last = rest,
                None if line.text.len() < LONGEST_ASKED
                    && line.text.contains(own.0.as_str())
                    && place(&says(&line.text)).as_ref() == Some(&own) =>
                {
                    return opens(last) != Opens::Exit;
                }
                None => {}
            }
        }
        false
    }

    /// Whether what `prompt` would have begun was left before the prompt in force comes back, if that comes back soon: if it
    /// was not, `prompt` is output that looks like one.
    pub(super) fn is_left_again(&self, at: usize, prompt: &str) -> Option<bool> {
        const SOON: usize = 500;
        let top = self.levels.top().filter(|top| top.shown > 0)?;
        // with Ctrl-D, behind which nothing stands
        let ends = |last: Option<&str>| last.is_some_and(|l| l.trim().is_empty() || opens(l) == Opens::Exit);
        let mut last = None;
        for unit in self.units.iter().skip(at).take(SOON) {
            match unit {
                Unit::Line(line) if line.rare().mark.is_none() => {
                    if let Some(end) = behind_same(prompt, &line.text) {
                        last = line.text.get(end..);
                    } else if behind_same(&top.prompt, &line.text).is_some() {
                        return Some(ends(last));
                    }
                }
                _ => return Some(ends(last)),
            }
        }
        None
    }
}

/// Whether letters stand before what a prompt begins with otherwise, as those do that were typed too early.
fn begins_early(prompt: &str, known: &str) -> bool {
    let Some(first) = known.chars().next().filter(|c| !c.is_alphanumeric()) else { return false };
    let before = prompt.split(first).next().unwrap_or_default();
    before.len() < prompt.len() && !before.is_empty() && before.bytes().all(|b| b.is_ascii_alphanumeric())
}

/// Whether a shell that was opened is left at once, as the next line says.
fn is_left_below(opened: &Opens, next: Option<&Unit<'_>>) -> bool {
    let says = |line: &Line<'_>| matches!(line.text.trim(), "exit" | "logout");
    matches!(opened, Opens::Shell { .. }) && matches!(next, Some(Unit::Line(line)) if says(line))
}

/// Whether it is `rest` that leaves it. Windows' shells say nothing then: below stands `outer`, the prompt of the one outside.
pub(super) fn is_left_at_once(opened: &Opens, rest: &str, next: Option<&Unit<'_>>, outer: &str) -> bool {
    let outside = |next: &Unit<'_>| matches!(next, Unit::Line(line) if line.text.starts_with(outer));
    let comes_back = || {
        let shell = matches!(opened, Opens::Shell { .. });
        shell && outer.trim().len() >= LONG && next.is_some_and(outside)
    };
    (is_left_below(opened, next) || comes_back()) && opens(rest) == Opens::Exit
}

/// Where in `rest` the prompt of such a shell goes on to, before the word that leaves it: what stood there so far begins the
/// prompts of others too.
pub(super) fn end_before_exit(opened: &Opens, rest: &str, next: Option<&Unit<'_>>) -> Option<usize> {
    if !is_left_below(opened, next) {
        return None;
    }
    let strong = |c: &&Candidate| rest[..c.at].trim_end().ends_with(is_shell_sign);
    let found = candidates(rest, None);
    found.iter().rev().filter(strong).map(|c| c.at).find(|at| opens(&rest[*at..]) == Opens::Exit)
}

/// Where in `text` a prompt may end that ends as `prompt` does, with its sign and the blanks behind that.
pub(super) fn ends_so_signed(text: &str, prompt: &str, sign: char) -> impl Iterator<Item = usize> {
    const MOST: usize = 240;
    let blanks = &prompt[prompt.trim_end().len()..];
    let ends = text.char_indices().take_while(|(at, _)| *at < MOST).filter(move |(_, c)| *c == sign);
    let ends = ends.map(|(at, c)| at + c.len_utf8()).filter(move |at| text[*at..].starts_with(blanks));
    ends.map(|at| at + blanks.len())
}
