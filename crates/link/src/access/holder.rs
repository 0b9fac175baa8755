//! The users and roles of a snapshot, each with the policies that decide for it.

use std::collections::HashMap;

use whoran_model::{
    ByteSpan, Change, Entity, EntityKind, IamRole, IamSnapshot, IamUser, InlinePolicy, Principal, Timestamp,
};

use crate::policy::Request;
use crate::{Permission, Policies, Policy};

/// An IAM user or role of a snapshot.
pub(super) struct Holder<'a> {
    pub(super) principal: &'a Principal,
    pub(super) entity: Entity,
    pub(super) id: Option<&'a str>,
    pub(super) created: Option<Timestamp>,
    pub(super) tags: Vec<(&'a str, &'a str)>,
    /// Whether a caller may bring tags that are not the role's own.
    pub(super) more_tags: bool,
    pub(super) policies: Policies<'a>,
    pub(super) evidence: &'a ByteSpan,
}

impl<'a> Holder<'a> {
    /// Applies a change of tags that came later.
    pub(super) fn change(&mut self, change: &'a Change) {
        let is = |key: &str, other: &str| key.eq_ignore_ascii_case(other);
        let gone = |key: &str| {
            change.created
                || change.removed.iter().any(|removed| is(removed, key))
                || change.set.iter().any(|set| is(&set.key, key))
        };
        self.tags.retain(|(key, _)| !gone(key));
        self.tags.extend(change.set.iter().map(|t| (t.key.as_str(), t.value.as_str())));
    }
}

/// The policies of a snapshot, each read once.
pub(super) struct ReadPolicies<'a> {
    snapshot: &'a IamSnapshot,
    /// By ARN, or by `user/bob/name` for one that is part of its holder. `None`: it could not be read.
    policies: HashMap<String, Option<Policy>>,
}

impl<'a> ReadPolicies<'a> {
    pub(super) fn of(snapshot: &'a IamSnapshot) -> Self {
        let mut policies = HashMap::new();
        for policy in &snapshot.policies {
            let document = policy.document.as_deref();
            policies.insert(policy.arn.clone(), document.and_then(|d| Policy::read(&policy.arn, d)));
        }
        let mut inline = |holder: String, list: &[InlinePolicy]| {
            for policy in list {
                let name = format!("{holder}/{}", policy.name);
                policies.insert(name.clone(), Policy::read(&name, &policy.document));
            }
        };
        for user in &snapshot.users {
            inline(format!("user/{}", user.name), &user.inline);
        }
        for group in &snapshot.groups {
            inline(format!("group/{}", group.name), &group.inline);
        }
        for role in &snapshot.roles {
            inline(format!("role/{}", role.name), &role.inline);
        }
        Self { snapshot, policies }
    }

    pub(super) fn holders(&self) -> impl Iterator<Item = Holder<'_>> {
        let users = self.snapshot.users.iter().map(|u| self.user(u));
        users.chain(self.snapshot.roles.iter().map(|r| self.role(r)))
    }

    pub(super) fn taken_at(&self) -> Option<Timestamp> {
        self.snapshot.taken.at
    }

    fn user(&self, user: &'a IamUser) -> Holder<'_> {
        let mut policies = Policies::default();
        self.collect(&mut policies, &format!("user/{}", user.name), &user.inline, &user.attached);
        for name in &user.groups {
            match self.snapshot.groups.iter().find(|g| g.name == *name) {
                Some(group) => {
                    self.collect(&mut policies, &format!("group/{name}"), &group.inline, &group.attached);
                }
                None => policies.missing.push(format!("group {name}")),
            }
        }
        policies.boundary = user.boundary.as_deref().map(|arn| self.policy(arn));
        Holder {
            principal: &user.principal,
            entity: Entity { kind: EntityKind::User, name: user.name.clone() },
            id: user.id.as_deref(),
            created: user.created,
            tags: user.tags.iter().map(|t| (t.key.as_str(), t.value.as_str())).collect(),
            more_tags: false,
            policies,
            evidence: &user.evidence,
        }
    }

    fn role(&self, role: &'a IamRole) -> Holder<'_> {
        let mut policies = Policies::default();
        self.collect(&mut policies, &format!("role/{}", role.name), &role.inline, &role.attached);
        policies.boundary = role.boundary.as_deref().map(|arn| self.policy(arn));
        Holder {
            principal: &role.principal,
            entity: Entity { kind: EntityKind::Role, name: role.name.clone() },
            id: role.id.as_deref(),
            created: role.created,
            tags: role.tags.iter().map(|t| (t.key.as_str(), t.value.as_str())).collect(),
            more_tags: role.trust.as_deref().is_none_or(trusts_tags),
            policies,
            evidence: &role.evidence,
        }
    }

    fn policy(&self, name: &str) -> Result<&Policy, String> {
        self.policies.get(name).and_then(Option::as_ref).ok_or_else(|| format!("policy {name}"))
    }

    fn collect<'s>(
        &'s self,
        to: &mut Policies<'s>,
        holder: &str,
        inline: &[InlinePolicy],
        attached: &[String],
    ) {
        let inline = inline.iter().map(|policy| format!("{holder}/{}", policy.name));
        for name in inline.chain(attached.iter().cloned()) {
            match self.policy(&name) {
                Ok(policy) => to.identity.push(policy),
                Err(missing) => to.missing.push(missing),
            }
        }
    }
}

/// Whether a trust policy lets a caller bring session tags.
pub(crate) fn trusts_tags(trust: &str) -> bool {
    let Some(trust) = Policy::read("trust", trust) else { return true };
    let policies = Policies { identity: vec![&trust], ..Policies::default() };
    let answer = policies.evaluate(&Request::new("sts:TagSession", "*"));
    matches!(answer, Permission::Granted { .. } | Permission::Conditional { .. })
}
