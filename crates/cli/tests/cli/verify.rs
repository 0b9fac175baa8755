use std::fs;

use crate::home::{Home, Output};

/// A home with the sample logs indexed and one more from standard input, and the head printed.
fn home() -> (Home, String) {
    let home = Home::indexed();
    let output = home.pipe(&["index", "-"], b"sh-5.2$ whoami\r\nroot\r\n");
    let head = output.stderr.lines().find_map(|line| line.strip_prefix("manifest head ")).unwrap().to_owned();
    (home, head)
}

fn verify(home: &Home, head: &str) -> Output {
    home.run(&["verify", "--head", head])
}

#[test]
fn what_was_not_touched_is_as_it_was_written() {
    let (home, head) = home();
    let output = verify(&home, &head);
    assert_eq!((output.code, output.stdout.as_str()), (Some(0), ""), "{output}");
    assert!(output.stderr.starts_with("3 manifest lines, "), "{output}");
    assert!(output.stderr.contains("; all is as it was written\n"), "{output}");
    assert!(output.stderr.contains("the head given is the last line's\n"), "{output}");
    assert!(output.stderr.ends_with(&format!("manifest head {head}\n")), "{output}");

    let none = home.run(&["verify"]);
    assert!(none.stderr.contains("no head given: that lines were cut off or all written anew"), "{none}");
    assert_eq!(home.pipe(&["index", "-"], b"sh-5.2$ id\r\n").code, Some(0));
    assert!(verify(&home, &head).stderr.contains("1 line since the head given\n"));
}

#[test]
fn what_changed_is_missing_or_was_added_is_named_down_to_the_log() {
    let check = |change: &dyn Fn(&Home), codes: &[&str]| {
        let (home, head) = home();
        change(&home);
        let output = verify(&home, &head);
        assert_eq!(output.code, Some(6), "{output}");
        assert_eq!(output.column("code"), codes, "{output}");
        output.stdout
    };
    let log = |home: &Home| {
        let mut logs: Vec<_> = fs::read_dir(home.path("logs")).unwrap().map(|e| e.unwrap().path()).collect();
        logs.sort();
        logs[0].clone()
    };
    let output = check(&|home| fs::write(log(home), "sh-5.2$ true\r\n").unwrap(), &["changed"]);
    assert!(output.contains("\"log\":\"logs/"), "{output}");
    check(&|home| fs::remove_file(log(home)).unwrap(), &["missing"]);

    let pack = |home: &Home| home.path("data/archive/packs/000001.zst");
    let output = check(&|home| fs::remove_file(pack(home)).unwrap(), &["missing"]);
    assert!(output.contains("\"log\":\"stdin:"), "{output}");
    check(
        &|home| {
            let mut bytes = fs::read(pack(home)).unwrap();
            let at = bytes.len() - 1;
            bytes[at] ^= 1;
            fs::write(pack(home), bytes).unwrap();
        },
        &["unreadable"],
    );
    check(&|home| fs::write(home.path("data/archive/packs/000000.zst"), "x").unwrap(), &["added"]);

    let manifest = |home: &Home| home.path("data/archive/manifest.jsonl");
    let edit = |home: &Home, change: &dyn Fn(String) -> String| {
        let text = fs::read_to_string(manifest(home)).unwrap();
        fs::write(manifest(home), change(text)).unwrap();
    };
    check(&|home| edit(home, &|text| text.replacen("\"version\":\"", "\"version\":\"0", 1)), &["chain"]);
    // The last lines cut off, or all of it: only the head kept elsewhere tells.
    let output =
        check(&|home| edit(home, &|text| text.lines().next().unwrap().to_owned() + "\n"), &["unknown-head"]);
    assert!(output.contains("no manifest line has the hash "), "{output}");
    check(&|home| fs::remove_dir_all(home.path("data/archive")).unwrap(), &["unknown-head"]);
}

#[test]
fn a_log_that_became_another_is_told_of_wherever_it_is_read() {
    let (home, _) = home();
    let log = "logs/bob-0959abc60267189e0.log";
    let before = fs::read_to_string(home.path(log)).unwrap();
    // what only grew still has all that was indexed first
    home.write(log, format!("{before}\n").as_bytes());
    assert!(home.run(&["cat", log]).stderr.is_empty());
    assert_eq!(home.run(&["index", "logs"]).code, Some(0));
    let grown = home.run(&["verify"]);
    assert_eq!((grown.code, grown.stdout.as_str()), (Some(0), ""), "{grown}");

    home.write(log, before.replace("whoami", "id").as_bytes());
    let told = format!("warning: {log} has changed since it was indexed; this is what it holds now\n");
    let session = "bob-0959abc60267189e0";
    for args in [&["cat", log][..], &["show", session, "--raw"]] {
        let output = home.run(args);
        assert!(output.stderr.contains(&told), "{args:?}: {output}");
    }
    let case = home.run(&["evidence", session, "--with-raw", "-o", "case"]);
    assert!(case.stderr.contains("warning: 1 log changed after being indexed"), "{case}");

    assert_eq!(home.run(&["index", "logs"]).code, Some(0));
    let output = home.run(&["verify"]);
    assert_eq!((output.code, output.column("code")), (Some(0), vec!["replaced".to_owned()]), "{output}");
    assert_eq!(output.column("log"), [log]);
    assert!(
        output.stderr.contains("; 1 log replaced and read again: what was indexed first is gone"),
        "{output}"
    );
    assert!(!home.run(&["cat", log]).stderr.contains("warning"));
}

#[test]
fn a_head_that_is_none_is_a_wrong_use() {
    let output = Home::new().run(&["verify", "--head", "abc"]);
    assert_eq!(output.code, Some(2), "{output}");
    assert!(output.stderr.contains("a head is 64 hexadecimal digits"), "{output}");
}
