//! A command: one thing a person entered, as its session's logs prove it.

use sha2::{Digest, Sha256};

use crate::{ByteSpan, NodeId, OsUser, Principal, SessionId, Timestamp};

/// How exact [`Command::time`] is. A time is always an upper bound: the command was entered not later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TimePrecision {
    /// The second in which the agent sent the batch that holds the command.
    Batch,
    /// Only the end of the session is known.
    Session,
    /// Nothing is known.
    None,
}

/// What kind of thing was entered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CommandKind {
    /// A line for a shell.
    Shell,
    /// A statement for a program with a prompt of its own, such as `psql`.
    Repl,
    /// A password prompt was answered. With what is never known and never guessed.
    Password,
}

/// Who entered it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Origin {
    /// A person at the terminal.
    Typed,
    /// The session preferences' shell profile, written to the shell before the person could.
    ShellProfile,
    /// The session document's own command.
    Document,
}

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// It was submitted.
    Run,
    /// It never ran: given up with Ctrl-C, or an expansion of history that was only printed (`!!:p`) or found nothing.
    Aborted,
    /// The log ends before it was submitted.
    Incomplete,
}

/// The words for what a value can be, as they are printed, stored and asked for.
macro_rules! words {
    ($($name:ident { $($variant:ident = $word:literal),* $(,)? })*) => {$(
        impl $name {
            /// All of them.
            pub const WORDS: &'static [&'static str] = &[$($word),*];

            /// The word for it.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word),*
                }
            }
        }
    )*};
}

words! {
    TimePrecision { Batch = "batch", Session = "session", None = "none" }
    CommandKind { Shell = "shell", Repl = "repl", Password = "password" }
    Origin { Typed = "typed", ShellProfile = "shell_profile", Document = "document" }
    Status { Run = "run", Aborted = "aborted", Incomplete = "incomplete" }
}

/// Another reading of the same line.
#[derive(Debug, Clone, PartialEq)]
pub struct Alternative {
    /// The text.
    pub command: String,
    /// How likely it is, 0 to 1.
    pub confidence: f32,
}

/// One command as extracted from the logs of its session, with nothing but what those logs show.
#[derive(Debug, Clone, PartialEq)]
pub struct Command {
    /// Its place in the session, from 0.
    pub seq: u32,
    /// Not later than this.
    pub time: Option<Timestamp>,
    /// How exact that is.
    pub time_precision: TimePrecision,
    /// The OS user it ran as, where a log shows it.
    pub os_user: Option<OsUser>,
    /// The host the prompt showed.
    pub host: Option<String>,
    /// The directory the prompt showed.
    pub cwd: Option<String>,
    /// Shell line, REPL statement or answered password prompt.
    pub kind: CommandKind,
    /// The REPL's name, or the program that asked for the password.
    pub program: Option<String>,
    /// The text as executed. Empty for [`CommandKind::Password`].
    pub command: String,
    /// What was typed, where history expansion made something else of it.
    pub typed: Option<String>,
    /// What followed on the terminal, cut in the middle when long.
    pub output: String,
    /// Whether `output` was cut.
    pub output_truncated: bool,
    /// Who entered it.
    pub origin: Origin,
    /// What became of it.
    pub status: Status,
    /// How sure the reading of `command` is, 0 to 1.
    pub confidence: f32,
    /// Other readings of the line, most likely first, at most 5.
    pub alternatives: Vec<Alternative>,
    /// The bytes that prove it, from the first byte of the prompt to the line end that submitted it.
    pub evidence: Vec<ByteSpan>,
}

/// The stable id of a command: the same logs give the same id, and a second copy of the session that confirms the
/// command leaves it as it is.
///
/// `command` is the text without its secrets, or whoever has an id could try passwords against it; `nth` counts earlier
/// commands of the session with the same text.
pub fn command_id(session: &SessionId, command: &str, nth: u32) -> String {
    let mut hash = Sha256::new();
    hash.update(session.as_str());
    hash.update([0]);
    hash.update(command);
    hash.update([0]);
    hash.update(nth.to_le_bytes());
    let digit = |nibble: u8| char::from_digit(nibble.into(), 16).unwrap_or_default();
    hash.finalize().iter().take(10).flat_map(|b| [digit(b >> 4), digit(b & 15)]).collect()
}

/// A secret that is no longer in a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MaskedSecret {
    /// What it was: `password`, `aws-access-key-id`, as `mask`'s README lists them.
    pub kind: String,
    /// Equal for equal secrets, where there is a key to make it with.
    pub fingerprint: Option<String>,
}

/// A command with all that is known around it: the flat row that `parse`, `search` and `show` print.
#[derive(Debug, Clone, PartialEq)]
pub struct CommandRecord {
    /// See [`command_id`]. Empty until secrets are masked, since it is made of what is left then.
    pub id: String,
    /// The session.
    pub session_id: SessionId,
    /// The IAM principal, where a log or CloudTrail proves it.
    pub identity: Option<Principal>,
    /// The human behind the principal, as far as evidence goes.
    pub person: Option<String>,
    /// The AWS account, twelve digits.
    pub account: Option<String>,
    /// The AWS region.
    pub region: Option<String>,
    /// The OS user at session start.
    pub run_as_user: Option<OsUser>,
    /// The managed node.
    pub target: Option<NodeId>,
    /// The node's Name tag.
    pub target_name: Option<String>,
    /// The secrets that were masked in this record, each once.
    pub secrets: Vec<MaskedSecret>,
    /// The command itself.
    pub command: Command,
}
