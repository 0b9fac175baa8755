//! Transcripts: what `script` or `Start-Transcript` wrote around the terminal's bytes, taken off.

use memchr::{memchr, memmem, memrchr};
use whoran_model::{DiagnosticKind, LogId, Timestamp};

use super::offsets::{Edge, Offsets, Piece};
use super::plain::Plain;
use super::{Notes, Share};
use crate::route::{header_path, is_powershell_banner, is_script_header, is_script_trailer};

/// What kind of session wrote the bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A terminal.
    Terminal,
    /// PowerShell's own transcript: its banners, then prompts and output as rendered text.
    PowerShell,
    /// A command without a terminal: all of it is output.
    NonInteractive,
}

/// An exact copy: the terminal's bytes.
#[derive(Debug)]
pub(crate) struct Exact {
    /// The log of its first byte.
    pub(crate) log: LogId,
    /// The log's bytes up to the trailer, of which the header is not taken off: all others would have to move.
    whole: Vec<u8>,
    /// Where the header ends.
    start: usize,
    pub(crate) offsets: Offsets,
    pub(crate) kind: Kind,
    /// Both header and trailer are there.
    pub(crate) complete: bool,
    /// When the transcript was written: the end of the session.
    pub(crate) end_time: Option<Timestamp>,
    /// The node that the header names, or the folders that the agent keeps on it.
    pub(crate) target: Option<String>,
}

impl Exact {
    /// The bytes between header and trailer.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.whole[self.start..]
    }

    /// Where a byte stands.
    pub(crate) fn place(&self, at: usize) -> (LogId, u64) {
        self.places(&[(at, Edge::Start)]).remove(0)
    }

    /// Where ascending positions stand.
    pub(crate) fn places(&self, positions: &[(usize, Edge)]) -> Vec<(LogId, u64)> {
        self.offsets.locate(positions, &self.log)
    }
}

/// A transcript as S3 keeps it.
pub(super) fn from_share(share: &mut Share, notes: &mut Notes) -> Option<Exact> {
    let mut chunks = std::mem::take(&mut share.chunks).into_iter();
    // one run of bytes, but for a log that was cut in the middle, and messages of a listing
    let first = chunks.next()?;
    let (mut runs, mut bytes) = (vec![(0, first.offset)], first.bytes);
    for chunk in chunks {
        runs.push((bytes.len(), chunk.offset));
        bytes.extend_from_slice(&chunk.bytes);
    }
    let shift = |head: usize| {
        // positions count from the body's first byte
        let begun = runs.partition_point(|(start, _)| *start <= head).saturating_sub(1);
        let body = runs.drain(begun..).map(|(start, at)| match head.checked_sub(start) {
            Some(over) => (0, at + over as u64),
            None => (start - head, at),
        });
        Offsets::Straight(body.collect())
    };
    Some(unwrap(share.log.clone(), bytes, shift, notes))
}

/// A plain upload: its messages joined by the line feeds that were taken off.
pub(super) fn from_messages(messages: Vec<Plain>, logs: &[&LogId], notes: &mut Notes) -> Option<Exact> {
    let last =
        messages.iter().filter_map(|m| m.stored).max().and_then(|ms| Timestamp::from_millisecond(ms).ok());
    let log = logs[messages.first()?.log].clone();
    /// The agent cuts a plain upload into messages of at most this many bytes; a line longer than that has no line feed.
    const MESSAGE: usize = 200_000;
    let mut bytes = Vec::new();
    let mut pieces = Vec::with_capacity(messages.len());
    let mut whole_line = true;
    for message in messages {
        if !bytes.is_empty() && whole_line {
            bytes.push(b'\n');
        }
        whole_line = message.text.len() < MESSAGE || message.text.contains('\n');
        let log = logs[message.log].clone();
        pieces.push(Piece { start: bytes.len(), log, at: message.at, raw: message.raw });
        bytes.extend_from_slice(message.text.as_bytes());
    }
    let shift = move |start: usize| {
        let mut pieces = pieces;
        for piece in &mut pieces {
            // positions count from the body's first byte; what of a piece stands before it is walked over
            if piece.start < start {
                let mut walk = super::json::Walk::new(&piece.raw);
                let skip = walk.to(start - piece.start).min(piece.raw.len());
                piece.raw.drain(..skip);
                piece.at += skip as u64;
                piece.start = 0;
            } else {
                piece.start -= start;
            }
        }
        Offsets::Quoted(pieces)
    };
    let mut exact = unwrap(log, bytes, shift, notes);
    exact.end_time = exact.end_time.max(last);
    Some(exact)
}

/// Takes header and trailer off.
fn unwrap(
    log: LogId,
    mut bytes: Vec<u8>,
    offsets: impl FnOnce(usize) -> Offsets,
    notes: &mut Notes,
) -> Exact {
    let bom = if bytes.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
    let head_end = memchr(b'\n', &bytes).map_or(bytes.len(), |n| n + 1);
    let head = &bytes[bom..head_end];
    let has_header = is_script_header(head);
    let powershell = is_powershell_banner(&bytes[bom..bytes.len().min(4096)]);
    let non_interactive =
        memmem::find(head, b"/NonInteractiveCommands/").is_some() || ends_with_exit_code(&bytes);
    let told = header_path(head).map(|(node, _)| node);
    let target = told.or_else(|| log.orchestrated()?.1).map(str::to_owned);
    let mut end_time = if has_header { time_in(head) } else { None };
    let start = if has_header { head_end } else { bom };
    let trailer = trailer(&bytes[start..]).map(|n| start + n);
    let complete = powershell || (has_header && trailer.is_some());
    if has_header && trailer.is_none() {
        notes.add(&log, None, DiagnosticKind::MissingTrailer);
    }
    if let Some(at) = trailer {
        end_time = end_time.max(time_in(bytes[at..].trim_ascii_start()));
        bytes.truncate(at);
    }
    let kind = match (powershell, non_interactive) {
        (_, true) => Kind::NonInteractive,
        (true, _) => Kind::PowerShell,
        _ => Kind::Terminal,
    };
    let exact = Exact { log, whole: bytes, start, offsets: offsets(start), kind, complete, end_time, target };
    if let Some(at) = forged(exact.bytes()) {
        let (log, at) = exact.place(at);
        notes.add(&log, Some(at), DiagnosticKind::ForgedStructure);
    }
    exact
}

/// Whether messages that begin and end so are all of an upload.
pub(super) fn is_whole(first: &str, last: &str) -> bool {
    let head = first.split('\n').next().unwrap_or_default();
    is_script_header(head.as_bytes()) && trailer(last.as_bytes()).is_some()
}

/// Whether the body ends with the exit code that the agent adds to the output of a command without a terminal, without
/// a line end of its own (agent/session/shell/shell.go).
fn ends_with_exit_code(bytes: &[u8]) -> bool {
    let body = trailer(bytes).map_or(bytes, |at| &bytes[..at]).trim_ascii_end();
    let line = &body[memrchr(b'\n', body).map_or(0, |n| n + 1)..];
    line.strip_prefix(b"EXIT_CODE: ")
        .is_some_and(|code| !code.is_empty() && code.iter().all(u8::is_ascii_digit))
}

/// Where the trailer begins: the last line, and the line feed that `script` writes before it.
fn trailer(body: &[u8]) -> Option<usize> {
    let text = body.trim_ascii_end();
    let line = memrchr(b'\n', text).map_or(0, |n| n + 1);
    is_script_trailer(&text[line..]).then(|| line.saturating_sub(1))
}

/// The time in a header or trailer: `2022-01-25 06:49:24+0000` or `…+00:00`.
fn time_in(line: &[u8]) -> Option<Timestamp> {
    let line = std::str::from_utf8(line).ok()?;
    let at = line.find(|c: char| c.is_ascii_digit())?;
    let text = line.get(at..)?;
    let text = text.split(['[', '\n', '\r']).next()?.trim();
    let with_colon = text.as_bytes().get(text.len().wrapping_sub(3)) == Some(&b':');
    let format = if with_colon { "%Y-%m-%d %H:%M:%S%:z" } else { "%Y-%m-%d %H:%M:%S%z" };
    jiff::fmt::strtime::parse(format, text).and_then(|t| t.to_timestamp()).ok()
}

/// Where a line of the body imitates a header, a trailer or an event.
fn forged(body: &[u8]) -> Option<usize> {
    const SCRIPT: &[u8] = b"Script ";
    let at_line_start = |at: &usize| matches!(at.checked_sub(1).map(|b| body[b]), Some(b'\n' | b'\r') | None);
    let says = |at: &usize| {
        [&b"started on "[..], b"done on "].iter().any(|rest| body[*at + SCRIPT.len()..].starts_with(rest))
    };
    let script = memmem::find_iter(body, SCRIPT).filter(at_line_start).find(says);
    let event = memmem::find_iter(body, b"{\"eventVersion\":").find(at_line_start);
    script.into_iter().chain(event).min()
}
