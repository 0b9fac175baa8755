//! Figures for reports: counted in the index, not read from commands.

use std::collections::HashMap;

use whoran_index::{Query, SearchOptions};
use whoran_model::{Diagnostic, Session, SessionId};

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

    /// The sessions in whose logs something is missing, with that before what was odd about them otherwise. Where a log
    /// breaks off, so may any session in it.
    ///
    /// # Errors
    ///
    /// The index cannot be read.
    pub fn gapped_sessions(&self, picture: &Picture) -> Result<HashMap<SessionId, Session>, Error> {
        let mut missing: HashMap<SessionId, Vec<Diagnostic>> = HashMap::new();
        for log in self.index.gapped_logs()? {
            for gap in log.diagnostics.iter().filter(|diagnostic| diagnostic.kind.is_gap()) {
                let of = log.sessions.iter().filter(|id| gap.session.as_ref().is_none_or(|of| of == *id));
                of.for_each(|id| missing.entry(id.clone()).or_default().push(gap.clone()));
            }
        }
        let gapped = picture.logged().filter_map(|(session, _)| {
            let mut diagnostics = missing.remove(&session.id)?;
            diagnostics.extend(session.diagnostics.iter().cloned());
            Some((session.id.clone(), Session { diagnostics, ..session.clone() }))
        });
        Ok(gapped.collect())
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
