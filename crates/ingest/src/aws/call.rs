//! One call of a service: at the right pace, again where that may help, and with a sentence where it does not.

use std::time::Duration;

use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use tokio::time::sleep;

use super::pace::Pace;
use crate::Error;

/// How often a call is tried that fails for a reason that passes.
const TRIES: u32 = 7;
/// How often one is tried that is throttled: the pace slows down meanwhile.
const THROTTLED_TRIES: u32 = 30;

/// Calls a service.
#[derive(Debug)]
pub(super) struct Caller {
    pace: Pace,
}

/// Why a call did not work, after all tries.
#[derive(Debug, Clone)]
pub(super) struct Failure {
    pub(super) why: Why,
    /// What the service said.
    message: String,
    /// The region that a bucket is in, where the service says so.
    pub(super) region: Option<String>,
}

/// Kinds of failure, by what can be done about them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Why {
    /// Too much was asked at once.
    Throttled,
    /// The network or the service stumbled.
    Passing,
    /// This machine's clock is wrong.
    Clock,
    /// A permission is missing.
    Denied,
    /// The credentials have expired or are none.
    Credentials,
    /// There is no such thing.
    Missing,
    /// It is in another region.
    Elsewhere,
    /// It is not what it was when it was asked for first.
    Changed,
    /// Anything else.
    Other,
}

impl Caller {
    /// `rate` is in requests a second.
    pub(super) fn new(rate: f64) -> Self {
        Self { pace: Pace::new(rate) }
    }

    /// Sends what `send` makes, until it works or there is no use in it.
    pub(super) async fn call<T, E, F>(&self, send: impl Fn() -> F) -> Result<T, Failure>
    where
        F: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        let (mut failed, mut throttled) = (0, 0);
        loop {
            let sent = self.pace.turn().await;
            let failure = match send().await {
                Ok(answer) => {
                    self.pace.went_well();
                    return Ok(answer);
                }
                Err(error) => Failure::of(&error),
            };
            match failure.why {
                Why::Throttled if throttled < THROTTLED_TRIES => {
                    self.pace.throttled(sent);
                    throttled += 1;
                    sleep(backoff(throttled)).await;
                }
                Why::Passing if failed < TRIES => {
                    failed += 1;
                    sleep(backoff(failed)).await;
                }
                // The SDK has learnt the service's time from this answer, and signs the next request with it.
                Why::Clock if failed < 2 => failed += 1,
                _ => return Err(failure),
            }
        }
    }
}

/// How long to wait before the next try: 100 ms, 200 ms, and so on up to 5 s.
pub(super) fn backoff(tries: u32) -> Duration {
    Duration::from_millis(50 << tries.min(7)).min(Duration::from_secs(5))
}

impl Failure {
    fn of<E>(error: &SdkError<E, HttpResponse>) -> Self
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        let response = error.raw_response();
        let header = |name| response.and_then(|r| r.headers().get(name)).map(str::to_owned);
        let status = response.map_or(0, |r| r.status().as_u16());
        let (why, message) = match error {
            SdkError::ServiceError(service) => {
                let (code, text) = (service.err().code().unwrap_or(""), service.err().message());
                let text = text.unwrap_or("");
                let message = match (code, text) {
                    ("", "") => format!("HTTP status {status}"),
                    (code, "") => code.to_owned(),
                    ("", text) => text.to_owned(),
                    (code, text) => format!("{code}: {text}"),
                };
                (why(code, text, status), message)
            }
            SdkError::TimeoutError(_) | SdkError::ResponseError(_) => (Why::Passing, chain(error)),
            SdkError::DispatchFailure(failure) if failure.is_io() || failure.is_timeout() => {
                (Why::Passing, chain(error))
            }
            _ => {
                let text = chain(error);
                let credentials = text.contains("credential") || text.contains("token");
                (if credentials { Why::Credentials } else { Why::Other }, text)
            }
        };
        Self { why, message, region: header("x-amz-bucket-region") }
    }

    /// What the service said, or why it said nothing.
    pub(super) fn message(&self) -> &str {
        &self.message
    }

    /// A sentence about the failure; `action` on `resource` is what is missing where AWS does not say so itself.
    pub(super) fn sentence(&self, action: &str, resource: &str) -> String {
        match self.why {
            Why::Denied => {
                let (action, resource) = named(&self.message).unwrap_or((action, resource));
                format!("access denied: {action} on {resource} is not permitted")
            }
            _ => self.message.clone(),
        }
    }

    /// The error of a whole source; `what` is what was tried, `action` on `resource` what it takes.
    pub(super) fn error(&self, what: impl Into<String>, action: &str, resource: &str) -> Error {
        let hint = match self.why {
            Why::Denied => {
                let (action, resource) = named(&self.message).unwrap_or((action, resource));
                Some(format!("permit {action} on {resource}; `whoran policy` prints all that is needed"))
            }
            Why::Credentials => Some(
                "check the credentials: `aws sts get-caller-identity` with the same profile says whose they are; \
                 `aws sso login` renews those of IAM Identity Center"
                    .to_owned(),
            ),
            Why::Clock => Some("set this machine's clock".to_owned()),
            _ => None,
        };
        Error::Remote { what: what.into(), why: self.sentence(action, resource), hint }
    }
}

/// The codes of S3 and CloudWatch Logs that mean something can be done
/// (docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html,
/// docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/CommonErrors.html).
fn why(code: &str, text: &str, status: u16) -> Why {
    match code {
        "SlowDown"
        | "Throttling"
        | "ThrottlingException"
        | "ThrottledException"
        | "RequestLimitExceeded"
        | "TooManyRequestsException"
        | "LimitExceededException"
        | "RequestThrottled" => Why::Throttled,
        "RequestTimeTooSkewed" | "RequestExpired" => Why::Clock,
        "InvalidSignatureException" | "SignatureDoesNotMatch"
            if text.contains("expired") || text.contains("not yet current") =>
        {
            Why::Clock
        }
        "AccessDenied"
        | "AccessDeniedException"
        | "AllAccessDisabled"
        | "UnauthorizedOperation"
        | "KMS.AccessDeniedException" => Why::Denied,
        "ExpiredToken"
        | "ExpiredTokenException"
        | "InvalidAccessKeyId"
        | "InvalidClientTokenId"
        | "UnrecognizedClientException"
        | "InvalidToken"
        | "SignatureDoesNotMatch"
        | "InvalidSignatureException"
        | "MissingAuthenticationToken"
        | "IncompleteSignature" => Why::Credentials,
        "NoSuchKey"
        | "NoSuchBucket"
        | "NoSuchVersion"
        | "NotFound"
        | "ResourceNotFoundException"
        | "ParameterNotFound"
        | "InvalidDocument" => Why::Missing,
        "PermanentRedirect"
        | "TemporaryRedirect"
        | "AuthorizationHeaderMalformed"
        | "IllegalLocationConstraintException" => Why::Elsewhere,
        "PreconditionFailed" | "InvalidRange" => Why::Changed,
        // In an archive class, from where it must be restored first: a 403 that no permission mends.
        "InvalidObjectState" => Why::Other,
        "InternalError"
        | "InternalFailure"
        | "ServiceUnavailable"
        | "ServiceUnavailableException"
        | "RequestTimeout"
        | "RequestTimeoutException"
        | "OperationAborted"
        | "OperationAbortedException" => Why::Passing,
        _ => match status {
            301 | 307 => Why::Elsewhere,
            403 => Why::Denied,
            404 => Why::Missing,
            412 | 416 => Why::Changed,
            429 => Why::Throttled,
            500.. => Why::Passing,
            _ => Why::Other,
        },
    }
}

/// The action and the resource that AWS itself names in a denial.
fn named(message: &str) -> Option<(&str, &str)> {
    let (_, rest) = message.split_once("not authorized to perform: ")?;
    let (action, rest) = rest.split_once(" on resource: ")?;
    let resource = rest.split_whitespace().next()?;
    Some((action.trim(), resource.trim_matches('"')))
}

/// An error and what caused it, in one line.
pub(super) fn chain(error: &(impl std::error::Error + 'static)) -> String {
    let mut text: String = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_denial_names_what_aws_names() {
        let message = "AccessDenied: User: arn:aws:sts::111122223333:assumed-role/R/s is not authorized to perform: \
                       kms:Decrypt on resource: arn:aws:kms:eu-west-1:111122223333:key/k because no identity-based \
                       policy allows the kms:Decrypt action";
        assert_eq!(named(message), Some(("kms:Decrypt", "arn:aws:kms:eu-west-1:111122223333:key/k")));
        assert_eq!(named("AccessDenied: Access Denied"), None);
    }

    #[test]
    fn codes_say_what_can_be_done() {
        for (code, text, status, expected) in [
            ("SlowDown", "", 503, Why::Throttled),
            ("ThrottlingException", "Rate exceeded", 400, Why::Throttled),
            ("InvalidSignatureException", "Signature expired: 1 is now earlier than 2", 403, Why::Clock),
            ("InvalidSignatureException", "does not match", 403, Why::Credentials),
            ("", "", 403, Why::Denied),
            ("", "", 502, Why::Passing),
            ("NoSuchBucket", "", 404, Why::Missing),
            ("PermanentRedirect", "", 301, Why::Elsewhere),
            ("InvalidObjectState", "", 403, Why::Other),
            ("Unheard", "", 400, Why::Other),
        ] {
            assert_eq!(why(code, text, status), expected, "{code} {status}");
        }
    }
}
