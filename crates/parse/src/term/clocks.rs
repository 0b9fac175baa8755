//! tcsh on the hour: the first prompt of an hour has `DING!` where the others have the time (`%t`, `%T`, `%p`, `%P`).

use std::ops::Range;

use memchr::memmem;

use super::Unit;

const DING: &str = "DING!";
/// Before a line's clock stand no more bytes.
const FAR: usize = 64;
/// So many characters behind both must be the same.
const ALIKE: usize = 2;
/// Such prompts that are looked at: there is one an hour.
const MOST: usize = 64;

/// Gives lines that have it the time, as lines with the same prompt write that. `bytes` are those of the session.
pub(crate) fn set_clocks(units: &mut [Unit<'_>], bytes: &[u8]) {
    let spans =
        || units.iter().filter_map(|unit| if let Unit::Line(line) = unit { Some(&line.span) } else { None });
    let (Some(first), Some(last)) = (spans().next(), spans().next_back()) else { return };
    let shown = bytes.get(first.start..last.end).unwrap_or_default();
    if memmem::find(shown, DING.as_bytes()).is_none() {
        return;
    }
    let dings: Vec<(usize, usize)> = units
        .iter()
        .enumerate()
        .filter_map(|(at, unit)| match unit {
            Unit::Line(line) => memmem::find(line.text.as_bytes(), DING.as_bytes()).map(|place| (at, place)),
            Unit::Edit(_) => None,
        })
        .filter(|(_, place)| *place <= FAR)
        .take(MOST)
        .collect();
    for (at, place) in dings {
        let Unit::Line(line) = &units[at] else { continue };
        let clock = units.iter().find_map(|unit| match unit {
            Unit::Line(other) => clock_before(&other.text, &line.text[place + DING.len()..]),
            Unit::Edit(_) => None,
        });
        let Some(clock) = clock.map(str::to_owned) else { continue };
        if let Unit::Line(line) = &mut units[at] {
            line.replace(place..place + DING.len(), &clock);
        }
    }
}

/// The clock near the start of `text` behind which that goes on as `rest` does.
fn clock_before<'t>(text: &'t str, rest: &str) -> Option<&'t str> {
    let place = memchr::memchr_iter(b':', text.as_bytes().get(..FAR).unwrap_or(text.as_bytes()))
        .find_map(|colon| clock(text, colon))?;
    let same = text[place.end..].chars().zip(rest.chars()).take_while(|(a, b)| a == b).count();
    (same >= ALIKE).then(|| &text[place])
}

/// The place of the clock whose hours the colon at `colon` ends: hours and minutes, seconds and the half of the day perhaps.
fn clock(text: &str, colon: usize) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let digits = |at: usize| bytes[at..].iter().take(3).take_while(|b| b.is_ascii_digit()).count();
    let hours = bytes[..colon].iter().rev().take(3).take_while(|b| b.is_ascii_digit()).count();
    if !(1..=2).contains(&hours) || digits(colon + 1) != 2 {
        return None;
    }
    let mut end = colon + 3;
    if bytes.get(end) == Some(&b':') && digits(end + 1) == 2 {
        end += 3;
    }
    let half = |half: &&str| bytes[end..].starts_with(half.as_bytes());
    end += ["am", "pm"].iter().find(|h| half(h)).map_or(0, |half| half.len());
    Some(colon - hours..end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::term::{Mode, read};

    #[test]
    fn the_first_prompt_of_an_hour_gets_the_time_of_another() {
        let shown = |bytes: &str| {
            let mut units = read(bytes.as_bytes(), Mode::Exact);
            set_clocks(&mut units, bytes.as_bytes());
            let text =
                |unit: Unit<'_>| if let Unit::Line(line) = unit { line.text.into_owned() } else { panic!() };
            units.into_iter().map(text).collect::<Vec<_>>()
        };
        let log = "[DING! ops]$ ls\r\na:1 DING!\r\n[17:00:03 ops]$ pwd\r\nlsDING! ops]$ ls\r\n";
        assert_eq!(
            shown(log),
            ["[17:00:03 ops]$ ls", "a:1 DING!", "[17:00:03 ops]$ pwd", "ls17:00:03 ops]$ ls"]
        );
        assert_eq!(shown("DING!> a\r\n 5:00pm> b\r\n"), ["5:00pm> a", " 5:00pm> b"]);
        assert_eq!(shown("DING! ops> a\r\n17:00: no\r\n"), ["DING! ops> a", "17:00: no"]);
    }

    #[test]
    fn what_is_known_of_places_behind_it_moves_along() {
        let bytes = b"DING! ops> lz\x08s\r\n17:00 ops> id\r\n";
        let mut units = read(bytes, Mode::Exact);
        set_clocks(&mut units, bytes);
        let Unit::Line(line) = &units[0] else { panic!() };
        assert_eq!((&*line.text, line.rare().floor), ("17:00 ops> ls", Some(12)));
    }
}
