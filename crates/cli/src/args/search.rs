//! What the verbs take that show commands.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::Output;
use crate::config::Config;
use crate::error::CommandError;

/// `whoran search`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  whoran search whoami
  whoran search 'os-user:root NOT command:exit' --since 7d
  whoran search -F 'rm -rf /' -C 3                   with 3 commands before and after each
  whoran search --around alice-0e34861185201706f#12  what was done before and after that command
  whoran search '/curl .*\\|\\s*(ba)?sh/' --not os-user:ssm-user -o hits.csv

`whoran help query` explains queries and lists their fields")]
pub(crate) struct Search {
    /// What to find; nothing: everything
    #[arg(value_name = "QUERY")]
    pub(crate) query: Vec<String>,
    /// A text to find exactly as it is, signs, spaces and letter case: `-F 'rm -rf /'`
    #[arg(long, short = 'F', value_name = "TEXT", allow_hyphen_values = true)]
    pub(crate) literal: Vec<String>,
    /// A regular expression to find: `-e 'curl .*\|\s*(ba)?sh'`
    #[arg(long, short = 'e', value_name = "PATTERN", allow_hyphen_values = true)]
    pub(crate) regex: Vec<String>,
    /// Leave out what meets this: `--not os-user:ssm-user`
    #[arg(long, value_name = "QUERY", allow_hyphen_values = true)]
    pub(crate) not: Vec<String>,
    /// Find any of many indicators, one a line: addresses, domains, hashes, key ids, commands; `#` begins a comment
    #[arg(long, value_name = "FILE")]
    pub(crate) ioc: Option<PathBuf>,
    /// Find where secrets were used: `-` reads them, one a line, from standard input, so that they stay out of your shell's
    /// history
    #[arg(long, value_name = "-")]
    pub(crate) secret: Option<String>,
    #[command(flatten)]
    pub(crate) window: Window,
    /// How many, newest first; 0 only counts them [default: 50 on a terminal, all when piped]
    #[arg(long, short = 'n', value_name = "N")]
    pub(crate) limit: Option<usize>,
    /// Show secrets as the logs hold them; `whoran audit` tells that you did
    #[arg(long)]
    pub(crate) unmask: bool,
    /// Which hits come first; `session` is by session id and place in it, as `parse` prints
    #[arg(long, value_enum, default_value_t = Order::Newest)]
    pub(crate) order: Order,
    /// One command instead of a query, and what was done before and after it
    #[arg(long, value_name = "SESSION#SEQ", conflicts_with_all = ["query", "literal", "regex", "not", "ioc", "secret", "since", "until", "limit"])]
    pub(crate) around: Option<String>,
    #[command(flatten)]
    pub(crate) context: Context,
    #[command(flatten)]
    pub(crate) columns: Columns,
    #[command(flatten)]
    pub(crate) output: Output,
}

/// `whoran show`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  whoran show alice-0e34
  whoran show alice-0e34#12              one command with all of its output, and what was around it
  whoran show alice-0e34 --text          what the terminal showed, without remarks and without cuts
  whoran show alice-0e34 --commands      what was entered, and nothing else")]
pub(crate) struct Show {
    /// The session's id, or as much of its beginning as no other has; `#SEQ` behind it is `--at SEQ`
    pub(crate) session: String,
    /// Only this command, with all of its output, and some around it
    #[arg(long, value_name = "SEQ", conflicts_with_all = ["text", "commands"])]
    pub(crate) at: Option<u32>,
    #[command(flatten)]
    pub(crate) context: Context,
    /// Prompts, commands and all of their output as plain text
    #[arg(long, conflicts_with_all = ["commands", "format", "profile"])]
    pub(crate) text: bool,
    /// Nothing but what was entered
    #[arg(long, conflicts_with_all = ["format", "profile"])]
    pub(crate) commands: bool,
    /// Show secrets as the logs hold them; `whoran audit` tells that you did
    #[arg(long)]
    pub(crate) unmask: bool,
    /// Print the bytes of its logs as they were recorded, secrets and all; `whoran audit` tells that you did
    #[arg(long, conflicts_with_all = ["unmask", "format", "profile", "at", "text", "commands"])]
    pub(crate) raw: bool,
    #[command(flatten)]
    pub(crate) reading: Reading,
    #[command(flatten)]
    pub(crate) columns: Columns,
    #[command(flatten)]
    pub(crate) output: Output,
}

/// `whoran timeline`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  whoran timeline --person alice --since 2026-03-01 --until 2026-03-02
  whoran timeline --node web-1 --os-user root
  whoran timeline '\"rm -rf\"' -o what-happened.csv

Calls are what CloudTrail recorded: sessions started, refused and ended, roles taken on, changes of tags and of
preferences. time_precision says what a time is: `second` the call's own, `batch` a command's upload (not later than),
`session` no more than that of its session (a command's: its end; a gap's: its start), `none` nothing is known.")]
pub(crate) struct Timeline {
    /// Only commands that meet this, and what is told of their sessions
    #[arg(value_name = "QUERY")]
    pub(crate) query: Vec<String>,
    /// What this person did
    #[arg(long, value_name = "NAME")]
    pub(crate) person: Option<String>,
    /// Also sessions of which only their caller says that they are the person's
    #[arg(long, requires = "person")]
    pub(crate) claimed: bool,
    /// What was done on this node: its id, its name, or the host name that prompts show
    #[arg(long, value_name = "NODE")]
    pub(crate) node: Option<String>,
    /// What was done as this OS user
    #[arg(long, value_name = "USER")]
    pub(crate) os_user: Option<String>,
    #[command(flatten)]
    pub(crate) window: Window,
    /// How many, earliest first [default: 1000 on a terminal, all when piped]
    #[arg(long, short = 'n', value_name = "N")]
    pub(crate) limit: Option<usize>,
    #[command(flatten)]
    pub(crate) reading: Reading,
    #[command(flatten)]
    pub(crate) columns: Columns,
    #[command(flatten)]
    pub(crate) output: Output,
}

/// `whoran facets`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  whoran facets person program
  whoran facets program 'os-user:root' --since 7d")]
pub(crate) struct Facets {
    /// Fields to count the values of, and then, where not all commands count, a query
    #[arg(value_name = "FIELD… [QUERY]", required = true)]
    pub(crate) words: Vec<String>,
    #[command(flatten)]
    pub(crate) window: Window,
    /// How many values of each field, the most frequent first
    #[arg(long, short = 'n', value_name = "N", default_value_t = 10)]
    pub(crate) limit: usize,
    #[command(flatten)]
    pub(crate) output: Output,
}

/// A stretch of time.
#[derive(Debug, Clone, Args)]
pub(crate) struct Window {
    /// Nothing before this: a date, a time, or an age such as `7d`
    #[arg(long, value_name = "TIME")]
    pub(crate) since: Option<String>,
    /// Nothing after this
    #[arg(long, value_name = "TIME")]
    pub(crate) until: Option<String>,
}

impl Window {
    /// Its bounds, where it has any.
    pub(crate) fn bounds(
        &self,
        config: &Config,
        tz: &TimeZone,
    ) -> Result<[Option<Timestamp>; 2], CommandError> {
        let time = |text: &Option<String>, end| text.as_deref().map(|t| config.time(t, tz, end)).transpose();
        Ok([time(&self.since, false)?, time(&self.until, true)?])
    }
}

/// How many commands around each.
#[derive(Debug, Clone, Copy, Args)]
#[command(next_help_heading = "Context")]
pub(crate) struct Context {
    /// Also N commands after each
    #[arg(long, short = 'A', value_name = "N")]
    pub(crate) after_context: Option<u32>,
    /// Also N commands before each
    #[arg(long, short = 'B', value_name = "N")]
    pub(crate) before_context: Option<u32>,
    /// Also N commands before and after each
    #[arg(long, short = 'C', value_name = "N")]
    pub(crate) context: Option<u32>,
}

impl Context {
    /// Before and after; nothing where none was asked for.
    pub(crate) fn asked(&self) -> Option<(u32, u32)> {
        let (before, after) = (self.before_context.or(self.context), self.after_context.or(self.context));
        (before, after).ne(&(None, None)).then(|| (before.unwrap_or(0), after.unwrap_or(0)))
    }
}

/// How long text meets the terminal.
#[derive(Debug, Clone, Copy, Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct Reading {
    /// Do not hand text to a pager [default on a terminal: PAGER, else `less -R`]
    #[arg(long)]
    pub(crate) no_pager: bool,
}

/// Which columns rows have.
#[derive(Debug, Clone, Copy, Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct Columns {
    /// Which keys rows of json, jsonl and csv have [default: all of json and jsonl, `standard` of csv]
    #[arg(long, value_enum, value_name = "NAME")]
    pub(crate) profile: Option<Profile>,
}

/// Named sets of columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Profile {
    /// When, who, as whom, where, what
    Minimal,
    /// All but long texts
    Standard,
    /// All there is
    Verbose,
    /// What Timesketch imports: message, datetime, timestamp_desc and the standard columns
    Timesketch,
}

/// Orders of hits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Order {
    /// By time, latest first
    Newest,
    /// By session id and place in it
    Session,
}
