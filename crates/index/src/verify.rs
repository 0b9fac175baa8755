//! The second pass: reading what may meet a query, where only the text itself can tell.

use std::collections::HashMap;
use std::sync::Arc;

use rayon::prelude::*;
use tantivy::{BitSet, DocAddress, DocId, Searcher};
use whoran_model::CommandRecord;

use crate::document::Kind;
use crate::error::Result;
use crate::query::{Expr, Given, holds};
use crate::reader::{Index, load};

/// Commands are read in runs of so many, which lie side by side.
const RUN: usize = 64;

/// Reads these commands, and gives each of the conditions with those that meet it.
pub(crate) fn verify(
    index: &Index,
    searcher: &Searcher,
    asked: &[&Expr],
    docs: &[(u32, Vec<DocId>)],
) -> Result<Vec<(Expr, Given)>> {
    let runs = docs.iter().flat_map(|(segment, docs)| docs.chunks(RUN).map(move |docs| (*segment, docs)));
    let met = runs.collect::<Vec<_>>().into_par_iter().map(|(segment, docs)| {
        let mut met = Vec::new();
        for &doc in docs {
            let at = DocAddress::new(segment, doc);
            let record: CommandRecord = load(index.dir(), index.schema(), searcher, Kind::Command, at)?;
            met.extend(
                asked.iter().enumerate().filter(|(_, leaf)| meets(leaf, &record)).map(|(i, _)| (i, at)),
            );
        }
        Ok(met)
    });
    let met = met.collect::<Result<Vec<_>>>()?;
    let mut sets: Vec<HashMap<_, _>> = vec![HashMap::new(); asked.len()];
    for (leaf, at) in met.into_iter().flatten() {
        let segment = searcher.segment_reader(at.segment_ord);
        let set = sets[leaf].entry(segment.segment_id());
        set.or_insert_with(|| BitSet::with_max_value(segment.max_doc())).insert(at.doc_id);
    }
    let sets = sets.into_iter().map(|set| Given(Arc::new(set)));
    Ok(asked.iter().map(|&leaf| leaf.clone()).zip(sets).collect())
}

fn meets(leaf: &Expr, record: &CommandRecord) -> bool {
    holds(leaf, &Default::default(), &|field| (field.of_command)(record))
}
