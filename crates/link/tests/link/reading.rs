use std::sync::Arc;

use whoran_link::{Reading, Told};
use whoran_model::{AccessEvent, Assumed, DocumentSettings, Fact, Hints};

use crate::given::{Facts, assume, node, preferences, record, session_id, start, user};

fn reading(facts: &[Fact]) -> Reading {
    Reading::new(facts.iter().filter_map(Told::by))
}

fn profile(second: i64, linux: &str) -> whoran_model::SessionDocument {
    let settings = DocumentSettings {
        linux_profile: Some(linux.into()),
        windows_profile: Some("dir".into()),
        ..DocumentSettings::default()
    };
    preferences(second, settings)
}

fn lines(hints: &Hints) -> Vec<&str> {
    hints.shell_profile.iter().map(String::as_str).collect()
}

#[test]
fn a_session_is_read_by_the_profile_of_its_first_start_and_its_platform() {
    let id = session_id("bob");
    let Facts(mut facts) = Facts::default()
        .document(profile(0, "cd /srv\nid"))
        .document(profile(500, "uptime"))
        .event(start(100, user("bob"), &id))
        .event(start(900, user("bob"), &id))
        .node(node(50, "Linux"))
        .record(record(100, &id, "Terminated"))
        .event(assume(10, user("bob"), "ASIA1", Assumed::default()));
    assert_eq!(facts.iter().filter_map(Told::by).count(), 5, "who called changes nothing in what was typed");
    let before = reading(&facts);
    assert_eq!(lines(&before.hints(&id)), ["cd /srv", "id"]);
    assert_eq!(before.hints(&session_id("nobody")), Hints::default());
    facts.reverse();
    assert!(reading(&facts).changed(&before).is_empty(), "in any order");

    let Facts(later) = Facts::default().node(node(60, "Windows"));
    facts.extend(later);
    let now = reading(&facts);
    assert_eq!(lines(&now.hints(&id)), ["dir"]);
    assert_eq!(now.changed(&before).into_iter().collect::<Vec<_>>(), [&id]);
    assert_eq!(before.changed(&now).into_iter().collect::<Vec<_>>(), [&id]);
}

#[test]
fn what_a_start_was_given_to_run_goes_before_its_document() {
    let id = session_id("bob");
    let asked = AccessEvent {
        parameters: vec![("command".into(), vec!["top".into()])],
        ..start(100, user("bob"), &id)
    };
    let command = reading(&[Fact::Access(Arc::new(asked))]).hints(&id).document_command;
    assert_eq!(command.as_deref(), Some("top"));
}
