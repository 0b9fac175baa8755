//! `whoran show`: one session as a person would read it.

use std::io::Write;

use jiff::tz::TimeZone;
use whoran_model::{
    CommandKind, CommandRecord, Origin, Reviewed, Session, Severity, Shape, TimePrecision, UserTally,
};
use whoran_pipeline::{Around, Lookup, Reviews, Standing, Store};
use whoran_report::rows::{entered, not_seen_to_run};
use whoran_report::safe;

use super::records::Records;
use super::unmask::{Unmasking, WORK, tell_changed};
use super::{known, oddity, open, search, session_identity};
use crate::args::search::Show;
use crate::args::{Format, Global};
use crate::config::Config;
use crate::error::CommandError;
use crate::exit::Exit;
use crate::ui::{self, Ui};

/// How many sessions are named where several are meant.
const FEW: usize = 5;

/// How many lines of a command's output are shown, and how many characters of each.
const OUTPUT_LINES: usize = 10;
const OUTPUT_WIDTH: usize = 200;

pub(super) fn run(args: &Show, global: &Global, config: &Config, ui: &mut Ui) -> Result<Exit, CommandError> {
    let plain = args.text || args.commands;
    let format = if plain { Format::Table } else { ui.format(&args.output) };
    let tz = config.time_zone(args.output.tz.as_deref())?;
    let (name, at) = place(&args.session);
    let at = args.at.or(at);
    if plain && at.is_some() {
        return Err(CommandError::usage("--text and --commands are of a whole session")
            .hint(ui.call(&["show", name, "--text"])));
    }
    if at.is_none() && args.context.asked().is_some() {
        return Err(CommandError::usage("around which command?").hint(ui.call(&[
            "show",
            &format!("{name}#0"),
            "-C",
            "3",
        ])));
    }
    let store = open(global, config)?;
    let Some(mut session) = find(name, &store, ui)? else { return Ok(Exit::NothingFound) };
    if args.raw {
        return raw(&store, &session, ui);
    }
    let mut commands: Vec<_> = match at {
        None => store.commands(&session.id)?.into_iter().map(|command| (command, None)).collect(),
        Some(seq) => {
            let around = args.context.asked().map(|(before, after)| Around { before, after });
            match store.around(&session.id, seq, around.unwrap_or(search::AROUND))? {
                Some(group) => group.commands.into_iter().map(|(c, standing)| (c, Some(standing))).collect(),
                None => return Ok(no_such_command(&session, seq, ui)),
            }
        }
    };
    if args.unmask {
        let mut unmasking = Unmasking::new(&store)?;
        commands.iter_mut().try_for_each(|(record, _)| unmasking.command(record))?;
        unmasking.end(ui);
    }
    if format != Format::Table {
        let mut records = Records::new(format, args.columns.profile, at.is_some(), None, ui)?;
        commands.iter().try_for_each(|(command, standing)| records.write(command, *standing, ui))?;
        records.end(ui)?;
        return Ok(Exit::Done);
    }
    if !args.reading.no_pager {
        ui.page();
    }
    let commands = commands.iter().map(|(command, standing)| (command, *standing));
    if args.commands {
        for (record, _) in commands.filter(|(record, _)| record.command.kind != CommandKind::Password) {
            ui.line(&safe::block(&record.command.command))?;
        }
    } else if args.text {
        for (record, _) in commands {
            command(record, &View { whole: true, ..View::default() }, ui.out())?;
        }
    } else {
        let reviews = store.reviews()?;
        session.diagnostics = store.oddities(&session)?;
        session_with(&session, Some(&reviews), commands, &tz, ui)?;
    }
    Ok(Exit::Done)
}

/// A session and, behind `#`, the place of a command in it.
pub(super) fn place(text: &str) -> (&str, Option<u32>) {
    let split = text.rsplit_once('#').and_then(|(session, seq)| Some((session, seq.parse().ok()?)));
    split.map_or((text, None), |(session, seq)| (session, Some(seq)))
}

/// The session whose id begins so. Says so where there is none.
pub(super) fn find(beginning: &str, store: &Store, ui: &mut Ui) -> Result<Option<Session>, CommandError> {
    match store.lookup(beginning)? {
        Lookup::Found(session) => Ok(Some(*session)),
        Lookup::Several(ids) => {
            let mut error =
                CommandError::usage(format!("{beginning:?} begins the ids of {} sessions", ids.len()));
            for id in ids.iter().take(FEW) {
                error = error.hint(ui.call(&["show", id.as_str()]));
            }
            if ids.len() > FEW {
                error = error.hint(format!("{} more: `whoran sessions` lists them", ids.len() - FEW));
            }
            Err(error)
        }
        Lookup::Missing => {
            ui.note(&format!("no session begins with {beginning:?}; `whoran sessions` lists them"));
            Ok(None)
        }
    }
}

/// Says that a session has no such command, and which it has.
pub(super) fn no_such_command(session: &Session, seq: u32, ui: &mut Ui) -> Exit {
    let last = match session.commands() {
        0 => "it has no commands".to_owned(),
        n => format!("the last one is #{}", n - 1),
    };
    ui.note(&format!("session {} has no command #{seq}; {last}", session.id));
    Exit::NothingFound
}

/// Prints the session's logs as they were recorded; for a terminal, as harmless text.
fn raw(store: &Store, session: &Session, ui: &mut Ui) -> Result<Exit, CommandError> {
    let mut originals = store.originals(WORK)?;
    let terminal = ui.terminal;
    let mut last = None;
    originals.bytes(&session.id, |log, bytes| {
        if last.as_ref() != Some(log) {
            ui.note(&format!("{log}:"));
            last = Some(log.clone());
        }
        if terminal {
            ui.out().write_all(safe::block(&String::from_utf8_lossy(bytes)).as_bytes())
        } else {
            ui.out().write_all(bytes)
        }
    })?;
    tell_changed(originals.changed(), ui);
    Ok(Exit::Done)
}

/// Prints a session for reading, also for `whoran parse`.
pub(super) fn print(
    session: &Session,
    commands: &[CommandRecord],
    tz: &TimeZone,
    ui: &mut Ui,
) -> std::io::Result<()> {
    session_with(session, None, commands.iter().map(|command| (command, None)), tz, ui)
}

fn session_with<'a>(
    session: &Session,
    reviews: Option<&Reviews>,
    commands: impl Iterator<Item = (&'a CommandRecord, Option<Standing>)>,
    tz: &TimeZone,
    ui: &mut Ui,
) -> std::io::Result<()> {
    let bold = ui.color;
    let out = ui.out();
    let mut line = |name: &str, text: &str| writeln!(out, "{name:9} {}", safe::line(text));
    line("session", session.id.as_str())?;
    line("identity", session_identity(session.identity.as_ref(), &session.id).long())?;
    if let Some(person) = &session.person {
        line("person", person)?;
    }
    line("run as", &known(session.run_as_user.as_ref()))?;
    let name = session.target_name.as_ref().map(|name| format!(" ({name})")).unwrap_or_default();
    let host = session.host.as_ref().map(|h| format!(" (host {h})")).unwrap_or_default();
    line("node", &format!("{}{name}{host}", known(session.target.as_ref())))?;
    line("when", &span(session, tz))?;
    for log in &session.logs {
        let proves = match log.shape {
            Shape::Events => "streamed events: who, as whom and when; text may lack characters",
            Shape::Envelopes => "CloudWatch records, with times of upload",
            Shape::Transcript => "transcript: exact text, without who and when",
        };
        line("log", &format!("{} ({}; {proves})", log.log, ui::size(log.bytes)))?;
    }
    line("commands", &tally(session))?;
    for text in reviews.map(|reviews| reviewed(session, reviews, tz)).unwrap_or_default() {
        line("reviewed", &text)?;
    }
    writeln!(out)?;
    for (record, standing) in commands {
        let view = View {
            tz: Some(tz),
            whole: standing == Some(Standing::Hit),
            lead: standing.map_or("", |standing| if standing == Standing::Hit { "> " } else { "  " }),
            bold,
        };
        command(record, &view, out)?;
    }
    let mut odd = session.diagnostics.iter().filter(|d| d.kind.severity() >= Severity::Note).peekable();
    if odd.peek().is_some() {
        writeln!(out, "\nodd about this session:")?;
    }
    for diagnostic in odd {
        writeln!(out, "  {}", safe::line(&oddity(diagnostic)))?;
    }
    Ok(())
}

/// What was signed off of a session, and what not.
fn reviewed(session: &Session, reviews: &Reviews, tz: &TimeZone) -> Vec<String> {
    let (of, commands) = (reviews.of_session(&session.id), session.commands());
    let mut lines: Vec<String> = of
        .iter()
        .map(|review| {
            let what = match &review.what {
                Reviewed::Session { commands: then } if *then == commands => "all".to_owned(),
                Reviewed::Session { commands: then } => format!("all of the {then} commands there were"),
                Reviewed::Commands(ids) => ui::count(ids.len() as u64, "command"),
            };
            let when = ui::time(Some(review.time), tz);
            format!(
                "{} ({what}), by {} on {}, {when}: {}",
                review.verdict, review.by, review.host, review.note
            )
        })
        .collect();
    match reviews.covered(&session.id, commands) {
        0 if lines.is_empty() => lines.push("no".to_owned()),
        covered if covered < commands => {
            lines.push(format!("{} not", ui::count(commands - covered, "command")))
        }
        _ => {}
    }
    lines
}

/// From when to when, as far as the logs tell.
fn span(session: &Session, tz: &TimeZone) -> String {
    match (session.first, session.last) {
        (None, None) => "unknown".into(),
        (None, Some(_)) => format!("until {}", ui::time(session.last, tz)),
        (Some(first), last) if Some(first) == last => ui::time(last, tz),
        (first, last) => format!("{} to {}", ui::time(first, tz), ui::time(last, tz)),
    }
}

/// How many commands, and whose.
fn tally(session: &Session) -> String {
    let of = |user: &UserTally| format!("{} as {}", user.commands, known(user.os_user.as_ref()));
    match session.users.as_slice() {
        [] => "none".into(),
        [user] => of(user),
        users => {
            let all: Vec<_> = users.iter().map(of).collect();
            format!("{}: {}", session.commands(), all.join(", "))
        }
    }
}

/// How a command is shown.
#[derive(Default)]
struct View<'a> {
    /// With times in this zone, and with remarks; without, as the terminal showed it.
    tz: Option<&'a TimeZone>,
    /// With all of its output.
    whole: bool,
    /// What stands in front of it.
    lead: &'a str,
    /// With its text in bold.
    bold: bool,
}

fn command(record: &CommandRecord, view: &View<'_>, out: &mut impl Write) -> std::io::Result<()> {
    let c = &record.command;
    let user = c.os_user.as_ref().map_or("?", |u| u.as_str());
    let host = c.host.as_ref().map(|h| format!("@{h}")).unwrap_or_default();
    let cwd = c.cwd.as_ref().map(|d| format!(" {d}")).unwrap_or_default();
    let sign = match c.kind {
        CommandKind::Shell if user == "root" => "#".to_owned(),
        CommandKind::Shell => "$".to_owned(),
        CommandKind::Repl | CommandKind::Password => format!("{}>", c.program.as_deref().unwrap_or_default()),
    };
    // A time that all commands of the session share says nothing here.
    let time = match (view.tz, c.time_precision) {
        (Some(tz), TimePrecision::Batch) => ui::time(c.time, tz) + "  ",
        _ => String::new(),
    };
    let prompt = format!("{time}{user}{host}{cwd} {sign} ");
    let mut lines = entered(c).lines();
    let (bold, plain) = if view.bold { ("\x1b[1m", "\x1b[0m") } else { ("", "") };
    let View { lead, .. } = view;
    write!(out, "{lead}{}{bold}{}", safe::line(&prompt), safe::line(lines.next().unwrap_or_default()))?;
    for more in lines {
        write!(out, "\n{:1$}        {2}", "", lead.len(), safe::line(more))?;
    }
    writeln!(out, "{plain}{}", if view.tz.is_some() { remarks(record) } else { String::new() })?;
    let indent = if view.tz.is_some() { lead.len() + 4 } else { 0 };
    let output = c.output.trim_end().trim_start_matches(['\r', '\n']);
    let (most, width) = if view.whole { (usize::MAX, usize::MAX) } else { (OUTPUT_LINES, OUTPUT_WIDTH) };
    for line in output.lines().take(most) {
        let cut = line.char_indices().nth(width).map_or(line, |(end, _)| &line[..end]);
        let more = if cut.len() < line.len() { "…" } else { "" };
        // Line ends of the terminal, `\r\n`, are ends of lines and no text.
        let shown = format!("{:indent$}{}{more}", "", safe::line(cut.trim_end_matches('\r')));
        writeln!(out, "{}", shown.trim_end())?;
    }
    match output.lines().count().saturating_sub(most) {
        0 => {}
        more => writeln!(out, "{:indent$}… {}", "", ui::count(more as u64, "more line"))?,
    }
    Ok(())
}

fn remarks(record: &CommandRecord) -> String {
    let c = &record.command;
    let mut remarks = Vec::new();
    remarks.extend(not_seen_to_run(c.status).map(str::to_owned));
    match c.origin {
        Origin::Typed => {}
        Origin::ShellProfile => remarks.push("from the shell profile".to_owned()),
        Origin::Document => remarks.push("from the session document".to_owned()),
    }
    if let Some(typed) = &c.typed {
        remarks.push(format!("typed as {:?}", safe::line(typed)));
    }
    if c.confidence < 0.8 {
        remarks.push(format!("confidence {:.2}", c.confidence));
    }
    if !record.secrets.is_empty() {
        let marks =
            record.secrets.iter().filter_map(|s| s.fingerprint.as_deref()).collect::<Vec<_>>().join(" ");
        let of = if marks.is_empty() { "" } else { ": " };
        remarks.push(ui::count(record.secrets.len() as u64, "masked secret") + of + &marks);
    }
    if remarks.is_empty() { String::new() } else { format!("   ({})", remarks.join("; ")) }
}
