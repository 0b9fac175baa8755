//! `whoran graph`: who worked as which OS user on which node, drawn.

use std::io::Write;

use whoran_report::graph::{Language, graph};

use super::{note_if_none, open, who};
use crate::args::{Drawing, Global, Graph};
use crate::config::Config;
use crate::error::CommandError;
use crate::exit::Exit;
use crate::ui::Ui;

pub(super) fn run(args: &Graph, global: &Global, config: &Config, ui: &mut Ui) -> Result<Exit, CommandError> {
    let rows = who::rows(&open(global, config)?.picture()?);
    note_if_none(&rows, ui);
    let language = match args.format {
        Drawing::Dot => Language::Dot,
        Drawing::Mermaid => Language::Mermaid,
    };
    ui.out().write_all(graph(&rows, language).as_bytes())?;
    Ok(Exit::Done)
}
