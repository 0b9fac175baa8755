//! Facts, made short.

use std::sync::Arc;

use whoran_link::{Context, Gathering};
use whoran_model::{
    AccessEvent, Assumed, ByteSpan, Caller, Change, Detail, DocumentSettings, DocumentVersion, Entity,
    EntityKind, Fact, IamRole, IamSnapshot, IamUser, InlinePolicy, Issuer, LogId, NodeId, NodeRecord, OsUser,
    Outcome, Principal, Session, SessionDocument, SessionId, SessionRecord, Tag, Taken, TakenBy, Timestamp,
    UserTally,
};

pub(crate) const ACCOUNT: &str = "111122223333";
pub(crate) const REGION: &str = "eu-west-1";
pub(crate) const NODE: &str = "i-0abc1234def567890";
pub(crate) const START: &str = "ssm.amazonaws.com:StartSession";

pub(crate) fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_772_000_000 + second).unwrap()
}

pub(crate) fn span(what: &str) -> ByteSpan {
    ByteSpan { log: LogId::new(what), start: 0, end: 1 }
}

pub(crate) fn taken(second: Option<i64>) -> Taken {
    Taken {
        at: second.map(at),
        by: TakenBy::Answer,
        account: Some(ACCOUNT.into()),
        region: Some(REGION.into()),
    }
}

pub(crate) fn session_id(prefix: &str) -> SessionId {
    format!("{prefix}-0e34861185201706f").parse().unwrap()
}

pub(crate) fn user_arn(name: &str) -> Principal {
    Principal::new(format!("arn:aws:iam::{ACCOUNT}:user/{name}"))
}

pub(crate) fn role_arn(name: &str) -> Principal {
    Principal::new(format!("arn:aws:iam::{ACCOUNT}:role/{name}"))
}

/// An IAM user at work.
pub(crate) fn user(name: &str) -> Caller {
    Caller {
        kind: Some("IAMUser".into()),
        principal: Some(user_arn(name)),
        account: Some(ACCOUNT.into()),
        user_name: Some(name.rsplit('/').next().unwrap().into()),
        access_key: Some(format!("AKIA{name}")),
        ..Caller::default()
    }
}

/// A role at work, with its path as the issuer's ARN has it.
pub(crate) fn role(path: &str, session: &str, key: &str) -> Caller {
    let name = path.rsplit('/').next().unwrap();
    Caller {
        kind: Some("AssumedRole".into()),
        principal: Some(Principal::new(format!("arn:aws:sts::{ACCOUNT}:assumed-role/{name}/{session}"))),
        account: Some(ACCOUNT.into()),
        access_key: Some(key.into()),
        issuer: Some(Issuer {
            kind: Some("Role".into()),
            principal: Some(role_arn(path)),
            principal_id: None,
            user_name: Some(name.into()),
        }),
        ..Caller::default()
    }
}

pub(crate) fn event(second: i64, action: &str, caller: Caller) -> AccessEvent {
    let name = format!("{second}-{action}-{:?}", caller.access_key);
    AccessEvent {
        account: Some(ACCOUNT.into()),
        region: Some(REGION.into()),
        caller: caller.into(),
        ..AccessEvent::new(name.clone(), at(second), action, span(&name))
    }
}

pub(crate) fn start(second: i64, caller: Caller, session: &SessionId) -> AccessEvent {
    AccessEvent {
        session: Some(session.clone()),
        target: Some(NodeId::new(NODE)),
        ..event(second, START, caller)
    }
}

pub(crate) fn refused(second: i64, caller: Caller, code: &str, message: &str) -> AccessEvent {
    AccessEvent {
        target: Some(NodeId::new(NODE)),
        outcome: Outcome::Refused { code: code.into(), message: Some(message.into()) },
        ..event(second, START, caller)
    }
}

/// Somebody gets a role's credentials.
pub(crate) fn assume(second: i64, caller: Caller, key: &str, more: Assumed) -> AccessEvent {
    let detail = Detail::Assumed(Box::new(Assumed { access_key: Some(key.into()), ..more }));
    AccessEvent { detail, ..event(second, "sts.amazonaws.com:AssumeRole", caller) }
}

pub(crate) fn run_as(user: &str) -> Tag {
    Tag { key: "SSMSessionRunAs".into(), value: user.into() }
}

/// The tag of an IAM user or role is set, or taken away.
pub(crate) fn tagged(second: i64, kind: EntityKind, name: &str, user_name: Option<&str>) -> AccessEvent {
    let change = Change {
        entity: Entity { kind, name: name.into() },
        created: false,
        deleted: false,
        set: user_name.map(run_as).into_iter().collect(),
        removed: if user_name.is_none() { vec!["ssmsessionrunas".into()] } else { vec![] },
    };
    AccessEvent {
        detail: Detail::Iam(Box::new(change)),
        region: Some("us-east-1".into()),
        ..event(second, "iam.amazonaws.com:TagUser", user("admin"))
    }
}

pub(crate) fn iam_user(name: &str, tag: Option<&str>, policies: &[(&str, &str)]) -> IamUser {
    IamUser {
        principal: user_arn(name),
        name: name.rsplit('/').next().unwrap().into(),
        id: Some(format!("AIDA{name}")),
        created: None,
        tags: tag.map(run_as).into_iter().collect(),
        groups: vec![],
        inline: inline(policies),
        attached: vec![],
        boundary: None,
        evidence: span(name),
    }
}

pub(crate) fn iam_role(path: &str, tag: Option<&str>, policies: &[(&str, &str)]) -> IamRole {
    IamRole {
        principal: role_arn(path),
        name: path.rsplit('/').next().unwrap().into(),
        id: Some(format!("AROA{path}")),
        created: None,
        tags: tag.map(run_as).into_iter().collect(),
        trust: Some(r#"{"Statement":{"Effect":"Allow","Action":"sts:AssumeRole"}}"#.into()),
        inline: inline(policies),
        attached: vec![],
        boundary: None,
        evidence: span(path),
    }
}

fn inline(policies: &[(&str, &str)]) -> Vec<InlinePolicy> {
    let policy = |(name, document): &(&str, &str)| InlinePolicy {
        name: (*name).into(),
        document: format!(r#"{{"Version":"2012-10-17","Statement":[{document}]}}"#),
    };
    policies.iter().map(policy).collect()
}

pub(crate) fn iam(second: Option<i64>, users: Vec<IamUser>, roles: Vec<IamRole>) -> IamSnapshot {
    IamSnapshot {
        taken: taken(second),
        whole: true,
        users,
        groups: vec![],
        roles,
        policies: vec![],
        evidence: span("iam"),
    }
}

pub(crate) fn preferences(second: i64, settings: DocumentSettings) -> SessionDocument {
    SessionDocument {
        taken: taken(Some(second)),
        name: SessionDocument::PREFERENCES.into(),
        version: None,
        created: None,
        settings,
        evidence: span("preferences"),
    }
}

/// A version of the preferences.
pub(crate) fn version(second: i64, number: u32, created: i64, default: &str) -> SessionDocument {
    SessionDocument {
        version: Some(number.to_string()),
        created: Some(at(created)),
        ..preferences(second, with_run_as(Some(default)))
    }
}

/// The same in a list of versions.
pub(crate) fn listed(second: i64, number: u32, created: i64, is_default: bool) -> DocumentVersion {
    DocumentVersion {
        taken: taken(Some(second)),
        name: SessionDocument::PREFERENCES.into(),
        version: number.to_string(),
        created: Some(at(created)),
        is_default,
        evidence: span("versions"),
    }
}

/// Run As switched on, with that default.
pub(crate) fn with_run_as(default: Option<&str>) -> DocumentSettings {
    DocumentSettings {
        s3_bucket: Some("logs".into()),
        log_group: Some("/ssm/sessions".into()),
        streaming: Some(true),
        run_as: Some(true),
        run_as_default: default.map(OsUser::new),
        ..DocumentSettings::default()
    }
}

pub(crate) fn node(second: i64, platform: &str) -> NodeRecord {
    NodeRecord {
        taken: taken(Some(second)),
        id: NodeId::new(NODE),
        name: Some("web-1".into()),
        computer_name: None,
        platform: Some(platform.into()),
        agent_version: None,
        state: None,
        ip: None,
        tags: Some(vec![]),
        evidence: span("node"),
    }
}

pub(crate) fn record(second: i64, id: &SessionId, status: &str) -> SessionRecord {
    SessionRecord {
        taken: taken(Some(second)),
        id: id.clone(),
        target: Some(NodeId::new(NODE)),
        status: Some(status.into()),
        started: None,
        ended: None,
        document: None,
        owner: None,
        reason: None,
        details: None,
        s3_output: None,
        cloudwatch_output: None,
        access_type: None,
        evidence: span("describe-sessions"),
    }
}

/// A streamed session of that OS user.
pub(crate) fn log(id: &SessionId, second: i64, identity: Option<Principal>, user: Option<&str>) -> Session {
    let user = user.map(OsUser::new);
    Session {
        id: id.clone(),
        identity,
        person: None,
        account: Some(ACCOUNT.into()),
        region: Some(REGION.into()),
        run_as_user: user.clone(),
        target: Some(NodeId::new(NODE)),
        target_name: None,
        host: None,
        first: Some(at(second)),
        last: Some(at(second + 60)),
        logs: vec![],
        users: vec![UserTally {
            os_user: user,
            commands: 2,
            first: Some(at(second)),
            last: Some(at(second)),
        }],
        diagnostics: vec![],
    }
}

/// A heap of facts.
#[derive(Default)]
pub(crate) struct Facts(pub(crate) Vec<Fact>);

impl Facts {
    pub(crate) fn event(mut self, event: AccessEvent) -> Self {
        self.0.push(Fact::Access(Arc::new(event)));
        self
    }

    pub(crate) fn iam(mut self, snapshot: IamSnapshot) -> Self {
        self.0.push(Fact::Iam(Arc::new(snapshot)));
        self
    }

    pub(crate) fn document(mut self, document: SessionDocument) -> Self {
        self.0.push(Fact::Document(Arc::new(document)));
        self
    }

    pub(crate) fn version(mut self, version: DocumentVersion) -> Self {
        self.0.push(Fact::Version(Arc::new(version)));
        self
    }

    pub(crate) fn node(mut self, node: NodeRecord) -> Self {
        self.0.push(Fact::Node(Arc::new(node)));
        self
    }

    pub(crate) fn record(mut self, record: SessionRecord) -> Self {
        self.0.push(Fact::Session(Arc::new(record)));
        self
    }

    /// The context, from the facts in this order; and the same from the reverse one, which must not matter.
    pub(crate) fn context(self) -> Context {
        let (whole, gathered) = (Context::new(self.0.clone()), self.gathered());
        assert_eq!(whole.session_ids(), gathered.session_ids());
        for id in whole.session_ids() {
            assert_eq!(whole.session(id, None), gathered.session(id, None));
        }
        assert!(whole.attempts().eq(gathered.attempts()));
        whole
    }

    /// Gathered, each fact from a place of its own.
    pub(crate) fn gathered(self) -> Context {
        let mut gathering = Gathering::default();
        self.0.iter().enumerate().for_each(|(place, fact)| gathering.add(place, vec![fact.clone()]));
        for place in gathering.leading() {
            gathering.again(vec![self.0[place].clone()]);
        }
        gathering.context()
    }
}
