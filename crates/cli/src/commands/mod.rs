//! One file for each verb.

mod access;
mod answer;
mod audit;
mod cat;
mod chosen;
mod completions;
mod coverage;
mod detect;
mod doctor;
mod evidence;
mod facets;
mod graph;
mod help;
mod hints;
mod index;
#[cfg(feature = "aws")]
mod init;
mod parse;
#[cfg(feature = "aws")]
mod policy;
mod prune;
#[cfg(feature = "aws")]
mod pull;
mod rebuild;
mod records;
mod report;
mod review;
mod rules;
mod runas;
mod search;
mod sessions;
mod shared;
mod show;
mod status;
#[cfg(feature = "aws")]
mod sync;
mod timeline;
mod unmask;
mod verify;
mod watch;
mod who;

use std::io::Write;

use serde::Serialize;
use whoran_model::{Diagnostic, Principal, SessionId};
use whoran_pipeline::Store;
use whoran_report::{who as who_report, wire};

use crate::args::{Cli, Format, Global, Verb};
use crate::config::Config;
use crate::error::CommandError;
use crate::exit::Exit;
use crate::table::Cell;
use crate::ui::Ui;

pub(crate) fn dispatch(cli: Cli, config: &Config, ui: &mut Ui) -> Result<Exit, CommandError> {
    audit::record(&cli, config, ui)?;
    let Cli { global, verb } = cli;
    if let Some(output) = verb.output() {
        ui.direct(output, &global)?;
    }
    match verb {
        Verb::Index(args) => index::run(args, &global, config, ui),
        #[cfg(feature = "aws")]
        Verb::Pull(args) => pull::run(args, &global, config, ui),
        #[cfg(feature = "aws")]
        Verb::Sync(args) => sync::run(args, &global, config, ui),
        #[cfg(feature = "aws")]
        Verb::Init(args) => init::run(&args, ui),
        #[cfg(feature = "aws")]
        Verb::Policy(args) => policy::run(args, config, ui),
        Verb::Search(args) => search::run(&args, &global, config, ui),
        Verb::Show(args) => show::run(&args, &global, config, ui),
        Verb::Facets(args) => facets::run(&args, &global, config, ui),
        Verb::Timeline(args) => timeline::run(&args, &global, config, ui),
        Verb::Watch(args) => watch::run(&args, &global, config, ui),
        Verb::Sessions(args) => sessions::run(&args, &global, config, ui),
        Verb::Who(args) => who::run(&args, &global, config, ui),
        Verb::Graph(args) => graph::run(&args, &global, config, ui),
        Verb::Access(args) => access::run(&args, &global, config, ui),
        Verb::Runas(args) => runas::run(&args, &global, config, ui),
        Verb::Coverage(args) => coverage::run(&args, &global, config, ui),
        Verb::Shared(args) => shared::run(&args, &global, config, ui),
        Verb::Doctor(args) => doctor::run(&args, &global, config, ui),
        Verb::Detect(args) => detect::run(&args, &global, config, ui),
        Verb::Review(args) => review::run(&args, &global, config, ui),
        Verb::Evidence(args) => evidence::run(&args, &global, config, ui),
        Verb::Report(args) => report::run(&args, &global, config, ui),
        Verb::Status(args) => status::run(&args, &global, config, ui),
        Verb::Parse(args) => parse::run(args, config, ui),
        Verb::Verify(args) => verify::run(&args, &global, config, ui),
        Verb::Cat(args) => cat::run(&args, &global, config, ui),
        Verb::Prune(args) => prune::run(&args, &global, config, ui),
        Verb::Rebuild(args) => rebuild::run(&args, &global, config, ui),
        Verb::Audit(args) => audit::run(&args, &global, config, ui),
        Verb::Completions(args) => completions::run(&args, ui),
        Verb::Help(args) => help::run(&args, ui),
    }
}

fn open(global: &Global, config: &Config) -> Result<Store, CommandError> {
    Ok(Store::open(&config.data(global.data.as_deref())?)?)
}

/// Says so where there is nothing to list, and what would change that.
fn note_if_none<T>(rows: &[T], ui: &mut Ui) {
    if rows.is_empty() {
        ui.note("no sessions yet; whoran index PATH… reads logs");
    }
}

/// Prints rows as JSON, one a line or all in one array.
fn json<T: Serialize>(
    ui: &mut Ui,
    format: Format,
    rows: impl IntoIterator<Item = T>,
) -> Result<(), CommandError> {
    let mut list = JsonList::new(format);
    for row in rows {
        list.write(ui.out(), &row)?;
    }
    Ok(list.end(ui.out())?)
}

/// Rows as JSON, one at a time.
struct JsonList {
    array: bool,
    rows: u64,
}

impl JsonList {
    fn new(format: Format) -> Self {
        Self { array: format == Format::Json, rows: 0 }
    }

    fn write<T: Serialize>(&mut self, out: &mut impl Write, row: &T) -> std::io::Result<()> {
        if self.array {
            out.write_all(if self.rows == 0 { b"[\n" } else { b",\n" })?;
            wire::write(&mut *out, row)?;
        } else {
            wire::write_line(&mut *out, row)?;
        }
        self.rows += 1;
        Ok(())
    }

    fn end(self, out: &mut impl Write) -> std::io::Result<()> {
        match (self.array, self.rows) {
            (true, 0) => out.write_all(b"[]\n"),
            (true, _) => out.write_all(b"\n]\n"),
            (false, _) => Ok(()),
        }
    }
}

fn no_csv(format: Format) -> Result<Format, CommandError> {
    if format == Format::Csv {
        return Err(CommandError::usage("this verb writes no csv").hint("use --format jsonl"));
    }
    Ok(format)
}

/// A principal for a table, or what little is known where none is proven.
fn identity(identity: Option<&Principal>, session_prefix: Option<&str>) -> Cell {
    match (identity, session_prefix) {
        (Some(identity), _) => Cell::with_short(identity.as_str(), &who_report::brief(identity)),
        (None, Some(prefix)) => format!("unknown (session prefix {prefix})").into(),
        (None, None) => "unknown".into(),
    }
}

fn session_identity(who: Option<&Principal>, id: &SessionId) -> Cell {
    identity(who, id.prefix())
}

fn known<T: std::fmt::Display>(value: Option<T>) -> String {
    value.map_or_else(|| "unknown".into(), |v| v.to_string())
}

/// `logs/x.log: empty`, with the place where one is known.
fn oddity(diagnostic: &Diagnostic) -> String {
    let Diagnostic { log, at, kind, .. } = diagnostic;
    match at {
        Some(at) => format!("{log} at byte {at}: {kind} [{}]", kind.code()),
        None => format!("{log}: {kind} [{}]", kind.code()),
    }
}
