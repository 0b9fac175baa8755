//! One session with all that is known of it: what rules are held against, and what goes into a case file.

use std::collections::BTreeSet;

use crate::{ByteSpan, CommandKind, CommandRecord, Origin, Session, TimePrecision, Timestamp};

/// Something known of a session as a whole that a rule may ask for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionFact {
    /// What sort: `diagnostic`, `run-as` or `gap`.
    pub kind: &'static str,
    /// Its fields by name.
    pub fields: Vec<(&'static str, String)>,
    /// When, as far as that is known.
    pub time: Option<Timestamp>,
    /// How exact that is.
    pub time_precision: TimePrecision,
    /// The bytes that show it.
    pub evidence: Vec<ByteSpan>,
}

/// One session, its commands in order, and what is known of it as a whole.
#[derive(Debug, Clone, PartialEq)]
pub struct Dossier {
    /// The session, completed by what facts say; without [`logs`](Session::logs) where none was found.
    pub session: Session,
    /// Its commands, in order: all, or those that were [sought](Sought).
    pub commands: Vec<CommandRecord>,
    /// For each of these, how many lines a person had typed in the session until then, it included.
    pub typed: Vec<u32>,
    /// Whether one of the session's prompts shows a directory of Windows.
    pub windows: bool,
    /// What is known of it as a whole.
    pub facts: Vec<SessionFact>,
}

impl Dossier {
    /// With all commands of the session, in order.
    pub fn whole(session: Session, commands: Vec<CommandRecord>, facts: Vec<SessionFact>) -> Self {
        let count = |typed: &mut u32, record: &CommandRecord| {
            *typed += u32::from(is_typed(record.command.origin, record.command.kind));
            Some(*typed)
        };
        let typed = commands.iter().scan(0, count).collect();
        let windows = commands.iter().filter_map(|record| record.command.cwd.as_deref()).any(is_of_windows);
        Self { session, commands, typed, windows, facts }
    }
}

/// What of a session is of interest. Other things may be given too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sought {
    /// Which commands; `None` is all.
    pub commands: Option<SoughtCommands>,
    /// Codes of diagnostics; `None` is all.
    pub diagnostics: Option<BTreeSet<String>>,
}

impl Sought {
    /// Everything is of interest.
    pub const ALL: Self = Self { commands: None, diagnostics: None };
}

/// Commands that may hold one of some texts, or come early.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SoughtCommands {
    /// Of small ASCII letters, digits and signs, without blanks; looked for in the command without what can tear a word of
    /// shell in two.
    pub texts: Vec<String>,
    /// Until a person had typed so many lines, every command is of interest.
    pub first: u32,
}

/// Whether a person typed it as a line of its own.
fn is_typed(origin: Origin, kind: CommandKind) -> bool {
    origin == Origin::Typed && kind != CommandKind::Password
}

/// Whether a directory is one of Windows: on a drive or a share.
pub fn is_of_windows(directory: &str) -> bool {
    let bytes = directory.as_bytes();
    bytes.len() >= 2 && bytes[0].is_ascii_alphabetic() && bytes[1] == b':' || directory.starts_with("\\\\")
}
