//! A whole group, window after window of time.

use std::collections::VecDeque;
use std::sync::Arc;

use tokio::sync::mpsc;

use super::{Batch, Event, Group, OVERLAP};
use crate::Error;
use crate::aws::Pulled;
use crate::aws::call::Failure;

/// How many windows are read at once: an answer takes longer than the time between two requests.
const IN_FLIGHT: usize = 4;
/// How many pages of a window may wait for those before it, of at most 1 MiB each.
const WAITING: usize = 16;
/// The first window, in milliseconds; how large the next ones are, what comes tells.
const FIRST: i64 = 3600 * 1000;
/// A window of more pages than this was too large, one of fewer than this too small.
const PAGES: std::ops::Range<i64> = 2..9;

/// A window from its first millisecond to its last; the latest has no end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Window {
    from: i64,
    to: Option<i64>,
}

/// Cuts time into windows.
#[derive(Debug)]
struct Windows {
    next: Option<i64>,
    now: i64,
    width: i64,
}

impl Iterator for Windows {
    type Item = Window;

    fn next(&mut self) -> Option<Window> {
        let from = self.next?;
        let end = from.saturating_add(self.width);
        self.next = (end <= self.now).then_some(end);
        Some(Window { from, to: self.next.map(|end| end - 1) })
    }
}

impl Windows {
    /// Learns how many pages the window had.
    fn learn(&mut self, window: Window, pages: i64) {
        let Some(to) = window.to else { return };
        let width = to - window.from + 1;
        if pages >= PAGES.end {
            self.width = (width * PAGES.end / (2 * pages)).max(1000);
        } else if pages < PAGES.start {
            self.width = self.width.max(width * 2);
        }
    }
}

/// Where to begin: at what may have come late since the last pull ended, or where there can be events first.
fn begin(until: Option<i64>, since: i64, now: i64) -> i64 {
    until.map_or(since, |until| (until - OVERLAP).max(0)).min(now)
}

pub(super) async fn pull(group: &Arc<Group>, mut batch: Batch<'_>) -> Result<Pulled, Error> {
    let now = batch.now();
    let mut until = batch.position();
    let from = begin(until, group.since, now);
    batch.know_since(from)?;
    let mut windows = Windows { next: Some(from), now, width: FIRST };
    let mut reading = VecDeque::new();
    let mut pages = 0;
    loop {
        while reading.len() < IN_FLIGHT
            && let Some(window) = windows.next()
        {
            let (found, events) = mpsc::channel(WAITING);
            tokio::spawn(read(Arc::clone(group), window, found));
            reading.push_back((window, events));
        }
        let Some((window, events)) = reading.front_mut() else { break };
        match events.recv().await {
            Some(Ok(events)) => {
                // Empty pages tell how the service searches, not how much there is.
                pages += i64::from(!events.is_empty());
                batch.add(events);
                batch.flush_full(until)?;
            }
            Some(Err(failure)) => {
                // What came whole before it stays.
                batch.flush(until)?;
                return Err(group.error(&failure, "logs:FilterLogEvents"));
            }
            None => {
                until = Some(window.to.map_or(now, |to| to + 1));
                windows.learn(*window, pages);
                pages = 0;
                reading.pop_front();
            }
        }
    }
    batch.end(until)
}

/// Reads a window page by page, for as long as somebody listens.
async fn read(group: Arc<Group>, window: Window, found: mpsc::Sender<Result<Vec<Event>, Failure>>) {
    let mut token: Option<String> = None;
    loop {
        let request = group
            .client
            .filter_log_events()
            .set_log_group_name(group.name.clone())
            .set_log_group_identifier(group.identifier())
            .start_time(window.from)
            .set_end_time(window.to)
            .set_next_token(token.clone());
        let page = match group.caller.call(|| request.clone().send()).await {
            Ok(page) => page,
            Err(failure) => return drop(found.send(Err(failure)).await),
        };
        let next = page.next_token;
        let events: Vec<Event> = page.events.unwrap_or_default().into_iter().map(Event::from).collect();
        // Pages may be empty and not the last; the last has no token. One that only repeats its token is an end too.
        let last = next.is_none() || (next == token && events.is_empty());
        if found.send(Ok(events)).await.is_err() || last {
            return;
        }
        token = next;
    }
}

impl From<aws_sdk_cloudwatchlogs::types::FilteredLogEvent> for Event {
    fn from(event: aws_sdk_cloudwatchlogs::types::FilteredLogEvent) -> Self {
        Self {
            timestamp: event.timestamp.unwrap_or_default(),
            ingestion_time: event.ingestion_time.unwrap_or_default(),
            event_id: event.event_id,
            log_stream_name: event.log_stream_name.unwrap_or_default(),
            message: event.message.unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_leave_no_gap_and_the_last_has_no_end() {
        let mut windows = Windows { next: Some(0), now: 10 * FIRST, width: FIRST };
        let mut seen = Vec::new();
        while let Some(window) = windows.next() {
            windows.learn(window, [1, 20, 4][seen.len() % 3]);
            seen.push(window);
        }
        assert!(seen.len() > 2, "{seen:?}");
        for pair in seen.windows(2) {
            assert_eq!(pair[0].to.unwrap() + 1, pair[1].from);
        }
        assert_eq!(seen.last().unwrap().to, None);
    }

    #[test]
    fn the_last_fifteen_minutes_are_read_again() {
        let minute = 60_000;
        assert_eq!(begin(Some(100 * minute), 0, 200 * minute), 85 * minute);
        assert_eq!(begin(Some(5 * minute), 0, 200 * minute), 0);
        assert_eq!(begin(None, 7, 200 * minute), 7);
        // A clock that was set back.
        assert_eq!(begin(Some(100 * minute), 0, 50 * minute), 50 * minute);
    }

    #[test]
    fn quiet_times_are_crossed_in_few_steps() {
        let year = 365 * 24 * 3600 * 1000;
        let mut windows = Windows { next: Some(0), now: 10 * year, width: FIRST };
        let mut steps = 0;
        while let Some(window) = windows.next() {
            windows.learn(window, 1);
            steps += 1;
        }
        assert!(steps < 20, "{steps}");
    }
}
