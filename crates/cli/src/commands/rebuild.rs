//! `whoran rebuild`: the index anew from the archive and the files it names.

use std::time::Instant;

use whoran_pipeline as pipeline;

use super::index::{counts, options};
use crate::args::{Global, Rebuild};
use crate::config::Config;
use crate::error::CommandError;
use crate::exit::Exit;
use crate::ui::Ui;

pub(super) fn run(
    args: &Rebuild,
    global: &Global,
    config: &Config,
    ui: &mut Ui,
) -> Result<Exit, CommandError> {
    let data = config.data(global.data.as_deref())?;
    let progress = ui.progress();
    let began = Instant::now();
    let options = options(&args.work, args.wait, config);
    let outcome = pipeline::rebuild(&data, args.drop_vanished, &options, &|event| progress.event(&event));
    let took = began.elapsed();
    progress.end();
    let outcome = outcome?;
    counts(&outcome, Some(took), ui);
    Ok(if outcome.is_partial() { Exit::Partial } else { Exit::Done })
}
