//! Lines that may be read in another way: what they showed is what that would have shown, and not what they are taken for.

use std::borrow::Cow;

use super::*;
use crate::shell::takes_command;

/// What is as sure is not taken for what another showed.
const SURE: f32 = 0.8;

/// What is surer may have a name that only few know.
const DOUBTFUL: f32 = 0.9;

/// What lines showed.
#[derive(Debug, Default)]
pub(super) struct Answers {
    /// By the key of each line the key of what it showed last.
    shown: ByKey<u64>,
    /// The keys of the words that lines begin with.
    names: KeySet,
}

impl Answers {
    fn note(&mut self, draft: &Draft) {
        const MOST: usize = 4096;
        if draft.kind != CommandKind::Shell || draft.text.len() >= LONGEST_ASKED || self.shown.len() >= MOST {
            return;
        }
        self.names.insert(hash(first_word(&draft.text)));
        if draft.confidence >= SURE {
            self.shown.insert(hash(draft.text.trim_end()), hash(draft.output.head().trim()));
        }
    }
}

impl Machine<'_> {
    /// Takes other readings of lines whose name the shell would not have found, that end in a dash which nothing takes, or of which
    /// another was run before and showed to the letter what they show.
    pub(super) fn settle_answered(&mut self, drafts: &mut [Draft]) {
        for draft in drafts {
            if let Some(text) = self.answered(draft) {
                draft.read_as(text, OTHER);
                draft.confidence = draft.confidence.min(SURE);
            }
            self.answers.note(draft);
        }
    }

    fn answered(&self, draft: &Draft) -> Option<String> {
        let shell = draft.kind == CommandKind::Shell && draft.status == Status::Run && draft.typed.is_none();
        let text = draft.text.as_str();
        if !shell || draft.alternatives.is_empty() || text.len() >= LONGEST_ASKED || text.contains('\n') {
            return None;
        }
        let shown = draft.output.head();
        let goes_on = |other: &str| {
            let more = other.starts_with(text) && !other.contains("- ") && !other.trim_end().ends_with('-');
            more && ends_in_dash(text)
        };
        let named = |other: &str| {
            let own = unfound(text).filter(|own| !self.answers.names.contains(&hash(own)));
            // a name that is not known may be one all the same: no more than that is read otherwise
            let behind = |line: &str| line[first_word(line).len()..].trim_end().to_owned();
            draft.confidence < DOUBTFUL
                && own.is_some()
                && behind(other) == behind(text)
                && likeness(other) >= KNOWN
                && !other.starts_with(text)
                && !text.ends_with(other)
                && !complains(shown)
        };
        let answers = |other: &str| {
            const LEAST: usize = 4;
            let before = |text: &str| self.answers.shown.get(&hash(text.trim_end()));
            let same = || before(other).is_some_and(|known| *known == hash(shown.trim()));
            draft.confidence < SURE && shown.trim().len() >= LEAST && same() && before(text).is_none()
        };
        let others = || draft.alternatives.iter().map(|other| other.command.as_str());
        // what was typed last stays
        let end =
            |other: &&str| other.bytes().rev().zip(text.bytes().rev()).take_while(|(a, b)| a == b).count();
        let found = || others().rev().filter(|other| named(other)).max_by_key(end);
        let other = others().find(|other| goes_on(other)).or_else(found);
        other.or_else(|| others().find(|other| answers(other))).map(str::to_owned)
    }
}

/// Takes other readings of lines that have no name which the shell says it did not find: those that have it, or the line with it,
/// where it is the first word without one of its letters.
pub(super) fn settle_missing(drafts: &mut [Draft]) {
    const MOST: f32 = 0.85;
    for draft in drafts {
        let text = draft.text.as_str();
        let shell = draft.kind == CommandKind::Shell && draft.status == Status::Run && draft.typed.is_none();
        let said = draft.output.head().trim_start_matches('\n').lines().next().filter(|_| shell);
        let Some(missing) = said.and_then(not_found).filter(|_| text.len() < LONGEST_ASKED) else { continue };
        if has_name(text, missing) {
            continue;
        }
        let others = draft.alternatives.iter().map(|other| other.command.as_str());
        let other = others.into_iter().find(|other| has_name(other, missing)).map(str::to_owned);
        let own = first_word(text);
        let shorter = || {
            let one_less = own.char_indices().any(|(at, c)| {
                let rest = &own[at + c.len_utf8()..];
                missing.len() + c.len_utf8() == own.len()
                    && missing.starts_with(&own[..at])
                    && missing.ends_with(rest)
            });
            (one_less && is_command(own)).then(|| format!("{missing}{}", &text[own.len()..]))
        };
        let Some(text) = other.or_else(shorter) else { continue };
        draft.read_as(text, OTHER);
        draft.confidence = draft.confidence.min(MOST);
    }
}

/// The name of which a shell says that it found none.
fn not_found(said: &str) -> Option<&str> {
    let said = said.trim_end();
    let name = said
        .strip_prefix("zsh: command not found: ")
        .or_else(|| said.strip_prefix("fish: Unknown command: "));
    let behind_shell = |said| {
        let mut parts = str::rsplit(said, ": ");
        let name = parts.next()?;
        // of a script it says the line as well
        let shell = parts.next().is_none_or(|shell| !shell.contains(['/', ' ']));
        (shell && parts.next().is_none()).then_some(name)
    };
    let name = name.or_else(|| said.strip_suffix(": Command not found."));
    let name = name.or_else(|| said.strip_suffix(": command not found").and_then(behind_shell));
    name.filter(|name| !name.is_empty() && !name.contains(' '))
}

/// Whether a line has a command of that name, or of a path that a short name of a home stands for.
fn has_name(line: &str, name: &str) -> bool {
    let own = |word: &str| {
        word == name || word.strip_prefix('~').is_some_and(|path| !path.is_empty() && name.ends_with(path))
    };
    let named = |words: &[Cow<'_, str>]| {
        own(&words[0]) || takes_command(&words[0]) && words.iter().any(|word| own(word))
    };
    SimpleCommands::of(line).iter().any(named)
}

fn first_word(line: &str) -> &str {
    line.split(' ').next().unwrap_or_default()
}

/// The word that a line begins with, where no shell knows it as a name.
fn unfound(line: &str) -> Option<&str> {
    let word = first_word(line);
    let plain = word.starts_with(|c: char| c.is_alphanumeric() || c == '[' || !c.is_ascii());
    (plain && !word.contains(['/', '=', '(', '"', '\'']) && !is_command(word)).then_some(word)
}

/// Whether a line ends in a dash alone, behind a name that does not take it for what it is given.
fn ends_in_dash(line: &str) -> bool {
    let Some(left) = line.trim_end().strip_suffix(" -") else { return false };
    let name = left.rsplit(['|', ';', '&']).next().unwrap_or_default().split_whitespace().next();
    name.is_some_and(|name| {
        matches!(name, "ls" | "date" | "id" | "uname" | "find" | "test" | "mkdir" | "rm" | "echo")
    })
}

/// Whether a shell may say of a name that there is none.
fn complains(shown: &str) -> bool {
    let first: String = shown.lines().take(4).flat_map(str::chars).take(400).collect();
    let first = first.to_lowercase();
    ["not found", "unknown", "no such", "denied", "cannot"].iter().any(|said| first.contains(said))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_none_has_is_told() {
        assert_eq!(unfound("iun"), Some("iun"));
        assert_eq!(unfound("l wrong -la"), Some("l"));
        for line in ["ls", "/opt/iun", "A=1 iun", "(iun)", "-x", "~/a"] {
            assert_eq!(unfound(line), None, "{line}");
        }
        assert!(ends_in_dash("pwd; date -") && !ends_in_dash("su -") && !ends_in_dash("date -u"));
        assert_eq!(not_found("-bash: leep: command not found"), Some("leep"));
        assert_eq!(not_found("/srv/bin/x: Command not found."), Some("/srv/bin/x"));
        assert_eq!(not_found("./x.sh: line 3: leep: command not found"), None);
        assert!(
            has_name("~/bin/x -v", "/srv/bin/x")
                && has_name("sudo leep 1", "leep")
                && !has_name("sleep 1", "leep")
        );
        assert!(complains("bash: iun: command not found\n") && !complains("ops\n"));
    }
}
