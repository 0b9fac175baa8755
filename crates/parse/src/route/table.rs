//! Events in a table of comma-separated values, as the CloudWatch console saves them from a log group or from Logs
//! Insights.
//!
//! The header names the column of the messages. A field in quotes has each quote of its text twice (RFC 4180), so an event
//! stands there much as it does in a JSON string.

use memchr::{memchr, memmem};
use whoran_model::{DiagnosticKind, Shape};

use super::records::{Found, MAX_RECORD, Probe};

/// The column of messages, in what the console saves from a log group and from Logs Insights.
const MESSAGE: [&str; 2] = ["message", "@message"];

/// What the agent's events begin with.
const BEGIN: &[u8] = b"{\"\"eventVersion\"\":";

/// Which column holds the messages, if this is a table's header.
pub(super) fn message_column(line: &[u8]) -> Option<usize> {
    let line = std::str::from_utf8(line).ok()?.trim_start_matches('\u{feff}').trim_end();
    let mut names = line.split(',').map(|name| name.trim_matches('"'));
    names.position(|name| MESSAGE.contains(&name))
}

/// The reader. Offsets count from the start of the log.
#[derive(Debug)]
pub(super) struct Rows {
    at: u64,
    /// The column of messages; none before the header's end.
    message: Option<usize>,
    column: usize,
    quoted: bool,
    /// The field so far: all of a header, else the message.
    field: Vec<u8>,
    start: u64,
    oversized: bool,
    found: bool,
}

impl Rows {
    pub(super) fn new() -> Self {
        Self {
            at: 0,
            message: None,
            column: 0,
            quoted: false,
            field: Vec::new(),
            start: 0,
            oversized: false,
            found: false,
        }
    }

    pub(super) fn feed(&mut self, mut bytes: &[u8], mut take: impl FnMut(Found)) {
        while let Some(first) = bytes.first() {
            let len = match (self.message, self.quoted) {
                (None, _) => self.header(bytes),
                (_, true) => self.inside(bytes),
                _ => {
                    self.outside(*first, &mut take);
                    1
                }
            };
            self.at += len as u64;
            bytes = &bytes[len..];
        }
    }

    /// Ends the log; `true` where there was no event.
    pub(super) fn finish(mut self, mut take: impl FnMut(Found)) -> bool {
        // a field that was cut is no whole JSON, which is said
        self.end(&mut take);
        !self.found
    }

    fn header(&mut self, bytes: &[u8]) -> usize {
        let end = memchr(b'\n', bytes).map_or(bytes.len(), |end| end + 1);
        self.field.extend_from_slice(&bytes[..end]);
        if self.field.ends_with(b"\n") {
            self.message = Some(message_column(&self.field).unwrap_or(usize::MAX));
            self.field.clear();
        }
        end
    }

    fn inside(&mut self, bytes: &[u8]) -> usize {
        let end = memchr(b'"', bytes);
        self.keep(&bytes[..end.unwrap_or(bytes.len())]);
        self.quoted = end.is_none();
        end.map_or(bytes.len(), |end| end + 1)
    }

    fn outside(&mut self, b: u8, take: &mut impl FnMut(Found)) {
        match b {
            // the second of two quotes: the field goes on
            b'"' if !self.field.is_empty() => {
                self.keep(b"\"\"");
                self.quoted = true;
            }
            b'"' => {
                self.start = self.at + 1;
                self.quoted = true;
            }
            b',' => {
                self.end(take);
                self.column += 1;
            }
            b'\n' => {
                self.end(take);
                self.column = 0;
            }
            _ => {}
        }
    }

    fn keep(&mut self, bytes: &[u8]) {
        if self.message != Some(self.column) {
            return;
        }
        if self.field.len() + bytes.len() > MAX_RECORD {
            self.oversized = true;
            self.field.clear();
        }
        if !self.oversized {
            self.field.extend_from_slice(bytes);
        }
    }

    /// The field ends here.
    fn end(&mut self, take: &mut impl FnMut(Found)) {
        let field = std::mem::take(&mut self.field);
        let range = self.start..self.start + field.len() as u64;
        if std::mem::take(&mut self.oversized) {
            let damage = Some(DiagnosticKind::OversizedRecord(MAX_RECORD as u64));
            take(Found { damage, ..Found::nothing(self.start..self.at) });
            return;
        }
        if !field.starts_with(BEGIN) && memmem::find(&field, b"sessionData").is_none() {
            return;
        }
        self.found = true;
        let text = String::from_utf8_lossy(&field);
        match serde_json::from_str::<Probe<'_>>(&text.replace("\"\"", "\"")).map(Probe::session_of_event) {
            Ok(None) => {}
            Ok(Some(session)) => {
                take(Found { shape: Some(Shape::Envelopes), session, ..Found::nothing(range.clone()) });
                // what follows is no neighbour
                take(Found::nothing(range.end..range.end));
            }
            // a text that speaks of events is none
            Err(_) if !field.starts_with(b"{") => {}
            Err(_) => {
                let damage = Some(DiagnosticKind::DamagedJson { recovered: false });
                take(Found { damage, ..Found::nothing(range) });
            }
        }
    }
}
