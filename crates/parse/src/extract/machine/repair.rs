//! Lines that came out torn: pasted, broken at the width, found by search.

use std::borrow::Cow;

use super::jobs::is_job_number;
use super::*;
use crate::readings::letters;

impl<'a> Machine<'a> {
    /// Lines pasted at `at` into a streaming copy. The shell shows a paste highlighted and then, after a step up that is
    /// lost, once more: `one`, `twoone`, `two`. Takes the units that belong to it.
    /// Where the shell sets a title, the prompt too is written again: `one`, `two$ one`, `two`.
    pub(super) fn pasted(&mut self, at: usize, prompt: &str, first: &str) -> Option<String> {
        if first.trim_start().is_empty() {
            return None;
        }
        let half = first.len() / 2;
        if first.len() >= 8
            && first.len().is_multiple_of(2)
            && first.is_char_boundary(half)
            && first[..half] == first[half..]
        {
            return Some(first[..half].to_owned());
        }
        let units = Rc::clone(&self.units);
        let line = |i: usize| match units.get(i) {
            Some(Unit::Line(line)) if line.text.len() < LONGEST_LINE => Some(line),
            _ => None,
        };
        let text = |i: usize| line(i).map(|line| line.text.as_ref());
        // few lines end as the first does
        let last = first.as_bytes().last()?;
        let ahead = self.ends.get(at + 1..(at + 64).min(units.len())).unwrap_or_default();
        let mut seen = 0;
        for n in memchr::memchr_iter(*last, ahead.as_flattened()).map(|i| i / 2 + 1) {
            // most that end so do both in what they show and in what was written
            if std::mem::replace(&mut seen, n) == n {
                continue;
            }
            let line = line(at + n)?;
            let stepped = self.stepped_back(at + n, first).map(|last| (last, first));
            let Some((last, first)) = stepped.or_else(|| before_again(&line.text, first)) else {
                continue;
            };
            let ended = last.is_empty();
            let last = without_redrawn_end(last, prompt);
            let pasted = |i: usize| if i < n { text(at + i) } else { Some(last) };
            // a paste that ends its last line stands on one row less, and shows commands
            let rows = if ended { n - 1 } else { n };
            let again =
                |i: usize| text(at + n + i).filter(|text| pasted(i).is_some_and(|own| same_text(text, own)));
            let commands = || (1..=n).filter_map(pasted).any(|line| likeness(line) >= KNOWN);
            if !(1..=rows).all(|i| again(i).is_some())
                || last.is_empty() && !(ended && rows > 0 && commands())
            {
                return None;
            }
            self.taken = at + n + rows + 1;
            // drawn for the second time it wraps without blanks
            let lines: Vec<&str> = [first].into_iter().chain((1..=rows).filter_map(again)).collect();
            return Some(lines.join("\n"));
        }
        None
    }

    /// Lines pasted at `at` into zsh, of a streaming copy: it shows them highlighted and then once more, where the steps between
    /// rows are lost: `one`, `two`, `threeonetwothree`. Takes the units that belong to it.
    pub(super) fn pasted_into_zsh(&mut self, at: usize, first: &str) -> Option<String> {
        const LEAST: usize = 6;
        const ROWS: usize = 512;
        let mut rows = vec![first];
        let mut length = first.len();
        let units = Rc::clone(&self.units);
        for (n, unit) in units.iter().enumerate().skip(at + 1).take(ROWS) {
            let Unit::Line(line) = unit else { return None };
            let text: &str = &line.text;
            let last =
                text.len().checked_sub(length).filter(|more| more.is_multiple_of(2)).map(|more| more / 2);
            if let Some(last) = last.filter(|_| length >= LEAST)
                && let Some(mut again) = text.get(last..)
                && again.ends_with(&text[..last])
                && rows.iter().all(|row| again.strip_prefix(row).inspect(|rest| again = rest).is_some())
            {
                rows.push(&text[..last]);
                self.taken = n + 1;
                return Some(rows.join("\n").trim_end().to_owned());
            }
            length += text.len();
            rows.push(text);
        }
        None
    }

    /// What unit `at` shows before the steps back behind which `first` was written over it.
    fn stepped_back(&self, at: usize, first: &str) -> Option<&'a str> {
        let Some(Unit::Line(line)) = self.units.get(at) else { return None };
        let raw = self.given.bytes.get(line.span.clone()).filter(|raw| raw.len() < LONGEST_LINE)?;
        let raw = raw.strip_suffix(b"\n").unwrap_or(raw);
        let before = raw.strip_suffix(first.as_bytes()).filter(|before| before.ends_with(b"\x08"))?;
        let before = std::str::from_utf8(before).ok()?;
        let last = before.trim_end_matches('\u{8}');
        (!last.contains(['\u{8}', '\u{1b}'])).then_some(last)
    }

    /// Whether an editor and not the person may have ended the line: it wrote a carriage return of its own. A streaming
    /// copy has lost those; there the width alone tells.
    pub(super) fn is_broken(&self, line: &Line<'_>) -> bool {
        match self.given.mode {
            Mode::Exact => self.breaks.returns > 0 && line.returns > self.breaks.returns,
            Mode::Streamed => self.breaks.row_width.is_some(),
        }
    }

    /// Whether a row of so many columns may have been broken: in a streaming copy all of them are as long.
    pub(super) fn may_be_full(&self, columns: usize) -> bool {
        let further = self.breaks.rows.is_some_and(|rows| rows.full == Some(columns));
        self.given.mode == Mode::Exact
            || further
            || self.breaks.row_width.is_none_or(|width| width == columns)
    }

    /// How many characters of a short line were written, those of sequences too.
    pub(super) fn written(&self, line: &Line<'_>) -> usize {
        const MOST: usize = 4096;
        let before = &self.given.bytes[line.span.start.saturating_sub(MOST)..line.span.start];
        let start = line.span.start - before.iter().rev().take_while(|b| **b != b'\n').count();
        let line = &self.given.bytes[start..line.span.end];
        String::from_utf8_lossy(&line[..line.len().min(MOST)]).trim_end().chars().count()
    }

    /// Whether a line begins with another prompt, which the last command may have set or opened.
    fn begins_anew(&mut self, text: &str) -> bool {
        let may = self.may();
        let opens = matches!(self.opened, Opens::Shell { .. });
        if !(may.sets_prompt || may.changes_prompt || opens) {
            return false;
        }
        let plain = self.prompts.on_plain_lines(&self.units);
        plain.best(text, None).is_some_and(|(end, score)| {
            let (prompt, rest) = text.split_at(end);
            let used = plain.count(prompt) >= 2 && plain.is_used(prompt);
            score >= ANNOUNCED && (used || opens && likeness(rest) >= KNOWN)
        })
    }

    /// A line that an editor had broken is whole again.
    pub(super) fn finish_broken(&mut self) {
        let Some(draft) = self.running.and_then(|r| self.drafts.get_mut(r)) else { return };
        if self.breaks.broken {
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

    /// Whether `text` goes on the line that an editor broke at the width. What is longer than the width, begins with the
    /// prompt, or with the sign that asks for the rest of an unfinished command does not, nor is the number of a job: then
    /// the line was exactly as long as the width.
    pub(super) fn goes_on(&mut self, text: &str) -> bool {
        // what is printed is no rest of the line that tells to print it
        let told = |d: &Draft| {
            d.text.split_once(' ').is_some_and(|(name, line)| {
                matches!(name, "echo" | "printf") && line.trim_matches(['"', '\'']) == text.trim_end()
            })
        };
        let printed = self.running.is_some_and(|r| told(&self.drafts[r]));
        // nor what a shell says that is left
        let left = self.opened == Opens::Exit;
        if printed || left || self.is_greeting(text) || self.begins_anew(text) {
            return false;
        }
        let most = self.breaks.row_width.map(|first| first.max(self.breaks.rows.map_or(0, |rows| rows.most)));
        let fits = most.is_none_or(|width| text.chars().count() <= width);
        let prompt = self.levels.top().map_or("", |l| l.prompt.as_str());
        let asked = || {
            // a blank that the edge left may stand before it
            continuation(text.trim_start_matches(' '), None).is_some()
                && self.running.is_some_and(|r| !is_complete(&self.drafts[r].text))
        };
        let job = || self.running.is_some_and(|r| is_job(&self.drafts[r])) && is_job_number(text);
        let begins = prompt.trim().len() >= 2 && text.starts_with(prompt);
        fits && !(begins || job() || asked())
    }

    /// The line as it stands below, where an editor that had to draw it anew wrote its prompt once more behind it: an edit
    /// of a line of several rows, a terminal of another width. Takes the next unit.
    pub(super) fn drawn_below(&mut self, at: usize, prompt: &str, rest: &str) -> Option<String> {
        let drawn =
            rest.trim_end().strip_suffix(prompt.trim_end()).filter(|drawn| !drawn.trim().is_empty())?;
        let Some(Unit::Line(next)) = self.units.get(at + 1) else { return None };
        let same = next.rare().mark.is_none()
            && next.text.len() < 4096
            && letters(&next.text).eq(letters(after_last_prompt(drawn, prompt, true)));
        same.then(|| next.text.clone().into_owned()).inspect(|_| self.taken = at + 2)
    }

    /// What stands before the last copy of the prompt, where an editor drew it anew to get to a place in the first of
    /// several rows, and Enter was pressed there: the rows below are stepped over, and one of the line ends is a blank line.
    pub(super) fn before_redrawn<'t>(&self, at: usize, prompt: &str, rest: &'t str) -> Option<&'t str> {
        let before = rest.trim_end().strip_suffix(prompt.trim_end())?;
        let below = matches!(self.units.get(at + 1), Some(Unit::Line(l)) if l.rare().mark.is_none() && is_blank(&l.text));
        let long = prompt.trim().len() >= 4 && before.chars().count() > 20;
        (below && long && !before.trim_end().ends_with("^C") && likeness(before) > 0.0).then_some(before)
    }
}

/// What was written to the shell before it could show a prompt comes from the shell profile: it is shown once
/// without a prompt, and again by a shell that reads it with a line editor.
pub(super) fn mark_early(early: &[String], first: &mut [Draft]) {
    for (draft, line) in first.iter_mut().zip(early) {
        if draft.text.trim() != line {
            break;
        }
        draft.origin = Origin::ShellProfile;
    }
}

/// A line without the end of the prompt that was written again behind it: all of it, or as much as stands right of where
/// the cursor was.
fn without_redrawn_end<'a>(line: &'a str, prompt: &str) -> &'a str {
    let ends = prompt.char_indices().map(|(at, _)| &prompt[at..]);
    ends.filter(|end| end.trim().len() > 1 || *end == prompt)
        .find_map(|end| line.strip_suffix(end))
        .unwrap_or(line)
}

/// Whether two lines are one but for what wraps leave in the second: blanks, or a character that stands there twice.
fn same_text(a: &str, b: &str) -> bool {
    fn bytes(text: &str) -> impl Iterator<Item = u8> {
        text.bytes().filter(|b| *b != b' ')
    }
    a == b || {
        let same = bytes(a).zip(bytes(b)).take_while(|(a, b)| a == b).count();
        let mut rest = bytes(b).skip(same);
        match rest.next() {
            None => bytes(a).count() == same,
            doubled => same > 0 && bytes(b).nth(same - 1) == doubled && bytes(a).skip(same).eq(rest),
        }
    }
}

/// What stands in `line` before `text`, which it ends in but for the blanks that wraps leave, and `text` as it stands there.
fn before_again<'a>(line: &'a str, text: &str) -> Option<(&'a str, &'a str)> {
    // most lines part from it within a word
    let same = line.bytes().rev().zip(text.bytes().rev()).take_while(|(a, b)| a == b).count();
    let [left, own] = [line, text].map(|text| text.as_bytes()[..text.len() - same].last());
    let within = [left, own].iter().all(|b| b.is_some_and(u8::is_ascii_graphic));
    if within && own != text.as_bytes().get(text.len() - same) {
        return None;
    }
    let (mut at, mut last, mut doubled) = (line.len(), None, false);
    for c in letters(text).rev() {
        let blanks = line.as_bytes()[..at].iter().rev().take_while(|b| **b == b' ').count();
        let before = &line[..at - blanks];
        let ends_so = match before.as_bytes().last() {
            Some(last) if last.is_ascii() => *last as char == c,
            _ => before.ends_with(c),
        };
        match ends_so {
            true => at = before.len() - c.len_utf8(),
            // the edge doubled it
            false if last == Some(c) && !doubled => doubled = true,
            false => return None,
        }
        last = Some(c);
    }
    Some(line.split_at(at)).filter(|(_, again)| !again.is_empty())
}

/// Whether a command waits, or does its work, without a word.
pub(super) fn is_silent(command: &str) -> bool {
    let is_silent = |word: &str| matches!(word, "sleep" | "wait" | "true" | ":");
    // most are told by their first letters
    if command.starts_with(char::is_alphabetic) && !command.starts_with(['s', 'w', 't']) {
        return false;
    }
    let commands = SimpleCommands::of(command);
    let silent = |words: &[Cow<'_, str>]| is_silent(&words[0]);
    !commands.last().is_empty() && commands.iter().all(silent)
}

/// A first word that is known to be a command gives a line this likeness.
pub(in crate::extract) const KNOWN: f32 = 1.5;

/// What stands behind the sign with which zsh and fish mark a missing line end, and the blanks that fill its row.
pub(super) fn behind_sign(text: &str) -> &str {
    const BLANKS: &str = "                    ";
    // wherever so many blanks stand, one of them is at a multiple of their number
    let bytes = text.as_bytes();
    let blank = |b: &&u8| **b == b' ';
    let around = |at: usize| {
        bytes[..at].iter().rev().take_while(blank).count() + bytes[at..].iter().take_while(blank).count()
    };
    let mut at = BLANKS.len() - 1;
    while bytes.get(at).is_some_and(|b| *b != b' ' || around(at) < BLANKS.len()) {
        at += BLANKS.len();
    }
    // columns have as many, and none of the signs
    if at >= bytes.len() || memchr::memchr3(b'%', b'#', "⏎".as_bytes()[0], bytes).is_none() {
        return text;
    }
    let Some(blanks) = memmem::rfind(bytes, BLANKS.as_bytes()) else { return text };
    let signed = text[..blanks].trim_end().ends_with(['%', '#', '⏎']);
    if signed { text[blanks..].trim_start() } else { text }
}

/// Whether nothing can be seen of a text.
pub(super) fn is_blank(text: &str) -> bool {
    let first = text.bytes().find(|b| *b != b' ');
    !first.is_some_and(|b| b.is_ascii_graphic()) && text.trim_start().is_empty()
}

pub(super) fn hash(word: &str) -> u64 {
    word_key(word)
}
