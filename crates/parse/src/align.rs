//! Two copies of one session, side by side.
//!
//! The streaming copy is what the agent's filter leaves of each line. Taking the same things away from the exact copy
//! makes lines comparable: escape sequences, control characters and everything beyond ASCII. Lines that then differ were
//! changed by somebody.

use std::cell::OnceCell;
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

/// Aligns lines in order. Linear but for bounded look-ahead.
pub(crate) fn align(exact: &[&[u8]], streamed: &[&[u8]]) -> Alignment {
    // characters beyond ASCII are damaged by the filter, and may take their neighbours with them
    let fragile = |line: &[u8]| !line.is_ascii() && line.iter().any(|b| (0x80..0xa0).contains(b));
    let damaged = |line: &[u8]| !line.is_ascii() && memmem::find(line, REPLACEMENT).is_some();
    let (whole, copy) = (exact, streamed);
    let mut kept = Vec::new();
    let exact: Vec<u64> = whole.iter().map(|l| key(l, &mut kept)).collect();
    let streamed: Vec<u64> = copy.iter().map(|l| key(l, &mut kept)).collect();
    let mut out = Alignment { streamed: vec![None; exact.len()], ..Alignment::default() };
    let places = OnceCell::new();
    let mut next = 0;
    let mut after_last = 0;
    let mut unmatched: VecDeque<usize> = VecDeque::new();
    for (j, line) in streamed.iter().enumerate() {
        if *line == BLANK {
            continue;
        }
        let following = streamed[j + 1..].iter().take(AHEAD).find(|k| **k != BLANK);
        let found = (next..exact.len().min(next + AHEAD)).filter(|i| exact[*i] == *line).find(|i| {
            let skipped = exact[next..*i].iter().any(|k| *k != BLANK);
            let then = exact[i + 1..].iter().take(AHEAD).find(|k| **k != BLANK);
            !skipped || following == then || (following.is_none() && !is_short(*line))
        });
        let found = found.or_else(|| {
            let line = (unmatched.len() >= LOST && !is_short(*line)).then_some(*line)?;
            far_ahead(&exact, places.get_or_init(|| Places::of(&exact)), next, line, *following?)
        });
        let Some(i) = found else {
            if !is_short(*line) && !damaged(copy[j]) {
                unmatched.push_back(j);
            }
            continue;
        };
        let missing = (next..i).find(|i| exact[*i] != BLANK && !is_short(exact[*i]) && !fragile(whole[*i]));
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
    out.gaps.extend(gap(&streamed, after_last..streamed.len(), &unmatched));
    if let Some(j) = unmatched.pop_front()
        && next > 0
    {
        out.partings.push((next.min(exact.len().saturating_sub(1)), j));
    }
    out
}

/// The lines of a gap, if one of them is of weight, `unmatched`, and they do not repeat the lines before them.
fn gap(streamed: &[u64], lines: Range<usize>, unmatched: &VecDeque<usize>) -> Option<Range<usize>> {
    (!unmatched.is_empty() && !repeats(streamed, lines.clone())).then_some(lines)
}

/// Whether lines say again what stands before them.
fn repeats(keys: &[u64], lines: Range<usize>) -> bool {
    let shown = |lines: Range<usize>| keys[lines].iter().rev().filter(|key| **key != BLANK);
    let own = shown(lines.clone()).count();
    shown(lines.clone()).eq(shown(0..lines.start).take(own))
}

/// Where the lines of the exact copy stand that are of weight.
struct Places(HashMap<u64, Vec<usize>>);

impl Places {
    fn of(exact: &[u64]) -> Self {
        let mut places: HashMap<u64, Vec<usize>> = HashMap::new();
        for (i, key) in exact.iter().enumerate().filter(|(_, key)| !is_short(**key)) {
            places.entry(*key).or_default().push(i);
        }
        Self(places)
    }
}

/// Where the exact copy goes on with a line and the `following` one, behind any number of others.
fn far_ahead(exact: &[u64], places: &Places, next: usize, line: u64, following: u64) -> Option<usize> {
    /// A line that comes more often before it is followed so tells little.
    const TRIES: usize = 8;
    let places = places.0.get(&line)?;
    let ahead = &places[places.partition_point(|i| *i < next)..];
    let goes_on = |i: &usize| exact[i + 1..].iter().take(AHEAD).find(|k| **k != BLANK) == Some(&following);
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

    #[test]
    fn what_the_agent_removes_makes_no_difference() {
        let exact = lines(&[
            "\x1b[?2004hsh$ ls caf\u{e9}\r\r",
            "\x1b[?2004l\rout\u{2014}x\r\r",
            "\x1b]0;t\x07u@h$ id\r\r",
        ]);
        let streamed = lines(&["sh$ ls caf\u{e9}", "out\u{fffd}x", "\x1b]0;t\x07u@h$ id"]);
        let found = align(&exact, &streamed);
        assert_eq!(found.streamed, [Some(0), Some(1), Some(2)]);
        assert!(found.partings.is_empty());
    }

    #[test]
    fn a_line_taken_out_of_either_copy_shows() {
        let all = lines(&["sh$ whoami", "alice", "sh$ rm -rf /srv/data", "sh$ history -c", "sh$ exit"]);
        let cut = lines(&["sh$ whoami", "alice", "sh$ history -c", "sh$ exit"]);
        assert_eq!(align(&all, &cut).partings, [(2, 2)]);
        assert_eq!(align(&cut, &all).partings, [(2, 2)]);
    }

    #[test]
    fn what_only_the_streaming_copy_has_is_a_gap() {
        let all = lines(&["sh$ whoami", "alice", "sh$ rm -rf /srv/data", "sh$ id", "sh$ exit"]);
        let cut = lines(&["sh$ whoami", "alice", "sh$ id"]);
        assert_eq!(align(&cut, &all).gaps, [2..3, 4..5]);
        assert!(align(&all, &cut).gaps.is_empty());
        let other = lines(&["sh$ whoami", "alice", "sh$ ls -l", "sh$ id", "sh$ exit"]);
        assert_eq!(align(&other, &all).gaps, std::iter::once(2..3).collect::<Vec<_>>());
        // what was sent twice is nothing that the other copy lacks
        let again = lines(&["sh$ whoami", "alice", "sh$ whoami", "alice", "sh$ id"]);
        assert!(align(&cut, &again).gaps.is_empty());
    }

    #[test]
    fn copies_meet_again_behind_any_loss() {
        let name = |n: usize| format!("line number {n}").into_bytes();
        let exact: Vec<Vec<u8>> = (0..5000).map(name).collect();
        let exact: Vec<&[u8]> = exact.iter().map(Vec::as_slice).collect();
        let streamed = [&exact[..100], &exact[4000..]].concat();
        let found = align(&exact, &streamed);
        assert_eq!(found.streamed[4999], Some(1099));
        let lost = found.streamed[4000..].iter().filter(|line| line.is_none()).count();
        assert!(lost <= LOST, "{lost}");
    }

    #[test]
    fn what_was_shown_twice_may_be_there_once() {
        let twice = lines(&["sh$ cat x", "one", "two", "sh$ cat x", "one", "two", "sh$ exit"]);
        let once = lines(&["sh$ cat x", "one", "two", "sh$ exit"]);
        assert!(align(&twice, &once).partings.is_empty());
    }

    #[test]
    fn a_copy_that_starts_late_or_ends_early_is_no_disagreement() {
        let all = lines(&["sh$ whoami", "alice", "sh$ uptime", "sh$ exit"]);
        assert!(align(&all, &all[..2]).partings.is_empty());
    }
}
