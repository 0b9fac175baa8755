//! Figures for reports: counted in the index, not read from commands.

use std::collections::HashMap;

use whoran_index::{Query, SearchOptions};
use whoran_model::{Diagnostic, SessionId};

use crate::{Error, Picture, Store};

/// Where the archive stands, and how far the index has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArchiveState {
    /// SHA-256 of the manifest's last line, in hex.
    pub head: String,
    /// Lines of the manifest.
    pub lines: u64,
    /// Lines of it that the index knows; fewer where a run was cut short.
    pub indexed: u64,
}

impl Store {
    /// How many commands of each session meet a query. A session without any is not there.
    ///
    /// # Errors
    ///
    /// The index cannot be read.
    pub fn count_by_session(&self, query: &Query) -> Result<HashMap<SessionId, u64>, Error> {
        Ok(self.index.count_by_session(&self.settle(query)?, &SearchOptions::default())?)
    }

    /// What logs themselves show to be missing: bytes that could not be read, lines that break off, echo switched off.
    /// Ordered by log and session.
    ///
    /// # Errors
    ///
    /// The index cannot be read.
    pub fn gaps_in_logs(&self, picture: &Picture) -> Result<Vec<Diagnostic>, Error> {
        let is_gap = |diagnostic: &&Diagnostic| diagnostic.kind.is_gap();
        let of_logs = self.index.gapped_logs()?;
        let of_logs = of_logs.iter().flat_map(|log| &log.diagnostics);
        let of_sessions = picture.logged().flat_map(|(session, _)| &session.diagnostics);
        let mut gaps: Vec<_> = of_logs.chain(of_sessions).filter(is_gap).cloned().collect();
        gaps.sort_by(|a, b| (&a.log, &a.session, a.at).cmp(&(&b.log, &b.session, b.at)));
        gaps.dedup();
        Ok(gaps)
    }

    /// Where the archive stands.
    ///
    /// # Errors
    ///
    /// The archive cannot be read.
    pub fn archive_state(&self) -> Result<ArchiveState, Error> {
        let archive = self.archive()?;
        let indexed = self.index.checkpoint().archive_seq;
        Ok(ArchiveState { head: archive.head().to_owned(), lines: archive.seq(), indexed })
    }
}
