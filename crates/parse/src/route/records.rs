//! JSON records in a byte stream: streaming events, one after another or inside what CloudWatch APIs print.
//!
//! A scanner finds where each record begins and ends without building it, so that a file of any size needs no more
//! memory than its largest record. A damaged record ends at its line; the next line begins anew.

use std::ops::Range;

use memchr::{memchr, memchr2};
use whoran_model::{DiagnosticKind, Shape};

use super::embedded::{Inner, events_in};
use super::found::{BARE, Found, MAX_RECORD, RECORD_START, cut, identify};
use super::sniff::is_script_header;
use super::stamps::{is_stamp, is_tail, is_tail_line, starts_stamp};
use crate::quoted::{Flat, plain};

/// As much of a line as is looked at for a transcript's header.
const MAX_HEADER: usize = 1024;

/// The scanner. Offsets count from the start of the log.
#[derive(Debug)]
pub(super) struct Records {
    at: u64,
    /// Open brackets.
    depth: u32,
    /// Depth at which records stand: 0, 1 in a bare array, 2 in `{"events": […]}`.
    home: u32,
    in_string: bool,
    escaped: bool,
    /// Bytes of the record so far, or of a container's head.
    record: Vec<u8>,
    start: u64,
    oversized: bool,
    /// Inside a container: its keys and the stream it speaks of.
    string: Vec<u8>,
    key: Vec<u8>,
    is_value: bool,
    stream: Option<String>,
    line_start: bool,
    skip_line: bool,
    /// A line between records that is no JSON, until enough of it is seen to tell what it is.
    foreign: Vec<u8>,
    /// A line that begins like a record and has not ended yet.
    held: Vec<u8>,
    records: u64,
}

/// Terminal text begins at `offset` with `line`.
#[derive(Debug)]
pub(super) struct TextBegins {
    pub(super) offset: u64,
    pub(super) line: Vec<u8>,
}

impl Records {
    pub(super) fn new(at: u64) -> Self {
        Self {
            at,
            depth: 0,
            home: 0,
            in_string: false,
            escaped: false,
            record: Vec::new(),
            start: at,
            oversized: false,
            string: Vec::new(),
            key: Vec::new(),
            is_value: false,
            stream: None,
            line_start: true,
            skip_line: false,
            foreign: Vec::new(),
            held: Vec::new(),
            records: 0,
        }
    }

    /// Scans `bytes`. Where terminal text begins, the rest is not scanned.
    pub(super) fn feed(&mut self, mut bytes: &[u8], mut take: impl FnMut(Found)) -> Option<TextBegins> {
        if !self.held.is_empty() {
            let end = memchr(b'\n', bytes).map_or(bytes.len(), |n| n + 1);
            self.held.extend_from_slice(&bytes[..end]);
            bytes = &bytes[end..];
            // only what is new is looked at, or pieces of a long line would be looked at again and again
            let goes_on = self.held.starts_with(RECORD_START) && self.held.len() <= MAX_RECORD;
            if goes_on && !self.held.ends_with(b"\n") {
                return None;
            }
            let line = std::mem::take(&mut self.held);
            if let Some(begins) = self.scan(&line, false, &mut take) {
                return Some(begins);
            }
        }
        self.scan(bytes, false, &mut take)
    }

    /// Scans `bytes`, with which the log ends if they are the `last`; else a line that begins like a record and does not end
    /// is held, so that nothing depends on how a log is handed over.
    fn scan(&mut self, bytes: &[u8], last: bool, take: &mut impl FnMut(Found)) -> Option<TextBegins> {
        let base = self.at;
        let mut i = 0;
        while i < bytes.len() {
            self.at = base + i as u64;
            if self.skip_line {
                match memchr(b'\n', &bytes[i..]) {
                    Some(n) => {
                        self.skip_line = false;
                        self.line_start = true;
                        i += n + 1;
                    }
                    None => break,
                }
                continue;
            }
            if self.depth == 0
                && self.home == 0
                && self.line_start
                && let Some(len) = self.compact_event(&bytes[i..], take)
            {
                i += len;
                continue;
            }
            if self.line_start && self.home == 0 && !last && begins_record(&bytes[i..]) {
                self.held.extend_from_slice(&bytes[i..]);
                return None;
            }
            if starts_stamp(&self.foreign) {
                self.foreign.push(bytes[i]);
                i += 1;
                if is_stamp(&self.foreign) {
                    // what an export task writes before each event
                    self.end_tail(take);
                } else if bytes[i - 1] == b'\n' {
                    self.foreign.pop();
                    i -= 1;
                    if let Some(begins) = self.end_foreign(take) {
                        return Some(begins);
                    }
                }
                continue;
            }
            if !self.foreign.is_empty() {
                let room = &bytes[i..bytes.len().min(i + MAX_HEADER - self.foreign.len())];
                let n = memchr2(b'\n', b'{', room).unwrap_or(room.len());
                self.foreign.extend_from_slice(&room[..n]);
                i += n;
                if room.get(n) == Some(&b'{') {
                    if is_tail(&self.foreign) {
                        self.end_tail(take);
                    } else {
                        self.foreign.push(b'{');
                        i += 1;
                    }
                    continue;
                }
                if (n < room.len() || self.foreign.len() >= MAX_HEADER)
                    && let Some(begins) = self.end_foreign(take)
                {
                    return Some(begins);
                }
                continue;
            }
            if self.in_string {
                i += self.string_bytes(&bytes[i..], take);
            } else if self.depth > 0 && bytes[i] == b' ' {
                let blanks = bytes[i..].iter().take_while(|b| **b == b' ').count();
                self.line_start = false;
                self.keep(&bytes[i..i + blanks]);
                i += blanks;
            } else if self.depth > 0
                && self.depth == self.home
                && let Some(len) = self.flat_record(&bytes[i..], take)
            {
                self.line_start = false;
                i += len;
            } else {
                self.structural(bytes[i], bytes.get(i + 1).copied(), take);
                i += 1;
            }
        }
        self.at = base + bytes.len() as u64;
        None
    }

    /// The line between records is known: a transcript's header, or garbage.
    fn end_foreign(&mut self, take: &mut impl FnMut(Found)) -> Option<TextBegins> {
        let line = std::mem::take(&mut self.foreign);
        if is_script_header(&line) {
            return Some(TextBegins { offset: self.start, line });
        }
        if is_tail_line(&line) {
            // its event follows on lines of its own
            self.foreign = line;
            self.end_tail(take);
            return None;
        }
        self.records += 1;
        let range = self.start..self.start + line.len() as u64;
        let damage = Some(DiagnosticKind::DamagedJson { recovered: false });
        take(Found { range, shape: None, session: None, stream: None, damage });
        self.skip_line = true;
        None
    }

    /// What stands before an event is known, and the event begins.
    fn end_tail(&mut self, take: &mut impl FnMut(Found)) {
        let end = self.start + self.foreign.len() as u64;
        self.foreign.clear();
        self.line_start = true;
        take(Found::nothing(self.start..end));
    }

    /// Ends the log; `true` where no record was found at all.
    pub(super) fn finish(mut self, mut take: impl FnMut(Found)) -> bool {
        let held = std::mem::take(&mut self.held);
        self.scan(&held, true, &mut take);
        if !self.foreign.is_empty() {
            self.end_foreign(&mut take);
        }
        if self.depth > self.home && !self.record.is_empty() {
            self.records += 1;
            self.damaged(&mut take);
        }
        self.records == 0
    }

    /// The agent's own form, whole on one line.
    fn compact_event(&mut self, bytes: &[u8], take: &mut impl FnMut(Found)) -> Option<usize> {
        if !bytes.starts_with(RECORD_START) {
            return None;
        }
        let end = memchr(b'\n', bytes)?;
        let line = bytes[..end].trim_ascii_end();
        if line.len() > MAX_RECORD {
            return None;
        }
        let session = BARE.session(line)?.to_owned();
        self.records += 1;
        take(Found {
            range: self.at..self.at + line.len() as u64,
            shape: Some(Shape::Events),
            session: Some(session),
            stream: None,
            damage: None,
        });
        Some(end + 1)
    }

    /// A record as CloudWatch's APIs list them, if one stands here.
    fn flat_record(&mut self, bytes: &[u8], take: &mut impl FnMut(Found)) -> Option<usize> {
        let flat = Flat::read(bytes).filter(|flat| flat.len <= MAX_RECORD)?;
        let (record, range) = (&bytes[..flat.len], self.at..self.at + flat.len as u64);
        self.records += 1;
        hand_on(Found::listed(&flat, record, range, self.stream.as_deref()), record, take);
        Some(flat.len)
    }

    /// Takes bytes inside a string up to its end, and returns how many.
    fn string_bytes(&mut self, bytes: &[u8], take: &mut impl FnMut(Found)) -> usize {
        if self.escaped {
            self.escaped = false;
            self.keep(&bytes[..1]);
            return 1;
        }
        let mut n = 0;
        loop {
            let rest = &bytes[n..];
            let plain = plain(rest);
            if self.depth <= 1 && self.string.len() < 512 {
                self.string.extend_from_slice(&rest[..plain.min(512 - self.string.len())]);
            }
            n += plain;
            match bytes.get(n) {
                // what is escaped belongs to the string, whatever it is
                Some(b'\\') if n + 1 < bytes.len() => n += 2,
                Some(b'"' | b'\\' | b'\n') | None => break,
                Some(control) => {
                    if self.depth <= 1 && self.string.len() < 512 {
                        self.string.push(*control);
                    }
                    n += 1;
                }
            }
        }
        self.keep(&bytes[..n]);
        match bytes.get(n) {
            None => n,
            Some(b'\n') => {
                // a raw line feed can't stand in a JSON string: the record is cut
                self.at += n as u64;
                self.records += 1;
                self.damaged(take);
                n
            }
            Some(b'\\') => {
                self.escaped = true;
                self.keep(b"\\");
                n + 1
            }
            Some(_) => {
                self.in_string = false;
                self.keep(b"\"");
                if self.is_among_texts() {
                    self.end_record(self.at + n as u64 + 1, |_, range, _| Found::nothing(range), take);
                } else if self.depth == 1 {
                    if !self.is_value {
                        std::mem::swap(&mut self.key, &mut self.string);
                    } else if matches!(self.key.as_slice(), b"logStream" | b"logStreamName") {
                        self.stream = String::from_utf8(std::mem::take(&mut self.string)).ok();
                    }
                }
                n + 1
            }
        }
    }

    /// One byte outside any string.
    fn structural(&mut self, b: u8, next: Option<u8>, take: &mut impl FnMut(Found)) {
        let at_line_start = std::mem::take(&mut self.line_start);
        match b {
            b'"' if self.depth > 0 => {
                if self.is_among_texts() {
                    self.record.clear();
                    self.oversized = false;
                    self.start = self.at;
                }
                self.in_string = true;
                self.string.clear();
                self.keep(b"\"");
            }
            b'{' | b'[' => {
                if at_line_start && b == b'{' && next == Some(b'"') && self.home == 0 && self.depth > 0 {
                    // a record begins where its forerunner should have gone on: that one is cut
                    self.records += 1;
                    self.damaged(take);
                    self.skip_line = false;
                }
                self.open(b);
            }
            b'}' | b']' => self.close(b, take),
            b':' => {
                self.is_value = true;
                self.keep(b":");
            }
            b',' => {
                self.is_value = false;
                self.keep(b",");
            }
            b'\n' => {
                self.line_start = true;
                self.keep(b"\n");
            }
            _ if self.depth == 0 && !b.is_ascii_whitespace() && b != 0xef && b != 0xbb && b != 0xbf => {
                self.start = self.at;
                self.foreign.push(b);
            }
            _ => self.keep(&[b]),
        }
    }

    fn open(&mut self, b: u8) {
        if self.depth == self.home {
            self.record.clear();
            self.oversized = false;
            self.start = self.at;
        }
        match (b, self.depth) {
            (b'[', 0) => self.home = 1,
            (b'[', 1) if self.home == 0 && matches!(self.key.as_slice(), b"events" | b"logEvents") => {
                self.home = 2;
                self.record.clear();
            }
            _ => self.keep(&[b]),
        }
        self.depth += 1;
        self.is_value = false;
    }

    fn close(&mut self, b: u8, take: &mut impl FnMut(Found)) {
        self.keep(&[b]);
        self.depth = self.depth.saturating_sub(1);
        if self.depth < self.home {
            // what follows is no neighbour of what came before
            let range = self.at..self.at + 1;
            take(Found::nothing(range));
            self.home = 0;
            self.key.clear();
            if self.depth > 0 {
                // the tail of a container is no record
                self.home = u32::MAX;
            }
        } else if self.depth == self.home && b == b'}' {
            self.end_record(self.at + 1, identify, take);
        }
        if self.depth == 0 {
            self.home = 0;
            self.stream = None;
        }
    }

    /// A record ends before that offset. What it holds where it is none itself is looked for.
    fn end_record(
        &mut self,
        end: u64,
        identify: fn(&[u8], Range<u64>, Option<&str>) -> Found,
        take: &mut impl FnMut(Found),
    ) {
        self.records += 1;
        let range = self.start..end;
        if self.oversized {
            take(Found::oversized(range));
        } else {
            let found = identify(&self.record, range, self.stream.as_deref());
            hand_on(found, &self.record, take);
        }
        self.record.clear();
    }

    /// Whether what stands here is one of the texts of an array, as `--query 'events[].message'` gives them.
    fn is_among_texts(&self) -> bool {
        (self.depth, self.home) == (1, 1)
    }

    fn keep(&mut self, bytes: &[u8]) {
        if self.depth < self.home || self.home == u32::MAX {
            return;
        }
        if self.record.len() + bytes.len() > MAX_RECORD {
            self.oversized = true;
            self.record.clear();
        }
        if !self.oversized {
            self.record.extend_from_slice(bytes);
        }
    }

    /// The record under way ends here, cut.
    fn damaged(&mut self, take: &mut impl FnMut(Found)) {
        let range = self.start..self.at;
        let found = if self.oversized { Found::oversized(range) } else { cut(&self.record, range) };
        take(found);
        let (at, records) = (self.at, self.records);
        *self = Self::new(at);
        self.records = records;
        self.skip_line = true;
    }
}

/// Gives a record to `take`, or what it holds where it is none itself.
fn hand_on(found: Found, record: &[u8], take: &mut impl FnMut(Found)) {
    let inner = if found.session.is_none() { events_in(record) } else { Vec::new() };
    let start = found.range.start;
    if inner.is_empty() {
        take(found);
    }
    for Inner { range, shape, session } in inner {
        let range = start + range.start as u64..start + range.end as u64;
        Found { shape: Some(shape), session, ..Found::nothing(range) }.alone(take);
    }
}

/// Whether a line that has not ended yet begins as the agent's records do.
fn begins_record(line: &[u8]) -> bool {
    let known = line.len().min(RECORD_START.len());
    line[..known] == RECORD_START[..known] && line.len() <= MAX_RECORD && memchr(b'\n', line).is_none()
}
