//! `whoran policy`: the least IAM policy that pulling takes.

use whoran_pipeline::remote;
use whoran_report::safe;

use crate::args::pull::Policy;
use crate::config::Config;
use crate::error::CommandError;
use crate::exit::Exit;
use crate::sources;
use crate::ui::Ui;

pub(super) fn run(args: Policy, config: &Config, ui: &mut Ui) -> Result<Exit, CommandError> {
    let remotes = sources::resolve(&args.sources, &args.remote, &args.configured, config)?;
    let policy = remote::policy(&remotes, &args.kms_key);
    let text = serde_json::to_string_pretty(&policy).map_err(std::io::Error::other)?;
    ui.line(&safe::block(&text))?;
    Ok(Exit::Done)
}
