//! What CloudTrail records of it all.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::people::{Holder, Person, Way};
use super::state::{Node, World};
use crate::Dice;
use crate::agent::whole_seconds;

/// CloudTrail of the whole organisation, by account, region and day.
#[derive(Debug, Default)]
pub(super) struct Trail {
    records: BTreeMap<(String, String, String), Vec<Value>>,
}

/// Somebody with credentials in hand.
#[derive(Debug, Clone)]
pub(super) struct Hand {
    pub(super) key: String,
    pub(super) until_ms: i64,
}

impl Trail {
    pub(super) fn files(self) -> impl Iterator<Item = (String, Vec<u8>)> {
        self.records.into_iter().map(|((account, region, day), records)| {
            let path = format!("context/{account}/cloudtrail/{region}/{day}.json.gz");
            (path, json!({ "Records": records }).to_string().into_bytes())
        })
    }

    /// Adds a record to the trail of an account; gives its `eventID`.
    pub(super) fn add(
        &mut self,
        dice: &mut Dice,
        (account, region): (&str, &str),
        at_ms: i64,
        call: (&str, &str),
        mut fields: Value,
    ) -> String {
        let id =
            format!("{}-{}-4{}-8{}-{}", dice.hex(8), dice.hex(4), dice.hex(3), dice.hex(3), dice.hex(12));
        let common = json!({
            "eventVersion": "1.10", "eventTime": whole_seconds(at_ms), "eventSource": call.0, "eventName": call.1,
            "awsRegion": region, "eventID": id, "eventType": "AwsApiCall", "managementEvent": true,
            "recipientAccountId": account, "eventCategory": "Management", "readOnly": false,
        });
        for (key, value) in common.as_object().into_iter().flatten() {
            fields[key] = value.clone();
        }
        let day = whole_seconds(at_ms)[..10].to_owned();
        self.records.entry((account.into(), region.into(), day)).or_default().push(fields);
        id
    }

    /// Changes of tags and preferences, as they happened.
    pub(super) fn changes(&mut self, dice: &mut Dice, world: &World, begin_ms: i64, end_ms: i64) {
        for holder in &world.holders {
            let (name, key) = if holder.role { ("Role", "roleName") } else { ("User", "userName") };
            let changes = holder.tags.iter().filter(|(at, _)| (begin_ms..end_ms).contains(at));
            for (at_ms, value) in changes {
                let (call, request) = match value {
                    Some(value) => (
                        format!("Tag{name}"),
                        json!({ key: holder.name, "tags": [{ "key": "SSMSessionRunAs", "value": value }] }),
                    ),
                    None => {
                        (format!("Untag{name}"), json!({ key: holder.name, "tagKeys": ["SSMSessionRunAs"] }))
                    }
                };
                let fields = json!({ "userIdentity": admin(holder.account), "requestParameters": request });
                self.add(dice, (holder.account, "us-east-1"), *at_ms, ("iam.amazonaws.com", &call), fields);
            }
        }
        for ((account, region), history) in &world.settings {
            for (at_ms, settings) in history.iter().skip(1) {
                let content = super::state::content(settings, account).to_string();
                let request = json!({ "name": "SSM-SessionManagerRunShell", "content": content, "documentVersion": "$LATEST" });
                let fields = json!({ "userIdentity": admin(account), "requestParameters": request });
                self.add(dice, (account, region), *at_ms, ("ssm.amazonaws.com", "UpdateDocument"), fields);
            }
        }
    }

    /// How a person gets the credentials they act with.
    pub(super) fn assume(
        &mut self,
        dice: &mut Dice,
        world: &World,
        person: &Person,
        at_ms: i64,
        tag: Option<&str>,
    ) -> Hand {
        let mut hand = Hand { key: new_key(dice), until_ms: at_ms + 12 * 3_600_000 };
        let hops: Vec<&Holder> = person.holders.iter().map(|h| &world.holders[*h]).collect();
        if matches!(person.way, Way::Sso | Way::SsoTagged) {
            let role = hops[0];
            let mut request = json!({ "roleArn": role.arn(), "roleSessionName": person.session_name });
            if let Some(tag) = tag {
                request["principalTags"] = json!({ "SSMSessionRunAs": tag });
            }
            let fields = json!({
                "userIdentity": { "type": "SAMLUser", "principalId": format!("x:{}", person.session_name),
                    "userName": person.session_name, "identityProvider": "x" },
                "requestParameters": request,
                "responseElements": credentials(&hand.key, role, &person.session_name),
            });
            let call = ("sts.amazonaws.com", "AssumeRoleWithSAML");
            self.add(dice, (role.account, "us-east-1"), at_ms, call, fields);
            return hand;
        }
        let mut key = format!("AKIA{:0>16}", person.human.to_uppercase());
        for (i, pair) in hops.windows(2).enumerate() {
            let (from, to) = (pair[0], pair[1]);
            let next = if i + 2 == hops.len() { hand.key.clone() } else { new_key(dice) };
            let name = if i + 2 == hops.len() { &person.session_name } else { &person.human };
            let mut request = json!({ "roleArn": to.arn(), "roleSessionName": name });
            if person.way == Way::Sourced {
                request["sourceIdentity"] = json!(person.human);
            }
            let at_ms = at_ms + 1000 * i as i64;
            let identity = identity(from, &person.human, &key, None);
            let fields = json!({
                "userIdentity": identity, "requestParameters": request,
                "responseElements": credentials(&next, to, name), "sharedEventID": dice.hex(12),
            });
            let call = ("sts.amazonaws.com", "AssumeRole");
            // The account of the role sees who came only by an id.
            if from.account != to.account {
                let mut seen = fields.clone();
                seen["userIdentity"] =
                    json!({ "type": "AWSAccount", "principalId": from.id(), "accountId": from.account });
                self.add(dice, (to.account, "us-east-1"), at_ms, call, seen);
            }
            self.add(dice, (from.account, "us-east-1"), at_ms, call, fields);
            key = next;
        }
        hand.key = key;
        hand
    }
}

fn new_key(dice: &mut Dice) -> String {
    format!("ASIA{}", dice.text(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 16))
}

fn admin(account: &str) -> Value {
    json!({ "type": "IAMUser", "principalId": "AIDAADMIN", "arn": format!("arn:aws:iam::{account}:user/admin"),
        "accountId": account, "accessKeyId": "AKIAADMIN", "userName": "admin" })
}

fn credentials(key: &str, role: &Holder, session: &str) -> Value {
    let arn = format!("arn:aws:sts::{}:assumed-role/{}/{session}", role.account, role.name);
    json!({ "credentials": { "accessKeyId": key, "expiration": "Mar 1, 2026, 9:00:00 PM" },
        "assumedRoleUser": { "assumedRoleId": format!("{}:{session}", role.id()), "arn": arn } })
}

/// The ARN that calls and streaming events give.
pub(super) fn principal(world: &World, person: &Person) -> String {
    match person.holders.last().map(|h| &world.holders[*h]) {
        None => format!("arn:aws:iam::{}:root", person.account),
        Some(role) if role.role => {
            format!("arn:aws:sts::{}:assumed-role/{}/{}", role.account, role.name, person.session_name)
        }
        Some(user) => user.arn(),
    }
}

/// `userIdentity` of somebody at work.
pub(super) fn actor(world: &World, person: &Person, hand: Option<&Hand>) -> Value {
    match person.holders.last().map(|h| &world.holders[*h]) {
        None => json!({ "type": "Root", "principalId": person.account, "arn": principal(world, person),
            "accountId": person.account, "accessKeyId": "ASIAROOT" }),
        Some(holder) => {
            let own = format!("AKIA{:0>16}", person.human.to_uppercase());
            let key = hand.map_or(own.as_str(), |hand| hand.key.as_str());
            let source = (person.way == Way::Sourced).then_some(person.human.as_str());
            identity(holder, &person.session_name, key, source)
        }
    }
}

fn identity(holder: &Holder, session: &str, key: &str, source: Option<&str>) -> Value {
    if !holder.role {
        return json!({ "type": "IAMUser", "principalId": holder.id(), "arn": holder.arn(),
            "accountId": holder.account, "accessKeyId": key, "userName": holder.name });
    }
    let mut identity = json!({
        "type": "AssumedRole", "principalId": format!("{}:{session}", holder.id()),
        "arn": format!("arn:aws:sts::{}:assumed-role/{}/{session}", holder.account, holder.name),
        "accountId": holder.account, "accessKeyId": key,
        "sessionContext": {
            "sessionIssuer": { "type": "Role", "principalId": holder.id(), "arn": holder.arn(),
                "accountId": holder.account, "userName": holder.name },
            "attributes": { "creationDate": "2026-03-01T07:55:00Z", "mfaAuthenticated": "false" },
        },
    });
    if let Some(source) = source {
        identity["sessionContext"]["sourceIdentity"] = json!(source);
    }
    identity
}

/// ARN of the instance.
pub(super) fn node_arn(node: &Node) -> String {
    format!("arn:aws:ec2:{}:{}:instance/{}", node.region, node.account, node.id)
}
