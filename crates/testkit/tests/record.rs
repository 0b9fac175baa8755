//! Real shells are recorded, and what they say they ran is what their terminal shows.

use std::collections::HashSet;

use serde_json::Value;
use whoran_testkit::record::{Mix, Recorded, install_tools, left_out, record, record_sessions};

/// Fixed, so that a failure can be looked at again; any other seed must do as well.
const SEED: u64 = 4200;

fn recorded() -> Vec<Recorded> {
    install_tools().unwrap_or_else(|e| panic!("{e}"));
    record_sessions(SEED, 16, Mix::Hard).unwrap_or_else(|e| panic!("{e}"))
}

#[test]
fn recorded_logs_hold_what_the_shells_say_they_ran() {
    let all = recorded();
    let shells: HashSet<String> = all.iter().map(|r| format!("{:?}", r.shell)).collect();
    assert!(shells.len() >= 3, "{shells:?}");
    let tags: HashSet<&str> = all.iter().flat_map(|r| r.tags.iter().copied()).collect();
    for tag in ["edit", "multi-line", "ctrl-c", "history"] {
        assert!(tags.contains(tag), "{tag} in {tags:?}");
    }
    for (n, one) in all.iter().enumerate() {
        let session = &one.session;
        let truth = session.truth(true);
        assert!(truth.len() >= 4, "session {n} has {} commands", truth.len());
        let events: Vec<Value> =
            session.stream_jsonl().lines().map(|l| serde_json::from_str(l).unwrap()).collect();
        let shown: Vec<&str> = events
            .iter()
            .flat_map(|e| e["sessionData"].as_array().unwrap())
            .map(|s| s.as_str().unwrap())
            .collect();
        for row in &truth {
            assert!(!row.effective_user.is_empty() && row.cwd.starts_with('/'), "session {n}: {row:?}");
            let [start, end] = row.transcript_span.unwrap();
            assert!(start < end && end <= session.transcript.len(), "session {n}: {row:?}");
            let first = row.command.lines().next().unwrap().trim_end();
            if row.literal_in_stream && first.is_ascii() {
                assert!(
                    shown.iter().any(|s| s.contains(first)),
                    "session {n}: {first:?} is not in the stream"
                );
            }
        }
        let ends = truth.last().unwrap().command == "exit" || !one.unrun.is_empty();
        assert!(ends, "session {n} ends with {:?}", truth.last());
        let times: Vec<&str> = truth.iter().map(|r| r.time.as_str()).collect();
        assert!(times.is_sorted(), "session {n}: {times:?}");
    }
    // Where users are private, some session becomes another one and comes back.
    if all.iter().all(|r| r.private) {
        let users = |r: &Recorded| {
            r.session.commands.iter().map(|c| c.effective_user.clone()).collect::<HashSet<_>>()
        };
        assert!(all.iter().any(|r| users(r).len() > 1));
    }
}

#[test]
fn a_case_has_the_layout_the_scorer_reads() {
    install_tools().unwrap_or_else(|e| panic!("{e}"));
    let dir = tempfile::tempdir().unwrap();
    let all = record(dir.path(), SEED + 77, 1, Mix::Ordinary).unwrap_or_else(|e| panic!("{e}"));
    let case = std::fs::read_dir(dir.path()).unwrap().next().unwrap().unwrap().path();
    let id = &all[0].session.session.id;
    for file in [format!("s3/{id}.log"), format!("stream/{id}.jsonl"), format!("plain/{id}.json")] {
        assert!(std::fs::metadata(case.join(&file)).unwrap().len() > 200, "{file}");
    }
    let meta: Value = serde_json::from_slice(&std::fs::read(case.join("meta.json")).unwrap()).unwrap();
    assert_eq!(meta["session_id"], id.as_str());
    assert!(meta["tags"].is_array());
    let truth = std::fs::read_to_string(case.join("truth.jsonl")).unwrap();
    let row: Value = serde_json::from_str(truth.lines().next().unwrap()).unwrap();
    for key in
        ["session_id", "seq", "command", "effective_user", "host", "cwd", "time", "kind", "literal_in_stream"]
    {
        assert!(!row[key].is_null(), "{key}");
    }
}

/// Where the shells are missing that few use, this says nothing, but for the machine that installs them first.
#[test]
fn csh_and_korn_shells_say_what_they_ran() {
    install_tools().unwrap_or_else(|e| panic!("{e}"));
    let without = left_out(Mix::Rare);
    assert!(without.is_empty() || std::env::var_os("CI").is_none(), "not installed: {without:?}");
    let all = record_sessions(SEED, 12, Mix::Rare).unwrap_or_else(|e| panic!("{e}"));
    let shells: HashSet<String> = all.iter().map(|r| format!("{:?}", r.shell)).collect();
    let rare = ["Tcsh", "Mksh", "Ksh93"].iter().filter(|s| shells.contains(**s)).count();
    assert_eq!(rare, 3 - without.len(), "{shells:?}, without {without:?}");
    for one in &all {
        let shown = String::from_utf8_lossy(&one.session.transcript);
        let plain = one.session.commands.iter().filter(|c| matches!(c.command.as_str(), "mksh" | "exit"));
        for command in plain {
            assert!(shown.contains(&command.command), "{:?}: {command:?}", one.shell);
        }
        assert!(one.session.commands.len() >= 4, "{:?}", one.shell);
    }
}
