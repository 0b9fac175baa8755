//! The account's Session Manager preferences: where its logs go.

use aws_sdk_ssm::Client;
use serde::Deserialize;

use super::access::Site;
use super::call::{Caller, Why};
use super::{Access, Location, Remote, arn};
use crate::Error;

/// The document that holds the preferences of an account in a region
/// (docs.aws.amazon.com/systems-manager/latest/userguide/getting-started-create-preferences-cli.html).
pub(super) const DOCUMENT: &str = "SSM-SessionManagerRunShell";

/// Where an account's session logs go, in one region.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Preferences {
    /// The region asked.
    pub region: Option<String>,
    /// The bucket and its prefix, where transcripts are kept.
    pub bucket: Option<(String, String)>,
    /// The log group, where events are streamed or transcripts uploaded.
    pub log_group: Option<String>,
}

/// The document's content, as far as it matters here.
#[derive(Deserialize)]
struct Document {
    #[serde(default)]
    inputs: Inputs,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Inputs {
    s3_bucket_name: String,
    s3_key_prefix: String,
    cloud_watch_log_group_name: String,
}

/// Reads the preferences; none where the account never set any.
///
/// # Errors
/// Systems Manager cannot be reached or refuses.
pub async fn preferences(access: &Access) -> Result<Option<Preferences>, Error> {
    // Any location does: only the access counts.
    let nowhere = Location::S3 { bucket: String::new(), prefix: String::new() };
    let site = Site::open(&Remote { access: access.clone(), ..Remote::new(nowhere) }).await?;
    let client = Client::new(&site.sdk);
    let request = client.get_document().name(DOCUMENT);
    let answer = match Caller::new(10.0).call(|| request.clone().send()).await {
        Ok(answer) => answer,
        Err(failure) if failure.why == Why::Missing => return Ok(None),
        Err(failure) => {
            let region = site.region.as_deref();
            let partition = arn::partition(region);
            let arn = format!("arn:{partition}:ssm:{}:*:document/{DOCUMENT}", region.unwrap_or("*"));
            return Err(failure.error(format!("read the document {DOCUMENT}"), "ssm:GetDocument", &arn));
        }
    };
    Ok(read(answer.content().unwrap_or_default()).map(|found| Preferences { region: site.region, ..found }))
}

fn read(document: &str) -> Option<Preferences> {
    let Document { inputs } = serde_json::from_str(document).ok()?;
    let named = |text: String| Some(text).filter(|text| !text.is_empty());
    Some(Preferences {
        region: None,
        bucket: named(inputs.s3_bucket_name).map(|bucket| (bucket, inputs.s3_key_prefix)),
        log_group: named(inputs.cloud_watch_log_group_name),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document_says_where_logs_go() {
        let document = r#"{"schemaVersion":"1.0","sessionType":"Standard_Stream","inputs":{"s3BucketName":"b",
            "s3KeyPrefix":"ssm","s3EncryptionEnabled":"true","cloudWatchLogGroupName":"/ssm","runAsEnabled":true}}"#;
        let found = read(document).unwrap();
        assert_eq!(found.bucket, Some(("b".into(), "ssm".into())));
        assert_eq!(found.log_group.as_deref(), Some("/ssm"));
        assert_eq!(read(r#"{"inputs":{"s3BucketName":""}}"#), Some(Preferences::default()));
        assert_eq!(read("yaml: no"), None);
    }
}
