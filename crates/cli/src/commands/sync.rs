//! `whoran sync`: pull from all sources, then index.

use whoran_pipeline::Inputs;

use super::{index, pull};
use crate::args::Global;
use crate::args::pull::Sync;
use crate::config::Config;
use crate::error::CommandError;
use crate::exit::Exit;
use crate::sources;
use crate::ui::Ui;

pub(super) fn run(args: Sync, global: &Global, config: &Config, ui: &mut Ui) -> Result<Exit, CommandError> {
    let remotes = sources::from_file(&args.configured, config)?;
    let (_, pulled) = pull::fetch(&remotes, args.wait, global, config, ui)?;
    let options = index::Options { work: &args.work, wait: args.wait, stats: false, output: &args.output };
    // What came is indexed even where not all came.
    let indexed = index::read(Inputs::default(), &options, global, config, ui)?;
    Ok(if pulled == Exit::Done { indexed } else { pulled })
}
