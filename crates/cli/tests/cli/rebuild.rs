use std::fs;

use crate::home::Home;

#[test]
fn a_new_index_says_what_the_one_that_grew_says() {
    let corpus = tempfile::tempdir().unwrap();
    let spec = whoran_testkit::Spec { seed: 5, bytes: 256 << 10, cases: true };
    whoran_testkit::generate(&spec, corpus.path()).unwrap();
    let home = Home::with_logs();
    let logs = corpus.path().join("logs");
    // Folder after folder and standard input: sessions whose copies came apart are parsed again and again.
    let mut folders: Vec<_> = fs::read_dir(&logs).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    assert!(folders.len() > 1);
    for folder in &folders {
        let output = home.run(&["index", folder.to_str().unwrap()]);
        assert!(matches!(output.code, Some(0 | 3)), "{output}");
    }
    assert_eq!(home.run(&["index", "logs"]).code, Some(0));
    assert_eq!(home.pipe(&["index", "-"], b"sh-5.2$ uptime\r\n").code, Some(0));
    let grown = home.everything();
    let status = home.run(&["status"]);
    assert!(grown.lines().count() > 100);

    let output = home.run(&["rebuild"]);
    assert!(matches!(output.code, Some(0 | 3)), "{output}");
    let rebuilt = home.everything();
    for (line, due) in rebuilt.lines().zip(grown.lines()) {
        assert_eq!(line, due);
    }
    assert_eq!(rebuilt.lines().count(), grown.lines().count());
    let after = home.run(&["status"]);
    for key in ["logs", "sessions", "commands", "manifest_lines", "manifest_indexed", "manifest_head"] {
        assert_eq!(after.column(key), status.column(key), "{key}");
    }
    assert_eq!(home.run(&["index"]).code, Some(0));
    assert_eq!(home.everything(), grown);
}

#[test]
fn what_only_the_index_remembers_is_not_thrown_away_unasked() {
    let home = Home::indexed();
    let before = home.everything();
    fs::remove_file(home.path("logs/alice-0e34861185201706f.jsonl")).unwrap();
    let refused = home.run(&["rebuild"]);
    assert_eq!(refused.code, Some(4), "{refused}");
    assert!(refused.stderr.contains("hint: put it back: logs/alice-0e34861185201706f.jsonl"), "{refused}");
    assert_eq!(home.everything(), before);
    let dropped = home.run(&["rebuild", "--drop-vanished"]);
    assert!(matches!(dropped.code, Some(0 | 3)), "{dropped}");
    assert_ne!(home.everything(), before);
}

#[test]
fn a_broken_index_is_made_anew() {
    let home = Home::indexed();
    let before = home.everything();
    fs::write(home.path("data/index/meta.json"), "{").unwrap();
    let broken = home.run(&["search", "whoami"]);
    assert_eq!(broken.code, Some(5), "{broken}");
    assert!(broken.stderr.contains("hint: the index is derived: `whoran rebuild` makes it anew"), "{broken}");
    assert_eq!(home.run(&["rebuild"]).code, Some(0));
    assert_eq!(home.everything(), before);
}
