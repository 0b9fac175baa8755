//! The streaming copy of a session: events in order, each line once.

use std::collections::HashSet;
use std::ops::Range;

use whoran_model::{DiagnosticKind, Envelope, LogId, NodeId, OsUser, Principal, Timestamp};

use super::uploads::{NEXT_TICK, sent_again};
use super::{Event, Head, Notes};

/// The event version this reader knows.
const VERSION: &str = "1.0";
/// A line that fills an event up to the agent's limit of 33,000 source bytes goes on in the next event.
const CUT_AT: usize = 32_000;
/// Lines sent again are believed to be the same lines when the repetition is at least this long, in lines and bytes.
const RESENT: (usize, usize) = (6, 160);

/// The streaming copy, its lines joined by line feeds.
#[derive(Debug, Default)]
pub(crate) struct Streamed {
    pub(crate) bytes: Vec<u8>,
    /// For each line where it begins in `bytes`, and where it came from.
    pub(crate) lines: Vec<Source>,
    /// Where the first line of each event begins in `bytes`.
    pub(crate) begins: Vec<usize>,
}

/// Where a line came from.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Source {
    pub(crate) start: usize,
    pub(crate) time: Option<Timestamp>,
    pub(crate) log: usize,
    pub(crate) span: Range<u64>,
}

impl Streamed {
    /// Puts events in order and drops what was sent twice. `said` holds the texts of all elements.
    pub(super) fn new(mut events: Vec<Event>, said: &str, logs: &[&LogId], notes: &mut Notes) -> Self {
        events.sort_by_key(|e| (e.time, e.stored));
        let mut out = Self::default();
        let mut texts: Vec<&str> = Vec::new();
        let mut times: Vec<Option<Timestamp>> = Vec::new();
        let mut goes_on = false;
        let mut previous: Option<&Event> = None;
        out.bytes.reserve(said.len() + events.iter().map(|e| e.elements.len()).sum::<usize>());
        let sent_again = sent_again(&events, said);
        // no event repeats more lines than it has
        let most = events.iter().map(|e| e.elements.len()).max().unwrap_or(0);
        for (event, sent_again) in events.iter().zip(sent_again) {
            let same = |e: &&Event| e.time == event.time && texts_of(e, said).eq(texts_of(event, said));
            let again = previous.filter(same).is_some();
            let skip = if again {
                event.elements.len()
            } else {
                resent(&texts, &times, event, said).max(sent_again)
            };
            if skip > 0 {
                notes.add(logs[event.log], Some(event.at), DiagnosticKind::ResentLines(skip as u64));
            }
            if texts.len() > 2 * most + 4096 {
                texts.drain(..texts.len() - most);
                times.drain(..times.len() - most);
            }
            if skip < event.elements.len() {
                out.begins.push(out.bytes.len());
            }
            for element in &event.elements[skip..] {
                let text = &said[element.text.clone()];
                if text.starts_with("{\"eventVersion\":") || text.starts_with("Script started on ") {
                    notes.add(logs[event.log], Some(element.span.start), DiagnosticKind::ForgedStructure);
                }
                if std::mem::take(&mut goes_on) {
                    out.bytes.pop();
                    out.bytes.extend_from_slice(text.as_bytes());
                } else {
                    let start = out.bytes.len();
                    let (time, log) = (event.time, event.log);
                    out.lines.push(Source { start, time, log, span: element.span.clone() });
                    out.bytes.extend_from_slice(text.as_bytes());
                }
                out.bytes.push(b'\n');
                texts.push(text);
                times.push(event.time);
            }
            goes_on = event.elements.len() == 1 && event.elements[0].text.len() >= CUT_AT;
            previous = Some(event);
        }
        out
    }

    /// Index of the line that holds byte `at`.
    pub(crate) fn line_at(&self, at: usize) -> usize {
        self.lines.partition_point(|l| l.start <= at).saturating_sub(1)
    }
}

pub(super) fn texts_of<'a>(event: &Event, said: &'a str) -> impl Iterator<Item = &'a str> {
    event.elements.iter().map(|e| &said[e.text.clone()])
}

/// How many of the event's first lines repeat the last lines taken: the agent sends lines again, with a new time and
/// other grouping, when it was not told that they arrived.
fn resent(taken: &[&str], times: &[Option<Timestamp>], event: &Event, said: &str) -> usize {
    let longest = event.elements.len().min(taken.len());
    let Some(last) = taken.last() else { return 0 };
    // comparing costs: hostile events of many equal lines are not compared to the end
    let mut budget = 8 * longest + 4096;
    // a continuation line never comes first: what begins with one and repeats the last lines was sent again
    let torn = texts_of(event, said).next().is_some_and(|text| text.starts_with("> "));
    let (lines, bytes) = if torn { (2, 0) } else { RESENT };
    for n in (lines..=longest).rev() {
        if said[event.elements[n - 1].text.clone()] != **last {
            continue;
        }
        let Some(left) = budget.checked_sub(n) else { return 0 };
        budget = left;
        let tail = &taken[taken.len() - n..];
        let sent = times.get(taken.len() - n).copied().flatten();
        let late = |(sent, now): (Timestamp, Timestamp)| now.as_second() - sent.as_second() > NEXT_TICK;
        // whoever looks at the same thing again mostly takes longer than the agent
        if sent.zip(event.time).is_some_and(late) {
            continue;
        }
        if tail.iter().map(|t| t.len()).sum::<usize>() >= bytes
            && tail.iter().copied().eq(texts_of(event, said).take(n))
        {
            return n;
        }
    }
    0
}

/// What the events agree on. The first value wins; another one is a diagnostic.
pub(super) fn envelope(events: &[Event], logs: &[&LogId], notes: &mut Notes) -> Envelope {
    let mut identity = Field::new("userIdentity.arn", |h: &Head| h.identity.as_deref());
    let mut region = Field::new("awsRegion", |h| h.region.as_deref());
    let mut run_as = Field::new("runAsUser", |h| h.run_as_user.as_deref());
    let mut target = Field::new("target.id", |h| h.target.as_deref());
    let mut versions = HashSet::new();
    for event in events {
        let log = logs[event.log];
        for field in [&mut identity, &mut region, &mut run_as, &mut target] {
            field.take(event, log, notes);
        }
        match event.head.version.as_deref() {
            Some(VERSION) => {}
            // said once a log and version
            Some(other) if versions.insert((event.log, other)) => {
                notes.add(log, Some(event.at), DiagnosticKind::UnknownEventVersion(other.into()));
            }
            Some(_) => {}
            None => notes.add(log, Some(event.at), DiagnosticKind::MissingField("eventVersion")),
        }
        if event.time.is_none() {
            notes.add(log, Some(event.at), DiagnosticKind::MissingField("eventTime"));
        }
    }
    let times = events.iter().filter_map(|e| e.time);
    Envelope {
        identity: identity.value().map(Principal::new),
        region: region.value().map(String::from),
        run_as_user: run_as.value().map(OsUser::new),
        target: target.value().map(NodeId::new),
        first: times.clone().min(),
        last: times.max(),
    }
}

/// One field of the envelope, over all events.
struct Field<'a> {
    name: &'static str,
    get: fn(&Head) -> Option<&str>,
    value: Option<&'a str>,
    missing: bool,
    conflict: bool,
}

impl<'a> Field<'a> {
    fn new(name: &'static str, get: fn(&Head) -> Option<&str>) -> Self {
        Self { name, get, value: None, missing: false, conflict: false }
    }

    fn take(&mut self, event: &'a Event, log: &LogId, notes: &mut Notes) {
        match ((self.get)(&event.head), self.value) {
            (None, _) if !self.missing => {
                self.missing = true;
                notes.add(log, Some(event.at), DiagnosticKind::MissingField(self.name));
            }
            (Some(new), Some(kept)) if new != kept && !self.conflict => {
                self.conflict = true;
                let (kept, other) = (kept.to_owned(), new.to_owned());
                notes.add(
                    log,
                    Some(event.at),
                    DiagnosticKind::EnvelopeConflict { field: self.name, kept, other },
                );
            }
            (Some(new), None) => self.value = Some(new),
            _ => {}
        }
    }

    fn value(&self) -> Option<&'a str> {
        self.value.filter(|v| !v.is_empty())
    }
}
