//! From logs to commands, and from there to answers.
//!
//! [`run()`] also takes what lies beside logs, facts of CloudTrail and IAM, and [`Store::context`] answers with them.
//!
//! Two faces. [`run()`] writes: list → fetch → route → gather → parse → link → mask → index, a type for every stage, so
//! that no stage can be left out or put in the wrong place. [`Store`] reads what is indexed. [`parse()`] is the first
//! half of a run with no index behind it.
//!
//! The run is blocking on purpose: what it reads is always local, on disk or in the archive, and its work is for the
//! processor, which rayon divides. What lies elsewhere is pulled into the archive before.
//!
//! Nothing here prints, asks the environment or looks at a clock: progress goes to an [`OnEvent`], times come in. Who
//! wants to know what a run's time went into listens with [`Stages`], which has the only stopwatch.

mod around;
mod audit;
mod dossier;
mod error;
mod event;
mod evidence;
mod facets;
mod figures;
mod folders;
mod keep;
mod key;
mod known;
mod lock;
mod parse;
mod picture;
#[cfg(feature = "aws")]
mod pull;
mod review;
mod run;
mod source;
mod spool;
mod stage;
mod stages;
mod store;
mod timeline;
mod unmask;
mod watch;

pub use around::{Around, Group, Standing};
pub use audit::{Actor, Use, Uses, record, shell_word, uses};
pub use dossier::Places;
pub use error::Error;
pub use event::{Event, OnEvent, Outcome, Step};
pub use evidence::{CaseCheck, CaseFile, CaseFolder, CaseMismatch, RawLog, SUMS, verify_case};
pub use facets::{Facet, FacetValue, More, facet_field};
pub use figures::ArchiveState;
pub use keep::{FoundLogs, Original, find_log, prunable, prune, rebuild, verify};
pub use parse::{ParseOptions, Piece, Sink, parse};
pub use picture::Picture;
#[cfg(feature = "aws")]
pub use pull::{PullOptions, PullOutcome, preferences, pull};
pub use review::{Reviews, SignOff, SignedOff, sign_off};
pub use run::{RunOptions, run};
pub use source::Inputs;
pub use stage::mask::{Secrets, shows_secret};
pub use stages::Stages;
pub use store::{Found, Lookup, Status, Store, export_columns, query};
pub use timeline::{Moment, Selection, Timeline, What};
pub use unmask::Originals;
pub use watch::Watch;
pub use whoran_index::{
    Field, Indicators, Order, Query, QueryError, SearchOptions, TimeSpan, help as query_help, parse_time,
    quote_literal, quote_regex,
};
/// Sources in AWS.
#[cfg(feature = "aws")]
pub use whoran_ingest::aws as remote;
pub use whoran_ingest::{Mismatch, Pruned, Replaced, Verification};
/// What facts and logs say together.
pub use whoran_link as link;

/// How much of the machine to use.
#[derive(Debug, Clone)]
pub struct Work {
    /// How many threads; 0 is one for each processor.
    pub threads: usize,
    /// How much memory to aim at, in bytes.
    pub memory: u64,
    /// What a compressed log may become before the rest of it is left out, in bytes.
    pub max_decompressed: u64,
}

impl Work {
    /// How many bytes of logs are parsed before the next are begun.
    fn in_flight(&self) -> u64 {
        (self.memory / 8).max(1 << 20)
    }

    /// How many bytes of logs may be in parsing at once: a session takes several times its bytes meanwhile.
    fn at_once(&self) -> u64 {
        (self.memory / 64).max(1 << 20)
    }

    /// How many bytes the commands of one session may take before they are no longer held.
    fn held(&self) -> usize {
        usize::try_from((self.memory / 16).max(1 << 20)).unwrap_or(usize::MAX)
    }

    /// How many bytes the index may hold before it writes them out.
    fn index_heap(&self) -> usize {
        usize::try_from(self.memory / 4).unwrap_or(usize::MAX)
    }

    /// Runs `work` on as many threads as asked for.
    fn pool<T: Send>(&self, work: impl FnOnce() -> T + Send) -> Result<T, Error> {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(self.threads).build();
        let pool = pool.map_err(|e| Error::Threads(e.to_string()))?;
        Ok(pool.install(work))
    }
}
