//! What an account says of itself: one look at each part of it, as the AWS CLI prints it, a log of its own with the
//! time in its name. What was looked at before stays: tags change, and history matters.
//!
//! A part that may not be looked at is named with the permission that is missing, and the others come.

mod iam;
mod ssm;

use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_ssm::config::interceptors::AfterDeserializationInterceptorContextRef;
use aws_sdk_ssm::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_ssm::error::BoxError;
use whoran_model::{Diagnostic, DiagnosticKind, Timestamp};

use super::access::Site;
use super::call::{Caller, Failure};
use super::logs::{caller_account, no_region};
use super::{PullEvent, Pulled, Remote, name};
use crate::{Archive, Error, Packer};

/// Requests a second, less than any of these services is known to allow.
const RATE: f64 = 4.0;

/// Why a part cannot be looked at: what came instead of an answer, and what asking takes.
struct Refusal {
    failure: Failure,
    action: &'static str,
    resource: String,
}

/// Takes a look at every part.
pub(super) async fn pull(
    site: &Site,
    remote: &Remote,
    archive: &mut Archive,
    now: Timestamp,
    on_event: &(dyn Fn(PullEvent<'_>) + Sync),
) -> Result<Pulled, Error> {
    let region = site.region.clone().ok_or_else(|| no_region(remote))?;
    let caller = Caller::new(remote.requests_per_second.unwrap_or(RATE));
    let account = caller_account(site, &caller).await?;
    // They are of several services: one that stumbles does not keep the others waiting.
    let (iam, documents, sessions, nodes, tags) = tokio::join!(
        iam::look(site, &caller),
        ssm::documents(site, &caller, &region, &account),
        ssm::sessions(site, &caller),
        ssm::nodes(site, &caller),
        ssm::tags(site, &caller),
    );
    let parts =
        [("iam", iam), ("documents", documents), ("sessions", sessions), ("nodes", nodes), ("tags", tags)];
    let mut pulled = Pulled::default();
    let mut refused = None;
    for (part, look) in parts {
        let log = name::of_look(&account, &region, part, now);
        match look {
            Ok(text) => {
                let bytes = text.len() as u64;
                (on_event)(PullEvent::Listed { bytes });
                let scratch = archive.scratch()?;
                let pack = || {
                    let mut packer = Packer::new(&scratch, Some(bytes))?;
                    packer.feed(&text)?;
                    packer.finish()
                };
                let packed = pack().map_err(|source| Error::Write { path: scratch.clone(), source })?;
                archive.append_packed(&log, &now.to_string(), now, packed)?;
                (on_event)(PullEvent::Fetched { bytes });
                pulled.logs += 1;
                pulled.bytes += bytes;
            }
            Err(Refusal { failure, action, resource }) => {
                let kind = DiagnosticKind::Unreadable(failure.sentence(action, &resource));
                let diagnostic = Diagnostic { log, at: None, session: None, kind };
                (on_event)(PullEvent::Skipped(&diagnostic));
                pulled.skipped.push(diagnostic);
                let what = || format!("look at the account {account} in {region}");
                refused.get_or_insert_with(|| failure.error(what(), action, &resource));
            }
        }
    }
    archive.commit()?;
    match refused {
        Some(error) if pulled.logs == 0 => Err(error),
        _ => Ok(pulled),
    }
}

/// Keeps the text of an answer. The SDK reads it into types and drops it, while the archive keeps what was said.
#[derive(Debug, Clone, Default)]
struct Capture(Arc<Mutex<Vec<u8>>>);

impl Capture {
    /// The text that came last, and a line end.
    fn line(&self) -> Vec<u8> {
        let mut text = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        text.push(b'\n');
        text
    }
}

impl Intercept for Capture {
    fn name(&self) -> &'static str {
        "keep the answer"
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let text = context.response().body().bytes().unwrap_or_default().to_vec();
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = text;
        Ok(())
    }
}
