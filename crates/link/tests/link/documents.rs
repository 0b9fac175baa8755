use whoran_link::Verdict;
use whoran_model::{AccessEvent, Caller, Detail, Principal, SessionDocument};

use crate::given::{Facts, event, listed, log, node, session_id, start, user, version, with_run_as};

/// Who is owed at that second by the preferences, and the verdict on a session that runs as `used`.
fn judge(facts: Facts, second: i64, used: &str) -> (Option<String>, Verdict) {
    let id = session_id("root");
    let root = Caller {
        kind: Some("Root".into()),
        principal: Some(Principal::new("arn:aws:iam::111122223333:root")),
        ..Caller::default()
    };
    let context = facts.node(node(0, "Linux")).event(start(second, root, &id)).context();
    let run_as = context.session(&id, Some(&log(&id, second, None, Some(used)))).run_as;
    (run_as.owed.user().map(str::to_owned), run_as.verdict)
}

fn owed(facts: Facts, second: i64) -> Option<String> {
    judge(facts, second, "nobody").0
}

fn call(second: i64, name: &str, version: u32, default: Option<&str>) -> AccessEvent {
    let detail = Detail::Document {
        name: SessionDocument::PREFERENCES.into(),
        version: Some(version.to_string()),
        settings: default.map(|default| Box::new(with_run_as(Some(default)))),
    };
    AccessEvent { detail, ..event(second, &format!("ssm.amazonaws.com:{name}"), user("admin")) }
}

/// Versions one and two, as a look at second 900 shows them: the second is in force.
fn two() -> Facts {
    let documents =
        Facts::default().document(version(900, 2, 0, "two")).document(version(900, 1, -500, "one"));
    documents.version(listed(900, 2, 0, true)).version(listed(900, 1, -500, false))
}

/// The same, and a third one that is not in force.
fn taken_back() -> Facts {
    two().version(listed(900, 3, 50, false))
}

#[test]
fn the_version_in_force_is_known_back_to_when_it_was_made() {
    assert_eq!(owed(two(), -100).as_deref(), Some("one"));
    assert_eq!(judge(two(), 100, "two"), (Some("two".into()), Verdict::AsDefault));
    assert_eq!(judge(two(), 100, "one"), (Some("two".into()), Verdict::Mismatch));
}

#[test]
fn while_a_version_may_have_been_in_force_that_was_taken_back_nothing_is_a_mismatch() {
    assert_eq!(judge(taken_back(), 100, "three").1, Verdict::Unknown);
    assert_eq!(judge(taken_back(), 100, "two").1, Verdict::AsDefault);
    assert_eq!(judge(taken_back(), 950, "three").1, Verdict::Unknown, "after the look nothing is known");
}

#[test]
fn calls_that_put_a_version_in_force_are_followed() {
    let calls = || {
        let facts = taken_back().event(event(-10, "ssm.amazonaws.com:SendCommand", user("admin")));
        facts
            .event(call(50, "UpdateDocument", 3, Some("three")))
            .event(call(60, "UpdateDocumentDefaultVersion", 3, None))
            .event(call(200, "UpdateDocumentDefaultVersion", 2, None))
            .event(call(300, "UpdateDocumentDefaultVersion", 7, None))
    };
    assert_eq!(
        judge(calls(), 55, "three"),
        (Some("two".into()), Verdict::Mismatch),
        "made, not yet in force"
    );
    assert_eq!(judge(calls(), 100, "three"), (Some("three".into()), Verdict::AsDefault));
    assert_eq!(judge(calls(), 100, "two"), (Some("three".into()), Verdict::Mismatch));
    assert_eq!(judge(calls(), 250, "two"), (Some("two".into()), Verdict::AsDefault));
    assert_eq!(judge(calls(), 310, "three").1, Verdict::Unknown, "of version 7 nobody knows what it says");
}

#[test]
fn a_draft_is_in_force_only_where_somebody_says_so() {
    let draft = || {
        two().event(call(-600, "UpdateDocument", 1, None)).event(call(50, "UpdateDocument", 3, Some("three")))
    };
    assert_eq!(judge(draft(), 100, "two").1, Verdict::AsDefault);
    assert_eq!(judge(draft(), 100, "three").1, Verdict::Unknown);
    // Where nobody looked since, the guide's word counts: the preferences are what was written last.
    let later = two().event(call(950, "UpdateDocument", 3, Some("three"))).event(call(
        960,
        "UpdateDocument",
        4,
        Some("four"),
    ));
    assert_eq!(owed(later, 955).as_deref(), Some("three"));
    // A draft that was fetched by its number is one all the same.
    let fetched = taken_back().document(version(900, 3, 50, "three"));
    assert_eq!(judge(fetched, 950, "three").1, Verdict::Unknown);
}
