//! Two copies of one session, side by side.
//!
//! The streaming copy is what the agent's filter leaves of each line. Taking the same things away from the exact copy
//! makes lines comparable: escape sequences, control characters and everything beyond ASCII. Lines that then differ were
//! changed by somebody.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::{HashMap, VecDeque};
use std::ops::Range;

use memchr::memmem;

use crate::prompt::bytes_key;

/// How far ahead a line is looked for.
const AHEAD: usize = 256;
/// A line shorter than this proves nothing.
const SHORT: usize = 4;
/// So many lines that are not found mean that the streaming copy has lost more than [`AHEAD`].
const LOST: usize = 16;

/// For each line of the exact copy, the line of the streaming copy that shows the same; and where the two part.
#[derive(Debug, Default)]
pub(crate) struct Alignment {
    /// Index of the streaming line, by line of the exact copy.
    pub(crate) streamed: Vec<Option<usize>>,
    /// Pairs of (line of the exact copy, line of the streaming copy) where one has something the other has not.
    pub(crate) partings: Vec<(usize, usize)>,
    /// Streaming lines between two that both copies have, or at an end, where the exact copy shows something else or
    /// nothing; not where they only say again what stands before them.
    pub(crate) gaps: Vec<Range<usize>>,
}

/// The lines of a copy: where each begins.
pub(crate) struct Lines<'a> {
    bytes: &'a [u8],
    starts: Vec<usize>,
}

impl<'a> Lines<'a> {
    /// At most so many lines.
    pub(crate) fn first(most: usize, bytes: &'a [u8]) -> Self {
        let behind = memchr::memchr_iter(b'\n', bytes).map(|end| end + 1);
        Self { bytes, starts: [0].into_iter().chain(behind).take(most).collect() }
    }

    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self::first(usize::MAX, bytes)
    }

    pub(crate) fn len(&self) -> usize {
        self.starts.len()
    }

    /// Where a line begins.
    pub(crate) fn start(&self, line: usize) -> usize {
        self.starts[line]
    }

    /// The line that holds a byte.
    pub(crate) fn at(&self, byte: usize) -> usize {
        self.starts.partition_point(|start| *start <= byte).saturating_sub(1)
    }

    /// The bytes of a line, if there is one, without its line feed.
    fn get(&self, line: usize) -> Option<&'a [u8]> {
        let rest = &self.bytes[*self.starts.get(line)?..];
        let len = match self.starts.get(line + 1) {
            Some(next) => next - self.starts[line] - 1,
            None => memchr::memchr(b'\n', rest).unwrap_or(rest.len()),
        };
        Some(&rest[..len])
    }
}

/// Aligns lines in order. Linear but for bounded look-ahead.
pub(crate) fn align(exact: &Lines<'_>, streamed: &Lines<'_>) -> Alignment {
    // characters beyond ASCII are damaged by the filter, and may take their neighbours with them
    let fragile = |line: &[u8]| !line.is_ascii() && line.iter().any(|b| (0x80..0xa0).contains(b));
    let damaged = |line: &[u8]| !line.is_ascii() && memmem::find(line, REPLACEMENT).is_some();
    let (whole, copy) = (exact, streamed);
    let (exact, streamed) = (Keys::of(whole), Keys::of(copy));
    let mut out = Alignment { streamed: vec![None; whole.len()], ..Alignment::default() };
    let places = OnceCell::new();
    let mut next = 0;
    let mut after_last = 0;
    let mut unmatched: VecDeque<usize> = VecDeque::new();
    for j in 0..copy.len() {
        let Some(shown) = copy.get(j).filter(|_| !streamed.is_blank(j)) else { continue };
        // most are the next line to the letter
        let found = if whole.get(next).is_some_and(|own| is_same(own, shown)) {
            Some(next)
        } else {
            let line = streamed.get(j);
            let following = streamed.following(j + 1);
            let firsts = &exact.firsts[next..whole.len().min(next + AHEAD)];
            let ahead = memchr::memchr_iter(streamed.firsts[j], firsts).map(|n| next + n);
            let found = ahead.filter(|i| exact.get(*i) == line).find(|i| {
                let skipped = (next..*i).any(|i| !exact.is_blank(i));
                !skipped || following == exact.following(i + 1) || (following.is_none() && !is_short(line))
            });
            found.or_else(|| {
                let line = (unmatched.len() >= LOST && !is_short(line)).then_some(line)?;
                far_ahead(&exact, places.get_or_init(|| Places::of(&exact)), next, line, following?)
            })
        };
        let Some(i) = found else {
            if !is_short(streamed.get(j)) && !damaged(shown) {
                unmatched.push_back(j);
            }
            continue;
        };
        let missing = (next..i)
            .find(|i| !exact.is_blank(*i) && !is_short(exact.get(*i)) && !whole.get(*i).is_some_and(fragile));
        // lines shown twice in a moment are taken for lines that were sent twice, and are there once
        let missing = missing.filter(|_| !repeats(&exact, next..i));
        out.gaps.extend(gap(&streamed, after_last..j, &unmatched));
        if next > 0 || !unmatched.is_empty() {
            if let Some(j) = unmatched.pop_front() {
                out.partings.push((missing.unwrap_or(i), j));
            } else if let Some(missing) = missing {
                out.partings.push((missing, j));
            }
        }
        unmatched.clear();
        out.streamed[i] = Some(j);
        (next, after_last) = (i + 1, j + 1);
    }
    out.gaps.extend(gap(&streamed, after_last..copy.len(), &unmatched));
    if let Some(j) = unmatched.pop_front()
        && next > 0
    {
        out.partings.push((next.min(whole.len().saturating_sub(1)), j));
    }
    out
}

/// The lines of a gap, if one of them is of weight, `unmatched`, and they do not repeat the lines before them.
fn gap(streamed: &Keys<'_>, lines: Range<usize>, unmatched: &VecDeque<usize>) -> Option<Range<usize>> {
    (!unmatched.is_empty() && !repeats(streamed, lines.clone())).then_some(lines)
}

/// Whether lines say again what stands before them.
fn repeats(keys: &Keys<'_>, lines: Range<usize>) -> bool {
    let shown = |lines: Range<usize>| lines.rev().filter(|i| !keys.is_blank(*i)).map(|i| keys.get(i));
    let own = shown(lines.clone()).count();
    shown(lines.clone()).eq(shown(0..lines.start).take(own))
}

/// Whether two lines have the same bytes that go into their keys.
fn is_same(mut exact: &[u8], mut streamed: &[u8]) -> bool {
    loop {
        (exact, streamed) = (from_first(exact), from_first(streamed));
        // mostly all that follows is the same
        if let Some(rest) = exact.strip_prefix(streamed) {
            return from_first(rest).is_empty();
        }
        let alike = |(a, b): &(&u8, &u8)| a == b && **a != 0x1b;
        let same = exact.iter().zip(streamed).take_while(alike).count();
        if same == 0 {
            return false;
        }
        (exact, streamed) = (&exact[same..], &streamed[same..]);
    }
}

/// The keys of lines, each made once it is asked for.
struct Keys<'a> {
    lines: &'a Lines<'a>,
    /// The first byte of each that goes into its key, 0 where none does: lines whose first ones differ have different keys.
    firsts: Vec<u8>,
    /// What no line has that has something to compare, until it is made.
    made: Vec<Cell<u64>>,
    /// Room to make one in.
    kept: RefCell<Vec<u8>>,
}

impl<'a> Keys<'a> {
    fn of(lines: &'a Lines<'a>) -> Self {
        let first = |line| from_first(lines.get(line)?).first().copied();
        let firsts = (0..lines.len()).map(|line| first(line).unwrap_or_default()).collect();
        Self { lines, firsts, made: vec![Cell::default(); lines.len()], kept: RefCell::default() }
    }

    fn get(&self, line: usize) -> u64 {
        let made = &self.made[line];
        if made.get() == BLANK {
            let bytes = self.lines.get(line).unwrap_or_default();
            made.set(key(bytes, &mut self.kept.borrow_mut()));
        }
        made.get()
    }

    /// Whether there is nothing to compare.
    fn is_blank(&self, line: usize) -> bool {
        self.firsts[line] == 0
    }

    /// That of the first line from `line` on that has something to compare, if it is near.
    fn following(&self, line: usize) -> Option<u64> {
        let mut near = line..self.lines.len().min(line + AHEAD);
        near.find(|line| !self.is_blank(*line)).map(|line| self.get(line))
    }
}

/// A line from its first byte on that goes into its key.
fn from_first(mut line: &[u8]) -> &[u8] {
    while let Some((b, rest)) = line.split_first() {
        match b {
            0x1b => line = behind_sequence(rest),
            b if b.is_ascii_graphic() => break,
            _ => line = rest,
        }
    }
    line
}

/// Where the lines of the exact copy stand that are of weight.
struct Places(HashMap<u64, Vec<usize>>);

impl Places {
    fn of(exact: &Keys<'_>) -> Self {
        let mut places: HashMap<u64, Vec<usize>> = HashMap::new();
        for line in (0..exact.lines.len()).filter(|line| !is_short(exact.get(*line))) {
            places.entry(exact.get(line)).or_default().push(line);
        }
        Self(places)
    }
}

/// Where the exact copy goes on with a line and the `following` one, behind any number of others.
fn far_ahead(exact: &Keys<'_>, places: &Places, next: usize, line: u64, following: u64) -> Option<usize> {
    /// A line that comes more often before it is followed so tells little.
    const TRIES: usize = 8;
    let places = places.0.get(&line)?;
    let ahead = &places[places.partition_point(|i| *i < next)..];
    let goes_on = |i: &usize| exact.following(i + 1) == Some(following);
    ahead.iter().copied().take(TRIES).find(goes_on)
}

/// U+FFFD.
const REPLACEMENT: &[u8] = "\u{fffd}".as_bytes();
/// The key of a line with nothing to compare.
const BLANK: u64 = 0;

fn is_short(key: u64) -> bool {
    (key & 0xff) < SHORT as u64
}

/// A hash of what both copies keep of a line; its lowest byte is the length up to 255. `kept` is room for that.
fn key(line: &[u8], kept: &mut Vec<u8>) -> u64 {
    kept.clear();
    let mut rest = line;
    while let Some(escape) = memchr::memchr(0x1b, rest) {
        keep_visible(&rest[..escape], kept);
        rest = behind_sequence(&rest[escape + 1..]);
    }
    keep_visible(rest, kept);
    if kept.is_empty() { BLANK } else { (bytes_key(kept) & !0xff) | kept.len().min(255) as u64 }
}

fn keep_visible(text: &[u8], kept: &mut Vec<u8>) {
    let mut end = kept.len();
    kept.resize(end + text.len(), 0);
    for b in text {
        kept[end] = *b;
        end += usize::from(b.is_ascii_graphic());
    }
    kept.truncate(end);
}

/// What follows the sequence that `bytes` go on with behind its escape.
fn behind_sequence(bytes: &[u8]) -> &[u8] {
    let Some((first, rest)) = bytes.split_first() else { return bytes };
    let len = match first {
        b'[' => rest.iter().position(|b| (0x40..0x7f).contains(b)).map(|at| at + 1),
        b']' | b'P' | b'X' | b'^' | b'_' => {
            let ends = |at: &usize| rest[*at] == 0x07 || rest[..=*at].ends_with(b"\x1b\\");
            (0..rest.len()).find(ends).map(|at| at + 1)
        }
        b' '..=b'/' => Some(1),
        _ => Some(0),
    };
    len.and_then(|len| rest.get(len..)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &[&'static str]) -> Vec<&'static [u8]> {
        text.iter().map(|l| l.as_bytes()).collect()
    }

    fn aligned(exact: &[&[u8]], streamed: &[&[u8]]) -> Alignment {
        let [exact, streamed] = [exact, streamed].map(|lines| lines.join(&b'\n'));
        align(&Lines::new(&exact), &Lines::new(&streamed))
    }

    #[test]
    fn what_the_agent_removes_makes_no_difference() {
        let exact = lines(&[
            "\x1b[?2004hsh$ ls caf\u{e9}\r\r",
            "\x1b[?2004l\rout\u{2014}x\r\r",
            "\x1b]0;t\x07u@h$ id\r\r",
        ]);
        let streamed = lines(&["sh$ ls caf\u{e9}", "out\u{fffd}x", "\x1b]0;t\x07u@h$ id"]);
        let found = aligned(&exact, &streamed);
        assert_eq!(found.streamed, [Some(0), Some(1), Some(2)]);
        assert!(found.partings.is_empty());
    }

    #[test]
    fn a_line_taken_out_of_either_copy_shows() {
        let all = lines(&["sh$ whoami", "alice", "sh$ rm -rf /srv/data", "sh$ history -c", "sh$ exit"]);
        let cut = lines(&["sh$ whoami", "alice", "sh$ history -c", "sh$ exit"]);
        assert_eq!(aligned(&all, &cut).partings, [(2, 2)]);
        assert_eq!(aligned(&cut, &all).partings, [(2, 2)]);
    }

    #[test]
    fn what_only_the_streaming_copy_has_is_a_gap() {
        let all = lines(&["sh$ whoami", "alice", "sh$ rm -rf /srv/data", "sh$ id", "sh$ exit"]);
        let cut = lines(&["sh$ whoami", "alice", "sh$ id"]);
        assert_eq!(aligned(&cut, &all).gaps, [2..3, 4..5]);
        assert!(aligned(&all, &cut).gaps.is_empty());
        let other = lines(&["sh$ whoami", "alice", "sh$ ls -l", "sh$ id", "sh$ exit"]);
        assert_eq!(aligned(&other, &all).gaps, std::iter::once(2..3).collect::<Vec<_>>());
        // what was sent twice is nothing that the other copy lacks
        let again = lines(&["sh$ whoami", "alice", "sh$ whoami", "alice", "sh$ id"]);
        assert!(aligned(&cut, &again).gaps.is_empty());
    }

    #[test]
    fn copies_meet_again_behind_any_loss() {
        let name = |n: usize| format!("line number {n}").into_bytes();
        let exact: Vec<Vec<u8>> = (0..5000).map(name).collect();
        let exact: Vec<&[u8]> = exact.iter().map(Vec::as_slice).collect();
        let streamed = [&exact[..100], &exact[4000..]].concat();
        let found = aligned(&exact, &streamed);
        assert_eq!(found.streamed[4999], Some(1099));
        let lost = found.streamed[4000..].iter().filter(|line| line.is_none()).count();
        assert!(lost <= LOST, "{lost}");
    }

    #[test]
    fn what_was_shown_twice_may_be_there_once() {
        let twice = lines(&["sh$ cat x", "one", "two", "sh$ cat x", "one", "two", "sh$ exit"]);
        let once = lines(&["sh$ cat x", "one", "two", "sh$ exit"]);
        assert!(aligned(&twice, &once).partings.is_empty());
    }

    #[test]
    fn a_copy_that_starts_late_or_ends_early_is_no_disagreement() {
        let all = lines(&["sh$ whoami", "alice", "sh$ uptime", "sh$ exit"]);
        assert!(aligned(&all, &all[..2]).partings.is_empty());
    }
}
