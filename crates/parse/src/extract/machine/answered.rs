//! Lines that may be read in another way: what they showed is what that would have shown, and not what they are taken for.

use super::*;

/// What is as sure is not taken for what another showed.
const SURE: f32 = 0.8;

/// What is surer may have a name that only few know.
const DOUBTFUL: f32 = 0.9;

/// What lines showed.
#[derive(Debug, Default)]
pub(super) struct Answers {
    /// By the key of each line the key of what it showed last.
    shown: HashMap<u64, u64>,
    /// The keys of the words that lines begin with.
    names: HashSet<u64>,
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
            draft.confidence < DOUBTFUL
                && own.is_some()
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
        assert!(complains("bash: iun: command not found\n") && !complains("ops\n"));
    }
}
