//! The width of the terminal behind a streaming copy.
//!
//! readline writes a blank, or the next character, to force a wrap and takes it back with a carriage return; the copy
//! keeps it. Long lines betray the width when they agree on it.

use std::cell::Cell;

use super::blanks::{LONGEST_LOOKED_AT, is_end_again, is_odd, is_own_blank, splits_word};
use super::columns::{Columns, columns, sign_end};
use super::words::words;
use crate::prompt::{ByKey, KeySet, word_key};
use crate::term::{Line, Unit};

/// Places that room is made for before they are known.
const MOST_RESERVED: usize = 1 << 14;
/// Widths tried.
const WIDTHS: std::ops::Range<usize> = 40..300;
/// The width most terminals have.
const USUAL: usize = 80;
/// Odds of the usual width, of any wider one and of any narrower one before a line was seen, as logarithms: people make
/// windows wider rather than narrower.
const PRIOR: [f32; 3] = [-1.4, -4.6, -5.4];
/// Odds of a width that another shell in the terminal told.
const TOLD: f32 = 1.5;
/// What zsh and fish write before the blanks that fill their row for a missing line end, where its first escape stands, and
/// how many more columns the row has.
const SIGNS: [(&[u8], usize, usize); 2] =
    [(b"\x1b[7m%\x1b[27m\x1b[1m\x1b[0m", 0, 0), ("\u{23ce}\x1b(B\x1b[m".as_bytes(), 3, 1)];
/// What a blank in a place speaks for a wrap there, as the logarithm of how much likelier it makes one: any blank, one
/// beside another blank, the same before a sign (a completion leaves a blank, and ` | ` is typed behind it), one inside a word that is shown elsewhere, a character that stands there twice, and any other.
///
/// Few lines have a second blank or a torn word anywhere, and next to none has one in just this column.
const PLAIN: f32 = 1.1;
const DOUBLE: f32 = 7.2;
const DOUBLE_SIGN: f32 = 6.2;
const TORN: f32 = 7.4;
/// A blank where hardly anybody types one: behind a bracket or an opening quote, within a path.
const ODD: f32 = 4.0;
/// The line's last character once more behind a blank: readline writes it again where the line ends exactly at the width.
const AGAIN: f32 = 6.0;
const TWICE: f32 = 1.0;
const NONE: f32 = -3.0;

/// Ways to read one line that are kept.
const MOST_WAYS: usize = 5;
/// How likely it is that only the first of several wraps left a blank.
const ONCE: f32 = 0.05;
/// The share of all odds under which a width is not tried.
const LEAST: f32 = 0.003;

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
    /// The line `text` behind `prompt` without the blanks of wraps, in the order of likelihood, at most [`MOST_WAYS`]; the
    /// likeliest may be the line as it stands. `shown` says whether the session shows a word, and whether more than once.
    pub(crate) fn unwrap(
        &self,
        prompt: &str,
        text: &str,
        shown: impl Fn(&str) -> (bool, bool),
    ) -> Vec<Unwrapped> {
        let (lead, cells) = (columns(prompt), Columns::new(text));
        let mut ways = vec![Unwrapped { text: text.to_owned(), confidence: 1.0 }];
        for width in reached(lead, &cells) {
            let odds = self.odds[width];
            if odds < self.sum * LEAST {
                continue;
            }
            let kept = Cell::new(false);
            let own = |at| {
                let own = is_own_blank(&cells, at, &shown);
                kept.set(kept.get() || own);
                own
            };
            let joined = without_blanks_but(&cells, lead, width, usize::MAX, &own);
            // the character behind the last blank may be text
            let cut = text.trim_end().strip_suffix(|c| joined.ends_with(c)).and_then(|t| t.strip_suffix(' '));
            if let Some(cut) =
                cut.filter(|cut| cut.len() + 2 == text.trim_end().len() && joined.len() <= cut.len())
            {
                let last = &text.trim_end()[cut.len() + 1..];
                ways.push(Unwrapped { text: format!("{joined}{last}"), confidence: odds * ONCE });
            }
            match ways.iter_mut().find(|w| w.text == joined) {
                Some(way) => way.confidence += odds,
                None => {
                    // what was written anew wraps by itself
                    let once = without_blanks(&cells, lead, width, 1, &shown);
                    if once != joined && once != text {
                        ways.push(Unwrapped { text: once, confidence: odds * ONCE });
                    }
                    if kept.get() {
                        // a blank that most type may be the editor's as well
                        let all = without_blanks_but(&cells, lead, width, usize::MAX, &|_| false);
                        ways.push(Unwrapped { text: all, confidence: odds * ONCE });
                    }
                    ways.push(Unwrapped { text: joined, confidence: odds });
                }
            }
        }
        ways.iter_mut().for_each(|w| w.confidence /= self.sum);
        // widths that the line does not reach leave it as it is
        let rest: f32 = ways.iter().map(|w| w.confidence).sum();
        ways[0].confidence += (1.0 - rest).max(0.0);
        ways.sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
        ways.truncate(MOST_WAYS);
        ways
    }
}

impl Wraps {
    /// The line without the blank of a wrap, at the likeliest of the widths that nothing speaks for, which [`Self::unwrap`]
    /// does not try.
    pub(crate) fn unlikely(
        &self,
        prompt: &str,
        text: &str,
        shown: impl Fn(&str) -> (bool, bool),
    ) -> Option<String> {
        let (lead, cells) = (columns(prompt), Columns::new(text));
        let widths = reached(lead, &cells);
        let blank = |width: usize| width >= lead && cells.get(width - lead) == Some(' ');
        let tried = widths.filter(|width| blank(*width) && self.odds[*width] < self.sum * LEAST);
        let width = tried.max_by(|a, b| self.odds[*a].total_cmp(&self.odds[*b]))?;
        let joined = without_blanks(&cells, lead, width, usize::MAX, &shown);
        (joined != text).then_some(joined)
    }

    /// The line without what stands at the edges of the likeliest width that it reaches, whatever that is.
    pub(crate) fn bare(&self, prompt: &str, text: &str) -> Option<String> {
        let (lead, cells) = (columns(prompt), Columns::new(text));
        let widths = reached(lead, &cells);
        let width = widths.max_by(|a, b| self.odds[*a].total_cmp(&self.odds[*b]))?;
        let torn = |word: &str| (word.len() > 1, false);
        let joined = without_blanks(&cells, lead, width, usize::MAX, &torn);
        (self.odds[width] > 0.0 && joined != text).then_some(joined)
    }

    /// Whether the lines leave next to no doubt that some width is theirs.
    pub(crate) fn certain(&self) -> bool {
        self.sum > 20.0
    }
}

/// The line without the blanks at the edges of a width at which a blank stands at each of several, one of them inside a word
/// that is known: nothing else need speak for that width.
pub(crate) fn without_edges(
    prompt: &str,
    text: &str,
    shown: impl Fn(&str) -> (bool, bool),
) -> Option<String> {
    if text.len() > LONGEST_LOOKED_AT {
        return None;
    }
    let (lead, cells) = (columns(prompt), Columns::new(text.trim_end()));
    let shown = |word: &str| {
        let (any, again) = shown(word);
        (any || word.len() > 3 && words(text).any(|own| own == word), again)
    };
    let mut best: Option<(usize, usize)> = None;
    for width in reached(lead, &cells).filter(|width| *width > lead) {
        let mut edges = (width - lead..cells.len()).step_by(width + 1);
        let count = edges.clone().count();
        if count > 1 && edges.clone().all(|at| cells.at(at) == ' ') {
            let torn = edges.by_ref().filter(|at| *at > 0 && splits_word(&cells, *at, &shown)).count();
            if torn > best.map_or(0, |(torn, _)| torn) {
                best = Some((torn, width));
            }
        }
    }
    best.map(|(_, width)| without_blanks_but(&cells, lead, width, usize::MAX, &|_| false))
}

/// The widths at which a line behind `lead` columns wraps.
fn reached(lead: usize, cells: &Columns<'_>) -> std::ops::Range<usize> {
    WIDTHS.start..(lead + cells.len()).clamp(WIDTHS.start, WIDTHS.end)
}

/// Takes out the blanks that a line editor wrote to force a wrap at `width`, at most so many, of a line that begins behind
/// `lead` columns.
fn without_blanks(
    cells: &Columns<'_>,
    lead: usize,
    width: usize,
    most: usize,
    shown: &impl Fn(&str) -> (bool, bool),
) -> String {
    without_blanks_but(cells, lead, width, most, &|at| is_own_blank(cells, at, shown))
}

/// The same, but for the blanks that are the line's `own`.
fn without_blanks_but(
    cells: &Columns<'_>,
    lead: usize,
    width: usize,
    most: usize,
    own: &impl Fn(usize) -> bool,
) -> String {
    let (mut out, mut forced_ones) = (String::with_capacity(cells.text.len()), 0);
    let (mut from, mut end) = (0, cells.len());
    // of a prompt that is wider nobody knows where it wraps
    let mut at = width.checked_sub(lead).unwrap_or(end);
    while at < end {
        if is_end_again(cells, at) {
            end = at;
            break;
        }
        let forced = || match cells.get(at) {
            Some(' ') if !own(at) => true,
            c => cells.get(at + 1) == c,
        };
        if lead < width && forced_ones < most && forced() {
            forced_ones += 1;
            // the blank, or the next character, stands in the next row's first column and the text goes over it
            out.push_str(&cells.part(from..at));
            (from, at) = (at + 1, at + 1);
        }
        at += width;
    }
    out.push_str(&cells.part(from..end));
    out
}

/// A line that may have been typed: it has the sign of a prompt early on.
pub(crate) struct Typed<'a> {
    /// Its place among the units.
    pub(super) at: usize,
    pub(super) line: &'a Line<'a>,
    /// What it shows from its mark on, where it has one: from there on an editor counts.
    pub(super) text: &'a str,
    /// Where that sign ends, its blank included.
    pub(super) sign_end: usize,
}

/// The lines that may have been typed.
pub(crate) fn typed<'a>(units: &'a [Unit<'a>]) -> Vec<Typed<'a>> {
    let typed = |(at, unit): (usize, &'a Unit<'a>)| match unit {
        Unit::Line(line) if line.holds.signs() && line.text.len() < 4096 => {
            let text = line.rare().mark.and_then(|mark| line.text.get(mark..)).unwrap_or(&line.text);
            Some(Typed { at, line, text, sign_end: sign_end(text)? })
        }
        _ => None,
    };
    units.iter().enumerate().filter_map(typed).collect()
}

/// Weighs the widths at which typed lines may have been wrapped with a blank. `shown` says whether the session shows a
/// word, and whether more than once.
/// Other shells tell the width in `bytes`.
pub(crate) fn wraps(typed: &[Typed<'_>], bytes: &[u8], shown: impl Fn(&str) -> (bool, bool)) -> Wraps {
    let mut scores = vec![PRIOR[1]; WIDTHS.end];
    scores[..USUAL].fill(PRIOR[2]);
    scores[USUAL] = PRIOR[0];
    for width in told(bytes).filter(|width| WIDTHS.contains(width)) {
        scores[width] = TOLD;
    }
    let mut seen = KeySet::default();
    let mut around = KeySet::default();
    let mut longest = 0;
    let prompts = prompts(typed);
    let long = || typed.iter().filter(|typed| typed.text.len() > WIDTHS.start);
    // about as many places, most of them in no other line
    around.reserve(long().map(|typed| typed.text.len() - WIDTHS.start).sum::<usize>().min(MOST_RESERVED));
    for typed in long() {
        let line = typed.line;
        if !seen.insert(word_key(typed.text)) {
            continue;
        }
        let cells = Columns::of_line(behind_output(typed, &prompts));
        longest = longest.max(cells.len());
        let lead = cells.len().saturating_sub(typed.text[typed.sign_end..].chars().count());
        let mut weigh = |width: usize, at: usize| {
            // a place in a line that was run before, or in one like it, is no news
            if !around.insert(cells.key_around(at, width)) {
                return 0.0;
            }
            match cells.at(at) {
                // a prompt's own
                ' ' if at < lead => 0.0,
                ' ' if is_end_again(&cells, at) => AGAIN,
                ' ' if splits_word(&cells, at, &shown) => TORN,
                ' ' if cells.at(at - 1) == ' ' || cells.get(at + 1) == Some(' ') => {
                    let next = (at..cells.len()).map(|at| cells.at(at)).find(|c| *c != ' ');
                    if next.is_some_and(|c| matches!(c, '|' | '&' | '>' | ';')) {
                        DOUBLE_SIGN
                    } else {
                        DOUBLE
                    }
                }
                ' ' if is_odd(&cells, at) => ODD,
                ' ' => PLAIN,
                c if cells.get(at + 1) == Some(c) && !is_pair(&cells, at) => TWICE,
                _ if at == width && line.rare().floor.is_none() => NONE,
                // what was edited in the first row moves all behind it, and a line that was edited may show no wrap
                _ if line.rare().floor.is_some() => 0.0,
                _ => NONE / 3.0,
            }
        };
        for (width, score) in scores.iter_mut().enumerate().take(cells.len()).skip(WIDTHS.start) {
            *score += weigh(width, width);
            // each wrap leaves one blank more
            let second = 2 * width + 1;
            if second < cells.len() {
                *score += weigh(width, second);
            }
        }
    }
    let odds: Vec<f32> = (0..WIDTHS.end)
        .map(|width| if WIDTHS.contains(&width) && width < longest { scores[width].exp() } else { 0.0 })
        .collect();
    let sum = 1.0 + odds.iter().sum::<f32>();
    Wraps { odds, sum }
}

/// The widths that zsh and fish tell.
fn told(bytes: &[u8]) -> impl Iterator<Item = usize> {
    const MOST: usize = 64;
    let mut seen = [0; SIGNS.len()];
    // one pass for both
    memchr::memchr_iter(0x1b, bytes).filter_map(move |at| {
        let begins = |(sign, escape, _): &(&[u8], usize, usize)| {
            at.checked_sub(*escape).is_some_and(|start| bytes[start..].starts_with(sign))
        };
        let nth = SIGNS.iter().position(begins)?;
        seen[nth] += 1;
        let (sign, escape, more) = SIGNS[nth];
        let behind = &bytes[at - escape + sign.len()..];
        let blanks = || behind.iter().take(WIDTHS.end).take_while(|b| **b == b' ').count();
        (seen[nth] <= MOST).then(|| more + blanks())
    })
}

/// Whether the character at `at` and the next one are a sign of two: `&&`, `||`, `>>`. A third would be the wrap's.
fn is_pair(cells: &Columns<'_>, at: usize) -> bool {
    let c = cells.at(at);
    matches!(c, '&' | '|' | '>' | '<' | '=') && cells.at(at - 1) != c && cells.get(at + 2) != Some(c)
}

/// Prompts looked for behind output.
const MOST_PROMPTS: usize = 64;

/// What typed lines begin with, up to the sign of their prompt, and how often, each by its key.
fn prompts<'a>(typed: &'a [Typed<'a>]) -> ByKey<(&'a str, u32)> {
    let mut prompts = ByKey::<(&str, u32)>::default();
    for begins in typed.iter().map(Typed::begins) {
        let key = word_key(begins);
        if prompts.len() < MOST_PROMPTS || prompts.contains_key(&key) {
            prompts.entry(key).or_insert((begins, 0)).1 += 1;
        }
    }
    prompts
}

impl Typed<'_> {
    /// The line up to the sign of its prompt.
    fn begins(&self) -> &str {
        &self.text[..self.sign_end]
    }
}

/// A line without the output that stands before its prompt, where a program left its last line open.
fn behind_output<'a>(typed: &'a Typed<'_>, prompts: &ByKey<(&str, u32)>) -> &'a str {
    let (text, begins) = (typed.text, typed.begins());
    if prompts.get(&word_key(begins)).is_some_and(|(_, n)| *n > 1) {
        return text;
    }
    let known = prompts.values().map(|(prompt, _)| *prompt);
    let known = known.filter(|p| p.len() > 2 && p.len() < begins.len() && begins.ends_with(p));
    known.map(|p| p.len()).max().map_or(text, |len| &text[begins.len() - len..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_at_all_edges_of_a_width_go_together() {
        let text = "cat a | cut -d' ' -f 5 | sort | uniq -c | sort -rn | head -1 # a bcab abcab";
        let known = |word: &str| (word == "abcab", false);
        // of the first nothing else tells
        assert_eq!(
            without_edges("[ops@web-10 ~/src/ab]$ ", text, known).as_deref(),
            Some("cat a | cut -d' ' -f5 | sort | uniq -c | sort -rn | head -1 # abcab abcab")
        );
        assert_eq!(
            without_edges("[ops@web-10 ~/src/ab]$ ", text.trim_end_matches(" abcab"), |_| (false, false)),
            None
        );
    }

    #[test]
    fn a_line_that_ends_at_the_width_ends_with_its_last_character_once() {
        let line = "insert into t values (1, 'a'); ;";
        let wrapped = |width| without_blanks(&Columns::new(line), 8, width, usize::MAX, &|_| (false, false));
        assert_eq!(wrapped(38), "insert into t values (1, 'a');");
        assert_eq!(wrapped(60), line);
    }

    #[test]
    fn a_sign_of_two_is_no_character_written_twice() {
        let pair = |text: &str, at: usize| is_pair(&Columns::new(text), at);
        assert!(pair("a && b", 2) && pair("a || b", 2));
        assert!(!pair("a &&& b", 2) && !pair("hello", 2));
    }

    #[test]
    fn other_shells_tell_the_width() {
        let zsh = format!("\x1b[1m\x1b[7m%\x1b[27m\x1b[1m\x1b[0m{}\x1b[0m", " ".repeat(80));
        let fish = format!("\x1b[2m\u{23ce}\x1b(B\x1b[m{}\u{23ce} \x1b[K", " ".repeat(43));
        assert_eq!(told(format!("{zsh}{fish}").as_bytes()).collect::<Vec<_>>(), [80, 44]);
    }
}
