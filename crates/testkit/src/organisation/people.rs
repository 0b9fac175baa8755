//! Who has a way in, and what they may do.

use serde_json::{Value, json};

use super::state::{ACCOUNTS, Node, REGIONS};
use crate::Dice;

/// What a principal may do, as its policies are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grant {
    /// Start sessions anywhere.
    All,
    /// On nodes of that environment, by their tag.
    Env(&'static str),
    /// Anywhere but on nodes of that environment, which are denied.
    Except(&'static str),
    /// Anywhere, but the permission boundary leaves only that environment.
    Bounded(&'static str),
    /// Anywhere, with a second factor: what no policy alone can tell.
    WithMfa,
    /// Nowhere.
    Nothing,
}

impl Grant {
    /// The verdict that is due.
    pub fn on(self, node: &Node) -> &'static str {
        match self {
            Self::All => "granted",
            Self::Env(env) | Self::Bounded(env) if node.env == env => "granted",
            Self::Except(env) if node.env == env => "denied",
            Self::Except(_) => "granted",
            Self::WithMfa => "conditional",
            Self::Env(_) | Self::Bounded(_) | Self::Nothing => "not-granted",
        }
    }

    /// The statements that say so, and those of the boundary.
    pub(super) fn statements(self) -> (Vec<Value>, Option<Vec<Value>>) {
        let start =
            |resource: &str| json!({ "Effect": "Allow", "Action": "ssm:StartSession", "Resource": resource });
        let any = "arn:aws:ec2:*:*:instance/*";
        let on_env = |mut statement: Value, key: &str, env: &str| {
            statement["Condition"] = json!({ "StringLike": { key: [env] } });
            statement
        };
        match self {
            Self::All => (vec![start("*")], None),
            Self::Env(env) => (vec![on_env(start(any), "ssm:resourceTag/env", env)], None),
            Self::Except(env) => {
                let deny =
                    json!({ "Effect": "Deny", "Action": ["ssm:Start*", "ssm:SendCommand"], "Resource": "*" });
                (vec![start(any), on_env(deny, "aws:ResourceTag/env", env)], None)
            }
            Self::Bounded(env) => {
                let other = json!({ "Effect": "Allow", "NotAction": "ssm:StartSession", "Resource": "*" });
                (vec![start("*")], Some(vec![other, on_env(start("*"), "ssm:resourceTag/Env", env)]))
            }
            Self::WithMfa => {
                let mut statement = start("*");
                statement["Condition"] = json!({ "Bool": { "aws:MultiFactorAuthPresent": "true" } });
                (vec![statement], None)
            }
            Self::Nothing => {
                (vec![json!({ "Effect": "Allow", "Action": "ec2:Describe*", "Resource": "*" })], None)
            }
        }
    }
}

/// An IAM user or role.
#[derive(Debug, Clone)]
pub struct Holder {
    /// Whether it is a role.
    pub role: bool,
    /// Its name.
    pub name: String,
    /// Its path, `/` at both ends.
    pub path: String,
    /// Its account.
    pub account: &'static str,
    /// What it may do.
    pub grant: Grant,
    /// Where its policy is: part of it, managed, or of a group (users only).
    pub by: By,
    /// The tag, since when; milliseconds since 1970.
    pub tags: Vec<(i64, Option<String>)>,
}

/// Where the policy of a holder is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// In the holder.
    Inline,
    /// In a managed policy.
    Managed,
    /// In a group's managed policy.
    Group,
}

impl Holder {
    /// ARN as IAM gives it.
    pub fn arn(&self) -> String {
        let kind = if self.role { "role" } else { "user" };
        format!("arn:aws:iam::{}:{kind}{}{}", self.account, self.path, self.name)
    }

    /// Its unique id.
    pub fn id(&self) -> String {
        let letters =
            self.name.bytes().filter(u8::is_ascii_alphanumeric).map(|b| char::from(b.to_ascii_uppercase()));
        let id: String = letters.rev().take(17).collect();
        format!("{}{id:0>17}", if self.role { "AROA" } else { "AIDA" })
    }

    /// The tag's value at that time.
    pub fn tag_at(&self, at_ms: i64) -> Option<&str> {
        self.tags.iter().rev().find(|(since, _)| *since <= at_ms)?.1.as_deref()
    }
}

/// How somebody comes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// As an IAM user.
    User,
    /// Through Identity Center.
    Sso,
    /// Through Identity Center, which gives the OS user as a session tag.
    SsoTagged,
    /// From an IAM user into a role.
    Chained,
    /// From an IAM user of the first account into a role of another one, and from there into a further one.
    Crossing,
    /// Into a role whose credentials came from somewhere that the trail does not show.
    Unseen,
    /// Into a role, with a source identity.
    Sourced,
    /// As the account's root.
    Root,
}

/// A human with a way in.
#[derive(Debug, Clone)]
pub struct Person {
    /// Who it is.
    pub human: String,
    /// How they come in.
    pub way: Way,
    /// The holders on the way, the acting one last. Root has none.
    pub holders: Vec<usize>,
    /// User name or role session name: what session ids begin with.
    pub session_name: String,
    /// Where they act.
    pub account: &'static str,
}

impl Person {
    /// The name that evidence gives and what it rests on.
    pub fn known_as(&self) -> Option<(String, &'static str)> {
        match self.way {
            Way::User | Way::Chained | Way::Crossing => Some((self.human.clone(), "iam-user")),
            Way::Sso | Way::SsoTagged => Some((self.session_name.clone(), "identity-center")),
            Way::Unseen => Some((self.session_name.clone(), "role-session-name")),
            Way::Sourced => Some((self.human.clone(), "source-identity")),
            Way::Root => None,
        }
    }

    /// Whether a session of theirs is preceded by a call to STS.
    pub fn assumes(&self) -> bool {
        !matches!(self.way, Way::User | Way::Unseen | Way::Root)
    }
}

/// Makes people until there are so many; the last one is the first account's root.
pub(super) fn people(dice: &mut Dice, count: usize) -> (Vec<Holder>, Vec<Person>) {
    let mut holders = Vec::new();
    for account in ACCOUNTS {
        for set in ["PowerUser", "Ops", "ReadOnly"] {
            let path = format!("/aws-reserved/sso.amazonaws.com/{}/", REGIONS[0]);
            holders.push(holder(
                dice,
                true,
                format!("AWSReservedSSO_{set}_{}", dice.clone().hex(16)),
                path,
                account,
            ));
        }
    }
    let sso = holders.len();
    let mut people = Vec::new();
    for i in 0..count - 1 {
        let account = ACCOUNTS[i % 3];
        let human = format!("{}{i}", ["ada", "bea", "cem", "dov", "eva", "fia", "gus"][i % 7]);
        let way = dice.weighted(&[
            (35, Way::User),
            (22, Way::Sso),
            (8, Way::SsoTagged),
            (15, Way::Chained),
            (8, Way::Crossing),
            (6, Way::Unseen),
            (6, Way::Sourced),
        ]);
        let mut add = |holder: Holder| {
            holders.push(holder);
            holders.len() - 1
        };
        let user_in =
            |dice: &mut Dice, account| holder(dice, false, human.clone(), "/people/".into(), account);
        let role_of = |dice: &mut Dice, name: &str| {
            holder(dice, true, format!("{name}-{human}"), "/ops/".into(), account)
        };
        let (on_way, session_name) = match way {
            Way::User => (vec![add(user_in(dice, account))], human.clone()),
            Way::Sso | Way::SsoTagged => {
                let of_account = (0..sso).filter(|h| ACCOUNTS[*h / 3] == account).collect::<Vec<_>>();
                (vec![of_account[dice.below(3)]], format!("{human}@example.com"))
            }
            Way::Chained | Way::Sourced => {
                let from = add(user_in(dice, account));
                (vec![from, add(role_of(dice, "Break-Glass"))], format!("{human}-laptop"))
            }
            Way::Crossing => {
                let from = add(user_in(dice, ACCOUNTS[0]));
                let between = add(role_of(dice, "Hub"));
                (
                    vec![from, between, add(role_of(dice, "Spoke"))],
                    format!("botocore-session-{}", 1_700_000_000 + i),
                )
            }
            Way::Unseen | Way::Root => (vec![add(role_of(dice, "Robot"))], format!("job-{i}")),
        };
        people.push(Person { human, way, holders: on_way, session_name, account });
    }
    people.push(Person {
        human: "root".into(),
        way: Way::Root,
        holders: vec![],
        session_name: "root".into(),
        account: ACCOUNTS[0],
    });
    (holders, people)
}

fn holder(dice: &mut Dice, role: bool, name: String, path: String, account: &'static str) -> Holder {
    let grant = dice.weighted(&[
        (30, Grant::All),
        (20, Grant::Env("prod")),
        (15, Grant::Except("db")),
        (15, Grant::Bounded("test")),
        (10, Grant::WithMfa),
        (10, Grant::Nothing),
    ]);
    let by = dice.weighted(&[(40, By::Inline), (35, By::Managed), (25, By::Group)]);
    let by = if role && by == By::Group { By::Managed } else { by };
    Holder { role, name, path, account, grant, by, tags: Vec::new() }
}
