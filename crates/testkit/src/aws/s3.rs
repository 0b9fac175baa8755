//! S3: listing and reading, as a puller does them.

use jiff::Timestamp;

use super::account::{Bucket, Object};
use super::http::{Request, Response, percent_decoded, percent_encoded};
use super::{Account, Call, Fault, describe};

/// The operation and its resource, `bucket/key`. Only path-style addresses are known.
pub(super) fn operation(request: &Request) -> (String, String) {
    let resource = percent_decoded(request.path.trim_start_matches('/'));
    // A key may begin with a slash: only the first one ends the bucket.
    let (bucket, key) =
        request.path.strip_prefix('/').unwrap_or(&request.path).split_once('/').unwrap_or_default();
    let of_bucket = key.is_empty();
    let resource = if bucket.is_empty() {
        resource
    } else {
        percent_decoded(bucket) + if of_bucket { "" } else { "/" } + &percent_decoded(key)
    };
    let name = match request.method.as_str() {
        "HEAD" if of_bucket => "HeadBucket",
        "HEAD" => "HeadObject",
        "GET" if of_bucket && request.parameter("location").is_some() => "GetBucketLocation",
        "GET" if of_bucket => "ListObjectsV2",
        "GET" => "GetObject",
        _ => "Unknown",
    };
    (name.to_owned(), resource)
}

pub(super) fn answer(call: &Call, request: &Request, account: &Account) -> Result<Response, Fault> {
    let (name, key) = call.resource.split_once('/').unwrap_or((&call.resource, ""));
    let bucket = account
        .buckets
        .get(name)
        .ok_or_else(|| Fault::error(404, "NoSuchBucket", "The specified bucket does not exist"))?;
    if call.region != bucket.region && !call.region.is_empty() {
        return Err(wrong_region(&call.region, &bucket.region));
    }
    // https://docs.aws.amazon.com/AmazonS3/latest/userguide/ObjectsinRequesterPaysBuckets.html
    if bucket.requester_pays && request.header("x-amz-request-payer") != Some("requester") {
        return Err(Fault::error(403, "AccessDenied", "Access Denied"));
    }
    match call.operation.as_str() {
        "HeadBucket" => {
            Ok(Response::new(200, "application/xml", "").with("x-amz-bucket-region", &bucket.region))
        }
        "GetBucketLocation" => {
            let region = &bucket.region;
            let body = format!("<LocationConstraint xmlns=\"{NAMESPACE}\">{region}</LocationConstraint>");
            Ok(Response::new(200, "application/xml", body))
        }
        "ListObjectsV2" => list(name, bucket, request),
        "GetObject" | "HeadObject" => {
            let object = bucket.objects.get(key);
            let missing = || Fault::error(404, "NoSuchKey", "The specified key does not exist.");
            get(object.ok_or_else(missing)?, bucket.versioned, request)
        }
        _ => Err(Fault::error(
            405,
            "MethodNotAllowed",
            "The specified method is not allowed against this resource.",
        )),
    }
}

const NAMESPACE: &str = "http://s3.amazonaws.com/doc/2006-03-01/";

/// <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#ErrorCodeList>
fn wrong_region(signed: &str, right: &str) -> Fault {
    let message =
        format!("The authorization header is malformed; the region '{signed}' is wrong; expecting '{right}'");
    Fault::Error {
        status: 400,
        code: "AuthorizationHeaderMalformed".to_owned(),
        message,
        headers: vec![("x-amz-bucket-region".to_owned(), right.to_owned())],
    }
}

/// At most 1,000 keys, in the order of their bytes; `encoding-type=url` for keys that XML cannot hold:
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html>. The token is the last key given, so that
/// what is put or deleted between two pages is seen or not as in S3.
fn list(name: &str, bucket: &Bucket, request: &Request) -> Result<Response, Fault> {
    let prefix = request.parameter("prefix").unwrap_or_default();
    let most = request.parameter("max-keys").and_then(|n| n.parse().ok()).unwrap_or(1000).min(1000);
    let after = match request.parameter("continuation-token") {
        Some(token) => token_key(token).ok_or_else(|| {
            Fault::error(400, "InvalidArgument", "The continuation token provided is incorrect")
        })?,
        None => request.parameter("start-after").unwrap_or_default().to_owned(),
    };
    let url = request.parameter("encoding-type") == Some("url");
    let written = |key: &str| if url { percent_encoded(key) } else { escaped(key) };

    let mut keys = bucket
        .objects
        .range(after.clone()..)
        .filter(|(key, _)| **key > after || after.is_empty())
        .filter(|(key, _)| key.starts_with(prefix))
        .peekable();
    let (mut contents, mut count, mut last) = (String::new(), 0, String::new());
    while let Some((key, object)) = keys.next_if(|_| count < most) {
        let modified = Timestamp::from_second(object.modified).unwrap_or_default();
        contents.push_str(&format!(
            "<Contents><Key>{}</Key><LastModified>{modified}</LastModified><ETag>&quot;{}&quot;</ETag>\
             <Size>{}</Size><StorageClass>{}</StorageClass></Contents>",
            written(key),
            object.etag,
            object.body.len(),
            object.storage_class,
        ));
        count += 1;
        last.clone_from(key);
    }
    let more = keys.peek().is_some();
    let token = if more {
        let token: String = last.bytes().map(|b| format!("{b:02x}")).collect();
        format!("<NextContinuationToken>{token}</NextContinuationToken>")
    } else {
        String::new()
    };
    let encoding = if url { "<EncodingType>url</EncodingType>" } else { "" };
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ListBucketResult xmlns=\"{NAMESPACE}\"><Name>{name}</Name>\
         <Prefix>{}</Prefix><KeyCount>{count}</KeyCount><MaxKeys>{most}</MaxKeys>{encoding}\
         <IsTruncated>{more}</IsTruncated>{token}{contents}</ListBucketResult>",
        written(prefix),
    );
    Ok(Response::new(200, "application/xml", body))
}

/// The key that a token is made of.
fn token_key(token: &str) -> Option<String> {
    let digits = (0..token.len()).step_by(2).map(|at| u8::from_str_radix(token.get(at..at + 2)?, 16).ok());
    String::from_utf8(digits.collect::<Option<_>>()?).ok()
}

/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html>: a range, `If-Match`, and objects whose storage
/// class must be restored first.
fn get(object: &Object, versioned: bool, request: &Request) -> Result<Response, Fault> {
    let wanted = request.parameter("versionId").is_none_or(|v| v == object.version);
    if !wanted {
        return Err(Fault::error(404, "NoSuchVersion", "The specified version does not exist."));
    }
    let quoted = format!("\"{}\"", object.etag);
    if request.header("if-match").is_some_and(|etag| etag.trim_matches('"') != object.etag) {
        let why = "At least one of the pre-conditions you specified did not hold";
        return Err(Fault::error(412, "PreconditionFailed", why));
    }
    if matches!(object.storage_class.as_str(), "GLACIER" | "DEEP_ARCHIVE") {
        let why = "The operation is not valid for the object's storage class";
        return Err(Fault::error(403, "InvalidObjectState", why));
    }
    let whole = object.body.len();
    let (status, from, to) = match request.header("range").map(|range| bounds(range, whole)) {
        None => (200, 0, whole),
        Some(Some((from, to))) => (206, from, to),
        Some(None) => {
            return Err(Fault::error(416, "InvalidRange", "The requested range is not satisfiable"));
        }
    };
    let body = if request.method == "HEAD" { &[][..] } else { &object.body[from..to] };
    let mut response = Response::new(status, "text/plain", body)
        .with("etag", quoted)
        .with("accept-ranges", "bytes")
        .with("last-modified", describe::http_date(object.modified));
    if request.method == "HEAD" {
        response.head_length = Some(to - from);
    }
    if status == 206 {
        response = response.with("content-range", format!("bytes {from}-{}/{whole}", to - 1));
    }
    Ok(if versioned { response.with("x-amz-version-id", &object.version) } else { response })
}

/// `bytes=0-99` and `bytes=100-`, as a half-open range.
fn bounds(range: &str, whole: usize) -> Option<(usize, usize)> {
    let (from, to) = range.strip_prefix("bytes=")?.split_once('-')?;
    let from: usize = from.parse().ok()?;
    let to = if to.is_empty() { whole } else { to.parse::<usize>().ok()?.checked_add(1)?.min(whole) };
    (from < to).then_some((from, to))
}

/// Text in XML. Controls become references, which XML 1.0 forbids and S3 sends all the same.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            c if c.is_ascii_control() => out.push_str(&format!("&#x{:x};", u32::from(c))),
            c => out.push(c),
        }
    }
    out
}
