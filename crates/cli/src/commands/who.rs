//! `whoran who`: who worked as which OS user on which node.

use jiff::tz::TimeZone;
use whoran_report::who::{self, WhoRow};

use super::{identity, json, known, no_csv, note_if_none, open};
use crate::args::{Format, Global, Who};
use crate::config::Config;
use crate::error::CommandError;
use crate::exit::Exit;
use crate::table::Table;
use crate::ui::{self, Ui};

pub(super) fn run(args: &Who, global: &Global, config: &Config, ui: &mut Ui) -> Result<Exit, CommandError> {
    let format = no_csv(ui.format(args.output.format))?;
    let tz = config.time_zone(args.output.tz.as_deref())?;
    let rows = who::rows(open(global, config)?.sessions()?);
    note_if_none(&rows, ui);
    print(&rows, format, &tz, ui)?;
    Ok(Exit::Done)
}

/// Prints the rows, also for `whoran index`.
pub(super) fn print(rows: &[WhoRow], format: Format, tz: &TimeZone, ui: &mut Ui) -> Result<(), CommandError> {
    if format != Format::Table {
        return json(ui, format, rows.iter().map(WhoRow::wire));
    }
    const HEADER: &[&str] = &["identity", "os user", "managed node", "sessions", "commands", "first", "last"];
    let cells = |row: &WhoRow| {
        vec![
            identity(row.identity.as_ref(), row.session_prefix.as_deref()),
            known(row.os_user.as_ref()).into(),
            known(row.target.as_ref()).into(),
            row.sessions.to_string().into(),
            row.commands.to_string().into(),
            ui::time(row.first, tz).into(),
            ui::time(row.last, tz).into(),
        ]
    };
    Ok(ui.table(&Table::new(HEADER, rows.iter().map(cells).collect()))?)
}
