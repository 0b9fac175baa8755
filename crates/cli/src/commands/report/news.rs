//! What a report on what is new is made of.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use whoran_model::Timestamp;
use whoran_pipeline::{Query, SearchOptions, facet_field};
use whoran_report::activity::{NewRow, News, news as make};
use whoran_report::document::{Report, ReportKind};
use whoran_report::input::Entry;
use whoran_report::wire;

use super::Request;
use super::gather::{Population, Wanted};
use super::names::Names;
use crate::args::report::Diff;
use crate::error::CommandError;

/// How many sessions a row names.
const IDS: usize = 5;

pub(super) fn report(args: &Diff, request: &Request<'_>) -> Result<(Report, Names), CommandError> {
    let parameters = request.parameters(None)?;
    let (from, to) = request.period(Some(&args.from), args.to.as_deref())?;
    let (from, to) = (from.unwrap_or(Timestamp::MIN), to.unwrap_or(request.now()));
    let head = request.head(ReportKind::Diff, &parameters, (Some(from), Some(to)))?;
    let picture = request.store.whole_picture()?;
    let wanted = Wanted { period: (None, Some(to)), parameters: &parameters, only: &|_| true };
    let population = Population::new(&request.store, &picture, &wanted, request.limit)?;
    let later = population.sessions.partition_point(|entry| entry.begun() < Some(from));
    let (before, now) = population.sessions.split_at(later);
    let news = News {
        limit: request.limit,
        sessions: now.len() as u64,
        before: before.len() as u64,
        since: before.first().and_then(Entry::begun),
        undated: population.undated,
        persons: new(before, now, |entry| {
            let who = &entry.who;
            let name = who.person.as_ref().or(who.identity.as_ref()).or(who.claimed.as_ref());
            let basis = who.basis.map(str::to_owned);
            name.map(|name| (name.clone(), basis, entry.session.commands())).into_iter().collect()
        }),
        nodes: new(before, now, |entry| {
            let session = entry.session;
            let node = session.target.as_ref();
            node.map(|node| (node.to_string(), session.target_name.clone(), session.commands()))
                .into_iter()
                .collect()
        }),
        os_users: new(before, now, |entry| {
            let users = entry.session.users.iter();
            users.filter_map(|user| Some((user.os_user.as_ref()?.to_string(), None, user.commands))).collect()
        }),
        programs: programs(before, now, request)?,
        head,
    };
    Ok((make(&news), Names::of(&picture)))
}

/// What the later sessions have and the earlier ones have not, the first seen first.
fn new(
    before: &[Entry<'_>],
    now: &[Entry<'_>],
    values: impl Fn(&Entry<'_>) -> Vec<(String, Option<String>, u64)>,
) -> Vec<NewRow> {
    let known: BTreeSet<String> = before.iter().flat_map(&values).map(|(value, _, _)| value).collect();
    let mut rows: BTreeMap<String, NewRow> = BTreeMap::new();
    for entry in now {
        for (value, name, commands) in values(entry) {
            if known.contains(&value) {
                continue;
            }
            let row = rows.entry(value.clone()).or_insert_with(|| row(value, entry));
            row.name = name.or(row.name.take());
            add(row, entry, commands);
        }
    }
    in_order(rows.into_values().collect())
}

fn row(value: String, entry: &Entry<'_>) -> NewRow {
    let first = wire::time(entry.begun());
    NewRow { value, name: None, first, sessions: 0, commands: 0, session_ids: Vec::new() }
}

fn add(row: &mut NewRow, entry: &Entry<'_>, commands: u64) {
    row.sessions += 1;
    row.commands += commands;
    if row.session_ids.len() < IDS {
        row.session_ids.push(entry.session.id.to_string());
    }
}

fn in_order(mut rows: Vec<NewRow>) -> Vec<NewRow> {
    rows.sort_by(|a, b| (&a.first, &a.value).cmp(&(&b.first, &b.value)));
    rows
}

/// Programs are counted in the index: which there are now and were not before, then where each of those is.
fn programs(
    before: &[Entry<'_>],
    now: &[Entry<'_>],
    request: &Request<'_>,
) -> Result<Vec<NewRow>, CommandError> {
    let Ok(field) = facet_field("program") else { return Ok(Vec::new()) };
    let names = |entries: &[Entry<'_>]| -> Result<BTreeMap<String, u64>, CommandError> {
        if entries.is_empty() {
            return Ok(BTreeMap::new());
        }
        let query = Query::of_sessions(entries.iter().map(|entry| &entry.session.id));
        let facets = request.store.facets(&query, &SearchOptions::default(), &[field], usize::MAX)?;
        let values = facets.into_iter().flat_map(|facet| facet.values);
        Ok(values.filter_map(|value| Some((value.value?, value.count))).collect())
    };
    let known = names(before)?;
    let places: HashMap<_, _> = now.iter().map(|entry| (&entry.session.id, entry)).collect();
    let mut rows = Vec::new();
    for (program, _) in names(now)?.into_iter().filter(|(program, _)| !known.contains_key(program)) {
        let text = format!("program:\"{}\"", program.replace('\\', "\\\\").replace('"', "\\\""));
        let counts = request.store.count_by_session(&super::gather::ask(&text)?)?;
        let mut seen: Vec<_> = counts.iter().filter_map(|(id, n)| Some((*places.get(id)?, *n))).collect();
        seen.sort_by(|(a, _), (b, _)| (a.begun(), &a.session.id).cmp(&(b.begun(), &b.session.id)));
        let Some((first, _)) = seen.first() else { continue };
        let mut new = row(program, first);
        seen.iter().for_each(|(entry, commands)| add(&mut new, entry, *commands));
        rows.push(new);
    }
    Ok(in_order(rows))
}
