//! Sessions → the index, and with them the record of what is done.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::Path;

use whoran_index::{DiagnosticCounts, LogDone, LogMark, Writer, WriterOptions};
use whoran_model::{CommandRecord, Diagnostic, LogId, LogRef, Session, SessionId, Severity};

use super::mask::Masked;
use super::{Large, RoutedLog, SessionLogs};
use crate::{Error, OnEvent, Step, Work};

/// How many diagnostics of one log are kept; the rest are counted.
const KEPT_DIAGNOSTICS: usize = 100;

/// Opens the index, made anew where it has another layout; says whether it was.
pub(crate) fn open(dir: &Path, work: &Work) -> Result<(Writer, bool), Error> {
    match Writer::open(dir, options(work)) {
        Ok(writer) => Ok((writer, false)),
        Err(whoran_index::Error::SchemaMismatch { .. }) => Ok((empty(dir, work)?, true)),
        Err(error) => Err(error.into()),
    }
}

/// Puts an empty index in the place of whatever is there.
pub(crate) fn empty(dir: &Path, work: &Work) -> Result<Writer, Error> {
    Ok(Writer::recreate(dir, options(work))?)
}

fn options(work: &Work) -> WriterOptions {
    let threads = if work.threads == 0 { rayon::current_num_threads() } else { work.threads };
    WriterOptions { threads, memory_bytes: work.index_heap() }
}

/// Puts a session in the place of what the index holds of it, and gives back what is left to tell.
pub(crate) fn put(session: Masked, writer: &Writer) -> Result<Session, Error> {
    writer.replace_session(&session.session, &session.commands)?;
    Ok(session.session)
}

/// The same for a session whose commands come some at a time.
pub(crate) fn put_large(
    session: Large<'_>,
    id: &SessionId,
    on_event: OnEvent<'_>,
    writer: &Writer,
) -> Result<Session, Error> {
    let mut writing = writer.session(id)?;
    let put = |commands: Vec<CommandRecord>| Step::Index.does(on_event, || writing.commands(&commands));
    let session = session.each(|_| {}, on_event, put)?;
    writing.end(&session)?;
    Ok(session)
}

/// Takes sessions out of which no log holds a part any longer.
pub(crate) fn remove(ids: &BTreeSet<SessionId>, writer: &Writer) -> Result<(), Error> {
    ids.iter().try_for_each(|id| Ok(writer.remove_session(id)?))
}

/// Takes out the records of logs that are there no longer.
pub(crate) fn forget(logs: &[LogId], writer: &Writer) -> Result<(), Error> {
    logs.iter().try_for_each(|log| Ok(writer.remove_log(log)?))
}

/// Records what a source could not offer as a log, where there is no record of it yet: it holds nothing, and the next
/// run tries again. What is gone keeps the record of what it was.
pub(crate) fn put_skipped(
    skipped: &[Diagnostic],
    done: &HashMap<LogId, LogMark>,
    writer: &Writer,
) -> Result<bool, Error> {
    let new = skipped.iter().filter(|diagnostic| !done.contains_key(&diagnostic.log));
    let mut any = false;
    for diagnostic in new {
        any = true;
        writer.put_log(&record(
            LogRef { id: diagnostic.log.clone(), size: 0, version: "unreadable".into() },
            None,
            Vec::new(),
            std::slice::from_ref(diagnostic),
        ))?;
    }
    Ok(any)
}

/// Which logs still wait for a session of theirs.
///
/// A log is recorded as done in the same commit as its last session or in a later one, never before: so a run that is
/// killed at any moment leaves behind only logs that are done and logs that are read again.
pub(crate) struct Pending<'a> {
    /// How many sessions each log waits for, where that is more than one.
    waiting: HashMap<&'a LogId, usize>,
    /// Logs that were only drawn in by their sessions: they are done already.
    done: HashSet<&'a LogId>,
}

impl<'a> Pending<'a> {
    /// Takes the logs of this run, and records those that wait for nothing. Facts wait for the sessions that they change
    /// and are put last.
    pub(crate) fn new(
        logs: &'a [RoutedLog],
        others: &'a [RoutedLog],
        writer: &Writer,
    ) -> Result<Self, Error> {
        let mut waiting = HashMap::new();
        for log in logs {
            match log.fragments.len() {
                0 if log.facts().is_some() => {}
                0 => writer.put_log(&done(log))?,
                1 => {}
                sessions => drop(waiting.insert(&log.log.id, sessions)),
            }
        }
        Ok(Self { waiting, done: others.iter().map(|log| &log.log.id).collect() })
    }

    /// Takes sessions off the lists, and records every log whose last one is among them.
    pub(crate) fn indexed(&mut self, sessions: &[SessionLogs<'_>], writer: &Writer) -> Result<(), Error> {
        for part in sessions.iter().flat_map(|session| &session.parts) {
            let log = &part.log.log.id;
            if self.done.contains(log) {
                continue;
            }
            if let Some(left) = self.waiting.get_mut(log).filter(|left| **left > 1) {
                *left -= 1;
            } else {
                writer.put_log(&done(part.log))?;
            }
        }
        Ok(())
    }
}

/// Records that a log is done.
pub(crate) fn put_done(log: &RoutedLog, writer: &Writer) -> Result<(), Error> {
    Ok(writer.put_log(&done(log))?)
}

fn done(routed: &RoutedLog) -> LogDone {
    let mut log = routed.log.clone();
    let mut sha256 = Some(routed.sha256);
    if routed.unreadable {
        // No version that a source ever gives: the next run tries again.
        log.version = format!("unreadable {}", log.version).into();
        sha256 = None;
    }
    let mut sessions: Vec<SessionId> = routed.fragments.iter().map(|f| f.session.clone()).collect();
    sessions.sort();
    record(log, sha256, sessions, routed.diagnostics())
}

fn record(log: LogRef, sha256: Option<[u8; 32]>, sessions: Vec<SessionId>, odd: &[Diagnostic]) -> LogDone {
    let count = |severity| odd.iter().filter(|d| d.kind.severity() == severity).count() as u64;
    let counts = DiagnosticCounts {
        notes: count(Severity::Note),
        warnings: count(Severity::Warning),
        losses: count(Severity::Loss),
    };
    LogDone {
        log,
        sha256,
        sessions,
        counts,
        diagnostics: odd.iter().take(KEPT_DIAGNOSTICS).cloned().collect(),
    }
}
