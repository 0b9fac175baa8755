//! Fields of JSON objects, each where it is what it should be.

use serde_json::Value;
use whoran_model::{Principal, Tag, Timestamp};

/// A text that is not empty.
pub(super) fn text(object: &Value, key: &str) -> Option<String> {
    object.get(key)?.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
}

pub(super) fn principal(object: &Value, key: &str) -> Option<Principal> {
    text(object, key).map(Principal::new)
}

/// `true`, or the word, in any case.
pub(super) fn flag(object: &Value, key: &str) -> Option<bool> {
    match object.get(key)? {
        Value::Bool(flag) => Some(*flag),
        Value::String(word) if word.eq_ignore_ascii_case("true") => Some(true),
        Value::String(word) if word.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

/// A number, or a text of digits.
pub(super) fn number(object: &Value, key: &str) -> Option<u32> {
    match object.get(key)? {
        Value::Number(number) => number.as_u64()?.try_into().ok(),
        Value::String(digits) => digits.trim().parse().ok(),
        _ => None,
    }
}

/// A time as the AWS CLI prints it: ISO 8601, or seconds since 1970.
pub(super) fn time(object: &Value, key: &str) -> Option<Timestamp> {
    match object.get(key)? {
        Value::String(text) => text.parse().ok(),
        Value::Number(seconds) => {
            let milliseconds = (seconds.as_f64()? * 1000.0).round();
            (milliseconds.abs() < 1e15).then(|| Timestamp::from_millisecond(milliseconds as i64).ok())?
        }
        _ => None,
    }
}

/// The members of a list; none where it is none.
pub(super) fn list<'a>(object: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> {
    object.get(key).and_then(Value::as_array).into_iter().flatten()
}

/// The texts of a list.
pub(super) fn texts(object: &Value, key: &str) -> Vec<String> {
    list(object, key).filter_map(Value::as_str).map(str::to_owned).collect()
}

/// Tags in the spelling of the CLI (`Key`, `Value`) or of CloudTrail (`key`, `value`).
pub(super) fn tags(object: &Value, key: &str) -> Vec<Tag> {
    list(object, key).filter_map(tag).collect()
}

pub(super) fn tag(tag: &Value) -> Option<Tag> {
    let of = |upper, lower| tag.get(upper).or_else(|| tag.get(lower))?.as_str().map(str::to_owned);
    Some(Tag { key: of("Key", "key")?, value: of("Value", "value")? })
}
