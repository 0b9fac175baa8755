//! Runs of `index`, as the command line makes them.

use std::path::Path;

use whoran_model::Timestamp;
use whoran_pipeline::{Inputs, OnEvent, Outcome, ParseOptions, RunOptions, Secrets, Work, run};

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
    index_on(0, logs, data, on_event)
}

/// The same on so many threads.
///
/// # Errors
/// As for [`run`].
pub fn index_on(
    threads: usize,
    logs: &Path,
    data: &Path,
    on_event: OnEvent<'_>,
) -> Result<Outcome, whoran_pipeline::Error> {
    let options =
        RunOptions { work: work(threads), holder: "bench".into(), wait: false, now: Timestamp::UNIX_EPOCH };
    run(inputs(logs), data, &options, on_event)
}

/// Reads all logs below a folder, without an index.
///
/// # Errors
/// As for [`parse`](whoran_pipeline::parse).
pub fn parse(logs: &Path, threads: usize) -> Result<Outcome, whoran_pipeline::Error> {
    let options = ParseOptions { work: work(threads), secrets: Secrets::Shown };
    whoran_pipeline::parse(inputs(logs), &options, &|_| {}, &mut |_| Ok(()))
}

fn work(threads: usize) -> Work {
    Work { threads, memory: MEMORY, max_decompressed: 4 << 30 }
}

fn inputs(logs: &Path) -> Inputs {
    Inputs { paths: vec![logs.to_owned()], stdin: None }
}
