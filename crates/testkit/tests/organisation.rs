//! The organisation keeps its promises: same seed, same bytes; as many of everything as it says.

#![expect(clippy::unwrap_used, reason = "a test may fail where it stands")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use whoran_testkit::organisation::{OrganisationSpec, OrganisationTruth, organisation};

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

fn made(spec: &OrganisationSpec) -> (OrganisationTruth, BTreeMap<String, Vec<u8>>) {
    let dir = tempfile::tempdir().unwrap();
    let truth = organisation(spec, dir.path()).unwrap();
    (truth, files(dir.path()))
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_seed_others() {
    let spec = OrganisationSpec { seed: 3, people: 20, nodes: 18, calls: 200 };
    let (truth, one) = made(&spec);
    let (again, two) = made(&spec);
    assert!(one == two && truth.sessions == again.sessions);
    assert_ne!(one, made(&OrganisationSpec { seed: 4, ..spec }).1);
}

#[test]
fn everything_that_may_go_wrong_does() {
    let (truth, files) = made(&OrganisationSpec::SMALL);
    let mut verdicts = BTreeMap::new();
    for session in truth.sessions.values() {
        *verdicts.entry(session.verdict).or_insert(0) += 1;
    }
    for verdict in ["as-tagged", "as-default", "ssm-user", "mismatch", "could-not-start", "unknown"] {
        assert!(verdicts.contains_key(verdict), "{verdict}: {verdicts:?}");
    }
    for basis in ["iam-user", "identity-center", "role-session-name", "source-identity"] {
        assert!(truth.sessions.values().any(|s| s.basis == Some(basis)), "{basis}");
    }
    assert!(truth.sessions.values().any(|s| s.owed_by == "session-tag"));
    let denied = truth.attempts.values().filter(|a| a.denied).count();
    assert!(denied > 0 && denied < truth.attempts.len());
    assert!(files.keys().any(|name| name.ends_with(".json.gz")) && files.keys().any(|n| n.contains("/s3/")));
}
