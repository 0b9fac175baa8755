//! A virtual terminal session: steps in, the bytes a real terminal would have shown out, with exact truth.
//!
//! Nothing here reads a log. The bytes are written forwards from what was typed, and the truth is noted at the same
//! moment, so agreement with an extractor can't come from shared code.

mod acts;
mod outputs;
mod prompt;
mod typing;

pub use acts::{Act, Place, next_act};
pub(crate) use acts::{heavy, screen};
pub use prompt::{Dialect, PromptStyle};
pub use typing::Typing;

use crate::agent::{Recording, ansi};
use crate::truth::{Kind, Origin, Status, TruthCommand};

/// One shell on the stack of shells that a session builds up.
#[derive(Debug, Clone)]
struct Level {
    user: String,
    cwd: String,
    dialect: Dialect,
    style: PromptStyle,
    /// What the shell prints when it is left.
    farewell: &'static str,
    /// Whether the screen ever says who this is: the prompt, or the command that led here.
    named: bool,
}

/// A session under way.
#[derive(Debug)]
pub struct Shell {
    recording: Recording,
    now_ms: i64,
    width: usize,
    host: String,
    levels: Vec<Level>,
    commands: Vec<TruthCommand>,
    /// Offset of the current prompt's first byte.
    prompt_at: usize,
    history: Vec<String>,
    passwords: u32,
}

/// What came of a session.
#[derive(Debug, Clone)]
pub struct Shown {
    /// The terminal's bytes.
    pub recording: Recording,
    /// Every line entered, also those given up.
    pub commands: Vec<TruthCommand>,
    /// How many password prompts were answered.
    pub passwords: u32,
}

impl Shell {
    /// A fresh session at its first prompt.
    pub fn start(
        user: &str,
        cwd: &str,
        host: &str,
        dialect: Dialect,
        style: PromptStyle,
        width: usize,
        start_ms: i64,
    ) -> Self {
        let level = Level {
            user: user.into(),
            cwd: cwd.into(),
            dialect,
            style,
            farewell: "exit",
            named: style.names_user(dialect),
        };
        let mut shell = Self {
            recording: Recording::default(),
            now_ms: start_ms,
            width,
            host: host.into(),
            levels: vec![level],
            commands: Vec::new(),
            prompt_at: 0,
            history: Vec::new(),
            passwords: 0,
        };
        if dialect == Dialect::Bash42 {
            shell.put("\x1b[?1034h");
        }
        shell
    }

    /// Where the next command runs.
    pub fn place(&self) -> Place<'_> {
        let level = self.level();
        Place { user: &level.user, cwd: &level.cwd, host: &self.host, depth: self.levels.len() }
    }

    /// How the shell now in front behaves.
    pub fn dialect(&self) -> Dialect {
        self.level().dialect
    }

    /// Bytes shown so far.
    pub fn len(&self) -> usize {
        self.recording.bytes().len()
    }

    /// Whether nothing was shown yet.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Lets time pass, in milliseconds.
    pub fn wait(&mut self, ms: u64) {
        self.now_ms += ms as i64;
        self.recording.push(self.now_ms, b"");
    }

    /// Shell-profile lines: written before the shell reads, so the terminal echoes them once without a prompt, and
    /// bash once more behind its prompt.
    pub fn shell_profile(&mut self, lines: &[String]) {
        let start = self.len();
        for line in lines {
            self.put(&format!("{line}\r\n"));
        }
        for line in lines {
            let at = self.len();
            self.prompt();
            if self.dialect() == Dialect::Dash {
                self.prompt_at = start;
                self.note(line, at, Kind::Shell, None);
            } else {
                let typed_at = self.len();
                self.put(line);
                self.submit();
                self.note(line, typed_at, Kind::Shell, None);
            }
            if let Some(command) = self.commands.last_mut() {
                command.origin = Origin::ShellProfile;
                command.optional = true;
            }
        }
    }

    /// The terminal is resized: readline draws its prompt again on the same line.
    pub fn resized(&mut self, width: usize) {
        self.width = width;
        self.prompt();
        if self.dialect() != Dialect::Dash {
            self.put("\r\x1b[K\r");
            self.put(&self.prompt_text());
        }
        self.levels.last_mut().expect("a level").style.drawn = true;
    }

    /// Performs one step.
    pub fn perform(&mut self, act: Act, typing: Typing) {
        match act {
            Act::Run { text, output } => {
                self.enter(&text, typing);
                self.output(&output);
            }
            Act::Cd { text, dir } => {
                self.enter(&text, typing);
                self.level_mut().cwd = dir;
            }
            Act::Lines { lines, output } => {
                self.enter_lines(&lines);
                self.output(&output);
            }
            Act::Become { text, user, home, password, login } => {
                self.enter(&text, typing);
                self.password(password, &text);
                let Level { dialect, style, named, user: before, .. } = self.level().clone();
                let style = if login { PromptStyle::login(dialect, style) } else { style };
                let farewell = if login { "logout" } else { "exit" };
                let dialect = if dialect == Dialect::Dash { Dialect::Bash52 } else { dialect };
                let named = named || user != before || style.names_user(dialect);
                self.levels.push(Level { user, cwd: home, dialect, style, farewell, named });
            }
            Act::Refused { text, output, password } => {
                self.enter(&text, typing);
                self.password(password, &text);
                self.output(&output);
            }
            Act::Leave { text } => {
                self.enter(&text, typing);
                let level = self.levels.pop();
                if let Some(level) = level.filter(|l| l.dialect != Dialect::Dash) {
                    self.output(&format!("{}\n", level.farewell));
                }
            }
            Act::GiveUp { text } => self.give_up(&text),
            Act::Stopped { text, output } => {
                self.enter(&text, typing);
                self.output(&output);
                self.wait(2500);
                self.put("^C\r\n");
            }
            Act::Screen { text, frames } => {
                self.enter(&text, typing);
                self.put("\x1b[?1049h\x1b[22;0;0t\x1b[?1h\x1b=");
                for frame in frames {
                    self.wait(900);
                    self.put(&frame);
                }
                self.put("\x1b[?1l\x1b>\x1b[?1049l\x1b[23;0;0t");
            }
            Act::Repl { text, program, banner, prompt, statements, quit } => {
                self.enter(&text, typing);
                self.output(&banner);
                for (statement, output) in statements.iter().chain([&(quit, String::new())]) {
                    self.wait(700);
                    self.prompt_at = self.len();
                    self.put(prompt);
                    let at = self.len();
                    self.put(&format!("{statement}\r\n"));
                    self.note(statement, at, Kind::Repl, Some(program));
                    self.output(output);
                }
            }
        }
    }

    /// Leaves every shell and ends the session; or lets it stop where it is.
    pub fn end(mut self, politely: bool) -> Shown {
        while politely && !self.levels.is_empty() {
            self.wait(1200);
            self.perform(Act::Leave { text: "exit".into() }, Typing::Plain);
        }
        if !politely {
            self.prompt();
        }
        Shown { recording: self.recording, commands: self.commands, passwords: self.passwords }
    }

    fn level(&self) -> &Level {
        self.levels.last().expect("a shell while the session lasts")
    }

    fn level_mut(&mut self) -> &mut Level {
        self.levels.last_mut().expect("a shell while the session lasts")
    }

    fn put(&mut self, text: &str) {
        self.recording.push(self.now_ms, text.as_bytes());
    }

    /// Program output: the terminal turns LF into CR LF.
    fn output(&mut self, text: &str) {
        self.now_ms += 40;
        self.put(&text.replace('\n', "\r\n"));
    }

    fn prompt_text(&self) -> String {
        let Level { user, cwd, dialect, style, .. } = self.level();
        style.render(*dialect, user, &self.host, cwd)
    }

    /// Shows the prompt, unless it stands there already.
    fn prompt(&mut self) {
        if std::mem::take(&mut self.level_mut().style.drawn) {
            return;
        }
        self.prompt_at = self.len();
        if self.dialect() == Dialect::Bash52 {
            self.put("\x1b[?2004h");
        }
        self.put(&self.prompt_text());
    }

    fn submit(&mut self) {
        self.now_ms += 30;
        self.put("\r\n");
        if self.dialect() == Dialect::Bash52 {
            self.put("\x1b[?2004l\r");
        }
    }

    /// Notes a command that was just submitted; its first line was typed at that offset.
    fn note(&mut self, text: &str, typed_at: usize, kind: Kind, program: Option<&'static str>) {
        let bytes = self.recording.bytes();
        let end = bytes.iter().rposition(|&b| b == b'\n').map_or(bytes.len(), |lf| lf + 1);
        let literal = kept_by_stream(bytes, typed_at, end, text);
        let Level { user, cwd, named, .. } = self.level();
        self.commands.push(TruthCommand {
            effective_user: user.clone(),
            user_knowable: *named,
            cwd: cwd.clone(),
            host: self.host.clone(),
            kind,
            program,
            literal_in_stream: literal,
            time_ms: self.now_ms,
            span: self.prompt_at..end,
            ..TruthCommand::new(text)
        });
    }

    fn give_up(&mut self, text: &str) {
        self.prompt();
        let at = self.len();
        self.now_ms += 60 * text.len() as i64;
        self.put(&format!("{text}^C"));
        self.put(match self.dialect() {
            Dialect::Bash52 => "\x1b[?2004l\r\x1b[?2004h\x1b[?2004l\r\r\n",
            Dialect::Bash42 | Dialect::Dash => "\r\n",
        });
        self.note(text, at, Kind::Shell, None);
        if let Some(command) = self.commands.last_mut() {
            command.status = Status::Aborted;
        }
    }

    fn password(&mut self, asked: bool, command: &str) {
        if asked {
            let prompt = match command.starts_with("sudo") {
                true => format!("[sudo] password for {}: ", self.level().user),
                false => "Password: ".into(),
            };
            self.put(&prompt);
            self.wait(1800);
            self.put("\r\n");
            self.passwords += 1;
        }
    }
}

/// Whether every line of the command still ends its line in the stream, after the agent had its way with it.
pub(crate) fn kept_by_stream(bytes: &[u8], typed_at: usize, end: usize, text: &str) -> bool {
    let start = bytes[..typed_at].iter().rposition(|&b| b == b'\n').map_or(0, |lf| lf + 1);
    let shown: Vec<Vec<u8>> = bytes[start..end].split(|&b| b == b'\n').map(ansi::element).collect();
    let mut shown = shown.iter();
    text.lines().all(|line| {
        let line = line.replace('\t', " ");
        shown.any(|s| s.trim_ascii_end().ends_with(line.trim_end().as_bytes()))
    })
}
