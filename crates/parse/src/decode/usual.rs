//! Events that are written exactly as the agent writes them, read in one pass where they stand. Whatever differs is left to a
//! JSON reader.

use std::rc::Rc;

use memchr::memchr;

use super::events::{At, BAD_BYTE, Element, Read, offset_in};
use super::json::escape;
use super::{Event, Head, is_plain};
use crate::quoted::plain;

/// As many lines as most events have, at most.
const LINES: usize = 8;

/// The event that `rest` begins with, and its length. `last` is the head of the event before.
pub(super) fn usual_event(
    rest: &str,
    place: At,
    last: Option<&Rc<Head>>,
    texts: &mut String,
) -> Option<(Read, usize)> {
    or_nothing(texts, |texts| written("\"", once_quoted, rest, place, last, texts))
}

/// The same of an event that is all of a JSON string, of whose inside `rest` is the start: every quote and backslash of its
/// own is behind a backslash.
pub(super) fn quoted_event(
    rest: &str,
    place: At,
    last: Option<&Rc<Head>>,
    texts: &mut String,
) -> Option<(Read, usize)> {
    let ends = |(_, len): &(Read, usize)| rest[*len..].starts_with('"');
    or_nothing(texts, |texts| written("\\\"", twice_quoted, rest, place, last, texts).filter(ends))
}

/// What `read` gives, which adds to `texts`; where that is nothing, `texts` stays as it was.
pub(super) fn or_nothing<T>(texts: &mut String, read: impl FnOnce(&mut String) -> Option<T>) -> Option<T> {
    let kept = texts.len();
    let read = read(texts);
    if read.is_none() {
        texts.truncate(kept);
    }
    read
}

/// An event with quotes like `quote`, between which `text` takes what an element says.
fn written(
    quote: &str,
    text: fn(&str, &mut String) -> Option<usize>,
    rest: &str,
    At { log, at, stored }: At,
    last: Option<&Rc<Head>>,
    texts: &mut String,
) -> Option<(Read, usize)> {
    let (head, (time, mut next)) = head(rest, last, quote)?;
    let mut elements = Vec::with_capacity(LINES);
    while let Some(inside) = rest[next..].strip_prefix(quote) {
        let (start, from) = (next, texts.len());
        next += quote.len() + text(inside, texts)? + quote.len();
        elements.push(Element { text: from..texts.len(), span: at + start as u64..at + next as u64 });
        texts.push('\n');
        if !rest[next..].strip_prefix(',').is_some_and(|more| more.starts_with(quote)) {
            break;
        }
        next += 1;
    }
    // a sign stands for each bad byte, which others put there
    if memchr(BAD_BYTE as u8, &rest.as_bytes()[..next]).is_some() {
        return None;
    }
    let event = Event { log, time: time.parse().ok(), stored, lines: 0..0, head, at };
    rest[next..].starts_with("]}").then_some((Read { event, elements }, next + 2))
}

/// Adds the text of a JSON string to `texts`, up to its closing quote, and says how long it is written.
fn once_quoted(raw: &str, texts: &mut String) -> Option<usize> {
    let mut at = 0;
    loop {
        let plain = plain(&raw.as_bytes()[at..]);
        texts.push_str(&raw[at..at + plain]);
        at += plain;
        let (c, len) = match &raw.as_bytes()[at..] {
            [b'"', ..] => break,
            escaped @ [b'\\', ..] => escape(escaped)?,
            _ => return None,
        };
        texts.push(c);
        at += len;
    }
    Some(at)
}

/// The same of a JSON string within a JSON string.
fn twice_quoted(raw: &str, texts: &mut String) -> Option<usize> {
    let mut at = 0;
    loop {
        let plain = plain(&raw.as_bytes()[at..]);
        texts.push_str(&raw[at..at + plain]);
        at += plain;
        let (c, len) = match &raw.as_bytes()[at..] {
            [b'\\', b'"', ..] => break,
            [b'\\', b'\\', b'\\', c @ (b'"' | b'\\'), ..] => (char::from(*c), 4),
            [b'\\', inner @ ..] if inner.first() == Some(&b'\\') => {
                // halves of a pair stand apart here
                let inner = &inner[..inner.len().min(6)];
                let known = |c: &char| *c != '\u{fffd}' || inner.eq_ignore_ascii_case(b"\\ufffd");
                escape(inner).filter(|(c, _)| known(c)).map(|(c, len)| (c, 1 + len))?
            }
            // a quote or a backslash is one of the inner string, and so is what stands for a bad byte
            outer @ [b'\\', ..] => {
                escape(outer).filter(|(c, _)| *c >= ' ' && !matches!(*c, '"' | '\\' | BAD_BYTE))?
            }
            _ => return None,
        };
        texts.push(c);
        at += len;
    }
    Some(at)
}

/// The head of an event that is written exactly as the agent writes it, its time, and where its lines begin. Mostly it is
/// that of the event before.
fn head<'t>(event: &'t str, last: Option<&Rc<Head>>, quote: &str) -> Option<(Rc<Head>, (&'t str, usize))> {
    let again = last.and_then(|last| Some((Rc::clone(last), last.again(event)?)));
    again.or_else(|| usual_head(event, quote))
}

fn usual_head<'t>(event: &'t str, quote: &str) -> Option<(Rc<Head>, (&'t str, usize))> {
    let mut ahead = event;
    let mut value = |key: &str| {
        ahead = ahead.strip_prefix(key.replace('"', quote).as_str())?;
        let (value, after) = ahead.split_once(quote)?;
        ahead = after;
        (is_plain(value) && !value.contains('"')).then_some(value)
    };
    let version = value("{\"eventVersion\":\"")?;
    let time = value(",\"eventTime\":\"")?;
    let region = value(",\"awsRegion\":\"")?;
    let target = value(",\"target\":{\"id\":\"")?;
    let identity = value("},\"userIdentity\":{\"arn\":\"")?;
    let run_as_user = value("},\"runAsUser\":\"")?;
    value(",\"sessionId\":\"")?;
    let lines = event.len() - ahead.strip_prefix(",\"sessionData\":[".replace('"', quote).as_str())?.len();
    let at = offset_in(event, time);
    let written = [&event[..at], &event[at + time.len()..lines]].map(str::to_owned);
    let [version, region, target, identity, run_as_user] =
        [version, region, target, identity, run_as_user].map(|value| Some(value.to_owned()));
    let head = Head { version, region, target, identity, run_as_user, written: Some(written) };
    Some((Rc::new(head), (time, lines)))
}

#[cfg(test)]
mod tests {
    use super::super::json::{Quoting, Unquoted};
    use super::*;

    const HEAD: &str = concat!(
        r#"{"eventVersion":"1.0","eventTime":"2026-01-02T03:04:05Z","awsRegion":"eu-west-1","target":{"id":"i-1"},"#,
        r#""userIdentity":{"arn":"a"},"runAsUser":"u","sessionId":"s","sessionData":["#
    );

    /// Lines as they stand in a string in a string.
    fn read(lines: &str) -> Option<Vec<String>> {
        let raw = format!("{}{lines}]}}", HEAD.replace('"', "\\\""));
        let [mut once, mut twice] = [const { String::new() }; 2];
        let place = At { log: 0, at: 7, stored: Some(3) };
        let unquoted = Unquoted::of(&raw, Quoting::Json).unwrap();
        let (usual, _) = usual_event(&unquoted.text, place, None, &mut once)?;
        let (read, len) = quoted_event(&format!("{raw}\" x"), place, None, &mut twice)?;
        assert_eq!((len, &once, read.event.time), (raw.len(), &twice, usual.event.time));
        for (read, usual) in read.elements.iter().zip(&usual.elements) {
            let ends =
                [usual.span.start, usual.span.end].map(|at| unquoted.byte_at(at as usize - 7) as u64 + 7);
            assert_eq!((&read.text, read.span.clone()), (&usual.text, ends[0]..ends[1]));
        }
        Some(read.elements.into_iter().map(|element| twice[element.text].to_owned()).collect())
    }

    #[test]
    fn an_event_is_read_where_it_stands() {
        let lines = r#"\"ls\\u001b[m\\u007f \\\\ \\\"\\n\\/ \u00e9\\ufffd\u003c\",\"\",\"\ud83d\ude00é]}\""#;
        assert!(read("").unwrap().is_empty());
        assert_eq!(read(lines).unwrap(), ["ls\u{1b}[m\u{7f} \\ \"\n/ é\u{fffd}<", "", "😀é]}"]);
    }

    #[test]
    fn what_is_hardly_ever_written_is_left_to_others() {
        for lines in [
            r#"\"\\ud83d\\ude00\""#,
            r#"\"\u0022"#,
            r#"\"\u007f\""#,
            r#"\"\u005cn\""#,
            r#"\"a\" ,\"b\""#,
            r#"\"a\","#,
        ] {
            let raw = format!("{}{lines}]}}\"", HEAD.replace('"', "\\\""));
            let place = At { log: 0, at: 0, stored: None };
            assert!(quoted_event(&raw, place, None, &mut String::new()).is_none(), "{lines}");
        }
    }
}
