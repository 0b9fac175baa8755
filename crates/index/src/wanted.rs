//! What a search is for, as the engine is asked for it.

use rayon::prelude::*;
use tantivy::query::{
    BooleanQuery, EnableScoring, Occur, PhraseQuery, Query as EngineQuery, TermQuery, Weight,
};
use tantivy::{BitSet, DocId, Searcher, SegmentReader, Term};
use whoran_model::Timestamp;

use crate::document::Kind;
use crate::error::Result;
use crate::fields::field;
use crate::query::{Compiler, Expr, Query, Stand, each, time_range, ways};
use crate::reader::Index;
use crate::search::SearchOptions;
use crate::verify::verify;

/// Where no more than so many commands may have to be read, a list of them is made at once.
const MANY: u64 = 4000;

/// What a segment has a number of at hand, or nearly so.
pub(crate) enum Countable {
    Term(Term),
    /// Words that follow each other, of one field or of another: one of these.
    Phrases(Vec<Vec<Term>>),
}

/// A condition, and between which times it has to be met.
pub(crate) struct Wanted {
    expr: Expr,
    since: Option<Timestamp>,
    until: Option<Timestamp>,
}

impl Wanted {
    pub(crate) fn new(index: &Index, query: &Query, options: &SearchOptions) -> Result<Self> {
        let &SearchOptions { since, until, .. } = options;
        Ok(Self { expr: index.settled(query.expr())?, since, until })
    }

    /// Whether only reading records can tell.
    pub(crate) fn is_read(&self) -> bool {
        self.expr.is_read()
    }

    /// The parts that only reading can tell.
    pub(crate) fn asked(&self) -> Vec<&Expr> {
        let mut asked = Vec::new();
        self.expr.leaves(&mut |leaf| {
            if leaf.is_read() && !asked.contains(&leaf) {
                asked.push(leaf);
            }
        });
        asked
    }

    fn engine(&self, index: &Index, expr: &Expr, stand: Stand<'_>) -> Box<dyn EngineQuery> {
        let schema = index.schema();
        let compiled = Compiler { schema, words: index.words(), stand }.compile(expr);
        let time = if (self.since, self.until) == (None, None) { None } else { field("time") };
        match time.and_then(|time| schema.of(time)) {
            None => compiled,
            Some(time) => {
                let window = time_range(time, self.since, self.until);
                Box::new(BooleanQuery::intersection(vec![compiled, window]))
            }
        }
    }

    /// Documents of any kind that meet it, where the parts that only reading can tell stand for something else.
    pub(crate) fn weight(
        &self,
        index: &Index,
        searcher: &Searcher,
        stand: Stand<'_>,
    ) -> tantivy::Result<Box<dyn Weight>> {
        weigh(&*self.engine(index, &self.expr, stand), searcher)
    }

    /// What all and only those documents have that meet it, where that can be counted without going through them.
    pub(crate) fn countable(&self, index: &Index) -> Option<Countable> {
        if self.is_read() {
            return None;
        }
        let query = self.engine(index, &self.expr, Stand::Candidates);
        if let Some(query) = query.downcast_ref::<TermQuery>() {
            return Some(Countable::Term(query.term().clone()));
        }
        let phrase =
            |query: &dyn EngineQuery| query.downcast_ref::<PhraseQuery>().map(PhraseQuery::phrase_terms);
        let phrases = match query.downcast_ref::<BooleanQuery>() {
            None => phrase(&*query).map(|words| vec![words]),
            Some(any) => {
                let one = |(occur, query): &(Occur, Box<dyn EngineQuery>)| match occur {
                    Occur::Should => phrase(&**query),
                    Occur::Must | Occur::MustNot => None,
                };
                any.clauses().iter().map(one).collect()
            }
        };
        phrases.map(Countable::Phrases)
    }

    /// The ways to meet it, or those in which it may be met where only reading can tell, if to begin anew with their
    /// documents costs next to nothing; none if it does, or if not many have to be read. And how many commands have to be
    /// read at most in all of these ways.
    pub(crate) fn ways(
        &self,
        index: &Index,
        searcher: &Searcher,
    ) -> tantivy::Result<(Vec<Box<dyn Weight>>, u64)> {
        let ways = self.each_way(index, searcher)?;
        let to_read = if self.is_read() { at_most(&ways, searcher)? } else { 0 };
        if self.is_read() && to_read <= MANY {
            return Ok((Vec::new(), 0));
        }
        let weights = ways.iter().map(|way| weigh(&**way, searcher)).collect::<tantivy::Result<_>>()?;
        Ok((weights, to_read))
    }

    fn each_way(&self, index: &Index, searcher: &Searcher) -> tantivy::Result<Vec<Box<dyn EngineQuery>>> {
        if (self.since, self.until) != (None, None) {
            return Ok(Vec::new());
        }
        let all = match self.is_read() {
            false => ways(&self.expr),
            true => self.expr.phrased(index.schema(), index.words(), searcher)?.as_ref().and_then(ways),
        };
        let each = all.unwrap_or_default().into_iter();
        Ok(each.map(|way| self.engine(index, &Expr::And(way), Stand::Candidates)).collect())
    }

    /// The commands that may meet it, by segment.
    pub(crate) fn candidates(&self, index: &Index, searcher: &Searcher) -> tantivy::Result<Vec<BitSet>> {
        let may = self.engine(index, &self.expr, Stand::Candidates);
        let commands = BooleanQuery::intersection(vec![may, index.kind(Kind::Command)]);
        let weight = weigh(&commands, searcher)?;
        let of = |reader: &SegmentReader| {
            let (mut docs, alive) = (BitSet::with_max_value(reader.max_doc()), reader.alive_bitset());
            weight.for_each_no_score(reader, &mut |found| {
                for &doc in found.iter().filter(|&&doc| alive.is_none_or(|alive| alive.is_alive(doc))) {
                    docs.insert(doc);
                }
            })?;
            Ok(docs)
        };
        searcher.segment_readers().par_iter().map(of).collect()
    }

    /// The engine's condition for the commands that meet it.
    pub(crate) fn condition(&self, index: &Index) -> Result<BooleanQuery> {
        let mut settled = Vec::new();
        if self.is_read() {
            let searcher = index.searcher();
            let candidates = self.candidates(index, &searcher).map_err(|source| index.fail(source))?;
            let docs: Vec<_> = (0..).zip(candidates.iter().map(members)).collect();
            settled = verify(index, &searcher, &self.asked(), &docs)?;
        }
        let found = self.engine(index, &self.expr, Stand::Found(&settled));
        Ok(BooleanQuery::intersection(vec![found, index.kind(Kind::Command)]))
    }
}

/// How many documents there can be that meet one of these conditions, each of which needs all of its terms.
fn at_most(ways: &[Box<dyn EngineQuery>], searcher: &Searcher) -> tantivy::Result<u64> {
    let of = |way: &dyn EngineQuery| {
        let mut terms = Vec::new();
        way.query_terms(&mut |term, _| terms.push(term.clone()));
        let fewest = terms.iter().map(|term| searcher.doc_freq(term)).collect::<tantivy::Result<Vec<_>>>()?;
        Ok(fewest.into_iter().min().unwrap_or_else(|| searcher.num_docs()))
    };
    ways.iter().map(|way| of(&**way)).sum()
}

fn weigh(query: &dyn EngineQuery, searcher: &Searcher) -> tantivy::Result<Box<dyn Weight>> {
    query.weight(EnableScoring::disabled_from_searcher(searcher))
}

fn members(set: &BitSet) -> Vec<DocId> {
    let mut docs = Vec::with_capacity(set.len());
    each(set, |doc| docs.push(doc));
    docs
}
