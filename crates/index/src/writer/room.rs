//! When a thread writes out what it has collected: not all of them at once, and sooner where memory is needed elsewhere.
//!
//! The engine looks at each thread alone. Filled alike, all would be full in the same moment, and nobody left to fill
//! another. So there is a bound on what all of them have collected together, at which the fullest writes out: that
//! spreads them evenly. The engine asks each file of a segment how much it holds, and begins the next segment when that
//! is too much. This is a file that is none, and says that it holds too much when it is time. While one writes out and
//! the others collect much more, nobody gives them documents.

use std::any::Any;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tantivy::index::Segment;
use tantivy::indexer::doc_id_mapping::DocIdMapping;
use tantivy::schema::Schema;
use tantivy::schema::document::ErasedDocument;
use tantivy::{DocId, PluginMergeContext, PluginWriter, PluginWriterContext, SegmentPlugin};

use super::MIN_MEMORY;
use super::merges::MOST;
use super::queue::{Budget, Weighed};

/// About so many bytes the engine takes for each document while it merges: 22 MB for 350,000 of a generated corpus, of which 6
/// are there whatever their number.
const OF_A_MERGED: usize = 40;

/// What the engine takes for the bytes of documents: 100 MB for 265 MB of a generated corpus.
fn held(documents: usize) -> usize {
    documents / 8 * 3
}

/// What all threads share.
#[derive(Debug, Clone)]
pub(super) struct Room(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    /// Bytes that all threads together may take.
    limit: usize,
    /// Bytes of them that somebody else holds, for long and for a while.
    taken: [AtomicUsize; 2],
    segments: Mutex<BTreeMap<usize, Collected>>,
    /// Documents written out: there may be a merge of as many, beside what is collected.
    written: AtomicUsize,
    /// Segments begun.
    begun: AtomicUsize,
    budget: Budget,
}

/// What is in memory of a segment.
#[derive(Debug)]
struct Collected {
    /// Of its documents.
    bytes: usize,
    /// Whether it is written out now.
    full: bool,
}

impl Room {
    pub(super) fn new(limit: usize, budget: Budget) -> Self {
        let (taken, written, begun) = <_>::default();
        Self(Arc::new(Shared { limit, taken, segments: Mutex::default(), written, begun, budget }))
    }

    /// Lets the threads do without so many bytes.
    pub(super) fn take(&self, bytes: usize, held: Held) -> Taken {
        self.0.taken[held as usize].fetch_add(bytes, Ordering::Relaxed);
        Taken { room: self.clone(), bytes, held }
    }

    /// Whether the threads have collected more than they may.
    pub(super) fn is_overfull(&self) -> bool {
        let segments = self.0.segments.lock().unwrap_or_else(PoisonError::into_inner);
        together(&segments) > self.0.limit(segments.len())
    }
}

/// How long somebody holds memory that a writer does without.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Held {
    /// As long as a run, about. Half is left to the writer: many small segments are merged again and again, which takes
    /// long.
    Long,
    /// Now and then, for a moment.
    Briefly,
}

/// Memory that a writer does without until this is dropped.
#[derive(Debug)]
pub struct Taken {
    room: Room,
    bytes: usize,
    held: Held,
}

impl Drop for Taken {
    fn drop(&mut self) {
        self.room.0.taken[self.held as usize].fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

impl Shared {
    /// How much all may have collected beside what others hold, while so many segments are begun.
    fn limit(&self, segments: usize) -> usize {
        let [long, briefly] =
            [Held::Long, Held::Briefly].map(|held| self.taken[held as usize].load(Ordering::Relaxed));
        let merged = self.written.load(Ordering::Relaxed).min(MOST as usize) * OF_A_MERGED;
        let limit = self.limit.saturating_sub(long + merged).max(self.limit / 2).saturating_sub(briefly);
        limit.max(MIN_MEMORY * segments)
    }

    /// Whether a segment with so many bytes of documents is to be written out.
    fn is_time(&self, segment: usize, bytes: usize) -> bool {
        let mut segments = self.segments.lock().unwrap_or_else(PoisonError::into_inner);
        segments.insert(segment, Collected { bytes, full: false });
        let together = together(&segments);
        let fullest = segments.values().all(|other| other.bytes <= bytes);
        let limit = self.limit(segments.len());
        let full = fullest && together > limit;
        segments.insert(segment, Collected { bytes, full });
        self.budget.hold(together > limit + limit / 8 && segments.values().any(|segment| segment.full));
        full
    }
}

/// About what the engine holds of these.
fn together(segments: &BTreeMap<usize, Collected>) -> usize {
    held(segments.values().map(|segment| segment.bytes).sum())
}

impl SegmentPlugin for Room {
    fn extensions(&self) -> &[&str] {
        &[]
    }

    fn create_writer(&self, context: &PluginWriterContext<'_>) -> tantivy::Result<Box<dyn PluginWriter>> {
        let segment = self.0.begun.fetch_add(1, Ordering::Relaxed);
        let (room, full) = (self.clone(), context.memory_budget_in_bytes);
        Ok(Box::new(Share { room, segment, bytes: 0, documents: 0, full }))
    }

    fn merge(&self, _: PluginMergeContext<'_>) -> tantivy::Result<()> {
        Ok(())
    }
}

/// The part of one segment.
struct Share {
    room: Room,
    segment: usize,
    /// Of its documents.
    bytes: usize,
    documents: usize,
    /// So much makes the engine begin another.
    full: usize,
}

impl PluginWriter for Share {
    fn add_document(&mut self, _: DocId, doc: &dyn ErasedDocument, _: &Schema) -> tantivy::Result<()> {
        self.documents += 1;
        self.bytes += doc.as_any().downcast_ref().map_or(0, Weighed::bytes);
        Ok(())
    }

    fn serialize(self: Box<Self>, _: &Segment, _: Option<&DocIdMapping>) -> tantivy::Result<()> {
        self.room.0.written.fetch_add(self.documents, Ordering::Relaxed);
        Ok(())
    }

    fn mem_usage(&self) -> usize {
        if self.room.0.is_time(self.segment, self.bytes) { self.full } else { 0 }
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        let Shared { segments, budget, .. } = &*self.room.0;
        segments.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.segment);
        budget.hold(false);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bytes of documents that take a hundredth of what a room of [`LIMIT`] bytes has.
    const ONE: usize = LIMIT / 100 / 3 * 8;
    const LIMIT: usize = 20 * MIN_MEMORY;

    #[test]
    fn the_fullest_writes_out_once_all_together_have_too_much() {
        let room = Room::new(LIMIT, Budget::new(1));
        assert!(!room.0.is_time(1, 40 * ONE));
        assert!(!room.0.is_time(2, 59 * ONE));
        assert!(!room.0.is_time(1, 45 * ONE), "too much, but the other has more");
        assert!(room.0.is_time(2, 60 * ONE));
        assert!(!room.0.is_time(1, 55 * ONE), "the other is being written out");
    }

    #[test]
    fn what_somebody_else_holds_makes_it_sooner() {
        let room = Room::new(LIMIT, Budget::new(1));
        for held in [Held::Long, Held::Briefly] {
            let taken = room.take(LIMIT / 4, held);
            assert!(room.0.is_time(1, 80 * ONE));
            drop(taken);
            assert!(!room.0.is_time(1, 80 * ONE));
        }
        let _all = room.take(2 * LIMIT, Held::Long);
        assert!(!room.0.is_time(1, 45 * ONE), "half is left");
        assert!(!room.is_overfull());
        let _more = room.take(LIMIT / 8, Held::Briefly);
        assert!(room.is_overfull());
        assert!(room.0.is_time(1, 45 * ONE));
        let _most = room.take(LIMIT, Held::Briefly);
        assert!(!room.0.is_time(1, 4 * ONE), "the engine needs some");
    }

    #[test]
    fn what_a_merge_may_take_makes_it_sooner() {
        let room = Room::new(LIMIT, Budget::new(1));
        assert!(!room.0.is_time(1, 90 * ONE));
        room.0.written.fetch_add(MOST as usize, Ordering::Relaxed);
        assert!(room.0.is_time(1, 90 * ONE));
        room.0.written.fetch_add(MOST as usize, Ordering::Relaxed);
        assert!(!room.0.is_time(1, 80 * ONE), "no merge has more than the bound");
    }

    #[test]
    fn nobody_is_let_in_while_much_more_comes_than_goes() {
        let budget = Budget::new(1);
        let room = Room::new(LIMIT, budget.clone());
        let share = |segment, bytes| Share { room: room.clone(), segment, bytes, documents: 0, full: 1 };
        let first = share(1, 101 * ONE);
        assert_eq!(first.mem_usage(), 1);
        assert!(!budget.is_held(), "there is some room yet");
        let second = share(2, 20 * ONE);
        assert_eq!(second.mem_usage(), 0);
        assert!(budget.is_held());
        drop(first);
        assert!(!budget.is_held());
    }
}
