//! Rows that only these reports have.

use serde::Serialize;
use whoran_model::{Diagnostic, Severity};

use crate::document::{TableKind, TableRow};
use crate::rows::{Place, Who};

/// CloudTrail's records of one account and region.
#[derive(Debug, Clone, Serialize)]
pub struct TrailRow {
    /// The account.
    pub account: String,
    /// The region.
    pub region: String,
    /// How many records about sessions.
    pub records: u64,
    /// Time of the first.
    pub first: Option<String>,
    /// Time of the last.
    pub last: Option<String>,
    /// How many days of the period have any.
    pub days: u64,
    /// How many have none.
    pub missing_days: u64,
    /// On how many of those logs show sessions, so that records are missing for sure.
    pub proven_days: u64,
    /// The days without, as `2026-03-03 to 2026-03-09`.
    pub missing: Vec<String>,
    /// The days of `proven_days`.
    pub proven: Vec<String>,
}

impl TableRow for TrailRow {
    const TABLE: TableKind = TableKind::Trail;
}

/// Looks at something beside the logs.
#[derive(Debug, Clone, Serialize)]
pub struct SnapshotRow {
    /// At what: IAM, a session document, lists of sessions or nodes.
    pub what: &'static str,
    /// The account.
    pub account: Option<String>,
    /// The region.
    pub region: Option<String>,
    /// How often.
    pub looks: u64,
    /// When first.
    pub first: Option<String>,
    /// When last.
    pub last: Option<String>,
}

impl TableRow for SnapshotRow {
    const TABLE: TableKind = TableKind::Snapshots;
}

/// A place of which its log itself shows that something is missing.
#[derive(Debug, Clone, Serialize)]
pub struct DamagedRow {
    /// The log.
    pub log: String,
    /// The session, where it is a matter of one.
    pub session_id: Option<String>,
    /// What was odd, a stable short name.
    pub code: &'static str,
    /// `loss`: bytes were left out; `warning` or `note`: all was read, and shows less than happened.
    pub severity: &'static str,
    /// What that means.
    pub message: String,
    /// Where in the log, in bytes.
    pub at: Option<u64>,
}

impl From<&Diagnostic> for DamagedRow {
    fn from(diagnostic: &Diagnostic) -> Self {
        Self {
            log: diagnostic.log.to_string(),
            session_id: diagnostic.session.as_ref().map(ToString::to_string),
            code: diagnostic.kind.code(),
            severity: match diagnostic.kind.severity() {
                Severity::Note => "note",
                Severity::Warning => "warning",
                Severity::Loss => "loss",
            },
            message: diagnostic.kind.to_string(),
            at: diagnostic.at,
        }
    }
}

impl TableRow for DamagedRow {
    const TABLE: TableKind = TableKind::Damaged;
}

/// How many records say one of the things that a record should say.
#[derive(Debug, Clone, Serialize)]
pub struct ElementRow {
    /// What.
    pub element: &'static str,
    /// Whether it is asked of `command`s or `session`s.
    pub of: &'static str,
    /// How many there are.
    pub records: u64,
    /// How many say it.
    pub present: u64,
    /// How many do not.
    pub missing: u64,
    /// How it is known.
    pub means: &'static str,
}

impl TableRow for ElementRow {
    const TABLE: TableKind = TableKind::Elements;
}

/// A program and how many commands it is in.
#[derive(Debug, Clone, Serialize)]
pub struct ProgramRow {
    /// Its name.
    pub program: String,
    /// How many.
    pub commands: u64,
}

impl TableRow for ProgramRow {
    const TABLE: TableKind = TableKind::Programs;
}

/// Something that was looked for.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct TechniqueRow {
    pub(crate) technique: &'static str,
    pub(crate) why: &'static str,
    pub(crate) commands: u64,
    pub(crate) sessions: u64,
    pub(crate) persons: u64,
    pub(crate) query: String,
}

impl TableRow for TechniqueRow {
    const TABLE: TableKind = TableKind::Techniques;
}

/// A call to start a session that was refused.
#[derive(Debug, Clone, Serialize)]
pub struct AttemptRow {
    /// When.
    pub time: String,
    /// Who.
    #[serde(flatten)]
    pub who: Who,
    /// The node.
    pub target: Option<String>,
    /// Its name.
    pub target_name: Option<String>,
    /// `denied`: a policy refused it; `failed`: something else did.
    pub outcome: &'static str,
    /// What the service said.
    pub message: Option<String>,
    /// The account.
    pub account: Option<String>,
    /// The region.
    pub region: Option<String>,
    /// Where the call came from.
    pub source_ip: Option<String>,
    /// CloudTrail's id of it.
    pub event_id: String,
    /// The record.
    pub evidence: Vec<Place>,
}

impl TableRow for AttemptRow {
    const TABLE: TableKind = TableKind::Attempts;
}

/// A call that CloudTrail recorded.
#[derive(Debug, Clone, Serialize)]
pub struct CallRow {
    /// When.
    pub time: String,
    /// Who.
    #[serde(flatten)]
    pub who: Who,
    /// The call, as in `iam.amazonaws.com:TagUser`.
    pub call: String,
    /// What it is about.
    pub about: String,
    /// `success`, `denied` or `failed`.
    pub outcome: &'static str,
    /// The account.
    pub account: Option<String>,
    /// The region.
    pub region: Option<String>,
    /// Where the call came from.
    pub source_ip: Option<String>,
    /// CloudTrail's id of it.
    pub event_id: String,
    /// The record.
    pub evidence: Vec<Place>,
}

/// A use of this tool.
#[derive(Debug, Clone, Serialize)]
pub struct UseRow {
    /// When.
    pub time: String,
    /// Who, by the operating system's word.
    pub user: String,
    /// On which machine.
    pub host: String,
    /// The command line.
    pub command: String,
    /// Whether it saw what masking hides.
    pub unmasked: bool,
    /// Its line in the audit log.
    pub line: u64,
}

impl TableRow for UseRow {
    const TABLE: TableKind = TableKind::Uses;
}

/// How many of something, and what it means.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct VerdictRow<'a> {
    pub(crate) verdict: &'a str,
    pub(crate) sessions: u64,
    pub(crate) means: &'static str,
}

impl TableRow for VerdictRow<'_> {
    const TABLE: TableKind = TableKind::Verdicts;
}

/// How many gaps of one cause.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct GapSummaryRow<'a> {
    pub(crate) gap: &'a str,
    pub(crate) cause: &'a str,
    pub(crate) sessions: u64,
    pub(crate) means: &'static str,
}

impl TableRow for GapSummaryRow<'_> {
    const TABLE: TableKind = TableKind::GapSummary;
}

/// What a verdict on an OS user means.
pub(crate) fn verdict_means(verdict: &str) -> &'static str {
    match verdict {
        "as-tagged" => "it ran as the OS user that the tag of the principal names",
        "as-default" => "it ran as the default of the session document",
        "ssm-user" => "it ran as ssm-user, as it should where Run As does not apply",
        "mismatch" => "it ran as another OS user than the one owed",
        "no-tag-and-no-default" => "nobody was owed, so that it should not have started",
        "could-not-start" => "the OS user owed was not there",
        _ => "something is missing to know; the row says what",
    }
}

/// What the cause of a gap means.
pub(crate) fn cause_means(cause: &str) -> &'static str {
    match cause {
        "tunnel" => "a port, SSH or SCP tunnel: the service never records what goes through",
        "run-as-failure" => "it did not start for want of its OS user",
        "failed-to-start" => "it failed to start, as the service's list says",
        "logging-off" => "the session document in force switched recording off",
        "routed-elsewhere" => "a session document of the caller's choice records elsewhere, or nowhere",
        "still-open" => "it was still open when the service was asked",
        "node-gone" => "the node was gone later: what was not uploaded went with it",
        "no-output" => "it ended as soon as it had begun, without output",
        "outside-range" => "no records of that account, region and time were given",
        _ => "nothing known explains it",
    }
}
