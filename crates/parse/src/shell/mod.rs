//! What shells are: their syntax, and which commands put another prompt in front of the user.

mod as_user;
mod escapes;
mod lexicon;
mod named;
mod opens;
mod powershell;
mod remote;
mod syntax;
mod wrappers;

pub(crate) use escapes::{asked, runs_lines, statement_opens};
pub(crate) use lexicon::{is_command, names_at_end};
pub(crate) use opens::{Opens, Who, is_shell, name_of, opens, opens_all, runs_a_script, takes_command};
pub(crate) use powershell::{is_powershells, is_whole};
pub(crate) use syntax::{SimpleCommands, is_complete};

/// Whether a line asks for more in the shell's own line editor: `select` in zsh, whose prompt is `?# `, and what reads a
/// variable in fish (`read`), zsh (`vared`) and bash (`read -e`).
pub(crate) fn asks_itself(line: &str) -> bool {
    let asks = |words: &[std::borrow::Cow<'_, str>]| {
        words.first().is_some_and(|name| matches!(name.as_ref(), "read" | "vared" | "select"))
    };
    // most lines hold none of the words, and few what they begin or end with
    let near = line.as_bytes().array_windows().any(|pair| matches!(pair, b"re" | b"se"));
    let may = || ["read", "vared", "select"].iter().any(|name| line.contains(name));
    near && may() && (line.trim_start().starts_with("select ") || SimpleCommands::of(line).iter().any(asks))
}

/// Whether a line tells the terminal to show no keys (stty(1)).
pub(crate) fn hides_keys(line: &str) -> bool {
    let bytes = line.as_bytes();
    let stty = memchr::memchr_iter(b'y', bytes).any(|at| bytes[..=at].ends_with(b"stty"));
    stty && (line.contains("stty -echo") || line.contains("stty raw"))
}

#[cfg(test)]
mod asking {
    use super::asks_itself;

    #[test]
    fn what_asks_in_the_editor_is_known() {
        for asks in
            ["read v", "cd /tmp; read -P 'name? ' v", "select x in a b; do echo $x; done", "vared PS1"]
        {
            assert!(asks_itself(asks), "{asks}");
        }
        for runs in ["echo read", "readlink a", "cat read", "grep select a"] {
            assert!(!asks_itself(runs), "{runs}");
        }
    }
}
