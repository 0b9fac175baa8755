//! Objects of a bucket, byte for byte.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;

use aws_sdk_s3::Client;
use aws_sdk_s3::config::Region;
use aws_sdk_s3::operation::get_object::GetObjectOutput;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{ChecksumMode, EncodingType, RequestPayer};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Duration, Instant, sleep};
use whoran_model::{Diagnostic, DiagnosticKind, LogId, Timestamp};

use super::access::Site;
use super::call::{Caller, Failure, Why, backoff};
use super::remote::is_trail;
use super::{PullEvent, Pulled, Remote, Sieve, arn, name, sieve};
use crate::{Archive, Error, Packed, Packer};

/// What S3 promises for one prefix: requests a second
/// (docs.aws.amazon.com/AmazonS3/latest/userguide/optimizing-performance.html).
const RATE: f64 = 5500.0;
/// How many objects are fetched at once.
const IN_FLIGHT: usize = 64;
/// After so much time or so many bytes, what came is made to last.
const COMMIT_EVERY: (Duration, u64) = (Duration::from_secs(5), 256 << 20);
/// How often an object is fetched whose bytes do not come whole.
const TRIES: u32 = 7;

/// A pull from a bucket.
pub(super) struct Pull<'a> {
    pub(super) site: Site,
    pub(super) remote: &'a Remote,
    pub(super) bucket: &'a str,
    pub(super) prefix: &'a str,
    pub(super) sieve: Sieve,
    pub(super) now: Timestamp,
    pub(super) on_event: &'a (dyn Fn(PullEvent<'_>) + Sync),
}

/// An object as it was listed.
#[derive(Debug, Clone)]
struct Object {
    key: String,
    etag: String,
    size: u64,
}

/// An object that came, or did not.
enum Fetched {
    Here {
        log: LogId,
        version: String,
        packed: Packed,
    },
    Not {
        log: LogId,
        why: DiagnosticKind,
    },
    /// The disk is full, or the like: nothing further can come.
    Stop(Error),
}

/// What every fetch needs.
#[derive(Debug)]
struct Door {
    client: Client,
    caller: Caller,
    bucket: String,
    partition: &'static str,
    payer: Option<RequestPayer>,
    sieve: Sieve,
    scratch: PathBuf,
}

impl Pull<'_> {
    /// Pulls what is new, commits it, and says what it was.
    pub(super) async fn run(self, archive: &mut Archive) -> Result<Pulled, Error> {
        let door = Arc::new(self.open(archive.scratch()?).await?);
        let known = known(archive, self.bucket);
        let (mut listed, listing) = self.list(&door);
        let mut fetching = JoinSet::new();
        let mut pulled = Pulled::default();
        let (mut open, mut uncommitted, mut committed) = (true, 0, Instant::now());
        while open || !fetching.is_empty() {
            tokio::select! {
                object = listed.recv(), if open && fetching.len() < IN_FLIGHT => match object {
                    None => open = false,
                    Some(object) if known.has(&object, self.bucket) => pulled.unchanged += 1,
                    Some(object) => {
                        (self.on_event)(PullEvent::Listed { bytes: object.size });
                        fetching.spawn(fetch(Arc::clone(&door), object));
                    }
                },
                Some(done) = fetching.join_next() => {
                    let done = done.map_err(|e| self.stopped(std::io::Error::other(e)))?;
                    uncommitted += self.take(done, archive, &mut pulled)?;
                    if uncommitted > COMMIT_EVERY.1 || committed.elapsed() > COMMIT_EVERY.0 {
                        archive.commit()?;
                        (uncommitted, committed) = (0, Instant::now());
                    }
                }
            }
        }
        archive.commit()?;
        let listing = listing.await.map_err(|e| self.stopped(std::io::Error::other(e)))?;
        listing.map_err(|failure| self.list_error(&failure))?;
        Ok(pulled)
    }

    /// Puts what came into the archive; gives its size in bytes.
    fn take(&self, fetched: Fetched, archive: &mut Archive, pulled: &mut Pulled) -> Result<u64, Error> {
        match fetched {
            Fetched::Here { log, version, packed } => {
                let bytes = packed.bytes();
                archive.append_packed(&log, &version, self.now, packed)?;
                (self.on_event)(PullEvent::Fetched { bytes });
                pulled.logs += 1;
                pulled.bytes += bytes;
                Ok(bytes)
            }
            Fetched::Not { log, why: kind } => {
                let diagnostic = Diagnostic { log, at: None, session: None, kind };
                (self.on_event)(PullEvent::Skipped(&diagnostic));
                pulled.skipped.push(diagnostic);
                Ok(0)
            }
            Fetched::Stop(error) => Err(error),
        }
    }

    fn stopped(&self, source: std::io::Error) -> Error {
        Error::Read { what: self.remote.location.to_string(), source }
    }

    /// Finds the bucket, wherever it is.
    async fn open(&self, scratch: PathBuf) -> Result<Door, Error> {
        let caller = Caller::new(self.remote.requests_per_second.unwrap_or(RATE));
        let region = self.site.region.clone().unwrap_or_else(|| "us-east-1".into());
        let mut door = Door {
            client: self.client(region),
            caller,
            bucket: self.bucket.to_owned(),
            partition: arn::partition(self.site.region.as_deref()),
            payer: self.remote.requester_pays.then_some(RequestPayer::Requester),
            sieve: self.sieve,
            scratch,
        };
        match door.page(self.prefix, None, Some(1)).await {
            Ok(_) => Ok(door),
            Err(Failure { why: Why::Elsewhere, region: Some(region), .. }) => {
                door.client = self.client(region);
                Ok(door)
            }
            Err(failure) => Err(self.list_error(&failure)),
        }
    }

    fn client(&self, region: String) -> Client {
        let config = aws_sdk_s3::config::Builder::from(&self.site.sdk)
            .region(Region::new(region))
            // Works on every endpoint and with dots in a bucket's name; only ARNs are no part of a path.
            .force_path_style(!self.bucket.starts_with("arn:"));
        Client::from_conf(config.build())
    }

    fn list_error(&self, failure: &Failure) -> Error {
        let arn = arn::bucket(arn::partition(self.site.region.as_deref()), self.bucket);
        failure.error(format!("list {}", self.remote.location), "s3:ListBucket", &arn)
    }

    /// Lists the bucket page by page, ahead of fetching.
    fn list(
        &self,
        door: &Arc<Door>,
    ) -> (mpsc::Receiver<Object>, tokio::task::JoinHandle<Result<(), Failure>>) {
        let (found, listed) = mpsc::channel(2000);
        let (door, prefix, kind) = (Arc::clone(door), self.prefix.to_owned(), self.remote.kind);
        let listing = tokio::spawn(async move {
            let mut token = None;
            loop {
                let page = door.page(&prefix, token, None).await?;
                for object in page.contents() {
                    let key = name::key_of_listing(object.key().unwrap_or_default());
                    let size = u64::try_from(object.size().unwrap_or(0)).unwrap_or(0);
                    // What ends in a slash and is empty stands for a folder in the console.
                    if (key.ends_with('/') && size == 0) || !kind.takes(&key) {
                        continue;
                    }
                    // Where there are no ETags, the time of the last change has to do.
                    let changed =
                        || format!("{size} {}", object.last_modified().map_or(0, |time| time.secs()));
                    let etag = object.e_tag().map_or_else(changed, str::to_owned);
                    if found.send(Object { key, etag, size }).await.is_err() {
                        return Ok(());
                    }
                }
                token = page.next_continuation_token().map(str::to_owned);
                if token.is_none() {
                    return Ok(());
                }
            }
        });
        (listed, listing)
    }
}

/// What the archive has of a bucket: the ETags of each object, by name without version.
struct Known(HashMap<String, HashSet<String>>);

fn known(archive: &Archive, bucket: &str) -> Known {
    let prefix = name::bucket_prefix(bucket);
    let mut known: HashMap<String, HashSet<String>> = HashMap::new();
    for entry in archive.entries() {
        let id = entry.log.id.as_str();
        // Of what has no version of its own, only the last line counts.
        let current = || archive.latest(&entry.log.id).is_some_and(|latest| latest.log == entry.log);
        if id.starts_with(&prefix) && current() {
            let versions = known.entry(name::without_version(id).to_owned()).or_default();
            versions.insert(entry.log.version.to_string());
        }
    }
    Known(known)
}

impl Known {
    fn has(&self, object: &Object, bucket: &str) -> bool {
        let versions = self.0.get(name::of_object(bucket, &object.key, None).as_str());
        versions.is_some_and(|versions| versions.contains(&object.etag))
    }
}

impl Door {
    async fn page(
        &self,
        prefix: &str,
        token: Option<String>,
        max: Option<i32>,
    ) -> Result<aws_sdk_s3::operation::list_objects_v2::ListObjectsV2Output, Failure> {
        let request = self
            .client
            .list_objects_v2()
            .bucket(&self.bucket)
            .prefix(prefix)
            .set_continuation_token(token)
            .set_max_keys(max)
            .set_request_payer(self.payer.clone())
            // XML cannot hold every character that a key can.
            .encoding_type(EncodingType::Url);
        self.caller.call(|| request.clone().send()).await
    }

    /// Asks for an object, or for what of the version `etag` comes after the first `from` bytes.
    async fn get(&self, key: &str, etag: &str, from: u64) -> Result<GetObjectOutput, Failure> {
        let rest = from > 0;
        let request = self
            .client
            .get_object()
            .bucket(&self.bucket)
            .key(key)
            .set_if_match(rest.then(|| etag.to_owned()))
            .set_range(rest.then(|| format!("bytes={from}-")))
            .set_checksum_mode((!rest).then_some(ChecksumMode::Enabled))
            .set_request_payer(self.payer.clone());
        self.caller.call(|| request.clone().send()).await
    }

    /// What came cannot be kept.
    fn stop(&self, source: std::io::Error) -> Fetched {
        Fetched::Stop(Error::Write { path: self.scratch.clone(), source })
    }

    fn refused(&self, object: &Object, failure: &Failure) -> Fetched {
        let log = name::of_object(&self.bucket, &object.key, None);
        let why = match failure.why {
            // Deleted since it was listed.
            Why::Missing => DiagnosticKind::Vanished,
            _ => {
                let arn = arn::object(self.partition, &self.bucket, &object.key);
                DiagnosticKind::Unreadable(failure.sentence("s3:GetObject", &arn))
            }
        };
        Fetched::Not { log, why }
    }
}

/// Fetches an object whole, in as many pieces as it takes.
async fn fetch(door: Arc<Door>, object: Object) -> Fetched {
    let mut tries = 0;
    let mut why = String::new();
    while tries < TRIES {
        match fetch_once(&door, &object, &mut tries).await {
            Ok(fetched) => return fetched,
            Err(reason) => why = reason,
        }
        tries += 1;
        sleep(backoff(tries)).await;
    }
    let log = name::of_object(&door.bucket, &object.key, None);
    Fetched::Not { log, why: DiagnosticKind::Unreadable(why) }
}

/// Fetches an object from its beginning. Where its bytes stop coming, the rest is asked for; an error says why it has to
/// begin anew, which is where what is asked for is no longer what it was.
async fn fetch_once(door: &Door, object: &Object, tries: &mut u32) -> Result<Fetched, String> {
    let first = match door.get(&object.key, "", 0).await {
        Ok(answer) => answer,
        Err(failure) => return Ok(door.refused(object, &failure)),
    };
    // What came is kept under the version that came with it: the object may be another than the one that was listed.
    let etag = first.e_tag().unwrap_or_default().to_owned();
    let written = first.last_modified().and_then(|time| Timestamp::from_second(time.secs()).ok());
    let length = first.content_length().and_then(|n| u64::try_from(n).ok());
    let log = name::of_object(&door.bucket, &object.key, first.version_id());
    if let Some(length) = length
        && etag == object.etag
        && length != object.size
    {
        return Err(format!("{length} bytes were announced of the {} that were listed", object.size));
    }
    let mut packer = match Packer::new(&door.scratch, length) {
        Ok(packer) => packer,
        Err(e) => return Ok(door.stop(e)),
    };
    let mut body = first.body;
    loop {
        let broken = match feed(&mut packer, &mut body, length).await {
            Err(Fed::Stop(e)) => return Ok(door.stop(e)),
            Err(Fed::Broken(why)) => why,
            Ok(()) => match length {
                Some(length) if packer.fed() < length => {
                    format!("the connection ended after {} of {length} bytes", packer.fed())
                }
                _ => break,
            },
        };
        *tries += 1;
        if *tries >= TRIES || packer.fed() == 0 || etag.is_empty() {
            return Err(broken);
        }
        sleep(backoff(*tries)).await;
        body = match door.get(&object.key, &etag, packer.fed()).await {
            Ok(answer) if answer.e_tag() == Some(&etag) && answer.content_range().is_some() => answer.body,
            // Replaced meanwhile, or a server that knows no ranges.
            Ok(_) => return Err(broken),
            Err(failure) if failure.why == Why::Changed => return Err(failure.message().to_owned()),
            Err(failure) => return Ok(door.refused(object, &failure)),
        };
    }
    Ok(match packer.finish() {
        Ok(packed) => {
            let version = if etag.is_empty() { object.etag.clone() } else { etag };
            let trail = is_trail(&object.key) && packed.bytes() <= sieve::MAX_OBJECT;
            match if trail { sifted(door, log, packed).await } else { Ok((log, packed)) } {
                Ok((log, packed)) => Fetched::Here { log, version, packed: packed.written(written) },
                Err(e) => door.stop(e),
            }
        }
        Err(e) => door.stop(e),
    })
}

/// Of a CloudTrail file the records that matter; what is called like one and is none comes as it is.
async fn sifted(door: &Door, log: LogId, mut packed: Packed) -> std::io::Result<(LogId, Packed)> {
    let (sieve, scratch) = (door.sieve, door.scratch.clone());
    let work = move || {
        let kept = sieve.object(&log, &mut packed, &scratch)?;
        Ok(kept.unwrap_or((log, packed)))
    };
    tokio::task::spawn_blocking(work).await.map_err(std::io::Error::other)?
}

/// Why bytes stopped coming.
enum Fed {
    /// The stream broke: the rest can be asked for.
    Broken(String),
    /// They cannot be kept.
    Stop(std::io::Error),
}

/// Packs what a body holds, as far as it comes.
async fn feed(packer: &mut Packer, body: &mut ByteStream, length: Option<u64>) -> Result<(), Fed> {
    while let Some(chunk) = body.next().await {
        let chunk = chunk.map_err(|e| Fed::Broken(super::call::chain(&e)))?;
        if length.is_some_and(|length| packer.fed() + chunk.len() as u64 > length) {
            return Err(Fed::Broken("more bytes came than were announced".to_owned()));
        }
        packer.feed(&chunk).map_err(Fed::Stop)?;
    }
    Ok(())
}
