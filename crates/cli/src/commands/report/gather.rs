//! The sessions a report is about, and questions about their commands.

use std::collections::{BTreeSet, HashMap};
use std::ops::ControlFlow;

use jiff::tz::TimeZone;
use whoran_model::{SessionId, Timestamp};
use whoran_pipeline::link::Resolution;
use whoran_pipeline::{Picture, Query, SearchOptions, Store, facet_field};
use whoran_report::compliance::{Begun, DamagedRow, ProgramRow};
use whoran_report::input::{CommandLine, Commands, Entry, Step};
use whoran_report::parameters::{Node, Parameters};
use whoran_report::rows::GapRow;
use whoran_report::topics::Topic;

use super::super::{answer, coverage};
use crate::error::CommandError;

/// Which sessions.
pub(super) struct Wanted<'a> {
    /// Those that began in this time.
    pub(super) period: (Option<Timestamp>, Option<Timestamp>),
    /// Those in scope.
    pub(super) parameters: &'a Parameters,
    /// Those that this holds for.
    pub(super) only: &'a dyn Fn(&Entry<'_>) -> bool,
}

/// The sessions a report is about.
pub(super) struct Population<'a> {
    store: &'a Store,
    picture: &'a Picture,
    limit: usize,
    /// By time and id.
    pub(super) sessions: Vec<Entry<'a>>,
    /// In scope, of any time.
    pub(super) begun: Vec<Begun>,
    /// In scope, of no time; left out where a period is asked for.
    pub(super) undated: u64,
    /// Of the period, and not in scope.
    pub(super) out_of_scope: u64,
}

impl<'a> Population<'a> {
    pub(super) fn new(
        store: &'a Store,
        picture: &'a Picture,
        wanted: &Wanted<'_>,
        limit: usize,
    ) -> Result<Self, CommandError> {
        let (from, to) = wanted.period;
        let within = |at: Timestamp| from.is_none_or(|from| at >= from) && to.is_none_or(|to| at < to);
        let bounded = from.is_some() || to.is_some();
        let mut all = Self {
            store,
            picture,
            limit,
            sessions: Vec::new(),
            begun: Vec::new(),
            undated: 0,
            out_of_scope: 0,
        };
        for (session, known) in picture.sessions() {
            let mut entry = entry(picture, session, known);
            let begun = entry.begun();
            let node = session.target.as_ref().map(|id| node(picture, id, session.target_name.as_deref()));
            if !wanted.parameters.in_scope(session.account.as_deref(), node) {
                all.out_of_scope += u64::from(begun.is_none_or(within));
                continue;
            }
            if !(wanted.only)(&entry) {
                continue;
            }
            if let Some(at) = begun {
                let (logged, recorded) = (entry.is_logged(), entry.recorded);
                all.begun.push(Begun { at, logged, recorded, commands: session.commands() });
            } else {
                all.undated += u64::from(bounded);
            }
            if begun.map_or(!bounded, within) {
                entry.critical = node.is_some_and(|node| wanted.parameters.is_critical(node));
                all.sessions.push(entry);
            }
        }
        all.sessions.sort_by(|a, b| {
            let order = |e: &Entry<'a>| (e.begun().is_none(), e.begun());
            order(a).cmp(&order(b)).then_with(|| a.session.id.cmp(&b.session.id))
        });
        let privileged = all.count(Topic::Privileged.query())?;
        for entry in &mut all.sessions {
            entry.privileged = privileged.get(&entry.session.id).copied().unwrap_or_default();
        }
        Ok(all)
    }

    pub(super) fn ids(&self) -> BTreeSet<SessionId> {
        self.sessions.iter().map(|entry| entry.session.id.clone()).collect()
    }

    /// How many commands of each of the sessions meet a question.
    pub(super) fn count(&self, query: &str) -> Result<HashMap<SessionId, u64>, CommandError> {
        let mut counts = self.store.count_by_session(&ask(query)?)?;
        if counts.is_empty() {
            return Ok(counts);
        }
        let mut own = HashMap::new();
        for entry in &self.sessions {
            own.extend(counts.remove_entry(&entry.session.id));
        }
        Ok(own)
    }

    /// How many commands meet a question.
    pub(super) fn total(&self, query: &str) -> Result<u64, CommandError> {
        Ok(self.count(query)?.values().sum())
    }

    /// How many commands meet a question, in how many sessions, of how many persons; and the newest of them where
    /// `shown` is set.
    pub(super) fn commands(&self, query: &str, shown: bool) -> Result<Commands, CommandError> {
        let counts = self.count(query)?;
        let mut found = Commands {
            total: counts.values().sum(),
            sessions: counts.len() as u64,
            query: query.to_owned(),
            ..Commands::default()
        };
        let who: HashMap<_, _> = self.sessions.iter().map(|entry| (&entry.session.id, &entry.who)).collect();
        let persons = counts
            .keys()
            .filter_map(|id| who.get(id))
            .map(|who| who.person.as_deref().or(who.identity.as_deref()).or(who.claimed.as_deref()));
        found.persons = persons.flatten().collect::<BTreeSet<_>>().len() as u64;
        if shown && found.total > 0 {
            let query = ask(query)?.and(Query::of_sessions(counts.keys()));
            let options = SearchOptions { limit: Some(self.limit), ..SearchOptions::default() };
            self.store.search(&query, &options, &mut |record| {
                let who = who.get(&record.session_id).map(|who| (*who).clone()).unwrap_or_default();
                found.rows.push(CommandLine::of(&record, who));
                ControlFlow::Continue(())
            })?;
        }
        Ok(found)
    }

    /// The programs in commands that meet a question, the most frequent first.
    pub(super) fn programs(&self, query: &str) -> Result<Vec<ProgramRow>, CommandError> {
        let counts = self.count(query)?;
        if counts.is_empty() {
            return Ok(Vec::new());
        }
        let Ok(field) = facet_field("program") else { return Ok(Vec::new()) };
        let query = ask(query)?.and(Query::of_sessions(counts.keys()));
        let facets = self.store.facets(&query, &SearchOptions::default(), &[field], usize::MAX)?;
        let values = facets.into_iter().flat_map(|facet| facet.values);
        Ok(values
            .filter_map(|value| Some(ProgramRow { program: value.value?, commands: value.count }))
            .collect())
    }

    /// What is missing in the record of the sessions.
    pub(super) fn gaps(&self) -> Vec<GapRow> {
        let ids = self.ids();
        let gaps = self.picture.gaps().into_iter().filter(|gap| ids.contains(&gap.session));
        gaps.filter_map(|gap| coverage::row(&gap, self.picture)).collect()
    }

    /// What their logs themselves show to be missing; and what is missing of logs of which nobody knows the session.
    pub(super) fn damaged(&self) -> Result<Vec<DamagedRow>, CommandError> {
        let ids = self.ids();
        let gaps = self.store.gaps_in_logs(self.picture)?;
        let own = gaps.iter().filter(|gap| gap.session.as_ref().is_none_or(|id| ids.contains(id)));
        Ok(own.map(DamagedRow::from).collect())
    }
}

/// The session with all that is known of it.
fn entry<'a>(picture: &'a Picture, session: &'a whoran_model::Session, known: &'a Resolution) -> Entry<'a> {
    let context = picture.context();
    Entry {
        session,
        who: answer::who(&known.identity),
        started: known.started,
        ended: known.ended,
        reason: known.reason.as_deref(),
        source_ip: known.source_ip.as_deref(),
        mfa: known.mfa,
        event_ids: context.calls(&known.id).map(|event| event.event_id.as_str()).collect(),
        recorded: context.start(&known.id).is_some(),
        listed: context.record(&known.id).is_some(),
        privileged: 0,
        verdict: known.run_as.verdict.code(),
        critical: false,
        chain: known
            .identity
            .chain
            .iter()
            .map(|hop| Step {
                principal: hop.principal.as_ref(),
                action: hop.action.as_deref(),
                evidence: hop.evidence.as_ref(),
            })
            .collect(),
        missing: &known.identity.missing,
        evidence: &known.evidence,
    }
}

/// A node as parameters see it: its tags are those of the last listing that has any.
pub(super) fn node<'a>(
    picture: &'a Picture,
    id: &'a whoran_model::NodeId,
    name: Option<&'a str>,
) -> Node<'a> {
    let tags = picture.context().node(id).iter().rev().find_map(|listing| listing.tags.as_deref());
    Node { id: id.as_str(), name, tags: tags.unwrap_or_default() }
}

/// A question of ours.
pub(super) fn ask(query: &str) -> Result<Query, CommandError> {
    whoran_pipeline::query(query, &TimeZone::UTC, Timestamp::UNIX_EPOCH)
        .map_err(|error| CommandError::usage(format!("{query}: {}", error.message)))
}
