//! `whoran index`: read logs, and remember who ran what.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use whoran_model::{CommandKind, Diagnostic, SessionId, Severity};
use whoran_pipeline::{self as pipeline, Inputs, Outcome, RunOptions, Stages, Store, Work};
use whoran_report::who::Fold;

use super::answer::{self, Answer};
use super::{no_csv, oddity};
use crate::args::{self, Global, Index};
use crate::config::Config;
use crate::error::CommandError;
use crate::exit::Exit;
use crate::ui::{self, Ui};

/// How many oddities of one kind are told one by one; `whoran status` tells all.
const TOLD: usize = 10;

pub(super) fn run(args: Index, global: &Global, config: &Config, ui: &mut Ui) -> Result<Exit, CommandError> {
    let inputs = inputs(args.paths);
    let stats = args.stats.is_some();
    let options = Options { work: &args.work, wait: args.wait, stats, output: &args.output };
    read(inputs, &options, global, config, ui)
}

/// What indexing takes beside its inputs.
pub(super) struct Options<'a> {
    pub(super) work: &'a args::Work,
    pub(super) wait: bool,
    /// Whether to say where the time went.
    pub(super) stats: bool,
    pub(super) output: &'a args::Output,
}

/// Indexes what is new, and says what there is now.
pub(super) fn read(
    inputs: Inputs,
    args: &Options<'_>,
    global: &Global,
    config: &Config,
    ui: &mut Ui,
) -> Result<Exit, CommandError> {
    let format = no_csv(ui.format(args.output))?;
    let answer = Answer::of(format, config.time_zone(args.output.tz.as_deref())?);
    let data = config.data(global.data.as_deref())?;
    let options = options(args.work, args.wait, config);
    let progress = ui.progress();
    let stages = Stages::default();
    let began = Instant::now();
    let outcome = pipeline::run(inputs, &data, &options, &|event| {
        progress.event(&event);
        stages.event(&event);
    });
    let took = began.elapsed();
    progress.end();
    let outcome = outcome?;

    let store = Store::open(&data)?;
    let (mut who, mut latest) = (Fold::default(), None);
    store.each_logged(|session, known| {
        who.add(session, &answer::who(&known.identity));
        if session.commands() > 0 {
            latest = latest.take().max(Some((session.last, session.id.clone())));
        }
    })?;
    let examples = examples(&store, latest.map(|(_, id)| id), ui)?;
    super::who::print(who.rows(), &answer, ui)?;
    if outcome.rebuilt {
        ui.note("the index had the layout of another version; it was made anew from what the archive knows");
    }
    counts(&outcome, Some(took), ui);
    if args.stats {
        ui.note(&where_time_went(&outcome, took, &stages));
    }
    if !examples.is_empty() {
        ui.note(&format!("next:\n{examples}"));
    }
    Ok(if outcome.is_partial() { Exit::Partial } else { Exit::Done })
}

/// `-` among paths is standard input.
pub(super) fn inputs(paths: Vec<PathBuf>) -> Inputs {
    let (stdin, paths): (Vec<_>, Vec<_>) = paths.into_iter().partition(|path| path.as_os_str() == "-");
    Inputs { paths, stdin: (!stdin.is_empty()).then(|| Box::new(std::io::stdin()) as _) }
}

pub(super) fn options(asked: &args::Work, wait: bool, config: &Config) -> RunOptions {
    RunOptions { work: work(asked), holder: config.holder(), wait, now: config.now }
}

pub(super) fn work(args: &args::Work) -> Work {
    Work {
        threads: args.threads.map_or(0, usize::from),
        memory: args.memory,
        max_decompressed: args.max_decompressed,
    }
}

/// Tells what was done and what was odd.
pub(super) fn counts(outcome: &Outcome, took: Option<Duration>, ui: &mut Ui) {
    match (outcome.logs, outcome.skipped.len(), outcome.unchanged) {
        (0, 0, 0) => ui.note("no logs there; whoran index PATH… reads files and folders"),
        (0, 0, unchanged) => ui.note(&format!("nothing new: {} unchanged", ui::count(unchanged, "log"))),
        _ => ui.note(&done(outcome, took)),
    }
    // Only a run that indexes leaves something that can be asked later.
    let rest = if outcome.head.is_some() { "; `whoran status` lists all" } else { "" };
    list("skipped", outcome.skipped.iter(), rest, ui);
    let severe = |wanted| outcome.diagnostics.iter().filter(move |d| d.kind.severity() == wanted);
    list("left out in part", severe(Severity::Loss), rest, ui);
    list("warnings", severe(Severity::Warning), rest, ui);
    if let Some(head) = &outcome.head {
        ui.note(&format!("manifest head {head}"));
    }
}

/// How much a run did, in one line.
fn done(outcome: &Outcome, took: Option<Duration>) -> String {
    let mut text = format!(
        "{}, {}, {}, {}",
        ui::count(outcome.logs, "log"),
        ui::size(outcome.bytes),
        ui::count(outcome.sessions, "session"),
        ui::count(outcome.commands, "command"),
    );
    if let Some(took) = took {
        let rate = outcome.bytes as f64 / took.as_secs_f64().max(0.001);
        text.push_str(&format!(" in {:.1} s ({}/s)", took.as_secs_f64(), ui::size(rate as u64)));
    }
    text.push_str(&format!(
        "; {}, {} skipped",
        ui::count(outcome.warnings(), "warning"),
        outcome.skipped.len()
    ));
    if outcome.facts > 0 {
        text.push_str(&format!("; {} from beside the logs", ui::count(outcome.facts, "fact")));
    }
    if outcome.unchanged > 0 {
        text.push_str(&format!(", {} unchanged", outcome.unchanged));
    }
    text
}

/// The same as a JSON object, with the seconds that all threads together spent in each stage.
fn where_time_went(outcome: &Outcome, took: Duration, stages: &Stages) -> String {
    let seconds = |time: Duration| time.as_millis() as f64 / 1e3;
    let spent: serde_json::Map<_, _> =
        stages.spent().map(|(step, time)| (step.name().to_owned(), seconds(time).into())).collect();
    let Outcome { logs, bytes, sessions, commands, .. } = outcome;
    serde_json::json!({
        "v": 1, "seconds": seconds(took), "logs": logs, "bytes": bytes, "sessions": sessions,
        "commands": commands, "stages": spent,
    })
    .to_string()
}

fn list<'a>(title: &str, diagnostics: impl Iterator<Item = &'a Diagnostic>, rest: &str, ui: &mut Ui) {
    let all: Vec<_> = diagnostics.collect();
    if all.is_empty() {
        return;
    }
    let mut text = format!("{title}:");
    for diagnostic in all.iter().take(TOLD) {
        text.push_str(&format!("\n  {}", whoran_report::safe::line(&oddity(diagnostic))));
    }
    if all.len() > TOLD {
        text.push_str(&format!("\n  and {} more{rest}", all.len() - TOLD));
    }
    ui.note(&text);
}

/// What to type next: with a session that is there, and a word that will be found.
fn examples(store: &Store, session: Option<SessionId>, ui: &Ui) -> Result<String, CommandError> {
    let Some(session) = session else { return Ok(String::new()) };
    let commands = store.commands(&session)?;
    let plain = |word: &&str| word.len() > 1 && word.bytes().all(|b| b.is_ascii_alphanumeric());
    let mut words = commands
        .iter()
        .filter(|record| record.command.kind == CommandKind::Shell)
        .filter_map(|record| record.command.command.split_whitespace().next().filter(plain));
    let mut calls = vec![ui.call(&["show", session.as_str()])];
    calls.extend(words.next().map(|word| ui.call(&["search", word])));
    calls.push(ui.call(&["who"]));
    Ok(calls.iter().map(|call| format!("  {call}")).collect::<Vec<_>>().join("\n"))
}
