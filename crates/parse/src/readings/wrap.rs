//! The width of the terminal behind a streaming copy.
//!
//! readline writes a blank to force a wrap and takes it back with a carriage return; the copy keeps the blank. busybox
//! breaks its lines itself. Either way long lines betray the width when they agree on it.

use std::collections::{HashMap, HashSet};

use crate::shell::is_command;
use crate::term::{Line, Unit};

/// Widths tried.
const WIDTHS: std::ops::Range<usize> = 40..300;
/// The width most terminals have.
const USUAL: usize = 80;
/// How much must speak for a width.
const ENOUGH: f32 = 2.0;

/// The width at which typed lines were wrapped with a blank, if they were. `known` says which words the session shows.
///
/// A blank there speaks for a width, more so when it stands beside another blank or inside a known word; any other
/// character speaks against it.
pub(crate) fn wrap_width(units: &[Unit<'_>], known: impl Fn(&str) -> bool) -> Option<usize> {
    let known = |word: &str| is_command(word) || known(word);
    let mut scores = vec![0.0_f32; WIDTHS.end];
    scores[USUAL] = 0.6;
    let mut seen = HashSet::new();
    for line in typed(units).filter(|l| seen.insert(&l.text)) {
        let cells: Vec<char> = line.text.chars().collect();
        for at in WIDTHS.start..WIDTHS.end.min(cells.len()) {
            scores[at] += match cells[at] {
                ' ' if cells[at - 1] == ' ' || cells.get(at + 1) == Some(&' ') => 1.5,
                ' ' if splits_word(&cells, at, &known) => 1.5,
                ' ' => 0.4,
                _ => -1.5,
            };
        }
    }
    let best = WIDTHS.max_by(|a, b| scores[*a].total_cmp(&scores[*b]))?;
    let long = typed(units).any(|l| l.text.chars().nth(best) == Some(' '));
    (long && (scores[best] >= ENOUGH || best == USUAL && scores[best] > 0.6)).then_some(best)
}

/// The width at which a shell broke its own lines: several typed lines are exactly that long, none is longer, and what
/// follows them is no prompt.
///
/// Commands of the same length are no such thing: a break must fall into a word, or leave the line unfinished.
pub(crate) fn row_limit(units: &[Unit<'_>], known: impl Fn(&str) -> bool) -> Option<usize> {
    let known = |word: &str| is_command(word) || known(word);
    let mut full: HashMap<usize, u32> = HashMap::new();
    let mut torn: HashMap<usize, u32> = HashMap::new();
    let mut longest = 0;
    for (line, next) in units.iter().zip(units.iter().skip(1)) {
        let (Unit::Line(line), Unit::Line(next)) = (line, next) else { continue };
        if !is_typed(line) {
            continue;
        }
        let width = line.text.chars().count();
        longest = longest.max(width);
        if !is_typed(next) && !next.text.trim().is_empty() {
            *full.entry(width).or_default() += 1;
            let whole: Vec<char> = line.text.chars().chain([' ']).chain(next.text.chars().take(80)).collect();
            if splits_word(&whole, width, &known) || line.text.trim_end().ends_with(['|', '&', '>', '<']) {
                *torn.entry(width).or_default() += 1;
            }
        }
    }
    let count = full.get(&longest).copied().unwrap_or(0);
    let torn = torn.get(&longest).copied().unwrap_or(0);
    (WIDTHS.contains(&longest) && torn > 0 && 2 * torn >= count).then_some(longest)
}

fn typed<'a>(units: &'a [Unit<'a>]) -> impl Iterator<Item = &'a Line<'a>> {
    units.iter().filter_map(|u| match u {
        Unit::Line(line) if is_typed(line) => Some(line),
        _ => None,
    })
}

/// Only a line with the sign of a prompt early on can be a typed one, and only one without movements is a witness.
fn is_typed(line: &Line<'_>) -> bool {
    let text = &line.text;
    let head = text.char_indices().nth(60).map_or(text.len(), |(i, _)| i);
    text.len() < 4096
        && line.floor.is_none()
        && ["$ ", "# ", "% ", "> ", "» ", "❯ ", "λ "].iter().any(|s| text[..head].contains(s))
}

/// Whether the blank at `at` stands inside a word.
fn splits_word(cells: &[char], at: usize, known: &impl Fn(&str) -> bool) -> bool {
    let part = |c: &&char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-');
    let before: Vec<char> = cells[..at].iter().rev().take_while(part).copied().collect();
    let before: String = before.into_iter().rev().collect();
    let after: String = cells[at + 1..].iter().take_while(part).collect();
    if before.is_empty() || after.is_empty() || known(&before) && known(&after) {
        return false;
    }
    known(&format!("{before}{after}"))
}
