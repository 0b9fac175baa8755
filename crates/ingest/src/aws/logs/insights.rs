//! Groups of the Infrequent Access class: `FilterLogEvents` and `GetLogEvents` refuse them, Logs Insights reads them
//! (docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch_Logs_Log_Classes.html).

use aws_sdk_cloudwatchlogs::types::{QueryStatus, ResultField};
use tokio::time::{Duration, sleep};
use whoran_model::{SessionId, Timestamp};

use super::{Batch, Event, Group, OVERLAP};
use crate::Error;
use crate::aws::Pulled;

/// A query gives at most so many events
/// (docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-Limit.html).
const LIMIT: usize = 10_000;

/// Pulls by queries, each going on where the one before was full.
pub(super) async fn pull(
    group: &Group,
    session: Option<&SessionId>,
    mut batch: Batch<'_>,
) -> Result<Pulled, Error> {
    let now = batch.now() / 1000 + 1;
    // A pull of one session says nothing of how far the group was pulled.
    let mut until = if session.is_some() { None } else { batch.position() };
    let from = until.map_or(group.since, |until| until - OVERLAP).max(0);
    batch.know_since(from)?;
    // In seconds, as queries are.
    let mut from = from / 1000;
    loop {
        let events = query(group, session, from, now).await?;
        // The earliest come first. Where there are more than a query gives, those of the last second may be cut off.
        let full = events.len() >= LIMIT;
        let end = events.last().filter(|_| full).map_or(now + 1, |event| event.timestamp / 1000);
        if end <= from {
            let why =
                format!("a query gives no more than {LIMIT} events, and more happened in the second {from}");
            return Err(Error::Remote { what: format!("read {}", group.arn), why, hint: None });
        }
        batch.add(events.into_iter().filter(|event| !full || event.timestamp < end * 1000).collect());
        until = session.is_none().then_some((end * 1000).min(batch.now()));
        if !full {
            break;
        }
        batch.flush_full(until)?;
        from = end;
    }
    batch.end(until)
}

/// The earliest events of a window in seconds, its ends included, in their order.
async fn query(group: &Group, session: Option<&SessionId>, from: i64, to: i64) -> Result<Vec<Event>, Error> {
    let mut text = "fields @timestamp, @ingestionTime, @logStream, @message".to_owned();
    if let Some(session) = session {
        // Session ids have no quotes or backslashes; one that had could not end the string.
        let id: String = session.as_str().chars().filter(|c| !matches!(c, '"' | '\\')).collect();
        text.push_str(&format!(" | filter @logStream = \"{id}\""));
    }
    text.push_str(&format!(" | sort @timestamp asc | limit {LIMIT}"));
    let start = group
        .client
        .start_query()
        .set_log_group_name(group.name.clone())
        .set_log_group_identifiers(group.identifier().map(|arn| vec![arn]))
        .start_time(from)
        .end_time(to)
        .query_string(text);
    let started = group.caller.call(|| start.clone().send()).await;
    let started = started.map_err(|failure| group.error(&failure, "logs:StartQuery"))?;
    let mut wait = Duration::from_millis(50);
    loop {
        let ask = group.client.get_query_results().set_query_id(started.query_id.clone());
        let answer = group.caller.call(|| ask.clone().send()).await;
        let answer = answer.map_err(|failure| group.error(&failure, "logs:GetQueryResults"))?;
        match answer.status {
            Some(QueryStatus::Complete) => {
                return Ok(answer.results.unwrap_or_default().iter().map(|row| event(row)).collect());
            }
            Some(QueryStatus::Running | QueryStatus::Scheduled) => {
                sleep(wait).await;
                wait = (wait * 2).min(Duration::from_secs(2));
            }
            status => {
                let why =
                    format!("the query ended as {}", status.map_or("unknown".into(), |s| s.to_string()));
                return Err(Error::Remote { what: format!("read {}", group.arn), why, hint: None });
            }
        }
    }
}

fn event(row: &[ResultField]) -> Event {
    let field = |name: &str| {
        let found = row.iter().find(|field| field.field.as_deref() == Some(name));
        found.and_then(|field| field.value.clone()).unwrap_or_default()
    };
    Event {
        timestamp: time(&field("@timestamp")),
        ingestion_time: time(&field("@ingestionTime")),
        event_id: None,
        log_stream_name: field("@logStream"),
        message: field("@message"),
    }
}

/// `2026-03-01 08:00:05.123`, in UTC, as milliseconds since 1970; some fields are that number already.
fn time(text: &str) -> i64 {
    let stamp = || format!("{}Z", text.replacen(' ', "T", 1)).parse::<Timestamp>().ok();
    text.parse().ok().or_else(|| stamp().map(Timestamp::as_millisecond)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_queries_are_read_in_both_forms() {
        assert_eq!(time("2026-03-01 08:00:05.123"), 1_772_352_005_123);
        assert_eq!(time("1772352005123"), 1_772_352_005_123);
        assert_eq!(time(""), 0);
    }
}
