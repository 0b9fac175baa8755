//! Two stories that were told in public, from files as AWS and its CLI give them: who may start a session where, and as
//! which OS user a session runs.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::path::{Path, PathBuf};

use whoran_link::{Basis, Permission, Resolution};
use whoran_model::Timestamp;
use whoran_pipeline::{Inputs, Picture, RunOptions, Store, Work, run};

/// What the files of these folders of `testdata/` say together.
fn picture(folders: &[&str]) -> (Picture, Store, tempfile::TempDir) {
    told_by(folders.iter().map(|folder| Path::new(TESTDATA).join(folder)).collect())
}

const TESTDATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../testdata");

fn told_by(paths: Vec<PathBuf>) -> (Picture, Store, tempfile::TempDir) {
    let data = tempfile::tempdir().unwrap();
    let work = Work { threads: 2, memory: 64 << 20, max_decompressed: 64 << 20 };
    let now = Timestamp::from_second(1_775_000_000).unwrap();
    let options = RunOptions { work, holder: "test".into(), wait: false, now };
    run(Inputs { paths, stdin: None }, data.path(), &options, &|_| {}).unwrap();
    let store = Store::open(data.path()).unwrap();
    (store.picture().unwrap(), store, data)
}

/// `user01` may use `PC01`, `user02` may use `PC02`: both by their policies and by what happened.
#[test]
fn each_of_two_users_may_use_one_of_two_machines() {
    let (picture, ..) = picture(&["seeds/access"]);
    two_users(&picture);
}

/// The same from what `--output yaml` makes of it.
#[test]
fn snapshots_in_yaml_say_the_same() {
    let story = Path::new(TESTDATA).join("seeds/access");
    let yaml = tempfile::tempdir().unwrap();
    for name in ["account-authorization-details", "describe-instances"] {
        let name = format!("{name}-2023-05-12T00-00-00Z");
        let json = std::fs::read(story.join(format!("{name}.json"))).unwrap();
        let said: serde_json::Value = serde_json::from_slice(&json).unwrap();
        std::fs::write(yaml.path().join(format!("{name}.yaml")), yaml_serde::to_string(&said).unwrap())
            .unwrap();
    }
    let (picture, ..) = told_by(vec![story.join("AWSLogs"), yaml.path().to_owned()]);
    two_users(&picture);
}

fn two_users(picture: &Picture) {
    let rows = picture.access(None);
    let code = |permission: &Permission| match permission {
        Permission::Granted { by } => format!("granted by {}", by[0].policy.rsplit('/').next().unwrap()),
        Permission::NotGranted { .. } => "not granted".to_owned(),
        other => format!("{other:?}"),
    };
    let seen: Vec<_> = rows
        .iter()
        .map(|row| {
            let rights = row.rights.as_ref().unwrap();
            let name = row.principal.as_str().rsplit(':').next().unwrap();
            (name, row.node_name.as_deref().unwrap(), code(&rights.start), row.started, row.denied)
        })
        .collect();
    let due = |name, node, code: &str, started, denied| (name, node, code.to_owned(), started, denied);
    assert_eq!(
        seen,
        [
            due("role/RoleForSSM", "PC01", "not granted", 0, 0),
            due("role/RoleForSSM", "PC02", "not granted", 0, 0),
            due("user/user01", "PC01", "granted by SessionsOnPC01", 1, 0),
            due("user/user01", "PC02", "not granted", 0, 1),
            due("user/user02", "PC01", "not granted", 0, 1),
            due("user/user02", "PC02", "granted by SessionsOnPC02", 1, 0),
        ]
    );
    for row in &rows[2..] {
        let rights = row.rights.as_ref().unwrap();
        let own =
            [&rights.resume_own, &rights.terminate_own].map(|p| matches!(p, Permission::Granted { .. }));
        assert_eq!((own, code(&rights.terminate_others).as_str()), ([true; 2], "not granted"));
        assert_eq!(row.evidence.len(), 2, "the user in the snapshot and the call");
    }
    let denied: Vec<_> =
        picture.attempts().map(|a| (a.identity.person.unwrap().name, a.target_name.unwrap())).collect();
    assert_eq!(denied, [("user01".into(), "PC02".into()), ("user02".to_owned(), "PC01".to_owned())]);
}

/// Run As is on. Without tag and default nobody may start a session; a default counts for who has no tag; a tag counts
/// before it, and one that names nobody does not fall back to it.
#[test]
fn a_session_runs_as_its_tag_says_or_as_the_default_or_not_at_all() {
    let (picture, store, _data) = picture(&["seeds/run-as", "logs/published-event"]);
    let judged = |r: &Resolution| {
        let run_as = &r.run_as;
        let used = run_as.used.as_ref().map(|u| u.as_str().to_owned());
        (run_as.owed.user().map(str::to_owned), run_as.owed.code(), used, run_as.verdict.code())
    };
    let sessions: Vec<_> = picture
        .sessions()
        .map(|(_, known)| (known.id.as_str().strip_prefix("test-user-").unwrap(), judged(known)))
        .collect();
    let due = |owed: Option<&str>, by, used: Option<&str>, verdict| {
        (owed.map(str::to_owned), by, used.map(str::to_owned), verdict)
    };
    assert_eq!(
        sessions,
        [
            ("0000000000000000a", due(None, "nobody", None, "no-tag-and-no-default")),
            ("0000000000000000b", due(Some("my-os-user"), "tag", Some("my-os-user"), "as-tagged")),
            ("0000000000000000c", due(Some("os-test-user"), "tag", None, "could-not-start")),
            ("093b7e0ceca558bd8", due(Some("test-user"), "default", Some("test-user"), "as-default")),
        ]
    );
    let text = "Invalid RunAs username. Set default username in Session Manager Preferences page.";
    let refused: Vec<_> = picture
        .attempts()
        .map(|a| {
            (a.run_as.owed.user().map(str::to_owned), a.run_as.verdict.code(), a.run_as.failure.unwrap())
        })
        .collect();
    let due = |owed: Option<&str>, verdict| (owed.map(str::to_owned), verdict, text.to_owned());
    assert_eq!(
        refused,
        [
            due(None, "no-tag-and-no-default"),
            due(Some("os-test-user"), "could-not-start"),
            // Now there is a default, and it does not help.
            due(Some("os-test-user"), "could-not-start"),
        ]
    );
    let gaps: Vec<_> =
        picture.gaps().iter().filter(|g| g.kind.code() == "no-log").map(|g| g.cause.code()).collect();
    assert_eq!(gaps, ["run-as-failure", "run-as-failure"]);

    // The event as published: who, as whom, what.
    let id = "test-user-093b7e0ceca558bd8".parse().unwrap();
    let known = picture.session(&id).unwrap();
    let person = known.identity.person.as_ref().unwrap();
    assert_eq!((person.name.as_str(), person.basis), ("test-user", Basis::IamUser));
    assert_eq!(
        known.identity.principal.as_ref().unwrap().as_str(),
        "arn:aws:iam::000000000000:user/test-user"
    );
    let commands = store.commands(&id).unwrap();
    let ran: Vec<_> = commands
        .iter()
        .map(|c| {
            (c.person.as_deref(), c.command.os_user.as_ref().map(|u| u.as_str()), c.command.command.as_str())
        })
        .collect();
    assert_eq!(ran, [(Some("test-user"), Some("test-user"), "whoami")]);
}
