//! Lines that were typed before their prompt was there, in shells without a line editor.

use std::borrow::Cow;

use super::behind::without_bracket;
use super::output::is_user_name;
use super::repair::is_silent;
use super::*;

impl Machine<'_> {
    /// A shell without a line editor shows type-ahead once, while the command before it still runs; what stands behind
    /// the next prompt is then output. So the last line of output is taken when it is a command and what stands behind the
    /// prompt is none, or what that command says.
    pub(super) fn typed_ahead(&mut self, entered: &Entered<'_>) {
        let Some(last) = self.running.and_then(|r| self.drafts.get(r)) else { return };
        let unmarked = !entered.marked && self.levels.top().is_some_and(|l| l.program.is_none() && !l.marked);
        let (ahead, doubled) = (last.output.last_line(), self.doubled.take());
        // columns are a listing
        if !unmarked || likeness(ahead) < KNOWN || ahead.trim().contains("  ") || ahead.contains('\t') {
            return;
        }
        // a line editor shows what was typed ahead behind its prompt
        if is_edited(entered.raw.unwrap_or_else(|| self.given.of(&entered.span))) {
            return;
        }
        // of a paste the first line tells
        let shown = without_bracket(entered.text.trim().lines().next().unwrap_or_default().trim_end());
        // what shows nothing of its own showed what was typed
        let silent = last.output.lines == 1 && is_silent(&last.text);
        let moves = || May::of(&SimpleCommands::of(ahead)).changes_prompt;
        let quiet = doubled.is_some_and(|moved| silent || moved && moves());
        // a path alone is hardly ever run
        let path = silent && shown.starts_with('/') && !shown.contains(' ');
        let entered = || !path && (likeness(shown) >= KNOWN || runs_nameless(shown));
        // what a command was told to print is its output: `yes` is a command as well
        let told = last.text.contains('\n') && last.text.contains(ahead.trim());
        if told || !quiet && (shown.is_empty() || entered()) {
            return;
        }
        let says_it = silent || ahead.len() > shown.len() && ahead.ends_with(shown);
        let says_it = says_it
            || match ahead.trim() {
                "pwd" => shown.starts_with('/'),
                "whoami" | "id -un" => is_user_name(shown),
                _ => false,
            };
        if !quiet && likeness(shown) >= 0.0 && !says_it {
            return;
        }
        let ahead = ahead.to_owned();
        self.push_ahead(ahead);
        // behind a prompt that comes twice stands the next line
        self.ahead = !quiet;
    }

    /// Takes a line that was typed while the last command ran.
    fn push_ahead(&mut self, text: String) {
        let Some(last) = self.running.and_then(|r| self.drafts.get(r)) else { return };
        let draft = Draft {
            text,
            output: Capture::default(),
            typed: None,
            confidence: 0.6,
            alternatives: Vec::new(),
            ..last.clone()
        };
        self.opened = opens(&draft.text);
        self.running = Some(self.drafts.len());
        self.push(draft);
    }

    /// Whether the last line of output was typed ahead and told to print `shown`.
    pub(super) fn told_ahead(&self, shown: &str) -> bool {
        const LEAST: usize = 4;
        let ahead = self.last_shown();
        shown.trim().len() >= LEAST && ahead.contains(shown.trim()) && likeness(ahead) >= KNOWN
    }

    /// Takes the line that was typed while a command that shows nothing ran, where `shown` stands between two prompts.
    pub(super) fn line_ahead(&mut self, shown: &str, span: &Range<usize>) {
        let Some(last) = self.running.and_then(|r| self.drafts.get(r)) else { return };
        let unmarked = self.levels.top().is_some_and(|l| l.program.is_none() && !l.marked);
        let ahead = last.output.last_line();
        let silent = last.output.lines == 1 && is_silent(&last.text) && likeness(ahead) >= KNOWN;
        if unmarked && (silent || self.told_ahead(shown)) {
            let ahead = ahead.to_owned();
            self.push_ahead(ahead);
            self.output(shown, span);
        }
    }

    /// Where behind the prompt that is due ends the one of a shell that a line typed ahead has opened: the last line of
    /// output opens one, and other lines begin with its prompt. Takes that line.
    pub(super) fn shell_ahead(&mut self, rest: &str) -> Option<usize> {
        let last = self.running.and_then(|r| self.drafts.get(r))?;
        let ahead = last.output.last_line().trim();
        let unmarked = self.levels.top().is_some_and(|l| l.program.is_none() && !l.marked);
        if !unmarked || likeness(ahead) < KNOWN || !matches!(opens(ahead), Opens::Shell { .. }) {
            return None;
        }
        let ahead = ahead.to_owned();
        let plain = self.prompts.on_plain_lines(&self.units);
        let (end, score) = plain.best(rest, None)?;
        let prompt = &rest[..end];
        let used = score >= ANNOUNCED && plain.count(prompt) >= 2 && plain.is_used(prompt);
        used.then(|| self.push_ahead(ahead)).map(|()| end)
    }
}

/// What was entered on a line where `left` stands before the prompt and `rest` behind it, or where `rest` holds the prompt
/// again, if it was typed before the prompt was drawn: a shell without a line editor does not show it again, so it goes on
/// behind the prompt; busybox shows all of it. `None` where `left` is output.
pub(super) fn typed_before(left: &str, rest: &str, prompt: &str) -> Option<String> {
    let again = last_place(rest, prompt).filter(|_| prompt.trim().len() >= 5);
    let (last, ahead) = match again {
        None if left.is_empty() => return None,
        None => (rest, Cow::Borrowed(left)),
        Some(at) => {
            (&rest[at + prompt.len()..], Cow::Owned(left.to_owned() + &rest[..at].replace(prompt, "")))
        }
    };
    if ahead.ends_with(['"', '\'', '`']) {
        return None;
    }
    if ahead.trim_start().is_empty() {
        return again.map(|_| last.to_owned());
    }
    if likeness(last) >= KNOWN && (last.contains(ahead.trim()) || is_complete(&ahead)) {
        return last.contains(ahead.trim()).then(|| last.to_owned());
    }
    let joined = format!("{ahead}{last}");
    (likeness(&joined) >= KNOWN).then_some(joined)
}

/// Whether a line editor drew the line: it steps back otherwise than the terminal does, which takes one character out.
fn is_edited(line: &[u8]) -> bool {
    let erased = memmem::find_iter(line, b"\x08 \x08").count();
    memchr::memchr_iter(0x08, line).count() > 2 * erased
}

/// Whether a shell runs the line although it begins with no name: a variable, a quoted name with arguments, arithmetic, a
/// redirection, a job, a line from history that is changed. Hardly any output begins so.
fn runs_nameless(line: &str) -> bool {
    let mut chars = line.chars();
    let (first, rest) = (chars.next(), chars.as_str());
    let next = rest.chars().next();
    match first {
        Some('$') => next.is_some_and(|c| c.is_ascii_alphabetic() || matches!(c, '_' | '{' | '(')),
        Some(quote @ ('"' | '\'')) => {
            rest.split_once(quote).is_some_and(|(_, behind)| behind.starts_with(' '))
        }
        Some('(') => rest.starts_with('('),
        Some('>' | '<') => is_complete(line) && next.is_some_and(|c| !c.is_whitespace()),
        Some('%') => {
            next.is_some_and(|c| c.is_ascii_digit() || matches!(c, '+' | '-' | '%')) && !rest.contains(' ')
        }
        Some('^') => rest.contains('^') && !rest.starts_with('C'),
        _ => false,
    }
}
