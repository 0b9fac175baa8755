//! Uploads that were stored although the agent never learned of it: their lines are sent again with the next one.

use std::collections::HashSet;

use super::Event;
use super::streamed::texts_of;

/// The agent tries again at its next tick, a second later; times are whole seconds.
const NEXT_TICK: i64 = 2;
/// Different uploads that must be repeated at once before any is believed to be sent again: a person may run a command
/// twice.
const FEWEST: usize = 2;

/// For each event how many of its first lines are the whole upload before, sent again. `events` are in order.
///
/// One upload that looks repeated tells nothing, a command run twice looks the same. But nobody repeats several commands
/// within the next second and never later: then it is the agent that does.
pub(super) fn sent_again(events: &[Event], said: &str) -> Vec<usize> {
    let mut again = vec![0; events.len()];
    let mut different: HashSet<&str> = HashSet::new();
    let mut later = 0;
    let uploads: Vec<&[Event]> = events.chunk_by(|a, b| a.time == b.time).collect();
    let mut at = 0;
    for pair in uploads.windows(2) {
        let [before, next] = pair else { continue };
        at += before.len();
        let (Some(sent), Some(time)) = (before[0].time, next[0].time) else { continue };
        let lines = || before.iter().flat_map(|e| texts_of(e, said));
        let Some(first) = lines().find(|line| !line.trim().is_empty()) else { continue };
        let mut own = next.iter().flat_map(|e| texts_of(e, said));
        if !lines().all(|line| own.next() == Some(line)) {
            continue;
        }
        if time.as_second() - sent.as_second() > NEXT_TICK {
            later += 1;
            continue;
        }
        different.insert(first);
        let mut left = before.iter().map(|e| e.elements.len()).sum::<usize>();
        for (event, again) in next.iter().zip(&mut again[at..]) {
            *again = left.min(event.elements.len());
            left -= *again;
        }
    }
    if different.len() < FEWEST || later >= different.len() {
        again.fill(0);
    }
    again
}
