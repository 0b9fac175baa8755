//! The pass over a session's units.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::Range;

use memchr::memmem;
use whoran_model::{CommandKind, Origin, Status};

use super::capture::Capture;
use super::draft::Draft;
use super::expand::expansion;
use super::input::{after_last_prompt, continuation, program_continuation, rows_text, split_commands};
use super::levels::{Arrival, Levels};
use crate::prompt::{Learned, Sample, candidates, exact_key, learn, likeness, loose_key, says};
use crate::readings::{Reading, readings, row_limit, words, wrap_width};
use crate::shell::{Opens, is_command, is_complete, opens, simple_commands};
use crate::term::{Edit, Ended, Line, Mode, Unit};

/// A prompt that nothing announced is believed from this score on.
const UNANNOUNCED: f32 = 7.5;
/// A prompt that the last command may have opened.
const ANNOUNCED: f32 = 2.9;
/// The first prompt of a session.
const FIRST: f32 = 2.9;
/// A program's prompt.
const PROGRAM: f32 = 2.3;
/// Lines longer than this begin with no prompt one could learn.
const LONGEST_LINE: usize = 1 << 16;

/// Text longer than this is not asked whether it is complete: it goes on as long as continuation lines come.
const LONGEST_ASKED: usize = 1 << 14;

/// What is known from outside the terminal.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Given<'a> {
    pub(crate) mode: Mode,
    /// The bytes the units were made of.
    pub(crate) bytes: &'a [u8],
    /// The OS user the session began as.
    pub(crate) run_as: Option<&'a str>,
}

/// What the pass found.
#[derive(Debug, Default)]
pub(crate) struct Extracted {
    pub(crate) drafts: Vec<Draft>,
    /// By level id: the OS user.
    pub(crate) users: Vec<Option<String>>,
    /// The log ends in the middle of a line that is no prompt.
    pub(crate) ends_mid_line: bool,
    /// Where the terminal showed output before any command.
    pub(crate) unexplained: Option<usize>,
}

/// Finds the commands among `units`. Linear in their number but for bounded look-ahead.
pub(crate) fn extract(units: &[Unit<'_>], given: Given<'_>) -> Extracted {
    let marked = learn(units.iter().flat_map(marked_samples));
    let mut machine = Machine {
        units,
        given,
        marked,
        plain: None,
        levels: Levels::default(),
        drafts: Vec::new(),
        running: None,
        continuing: false,
        opened: Opens::Nothing,
        left_editor: false,
        multiplexed: false,
        taken: 0,
        completing: false,
        words: None,
        wrap: None,
        returns: usual_returns(units),
        lead: None,
        streamed_leads: HashSet::new(),
        ahead: false,
        broken: false,
        row_width: None,
        leads: HashSet::new(),
        early: Vec::new(),
        unexplained: None,
    };
    machine.learn_leads();
    if given.mode == Mode::Streamed {
        let words = shown_words(units);
        machine.wrap = wrap_width(units, |word| words.contains(&hash(word)));
        machine.row_width = if machine.wrap.is_none() {
            row_limit(units, |word| words.contains(&hash(word)))
        } else {
            None
        };
        machine.words = Some(words);
    }
    for (at, unit) in units.iter().enumerate() {
        if at < machine.taken {
            continue;
        }
        match unit {
            Unit::Edit(edit) => machine.edit(edit),
            Unit::Line(line) => machine.line(at, line),
        }
    }
    machine.look_at_output();
    machine.mark_early();
    let ends_mid_line = matches!(units.last(), Some(Unit::Line(line)) if line.cut && machine.running.is_some()
        && machine.levels.top().is_some_and(|l| l.prompt.trim() != line.text.trim()));
    Extracted {
        drafts: machine.drafts,
        users: machine.levels.users,
        ends_mid_line,
        unexplained: machine.unexplained,
    }
}

/// The rows of an edit that may begin with its prompt, and marked lines.
fn marked_samples<'a>(unit: &'a Unit<'_>) -> Vec<Sample<'a>> {
    match unit {
        Unit::Edit(edit) => {
            let first = edit.rows.iter().take(1).map(|row| Sample {
                text: &row[edit.mark..],
                floor: edit.floor.and_then(|f| f.checked_sub(edit.mark)),
            });
            first.chain(edit.rows.iter().skip(1).take(2).map(|row| Sample { text: row, floor: None })).collect()
        }
        Unit::Line(line) if line.text.len() < LONGEST_LINE => {
            let text = line.mark.and_then(|mark| line.text.get(mark..));
            text.map(|text| Sample { text, floor: None }).into_iter().collect()
        }
        Unit::Line(_) => Vec::new(),
    }
}

/// The most frequent number of carriage returns before a line feed.
fn usual_returns(units: &[Unit<'_>]) -> u8 {
    let mut counts = [0_u32; 9];
    for unit in units {
        let returns = match unit {
            Unit::Line(line) => line.returns,
            Unit::Edit(edit) => edit.returns.last().copied().unwrap_or(0),
        };
        counts[usize::from(returns.min(8))] += 1;
    }
    counts[0] = 0;
    (0..9).max_by_key(|i| (counts[usize::from(*i)], std::cmp::Reverse(*i))).unwrap_or(0)
}

/// A line or row known to begin with a prompt, taken apart.
struct Entered<'a> {
    /// Lines of the prompt above its last.
    lead: String,
    prompt: &'a str,
    text: String,
    status: Status,
    marked: bool,
    /// Its lines were handed to the shell as one.
    whole: bool,
    confidence: f32,
    span: Range<usize>,
    /// Bytes of the line behind the prompt, for a streaming copy that lost some.
    raw: Option<&'a [u8]>,
}

struct Machine<'a> {
    units: &'a [Unit<'a>],
    given: Given<'a>,
    /// Prompts learned from marked lines.
    marked: Learned,
    /// Prompts learned from all lines, once they are needed.
    plain: Option<Learned>,
    levels: Levels,
    drafts: Vec<Draft>,
    /// The command whose output is being shown.
    running: Option<usize>,
    /// The last command is not finished: a continuation line is due.
    continuing: bool,
    /// What the last command may have opened.
    opened: Opens,
    /// An editor was left empty: Ctrl-D, if `exit` or `logout` follows.
    left_editor: bool,
    /// A terminal multiplexer draws the screen: its lines hold prompts although they are full-screen.
    multiplexed: bool,
    /// Units before this were taken together with an earlier one.
    taken: usize,
    /// A completion was asked for and not found; the line is shown again after a listing.
    completing: bool,
    /// Words that the session shows, once they are needed.
    words: Option<HashSet<u64>>,
    /// The width at which a streaming copy's long lines were wrapped.
    wrap: Option<usize>,
    /// Carriage returns before a line feed that nobody but the terminal wrote.
    returns: u8,
    /// The upper line of the prompt that is due.
    lead: Option<String>,
    /// Keys of marked lines that are upper lines of prompts, once they are needed.
    streamed_leads: HashSet<u64>,
    /// What stands behind the prompt is output of a line typed ahead.
    ahead: bool,
    /// The line goes on in the next: an editor broke it at the terminal's width.
    broken: bool,
    /// That width, once seen.
    row_width: Option<usize>,
    /// Keys of rows that are the upper lines of prompts.
    leads: HashSet<u64>,
    /// What was shown before the first prompt.
    early: Vec<String>,
    unexplained: Option<usize>,
}

impl<'a> Machine<'a> {
    /// Learns which first rows of edits are the upper lines of prompts: the same again and again, with a prompt below.
    fn learn_leads(&mut self) {
        let mut seen: HashMap<u64, (u32, u32, u64)> = HashMap::new();
        for unit in self.units {
            let Unit::Edit(edit) = unit else { continue };
            let Some(row) = edit.rows.first().map(|r| &r[edit.mark..]) else { continue };
            let below = edit.rows.get(1).and_then(|r| self.marked.best(r, None).map(|(at, _)| exact_key(&r[..at])));
            let entry = seen.entry(loose_key(row)).or_insert((0, 0, below.unwrap_or(0)));
            entry.0 += 1;
            entry.1 += u32::from(below.is_some_and(|b| b == entry.2));
        }
        self.leads = seen.into_iter().filter(|(_, (all, same, _))| *same >= 2 && same == all).map(|(k, _)| k).collect();
    }

    /// How many rows of the edit are upper lines of its prompt.
    fn lead_rows(&self, edit: &Edit) -> usize {
        let is_lead = |i: usize| {
            let row = &edit.rows[i];
            let row = if i == 0 { &row[edit.mark..] } else { row };
            let typed = self.marked.best(row, None).is_some_and(|(at, _)| {
                self.marked.count(&row[..at]) > 1 && !row[at..].trim().is_empty()
            });
            let typed = typed || i == 0 && edit.floor.is_some_and(|f| f > edit.mark && f < edit.rows[0].len());
            let extra = !typed && edit.returns.get(i).is_some_and(|r| *r > self.returns && self.returns > 0);
            row.trim().is_empty() || extra || i == 0 && self.leads.contains(&loose_key(row))
        };
        // only while no prompt ends on the row itself, and never the last
        (0..edit.rows.len().saturating_sub(1).min(3)).take_while(|i| is_lead(*i)).count()
    }

    /// A line editor marked itself: there is a prompt, only its end is to be found.
    fn edit(&mut self, edit: &'a Edit) {
        let Some(first_row) = edit.rows.first() else { return };
        self.broken = false;
        if self.continuing {
            let (left, right) = first_row.split_at(edit.mark);
            if self.continue_edit(edit, left, right) {
                return;
            }
        }
        let leads = self.lead_rows(edit);
        let lead = if leads > 0 { edit.rows[..leads].join(" ") } else { String::new() };
        let (row, mark) = if leads > 0 { (&edit.rows[leads], 0) } else { (first_row, edit.mark) };
        let (left, right) = row.split_at(mark);
        let on_first = |at: Option<usize>| at.filter(|_| leads == 0);
        let floor = on_first(edit.floor).and_then(|f| f.checked_sub(mark));
        let best = self.marked.best(right, floor);
        let (start, end) = match on_first(edit.input) {
            Some(input) if input > mark => (mark, input),
            _ if self.is_prompt_before_mark(left, best.map(|b| &right[..b.0])) => (0, mark),
            _ => {
                let repl = matches!(self.opened, Opens::Repl { .. })
                    || self.levels.top().is_some_and(|l| l.program.is_some() && l.prompt.is_empty());
                let needed = if repl { 2.5 } else { f32::MIN };
                (mark, mark + best.filter(|(_, score)| *score >= needed).map_or(0, |(at, _)| at))
            }
        };
        if start == mark && !left.trim().is_empty() {
            self.output(left, &(edit.span.start..edit.mark_at.max(edit.span.start)));
        }
        let prompt_first = start == 0 && mark > 0;
        let (prompt, first) = (&row[start..end], &row[end..]);
        let said = says(&format!("{lead} {prompt}"));
        if let Some(program) = self.levels.top().filter(|l| l.program.is_some())
            && self.running.is_some()
            && let Some(rest) = program_continuation(right, &program.prompt.clone())
            && !self.levels.lower(prompt, &said)
        {
            self.append(rest, edit.span.end, None);
            return;
        }
        let more = &edit.rows[leads + 1..];
        let first = after_last_prompt(first, prompt, false);
        let indent = prompt.chars().count();
        let indented = |row: &String| row.chars().take(indent).all(char::is_whitespace);
        let whole = prompt_first || indent > 1 && !more.is_empty() && more.iter().all(indented);
        let text = if whole && !prompt_first {
            // fish indents further rows up to its prompt's end, and more by what they mean
            let rows: Vec<&str> = more.iter().map(|r| r.trim_start()).collect();
            format!("{first}\n{}", rows.join("\n"))
        } else {
            rows_text(first, more, prompt)
        };
        let entered = !text.trim().is_empty();
        let status = match edit.ended {
            Ended::Cut => Status::Incomplete,
            _ if text.trim_end().ends_with("^C") => Status::Aborted,
            _ if edit.keypad_left_on && entered => Status::Aborted,
            // zsh leaves its editor before the line end, bash after
            Ended::Left if !prompt_first && entered => Status::Aborted,
            _ => Status::Run,
        };
        self.left_editor = edit.ended == Ended::Left && !entered;
        let certain = edit.input.is_some() || prompt_first || self.marked.count(prompt) > 1;
        let confidence = if certain { 0.99 } else { 0.95 };
        let begin = if start == mark { edit.mark_at } else { edit.span.start };
        let span = begin.min(edit.span.end)..edit.span.end;
        self.entered(Entered { lead, prompt, text, status, marked: true, whole, confidence, span, raw: None });
    }

    /// Whether what stands left of an editor's mark is its prompt (zsh) and not a program's last words.
    fn is_prompt_before_mark(&self, left: &str, right: Option<&str>) -> bool {
        if left.trim().is_empty() {
            return false;
        }
        if self.levels.top().is_some_and(|l| l.exact == exact_key(left) || l.loose == loose_key(left) && says(left).user.is_some()) {
            return true;
        }
        let due = |p: &str| {
            let said = says(p);
            self.levels.top().is_some_and(|l| l.fits(p, &said)) || self.levels.lower(p, &said)
        };
        if right.is_some_and(|p| !p.trim().is_empty() && (self.marked.count(p) > 1 || due(p))) {
            return false;
        }
        left.trim_end().ends_with(|c: char| !c.is_alphanumeric() && !matches!(c, '.' | ',' | '"' | '\''))
    }

    /// A continuation line in a line editor; `false` where this is none.
    fn continue_edit(&mut self, edit: &Edit, left: &str, right: &str) -> bool {
        let known = self.levels.top().and_then(|l| l.ps2.clone());
        let before = (!left.trim().is_empty()).then(|| continuation(left, known.as_deref())).flatten();
        let (ps2, rest) = match (before, continuation(right, known.as_deref())) {
            (Some((ps2, "")), _) => (ps2, right),
            (_, Some(found)) => found,
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
        let stopped = text.trim_end().ends_with("^C") || edit.ended == Ended::Left && left.trim().is_empty();
        let status = match edit.ended {
            Ended::Cut => Some(Status::Incomplete),
            _ if stopped => Some(Status::Aborted),
            _ => None,
        };
        self.append(text.trim_end_matches("^C"), edit.span.end, status);
        true
    }

    fn line(&mut self, at: usize, line: &'a Line<'a>) {
        let text: &str = &line.text;
        if line.full_screen {
            self.multiplexed |= matches!(self.opened, Opens::Multiplexer { .. });
            if self.multiplexed {
                self.plain_line(at, line, 0.6);
            }
            return;
        }
        self.multiplexed = false;
        if text.len() < LONGEST_LINE
            && let Some(mark) = line.mark.filter(|_| self.given.mode == Mode::Streamed)
        {
            return self.marked_line(at, line, mark);
        }
        self.plain_line(at, line, 1.0);
    }

    /// A line of a streaming copy that kept its mark.
    fn marked_line(&mut self, at: usize, line: &'a Line<'a>, mark: usize) {
        let text: &str = &line.text;
        let (left, right) = text.split_at(mark);
        let left = behind_sign(left);
        let best = self.marked.best(right, None);
        let prompt_first = self.is_prompt_before_mark(left, best.map(|b| &right[..b.0]));
        if self.continuing && prompt_first {
            let known = self.levels.top().and_then(|l| l.ps2.clone());
            if let Some((ps2, "")) = continuation(left, known.as_deref()) {
                let (ps2, rest) = (ps2.to_owned(), self.reread(line, left, right));
                if let Some(top) = self.levels.top_mut() {
                    top.ps2 = Some(ps2);
                }
                return self.append(&rest, line.span.end, None);
            }
        }
        if !prompt_first && !left.trim().is_empty() {
            self.output(left, &line.span);
        }
        if !prompt_first && self.is_streamed_lead(at, right) {
            self.lead = Some(right.trim().to_owned());
            return;
        }
        let end = line.input.filter(|i| *i > mark).map_or_else(|| best.map_or(0, |(at, _)| at), |i| i - mark);
        let (prompt, rest) = if prompt_first { (left, right) } else { right.split_at(end) };
        let said = says(prompt);
        let expected = prompt_first
            || self.levels.top().is_none_or(|l| l.fits(prompt, &said))
            || self.levels.lower(prompt, &said)
            || self.opened != Opens::Nothing
            || self.sets_prompt()
            || self.levels.top().is_some_and(|l| l.loose == loose_key(prompt))
            || self.drafts.last().is_some_and(|d| changes_prompt(&d.text))
            || self.marked.count(prompt) > 1;
        if !expected {
            // full-screen programs set the same mark
            return self.output(right, &line.span);
        }
        let rest = after_last_prompt(rest, prompt, true);
        let aborted = rest.trim_end().ends_with("^C") || line.left && !prompt_first && !rest.trim().is_empty();
        let status = if line.cut { Status::Incomplete } else if aborted { Status::Aborted } else { Status::Run };
        let text = self.pasted(at, rest).unwrap_or_else(|| rest.to_owned());
        let confidence = if self.marked.count(prompt) > 1 { 0.97 } else { 0.9 };
        self.entered(Entered {
            lead: String::new(),
            whole: false,
            prompt,
            text,
            status,
            // only a title makes the agent keep every prompt of a shell as it was
            marked: line.titled,
            confidence,
            span: line.span.clone(),
            raw: None,
        });
    }

    /// Whether a marked line is the upper line of a prompt whose last line follows without a mark: every line like it is
    /// followed by one that begins with the same prompt.
    fn is_streamed_lead(&mut self, at: usize, right: &str) -> bool {
        let below = self.prompt_below(at);
        let key = loose_key(right);
        if self.streamed_leads.is_empty() {
            let mut seen: HashMap<u64, (u64, u32, bool)> = HashMap::new();
            for (i, unit) in self.units.iter().enumerate() {
                let Unit::Line(line) = unit else { continue };
                let Some(right) = line.mark.and_then(|m| line.text.get(m..)) else { continue };
                let below = self.prompt_below(i);
                let entry = seen.entry(loose_key(right)).or_insert((below.unwrap_or(0), 0, true));
                entry.1 += 1;
                entry.2 &= below == Some(entry.0);
            }
            let leads = seen.into_iter().filter(|(_, (_, n, same))| *n >= 2 && *same).map(|(k, _)| k);
            self.streamed_leads = leads.chain([0]).collect();
        }
        below.is_some() && self.streamed_leads.contains(&key)
    }

    /// The key of the prompt that begins the unmarked line below unit `at`, if one does.
    fn prompt_below(&mut self, at: usize) -> Option<u64> {
        let units = self.units;
        let Some(Unit::Line(next)) = units.get(at + 1) else { return None };
        if next.mark.is_some() || next.text.len() >= LONGEST_LINE {
            return None;
        }
        let plain = self.plain.get_or_insert_with(|| learn(units.iter().filter_map(plain_sample)));
        let (end, score) = plain.best(&next.text, None)?;
        let prompt = &next.text[..end];
        (plain.count(prompt) >= 2 && plain.is_used(prompt) && score >= ANNOUNCED).then(|| exact_key(prompt))
    }

    /// A continuation line of a streaming copy, with lost movements weighed.
    fn reread(&mut self, line: &Line<'_>, prompt: &str, rest: &str) -> String {
        let raw = self.given.bytes.get(line.span.clone()).filter(|_| self.given.mode == Mode::Streamed);
        match raw.filter(|raw| raw.contains(&0x08)) {
            Some(raw) => readings(raw, prompt, rest, |_| false).remove(0).text,
            None => rest.to_owned(),
        }
    }

    /// A line without marks: a command only if it begins with a prompt that is due.
    fn plain_line(&mut self, at: usize, line: &'a Line<'a>, trust: f32) {
        let text: &str = behind_sign(&line.text);
        if std::mem::replace(&mut self.broken, false)
            && let Some(draft) = self.running.and_then(|r| self.drafts.get_mut(r))
            && text.len() < LONGEST_LINE
        {
            draft.text.push_str(text);
            draft.span.end = line.span.end;
            self.broken = self.is_broken(line) && self.row_width == Some(text.chars().count());
            self.finish_broken();
            return;
        }
        if self.continuing {
            let known = self.levels.top().and_then(|l| l.ps2.clone());
            let program = self.levels.top().is_some_and(|l| l.program.is_some());
            if !program && let Some((ps2, rest)) = continuation(text, known.as_deref()) {
                let stopped = rest.trim_end().ends_with("^C");
                let rest = self.reread(line, ps2, rest);
                let (ps2, rest) = (ps2.to_owned(), rest.trim_end_matches("^C").to_owned());
                if let Some(top) = self.levels.top_mut() {
                    top.ps2 = Some(ps2);
                }
                return self.append(&rest, line.span.end, stopped.then_some(Status::Aborted));
            }
        }
        if text.len() >= LONGEST_LINE {
            return self.output(text, &line.span);
        }
        if let Some(top) = self.levels.top().filter(|l| l.program.is_some() && !l.marked)
            && self.running.is_some()
            && let Some(rest) = program_continuation(text, &top.prompt)
        {
            let lead = &text[..text.len() - rest.len()];
            let rest = self.reread(line, lead, rest);
            return self.append(&rest, line.span.end, None);
        }
        match self.prompt_on(at, text, line.floor) {
            Some((end, confidence)) => {
                let (prompt, rest) = text.split_at(end);
                let streamed = self.given.mode == Mode::Streamed;
                let rest = after_last_prompt(rest, prompt, streamed);
                let raw = self.given.bytes.get(line.span.clone()).filter(|_| streamed);
                let aborted = rest.trim_end().ends_with("^C");
                let status = match (line.cut, aborted) {
                    (_, true) => Status::Aborted,
                    (true, _) => Status::Incomplete,
                    _ => Status::Run,
                };
                let pasted = if streamed { self.pasted(at, rest) } else { None };
                let raw = raw.filter(|_| pasted.is_none());
                let wide = line.text.chars().count();
                let breaks =
                    self.is_broken(line) && !rest.trim().is_empty() && self.row_width.is_none_or(|w| w == wide);
                let text = pasted.unwrap_or_else(|| rest.to_owned());
                let (span, confidence) = (line.span.clone(), confidence * trust);
                let lead = self.lead.take().unwrap_or_default();
                self.entered(Entered { lead, prompt, text, status, marked: false, whole: false, confidence, span, raw });
                self.broken = breaks
                    && self.running.is_some()
                    && self.levels.top().is_some_and(|l| l.program.is_none() && !l.marked);
                if self.broken && let Some(draft) = self.drafts.last_mut() {
                    self.row_width = Some(wide);
                    // blanks at the break belong to the text
                    let kept = draft.text.len();
                    draft.text.push_str(&" ".repeat(line.text.len() - line.text.trim_end().len()));
                    draft.text.truncate(kept + 8);
                }
            }
            None if let Some(at_prompt) = self.glued_prompt(text) => {
                let (left, right) = text.split_at(at_prompt);
                self.output(left, &line.span);
                let prompt = self.levels.top().map(|l| l.prompt.clone()).unwrap_or_default();
                let text = after_last_prompt(&right[prompt.len()..], &prompt, true).to_owned();
                let (span, confidence) = (line.span.clone(), 0.9 * trust);
                let status = match text.trim_end().ends_with("^C") {
                    true => Status::Aborted,
                    false if line.cut => Status::Incomplete,
                    false => Status::Run,
                };
                let raw = self.given.bytes.get(line.span.clone());
                let lead = String::new();
                self.entered(Entered { lead, prompt: &prompt, text, status, marked: false, whole: false, confidence, span, raw });
            }
            None if self.is_calculation(text) => {
                let (text, span) = (text.to_owned(), line.span.clone());
                let status = if line.cut { Status::Incomplete } else { Status::Run };
                let confidence = 0.6;
                let (lead, prompt) = (String::new(), "");
                self.entered(Entered { lead, prompt, text, status, marked: false, whole: false, confidence, span, raw: None });
            }
            None => self.output(text, &line.span),
        }
    }

    /// Where the prompt that is due follows output that did not end its line.
    fn glued_prompt(&self, text: &str) -> Option<usize> {
        let top = self.levels.top()?;
        if top.marked || self.running.is_none() || top.prompt.trim().len() < 5 {
            return None;
        }
        let at = text.find(top.prompt.as_str()).filter(|at| *at > 0)?;
        (likeness(&text[at + top.prompt.len()..]) > 0.2).then_some(at)
    }

    /// The last command set the shell's prompt.
    fn sets_prompt(&self) -> bool {
        self.drafts.last().is_some_and(|d| sets_prompt(&d.text))
    }

    /// `bc` and `dc` show no prompt. What is entered there has operators or names, what they answer is a number.
    fn is_calculation(&self, text: &str) -> bool {
        let program = match (&self.opened, self.levels.top()) {
            (Opens::Repl { program, .. }, _) => Some(program.as_str()),
            (_, Some(top)) if top.prompt.is_empty() => top.program.as_deref(),
            _ => None,
        };
        matches!(program, Some("bc" | "dc"))
            && text.len() < 200
            && text.bytes().any(|b| b"+-*/^=%();pqk".contains(&b) || b.is_ascii_lowercase())
            && text.bytes().any(|b| b.is_ascii_digit() || b.is_ascii_lowercase())
            && !text.contains(['\'', ','])
            && text.parse::<f64>().is_err()
    }

    /// Lines pasted at `at` into a streaming copy. The shell shows a paste highlighted and then, after a step up that is
    /// lost, once more: `one`, `twoone`, `two`. Takes the units that belong to it.
    fn pasted(&mut self, at: usize, first: &str) -> Option<String> {
        if first.trim().is_empty() {
            return None;
        }
        let half = first.len() / 2;
        if first.len() >= 8 && first.len().is_multiple_of(2) && first.is_char_boundary(half) && first[..half] == first[half..] {
            return Some(first[..half].to_owned());
        }
        let units = self.units;
        let text = |i: usize| match units.get(i) {
            Some(Unit::Line(line)) if line.text.len() < LONGEST_LINE => Some(line.text.as_ref()),
            _ => None,
        };
        for n in 1..64 {
            let Some(last) = text(at + n)?.strip_suffix(first) else { continue };
            let mut lines = vec![first];
            for i in 1..n {
                lines.push(text(at + i)?);
            }
            lines.push(last);
            let again = (1..=n).all(|i| text(at + n + i) == Some(lines[i]));
            if last.is_empty() || !again {
                return None;
            }
            self.taken = at + 2 * n + 1;
            return Some(lines.join("\n"));
        }
        None
    }

    /// Where on a line without marks the prompt ends, if it begins with one that is due.
    fn prompt_on(&mut self, at: usize, text: &str, floor: Option<usize>) -> Option<(usize, f32)> {
        let announced = self.opened != Opens::Nothing || self.lead.is_some() || self.sets_prompt();
        if let Some(top) = self.levels.top() {
            if !top.marked {
                if !top.prompt.trim().is_empty() {
                    if text.starts_with(top.prompt.as_str()) {
                        return Some((top.prompt.len(), if top.prompt.len() >= 4 { 0.97 } else { 0.94 }));
                    }
                    if text == top.prompt.trim_end() {
                        return Some((text.len(), 0.97));
                    }
                }
                if let Some(end) = self.same_level(text) {
                    return Some((end, 0.93));
                }
            } else if !announced && !self.multiplexed {
                return None;
            } else if self.multiplexed && text.starts_with(top.prompt.as_str()) && !top.prompt.trim().is_empty() {
                return Some((top.prompt.len(), 0.9));
            }
            if let Some(end) = self.lower_level(text) {
                return Some((end, 0.95));
            }
        }
        if text.trim().is_empty() || is_password_prompt(text) {
            return None;
        }
        let unannounced = self.levels.top().is_some() && !announced;
        if (unannounced || self.opened == Opens::Exit) && !self.could_open_anything() {
            return None;
        }
        let units = self.units;
        let plain = self.plain.get_or_insert_with(|| learn(units.iter().filter_map(plain_sample)));
        let (mut end, mut score) = plain.best(text, floor)?;
        // a prompt drawn twice on every line is one prompt
        let half = end / 2;
        if end % 2 == 0 && end >= 4 && text.is_char_boundary(half) && text[..half] == text[half..end] {
            end = half;
        }
        let prompt = &text[..end];
        let count = plain.count(prompt);
        let said = says(prompt);
        let sign = prompt.trim_end().chars().last().unwrap_or(' ');
        let strong = !sign.is_ascii() || matches!(sign, '$' | '#' | '%' | '>');
        let repl = matches!(self.opened, Opens::Repl { .. });
        // few prompts end in another sign, many lines of output have one
        let allowed = strong || count >= 3 && matches!(sign, ':' | ')' | ']' | '}') || plain.is_proven(prompt);
        if !allowed || repl && sign == ']' {
            return None;
        }
        let needed = match &self.opened {
            _ if self.levels.top().is_none() => FIRST,
            Opens::Shell { who, .. } => {
                if let crate::shell::Who::User(name) = who {
                    score += if said.user.as_deref() == Some(name) { 2.0 } else { 0.0 };
                    score += if name == "root" && said.root_sign { 1.5 } else { 0.0 };
                }
                ANNOUNCED
            }
            Opens::Repl { .. } => PROGRAM,
            Opens::Multiplexer { .. } => ANNOUNCED + 1.0,
            Opens::Nothing if announced => ANNOUNCED,
            Opens::Exit | Opens::Nothing => {
                if count < 3 || !strong || self.returns_without_exit(at, prompt) {
                    return None;
                }
                UNANNOUNCED
            }
        };
        (score >= needed).then(|| (end, if announced || self.levels.top().is_none() { 0.93 } else { 0.8 }))
    }

    /// Whether the last command is a program nobody knows: it may have opened another shell.
    fn could_open_anything(&self) -> bool {
        self.drafts.last().is_some_and(|d| {
            simple_commands(&d.text).last().and_then(|c| c.first()).is_some_and(|w| !is_command(w))
        })
    }

    /// The prompt of the top level with other words in it: after `cd`, or where the same words come again.
    fn same_level(&mut self, text: &str) -> Option<usize> {
        let top = self.levels.top()?;
        let sign = top.prompt.trim_end().chars().last()?;
        let head = text.char_indices().nth(240).map_or(text, |(i, _)| &text[..i]);
        if !head.contains(sign) {
            return None;
        }
        let moved = self.drafts.last().is_some_and(|d| changes_prompt(&d.text));
        let (exact, loose, known) = (top.exact, top.loose, top.says.clone());
        for candidate in candidates(text, None) {
            let prompt = &text[..candidate.at];
            if !prompt.trim_end().ends_with(sign) {
                continue;
            }
            if exact_key(prompt) == exact || self.levels.top().is_some_and(|l| l.fits_program(prompt)) {
                return Some(candidate.at);
            }
            if loose_key(prompt) != loose {
                continue;
            }
            let said = says(prompt);
            let same_place = said.user.is_some() && said.user == known.user && said.host == known.host;
            if same_place || (moved && said.user == known.user) {
                return Some(candidate.at);
            }
            let units = self.units;
            let plain = self.plain.get_or_insert_with(|| learn(units.iter().filter_map(plain_sample)));
            if plain.count(prompt) >= 2 && likeness(&text[candidate.at..]) >= 1.0 && said.user == known.user {
                return Some(candidate.at);
            }
        }
        None
    }

    /// The prompt of a level below the top: after its end, or where it is too long to be an accident.
    fn lower_level(&self, text: &str) -> Option<usize> {
        let left = self.opened == Opens::Exit || self.left_editor;
        let level = self.levels.below().find(|l| {
            let long = l.prompt.trim().len() >= 5 && l.says.user.is_some();
            (left || long && !l.marked) && !l.prompt.trim().is_empty() && text.starts_with(l.prompt.as_str())
        })?;
        Some(level.prompt.len())
    }

    /// Whether the prompt in force comes back soon although nothing ended what `prompt` would have begun: then `prompt`
    /// is output that looks like one.
    fn returns_without_exit(&self, at: usize, prompt: &str) -> bool {
        let Some(top) = self.levels.top() else { return false };
        if top.prompt.trim().is_empty() {
            return false;
        }
        let mut last = "";
        for unit in self.units.iter().skip(at).take(500) {
            let Unit::Line(line) = unit else { return true };
            if let Some(rest) = line.text.strip_prefix(prompt) {
                last = rest;
            } else if line.text.starts_with(top.prompt.as_str()) {
                return opens(last) != Opens::Exit;
            }
        }
        false
    }

    /// Whether an editor and not the person may have ended the line: it wrote a carriage return of its own. A streaming
    /// copy has lost those; there the width alone tells.
    fn is_broken(&self, line: &Line<'_>) -> bool {
        match self.given.mode {
            Mode::Exact => self.returns > 0 && line.returns > self.returns,
            Mode::Streamed => self.row_width.is_some(),
        }
    }

    /// A line found by incremental search: the shell redraws only what differs from the search line, so a streaming copy
    /// may show no more than its first words. The rest is the last command that begins so.
    fn searched(&self, raw: &[u8], shown: &str) -> Option<String> {
        memmem::find(raw, b"i-search)`")?;
        let earlier = || self.drafts.iter().rev().take(500).filter(|d| d.status == Status::Run).map(|d| d.text.as_str());
        let start = shown.trim_end();
        if shown.starts_with(' ') {
            // only what was added behind the end is shown; what was found begins as the last query shows it
            let raw = String::from_utf8_lossy(raw);
            let last = raw.rsplit("': ").next().and_then(|r| r.split('\u{8}').next()).filter(|r| !r.is_empty())?;
            return earlier().find(|h| h.starts_with(last)).map(|found| format!("{found}{start}"));
        }
        if start.is_empty() || earlier().any(|h| h == start) {
            return None;
        }
        earlier().find(|h| h.len() > start.len() && h.starts_with(start)).map(str::to_owned)
    }

    /// A line that an editor had broken is whole again.
    fn finish_broken(&mut self) {
        let Some(draft) = self.running.and_then(|r| self.drafts.get_mut(r)) else { return };
        if self.broken {
            return;
        }
        draft.text.truncate(draft.text.trim_end().len());
        if let Some(text) = draft.text.strip_suffix("^C") {
            draft.text = text.to_owned();
            draft.status = Status::Aborted;
            self.running = None;
            return;
        }
        self.opened = opens(&draft.text);
        self.continuing = draft.kind == CommandKind::Shell && !is_complete(&draft.text);
    }

    /// Something was entered at a prompt.
    fn entered(&mut self, entered: Entered<'_>) {
        let failed = self.running.is_some_and(|r| says_it_failed(self.drafts[r].output.head()));
        self.look_at_output();
        self.drop_completion(&entered);
        self.typed_ahead(&entered);
        let opened = std::mem::replace(&mut self.opened, Opens::Nothing);
        let said = says(&format!("{} {}", entered.lead, entered.prompt));
        let arrival = Arrival { prompt: entered.prompt, said: &said, marked: entered.marked };
        self.levels.arrive(arrival, &opened, failed, self.given.run_as);
        self.continuing = false;
        if std::mem::take(&mut self.ahead) {
            return self.output(&entered.text, &entered.span);
        }
        self.running = None;
        let Some(top) = self.levels.top() else { return };
        let (level, program, said) = (top.id, top.program.clone(), top.says.clone());
        let mut readings = match entered.raw.filter(|raw| raw.contains(&0x08)) {
            Some(raw) => {
                let units = self.units;
                let known = self.words.get_or_insert_with(|| shown_words(units));
                readings(raw, entered.prompt, &entered.text, |word| known.contains(&hash(word)))
            }
            None => vec![Reading { text: entered.text, confidence: 1.0 }],
        };
        let mut best = readings.remove(0);
        if let Some(found) = entered.raw.and_then(|raw| self.searched(raw, &best.text)) {
            readings.insert(0, std::mem::replace(&mut best, Reading { text: found, confidence: 0.8 }));
        }
        if best.text.starts_with("(reverse-i-search)`") || best.text.starts_with("(failed reverse-i-search)`") {
            // the prompt was not drawn again: the line that was found stands behind the last query
            let found = best.text.rsplit("': ").next().unwrap_or_default().to_owned();
            best = Reading { text: found, confidence: best.confidence.min(0.6) };
        }
        if let Some(width) = self.wrap {
            best.text = without_wraps(entered.prompt, &best.text, width);
        }
        if self.given.mode == Mode::Streamed && best.text.contains('\u{fffd}') {
            // the agent's filter damages what is not ASCII
            best.confidence = best.confidence.min(0.5);
        }
        self.completing = entered.raw.is_some_and(|raw| raw.trim_ascii_end().ends_with(b"\x07"));
        let text = best.text.trim_end_matches([' ', '\t', '\r']);
        let text = text.strip_suffix("^C").unwrap_or(text);
        let text = if text.ends_with('\\') && best.text.trim_end_matches('\r').ends_with(' ') { best.text.as_str() } else { text };
        if text.trim().is_empty() {
            // Enter, or Ctrl-D if `exit` or `logout` follows
            self.left_editor = true;
            return;
        }
        self.left_editor = false;
        let shell = program.is_none();
        let parts = if shell && entered.status == Status::Run && !entered.whole { split_commands(text) } else { vec![text.into()] };
        let count = parts.len();
        for (i, part) in parts.into_iter().enumerate() {
            let status = entered.status;
            if status == Status::Run {
                self.continuing = shell && i + 1 == count && !is_complete(&part);
                self.opened = if shell || opens(&part) == Opens::Exit { opens(&part) } else { Opens::Nothing };
                self.running = Some(self.drafts.len());
            }
            self.drafts.push(Draft {
                level,
                kind: if shell { CommandKind::Shell } else { CommandKind::Repl },
                program: program.clone(),
                text: part.into_owned(),
                typed: None,
                host: said.host.clone(),
                cwd: said.cwd.clone(),
                output: Capture::default(),
                origin: Origin::Typed,
                status,
                confidence: entered.confidence * best.confidence,
                alternatives: Vec::new(),
                span: entered.span.clone(),
            });
        }
        if let Some(draft) = self.drafts.last_mut() {
            draft.alternatives = readings.into_iter().map(Reading::into_alternative).collect();
        }
    }

    /// A further line of the last command.
    fn append(&mut self, rest: &str, end: usize, status: Option<Status>) {
        let Some(draft) = self.running.and_then(|r| self.drafts.get_mut(r)) else { return };
        draft.text.push('\n');
        draft.text.push_str(rest.trim_end_matches('\r'));
        draft.span.end = draft.span.end.max(end);
        if let Some(status) = status {
            draft.status = status;
            self.continuing = false;
            self.running = None;
            return;
        }
        if draft.kind == CommandKind::Shell && self.continuing {
            // asking again after every line of a long paste would be quadratic
            self.continuing = draft.text.len() > LONGEST_ASKED || !is_complete(&draft.text);
            if !self.continuing {
                self.opened = opens(&draft.text);
            }
        }
    }

    /// A line that no prompt explains.
    fn output(&mut self, text: &str, span: &Range<usize>) {
        self.continuing &= text.trim().is_empty();
        if self.left_editor {
            if matches!(text.trim(), "exit" | "logout") {
                self.opened = Opens::Exit;
            }
            self.left_editor = text.trim().is_empty();
        }
        self.lead = None;
        let Some(running) = self.running else {
            if !text.trim().is_empty() {
                self.unexplained.get_or_insert(span.start);
                if self.levels.top().is_none() && self.early.len() < 64 {
                    self.early.push(text.trim().to_owned());
                }
            }
            return;
        };
        if is_password_prompt(text) {
            self.password(running, span.clone());
        }
        let draft = &mut self.drafts[running];
        let first = draft.output.lines == 0;
        draft.output.push_line(text);
        if first && draft.kind == CommandKind::Shell && (draft.text.contains('!') || draft.text.starts_with('^')) {
            self.expand(running, text);
        }
    }

    fn expand(&mut self, running: usize, printed: &str) {
        let history: Vec<&str> = self.drafts[..running]
            .iter()
            .rev()
            .take(500)
            .filter(|d| d.kind == CommandKind::Shell)
            .map(|d| d.text.as_str())
            .collect();
        let history: Vec<&str> = history.into_iter().rev().collect();
        let draft = &self.drafts[running];
        if let Some(text) = expansion(&draft.text, printed.trim_end(), &history) {
            self.opened = opens(&text);
            let draft = &mut self.drafts[running];
            draft.typed = Some(std::mem::replace(&mut draft.text, text));
        }
    }

    fn password(&mut self, running: usize, span: Range<usize>) {
        let asked = &self.drafts[running];
        let program = simple_commands(&asked.text).pop().and_then(|c| c.into_iter().next());
        let draft = Draft {
            kind: CommandKind::Password,
            program: program.map(|p| p.rsplit('/').next().unwrap_or(&p).to_owned()),
            text: String::new(),
            typed: None,
            output: Capture::default(),
            status: Status::Run,
            confidence: 0.9,
            alternatives: Vec::new(),
            span,
            ..asked.clone()
        };
        self.drafts.push(draft);
    }

    /// A completion that was only listed is no command: the same line is shown again below the listing.
    fn drop_completion(&mut self, entered: &Entered<'_>) {
        let Some(last) = self.running.and_then(|r| self.drafts.get(r)) else { return };
        let again = entered.text.starts_with(last.text.trim_end()) && !last.text.trim().is_empty();
        let listed = self.running.and_then(|r| r.checked_sub(1)).and_then(|r| self.drafts.get(r));
        let same_listing = listed.is_some_and(|l| l.status == Status::Aborted && l.output.head() == last.output.head());
        if again && last.output.lines > 0 && (self.completing || same_listing && entered.text.trim_end() != last.text) {
            let last = self.drafts.len() - 1;
            self.drafts[last].status = Status::Aborted;
            self.drafts[last].confidence = 0.5;
            self.opened = Opens::Nothing;
        }
    }

    /// A shell without a line editor shows type-ahead once, while the command before it still runs; what stands behind
    /// the next prompt is then output. So it is taken when that is no command and the lines before it all are.
    fn typed_ahead(&mut self, entered: &Entered<'_>) {
        let Some(last) = self.running.and_then(|r| self.drafts.get(r)) else { return };
        let lines = last.output.lines;
        let unmarked = !entered.marked && self.levels.top().is_some_and(|l| l.program.is_none() && !l.marked);
        if !unmarked || lines == 0 || lines > 3 || likeness(&entered.text) >= 0.0 || entered.text.trim().is_empty() {
            return;
        }
        let ahead: Vec<String> = last.output.head().lines().map(str::to_owned).collect();
        if !ahead.iter().all(|l| likeness(l) >= 1.5) {
            return;
        }
        let Some(text) = ahead.into_iter().next() else { return };
        let mut draft = last.clone();
        draft.output = Capture::default();
        (draft.text, draft.typed, draft.confidence) = (text, None, 0.6);
        self.opened = opens(&draft.text);
        self.running = Some(self.drafts.len());
        self.drafts.push(draft);
        self.ahead = true;
    }

    /// What was written to the shell before it could show a prompt comes from the shell profile: it is shown once
    /// without a prompt, and again by a shell that reads it with a line editor.
    fn mark_early(&mut self) {
        let early = std::mem::take(&mut self.early);
        for (draft, line) in self.drafts.iter_mut().zip(&early) {
            if draft.text.trim() != line {
                break;
            }
            draft.origin = Origin::ShellProfile;
        }
    }

    /// `whoami` and `id` say who the user is.
    fn look_at_output(&mut self) {
        let Some(draft) = self.running.map(|r| &self.drafts[r]) else { return };
        if draft.kind != CommandKind::Shell || draft.output.lines == 0 || draft.output.lines > 3 {
            return;
        }
        let line = draft.output.head().lines().next().unwrap_or_default().trim();
        let named = match draft.text.trim() {
            "whoami" | "id -un" | "id -nu" | "logname" => Some(line),
            "id" => line.strip_prefix("uid=").and_then(|l| Some(l.split_once('(')?.1.split_once(')')?.0)),
            _ => None,
        };
        if let Some(name) = named.filter(|n| is_user_name(n)) {
            // Windows answers with the domain
            let name = name.rsplit('\\').next().unwrap_or(name);
            let (level, name) = (draft.level, name.to_owned());
            self.levels.confirm_user(level, &name);
        }
    }
}

fn plain_sample<'a>(unit: &'a Unit<'_>) -> Option<Sample<'a>> {
    match unit {
        Unit::Line(line) if line.mark.is_none() && line.text.len() < 4096 && !line.text.trim().is_empty() => {
            Some(Sample { text: behind_sign(&line.text), floor: line.floor })
        }
        _ => None,
    }
}

/// What stands behind the sign with which zsh and fish mark a missing line end, and the blanks that fill its row.
fn behind_sign(text: &str) -> &str {
    const BLANKS: &str = "                    ";
    let Some(blanks) = text.rfind(BLANKS) else { return text };
    let signed = text[..blanks].trim_end().ends_with(['%', '#', '⏎']);
    if signed { text[blanks..].trim_start() } else { text }
}

/// Hashes of the words that output shows, for weighing readings.
fn shown_words(units: &[Unit<'_>]) -> HashSet<u64> {
    let mut out = HashSet::new();
    for unit in units {
        if let Unit::Line(line) = unit
            && line.text.len() < 4096
            && !line.text.contains('\u{8}')
            && out.len() < 200_000
        {
            out.extend(words(&line.text).filter(|w| w.len() >= 3).map(hash));
        }
    }
    out
}

fn hash(word: &str) -> u64 {
    let mut hash = DefaultHasher::new();
    word.hash(&mut hash);
    hash.finish()
}

/// Takes out the blanks that a line editor wrote to force a wrap at `width`.
fn without_wraps(prompt: &str, text: &str, width: usize) -> String {
    let lead = prompt.chars().count();
    let mut out = String::with_capacity(text.len());
    let mut col = lead;
    for c in text.chars() {
        if col == width && c == ' ' && lead < width {
            // the blank stands in the next row's first column and the text goes over it
            col = 0;
            continue;
        }
        if col == width {
            col = 0;
        }
        col += 1;
        out.push(c);
    }
    out
}

/// A program asks for something it will not show.
fn is_password_prompt(text: &str) -> bool {
    let text = text.trim_end();
    let Some(asked) = text.strip_suffix([':', '：']) else { return false };
    let tail: String = asked.chars().rev().take(80).collect::<Vec<_>>().into_iter().rev().collect();
    let lower = tail.to_lowercase();
    ["password", "passphrase", "passwort", "contraseña", "mot de passe", "パスワード", "verification code", "passcode", "pin"]
        .iter()
        .any(|word| lower.contains(word) && (word.len() > 3 || lower.ends_with(word)))
}

/// Whether the output of a command that should have opened a shell says that it did not.
fn says_it_failed(output: &str) -> bool {
    let head: String = output.chars().take(2000).collect::<String>().to_lowercase();
    ["denied", "not found", "does not exist", "incorrect", "failure", "refused", "unknown", "no such", "could not", "cannot", "can't", "not in the sudoers", "not allowed", "timed out", "error", "sorry", "a terminal is required", "unable to", "currently not available"]
        .iter()
        .any(|sign| head.contains(sign))
}

/// Whether a command gives the shell another prompt, or runs a file that may.
fn sets_prompt(text: &str) -> bool {
    simple_commands(text).iter().any(|words| {
        let name = words.first().map_or("", String::as_str);
        let sets = |w: &String| w.starts_with("PS1=") || w.starts_with("PROMPT=") || w.starts_with("prompt=");
        words.iter().take(2).any(sets) || matches!(name, "source" | ".") && words.len() > 1
    })
}

/// Whether a command is likely to be followed by another prompt of the same shell.
fn changes_prompt(text: &str) -> bool {
    simple_commands(text).iter().any(|words| {
        words.first().is_some_and(|w| {
            matches!(w.as_str(), "cd" | "pushd" | "popd" | "git" | "source" | "." | "export" | "conda" | "workon" | "deactivate" | "set" | "hostnamectl" | "hostname" | "kubectl" | "kubectx" | "use" | "\\c")
                || w.starts_with("PS1=")
                || w.starts_with("PROMPT")
        })
    })
}

fn is_user_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 64
        && !name.starts_with('-')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '$' | '\\' | '@'))
}
