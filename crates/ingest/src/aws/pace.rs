//! How fast to ask: as fast as is allowed, and slower where the service says so.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// Spreads requests evenly over time. Being throttled slows all of them down; going well speeds them up again, as far
/// as the rate that was asked for.
#[derive(Debug)]
pub(super) struct Pace {
    state: Mutex<State>,
    /// Requests a second at most.
    ceiling: f64,
}

#[derive(Debug)]
struct State {
    rate: f64,
    next: Instant,
    /// When the rate was lowered last: answers to what was sent before say nothing new.
    lowered: Option<Instant>,
}

/// Below this, waiting longer helps nobody: requests a second.
const FLOOR: f64 = 0.2;

impl Pace {
    pub(super) fn new(ceiling: f64) -> Self {
        let state = State { rate: ceiling, next: Instant::now(), lowered: None };
        Self { state: Mutex::new(state), ceiling }
    }

    /// Waits for a turn, and says when it came.
    pub(super) async fn turn(&self) -> Instant {
        let now = Instant::now();
        let at = self.state().turn(now);
        // Timers count in whole milliseconds: what is due within one is due now.
        if at > now + Duration::from_millis(1) {
            sleep_until(at).await;
        }
        at
    }

    /// A request that was sent at `sent` was throttled.
    pub(super) fn throttled(&self, sent: Instant) {
        self.state().throttled(sent, Instant::now());
    }

    /// A request went well.
    pub(super) fn went_well(&self) {
        let mut state = self.state();
        state.rate = (state.rate + self.ceiling / 200.0).min(self.ceiling);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// When the next request may be sent.
    fn turn(&mut self, now: Instant) -> Instant {
        let at = self.next.max(now);
        self.next = at + Duration::from_secs_f64(1.0 / self.rate);
        at
    }

    fn throttled(&mut self, sent: Instant, now: Instant) {
        if self.lowered.is_none_or(|lowered| sent > lowered) {
            self.rate = (self.rate * 0.7).max(FLOOR);
            self.lowered = Some(now);
            // A bucket that ran empty needs a moment to fill.
            self.next = self.next.max(now + Duration::from_millis(500));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_come_at_the_rate_asked_for() {
        let pace = Pace::new(5.0);
        let mut state = pace.state();
        let began = state.next;
        let first = state.turn(began);
        let last = (0..50).map(|_| state.turn(first)).last().unwrap();
        let took = (last - first).as_secs_f64();
        assert!((9.99..10.01).contains(&took), "{took}");
    }

    #[test]
    fn being_throttled_slows_down_once_and_going_well_recovers() {
        let pace = Pace::new(10.0);
        let sent = pace.state().next;
        let now = sent + Duration::from_millis(20);
        // Twenty in flight are throttled together: that is one thing to learn and not twenty.
        (0..20).for_each(|_| pace.state().throttled(sent, now));
        assert!((6.9..7.1).contains(&pace.state().rate));
        assert!(pace.state().turn(now) >= now + Duration::from_millis(500));
        (0..200).for_each(|_| pace.went_well());
        assert!(pace.state().rate > 9.99);
    }
}
