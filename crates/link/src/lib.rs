//! Facts → the resolved session: which principal, which account, which OS user, what is missing.
//!
//! Parsing says what a session's own logs show. Linking puts beside it what is known from elsewhere, the
//! [`Context`], and spreads both over the session's commands, so that each one is a row that stands by itself.
//! Nothing is guessed: what no fact proves stays `None`, the session id's prefix above all, since the caller of
//! `AssumeRole` chooses it freely.

mod access;
mod context;
mod coverage;
mod doctor;
mod entities;
mod history;
pub mod policy;
mod resolution;
mod resolve;
mod run_as;
mod shared;
mod who;

pub use access::{Access, NOT_EVALUATED, Rights};
pub use context::Context;
pub use coverage::{Cause, Gap, GapKind};
pub use doctor::{Finding, Level};
pub use policy::{Permission, Policies, Policy, StatementRef};
pub use resolution::{Attempt, Resolution};
pub use resolve::Linked;
pub use run_as::{Owed, RunAs, SSM_USER, UsedBy, Verdict};
pub use shared::{SharedUser, UserOfMany};
pub use who::{Basis, Certainty, Hop, Identity, Person};
