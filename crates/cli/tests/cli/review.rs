//! Sign-offs: in the audit log, and told wherever sessions and findings are.

use std::fs;

use serde_json::json;

use crate::home::Home;

fn grow(home: &Home, lines: &[&str]) {
    let events: Vec<String> = lines
        .iter()
        .map(|line| {
            json!({
                "eventVersion": "1.0", "eventTime": "2026-03-01T08:00:00Z", "awsRegion": "eu-west-1",
                "target": {"id": "i-0aaaaaaaaaaaaaaa1"}, "runAsUser": "ec2-user", "sessionId": "alice-0e34861185201706f",
                "userIdentity": {"arn": "arn:aws:iam::111122223333:user/alice"},
                "sessionData": [format!("sh-5.2$ {line}")],
            })
            .to_string()
        })
        .collect();
    home.write("a.jsonl", events.join("\n").as_bytes());
    assert_eq!(home.run(&["index", "a.jsonl"]).code, Some(0));
}

fn add(home: &Home, what: &str, verdict: &str, note: &str) -> String {
    let added = home.run(&["review", "add", what, "--verdict", verdict, "--note", note]);
    assert_eq!((added.code, added.stdout.as_str()), (Some(0), ""), "{added}");
    added.stderr
}

#[test]
fn a_session_is_signed_off_until_it_grows() {
    let home = Home::new();
    grow(&home, &["stty -echo", "id"]);
    assert_eq!(home.run(&["detect"]).rows()[0]["review"], json!(null));
    assert_eq!(
        add(&home, "alice", "benign", "change 4711"),
        "1 session signed off as benign, with 2 commands\n"
    );
    let found = home.run(&["detect"]);
    assert_eq!(found.rows()[0]["review"]["verdict"], "benign");
    assert_eq!(found.rows()[0]["review"]["note"], "change 4711");
    assert!(found.stderr.contains("1 reviewed, 0 not"), "{found}");
    assert_eq!(home.run(&["sessions"]).column("reviewed"), ["2"]);
    let shown = home.run(&["show", "alice", "--format", "table"]).stdout;
    assert!(shown.contains("reviewed  benign (all), by ") && shown.contains("change 4711"), "{shown}");

    grow(&home, &["stty -echo", "id", "rm -rf /"]);
    assert_eq!(home.run(&["detect"]).rows()[0]["review"], json!(null), "what came later was not looked at");
    assert_eq!(home.run(&["sessions"]).column("reviewed"), ["0"]);
    let shown = home.run(&["show", "alice", "--format", "table"]).stdout;
    assert!(
        shown.contains("all of the 2 commands there were") && shown.contains("3 commands not"),
        "{shown}"
    );
}

#[test]
fn a_query_and_a_place_sign_off_commands_alone_and_the_last_word_counts() {
    let home = Home::new();
    grow(&home, &["stty -echo", "id", "history -c"]);
    add(&home, "program:stty", "benign", "one");
    let verdicts = |home: &Home| -> Vec<String> {
        home.run(&["detect"]).rows().iter().map(|row| row["review"]["verdict"].to_string()).collect()
    };
    assert_eq!(verdicts(&home), ["\"benign\"", "null"]);
    add(&home, "alice-0e34861185201706f#2", "suspicious", "two");
    add(&home, "program:stty", "malicious", "three");
    assert_eq!(verdicts(&home), ["\"malicious\"", "\"suspicious\""]);
    let list = home.run(&["review", "list"]);
    assert_eq!(list.column("note"), ["one", "two", "three"]);
    assert_eq!(home.run(&["sessions"]).column("reviewed"), ["2"]);
    assert_eq!(home.run(&["review", "list", "alice"]).rows().len(), 3);
}

#[test]
fn sign_offs_are_in_the_chain_of_the_audit_log() {
    let home = Home::new();
    grow(&home, &["stty -echo"]);
    add(&home, "alice", "benign", "mysql -uroot -phunter2-x");
    let path = home.path("data/audit.jsonl");
    let log = fs::read_to_string(&path).unwrap();
    assert!(!log.contains("hunter2"), "{log}");
    assert_eq!(home.run(&["audit"]).code, Some(0));
    fs::write(&path, fs::read_to_string(&path).unwrap().replace("benign", "unclear")).unwrap();
    assert_eq!(home.run(&["audit"]).code, Some(6), "a verdict that was changed is seen");
    let list = home.run(&["review", "list"]);
    assert!(list.stderr.contains("the audit log is not as it was written"), "{list}");
}

#[test]
fn what_is_not_there_is_not_signed_off() {
    let home = Home::new();
    grow(&home, &["id"]);
    let none = home.run(&["review", "add", "program:none", "--verdict", "benign", "--note", ""]);
    assert_eq!(none.code, Some(1), "{none}");
    assert_eq!(home.run(&["review", "add", "alice", "--verdict", "fine", "--note", ""]).code, Some(2));
    assert_eq!(home.run(&["review", "list"]).rows().len(), 0);
    fs::remove_file(home.path("data/audit.jsonl")).unwrap();
    fs::create_dir(home.path("data/audit.jsonl")).unwrap();
    let refused = home.run(&["review", "add", "alice", "--verdict", "benign", "--note", ""]);
    assert_eq!(refused.code, Some(4), "{refused}");
}
