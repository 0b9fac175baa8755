//! What `whoran watch` takes.

use std::path::PathBuf;

use clap::Args;

use super::Work;
use super::search::Columns;

/// `whoran watch`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  whoran watch 'os-user:root' --every 5m             pull the sources of whoran.toml, index, and tell what is new
  whoran watch '\"rm -rf\"' --logs logs/ --once        once, for cron

Each hit is told once, as a line of JSON, also when a second copy of its session comes later. What was told stands in
DIR/watch/NAME.json and is written once the lines are out: a watch that is killed in between tells them again, and
loses none. A hit that the index had before the watch began is not new.")]
pub(crate) struct Watch {
    /// What to find; nothing: everything
    #[arg(value_name = "QUERY")]
    pub(crate) query: Vec<String>,
    /// How long to wait between two looks
    #[arg(long, value_name = "TIME", default_value = "5m")]
    pub(crate) every: String,
    /// Look once and end
    #[arg(long, conflicts_with = "every")]
    pub(crate) once: bool,
    /// Files and folders to look into each time
    #[arg(long, value_name = "PATH")]
    pub(crate) logs: Vec<PathBuf>,
    /// What the watch is called [default: a name made from the query]
    #[arg(long, value_name = "NAME", value_parser = name)]
    pub(crate) name: Option<String>,
    /// When it begins, tell what the index has already, too
    #[arg(long)]
    pub(crate) all: bool,
    /// Time zone of times in the query, such as `Europe/Vienna` or `local` [default: TZ, else UTC]
    #[arg(long, value_name = "ZONE")]
    pub(crate) tz: Option<String>,
    #[cfg(feature = "aws")]
    #[command(flatten)]
    pub(crate) configured: super::Configured,
    #[command(flatten)]
    pub(crate) columns: Columns,
    #[command(flatten)]
    pub(crate) work: Work,
}

/// A name that is a file's in any folder.
fn name(text: &str) -> Result<String, String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if (1..=64).contains(&text.len()) && !text.starts_with('.') && text.chars().all(plain) {
        Ok(text.to_owned())
    } else {
        Err("a name is up to 64 letters, digits, dashes, dots and underscores".to_owned())
    }
}
