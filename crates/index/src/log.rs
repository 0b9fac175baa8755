//! The record of what is done: one per source log, and one checkpoint per commit.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use whoran_model::{Diagnostic, LogRef, SessionId};

/// One source log that was read, and what it held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogDone {
    /// Name, stored size and version: an equal [`LogRef`] need not be read again.
    pub log: LogRef,
    /// SHA-256 of its bytes as stored, where it could be read.
    pub sha256: Option<[u8; 32]>,
    /// The sessions it holds a part of.
    pub sessions: Vec<SessionId>,
    /// How many diagnostics it gave rise to, by severity.
    pub counts: DiagnosticCounts,
    /// The diagnostics; the caller may keep fewer than it counted.
    pub diagnostics: Vec<Diagnostic>,
}

/// How many diagnostics of each severity.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DiagnosticCounts {
    /// [`whoran_model::Severity::Note`].
    pub notes: u64,
    /// [`whoran_model::Severity::Warning`].
    pub warnings: u64,
    /// [`whoran_model::Severity::Loss`].
    pub losses: u64,
}

/// What tells whether a log must be read again: [`LogDone`] without what it held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogMark {
    /// See [`LogRef::size`].
    pub size: u64,
    /// See [`LogRef::version`].
    pub version: Arc<str>,
}

impl LogMark {
    /// Whether `log` is still what was read.
    pub fn is_current(&self, log: &LogRef) -> bool {
        self.size == log.size && self.version == log.version
    }
}

/// How far the archive and the context had come when a commit was made. It is written in the same instant as the
/// documents, so it is never ahead of them or behind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Checkpoint {
    /// Lines of the archive's manifest that are indexed.
    pub archive_seq: u64,
    /// SHA-256 of the last of them, in which is that of each one before it; zeros where there is none, or nobody said.
    pub archive_head: [u8; 32],
    /// Version of the context that the sessions were resolved with.
    pub context_seq: u64,
}

/// The commit payload.
#[derive(Serialize, Deserialize)]
pub(crate) struct Payload {
    pub(crate) schema: u32,
    #[serde(default)]
    pub(crate) archive_seq: u64,
    #[serde(default)]
    pub(crate) archive_head: [u8; 32],
    #[serde(default)]
    pub(crate) context_seq: u64,
}

impl Payload {
    pub(crate) fn new(checkpoint: Checkpoint) -> Self {
        let Checkpoint { archive_seq, archive_head, context_seq } = checkpoint;
        Self { schema: crate::SCHEMA_VERSION, archive_seq, archive_head, context_seq }
    }

    pub(crate) fn checkpoint(&self) -> Checkpoint {
        let &Self { archive_seq, archive_head, context_seq, .. } = self;
        Checkpoint { archive_seq, archive_head, context_seq }
    }
}
