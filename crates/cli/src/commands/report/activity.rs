//! What reports on activity, a person, a node or a session are made of.

use whoran_pipeline::{Lookup, Selection};
use whoran_report::activity::{Story, report as make};
use whoran_report::document::{Report, ReportKind};
use whoran_report::input::Entry;
use whoran_report::topics::Topic;

use super::super::{runas, timeline};
use super::Request;
use super::gather::{Population, Wanted};
use super::judged::judged;
use super::names::Names;
use crate::args::report::{Activity, Node, Period, Person, Session};
use crate::error::CommandError;
use crate::exit::Exit;

/// What a story is about, and how the rest of its timeline is asked for.
struct About<'a> {
    kind: ReportKind,
    subject: Option<String>,
    period: Option<&'a Period>,
    /// What of calls belongs to it that name none of its sessions.
    selection: Selection,
    whole: String,
}

pub(super) fn of_time(args: &Activity, request: &Request<'_>) -> Result<(Report, Names), CommandError> {
    let about = About {
        kind: ReportKind::Activity,
        subject: None,
        period: Some(&args.period),
        selection: Selection::default(),
        whole: "whoran timeline --format csv".to_owned(),
    };
    story(about, &|_| Fit::Yes, request)
}

pub(super) fn of_person(args: &Person, request: &Request<'_>) -> Result<(Report, Names), CommandError> {
    let wanted = args.person.as_str();
    let about = About {
        kind: ReportKind::Person,
        subject: Some(wanted.to_owned()),
        period: Some(&args.period),
        selection: Selection {
            person: Some(wanted.to_owned()),
            claimed: args.claimed,
            ..Selection::default()
        },
        whole: format!("whoran timeline --person '{wanted}' --format csv"),
    };
    let is = |name: &Option<String>| name.as_ref().is_some_and(|name| name.eq_ignore_ascii_case(wanted));
    let fit = |entry: &Entry<'_>| match entry {
        entry if is(&entry.who.person) => Fit::Yes,
        entry if is(&entry.who.claimed) && args.claimed => Fit::Yes,
        entry if is(&entry.who.claimed) => Fit::Claimed,
        _ => Fit::No,
    };
    story(about, &fit, request)
}

pub(super) fn of_node(args: &Node, request: &Request<'_>) -> Result<(Report, Names), CommandError> {
    let wanted = args.node.as_str();
    let about = About {
        kind: ReportKind::Node,
        subject: Some(wanted.to_owned()),
        period: Some(&args.period),
        selection: Selection { node: Some(wanted.to_owned()), ..Selection::default() },
        whole: format!("whoran timeline --node '{wanted}' --format csv"),
    };
    let fit = |entry: &Entry<'_>| {
        let session = entry.session;
        let names = [session.target.as_ref().map(|node| node.as_str()), session.target_name.as_deref()];
        let named = names.into_iter().chain([session.host.as_deref()]).flatten();
        if named.into_iter().any(|name| name.eq_ignore_ascii_case(wanted)) { Fit::Yes } else { Fit::No }
    };
    story(about, &fit, request)
}

pub(super) fn of_session(args: &Session, request: &Request<'_>) -> Result<(Report, Names), CommandError> {
    let id = match request.store.lookup(&args.session)? {
        Lookup::Found(session) => session.id,
        Lookup::Several(ids) => {
            let mut error = CommandError::usage(format!("{} sessions begin so", ids.len()));
            error.hints = ids.iter().take(5).map(ToString::to_string).collect();
            return Err(error);
        }
        // It may have left no log.
        Lookup::Missing => args.session.parse().map_err(|error| CommandError::usage(format!("{error}")))?,
    };
    let about = About {
        kind: ReportKind::Session,
        subject: Some(id.to_string()),
        period: None,
        selection: Selection { alone: true, ..Selection::default() },
        whole: format!("whoran show '{id}' --commands"),
    };
    let fit = |entry: &Entry<'_>| if entry.session.id == id { Fit::Yes } else { Fit::No };
    story(about, &fit, request)
}

enum Fit {
    Yes,
    /// Only its caller says so.
    Claimed,
    No,
}

fn story(
    about: About<'_>,
    fit: &dyn Fn(&Entry<'_>) -> Fit,
    request: &Request<'_>,
) -> Result<(Report, Names), CommandError> {
    let parameters = request.parameters(None)?;
    let period = match about.period {
        Some(Period { from, to }) => request.period(from.as_deref(), to.as_deref())?,
        None => (None, None),
    };
    let mut head = request.head(about.kind, &parameters, period)?;
    head.subject = about.subject;
    let picture = request.store.whole_picture()?;
    let claimed = std::cell::Cell::new(0);
    let only = |entry: &Entry<'_>| match fit(entry) {
        Fit::Yes => true,
        Fit::Claimed => {
            claimed.set(claimed.get() + 1);
            false
        }
        Fit::No => false,
    };
    let wanted = Wanted { period, parameters: &parameters, only: &only };
    let population = Population::new(&request.store, &picture, &wanted, request.limit)?;
    if population.sessions.is_empty() && head.subject.is_some() {
        let subject = head.subject.unwrap_or_default();
        return Err(CommandError::new(Exit::NothingFound, format!("no session of {subject} is known"))
            .hint("`whoran who` lists persons and nodes, `whoran sessions` sessions"));
    }
    let selection = Selection {
        since: period.0,
        until: period.1,
        of: Some(population.ids()),
        limit: Some(request.limit),
        // The sessions are chosen already; what is left to choose is among calls.
        ..about.selection
    };
    let told = request.store.timeline(&picture, &selection)?;
    let doubtful = population.sessions.iter().filter_map(|entry| {
        let known = picture.session(&entry.session.id)?;
        let row = runas::of_session(entry.session, known);
        (!matches!(row.verdict, "as-tagged" | "as-default" | "ssm-user")).then_some(row)
    });
    let all = request.uses()?;
    let story = Story {
        head,
        limit: request.limit,
        undated: population.undated,
        claimed: claimed.get(),
        timeline: told.moments.into_iter().map(|moment| timeline::row(moment, &picture)).collect(),
        moments: told.total,
        whole: about.whole,
        privileged: population.commands(Topic::Privileged.query(), true)?,
        programs: population.programs(Topic::Privileged.query())?,
        gaps: population.gaps(),
        run_as: doubtful.collect(),
        damaged: population.damaged()?,
        judged: judged(&population.sessions, &picture, &all, request)?,
        sessions: population.sessions,
    };
    Ok((make(&story), Names::of(&picture).and_users(&all)))
}
