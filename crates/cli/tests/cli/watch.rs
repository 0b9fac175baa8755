//! A watch tells of each hit once, whatever comes and whatever happens to it.

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader};
use std::process::Stdio;

use crate::home::{Home, Output};

/// A line of a log group with one command in it.
fn event(session: &str, n: usize) -> String {
    format!(
        r#"{{"eventVersion":"1.0","eventTime":"2026-03-01T08:00:05Z","awsRegion":"eu-west-1","target":{{"id":"i-0aaaaaaaaaaaaaaa1"}},"userIdentity":{{"arn":"arn:aws:iam::111122223333:user/alice"}},"runAsUser":"ec2-user","sessionId":"{session}","sessionData":["sh-5.2$ echo {n}","{n}"]}}"#
    ) + "\n"
}

fn once(home: &Home) -> Output {
    let output = home.run(&["watch", "echo", "--once", "--logs", "logs"]);
    assert_eq!(output.code, Some(0), "{output}");
    output
}

#[test]
fn what_comes_is_told_once() {
    let home = Home::new();
    home.write("logs/a.jsonl", event("alice-0e34861185201706f", 1).as_bytes());
    assert_eq!(home.run(&["index", "logs"]).code, Some(0));
    let first = once(&home);
    assert_eq!(first.stdout, "", "what was there is not new");
    assert!(first.stderr.contains("1 hit that the index has already"), "{first}");

    let both = event("alice-0e34861185201706f", 1) + &event("alice-0e34861185201706f", 2);
    home.write("logs/a.jsonl", both.as_bytes());
    home.write("logs/b.jsonl", event("bob-0e34861185201706f", 3).as_bytes());
    home.write("logs/c.jsonl", event("bob-1e34861185201706f", 4).replace("echo", "true").as_bytes());
    assert_eq!(once(&home).column("command"), ["echo 2", "echo 3"]);
    assert_eq!(once(&home).stdout, "");
    assert_eq!(home.run(&["watch", "true", "--once", "--all"]).column("command"), ["true 4"]);
    let other = home.run(&["watch", "true", "--once", "--name", "mine"]);
    assert_eq!((other.code, other.stdout.as_str()), (Some(0), ""), "{other}");
    let wrong = home.run(&["watch", "false", "--once", "--name", "mine"]);
    assert_eq!(wrong.code, Some(2), "{wrong}");
    assert!(wrong.stderr.contains("another query: \"true\""), "{wrong}");
    assert_eq!(home.run(&["watch", "usr:x", "--once"]).code, Some(2));
    assert_eq!(home.run(&["watch", "x", "--every", "soon"]).code, Some(2));
}

#[test]
fn a_second_copy_of_a_session_is_nothing_new() {
    let copies = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/logs/both-copies");
    let files: Vec<_> = fs::read_dir(copies).unwrap().map(|file| file.unwrap().path()).collect();
    let (streamed, exact): (Vec<_>, Vec<_>) = files
        .iter()
        .filter(|path| path.extension().is_some_and(|ending| ["jsonl", "log"].iter().any(|e| ending == *e)))
        .partition(|path| path.extension().unwrap() == "jsonl");
    assert!(!streamed.is_empty() && !exact.is_empty(), "{files:?}");
    for (first, second) in [(&streamed, &exact), (&exact, &streamed)] {
        let home = Home::new();
        let add = |paths: &[&std::path::PathBuf]| {
            for path in paths {
                let name = format!("logs/{}", path.file_name().unwrap().to_str().unwrap());
                home.write(&name, &fs::read(path).unwrap());
            }
        };
        let watch = || home.run(&["watch", "--once", "--logs", "logs"]);
        add(first);
        let told = watch().rows();
        assert!(!told.is_empty());
        add(second);
        let again = watch().rows();
        // What only the second copy shows is new; what the first one showed is not.
        let evidence = |row: &serde_json::Value| -> Vec<_> {
            let places = row["evidence"].as_array().unwrap().clone();
            places.into_iter().map(|place| (place["log"].clone(), place["start"].clone())).collect()
        };
        let ids: BTreeSet<_> = told.iter().map(|row| row["id"].as_str().unwrap()).collect();
        let places: Vec<_> = told.iter().flat_map(&evidence).collect();
        for row in &again {
            assert!(!ids.contains(row["id"].as_str().unwrap()), "{row}");
            assert!(!evidence(row).iter().any(|place| places.contains(place)), "{row}");
        }
        let all = home.run(&["search"]).rows().len();
        assert!(
            told.len() + again.len() >= all && again.len() * 5 <= told.len(),
            "{} {} {all}",
            told.len(),
            again.len()
        );
    }
}

#[test]
fn a_watch_that_is_killed_tells_again_and_loses_nothing() {
    let home = Home::new();
    // More than a pipe holds, so that nobody who does not read gets all of it.
    let events: String = (0..3000).map(|n| event("alice-0e34861185201706f", n)).collect();
    home.write("logs/a.jsonl", events.as_bytes());
    let args = ["watch", "echo", "--once", "--logs", "logs"];
    let mut killed = home.command(&args).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(killed.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    assert!(line.contains("\"echo 0\""), "{line}");
    killed.kill().unwrap();
    killed.wait().unwrap();
    let again = once(&home);
    assert_eq!(again.rows().len(), 3000);
    let distinct: BTreeSet<_> = again.column("id").into_iter().collect();
    assert_eq!(distinct.len(), 3000);
    assert_eq!(once(&home).stdout, "");
}

#[test]
fn it_goes_on_until_it_is_ended() {
    let home = Home::new();
    home.write("logs/a.jsonl", event("alice-0e34861185201706f", 1).as_bytes());
    let mut watch = home.command(&["watch", "echo", "--every", "1s", "--logs", "logs"]);
    let mut watch = watch.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut lines = BufReader::new(watch.stdout.take().unwrap()).lines();
    let mut next = || lines.next().unwrap().unwrap();
    assert!(next().contains("\"echo 1\""));
    let busy = home.run(&["watch", "echo", "--once"]);
    assert_eq!(busy.code, Some(4), "one process at a time: {busy}");
    home.write("logs/b.jsonl", event("bob-0e34861185201706f", 2).as_bytes());
    assert!(next().contains("\"echo 2\""));
    watch.kill().unwrap();
    watch.wait().unwrap();
    home.write("logs/c.jsonl", event("bob-1e34861185201706f", 3).as_bytes());
    let rest = once(&home).column("command");
    // Whether the line before the last one was noted when it was killed, only the kill knows.
    assert!(rest == ["echo 3"] || rest == ["echo 2", "echo 3"], "{rest:?}");
}
