//! Sessions folded into figures.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Serialize;
use sha2::{Digest, Sha256};
use whoran_model::Timestamp;

use crate::document::{Bar, Bars, TableKind, TableRow};
use crate::input::Entry;
use crate::rows::{Place, Who, duration, places};
use crate::wire;

/// How many ids of sessions a row names; how many there are stands beside them.
const IDS: usize = 5;

/// Sessions of one account and region.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct PopulationRow {
    /// The account.
    pub account: Option<String>,
    /// The region.
    pub region: Option<String>,
    /// Sessions.
    pub sessions: u64,
    /// Of them with a log.
    pub logged: u64,
    /// Of them without.
    pub unlogged: u64,
    /// Of them with CloudTrail's record of the start.
    pub recorded: u64,
    /// Of them in the service's list.
    pub listed: u64,
    /// Persons, where none is known principals or claimed names.
    pub persons: u64,
    /// Nodes.
    pub nodes: u64,
    /// Commands.
    pub commands: u64,
}

impl TableRow for PopulationRow {
    const TABLE: TableKind = TableKind::Population;
}

/// By account and region, and all of them together.
pub(crate) fn population(entries: &[Entry<'_>]) -> (Vec<PopulationRow>, PopulationRow) {
    #[derive(Default)]
    struct Sum<'a>(PopulationRow, BTreeSet<Option<&'a str>>, BTreeSet<Option<&'a str>>);
    impl<'a> Sum<'a> {
        fn add(&mut self, entry: &'a Entry<'a>) {
            let Self(row, persons, nodes) = self;
            row.sessions += 1;
            row.logged += u64::from(entry.is_logged());
            row.unlogged += u64::from(!entry.is_logged());
            row.recorded += u64::from(entry.recorded);
            row.listed += u64::from(entry.listed);
            row.commands += entry.session.commands();
            persons.insert(entry.somebody());
            nodes.insert(entry.session.target.as_ref().map(|node| node.as_str()));
        }
        fn row(self) -> PopulationRow {
            let known = |set: &BTreeSet<Option<&str>>| set.iter().flatten().count() as u64;
            PopulationRow { persons: known(&self.1), nodes: known(&self.2), ..self.0 }
        }
    }
    let (mut places, mut all) = (BTreeMap::<_, Sum<'_>>::new(), Sum::default());
    for entry in entries {
        let place = (entry.session.account.as_deref(), entry.session.region.as_deref());
        places.entry(place).or_default().add(entry);
        all.add(entry);
    }
    let rows = places.into_iter().map(|((account, region), sum)| PopulationRow {
        account: account.map(str::to_owned),
        region: region.map(str::to_owned),
        ..sum.row()
    });
    (rows.collect(), all.row())
}

/// One person and one node.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct WorkRow {
    #[serde(flatten)]
    who: Who,
    target: Option<String>,
    target_name: Option<String>,
    os_users: Vec<String>,
    sessions: u64,
    commands: u64,
    privileged: u64,
    first: Option<String>,
    last: Option<String>,
    session_ids: Vec<String>,
}

impl TableRow for WorkRow {
    const TABLE: TableKind = TableKind::PrivilegedBy;
}

/// The same of critical nodes.
#[derive(Debug, Clone, Serialize)]
#[serde(transparent)]
pub(crate) struct CriticalRow(pub(crate) WorkRow);

impl TableRow for CriticalRow {
    const TABLE: TableKind = TableKind::Critical;
}

/// By person and node, those with the most privileged commands first.
pub(crate) fn work<'a>(entries: impl Iterator<Item = &'a Entry<'a>>) -> Vec<WorkRow> {
    #[derive(Default)]
    struct Sum {
        row: WorkRow,
        os_users: BTreeSet<String>,
        first: Option<Timestamp>,
        last: Option<Timestamp>,
    }
    let mut sums: BTreeMap<(&Who, Option<&str>), Sum> = BTreeMap::new();
    for entry in entries {
        let node = entry.session.target.as_ref().map(|node| node.as_str());
        let sum = sums.entry((&entry.who, node)).or_default();
        let row = &mut sum.row;
        row.sessions += 1;
        row.commands += entry.session.commands();
        row.privileged += entry.privileged;
        if entry.session.target_name.is_some() {
            row.target_name.clone_from(&entry.session.target_name);
        }
        if row.session_ids.len() < IDS {
            row.session_ids.push(entry.session.id.to_string());
        }
        sum.os_users
            .extend(entry.session.users.iter().filter_map(|u| u.os_user.as_ref()).map(ToString::to_string));
        sum.first = sum.first.into_iter().chain(entry.begun()).min();
        sum.last = sum.last.max(entry.session.last.or(entry.ended).or(entry.begun()));
    }
    let rows = sums.into_iter().map(|((who, node), sum)| WorkRow {
        who: who.clone(),
        target: node.map(str::to_owned),
        os_users: sum.os_users.into_iter().collect(),
        first: wire::time(sum.first),
        last: wire::time(sum.last),
        ..sum.row
    });
    let mut rows: Vec<_> = rows.collect();
    rows.sort_by_key(|row| std::cmp::Reverse((row.privileged, row.commands)));
    rows
}

/// Sessions of one month.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct MonthRow {
    month: String,
    sessions: u64,
    logged: u64,
    recorded: u64,
    commands: u64,
}

impl TableRow for MonthRow {
    const TABLE: TableKind = TableKind::Retention;
}

/// What a retention is counted from: of all sessions in scope, those of any period.
#[derive(Debug, Clone, Copy)]
pub struct Begun {
    /// When it began.
    pub at: Timestamp,
    /// Whether it has a log.
    pub logged: bool,
    /// Whether CloudTrail's record of its start is there.
    pub recorded: bool,
    /// How many commands it has.
    pub commands: u64,
}

/// The months that records were to be kept for, the last one that of `until`, each with what is there; and how many of
/// them have nothing.
pub(crate) fn months(begun: &[Begun], until: Timestamp, months: u32) -> (Vec<MonthRow>, u64) {
    let day = |at: Timestamp| at.to_zoned(TimeZone::UTC).date();
    let month = |date: Date| (date.year(), date.month());
    // What ends with a month's last moment ends in that month.
    let last = day(until.checked_sub(jiff::SignedDuration::from_nanos(1)).unwrap_or(until));
    let mut rows = Vec::new();
    let mut at = last.first_of_month();
    for _ in 0..months.max(1) {
        let name = format!("{:04}-{:02}", at.year(), at.month());
        rows.push((month(at), MonthRow { month: name, sessions: 0, logged: 0, recorded: 0, commands: 0 }));
        let Ok(before) = at.yesterday() else { break };
        at = before.first_of_month();
    }
    rows.reverse();
    for one in begun {
        let of = month(day(one.at));
        if let Ok(at) = rows.binary_search_by_key(&of, |(month, _)| *month) {
            let row = &mut rows[at].1;
            row.sessions += 1;
            row.logged += u64::from(one.logged);
            row.recorded += u64::from(one.recorded);
            row.commands += one.commands;
        }
    }
    let rows: Vec<_> = rows.into_iter().map(|(_, row)| row).collect();
    let empty = rows.iter().filter(|row| row.sessions == 0).count() as u64;
    (rows, empty)
}

/// Sessions of each day of the period, or of each week or month where it is long. A bar is marked where `missing` has all
/// of its days.
pub(crate) fn over_time(
    entries: &[Entry<'_>],
    from: Timestamp,
    to: Timestamp,
    missing: &BTreeSet<Date>,
) -> Bars {
    let day = |at: Timestamp| at.to_zoned(TimeZone::UTC).date();
    let (first, end) = (day(from), day(to.checked_sub(jiff::SignedDuration::from_nanos(1)).unwrap_or(to)));
    let days = first.until(end).map_or(0, |span| span.get_days()) + 1;
    let (step, what) = match days {
        ..=62 => (1, "day"),
        63..=434 => (7, "week"),
        _ => (30, "30 days"),
    };
    let mut bars = Vec::new();
    let mut at = first;
    while at <= end {
        let next = at.checked_add(jiff::Span::new().days(step)).unwrap_or(Date::MAX);
        let of_period = next.min(end.tomorrow().unwrap_or(end));
        let all = at.until(of_period).map_or(1, |span| span.get_days());
        let marked = missing.range(at..of_period).count() == usize::try_from(all).unwrap_or(usize::MAX);
        bars.push(Bar { label: at.to_string(), first: 0, second: 0, marked });
        if next <= at {
            break;
        }
        at = next;
    }
    for entry in entries {
        let Some(begun) = entry.begun() else { continue };
        let since = first.until(day(begun)).map_or(-1, |span| i64::from(span.get_days()));
        let bar = usize::try_from(since / i64::from(step)).ok().filter(|_| since >= 0);
        if let Some(bar) = bar.and_then(|bar| bars.get_mut(bar)) {
            *(if entry.is_logged() { &mut bar.first } else { &mut bar.second }) += 1;
        }
    }
    Bars {
        title: format!("Sessions by {what} of their start"),
        first: "with a log",
        second: Some("without a log"),
        mark: Some("CloudTrail has no records"),
        bars,
    }
}

/// A session that was drawn by lot, with all that shows whose it is.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct SampleRow {
    started: Option<String>,
    #[serde(flatten)]
    who: Who,
    run_as_user: Option<String>,
    verdict: &'static str,
    target: Option<String>,
    target_name: Option<String>,
    commands: u64,
    privileged: u64,
    duration_seconds: Option<i64>,
    chain: Vec<String>,
    missing: Vec<String>,
    reason: Option<String>,
    source_ip: Option<String>,
    session_id: String,
    event_ids: Vec<String>,
    logs: Vec<String>,
    evidence: Vec<Place>,
}

impl TableRow for SampleRow {
    const TABLE: TableKind = TableKind::Samples;
}

/// Draws sessions by lot: those whose ids give the lowest SHA-256 behind the archive's head. Anybody with the archive can
/// draw them again, and nobody could choose them.
pub(crate) fn samples(entries: &[Entry<'_>], head: &str, how_many: usize) -> Vec<SampleRow> {
    let lot = |entry: &Entry<'_>| {
        let mut hash = Sha256::new();
        hash.update(head);
        hash.update([0]);
        hash.update(entry.session.id.as_str());
        <[u8; 32]>::from(hash.finalize())
    };
    let mut drawn: Vec<_> = entries.iter().map(|entry| (lot(entry), entry)).collect();
    drawn.sort_by_key(|(lot, _)| *lot);
    drawn.truncate(how_many);
    drawn.sort_by(|(_, a), (_, b)| (a.begun(), &a.session.id).cmp(&(b.begun(), &b.session.id)));
    drawn.into_iter().map(|(_, entry)| sample(entry)).collect()
}

fn sample(entry: &Entry<'_>) -> SampleRow {
    let session = entry.session;
    SampleRow {
        started: wire::time(entry.begun()),
        who: entry.who.clone(),
        run_as_user: session.run_as_user.as_ref().map(ToString::to_string),
        verdict: entry.verdict,
        target: session.target.as_ref().map(ToString::to_string),
        target_name: session.target_name.clone(),
        commands: session.commands(),
        privileged: entry.privileged,
        duration_seconds: duration(entry.started, entry.ended),
        chain: entry.chain.iter().map(ToString::to_string).collect(),
        missing: entry.missing.to_vec(),
        reason: entry.reason.map(str::to_owned),
        source_ip: entry.source_ip.map(str::to_owned),
        session_id: session.id.to_string(),
        event_ids: entry.event_ids.iter().map(ToString::to_string).collect(),
        logs: session.logs.iter().map(|log| log.log.to_string()).collect(),
        evidence: places(entry.evidence),
    }
}

/// How many of something there are, by a short name.
pub(crate) fn tally<'a>(names: impl IntoIterator<Item = &'a str>) -> BTreeMap<&'a str, u64> {
    let mut tally = BTreeMap::new();
    names.into_iter().for_each(|name| *tally.entry(name).or_default() += 1);
    tally
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn months_are_counted_back_from_the_periods_end() {
        let begun = |time| Begun { at: at(time), logged: true, recorded: false, commands: 3 };
        let there =
            [begun("2026-01-31T23:59:59Z"), begun("2026-03-01T00:00:00Z"), begun("2025-11-30T00:00:00Z")];
        let (rows, empty) = months(&there, at("2026-04-01T00:00:00Z"), 4);
        let seen: Vec<_> = rows.iter().map(|row| (row.month.as_str(), row.sessions, row.commands)).collect();
        assert_eq!(seen, [("2025-12", 0, 0), ("2026-01", 1, 3), ("2026-02", 0, 0), ("2026-03", 1, 3)]);
        assert_eq!(empty, 2);
    }

    #[test]
    fn a_long_period_has_bars_of_weeks() {
        let bars = |to| over_time(&[], at("2026-01-01T00:00:00Z"), at(to), &BTreeSet::new()).bars;
        assert_eq!(bars("2026-02-01T00:00:00Z").len(), 31);
        assert_eq!(bars("2026-04-02T00:00:00Z").len(), 13);
        assert_eq!(bars("2026-04-02T00:00:00Z")[1].label, "2026-01-08");
        let missing = (8..=14).chain([20]).map(|day| Date::constant(2026, 1, day)).collect();
        let marked = over_time(&[], at("2026-01-01T00:00:00Z"), at("2026-04-02T00:00:00Z"), &missing).bars;
        assert_eq!(marked.iter().filter(|bar| bar.marked).count(), 1);
    }
}
