//! IAM policies: may this principal do this to that?
//!
//! Only what an account's own snapshot shows can be evaluated: the policies of users, groups and roles, and permission
//! boundaries. Whatever a condition asks that no fact answers makes the verdict conditional and is named; it is never
//! taken for a yes.
//!
//! Read `document` (a policy as written), `pattern` (wildcards and variables), `condition`, `evaluate`.

mod condition;
mod document;
mod evaluate;
mod pattern;
mod request;
mod tri;

pub use document::{Effect, Policy, StatementRef};
pub use evaluate::{Permission, Policies};
pub use request::{Answer, Request};
use tri::Tri;
