//! Events in a table of comma-separated values, as the CloudWatch console saves them from a log group or from Logs
//! Insights, and other tools that hold logs.
//!
//! A field in quotes has each quote of its text twice (RFC 4180), so an event stands there much as it does in a JSON string.

use memchr::{memchr, memmem};
use whoran_model::Shape;

use super::found::{Found, MAX_RECORD};

/// What the agent's events begin with in quotes.
const BEGIN: &[u8] = b"{\"\"eventVersion\"\":";

/// Whether a table begins so: one with a column of messages, or with an event.
pub(super) fn is_table(head: &[u8]) -> bool {
    let header = head.split(|b| *b == b'\n').next().unwrap_or_default().trim_ascii_end();
    let mut names = header.split(|b| *b == b',').map(|name| name.strip_prefix(b"\"").unwrap_or(name));
    let of_messages =
        |name: &[u8]| matches!(name.strip_suffix(b"\"").unwrap_or(name), b"message" | b"@message");
    let named = header.contains(&b',') && names.any(of_messages);
    named || memmem::find_iter(head, BEGIN).any(|at| at > 0 && head[at - 1] == b'"')
}

/// The reader. Offsets count from the start of the log.
#[derive(Debug, Default)]
pub(super) struct Rows {
    at: u64,
    quoted: bool,
    /// Behind a field's quotes.
    closed: bool,
    /// The field in quotes so far, while it may be an event, and where it begins.
    field: Vec<u8>,
    start: u64,
    may_be_event: bool,
    found: bool,
}

impl Rows {
    pub(super) fn feed(&mut self, mut bytes: &[u8], mut take: impl FnMut(Found)) {
        while let Some(first) = bytes.first() {
            let len = if self.quoted {
                let end = memchr(b'"', bytes);
                self.keep(&bytes[..end.unwrap_or(bytes.len())]);
                (self.quoted, self.closed) = (end.is_none(), end.is_some());
                end.map_or(bytes.len(), |end| end + 1)
            } else {
                self.outside(*first, &mut take);
                1
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

    fn outside(&mut self, b: u8, take: &mut impl FnMut(Found)) {
        match b {
            // the second of two quotes: the field goes on
            b'"' if self.closed => {
                self.keep(b"\"\"");
                self.quoted = true;
            }
            b'"' => {
                self.start = self.at + 1;
                (self.quoted, self.may_be_event) = (true, true);
            }
            b',' | b'\n' => self.end(take),
            _ => {}
        }
    }

    fn keep(&mut self, bytes: &[u8]) {
        let room = if self.may_be_event { MAX_RECORD + 1 - self.field.len() } else { 0 };
        self.field.extend_from_slice(&bytes[..bytes.len().min(room)]);
        let known = self.field.len().min(BEGIN.len());
        if self.field[..known] != BEGIN[..known] {
            self.may_be_event = false;
            self.field.clear();
        }
    }

    /// The field ends here.
    fn end(&mut self, take: &mut impl FnMut(Found)) {
        self.closed = false;
        let field = std::mem::take(&mut self.field);
        if !field.starts_with(BEGIN) {
            return;
        }
        self.found = true;
        let range = self.start..self.start + field.len() as u64;
        if field.len() > MAX_RECORD {
            return take(Found::oversized(range));
        }
        let text = String::from_utf8_lossy(&field).replace("\"\"", "\"");
        Found::event(text.as_bytes(), Shape::Envelopes, range).alone(take);
    }
}
