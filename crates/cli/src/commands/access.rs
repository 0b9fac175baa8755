//! `whoran access`: who may start sessions where, who did, and who was refused.

use std::collections::BTreeSet;

use jiff::tz::TimeZone;
use whoran_pipeline::link::{Access as Known, NOT_EVALUATED};
use whoran_report::rows::{AccessRow, places};
use whoran_report::wire;

use super::answer::{self, Answer, reasons};
use super::open;
use crate::args::{Access, Global};
use crate::config::Config;
use crate::error::CommandError;
use crate::exit::Exit;
use crate::table::Cell;
use crate::ui::{self, Ui};

pub(super) fn run(
    args: &Access,
    global: &Global,
    config: &Config,
    ui: &mut Ui,
) -> Result<Exit, CommandError> {
    let answer = Answer::new(&args.output, config, ui)?;
    let zone = config.time_zone(args.output.tz.as_deref())?;
    let at = args.at.as_deref().map(|text| config.time(text, &zone, true)).transpose()?;
    let known = open(global, config)?.picture()?.access(at);
    if at.is_some() {
        note_looks(&known, &zone, ui);
    }
    let mut rows: Vec<_> = known.iter().map(row).collect();
    answer::note_if_empty(
        &rows,
        "no calls and no policies known; whoran access --help says which files have them",
        ui,
    );
    let all = rows.len();
    rows.retain(|row| args.all || is_of_interest(row));
    if rows.len() < all {
        let hidden = ui::count((all - rows.len()) as u64, "pair");
        ui.note(&format!("{hidden} that no policy allows and nobody tried; --all shows them"));
    }
    if rows.iter().any(|row| row.start == Some("granted")) {
        ui.note(NOT_EVALUATED);
    }
    const HEADER: &[&str] = &[
        "principal",
        "managed node",
        "start",
        "used",
        "denied",
        "failed",
        "last used",
        "last denied",
        "by",
        "evidence",
    ];
    answer.print(rows, HEADER, cells, ui)?;
    Ok(Exit::Done)
}

/// Says when the policies were taken down that the answer stands on.
fn note_looks(known: &[Known], zone: &TimeZone, ui: &mut Ui) {
    let looks: BTreeSet<_> = known.iter().filter_map(|k| Some((&k.account, k.as_of?))).collect();
    for (account, at) in looks {
        ui.note(&format!("policies of {account} as of {}", ui::time(Some(at), zone)));
    }
}

/// Where something is or may be.
pub(super) fn is_of_interest(row: &AccessRow) -> bool {
    row.used + row.denied + row.failed > 0 || !matches!(row.start, None | Some("not-granted"))
}

pub(super) fn row(known: &Known) -> AccessRow {
    let rights = known.rights.as_ref();
    let (by, conditions) = rights.map(|r| reasons(&r.start)).unwrap_or_default();
    AccessRow {
        principal: known.principal.as_str().to_owned(),
        account: known.account.clone(),
        target: known.node.as_str().to_owned(),
        target_name: known.node_name.clone(),
        start: rights.map(|r| r.start.code()),
        by,
        conditions,
        resume_own: rights.map(|r| r.resume_own.code()),
        terminate_own: rights.map(|r| r.terminate_own.code()),
        terminate_others: rights.map(|r| r.terminate_others.code()),
        not_evaluated: rights.map(|_| NOT_EVALUATED),
        as_of: wire::time(known.as_of),
        used: known.started,
        denied: known.denied,
        failed: known.failed,
        last_used: wire::time(known.last_used),
        last_denied: wire::time(known.last_denied),
        evidence: places(&known.evidence),
    }
}

fn cells(row: &AccessRow, answer: &Answer) -> Vec<Cell> {
    let start = match (row.start, row.conditions.as_slice()) {
        (None, _) => "unknown".to_owned(),
        (Some(start), []) => start.to_owned(),
        (Some(start), on) => format!("{start}: {}", on.join(", ")),
    };
    vec![
        answer::principal(Some(&row.principal)),
        answer::node(Some(&row.target), row.target_name.as_ref()),
        start.into(),
        row.used.to_string().into(),
        row.denied.to_string().into(),
        row.failed.to_string().into(),
        answer.time(row.last_used.as_ref()),
        answer.time(row.last_denied.as_ref()),
        Cell::free(&row.by.join(", ")),
        answer::evidence(&row.evidence),
    ]
}
