//! Who used the tool for what: written down before every verb that shows what is kept, and `whoran audit`, which tells.

use serde::Serialize;
use whoran_pipeline::{self as pipeline, Use};
use whoran_report::{safe, wire};

use super::{json, no_csv};
use crate::args::{Audit, Cli, Format, Verb};
use crate::config::Config;
use crate::error::CommandError;
use crate::exit::Exit;
use crate::table::{Cell, Table};
use crate::ui::{self, Ui};

const HEADER: &[&str] = &["time", "user", "login", "host", "saw", "command"];

/// What a verb lets its user see of what is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sight {
    Masked,
    Unmasked,
}

/// The verb's name and what it shows; nothing where it shows nothing that is kept.
fn sight(verb: &Verb) -> Option<(&'static str, Sight)> {
    use Sight::{Masked, Unmasked};
    let unless = |masked: bool| if masked { Masked } else { Unmasked };
    Some(match verb {
        Verb::Search(args) => ("search", unless(!args.unmask)),
        Verb::Show(args) => ("show", unless(!args.unmask && !args.raw)),
        Verb::Timeline(_) => ("timeline", Masked),
        Verb::Facets(_) => ("facets", Masked),
        Verb::Watch(_) => ("watch", Masked),
        Verb::Report(_) => ("report", Masked),
        Verb::Sessions(_) => ("sessions", Masked),
        Verb::Who(_) => ("who", Masked),
        Verb::Graph(_) => ("graph", Masked),
        Verb::Access(_) => ("access", Masked),
        Verb::Runas(_) => ("runas", Masked),
        Verb::Coverage(_) => ("coverage", Masked),
        Verb::Shared(_) => ("shared", Masked),
        Verb::Doctor(_) => ("doctor", Masked),
        Verb::Detect(args) if args.list => return None,
        Verb::Detect(_) => ("detect", Masked),
        Verb::Evidence(args) => ("evidence", unless(!args.with_raw)),
        // What it adds is a line of its own.
        Verb::Review(args) if args.output().is_none() => return None,
        Verb::Review(_) => ("review", Masked),
        Verb::Cat(_) => ("cat", Unmasked),
        Verb::Audit(_) => ("audit", Masked),
        Verb::Index(_)
        | Verb::Status(_)
        | Verb::Parse(_)
        | Verb::Verify(_)
        | Verb::Prune(_)
        | Verb::Rebuild(_)
        | Verb::Completions(_)
        | Verb::Help(_) => return None,
        #[cfg(feature = "aws")]
        Verb::Pull(_) | Verb::Sync(_) | Verb::Init(_) | Verb::Policy(_) => return None,
    })
}

/// Writes down that the verb is used. Secrets are shown only to those of whom that stays; who may read the data and not
/// write to it can still see the rest.
pub(super) fn record(cli: &Cli, config: &Config, ui: &mut Ui) -> Result<(), CommandError> {
    let Some((verb, sight)) = sight(&cli.verb) else { return Ok(()) };
    let data = config.data(cli.global.data.as_deref())?;
    let unmasked = sight == Sight::Unmasked;
    let what = Use::new(config.now, config.actor(), verb, &config.command, unmasked);
    match pipeline::record(&data, what) {
        Ok(()) => Ok(()),
        Err(error) if unmasked => Err(CommandError::new(Exit::Refused, error.to_string())
            .hint("what masking hides is shown only where that can be recorded")),
        Err(error) => {
            ui.note(&format!("this use is not recorded: {error}"));
            Ok(())
        }
    }
}

#[derive(Serialize)]
struct Wire<'a> {
    v: u32,
    line: u64,
    #[serde(flatten)]
    what: &'a Use,
}

pub(super) fn run(
    args: &Audit,
    global: &crate::args::Global,
    config: &Config,
    ui: &mut Ui,
) -> Result<Exit, CommandError> {
    let format = no_csv(ui.format(&args.output))?;
    let tz = config.time_zone(args.output.tz.as_deref())?;
    let read = pipeline::uses(&config.data(global.data.as_deref())?, args.head.as_deref())?;
    if format == Format::Table {
        let name = |what: &Use| what.actor.user.clone().unwrap_or_else(|| format!("uid {}", what.actor.uid));
        let row = |what: &Use| -> Vec<Cell> {
            vec![
                ui::time(Some(what.time), &tz).into(),
                (&name(what)).into(),
                what.actor.login_uid.map_or_else(|| "-".into(), |uid| format!("uid {uid}").into()),
                (&what.actor.host).into(),
                if what.unmasked { "unmasked" } else { "masked" }.into(),
                Cell::free(&what.command),
            ]
        };
        let rows = read.uses.iter().map(|(_, what)| row(what)).collect();
        ui.table(&Table::new(HEADER, rows))?;
    } else {
        let wire = |(line, what)| Wire { v: wire::VERSION, line, what };
        json(ui, format, read.uses.iter().map(|(line, what)| wire((*line, what))))?;
    }
    for (line, what) in &read.mismatches {
        ui.note(&safe::line(&format!("line {line}: {what}")));
    }
    ui.note(&format!("audit head {}", read.head));
    Ok(if read.mismatches.is_empty() { Exit::Done } else { Exit::Mismatch })
}
