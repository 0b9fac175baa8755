//! Hits, and how they follow each other.

use std::cmp::Ordering;
use std::collections::{BTreeSet, HashMap};

use tantivy::DocAddress;
use tantivy::SegmentReader;

use crate::opened::Opened;
use crate::search::Order;

/// One hit.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Row {
    pub(crate) time: Option<i64>,
    pub(crate) at: DocAddress,
}

/// Those without a time come last either way.
pub(crate) fn by_time(a: Option<i64>, b: Option<i64>, order: Order) -> Ordering {
    match (a, b) {
        (Some(a), Some(b)) if order == Order::OldestFirst => a.cmp(&b),
        _ => b.cmp(&a),
    }
}

/// What tells how hits follow each other.
pub(crate) struct Ranking<'a> {
    pub(crate) order: Order,
    pub(crate) segments: &'a [SegmentReader],
    pub(crate) opened: &'a [Opened],
}

impl Ranking<'_> {
    /// Puts the very first at the end, and keeps as many as can still be asked for.
    pub(crate) fn sort(&self, rows: &mut Vec<Row>, limit: usize) -> tantivy::Result<()> {
        if self.order == Order::Session {
            self.place(rows)?;
        } else {
            if limit == 0 {
                rows.clear();
            }
            if rows.len() > limit {
                let (_, last, _) =
                    rows.select_nth_unstable_by(limit - 1, |a, b| by_time(a.time, b.time, self.order));
                let last = last.time;
                rows.retain(|row| by_time(row.time, last, self.order).is_le());
            }
            rows.sort_unstable_by(|a, b| by_time(b.time, a.time, self.order));
            for alike in rows.chunk_by_mut(|a, b| a.time == b.time) {
                self.place(alike)?;
            }
        }
        rows.drain(..rows.len().saturating_sub(limit));
        Ok(())
    }

    /// By session and place in it. Numbers of sessions mean something inside one segment only, so where there are
    /// several, the names decide.
    fn place(&self, rows: &mut [Row]) -> tantivy::Result<()> {
        let Some((first, others)) = rows.split_first() else { return Ok(()) };
        if others.is_empty() {
            return Ok(());
        }
        let one = others.iter().all(|row| row.at.segment_ord == first.at.segment_ord);
        let columns = |row: &Row| {
            let segment = row.at.segment_ord as usize;
            self.opened[segment].columns(&self.segments[segment])
        };
        let mut sessions = BTreeSet::new();
        let mut placed = Vec::with_capacity(rows.len());
        for row in &*rows {
            let columns = columns(row)?;
            let session = (row.at.segment_ord, columns.session(row.at.doc_id).unwrap_or(u64::MAX));
            if !one {
                sessions.insert(session);
            }
            placed.push((session, columns.seq(row.at.doc_id), *row));
        }
        let mut names: HashMap<_, String> = HashMap::new();
        for (segment, session) in sessions {
            let columns = self.opened[segment as usize].columns(&self.segments[segment as usize])?;
            names.insert((segment, session), columns.name(session)?);
        }
        placed.sort_unstable_by(|(a, x, _), (b, y, _)| {
            let sessions = if one { a.cmp(b) } else { names.get(a).cmp(&names.get(b)) };
            sessions.then(x.cmp(y)).reverse()
        });
        rows.iter_mut().zip(placed).for_each(|(row, (.., placed))| *row = placed);
        Ok(())
    }
}
