//! What happened, in order: one row for each command, call, end and gap.

use serde::Serialize;

use crate::profile::Timesketch;
use crate::rows::{Place, Row, Who};

/// Something that happened.
#[derive(Debug, Clone, Default, Serialize)]
pub struct TimelineRow {
    /// When, as far as known: see `time_precision`.
    pub time: Option<String>,
    /// `second`: its own time. `batch`: when CloudWatch got the command. `session`: that of its session, of a command
    /// the end, of a gap the start. `none`: not known.
    pub time_precision: &'static str,
    /// `command`, `call`, `end` or `gap`.
    pub what: &'static str,
    /// The command's text; the call and what it is about; what is missing.
    pub message: String,
    /// Of a command `run`, `aborted` or `incomplete`; of a call `success`, `denied` or `failed`; of a gap its cause.
    pub outcome: Option<&'static str>,
    /// Who.
    #[serde(flatten)]
    pub who: Who,
    /// The account.
    pub account: Option<String>,
    /// The region.
    pub region: Option<String>,
    /// The OS user that a command ran as.
    pub os_user: Option<String>,
    /// The node.
    pub target: Option<String>,
    /// Its name.
    pub target_name: Option<String>,
    /// The session.
    pub session_id: Option<String>,
    /// Place of a command in its session.
    pub seq: Option<u32>,
    /// Id of the command, or of CloudTrail's event.
    pub id: Option<String>,
    /// Where a call came from.
    pub source_ip: Option<String>,
    /// What says so.
    pub evidence: Vec<Place>,
}

impl Row for TimelineRow {
    const COLUMNS: &'static [&'static str] = &[
        "time",
        "time_precision",
        "what",
        "message",
        "outcome",
        "identity",
        "person",
        "claimed",
        "basis",
        "account",
        "region",
        "os_user",
        "target",
        "target_name",
        "session_id",
        "seq",
        "id",
        "source_ip",
        "evidence",
    ];
}

impl TimelineRow {
    /// The same for Timesketch; none where it has no time, since there every event has one.
    pub fn timesketch(self) -> Option<Timesketch<Self>> {
        let datetime = self.time.clone()?;
        let timestamp_desc = match (self.what, self.time_precision) {
            ("command", "batch") => "Command sent, not later than",
            ("command", _) => "Session ended, command was before",
            ("call", _) => "Call recorded",
            ("end", _) => "Session ended",
            _ => "Session started",
        };
        Some(Timesketch { message: self.message.clone(), datetime, timestamp_desc, row: self })
    }
}
