//! A session whose commands are more than can be held.
//!
//! Its logs are gone through twice: once to learn what is known only at the end, and once to give the commands. So none
//! of them has to wait anywhere, and what is in memory is the same for any number of them.

use whoran_model::{Command, Envelope, Parsed, SessionId, SessionLog};

use super::{Found, Pass, Placing, Reading};
use crate::extract::{Hindsight, Holding};

/// A session that was read.
#[derive(Debug)]
pub enum Read {
    /// One whose commands are all held.
    Whole(Parsed),
    /// One whose commands are more than can be held.
    Large(Box<LargeSession>),
}

/// A session whose commands are given piece by piece.
#[derive(Debug)]
pub struct LargeSession {
    reading: Reading,
    hindsight: Hindsight,
}

impl LargeSession {
    /// The session.
    pub fn id(&self) -> &SessionId {
        &self.reading.id
    }

    /// What the events say around the text.
    pub fn envelope(&self) -> &Envelope {
        &self.reading.envelope
    }

    /// The logs it was read from, ordered by name.
    pub fn logs(&self) -> &[SessionLog] {
        &self.reading.logs
    }

    /// Gives all commands to `take`, some at a time, in order and as [`Parsed`] would have them, and then the session
    /// without any.
    pub fn commands(self, take: &mut dyn FnMut(Vec<Command>)) -> Parsed {
        let Self { reading, hindsight } = self;
        let mut notes = reading.notes.clone();
        let mut placing = Placing::new(&reading.hints);
        let holding = Holding { most: 0, known: Some(&hindsight) };
        let mut hand = |mut commands: Vec<Command>| {
            placing.place(&mut commands, false);
            take(commands);
        };
        let Found { mut rest, .. } = reading.copies().commands(Pass { holding, hand: &mut hand }, &mut notes);
        placing.place(&mut rest, true);
        take(rest);
        let Reading { id, envelope, logs, .. } = reading;
        Parsed { id, envelope, logs, commands: Vec::new(), diagnostics: notes.into_list() }
    }
}

/// Reads a session; `look` sees the commands of one that is large.
pub(super) fn read(reading: Reading, most: usize, look: &mut dyn FnMut(&[Command])) -> Read {
    let mut notes = reading.notes.clone();
    let pass = Pass { holding: Holding { most, known: None }, hand: &mut |commands| look(&commands) };
    let Found { rest, handed, hindsight } = reading.copies().commands(pass, &mut notes);
    if !handed {
        return Read::Whole(reading.parsed(rest, notes));
    }
    look(&rest);
    Read::Large(Box::new(LargeSession { reading, hindsight }))
}
