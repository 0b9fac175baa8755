//! Commands that no rule can fire on are not read as shell: that must never cost a finding.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use proptest::prelude::*;
use whoran_detect::{Detector, Rules};
use whoran_model::{Dossier, Level, Origin, Session};

use given::{id, typed};

mod given;

/// Rules of many shapes beside our own.
const RULES: &str = r#"
title: Program and words
logsource: {product: linux, category: process_creation}
detection:
  a: {Image|endswith: [/curl, /stty], CommandLine|contains|all: [/tmp/x, "-o out"]}
  b: {CommandLine|startswith: 'curl --version'}
  condition: a and not b
---
title: Wildcards
logsource: {product: linux, category: process_creation}
detection:
  a: {CommandLine: ['*stty*raw?x*', 'history*-c']}
  b: {ParentImage|endswith: /sudo, Image: /usr/bin/stty}
  condition: 1 of *
---
title: Expression
logsource: {product: linux, category: process_creation}
detection:
  a: {CommandLine|re|i: '(curl|stty)\s+-\w+.*(/tmp/x|shadow)$'}
  condition: a
---
title: Words
logsource: {product: linux}
detection:
  a: [kurl, 'stty raw', 'histo?y', 'out|sh']
  condition: a
---
title: Arguments
logsource: {product: linux, service: auditd}
detection:
  a: {type: EXECVE, a0: stty, a1|contains: raw}
  condition: a
---
title: PowerShell
logsource: {product: windows, category: ps_script}
detection:
  a: {ScriptBlockText|contains: /tmp/x}
  condition: a
---
title: Command
logsource: {product: whoran, category: command}
detection:
  a: {programs: [stty, kurl], parts|re: '-o\s'}
  b: {writes|endswith: /tmp/x}
  c: {assigned|contains: HISTFILE}
  d: {nth|lte: 1, command|contains: raw}
  condition: 1 of *
---
title: Absence
logsource: {product: linux, category: process_creation}
detection:
  a: {CommandLine|contains: history}
  b: {CommandLine|contains: ['-', /]}
  condition: a and not b
"#;

/// One for each kind of record that nothing can be told of from afar, and that never fires.
const BLIND: &str = "
title: Blind
logsource: {category: process_creation}
detection: {a: {CommandLine: [é]}, condition: a}
---
title: Blind
logsource: {product: linux}
detection: {a: [ééé], condition: a}
---
title: Blind
logsource: {product: linux, service: auditd}
detection: {a: {a0: é}, condition: a}
---
title: Blind
logsource: {product: windows, category: ps_script}
detection: {a: {ScriptBlockText: é}, condition: a}
---
title: Blind
logsource: {product: whoran, category: command}
detection: {a: {command: é}, condition: a}
";

fn dossier(lines: &[(String, bool)], cwd: &str) -> Dossier {
    let command = |(seq, (text, by_hand)): (u32, &(String, bool))| {
        let mut record = typed(seq, text);
        record.command.cwd = Some(cwd.to_owned());
        if !by_hand {
            record.command.origin = Origin::Document;
        }
        record
    };
    let commands = (0..).zip(lines).map(command).collect();
    Dossier::whole(Session::unknown(id()), commands, Vec::new())
}

fn rules(blind: bool) -> Rules {
    let mut rules = Rules::built_in();
    rules.add("more.yml", RULES);
    if blind {
        rules.add("blind.yml", BLIND);
    }
    assert_eq!(rules.errors, []);
    rules
}

/// What can stand in a line, also in the middle of a word.
const PIECES: &[&str] = &[
    "curl",
    "stty",
    "history",
    "sudo ",
    "su",
    "-o out",
    "-echo",
    "raw",
    "-c",
    "/tmp/x",
    "HISTFILE=",
    "HISTSIZE=0",
    "cat ",
    "/etc/shadow",
    "rm ",
    ".bash_history",
    "sh -c ",
    "> ",
    "| ",
    "; ",
    " ",
    " ",
    " ",
    "'",
    "\"",
    "\\",
    "\\\n",
    "\n",
    "$(",
    ")",
    "`",
    "\u{212a}url",
    "\u{17f}tty",
    "STTY",
    "e\u{301}",
    "x",
    "<<A\n",
    "aws ",
    "=",
];

fn piece() -> impl Strategy<Value = &'static str> {
    prop::sample::select(PIECES)
}

fn line() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::collection::vec(piece(), 0..12).prop_map(|pieces| pieces.concat()),
        // What our own rules fire on, with signs put in anywhere.
        (prop::sample::select(fires()), prop::collection::vec((any::<prop::sample::Index>(), piece()), 0..4))
            .prop_map(|(mut line, put)| {
                for (at, piece) in put {
                    let at = at.index(line.len() + 1);
                    line.insert_str(line.floor_char_boundary(at), piece);
                }
                line
            }),
    ]
}

fn fires() -> Vec<String> {
    let cases = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let folders = std::fs::read_dir(cases).unwrap().map(|entry| entry.unwrap().path());
    let texts = folders.filter_map(|folder| std::fs::read_to_string(folder.join("fires.txt")).ok());
    let lines: Vec<String> =
        texts.flat_map(|text| text.lines().map(str::to_owned).collect::<Vec<_>>()).collect();
    lines.into_iter().filter(|line| !line.starts_with('{') && !line.is_empty()).collect()
}

/// What was found without the rules that only look.
fn found(detector: &Detector, dossier: &Dossier) -> Vec<whoran_model::Finding> {
    let mut found = detector.findings(dossier);
    found.retain(|finding| finding.rule.source != "blind.yml");
    found
}

#[test]
fn no_finding_is_lost() {
    let (sieving, looking) = (rules(false), rules(true));
    let sieving = Detector::new(&sieving, Level::Informational);
    let looking = Detector::new(&looking, Level::Informational);
    let mut fired = 0;
    let session =
        (prop::collection::vec((line(), any::<bool>()), 1..6), prop::sample::select(vec!["/root", "C:\\x"]));
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig::with_cases(1000));
    let result = runner.run(&session, |(lines, cwd)| {
        let dossier = dossier(&lines, cwd);
        prop_assert_eq!(found(&sieving, &dossier), found(&looking, &dossier));
        Ok(())
    });
    result.unwrap();
    for line in fires() {
        fired += found(&sieving, &dossier(&[(line, true)], "/root")).len();
    }
    assert!(fired > 100, "{fired}");
}
