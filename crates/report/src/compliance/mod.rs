//! The compliance report: evidence for the controls of a framework, and what evidence is missing.
//!
//! Who makes one gives a [`Material`]: the sessions of the period and the answers to questions about them. What it comes
//! to is worked out here, and nothing is looked up.

pub(crate) mod aggregate;
mod controls;
mod remarks;
mod rows;
pub(crate) mod sections;

use std::collections::BTreeSet;

use jiff::civil::Date;
use whoran_model::Timestamp;

pub use aggregate::{Begun, PopulationRow};
pub use controls::{Control, Framework};
pub use rows::{AttemptRow, CallRow, DamagedRow, ElementRow, ProgramRow, SnapshotRow, TrailRow, UseRow};

use crate::document::{Head, Report};
use crate::input::{Commands, Entry};
use crate::judged::Judged;
use crate::parameters::Parameters;
use crate::rows::{AccessRow, DoctorRow, GapRow, RunAsRow, SharedRow};
use crate::topics::Technique;

/// What a compliance report is made of. All of it is of the report's scope; what has a time, of its period too.
#[derive(Debug, Clone)]
pub struct Material<'a> {
    /// The first page.
    pub head: Head,
    /// The framework.
    pub framework: Framework,
    /// What to go by.
    pub parameters: &'a Parameters,
    /// How many rows a table has at most.
    pub limit: usize,
    /// The period: from then on, and before that.
    pub period: (Timestamp, Timestamp),
    /// The sessions that began in the period, by time and id.
    pub sessions: Vec<Entry<'a>>,
    /// Sessions of any period, for how far back the record goes.
    pub begun: Vec<Begun>,
    /// Sessions that nothing dates: in no period.
    pub undated: u64,
    /// Sessions of the period that the parameters leave out.
    pub out_of_scope: u64,
    /// What is missing in the sessions' record.
    pub gaps: Vec<GapRow>,
    /// CloudTrail's records by account and region.
    pub trail: Vec<TrailRow>,
    /// Days of the period on which some account and region has no CloudTrail record.
    pub days_missing: BTreeSet<Date>,
    /// What else is there from beside the logs.
    pub snapshots: Vec<SnapshotRow>,
    /// What the session documents mean for the record.
    pub settings: Vec<DoctorRow>,
    /// What logs themselves show to be missing.
    pub damaged: Vec<DamagedRow>,
    /// What each record says.
    pub elements: Vec<ElementRow>,
    /// Privileged commands.
    pub privileged: Commands,
    /// Programs in them, the most frequent first.
    pub programs: Vec<ProgramRow>,
    /// What was found of each technique.
    pub techniques: Vec<(&'static Technique, Commands)>,
    /// The OS users that several used.
    pub shared: Vec<SharedRow>,
    /// The verdict on each session's OS user.
    pub run_as: Vec<RunAsRow>,
    /// Principals and nodes where something was allowed, used or refused.
    pub access: Vec<AccessRow>,
    /// Pairs of which nothing of that is so.
    pub access_none: u64,
    /// Refused calls.
    pub attempts: Vec<AttemptRow>,
    /// Commands that were refused more rights.
    pub refused: Commands,
    /// Commands that change accounts.
    pub account_commands: Commands,
    /// Calls that change the tag which decides on OS users.
    pub account_calls: Vec<CallRow>,
    /// Commands that change records.
    pub log_commands: Commands,
    /// Calls that change session documents.
    pub log_calls: Vec<CallRow>,
    /// Commands that read logs.
    pub log_reading: Commands,
    /// Uses of this tool in the period.
    pub uses: Vec<UseRow>,
    /// Commands that change the system.
    pub system: Commands,
    /// What rules found in the sessions, and what was signed off of them.
    pub judged: Judged,
    /// How many sessions are drawn by lot.
    pub samples: usize,
    /// What checking the archive said, where that was asked for.
    pub verified: Option<Result<String, String>>,
}

/// Makes the report.
pub fn report(material: &Material<'_>) -> Report {
    sections::report(material)
}
