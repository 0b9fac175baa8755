//! Logs that lie in S3 and in CloudWatch Logs, pulled into the archive. The only part of the program that knows AWS.
//!
//! A [`Remote`] says where logs are and how to get there; [`pull`] brings what the archive does not have yet.
//!
//! - What is new is found by comparing with the archive's manifest and nothing else, so a pull that was killed at any
//!   moment goes on where the last commit was, and one that finished finds nothing to do.
//! - S3 objects are kept byte for byte. Events of CloudWatch Logs are kept as one JSON object a line; a log stream is
//!   one log that grows at its end.
//! - Of CloudTrail the records are kept that matter, exact text, one a line. What an account is like now is kept as the
//!   AWS CLI prints it, each look a log of its own.
//! - Credentials, region and endpoint come by the SDK's own chain, as the AWS CLI finds them.

mod access;
mod arn;
mod call;
mod context;
mod logs;
mod name;
mod pace;
mod policy;
mod preferences;
mod remote;
mod s3;
mod sieve;
mod trail;

use whoran_model::{Diagnostic, Timestamp};

use crate::{Archive, Error};

pub use self::policy::policy;
pub use self::preferences::{Preferences, preferences};
pub use self::remote::{Access, Kind, Location, Remote};
pub use self::sieve::{Keep, Sieve};

/// Something a pull did.
#[derive(Debug)]
pub enum PullEvent<'a> {
    /// So many more logs or events, of so many bytes, are to be fetched.
    Listed {
        /// Their size, in bytes.
        bytes: u64,
    },
    /// So many bytes came.
    Fetched {
        /// How many.
        bytes: u64,
    },
    /// A log could not be had; the next pull tries again.
    Skipped(&'a Diagnostic),
}

/// What a pull brought.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pulled {
    /// Logs that are new in the archive or grew.
    pub logs: u64,
    /// Events of CloudWatch Logs among them; S3 has none.
    pub events: u64,
    /// Bytes that came, before compression.
    pub bytes: u64,
    /// Logs that the archive had already as they are.
    pub unchanged: u64,
    /// Logs that could not be had, with the reason.
    pub skipped: Vec<Diagnostic>,
}

/// Pulls what `archive` does not have yet of a source, and commits it. `now` is noted beside it as the time it was got.
/// Of CloudTrail's records come those that `sieve` keeps.
///
/// Needs a tokio runtime with time and IO; objects are fetched and compressed on its workers.
///
/// # Errors
/// The source cannot be reached or refuses, or the archive cannot be written. What was committed before stays.
pub async fn pull(
    remote: &Remote,
    sieve: Sieve,
    archive: &mut Archive,
    now: Timestamp,
    on_event: &(dyn Fn(PullEvent<'_>) + Sync),
) -> Result<Pulled, Error> {
    let site = access::Site::open(remote).await?;
    match &remote.location {
        Location::S3 { bucket, prefix } => {
            s3::Pull { site, remote, bucket, prefix, sieve, now, on_event }.run(archive).await
        }
        Location::LogGroup { .. } => logs::pull(site, remote, archive, now, on_event).await,
        Location::CloudTrail => trail::pull(&site, remote, sieve, archive, now, on_event).await,
        Location::Context => context::pull(&site, remote, archive, now, on_event).await,
    }
}
