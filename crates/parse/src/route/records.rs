//! JSON records in a byte stream: streaming events, one after another or inside what CloudWatch APIs print.
//!
//! A scanner finds where each record begins and ends without building it, so that a file of any size needs no more
//! memory than its largest record. A damaged record ends at its line; the next line begins anew.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::LazyLock;

use memchr::{memchr, memchr2, memmem};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;
use whoran_model::{DiagnosticKind, Shape};

use super::embedded::{Inner, events_in};
use super::sniff::is_script_header;
use super::stamps::{is_stamp, is_tail, is_tail_line, starts_stamp};
use crate::quoted::{Flat, plain};

/// A record larger than this is left out. CloudWatch takes events of at most 1 MiB.
pub(super) const MAX_RECORD: usize = 16 << 20;
/// As much of a line as is looked at for a transcript's header.
const MAX_HEADER: usize = 1024;
/// What CloudWatch sends through a subscription to see whether it arrives.
const CONTROL: &str = "CWL CONTROL MESSAGE";
const SESSION_KEY: &[u8] = b"\"sessionId\":\"";
/// What the agent's records begin with.
pub(super) const RECORD_START: &[u8] = b"{\"eventVersion\":";

/// One record.
#[derive(Debug, PartialEq)]
pub(super) struct Found {
    pub(super) range: Range<u64>,
    /// `None` where it holds no session data.
    pub(super) shape: Option<Shape>,
    /// The session it names.
    pub(super) session: Option<String>,
    /// The log stream it stands in.
    pub(super) stream: Option<String>,
    pub(super) damage: Option<DiagnosticKind>,
}

impl Found {
    /// What holds no session data.
    pub(super) fn nothing(range: Range<u64>) -> Self {
        Self { range, shape: None, session: None, stream: None, damage: None }
    }

    /// What is larger than any event.
    pub(super) fn oversized(range: Range<u64>) -> Self {
        Self { damage: Some(DiagnosticKind::OversizedRecord(MAX_RECORD as u64)), ..Self::nothing(range) }
    }

    /// What begins as an event: one, damage, or what holds no session data.
    pub(super) fn event(text: &[u8], shape: Shape, range: Range<u64>) -> Self {
        let nothing = Self::nothing(range);
        match serde_json::from_slice::<Probe<'_>>(text).map(Probe::session_of_event) {
            Ok(None) => nothing,
            Ok(Some(session)) => Self { shape: Some(shape), session, ..nothing },
            Err(_) => Self { damage: Some(DiagnosticKind::DamagedJson { recovered: false }), ..nothing },
        }
    }

    /// Gives it to `take`; what follows is no neighbour.
    pub(super) fn alone(self, take: &mut impl FnMut(Self)) {
        let end = self.range.end;
        take(self);
        take(Self::nothing(end..end));
    }
}

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
        let Some(session) = QUOTED.session(flat.message.as_bytes()).map(str::to_owned) else {
            // its message is no event in the agent's own form
            (self.start, self.oversized) = (self.at, false);
            self.record.clear();
            self.record.extend_from_slice(&bytes[..flat.len]);
            self.end_record(self.at + flat.len as u64, identify, take);
            return Some(flat.len);
        };
        let stream = flat.stream.or(self.stream.as_deref()).map(str::to_owned);
        self.records += 1;
        let range = self.at..self.at + flat.len as u64;
        let shape = Some(Shape::Envelopes);
        take(Found { range, shape, session: Some(session), stream, damage: None });
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
            let inner = if found.session.is_none() { events_in(&self.record) } else { Vec::new() };
            if inner.is_empty() {
                take(found);
            }
            for Inner { range, shape, session } in inner {
                let range = self.start + range.start as u64..self.start + range.end as u64;
                Found { shape: Some(shape), session, ..Found::nothing(range) }.alone(take);
            }
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

#[derive(Deserialize)]
pub(super) struct Probe<'a> {
    #[serde(rename = "sessionId", borrow)]
    session_id: Option<Cow<'a, str>>,
    #[serde(rename = "sessionData")]
    session_data: Option<IgnoredAny>,
    #[serde(borrow)]
    message: Option<&'a RawValue>,
    #[serde(rename = "logStreamName", borrow)]
    stream: Option<Cow<'a, str>>,
}

impl Probe<'_> {
    /// The session of what is an event, if it names one; `None` of anything else.
    pub(super) fn session_of_event(self) -> Option<Option<String>> {
        self.session_data.is_some().then(|| self.session_id.map(Cow::into_owned))
    }
}

/// The agent's own form of an event, by which its session is found without decoding: inside a JSON string every quote is
/// escaped, so the key's bytes can't stand in content.
struct Compact {
    begins: &'static [u8],
    find_key: memmem::Finder<'static>,
    /// What follows the session.
    ends_session: &'static [u8],
}

/// As it stands in a log.
static BARE: LazyLock<Compact> = LazyLock::new(|| Compact {
    begins: RECORD_START,
    find_key: memmem::Finder::new(SESSION_KEY),
    ends_session: b"\",\"sessionData\":[",
});

/// As it stands in a record's message.
static QUOTED: LazyLock<Compact> = LazyLock::new(|| Compact {
    begins: b"{\\\"eventVersion\\\":",
    find_key: memmem::Finder::new(b"\\\"sessionId\\\":\\\""),
    ends_session: b"\\\",\\\"sessionData\\\":[",
});

impl Compact {
    fn session<'a>(&self, event: &'a [u8]) -> Option<&'a str> {
        if !event.starts_with(self.begins) || !event.ends_with(b"]}") {
            return None;
        }
        let id = &event[self.find_key.find(event)? + self.find_key.needle().len()..];
        let (id, rest) = id.split_at(id.iter().position(|b| matches!(b, b'"' | b'\\'))?);
        std::str::from_utf8(id).ok().filter(|_| rest.starts_with(self.ends_session))
    }
}

/// Whether a line that has not ended yet begins as the agent's records do.
fn begins_record(line: &[u8]) -> bool {
    let known = line.len().min(RECORD_START.len());
    line[..known] == RECORD_START[..known] && line.len() <= MAX_RECORD && memchr(b'\n', line).is_none()
}

/// What a whole record is.
fn identify(record: &[u8], range: Range<u64>, stream: Option<&str>) -> Found {
    let Ok(probe) = serde_json::from_slice::<Probe<'_>>(record) else { return cut(record, range) };
    if probe.session_data.is_some() {
        let session = probe.session_id.map(Cow::into_owned);
        return Found { range, shape: Some(Shape::Events), session, stream: None, damage: None };
    }
    let Some(raw) = probe.message.map(RawValue::get).filter(|raw| raw.starts_with('"')) else {
        return Found::nothing(range);
    };
    let stream = probe.stream.as_deref().or(stream).map(str::to_owned);
    let inside = raw.strip_prefix('"').and_then(|raw| raw.strip_suffix('"')).unwrap_or_default();
    if let Some(session) = QUOTED.session(inside.as_bytes()) {
        let session = Some(session.to_owned());
        return Found { range, shape: Some(Shape::Envelopes), session, stream, damage: None };
    }
    let Ok(message) = serde_json::from_str::<Cow<'_, str>>(raw) else { return cut(record, range) };
    if message.starts_with(CONTROL) && stream.as_deref().is_none_or(str::is_empty) {
        return Found::nothing(range);
    }
    let session = if message.starts_with('{') {
        let inner = serde_json::from_str::<Probe<'_>>(&message).ok();
        inner.filter(|p| p.session_data.is_some()).and_then(|p| p.session_id).map(Cow::into_owned)
    } else {
        super::header_session(message.as_bytes()).map(|id| id.as_str().to_owned())
    };
    Found { range, shape: Some(Shape::Envelopes), session, stream, damage: None }
}

/// What is left of a record that is cut or malformed: its session, where the key survived.
fn cut(record: &[u8], range: Range<u64>) -> Found {
    let key = memmem::find(record, SESSION_KEY).map(|at| &record[at + SESSION_KEY.len()..]);
    let session = key.and_then(|rest| Some(&rest[..memchr(b'"', rest)?]));
    let session = session.and_then(|id| std::str::from_utf8(id).ok()).map(str::to_owned);
    let has_data = memmem::find(record, b"\"sessionData\"").is_some();
    if has_data {
        // how much of it can be read is found out when it is decoded
        Found { range, shape: Some(Shape::Events), session, stream: None, damage: None }
    } else {
        let damage = Some(DiagnosticKind::DamagedJson { recovered: false });
        Found { range, shape: None, session, stream: None, damage }
    }
}
