//! Facts from beside the logs: what CloudTrail, IAM and the session preferences say.

use crate::{ByteSpan, NodeId, Principal, SessionId, Timestamp};

/// What the account's configuration says about how a session's first lines came to be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hints {
    /// Lines of the shell profile that the preferences document had in force.
    pub shell_profile: Vec<String>,
    /// The command of the session document, for interactive and non-interactive command sessions.
    pub document_command: Option<String>,
}

/// How an API call ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It was carried out.
    Success,
    /// It was refused, with CloudTrail's `errorCode`.
    Refused(String),
}

/// One call that CloudTrail recorded about a session or about who may start one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessEvent {
    /// CloudTrail's `eventID`, unique.
    pub event_id: String,
    /// `eventTime`.
    pub time: Timestamp,
    /// `eventSource` and `eventName`, as in `ssm.amazonaws.com:StartSession`.
    pub action: String,
    /// How it ended.
    pub outcome: Outcome,
    /// Who called.
    pub principal: Option<Principal>,
    /// The node named in the request.
    pub target: Option<NodeId>,
    /// The session the call made or named.
    pub session: Option<SessionId>,
    /// `sourceIPAddress`.
    pub source_ip: Option<String>,
    /// `requestParameters.reason`.
    pub reason: Option<String>,
    /// The record in the log that says so.
    pub evidence: ByteSpan,
}
