//! What is worth knowing beside the hits of a search.

use whoran_pipeline::{Query, SearchOptions, Store};

use crate::error::CommandError;
use crate::ui::{self, Ui};

/// So many sessions are named.
const FEW: usize = 5;

/// Tells of the sessions that were begun with one of these access keys, if any are such keys. `false` where there are none.
pub(super) fn begun_with(keys: &[String], store: &Store, ui: &mut Ui) -> Result<bool, CommandError> {
    let sessions = store.sessions_begun_with(keys)?;
    if sessions.is_empty() {
        return Ok(false);
    }
    let named: Vec<_> =
        sessions.iter().take(FEW).map(|id| format!("`{}`", ui.call(&["show", id.as_str()]))).collect();
    let more = match sessions.len().saturating_sub(FEW) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let count = ui::count(sessions.len() as u64, "session");
    let were = if sessions.len() == 1 { "was" } else { "were" };
    ui.note(&format!("{count} {were} begun with it, as CloudTrail says: {}{more}", named.join(", ")));
    Ok(true)
}

/// Tells where nothing is proven to be of the person asked for and a caller said so.
pub(super) fn only_claimed(
    query: &Query,
    options: &SearchOptions,
    store: &Store,
    ui: &mut Ui,
) -> Result<(), CommandError> {
    let claimed = store.count_if_claimed(query, options)?;
    if claimed > 0 {
        let (what, are) = (ui::count(claimed, "command"), if claimed == 1 { "is" } else { "are" });
        ui.note(&format!(
            "{what} {are} of sessions whose caller only says so, which proves nothing: `{}`",
            ui.call(&["timeline", "--person", "NAME", "--claimed"])
        ));
    }
    Ok(())
}
