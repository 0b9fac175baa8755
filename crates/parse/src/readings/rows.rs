//! Rows of lines that a shell breaks itself, as busybox does, behind a streaming copy: which lines go on in the next.
//!
//! All rows are as long as the terminal is wide, but for the first, which is shorter where the shell takes colours in its
//! prompt for text.

use std::collections::{HashMap, HashSet};

use super::blanks::goes_on;
use super::wrap::Typed;
use crate::prompt::exact_key;
use crate::shell::{SimpleCommands, is_command};
use crate::term::{Line, Unit};

/// Lengths at which a shell may break its own lines.
const ROWS: std::ops::Range<usize> = 20..300;
/// The same of busybox, which takes colours in its prompt for text.
const BUSYBOX_ROWS: std::ops::Range<usize> = 8..ROWS.end;

/// Lines that are longer are not looked at for what they join.
const LONGEST: usize = 4096;

/// How long rows are.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rows {
    /// The first of a line.
    pub(crate) first: usize,
    /// No further one is longer, as far as the lines show it.
    pub(crate) most: usize,
    /// Further ones that are as long go on as well.
    pub(crate) full: Option<usize>,
    /// Before that unit the terminal may have been a wider one.
    pub(crate) since: usize,
}

/// Typed lines of one length behind one prompt, and what follows them where that was not typed.
#[derive(Default)]
struct Alike<'a> {
    lines: Vec<(&'a Typed<'a>, Option<&'a str>)>,
}

impl<'a> Alike<'a> {
    /// How many different ones there are.
    fn different(&self) -> usize {
        self.lines.iter().map(|(typed, _)| typed.text).collect::<HashSet<_>>().len()
    }

    /// Where the first stands, and the last.
    fn places(&self) -> [usize; 2] {
        [self.lines.first(), self.lines.last()].map(|line| line.map_or(0, |(typed, _)| typed.at))
    }

    /// How many different ones are followed, and of these how many seem to be torn.
    fn torn(&self, shown: &impl Fn(&str) -> (bool, bool)) -> [usize; 2] {
        let (mut followed, mut torn) = (HashSet::new(), 0);
        for (typed, next) in &self.lines {
            if let Some(next) = next
                && followed.insert(typed.text)
            {
                torn += usize::from(typed.is_torn_before(next, shown));
            }
        }
        [followed.len(), torn]
    }
}

/// Typed lines by their prompt and length, as `length` has it.
fn alike<'a>(
    units: &'a [Unit<'a>],
    typed: &'a [Typed<'a>],
    length: impl Fn(&Typed<'a>) -> usize,
) -> HashMap<(u64, usize), Alike<'a>> {
    let mut alike: HashMap<(u64, usize), Alike<'_>> = HashMap::new();
    for (typed, next) in followed(units, typed) {
        let lines = &mut alike.entry((typed.prompt(), length(typed))).or_default().lines;
        lines.push((typed, next.map(|next| next.text.as_ref())));
    }
    alike
}

/// The width at which a shell broke its own lines: typed lines are exactly that long, and what follows them is no
/// prompt.
///
/// Commands of the same length are no such thing: a break must fall into a word, or leave the line unfinished. Of
/// `busybox` it is known that it breaks lines; where an editor `wraps` them, no other does.
pub(crate) fn row_limit(
    units: &[Unit<'_>],
    typed: &[Typed<'_>],
    shown: impl Fn(&str) -> (bool, bool),
    busybox: bool,
    wraps: bool,
) -> Option<Rows> {
    let mut longest = 0;
    let mut full: Vec<(usize, &str)> = Vec::new();
    let mut torn: HashMap<usize, u32> = HashMap::new();
    let mut joined: HashMap<usize, HashSet<&str>> = HashMap::new();
    for (typed, next) in followed(units, typed) {
        let (line, wide) = (&typed.line.text, width(typed.line));
        longest = longest.max(wide);
        let Some(next) = next else { continue };
        full.push((wide, line));
        if goes_on(line, &next.text, &shown) || line.trim_end().ends_with(['|', '&', '>', '<']) {
            *torn.entry(wide).or_default() += 1;
        } else if joins(&next.text) {
            joined.entry(wide).or_default().insert(line);
        }
    }
    // one may be shown by accident
    for (width, lines) in joined.iter().filter(|(_, lines)| lines.len() > 1) {
        *torn.entry(*width).or_default() += lines.len() as u32;
    }
    let is_limit = |(&width, &torn): (&usize, &u32)| {
        let full = || full.iter().filter(|(own, _)| *own == width);
        // longer lines are another shell's, which breaks none
        let agree = 2 * torn as usize >= full().count() && (torn > 1 || width == longest);
        // commands that happen to be of one length are not many and different
        let different = || full().map(|(_, text)| *text).collect::<HashSet<_>>().len();
        ROWS.contains(&width) && (agree || different() > 3)
    };
    let limits = torn.iter().filter(|width| is_limit(*width));
    let limit = limits.max_by_key(|(width, torn)| (**torn, **width)).map(|(width, _)| *width);
    let limit = limit.filter(|_| !wraps);
    if let Some(first) = limit {
        return Some(further(units, typed, first));
    }
    let (first, since) = if busybox { busybox_limit(units, typed, &shown)? } else { return None };
    Some(Rows { since, ..further(units, typed, first) })
}

/// The same of busybox, where blanks at rows' ends and torn names tell as well: many rows are as long, and hardly any
/// line behind their prompt is longer. And where the first of them stands.
fn busybox_limit(
    units: &[Unit<'_>],
    typed: &[Typed<'_>],
    shown: &impl Fn(&str) -> (bool, bool),
) -> Option<(usize, usize)> {
    let alike = alike(units, typed, |typed| width(typed.line));
    let mut others: HashMap<u64, Vec<(usize, &Alike<'_>)>> = HashMap::new();
    alike.iter().for_each(|((prompt, width), own)| others.entry(*prompt).or_default().push((*width, own)));
    // before and behind them the terminal may have been another
    let longer = |(prompt, width): (u64, usize), own: &Alike<'_>| {
        let [first, last] = own.places();
        let within =
            |other: &Alike<'_>| other.lines.iter().any(|(typed, _)| (first..last).contains(&typed.at));
        others[&prompt].iter().filter(|(w, other)| *w > width && within(other)).count()
    };
    let torn = |(key, alike): (&(u64, usize), &Alike<'_>)| {
        if !BUSYBOX_ROWS.contains(&key.1) || alike.lines.len() < 3 {
            return None;
        }
        let [texts, torn] = alike.torn(shown);
        let many = texts >= 3 && torn >= 2 && 3 * torn >= texts;
        (many && 4 * longer(*key, alike) <= texts).then_some((torn, key.1, alike.places()[0]))
    };
    alike.iter().filter_map(torn).max().map(|(_, width, since)| (width, since))
}

/// How long the rows below those of `first` columns are.
fn further(units: &[Unit<'_>], typed: &[Typed<'_>], first: usize) -> Rows {
    let below = followed(units, typed).filter(|(typed, _)| width(typed.line) == first);
    let mut rows: HashMap<usize, HashSet<&str>> = HashMap::new();
    for next in below.filter_map(|(_, next)| next) {
        rows.entry(width(next)).or_default().insert(&next.text);
    }
    let most = rows.keys().copied().filter(|width| *width < ROWS.end).max().unwrap_or(0).max(first);
    let full = rows.get(&most).is_some_and(|texts| texts.len() > 1);
    Rows { first, most, full: full.then_some(most), since: 0 }
}

/// By prompt, how long its lines are that may go on in the next, and whether several different ones are as long: the
/// longest, and those that are torn.
pub(crate) fn longest(
    units: &[Unit<'_>],
    typed: &[Typed<'_>],
    shown: impl Fn(&str) -> (bool, bool),
) -> HashMap<u64, Vec<(usize, bool)>> {
    let alike = alike(units, typed, |typed| typed.text.chars().count());
    let mut most: HashMap<u64, usize> = HashMap::new();
    for (prompt, width) in alike.keys() {
        let most = most.entry(*prompt).or_default();
        *most = (*most).max(*width);
    }
    let mut found: HashMap<u64, Vec<(usize, bool)>> = HashMap::new();
    for ((prompt, width), alike) in &alike {
        let several = alike.lines.len() > 1 && alike.different() > 1;
        if most.get(prompt) == Some(width) || several && alike.torn(&shown)[1] > 0 {
            found.entry(*prompt).or_default().push((*width, several));
        }
    }
    found
}

/// Typed lines, each with the line that follows it, where that was not typed.
fn followed<'a>(
    units: &'a [Unit<'a>],
    typed: &'a [Typed<'a>],
) -> impl Iterator<Item = (&'a Typed<'a>, Option<&'a Line<'a>>)> {
    typed.iter().enumerate().map(|(n, own)| {
        let next_typed = typed.get(n + 1).is_some_and(|next| next.at == own.at + 1);
        let next = match units.get(own.at + 1) {
            Some(Unit::Line(next)) if !next_typed && !next.text.trim_start().is_empty() => Some(next),
            _ => None,
        };
        (own, next)
    })
}

impl Typed<'_> {
    fn prompt(&self) -> u64 {
        exact_key(&self.text[..self.sign_end])
    }

    /// Whether the line seems to go on in `next`: it ends in a sign that asks for more, in a blank, or within a word.
    fn is_torn_before(&self, next: &str, shown: &impl Fn(&str) -> (bool, bool)) -> bool {
        let typed = &self.text[self.sign_end..];
        let name = |text: &str| text.split(' ').next().unwrap_or_default().to_owned();
        let torn_name =
            || !typed.contains(' ') && !is_command(typed) && is_command(&format!("{typed}{}", name(next)));
        !typed.trim_start().is_empty()
            && (typed.ends_with([' ', '|', '&', '>', '<'])
                || begins_at_blank(next)
                || torn_name()
                || goes_on(typed, next, shown))
    }
}

/// Whether a line begins with a single blank, as the rest of a line does that was broken before one: output begins with
/// none or is moved in by more.
pub(crate) fn begins_at_blank(line: &str) -> bool {
    line.starts_with(' ') && line.len() > 1 && !line.starts_with("  ")
}

/// Whether a line goes on with a command behind a sign that joins two, which is hardly ever shown.
pub(crate) fn joins(text: &str) -> bool {
    text.len() < LONGEST
        && memchr::memchr3(b'|', b'&', b';', text.as_bytes()).is_some()
        && SimpleCommands::of(text).iter().skip(1).any(|c| is_command(&c[0]))
}

fn width(line: &Line<'_>) -> usize {
    line.text.chars().count()
}
