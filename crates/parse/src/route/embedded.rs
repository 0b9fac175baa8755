//! Events inside records of other makers: results of Logs Insights, documents of search engines, what log shippers write.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

use memchr::memmem;
use serde_json::value::RawValue;
use whoran_model::Shape;

use super::found::Probe;
use crate::quoted::Flat;

/// So deep in a record an event may be.
const DEEPEST: u32 = 12;

/// An event found in a record.
#[derive(Debug, PartialEq)]
pub(super) struct Inner {
    /// Where in the record: an object, or the inside of a string that is one.
    pub(super) range: Range<usize>,
    pub(super) shape: Shape,
    pub(super) session: Option<String>,
}

/// The events in a record that is none itself, in their order.
pub(super) fn events_in(record: &[u8]) -> Vec<Inner> {
    let mut found = Vec::new();
    if let Some(text) = std::str::from_utf8(record).ok().filter(|text| may_hold(text))
        && Flat::of(record).is_none_or(|flat| may_be_object(flat.message))
        && let Ok(raw) = serde_json::from_str::<&RawValue>(text)
    {
        look_into(raw.get(), text, 0, &mut found);
    }
    found
}

/// Whether the text of a JSON string may be an object.
fn may_be_object(inside: &str) -> bool {
    inside.starts_with('{') || inside.starts_with("\\u007")
}

fn may_hold(text: &str) -> bool {
    memmem::find(text.as_bytes(), b"sessionData").is_some()
}

fn look_into(value: &str, record: &str, depth: u32, found: &mut Vec<Inner>) {
    if depth > DEEPEST || !may_hold(value) {
        return;
    }
    let at = value.as_ptr() as usize - record.as_ptr() as usize;
    match value.as_bytes().first() {
        Some(b'{') => {
            let session = serde_json::from_str::<Probe<'_>>(value).ok().and_then(Probe::session_of_event);
            if let Some(session) = session {
                found.push(Inner { range: at..at + value.len(), shape: Shape::Events, session });
            } else {
                let inner =
                    serde_json::from_str::<BTreeMap<Cow<'_, str>, &RawValue>>(value).unwrap_or_default();
                let mut inner: Vec<&str> = inner.into_values().map(RawValue::get).collect();
                inner.sort_by_key(|inner| inner.as_ptr());
                inner.into_iter().for_each(|inner| look_into(inner, record, depth + 1, found));
            }
        }
        Some(b'[') => {
            let inner = serde_json::from_str::<Vec<&RawValue>>(value).unwrap_or_default();
            inner.into_iter().for_each(|inner| look_into(inner.get(), record, depth + 1, found));
        }
        Some(b'"') => {
            let text = serde_json::from_str::<Cow<'_, str>>(value).unwrap_or_default();
            let event = serde_json::from_str::<Probe<'_>>(&text).ok().and_then(Probe::session_of_event);
            if let Some(session) = event.filter(|_| text.starts_with('{')) {
                let range = at + 1..at + value.len() - 1;
                found.push(Inner { range, shape: Shape::Envelopes, session });
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_found_however_it_is_wrapped() {
        let event = r#"{"awsRegion":"r","sessionId":"s","sessionData":["$ id"]}"#;
        let text = serde_json::to_string(event).unwrap();
        let found = |record: &str| {
            let found = events_in(record.as_bytes());
            found
                .into_iter()
                .map(|f| (record[f.range].to_owned(), f.shape, f.session.unwrap()))
                .collect::<Vec<_>>()
        };
        let object = (event.to_owned(), Shape::Events, "s".to_owned());
        let string = (text[1..text.len() - 1].to_owned(), Shape::Envelopes, "s".to_owned());
        assert_eq!(
            found(&format!(r#"{{"a":{event},"b":[[{{"value":{text}}}]]}}"#)),
            [object.clone(), string.clone()]
        );
        assert_eq!(found(&format!(r#"{{"message":{event}}}"#)), [object]);
        assert_eq!(found(&format!(r#"{{"b":"{{\"sessionData","@message":{text}}}"#)), [string]);
        // what a command shows is no event
        let quoted = serde_json::to_string(&format!("cat x: {event}")).unwrap();
        assert_eq!(found(&format!(r#"{{"a":{quoted},"b":"sessionData","c":{{"sessionData":1}}"#)), []);
        let deep = format!("{}{event}{}", "[".repeat(40), "]".repeat(40));
        assert_eq!(found(&format!(r#"{{"a":{deep}}}"#)), []);
    }
}
