//! All sessions of a batch on all threads, as many bytes of them at once as memory allows.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use rayon::prelude::*;

use super::SessionLogs;

/// Does `work` for every session of a batch, the largest first, so that none is left alone at the end, and for no more
/// than about `at_once` bytes together: a larger one has small ones beside it. The results have the order of the batch.
pub(crate) fn in_parallel<T: Send>(
    batch: &[SessionLogs<'_>],
    at_once: u64,
    work: impl Fn(&SessionLogs<'_>) -> T + Sync,
) -> Vec<T> {
    let sizes: Vec<u64> = batch.iter().map(SessionLogs::bytes).collect();
    let queue = Queue::new(&sizes, at_once);
    let of_a_thread = |_| {
        let mut done = Vec::new();
        while let Some(turn) = queue.next() {
            done.push((turn.at, work(&batch[turn.at])));
        }
        done
    };
    let threads = rayon::current_num_threads();
    let mut done: Vec<(usize, T)> =
        (0..threads).into_par_iter().with_max_len(1).flat_map_iter(of_a_thread).collect();
    done.sort_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, result)| result).collect()
}

/// What is to be done, and how much of it is in work.
struct Queue {
    state: Mutex<State>,
    ended: Condvar,
    at_once: u64,
}

struct State {
    /// Sizes and places, the largest first.
    left: VecDeque<(u64, usize)>,
    in_work: u64,
}

impl Queue {
    fn new(sizes: &[u64], at_once: u64) -> Self {
        let mut left: Vec<(u64, usize)> = sizes.iter().copied().zip(0..).collect();
        left.sort_by_key(|(size, _)| std::cmp::Reverse(*size));
        let state = Mutex::new(State { left: left.into(), in_work: 0 });
        Self { state, ended: Condvar::new(), at_once }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The largest that there is room for, once there is for any; nothing when all are taken.
    fn next(&self) -> Option<Turn<'_>> {
        let mut state = self.state();
        loop {
            let room = match state.in_work {
                0 => u64::MAX,
                // Whatever goes on, small ones go on beside it.
                much => self.at_once.saturating_sub(much).max(self.at_once / 16),
            };
            let place = state.left.partition_point(|(size, _)| *size > room);
            if let Some((size, at)) = state.left.remove(place) {
                state.in_work += size;
                return Some(Turn { at, size, queue: self });
            }
            if state.left.is_empty() {
                return None;
            }
            state = self.ended.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// One session in work, until this is dropped.
struct Turn<'q> {
    at: usize,
    size: u64,
    queue: &'q Queue,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.queue.state().in_work -= self.size;
        self.queue.ended.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_that_fits_is_next_and_a_giant_has_small_ones_beside_it() {
        let queue = Queue::new(&[2, 100, 60, 1, 30], 64);
        let sizes = |turn: &Option<Turn<'_>>| turn.as_ref().map(|turn| turn.size);
        let giant = queue.next();
        assert_eq!(sizes(&giant), Some(100));
        let small = queue.next();
        assert_eq!(sizes(&small), Some(2), "no more than a sixteenth");
        drop(giant);
        let large = queue.next();
        assert_eq!(sizes(&large), Some(60));
        drop((small, large));
        assert_eq!(sizes(&queue.next()), Some(30));
        assert_eq!(sizes(&queue.next()), Some(1));
        assert_eq!(sizes(&queue.next()), None);
    }

    #[test]
    fn who_finds_no_room_waits_for_it() {
        let queue = Queue::new(&[50, 40], 64);
        let first = queue.next();
        std::thread::scope(|scope| {
            let second = scope.spawn(|| queue.next().map(|turn| turn.size));
            assert!(!second.is_finished());
            drop(first);
            assert_eq!(second.join().unwrap(), Some(40));
        });
    }
}
