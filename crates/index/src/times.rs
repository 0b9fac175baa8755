//! When the documents of each segment happened, run by run, in the order in which the runs are looked at: where the
//! first hits can be, and where not to look for them.
//!
//! Sessions are not in order of time in a segment, but commands that lie near each other are near in time too. So a few
//! runs hold the newest hits, however many there are.

use std::io::Write;

use tantivy::columnar::{ColumnarReader, DynamicColumn};
use tantivy::directory::{OwnedBytes, TerminatingWrite};
use tantivy::index::{Segment, SegmentComponent, SegmentReader};

use crate::beside::Beside;
use crate::rows::by_time;
use crate::search::Order;

/// So many documents that follow each other are a run.
pub(crate) const RUN: u32 = 128;

/// The runs with the latest time of each, the latest first, then with the earliest time, the earliest first. Both
/// are little-endian, a time in ticks. Those without a time come last either way.
pub(crate) const TIMES: Beside = Beside { extension: "times", write };

/// Bytes of a time and a run.
const TIME: usize = 8;
const ENTRY: usize = TIME + 4;

/// The time of a run that has none. No tick is that far away.
const NONE: i64 = i64::MAX;

fn write(segment: &Segment, component: SegmentComponent) -> tantivy::Result<()> {
    let columns = ColumnarReader::open(segment.open_read(SegmentComponent::FastFields)?)?;
    let mut runs: Vec<Option<(i64, i64)>> = vec![None; columns.num_docs().div_ceil(RUN) as usize];
    for handle in columns.read_columns("time")? {
        let DynamicColumn::I64(column) = handle.open()? else { continue };
        for doc in 0..columns.num_docs() {
            let run = &mut runs[(doc / RUN) as usize];
            for time in column.values_for_doc(doc) {
                let (earliest, latest) = run.unwrap_or((time, time));
                *run = Some((time.min(earliest), time.max(latest)));
            }
        }
    }
    let mut out = segment.open_write(component)?;
    for order in [Order::NewestFirst, Order::OldestFirst] {
        let first = |(earliest, latest)| if order == Order::OldestFirst { earliest } else { latest };
        let mut list: Vec<_> = runs.iter().map(|run| run.map(first)).zip(0_u32..).collect();
        list.sort_by(|(a, _), (b, _)| by_time(*a, *b, order));
        for (time, run) in list {
            out.write_all(&time.unwrap_or(NONE).to_le_bytes())?;
            out.write_all(&run.to_le_bytes())?;
        }
    }
    Ok(out.terminate()?)
}

/// A run of one segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Run {
    pub(crate) segment: u32,
    pub(crate) run: u32,
}

/// The runs of all segments, from the one that can hold the very first hit on.
pub(crate) struct Runs {
    order: Order,
    /// By segment: the list and the place in it.
    lists: Vec<(OwnedBytes, usize)>,
    /// The one that comes next, and the time of what it can hold first.
    next: Option<(Run, Option<i64>)>,
}

impl Runs {
    pub(crate) fn open(segments: &[SegmentReader], order: Order) -> tantivy::Result<Self> {
        let lists = segments.iter().map(|reader| {
            let both = reader.open_read(TIMES.component())?.read_bytes()?;
            let middle = both.len() / 2;
            let own = if order == Order::OldestFirst { middle..both.len() } else { 0..middle };
            Ok((both.slice(own), 0))
        });
        let mut runs = Self { order, lists: lists.collect::<tantivy::Result<_>>()?, next: None };
        runs.next = runs.head();
        Ok(runs)
    }

    /// None at all.
    pub(crate) fn none() -> Self {
        Self { order: Order::default(), lists: Vec::new(), next: None }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.next.is_none()
    }

    /// Whether a hit of this time comes before all that the runs left can hold.
    pub(crate) fn come_after(&self, time: Option<i64>) -> bool {
        self.next.is_none_or(|(_, next)| by_time(time, next, self.order).is_lt())
    }

    fn head(&self) -> Option<(Run, Option<i64>)> {
        let heads = (0..).zip(&self.lists).filter_map(|(segment, (list, at))| {
            let (time, run) = entry(list, *at)?;
            Some((Run { segment, run }, time))
        });
        heads.min_by(|(_, a), (_, b)| by_time(*a, *b, self.order))
    }
}

impl Iterator for Runs {
    type Item = Run;

    fn next(&mut self) -> Option<Run> {
        let (run, _) = self.next?;
        self.lists[run.segment as usize].1 += 1;
        self.next = self.head();
        Some(run)
    }
}

fn entry(list: &[u8], at: usize) -> Option<(Option<i64>, u32)> {
    let (time, run) = list.get(at * ENTRY..)?.get(..ENTRY)?.split_at(TIME);
    let (time, run) = (i64::from_le_bytes(time.try_into().ok()?), u32::from_le_bytes(run.try_into().ok()?));
    Some(((time != NONE).then_some(time), run))
}

const _: () = assert!(RUN == u128::BITS, "which documents of a run are meant fits into a number");
