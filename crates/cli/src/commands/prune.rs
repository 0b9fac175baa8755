//! `whoran prune`: take old logs out, on the record.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use whoran_pipeline::{self as pipeline, Pruned};
use whoran_report::safe;

use super::index::options;
use crate::args::{Global, Prune};
use crate::config::Config;
use crate::error::CommandError;
use crate::exit::Exit;
use crate::ui::{self, Ui};

pub(super) fn run(args: &Prune, global: &Global, config: &Config, ui: &mut Ui) -> Result<Exit, CommandError> {
    let data = config.data(global.data.as_deref())?;
    let before = config.time(&args.older_than, &TimeZone::UTC, false)?;
    if args.dry_run {
        let prunable = pipeline::prunable(&data, before)?;
        for log in &prunable.logs {
            ui.line(&safe::line(log.as_str()))?;
        }
        ui.note(&told("would prune", &prunable, before));
        return Ok(Exit::Done);
    }
    let progress = ui.progress();
    let options = options(&args.work, args.wait, config);
    let done = pipeline::prune(&data, before, &options, &|event| progress.event(&event));
    progress.end();
    let (pruned, head) = done?;
    ui.note(&told("pruned", &pruned, before));
    ui.note(&format!("manifest head {head}"));
    Ok(Exit::Done)
}

fn told(what: &str, pruned: &Pruned, before: Timestamp) -> String {
    let before = ui::time(Some(before), &TimeZone::UTC);
    if pruned.lines == 0 && pruned.bytes == 0 {
        return format!(
            "the archive has nothing from before {before}; logs that were indexed in place stay where they are"
        );
    }
    format!(
        "{what} what is from before {before}: {}, {} of the manifest, {} freed",
        ui::count(pruned.logs.len() as u64, "log"),
        ui::count(pruned.lines, "line"),
        ui::size(pruned.bytes)
    )
}
