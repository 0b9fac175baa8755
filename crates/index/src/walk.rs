//! Going from run to run, from the one that can hold the very first hit on, no further than somebody asks.

use std::ops::RangeInclusive;
use std::sync::Arc;

use tantivy::{DocAddress, DocId, Searcher};
use whoran_model::CommandRecord;

use crate::document::Kind;
use crate::error::Result;
use crate::finding::{Finding, Way};
use crate::opened::Opened;
use crate::query::Stand;
use crate::reader::{Index, load};
use crate::rows::{Ranking, Row};
use crate::search::{Order, SearchOptions};
use crate::times::{Run, Runs};
use crate::verify::verify;
use crate::wanted::{Countable, Wanted};

/// So many documents, or half as many runs, are looked at first, and so many times as many then.
const FIRST: usize = 32;
const MORE: usize = 4;

/// So few commands are read to tell exactly how many hits there are, when nobody insists.
const FEW: u64 = 1000;

/// The hits of an index, found from the first one on.
pub(crate) struct Walk {
    index: Index,
    searcher: Searcher,
    opened: Arc<Vec<Opened>>,
    wanted: Wanted,
    /// Nothing where nobody asked for a hit, and none has to be found to count them.
    finding: Option<Finding>,
    order: Order,
    /// So many are still asked for.
    left: usize,
    runs: Runs,
    /// So many documents are in the runs left at most, as far as is known.
    unseen: usize,
    /// How much is looked at next.
    size: usize,
    /// Hits that were found and not handed out, the very first at the end.
    rows: Vec<Row>,
    /// How many commands were found to meet the condition.
    found: u64,
    /// How many commands were read to tell.
    pub(crate) read: u64,
    /// How many of them before all that may meet it were listed.
    read_before: u64,
}

impl Walk {
    pub(crate) fn begin(index: &Index, wanted: Wanted, options: &SearchOptions) -> Result<Self> {
        let &SearchOptions { limit, order, .. } = options;
        let searcher = index.searcher();
        let mut walk = Self {
            index: index.clone(),
            opened: index.opened(&searcher),
            searcher,
            wanted,
            finding: None,
            order,
            left: limit.unwrap_or(usize::MAX),
            runs: Runs::none(),
            unseen: usize::MAX,
            size: if order == Order::Session { usize::MAX } else { FIRST },
            rows: Vec::new(),
            found: 0,
            read: 0,
            read_before: 0,
        };
        if limit != Some(0) || walk.wanted.is_read() {
            walk.open(limit.is_some() && order != Order::Session).map_err(|source| index.fail(source))?;
        }
        Ok(walk)
    }

    fn open(&mut self, some: bool) -> tantivy::Result<()> {
        let finding = Finding::new(&self.index, &self.searcher, &self.opened, &self.wanted, some)?;
        if let Finding::All(docs) = &finding {
            let all = (0..).zip(docs).map(|(segment, docs)| (segment, docs.as_slice()));
            all.into_iter().try_for_each(|(segment, docs)| self.take(segment, docs))?;
            self.sort()?;
        } else {
            self.runs = Runs::open(self.searcher.segment_readers(), self.order)?;
        }
        self.unseen = finding.size();
        self.finding = Some(finding);
        Ok(())
    }

    /// The next hit.
    pub(crate) fn next(&mut self) -> Result<Option<DocAddress>> {
        while self.left > 0 {
            match self.rows.last() {
                Some(row) if self.runs.come_after(row.time) => {
                    self.left -= 1;
                    return Ok(self.rows.pop().map(|row| row.at));
                }
                _ if self.runs.is_empty() => break,
                _ => self.step()?,
            }
        }
        Ok(None)
    }

    pub(crate) fn load(&self, at: DocAddress) -> Result<CommandRecord> {
        load(self.index.dir(), &self.searcher, Kind::Command, at)
    }

    /// How many commands meet the condition, handed out or not.
    pub(crate) fn total(&mut self) -> Result<u64> {
        if let None | Some(Finding::Ways { to_read: 0, .. }) = self.finding {
            return self.count().map_err(|source| self.index.fail(source));
        }
        while !self.runs.is_empty() {
            self.size = usize::MAX;
            self.step()?;
        }
        Ok(self.found)
    }

    /// Between which numbers of commands meet the condition, where telling exactly would take reading many more.
    pub(crate) fn bounds(&mut self) -> Result<RangeInclusive<u64>> {
        let may = match &self.finding {
            Some(Finding::Read(sets)) => {
                self.read_before + sets.iter().map(|set| set.len() as u64).sum::<u64>()
            }
            Some(Finding::Ways { to_read, .. }) if !self.runs.is_empty() => *to_read,
            _ => self.read,
        };
        let unread = may.saturating_sub(self.read);
        if unread > FEW {
            return Ok(self.found..=self.found + unread);
        }
        let total = self.total()?;
        Ok(total..=total)
    }

    fn count(&self) -> tantivy::Result<u64> {
        let schema = self.index.schema();
        let weight = self.wanted.weight(&self.index, &self.searcher, Stand::Candidates)?;
        let segments = self.searcher.segment_readers().iter().zip(&*self.opened);
        let countable = self.wanted.countable(&self.index);
        let counts = segments.map(|(reader, opened)| {
            let known = match &countable {
                Some(Countable::Term(term)) => opened.commands_with(reader, schema, term)?,
                Some(Countable::Phrases(phrases)) => opened.commands_with_any(reader, schema, phrases)?,
                None => None,
            };
            match known {
                Some(count) => Ok(count),
                None => opened.commands(reader, schema, &mut *weight.scorer(reader, 1.0)?, |_| {}),
            }
        });
        counts.sum()
    }

    /// Looks at the runs that come next.
    fn step(&mut self) -> Result<()> {
        self.list_rest().map_err(|source| self.index.fail(source))?;
        let runs = self.choose();
        let found = self.docs(&runs).map_err(|source| self.index.fail(source))?;
        let found = if self.wanted.is_read() { self.read(found)? } else { found };
        let taken = found.iter().try_for_each(|(segment, docs)| self.take(*segment, docs));
        taken.and_then(|()| self.sort()).map_err(|source| self.index.fail(source))
    }

    /// Lists all that may meet the condition where the first runs did not have enough of it, or the very first none: to begin
    /// anew with each of many runs takes longer.
    fn list_rest(&mut self) -> tantivy::Result<()> {
        let run_by_run = matches!(self.finding, Some(Finding::Ways { to_read: 1.., .. }));
        let looked = if self.read == 0 { FIRST } else { FIRST * MORE };
        if run_by_run && self.size > looked {
            let finding = Finding::Read(self.wanted.candidates(&self.index, &self.searcher)?);
            self.unseen = finding.size();
            self.finding = Some(finding);
            self.read_before = self.read;
        }
        Ok(())
    }

    fn choose(&mut self) -> Vec<Run> {
        let (mut chosen, mut size) = (Vec::new(), 0);
        while size < self.size
            && self.unseen > 0
            && let Some(finding) = &self.finding
            && let Some(run) = self.runs.next()
        {
            let more = finding.size_of(run);
            if more > 0 {
                chosen.push(run);
            }
            size += more;
            self.unseen = self.unseen.saturating_sub(more);
        }
        if self.unseen == 0 {
            self.runs = Runs::none();
        }
        self.size = self.size.saturating_mul(MORE);
        chosen.sort_unstable();
        chosen
    }

    fn docs(&self, runs: &[Run]) -> tantivy::Result<Vec<(u32, Vec<DocId>)>> {
        let Some(finding) = &self.finding else { return Ok(Vec::new()) };
        let segments = runs.chunk_by(|a, b| a.segment == b.segment).filter_map(|runs| {
            let segment = runs.first()?.segment;
            let reader = self.searcher.segment_reader(segment);
            let docs = finding.docs(reader, &self.opened[segment as usize], runs);
            Some(docs.map(|docs| (segment, docs)))
        });
        segments.collect()
    }

    /// Those of the documents that meet the condition, by what is in them.
    fn read(&mut self, mut docs: Vec<(u32, Vec<DocId>)>) -> Result<Vec<(u32, Vec<DocId>)>> {
        self.read += docs.iter().map(|(_, docs)| docs.len() as u64).sum::<u64>();
        let settled = verify(&self.index, &self.searcher, &self.wanted.asked(), &docs)?;
        let fail = |source| self.index.fail(source);
        let stand = Stand::Found(&settled);
        let weight = self.wanted.weight(&self.index, &self.searcher, stand).map_err(fail)?;
        for (segment, docs) in &mut docs {
            let Some(&first) = docs.first() else { continue };
            let reader = self.searcher.segment_reader(*segment);
            let mut way = Way::begin(&*weight, reader, first).map_err(fail)?;
            docs.retain(|&doc| way.meets(doc));
        }
        Ok(docs)
    }

    fn take(&mut self, segment: u32, docs: &[DocId]) -> tantivy::Result<()> {
        let columns = self.opened[segment as usize].columns(self.searcher.segment_reader(segment))?;
        let row = |&doc: &DocId| Row { time: columns.time(doc), at: DocAddress::new(segment, doc) };
        self.rows.extend(docs.iter().map(row));
        self.found += docs.len() as u64;
        Ok(())
    }

    fn sort(&mut self) -> tantivy::Result<()> {
        let (segments, opened) = (self.searcher.segment_readers(), &*self.opened);
        Ranking { order: self.order, segments, opened }.sort(&mut self.rows, self.left)
    }
}
