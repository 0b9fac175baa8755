//! Where logs are and how to get there, as people write it.

use std::fmt;
use std::str::FromStr;

use whoran_model::SessionId;

use super::arn;

/// A place in AWS that logs are pulled from.
#[derive(Debug, Clone, PartialEq)]
pub struct Remote {
    /// Where.
    pub location: Location,
    /// As whom, and through which door.
    pub access: Access,
    /// Which logs of it.
    pub kind: Kind,
    /// Only this session's stream of a log group.
    pub session: Option<SessionId>,
    /// How many requests to send in a second at most, where not the service's own default.
    pub requests_per_second: Option<f64>,
    /// Whether the bucket's reader pays.
    pub requester_pays: bool,
}

impl Remote {
    /// All that lies at a location, with the caller's own credentials.
    pub fn new(location: Location) -> Self {
        Self {
            location,
            access: Access::default(),
            kind: Kind::Auto,
            session: None,
            requests_per_second: None,
            requester_pays: false,
        }
    }
}

/// As whom to ask, and through which door; what is not given comes by the SDK's own chain.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Access {
    /// A profile of the AWS configuration files.
    pub profile: Option<String>,
    /// The region.
    pub region: Option<String>,
    /// The endpoint of every service.
    pub endpoint_url: Option<String>,
    /// The ARN of a role to take on.
    pub assume_role: Option<String>,
    /// What that role's trust policy asks for as `sts:ExternalId`.
    pub external_id: Option<String>,
}

/// Which logs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Kind {
    /// Everything but what CloudTrail keeps beside its logs: digests and insights.
    #[default]
    Auto,
    /// Session logs.
    Sessions,
    /// CloudTrail logs.
    CloudTrail,
}

/// A bucket, a log group, or what an account says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Location {
    /// Objects under a prefix.
    S3 {
        /// The bucket's name, or an access point's ARN.
        bucket: String,
        /// What every key begins with.
        prefix: String,
    },
    /// The streams of a log group.
    LogGroup {
        /// The group's name.
        name: String,
        /// Its account and region, where it was named by its ARN.
        of: Option<(String, String)>,
    },
    /// The calls of the last 90 days that CloudTrail keeps of every account, in the region in use.
    CloudTrail,
    /// Users, roles and policies of the account, and session documents, sessions and nodes of the region in use, as
    /// they are now.
    Context,
}

impl Location {
    /// The region it is in, where it says so itself.
    pub(super) fn region(&self) -> Option<&str> {
        match self {
            Self::LogGroup { of: Some((_, region)), .. } => Some(region),
            _ => None,
        }
    }
}

impl FromStr for Location {
    type Err = String;

    /// Reads `s3://bucket/prefix`, `cloudwatch:GROUP`, a log group's ARN with or without `cloudwatch:` before it,
    /// `cloudtrail` or `context`.
    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "cloudtrail" => return Ok(Self::CloudTrail),
            "context" => return Ok(Self::Context),
            _ => {}
        }
        let wrong = || {
            format!(
                "{text:?} is no place to pull from; write it like s3://bucket/prefix, cloudwatch:GROUP, \
                 arn:aws:logs:REGION:ACCOUNT:log-group:GROUP, cloudtrail or context"
            )
        };
        if let Some(rest) = text.strip_prefix("s3://") {
            let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
            return match bucket {
                "" => Err(wrong()),
                _ => Ok(Self::S3 { bucket: bucket.into(), prefix: prefix.into() }),
            };
        }
        let group = text.strip_prefix("cloudwatch:");
        let group = group.or_else(|| Some(text).filter(|t| t.starts_with("arn:"))).ok_or_else(wrong)?;
        let Some(arn) = group.strip_prefix("arn:") else {
            // The characters CloudWatch Logs takes in a group's name.
            let plain = |c: char| c.is_ascii_alphanumeric() || "_-/.#".contains(c);
            return match group {
                "" => Err(wrong()),
                _ if group.chars().all(plain) => Ok(Self::LogGroup { name: group.into(), of: None }),
                _ => Err(wrong()),
            };
        };
        let mut parts = arn.splitn(6, ':').skip(1);
        match [parts.next(), parts.next(), parts.next(), parts.next(), parts.next()] {
            [Some("logs"), Some(region), Some(account), Some("log-group"), Some(name)]
                if !name.is_empty() =>
            {
                let name = name.strip_suffix(":*").unwrap_or(name).into();
                Ok(Self::LogGroup { name, of: Some((account.into(), region.into())) })
            }
            _ => Err(wrong()),
        }
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::S3 { bucket, prefix } => write!(f, "s3://{bucket}/{prefix}"),
            Self::LogGroup { name, of: None } => write!(f, "cloudwatch:{name}"),
            Self::LogGroup { name, of: Some((account, region)) } => {
                let arn = arn::log_group(arn::partition(Some(region)), region, account, name);
                write!(f, "cloudwatch:{arn}")
            }
            Self::CloudTrail => f.write_str("cloudtrail"),
            Self::Context => f.write_str("context"),
        }
    }
}

impl Kind {
    /// Whether an object is of this kind, by its key: CloudTrail's layout is fixed.
    pub(super) fn takes(self, key: &str) -> bool {
        let beside = key.contains("/CloudTrail-Digest/") || key.contains("/CloudTrail-Insight/");
        match self {
            Self::Auto => !beside,
            Self::Sessions => !beside && !is_trail(key),
            Self::CloudTrail => is_trail(key) && !beside,
        }
    }
}

/// Whether an object is one of CloudTrail's files, by its key: an account's own trail or an organization's, whose id
/// stands before the account's (docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-find-log-files.html).
pub(super) fn is_trail(key: &str) -> bool {
    key.contains("AWSLogs/") && key.contains("/CloudTrail/") && key.ends_with(".json.gz")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_read_as_people_write_it() {
        for text in [
            "s3://bucket/",
            "s3://bucket/a/b",
            "cloudwatch:/ssm/sessions",
            "cloudwatch:arn:aws:logs:eu-west-1:111122223333:log-group:/ssm/sessions",
            "cloudtrail",
            "context",
        ] {
            assert_eq!(text.parse::<Location>().unwrap().to_string(), text);
        }
        let arn = "arn:aws:logs:eu-west-1:111122223333:log-group:g:*";
        let of = Some(("111122223333".into(), "eu-west-1".into()));
        assert_eq!(arn.parse(), Ok(Location::LogGroup { name: "g".into(), of }));
        for text in ["", "s3://", "logs/", "cloudwatch:", "cloudwatch:a b", "arn:aws:s3:::b", "http://x"] {
            assert!(text.parse::<Location>().is_err(), "{text}");
        }
    }

    #[test]
    fn what_cloudtrail_keeps_beside_its_logs_is_no_log() {
        let trail = "p/AWSLogs/111122223333/CloudTrail/eu-west-1/2026/03/01/x.json.gz";
        let digest = "p/AWSLogs/111122223333/CloudTrail-Digest/eu-west-1/2026/03/01/x.json.gz";
        let session = "p/alice-0e34861185201706f.log";
        let of_organization = "AWSLogs/o-exampleorgid/111122223333/CloudTrail/eu-west-1/2026/03/01/x.json.gz";
        let taken = |kind: Kind| [trail, digest, session, of_organization].map(|key| kind.takes(key));
        assert_eq!(taken(Kind::Auto), [true, false, true, true]);
        assert_eq!(taken(Kind::Sessions), [false, false, true, false]);
        assert_eq!(taken(Kind::CloudTrail), [true, false, false, true]);
    }
}
