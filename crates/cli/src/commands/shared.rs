//! `whoran shared`: who is behind each OS user of each node.

use whoran_pipeline::link::{Identity, SharedUser, UserOfMany};
use whoran_report::rows::SharedRow;
use whoran_report::wire;

use super::answer::{self, Answer};
use super::{note_if_none, open};
use crate::args::{Global, Shared};
use crate::config::Config;
use crate::error::CommandError;
use crate::exit::Exit;
use crate::table::Cell;
use crate::ui::{self, Ui};

pub(super) fn run(
    args: &Shared,
    global: &Global,
    config: &Config,
    ui: &mut Ui,
) -> Result<Exit, CommandError> {
    let answer = Answer::new(&args.output, config, ui)?;
    let users = open(global, config)?.picture()?.shared();
    note_if_none(&users, ui);
    let alone = users.iter().filter(|user| user.by.len() < 2).count();
    if alone > 0 && !args.all {
        let alone = ui::count(alone as u64, "OS user");
        ui.note(&format!("{alone} with only one person or principal behind; --all shows them"));
    }
    let shown = users.iter().filter(|user| args.all || user.by.len() > 1);
    let rows = shown.flat_map(|user| user.by.iter().map(|one| row(user, one))).collect();
    const HEADER: &[&str] =
        &["managed node", "os user", "person", "identity", "sessions", "commands", "first", "last"];
    answer.print(rows, HEADER, cells, ui)?;
    Ok(Exit::Done)
}

pub(super) fn row(user: &SharedUser, one: &UserOfMany) -> SharedRow {
    let identity =
        Identity { principal: one.principal.clone(), person: one.person.clone(), ..Identity::default() };
    SharedRow {
        target: user.node.as_ref().map(|node| node.as_str().to_owned()),
        target_name: user.node_name.clone(),
        os_user: user.os_user.as_str().to_owned(),
        shared_by: user.by.len() as u64,
        who: answer::who(&identity),
        commands: one.commands,
        first: wire::time(one.first),
        last: wire::time(one.last),
        session_ids: one.sessions.iter().map(|id| id.as_str().to_owned()).collect(),
    }
}

fn cells(row: &SharedRow, answer: &Answer) -> Vec<Cell> {
    vec![
        answer::node(row.target.as_ref(), row.target_name.as_ref()),
        row.os_user.as_str().into(),
        answer::person(&row.who),
        answer::principal(row.who.identity.as_ref()),
        row.session_ids.len().to_string().into(),
        row.commands.to_string().into(),
        answer.time(row.first.as_ref()),
        answer.time(row.last.as_ref()),
    ]
}
