//! The second pass: reading what may meet a query, where only the text itself can tell.

use std::collections::HashMap;
use std::sync::Arc;

use rayon::prelude::*;
use tantivy::{BitSet, DocAddress, DocId, Searcher};
use whoran_model::CommandRecord;

use crate::codec::{Texts, decode};
use crate::document::Kind;
use crate::error::Result;
use crate::fields::{Field, Value};
use crate::query::{Expr, Given, holds};
use crate::reader::Index;
use crate::stored::Stored;

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
    let texts = asked.iter().all(|leaf| is_of_texts(leaf));
    let met = runs.collect::<Vec<_>>().into_par_iter().map(|(segment, docs)| {
        let mut met = Vec::new();
        for &doc in docs {
            let at = DocAddress::new(segment, doc);
            let Stored(text) = searcher.doc(at).map_err(|source| index.fail(source))?;
            let damaged = || index.damaged(Kind::Command);
            let leaves = if texts {
                let Texts { command, output } = Texts::of(&text).ok_or_else(damaged)?;
                those_met(asked, &|field| match field.key {
                    "command" => Value::Text(command.into()),
                    "output" => Value::Text(output.into()),
                    _ => Value::Null,
                })
            } else {
                let record: CommandRecord = decode(&text).ok_or_else(damaged)?;
                those_met(asked, &|field| (field.of_command)(&record))
            };
            met.extend(leaves.into_iter().map(|leaf| (leaf, at)));
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

/// The places of those conditions that are met by what `of` says.
fn those_met<'a>(asked: &[&Expr], of: &dyn Fn(&Field) -> Value<'a>) -> Vec<usize> {
    let met = (0..).zip(asked).filter(|(_, leaf)| holds(leaf, &Default::default(), of));
    met.map(|(leaf, _)| leaf).collect()
}

/// Whether no more is asked about than a command and its output.
fn is_of_texts(leaf: &Expr) -> bool {
    match leaf {
        Expr::Indicators(indicators) => !indicators.may_be_masked(),
        Expr::Pattern(pattern) => pattern.field.is_none_or(|field| matches!(field.key, "command" | "output")),
        _ => false,
    }
}
