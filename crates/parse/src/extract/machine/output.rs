//! Lines that no prompt explains, and what they tell about the command before.

use super::*;
use crate::gone::{says_it_is_gone, stopped};
use crate::readings::goes_on;

/// Further rows of a line that are looked at.
const MOST_ROWS: u64 = 4;

impl<'a> Machine<'a> {
    /// A line that is nothing but output. Most tell nothing either.
    pub(super) fn more_output(&mut self, line: &Line<'_>, text: &str) {
        let tells = line.holds.bangs()
            || matches!(text.as_bytes().first(), Some(b'[' | b':'))
            || self.edited
            || self.runs_lines
            || self.breaks.full.is_some()
            || is_password_prompt(text)
            || says_it_is_gone(text);
        match self.running.and_then(|running| self.drafts.get_mut(running)) {
            Some(draft) if !tells && draft.output.lines > 0 && draft.typed.is_none() => {
                draft.output.push_line(text)
            }
            _ => self.output(text, &line.span),
        }
    }

    /// A line that no prompt explains.
    pub(super) fn output(&mut self, text: &str, span: &Range<usize>) {
        self.continuing = self.continuing && is_blank(text);
        if self.left_editor {
            if matches!(text.trim(), "exit" | "logout") {
                self.opened = Opens::Exit;
            }
            // programs say goodbye
            let program = || self.levels.top().is_some_and(|top| top.program.is_some());
            self.left_editor = is_blank(text) || program();
        }
        self.prompts.lead = None;
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
            self.look_at_resumed(running, text);
        }
        if self.edited && self.take_edited(running, text, span) {
            return;
        }
        let torn = first && self.given.mode == Mode::Streamed && self.is_rest(running, text);
        if self.breaks.full.is_some() && self.go_on(running, text, first, span) {
            return;
        }
        if torn {
            let draft = &self.drafts[running];
            let own = self.given.of(&draft.span);
            let behind_blank = own.strip_suffix(b"\n").unwrap_or(own).ends_with(b" ");
            let blank = if behind_blank && !draft.text.ends_with(' ') { " " } else { "" };
            let whole = format!("{}{blank}{text}", draft.text);
            let other = self.without_odd_blanks(&whole);
            let draft = &mut self.drafts[running];
            for (text, confidence) in other.map(|text| (text, 0.3)).into_iter().chain([(whole, 0.4)]) {
                draft.offer(Reading { text, confidence });
            }
            draft.confidence = draft.confidence.min(0.6);
        }
        self.look_for_shell(text);
        if text.starts_with('[') || says_it_is_gone(text) {
            self.look_for_end(text);
        }
        let ran_inside = self.runs_lines && says_it_ran(text, self.given.mode);
        let draft = &mut self.drafts[running];
        draft.output.push_line(text);
        draft.output.ran_inside += u64::from(ran_inside);
        if first
            && draft.kind == CommandKind::Shell
            && (draft.text.contains('!') || draft.text.starts_with('^'))
        {
            self.expand(running, text);
        } else if !first && self.drafts[running].typed.is_some() {
            self.expand_further(running, text);
        }
    }

    /// What a line was expanded to is printed whole: it goes on in `printed`, which is of a command of before.
    #[cold]
    fn expand_further(&mut self, running: usize, printed: &str) {
        const MOST: u64 = 16;
        let (draft, earlier) = (&self.drafts[running], self.drafts.before(running));
        let shown = draft.output.lines - 1;
        let own = shown < MOST && draft.text.lines().count() as u64 == shown && !is_complete(&draft.text);
        let mut earlier = earlier.iter().rev().take(history::MOST);
        if own && earlier.any(|d| d.text.lines().skip(1).any(|line| line == printed.trim_end())) {
            let draft = &mut self.drafts[running];
            draft.text.push('\n');
            draft.text.push_str(printed.trim_end());
            self.opened = opens(&self.drafts[running].text);
        }
    }

    /// The last line that the command which runs showed.
    pub(super) fn last_shown(&self) -> &str {
        self.running.and_then(|r| self.drafts.get(r)).map_or("", |draft| draft.output.last_line())
    }

    /// Takes note where a line says that the shell in front is gone, or that it stands aside.
    #[cold]
    fn look_for_end(&mut self, text: &str) {
        let aside = || stopped(text).is_some_and(|job| matches!(opens(job), Opens::Shell { .. }));
        if self.opened == Opens::Nothing && (says_it_is_gone(text) || aside()) {
            self.opened = Opens::Exit;
        }
    }

    /// What says that the shell is gone stands behind its prompt, and behind what was typed and never entered.
    pub(super) fn gone_behind(&mut self, mut entered: Entered<'_>, typed: usize) {
        let said = entered.text.split_off(typed);
        let span = entered.span.clone();
        if !entered.text.trim().is_empty() {
            entered.status = Status::Incomplete;
            self.entered(entered);
        }
        self.output(&said, &span);
        self.opened = Opens::Exit;
    }

    /// A job that comes to the foreground is named first: it may be a shell or a program that asks.
    fn look_at_resumed(&mut self, running: usize, text: &str) {
        let draft = &self.drafts[running];
        let resumes = matches!(draft.text.split_whitespace().next(), Some(word) if word == "fg" || word.starts_with('%'));
        if draft.kind == CommandKind::Shell && resumes && self.opened == Opens::Nothing {
            self.opened = opens(resumed(text));
        }
    }

    /// What the last line may have been if it went on in `text`, as busybox writes lines that reach the edge; taken for that
    /// where it was not finished and is so.
    fn go_on(&mut self, running: usize, text: &str, first: bool, span: &Range<usize>) -> bool {
        let Some(full) = self.breaks.full.take().filter(|_| text.len() < LONGEST_LINE) else { return false };
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
        // what busybox broke is typed on, and comes in another event; what a command shows first comes with its line
        let apart = first && self.busybox && self.begins_event(span);
        let apart = apart && (joins(text) || begins_at_blank(text) || self.is_rest(running, text));
        let draft = &mut self.drafts[running];
        let behind = || self.busybox && begins_at_blank(text) && joins(text);
        let finished = first && is_complete(&whole) && (!is_complete(&draft.text) || apart || behind());
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
        if first && !finished && likeness(text) >= 1.0 {
            // or it took the place of what stood above
            draft.offer(Reading { text: text.trim_end().to_owned(), confidence: OTHER });
        }
        // so may what else the line says that begins and ends alike
        let begin = draft.text.char_indices().nth(3).map_or("", |(at, _)| &draft.text[..at]);
        let end = draft.text.char_indices().rev().nth(3).map_or("", |(at, _)| &draft.text[at..]);
        let same = draft.alternatives.iter().find(|a| {
            !finished && !end.is_empty() && a.command.starts_with(begin) && a.command.ends_with(end)
        });
        let other = same.map(|a| format!("{}{}", a.command, text.trim_end()));
        // ksh93 ends a row where a blank would stand in its last column
        let option = (first && text.starts_with('-') && !draft.text.ends_with([' ', '-']))
            .then(|| format!("{} {}", if finished { &alone } else { &draft.text }, text.trim_end()));
        for text in other.into_iter().chain([alone]).chain(option) {
            draft.offer(Reading { text, confidence: OTHER });
        }
        // colours that busybox takes for text make only the first row shorter
        if text.chars().count() >= width {
            self.breaks.full = Some(Full { width, agree, text: whole });
        }
        finished
    }

    /// Whether a line of a streaming copy is the first of its event.
    pub(super) fn begins_event(&self, span: &Range<usize>) -> bool {
        self.given.begins.binary_search(&self.line_start(span.start)).is_ok()
    }

    /// Whether the first line that a command shows may be the rest of its own, which ended at the terminal's edge.
    fn is_rest(&self, running: usize, text: &str) -> bool {
        let draft = &self.drafts[running];
        let shown = |word: &str| self.weighing.words.look_up(word);
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

    pub(super) fn password(&mut self, running: usize, span: Range<usize>) {
        let asked = &self.drafts[running];
        let commands = SimpleCommands::of(&asked.text);
        let program = commands.last().first();
        let draft = Draft {
            kind: CommandKind::Password,
            program: program.map(|p| name_of(p).to_owned()),
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

    /// `whoami` and `id` say who the user is. What was typed next may stand glued to that.
    pub(super) fn look_at_output(&mut self, typed: &str) {
        let Some(draft) = self.running.map(|r| &self.drafts[r]) else { return };
        if draft.kind != CommandKind::Shell || draft.output.lines == 0 || draft.output.lines > 3 {
            return;
        }
        let text = draft.text.trim();
        // the shell shows first what it made of `!!`, which names nobody
        let mut said = draft.output.head().lines().map(str::trim).filter(|line| *line != text);
        let named = match text {
            "whoami" | "id -un" | "id -nu" | "logname" => {
                let mut names = said.filter(|line| is_user_name(line));
                // one of several may have been typed ahead
                let (name, more) = (names.next(), names.next());
                name.filter(|_| more.is_none())
            }
            "id" => said.find_map(|line| {
                let (name, _) = line.strip_prefix("uid=")?.split_once('(')?.1.split_once(')')?;
                Some(name).filter(|name| is_user_name(name))
            }),
            _ => None,
        };
        if let Some(name) = named {
            // Windows answers with the domain
            let name = name.rsplit('\\').next().unwrap_or(name);
            let level = draft.level;
            let name = self.levels.user_behind(level, name, typed).unwrap_or(name).to_owned();
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
    let whole = || [torn, rest].concat();
    torn.len() >= LEAST
        && !rest.is_empty()
        && memmem::find(&line.as_bytes()[..end], whole().as_bytes()).is_some()
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

/// Whether a program says that it ran a line that was typed into it: `less` in these words, on either screen; vim where it
/// left its own, which a streaming copy does not tell.
fn says_it_ran(text: &str, mode: Mode) -> bool {
    match text.trim_end() {
        "!done  (press RETURN)" | "|done  (press RETURN)" => true,
        "Press ENTER or type command to continue" => mode == Mode::Exact,
        _ => false,
    }
}

/// Whether the output of a command that should have opened a shell says that it did not, or that somebody left it by a key
/// before anything ran in it. A shell may say something of its own before its prompt.
pub(super) fn is_gone(output: &Capture) -> bool {
    says_it_failed(output.head()) || output.last_lines().any(|line| matches!(line.trim(), "logout" | "exit"))
}

/// Whether a shell says that it ends, and of no jobs that keep it.
pub(super) fn says_it_ends(output: &Capture) -> bool {
    let mut said = output.head().lines().map(str::trim);
    said.next().is_some_and(|first| matches!(first, "logout" | "exit"))
        && !said.any(|line| line.ends_with(" jobs."))
}

/// Whether it says that it did not.
fn says_it_failed(output: &str) -> bool {
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

/// The job that a shell names when it brings it to the foreground: alone, or as zsh does, `[1]  + continued  vi`. bash adds
/// where it runs.
fn resumed(text: &str) -> &str {
    let job = text.split_once("continued").map_or(text, |(_, job)| job);
    job.split("(wd: ").next().unwrap_or_default().trim()
}
