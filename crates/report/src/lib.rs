//! Sessions and commands in, documents out.
//!
//! [`wire`] is the JSON we promise, [`csv`] the same rows as columns, [`who`] the answer to the one question:
//! who, as which OS user, on which node. [`profile`] chooses
//! among their keys. [`timeline`] is what happened, in order. [`rows`] are the answers to the others, [`graph`] draws the first one. [`findings`]
//! are verdicts of rules and of reviewers, [`case`] is a page with all of it. [`safe`] is the gate every
//! text from a log passes before a terminal.
//!
//! Reports are [`document`]s: one typed value, made by [`compliance`] or [`activity`] from [`input`], [`parameters`] and
//! answers to [`topics`], and written as [`html`], as one CSV for each table, and as JSON that meets a published schema.

pub mod activity;
pub mod case;
pub mod compliance;
pub mod csv;
pub mod document;
pub mod findings;
pub mod graph;
pub mod html;
pub mod input;
pub mod judged;
pub mod parameters;
pub mod profile;
pub mod pseudonym;
pub mod rows;
pub mod safe;
pub mod timeline;
pub mod topics;
pub mod who;
pub mod wire;
