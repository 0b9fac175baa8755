//! What the service lists: sessions and nodes.

use super::{Tag, Taken};
use crate::{ByteSpan, NodeId, Principal, SessionId, Timestamp};

/// A session as `describe-sessions` lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionRecord {
    /// When it was listed.
    pub taken: Taken,
    /// `SessionId`.
    pub id: SessionId,
    /// `Target`.
    pub target: Option<NodeId>,
    /// `Status`: `Connected`, `Connecting`, `Disconnected`, `Terminated`, `Terminating`, `Failed`.
    pub status: Option<String>,
    /// `StartDate`.
    pub started: Option<Timestamp>,
    /// `EndDate`.
    pub ended: Option<Timestamp>,
    /// `DocumentName`.
    pub document: Option<String>,
    /// `Owner`.
    pub owner: Option<Principal>,
    /// `Reason`.
    pub reason: Option<String>,
    /// `Details`: free text, such as why it failed.
    pub details: Option<String>,
    /// `OutputUrl.S3OutputUrl`.
    pub s3_output: Option<String>,
    /// `OutputUrl.CloudWatchOutputUrl`.
    pub cloudwatch_output: Option<String>,
    /// `AccessType`: `Standard` or `JustInTime`.
    pub access_type: Option<String>,
    /// The object that says so.
    pub evidence: ByteSpan,
}

/// A node as `describe-instance-information`, EC2's `describe-instances` or the tagging API's `get-resources` lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeRecord {
    /// When it was listed, and of which account and region.
    pub taken: Taken,
    /// `InstanceId`.
    pub id: NodeId,
    /// The `Name` tag, or the name given to a hybrid node.
    pub name: Option<String>,
    /// `ComputerName`: the host name that the node gives itself.
    pub computer_name: Option<String>,
    /// `PlatformType`: `Linux`, `Windows`, `MacOS`.
    pub platform: Option<String>,
    /// `AgentVersion`.
    pub agent_version: Option<String>,
    /// `State.Name` of EC2, or `PingStatus` of the agent.
    pub state: Option<String>,
    /// `IPAddress` or `PrivateIpAddress`.
    pub ip: Option<String>,
    /// Its tags; `None` where this listing has none to give.
    pub tags: Option<Vec<Tag>>,
    /// The object that says so.
    pub evidence: ByteSpan,
}
