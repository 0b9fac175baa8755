//! Plain uploads one behind the other, as `aws logs tail` prints them: before each message a time and the stream it is of,
//! which is the session; the message's further lines as they are.
//!
//! Anything that a session showed may look like the beginning of a message. So a session begins only with the header of a
//! transcript, behind the end of another one, and goes on only behind another one; or where the agent may have cut a text.

use std::collections::BTreeSet;
use std::ops::Range;

use memchr::memchr;
use whoran_model::{DiagnosticKind, SessionId, Shape};

use super::records::Found;
use super::sniff::{header_session, is_script_header, is_script_trailer, is_stars};
use super::stamps::after_tail;

/// More than this of a line tells nothing: a time, a stream and a header with the agent's command are shorter.
const HEAD: usize = 1024;
/// The agent cuts no message that has fewer bytes (agentlogstocloudwatch, StreamMessageLengthThresholdInBytes).
const UNCUT: u64 = 32 << 10;

/// Whether the first line begins a session, and of which one it is.
pub(super) fn is_listing(line: &[u8]) -> bool {
    begin(line).is_some()
}

/// The reader. Offsets count from the start of the log.
#[derive(Debug, Default)]
pub(super) struct Listing {
    /// The line so far, or its first bytes; where it begins, and how far the log was read.
    line: Vec<u8>,
    start: u64,
    at: u64,
    /// The message that goes on, and where it begins.
    message: Option<(SessionId, u64)>,
    /// Whether a transcript ends with the last line that is not blank.
    ended: bool,
    known: BTreeSet<SessionId>,
}

impl Listing {
    pub(super) fn feed(&mut self, mut bytes: &[u8], mut take: impl FnMut(Found)) {
        while let Some(end) = memchr(b'\n', bytes) {
            self.keep(&bytes[..=end]);
            self.end(&mut take);
            bytes = &bytes[end + 1..];
        }
        self.keep(bytes);
    }

    /// Ends the log.
    pub(super) fn finish(mut self, mut take: impl FnMut(Found)) {
        self.end(&mut take);
        self.give(self.at, &mut take);
    }

    fn keep(&mut self, bytes: &[u8]) {
        let room = (HEAD - self.line.len()).min(bytes.len());
        self.line.extend_from_slice(&bytes[..room]);
        self.at += bytes.len() as u64;
    }

    /// The line ends here.
    fn end(&mut self, take: &mut impl FnMut(Found)) {
        let line = std::mem::take(&mut self.line);
        let (start, end) = (self.start, self.at);
        self.start = end;
        let (begins, goes_on) = (begin(&line), self.known_in(&line));
        if begins.is_some() && !self.may_follow(start) {
            take(Found { damage: Some(DiagnosticKind::ForgedStructure), ..Found::nothing(start..end) });
        } else if let Some((session, text)) = begins.or(goes_on.filter(|(id, _)| self.may_go_on(id, start))) {
            self.give(start, take);
            self.known.insert(session.clone());
            self.message = Some((session, start + text as u64));
        }
        if !line.trim_ascii().is_empty() {
            self.ended = is_script_trailer(line.trim_ascii()) || is_stars(&line);
        }
    }

    /// Whether a transcript may begin there.
    fn may_follow(&self, at: u64) -> bool {
        self.message.as_ref().is_none_or(|(_, begun)| self.ended || at - begun >= UNCUT)
    }

    /// Whether another message of the session may begin there.
    fn may_go_on(&self, session: &SessionId, at: u64) -> bool {
        let of_other = |(of, begun): &(SessionId, u64)| of != session && self.ended || at - begun >= UNCUT;
        self.message.as_ref().is_some_and(of_other)
    }

    /// The session that is named before the text on the line, if it has begun before, and where the text begins.
    fn known_in(&self, line: &[u8]) -> Option<(SessionId, usize)> {
        let (stream, text) = after_tail(line)?;
        let session = stream?.parse().ok().filter(|id| self.known.contains(id))?;
        Some((session, text))
    }

    fn give(&mut self, end: u64, take: &mut impl FnMut(Found)) {
        if let Some((session, start)) = self.message.take() {
            of(session, start..end).alone(take);
        }
    }
}

fn of(session: SessionId, range: Range<u64>) -> Found {
    let session = Some(session.as_str().to_owned());
    Found { shape: Some(Shape::Transcript), session, ..Found::nothing(range) }
}

/// The session whose transcript begins on the line, and where on it.
fn begin(line: &[u8]) -> Option<(SessionId, usize)> {
    let (stream, text) = after_tail(line)?;
    let header = &line[text..];
    let told = || header_session(header);
    let session =
        stream.and_then(|stream| stream.parse().ok()).or_else(told).filter(SessionId::is_well_formed)?;
    (is_script_header(header) || is_stars(header)).then_some((session, text))
}

#[cfg(test)]
mod tests {
    use super::super::{Routed, Router};
    use whoran_model::{Fragment, LogId};

    const ALICE: &str = "alice-0123456789abcdef0";
    const BOB: &str = "bob-0123456789abcdef1";

    /// Each session with the text that is its own.
    fn sessions(log: &str, chunk: usize) -> Vec<(String, String)> {
        let (sessions, diagnostics) = routed(log, chunk);
        assert_eq!(diagnostics, [] as [&str; 0]);
        sessions
    }

    fn routed(log: &str, chunk: usize) -> (Vec<(String, String)>, Vec<&'static str>) {
        let mut router = Router::new(LogId::new("out.txt"));
        log.as_bytes().chunks(chunk).for_each(|chunk| router.feed(chunk));
        let Routed { fragments, diagnostics, .. } = router.finish();
        let text = |r: &std::ops::Range<u64>| &log[r.start as usize..r.end as usize];
        let of = |f: &Fragment| (f.session.to_string(), f.ranges.iter().map(text).collect());
        (fragments.iter().map(of).collect(), diagnostics.iter().map(|d| d.kind.code()).collect())
    }

    fn message(session: &str, text: &str) -> String {
        format!("2026-11-22T10:14:12.430000+00:00 {session} {text}\n")
    }

    fn header(second: u32) -> String {
        format!("Script started on 2026-11-22 10:14:{second:02}+00:00 [<not executed on terminal>]")
    }

    const END: &str = "\n\nScript done on 2026-11-22 10:14:13+00:00 [COMMAND_EXIT_CODE=\"0\"]";

    #[test]
    fn each_session_has_its_own_text() {
        let (a, b) = (format!("{}\n$ id\r{END}", header(11)), format!("{}\n$ ls\r{END}", header(12)));
        let log = message(ALICE, &a) + &message(BOB, &b);
        for chunk in [1, 7, 4096] {
            let found = sessions(&log, chunk);
            assert_eq!(found, [(ALICE.into(), format!("{a}\n")), (BOB.into(), format!("{b}\n"))]);
        }
    }

    #[test]
    fn long_texts_come_by_turns() {
        let long = "x\r\n".repeat(12_000);
        let (a, b) = (format!("{}\n{long}", header(11)), format!("{}\n{long}", header(12)));
        let log = message(ALICE, &a) + &message(BOB, &b) + &message(ALICE, END) + &message(BOB, END);
        let whole = |text: String| format!("{text}\n{END}\n");
        assert_eq!(sessions(&log, 4096), [(ALICE.into(), whole(a)), (BOB.into(), whole(b))]);
    }

    #[test]
    fn a_session_of_a_short_listing_is_told_by_its_header() {
        let header = format!(
            "Script started on 2026-11-22 10:14:11+00:00 [COMMAND=\"cat /x/i-0a/session/orchestration/{ALICE}/Standard_Stream/ipcTempFile.log\"]"
        );
        let log = format!("2026-11-22T10:14:12 {header}\n$ id\r\n");
        assert_eq!(sessions(&log, 4096), [(ALICE.into(), format!("{header}\n$ id\r\n"))]);
    }

    #[test]
    fn what_a_session_shows_begins_no_message_of_its_own() {
        let shown = message(ALICE, "$ id") + &message(BOB, "$ ls") + "2026-11-22T10:14:12 INFO started\n";
        let log = message(ALICE, &format!("{}\n$ cat out\r\n{shown}$ id", header(11)));
        assert_eq!(sessions(&log, 4096).len(), 1);
        assert!(sessions(&log, 4096)[0].1.contains(&shown));
    }

    #[test]
    fn a_transcript_within_another_is_its_output() {
        let shown = message(BOB, &format!("{}\n$ rm -rf /\r", header(12)));
        let log = message(ALICE, &format!("{}\n$ cat out\r\n{shown}$ exit\r{END}", header(11)));
        let (found, odd) = routed(&log, 4096);
        assert_eq!((found.len(), odd), (1, vec!["forged-structure"]));
        assert!(found[0].1.contains(&shown));
    }
}
