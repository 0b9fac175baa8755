//! The marks of line editors that a streaming copy keeps, and the upper lines of prompts there.

use super::begun::{drawn_once, quotes};
use super::*;

/// Marked lines that look alike.
#[derive(Default)]
struct Alike {
    lines: u32,
    /// The first prompt below one of them.
    below: Option<u64>,
    /// How many have another below, or none.
    others: u32,
}

impl Alike {
    fn may_be_leads(&self) -> bool {
        self.lines >= 2 && 5 * self.others <= self.lines
    }
}

impl<'a> Machine<'a> {
    /// A line of a streaming copy that kept its mark, or of a transcript on the other screen.
    pub(super) fn marked_line(&mut self, at: usize, line: &Line<'_>, mark: usize) {
        let text: &str = &line.text;
        let (left, right) = text.split_at(mark);
        let left = behind_sign(left);
        let best = self.prompts.marked.best(right, None);
        let may = self.may();
        let prompt_first = self.is_prompt_before_mark(left, best.map(|b| &right[..b.0]), false);
        if self.continuing && prompt_first {
            let known = self.secondary(at);
            let usual = continuation(left, known.as_deref()).filter(|(_, typed)| typed.is_empty());
            if usual.is_some() || self.asks_before_mark(left) {
                let (ps2, ways) = (left.to_owned(), self.reread(line, left, right));
                if let Some(top) = self.levels.top_mut() {
                    top.ps2 = Some(ps2);
                }
                return self.append_read(ways, line.span.end, None);
            }
        }
        if !prompt_first && !left.trim_start().is_empty() {
            self.output(left, &line.span);
        }
        // a continuation's sign below a command is no prompt's last line
        let typed = best.is_some_and(|(end, _)| {
            self.prompts.marked.precedes_commands(&right[..end]) && !right[end..].trim_start().is_empty()
        });
        // nor is what stands behind a shell's sign, whatever complains of it below
        let signed = |prompt: &str| prompt.trim_end().ends_with(is_shell_sign);
        let in_force = self.levels.top().filter(|top| top.marked && top.shown > 0 && signed(&top.prompt));
        let rest = in_force.and_then(|top| right.strip_prefix(top.prompt.as_str()));
        let behind_sign = rest.is_some_and(|rest| !rest.trim_start().is_empty())
            || typed && best.is_some_and(|(end, _)| signed(&right[..end]));
        let above = |machine: &mut Self| {
            !(typed || behind_sign)
                && (machine.is_streamed_lead(at, right) || machine.is_above_prompt(at, right))
                || !behind_sign && machine.is_above_used(at, right, best.map_or(0, |(end, _)| end))
        };
        if !prompt_first && above(self) {
            self.prompts.marked_lead = Some(hash(right.trim()));
            self.prompts.lead = Some(right.trim().to_owned());
            return;
        }
        if right.is_empty() && !prompt_first && self.begins_below(at) {
            return;
        }
        let asked = line.rare().input.and_then(|i| i.checked_sub(mark)).filter(|i| *i > 0);
        let known = asked.or_else(|| self.in_environment(right)).or_else(|| self.undamaged(right));
        let end = known.or(best.map(|(at, _)| at)).unwrap_or(0);
        // blanks behind the prompt that stood there before were typed
        let own = self.levels.top().map(|top| top.prompt.as_str()).filter(|own| own.ends_with(' '));
        let own = own.filter(|own| right[..end].strip_prefix(own).is_some_and(|more| more.trim().is_empty()));
        let end = own.map_or(end, str::len);
        let (prompt, rest) =
            if prompt_first { (left, right) } else { right.split_at(drawn_once(&right[..end])) };
        let said = says(prompt);
        let expected = prompt_first
            || self.levels.top().is_none_or(|l| l.fits(prompt, &said))
            || self.levels.lower(prompt, &said)
            || !matches!(self.opened, Opens::Nothing)
            || may.sets_prompt
            || self.levels.top().is_some_and(|l| alike(&l.prompt, prompt) || l.is_left_of(prompt))
            || may.changes_prompt
            || self.prompts.marked.count(prompt) > 1;
        if !expected || self.is_answer("", prompt) {
            // full-screen programs set the same mark
            return self.output(right, &line.span);
        }
        let rest = after_last_prompt(rest, prompt, true);
        let aborted = rest.trim_end().ends_with("^C")
            || line.rare().left && !prompt_first && !rest.trim_start().is_empty();
        let status = if line.cut {
            Status::Incomplete
        } else if aborted {
            Status::Aborted
        } else {
            Status::Run
        };
        let spoken = self.spoken_into(at, prompt, rest);
        let confidence = match self.prompts.marked.count(prompt) {
            _ if spoken.is_some() => 0.7,
            0 | 1 => 0.9,
            _ => 0.97,
        };
        let (spoken, others) = spoken.unzip();
        let text = spoken.or_else(|| self.pasted(at, prompt, rest)).unwrap_or_else(|| rest.to_owned());
        let mut others = others.unwrap_or_default();
        let (text, confidence) = match self.rows_below(at, line, &text) {
            Some((below, true)) => {
                others.insert(0, text);
                (below, 0.7)
            }
            Some((below, false)) => {
                others.insert(0, below);
                (text, confidence)
            }
            None => (text, confidence),
        };
        self.entered(Entered {
            lead: String::new(),
            whole: false,
            replayed: false,
            title: line.rare().title.clone(),
            prompt,
            text,
            status,
            // in a streaming copy, only a title makes the agent keep every prompt of a shell as it was
            marked: self.given.mode == Mode::Exact
                || line.rare().titled && self.prompts.marked.count_alike(prompt) > 1,
            confidence,
            span: line.span.clone(),
            raw: None,
            others,
        });
    }

    /// What was entered, where the editor went over several rows in `line` and goes on in the row below, which the shell
    /// did not ask for: `text` and the rest of it, or another line of history, but for what both end with. `true` where the
    /// shell opens its editor again right behind that row, which therefore is no output; takes it then.
    fn rows_below(&mut self, at: usize, line: &Line<'_>, text: &str) -> Option<(String, bool)> {
        let raw = self.given.bytes.get(line.span.clone()).filter(|raw| raw.len() < LONGEST_LINE)?;
        memmem::find(raw, b"\x1b[A")?;
        let units = Rc::clone(&self.units);
        let Some(Unit::Line(below)) = units.get(at + 1) else { return None };
        let row = below.text.trim_end();
        if below.rare().mark.is_some() || row.len() > LONGEST_ASKED || continuation(row, None).is_some() {
            return None;
        }
        let again = self.given.bytes[below.span.end..].starts_with(b"\x1b[?2004l\x1b[?2004h");
        let ends_alike = |h: &str| h.strip_prefix(row).is_some_and(|end| text.trim_end().ends_with(end));
        let earlier = self.drafts.iter().rev().take(history::MOST).map(|d| d.text.as_str());
        let whole = match earlier.into_iter().find(|h| row.len() > 1 && ends_alike(h)) {
            Some(other) => other.to_owned(),
            None if !again => return None,
            None => {
                let whole = format!("{text}{row}");
                self.without_odd_blanks(&whole).unwrap_or(whole)
            }
        };
        if again {
            self.taken = at + 2;
        }
        Some((whole, again))
    }

    /// Where the prompt in force ends on a line that was kept, if the agent's filter has damaged it on others.
    fn undamaged(&self, text: &str) -> Option<usize> {
        let top = self.levels.top().filter(|_| !text.is_ascii())?;
        candidates(text, None).iter().map(|c| c.at).find(|at| top.is_left_of(&text[..*at]))
    }

    /// Whether a marked line is the upper line of a prompt whose last line follows without a mark: every line like it is
    /// followed by one that begins with the same prompt.
    pub(super) fn is_streamed_lead(&mut self, at: usize, right: &str) -> bool {
        if self.prompts.streamed_leads.is_none() {
            self.prompts.streamed_leads = Some(self.find_streamed_leads());
        }
        let Some(leads) = self.prompts.streamed_leads.as_ref().filter(|leads| !leads.is_empty()) else {
            return false;
        };
        let key = loose_key(right);
        // or the screen was cleared, and it is drawn anew
        let again = |unit: &Unit<'_>| matches!(unit, Unit::Line(l) if l.rare().mark.is_none() && loose_key(&l.text) == key);
        leads.contains(&key) && (self.prompt_below(at).is_some() || self.units.get(at + 1).is_some_and(again))
    }

    /// Whether a line is the upper line of the prompt, drawn once more: with its title, and without the mark that it has where
    /// the editor begins. Not where the screen was cleared in the editor.
    pub(super) fn is_lead_anew(&self, line: &Line<'_>) -> bool {
        let same = |lead: u64| hash(line.text.trim()) == lead;
        self.given.mode == Mode::Streamed
            && line.rare().title.is_some()
            && self.opened == Opens::Nothing
            && line.rare().mark.is_none()
            && self.prompts.marked_lead.is_some_and(same)
            && memmem::find(self.given.of(&line.span), b"\x1b[2J").is_none()
    }

    /// Where readline draws the prompt of its marked line once more, with its title: below names that it listed.
    pub(super) fn drawn_anew_from(&self, line: &Line<'_>) -> Option<usize> {
        if self.given.mode != Mode::Streamed {
            return None;
        }
        // another shell, which marks nothing, may have the same prompt
        let top = self.levels.top().filter(|top| top.marked && !top.prompt_first && top.shown > 0)?;
        // it may have waited before, page by page
        let begin = if line.text.starts_with(listed::MORE) { listed::MORE.len() } else { 0 };
        let within = || begin > 0 && memmem::find(self.given.of(&line.span), b"\x1b]").is_some();
        if !matches!(self.opened, Opens::Nothing) || line.rare().title.is_none() && !within() {
            return None;
        }
        // behind Ctrl-C the editor begins anew
        let begins = |mark: usize| mark < line.text.len() || !line.text.ends_with("^C");
        let again = line.text[begin..].starts_with(&top.prompt) && !line.rare().mark.is_some_and(begins);
        again.then_some(begin)
    }

    /// A shell of which not all prompts are marked in a streaming copy: its editor ends right behind a line that has none.
    /// The titles that made the agent keep the marks are those of commands.
    pub(super) fn has_unmarked(&mut self, line: &Line<'_>) {
        if self.given.mode == Mode::Streamed
            && let Some(top) = self.levels.top_mut().filter(|top| top.marked && top.shown > 0)
            && line.text.starts_with(&top.prompt)
            && ends_editor(self.given.behind(line.span.end))
        {
            top.marked = false;
        }
    }

    /// Whether a line on the other screen is the shell's: switching to it is no more than a sequence that anybody can print,
    /// and the shell goes on there. Its editor marks the line and its end, which is nothing that a program shows of a file.
    pub(super) fn is_shells(&self, line: &Line<'_>, mark: usize) -> bool {
        let prompt = self.levels.top().filter(|top| top.marked && top.shown > 0);
        prompt.is_some_and(|top| behind_same(&top.prompt, &line.text[mark..]).is_some())
            && ends_editor(self.given.behind(line.span.end))
    }

    /// What upper lines of prompts look like that have a mark: below four of five such lines stands the same prompt, not below
    /// every one, since behind it may stand no command that can be read.
    fn find_streamed_leads(&mut self) -> KeySet {
        let units = Rc::clone(&self.units);
        let key = |(at, unit): (usize, &Unit<'_>)| match unit {
            Unit::Line(line) => Some((at, loose_key(line.text.get(line.rare().mark?..)?))),
            Unit::Edit(_) => None,
        };
        let mut marked: Vec<(usize, u64)> = units.iter().enumerate().filter_map(key).collect();
        // those first that are told to be none by what stands below
        let plain =
            |at: usize| matches!(units.get(at + 1), Some(Unit::Line(next)) if next.rare().mark.is_none());
        marked.sort_by_key(|(at, _)| plain(*at));
        let mut seen: ByKey<Alike> = ByKey::default();
        for (_, key) in &marked {
            seen.entry(*key).or_default().lines += 1;
        }
        for (at, key) in marked {
            // what can be none any more is not looked at
            if let Some(alike) = seen.get_mut(&key).filter(|alike| alike.may_be_leads()) {
                let below = self.prompt_below(at);
                alike.below = alike.below.or(below);
                alike.others += u32::from(below.is_none() || below != alike.below);
            }
        }
        seen.into_iter().filter(|(_, alike)| alike.may_be_leads()).map(|(key, _)| key).collect()
    }

    /// Whether the next line begins with the prompt in force and this one does not: what was kept of a prompt's upper line
    /// because of what a program left there.
    fn is_above_prompt(&self, at: usize, right: &str) -> bool {
        let Some(top) = self.levels.top().filter(|l| !l.marked && l.shown > 0) else {
            return false;
        };
        let Some(Unit::Line(next)) = self.units.get(at + 1) else { return false };
        next.rare().mark.is_none()
            && next.text.starts_with(top.prompt.as_str())
            && !right.starts_with(top.prompt.as_str())
    }

    /// Whether the prompt of a shell in force begins a row or two further down, whose own rows a copy stripped of their mark: it
    /// has an empty line above it.
    fn begins_below(&self, at: usize) -> bool {
        const ROWS: usize = 2;
        let begins = |unit: &Unit<'_>, prompt: &str| matches!(unit, Unit::Line(l) if l.rare().mark.is_none() && l.text.starts_with(prompt));
        let mut prompts = self.levels.downwards().filter(|l| !l.marked && l.shown > 0);
        prompts.any(|l| {
            let mut below = self.units.iter().skip(at + 1).take(ROWS);
            !l.prompt.trim().is_empty() && below.any(|unit| begins(unit, &l.prompt))
        })
    }

    /// Whether nothing stands before a line's bytes on their row: what was cleared away is none of them.
    pub(super) fn begins_row(&self, line: &Line<'_>) -> bool {
        line.span.start.checked_sub(1).is_none_or(|before| self.given.bytes.get(before) == Some(&b'\n'))
    }

    /// Whether a line is the upper line of a prompt that was drawn anew on a cleared screen: the next one begins with the
    /// prompt in force, behind which this one may stand.
    pub(super) fn is_cleared_lead(&mut self, at: usize, line: &Line<'_>) -> bool {
        const FAR: usize = 1024;
        let Some(top) = self.levels.top().filter(|l| !l.marked && l.shown > 0) else { return false };
        if let Some(rest) = line.text.strip_prefix(top.prompt.as_str()) {
            return !rest.trim_start().is_empty()
                && likeness(rest) < KNOWN
                && self.is_streamed_lead(at, rest);
        }
        if self.begins_row(line) {
            return false;
        }
        let before = &self.given.bytes[line.span.start.saturating_sub(FAR)..line.span.start];
        let own = &before[memchr::memrchr(b'\n', before).map_or(0, |lf| lf + 1)..];
        memmem::find(own, b"\x1b[2J").is_some() && self.is_above_prompt(at, &line.text)
    }

    /// Whether below stands a prompt that is used and another than this line's, behind whose end at `end` stands no command.
    fn is_above_used(&mut self, at: usize, right: &str, end: usize) -> bool {
        let own = exact_key(&right[..end]);
        let typed = after_last_prompt(&right[end..], &right[..end], true);
        // a shell asks for the rest of what is open
        let open = || self.prompts.marked.precedes_commands(&right[..end]) && !is_complete(typed);
        likeness(typed) < KNOWN && !open() && self.prompt_below(at).is_some_and(|below| below != own)
    }

    /// Whether an unmarked line that is nothing but `prompt` is the upper line of a prompt: nothing is ever entered behind
    /// it, and below stands a prompt that is used.
    pub(super) fn is_upper(&mut self, at: usize, prompt: &str) -> bool {
        let plain = self.prompts.on_plain_lines(&self.units);
        plain.count(prompt) >= 2
            && !plain.is_used(prompt)
            && self.prompt_below(at).is_some_and(|below| below != exact_key(prompt))
    }

    /// Whether a line that no shell in force drew, on which a prompt would end at `end`, is another one's upper line: it was
    /// seen but once, as what was typed too early stands glued to it, nothing is entered there, and below stands a prompt
    /// of another kind behind which commands stand again and again.
    pub(super) fn is_first_upper(&mut self, at: usize, text: &str, end: usize) -> bool {
        const LEAST: u32 = 3;
        let (prompt, rest) = text.split_at(end);
        let due = self.levels.top().is_none() || matches!(self.opened, Opens::Shell { .. });
        let units = Rc::clone(&self.units);
        let below = if due && rest.trim().is_empty() { self.prompt_end_below(at) } else { None };
        let (Some(Unit::Line(next)), Some(end)) = (units.get(at + 1), below) else { return false };
        let below = &next.text[..end];
        let plain = self.prompts.on_plain_lines(&units);
        plain.count(prompt) == 1
            && loose_key(below) != loose_key(prompt)
            && plain.count(below) >= LEAST
            && plain.precedes_commands(below)
            && self.levels.downwards().all(|l| l.prompt != below)
    }

    /// The key of the prompt that begins the unmarked line below unit `at`, if one does.
    pub(super) fn prompt_below(&mut self, at: usize) -> Option<u64> {
        let end = self.prompt_end_below(at)?;
        let Some(Unit::Line(next)) = self.units.get(at + 1) else { return None };
        Some(exact_key(&next.text[..end]))
    }

    /// Where that prompt ends.
    pub(super) fn prompt_end_below(&mut self, at: usize) -> Option<usize> {
        let units = Rc::clone(&self.units);
        let Some(Unit::Line(next)) = units.get(at + 1) else { return None };
        if next.rare().mark.is_some() || next.text.len() >= LONGEST_LINE {
            return None;
        }
        let plain = self.prompts.on_plain_lines(&units);
        let (end, score) = plain.best(&next.text, None)?;
        let (prompt, rest) = next.text.split_at(end);
        if quotes(prompt) && likeness(&next.text) >= KNOWN {
            // a command that quotes
            return None;
        }
        // a shell that was opened may be left again at once
        let left = matches!(self.opened, Opens::Shell { .. }) && opens(rest) == Opens::Exit;
        let used = left || plain.count(prompt) >= 2 && plain.is_used(prompt);
        (used && score >= ANNOUNCED).then_some(end)
    }
}

fn ends_editor(bytes: &[u8]) -> bool {
    bytes.starts_with(b"\x1b[?2004l")
}
