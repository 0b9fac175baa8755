//! Who, as which OS user, on which node: the sessions folded into one row for each.

use std::collections::BTreeMap;

use serde::Serialize;
use whoran_model::{NodeId, OsUser, Principal, Session, SessionId, Timestamp};

use crate::rows::{Row, Who};
use crate::wire;

/// One who-as-whom-where, and how much of it there was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WhoRow {
    /// Who.
    #[serde(flatten)]
    pub who: Who,
    /// The OS user; null where no log names it.
    pub os_user: Option<String>,
    /// The managed node.
    pub target: Option<String>,
    /// Its name.
    pub target_name: Option<String>,
    /// In how many sessions.
    pub sessions: u64,
    /// How many commands.
    pub commands: u64,
    /// Time of the first, or of the session's beginning where commands have no times.
    pub first: Option<String>,
    /// Time of the last.
    pub last: Option<String>,
    /// The sessions, whose logs are the evidence.
    pub session_ids: Vec<String>,
}

impl Row for WhoRow {
    const COLUMNS: &'static [&'static str] = &[
        "identity",
        "person",
        "claimed",
        "basis",
        "os_user",
        "target",
        "target_name",
        "sessions",
        "commands",
        "first",
        "last",
        "session_ids",
    ];
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
    let role = resource.strip_prefix("role/").map(|path| path.rsplit('/').next().unwrap_or(path));
    match (permission_set(name), role.and_then(set_of)) {
        (Some((set, session)), _) => format!("sso:{set}/{session} ({account})"),
        (None, Some(set)) => format!("sso:{set} ({account})"),
        (None, None) => format!("{name} ({account})"),
    }
}

/// `AWSReservedSSO_<permission set>_<16 hex digits>/<session>`, as IAM Identity Center names its roles.
fn permission_set(name: &str) -> Option<(&str, &str)> {
    let (role, session) = name.split_once('/')?;
    Some((set_of(role)?, session))
}

/// The permission set of such a role.
fn set_of(role: &str) -> Option<&str> {
    let (set, suffix) = role.strip_prefix("AWSReservedSSO_")?.rsplit_once('_')?;
    (suffix.len() == 16 && suffix.bytes().all(|b| b.is_ascii_hexdigit())).then_some(set)
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    unknown: bool,
    who: Who,
    os_user: Option<OsUser>,
    target: Option<NodeId>,
}

#[derive(Debug, Default)]
struct Sum {
    /// The name that the last session by id gives, and that session.
    target_name: Option<(SessionId, String)>,
    commands: u64,
    first: Option<Timestamp>,
    last: Option<Timestamp>,
    session_ids: Vec<SessionId>,
}

/// Folds sessions into rows, whatever their order.
#[derive(Debug, Default)]
pub struct Fold(BTreeMap<Key, Sum>);

impl Fold {
    /// Adds a session.
    pub fn add(&mut self, session: &Session, who: &Who) {
        let mut sum_of = |os_user: &Option<OsUser>, commands, first, last| {
            let key = Key {
                unknown: who.identity.is_none(),
                who: who.clone(),
                os_user: os_user.clone(),
                target: session.target.clone(),
            };
            add(self.0.entry(key).or_default(), session, commands, first, last);
        };
        if session.users.is_empty() {
            sum_of(&session.run_as_user, 0, session.first, session.last);
        }
        for user in &session.users {
            let (first, last) = (user.first.or(session.first), user.last.or(session.last));
            sum_of(&user.os_user, user.commands, first, last);
        }
    }

    /// The rows: proven principals first, then the rest, each group in the order of its columns.
    pub fn rows(self) -> Vec<WhoRow> {
        let row = |(key, mut sum): (Key, Sum)| {
            sum.session_ids.sort_unstable();
            WhoRow {
                who: key.who,
                os_user: key.os_user.map(|user| user.to_string()),
                target: key.target.map(|target| target.to_string()),
                target_name: sum.target_name.map(|(_, name)| name),
                sessions: sum.session_ids.len() as u64,
                commands: sum.commands,
                first: wire::time(sum.first),
                last: wire::time(sum.last),
                session_ids: sum.session_ids.iter().map(SessionId::to_string).collect(),
            }
        };
        self.0.into_iter().map(row).collect()
    }
}

/// The rows of these sessions.
pub fn rows<'a>(sessions: impl IntoIterator<Item = (&'a Session, Who)>) -> Vec<WhoRow> {
    let mut fold = Fold::default();
    sessions.into_iter().for_each(|(session, who)| fold.add(session, &who));
    fold.rows()
}

fn add(sum: &mut Sum, session: &Session, commands: u64, first: Option<Timestamp>, last: Option<Timestamp>) {
    sum.session_ids.push(session.id.clone());
    sum.commands += commands;
    if let Some(name) = &session.target_name
        && sum.target_name.as_ref().is_none_or(|(of, _)| *of <= session.id)
    {
        sum.target_name = Some((session.id.clone(), name.clone()));
    }
    // `None` sorts before every time, which is right for a maximum and wrong for a minimum.
    sum.first = sum.first.into_iter().chain(first).min();
    sum.last = sum.last.max(last);
}

#[cfg(test)]
pub(crate) mod tests {
    use whoran_model::UserTally;

    use super::*;

    pub(crate) fn session(id: &str, identity: Option<&str>, users: &[(Option<&str>, u64, i64)]) -> Session {
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

    fn fold<'a>(sessions: impl IntoIterator<Item = &'a Session>) -> Vec<WhoRow> {
        rows(sessions.into_iter().map(|session| {
            let identity = session.identity.as_ref().map(|p| p.as_str().to_owned());
            let claimed = session.id.prefix().filter(|_| identity.is_none()).map(str::to_owned);
            (session, Who { identity, claimed, ..Who::default() })
        }))
    }

    #[test]
    fn sessions_fold_into_one_row_for_each_who_as_whom_where() {
        let rows = fold(&[
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
                let second =
                    |t: &Option<String>| t.as_ref().unwrap().parse::<Timestamp>().unwrap().as_second();
                let who = r.who.identity.as_deref().or(r.who.claimed.as_deref()).unwrap();
                let os_user = r.os_user.as_deref().unwrap();
                (who, os_user, r.sessions, r.commands, second(&r.first), second(&r.last))
            })
            .collect();
        assert_eq!(
            seen,
            [
                ("arn:alice", "root", 2, 7, 5, 21),
                ("arn:alice", "ssm-user", 1, 2, 10, 11),
                ("bob", "root", 1, 1, 9, 10),
            ]
        );
        assert_eq!(rows[0].session_ids, ["alice-0e34861185201706f", "alice-1e34861185201706f"]);
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
                "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Ops_0123456789abcdef",
                "sso:Ops (111122223333)",
            ),
            ("arn:aws:iam::111122223333:role/team/Ops", "role/team/Ops (111122223333)"),
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
        let rows = fold(&[session("bob-0e34861185201706f", None, &[])]);
        assert_eq!((rows[0].sessions, rows[0].commands), (1, 0));
        assert_eq!(rows[0].os_user.as_deref(), Some("ssm-user"));
        assert_eq!(rows[0].last.as_deref(), Some("1970-01-01T00:00:50Z"));
    }

    #[test]
    fn a_prefix_is_never_an_identity_or_a_person() {
        let rows = fold(&[session("bob-0e34861185201706f", None, &[(None, 1, 9)])]);
        let mut out = Vec::new();
        wire::write(&mut out, &rows[0]).unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            r#"{"identity":null,"person":null,"claimed":"bob","basis":null,"os_user":null,"target":"i-1","target_name":null,"sessions":1,"commands":1,"first":"1970-01-01T00:00:09Z","last":"1970-01-01T00:00:10Z","session_ids":["bob-0e34861185201706f"]}"#
        );
    }
}
