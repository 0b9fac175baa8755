//! Rows in other shapes than their own: with fewer keys, with a key more, or as Timesketch takes them.

use std::collections::BTreeMap;
use std::io;

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;
use whoran_model::{CommandRecord, TimePrecision};

use crate::rows::not_seen_to_run;
use crate::who::brief;
use crate::wire;

/// Some keys of a row, in an order of their own. A key that the row does not have is null.
#[derive(Debug, Clone)]
pub struct Chosen<'a> {
    keys: &'a [&'static str],
    /// Values as they are written there. Of a key that comes twice the last one counts.
    row: BTreeMap<String, Box<RawValue>>,
}

impl<'a> Chosen<'a> {
    /// These keys of a row.
    ///
    /// # Errors
    ///
    /// The row is no object.
    pub fn of(row: &impl Serialize, keys: &'a [&'static str]) -> io::Result<Self> {
        let mut text = Vec::new();
        wire::write(&mut text, row)?;
        Ok(Self { keys, row: serde_json::from_slice(&text)? })
    }
}

impl Serialize for Chosen<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.keys.len()))?;
        for key in self.keys {
            map.serialize_entry(key, &self.row.get(*key))?;
        }
        map.end()
    }
}

/// A command among those around it.
#[derive(Debug, Serialize)]
pub struct InContext<R> {
    /// The row itself.
    #[serde(flatten)]
    pub row: R,
    /// `hit`, `before` or `after`.
    pub context: &'static str,
}

/// A row with what [Timesketch](https://timesketch.org) asks of every event.
#[derive(Debug, Serialize)]
pub struct Timesketch<R> {
    /// What happened, in one line.
    pub message: String,
    /// When, ISO 8601.
    pub datetime: String,
    /// What kind of time that is.
    pub timestamp_desc: &'static str,
    /// The row itself.
    #[serde(flatten)]
    pub row: R,
}

/// The keys that [`Timesketch`] puts in front.
pub const TIMESKETCH_KEYS: [&str; 3] = ["message", "datetime", "timestamp_desc"];

/// A command for Timesketch; none where it has no time, since there every event has one.
pub fn timesketch(record: &CommandRecord) -> Option<Timesketch<wire::Command<'_>>> {
    let datetime = wire::time(record.command.time)?;
    let timestamp_desc = match record.command.time_precision {
        TimePrecision::Batch => "Command sent, not later than",
        TimePrecision::Session => "Session ended, command was before",
        TimePrecision::None => return None,
    };
    Some(Timesketch { message: message(record), datetime, timestamp_desc, row: record.into() })
}

/// `bob as root on web-1: cat /etc/motd`, and why it may not have run.
fn message(record: &CommandRecord) -> String {
    let unknown = || "unknown".to_owned();
    let who = record.person.clone().or_else(|| record.identity.as_ref().map(brief)).unwrap_or_else(unknown);
    let os_user = record.command.os_user.as_ref().map_or_else(unknown, ToString::to_string);
    let node = record.target_name.clone().or_else(|| record.target.as_ref().map(ToString::to_string));
    let node = node.or_else(|| record.command.host.clone()).unwrap_or_else(unknown);
    let remark = not_seen_to_run(record.command.status).map(|why| format!(" ({why})")).unwrap_or_default();
    format!("{who} as {os_user} on {node}: {}{remark}", record.command.command)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::tests::record;

    fn text(row: &impl Serialize) -> String {
        let mut out = Vec::new();
        wire::write(&mut out, row).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn all_keys_are_the_line_itself() {
        let record = record();
        let row = wire::Command::from(&record);
        assert_eq!(text(&Chosen::of(&row, wire::Command::KEYS).unwrap()), text(&row));
    }

    #[test]
    fn keys_come_as_asked_for() {
        let record = record();
        let row = Chosen::of(&wire::Command::from(&record), &["confidence", "command", "nonsense"]).unwrap();
        assert_eq!(text(&row), r#"{"confidence":0.95,"command":"echo \"hi\"","nonsense":null}"#);
    }

    #[test]
    fn a_row_in_context_is_the_line_and_one_key_more() {
        let record = record();
        let line = text(&wire::Command::from(&record));
        let row = InContext { row: wire::Command::from(&record), context: "before" };
        assert_eq!(text(&row), line.strip_suffix('}').unwrap().to_owned() + r#","context":"before"}"#);
    }

    #[test]
    fn timesketch_gets_a_message_and_a_time_or_nothing() {
        let mut record = record();
        let row = text(&timesketch(&record).unwrap());
        let due = concat!(
            r#"{"message":"Ops/alice (111122223333) as root on i-0123456789abcdef0: echo \"hi\"","#,
            r#""datetime":"2026-01-02T03:04:05Z","timestamp_desc":"Command sent, not later than","v":1,"#
        );
        assert!(row.starts_with(due), "{row}");
        record.command.status = whoran_model::Status::Aborted;
        let aborted = timesketch(&record).unwrap().message;
        assert!(aborted.ends_with(": echo \"hi\" (given up with Ctrl-C)"), "{aborted}");
        record.command.time = None;
        assert!(timesketch(&record).is_none());
    }
}
