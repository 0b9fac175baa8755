//! Which sessions a run has to parse, and which logs it needs for that beside the new ones.

use std::collections::{BTreeSet, HashMap, HashSet};

use whoran_index::{Index, LogMark};
use whoran_model::{LogId, SessionId};

use super::{FoundLog, RoutedLog};
use crate::Error;

/// Every session that a fresh log holds a part of now, or held one of before it changed.
pub(crate) fn touched(
    fresh: &[RoutedLog],
    index: &Index,
    done: &HashMap<LogId, LogMark>,
) -> Result<BTreeSet<SessionId>, Error> {
    let mut touched = BTreeSet::new();
    for log in fresh {
        touched.extend(log.fragments.iter().map(|fragment| fragment.session.clone()));
        if done.contains_key(&log.log.id)
            && let Some(before) = index.log(&log.log.id)?
        {
            touched.extend(before.sessions);
        }
    }
    Ok(touched)
}

/// The logs that are done and hold other parts of these sessions: a session is always parsed from all its copies.
pub(crate) fn drawn_in(
    touched: &BTreeSet<SessionId>,
    fresh: &[RoutedLog],
    index: &Index,
    source: usize,
) -> Result<Vec<FoundLog>, Error> {
    let fresh: HashSet<&LogId> = fresh.iter().map(|log| &log.log.id).collect();
    let others = index.logs_of_sessions(touched)?.into_iter().filter(|log| !fresh.contains(&log.log.id));
    Ok(others.map(|log| FoundLog { log: log.log, source }).collect())
}
