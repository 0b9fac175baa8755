//! The width of the terminal behind a streaming copy.
//!
//! readline writes a blank, or the next character, to force a wrap and takes it back with a carriage return; the copy
//! keeps it. busybox
//! breaks its lines itself. Either way long lines betray the width when they agree on it.

use std::collections::{HashMap, HashSet};

use crate::shell::is_command;
use crate::term::{Line, Unit};

/// Widths tried.
const WIDTHS: std::ops::Range<usize> = 40..300;
/// Lengths at which a shell may break its own lines: colours that it takes for text make them shorter than the terminal.
const ROWS: std::ops::Range<usize> = 20..300;
/// The width most terminals have.
const USUAL: usize = 80;
/// Odds of the usual width, of any wider one and of any narrower one before a line was seen, as logarithms: people make
/// windows wider rather than narrower.
const PRIOR: [f32; 3] = [-1.4, -4.6, -5.4];
/// What a blank in a place speaks for a wrap there, as the logarithm of how much likelier it makes one: any blank, one
/// beside another blank, the same before a sign (a completion leaves a blank, and ` | ` is typed behind it), one inside a word that is shown elsewhere, a character that stands there twice, and any other.
///
/// Few lines have a second blank or a torn word anywhere, and next to none has one in just this column.
const PLAIN: f32 = 1.1;
const DOUBLE: f32 = 7.2;
const DOUBLE_SIGN: f32 = 6.2;
const TORN: f32 = 7.4;
const TWICE: f32 = 1.0;
const NONE: f32 = -3.0;

/// How likely each width is, as odds against lines that were never wrapped.
#[derive(Debug, Clone)]
pub(crate) struct Wraps {
    /// By width.
    odds: Vec<f32>,
    /// The sum of all hypotheses, no wrap among them.
    sum: f32,
}

/// A line as it was before its editor put blanks into it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Unwrapped {
    pub(crate) text: String,
    /// 0 to 1.
    pub(crate) confidence: f32,
}

impl Wraps {
    /// The line `text` behind `prompt` without the blanks of wraps, in the order of likelihood, at most three ways; the
    /// likeliest may be the line as it stands.
    /// `known` says which words the session shows.
    pub(crate) fn unwrap(&self, prompt: &str, text: &str, known: impl Fn(&str) -> bool) -> Vec<Unwrapped> {
        let known = |word: &str| is_command(word) || known(word);
        let length = prompt.chars().count() + text.chars().count();
        let mut ways = vec![Unwrapped { text: text.to_owned(), confidence: 1.0 }];
        for width in WIDTHS.start..length.clamp(WIDTHS.start, WIDTHS.end) {
            let odds = self.odds[width];
            if odds < self.sum * 0.01 {
                continue;
            }
            let joined = without_blanks(prompt, text, width, &known);
            match ways.iter_mut().find(|w| w.text == joined) {
                Some(way) => way.confidence += odds,
                None => ways.push(Unwrapped { text: joined, confidence: odds }),
            }
        }
        ways.iter_mut().for_each(|w| w.confidence /= self.sum);
        // widths that the line does not reach leave it as it is
        let rest: f32 = ways.iter().map(|w| w.confidence).sum();
        ways[0].confidence += (1.0 - rest).max(0.0);
        ways.sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
        ways.truncate(3);
        ways
    }
}

impl Wraps {
    /// Whether the lines leave next to no doubt that some width is theirs.
    pub(crate) fn certain(&self) -> bool {
        self.sum > 20.0
    }
}

/// Takes out the blanks that a line editor wrote to force a wrap at `width`.
fn without_blanks(prompt: &str, text: &str, width: usize, known: &impl Fn(&str) -> bool) -> String {
    let lead = prompt.chars().count();
    let cells: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    let mut col = lead;
    for (at, c) in cells.iter().enumerate() {
        let forced = *c == ' ' && !is_own_blank(&cells, at, known) || cells.get(at + 1) == Some(c);
        if col == width && lead < width && forced {
            // the blank, or the next character, stands in the next row's first column and the text goes over it
            col = 0;
            continue;
        }
        if col == width {
            col = 0;
        }
        col += 1;
        out.push(*c);
    }
    out
}

/// Whether a single blank belongs to the text: a line from history is written at once and wraps by itself. Without it two
/// words would be one that nobody knows.
fn is_own_blank(cells: &[char], at: usize, known: &impl Fn(&str) -> bool) -> bool {
    let (Some(left), Some(right)) = (at.checked_sub(1).map(|i| cells[i]), cells.get(at + 1)) else {
        return false;
    };
    if left == ' ' || *right == ' ' {
        return false;
    }
    if matches!(left, '|' | '&') || matches!(right, '|' | '&' | '>') {
        return true;
    }
    let (before, after) = words_beside(cells, at);
    !before.ends_with('-')
        && known(&before)
        && (known(&after) || after.len() > 1 && after.starts_with('-'))
        && !known(&format!("{before}{after}"))
}

/// What stands left and right of the blank at `at` without another.
fn words_beside(cells: &[char], at: usize) -> (String, String) {
    let part = |c: &&char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-');
    let before: Vec<char> = cells[..at].iter().rev().take_while(part).copied().collect();
    let after = cells[at + 1..].iter().take_while(part).collect();
    (before.into_iter().rev().collect(), after)
}

/// Weighs the widths at which typed lines may have been wrapped with a blank. `known` says which words the session shows.
pub(crate) fn wraps(units: &[Unit<'_>], known: impl Fn(&str) -> bool) -> Wraps {
    let known = |word: &str| is_command(word) || known(word);
    let mut scores = vec![PRIOR[1]; WIDTHS.end];
    scores[..USUAL].fill(PRIOR[2]);
    scores[USUAL] = PRIOR[0];
    let mut seen = HashSet::new();
    let mut around = HashSet::new();
    let mut longest = 0;
    let prompts = prompts(units);
    for line in typed(units).filter(|l| seen.insert(&l.text)) {
        let cells: Vec<char> = behind_output(&line.text, &prompts).chars().collect();
        longest = longest.max(cells.len());
        let reached = scores.iter_mut().enumerate().take(cells.len()).skip(WIDTHS.start);
        for (width, score) in reached {
            // each wrap leaves one blank more
            for at in (width..cells.len()).step_by(width + 1).take(2) {
                // a place in a line that was run before, or in one like it, is no news
                let place = (width, cells[at - 3..cells.len().min(at + 4)].to_vec());
                if !around.insert(place) {
                    continue;
                }
                *score += match cells[at] {
                    ' ' if splits_word(&cells, at, &known) => TORN,
                    ' ' if cells[at - 1] == ' ' || cells.get(at + 1) == Some(&' ') => {
                        let next = cells[at..].iter().find(|c| **c != ' ');
                        if next.is_some_and(|c| matches!(c, '|' | '&' | '>' | ';')) {
                            DOUBLE_SIGN
                        } else {
                            DOUBLE
                        }
                    }
                    ' ' => PLAIN,
                    c if cells.get(at + 1) == Some(&c) => TWICE,
                    _ if at == width && line.floor.is_none() => NONE,
                    // what was edited in the first row moves all behind it, and a line that was edited may show no wrap
                    _ if line.floor.is_some() => 0.0,
                    _ => NONE / 3.0,
                };
            }
        }
    }
    let odds: Vec<f32> = (0..WIDTHS.end)
        .map(|width| if WIDTHS.contains(&width) && width < longest { scores[width].exp() } else { 0.0 })
        .collect();
    let sum = 1.0 + odds.iter().sum::<f32>();
    Wraps { odds, sum }
}

/// The width at which a shell broke its own lines: typed lines are exactly that long, and what follows them is no
/// prompt.
///
/// Commands of the same length are no such thing: a break must fall into a word, or leave the line unfinished.
pub(crate) fn row_limit(units: &[Unit<'_>], known: impl Fn(&str) -> bool) -> Option<usize> {
    let known = |word: &str| is_command(word) || known(word);
    let mut full: HashMap<usize, u32> = HashMap::new();
    let mut torn: HashMap<usize, u32> = HashMap::new();
    // commands that happen to be of one length are not many and different
    let mut different: HashMap<usize, HashSet<&str>> = HashMap::new();
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
            different.entry(width).or_default().insert(&line.text);
            let whole: Vec<char> = line.text.chars().chain([' ']).chain(next.text.chars().take(80)).collect();
            let goes_on = line.text.trim_end().ends_with(['|', '&', '>', '<']);
            if splits_word(&whole, width, &known) || goes_on {
                *torn.entry(width).or_default() += 1;
            }
        }
    }
    let mut limits: Vec<usize> = torn
        .keys()
        .copied()
        .filter(|width| {
            let (count, torn) = (full[width], torn[width]);
            // longer lines are another shell's, which breaks none
            let agree = 2 * torn >= count && (torn > 1 || *width == longest);
            ROWS.contains(width) && (agree || different[width].len() > 3)
        })
        .collect();
    limits.sort_unstable();
    limits.pop()
}

fn typed<'a>(units: &'a [Unit<'a>]) -> impl Iterator<Item = &'a Line<'a>> {
    units.iter().filter_map(|u| match u {
        Unit::Line(line) if is_typed(line) => Some(line),
        _ => None,
    })
}

/// Prompts looked for behind output.
const MOST_PROMPTS: usize = 64;

/// What typed lines begin with, up to the sign of their prompt, and how often.
fn prompts<'a>(units: &'a [Unit<'a>]) -> HashMap<&'a str, u32> {
    let mut prompts = HashMap::new();
    for line in typed(units) {
        if let Some(at) = sign_end(&line.text)
            && (prompts.len() < MOST_PROMPTS || prompts.contains_key(&line.text[..at]))
        {
            *prompts.entry(&line.text[..at]).or_default() += 1;
        }
    }
    prompts
}

/// A line without the output that stands before its prompt, where a program left its last line open.
fn behind_output<'a>(text: &'a str, prompts: &HashMap<&str, u32>) -> &'a str {
    let Some(begins) = sign_end(text).map(|at| &text[..at]) else { return text };
    let known = prompts.keys().filter(|p| p.len() > 2 && p.len() < begins.len() && begins.ends_with(**p));
    match known.map(|p| p.len()).max() {
        Some(len) if prompts.get(begins).is_none_or(|n| *n == 1) => &text[begins.len() - len..],
        _ => text,
    }
}

/// Only a line with the sign of a prompt early on can be a typed one.
fn is_typed(line: &Line<'_>) -> bool {
    let text = &line.text;
    if text.len() >= 4096 {
        return false;
    }
    sign_end(text).is_some()
}

/// The end of the first sign that a prompt may end with, its blank included.
fn sign_end(text: &str) -> Option<usize> {
    const MOST: usize = 60;
    // a character takes four bytes at most
    let head = &text.as_bytes()[..text.len().min(4 * MOST)];
    memchr::memchr_iter(b' ', head)
        .find(|at| text[..*at].ends_with(['$', '#', '%', '>', '»', '❯', 'λ']))
        .filter(|at| *at < MOST || text[..*at].chars().count() < MOST)
        .map(|at| at + 1)
}

/// Whether the blank at `at` stands inside a word. What ends in a hyphen is none by itself.
fn splits_word(cells: &[char], at: usize, known: &impl Fn(&str) -> bool) -> bool {
    let (before, after) = words_beside(cells, at);
    if before.is_empty() || after.is_empty() || !before.ends_with('-') && known(&before) && known(&after) {
        return false;
    }
    known(&format!("{before}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_goes_on_behind_its_hyphen() {
        let known = |word: &str| ["web-", "node", "web-node", "rm"].contains(&word);
        let cells: Vec<char> = "rm /tmp/web- node".chars().collect();
        assert!(splits_word(&cells, 12, &known));
        let cells: Vec<char> = "rm node".chars().collect();
        assert!(!splits_word(&cells, 2, &known));
    }
}
