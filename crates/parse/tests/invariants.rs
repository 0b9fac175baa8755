//! What holds for every log: it may be cut anywhere, may repeat itself, may be anything at all, and every command can be
//! traced to bytes that show it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::BTreeMap;

use proptest::prelude::*;
use support::logs::{Log, parse, whole};
use whoran_model::{Command, Parsed, SessionId, Shape};
use whoran_testkit::agent::{filter_output, get_output, subscription};
use whoran_testkit::{GeneratedSession, session};

mod properties {
    mod bytes;
    mod evidence;
    mod prompts;
}
mod support {
    pub(crate) mod logs;
}

const OWNER: &str = "111122223333";

/// The logs of a session, one for every container, each alone.
fn containers(s: &GeneratedSession) -> Vec<Log> {
    let id = &s.session.id;
    let payloads: String = s.stream.chunks(7).map(|c| subscription(c, OWNER, "/ssm/sessions")).collect();
    vec![
        Log::new(format!("{id}.log"), s.transcript.clone()),
        Log::new(format!("{id}.jsonl"), s.stream_jsonl()),
        Log::new("get.json", get_output(&s.stream, true)),
        Log::new("filter.json", filter_output(&s.stream, false)),
        Log::new("subscription.jsonl", payloads),
        Log::new(format!("{id}.json"), get_output(&s.plain, false)),
    ]
}

fn only(sessions: BTreeMap<SessionId, Parsed>) -> Parsed {
    assert_eq!(sessions.len(), 1, "{:?}", sessions.keys());
    sessions.into_values().next().unwrap()
}

/// A command without its place in a log.
fn content(parsed: &Parsed) -> Vec<Command> {
    let bare = |c: &Command| Command { evidence: Vec::new(), ..c.clone() };
    parsed.commands.iter().map(bare).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(24) })]

    #[test]
    fn cutting_a_log_anywhere_changes_nothing(seed in 0_u64..1000, sizes in prop::collection::vec(1_usize..3000, 1..20)) {
        let session = session(seed);
        for log in containers(&session) {
            let mut next = sizes.iter().copied().cycle();
            let due = parse([&log], whole);
            prop_assert_eq!(&parse([&log], || next.next().unwrap_or(1)), &due, "{}", &log.name);
        }
    }

    #[test]
    fn events_sent_twice_change_nothing(seed in 0_u64..1000, twice in prop::collection::vec(any::<prop::sample::Index>(), 1..6)) {
        let session = session(seed);
        let lines: Vec<String> = session.stream_jsonl().lines().map(str::to_owned).collect();
        prop_assume!(!lines.is_empty());
        let name = format!("{}.jsonl", session.session.id);
        let due = content(&only(parse([&Log::new(&name, lines.join("\n"))], whole)));
        let mut doubled = lines.clone();
        for index in twice {
            let at = index.index(lines.len());
            let place = doubled.iter().position(|l| *l == lines[at]).unwrap_or(0);
            doubled.insert(place, lines[at].clone());
        }
        let again = content(&only(parse([&Log::new(&name, doubled.join("\n"))], whole)));
        prop_assert_eq!(again, due.clone());
        let everything = [Log::new(&name, lines.join("\n")), Log::new(format!("copy/{name}"), lines.join("\n"))];
        prop_assert_eq!(content(&only(parse(&everything, whole))), due);
    }
}

#[test]
fn the_container_of_events_makes_no_difference() {
    for seed in 0..12 {
        let session = session(seed);
        let logs = containers(&session);
        let due = content(&only(parse([&logs[1]], whole)));
        assert!(!due.is_empty(), "session {seed} has commands");
        for log in &logs[2..5] {
            assert_eq!(content(&only(parse([log], whole))), due, "session {seed} in {}", log.name);
        }
    }
}

#[test]
fn a_plain_upload_says_what_its_transcript_says() {
    for seed in 0..12 {
        let logs = containers(&session(seed));
        let texts = |log: &Log| -> Vec<String> {
            let parsed = only(parse([log], whole));
            assert!(parsed.logs.iter().all(|l| matches!(l.shape, Shape::Transcript | Shape::Envelopes)));
            parsed.commands.into_iter().map(|c| c.command).collect()
        };
        assert_eq!(texts(&logs[5]), texts(&logs[0]), "session {seed}");
    }
}
