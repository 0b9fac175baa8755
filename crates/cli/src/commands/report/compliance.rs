//! What a compliance report is made of.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use whoran_model::{AccessEvent, Detail, Outcome, Timestamp};
use whoran_pipeline::link::{Looked, SharedUser};
use whoran_pipeline::{Picture, verify};
use whoran_report::compliance::{
    AttemptRow, CallRow, ElementRow, Framework, Material, SnapshotRow, TrailRow, UseRow, report as make,
};
use whoran_report::document::{Report, ReportKind};
use whoran_report::input::Entry;
use whoran_report::parameters::Parameters;
use whoran_report::rows::{AccessRow, SharedRow, places};
use whoran_report::topics::{TECHNIQUES, Topic};
use whoran_report::wire;

use super::super::{access, answer, doctor, runas, shared, timeline};
use super::Request;
use super::gather::{Population, Wanted, node};
use super::judged::judged;
use super::names::Names;
use crate::args::report::Compliance;
use crate::error::CommandError;

pub(super) fn report(args: &Compliance, request: &Request<'_>) -> Result<(Report, Names), CommandError> {
    let framework = Framework::from(args.framework);
    let parameters = request.parameters(Some(framework))?;
    let (from, to) = request.period(Some(&args.from), args.to.as_deref())?;
    let period = (from.unwrap_or(Timestamp::MIN), to.unwrap_or(request.now()));
    if period.0 >= period.1 {
        return Err(CommandError::usage("the period ends before it begins"));
    }
    let head =
        request.head(ReportKind::Compliance(framework), &parameters, (Some(period.0), Some(period.1)))?;
    let picture = request.store.whole_picture()?;
    let wanted =
        Wanted { period: (Some(period.0), Some(period.1)), parameters: &parameters, only: &|_| true };
    let population = Population::new(&request.store, &picture, &wanted, request.limit)?;
    let asked = |topic: Topic| population.commands(topic.query(), true);
    let beside = Beside { picture: &picture, parameters: &parameters, during: period.0..period.1 };
    let (trail, days_missing) = beside.trail(&population.sessions, request.now());
    let (access, access_none) = beside.access(&population.sessions);
    let (account_calls, log_calls) = beside.changes();
    let techniques =
        TECHNIQUES.iter().map(|technique| Ok((technique, population.commands(&technique.asked(), false)?)));
    let all = request.uses()?;
    let material = Material {
        framework,
        limit: request.limit,
        period,
        gaps: population.gaps(),
        trail,
        days_missing,
        snapshots: beside.snapshots(),
        settings: beside.settings(),
        damaged: population.damaged()?,
        elements: elements(&population)?,
        privileged: asked(Topic::Privileged)?,
        programs: population.programs(Topic::Privileged.query())?,
        techniques: techniques.collect::<Result<_, CommandError>>()?,
        shared: shared_users(&population.sessions, &picture),
        run_as: beside.run_as(&population.sessions),
        access,
        access_none,
        attempts: beside.attempts(),
        refused: asked(Topic::Refused)?,
        account_commands: asked(Topic::Accounts)?,
        account_calls,
        log_commands: asked(Topic::Logs)?,
        log_calls,
        log_reading: asked(Topic::LogReading)?,
        uses: used(&all, &beside.during),
        judged: judged(&population.sessions, &picture, &all, request)?,
        system: asked(Topic::System)?,
        samples: args.samples,
        verified: args.verify.then(|| verified(request)).transpose()?,
        begun: population.begun,
        undated: population.undated,
        out_of_scope: population.out_of_scope,
        sessions: population.sessions,
        parameters: &parameters,
        head,
    };
    let names = Names::of(&picture).and_users(&all);
    Ok((make(&material), names))
}

/// What is known from beside the logs, of the scope and period.
struct Beside<'a> {
    picture: &'a Picture,
    parameters: &'a Parameters,
    during: Range<Timestamp>,
}

impl Beside<'_> {
    fn holds(&self, event: &AccessEvent) -> bool {
        let node = event
            .target
            .as_ref()
            .map(|id| node(self.picture, id, self.picture.context().node_name(id, Some(event.time))));
        self.during.contains(&event.time) && self.parameters.in_scope(event.account.as_deref(), node)
    }

    /// CloudTrail's records, and the days on which an account and region has none though logs show sessions, or on which
    /// nobody has any.
    fn trail(&self, sessions: &[Entry<'_>], now: Timestamp) -> (Vec<TrailRow>, BTreeSet<Date>) {
        let day = |at: Timestamp| at.to_zoned(TimeZone::UTC).date();
        let end = self.during.end.min(now);
        let mut period = BTreeSet::new();
        let last = day(end.checked_sub(jiff::SignedDuration::from_nanos(1)).unwrap_or(end));
        let mut at = day(self.during.start);
        // Without a beginning there is nothing to be missing before the first session.
        if let Some(first) = sessions.iter().filter_map(Entry::begun).min().filter(|_| at.year() < 2000) {
            at = day(first);
        }
        while at <= last {
            period.insert(at);
            let Ok(next) = at.tomorrow() else { break };
            at = next;
        }
        let mut seen: BTreeMap<(String, String), BTreeSet<Date>> = BTreeMap::new();
        for entry in sessions.iter().filter(|entry| entry.is_logged()) {
            let place = (entry.session.account.clone(), entry.session.region.clone());
            if let ((Some(account), Some(region)), Some(at)) = (place, entry.begun()) {
                seen.entry((account, region)).or_default().insert(day(at));
            }
        }
        let extents = self.picture.context().trail_extents(&self.during);
        let mut extents: Vec<_> = extents
            .into_iter()
            .filter(|extent| self.parameters.in_scope(Some(&extent.account), None))
            .collect();
        let any = !extents.is_empty();
        for (account, region) in seen.keys().filter(|_| any) {
            if !extents.iter().any(|extent| (&extent.account, &extent.region) == (account, region)) {
                extents.push(whoran_pipeline::link::TrailExtent {
                    account: account.clone(),
                    region: region.clone(),
                    records: 0,
                    first: self.during.start,
                    last: self.during.start,
                    days: BTreeSet::new(),
                });
            }
        }
        extents.sort_by(|a, b| (&a.account, &a.region).cmp(&(&b.account, &b.region)));
        let mut nobody = period.clone();
        let mut marked = BTreeSet::new();
        let rows = extents.iter().map(|extent| {
            let missing: BTreeSet<_> = period.difference(&extent.days).copied().collect();
            let shown = seen.get(&(extent.account.clone(), extent.region.clone()));
            let proven: BTreeSet<_> =
                shown.into_iter().flatten().filter(|day| missing.contains(day)).copied().collect();
            nobody.retain(|day| missing.contains(day));
            marked.extend(proven.iter().copied());
            let some = |at| wire::time(Some(at)).filter(|_| extent.records > 0);
            TrailRow {
                account: extent.account.clone(),
                region: extent.region.clone(),
                records: extent.records,
                first: some(extent.first),
                last: some(extent.last),
                days: extent.days.len() as u64,
                missing_days: missing.len() as u64,
                proven_days: proven.len() as u64,
                missing: spans(&missing),
                proven: spans(&proven),
            }
        });
        let rows: Vec<_> = rows.collect();
        marked.extend(nobody);
        (rows, marked)
    }

    fn snapshots(&self) -> Vec<SnapshotRow> {
        let looks = self.picture.context().looked_at();
        let own = looks.filter(|(look, _)| self.parameters.in_scope(look.account.as_deref(), None));
        own.map(|(look, times)| SnapshotRow {
            what: match look.at {
                Looked::Iam => "users, groups, roles and policies",
                Looked::Documents => "session documents",
                Looked::Sessions => "the service's list of sessions",
                Looked::Nodes => "nodes and instances",
            },
            account: look.account.clone(),
            region: look.region.clone(),
            looks: times.len() as u64,
            first: wire::time(times.first().copied()),
            last: wire::time(times.last().copied()),
        })
        .collect()
    }

    fn settings(&self) -> Vec<whoran_report::rows::DoctorRow> {
        let findings = self.picture.doctor().into_iter().map(doctor::row);
        let mut rows: Vec<_> =
            findings.filter(|row| self.parameters.in_scope(row.account.as_deref(), None)).collect();
        let grave = |level: &str| match level {
            "loss" => 0,
            "warning" => 1,
            "note" => 2,
            _ => 3,
        };
        rows.sort_by_key(|row| grave(row.level));
        rows
    }

    fn run_as(&self, sessions: &[Entry<'_>]) -> Vec<whoran_report::rows::RunAsRow> {
        let of = |entry: &Entry<'_>| {
            self.picture.session(&entry.session.id).map(|known| runas::of_session(entry.session, known))
        };
        let refused = self.picture.attempts().filter(|attempt| !attempt.event.outcome.is_denial());
        let refused = refused.filter(|attempt| self.holds(attempt.event));
        let mut rows: Vec<_> = sessions
            .iter()
            .filter_map(of)
            .chain(refused.map(|attempt| runas::of_attempt(&attempt)))
            .collect();
        rows.sort_by(|a, b| (&a.time, &a.session_id).cmp(&(&b.time, &b.session_id)));
        rows
    }

    /// Pairs where something was allowed, used or refused, and how many others there are.
    fn access(&self, sessions: &[Entry<'_>]) -> (Vec<AccessRow>, u64) {
        let known = sessions.iter().filter_map(|entry| self.picture.session(&entry.session.id));
        let pairs = self.picture.access_during(known, &self.during);
        let mut none = 0;
        let own = pairs.iter().filter(|pair| {
            let node = node(self.picture, &pair.node, pair.node_name.as_deref());
            self.parameters.in_scope(Some(&pair.account), Some(node))
        });
        let rows = own.map(access::row).filter(|row| {
            let told = access::is_of_interest(row);
            none += u64::from(!told);
            told
        });
        let rows: Vec<_> = rows.collect();
        (rows, none)
    }

    fn attempts(&self) -> Vec<AttemptRow> {
        let attempts = self.picture.attempts().filter(|attempt| self.holds(attempt.event));
        attempts
            .map(|attempt| {
                let event = attempt.event;
                AttemptRow {
                    time: event.time.to_string(),
                    who: answer::who(&attempt.identity),
                    target: event.target.as_ref().map(ToString::to_string),
                    target_name: attempt.target_name.clone(),
                    outcome: outcome(event),
                    message: match &event.outcome {
                        Outcome::Success => None,
                        Outcome::Refused { code, message } => Some(
                            message.as_ref().map_or_else(|| code.clone(), |text| format!("{code}: {text}")),
                        ),
                    },
                    account: event.account.clone(),
                    region: event.region.clone(),
                    source_ip: event.source_ip.clone(),
                    event_id: event.event_id.clone(),
                    evidence: places([&event.evidence]),
                }
            })
            .collect()
    }

    /// Calls that change tags which decide on OS users, and calls that change session documents.
    fn changes(&self) -> (Vec<CallRow>, Vec<CallRow>) {
        let context = self.picture.context();
        let (mut accounts, mut logs) = (Vec::new(), Vec::new());
        for event in context.events().filter(|event| self.holds(event)) {
            let rows = match &event.detail {
                Detail::Iam(_) => &mut accounts,
                Detail::Document { .. } => &mut logs,
                Detail::None | Detail::Assumed(_) => continue,
            };
            rows.push(CallRow {
                time: event.time.to_string(),
                who: answer::who(&context.caller(event)),
                call: event.action.clone(),
                about: timeline::said(event),
                outcome: outcome(event),
                account: event.account.clone(),
                region: event.region.clone(),
                source_ip: event.source_ip.clone(),
                event_id: event.event_id.clone(),
                evidence: places([&event.evidence]),
            });
        }
        (accounts, logs)
    }
}

fn outcome(event: &AccessEvent) -> &'static str {
    match &event.outcome {
        Outcome::Success => "success",
        refused if refused.is_denial() => "denied",
        Outcome::Refused { .. } => "failed",
    }
}

/// OS users of nodes that several used in these sessions.
fn shared_users(sessions: &[Entry<'_>], picture: &Picture) -> Vec<SharedRow> {
    let logged = sessions.iter().filter(|entry| entry.is_logged());
    let users =
        SharedUser::of(logged.filter_map(|entry| Some((entry.session, picture.session(&entry.session.id)?))));
    let several = users.iter().filter(|user| user.by.len() > 1);
    several.flat_map(|user| user.by.iter().map(|one| shared::row(user, one))).collect()
}

/// How many records say what a record should say.
fn elements(population: &Population<'_>) -> Result<Vec<ElementRow>, CommandError> {
    let sessions = &population.sessions;
    let (all, commands) =
        (sessions.len() as u64, sessions.iter().map(|entry| entry.session.commands()).sum::<u64>());
    let of_sessions =
        |holds: &dyn Fn(&Entry<'_>) -> bool| sessions.iter().filter(|e| holds(e)).count() as u64;
    let of_commands = |holds: &dyn Fn(&Entry<'_>) -> bool| {
        sessions.iter().filter(|e| holds(e)).map(|e| e.session.commands()).sum::<u64>()
    };
    let row = |element, of: &'static str, present: u64, means| {
        let records = if of == "command" { commands } else { all };
        ElementRow { element, of, records, present, missing: records.saturating_sub(present), means }
    };
    let as_whom = sessions.iter().flat_map(|entry| &entry.session.users);
    let as_whom = as_whom.filter(|user| user.os_user.is_some()).map(|user| user.commands).sum();
    Ok(vec![
        row(
            "principal",
            "command",
            of_commands(&|e| e.who.identity.is_some()),
            "CloudTrail, or the log's own envelope",
        ),
        row(
            "proven person",
            "command",
            of_commands(&|e| e.who.person.is_some()),
            "more than a name that the caller chose",
        ),
        row("OS user", "command", as_whom, "the prompt, the log's envelope, or the answer to id and whoami"),
        row("node", "command", of_commands(&|e| e.session.target.is_some()), "the log, or CloudTrail"),
        row(
            "time to the upload",
            "command",
            population.total("time_precision:batch")?,
            "CloudWatch, in seconds",
        ),
        row(
            "time of the session's end alone",
            "command",
            population.total("time_precision:session")?,
            "the transcript's last line, or when it was written",
        ),
        row("text read surely", "command", population.total("confidence:>=0.9")?, "confidence 0.9 or more"),
        row(
            "submitted",
            "command",
            population.total("status:run")?,
            "neither given up with Ctrl-C nor cut off",
        ),
        row("start", "session", of_sessions(&|e| e.recorded), "CloudTrail's record of StartSession"),
        row(
            "end",
            "session",
            of_sessions(&|e| e.ended.is_some()),
            "the service's list, or the call that ended it",
        ),
        row("source address", "session", of_sessions(&|e| e.source_ip.is_some()), "CloudTrail"),
        row("second factor, used or not", "session", of_sessions(&|e| e.mfa.is_some()), "CloudTrail"),
        row(
            "reason",
            "session",
            of_sessions(&|e| e.reason.is_some()),
            "given at the start, in the caller's words",
        ),
    ])
}

/// Uses of this tool in the period.
fn used(all: &whoran_pipeline::Uses, during: &Range<Timestamp>) -> Vec<UseRow> {
    let own = all.uses.iter().filter(|(_, one)| during.contains(&one.time));
    own.map(|(line, one)| UseRow {
        time: one.time.to_string(),
        user: one.actor.user.clone().unwrap_or_else(|| format!("uid {}", one.actor.uid)),
        host: one.actor.host.clone(),
        command: one.command.clone(),
        unmasked: one.unmasked,
        line: *line,
    })
    .collect()
}

/// Reads the archive again.
fn verified(request: &Request<'_>) -> Result<Result<String, String>, CommandError> {
    let found = verify(&request.data, None)?;
    let read = format!(
        "{} manifest lines and {} bytes of logs were read again for this report",
        found.lines, found.bytes
    );
    Ok(match found.mismatches.as_slice() {
        [] => Ok(format!("{read}: all is as the manifest says.")),
        [first, more @ ..] => {
            Err(format!("{read}: {first}, and {} more. `whoran verify` names all of them.", more.len()))
        }
    })
}

/// Days that follow each other, as one text each.
fn spans(days: &BTreeSet<Date>) -> Vec<String> {
    let mut spans: Vec<(Date, Date)> = Vec::new();
    for &day in days {
        match spans.last_mut() {
            Some((_, last)) if last.tomorrow().is_ok_and(|next| next == day) => *last = day,
            _ => spans.push((day, day)),
        }
    }
    let text = |(first, last): (Date, Date)| {
        if first == last { first.to_string() } else { format!("{first} to {last}") }
    };
    spans.into_iter().map(text).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_that_follow_each_other_are_one_span() {
        let days = [3, 4, 5, 9, 11, 12].map(|day| Date::constant(2026, 3, day)).into();
        assert_eq!(spans(&days), ["2026-03-03 to 2026-03-05", "2026-03-09", "2026-03-11 to 2026-03-12"]);
    }
}
