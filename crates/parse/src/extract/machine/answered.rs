//! Lines that may be read in another way: what they showed is what that would have shown, and not what they are taken for.

use super::*;

/// What is surer is not looked at.
const DOUBTFUL: f32 = 0.9;
/// How sure a reading is at most that was taken so.
const MOST: f32 = 0.8;

impl Machine<'_> {
    /// Takes other readings of lines whose name the shell would not have found, that end in a dash which nothing takes, or that
    /// another line near shows to the letter what they show.
    pub(super) fn settle_answered(drafts: &mut [Draft]) {
        const FAR: usize = 200;
        for at in 0..drafts.len() {
            let (before, draft) = drafts.split_at_mut(at);
            let Some((draft, after)) = draft.split_first_mut() else { return };
            let shell = draft.kind == CommandKind::Shell && draft.status == Status::Run;
            if !shell
                || draft.alternatives.is_empty()
                || draft.typed.is_some()
                || draft.text.len() >= LONGEST_ASKED
                || draft.text.contains('\n')
            {
                continue;
            }
            let near = || {
                let near = before.iter().rev().take(FAR).chain(after.iter().take(FAR));
                near.filter(|other| other.kind == CommandKind::Shell)
            };
            let others = || draft.alternatives.iter().map(|other| other.command.as_str());
            let other = if ends_in_dash(&draft.text) {
                let goes_on = |other: &&str| other.starts_with(draft.text.as_str()) && !other.contains("- ");
                others().find(goes_on).filter(|other| !other.trim_end().ends_with('-'))
            } else {
                None
            };
            let doubtful = draft.confidence < DOUBTFUL;
            let other = other.or_else(|| {
                let own = unfound(&draft.text).filter(|_| doubtful)?;
                let again = || near().any(|other| other.text.split(' ').next() == Some(own));
                let named =
                    |other: &&str| likeness(other) >= KNOWN && !other.starts_with(draft.text.as_str());
                (!complains(draft.output.head()) && !again()).then(|| others().find(named)).flatten()
            });
            let shown = draft.output.head();
            let other = other.or_else(|| {
                let run = |text: &str| near().any(|other| other.text.trim_end() == text.trim_end());
                if draft.confidence >= MOST || shown.trim().len() < 4 || run(&draft.text) {
                    return None;
                }
                let answers = |text: &str, other: &Draft| {
                    let sure = other.confidence >= MOST && other.text.trim_end() == text.trim_end();
                    sure && other.output.head().trim() == shown.trim()
                };
                others().find(|text| near().any(|other| answers(text, other)))
            });
            let Some(text) = other.map(str::to_owned) else { continue };
            draft.read_as(text, OTHER);
            draft.confidence = draft.confidence.min(MOST);
        }
    }
}

/// The word that a line begins with, where no shell knows it as a name.
fn unfound(line: &str) -> Option<&str> {
    let word = line.split(' ').next().unwrap_or_default();
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
