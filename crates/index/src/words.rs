//! The words of each segment once more, laid out so that they can be looked into.
//!
//! The engine's dictionary finds a word by its beginning. Where a text stands in the middle of a word or at its end, every
//! word would have to be taken out of it; here they lie one behind the other and are searched as fast as memory is read.
//! The same goes for texts that are indexed as a whole, all of which are gone through.
//! They are written with each segment, and by each merge, from the dictionary that the engine has just written.

use std::collections::HashMap;
use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

use memchr::{memchr, memchr_iter, memmem, memrchr};
use tantivy::directory::{CompositeFile, CompositeWrite, OwnedBytes};
use tantivy::index::{Segment, SegmentComponent, SegmentId, SegmentReader};
use tantivy::schema::{Field, FieldType};
use tantivy::termdict::TermDictionary;

use crate::analyze::MAX_ATOM;
use crate::beside::Beside;
use crate::schema::{ATOMS, VALUES};

/// Stands before the first word and behind each; no text in UTF-8 holds this byte.
const END: u8 = 0xff;

/// The file with the words of every field of text.
pub(crate) const WORDS: Beside = Beside { extension: "words", write };

/// Parts of a field: all of its words, and those that are so long that a run of letters may go on in the next one.
const ALL: usize = 0;
const LONG: usize = 1;

fn write(segment: &Segment, component: SegmentComponent) -> tantivy::Result<()> {
    let terms = CompositeFile::open(&segment.open_read(SegmentComponent::Terms)?)?;
    let mut out = CompositeWrite::wrap(segment.open_write(component)?);
    for (field, entry) in segment.schema().fields() {
        let FieldType::Str(options) = entry.field_type() else { continue };
        let (Some(indexing), Some(terms)) = (options.get_indexing_options(), terms.open_read(field)) else {
            continue;
        };
        if ![ATOMS, VALUES].contains(&indexing.tokenizer()) {
            continue;
        }
        let mut long = vec![END];
        let all = out.for_field_with_idx(field, ALL);
        all.write_all(&[END])?;
        let terms = TermDictionary::open(terms)?;
        let mut stream = terms.stream()?;
        while let Some((word, _)) = stream.next() {
            all.write_all(word)?;
            all.write_all(&[END])?;
            if is_long(word) {
                long.extend_from_slice(word);
                long.push(END);
            }
        }
        out.for_field_with_idx(field, LONG).write_all(&long)?;
    }
    Ok(out.close()?)
}

fn is_long(word: &[u8]) -> bool {
    word.len() >= MAX_ATOM && std::str::from_utf8(word).is_ok_and(|word| word.chars().count() >= MAX_ATOM)
}

/// Lists that were opened once.
#[derive(Clone, Default)]
pub(crate) struct Lists(Arc<Mutex<ByField>>);

type ByField = HashMap<(SegmentId, Field), Arc<Words>>;

impl std::fmt::Debug for Lists {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lists").finish_non_exhaustive()
    }
}

impl Lists {
    pub(crate) fn of(&self, reader: &SegmentReader, field: Field) -> tantivy::Result<Arc<Words>> {
        let mut lists = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(words) = lists.get(&(reader.segment_id(), field)) {
            return Ok(Arc::clone(words));
        }
        let words = Arc::new(Words::open(reader, field)?);
        lists.insert((reader.segment_id(), field), Arc::clone(&words));
        Ok(words)
    }

    pub(crate) fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

/// The words of one field of a segment.
pub(crate) struct Words {
    all: OwnedBytes,
    long: OwnedBytes,
}

impl Words {
    fn open(reader: &SegmentReader, field: Field) -> tantivy::Result<Self> {
        let file = CompositeFile::open(&reader.open_read(WORDS.component())?)?;
        let part = |which| match file.open_read_with_idx(field, which) {
            Some(part) => part.read_bytes(),
            None => Ok(OwnedBytes::empty()),
        };
        Ok(Self { all: part(ALL)?, long: part(LONG)? })
    }

    /// Bytes of all words.
    pub(crate) fn len(&self) -> usize {
        self.all.len()
    }

    /// All words, in the order in which the dictionary has them.
    pub(crate) fn each(&self) -> impl Iterator<Item = &[u8]> {
        let words = self.all.as_slice();
        memchr_iter(END, words)
            .zip(memchr_iter(END, words).skip(1))
            .map(|(start, end)| &words[start + 1..end])
    }

    /// Whether there is a word that may have been cut.
    pub(crate) fn has_long(&self) -> bool {
        self.long.len() > 1
    }

    /// Gives every word that holds the text, or ends with it, to `take`, until that says no; and every one that may
    /// have been cut in the middle of it. Says whether all were given.
    pub(crate) fn with<E>(
        &self,
        text: &str,
        at_end: bool,
        mut take: impl FnMut(&[u8]) -> Result<bool, E>,
    ) -> Result<bool, E> {
        let mut needle = text.as_bytes().to_vec();
        needle.extend(at_end.then_some(END));
        let finder = memmem::Finder::new(&needle);
        let mut at = 0;
        while let Some(found) = finder.find(&self.all[at..]) {
            let start = memrchr(END, &self.all[..at + found]).map_or(0, |end| end + 1);
            let end = memchr(END, &self.all[at + found..]).map_or(self.all.len(), |end| at + found + end);
            if !take(&self.all[start..end])? {
                return Ok(false);
            }
            at = end;
        }
        for word in self.long.as_slice().split(|&byte| byte == END).filter(|word| !word.is_empty()) {
            if !take(word)? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}
