//! The hits of one segment: how many, and those that come first.

use std::cmp::Ordering;

use tantivy::columnar::{Column, StrColumn};
use tantivy::fastfield::AliveBitSet;
use tantivy::query::{Scorer, Weight};
use tantivy::schema::IndexRecordOption;
use tantivy::{
    BitSet, COLLECT_BLOCK_BUFFER_LEN, DocId, DocSet, SegmentOrdinal, SegmentReader, TERMINATED, Term,
};

use crate::document::Kind;
use crate::schema::{SESSION_COLUMN, Schema};
use crate::search::Order;
use crate::times::{RUN, Times};

/// With so many hits, as far as the engine can guess, looking at each is quicker than choosing runs.
const FEW: u32 = 256;
/// So many runs are looked at first, and so many times as many then.
const FIRST_RUNS: usize = 16;
const MORE_RUNS: usize = 16;

/// Which documents of a segment are commands that were not deleted.
struct Commands {
    others: BitSet,
    alive: Option<AliveBitSet>,
}

impl Commands {
    fn open(reader: &SegmentReader, schema: &Schema) -> tantivy::Result<Self> {
        let mut others = BitSet::with_max_value(reader.max_doc());
        let index = reader.inverted_index(schema.doc)?;
        for kind in [Kind::Session, Kind::Event, Kind::Log] {
            let term = Term::from_field_text(schema.doc, kind.name());
            let Some(mut found) = index.read_postings(&term, IndexRecordOption::Basic)? else { continue };
            while found.doc() != TERMINATED {
                others.insert(found.doc());
                found.advance();
            }
        }
        Ok(Self { others, alive: reader.alive_bitset().cloned() })
    }

    fn has(&self, doc: DocId) -> bool {
        !self.others.contains(doc) && self.alive.as_ref().is_none_or(|alive| alive.is_alive(doc))
    }

    /// Gives those of the documents that are commands to `take`, and says how many they are.
    fn each(&self, found: &mut dyn Scorer, mut take: impl FnMut(DocId)) -> u64 {
        let mut total = 0;
        let mut docs = [0; COLLECT_BLOCK_BUFFER_LEN];
        loop {
            let filled = found.fill_buffer(&mut docs);
            for &doc in docs[..filled].iter().filter(|&&doc| self.has(doc)) {
                total += 1;
                take(doc);
            }
            if filled < docs.len() {
                return total;
            }
        }
    }
}

/// How many commands of a segment meet a condition.
pub(crate) fn count(reader: &SegmentReader, schema: &Schema, weight: &dyn Weight) -> tantivy::Result<u64> {
    let mut found = weight.scorer(reader, 1.0)?;
    if found.doc() == TERMINATED {
        return Ok(0);
    }
    Ok(Commands::open(reader, schema)?.each(&mut *found, |_| {}))
}

/// One hit in one segment.
#[derive(Clone, Copy)]
pub(crate) struct Row {
    pub(crate) time: Option<i64>,
    /// The session's number in the segment; numbers are in the order of the ids.
    pub(crate) session: u64,
    pub(crate) seq: u32,
    pub(crate) doc: DocId,
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
pub(crate) fn by_time(a: Option<i64>, b: Option<i64>, order: Order) -> Ordering {
    match (a, b) {
        (Some(a), Some(b)) if order == Order::OldestFirst => a.cmp(&b),
        _ => b.cmp(&a),
    }
}

/// What rows are made of.
struct Columns {
    time: Option<Column<i64>>,
    seq: Option<Column<f64>>,
    sessions: Option<StrColumn>,
}

impl Columns {
    fn open(reader: &SegmentReader) -> tantivy::Result<Self> {
        let columns = reader.fast_fields();
        Ok(Self {
            time: columns.column_opt("time")?,
            seq: columns.column_opt("seq")?,
            sessions: columns.str(SESSION_COLUMN)?,
        })
    }
}

/// The hits of one segment that may come first, the very first at the end.
pub(crate) struct Part {
    pub(crate) segment: SegmentOrdinal,
    /// How many there are in all, where all were looked at.
    pub(crate) total: Option<u64>,
    pub(crate) rows: Vec<Row>,
    sessions: Option<StrColumn>,
    /// Id of the session of the next row, once it was asked for.
    pub(crate) name: String,
    named: Option<u64>,
}

impl Part {
    /// Reads the id of the next row's session.
    pub(crate) fn resolve(&mut self) -> std::io::Result<()> {
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

/// The documents of a run that meet a condition in one way or another.
fn in_run(ways: &mut [Box<dyn Scorer>], run: u32) -> impl Iterator<Item = DocId> + use<> {
    let (start, end) = (run * RUN, (run + 1) * RUN);
    let mut met = 0_u128;
    for found in ways {
        if found.doc() < start {
            found.seek(start);
        }
        while found.doc() < end {
            met |= 1 << (found.doc() - start);
            found.advance();
        }
    }
    std::iter::from_fn(move || {
        let next = met.trailing_zeros();
        met &= met.wrapping_sub(1);
        (next < RUN).then_some(start + next)
    })
}

/// What is at hand of a segment.
struct Open<'a> {
    reader: &'a SegmentReader,
    commands: Commands,
    columns: Columns,
    /// The time of each run that comes first. Empty where it is of no account.
    runs: Vec<Option<i64>>,
}

/// Goes from segment to segment and keeps the hits that may come first.
pub(crate) struct Gather<'a> {
    pub(crate) schema: &'a Schema,
    /// The condition.
    pub(crate) weight: &'a dyn Weight,
    /// The ways to meet it, where to begin anew with their documents costs next to nothing.
    pub(crate) ways: &'a [Box<dyn Weight>],
    pub(crate) limit: Option<usize>,
    pub(crate) order: Order,
    /// The time of the best hit that was left out, once one was: what comes later than that is left out too.
    pub(crate) past: Option<Option<i64>>,
}

impl Gather<'_> {
    /// The hits of the next segment.
    pub(crate) fn segment(
        &mut self,
        segment: SegmentOrdinal,
        reader: &SegmentReader,
    ) -> tantivy::Result<Part> {
        let mut part =
            Part { segment, total: None, rows: Vec::new(), sessions: None, name: String::new(), named: None };
        if self.limit == Some(0) {
            return Ok(part);
        }
        let early = self.limit.is_some() && self.order != Order::Session;
        let ways = if early { self.begin(reader)? } else { Vec::new() };
        let walks = ways.iter().map(|way| way.size_hint()).sum::<u32>() > FEW;
        let mut found = (!walks).then(|| self.weight.scorer(reader, 1.0)).transpose()?;
        if found.as_ref().is_some_and(|found| found.doc() == TERMINATED) {
            part.total = Some(0);
            return Ok(part);
        }
        let many = found.as_ref().is_none_or(|found| found.size_hint() > FEW);
        let open = Open {
            reader,
            commands: Commands::open(reader, self.schema)?,
            columns: Columns::open(reader)?,
            runs: if early && many { self.first_of_runs(reader)? } else { Vec::new() },
        };
        part.total = match &mut found {
            Some(found) => Some(self.each(&open, &mut **found, &mut part.rows)),
            None => self.walk(&open, ways, &mut part.rows)?,
        };
        self.prune(&mut part.rows);
        let order = self.order;
        part.rows.sort_unstable_by(|a, b| b.compare(a, order));
        part.sessions = open.columns.sessions;
        Ok(part)
    }

    /// Begins with the documents of each way.
    fn begin(&self, reader: &SegmentReader) -> tantivy::Result<Vec<Box<dyn Scorer>>> {
        self.ways.iter().map(|way| way.scorer(reader, 1.0)).collect()
    }

    fn first_of_runs(&self, reader: &SegmentReader) -> tantivy::Result<Vec<Option<i64>>> {
        let oldest = self.order == Order::OldestFirst;
        let first = |(earliest, latest)| if oldest { earliest } else { latest };
        Ok(Times::open(reader)?.runs().map(|run| run.map(first)).collect())
    }

    /// Goes through all documents that meet the condition, and says how many are commands.
    fn each(&mut self, open: &Open<'_>, found: &mut dyn Scorer, rows: &mut Vec<Row>) -> u64 {
        open.commands.each(found, |doc| {
            if !open.runs.get((doc / RUN) as usize).is_some_and(|&first| self.is_past(first)) {
                self.put(open, doc, rows);
            }
        })
    }

    /// Goes through the runs that can hold the first hits, until no other run can hold one that comes before those. Says
    /// how many hits there are, where that were all runs.
    fn walk(
        &mut self,
        open: &Open<'_>,
        found: Vec<Box<dyn Scorer>>,
        rows: &mut Vec<Row>,
    ) -> tantivy::Result<Option<u64>> {
        let mut left: Vec<u32> = (0..).take(open.runs.len()).collect();
        let mut take = FIRST_RUNS.max(self.limit.unwrap_or_default() / RUN as usize);
        let mut begun = Some(found);
        let (mut total, mut whole) = (0, true);
        loop {
            let before = left.len();
            left.retain(|&run| !self.is_past(open.runs[run as usize]));
            whole &= left.len() == before;
            if left.is_empty() {
                return Ok(whole.then_some(total));
            }
            let mut later = Vec::new();
            if take < left.len() {
                let first = |run: &u32| open.runs[*run as usize];
                left.select_nth_unstable_by(take, |a, b| by_time(first(a), first(b), self.order));
                later = left.split_off(take);
            }
            left.sort_unstable();
            let mut found = match begun.take() {
                Some(found) => found,
                None => self.begin(open.reader)?,
            };
            for run in left {
                for doc in in_run(&mut found, run).filter(|&doc| open.commands.has(doc)) {
                    total += 1;
                    self.put(open, doc, rows);
                }
            }
            self.prune(rows);
            left = later;
            take *= MORE_RUNS;
        }
    }

    fn is_past(&self, time: Option<i64>) -> bool {
        self.past.is_some_and(|past| by_time(time, past, self.order).is_gt())
    }

    fn put(&mut self, open: &Open<'_>, doc: DocId, rows: &mut Vec<Row>) {
        let columns = &open.columns;
        let time = columns.time.as_ref().and_then(|time| time.first(doc));
        if self.order != Order::Session && self.is_past(time) {
            return;
        }
        let session = columns.sessions.as_ref().and_then(|sessions| sessions.ords().first(doc));
        let seq = columns.seq.as_ref().and_then(|seq| seq.first(doc));
        rows.push(Row {
            time,
            session: session.unwrap_or(u64::MAX),
            // Places are whole numbers that a float holds exactly.
            seq: seq.unwrap_or_default() as u32,
            doc,
        });
        if self.limit.is_some_and(|limit| rows.len() >= limit.saturating_mul(2).saturating_add(64)) {
            self.prune(rows);
        }
    }

    /// Keeps only as many rows as can still be asked for.
    fn prune(&mut self, rows: &mut Vec<Row>) {
        if let Some(limit) = self.limit
            && rows.len() > limit
        {
            let order = self.order;
            let (_, best, _) = rows.select_nth_unstable_by(limit, |a, b| a.compare(b, order));
            self.past = Some(best.time);
            rows.truncate(limit);
        }
    }
}
