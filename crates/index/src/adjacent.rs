//! Words that follow each other, found in all documents of a segment at once, for where somebody wants to know how many
//! there are. The engine asks for the positions of a word document by document; here they are taken block by block.

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
    let (mut both, mut ends, mut next) = (Vec::new(), Vec::new(), Vec::new());
    while !first.is_over() && !second.is_over() {
        in_both(&mut first, &mut second, &mut both);
        if !both.is_empty() {
            first.load();
            second.load();
        }
        for &(doc, here, there) in &both {
            let met = match (rest.as_mut_slice(), first.steps(here), second.steps(there)) {
                // most words are in a text once
                ([], [before], [behind]) => before + 1 == *behind,
                (rest, before, behind) => {
                    ends.clear();
                    follow(places(before), places(behind), &mut ends);
                    for word in rest.iter_mut() {
                        if ends.is_empty() {
                            break;
                        }
                        next.clear();
                        if let Some(at) = word.seek(doc) {
                            word.load();
                            follow(ends.iter().copied(), places(word.steps(at)), &mut next);
                        }
                        std::mem::swap(&mut ends, &mut next);
                    }
                    !ends.is_empty()
                }
            };
            if met {
                found(doc);
            }
        }
        first.go_on();
        second.go_on();
    }
    Ok(true)
}

/// The documents that both have in their blocks, up to the end of one of them, with the place of each in either.
fn in_both(first: &mut Occurrences, second: &mut Occurrences, both: &mut Vec<(DocId, usize, usize)>) {
    both.clear();
    let (a, b) = (first.postings.docs(), second.postings.docs());
    let (mut i, mut j) = (first.at, second.at);
    if let (Some(a_first), Some(a_last), Some(b_first), Some(b_last)) =
        (a.get(i), a.last(), b.get(j), b.last())
    {
        i = if a_last < b_first { a.len() } else { i };
        j = if b_last < a_first { b.len() } else { j };
    }
    // without a branch that nobody can foresee
    both.resize((a.len() - i).min(b.len() - j), (0, 0, 0));
    let mut count = 0;
    while let (Some(&x), Some(&y)) = (a.get(i), b.get(j)) {
        if let Some(place) = both.get_mut(count) {
            *place = (x, i, j);
        }
        count += usize::from(x == y);
        i += usize::from(x <= y);
        j += usize::from(y <= x);
    }
    both.truncate(count);
    (first.at, second.at) = (i, j);
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

/// Where a word is, as it is gone through block by block.
struct Occurrences {
    postings: BlockSegmentPostings,
    positions: PositionReader,
    /// The first document of the block that was not looked at.
    at: usize,
    /// How many positions lie before the block.
    before: u64,
    /// All of the block, each but a document's first as the step from the one before; none while nobody asked.
    steps: Vec<u32>,
    /// Where those of each document begin, and where the last one's end.
    starts: Vec<usize>,
}

impl Occurrences {
    fn new(postings: BlockSegmentPostings, positions: PositionReader) -> Self {
        Self { postings, positions, at: 0, before: 0, steps: Vec::new(), starts: Vec::new() }
    }

    fn is_over(&self) -> bool {
        self.postings.docs().is_empty()
    }

    /// To the next block, where all of this one was looked at.
    fn go_on(&mut self) {
        if self.at < self.postings.docs().len() {
            return;
        }
        self.before += self.postings.freqs().iter().map(|&freq| u64::from(freq)).sum::<u64>();
        self.steps.clear();
        self.at = 0;
        self.postings.advance();
    }

    /// The place of the document in its block, if the word is in it.
    fn seek(&mut self, doc: DocId) -> Option<usize> {
        while self.postings.docs().last().is_some_and(|&last| last < doc) {
            self.at = self.postings.docs().len();
            self.go_on();
        }
        self.postings.docs().binary_search(&doc).ok()
    }

    /// Reads the positions of the block.
    fn load(&mut self) {
        if !self.steps.is_empty() {
            return;
        }
        self.starts.clear();
        self.starts.push(0);
        let mut all = 0;
        self.starts.extend(self.postings.freqs().iter().map(|&freq| {
            all += freq as usize;
            all
        }));
        self.steps.resize(all, 0);
        self.positions.read(self.before, &mut self.steps);
    }

    /// How it is gone from place to place in a document of the block, from the document's beginning.
    fn steps(&self, at: usize) -> &[u32] {
        &self.steps[self.starts[at]..self.starts[at + 1]]
    }
}
