//! Users, groups, roles and policies: `get-account-authorization-details`, all pages in one object. IAM speaks XML, so
//! that what it says is written anew as the AWS CLI prints it.

use aws_sdk_iam::Client;
use aws_sdk_iam::primitives::{DateTime, DateTimeFormat};
use aws_sdk_iam::types::{
    AttachedPermissionsBoundary, AttachedPolicy, GroupDetail, ManagedPolicyDetail, PolicyDetail,
    PolicyVersion, RoleDetail, Tag, UserDetail,
};
use serde_json::{Map, Value, json};

use super::Refusal;
use crate::aws::access::Site;
use crate::aws::call::Caller;

pub(super) async fn look(site: &Site, caller: &Caller) -> Result<Vec<u8>, Refusal> {
    let client = Client::new(&site.sdk);
    let (mut users, mut groups, mut roles, mut policies) = (vec![], vec![], vec![], vec![]);
    let mut marker = None;
    loop {
        let request = client.get_account_authorization_details().max_items(1000).set_marker(marker);
        let page = caller.call(|| request.clone().send()).await.map_err(|failure| Refusal {
            failure,
            action: "iam:GetAccountAuthorizationDetails",
            resource: "*".to_owned(),
        })?;
        users.extend(page.user_detail_list().iter().map(user));
        groups.extend(page.group_detail_list().iter().map(group));
        roles.extend(page.role_detail_list().iter().map(role));
        policies.extend(page.policies().iter().map(policy));
        marker = page.marker().filter(|_| page.is_truncated()).map(str::to_owned);
        if marker.is_none() {
            break;
        }
    }
    let all = json!({
        "UserDetailList": users, "GroupDetailList": groups, "RoleDetailList": roles, "Policies": policies,
    });
    Ok(format!("{all}\n").into_bytes())
}

fn user(user: &UserDetail) -> Value {
    object([
        ("Path", text(user.path())),
        ("UserName", text(user.user_name())),
        ("UserId", text(user.user_id())),
        ("Arn", text(user.arn())),
        ("CreateDate", time(user.create_date())),
        ("UserPolicyList", inline(user.user_policy_list())),
        ("GroupList", Some(json!(user.group_list()))),
        ("AttachedManagedPolicies", attached(user.attached_managed_policies())),
        ("PermissionsBoundary", boundary(user.permissions_boundary())),
        ("Tags", tags(user.tags())),
    ])
}

fn group(group: &GroupDetail) -> Value {
    object([
        ("Path", text(group.path())),
        ("GroupName", text(group.group_name())),
        ("GroupId", text(group.group_id())),
        ("Arn", text(group.arn())),
        ("CreateDate", time(group.create_date())),
        ("GroupPolicyList", inline(group.group_policy_list())),
        ("AttachedManagedPolicies", attached(group.attached_managed_policies())),
    ])
}

fn role(role: &RoleDetail) -> Value {
    object([
        ("Path", text(role.path())),
        ("RoleName", text(role.role_name())),
        ("RoleId", text(role.role_id())),
        ("Arn", text(role.arn())),
        ("CreateDate", time(role.create_date())),
        ("AssumeRolePolicyDocument", role.assume_role_policy_document().map(document)),
        ("RolePolicyList", inline(role.role_policy_list())),
        ("AttachedManagedPolicies", attached(role.attached_managed_policies())),
        ("PermissionsBoundary", boundary(role.permissions_boundary())),
        ("Tags", tags(role.tags())),
    ])
}

fn policy(policy: &ManagedPolicyDetail) -> Value {
    let version = |version: &PolicyVersion| {
        object([
            ("VersionId", text(version.version_id())),
            ("IsDefaultVersion", Some(version.is_default_version().into())),
            ("CreateDate", time(version.create_date())),
            ("Document", version.document().map(document)),
        ])
    };
    object([
        ("PolicyName", text(policy.policy_name())),
        ("PolicyId", text(policy.policy_id())),
        ("Arn", text(policy.arn())),
        ("Path", text(policy.path())),
        ("DefaultVersionId", text(policy.default_version_id())),
        ("CreateDate", time(policy.create_date())),
        ("UpdateDate", time(policy.update_date())),
        ("PolicyVersionList", list(policy.policy_version_list(), version)),
    ])
}

fn inline(policies: &[PolicyDetail]) -> Option<Value> {
    list(policies, |policy| {
        object([
            ("PolicyName", text(policy.policy_name())),
            ("PolicyDocument", policy.policy_document().map(document)),
        ])
    })
}

fn attached(policies: &[AttachedPolicy]) -> Option<Value> {
    list(policies, |policy| {
        object([("PolicyName", text(policy.policy_name())), ("PolicyArn", text(policy.policy_arn()))])
    })
}

fn boundary(boundary: Option<&AttachedPermissionsBoundary>) -> Option<Value> {
    let boundary = boundary?;
    Some(object([
        ("PermissionsBoundaryType", text(boundary.permissions_boundary_type().map(|kind| kind.as_str()))),
        ("PermissionsBoundaryArn", text(boundary.permissions_boundary_arn())),
    ]))
}

fn tags(tags: &[Tag]) -> Option<Value> {
    list(tags, |tag| object([("Key", text(Some(tag.key()))), ("Value", text(Some(tag.value())))]))
}

/// What is not there has no key.
fn object<const N: usize>(members: [(&str, Option<Value>); N]) -> Value {
    let there = members.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?)));
    Value::Object(there.collect::<Map<_, _>>())
}

fn list<T>(members: &[T], one: impl Fn(&T) -> Value) -> Option<Value> {
    Some(Value::Array(members.iter().map(one).collect()))
}

fn text(text: Option<&str>) -> Option<Value> {
    text.map(Value::from)
}

fn time(time: Option<&DateTime>) -> Option<Value> {
    time?.fmt(DateTimeFormat::DateTime).ok().map(Value::from)
}

/// A policy comes percent-encoded (docs.aws.amazon.com/IAM/latest/APIReference/API_PolicyDetail.html) and is printed as
/// the JSON it is; what is none stays as it came.
fn document(encoded: &str) -> Value {
    serde_json::from_str(&decoded(encoded)).unwrap_or_else(|_| encoded.into())
}

fn decoded(text: &str) -> String {
    // A plus sign stands for itself: RFC 3986, and no form.
    crate::aws::name::key_of_listing(&text.replace('+', "%2B"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_is_printed_as_the_cli_does() {
        let policy = PolicyDetail::builder().policy_name("p").policy_document(
            "%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%5D%2C%22Id%22%3A%22a+b%22%7D",
        );
        let tag = Tag::builder().key("SSMSessionRunAs").value("deploy").build().unwrap();
        let one = UserDetail::builder()
            .user_name("bob")
            .arn("arn:aws:iam::111122223333:user/team/bob")
            .create_date(DateTime::from_secs(1_772_352_000))
            .user_policy_list(policy.build())
            .tags(tag)
            .build();
        assert_eq!(
            user(&one),
            json!({
                "UserName": "bob", "Arn": "arn:aws:iam::111122223333:user/team/bob",
                "CreateDate": "2026-03-01T08:00:00Z", "GroupList": [], "AttachedManagedPolicies": [],
                "UserPolicyList": [{
                    "PolicyName": "p",
                    "PolicyDocument": {"Version": "2012-10-17", "Statement": [], "Id": "a+b"},
                }],
                "Tags": [{"Key": "SSMSessionRunAs", "Value": "deploy"}],
            })
        );
        assert_eq!(document("%7Bno json"), json!("%7Bno json"));
    }
}
