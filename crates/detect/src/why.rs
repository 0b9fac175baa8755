//! Why a rule matched: which of its conditions were met, and by what.

use rsigma_eval::matcher::GroupMode;
use rsigma_eval::{
    CompiledDetection, CompiledDetectionItem, CompiledMatcher, CompiledRule, Event, EventValue,
};
use whoran_model::Reason;

use crate::record::Record;

/// Longest value that is shown whole, in characters.
const MAX_VALUE: usize = 400;

/// The conditions of these selections that were met, in order, each once.
pub(crate) fn why(rule: &CompiledRule, selections: &[String], record: &Record<'_>) -> Vec<Reason> {
    let mut reasons = Vec::new();
    let mut names: Vec<&String> = selections.iter().collect();
    names.sort();
    names.dedup();
    for name in names {
        if let Some(detection) = rule.detections.get(name) {
            collect(name, detection, record, &mut reasons);
        }
    }
    let mut seen = std::collections::HashSet::new();
    reasons.retain(|reason| seen.insert(reason.clone()));
    reasons
}

fn collect(selection: &str, detection: &CompiledDetection, record: &Record<'_>, out: &mut Vec<Reason>) {
    match detection {
        CompiledDetection::AllOf(items) if items.iter().all(|item| met(item, record)) => {
            out.extend(items.iter().map(|item| reason(selection, item, record)));
        }
        CompiledDetection::AllOf(_) => {}
        CompiledDetection::AnyOf(several) | CompiledDetection::And(several) => {
            several.iter().for_each(|one| collect(selection, one, record, out));
        }
        CompiledDetection::Keywords(matcher) => {
            let texts = record.all_string_values();
            if let Some(text) = texts.iter().find(|text| matcher.matches(&string(text), record)) {
                out.push(of(selection, None, matcher, &string(text), record));
            }
        }
        CompiledDetection::ArrayMatch { field, .. } => out.push(Reason {
            selection: selection.to_owned(),
            field: Some(field.clone()),
            pattern: "one or all of its values".to_owned(),
            value: record.get_field(field).map(shown).unwrap_or_default(),
        }),
        CompiledDetection::Conditional { .. } => {}
    }
}

fn met(item: &CompiledDetectionItem, record: &Record<'_>) -> bool {
    let value = item.field.as_deref().and_then(|field| record.get_field(field));
    match (item.exists, &item.field, &value) {
        (Some(wanted), ..) => value.is_some() == wanted,
        (None, None, _) => item.matcher.matches_keyword(record),
        (None, Some(_), Some(value)) => item.matcher.matches(value, record),
        (None, Some(_), None) => matches!(item.matcher, CompiledMatcher::Null),
    }
}

fn reason(selection: &str, item: &CompiledDetectionItem, record: &Record<'_>) -> Reason {
    let value = item.field.as_deref().and_then(|field| record.get_field(field));
    of(selection, item.field.as_deref(), &item.matcher, &value.unwrap_or(EventValue::Null), record)
}

fn of(
    selection: &str,
    field: Option<&str>,
    matcher: &CompiledMatcher,
    value: &EventValue<'_>,
    record: &Record<'_>,
) -> Reason {
    // Of several values, the one that was looked for.
    let value = match value {
        EventValue::Array(values) => {
            values.iter().find(|value| matcher.matches(value, record)).unwrap_or(value)
        }
        value => value,
    };
    Reason {
        selection: selection.to_owned(),
        field: field.map(str::to_owned),
        pattern: pattern(matcher, value, record),
        value: shown(value.clone()),
    }
}

fn string<'a>(text: &'a str) -> EventValue<'a> {
    EventValue::Str(text.into())
}

fn shown(value: EventValue<'_>) -> String {
    let text = match value.as_str() {
        Some(text) => text.into_owned(),
        None if value.is_null() => String::new(),
        None => value.to_json().to_string(),
    };
    match text.char_indices().nth(MAX_VALUE) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// What is asked of the value: of alternatives, the first that it meets.
fn pattern(matcher: &CompiledMatcher, value: &EventValue<'_>, record: &Record<'_>) -> String {
    let lower = || value.as_str().map(|text| text.to_lowercase());
    match matcher {
        CompiledMatcher::AnyOf(several) => {
            let met = several.iter().find(|one| one.matches(value, record)).or(several.first());
            met.map(|one| pattern(one, value, record)).unwrap_or_default()
        }
        CompiledMatcher::AllOf(several) => {
            several.iter().map(|one| pattern(one, value, record)).collect::<Vec<_>>().join(" and ")
        }
        CompiledMatcher::CaseInsensitiveGroup { children, mode } => {
            let lower = lower().unwrap_or_default();
            let value = string(&lower);
            let met: Vec<_> = children.iter().filter(|one| one.matches(&value, record)).collect();
            let take = if *mode == GroupMode::All { met.len() } else { 1 };
            let told: Vec<_> = met.into_iter().take(take).map(|one| pattern(one, &value, record)).collect();
            told.join(" and ")
        }
        CompiledMatcher::AhoCorasickSet { needles, case_insensitive, .. } => {
            let text = if *case_insensitive { lower() } else { value.as_str().map(|text| text.into_owned()) };
            let met = needles.iter().find(|needle| text.as_ref().is_some_and(|text| text.contains(*needle)));
            met.map(|needle| format!("contains {needle}")).unwrap_or_default()
        }
        CompiledMatcher::RegexSetMatch { set, .. } => {
            let met = value.as_str().and_then(|text| set.matches(&text).iter().next());
            met.and_then(|at| set.patterns().get(at)).map(|re| format!("matches {re}")).unwrap_or_default()
        }
        CompiledMatcher::Not(inner) => format!("not {}", pattern(inner, value, record)),
        plain => {
            let is = plain.describe();
            let verb = match plain {
                CompiledMatcher::Contains { .. } => "contains",
                CompiledMatcher::StartsWith { .. } => "starts with",
                CompiledMatcher::EndsWith { .. } => "ends with",
                CompiledMatcher::Regex(_) => "matches",
                CompiledMatcher::Null => "is not there",
                _ => "is",
            };
            match is.pattern {
                Some(pattern) => format!("{verb} {pattern}"),
                None => verb.to_owned(),
            }
        }
    }
}
