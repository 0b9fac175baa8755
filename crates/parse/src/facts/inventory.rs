//! Sessions and nodes as the service lists them.

use serde_json::Value;
use whoran_model::{ByteSpan, NodeId, NodeRecord, SessionRecord, Taken};

use super::value::{list, principal, tags, text, time};

/// A member of `describe-sessions`.
pub(super) fn session(object: &Value, taken: &Taken, evidence: ByteSpan) -> Option<SessionRecord> {
    let output = object.get("OutputUrl").unwrap_or(&Value::Null);
    Some(SessionRecord {
        taken: taken.clone(),
        id: text(object, "SessionId")?.parse().ok()?,
        target: text(object, "Target").map(NodeId::new),
        status: text(object, "Status"),
        started: time(object, "StartDate"),
        ended: time(object, "EndDate"),
        document: text(object, "DocumentName"),
        owner: principal(object, "Owner"),
        reason: text(object, "Reason"),
        details: text(object, "Details"),
        s3_output: text(output, "S3OutputUrl"),
        cloudwatch_output: text(output, "CloudWatchOutputUrl"),
        access_type: text(object, "AccessType"),
        evidence,
    })
}

fn bare(id: String, taken: &Taken, evidence: ByteSpan) -> NodeRecord {
    NodeRecord {
        taken: taken.clone(),
        id: NodeId::new(id),
        name: None,
        computer_name: None,
        platform: None,
        agent_version: None,
        state: None,
        ip: None,
        tags: None,
        evidence,
    }
}

/// A member of `describe-instance-information`.
pub(super) fn managed_node(object: &Value, taken: &Taken, evidence: ByteSpan) -> Option<NodeRecord> {
    Some(NodeRecord {
        name: text(object, "Name"),
        computer_name: text(object, "ComputerName"),
        platform: text(object, "PlatformType"),
        agent_version: text(object, "AgentVersion"),
        state: text(object, "PingStatus"),
        ip: text(object, "IPAddress"),
        ..bare(text(object, "InstanceId")?, taken, evidence)
    })
}

/// A member of EC2's `describe-instances`: instances that were started together.
pub(super) fn instances(reservation: &Value, taken: &Taken, evidence: &ByteSpan) -> Vec<NodeRecord> {
    let one = |object: &Value| {
        let placement = object.get("Placement").unwrap_or(&Value::Null);
        // `eu-west-1a`: a zone is a region and a letter
        let zone = text(placement, "AvailabilityZone");
        let region = zone.map(|zone| zone.trim_end_matches(|c: char| c.is_ascii_lowercase()).to_owned());
        let taken = Taken {
            account: text(reservation, "OwnerId").or_else(|| taken.account.clone()),
            region: region.or_else(|| taken.region.clone()),
            ..taken.clone()
        };
        let node = bare(text(object, "InstanceId")?, &taken, evidence.clone());
        let windows = text(object, "Platform").is_some_and(|p| p.eq_ignore_ascii_case("windows"));
        Some(named(NodeRecord {
            platform: windows.then(|| "Windows".to_owned()),
            state: object.get("State").and_then(|state| text(state, "Name")),
            ip: text(object, "PrivateIpAddress"),
            tags: Some(tags(object, "Tags")),
            ..node
        }))
    };
    list(reservation, "Instances").filter_map(one).collect()
}

/// A member of the tagging API's `get-resources`, where it is a node.
pub(super) fn tagged(object: &Value, taken: &Taken, evidence: ByteSpan) -> Option<NodeRecord> {
    let arn = text(object, "ResourceARN")?;
    let mut parts = arn.splitn(6, ':').skip(3);
    let (region, account, resource) = (parts.next()?, parts.next()?, parts.next()?);
    let id = resource.strip_prefix("instance/").or_else(|| resource.strip_prefix("managed-instance/"))?;
    let taken = Taken { account: Some(account.into()), region: Some(region.into()), ..taken.clone() };
    let node = bare(id.to_owned(), &taken, evidence);
    Some(named(NodeRecord { tags: Some(tags(object, "Tags")), ..node }))
}

/// EC2 has no other name for an instance than this tag.
fn named(node: NodeRecord) -> NodeRecord {
    let name = node.tags.iter().flatten().find(|tag| tag.key == "Name" && !tag.value.is_empty());
    NodeRecord { name: name.map(|tag| tag.value.clone()), ..node }
}
