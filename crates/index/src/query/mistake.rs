//! What to write instead.

use super::QueryError;
use crate::fields::{FIELDS, Field, FieldType};

/// What can stand before a colon and is no field.
const SHORTHANDS: &[&str] = &["since", "until", "at", "has", "in"];

pub(super) fn example(field: &Field) -> String {
    let key = field.key;
    match field.ty {
        FieldType::Number => format!("write {key}:3, {key}:>=1 or {key}:[1 TO *]"),
        FieldType::Time => format!("write {key}:2024-05-01 or {key}:[2024-05-01 TO *]"),
        FieldType::Bool => format!("write {key}:true"),
        FieldType::Choice(values) => format!("write {key}:{}", values[0]),
        _ => format!("write {key}:value, {key}:\"several words\", or {key}:* for any value"),
    }
}

pub(super) fn unknown_field(name: &str, word: &str, start: usize) -> QueryError {
    let wanted = name.replace('-', "_").to_ascii_lowercase();
    let names =
        FIELDS.iter().filter(|field| field.is_queryable()).flat_map(|f| f.aliases.iter().chain([&f.key]));
    let names = names.chain(SHORTHANDS);
    let nearest = names.map(|name| (distance(&wanted, name), name)).min();
    let guess = match nearest {
        Some((far, near)) if far <= near.len() / 2 => format!("did you mean {near}:? "),
        _ => "`whoran help query` lists the fields. ".to_owned(),
    };
    let quoted = word.replace('\\', "\\\\").replace('"', "\\\"");
    let hint = format!("{guess}To search for the text itself, quote it: \"{quoted}\"");
    QueryError::new(start..start + name.len(), format!("there is no field {name}"), hint)
}

/// Edits that make one name of the other. Names of fields are short, so only the beginning of a long one counts.
fn distance(from: &str, to: &str) -> usize {
    let from: Vec<_> = from.bytes().take(32).collect();
    let mut row: Vec<usize> = (0..=from.len()).collect();
    for (i, b) in to.bytes().enumerate() {
        let mut corner = std::mem::replace(&mut row[0], i + 1);
        for (j, a) in from.iter().enumerate() {
            let swapped = corner + usize::from(*a != b);
            corner = row[j + 1];
            row[j + 1] = swapped.min(corner + 1).min(row[j] + 1);
        }
    }
    row[from.len()]
}
