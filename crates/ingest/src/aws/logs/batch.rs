//! Events on their way into the archive.

use std::collections::BTreeMap;
use std::fmt;
use std::io;

use whoran_model::Timestamp;

use super::known::Known;
use super::{Event, OVERLAP};
use crate::aws::{PullEvent, Pulled, name};
use crate::{Archive, Error, Packer};

/// So many bytes of events go into the archive together.
const FULL: u64 = 32 << 20;

/// What the version of a stream's log says about the pull that brought its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::aws) struct Position {
    /// All events of the group before this time were pulled, in milliseconds since 1970: on the last of the lines that
    /// were written together.
    pub(in crate::aws) until: Option<i64>,
    /// The latest event of the part that this pull added.
    pub(in crate::aws) last: i64,
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.until {
            Some(until) => write!(f, "until {until} last {}", self.last),
            None => write!(f, "last {}", self.last),
        }
    }
}

impl Position {
    pub(in crate::aws) fn parse(version: &str) -> Option<Self> {
        let (until, last) = match version.strip_prefix("until ") {
            Some(rest) => {
                let (until, last) = rest.split_once(' ')?;
                (Some(until.parse().ok()?), last)
            }
            None => (None, version),
        };
        Some(Self { until, last: last.strip_prefix("last ")?.parse().ok()? })
    }
}

/// New events of a group, gathered by stream.
pub(super) struct Batch<'a> {
    archive: &'a mut Archive,
    prefix: &'a str,
    now: Timestamp,
    on_event: &'a (dyn Fn(PullEvent<'_>) + Sync),
    known: Known,
    streams: BTreeMap<String, Vec<Event>>,
    bytes: u64,
    pulled: Pulled,
}

impl<'a> Batch<'a> {
    pub(super) fn new(
        archive: &'a mut Archive,
        prefix: &'a str,
        now: Timestamp,
        on_event: &'a (dyn Fn(PullEvent<'_>) + Sync),
    ) -> Result<Self, Error> {
        let (known, streams, pulled) = (Known::default(), BTreeMap::new(), Pulled::default());
        Ok(Self { archive, prefix, now, on_event, known, streams, bytes: 0, pulled })
    }

    /// The time of the pull, in milliseconds since 1970.
    pub(super) fn now(&self) -> i64 {
        self.now.as_millisecond()
    }

    /// Up to when the group was pulled already.
    pub(super) fn position(&self) -> Option<i64> {
        let entries = self.archive.entries().iter().filter(|e| e.log.id.as_str().starts_with(self.prefix));
        entries.filter_map(|e| Position::parse(&e.log.version)?.until).max()
    }

    /// Takes note of what the archive has of the group since `from`, so that none of it comes in twice.
    pub(super) fn know_since(&mut self, from: i64) -> Result<(), Error> {
        for entry in self.archive.entries().iter().filter(|e| e.log.id.as_str().starts_with(self.prefix)) {
            let late = Position::parse(&entry.log.version).is_none_or(|position| position.last >= from);
            let held = self.archive.latest(&entry.log.id).is_some_and(|latest| !latest.is_pruned());
            if late && held {
                self.known.read(self.archive.read_part(entry)?, from)?;
            }
        }
        Ok(())
    }

    /// Takes note of what the archive has of a stream, and says when the last of it happened.
    pub(super) fn know_stream(&mut self, stream: &str) -> Result<Option<i64>, Error> {
        let log = name::of_stream(self.prefix, stream);
        let Some(entry) = self.archive.latest(&log).filter(|entry| !entry.is_pruned()) else {
            return Ok(None);
        };
        let last = Position::parse(&entry.log.version).map(|position| position.last);
        let from = last.map_or(0, |last| last - OVERLAP);
        self.known.read(self.archive.read(&log)?, from)?;
        Ok(last)
    }

    /// Takes what is new of a page.
    pub(super) fn add(&mut self, events: Vec<Event>) {
        let mut bytes = 0;
        for event in events {
            if self.known.is_new(&event) {
                bytes += event.message.len() as u64;
                self.pulled.events += 1;
                self.streams.entry(event.log_stream_name.clone()).or_default().push(event);
            }
        }
        self.bytes += bytes;
        self.pulled.bytes += bytes;
        (self.on_event)(PullEvent::Listed { bytes });
        (self.on_event)(PullEvent::Fetched { bytes });
    }

    /// Puts what came into the archive where it is enough to.
    pub(super) fn flush_full(&mut self, until: Option<i64>) -> Result<(), Error> {
        if self.bytes >= FULL { self.flush(until) } else { Ok(()) }
    }

    /// Puts what came into the archive. All events of the group before `until` are in it then.
    pub(super) fn flush(&mut self, until: Option<i64>) -> Result<(), Error> {
        let scratch = self.archive.scratch()?;
        let failed = |source| Error::Write { path: scratch.clone(), source };
        let mut streams = std::mem::take(&mut self.streams).into_iter().peekable();
        while let Some((stream, mut events)) = streams.next() {
            // Only the last line says how far this came: where a disk fills up midway, the lines before it may be all there
            // is, and what they lack has to be asked for again.
            let until = until.filter(|_| streams.peek().is_none());
            events.sort_by_key(|event| event.timestamp);
            let last = events.last().map_or(0, |event| event.timestamp);
            let log = name::of_stream(self.prefix, &stream);
            let version = Position { until, last }.to_string();
            let packed = pack(&events, &scratch).map_err(failed)?;
            let packed = packed.written(Timestamp::from_millisecond(last).ok());
            self.archive.extend(&log, &version, self.now, packed)?;
            self.pulled.logs += 1;
        }
        self.bytes = 0;
        self.archive.commit()
    }

    /// What was pulled in all.
    pub(super) fn end(mut self, until: Option<i64>) -> Result<Pulled, Error> {
        self.flush(until)?;
        Ok(self.pulled)
    }
}

fn pack(events: &[Event], scratch: &std::path::Path) -> io::Result<crate::Packed> {
    let mut lines = Vec::new();
    for event in events {
        serde_json::to_writer(&mut lines, event)?;
        lines.push(b'\n');
    }
    let mut packer = Packer::new(scratch, Some(lines.len() as u64))?;
    packer.feed(&lines)?;
    packer.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_is_read_as_it_was_written() {
        for position in
            [Position { until: Some(1_767_225_600_000), last: 5 }, Position { until: None, last: -1 }]
        {
            assert_eq!(Position::parse(&position.to_string()), Some(position));
        }
        for text in ["", "until", "until 1", "until x last 2", "last", "\"etag\""] {
            assert_eq!(Position::parse(text), None, "{text}");
        }
    }
}
