//! Every planted secret of `testdata/secrets` is found to the byte, and nothing that only looks like one.

#![expect(clippy::unwrap_used, reason = "a test may fail where it stands")]

use std::collections::BTreeSet;
use std::fs;
use std::ops::Range;
use std::path::Path;

use whoran_mask::{Found, in_command, in_output, masked};

fn data(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/secrets").join(name))
        .unwrap()
}

/// The text without its marks, and what stood between them.
fn planted(marked: &str) -> (String, Vec<Range<usize>>) {
    let (mut text, mut spans) = (String::new(), Vec::new());
    for (nth, part) in marked.split('«').enumerate() {
        let (secret, rest) = if nth == 0 { ("", part) } else { part.split_once('»').unwrap() };
        if nth > 0 {
            spans.push(text.len()..text.len() + secret.len());
        }
        text.push_str(secret);
        text.push_str(rest);
    }
    (text, spans)
}

fn found(line: &str) -> (String, Vec<Found>, Vec<Range<usize>>) {
    let (kind, rest) = line.split_at(2);
    let (text, spans) = planted(rest);
    let found = if kind == "$ " { in_command(&text) } else { in_output(&text) };
    (text, found, spans)
}

#[test]
fn every_planted_secret_is_found_to_the_byte() {
    let mut wrong = Vec::new();
    for line in data("planted.txt").lines() {
        let (text, found, spans) = found(line);
        let seen: Vec<_> = found.iter().map(|f| f.span.clone()).collect();
        if seen != spans {
            wrong.push(format!("{line}\n    {}", masked(&text, &found)));
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn private_keys_are_found_whole_and_cut() {
    let (text, spans) = planted(&data("private-keys.txt"));
    let found = in_output(&text);
    assert_eq!(found.iter().map(|f| f.span.clone()).collect::<Vec<_>>(), spans, "{}", masked(&text, &found));
    assert!(found.iter().all(|f| f.kind == "private-key"));
}

#[test]
fn what_only_looks_like_a_secret_stays() {
    let text = data("look-alikes.txt");
    let touched: Vec<_> = text.lines().filter(|line| !found(line).1.is_empty()).collect();
    assert!(touched.is_empty(), "{touched:#?}");
}

#[test]
fn what_is_masked_stays_masked() {
    for line in data("planted.txt").lines() {
        let (text, found, _) = found(line);
        let once = masked(&text, &found).into_owned();
        let again = if line.starts_with('$') { in_command(&once) } else { in_output(&once) };
        assert_eq!(masked(&once, &again), once);
    }
}

#[test]
fn the_readme_names_every_kind() {
    let mut kinds: BTreeSet<&str> = BTreeSet::new();
    for line in data("planted.txt").lines() {
        kinds.extend(found(line).1.iter().map(|f| f.kind));
    }
    let readme = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    for kind in kinds {
        assert!(readme.contains(&format!("| `{kind}` |")), "{kind}");
    }
}
