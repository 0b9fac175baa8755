//! `whoran sessions`: the sessions, by id.

use whoran_model::Session;
use whoran_pipeline::Reviews;
use whoran_pipeline::link::Resolution;
use whoran_report::findings::ReviewRow;
use whoran_report::rows::{Hop, Place, SessionRow, duration, places};
use whoran_report::wire;

use super::answer::{self, Answer};
use super::{known, note_if_none, open, session_identity};
use crate::args::{Global, Sessions};
use crate::config::Config;
use crate::error::CommandError;
use crate::exit::Exit;
use crate::table::Cell;
use crate::ui::{self, Ui};

pub(super) fn run(
    args: &Sessions,
    global: &Global,
    config: &Config,
    ui: &mut Ui,
) -> Result<Exit, CommandError> {
    let answer = Answer::new(&args.output, config, ui)?;
    let store = open(global, config)?;
    let (picture, reviews) = (store.picture()?, store.reviews()?);
    let gapped = store.gapped_sessions(&picture)?;
    let rows = picture
        .sessions()
        .map(|(session, known)| Line::new(gapped.get(&session.id).unwrap_or(session), known, &reviews));
    let rows: Vec<_> = rows.collect();
    note_if_none(&rows, ui);
    const HEADER: &[&str] = &[
        "session",
        "person",
        "identity",
        "run as",
        "managed node",
        "commands",
        "started",
        "lasted",
        "from",
        "reviewed",
        "reason",
    ];
    let (all, reviewed) = (rows.len() as u64, rows.iter().filter(|line| line.is_reviewed()).count());
    answer.print(rows, HEADER, Line::cells, ui)?;
    if reviewed > 0 {
        ui.note(&format!("{reviewed} of {} reviewed whole", ui::count(all, "session")));
    }
    Ok(Exit::Done)
}

/// A row, and the session that a table shows parts of.
pub(super) struct Line<'a> {
    session: &'a Session,
    row: SessionRow<'a>,
}

impl serde::Serialize for Line<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.row.serialize(serializer)
    }
}

impl whoran_report::rows::Row for Line<'_> {
    const COLUMNS: &'static [&'static str] = <SessionRow<'_> as whoran_report::rows::Row>::COLUMNS;
}

impl<'a> Line<'a> {
    pub(super) fn new(session: &'a Session, known: &Resolution, reviews: &'a Reviews) -> Self {
        let who = answer::who(&known.identity);
        let hop = |hop: &whoran_pipeline::link::Hop| Hop {
            identity: hop.principal.as_ref().map(|p| p.as_str().to_owned()),
            action: hop.action.clone(),
            evidence: hop.evidence.as_ref().map(Place::from),
        };
        let row = SessionRow {
            claimed: who.claimed,
            basis: who.basis,
            started: wire::time(known.started),
            ended: wire::time(known.ended),
            duration_seconds: duration(known.started, known.ended),
            document: known.document.clone(),
            reason: known.reason.clone(),
            source_ip: known.source_ip.clone(),
            user_agent: known.user_agent.clone(),
            mfa: known.mfa,
            contradicting: known.contradicting.as_ref().map(|p| p.as_str().to_owned()),
            chain: known.identity.chain.iter().map(hop).collect(),
            missing: known.identity.missing.clone(),
            evidence: places(&known.evidence),
            reviewed: reviews.covered(&session.id, session.commands()),
            reviews: reviews.of_session(&session.id).iter().map(ReviewRow::from).collect(),
            ..SessionRow::of(session)
        };
        Self { session, row }
    }

    fn is_reviewed(&self) -> bool {
        !self.row.reviews.is_empty() && self.row.reviewed == self.session.commands()
    }

    fn cells(&self, answer: &Answer) -> Vec<Cell> {
        let Self { session, row } = self;
        let person = session.person.clone().map(Cell::from);
        let claimed = || row.claimed.as_ref().map(|name| Cell::from(format!("says {name}")));
        let node = session.target.as_ref().map(|t| t.as_str().to_owned());
        vec![
            session.id.as_str().into(),
            person.or_else(claimed).unwrap_or_else(|| "unknown".into()),
            session_identity(session.identity.as_ref(), &session.id),
            known(session.run_as_user.as_ref()).into(),
            answer::node(node.as_ref(), session.target_name.as_ref()),
            session.commands().to_string().into(),
            answer.time(row.started.as_ref()),
            row.duration_seconds.map_or_else(|| "-".to_owned(), lasted).into(),
            row.source_ip.as_deref().unwrap_or_default().into(),
            reviewed(row, session.commands()).into(),
            Cell::free(row.reason.as_deref().unwrap_or_default()),
        ]
    }
}

/// What was signed off of it: the last verdict and whose it is, and how much where that is not all.
fn reviewed(row: &SessionRow<'_>, commands: u64) -> String {
    let Some(last) = row.reviews.last() else { return String::new() };
    let said = format!("{} by {}", last.verdict, last.by);
    if row.reviewed == commands { said } else { format!("{} of {commands}: {said}", row.reviewed) }
}

/// `1h 02m 03s`.
fn lasted(seconds: i64) -> String {
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match (hours, minutes) {
        (0, 0) => format!("{seconds}s"),
        (0, _) => format!("{minutes}m {seconds:02}s"),
        _ => format!("{hours}h {minutes:02}m {seconds:02}s"),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_duration_is_told_in_hours_minutes_and_seconds() {
        assert_eq!(super::lasted(59), "59s");
        assert_eq!(super::lasted(65), "1m 05s");
        assert_eq!(super::lasted(3723), "1h 02m 03s");
    }
}
