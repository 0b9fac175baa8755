//! Events in lines of columns that tabs part, as `aws logs … --output text` prints them: no event has a tab or a line end
//! of its own.

use memchr::{memchr, memmem};
use whoran_model::Shape;

use super::records::{Found, MAX_RECORD, RECORD_START};

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
            return take(Found::oversized(at..self.start));
        }
        for column in line.split(|b| *b == b'\t') {
            let event = column.trim_ascii_end();
            if event.starts_with(RECORD_START) {
                self.found = true;
                let range = at..at + event.len() as u64;
                Found::event(event, Shape::Events, range).alone(take);
            }
            at += column.len() as u64 + 1;
        }
    }
}
