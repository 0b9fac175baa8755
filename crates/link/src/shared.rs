//! Shared OS users: who stands behind `ssm-user` on a node.

use std::collections::BTreeMap;

use whoran_model::{NodeId, OsUser, Principal, Session, SessionId, Timestamp};

use crate::{Person, Resolution};

/// One person or, where nobody is known, one principal behind an OS user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserOfMany {
    /// The human, as far as evidence goes.
    pub person: Option<Person>,
    /// The principal, where one is known.
    pub principal: Option<Principal>,
    /// Commands run as that OS user.
    pub commands: u64,
    /// Time of the first.
    pub first: Option<Timestamp>,
    /// Time of the last.
    pub last: Option<Timestamp>,
    /// The sessions they were run in, ordered.
    pub sessions: Vec<SessionId>,
}

/// An OS user of a node and all who used it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SharedUser {
    /// The node; `None` where no log names it.
    pub node: Option<NodeId>,
    /// Its name.
    pub node_name: Option<String>,
    /// The OS user.
    pub os_user: OsUser,
    /// Who used it, by name.
    pub by: Vec<UserOfMany>,
}

impl SharedUser {
    /// Groups what was run by node and OS user. Commands of which no log names the OS user are left out.
    pub fn of<'a>(sessions: impl IntoIterator<Item = (&'a Session, &'a Resolution)>) -> Vec<Self> {
        let mut groups: BTreeMap<(Option<NodeId>, OsUser), (Option<String>, Behind)> = BTreeMap::new();
        for (log, resolution) in sessions {
            for tally in &log.users {
                let Some(user) = tally.os_user.clone() else { continue };
                let (name, behind) = groups.entry((resolution.target.clone(), user)).or_default();
                if resolution.target_name.is_some() {
                    name.clone_from(&resolution.target_name);
                }
                let identity = &resolution.identity;
                // One person can come as several principals, and is one person all the same.
                let principal = identity.principal.clone().filter(|_| identity.person.is_none());
                let one = behind.entry((identity.person.clone(), principal)).or_insert_with(|| UserOfMany {
                    person: identity.person.clone(),
                    principal: identity.principal.clone(),
                    commands: 0,
                    first: None,
                    last: None,
                    sessions: Vec::new(),
                });
                one.commands += tally.commands;
                one.first = one.first.into_iter().chain(tally.first).min();
                one.last = one.last.max(tally.last);
                one.sessions.push(resolution.id.clone());
            }
        }
        let shared = groups.into_iter().map(|((node, os_user), (node_name, behind))| {
            let by = behind.into_values().map(|mut one| {
                one.sessions.sort();
                one.sessions.dedup();
                one
            });
            Self { node, node_name, os_user, by: by.collect() }
        });
        shared.collect()
    }
}

/// Who stands behind one OS user of one node.
type Behind = BTreeMap<(Option<Person>, Option<Principal>), UserOfMany>;
