//! Every copy of one session → its commands.

use std::collections::BTreeMap;

use whoran_model::{Command, Envelope, Fragment, Hints, LogId, OsUser, Parsed, SessionId, SessionLog, Shape};

use crate::decode::{Chunk, Decoded, Exact, Kind, Notes, Share, Streamed, decode};
use crate::extract::{Given, Hindsight, Holding};
use crate::term::Mode;

mod command;
mod compare;
mod exact;
mod large;
mod missing;
mod placing;
mod streamed;

pub use large::{LargeSession, Read};
use placing::Placing;

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
                // Room for all of it, though it may be cut: where nothing is written no memory is taken, and growing takes
                // half as much again.
                let len = begins.map_or(0, |range| range.end - range.start) as usize;
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
}

#[cfg(test)]
mod tests;
