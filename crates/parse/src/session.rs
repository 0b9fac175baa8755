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
use crate::extract::{Draft, Extracted, Given, Hindsight, Holding, extract};
use crate::term::{Mode, Window};

mod large;
mod missing;

pub use large::{LargeSession, Read};
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

    /// Ends the session, and holds all of its commands.
    pub fn finish(self) -> Parsed {
        let reading = self.decode();
        let mut notes = reading.notes.clone();
        let Found { rest, .. } = reading.copies().commands(Pass::holding_all(&mut |_| {}), &mut notes);
        reading.parsed(rest, notes)
    }

    /// Ends the session. Commands that take more than about `most` bytes are not held: `look` sees each of them once, in
    /// order, and [`LargeSession::commands`] gives them. `look` sees texts as they are, but no OS user, no place in the
    /// session and no final confidence, which are known only at the end. Two copies that have to be held side by side, an
    /// exact and a streaming one, are held whatever they take.
    pub fn finish_within(self, most: usize, look: &mut dyn FnMut(&[Command])) -> Read {
        large::read(self.decode(), most, look)
    }

    fn decode(self) -> Reading {
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
        let broke_off = self.broke_off || notes.any_damage();
        Reading { id: self.id, hints: self.hints, logs, names, exact, streamed, envelope, broke_off, notes }
    }
}

/// A session's logs, decoded: what its commands are found in, as often as somebody asks.
#[derive(Debug)]
struct Reading {
    id: SessionId,
    hints: Hints,
    logs: Vec<SessionLog>,
    /// Log names, by share.
    names: Vec<LogId>,
    exact: Vec<Exact>,
    streamed: Option<Streamed>,
    envelope: Envelope,
    broke_off: bool,
    /// What was odd before the first command.
    notes: Notes,
}

impl Reading {
    fn copies(&self) -> Copies<'_> {
        Copies {
            exact: self.exact.first(),
            others: self.exact.get(1..).unwrap_or_default(),
            streamed: self.streamed.as_ref(),
            envelope: &self.envelope,
            names: &self.names,
            broke_off: self.broke_off,
        }
    }

    /// The session with all of its commands.
    fn parsed(self, mut commands: Vec<Command>, notes: Notes) -> Parsed {
        Placing::new(&self.hints).place(&mut commands, true);
        let Self { id, envelope, logs, .. } = self;
        Parsed { id, envelope, logs, commands, diagnostics: notes.into_list() }
    }
}

/// One pass over a session's copies.
struct Pass<'p> {
    holding: Holding<'p>,
    /// Takes commands that are more than can be held, in order.
    hand: &'p mut dyn FnMut(Vec<Command>),
}

impl<'p> Pass<'p> {
    fn holding_all(hand: &'p mut dyn FnMut(Vec<Command>)) -> Self {
        Self { holding: Holding { most: usize::MAX, known: None }, hand }
    }

    /// The OS users of commands that are handed on, by level id.
    fn users(&self) -> &'p [Option<OsUser>] {
        self.holding.known.map_or(&[], |known| &known.users)
    }
}

/// What a pass found.
#[derive(Default)]
struct Found {
    /// The commands, but those that were handed on before.
    rest: Vec<Command>,
    /// Whether any was.
    handed: bool,
    hindsight: Hindsight,
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
    fn commands(&self, pass: Pass<'_>, notes: &mut Notes) -> Found {
        match (self.exact, self.streamed) {
            (Some(exact), _) if exact.kind == Kind::NonInteractive => Found::default(),
            (Some(exact), None) => self.exact_commands(exact, None, pass, notes),
            // the two are held side by side from end to end
            (Some(exact), streamed) => {
                self.exact_commands(exact, streamed, Pass::holding_all(&mut |_| {}), notes)
            }
            (None, Some(streamed)) => self.streamed_commands(streamed, pass, notes),
            (None, None) => Found::default(),
        }
    }

    fn given<'b>(&'b self, mode: Mode, bytes: &'b [u8], begins: &'b [usize]) -> Given<'b> {
        let run_as = self.envelope.run_as_user.as_ref().map(OsUser::as_str);
        Given { mode, bytes, begins, run_as, broke_off: self.broke_off }
    }

    fn streamed_commands(&self, streamed: &Streamed, pass: Pass<'_>, notes: &mut Notes) -> Found {
        let users = pass.users();
        let mut commands = |drafts: Vec<Draft>, users: &[Option<OsUser>]| -> Vec<Command> {
            self.note_streamed(streamed, &drafts, notes);
            drafts.into_iter().map(|draft| self.streamed_command(streamed, draft, users)).collect()
        };
        let Extracted { drafts, handed, hindsight, unexplained, .. } =
            self.extract_streamed(streamed, pass.holding, &mut |drafts| (pass.hand)(commands(drafts, users)));
        let is_none = !handed && drafts.is_empty();
        let rest = commands(drafts, &hindsight.users);
        if let Some(at) = unexplained.filter(|_| is_none)
            && let Some((log, at)) = self.streamed_place(streamed, streamed.said.line_at(at))
        {
            notes.add(&log, Some(at), DiagnosticKind::OutputWithoutCommand);
        }
        Found { rest, handed, hindsight }
    }

    fn extract_streamed(
        &self,
        streamed: &Streamed,
        holding: Holding<'_>,
        hand: &mut dyn FnMut(Vec<Draft>),
    ) -> Extracted {
        let given = self.given(Mode::Streamed, streamed.said.bytes(), &streamed.begins);
        extract(given, Window::USUAL, holding, hand)
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

    fn exact_commands(
        &self,
        exact: &Exact,
        streamed: Option<&Streamed>,
        pass: Pass<'_>,
        notes: &mut Notes,
    ) -> Found {
        let bytes = exact.bytes();
        let users = pass.users();
        let extracted =
            extract(self.given(Mode::Exact, bytes, &[]), Window::USUAL, pass.holding, &mut |drafts| {
                let (drafts, located) = locate(exact, drafts, notes);
                let command = |draft| exact_command(exact, &located, draft, users);
                (pass.hand)(drafts.into_iter().map(command).collect());
            });
        let Extracted { drafts, handed, hindsight, ends_mid_line, unexplained } = extracted;
        let (drafts, located) = locate(exact, drafts, notes);
        if ends_mid_line {
            notes.add(&exact.log, None, DiagnosticKind::EndsMidLine);
        }
        if let Some(at) = unexplained.filter(|_| drafts.is_empty() && !handed) {
            let (log, at) = exact.place(at);
            notes.add(&log, Some(at), DiagnosticKind::OutputWithoutCommand);
        }
        let lines = LazyCell::new(|| Lines::new(bytes));
        for other in self.others.iter().filter(|other| other.kind == exact.kind) {
            compare_exact(exact, &lines, other, notes);
        }
        let users = &hindsight.users;
        let rest = match streamed {
            Some(streamed) => {
                let alignment = self.compare(exact, &lines, streamed, notes);
                self.compared_commands(
                    (exact, &located, &lines),
                    (streamed, &alignment),
                    drafts,
                    users,
                    notes,
                )
            }
            None => drafts.into_iter().map(|draft| exact_command(exact, &located, draft, users)).collect(),
        };
        Found { rest, handed, hindsight }
    }

    /// The commands of an exact copy and of a streaming one that was held beside it.
    fn compared_commands(
        &self,
        (exact, located, lines): (&Exact, &Located, &Lines<'_>),
        (streamed, alignment): (&Streamed, &Alignment),
        drafts: Vec<Draft>,
        users: &[Option<OsUser>],
        notes: &mut Notes,
    ) -> Vec<Command> {
        let mut places = Vec::with_capacity(drafts.len());
        let commands = drafts
            .into_iter()
            .map(|draft| {
                let own = lines.at(draft.span.start)..lines.at(draft.span.end.saturating_sub(1)) + 1;
                let mut command = exact_command(exact, located, draft, users);
                let mut matched: Vec<usize> =
                    alignment.streamed[own.clone()].iter().copied().flatten().collect();
                matched.dedup();
                for run in matched.chunk_by(|a, b| a + 1 == *b) {
                    let lines = run[0]..run[run.len() - 1] + 1;
                    command.evidence.extend(self.streamed_evidence(streamed, lines));
                }
                // a line the streaming copy lost was entered not later than the next one it has
                let next = || alignment.streamed[own.start..].iter().copied().flatten().next();
                let last = matched.last().copied().or_else(next);
                if let Some(time) = last.and_then(|j| streamed.said.line(j)?.origin.time) {
                    (command.time, command.time_precision) = (Some(time), TimePrecision::Batch);
                }
                let shown = matched.first().zip(matched.last()).map_or(0..0, |(a, b)| *a..b + 1);
                places.push(Place { lines: shown, before: last.unwrap_or(usize::MAX) });
                command
            })
            .collect();
        if exact.kind == Kind::Terminal && !alignment.gaps.is_empty() {
            self.with_missing(commands, &places, streamed, &alignment.gaps, notes)
        } else {
            commands
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

/// Where commands of an exact copy stand, and what they say about the record.
fn locate(exact: &Exact, mut drafts: Vec<Draft>, notes: &mut Notes) -> (Vec<Draft>, Located) {
    for draft in &mut drafts {
        draft.span = to_line_end(exact.bytes(), draft.span.clone());
    }
    let located = Located::new(exact, &drafts);
    note_commands(&drafts, |at| located.get(at, Edge::Start).cloned(), notes);
    (drafts, located)
}

fn exact_command(exact: &Exact, located: &Located, draft: Draft, users: &[Option<OsUser>]) -> Command {
    let evidence = located.evidence(exact, &draft.span);
    let precision = if exact.end_time.is_some() { TimePrecision::Session } else { TimePrecision::None };
    into_command(draft, users, exact.end_time, precision, evidence)
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

/// Gives commands their places, and says of those that no person entered who did.
struct Placing<'h> {
    seq: u32,
    /// Lines of the shell profile that may still come.
    profile: &'h [String],
    document: Option<&'h str>,
    replayed: bool,
}

impl<'h> Placing<'h> {
    fn new(hints: &'h Hints) -> Self {
        let (profile, document) = (&hints.shell_profile, hints.document_command.as_deref());
        Self { seq: 0, profile, document, replayed: false }
    }

    /// Takes the next commands of the session; with `last` those it ends with.
    fn place(&mut self, commands: &mut [Command], last: bool) {
        let first = self.seq == 0;
        self.mark_replay(commands, first, last);
        self.apply_hints(commands);
        for command in commands {
            command.seq = self.seq;
            self.seq += 1;
        }
    }

    /// On Windows the agent replays a session into a transcript with a program of its own: the line that starts it and the
    /// `exit` behind it are the agent's (agent/session/shell/shell_windows.go).
    fn mark_replay(&mut self, commands: &mut [Command], first: bool, last: bool) {
        let starts = |c: &&mut Command| first && c.command.contains("ssm-session-logger");
        if let Some(first) = commands.first_mut().filter(starts) {
            first.origin = Origin::Document;
            self.replayed = true;
        }
        let ends = |c: &&mut Command| last && c.command.trim() == "exit";
        if self.replayed
            && let Some(last) = commands.last_mut().filter(ends)
        {
            last.origin = Origin::Document;
        }
    }

    /// Marks what the session's configuration and not a person entered: the shell profile's lines stand first, in order.
    fn apply_hints(&mut self, commands: &mut [Command]) {
        for command in commands.iter_mut() {
            let skipped = self.profile.iter().take_while(|line| line.trim().is_empty()).count();
            match self.profile[skipped..].split_first() {
                Some((line, rest)) if line.trim() == command.command.trim() => self.profile = rest,
                _ => {
                    self.profile = &[];
                    break;
                }
            }
            command.origin = Origin::ShellProfile;
        }
        for command in commands.iter_mut() {
            if command.kind == CommandKind::Shell && self.document == Some(command.command.as_str()) {
                command.origin = Origin::Document;
            }
        }
    }
}

#[cfg(test)]
mod tests;
