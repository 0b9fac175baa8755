//! The width of the terminal behind a streaming copy.
//!
//! readline writes a blank to force a wrap and takes it back with a carriage return; the copy keeps the blank. A width is
//! believed when every line long enough has a blank there, and more than chance would put there.

use crate::term::Unit;

/// Widths tried.
const WIDTHS: std::ops::Range<usize> = 40..300;
/// The width most terminals have; one long line is enough to believe it.
const USUAL: usize = 80;
/// Long lines that must agree on any other width: with fewer, chance finds one.
const ENOUGH: u32 = 4;

/// The width at which the typed lines were wrapped, if they were.
///
/// Only lines with the sign of a prompt early on can be typed ones; the others don't count.
pub(crate) fn wrap_width(units: &[Unit<'_>]) -> Option<usize> {
    let mut blank = vec![0_u32; WIDTHS.end];
    let mut other = vec![0_u32; WIDTHS.end];
    for unit in units {
        let Unit::Line(line) = unit else { continue };
        let text = &line.text;
        let typed = text.len() > WIDTHS.start
            && text.len() < 4096
            && !text.contains('\u{8}')
            && ["$ ", "# ", "% ", "> "].iter().any(|s| text.get(..60.min(text.len())).is_some_and(|t| t.contains(s)));
        if !typed {
            continue;
        }
        for (at, c) in text.chars().enumerate().skip(WIDTHS.start).take(WIDTHS.len()) {
            let tally = if c == ' ' { &mut blank } else { &mut other };
            tally[at] += 1;
        }
    }
    let fits = |w: &usize| other[*w] == 0 && blank[*w] > 0;
    // lines edited beyond their end are no witnesses: a few may disagree
    if blank[USUAL] > 0 && blank[USUAL] >= 2 * other[USUAL] {
        return Some(USUAL);
    }
    WIDTHS.filter(|w| fits(w) && blank[*w] >= ENOUGH).max_by_key(|w| blank[*w])
}
