//! One recorded session: plays the steps, and turns what the shells noted into truth.

use std::time::Duration;

use pty_process::blocking::Command;

use super::history::Histories;
use super::house::{Fact, House, Readline};
use super::keys::{self, Keys};
use super::plan::{self, Step};
use super::pty::Terminal;
use super::{Mix, RecordError, Recorded, ShellKind};
use crate::Dice;
use crate::agent::Session;
use crate::scene::{GeneratedSession, session_id};
use crate::shell::{Shown, kept_by_stream};
use crate::truth::{Status, TruthCommand};
use crate::world::{Node, Platform, WORLD_START_MS};

/// A shell that shows no prompt for this long waits for something.
const SHORT: Duration = Duration::from_millis(3000);

/// A session under way.
pub(super) struct Player {
    pub(super) term: Terminal,
    pub(super) house: House,
    pub(super) dice: Dice,
    pub(super) mix: Mix,
    pub(super) levels: Vec<ShellKind>,
    /// The lines last run here: the end of history back to the last one that opened a shell or a program.
    pub(super) recent: Vec<String>,
    /// How many facts were dealt with.
    pub(super) seen: usize,
    /// What the last prompt's shell said about itself.
    pub(super) here: Fact,
    pub(super) commands: Vec<TruthCommand>,
    pub(super) tags: Vec<&'static str>,
    pub(super) passwords: u32,
    pub(super) histories: Histories,
}

/// Where in the terminal's bytes a line was typed.
#[derive(Clone, Copy)]
pub(super) struct Typed {
    pub(super) at: usize,
    pub(super) entered: usize,
    pub(super) time_ms: i64,
}

pub(super) fn record(seed: u64, mix: Mix) -> Result<Recorded, RecordError> {
    let mut dice = Dice::new(seed);
    let shell = ShellKind::random(&mut dice, mix);
    super::tools::check()?;
    // of its own dice, so that all else of a session stays as its seed has it
    let mut readlines = Dice::new(!seed);
    let readline = Readline { marks: readlines.chance(70), lists_at_once: readlines.chance(25) };
    let house = House::build(&mut dice, mix, readline).map_err(RecordError::Folder)?;
    let columns = match mix {
        Mix::Ordinary if dice.chance(40) => 80,
        Mix::Ordinary => dice.range(90..240) as u16,
        Mix::Hard | Mix::Themed | Mix::Rare => dice.range(40..201) as u16,
    };
    let argv = house.enter(shell.command());
    let command = Command::new(&argv[0]).args(&argv[1..]).current_dir(house.outside());
    let start_ms = WORLD_START_MS + dice.below(2_000_000_000) as i64;
    let term = Terminal::start(command, columns, start_ms)?;
    let here = Fact {
        runs: false,
        user: String::new(),
        host: String::new(),
        cwd: String::new(),
        text: String::new(),
    };
    let levels = vec![shell];
    let mut player = Player {
        term,
        house,
        dice,
        mix,
        levels,
        recent: vec![],
        seen: 0,
        here,
        commands: vec![],
        tags: vec![],
        passwords: 0,
        histories: Histories::default(),
    };
    player.prompted(1)?;
    player.take_facts();
    let steps = 9 + player.dice.below(9);
    for _ in 0..steps {
        player.think();
        let root = player.here.user == "root";
        let Player { dice, levels, house, .. } = &mut player;
        let place = plan::Place {
            shell: levels[levels.len() - 1],
            depth: levels.len(),
            root,
            private: house.private,
            marks: house.readline.marks,
            other: house.other,
        };
        let step = plan::next(dice, place, mix);
        player.play(step)?;
    }
    player.end(shell, columns)
}

impl Player {
    /// Does one thing.
    fn play(&mut self, step: Step) -> Result<(), RecordError> {
        match step {
            Step::Line(text) => {
                let keys = self.keys_for(&text);
                self.run(keys, &text)
            }
            Step::Empty => self.unheard(keys::ENTER),
            Step::Clear => {
                self.term.key(keys::CTRL_L, 200)?;
                self.term.quiet();
                Ok(())
            }
            Step::Lines(lines) => self.lines(&lines),
            Step::Paste(lines) => self.paste(&lines),
            Step::Complete(pieces) => self.complete(pieces),
            Step::Recall(up, more) => {
                self.tag("history");
                // fish keeps one copy of a line that was run twice.
                let most = if self.levels.last() == Some(&ShellKind::Fish) { 1 } else { up };
                let up = most.min(self.recent.len());
                let more = if up == 0 { "pwd" } else { more };
                let keys = [vec![keys::UP.to_vec(); up], keys::plain(more)].concat();
                self.run(keys, "")
            }
            Step::Search => {
                // Only for what is surely found, or something else would run.
                let Some(line) = self.recent.last() else { return Ok(()) };
                let text: String = line.chars().take(4).take_while(char::is_ascii_alphanumeric).collect();
                self.tag("ctrl-r");
                let [before, behind]: [&[&[u8]]; 2] = match self.levels.last() {
                    Some(ShellKind::Tcsh) => [&[], &[keys::META_P]],
                    // found by Enter, run by the next one
                    Some(ShellKind::Ksh93) => [&[keys::CTRL_R], &[keys::ENTER]],
                    _ => [&[keys::CTRL_R], &[]],
                };
                let some = |keys: &[&[u8]]| keys.iter().map(|k| k.to_vec()).collect::<Keys>();
                self.run([some(before), keys::plain(&text), some(behind)].concat(), "")
            }
            Step::GiveUp(text) => self.give_up(&text),
            Step::Vi(text) => self.vi(&text),
            Step::Background(text) => self.background(&text),
            Step::Source => {
                self.tag("prompt-change");
                let csh = self.levels.last() == Some(&ShellKind::Tcsh);
                let text = if csh { "source ~/activate.csh" } else { ". ~/activate" };
                self.run(keys::plain(text), text)
            }
            Step::Stop => self.stop(),
            Step::Ahead(text) => self.ahead(&text),
            Step::Resize(columns) => {
                self.tag("resize");
                self.term.resize(columns)?;
                self.term.quiet();
                // a prompt that is drawn anew is no answer to what is typed next
                self.take_facts();
                Ok(())
            }
            Step::Shell(kind) => {
                self.tag("nested");
                let text = kind.command().join(" ");
                self.enter_shell(&text, kind, false)
            }
            Step::Become(text, password) => {
                self.tag("user-change");
                self.enter_shell(&text, ShellKind::Bash, password)
            }
            Step::Leave(by_key) => self.leave(by_key),
            Step::Bang(text) => {
                if self.recent.is_empty() {
                    return Ok(());
                }
                self.tag("bang");
                self.run(keys::plain(text), "")
            }
            Step::Repl(program, statements) => {
                self.repl(program, &statements)?;
                self.recent.clear();
                Ok(())
            }
            Step::Screen(text, keys) => {
                self.screen(text, keys)?;
                self.recent.clear();
                Ok(())
            }
        }
    }

    /// Types, runs, notes. The text is what a shell without a hook is taken to have run.
    pub(super) fn run(&mut self, keys: Keys, text: &str) -> Result<(), RecordError> {
        let typed = self.type_line(keys)?;
        self.prompted(1)?;
        self.note(typed, text, self.levels.last().copied());
        Ok(())
    }

    /// A key after which the shell shows a prompt but runs nothing.
    pub(super) fn unheard(&mut self, key: &[u8]) -> Result<(), RecordError> {
        self.term.key(key, 400)?;
        self.term.quiet();
        self.take_facts();
        Ok(())
    }

    /// Ends the session: mostly politely, sometimes in the middle of a line.
    fn end(mut self, shell: ShellKind, columns: u16) -> Result<Recorded, RecordError> {
        let mut unrun = Vec::new();
        let polite = self.dice.chance(88);
        let mut last = None;
        if polite {
            while self.levels.len() > 1 {
                self.think();
                self.leave(false)?;
            }
            self.think();
            last = Some(self.type_line(keys::plain("exit"))?);
        } else {
            let text = "echo never-sent".to_owned();
            self.press(keys::plain(&text))?;
            unrun.push(text);
        }
        let Self {
            term,
            house,
            mut dice,
            here,
            levels,
            seen,
            mut commands,
            tags,
            passwords,
            mut histories,
            ..
        } = self;
        let recording = term.finish(polite);
        let noted = house.facts().split_off(seen).iter().any(|f| f.runs) || !histories.news(&here).is_empty();
        if let Some(typed) = last.filter(|_| noted || !levels[0].has_hook()) {
            commands.push(truth(&here, recording.bytes(), "exit", typed));
        }
        let (user, host) = (house.user.clone(), house.host.clone());
        let node = Node {
            id: format!("i-0{}", dice.hex(16)),
            name: host.clone(),
            host,
            account: crate::world::ACCOUNTS[0],
            region: crate::world::REGIONS[0],
            platform: Platform::Amazon2023,
        };
        let human = dice.pick(&["alice", "bob", "carol@example.com", "botocore-session-1764000000"]);
        let session = Session {
            id: session_id(&mut dice, human),
            identity: format!("arn:aws:sts::{}:assumed-role/Operator/{human}", node.account),
            run_as_user: user,
            target: node.id.clone(),
            region: node.region.into(),
            plugin: "Standard_Stream",
        };
        let shown = Shown { recording, commands, passwords };
        let session = GeneratedSession::from_shown(&mut dice, shown, session, &node);
        Ok(Recorded { session, shell, tags, columns, private: house.private, unrun })
    }

    pub(super) fn think(&mut self) {
        let ms = self.dice.log_normal(2500, 1.2);
        self.term.pause(ms);
    }

    /// How a person types this line here.
    fn keys_for(&mut self, text: &str) -> Keys {
        let mut dice = self.dice.fork();
        let edits = self.levels.last().is_some_and(|l| l.edits());
        let plain = if self.mix == Mix::Ordinary { 85 } else { 60 };
        match dice.below(100) {
            n if n < plain => keys::plain(text),
            // at work most mistakes are slips
            _ if edits && self.mix == Mix::Ordinary && dice.chance(75) => {
                self.tag("edit");
                keys::slip(&mut dice, text)
            }
            _ if edits => {
                self.tag("edit");
                keys::edited(&mut dice, text)
            }
            // The terminal driver erases bytes, not characters, unless told otherwise.
            60..=92 if text.is_ascii() => {
                self.tag("edit");
                keys::slip(&mut dice, text)
            }
            _ => keys::plain(text),
        }
    }

    pub(super) fn press(&mut self, keys: Keys) -> Result<(), RecordError> {
        for key in keys {
            let after = 60 + self.dice.below(160) as u64;
            self.term.key(&key, after)?;
        }
        Ok(())
    }

    /// Types a line and submits it.
    pub(super) fn type_line(&mut self, keys: Keys) -> Result<Typed, RecordError> {
        let at = self.term.len();
        self.press(keys)?;
        self.term.pause(150);
        let typed = Typed { at, entered: self.term.len(), time_ms: self.term.now_ms() };
        self.term.send(keys::ENTER)?;
        Ok(typed)
    }

    /// Waits until so many more prompts were about to show. A line that a shell will not run, because it goes on or
    /// is wrong, is given up; says whether the prompts came without that.
    pub(super) fn prompted(&mut self, more: usize) -> Result<bool, RecordError> {
        let Self { term, house, seen, .. } = self;
        let mut came = |_: &[u8]| house.facts().iter().skip(*seen).filter(|f| !f.runs).count() >= more;
        if term.within(SHORT, &mut came) {
            return Ok(true);
        }
        // Out of a line, a pager, a program with a prompt of its own.
        for key in [keys::CTRL_C, b"q", keys::CTRL_C, keys::CTRL_D] {
            term.key(key, 2000)?;
            if term.within(SHORT / 4, &mut came) {
                self.tag("gave-up");
                return Ok(false);
            }
        }
        term.until(came)?;
        Ok(false)
    }

    /// Turns what shells noted since last time into commands; where the shell has no hook, the text typed is one.
    pub(super) fn note(&mut self, typed: Typed, text: &str, shell: Option<ShellKind>) {
        if shell.is_some_and(|s| !s.has_hook()) && !text.is_empty() {
            let command = self.truth(text, typed);
            self.commands.push(command);
        }
        let here = self.here.clone();
        let mut ran = self.take_facts();
        if ran.is_empty() && shell == Some(ShellKind::Mksh) {
            ran.extend(self.histories.last(&here));
        }
        self.recent.extend(ran.iter().map(|f| f.text.clone()));
        for fact in ran.into_iter().filter(|f| !f.text.trim().is_empty()) {
            // fish may take Ctrl-C for something else and keep the line; then it was not given up.
            let kept =
                |c: &mut TruthCommand| c.status == Status::Aborted && fact.text.starts_with(&c.command);
            self.commands.pop_if(kept);
            let command = truth(&fact, self.term.since(0), &fact.text, typed);
            self.commands.push(command);
        }
    }

    /// Deals with new facts: remembers where the last prompt stands, hands out what ran.
    pub(super) fn take_facts(&mut self) -> Vec<Fact> {
        let new = self.house.facts().split_off(self.seen);
        self.seen += new.len();
        let (mut ran, prompts): (Vec<Fact>, Vec<Fact>) = new.into_iter().partition(|f| f.runs);
        ran.extend(self.histories.news(&self.here));
        if let Some(last) = prompts.into_iter().next_back() {
            self.here = last;
        }
        ran
    }

    pub(super) fn truth(&self, text: &str, typed: Typed) -> TruthCommand {
        truth(&self.here, self.term.since(0), text, typed)
    }

    pub(super) fn line_end(&self, entered: usize) -> usize {
        line_end(self.term.since(0), entered)
    }

    pub(super) fn tag(&mut self, tag: &'static str) {
        if !self.tags.contains(&tag) {
            self.tags.push(tag);
        }
    }
}

/// A command with the place of its line in the terminal's bytes.
fn truth(place: &Fact, shown: &[u8], text: &str, typed: Typed) -> TruthCommand {
    let end = line_end(shown, typed.entered);
    let start = shown[..typed.at].iter().rposition(|&b| b == b'\n').map_or(0, |lf| lf + 1);
    TruthCommand {
        effective_user: place.user.clone(),
        host: place.host.clone(),
        cwd: place.cwd.clone(),
        time_ms: typed.time_ms,
        literal_in_stream: kept_by_stream(shown, typed.at, end, text),
        span: start..end,
        ..TruthCommand::new(text)
    }
}

/// Behind the first LF shown after Enter was pressed.
pub(super) fn line_end(shown: &[u8], entered: usize) -> usize {
    shown[entered..].iter().position(|&b| b == b'\n').map_or(shown.len(), |lf| entered + lf + 1)
}
