//! `whoran prune`: take old logs out, on the record.

use jiff::tz::TimeZone;
use whoran_pipeline as pipeline;

use super::index::options;
use crate::args::{Global, Prune};
use crate::config::Config;
use crate::error::CommandError;
use crate::exit::Exit;
use crate::ui::{self, Ui};

pub(super) fn run(args: &Prune, global: &Global, config: &Config, ui: &mut Ui) -> Result<Exit, CommandError> {
    let data = config.data(global.data.as_deref())?;
    let before = config.time(&args.older_than, &TimeZone::UTC, false)?;
    let progress = ui.progress();
    let options = options(&args.work, args.wait, config);
    let done = pipeline::prune(&data, before, &options, &|event| progress.event(&event));
    progress.end();
    let (pruned, head) = done?;
    if pruned.lines == 0 && pruned.bytes == 0 {
        ui.note(&format!("nothing is from before {before}"));
    } else {
        let logs = ui::count(pruned.logs.len() as u64, "log");
        let lines = ui::count(pruned.lines, "line");
        let freed = ui::size(pruned.bytes);
        ui.note(&format!(
            "pruned what is from before {before}: {logs}, {lines} of the manifest, {freed} freed"
        ));
    }
    ui.note(&format!("manifest head {head}"));
    Ok(Exit::Done)
}
