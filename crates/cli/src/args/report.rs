//! What `report` takes.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::Configured;
use super::detect::Rules;

/// `whoran report`
#[derive(Debug, Args)]
pub(crate) struct Report {
    #[command(subcommand)]
    pub(crate) what: What,
}

/// Reports.
#[derive(Debug, Subcommand)]
pub(crate) enum What {
    /// Evidence for the controls of a framework, and what evidence is missing
    Compliance(Compliance),
    /// All that happened in a time
    Activity(Activity),
    /// What one person did
    Person(Person),
    /// What happened on one node
    Node(Node),
    /// One session
    Session(Session),
    /// What was never there before: persons, nodes, OS users, programs
    Diff(Diff),
}

/// `whoran report compliance`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  whoran report compliance --framework pci --from 2026-01-01 --to 2026-03-31 -o pci-q1
  whoran report compliance --framework nist --from 90d --format json

A report is evidence, and never says that a control is met. What it goes by stands in [report] of whoran.toml:
  organization, retention_months, business_hours, time_zone, accounts, nodes, node_tags, critical_nodes,
  critical_tags, reviewers")]
pub(crate) struct Compliance {
    /// The framework
    #[arg(long, value_enum)]
    pub(crate) framework: Framework,
    /// The period's beginning: a date, a time, or an age such as `90d`
    #[arg(long, value_name = "TIME")]
    pub(crate) from: String,
    /// The period's end; a date counts whole [default: now]
    #[arg(long, value_name = "TIME")]
    pub(crate) to: Option<String>,
    /// How many sessions to draw by lot
    #[arg(long, value_name = "N", default_value_t = 25)]
    pub(crate) samples: usize,
    /// Read all of the archive again and compare it with its manifest
    #[arg(long)]
    pub(crate) verify: bool,
    #[command(flatten)]
    pub(crate) made: Made,
}

/// Frameworks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Framework {
    /// PCI DSS 4.0.1
    Pci,
    /// NIST SP 800-53 Rev. 5
    Nist,
    /// SOC 2, Trust Services Criteria
    Soc2,
    /// ISO/IEC 27001:2022, Annex A
    Iso27001,
    /// HIPAA Security Rule
    Hipaa,
}

/// A period.
#[derive(Debug, Args)]
pub(crate) struct Period {
    /// Sessions that began then or later: a date, a time, or an age such as `7d`
    #[arg(long, value_name = "TIME")]
    pub(crate) from: Option<String>,
    /// Sessions that began before that; a date counts whole
    #[arg(long, value_name = "TIME")]
    pub(crate) to: Option<String>,
}

/// `whoran report activity`
#[derive(Debug, Args)]
pub(crate) struct Activity {
    #[command(flatten)]
    pub(crate) period: Period,
    #[command(flatten)]
    pub(crate) made: Made,
}

/// `whoran report person`
#[derive(Debug, Args)]
pub(crate) struct Person {
    /// The person
    pub(crate) person: String,
    /// Also sessions in which only the caller gives that name, which proves nothing
    #[arg(long)]
    pub(crate) claimed: bool,
    #[command(flatten)]
    pub(crate) period: Period,
    #[command(flatten)]
    pub(crate) made: Made,
}

/// `whoran report node`
#[derive(Debug, Args)]
pub(crate) struct Node {
    /// The node: its id, its name, or the host name that prompts show
    pub(crate) node: String,
    #[command(flatten)]
    pub(crate) period: Period,
    #[command(flatten)]
    pub(crate) made: Made,
}

/// `whoran report session`
#[derive(Debug, Args)]
pub(crate) struct Session {
    /// Its id, or a beginning that no other has
    pub(crate) session: String,
    #[command(flatten)]
    pub(crate) made: Made,
}

/// `whoran report diff`
#[derive(Debug, Args)]
pub(crate) struct Diff {
    /// What is new is looked for from then on
    #[arg(long, value_name = "TIME")]
    pub(crate) from: String,
    /// And before that; a date counts whole [default: now]
    #[arg(long, value_name = "TIME")]
    pub(crate) to: Option<String>,
    #[command(flatten)]
    pub(crate) made: Made,
}

/// How a report is made.
#[derive(Debug, Args)]
#[command(next_help_heading = "Report")]
pub(crate) struct Made {
    /// Write it into a folder: a page, JSON, a CSV file for each table, and their hashes
    #[arg(long, short, value_name = "DIR")]
    pub(crate) output: Option<PathBuf>,
    /// Write over files that are there
    #[arg(long, requires = "output")]
    pub(crate) clobber: bool,
    /// Form of what is printed without a folder [default: its figures on a terminal, html when piped]
    #[arg(long, short, value_enum, conflicts_with = "output")]
    pub(crate) format: Option<ReportFormat>,
    /// Rows of a table at most
    #[arg(long, short = 'n', value_name = "N", default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) limit: u32,
    /// Give persons stable pseudonyms
    #[arg(long)]
    pub(crate) pseudonyms: bool,
    /// The time to take for now: the same archive, options and time give the same bytes
    #[arg(long, value_name = "TIME")]
    pub(crate) now: Option<String>,
    /// End with code 6 where something weighs at least so much
    #[arg(long, value_name = "WEIGHT", value_enum)]
    pub(crate) fail_on: Option<FailOn>,
    /// Time zone of times read, of times on the page and of business hours, such as `Europe/Vienna` or `local` [default:
    /// TZ, else UTC]
    #[arg(long, value_name = "ZONE")]
    pub(crate) tz: Option<String>,
    #[command(flatten)]
    pub(crate) configured: Configured,
    #[command(flatten)]
    pub(crate) rules: Rules,
}

/// Forms of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReportFormat {
    /// One page that stands alone
    Html,
    /// One JSON document
    Json,
}

/// What makes a report fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FailOn {
    /// Something that nothing explains
    Exception,
    /// Something to be looked at
    Attention,
}

impl What {
    pub(crate) fn made(&self) -> &Made {
        match self {
            Self::Compliance(args) => &args.made,
            Self::Activity(args) => &args.made,
            Self::Person(args) => &args.made,
            Self::Node(args) => &args.made,
            Self::Session(args) => &args.made,
            Self::Diff(args) => &args.made,
        }
    }
}
