//! What is known from beside the logs, in the order in which it is asked for.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use whoran_model::{
    AccessEvent, ByteSpan, Detail, DocumentSettings, Entity, Fact, IamSnapshot, LogId, NodeId, NodeRecord,
    Principal, SessionId, SessionRecord, Timestamp,
};

use crate::access::trusts_tags;
use crate::documents::Documents;
use crate::extent::Look;
use crate::history::{AsOf, Point, Points};

/// Everything known about sessions from beside their logs: what CloudTrail recorded, and what IAM, the session
/// documents and the inventory were when somebody looked.
///
/// An empty context is the normal case of someone who has the logs alone.
#[derive(Debug, Clone, Default)]
pub struct Context {
    events: Vec<Arc<AccessEvent>>,
    by_session: HashMap<SessionId, Vec<usize>>,
    by_access_key: HashMap<String, usize>,
    iam: BTreeMap<String, Vec<Arc<IamSnapshot>>>,
    records: BTreeMap<SessionId, Arc<SessionRecord>>,
    nodes: BTreeMap<NodeId, Vec<Arc<NodeRecord>>>,
    documents: Documents,
    tags: HashMap<(String, Entity), Points<Option<String>>>,
    /// Whether a role lets a caller bring session tags, by account and name, as its last snapshot says.
    takes_tags: HashMap<(String, String), bool>,
    trail: Trail,
    /// When somebody looked at what.
    pub(crate) looks: BTreeMap<Look, BTreeSet<Timestamp>>,
}

/// How far the calls reach that were recorded.
#[derive(Debug, Clone, Default)]
pub(crate) struct Trail {
    /// First and last call by account and region.
    ranges: BTreeMap<String, BTreeMap<String, (Timestamp, Timestamp)>>,
    /// Accounts with calls to IAM or STS.
    global: BTreeSet<String>,
}

impl Trail {
    pub(crate) fn note(&mut self, event: &AccessEvent) {
        let Some(account) = event_account(event) else { return };
        if !self.global.contains(account)
            && (event.action.starts_with("iam.") || event.action.starts_with("sts."))
        {
            self.global.insert(account.to_owned());
        }
        let region = event.region.as_deref().unwrap_or_default();
        if let Some(range) = self.ranges.get_mut(account).and_then(|ranges| ranges.get_mut(region)) {
            *range = (range.0.min(event.time), range.1.max(event.time));
        } else {
            let ranges = self.ranges.entry(account.to_owned()).or_default();
            ranges.insert(region.to_owned(), (event.time, event.time));
        }
    }
}

/// Where a session document is in force: account, region and its name. A file that does not tell account or region has
/// them empty.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Place {
    pub(crate) account: String,
    pub(crate) region: String,
    pub(crate) name: String,
}

/// The key of the tag that names the OS user of a principal's sessions. IAM compares keys without regard to case.
pub(crate) const RUN_AS_TAG: &str = "SSMSessionRunAs";

impl Context {
    /// Puts facts in order. A fact that comes twice counts once: CloudTrail delivers at least once.
    pub fn new(facts: impl IntoIterator<Item = Fact>) -> Self {
        let mut context = Self::beside(Trail::default(), facts);
        let Self { events, trail, .. } = &mut context;
        events.iter().for_each(|event| trail.note(event));
        context
    }

    /// The same of some of the facts, where it is known how far all of them reach.
    pub(crate) fn beside(trail: Trail, facts: impl IntoIterator<Item = Fact>) -> Self {
        let mut context = Self { trail, ..Self::default() };
        let (mut documents, mut versions) = (Vec::new(), Vec::new());
        for fact in facts {
            context.note_look(&fact);
            match fact {
                Fact::Access(event) => context.events.push(event),
                Fact::Iam(snapshot) => context.add_snapshot(snapshot),
                Fact::Document(document) => documents.push(document),
                Fact::Version(version) => versions.push(version),
                Fact::Session(record) => context.add_record(record),
                Fact::Node(node) => context.nodes.entry(node.id.clone()).or_default().push(node),
            }
        }
        by_time(&mut context.events);
        for nodes in context.nodes.values_mut() {
            nodes.sort_by_key(|n| n.taken.at);
        }
        for snapshots in context.iam.values_mut() {
            snapshots.sort_by_key(|s| s.taken.at);
        }
        context.index_events();
        context.index_tags();
        context.documents = Documents::of(&documents, &versions, &context.events);
        context
    }

    fn add_snapshot(&mut self, snapshot: Arc<IamSnapshot>) {
        let principals = || {
            let users = snapshot.users.iter().map(|u| &u.principal);
            users.chain(snapshot.roles.iter().map(|r| &r.principal)).find_map(Principal::account)
        };
        let account = principals().map(str::to_owned).or_else(|| snapshot.taken.account.clone());
        if let Some(account) = account {
            self.iam.entry(account).or_default().push(snapshot);
        }
    }

    /// The latest listing of a session says most.
    fn add_record(&mut self, record: Arc<SessionRecord>) {
        let held = self.records.get(&record.id);
        if held.is_none_or(|held| {
            (held.ended.is_none(), record.taken.at) > (record.ended.is_none(), held.taken.at)
        }) {
            self.records.insert(record.id.clone(), record);
        }
    }

    fn index_events(&mut self) {
        for (at, event) in self.events.iter().enumerate() {
            if let Some(session) = &event.session {
                self.by_session.entry(session.clone()).or_default().push(at);
            }
            if let Detail::Assumed(assumed) = &event.detail
                && let Some(key) = &assumed.access_key
            {
                // Where a role of another account is taken on, that account sees the caller only by an id.
                let held = self.by_access_key.entry(key.clone()).or_insert(at);
                if self.events[*held].caller.principal.is_none() {
                    *held = at;
                }
            }
        }
    }

    fn index_tags(&mut self) {
        for event in &self.events {
            let (Detail::Iam(change), Some(account)) = (&event.detail, event_account(event)) else {
                continue;
            };
            if event.outcome != whoran_model::Outcome::Success {
                continue;
            }
            let value = run_as_tag(&change.set);
            let removed = change.removed.iter().any(|key| key.eq_ignore_ascii_case(RUN_AS_TAG));
            if value.is_some() || removed || change.created || change.deleted {
                let value = (!change.deleted).then_some(value);
                let key = (account.to_owned(), change.entity.clone());
                self.tags.entry(key).or_default().add(Point::change(event.time, value, &event.evidence));
            }
        }
        for (account, snapshots) in &self.iam {
            for snapshot in snapshots {
                for role in &snapshot.roles {
                    if let Some(trust) = &role.trust {
                        self.takes_tags.insert((account.clone(), role.name.clone()), trusts_tags(trust));
                    }
                }
                for (entity, tags, evidence) in crate::entities::tagged(snapshot) {
                    let point = Point::taken(&snapshot.taken, run_as_tag(tags), evidence);
                    self.tags.entry((account.clone(), entity)).or_default().add(point);
                }
            }
        }
    }

    /// What CloudTrail recorded, by time.
    pub fn events(&self) -> impl Iterator<Item = &AccessEvent> {
        self.events.iter().map(Arc::as_ref)
    }

    /// The snapshots of IAM, by account and time.
    pub fn snapshots(&self) -> impl Iterator<Item = (&str, &IamSnapshot)> {
        self.iam.iter().flat_map(|(account, list)| list.iter().map(move |s| (account.as_str(), s.as_ref())))
    }

    /// Sessions as the service listed them.
    pub fn records(&self) -> impl Iterator<Item = &SessionRecord> {
        self.records.values().map(Arc::as_ref)
    }

    /// What is known of each node: its listings by time.
    pub fn nodes(&self) -> impl Iterator<Item = (&NodeId, &[Arc<NodeRecord>])> {
        self.nodes.iter().map(|(id, list)| (id, list.as_slice()))
    }

    /// The calls that made or named a session, by time.
    pub fn calls<'a>(&'a self, session: &SessionId) -> impl Iterator<Item = &'a AccessEvent> + use<'a> {
        self.by_session.get(session).into_iter().flatten().map(|at| self.events[*at].as_ref())
    }

    /// The session as the service listed it last.
    pub fn record(&self, session: &SessionId) -> Option<&SessionRecord> {
        self.records.get(session).map(Arc::as_ref)
    }

    /// All listings of a node, by time.
    pub fn node(&self, id: &NodeId) -> &[Arc<NodeRecord>] {
        self.nodes.get(id).map_or(&[], Vec::as_slice)
    }

    /// The call that handed out an access key.
    pub(crate) fn handed_out(&self, access_key: &str) -> Option<&AccessEvent> {
        self.by_access_key.get(access_key).map(|at| self.events[*at].as_ref())
    }

    pub(crate) fn iam(&self, account: &str) -> &[Arc<IamSnapshot>] {
        self.iam.get(account).map_or(&[], Vec::as_slice)
    }

    /// Whether the role's trust policy lets a caller bring session tags; `None` where it is not known.
    pub(crate) fn takes_tags(&self, account: &str, role: &str) -> Option<bool> {
        self.takes_tags.get(&(account.to_owned(), role.to_owned())).copied()
    }

    pub(crate) fn tag_history(&self, account: &str, entity: &Entity) -> Option<&Points<Option<String>>> {
        self.tags.get(&(account.to_owned(), entity.clone()))
    }

    /// Session documents by the places where they are known.
    pub(crate) fn documents(&self) -> &Documents {
        &self.documents
    }

    /// What a session document said at that time, as [`Documents::at`] has it.
    pub(crate) fn document_at(&self, place: &Place, at: Timestamp) -> Option<AsOf<'_, DocumentSettings>> {
        self.documents.at(place, at, |from, to| self.recorded(&place.account, &place.region, from, to))
    }

    /// Whether the trail of an account and region was given for all of that time. Without a list of what was recorded,
    /// what lies between the first and the last record counts as given.
    pub(crate) fn recorded(&self, account: &str, region: &str, from: Timestamp, to: Timestamp) -> bool {
        let range = self.trail.ranges.get(account).and_then(|ranges| ranges.get(region));
        range.is_some_and(|(first, last)| *first <= from && to <= *last)
    }

    /// The same for changes of IAM, which is one for all regions.
    pub(crate) fn iam_recorded(&self, account: &str, from: Timestamp, to: Timestamp) -> bool {
        let mut ranges = self.trail.ranges.get(account).into_iter().flat_map(BTreeMap::values);
        let Some(first) = ranges.next() else { return false };
        let all = ranges.fold(*first, |a, b| (a.0.min(b.0), a.1.max(b.1)));
        self.trail.global.contains(account) && all.0 <= from && to <= all.1
    }

    /// The platform of a node, as any listing of it says, and which.
    pub fn platform(&self, node: &NodeId) -> Option<(&str, &ByteSpan)> {
        self.node(node).iter().rev().find_map(|n| Some((n.platform.as_deref()?, &n.evidence)))
    }

    /// The name of a node at that time: that of the last listing until then, else of the first one after.
    pub fn node_name(&self, node: &NodeId, at: Option<Timestamp>) -> Option<&str> {
        let named = || self.node(node).iter().filter(|n| n.name.is_some());
        let before = named().rfind(|n| n.taken.at.is_some() && n.taken.at <= at);
        before.or_else(|| named().next())?.name.as_deref()
    }
}

/// Puts calls in the order of their times, and each there once.
pub(crate) fn by_time(calls: &mut Vec<Arc<AccessEvent>>) {
    fn order(call: &AccessEvent) -> (Timestamp, &str, &LogId, u64) {
        (call.time, &call.event_id, &call.evidence.log, call.evidence.start)
    }
    calls.sort_by(|a, b| order(a).cmp(&order(b)));
    calls.dedup_by(|a, b| a.event_id == b.event_id);
}

/// The account whose trail holds a record.
pub(crate) fn event_account(event: &AccessEvent) -> Option<&str> {
    event.account.as_deref().or(event.caller.account.as_deref())
}

/// The value of the tag among others. A blank one counts as none, as the agent has it.
pub(crate) fn run_as_tag(tags: &[whoran_model::Tag]) -> Option<String> {
    let tag = tags.iter().find(|t| t.key.eq_ignore_ascii_case(RUN_AS_TAG))?;
    (!tag.value.trim().is_empty()).then(|| tag.value.clone())
}
