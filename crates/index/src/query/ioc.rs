//! Lists of indicators: addresses, domains, hashes, keys and commands that are known to be bad.

use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::sync::Arc;

use aho_corasick::AhoCorasick;
use tantivy::query::{BitSetDocSet, ConstScorer, EnableScoring, Explanation, Query, Scorer, Weight};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{BitSet, DocId, InvertedIndexReader, Score, SegmentReader, TantivyError, Term};
use whoran_model::CommandRecord;

use super::QueryError;
use super::substring::{FEW, both, collect, each};
use crate::analyze::atoms;

/// Stands before, between and behind atoms; no atom holds white space.
const GAP: &str = "\n";

/// Indicators, each found like a phrase: word by word, letter case never counts. `10.0.0.1` is not in `10.0.0.11`. One that
/// is a masked secret is found by its fingerprint.
#[derive(Clone)]
pub struct Indicators(Arc<List>);

struct List {
    /// As they were written.
    texts: Vec<String>,
    words: Vec<Vec<String>>,
    finder: AhoCorasick,
    /// Which of them have which fingerprint.
    prints: HashMap<String, usize>,
}

impl Indicators {
    /// Reads one a line. What follows `#` at the beginning of a line or behind a blank is a comment; `hxxp` and `[.]`
    /// are read as what they stand for. `fingerprint` says what a record says of a text that was masked in it; what has
    /// blanks is no secret, but may be a command with one.
    ///
    /// # Errors
    /// There is none, or there are more than can be searched for at once.
    pub fn read(list: &str, fingerprint: impl Fn(&str) -> Option<String>) -> Result<Self, QueryError> {
        let mut seen = BTreeSet::new();
        let (mut texts, mut words, mut prints) = (Vec::new(), Vec::new(), HashMap::new());
        for line in list.trim_start_matches('\u{feff}').lines() {
            let end =
                line.find('#').filter(|&at| line[..at].chars().next_back().is_none_or(char::is_whitespace));
            let text = line[..end.unwrap_or(line.len())].trim();
            let plain = text.replace("[.]", ".").replace("[:]", ":").replace("hxxp", "http");
            let atoms: Vec<_> = atoms(&plain).collect();
            if !atoms.is_empty() && seen.insert(atoms.clone()) {
                let print = (!text.contains(char::is_whitespace)).then(|| fingerprint(text)).flatten();
                prints.extend(print.map(|print| (print, texts.len())));
                texts.push(text.to_owned());
                words.push(atoms);
            }
        }
        let hint =
            "write one a line: an address, a domain, a hash, a key id or a command; # begins a comment";
        if texts.is_empty() {
            return Err(QueryError::new(0..0, "the list of indicators is empty", hint));
        }
        let finder = AhoCorasick::new(words.iter().map(|words| joined(words)));
        let finder =
            finder.map_err(|error| QueryError::new(0..0, error.to_string(), "search for a part of them"))?;
        Ok(Self(Arc::new(List { texts, words, finder, prints })))
    }

    /// All of them, as they were written.
    pub fn texts(&self) -> &[String] {
        &self.0.texts
    }

    /// Those that are in the command or its output, or were masked there, as they were written.
    pub fn found_in(&self, record: &CommandRecord) -> Vec<&str> {
        let mut found = BTreeSet::new();
        for text in [&record.command.command, &record.command.output] {
            let words = joined(&atoms(text).collect::<Vec<_>>());
            let patterns = self.0.finder.find_overlapping_iter(&words).map(|found| found.pattern());
            found.extend(patterns.map(|pattern| pattern.as_usize()));
        }
        let masked = record.secrets.iter().filter_map(|secret| secret.fingerprint.as_ref());
        found.extend(masked.filter_map(|print| self.0.prints.get(print)));
        found.into_iter().map(|at| self.0.texts[at].as_str()).collect()
    }

    /// Whether any of them may be a masked secret.
    pub(crate) fn may_be_masked(&self) -> bool {
        !self.0.prints.is_empty()
    }

    /// Whether one of them has this fingerprint.
    pub(crate) fn were_masked_as(&self, fingerprint: &str) -> bool {
        self.0.prints.contains_key(fingerprint)
    }

    pub(crate) fn are_in(&self, text: &str) -> bool {
        let words: Vec<_> = atoms(text).collect();
        self.0.finder.is_match(&joined(&words))
    }
}

fn joined(words: &[String]) -> String {
    format!("{GAP}{}{GAP}", words.join(GAP))
}

impl PartialEq for Indicators {
    fn eq(&self, other: &Self) -> bool {
        self.0.texts == other.0.texts
    }
}

impl fmt::Debug for Indicators {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Indicators").field(&self.0.texts.len()).finish_non_exhaustive()
    }
}

/// Documents one of whose fields holds all words of an indicator.
#[derive(Debug, Clone)]
pub(super) struct Candidates {
    pub(super) fields: Vec<Field>,
    /// Where fingerprints of what was masked are.
    pub(super) masked: Option<Field>,
    pub(super) indicators: Indicators,
}

impl Query for Candidates {
    fn weight(&self, _scoring: EnableScoring<'_>) -> tantivy::Result<Box<dyn Weight>> {
        Ok(Box::new(self.clone()))
    }
}

impl Weight for Candidates {
    fn scorer(&self, reader: &SegmentReader, boost: Score) -> tantivy::Result<Box<dyn Scorer>> {
        let mut found = BitSet::with_max_value(reader.max_doc());
        for &field in &self.fields {
            let index = reader.inverted_index(field)?;
            let mut dictionary = Dictionary::new(&index, field, reader);
            for words in &self.indicators.0.words {
                dictionary.holding(words, &mut found)?;
            }
        }
        if let Some(field) = self.masked {
            let index = reader.inverted_index(field)?;
            let dictionary = Dictionary::new(&index, field, reader);
            self.indicators.0.prints.keys().try_for_each(|print| dictionary.collect(print, &mut found))?;
        }
        Ok(Box::new(ConstScorer::new(BitSetDocSet::from(found), boost)))
    }

    fn explain(&self, _reader: &SegmentReader, _doc: DocId) -> tantivy::Result<Explanation> {
        Err(TantivyError::InvalidArgument("scores are not used".to_owned()))
    }
}

struct Dictionary<'a> {
    words: &'a InvertedIndexReader,
    field: Field,
    max_doc: DocId,
    /// Documents with a word that many have.
    common: HashMap<String, BitSet>,
}

impl<'a> Dictionary<'a> {
    fn new(words: &'a InvertedIndexReader, field: Field, reader: &SegmentReader) -> Self {
        Self { words, field, max_doc: reader.max_doc(), common: HashMap::new() }
    }

    fn holding(&mut self, words: &[String], found: &mut BitSet) -> tantivy::Result<()> {
        let mut by_count = Vec::new();
        for word in words.iter().collect::<BTreeSet<_>>() {
            match self.words.doc_freq(&Term::from_field_text(self.field, word))? {
                0 => return Ok(()),
                count => by_count.push((count as usize, word)),
            }
        }
        by_count.sort_unstable();
        let Some((&(count, rarest), others)) = by_count.split_first() else { return Ok(()) };
        if count <= FEW || others.is_empty() {
            return self.collect(rarest, found);
        }
        let mut all: Option<BitSet> = None;
        for (_, word) in by_count {
            if !self.common.contains_key(word) {
                let mut docs = BitSet::with_max_value(self.max_doc);
                self.collect(word, &mut docs)?;
                self.common.insert(word.clone(), docs);
            }
            let docs = &self.common[word];
            all = Some(all.map_or_else(|| docs.clone(), |all| both(&all, docs)));
        }
        if let Some(all) = all {
            each(&all, |doc| {
                found.insert(doc);
            });
        }
        Ok(())
    }

    fn collect(&self, word: &str, found: &mut BitSet) -> tantivy::Result<()> {
        let term = Term::from_field_text(self.field, word);
        if let Some(postings) = self.words.read_postings(&term, IndexRecordOption::Basic)? {
            collect(postings, found);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_read_as_they_are_passed_around() {
        let list = Indicators::read(
            "\u{feff}# bad\n10.0.0[.]1\r\nhxxp://evil[.]com/x # seen\n\n10.0.0.1\nrm -rf #x\n",
            |_| None,
        )
        .unwrap();
        assert_eq!(list.0.texts, ["10.0.0[.]1", "hxxp://evil[.]com/x", "rm -rf"]);
        for (text, found) in [
            ("ping 10.0.0.1", true),
            ("ping 10.0.0.11", false),
            ("curl HTTP://evil.com/x/y", true),
            ("rm -r f", false),
        ] {
            assert_eq!(list.are_in(text), found, "{text}");
        }
        assert!(Indicators::read("# nothing\n", |_| None).is_err());
    }
}
