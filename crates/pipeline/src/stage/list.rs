//! Sources → the logs to read: those that no earlier run has done, and those that changed since.

use std::collections::{HashMap, HashSet};
use std::mem::take;

use whoran_index::LogMark;
use whoran_ingest::{Listed, Source};
use whoran_model::{Diagnostic, LogId, LogRef};

use crate::Error;

/// What the sources hold.
#[derive(Debug, Default)]
pub(crate) struct Listing {
    /// The logs to read, in the sources' order.
    pub(crate) fresh: Vec<FoundLog>,
    /// How many are done and unchanged.
    pub(crate) unchanged: u64,
    /// What a source could not offer as a log.
    pub(crate) skipped: Vec<Diagnostic>,
    seen: HashSet<LogId>,
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
    /// With room for so many logs.
    pub(crate) fn of_about(logs: usize) -> Self {
        Self { seen: HashSet::with_capacity(logs), ..Self::default() }
    }

    /// Whether a source has the log.
    pub(crate) fn has(&self, log: &LogId) -> bool {
        self.seen.contains(log)
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
    pub(crate) fn is_all_done(&self, pruned: &[LogId], done: &HashMap<LogId, LogMark>) -> bool {
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
        for found in take(&mut self.fresh) {
            match name(&found.log.id).filter(|_| !done.contains_key(&found.log.id)) {
                Some(id) => self.offer(nth, Listed::Log(LogRef { id, ..found.log }), done),
                None => self.fresh.push(found),
            }
        }
    }

    /// Takes one log, or what should be one.
    pub(crate) fn offer(&mut self, source: SourceNumber, listed: Listed, done: &HashMap<LogId, LogMark>) {
        let id = match &listed {
            Listed::Log(log) => &log.id,
            Listed::Skipped(diagnostic) => &diagnostic.log,
        };
        if !self.seen.insert(id.clone()) {
            return;
        }
        match listed {
            Listed::Log(log) if done.get(&log.id).is_some_and(|mark| mark.is_current(&log)) => {
                self.unchanged += 1;
            }
            Listed::Log(log) => self.fresh.push(FoundLog { log, source }),
            Listed::Skipped(diagnostic) => self.skipped.push(diagnostic),
        }
    }
}
