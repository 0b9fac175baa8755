//! Bytes of session logs → commands. Sans-IO: nothing here reads a file or a clock, and nothing fails.
mod align;
mod decode;
mod extract;
mod prompt;
mod readings;
mod route;
mod session;
mod shell;
mod term;
pub use route::{Routed, Router};
pub use session::SessionParser;
