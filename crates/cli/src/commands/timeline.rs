//! `whoran timeline`: what happened, in order.

use whoran_model::{AccessEvent, Detail, Outcome};
use whoran_pipeline::link::{GapKind, Identity};
use whoran_pipeline::{Moment, Picture, Selection, What, shell_word};
use whoran_report::csv;
use whoran_report::profile::{Chosen, TIMESKETCH_KEYS};
use whoran_report::rows::{Row, entered, places};
use whoran_report::timeline::TimelineRow;
use whoran_report::wire;

use super::answer::{self, Answer};
use super::search::explain;
use super::{json, open};
use crate::args::search::{Profile, Timeline};
use crate::args::{Format, Global};
use crate::config::Config;
use crate::error::CommandError;
use crate::exit::Exit;
use crate::table::Cell;
use crate::ui::{self, Ui};

/// How many rows a terminal gets unless it asks for more.
const TERMINAL_LIMIT: usize = 1000;

const HEADER: &[&str] =
    &["time", "person", "os user", "managed node", "what", "message", "identity", "session", "evidence"];

pub(super) fn run(
    args: &Timeline,
    global: &Global,
    config: &Config,
    ui: &mut Ui,
) -> Result<Exit, CommandError> {
    let answer = Answer::new(&args.output, config, ui)?;
    let tz = config.time_zone(args.output.tz.as_deref())?;
    let text = args.query.join(" ");
    let query = whoran_pipeline::query(&text, &tz, config.now).map_err(|error| explain(&text, &error))?;
    let [since, until] = args.window.bounds(config, &tz)?;
    let selection = Selection {
        person: args.person.clone(),
        claimed: args.claimed,
        node: args.node.clone(),
        os_user: args.os_user.clone(),
        since,
        until,
        query: (!text.trim().is_empty()).then_some(query),
        ..Selection::default()
    };
    let store = open(global, config)?;
    let picture = store.whole_picture()?;
    let timeline = store.timeline(&picture, &selection)?;
    let all = timeline.moments.len();
    let limit = args.limit.or(ui.terminal.then_some(TERMINAL_LIMIT)).unwrap_or(usize::MAX);
    let rows: Vec<_> = timeline.moments.into_iter().take(limit).map(|moment| row(moment, &picture)).collect();
    let found = !rows.is_empty();
    print(rows, args, &answer, ui)?;
    if !found {
        ui.note("nothing found");
    }
    if limit < all {
        ui.note(&format!(
            "{limit} of {all}, the earliest; --limit {all} shows all, --since goes on from a time"
        ));
    }
    if timeline.timeless > 0 {
        let left_out = ui::count(timeline.timeless, "command");
        ui.note(&format!(
            "{left_out} without a time left out; without --since and --until they are shown last"
        ));
    }
    if timeline.claimed > 0 {
        let left_out = ui::count(timeline.claimed, "session");
        ui.note(&format!(
            "{left_out} left out in which only the caller gives that name; --claimed takes them in"
        ));
    }
    Ok(if found { Exit::Done } else { Exit::NothingFound })
}

fn print(rows: Vec<TimelineRow>, args: &Timeline, answer: &Answer, ui: &mut Ui) -> Result<(), CommandError> {
    let format = ui.format(&args.output);
    let Some(profile) = args.columns.profile.filter(|_| format != Format::Table) else {
        if format == Format::Table && !args.reading.no_pager {
            ui.page();
        }
        return answer.print(rows, HEADER, cells, ui);
    };
    let keys: Vec<&'static str> = match profile {
        Profile::Minimal => vec!["time", "person", "identity", "os_user", "target", "what", "message"],
        Profile::Standard | Profile::Verbose => TimelineRow::COLUMNS.to_vec(),
        Profile::Timesketch => {
            let own = TimelineRow::COLUMNS.iter().filter(|key| !["time", "message"].contains(*key));
            TIMESKETCH_KEYS.iter().chain(own).copied().collect()
        }
    };
    let all = rows.len();
    let shaped = rows.into_iter().map(|row| match profile {
        Profile::Timesketch => row.timesketch().map(|row| Chosen::of(&row, &keys)),
        _ => Some(Chosen::of(&row, &keys)),
    });
    let shaped = shaped.flatten().collect::<std::io::Result<Vec<_>>>()?;
    if shaped.len() < all {
        let left_out = ui::count((all - shaped.len()) as u64, "row");
        ui.note(&format!("{left_out} without a time left out: Timesketch takes none"));
    }
    match format {
        Format::Csv => {
            let mut csv = csv::Writer::rows(ui.out(), keys.clone());
            csv.header()?;
            shaped.iter().try_for_each(|row| csv.row(row))?;
            Ok(csv.finish()?)
        }
        _ => json(ui, format, shaped),
    }
}

/// One row of what happened.
pub(super) fn row(moment: Moment, picture: &Picture) -> TimelineRow {
    let row =
        TimelineRow { time: wire::time(moment.time), time_precision: "second", ..TimelineRow::default() };
    match moment.what {
        What::Command(record) => {
            let known = picture.session(&record.session_id);
            let c = &record.command;
            TimelineRow {
                time_precision: c.time_precision.as_str(),
                what: "command",
                message: entered(c).to_owned(),
                outcome: Some(c.status.as_str()),
                who: known.map(|known| answer::who(&known.identity)).unwrap_or_default(),
                account: record.account.clone(),
                region: record.region.clone(),
                os_user: c.os_user.as_ref().map(ToString::to_string),
                target: record.target.as_ref().map(ToString::to_string),
                target_name: record.target_name.clone(),
                session_id: Some(record.session_id.to_string()),
                seq: Some(c.seq),
                evidence: places(&c.evidence),
                id: Some(record.id.clone()),
                ..row
            }
        }
        What::Call { event, identity, target_name } => call(*event, &identity, target_name, row),
        What::End(session) => {
            let place = picture.session(&session);
            TimelineRow { what: "end", message: "session ended".to_owned(), ..of_session(place, row) }
        }
        What::Gap(gap) => TimelineRow {
            time_precision: if row.time.is_some() { "session" } else { "none" },
            what: "gap",
            message: match gap.kind {
                GapKind::NoLog => "a session without a log".to_owned(),
                kind => format!("a session with one copy only: {}", kind.code()),
            },
            outcome: Some(gap.cause.code()),
            evidence: places(&gap.evidence),
            ..of_session(picture.session(&gap.session), row)
        },
    }
}

fn of_session(known: Option<&whoran_pipeline::link::Resolution>, row: TimelineRow) -> TimelineRow {
    let Some(known) = known else { return row };
    TimelineRow {
        who: answer::who(&known.identity),
        account: known.account.clone(),
        region: known.region.clone(),
        target: known.target.as_ref().map(ToString::to_string),
        target_name: known.target_name.clone(),
        session_id: Some(known.id.to_string()),
        source_ip: known.source_ip.clone(),
        evidence: places(&known.evidence),
        ..row
    }
}

fn call(
    event: AccessEvent,
    identity: &Identity,
    target_name: Option<String>,
    row: TimelineRow,
) -> TimelineRow {
    TimelineRow {
        what: "call",
        message: said(&event),
        outcome: Some(match &event.outcome {
            Outcome::Success => "success",
            outcome if outcome.is_denial() => "denied",
            Outcome::Refused { .. } => "failed",
        }),
        who: answer::who(identity),
        account: event.account,
        region: event.region,
        target: event.target.map(|node| node.to_string()),
        target_name,
        session_id: event.session.map(|session| session.to_string()),
        source_ip: event.source_ip,
        evidence: places([&event.evidence]),
        id: Some(event.event_id),
        ..row
    }
}

/// A call and what it is about, in one line.
pub(super) fn said(event: &AccessEvent) -> String {
    let mut text = event.name().to_owned();
    match &event.detail {
        Detail::None => {}
        Detail::Assumed(assumed) => {
            text.extend(assumed.principal.as_ref().or(assumed.role.as_ref()).map(|role| format!(" {role}")));
        }
        Detail::Iam(change) => {
            text.push_str(&format!(" {}", change.entity.name));
            text.extend(change.set.iter().map(|tag| format!(", {}={}", tag.key, tag.value)));
            text.extend(change.removed.iter().map(|key| format!(", without {key}")));
        }
        Detail::Document { name, .. } => text.push_str(&format!(" {name}")),
    }
    text.extend(event.document.as_ref().map(|document| format!(" {document}")));
    // where a tunnel leads, what a command without a terminal is
    text.extend(
        event.parameters.iter().map(|(key, values)| format!(" {key}={}", shell_word(&values.join(" ")))),
    );
    text.extend(event.reason.as_ref().map(|reason| format!(", reason {reason:?}")));
    if let Outcome::Refused { code, message } = &event.outcome {
        text.push_str(&format!(": {code}"));
        text.extend(message.as_ref().map(|message| format!(": {message}")));
    }
    text
}

fn cells(row: &TimelineRow, answer: &Answer) -> Vec<Cell> {
    let bound = if row.time_precision == "session" && row.what == "command" { "≤ " } else { "" };
    let what = match (row.what, row.outcome) {
        ("command", Some("run")) => "command",
        ("command" | "call", Some("success")) => "call",
        ("command" | "call", Some(outcome)) => outcome,
        (what, _) => what,
    };
    let place = row.session_id.clone().unwrap_or_default();
    vec![
        format!("{bound}{}", answer.time(row.time.as_ref()).long()).into(),
        answer::person(&row.who),
        row.os_user.as_deref().unwrap_or_default().into(),
        match &row.target {
            None => "".into(),
            target => answer::node(target.as_ref(), row.target_name.as_ref()),
        },
        what.into(),
        match (row.what, row.outcome) {
            ("gap", Some(cause)) => Cell::free(&format!("{}: {cause}", row.message)),
            _ => Cell::free(&row.message),
        },
        answer::principal(row.who.identity.as_ref()),
        row.seq.map_or_else(|| place.clone(), |seq| format!("{place}#{seq}")).into(),
        answer::evidence(&row.evidence),
    ]
}
