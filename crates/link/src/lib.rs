//! Facts → the resolved session: which principal, which person, which OS user was owed, what is missing.
//!
//! Parsing says what a session's own logs show. Linking puts beside it what is known from elsewhere, the [`Context`].
//! At indexing [`Linked::of`] makes every command a row that stands by itself, of what its logs show alone, once
//! [`Reading`] has said how they are to be read; at
//! every question [`Context::session`], [`Context::access`] and [`Context::gaps`] join what lies beside them. Nothing is
//! guessed: what no fact proves stays `None`, and a name that a caller chose says so.
//!
//! ```
//! use std::sync::Arc;
//!
//! use whoran_link::{Basis, Context};
//! use whoran_model::{AccessEvent, ByteSpan, Caller, Fact, LogId, Principal, SessionId, Timestamp};
//!
//! let id: SessionId = "bob-0e34861185201706f".parse()?;
//! // The id alone begins with what the caller chose.
//! let alone = Context::default().session(&id, None).identity;
//! assert_eq!(alone.person.as_ref().map(|p| p.basis), Some(Basis::SessionIdPrefix));
//! assert_eq!(alone.known_person(), None);
//!
//! // CloudTrail's record of the start proves it.
//! let place = ByteSpan { log: LogId::new("trail.json"), start: 12, end: 900 };
//! let mut start = AccessEvent::new("6666", Timestamp::UNIX_EPOCH, "ssm.amazonaws.com:StartSession", place);
//! start.session = Some(id.clone());
//! start.caller = Arc::new(Caller {
//!     kind: Some("IAMUser".into()),
//!     principal: Some(Principal::new("arn:aws:iam::111122223333:user/team-x/bob")),
//!     ..Caller::default()
//! });
//! let context = Context::new([Fact::Access(Arc::new(start))]);
//! assert_eq!(context.session(&id, None).identity.known_person(), Some("bob"));
//! # Ok::<(), whoran_model::InvalidId>(())
//! ```
//!
//! By which rules, `README.md` beside this crate says.

mod access;
mod context;
mod coverage;
mod doctor;
mod documents;
mod entities;
mod extent;
mod gathering;
mod history;
pub mod policy;
mod reading;
mod resolution;
mod resolve;
mod run_as;
mod shared;
mod who;

pub use access::{Access, NOT_EVALUATED, Rights};
pub use context::Context;
pub use coverage::{Cause, Gap, GapKind};
pub use doctor::{Finding, Level};
pub use extent::{Look, Looked, TrailExtent};
pub use gathering::Gathering;
pub use policy::{Permission, Policies, Policy, StatementRef};
pub use reading::{Reading, Told};
pub use resolution::{Attempt, Resolution};
pub use resolve::{Linked, Linking};
pub use run_as::{Owed, RunAs, SSM_USER, UsedBy, Verdict};
pub use shared::{SharedUser, UserOfMany};
pub use who::{Basis, Certainty, Hop, Identity, Person};
