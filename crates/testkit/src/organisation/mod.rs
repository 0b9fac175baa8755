//! An organisation: accounts, principals, nodes, and sessions with known answers to who, as whom, and may they.
//!
//! What is true is decided here when something happens, from the state of the world at that moment, and never looked
//! up again in what was written about it.
//!
//! ```text
//! logs/stream/<account>-<region>/<day>.jsonl          streaming events of many sessions
//! logs/s3/<session>.log                               transcripts
//! context/<account>/cloudtrail/<region>/<day>.json.gz  CloudTrail
//! context/<account>/{iam,ssm,ec2}/…-<time>.json        snapshots, two of each
//! ```

mod calls;
mod people;
mod sessions;
mod state;

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::path::Path;

use flate2::{Compression, write::GzEncoder};

use crate::Dice;
pub use people::{Grant, Holder, Person, Way};
use state::World;
pub use state::{Node, Settings};

/// How large.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OrganisationSpec {
    /// The same seed gives the same bytes.
    pub seed: u64,
    /// People with a way in, each a principal or one more user of a shared one.
    pub people: usize,
    /// Managed nodes.
    pub nodes: usize,
    /// Calls to start a session.
    pub calls: usize,
}

impl OrganisationSpec {
    /// Three accounts, 200 people, 500 nodes, 20,000 sessions.
    pub const FULL: Self = Self { seed: 5, people: 200, nodes: 500, calls: 34_000 };
    /// The same kinds of everything, small enough for every test run.
    pub const SMALL: Self = Self { seed: 5, people: 60, nodes: 60, calls: 1500 };
}

/// Everything that is true.
#[derive(Debug, Clone, Default)]
pub struct OrganisationTruth {
    /// Every session, by its id.
    pub sessions: BTreeMap<String, SessionAnswer>,
    /// Calls that made no session, by the `eventID` of the call.
    pub attempts: BTreeMap<String, AttemptAnswer>,
    /// Every principal and node of an account: ARN of the IAM user or role, node id.
    pub access: BTreeMap<(String, String), AccessAnswer>,
    /// Session, kind of gap, cause.
    pub gaps: Vec<(String, &'static str, &'static str)>,
}

/// What is true of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionAnswer {
    /// ARN of who started it, as streaming events have it.
    pub principal: String,
    /// The human's name as evidence gives it; `None` for root.
    pub person: Option<String>,
    /// What that name rests on.
    pub basis: Option<&'static str>,
    /// Account and region.
    pub place: (&'static str, &'static str),
    /// Node id.
    pub node: String,
    /// The OS user owed; `None` where nobody is.
    pub owed: Option<String>,
    /// Why: `tag`, `session-tag`, `default`, `ssm-user`, `nobody`.
    pub owed_by: &'static str,
    /// The OS user used; `None` where no log shows it.
    pub used: Option<String>,
    /// The verdict on that.
    pub verdict: &'static str,
    /// Whether there is a log.
    pub logged: bool,
    /// Commands in it.
    pub commands: u64,
    /// The reason given.
    pub reason: Option<String>,
    /// Where it came from.
    pub source_ip: String,
}

/// What is true of a call that made no session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttemptAnswer {
    /// Node id.
    pub node: String,
    /// The human's name; `None` for root.
    pub person: Option<String>,
    /// Whether a policy refused it; else it was for the OS user.
    pub denied: bool,
    /// The verdict on Run As.
    pub verdict: &'static str,
}

/// What is true of one principal and one node.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AccessAnswer {
    /// `granted`, `conditional`, `denied`, `not-granted`.
    pub start: &'static str,
    /// Sessions started.
    pub started: u64,
    /// Attempts that a policy refused.
    pub denied: u64,
}

/// Writes an organisation into the folder, which should be empty.
///
/// # Errors
/// Whatever the file system says.
pub fn organisation(spec: &OrganisationSpec, dir: &Path) -> io::Result<OrganisationTruth> {
    let mut dice = Dice::new(spec.seed);
    let world = World::new(&mut dice, spec);
    let (truth, files) = sessions::play(&mut dice, &world, spec);
    for (path, text) in files {
        let file = dir.join(&path);
        fs::create_dir_all(file.parent().unwrap_or(dir))?;
        if path.ends_with(".gz") {
            let mut gz = GzEncoder::new(fs::File::create(file)?, Compression::fast());
            gz.write_all(&text)?;
            gz.finish()?;
        } else {
            fs::write(file, text)?;
        }
    }
    Ok(truth)
}

/// Moves the latest snapshot of IAM of each account from an organisation's `dir` to the folder `later`, to be given later.
///
/// # Errors
/// Whatever the file system says.
pub fn hold_back_snapshots(dir: &Path, later: &Path) -> io::Result<()> {
    for account in fs::read_dir(dir.join("context"))? {
        let account = account?;
        let folder = account.path().join("iam");
        let names: io::Result<Vec<_>> = fs::read_dir(&folder)?.map(|entry| Ok(entry?.file_name())).collect();
        if let Some(last) = names?.into_iter().max() {
            let to = later.join(account.file_name());
            fs::create_dir_all(&to)?;
            fs::rename(folder.join(&last), to.join(&last))?;
        }
    }
    Ok(())
}
