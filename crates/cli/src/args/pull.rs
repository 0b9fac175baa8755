//! What the verbs take that pull from AWS.

use clap::{Args, ValueEnum};

use super::{Configured, Output, Work};

/// `whoran pull`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  whoran pull s3://session-logs/ssm/
  whoran pull cloudwatch:/ssm/sessions --region eu-west-1
  whoran pull cloudwatch:/ssm/sessions --session alice-0e34861185201706f
  whoran pull cloudtrail          who started sessions: CloudTrail's last 90 days
  whoran pull context             users, roles, policies, session documents, sessions and nodes, as they are now
  whoran pull                     all sources of whoran.toml")]
pub(crate) struct Pull {
    /// s3://BUCKET/PREFIX, cloudwatch:GROUP, a log group's ARN, cloudtrail or context; none: the sources of whoran.toml
    #[arg(value_name = "SOURCE")]
    pub(crate) sources: Vec<String>,
    #[command(flatten)]
    pub(crate) remote: Remote,
    /// Only this session's log stream
    #[arg(long, value_name = "ID", requires = "sources")]
    pub(crate) session: Option<String>,
    /// Wait for another whoran that is writing to the same data directory
    #[arg(long)]
    pub(crate) wait: bool,
    #[command(flatten)]
    pub(crate) configured: Configured,
    #[command(flatten)]
    pub(crate) output: Output,
}

/// `whoran sync`
#[derive(Debug, Args)]
pub(crate) struct Sync {
    #[command(flatten)]
    pub(crate) configured: Configured,
    #[command(flatten)]
    pub(crate) work: Work,
    /// Wait for another whoran that is writing to the same data directory
    #[arg(long)]
    pub(crate) wait: bool,
    #[command(flatten)]
    pub(crate) output: Output,
}

/// `whoran init`
#[derive(Debug, Args)]
pub(crate) struct Init {
    #[command(flatten)]
    pub(crate) configured: Configured,
    #[command(flatten)]
    pub(crate) access: Login,
}

/// `whoran policy`
#[derive(Debug, Args)]
pub(crate) struct Policy {
    /// As for `pull`; none: the sources of whoran.toml
    #[arg(value_name = "SOURCE")]
    pub(crate) sources: Vec<String>,
    /// ARN of a KMS key that logs are encrypted with
    #[arg(long, value_name = "ARN")]
    pub(crate) kms_key: Vec<String>,
    #[command(flatten)]
    pub(crate) remote: Remote,
    #[command(flatten)]
    pub(crate) configured: Configured,
}

/// Which logs of a source, and how to get there.
#[derive(Debug, Args)]
#[command(next_help_heading = "Source")]
pub(crate) struct Remote {
    /// Which logs: those of sessions, those of CloudTrail, or both
    #[arg(long, value_enum, default_value_t = Kind::Auto)]
    pub(crate) kind: Kind,
    #[command(flatten)]
    pub(crate) access: Login,
    /// Requests a second at most [default: what AWS allows everywhere]
    #[arg(long, value_name = "N", value_parser = rate)]
    pub(crate) requests_per_second: Option<f64>,
    /// Pay for reading a bucket whose owner does not
    #[arg(long)]
    pub(crate) requester_pays: bool,
}

/// As whom, and through which door.
#[derive(Debug, Args)]
#[command(next_help_heading = "Source")]
pub(crate) struct Login {
    /// Profile of the AWS configuration files [env: AWS_PROFILE]
    #[arg(long, value_name = "NAME")]
    pub(crate) profile: Option<String>,
    /// Region [env: AWS_REGION]
    #[arg(long, value_name = "REGION")]
    pub(crate) region: Option<String>,
    /// Endpoint in place of AWS's own [env: AWS_ENDPOINT_URL]
    #[arg(long, value_name = "URL")]
    pub(crate) endpoint_url: Option<String>,
    /// Role to take on
    #[arg(long, value_name = "ARN")]
    pub(crate) assume_role: Option<String>,
    /// What the role's trust policy asks for
    #[arg(long, value_name = "ID", requires = "assume_role")]
    pub(crate) external_id: Option<String>,
}

/// Which logs of a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kind {
    /// Both
    Auto,
    /// Session logs
    Sessions,
    /// CloudTrail logs
    Cloudtrail,
}

/// A rate that is one.
fn rate(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(rate) if (0.01..=100_000.0).contains(&rate) => Ok(rate),
        _ => Err(format!("{text:?} is no rate; write it like 5 or 0.5")),
    }
}
