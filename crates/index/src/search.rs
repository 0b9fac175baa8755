//! Finding commands: which there are, in what order, one at a time.

use std::cmp::Ordering;
use std::path::PathBuf;

use tantivy::collector::{Collector, SegmentCollector};
use tantivy::columnar::{Column, StrColumn};
use tantivy::fastfield::FastFieldReaders;
use tantivy::query::BooleanQuery;
use tantivy::{DocAddress, DocId, Score, Searcher, SegmentOrdinal, SegmentReader};
use whoran_model::{CommandRecord, Timestamp};

use crate::document::Kind;
use crate::error::{Error, Result};
use crate::query::{Compiler, Query, Stand, time_range};
use crate::reader::{Index, load};
use crate::schema::{SESSION_COLUMN, Schema, field};
use crate::verify::verify;

/// How found commands follow each other. Each is a total order, so the same index always answers alike.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Order {
    /// Latest first, those without a time last; of the same microsecond by session and place in it.
    #[default]
    NewestFirst,
    /// Earliest first, those without a time last; of the same microsecond by session and place in it.
    OldestFirst,
    /// By session id and place in the session.
    Session,
}

/// What to find of what meets a query.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SearchOptions {
    /// At most so many; `None` is all.
    pub limit: Option<usize>,
    /// In this order.
    pub order: Order,
    /// Only commands with a time, at this time or later.
    pub since: Option<Timestamp>,
    /// Only commands with a time, before this time.
    pub until: Option<Timestamp>,
}

/// The commands found. Records are read one at a time as the iterator is asked for them.
pub struct Hits {
    /// How many commands meet the query, whatever the limit.
    pub total: u64,
    /// How many commands were read to tell. 0 where the index itself knew.
    pub scanned: u64,
    left: usize,
    order: Order,
    parts: Vec<Part>,
    searcher: Searcher,
    schema: Schema,
    dir: PathBuf,
}

impl std::fmt::Debug for Hits {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Hits").field("total", &self.total).field("left", &self.left).finish_non_exhaustive()
    }
}

impl Index {
    /// The commands that meet a query.
    ///
    /// # Errors
    /// The index cannot be read.
    pub fn search(&self, query: &Query, options: &SearchOptions) -> Result<Hits> {
        let (query, scanned) = self.condition(query, options)?;
        let searcher = self.searcher();
        let gather = Gather { limit: options.limit, order: options.order };
        let parts = searcher.search(&query, &gather).map_err(|source| self.fail(source))?;
        Ok(Hits {
            total: parts.iter().map(|part| part.total).sum(),
            scanned,
            left: options.limit.unwrap_or(usize::MAX),
            order: options.order,
            parts,
            searcher,
            schema: self.schema().clone(),
            dir: self.dir().to_owned(),
        })
    }

    /// The engine's condition for it, and how many commands were read to make it.
    pub(crate) fn condition(&self, query: &Query, options: &SearchOptions) -> Result<(BooleanQuery, u64)> {
        let expr = query.expr();
        let expr = &self.with_gaps(expr)?;
        let engine = |stand| {
            let compiler = Compiler { schema: self.schema(), stand };
            let mut conditions = vec![compiler.compile(expr), self.kind(Kind::Command)];
            if (options.since, options.until) != (None, None)
                && let Some(time) = field("time").and_then(|time| self.schema().of(time))
            {
                conditions.push(time_range(time, options.since, options.until));
            }
            BooleanQuery::intersection(conditions)
        };
        let mut query = engine(Stand::Candidates);
        let mut scanned = 0;
        if expr.is_read() {
            let verified = verify(self, expr, &query)?;
            scanned = verified.read;
            query = engine(Stand::Found(&verified.settled));
        }
        Ok((query, scanned))
    }
}

impl Hits {
    /// The part whose next row comes first.
    fn first(&mut self) -> Result<Option<usize>> {
        let mut first: Option<usize> = None;
        for i in 0..self.parts.len() {
            if self.parts[i].rows.is_empty() {
                continue;
            }
            first = match first {
                Some(other) if self.compare(other, i)?.is_le() => Some(other),
                _ => Some(i),
            };
        }
        Ok(first)
    }

    /// How the next rows of two parts follow each other. Numbers of sessions mean something inside one part only, so
    /// here the names decide, and are read only when they must.
    fn compare(&mut self, a: usize, b: usize) -> Result<Ordering> {
        if self.order != Order::Session {
            let time = |part: &Part| part.rows.last().and_then(|row| row.time);
            let by_time = by_time(time(&self.parts[a]), time(&self.parts[b]), self.order);
            if by_time.is_ne() {
                return Ok(by_time);
            }
        }
        for part in [a, b] {
            self.parts[part].resolve().map_err(|source| Error::io(&self.dir, source))?;
        }
        let place = |part: &Part| part.rows.last().map(|row| row.seq);
        let (a, b) = (&self.parts[a], &self.parts[b]);
        Ok(a.name.cmp(&b.name).then_with(|| place(a).cmp(&place(b))))
    }
}

impl Iterator for Hits {
    type Item = Result<CommandRecord>;

    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        let part = match self.first() {
            Ok(part) => &mut self.parts[part?],
            Err(error) => {
                self.left = 0;
                return Some(Err(error));
            }
        };
        let row = part.rows.pop()?;
        let at = DocAddress::new(part.segment, row.doc);
        Some(load(&self.dir, &self.schema, &self.searcher, Kind::Command, at))
    }
}

/// One hit in one segment.
#[derive(Clone, Copy)]
struct Row {
    time: Option<i64>,
    /// The session's number in the segment; numbers are in the order of the ids.
    session: u64,
    seq: u32,
    doc: DocId,
}

impl Row {
    fn compare(&self, other: &Self, order: Order) -> Ordering {
        let place = (self.session, self.seq).cmp(&(other.session, other.seq));
        match order {
            Order::NewestFirst | Order::OldestFirst => by_time(self.time, other.time, order).then(place),
            Order::Session => place,
        }
    }
}

/// Those without a time come last either way.
fn by_time(a: Option<i64>, b: Option<i64>, order: Order) -> Ordering {
    match (a, b) {
        (Some(a), Some(b)) if order == Order::OldestFirst => a.cmp(&b),
        _ => b.cmp(&a),
    }
}

/// The hits of one segment, the next one at the end.
struct Part {
    segment: SegmentOrdinal,
    total: u64,
    rows: Vec<Row>,
    sessions: Option<StrColumn>,
    /// Id of the session of the next row, once it was asked for.
    name: String,
    named: Option<u64>,
}

impl Part {
    fn resolve(&mut self) -> std::io::Result<()> {
        let session = self.rows.last().map(|row| row.session);
        if let (Some(session), Some(column)) = (session, &self.sessions)
            && self.named != Some(session)
        {
            column.ord_to_str(session, &mut self.name)?;
            self.named = Some(session);
        }
        Ok(())
    }
}

struct Gather {
    limit: Option<usize>,
    order: Order,
}

struct Gatherer {
    part: Part,
    columns: FastFieldReaders,
    /// Opened for the first hit that is kept.
    open: Option<tantivy::Result<Columns>>,
    limit: Option<usize>,
    order: Order,
    /// The time of the best row that was left out, once one was: what comes later than that is left out too.
    past: Option<Option<i64>>,
}

/// What rows are made of.
struct Columns {
    time: Option<Column<i64>>,
    seq: Option<Column<f64>>,
    sessions: Option<StrColumn>,
}

impl Columns {
    fn open(columns: &FastFieldReaders) -> tantivy::Result<Self> {
        Ok(Self {
            time: columns.column_opt("time")?,
            seq: columns.column_opt("seq")?,
            sessions: columns.str(SESSION_COLUMN)?,
        })
    }
}

impl Gatherer {
    /// Keeps only as many rows as can still be asked for.
    fn prune(&mut self) {
        if let Some(limit) = self.limit
            && self.part.rows.len() > limit
        {
            let order = self.order;
            let (_, best, _) = self.part.rows.select_nth_unstable_by(limit, |a, b| a.compare(b, order));
            self.past = Some(best.time);
            self.part.rows.truncate(limit);
        }
    }
}

impl Collector for Gather {
    type Fruit = Vec<Part>;
    type Child = Gatherer;

    fn for_segment(&self, segment: SegmentOrdinal, reader: &SegmentReader) -> tantivy::Result<Gatherer> {
        Ok(Gatherer {
            part: Part {
                segment,
                total: 0,
                rows: Vec::new(),
                sessions: None,
                name: String::new(),
                named: None,
            },
            columns: reader.fast_fields().clone(),
            open: None,
            limit: self.limit,
            order: self.order,
            past: None,
        })
    }

    fn requires_scoring(&self) -> bool {
        false
    }

    fn merge_fruits(&self, parts: Vec<tantivy::Result<Part>>) -> tantivy::Result<Vec<Part>> {
        parts.into_iter().collect()
    }
}

impl SegmentCollector for Gatherer {
    type Fruit = tantivy::Result<Part>;

    fn collect(&mut self, doc: DocId, _score: Score) {
        self.part.total += 1;
        if self.limit == Some(0) {
            return;
        }
        let Ok(columns) = self.open.get_or_insert_with(|| Columns::open(&self.columns)) else { return };
        let time = columns.time.as_ref().and_then(|time| time.first(doc));
        if self.order != Order::Session
            && self.past.is_some_and(|past| by_time(time, past, self.order).is_gt())
        {
            return;
        }
        let session = columns.sessions.as_ref().and_then(|sessions| sessions.ords().first(doc));
        let seq = columns.seq.as_ref().and_then(|seq| seq.first(doc));
        self.part.rows.push(Row {
            time,
            session: session.unwrap_or(u64::MAX),
            // Places are whole numbers that a float holds exactly.
            seq: seq.unwrap_or_default() as u32,
            doc,
        });
        if self.limit.is_some_and(|limit| self.part.rows.len() >= limit.saturating_mul(2).saturating_add(64))
        {
            self.prune();
        }
    }

    fn harvest(mut self) -> tantivy::Result<Part> {
        self.prune();
        let order = self.order;
        self.part.rows.sort_unstable_by(|a, b| b.compare(a, order));
        if let Some(columns) = self.open {
            self.part.sessions = columns?.sessions;
        }
        Ok(self.part)
    }
}
