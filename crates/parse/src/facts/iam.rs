//! Users, groups, roles and policies.

use serde_json::Value;
use whoran_model::{
    ByteSpan, IamGroup, IamRole, IamSnapshot, IamUser, InlinePolicy, LogId, ManagedPolicy, Principal, Tag,
    Taken,
};

use super::value::{flag, list, principal, tags, text, texts, time};

pub(super) fn user(object: &Value, evidence: ByteSpan) -> Option<IamUser> {
    Some(IamUser {
        principal: principal(object, "Arn")?,
        name: text(object, "UserName")?,
        id: text(object, "UserId"),
        created: time(object, "CreateDate"),
        tags: tags(object, "Tags"),
        groups: texts(object, "GroupList"),
        inline: inline(object, "UserPolicyList"),
        attached: attached(object),
        boundary: boundary(object),
        evidence,
    })
}

pub(super) fn role(object: &Value, evidence: ByteSpan) -> Option<IamRole> {
    Some(IamRole {
        principal: principal(object, "Arn")?,
        name: text(object, "RoleName")?,
        id: text(object, "RoleId"),
        created: time(object, "CreateDate"),
        tags: tags(object, "Tags"),
        trust: policy_text(object.get("AssumeRolePolicyDocument")),
        inline: inline(object, "RolePolicyList"),
        attached: attached(object),
        boundary: boundary(object),
        evidence,
    })
}

/// A snapshot with nothing in it yet.
pub(super) fn nothing_of(taken: Taken, log: &LogId) -> IamSnapshot {
    IamSnapshot {
        taken,
        whole: false,
        users: Vec::new(),
        groups: Vec::new(),
        roles: Vec::new(),
        policies: Vec::new(),
        evidence: ByteSpan { log: log.clone(), start: 0, end: 0 },
    }
}

/// A user of whom nothing is known but the tags. Its path is not known either; a name is one of its account.
pub(super) fn tagged_user(account: &str, name: String, tags: Vec<Tag>, evidence: ByteSpan) -> IamUser {
    IamUser {
        principal: Principal::new(format!("arn:aws:iam::{account}:user/{name}")),
        name,
        id: None,
        created: None,
        tags,
        groups: Vec::new(),
        inline: Vec::new(),
        attached: Vec::new(),
        boundary: None,
        evidence,
    }
}

/// The same of a role.
pub(super) fn tagged_role(account: &str, name: String, tags: Vec<Tag>, evidence: ByteSpan) -> IamRole {
    IamRole {
        principal: Principal::new(format!("arn:aws:iam::{account}:role/{name}")),
        name,
        id: None,
        created: None,
        tags,
        trust: None,
        inline: Vec::new(),
        attached: Vec::new(),
        boundary: None,
        evidence,
    }
}

pub(super) fn group(object: &Value, evidence: ByteSpan) -> Option<IamGroup> {
    Some(IamGroup {
        principal: principal(object, "Arn")?,
        name: text(object, "GroupName")?,
        inline: inline(object, "GroupPolicyList"),
        attached: attached(object),
        evidence,
    })
}

pub(super) fn policy(object: &Value, evidence: ByteSpan) -> Option<ManagedPolicy> {
    let in_force = list(object, "PolicyVersionList").find(|v| flag(v, "IsDefaultVersion") == Some(true));
    let version = text(object, "DefaultVersionId").or_else(|| in_force.and_then(|v| text(v, "VersionId")));
    let arn = text(object, "Arn")?;
    // The name may be left out (docs.aws.amazon.com/IAM/latest/APIReference/API_ManagedPolicyDetail.html) and is the
    // end of the ARN.
    let name = text(object, "PolicyName").or_else(|| arn.rsplit('/').next().map(str::to_owned))?;
    Some(ManagedPolicy {
        arn,
        name,
        document: in_force.and_then(|v| policy_text(v.get("Document"))),
        version,
        evidence,
    })
}

fn inline(object: &Value, key: &str) -> Vec<InlinePolicy> {
    let one = |policy: &Value| {
        let document = policy_text(policy.get("PolicyDocument"))?;
        Some(InlinePolicy { name: text(policy, "PolicyName")?, document })
    };
    list(object, key).filter_map(one).collect()
}

fn attached(object: &Value) -> Vec<String> {
    list(object, "AttachedManagedPolicies").filter_map(|policy| text(policy, "PolicyArn")).collect()
}

fn boundary(object: &Value) -> Option<String> {
    object.get("PermissionsBoundary").and_then(|boundary| text(boundary, "PermissionsBoundaryArn"))
}

/// A policy is JSON in the CLI's output, and percent-encoded text in the API's.
fn policy_text(document: Option<&Value>) -> Option<String> {
    match document? {
        Value::String(encoded) => String::from_utf8(percent_decoded(encoded)).ok(),
        object @ Value::Object(_) => serde_json::to_string(object).ok(),
        _ => None,
    }
}

fn percent_decoded(text: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        let digits = tail.get(..2).and_then(|two| std::str::from_utf8(two).ok());
        match digits.filter(|_| byte == b'%').and_then(|two| u8::from_str_radix(two, 16).ok()) {
            Some(decoded) => {
                out.push(decoded);
                rest = &tail[2..];
            }
            None => {
                out.push(byte);
                rest = tail;
            }
        }
    }
    out
}
