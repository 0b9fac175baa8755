//! Reports for who investigates: what happened in a time, to hand over; and what was never there before.

use std::collections::BTreeSet;

use serde::Serialize;
use whoran_model::Timestamp;

use crate::compliance::{DamagedRow, ProgramRow, aggregate, sections as compliance};
use crate::document::{
    Block, Fact, Head, Remark, Report, Section, SectionKind as S, Table, TableKind, Weight, count,
};
use crate::input::{Commands, Entry, SessionLine};
use crate::judged::Judged;
use crate::rows::{GapRow, RunAsRow};
use crate::timeline::TimelineRow;
use crate::wire;

/// What a report on activity is made of.
#[derive(Debug, Clone)]
pub struct Story<'a> {
    /// The first page.
    pub head: Head,
    /// How many rows a table has at most.
    pub limit: usize,
    /// The sessions, by time and id.
    pub sessions: Vec<Entry<'a>>,
    /// Sessions that nothing dates, left out where a period is given.
    pub undated: u64,
    /// Sessions left out in which only the caller gives the person's name.
    pub claimed: u64,
    /// What happened, in order; the earliest.
    pub timeline: Vec<TimelineRow>,
    /// How much of that there is.
    pub moments: u64,
    /// How the whole timeline is asked for.
    pub whole: String,
    /// Privileged commands.
    pub privileged: Commands,
    /// Programs, the most frequent first.
    pub programs: Vec<ProgramRow>,
    /// What is missing in the sessions' record.
    pub gaps: Vec<GapRow>,
    /// Sessions whose OS user is not the one owed.
    pub run_as: Vec<RunAsRow>,
    /// What the logs of these sessions themselves show to be missing.
    pub damaged: Vec<DamagedRow>,
    /// What rules found in these sessions, and what was signed off of them.
    pub judged: Judged,
}

/// Makes a report on activity, on a person, on a node or on a session.
pub fn report(story: &Story<'_>) -> Report {
    let s = story;
    let (places, all) = aggregate::population(&s.sessions);
    let none = "No session is known that this report is about.";
    let work = aggregate::work(s.sessions.iter());
    let mut summary = Section::new(S::Summary).facts(vec![
        Fact::new("sessions", "sessions", all.sessions),
        Fact::new("logged", "with a log", all.logged),
        Fact::new("persons", "persons or principals", all.persons),
        Fact::new("nodes", "managed nodes", all.nodes),
        Fact::new("commands", "commands", all.commands),
        Fact::new("privileged", "privileged commands", s.privileged.total),
    ]);
    summary.blocks.push(Block::Remarks { remarks: remarks(s) });
    let begun = || s.sessions.iter().filter_map(Entry::begun);
    let from = s.head.from.or_else(|| begun().min());
    let to = s
        .head
        .to
        .or_else(|| begun().max().and_then(|at| at.checked_add(jiff::SignedDuration::from_secs(1)).ok()));
    if let (Some(from), Some(to)) = (from, to)
        && s.sessions.len() > 1
    {
        summary = summary.bars(aggregate::over_time(&s.sessions, from, to, &BTreeSet::new()));
    }
    let sections = vec![
        summary,
        scope(s),
        method(s.limit),
        Section::new(S::Population)
            .table(Table::of(places, s.limit, none))
            .table(Table::of(work, s.limit, none).whole("whoran who --format csv")),
        Section::new(S::Sessions).table(
            Table::of(s.sessions.iter().map(SessionLine::from), s.limit, none).whole("whoran sessions --format csv"),
        ),
        Section::new(S::Timeline)
            .prose(
                "Commands of all sessions, calls that CloudTrail recorded, ends and gaps. Of a command in a transcript only the \
                 session's end is known, and it stands there; commands that nothing dates come last.",
            )
            .table(
                Table::of(&s.timeline, s.limit, "Nothing happened that is known.")
                    .of_total(s.moments)
                    .whole(s.whole.clone()),
            ),
        Section::new(S::Privileged)
            .table(
                Table::of_kind(
                    TableKind::PrivilegedCommands,
                    &s.privileged.rows,
                    s.limit,
                    "No command ran as root, Administrator or SYSTEM, or through sudo, doas, su, pkexec or runas.",
                )
                .of_total(s.privileged.total)
                .whole(format!("whoran search --format csv '{}'", s.privileged.query)),
            )
            .table(Table::of_kind(
                TableKind::Programs,
                &s.programs,
                s.limit,
                "No privileged command names a program.",
            )),
        Section::new(S::RunAs).table(
            Table::of(s.run_as.iter().cloned(), s.limit, "Every session ran as the OS user that it was owed.")
                .whole("whoran runas --format csv"),
        ),
        Section::new(S::Coverage)
            .table(
                Table::of(&s.gaps, s.limit, "No gap is known in the record of these sessions.")
                    .whole("whoran coverage --format csv"),
            )
            .table(Table::of(s.damaged.iter().cloned(), s.limit, "No log of these sessions was left out in part, and none shows that something was hidden.")),
        s.judged.findings(),
        s.judged.reviews(),
        compliance::archive(&s.head),
    ];
    let mut report = Report { head: s.head.clone(), sections };
    report.sections.sort_by_key(|section| section.kind);
    report
}

fn remarks(s: &Story<'_>) -> Vec<Remark> {
    let mut remarks = Vec::new();
    let mut say = |weight, n: u64, section, text: &dyn Fn(String) -> String| {
        if n > 0 {
            remarks.push(Remark { weight, text: text(count(n, "session")), section });
        }
    };
    let gaps = |kind: &str, explained: bool| {
        s.gaps.iter().filter(|gap| gap.gap == kind && (gap.cause != "unexplained") == explained).count()
            as u64
    };
    use Weight::{Attention, Exception, Note};
    say(Exception, gaps("no-log", false), S::Coverage, &|n| {
        format!("{n} without a log, and nothing explains it.")
    });
    let mismatches = s.run_as.iter().filter(|row| row.verdict == "mismatch").count() as u64;
    say(Exception, mismatches, S::RunAs, &|n| format!("{n} as another OS user than the one owed."));
    let lost = s.damaged.iter().filter(|row| row.severity == "loss").count() as u64;
    say(Exception, lost, S::Coverage, &|_| {
        format!("{} of a log left out, since it could not be read.", count(lost, "part"))
    });
    let unknown = s.sessions.iter().filter(|entry| entry.who.person.is_none()).count() as u64;
    say(Attention, unknown, S::Sessions, &|n| format!("{n} of which no person is proven."));
    say(Attention, s.claimed, S::Scope, &|n| {
        format!("{n} left out in which only the caller gives that name; --claimed takes them in.")
    });
    say(Note, gaps("no-log", true), S::Coverage, &|n| format!("{n} without a log, with a likely cause."));
    say(Note, s.undated, S::Scope, &|n| format!("{n} without any time, left out."));
    remarks.extend(s.judged.remarks());
    remarks.sort_by_key(|remark| remark.weight);
    remarks
}

fn scope(s: &Story<'_>) -> Section {
    let Head { from, to, .. } = &s.head;
    let period = match (from, to) {
        (None, None) => "All sessions that the archive knows of, of any time.",
        _ => "Sessions that began in the period; a session counts whole in the period in which it began.",
    };
    Section::new(S::Scope).prose(period).facts(vec![
        Fact::new("undated", "sessions without any time, left out", s.undated),
        Fact::new("claimed", "sessions left out whose caller chose the name", s.claimed),
    ])
}

fn method(limit: usize) -> Section {
    let method =
        compliance::METHOD.iter().fold(Section::new(S::Method), |section, text| section.prose(*text));
    method.prose(format!(
        "No table shows more than {limit} rows; where one is cut, it says how many it would have."
    ))
}

/// Something that was never there before.
#[derive(Debug, Clone, Serialize)]
pub struct NewRow {
    /// It.
    pub value: String,
    /// What it is called besides.
    pub name: Option<String>,
    /// When it was first seen.
    pub first: Option<String>,
    /// In how many sessions.
    pub sessions: u64,
    /// In how many commands.
    pub commands: u64,
    /// Some of the sessions, the first ones.
    pub session_ids: Vec<String>,
}

/// What is new in a period.
#[derive(Debug, Clone)]
pub struct News {
    /// The first page.
    pub head: Head,
    /// How many rows a table has at most.
    pub limit: usize,
    /// Sessions of the period.
    pub sessions: u64,
    /// Sessions before it.
    pub before: u64,
    /// When the first of those began.
    pub since: Option<Timestamp>,
    /// Sessions that nothing dates: neither new nor old.
    pub undated: u64,
    /// Persons; where none is known principals, or names that callers chose.
    pub persons: Vec<NewRow>,
    /// Nodes.
    pub nodes: Vec<NewRow>,
    /// OS users.
    pub os_users: Vec<NewRow>,
    /// Programs.
    pub programs: Vec<NewRow>,
}

/// Makes the report on what is new.
pub fn news(news: &News) -> Report {
    let n = news;
    let mut remarks = Vec::new();
    if n.before == 0 {
        remarks.push(Remark {
            weight: Weight::Attention,
            text: "The archive has no session from before the period: everything in it is new.".to_owned(),
            section: S::Scope,
        });
    }
    let mut summary = Section::new(S::Summary).facts(vec![
        Fact::new("persons", "new persons or principals", n.persons.len() as u64),
        Fact::new("nodes", "new nodes", n.nodes.len() as u64),
        Fact::new("os_users", "new OS users", n.os_users.len() as u64),
        Fact::new("programs", "new programs", n.programs.len() as u64),
    ]);
    summary.blocks.push(Block::Remarks { remarks });
    let why = |what: &str| match n.sessions {
        0 => "No session began in the period.".to_owned(),
        _ => format!("Every {what} of the period was there before it."),
    };
    let table = |kind, rows: &[NewRow], what| Table::of_kind(kind, rows, n.limit, why(what));
    let sections = vec![
        summary,
        Section::new(S::Scope)
            .prose(
                "New is what is in a session that began in the period and in none that began before it, of all that the archive \
                 knows. What the archive does not know of can have been there all along.",
            )
            .facts(vec![
                Fact::new("sessions", "sessions of the period", n.sessions),
                Fact::new("before", "sessions before it", n.before),
                Fact::new(
                    "since",
                    "the first of them",
                    wire::time(n.since).map_or(serde_json::Value::Null, serde_json::Value::from),
                ),
                Fact::new("undated", "sessions without any time, neither new nor old", n.undated),
            ]),
        method(n.limit),
        Section::new(S::New)
            .table(table(TableKind::NewPersons, &n.persons, "person"))
            .table(table(TableKind::NewNodes, &n.nodes, "node"))
            .table(table(TableKind::NewOsUsers, &n.os_users, "OS user"))
            .table(table(TableKind::NewPrograms, &n.programs, "program")),
        compliance::archive(&n.head),
    ];
    Report { head: n.head.clone(), sections }
}
