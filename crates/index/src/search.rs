//! Finding commands: which there are, in what order, one at a time.

use std::cmp::Ordering;
use std::path::PathBuf;

use tantivy::query::{BooleanQuery, EnableScoring, Query as EngineQuery, Weight};
use tantivy::{DocAddress, Searcher};
use whoran_model::{CommandRecord, Timestamp};

use crate::document::Kind;
use crate::error::{Error, Result};
use crate::gather::{Gather, Part, by_time, count};
use crate::query::{Compiler, Expr, Query, Stand, time_range, ways};
use crate::reader::{Index, load};
use crate::schema::{Schema, field};
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
    /// How many commands were read to tell. 0 where the index itself knew.
    pub scanned: u64,
    left: usize,
    order: Order,
    parts: Vec<Part>,
    weight: Box<dyn Weight>,
    searcher: Searcher,
    schema: Schema,
    dir: PathBuf,
}

/// What the engine is asked for.
pub(crate) struct Condition {
    /// Documents of any kind.
    engine: Box<dyn EngineQuery>,
    /// How many commands were read to make it.
    scanned: u64,
    /// The ways to meet it, where to begin anew with their documents costs next to nothing.
    ways: Vec<Box<dyn EngineQuery>>,
}

impl std::fmt::Debug for Hits {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Hits").field("left", &self.left).finish_non_exhaustive()
    }
}

impl Index {
    /// The commands that meet a query.
    ///
    /// # Errors
    /// The index cannot be read.
    pub fn search(&self, query: &Query, options: &SearchOptions) -> Result<Hits> {
        let Condition { engine, scanned, ways } = self.wanted(query, options)?;
        let searcher = self.searcher();
        let weigh = |query: &dyn EngineQuery| {
            query.weight(EnableScoring::disabled_from_searcher(&searcher)).map_err(|source| self.fail(source))
        };
        let weight = weigh(&*engine)?;
        let ways = ways.iter().map(|way| weigh(&**way)).collect::<Result<Vec<_>>>()?;
        let SearchOptions { limit, order, .. } = *options;
        let mut gather =
            Gather { schema: self.schema(), weight: &*weight, ways: &ways, limit, order, past: None };
        let segments = (0..).zip(searcher.segment_readers());
        let parts = segments.map(|(segment, reader)| gather.segment(segment, reader));
        let parts = parts.collect::<tantivy::Result<Vec<_>>>().map_err(|source| self.fail(source))?;
        Ok(Hits {
            scanned,
            left: limit.unwrap_or(usize::MAX),
            order,
            parts,
            weight,
            searcher,
            schema: self.schema().clone(),
            dir: self.dir().to_owned(),
        })
    }

    /// The engine's condition for the commands that meet a query.
    pub(crate) fn condition(&self, query: &Query, options: &SearchOptions) -> Result<BooleanQuery> {
        let wanted = self.wanted(query, options)?.engine;
        Ok(BooleanQuery::intersection(vec![wanted, self.kind(Kind::Command)]))
    }

    fn wanted(&self, query: &Query, options: &SearchOptions) -> Result<Condition> {
        let expr = query.expr();
        let expr = &self.with_gaps(expr)?;
        let window = match (options.since, options.until) {
            (None, None) => None,
            (since, until) => {
                field("time").and_then(|time| self.schema().of(time)).map(|time| (time, since, until))
            }
        };
        let engine = |expr: &Expr, stand: Stand<'_>| {
            let compiled = Compiler { schema: self.schema(), stand }.compile(expr);
            match window {
                None => compiled,
                Some((time, since, until)) => {
                    Box::new(BooleanQuery::intersection(vec![compiled, time_range(time, since, until)])) as _
                }
            }
        };
        if !expr.is_read() {
            let all = if window.is_none() { ways(expr) } else { None };
            let ways =
                all.unwrap_or_default().into_iter().map(|way| engine(&Expr::And(way), Stand::Candidates));
            return Ok(Condition {
                engine: engine(expr, Stand::Candidates),
                scanned: 0,
                ways: ways.collect(),
            });
        }
        let commands = vec![engine(expr, Stand::Candidates), self.kind(Kind::Command)];
        let verified = verify(self, expr, &BooleanQuery::intersection(commands))?;
        let engine = engine(expr, Stand::Found(&verified.settled));
        Ok(Condition { engine, scanned: verified.read, ways: Vec::new() })
    }
}

impl Hits {
    /// How many commands meet the query, whatever the limit. They are counted now, where finding the first ones did not
    /// tell.
    ///
    /// # Errors
    /// The index cannot be read.
    pub fn total(&self) -> Result<u64> {
        let segments = self.parts.iter().zip(self.searcher.segment_readers());
        let totals = segments.map(|(part, reader)| match part.total {
            Some(total) => Ok(total),
            None => count(reader, &self.schema, &*self.weight),
        });
        totals.sum::<tantivy::Result<u64>>().map_err(|source| Error::engine(&self.dir, source))
    }

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
