//! `whoran search`: find commands.

use std::io::Read;
use std::ops::ControlFlow;

use jiff::tz::TimeZone;
use whoran_model::{CommandRecord, TimePrecision};
use whoran_pipeline::{Found, Order, Query, QueryError, SearchOptions};
use whoran_report::{csv, wire};

use super::unmask::Unmasking;
use super::{JsonList, known, open, session_identity};
use crate::args::{self, Format, Global, Search};
use crate::config::Config;
use crate::error::CommandError;
use crate::exit::Exit;
use crate::table::{Cell, Table};
use crate::ui::{self, Ui};

const HEADER: &[&str] = &["time", "identity", "os user", "managed node", "command", "session", "evidence"];

/// How many commands are read before it is worth a word.
const MANY: u64 = 10_000;

/// More than any private key has.
const LONGEST_SECRET: u64 = 1 << 20;

/// How many hits a terminal gets unless it asks for more.
const TERMINAL_LIMIT: usize = 50;

pub(super) fn run(
    args: &Search,
    global: &Global,
    config: &Config,
    ui: &mut Ui,
) -> Result<Exit, CommandError> {
    let format = ui.format(args.output.format);
    let tz = config.time_zone(args.output.tz.as_deref())?;
    let text = asked(args);
    let read =
        |text: &str| whoran_pipeline::query(text, &tz, config.now).map_err(|error| explain(text, &error));
    let mut query = read(&text)?;
    let excluded = args.not.iter().map(|text| read(text)).collect::<Result<Vec<_>, _>>()?;
    let time = |text: &Option<String>, end| text.as_deref().map(|t| config.time(t, &tz, end)).transpose();
    let options = SearchOptions {
        since: time(&args.since, false)?,
        until: time(&args.until, true)?,
        limit: args.limit.or(ui.terminal.then_some(TERMINAL_LIMIT)),
        order: match args.order {
            args::Order::Newest => Order::NewestFirst,
            args::Order::Session => Order::Session,
        },
    };
    let store = open(global, config)?;
    if let Some(from) = &args.secret {
        let Some(fingerprint) = store.fingerprint(&secret(from)?)? else {
            ui.note("nothing found: no secret was ever masked here");
            return Ok(Exit::NothingFound);
        };
        let text = if text.trim().is_empty() { String::new() } else { format!(" ({text})") };
        let text = format!("secret:{fingerprint}{text}");
        query = read(&text)?;
    }
    query = excluded.into_iter().fold(query, Query::and_not);
    let mut printer = Printer::new(format, &tz, ui)?;
    let mut unmasking = args.unmask.then(|| Unmasking::new(&store)).transpose()?;
    let mut broken = None;
    let mut shown = 0;
    let Found { total, scanned } = store.search(&query, &options, &mut |mut record| {
        let unmasked = unmasking.as_mut().map_or(Ok(()), |unmasking| unmasking.command(&mut record));
        match unmasked.and_then(|()| Ok(printer.hit(&record)?)) {
            Ok(()) => {
                shown += 1;
                ControlFlow::Continue(())
            }
            Err(error) => {
                broken = Some(error);
                ControlFlow::Break(())
            }
        }
    })?;
    if let Some(error) = broken {
        return Err(error);
    }
    printer.end()?;
    if let Some(unmasking) = unmasking {
        unmasking.end(ui);
    }
    if scanned > MANY.max(2 * total) {
        ui.note(&format!(
            "the index could not narrow this down: {scanned} commands were read; another word or field would"
        ));
    }
    if total == 0 {
        ui.note("nothing found");
        return Ok(Exit::NothingFound);
    }
    if shown < total {
        let which = match args.order {
            args::Order::Newest => "the newest",
            args::Order::Session => "the first by session",
        };
        ui.note(&format!("{shown} of {total} hits, {which}; --limit {total} shows all"));
    }
    Ok(Exit::Done)
}

/// The query with what was given as options.
fn asked(args: &Search) -> String {
    let words = args.query.join(" ");
    let literals = args.literal.iter().map(|text| whoran_pipeline::quote_literal(text));
    let patterns = args.regex.iter().map(|text| whoran_pipeline::quote_regex(text));
    let mut parts: Vec<_> = literals.chain(patterns).collect();
    if !words.trim().is_empty() {
        // Else the options would belong to the last alternative alone.
        let several = !parts.is_empty() && words.split_whitespace().any(|word| word == "OR");
        parts.insert(0, if several { format!("({words})") } else { words });
    }
    parts.join(" ")
}

/// The secret to look for. One line end behind it is the terminal's or `echo`'s.
fn secret(from: &str) -> Result<String, CommandError> {
    if from != "-" {
        return Err(CommandError::usage(
            "a secret is not taken from the command line, where others can see it",
        )
        .hint("whoran search --secret - < FILE"));
    }
    let secret = std::io::read_to_string(std::io::stdin().take(LONGEST_SECRET))?;
    match secret.trim() {
        "" => Err(CommandError::usage("there is no secret on standard input")),
        _ => Ok(secret),
    }
}

/// The query with a mark under what is wrong.
fn explain(query: &str, error: &QueryError) -> CommandError {
    // Columns, not bytes; what is escaped on the screen is wider than it is here, and still the mark is near.
    let columns = |text: &str| text.chars().count();
    let (start, end) = (error.span.start.min(query.len()), error.span.end.min(query.len()));
    let before = query.get(..start).map_or(0, columns);
    let wide = query.get(start..end).map_or(1, columns).max(1);
    let message = format!(
        "{}\n  {}\n  {}{}",
        error.message,
        whoran_report::safe::line(query),
        " ".repeat(before),
        "^".repeat(wide)
    );
    CommandError::usage(message)
        .hint(error.hint.as_str())
        .hint("whoran help query shows what a query can say")
}

/// Prints hits as they come; a table only at the end, when its columns can be fitted.
struct Printer<'a> {
    ui: &'a mut Ui,
    tz: &'a TimeZone,
    form: Form,
}

enum Form {
    Json(JsonList),
    Csv,
    Table(Vec<Vec<Cell>>),
}

impl<'a> Printer<'a> {
    fn new(format: Format, tz: &'a TimeZone, ui: &'a mut Ui) -> std::io::Result<Self> {
        let form = match format {
            Format::Table => Form::Table(Vec::new()),
            Format::Csv => {
                let mut csv = csv::Writer::rows(ui.out(), whoran_pipeline::export_columns());
                csv.header()?;
                csv.finish()?;
                Form::Csv
            }
            Format::Json | Format::Jsonl => Form::Json(JsonList::new(format)),
        };
        Ok(Self { ui, tz, form })
    }

    fn hit(&mut self, record: &CommandRecord) -> std::io::Result<()> {
        match &mut self.form {
            Form::Json(list) => list.write(self.ui.out(), &wire::Command::from(record)),
            Form::Csv => {
                let mut csv = csv::Writer::rows(self.ui.out(), whoran_pipeline::export_columns());
                csv.write(record)?;
                csv.finish()
            }
            Form::Table(rows) => {
                rows.push(row(record, self.tz));
                Ok(())
            }
        }
    }

    fn end(self) -> std::io::Result<()> {
        match self.form {
            Form::Json(list) => list.end(self.ui.out()),
            Form::Csv => Ok(()),
            Form::Table(rows) => self.ui.table(&Table::new(HEADER, rows)),
        }
    }
}

fn row(record: &CommandRecord, tz: &TimeZone) -> Vec<Cell> {
    let evidence = record.command.evidence.first();
    // Where only the session's end is known, every command of it has that one time.
    let bound = if record.command.time_precision == TimePrecision::Session { "≤ " } else { "" };
    vec![
        format!("{bound}{}", ui::time(record.command.time, tz)).into(),
        session_identity(record.identity.as_ref(), &record.session_id),
        known(record.command.os_user.as_ref()).into(),
        known(record.target.as_ref()).into(),
        Cell::free(&record.command.command),
        record.session_id.as_str().into(),
        evidence.map_or_else(|| "-".into(), |e| format!("{}:{}-{}", e.log, e.start, e.end)).into(),
    ]
}
