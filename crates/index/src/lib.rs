//! Everything that was read, kept so that it can be found: commands, sessions, events, and which logs are done.
//!
//! A [`Writer`] takes what the pipeline made of the logs and makes it durable with [`Writer::commit`]; what was not
//! committed never happened. An [`Index`] reads the state of the last commit. A [`Query`] is text made into a
//! condition, and [`Index::search`] gives back the [`CommandRecord`](whoran_model::CommandRecord)s that meet it,
//! equal to those that were written.
//!
//! The index is derived from logs and may be deleted at any time. It knows nothing of where a log came from.
//!
//! ```
//! use jiff::tz::TimeZone;
//! use whoran_index::{Checkpoint, Index, Query, SearchOptions, Writer, WriterOptions};
//!
//! let dir = std::env::temp_dir().join(format!("whoran-index-doc-{}", std::process::id()));
//! let writer = Writer::open(&dir, WriterOptions::default())?;
//! writer.commit(Checkpoint::default())?;
//! writer.finish()?;
//!
//! let index = Index::open(&dir)?;
//! let query = Query::parse("os-user:root NOT \"rm -rf\"", &TimeZone::UTC)?;
//! let hits = index.search(&query, &SearchOptions::default())?;
//! assert_eq!(hits.total()?, 0);
//! # std::fs::remove_dir_all(&dir)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod adjacent;
mod analyze;
mod batch;
mod beside;
mod codec;
mod count;
mod document;
mod error;
mod fields;
mod finding;
mod log;
mod opened;
mod packed;
mod query;
mod reader;
mod rows;
mod schema;
mod search;
mod sift;
mod stored;
mod times;
mod verify;
mod walk;
mod wanted;
mod words;
mod writer;

pub use count::Counts;
pub use error::{Error, Result};
pub use fields::{FIELDS, Field, FieldType, Value, field};
pub use log::{Checkpoint, DiagnosticCounts, LogDone, LogMark};
pub use packed::PackedFacts;
pub use query::{
    Expr, Indicators, Match, Pattern, Query, QueryError, TimeSpan, Values, help, parse_time, quote_literal,
    quote_regex,
};
pub use reader::{DocumentCounts, FactsAt, Index, SessionFilter};
pub use schema::SCHEMA_VERSION;
pub use search::{Hits, Order, SearchOptions};
pub use sift::{Sift, Sifted};
pub use writer::{Held, SessionWriter, Taken, Writer, WriterOptions, documents};
