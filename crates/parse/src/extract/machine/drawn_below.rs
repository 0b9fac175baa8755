//! Lines of a streaming copy whose rest stands on the row below, where it was taken for output.

use super::*;

impl Machine<'_> {
    /// Takes lines for what the row below them says they were: with it, each is a line of before.
    pub(super) fn settle_drawn_below(&self, drafts: &mut [Draft]) {
        let shell = |d: &&mut Draft| d.kind == CommandKind::Shell && d.status == Status::Run;
        for draft in drafts.iter_mut().filter(shell).filter(|d| d.text.len() < LONGEST_ASKED) {
            let row = draft.output.head().lines().next().unwrap_or_default().trim_end();
            if row.trim_start().is_empty() {
                continue;
            }
            // ksh93 ends a row where a blank would stand in its last column
            let mut wholes = ["", " "].into_iter().map(|blank| [&draft.text, blank, row].concat());
            let Some(whole) = wholes.find(|whole| self.weighing.has_run(whole)) else { continue };
            draft.confidence = draft.confidence.min(0.7);
            draft.read_as(whole, OTHER);
        }
    }
}
