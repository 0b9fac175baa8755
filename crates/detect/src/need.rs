//! What a command must hold for a rule to fire on it: looked for in its text, before that is read as shell.
//!
//! A condition that is necessary and hardly ever sufficient. Texts are compared without what reading a line as shell
//! takes out of the middle of a word (quotes, backslashes, the signs of substitutions), in small letters, and only as
//! far as they are ASCII and lie within one word. Whatever cannot be told so is [`Need::Nothing`].

use std::collections::BTreeSet;

use aho_corasick::AhoCorasick;
use regex_syntax::hir::literal::{ExtractKind, Extractor};
use regex_syntax::hir::{Hir, HirKind};
use rsigma_parser::{
    ConditionExpr, Detection, DetectionItem, Detections, Modifier, Quantifier, SigmaValue, StringPart,
};
use whoran_model::SoughtCommands;
use whoran_shell::bare;

use crate::Sight;

/// A condition on a command.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Need {
    /// No condition.
    Nothing,
    /// One of these.
    OneOf(BTreeSet<Mark>),
}

/// What can be told of a command from afar.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Mark {
    /// This stands in its [`bare`] text.
    Text(String),
    /// Of the lines that a person typed in the session, at most so many came until then.
    Nth(u32),
    /// It is no command but a diagnostic with this code.
    Diagnostic(String),
}

impl Need {
    /// Roughly the share of commands that meet it.
    fn share(&self) -> f64 {
        match self {
            Self::Nothing => f64::INFINITY,
            Self::OneOf(marks) => marks
                .iter()
                .map(|mark| match mark {
                    Mark::Text(text) => 0.4_f64.powi(i32::try_from(text.len()).unwrap_or(i32::MAX)),
                    Mark::Nth(_) | Mark::Diagnostic(_) => 0.01,
                })
                .sum(),
        }
    }

    /// Of conditions that all hold, the one that the fewest meet.
    fn all(several: impl IntoIterator<Item = Self>) -> Self {
        several.into_iter().min_by(|a, b| a.share().total_cmp(&b.share())).unwrap_or(Self::Nothing)
    }

    /// Of conditions one of which holds.
    pub(crate) fn any(several: impl IntoIterator<Item = Self>) -> Self {
        let mut marks = BTreeSet::new();
        for one in several {
            match one {
                Self::Nothing => return Self::Nothing,
                Self::OneOf(more) => marks.extend(more),
            }
        }
        Self::OneOf(marks)
    }

    fn text(text: &str) -> Self {
        let small = text.to_lowercase();
        let pieces = small.split(|c: char| c.is_whitespace() || !c.is_ascii()).map(bare);
        let longest = pieces.max_by_key(String::len).filter(|piece| !piece.is_empty());
        longest.map_or(Self::Nothing, |piece| Self::OneOf(BTreeSet::from([Mark::Text(piece)])))
    }
}

/// What commands must hold that have one of these needs.
pub(crate) fn commands(need: Need) -> Option<SoughtCommands> {
    let Need::OneOf(marks) = need else { return None };
    let mut sought = SoughtCommands::default();
    for mark in marks {
        match mark {
            Mark::Text(text) => sought.texts.push(text),
            Mark::Nth(nth) => sought.first = sought.first.max(nth),
            Mark::Diagnostic(_) => {}
        }
    }
    Some(sought)
}

/// The diagnostics that have one of these needs.
pub(crate) fn diagnostics(need: Need) -> Option<BTreeSet<String>> {
    let Need::OneOf(marks) = need else { return None };
    Some(
        marks
            .into_iter()
            .filter_map(|m| if let Mark::Diagnostic(code) = m { Some(code) } else { None })
            .collect(),
    )
}

/// Tells from afar whether any of some rules may fire.
pub(crate) struct Sieve {
    /// Nothing where all have to be looked at.
    texts: Option<AhoCorasick>,
    nth: u32,
}

impl Sieve {
    /// For what is sought.
    pub(crate) fn new(sought: Option<&SoughtCommands>) -> Self {
        // What cannot be built tells nothing.
        let texts = sought.and_then(|sought| AhoCorasick::new(&sought.texts).ok());
        Self { texts, nth: sought.map_or(0, |sought| sought.first) }
    }

    /// `bare` is the text of the command, [`bare`]; `nth` is how many lines were typed until then, it included.
    pub(crate) fn lets_through(&self, bare: &str, nth: u32) -> bool {
        nth <= self.nth || self.texts.as_ref().is_none_or(|texts| texts.is_match(bare))
    }
}

/// What the rule needs, where it is held against this.
pub(crate) fn need(detections: &Detections, sight: Sight) -> Need {
    Need::any(detections.conditions.iter().map(|condition| of_condition(condition, detections, sight)))
}

fn of_condition(condition: &ConditionExpr, of: &Detections, sight: Sight) -> Need {
    match condition {
        ConditionExpr::And(several) => Need::all(several.iter().map(|one| of_condition(one, of, sight))),
        ConditionExpr::Or(several) => Need::any(several.iter().map(|one| of_condition(one, of, sight))),
        ConditionExpr::Not(_) => Need::Nothing,
        ConditionExpr::Identifier(name) => {
            of.named.get(name).map_or(Need::Nothing, |detection| of_detection(detection, sight))
        }
        ConditionExpr::Selector { quantifier, pattern } => {
            let several = of.named.iter().filter(|(name, _)| pattern.matches_detection_name(name));
            let several = several.map(|(_, detection)| of_detection(detection, sight));
            match quantifier {
                Quantifier::Any => Need::any(several),
                Quantifier::All => Need::all(several),
                Quantifier::Count(0) => Need::Nothing,
                Quantifier::Count(_) => Need::any(several),
            }
        }
    }
}

fn of_detection(detection: &Detection, sight: Sight) -> Need {
    match detection {
        Detection::AllOf(items) => Need::all(items.iter().map(|item| of_item(item, sight))),
        Detection::And(several) => Need::all(several.iter().map(|one| of_detection(one, sight))),
        Detection::AnyOf(several) => Need::any(several.iter().map(|one| of_detection(one, sight))),
        Detection::Keywords(values) if sight == Sight::Words => Need::any(values.iter().map(of_value)),
        Detection::Keywords(_) | Detection::ArrayMatch { .. } | Detection::Conditional { .. } => {
            Need::Nothing
        }
    }
}

fn of_item(item: &DetectionItem, sight: Sight) -> Need {
    let modifiers = &item.field.modifiers;
    let only = |of: &[Modifier]| modifiers.iter().all(|modifier| of.contains(modifier));
    let name = item.field.name.as_deref();
    if (sight, name) == (Sight::Command, Some("nth")) {
        return match (modifiers.as_slice(), item.values.as_slice()) {
            ([Modifier::Lte], [SigmaValue::Integer(most)]) => u32::try_from(*most)
                .map_or(Need::Nothing, |most| Need::OneOf(BTreeSet::from([Mark::Nth(most)]))),
            _ => Need::Nothing,
        };
    }
    if sight == Sight::Session {
        return match (name, modifiers.is_empty()) {
            (Some("fact"), true) => Need::any(item.values.iter().map(of_fact)),
            (Some("diagnostic"), true) => Need::any(item.values.iter().map(of_code)),
            _ => Need::Nothing,
        };
    }
    let of: Box<dyn Fn(&SigmaValue) -> Need> = match holds(sight, name) {
        Holds::Nothing => return Need::Nothing,
        Holds::Parts
            if only(&[
                Modifier::Re,
                Modifier::All,
                Modifier::IgnoreCase,
                Modifier::Multiline,
                Modifier::DotAll,
            ]) && modifiers.contains(&Modifier::Re) =>
        {
            let any_case = modifiers.contains(&Modifier::IgnoreCase);
            Box::new(move |value| of_expression(value, any_case))
        }
        Holds::Parts
            if only(&[
                Modifier::Contains,
                Modifier::StartsWith,
                Modifier::EndsWith,
                Modifier::All,
                Modifier::Cased,
            ]) =>
        {
            Box::new(of_value)
        }
        Holds::Program if only(&[Modifier::EndsWith, Modifier::Cased]) => Box::new(of_program),
        Holds::Parts | Holds::Program => return Need::Nothing,
    };
    match modifiers.contains(&Modifier::All) {
        true => Need::all(item.values.iter().map(of)),
        false => Need::any(item.values.iter().map(of)),
    }
}

/// Facts of other kinds are given anyway.
fn of_fact(value: &SigmaValue) -> Need {
    match value {
        SigmaValue::String(text)
            if text.as_plain().is_some_and(|kind| !kind.eq_ignore_ascii_case("diagnostic")) =>
        {
            Need::OneOf(BTreeSet::new())
        }
        _ => Need::Nothing,
    }
}

fn of_code(value: &SigmaValue) -> Need {
    let SigmaValue::String(text) = value else { return Need::Nothing };
    let code = text.as_plain().map(|code| Mark::Diagnostic(code.to_ascii_lowercase()));
    code.map_or(Need::Nothing, |code| Need::OneOf(BTreeSet::from([code])))
}

/// What of a command's text is in a field.
enum Holds {
    /// Words or parts of words, with blanks between.
    Parts,
    /// A path that ends with the name of a program.
    Program,
    /// Nothing that can be told.
    Nothing,
}

fn holds(sight: Sight, field: Option<&str>) -> Holds {
    match (sight, field) {
        (Sight::Words, None)
        | (Sight::Process | Sight::Line | Sight::WindowsProcess, Some("CommandLine"))
        | (Sight::Process, Some("ParentCommandLine"))
        | (Sight::ScriptBlock, Some("ScriptBlockText"))
        | (Sight::Command, Some("command" | "parts" | "programs" | "assigned" | "writes")) => Holds::Parts,
        (Sight::Execve, Some(field)) if field != "type" && sight.has(field) => Holds::Parts,
        (Sight::Process, Some("Image" | "ParentImage")) => Holds::Program,
        _ => Holds::Nothing,
    }
}

fn of_value(value: &SigmaValue) -> Need {
    let SigmaValue::String(text) = value else { return Need::Nothing };
    Need::all(text.parts.iter().map(|part| match part {
        StringPart::Plain(text) => Need::text(text),
        StringPart::Special(_) => Need::Nothing,
    }))
}

/// The folder that a program is taken to lie in was not typed; its name was.
fn of_program(value: &SigmaValue) -> Need {
    let SigmaValue::String(text) = value else { return Need::Nothing };
    let path = text.as_plain();
    path.map_or(Need::Nothing, |path| Need::text(path.rsplit('/').next().unwrap_or_default()))
}

fn of_expression(value: &SigmaValue, any_case: bool) -> Need {
    let SigmaValue::String(text) = value else { return Need::Nothing };
    let pattern = text.as_plain().unwrap_or_else(|| text.original.clone());
    let parsed = regex_syntax::ParserBuilder::new().case_insensitive(any_case).build().parse(&pattern);
    parsed.map_or(Need::Nothing, |hir| of_hir(&hir))
}

fn of_hir(hir: &Hir) -> Need {
    let ends = [ExtractKind::Prefix, ExtractKind::Suffix].map(|kind| {
        let found = Extractor::new().kind(kind).extract(hir);
        let of = |bytes| std::str::from_utf8(bytes).map_or(Need::Nothing, Need::text);
        found.literals().map_or(Need::Nothing, |all| Need::any(all.iter().map(|one| of(one.as_bytes()))))
    });
    let inside = match hir.kind() {
        HirKind::Capture(capture) => of_hir(&capture.sub),
        HirKind::Concat(several) => Need::all(several.iter().map(of_hir)),
        HirKind::Alternation(several) => Need::any(several.iter().map(of_hir)),
        HirKind::Repetition(repeated) if repeated.min > 0 => of_hir(&repeated.sub),
        _ => Need::Nothing,
    };
    Need::all(ends.into_iter().chain([inside]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Rules;

    /// What a rule with this detection needs, as texts with blanks between, and `-` where that is nothing.
    fn needed(sight: Sight, detection: &str) -> String {
        let mut rules = Rules::default();
        rules.add("r", &format!("title: T\nlogsource: {{product: linux}}\ndetection: {detection}"));
        assert_eq!(rules.errors, []);
        match need(&rules.loaded[0].sigma.detection, sight) {
            Need::Nothing => "-".to_owned(),
            Need::OneOf(marks) => {
                let shown = |mark: &Mark| match mark {
                    Mark::Text(text) => text.clone(),
                    Mark::Nth(nth) => format!("#{nth}"),
                    Mark::Diagnostic(code) => format!("!{code}"),
                };
                marks.iter().map(shown).collect::<Vec<_>>().join(" ")
            }
        }
    }

    #[test]
    fn what_is_certain_is_needed() {
        for (sight, detection, expected) in [
            (Sight::Process, "{a: {Image|endswith: [/curl, /WGET]}, condition: a}", "curl wget"),
            (Sight::Process, "{a: {Image|contains: /curl}, condition: a}", "-"),
            (
                Sight::Process,
                "{a: {Image|endswith: /x, CommandLine|contains: /etc/x}, condition: a}",
                "/etc/x",
            ),
            (Sight::Process, "{a: {CommandLine|contains|all: [ab, 'abc d']}, condition: a}", "abc"),
            (Sight::Process, "{a: {CommandLine|contains: [ab, 'sh -c ''x']}, condition: a}", "-c ab"),
            (Sight::Process, "{a: {CommandLine|contains: ab}, b: {User: c}, condition: a or b}", "-"),
            (Sight::Process, "{a: {CommandLine|contains: ab}, b: {User: c}, condition: a and not b}", "ab"),
            (Sight::Process, "{a: {CommandLine|contains: ab}, condition: not a}", "-"),
            (Sight::Process, "{a: {CommandLine|windash|contains: ' -ab'}, condition: a}", "-"),
            (Sight::Process, "{a: {CommandLine: 'ab*cdé?'}, condition: a}", "ab"),
            (Sight::Process, r"{a: {CommandLine|re: '^(ab|cd)\s.*(e|fg)$'}, condition: a}", "ab cd"),
            (Sight::Process, r"{a: {CommandLine|re: '\s-\w+\s+/etc/x'}, condition: a}", "/etc/x"),
            (Sight::Process, r"{a: {CommandLine|re|i: 'AB?'}, condition: a}", "a"),
            (Sight::Words, "{a: [ab, 'c d'], condition: a}", "ab d"),
            (Sight::Process, "{a: [ab], condition: a}", "-"),
            (Sight::Execve, "{a: {type: EXECVE, a0: ab}, condition: a}", "ab"),
            (Sight::WindowsProcess, r"{a: {Image|endswith: '\\x.exe'}, condition: a}", "-"),
            (Sight::Command, "{a: {nth|lte: 2, parts: su}, condition: a}", "#2"),
            (Sight::Command, "{a: {output|contains: ab}, condition: a}", "-"),
            (Sight::Session, "{a: {fact: diagnostic, diagnostic: [a, B]}, condition: a}", "!a !b"),
            (Sight::Session, "{a: {fact: diagnostic}, condition: a}", "-"),
            (Sight::Session, "{a: {fact: gap, cause: b}, condition: a}", ""),
            (Sight::Session, "{a: {fact: gap}, b: {diagnostic: a}, condition: 1 of *}", "!a"),
            (Sight::Session, "{a: {diagnostic: 'a*'}, condition: a}", "-"),
            (Sight::Session, "{a: {fact: gap}, condition: not a}", "-"),
            (Sight::Session, "{a: {message|contains: a}, condition: a}", "-"),
        ] {
            assert_eq!(needed(sight, detection), expected, "{detection}");
        }
    }

    #[test]
    fn of_our_own_rules_all_can_be_told() {
        for loaded in Rules::built_in().loaded {
            for sight in loaded.sights.iter().filter(|sight| **sight != Sight::Session) {
                let need = need(&loaded.sigma.detection, *sight);
                assert!(need.share() < 0.2, "{}: {need:?}", loaded.rule.title);
            }
        }
    }
}
