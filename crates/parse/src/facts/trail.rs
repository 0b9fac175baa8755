//! CloudTrail's records.

use memchr::memmem::Finder;
use serde_json::Value;
use whoran_model::{
    AccessEvent, Assumed, ByteSpan, Caller, Change, Detail, Entity, EntityKind, Issuer, NodeId, Outcome, Tag,
};

use super::documents;
use super::value::{flag, principal, tags, text, texts, time};

/// The calls that say something of a session, or of who may start one and as whom: `eventSource`, and `eventName`s of it.
pub const CALLS: [(&str, &[&str]); 5] = [
    (
        "ssm.amazonaws.com",
        &[
            "StartSession",
            "ResumeSession",
            "TerminateSession",
            "SendCommand",
            "CreateDocument",
            "UpdateDocument",
            "UpdateDocumentDefaultVersion",
            "DeleteDocument",
        ],
    ),
    ("ssm-guiconnect.amazonaws.com", &["StartConnection"]),
    ("ecs.amazonaws.com", &["ExecuteCommand"]),
    (
        "iam.amazonaws.com",
        &[
            "TagUser",
            "UntagUser",
            "TagRole",
            "UntagRole",
            "CreateUser",
            "CreateRole",
            "DeleteUser",
            "DeleteRole",
        ],
    ),
    ("sts.amazonaws.com", &["AssumeRole", "AssumeRoleWithSAML", "AssumeRoleWithWebIdentity"]),
];

fn is_kept(source: &str, name: &str) -> bool {
    CALLS.iter().any(|(s, names)| *s == source && names.contains(&name))
}

/// Passes over records that say nothing, without taking them apart.
#[derive(Debug)]
pub(super) struct Sieve {
    source: Finder<'static>,
    name: Finder<'static>,
}

impl Sieve {
    pub(super) fn new() -> Self {
        Self { source: Finder::new("\"eventSource\""), name: Finder::new("\"eventName\"") }
    }

    /// Whether the record may be one to keep. One without the keys as CloudTrail writes them may be anything.
    pub(super) fn passes(&self, record: &[u8]) -> bool {
        let mut sources = values(record, &self.source).peekable();
        if sources.peek().is_none() {
            return true;
        }
        sources.any(|source| {
            CALLS.iter().filter(|(s, _)| s.as_bytes() == source).any(|(_, names)| {
                values(record, &self.name).any(|name| names.iter().any(|n| n.as_bytes() == name))
            })
        })
    }
}

/// The texts that follow the key, wherever in the record it stands.
fn values<'a>(record: &'a [u8], key: &'a Finder<'_>) -> impl Iterator<Item = &'a [u8]> {
    key.find_iter(record).filter_map(move |at| {
        let rest = record[at + key.needle().len()..].trim_ascii_start().strip_prefix(b":")?;
        let rest = rest.trim_ascii_start().strip_prefix(b"\"")?;
        rest.split(|b| *b == b'"').next()
    })
}

/// The event that a record says, if it is one to keep. A record without `eventID` is called by its place.
pub(super) fn event(record: &Value, evidence: ByteSpan) -> Option<AccessEvent> {
    let (source, name) = (text(record, "eventSource")?, text(record, "eventName")?);
    let caller = caller(record.get("userIdentity").unwrap_or(&Value::Null));
    // A service that takes on a role for its own work is by far the most frequent caller of STS, and no person.
    let by_service = source == "sts.amazonaws.com" && caller.kind.as_deref() == Some("AWSService");
    if !is_kept(&source, &name) || by_service {
        return None;
    }
    let id = text(record, "eventID").unwrap_or_else(|| format!("{}@{}", evidence.log, evidence.start));
    let none = Value::Null;
    let request = record.get("requestParameters").unwrap_or(&none);
    let response = record.get("responseElements").unwrap_or(&none);
    let outcome = match text(record, "errorCode") {
        Some(code) => Outcome::Refused { code, message: text(record, "errorMessage") },
        None => Outcome::Success,
    };
    let denied = denied_resource(&outcome);
    let session = text(response, "sessionId")
        .or_else(|| text(request, "sessionId"))
        .or_else(|| response.get("session").and_then(|session| text(session, "sessionId")))
        .or_else(|| denied.as_deref()?.rsplit_once(":session/").map(|(_, id)| id.to_owned()));
    let detail = if outcome == Outcome::Success { detail(&name, request, response) } else { Detail::None };
    Some(AccessEvent {
        shared_id: text(record, "sharedEventID"),
        account: text(record, "recipientAccountId"),
        region: text(record, "awsRegion"),
        caller: caller.into(),
        source_ip: text(record, "sourceIPAddress"),
        user_agent: text(record, "userAgent"),
        session: session.and_then(|id| id.parse().ok()),
        target: target(request, denied.as_deref(), &outcome),
        denied_resource: denied,
        document: text(request, "documentName"),
        parameters: parameters(&name, request),
        reason: text(request, "reason"),
        detail,
        outcome,
        ..AccessEvent::new(id, time(record, "eventTime")?, format!("{source}:{name}"), evidence)
    })
}

fn caller(identity: &Value) -> Caller {
    let none = Value::Null;
    let context = identity.get("sessionContext").unwrap_or(&none);
    let attributes = context.get("attributes").unwrap_or(&none);
    let issuer =
        context.get("sessionIssuer").filter(|issuer| issuer.as_object().is_some_and(|o| !o.is_empty()));
    let federation = context.get("webIdFederationData").unwrap_or(&none);
    Caller {
        kind: text(identity, "type"),
        principal: principal(identity, "arn"),
        principal_id: text(identity, "principalId"),
        account: text(identity, "accountId"),
        user_name: text(identity, "userName"),
        access_key: text(identity, "accessKeyId"),
        issuer: issuer.map(|issuer| Issuer {
            kind: text(issuer, "type"),
            principal: principal(issuer, "arn"),
            principal_id: text(issuer, "principalId"),
            user_name: text(issuer, "userName"),
        }),
        mfa: flag(attributes, "mfaAuthenticated"),
        credentials_from: time(attributes, "creationDate"),
        source_identity: text(context, "sourceIdentity"),
        on_behalf_of: identity.get("onBehalfOf").and_then(|of| text(of, "userId")),
        provider: text(identity, "identityProvider").or_else(|| text(federation, "federatedProvider")),
        invoked_by: text(identity, "invokedBy"),
    }
}

/// What an authorization error names: `… on resource: <ARN> because …`.
fn denied_resource(outcome: &Outcome) -> Option<String> {
    let Outcome::Refused { message: Some(message), .. } = outcome else { return None };
    let (_, rest) = message.split_once("on resource: ")?;
    rest.split_whitespace().next().filter(|arn| arn.starts_with("arn:")).map(str::to_owned)
}

/// The node asked for: by the request, by the ARN of a denial, or by `<id> is not connected.`
fn target(request: &Value, denied: Option<&str>, outcome: &Outcome) -> Option<NodeId> {
    let instance = || {
        let (_, resource) = denied?.rsplit_once(':')?;
        let id = resource.strip_prefix("instance/").or_else(|| resource.strip_prefix("managed-instance/"))?;
        Some(id.to_owned())
    };
    let disconnected = || {
        let Outcome::Refused { code, message: Some(message) } = outcome else { return None };
        let word = message.split_whitespace().next()?;
        let is_node = word.starts_with("i-") || word.starts_with("mi-");
        (code == "TargetNotConnected" && is_node).then(|| word.to_owned())
    };
    let only = || match texts(request, "instanceIds").as_slice() {
        [only] => Some(only.clone()),
        _ => None,
    };
    let asked = text(request, "target").or_else(|| text(request, "InstanceId")).or_else(only);
    asked.or_else(disconnected).or_else(instance).map(NodeId::new)
}

/// Parameters of the session document, or what takes their place in other calls.
fn parameters(name: &str, request: &Value) -> Vec<(String, Vec<String>)> {
    let own: &[&str] = match name {
        "ExecuteCommand" => &["cluster", "task", "container", "command"],
        "StartConnection" => &["AuthType", "Protocol", "ConnectionType"],
        _ => &[],
    };
    let own = own.iter().filter_map(|key| Some(((*key).to_owned(), vec![text(request, key)?])));
    let given = request.get("parameters").and_then(Value::as_object).into_iter().flatten();
    let given = given.map(|(key, value)| match value {
        Value::String(one) => (key.clone(), vec![one.clone()]),
        many => (
            key.clone(),
            many.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect(),
        ),
    });
    own.chain(given).collect()
}

fn detail(name: &str, request: &Value, response: &Value) -> Detail {
    match name {
        "AssumeRole" | "AssumeRoleWithSAML" | "AssumeRoleWithWebIdentity" => {
            Detail::Assumed(Box::new(assumed(request, response)))
        }
        "CreateDocument" | "UpdateDocument" | "UpdateDocumentDefaultVersion" | "DeleteDocument" => {
            let content = text(request, "content").and_then(|content| serde_json::from_str(&content).ok());
            match text(request, "name") {
                Some(made) => Detail::Document {
                    name: made,
                    version: match name {
                        "UpdateDocumentDefaultVersion" => text(request, "documentVersion"),
                        _ => response.get("documentDescription").and_then(|d| text(d, "documentVersion")),
                    },
                    settings: content.and_then(|content| documents::settings(&content)).map(Box::new),
                },
                None => Detail::None,
            }
        }
        _ => change(name, request).map_or(Detail::None, |change| Detail::Iam(Box::new(change))),
    }
}

fn assumed(request: &Value, response: &Value) -> Assumed {
    let none = Value::Null;
    let user = response.get("assumedRoleUser").unwrap_or(&none);
    let provided = request.get("principalTags").and_then(Value::as_object).into_iter().flatten();
    let provided =
        provided.filter_map(|(key, value)| Some(Tag { key: key.clone(), value: value.as_str()?.to_owned() }));
    Assumed {
        role: principal(request, "roleArn"),
        session_name: text(request, "roleSessionName"),
        principal: principal(user, "arn"),
        access_key: response.get("credentials").and_then(|c| text(c, "accessKeyId")),
        source_identity: text(request, "sourceIdentity").or_else(|| text(response, "sourceIdentity")),
        subject: text(response, "subject").or_else(|| text(response, "subjectFromWebIdentityToken")),
        tags: tags(request, "tags").into_iter().chain(provided).collect(),
        transitive: texts(request, "transitiveTagKeys"),
    }
}

fn change(name: &str, request: &Value) -> Option<Change> {
    let (kind, key) = match name {
        "TagUser" | "UntagUser" | "CreateUser" | "DeleteUser" => (EntityKind::User, "userName"),
        "TagRole" | "UntagRole" | "CreateRole" | "DeleteRole" => (EntityKind::Role, "roleName"),
        _ => return None,
    };
    Some(Change {
        entity: Entity { kind, name: text(request, key)? },
        created: name.starts_with("Create"),
        deleted: name.starts_with("Delete"),
        set: tags(request, "tags"),
        removed: texts(request, "tagKeys"),
    })
}
