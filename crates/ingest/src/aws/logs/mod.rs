//! Events of a log group, one JSON object a line; a stream is one log that grows at its end.

mod batch;
mod insights;
mod known;
mod stream;
mod windows;

use std::sync::Arc;

use aws_sdk_cloudwatchlogs::Client;
use aws_sdk_cloudwatchlogs::types::LogGroupClass;
use serde::{Deserialize, Serialize};
use whoran_model::Timestamp;

use super::access::Site;
use super::call::{Caller, Failure, Why};
use super::{Location, PullEvent, Pulled, Remote, arn, name};
use crate::{Archive, Error};

use batch::Batch;
pub(super) use batch::Position;

/// `FilterLogEvents` takes 5 requests a second for an account in most regions, `GetLogEvents` 10
/// (docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html). A little less is never throttled.
const FILTER_RATE: f64 = 4.9;
const STREAM_RATE: f64 = 9.8;

/// How far back of where the last pull ended events are asked for again: some come late, in milliseconds.
const OVERLAP: i64 = 15 * 60 * 1000;
/// CloudWatch Logs takes events that are at most so much older than their group, in milliseconds.
const OLDER_THAN_GROUP: i64 = 14 * 24 * 3600 * 1000;

/// An event as it is kept. The key order is part of the archive's format.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Event {
    /// When it happened, in milliseconds since 1970.
    timestamp: i64,
    /// When CloudWatch Logs took it in.
    ingestion_time: i64,
    /// Given by `FilterLogEvents` alone.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    event_id: Option<String>,
    log_stream_name: String,
    message: String,
}

/// A log group, found.
#[derive(Debug)]
struct Group {
    client: Client,
    caller: Caller,
    /// Its name, or its ARN where it is another account's.
    name: Option<String>,
    arn: String,
    /// What the names of its logs begin with.
    prefix: String,
    /// Since when there can be events in it, in milliseconds since 1970.
    since: i64,
    /// Whether it is of the class that only Logs Insights reads.
    infrequent: bool,
}

/// Pulls what is new in a log group.
pub(super) async fn pull(
    site: Site,
    remote: &Remote,
    archive: &mut Archive,
    now: Timestamp,
    on_event: &(dyn Fn(PullEvent<'_>) + Sync),
) -> Result<Pulled, Error> {
    let group = Arc::new(find(site, remote).await?);
    let batch = Batch::new(archive, &group.prefix, now, on_event)?;
    match &remote.session {
        Some(session) if !group.infrequent => stream::pull(&group, session.as_str(), batch).await,
        session if group.infrequent => insights::pull(&group, session.as_ref(), batch).await,
        _ => windows::pull(&group, batch).await,
    }
}

/// Looks a group up.
async fn find(site: Site, remote: &Remote) -> Result<Group, Error> {
    let Location::LogGroup { name: group, of } = &remote.location else {
        return Err(no_region(remote));
    };
    let region = site.region.clone().ok_or_else(|| no_region(remote))?;
    let client = Client::new(&site.sdk);
    // Of both calls, the one that this pull makes often counts.
    let default = if remote.session.is_some() { STREAM_RATE } else { FILTER_RATE };
    let caller = Caller::new(remote.requests_per_second.unwrap_or(default));
    let what = || format!("look up {}", remote.location);
    let partition = arn::partition(Some(&region));
    let any = arn::log_group(partition, &region, "*", "*");

    let mut found = None;
    let mut token = None;
    let mut denied = false;
    loop {
        let request = client.describe_log_groups().log_group_name_prefix(group).set_next_token(token).clone();
        match caller.call(|| request.clone().send()).await {
            Ok(page) => {
                found = page.log_groups().iter().find(|g| g.log_group_name() == Some(group)).cloned();
                token = page.next_token().map(str::to_owned);
                if found.is_some() || token.is_none() {
                    break;
                }
            }
            // Only its age and class would have been of use: the group may be readable all the same.
            Err(failure) if failure.why == Why::Denied => {
                denied = true;
                break;
            }
            Err(failure) => return Err(failure.error(what(), "logs:DescribeLogGroups", &any)),
        }
    }
    let own_arn = found.as_ref().and_then(|g| g.arn()).map(|arn| arn.trim_end_matches(":*").to_owned());
    let account = match (of, own_arn.as_deref().and_then(|arn| arn.split(':').nth(4))) {
        (Some((account, _)), _) => account.clone(),
        (None, Some(account)) => account.to_owned(),
        (None, None) if denied => caller_account(&site, &caller).await?,
        (None, None) => {
            let why = format!("there is no such log group in the region {region}");
            let hint = Some("name another region with --region, or the group by its ARN".to_owned());
            return Err(Error::Remote { what: what(), why, hint });
        }
    };
    let arn = arn::log_group(partition, &region, &account, group);
    // A group that is not among one's own is another account's, to be named by its ARN.
    let own = denied || own_arn.as_deref() == Some(&arn);
    Ok(Group {
        client,
        caller,
        name: own.then(|| group.clone()),
        prefix: name::group_prefix(&account, &region, group),
        arn,
        since: found.as_ref().and_then(|g| g.creation_time()).map_or(0, |at| (at - OLDER_THAN_GROUP).max(0)),
        infrequent: found.and_then(|g| g.log_group_class) == Some(LogGroupClass::InfrequentAccess),
    })
}

/// The account of the caller.
pub(super) async fn caller_account(site: &Site, caller: &Caller) -> Result<String, Error> {
    let client = aws_sdk_sts::Client::new(&site.sdk);
    let answer = caller.call(|| client.get_caller_identity().send()).await;
    let answer = answer.map_err(|f| f.error("ask who the caller is", "sts:GetCallerIdentity", "*"))?;
    Ok(answer.account().unwrap_or("unknown").to_owned())
}

pub(super) fn no_region(remote: &Remote) -> Error {
    Error::Remote {
        what: format!("look up {}", remote.location),
        why: "no region is named".to_owned(),
        hint: Some("name one with --region, AWS_REGION or the profile".to_owned()),
    }
}

impl Group {
    /// The group's ARN where it cannot be named by its name.
    fn identifier(&self) -> Option<String> {
        self.name.is_none().then(|| self.arn.clone())
    }

    fn error(&self, failure: &Failure, action: &str) -> Error {
        let log_streams = if action == "logs:GetLogEvents" { ":log-stream:*" } else { ":*" };
        failure.error(format!("read {}", self.arn), action, &format!("{}{log_streams}", self.arn))
    }
}
