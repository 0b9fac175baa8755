//! The second pass: reading what may meet a query, where only the text itself can tell.

use std::collections::HashMap;
use std::sync::Arc;

use rayon::prelude::*;
use tantivy::query::{BooleanQuery, EnableScoring, Query as EngineQuery};
use tantivy::{BitSet, DocAddress, DocId, SegmentReader};
use whoran_model::CommandRecord;

use crate::document::Kind;
use crate::error::Result;
use crate::query::{Expr, Given, holds};
use crate::reader::{Index, load};

/// Commands are read in runs of so many, which lie side by side.
const RUN: usize = 256;

/// The conditions of a query that were settled by reading.
pub(crate) struct Verified {
    /// Each with the commands that meet it.
    pub(crate) settled: Vec<(Expr, Given)>,
    /// How many commands were read.
    pub(crate) read: u64,
}

/// Reads every command that may meet the query.
pub(crate) fn verify(index: &Index, expr: &Expr, candidates: &BooleanQuery) -> Result<Verified> {
    let mut asked: Vec<&Expr> = Vec::new();
    expr.leaves(&mut |leaf| {
        if leaf.is_read() && !asked.contains(&leaf) {
            asked.push(leaf);
        }
    });
    let searcher = index.searcher();
    let fail = |source| index.fail(source);
    let weight = candidates.weight(EnableScoring::disabled_from_searcher(&searcher)).map_err(fail)?;
    let segments = searcher.segment_readers();
    let found =
        segments.par_iter().map(|segment| alive(&*weight, segment)).collect::<tantivy::Result<Vec<_>>>();
    let found = found.map_err(fail)?;
    let runs = found
        .iter()
        .enumerate()
        .flat_map(|(segment, docs)| docs.chunks(RUN).map(move |docs| (segment as u32, docs)));
    let met = runs.collect::<Vec<_>>().into_par_iter().map(|(segment, docs)| {
        let mut met = Vec::new();
        for &doc in docs {
            let at = DocAddress::new(segment, doc);
            let record: CommandRecord = load(index.dir(), index.schema(), &searcher, Kind::Command, at)?;
            met.extend(
                asked.iter().enumerate().filter(|(_, leaf)| meets(leaf, &record)).map(|(i, _)| (i, at)),
            );
        }
        Ok(met)
    });
    let met = met.collect::<Result<Vec<_>>>()?;
    let mut sets: Vec<HashMap<_, _>> = vec![HashMap::new(); asked.len()];
    for (leaf, at) in met.into_iter().flatten() {
        let segment = &segments[at.segment_ord as usize];
        let set = sets[leaf].entry(segment.segment_id());
        set.or_insert_with(|| BitSet::with_max_value(segment.max_doc())).insert(at.doc_id);
    }
    let sets = sets.into_iter().map(|set| Given(Arc::new(set)));
    Ok(Verified {
        settled: asked.into_iter().cloned().zip(sets).collect(),
        read: found.iter().map(|docs| docs.len() as u64).sum(),
    })
}

fn alive(weight: &dyn tantivy::query::Weight, segment: &SegmentReader) -> tantivy::Result<Vec<DocId>> {
    let mut docs = Vec::new();
    let alive = segment.alive_bitset();
    weight.for_each_no_score(segment, &mut |found| {
        docs.extend(found.iter().copied().filter(|&doc| alive.is_none_or(|alive| alive.is_alive(doc))));
    })?;
    Ok(docs)
}

fn meets(leaf: &Expr, record: &CommandRecord) -> bool {
    holds(leaf, &Default::default(), &|field| (field.of_command)(record))
}
