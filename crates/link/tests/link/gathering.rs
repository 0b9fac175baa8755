use whoran_link::Context;
use whoran_model::{AccessEvent, Assumed, EntityKind};

use crate::given::{Facts, assume, at, event, role, session_id, start, tagged, user};

fn seen(context: &Context) -> Vec<i64> {
    context.events().map(|event| event.time.as_second() - at(0).as_second()).collect()
}

fn hand_out(second: i64, caller: &str, key: &str) -> AccessEvent {
    assume(second, role("Worker", "w", caller), key, Assumed::default())
}

#[test]
fn calls_that_lead_to_none_that_matters_are_let_go() {
    let facts = || {
        Facts::default()
            .event(hand_out(-90, "ASIA8", "ASIA9"))
            .event(assume(10, user("bob"), "ASIA1", Assumed::default()))
            .event(hand_out(20, "ASIA1", "ASIA2"))
            .event(hand_out(25, "ASIA1", "ASIA3"))
            .event(start(30, role("Worker", "w", "ASIA2"), &session_id("w")))
            .event(tagged(40, EntityKind::User, "bob", Some("bob")))
            .event(event(50, "ssm.amazonaws.com:SendCommand", user("bob")))
            .event(hand_out(990, "ASIA9", "ASIA7"))
    };
    let gathered = facts().gathered();
    assert_eq!(seen(&gathered), [10, 20, 30, 40]);
    assert_eq!(seen(&facts().context()), [-90, 10, 20, 25, 30, 40, 50, 990]);
    let chain = gathered.session(&session_id("w"), None).identity.chain;
    assert_eq!((chain.len(), gathered.keys_behind(&session_id("w"))), (3, vec!["ASIA2", "ASIA1", "AKIAbob"]));
}

#[test]
fn a_ring_of_keys_ends() {
    let facts = Facts::default()
        .event(hand_out(10, "ASIA2", "ASIA1"))
        .event(hand_out(20, "ASIA1", "ASIA2"))
        .event(start(30, role("Worker", "w", "ASIA2"), &session_id("w")));
    assert_eq!(seen(&facts.gathered()), [10, 20, 30]);
}
