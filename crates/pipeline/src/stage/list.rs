//! Sources → the logs to read: those that no earlier run has done, and those that changed since.

use std::collections::{HashMap, HashSet};

use whoran_index::LogMark;
use whoran_ingest::{Listed, Source};
use whoran_model::{Diagnostic, LogId, LogRef};

use crate::Error;

/// What the sources hold.
#[derive(Debug, Default)]
pub(crate) struct Listing {
    /// The logs to read, in the sources' order.
    pub(crate) fresh: Vec<FoundLog>,
    /// Those that are done and unchanged.
    pub(crate) unchanged: Vec<LogId>,
    /// What a source could not offer as a log.
    pub(crate) skipped: Vec<Diagnostic>,
    /// The names of all of these, where there is more than one source to ask for them.
    seen: Option<HashSet<LogId>>,
}

/// The place of a source in a run's list of them.
pub(crate) type SourceNumber = u8;

/// A log and where it was found.
#[derive(Debug, Clone)]
pub(crate) struct FoundLog {
    pub(crate) log: LogRef,
    /// Which of the run's sources has it.
    pub(crate) source: SourceNumber,
}

impl Listing {
    /// Takes what the first source has, of which no other source's was taken before.
    pub(crate) fn of(
        nth: SourceNumber,
        source: &dyn Source,
        done: &HashMap<LogId, LogMark>,
    ) -> Result<Self, Error> {
        let mut listing = Self { unchanged: Vec::with_capacity(done.len()), ..Self::default() };
        source.list(&mut |listed| listing.take(nth, listed, done))?;
        Ok(listing)
    }

    /// Whether a source has the log.
    pub(crate) fn has(&mut self, log: &LogId) -> bool {
        self.seen().contains(log)
    }

    fn seen(&mut self) -> &mut HashSet<LogId> {
        self.seen.get_or_insert_with(|| {
            let fresh = self.fresh.iter().map(|found| &found.log.id);
            let skipped = self.skipped.iter().map(|diagnostic| &diagnostic.log);
            fresh.chain(&self.unchanged).chain(skipped).cloned().collect()
        })
    }

    /// What there is to read, and what could not be offered: a run keeps no more of it.
    pub(crate) fn end(self) -> (Vec<FoundLog>, Vec<Diagnostic>) {
        (self.fresh, self.skipped)
    }

    /// Lists the `nth` of the run's sources without opening a log. `done` is what the index holds. A log that an
    /// earlier source listed is left out.
    pub(crate) fn add(
        &mut self,
        nth: SourceNumber,
        source: &dyn Source,
        done: &HashMap<LogId, LogMark>,
    ) -> Result<(), Error> {
        Ok(source.list(&mut |listed| self.offer(nth, listed, done))?)
    }

    /// Whether there is nothing to read, and of these logs none is done and there no longer.
    pub(crate) fn is_all_done(&mut self, pruned: &[LogId], done: &HashMap<LogId, LogMark>) -> bool {
        self.fresh.is_empty() && !pruned.iter().any(|log| done.contains_key(log) && !self.has(log))
    }

    /// Lets the source `nth` have the logs that it knows under another name, which tells whether they are done. One that was
    /// done under its own has no other.
    pub(crate) fn rename(
        &mut self,
        nth: SourceNumber,
        name: impl Fn(&LogId) -> Option<LogId>,
        done: &HashMap<LogId, LogMark>,
    ) {
        for found in std::mem::take(&mut self.fresh) {
            let other = name(&found.log.id).filter(|_| !done.contains_key(&found.log.id));
            let source = if other.is_some() { nth } else { found.source };
            let log = LogRef { id: other.unwrap_or(found.log.id), ..found.log };
            self.offer(source, Listed::Log(log), done);
        }
    }

    /// Takes one log, or what should be one, unless another source has it.
    pub(crate) fn offer(&mut self, source: SourceNumber, listed: Listed, done: &HashMap<LogId, LogMark>) {
        let id = match &listed {
            Listed::Log(log) => &log.id,
            Listed::Skipped(diagnostic) => &diagnostic.log,
        };
        if self.seen().insert(id.clone()) {
            self.take(source, listed, done);
        }
    }

    fn take(&mut self, source: SourceNumber, listed: Listed, done: &HashMap<LogId, LogMark>) {
        match listed {
            Listed::Log(log) if done.get(&log.id).is_some_and(|mark| mark.is_current(&log)) => {
                self.unchanged.push(log.id);
            }
            Listed::Log(log) => self.fresh.push(FoundLog { log, source }),
            Listed::Skipped(diagnostic) => self.skipped.push(diagnostic),
        }
    }
}
