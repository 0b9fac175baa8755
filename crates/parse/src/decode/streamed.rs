//! The streaming copy of a session: events in order, each line once.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Range;
use std::rc::Rc;

use whoran_model::{DiagnosticKind, Envelope, LogId, NodeId, OsUser, Principal, Timestamp};

use super::said::{Kept, Said};
use super::uploads::{NEXT_TICK, sent_again};
use super::{Event, Head, Notes};

/// The event version this reader knows.
const VERSION: &str = "1.0";
/// A line that fills an event up to the agent's limit of 33,000 source bytes goes on in the next event.
const CUT_AT: usize = 32_000;
/// Lines sent again are believed to be the same lines when the repetition is at least this long, in lines and bytes.
const RESENT: (usize, usize) = (6, 160);

/// The streaming copy.
#[derive(Debug, Default)]
pub(crate) struct Streamed {
    pub(crate) said: Said,
    /// Where the first line of each event begins in its bytes.
    pub(crate) begins: Vec<usize>,
}

impl Streamed {
    /// Puts events in order and drops what was sent twice. `said` holds the lines of all of them, in the order they came.
    pub(super) fn new(mut events: Vec<Event>, mut said: Said, logs: &[&LogId], notes: &mut Notes) -> Self {
        let place = |event: &Event| (event.time, event.stored);
        let logs_apart = events.chunk_by_mut(|a, b| a.log == b.log);
        let turned = logs_apart.fold(false, |turned, events| turned | oldest_first(events));
        let turned = each_once(&mut events, &said) | turned;
        if turned || !events.is_sorted_by_key(place) {
            events.sort_by_key(place);
            said = said.in_order(events.iter_mut().map(|event| &mut event.lines));
        }
        let kept = kept(&events, &said, logs, notes);
        said.keep(&kept);
        let mut first = 0;
        let mut begins = Vec::new();
        for Kept { lines, goes_on } in kept {
            if goes_on {
                first -= 1;
            } else {
                begins.extend(said.line(first).map(|line| line.text.start));
            }
            first += lines.len();
        }
        Self { said, begins }
    }

    /// Which lines hold these bytes.
    pub(crate) fn lines_of(&self, span: &Range<usize>) -> Range<usize> {
        self.said.lines_at(span)
    }
}

/// Turns the events of a log round that has the newest one first, as the console saves them: only so those of one second
/// keep their order. Whether it did.
fn oldest_first(events: &mut [Event]) -> bool {
    let goes_back = events.is_sorted_by(|a, b| a.time >= b.time);
    let turned = goes_back && events.first().map(|e| e.time) != events.last().map(|e| e.time);
    if turned {
        events.reverse();
    }
    turned
}

/// Leaves of an event that several logs have as many as the log with the most of it has: pages overlap, and what was pulled
/// is saved by hand as well. Of one second, the log that has most comes first. Whether any log has what another has.
fn each_once(events: &mut Vec<Event>, said: &Said) -> bool {
    if events.chunk_by(|a, b| a.log == b.log).nth(1).is_none() {
        return false;
    }
    let mut counts: HashMap<_, BTreeMap<usize, usize>> = HashMap::new();
    for event in &*events {
        *counts.entry(event.time).or_default().entry(event.log).or_default() += 1;
    }
    counts.retain(|_, logs| logs.len() > 1);
    if counts.is_empty() {
        return false;
    }
    let count = |event: &Event| counts.get(&event.time).and_then(|logs| logs.get(&event.log));
    events.sort_by_key(|event| (event.time, Reverse(count(event).copied()), event.log));
    let (mut shown, mut own) = (HashMap::<_, usize>::new(), HashMap::<_, usize>::new());
    let mut place = None;
    events.retain(|event| {
        if count(event).is_none() {
            return true;
        }
        let before = place.replace((event.time, event.log));
        if before.is_some_and(|(time, _)| time != event.time) {
            shown.clear();
            own.clear();
        } else if before != place {
            for (texts, count) in own.drain() {
                let most = shown.entry(texts).or_default();
                *most = count.max(*most);
            }
        }
        let texts: Vec<&str> = texts_of(event, said).collect();
        let others = shown.get(&texts).copied().unwrap_or_default();
        let own = own.entry(texts).or_default();
        *own += 1;
        *own > others
    });
    true
}

/// The lines of each event, but for those that were sent again. Events of which none is left are left out.
fn kept(events: &[Event], said: &Said, logs: &[&LogId], notes: &mut Notes) -> Vec<Kept> {
    let mut kept = Vec::new();
    let mut goes_on = false;
    let mut last: Option<&Event> = None;
    // no event repeats more lines than it has
    let most = events.iter().map(|event| event.lines.len()).max().unwrap_or(0);
    let held = 2 * most + 4096;
    let mut texts: Vec<&str> = Vec::with_capacity(said.len().min(held));
    let mut times: Vec<Option<Timestamp>> = Vec::with_capacity(said.len().min(held));
    let mut own: Vec<&str> = Vec::with_capacity(most);
    for (event, sent_again) in events.iter().zip(sent_again(events, said)) {
        own.clear();
        own.extend(texts_of(event, said));
        let last = last.replace(event).filter(|last| last.time == event.time);
        let last = last.filter(|last| last.lines.len() == own.len());
        let again = last.is_some_and(|last| texts_of(last, said).eq(own.iter().copied()));
        let skip = if again { own.len() } else { resent(&texts, &times, &own, event.time).max(sent_again) };
        if skip > 0 {
            notes.add(logs[event.log], Some(event.at), DiagnosticKind::ResentLines(skip as u64));
        }
        if texts.len() > held {
            texts.drain(..texts.len() - most);
            times.drain(..times.len() - most);
        }
        let lines = event.lines.start + skip..event.lines.end;
        for (at, text) in lines.clone().zip(&own[skip..]) {
            if text.starts_with("{\"eventVersion\":") || text.starts_with("Script started on ") {
                let place = said.line(at).map(|line| line.span.start);
                notes.add(logs[event.log], place, DiagnosticKind::ForgedStructure);
            }
        }
        if !lines.is_empty() {
            let goes_on = goes_on && !kept.is_empty();
            kept.push(Kept { lines, goes_on });
        }
        texts.extend(&own[skip..]);
        times.resize(texts.len(), event.time);
        goes_on = matches!(own[..], [only] if only.len() >= CUT_AT);
    }
    kept
}

pub(super) fn texts_of<'a>(event: &Event, said: &'a Said) -> impl Iterator<Item = &'a str> {
    said.texts(event.lines.clone())
}

/// How many of the event's first lines repeat the last lines taken: the agent sends lines again, with a new time and
/// other grouping, when it was not told that they arrived.
fn resent(taken: &[&str], times: &[Option<Timestamp>], own: &[&str], time: Option<Timestamp>) -> usize {
    let longest = own.len().min(taken.len());
    let Some(last) = taken.last() else { return 0 };
    // comparing costs: hostile events of many equal lines are not compared to the end
    let mut budget = 8 * longest + 4096;
    // a continuation line never comes first: what begins with one and repeats the last lines was sent again
    let torn = own.first().is_some_and(|text| text.starts_with("> "));
    let (lines, bytes) = if torn { (2, 0) } else { RESENT };
    for n in (lines..=longest).rev() {
        if own[n - 1] != *last {
            continue;
        }
        let Some(left) = budget.checked_sub(n) else { return 0 };
        budget = left;
        let tail = &taken[taken.len() - n..];
        let sent = times.get(taken.len() - n).copied().flatten();
        let late = |(sent, now): (Timestamp, Timestamp)| now.as_second() - sent.as_second() > NEXT_TICK;
        // whoever looks at the same thing again mostly takes longer than the agent
        if sent.zip(time).is_some_and(late) {
            continue;
        }
        if tail.iter().map(|t| t.len()).sum::<usize>() >= bytes && *tail == own[..n] {
            return n;
        }
    }
    0
}

/// What the events agree on. Where one says otherwise than another, nothing is known, and a diagnostic tells both.
pub(super) fn envelope(events: &[Event], logs: &[&LogId], notes: &mut Notes) -> Envelope {
    let mut identity = Field::new("userIdentity.arn", |h: &Head| h.identity.as_deref());
    let mut region = Field::new("awsRegion", |h| h.region.as_deref());
    let mut run_as = Field::new("runAsUser", |h| h.run_as_user.as_deref());
    let mut target = Field::new("target.id", |h| h.target.as_deref());
    let mut versions = HashSet::new();
    let mut last: Option<&Event> = None;
    for event in events {
        let log = logs[event.log];
        let again = |last: &Event| last.log == event.log && Rc::ptr_eq(&last.head, &event.head);
        // of one head all is said once
        let again = last.replace(event).is_some_and(again);
        for field in [&mut identity, &mut region, &mut run_as, &mut target].into_iter().filter(|_| !again) {
            field.take(event, log, notes);
        }
        match event.head.version.as_deref() {
            _ if again => {}
            Some(VERSION) => {}
            // said once a log and version
            Some(other) if versions.insert((event.log, other)) => {
                notes.add(log, Some(event.at), DiagnosticKind::UnknownEventVersion(other.into()));
            }
            Some(_) => {}
            None => notes.add(log, Some(event.at), DiagnosticKind::MissingField("eventVersion")),
        }
        if event.time.is_none() {
            notes.add(log, Some(event.at), DiagnosticKind::MissingField("an eventTime that can be read"));
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
            (Some(new), Some(first)) if new != first && !self.conflict => {
                self.conflict = true;
                let (first, other) = (first.to_owned(), new.to_owned());
                notes.add(
                    log,
                    Some(event.at),
                    DiagnosticKind::EnvelopeConflict { field: self.name, first, other },
                );
            }
            (Some(new), None) => self.value = Some(new),
            _ => {}
        }
    }

    fn value(&self) -> Option<&'a str> {
        self.value.filter(|v| !v.is_empty() && !self.conflict)
    }
}
