//! Bytes of session logs → commands. Sans-IO: nothing here reads a file or a clock, and nothing fails.
mod extract;
mod prompt;
mod readings;
mod route;
mod shell;
mod align;
mod decode;
mod session;
mod term;
pub use route::{Routed, Router};
pub use session::SessionParser;
