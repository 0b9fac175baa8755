//! `whoran.toml`: where it is, and what reports go by.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::IgnoredAny;
use whoran_report::parameters::{BusinessHours, Given, Parameters};

use crate::args::Configured;
use crate::config::Config;
use crate::error::CommandError;

/// The file's name.
pub(crate) const FILE: &str = "whoran.toml";

/// As much of the file as is about reports.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default, rename = "source")]
    _source: IgnoredAny,
    #[serde(default)]
    report: Report,
}

/// `[report]`, keys as the parameters are called.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Report {
    organization: Option<String>,
    retention_months: Option<u32>,
    business_hours: Option<String>,
    time_zone: Option<String>,
    accounts: Option<Vec<String>>,
    nodes: Option<Vec<String>>,
    node_tags: Option<Vec<String>>,
    critical_nodes: Option<Vec<String>>,
    critical_tags: Option<Vec<String>>,
    reviewers: Option<Vec<String>>,
}

/// Where the file is: as asked for, or here, or where the platform keeps such files.
pub(crate) fn path(args: &Configured, config: &Config) -> PathBuf {
    if let Some(path) = &args.config {
        return path.clone();
    }
    let here = Path::new(FILE);
    let home = config.config_dir.as_ref().map(|dir| dir.join(FILE));
    home.filter(|home| !here.exists() && home.exists()).unwrap_or_else(|| here.to_owned())
}

/// What reports go by: the defaults, with what the file says in their place. There need not be a file, unless one was
/// named.
pub(crate) fn parameters(
    args: &Configured,
    config: &Config,
    defaults: Parameters,
) -> Result<Parameters, CommandError> {
    let path = path(args, config);
    if args.config.is_none() && !path.exists() {
        return Ok(defaults);
    }
    let wrong = |e: &dyn std::fmt::Display| CommandError::usage(format!("{}: {e}", path.display()));
    let text = fs::read_to_string(&path).map_err(|e| wrong(&e))?;
    read(&text, defaults, config).map_err(|e| wrong(&e))
}

fn read(text: &str, defaults: Parameters, config: &Config) -> Result<Parameters, String> {
    let file: File = toml::from_str(text).map_err(|e| e.to_string())?;
    let Report { retention_months, business_hours, time_zone, .. } = &file.report;
    if retention_months.is_some_and(|months| !(1..=1200).contains(&months)) {
        return Err("retention_months is no number of months from 1 to 1200".to_owned());
    }
    let zone = match time_zone {
        Some(name) => config.time_zone(Some(name)).map_err(|e| e.message)?,
        None => defaults.business_hours.value.zone.clone(),
    };
    let hours = match (business_hours, time_zone) {
        (Some(text), _) => Some(BusinessHours::read(text, zone)?),
        (None, Some(_)) => Some(defaults.business_hours.value.clone().in_zone(zone)),
        (None, None) => None,
    };
    let report = file.report;
    Ok(Parameters {
        organization: Given::or(report.organization.map(Some), None),
        retention_months: Given::or(report.retention_months, defaults.retention_months.value),
        business_hours: Given::or(hours, defaults.business_hours.value),
        accounts: Given::or(report.accounts, Vec::new()),
        nodes: Given::or(report.nodes, Vec::new()),
        node_tags: Given::or(report.node_tags, Vec::new()),
        critical_nodes: Given::or(report.critical_nodes, Vec::new()),
        critical_tags: Given::or(report.critical_tags, Vec::new()),
        reviewers: Given::or(report.reviewers, Vec::new()),
    })
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::*;

    fn given(text: &str) -> Result<Parameters, String> {
        read(text, Parameters::defaults(None, TimeZone::UTC), &Config::from_environment())
    }

    #[test]
    fn what_is_set_takes_the_place_of_defaults() {
        let parameters = given(
            "[[source]]\nfrom = \"s3://b/\"\n[report]\norganization = \"Example\"\nretention_months = 18\n\
             business_hours = \"Mon-Sat 06:00-22:00\"\ntime_zone = \"Europe/Vienna\"\ncritical_nodes = [\"pci-*\"]\n",
        )
        .unwrap();
        assert_eq!(parameters.organization.value.as_deref(), Some("Example"));
        assert_eq!((parameters.retention_months.value, parameters.retention_months.set), (18, true));
        assert_eq!(parameters.business_hours.value.to_string(), "Mon-Sat 06:00-22:00 Europe/Vienna");
        assert_eq!(parameters.critical_nodes.value, ["pci-*"]);
        assert!(!parameters.accounts.set);
        let nothing = given("").unwrap();
        assert_eq!(nothing.business_hours.value.to_string(), "Mon-Fri 08:00-18:00 UTC");
        assert!(!nothing.business_hours.set && !nothing.retention_months.set);
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (text, word) in [
            ("[report]\nretention = 12", "retention"),
            ("[report]\nretention_months = 0", "months"),
            ("[report]\nbusiness_hours = \"always\"", "business hours"),
            ("[report]\ntime_zone = \"Mars/Olympus\"", "Mars"),
            ("[reports]", "reports"),
        ] {
            let error = given(text).unwrap_err();
            assert!(error.contains(word), "{text}: {error}");
        }
    }
}
