//! Findings, the rules that made them, and reviews, one row each.
//!
//! The author of a rule is in every row of a finding: the Detection Rule License 1.1 asks for that.

use serde::Serialize;
use whoran_model::{Finding, Reason, Review, Reviewed, Rule};

use crate::rows::{Place, Row, places};
use crate::wire;

/// One finding.
#[derive(Debug, Clone, Serialize)]
pub struct FindingRow<'a> {
    v: u32,
    /// How bad it is.
    pub level: &'static str,
    /// The rule's title.
    pub title: &'a str,
    /// The rule's UUID.
    pub rule_id: Option<&'a str>,
    /// Who wrote the rule.
    pub author: Option<&'a str>,
    /// Under which licence.
    pub license: Option<&'a str>,
    /// How mature the rule is.
    pub status: Option<&'a str>,
    /// Techniques of MITRE ATT&CK as the rule names them.
    pub techniques: &'a [String],
    /// Tactics of MITRE ATT&CK as the rule names them.
    pub tactics: &'a [String],
    /// When, not later than.
    pub time: Option<String>,
    /// How exact that is.
    pub time_precision: &'static str,
    /// The session.
    pub session_id: &'a str,
    /// The place of the command in it; null is the session as a whole.
    pub seq: Option<u32>,
    /// The command's id.
    pub command_id: Option<&'a str>,
    /// Its text.
    pub command: Option<&'a str>,
    /// ARN of the principal.
    pub identity: Option<&'a str>,
    /// The human behind it.
    pub person: Option<&'a str>,
    /// The AWS account.
    pub account: Option<&'a str>,
    /// The AWS region.
    pub region: Option<&'a str>,
    /// The OS user.
    pub os_user: Option<&'a str>,
    /// The node.
    pub target: Option<&'a str>,
    /// Its name.
    pub target_name: Option<&'a str>,
    /// Why the rule matched.
    pub why: Vec<Why<'a>>,
    /// The bytes that prove it.
    pub evidence: Vec<Place>,
    /// The last review that holds for it; null: nobody signed it off.
    pub review: Option<ReviewRow<'a>>,
}

/// A condition that was met.
#[derive(Debug, Clone, Serialize)]
pub struct Why<'a> {
    /// The rule's selection.
    pub selection: &'a str,
    /// The field; null is the line as a whole.
    pub field: Option<&'a str>,
    /// What the rule asks of it.
    pub pattern: &'a str,
    /// What was there.
    pub value: &'a str,
}

impl<'a> From<&'a Reason> for Why<'a> {
    fn from(reason: &'a Reason) -> Self {
        Self {
            selection: &reason.selection,
            field: reason.field.as_deref(),
            pattern: &reason.pattern,
            value: &reason.value,
        }
    }
}

impl<'a> FindingRow<'a> {
    /// A row of a finding, with the last review that holds for it.
    pub fn new(finding: &'a Finding, review: Option<&'a Review>) -> Self {
        let rule = &*finding.rule;
        Self {
            v: wire::VERSION,
            level: rule.level.as_str(),
            title: &rule.title,
            rule_id: rule.id.as_deref(),
            author: rule.author.as_deref(),
            license: rule.license.as_deref(),
            status: rule.status.as_deref(),
            techniques: &rule.techniques,
            tactics: &rule.tactics,
            time: wire::time(finding.time),
            time_precision: finding.time_precision.as_str(),
            session_id: finding.session_id.as_str(),
            seq: finding.seq,
            command_id: finding.command_id.as_deref(),
            command: finding.command.as_deref(),
            identity: finding.identity.as_ref().map(|p| p.as_str()),
            person: finding.person.as_deref(),
            account: finding.account.as_deref(),
            region: finding.region.as_deref(),
            os_user: finding.os_user.as_ref().map(|u| u.as_str()),
            target: finding.target.as_ref().map(|t| t.as_str()),
            target_name: finding.target_name.as_deref(),
            why: finding.why.iter().map(Why::from).collect(),
            evidence: places(&finding.evidence),
            review: review.map(ReviewRow::from),
        }
    }
}

impl Row for FindingRow<'_> {
    const COLUMNS: &'static [&'static str] = &[
        "level",
        "title",
        "rule_id",
        "author",
        "license",
        "status",
        "techniques",
        "tactics",
        "time",
        "time_precision",
        "session_id",
        "seq",
        "command_id",
        "command",
        "identity",
        "person",
        "account",
        "region",
        "os_user",
        "target",
        "target_name",
        "why",
        "evidence",
        "review",
    ];
}

/// One rule, and whether it can ever find anything here.
#[derive(Debug, Clone, Serialize)]
pub struct RuleRow<'a> {
    v: u32,
    /// How bad a match is.
    pub level: &'static str,
    /// Its title.
    pub title: &'a str,
    /// Its UUID.
    pub rule_id: Option<&'a str>,
    /// Who wrote it.
    pub author: Option<&'a str>,
    /// Under which licence.
    pub license: Option<&'a str>,
    /// How mature it is.
    pub status: Option<&'a str>,
    /// Techniques of MITRE ATT&CK as the rule names them.
    pub techniques: &'a [String],
    /// Tactics of MITRE ATT&CK as the rule names them.
    pub tactics: &'a [String],
    /// The file it was read from.
    pub source: &'a str,
    /// What it is held against; empty where it can never fire.
    pub held_against: Vec<&'a str>,
    /// Why it can never fire.
    pub never: Option<&'a str>,
}

impl<'a> RuleRow<'a> {
    /// A row of a rule.
    pub fn new(rule: &'a Rule, held_against: Vec<&'a str>, never: Option<&'a str>) -> Self {
        Self {
            v: wire::VERSION,
            level: rule.level.as_str(),
            title: &rule.title,
            rule_id: rule.id.as_deref(),
            author: rule.author.as_deref(),
            license: rule.license.as_deref(),
            status: rule.status.as_deref(),
            techniques: &rule.techniques,
            tactics: &rule.tactics,
            source: &rule.source,
            held_against,
            never,
        }
    }
}

impl Row for RuleRow<'_> {
    const COLUMNS: &'static [&'static str] = &[
        "level",
        "title",
        "rule_id",
        "author",
        "license",
        "status",
        "techniques",
        "tactics",
        "source",
        "held_against",
        "never",
    ];
}

/// One review.
#[derive(Debug, Clone, Serialize)]
pub struct ReviewRow<'a> {
    v: u32,
    /// When.
    pub time: Option<String>,
    /// Who.
    pub by: &'a str,
    /// The user id that logged in first.
    pub login_uid: Option<u32>,
    /// On which machine.
    pub host: &'a str,
    /// What it was found to be.
    pub verdict: &'static str,
    /// In the reviewer's words.
    pub note: &'a str,
    /// The session.
    pub session_id: &'a str,
    /// How many commands the session had, where all of it was reviewed.
    pub whole_session_of: Option<u64>,
    /// Ids of the commands, where some were.
    pub command_ids: Vec<&'a str>,
    /// The line of the audit log that says so.
    pub line: u64,
}

impl<'a> From<&'a Review> for ReviewRow<'a> {
    fn from(review: &'a Review) -> Self {
        let (whole_session_of, command_ids) = match &review.what {
            Reviewed::Session { commands } => (Some(*commands), Vec::new()),
            Reviewed::Commands(ids) => (None, ids.iter().map(String::as_str).collect()),
        };
        Self {
            v: wire::VERSION,
            time: wire::time(Some(review.time)),
            by: &review.by,
            login_uid: review.login_uid,
            host: &review.host,
            verdict: review.verdict.as_str(),
            note: &review.note,
            session_id: review.session_id.as_str(),
            whole_session_of,
            command_ids,
            line: review.line,
        }
    }
}

impl Row for ReviewRow<'_> {
    const COLUMNS: &'static [&'static str] = &[
        "time",
        "by",
        "login_uid",
        "host",
        "verdict",
        "note",
        "session_id",
        "whole_session_of",
        "command_ids",
        "line",
    ];
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::sync::Arc;

    use whoran_model::{Level, ReviewVerdict, TimePrecision, Timestamp};

    use super::*;
    use crate::rows::tests::keys_are_columns;

    fn rule() -> Rule {
        Rule {
            id: None,
            title: "T".into(),
            description: None,
            level: Level::High,
            status: None,
            techniques: vec!["T1552.005".into()],
            tactics: vec![],
            author: Some("kim".into()),
            license: Some("DRL 1.1".into()),
            false_positives: vec![],
            source: "t.yml".into(),
        }
    }

    #[test]
    fn every_key_is_a_column_and_the_author_is_one() {
        let finding = Finding {
            rule: Arc::new(rule()),
            session_id: "alice-0e34861185201706f".parse().unwrap(),
            seq: None,
            command_id: None,
            command: None,
            time: None,
            time_precision: TimePrecision::None,
            identity: None,
            person: None,
            account: None,
            region: None,
            os_user: None,
            target: None,
            target_name: None,
            why: vec![],
            evidence: vec![],
        };
        let review = Review {
            line: 1,
            time: Timestamp::UNIX_EPOCH,
            by: "kim".into(),
            login_uid: None,
            host: "h".into(),
            verdict: ReviewVerdict::Unclear,
            note: String::new(),
            session_id: finding.session_id.clone(),
            what: Reviewed::Commands(BTreeSet::new()),
        };
        let row = FindingRow::new(&finding, Some(&review));
        assert_eq!((row.author, row.license), (Some("kim"), Some("DRL 1.1")));
        keys_are_columns(&row, &["v"]);
        keys_are_columns(&RuleRow::new(&rule(), vec![], None), &["v"]);
        keys_are_columns(&ReviewRow::from(&review), &["v"]);
        assert!(FindingRow::COLUMNS.contains(&"author") && FindingRow::COLUMNS.contains(&"license"));
    }
}
