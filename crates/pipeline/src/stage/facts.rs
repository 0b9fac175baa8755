//! Facts from beside the logs → the context that sessions are read and answered in.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::OnceLock;

use whoran_index::{Index, LogMark, Writer};
use whoran_link::Context;
use whoran_model::{Fact, LogId, SessionId};

use super::RoutedLog;
use crate::Error;

/// What was known as of the last commit, and what is known with what this run reads. It is put in order only where
/// somebody asks: most snapshots change no session's reading.
pub(crate) struct Contexts<'a> {
    index: Index,
    fresh: &'a [RoutedLog],
    gone: &'a [LogId],
    now: OnceLock<Context>,
}

impl<'a> Contexts<'a> {
    pub(crate) fn new(fresh: &'a [RoutedLog], gone: &'a [LogId], index: &Index) -> Self {
        Self { index: index.clone(), fresh, gone, now: OnceLock::new() }
    }

    /// What is known now. The facts of a log take the place of those that it held before; those of logs that are gone
    /// are dropped.
    pub(crate) fn now(&self) -> Result<&Context, Error> {
        if let Some(now) = self.now.get() {
            return Ok(now);
        }
        let held = self.index.facts()?;
        let anew: HashSet<&LogId> = self.fresh.iter().map(|log| &log.log.id).chain(self.gone).collect();
        let kept = held.into_iter().filter(|fact| !anew.contains(fact.log()));
        let now = Context::new(kept.chain(self.fresh.iter().flat_map(|log| log.facts()).flatten().cloned()));
        Ok(self.now.get_or_init(|| now))
    }

    /// The sessions that are to be read in another way than before: what came with a document is not typed by anybody.
    /// A session has hints only where CloudTrail names it.
    pub(crate) fn reread(&self, done: &HashMap<LogId, LogMark>) -> Result<HashSet<SessionId>, Error> {
        // What IAM says, and how a session ended, changes nothing in what was typed.
        let beside = |fact: &Fact| matches!(fact, Fact::Iam(_) | Fact::Session(_));
        let harmless = |log: &RoutedLog| match log.facts() {
            Some(facts) => !done.contains_key(&log.log.id) && facts.iter().all(beside),
            None => true,
        };
        if self.gone.is_empty() && self.fresh.iter().all(harmless) {
            return Ok(HashSet::new());
        }
        let (before, now) = (Context::new(self.index.facts()?), self.now()?);
        let named: BTreeSet<_> = before.session_ids().into_iter().chain(now.session_ids()).collect();
        let changed = named.into_iter().filter(|id| before.hints(id) != now.hints(id));
        Ok(self.index.held_sessions(changed)?)
    }
}

/// Puts the facts of each log in the place of those it held before, and with them the record that it is done.
pub(crate) fn put(logs: &[RoutedLog], done: &HashMap<LogId, LogMark>, writer: &Writer) -> Result<(), Error> {
    for log in logs {
        if let Some(facts) = log.facts() {
            writer.replace_facts(&log.log.id, facts)?;
            super::index::put_done(log, writer)?;
        } else if done.contains_key(&log.log.id) {
            writer.replace_facts(&log.log.id, [])?;
        }
    }
    Ok(())
}

/// What the facts of these logs say, for a run without an index.
pub(crate) fn context(logs: &[RoutedLog]) -> Context {
    let facts: Vec<Fact> = logs.iter().flat_map(|log| log.facts()).flatten().cloned().collect();
    Context::new(facts)
}
