//! Every answer about a generated organisation, against what is true of it: not one may be wrong.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::path::Path;

use whoran_link::Basis;
use whoran_model::Timestamp;
use whoran_pipeline::{Inputs, Outcome, Picture, RunOptions, Store, Work, run};
use whoran_testkit::organisation::{OrganisationSpec, OrganisationTruth, hold_back_snapshots, organisation};

/// What is due and what was said instead.
#[derive(Default)]
struct Wrong(Vec<String>);

impl Wrong {
    fn check<T: PartialEq + Debug>(&mut self, what: impl Debug, due: T, said: T) {
        if due != said {
            self.0.push(format!("{what:?}: due {due:?}, said {said:?}"));
        }
    }

    fn none(self) {
        let shown: Vec<_> = self.0.iter().take(12).collect();
        assert!(self.0.is_empty(), "{} are wrong: {shown:#?}", self.0.len());
    }
}

fn index(paths: &[&Path], data: &Path) -> Outcome {
    let work = Work { threads: 0, memory: 1 << 30, max_decompressed: 1 << 30 };
    let now = Timestamp::from_second(1_775_000_000).unwrap();
    let options = RunOptions { work, holder: "test".into(), wait: false, now };
    let inputs = Inputs { paths: paths.iter().map(|p| p.to_path_buf()).collect(), stdin: None };
    run(inputs, data, &options, &|_| {}).unwrap()
}

fn sessions(truth: &OrganisationTruth, picture: &Picture) {
    let mut wrong = Wrong::default();
    let said: BTreeMap<_, _> = picture
        .sessions()
        .map(|(log, known)| (known.id.as_str(), (known, Some(log).filter(|log| !log.logs.is_empty()))))
        .collect();
    wrong.check("sessions", truth.sessions.keys().collect::<Vec<_>>().len(), said.len());
    for (id, due) in &truth.sessions {
        let Some((said, log)) = said.get(id.as_str()) else {
            wrong.check(id, "there", "missing");
            continue;
        };
        let identity = &said.identity;
        wrong.check(
            (id, "principal"),
            Some(due.principal.as_str()),
            identity.principal.as_ref().map(|p| p.as_str()),
        );
        let person = identity.person.as_ref();
        wrong.check((id, "person"), due.person.as_deref(), person.map(|p| p.name.as_str()));
        wrong.check((id, "basis"), due.basis, person.map(|p| p.basis.code()));
        let sure = person.filter(|p| p.basis != Basis::RoleSessionName).map(|p| p.name.as_str());
        wrong.check((id, "known person"), sure, identity.known_person());
        wrong.check((id, "place"), Some(due.place), said.account.as_deref().zip(said.region.as_deref()));
        wrong.check((id, "node"), Some(due.node.as_str()), said.target.as_ref().map(|t| t.as_str()));
        wrong.check((id, "owed"), due.owed.as_deref(), said.run_as.owed.user());
        wrong.check((id, "owed by"), due.owed_by, said.run_as.owed.code());
        wrong.check((id, "used"), due.used.as_deref(), said.run_as.used.as_ref().map(|u| u.as_str()));
        wrong.check((id, "verdict", &said.run_as.missing), due.verdict, said.run_as.verdict.code());
        wrong.check((id, "missing is named"), due.verdict == "unknown", !said.run_as.missing.is_empty());
        wrong.check((id, "logged"), due.logged, log.is_some());
        wrong.check((id, "commands"), due.commands, log.map_or(0, |log| log.commands()));
        wrong.check((id, "reason"), due.reason.as_deref(), said.reason.as_deref());
        wrong.check((id, "source"), due.source_ip.as_str(), said.source_ip.as_deref().unwrap_or_default());
        wrong.check((id, "contradiction"), None, said.contradicting.as_ref());
    }
    wrong.none();
}

fn attempts(truth: &OrganisationTruth, picture: &Picture) {
    let mut wrong = Wrong::default();
    let said: Vec<_> = picture.attempts().collect();
    wrong.check("attempts", truth.attempts.len(), said.len());
    for said in &said {
        let id = &said.event.event_id;
        let due = &truth.attempts[id];
        wrong.check((id, "node"), Some(due.node.as_str()), said.event.target.as_ref().map(|t| t.as_str()));
        wrong.check(
            (id, "person"),
            due.person.as_deref(),
            said.identity.person.as_ref().map(|p| p.name.as_str()),
        );
        wrong.check((id, "denied"), due.denied, said.event.outcome.is_denial());
        let verdict = said.run_as.verdict.code();
        // What was denied never came to Run As; that nobody was owed is true all the same.
        if !due.denied || verdict != "no-tag-and-no-default" {
            wrong.check((id, "verdict"), due.verdict, verdict);
        }
    }
    wrong.none();
}

fn access(truth: &OrganisationTruth, picture: &Picture) {
    let mut wrong = Wrong::default();
    let said = picture.access(None);
    let mut rows = 0;
    for row in &said {
        let key = (row.principal.as_str().to_owned(), row.node.as_str().to_owned());
        let Some(due) = truth.access.get(&key) else {
            // Root is in no snapshot.
            wrong.check(&key, true, row.principal.resource() == Some("root") && row.rights.is_none());
            continue;
        };
        rows += 1;
        let start = row.rights.as_ref().map_or("unknown", |r| r.start.code());
        wrong.check((&key, "start"), due.start, start);
        wrong.check((&key, "used"), (due.started, due.denied), (row.started, row.denied));
        wrong.check((&key, "evidence"), true, !row.evidence.is_empty());
    }
    wrong.check("rows", truth.access.len(), rows);
    wrong.none();
}

fn gaps(truth: &OrganisationTruth, picture: &Picture) {
    let said: Vec<_> = picture
        .gaps()
        .iter()
        .map(|g| (g.session.as_str().to_owned(), g.kind.code(), g.cause.code()))
        .collect();
    let mut said = said;
    said.sort();
    let mut wrong = Wrong::default();
    for gap in truth.gaps.iter().filter(|g| !said.contains(g)) {
        wrong.check(gap, "there", "missing");
    }
    for gap in said.iter().filter(|g| !truth.gaps.contains(g)) {
        wrong.check(gap, "missing", "there");
    }
    wrong.none();
}

fn shared(truth: &OrganisationTruth, picture: &Picture) {
    // Node and OS user → person, or principal of whom nobody is known → commands.
    let mut due: BTreeMap<(String, String), BTreeMap<String, u64>> = BTreeMap::new();
    for session in truth.sessions.values().filter(|s| s.logged) {
        let who = session.person.clone().unwrap_or_else(|| session.principal.clone());
        let by = due.entry((session.node.clone(), session.used.clone().unwrap())).or_default();
        *by.entry(who).or_default() += session.commands;
    }
    let mut said: BTreeMap<(String, String), BTreeMap<String, u64>> = BTreeMap::new();
    for shared in picture.shared() {
        let key = (shared.node.unwrap().as_str().to_owned(), shared.os_user.as_str().to_owned());
        for by in shared.by {
            let principal = || by.principal.as_ref().unwrap().as_str().to_owned();
            let who = by.person.as_ref().map_or_else(principal, |p| p.name.clone());
            *said.entry(key.clone()).or_default().entry(who).or_default() += by.commands;
        }
    }
    let mut wrong = Wrong::default();
    wrong.check("shared users", due.len(), said.len());
    for (key, due) in &due {
        wrong.check(key, Some(due), said.get(key));
    }
    wrong.none();
}

#[test]
fn all_answers_about_an_organisation_are_right() {
    let dir = tempfile::tempdir().unwrap();
    let truth = organisation(&OrganisationSpec::FULL, dir.path()).unwrap();
    let share = |count: usize| count as f64 / truth.sessions.len() as f64;
    let lost = share(truth.sessions.values().filter(|s| !s.logged).count());
    let mismatched = share(truth.sessions.values().filter(|s| s.verdict == "mismatch").count());
    assert!(truth.sessions.len() >= 20_000, "{}", truth.sessions.len());
    assert!((0.01..0.03).contains(&lost) && (0.005..0.015).contains(&mismatched), "{lost} {mismatched}");

    let [logs, context, later, data] = ["logs", "context", "later", "data"].map(|part| dir.path().join(part));
    hold_back_snapshots(dir.path(), &later).unwrap();
    let indexed = index(&[&logs, &context], &data);
    assert_eq!(indexed.sessions, truth.sessions.values().filter(|s| s.logged).count() as u64);
    // A snapshot that comes later takes effect without any session being read again.
    let added = index(&[&later], &data);
    assert_eq!((added.logs, added.sessions, added.commands), (3, 0, 0));
    let store = Store::open(&data).unwrap();
    let picture = store.picture().unwrap();
    // What leads to no session is not held, and that changes nothing.
    let whole = store.whole_picture().unwrap();
    assert!(picture.sessions().eq(whole.sessions()) && picture.attempts().eq(whole.attempts()));
    access(&truth, &picture);
    sessions(&truth, &picture);
    attempts(&truth, &picture);
    gaps(&truth, &picture);
    shared(&truth, &picture);
}
