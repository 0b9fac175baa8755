//! `whoran sessions`: the sessions, by id.

use whoran_report::wire;

use super::{json, known, no_csv, note_if_none, open, session_identity};
use crate::args::{Format, Global, Sessions};
use crate::config::Config;
use crate::error::CommandError;
use crate::exit::Exit;
use crate::table::Table;
use crate::ui::{self, Ui};

pub(super) fn run(
    args: &Sessions,
    global: &Global,
    config: &Config,
    ui: &mut Ui,
) -> Result<Exit, CommandError> {
    let format = no_csv(ui.format(args.output.format))?;
    let tz = config.time_zone(args.output.tz.as_deref())?;
    let sessions = open(global, config)?.sessions()?;
    note_if_none(&sessions, ui);
    if format != Format::Table {
        json(ui, format, sessions.iter().map(wire::SessionRow::from))?;
        return Ok(Exit::Done);
    }
    const HEADER: &[&str] = &["session", "identity", "run as", "managed node", "commands", "first", "last"];
    let rows = sessions.iter().map(|s| {
        vec![
            s.id.as_str().into(),
            session_identity(s.identity.as_ref(), &s.id),
            known(s.run_as_user.as_ref()).into(),
            known(s.target.as_ref()).into(),
            s.commands().to_string().into(),
            ui::time(s.first, &tz).into(),
            ui::time(s.last, &tz).into(),
        ]
    });
    ui.table(&Table::new(HEADER, rows.collect()))?;
    Ok(Exit::Done)
}
