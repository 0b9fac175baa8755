//! Lines of a streaming copy, which lost carriage returns and more: what they may have said.
//!
//! A line is taken as it stands, and then asked about one kind of loss after another. Each step that finds one names a line
//! that is likelier, or one that may be meant as well. A step asks about what the steps before it hold to be the line.

mod drawn;
mod offered;
mod searched;
mod together;

use super::aside::has_edge;
use super::korn::behind_bell;
use super::right::beside_right_prompt;
use super::*;
use crate::readings::{MOST_RECALLED, recalled, without_odd_blanks};
use drawn::{behind_itself_again, behind_prompt_again, drawn_over_rows};
pub(super) use searched::is_search;
use together::behind_given_up;

/// Other readings of a line that wraps are looked for in.
const MOST_UNWRAPPED: usize = 3;
/// Other readings that are handed on; some may turn out to be the one that is reported.
const MOST_READINGS: usize = 8;

/// What a line may have been, as far as the steps have come.
pub(super) struct Ways {
    /// What is held to be the line.
    pub(super) best: Reading,
    /// What else it may have been. What is found later comes first.
    pub(super) others: Vec<Reading>,
}

impl Ways {
    /// `text` is likelier than what was held to be the line.
    fn prefer(&mut self, text: String, confidence: f32) {
        let before = std::mem::replace(&mut self.best, Reading { text, confidence });
        self.others.insert(0, before);
    }

    /// The line is `text`, and hardly what it was held to be: that is as likely as `before`.
    fn replace(&mut self, text: String, confidence: f32, before: f32) {
        self.prefer(text, confidence);
        self.others[0].confidence = before;
    }

    /// It may be `text` as well.
    pub(super) fn offer(&mut self, text: String, confidence: f32) {
        self.others.insert(0, Reading { text, confidence });
    }

    /// What is held to be the line is no surer than that.
    fn doubt(&mut self, most: f32) {
        self.best.confidence = self.best.confidence.min(most);
    }
}

/// A line that is asked about.
struct Asked<'e> {
    entered: &'e Entered<'e>,
    /// The program at whose prompt it was entered, if that is no shell.
    program: Option<&'e str>,
    /// Its bytes, the prompt and what was drawn before it with them.
    own: &'e [u8],
    /// Whether the cursor stepped back in what was drawn behind the prompt.
    stepped: bool,
}

impl Asked<'_> {
    fn in_shell(&self) -> bool {
        self.program.is_none()
    }

    /// As many of its bytes as are looked through where somebody asks about all of them.
    fn near(&self) -> &[u8] {
        &self.own[..self.own.len().min(LONGEST_LINE)]
    }

    /// What was drawn behind the prompt, where the copy has lost some of it.
    fn raw(&self) -> &[u8] {
        self.entered.raw.unwrap_or_default()
    }
}

impl Machine<'_> {
    /// What was entered: the likeliest reading, and others. An exact copy has one reading.
    pub(super) fn readings_of(
        &mut self,
        entered: Entered<'_>,
        program: Option<&str>,
    ) -> (Reading, Vec<Reading>) {
        if self.given.mode == Mode::Exact || entered.replayed {
            let Entered { text, prompt, span, marked, .. } = entered;
            let shown = Reading { text, confidence: 1.0 };
            if let Some(text) = self.found_too_far(prompt, &shown.text, &span) {
                let other = Reading { confidence: OTHER, ..shown };
                return (Reading { text, confidence: 0.8 }, vec![other]);
            }
            let mut ways = Ways { best: shown, others: Vec::new() };
            if marked && self.given.mode == Mode::Streamed {
                beside_right_prompt(self.given.of(&span), &mut ways);
            }
            return (ways.best, ways.others);
        }
        let own = self.given.of(&entered.span);
        let stepped = entered.raw.is_some_and(|raw| memchr::memchr(0x08, raw).is_some());
        let asked = &Asked { entered: &entered, program, own, stepped };
        let mut ways = self.read_back(asked);
        let aside = entered.raw.filter(|raw| has_edge(raw));
        if let Some(text) = aside.and_then(|raw| self.read_aside(raw, entered.prompt)) {
            let shown = Reading { confidence: OTHER, ..ways.best };
            // the agent's filter damages what is not ASCII
            let confidence = if text.contains('\u{fffd}') { 0.5 } else { 0.95 };
            return (Reading { text, confidence }, vec![shown]);
        }
        let aside = aside.and_then(|raw| self.moved_aside(raw, entered.prompt));
        if let Some(text) = aside.or_else(|| self.unfolded(ways.best.text.trim_end())) {
            let shown = Reading { confidence: OTHER, ..ways.best };
            return (Reading { text, confidence: 0.8 }, vec![shown]);
        }
        self.put_in_front(asked, &mut ways);
        self.taken_from_history(asked, &mut ways);
        self.found_by_search(asked, &mut ways);
        self.drawn_anew(asked, &mut ways);
        let again = self.has_run_before(ways.best.text.trim_end()) || self.echoed_above(&ways.best.text);
        if !again {
            self.wrapped(asked, &mut ways);
            if let Some(text) = self.without_odd_blanks(&ways.best.text) {
                ways.doubt(0.85);
                ways.offer(text, 0.1);
            }
        }
        behind_given_up(&mut ways);
        let earlier = if again || !asked.in_shell() { None } else { self.behind_earlier(&ways.best.text) };
        self.took_anothers_place(again, &mut ways);
        if let Some(earlier) = earlier {
            earlier.take_place(&mut ways);
        }
        self.may_begin_inside(asked, &mut ways);
        behind_prompt_again(asked, &mut ways);
        self.drawn_in_program(asked, &mut ways);
        drawn_over_rows(asked, &mut ways);
        behind_itself_again(&mut ways);
        if entered.raw.is_none() && is_search(asked.near()) {
            // of a search on a line that was kept, the steps back to the prompt are lost
            ways.doubt(0.7);
        }
        if !ways.best.text.is_ascii() && ways.best.text.contains('\u{fffd}') {
            // the agent's filter damages what is not ASCII
            ways.doubt(0.5);
        }
        if let Some(statement) = ways.best.text.trim_end().strip_suffix(" ;").filter(|_| !asked.in_shell()) {
            // nobody types that: the edge was there, or before the last character, which is written twice then
            let text = format!("{};", statement.trim_end_matches([' ', ';']));
            ways.replace(text, ways.best.confidence.min(0.85), OTHER);
        } else if let Some(text) = without_last_again(&ways.best.text) {
            ways.doubt(0.85);
            ways.offer(text, OTHER);
        }
        if let Some(text) = without_tail_again(&ways.best.text) {
            ways.doubt(0.85);
            ways.offer(text, 0.2);
        }
        if asked.in_shell() {
            if let Some(text) = made_a_comment(&ways.best.text) {
                ways.prefer(text, 0.5);
            }
            self.offer(asked, &ways.best, again, &mut ways.others);
        }
        ways.others.truncate(MOST_READINGS);
        (ways.best, ways.others)
    }

    /// The line as it stands, read in each way that its steps back allow.
    fn read_back(&self, asked: &Asked<'_>) -> Ways {
        let entered = asked.entered;
        let Some(raw) = entered.raw.filter(|_| asked.stepped) else {
            let best = Reading { text: entered.text.clone(), confidence: 1.0 };
            return Ways { best, others: Vec::new() };
        };
        let ran = |line: &str| self.weighing.has_run(line);
        let keys = if asked.in_shell() { self.keys() } else { Keys::Program };
        let known = |word: &str| self.weighing.words.any(word);
        let mut others = readings(raw, entered.prompt, &entered.text, keys, known, ran);
        Ways { best: others.remove(0), others }
    }

    /// A line that shows one line of history and the rest of another.
    fn taken_from_history(&mut self, asked: &Asked<'_>, ways: &mut Ways) {
        self.weighing.history.note(&self.drafts);
        if !self.weighing.history.begins(&self.drafts, &ways.best.text) {
            return;
        }
        let same = |d: &&Draft| d.program.as_deref() == asked.program && d.status == Status::Run;
        // most lines are one of the last
        let is_near = |line: &str| {
            let mut near = self.weighing.history.beginning_as(&self.drafts, line, MOST_RECALLED);
            near.any(|d| same(&d) && d.text == line) && !line.contains('\n')
        };
        if is_near(ways.best.text.trim_end()) {
            return;
        }
        let earlier = self.drafts.iter().rev().take(history::MOST).filter(same);
        if let Some(text) = recalled(&ways.best.text, earlier.map(|d| d.text.as_str())) {
            ways.prefer(text, 0.8);
        }
    }

    /// The terminal's width may have broken the line: a streaming copy shows a blank or a letter more for each edge.
    fn wrapped(&self, asked: &Asked<'_>, ways: &mut Ways) {
        // a paste is drawn once more, at once, and wraps by itself
        let Some(wraps) = self.weighing.wrap.as_ref().filter(|_| !ways.best.text.contains('\n')) else {
            return;
        };
        let prompt = asked.entered.prompt;
        let shown = |word: &str| self.weighing.words.look_up(word);
        let found = wraps.unwrap(prompt, &ways.best.text, shown).into_iter();
        let mut found = found.map(|way| Reading { text: way.text, confidence: way.confidence });
        if let Some(way) = found.next() {
            let whole = Reading { text: way.text, confidence: ways.best.confidence * way.confidence };
            // a line of history is written at once and wraps by itself
            let settled =
                whole.text != ways.best.text && self.run_together(&ways.best.text).is_some_and(|(_, s)| s);
            if !settled {
                let doubted = joins_oddly(&ways.best.text, &whole.text);
                ways.best = whole;
                if doubted {
                    ways.doubt(0.85);
                }
            }
        }
        for other in ways.others.iter_mut().take(MOST_UNWRAPPED) {
            if let Some(way) = wraps.unwrap(prompt, &other.text, shown).into_iter().next() {
                other.text = way.text;
            }
        }
        ways.others.extend(found);
        ways.others.sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
    }

    /// Whether a line was run, and not only shown above a list of completions.
    fn has_run_before(&self, line: &str) -> bool {
        let listed =
            || self.drafts.last().filter(|d| d.status == Status::Aborted && d.text.trim_end() == line);
        let ran = |d: &Draft| d.status == Status::Run && d.text.trim_end() == line;
        self.weighing.has_run(line) && (listed().is_none() || self.drafts.iter().any(ran))
    }

    /// How the shell in front reads keys.
    fn keys(&self) -> Keys {
        if self.levels.top().is_some_and(|l| l.vi) { Keys::Vi } else { Keys::Shell }
    }

    /// Whether the line above shows most of this one: it was typed ahead, and nothing broke it there.
    fn echoed_above(&self, text: &str) -> bool {
        const LEAST: usize = 8;
        let above = self.drafts.last().map_or("", |d| d.output.last_line()).trim_end();
        above.len() >= LEAST && 2 * above.len() >= text.len() && text.trim_end().ends_with(above)
    }

    /// The readings of a further line of a command: one, but in a streaming copy that has lost movements.
    pub(super) fn reread(&self, line: &Line<'_>, prompt: &str, rest: &str) -> Vec<Reading> {
        let shell = self.levels.top().is_none_or(|l| l.program.is_none());
        self.reread_as(line, prompt, rest, if shell { Keys::Shell } else { Keys::Program })
    }

    /// The same of a further row of a line, with which no command begins.
    pub(super) fn reread_row(&self, line: &Line<'_>, row: &str) -> Vec<Reading> {
        self.reread_as(line, "", row, Keys::Program)
    }

    fn reread_as(&self, line: &Line<'_>, prompt: &str, rest: &str, keys: Keys) -> Vec<Reading> {
        let raw = self.given.bytes.get(line.span.clone()).filter(|_| self.given.mode == Mode::Streamed);
        match raw.filter(|raw| raw.contains(&0x08)) {
            Some(raw) => readings(raw, prompt, rest, keys, |_| false, |_| false),
            None => vec![Reading { text: rest.to_owned(), confidence: 1.0 }],
        }
    }

    /// Appends a further line of the running command, the first of its readings; with the others it is another command.
    pub(super) fn append_read(&mut self, mut ways: Vec<Reading>, end: usize, status: Option<Status>) {
        let Some(running) = self.running else { return };
        let best = ways.remove(0);
        if ways.is_empty() || self.drafts[running].text.len() > LONGEST_ASKED {
            return self.append(&best.text, end, status);
        }
        let before = self.drafts[running].text.clone();
        self.append(&best.text, end, status);
        let draft = &mut self.drafts[running];
        draft.confidence = draft.confidence.min(best.confidence);
        let others = ways.into_iter().map(|way| Reading { text: format!("{before}\n{}", way.text), ..way });
        draft.alternatives.extend(others.map(Reading::into_alternative));
        draft.alternatives.truncate(MOST_OTHERS);
    }

    /// A line of a shell without the blanks that nobody is likely to have typed.
    pub(super) fn without_odd_blanks(&self, text: &str) -> Option<String> {
        let shell = self.levels.top().is_some_and(|l| l.program.is_none());
        let shown = |word: &str| self.weighing.words.look_up(word);
        shell.then(|| without_odd_blanks(text, &shown)).flatten()
    }
}

/// Whether `whole` lacks a blank of `shown` that most people type: behind a sign that parts commands or before an option.
fn joins_oddly(shown: &str, whole: &str) -> bool {
    let mut rest = whole.chars().peekable();
    let (mut before, mut odd) = (' ', false);
    for c in shown.chars() {
        if rest.peek() == Some(&c) {
            rest.next();
            before = c;
        } else if c == ' ' {
            let next = rest.peek().copied().unwrap_or(' ');
            odd |= matches!(before, ';' | '|' | '>' | '&') && next != ' ' && next != before
                || before.is_alphanumeric() && matches!(next, '-' | '$');
        } else {
            return odd;
        }
    }
    odd
}

/// The line without its last character, where that stands there twice with a blank between: so readline writes a line that
/// ends exactly at the terminal's edge.
fn without_last_again(text: &str) -> Option<String> {
    let text = text.trim_end();
    let last = text.chars().next_back()?;
    let before = text.strip_suffix(last)?.strip_suffix(' ')?;
    (before.len() > 8 && before.ends_with(last)).then(|| before.to_owned())
}

/// The line without the pipe at its end, where that stands there twice: a line of history was cut back, and typed on in the
/// same way.
fn without_tail_again(text: &str) -> Option<String> {
    let text = text.trim_end();
    let pipe = memchr::memrchr(b'|', text.as_bytes())?;
    let (before, tail) = text.split_at(text[..pipe].trim_end().len());
    (tail.len() > 2 && before.ends_with(tail)).then(|| before.to_owned())
}

/// A line that readline made a comment, which leaves it without running anything: it steps back and puts the sign in front,
/// and the copy shows that at the end, where hardly anybody types it.
fn made_a_comment(text: &str) -> Option<String> {
    let line = text.trim_end().strip_suffix('#')?;
    let glued = line.ends_with(|c: char| c.is_alphanumeric() || matches!(c, '/' | '"' | '\'' | '*' | '.'));
    (glued && line.contains(' ') && !line.contains('#')).then(|| format!("#{line}"))
}

/// Whether a prompt stands so often among what was drawn.
fn shows_times(drawn: &[u8], prompt: &str, times: usize) -> bool {
    // its sign alone tells it of most lines that it does not
    let sign = prompt.trim_end().bytes().next_back();
    let may = sign.is_none_or(|sign| memchr::memchr_iter(sign, drawn).nth(times - 1).is_some());
    may && memmem::find_iter(drawn, prompt).nth(times - 1).is_some()
}

/// What bytes show without their escape sequences.
pub(super) fn without_sequences(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let mut out = String::with_capacity(text.len());
    let mut parts = text.split('\u{1b}');
    out.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let len = match part.as_bytes().first() {
            Some(b'[') => part[1..].find(|c: char| ('@'..='~').contains(&c)).map(|at| at + 2),
            Some(b']') => part.find('\u{7}').map(|at| at + 1),
            Some(b'(' | b')') => Some(2),
            _ => Some(1),
        };
        out.push_str(part.get(len.unwrap_or(part.len())..).unwrap_or_default());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_ends_at_the_edge_shows_its_last_character_twice() {
        assert_eq!(without_last_again("create table t(a); ;").as_deref(), Some("create table t(a);"));
        assert_eq!(without_last_again("select 1; select 2;"), None);
    }

    #[test]
    fn a_blank_that_most_type_is_missed() {
        assert!(joins_oddly("echo a > /tmp/a; rm /tmp/ab", "echo a > /tmp/a;rm /tmp/ab"));
        assert!(joins_oddly("find /etc -maxdepth 1 -name b", "find /etc -maxdepth 1-name b"));
        assert!(!joins_oddly("test -f a || echo mis sing", "test -f a || echo missing"));
        assert!(!joins_oddly("test -f a | | echo b", "test -f a || echo b"));
    }

    #[test]
    fn a_pipe_that_stands_there_twice_may_have_been_cut_back() {
        assert_eq!(without_tail_again("cd a | wc -l | wc -l").as_deref(), Some("cd a | wc -l"));
        assert_eq!(without_tail_again("cd a | wc -l | wc"), None);
    }

    #[test]
    fn sequences_are_taken_out() {
        assert_eq!(without_sequences(b"\x1b]0;t\x07a\x1b[7mb\x1b[27m\x1b(Bc\x1b=d\x1b["), "abcd");
    }
}
