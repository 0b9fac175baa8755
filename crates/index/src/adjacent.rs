//! Words that follow each other, found in all documents of a segment at once, for where somebody wants to know how many
//! there are. The engine asks for the positions of a word document by document; here they are taken block by block.

use std::cmp::Ordering;

use tantivy::directory::CompositeFile;
use tantivy::index::SegmentComponent;
use tantivy::positions::PositionReader;
use tantivy::postings::BlockSegmentPostings;
use tantivy::schema::IndexRecordOption;
use tantivy::{DocId, SegmentReader, Term};

/// Where one word is in so many times as many documents as another, to pass over blocks is quicker than to read them all.
const UNEQUAL: u32 = 32;

/// Gives the documents of a segment, in order, in which these words of a field follow each other to `found`. Not where the
/// engine is quicker, which is said.
pub(crate) fn adjacent(
    reader: &SegmentReader,
    words: &[Term],
    mut found: impl FnMut(DocId),
) -> tantivy::Result<bool> {
    let [first, second, more @ ..] = words else { return Ok(false) };
    let field = first.field();
    let index = reader.inverted_index(field)?;
    let positions = CompositeFile::open(&reader.open_read(SegmentComponent::Positions)?)?;
    let Some(positions) = positions.open_read(field) else { return Ok(false) };
    let (mut fewest, mut most) = (u32::MAX, 0);
    let mut begin = |word: &Term| {
        let Some(info) = index.get_term_info(word)? else { return Ok(None) };
        (fewest, most) = (fewest.min(info.doc_freq), most.max(info.doc_freq));
        let postings = index.read_block_postings_from_terminfo(&info, IndexRecordOption::WithFreqs)?;
        let positions = positions.slice(info.positions_range.clone()).read_bytes()?;
        Ok::<_, tantivy::TantivyError>(Some(Occurrences::new(postings, PositionReader::open(positions)?)))
    };
    let (Some(mut first), Some(mut second)) = (begin(first)?, begin(second)?) else { return Ok(true) };
    let mut rest = Vec::new();
    for word in more {
        let Some(word) = begin(word)? else { return Ok(true) };
        rest.push(word);
    }
    if most / UNEQUAL > fewest {
        return Ok(false);
    }
    let (mut ends, mut next) = (Vec::new(), Vec::new());
    while let (Some(here), Some(there)) = (first.doc(), second.doc()) {
        match here.cmp(&there) {
            Ordering::Less => first.skip_to(there),
            Ordering::Greater => second.skip_to(here),
            Ordering::Equal => {
                let met = match rest.as_mut_slice() {
                    // most words are in a text once
                    [] => match (first.steps(), second.steps()) {
                        ([before], [behind]) => before + 1 == *behind,
                        (before, behind) => {
                            ends.clear();
                            follow(places(before), places(behind), &mut ends);
                            !ends.is_empty()
                        }
                    },
                    rest => {
                        ends.clear();
                        follow(places(first.steps()), places(second.steps()), &mut ends);
                        for word in rest {
                            word.skip_to(here);
                            next.clear();
                            if !ends.is_empty() && word.doc() == Some(here) {
                                follow(ends.iter().copied(), places(word.steps()), &mut next);
                            }
                            std::mem::swap(&mut ends, &mut next);
                        }
                        !ends.is_empty()
                    }
                };
                if met {
                    found(here);
                }
                first.step();
                second.step();
            }
        }
    }
    Ok(true)
}

/// The places of a word in a document, by the steps to them.
fn places(steps: &[u32]) -> impl Iterator<Item = u32> + '_ {
    steps.iter().scan(0, |place, step| {
        *place += step;
        Some(*place)
    })
}

/// Those of the second places that lie one behind one of the first. Both are in order.
fn follow(first: impl Iterator<Item = u32>, second: impl Iterator<Item = u32>, found: &mut Vec<u32>) {
    let mut first = first.peekable();
    for place in second {
        while first.next_if(|&before| before + 1 < place).is_some() {}
        if first.peek().is_some_and(|&before| before + 1 == place) {
            found.push(place);
        }
    }
}

/// Where a word is, as it is gone through.
struct Occurrences {
    postings: BlockSegmentPostings,
    positions: PositionReader,
    /// Which document of the block it is at.
    at: usize,
    /// How many positions lie before the block.
    before: u64,
    /// All of the block, each but a document's first as the step from the one before; none while nobody asked.
    steps: Vec<u32>,
    /// Which of them is the first one of the document that was asked about last, and which document that is.
    begin: (usize, usize),
}

impl Occurrences {
    fn new(postings: BlockSegmentPostings, positions: PositionReader) -> Self {
        Self { postings, positions, at: 0, before: 0, steps: Vec::new(), begin: (0, 0) }
    }

    fn doc(&self) -> Option<DocId> {
        self.postings.docs().get(self.at).copied()
    }

    fn step(&mut self) {
        self.at += 1;
        if self.at == self.postings.block_len() {
            self.next_block();
        }
    }

    /// To the first document that is not before that one.
    fn skip_to(&mut self, doc: DocId) {
        while self.postings.docs().last().is_some_and(|&last| last < doc) {
            self.next_block();
        }
        let left = self.postings.docs().get(self.at..).unwrap_or_default();
        self.at += left.iter().position(|&here| here >= doc).unwrap_or(left.len());
    }

    fn next_block(&mut self) {
        self.before += total(self.postings.freqs()) as u64;
        self.steps.clear();
        (self.at, self.begin) = (0, (0, 0));
        self.postings.advance();
    }

    /// How it is gone from place to place in the document, from its beginning.
    fn steps(&mut self) -> &[u32] {
        let freqs = self.postings.freqs();
        if self.steps.is_empty() {
            self.steps.resize(total(freqs), 0);
            self.positions.read(self.before, &mut self.steps);
        }
        let (begin, at) = self.begin;
        let begin = begin + total(&freqs[at..self.at]);
        self.begin = (begin, self.at);
        &self.steps[begin..begin + freqs[self.at] as usize]
    }
}

fn total(freqs: &[u32]) -> usize {
    freqs.iter().map(|&freq| freq as usize).sum()
}
