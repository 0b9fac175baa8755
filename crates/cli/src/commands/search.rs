//! `whoran search`: find commands.

use std::io::Read;
use std::ops::{ControlFlow, Range};
use std::path::Path;

use jiff::tz::TimeZone;
use whoran_model::{Command, CommandKind, CommandRecord, TimePrecision};
use whoran_pipeline::{Around, Group, Indicators, Order, Query, QueryError, SearchOptions, Standing, Store};
use whoran_report::rows::{entered, not_seen_to_run};

use super::records::Records;
use super::unmask::Unmasking;
use super::{hints, known, open, session_identity};
use crate::args::search::{Order as ByOrder, Profile, Search};
use crate::args::{Format, Global};
use crate::config::Config;
use crate::error::CommandError;
use crate::exit::Exit;
use crate::table::{Cell, Table};
use crate::ui::{self, Ui};

const HEADER: &[&str] = &["time", "identity", "os user", "managed node", "command", "session", "evidence"];
/// The same with a first column that points at hits.
const HEADER_IN_CONTEXT: &[&str] =
    &["", "time", "identity", "os user", "managed node", "command", "session", "evidence"];
/// Both, with a last column for the indicators that are in a command.
const HEADER_LISTED: &[&str] =
    &["time", "identity", "os user", "managed node", "command", "session", "evidence", "indicators"];
const HEADER_IN_CONTEXT_LISTED: &[&str] =
    &["", "time", "identity", "os user", "managed node", "command", "session", "evidence", "indicators"];

/// How many commands are read before it is worth a word.
const MANY: u64 = 10_000;

/// More than any private key has.
const LONGEST_SECRET: u64 = 1 << 20;

/// How many hits a terminal gets unless it asks for more.
const TERMINAL_LIMIT: usize = 50;

/// How many commands before and after one that was named.
pub(super) const AROUND: Around = Around { before: 5, after: 5 };

pub(super) fn run(
    args: &Search,
    global: &Global,
    config: &Config,
    ui: &mut Ui,
) -> Result<Exit, CommandError> {
    let format = ui.format(&args.output);
    let tz = config.time_zone(args.output.tz.as_deref())?;
    let around = args.context.asked().map(|(before, after)| Around { before, after });
    if let Some(place) = &args.around {
        let store = open(global, config)?;
        let mut printer = Printer::new(format, args.columns.profile, true, None, &tz, ui)?;
        printer.unmasking = args.unmask.then(|| Unmasking::new(&store)).transpose()?;
        return one(place, around.unwrap_or(AROUND), &store, printer);
    }
    let text = asked(args);
    let read =
        |text: &str| whoran_pipeline::query(text, &tz, config.now).map_err(|error| explain(text, &error));
    let mut query = read(&text)?;
    let excluded = args.not.iter().map(|text| read(text)).collect::<Result<Vec<_>, _>>()?;
    let [since, until] = args.window.bounds(config, &tz)?;
    let options = SearchOptions {
        since,
        until,
        limit: args.limit.or(ui.terminal.then_some(TERMINAL_LIMIT)),
        order: match args.order {
            ByOrder::Newest => Order::NewestFirst,
            ByOrder::Session => Order::Session,
        },
    };
    let store = open(global, config)?;
    let mut keys = Vec::new();
    if let Some(from) = &args.secret {
        let secrets = secrets(from)?;
        let Some(fingerprint) = store.fingerprints()? else {
            ui.note("nothing found: no secret was ever masked here");
            return Ok(Exit::NothingFound);
        };
        let any: Vec<_> = secrets.iter().map(|secret| format!("secret:{}", fingerprint(secret))).collect();
        let text = if text.trim().is_empty() { String::new() } else { format!(" ({text})") };
        let text = format!("({}){text}", any.join(" OR "));
        query = read(&text)?;
        keys = secrets;
    }
    query = excluded.into_iter().fold(query, Query::and_not);
    let indicators = args.ioc.as_deref().map(|path| listed(path, &store, ui)).transpose()?;
    if let Some(indicators) = &indicators {
        keys.extend_from_slice(indicators.texts());
        query = query.and(indicators.clone().into());
    }
    let mut printer = Printer::new(format, args.columns.profile, around.is_some(), indicators, &tz, ui)?;
    printer.query = query.clone();
    printer.unmasking = args.unmask.then(|| Unmasking::new(&store)).transpose()?;
    let mut broken = None;
    let mut go_on = |printed: Result<(), CommandError>| match printed {
        Ok(()) => ControlFlow::Continue(()),
        Err(error) => {
            broken = Some(error);
            ControlFlow::Break(())
        }
    };
    let found = match around {
        None => store.search(&query, &options, &mut |record| go_on(printer.command(record, None)))?,
        Some(around) => {
            store.search_around(&query, &options, around, &mut |group| go_on(printer.group(group)))?
        }
    };
    if let Some(error) = broken {
        return Err(error);
    }
    let shown = printer.hits;
    printer.end()?;
    let total = match args.limit {
        // nothing else was asked for
        Some(0) => found.total().map(|total| total..=total),
        _ => found.bounds(),
    };
    let ((least, most), scanned) = (total?.into_inner(), found.scanned());
    if scanned > MANY.max(2 * least) {
        ui.note(&format!(
            "the index could not narrow this down: {scanned} commands were read; another word or field would"
        ));
    }
    let begun = !keys.is_empty() && hints::begun_with(&keys, &store, ui)?;
    if most == 0 {
        ui.note(if begun { "no command shows it" } else { "nothing found" });
        hints::only_claimed(&query, &options, &store, ui)?;
        if whoran_pipeline::shows_secret(&text) {
            ui.note("this is like a secret, masked before it is indexed: `whoran search --secret -` looks for one");
        }
        return Ok(if begun { Exit::Done } else { Exit::NothingFound });
    }
    if shown < most {
        let which = match args.order {
            ByOrder::Newest => "the newest",
            ByOrder::Session => "the first by session",
        };
        let some = match (shown, least == most) {
            (0, _) => format!("{most} hits"),
            (_, true) => format!("{shown} of {most} hits, {which}"),
            _ => format!("{shown} of {least} to {most} hits, {which}; --limit 0 counts them"),
        };
        ui.note(&format!("{some}; --limit {most} shows all"));
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

/// The indicators in a file.
fn listed(path: &Path, store: &Store, ui: &mut Ui) -> Result<Indicators, CommandError> {
    let list = std::fs::read(path)
        .map_err(|error| CommandError::usage(format!("cannot read {}: {error}", path.display())))?;
    let list = String::from_utf8_lossy(&list);
    let holds_secret = |line: &&str| line.trim().contains(' ') && whoran_pipeline::shows_secret(line);
    let secrets = list.lines().filter(holds_secret).count() as u64;
    if secrets > 0 {
        ui.note(&format!(
            "{} in {} with a secret among other words, masked before it is indexed: write the secret alone on a line",
            ui::count(secrets, "indicator"),
            path.display(),
        ));
    }
    let fingerprints = store.fingerprints()?;
    let print = |text: &str| fingerprints.as_ref().map(|of| of(text));
    Indicators::read(&list, print).map_err(|error| {
        CommandError::usage(format!("{}: {}", path.display(), error.message)).hint(error.hint.as_str())
    })
}

/// The secrets to look for, one a line; a private key is one of many lines.
fn secrets(from: &str) -> Result<Vec<String>, CommandError> {
    if from != "-" {
        return Err(CommandError::usage(
            "a secret is not taken from the command line, where others can see it",
        )
        .hint("whoran search --secret - < FILE"));
    }
    let given = std::io::read_to_string(std::io::stdin().take(LONGEST_SECRET))?;
    let lines = given.lines().map(str::trim).filter(|line| !line.is_empty());
    let secrets: Vec<String> = match given.contains("-----BEGIN ") {
        true => vec![given.clone()],
        false => lines.map(str::to_owned).collect(),
    };
    match secrets.is_empty() {
        true => Err(CommandError::usage("there is no secret on standard input")),
        false => Ok(secrets),
    }
}

/// The query with a mark under what is wrong.
pub(super) fn explain(query: &str, error: &QueryError) -> CommandError {
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

/// Prints one command with those around it.
fn one(place: &str, around: Around, store: &Store, mut printer: Printer<'_>) -> Result<Exit, CommandError> {
    let (session, seq) = match super::show::place(place) {
        (session, Some(seq)) => (session, seq),
        (_, None) => {
            return Err(CommandError::usage(format!("{place:?} names no command of a session"))
                .hint("write SESSION#SEQ, as in --around alice-0e34861185201706f#12"));
        }
    };
    let Some(session) = super::show::find(session, store, printer.ui)? else { return Ok(Exit::NothingFound) };
    let Some(group) = store.around(&session.id, seq, around)? else {
        return Ok(super::show::no_such_command(&session, seq, printer.ui));
    };
    printer.group(group)?;
    printer.end()?;
    Ok(Exit::Done)
}

/// Prints hits as they come; a table only at the end, when its columns can be fitted.
struct Printer<'a> {
    ui: &'a mut Ui,
    tz: &'a TimeZone,
    form: Form,
    /// Hits so far.
    hits: u64,
    /// What was looked for, to be marked.
    query: Query,
    indicators: Option<Indicators>,
    /// For secrets as they were.
    unmasking: Option<Unmasking<'a>>,
}

enum Form {
    Rows(Records),
    Table(&'static [&'static str], Vec<Vec<Cell>>),
}

impl<'a> Printer<'a> {
    fn new(
        format: Format,
        profile: Option<Profile>,
        in_context: bool,
        indicators: Option<Indicators>,
        tz: &'a TimeZone,
        ui: &'a mut Ui,
    ) -> std::io::Result<Self> {
        let form = match format {
            Format::Table => Form::Table(
                match (in_context, &indicators) {
                    (false, None) => HEADER,
                    (true, None) => HEADER_IN_CONTEXT,
                    (false, Some(_)) => HEADER_LISTED,
                    (true, Some(_)) => HEADER_IN_CONTEXT_LISTED,
                },
                Vec::new(),
            ),
            Format::Csv | Format::Json | Format::Jsonl => {
                Form::Rows(Records::new(format, profile, in_context, indicators.clone(), ui)?)
            }
        };
        Ok(Self { ui, tz, form, hits: 0, query: Query::all(), indicators, unmasking: None })
    }

    fn command(&mut self, mut record: CommandRecord, standing: Option<Standing>) -> Result<(), CommandError> {
        if let Some(unmasking) = &mut self.unmasking {
            unmasking.command(&mut record)?;
        }
        self.hits += u64::from(standing.is_none_or(|standing| standing == Standing::Hit));
        match &mut self.form {
            Form::Rows(records) => Ok(records.write(&record, standing, self.ui)?),
            Form::Table(_, rows) => {
                let found = match standing {
                    None | Some(Standing::Hit) => command_cell(&record.command, Some(&self.query)),
                    Some(Standing::Before | Standing::After) => command_cell(&record.command, None),
                };
                let mut cells = row(&record, standing, found, self.tz);
                if let Some(indicators) = &self.indicators {
                    cells.push(indicators.found_in(&record).join(", ").into());
                }
                rows.push(cells);
                Ok(())
            }
        }
    }

    fn group(&mut self, group: Group) -> Result<(), CommandError> {
        if let Form::Table(_, rows) = &mut self.form
            && !rows.is_empty()
        {
            rows.push(Vec::new());
        }
        group.commands.into_iter().try_for_each(|(record, standing)| self.command(record, Some(standing)))
    }

    fn end(self) -> std::io::Result<()> {
        match self.form {
            Form::Rows(records) => records.end(self.ui)?,
            Form::Table(header, rows) => self.ui.table(&Table::new(header, rows))?,
        }
        if let Some(unmasking) = self.unmasking {
            unmasking.end(self.ui);
        }
        Ok(())
    }
}

/// What was entered, what became of it where nobody saw it run, and what of its output was looked for where nothing else was.
fn command_cell(c: &Command, query: Option<&Query>) -> Cell {
    let mut text = entered(c).to_owned();
    let mut marks = query.map(|query| query.marks(&text)).unwrap_or_default();
    if let Some(remark) = not_seen_to_run(c.status).filter(|_| c.kind != CommandKind::Password) {
        text = format!("{text}   ({remark})");
    }
    let found = query.filter(|_| marks.is_empty()).and_then(|query| Glimpse::of(&c.output, query));
    if let Some(Glimpse { shown, mark }) = found {
        text.push_str("   (output: ");
        marks.push(text.len() + mark.start..text.len() + mark.end);
        text = text + &shown + ")";
    }
    Cell::marked(&text, &marks)
}

/// What stands around the first place in an output that a query asks for.
struct Glimpse {
    shown: String,
    /// That place, in what is shown.
    mark: Range<usize>,
}

impl Glimpse {
    /// Characters before and after the place.
    const AROUND: (usize, usize) = (16, 32);

    fn of(output: &str, query: &Query) -> Option<Self> {
        let place = query.marks_in_output(output).into_iter().next()?;
        let (before, after) = (&output[..place.start], &output[place.end..]);
        let line = before.rfind(['\n', '\r']).map_or(0, |at| at + 1);
        let start = before.char_indices().rev().nth(Self::AROUND.0 - 1).map_or(0, |(at, _)| at).max(line);
        let end = after.find(['\n', '\r']).unwrap_or(after.len());
        let cut = after.char_indices().nth(Self::AROUND.1).map_or(after.len(), |(at, _)| at);
        let (lead, trail) = (if start > line { "…" } else { "" }, if cut < end { "…" } else { "" });
        let from = lead.len() + before.len() - start;
        let shown = format!("{lead}{}{}{trail}", &output[start..place.end], &after[..end.min(cut)]);
        Some(Self { shown, mark: from..from + place.len() })
    }
}

fn row(record: &CommandRecord, standing: Option<Standing>, command: Cell, tz: &TimeZone) -> Vec<Cell> {
    let evidence = record.command.evidence.first();
    // Where only the session's end is known, every command of it has that one time.
    let bound = if record.command.time_precision == TimePrecision::Session { "≤ " } else { "" };
    let place = format!("{}#{}", record.session_id, record.command.seq);
    let mut row = vec![
        format!("{bound}{}", ui::time(record.command.time, tz)).into(),
        session_identity(record.identity.as_ref(), &record.session_id),
        known(record.command.os_user.as_ref()).into(),
        known(record.target.as_ref()).into(),
        command,
        place.into(),
        evidence.map_or_else(|| "-".into(), |e| format!("{}:{}-{}", e.log, e.start, e.end)).into(),
    ];
    if let Some(standing) = standing {
        row.insert(0, if standing == Standing::Hit { ">" } else { "" }.into());
        // What is proven beside a hit is looked up there; `whoran show` has it all.
        if standing != Standing::Hit {
            row.iter_mut().rev().take(2).for_each(|cell| *cell = "".into());
        }
    }
    row
}
