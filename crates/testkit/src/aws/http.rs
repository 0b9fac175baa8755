//! HTTP/1.1 as far as the SDK speaks it, and the ways in which an answer can go wrong.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use socket2::SockRef;

/// What becomes of one answer.
#[derive(Debug, Clone)]
pub enum Fault {
    /// An error in the words of the service.
    Error {
        /// The HTTP status.
        status: u16,
        /// The service's code: `AccessDenied`, `ThrottlingException` …
        code: String,
        /// Its message.
        message: String,
        /// Further headers.
        headers: Vec<(String, String)>,
    },
    /// The connection is reset once this many bytes of the body are sent; with `None`, before any answer.
    Reset(Option<usize>),
    /// The connection ends in good order after this many bytes of the body, though more were announced.
    Truncated(usize),
    /// The answer says that it has this many bytes, and has them: less than was listed.
    Short(usize),
    /// The answer comes this much later.
    Late(Duration),
}

impl Fault {
    /// An error in the words of the service.
    pub fn error(status: u16, code: &str, message: &str) -> Self {
        Self::Error { status, code: code.to_owned(), message: message.to_owned(), headers: Vec::new() }
    }

    /// `ThrottlingException`: <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/CommonErrors.html>.
    pub fn throttled() -> Self {
        Self::error(400, "ThrottlingException", "Rate exceeded")
    }

    /// S3's 503: <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#ErrorCodeList>.
    pub fn slow_down() -> Self {
        Self::error(503, "SlowDown", "Please reduce your request rate.")
    }

    /// What S3 says of an object or bucket that one may not read; for an object of a KMS key, `action` is
    /// `kms:Decrypt` and `resource` the key:
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/troubleshoot-403-errors.html>.
    pub fn denied_s3(action: &str, resource: &str) -> Self {
        let message = format!(
            "User: arn:aws:sts::111122223333:assumed-role/Auditor/alice is not authorized to perform: {action} on \
             resource: {resource} because no identity-based policy allows the {action} action"
        );
        Self::error(403, "AccessDenied", &message)
    }

    /// What a JSON service says of an action that one may not take:
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html>.
    pub fn denied(action: &str, resource: &str) -> Self {
        let message = format!(
            "User: arn:aws:sts::111122223333:assumed-role/Auditor/alice is not authorized to perform: {action} on \
             resource: {resource} because no identity-based policy allows the {action} action"
        );
        Self::error(400, "AccessDeniedException", &message)
    }

    /// Session credentials that are too old, from S3 (`ExpiredToken`, see [`Fault::slow_down`]'s page) or from another
    /// service (`ExpiredTokenException`, see [`Fault::throttled`]'s page).
    pub fn expired(s3: bool) -> Self {
        let code = if s3 { "ExpiredToken" } else { "ExpiredTokenException" };
        Self::error(400, code, "The provided token has expired.")
    }

    /// The bucket is in another region:
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/Redirects.html>.
    pub fn permanent_redirect(region: &str) -> Self {
        Self::Error {
            status: 301,
            code: "PermanentRedirect".to_owned(),
            message:
                "The bucket you are attempting to access must be addressed using the specified endpoint. \
                      Please send all future requests to this endpoint."
                    .to_owned(),
            headers: vec![("x-amz-bucket-region".to_owned(), region.to_owned())],
        }
    }
}

/// A request as read from the wire.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) method: String,
    /// Still percent-encoded.
    pub(super) path: String,
    /// Decoded.
    pub(super) query: Vec<(String, String)>,
    /// Names in lower case.
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

impl Request {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    /// Reads the next request of a connection; nothing where it has ended.
    pub(super) fn read(from: &mut BufReader<TcpStream>) -> io::Result<Option<Self>> {
        let mut line = String::new();
        if from.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        let mut words = line.split_whitespace();
        let (Some(method), Some(target)) = (words.next(), words.next()) else {
            return Err(io::ErrorKind::InvalidData.into());
        };
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let (method, path) = (method.to_owned(), path.to_owned());
        let query = form(query);
        let mut headers = Vec::new();
        loop {
            line.clear();
            from.read_line(&mut line)?;
            let Some((name, value)) = line.trim_end().split_once(':') else { break };
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        let mut request = Self { method, path, query, headers, body: Vec::new() };
        let length = request.header("content-length").and_then(|n| n.parse().ok()).unwrap_or(0);
        request.body = vec![0; length];
        from.read_exact(&mut request.body)?;
        Ok(Some(request))
    }
}

/// `a=1&b=%20`, decoded.
pub(super) fn form(text: &str) -> Vec<(String, String)> {
    let pairs = text.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| {
            (percent_decoded(&name.replace('+', " ")), percent_decoded(&value.replace('+', " ")))
        })
        .collect()
}

pub(super) fn percent_decoded(text: &str) -> String {
    let (mut bytes, mut rest) = (Vec::new(), text.as_bytes());
    while let Some((&first, after)) = rest.split_first() {
        let digits = after.get(..2).filter(|_| first == b'%').and_then(|d| std::str::from_utf8(d).ok());
        match digits.and_then(|d| u8::from_str_radix(d, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            None => {
                bytes.push(first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

pub(super) fn percent_encoded(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_.*/".contains(&b);
    text.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

/// A whole answer, before anything goes wrong with it.
#[derive(Debug, Default)]
pub(super) struct Response {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
    /// What `content-length` says where there is no body to go with it: the answer to HEAD.
    pub(super) head_length: Option<usize>,
}

impl Response {
    pub(super) fn new(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        let headers = vec![("content-type".to_owned(), content_type.to_owned())];
        Self { status, headers, body: body.into(), head_length: None }
    }

    pub(super) fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// Sends it, as far as the fault lets it. Says whether the connection goes on.
    pub(super) fn send(mut self, to: &mut TcpStream, fault: Option<&Fault>) -> io::Result<bool> {
        let whole = self.body.len();
        let (announced, sent) = match fault {
            Some(Fault::Reset(None)) => {
                SockRef::from(&*to).set_linger(Some(Duration::ZERO))?;
                return Ok(false);
            }
            Some(Fault::Reset(Some(n)) | Fault::Truncated(n)) => (whole, (*n).min(whole)),
            Some(Fault::Short(n)) => ((*n).min(whole), (*n).min(whole)),
            _ => (self.head_length.unwrap_or(whole), whole),
        };
        let mut head = format!("HTTP/1.1 {} -\r\ncontent-length: {announced}\r\n", self.status);
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str("\r\n");
        let mut bytes = head.into_bytes();
        self.body.truncate(sent);
        bytes.append(&mut self.body);
        to.write_all(&bytes)?;
        to.flush()?;
        if let Some(Fault::Reset(_)) = fault {
            SockRef::from(&*to).set_linger(Some(Duration::ZERO))?;
        }
        Ok(!matches!(fault, Some(Fault::Reset(_) | Fault::Truncated(_))))
    }
}
