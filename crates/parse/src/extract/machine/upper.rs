//! Upper lines of prompts whose last line is a sign and no more: a row like it stands above all of them, whatever ran.

use super::korn::begins_with_sign;
use super::*;

/// The prompt that was asked about last, and the key of its upper lines, as far as it is known for.
#[derive(Debug, Default)]
pub(super) struct Upper {
    prompt: String,
    key: Option<u64>,
    until: usize,
}

/// Units that are looked at on either side.
const NEAR: usize = 128;
/// An upper line stands above so many lines, behind so many different commands.
const LEAST: usize = 3;
const LONGEST: usize = 240;
/// A shell that showed so many prompts is none.
const MANY: u32 = 3;
/// Characters of a prompt that is no more than a sign: `=>`.
const LONGEST_SIGN: usize = 4;

impl<'a> Machine<'a> {
    /// Takes the row above unit `at`, which begins with `prompt`, for the upper line of that, and off the output where it is.
    pub(super) fn take_upper(&mut self, at: usize, prompt: &str) {
        if self.prompts.lead.is_some() || !self.is_sign(prompt) {
            return;
        }
        let units = Rc::clone(&self.units);
        let Some(own) = at.checked_sub(1).and_then(|above| row(&units, above)) else { return };
        let Some(key) = self.upper_key(at, prompt).filter(|key| *key == loose_key(own)) else { return };
        if let Some(running) = self.running
            && let output = &mut self.drafts[running].output
            && output.lines > 0
            && output.last_line().trim() == own
        {
            output.pop_line();
        }
        // what was typed ahead may stand in front of it
        let rows = (0..near(&units, at).len()).filter_map(|i| row(near(&units, at), i));
        let mut alone = rows.filter(|row| row.len() < own.len() && own.ends_with(row));
        let alone = alone.find(|row| loose_key(row) == key);
        self.prompts.lead = Some(alone.unwrap_or(own).to_owned());
    }

    /// Whether unit `at` is an upper line although it begins with `prompt`: in a streaming copy the filter may have made
    /// both begin so.
    pub(super) fn is_upper_alike(&mut self, at: usize, prompt: &str) -> bool {
        if self.given.mode == Mode::Exact || prompt.is_ascii() || !self.is_sign(prompt) {
            return false;
        }
        let units = Rc::clone(&self.units);
        let below = matches!(units.get(at + 1), Some(Unit::Line(next)) if next.text.starts_with(prompt));
        let own = row(&units, at).filter(|_| below);
        own.is_some_and(|own| self.upper_key(at, prompt) == Some(loose_key(own)))
    }

    /// Whether unit `at` is the upper line of the prompt below it, a sign, although `prompt` seems to end on it,
    /// before `rest`: `ops in \u{1f310} web`.
    pub(super) fn is_upper_of_sign(&mut self, at: usize, prompt: &str, rest: &str) -> bool {
        if matches!(self.opened, Opens::Repl { .. }) {
            // below stands what a program answers: `=> 2`
            return false;
        }
        let sign = prompt.trim_end().chars().next_back();
        let above = || self.is_written_above_sign(at) || self.is_above_sign(at);
        if sign.is_some_and(|c| !c.is_ascii()) && likeness(rest) < KNOWN && above() {
            return true;
        }
        let known = |l: &Level| l.program.is_none() && l.seen >= MANY;
        let units = Rc::clone(&self.units);
        let Some((own, Unit::Line(next))) = row(&units, at).zip(units.get(at + 1)) else { return false };
        // most lines are told by these
        if !may_begin_with_sign(&next.text)
            || self.levels.top().is_some_and(|top| known(top) && own.starts_with(top.prompt.trim()))
        {
            return false;
        }
        let Some(end) = self.prompt_end_below(at) else { return false };
        let below = &next.text[..end];
        self.is_sign(below) && !own.starts_with(below) && self.upper_key(at, below) == Some(loose_key(own))
    }

    /// Whether unit `at` ends with a return more than the next, on which a command stands behind a sign: a shell wrote its end
    /// itself, and no key did.
    fn is_written_above_sign(&self, at: usize) -> bool {
        let (Some(Unit::Line(own)), Some(Unit::Line(next))) = (self.units.get(at), self.units.get(at + 1))
        else {
            return false;
        };
        own.returns > next.returns && next.returns > 0 && is_signed_command(&next.text)
    }

    /// Whether a row on which nothing was entered is the upper line of a shell's first prompt: below stand a sign and a command.
    pub(super) fn is_above_sign(&self, at: usize) -> bool {
        matches!(self.units.get(at + 1), Some(Unit::Line(next)) if self.is_first_sign(&next.text))
    }

    /// Whether a row begins with the first prompt of a shell, a sign alone, and a command.
    pub(super) fn is_first_sign(&self, row: &str) -> bool {
        matches!(self.opened, Opens::Shell { .. }) && is_signed_command(row)
    }

    /// Whether a shell's prompt is a sign and no more.
    fn is_sign(&self, prompt: &str) -> bool {
        let (shell, shown) = (self.levels.top().is_none_or(|l| l.program.is_none()), prompt.trim());
        let signs = || !shown.contains(|c: char| c.is_ascii_alphanumeric());
        shell && signs() && (1..=LONGEST_SIGN).contains(&shown.chars().count())
    }

    /// What one knows the upper lines of `prompt` by near unit `at`.
    fn upper_key(&mut self, at: usize, prompt: &str) -> Option<u64> {
        let upper = &mut self.prompts.upper;
        if upper.prompt != prompt || at >= upper.until {
            let key = most_above(near(&self.units, at), prompt);
            *upper = Upper { prompt: prompt.to_owned(), key, until: at + NEAR / 2 };
        }
        upper.key
    }
}

/// Whether what a line begins with, before its first letter or digit, may be a prompt.
fn may_begin_with_sign(text: &str) -> bool {
    let signs = text.bytes().take_while(|b| !b.is_ascii_alphanumeric()).count();
    let ends = |b: &u8| *b == b' ' || !b.is_ascii() || is_shell_sign(char::from(*b));
    signs > 0 && (signs == text.len() || text.as_bytes()[..signs].iter().any(ends))
}

/// Whether a row is a sign alone and a command behind it.
fn is_signed_command(row: &str) -> bool {
    let typed = row.split_once(' ').filter(|_| begins_with_sign(row));
    typed.is_some_and(|(_, typed)| likeness(typed) >= KNOWN)
}

fn near<'u, 'a>(units: &'u [Unit<'a>], at: usize) -> &'u [Unit<'a>] {
    &units[at.saturating_sub(NEAR)..units.len().min(at + NEAR)]
}

/// What a unit shows that may be the upper line of a prompt: more than a word.
fn row<'u>(units: &'u [Unit<'_>], at: usize) -> Option<&'u str> {
    let Some(Unit::Line(line)) = units.get(at) else { return None };
    let text = line.text.trim();
    let more = || text.contains(|c: char| !c.is_alphanumeric());
    (text.len() <= LONGEST && line.rare().mark.is_none() && more()).then_some(text)
}

/// What one knows rows by that stand above most lines that begin with `prompt`, behind different commands.
fn most_above(units: &[Unit<'_>], prompt: &str) -> Option<u64> {
    // how often a row stands there, behind which commands, and how often it begins with the prompt itself
    #[derive(Default)]
    struct Above<'u> {
        alike: usize,
        own: usize,
        behind: Vec<&'u str>,
        one: &'u str,
    }
    let (mut all, mut last, mut before) = (0, "", "");
    let mut rows: ByKey<Above<'_>> = ByKey::default();
    for (at, unit) in units.iter().enumerate() {
        let Unit::Line(line) = unit else { continue };
        let Some(typed) = line.text.strip_prefix(prompt).filter(|typed| !typed.is_empty()) else { continue };
        let above = at.checked_sub(1).and_then(|above| row(units, above));
        all += 1;
        if let Some(above) = above {
            let own = above.starts_with(prompt);
            let ran = if own { before } else { last };
            let row = rows.entry(loose_key(above)).or_default();
            (row.alike, row.one) = (row.alike + 1, above);
            row.own += usize::from(own);
            if row.behind.len() < LEAST && !row.behind.contains(&ran) {
                row.behind.push(ran);
            }
        }
        (before, last) = (last, typed.split(' ').next().unwrap_or_default());
    }
    let most = rows.into_iter().max_by_key(|(_, row)| row.alike);
    let upper = most.filter(|(_, row)| row.behind.len() >= LEAST && 4 * row.alike >= 3 * (all - row.own));
    upper.filter(|(_, row)| !is_entered(units, row.one, prompt)).map(|(key, _)| key)
}

/// Whether a row that stands above `prompt` is itself a prompt with something entered: a command that is known stands behind
/// that prompt on another row, and not above this one.
fn is_entered(units: &[Unit<'_>], row: &str, prompt: &str) -> bool {
    let found = candidates(row, None);
    let ends = found.iter().map(|c| c.at).filter(|at| !row[*at..].trim().is_empty());
    let strong =
        |at: &usize| row[..*at].trim_end().ends_with(is_shell_sign) && !row[..*at].starts_with(prompt);
    ends.filter(strong).any(|at| {
        units.iter().enumerate().any(|(n, unit)| {
            let Unit::Line(line) = unit else { return false };
            let known = line.text.strip_prefix(&row[..at]).is_some_and(|rest| likeness(rest) >= KNOWN);
            known && !matches!(units.get(n + 1), Some(Unit::Line(next)) if next.text.starts_with(prompt))
        })
    })
}
