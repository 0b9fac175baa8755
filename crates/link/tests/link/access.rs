use whoran_link::{Access, Context, Permission};
use whoran_model::{IamGroup, IamSnapshot, ManagedPolicy, NodeId, Tag};

use crate::given::{
    Facts, NODE, at, iam, iam_role, iam_user, log, node, refused, role, role_arn, session_id, span, start,
    user, user_arn,
};

const START_ANY: &str = r#"{"Effect":"Allow","Action":"ssm:StartSession","Resource":"*"}"#;
const OWN: &str = r#"{"Sid":"own","Effect":"Allow","Action":["ssm:ResumeSession","ssm:TerminateSession"],
    "Resource":"arn:aws:ssm:*:*:session/${aws:username}-*"}"#;

/// All rows, with the sessions that facts name.
fn rows(context: &Context) -> Vec<Access> {
    let sessions: Vec<_> = context.session_ids().into_iter().map(|id| context.session(id, None)).collect();
    context.access(&sessions)
}

/// The one row of the one principal of a snapshot.
fn row(snapshot: IamSnapshot) -> Access {
    let rows = rows(&Facts::default().iam(snapshot).node(node(0, "Linux")).context());
    let [row] = rows.try_into().unwrap();
    row
}

fn code(permission: &Permission) -> &'static str {
    match permission {
        Permission::Granted { .. } => "granted",
        Permission::Conditional { .. } => "conditional",
        Permission::Denied { .. } => "denied",
        Permission::NotGranted { .. } => "not granted",
    }
}

fn codes(row: &Access) -> [&'static str; 4] {
    let rights = row.rights.as_ref().unwrap();
    [&rights.start, &rights.resume_own, &rights.terminate_own, &rights.terminate_others].map(code)
}

fn of_user(policies: &[(&str, &str)]) -> [&'static str; 4] {
    codes(&row(iam(Some(0), vec![iam_user("bob", None, policies)], vec![])))
}

fn of_role(policies: &[(&str, &str)]) -> [&'static str; 4] {
    codes(&row(iam(Some(0), vec![], vec![iam_role("Ops", None, policies)])))
}

#[test]
fn a_user_may_do_with_its_own_sessions_what_it_may_not_with_others() {
    assert_eq!(of_user(&[("p", START_ANY)]), ["granted", "not granted", "not granted", "not granted"]);
    assert_eq!(of_user(&[("p", OWN)]), ["not granted", "granted", "granted", "not granted"]);
    let all = r#"{"Effect":"Allow","Action":"ssm:*","Resource":"*"}"#;
    assert_eq!(of_user(&[("p", all)]), ["granted"; 4]);
    assert_eq!(of_role(&[("p", OWN)]), ["not granted"; 4], "a role has no user name");
}

#[test]
fn sessions_of_ones_own_can_be_told_by_their_tag() {
    let tagged = r#"{"Effect":"Allow","Action":"ssm:TerminateSession","Resource":"*",
        "Condition":{"StringLike":{"ssm:resourceTag/aws:ssmmessages:session-id":"${aws:userid}"}}}"#;
    assert_eq!(of_role(&[("p", tagged)]), ["not granted", "not granted", "granted", "not granted"]);
    assert_eq!(of_user(&[("p", tagged)]), ["not granted", "not granted", "granted", "not granted"]);
    let by_id = r#"{"Effect":"Allow","Action":"ssm:TerminateSession","Resource":"arn:aws:ssm:*:*:session/${aws:userid}-*"}"#;
    assert_eq!(of_role(&[("p", by_id)]), ["not granted", "not granted", "conditional", "not granted"]);
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
    assert_eq!(check(""), "not granted");
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
    assert_eq!(code(&start(snapshot(vec![managed("arn:m", Some(START_ANY))], None))), "granted");
    let Permission::Conditional { on, .. } = start(snapshot(vec![managed("arn:m", None)], None)) else {
        panic!()
    };
    assert_eq!(on.into_iter().collect::<Vec<_>>(), ["policy arn:m"]);
    let bounded = |document| vec![managed("arn:m", Some(START_ANY)), managed("arn:b", Some(document))];
    assert_eq!(code(&start(snapshot(bounded(START_ANY), Some("arn:b")))), "granted");
    assert_eq!(code(&start(snapshot(bounded(OWN), Some("arn:b")))), "not granted");

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
        code(&rows[0].rights.as_ref().unwrap().start)
    };
    assert_eq!(start(Some("a"), Some("a")), "granted");
    assert_eq!(start(Some("a"), Some("b")), "not granted");
    assert_eq!(start(None, Some("b")), "not granted");
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
        code(&row(iam(Some(0), vec![], vec![ops])).rights.unwrap().start)
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
    let rows = context.access([&known]);
    assert_eq!((rows.len(), rows[0].started, rows[0].last_used), (1, 1, Some(at(10))));
    assert_eq!(code(&rows[0].rights.as_ref().unwrap().start), "not granted", "used all the same");
}
