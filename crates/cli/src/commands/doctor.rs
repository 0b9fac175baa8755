//! `whoran doctor`: what the session documents mean for the record.

use whoran_pipeline::link::Finding;
use whoran_report::rows::{DoctorRow, places};

use super::answer::{self, Answer};
use super::open;
use crate::args::{Doctor, Global};
use crate::config::Config;
use crate::error::CommandError;
use crate::exit::Exit;
use crate::table::Cell;
use crate::ui::Ui;

const NOTHING: &str = "no session preferences known; index what this prints, in a file with account and region in its \
                       name:\n  aws ssm get-document --name SSM-SessionManagerRunShell";

pub(super) fn run(
    args: &Doctor,
    global: &Global,
    config: &Config,
    ui: &mut Ui,
) -> Result<Exit, CommandError> {
    let answer = Answer::new(&args.output, config, ui)?;
    let rows: Vec<_> = open(global, config)?.picture()?.doctor().into_iter().map(row).collect();
    answer::note_if_empty(&rows, NOTHING, ui);
    const HEADER: &[&str] = &["account", "region", "document", "check", "level", "says", "mend"];
    answer.print(rows, HEADER, cells, ui)?;
    Ok(Exit::Done)
}

pub(super) fn row(finding: Finding) -> DoctorRow {
    DoctorRow {
        evidence: places(&finding.evidence),
        account: finding.account,
        region: finding.region,
        document: finding.document,
        check: finding.check,
        level: finding.level.code(),
        says: finding.says,
        mend: finding.mend.map(str::to_owned),
    }
}

fn cells(row: &DoctorRow, _: &Answer) -> Vec<Cell> {
    let text = |text: &Option<String>| text.as_deref().unwrap_or("-").into();
    vec![
        text(&row.account),
        text(&row.region),
        text(&row.document),
        row.check.into(),
        row.level.into(),
        Cell::free(&row.says),
        Cell::free(row.mend.as_deref().unwrap_or_default()),
    ]
}
