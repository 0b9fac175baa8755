//! Lines that were typed and not entered when the session ended.

use super::*;

/// What a shell says of a line that ended with its terminal.
const HANGS_UP: &str = "Hangup";
/// Lines that the shells outside may say of their jobs and of the terminal then.
const MOST_SAID: u64 = 16;

impl Machine<'_> {
    /// Ends the lines that a hang-up cut off behind what was typed, which did not end its row.
    pub(super) fn leave_hung_up(&mut self) {
        let glued = |d: &&mut Draft| {
            d.status == Status::Run && d.output.lines < MOST_SAID && d.text.ends_with(HANGS_UP)
        };
        for draft in self.drafts.kept_mut().iter_mut().rev().take(3).filter(glued) {
            let typed = draft.text.len() - HANGS_UP.len();
            if draft.text[..typed].ends_with(|c: char| !c.is_whitespace()) {
                draft.text.truncate(typed);
                draft.status = Status::Incomplete;
            }
        }
    }

    /// The log's last line, with nothing behind it, was typed and not entered: a streaming copy does not keep its line end,
    /// but a shell that runs something shows another prompt, and one that ends was told to.
    pub(super) fn leave_unfinished(&mut self) {
        // a shell says it at once; what more the shells outside say of their jobs and of the terminal stands below
        let hangs_up = |draft: &Draft| {
            let head = draft.output.head();
            let at_once =
                draft.output.lines < MOST_SAID && head.lines().next().is_some_and(|l| l.trim() == HANGS_UP);
            at_once || draft.output.lines < 4 && head.to_ascii_lowercase().contains("hangup")
        };
        // the shells outside may show their prompts once more
        let last = self.drafts.len().checked_sub(1).filter(|last| hangs_up(&self.drafts[*last]));
        let Some(draft) = self.running.or(last).and_then(|r| self.drafts.get_mut(r)) else { return };
        let last = self.units.last().is_some_and(|u| match u {
            Unit::Line(line) => line.span.start <= draft.span.start,
            Unit::Edit(_) => false,
        });
        // a hang-up is said by the shells outside
        let quiet = last && draft.output.lines == 0 || hangs_up(draft);
        if quiet && matches!(self.opened, Opens::Nothing) {
            draft.status = Status::Incomplete;
        } else if self.running.is_some() && self.opened == Opens::Nothing {
            // no prompt behind it shows that it was entered
            draft.confidence = draft.confidence.min(0.85);
        }
    }
}
