//! Sessions with known truth, for tests and benches; nothing of it ships.
//!
//! - [`session()`] makes up one session, [`generate`] a whole corpus with the context that fits, both from a seed.
//! - [`record`] drives real shells on a real terminal and takes the truth from the shells themselves.
//! - [`aws`] is AWS on the loopback: moto, and a server that plays what moto cannot.
//! - [`agent`] writes either as Session Manager's agent would log it; [`Redactor`] steadies snapshots.
//!
//! None of it shares code with what it tests: logs are written here from the rules of the agent, and the truth is noted
//! when a line is typed, never read back from a log.
//!
//! ```
//! let one = whoran_testkit::session(7);
//! let rows = one.truth(true);
//! assert_eq!(rows[0].seq, 0);
//! assert!(one.stream_jsonl().starts_with("{\"eventVersion\":\"1.0\""));
//! assert!(one.transcript.starts_with(b"Script started on "));
//! ```

pub mod agent;
pub mod aws;
pub mod context;
mod corpus;
mod dice;
pub mod organisation;
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
