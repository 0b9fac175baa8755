//! Which documents can hold a string: found in the dictionary of words, without a field of its own for it.
//!
//! A string that stands somewhere in a text says of the words there: this one ends so, these follow whole, the next one
//! begins so. Where it lies within one word, the words that hold it are looked up by going through all of them, which is
//! far less than going through the texts.

use memchr::memmem;
use tantivy::postings::Postings;
use tantivy::query::{
    BitSetDocSet, ConstScorer, EnableScoring, Explanation, PhraseQuery, Query, Scorer, TermQuery, Weight,
};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{BitSet, DocId, InvertedIndexReader, Score, SegmentReader, TERMINATED, TantivyError, Term};

use crate::analyze::{Cut, MAX_ATOM, cut};

/// So few documents are read sooner than narrowed down further.
pub(super) const FEW: usize = 500;

/// Documents whose field may hold a string, and all that do.
#[derive(Debug, Clone)]
pub(super) struct Substring {
    field: Field,
    cut: Cut,
}

impl Substring {
    /// The text is in folded letters.
    pub(super) fn new(field: Field, text: &str) -> Self {
        Self { field, cut: cut(text) }
    }
}

impl Query for Substring {
    fn weight(&self, _scoring: EnableScoring<'_>) -> tantivy::Result<Box<dyn Weight>> {
        Ok(Box::new(self.clone()))
    }
}

impl Weight for Substring {
    fn scorer(&self, reader: &SegmentReader, boost: Score) -> tantivy::Result<Box<dyn Scorer>> {
        Ok(Box::new(ConstScorer::new(BitSetDocSet::from(self.find(reader)?), boost)))
    }

    fn explain(&self, _reader: &SegmentReader, _doc: DocId) -> tantivy::Result<Explanation> {
        Err(TantivyError::InvalidArgument("scores are not used".to_owned()))
    }
}

impl Substring {
    fn find(&self, reader: &SegmentReader) -> tantivy::Result<BitSet> {
        let Cut { head, whole, tail } = &self.cut;
        let words = reader.inverted_index(self.field)?;
        let mut found: Option<BitSet> = None;
        if !whole.is_empty() {
            found = Some(self.phrase(reader, whole)?);
        }
        let enough = |found: &Option<BitSet>| found.as_ref().is_some_and(|found| found.len() <= FEW);
        // The shorter a beginning, the more words have it and the less it tells.
        if !tail.is_empty() && !enough(&found) && (found.is_none() || tail.chars().count() > 2) {
            meet(&mut found, beginning(&words, tail, reader.max_doc())?);
        }
        if !head.is_empty() && !enough(&found) {
            let finder = memmem::Finder::new(head);
            let inside = whole.is_empty() && tail.is_empty();
            let fits = |word: &[u8]| {
                let held = if inside { finder.find(word).is_some() } else { word.ends_with(head.as_bytes()) };
                // A run of letters that was too long for one word may have been cut in the middle of the string.
                held || word.len() >= MAX_ATOM
                    && std::str::from_utf8(word).is_ok_and(|word| word.chars().count() >= MAX_ATOM)
            };
            meet(&mut found, among(&words, fits, reader.max_doc())?);
        }
        Ok(found.unwrap_or_else(|| BitSet::with_max_value_and_full(reader.max_doc())))
    }

    fn phrase(&self, reader: &SegmentReader, words: &[String]) -> tantivy::Result<BitSet> {
        let mut terms: Vec<_> = words.iter().map(|word| Term::from_field_text(self.field, word)).collect();
        let query: Box<dyn Query> = match terms.len() {
            1 => Box::new(TermQuery::new(terms.remove(0), IndexRecordOption::Basic)),
            _ => Box::new(PhraseQuery::new(terms)),
        };
        let weight = query.weight(EnableScoring::disabled_from_schema(reader.schema()))?;
        let mut found = BitSet::with_max_value(reader.max_doc());
        weight.for_each_no_score(reader, &mut |docs| {
            for &doc in docs {
                found.insert(doc);
            }
        })?;
        Ok(found)
    }
}

fn beginning(words: &InvertedIndexReader, prefix: &str, max_doc: DocId) -> tantivy::Result<BitSet> {
    let mut found = BitSet::with_max_value(max_doc);
    let mut stream = words.terms().range().ge(prefix).into_stream()?;
    while let Some((word, place)) = stream.next() {
        if !word.starts_with(prefix.as_bytes()) {
            break;
        }
        let postings = words.read_postings_from_terminfo(place, IndexRecordOption::Basic)?;
        collect(postings, &mut found);
    }
    Ok(found)
}

fn among(
    words: &InvertedIndexReader,
    fits: impl Fn(&[u8]) -> bool,
    max_doc: DocId,
) -> tantivy::Result<BitSet> {
    let mut found = BitSet::with_max_value(max_doc);
    let mut stream = words.terms().stream()?;
    while let Some((word, place)) = stream.next() {
        if fits(word) {
            collect(words.read_postings_from_terminfo(place, IndexRecordOption::Basic)?, &mut found);
        }
    }
    Ok(found)
}

pub(super) fn collect(mut postings: impl Postings, found: &mut BitSet) {
    let mut doc = postings.doc();
    while doc != TERMINATED {
        found.insert(doc);
        doc = postings.advance();
    }
}

/// Keeps what both hold.
fn meet(found: &mut Option<BitSet>, other: BitSet) {
    *found = Some(match found.take() {
        Some(before) => both(&before, &other),
        None => other,
    });
}

pub(super) fn both(a: &BitSet, b: &BitSet) -> BitSet {
    let mut found = BitSet::with_max_value(a.max_value());
    for bucket in 0..a.max_value().div_ceil(64) {
        let mut rest = a.tinyset(bucket).intersect(b.tinyset(bucket));
        while let Some(low) = rest.pop_lowest() {
            found.insert(bucket * 64 + low);
        }
    }
    found
}

/// Gives every member to `take`.
pub(super) fn each(set: &BitSet, mut take: impl FnMut(DocId)) {
    for bucket in 0..set.max_value().div_ceil(64) {
        let mut rest = set.tinyset(bucket);
        while let Some(low) = rest.pop_lowest() {
            take(bucket * 64 + low);
        }
    }
}
