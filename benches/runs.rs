//! Runs of `index`, as the command line makes them.

use std::path::Path;

use whoran_model::Timestamp;
use whoran_pipeline::{Inputs, OnEvent, Outcome, RunOptions, Work, run};

/// What the command line takes where nobody says how much.
pub const MEMORY: u64 = 1 << 30;

/// Reads what is new below a folder into a data directory.
///
/// # Errors
/// As for [`run`].
pub fn index(logs: &Path, data: &Path) -> Result<Outcome, whoran_pipeline::Error> {
    index_with(logs, data, &|_| {})
}

/// The same, with everything that it tells on its way.
///
/// # Errors
/// As for [`run`].
pub fn index_with(
    logs: &Path,
    data: &Path,
    on_event: OnEvent<'_>,
) -> Result<Outcome, whoran_pipeline::Error> {
    let work = Work { threads: 0, memory: MEMORY, max_decompressed: 4 << 30 };
    let options = RunOptions { work, holder: "bench".into(), wait: false, now: Timestamp::UNIX_EPOCH };
    run(Inputs { paths: vec![logs.to_owned()], stdin: None }, data, &options, on_event)
}
