//! Accounts, people, nodes: who could have done it.

use crate::Dice;

/// First session of every generated corpus: 2026-03-01T08:00:00Z, in milliseconds since 1970.
pub const WORLD_START_MS: i64 = 1_772_352_000_000;

/// The two accounts of the world.
pub const ACCOUNTS: [&str; 2] = ["111122223333", "444455556666"];
/// Where they have nodes.
pub const REGIONS: [&str; 2] = ["eu-west-1", "us-east-1"];
/// OS user of a session whose principal has no tag.
pub const DEFAULT_RUN_AS: &str = "ssm-user";

/// An IAM user or role, which may carry the `SSMSessionRunAs` tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// Whether it is a role.
    pub role: bool,
    /// Its name.
    pub name: String,
    /// Its path, `/` at both ends.
    pub path: String,
    /// Its account.
    pub account: &'static str,
    /// Values of the tag and since when, milliseconds since 1970; `None`: no tag.
    pub run_as: Vec<(i64, Option<String>)>,
}

impl Holder {
    /// ARN as IAM gives it, with the path.
    pub fn arn(&self) -> String {
        let kind = if self.role { "role" } else { "user" };
        format!("arn:aws:iam::{}:{kind}{}{}", self.account, self.path, self.name)
    }

    /// The tag's value at that time.
    pub fn run_as_at(&self, at_ms: i64) -> Option<&str> {
        self.run_as.iter().rev().find(|(since, _)| *since <= at_ms)?.1.as_deref()
    }
}

/// How a person comes to an identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// As an IAM user with keys of their own.
    IamUser,
    /// Through IAM Identity Center.
    Sso,
    /// From an IAM user into a role, with a session name of their choice.
    Chained,
    /// As the account's root.
    Root,
}

/// A human with a way in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Who it is.
    pub human: &'static str,
    /// How they come in.
    pub way: Way,
    /// Index into [`World::holders`]: the user or role that acts, and carries the tag. Root has none.
    pub holder: Option<usize>,
    /// For a chain: the IAM user at its start.
    pub chained_from: Option<usize>,
    /// Role session name or user name: what session ids begin with.
    pub session_name: String,
    /// Account they act in.
    pub account: &'static str,
}

/// What runs on a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Platform {
    /// Amazon Linux 2023: bash 5.2 as `sh`.
    Amazon2023,
    /// Amazon Linux 2: bash 4.2 as `sh`.
    Amazon2,
    /// Ubuntu: dash as `sh`.
    Ubuntu,
    /// Windows Server: PowerShell.
    Windows,
}

/// A managed node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// `i-…` or `mi-…`.
    pub id: String,
    /// Its Name tag.
    pub name: String,
    /// What its prompt calls it.
    pub host: String,
    /// Its account.
    pub account: &'static str,
    /// Its region.
    pub region: &'static str,
    /// What runs on it.
    pub platform: Platform,
}

/// Everybody and everything.
#[derive(Debug, Clone)]
pub struct World {
    /// IAM users and roles.
    pub holders: Vec<Holder>,
    /// People.
    pub people: Vec<Person>,
    /// Nodes.
    pub nodes: Vec<Node>,
}

impl World {
    /// A world of twelve people and so many nodes.
    pub fn new(dice: &mut Dice, nodes: usize) -> Self {
        let mut world = Self { holders: Vec::new(), people: Vec::new(), nodes: Vec::new() };
        let humans =
            ["alice", "bob", "carol", "dave", "erin", "frank", "grace", "heidi", "ivan", "judy", "mallory"];
        for (i, human) in humans.into_iter().enumerate() {
            world.add_person(dice, human, ACCOUNTS[i % 2], [Way::Sso, Way::IamUser, Way::Chained][i % 3]);
        }
        let account = ACCOUNTS[0];
        let root = Person {
            human: "root",
            way: Way::Root,
            holder: None,
            chained_from: None,
            session_name: "root".into(),
            account,
        };
        world.people.push(root);
        for i in 0..nodes {
            world.add_node(dice, i);
        }
        world
    }

    fn add_person(&mut self, dice: &mut Dice, human: &'static str, account: &'static str, way: Way) {
        let mut add = |role, name: String, path: &str, run_as| {
            self.holders.push(Holder { role, name, path: path.into(), account, run_as });
            self.holders.len() - 1
        };
        let (holder, chained_from, session_name) = match way {
            Way::Sso => {
                let set = dice.pick(&["PowerUser", "Ops", "ReadOnly"]);
                let name = format!("AWSReservedSSO_{set}_{}", dice.hex(16));
                let path = format!("/aws-reserved/sso.amazonaws.com/{}/", REGIONS[0]);
                (add(true, name, &path, tags(dice, human)), None, format!("{human}@example.com"))
            }
            Way::Chained => {
                let from = add(false, human.into(), "/", Vec::new());
                let role = add(true, format!("Break-Glass-{human}"), "/ops/", tags(dice, human));
                let name = match dice.below(2) {
                    0 => format!("botocore-session-{}", 1_700_000_000 + dice.below(90_000_000)),
                    _ => format!("{human}-laptop"),
                };
                (role, Some(from), name)
            }
            Way::IamUser | Way::Root => {
                (add(false, human.into(), "/team-x/", tags(dice, human)), None, human.to_owned())
            }
        };
        self.people.push(Person { human, way, holder: Some(holder), chained_from, session_name, account });
    }

    fn add_node(&mut self, dice: &mut Dice, i: usize) {
        let kind = dice.pick(&["web", "db", "app", "batch"]);
        let platform = dice.weighted(&[
            (45, Platform::Amazon2023),
            (20, Platform::Amazon2),
            (28, Platform::Ubuntu),
            (7, Platform::Windows),
        ]);
        // Even the smallest world has one of them.
        let platform = if i == 5 { Platform::Windows } else { platform };
        let hybrid = dice.chance(15);
        let host = match platform {
            Platform::Windows => format!("EC2AMAZ-{}", dice.text(b"ABCDEFGHJKLMN0123456789", 7)),
            _ if hybrid => format!("{kind}-{i}.corp.example.com"),
            _ => format!("ip-10-0-{}-{}.{}.compute.internal", i / 200, i % 200 + 10, REGIONS[i / 2 % 2]),
        };
        let id = if hybrid { format!("mi-{}", dice.hex(17)) } else { format!("i-0{}", dice.hex(16)) };
        let (account, region) = (ACCOUNTS[i % 2], REGIONS[i / 2 % 2]);
        self.nodes.push(Node { id, name: format!("{kind}-{i}"), host, account, region, platform });
    }

    /// The ARN that streaming events and CloudTrail give for a person at work.
    pub fn identity(&self, person: &Person) -> String {
        let account = person.account;
        match person.holder.map(|h| &self.holders[h]) {
            None => format!("arn:aws:iam::{account}:root"),
            Some(role) if role.role => {
                format!("arn:aws:sts::{account}:assumed-role/{}/{}", role.name, person.session_name)
            }
            Some(user) => user.arn(),
        }
    }

    /// The OS user a session of that person was owed at that time.
    pub fn owed_run_as(&self, person: &Person, node: &Node, at_ms: i64) -> &str {
        let tag = person.holder.and_then(|h| self.holders[h].run_as_at(at_ms));
        match node.platform {
            Platform::Windows => DEFAULT_RUN_AS,
            _ => tag.unwrap_or(DEFAULT_RUN_AS),
        }
    }
}

/// A tag that may come, change and go while the corpus runs.
fn tags(dice: &mut Dice, human: &str) -> Vec<(i64, Option<String>)> {
    let day = 86_400_000;
    let mut history = match dice.below(3) {
        0 => vec![],
        1 => vec![(WORLD_START_MS - 30 * day, Some("deploy".to_owned()))],
        _ => vec![(WORLD_START_MS - 30 * day, Some(human.to_owned()))],
    };
    let mut at = WORLD_START_MS;
    while dice.chance(45) {
        at += dice.range(1..5) as i64 * day / 2;
        let next = ["app", "deploy", human][dice.below(3)];
        history.push((at, dice.chance(75).then(|| next.to_owned())));
    }
    history
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_worth_what_it_was_at_that_time() {
        let holder = Holder {
            role: false,
            name: "bob".into(),
            path: "/".into(),
            account: ACCOUNTS[0],
            run_as: vec![(10, Some("a".into())), (20, None), (30, Some("b".into()))],
        };
        assert_eq!([5, 10, 25, 31].map(|t| holder.run_as_at(t)), [None, Some("a"), None, Some("b")]);
    }

    #[test]
    fn everybody_has_an_arn_and_some_tags_change() {
        let world = World::new(&mut Dice::new(1), 12);
        for person in &world.people {
            let arn = world.identity(person);
            assert!(arn.starts_with("arn:aws:") && arn.contains(person.account), "{arn}");
        }
        assert!(world.holders.iter().any(|h| h.run_as.len() > 1));
        assert!(world.people.iter().any(|p| p.chained_from.is_some()));
    }
}
