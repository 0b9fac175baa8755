//! Killed at any moment, `index` loses nothing and doubles nothing.

use std::fs;
use std::time::Instant;

use crate::home::Home;
use crate::kills::{assert_same, kill_at_random};

#[test]
fn two_hundred_kills_lose_and_double_nothing() {
    let corpus = tempfile::tempdir().unwrap();
    let spec = whoran_testkit::Spec { seed: 11, bytes: 512 << 10, ..Default::default() };
    whoran_testkit::generate(&spec, corpus.path()).unwrap();
    let logs = corpus.path().join("logs");
    let args = ["index", logs.to_str().unwrap(), "--threads", "2", "--memory", "64M"];

    let whole = Home::new();
    let began = Instant::now();
    let output = whole.run(&args);
    assert!(matches!(output.code, Some(0 | 3)), "{output}");
    let took = began.elapsed();
    let expected = whole.everything();
    assert!(expected.lines().count() > 100, "a corpus worth killing for");

    let check = |home: &Home, when: &str| assert_same(&home.everything(), &expected, when);
    let home = kill_at_random(2026, took, Home::new, |home| home.command(&args), check);
    let status = home.run(&["status"]);
    assert_eq!(status.column("manifest_lines"), status.column("manifest_indexed"));
    assert_eq!(manifest_names(&home), manifest_names(&whole), "each log is noted once");
}

/// The logs that the manifest names, sorted.
fn manifest_names(home: &Home) -> Vec<String> {
    let text = fs::read_to_string(home.path("data/archive/manifest.jsonl")).unwrap();
    let name = |line: &str| {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        line["log"].as_str().unwrap().to_owned()
    };
    let mut names: Vec<_> = text.lines().map(name).collect();
    names.sort();
    names
}
