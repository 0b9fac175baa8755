//! Whether a rule can ever fire on a kind of record, whatever is in it: a rule that needs a field no record has cannot.

use std::collections::BTreeSet;

use rsigma_parser::{ConditionExpr, Detection, DetectionItem, Detections, Modifier, Quantifier, SigmaValue};

use crate::Sight;

/// What an expression may come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct May {
    hold: bool,
    fail: bool,
}

const EITHER: May = May { hold: true, fail: true };
const ALWAYS: May = May { hold: true, fail: false };
const NEVER: May = May { hold: false, fail: true };

/// Whether the rule may fire. What it asks of different fields is taken to be independent, so that it errs on the side
/// of yes.
pub(crate) fn fire(detections: &Detections, sight: Sight) -> bool {
    detections.conditions.iter().any(|condition| condition_may(condition, detections, sight).hold)
}

/// The fields that the rule asks for, each once.
pub(crate) fn fields(detections: &Detections) -> BTreeSet<&str> {
    let mut found = BTreeSet::new();
    for detection in detections.named.values() {
        collect(detection, &mut found);
    }
    found
}

fn collect<'a>(detection: &'a Detection, found: &mut BTreeSet<&'a str>) {
    match detection {
        Detection::AllOf(items) => found.extend(items.iter().filter_map(|item| item.field.name.as_deref())),
        Detection::AnyOf(several) | Detection::And(several) => {
            several.iter().for_each(|one| collect(one, found));
        }
        Detection::ArrayMatch { field, .. } => drop(found.insert(field)),
        Detection::Keywords(_) | Detection::Conditional { .. } => {}
    }
}

fn all(several: impl IntoIterator<Item = May>) -> May {
    several
        .into_iter()
        .fold(ALWAYS, |sum, one| May { hold: sum.hold && one.hold, fail: sum.fail || one.fail })
}

fn any(several: impl IntoIterator<Item = May>) -> May {
    several.into_iter().fold(NEVER, |sum, one| May { hold: sum.hold || one.hold, fail: sum.fail && one.fail })
}

fn condition_may(condition: &ConditionExpr, of: &Detections, sight: Sight) -> May {
    match condition {
        ConditionExpr::And(several) => all(several.iter().map(|one| condition_may(one, of, sight))),
        ConditionExpr::Or(several) => any(several.iter().map(|one| condition_may(one, of, sight))),
        ConditionExpr::Not(one) => {
            let one = condition_may(one, of, sight);
            May { hold: one.fail, fail: one.hold }
        }
        ConditionExpr::Identifier(name) => {
            of.named.get(name).map_or(NEVER, |detection| detection_may(detection, sight))
        }
        ConditionExpr::Selector { quantifier, pattern } => {
            let several = of.named.iter().filter(|(name, _)| pattern.matches_detection_name(name));
            let several: Vec<May> = several.map(|(_, detection)| detection_may(detection, sight)).collect();
            match quantifier {
                Quantifier::Any => any(several),
                Quantifier::All => all(several),
                Quantifier::Count(n) => {
                    let count = |is: fn(&May) -> bool| several.iter().filter(|may| is(may)).count() as u64;
                    May { hold: count(|may| may.hold) >= *n, fail: count(|may| !may.fail) < *n }
                }
            }
        }
    }
}

fn detection_may(detection: &Detection, sight: Sight) -> May {
    match detection {
        Detection::AllOf(items) => all(items.iter().map(|item| item_may(item, sight))),
        Detection::And(several) => all(several.iter().map(|one| detection_may(one, sight))),
        Detection::AnyOf(several) => any(several.iter().map(|one| detection_may(one, sight))),
        Detection::Keywords(_) | Detection::Conditional { .. } => EITHER,
        Detection::ArrayMatch { field, .. } => {
            if sight.has(field) {
                EITHER
            } else {
                NEVER
            }
        }
    }
}

fn item_may(item: &DetectionItem, sight: Sight) -> May {
    let Some(name) = item.field.name.as_deref() else { return EITHER };
    if sight == Sight::Execve && name == "type" {
        let is = |value: &SigmaValue| matches!(value, SigmaValue::String(text) if text.original == "EXECVE");
        return if item.values.iter().any(is) { ALWAYS } else { NEVER };
    }
    if sight.has(name) {
        return EITHER;
    }
    if item.field.modifiers.contains(&Modifier::Exists) {
        let wanted = !matches!(item.values.first(), Some(SigmaValue::Bool(false)));
        return if wanted { NEVER } else { ALWAYS };
    }
    // What asks for nothing is met by what is not there.
    if item.values.iter().any(|value| matches!(value, SigmaValue::Null)) { ALWAYS } else { NEVER }
}
