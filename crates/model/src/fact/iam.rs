//! What IAM says of one account.

use super::{Tag, Taken};
use crate::{ByteSpan, Principal, Timestamp};

/// Users, groups, roles and policies of one account at one time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IamSnapshot {
    /// When, and of which account.
    pub taken: Taken,
    /// Whether it is the whole account, as `get-account-authorization-details` prints it, so that an entity that is
    /// missing here did not exist; `get-user` and `get-role` print one entity, and that without its policies.
    pub whole: bool,
    /// Its users.
    pub users: Vec<IamUser>,
    /// Its groups.
    pub groups: Vec<IamGroup>,
    /// Its roles.
    pub roles: Vec<IamRole>,
    /// Managed policies that are attached to any of them.
    pub policies: Vec<ManagedPolicy>,
    /// The file that says so.
    pub evidence: ByteSpan,
}

/// An IAM user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IamUser {
    /// Its ARN, with its path.
    pub principal: Principal,
    /// `UserName`.
    pub name: String,
    /// `UserId`, which no later user of the same name shares.
    pub id: Option<String>,
    /// `CreateDate`.
    pub created: Option<Timestamp>,
    /// Its tags.
    pub tags: Vec<Tag>,
    /// Names of the groups it is in.
    pub groups: Vec<String>,
    /// Policies that are part of it.
    pub inline: Vec<InlinePolicy>,
    /// ARNs of managed policies.
    pub attached: Vec<String>,
    /// ARN of the managed policy that bounds it.
    pub boundary: Option<String>,
    /// The object that says so.
    pub evidence: ByteSpan,
}

/// An IAM role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IamRole {
    /// Its ARN, with its path.
    pub principal: Principal,
    /// `RoleName`.
    pub name: String,
    /// `RoleId`, which no later role of the same name shares.
    pub id: Option<String>,
    /// `CreateDate`.
    pub created: Option<Timestamp>,
    /// Its tags.
    pub tags: Vec<Tag>,
    /// Who may assume it: JSON text of `AssumeRolePolicyDocument`.
    pub trust: Option<String>,
    /// Policies that are part of it.
    pub inline: Vec<InlinePolicy>,
    /// ARNs of managed policies.
    pub attached: Vec<String>,
    /// ARN of the managed policy that bounds it.
    pub boundary: Option<String>,
    /// The object that says so.
    pub evidence: ByteSpan,
}

/// An IAM group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IamGroup {
    /// `GroupName`.
    pub name: String,
    /// Its ARN, with its path.
    pub principal: Principal,
    /// Policies that are part of it.
    pub inline: Vec<InlinePolicy>,
    /// ARNs of managed policies.
    pub attached: Vec<String>,
    /// The object that says so.
    pub evidence: ByteSpan,
}

/// A policy that is part of a user, a group or a role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InlinePolicy {
    /// `PolicyName`.
    pub name: String,
    /// JSON text of the policy.
    pub document: String,
}

/// A managed policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManagedPolicy {
    /// Its ARN.
    pub arn: String,
    /// `PolicyName`.
    pub name: String,
    /// `DefaultVersionId`: the version in force.
    pub version: Option<String>,
    /// JSON text of that version, where the file has it.
    pub document: Option<String>,
    /// The object that says so.
    pub evidence: ByteSpan,
}
