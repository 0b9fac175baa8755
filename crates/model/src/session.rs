//! A session: what all its logs and the facts around it say together.

use crate::{Command, Diagnostic, LogId, NodeId, OsUser, Principal, SessionId, Shape, Timestamp};

/// One copy, or part of a copy, of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionLog {
    /// The log.
    pub log: LogId,
    /// What its bytes look like.
    pub shape: Shape,
    /// How many of its bytes belong to the session.
    pub bytes: u64,
}

/// How much one OS user did in one session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserTally {
    /// The OS user; `None` where no log names it.
    pub os_user: Option<OsUser>,
    /// How many commands.
    pub commands: u64,
    /// Time of the first.
    pub first: Option<Timestamp>,
    /// Time of the last.
    pub last: Option<Timestamp>,
}

/// What the envelope of a session's streaming events says; transcripts and plain uploads have none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Envelope {
    /// `userIdentity.arn`.
    pub identity: Option<Principal>,
    /// `awsRegion`.
    pub region: Option<String>,
    /// `runAsUser`; an empty string is `None`.
    pub run_as_user: Option<OsUser>,
    /// `target.id`, or the node id in the transcript header's command.
    pub target: Option<NodeId>,
    /// Earliest time in its logs.
    pub first: Option<Timestamp>,
    /// Latest time in its logs.
    pub last: Option<Timestamp>,
}

/// One session as its logs alone show it.
#[derive(Debug, Clone, PartialEq)]
pub struct Parsed {
    /// The session.
    pub id: SessionId,
    /// What the events say around the text.
    pub envelope: Envelope,
    /// The logs it was read from, ordered by name.
    pub logs: Vec<SessionLog>,
    /// The commands, in order.
    pub commands: Vec<Command>,
    /// What was odd.
    pub diagnostics: Vec<Diagnostic>,
}

/// One Session Manager session.
#[derive(Debug, Clone, PartialEq)]
pub struct Session {
    /// Its id.
    pub id: SessionId,
    /// The IAM principal, where a log or CloudTrail proves it.
    pub identity: Option<Principal>,
    /// The human behind the principal, as far as evidence goes.
    pub person: Option<String>,
    /// The AWS account, twelve digits.
    pub account: Option<String>,
    /// The AWS region.
    pub region: Option<String>,
    /// The OS user at session start; an empty string in the log is `None`.
    pub run_as_user: Option<OsUser>,
    /// The managed node.
    pub target: Option<NodeId>,
    /// The node's Name tag.
    pub target_name: Option<String>,
    /// The host the first prompt showed.
    pub host: Option<String>,
    /// Earliest time any of its logs gives.
    pub first: Option<Timestamp>,
    /// Latest time any of its logs gives.
    pub last: Option<Timestamp>,
    /// The logs it was read from, ordered by name.
    pub logs: Vec<SessionLog>,
    /// Who did how much, by OS user.
    pub users: Vec<UserTally>,
    /// What was odd about its logs.
    pub diagnostics: Vec<Diagnostic>,
}

impl Session {
    /// One of which nothing is known but its id.
    pub fn unknown(id: SessionId) -> Self {
        Self {
            id,
            identity: None,
            person: None,
            account: None,
            region: None,
            run_as_user: None,
            target: None,
            target_name: None,
            host: None,
            first: None,
            last: None,
            logs: Vec::new(),
            users: Vec::new(),
            diagnostics: Vec::new(),
        }
    }

    /// How many commands it has.
    pub fn commands(&self) -> u64 {
        self.users.iter().map(|u| u.commands).sum()
    }
}
