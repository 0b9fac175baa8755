//! A log cut into its lines, of which no more is kept than somebody looks at.

use std::ops::Range;

use memchr::memchr;

/// The cutter. Offsets count from the start of the log.
#[derive(Debug)]
pub(super) struct Lines {
    /// So many bytes of a line are kept at most.
    most: usize,
    /// The line so far, or its first bytes; where it begins, and how far the log was read.
    line: Vec<u8>,
    start: u64,
    at: u64,
}

impl Lines {
    pub(super) fn of_at_most(most: usize) -> Self {
        Self { most, line: Vec::new(), start: 0, at: 0 }
    }

    /// Gives each line that ends in these bytes to `each`, its line end with it, and where it stands as a whole.
    pub(super) fn feed(&mut self, mut bytes: &[u8], mut each: impl FnMut(&[u8], Range<u64>)) {
        while let Some(end) = memchr(b'\n', bytes) {
            self.keep(&bytes[..=end]);
            self.end(&mut each);
            bytes = &bytes[end + 1..];
        }
        self.keep(bytes);
    }

    /// Gives what the log ends with behind its last line end, if only nothing.
    pub(super) fn finish(&mut self, mut each: impl FnMut(&[u8], Range<u64>)) {
        self.end(&mut each);
    }

    fn keep(&mut self, bytes: &[u8]) {
        let room = (self.most - self.line.len()).min(bytes.len());
        self.line.extend_from_slice(&bytes[..room]);
        self.at += bytes.len() as u64;
    }

    fn end(&mut self, each: &mut impl FnMut(&[u8], Range<u64>)) {
        each(&self.line, self.start..self.at);
        self.line.clear();
        self.start = self.at;
    }
}
