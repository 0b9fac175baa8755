//! `whoran who`: who worked as which OS user on which node.

use whoran_pipeline::Picture;
use whoran_report::who::{self, WhoRow};

use super::answer::{self, Answer};
use super::{note_if_none, open};
use crate::args::{Global, Who};
use crate::config::Config;
use crate::error::CommandError;
use crate::exit::Exit;
use crate::ui::Ui;

pub(super) fn run(args: &Who, global: &Global, config: &Config, ui: &mut Ui) -> Result<Exit, CommandError> {
    let answer = Answer::new(&args.output, config, ui)?;
    let rows = rows(&open(global, config)?.picture()?);
    note_if_none(&rows, ui);
    print(rows, &answer, ui)?;
    Ok(Exit::Done)
}

/// The rows of all sessions that have a log.
pub(super) fn rows(picture: &Picture) -> Vec<WhoRow> {
    who::rows(picture.logged().map(|(session, known)| (session, answer::who(&known.identity))))
}

/// Prints the rows, also for `whoran index`.
pub(super) fn print(rows: Vec<WhoRow>, answer: &Answer, ui: &mut Ui) -> Result<(), CommandError> {
    const HEADER: &[&str] =
        &["person", "identity", "os user", "managed node", "sessions", "commands", "first", "last"];
    let cells = |row: &WhoRow, answer: &Answer| {
        vec![
            answer::person(&row.who),
            answer::principal(row.who.identity.as_ref()),
            row.os_user.as_deref().unwrap_or("unknown").into(),
            answer::node(row.target.as_ref(), row.target_name.as_ref()),
            row.sessions.to_string().into(),
            row.commands.to_string().into(),
            answer.time(row.first.as_ref()),
            answer.time(row.last.as_ref()),
        ]
    };
    answer.print(rows, HEADER, cells, ui)
}
