//! `whoran parse`: extract commands from logs without an index.

use whoran_pipeline::{self as pipeline, Inputs, Masked};
use whoran_report::{csv, wire};

use super::{JsonList, show};
use crate::args::{Format, Parse};
use crate::commands::index::{inputs, work};
use crate::config::Config;
use crate::error::CommandError;
use crate::exit::Exit;
use crate::ui::Ui;

pub(super) fn run(args: Parse, config: &Config, ui: &mut Ui) -> Result<Exit, CommandError> {
    let format = ui.format(args.output.format);
    let tz = config.time_zone(args.output.tz.as_deref())?;
    let inputs: Inputs = inputs(args.paths);
    // No fingerprint is printed here, so none is made.
    let secrets = if args.mask { pipeline::Secrets::Masked(None) } else { pipeline::Secrets::Shown };
    let options = pipeline::ParseOptions { work: work(&args.work), secrets };
    let progress = ui.progress();
    let mut list = JsonList::new(format);
    let mut first = true;
    let outcome = pipeline::parse(
        inputs,
        &options,
        &|event| progress.event(&event),
        &mut |session: Masked| match format {
            Format::Jsonl | Format::Json => {
                session.commands.iter().try_for_each(|c| list.write(ui.out(), &wire::Command::from(c)))
            }
            Format::Table => {
                if !std::mem::take(&mut first) {
                    ui.line("")?;
                }
                show::print(&session.session, &session.commands, &tz, ui)
            }
            Format::Csv => {
                let mut writer = csv::Writer::rows(ui.out(), pipeline::export_columns());
                if std::mem::take(&mut first) {
                    writer.header()?;
                }
                session.commands.iter().try_for_each(|c| writer.write(c))?;
                writer.finish()
            }
        },
    );
    progress.end();
    let outcome = outcome?;
    list.end(ui.out())?;
    super::index::counts(&outcome, None, ui);
    Ok(if outcome.is_partial() { Exit::Partial } else { Exit::Done })
}
