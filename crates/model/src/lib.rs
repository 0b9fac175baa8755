//! The nouns of whoran: what a log is, who a principal is, what a command is.
//!
//! Every other crate speaks in these types and none of them knows where a value came from.
//! Read them in the order data meets them: a [`LogId`] names a stored log, a [`Fragment`] is one session's
//! share of it, a [`Command`] is what was extracted, a [`Session`] is what the facts around it add, and a
//! [`CommandRecord`] is the flat row a reader sees. A [`Finding`] is a rule's verdict on one, a [`Review`] a person's.
//!
//! ```
//! use whoran_model::{SessionId, Principal};
//!
//! let id: SessionId = "test-user-093b7e0ceca558bd8".parse()?;
//! assert_eq!(id.prefix(), Some("test-user"));
//!
//! let principal = Principal::new("arn:aws:sts::111122223333:assumed-role/Ops/alice");
//! assert_eq!(principal.account(), Some("111122223333"));
//! # Ok::<(), whoran_model::InvalidId>(())
//! ```

mod command;
mod diagnostic;
mod dossier;
mod fact;
mod finding;
mod id;
mod log;
mod review;
mod session;

pub use command::{
    Alternative, Command, CommandKind, CommandRecord, MaskedSecret, Origin, Status, TimePrecision, command_id,
};
pub use diagnostic::{Diagnostic, DiagnosticKind, Severity};
pub use dossier::{Dossier, SessionFact, Sought, SoughtCommands, is_of_windows};
pub use fact::{
    AccessEvent, Assumed, Caller, Callers, Change, Detail, DocumentSettings, DocumentVersion, Entity,
    EntityKind, Fact, Hints, IamGroup, IamRole, IamSnapshot, IamUser, InlinePolicy, Issuer, ManagedPolicy,
    NodeRecord, Outcome, SessionDocument, SessionRecord, Tag, Taken, TakenBy,
};
pub use finding::{Finding, Level, Reason, Rule, UnknownWord};
pub use id::{InvalidId, NodeId, OsUser, Principal, SessionId};
pub use log::{ByteSpan, Fragment, LogId, LogRef, Shape};
pub use review::{Review, ReviewVerdict, Reviewed};
pub use session::{Envelope, Parsed, Session, SessionLog, UserTally};

/// A point in time, UTC.
pub use jiff::Timestamp;
