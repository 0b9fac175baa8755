//! Which documents can hold a string: found in the dictionary of words, without a field of its own for it.
//!
//! A string that stands somewhere in a text says of the words there: this one ends so, these follow whole, the next one
//! begins so. Where it lies within one word, or at the end of one, the words themselves are searched ([`Words`]), which is
//! far less than going through the texts. What is cheap to tell goes first, and where few documents are left, nothing
//! further is asked.

use std::cmp::Reverse;

use tantivy::postings::Postings;
use tantivy::query::{
    BitSetDocSet, ConstScorer, EnableScoring, Explanation, PhraseQuery, Query, Scorer, TermQuery, Weight,
};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{BitSet, DocId, InvertedIndexReader, Score, SegmentReader, TERMINATED, TantivyError, Term};

use super::need::Need;
use crate::analyze::{Cut, MAX_ATOM, cut};
use crate::words::{Lists, Words};

/// So few documents are read sooner than narrowed down further; more where there are so many bytes of words for each,
/// which are searched in the time that it takes to read one.
pub(super) const FEW: usize = 32;
const BYTES_PER_READ: usize = 16 << 10;

/// Looking up more words than this takes longer than they narrow down.
const MANY: usize = 50_000;

/// So many ways in which a string's first and last word may be completed are looked for as phrases.
const FORMS: usize = 64;

/// Documents whose field may meet a need, and all that do.
#[derive(Debug, Clone)]
pub(crate) struct Holding {
    pub(crate) field: Field,
    pub(crate) need: Need,
    pub(crate) lists: Lists,
}

impl Query for Holding {
    fn weight(&self, _scoring: EnableScoring<'_>) -> tantivy::Result<Box<dyn Weight>> {
        Ok(Box::new(self.clone()))
    }
}

impl Holding {
    fn search<T>(
        &self,
        reader: &SegmentReader,
        search: impl FnOnce(Search<'_>) -> tantivy::Result<T>,
    ) -> tantivy::Result<T> {
        let words = reader.inverted_index(self.field)?;
        let list = self.lists.of(reader, self.field)?;
        let few = FEW.max(list.len() / BYTES_PER_READ);
        search(Search { reader, field: self.field, words: &words, list: &list, few })
    }

    /// Phrases of which each document of the segment has one whose field may meet the need; nothing where they are not
    /// told by the dictionary of words alone, or are many.
    pub(crate) fn phrases(&self, reader: &SegmentReader) -> tantivy::Result<Option<Vec<Vec<String>>>> {
        self.search(reader, |search| search.phrases(&self.need))
    }
}

impl Weight for Holding {
    fn scorer(&self, reader: &SegmentReader, boost: Score) -> tantivy::Result<Box<dyn Scorer>> {
        let found = self.search(reader, |search| search.narrow(&self.need, None))?;
        let found = found.unwrap_or_else(|| BitSet::with_max_value_and_full(reader.max_doc()));
        Ok(Box::new(ConstScorer::new(BitSetDocSet::from(found), boost)))
    }

    fn explain(&self, _reader: &SegmentReader, _doc: DocId) -> tantivy::Result<Explanation> {
        Err(TantivyError::InvalidArgument("scores are not used".to_owned()))
    }
}

/// How dear it is to find what may meet a need, roughly, the cheapest first.
fn dearness(need: &Need) -> (u8, Reverse<usize>) {
    match need {
        Need::Nothing => (0, Reverse(0)),
        Need::Text(text) => {
            let Cut { whole, tail, .. } = cut(text);
            let how = match (whole.is_empty(), tail.len()) {
                (false, _) => 0,
                (true, 3..) => 1,
                _ => 2,
            };
            (how, Reverse(text.len()))
        }
        Need::All(parts) => parts.iter().map(dearness).min().unwrap_or_default(),
        Need::OneOf(parts) => parts.iter().map(dearness).max().unwrap_or_default(),
    }
}

/// What of a string is looked for as phrases, and whether that is all of it at its beginning and at its end.
struct Forms {
    phrases: Vec<Vec<String>>,
    first: bool,
    last: bool,
}

/// One segment, one field.
struct Search<'a> {
    reader: &'a SegmentReader,
    field: Field,
    words: &'a InvertedIndexReader,
    list: &'a Words,
    few: usize,
}

impl Search<'_> {
    /// Those of the documents before, of all where there are none, that may meet the need; few are left as they are.
    fn narrow(&self, need: &Need, before: Option<BitSet>) -> tantivy::Result<Option<BitSet>> {
        if before.as_ref().is_some_and(|before| before.len() <= self.few) {
            return Ok(before);
        }
        match need {
            Need::Nothing => Ok(before),
            Need::Text(text) => self.holding(&cut(text), before),
            Need::All(parts) => {
                let mut parts: Vec<_> = parts.iter().collect();
                parts.sort_by_key(|part| dearness(part));
                parts.into_iter().try_fold(before, |before, part| self.narrow(part, before))
            }
            Need::OneOf(parts) => {
                let mut any = BitSet::with_max_value(self.reader.max_doc());
                for part in parts {
                    match self.narrow(part, before.clone())? {
                        Some(found) => each(&found, |doc| {
                            any.insert(doc);
                        }),
                        None => return Ok(before),
                    }
                }
                Ok(Some(any))
            }
        }
    }

    fn phrases(&self, need: &Need) -> tantivy::Result<Option<Vec<Vec<String>>>> {
        let found = match need {
            // One part of several tells too little: many would be read that lack another.
            Need::Nothing | Need::All(_) => None,
            Need::Text(text) => {
                let Forms { phrases, first, last } = self.forms(&cut(text))?;
                let all = first && last && phrases.iter().all(|phrase| !phrase.is_empty());
                all.then_some(phrases)
            }
            Need::OneOf(parts) => {
                let parts =
                    parts.iter().map(|part| self.phrases(part)).collect::<tantivy::Result<Vec<_>>>()?;
                parts.into_iter().collect::<Option<Vec<_>>>().map(|parts| parts.concat())
            }
        };
        Ok(found.filter(|phrases| phrases.len() <= FORMS))
    }

    /// Documents with a string in them.
    fn holding(&self, cut: &Cut, before: Option<BitSet>) -> tantivy::Result<Option<BitSet>> {
        let Cut { head, inside, tail, .. } = cut;
        let enough = |found: &Option<BitSet>| found.as_ref().is_some_and(|found| found.len() <= self.few);
        let mut found = before;
        let Forms { phrases, first, last } = self.forms(cut)?;
        if phrases.iter().all(|phrase| !phrase.is_empty()) {
            let mut any = BitSet::with_max_value(self.reader.max_doc());
            phrases.iter().try_for_each(|phrase| self.phrase(phrase, &mut any))?;
            meet(&mut found, Some(any));
        }
        // The shorter a beginning, the more words have it and the less it tells.
        let long = found.is_none() || tail.chars().count() > 2;
        if !last && long && !enough(&found) {
            let beginning = self.beginning(tail)?;
            meet(&mut found, beginning);
        }
        if !first && !enough(&found) {
            let among = self.among(head, !inside)?;
            meet(&mut found, among);
        }
        Ok(found)
    }

    /// A string's whole words, with the first and the last one completed where they can be.
    fn forms(&self, Cut { head, inside, whole, tail }: &Cut) -> tantivy::Result<Forms> {
        let mut phrases = vec![whole.clone()];
        let lasts = if tail.is_empty() { None } else { self.beginnings(tail)? };
        if let Some(lasts) = &lasts {
            phrases =
                lasts.iter().map(|last| [whole.as_slice(), std::slice::from_ref(last)].concat()).collect();
        }
        let mut firsts = if head.is_empty() || *inside { None } else { self.endings(head)? };
        firsts = firsts.filter(|firsts| firsts.len() * phrases.len() <= FORMS);
        if let Some(firsts) = &firsts {
            let before =
                |first: &String, phrase: &Vec<String>| [std::slice::from_ref(first), phrase].concat();
            phrases = firsts.iter().flat_map(|first| phrases.iter().map(|p| before(first, p))).collect();
        }
        Ok(Forms {
            phrases,
            first: head.is_empty() || firsts.is_some(),
            last: tail.is_empty() || lasts.is_some(),
        })
    }

    /// Adds the documents in which these words follow each other.
    fn phrase(&self, words: &[String], found: &mut BitSet) -> tantivy::Result<()> {
        let mut terms: Vec<_> = words.iter().map(|word| Term::from_field_text(self.field, word)).collect();
        let query: Box<dyn Query> = match terms.len() {
            1 => Box::new(TermQuery::new(terms.remove(0), IndexRecordOption::Basic)),
            _ => Box::new(PhraseQuery::new(terms)),
        };
        let weight = query.weight(EnableScoring::disabled_from_schema(self.reader.schema()))?;
        weight.for_each_no_score(self.reader, &mut |docs| {
            for &doc in docs {
                found.insert(doc);
            }
        })
    }

    /// The words that begin so, where they are few.
    fn beginnings(&self, prefix: &str) -> tantivy::Result<Option<Vec<String>>> {
        let mut few = Vec::new();
        let mut stream = self.words.terms().range().ge(prefix).into_stream()?;
        while let Some((word, _)) = stream.next() {
            if !word.starts_with(prefix.as_bytes()) {
                break;
            }
            if few.len() == FORMS {
                return Ok(None);
            }
            few.push(String::from_utf8_lossy(word).into_owned());
        }
        Ok(Some(few))
    }

    /// The words that end so, where they are few and none can have been cut.
    fn endings(&self, text: &str) -> tantivy::Result<Option<Vec<String>>> {
        if let Some(sign) = text.chars().next().filter(|first| !first.is_alphanumeric()) {
            return self.signs(sign, text);
        }
        let mut few = Vec::new();
        let all = !self.list.has_long()
            && self.list.with(text, true, |word| {
                few.push(String::from_utf8_lossy(word).into_owned());
                Ok::<_, TantivyError>(few.len() <= FORMS)
            })?;
        Ok(all.then_some(few))
    }

    /// A word of signs is the same one again and again, so it ends as it begins. What stands before the text may be the
    /// rest of one that was cut.
    fn signs(&self, sign: char, text: &str) -> tantivy::Result<Option<Vec<String>>> {
        let mut few = self.beginnings(sign.encode_utf8(&mut [0; 4]))?;
        if let Some(few) = few.as_mut().filter(|few| few.iter().all(|word| word.chars().count() < MAX_ATOM)) {
            few.retain(|word| word.len() >= text.len());
        }
        Ok(few)
    }

    /// Documents with a word that begins so; nothing where that are too many words to tell.
    fn beginning(&self, prefix: &str) -> tantivy::Result<Option<BitSet>> {
        let mut found = BitSet::with_max_value(self.reader.max_doc());
        let mut stream = self.words.terms().range().ge(prefix).into_stream()?;
        let mut count = 0;
        while let Some((word, place)) = stream.next() {
            if !word.starts_with(prefix.as_bytes()) {
                break;
            }
            count += 1;
            if count > MANY {
                return Ok(None);
            }
            collect(self.words.read_postings_from_terminfo(place, IndexRecordOption::Basic)?, &mut found);
        }
        Ok(Some(found))
    }

    /// Documents with a word that holds the text, or ends with it; nothing where that are too many words to tell.
    fn among(&self, text: &str, at_end: bool) -> tantivy::Result<Option<BitSet>> {
        let mut found = BitSet::with_max_value(self.reader.max_doc());
        let mut count = 0;
        let all = self.list.with(text, at_end, |word| {
            if let Some(place) = self.words.terms().get(word)? {
                collect(
                    self.words.read_postings_from_terminfo(&place, IndexRecordOption::Basic)?,
                    &mut found,
                );
            }
            count += 1;
            Ok::<_, TantivyError>(count <= MANY)
        })?;
        Ok(all.then_some(found))
    }
}

pub(super) fn collect(mut postings: impl Postings, found: &mut BitSet) {
    let mut doc = postings.doc();
    while doc != TERMINATED {
        found.insert(doc);
        doc = postings.advance();
    }
}

/// Keeps what both hold; nothing told is nothing ruled out.
fn meet(found: &mut Option<BitSet>, other: Option<BitSet>) {
    let Some(other) = other else { return };
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
pub(crate) fn each(set: &BitSet, mut take: impl FnMut(DocId)) {
    for bucket in 0..set.max_value().div_ceil(64) {
        let mut rest = set.tinyset(bucket);
        while let Some(low) = rest.pop_lowest() {
            take(bucket * 64 + low);
        }
    }
}
