use whoran_link::{Basis, Certainty, Context, Identity};
use whoran_model::{Assumed, Caller, Principal};

use crate::given::{
    ACCOUNT, Facts, assume, event, iam, iam_role, log, role, session_id, start, user, user_arn,
};

const SSO: &str = "aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_Ops_0123456789abcdef";
const SSO_NAME: &str = "AWSReservedSSO_Ops_0123456789abcdef";

fn who(identity: &Identity) -> Option<(&str, Basis)> {
    identity.person.as_ref().map(|p| (p.name.as_str(), p.basis))
}

/// The identity of a session that this caller started, with other facts around.
fn of(facts: Facts, caller: Caller) -> Identity {
    let id = session_id("x");
    facts.event(start(100, caller, &id)).context().session(&id, None).identity
}

#[test]
fn an_iam_user_is_its_name() {
    let identity = of(Facts::default(), user("team-x/bob"));
    assert_eq!(who(&identity), Some(("bob", Basis::IamUser)));
    assert_eq!((identity.known_person(), identity.chain.len()), (Some("bob"), 1));
}

#[test]
fn a_role_session_name_is_the_callers_word() {
    let identity = of(Facts::default(), role("Ops", "alice", "ASIA1"));
    assert_eq!(who(&identity), Some(("alice", Basis::RoleSessionName)));
    assert_eq!(identity.person.as_ref().unwrap().basis.certainty(), Certainty::CallerChosen);
    assert_eq!(identity.known_person(), None);
    assert_eq!(identity.missing, ["the STS call that handed out access key ASIA1"]);
}

#[test]
fn identity_center_is_known_by_its_path_and_not_by_its_name() {
    let path = of(Facts::default(), role(SSO, "alice@example.com", "ASIA1"));
    assert_eq!(who(&path), Some(("alice@example.com", Basis::IdentityCenter)));
    let forged = of(Facts::default(), role(SSO_NAME, "alice@example.com", "ASIA1"));
    assert_eq!(who(&forged), Some(("alice@example.com", Basis::NamedLikeIdentityCenter)));

    // A log's envelope has no path; a snapshot of IAM has.
    let arn = Principal::new(format!("arn:aws:sts::{ACCOUNT}:assumed-role/{SSO_NAME}/alice@example.com"));
    let basis = |context: Context| context.principal(&arn).person.unwrap().basis;
    assert_eq!(basis(Context::default()), Basis::NamedLikeIdentityCenter);
    let snapshot = iam(Some(0), vec![], vec![iam_role(SSO, None, &[])]);
    assert_eq!(basis(Facts::default().iam(snapshot).context()), Basis::IdentityCenter);
}

#[test]
fn a_chain_of_roles_is_followed_by_access_key_to_who_began_it() {
    let facts = Facts::default().event(assume(10, user("bob"), "ASIA1", Assumed::default())).event(assume(
        20,
        role("First", "whoever", "ASIA1"),
        "ASIA2",
        Assumed::default(),
    ));
    let identity = of(facts, role("Second", "alice", "ASIA2"));
    assert_eq!(who(&identity), Some(("bob", Basis::IamUser)));
    assert_eq!(identity.also.iter().map(|p| p.name.as_str()).collect::<Vec<_>>(), ["alice"]);
    let hops: Vec<_> = identity.chain.iter().map(|h| h.principal.as_ref().unwrap().as_str()).collect();
    assert!(hops[0].ends_with("/Second/alice") && hops[1].ends_with("/First/whoever"), "{hops:?}");
    assert_eq!(hops[2], user_arn("bob").as_str());
    assert!(identity.chain.iter().all(|h| h.evidence.is_some()) && identity.missing.is_empty());
}

#[test]
fn a_source_identity_goes_before_the_rest_and_what_contradicts_it_is_kept() {
    let mut caller = role("Ops", "x", "ASIA1");
    caller.source_identity = Some("carol".into());
    let facts = Facts::default().event(assume(10, user("bob"), "ASIA1", Assumed::default()));
    let identity = of(facts, caller);
    assert_eq!(who(&identity), Some(("carol", Basis::SourceIdentity)));
    assert_eq!((identity.also[0].name.as_str(), identity.also[0].basis), ("bob", Basis::IamUser));
}

#[test]
fn an_identity_provider_vouches_for_its_subject() {
    let saml =
        Caller { kind: Some("SAMLUser".into()), user_name: Some("dave@corp".into()), ..Caller::default() };
    let facts = Facts::default().event(assume(10, saml, "ASIA1", Assumed::default()));
    let identity = of(facts, role("Federated", "anything", "ASIA1"));
    assert_eq!(who(&identity), Some(("dave@corp", Basis::IdentityProvider)));
}

#[test]
fn root_a_service_and_an_instance_are_nobody() {
    let root = Caller {
        kind: Some("Root".into()),
        principal: Some(Principal::new(format!("arn:aws:iam::{ACCOUNT}:root"))),
        ..Caller::default()
    };
    let identity = of(Facts::default(), root);
    assert_eq!((who(&identity), &identity.entity), (None, &None));
    assert_eq!(who(&of(Facts::default(), role("EC2Role", "i-0abc1234def567890", "ASIA1"))), None);
    let service = Caller {
        kind: Some("AWSService".into()),
        invoked_by: Some("ssm.amazonaws.com".into()),
        ..Caller::default()
    };
    assert_eq!(who(&of(Facts::default(), service)), None);
}

#[test]
fn a_ring_of_roles_ends() {
    let facts = Facts::default()
        .event(assume(10, role("A", "a", "ASIA2"), "ASIA1", Assumed::default()))
        .event(assume(20, role("B", "b", "ASIA1"), "ASIA2", Assumed::default()));
    let identity = of(facts, role("A", "a", "ASIA1"));
    assert!(identity.chain.len() < 5, "{:?}", identity.chain);
    assert_eq!(identity.missing.len(), 1);
}

#[test]
fn a_session_ids_prefix_is_a_hint_that_says_so() {
    let identity = Context::default().session(&session_id("bob"), None).identity;
    assert_eq!(who(&identity), Some(("bob", Basis::SessionIdPrefix)));
    assert_eq!((identity.known_person(), &identity.principal), (None, &None));
}

#[test]
fn a_log_that_names_another_principal_than_the_call_is_reported() {
    let id = session_id("bob");
    let context = Facts::default().event(start(100, user("bob"), &id)).context();
    let honest = context.session(&id, Some(&log(&id, 100, Some(user_arn("bob")), None)));
    assert_eq!(honest.contradicting, None);
    let forged = context.session(&id, Some(&log(&id, 100, Some(user_arn("eve")), None)));
    assert_eq!(
        (who(&forged.identity), forged.contradicting),
        (Some(("bob", Basis::IamUser)), Some(user_arn("eve")))
    );
}

#[test]
fn other_services_sessions_are_no_starts() {
    let id = session_id("bob");
    let mut athena = event(100, "athena.amazonaws.com:StartSession", user("bob"));
    athena.session = Some(id.clone());
    let context = Facts::default().event(athena).context();
    assert!(context.start(&id).is_none() && context.session_ids().is_empty());
}
