//! Rules as they are read: what each is, what it is held against, and what was wrong with those that cannot be used.

use std::fmt;
use std::sync::Arc;

use rsigma_eval::compile_rule;
use rsigma_parser::{SigmaRule, parse_sigma_yaml};
use whoran_model::{Level, Rule};

use crate::Sight;
use crate::sight::sights;

/// Our own rules, by the names of their files.
const BUILT_IN: &[(&str, &str)] = &[
    ("credential-files-read.yml", include_str!("../rules/credential-files-read.yml")),
    ("echo-off.yml", include_str!("../rules/echo-off.yml")),
    ("history-cleared.yml", include_str!("../rules/history-cleared.yml")),
    ("history-variable.yml", include_str!("../rules/history-variable.yml")),
    ("instance-credentials-fetched.yml", include_str!("../rules/instance-credentials-fetched.yml")),
    ("log-copies-disagree.yml", include_str!("../rules/log-copies-disagree.yml")),
    ("output-without-command.yml", include_str!("../rules/output-without-command.yml")),
    ("prompts-in-output.yml", include_str!("../rules/prompts-in-output.yml")),
    ("ran-inside.yml", include_str!("../rules/ran-inside.yml")),
    ("root-shell-at-start.yml", include_str!("../rules/root-shell-at-start.yml")),
    ("run-as-mismatch.yml", include_str!("../rules/run-as-mismatch.yml")),
    ("secret-on-command-line.yml", include_str!("../rules/secret-on-command-line.yml")),
    ("session-log-emptied.yml", include_str!("../rules/session-log-emptied.yml")),
    ("session-log-tampering.yml", include_str!("../rules/session-log-tampering.yml")),
    ("session-logged-elsewhere.yml", include_str!("../rules/session-logged-elsewhere.yml")),
    ("session-without-log.yml", include_str!("../rules/session-without-log.yml")),
    ("ssm-agent-tampering.yml", include_str!("../rules/ssm-agent-tampering.yml")),
];

/// What was wrong with a rule, or with a file of rules. The others are not touched by it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct RuleError {
    /// The file.
    pub source_name: String,
    /// The rule's title, where it got that far.
    pub title: Option<String>,
    /// What is wrong, with line and column where the reader of YAML knows them.
    pub message: String,
}

impl fmt::Display for RuleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.title {
            Some(title) => write!(f, "{}: {title:?}: {}", self.source_name, self.message),
            None => write!(f, "{}: {}", self.source_name, self.message),
        }
    }
}

/// A rule that can be used.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// What a reader has to know of it.
    pub rule: Arc<Rule>,
    /// What it is held against; empty where it can never fire.
    pub sights: Vec<Sight>,
    /// Why it can never fire.
    pub never: Option<String>,
    pub(crate) sigma: SigmaRule,
}

/// A set of rules.
#[derive(Debug, Clone, Default)]
pub struct Rules {
    /// Those that can be used, in the order in which they were added.
    pub loaded: Vec<Loaded>,
    /// What was wrong with others.
    pub errors: Vec<RuleError>,
    /// Correlations and filters: documents of other kinds than rules, which are not evaluated.
    pub left_out: usize,
}

impl Rules {
    /// Our own rules.
    pub fn built_in() -> Self {
        let mut rules = Self::default();
        for (name, text) in BUILT_IN {
            rules.add(&format!("built-in/{name}"), text);
        }
        rules
    }

    /// Adds the rules of a file. What cannot be used becomes one of [`Rules::errors`].
    pub fn add(&mut self, source: &str, yaml: &str) {
        let collection = match parse_sigma_yaml(yaml) {
            Ok(collection) => collection,
            Err(error) => return self.wrong(source, None, &error),
        };
        collection.errors.iter().for_each(|error| self.wrong(source, None, error));
        self.left_out += collection.correlations.len() + collection.filters.len();
        for sigma in collection.rules {
            if let Err(error) = compile_rule(&sigma) {
                self.wrong(source, Some(&sigma.title), &error);
                continue;
            }
            let (sights, never) = match sights(&sigma) {
                Ok(sights) => (sights, None),
                Err(why) => (Vec::new(), Some(why)),
            };
            self.loaded.push(Loaded { rule: Arc::new(rule(&sigma, source)), sights, never, sigma });
        }
    }

    /// Notes that a file of rules could not be read.
    pub fn cannot_read(&mut self, source: &str, why: &dyn fmt::Display) {
        self.wrong(source, None, why);
    }

    fn wrong(&mut self, source: &str, title: Option<&str>, message: &dyn fmt::Display) {
        self.errors.push(RuleError {
            source_name: source.to_owned(),
            title: title.map(str::to_owned),
            message: message.to_string(),
        });
    }
}

fn rule(sigma: &SigmaRule, source: &str) -> Rule {
    let (mut techniques, mut tactics) = (Vec::new(), Vec::new());
    for tag in &sigma.tags {
        let Some(name) = tag.strip_prefix("attack.") else { continue };
        let numbered = |letter: char| {
            name.strip_prefix(letter).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
        };
        if numbered('t') {
            techniques.push(name.to_ascii_uppercase());
        } else if !numbered('g') && !numbered('s') {
            // Groups and software are neither.
            tactics.push(name.replace('_', "-"));
        }
    }
    Rule {
        id: sigma.id.clone(),
        title: sigma.title.clone(),
        description: sigma.description.clone(),
        level: sigma.level.map_or(Level::Informational, level),
        status: sigma.status.map(|status| format!("{status:?}").to_ascii_lowercase()),
        techniques,
        tactics,
        author: sigma.author.clone(),
        license: sigma.license.clone(),
        false_positives: sigma.falsepositives.clone(),
        source: source.to_owned(),
    }
}

fn level(level: rsigma_parser::Level) -> Level {
    match level {
        rsigma_parser::Level::Informational => Level::Informational,
        rsigma_parser::Level::Low => Level::Low,
        rsigma_parser::Level::Medium => Level::Medium,
        rsigma_parser::Level::High => Level::High,
        rsigma_parser::Level::Critical => Level::Critical,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_of_ours_is_read_and_can_fire() {
        let rules = Rules::built_in();
        assert_eq!(rules.errors, []);
        let files = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/rules")).unwrap().count();
        assert_eq!((rules.loaded.len(), BUILT_IN.len()), (files, files));
        for loaded in &rules.loaded {
            assert_eq!(loaded.never, None, "{}", loaded.rule.title);
            let rule = &loaded.rule;
            assert!(
                rule.id.is_some()
                    && rule.author.is_some()
                    && rule.license.is_some()
                    && !rule.techniques.is_empty()
            );
        }
        let mut ids: Vec<_> = rules.loaded.iter().map(|loaded| loaded.rule.id.clone()).collect();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), files, "no id is there twice");
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place_and_costs_nothing_else() {
        let good = "title: Good\nlogsource:\n  product: linux\ndetection:\n  words:\n    - curl\n  condition: words\n";
        let mut rules = Rules::default();
        rules.add(
            "a.yml",
            &format!("{good}---\ntitle: No detection\nlogsource:\n  product: linux\n---\n{good}"),
        );
        rules.add("b.yml", "title: [\n");
        rules.add("c.yml", &good.replace("- curl", "'|re': 'a('").replace("Good", "Bad"));
        rules.add("d.yml", &good.replace("condition: words", "condition: nothing"));
        assert_eq!(rules.loaded.len(), 2);
        let told: Vec<String> = rules.errors.iter().map(ToString::to_string).collect();
        assert!(told.iter().any(|error| error.starts_with("a.yml: ")), "{told:#?}");
        assert!(
            told.iter().any(|error| error.starts_with("b.yml: ") && error.contains("line 2")),
            "{told:#?}"
        );
        assert!(told.iter().any(|error| error.starts_with("d.yml: \"Good\"")), "{told:#?}");
        assert_eq!(rules.errors.len(), 4, "{told:#?}");
    }

    #[test]
    fn why_a_rule_can_never_fire_is_told() {
        let rule = |source: &str, detection: &str| {
            format!("title: T\nlogsource:\n{source}\ndetection:\n{detection}\n  condition: a and not b\n")
        };
        let process = "  product: linux\n  category: process_creation";
        for (source, detection, expected) in [
            (process, "  a: {Image: /x}\n  b: {LogonId: 1}", Ok("process")),
            (process, "  a: {CommandLine: x}\n  b: {User: y}", Ok("process line")),
            (process, "  a: {LogonId: 1}\n  b: {User: y}", Err("LogonId")),
            (process, "  a: {LogonId: null}\n  b: {'Hashes|exists': true}", Ok("process")),
            ("  product: linux\n  service: sshd", "  a: [x]\n  b: [y]", Err("product linux, service sshd")),
            ("  product: linux", "  a: [x]\n  b: [y]", Ok("words")),
            ("  product: linux\n  service: auditd", "  a: {type: EXECVE, a0: x}\n  b: {a1: y}", Ok("execve")),
            ("  product: linux\n  service: auditd", "  a: {type: PATH, name: x}\n  b: {a1: y}", Err("name")),
            ("  product: linux\n  service: auditd", "  a: {type: SYSCALL, a0: x}\n  b: {a1: y}", Err("like")),
            (
                "  product: windows\n  category: ps_script",
                "  a: {ScriptBlockText: x}\n  b: {ScriptBlockText: y}",
                Ok("script-block"),
            ),
        ] {
            let mut rules = Rules::default();
            rules.add("r.yml", &rule(source, detection));
            assert_eq!(rules.errors, []);
            let loaded = &rules.loaded[0];
            let sights = loaded.sights.iter().map(|sight| sight.code()).collect::<Vec<_>>().join(" ");
            match expected {
                Ok(expected) => {
                    assert_eq!((sights.as_str(), &loaded.never), (expected, &None), "{detection}")
                }
                Err(why) => assert!(
                    loaded.never.as_ref().is_some_and(|never| never.contains(why)),
                    "{:?}",
                    loaded.never
                ),
            }
        }
    }
}
