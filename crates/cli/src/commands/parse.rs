//! `whoran parse`: extract commands from logs without an index.

use whoran_model::CommandRecord;
use whoran_pipeline::{self as pipeline, Inputs, Piece};

use super::records::Records;
use super::show;
use crate::args::{Format, Parse};
use crate::commands::index::{inputs, work};
use crate::config::Config;
use crate::error::CommandError;
use crate::exit::Exit;
use crate::ui::Ui;

pub(super) fn run(args: Parse, config: &Config, ui: &mut Ui) -> Result<Exit, CommandError> {
    let format = ui.format(&args.output);
    let tz = config.time_zone(args.output.tz.as_deref())?;
    let inputs: Inputs = inputs(args.paths);
    // No fingerprint is printed here, so none is made.
    let secrets = if args.mask { pipeline::Secrets::Masked(None) } else { pipeline::Secrets::Shown };
    let options = pipeline::ParseOptions { work: work(&args.work), secrets };
    let progress = ui.progress();
    let mut records = match format {
        Format::Table => None,
        _ => Some(Records::new(format, args.columns.profile, false, None, ui)?),
    };
    let mut first = true;
    // A table begins with what its session is, which comes behind the commands.
    let mut shown: Vec<CommandRecord> = Vec::new();
    let outcome = pipeline::parse(inputs, &options, &|event| progress.event(&event), &mut |piece| match (
        piece,
        &mut records,
    ) {
        (Piece::Commands(commands), Some(records)) => {
            commands.iter().try_for_each(|record| records.write(record, None, ui))
        }
        (Piece::Session(_), Some(_)) => Ok(()),
        (Piece::Commands(commands), None) => {
            shown.extend(commands);
            Ok(())
        }
        (Piece::Session(session), None) => {
            if !std::mem::take(&mut first) {
                ui.line("")?;
            }
            show::print(&session, &std::mem::take(&mut shown), &tz, ui)
        }
    });
    progress.end();
    let outcome = outcome?;
    if let Some(records) = records {
        records.end(ui)?;
    }
    super::index::counts(&outcome, None, ui);
    Ok(if outcome.is_partial() { Exit::Partial } else { Exit::Done })
}
