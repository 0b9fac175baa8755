//! What IAM's documented rules make of policies, case by case: may bob start a session?

use whoran_link::Permission;
use whoran_model::{IamUser, NodeRecord, Principal, Tag};

use crate::given::{Facts, iam, iam_user, node};

/// Bob, in team `blue`, with these statements; the node has the tag `env` of value `prod` and an empty one.
fn may_start(statements: &str) -> (&'static str, Vec<String>) {
    let tag = |key: &str, value: &str| Tag { key: key.into(), value: value.into() };
    let bob = IamUser { tags: vec![tag("team", "blue")], ..iam_user("bob", None, &[("p", statements)]) };
    let node = NodeRecord { tags: Some(vec![tag("env", "prod"), tag("empty", "")]), ..node(0, "Linux") };
    let context = Facts::default().iam(iam(Some(0), vec![bob], vec![])).node(node).context();
    let start = context.access([], None).remove(0).rights.unwrap().start;
    let on = match &start {
        Permission::Conditional { on, .. } => on.iter().cloned().collect(),
        _ => vec![],
    };
    (start.code(), on)
}

fn allow(rest: &str) -> String {
    format!(r#"{{"Effect":"Allow",{rest}}}"#)
}

const ANY: &str = r#""Action":"ssm:StartSession","Resource":"*""#;

/// An allowing statement with that condition.
fn when(condition: &str) -> String {
    allow(&format!(r#"{ANY},"Condition":{{{condition}}}"#))
}

/// All is allowed but what is denied with that condition.
fn unless(condition: &str) -> String {
    format!(r#"{},{{"Effect":"Deny",{ANY},"Condition":{{{condition}}}}}"#, allow(ANY))
}

#[test]
fn actions_and_resources() {
    let deny = |rest: &str| format!(r#"{},{{"Effect":"Deny",{rest}}}"#, allow(ANY));
    for (statements, due) in [
        (allow(ANY), "granted"),
        (allow(r#""Action":"*","Resource":"*""#), "granted"),
        (allow(r#""Action":["ec2:*","ssm:start*"],"Resource":["*"]"#), "granted"),
        (allow(r#""Action":"ssm:StartSessio?","Resource":"*""#), "granted"),
        (allow(r#""Action":"ssm:Start","Resource":"*""#), "not-granted"),
        (allow(r#""NotAction":"iam:*","Resource":"*""#), "granted"),
        (allow(r#""NotAction":["iam:*","ssm:Start*"],"Resource":"*""#), "not-granted"),
        (allow(r#""Action":"ssm:*","NotResource":"arn:aws:ec2:*:*:instance/i-1""#), "granted"),
        (allow(r#""Action":"ssm:*","NotResource":"arn:aws:ec2:*:*:instance/*""#), "not-granted"),
        (
            allow(
                r#""Action":"ssm:*","Resource":"arn:aws:ec2:eu-west-1:111122223333:instance/i-0abc1234def567890""#,
            ),
            "granted",
        ),
        (allow(r#""Action":"ssm:*","Resource":"arn:aws:ec2:us-east-1:*:instance/*""#), "not-granted"),
        (allow(r#""Action":"ssm:*","Resource":"arn:aws:ec2:*""#), "granted"),
        (allow(r#""Action":"ssm:*","Resource":"arn:aws:ec2:*:instance/*""#), "granted"),
        (
            allow(r#""Action":"ssm:*","Resource":"arn:aws:ssm:*:*:document/SSM-SessionManagerRunShell""#),
            "not-granted",
        ),
        (allow(r#""Action":"ssm:*","Resource":"arn:aws-cn:ec2:*:*:instance/*""#), "not-granted"),
        (deny(r#""Action":"ssm:*","Resource":"*""#), "denied"),
        (deny(r#""NotAction":"iam:*","Resource":"*""#), "denied"),
        (deny(r#""Action":"ssm:TerminateSession","Resource":"*""#), "granted"),
        (deny(r#""Action":"*","NotResource":"arn:aws:ec2:*:*:instance/i-0abc*""#), "granted"),
    ] {
        assert_eq!(may_start(&statements), (due, vec![]), "{statements}");
    }
}

#[test]
fn conditions_that_facts_settle() {
    for (statements, due) in [
        (when(r#""StringEquals":{"ssm:resourceTag/env":["test","prod"]}"#), "granted"),
        (when(r#""StringEquals":{"aws:ResourceTag/env":"prod"}"#), "granted"),
        (when(r#""StringEquals":{"ssm:resourceTag/ENV":"prod"}"#), "granted"),
        (when(r#""StringEquals":{"ssm:resourceTag/env":"PROD"}"#), "not-granted"),
        (when(r#""StringEqualsIgnoreCase":{"ssm:resourceTag/env":"PROD"}"#), "granted"),
        (when(r#""StringEquals":{"ssm:resourceTag/env":"pr*"}"#), "not-granted"),
        (when(r#""StringLike":{"ssm:resourceTag/env":"pr*"}"#), "granted"),
        (when(r#""StringNotLike":{"ssm:resourceTag/env":"pr*"}"#), "not-granted"),
        (when(r#""StringNotEquals":{"ssm:resourceTag/env":"test"}"#), "granted"),
        (when(r#""StringNotEquals":{"ssm:resourceTag/gone":"test"}"#), "granted"),
        (when(r#""StringEquals":{"ssm:resourceTag/gone":"test"}"#), "not-granted"),
        (when(r#""StringEqualsIfExists":{"ssm:resourceTag/gone":"test"}"#), "granted"),
        (when(r#""StringEqualsIfExists":{"ssm:resourceTag/env":"test"}"#), "not-granted"),
        (when(r#""StringLike":{"ssm:resourceTag/empty":"*"}"#), "granted"),
        (when(r#""Null":{"ssm:resourceTag/gone":"true"}"#), "granted"),
        (when(r#""Null":{"ssm:resourceTag/env":true}"#), "not-granted"),
        (when(r#""ForAllValues:StringEquals":{"ssm:resourceTag/gone":"x"}"#), "granted"),
        (when(r#""ForAnyValue:StringEquals":{"ssm:resourceTag/gone":"x"}"#), "not-granted"),
        (when(r#""ForAnyValue:StringLike":{"ssm:resourceTag/env":["x","p*"]}"#), "granted"),
        (when(r#""StringEquals":{"aws:username":"bob"}"#), "granted"),
        (when(r#""StringEquals":{"aws:PrincipalTag/team":"blue"}"#), "granted"),
        (when(r#""StringEquals":{"aws:PrincipalTag/team":"red"}"#), "not-granted"),
        (when(r#""ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:user/b*"}"#), "granted"),
        (when(r#""StringEquals":{"aws:RequestedRegion":"us-east-1"}"#), "not-granted"),
        (
            when(r#""Bool":{"aws:SecureTransport":"true"},"StringEquals":{"ssm:resourceTag/env":"prod"}"#),
            "granted",
        ),
        // All lines of a block must hold.
        (when(r#""StringEquals":{"ssm:resourceTag/env":"prod","aws:username":"eve"}"#), "not-granted"),
        (unless(r#""StringNotEquals":{"ssm:resourceTag/env":"prod"}"#), "granted"),
        (unless(r#""StringEquals":{"ssm:resourceTag/env":"prod"}"#), "denied"),
        (unless(r#""Bool":{"aws:ViaAWSService":"true"}"#), "granted"),
    ] {
        assert_eq!(may_start(&statements), (due, vec![]), "{statements}");
    }
}

#[test]
fn variables() {
    let tagged = |value: &str| when(&format!(r#""StringEquals":{{"ssm:resourceTag/env":"{value}"}}"#));
    for (statements, due) in [
        (when(r#""StringLike":{"aws:PrincipalArn":"*/${aws:username}"}"#), "granted"),
        (when(r#""StringEquals":{"aws:PrincipalTag/team":"${aws:PrincipalTag/team}"}"#), "granted"),
        (tagged("${aws:PrincipalTag/env, 'prod'}"), "granted"),
        (tagged("${aws:PrincipalTag/team}"), "not-granted"),
        (tagged("${aws:PrincipalTag/gone}"), "not-granted"),
        (
            allow(r#""Action":"ssm:*","Resource":"arn:aws:ec2:*:*:instance/${aws:PrincipalTag/gone}*""#),
            "not-granted",
        ),
        (
            allow(r#""Action":"ssm:*","Resource":"arn:aws:ec2:*:${aws:PrincipalAccount}:instance/*""#),
            "granted",
        ),
    ] {
        assert_eq!(may_start(&statements), (due, vec![]), "{statements}");
    }
}

#[test]
fn what_nobody_told_is_named_and_never_granted() {
    for (statements, on) in [
        (when(r#""Bool":{"aws:MultiFactorAuthPresent":"true"}"#), "aws:MultiFactorAuthPresent"),
        (when(r#""BoolIfExists":{"aws:MultiFactorAuthPresent":"true"}"#), "aws:MultiFactorAuthPresent"),
        (when(r#""IpAddress":{"aws:SourceIp":"10.0.0.0/8"}"#), "aws:SourceIp"),
        (when(r#""DateLessThan":{"aws:CurrentTime":"2020-01-01T00:00:00Z"}"#), "aws:CurrentTime"),
        (when(r#""StringEquals":{"aws:PrincipalOrgID":"o-1"}"#), "aws:PrincipalOrgID"),
        (when(r#""StringEquals":{"new:Key":"x"}"#), "new:Key"),
        (when(r#""Null":{"aws:SourceVpce":"false"}"#), "aws:SourceVpce"),
        (when(r#""StringResembles":{"ssm:resourceTag/env":"x"}"#), "StringResembles ssm:resourceTag/env"),
        (when(r#""NumericLessThan":{"ssm:resourceTag/env":"5"}"#), "NumericLessThan ssm:resourceTag/env"),
        (when(r#""StringEquals":{"ssm:resourceTag/env":"${aws:SourceVpc}"}"#), "aws:SourceVpc"),
        (unless(r#""Bool":{"aws:MultiFactorAuthPresent":"false"}"#), "aws:MultiFactorAuthPresent"),
        (unless(r#""NotIpAddress":{"aws:SourceIp":"10.0.0.0/8"}"#), "aws:SourceIp"),
        (
            unless(r#""StringNotEquals":{"ssm:resourceTag/env":"${aws:PrincipalTag/gone}"}"#),
            "what StringNotEquals does with aws:PrincipalTag/gone, which has no value",
        ),
        (
            allow(r#""Action":"ssm:*","Resource":"arn:aws:ec2:*/i-0abc1234def567890""#),
            "how far arn:aws:ec2:*/i-0abc1234def567890 reaches",
        ),
        // Half a policy could deny as well as allow.
        (format!("{},{{\"Effect\":\"Maybe\"}}", allow(ANY)), "policy user/bob/p"),
    ] {
        assert_eq!(may_start(&statements), ("conditional", vec![on.to_owned()]), "{statements}");
    }
}

#[test]
fn the_document_is_asked_for_only_where_a_condition_says_so() {
    let instance = |check: &str| {
        allow(&format!(r#""Action":"ssm:StartSession","Resource":"arn:aws:ec2:*:*:instance/*"{check}"#))
    };
    let document = |name: &str| {
        allow(&format!(r#""Action":"ssm:StartSession","Resource":"arn:aws:ssm:*:*:document/{name}""#))
    };
    let checked = r#","Condition":{"BoolIfExists":{"ssm:SessionDocumentAccessCheck":"true"}}"#;
    for (statements, due) in [
        (instance(""), "granted"),
        (instance(checked), "not-granted"),
        (format!("{},{}", instance(checked), document("SSM-SessionManagerRunShell")), "granted"),
        (format!("{},{}", instance(checked), document("AWS-*")), "not-granted"),
        (document("SSM-SessionManagerRunShell"), "not-granted"),
    ] {
        assert_eq!(may_start(&statements).0, due, "{statements}");
    }
}

#[test]
fn other_partitions_have_arns_of_their_own() {
    let start = |partition: &str, resource: &str| {
        let statement = allow(&format!(r#""Action":"ssm:StartSession","Resource":"{resource}""#));
        let principal = Principal::new(format!("arn:{partition}:iam::111122223333:user/bob"));
        let bob = IamUser { principal, ..iam_user("bob", None, &[("p", &statement)]) };
        let context = Facts::default().iam(iam(Some(0), vec![bob], vec![])).node(node(0, "Linux")).context();
        context.access([], None).remove(0).rights.unwrap().start.code()
    };
    assert_eq!(start("aws-cn", "arn:aws-cn:ec2:*:*:instance/*"), "granted");
    assert_eq!(start("aws-us-gov", "arn:aws:ec2:*:*:instance/*"), "not-granted");
}
