//! Lines that no prompt explains, and what they tell about the command before.

use std::borrow::Cow;

use super::lossy::without_sequences;
use super::*;
use crate::readings::goes_on;

/// Programs that print files: prompts may be in them.
const FILES: &[&str] = &[
    "awk", "bat", "cat", "curl", "cut", "diff", "egrep", "grep", "head", "history", "less", "man", "more",
    "nl", "rg", "sed", "sort", "strings", "tac", "tail", "uniq", "zcat", "zless",
];
/// Programs that show files on a screen of their own, or what others wrote: hardly ever a short prompt.
const OTHERS: &[&str] = &[
    "aws",
    "base64",
    "dmesg",
    "docker",
    "fg",
    "git",
    "journalctl",
    "jq",
    "kubectl",
    "nano",
    "podman",
    "systemctl",
    "tee",
    "vi",
    "view",
    "vim",
    "watch",
    "wget",
];

/// How a full-screen program leaves the screen.
pub(super) const LEFT: &[u8] = b"\x1b[?1049l";

/// Further rows of a line that are looked at.
const MOST_ROWS: u64 = 4;

impl<'a> Machine<'a> {
    /// A line that no prompt explains.
    pub(super) fn output(&mut self, text: &str, span: &Range<usize>) {
        self.continuing = self.continuing && is_blank(text);
        if self.left_editor {
            if matches!(text.trim(), "exit" | "logout") {
                self.opened = Opens::Exit;
            }
            self.left_editor = is_blank(text);
        }
        self.lead = None;
        if text.starts_with('[') && is_multiplexers_end(text.trim_end()) && self.levels.are_multiplexed() {
            self.levels.leave_multiplexer();
        }
        let Some(running) = self.running else {
            if !is_blank(text) {
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
        let first = self.drafts[running].output.lines == 0;
        if first {
            self.look_before(span);
        }
        if self.edited && self.take_edited(running, text, span) {
            return;
        }
        let torn = first && self.given.mode == Mode::Streamed && self.is_rest(running, text);
        if self.full.is_some() && self.go_on(running, text, first, span) {
            return;
        }
        if torn {
            let draft = &self.drafts[running];
            let whole = format!("{}{text}", draft.text);
            let other = self.without_odd_blanks(&whole);
            let draft = &mut self.drafts[running];
            for (text, confidence) in other.map(|text| (text, 0.3)).into_iter().chain([(whole, 0.4)]) {
                draft.alternatives.insert(0, Reading { text, confidence }.into_alternative());
            }
            draft.alternatives.truncate(MOST_OTHERS);
            draft.confidence = draft.confidence.min(0.6);
        }
        self.look_for_shell(text);
        let draft = &mut self.drafts[running];
        draft.output.push_line(text);
        if first
            && draft.kind == CommandKind::Shell
            && (draft.text.contains('!') || draft.text.starts_with('^'))
        {
            self.expand(running, text);
        }
    }

    /// What the last line may have been if it went on in `text`, as busybox writes lines that reach the edge; taken for that
    /// where it was not finished and is so.
    fn go_on(&mut self, running: usize, text: &str, first: bool, span: &Range<usize>) -> bool {
        let Some(full) = self.full.take().filter(|_| text.len() < LONGEST_LINE) else { return false };
        let Full { width, agree, text: mut whole } = full;
        let rows = self.drafts[running].output.lines;
        if !first && rows > MOST_ROWS {
            return false;
        }
        let raw = self.given.bytes.get(span.clone()).filter(|raw| raw.contains(&0x08));
        match raw
            .and_then(|raw| readings(raw, "", text, Keys::Program, |_| false, |_| false).into_iter().next())
        {
            Some(row) => whole.push_str(&row.text),
            None => whole.push_str(text),
        }
        let draft = &mut self.drafts[running];
        let behind = || self.busybox && begins_at_blank(text) && joins(text);
        let finished = first && is_complete(&whole) && (!is_complete(&draft.text) || behind());
        let alone = if finished {
            let alone = std::mem::replace(&mut draft.text, whole.trim_end().to_owned());
            draft.confidence = draft.confidence.min(0.6);
            self.opened = opens(&draft.text);
            alone
        } else {
            if agree || first && joins(text) {
                draft.confidence = draft.confidence.min(0.85);
            }
            whole.trim_end().to_owned()
        };
        // so may what else the line says that begins and ends alike
        let begin = draft.text.char_indices().nth(3).map_or("", |(at, _)| &draft.text[..at]);
        let end = draft.text.char_indices().rev().nth(3).map_or("", |(at, _)| &draft.text[at..]);
        let same = draft.alternatives.iter().find(|a| {
            !finished && !end.is_empty() && a.command.starts_with(begin) && a.command.ends_with(end)
        });
        let other = same.map(|a| format!("{}{}", a.command, text.trim_end()));
        for text in other.into_iter().chain([alone]) {
            draft.alternatives.insert(0, Reading { text, confidence: OTHER }.into_alternative());
        }
        draft.alternatives.truncate(MOST_OTHERS);
        // colours that busybox takes for text make only the first row shorter
        if text.chars().count() >= width {
            self.full = Some(Full { width, agree, text: whole });
        }
        finished
    }

    /// Whether the first line that a command shows may be the rest of its own, which ended at the terminal's edge.
    fn is_rest(&self, running: usize, text: &str) -> bool {
        let draft = &self.drafts[running];
        let shown = |word: &str| self.words.look_up(word);
        draft.kind == CommandKind::Shell
            && self.levels.top().is_some_and(|l| !l.marked)
            && (begins_behind(text)
                || goes_on(&draft.text, text, &shown)
                || goes_on_as_shown(&draft.text, text))
    }

    pub(super) fn expand(&mut self, running: usize, printed: &str) {
        let history: Vec<&str> = self
            .drafts
            .before(running)
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

    /// A program may show that it was asked for a shell.
    pub(super) fn look_for_shell(&mut self, shown: &str) {
        if !self.runs_lines || !shown.starts_with(":sh") && memchr::memchr(b'!', shown.as_bytes()).is_none() {
            return;
        }
        let running = self.running.and_then(|r| self.drafts.get(r));
        let Some(last) = running.filter(|last| last.text.len() < LONGEST_ASKED) else { return };
        if let opened @ Opens::Shell { .. } = asked(&last.text, shown) {
            self.opened = opened;
            self.asked = true;
        }
    }

    /// Whether these bytes show, in a full-screen program, the file in which bash lets a line be edited before it runs: after
    /// `fc`, or a key.
    pub(super) fn look_for_edited(&mut self, shown: Range<usize>) {
        const MOST: usize = 1 << 20;
        let shown = self.given.bytes.get(shown).unwrap_or_default();
        if memmem::find(&shown[..shown.len().min(MOST)], b"/bash-fc.").is_some() {
            self.edited = true;
            self.doubt(0.5);
        }
    }

    /// Looks at what a transcript shows between a command and the first that comes after it, which full-screen programs do.
    pub(super) fn look_before(&mut self, next: &Range<usize>) {
        let Some(last) = self.running.and_then(|r| self.drafts.get(r)) else { return };
        let shown = last.span.end..next.start;
        let first = last.output.lines == 0 && last.typed.is_none();
        if self.given.mode == Mode::Exact && first && shown.len() > LEFT.len() {
            self.look_for_edited(shown.clone());
            self.look_at_left(shown);
        }
    }

    /// Where the line begins on which something stands, whatever it begins with, or some way before that.
    pub(super) fn line_start(&self, at: usize) -> usize {
        const NEAR: usize = 4096;
        let from = at.saturating_sub(NEAR);
        memchr::memrchr(b'\n', &self.given.bytes[from..at]).map_or(from, |end| from + end + 1)
    }

    /// What was typed last in a full-screen program before it left the screen may be `:sh`.
    pub(super) fn look_at_left(&mut self, shown: Range<usize>) {
        const NEAR: usize = 512;
        const MOST: usize = 1 << 20;
        let shown = self.given.bytes.get(shown).unwrap_or_default();
        let shown = &shown[shown.len().saturating_sub(MOST)..];
        let Some(left) = memmem::rfind(shown, LEFT) else { return };
        let near = without_sequences(&shown[left.saturating_sub(NEAR)..left]);
        if let Some(asked) = near.rfind(':') {
            self.look_for_shell(near[asked..].trim_end());
        }
    }

    /// Takes what bash prints behind that program: the lines that it runs in place of the one that was typed.
    fn take_edited(&mut self, running: usize, text: &str, span: &Range<usize>) -> bool {
        let before = &self.given.bytes[self.line_start(span.start)..span.start];
        let draft = &mut self.drafts[running];
        let shown = self.given.mode == Mode::Streamed && draft.typed.is_none();
        if shown && memmem::find(before, LEFT).is_none() {
            return false;
        }
        match draft.typed {
            Some(_) => draft.text.extend(["\n", text]),
            None => draft.typed = Some(std::mem::replace(&mut draft.text, text.to_owned())),
        }
        draft.confidence = 0.85;
        if draft.text.len() > LONGEST_ASKED || is_complete(&draft.text) {
            self.edited = false;
            self.opened = opens(&draft.text);
        }
        true
    }

    pub(super) fn password(&mut self, running: usize, span: Range<usize>) {
        let asked = &self.drafts[running];
        let commands = SimpleCommands::of(&asked.text);
        let program = commands.last().first();
        let draft = Draft {
            kind: CommandKind::Password,
            program: program.map(|p| p.rsplit('/').next().unwrap_or(p).to_owned()),
            text: String::new(),
            typed: None,
            output: Capture::default(),
            status: Status::Run,
            confidence: 0.9,
            alternatives: Vec::new(),
            span,
            ..asked.clone()
        };
        self.push(draft);
    }

    /// The command that is running is no surer than `most`.
    pub(super) fn doubt(&mut self, most: f32) {
        if let Some(draft) = self.running.and_then(|r| self.drafts.get_mut(r)) {
            draft.confidence = draft.confidence.min(most);
        }
    }

    /// Whether the last command is one of these programs and has shown something.
    fn shows(&self, programs: &[&str]) -> bool {
        let Some(last) = self.running.and_then(|r| self.drafts.get(r)) else { return false };
        let shows =
            |words: &[Cow<'_, str>]| programs.contains(&words[0].rsplit('/').next().unwrap_or_default());
        last.output.lines > 0 && SimpleCommands::of(&last.text).iter().any(shows)
    }

    /// Whether what stands behind a short prompt may as well be a file's text: such a prompt stands in many, and the last
    /// command shows one.
    pub(super) fn may_be_shown(&self, prompt: &str) -> bool {
        prompt.trim().len() <= 2 && !matches!(self.opened, Opens::Shell { .. }) && self.shows(FILES)
    }

    /// Whether the streaming copy got the unit at `at`, which begins at `start`, along with a file's text above it, or with
    /// such a unit: a person would have to read and type that within a second, and the file may as well show the prompt to
    /// the letter. `taken` where a full-screen program begins there.
    pub(super) fn is_along(&mut self, at: usize, start: usize, taken: bool) -> bool {
        if self.given.begins.is_empty() {
            return false;
        }
        let event = |start: usize| self.given.begins.partition_point(|begin| *begin <= start);
        let own = event(start);
        let above = at.checked_sub(1).and_then(|above| self.units.get(above));
        let with_above = matches!(above, Some(Unit::Line(above)) if event(above.span.start) == own);
        if self.along != Some(own) {
            // what such a line is said to have shown may go on in the next event
            let goes_on =
                self.along.is_some() && self.running.is_some_and(|r| self.drafts[r].output.lines > 0);
            let shows = goes_on || self.shows(FILES) || self.shows(OTHERS);
            self.along = (taken || with_above && shows).then_some(own);
        }
        self.along.is_some()
    }

    /// Whether a line that begins with such a prompt was shown along with the one before.
    pub(super) fn is_shown(&self, line: &Line<'_>, prompt: &str) -> bool {
        self.given.mode == Mode::Streamed
            && self.may_be_shown(prompt)
            && self.given.begins.binary_search(&line.span.start).is_err()
    }

    /// Whether a line that begins with a prompt is what the last command was told to print, as it stands there: it surely is
    /// where that command can show nothing else before. Where it may be either, nobody is to be told that it is sure.
    pub(super) fn is_told(&self, text: &str, prompt: &str) -> Option<Told> {
        let (text, shown) = (text.trim_end(), prompt.trim_end());
        let last = self.running.and_then(|r| self.drafts.get(r))?;
        let told = text.len() > shown.len()
            && (text.len()..LONGEST_ASKED).contains(&last.text.len())
            && memmem::find(last.text.as_bytes(), text.as_bytes()).is_some();
        let first = last.output.lines == 0 && prints_at_once(&last.text) || is_document_line(last, text);
        match told {
            true if first => Some(Told::Surely),
            true if shown.trim_start().len() >= 3 => Some(Told::Perhaps),
            _ => None,
        }
    }

    /// How much of `left`, at its start, is text that the last command was told to print: `printf done` shows `done`.
    pub(super) fn own_output(&self, left: &str) -> usize {
        const LEAST: usize = 4;
        const MOST: usize = 200;
        let Some(last) = self.running.and_then(|r| self.drafts.get(r)).filter(|_| left.len() < MOST) else {
            return 0;
        };
        let ends = left.char_indices().map(|(at, _)| at).chain([left.len()]).filter(|at| *at >= LEAST);
        ends.take_while(|at| last.text.len() < MOST && last.text.contains(&left[..*at])).last().unwrap_or(0)
    }

    /// Whether what stands behind a prompt is what the program begun last greets with, by its own name: its line was
    /// typed ahead, so the prompt of its shell came only behind it. No command begins so.
    pub(super) fn is_greeting(&self, rest: &str) -> bool {
        let Opens::Repl { program, .. } = &self.opened else { return false };
        let name = program.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
        let first = rest.trim_start().as_bytes().get(..name.len());
        // As it calls itself (`Python 3.11.2`, `SQLite version 3.40.1`), which is not how it is typed.
        let named = first.is_some_and(|f| f.eq_ignore_ascii_case(name.as_bytes()) && f != name.as_bytes());
        let unmarked = || self.levels.top().is_some_and(|l| l.program.is_none() && !l.marked);
        named
            && unmarked()
            && likeness(rest) < 0.0
            && rest.split_whitespace().count() > 2
            && self.running.is_some_and(|r| self.drafts[r].output.lines == 0)
    }

    /// A shell that sets a title with its prompt names its user there, as `user@host`.
    pub(super) fn look_at_title(&mut self, title: Option<Range<usize>>) {
        let Some(title) = title.and_then(|at| self.given.bytes.get(at)) else { return };
        let said = says(&String::from_utf8_lossy(title));
        let Some((user, level)) = said.user.zip(self.levels.top().filter(|l| l.program.is_none())) else {
            return;
        };
        let level = level.id;
        self.levels.confirm_user(level, &user);
    }

    /// `whoami` and `id` say who the user is.
    pub(super) fn look_at_output(&mut self) {
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
            let level = self.levels.confirm_user(level, &name);
            if let Some(draft) = self.running.and_then(|r| self.drafts.get_mut(r)) {
                draft.level = level;
            }
        }
    }
}

/// Whether a line goes on with the rest of a word that it shows itself.
fn goes_on_as_shown(line: &str, next: &str) -> bool {
    const LEAST: usize = 5;
    let torn = line.rsplit([' ', ';', '"', '\'']).next().unwrap_or_default();
    let rest = next.split([' ', ';', '"', '\'']).next().unwrap_or_default();
    let end = line.len() - torn.len();
    let whole = || format!("{torn}{rest}");
    torn.len() >= LEAST
        && !rest.is_empty()
        && memmem::find(&line.as_bytes()[..end], whole().as_bytes()).is_some()
}

/// How sure it is that a line was printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Told {
    Surely,
    Perhaps,
}

/// Whether a command shows its here-document, and this is the line of it that is due.
fn is_document_line(last: &Draft, text: &str) -> bool {
    let shown = usize::try_from(last.output.lines).unwrap_or(usize::MAX);
    last.text.len() < LONGEST_ASKED
        && last.text.starts_with("cat ")
        && last.text.contains("<<")
        && last.text.lines().nth(shown.saturating_add(1)).is_some_and(|line| line.trim_end() == text)
}

/// Whether a line is one `echo` or `printf` and sends what it prints nowhere else.
fn prints_at_once(text: &str) -> bool {
    let mut quote = None;
    let mut escaped = false;
    let alone = text.bytes().all(|b| {
        if std::mem::take(&mut escaped) {
            return true;
        }
        match b {
            b'\\' if quote != Some(b'\'') => escaped = true,
            b'"' | b'\'' if quote.is_none() => quote = Some(b),
            _ if quote == Some(b) => quote = None,
            b'>' | b'<' | b'|' | b';' | b'&' | b'\n' => return quote.is_some(),
            _ => {}
        }
        true
    });
    alone && ["echo ", "printf "].iter().any(|name| text.starts_with(name))
}

/// What tmux and screen say when they leave the terminal.
fn is_multiplexers_end(text: &str) -> bool {
    matches!(text, "[exited]" | "[screen is terminating]" | "[lost server]" | "[server exited]")
        || text.starts_with("[detached") && text.ends_with(']')
}

/// Whether text begins with what joins one command to another.
fn begins_behind(text: &str) -> bool {
    ["| ", "|| ", "&& "].iter().any(|sign| text.trim_start().starts_with(sign))
}

/// A program asks for something it will not show.
pub(super) fn is_password_prompt(text: &str) -> bool {
    let last = text.bytes().rev().find(|b| *b != b' ').unwrap_or(b' ');
    if last.is_ascii_graphic() && last != b':' {
        return false;
    }
    let Some(asked) = text.trim_end().strip_suffix([':', '：']) else { return false };
    let tail: String = asked.chars().rev().take(80).collect::<Vec<_>>().into_iter().rev().collect();
    let lower = tail.to_lowercase();
    [
        "password",
        "passphrase",
        "passwort",
        "contraseña",
        "mot de passe",
        "パスワード",
        "verification code",
        "passcode",
        "pin",
    ]
    .iter()
    .any(|word| lower.contains(word) && (word.len() > 3 || lower.ends_with(word)))
}

/// Whether the output of a command that should have opened a shell says that it did not.
pub(super) fn says_it_failed(output: &str) -> bool {
    let head: String = output.chars().take(2000).collect::<String>().to_lowercase();
    [
        "denied",
        "not found",
        "does not exist",
        "incorrect",
        "failure",
        "refused",
        "unknown",
        "no such",
        "could not",
        "cannot",
        "can't",
        "not in the sudoers",
        "not allowed",
        "timed out",
        "error",
        "sorry",
        "a terminal is required",
        "unable to",
        "currently not available",
    ]
    .iter()
    .any(|sign| head.contains(sign))
}

pub(super) fn is_user_name(name: &str) -> bool {
    name.contains(|c: char| c.is_ascii_alphabetic())
        && name.len() <= 64
        && !name.starts_with('-')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '$' | '\\' | '@'))
}
