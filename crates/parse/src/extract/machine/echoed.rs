//! Lines that tell to print a text: what was printed settles how they are read.

use super::*;
use crate::readings::{letters, rest_of_unlike};

/// Less is printed by accident.
const LEAST: usize = 4;
/// Longer texts are not compared.
const MOST: usize = 200;
/// So many letters of a text may be others.
const FEW: usize = 6;
/// Lines of output that are looked at.
const MOST_LINES: usize = 16;

impl Machine<'_> {
    /// Takes another reading of a line where the text that it tells to print was printed, and what the line was taken for would
    /// have printed another; or the line with the text as it was printed, where few letters are others.
    pub(super) fn settle_echoed(&self, drafts: &mut [Draft]) {
        let doubtful = |d: &&mut Draft| {
            let shell = d.kind == CommandKind::Shell && d.status == Status::Run;
            shell && d.output.lines > 0 && d.text.len() < LONGEST_ASKED && !d.text.contains('\n')
        };
        for draft in drafts.iter_mut().filter(doubtful) {
            let tells = |text: &str| text.contains("echo ") || text.contains("printf ");
            if !draft.readings().any(tells) {
                continue;
            }
            let head = draft.output.head();
            let shown: Vec<&str> = head.lines().take(MOST_LINES).map(str::trim_end).collect();
            // most lines show what they say
            let said = |shown: &&str| shown.len() >= LEAST && draft.text.contains(*shown);
            let is_shown = |text: &str| printed(text).is_some_and(|told| shown.contains(&told.as_str()));
            if draft.alternatives.is_empty() && shown.iter().any(said) || is_shown(&draft.text) {
                continue;
            }
            let other = draft
                .alternatives
                .iter()
                .map(|a| &a.command)
                .find(|text| is_shown(text) && is_complete(text));
            let Some(text) = other.cloned().or_else(|| as_printed(&draft.text, &shown)) else { continue };
            draft.read_as(text, OTHER);
            draft.confidence = draft.confidence.min(0.85);
        }
    }
}

/// What the last command of a line prints, if it does no more than that and nothing of it is expanded.
fn printed(line: &str) -> Option<String> {
    let commands = SimpleCommands::of(line);
    let words = commands.last();
    let (name, told) = words.split_first()?;
    let plain = line.rfind(name.as_ref()).map(|at| &line[at..])?;
    let expands =
        |c: char| matches!(c, '$' | '`' | '*' | '?' | '\\' | '>' | '<' | '|' | '%' | '!' | '#' | '\n' | '~');
    let fits = match name.as_ref() {
        "echo" => !told.first()?.starts_with('-'),
        "printf" => told.len() == 1,
        _ => false,
    };
    // in a pipe it goes to another
    let told = told.join(" ");
    (fits && !plain.contains(expands) && told.len() >= LEAST).then_some(told)
}

/// The line with the text as it was printed, where most of both is the same.
fn as_printed(line: &str, shown: &[&str]) -> Option<String> {
    let told = printed(line).filter(|told| told.len() < MOST)?;
    let head: String = letters(&told).take(LEAST).collect();
    let alike = |shown: &&&str| {
        let begins = letters(shown).take(LEAST).eq(head.chars());
        begins && shown.len() < MOST && !shown.contains('\u{fffd}') && rest_of_unlike(&told, shown) <= FEW
    };
    if !line.contains("echo ") {
        // behind what has no line end stands the next prompt
        let end = &told[told.char_indices().next_back()?.0..];
        let ends =
            shown.iter().flat_map(|shown| shown.match_indices(end).map(|(at, _)| &shown[..at + end.len()]));
        let own = ends.filter(|own| alike(&own)).min_by_key(|own| rest_of_unlike(&told, own))?;
        return line.contains(&told).then(|| line.replacen(&told, own, 1));
    }
    let own = *shown.iter().find(alike)?;
    let at = line.rfind("echo ")? + "echo ".len();
    let plain = |text: &str| text.chars().all(|c| c.is_alphanumeric() || " ._-/:".contains(c));
    if plain(&line[at..]) && plain(own) {
        return Some(format!("{}{own}", &line[..at]));
    }
    line.contains(&told).then(|| line.replacen(&told, own, 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_line_prints_is_told_where_nothing_is_expanded() {
        assert_eq!(printed("test -f a || echo missing 'a  b'").as_deref(), Some("missing a  b"));
        assert_eq!(printed("printf 'no end'").as_deref(), Some("no end"));
        for line in
            ["echo $HOME", "echo one two | wc", "echo one > a", "echo -n one two", "printf '%s' one", "ls"]
        {
            assert_eq!(printed(line), None, "{line}");
        }
    }

    #[test]
    fn blanks_are_those_that_were_printed() {
        let of = |line| as_printed(line, &["no newline at the end"]);
        assert_eq!(of("printf 'no newline at the e nd'").as_deref(), Some("printf 'no newline at the end'"));
        assert_eq!(as_printed("echo  mising it", &["missing it"]), None);
        assert_eq!(as_printed("echo  missng it", &["missxxng it"]).as_deref(), Some("echo missxxng it"));
        let glued = |line| as_printed(line, &["no newline at the end~ $"]);
        assert_eq!(
            glued("printf 'no newline aat the end'").as_deref(),
            Some("printf 'no newline at the end'")
        );
        assert_eq!(of("echo no newline at the endgh").as_deref(), Some("echo no newline at the end"));
        assert_eq!(of("printf 'no newline before anything'"), None);
    }
}
