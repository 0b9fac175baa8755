//! `whoran coverage`: what should be in the record and is not.

use whoran_pipeline::Picture;
use whoran_pipeline::link::Gap;
use whoran_report::rows::{GapRow, places};
use whoran_report::wire;

use super::answer::{self, Answer};
use super::open;
use crate::args::{Coverage, Global};
use crate::config::Config;
use crate::error::CommandError;
use crate::exit::Exit;
use crate::table::Cell;
use crate::ui::{self, Ui};

pub(super) fn run(
    args: &Coverage,
    global: &Global,
    config: &Config,
    ui: &mut Ui,
) -> Result<Exit, CommandError> {
    let answer = Answer::new(&args.output, config, ui)?;
    let store = open(global, config)?;
    let picture = store.picture()?;
    let mut rows: Vec<_> = picture.gaps().iter().filter_map(|gap| row(gap, &picture)).collect();
    let unexplained = rows.iter().filter(|row| row.cause == "unexplained").count();
    // What nothing explains is what somebody has to look into.
    rows.sort_by_key(|row| row.cause != "unexplained");
    let sessions = ui::count(picture.sessions().count() as u64, "session");
    ui.note(&format!("{sessions}, {}, {unexplained} unexplained", ui::count(rows.len() as u64, "gap")));
    let unrecorded =
        rows.iter().filter(|row| (row.gap, row.cause) == ("no-start", "outside-range")).count() as u64;
    if unrecorded > 0 {
        ui.note(&format!(
            "of {unrecorded} of {sessions} no CloudTrail of that account, region and time is known: that their start is \
             missing says nothing"
        ));
    }
    let lacking = store.gaps_in_logs(&picture)?.len() as u64;
    if lacking > 0 {
        ui.note(&format!(
            "these are logs and copies that are missing; logs themselves lack something in {}: `whoran search has:gap`",
            ui::count(lacking, "place")
        ));
    }
    const HEADER: &[&str] =
        &["gap", "cause", "time", "session", "person", "identity", "managed node", "document", "evidence"];
    answer.print(rows, HEADER, cells, ui)?;
    Ok(Exit::Done)
}

pub(super) fn row(gap: &Gap, picture: &Picture) -> Option<GapRow> {
    let known = picture.session(&gap.session)?;
    Some(GapRow {
        session_id: gap.session.as_str().to_owned(),
        gap: gap.kind.code(),
        cause: gap.cause.code(),
        time: wire::time(known.started),
        who: answer::who(&known.identity),
        account: known.account.clone(),
        region: known.region.clone(),
        target: known.target.as_ref().map(|t| t.as_str().to_owned()),
        target_name: known.target_name.clone(),
        document: known.document.clone(),
        evidence: places(&gap.evidence),
    })
}

fn cells(row: &GapRow, answer: &Answer) -> Vec<Cell> {
    vec![
        row.gap.into(),
        row.cause.into(),
        answer.time(row.time.as_ref()),
        row.session_id.as_str().into(),
        answer::person(&row.who),
        answer::principal(row.who.identity.as_ref()),
        answer::node(row.target.as_ref(), row.target_name.as_ref()),
        row.document.as_deref().unwrap_or("-").into(),
        answer::evidence(&row.evidence),
    ]
}
