//! `whoran runas`: the OS user each session was owed, and the one it used.

use whoran_model::Session;
use whoran_pipeline::link::{Attempt, Resolution, RunAs, UsedBy};
use whoran_report::rows::{RunAsRow, places};
use whoran_report::wire;

use super::answer::{self, Answer};
use super::{note_if_none, open};
use crate::args::{Global, Runas};
use crate::config::Config;
use crate::error::CommandError;
use crate::exit::Exit;
use crate::table::Cell;
use crate::ui::Ui;

pub(super) fn run(args: &Runas, global: &Global, config: &Config, ui: &mut Ui) -> Result<Exit, CommandError> {
    let answer = Answer::new(&args.output, config, ui)?;
    let picture = open(global, config)?.picture()?;
    let sessions = picture.sessions().map(|(session, known)| of_session(session, known));
    // A call that a policy refused never came to the question of an OS user.
    let refused = picture.attempts().filter(|attempt| !attempt.event.outcome.is_denial());
    let mut rows: Vec<_> = sessions.chain(refused.map(|attempt| of_attempt(&attempt))).collect();
    rows.sort_by(|a, b| (&a.time, &a.session_id).cmp(&(&b.time, &b.session_id)));
    note_if_none(&rows, ui);
    let unknown = rows.iter().filter(|row| row.verdict == "unknown").count();
    if unknown > 0 {
        ui.note(&format!(
            "{unknown} of {} unknown: each says what is missing, and whoran runas --help which files have it",
            rows.len()
        ));
    }
    const HEADER: &[&str] = &[
        "time",
        "session",
        "person",
        "identity",
        "managed node",
        "owed",
        "used",
        "verdict",
        "remarks",
        "evidence",
    ];
    answer.print(rows, HEADER, cells, ui)?;
    Ok(Exit::Done)
}

pub(super) fn of_session(session: &Session, known: &Resolution) -> RunAsRow {
    RunAsRow {
        session_id: Some(session.id.as_str().to_owned()),
        time: wire::time(known.started),
        who: answer::who(&known.identity),
        account: session.account.clone(),
        target: session.target.as_ref().map(|t| t.as_str().to_owned()),
        target_name: session.target_name.clone(),
        evidence: places(known.run_as.evidence.iter().chain(&known.evidence)),
        ..of(&known.run_as)
    }
}

pub(super) fn of_attempt(attempt: &Attempt<'_>) -> RunAsRow {
    let event = attempt.event;
    RunAsRow {
        time: wire::time(Some(event.time)),
        who: answer::who(&attempt.identity),
        account: event.account.clone(),
        target: event.target.as_ref().map(|t| t.as_str().to_owned()),
        target_name: attempt.target_name.clone(),
        evidence: places(attempt.run_as.evidence.iter().chain([&event.evidence])),
        ..of(&attempt.run_as)
    }
}

fn of(run_as: &RunAs) -> RunAsRow {
    RunAsRow {
        session_id: None,
        time: None,
        who: whoran_report::rows::Who::default(),
        account: None,
        target: None,
        target_name: None,
        owed: run_as.owed.user().map(str::to_owned),
        owed_by: run_as.owed.code(),
        used: run_as.used.as_ref().map(|user| user.as_str().to_owned()),
        used_by: run_as.used_by.map(|by| match by {
            UsedBy::Envelope => "envelope",
            UsedBy::Terminal => "terminal",
        }),
        verdict: run_as.verdict.code(),
        missing: run_as.missing.clone(),
        failure: run_as.failure.clone(),
        evidence: Vec::new(),
    }
}

fn cells(row: &RunAsRow, answer: &Answer) -> Vec<Cell> {
    let owed = match &row.owed {
        Some(user) if user != row.owed_by => format!("{user} ({})", row.owed_by),
        _ => row.owed_by.to_owned(),
    };
    let missing = (!row.missing.is_empty()).then(|| format!("missing: {}", row.missing.join("; ")));
    let remarks: Vec<_> = row.failure.clone().into_iter().chain(missing).collect();
    vec![
        answer.time(row.time.as_ref()),
        row.session_id.as_deref().unwrap_or("refused").into(),
        answer::person(&row.who),
        answer::principal(row.who.identity.as_ref()),
        answer::node(row.target.as_ref(), row.target_name.as_ref()),
        owed.into(),
        row.used.as_deref().unwrap_or("unknown").into(),
        row.verdict.into(),
        Cell::free(&remarks.join("; ")),
        answer::evidence(&row.evidence),
    ]
}
