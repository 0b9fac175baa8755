//! `whoran init`: a whoran.toml to begin with.

use std::fs;
use std::io::Write;
use std::path::Path;

use whoran_pipeline::remote::{Location, Preferences};
use whoran_report::safe;

use crate::args::pull::{Init, Login};
use crate::error::CommandError;
use crate::exit::Exit;
use crate::ui::Ui;
use crate::{settings, sources};

const HEAD: &str = "\
# Sources that `whoran sync` and `whoran pull` fetch logs from. One [[source]] for each bucket and log group;
# several accounts and regions are several sources. Keys, all optional but `from`:
#
#   from = \"s3://BUCKET/PREFIX\"     or \"cloudwatch:GROUP\", or a log group's ARN; \"cloudtrail\" and \"context\"
#                                   say who was behind the sessions of an account and region
#   profile = \"NAME\"                of the AWS configuration files
#   region = \"eu-west-1\"
#   assume_role = \"ARN\"             a role to take on, with external_id = \"ID\" where its trust policy asks for one
#   kind = \"auto\"                   or \"sessions\" or \"cloudtrail\", in a bucket that holds both
#   requests_per_second = 5.0       at most; the default is what AWS allows everywhere
#   endpoint_url = \"URL\"            in place of AWS's own
#   requester_pays = false
#
# `whoran policy` prints the permissions that these sources take.
";

const EXAMPLE: &str = "
#[[source]]
#from = \"s3://session-logs/ssm/\"

#[[source]]
#from = \"cloudwatch:/ssm/sessions\"
#region = \"eu-west-1\"
";

const CONTEXT: &str = "
# Who that was, and what they may:
#[[source]]
#from = \"cloudtrail\"
#region = \"eu-west-1\"

#[[source]]
#from = \"context\"
#region = \"eu-west-1\"
";

pub(super) fn run(args: &Init, ui: &mut Ui) -> Result<Exit, CommandError> {
    let path = args.configured.config.clone().unwrap_or_else(|| Path::new(settings::FILE).to_owned());
    let exists = || {
        CommandError::usage(format!("{} exists already", path.display()))
            .hint("name another file with --config, or remove it first")
    };
    if path.exists() {
        return Err(exists());
    }
    let found = whoran_pipeline::preferences(&sources::access(&args.access));
    let mut text = HEAD.to_owned();
    match &found {
        Ok(Some(preferences)) if preferences.bucket.is_some() || preferences.log_group.is_some() => {
            text.push_str(&write(preferences, &args.access));
        }
        _ => text.push_str(EXAMPLE),
    }
    text.push_str(CONTEXT);
    let created = fs::File::options().write(true).create_new(true).open(&path);
    let written = created.and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|e| match e.kind() {
        std::io::ErrorKind::AlreadyExists => exists(),
        _ => CommandError::new(Exit::Refused, format!("cannot write {}: {e}", path.display())),
    })?;
    match found {
        Ok(Some(p)) if p.bucket.is_some() || p.log_group.is_some() => {
            ui.note("sources taken from the account's session preferences")
        }
        Ok(_) => {
            ui.note("the account's session preferences name no place for logs; the sources are examples")
        }
        Err(error) => ui.note(&format!("{error}; the sources are examples")),
    }
    ui.line(&safe::line(&path.display().to_string()))?;
    Ok(Exit::Done)
}

/// The preferences as sources.
fn write(found: &Preferences, access: &Login) -> String {
    let mut text = String::new();
    let mut source = |location: Location| {
        text.push_str(&format!("\n[[source]]\nfrom = {}\n", quoted(&location.to_string())));
        let keys = [
            ("profile", &access.profile),
            ("region", &access.region.clone().or_else(|| found.region.clone())),
            ("endpoint_url", &access.endpoint_url),
            ("assume_role", &access.assume_role),
            ("external_id", &access.external_id),
        ];
        for (key, value) in keys {
            if let Some(value) = value {
                text.push_str(&format!("{key} = {}\n", quoted(value)));
            }
        }
    };
    if let Some((bucket, prefix)) = &found.bucket {
        // The prefix is a folder: the agent puts a slash behind it.
        let slash = if prefix.is_empty() || prefix.ends_with('/') { "" } else { "/" };
        source(Location::S3 { bucket: bucket.clone(), prefix: format!("{prefix}{slash}") });
    }
    if let Some(name) = &found.log_group {
        source(Location::LogGroup { name: name.clone(), of: None });
    }
    text
}

/// A TOML string of one line.
fn quoted(text: &str) -> String {
    let mut out = String::from('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if c.is_control() => out.push_str(&format!("\\u{:04X}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_stays_one_value() {
        let value = "a\"\nfrom = \"x\\";
        let text = format!("key = {}", quoted(value));
        let table: toml::Table = toml::from_str(&text).unwrap();
        assert_eq!(table["key"].as_str(), Some(value));
    }
}
