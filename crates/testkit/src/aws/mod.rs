//! AWS on the loopback, for the real SDK to talk to.
//!
//! - [`Moto`] runs [moto](https://docs.getmoto.org), which knows most of the API.
//! - [`Server`] plays what moto cannot: ends that are a repeated token, empty pages, throttling, broken connections,
//!   AWS's own limits. Every behaviour names the page of AWS's documentation that promises it.

mod account;
mod describe;
mod http;
mod limits;
mod logs;
mod moto;
mod s3;
mod server;

pub use account::{Account, Bucket, Group, LogEvent, Object};
pub use http::Fault;
pub use limits::Limits;
pub use moto::Moto;
pub use server::{Answered, Call, Server};
