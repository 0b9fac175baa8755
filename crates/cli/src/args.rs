//! The command line as typed.

pub(crate) mod detect;
#[cfg(feature = "aws")]
pub(crate) mod pull;
pub(crate) mod report;
pub(crate) mod search;
pub(crate) mod watch;

use std::path::PathBuf;

use clap::error::{ContextKind, ContextValue};
use clap::{Args, ColorChoice, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};

use crate::exit;

/// Who ran what, as which OS user, on which machine, and how do you know?
///
/// Reads AWS Session Manager logs and answers from them.
#[derive(Debug, Parser)]
#[command(name = "whoran", version, after_help = exit::HELP, max_term_width = 100, disable_help_subcommand = true)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

impl Cli {
    /// Reads the process's command line, which `words` are in text. Help and mistakes are coloured as it asks.
    pub(crate) fn read(words: &[String]) -> Result<Self, clap::Error> {
        let matches = Self::command().color(asked_color(words)).try_get_matches().map_err(with_deeper)?;
        Self::from_arg_matches(&matches)
    }
}

/// The mistake with a tip more, where what is no verb is one's subcommand: `diff`, which is `report diff`.
fn with_deeper(mut mistake: clap::Error) -> clap::Error {
    let Some(ContextValue::String(word)) = mistake.get(ContextKind::InvalidSubcommand) else {
        return mistake;
    };
    let command = Cli::command();
    let mut verbs = command.get_subcommands();
    let Some(verb) = verbs.find(|verb| verb.find_subcommand(word).is_some()) else { return mistake };
    let mut tips = vec![format!("{} {word}", verb.get_name())];
    if let Some(ContextValue::Strings(known)) = mistake.get(ContextKind::SuggestedSubcommand) {
        tips.extend(known.iter().filter(|known| known.starts_with(word.as_str())).cloned());
    }
    mistake.insert(ContextKind::SuggestedSubcommand, ContextValue::Strings(tips));
    mistake
}

/// What `--color` says before anything is parsed: help ends parsing wherever it stands.
fn asked_color(words: &[String]) -> ColorChoice {
    let own = words.iter().take_while(|word| *word != "--");
    let behind = words.iter().skip(1);
    let asked = own.zip(behind.map(Some).chain([None])).filter_map(|(word, next)| match word.as_str() {
        "--color" => next.map(String::as_str),
        word => word.strip_prefix("--color="),
    });
    match asked.last() {
        Some("always") => ColorChoice::Always,
        Some("never") => ColorChoice::Never,
        _ => ColorChoice::Auto,
    }
}

/// What every verb takes.
#[derive(Debug, Args)]
#[command(next_help_heading = "Everywhere")]
pub(crate) struct Global {
    /// Directory of archive and index [default: the platform's data directory; env: WHORAN_DATA]
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// Print nothing on stderr but errors
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,
    /// Colour in what is printed; `auto` is on a terminal, unless NO_COLOR is set
    #[arg(long, global = true, value_name = "WHEN", value_enum, default_value_t = Color::Auto)]
    pub(crate) color: Color,
}

/// When to colour.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// On a terminal
    #[default]
    Auto,
    /// Everywhere
    Always,
    /// Nowhere
    Never,
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Read logs, and remember who ran what
    Index(Index),
    /// Fetch logs from S3 and CloudWatch Logs into the archive
    #[cfg(feature = "aws")]
    Pull(pull::Pull),
    /// Pull from all sources of whoran.toml, then index
    #[cfg(feature = "aws")]
    Sync(pull::Sync),
    /// Find commands
    Search(search::Search),
    /// Show one session as a person would read it
    Show(search::Show),
    /// Tell what happened, in order: commands of many sessions, calls and gaps
    Timeline(search::Timeline),
    /// Count who, what and where: how often each value of a field is there
    Facets(search::Facets),
    /// Ask a query again and again, and tell what is new
    Watch(watch::Watch),
    /// List sessions: when, for how long, from where, why
    Sessions(Sessions),
    /// List who worked as which OS user on which node
    Who(Who),
    /// Draw who worked as which OS user on which node
    Graph(Graph),
    /// List who may start sessions where, who did, and who was refused
    Access(Access),
    /// Compare the OS user each session was owed with the one it used
    Runas(Runas),
    /// List what should be in the record and is not, and why
    Coverage(Coverage),
    /// List who is behind each OS user of each node
    Shared(Shared),
    /// Tell what the session documents mean for the record, and what would mend it
    Doctor(Doctor),
    /// Hold sessions against Sigma rules, our own and others
    Detect(detect::Detect),
    /// Sign off sessions and commands, and list what was signed off
    Review(detect::Review),
    /// Make a folder of evidence that can be checked anywhere
    Evidence(detect::Evidence),
    /// Make a report: evidence for a framework's controls, activity to hand over, what is new
    Report(report::Report),
    /// Tell what is indexed, how much, and what was left out
    Status(Status),
    /// Extract commands from logs without an index
    Parse(Parse),
    /// Check that the archive, or a folder of evidence, is as it was made
    Verify(Verify),
    /// Write a log's original bytes to standard output
    Cat(Cat),
    /// Take old logs out of archive and index, on the record
    Prune(Prune),
    /// Make the index anew from the archive and the files it names
    Rebuild(Rebuild),
    /// Tell who used whoran here, for what, and who saw secrets
    Audit(Audit),
    /// Write a whoran.toml to begin with, from the account's session preferences where they can be read
    #[cfg(feature = "aws")]
    Init(pull::Init),
    /// Print the least IAM policy that pulling takes
    #[cfg(feature = "aws")]
    Policy(pull::Policy),
    /// Print a completion script for a shell
    Completions(Completions),
    /// Explain a verb, or `query`: what a query can say
    Help(Help),
}

/// `whoran help`
#[derive(Debug, Args)]
pub(crate) struct Help {
    /// A verb, or `query`
    pub(crate) topic: Option<String>,
}

impl Verb {
    /// How the verb is to print, where it prints rows.
    pub(crate) fn output(&self) -> Option<&Output> {
        match self {
            Self::Index(args) => Some(&args.output),
            #[cfg(feature = "aws")]
            Self::Pull(args) => Some(&args.output),
            #[cfg(feature = "aws")]
            Self::Sync(args) => Some(&args.output),
            Self::Search(args) => Some(&args.output),
            Self::Show(args) => Some(&args.output),
            Self::Timeline(args) => Some(&args.output),
            Self::Facets(args) => Some(&args.output),
            Self::Sessions(args) => Some(&args.output),
            Self::Who(args) => Some(&args.output),
            Self::Access(args) => Some(&args.output),
            Self::Runas(args) => Some(&args.output),
            Self::Coverage(args) => Some(&args.output),
            Self::Shared(args) => Some(&args.output),
            Self::Doctor(args) => Some(&args.output),
            Self::Detect(args) => Some(&args.output),
            Self::Review(args) => args.output(),
            Self::Status(args) => Some(&args.output),
            Self::Parse(args) => Some(&args.output),
            Self::Verify(args) => Some(&args.output),
            Self::Audit(args) => Some(&args.output),
            #[cfg(feature = "aws")]
            Self::Init(_) | Self::Policy(_) => None,
            Self::Watch(_)
            | Self::Evidence(_)
            | Self::Report(_)
            | Self::Help(_)
            | Self::Graph(_)
            | Self::Cat(_)
            | Self::Prune(_)
            | Self::Rebuild(_)
            | Self::Completions(_) => None,
        }
    }
}

/// `whoran index`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  whoran index logs/              everything below a folder, any depth, .gz and .zst too
  zcat old.gz | whoran index -    standard input, kept in the archive
  whoran index                    what the archive has and folders indexed before")]
pub(crate) struct Index {
    /// Files and folders; `-` is standard input; none: what was indexed before
    #[arg(value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) work: Work,
    /// Wait for another whoran that is writing to the same data directory
    #[arg(long)]
    pub(crate) wait: bool,
    /// Say on stderr where the time went, in one line: seconds, and those that all threads together spent in each stage
    #[arg(long, value_enum, value_name = "FORM")]
    pub(crate) stats: Option<Stats>,
    #[command(flatten)]
    pub(crate) output: Output,
}

/// How to say where the time went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Stats {
    /// A JSON object.
    Json,
}

/// `whoran sessions`
#[derive(Debug, Args)]
pub(crate) struct Sessions {
    #[command(flatten)]
    pub(crate) output: Output,
}

/// `whoran who`
#[derive(Debug, Args)]
pub(crate) struct Who {
    #[command(flatten)]
    pub(crate) output: Output,
}

/// `whoran graph`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  whoran graph > who.mmd
  whoran graph --format dot | dot -Tsvg > who.svg")]
pub(crate) struct Graph {
    /// Language of the drawing
    #[arg(long, short, value_enum, default_value_t = Drawing::Mermaid)]
    pub(crate) format: Drawing,
}

/// Languages of a drawing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Drawing {
    /// Graphviz
    Dot,
    /// Mermaid
    Mermaid,
}

/// `whoran access`
#[derive(Debug, Args)]
#[command(after_help = "\
Answers from CloudTrail, and from IAM and the inventory as the AWS CLI prints them; index those files with the logs:
  aws iam get-account-authorization-details > iam.json
  aws ssm describe-instance-information > nodes-111122223333-eu-west-1.json
  aws ec2 describe-instances > instances.json

`granted` is what the policies of users, groups and roles and their permission boundaries say. Service control
policies, and policies on resources and sessions, are not evaluated.

With --at, policies are those of the last look until then; where the next look shows others, a verdict is `conditional`
and says between which times it changed. Changes of tags that CloudTrail recorded count from their time on.")]
pub(crate) struct Access {
    /// What was so then, as `2026-03-01T14:30` (a day: at its end), and used or refused until then
    #[arg(long, value_name = "TIME")]
    pub(crate) at: Option<String>,
    /// Also pairs that no policy allows and nobody tried
    #[arg(long)]
    pub(crate) all: bool,
    #[command(flatten)]
    pub(crate) output: Output,
}

/// `whoran runas`
#[derive(Debug, Args)]
#[command(after_help = "\
Answers from CloudTrail (StartSession, TagUser, TagRole, …), from IAM, and from the session preferences:
  aws iam get-account-authorization-details > iam.json
  aws ssm get-document --name SSM-SessionManagerRunShell > preferences-111122223333-eu-west-1.json

A file that does not say of which account and region it is says it by its name or a folder's. One that does not say
when it was taken down says it by a time in its name, such as 20250304T101532Z, else by its own.")]
pub(crate) struct Runas {
    #[command(flatten)]
    pub(crate) output: Output,
}

/// `whoran coverage`
#[derive(Debug, Args)]
#[command(after_help = "\
What is missing:
  no-log              the session started, and there is no log of it
  no-start            there is a log, and CloudTrail has no start
  no-end              the log stops, and nothing says when the session ended
  no-s3-copy          the preferences promise a transcript, and only the CloudWatch copy is there
  no-cloudwatch-copy  the preferences promise a CloudWatch copy, and only the transcript is there

Why:
  unexplained         nothing known explains it; these come first
  outside-range       no logs, or no CloudTrail, of that account, region and time were given
  tunnel              a port, SSH or SCP tunnel: what goes through is never logged
  logging-off         the session document in force logs nowhere
  routed-elsewhere    a document of the caller's choice logs elsewhere, or nowhere
  run-as-failure      it did not start for want of the OS user
  failed-to-start     it did not start, for another reason
  still-open          logs come at its end
  node-gone           the node was gone later, and with it what it had not uploaded
  no-output           it ended as soon as it had begun

Starts come from CloudTrail, promises from the session preferences; whoran runas --help says which files have them.")]
pub(crate) struct Coverage {
    #[command(flatten)]
    pub(crate) output: Output,
}

/// `whoran shared`
#[derive(Debug, Args)]
pub(crate) struct Shared {
    /// Also OS users with only one person behind them
    #[arg(long)]
    pub(crate) all: bool,
    #[command(flatten)]
    pub(crate) output: Output,
}

/// `whoran doctor`
#[derive(Debug, Args)]
pub(crate) struct Doctor {
    #[command(flatten)]
    pub(crate) output: Output,
}

/// `whoran status`
#[derive(Debug, Args)]
pub(crate) struct Status {
    #[command(flatten)]
    pub(crate) output: Output,
}

/// `whoran parse`
#[derive(Debug, Args)]
pub(crate) struct Parse {
    /// Files and folders; `-` is standard input
    #[arg(value_name = "PATH", required = true)]
    pub(crate) paths: Vec<PathBuf>,
    /// Mask secrets, as `index` always does
    #[arg(long)]
    pub(crate) mask: bool,
    #[command(flatten)]
    pub(crate) work: Work,
    #[command(flatten)]
    pub(crate) columns: search::Columns,
    #[command(flatten)]
    pub(crate) output: Output,
}

/// `whoran verify`
#[derive(Debug, Args)]
#[command(after_help = "\
Reads every log of the archive and compares it with the manifest, whose lines are a chain of hashes.
A chain beside the data proves nothing against its owner, who can write both anew. Keep the head that
index, pull and verify print elsewhere, and give it back here.

With a PATH it checks a folder that `whoran evidence` made, or the archive of one, against the hashes in it, and needs
nothing else: each file that was changed, is missing or was added is named.")]
pub(crate) struct Verify {
    /// A folder or archive of evidence instead of the archive of logs
    #[arg(value_name = "PATH")]
    pub(crate) path: Option<PathBuf>,
    /// A manifest head that was kept elsewhere; with PATH, the hash that `whoran evidence` printed
    #[arg(long, value_name = "HASH", value_parser = head)]
    pub(crate) head: Option<String>,
    #[command(flatten)]
    pub(crate) output: Output,
}

/// `whoran cat`
#[derive(Debug, Args)]
pub(crate) struct Cat {
    /// The log's name, as evidence and `status` give it, or a part that no other name has
    pub(crate) log: String,
}

/// `whoran prune`
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  whoran prune --older-than 400d --dry-run

A log is as old as its last event or its last change in the bucket; where nobody says, as when it was
read. The manifest keeps its line and gets another that says what went and when; verify tells the two
apart from a loss. A pruned log is not pulled again unless it changes. Files and folders that were indexed in place are their owner's and stay.")]
pub(crate) struct Prune {
    /// What goes: all from before this; an age such as `400d`, a date, or a time
    #[arg(long, value_name = "TIME")]
    pub(crate) older_than: String,
    /// Only print the names of the logs that would go, and change nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    #[command(flatten)]
    pub(crate) work: Work,
    /// Wait for another whoran that is writing to the same data directory
    #[arg(long)]
    pub(crate) wait: bool,
}

/// `whoran rebuild`
#[derive(Debug, Args)]
pub(crate) struct Rebuild {
    /// Go on although files are gone that were indexed where they lay: what they held is lost
    #[arg(long)]
    pub(crate) drop_vanished: bool,
    #[command(flatten)]
    pub(crate) work: Work,
    /// Wait for another whoran that is writing to the same data directory
    #[arg(long)]
    pub(crate) wait: bool,
}

/// `whoran audit`
#[derive(Debug, Args)]
#[command(after_help = "\
Every verb that shows what is kept writes a line first: when, who by the operating system's word, on which machine,
the command line, and whether it could see what masking hides. Lines are a chain of hashes; a head that was kept
elsewhere shows that none was cut off the end.")]
pub(crate) struct Audit {
    /// An audit head that was kept elsewhere
    #[arg(long, value_name = "HASH", value_parser = head)]
    pub(crate) head: Option<String>,
    #[command(flatten)]
    pub(crate) output: Output,
}

/// `whoran completions`
#[derive(Debug, Args)]
pub(crate) struct Completions {
    /// The shell
    pub(crate) shell: clap_complete::Shell,
}

/// Where sources and what reports go by are written down once.
#[derive(Debug, Args)]
pub(crate) struct Configured {
    /// Configuration file [default: whoran.toml here, else in the platform's configuration directory]
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

/// How much of the machine to use.
#[derive(Debug, Args)]
#[command(next_help_heading = "Limits")]
pub(crate) struct Work {
    /// Threads [default: one for each processor]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) threads: Option<u16>,
    /// Memory to aim at, such as `512M` or `2G`
    #[arg(long, value_name = "SIZE", value_parser = size, default_value = "1G")]
    pub(crate) memory: u64,
    /// Where to stop decompressing one log
    #[arg(long, value_name = "SIZE", value_parser = size, default_value = "4G")]
    pub(crate) max_decompressed: u64,
}

/// How to print.
#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct Output {
    /// Form of the result [default: table on a terminal, jsonl when piped; in a file as its name ends]
    #[arg(long, short, value_enum)]
    pub(crate) format: Option<Format>,
    /// Write the result to a file that only you can read; one that is there stays as it is
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Write over a file that is there
    #[arg(long, requires = "output")]
    pub(crate) clobber: bool,
    /// Time zone of times read and of times in tables, such as `Europe/Vienna` or `local` [default: TZ, else UTC]
    #[arg(long, value_name = "ZONE")]
    pub(crate) tz: Option<String>,
}

/// Forms of a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people
    Table,
    /// One JSON object a line
    Jsonl,
    /// One JSON array
    Json,
    /// For spreadsheets
    Csv,
}

/// A hash as heads are printed.
fn head(text: &str) -> Result<String, String> {
    let hex = text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit());
    if hex { Ok(text.to_ascii_lowercase()) } else { Err("a head is 64 hexadecimal digits".to_owned()) }
}

/// `512`, `64K`, `1.5G`, `2GiB`: powers of 1024; with `B` alone, as in `10MB`, powers of 1000.
fn size(text: &str) -> Result<u64, String> {
    let wrong = || format!("{text:?} is no size; write it like 512M or 2G");
    let unit = text.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
    let number: f64 = text[..text.len() - unit.len()].parse().map_err(|_| wrong())?;
    let (prefix, base) = match unit.to_ascii_lowercase().as_str() {
        "" | "b" => return Ok(number as u64),
        u if u.len() == 1 => (u.to_owned(), 1024_f64),
        u => match (u.strip_suffix("ib"), u.strip_suffix('b')) {
            (Some(p), _) => (p.to_owned(), 1024.0),
            (None, Some(p)) => (p.to_owned(), 1000.0),
            _ => return Err(wrong()),
        },
    };
    let power = ["k", "m", "g", "t"].iter().position(|p| *p == prefix).ok_or_else(wrong)?;
    Ok((number * base.powi(power as i32 + 1)) as u64)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_definition_holds_together() {
        Cli::command().debug_assert();
    }

    #[test]
    fn sizes_are_read_as_people_write_them() {
        for (text, bytes) in [
            ("512", 512),
            ("1K", 1024),
            ("1.5k", 1536),
            ("2GiB", 2 << 30),
            ("10MB", 10_000_000),
            ("1t", 1 << 40),
        ] {
            assert_eq!(size(text), Ok(bytes), "{text}");
        }
        for text in ["", "M", "1X", "1.2.3", "-1", "1KiX", "∞"] {
            assert!(size(text).is_err(), "{text}");
        }
    }
}
