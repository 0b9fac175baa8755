//! Times that tools write before each event.

use memchr::memchr;
use whoran_model::SessionId;

/// The time before each event that an export task writes, `0` for any digit.
const STAMP: &[u8] = b"0000-00-00T00:00:00.000Z ";
/// As much of a time as every form of `aws logs tail` begins with.
const SECOND: &[u8] = b"0000-00-00T00:00:00";

/// Whether bytes are [`STAMP`] as far as they go, and not all of it; no bytes are none of it.
pub(super) fn starts_stamp(bytes: &[u8]) -> bool {
    !bytes.is_empty() && bytes.len() < STAMP.len() && begins_as(bytes, STAMP)
}

/// Whether bytes are those of a form, as far as both go.
fn begins_as(bytes: &[u8], form: &[u8]) -> bool {
    let fits = |(b, due): (&u8, &u8)| if *due == b'0' { b.is_ascii_digit() } else { b == due };
    bytes.iter().zip(form).all(fits)
}

/// Whether bytes are a whole [`STAMP`].
pub(super) fn is_stamp(bytes: &[u8]) -> bool {
    bytes.len() == STAMP.len() && bytes.ends_with(b" ") && starts_stamp(&bytes[..STAMP.len() - 1])
}

/// The bytes behind a stamp, where one is there.
pub(super) fn after_stamp(text: &[u8]) -> &[u8] {
    match text.split_at_checked(STAMP.len()) {
        Some((stamp, rest)) if is_stamp(stamp) => rest,
        _ => text,
    }
}

/// Whether bytes are what `aws logs tail` writes before an event: a time and, but for `--format short`, the stream.
pub(super) fn is_tail(bytes: &[u8]) -> bool {
    matches!(words_of_tail(bytes), Some(0 | 1))
}

/// Whether a line is what `aws logs tail --format json` writes above an event: a time and the stream.
pub(super) fn is_tail_line(bytes: &[u8]) -> bool {
    words_of_tail(bytes) == Some(1)
}

/// How many words stand behind a time that `aws logs tail` writes.
fn words_of_tail(bytes: &[u8]) -> Option<usize> {
    let mut words = bytes.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    let (second, rest) = words.next()?.split_at_checked(SECOND.len())?;
    let in_time = |b: &u8| b.is_ascii_digit() || b"+-:.Z".contains(b);
    (begins_as(second, SECOND) && rest.iter().all(in_time)).then(|| words.count())
}

/// What `aws logs tail` writes before a message that is no event: the stream, but for `--format short`, and where the
/// message begins.
pub(super) fn after_tail(line: &[u8]) -> Option<(Option<&str>, usize)> {
    let time = memchr(b' ', line)?;
    (words_of_tail(&line[..time]) == Some(0)).then_some(())?;
    let rest = &line[time + 1..];
    let stream = memchr(b' ', rest).and_then(|end| std::str::from_utf8(&rest[..end]).ok());
    let is_session = |stream: &&str| stream.parse::<SessionId>().is_ok_and(|id| id.is_well_formed());
    let stream = stream.filter(is_session);
    Some((stream, time + 1 + stream.map_or(0, |stream| stream.len() + 1)))
}

/// The bytes behind whatever tool's time stands before the first event, where one does.
pub(super) fn after_time(text: &[u8]) -> &[u8] {
    const LONGEST: usize = 1024;
    let head = &text[..text.len().min(LONGEST)];
    let event = memchr::memchr(b'{', head).filter(|at| is_tail(&head[..*at]));
    event.map_or_else(|| after_stamp(text), |at| &text[at..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_and_a_stream_stand_before_an_event_and_nothing_else() {
        for is in [
            "2023-06-01T03:54:06 ",
            "2023-06-01T03:54:06.123000+00:00 bob-0e34861185201706f ",
            "2023-06-01T03:54:06Z x\n",
        ] {
            assert!(is_tail(is.as_bytes()), "{is}");
        }
        for is_not in [
            "",
            "2023-06-01T03:54 x ",
            "2023-06-01T03:54:06 a b ",
            "2023-06-01T03:54:06x a ",
            "at 2023-06-01T03:54:06 ",
        ] {
            assert!(!is_tail(is_not.as_bytes()), "{is_not}");
        }
        assert!(
            is_tail_line(b"2023-06-01T03:54:06+00:00 stream \r") && !is_tail_line(b"2023-06-01T03:54:06 ")
        );
        assert_eq!(after_time(b"2023-06-01T03:54:06 s {\"a"), b"{\"a");
        assert_eq!(after_time(b"2025-03-04T10:15:32.123Z [x"), b"[x");
        assert_eq!(after_time(b"x {"), b"x {");
    }
}
