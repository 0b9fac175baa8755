//! Shells that are left by Ctrl-D, or because nobody typed anything for long.

use super::lossy::without_sequences;
use super::*;

impl Machine<'_> {
    /// Whether the shell ended by itself, or Ctrl-D was pressed on an empty line, which mksh shows, and tcsh and bash write
    /// over with what they say then.
    pub(super) fn left_by_key(&self, text: &str, span: &Range<usize>) -> bool {
        // what bash (`TMOUT`), zsh and tcsh (`autologout`) say behind their prompt
        let late = ["timed out waiting for input: auto-logout", "zsh: timeout", "auto-logout"];
        match text.trim().trim_matches('\u{7}') {
            "^D" => true,
            said if late.contains(&said) => true,
            word @ ("exit" | "logout") => {
                memmem::find(self.given.of(span), b"^D\x08\x08").is_some() || self.bash_says(word, span)
            }
            _ => false,
        }
    }

    /// Whether bash says that behind its prompt: where it was typed, it says so on the next line. A shell that is left by
    /// `logout` is bash unless it is known for another; others say nothing of `exit`, so that bash must be known.
    fn bash_says(&self, word: &str, span: &Range<usize>) -> bool {
        const NEAR: usize = 64;
        let Some(top) = self.levels.top().filter(|top| !top.marked && top.program.is_none()) else {
            return false;
        };
        let next = self.given.behind(span.end);
        let next = without_sequences(&next[..next.len().min(NEAR)]);
        let next = next.trim_ascii_start();
        let says_it_below = next.is_empty() || ["exit", "logout"].iter().any(|said| next.starts_with(said));
        let bash = top.bash || is_bashs_own(&top.prompt);
        !says_it_below && (word == "logout" && !self.unseen.hides(top.id) || bash)
    }
}

/// Whether bash gives the prompt itself, where nobody sets one: its name and version, `sh-4.2$ `.
fn is_bashs_own(prompt: &str) -> bool {
    let named = prompt.strip_prefix("ba").unwrap_or(prompt).strip_prefix("sh-");
    named.is_some_and(|version| {
        version.trim_end().trim_end_matches(['$', '#']).split('.').all(|part| part.parse::<u32>().is_ok())
    })
}
