//! A condition on values that are at hand.

use super::{Expr, Match};
use crate::analyze::{atoms, keyword};
use crate::document::Key;
use crate::fields::{Field, FieldType, Value, field};
use crate::query::anywhere;
use crate::schema::ticks;

/// Whether what `of` says of each field meets the condition; `owner` is the session they are of.
pub(crate) fn holds<'a>(expr: &Expr, owner: &Key, of: &dyn Fn(&Field) -> Value<'a>) -> bool {
    match expr {
        Expr::All => true,
        // Settled before anybody asks, and put where nobody does.
        Expr::Gap | Expr::Values(_) => false,
        Expr::Sessions(owners) => owners.contains(owner),
        Expr::Indicators(indicators) => {
            let masked = field("secret").filter(|_| indicators.may_be_masked());
            anywhere().chain(masked).any(|field| match of(field) {
                Value::Text(text) => indicators.are_in(&text),
                Value::List(masked) => masked.iter().any(|print| indicators.were_masked_as(print)),
                _ => false,
            })
        }
        Expr::Known(field) => of(field) != Value::Null,
        Expr::Match(wanted) => match wanted.field {
            Some(field) => found(field, &of(field), wanted),
            None => anywhere().any(|field| found(field, &of(field), wanted)),
        },
        Expr::Pattern(pattern) => match pattern.field {
            Some(field) => pattern.is_in(&of(field)),
            None => anywhere().any(|field| pattern.is_in(&of(field))),
        },
        Expr::Number { field, from, to } => match of(field) {
            Value::Number(number) => {
                from.is_none_or(|from| number >= from) && to.is_none_or(|to| number <= to)
            }
            _ => false,
        },
        Expr::Time { field, from, to } => {
            let within = |time| {
                from.is_none_or(|from| ticks(time) >= ticks(from))
                    && to.is_none_or(|to| ticks(time) < ticks(to))
            };
            match of(field) {
                Value::Time(time) => within(time),
                Value::Times(times) => times.into_iter().any(within),
                _ => false,
            }
        }
        Expr::Bool { field, value } => of(field) == Value::Bool(*value),
        Expr::Not(inner) => !holds(inner, owner, of),
        Expr::And(parts) => parts.iter().all(|part| holds(part, owner, of)),
        Expr::Or(parts) => parts.iter().any(|part| holds(part, owner, of)),
    }
}

fn found(field: &Field, value: &Value<'_>, wanted: &Match) -> bool {
    match value {
        Value::Text(text) => is_in(field, text, wanted),
        Value::List(texts) => texts.iter().any(|text| is_in(field, text, wanted)),
        _ => false,
    }
}

fn is_in(field: &Field, text: &str, Match { text: wanted, prefix, .. }: &Match) -> bool {
    if field.ty != FieldType::Text {
        let (text, wanted) = (keyword(text), keyword(wanted));
        return if *prefix { text.starts_with(&*wanted) } else { text == wanted };
    }
    let (text, wanted): (Vec<_>, Vec<_>) = (atoms(text).collect(), atoms(wanted).collect());
    let Some((last, before)) = wanted.split_last() else { return false };
    text.windows(wanted.len()).any(|window| match window.split_last() {
        Some((end, start)) => {
            start == before && if *prefix { end.starts_with(last.as_str()) } else { end == last }
        }
        None => false,
    })
}
