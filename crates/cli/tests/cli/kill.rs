//! Killed at any moment, `index` loses nothing and doubles nothing.

use std::fs;
use std::process::Stdio;
use std::time::{Duration, Instant};

use rand::RngExt;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use crate::home::Home;

const KILLS: u32 = 200;

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
    let mut took = began.elapsed();
    let expected = whole.everything();
    assert!(expected.lines().count() > 100, "a corpus worth killing for");

    // A run can only be measured, not told where to die: the moments are spread over somewhat more than its length.
    let mut dice = ChaCha8Rng::seed_from_u64(2026);
    let (mut killed, mut completed) = (0, 0);
    let mut home = Home::new();
    while killed < KILLS {
        let mut child = home.command(&args).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let began = Instant::now();
        let until = began + Duration::from_secs_f64(took.as_secs_f64() * dice.random_range(0.0..1.2));
        let ended = loop {
            if let Some(status) = child.try_wait().unwrap() {
                break Some(status);
            }
            if Instant::now() >= until {
                child.kill().unwrap();
                child.wait().unwrap();
                break None;
            }
            std::thread::sleep(Duration::from_millis(1));
        };
        match ended {
            None => killed += 1,
            Some(status) => {
                assert!(matches!(status.code(), Some(0 | 3)));
                completed += 1;
                // The first run may have been a slow one, and most are to be killed.
                took = took.min(began.elapsed());
                assert_same(&home, &expected, &format!("after {killed} kills"));
                home = Home::new();
            }
        }
    }
    let last = home.run(&args);
    assert!(matches!(last.code, Some(0 | 3)), "{last}");
    assert_same(&home, &expected, &format!("after {killed} kills and {completed} completed runs"));
    let status = home.run(&["status"]);
    assert_eq!(status.column("manifest_lines"), status.column("manifest_indexed"));
    assert_eq!(manifest_names(&home), manifest_names(&whole), "each log is noted once");
}

/// Holds an index to what it should say, and shows the first line that it says otherwise.
fn assert_same(home: &Home, expected: &str, when: &str) {
    let got = home.everything();
    for (got, due) in got.lines().zip(expected.lines()) {
        assert_eq!(got, due, "{when}");
    }
    assert_eq!(got.lines().count(), expected.lines().count(), "{when}");
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
