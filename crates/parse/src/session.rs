//! Every copy of one session → its commands.

use std::cell::LazyCell;
use std::collections::BTreeMap;
use std::ops::Range;

use whoran_model::{
    ByteSpan, Command, CommandKind, DiagnosticKind, Envelope, Fragment, Hints, LogId, Origin, OsUser, Parsed,
    SessionId, SessionLog, Shape, TimePrecision, Timestamp,
};

use crate::align::{Alignment, align};
use crate::decode::{Chunk, Decoded, Edge, Exact, Kind, Notes, Share, Streamed, decode};
use crate::extract::{Draft, Extracted, Given, extract};
use crate::term::{Mode, Window};

mod missing;

use missing::Place;

/// Records are cut into pieces of about so many bytes, which are let go one by one as they are decoded: large ones, which
/// go back to the system at once.
const PIECE: usize = if cfg!(test) { 64 << 10 } else { 4 << 20 };

/// Parses one session from all its fragments, fed in any order and any chunks.
///
/// Keeps the session's bytes until [`finish`](Self::finish): prompts are learned from the whole of it, and its copies are
/// compared.
#[derive(Debug)]
pub struct SessionParser {
    id: SessionId,
    hints: Hints,
    shares: BTreeMap<(LogId, Shape), Vec<Chunk>>,
    broke_off: bool,
}

impl SessionParser {
    /// Starts a session.
    pub fn new(id: SessionId, hints: &Hints) -> Self {
        Self { id, hints: hints.clone(), shares: BTreeMap::new(), broke_off: false }
    }

    /// Takes bytes of one of the fragment's ranges; `offset` is their place in the decompressed log. Chunks of one
    /// fragment come in order.
    pub fn feed(&mut self, fragment: &Fragment, offset: u64, bytes: &[u8]) {
        let chunks = self.shares.entry((fragment.log.clone(), fragment.shape)).or_default();
        let begins =
            fragment.ranges.binary_search_by_key(&offset, |r| r.start).ok().map(|at| &fragment.ranges[at]);
        let is_json = fragment.shape != Shape::Transcript;
        let next = match chunks.last_mut() {
            Some(last) if last.offset + last.bytes.len() as u64 == offset && begins.is_none() => {
                let before = last.bytes.len();
                last.bytes.extend_from_slice(bytes);
                if is_json && before >= PIECE { last.split_between_records(before) } else { None }
            }
            _ => {
                let mut len = begins.map_or(0, |range| range.end - range.start) as usize;
                if is_json {
                    len = len.min(2 * PIECE);
                }
                let mut whole = Vec::with_capacity(len.max(bytes.len()));
                whole.extend_from_slice(bytes);
                Some(Chunk { offset, bytes: whole })
            }
        };
        chunks.extend(next);
    }

    /// Says that a log ends before its session does, because the rest of it cannot be read: then its last line is no
    /// line that was left unfinished.
    pub fn broke_off(&mut self) {
        self.broke_off = true;
    }

    /// Ends the session.
    pub fn finish(self) -> Parsed {
        let mut shares: Vec<Share> =
            self.shares.into_iter().map(|((log, shape), chunks)| Share { log, shape, chunks }).collect();
        let logs = shares
            .iter()
            .map(|s| SessionLog {
                log: s.log.clone(),
                shape: s.shape,
                bytes: s.chunks.iter().map(|c| c.bytes.len() as u64).sum(),
            })
            .collect();
        let mut notes = Notes::new(self.id.clone());
        let Decoded { exact, streamed, envelope } = decode(&mut shares, &mut notes);
        let names: Vec<LogId> = shares.into_iter().map(|s| s.log).collect();
        let copies = Copies {
            exact: exact.first(),
            others: exact.get(1..).unwrap_or_default(),
            streamed: streamed.as_ref(),
            envelope: &envelope,
            names: &names,
            broke_off: self.broke_off || notes.any_damage(),
        };
        let mut commands = copies.commands(&mut notes);
        mark_replay(&mut commands);
        apply_hints(&mut commands, &self.hints);
        for (seq, command) in (0_u32..).zip(&mut commands) {
            command.seq = seq;
        }
        Parsed { id: self.id, envelope, logs, commands, diagnostics: notes.into_list() }
    }
}

/// The copies a session is read from: bytes from the exact one, times and users from the streaming one.
struct Copies<'a> {
    /// The most complete of the exact copies, then the longest.
    exact: Option<&'a Exact>,
    /// The other ones.
    others: &'a [Exact],
    streamed: Option<&'a Streamed>,
    envelope: &'a Envelope,
    /// Log names, by share.
    names: &'a [LogId],
    /// Whether a log ends before the session does.
    broke_off: bool,
}

impl Copies<'_> {
    fn commands(&self, notes: &mut Notes) -> Vec<Command> {
        match (self.exact, self.streamed) {
            (Some(exact), _) if exact.kind == Kind::NonInteractive => Vec::new(),
            (Some(exact), streamed) => self.exact_commands(exact, streamed, notes),
            (None, Some(streamed)) => self.streamed_commands(streamed, notes),
            (None, None) => Vec::new(),
        }
    }

    fn given<'b>(&'b self, mode: Mode, bytes: &'b [u8], begins: &'b [usize]) -> Given<'b> {
        let run_as = self.envelope.run_as_user.as_ref().map(OsUser::as_str);
        Given { mode, bytes, begins, run_as, broke_off: self.broke_off }
    }

    fn streamed_commands(&self, streamed: &Streamed, notes: &mut Notes) -> Vec<Command> {
        let Extracted { drafts, users, unexplained, .. } = self.extract_streamed(streamed);
        let said = &streamed.said;
        if let Some(at) = unexplained.filter(|_| drafts.is_empty())
            && let Some((log, at)) = self.streamed_place(streamed, said.line_at(at))
        {
            notes.add(&log, Some(at), DiagnosticKind::OutputWithoutCommand);
        }
        self.note_streamed(streamed, &drafts, notes);
        drafts.into_iter().map(|draft| self.streamed_command(streamed, draft, &users)).collect()
    }

    fn extract_streamed(&self, streamed: &Streamed) -> Extracted {
        extract(self.given(Mode::Streamed, streamed.said.bytes(), &streamed.begins), Window::USUAL)
    }

    fn note_streamed<'d>(
        &self,
        streamed: &Streamed,
        drafts: impl IntoIterator<Item = &'d Draft>,
        notes: &mut Notes,
    ) {
        note_commands(drafts, |at| self.streamed_place(streamed, streamed.said.line_at(at)), notes);
    }

    /// Where a line of the streaming copy begins.
    fn streamed_place(&self, streamed: &Streamed, line: usize) -> Option<(LogId, u64)> {
        let line = streamed.said.line(line)?;
        Some((self.names[line.origin.log].clone(), line.span.start))
    }

    fn streamed_command(&self, streamed: &Streamed, draft: Draft, users: &[Option<OsUser>]) -> Command {
        let lines = streamed.lines_of(&draft.span);
        let time = streamed.said.lines(lines.clone()).filter_map(|line| line.origin.time).max();
        let precision = if time.is_some() { TimePrecision::Batch } else { TimePrecision::None };
        into_command(draft, users, time, precision, self.streamed_evidence(streamed, lines))
    }

    fn exact_commands(&self, exact: &Exact, streamed: Option<&Streamed>, notes: &mut Notes) -> Vec<Command> {
        let bytes = exact.bytes();
        let Extracted { mut drafts, users, ends_mid_line, unexplained } =
            extract(self.given(Mode::Exact, bytes, &[]), Window::USUAL);
        for draft in &mut drafts {
            draft.span = to_line_end(bytes, draft.span.clone());
        }
        let located = Located::new(exact, &drafts);
        note_commands(&drafts, |at| located.get(at, Edge::Start).cloned(), notes);
        if ends_mid_line {
            notes.add(&exact.log, None, DiagnosticKind::EndsMidLine);
        }
        if let Some(at) = unexplained.filter(|_| drafts.is_empty()) {
            let (log, at) = exact.place(at);
            notes.add(&log, Some(at), DiagnosticKind::OutputWithoutCommand);
        }
        let lines = LazyCell::new(|| Lines::new(bytes));
        for other in self.others.iter().filter(|other| other.kind == exact.kind) {
            compare_exact(exact, &lines, other, notes);
        }
        let compared = streamed.map(|streamed| (streamed, self.compare(exact, &lines, streamed, notes)));
        let mut places = Vec::new();
        let commands = drafts
            .into_iter()
            .map(|draft| {
                let mut evidence = located.evidence(exact, &draft.span);
                let mut time = None;
                if let Some((streamed, alignment)) = &compared {
                    let own = lines.at(draft.span.start)..lines.at(draft.span.end.saturating_sub(1)) + 1;
                    let mut matched: Vec<usize> =
                        alignment.streamed[own.clone()].iter().copied().flatten().collect();
                    matched.dedup();
                    for run in matched.chunk_by(|a, b| a + 1 == *b) {
                        evidence.extend(self.streamed_evidence(streamed, run[0]..run[run.len() - 1] + 1));
                    }
                    // a line the streaming copy lost was entered not later than the next one it has
                    let next = || alignment.streamed[own.start..].iter().copied().flatten().next();
                    let last = matched.last().copied().or_else(next);
                    time = last.and_then(|j| streamed.said.line(j)?.origin.time);
                    let shown = matched.first().zip(matched.last()).map_or(0..0, |(a, b)| *a..b + 1);
                    places.push(Place { lines: shown, before: last.unwrap_or(usize::MAX) });
                }
                let (time, precision) = match (time, exact.end_time) {
                    (Some(time), _) => (Some(time), TimePrecision::Batch),
                    (None, Some(end)) => (Some(end), TimePrecision::Session),
                    (None, None) => (None, TimePrecision::None),
                };
                into_command(draft, &users, time, precision, evidence)
            })
            .collect();
        match compared {
            Some((streamed, alignment)) if exact.kind == Kind::Terminal && !alignment.gaps.is_empty() => {
                self.with_missing(commands, &places, streamed, &alignment.gaps, notes)
            }
            _ => commands,
        }
    }

    fn compare(&self, exact: &Exact, lines: &Lines<'_>, streamed: &Streamed, notes: &mut Notes) -> Alignment {
        let mut of_stream = Lines::new(streamed.said.bytes()).list;
        of_stream.truncate(streamed.said.len());
        let alignment = align(&lines.list, &of_stream);
        note_partings(exact, lines, &alignment, |j| self.streamed_place(streamed, j), notes);
        alignment
    }

    /// Spans of streaming lines; neighbours in one event are one span.
    fn streamed_evidence(&self, streamed: &Streamed, lines: Range<usize>) -> Vec<ByteSpan> {
        let mut out: Vec<ByteSpan> = Vec::new();
        for line in streamed.said.lines(lines) {
            let log = &self.names[line.origin.log];
            match out.last_mut() {
                Some(last) if last.log == *log && last.end + 1 == line.span.start => last.end = line.span.end,
                _ => out.push(ByteSpan { log: log.clone(), start: line.span.start, end: line.span.end }),
            }
        }
        out
    }
}

fn compare_exact(exact: &Exact, lines: &Lines<'_>, other: &Exact, notes: &mut Notes) {
    let of_other = Lines::new(other.bytes());
    let alignment = align(&lines.list, &of_other.list);
    note_partings(exact, lines, &alignment, |j| Some(other.place(of_other.starts[j])), notes);
}

/// Notes where an exact copy and another one part, whose lines `place` finds in their logs.
fn note_partings(
    exact: &Exact,
    lines: &Lines<'_>,
    alignment: &Alignment,
    place: impl Fn(usize) -> Option<(LogId, u64)>,
    notes: &mut Notes,
) {
    for (i, j) in alignment.partings.iter().take(20) {
        if let Some((other, other_at)) = place(*j) {
            let (log, at) = exact.place(lines.starts[*i]);
            notes.add(&log, Some(at), DiagnosticKind::CopiesDisagree { other, other_at });
        }
    }
}

/// The lines of an exact copy.
struct Lines<'a> {
    list: Vec<&'a [u8]>,
    starts: Vec<usize>,
}

impl<'a> Lines<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        let (mut list, mut starts, mut start) = (Vec::new(), Vec::new(), 0);
        for end in memchr::memchr_iter(b'\n', bytes).chain([bytes.len()]) {
            list.push(&bytes[start..end]);
            starts.push(start);
            start = end + 1;
        }
        Self { list, starts }
    }

    fn at(&self, byte: usize) -> usize {
        self.starts.partition_point(|s| *s <= byte).saturating_sub(1)
    }
}

/// Places in the logs of all span ends, found in one walk.
struct Located {
    positions: Vec<(usize, Edge)>,
    places: Vec<(LogId, u64)>,
}

impl Located {
    fn new(exact: &Exact, drafts: &[Draft]) -> Self {
        let ends = |d: &Draft| [(d.span.start, Edge::Start), (d.span.end, Edge::End)];
        let mut positions: Vec<_> = drafts.iter().flat_map(ends).collect();
        positions.sort_unstable();
        positions.dedup();
        let places = exact.places(&positions);
        Self { positions, places }
    }

    fn get(&self, position: usize, edge: Edge) -> Option<&(LogId, u64)> {
        self.positions.binary_search(&(position, edge)).ok().map(|i| &self.places[i])
    }

    fn evidence(&self, exact: &Exact, span: &Range<usize>) -> Vec<ByteSpan> {
        let ends = self.get(span.start, Edge::Start).zip(self.get(span.end, Edge::End));
        ends.map(|(from, to)| exact.offsets.spans(span, from.clone(), to.clone())).unwrap_or_default()
    }
}

/// A command's span ends with the line end that submitted it: an editor's closing mark behind that is no part of it, a
/// line end behind the mark is.
fn to_line_end(bytes: &[u8], span: Range<usize>) -> Range<usize> {
    const CLOSING: &[u8] = b"\x1b[?2004l";
    let own = &bytes[span.start.min(bytes.len())..span.end.min(bytes.len())];
    if own.ends_with(b"\n") {
        return span;
    }
    if let Some(at) = memchr::memrchr(b'\n', own)
        && own.len() - at < 64
        && own.ends_with(CLOSING)
    {
        return span.start..span.start + at + 1;
    }
    let after = &bytes[span.end.min(bytes.len())..];
    let line_end = after.iter().take(8).take_while(|b| matches!(b, b'\r' | b'\n')).position(|b| *b == b'\n');
    span.start..line_end.map_or(span.end, |n| span.end + n + 1)
}

/// Notes what commands say about the record itself.
fn note_commands<'d>(
    drafts: impl IntoIterator<Item = &'d Draft>,
    place: impl Fn(usize) -> Option<(LogId, u64)>,
    notes: &mut Notes,
) {
    for draft in drafts {
        let text = draft.text.trim();
        // all of these signs hold one of three words
        let word = |at| ["stty", "HIST", "hist"].iter().any(|word| text[at..].starts_with(word));
        if !memchr::memchr3_iter(b's', b'H', b'h', text.as_bytes()).any(word) {
            continue;
        }
        let echo_off = text.contains("stty -echo") || text.contains("stty raw");
        let history_off =
            ["unset HISTFILE", "HISTFILE=/dev/null", "history -c", "set +o history", "HISTSIZE=0"]
                .iter()
                .any(|sign| text.contains(sign));
        for (is, kind) in [(echo_off, DiagnosticKind::EchoOff), (history_off, DiagnosticKind::HistoryOff)] {
            if is && let Some((log, at)) = place(draft.span.start) {
                notes.add(&log, Some(at), kind);
            }
        }
    }
}

fn into_command(
    draft: Draft,
    users: &[Option<OsUser>],
    time: Option<Timestamp>,
    time_precision: TimePrecision,
    evidence: Vec<ByteSpan>,
) -> Command {
    let (output, output_truncated) = draft.output.finish();
    let confidence = (draft.confidence * 1000.0).round() / 1000.0;
    let mut alternatives = draft.alternatives;
    alternatives.retain(|other| other.command != draft.text);
    // the likeliest come first; how likely each is was weighed apart, and what was chosen may have been doubted since
    alternatives.iter_mut().fold(confidence, |most, other| {
        other.confidence = other.confidence.min(most);
        other.confidence
    });
    Command {
        seq: 0,
        time,
        time_precision,
        os_user: users.get(draft.level).cloned().flatten(),
        host: draft.said.host.clone(),
        cwd: draft.said.cwd.clone(),
        kind: draft.kind,
        program: draft.program,
        command: draft.text,
        typed: draft.typed,
        output,
        output_truncated,
        origin: draft.origin,
        status: draft.status,
        confidence,
        alternatives,
        evidence,
    }
}

/// On Windows the agent replays a session into a transcript with a program of its own: the line that starts it and the
/// `exit` behind it are the agent's (agent/session/shell/shell_windows.go).
fn mark_replay(commands: &mut [Command]) {
    let Some(first) = commands.first_mut().filter(|c| c.command.contains("ssm-session-logger")) else {
        return;
    };
    first.origin = Origin::Document;
    if let Some(last) = commands.last_mut().filter(|c| c.command.trim() == "exit") {
        last.origin = Origin::Document;
    }
}

/// Marks what the session's configuration and not a person entered: the shell profile's lines stand first, in order.
fn apply_hints(commands: &mut [Command], hints: &Hints) {
    let mut profile = hints.shell_profile.iter().map(|l| l.trim()).filter(|l| !l.is_empty()).peekable();
    for command in commands.iter_mut() {
        if profile.next_if(|line| command.command.trim() == *line).is_some() {
            command.origin = Origin::ShellProfile;
        } else {
            break;
        }
    }
    let document = hints.document_command.as_deref();
    for command in commands.iter_mut() {
        if command.kind == CommandKind::Shell && document == Some(command.command.as_str()) {
            command.origin = Origin::Document;
        }
    }
}

#[cfg(test)]
mod tests;
