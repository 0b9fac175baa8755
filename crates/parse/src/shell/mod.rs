//! What shells are: their syntax, and which commands put another prompt in front of the user.

mod escapes;
mod lexicon;
mod opens;
mod syntax;
mod wrappers;

pub(crate) use escapes::{asked, runs_lines};
pub(crate) use lexicon::{is_command, names_at_end};
pub(crate) use opens::{Opens, Who, is_shell, name_of, opens, opens_last, takes_command};
pub(crate) use syntax::{SimpleCommands, is_complete};

/// Whether a line tells the terminal to show no keys (stty(1)).
pub(crate) fn hides_keys(line: &str) -> bool {
    line.contains("stty -echo") || line.contains("stty raw")
}
