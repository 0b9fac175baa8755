//! What a command may do to prompts.

use std::borrow::Cow;

use super::shown::Shows;
use super::*;

/// What a command may do to prompts.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct May {
    /// Gives the shell another prompt, or runs a file that may.
    pub(super) sets_prompt: bool,
    /// Is likely to be followed by another prompt of the same shell.
    pub(super) changes_prompt: bool,
    /// Is a program nobody knows: it may have opened another shell.
    pub(super) opens_unknown: bool,
    /// Prints what may hold prompts.
    pub(super) shows: Shows,
}

impl May {
    pub(super) fn of(commands: &SimpleCommands<'_>) -> Self {
        Self {
            sets_prompt: commands.iter().any(sets_prompt),
            changes_prompt: commands.iter().any(changes_prompt),
            opens_unknown: commands.last().first().is_some_and(|w| !is_command(w) && may_name_program(w)),
            shows: Shows::of(commands),
        }
    }

    /// What a command may do that follows this one.
    pub(super) fn or(self, next: Self) -> Self {
        Self {
            sets_prompt: self.sets_prompt || next.sets_prompt,
            changes_prompt: self.changes_prompt || next.changes_prompt,
            ..next
        }
    }
}

/// Whether a word may name a program: what else a copy has left of a line does not.
fn may_name_program(word: &str) -> bool {
    word.chars().all(|c| c.is_alphanumeric() || "._/-+~$@:\\".contains(c))
}

fn sets_prompt(words: &[Cow<'_, str>]) -> bool {
    let name = words.first().map_or("", Cow::as_ref);
    let sets =
        |w: &Cow<'_, str>| w.starts_with("PS1=") || w.starts_with("PROMPT=") || w.starts_with("prompt=");
    words.iter().take(2).any(sets) || matches!(name, "source" | ".") && words.len() > 1
}

fn changes_prompt(words: &[Cow<'_, str>]) -> bool {
    words.first().is_some_and(|w| {
        matches!(
            w.as_ref(),
            "cd" | "pushd"
                | "popd"
                | "git"
                | "source"
                | "."
                | "export"
                | "conda"
                | "workon"
                | "deactivate"
                | "set"
                | "hostnamectl"
                | "hostname"
                | "kubectl"
                | "kubectx"
                | "use"
                // psql's `\c`, without what a shell takes for a quote
                | "c"
                | "connect"
        ) || w.starts_with("PS1=")
            || w.starts_with("PROMPT")
    })
}
