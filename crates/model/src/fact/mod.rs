//! Facts from beside the logs: what CloudTrail, IAM, the session preferences and the inventory say.
//!
//! Every fact keeps the bytes that say it. A fact that was *recorded* as it happened ([`AccessEvent`]) has a time of its
//! own; one that was *taken down* later (the others) says what was so at [`Taken::at`] and no more: whether it was so
//! before is another question.

mod iam;
mod inventory;
mod preferences;
mod trail;

pub use iam::{IamGroup, IamRole, IamSnapshot, IamUser, InlinePolicy, ManagedPolicy};
pub use inventory::{NodeRecord, SessionRecord};
pub use preferences::{DocumentSettings, DocumentVersion, SessionDocument};
pub use trail::{AccessEvent, Assumed, Caller, Callers, Change, Detail, Entity, EntityKind, Issuer, Outcome};

use std::sync::Arc;

use crate::{LogId, Timestamp};

/// One fact. A copy of it shares what it says: a run holds it beside its log, in the context and while it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fact {
    /// A call that CloudTrail recorded.
    Access(Arc<AccessEvent>),
    /// Users, groups, roles and policies of one account.
    Iam(Arc<IamSnapshot>),
    /// A session document, the preferences above all.
    Document(Arc<SessionDocument>),
    /// A version of a session document, and whether it is in force.
    Version(Arc<DocumentVersion>),
    /// A session as the service lists it.
    Session(Arc<SessionRecord>),
    /// A managed node or an instance.
    Node(Arc<NodeRecord>),
}

impl Fact {
    /// The log that says so.
    pub fn log(&self) -> &LogId {
        match self {
            Self::Access(event) => &event.evidence.log,
            Self::Iam(snapshot) => &snapshot.evidence.log,
            Self::Document(document) => &document.evidence.log,
            Self::Version(version) => &version.evidence.log,
            Self::Session(session) => &session.evidence.log,
            Self::Node(node) => &node.evidence.log,
        }
    }

    /// When and where it was taken down; `None` for what was recorded as it happened.
    pub fn taken(&self) -> Option<&Taken> {
        match self {
            Self::Access(_) => None,
            Self::Iam(snapshot) => Some(&snapshot.taken),
            Self::Document(document) => Some(&document.taken),
            Self::Version(version) => Some(&version.taken),
            Self::Session(session) => Some(&session.taken),
            Self::Node(node) => Some(&node.taken),
        }
    }

    /// The same, to be changed.
    pub fn taken_mut(&mut self) -> Option<&mut Taken> {
        match self {
            Self::Access(_) => None,
            Self::Iam(snapshot) => Some(&mut Arc::make_mut(snapshot).taken),
            Self::Document(document) => Some(&mut Arc::make_mut(document).taken),
            Self::Version(version) => Some(&mut Arc::make_mut(version).taken),
            Self::Session(session) => Some(&mut Arc::make_mut(session).taken),
            Self::Node(node) => Some(&mut Arc::make_mut(node).taken),
        }
    }
}

/// What the account's configuration says about how a session's first lines came to be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hints {
    /// Lines of the shell profile that the preferences document had in force.
    pub shell_profile: Vec<String>,
    /// The command of the session document, for interactive and non-interactive command sessions.
    pub document_command: Option<String>,
}

/// A key and its value, on an IAM entity, an STS session or an instance. Keys of IAM are compared without regard to
/// case.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tag {
    /// The key.
    pub key: String,
    /// The value.
    pub value: String,
}

/// When and where a state was taken down.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Taken {
    /// When; `None` where nothing says so.
    pub at: Option<Timestamp>,
    /// What says when.
    pub by: TakenBy,
    /// The account it is a state of, where the file or the folders it lies in say so.
    pub account: Option<String>,
    /// The region, likewise.
    pub region: Option<String>,
}

/// What says when a state was taken down, best first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TakenBy {
    /// The answer itself: the `Date` of its HTTP header, or the time noted when it was pulled.
    Answer,
    /// A date in the name of the file or of a folder it lies in.
    Name,
    /// The time at which the file was last written. A copy made later says a later time.
    File,
    /// Nothing.
    #[default]
    Nothing,
}
