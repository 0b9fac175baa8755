//! What surrounds the logs: CloudTrail, IAM, EC2 and SSM inventory, session preferences.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::Dice;
use crate::agent::{Session, whole_seconds};
use crate::world::{ACCOUNTS, DEFAULT_RUN_AS, Holder, Node, Person, Platform, REGIONS, Way, World};

/// Lines that the session preferences of one account and region put before every shell.
pub fn shell_profile(account: &str, region: &str) -> Vec<String> {
    let with = account == ACCOUNTS[1] && region == REGIONS[1];
    if with { vec!["export HISTTIMEFORMAT='%F %T '".into()] } else { Vec::new() }
}

/// CloudTrail's records of the corpus, to be written out by account, region and day.
#[derive(Debug, Default)]
pub struct Trail {
    records: BTreeMap<(String, String, String), Vec<Value>>,
}

/// What CloudTrail says of one call to `ssm:StartSession`.
#[derive(Debug, Clone, Copy)]
pub struct Start<'a> {
    /// Who called.
    pub person: &'a Person,
    /// The node asked for.
    pub node: &'a Node,
    /// When, milliseconds since 1970.
    pub at_ms: i64,
    /// The session that began; none where the call was denied.
    pub session_id: Option<&'a str>,
    /// Session document other than the default one.
    pub document: Option<&'a str>,
    /// Reason given.
    pub reason: Option<&'a str>,
    /// Where the call came from.
    pub source_ip: &'a str,
}

impl Trail {
    /// A call that started a session, or was denied.
    pub fn start_session(&mut self, dice: &mut Dice, world: &World, start: Start<'_>) {
        let Start { person, node, at_ms, session_id, document, reason, source_ip } = start;
        let mut record = self.base(dice, world, person, at_ms, node.region, "StartSession", source_ip);
        match session_id {
            Some(id) => {
                let mut request = json!({ "target": node.id });
                if let Some(document) = document {
                    request["documentName"] = json!(document);
                }
                if let Some(reason) = reason {
                    request["reason"] = json!(reason);
                }
                record["requestParameters"] = request;
                record["responseElements"] = json!({
                    "sessionId": id,
                    "tokenValue": "Value hidden due to security reasons.",
                    "streamUrl": format!("wss://ssmmessages.{}.amazonaws.com/v1/data-channel/{id}?role=publish_subscribe", node.region),
                });
            }
            None => {
                let arn = world.identity(person);
                record["errorCode"] = json!(dice.pick(&["AccessDenied", "AccessDeniedException"]));
                record["errorMessage"] = json!(format!(
                    "User: {arn} is not authorized to perform: ssm:StartSession on resource: arn:aws:ec2:{}:{}:instance/{} because no identity-based policy allows the ssm:StartSession action",
                    node.region, node.account, node.id
                ));
                record["requestParameters"] = Value::Null;
                record["responseElements"] = Value::Null;
            }
        }
        self.add(person.account, node.region, at_ms, record);
    }

    /// A call that ended a session from outside.
    pub fn terminate_session(
        &mut self,
        dice: &mut Dice,
        world: &World,
        person: &Person,
        session: &Session,
        at_ms: i64,
        source_ip: &str,
    ) {
        let mut record =
            self.base(dice, world, person, at_ms, &session.region, "TerminateSession", source_ip);
        record["requestParameters"] = json!({ "sessionId": session.id });
        record["responseElements"] = json!({ "sessionId": session.id });
        self.add(person.account, &session.region, at_ms, record);
    }

    /// The tag changes that fall into the time before `until_ms`. IAM's records all go to us-east-1.
    pub fn tag_changes(&mut self, dice: &mut Dice, world: &World, until_ms: i64) {
        let admin = &world.people[0];
        for holder in &world.holders {
            let (tag, untag) = if holder.role { ("TagRole", "UntagRole") } else { ("TagUser", "UntagUser") };
            let key = if holder.role { "roleName" } else { "userName" };
            for (at_ms, value) in holder.run_as.iter().filter(|(at, _)| *at < until_ms) {
                let name = if value.is_some() { tag } else { untag };
                let mut record = self.base(dice, world, admin, *at_ms, "us-east-1", name, "203.0.113.9");
                record["eventSource"] = json!("iam.amazonaws.com");
                record["requestParameters"] = match value {
                    Some(value) => {
                        json!({ key: holder.name, "tags": [{ "key": "SSMSessionRunAs", "value": value }] })
                    }
                    None => json!({ key: holder.name, "tagKeys": ["SSMSessionRunAs"] }),
                };
                record["responseElements"] = Value::Null;
                record["recipientAccountId"] = json!(holder.account);
                self.add(holder.account, "us-east-1", *at_ms, record);
            }
        }
    }

    /// How a chained person got the role: the credentials it hands out are those of the sessions that follow.
    pub fn assume_role(
        &mut self,
        dice: &mut Dice,
        world: &World,
        person: &Person,
        at_ms: i64,
        source_ip: &str,
    ) {
        let (Some(from), Some(role)) = (person.chained_from, person.holder) else { return };
        let (from, role) = (&world.holders[from], &world.holders[role]);
        let mut record = self.base(dice, world, person, at_ms, "us-east-1", "AssumeRole", source_ip);
        record["eventSource"] = json!("sts.amazonaws.com");
        record["userIdentity"] = json!({
            "type": "IAMUser", "principalId": format!("AIDA{}", from.name.to_uppercase()), "arn": from.arn(),
            "accountId": from.account, "accessKeyId": format!("AKIA{:0>16}", from.name.to_uppercase()), "userName": from.name,
        });
        record["requestParameters"] =
            json!({ "roleArn": role.arn(), "roleSessionName": person.session_name });
        record["responseElements"] = json!({
            "credentials": { "accessKeyId": access_key(person), "expiration": "Mar 1, 2026, 9:00:00 PM" },
            "assumedRoleUser": { "assumedRoleId": format!("{}:{}", role_id(role), person.session_name), "arn": world.identity(person) },
        });
        self.add(person.account, "us-east-1", at_ms, record);
    }

    /// The log files: key below the trail's bucket and JSON text before compression.
    pub fn files(&self, dice: &mut Dice) -> Vec<(String, String)> {
        let file = |((account, region, day), records): (&(String, String, String), &Vec<Value>)| {
            let date = day.replace('-', "/");
            let compact = day.replace('-', "");
            let random = dice.text(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", 16);
            let key = format!(
                "AWSLogs/{account}/CloudTrail/{region}/{date}/{account}_CloudTrail_{region}_{compact}T2355Z_{random}.json.gz"
            );
            (key, json!({ "Records": records }).to_string())
        };
        self.records.iter().map(file).collect()
    }

    fn add(&mut self, account: &str, region: &str, at_ms: i64, record: Value) {
        let day = whole_seconds(at_ms)[..10].to_owned();
        self.records.entry((account.into(), region.into(), day)).or_default().push(record);
    }

    #[expect(clippy::too_many_arguments, reason = "the fields every record has, used in this file alone")]
    fn base(
        &self,
        dice: &mut Dice,
        world: &World,
        person: &Person,
        at_ms: i64,
        region: &str,
        name: &str,
        source_ip: &str,
    ) -> Value {
        let uuid = |dice: &mut Dice| {
            format!("{}-{}-4{}-8{}-{}", dice.hex(8), dice.hex(4), dice.hex(3), dice.hex(3), dice.hex(12))
        };
        json!({
            "eventVersion": "1.10",
            "userIdentity": user_identity(world, person),
            "eventTime": whole_seconds(at_ms),
            "eventSource": "ssm.amazonaws.com",
            "eventName": name,
            "awsRegion": region,
            "sourceIPAddress": source_ip,
            "userAgent": "aws-cli/2.22.0",
            "requestID": uuid(dice),
            "eventID": uuid(dice),
            "readOnly": false,
            "eventType": "AwsApiCall",
            "managementEvent": true,
            "recipientAccountId": person.account,
            "eventCategory": "Management",
        })
    }
}

fn access_key(person: &Person) -> String {
    format!("ASIA{:0>16}", person.human.to_uppercase())
}

fn role_id(role: &Holder) -> String {
    let letters =
        role.name.bytes().filter(u8::is_ascii_alphanumeric).map(|b| char::from(b.to_ascii_uppercase()));
    format!("AROA{:0>17}", letters.rev().take(17).collect::<String>())
}

fn user_identity(world: &World, person: &Person) -> Value {
    let arn = world.identity(person);
    let account = person.account;
    match person.holder.map(|h| &world.holders[h]) {
        None => {
            json!({ "type": "Root", "principalId": account, "arn": arn, "accountId": account, "accessKeyId": access_key(person) })
        }
        Some(role) if role.role => json!({
            "type": "AssumedRole",
            "principalId": format!("{}:{}", role_id(role), person.session_name),
            "arn": arn, "accountId": account, "accessKeyId": access_key(person),
            "sessionContext": {
                "sessionIssuer": {
                    "type": "Role", "principalId": role_id(role), "arn": role.arn(), "accountId": account, "userName": role.name,
                },
                "attributes": { "creationDate": "2026-03-01T07:55:00Z", "mfaAuthenticated": "false" },
            },
        }),
        Some(user) => json!({
            "type": "IAMUser", "principalId": format!("AIDA{}", user.name.to_uppercase()), "arn": arn,
            "accountId": account, "accessKeyId": access_key(person), "userName": user.name,
        }),
    }
}

/// What `aws iam get-account-authorization-details` prints for one account at that time.
pub fn iam_details(world: &World, account: &str, at_ms: i64) -> String {
    let details = |role: bool| {
        let of_account = world.holders.iter().filter(move |h| h.role == role && h.account == account);
        of_account
            .map(|h| {
                let tags = h.run_as_at(at_ms).map(|v| json!({ "Key": "SSMSessionRunAs", "Value": v }));
                let tags: Vec<Value> = tags.into_iter().collect();
                let id = if role { role_id(h) } else { format!("AIDA{}", h.name.to_uppercase()) };
                let kind = if role { "Role" } else { "User" };
                json!({
                    format!("{kind}Name"): h.name, format!("{kind}Id"): id, "Path": h.path, "Arn": h.arn(),
                    "CreateDate": "2024-01-09T10:11:12Z", "Tags": tags,
                })
            })
            .collect::<Vec<_>>()
    };
    pretty(
        &json!({ "UserDetailList": details(false), "GroupDetailList": [], "RoleDetailList": details(true), "Policies": [] }),
    )
}

/// What `aws ec2 describe-instances` prints for one account and region.
pub fn instances(world: &World, account: &str, region: &str) -> String {
    let ours =
        world.nodes.iter().filter(|n| n.account == account && n.region == region && n.id.starts_with("i-"));
    let reservations: Vec<Value> = ours
        .map(|n| {
            json!({
                "OwnerId": account,
                "Instances": [{
                    "InstanceId": n.id, "PrivateDnsName": n.host, "State": { "Code": 16, "Name": "running" },
                    "Tags": [{ "Key": "Name", "Value": n.name }, { "Key": "env", "Value": "prod" }],
                }],
            })
        })
        .collect();
    pretty(&json!({ "Reservations": reservations }))
}

/// What `aws ssm describe-instance-information` prints for one account and region.
pub fn instance_information(world: &World, account: &str, region: &str) -> String {
    let ours = world.nodes.iter().filter(|n| n.account == account && n.region == region);
    let list: Vec<Value> = ours
        .map(|n| {
            let windows = n.platform == Platform::Windows;
            let mut info = json!({
                "InstanceId": n.id, "PingStatus": "Online", "AgentVersion": "3.3.987.0",
                "PlatformType": if windows { "Windows" } else { "Linux" },
                "PlatformName": match n.platform {
                    Platform::Amazon2 | Platform::Amazon2023 => "Amazon Linux",
                    Platform::Ubuntu => "Ubuntu",
                    Platform::Windows => "Microsoft Windows Server 2022 Datacenter",
                },
                "ResourceType": if n.id.starts_with("mi-") { "ManagedInstance" } else { "EC2Instance" },
                "ComputerName": n.host,
            });
            if n.id.starts_with("mi-") {
                info["Name"] = json!(n.name);
            }
            info
        })
        .collect();
    pretty(&json!({ "InstanceInformationList": list }))
}

/// The session preferences document of one account and region.
pub fn preferences(account: &str, region: &str) -> String {
    pretty(&json!({
        "schemaVersion": "1.0",
        "description": "Document to hold regional settings for Session Manager",
        "sessionType": "Standard_Stream",
        "inputs": {
            "s3BucketName": format!("session-logs-{account}"), "s3KeyPrefix": "sessions", "s3EncryptionEnabled": true,
            "cloudWatchLogGroupName": "/ssm/sessions", "cloudWatchStreamingEnabled": true, "cloudWatchEncryptionEnabled": false,
            "kmsKeyId": "", "runAsEnabled": true, "runAsDefaultUser": DEFAULT_RUN_AS, "idleSessionTimeout": "20",
            "maxSessionDuration": "", "shellProfile": { "linux": shell_profile(account, region).join("\n"), "windows": "" },
        },
    }))
}

/// Whether a person's own credentials come from an `AssumeRole` call that CloudTrail should show.
pub fn is_chained(person: &Person) -> bool {
    person.way == Way::Chained
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default() + "\n"
}
