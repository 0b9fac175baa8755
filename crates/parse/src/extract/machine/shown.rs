//! What looks entered and may have been shown: files that imitate prompts, what a command was told to print.

use super::*;

/// What a command may print that holds prompts.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Shows {
    /// Files.
    files: bool,
    /// What others wrote, or files on a screen of its own: hardly ever a short prompt.
    others: bool,
}

impl Shows {
    pub(super) fn of(commands: &SimpleCommands<'_>) -> Self {
        let mut shows = Self::default();
        for words in commands.iter() {
            match name_of(&words[0]) {
                "awk" | "bat" | "cat" | "curl" | "cut" | "diff" | "egrep" | "grep" | "head" | "history"
                | "less" | "man" | "more" | "nl" | "rg" | "sed" | "sort" | "strings" | "tac" | "tail"
                | "uniq" | "zcat" | "zless" => shows.files = true,
                "aws" | "base64" | "dmesg" | "docker" | "fg" | "git" | "journalctl" | "jq" | "kubectl"
                | "nano" | "podman" | "systemctl" | "tee" | "vi" | "view" | "vim" | "watch" | "wget" => {
                    shows.others = true;
                }
                _ => {}
            }
        }
        shows
    }
}

/// How sure it is that a line was printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Told {
    Surely,
    Perhaps,
}

impl<'a> Machine<'a> {
    /// What the running command may have shown, if it has shown something.
    fn shows(&mut self) -> Shows {
        let last = self.running.and_then(|r| self.drafts.get(r)).filter(|last| last.output.lines > 0);
        match last {
            None => Shows::default(),
            Some(_) if self.running == self.drafts.len().checked_sub(1) => self.may().shows,
            Some(last) => Shows::of(&SimpleCommands::of(&last.text)),
        }
    }

    /// Whether what stands behind a short prompt may as well be a file's text: such a prompt stands in many, and the last
    /// command shows one.
    pub(super) fn may_be_shown(&mut self, prompt: &str) -> bool {
        prompt.trim().len() <= 2 && !matches!(self.opened, Opens::Shell { .. }) && self.shows().files
    }

    /// Whether what stands behind a short prompt may be what a program shows that nobody knows: it has shown something before, or in
    /// a streaming copy came along with that, when nobody had the time to type.
    pub(super) fn may_be_programs(&mut self, line: &Line<'_>, prompt: &str) -> bool {
        let short = prompt.trim().len() <= 2 && line.rare().input.is_none();
        let Some(running) = self.running.filter(|_| short && !matches!(self.opened, Opens::Shell { .. }))
        else {
            return false;
        };
        // or with what is not sure itself
        let doubtful = self.drafts[running].confidence < 0.9;
        match self.given.mode {
            Mode::Streamed => !self.begins_event(&line.span) && (doubtful || self.may().opens_unknown),
            _ => self.drafts[running].output.lines > 0 && self.may().opens_unknown,
        }
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
            let shows = self.shows();
            let shows = goes_on || shows.files || shows.others;
            self.along = (taken || with_above && shows).then_some(own);
        }
        self.along.is_some()
    }

    /// Whether a line that begins with such a prompt was shown along with the one before.
    pub(super) fn is_shown(&mut self, line: &Line<'_>, prompt: &str) -> bool {
        self.given.mode == Mode::Streamed
            && !self.is_below_lead()
            && self.may_be_shown(prompt)
            && !self.begins_event(&line.span)
    }

    /// Whether the upper line of a prompt stands above, where the shell's editor begins or draws it once more.
    fn is_below_lead(&self) -> bool {
        let marked = |lead: &str| self.prompts.marked_lead == Some(hash(lead));
        self.drawn_anew || self.prompts.lead.as_deref().is_some_and(marked)
    }

    /// Whether a line at root's mere sign may be a remark of a file that is shown, or goes on with such: no command that is known
    /// begins it. A transcript has no times; there what is no sentence may have been entered as well.
    pub(super) fn remark(&mut self, line: &Line<'_>, prompt: &str, rest: &str) -> Option<Told> {
        const BETWEEN: u8 = 2;
        let goes_on = self.remarks > 0;
        self.remarks = self.remarks.saturating_sub(1);
        let root = prompt.trim() == "#";
        let known = !root || likeness(rest) >= KNOWN || rest.trim_start().is_empty();
        if known
            || matches!(self.opened, Opens::Shell { .. })
            || self.running.is_none()
            || self.is_below_lead()
        {
            return None;
        }
        if !goes_on && !self.may().shows.files {
            return None;
        }
        if self.given.mode == Mode::Streamed {
            return (!self.begins_event(&line.span)).then_some(Told::Surely);
        }
        if is_sentence(rest) {
            self.remarks = if goes_on { BETWEEN } else { 0 };
            return Some(Told::Surely);
        }
        self.remarks = BETWEEN;
        Some(Told::Perhaps)
    }

    /// Whether a line that begins with a prompt is what the last command was told to print, as it stands there: it surely is
    /// where that command can show nothing else before. Where it may be either, nobody is to be told that it is sure.
    pub(super) fn is_told(&self, text: &str, prompt: &str) -> Option<Told> {
        let (text, shown) = (text.trim_end(), prompt.trim_end());
        let last = self.running.and_then(|r| self.drafts.get(r))?;
        // the sign of the prompt alone tells it of most
        let sign = shown.bytes().next_back();
        let told = text.len() > shown.len()
            && (text.len()..LONGEST_ASKED).contains(&last.text.len())
            && sign.is_none_or(|sign| memchr::memchr(sign, last.text.as_bytes()).is_some())
            && memmem::find(last.text.as_bytes(), text.as_bytes()).is_some();
        if !told {
            return None;
        }
        let first = last.output.lines == 0 && prints_at_once(&last.text) || is_document_line(last, text);
        match first {
            true => Some(Told::Surely),
            false if shown.trim_start().len() >= 3 => Some(Told::Perhaps),
            false => None,
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
}

/// Whether a text is one in words, or drawn, as no command is.
fn is_sentence(text: &str) -> bool {
    const WORDS: usize = 3;
    let of_word = |c: char| c.is_alphabetic() || ",.:;!?'()".contains(c);
    let mut words = text.split_whitespace();
    let begins = text.trim_start().starts_with(char::is_uppercase) && words.clone().count() > 1;
    let drawn = !text.contains(char::is_alphanumeric) && text.trim().len() >= WORDS;
    begins || drawn || words.clone().count() >= WORDS && words.all(|word| word.chars().all(of_word))
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
