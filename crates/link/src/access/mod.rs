//! Access: who may start a session where, and who did.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::sync::Arc;

use whoran_model::{
    AccessEvent, ByteSpan, Entity, EntityKind, IamSnapshot, NodeId, NodeRecord, Outcome, Principal, Tag,
    Timestamp,
};

use crate::context::event_account;
use crate::entities::Actor;
use crate::resolution::is_start;
use crate::{Context, Resolution};

mod documents;
mod holder;
mod looks;
mod rights;

pub(crate) use holder::trusts_tags;
pub use rights::Rights;

/// What stands beside every verdict: an organization's service control policies, policies on resources and those given
/// to `AssumeRole` are in no snapshot of an account.
pub const NOT_EVALUATED: &str = "not evaluated: SCP, resource and session policies";

/// One principal and one node.
#[derive(Debug, Clone, PartialEq)]
pub struct Access {
    /// ARN of the IAM user or role, with its path where a snapshot gives it; or of the account's root.
    pub principal: Principal,
    /// Its account.
    pub account: String,
    /// The node.
    pub node: NodeId,
    /// The node's name.
    pub node_name: Option<String>,
    /// What its policies say; `None` where no snapshot has them. [`NOT_EVALUATED`] goes with it.
    pub rights: Option<Rights>,
    /// When those policies were taken down: before the time asked for, or after it where there is no earlier look.
    pub as_of: Option<Timestamp>,
    /// Sessions that were started.
    pub started: u64,
    /// Attempts that a policy refused.
    pub denied: u64,
    /// Attempts that failed otherwise.
    pub failed: u64,
    /// Time of the last session.
    pub last_used: Option<Timestamp>,
    /// Time of the last attempt that a policy refused.
    pub last_denied: Option<Timestamp>,
    /// The principal in its snapshot, and the last call of each kind.
    pub evidence: Vec<ByteSpan>,
}

/// A node as policies see it.
struct Target<'a> {
    id: &'a NodeId,
    region: &'a str,
    /// `None` where no listing has tags to give, or where they changed nobody knows when.
    tags: Option<&'a [Tag]>,
}

/// What was done, by account, principal and node.
#[derive(Debug, Clone, Default)]
struct Use<'a> {
    started: u64,
    denied: u64,
    failed: u64,
    partition: Option<&'a str>,
    /// The last of each: when, and what says so.
    last: [Option<(Timestamp, Option<&'a ByteSpan>)>; 3],
}

/// Account, principal and node; of root there is no entity.
type Key = (String, Option<Entity>, NodeId);

impl Context {
    /// Every principal against every node of its account, with what was used or refused beside that: at a time, or by
    /// all that is known. Where the looks before and after the time disagree, the verdict is conditional and says so.
    /// Ordered by account, principal and node. Rows where nothing is allowed, used or refused are there too: that
    /// nobody may is an answer. `sessions` are all that are known.
    pub fn access<'a>(
        &'a self,
        sessions: impl IntoIterator<Item = &'a Resolution>,
        at: Option<Timestamp>,
    ) -> Vec<Access> {
        self.access_during(sessions, at, &(Timestamp::MIN..Timestamp::MAX))
    }

    /// The same, where attempts count that were refused in `during`. `sessions` are those that count.
    pub fn access_during<'a>(
        &'a self,
        sessions: impl IntoIterator<Item = &'a Resolution>,
        at: Option<Timestamp>,
        during: &Range<Timestamp>,
    ) -> Vec<Access> {
        let mut uses = self.uses(sessions, at, during);
        let targets = self.targets(at);
        let changes = self.changes();
        let mut rows = Vec::new();
        for (account, looks) in self.looks(at, &changes) {
            let nodes = targets.get(account).map_or(&[][..], Vec::as_slice);
            for standing in looks.standing() {
                for node in nodes {
                    let key = (account.to_owned(), Some(standing.entity.clone()), node.id.clone());
                    let used = uses.remove(&key).unwrap_or_default();
                    let rights = Some(standing.rights(account, node));
                    let mut row = row(standing.principal.clone(), account, node.id, rights, used);
                    row.as_of = standing.as_of;
                    row.node_name = self.node_name(node.id, at).map(str::to_owned);
                    row.evidence.insert(0, standing.evidence.clone());
                    rows.push(row);
                }
            }
        }
        for ((account, entity, node), used) in uses {
            let kind = |kind| if kind == EntityKind::User { "user" } else { "role" };
            let name = entity.map_or("root".into(), |e| format!("{}/{}", kind(e.kind), e.name));
            let partition = used.partition.unwrap_or("aws");
            let principal = Principal::new(format!("arn:{partition}:iam::{account}:{name}"));
            let mut row = row(principal, &account, &node, None, used);
            row.node_name = self.node_name(&node, row.last_used.or(row.last_denied)).map(str::to_owned);
            rows.push(row);
        }
        rows.sort_by(|a, b| (&a.account, &a.principal, &a.node).cmp(&(&b.account, &b.principal, &b.node)));
        rows
    }

    /// The last whole snapshot of each account.
    fn latest_snapshots(&self) -> impl Iterator<Item = (&str, &IamSnapshot)> {
        let mut latest = BTreeMap::new();
        for (account, snapshot) in self.snapshots().filter(|(_, s)| s.whole) {
            latest.insert(account, snapshot);
        }
        latest.into_iter()
    }

    /// The nodes by account, each with its region and tags. A listing that does not say where it is from is put where
    /// the node was used, and left out where it never was.
    fn targets(&self, at: Option<Timestamp>) -> BTreeMap<&str, Vec<Target<'_>>> {
        let starts = self.events().filter(|e| is_start(e) && e.outcome == Outcome::Success);
        let used: HashMap<&NodeId, &AccessEvent> =
            starts.filter_map(|e| Some((e.target.as_ref()?, e))).collect();
        let mut targets: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for (id, list) in self.nodes() {
            let latest =
                |field: fn(&NodeRecord) -> Option<&str>| list.iter().rev().find_map(|node| field(node));
            let account = latest(|n| n.taken.account.as_deref());
            let region = latest(|n| n.taken.region.as_deref());
            let event = used.get(id);
            let place = account
                .or_else(|| event_account(event?))
                .zip(region.or_else(|| event.and_then(|e| e.region.as_deref())));
            if let Some((account, region)) = place {
                let tags = tags(list, at.unwrap_or(Timestamp::MAX));
                targets.entry(account).or_default().push(Target { id, region, tags });
            }
        }
        targets
    }

    fn uses<'a>(
        &'a self,
        sessions: impl IntoIterator<Item = &'a Resolution>,
        at: Option<Timestamp>,
        during: &Range<Timestamp>,
    ) -> BTreeMap<Key, Use<'a>> {
        let mut uses: BTreeMap<Key, Use<'a>> = BTreeMap::new();
        let until_then = |time: Option<Timestamp>| at.is_none() || time.is_some_and(|time| Some(time) <= at);
        for session in sessions.into_iter().filter(|s| until_then(s.started)) {
            let Resolution { identity, account, target, started, .. } = session;
            let principal = identity.principal.as_ref();
            if let Some(key) = key(principal, account.as_deref(), target.as_ref()) {
                let used = uses.entry(key).or_default();
                used.partition = principal.and_then(Principal::partition);
                used.started += 1;
                if let Some(at) = *started
                    && used.last[0].is_none_or(|(last, _)| last <= at)
                {
                    used.last[0] = Some((at, session.evidence.first()));
                }
            }
        }
        let counts = |e: &&AccessEvent| is_start(e) && until_then(Some(e.time)) && during.contains(&e.time);
        for event in self.events().filter(counts) {
            let Outcome::Refused { .. } = &event.outcome else { continue };
            let principal = event.caller.principal.as_ref();
            if let Some(key) = key(principal, event_account(event), event.target.as_ref()) {
                let used = uses.entry(key).or_default();
                used.partition = principal.and_then(Principal::partition);
                let at = if event.outcome.is_denial() { 1 } else { 2 };
                *[&mut used.denied, &mut used.failed][at - 1] += 1;
                used.last[at] = Some((event.time, Some(&event.evidence)));
            }
        }
        uses
    }
}

/// `None` where it is not an IAM user, a role or root, or the place is not known.
fn key(principal: Option<&Principal>, account: Option<&str>, node: Option<&NodeId>) -> Option<Key> {
    let actor = Actor::of(principal?);
    let entity = actor.entity();
    (entity.is_some() || actor == Actor::Root).then_some((account?.to_owned(), entity, node?.clone()))
}

/// The tags of a node at that time: those of the last listing that has any, unless the next one has others.
fn tags(list: &[Arc<NodeRecord>], at: Timestamp) -> Option<&[Tag]> {
    let known = || list.iter().filter_map(|n| Some((n.taken.at <= Some(at), n.tags.as_deref()?)));
    let before = known().rfind(|(until_then, _)| *until_then).map(|(_, tags)| tags);
    let after = known().find(|(until_then, _)| !until_then).map(|(_, tags)| tags);
    match (before, after) {
        (Some(before), Some(after)) => {
            let same = before.len() == after.len() && before.iter().all(|tag| after.contains(tag));
            same.then_some(before)
        }
        (one, other) => one.or(other),
    }
}

fn row(principal: Principal, account: &str, node: &NodeId, rights: Option<Rights>, used: Use<'_>) -> Access {
    let [started, denied, _] = used.last;
    Access {
        principal,
        account: account.to_owned(),
        node: node.clone(),
        node_name: None,
        rights,
        as_of: None,
        started: used.started,
        denied: used.denied,
        failed: used.failed,
        last_used: started.map(|(at, _)| at),
        last_denied: denied.map(|(at, _)| at),
        evidence: used.last.into_iter().flatten().filter_map(|(_, place)| place.cloned()).collect(),
    }
}
