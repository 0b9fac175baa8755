//! Records real shells on a real terminal: what they showed, and what they themselves say they ran.
//!
//! bash, zsh, fish and tcsh note every command through a hook before it runs, mksh and ksh93 write it into their history
//! file before it runs; dash and busybox have neither, so there everything is typed plainly and the truth is what was
//! typed. In three sessions of ten readline does not mark its lines, as it did not before bash 5.1. Where the machine allows
//! it (root, with mounts), users, homes and host name are private to the recording, and sessions change users with `sudo`
//! and `su`; otherwise everything runs as whoever records, with its home in a temporary folder.

mod history;
mod house;
mod keys;
mod moves;
mod plan;
mod prompt;
mod pty;
mod session;
mod theme;
mod tools;

use std::fmt;
use std::fs;
use std::io;
use std::path::Path;

use crate::Dice;
use crate::scene::GeneratedSession;
use crate::truth::{NegativeRow, Status, json_line};

/// Which shell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShellKind {
    /// bash with readline.
    Bash,
    /// dash: no line editing.
    Dash,
    /// zsh with its own editor.
    Zsh,
    /// fish, with suggestions.
    Fish,
    /// busybox ash.
    Ash,
    /// tcsh, which is most systems' csh.
    Tcsh,
    /// mksh, the Korn shell of MirBSD and Android.
    Mksh,
    /// ksh93, the AT&T Korn shell.
    Ksh93,
}

/// Shells that few use, which only [`Mix::Rare`] has.
const RARE: [ShellKind; 3] = [ShellKind::Tcsh, ShellKind::Mksh, ShellKind::Ksh93];

/// What is typed, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mix {
    /// Any prompt, any width, a third of the lines edited, pasted, searched or recalled: what is hard to read, far more of
    /// it than people do.
    Hard,
    /// What an ordinary day looks like: usual prompts and widths, most lines typed through, now and then a slip, a
    /// completion, a line from history.
    Ordinary,
    /// As hard, with the prompts of themes (powerline's, agnoster's, Kali's, starship's) and what else people give their
    /// shells: parts of a prompt that come and go, prompts that become short once a line is entered, suggestions and colours
    /// in zsh, fish's own prompt. What of it is not installed is left out: [`left_out`].
    Themed,
    /// As hard, mostly in csh and Korn shells. Those that are not installed are left out: [`left_out`].
    Rare,
}

impl ShellKind {
    fn random(dice: &mut Dice, mix: Mix) -> Self {
        let weights = match mix {
            Mix::Hard => [45, 14, 16, 14, 11],
            Mix::Ordinary => [68, 13, 9, 3, 7],
            // the others draw no such prompts
            Mix::Themed => [60, 0, 24, 16, 0],
            Mix::Rare => [10, 4, 3, 2, 2],
        };
        let mut shells: Vec<_> =
            weights.into_iter().zip([Self::Bash, Self::Dash, Self::Zsh, Self::Fish, Self::Ash]).collect();
        if mix == Mix::Rare {
            shells.extend(RARE.into_iter().filter(|s| s.is_there()).map(|s| (25, s)));
        }
        dice.weighted(&shells)
    }

    /// Whether it is installed.
    fn is_there(self) -> bool {
        tools::there(self.command()[0])
    }

    /// How it is started.
    fn command(self) -> &'static [&'static str] {
        match self {
            Self::Bash => &["bash"],
            Self::Dash => &["dash"],
            Self::Zsh => &["zsh"],
            Self::Fish => &["fish"],
            Self::Ash => &["busybox", "ash"],
            Self::Tcsh => &["tcsh"],
            Self::Mksh => &["mksh"],
            Self::Ksh93 => &["ksh93"],
        }
    }

    /// Whether it tells what it runs.
    fn has_hook(self) -> bool {
        !matches!(self, Self::Dash | Self::Ash)
    }

    /// Whether lines may be edited by any means, because the shell itself says what came of it.
    fn edits(self) -> bool {
        self.has_hook()
    }
}

/// Why nothing was recorded.
#[derive(Debug)]
pub enum RecordError {
    /// Programs are missing.
    Missing {
        /// The programs.
        programs: Vec<&'static str>,
        /// The Debian packages that have them.
        packages: Vec<&'static str>,
    },
    /// The temporary folder could not be made.
    Folder(io::Error),
    /// The terminal could not be made or used.
    Terminal(String),
    /// A program did not answer; the end of what it showed.
    Stuck(String),
}

impl fmt::Display for RecordError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { programs, packages } => {
                write!(f, "{} missing; install: apt-get install {}", programs.join(", "), packages.join(" "))
            }
            Self::Folder(e) => write!(f, "cannot make a folder to record in: {e}"),
            Self::Terminal(e) => write!(f, "cannot use a terminal: {e}"),
            Self::Stuck(tail) => write!(f, "no answer after: {tail}"),
        }
    }
}

impl std::error::Error for RecordError {}

/// One recorded session.
#[derive(Debug, Clone)]
pub struct Recorded {
    /// Logs and truth.
    pub session: GeneratedSession,
    /// The shell it began with.
    pub shell: ShellKind,
    /// What occurs in it: `history`, `paste`, `sudo`, `repl`, …, without doubles.
    pub tags: Vec<&'static str>,
    /// Columns of the terminal at the start.
    pub columns: u16,
    /// Whether users and host were private, so that users could change.
    pub private: bool,
    /// Texts typed and never run, also one the session broke off in.
    pub unrun: Vec<String>,
}

/// So many sessions are recorded at the same time; they mostly wait.
const AT_ONCE: u64 = 4;

/// What a mix has to do without here, and the Debian packages that have it: shells, or what people give zsh.
pub fn left_out(mix: Mix) -> Vec<(&'static str, &'static str)> {
    match mix {
        Mix::Rare => tools::rare_missing(),
        Mix::Themed => tools::plugins_missing(),
        Mix::Hard | Mix::Ordinary => Vec::new(),
    }
}

/// Installs the shells that are missing, where the machine lets that happen without a question.
///
/// # Errors
/// [`RecordError::Missing`] names what is still not there.
pub fn install_tools() -> Result<(), RecordError> {
    tools::install()
}

/// Records one session. The seed decides the shell and everything done in it; what the programs print and how their
/// output is cut into writes is their own business, so two recordings of a seed resemble each other and are not equal.
///
/// # Errors
/// A shell is missing or does not answer.
pub fn record_session(seed: u64, mix: Mix) -> Result<Recorded, RecordError> {
    // A program that hangs is no news about logs: the session is recorded anew, twice at most, by other throws.
    for attempt in 0..2 {
        match session::record(seed ^ (attempt << 48), mix) {
            Err(RecordError::Stuck(_)) => {}
            other => return other,
        }
    }
    session::record(seed ^ (2 << 48), mix).map_err(|e| match e {
        RecordError::Stuck(tail) => RecordError::Stuck(format!("(seed {seed}) {tail}")),
        other => other,
    })
}

/// Records the sessions of so many seeds, a few at the same time; in the order of their seeds.
///
/// # Errors
/// A shell is missing or does not answer.
pub fn record_sessions(seed: u64, count: u64, mix: Mix) -> Result<Vec<Recorded>, RecordError> {
    let lane = |first: u64| {
        let numbers = (first..count).step_by(AT_ONCE as usize);
        numbers.map(|n| (n, record_session(seed.wrapping_add(n), mix))).collect::<Vec<_>>()
    };
    let mut all = std::thread::scope(|scope| {
        let lanes: Vec<_> = (0..AT_ONCE).map(|first| scope.spawn(move || lane(first))).collect();
        lanes.into_iter().flat_map(|l| l.join().unwrap_or_default()).collect::<Vec<_>>()
    });
    all.sort_by_key(|(number, _)| *number);
    all.into_iter().map(|(_, recorded)| recorded).collect()
}

/// Records into `dir/<number>-<shell>/`, each session with `s3/`, `stream/`, `plain/`, `truth.jsonl`,
/// `negatives.jsonl` and `meta.json`, the layout the scorer reads.
///
/// # Errors
/// A shell is missing or does not answer, or the folder cannot be written.
pub fn record(dir: &Path, seed: u64, count: u64, mix: Mix) -> Result<Vec<Recorded>, RecordError> {
    let all = record_sessions(seed, count, mix)?;
    for (number, recorded) in (0..).zip(&all) {
        let case = dir.join(format!("{number:03}-{:?}", recorded.shell).to_lowercase());
        write_case(&case, seed.wrapping_add(number), recorded).map_err(RecordError::Folder)?;
    }
    Ok(all)
}

fn write_case(dir: &Path, seed: u64, recorded: &Recorded) -> io::Result<()> {
    let Recorded { session: generated, shell, tags, columns, unrun, private } = recorded;
    let session = &generated.session;
    let id = &session.id;
    for form in ["s3", "stream", "plain"] {
        fs::create_dir_all(dir.join(form))?;
    }
    fs::write(dir.join(format!("s3/{id}.log")), &generated.transcript)?;
    fs::write(dir.join(format!("stream/{id}.jsonl")), generated.stream_jsonl())?;
    fs::write(dir.join(format!("plain/{id}.json")), crate::agent::get_output(&generated.plain, false))?;
    let truth: String = generated.truth(true).iter().map(json_line).collect();
    fs::write(dir.join("truth.jsonl"), truth)?;
    let aborted = generated.commands.iter().filter(|c| c.status == Status::Aborted);
    let mut negatives: String = aborted.map(|c| json_line(&NegativeRow::new(id, c))).collect();
    for text in unrun {
        let time = crate::agent::whole_seconds(generated.end_ms);
        negatives += &json_line(&NegativeRow { session_id: id, text, time, reason: "ended" });
    }
    fs::write(dir.join("negatives.jsonl"), negatives)?;
    let meta = serde_json::json!({
        "session_id": id, "identity_arn": session.identity, "run_as_user": session.run_as_user,
        "instance_id": session.target, "region": session.region, "host": generated.host, "document": session.plugin,
        "shell": format!("{shell:?}").to_lowercase(), "terminal": [columns, 24], "tags": tags, "seed": seed,
        "private_users": private,
    });
    fs::write(dir.join("meta.json"), json_line(&meta))
}
