//! The moves of a recorded session that are more than typing a line.

use std::time::Duration;

use super::house::PASSWORD;
use super::keys::{self, Keys};
use super::session::{Player, Typed, line_end};
use super::{RecordError, ShellKind};
use crate::shell::kept_by_stream;
use crate::truth::{Kind, Status, TruthCommand};

impl Player {
    pub(super) fn lines(&mut self, lines: &[String]) -> Result<(), RecordError> {
        self.tag("multi-line");
        let at = self.term.len();
        let (last, first) = lines.split_last().expect("a command has a line");
        for line in first {
            self.type_line(keys::plain(line))?;
            self.term.quiet();
        }
        let typed = self.type_line(keys::plain(last))?;
        self.prompted(1)?;
        let from = self.commands.len();
        self.note(Typed { at, ..typed }, &lines.join("\n"), self.levels.last().copied());
        if self.levels.last() == Some(&ShellKind::Tcsh)
            && let Some(command) = self.commands.get_mut(from)
            && command.command == lines[0]
        {
            // csh keeps what goes on apart from its first line
            command.command = lines.join("\n");
            let (shown, end) = (self.term.since(0), line_end(self.term.since(0), typed.entered));
            command.literal_in_stream = kept_by_stream(shown, at, end, &command.command);
            self.commands.truncate(from + 1);
        }
        Ok(())
    }

    /// bash runs pasted lines one by one and notes the whole each time; the others take them as one command.
    pub(super) fn paste(&mut self, lines: &[String]) -> Result<(), RecordError> {
        self.tag("paste");
        let at = self.term.len();
        self.term.key(&keys::paste(lines), 300)?;
        self.term.quiet();
        let typed = self.type_line(Keys::new())?;
        self.prompted(1)?;
        let bash = self.levels.last() == Some(&ShellKind::Bash);
        let from = self.commands.len();
        self.note(Typed { at, ..typed }, "", self.levels.last().copied());
        if bash {
            let noted = self.commands.split_off(from);
            if let Some(first) = noted.into_iter().next() {
                for line in lines {
                    let literal = kept_by_stream(self.term.since(0), at, self.line_end(typed.entered), line);
                    self.commands.push(TruthCommand {
                        command: line.clone(),
                        literal_in_stream: literal,
                        ..first.clone()
                    });
                }
            }
        }
        Ok(())
    }

    pub(super) fn complete(&mut self, pieces: &[&str]) -> Result<(), RecordError> {
        self.tag("completion");
        let at = self.term.len();
        for piece in pieces {
            for key in keys::plain(piece) {
                self.term.key(&key, 120)?;
            }
            self.term.key(keys::TAB, 250)?;
            self.term.quiet();
        }
        let typed = self.type_line(Keys::new())?;
        self.prompted(1)?;
        self.note(Typed { at, ..typed }, "", self.levels.last().copied());
        Ok(())
    }

    /// A line with a character too many, which goes in command mode.
    pub(super) fn vi(&mut self, text: &str) -> Result<(), RecordError> {
        self.tag("vi");
        let bindkey = matches!(self.levels.last(), Some(ShellKind::Zsh | ShellKind::Tcsh));
        let [on, off] = if bindkey { ["bindkey -v", "bindkey -e"] } else { ["set -o vi", "set -o emacs"] };
        self.run(keys::plain(on), "")?;
        self.think();
        let keys = keys::vi(&mut self.dice.fork(), text);
        self.run(keys, "")?;
        self.think();
        self.run(keys::plain(off), "")
    }

    /// What a job in the background prints comes between the keys.
    pub(super) fn background(&mut self, text: &str) -> Result<(), RecordError> {
        self.tag("background");
        let job = "(sleep 0.4; echo job speaking) &";
        self.run(keys::plain(job), job)?;
        let at = self.term.len();
        let (head, tail) =
            text.split_at(text.char_indices().nth(text.chars().count() / 2).map_or(0, |(i, _)| i));
        self.press(keys::plain(head))?;
        self.term.within(Duration::from_millis(700), |shown| shown.ends_with(b"speaking\r\n"));
        self.press(keys::plain(tail))?;
        let typed = self.type_line(Keys::new())?;
        self.prompted(1)?;
        self.note(Typed { at, ..typed }, text, self.levels.last().copied());
        Ok(())
    }

    pub(super) fn give_up(&mut self, text: &str) -> Result<(), RecordError> {
        self.tag("ctrl-c");
        let at = self.term.len();
        self.press(keys::plain(text))?;
        let time_ms = self.term.now_ms();
        self.unheard(keys::CTRL_C)?;
        let entered = self.term.len();
        let mut command = self.truth(text, Typed { at, entered, time_ms });
        command.status = Status::Aborted;
        self.commands.push(command);
        Ok(())
    }

    pub(super) fn stop(&mut self) -> Result<(), RecordError> {
        self.tag("ctrl-c");
        let text = "sleep 1.7";
        let typed = self.type_line(keys::plain(text))?;
        self.term.quiet();
        self.term.key(keys::CTRL_C, 3000)?;
        self.prompted(1)?;
        self.note(typed, text, self.levels.last().copied());
        Ok(())
    }

    /// The second line is typed blindly while the first runs; the terminal shows it where it pleases.
    pub(super) fn ahead(&mut self, text: &str) -> Result<(), RecordError> {
        self.tag("type-ahead");
        let slow = "sleep 0.3";
        let typed = self.type_line(keys::plain(slow))?;
        for key in keys::plain(text) {
            self.term.key(&key, 90)?;
        }
        let entered = self.term.len();
        self.term.key(keys::ENTER, 90)?;
        self.prompted(2)?;
        if self.levels.last().is_some_and(|l| l.has_hook()) {
            self.note(Typed { entered: self.term.len(), ..typed }, "", self.levels.last().copied());
        } else {
            let before = self.here.clone();
            self.take_facts();
            let after = std::mem::replace(&mut self.here, before);
            self.commands.push(self.truth(slow, typed));
            self.commands.push(self.truth(text, Typed { entered, time_ms: self.term.now_ms(), ..typed }));
            self.here = after;
        }
        Ok(())
    }

    pub(super) fn enter_shell(
        &mut self,
        text: &str,
        kind: ShellKind,
        password: bool,
    ) -> Result<(), RecordError> {
        let typed = self.type_line(keys::plain(text))?;
        // The second user may not use sudo: a password is asked for, and then it is refused.
        let refused = self.here.user == self.house.other && text.starts_with("sudo");
        if password || refused {
            self.tag("password");
            self.password()?;
        }
        let there = self.prompted(1)?;
        self.note(typed, text, self.levels.last().copied());
        if refused {
            self.tag("refused");
        } else if there {
            self.levels.push(kind);
        }
        self.recent.clear();
        Ok(())
    }

    /// Out of the shell in front, by command or by Ctrl-D, which runs nothing.
    pub(super) fn leave(&mut self, by_key: bool) -> Result<(), RecordError> {
        let left = self.levels.pop();
        if by_key {
            self.tag("ctrl-d");
            self.term.key(keys::CTRL_D, 300)?;
            self.prompted(1)?;
            self.take_facts();
        } else {
            let typed = self.type_line(keys::plain("exit"))?;
            self.prompted(1)?;
            self.note(typed, "exit", left);
        }
        self.recent.clear();
        Ok(())
    }

    /// Answers a password prompt; again where it came too early and the terminal threw it away.
    pub(super) fn password(&mut self) -> Result<(), RecordError> {
        self.term.until(|shown| shown.ends_with(b": "))?;
        self.passwords += 1;
        for _ in 0..3 {
            self.term.pause(1500);
            self.term.send(format!("{PASSWORD}\r").as_bytes())?;
            let Self { term, house, seen, .. } = self;
            if term.within(Duration::from_millis(700), |_| house.facts()[*seen..].iter().any(|f| !f.runs)) {
                break;
            }
        }
        Ok(())
    }

    pub(super) fn repl(
        &mut self,
        program: &'static str,
        statements: &[Vec<String>],
    ) -> Result<(), RecordError> {
        self.tag("repl");
        let prompts: [&[u8]; 2] =
            if program == "python3" { [b">>> ", b"... "] } else { [b"sqlite> ", b"...> "] };
        let typed = self.type_line(keys::plain(program))?;
        self.term.until(|shown| shown.ends_with(prompts[0]))?;
        let caller = self.here.clone();
        let starts = self.commands.len();
        for (number, lines) in statements.iter().enumerate() {
            self.think();
            let at = self.term.len();
            let mut last = typed;
            for (i, line) in lines.iter().enumerate() {
                let mut dice = self.dice.fork();
                let keys = if dice.chance(25) && !line.is_empty() {
                    keys::slip(&mut dice, line)
                } else {
                    keys::plain(line)
                };
                last = self.type_line(keys)?;
                if number + 1 < statements.len() {
                    let wanted = prompts[usize::from(i + 1 < lines.len())];
                    self.term.until(|shown| shown.ends_with(wanted))?;
                }
            }
            if number + 1 == statements.len() {
                self.prompted(1)?;
            }
            let text = lines.join("\n");
            let mut command = self.truth(text.trim_end(), Typed { at, ..last });
            (command.kind, command.program) = (Kind::Repl, Some(program));
            self.commands.push(command);
        }
        // The program itself was noted by its shell, before all of that.
        let statements = self.commands.split_off(starts);
        self.note(typed, program, self.levels.last().copied());
        let same_place = |mut c: TruthCommand| {
            (c.effective_user, c.host, c.cwd) =
                (caller.user.clone(), caller.host.clone(), caller.cwd.clone());
            c
        };
        self.commands.extend(statements.into_iter().map(same_place));
        Ok(())
    }

    pub(super) fn screen(&mut self, text: &str, keys: &[&[u8]]) -> Result<(), RecordError> {
        self.tag("full-screen");
        let typed = self.type_line(keys::plain(text))?;
        self.term.quiet();
        for key in keys {
            self.term.pause(1500);
            self.term.quiet();
            self.term.send(key)?;
        }
        self.prompted(1)?;
        self.note(typed, text, self.levels.last().copied());
        Ok(())
    }
}
