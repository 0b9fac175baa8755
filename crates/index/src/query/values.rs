//! Conditions on fields that have few values, the same ones for many commands. The index has each value as one word, and a
//! condition is settled by going through them: to have the words of a log's name for every command of it would be a third of all
//! words, and more than those of outputs.

use std::collections::HashMap;
use std::sync::Arc;

use memchr::memmem::Finder;
use rayon::prelude::*;
use tantivy::index::SegmentId;
use tantivy::postings::BlockSegmentPostings;
use tantivy::query::{BitSetDocSet, ConstScorer, EnableScoring, Explanation, Query, Scorer, Weight};
use tantivy::schema::{Field as Handle, IndexRecordOption};
use tantivy::{BitSet, DocId, Score, Searcher, SegmentReader, TantivyError};

use super::{Expr, Match, Pattern, holds};
use crate::analyze::atoms;
use crate::fields::{Field, Value};
use crate::schema::Schema;
use crate::words::{Lists, Words};

/// Values of a field, by segment.
#[derive(Debug, Clone, PartialEq)]
pub struct Values {
    /// Of this field.
    pub(crate) field: &'static Field,
    handle: Handle,
    among: Arc<HashMap<SegmentId, Vec<Vec<u8>>>>,
}

impl Expr {
    /// The same, with the values that meet them in the place of conditions on such fields.
    pub(crate) fn with_values(
        &self,
        schema: &Schema,
        words: &Lists,
        searcher: &Searcher,
    ) -> tantivy::Result<Self> {
        let mut leaves = Vec::new();
        self.leaves(&mut |leaf| {
            let asked = about(leaf).and_then(|field| Some((leaf, field, schema.of(field)?)));
            leaves.extend(asked);
        });
        let settle = |(leaf, field, handle)| {
            let of = |reader: &SegmentReader| {
                Ok((reader.segment_id(), meeting(leaf, &*words.of(reader, handle)?)))
            };
            let among = searcher.segment_readers().par_iter().map(of).collect::<tantivy::Result<_>>()?;
            Ok((leaf, Self::Values(Values { field, handle, among: Arc::new(among) })))
        };
        let settled = leaves.into_iter().map(settle).collect::<tantivy::Result<Vec<_>>>()?;
        let with =
            |leaf: &Self| settled.iter().find(|(other, _)| *other == leaf).map(|(_, with)| with.clone());
        Ok(self.replace(&with))
    }
}

fn about(leaf: &Expr) -> Option<&'static Field> {
    match leaf {
        Expr::Match(Match { field: Some(field), .. }) | Expr::Pattern(Pattern { field: Some(field), .. }) => {
            Some(*field).filter(|field| field.is_whole())
        }
        _ => None,
    }
}

/// The values that meet a condition.
fn meeting(leaf: &Expr, values: &Words) -> Vec<Vec<u8>> {
    let longest = match leaf {
        Expr::Match(wanted) => atoms(&wanted.text).max_by_key(String::len),
        _ => None,
    };
    let finder = longest.as_ref().map(Finder::new);
    let mut small = Vec::new();
    let mut may_meet = |value: &[u8]| {
        let Some(finder) = finder.as_ref().filter(|_| value.is_ascii()) else { return true };
        small.clear();
        small.extend(value.iter().map(u8::to_ascii_lowercase));
        finder.find(&small).is_some()
    };
    let mut meets = |value: &[u8]| {
        may_meet(value)
            && std::str::from_utf8(value)
                .is_ok_and(|value| holds(leaf, &Default::default(), &|_| Value::Text(value.into())))
    };
    values.each().filter(|value| meets(value)).map(<[u8]>::to_vec).collect()
}

impl Values {
    /// Each for itself, or nothing where a segment has none of them or more than so many.
    pub(super) fn apart(&self, most: usize) -> Option<Vec<Self>> {
        let many = self.among.values().map(Vec::len).max().filter(|many| (1..=most).contains(many))?;
        let nth = |n: usize| {
            let one = |(&segment, all): (&SegmentId, &Vec<_>)| Some((segment, vec![all.get(n).cloned()?]));
            Self { among: Arc::new(self.among.iter().filter_map(one).collect()), ..self.clone() }
        };
        Some((0..many).map(nth).collect())
    }
}

impl Query for Values {
    fn weight(&self, _scoring: EnableScoring<'_>) -> tantivy::Result<Box<dyn Weight>> {
        Ok(Box::new(self.clone()))
    }
}

impl Weight for Values {
    fn scorer(&self, reader: &SegmentReader, boost: Score) -> tantivy::Result<Box<dyn Scorer>> {
        let values = self.among.get(&reader.segment_id()).map_or(&[][..], Vec::as_slice);
        let words = reader.inverted_index(self.handle)?;
        if let [one] = values
            && let Some(info) = words.terms().get(one)?
        {
            let found = words.read_postings_from_terminfo(&info, IndexRecordOption::Basic)?;
            return Ok(Box::new(ConstScorer::new(found, boost)));
        }
        let mut all = BitSet::with_max_value(reader.max_doc());
        let mut blocks = BlockSegmentPostings::empty();
        for value in values {
            let Some(info) = words.terms().get(value)? else { continue };
            words.reset_block_postings_from_terminfo(&info, &mut blocks)?;
            while !blocks.docs().is_empty() {
                blocks.docs().iter().for_each(|&doc| {
                    all.insert(doc);
                });
                blocks.advance();
            }
        }
        Ok(Box::new(ConstScorer::new(BitSetDocSet::from(all), boost)))
    }

    fn explain(&self, _reader: &SegmentReader, _doc: DocId) -> tantivy::Result<Explanation> {
        Err(TantivyError::InvalidArgument("scores are not used".to_owned()))
    }
}
