//! Logs → the sessions in each, found in one pass over all bytes.

use std::collections::{HashMap, HashSet};
use std::io::Read;
use std::sync::{Mutex, PoisonError};

use rayon::prelude::*;
use sha2::{Digest, Sha256};
use whoran_ingest::{LogReader, Source, hex, written_at};
use whoran_model::{Callers, Diagnostic, DiagnosticKind, Fact, Fragment, LogRef, SessionId, TakenBy};
use whoran_parse::Router;

use super::{FoundLog, SourceNumber};
use crate::spool::{Spool, Spooled};
use crate::{Event, OnEvent, Step};

/// One log, cut by session. A run keeps this of every log until its end, so it is small.
#[derive(Debug)]
pub(crate) struct RoutedLog {
    pub(crate) log: LogRef,
    /// SHA-256 of its bytes as stored.
    pub(crate) sha256: [u8; 32],
    /// How many bytes it has, decompressed.
    pub(crate) bytes: u64,
    /// Whether the log, or the rest of it, could not be read, so that another run may have more luck.
    pub(crate) unreadable: bool,
    /// Which of the run's sources has it.
    pub(crate) source: SourceNumber,
    /// One fragment a session.
    pub(crate) fragments: Box<[Fragment]>,
    beside: Option<Box<Beside>>,
}

/// What few logs have.
#[derive(Debug)]
struct Beside {
    facts: Option<Vec<Fact>>,
    diagnostics: Vec<Diagnostic>,
    spooled: Option<Spooled>,
}

impl RoutedLog {
    /// Facts from beside the logs, where it is no log of sessions itself.
    pub(crate) fn facts(&self) -> Option<&[Fact]> {
        self.beside.as_ref()?.facts.as_deref()
    }

    pub(crate) fn facts_mut(&mut self) -> &mut [Fact] {
        self.beside.as_mut().and_then(|beside| beside.facts.as_deref_mut()).unwrap_or_default()
    }

    /// What was odd.
    pub(crate) fn diagnostics(&self) -> &[Diagnostic] {
        self.beside.as_ref().map_or(&[], |beside| &beside.diagnostics)
    }

    /// Where its bytes are in the spool, if they are.
    pub(crate) fn spooled(&self) -> Option<Spooled> {
        self.beside.as_ref()?.spooled
    }
}

/// Gives a session that only the log's name tells of an id that no other log's session can have, whatever other logs there
/// are or come later: `app.log` in two folders is two sessions.
pub(crate) fn set_apart(routed: &mut RoutedLog) {
    let unproven = routed.fragments.iter().find(|f| !f.proven).map(|f| f.session.clone());
    let Some(named) = unproven else { return };
    let suffix = format!("~{}", hex(&Sha256::digest(routed.log.id.as_str())[..4]));
    let stem = named.as_str();
    let stem = &stem[..stem.floor_char_boundary(SessionId::MAX_LEN - suffix.len())];
    let Ok(apart) = format!("{stem}{suffix}").parse::<SessionId>() else { return };
    let ids = routed.fragments.iter_mut().map(|fragment| &mut fragment.session);
    let diagnostics = routed.beside.iter_mut().flat_map(|beside| &mut beside.diagnostics);
    let noted = diagnostics.filter_map(|diagnostic| diagnostic.session.as_mut());
    ids.chain(noted).filter(|id| **id == named).for_each(|id| *id = apart.clone());
    routed.fragments.sort_by(|a, b| a.session.cmp(&b.session));
}

/// The same for those sessions alone whose name several logs have.
pub(crate) fn set_shared_apart(routed: &mut [RoutedLog]) {
    let mut logs_of: HashMap<SessionId, usize> = HashMap::new();
    for log in routed.iter() {
        let unproven: HashSet<_> = log.fragments.iter().filter(|f| !f.proven).map(|f| &f.session).collect();
        unproven.into_iter().for_each(|id| *logs_of.entry(id.clone()).or_default() += 1);
    }
    let shared = |f: &Fragment| !f.proven && logs_of.get(&f.session).is_some_and(|logs| *logs > 1);
    routed.iter_mut().filter(|log| log.fragments.iter().any(shared)).for_each(set_apart);
}

/// Reads every log once, in parallel, and lets `name` settle what its sessions are called. The result has the order of
/// `logs`.
pub(crate) fn route(
    logs: Vec<FoundLog>,
    sources: &[&dyn Source],
    cap: u64,
    spool: &Spool,
    on_event: OnEvent<'_>,
    name: impl Fn(&mut RoutedLog) + Sync,
) -> Vec<RoutedLog> {
    let callers = Mutex::default();
    let one = |FoundLog { log, source }| {
        let read = || route_one(log, source, sources[usize::from(source)], cap, spool, on_event);
        let mut routed = Step::Read.does(on_event, read);
        name(&mut routed);
        share_callers(routed.facts_mut(), &callers);
        routed.diagnostics().iter().for_each(|diagnostic| on_event(Event::Diagnostic(diagnostic)));
        routed
    };
    logs.into_par_iter().with_max_len(1).map(one).collect()
}

fn route_one(
    log: LogRef,
    nth: SourceNumber,
    source: &dyn Source,
    cap: u64,
    spool: &Spool,
    on_event: OnEvent<'_>,
) -> RoutedLog {
    const CHUNK: u64 = 256 << 10;
    let mut reader = LogReader::open(source, &log, cap);
    let mut router = Router::new(log.id.clone());
    let mut buf = vec![0; log.size.clamp(4096, CHUNK) as usize];
    let mut told = 0;
    // A `LogReader` never fails: what goes wrong ends the log, and `finish` says what it was.
    while let Ok(n @ 1..) = reader.read(&mut buf) {
        router.feed(&buf[..n]);
        let step = (n as u64).min(log.size - told);
        told += step;
        on_event(Event::Read { bytes: step });
    }
    let end = reader.finish();
    on_event(Event::Read { bytes: log.size - told });

    let retry = |d: &Diagnostic| matches!(d.kind, DiagnosticKind::Unreadable(_) | DiagnosticKind::Vanished);
    let unreadable = end.diagnostics.iter().any(retry);
    let mut diagnostics = end.diagnostics;
    let (mut fragments, mut facts) = (Vec::new(), None);
    if end.bytes > 0 {
        let routed = router.finish();
        (fragments, facts) = (routed.fragments, routed.facts);
        diagnostics.extend(routed.diagnostics);
    }
    date(facts.iter_mut().flatten(), &log);
    if fragments.is_empty() && facts.is_none() && diagnostics.is_empty() {
        // Nothing is left out without a word.
        let kind = DiagnosticKind::NotALog;
        diagnostics.push(Diagnostic { log: log.id.clone(), at: None, session: None, kind });
    }
    let mut spooled = None;
    if fragments.len() > 1 {
        // Without room to spool, each session reads the log again: slow, but right.
        spooled = spool.keep(LogReader::open_again(source, &log, cap), end.bytes).ok();
    }
    fragments.iter_mut().for_each(|fragment| fragment.ranges.shrink_to_fit());
    let beside = facts.is_some() || !diagnostics.is_empty() || spooled.is_some();
    RoutedLog {
        log,
        sha256: end.sha256,
        bytes: end.bytes,
        unreadable,
        source: nth,
        fragments: fragments.into(),
        beside: beside.then(|| Box::new(Beside { facts, diagnostics, spooled })),
    }
}

/// Whoever calls in many logs is held once.
fn share_callers(facts: &mut [Fact], callers: &Mutex<Callers>) {
    if !facts.is_empty() {
        let mut callers = callers.lock().unwrap_or_else(PoisonError::into_inner);
        facts.iter_mut().for_each(|fact| callers.share(fact));
    }
}

/// A state of which nothing says when it was taken down was there when its file was written.
fn date<'a>(facts: impl Iterator<Item = &'a mut Fact>, log: &LogRef) {
    let Some(written) = written_at(log) else { return };
    for taken in facts.filter_map(Fact::taken_mut).filter(|taken| taken.at.is_none()) {
        (taken.at, taken.by) = (Some(written), TakenBy::File);
    }
}
