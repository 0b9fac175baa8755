//! Bytes of session logs → commands, and of what lies beside them → facts. Nothing here reads a file or a clock, and nothing fails: what is odd about a log
//! becomes a diagnostic.
//!
//! A log goes through a [`Router`], which finds the sessions in it. A session goes through a [`SessionParser`], which
//! takes all its fragments, from however many logs, and gives its commands.
//!
//! ```
//! use whoran_model::{Hints, LogId};
//! use whoran_parse::{Router, SessionParser};
//!
//! let log = r#"{"eventVersion":"1.0","eventTime":"2023-06-01T03:54:06Z","awsRegion":"ap-northeast-1",
//!   "target":{"id":"i-0"},"userIdentity":{"arn":"arn:aws:iam::000000000000:user/test-user"},"runAsUser":"test-user",
//!   "sessionId":"test-user-093b7e0ceca558bd8","sessionData":["sh-5.2$ sh-5.2$ whoami","test-user"]}"#;
//!
//! let mut router = Router::new(LogId::new("event.json"));
//! router.feed(log.as_bytes());
//! let fragment = router.finish().fragments.remove(0);
//!
//! let mut parser = SessionParser::new(fragment.session.clone(), &Hints::default());
//! for range in &fragment.ranges {
//!     parser.feed(&fragment, range.start, &log.as_bytes()[range.start as usize..range.end as usize]);
//! }
//! let parsed = parser.finish();
//! assert_eq!(parsed.commands[0].command, "whoami");
//! assert_eq!(parsed.commands[0].output, "test-user");
//! ```
//!
//! Inside, data flows one way: `decode` unwraps the logs, `term` replays what the terminal got, `extract` goes through
//! what it showed with the help of `prompt` (where prompts end), `shell` (what shells do) and `readings` (lines that lost
//! their cursor movements), and `align` holds two copies of a session side by side. `facts` reads what is no log but
//! says whose the logs are.

mod align;
mod decode;
mod extract;
mod facts;
mod gone;
mod prompt;
mod quoted;
mod readings;
mod route;
mod session;
mod shell;
mod term;

pub use facts::{CALLS, TrailSieve};
pub use route::{Routed, Router};
pub use session::{LargeSession, Read, SessionParser};
pub use term::drawn;
