//! A bound in bytes on documents that wait to be indexed. The engine bounds only their number, and ten thousand
//! commands can be a few hundred kilobytes or a gigabyte.

use std::mem::take;
use std::sync::{Arc, Condvar, Mutex, PoisonError};

use tantivy::TantivyDocument;
use tantivy::indexer::UserOperation;
use tantivy::schema::Document;

/// A batch is full with so many documents, or bytes of them.
const BATCH_DOCUMENTS: usize = 256;
const BATCH_BYTES: usize = 256 << 10;

/// Bytes that may wait.
#[derive(Clone)]
pub(super) struct Budget(Arc<Shared>);

struct Shared {
    limit: usize,
    waiting: Mutex<usize>,
    freed: Condvar,
}

impl Budget {
    pub(super) fn new(limit: usize) -> Self {
        Self(Arc::new(Shared { limit, waiting: Mutex::new(0), freed: Condvar::new() }))
    }

    /// Waits until there is room. A document larger than the whole budget goes alone.
    fn take(&self, bytes: usize) -> Permit {
        let waiting = self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let full = |waiting: &mut usize| *waiting > 0 && *waiting + bytes > self.0.limit;
        let mut waiting = self.0.freed.wait_while(waiting, full).unwrap_or_else(PoisonError::into_inner);
        *waiting += bytes;
        Permit { bytes, budget: self.clone() }
    }
}

struct Permit {
    bytes: usize,
    budget: Budget,
}

impl Drop for Permit {
    fn drop(&mut self) {
        *self.budget.0.waiting.lock().unwrap_or_else(PoisonError::into_inner) -= self.bytes;
        self.budget.0.freed.notify_all();
    }
}

/// A document on its way to an indexing thread. The last of a batch has the room that the whole batch takes, which is
/// free again as soon as a thread takes that document up, or when the queue is dropped.
pub(super) struct Weighed {
    doc: TantivyDocument,
    _permit: Option<Permit>,
}

/// Documents that go to the same thread together: handing each over alone costs more than a small one is worth.
pub(super) struct Batch<'a> {
    budget: &'a Budget,
    documents: Vec<TantivyDocument>,
    bytes: usize,
}

impl<'a> Batch<'a> {
    pub(super) fn new(budget: &'a Budget) -> Self {
        Self { budget, documents: Vec::new(), bytes: 0 }
    }

    /// Says whether the batch is full.
    pub(super) fn push(&mut self, mut document: TantivyDocument) -> bool {
        document.shrink_to_fit();
        self.bytes += size(&document);
        self.documents.push(document);
        self.bytes >= BATCH_BYTES || self.documents.len() >= BATCH_DOCUMENTS
    }

    /// Empties the batch, once there is room for it.
    pub(super) fn take(&mut self) -> Vec<UserOperation<Weighed>> {
        let last = self.documents.len().saturating_sub(1);
        let mut permit = (!self.documents.is_empty()).then(|| self.budget.take(take(&mut self.bytes)));
        let weighed = self.documents.drain(..).enumerate();
        let weighed =
            weighed.map(|(i, doc)| Weighed { doc, _permit: if i == last { permit.take() } else { None } });
        weighed.map(UserOperation::Add).collect()
    }
}

/// About how many bytes the document holds.
fn size(doc: &TantivyDocument) -> usize {
    use tantivy::schema::Value;
    let values = doc.iter_fields_and_values();
    values.map(|(_, v)| 16 + v.as_str().map_or(0, str::len) + v.as_bytes().map_or(0, <[u8]>::len)).sum()
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
        assert_eq!(*budget.0.waiting.lock().unwrap(), 0);
    }
}
