//! Uploads that were stored although the agent never learned of it: their lines are sent again with the next one.

use std::collections::HashSet;

use super::Event;
use super::said::Said;
use super::streamed::texts_of;

/// The agent tries again at its next tick, a second later; times are whole seconds.
pub(super) const NEXT_TICK: i64 = 2;
/// The agent sends so many events at once at most.
const EVENTS: usize = 4;
/// Different uploads that must be repeated at once before any is believed to be sent again: a person may run a command
/// twice.
const FEWEST: usize = 2;

/// For each event how many of its first lines are the whole upload before, sent again. `events` are in order.
///
/// One upload that looks repeated tells nothing, a command run twice looks the same. But nobody repeats several commands
/// within the next second and never later: then it is the agent that does.
pub(super) fn sent_again(events: &[Event], said: &Said) -> Vec<usize> {
    let mut again = vec![0; events.len()];
    let mut different: HashSet<&str> = HashSet::new();
    let mut later = 0;
    let (list, ends) = uploads(events, said);
    let upload = |end: usize| &list[end.checked_sub(1).map_or(0, |before| ends[before])..ends[end]];
    let count = |upload: &[usize]| upload.iter().map(|i| events[*i].lines.len()).sum::<usize>();
    for next in 1..ends.len() {
        let (before, next) = (upload(next - 1), upload(next));
        let time = |upload: &[usize]| upload.first().and_then(|i| events[*i].time);
        let (Some(sent), Some(time)) = (time(before), time(next)) else { continue };
        // most are told apart by their first lines
        let lines = || before.iter().flat_map(|i| texts_of(&events[*i], said));
        let mut own = next.iter().flat_map(|i| texts_of(&events[*i], said));
        if count(next) < count(before) || !lines().all(|line| own.next() == Some(line)) {
            continue;
        }
        let Some(first) = lines().find(|line| !line.trim_start().is_empty()) else { continue };
        if time.as_second() - sent.as_second() > NEXT_TICK {
            later += 1;
            continue;
        }
        different.insert(first);
        let mut left = count(before);
        for i in next {
            again[*i] = left.min(events[*i].lines.len());
            left -= again[*i];
        }
    }
    if different.len() < FEWEST || later >= different.len() {
        again.fill(0);
    }
    again
}

/// The events of all uploads, told by their time, and where in that list each one ends. What a log holds twice is no part of
/// an upload a second time.
fn uploads(events: &[Event], said: &Said) -> (Vec<usize>, Vec<usize>) {
    let mut list: Vec<usize> = Vec::with_capacity(events.len());
    let (mut ends, mut start) = (Vec::new(), 0);
    for (i, event) in events.iter().enumerate() {
        if list.last().is_some_and(|last| events[*last].time != event.time) {
            start = list.len();
            ends.push(start);
        }
        let same = |j: &usize| texts_of(&events[*j], said).eq(texts_of(event, said));
        if !list[start..].iter().rev().take(EVENTS).any(same) {
            list.push(i);
        }
    }
    if !list.is_empty() {
        ends.push(list.len());
    }
    (list, ends)
}
