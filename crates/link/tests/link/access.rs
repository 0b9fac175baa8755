use whoran_link::{Access, Context, Permission};
use whoran_model::{
    Detail, EntityKind, IamGroup, IamSnapshot, IamUser, ManagedPolicy, NodeId, NodeRecord, Tag,
};

use crate::given::{
    Facts, NODE, at, iam, iam_role, iam_user, log, node, refused, role, role_arn, session_id, span, start,
    tagged, user, user_arn,
};

const START_ANY: &str = r#"{"Effect":"Allow","Action":"ssm:StartSession","Resource":"*"}"#;
const OWN: &str = r#"{"Sid":"own","Effect":"Allow","Action":["ssm:ResumeSession","ssm:TerminateSession"],
    "Resource":"arn:aws:ssm:*:*:session/${aws:username}-*"}"#;

/// All rows, with the sessions that facts name.
fn rows(context: &Context) -> Vec<Access> {
    let sessions: Vec<_> = context.session_ids().into_iter().map(|id| context.session(id, None)).collect();
    context.access(&sessions, None)
}

/// The one row of the one principal of a snapshot.
fn row(snapshot: IamSnapshot) -> Access {
    let rows = rows(&Facts::default().iam(snapshot).node(node(0, "Linux")).context());
    let [row] = rows.try_into().unwrap();
    row
}

fn codes(row: &Access) -> [&'static str; 4] {
    let rights = row.rights.as_ref().unwrap();
    [&rights.start, &rights.resume_own, &rights.terminate_own, &rights.terminate_others].map(Permission::code)
}

fn of_user(policies: &[(&str, &str)]) -> [&'static str; 4] {
    codes(&row(iam(Some(0), vec![iam_user("bob", None, policies)], vec![])))
}

fn of_role(policies: &[(&str, &str)]) -> [&'static str; 4] {
    codes(&row(iam(Some(0), vec![], vec![iam_role("Ops", None, policies)])))
}

#[test]
fn a_user_may_do_with_its_own_sessions_what_it_may_not_with_others() {
    assert_eq!(of_user(&[("p", START_ANY)]), ["granted", "not-granted", "not-granted", "not-granted"]);
    assert_eq!(of_user(&[("p", OWN)]), ["not-granted", "granted", "granted", "not-granted"]);
    let all = r#"{"Effect":"Allow","Action":"ssm:*","Resource":"*"}"#;
    assert_eq!(of_user(&[("p", all)]), ["granted"; 4]);
    assert_eq!(of_role(&[("p", OWN)]), ["not-granted"; 4], "a role has no user name");
}

#[test]
fn sessions_of_ones_own_can_be_told_by_their_tag() {
    let tagged = r#"{"Effect":"Allow","Action":"ssm:TerminateSession","Resource":"*",
        "Condition":{"StringLike":{"ssm:resourceTag/aws:ssmmessages:session-id":"${aws:userid}"}}}"#;
    assert_eq!(of_role(&[("p", tagged)]), ["not-granted", "not-granted", "granted", "not-granted"]);
    assert_eq!(of_user(&[("p", tagged)]), ["not-granted", "not-granted", "granted", "not-granted"]);
    let by_id = r#"{"Effect":"Allow","Action":"ssm:TerminateSession","Resource":"arn:aws:ssm:*:*:session/${aws:userid}-*"}"#;
    assert_eq!(of_role(&[("p", by_id)]), ["not-granted", "not-granted", "conditional", "not-granted"]);
}

#[test]
fn where_the_document_is_checked_it_must_be_allowed_too() {
    let check = |document: &str| {
        let text = format!(
            r#"{{"Effect":"Allow","Action":"ssm:StartSession","Resource":["arn:aws:ec2:*:*:instance/*"{document}],
            "Condition":{{"BoolIfExists":{{"ssm:SessionDocumentAccessCheck":"true"}}}}}}"#
        );
        of_user(&[("p", &text)])[0]
    };
    assert_eq!(check(""), "not-granted");
    assert_eq!(check(r#","arn:aws:ssm:*:*:document/SSM-SessionManagerRunShell""#), "granted");
}

#[test]
fn groups_managed_policies_and_boundaries_count_and_are_missed_where_absent() {
    let managed = |arn: &str, document: Option<&str>| ManagedPolicy {
        arn: arn.into(),
        name: "m".into(),
        version: None,
        document: document.map(|d| format!(r#"{{"Version":"2012-10-17","Statement":{d}}}"#)),
        evidence: span(arn),
    };
    let snapshot = |policies: Vec<ManagedPolicy>, boundary: Option<&str>| {
        let mut bob = iam_user("bob", None, &[]);
        bob.groups = vec!["ops".into()];
        bob.boundary = boundary.map(str::to_owned);
        let group = IamGroup {
            name: "ops".into(),
            principal: user_arn("ops"),
            inline: vec![],
            attached: vec!["arn:m".into()],
            evidence: span("g"),
        };
        IamSnapshot { groups: vec![group], policies, ..iam(Some(0), vec![bob], vec![]) }
    };
    let start = |snapshot| row(snapshot).rights.unwrap().start;
    assert_eq!(start(snapshot(vec![managed("arn:m", Some(START_ANY))], None)).code(), "granted");
    let Permission::Conditional { on, .. } = start(snapshot(vec![managed("arn:m", None)], None)) else {
        panic!()
    };
    assert_eq!(on.into_iter().collect::<Vec<_>>(), ["policy arn:m"]);
    let bounded = |document| vec![managed("arn:m", Some(START_ANY)), managed("arn:b", Some(document))];
    assert_eq!(start(snapshot(bounded(START_ANY), Some("arn:b"))).code(), "granted");
    assert_eq!(start(snapshot(bounded(OWN), Some("arn:b"))).code(), "not-granted");

    let mut without_group = snapshot(vec![], None);
    without_group.groups.clear();
    let Permission::Conditional { on, .. } = start(without_group) else { panic!() };
    assert_eq!(on.into_iter().collect::<Vec<_>>(), ["group ops"]);
}

#[test]
fn tags_of_principal_and_node_decide() {
    let same_team = r#"{"Effect":"Allow","Action":"ssm:StartSession","Resource":"*",
        "Condition":{"StringEquals":{"ssm:resourceTag/team":"${aws:PrincipalTag/team}"}}}"#;
    let tag = |value: &str| Tag { key: "team".into(), value: value.into() };
    let start = |user_tag: Option<&str>, node_tag: Option<&str>| {
        let mut bob = iam_user("bob", None, &[("p", same_team)]);
        bob.tags = user_tag.map(tag).into_iter().collect();
        let mut node = node(0, "Linux");
        node.tags = node_tag.map(|t| vec![tag(t)]);
        let rows = rows(&Facts::default().iam(iam(Some(0), vec![bob], vec![])).node(node).context());
        rows[0].rights.as_ref().unwrap().start.code()
    };
    assert_eq!(start(Some("a"), Some("a")), "granted");
    assert_eq!(start(Some("a"), Some("b")), "not-granted");
    assert_eq!(start(None, Some("b")), "not-granted");
    assert_eq!(
        start(Some("a"), None),
        "conditional",
        "a listing without tags does not say that there are none"
    );
}

#[test]
fn a_node_listed_without_its_place_is_put_where_it_was_used() {
    let rows = |used: bool| {
        let mut nowhere = node(0, "Linux");
        (nowhere.taken.account, nowhere.taken.region) = (None, None);
        let bob = iam_user("bob", None, &[("p", START_ANY)]);
        let mut facts = Facts::default().iam(iam(Some(0), vec![bob], vec![])).node(nowhere);
        if used {
            facts = facts.event(start(10, user("bob"), &session_id("a")));
        }
        super::access::rows(&facts.context())
    };
    assert_eq!(rows(false), []);
    assert_eq!(codes(&rows(true)[0])[0], "granted");
}

#[test]
fn a_role_that_takes_session_tags_is_not_known_by_its_own() {
    let tagged = r#"{"Effect":"Allow","Action":"ssm:StartSession","Resource":"*",
        "Condition":{"StringEquals":{"aws:PrincipalTag/SSMSessionRunAs":"ops"}}}"#;
    let start = |trust: &str| {
        let mut ops = iam_role("Ops", Some("ops"), &[("p", tagged)]);
        ops.trust =
            Some(format!(r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Action":{trust}}}}}"#));
        row(iam(Some(0), vec![], vec![ops])).rights.unwrap().start.code()
    };
    assert_eq!(start(r#""sts:AssumeRole""#), "granted");
    assert_eq!(start(r#"["sts:AssumeRoleWithSAML","sts:TagSession"]"#), "conditional");
}

#[test]
fn what_was_done_stands_beside_what_may_be_done() {
    let message = "User: x is not authorized";
    let facts = Facts::default()
        .iam(iam(
            Some(0),
            vec![iam_user("bob", None, &[("p", START_ANY)]), iam_user("eve", None, &[])],
            vec![],
        ))
        .node(node(0, "Linux"))
        .event(start(10, user("bob"), &session_id("a")))
        .event(start(20, user("bob"), &session_id("b")))
        .event(refused(30, user("eve"), "AccessDeniedException", message))
        .event(refused(40, user("eve"), "TargetNotConnected", "not connected"))
        .event(start(50, role("gone/Role", "x", "ASIA1"), &session_id("c")));
    let rows = rows(&facts.context());
    let seen: Vec<_> = rows
        .iter()
        .map(|r| (r.principal.clone(), r.started, r.denied, r.failed, r.last_used, r.last_denied))
        .collect();
    assert_eq!(
        seen,
        [
            (role_arn("Role"), 1, 0, 0, Some(at(50)), None),
            (user_arn("bob"), 2, 0, 0, Some(at(20)), None),
            (user_arn("eve"), 0, 1, 1, None, Some(at(30))),
        ]
    );
    assert!(rows[0].rights.is_none(), "no snapshot has the role");
    assert_eq!((rows[1].node_name.as_deref(), rows[1].as_of), (Some("web-1"), Some(at(0))));
    assert_eq!((rows[1].node.clone(), rows[1].evidence.len()), (NodeId::new(NODE), 2));
    assert_eq!(super::access::rows(&Context::default()), []);
}

#[test]
fn a_session_that_only_its_log_names_counts_too() {
    let context = Facts::default()
        .iam(iam(Some(0), vec![iam_user("bob", None, &[])], vec![]))
        .node(node(0, "Linux"))
        .context();
    let id = session_id("bob");
    let known = context.session(&id, Some(&log(&id, 10, Some(user_arn("bob")), None)));
    let rows = context.access([&known], None);
    assert_eq!((rows.len(), rows[0].started, rows[0].last_used), (1, 1, Some(at(10))));
    assert_eq!(rows[0].rights.as_ref().unwrap().start.code(), "not-granted", "used all the same");
}

/// The verdict on starting a session at that second, and what it hangs on; `None` where the user was not there.
fn start_at(facts: Facts, second: i64) -> Option<(&'static str, Vec<String>)> {
    let rows = facts.context().access([], Some(at(second)));
    let start = rows.into_iter().find(|r| r.principal == user_arn("bob"))?.rights?.start;
    let on = match &start {
        Permission::Conditional { on, .. } => on.iter().cloned().collect(),
        _ => vec![],
    };
    Some((start.code(), on))
}

fn looks(looks: &[(i64, &[IamUser])]) -> Facts {
    let facts = Facts::default().node(node(0, "Linux"));
    looks.iter().fold(facts, |facts, (second, users)| facts.iam(iam(Some(*second), users.to_vec(), vec![])))
}

#[test]
fn what_was_granted_at_a_time_is_what_the_looks_around_it_agree_on() {
    let with = || vec![iam_user("bob", None, &[("p", START_ANY)])];
    let without = || vec![iam_user("bob", None, &[])];
    let sure = |code| Some((code, vec![]));
    let three = || looks(&[(100, &with()), (200, &with()), (300, &without())]);
    assert_eq!(start_at(three(), 150), sure("granted"));
    assert_eq!(start_at(three(), 400), sure("not-granted"));
    assert_eq!(start_at(three(), 50), sure("granted"), "the first look is the nearest there is");
    let on = "granted became not-granted between 2026-02-25T06:16:40Z and 2026-02-25T06:18:20Z";
    assert_eq!(start_at(three(), 250), Some(("conditional", vec![on.to_owned()])));
    let context = three().context();
    let as_of = |at| context.access([], at)[0].as_of;
    assert_eq!([None, Some(at(250)), Some(at(50))].map(as_of), [300, 200, 100].map(|s| Some(at(s))));
}

#[test]
fn nobody_may_anything_before_being_made_or_after_being_deleted() {
    let bob = |created: Option<i64>| {
        vec![IamUser { created: created.map(at), ..iam_user("bob", None, &[("p", START_ANY)]) }]
    };
    let code = |facts, second| start_at(facts, second).map(|(code, _)| code);
    let made = |created| looks(&[(100, &[]), (200, &bob(created))]);
    assert_eq!(code(made(Some(150)), 140), None);
    assert_eq!(code(made(Some(150)), 160), Some("granted"));
    assert_eq!(code(made(None), 160), Some("conditional"), "nobody knows since when");
    let gone = || looks(&[(100, &bob(None)), (200, &[])]);
    assert_eq!(code(gone(), 150), Some("conditional"));
    let delete = |second| {
        let mut event = tagged(second, EntityKind::User, "bob", None);
        let Detail::Iam(change) = &mut event.detail else { panic!() };
        change.deleted = true;
        event
    };
    assert_eq!(code(gone().event(delete(170)), 150), Some("granted"));
    assert_eq!(code(gone().event(delete(170)), 180), None);
    assert_eq!(code(looks(&[(100, &bob(None))]).event(delete(170)), 1000), None);
    // Another one of the same name.
    let other = |created| vec![IamUser { id: Some("AIDAother".into()), ..bob(Some(created)).remove(0) }];
    let again = || looks(&[(100, &[iam_user("bob", None, &[])]), (200, &other(170))]);
    assert_eq!([code(again(), 160), code(again(), 180)], [Some("not-granted"), Some("granted")]);
}

#[test]
fn tags_that_changed_since_the_look_count_from_their_change_on() {
    let by_tag = r#"{"Effect":"Allow","Action":"ssm:StartSession","Resource":"*",
        "Condition":{"StringEquals":{"aws:PrincipalTag/SSMSessionRunAs":"ops"}}}"#;
    let code = |second| {
        let bob = iam_user("bob", Some("dev"), &[("p", by_tag)]);
        let facts = looks(&[(100, &[bob])])
            .event(tagged(50, EntityKind::User, "bob", Some("dev")))
            .event(tagged(200, EntityKind::User, "bob", Some("ops")))
            .event(tagged(300, EntityKind::User, "bob", None));
        start_at(facts, second).map(|(code, _)| code)
    };
    assert_eq!([150, 250, 350].map(code), [Some("not-granted"), Some("granted"), Some("not-granted")]);
    assert_eq!(code(20), Some("conditional"), "what it was before the first change, nobody knows");
}

#[test]
fn tags_of_a_node_and_uses_are_those_of_the_time_too() {
    let prod = r#"{"Effect":"Allow","Action":"ssm:StartSession","Resource":"*",
        "Condition":{"StringEquals":{"ssm:resourceTag/env":"prod"}}}"#;
    let listed = |second, value: &str| {
        let tags = Some(vec![Tag { key: "env".into(), value: value.into() }]);
        NodeRecord { tags, ..node(second, "Linux") }
    };
    let facts = Facts::default()
        .iam(iam(Some(0), vec![iam_user("bob", None, &[("p", prod)])], vec![]))
        .node(listed(100, "prod"))
        .node(listed(200, "prod"))
        .node(listed(300, "test"))
        .event(start(110, user("bob"), &session_id("a")))
        .event(start(310, user("bob"), &session_id("b")))
        .event(refused(320, user("bob"), "AccessDeniedException", "no"));
    let context = facts.context();
    let sessions: Vec<_> = context.session_ids().into_iter().map(|id| context.session(id, None)).collect();
    let seen = |second: Option<i64>| {
        let row = context.access(&sessions, second.map(at)).remove(0);
        (row.rights.unwrap().start.code(), row.started, row.denied, row.last_used)
    };
    assert_eq!(seen(Some(150)), ("granted", 1, 0, Some(at(110))));
    assert_eq!(seen(Some(250)), ("conditional", 1, 0, Some(at(110))));
    assert_eq!(seen(Some(315)), ("not-granted", 2, 0, Some(at(310))));
    assert_eq!(seen(None), ("not-granted", 2, 1, Some(at(310))));
}
