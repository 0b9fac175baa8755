//! Facts → the resolved session: which principal, which account, which OS user, what is missing.
//!
//! Parsing says what a session's own logs show. Linking puts beside it what is known from elsewhere, the
//! [`Context`], and spreads both over the session's commands, so that each one is a row that stands by itself.
//! Nothing is guessed: what no fact proves stays `None`, the session id's prefix above all, since the caller of
//! `AssumeRole` chooses it freely.

mod context;
pub mod policy;
mod resolve;

pub use context::Context;
pub use resolve::Linked;
