//! How sessions are to be read, by what lies beside their logs.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use whoran_model::{
    AccessEvent, ByteSpan, Detail, DocumentVersion, Fact, Hints, LogId, NodeId, SessionDocument, SessionId,
    Timestamp,
};

use crate::context::{Place, by_time, event_account};
use crate::documents::Documents;

/// What a fact says of how sessions are to be read. Most facts say nothing: who called and how they got there changes
/// nothing in what was typed.
#[derive(Debug, Clone)]
pub struct Told(Of);

#[derive(Debug, Clone)]
enum Of {
    Start(SessionId, Start),
    /// A call that made a document, or put a version of it in force.
    Call(Arc<AccessEvent>),
    Document(Arc<SessionDocument>),
    Version(Arc<DocumentVersion>),
    Platform {
        node: NodeId,
        at: Option<Timestamp>,
        windows: bool,
    },
}

/// A call to start a session, as far as its reading depends on it.
#[derive(Debug, Clone)]
struct Start {
    at: Timestamp,
    event_id: Box<str>,
    evidence: ByteSpan,
    document: Option<Arc<Place>>,
    target: Option<NodeId>,
    command: Option<Box<str>>,
}

impl Told {
    /// Takes it from a fact.
    pub fn by(fact: &Fact) -> Option<Self> {
        Some(Self(match fact {
            Fact::Access(event) if matches!(event.detail, Detail::Document { .. }) => {
                Of::Call(Arc::clone(event))
            }
            Fact::Access(event) if event.name() == "StartSession" => {
                Of::Start(event.session.clone()?, Start::of(event))
            }
            Fact::Document(document) => Of::Document(Arc::clone(document)),
            Fact::Version(version) => Of::Version(Arc::clone(version)),
            Fact::Node(node) => Of::Platform {
                node: node.id.clone(),
                at: node.taken.at,
                windows: node.platform.as_deref()? == "Windows",
            },
            Fact::Access(_) | Fact::Iam(_) | Fact::Session(_) => return None,
        }))
    }
}

impl Start {
    fn of(event: &AccessEvent) -> Self {
        let command = event.parameters.iter().find(|(key, _)| key == "command");
        let place = || {
            Some(Place {
                account: event_account(event)?.to_owned(),
                region: event.region.clone()?,
                name: event.document.clone().unwrap_or_else(|| SessionDocument::PREFERENCES.into()),
            })
        };
        Self {
            at: event.time,
            event_id: event.event_id.as_str().into(),
            evidence: event.evidence.clone(),
            document: place().map(Arc::new),
            target: event.target.clone(),
            command: command.and_then(|(_, values)| values.first()).map(|command| command.as_str().into()),
        }
    }

    fn order(&self) -> (Timestamp, &str, &LogId, u64) {
        (self.at, &self.event_id, &self.evidence.log, self.evidence.start)
    }
}

/// What tells how sessions are to be read, and nothing else of all that lies beside their logs.
#[derive(Debug, Default)]
pub struct Reading {
    /// The first call to start each session.
    starts: HashMap<SessionId, Start>,
    documents: Documents,
    /// Whether a node runs Windows, as its last listing says, and when that was.
    windows: HashMap<NodeId, (Option<Timestamp>, bool)>,
}

impl Reading {
    /// Puts together what facts say. A fact that comes twice counts once.
    pub fn new(told: impl IntoIterator<Item = Told>) -> Self {
        let mut reading = Self::default();
        let mut places: HashSet<Arc<Place>> = HashSet::new();
        let (mut calls, mut documents, mut versions) = (Vec::new(), Vec::new(), Vec::new());
        for Told(of) in told {
            match of {
                Of::Call(event) => calls.push(event),
                Of::Document(document) => documents.push(document),
                Of::Version(version) => versions.push(version),
                Of::Platform { node, at, windows } => {
                    let held = reading.windows.entry(node).or_insert((at, windows));
                    if held.0 <= at {
                        *held = (at, windows);
                    }
                }
                Of::Start(session, mut start) => {
                    if reading.starts.get(&session).is_some_and(|held| held.order() <= start.order()) {
                        continue;
                    }
                    start.document = start.document.map(|place| match places.get(&place) {
                        Some(known) => Arc::clone(known),
                        None => {
                            places.insert(Arc::clone(&place));
                            place
                        }
                    });
                    reading.starts.insert(session, start);
                }
            }
        }
        by_time(&mut calls);
        reading.documents = Documents::of(&documents, &versions, &calls);
        reading
    }

    /// What the parser should know about a session before it reads it: nothing, unless CloudTrail says where and under
    /// which document it started.
    pub fn hints(&self, session: &SessionId) -> Hints {
        let Some(start) = self.starts.get(session) else { return Hints::default() };
        let known = start.document.as_deref().and_then(|at| self.documents.at(at, start.at, |_, _| false));
        let settings = known.map(|known| known.value);
        let windows = start.target.as_ref().and_then(|node| self.windows.get(node)).is_some_and(|of| of.1);
        let profile = settings
            .and_then(|s| if windows { s.windows_profile.as_deref() } else { s.linux_profile.as_deref() });
        let command = start.command.as_deref().map(str::to_owned);
        Hints {
            shell_profile: profile.unwrap_or_default().lines().map(str::to_owned).collect(),
            document_command: command.or_else(|| settings.and_then(|s| s.linux_commands.clone())),
        }
    }

    /// The sessions that are to be read in another way than this has them.
    pub fn changed<'a>(&'a self, before: &'a Self) -> BTreeSet<&'a SessionId> {
        let named = self.starts.keys().chain(before.starts.keys()).collect::<BTreeSet<_>>();
        named.into_iter().filter(|id| self.hints(id) != before.hints(id)).collect()
    }
}
