//! `whoran help`: what a verb takes, and what a query can say.

use std::io::Write;

use clap::Parser;

use crate::args::{Cli, Help};
use crate::error::CommandError;
use crate::exit::Exit;
use crate::ui::Ui;

pub(super) fn run(args: &Help, ui: &mut Ui) -> Result<Exit, CommandError> {
    if args.topic.as_deref() == Some("query") {
        ui.out().write_all(whoran_pipeline::query_help().as_bytes())?;
        return Ok(Exit::Done);
    }
    let words = ["whoran"].into_iter().chain(args.topic.as_deref()).chain(["--help"]);
    Ok(match Cli::try_parse_from(words) {
        Err(help) => ui.command_line(&help),
        Ok(_) => Exit::Done,
    })
}
