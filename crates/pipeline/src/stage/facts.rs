//! Facts from beside the logs → the context that sessions are read and answered in.

use std::collections::{BTreeSet, HashSet};

use whoran_index::{Index, Writer};
use whoran_link::Context;
use whoran_model::{Fact, LogId, SessionId};

use super::RoutedLog;
use crate::Error;

/// The context as of the last commit, and as it is with what this run reads.
pub(crate) struct Contexts {
    before: Context,
    now: Option<Context>,
}

impl Contexts {
    /// Takes the place of the facts that the fresh logs held before they changed, and drops those of logs that are gone.
    pub(crate) fn new(fresh: &[RoutedLog], gone: &[LogId], index: &Index) -> Result<Self, Error> {
        let held = index.facts()?;
        if gone.is_empty() && fresh.iter().all(|log| log.facts.is_none()) {
            return Ok(Self { before: Context::new(held), now: None });
        }
        let anew: HashSet<&LogId> = fresh.iter().map(|log| &log.log.id).chain(gone).collect();
        let kept = held.iter().filter(|fact| !anew.contains(fact.log()));
        let now = Context::new(kept.chain(fresh.iter().flat_map(|log| &log.facts).flatten()).cloned());
        Ok(Self { before: Context::new(held), now: Some(now) })
    }

    /// What is known now.
    pub(crate) fn now(&self) -> &Context {
        self.now.as_ref().unwrap_or(&self.before)
    }

    /// The sessions that are to be read in another way than before: what came with a document is not typed by anybody.
    /// A session has hints only where CloudTrail names it.
    pub(crate) fn reread(&self, index: &Index) -> Result<HashSet<SessionId>, Error> {
        let Some(now) = &self.now else { return Ok(HashSet::new()) };
        let named: BTreeSet<_> = self.before.session_ids().into_iter().chain(now.session_ids()).collect();
        let changed = named.into_iter().filter(|id| self.before.hints(id) != now.hints(id));
        Ok(index.held_sessions(changed)?)
    }
}

/// Puts the facts of each log in the place of those it held before, and with them the record that it is done.
pub(crate) fn put(logs: &[RoutedLog], writer: &Writer) -> Result<(), Error> {
    for log in logs {
        if let Some(facts) = &log.facts {
            writer.replace_facts(&log.log.id, facts)?;
            super::index::put_done(log, writer)?;
        } else {
            writer.replace_facts(&log.log.id, [])?;
        }
    }
    Ok(())
}

/// What the facts of these logs say, for a run without an index.
pub(crate) fn context(logs: &[RoutedLog]) -> Context {
    let facts: Vec<Fact> = logs.iter().flat_map(|log| &log.facts).flatten().cloned().collect();
    Context::new(facts)
}
