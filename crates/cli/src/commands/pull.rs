//! `whoran pull`: fetch logs into the archive.

use std::time::Instant;

use serde::Serialize;
use whoran_model::Severity;
use whoran_pipeline::remote::{Pulled, Remote};
use whoran_pipeline::{self as pipeline, PullOptions};
use whoran_report::{safe, wire};

use super::{json, no_csv, oddity};
use crate::args::pull::Pull;
use crate::args::{Format, Global};
use crate::config::Config;
use crate::error::CommandError;
use crate::exit::Exit;
use crate::sources;
use crate::table::Table;
use crate::ui::{self, Ui};

/// How many logs that could not be had are told one by one.
const TOLD: usize = 10;

#[derive(Serialize)]
struct Wire<'a> {
    v: u32,
    source: String,
    logs: u64,
    events: u64,
    bytes: u64,
    unchanged: u64,
    skipped: Vec<wire::Oddity<'a>>,
    error: Option<String>,
}

pub(super) fn run(args: Pull, global: &Global, config: &Config, ui: &mut Ui) -> Result<Exit, CommandError> {
    let format = no_csv(ui.format(&args.output))?;
    let mut remotes = sources::resolve(&args.sources, &args.remote, &args.configured, config)?;
    if let Some(session) = &args.session {
        let id: whoran_model::SessionId =
            session.parse().map_err(|_| CommandError::usage(format!("{session:?} is no session id")))?;
        remotes.iter_mut().for_each(|remote| remote.session = Some(id.clone()));
        if remotes.iter().any(|r| !matches!(r.location, pipeline::remote::Location::LogGroup { .. })) {
            return Err(CommandError::usage("--session is for log groups")
                .hint("of a bucket, name the object: s3://BUCKET/PREFIX/ID.log"));
        }
    }
    let (outcomes, exit) = fetch(&remotes, args.wait, global, config, ui)?;
    let none = Pulled::default();
    let rows = remotes.iter().zip(&outcomes).map(|(remote, outcome)| {
        let pulled = outcome.as_ref().unwrap_or(&none);
        Wire {
            v: wire::VERSION,
            source: remote.location.to_string(),
            logs: pulled.logs,
            events: pulled.events,
            bytes: pulled.bytes,
            unchanged: pulled.unchanged,
            skipped: pulled.skipped.iter().map(wire::Oddity::from).collect(),
            error: outcome.as_ref().err().cloned(),
        }
    });
    if format != Format::Table {
        json(ui, format, rows)?;
        return Ok(exit);
    }
    let rows = rows.map(|row| {
        vec![
            row.source.into(),
            row.logs.to_string().into(),
            row.events.to_string().into(),
            ui::size(row.bytes).into(),
            row.unchanged.to_string().into(),
            row.skipped.len().to_string().into(),
        ]
    });
    let header = &["source", "new logs", "events", "bytes", "unchanged", "skipped"];
    let table = Table::new(header, rows.collect());
    ui.table(&table)?;
    Ok(exit)
}

/// Pulls from each source, and tells what was odd. An error stands for its source as text; it is told already.
pub(super) fn fetch(
    remotes: &[Remote],
    wait: bool,
    global: &Global,
    config: &Config,
    ui: &mut Ui,
) -> Result<(Vec<Result<Pulled, String>>, Exit), CommandError> {
    let data = config.data(global.data.as_deref())?;
    let options = PullOptions { holder: config.holder(), wait, now: config.now };
    let progress = ui.progress();
    let began = Instant::now();
    let outcome = pipeline::pull(remotes, &data, &options, &|event| progress.pulled(&event));
    progress.end();
    let outcome = outcome?;

    let mut exit = Exit::Done;
    let mut told = Vec::new();
    let mut sum = Pulled::default();
    for source in outcome.sources {
        match source {
            Ok(pulled) => {
                sum.logs += pulled.logs;
                sum.events += pulled.events;
                sum.bytes += pulled.bytes;
                sum.unchanged += pulled.unchanged;
                sum.skipped.extend(pulled.skipped.iter().cloned());
                told.push(Ok(pulled));
            }
            Err(error) => {
                let error = CommandError::from(pipeline::Error::from(error));
                ui.error(&error);
                exit = Exit::Refused;
                told.push(Err(error.message));
            }
        }
    }
    let rate = sum.bytes as f64 / began.elapsed().as_secs_f64().max(0.001);
    ui.note(&format!(
        "{} pulled, {}, {} in {:.1} s ({}/s); {} unchanged, {} skipped",
        ui::count(sum.logs, "log"),
        ui::count(sum.events, "event"),
        ui::size(sum.bytes),
        began.elapsed().as_secs_f64(),
        ui::size(rate as u64),
        sum.unchanged,
        sum.skipped.len(),
    ));
    if !sum.skipped.is_empty() {
        let mut text = "skipped:".to_owned();
        for diagnostic in sum.skipped.iter().take(TOLD) {
            text.push_str(&format!("\n  {}", safe::line(&oddity(diagnostic))));
        }
        if sum.skipped.len() > TOLD {
            text.push_str(&format!("\n  and {} more", sum.skipped.len() - TOLD));
        }
        ui.note(&text);
    }
    ui.note(&format!("manifest head {}", outcome.head));
    let lost = sum.skipped.iter().any(|diagnostic| diagnostic.kind.severity() == Severity::Loss);
    if lost && exit == Exit::Done {
        exit = Exit::Partial;
    }
    Ok((told, exit))
}
