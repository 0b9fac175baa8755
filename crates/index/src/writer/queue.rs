//! A bound in bytes on documents that wait to be indexed. The engine bounds only their number, and ten thousand
//! commands can be a few hundred kilobytes or a gigabyte.

use std::sync::{Arc, Condvar, Mutex, PoisonError};

use tantivy::indexer::UserOperation;
use tantivy::schema::Document;

use crate::batch::{Batch, Shown, Values};

/// Bytes that may wait.
#[derive(Debug, Clone)]
pub(super) struct Budget(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    limit: usize,
    waiting: Mutex<Waiting>,
    freed: Condvar,
}

#[derive(Debug, Default)]
struct Waiting {
    bytes: usize,
    /// Whether no more are let in, however few wait.
    held: bool,
}

impl Budget {
    pub(super) fn new(limit: usize) -> Self {
        Self(Arc::new(Shared { limit, waiting: Mutex::default(), freed: Condvar::new() }))
    }

    /// Waits until there is room. A document larger than the whole budget goes alone.
    fn take(&self, bytes: usize) -> Permit {
        let waiting = self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let full =
            |waiting: &mut Waiting| waiting.held || waiting.bytes > 0 && waiting.bytes + bytes > self.0.limit;
        let mut waiting = self.0.freed.wait_while(waiting, full).unwrap_or_else(PoisonError::into_inner);
        waiting.bytes += bytes;
        Permit { bytes, budget: self.clone() }
    }

    #[cfg(test)]
    pub(super) fn is_held(&self) -> bool {
        self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner).held
    }

    /// Lets no more documents in, or lets them in again.
    pub(super) fn hold(&self, held: bool) {
        self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner).held = held;
        self.0.freed.notify_all();
    }
}

#[derive(Debug)]
struct Permit {
    bytes: usize,
    budget: Budget,
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.budget.0.waiting.lock().unwrap_or_else(PoisonError::into_inner).bytes -= self.bytes;
        self.budget.0.freed.notify_all();
    }
}

/// Documents on their way to an indexing thread. The room that they take is free again as soon as a thread is done with the
/// last of them, or when the queue is dropped.
#[derive(Debug)]
struct Queued {
    batch: Batch,
    _permit: Permit,
}

/// One of them.
pub(super) struct Weighed {
    queued: Arc<Queued>,
    place: usize,
}

impl Weighed {
    /// About how many bytes it holds.
    pub(super) fn bytes(&self) -> usize {
        self.queued.batch.weight_of(self.place)
    }
}

/// The documents of a batch, once there is room for them. They go to the same thread: handing each over alone costs more than a
/// small one is worth.
pub(super) fn queued(
    batch: Batch,
    budget: &Budget,
) -> impl ExactSizeIterator<Item = UserOperation<Weighed>> + use<> {
    let documents = 0..batch.len();
    let queued = Arc::new(Queued { _permit: budget.take(batch.weight()), batch });
    documents.map(move |place| UserOperation::Add(Weighed { queued: Arc::clone(&queued), place }))
}

impl Document for Weighed {
    type Value<'a> = Shown<'a>;
    type FieldsValuesIter<'a> = Values<'a>;

    fn iter_fields_and_values(&self) -> Self::FieldsValuesIter<'_> {
        self.queued.batch.values(self.place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_is_given_back_and_a_giant_goes_alone() {
        let budget = Budget::new(10);
        let giant = budget.take(1000);
        drop(giant);
        let (a, b) = (budget.take(4), budget.take(6));
        let waiter = std::thread::spawn({
            let budget = budget.clone();
            move || drop(budget.take(7))
        });
        drop((a, b));
        waiter.join().unwrap();
        assert_eq!(budget.0.waiting.lock().unwrap().bytes, 0);
    }
}
