//! What the verbs take that hold rules against sessions, and those that make a case of them.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use whoran_model::{Level, ReviewVerdict};

use super::Output;

/// `whoran detect`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  whoran detect                                      our own rules, on everything that is indexed
  whoran detect 'person:alice' --min-level medium    on what she did
  whoran detect --rules sigma/rules/linux --fail-on high
  whoran detect --rules sigma/rules/linux --list     which rules there are, and which can never fire here

Rules are Sigma rules (YAML), in files and folders. One that cannot be read is named with its place and counted; the
others are held against every session. Each finding says why, and who wrote the rule.")]
pub(crate) struct Detect {
    /// Only commands that meet this, and their sessions; nothing: everything
    #[arg(value_name = "QUERY")]
    pub(crate) query: Vec<String>,
    #[command(flatten)]
    pub(crate) rules: Rules,
    /// Say nothing of what is less
    #[arg(long, value_name = "LEVEL", value_parser = level())]
    pub(crate) min_level: Option<Level>,
    /// End with code 6 where something of this level or a higher one is found
    #[arg(long, value_name = "LEVEL", value_parser = level())]
    pub(crate) fail_on: Option<Level>,
    /// List the rules instead: how many load, how many can ever fire, and why the others cannot
    #[arg(long, conflicts_with_all = ["query", "fail_on"])]
    pub(crate) list: bool,
    #[command(flatten)]
    pub(crate) output: Output,
}

/// Which rules.
#[derive(Debug, Args)]
#[command(next_help_heading = "Rules")]
pub(crate) struct Rules {
    /// A file or folder of Sigma rules, beside our own
    #[arg(long, value_name = "PATH")]
    pub(crate) rules: Vec<PathBuf>,
    /// Leave our own rules out
    #[arg(long, requires = "rules")]
    pub(crate) no_built_in: bool,
}

/// `whoran review`
#[derive(Debug, Args)]
pub(crate) struct Review {
    #[command(subcommand)]
    pub(crate) what: ReviewVerb,
}

impl Review {
    /// How the verb is to print, where it prints rows.
    pub(crate) fn output(&self) -> Option<&Output> {
        match &self.what {
            ReviewVerb::Add(_) => None,
            ReviewVerb::List(args) => Some(&args.output),
        }
    }
}

/// What to do with reviews.
#[derive(Debug, Subcommand)]
pub(crate) enum ReviewVerb {
    /// Sign off sessions or commands, in the audit log
    Add(ReviewAdd),
    /// List what was signed off, by whom and when
    List(ReviewList),
}

/// `whoran review add`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  whoran review add alice-0e34 --verdict benign --note 'change 4711, as agreed'
  whoran review add alice-0e34#12 --verdict suspicious --note 'why that file?'
  whoran review add 'program:curl since:7d' --verdict benign --note 'all to our own mirror'

A session is signed off as a whole, as long as it has no more commands than today. A query signs off the commands that
it finds, and no others. Nothing is ever taken back: who thinks otherwise later adds another review, and the last one
counts.")]
pub(crate) struct ReviewAdd {
    /// Sessions by id or its beginning, commands as SESSION#SEQ, or else a query
    #[arg(value_name = "SESSION|QUERY", required = true)]
    pub(crate) what: Vec<String>,
    /// What it was found to be
    #[arg(long, value_parser = verdict())]
    pub(crate) verdict: ReviewVerdict,
    /// Why, in your words; secrets in it are masked
    #[arg(long, value_name = "TEXT")]
    pub(crate) note: String,
    /// Time zone of times in the query [default: TZ, else UTC]
    #[arg(long, value_name = "ZONE")]
    pub(crate) tz: Option<String>,
}

/// `whoran review list`
#[derive(Debug, Args)]
pub(crate) struct ReviewList {
    /// Of this session, by its id or the beginning of it
    #[arg(value_name = "SESSION")]
    pub(crate) session: Option<String>,
    #[command(flatten)]
    pub(crate) output: Output,
}

/// `whoran evidence`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  whoran evidence alice-0e34 -o case-4711
  whoran evidence 'person:alice since:2026-11-01' -o case-4711 --with-raw
  whoran verify case-4711.tar.zst

Makes the folder and, beside it, the same as an archive (.tar.zst). In it: index.html to read; commands, sessions,
calls of CloudTrail, findings, reviews and the archive's manifest lines as JSON lines; SHA256SUMS. A query takes the
sessions in which it finds something, whole. With --now the same input gives the same bytes.")]
pub(crate) struct Evidence {
    /// Sessions by id or its beginning, or else a query
    #[arg(value_name = "SESSION|QUERY", required = true)]
    pub(crate) what: Vec<String>,
    /// The folder to make; nothing may be there yet
    #[arg(long, short, value_name = "DIR")]
    pub(crate) output: PathBuf,
    /// Also the raw logs, secrets and all; `whoran audit` tells that you did
    #[arg(long)]
    pub(crate) with_raw: bool,
    #[command(flatten)]
    pub(crate) rules: Rules,
    /// The time to be noted as the one at which it was made [default: now]
    #[arg(long, value_name = "TIME")]
    pub(crate) now: Option<String>,
    /// Time zone of times in the query [default: TZ, else UTC]
    #[arg(long, value_name = "ZONE")]
    pub(crate) tz: Option<String>,
}

/// A word of these that is read as `T`.
fn words<T>(words: impl IntoIterator<Item = &'static str>) -> impl clap::builder::TypedValueParser<Value = T>
where
    T: std::str::FromStr<Err = whoran_model::UnknownWord> + Clone + Send + Sync + 'static,
{
    use clap::builder::{PossibleValuesParser, TypedValueParser};
    PossibleValuesParser::new(words).try_map(|word| word.parse::<T>())
}

fn level() -> impl clap::builder::TypedValueParser<Value = Level> {
    words(Level::ALL.map(Level::as_str))
}

fn verdict() -> impl clap::builder::TypedValueParser<Value = ReviewVerdict> {
    words(ReviewVerdict::ALL.map(ReviewVerdict::as_str))
}
