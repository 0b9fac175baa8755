//! One log of every shape: exactly the commands due.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fs;
use std::io::Read;
use std::path::Path;

use serde::Deserialize;
use support::logs::{Log, parse, read_folder, whole};
use whoran_model::{CommandKind, NodeId, Origin, OsUser, Parsed, Principal, Status};

mod terminals {
    mod edited;
    mod gone;
    mod jobs;
    mod korn;
    mod listed;
    mod parted;
    mod programs;
    mod queued;
    mod right;
    mod settled;
    mod shown;
    mod streamed;
    mod themed;
    mod torn;
    mod unmarked;
    mod unusual;
    mod widgets;
}
mod support {
    pub(crate) mod logs;
}

/// One line of an expectation.
#[derive(Debug, PartialEq, Deserialize)]
struct Row {
    session_id: String,
    identity: Option<String>,
    target: Option<String>,
    os_user: Option<String>,
    command: String,
}

#[test]
fn every_shape_gives_exactly_the_commands_due() {
    let testdata = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata");
    let mut cases: Vec<_> =
        fs::read_dir(testdata.join("logs")).unwrap().map(|e| e.unwrap().file_name()).collect();
    cases.sort();
    assert!(cases.len() >= 16, "{cases:?}");
    for case in cases {
        let case = case.to_str().unwrap();
        let logs: Vec<Log> =
            read_folder(&testdata.join("logs").join(case)).into_iter().map(decompressed).collect();
        let sessions = parse(&logs, whole);
        let due = fs::read_to_string(testdata.join(format!("expected/{case}.jsonl"))).unwrap();
        let due: Vec<Row> = due.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let got: Vec<Row> = sessions.values().flat_map(rows).collect();
        assert_eq!(got, due, "{case}");
        assert!(!sessions.is_empty(), "{case} holds no session");
    }
}

/// What a person entered and ran.
fn rows(session: &Parsed) -> Vec<Row> {
    let counts = |c: &&whoran_model::Command| {
        c.status == Status::Run && c.kind != CommandKind::Password && c.origin != Origin::Document
    };
    let row = |c: &whoran_model::Command| Row {
        session_id: session.id.to_string(),
        identity: session.envelope.identity.as_ref().map(Principal::to_string),
        target: session.envelope.target.as_ref().map(NodeId::to_string),
        os_user: c.os_user.as_ref().map(OsUser::to_string),
        command: c.command.clone(),
    };
    session.commands.iter().filter(counts).map(row).collect()
}

#[expect(clippy::disallowed_types, clippy::disallowed_methods, reason = "our own files are no bombs")]
fn decompressed(log: Log) -> Log {
    let mut bytes = Vec::new();
    if log.name.ends_with(".gz") {
        flate2::read::GzDecoder::new(log.bytes.as_slice()).read_to_end(&mut bytes).unwrap();
    } else if log.name.ends_with(".zst") {
        bytes = zstd::stream::decode_all(log.bytes.as_slice()).unwrap();
    } else {
        return log;
    }
    Log { bytes, ..log }
}
