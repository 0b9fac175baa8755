//! What goes in comes out, equal.

use jiff::tz::TimeZone;
use proptest::collection::vec;
use proptest::prelude::*;
use whoran_index::{Index, PackedFacts, Query, SearchOptions, Writer, quote_literal};
use whoran_model::{Command, LogId};

use crate::given::{OPTIONS, any_record, any_session, facts, log, sid};

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn sessions_and_commands_come_back_equal(mut session in any_session(), mut commands in vec(any_record(), 0..20)) {
        for (seq, record) in commands.iter_mut().enumerate() {
            record.session_id = session.id.clone();
            record.command.seq = seq as u32;
        }
        // An empty list of users is what a session without commands has.
        session.users.truncate(commands.len());
        let dir = tempfile::tempdir().unwrap();
        let writer = Writer::open(dir.path(), OPTIONS).unwrap();
        writer.replace_session(&session, &commands).unwrap();
        writer.commit(Default::default()).unwrap();
        let index = Index::open(dir.path()).unwrap();
        prop_assert_eq!(&index.commands_of(&session.id).unwrap(), &commands);
        // What is looked into without making the record is what stands there.
        for record in &commands {
            let Command { command, output, .. } = &record.command;
            for (place, text) in [("command", command), ("output", output)] {
                let literal = format!("{place}:{}", quote_literal(text));
                let Ok(query) = Query::parse(&literal, &TimeZone::UTC) else { continue };
                let mut hits = index.search(&query, &SearchOptions::default()).unwrap();
                prop_assert!(hits.any(|hit| hit.unwrap() == *record), "{literal}");
            }
        }
        prop_assert_eq!(index.session(&session.id).unwrap(), Some(session));
    }
}

#[test]
fn logs_and_facts_come_back_equal() {
    let dir = tempfile::tempdir().unwrap();
    let writer = Writer::open(dir.path(), OPTIONS).unwrap();
    let mut bare = log("s3://b/empty", "e", &[]);
    bare.sha256 = None;
    bare.diagnostics.clear();
    let logs = [log("logs/a", "1", &["s1", "s2"]), log("logs/b", "1", &["s2"]), bare];
    logs.iter().for_each(|log| writer.put_log(log).unwrap());
    let facts = facts("trail.json");
    let (few, aside) = (facts[..1].to_vec(), facts[1..].to_vec());
    let packed = [PackedFacts::of(&few, false), PackedFacts::of(&aside, true)];
    writer.replace_facts(&LogId::new("trail.json"), packed).unwrap();
    writer.commit(Default::default()).unwrap();

    let index = Index::open(dir.path()).unwrap();
    for log in &logs {
        assert_eq!(index.log(&log.log.id).unwrap().as_ref(), Some(log));
    }
    let done = index.logs_done().unwrap();
    assert_eq!(done.len(), 3);
    for log in &logs {
        assert!(done[&log.log.id].is_current(&log.log));
    }
    let of = |ids: &[&str]| {
        let ids: Vec<_> = ids.iter().map(|id| sid(id)).collect();
        let logs = index.logs_of_sessions(&ids).unwrap();
        logs.iter().map(|log| log.log.id.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(of(&["s1"]), ["logs/a"]);
    assert_eq!(of(&["s2", "s3"]), ["logs/a", "logs/b"]);
    assert_eq!(of(&["s3"]), [""; 0]);
    let found = index.facts().unwrap();
    assert_eq!(found.len(), facts.len());
    assert!(facts.iter().all(|fact| found.contains(fact)));

    let (mut places, mut of_few) = (Vec::new(), Vec::new());
    index.each_facts(true, |at, some| places.extend((some == aside).then_some(at))).unwrap();
    index.each_facts(false, |_, some| of_few.push(some)).unwrap();
    assert_eq!(of_few, [few]);
    let mut again = Vec::new();
    index.facts_at(&places, |some| again.push(some)).unwrap();
    assert_eq!(again, [aside]);
}
