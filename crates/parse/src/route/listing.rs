//! Transcripts one behind the other, in a log that is named after none of them: somebody put files together, or printed the
//! plain uploads of a log group with `aws logs tail`, which writes before each message a time and the stream it is of, which
//! is the session.
//!
//! Anything that a session showed may look like the beginning of another one. So one begins only with the header of a
//! transcript behind the end of another; and a message goes on only behind another one's end, or where the agent may have cut
//! a text. Even so, who made the first one could have shown the end of it and all that follows: that is said.

use std::collections::BTreeSet;
use std::ops::Range;

use whoran_model::{DiagnosticKind, SessionId, Shape};

use super::found::Found;
use super::lines::Lines;
use super::sniff::{header_session, is_script_header, is_script_trailer, is_stars, names_script, trim_start};
use super::stamps::{after_stamp, after_tail};

/// More than this of a line tells nothing: a time, a stream and a header with the agent's command are shorter.
const HEAD: usize = 1024;
/// The agent cuts no message that has fewer bytes (agentlogstocloudwatch, StreamMessageLengthThresholdInBytes).
const UNCUT: u64 = 32 << 10;

/// Whether a transcript begins on the line.
pub(super) fn is_listing(line: &[u8]) -> bool {
    begin(line, Before::Tail).or_else(|| begin(line, Before::Nothing)).is_some()
}

/// What stands before each transcript.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Before {
    /// What `aws logs tail` writes.
    Tail,
    /// Nothing, or the time that an export task writes.
    Nothing,
}

/// A transcript, or a message of it: whose it is, where that is told, and where in the line it begins.
type Begin = (Option<SessionId>, usize);

/// The reader. Offsets count from the start of the log.
#[derive(Debug)]
pub(super) struct Listing {
    lines: Lines,
    cut: Cut,
}

impl Default for Listing {
    fn default() -> Self {
        Self { lines: Lines::of_at_most(HEAD), cut: Cut::default() }
    }
}

impl Listing {
    pub(super) fn feed(&mut self, bytes: &[u8], mut take: impl FnMut(Found)) {
        let Self { lines, cut } = self;
        lines.feed(bytes, |line, range| cut.line(line, range, &mut take));
    }

    /// Ends the log.
    pub(super) fn finish(self, mut take: impl FnMut(Found)) {
        let Self { mut lines, mut cut } = self;
        let mut end = 0;
        lines.finish(|line, range| {
            end = range.end;
            cut.line(line, range, &mut take);
        });
        cut.give(end, &mut take);
    }
}

/// Which transcript the lines are of.
#[derive(Debug, Default)]
struct Cut {
    before: Option<Before>,
    /// The message that goes on, and where it begins.
    message: Option<(Option<SessionId>, u64)>,
    /// Whether a transcript ends with the last line that is not blank.
    ended: bool,
    known: BTreeSet<SessionId>,
}

impl Cut {
    fn line(&mut self, line: &[u8], range: Range<u64>, take: &mut impl FnMut(Found)) {
        let start = range.start;
        match self.before {
            None => self.first(line, start),
            // one that begins its line within another is seen where the session's text is read
            Some(Before::Nothing) if !(self.ended && names_script(after_stamp(line))) => {}
            Some(before) => match begin(line, before) {
                Some((session, text)) => self.next(session, range, start + text as u64, take),
                None => {
                    let goes_on = self.known_in(line).filter(|(session, _)| self.may_go_on(session, start));
                    if let Some((session, text)) = goes_on {
                        self.give(start, take);
                        self.message = Some((Some(session), start + text as u64));
                    }
                }
            },
        }
        if !line.trim_ascii().is_empty() {
            let powershell = self.before == Some(Before::Tail) && is_stars(line);
            self.ended = powershell || is_script_trailer(line.trim_ascii());
        }
    }

    fn first(&mut self, line: &[u8], start: u64) {
        let own = trim_start(line);
        let begins = |before| Some((before, begin(own, before)?));
        if let Some((before, (session, text))) = begins(Before::Tail).or_else(|| begins(Before::Nothing)) {
            self.before = Some(before);
            self.known.extend(session.clone());
            self.message = Some((session, start + (line.len() - own.len() + text) as u64));
        }
    }

    /// A header stands on the line.
    fn next(
        &mut self,
        session: Option<SessionId>,
        line: Range<u64>,
        text: u64,
        take: &mut impl FnMut(Found),
    ) {
        let within = |(_, begun): &(_, u64)| !self.ended && line.start - begun < UNCUT;
        if self.message.as_ref().is_some_and(within) {
            return take(odd(DiagnosticKind::ForgedStructure, None, line));
        }
        self.give(line.start, take);
        take(odd(DiagnosticKind::BehindAnother, session.as_ref(), text..line.end));
        self.known.extend(session.clone());
        self.message = Some((session, text));
    }

    /// Whether another message of the session may begin there.
    fn may_go_on(&self, session: &SessionId, at: u64) -> bool {
        let Some((of, begun)) = &self.message else { return false };
        of.as_ref() != Some(session) && self.ended || at - begun >= UNCUT
    }

    /// The session that is named before the text on the line, if it has begun before, and where the text begins.
    fn known_in(&self, line: &[u8]) -> Option<(SessionId, usize)> {
        let (stream, text) = after_tail(line).filter(|_| self.before == Some(Before::Tail))?;
        let session = stream?.parse().ok().filter(|id| self.known.contains(id))?;
        Some((session, text))
    }

    fn give(&mut self, end: u64, take: &mut impl FnMut(Found)) {
        if let Some((session, start)) = self.message.take() {
            let session = session.map(|id| id.as_str().to_owned());
            Found { shape: Some(Shape::Transcript), session, ..Found::nothing(start..end) }.alone(take);
        }
    }
}

fn odd(kind: DiagnosticKind, session: Option<&SessionId>, range: Range<u64>) -> Found {
    let session = session.map(|id| id.as_str().to_owned());
    Found { session, damage: Some(kind), ..Found::nothing(range) }
}

/// The transcript that begins on the line.
fn begin(line: &[u8], before: Before) -> Option<Begin> {
    match before {
        Before::Tail => {
            let (stream, text) = after_tail(line)?;
            let header = &line[text..];
            let told = || header_session(header);
            let session = stream.and_then(|stream| stream.parse().ok()).or_else(told);
            let session = session.filter(SessionId::is_well_formed)?;
            (is_header(header) || is_stars(header)).then_some((Some(session), text))
        }
        Before::Nothing => {
            let header = after_stamp(line);
            is_header(header).then(|| (header_session(header), line.len() - header.len()))
        }
    }
}

/// A trailer has a time as well.
fn is_header(line: &[u8]) -> bool {
    is_script_header(line) && !is_script_trailer(line)
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
        assert_eq!(diagnostics, vec!["behind-another"; sessions.len() - 1]);
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
    fn files_that_were_put_together_are_sessions_of_their_own() {
        let of = |session: &str| {
            format!(
                "Script started on 2026-11-22 10:14:11+00:00 [COMMAND=\"cat /x/i-0a/session/orchestration/{session}/Standard_Stream/ipcTempFile.log\"]\n$ id\r\r\n{END}\n"
            )
        };
        let log = of(ALICE) + &of(BOB);
        for chunk in [1, 7, 4096] {
            assert_eq!(sessions(&log, chunk), [(ALICE.into(), of(ALICE)), (BOB.into(), of(BOB))]);
        }
        // what names no session is nobody's, and not the one's before
        let old = format!("Script started on 2022-01-25 06:49:24+0000\n$ ls\r\r\n{END}\n");
        let (found, odd) = routed(&(of(ALICE) + &old), 4096);
        assert_eq!(found, [(ALICE.into(), of(ALICE)), ("out".into(), old)]);
        assert_eq!(odd, ["behind-another", "unproven-session-id"]);
        // nor does a line with a time begin one, as translated headers are told, nor behind a row of stars
        let shown = "**********\nbackup 2026-11-22 10:14:13+00:00\n";
        let log = of(ALICE).replace("$ id", &format!("$ sh x\r\r\n{shown}$ id"));
        assert_eq!(sessions(&log, 4096), [(ALICE.into(), log)]);
        let bom = format!("\u{feff}{}", of(BOB));
        assert_eq!(sessions(&bom, 4096), [(BOB.into(), of(BOB))]);
    }

    #[test]
    fn a_transcript_within_another_is_its_output() {
        let shown = message(BOB, &format!("{}\n$ rm -rf /\r", header(12)));
        let log = message(ALICE, &format!("{}\n$ cat out\r\n{shown}$ exit\r{END}", header(11)));
        let (found, odd) = routed(&log, 4096);
        assert_eq!((found.len(), odd), (1, vec!["forged-structure"]));
        assert!(found[0].1.contains(&shown));
        let shown = format!("{}\n$ rm -rf /\r", header(12));
        let (found, odd) = routed(&format!("{}\n$ cat out\r\n{shown}\n{END}", header(11)), 4096);
        assert_eq!((found.len(), odd), (1, vec!["unproven-session-id"]));
    }
}
