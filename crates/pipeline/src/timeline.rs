//! What happened, in the order in which it happened: commands of many sessions, calls that CloudTrail recorded, ends and
//! gaps.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::ops::ControlFlow;

use whoran_index::{Order, Query, SearchOptions};
use whoran_link::{Cause, Gap, GapKind, Identity, Resolution};
use whoran_model::{
    AccessEvent, ByteSpan, CommandRecord, Detail, LogId, Session, SessionId, TimePrecision, Timestamp,
};

use crate::picture::complete_command;
use crate::{Error, Picture, Store};

/// What to tell of. What is not set selects nothing out.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// Of this person.
    pub person: Option<String>,
    /// Also of sessions whose caller chose that name, which proves nothing.
    pub claimed: bool,
    /// On this node: its id, its name, or the host name that prompts show.
    pub node: Option<String>,
    /// As this OS user.
    pub os_user: Option<String>,
    /// Not before this time.
    pub since: Option<Timestamp>,
    /// Before this time.
    pub until: Option<Timestamp>,
    /// Commands that meet this, and what is told of their sessions.
    pub query: Option<Query>,
    /// These sessions and no others, each whole: the rest of the selection is then one of calls.
    pub of: Option<BTreeSet<SessionId>>,
    /// Calls that name none of the sessions are left out.
    pub alone: bool,
    /// Where `of` is set: at most so many moments, the first ones.
    pub limit: Option<usize>,
}

/// Something that happened.
#[derive(Debug, Clone)]
pub struct Moment {
    /// When; of a command not later than this, of a gap the start of its session.
    pub time: Option<Timestamp>,
    /// What.
    pub what: What,
}

/// What happened.
#[derive(Debug, Clone)]
pub enum What {
    /// A command was entered. Its output is left out.
    Command(Box<CommandRecord>),
    /// CloudTrail recorded a call.
    Call {
        /// The call.
        event: Box<AccessEvent>,
        /// Who called.
        identity: Box<Identity>,
        /// Name of the node it is about.
        target_name: Option<String>,
    },
    /// A session ended, by the service's list of sessions; `exit` makes no call.
    End(SessionId),
    /// Something of a session should be in the record and is not.
    Gap(Gap),
}

/// Moments in order: by time, those without one last; of the same time calls, then commands by session and place, then
/// ends and gaps.
#[derive(Debug, Default)]
pub struct Timeline {
    /// What happened.
    pub moments: Vec<Moment>,
    /// How many moments there are without a limit.
    pub total: u64,
    /// Commands left out because nothing says whether they lie in the window of time.
    pub timeless: u64,
    /// Sessions left out because only their callers say that they are the person's.
    pub claimed: u64,
}

impl Store {
    /// Merges all that a selection is of. Sessions, calls and gaps are those of `picture`, which is a
    /// [whole one](Store::whole_picture) where calls are to be told that lead to no session.
    ///
    /// # Errors
    ///
    /// The index cannot be read.
    pub fn timeline(&self, picture: &Picture, selection: &Selection) -> Result<Timeline, Error> {
        let mut timeline = Timeline::default();
        let mut sessions: BTreeMap<&SessionId, (&Session, &Resolution)> = BTreeMap::new();
        for (session, known) in picture.sessions() {
            if let Some(of) = &selection.of {
                if of.contains(&session.id) {
                    sessions.insert(&session.id, (session, known));
                }
                continue;
            }
            if !selection.is_where(session) || !selection.has_user(session) {
                continue;
            }
            match selection.person_of(&known.identity) {
                Fit::Yes => drop(sessions.insert(&session.id, (session, known))),
                Fit::Claimed => timeline.claimed += 1,
                Fit::No => {}
            }
        }
        let (mut commands, left_out) = match &selection.of {
            Some(of) => self.first_commands_of(of, selection.limit)?,
            None => (self.commands_of(&sessions, selection)?, 0),
        };
        if let Some(os_user) = selection.os_user.as_ref().filter(|_| selection.of.is_none()) {
            commands
                .retain(|record| record.command.os_user.as_ref().is_some_and(|u| same(u.as_str(), os_user)));
        }
        if selection.query.is_some() {
            let met: HashSet<&SessionId> = commands.iter().map(|record| &record.session_id).collect();
            sessions.retain(|id, _| met.contains(id));
        }
        for record in commands {
            let started = sessions.get(&record.session_id).and_then(|(_, known)| known.started);
            match selection.holds(&record, started) {
                Some(true) => timeline.add(record.command.time, What::Command(Box::new(record))),
                Some(false) => {}
                None => timeline.timeless += 1,
            }
        }
        timeline.add_calls(picture, selection, &sessions);
        for (session, known) in sessions.values() {
            // The call that ends a session tells of it; what no call tells, the list does.
            if let Some(ended) = known.ended.filter(|at| selection.of.is_some() || selection.is_within(*at))
                && !picture.context().calls(&session.id).any(|call| call.name() == "TerminateSession")
            {
                timeline.add(Some(ended), What::End(session.id.clone()));
            }
        }
        for gap in picture.gaps() {
            let Some((_, known)) = sessions.get(&gap.session) else { continue };
            let within = selection.of.is_some() || known.started.is_none_or(|at| selection.is_within(at));
            if within && is_told(&gap) {
                timeline.add(known.started, What::Gap(gap));
            }
        }
        timeline.moments.sort_by(|a, b| order(a).cmp(&order(b)));
        timeline.total = timeline.moments.len() as u64 + left_out;
        timeline.moments.truncate(selection.limit.filter(|_| selection.of.is_some()).unwrap_or(usize::MAX));
        Ok(timeline)
    }

    /// The earliest commands of these sessions, without their output, and how many more there are.
    fn first_commands_of(
        &self,
        of: &BTreeSet<SessionId>,
        limit: Option<usize>,
    ) -> Result<(Vec<CommandRecord>, u64), Error> {
        let options = SearchOptions { order: Order::OldestFirst, limit, ..SearchOptions::default() };
        let mut commands = Vec::new();
        let found = self.search(&Query::of_sessions(of), &options, &mut |mut record| {
            record.command.output = String::new();
            commands.push(record);
            ControlFlow::Continue(())
        })?;
        let left_out = found.total()?.saturating_sub(commands.len() as u64);
        Ok((commands, left_out))
    }

    /// Commands of these sessions that meet the query, without their output.
    fn commands_of(
        &self,
        sessions: &BTreeMap<&SessionId, (&Session, &Resolution)>,
        selection: &Selection,
    ) -> Result<Vec<CommandRecord>, Error> {
        let mut commands = Vec::new();
        let mut keep = |mut record: CommandRecord| {
            if let Some((session, _)) = sessions.get(&record.session_id) {
                complete_command(session, &mut record);
                record.command.output = String::new();
                commands.push(record);
            }
        };
        let narrowed = selection.person.is_some() || selection.node.is_some() || selection.os_user.is_some();
        if narrowed && selection.query.is_none() {
            for id in sessions.keys() {
                self.index().commands_of(id)?.into_iter().for_each(&mut keep);
            }
            return Ok(commands);
        }
        let query = selection.query.clone().unwrap_or_else(Query::all);
        let options = SearchOptions { order: Order::OldestFirst, ..SearchOptions::default() };
        self.search(&query, &options, &mut |record| {
            keep(record);
            ControlFlow::Continue(())
        })?;
        Ok(commands)
    }
}

impl Timeline {
    fn add(&mut self, time: Option<Timestamp>, what: What) {
        self.moments.push(Moment { time, what });
    }

    fn add_calls(
        &mut self,
        picture: &Picture,
        selection: &Selection,
        sessions: &BTreeMap<&SessionId, (&Session, &Resolution)>,
    ) {
        let context = picture.context();
        // Calls by which credentials passed on the way to these sessions.
        let hops = sessions.values().flat_map(|(_, known)| &known.identity.chain);
        let on_the_way: HashSet<(&LogId, u64)> =
            hops.filter_map(|hop| hop.evidence.as_ref()).map(place).collect();
        for event in context.events() {
            let of_session = event.session.as_ref().is_some_and(|id| sessions.contains_key(id));
            let whole = of_session && selection.of.is_some();
            if !whole && !selection.is_within(event.time) {
                continue;
            }
            let identity = context.caller(event);
            let target_name = event.target.as_ref();
            let target_name = target_name.and_then(|node| context.node_name(node, Some(event.time)));
            let told = of_session
                || on_the_way.contains(&place(&event.evidence))
                || selection.is_about(event, &identity, target_name);
            if told {
                let what = What::Call {
                    target_name: target_name.map(str::to_owned),
                    identity: Box::new(identity),
                    event: Box::new(event.clone()),
                };
                self.add(Some(event.time), what);
            }
        }
    }
}

/// What tells one record from another.
pub(crate) fn place(span: &ByteSpan) -> (&LogId, u64) {
    (&span.log, span.start)
}

/// How far a session is a person's.
enum Fit {
    Yes,
    Claimed,
    No,
}

impl Selection {
    fn person_of(&self, identity: &Identity) -> Fit {
        let Some(wanted) = &self.person else { return Fit::Yes };
        match &identity.person {
            Some(person) if !same(&person.name, wanted) => Fit::No,
            Some(_) if self.claimed || identity.known_person().is_some() => Fit::Yes,
            Some(_) => Fit::Claimed,
            None => Fit::No,
        }
    }

    fn is_where(&self, session: &Session) -> bool {
        let Some(wanted) = &self.node else { return true };
        let names = [session.target.as_ref().map(|node| node.as_str()), session.target_name.as_deref()];
        names.into_iter().chain([session.host.as_deref()]).flatten().any(|name| same(name, wanted))
    }

    fn has_user(&self, session: &Session) -> bool {
        let Some(wanted) = &self.os_user else { return true };
        let users = session.users.iter().filter_map(|user| user.os_user.as_ref());
        users.chain(&session.run_as_user).any(|user| same(user.as_str(), wanted))
    }

    fn is_within(&self, at: Timestamp) -> bool {
        self.since.is_none_or(|since| at >= since) && self.until.is_none_or(|until| at < until)
    }

    /// Whether a command lies in the window; `None` where nothing says so. Where only its session's end is known, it
    /// lies somewhere between that and the start.
    fn holds(&self, record: &CommandRecord, started: Option<Timestamp>) -> Option<bool> {
        if self.of.is_some() || (self.since.is_none() && self.until.is_none()) {
            return Some(true);
        }
        let latest = record.command.time?;
        let earliest = match record.command.time_precision {
            TimePrecision::Session => started,
            TimePrecision::Batch | TimePrecision::None => Some(latest),
        };
        let after = self.since.is_none_or(|since| latest >= since);
        let before = self.until.is_none_or(|until| earliest.is_none_or(|earliest| earliest < until));
        Some(after && before)
    }

    /// Whether a call that names none of the selected sessions is told: what the person did or was refused, what was tried
    /// on the node, who was given the OS user.
    fn is_about(&self, event: &AccessEvent, identity: &Identity, target_name: Option<&str>) -> bool {
        if self.query.is_some() || self.alone {
            return false;
        }
        let by = match (&self.person, &event.detail) {
            (None, _) => true,
            (Some(person), Detail::Iam(change)) if same(&change.entity.name, person) => true,
            _ => matches!(self.person_of(identity), Fit::Yes),
        };
        let names = [event.target.as_ref().map(|node| node.as_str()), target_name];
        let at = self.node.as_ref().is_none_or(|node| names.iter().flatten().any(|name| same(name, node)));
        let as_user = self.os_user.as_ref().is_none_or(|user| {
            matches!(&event.detail, Detail::Iam(change) if change.set.iter().any(|tag| tag.value == *user))
        });
        by && at && as_user
    }
}

/// What was done without a trace belongs among what was done; that no call was recorded or that one of two copies is
/// missing for a known cause, `coverage` tells.
fn is_told(gap: &Gap) -> bool {
    match gap.kind {
        GapKind::NoLog => true,
        GapKind::NoS3Copy | GapKind::NoCloudWatchCopy => gap.cause == Cause::Unexplained,
        GapKind::NoStart | GapKind::NoEnd => false,
    }
}

fn order(moment: &Moment) -> (bool, Option<Timestamp>, u8, Option<(&SessionId, u32)>) {
    let (rank, place) = match &moment.what {
        What::Call { event, .. } if event.name() == "TerminateSession" => (2, None),
        What::Call { .. } => (0, None),
        What::Command(record) => (1, Some((&record.session_id, record.command.seq))),
        What::End(session) => (2, Some((session, 0))),
        What::Gap(gap) => (3, Some((&gap.session, 0))),
    };
    (moment.time.is_none(), moment.time, rank, place)
}

fn same(a: &str, b: &str) -> bool {
    a.eq_ignore_ascii_case(b)
}
