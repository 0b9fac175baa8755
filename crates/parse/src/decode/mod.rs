//! Fragments → what a terminal showed: the exact copies of a session and its streaming copy.
//!
//! Everything here keeps the way back: each byte handed on can be traced to bytes of the log it came from.

mod events;
mod json;
mod offsets;
mod plain;
mod said;
mod streamed;
mod transcript;
mod uploads;
mod usual;

use std::ops::Range;
use std::rc::Rc;

use whoran_model::{Diagnostic, DiagnosticKind, Envelope, LogId, NodeId, SessionId, Shape, Timestamp};

pub(crate) use offsets::Edge;
use said::Said;
pub(crate) use streamed::Streamed;
pub(crate) use transcript::{Exact, Kind};

/// A run of bytes of one log.
#[derive(Debug)]
pub(crate) struct Chunk {
    pub(crate) offset: u64,
    pub(crate) bytes: Vec<u8>,
}

impl Chunk {
    /// Cuts off what follows the last end of a record behind `from`. JSON has no brace behind another but for a comma
    /// or a colon, so nothing is between records that is inside one.
    pub(crate) fn split_between_records(&mut self, from: usize) -> Option<Self> {
        const BETWEEN: &[u8] = b"}\n{";
        let from = from.saturating_sub(BETWEEN.len() - 1);
        let at = from + memchr::memmem::rfind(&self.bytes[from..], BETWEEN)? + BETWEEN.len() - 1;
        let bytes = self.bytes.split_off(at);
        self.bytes.shrink_to_fit();
        Some(Self { offset: self.offset + at as u64, bytes })
    }
}

/// All of one session that one log holds in one shape.
#[derive(Debug)]
pub(crate) struct Share {
    pub(crate) log: LogId,
    pub(crate) shape: Shape,
    pub(crate) chunks: Vec<Chunk>,
}

/// A session's logs, decoded.
#[derive(Debug, Default)]
pub(crate) struct Decoded {
    /// Transcripts and plain uploads, the most complete first.
    pub(crate) exact: Vec<Exact>,
    /// The streaming copy, where there is one.
    pub(crate) streamed: Option<Streamed>,
    /// What the streaming events say around their text.
    pub(crate) envelope: Envelope,
}

/// One streaming event.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Event {
    /// Index of its log among the shares.
    pub(crate) log: usize,
    /// `eventTime`, in whole seconds: the batch was built then.
    pub(crate) time: Option<Timestamp>,
    /// CloudWatch's own time of the record in milliseconds, where the log has it.
    pub(crate) stored: Option<i64>,
    /// The elements of `sessionData`, among the lines of all events.
    pub(crate) lines: Range<usize>,
    pub(crate) head: Rc<Head>,
    /// Where the record begins in the log.
    pub(crate) at: u64,
}

/// What stands around an event's text: mostly the same in all events of a session.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Head {
    pub(crate) version: Option<String>,
    pub(crate) region: Option<String>,
    pub(crate) target: Option<String>,
    pub(crate) identity: Option<String>,
    pub(crate) run_as_user: Option<String>,
    /// What stands in the log before its time, and from there to its lines, as the agent writes it.
    written: Option<[String; 2]>,
}

impl Head {
    /// The time of an event that begins with the same head, and where its lines begin.
    fn again<'t>(&self, event: &'t str) -> Option<(&'t str, usize)> {
        let [before, behind] = self.written.as_ref()?;
        let rest = event.strip_prefix(before.as_str())?;
        let (time, rest) = rest.split_at(memchr::memchr2(b'"', b'\\', rest.as_bytes())?);
        let lines = rest.strip_prefix(behind.as_str())?;
        is_plain(time).then_some((time, event.len() - lines.len()))
    }
}

/// Whether a text stands in a JSON string as it is.
fn is_plain(text: &str) -> bool {
    // without an early end the loop takes many bytes at once
    text.bytes().fold(true, |plain, b| plain & (b >= b' ') & (b != b'\\'))
}

/// Collects diagnostics of one session.
#[derive(Debug, Clone)]
pub(crate) struct Notes {
    session: SessionId,
    list: Vec<Diagnostic>,
}

impl Notes {
    pub(crate) fn new(session: SessionId) -> Self {
        Self { session, list: Vec::new() }
    }

    /// Adds one, unless the log already has many of its kind.
    pub(crate) fn add(&mut self, log: &LogId, at: Option<u64>, kind: DiagnosticKind) {
        let same = self.list.iter().rev().take(256).filter(|d| d.kind.code() == kind.code() && d.log == *log);
        if same.count() < 20 {
            self.list.push(Diagnostic { log: log.clone(), at, session: Some(self.session.clone()), kind });
        }
    }

    /// Whether a part of a log could not be read.
    pub(crate) fn any_damage(&self) -> bool {
        self.list.iter().any(|d| matches!(d.kind, DiagnosticKind::DamagedJson { .. }))
    }

    pub(crate) fn into_list(self) -> Vec<Diagnostic> {
        self.list
    }
}

/// Decodes all shares of a session.
pub(crate) fn decode(shares: &mut [Share], notes: &mut Notes) -> Decoded {
    let mut events = Vec::new();
    let said = shares.iter().filter(|share| share.shape != Shape::Transcript);
    // No text is longer than the JSON string that it is in.
    let mut said = Said::with_capacity(said.flat_map(|share| &share.chunks).map(|c| c.bytes.len()).sum());
    let mut decoded = Decoded::default();
    let mut uploads = Vec::new();
    for (index, share) in shares.iter_mut().enumerate() {
        match share.shape {
            Shape::Transcript => decoded.exact.extend(transcript::from_share(share, notes)),
            Shape::Events => events::from_records(share, index, notes, &mut events, &mut said),
            Shape::Envelopes => {
                uploads.push(events::from_envelopes(share, index, notes, &mut events, &mut said));
            }
        }
    }
    let logs: Vec<&LogId> = shares.iter().map(|s| &s.log).collect();
    let uploads = plain::copies(uploads).into_iter();
    decoded.exact.extend(uploads.filter_map(|copy| transcript::from_messages(copy, &logs, notes)));
    decoded.exact.sort_by_key(|e| (std::cmp::Reverse((e.complete, e.bytes().len())), e.log.clone()));
    if !events.is_empty() {
        decoded.envelope = streamed::envelope(&events, &logs, notes);
        decoded.streamed = Some(Streamed::new(events, said, &logs, notes));
    }
    let envelope = &mut decoded.envelope;
    for exact in &decoded.exact {
        if envelope.target.is_none() {
            envelope.target = exact.target.as_deref().map(NodeId::new);
        }
        envelope.last = envelope.last.max(exact.end_time);
    }
    decoded
}
