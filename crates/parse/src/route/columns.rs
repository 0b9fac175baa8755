//! Events in lines of columns that tabs part, as `aws logs … --output text` prints them: no event has a tab or a line end
//! of its own.

use memchr::{memchr, memmem};
use whoran_model::{DiagnosticKind, Shape};

use super::records::{Found, MAX_RECORD, Probe, RECORD_START};

/// Whether a line of these bytes has an event behind a tab.
pub(super) fn is_of_columns(head: &[u8]) -> bool {
    memmem::find_iter(head, RECORD_START).any(|at| at > 0 && head[at - 1] == b'\t')
}

/// The reader. Offsets count from the start of the log.
#[derive(Debug, Default)]
pub(super) struct Columns {
    /// The line so far, and where it begins.
    line: Vec<u8>,
    start: u64,
    /// How much of the line was too much.
    over: u64,
    found: bool,
}

impl Columns {
    pub(super) fn feed(&mut self, mut bytes: &[u8], mut take: impl FnMut(Found)) {
        while let Some(end) = memchr(b'\n', bytes) {
            self.keep(&bytes[..=end]);
            self.end(&mut take);
            bytes = &bytes[end + 1..];
        }
        self.keep(bytes);
    }

    /// Ends the log; `true` where there was no event.
    pub(super) fn finish(mut self, mut take: impl FnMut(Found)) -> bool {
        self.end(&mut take);
        !self.found
    }

    fn keep(&mut self, bytes: &[u8]) {
        let room = (MAX_RECORD - self.line.len()).min(bytes.len());
        self.line.extend_from_slice(&bytes[..room]);
        self.over += (bytes.len() - room) as u64;
    }

    /// The line ends here.
    fn end(&mut self, take: &mut impl FnMut(Found)) {
        let line = std::mem::take(&mut self.line);
        let mut at = self.start;
        self.start += line.len() as u64 + self.over;
        if std::mem::take(&mut self.over) > 0 {
            let damage = Some(DiagnosticKind::OversizedRecord(MAX_RECORD as u64));
            return take(Found { damage, ..Found::nothing(at..self.start) });
        }
        for column in line.split(|b| *b == b'\t') {
            let event = column.trim_ascii_end();
            self.found |= event.starts_with(RECORD_START);
            if let Some(found) = found(event, at) {
                let end = found.range.end;
                take(found);
                // what follows is no neighbour
                take(Found::nothing(end..end));
            }
            at += column.len() as u64 + 1;
        }
    }
}

/// What a column is, where it begins as an event.
fn found(event: &[u8], at: u64) -> Option<Found> {
    let nothing = Found::nothing(at..at + event.len() as u64);
    if !event.starts_with(RECORD_START) {
        return None;
    }
    match serde_json::from_slice::<Probe<'_>>(event).ok().map(Probe::session_of_event) {
        Some(None) => None,
        Some(Some(session)) => Some(Found { shape: Some(Shape::Events), session, ..nothing }),
        None => Some(Found { damage: Some(DiagnosticKind::DamagedJson { recovered: false }), ..nothing }),
    }
}
