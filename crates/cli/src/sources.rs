//! The sources in `whoran.toml`, named once.

use std::fs;

use serde::Deserialize;
use serde::de::IgnoredAny;
use whoran_pipeline::remote::{Access, Kind, Location, Remote};

use crate::args::Configured;
use crate::args::pull as args;
use crate::config::Config;
use crate::error::CommandError;
use crate::settings;

/// As much of the file as is about sources.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    source: Vec<Source>,
    #[serde(default, rename = "report")]
    _report: IgnoredAny,
}

/// One source as written; keys as the options of `pull`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Source {
    from: String,
    kind: Option<String>,
    profile: Option<String>,
    region: Option<String>,
    endpoint_url: Option<String>,
    assume_role: Option<String>,
    external_id: Option<String>,
    requests_per_second: Option<f64>,
    #[serde(default)]
    requester_pays: bool,
}

/// The sources on the command line, or those that the file names where there are none.
pub(crate) fn resolve(
    named: &[String],
    remote: &args::Remote,
    configured: &Configured,
    config: &Config,
) -> Result<Vec<Remote>, CommandError> {
    if named.is_empty() {
        return from_file(configured, config);
    }
    let one = |text: &String| {
        let location: Location = text.parse().map_err(CommandError::usage)?;
        Ok(Remote {
            access: access(&remote.access),
            kind: match remote.kind {
                args::Kind::Auto => Kind::Auto,
                args::Kind::Sessions => Kind::Sessions,
                args::Kind::Cloudtrail => Kind::CloudTrail,
            },
            requests_per_second: remote.requests_per_second,
            requester_pays: remote.requester_pays,
            ..Remote::new(location)
        })
    };
    named.iter().map(one).collect()
}

/// The sources that the file names.
pub(crate) fn from_file(args: &Configured, config: &Config) -> Result<Vec<Remote>, CommandError> {
    let path = settings::path(args, config);
    let text = fs::read_to_string(&path).map_err(|e| {
        CommandError::usage(format!("cannot read {}: {e}", path.display()))
            .hint("`whoran init` writes one; `whoran pull SOURCE` needs none")
    })?;
    let sources = read(&text).map_err(|e| CommandError::usage(format!("{}: {e}", path.display())))?;
    if sources.is_empty() {
        return Err(CommandError::usage(format!("{} names no source", path.display()))
            .hint("add one: [[source]] and from = \"s3://BUCKET/PREFIX\""));
    }
    Ok(sources)
}

pub(crate) fn access(args: &args::Login) -> Access {
    let args::Login { profile, region, endpoint_url, assume_role, external_id } = args;
    Access {
        profile: profile.clone(),
        region: region.clone(),
        endpoint_url: endpoint_url.clone(),
        assume_role: assume_role.clone(),
        external_id: external_id.clone(),
    }
}

fn read(text: &str) -> Result<Vec<Remote>, String> {
    let file: File = toml::from_str(text).map_err(|e| e.to_string())?;
    let one = |source: Source| {
        let kind = match source.kind.as_deref() {
            None | Some("auto") => Kind::Auto,
            Some("sessions") => Kind::Sessions,
            Some("cloudtrail") => Kind::CloudTrail,
            Some(other) => {
                return Err(format!("kind {other:?} is none of auto, sessions and cloudtrail"));
            }
        };
        let rate = source.requests_per_second;
        if rate.is_some_and(|rate| !(0.01..=100_000.0).contains(&rate)) {
            return Err("requests_per_second is no rate; write it like 5.0".to_owned());
        }
        let access = Access {
            profile: source.profile,
            region: source.region,
            endpoint_url: source.endpoint_url,
            assume_role: source.assume_role,
            external_id: source.external_id,
        };
        Ok(Remote {
            access,
            kind,
            requests_per_second: rate,
            requester_pays: source.requester_pays,
            ..Remote::new(source.from.parse()?)
        })
    };
    file.source.into_iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_of_several_accounts_are_read() {
        let text = r#"
            [[source]]
            from = "s3://logs/ssm/"
            profile = "audit"
            kind = "sessions"

            [[source]]
            from = "cloudwatch:/ssm/sessions"
            region = "eu-west-1"
            assume_role = "arn:aws:iam::111122223333:role/read-logs"
            requests_per_second = 2.5
        "#;
        let sources = read(text).unwrap();
        assert_eq!(sources[0].location.to_string(), "s3://logs/ssm/");
        assert_eq!(sources[0].access.profile.as_deref(), Some("audit"));
        assert_eq!(sources[0].kind, Kind::Sessions);
        assert_eq!(sources[1].access.region.as_deref(), Some("eu-west-1"));
        assert_eq!(sources[1].requests_per_second, Some(2.5));
    }

    #[test]
    fn what_is_wrong_in_the_file_is_named() {
        for (text, word) in [
            ("[[source]]\nfrom = \"s3://b/\"\nregoin = \"x\"", "regoin"),
            ("[[source]]\nkind = \"auto\"", "from"),
            ("[[source]]\nfrom = \"http://x\"", "http://x"),
            ("[[source]]\nfrom = \"s3://b\"\nkind = \"all\"", "all"),
            ("[[source]]\nfrom = \"s3://b\"\nrequests_per_second = 0.0", "rate"),
            ("[[source", "source"),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.contains(word), "{text}: {error}");
        }
    }
}
