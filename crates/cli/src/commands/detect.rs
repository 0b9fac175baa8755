//! `whoran detect`: sessions held against rules.

use std::io;
use std::ops::ControlFlow;

use whoran_detect::{Detector, Rules};
use whoran_model::{Finding, Level, SessionId};
use whoran_pipeline::{Places, Reviews, query};
use whoran_report::csv;
use whoran_report::findings::{FindingRow, RuleRow, Why};
use whoran_report::rows::Row;

use super::answer::{self, Answer};
use super::search::explain;
use super::unmask::WORK;
use super::{JsonList, open, rules, session_identity};
use crate::args::detect::Detect;
use crate::args::{Format, Global};
use crate::config::Config;
use crate::error::CommandError;
use crate::exit::Exit;
use crate::table::{Cell, Table};
use crate::ui::{self, Ui};

const HEADER: &[&str] = &[
    "level",
    "time",
    "who",
    "os user",
    "managed node",
    "finding",
    "command",
    "session",
    "rule",
    "why",
    "reviewed",
];

pub(super) fn run(
    args: &Detect,
    global: &Global,
    config: &Config,
    ui: &mut Ui,
) -> Result<Exit, CommandError> {
    let format = ui.format(&args.output);
    let answer = Answer::of(format, config.time_zone(args.output.tz.as_deref())?);
    let rules = rules::read(&args.rules, ui)?;
    let least = args.min_level.unwrap_or(Level::Informational);
    if args.list {
        return list(&rules, least, &answer, ui);
    }
    let text = args.query.join(" ");
    let tz = config.time_zone(args.output.tz.as_deref())?;
    let asked = query(&text, &tz, config.now).map_err(|error| explain(&text, &error))?;
    let store = open(global, config)?;
    let places = if text.trim().is_empty() { None } else { Some(store.places(&asked)?) };
    let (picture, reviews) = (store.picture()?, store.reviews()?);
    let detector = Detector::new(&rules, least);
    let wanted = |id: &SessionId| places.as_ref().is_none_or(|places| places.contains_key(id));
    let mut printer = Printer::new(&answer, format, &reviews, ui)?;
    let mut broken = None;
    store.each_dossier(
        &picture,
        &wanted,
        detector.sought(),
        &WORK,
        &|dossier| {
            let mut findings = detector.findings(&dossier);
            findings.retain(|finding| is_asked(finding, places.as_ref()));
            (findings, dossier.session.commands())
        },
        &mut |(findings, commands)| match printer.session(findings, commands) {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => {
                broken = Some(error);
                ControlFlow::Break(())
            }
        },
    )?;
    if let Some(error) = broken {
        return Err(error.into());
    }
    let worst = printer.counts.iter().rposition(|count| *count > 0).map(|at| Level::ALL[at]);
    printer.end(&rules, least)?;
    Ok(match args.fail_on {
        Some(level) if worst.is_some_and(|worst| worst >= level) => Exit::Mismatch,
        _ => Exit::Done,
    })
}

/// Whether a finding is about what was asked for: the command, or the session as a whole.
pub(super) fn is_asked(finding: &Finding, places: Option<&Places>) -> bool {
    let (Some(places), Some(seq)) = (places, finding.seq) else { return true };
    places.get(&finding.session_id).is_some_and(|places| places.contains(&seq))
}

/// Prints findings as they come; a table only at the end, when its columns can be fitted.
struct Printer<'a> {
    answer: &'a Answer,
    reviews: &'a Reviews,
    ui: &'a mut Ui,
    form: Form,
    /// How many of each level.
    counts: [u64; Level::ALL.len()],
    sessions: u64,
    reviewed: u64,
}

enum Form {
    Table(Vec<Vec<Cell>>),
    Csv,
    Json(JsonList),
}

impl<'a> Printer<'a> {
    fn new(answer: &'a Answer, format: Format, reviews: &'a Reviews, ui: &'a mut Ui) -> io::Result<Self> {
        let form = match format {
            Format::Table => Form::Table(Vec::new()),
            Format::Json | Format::Jsonl => Form::Json(JsonList::new(format)),
            Format::Csv => {
                let mut csv = csv::Writer::rows(ui.out(), FindingRow::COLUMNS.to_vec());
                csv.header()?;
                csv.finish()?;
                Form::Csv
            }
        };
        Ok(Self { answer, reviews, ui, form, counts: [0; Level::ALL.len()], sessions: 0, reviewed: 0 })
    }

    fn session(&mut self, findings: Vec<Finding>, commands: u64) -> io::Result<()> {
        self.sessions += u64::from(!findings.is_empty());
        for finding in &findings {
            let review = self.reviews.of_finding(finding, commands);
            let row = FindingRow::new(finding, review);
            self.counts[finding.rule.level as usize] += 1;
            self.reviewed += u64::from(review.is_some());
            match &mut self.form {
                Form::Table(rows) => rows.push(cells(finding, &row, self.answer)),
                Form::Json(list) => list.write(self.ui.out(), &row)?,
                Form::Csv => {
                    let mut csv = csv::Writer::rows(self.ui.out(), FindingRow::COLUMNS.to_vec());
                    csv.row(&row)?;
                    csv.finish()?;
                }
            }
        }
        Ok(())
    }

    fn end(self, rules: &Rules, least: Level) -> io::Result<()> {
        match self.form {
            Form::Table(rows) if rows.is_empty() => {}
            Form::Table(rows) => self.ui.table(&Table::new(HEADER, rows))?,
            Form::Json(list) => list.end(self.ui.out())?,
            Form::Csv => {}
        }
        let all: u64 = self.counts.iter().sum();
        let held = rules.loaded.iter().filter(|loaded| loaded.rule.level >= least);
        let (held, never) =
            (held.clone().count() as u64, held.filter(|loaded| loaded.never.is_some()).count());
        let mut text = format!("{} by {}", ui::count(all, "finding"), ui::count(held, "rule"));
        if all > 0 {
            let levels: Vec<String> = Level::ALL
                .into_iter()
                .zip(self.counts)
                .rev()
                .filter(|(_, count)| *count > 0)
                .map(|(level, count)| format!("{count} {level}"))
                .collect();
            text = format!("{text} in {}: {}", ui::count(self.sessions, "session"), levels.join(", "));
            text.push_str(&format!("; {} reviewed, {} not", self.reviewed, all - self.reviewed));
        }
        if never > 0 {
            text.push_str(&format!("; {never} of the rules can never fire here, --list says why"));
        }
        self.ui.note(&text);
        if self.reviews.mismatches > 0 {
            self.ui.note("the audit log is not as it was written: `whoran audit` says where");
        }
        Ok(())
    }
}

fn cells(finding: &Finding, row: &FindingRow<'_>, answer: &Answer) -> Vec<Cell> {
    let text = |text: Option<&str>| text.map(str::to_owned);
    let who = match row.person {
        Some(person) => person.into(),
        None => session_identity(finding.identity.as_ref(), &finding.session_id),
    };
    let place = match row.seq {
        Some(seq) => format!("{}#{seq}", row.session_id),
        None => row.session_id.to_owned(),
    };
    vec![
        row.level.into(),
        answer.time(row.time.as_ref()),
        who,
        row.os_user.unwrap_or("unknown").into(),
        answer::node(text(row.target).as_ref(), text(row.target_name).as_ref()),
        row.title.into(),
        row.command.unwrap_or("(the session as a whole)").into(),
        place.into(),
        about(row.techniques, row.author, row.license).into(),
        row.why.iter().map(because).collect::<Vec<_>>().join("; ").into(),
        match &row.review {
            Some(review) => format!("{} by {}", review.verdict, review.by).into(),
            None => "no".into(),
        },
    ]
}

/// Which techniques a rule is about, who wrote it, and under which licence.
fn about(techniques: &[String], author: Option<&str>, license: Option<&str>) -> String {
    let mut text = techniques.join(" ");
    if let Some(author) = author {
        text.push_str(&format!("{}by {author}", if text.is_empty() { "" } else { ", " }));
    }
    if let Some(license) = license {
        text.push_str(&format!(" ({license})"));
    }
    text
}

fn because(why: &Why<'_>) -> String {
    match why.field {
        Some(field) => format!("{field} {}", why.pattern),
        None => format!("the line {}", why.pattern),
    }
}

fn list(rules: &Rules, least: Level, answer: &Answer, ui: &mut Ui) -> Result<Exit, CommandError> {
    let chosen: Vec<_> = rules.loaded.iter().filter(|loaded| loaded.rule.level >= least).collect();
    let rows: Vec<_> = chosen
        .iter()
        .map(|loaded| {
            let sights = loaded.sights.iter().map(|sight| sight.code()).collect();
            RuleRow::new(&loaded.rule, sights, loaded.never.as_deref())
        })
        .collect();
    let (all, can) = (rows.len() as u64, rows.iter().filter(|row| row.never.is_none()).count());
    const HEADER: &[&str] = &["level", "title", "held against", "rule", "file"];
    answer.print(
        rows,
        HEADER,
        |row, _| {
            let held = match row.never {
                Some(never) => format!("never: {never}"),
                None => row.held_against.join(", "),
            };
            vec![
                row.level.into(),
                row.title.into(),
                held.into(),
                about(row.techniques, row.author, row.license).into(),
                row.source.into(),
            ]
        },
        ui,
    )?;
    ui.note(&format!(
        "{} loaded, of which {can} can fire here; {} could not be read",
        ui::count(all, "rule"),
        rules.errors.len()
    ));
    Ok(Exit::Done)
}
