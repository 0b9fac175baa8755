//! Log events as the CloudWatch APIs hand them out.

use serde::Serialize;

/// One CloudWatch log event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogEvent {
    /// Milliseconds since 1970.
    pub timestamp: i64,
    /// The log stream it stands in; the agent names streams after sessions.
    pub stream: String,
    /// Its text.
    pub message: String,
}

impl LogEvent {
    /// A 56-digit id like those CloudWatch gives; equal events have equal ids.
    fn id(&self) -> String {
        let hash = self.message.bytes().chain(self.stream.bytes());
        let hash =
            hash.fold(0xcbf2_9ce4_8422_2325_u64, |h, b| (h ^ u64::from(b)).wrapping_mul(0x100_0000_01b3));
        format!("{:024}{:032}", self.timestamp, hash)
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct GetEvent<'a> {
    timestamp: i64,
    message: &'a str,
    ingestion_time: i64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct GetOutput<'a> {
    events: Vec<GetEvent<'a>>,
    next_forward_token: String,
    next_backward_token: String,
}

fn get_event(event: &LogEvent) -> GetEvent<'_> {
    let LogEvent { timestamp, message, .. } = event;
    GetEvent { timestamp: *timestamp, message, ingestion_time: timestamp + 212 }
}

/// What `aws logs get-log-events` prints for one stream.
pub fn get_output(events: &[LogEvent], pretty: bool) -> String {
    let token = |side: char| format!("{side}/{}/s", events.last().map(LogEvent::id).unwrap_or_default());
    print(
        &GetOutput {
            events: events.iter().map(get_event).collect(),
            next_forward_token: token('f'),
            next_backward_token: token('b'),
        },
        pretty,
    )
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FilterEvent<'a> {
    log_stream_name: &'a str,
    timestamp: i64,
    message: &'a str,
    ingestion_time: i64,
    event_id: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FilterOutput<'a> {
    events: Vec<FilterEvent<'a>>,
    searched_log_streams: [(); 0],
}

/// What `aws logs filter-log-events` prints: events of many streams, in the order of their time.
pub fn filter_output(events: &[LogEvent], pretty: bool) -> String {
    let mut events: Vec<&LogEvent> = events.iter().collect();
    events.sort_by_key(|e| e.timestamp);
    let rows = events.iter().map(|e| FilterEvent {
        log_stream_name: &e.stream,
        timestamp: e.timestamp,
        message: &e.message,
        ingestion_time: e.timestamp + 212,
        event_id: e.id(),
    });
    print(&FilterOutput { events: rows.collect(), searched_log_streams: [] }, pretty)
}

#[derive(Serialize)]
struct SubscriptionEvent<'a> {
    id: String,
    timestamp: i64,
    message: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Subscription<'a> {
    message_type: &'a str,
    owner: &'a str,
    log_group: &'a str,
    log_stream: &'a str,
    subscription_filters: [&'a str; 1],
    log_events: Vec<SubscriptionEvent<'a>>,
}

/// One subscription-filter payload: events of one stream, with the account that owns the log group.
pub fn subscription(events: &[LogEvent], owner: &str, log_group: &str) -> String {
    let rows =
        events.iter().map(|e| SubscriptionEvent { id: e.id(), timestamp: e.timestamp, message: &e.message });
    print(
        &Subscription {
            message_type: "DATA_MESSAGE",
            owner,
            log_group,
            log_stream: events.first().map_or("", |e| &e.stream),
            subscription_filters: ["sessions"],
            log_events: rows.collect(),
        },
        false,
    )
}

fn print<T: Serialize>(value: &T, pretty: bool) -> String {
    let text = if pretty { serde_json::to_string_pretty(value) } else { serde_json::to_string(value) };
    text.unwrap_or_default() + "\n"
}
