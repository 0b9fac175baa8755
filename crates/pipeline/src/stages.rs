//! Where the time of a run goes.

use std::cell::RefCell;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::{Event, Step};

thread_local! {
    /// When this thread began what it is at.
    static BEGAN: RefCell<Vec<Instant>> = const { RefCell::new(Vec::new()) };
}

/// Adds up how long threads spend in each step of a run: give it every [`Event`], on the thread that it comes from.
#[derive(Debug, Default)]
pub struct Stages([AtomicU64; Step::ALL.len()]);

impl Stages {
    /// Takes an event.
    pub fn event(&self, event: &Event<'_>) {
        match event {
            Event::Began(_) => BEGAN.with_borrow_mut(|began| began.push(Instant::now())),
            Event::Ended(step) => {
                let began = BEGAN.with_borrow_mut(Vec::pop);
                let place = Step::ALL.iter().position(|other| other == step);
                if let (Some(began), Some(place)) = (began, place) {
                    let took = u64::try_from(began.elapsed().as_nanos()).unwrap_or(u64::MAX);
                    self.0[place].fetch_add(took, Ordering::Relaxed);
                }
            }
            _ => {}
        }
    }

    /// The time that all threads together spent in each step so far.
    pub fn spent(&self) -> impl Iterator<Item = (Step, Duration)> + '_ {
        let nanoseconds = self.0.iter().map(|spent| spent.load(Ordering::Relaxed));
        Step::ALL.into_iter().zip(nanoseconds.map(Duration::from_nanos))
    }
}
