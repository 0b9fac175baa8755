//! The program as its users meet it: one module for each verb, and what goes wrong.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on is a test that fails")]

mod audit;
mod bad_input;
mod cat;
mod completions;
mod context;
mod detect;
mod evidence;
#[cfg(feature = "aws")]
mod help;
mod home;
mod index;
mod kill;
#[cfg(feature = "aws")]
mod kill_pull;
mod kills;
mod parse;
mod prune;
#[cfg(feature = "aws")]
mod pull;
#[cfg(feature = "aws")]
mod pull_context;
#[cfg(feature = "aws")]
mod pull_moto;
#[cfg(feature = "aws")]
mod quota;
mod rebuild;
mod report;
mod review;
mod search;
mod secrets;
mod sessions;
mod show;
mod status;
mod verify;
mod watch;
mod who;
