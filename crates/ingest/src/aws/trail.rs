//! What CloudTrail keeps of every account for 90 days, asked for call by call and kept one record a line; the records of
//! calls with one name are one log that grows at its end.
//!
//! Up to when a name was asked for stands in the version of its log, as with log groups. A name of which there was
//! never a record has no log, and is asked for from the beginning again: that is one request.

use std::collections::HashSet;

use aws_sdk_cloudtrail::Client;
use aws_sdk_cloudtrail::config::Region;
use aws_sdk_cloudtrail::primitives::DateTime;
use aws_sdk_cloudtrail::types::{LookupAttribute, LookupAttributeKey};
use serde::Deserialize;
use whoran_model::{LogId, Timestamp};

use super::access::Site;
use super::call::{Caller, Failure};
use super::logs::{Position, caller_account, no_region};
use super::{PullEvent, Pulled, Remote, Sieve, arn, name};
use crate::{Archive, Error, Packer};

/// `LookupEvents` takes 2 requests a second for an account and region
/// (docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html).
const RATE: f64 = 1.95;
/// How far back it knows, in milliseconds (the same page).
const KEPT: i64 = 90 * 24 * 3600 * 1000;
/// How far back of where the last pull ended records are asked for again: they come within about 15 minutes, in
/// milliseconds (docs.aws.amazon.com/awscloudtrail/latest/userguide/how-cloudtrail-works.html).
const OVERLAP: i64 = 3600 * 1000;
/// How many pages of a window are read before a smaller one is taken: what is read goes into the archive window by
/// window.
const PAGES: usize = 40;
/// Pulls what is new in the account's record, in the region in use and where global services are recorded.
pub(super) async fn pull(
    site: &Site,
    remote: &Remote,
    sieve: Sieve,
    archive: &mut Archive,
    now: Timestamp,
    on_event: &(dyn Fn(PullEvent<'_>) + Sync),
) -> Result<Pulled, Error> {
    let here = site.region.clone().ok_or_else(|| no_region(remote))?;
    let account = caller_account(site, &Caller::new(RATE)).await?;
    let mut pulled = Pulled::default();
    for region in regions(&here) {
        let config =
            aws_sdk_cloudtrail::config::Builder::from(&site.sdk).region(Region::new(region.to_owned()));
        let lookup = Lookup {
            client: Client::from_conf(config.build()),
            caller: Caller::new(remote.requests_per_second.unwrap_or(RATE)),
            account: &account,
            region,
            sieve,
            now,
            on_event,
        };
        for event_name in names(sieve, region, &here) {
            lookup.calls(event_name, archive, &mut pulled).await?;
        }
    }
    Ok(pulled)
}

fn global(here: &str) -> &'static str {
    arn::global_region(arn::partition(Some(here)))
}

/// Where to ask, the region in use first.
fn regions(here: &str) -> impl Iterator<Item = &str> {
    [here].into_iter().chain(Some(global(here)).filter(|global| *global != here))
}

/// What to ask for there. STS is recorded where its endpoint is, and that may be the global one.
fn names(sieve: Sieve, region: &str, here: &str) -> impl Iterator<Item = &'static str> {
    let asked = move |source: &str| match source {
        "iam.amazonaws.com" => region == global(here),
        "sts.amazonaws.com" => true,
        _ => region == here,
    };
    let calls = sieve.calls.iter().filter(move |(source, _)| asked(source));
    calls.flat_map(|(_, names)| names.iter().copied())
}

/// One region's record.
struct Lookup<'a> {
    client: Client,
    caller: Caller,
    account: &'a str,
    region: &'a str,
    sieve: Sieve,
    now: Timestamp,
    on_event: &'a (dyn Fn(PullEvent<'_>) + Sync),
}

/// A record as it was looked up.
struct Found {
    id: String,
    /// In milliseconds since 1970.
    time: i64,
    text: String,
}

/// What of a record tells it from others.
#[derive(Deserialize)]
struct Record {
    #[serde(rename = "eventID")]
    id: String,
}

impl Lookup<'_> {
    /// Pulls the calls with one name, window after window of time, the oldest first.
    async fn calls(&self, event_name: &str, archive: &mut Archive, pulled: &mut Pulled) -> Result<(), Error> {
        let log = name::of_calls(self.account, self.region, event_name);
        let now = self.now.as_millisecond();
        let until = archive.latest(&log).and_then(|entry| Position::parse(&entry.log.version)?.until);
        let mut from = until.map_or(0, |until| until - OVERLAP).max(now - KEPT);
        let mut known = known(archive, &log, from)?;
        let mut to = now;
        while from <= now {
            let (found, all) =
                self.window(event_name, from, to).await.map_err(|failure| self.error(&failure))?;
            let oldest = found.last().map_or(from, |record| record.time);
            if !all && to - from > 1000 {
                // The newest came first: about as many are in a window as wide as that.
                to = from + (to - oldest).clamp(1000, (to - from) / 2);
                continue;
            }
            let new = found.into_iter().rev().filter(|record| known.insert(record.id.clone()));
            self.keep(&log, new, to + 1, archive, pulled)?;
            let width = to - from;
            (from, to) = (to + 1, now.min(to.saturating_add(2 * width.max(1000))));
        }
        Ok(())
    }

    /// Reads the latest pages of a window, the newest record first; whether those are all.
    async fn window(&self, event_name: &str, from: i64, to: i64) -> Result<(Vec<Found>, bool), Failure> {
        let attribute = LookupAttribute::builder()
            .attribute_key(LookupAttributeKey::EventName)
            .attribute_value(event_name)
            .build()
            .ok();
        let mut found = Vec::new();
        let mut token = None;
        loop {
            let request = self
                .client
                .lookup_events()
                .set_lookup_attributes(attribute.clone().map(|attribute| vec![attribute]))
                .start_time(DateTime::from_secs(from.div_euclid(1000)))
                .end_time(DateTime::from_secs(to.div_euclid(1000)))
                .max_results(50)
                .set_next_token(token);
            let page = self.caller.call(|| request.clone().send()).await?;
            for event in page.events.unwrap_or_default() {
                let Some(text) = event.cloud_trail_event else { continue };
                let time = event.event_time.and_then(|time| time.to_millis().ok()).unwrap_or(from);
                let bytes = text.len() as u64;
                (self.on_event)(PullEvent::Listed { bytes });
                (self.on_event)(PullEvent::Fetched { bytes });
                // A record without an id is told by its text.
                found.push(Found { id: event.event_id.unwrap_or_else(|| text.clone()), time, text });
            }
            token = page.next_token.filter(|token| !token.is_empty());
            let narrow = to - from <= 1000;
            if token.is_none() || (found.len() >= PAGES * 50 && !narrow) {
                return Ok((found, token.is_none()));
            }
        }
    }

    /// Puts the records that matter into the archive; all until `until` are there then.
    fn keep(
        &self,
        log: &LogId,
        records: impl Iterator<Item = Found>,
        until: i64,
        archive: &mut Archive,
        pulled: &mut Pulled,
    ) -> Result<(), Error> {
        let (mut lines, mut last) = (Vec::new(), None);
        for record in records {
            let mut keep = |text: &[u8]| {
                lines.extend_from_slice(text);
                lines.push(b'\n');
                last = Some(record.time);
                pulled.events += 1;
            };
            // What is no record at all says nothing.
            let _ = (self.sieve.keep)(&mut record.text.as_bytes(), &mut keep);
        }
        let Some(last) = last else { return Ok(()) };
        let scratch = archive.scratch()?;
        let pack = || {
            let mut packer = Packer::new(&scratch, Some(lines.len() as u64))?;
            packer.feed(&lines)?;
            packer.finish()
        };
        let packed = pack().map_err(|source| Error::Write { path: scratch.clone(), source })?;
        let version = Position { until: Some(until), last }.to_string();
        let packed = packed.written(Timestamp::from_millisecond(last).ok());
        archive.extend(log, &version, self.now, packed)?;
        pulled.logs += 1;
        pulled.bytes += lines.len() as u64;
        archive.commit()
    }

    fn error(&self, failure: &Failure) -> Error {
        let what = format!("look up events of {} in {}", self.account, self.region);
        failure.error(what, "cloudtrail:LookupEvents", "*")
    }
}

/// The ids of the records that the archive has since `from`.
fn known(archive: &Archive, log: &LogId, from: i64) -> Result<HashSet<String>, Error> {
    let mut known = HashSet::new();
    if archive.latest(log).is_none_or(|latest| latest.is_pruned()) {
        return Ok(known);
    }
    for entry in archive.entries().iter().filter(|entry| entry.log.id == *log) {
        if Position::parse(&entry.log.version).is_none_or(|position| position.last >= from) {
            let mut text = String::new();
            let read = archive.read_part(entry)?.read_to_string(&mut text);
            read.map_err(|source| Error::Read { what: "the archive".to_owned(), source })?;
            known.extend(text.lines().filter_map(|line| Some(serde_json::from_str::<Record>(line).ok()?.id)));
        }
    }
    Ok(known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_call_is_looked_for_where_it_is_recorded() {
        let sieve = Sieve {
            calls: &[
                ("ssm.amazonaws.com", &["StartSession"]),
                ("iam.amazonaws.com", &["TagUser"]),
                ("sts.amazonaws.com", &["AssumeRole"]),
            ],
            keep: |_, _| Ok(true),
        };
        let asked = |here: &str| -> Vec<String> {
            let of = |region| names(sieve, region, here).map(move |name| format!("{region} {name}"));
            regions(here).flat_map(of).collect()
        };
        assert_eq!(
            asked("eu-west-1"),
            ["eu-west-1 StartSession", "eu-west-1 AssumeRole", "us-east-1 TagUser", "us-east-1 AssumeRole"]
        );
        assert_eq!(
            asked("us-east-1"),
            ["us-east-1 StartSession", "us-east-1 TagUser", "us-east-1 AssumeRole"]
        );
        assert_eq!(asked("cn-northwest-1")[2], "cn-north-1 TagUser");
    }
}
