//! `whoran status`: what is indexed, how much, and what was left out.

use serde::Serialize;
use whoran_pipeline::Store;
use whoran_report::{safe, wire};

use super::{json, no_csv, oddity, open};
use crate::args::{Format, Global, Status};
use crate::config::Config;
use crate::error::CommandError;
use crate::exit::Exit;
use crate::ui::{self, Ui};

#[derive(Serialize)]
struct Wire<'a> {
    v: u32,
    data: String,
    index_bytes: u64,
    logs: u64,
    sessions: u64,
    commands: u64,
    facts: u64,
    manifest_lines: u64,
    manifest_indexed: u64,
    manifest_head: &'a str,
    diagnostics: Vec<wire::Oddity<'a>>,
}

pub(super) fn run(
    args: &Status,
    global: &Global,
    config: &Config,
    ui: &mut Ui,
) -> Result<Exit, CommandError> {
    let format = no_csv(ui.format(&args.output))?;
    let store: Store = open(global, config)?;
    let status = store.status()?;
    if format != Format::Table {
        let row = Wire {
            v: wire::VERSION,
            data: status.data.display().to_string(),
            index_bytes: status.index_bytes,
            logs: status.logs,
            sessions: status.sessions,
            commands: status.commands,
            facts: status.facts,
            manifest_lines: status.archive_seq,
            manifest_indexed: status.indexed_seq,
            manifest_head: &status.head,
            diagnostics: status.diagnostics.iter().map(wire::Oddity::from).collect(),
        };
        json(ui, format, [row])?;
        return Ok(Exit::Done);
    }
    let lines = [
        ("data", status.data.display().to_string()),
        ("index", ui::size(status.index_bytes)),
        ("logs", status.logs.to_string()),
        ("sessions", status.sessions.to_string()),
        ("commands", status.commands.to_string()),
        ("facts", status.facts.to_string()),
        ("manifest", format!("{}, head {}", ui::count(status.archive_seq, "line"), status.head)),
    ];
    for (name, value) in lines {
        ui.line(&format!("{name:9} {}", safe::line(&value)))?;
    }
    if status.indexed_seq < status.archive_seq {
        ui.line("the index is behind the archive: a run was cut short; `whoran index` catches up")?;
    }
    if !status.diagnostics.is_empty() {
        ui.line("\nodd:")?;
    }
    for diagnostic in &status.diagnostics {
        ui.line(&format!("  {}", safe::line(&oddity(diagnostic))))?;
    }
    Ok(Exit::Done)
}
