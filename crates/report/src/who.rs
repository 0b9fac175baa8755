//! Who, as which OS user, on which node: the sessions folded into one row for each.

use std::collections::BTreeMap;

use serde::Serialize;
use whoran_model::{NodeId, OsUser, Principal, Session, Timestamp};

use crate::wire;

/// One who-as-whom-where, and how much of it there was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WhoRow {
    /// The IAM principal; `None` where no log proves it.
    pub identity: Option<Principal>,
    /// Where no principal is proven, what the session ids of this row begin with: a hint and no proof.
    pub session_prefix: Option<String>,
    /// The OS user; `None` where no log names it.
    pub os_user: Option<OsUser>,
    /// The managed node.
    pub target: Option<NodeId>,
    /// In how many sessions.
    pub sessions: u64,
    /// How many commands.
    pub commands: u64,
    /// Time of the first, or of the session's beginning where commands have no times.
    pub first: Option<Timestamp>,
    /// Time of the last.
    pub last: Option<Timestamp>,
}

impl WhoRow {
    /// The row in the shape of the wire.
    pub fn wire(&self) -> WhoWire<'_> {
        WhoWire {
            identity: self.identity.as_ref().map(|p| p.as_str()),
            os_user: self.os_user.as_ref().map(|u| u.as_str()),
            target: self.target.as_ref().map(|t| t.as_str()),
            sessions: self.sessions,
            commands: self.commands,
            first: wire::time(self.first),
            last: wire::time(self.last),
        }
    }
}

/// A [`WhoRow`] in the shape of the wire.
#[derive(Debug, Serialize)]
pub struct WhoWire<'a> {
    identity: Option<&'a str>,
    os_user: Option<&'a str>,
    target: Option<&'a str>,
    sessions: u64,
    commands: u64,
    first: Option<String>,
    last: Option<String>,
}

/// A principal in as few characters as still tell it from others: what it is called, and in which account.
///
/// `user/bob (111122223333)`; the role and the session of an assumed role, `Ops/alice (111122223333)`, where a role
/// that IAM Identity Center made is called by the permission set it stands for, `sso:PowerUser/alice (…)`.
pub fn brief(principal: &Principal) -> String {
    let (Some(account), Some(resource)) = (principal.account(), principal.resource()) else {
        return principal.to_string();
    };
    let name = resource.strip_prefix("assumed-role/").unwrap_or(resource);
    match permission_set(name) {
        Some((set, session)) => format!("sso:{set}/{session} ({account})"),
        None => format!("{name} ({account})"),
    }
}

/// `AWSReservedSSO_<permission set>_<16 hex digits>/<session>`, as IAM Identity Center names its roles.
fn permission_set(name: &str) -> Option<(&str, &str)> {
    let (role, session) = name.strip_prefix("AWSReservedSSO_")?.split_once('/')?;
    let (set, suffix) = role.rsplit_once('_')?;
    (suffix.len() == 16 && suffix.bytes().all(|b| b.is_ascii_hexdigit())).then_some((set, session))
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    unknown: bool,
    identity: Option<Principal>,
    session_prefix: Option<String>,
    os_user: Option<OsUser>,
    target: Option<NodeId>,
}

#[derive(Default)]
struct Sum {
    sessions: u64,
    commands: u64,
    first: Option<Timestamp>,
    last: Option<Timestamp>,
}

/// Folds sessions into rows: proven principals first, then the rest, each group in the order of its columns.
pub fn rows(sessions: impl IntoIterator<Item = Session>) -> Vec<WhoRow> {
    let mut sums: BTreeMap<Key, Sum> = BTreeMap::new();
    for session in sessions {
        if session.users.is_empty() {
            let sum = sums.entry(key(&session, session.run_as_user.clone())).or_default();
            add(sum, 0, session.first, session.last);
        }
        for user in &session.users {
            let sum = sums.entry(key(&session, user.os_user.clone())).or_default();
            add(sum, user.commands, user.first.or(session.first), user.last.or(session.last));
        }
    }
    sums.into_iter()
        .map(|(key, sum)| WhoRow {
            identity: key.identity,
            session_prefix: key.session_prefix,
            os_user: key.os_user,
            target: key.target,
            sessions: sum.sessions,
            commands: sum.commands,
            first: sum.first,
            last: sum.last,
        })
        .collect()
}

fn key(session: &Session, os_user: Option<OsUser>) -> Key {
    let prefix = || session.id.prefix().map(str::to_owned);
    Key {
        unknown: session.identity.is_none(),
        identity: session.identity.clone(),
        session_prefix: if session.identity.is_none() { prefix() } else { None },
        os_user,
        target: session.target.clone(),
    }
}

fn add(sum: &mut Sum, commands: u64, first: Option<Timestamp>, last: Option<Timestamp>) {
    sum.sessions += 1;
    sum.commands += commands;
    // `None` sorts before every time, which is right for a maximum and wrong for a minimum.
    sum.first = sum.first.into_iter().chain(first).min();
    sum.last = sum.last.max(last);
}

#[cfg(test)]
mod tests {
    use whoran_model::UserTally;

    use super::*;

    fn session(id: &str, identity: Option<&str>, users: &[(Option<&str>, u64, i64)]) -> Session {
        Session {
            id: id.parse().unwrap(),
            identity: identity.map(Principal::new),
            person: None,
            account: None,
            region: None,
            run_as_user: Some(OsUser::new("ssm-user")),
            target: Some(NodeId::new("i-1")),
            target_name: None,
            host: None,
            first: None,
            last: Some(Timestamp::from_second(50).unwrap()),
            logs: vec![],
            users: users
                .iter()
                .map(|&(os_user, commands, second)| UserTally {
                    os_user: os_user.map(OsUser::new),
                    commands,
                    first: Timestamp::from_second(second).ok(),
                    last: Timestamp::from_second(second + 1).ok(),
                })
                .collect(),
            diagnostics: vec![],
        }
    }

    #[test]
    fn sessions_fold_into_one_row_for_each_who_as_whom_where() {
        let rows = rows([
            session("bob-0e34861185201706f", None, &[(Some("root"), 1, 9)]),
            session(
                "alice-0e34861185201706f",
                Some("arn:alice"),
                &[(Some("ssm-user"), 2, 10), (Some("root"), 3, 20)],
            ),
            session("alice-1e34861185201706f", Some("arn:alice"), &[(Some("root"), 4, 5)]),
        ]);
        let seen: Vec<_> = rows
            .iter()
            .map(|r| {
                let second = |t: Option<Timestamp>| t.map(Timestamp::as_second);
                let who = r.identity.as_ref().map(|p| p.as_str()).or(r.session_prefix.as_deref());
                (
                    who.unwrap(),
                    r.os_user.as_ref().unwrap().as_str(),
                    r.sessions,
                    r.commands,
                    second(r.first),
                    second(r.last),
                )
            })
            .collect();
        assert_eq!(
            seen,
            [
                ("arn:alice", "root", 2, 7, Some(5), Some(21)),
                ("arn:alice", "ssm-user", 1, 2, Some(10), Some(11)),
                ("bob", "root", 1, 1, Some(9), Some(10)),
            ]
        );
    }

    #[test]
    fn a_principal_is_called_by_name_and_account() {
        for (arn, short) in [
            ("arn:aws:iam::111122223333:user/team/bob", "user/team/bob (111122223333)"),
            ("arn:aws:iam::111122223333:root", "root (111122223333)"),
            ("arn:aws:sts::111122223333:assumed-role/Ops/a:b", "Ops/a:b (111122223333)"),
            (
                "arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_Power_User_0123456789abcdef/a@b",
                "sso:Power_User/a@b (111122223333)",
            ),
            (
                "arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_Mine/a",
                "AWSReservedSSO_Mine/a (111122223333)",
            ),
            ("nobody", "nobody"),
        ] {
            assert_eq!(brief(&Principal::new(arn)), short);
        }
    }

    #[test]
    fn a_session_without_commands_is_still_someones() {
        let rows = rows([session("bob-0e34861185201706f", None, &[])]);
        assert_eq!((rows[0].sessions, rows[0].commands), (1, 0));
        assert_eq!(rows[0].os_user, Some(OsUser::new("ssm-user")));
        assert_eq!(rows[0].last.map(Timestamp::as_second), Some(50));
    }

    #[test]
    fn a_prefix_never_reaches_the_wire() {
        let rows = rows([session("bob-0e34861185201706f", None, &[(None, 1, 9)])]);
        let mut out = Vec::new();
        wire::write(&mut out, &rows[0].wire()).unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            r#"{"identity":null,"os_user":null,"target":"i-1","sessions":1,"commands":1,"first":"1970-01-01T00:00:09Z","last":"1970-01-01T00:00:10Z"}"#
        );
    }
}
