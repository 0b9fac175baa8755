//! `whoran sessions`: the sessions, by id.

use whoran_report::wire;

use super::{json, known, no_csv, open, session_identity};
use crate::args::{Format, Global, Sessions};
use crate::config::Config;
use crate::error::CommandError;
use crate::exit::Exit;
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
    if format != Format::Table {
        json(ui, format, sessions.iter().map(wire::SessionRow::from))?;
        return Ok(Exit::Done);
    }
    let header = ["session", "identity", "run as", "managed node", "commands", "first", "last"];
    let rows = sessions.iter().map(|s| {
        vec![
            s.id.to_string(),
            session_identity(s.identity.as_ref(), &s.id),
            known(s.run_as_user.as_ref()),
            known(s.target.as_ref()),
            s.commands().to_string(),
            ui::time(s.first, &tz),
            ui::time(s.last, &tz),
        ]
    });
    ui.table(&header, rows.collect())?;
    Ok(Exit::Done)
}
