//! How the hits of a run are found.

use tantivy::query::{Scorer, Weight};
use tantivy::{BitSet, DocId, Searcher, SeekDangerResult, SegmentReader};

use crate::opened::Opened;
use crate::query::Stand;
use crate::reader::Index;
use crate::times::{RUN, Run};
use crate::wanted::Wanted;

/// With so many hits, or so much to look at for them, as far as the engine can guess, looking at all is quicker than
/// choosing runs.
const FEW: usize = 256;

pub(crate) enum Finding {
    /// All hits are at hand, by segment.
    All(Vec<Vec<DocId>>),
    /// They, or those that may be hits, are looked up each time, in one way or another. So many have to be read at most to
    /// tell; none where the index knows.
    Ways { ways: Vec<Box<dyn Weight>>, to_read: u64 },
    /// They are known, by segment.
    Known(Vec<BitSet>),
    /// Those that may be hits are known, by segment, and are read to tell.
    Read(Vec<BitSet>),
}

impl Finding {
    /// Some are the first ones, by time.
    pub(crate) fn new(
        index: &Index,
        searcher: &Searcher,
        opened: &[Opened],
        wanted: &Wanted,
        some: bool,
    ) -> tantivy::Result<Self> {
        let (schema, segments) = (index.schema(), searcher.segment_readers());
        let (ways, to_read) = if some { wanted.ways(index, searcher)? } else { (Vec::new(), 0) };
        if wanted.is_read() {
            return Ok(match ways.is_empty() {
                true => Self::Read(wanted.candidates(index, searcher)?),
                false => Self::Ways { ways, to_read },
            });
        }
        let mut all = Vec::new();
        if ways.is_empty() {
            let weight = wanted.weight(index, searcher, Stand::Candidates)?;
            for (reader, opened) in segments.iter().zip(opened) {
                let mut docs = Vec::new();
                opened.commands(reader, schema, &mut *weight.scorer(reader, 1.0)?, |doc| docs.push(doc))?;
                all.push(docs);
            }
        } else {
            let begun = segments.iter().map(|reader| Way::all(&ways, reader, 0));
            let begun = begun.collect::<tantivy::Result<Vec<_>>>()?;
            let much: u64 = begun.iter().flatten().map(|way| way.found.cost()).sum();
            if much > FEW as u64 {
                return Ok(Self::Ways { ways, to_read });
            }
            for ((reader, opened), ways) in segments.iter().zip(opened).zip(begun) {
                let mut docs: Vec<_> = ways.into_iter().flat_map(Way::rest).collect();
                docs.sort_unstable();
                docs.dedup();
                all.push(opened.only_commands(reader, docs)?);
            }
        }
        if !some || all.iter().map(Vec::len).sum::<usize>() <= FEW {
            return Ok(Self::All(all));
        }
        let sets = segments.iter().zip(all).map(|(reader, docs)| {
            let mut set = BitSet::with_max_value(reader.max_doc());
            for doc in docs {
                set.insert(doc);
            }
            set
        });
        Ok(Self::Known(sets.collect()))
    }

    /// How many documents there are to look at, as far as is known.
    pub(crate) fn size(&self) -> usize {
        match self {
            Self::All(_) => 0,
            Self::Ways { .. } => usize::MAX,
            Self::Known(sets) | Self::Read(sets) => sets.iter().map(BitSet::len).sum(),
        }
    }

    /// The same, of a run.
    pub(crate) fn size_of(&self, Run { segment, run }: Run) -> usize {
        match self {
            Self::All(_) => 0,
            Self::Ways { .. } => 2,
            Self::Known(sets) | Self::Read(sets) => {
                in_run(&sets[segment as usize], run).count_ones() as usize
            }
        }
    }

    /// The documents of a segment's runs, which are in order, that meet the condition, or may.
    pub(crate) fn docs(
        &self,
        reader: &SegmentReader,
        opened: &Opened,
        runs: &[Run],
    ) -> tantivy::Result<Vec<DocId>> {
        let Some(&Run { segment, run: first }) = runs.first() else { return Ok(Vec::new()) };
        let mut docs = Vec::new();
        match self {
            Self::All(_) => {}
            Self::Ways { ways, .. } => {
                let mut ways = Way::all(ways, reader, first * RUN)?;
                for &Run { run, .. } in runs {
                    let met = ways.iter_mut().fold(0, |met, way| met | way.in_run(run));
                    docs.extend(docs_of(run, met));
                }
                docs = opened.only_commands(reader, docs)?;
            }
            Self::Known(sets) | Self::Read(sets) => {
                let set = &sets[segment as usize];
                docs.extend(runs.iter().flat_map(|&Run { run, .. }| docs_of(run, in_run(set, run))));
            }
        }
        Ok(docs)
    }
}

fn in_run(set: &BitSet, run: u32) -> u128 {
    let half = |at: u32| match (run * 2 + at) * 64 < set.max_value() {
        true => u128::from(u64::from_le_bytes(set.tinyset(run * 2 + at).into_bytes())),
        false => 0,
    };
    half(0) | half(1) << 64
}

fn docs_of(run: u32, mut met: u128) -> impl Iterator<Item = DocId> {
    std::iter::from_fn(move || {
        let next = met.trailing_zeros();
        met &= met.wrapping_sub(1);
        (next < RUN).then_some(run * RUN + next)
    })
}

/// One way to meet a condition, as it goes through a segment.
pub(crate) struct Way {
    found: Box<dyn Scorer>,
    /// No document before this one is left.
    next: DocId,
    /// Whether that one is known to meet it.
    met: bool,
}

impl Way {
    /// From that document on.
    pub(crate) fn begin(weight: &dyn Weight, reader: &SegmentReader, start: DocId) -> tantivy::Result<Self> {
        let (seek, found) = weight.scorer_danger(reader, start, 1.0)?;
        Ok(match seek {
            SeekDangerResult::Found => Self { found, next: start, met: true },
            SeekDangerResult::SeekLowerBound(next) => Self { found, next, met: false },
        })
    }

    fn all(weights: &[Box<dyn Weight>], reader: &SegmentReader, start: DocId) -> tantivy::Result<Vec<Self>> {
        weights.iter().map(|weight| Self::begin(&**weight, reader, start)).collect()
    }

    /// The next document before that one. Those behind are left alone: whether words follow each other is dear to tell.
    fn before(&mut self, end: DocId) -> Option<DocId> {
        while self.next < end {
            if !self.met
                && let SeekDangerResult::SeekLowerBound(next) = self.found.seek_danger(self.next)
            {
                self.next = next;
                continue;
            }
            (self.next, self.met) = (self.next + 1, false);
            return Some(self.next - 1);
        }
        None
    }

    fn skip_to(&mut self, start: DocId) {
        if self.next < start {
            (self.next, self.met) = (start, false);
        }
    }

    fn in_run(&mut self, run: u32) -> u128 {
        let start = run * RUN;
        self.skip_to(start);
        std::iter::from_fn(|| self.before(start + RUN)).fold(0, |met, doc| met | 1 << (doc - start))
    }

    fn rest(mut self) -> impl Iterator<Item = DocId> {
        std::iter::from_fn(move || self.before(tantivy::TERMINATED))
    }

    /// Whether that document meets it, which lies behind all that were asked about before.
    pub(crate) fn meets(&mut self, doc: DocId) -> bool {
        self.skip_to(doc);
        self.before(doc + 1).is_some()
    }
}
