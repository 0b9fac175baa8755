//! What the played account holds.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

/// Everything a [`Server`](super::Server) answers from. A test fills it, and may change it between two calls.
#[derive(Debug, Clone)]
pub struct Account {
    /// Twelve digits.
    pub id: String,
    /// Where it all is, but for buckets that say another.
    pub region: String,
    /// Seconds by which the server's clock is ahead of this machine's.
    pub clock_ahead: i64,
    /// How many empty pages with a token come before each page of `FilterLogEvents` and `GetLogEvents`: "This
    /// operation can return empty results while there are more log events available through the token"
    /// (<https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html>).
    pub empty_pages: u32,
    /// At most this many bytes of events on a page: 1 MB in AWS (the same page).
    pub page_bytes: usize,
    /// By name.
    pub buckets: BTreeMap<String, Bucket>,
    /// By name.
    pub groups: BTreeMap<String, Group>,
    /// Systems Manager's documents, by name: the text in force.
    pub documents: BTreeMap<String, String>,
    /// What a document said before, by name, the first version first.
    pub earlier_documents: BTreeMap<String, Vec<String>>,
    /// What `GetAccountAuthorizationDetails` gives page by page: XML of what stands in its result.
    pub iam_pages: Vec<String>,
    /// What `GetResources` of the tagging API tells from: objects as its page gives them.
    pub tagged: Vec<Value>,
    /// What `DescribeSessions` tells from: objects as its page gives them.
    pub sessions: Vec<Value>,
    /// What `DescribeInstanceInformation` tells from: objects as its page gives them.
    pub instances: Vec<Value>,
    /// What `LookupEvents` tells from: objects as its page gives them, `CloudTrailEvent` a string of JSON.
    pub trail: Vec<Value>,
    pub(super) queries: BTreeMap<String, super::logs::Query>,
    next_event: u64,
}

impl Default for Account {
    fn default() -> Self {
        Self {
            id: "111122223333".to_owned(),
            region: "eu-west-1".to_owned(),
            clock_ahead: 0,
            empty_pages: 0,
            page_bytes: 1 << 20,
            buckets: BTreeMap::new(),
            groups: BTreeMap::new(),
            documents: BTreeMap::new(),
            earlier_documents: BTreeMap::new(),
            iam_pages: Vec::new(),
            tagged: Vec::new(),
            sessions: Vec::new(),
            instances: Vec::new(),
            trail: Vec::new(),
            queries: BTreeMap::new(),
            next_event: 0,
        }
    }
}

impl Account {
    /// A bucket, made in the account's region where it is missing.
    pub fn bucket(&mut self, name: &str) -> &mut Bucket {
        let region = &self.region;
        self.buckets
            .entry(name.to_owned())
            .or_insert_with(|| Bucket { region: region.clone(), ..Bucket::default() })
    }

    /// A log group, made where it is missing.
    pub fn group(&mut self, name: &str) -> &mut Group {
        let arn = format!("arn:aws:logs:{}:{}:log-group:{name}", self.region, self.id);
        self.groups.entry(name.to_owned()).or_insert_with(|| Group { arn, ..Group::default() })
    }

    /// Puts an event into a stream, at `timestamp` in milliseconds since 1970, taken in one second later. Both group
    /// and stream are made where they are missing. Every event has an id of its own, also where its text is not new.
    pub fn log(&mut self, group: &str, stream: &str, timestamp: i64, message: &str) -> &mut LogEvent {
        self.next_event += 1;
        let event = LogEvent {
            id: format!("{:056}", self.next_event),
            stream: stream.into(),
            timestamp,
            ingestion: timestamp + 1000,
            message: message.into(),
        };
        let events = &mut self.group(group).events;
        // In order as `FilterLogEvents` gives them; nearly always this is the last.
        let at = events.partition_point(|e| e.key() <= event.key());
        events.insert(at, event);
        &mut events[at]
    }
}

/// A bucket of S3.
#[derive(Debug, Clone, Default)]
pub struct Bucket {
    /// Requests signed for another are refused.
    pub region: String,
    /// Whether a request must say that its sender pays.
    pub requester_pays: bool,
    /// Whether each object has a version id.
    pub versioned: bool,
    /// By key, in the order that a listing has.
    pub objects: BTreeMap<String, Object>,
    puts: u64,
}

/// An object of S3.
#[derive(Debug, Clone)]
pub struct Object {
    /// What it holds.
    pub body: Arc<[u8]>,
    /// Changes with every put, without the quotation marks.
    pub etag: String,
    /// Changes with every put.
    pub version: String,
    /// Seconds since 1970.
    pub modified: i64,
    /// `STANDARD`, `GLACIER` …
    pub storage_class: String,
}

impl Bucket {
    /// Puts an object, or another in its place. Objects are one second apart, from 2025-03-04T10:00:00Z on.
    pub fn put(&mut self, key: &str, body: impl Into<Vec<u8>>) -> &mut Object {
        self.puts += 1;
        let body: Vec<u8> = body.into();
        let object = Object {
            etag: format!("{:016x}{:016x}", self.puts, body.len()),
            version: format!("version-{}", self.puts),
            modified: 1_741_082_400 + i64::try_from(self.puts).unwrap_or(0),
            storage_class: "STANDARD".to_owned(),
            body: body.into(),
        };
        self.objects.insert(key.to_owned(), object);
        // Just put there.
        self.objects.entry(key.to_owned()).or_insert_with(|| unreachable!("the object was just put"))
    }

    /// Takes an object away.
    pub fn delete(&mut self, key: &str) {
        self.objects.remove(key);
    }
}

/// A log group of CloudWatch Logs.
#[derive(Debug, Clone, Default)]
pub struct Group {
    /// Without the `:*` at its end.
    pub arn: String,
    /// Whether it is of the class `INFREQUENT_ACCESS`, which only Logs Insights reads.
    pub infrequent_access: bool,
    /// Sorted as `FilterLogEvents` gives them: by time, then by the time of ingestion, then by id.
    pub(super) events: Vec<LogEvent>,
}

impl Group {
    /// How many events it holds.
    pub fn len(&self) -> usize {
        self.events.len()
    }

    /// Whether it holds no event.
    pub fn is_empty(&self) -> bool {
        self.events.is_empty()
    }
}

/// An event of a log stream.
#[derive(Debug, Clone)]
pub struct LogEvent {
    /// Unique in all groups.
    pub id: String,
    pub(super) stream: Arc<str>,
    pub(super) timestamp: i64,
    pub(super) ingestion: i64,
    pub(super) message: Arc<str>,
}

impl LogEvent {
    pub(super) fn key(&self) -> (i64, i64, &str) {
        (self.timestamp, self.ingestion, &self.id)
    }
}
