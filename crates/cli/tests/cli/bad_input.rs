//! Bad input: one diagnostic that names log and place, everything else indexed, exit code 3 only where bytes were left
//! out. What can lie in a repository is in `testdata/bad`; the rest is made here.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::home::{Home, Output};

/// What `expected.txt` says, in its own words.
#[derive(Default)]
struct Expected {
    args: Vec<String>,
    exit: i32,
    diagnostics: Vec<String>,
    commands: Vec<String>,
}

impl Expected {
    fn read(case: &Path) -> Self {
        let mut expected = Self::default();
        for line in fs::read_to_string(case.join("expected.txt")).unwrap().lines() {
            match line.split_once(' ').unwrap_or((line, "")) {
                ("" | "#", _) => {}
                ("args", args) => expected.args = args.split(' ').map(str::to_owned).collect(),
                ("exit", code) => expected.exit = code.parse().unwrap(),
                ("diagnostic", what) => expected.diagnostics.push(what.to_owned()),
                ("command", what) => expected.commands.push(what.to_owned()),
                other => panic!("{}: {other:?}", case.display()),
            }
        }
        expected.diagnostics.sort();
        expected
    }
}

#[test]
fn every_case_is_diagnosed_as_its_folder_says() {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/bad");
    let mut folders: Vec<PathBuf> = fs::read_dir(cases).unwrap().map(|e| e.unwrap().path()).collect();
    folders.retain(|path| path.is_dir());
    folders.sort();
    assert!(folders.len() >= 12, "{folders:?}");
    let wrong: Vec<String> = folders.iter().filter_map(|case| check(case).err()).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn check(case: &Path) -> Result<(), String> {
    let expected = Expected::read(case);
    let home = Home::new();
    let input = case.join("input");
    let mut args = vec!["index", input.to_str().unwrap()];
    args.extend(expected.args.iter().map(String::as_str));
    let output = home.run(&args);
    let name = case.file_name().unwrap().to_string_lossy().into_owned();
    let same = |what: &str, got: String, due: String| {
        if got == due { Ok(()) } else { Err(format!("{name}: {what}\n  got {got}\n  due {due}\n  {output}")) }
    };
    same("exit code", format!("{:?}", output.code), format!("{:?}", Some(expected.exit)))?;
    let got: Vec<String> = diagnostics(&home)
        .iter()
        .map(|d| {
            format!(
                "{} {}",
                d["code"].as_str().unwrap(),
                d["at"].as_u64().map_or("-".into(), |at| at.to_string())
            )
        })
        .collect();
    same("diagnostics", format!("{got:?}"), format!("{:?}", expected.diagnostics))?;
    same("commands", format!("{:?}", commands(&home)), format!("{:?}", expected.commands))?;

    // The same without an index.
    args[0] = "parse";
    let parsed = home.run(&args);
    same("exit code of parse", format!("{:?}", parsed.code), format!("{:?}", Some(expected.exit)))?;
    same("parse", parsed.stdout, home.run(&["search", "--order", "session"]).stdout)
}

/// Warnings and losses of all logs and sessions, sorted; each kind once a log, where it is first.
fn diagnostics(home: &Home) -> Vec<Value> {
    let rows = [home.run(&["status"]).rows(), home.run(&["sessions"]).rows()].concat();
    let all = rows.iter().flat_map(|row| row["diagnostics"].as_array().unwrap().clone());
    let mut all: Vec<Value> = all.filter(|d| d["severity"] != "note").collect();
    all.sort_by_key(|d| (d["code"].to_string(), d["log"].to_string(), d["at"].as_u64()));
    all.dedup_by_key(|d| (d["code"].to_string(), d["log"].to_string()));
    all
}

/// User and text of what was run, by session and place.
fn commands(home: &Home) -> Vec<String> {
    let found = home.run(&["search", "--order", "session"]);
    let run = found.rows().into_iter().filter(|row| row["status"] == "run");
    run.map(|row| format!("{} {}", row["os_user"].as_str().unwrap_or("-"), row["command"].as_str().unwrap()))
        .collect()
}

/// The codes of all warnings and losses in an index of `logs`, which the two good logs must have survived.
fn codes(home: &Home, output: &Output) -> Vec<String> {
    let good = Home::indexed();
    let bob = |home: &Home| home.run(&["show", "bob", "-f", "jsonl"]).stdout;
    assert_eq!(bob(home), bob(&good), "{output}");
    diagnostics(home).iter().map(|d| d["code"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_line_of_two_hundred_megabytes() {
    let home = Home::with_logs();
    let mut log = BufWriter::new(File::create(home.path("logs/carol-0e34861185201706f.log")).unwrap());
    log.write_all(b"sh-5.2$ echo start\r\nstart\r\nsh-5.2$ cat blob\r\n").unwrap();
    for _ in 0..200 {
        log.write_all(&[b'x'; 1 << 20]).unwrap();
    }
    log.write_all(b"\r\nsh-5.2$ echo end\r\nend\r\n").unwrap();
    drop(log);
    let output = home.run(&["index", "logs"]);
    assert_eq!(output.code, Some(0), "all of it was read: {output}");
    assert_eq!(codes(&home, &output), Vec::<String>::new(), "long is not wrong: {output}");
    let rows = home.run(&["show", "carol", "-f", "jsonl"]);
    assert_eq!(rows.column("command"), ["echo start", "cat blob", "echo end"]);
    assert_eq!(rows.column("output_truncated"), ["false", "true", "false"]);
}

#[test]
fn an_event_of_two_hundred_megabytes() {
    let home = Home::with_logs();
    let good = fs::read_to_string(home.path("logs/alice-0e34861185201706f.jsonl")).unwrap();
    let mut log = BufWriter::new(File::create(home.path("logs/alice-0e34861185201706f.jsonl")).unwrap());
    let (first, rest) = good.split_once('\n').unwrap();
    let (head, tail) = first.split_once("\"ec2-user\"]").unwrap();
    write!(log, "{first}\n{head}\"").unwrap();
    for _ in 0..200 {
        log.write_all(&[b'x'; 1 << 20]).unwrap();
    }
    write!(log, "\"]{tail}\n{rest}").unwrap();
    drop(log);
    let output = home.run(&["index", "logs"]);
    assert_eq!(output.code, Some(3), "{output}");
    assert_eq!(codes(&home, &output), ["oversized-record"]);
    assert!(output.stderr.contains(&format!("jsonl at byte {}: ", first.len() + 1)), "{output}");
    let commands = home.run(&["show", "alice", "-f", "jsonl"]).column("command");
    assert_eq!(commands, Home::indexed().run(&["show", "alice", "-f", "jsonl"]).column("command"));
}

#[test]
fn a_loop_of_directories() {
    let home = Home::with_logs();
    fs::create_dir(home.path("logs/deep")).unwrap();
    symlink("..", home.path("logs/deep/up")).unwrap();
    let output = home.run(&["index", "logs"]);
    assert_eq!(output.code, Some(0), "nothing was left out: {output}");
    assert_eq!(codes(&home, &output), ["directory-loop"]);
    assert!(output.stderr.contains("logs/deep/up: "), "{output}");
}

#[test]
fn a_file_that_cannot_be_read() {
    let home = Home::with_logs();
    // Reading this file's first page fails for everyone, root too.
    symlink("/proc/self/mem", home.path("logs/carol-0e34861185201706f.log")).unwrap();
    let output = home.run(&["index", "logs"]);
    if cfg!(target_os = "linux") {
        assert_eq!(output.code, Some(3), "{output}");
        assert_eq!(codes(&home, &output), ["unreadable"]);
    }
    let again = home.run(&["index", "logs"]);
    assert_eq!(again.code, Some(3), "it is tried again: {again}");
}

#[test]
fn a_full_disk() {
    let home = Home::with_logs();
    let spec = whoran_testkit::Spec { seed: 3, bytes: 1 << 20, ..Default::default() };
    whoran_testkit::generate(&spec, &home.path("more")).unwrap();
    assert_eq!(home.run(&["index", "logs"]).code, Some(0));
    let before = home.everything();
    let mut index = home.command(&["index", "more"]);
    let (output, words) = home.run_on_a_full_disk(&index);
    assert!(matches!(output.code, Some(4 | 5)), "{output}");
    assert!(output.stderr.contains(words), "{output}");
    assert_eq!(home.everything(), before, "what was there is as it was");

    assert!(matches!(Output::of(&mut index).code, Some(0)));
    let other = Home::with_logs();
    whoran_testkit::generate(&spec, &other.path("more")).unwrap();
    assert_eq!(other.run(&["index", "logs", "more"]).code, Some(0));
    assert_eq!(home.everything(), other.everything(), "with room again, nothing is missing");
}
