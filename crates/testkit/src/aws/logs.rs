//! CloudWatch Logs, as its API reference says: <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/>.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::account::{Group, LogEvent};
use super::{Account, Call, Fault};

/// A query of Logs Insights that was started.
#[derive(Debug, Clone)]
pub(super) struct Query {
    rows: Vec<Value>,
    /// How often it still says that it is running.
    running: u32,
}

/// What an event counts beyond its text: `PutLogEvents` says 26 bytes.
const OVERHEAD: usize = 26;

/// The group that a call names, by name or by ARN.
pub(super) fn group_of(input: &Value) -> &str {
    let first = |key: &str| input[key].as_array().and_then(|all| all.first()).and_then(Value::as_str);
    let named = input["logGroupName"].as_str().or_else(|| input["logGroupIdentifier"].as_str());
    let named = named.or_else(|| first("logGroupIdentifiers")).or_else(|| first("logGroupNames"));
    let named = named.unwrap_or_default();
    let name = named.split_once(":log-group:").map_or(named, |(_, name)| name);
    name.strip_suffix(":*").unwrap_or(name)
}

/// Nothing for an operation that is not of this service.
pub(super) fn answer(call: &Call, account: &mut Account) -> Option<Result<Value, Fault>> {
    Some(match call.operation.as_str() {
        "FilterLogEvents" => filter(&call.input, account),
        "GetLogEvents" => get(&call.input, account),
        "DescribeLogGroups" => groups(&call.input, account),
        "DescribeLogStreams" => streams(&call.input, account),
        "StartQuery" => start_query(&call.input, account),
        "GetQueryResults" => query_results(&call.input, account),
        _ => return None,
    })
}

fn invalid(why: &str) -> Fault {
    Fault::error(400, "InvalidParameterException", why)
}

fn find<'a>(input: &Value, account: &'a Account) -> Result<&'a Group, Fault> {
    let missing =
        || Fault::error(400, "ResourceNotFoundException", "The specified log group does not exist.");
    account.groups.get(group_of(input)).ok_or_else(missing)
}

/// A group that these calls may read: "This operation is not supported for log groups of the Infrequent Access class"
/// (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch_Logs_Log_Classes.html>).
fn readable<'a>(input: &Value, account: &'a Account) -> Result<&'a Group, Fault> {
    let group = find(input, account)?;
    if group.infrequent_access {
        return Err(Fault::error(
            400,
            "InvalidOperationException",
            "This operation is not supported on log groups with the Infrequent Access log class.",
        ));
    }
    Ok(group)
}

/// Where a page begins, and how many empty ones come before it.
struct Token {
    /// The event that was given last.
    after: Option<(i64, i64, String)>,
    empty: u32,
}

impl Token {
    fn first(empty: u32) -> Self {
        Self { after: None, empty }
    }

    fn read(text: &str, kind: &str) -> Result<Self, Fault> {
        let read = || {
            let mut parts = text.strip_prefix(kind)?.splitn(4, '/');
            let empty = parts.next()?.parse().ok()?;
            let after = match (parts.next(), parts.next(), parts.next()) {
                (Some(time), Some(taken), Some(id)) => {
                    Some((time.parse().ok()?, taken.parse().ok()?, id.to_owned()))
                }
                _ => None,
            };
            Some(Self { after, empty })
        };
        read().ok_or_else(|| invalid("The specified nextToken is invalid."))
    }

    fn write(&self, kind: &str) -> String {
        match &self.after {
            None => format!("{kind}{}", self.empty),
            Some((time, taken, id)) => format!("{kind}{}/{time}/{taken}/{id}", self.empty),
        }
    }

    fn is_before(&self, event: &LogEvent) -> bool {
        self.after.as_ref().is_none_or(|(time, taken, id)| (*time, *taken, id.as_str()) < event.key())
    }
}

/// The events of one page, and whether there are more.
fn page<'a>(
    events: impl Iterator<Item = &'a LogEvent>,
    input: &Value,
    most_bytes: usize,
) -> (Vec<&'a LogEvent>, bool) {
    let most = input["limit"].as_u64().and_then(|n| usize::try_from(n).ok()).unwrap_or(10_000).min(10_000);
    let (mut found, mut bytes) = (Vec::new(), 0);
    for event in events {
        bytes += event.message.len() + OVERHEAD;
        if found.len() == most || (bytes > most_bytes && !found.is_empty()) {
            return (found, true);
        }
        found.push(event);
    }
    (found, false)
}

/// Events of a group in the order of their time. Both ends of the time are inclusive; the end is a missing token; with
/// empty pages in between, the last page is empty too.
fn filter(input: &Value, account: &Account) -> Result<Value, Fault> {
    let group = readable(input, account)?;
    let names = input["logStreamNames"].as_array();
    let prefix = input["logStreamNamePrefix"].as_str();
    if names.is_some() && prefix.is_some() {
        return Err(invalid("logStreamNamePrefix and logStreamNames are mutually exclusive"));
    }
    if names.is_some_and(|names| names.len() > 100) {
        return Err(invalid("logStreamNames must have length less than or equal to 100"));
    }
    if input["filterPattern"].as_str().is_some_and(|pattern| !pattern.is_empty()) {
        return Err(invalid("this server knows no filter patterns"));
    }
    let (from, to) =
        (input["startTime"].as_i64().unwrap_or(0), input["endTime"].as_i64().unwrap_or(i64::MAX));
    let mut token = match input["nextToken"].as_str() {
        Some(text) => Token::read(text, "filter/")?,
        None => Token::first(account.empty_pages),
    };
    if token.empty > 0 {
        token.empty -= 1;
        return Ok(json!({ "events": [], "searchedLogStreams": [], "nextToken": token.write("filter/") }));
    }
    let begin = group.events.partition_point(|e| e.timestamp < from || !token.is_before(e));
    let wanted = group.events[begin..].iter().take_while(|e| e.timestamp <= to).filter(|e| {
        names.is_none_or(|names| names.iter().any(|name| name == &*e.stream))
            && prefix.is_none_or(|prefix| e.stream.starts_with(prefix))
    });
    let (events, more) = page(wanted, input, account.page_bytes);
    let mut answer = json!({ "events": events.iter().map(|e| json!({
        "logStreamName": &*e.stream, "timestamp": e.timestamp, "message": &*e.message,
        "ingestionTime": e.ingestion, "eventId": e.id,
    })).collect::<Vec<_>>(), "searchedLogStreams": [] });
    if let Some(last) = events.last().filter(|_| more || account.empty_pages > 0) {
        let (time, taken, id) = last.key();
        let next = Token { after: Some((time, taken, id.to_owned())), empty: account.empty_pages };
        answer["nextToken"] = next.write("filter/").into();
    }
    Ok(answer)
}

/// Events of one stream from its head. The beginning is inclusive and the end exclusive; there is always a token, and
/// at the end it is the one that was sent:
/// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_GetLogEvents.html>.
fn get(input: &Value, account: &Account) -> Result<Value, Fault> {
    let group = readable(input, account)?;
    if input["startFromHead"] != true {
        return Err(invalid("this server reads from the head only"));
    }
    let name = input["logStreamName"].as_str().unwrap_or_default();
    let (from, to) =
        (input["startTime"].as_i64().unwrap_or(0), input["endTime"].as_i64().unwrap_or(i64::MAX));
    let mut of_stream = group.events.iter().filter(|e| &*e.stream == name).peekable();
    if of_stream.peek().is_none() {
        return Err(Fault::error(
            400,
            "ResourceNotFoundException",
            "The specified log stream does not exist.",
        ));
    }
    let mut token = match input["nextToken"].as_str() {
        Some(text) => Token::read(text, "f/")?,
        None => Token::first(account.empty_pages),
    };
    let wanted = of_stream.filter(|e| (from..to).contains(&e.timestamp) && token.is_before(e));
    let (mut events, _) = page(wanted, input, account.page_bytes);
    if events.is_empty() {
        // The end: whatever it counted, the token stays as it was sent.
    } else if token.empty > 0 {
        token.empty -= 1;
        events.clear();
    } else if let Some(last) = events.last() {
        let (time, taken, id) = last.key();
        token = Token { after: Some((time, taken, id.to_owned())), empty: account.empty_pages };
    }
    Ok(json!({
        "events": events.iter().map(|e| json!({
            "timestamp": e.timestamp, "message": &*e.message, "ingestionTime": e.ingestion,
        })).collect::<Vec<_>>(),
        "nextForwardToken": token.write("f/"),
        "nextBackwardToken": token.write("b/"),
    }))
}

/// At most 50 a page:
/// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DescribeLogGroups.html>.
fn groups(input: &Value, account: &Account) -> Result<Value, Fault> {
    let prefix = input["logGroupNamePrefix"].as_str().unwrap_or_default();
    let pattern = input["logGroupNamePattern"].as_str().unwrap_or_default();
    let after = input["nextToken"].as_str();
    let identified = input["logGroupIdentifiers"].as_array();
    let named = |name: &str| {
        identified.is_none_or(|all| all.iter().any(|one| group_of(&json!({ "logGroupName": one })) == name))
    };
    let mut found = account
        .groups
        .iter()
        .filter(|(name, _)| name.starts_with(prefix) && name.contains(pattern) && named(name))
        .filter(|(name, _)| after.is_none_or(|after| name.as_str() > after))
        .peekable();
    let mut page = Vec::new();
    while let Some((name, group)) = found.next_if(|_| page.len() < limit(input)) {
        let class = if group.infrequent_access { "INFREQUENT_ACCESS" } else { "STANDARD" };
        page.push(json!({
            "logGroupName": name, "arn": format!("{}:*", group.arn), "logGroupArn": group.arn,
            "logGroupClass": class, "creationTime": 1_741_082_400_000_i64, "storedBytes": 0, "metricFilterCount": 0,
        }));
    }
    let next = found.peek().and(page.last()).map(|group| group["logGroupName"].clone());
    Ok(with_token(json!({ "logGroups": page }), next))
}

/// Times are missing, as for a stream whose last event is less than an hour old:
/// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_LogStream.html>.
fn streams(input: &Value, account: &Account) -> Result<Value, Fault> {
    let group = find(input, account)?;
    let prefix = input["logStreamNamePrefix"].as_str().unwrap_or_default();
    if !prefix.is_empty() && input["orderBy"] == "LastEventTime" {
        return Err(invalid("Cannot order by LastEventTime with a logStreamNamePrefix."));
    }
    let after = input["nextToken"].as_str();
    let firsts: BTreeMap<&str, i64> = group.events.iter().rev().map(|e| (&*e.stream, e.timestamp)).collect();
    let mut found = firsts
        .iter()
        .filter(|(name, _)| name.starts_with(prefix) && after.is_none_or(|after| **name > after))
        .peekable();
    let mut page = Vec::new();
    while let Some((name, first)) = found.next_if(|_| page.len() < limit(input)) {
        page.push(json!({
            "logStreamName": name, "creationTime": first, "storedBytes": 0,
            "arn": format!("{}:log-stream:{name}", group.arn),
        }));
    }
    let next = found.peek().and(page.last()).map(|stream| stream["logStreamName"].clone());
    Ok(with_token(json!({ "logStreams": page }), next))
}

fn limit(input: &Value) -> usize {
    input["limit"].as_u64().and_then(|n| usize::try_from(n).ok()).unwrap_or(50).clamp(1, 50)
}

fn with_token(mut answer: Value, next: Option<Value>) -> Value {
    if let Some(next) = next {
        answer["nextToken"] = next;
    }
    answer
}

/// Logs Insights, as far as reading a group goes: the fields of `fields`, in the order of time, `limit` rows of 10,000
/// at most, and no filter. Both ends are inclusive, in seconds:
/// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_StartQuery.html>.
fn start_query(input: &Value, account: &mut Account) -> Result<Value, Fault> {
    let group = find(input, account)?;
    let query = input["queryString"].as_str().unwrap_or_default();
    let parts: Vec<&str> = query.split('|').map(str::trim).collect();
    let part = |word: &str| parts.iter().find_map(|p| p.strip_prefix(word)?.strip_prefix(' ')).map(str::trim);
    if part("filter").is_some() || part("stats").is_some() {
        return Err(Fault::error(400, "MalformedQueryException", "this server knows fields, sort and limit"));
    }
    let fields = part("fields").unwrap_or("@timestamp, @message").split(',').map(str::trim);
    let fields: Vec<&str> = fields.collect();
    let asked = input["limit"].as_u64().or_else(|| part("limit").and_then(|n| n.parse().ok()));
    let most = asked.and_then(|n| usize::try_from(n).ok()).unwrap_or(1000).min(10_000);
    let second = |key: &str| input[key].as_i64().unwrap_or(0);
    let (from, to) = (second("startTime") * 1000, second("endTime") * 1000 + 999);
    let mut events: Vec<&LogEvent> =
        group.events.iter().filter(|e| (from..=to).contains(&e.timestamp)).collect();
    if !part("sort").is_some_and(|sort| sort.ends_with("asc")) {
        events.reverse();
    }
    let time = |ms: i64| {
        let time =
            jiff::Timestamp::from_millisecond(ms).unwrap_or_default().to_zoned(jiff::tz::TimeZone::UTC);
        time.strftime("%Y-%m-%d %H:%M:%S.%3f").to_string()
    };
    let value = |event: &LogEvent, field: &str| match field {
        "@timestamp" => time(event.timestamp),
        "@ingestionTime" => time(event.ingestion),
        "@message" => event.message.to_string(),
        "@logStream" => event.stream.to_string(),
        "@log" => format!("{}:{}", account.id, group_of(input)),
        "@ptr" => event.id.clone(),
        _ => String::new(),
    };
    let row = |event: &&LogEvent| {
        let named = fields.iter().filter(|f| **f != "@ptr").chain([&"@ptr"]);
        named.map(|f| json!({ "field": f, "value": value(event, f) })).collect::<Value>()
    };
    let rows = events.iter().take(most).map(row).collect();
    let id = format!("query-{}", account.queries.len() + 1);
    account.queries.insert(id.clone(), Query { rows, running: 1 });
    Ok(json!({ "queryId": id }))
}

/// The first answer is that it is still running:
/// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_GetQueryResults.html>.
fn query_results(input: &Value, account: &mut Account) -> Result<Value, Fault> {
    let id = input["queryId"].as_str().unwrap_or_default();
    let missing = || Fault::error(400, "ResourceNotFoundException", "The specified query does not exist.");
    let query = account.queries.get_mut(id).ok_or_else(missing)?;
    if query.running > 0 {
        query.running -= 1;
        return Ok(json!({ "status": "Running", "results": [] }));
    }
    let count = query.rows.len();
    let statistics = json!({ "recordsMatched": count, "recordsScanned": count, "bytesScanned": 0 });
    Ok(json!({ "status": "Complete", "results": query.rows, "statistics": statistics }))
}
