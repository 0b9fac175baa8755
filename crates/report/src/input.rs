//! What a report is made from, beside the rows that other verbs print too: each session with what is known of it.

use serde::Serialize;
use whoran_model::{ByteSpan, CommandRecord, Principal, Session, Timestamp};

use crate::document::{TableKind, TableRow};
use crate::rows::{self, Place, Who, entered, places};
use crate::wire;

/// One session of a report's population.
#[derive(Debug, Clone)]
pub struct Entry<'a> {
    /// What its logs show, completed; without a log it has no [`logs`](Session::logs).
    pub session: &'a Session,
    /// Who.
    pub who: Who,
    /// When it started, by the call, else the service's list, else its logs.
    pub started: Option<Timestamp>,
    /// When it ended.
    pub ended: Option<Timestamp>,
    /// The reason given at the start.
    pub reason: Option<&'a str>,
    /// Where the call came from.
    pub source_ip: Option<&'a str>,
    /// Whether the credentials were got with a second factor.
    pub mfa: Option<bool>,
    /// CloudTrail's events that name it; one of them started it where [`recorded`](Self::recorded) is set.
    pub event_ids: Vec<&'a str>,
    /// Whether CloudTrail's record of its start is there.
    pub recorded: bool,
    /// Whether the service's list of sessions has it.
    pub listed: bool,
    /// How many of its commands ran with more rights than usual.
    pub privileged: u64,
    /// The verdict on its OS user.
    pub verdict: &'static str,
    /// Whether its node is a critical one.
    pub critical: bool,
    /// The calls by which credentials passed, from the session back.
    pub chain: Vec<Step<'a>>,
    /// What would have to be known to say more of who it was.
    pub missing: &'a [String],
    /// Calls and listings that name it.
    pub evidence: &'a [ByteSpan],
}

/// One step from a session back to its person.
#[derive(Debug, Clone, Copy)]
pub struct Step<'a> {
    /// Who acted.
    pub principal: Option<&'a Principal>,
    /// What they called.
    pub action: Option<&'a str>,
    /// What says so.
    pub evidence: Option<&'a ByteSpan>,
}

impl std::fmt::Display for Step<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.principal {
            Some(principal) => write!(f, "{principal}")?,
            None => f.write_str("unknown")?,
        }
        if let Some(action) = self.action {
            write!(f, " called {action}")?;
        }
        match self.evidence {
            Some(ByteSpan { log, start, end }) => write!(f, " ({log}:{start}-{end})"),
            None => f.write_str(" (the session's own log)"),
        }
    }
}

impl Entry<'_> {
    /// The time that puts it into a period: its start, else the last time its logs give.
    pub fn begun(&self) -> Option<Timestamp> {
        self.started.or(self.session.first).or(self.session.last)
    }

    /// Whether it has a log.
    pub fn is_logged(&self) -> bool {
        !self.session.logs.is_empty()
    }

    /// Who it was in one text, for counting: the person, else the principal, else the name that the caller chose.
    pub(crate) fn somebody(&self) -> Option<&str> {
        self.who.person.as_deref().or(self.who.identity.as_deref()).or(self.who.claimed.as_deref())
    }
}

/// A session as a line of a table.
#[derive(Debug, Clone, Serialize)]
pub struct SessionLine {
    started: Option<String>,
    #[serde(flatten)]
    who: Who,
    run_as_user: Option<String>,
    target: Option<String>,
    target_name: Option<String>,
    commands: u64,
    privileged: u64,
    duration_seconds: Option<i64>,
    reason: Option<String>,
    source_ip: Option<String>,
    mfa: Option<bool>,
    account: Option<String>,
    region: Option<String>,
    session_id: String,
    event_ids: Vec<String>,
    logs: Vec<String>,
    evidence: Vec<Place>,
}

impl From<&Entry<'_>> for SessionLine {
    fn from(entry: &Entry<'_>) -> Self {
        let session = entry.session;
        Self {
            started: wire::time(entry.begun()),
            who: entry.who.clone(),
            run_as_user: session.run_as_user.as_ref().map(ToString::to_string),
            target: session.target.as_ref().map(ToString::to_string),
            target_name: session.target_name.clone(),
            commands: session.commands(),
            privileged: entry.privileged,
            duration_seconds: rows::duration(entry.started, entry.ended),
            reason: entry.reason.map(str::to_owned),
            source_ip: entry.source_ip.map(str::to_owned),
            mfa: entry.mfa,
            account: session.account.clone(),
            region: session.region.clone(),
            session_id: session.id.to_string(),
            event_ids: entry.event_ids.iter().map(ToString::to_string).collect(),
            logs: session.logs.iter().map(|log| log.log.to_string()).collect(),
            evidence: places(entry.evidence),
        }
    }
}

impl TableRow for SessionLine {
    const TABLE: TableKind = TableKind::Sessions;
}

/// A command as a line of a table, without its output.
#[derive(Debug, Clone, Serialize)]
pub struct CommandLine {
    time: Option<String>,
    time_precision: &'static str,
    #[serde(flatten)]
    who: Who,
    os_user: Option<String>,
    target: Option<String>,
    target_name: Option<String>,
    command: String,
    status: &'static str,
    confidence: f32,
    session_id: String,
    seq: u32,
    evidence: Vec<Place>,
}

impl CommandLine {
    /// A command that this one entered.
    pub fn of(record: &CommandRecord, who: Who) -> Self {
        let c = &record.command;
        Self {
            time: wire::time(c.time),
            time_precision: c.time_precision.as_str(),
            who,
            os_user: c.os_user.as_ref().map(ToString::to_string),
            target: record.target.as_ref().map(ToString::to_string),
            target_name: record.target_name.clone(),
            command: entered(c).to_owned(),
            status: c.status.as_str(),
            confidence: c.confidence,
            session_id: record.session_id.to_string(),
            seq: c.seq,
            evidence: places(&c.evidence),
        }
    }
}

impl TableRow for CommandLine {
    const TABLE: TableKind = TableKind::PrivilegedCommands;
}

/// Commands that meet a question: some of them, the newest first, and how many there are.
#[derive(Debug, Clone, Default)]
pub struct Commands {
    /// Some.
    pub rows: Vec<CommandLine>,
    /// How many meet it.
    pub total: u64,
    /// In how many sessions.
    pub sessions: u64,
    /// Of how many persons, principals or claimed names.
    pub persons: u64,
    /// The question.
    pub query: String,
}
