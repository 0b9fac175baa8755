//! A bound in bytes on documents that wait to be indexed. The engine bounds only their number, and ten thousand
//! commands can be a few hundred kilobytes or a gigabyte.

use std::mem::take;
use std::sync::{Arc, Condvar, Mutex, PoisonError};

use tantivy::TantivyDocument;
use tantivy::indexer::UserOperation;
use tantivy::schema::Document;

use crate::document::Made;

/// A batch is full with so many documents, or bytes of them.
const BATCH_DOCUMENTS: usize = 256;
const BATCH_BYTES: usize = 256 << 10;

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

/// A document on its way to an indexing thread. The last of a batch has the room that the whole batch takes, which is
/// free again as soon as a thread takes that document up, or when the queue is dropped.
pub(super) struct Weighed {
    doc: TantivyDocument,
    bytes: usize,
    _permit: Option<Permit>,
}

impl Weighed {
    /// About how many bytes it holds.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }
}

/// Documents that go to the same thread together: handing each over alone costs more than a small one is worth.
pub(super) struct Batch<'a> {
    budget: &'a Budget,
    documents: Vec<(TantivyDocument, usize)>,
    bytes: usize,
}

impl<'a> Batch<'a> {
    pub(super) fn new(budget: &'a Budget) -> Self {
        Self { budget, documents: Vec::new(), bytes: 0 }
    }

    /// Says whether the batch is full.
    pub(super) fn push(&mut self, document: Made) -> bool {
        let (document, bytes) = document.weighed();
        self.bytes += bytes;
        self.documents.push((document, bytes));
        self.bytes >= BATCH_BYTES || self.documents.len() >= BATCH_DOCUMENTS
    }

    /// Empties the batch, once there is room for it.
    pub(super) fn take(&mut self) -> Vec<UserOperation<Weighed>> {
        let last = self.documents.len().saturating_sub(1);
        let mut permit = (!self.documents.is_empty()).then(|| self.budget.take(take(&mut self.bytes)));
        let weighed = self.documents.drain(..).enumerate();
        let weighed = weighed.map(|(i, (doc, bytes))| {
            let permit = if i == last { permit.take() } else { None };
            Weighed { doc, bytes, _permit: permit }
        });
        weighed.map(UserOperation::Add).collect()
    }
}

impl Document for Weighed {
    type Value<'a> = <TantivyDocument as Document>::Value<'a>;
    type FieldsValuesIter<'a> = <TantivyDocument as Document>::FieldsValuesIter<'a>;

    fn iter_fields_and_values(&self) -> Self::FieldsValuesIter<'_> {
        self.doc.iter_fields_and_values()
    }

    fn into_tantivy_document(self) -> TantivyDocument {
        self.doc
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
