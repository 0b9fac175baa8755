//! Lines of a streaming copy whose rest a shell drew on the rows below, where it was taken for output.

use super::*;

/// Blanks that a row begins with, or that stand behind the rest of the one above: nobody's output is drawn so.
const COLUMNS: &str = "    ";

impl Machine<'_> {
    /// Takes lines for what the rows below them say they were: with the first it is a line of before, or the shell wrote
    /// another over both.
    pub(super) fn settle_drawn_below(&self, drafts: &mut [Draft]) {
        let shell = |d: &&mut Draft| d.kind == CommandKind::Shell && d.status == Status::Run;
        for draft in drafts.iter_mut().filter(shell).filter(|d| d.text.len() < LONGEST_ASKED) {
            let shown = draft.output.head();
            let Some(first) = shown.lines().next().filter(|row| !row.trim().is_empty()) else { continue };
            let joined = || {
                let whole = format!("{}{}", draft.text, first.trim_end());
                self.weighing.has_run(&whole).then_some(whole)
            };
            let whole = match written_over(&draft.text, shown) {
                Some(over) => Some(over).filter(|over| likeness(over) >= KNOWN).map(str::to_owned),
                None => match joined() {
                    Some(whole) => Some(whole),
                    None => continue,
                },
            };
            draft.confidence = draft.confidence.min(0.7);
            if let Some(whole) = whole {
                let shown = std::mem::replace(&mut draft.text, whole);
                draft.alternatives.retain(|a| a.command != draft.text);
                draft.offer(Reading { text: shown, confidence: OTHER });
            }
        }
    }
}

/// What stands in the last of the rows that a shell drew below `line`, of which the first begins with the end of it: empty
/// where that is erased.
fn written_over<'s>(line: &str, shown: &'s str) -> Option<&'s str> {
    const SHORTEST: usize = 2;
    const MOST: usize = 8;
    let first = shown.lines().next()?;
    let (end, behind) = first.split_at(first.find(COLUMNS)?);
    if end.len() < SHORTEST || end.len() >= line.len() || !line.ends_with(end) {
        return None;
    }
    let below = shown.lines().skip(1).take(MOST).take_while(|row| row.starts_with(COLUMNS));
    let over = below.last().unwrap_or(behind).trim();
    // the same line once more, or a list of what completes its last word
    let own = !over.is_empty() && line.starts_with(over) || behind.trim_start().starts_with(end);
    (!own).then_some(over)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_drawn_below_a_line_begins_with_its_end() {
        let blanks = " ".repeat(16);
        let shown = format!("ng a{blanks}date -u{blanks}\n{blanks}date -u \n2026\n");
        assert_eq!(written_over("test -f a || echo missing a", &shown), Some("date -u"));
        assert_eq!(written_over("echo no", &shown), None);
        assert_eq!(written_over("cat a", "a   b\n"), None);
        assert_eq!(written_over("cat a | ca", "ca      cat     cal\n"), None);
        assert_eq!(written_over("cat ab", &format!("ab{blanks}\n{blanks}cat \nab\n")), None);
    }
}
