//! A bound in bytes on documents that wait to be indexed. The engine bounds only their number, and ten thousand
//! commands can be a few hundred kilobytes or a gigabyte.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use tantivy::indexer::UserOperation;
use tantivy::schema::Document;
use tantivy::{IndexWriter, Term};

use crate::batch::{Batch, Shown, Values};
use crate::schema::Schema;

/// Room that nobody made for so long is asked after.
const PATIENCE: Duration = Duration::from_secs(1);

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
    ///
    /// What waits in the engine's channel stays there when the last thread that reads it has failed, and takes its room for
    /// ever: `ask` fails where that is so.
    fn take(&self, bytes: usize, ask: impl Fn() -> tantivy::Result<()>) -> tantivy::Result<Permit> {
        let full =
            |waiting: &mut Waiting| waiting.held || waiting.bytes > 0 && waiting.bytes + bytes > self.0.limit;
        loop {
            let waiting = self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner);
            let waited = self.0.freed.wait_timeout_while(waiting, PATIENCE, full);
            let (mut waiting, waited) = waited.unwrap_or_else(PoisonError::into_inner);
            if !waited.timed_out() {
                waiting.bytes += bytes;
                return Ok(Permit { bytes, budget: self.clone() });
            }
            drop(waiting);
            ask()?;
        }
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

/// Hands the documents of a batch over, once there is room for them. They go to the same thread: each alone costs more than a
/// small one is worth.
pub(super) fn send(
    engine: &IndexWriter<Weighed>,
    schema: &Schema,
    batch: Batch,
    budget: &Budget,
) -> tantivy::Result<()> {
    // The engine says that a thread of it failed to who hands something over, and to nobody else. No document has this owner.
    let nothing = || UserOperation::Delete(Term::from_field_bytes(schema.owner, &[]));
    let permit = budget.take(batch.weight(), || engine.run([nothing()]).map(drop))?;
    let documents = 0..batch.len();
    let queued = Arc::new(Queued { batch, _permit: permit });
    let add = move |place| UserOperation::Add(Weighed { queued: Arc::clone(&queued), place });
    engine.run(documents.map(add)).map(drop)
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
    use std::cell::Cell;

    use tantivy::TantivyError;

    use super::*;

    #[test]
    fn room_is_given_back_and_a_giant_goes_alone() {
        let budget = Budget::new(10);
        let take = |bytes| budget.take(bytes, || Ok(())).unwrap();
        drop(take(1000));
        let (a, b) = (take(4), take(6));
        let waiter = std::thread::spawn({
            let budget = budget.clone();
            move || drop(budget.take(7, || Ok(())).unwrap())
        });
        drop((a, b));
        waiter.join().unwrap();
        assert_eq!(budget.0.waiting.lock().unwrap().bytes, 0);
    }

    #[test]
    fn nobody_waits_for_room_that_nobody_makes() {
        let budget = Budget::new(10);
        let kept = budget.take(10, || Ok(())).unwrap();
        let asked = Cell::new(0);
        let failed = budget.take(1, || {
            asked.set(asked.get() + 1);
            if asked.get() == 2 { Err(TantivyError::Poisoned) } else { Ok(()) }
        });
        assert!(matches!(failed, Err(TantivyError::Poisoned)));
        drop(kept);
        assert_eq!(budget.0.waiting.lock().unwrap().bytes, 0);
    }
}
