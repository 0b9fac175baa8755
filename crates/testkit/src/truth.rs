//! What really happened: the answers a test compares with.

use std::ops::Range;

use serde::Serialize;

use crate::agent::whole_seconds;

/// What a line was entered into.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A shell.
    Shell,
    /// A program with a prompt of its own.
    Repl,
}

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// It was submitted.
    Run,
    /// It was given up with Ctrl-C.
    Aborted,
}

/// Who entered it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// A person.
    Typed,
    /// The shell profile of the session preferences.
    ShellProfile,
}

/// One line as it was entered, before any log was written of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TruthCommand {
    /// The text executed, or given up.
    pub command: String,
    /// OS user who ran it.
    pub effective_user: String,
    /// Whether the terminal's bytes name that user; a streaming event names the one at session start besides.
    pub user_knowable: bool,
    /// Host it ran on.
    pub host: String,
    /// Directory it ran in.
    pub cwd: String,
    /// When it was submitted, milliseconds since 1970.
    pub time_ms: i64,
    /// What it was entered into.
    pub kind: Kind,
    /// The program's name where that is not a shell.
    pub program: Option<&'static str>,
    /// What became of it.
    pub status: Status,
    /// Who entered it.
    pub origin: Origin,
    /// Counts neither for nor against an extractor.
    pub optional: bool,
    /// Whether its lines still stand in the streaming copy as they were executed.
    pub literal_in_stream: bool,
    /// From the first byte of its prompt to behind the LF that submitted it, in the terminal's bytes.
    pub span: Range<usize>,
}

impl TruthCommand {
    /// A command typed into a shell and run; the rest is to be filled in.
    pub fn new(command: &str) -> Self {
        Self {
            command: command.into(),
            effective_user: String::new(),
            user_knowable: true,
            host: String::new(),
            cwd: String::new(),
            time_ms: 0,
            kind: Kind::Shell,
            program: None,
            status: Status::Run,
            origin: Origin::Typed,
            optional: false,
            literal_in_stream: true,
            span: 0..0,
        }
    }
}

/// One line of `truth.jsonl`.
#[derive(Debug, Clone, Serialize)]
pub struct TruthRow<'a> {
    /// Session.
    pub session_id: &'a str,
    /// Place in the session, from 0, among the lines that were submitted.
    pub seq: usize,
    /// See [`TruthCommand::command`].
    pub command: &'a str,
    /// See [`TruthCommand::effective_user`].
    pub effective_user: &'a str,
    /// Whether a log of the session names that user.
    pub user_knowable: bool,
    /// ARN of who started the session.
    pub identity: &'a str,
    /// OS user at session start.
    pub run_as_user: &'a str,
    /// Node id.
    pub target: &'a str,
    /// See [`TruthCommand::host`].
    pub host: &'a str,
    /// See [`TruthCommand::cwd`].
    pub cwd: &'a str,
    /// Second it was submitted in.
    pub time: String,
    /// See [`TruthCommand::kind`].
    pub kind: Kind,
    /// See [`TruthCommand::program`].
    pub program: Option<&'static str>,
    /// See [`TruthCommand::status`].
    pub status: Status,
    /// See [`TruthCommand::origin`].
    pub origin: Origin,
    /// See [`TruthCommand::optional`].
    pub optional: bool,
    /// See [`TruthCommand::literal_in_stream`].
    pub literal_in_stream: bool,
    /// [`TruthCommand::span`] in the S3 transcript, where there is one.
    pub transcript_span: Option<[usize; 2]>,
}

/// A line typed and never run.
#[derive(Debug, Clone, Serialize)]
pub struct NegativeRow<'a> {
    /// Session.
    pub session_id: &'a str,
    /// The text.
    pub text: &'a str,
    /// Second it was given up in.
    pub time: String,
    /// Why it did not run.
    pub reason: &'a str,
}

/// One line of JSON and a LF.
pub fn json_line<T: Serialize>(row: &T) -> String {
    serde_json::to_string(row).unwrap_or_default() + "\n"
}

impl<'a> NegativeRow<'a> {
    /// The row of a line given up.
    pub fn new(session_id: &'a str, command: &'a TruthCommand) -> Self {
        Self { session_id, text: &command.command, time: whole_seconds(command.time_ms), reason: "aborted" }
    }
}
