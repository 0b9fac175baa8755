//! Dates and times as people write them. Nothing here reads a clock.

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span, Timestamp, Zoned};

use super::QueryError;

const EXAMPLES: &str = "write 2024-05, 2024-05-01, 2024-05-01T14:30 or 2024-05-01T14:30:00Z";

/// The time that a date or time of day covers: a day from midnight to midnight, a minute, a second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeSpan {
    /// First instant.
    pub start: Timestamp,
    /// One past the last instant.
    pub end: Timestamp,
}

/// Understands `2024-05` (a month), `2024-05-01` (a day), `2024-05-01T14:30` (a minute), `2024-05-01T14:30:05` (a
/// second), and RFC 3339 with an offset. Without an offset it is a time of `zone`.
///
/// For "since" take [`TimeSpan::start`], for "until" [`TimeSpan::end`].
///
/// # Errors
/// What was written is none of these; the span is of `text`.
pub fn parse_time(text: &str, zone: &TimeZone) -> Result<TimeSpan, QueryError> {
    span(text.trim(), zone)
        .ok_or_else(|| QueryError::new(0..text.len(), format!("not a date or time: {text:?}"), EXAMPLES))
}

fn span(text: &str, zone: &TimeZone) -> Option<TimeSpan> {
    let digits = |part: &str, len| part.len() == len && part.bytes().all(|b| b.is_ascii_digit());
    match text.split_once('-') {
        Some((year, month)) if digits(year, 4) && digits(month, 2) => {
            let first = Date::new(year.parse().ok()?, month.parse().ok()?, 1).ok()?;
            return days(first, first.last_of_month(), zone);
        }
        Some((year, _)) if digits(year, 4) => {}
        _ => return None,
    }
    if text.len() == "2024-05-01".len() {
        let day = text.parse().ok()?;
        return days(day, day, zone);
    }
    let time = text.get("2024-05-01T".len()..)?;
    let length = if time.contains(['.', ',']) {
        SignedDuration::from_micros(1)
    } else if time.len() == "14:30".len() {
        SignedDuration::from_mins(1)
    } else {
        SignedDuration::from_secs(1)
    };
    let has_offset = time.contains(['Z', 'z', '+', '-']);
    let start = if has_offset { text.parse().ok()? } else { instant(text.parse().ok()?, zone)? };
    Some(TimeSpan { start, end: start.checked_add(length).unwrap_or(Timestamp::MAX) })
}

/// The time so long before `now`: `7d`, `90m`, `2h30m`.
pub(super) fn before(now: Timestamp, text: &str, zone: &TimeZone) -> Option<Timestamp> {
    let age: Span = text.trim().parse().ok()?;
    Some(Zoned::new(now, zone.clone()).checked_sub(age.abs()).ok()?.timestamp())
}

/// What lies within a distance of a time, as in `2024-05-01T14:30±10m`; `+-` stands for the sign.
pub(super) fn around(text: &str, zone: &TimeZone) -> Option<TimeSpan> {
    let Some((time, distance)) = text.split_once('±').or_else(|| text.split_once("+-")) else {
        return span(text.trim(), zone);
    };
    let TimeSpan { start, end } = span(time.trim(), zone)?;
    let distance = distance.trim().parse::<Span>().ok()?.abs();
    let at = |time: Timestamp| time.to_zoned(zone.clone());
    let start = at(start).checked_sub(distance).map_or(Timestamp::MIN, |time| time.timestamp());
    let end = at(end).checked_add(distance).map_or(Timestamp::MAX, |time| time.timestamp());
    Some(TimeSpan { start, end })
}

fn days(first: Date, last: Date, zone: &TimeZone) -> Option<TimeSpan> {
    let start = instant(first.into(), zone)?;
    let end = last.tomorrow().ok().and_then(|day| instant(day.into(), zone)).unwrap_or(Timestamp::MAX);
    Some(TimeSpan { start, end })
}

/// A time that the clocks skip counts as the one after the gap; of two it is the first.
fn instant(at: DateTime, zone: &TimeZone) -> Option<Timestamp> {
    zone.to_ambiguous_timestamp(at).compatible().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_covers_what_it_names() {
        let zone = TimeZone::fixed(jiff::tz::offset(2));
        for (text, start, end) in [
            ("2024-02", "2024-01-31T22:00:00Z", "2024-02-29T22:00:00Z"),
            ("2024-05-01", "2024-04-30T22:00:00Z", "2024-05-01T22:00:00Z"),
            ("2024-05-01T14:30", "2024-05-01T12:30:00Z", "2024-05-01T12:31:00Z"),
            ("2024-05-01 14:30:05", "2024-05-01T12:30:05Z", "2024-05-01T12:30:06Z"),
            ("2024-05-01T14:30:05Z", "2024-05-01T14:30:05Z", "2024-05-01T14:30:06Z"),
            ("2024-05-01T14:30:05.5+01:00", "2024-05-01T13:30:05.5Z", "2024-05-01T13:30:05.500001Z"),
        ] {
            let span = parse_time(text, &zone).unwrap();
            assert_eq!(
                (span.start.to_string(), span.end.to_string()),
                (start.to_owned(), end.to_owned()),
                "{text}"
            );
        }
    }

    #[test]
    fn other_texts_are_refused() {
        for text in [
            "",
            "yesterday",
            "2024",
            "2024-13",
            "2024-02-30",
            "2024-05-01T25:00",
            "99999-01-01",
            "-",
            "ééé-éé",
        ] {
            assert!(parse_time(text, &TimeZone::UTC).is_err(), "{text}");
        }
        assert!(parse_time("9999-12-30", &TimeZone::UTC).is_ok());
    }
}
