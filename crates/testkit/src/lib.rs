//! Sessions with known truth, for tests and benches; nothing of it ships.

pub mod agent;
pub mod context;
mod corpus;
mod dice;
pub mod record;
mod redact;
mod scene;
pub mod shell;
mod store;
pub mod truth;
mod windows;
pub mod world;

pub use corpus::{Gap, SessionTruth, Spec, Truth, generate};
pub use dice::Dice;
pub use redact::Redactor;
pub use scene::{GeneratedSession, Order, Style, session};
