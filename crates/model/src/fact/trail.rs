//! What CloudTrail recorded.

use std::collections::HashSet;
use std::sync::Arc;

use super::{DocumentSettings, Fact, Tag};
use crate::{ByteSpan, NodeId, Principal, SessionId, Timestamp};

/// One call that CloudTrail recorded about a session or about who may start one, and as whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessEvent {
    /// `eventID`, unique: CloudTrail delivers at least once.
    pub event_id: String,
    /// `sharedEventID`: the same call as another account's trail has it.
    pub shared_id: Option<String>,
    /// `eventTime`.
    pub time: Timestamp,
    /// `eventSource` and `eventName`, as in `ssm.amazonaws.com:StartSession`.
    pub action: String,
    /// `recipientAccountId`: the account whose trail it is.
    pub account: Option<String>,
    /// `awsRegion`.
    pub region: Option<String>,
    /// How it ended.
    pub outcome: Outcome,
    /// Who called; calls may share it ([`Callers`]).
    pub caller: Arc<Caller>,
    /// `sourceIPAddress`.
    pub source_ip: Option<String>,
    /// `userAgent`.
    pub user_agent: Option<String>,
    /// The session the call made or named.
    pub session: Option<SessionId>,
    /// The node named in the request or, where that is left out, in the denial.
    pub target: Option<NodeId>,
    /// The ARN that a denial names: the instance or the document, whichever was looked at first.
    pub denied_resource: Option<String>,
    /// `requestParameters.documentName`; absent means the preferences document, `SSM-SessionManagerRunShell`.
    pub document: Option<String>,
    /// `requestParameters.parameters`, such as `portNumber` or `command`.
    pub parameters: Vec<(String, Vec<String>)>,
    /// `requestParameters.reason`.
    pub reason: Option<String>,
    /// What the call changed or handed out.
    pub detail: Detail,
    /// The record that says so.
    pub evidence: ByteSpan,
}

impl AccessEvent {
    /// A call that succeeded and of which nothing else is known.
    pub fn new(
        event_id: impl Into<String>,
        time: Timestamp,
        action: impl Into<String>,
        evidence: ByteSpan,
    ) -> Self {
        Self {
            event_id: event_id.into(),
            shared_id: None,
            time,
            action: action.into(),
            account: None,
            region: None,
            outcome: Outcome::Success,
            caller: Arc::default(),
            source_ip: None,
            user_agent: None,
            session: None,
            target: None,
            denied_resource: None,
            document: None,
            parameters: Vec::new(),
            reason: None,
            detail: Detail::None,
            evidence,
        }
    }

    /// `eventName`: what follows the source in [`action`](Self::action).
    pub fn name(&self) -> &str {
        self.action.split_once(':').map_or(self.action.as_str(), |(_, name)| name)
    }
}

/// How an API call ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It was carried out.
    Success,
    /// It was refused.
    Refused {
        /// `errorCode`.
        code: String,
        /// `errorMessage`.
        message: Option<String>,
    },
}

impl Outcome {
    /// Whether a policy refused it. The error's name is spelled in two ways.
    pub fn is_denial(&self) -> bool {
        matches!(self, Self::Refused { code, .. } if code == "AccessDenied" || code == "AccessDeniedException")
    }
}

/// `userIdentity` of a record.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Caller {
    /// `type`: `IAMUser`, `AssumedRole`, `Root`, `FederatedUser`, `SAMLUser`, `WebIdentityUser`, `IdentityCenterUser`,
    /// `AWSAccount`, `AWSService`, …
    pub kind: Option<String>,
    /// `arn`. That of an assumed role has lost the role's path.
    pub principal: Option<Principal>,
    /// `principalId`.
    pub principal_id: Option<String>,
    /// `accountId`.
    pub account: Option<String>,
    /// `userName`.
    pub user_name: Option<String>,
    /// `accessKeyId`.
    pub access_key: Option<String>,
    /// `sessionContext.sessionIssuer`.
    pub issuer: Option<Issuer>,
    /// `sessionContext.attributes.mfaAuthenticated`.
    pub mfa: Option<bool>,
    /// `sessionContext.attributes.creationDate`: when the credentials were handed out.
    pub credentials_from: Option<Timestamp>,
    /// `sessionContext.sourceIdentity`.
    pub source_identity: Option<String>,
    /// `onBehalfOf.userId`: the user of Identity Center, by its id in the identity store.
    pub on_behalf_of: Option<String>,
    /// `identityProvider`, or `sessionContext.webIdFederationData.federatedProvider`.
    pub provider: Option<String>,
    /// `invokedBy`: the AWS service that called in the name of somebody.
    pub invoked_by: Option<String>,
}

/// The callers of many calls, each held once: one makes some calls with the same credentials, and most of what is known
/// of a call is who made it.
#[derive(Debug, Default)]
pub struct Callers(HashSet<Arc<Caller>>);

impl Callers {
    /// Lets a fact share its caller with those that came before.
    pub fn share(&mut self, fact: &mut Fact) {
        let Fact::Access(event) = fact else { return };
        match self.0.get(&event.caller) {
            Some(known) => Arc::make_mut(event).caller = Arc::clone(known),
            None => _ = self.0.insert(Arc::clone(&event.caller)),
        }
    }
}

/// Who handed out the credentials of a caller.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Issuer {
    /// `type`: `Role`, `IAMUser` or `Root`.
    pub kind: Option<String>,
    /// `arn`, with the role's path.
    pub principal: Option<Principal>,
    /// `principalId`.
    pub principal_id: Option<String>,
    /// `userName`: the name of the role.
    pub user_name: Option<String>,
}

/// What a call changed or handed out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Detail {
    /// Nothing that matters here.
    #[default]
    None,
    /// An STS call that gave a role's credentials to the caller.
    Assumed(Box<Assumed>),
    /// A change of an IAM user or role.
    Iam(Box<Change>),
    /// A session document was made, changed or deleted.
    Document {
        /// Its name.
        name: String,
        /// The version that was made, or that is in force from then on.
        version: Option<String>,
        /// What it says from then on, where the record holds its text.
        settings: Option<Box<DocumentSettings>>,
    },
}

/// Credentials handed out by `AssumeRole`, `AssumeRoleWithSAML` or `AssumeRoleWithWebIdentity`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Assumed {
    /// `requestParameters.roleArn`, with the role's path.
    pub role: Option<Principal>,
    /// `requestParameters.roleSessionName`, which the caller chooses.
    pub session_name: Option<String>,
    /// `responseElements.assumedRoleUser.arn`.
    pub principal: Option<Principal>,
    /// `responseElements.credentials.accessKeyId`: what later calls are made with.
    pub access_key: Option<String>,
    /// `requestParameters.sourceIdentity`, or the one in the response.
    pub source_identity: Option<String>,
    /// Who an identity provider says it is: `responseElements.subject` or `subjectFromWebIdentityToken`.
    pub subject: Option<String>,
    /// Session tags: `tags` of the request, or `principalTags` that the identity provider gave.
    pub tags: Vec<Tag>,
    /// `transitiveTagKeys`: tags that go along when a further role is assumed.
    pub transitive: Vec<String>,
}

/// A change of an IAM user or role that says something of its tags. The change is in force from the event's time on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The user or role.
    pub entity: Entity,
    /// Whether it was made by this call: then it has no other tags than `set`.
    pub created: bool,
    /// Whether it is gone since.
    pub deleted: bool,
    /// Tags it has from then on.
    pub set: Vec<Tag>,
    /// Keys of tags it has no longer.
    pub removed: Vec<String>,
}

/// An IAM user or role by its name in the account.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Entity {
    /// User or role.
    pub kind: EntityKind,
    /// Its name, without a path.
    pub name: String,
}

/// The kinds of IAM entity that start sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EntityKind {
    /// An IAM user.
    User,
    /// An IAM role.
    Role,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::LogId;

    #[test]
    fn calls_with_the_same_credentials_share_their_caller_and_others_do_not() {
        let mut callers = Callers::default();
        let mut call = |key: &str| {
            let evidence = ByteSpan { log: LogId::new("trail.json"), start: 0, end: 9 };
            let mut event =
                AccessEvent::new("e", Timestamp::UNIX_EPOCH, "ssm.amazonaws.com:StartSession", evidence);
            event.caller = Arc::new(Caller { access_key: Some(key.into()), ..Caller::default() });
            let mut fact = Fact::Access(Arc::new(event));
            callers.share(&mut fact);
            let Fact::Access(event) = fact else { unreachable!() };
            Arc::clone(&event.caller)
        };
        let (first, again, other) = (call("ASIA1"), call("ASIA1"), call("ASIA2"));
        assert!(Arc::ptr_eq(&first, &again));
        assert_eq!(other.access_key.as_deref(), Some("ASIA2"));
    }
}
