//! Logs → the sessions in each, found in one pass over all bytes.

use std::collections::{HashMap, HashSet};
use std::io::Read;

use rayon::prelude::*;
use sha2::{Digest, Sha256};
use whoran_ingest::{LogReader, Source, hex, written_at};
use whoran_model::{Diagnostic, DiagnosticKind, Fact, Fragment, LogRef, SessionId, TakenBy};
use whoran_parse::Router;

use super::facts::{Facts, Packing};
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
    facts: Option<Facts>,
    diagnostics: Vec<Diagnostic>,
    spooled: Option<Spooled>,
}

impl RoutedLog {
    /// Facts from beside the logs, where it is no log of sessions itself.
    pub(crate) fn facts(&self) -> Option<&Facts> {
        self.beside.as_ref()?.facts.as_ref()
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

/// Where logs are read from, and what is kept of them.
pub(crate) struct Routing<'a> {
    pub(crate) sources: &'a [&'a dyn Source],
    /// How many bytes a log may have, decompressed.
    pub(crate) cap: u64,
    pub(crate) spool: &'a Spool,
    /// Whether secrets leave the facts.
    pub(crate) masked: bool,
    pub(crate) on_event: OnEvent<'a>,
}

/// Reads every log once, in parallel, and lets `name` settle what its sessions are called. The result has the order of
/// `logs`.
pub(crate) fn route(
    logs: Vec<FoundLog>,
    routing: &Routing<'_>,
    name: impl Fn(&mut RoutedLog) + Sync,
) -> Vec<RoutedLog> {
    let on_event = routing.on_event;
    let one = |found| {
        let mut routed = Step::Read.does(on_event, || route_one(found, routing));
        name(&mut routed);
        routed.diagnostics().iter().for_each(|diagnostic| on_event(Event::Diagnostic(diagnostic)));
        routed
    };
    logs.into_par_iter().with_max_len(1).map(one).collect()
}

fn route_one(FoundLog { log, source: nth }: FoundLog, routing: &Routing<'_>) -> RoutedLog {
    const CHUNK: u64 = 256 << 10;
    let Routing { sources, cap, spool, masked, on_event } = *routing;
    let source = sources[usize::from(nth)];
    let mut packing = Packing::new(spool, masked);
    let mut reader = LogReader::open(source, &log, cap);
    let mut router = Router::new(log.id.clone());
    let mut buf = vec![0; log.size.clamp(4096, CHUNK) as usize];
    let mut told = 0;
    // A `LogReader` never fails: what goes wrong ends the log, and `finish` says what it was.
    while let Ok(n @ 1..) = reader.read(&mut buf) {
        router.feed(&buf[..n]);
        router.calls().into_iter().for_each(|call| packing.add(call));
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
    let facts = facts.map(|facts| {
        facts.into_iter().for_each(|fact| packing.add(fact));
        packing.end()
    });
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

/// A state of which nothing says when it was taken down was there when its file was written.
fn date<'a>(facts: impl Iterator<Item = &'a mut Fact>, log: &LogRef) {
    let Some(written) = written_at(log) else { return };
    for taken in facts.filter_map(Fact::taken_mut).filter(|taken| taken.at.is_none()) {
        (taken.at, taken.by) = (Some(written), TakenBy::File);
    }
}
