//! What is said of sessions, people and nodes, one row each, in the shape of the wire.
//!
//! Every row says which bytes it rests on, as [`Place`]s or as ids of sessions, whose rows say theirs.

use serde::Serialize;
use whoran_model::{ByteSpan, Command, CommandKind, Session, Status, Timestamp};

use crate::findings::ReviewRow;
use crate::wire;

/// A row with the same columns in every form: its keys, one level deep.
pub trait Row: Serialize {
    /// The keys, in the order of the columns.
    const COLUMNS: &'static [&'static str];
}

/// A half-open range of bytes in a log, decompressed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Place {
    /// The log.
    pub log: String,
    /// First byte.
    pub start: u64,
    /// One past the last byte.
    pub end: u64,
}

impl From<&ByteSpan> for Place {
    fn from(span: &ByteSpan) -> Self {
        Self { log: span.log.as_str().to_owned(), start: span.start, end: span.end }
    }
}

/// What was entered, as a person is told it: of a password no more than that it was one.
pub fn entered(command: &Command) -> &str {
    match command.kind {
        CommandKind::Password => "(a password was entered)",
        CommandKind::Shell | CommandKind::Repl => &command.command,
    }
}

/// What became of a command that nobody saw run.
pub fn not_seen_to_run(status: Status) -> Option<&'static str> {
    match status {
        Status::Run => None,
        Status::Aborted => Some("given up with Ctrl-C"),
        Status::Incomplete => Some("the log ends here: whether it ran is not known"),
    }
}

/// Places of a row.
pub fn places<'a>(spans: impl IntoIterator<Item = &'a ByteSpan>) -> Vec<Place> {
    spans.into_iter().map(Place::from).collect()
}

/// Who it was, as far as evidence goes.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Who {
    /// ARN of the principal.
    pub identity: Option<String>,
    /// The human behind it.
    pub person: Option<String>,
    /// A name that the caller chose freely, where nothing better is known: a hint and no proof.
    pub claimed: Option<String>,
    /// What the name rests on, such as `iam-user`, `identity-center` or `role-session-name`.
    pub basis: Option<&'static str>,
}

/// One session: what its logs show, and what is known from beside them.
#[derive(Debug, Clone, Default, Serialize)]
pub struct SessionRow<'a> {
    /// What the logs show, completed.
    #[serde(flatten)]
    pub logged: Option<wire::SessionRow<'a>>,
    /// A name that the caller chose freely, where nothing better is known.
    pub claimed: Option<String>,
    /// What the name rests on.
    pub basis: Option<&'static str>,
    /// When it started, by CloudTrail, else by the service's list, else by its logs.
    pub started: Option<String>,
    /// When it ended, by the service's list, else by the call that ended it.
    pub ended: Option<String>,
    /// From start to end, in seconds.
    pub duration_seconds: Option<i64>,
    /// The session document; null is the preferences, or nothing is known.
    pub document: Option<String>,
    /// The reason given at the start.
    pub reason: Option<String>,
    /// Where the call came from.
    pub source_ip: Option<String>,
    /// What made the call.
    pub user_agent: Option<String>,
    /// Whether the caller's credentials were got with a second factor.
    pub mfa: Option<bool>,
    /// The principal that the session's logs name where CloudTrail names another one.
    pub contradicting: Option<String>,
    /// The calls by which credentials passed on the way to the session, from the last one back.
    pub chain: Vec<Hop>,
    /// What would have to be known to say more of who it was.
    pub missing: Vec<String>,
    /// Calls and listings that name the session.
    pub evidence: Vec<Place>,
    /// How many of its commands somebody signed off.
    pub reviewed: u64,
    /// What was signed off, by whom and when, in that order.
    pub reviews: Vec<ReviewRow<'a>>,
}

/// One step from a session back to its human.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Hop {
    /// Who acted.
    pub identity: Option<String>,
    /// What they called.
    pub action: Option<String>,
    /// What says so.
    pub evidence: Option<Place>,
}

impl Row for SessionRow<'_> {
    const COLUMNS: &'static [&'static str] = &[
        "session_id",
        "identity",
        "person",
        "claimed",
        "basis",
        "account",
        "region",
        "run_as_user",
        "target",
        "target_name",
        "host",
        "started",
        "ended",
        "duration_seconds",
        "first",
        "last",
        "commands",
        "document",
        "reason",
        "source_ip",
        "user_agent",
        "mfa",
        "contradicting",
        "chain",
        "missing",
        "users",
        "logs",
        "evidence",
        "reviewed",
        "reviews",
    ];
}

/// One principal and one node: may it, did it, was it refused.
#[derive(Debug, Clone, Serialize)]
pub struct AccessRow {
    /// ARN of the IAM user or role, or of the account's root.
    pub principal: String,
    /// The account.
    pub account: String,
    /// The node.
    pub target: String,
    /// The node's name.
    pub target_name: Option<String>,
    /// What the policies say to `ssm:StartSession`: `granted`, `conditional`, `denied`, `not-granted`; null where no
    /// snapshot has them.
    pub start: Option<&'static str>,
    /// The statements that decide it.
    pub by: Vec<String>,
    /// What would have to be known where it is `conditional`.
    pub conditions: Vec<String>,
    /// The same for `ssm:ResumeSession` on sessions of its own.
    pub resume_own: Option<&'static str>,
    /// The same for `ssm:TerminateSession` on sessions of its own.
    pub terminate_own: Option<&'static str>,
    /// The same for `ssm:TerminateSession` on sessions of others.
    pub terminate_others: Option<&'static str>,
    /// What no snapshot of an account holds, and so was not looked at.
    pub not_evaluated: Option<&'static str>,
    /// When the policies were taken down.
    pub as_of: Option<String>,
    /// Sessions started.
    pub used: u64,
    /// Attempts that a policy refused.
    pub denied: u64,
    /// Attempts that failed otherwise.
    pub failed: u64,
    /// When the last session started.
    pub last_used: Option<String>,
    /// When a policy last refused one.
    pub last_denied: Option<String>,
    /// The principal in its snapshot, and the last call of each kind.
    pub evidence: Vec<Place>,
}

impl Row for AccessRow {
    const COLUMNS: &'static [&'static str] = &[
        "principal",
        "account",
        "target",
        "target_name",
        "start",
        "by",
        "conditions",
        "resume_own",
        "terminate_own",
        "terminate_others",
        "not_evaluated",
        "as_of",
        "used",
        "denied",
        "failed",
        "last_used",
        "last_denied",
        "evidence",
    ];
}

/// One session, or one call that was to start one: the OS user it was owed, the one it used, and whether that is right.
#[derive(Debug, Clone, Serialize)]
pub struct RunAsRow {
    /// The session; null where it was refused before it became one.
    pub session_id: Option<String>,
    /// When it started or should have.
    pub time: Option<String>,
    /// Who.
    #[serde(flatten)]
    pub who: Who,
    /// The account.
    pub account: Option<String>,
    /// The node.
    pub target: Option<String>,
    /// The node's name.
    pub target_name: Option<String>,
    /// The OS user it was owed; null where that is nobody or not known: see `owed_by`.
    pub owed: Option<String>,
    /// Why: `tag`, `session-tag`, `default`, `ssm-user`, `nobody`, `unknown`.
    pub owed_by: &'static str,
    /// The OS user it used.
    pub used: Option<String>,
    /// What shows that: `envelope` or `terminal`.
    pub used_by: Option<&'static str>,
    /// `as-tagged`, `as-default`, `ssm-user`, `mismatch`, `no-tag-and-no-default`, `could-not-start`, `unknown`.
    pub verdict: &'static str,
    /// What would have to be known to say more.
    pub missing: Vec<String>,
    /// Why it did not start, in the service's own words.
    pub failure: Option<String>,
    /// What says what was owed, and what names the session.
    pub evidence: Vec<Place>,
}

impl Row for RunAsRow {
    const COLUMNS: &'static [&'static str] = &[
        "session_id",
        "time",
        "identity",
        "person",
        "claimed",
        "basis",
        "account",
        "target",
        "target_name",
        "owed",
        "owed_by",
        "used",
        "used_by",
        "verdict",
        "missing",
        "failure",
        "evidence",
    ];
}

/// Something that should be in the record and is not.
#[derive(Debug, Clone, Serialize)]
pub struct GapRow {
    /// The session.
    pub session_id: String,
    /// What is missing: `no-log`, `no-start`, `no-end`, `no-s3-copy`, `no-cloudwatch-copy`.
    pub gap: &'static str,
    /// Why, as far as evidence goes; `unexplained` is what to look into.
    pub cause: &'static str,
    /// When the session started.
    pub time: Option<String>,
    /// Who.
    #[serde(flatten)]
    pub who: Who,
    /// The account.
    pub account: Option<String>,
    /// The region.
    pub region: Option<String>,
    /// The node.
    pub target: Option<String>,
    /// The node's name.
    pub target_name: Option<String>,
    /// The session document; null is the preferences, or nothing is known.
    pub document: Option<String>,
    /// What speaks for the cause, or names the session.
    pub evidence: Vec<Place>,
}

impl Row for GapRow {
    const COLUMNS: &'static [&'static str] = &[
        "session_id",
        "gap",
        "cause",
        "time",
        "identity",
        "person",
        "claimed",
        "basis",
        "account",
        "region",
        "target",
        "target_name",
        "document",
        "evidence",
    ];
}

/// One person behind an OS user of a node.
#[derive(Debug, Clone, Serialize)]
pub struct SharedRow {
    /// The node; null where no log names it.
    pub target: Option<String>,
    /// Its name.
    pub target_name: Option<String>,
    /// The OS user.
    pub os_user: String,
    /// How many different people or principals are behind it on that node.
    pub shared_by: u64,
    /// Who.
    #[serde(flatten)]
    pub who: Who,
    /// Commands run as that OS user.
    pub commands: u64,
    /// Time of the first.
    pub first: Option<String>,
    /// Time of the last.
    pub last: Option<String>,
    /// The sessions they were run in.
    pub session_ids: Vec<String>,
}

impl Row for SharedRow {
    const COLUMNS: &'static [&'static str] = &[
        "target",
        "target_name",
        "os_user",
        "shared_by",
        "identity",
        "person",
        "claimed",
        "basis",
        "commands",
        "first",
        "last",
        "session_ids",
    ];
}

/// What a session document means for the record.
#[derive(Debug, Clone, Serialize)]
pub struct DoctorRow {
    /// The account.
    pub account: Option<String>,
    /// The region; null where it is a matter of the account.
    pub region: Option<String>,
    /// The session document.
    pub document: Option<String>,
    /// What was looked at, a stable short name.
    pub check: &'static str,
    /// `ok`, `note`, `warning` or `loss`.
    pub level: &'static str,
    /// What it means.
    pub says: String,
    /// What would mend it.
    pub mend: Option<String>,
    /// What says so.
    pub evidence: Vec<Place>,
}

impl Row for DoctorRow {
    const COLUMNS: &'static [&'static str] =
        &["account", "region", "document", "check", "level", "says", "mend", "evidence"];
}

/// From start to end, where both are known and in order.
pub fn duration(started: Option<Timestamp>, ended: Option<Timestamp>) -> Option<i64> {
    let seconds = ended?.as_second() - started?.as_second();
    (seconds >= 0).then_some(seconds)
}

impl<'a> SessionRow<'a> {
    /// A row of what logs show, to be filled in.
    pub fn of(session: &'a Session) -> Self {
        Self { logged: Some(wire::SessionRow::from(session)), ..Self::default() }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::collections::BTreeSet;

    use super::*;

    pub(crate) fn keys_are_columns<R: Row>(row: &R, left_out: &[&str]) {
        let mut text = Vec::new();
        wire::write(&mut text, row).unwrap();
        let row: serde_json::Map<_, _> = serde_json::from_slice(&text).unwrap();
        let keys: BTreeSet<_> =
            row.keys().map(String::as_str).filter(|key| !left_out.contains(key)).collect();
        assert_eq!(keys, R::COLUMNS.iter().copied().collect());
        assert_eq!(R::COLUMNS.len(), keys.len(), "no column twice");
    }

    #[test]
    fn every_key_is_a_column() {
        let text = || "x".to_owned();
        keys_are_columns(
            &GapRow {
                session_id: text(),
                gap: "no-log",
                cause: "tunnel",
                time: None,
                who: Who::default(),
                account: None,
                region: None,
                target: None,
                target_name: None,
                document: None,
                evidence: vec![],
            },
            &[],
        );
        keys_are_columns(
            &RunAsRow {
                session_id: None,
                time: None,
                who: Who::default(),
                account: None,
                target: None,
                target_name: None,
                owed: None,
                owed_by: "tag",
                used: None,
                used_by: None,
                verdict: "unknown",
                missing: vec![],
                failure: None,
                evidence: vec![],
            },
            &[],
        );
        keys_are_columns(
            &AccessRow {
                principal: text(),
                account: text(),
                target: text(),
                target_name: None,
                start: None,
                by: vec![],
                conditions: vec![],
                resume_own: None,
                terminate_own: None,
                terminate_others: None,
                not_evaluated: None,
                as_of: None,
                used: 0,
                denied: 0,
                failed: 0,
                last_used: None,
                last_denied: None,
                evidence: vec![],
            },
            &[],
        );
        keys_are_columns(
            &SharedRow {
                target: None,
                target_name: None,
                os_user: text(),
                shared_by: 1,
                who: Who::default(),
                commands: 0,
                first: None,
                last: None,
                session_ids: vec![],
            },
            &[],
        );
        keys_are_columns(
            &DoctorRow {
                account: None,
                region: None,
                document: None,
                check: "streaming",
                level: "ok",
                says: text(),
                mend: None,
                evidence: vec![],
            },
            &[],
        );
        let session = crate::who::tests::session("bob-0e34861185201706f", None, &[]);
        keys_are_columns(&SessionRow::of(&session), &["v", "diagnostics"]);
    }

    #[test]
    fn a_session_that_ends_before_it_begins_has_no_duration() {
        let at = |second| Timestamp::from_second(second).ok();
        assert_eq!(duration(at(5), at(65)), Some(60));
        assert_eq!(duration(at(65), at(5)), None);
        assert_eq!(duration(at(5), None), None);
    }
}
