//! Who looked at what is on the record, and what masking hides is shown only where that can be.

use std::fs;

use serde_json::json;

use crate::home::Home;

/// A session in which a password was typed.
fn home() -> Home {
    let home = Home::new();
    let event = json!({
        "eventVersion": "1.0", "eventTime": "2026-03-01T08:00:00Z", "awsRegion": "eu-west-1",
        "target": {"id": "i-0aaaaaaaaaaaaaaa1"}, "runAsUser": "ec2-user", "sessionId": "alice-0e34861185201706f",
        "userIdentity": {"arn": "arn:aws:sts::111122223333:assumed-role/Ops/alice"},
        "sessionData": ["sh-5.2$ mysql -uroot -phunter2-x shop", "\u{1b}[1mwelcome", "sh-5.2$ exit"],
    });
    home.write("a.jsonl", event.to_string().as_bytes());
    assert_eq!(home.run(&["index", "a.jsonl"]).code, Some(0));
    home
}

#[test]
fn masks_come_off_on_the_record_alone() {
    let home = home();
    let masked = home.run(&["search", "mysql"]);
    assert_eq!(masked.column("command"), ["mysql -uroot -p[masked:password] shop"]);
    for args in [&["search", "mysql", "--unmask"][..], &["show", "alice", "--unmask"]] {
        let shown = home.run(args);
        assert_eq!(shown.column("command")[0], "mysql -uroot -phunter2-x shop", "{args:?}");
        assert_eq!(shown.column("id")[0], masked.column("id")[0]);
    }
    let raw = home.run(&["show", "alice", "--raw"]);
    assert_eq!(raw.stdout.as_bytes(), fs::read(home.path("a.jsonl")).unwrap());
    assert_eq!(home.run(&["cat", "a.jsonl"]).code, Some(0));

    let audit = home.run(&["audit"]);
    assert_eq!(audit.code, Some(0), "{audit}");
    assert_eq!(audit.column("verb"), ["search", "search", "show", "show", "cat", "audit"]);
    assert_eq!(audit.column("unmasked"), ["false", "true", "true", "true", "true", "false"]);
    assert_eq!(audit.column("command")[1], "whoran search mysql --unmask");
    assert!(audit.rows().iter().all(|row| row["uid"].is_u64() && row["host"].is_string()));
    let table = home.run(&["audit", "--format", "table"]);
    assert!(table.stdout.contains("unmasked"), "{table}");
}

#[test]
fn a_secret_on_the_command_line_does_not_get_into_the_record() {
    let home = home();
    assert_eq!(home.run(&["search", "mysql -phunter2-x"]).code, Some(1));
    let record = fs::read_to_string(home.path("data/audit.jsonl")).unwrap();
    assert!(!record.contains("hunter2") && record.contains("[masked:password]"), "{record}");
}

#[test]
fn a_record_that_was_changed_is_told() {
    let home = home();
    for query in ["id", "whoami", "mysql"] {
        let _ = home.run(&["search", query]);
    }
    let head = home.run(&["audit"]).stderr.trim().strip_prefix("audit head ").unwrap().to_owned();
    assert_eq!(home.run(&["audit", "--head", &head]).code, Some(0));
    let path = home.path("data/audit.jsonl");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("search whoami", "search nothing")).unwrap();
    let audit = home.run(&["audit"]);
    assert_eq!(audit.code, Some(6), "{audit}");
    assert!(audit.stderr.contains("line 3: the line before it is not the one"), "{audit}");
    fs::write(&path, text.lines().next().unwrap().to_owned() + "\n").unwrap();
    assert_eq!(home.run(&["audit", "--head", &head]).code, Some(6), "lines were cut off");
}

#[test]
fn what_cannot_be_recorded_is_not_unmasked() {
    let home = home();
    fs::create_dir(home.path("data/audit.jsonl")).unwrap();
    for args in
        [&["search", "mysql", "--unmask"][..], &["show", "alice", "--unmask"], &["show", "alice", "--raw"]]
    {
        let refused = home.run(args);
        assert_eq!((refused.code, refused.stdout.as_str()), (Some(4), ""), "{refused}");
    }
    let masked = home.run(&["search", "mysql"]);
    assert_eq!(masked.code, Some(0));
    assert!(masked.stderr.contains("this use is not recorded"), "{masked}");
}

#[test]
fn what_the_logs_show_no_longer_stays_masked() {
    let home = home();
    fs::write(home.path("a.jsonl"), "").unwrap();
    let search = home.run(&["search", "mysql", "--unmask"]);
    assert_eq!(search.column("command"), ["mysql -uroot -p[masked:password] shop"]);
    assert!(search.stderr.contains("1 command stays masked"), "{search}");
}
