//! `whoran review`: sign off, and list what was signed off.

use std::collections::{BTreeMap, BTreeSet};

use whoran_model::{Review, Reviewed, SessionId};
use whoran_pipeline::{self as pipeline, Use};
use whoran_report::findings::ReviewRow;

use super::answer::Answer;
use super::chosen::Chosen;
use super::open;
use crate::args::Global;
use crate::args::detect::{Review as Args, ReviewAdd, ReviewList, ReviewVerb};
use crate::config::Config;
use crate::error::CommandError;
use crate::exit::Exit;
use crate::table::Cell;
use crate::ui::{self, Ui};

pub(super) fn run(args: &Args, global: &Global, config: &Config, ui: &mut Ui) -> Result<Exit, CommandError> {
    match &args.what {
        ReviewVerb::Add(args) => add(args, global, config, ui),
        ReviewVerb::List(args) => list(args, global, config, ui),
    }
}

fn add(args: &ReviewAdd, global: &Global, config: &Config, ui: &mut Ui) -> Result<Exit, CommandError> {
    let tz = config.time_zone(args.tz.as_deref())?;
    let store = open(global, config)?;
    let chosen = Chosen::read(&args.what, &store, &tz, config)?;
    let mut signed: BTreeMap<SessionId, Reviewed> = BTreeMap::new();
    let mut commands = 0;
    match &chosen {
        Chosen::Sessions(ids) => {
            for id in ids {
                let held = store.commands(id)?.len() as u64;
                commands += held;
                signed.insert(id.clone(), Reviewed::Session { commands: held });
            }
        }
        Chosen::Commands(places) => {
            for (id, places) in places {
                let found = store.commands(id)?.into_iter();
                let ids: BTreeSet<String> = found
                    .filter(|record| places.contains(&record.command.seq))
                    .map(|record| record.id)
                    .collect();
                commands += ids.len() as u64;
                signed.insert(id.clone(), Reviewed::Commands(ids));
            }
        }
    }
    if signed.is_empty() {
        ui.note("nothing found, and nothing signed off");
        return Ok(Exit::NothingFound);
    }
    let what = Use::new(config.now, config.actor(), "review", &config.command, false);
    pipeline::sign_off(&config.data(global.data.as_deref())?, &what, args.verdict, &args.note, &signed)?;
    let sessions = ui::count(signed.len() as u64, "session");
    let commands = ui::count(commands, "command");
    ui.note(&match chosen {
        Chosen::Sessions(_) => format!("{sessions} signed off as {}, with {commands}", args.verdict),
        Chosen::Commands(_) => format!("{commands} of {sessions} signed off as {}", args.verdict),
    });
    Ok(Exit::Done)
}

fn list(args: &ReviewList, global: &Global, config: &Config, ui: &mut Ui) -> Result<Exit, CommandError> {
    let answer = Answer::new(&args.output, config, ui)?;
    let store = open(global, config)?;
    let reviews = store.reviews()?;
    let shown: Vec<&Review> = match &args.session {
        None => reviews.all(),
        Some(name) => match super::show::find(name, &store, ui)? {
            Some(session) => reviews.of_session(&session.id).iter().collect(),
            None => return Ok(Exit::NothingFound),
        },
    };
    let rows: Vec<_> = shown.into_iter().map(ReviewRow::from).collect();
    if rows.is_empty() {
        ui.note("nothing was signed off; whoran review add SESSION --verdict benign --note … does");
    }
    if reviews.mismatches > 0 {
        ui.note("the audit log is not as it was written: `whoran audit` says where");
    }
    const HEADER: &[&str] = &["time", "by", "verdict", "session", "commands", "note"];
    answer.print(rows, HEADER, cells, ui)?;
    Ok(Exit::Done)
}

fn cells(row: &ReviewRow<'_>, answer: &Answer) -> Vec<Cell> {
    let what = match row.whole_session_of {
        Some(commands) => format!("all {commands}"),
        None => row.command_ids.len().to_string(),
    };
    vec![
        answer.time(row.time.as_ref()),
        row.by.into(),
        row.verdict.into(),
        row.session_id.into(),
        what.into(),
        Cell::free(row.note),
    ]
}
