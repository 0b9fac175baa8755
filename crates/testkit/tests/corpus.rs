//! The generator keeps its promises: same seed, same bytes; the size asked for; truth that fits the logs.

#![expect(clippy::unwrap_used, reason = "a test may fail where it stands")]

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::io::Read;
use std::path::Path;

use serde_json::Value;
use whoran_testkit::{Spec, generate, session};

fn files(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![dir.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(dir).unwrap().to_str().unwrap().to_owned();
                found.insert(name, fs::read(path).unwrap());
            }
        }
    }
    found
}

#[expect(clippy::disallowed_types, clippy::disallowed_methods, reason = "these logs were just made here")]
fn unpacked(name: &str, bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    if name.ends_with(".gz") {
        flate2::read::GzDecoder::new(bytes).read_to_end(&mut out).unwrap();
    } else if name.ends_with(".zst") {
        out = zstd::decode_all(bytes).unwrap();
    } else {
        out.extend_from_slice(bytes);
    }
    out
}

fn rows(bytes: &[u8]) -> Vec<Value> {
    bytes
        .split(|&b| b == b'\n')
        .filter(|l| !l.is_empty())
        .map(|l| serde_json::from_slice(l).unwrap())
        .collect()
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_seed_others() {
    let make = |seed| {
        let dir = tempfile::tempdir().unwrap();
        let truth = generate(&Spec { seed, bytes: 512 << 10, cases: true }, dir.path()).unwrap();
        (truth, files(dir.path()))
    };
    let (one, again, other) = (make(3), make(3), make(4));
    assert!(one == again);
    assert_ne!(one.1.keys().collect::<Vec<_>>(), other.1.keys().collect::<Vec<_>>());
}

#[test]
fn the_size_asked_for_is_met() {
    for bytes in [256 << 10, 1 << 20, 3 << 20] {
        let dir = tempfile::tempdir().unwrap();
        let truth = generate(&Spec { seed: bytes, bytes, cases: false }, dir.path()).unwrap();
        let logs = files(&dir.path().join("logs"));
        let sum: u64 = logs.iter().map(|(name, bytes)| unpacked(name, bytes).len() as u64).sum();
        assert_eq!(truth.bytes, sum);
        assert_eq!(truth.logs, logs.len() as u64);
        assert!(sum.abs_diff(bytes) * 10 <= bytes, "{sum} for {bytes}");
    }
}

#[test]
fn truth_links_and_logs_fit_each_other() {
    let dir = tempfile::tempdir().unwrap();
    let truth = generate(&Spec { seed: 11, bytes: 2 << 20, cases: false }, dir.path()).unwrap();
    let files = files(dir.path());
    let commands = rows(&files["truth.jsonl"]);
    assert_eq!(commands.len() as u64, truth.commands);

    let mut named = HashSet::new();
    for session in &truth.sessions {
        for log in &session.logs {
            let text = unpacked(log, files.get(log).unwrap_or_else(|| panic!("{log} is missing")));
            let text = String::from_utf8_lossy(&text);
            let by_name = log.contains(&session.session_id);
            assert!(
                by_name || text.contains(&session.session_id),
                "{log} is not about {}",
                session.session_id
            );
            named.insert(log.clone());
        }
    }
    let logs: HashSet<String> = files.keys().filter(|n| n.starts_with("logs/")).cloned().collect();
    assert_eq!(named, logs);

    // A span shows prompt and command, and ends where the line was submitted.
    let mut seen = 0;
    for row in commands.iter().filter(|r| r["transcript_span"].is_array()) {
        let id = row["session_id"].as_str().unwrap();
        let session = truth.sessions.iter().find(|s| s.session_id == id).unwrap();
        let Some(log) = session.logs.iter().find(|l| l.contains("/s3/")) else { continue };
        let text = unpacked(log, &files[log]);
        let at = |i: usize| row["transcript_span"][i].as_u64().unwrap() as usize;
        let shown = String::from_utf8_lossy(&text[at(0)..at(1)]).into_owned();
        assert!(shown.ends_with("\r\r\n"), "{shown:?}");
        if row["literal_in_stream"] == true && !row["command"].as_str().unwrap().contains('\n') {
            assert!(shown.contains(row["command"].as_str().unwrap()), "{shown:?} {row}");
            seen += 1;
        }
    }
    assert!(seen > 100, "{seen}");
    let trail: String = files
        .iter()
        .filter(|(name, _)| name.contains("/cloudtrail/"))
        .map(|(name, bytes)| String::from_utf8(unpacked(name, bytes)).unwrap())
        .collect();
    for session in &truth.sessions {
        assert!(trail.contains(&session.session_id), "no StartSession for {}", session.session_id);
    }
    assert!(truth.gaps.iter().any(|g| g.cause == "denied"));
    for word in ["TagRole", "AssumeRole", "TerminateSession", "AccessDenied"] {
        assert!(trail.contains(word), "{word}");
    }
}

#[test]
fn every_log_shape_occurs() {
    let dir = tempfile::tempdir().unwrap();
    generate(&Spec { seed: 5, bytes: 8 << 20, cases: false }, dir.path()).unwrap();
    let files = files(&dir.path().join("logs"));
    for kind in ["s3/", "stream/", "get/", "plain/", "filter/", "mixed/", "subscription/"] {
        assert!(files.keys().any(|n| n.contains(kind)), "{kind}");
    }
    for ending in [".log", ".gz", ".zst"] {
        assert!(files.keys().any(|n| n.ends_with(ending)), "{ending}");
    }
    let all: Vec<u8> = files.iter().flat_map(|(name, bytes)| unpacked(name, bytes)).collect();
    let text = String::from_utf8_lossy(&all);
    for sign in [
        "Windows PowerShell transcript",
        "STDOUT:\r\n",
        "[COMMAND=",
        "+0000\n",
        "\\u001b]0;",
        "\u{1b}[?1049h",
        "^C",
        "\\u0008",
    ] {
        assert!(text.contains(sign), "{sign:?}");
    }
}

#[test]
fn a_session_in_memory_tells_when_the_stream_lost_a_line() {
    let sessions: Vec<_> = (0..40).map(session).collect();
    let all = sessions.iter().flat_map(|s| &s.commands);
    let (kept, lost): (Vec<_>, Vec<_>) = all.partition(|c| c.literal_in_stream);
    assert!(lost.len() * 20 > kept.len(), "{} of {}", lost.len(), kept.len());
    for session in &sessions {
        let stream = session.stream_jsonl();
        let events = rows(stream.as_bytes());
        let shown: Vec<&str> = events
            .iter()
            .flat_map(|e| e["sessionData"].as_array().unwrap())
            .map(|s| s.as_str().unwrap())
            .collect();
        for command in session.commands.iter().filter(|c| c.literal_in_stream) {
            let first = command.command.lines().next().unwrap().trim_end();
            let there = shown.iter().any(|s| s.contains(first));
            assert!(there || !first.is_ascii(), "{first:?} not in the stream of {}", session.session.id);
        }
        for (command, time) in session.commands.iter().zip(session.commands.iter().skip(1)) {
            assert!(command.time_ms <= time.time_ms && command.span.end <= time.span.end);
        }
    }
}
