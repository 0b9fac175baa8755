//! The index as its users see it: written by one hand, read by others, in directories that really exist.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod given;
mod patterns;
mod queries;
mod records;
mod searching;
mod sifting;
mod writing;
