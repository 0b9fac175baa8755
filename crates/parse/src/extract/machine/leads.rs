//! Prompts of several lines: which rows above an editor's line are theirs.

use super::editors::prompt_end;
use super::*;

/// Rows alike at one place of their edits.
#[derive(Default)]
struct Upper {
    count: u32,
    /// The key of the prompt below the first.
    below: Option<u64>,
    /// How many have the same below.
    same: u32,
    /// Hashes of the last rows of their edits, up to three different ones.
    lasts: Vec<u64>,
}

impl Machine<'_> {
    /// Learns which rows of edits are the upper lines of prompts: the same again and again, with a prompt below, or above
    /// ever other last rows.
    pub(super) fn learn_leads(&mut self) {
        self.prompts.leads = KeySet::default();
        // where each edit has one row, none is above another
        let rows = |at: usize| if let Unit::Edit(edit) = &self.units[at] { edit.rows.len() } else { 0 };
        if self.prompts.first_rows.iter().all(|(at, _)| rows(*at) < 2) {
            return;
        }
        let mut seen: ByKey<Upper> = ByKey::default();
        for (at, _) in &self.prompts.first_rows {
            let Unit::Edit(edit) = &self.units[*at] else { continue };
            let Some(last) = edit.rows.last().map(|r| hash(r)) else { continue };
            let first = &edit.rows[0][edit.mark..];
            let again = if edit.rows.len() > 2 { self.drawn_again_from(edit, first) } else { 0 };
            let rows = &edit.rows[again..];
            for (i, row) in rows.iter().enumerate().take(3) {
                let row = if i == 0 && again == 0 { first } else { row };
                // further lines that fish indents begin with no prompt
                let below = rows.get(i + 1).filter(|r| !r.starts_with("  "));
                let below = below.and_then(|r| Some((r, self.prompts.marked.best(r, None)?.0)));
                let below = below.map(|(r, at)| exact_key(&r[..at]));
                let upper = seen.entry(few_key(loose_key(row), i)).or_default();
                let first = *upper.below.get_or_insert(below.unwrap_or(0));
                upper.count += 1;
                upper.same += u32::from(below.is_some_and(|b| b == first));
                if i + 1 < rows.len() && upper.lasts.len() < 3 && !upper.lasts.contains(&last) {
                    upper.lasts.push(last);
                }
            }
        }
        let is_lead = |u: &Upper| u.same >= 2 && 4 * u.same >= 3 * u.count || u.lasts.len() >= 3;
        self.prompts.leads =
            seen.into_iter().filter(|(_, upper)| is_lead(upper)).map(|(key, _)| key).collect();
    }

    /// From which row on the prompt is drawn once more, all of it, as below a listing: else 0.
    fn drawn_again_from(&self, edit: &Edit, first: &str) -> usize {
        let prompt = self.prompts.marked.best(first, None).map_or("", |(end, _)| &first[..end]);
        let same = |row: &String| row == first || prompt.len() > 2 && row.starts_with(prompt);
        edit.rows.iter().rposition(|row| !first.is_empty() && same(row)).unwrap_or(0)
    }

    /// How many rows of the edit are upper lines of its prompt.
    pub(super) fn lead_rows(&self, edit: &Edit) -> usize {
        let is_lead = |i: usize| {
            let row = &edit.rows[i];
            let row = if i == 0 { &row[edit.mark..] } else { row };
            let typed = self.prompts.marked.best(row, None).is_some_and(|(at, _)| {
                // a frame behind the name of an environment is no command
                self.prompts.marked.count(&row[..at]) > 1
                    && row[at..].contains(|c: char| c.is_ascii_graphic())
            });
            let left = matches!(self.opened, Opens::Exit) || self.left_editor;
            let due = self.levels.top().into_iter().chain(self.levels.below().filter(|_| left));
            let mut due = due.filter(|l| l.shown > 0).filter_map(|l| prompt_end(row, &l.prompt));
            // what a job says behind it looks like no command
            if due.any(|end| likeness(&row[end..]) > 0.0 || i == 0 && self.job_runs()) {
                return false;
            }
            if is_framed(row, &edit.rows[i + 1]) {
                return true;
            }
            let edited = i == 0 && edit.floor.is_some_and(|f| f > edit.mark && f < edit.rows[0].len());
            let extra = !typed
                && edit.returns.get(i).is_some_and(|r| *r > self.breaks.returns && self.breaks.returns > 0);
            let known = self.prompts.leads.contains(&few_key(loose_key(row), i));
            let first = || !typed && self.is_first_sign(&edit.rows[i + 1]);
            row.trim_start().is_empty() || (extra || known) && !edited || first()
        };
        if let Some(rows) = self.redrawn_below(edit) {
            return rows;
        }
        // only while no prompt ends on the row itself, and never the last
        (0..edit.rows.len().saturating_sub(1).min(3)).take_while(|i| is_lead(*i)).count()
    }

    /// Whether a line that was begun on a cleared screen, or behind zsh's sign for a missing line end, is the first of a prompt
    /// whose last line an editor below marks; takes the lines between.
    pub(super) fn is_lead(&mut self, at: usize) -> bool {
        let (units, mut lead) = (Rc::clone(&self.units), String::new());
        for (i, unit) in units.iter().enumerate().skip(at).take(4) {
            match unit {
                Unit::Line(line) if line.text.len() < 1024 => {
                    lead.push_str(line.behind_sign().trim());
                    lead.push(' ');
                }
                Unit::Edit(edit) if edit.mark > 0 && self.keyed(edit) => {
                    (self.prompts.lead, self.taken) = (Some(lead), i);
                    return true;
                }
                _ => return false,
            }
        }
        false
    }

    /// How many rows stand above the last line of a prompt that is drawn before the mark, where the screen was cleared in the editor.
    fn redrawn_below(&self, edit: &Edit) -> Option<usize> {
        let own = self.given.of(&edit.span);
        let cleared = || memmem::find(own, b"\x1b[2J").is_some();
        if edit.mark > 0 || !self.keyed(edit) || self.redrawn_prompt(&edit.rows[0], 0).is_some() || !cleared()
        {
            return None;
        }
        (1..edit.rows.len().min(3)).find(|i| self.redrawn_prompt(&edit.rows[*i], 0).is_some())
    }
}

/// Whether a frame opens on a row and closes on the next, as prompts of two lines draw it.
fn is_framed(row: &str, below: &str) -> bool {
    let first = |text: &str| text.chars().next();
    let frames = [('┌', '└'), ('╭', '╰'), ('┏', '┗'), ('╔', '╚')];
    first(row).zip(first(below)).is_some_and(|ends| frames.contains(&ends))
}
