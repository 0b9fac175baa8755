//! Every copy of one session → its commands.
use whoran_model::{Envelope, Fragment, Hints, Parsed, SessionId};

/// Parses one session from all its fragments, fed in any order and any chunks.
#[derive(Debug)]
pub struct SessionParser {
    id: SessionId,
}

impl SessionParser {
    /// Starts a session.
    pub fn new(id: SessionId, _hints: &Hints) -> Self {
        Self { id }
    }

    /// Takes bytes of one of the fragment's ranges; `offset` is their place in the decompressed log. Chunks of one
    /// fragment come in order.
    pub fn feed(&mut self, _fragment: &Fragment, _offset: u64, _bytes: &[u8]) {}

    /// Ends the session.
    pub fn finish(self) -> Parsed {
        Parsed { id: self.id, envelope: Envelope::default(), logs: vec![], commands: vec![], diagnostics: vec![] }
    }
}
