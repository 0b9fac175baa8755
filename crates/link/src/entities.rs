//! Principals by their names: which IAM user or role an ARN stands for.

use whoran_model::{ByteSpan, Entity, EntityKind, IamSnapshot, Principal, Tag};

/// What an ARN says about who it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Actor<'a> {
    User {
        name: &'a str,
    },
    /// The path of the role is lost in the ARN of an assumed role.
    Role {
        name: &'a str,
        session: Option<&'a str>,
    },
    Federated {
        name: &'a str,
    },
    Root,
    Other,
}

impl<'a> Actor<'a> {
    pub(crate) fn of(principal: &'a Principal) -> Self {
        let resource = principal.resource().unwrap_or_default();
        let last = |path: &'a str| path.rsplit('/').next().unwrap_or(path);
        match resource.split_once('/') {
            None if resource == "root" => Self::Root,
            Some(("user", path)) => Self::User { name: last(path) },
            Some(("role", path)) => Self::Role { name: last(path), session: None },
            Some(("assumed-role", rest)) => match rest.split_once('/') {
                Some((name, session)) => Self::Role { name, session: Some(session) },
                None => Self::Role { name: rest, session: None },
            },
            Some(("federated-user", name)) => Self::Federated { name },
            _ => Self::Other,
        }
    }

    /// The IAM user or role that policies and tags are looked up for.
    pub(crate) fn entity(&self) -> Option<Entity> {
        match self {
            Self::User { name } => Some(Entity { kind: EntityKind::User, name: (*name).to_owned() }),
            Self::Role { name, .. } => Some(Entity { kind: EntityKind::Role, name: (*name).to_owned() }),
            _ => None,
        }
    }
}

/// Users and roles of a snapshot with their tags.
pub(crate) fn tagged(snapshot: &IamSnapshot) -> impl Iterator<Item = (Entity, &[Tag], &ByteSpan)> {
    let users = snapshot
        .users
        .iter()
        .map(|u| (Entity { kind: EntityKind::User, name: u.name.clone() }, u.tags.as_slice(), &u.evidence));
    let roles = snapshot
        .roles
        .iter()
        .map(|r| (Entity { kind: EntityKind::Role, name: r.name.clone() }, r.tags.as_slice(), &r.evidence));
    users.chain(roles)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arn_says_who_it_is() {
        let cases = [
            ("arn:aws:iam::111122223333:user/team-x/bob", Actor::User { name: "bob" }),
            ("arn:aws:iam::111122223333:root", Actor::Root),
            (
                "arn:aws:iam::111122223333:role/ops/Break-Glass",
                Actor::Role { name: "Break-Glass", session: None },
            ),
            (
                "arn:aws-cn:sts::111122223333:assumed-role/Ops/a@example.com",
                Actor::Role { name: "Ops", session: Some("a@example.com") },
            ),
            ("arn:aws:sts::111122223333:federated-user/carol", Actor::Federated { name: "carol" }),
            ("arn:aws:ec2:::instance/i-1", Actor::Other),
            ("nonsense", Actor::Other),
        ];
        for (arn, actor) in cases {
            assert_eq!(Actor::of(&Principal::new(arn)), actor, "{arn}");
        }
    }
}
