//! Each of our own rules on the commands and facts of its folder in `cases`: all of `fires.txt` are found by it, none of
//! `near-misses.txt` is. `findings.txt` beside them says what was found and why, rule by rule.
//!
//! A line is a command as typed, or JSON: `{"command": …}` with what differs from a command that was typed and run,
//! `after` being how many were typed before it; or `{"fact": …}` with its fields.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};
use whoran_detect::{Detector, Rules};
use whoran_model::{
    CommandKind, CommandRecord, Dossier, Finding, Level, Origin, Session, SessionFact, Status, TimePrecision,
};

use given::{id, typed};

mod given;

fn cases() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases")
}

fn command(seq: u32, from: &Map<String, Value>) -> CommandRecord {
    let text = |key: &str| from.get(key).and_then(Value::as_str).unwrap_or_default();
    let mut record = typed(seq, text("command"));
    let command = &mut record.command;
    command.cwd = from.get("cwd").and_then(Value::as_str).map(str::to_owned);
    command.output = text("output").to_owned();
    if text("kind") == "repl" {
        command.kind = CommandKind::Repl;
    }
    if text("origin") == "shell_profile" {
        command.origin = Origin::ShellProfile;
    }
    if text("status") == "aborted" {
        command.status = Status::Aborted;
    }
    record
}

/// A session with what one line of a case says.
fn dossier(line: &str) -> Dossier {
    let mut one: Map<String, Value> = match line.starts_with('{') {
        true => serde_json::from_str(line).unwrap(),
        false => Map::from_iter([("command".to_owned(), line.into())]),
    };
    let (mut commands, mut facts) = (Vec::new(), Vec::new());
    if let Some(kind) = one.remove("fact") {
        let leak = |text: &str| -> &'static str { Box::leak(text.to_owned().into_boxed_str()) };
        facts.push(SessionFact {
            kind: leak(kind.as_str().unwrap()),
            fields: one
                .iter()
                .map(|(name, value)| (leak(name), value.as_str().unwrap().to_owned()))
                .collect(),
            time: None,
            time_precision: TimePrecision::None,
            evidence: Vec::new(),
        });
    } else {
        let before = one.get("after").and_then(Value::as_u64).unwrap_or(0);
        let other = Map::from_iter([("command".to_owned(), "true".into())]);
        commands.extend((0..before).map(|seq| command(u32::try_from(seq).unwrap(), &other)));
        commands.push(command(u32::try_from(before).unwrap(), &one));
    }
    Dossier::whole(Session::unknown(id()), commands, facts)
}

fn found(detector: &Detector, line: &str) -> Vec<Finding> {
    detector.findings(&dossier(line))
}

fn of_rule<'a>(findings: &'a [Finding], name: &str) -> Option<&'a Finding> {
    findings.iter().find(|finding| finding.rule.source == format!("built-in/{name}.yml"))
}

fn lines(rule: &str, file: &str) -> Vec<String> {
    let text = fs::read_to_string(cases().join(rule).join(file)).unwrap();
    text.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

#[test]
fn every_rule_fires_where_it_should_and_nowhere_near_it() {
    let rules = Rules::built_in();
    let detector = Detector::new(&rules, Level::Informational);
    let mut wrong = Vec::new();
    for loaded in &rules.loaded {
        let rule = loaded.rule.source.strip_prefix("built-in/").unwrap().strip_suffix(".yml").unwrap();
        let (fires, misses) = (lines(rule, "fires.txt"), lines(rule, "near-misses.txt"));
        assert!(!fires.is_empty() && misses.len() > 1, "{rule}");
        for line in fires {
            match of_rule(&found(&detector, &line), rule) {
                None => wrong.push(format!("{rule} misses {line}")),
                Some(finding) if finding.why.is_empty() => {
                    wrong.push(format!("{rule} does not say why: {line}"))
                }
                Some(_) => {}
            }
        }
        for line in misses {
            if let Some(finding) = of_rule(&found(&detector, &line), rule) {
                wrong.push(format!("{rule} fires on {line}: {:?}", finding.why));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_folder_of_cases_is_of_a_rule() {
    let rules: BTreeSet<String> = Rules::built_in()
        .loaded
        .iter()
        .map(|loaded| loaded.rule.source.trim_start_matches("built-in/").trim_end_matches(".yml").to_owned())
        .collect();
    let folders: BTreeSet<String> = fs::read_dir(cases())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(folders, rules);
}

/// What is found, and why, to the word. `WHORAN_UPDATE=1` writes it anew, to be looked at.
#[test]
fn what_is_found_says_why() {
    let rules = Rules::built_in();
    let detector = Detector::new(&rules, Level::Informational);
    for loaded in &rules.loaded {
        let rule = loaded.rule.source.trim_start_matches("built-in/").trim_end_matches(".yml");
        let mut told = String::new();
        for line in lines(rule, "fires.txt") {
            let findings = found(&detector, &line);
            let Some(finding) = of_rule(&findings, rule) else { continue };
            told.push_str(&format!("{line}\n  {} {}\n", finding.rule.level, finding.rule.title));
            for why in &finding.why {
                let field = why.field.as_deref().unwrap_or("(line)");
                told.push_str(&format!("  {}: {field} {} <- {}\n", why.selection, why.pattern, why.value));
            }
        }
        let path = cases().join(rule).join("findings.txt");
        if std::env::var_os("WHORAN_UPDATE").is_some() {
            fs::write(&path, &told).unwrap();
        }
        assert_eq!(fs::read_to_string(&path).unwrap_or_default(), told, "{rule}");
    }
}
