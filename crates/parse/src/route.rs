//! One log → the sessions in it.
use whoran_model::{Diagnostic, Fragment, LogId};

/// Cuts one log into fragments by session. Feed it the decompressed log in any chunks.
#[derive(Debug)]
pub struct Router {
    log: LogId,
}

/// What [`Router`] found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Routed {
    /// One fragment a session.
    pub fragments: Vec<Fragment>,
    /// What was odd.
    pub diagnostics: Vec<Diagnostic>,
}

impl Router {
    /// Starts a log.
    pub fn new(log: LogId) -> Self {
        Self { log }
    }

    /// Takes the next bytes of the log.
    pub fn feed(&mut self, _bytes: &[u8]) {}

    /// Ends the log.
    pub fn finish(self) -> Routed {
        let _ = self.log;
        Routed { fragments: Vec::new(), diagnostics: Vec::new() }
    }
}
