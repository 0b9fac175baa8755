//! `whoran completions`: a completion script for a shell.

use clap::CommandFactory;

use crate::args::{Cli, Completions};
use crate::error::CommandError;
use crate::exit::Exit;
use crate::ui::Ui;

pub(super) fn run(args: &Completions, ui: &mut Ui) -> Result<Exit, CommandError> {
    // Made in memory: the generator panics where it cannot write.
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "whoran", &mut script);
    std::io::Write::write_all(ui.out(), &script)?;
    Ok(Exit::Done)
}
