//! Upper lines of prompts whose last line is a sign and no more: a row like it stands above all of them, whatever ran.

use super::*;

/// The prompt that was asked about last, and the key of its upper lines.
#[derive(Debug, Default)]
pub(super) struct Upper {
    prompt: String,
    key: Option<u64>,
}

/// Units that are looked at on either side.
const NEAR: usize = 128;
/// An upper line stands above so many lines, behind so many different commands.
const LEAST: usize = 3;
const LONGEST: usize = 240;

impl<'a> Machine<'a> {
    /// Takes the row above unit `at`, which begins with `prompt`, for the upper line of that, and off the output where it is.
    pub(super) fn take_upper(&mut self, at: usize, prompt: &str) {
        let units = Rc::clone(&self.units);
        let shell = self.levels.top().is_none_or(|l| l.program.is_none());
        if self.prompts.lead.is_some() || !shell || prompt.trim().chars().count() != 1 {
            return;
        }
        let Some(own) = at.checked_sub(1).and_then(|above| row(&units, above)) else { return };
        let near = &units[at.saturating_sub(NEAR)..units.len().min(at + NEAR)];
        if self.prompts.upper.prompt != prompt {
            self.prompts.upper =
                Upper { prompt: prompt.to_owned(), key: upper_key(near, prompt, loose_key(own)) };
        }
        let Some(key) = self.prompts.upper.key.filter(|key| *key == loose_key(own)) else { return };
        if let Some(running) = self.running
            && let output = &mut self.drafts[running].output
            && output.lines > 0
            && output.last_line().trim() == own
        {
            output.pop_line();
        }
        // what was typed ahead may stand in front of it
        let rows = (0..near.len()).filter_map(|i| row(near, i));
        let mut alone = rows.filter(|row| row.len() < own.len() && own.ends_with(row));
        let alone = alone.find(|row| loose_key(row) == key);
        self.prompts.lead = Some(alone.unwrap_or(own).to_owned());
    }
}

/// What a unit shows that may be the upper line of a prompt: more than a word.
fn row<'u>(units: &'u [Unit<'_>], at: usize) -> Option<&'u str> {
    let Some(Unit::Line(line)) = units.get(at) else { return None };
    let text = line.text.trim();
    let more = || text.contains(|c: char| !c.is_alphanumeric());
    (text.len() <= LONGEST && line.rare().mark.is_none() && more()).then_some(text)
}

/// `key`, if rows that have it stand above most lines that begin with `prompt`, and behind different commands.
fn upper_key(units: &[Unit<'_>], prompt: &str, key: u64) -> Option<u64> {
    let (mut all, mut alike, mut last) = (0, 0, "");
    let mut behind: Vec<&str> = Vec::new();
    for (at, unit) in units.iter().enumerate() {
        let Unit::Line(line) = unit else { continue };
        let Some(typed) = line.text.strip_prefix(prompt).filter(|typed| !typed.is_empty()) else { continue };
        let above = at.checked_sub(1).and_then(|above| row(units, above));
        all += 1;
        if above.is_some_and(|above| loose_key(above) == key) {
            alike += 1;
            if !behind.contains(&last) {
                behind.push(last);
            }
        }
        last = typed.split(' ').next().unwrap_or_default();
    }
    (alike >= LEAST && behind.len() >= LEAST && 4 * alike >= 3 * all).then_some(key)
}
