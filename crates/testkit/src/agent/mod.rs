//! The agent's side: one session's terminal bytes become the logs that Session Manager would keep of it.
//!
//! [`stream`] writes CloudWatch streaming events, [`transcript`] the S3 object, [`plain`] the non-streaming
//! CloudWatch upload. The rules are those of the agent as observed, written here from their description alone.

pub mod ansi;
mod envelope;
mod events;
pub mod json;
mod transcript;

pub use envelope::{LogEvent, filter_output, get_output, subscription};
pub use events::{MAX_EVENT_BYTES, Resend, stream};
pub use json::Go;
pub use transcript::{ScriptVersion, header, plain, transcript};

use jiff::Timestamp;

/// Terminal output of one session, with the time of every write.
#[derive(Debug, Clone, Default)]
pub struct Recording {
    bytes: Vec<u8>,
    /// Where a write began, and when, in milliseconds since 1970; both ascend.
    marks: Vec<(usize, i64)>,
    end_ms: i64,
}

impl Recording {
    /// Adds what the terminal showed at a time, in milliseconds since 1970. Times must not go back.
    pub fn push(&mut self, at_ms: i64, bytes: &[u8]) {
        if !bytes.is_empty() {
            self.marks.push((self.bytes.len(), at_ms));
            self.bytes.extend_from_slice(bytes);
        }
        self.end_ms = self.end_ms.max(at_ms);
    }

    /// All bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Time of the first write, milliseconds since 1970.
    pub fn start_ms(&self) -> i64 {
        self.marks.first().map_or(self.end_ms, |m| m.1)
    }

    /// Time of the last write or wait, milliseconds since 1970.
    pub fn end_ms(&self) -> i64 {
        self.end_ms
    }

    /// How many bytes stood there at that time.
    fn len_at(&self, at_ms: i64) -> usize {
        let next = self.marks.partition_point(|m| m.1 <= at_ms);
        self.marks.get(next).map_or(self.bytes.len(), |m| m.0)
    }

    /// When the byte at that offset was written.
    fn time_of(&self, offset: usize) -> i64 {
        let after = self.marks.partition_point(|m| m.0 <= offset);
        after.checked_sub(1).map_or(self.end_ms, |i| self.marks[i].1)
    }
}

/// What the agent knows about a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Its id.
    pub id: String,
    /// ARN of who started it, as streaming events give it.
    pub identity: String,
    /// OS user the shell was started as; empty where the agent leaves it empty.
    pub run_as_user: String,
    /// Node id.
    pub target: String,
    /// Region.
    pub region: String,
    /// Name of the agent's plugin: `Standard_Stream`, `InteractiveCommands`, `NonInteractiveCommands`.
    pub plugin: &'static str,
}

/// A time in milliseconds since 1970 as RFC 3339 in whole seconds, cut off.
pub fn whole_seconds(ms: i64) -> String {
    Timestamp::from_second(ms.div_euclid(1000)).map(|t| t.to_string()).unwrap_or_default()
}
