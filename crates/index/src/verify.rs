//! The second pass: reading what may meet a query, where only the text itself can tell.

use std::collections::HashMap;
use std::sync::Arc;

use rayon::prelude::*;
use tantivy::{BitSet, DocAddress, DocId, Searcher};
use whoran_model::CommandRecord;

use crate::codec::{Texts, decode};
use crate::document::Kind;
use crate::error::Result;
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
    let texts = asked.iter().all(|leaf| of_texts(leaf, &NOTHING).is_some());
    let met = runs.collect::<Vec<_>>().into_par_iter().map(|(segment, docs)| {
        let mut met = Vec::new();
        for &doc in docs {
            let at = DocAddress::new(segment, doc);
            let Stored(text) = searcher.doc(at).map_err(|source| index.fail(source))?;
            let damaged = || index.damaged(Kind::Command);
            let all = asked.iter().zip(0..);
            if texts {
                let texts = Texts::of(&text).ok_or_else(damaged)?;
                met.extend(
                    all.filter(|(leaf, _)| of_texts(leaf, &texts) == Some(true)).map(|(_, i)| (i, at)),
                );
            } else {
                let record: CommandRecord = decode(&text).ok_or_else(damaged)?;
                met.extend(all.filter(|(leaf, _)| meets(leaf, &record)).map(|(_, i)| (i, at)));
            }
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

const NOTHING: Texts<'_> = Texts { command: "", output: "" };

/// The same of the command and its output alone, where that is all that is asked about.
fn of_texts(leaf: &Expr, texts: &Texts<'_>) -> Option<bool> {
    let Texts { command, output } = *texts;
    Some(match leaf {
        Expr::Indicators(indicators) => indicators.are_in(command) || indicators.are_in(output),
        Expr::Pattern(pattern) => {
            let is_in = |text| pattern.finder().is_match(text);
            match pattern.field.map(|field| field.key) {
                None => is_in(command) || is_in(output),
                Some("command") => is_in(command),
                Some("output") => is_in(output),
                Some(_) => return None,
            }
        }
        _ => return None,
    })
}
