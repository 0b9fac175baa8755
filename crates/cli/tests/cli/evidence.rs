//! Evidence that can be checked anywhere.

use std::fs;
use std::path::Path;

use crate::home::Home;

const NOW: &str = "2026-11-28T12:00:00Z";

fn make(home: &Home, args: &[&str]) -> String {
    let made = home.run(&[&["evidence"], args, &["--now", NOW]].concat());
    assert_eq!((made.code, made.stdout.as_str()), (Some(0), ""), "{made}");
    made.stderr.lines().last().unwrap().strip_prefix("evidence head ").unwrap().to_owned()
}

fn some_session(home: &Home) -> String {
    home.run(&["sessions"]).column("session_id")[0].clone()
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn a_folder_holds_all_of_it_and_is_checked_with_nothing_else_at_hand() {
    let home = Home::with_context();
    let session = some_session(&home);
    let head = make(&home, &[&session, "-o", "case"]);
    let files = [
        "README.txt",
        "SHA256SUMS",
        "about.json",
        "calls.jsonl",
        "commands.jsonl",
        "findings.jsonl",
        "index.html",
        "manifest.jsonl",
        "reviews.jsonl",
        "sessions.jsonl",
    ];
    assert_eq!(names(&home.path("case")), files);
    let commands = fs::read_to_string(home.path("case/commands.jsonl")).unwrap();
    assert_eq!(commands, home.run(&["show", &session, "--format", "jsonl"]).stdout);
    assert!(fs::read_to_string(home.path("case/manifest.jsonl")).unwrap().contains("\"sha256\""));

    // Another machine: no data, no logs.
    let other = Home::new();
    for name in ["case", "case.tar.zst"] {
        let path = home.path(name);
        let checked = other.run(&["verify", path.to_str().unwrap(), "--head", &head]);
        assert_eq!((checked.code, checked.stdout.as_str()), (Some(0), ""), "{checked}");
    }
    let sums = std::process::Command::new("sha256sum")
        .args(["--check", "--quiet", "SHA256SUMS"])
        .current_dir(home.path("case"))
        .status()
        .unwrap();
    assert!(sums.success(), "the list is as sha256sum reads it");

    let page = home.path("case/index.html");
    let mut bytes = fs::read(&page).unwrap();
    bytes[100] ^= 1;
    fs::write(&page, bytes).unwrap();
    fs::remove_file(home.path("case/calls.jsonl")).unwrap();
    fs::write(home.path("case/more.txt"), "").unwrap();
    let checked = other.run(&["verify", home.path("case").to_str().unwrap()]);
    assert_eq!(checked.code, Some(6), "{checked}");
    assert_eq!(checked.column("code"), ["missing", "changed", "extra"]);
    assert_eq!(checked.column("file"), ["calls.jsonl", "index.html", "more.txt"]);
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let home = Home::with_context();
    let session = some_session(&home);
    let one = make(&home, &[&session, "-o", "one/case"]);
    let two = make(&home, &[&session, "-o", "two/case"]);
    assert_eq!(one, two);
    let bytes = |name: &str| fs::read(home.path(name)).unwrap();
    assert_eq!(bytes("one/case.tar.zst"), bytes("two/case.tar.zst"));
    let again = home.run(&["evidence", &session, "-o", "one/case"]);
    assert_eq!(again.code, Some(4), "what is there stays: {again}");
}

#[test]
fn raw_logs_are_on_the_record_and_as_they_were_indexed() {
    let home = Home::with_logs();
    assert_eq!(home.run(&["index", "logs"]).code, Some(0));
    let session = some_session(&home);
    make(&home, &[&session, "-o", "masked"]);
    make(&home, &[&session, "-o", "raw", "--with-raw"]);
    assert!(!home.path("masked/raw").exists());
    let list = fs::read_to_string(home.path("raw/raw.jsonl")).unwrap();
    for line in list.lines() {
        let row: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!(row["as_indexed"], true, "{line}");
        let copy = fs::read(home.path("raw").join(row["file"].as_str().unwrap())).unwrap();
        assert_eq!(copy, fs::read(home.path(row["log"].as_str().unwrap())).unwrap());
    }
    assert!(!list.is_empty());
    let audit = home.run(&["audit"]);
    let uses: Vec<_> = audit.column("verb").into_iter().zip(audit.column("unmasked")).collect();
    assert!(
        uses.contains(&("evidence".into(), "false".into()))
            && uses.contains(&("evidence".into(), "true".into()))
    );
}

#[test]
fn a_query_takes_whole_sessions_and_marks_what_it_found() {
    let home = Home::indexed();
    let hit = home.run(&["search", "", "-n1"]);
    let (session, command) = (hit.column("session_id")[0].clone(), hit.column("command")[0].clone());
    make(&home, &[&format!("session:{session} command:\"{command}\""), "-o", "case"]);
    let page = fs::read_to_string(home.path("case/index.html")).unwrap();
    assert!(page.contains("class=\"asked\""), "the command asked for is marked");
    assert_eq!(home.run(&["evidence", "nothing-like-it", "-o", "none"]).code, Some(1));
    assert!(!home.path("none").exists());
}

#[test]
fn a_session_that_left_no_log_is_evidence_too() {
    let home = Home::with_context();
    let none = home.run(&["coverage"]);
    let none = none.rows().into_iter().find(|row| row["gap"] == "no-log").unwrap();
    let session = none["session_id"].as_str().unwrap().to_owned();
    make(&home, &[&session, "-o", "case"]);
    let read = |name: &str| fs::read_to_string(home.path("case").join(name)).unwrap();
    assert_eq!(read("commands.jsonl"), "");
    assert!(read("calls.jsonl").contains("StartSession"), "who started it");
    assert!(read("index.html").contains("There is no log of this session."));
}

/// A log can say anything; in a page it says it and does nothing.
#[test]
fn a_page_with_hostile_content_is_inert() {
    let home = Home::new();
    let hostile =
        "echo '<script>alert(1)</script><img src=x onerror=alert(2)>' \u{202e}evil &lt; \"</pre></body>";
    let event = serde_json::json!({
        "eventVersion": "1.0", "eventTime": "2026-03-01T08:00:00Z", "awsRegion": "eu-west-1",
        "target": {"id": "i-0aaaaaaaaaaaaaaa1"}, "runAsUser": "<b>root</b>", "sessionId": "alice-0e34861185201706f",
        "userIdentity": {"arn": "arn:aws:sts::111122223333:assumed-role/<i>Ops/alice"},
        "sessionData": [format!("sh-5.2$ {hostile}"), "<script src=//evil></script>", "sh-5.2$ exit"],
    });
    home.write("a.jsonl", event.to_string().as_bytes());
    assert_eq!(home.run(&["index", "a.jsonl"]).code, Some(0));
    make(&home, &["alice", "-o", "case"]);
    let page = fs::read_to_string(home.path("case/index.html")).unwrap();
    for sign in ["<script", "<img", "<i>", "<b>", "\u{202e}", "onerror=alert(2)>"] {
        assert!(!page.contains(sign), "{sign}");
    }
    assert!(page.contains("&lt;script&gt;alert(1)") && page.contains("\\u{202e}evil"));
    assert!(page.contains("default-src 'none'"));
}
