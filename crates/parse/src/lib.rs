//! Bytes of session logs → commands. Sans-IO: nothing here reads a file or a clock, and nothing fails.
mod route;
mod shell;
mod decode;
mod session;
mod term;
pub use route::{Routed, Router};
pub use session::SessionParser;
