//! Which sessions a run has to parse, and which logs it needs for that beside the new ones.

use std::collections::{BTreeSet, HashMap, HashSet};

use whoran_index::{Index, LogMark};
use whoran_ingest::Archive;
use whoran_model::{LogId, SessionId};

use super::{FoundLog, Listing, RoutedLog, SourceNumber};
use crate::Error;

/// The logs that are done and were pruned since: what only they hold goes from the index too.
pub(crate) fn gone(archive: &Archive, listing: &mut Listing, done: &HashMap<LogId, LogMark>) -> Vec<LogId> {
    let gone = archive.pruned_logs().filter(|log| done.contains_key(log) && !listing.has(log));
    let mut gone: Vec<LogId> = gone.cloned().collect();
    gone.sort_unstable();
    gone
}

/// Every session that a fresh log holds a part of now, or held one of before it changed or went.
pub(crate) fn touched(
    fresh: &[RoutedLog],
    gone: &[LogId],
    index: &Index,
    done: &HashMap<LogId, LogMark>,
) -> Result<BTreeSet<SessionId>, Error> {
    let mut touched = BTreeSet::new();
    let mut before: Vec<&LogId> = gone.iter().collect();
    for log in fresh {
        touched.extend(log.fragments.iter().map(|fragment| fragment.session.clone()));
        before.extend(done.contains_key(&log.log.id).then_some(&log.log.id));
    }
    for log in before {
        touched.extend(index.log(log)?.into_iter().flat_map(|log| log.sessions));
    }
    Ok(touched)
}

/// The logs that are done and hold other parts of these sessions: a session is always parsed from all its copies.
pub(crate) fn drawn_in(
    touched: &BTreeSet<SessionId>,
    fresh: &[RoutedLog],
    gone: &[LogId],
    index: &Index,
    source: SourceNumber,
) -> Result<Vec<FoundLog>, Error> {
    let not: HashSet<&LogId> = fresh.iter().map(|log| &log.log.id).chain(gone).collect();
    let others = index.logs_of_sessions(touched)?.into_iter().filter(|log| !not.contains(&log.log.id));
    Ok(others.map(|log| FoundLog { log: log.log, source }).collect())
}
