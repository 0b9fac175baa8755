//! What rules found in the sessions of a report, and what was signed off: two sections of every report on sessions.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use whoran_model::{Finding, Level, Review, Reviewed, SessionId};

use crate::document::{Fact, Remark, Section, SectionKind as S, Table, TableKind, TableRow, Weight, count};
use crate::input::{Entry, SessionLine};
use crate::rows::{Place, Who, places};
use crate::wire;

/// The rules that sessions were held against.
#[derive(Debug, Clone, Copy, Default)]
pub struct Held {
    /// How many rules there are.
    pub rules: u64,
    /// How many of them can never fire on what is known here.
    pub never: u64,
    /// How many rules or files of rules could not be used.
    pub left_out: u64,
}

/// Findings and reviews of the sessions of a report. It holds no more rows than a table shows, and counts all.
#[derive(Debug, Clone)]
pub struct Judged {
    held: Held,
    limit: usize,
    /// By level, the gravest last.
    levels: [OfLevel; Level::ALL.len()],
    rules: BTreeMap<RuleKey, OfRule>,
    reviews: Vec<ReviewLine>,
    signed: Signed,
    open: Vec<SessionLine>,
    /// Lines of the audit log that are not as they were written.
    mismatches: u64,
}

/// Findings of one level.
#[derive(Debug, Clone, Default)]
struct OfLevel {
    found: u64,
    open: u64,
    kept: Vec<FindingLine>,
}

/// The gravest first, then by title.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct RuleKey {
    level: std::cmp::Reverse<Level>,
    title: String,
    id: Option<String>,
    source: String,
}

#[derive(Debug, Clone)]
struct OfRule {
    line: RuleLine,
    sessions: BTreeSet<SessionId>,
}

/// How many sessions are signed off.
#[derive(Debug, Clone, Copy, Default)]
struct Signed {
    whole: u64,
    part: u64,
    none: u64,
}

/// A finding as a line of a table.
#[derive(Debug, Clone, Serialize)]
struct FindingLine {
    time: Option<String>,
    time_precision: &'static str,
    level: &'static str,
    title: String,
    #[serde(flatten)]
    who: Who,
    os_user: Option<String>,
    target: Option<String>,
    target_name: Option<String>,
    command: Option<String>,
    verdict: Option<&'static str>,
    reviewed_by: Option<String>,
    reviewed: Option<String>,
    why: Vec<String>,
    techniques: Vec<String>,
    author: Option<String>,
    license: Option<String>,
    rule_id: Option<String>,
    session_id: String,
    seq: Option<u32>,
    evidence: Vec<Place>,
}

impl TableRow for FindingLine {
    const TABLE: TableKind = TableKind::Findings;
}

/// A rule that fired, as a line of a table.
#[derive(Debug, Clone, Serialize)]
struct RuleLine {
    level: &'static str,
    title: String,
    findings: u64,
    sessions: u64,
    open: u64,
    techniques: Vec<String>,
    author: Option<String>,
    license: Option<String>,
    rule_id: Option<String>,
}

impl TableRow for RuleLine {
    const TABLE: TableKind = TableKind::Rules;
}

/// A review as a line of a table.
#[derive(Debug, Clone, Serialize)]
struct ReviewLine {
    time: Option<String>,
    by: String,
    host: String,
    verdict: &'static str,
    note: String,
    commands: u64,
    whole: bool,
    holds: bool,
    session_id: String,
    line: u64,
}

impl TableRow for ReviewLine {
    const TABLE: TableKind = TableKind::Reviews;
}

impl Judged {
    /// Nothing found and nothing signed off yet. A table shows `limit` rows at most; `mismatches` lines of the audit log
    /// are not as they were written.
    pub fn new(held: Held, mismatches: u64, limit: usize) -> Self {
        Self {
            held,
            limit,
            levels: Default::default(),
            rules: BTreeMap::new(),
            reviews: Vec::new(),
            signed: Signed::default(),
            open: Vec::new(),
            mismatches,
        }
    }

    /// A finding, who it is about, and the last review that holds for it.
    pub fn add_finding(&mut self, finding: &Finding, who: &Who, review: Option<&Review>) {
        let rule = &*finding.rule;
        let level = &mut self.levels[rule.level as usize];
        level.found += 1;
        level.open += u64::from(review.is_none());
        if level.kept.len() < self.limit {
            level.kept.push(FindingLine::new(finding, who, review));
        }
        let key = RuleKey {
            level: std::cmp::Reverse(rule.level),
            title: rule.title.clone(),
            id: rule.id.clone(),
            source: rule.source.clone(),
        };
        let of = self.rules.entry(key).or_insert_with(|| OfRule {
            line: RuleLine {
                level: rule.level.as_str(),
                title: rule.title.clone(),
                findings: 0,
                sessions: 0,
                open: 0,
                techniques: rule.techniques.clone(),
                author: rule.author.clone(),
                license: rule.license.clone(),
                rule_id: rule.id.clone(),
            },
            sessions: BTreeSet::new(),
        });
        of.line.findings += 1;
        of.line.open += u64::from(review.is_none());
        of.sessions.insert(finding.session_id.clone());
    }

    /// A session with its reviews, and how many of its commands are signed off.
    pub fn add_session(&mut self, entry: &Entry<'_>, reviews: &[Review], covered: u64) {
        let commands = entry.session.commands();
        let is_whole = reviews.iter().any(|review| review.covers_session(commands))
            || (commands > 0 && covered >= commands);
        match (is_whole, covered > 0) {
            (true, _) => self.signed.whole += 1,
            (false, true) => self.signed.part += 1,
            (false, false) => self.signed.none += 1,
        }
        if !is_whole && self.open.len() < self.limit {
            self.open.push(SessionLine::from(entry));
        }
        self.reviews.extend(reviews.iter().map(|review| ReviewLine::new(review, commands)));
    }

    /// What is open, and how much that weighs.
    pub(crate) fn remarks(&self) -> Vec<Remark> {
        use Weight::{Attention, Exception, Note};
        let open =
            |levels: &[Level]| levels.iter().map(|level| self.levels[*level as usize].open).sum::<u64>();
        let mut remarks = Vec::new();
        let mut say = |weight, n: u64, section, text: String| {
            if n > 0 {
                remarks.push(Remark { weight, text, section });
            }
        };
        let grave = open(&[Level::High, Level::Critical]);
        say(
            Exception,
            grave,
            S::Findings,
            format!("{} of level high or critical that nobody signed off.", count(grave, "finding")),
        );
        say(
            Exception,
            self.mismatches,
            S::Reviews,
            format!(
                "{} of the audit log not as written: what was signed off may not be all. `whoran audit` says where.",
                count(self.mismatches, "line")
            ),
        );
        let medium = open(&[Level::Medium]);
        say(
            Attention,
            medium,
            S::Findings,
            format!("{} of level medium that nobody signed off.", count(medium, "finding")),
        );
        let lesser = open(&[Level::Informational, Level::Low]);
        say(
            Note,
            lesser,
            S::Findings,
            format!("{} of a lower level that nobody signed off.", count(lesser, "finding")),
        );
        let unsigned = self.signed.none + self.signed.part;
        say(Note, unsigned, S::Reviews, format!("{} not signed off as a whole.", count(unsigned, "session")));
        remarks
    }

    /// What rules found.
    pub(crate) fn findings(&self) -> Section {
        let Held { rules, never, left_out } = self.held;
        let total: u64 = self.levels.iter().map(|level| level.found).sum();
        let open: u64 = self.levels.iter().map(|level| level.open).sum();
        let mut facts = vec![
            Fact::new("rules", "rules that sessions were held against", rules),
            Fact::new("never", "of them can never fire on what is known here", never),
            Fact::new("left_out", "rules that could not be used", left_out),
            Fact::new("findings", "findings", total),
            Fact::new("open", "of them not signed off", open),
        ];
        for level in Level::ALL.into_iter().rev() {
            facts.push(Fact::new(
                level.as_str(),
                format!("of level {level}"),
                self.levels[level as usize].found,
            ));
        }
        let none = format!("None of {} fires on these sessions.", count(rules, "rule"));
        let fired =
            self.rules.values().map(|of| RuleLine { sessions: of.sessions.len() as u64, ..of.line.clone() });
        let gravest_first = self.levels.iter().rev().flat_map(|level| &level.kept);
        Section::new(S::Findings)
            .prose(
                "Each part of each command line, and the line as a whole, was held against Sigma rules, and so was what logs and \
                 records show of a session beside its commands. A finding is a reason to look and no verdict; each says why, \
                 and who wrote the rule. That a rule found nothing shows only that nothing was shown to it.",
            )
            .facts(facts)
            .table(Table::of(fired, self.limit, none.clone()).whole("whoran detect --format csv"))
            .table(Table::of(gravest_first, self.limit, none).of_total(total).whole("whoran detect --format csv"))
    }

    /// What was signed off.
    pub(crate) fn reviews(&self) -> Section {
        let Signed { whole, part, none } = self.signed;
        let mut reviews: Vec<_> = self.reviews.iter().collect();
        reviews.sort_by(|a, b| (a.line, &a.session_id).cmp(&(b.line, &b.session_id)));
        Section::new(S::Reviews)
            .prose(
                "Reviews stand in the audit log of this tool, whose lines are chained by their hashes. One of a whole session \
                 holds as long as the session has no more commands than it had then. Who reviewed is the user that the \
                 operating system named; it says that somebody looked, and not how well.",
            )
            .facts(vec![
                Fact::new("whole", "sessions signed off as a whole", whole),
                Fact::new("part", "in part", part),
                Fact::new("none", "not at all", none),
            ])
            .table(
                Table::of(reviews, self.limit, "Nobody signed off any of these sessions, or a command of them.")
                    .whole("whoran review list --format csv"),
            )
            .table(
                Table::of_kind(
                    TableKind::Unreviewed,
                    &self.open,
                    self.limit,
                    match whole {
                        0 => "There is no session that could be signed off.",
                        _ => "Every session is signed off as a whole.",
                    },
                )
                .of_total(part + none),
            )
    }
}

impl FindingLine {
    fn new(finding: &Finding, who: &Who, review: Option<&Review>) -> Self {
        let rule = &*finding.rule;
        let why = finding
            .why
            .iter()
            .map(|reason| format!("{} {}", reason.field.as_deref().unwrap_or("the line"), reason.pattern));
        Self {
            time: wire::time(finding.time),
            time_precision: finding.time_precision.as_str(),
            level: rule.level.as_str(),
            title: rule.title.clone(),
            who: who.clone(),
            os_user: finding.os_user.as_ref().map(ToString::to_string),
            target: finding.target.as_ref().map(ToString::to_string),
            target_name: finding.target_name.clone(),
            command: finding.command.clone(),
            verdict: review.map(|review| review.verdict.as_str()),
            reviewed_by: review.map(|review| review.by.clone()),
            reviewed: review.and_then(|review| wire::time(Some(review.time))),
            why: why.collect(),
            techniques: rule.techniques.clone(),
            author: rule.author.clone(),
            license: rule.license.clone(),
            rule_id: rule.id.clone(),
            session_id: finding.session_id.to_string(),
            seq: finding.seq,
            evidence: places(&finding.evidence),
        }
    }
}

impl ReviewLine {
    fn new(review: &Review, commands: u64) -> Self {
        let (signed, whole, holds) = match &review.what {
            Reviewed::Session { commands: then } => (*then, true, review.covers_session(commands)),
            Reviewed::Commands(ids) => (ids.len() as u64, false, true),
        };
        Self {
            time: wire::time(Some(review.time)),
            by: review.by.clone(),
            host: review.host.clone(),
            verdict: review.verdict.as_str(),
            note: review.note.clone(),
            commands: signed,
            whole,
            holds,
            session_id: review.session_id.to_string(),
            line: review.line,
        }
    }
}
