//! `whoran`: who ran what, as which OS user, on which machine, and how do you know?

mod args;
mod commands;
mod config;
mod error;
mod exit;
mod settings;
#[cfg(feature = "aws")]
mod sources;
mod table;
mod target;
mod ui;

use std::process::ExitCode;

/// Threads hand many small texts on to one another: glibc's allocator holds more and more of them the longer a run lasts,
/// this one does not. It takes a little less processor time too.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let config = config::Config::from_environment();
    let mut ui = ui::Ui::new(&config);
    let cli = match args::Cli::read(&config.command) {
        Ok(cli) => cli,
        Err(error) => return ui.command_line(&error).into(),
    };
    ui.set(&cli.global);
    match commands::dispatch(cli, &config, &mut ui).and_then(|exit| Ok(ui.finish().map(|()| exit)?)) {
        Ok(exit) => exit.into(),
        Err(error) => ui.error(&error).into(),
    }
}
