//! Streaming events and the CloudWatch records around them.

use std::borrow::Cow;
use std::ops::Range;
use std::rc::Rc;

use memchr::{memchr, memchr2, memmem};
use serde::Deserialize;
use serde_json::value::RawValue;
use whoran_model::{DiagnosticKind, LogId, Timestamp};

use super::json::{Quoting, Unquoted, unescape_into};
use super::plain::Plain;
use super::said::{Line, Origin, Said};
use super::usual::{or_nothing, quoted_event, usual_event};
use super::{Chunk, Event, Head, Notes, Share};
use crate::quoted::Flat;

/// The event as the agent writes it (agentlogstocloudwatch/cloudwatchlogspublisher/cloudwatchlogsservice.go).
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Raw<'a> {
    #[serde(borrow)]
    event_version: Option<Cow<'a, str>>,
    #[serde(borrow)]
    event_time: Option<Cow<'a, str>>,
    #[serde(borrow)]
    aws_region: Option<Cow<'a, str>>,
    #[serde(borrow)]
    target: Option<Target<'a>>,
    #[serde(borrow)]
    user_identity: Option<Identity<'a>>,
    #[serde(borrow)]
    run_as_user: Option<Cow<'a, str>>,
    #[serde(borrow)]
    session_data: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
struct Target<'a> {
    #[serde(borrow)]
    id: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct Identity<'a> {
    #[serde(borrow)]
    arn: Option<Cow<'a, str>>,
}

/// A CloudWatch API record.
#[derive(Deserialize)]
struct Record<'a> {
    timestamp: Option<i64>,
    /// `FilterLogEvents` and subscriptions give one; no two messages have the same.
    #[serde(alias = "eventId", borrow)]
    id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    message: &'a RawValue,
}

/// An event whose texts are written, and its lines not placed yet.
pub(super) struct Read {
    pub(super) event: Event,
    pub(super) elements: Vec<Element>,
}

/// One element of `sessionData`.
pub(super) struct Element {
    /// Where its text stands among the texts of all lines.
    pub(super) text: Range<usize>,
    /// The JSON string in the log, quotes included.
    pub(super) span: Range<u64>,
}

impl Read {
    fn placed(self, said: &mut Said) -> Event {
        let Self { mut event, elements } = self;
        let (first, origin) = (said.len(), Origin { log: event.log, time: event.time });
        for Element { text, span } in elements {
            said.place(Line { text, span, origin });
        }
        event.lines = first..said.len();
        event
    }
}

/// Decodes the streaming events in a share. Their lines are added to `said`.
pub(super) fn from_records(
    share: &mut Share,
    log: usize,
    notes: &mut Notes,
    out: &mut Vec<Event>,
    said: &mut Said,
) {
    for_each_record(share, notes, |rest, at, cut, name, notes| {
        let place = At { log, at, stored: None };
        let texts = said.text_mut();
        let (read, len) = match cut {
            Cut::Rest => {
                let last = out.last().map(|event| &event.head);
                let (read, len) = usual_event(rest, place, last, texts)?;
                (read, Some(len))
            }
            Cut::Whole | Cut::Damaged => {
                let damaged = matches!(cut, Cut::Damaged);
                (event(rest, place, damaged, texts, name, notes)?, None)
            }
        };
        out.push(read.placed(said));
        len
    });
}

/// Decodes CloudWatch records: streaming events go to `out`, terminal text is returned in order.
pub(super) fn from_envelopes(
    share: &mut Share,
    log: usize,
    notes: &mut Notes,
    out: &mut Vec<Event>,
    said: &mut Said,
) -> Vec<Plain> {
    let mut plain = Vec::new();
    for_each_record(share, notes, |rest, at, cut, name, notes| {
        let last = out.last().map(|event| &event.head);
        if let Some((raw, quoting)) = inside_of_quotes(rest) {
            let unquoted = Unquoted::of(raw, quoting);
            let message = unquoted.as_ref().map(|inside| Message { log, at, inside, stored: None });
            out.extend(message.and_then(|message| message.event(last, said, name, notes)));
            return Some(raw.len());
        }
        // an event is read along with its record
        let (kept, mut event) = (said.text_mut().len(), None);
        let flat = Flat::read_by(rest.as_bytes(), |from| {
            let place = At { log, at: at + from as u64, stored: None };
            let (read, len) = quoted_event(&rest[from..], place, last, said.text_mut())?;
            event = Some(read);
            Some(len)
        });
        if let Some((flat, mut read)) = flat.as_ref().zip(event) {
            read.event.stored = flat.timestamp;
            out.push(read.placed(said));
            return Some(flat.len);
        }
        said.text_mut().truncate(kept);
        let Some(Enveloped { stored, id, raw, len }) = flat.map(Enveloped::from).or_else(|| enveloped(rest))
        else {
            if !matches!(cut, Cut::Rest) {
                notes.add(name, Some(at), DiagnosticKind::DamagedJson { recovered: false });
            }
            return None;
        };
        let at = at + offset_in(rest, raw) as u64;
        let Some(inside) = Unquoted::of(raw, Quoting::Json) else { return Some(len) };
        let message = Message { log, at, inside: &inside, stored };
        match message.event(last, said, name, notes) {
            Some(event) => out.push(event),
            None => {
                let (raw, id) = (raw.as_bytes().to_vec(), id.map(Cow::into_owned));
                plain.push(Plain { text: inside.text, raw, log, at, stored, id });
            }
        }
        Some(len)
    });
    plain
}

/// The message of a CloudWatch API record, and what stands beside it.
struct Enveloped<'a> {
    /// Milliseconds since the epoch.
    stored: Option<i64>,
    id: Option<Cow<'a, str>>,
    /// The inside of its quotes.
    raw: &'a str,
    /// Of the whole record.
    len: usize,
}

impl<'a> From<Flat<'a>> for Enveloped<'a> {
    fn from(Flat { timestamp: stored, id, message: raw, len, .. }: Flat<'a>) -> Self {
        Self { stored, id: id.map(Cow::Borrowed), raw, len }
    }
}

/// The CloudWatch API record that `text` begins with, however it is written.
fn enveloped(text: &str) -> Option<Enveloped<'_>> {
    let mut records = serde_json::Deserializer::from_str(text).into_iter::<Record<'_>>();
    let record = records.next()?.ok()?;
    let raw = record.message.get().strip_prefix('"')?.strip_suffix('"')?;
    Some(Enveloped { stored: record.timestamp, id: record.id, raw, len: records.byte_offset() })
}

/// An event that stands in a string of another maker's record, or in a table, whose quotes are not at hand.
fn inside_of_quotes(text: &str) -> Option<(&str, Quoting)> {
    match text.as_bytes() {
        [b'{', b'\\', ..] => Some((&text[..string_end(text).unwrap_or(text.len())], Quoting::Json)),
        [b'{', b'"', b'"', name, ..] if name.is_ascii_alphabetic() => Some((text, Quoting::Csv)),
        _ => None,
    }
}

/// Where the string ends that a text begins inside of, if it does.
fn string_end(text: &str) -> Option<usize> {
    let mut at = 0;
    loop {
        at += memchr2(b'"', b'\\', text.as_bytes().get(at..)?)?;
        if text.as_bytes()[at] == b'"' {
            return Some(at);
        }
        at += 2;
    }
}

/// The inside of quotes, and where it stands.
struct Message<'a> {
    log: usize,
    at: u64,
    inside: &'a Unquoted,
    stored: Option<i64>,
}

impl Message<'_> {
    /// The event that it is, if it is one.
    fn event(
        &self,
        last: Option<&Rc<Head>>,
        said: &mut Said,
        name: &LogId,
        notes: &mut Notes,
    ) -> Option<Event> {
        let place = At { log: self.log, at: 0, stored: self.stored };
        let mut read = event_in(&self.inside.text, place, last, said.text_mut(), name, notes)?;
        // spans so far count in the message's text
        read.event.at = self.at;
        let place = |position: u64| self.at + self.inside.byte_at(position as usize) as u64;
        for Element { span, .. } in &mut read.elements {
            *span = place(span.start)..place(span.end);
        }
        Some(read.placed(said))
    }
}

/// The event that a message is, if it is one.
fn event_in(
    text: &str,
    place: At,
    last: Option<&Rc<Head>>,
    texts: &mut String,
    name: &LogId,
    notes: &mut Notes,
) -> Option<Read> {
    if !text.starts_with('{') {
        return None;
    }
    let whole = |(_, len): &(Read, usize)| *len == text.len();
    let usual = or_nothing(texts, |texts| usual_event(text, place, last, texts).filter(whole));
    usual.map(|(read, _)| read).or_else(|| event(text, place, false, texts, name, notes))
}

/// Where the borrowed `part` begins inside `whole`.
pub(super) fn offset_in(whole: &str, part: &str) -> usize {
    (part.as_ptr() as usize).saturating_sub(whole.as_ptr() as usize).min(whole.len())
}

/// What [`for_each_record`] hands over.
#[derive(Debug, Clone, Copy)]
enum Cut {
    /// All that follows a record's first byte. Who can read the record there returns its length.
    Rest,
    /// A whole record.
    Whole,
    /// A line that no JSON reader takes.
    Damaged,
}

/// Calls `take` with each JSON record, its offset in the log and the log. What was decoded is needed no longer, and may
/// be large, so no chunk is left.
fn for_each_record(
    Share { log, chunks, .. }: &mut Share,
    notes: &mut Notes,
    mut take: impl FnMut(&str, u64, Cut, &LogId, &mut Notes) -> Option<usize>,
) {
    for Chunk { offset, bytes } in std::mem::take(chunks) {
        let text = match std::str::from_utf8(&bytes) {
            Ok(text) => Cow::Borrowed(text),
            Err(e) => {
                notes.add(log, Some(offset + e.valid_up_to() as u64), DiagnosticKind::InvalidUtf8);
                Cow::Owned(same_length_utf8(&bytes))
            }
        };
        let mut at = 0;
        while let Some(start) = memchr(b'{', &text.as_bytes()[at..]).map(|n| at + n) {
            let place = offset + start as u64;
            if let Some(len) = take(&text[start..], place, Cut::Rest, log, notes) {
                at = start + len;
                continue;
            }
            let mut records = serde_json::Deserializer::from_str(&text[start..]).into_iter::<&RawValue>();
            match records.next() {
                Some(Ok(record)) => {
                    at = start + records.byte_offset();
                    take(record.get(), place, Cut::Whole, log, notes);
                }
                _ => {
                    let rest = &text[start..];
                    let len = memchr(b'\n', rest.as_bytes()).unwrap_or(rest.len());
                    at = start + len;
                    take(&rest[..len], place, Cut::Damaged, log, notes);
                }
            }
        }
    }
}

/// Stands for one byte that is no UTF-8 until strings are taken apart: the one control character that JSON lets stand in
/// a string as it is. A record with bad bytes loses its own DELs to this, which show nothing anyway.
pub(super) const BAD_BYTE: char = '\u{7f}';

/// The bytes as text of the same length, each bad byte replaced.
fn same_length_utf8(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        out.push_str(chunk.valid());
        out.extend(std::iter::repeat_n(BAD_BYTE, chunk.invalid().len()));
    }
    out
}

/// Adds an element's text to `texts`, and a line feed.
fn line_text(inside: &str, texts: &mut String) -> Option<Range<usize>> {
    let text = element_text(inside, texts)?;
    texts.push('\n');
    Some(text)
}

/// Adds an element's text to `texts`.
fn element_text(inside: &str, texts: &mut String) -> Option<Range<usize>> {
    let start = texts.len();
    unescape_into(inside, texts)?;
    show_bad_bytes(inside, start, texts);
    Some(start..texts.len())
}

/// Puts a sign for each bad byte of an element into its text, which `texts` has from `from` on.
fn show_bad_bytes(inside: &str, from: usize, texts: &mut String) {
    if memchr(BAD_BYTE as u8, inside.as_bytes()).is_some() {
        let text = texts.split_off(from);
        texts.push_str(&text.replace(BAD_BYTE, "\u{fffd}"));
    }
}

/// Where an event stands, and what its envelope says of it.
#[derive(Debug, Clone, Copy)]
pub(super) struct At {
    pub(super) log: usize,
    pub(super) at: u64,
    pub(super) stored: Option<i64>,
}

fn event(
    record: &str,
    place: At,
    damaged: bool,
    texts: &mut String,
    name: &LogId,
    notes: &mut Notes,
) -> Option<Read> {
    let At { log, at, stored } = place;
    let parsed = if damaged { None } else { serde_json::from_str::<Raw<'_>>(record).ok() };
    let Some(raw) = parsed else {
        // terminal text that only imitates an event, unless it stands where nothing but an event can
        if stored.is_some() && !record.starts_with("{\"eventVersion\":") {
            return None;
        }
        let read = salvage(record, place, texts);
        let recovered = !read.elements.is_empty();
        notes.add(name, Some(at), DiagnosticKind::DamagedJson { recovered });
        return Some(read);
    };
    let mut elements = Vec::with_capacity(raw.session_data.len());
    for value in &raw.session_data {
        let quoted = value.get();
        let start = at + offset_in(record, quoted) as u64;
        let inside = quoted.strip_prefix('"').and_then(|q| q.strip_suffix('"'));
        match inside.and_then(|inside| line_text(inside, texts)) {
            Some(text) => elements.push(Element { text, span: start..start + quoted.len() as u64 }),
            None => notes.add(name, Some(start), DiagnosticKind::DamagedJson { recovered: true }),
        }
    }
    let head = Head {
        version: raw.event_version.map(Cow::into_owned),
        region: raw.aws_region.map(Cow::into_owned),
        target: raw.target.and_then(|t| t.id).map(Cow::into_owned),
        identity: raw.user_identity.and_then(|i| i.arn).map(Cow::into_owned),
        run_as_user: raw.run_as_user.map(Cow::into_owned),
        written: None,
    };
    let time = raw.event_time.and_then(|t| t.parse::<Timestamp>().ok());
    let event = Event { log, time, stored, lines: 0..0, head: Rc::new(head), at };
    Some(Read { event, elements })
}

/// What can be read of a damaged event: the fields and the whole strings of `sessionData` before the damage.
fn salvage(record: &str, At { log, at, stored }: At, texts: &mut String) -> Read {
    let field = |key: &str| {
        let from = record.find(key)? + key.len();
        let range = string_at(record, from)?;
        let mut text = String::new();
        element_text(&record[range], &mut text)?;
        Some(text)
    };
    let head = Head {
        version: field("\"eventVersion\":"),
        region: field("\"awsRegion\":"),
        target: field("\"target\":{\"id\":"),
        identity: field("\"userIdentity\":{\"arn\":"),
        run_as_user: field("\"runAsUser\":"),
        written: None,
    };
    let time = field("\"eventTime\":").and_then(|t| t.parse().ok());
    let mut elements = Vec::new();
    let key = b"\"sessionData\":[";
    if let Some(found) = memmem::find(record.as_bytes(), key) {
        let mut from = found + key.len();
        while let Some(range) = string_at(record, from) {
            let span = at + range.start as u64 - 1..at + range.end as u64 + 1;
            from = range.end + 1;
            if let Some(text) = line_text(&record[range], texts) {
                elements.push(Element { text, span });
            }
            if record[from..].trim_start().starts_with(',') {
                from += record[from..].find(',').unwrap_or(0) + 1;
            } else {
                break;
            }
        }
    }
    Read { event: Event { log, time, stored, lines: 0..0, head: Rc::new(head), at }, elements }
}

/// The inside of the JSON string that begins at or, after white space, soon behind `from`.
fn string_at(record: &str, from: usize) -> Option<Range<usize>> {
    let rest = record.get(from..)?;
    let start = from + (rest.len() - rest.trim_start().len());
    if record.as_bytes().get(start) != Some(&b'"') {
        return None;
    }
    let inside = start + 1;
    Some(inside..inside + string_end(&record[inside..])?)
}
