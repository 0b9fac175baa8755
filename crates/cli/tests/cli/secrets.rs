//! Secrets of `testdata/secrets`, typed and printed in one session: none of them gets into the index or out of it, and
//! who has one finds where it was used.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::json;

use crate::home::Home;

fn testdata(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/secrets").join(name))
        .unwrap()
}

fn plain(marked: &str) -> String {
    marked.replace(['«', '»'], "")
}

fn secrets_of(marked: &str) -> Vec<String> {
    marked.split('«').skip(1).map(|part| part.split('»').next().unwrap().to_owned()).collect()
}

/// A session in which every planted line is typed or printed, and its secrets.
fn home() -> (Home, Vec<String>) {
    let (planted, keys) = (testdata("planted.txt"), testdata("private-keys.txt"));
    let mut shown = Vec::new();
    for line in planted.lines() {
        match line.split_at(2) {
            ("$ ", command) => shown.push(format!("sh-5.2$ {}", plain(command))),
            (_, output) => shown.push(plain(output)),
        }
    }
    shown.push("sh-5.2$ cat keys".to_owned());
    shown.extend(plain(&keys).lines().map(str::to_owned));
    let events = shown.iter().enumerate().map(|(nth, line)| {
        json!({
            "eventVersion": "1.0", "eventTime": format!("2026-03-01T{:02}:{:02}:00Z", nth / 60, nth % 60),
            "awsRegion": "eu-west-1", "target": {"id": "i-0aaaaaaaaaaaaaaa1"},
            "userIdentity": {"arn": "arn:aws:sts::111122223333:assumed-role/Ops/alice"},
            "runAsUser": "ec2-user", "sessionId": "alice-0e34861185201706f", "sessionData": [line],
        })
        .to_string()
    });
    let home = Home::new();
    home.write("a.jsonl", events.collect::<Vec<_>>().join("\n").as_bytes());
    let secrets = [planted, keys].iter().flat_map(|text| secrets_of(text)).collect();
    (home, secrets)
}

/// Every file below a directory.
fn files(dir: &Path) -> Vec<PathBuf> {
    let (dirs, mut files): (Vec<_>, Vec<_>) =
        fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).partition(|path| path.is_dir());
    files.extend(dirs.iter().flat_map(|dir| self::files(dir)));
    files
}

#[test]
fn no_secret_is_in_the_index_or_comes_out_of_it() {
    let (home, secrets) = home();
    assert!(secrets.len() > 200);
    assert!(home.run(&["parse", "a.jsonl"]).stdout.contains(&secrets[0]));
    assert_eq!(home.run(&["index", "a.jsonl"]).code, Some(0));
    let out = home.everything() + &home.run(&["show", "alice", "--format", "table"]).stdout;
    let masked = home.run(&["parse", "a.jsonl", "--mask"]).stdout;
    let index: Vec<_> =
        files(&home.path("data/index")).into_iter().map(|path| fs::read(path).unwrap()).collect();
    assert!(index.len() > 3);
    // Words of a dictionary and parts of names are in the lines themselves, beside the secrets.
    let telling = |secret: &&String| secret.len() >= 8 && secret.bytes().any(|b| b.is_ascii_digit());
    for secret in secrets.iter().filter(telling) {
        for line in
            secret.lines().filter(|line| line.len() >= 8 && !line.contains(' ') && !line.contains("KEY"))
        {
            let quoted = serde_json::to_string(line).unwrap();
            let quoted = &quoted[1..quoted.len() - 1];
            assert!(!out.contains(quoted), "{line} is shown");
            assert!(!masked.contains(quoted), "{line} is parsed");
            let inside = |bytes: &Vec<u8>| memmem(bytes, line.as_bytes());
            assert!(!index.iter().any(inside), "{line} is in the index");
            let folded = line.to_ascii_lowercase();
            assert!(!index.iter().any(|bytes| memmem(bytes, folded.as_bytes())), "{folded} is in the index");
        }
    }
}

fn memmem(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

#[test]
fn who_has_a_secret_finds_where_it_was_used() {
    let (home, _) = home();
    assert_eq!(home.run(&["search", "--secret", "-"]).code, Some(5), "nothing is indexed yet");
    assert_eq!(home.run(&["index", "a.jsonl"]).code, Some(0));
    let planted = testdata("planted.txt");
    for line in planted.lines().filter(|line| line.starts_with('$')) {
        for secret in secrets_of(line) {
            let found = home.pipe(&["search", "--secret", "-"], format!("{secret}\n").as_bytes());
            let command = plain(&line[2..]);
            let beside = command.split(&secret).next().unwrap();
            let hits = found.column("command");
            assert!(hits.iter().any(|hit| hit.starts_with(beside)), "{line}: {hits:?}");
        }
    }
    assert_eq!(home.pipe(&["search", "--secret", "-"], b"hunter3").code, Some(1));
    // several at once, also in a list of indicators, which names the one that it found
    let both = |given: &str| home.pipe(&["search", "--secret", "-"], given.as_bytes()).column("id");
    let one = both("hunter2\n");
    assert!(!one.is_empty() && both("AKIA7NEVERSEENBEFORE\nhunter2\n") == one);
    home.write("leaked.txt", b"10.99.0.1\nhunter2 # from a wiki\nAKIA7NEVERSEENBEFORE\n");
    let listed = home.run(&["search", "--ioc", "leaked.txt"]);
    assert_eq!(listed.column("id"), one, "{listed}");
    assert!(listed.rows().iter().all(|row| row["indicators"] == serde_json::json!(["hunter2"])), "{listed}");
    let narrowed = home.pipe(&["search", "--secret", "-", "program:nonsense OR sshpass"], b"hunter2");
    assert!(narrowed.column("command").iter().all(|c| c.starts_with("sshpass")), "{}", narrowed.stdout);
    assert_eq!(home.run(&["search", "--secret", "hunter2"]).code, Some(2), "a secret is no argument");
    assert_eq!(home.run(&["search", "secret:aws-access-key-id"]).code, Some(0));
}

#[test]
fn a_key_is_made_once_and_ids_do_not_depend_on_it() {
    let (home, _) = home();
    assert_eq!(home.run(&["index", "a.jsonl"]).code, Some(0));
    let key = fs::read(home.path("data/mask.key")).unwrap();
    assert_eq!(home.run(&["index"]).code, Some(0));
    assert_eq!(fs::read(home.path("data/mask.key")).unwrap(), key);
    let search = home.run(&["search", "--order", "session"]);
    assert_eq!(search.column("id"), home.run(&["parse", "a.jsonl"]).column("id"));
    assert_eq!(search.stdout, home.run(&["parse", "a.jsonl", "--mask"]).stdout);
}
