//! Bytes from beside the logs → facts: CloudTrail's records, and what the AWS CLI prints of IAM, sessions, documents and
//! nodes. Nothing fails: an object that says nothing is passed over, one that cannot be read is a diagnostic.

mod documents;
mod iam;
mod inventory;
mod place;
mod scan;
mod sieve;
mod trail;
mod value;
mod yaml;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;
use whoran_model::{
    ByteSpan, DiagnosticKind, EntityKind, Fact, IamSnapshot, LogId, Principal, Tag, Taken, TakenBy,
};

use scan::{Found, Scan};
use trail::Sieve;
use yaml::Yaml;

pub(crate) use scan::holds_facts;
pub use sieve::TrailSieve;
pub use trail::CALLS;
pub(crate) use yaml::holds_facts as yaml_holds_facts;

/// The key of a line that says of which file the records before it are.
const SIFTED: &str = "cloudTrailObject";

/// What an odd place in the file is.
pub(crate) type Oddity = (DiagnosticKind, Option<u64>);

/// Reads one file of facts, in any chunks.
#[derive(Debug)]
pub(crate) struct FactReader {
    text: Text,
    facts: Facts,
}

/// How the file is written.
#[derive(Debug)]
enum Text {
    Json(Scan),
    Yaml(Yaml),
}

impl FactReader {
    pub(crate) fn new(log: LogId) -> Self {
        Self { text: Text::Json(Scan::new()), facts: Facts::new(log) }
    }

    /// Of a file in YAML. Where in it a fact stands is not known: its evidence is the whole file.
    pub(crate) fn of_yaml(log: LogId) -> Self {
        Self { text: Text::Yaml(Yaml::default()), facts: Facts::new(log) }
    }

    pub(crate) fn feed(&mut self, bytes: &[u8]) {
        let facts = &mut self.facts;
        match &mut self.text {
            Text::Json(scan) => scan.feed(bytes, &mut |found| facts.take(found)),
            Text::Yaml(yaml) => yaml.feed(bytes),
        }
    }

    /// Takes the recorded calls found so far. Only of other facts the rest of the file may say more.
    pub(crate) fn calls(&mut self) -> Vec<Fact> {
        let is_call = |fact: &Fact| matches!(fact, Fact::Access(_));
        let (calls, others) = std::mem::take(&mut self.facts.found).into_iter().partition(is_call);
        self.facts.found = others;
        calls
    }

    /// Ends the file, which had `len` bytes. No facts at all where it is something else after all.
    pub(crate) fn finish(self, len: u64) -> (Option<Vec<Fact>>, Vec<Oddity>) {
        let Self { text, mut facts } = self;
        match text {
            Text::Json(scan) => scan.finish(&mut |found| facts.take(found)),
            Text::Yaml(yaml) => {
                facts.whole = Some(len);
                let mut scan = Scan::new();
                let odd = yaml.finish(|json| scan.feed(json, &mut |found| facts.take(found)));
                facts.odd.extend(odd);
            }
        }
        facts.end(len)
    }
}

/// What was found so far.
#[derive(Debug)]
struct Facts {
    log: LogId,
    taken: Taken,
    sieve: Sieve,
    found: Vec<Fact>,
    /// By account.
    iam: BTreeMap<Option<String>, IamSnapshot>,
    /// The account that was last spoken of.
    account: Option<String>,
    /// The tags of one user or role, whom only the name of the file tells.
    tags: Option<Vec<Tag>>,
    /// How long the file is, where offsets are not those of its own bytes.
    whole: Option<u64>,
    odd: Vec<Oddity>,
    /// Whether anything in the file is what this reader is for, even if it says nothing.
    known: bool,
}

impl Facts {
    fn new(log: LogId) -> Self {
        Self {
            taken: place::of_name(&log),
            log,
            sieve: Sieve::new(),
            found: Vec::new(),
            iam: BTreeMap::new(),
            account: None,
            tags: None,
            whole: None,
            odd: Vec::new(),
            known: false,
        }
    }

    fn take(&mut self, found: Found<'_>) {
        match found {
            Found::List("Tags") => self.tags = Some(Vec::new()),
            Found::List(_) => self.known = true,
            Found::Damage { at } => {
                self.odd.push((DiagnosticKind::DamagedJson { recovered: false }, Some(at)))
            }
            Found::Oversized { at } => {
                self.odd.push((DiagnosticKind::OversizedRecord(scan::MAX_OBJECT as u64), Some(at)))
            }
            Found::Object { of: "" | "Records", bytes, .. } if !self.sieve.passes(bytes) => self.known = true,
            Found::Object { of, start, bytes } => match serde_json::from_slice(bytes) {
                Ok(object) => self.object(of, &object, start, start + bytes.len() as u64),
                Err(_) => {
                    self.odd.push((DiagnosticKind::DamagedJson { recovered: false }, Some(start)));
                }
            },
        }
    }

    fn object(&mut self, of: &'static str, object: &Value, start: u64, end: u64) {
        let (start, end) = self.whole.map_or((start, end), |len| (0, len));
        let span = ByteSpan { log: self.log.clone(), start, end };
        match of {
            "Records" => self.record(object, span),
            "Events" => self.looked_up(object, span),
            "Sessions" => {
                let session = inventory::session(object, &self.taken, span);
                self.found.extend(session.map(|s| Fact::Session(Arc::new(s))));
            }
            "InstanceInformationList" => {
                let node = inventory::managed_node(object, &self.taken, span);
                self.found.extend(node.map(|n| Fact::Node(Arc::new(n))));
            }
            "Reservations" => {
                let nodes = inventory::instances(object, &self.taken, &span);
                self.found.extend(nodes.into_iter().map(|n| Fact::Node(Arc::new(n))));
            }
            "ResourceTagMappingList" => {
                let node = inventory::tagged(object, &self.taken, span);
                self.found.extend(node.map(|n| Fact::Node(Arc::new(n))));
            }
            "DocumentVersions" => {
                let version = documents::version(object, &self.taken, span);
                self.found.extend(version.map(|v| Fact::Version(Arc::new(v))));
            }
            "Tags" => self.tags.iter_mut().for_each(|tags| tags.extend(value::tag(object))),
            "ResponseMetadata" => self.answered(object),
            "" => self.whole(object, span),
            _ => self.iam(of, object, span),
        }
    }

    fn record(&mut self, record: &Value, span: ByteSpan) {
        self.known |= record.get("eventSource").is_some();
        let event = trail::event(record, span);
        self.found.extend(event.map(|event| Fact::Access(Arc::new(event))));
    }

    /// A member of what `lookup-events` prints: the record is a text in it.
    fn looked_up(&mut self, object: &Value, span: ByteSpan) {
        let Some(text) = object.get("CloudTrailEvent").and_then(Value::as_str) else { return };
        match serde_json::from_str(text) {
            Ok(record) => self.record(&record, span),
            Err(_) => self.odd.push((DiagnosticKind::DamagedJson { recovered: false }, Some(span.start))),
        }
    }

    /// An object that stands alone: a record on a line of its own, or a document.
    fn whole(&mut self, object: &Value, span: ByteSpan) {
        if object.get(SIFTED).is_some() {
            self.known = true;
        } else if object.get("CloudTrailEvent").is_some() {
            self.looked_up(object, span);
        } else if object.get("eventSource").is_some() {
            self.record(object, span);
        } else if let Some(document) = documents::document(object, &self.taken, span) {
            self.known = true;
            self.found.push(Fact::Document(Arc::new(document)));
        }
    }

    fn iam(&mut self, of: &'static str, object: &Value, span: ByteSpan) {
        let arn = object.get("Arn").and_then(Value::as_str).map(Principal::new);
        // A policy of AWS itself belongs to the account whose list it is in: that of what came before it.
        let account = arn.as_ref().and_then(Principal::account).map(str::to_owned).or(self.account.take());
        self.account.clone_from(&account);
        let (log, taken) = (&self.log, &self.taken);
        let snapshot = self.iam.entry(account.clone()).or_insert_with(|| {
            let account = account.or_else(|| taken.account.clone());
            iam::nothing_of(Taken { account, region: None, ..taken.clone() }, log)
        });
        let known = match of {
            "UserDetailList" | "User" => iam::user(object, span).map(|user| snapshot.users.push(user)),
            "RoleDetailList" | "Role" => iam::role(object, span).map(|role| snapshot.roles.push(role)),
            "GroupDetailList" => iam::group(object, span).map(|group| snapshot.groups.push(group)),
            _ => iam::policy(object, span).map(|policy| snapshot.policies.push(policy)),
        };
        snapshot.whole |= of.ends_with("DetailList");
        self.known |= known.is_some();
    }

    /// The HTTP header that SDKs print beside an answer says when it was given.
    fn answered(&mut self, metadata: &Value) {
        let headers = metadata.get("HTTPHeaders");
        let date = headers.and_then(|headers| headers.get("date")).and_then(Value::as_str);
        let at = date.and_then(|date| jiff::fmt::rfc2822::parse(date).ok());
        if let Some(at) = at {
            self.taken.at = Some(at.timestamp());
            self.taken.by = TakenBy::Answer;
        }
    }

    /// What `list-user-tags` or `list-role-tags` printed: of whom, and in which account, the file's name has to say.
    fn tagged(&mut self, whole: &ByteSpan) {
        let Some(tags) = self.tags.take() else { return };
        if let (Some((kind, name)), Some(account)) = (place::of_entity(&self.log), &self.taken.account) {
            let mut snapshot = iam::nothing_of(self.taken.clone(), &self.log);
            match kind {
                EntityKind::User => snapshot.users.push(iam::tagged_user(account, name, tags, whole.clone())),
                EntityKind::Role => snapshot.roles.push(iam::tagged_role(account, name, tags, whole.clone())),
            }
            self.iam.insert(None, snapshot);
            self.known = true;
        }
    }

    fn end(mut self, len: u64) -> (Option<Vec<Fact>>, Vec<Oddity>) {
        let whole = ByteSpan { log: self.log.clone(), start: 0, end: len };
        self.tagged(&whole);
        if !self.known && self.odd.is_empty() {
            self.odd.push((DiagnosticKind::NotALog, None));
        }
        self.found.extend(
            self.iam
                .into_values()
                .map(|snapshot| Fact::Iam(Arc::new(IamSnapshot { evidence: whole.clone(), ..snapshot }))),
        );
        if self.taken.by == TakenBy::Answer {
            // it stands behind what it speaks of
            for taken in self.found.iter_mut().filter_map(Fact::taken_mut) {
                (taken.at, taken.by) = (self.taken.at, self.taken.by);
            }
        }
        (self.known.then_some(self.found), self.odd)
    }
}

#[cfg(test)]
mod tests;
