//! A session with all that is known around it, and calls that made none.

use std::collections::BTreeSet;

use whoran_model::{
    AccessEvent, ByteSpan, NodeId, OsUser, Outcome, Principal, Session, SessionId, SessionRecord, Timestamp,
};

use crate::context::event_account;
use crate::run_as::{Start, UsedBy};
use crate::who::{Basis, Person};
use crate::{Context, Identity, RunAs};

/// One session: what its logs show, what CloudTrail and the service's list say, and what follows.
#[derive(Debug, Clone, PartialEq)]
pub struct Resolution {
    /// The session.
    pub id: SessionId,
    /// Who started it.
    pub identity: Identity,
    /// The principal that the log's envelope names where it is another one than CloudTrail's.
    pub contradicting: Option<Principal>,
    /// The AWS account, twelve digits.
    pub account: Option<String>,
    /// The AWS region.
    pub region: Option<String>,
    /// The managed node.
    pub target: Option<NodeId>,
    /// Its name at that time.
    pub target_name: Option<String>,
    /// When it started: the call, else the service's list, else the earliest time in its logs.
    pub started: Option<Timestamp>,
    /// When it ended: the service's list, else the call that ended it. `exit` makes no call.
    pub ended: Option<Timestamp>,
    /// `documentName`; `None` is the preferences document, or nothing is known.
    pub document: Option<String>,
    /// The reason given at the start.
    pub reason: Option<String>,
    /// Where the call came from.
    pub source_ip: Option<String>,
    /// What made the call.
    pub user_agent: Option<String>,
    /// Whether the caller's credentials were got with a second factor.
    pub mfa: Option<bool>,
    /// The OS user owed, the one used, and the verdict.
    pub run_as: RunAs,
    /// Calls and listings that name the session.
    pub evidence: Vec<ByteSpan>,
}

/// A call to start a session that was refused: there is no session.
#[derive(Debug, Clone, PartialEq)]
pub struct Attempt<'a> {
    /// The call.
    pub event: &'a AccessEvent,
    /// Who called.
    pub identity: Identity,
    /// The node's name at that time.
    pub target_name: Option<String>,
    /// The OS user owed; the verdict tells whether that is why it was refused.
    pub run_as: RunAs,
}

impl Context {
    /// The call that started a session.
    pub fn start(&self, session: &SessionId) -> Option<&AccessEvent> {
        self.calls(session).find(|e| is_start(e) && e.outcome == Outcome::Success)
    }

    /// All sessions that anything beside the logs names.
    pub fn session_ids(&self) -> BTreeSet<&SessionId> {
        let started = self.events().filter(|e| is_start(e)).filter_map(|e| e.session.as_ref());
        started.chain(self.records().map(|r| &r.id)).collect()
    }

    /// Everything about one session; `log` is what its own logs show, where there are any.
    pub fn session(&self, id: &SessionId, log: Option<&Session>) -> Resolution {
        let (start, record) = (self.start(id), self.record(id));
        let envelope = log.and_then(|l| l.identity.as_ref());
        let target = None
            .or_else(|| start.and_then(|e| e.target.clone()))
            .or_else(|| record.and_then(|r| r.target.clone()))
            .or_else(|| log.and_then(|l| l.target.clone()));
        let started = None
            .or_else(|| start.map(|e| e.time))
            .or_else(|| record.and_then(|r| r.started))
            .or_else(|| log.and_then(|l| l.first));
        let identity = self.identity(id, start, record, envelope);
        let document = None
            .or_else(|| start.and_then(|e| e.document.clone()))
            .or_else(|| record.and_then(|r| r.document.clone()));
        let of_call = |field: fn(&AccessEvent) -> Option<&str>| start.and_then(field).map(str::to_owned);
        let account = None
            .or_else(|| of_call(event_account))
            .or_else(|| log.and_then(|l| l.account.clone()))
            .or_else(|| record.and_then(|r| r.taken.account.clone()))
            .or_else(|| identity.account.clone());
        let region = None
            .or_else(|| of_call(|e| e.region.as_deref()))
            .or_else(|| log.and_then(|l| l.region.clone()))
            .or_else(|| record.and_then(|r| r.taken.region.clone()));
        let failure = record
            .filter(|r| r.status.as_deref() == Some("Failed") || log.is_none())
            .and_then(|r| Some((r.details.as_deref()?, &r.evidence)));
        let run_as = self.run_as(&Start {
            account: account.as_deref(),
            region: region.as_deref(),
            at: started,
            entity: identity.entity.as_ref(),
            root: is_root(identity.principal.as_ref()),
            document: document.as_deref(),
            access_key: start.and_then(|e| e.caller.access_key.as_deref()),
            platform: target.as_ref().and_then(|id| self.platform(id)),
            used: log.and_then(used),
            failure,
        });
        Resolution {
            contradicting: envelope.filter(|e| identity.principal.as_ref() != Some(*e)).cloned(),
            target_name: target.as_ref().and_then(|t| self.node_name(t, started)).map(str::to_owned),
            ended: record.and_then(|r| r.ended).or_else(|| self.terminated(id)),
            reason: of_call(|e| e.reason.as_deref()).or_else(|| record.and_then(|r| r.reason.clone())),
            source_ip: of_call(|e| e.source_ip.as_deref()),
            user_agent: of_call(|e| e.user_agent.as_deref()),
            mfa: start.and_then(|e| e.caller.mfa),
            evidence: self
                .calls(id)
                .map(|e| &e.evidence)
                .chain(record.map(|r| &r.evidence))
                .cloned()
                .collect(),
            id: id.clone(),
            identity,
            account,
            region,
            target,
            started,
            document,
            run_as,
        }
    }

    /// CloudTrail knows best; the service's list and the log's envelope give no more than an ARN; the id's prefix is a
    /// hint that says so.
    fn identity(
        &self,
        id: &SessionId,
        start: Option<&AccessEvent>,
        record: Option<&SessionRecord>,
        envelope: Option<&Principal>,
    ) -> Identity {
        let owner = envelope.or_else(|| record.and_then(|r| r.owner.as_ref()));
        match (start, owner) {
            (Some(start), _) => self.caller(start),
            (None, Some(principal)) => self.principal(principal),
            (None, None) => Identity {
                person: id
                    .prefix()
                    .filter(|p| *p != "root" && *p != "ecs-execute-command")
                    .map(|p| Person { name: p.to_owned(), basis: Basis::SessionIdPrefix }),
                missing: vec!["the CloudTrail record of StartSession".to_owned()],
                ..Identity::default()
            },
        }
    }

    fn terminated(&self, id: &SessionId) -> Option<Timestamp> {
        let ends = |e: &&AccessEvent| e.name() == "TerminateSession" && e.outcome == Outcome::Success;
        self.calls(id).filter(ends).map(|e| e.time).last()
    }

    /// The calls to start a session that were refused, by time.
    pub fn attempts(&self) -> impl Iterator<Item = Attempt<'_>> {
        let refused = self.events().filter(|e| is_start(e) && e.outcome != Outcome::Success);
        refused.map(|event| {
            let identity = self.caller(event);
            let message = match &event.outcome {
                Outcome::Refused { message, .. } => message.as_deref(),
                Outcome::Success => None,
            };
            let run_as = self.run_as(&Start {
                account: event_account(event),
                region: event.region.as_deref(),
                at: Some(event.time),
                entity: identity.entity.as_ref(),
                root: is_root(identity.principal.as_ref()),
                document: event.document.as_deref(),
                access_key: event.caller.access_key.as_deref(),
                platform: event.target.as_ref().and_then(|id| self.platform(id)),
                used: None,
                failure: message.filter(|_| !event.outcome.is_denial()).map(|m| (m, &event.evidence)),
            });
            let target_name =
                event.target.as_ref().and_then(|t| self.node_name(t, Some(event.time))).map(str::to_owned);
            Attempt { event, identity, target_name, run_as }
        })
    }
}

/// Whether a call starts a session: Athena has calls of the same name.
pub(crate) fn is_start(event: &AccessEvent) -> bool {
    matches!(event.action.as_str(), "ssm.amazonaws.com:StartSession" | "ecs.amazonaws.com:ExecuteCommand")
}

fn is_root(principal: Option<&Principal>) -> bool {
    principal.and_then(Principal::resource) == Some("root")
}

/// The OS user that the logs show at the session's beginning.
fn used(log: &Session) -> Option<(OsUser, UsedBy)> {
    let envelope = log.run_as_user.clone().map(|user| (user, UsedBy::Envelope));
    envelope.or_else(|| Some((log.users.first()?.os_user.clone()?, UsedBy::Terminal)))
}
