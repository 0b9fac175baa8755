//! The world and how it changes; and what somebody who looks at it sees.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::OrganisationSpec;
use super::people::{self, By, Holder, Person};
use crate::Dice;
use crate::agent::whole_seconds;

/// The accounts.
pub(super) const ACCOUNTS: [&str; 3] = ["111122223333", "444455556666", "777788889999"];
/// Where each has nodes.
pub(super) const REGIONS: [&str; 2] = ["eu-west-1", "us-east-1"];
/// First moment, milliseconds since 1970: 2026-03-01T08:00:00Z.
pub(super) const BEGIN_MS: i64 = 1_772_352_000_000;
/// All of it: 28 days.
pub(super) const SPAN_MS: i64 = 28 * 86_400_000;

/// A managed node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// `i-…`.
    pub id: String,
    /// Its Name tag.
    pub name: String,
    /// Its `env` tag.
    pub env: &'static str,
    /// Its account.
    pub account: &'static str,
    /// Its region.
    pub region: &'static str,
    /// Whether it runs Windows.
    pub windows: bool,
    /// Whether it was gone when somebody looked for the second time.
    pub lost: bool,
}

/// Session preferences of an account and region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Whether Run As is on.
    pub run_as: bool,
    /// Its default.
    pub default: Option<&'static str>,
    /// Whether transcripts go to S3.
    pub s3: bool,
    /// Whether events are streamed to CloudWatch.
    pub stream: bool,
}

#[derive(Debug, Clone)]
pub(super) struct World {
    pub(super) holders: Vec<Holder>,
    pub(super) people: Vec<Person>,
    pub(super) nodes: Vec<Node>,
    /// Since when, by account and region.
    pub(super) settings: BTreeMap<(&'static str, &'static str), Vec<(i64, Settings)>>,
}

/// When somebody looked: before anything changed, though not before anybody called; and at eight tenths.
pub(super) const LOOKS_MS: [i64; 2] = [BEGIN_MS + SPAN_MS / 50, BEGIN_MS + SPAN_MS / 10 * 8];

impl World {
    pub(super) fn new(dice: &mut Dice, spec: &OrganisationSpec) -> Self {
        let (mut holders, people) = people::people(dice, spec.people);
        for holder in &mut holders {
            holder.tags = tags(dice, &holder.name);
        }
        let nodes = (0..spec.nodes).map(|i| node(dice, i)).collect();
        let mut settings = BTreeMap::new();
        for (a, account) in ACCOUNTS.into_iter().enumerate() {
            for (r, region) in REGIONS.into_iter().enumerate() {
                // What each place promises: a stream, transcripts, both.
                let logs = |run_as, default| Settings { run_as, default, s3: a > 0, stream: a != 1 };
                let history = match (a, r) {
                    (0, 1) => vec![(BEGIN_MS, logs(true, None))],
                    (1, 1) => vec![(BEGIN_MS, logs(false, None))],
                    (2, _) => vec![
                        (BEGIN_MS, logs(true, Some("app"))),
                        (BEGIN_MS + SPAN_MS / 2, logs(true, Some("batch"))),
                    ],
                    _ => vec![(BEGIN_MS, logs(true, Some("ssm-user")))],
                };
                settings.insert((account, region), history);
            }
        }
        Self { holders, people, nodes, settings }
    }

    pub(super) fn settings_at(&self, node: &Node, at_ms: i64) -> &Settings {
        let history = &self.settings[&(node.account, node.region)];
        &history.iter().rev().find(|(since, _)| *since <= at_ms).unwrap_or(&history[0]).1
    }

    /// The OS user that a session is owed, and why.
    pub(super) fn owed(
        &self,
        person: &Person,
        session_tag: Option<&str>,
        node: &Node,
        at_ms: i64,
    ) -> (Option<String>, &'static str) {
        let settings = self.settings_at(node, at_ms);
        if node.windows || !settings.run_as {
            return (Some("ssm-user".into()), "ssm-user");
        }
        if let Some(tag) = session_tag {
            return (Some(tag.into()), "session-tag");
        }
        let tag = person.holders.last().and_then(|h| self.holders[*h].tag_at(at_ms));
        match (tag, settings.default) {
            (Some(tag), _) => (Some(tag.into()), "tag"),
            (None, Some(default)) => (Some(default.into()), "default"),
            (None, None) => (None, "nobody"),
        }
    }

    /// What somebody sees who looks at that time: paths and texts of what the AWS CLI prints.
    pub(super) fn look(&self, second_time: bool) -> Vec<(String, Vec<u8>)> {
        let at_ms = LOOKS_MS[usize::from(second_time)];
        let when = whole_seconds(at_ms).replace(':', "-");
        let mut files = Vec::new();
        for account in ACCOUNTS {
            let mut file = |path: String, value: Value| {
                files.push((
                    format!("context/{account}/{path}-{when}.json"),
                    (value.to_string() + "\n").into_bytes(),
                ));
            };
            file("iam/account-authorization-details".into(), self.iam(account, at_ms));
            for region in REGIONS {
                file(
                    format!("ec2/describe-instances-{region}"),
                    self.instances(account, region, second_time),
                );
                file(format!("ssm/describe-instance-information-{region}"), self.managed(account, region));
                let (_, settings) = self.settings[&(account, region)]
                    .iter()
                    .rev()
                    .find(|(since, _)| *since <= at_ms)
                    .unwrap_or(&self.settings[&(account, region)][0]);
                file(format!("ssm/SSM-SessionManagerRunShell-{region}"), content(settings, account));
            }
        }
        files
    }

    fn iam(&self, account: &str, at_ms: i64) -> Value {
        let mut managed = BTreeMap::new();
        let mut groups = BTreeSet::new();
        let ours: Vec<&Holder> = self.holders.iter().filter(|h| h.account == account).collect();
        let mut details = |role: bool| -> Vec<Value> {
            let kind = if role { "Role" } else { "User" };
            let mut list = Vec::new();
            for holder in ours.iter().filter(|h| h.role == role) {
                let tags: Vec<Value> = holder
                    .tag_at(at_ms)
                    .map(|v| json!({ "Key": "SSMSessionRunAs", "Value": v }))
                    .into_iter()
                    .chain([json!({ "Key": "team", "Value": "platform" })])
                    .collect();
                let (statements, boundary) = holder.grant.statements();
                let document =
                    |statements: Vec<Value>| json!({ "Version": "2012-10-17", "Statement": statements });
                let policy_arn = format!("arn:aws:iam::{account}:policy/Start-{}", holder.name);
                let mut entry = json!({
                    format!("{kind}Name"): holder.name, format!("{kind}Id"): holder.id(), "Path": holder.path,
                    "Arn": holder.arn(), "CreateDate": "2024-01-09T10:11:12Z", "Tags": tags,
                    "AttachedManagedPolicies": [],
                });
                let attached =
                    json!([{ "PolicyName": format!("Start-{}", holder.name), "PolicyArn": policy_arn }]);
                match holder.by {
                    By::Inline => {
                        let inline =
                            json!([{ "PolicyName": "start", "PolicyDocument": document(statements) }]);
                        entry[format!("{kind}PolicyList")] = inline;
                    }
                    By::Managed => {
                        entry["AttachedManagedPolicies"] = attached;
                        managed.insert(policy_arn, document(statements));
                    }
                    By::Group => {
                        entry["GroupList"] = json!([format!("group-of-{}", holder.name)]);
                        groups.insert((format!("group-of-{}", holder.name), attached.to_string()));
                        managed.insert(policy_arn, document(statements));
                    }
                }
                if let Some(boundary) = boundary {
                    let arn = format!("arn:aws:iam::{account}:policy/Bound-{}", holder.name);
                    entry["PermissionsBoundary"] =
                        json!({ "PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": arn });
                    managed.insert(arn, document(boundary));
                }
                if role {
                    let sso = holder.name.starts_with("AWSReservedSSO_");
                    let action = if sso {
                        json!(["sts:AssumeRoleWithSAML", "sts:TagSession"])
                    } else {
                        json!("sts:AssumeRole")
                    };
                    entry["AssumeRolePolicyDocument"] = document(vec![
                        json!({ "Effect": "Allow", "Principal": { "AWS": format!("arn:aws:iam::{account}:root") }, "Action": action }),
                    ]);
                    entry["RolePolicyList"] = entry.get("RolePolicyList").cloned().unwrap_or(json!([]));
                }
                list.push(entry);
            }
            list
        };
        let (users, roles) = (details(false), details(true));
        let policies: Vec<Value> = managed
            .into_iter()
            .map(|(arn, document)| {
                json!({
                    "PolicyName": arn.rsplit('/').next(), "Arn": arn, "Path": "/", "DefaultVersionId": "v2",
                    "PolicyVersionList": [
                        { "VersionId": "v1", "IsDefaultVersion": false, "Document": { "Version": "2012-10-17", "Statement": [] } },
                        { "VersionId": "v2", "IsDefaultVersion": true, "Document": document },
                    ],
                })
            })
            .collect();
        let groups: Vec<Value> = groups
            .into_iter()
            .map(|(name, attached)| {
                json!({
                    "GroupName": name, "Path": "/", "Arn": format!("arn:aws:iam::{account}:group/{name}"),
                    "GroupPolicyList": [],
                    "AttachedManagedPolicies": serde_json::from_str::<Value>(&attached).unwrap_or_default(),
                })
            })
            .collect();
        json!({ "UserDetailList": users, "GroupDetailList": groups, "RoleDetailList": roles, "Policies": policies })
    }

    fn instances(&self, account: &str, region: &str, second_time: bool) -> Value {
        let ours = self.nodes.iter().filter(|n| n.account == account && n.region == region);
        let reservations: Vec<Value> = ours
            .map(|n| {
                let state = if n.lost && second_time { (48, "terminated") } else { (16, "running") };
                let tags = json!([{ "Key": "Name", "Value": n.name }, { "Key": "env", "Value": n.env }]);
                json!({
                    "OwnerId": account,
                    "Instances": [{
                        "InstanceId": n.id, "State": { "Code": state.0, "Name": state.1 },
                        "Placement": { "AvailabilityZone": format!("{region}a") }, "Tags": tags,
                    }],
                })
            })
            .collect();
        json!({ "Reservations": reservations })
    }

    fn managed(&self, account: &str, region: &str) -> Value {
        let ours = self.nodes.iter().filter(|n| n.account == account && n.region == region);
        let list: Vec<Value> = ours
            .map(|n| {
                let platform = if n.windows { "Windows" } else { "Linux" };
                json!({
                    "InstanceId": n.id, "PingStatus": "Online", "AgentVersion": "3.3.987.0",
                    "PlatformType": platform, "ResourceType": "EC2Instance", "ComputerName": n.name,
                })
            })
            .collect();
        json!({ "InstanceInformationList": list })
    }
}

/// The preferences document.
pub(super) fn content(settings: &Settings, account: &str) -> Value {
    json!({
        "schemaVersion": "1.0",
        "description": "Document to hold regional settings for Session Manager",
        "sessionType": "Standard_Stream",
        "inputs": {
            "s3BucketName": if settings.s3 { format!("session-logs-{account}") } else { String::new() },
            "s3KeyPrefix": "", "s3EncryptionEnabled": true,
            "cloudWatchLogGroupName": if settings.stream { "/ssm/sessions" } else { "" },
            "cloudWatchStreamingEnabled": settings.stream, "cloudWatchEncryptionEnabled": false, "kmsKeyId": "",
            "runAsEnabled": settings.run_as, "runAsDefaultUser": settings.default.unwrap_or_default(),
            "idleSessionTimeout": "20", "maxSessionDuration": "", "shellProfile": { "linux": "", "windows": "" },
        },
    })
}

fn node(dice: &mut Dice, i: usize) -> Node {
    let env = dice.pick(&["prod", "db", "test"]);
    let env = ["prod", "db", "test"].into_iter().find(|e| *e == env).unwrap_or("prod");
    Node {
        id: format!("i-0{}", dice.hex(16)),
        name: format!("{env}-{i}"),
        env,
        account: ACCOUNTS[i % 3],
        region: REGIONS[i / 3 % 2],
        windows: dice.chance(8),
        lost: dice.chance(10),
    }
}

/// A tag that may come, change and go.
fn tags(dice: &mut Dice, name: &str) -> Vec<(i64, Option<String>)> {
    let own: String = name.chars().filter(char::is_ascii_lowercase).take(8).collect();
    let users = ["deploy", "app", own.as_str()];
    let mut history = Vec::new();
    if dice.chance(60) {
        history.push((i64::MIN, Some(dice.pick(&users).to_owned())));
    }
    let mut at = BEGIN_MS;
    while dice.chance(45) {
        at += dice.range(1..12) as i64 * SPAN_MS / 28 + 1000;
        history.push((at, dice.chance(70).then(|| dice.pick(&users).to_owned())));
    }
    history
}
