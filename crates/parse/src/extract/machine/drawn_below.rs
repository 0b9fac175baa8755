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
            if let Some(whole) = wholes.find(|whole| self.weighing.has_run(whole)) {
                draft.confidence = draft.confidence.min(0.7);
                draft.read_as(whole, OTHER);
                continue;
            }
            let is_whole = |other: &&Alternative| {
                let rest = other.command.strip_prefix(draft.text.as_str());
                rest.is_some_and(|rest| rest.trim() == row.trim_start())
            };
            if goes_on(&draft.text, row) && draft.alternatives.iter().any(|other| is_whole(&other)) {
                // a blank in the last column is lost
                let whole = format!("{} {}", draft.text.trim_end(), row.trim_start());
                draft.confidence = draft.confidence.min(0.85);
                draft.read_as(whole, OTHER);
            }
        }
    }
}

/// Whether a row goes on with the line above it as hardly any output begins: with an option, a short name of a home, or into a
/// pipe.
fn goes_on(above: &str, row: &str) -> bool {
    let row = row.strip_prefix(' ').unwrap_or(row);
    // `ls -l` begins its lines with more letters
    let option = match row.as_bytes() {
        [b'-', b'-', b'a'..=b'z', ..] | [b'-', _] => true,
        [b'-', letter, next, ..] => letter.is_ascii_alphabetic() && (*next == b' ' || next.is_ascii_digit()),
        _ => false,
    };
    !above.contains('\n')
        && !above.starts_with("echo ")
        && (option || row.starts_with("~/") || row.starts_with("| "))
}
