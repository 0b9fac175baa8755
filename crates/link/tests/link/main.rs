//! What follows from facts, each story with the facts that make it and those that spoil it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod access;
mod coverage;
mod documents;
mod gathering;
mod given;
mod policies;
mod reading;
mod run_as;
mod shared;
mod who;
