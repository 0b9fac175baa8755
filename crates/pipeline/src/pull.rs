//! From AWS into the archive: what stands in front of a run.

use std::io::{self, Read};
use std::path::Path;

use whoran_ingest::aws::{Access, Preferences, PullEvent, Pulled, Remote, Sieve};
use whoran_ingest::{Archive, Error as IngestError, create_private_dir};
use whoran_model::Timestamp;
use whoran_parse::{CALLS, TrailSieve};

use crate::Error;
use crate::lock::Lock;

/// Of CloudTrail's records those are pulled that are facts.
const SIEVE: Sieve = Sieve { calls: &CALLS, keep };

fn keep(bytes: &mut dyn Read, kept: &mut dyn FnMut(&[u8])) -> io::Result<bool> {
    let mut sieve = TrailSieve::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        match bytes.read(&mut buffer)? {
            0 => return Ok(sieve.finish()),
            n => sieve.feed(&buffer[..n], kept),
        }
    }
}

/// How to pull.
#[derive(Debug, Clone)]
pub struct PullOptions {
    /// What to tell others who want the lock: process and command.
    pub holder: String,
    /// Whether to wait for another process that has the lock.
    pub wait: bool,
    /// The time now, noted in the archive beside what comes.
    pub now: Timestamp,
}

/// What a pull from several sources did.
#[derive(Debug)]
pub struct PullOutcome {
    /// What came from each source, or why nothing more did, in the order asked for.
    pub sources: Vec<Result<Pulled, IngestError>>,
    /// Hash of the archive's last manifest line after the pull.
    pub head: String,
}

/// Pulls what the archive in the directory `data` does not have yet, source after source. One that cannot be reached
/// does not keep the others from being pulled.
///
/// Killed at any moment, it leaves the archive as of its last commit, and the next pull goes on from there.
///
/// # Errors
/// Another process at work on `data`, a disk that is full, an archive that is damaged.
pub fn pull(
    remotes: &[Remote],
    data: &Path,
    options: &PullOptions,
    on_event: &(dyn Fn(PullEvent<'_>) + Sync),
) -> Result<PullOutcome, Error> {
    create_private_dir(data)?;
    let _lock = Lock::take(data, &options.holder, options.wait)?;
    let runtime = runtime()?;
    let mut sources = Vec::new();
    // Opened anew for each source: what one left uncommitted when it failed is nobody's.
    for remote in remotes {
        let mut archive = Archive::open(&data.join("archive"))?;
        let pulled = whoran_ingest::aws::pull(remote, SIEVE, &mut archive, options.now, on_event);
        match runtime.block_on(pulled) {
            Err(error @ (IngestError::Write { .. } | IngestError::Manifest { .. })) => {
                return Err(error.into());
            }
            pulled => sources.push(pulled),
        }
    }
    let head = Archive::open(&data.join("archive"))?.head().to_owned();
    Ok(PullOutcome { sources, head })
}

/// Where the logs of an account go, by its Session Manager preferences; `None` where it never set any.
///
/// # Errors
/// Systems Manager cannot be reached or refuses.
pub fn preferences(access: &Access) -> Result<Option<Preferences>, Error> {
    Ok(runtime()?.block_on(whoran_ingest::aws::preferences(access))?)
}

fn runtime() -> Result<tokio::runtime::Runtime, Error> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.map_err(|e| Error::Threads(e.to_string()))
}
