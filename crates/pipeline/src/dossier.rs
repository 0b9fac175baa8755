//! Sessions one by one with all that is known of them, for who looks at every command: rules, case files, reports.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::ControlFlow;

use rayon::prelude::*;
use whoran_index::{Order, Query, SearchOptions, Sift, Sifted};
use whoran_link::{Gap, Resolution};
use whoran_model::{
    ByteSpan, CommandRecord, Diagnostic, Dossier, Session, SessionFact, SessionId, Sought, TimePrecision,
};

use crate::picture::complete_command;
use crate::{Error, Picture, Store, Work};

/// How many bytes of logs the sessions have that are held at once, where several are.
const BATCH: u64 = 8 << 20;

/// Places of commands in sessions.
pub type Places = BTreeMap<SessionId, BTreeSet<u32>>;

impl Store {
    /// Where the commands are that meet a query.
    ///
    /// # Errors
    ///
    /// The index cannot be read.
    pub fn places(&self, query: &Query) -> Result<Places, Error> {
        let mut places = Places::new();
        let options = SearchOptions { order: Order::Session, ..SearchOptions::default() };
        self.search(query, &options, &mut |record| {
            places.entry(record.session_id).or_default().insert(record.command.seq);
            ControlFlow::Continue(())
        })?;
        Ok(places)
    }

    /// Works on sessions in parallel and gives what comes of each to `take`, in the order of their ids, until that breaks
    /// off. What is not `sought` may be missing. Few are in memory at once: as many as have 8 MiB of logs together, or one
    /// that has more.
    ///
    /// # Errors
    ///
    /// The index cannot be read, or threads cannot be started.
    pub fn each_dossier<T: Send>(
        &self,
        picture: &Picture,
        is_wanted: &(dyn Fn(&SessionId) -> bool + Sync),
        sought: &Sought,
        work: &Work,
        each: &(dyn Fn(Dossier) -> T + Sync),
        take: &mut (dyn FnMut(T) -> ControlFlow<()> + Send),
    ) -> Result<(), Error> {
        let mut gaps: HashMap<SessionId, Vec<Gap>> = HashMap::new();
        for gap in picture.gaps() {
            gaps.entry(gap.session.clone()).or_default().push(gap);
        }
        let wanted: Vec<_> = picture.sessions().filter(|(session, _)| is_wanted(&session.id)).collect();
        let gaps = |id: &SessionId| gaps.get(id).map_or(&[][..], Vec::as_slice);
        let sift = sought.commands.as_ref().map(|of| self.index.sift(&of.texts, of.first)).transpose()?;
        let is_sought = |odd: &Diagnostic| {
            sought.diagnostics.as_ref().is_none_or(|codes| codes.contains(odd.kind.code()))
        };
        let chosen = Chosen { sift: sift.as_ref(), is_sought: &is_sought };
        work.pool(|| {
            for batch in batches(&wanted) {
                let done: Vec<Result<T, Error>> = batch
                    .par_iter()
                    .with_max_len(1)
                    .map(|(session, known)| {
                        Ok(each(self.dossier(session, known, gaps(&session.id), &chosen)?))
                    })
                    .collect();
                for result in done {
                    if take(result?).is_break() {
                        return Ok(());
                    }
                }
            }
            Ok(())
        })?
    }

    /// With the commands that are chosen; with all where nothing chooses, or where a diagnostic is told with the command it
    /// was seen in.
    fn dossier(
        &self,
        session: &Session,
        known: &Resolution,
        gaps: &[Gap],
        chosen: &Chosen<'_>,
    ) -> Result<Dossier, Error> {
        let odd = || session.diagnostics.iter().filter(|odd| (chosen.is_sought)(odd));
        let placed = odd().any(|odd| odd.at.is_some());
        let mut dossier = match chosen.sift.filter(|_| !placed) {
            _ if session.logs.is_empty() => Dossier::whole(session.clone(), Vec::new(), Vec::new()),
            None => Dossier::whole(session.clone(), self.index.commands_of(&session.id)?, Vec::new()),
            Some(sift) => {
                let Sifted { commands, typed, windows } = self.index.sifted(&session.id, sift)?;
                Dossier { session: session.clone(), commands, typed, windows, facts: Vec::new() }
            }
        };
        dossier.commands.iter_mut().for_each(|record| complete_command(session, record));
        dossier.facts = odd().map(|odd| of_diagnostic(odd, session, &dossier.commands)).collect();
        dossier.facts.push(of_run_as(known));
        dossier.facts.extend(gaps.iter().map(|gap| of_gap(gap, known)));
        Ok(dossier)
    }
}

/// What goes into dossiers.
struct Chosen<'a> {
    sift: Option<&'a Sift>,
    is_sought: &'a (dyn Fn(&Diagnostic) -> bool + Sync),
}

fn batches<'s, 'a>(
    sessions: &'s [(&'a Session, &'a Resolution)],
) -> Vec<&'s [(&'a Session, &'a Resolution)]> {
    let size = |session: &Session| session.logs.iter().map(|log| log.bytes).sum::<u64>() + 4096;
    let mut batches = Vec::new();
    let (mut start, mut bytes) = (0, 0);
    for (at, (session, _)) in sessions.iter().enumerate() {
        let size = size(session);
        if at > start && bytes + size > BATCH {
            batches.push(&sessions[start..at]);
            (start, bytes) = (at, 0);
        }
        bytes += size;
    }
    if start < sessions.len() {
        batches.push(&sessions[start..]);
    }
    batches
}

/// An oddity of a log: proven by the command it lies in, else by the byte it was seen at, else by the log as a whole.
fn of_diagnostic(odd: &Diagnostic, session: &Session, commands: &[CommandRecord]) -> SessionFact {
    let spans =
        || commands.iter().flat_map(|record| record.command.evidence.iter().map(move |s| (s, record)));
    let holds = |span: &ByteSpan, at: u64| span.log == odd.log && (span.start..span.end).contains(&at);
    let command = odd.at.and_then(|at| spans().find(|(span, _)| holds(span, at)));
    let whole = || session.logs.iter().find(|log| log.log == odd.log).map_or(0, |log| log.bytes);
    let (start, end) = match (command, odd.at) {
        (Some((span, _)), _) => (span.start, span.end),
        (None, Some(at)) => (at, at + 1),
        (None, None) => (0, whole()),
    };
    let (time, time_precision) = match command {
        Some((_, record)) => (record.command.time, record.command.time_precision),
        None => of_session(session.last),
    };
    SessionFact {
        kind: "diagnostic",
        fields: vec![("diagnostic", odd.kind.code().to_owned()), ("message", odd.kind.to_string())],
        time,
        time_precision,
        evidence: vec![ByteSpan { log: odd.log.clone(), start, end }],
    }
}

fn of_run_as(known: &Resolution) -> SessionFact {
    let run_as = &known.run_as;
    let mut fields =
        vec![("verdict", run_as.verdict.code().to_owned()), ("owed_by", run_as.owed.code().to_owned())];
    fields.extend(run_as.owed.user().map(|user| ("owed", user.to_owned())));
    fields.extend(run_as.used.as_ref().map(|user| ("used", user.as_str().to_owned())));
    let (time, time_precision) = of_session(known.started);
    let evidence = run_as.evidence.iter().chain(&known.evidence).cloned().collect();
    SessionFact { kind: "run-as", fields, time, time_precision, evidence }
}

fn of_gap(gap: &Gap, known: &Resolution) -> SessionFact {
    let (time, time_precision) = of_session(known.started);
    SessionFact {
        kind: "gap",
        fields: vec![("gap", gap.kind.code().to_owned()), ("cause", gap.cause.code().to_owned())],
        time,
        time_precision,
        evidence: gap.evidence.clone(),
    }
}

fn of_session(time: Option<whoran_model::Timestamp>) -> (Option<whoran_model::Timestamp>, TimePrecision) {
    (time, if time.is_some() { TimePrecision::Session } else { TimePrecision::None })
}
