//! Values to put in.

use std::sync::Arc;

use jiff::Timestamp;
use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use whoran_index::{DiagnosticCounts, Index, LogDone, Writer, WriterOptions};
use whoran_model::{
    AccessEvent, Alternative, Assumed, ByteSpan, Caller, Change, Command, CommandKind, CommandRecord, Detail,
    Diagnostic, DiagnosticKind, DocumentSettings, DocumentVersion, Entity, EntityKind, Fact, IamGroup,
    IamRole, IamSnapshot, IamUser, InlinePolicy, Issuer, LogId, LogRef, ManagedPolicy, MaskedSecret, NodeId,
    NodeRecord, Origin, OsUser, Outcome, Principal, Session, SessionDocument, SessionId, SessionLog,
    SessionRecord, Shape, Status, Tag, Taken, TakenBy, TimePrecision, UserTally, command_id,
};

pub(crate) const OPTIONS: WriterOptions = WriterOptions { threads: 2, memory_bytes: 40_000_000 };

pub(crate) fn sid(text: &str) -> SessionId {
    text.parse().unwrap()
}

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// A plain command; tests change what they are about.
pub(crate) fn record(session: &str, seq: u32, command: &str) -> CommandRecord {
    let session_id = sid(session);
    CommandRecord {
        id: command_id(&session_id, command, seq),
        session_id,
        identity: Some(Principal::new("arn:aws:sts::111122223333:assumed-role/Ops/alice")),
        person: None,
        account: Some("111122223333".to_owned()),
        region: Some("eu-west-1".to_owned()),
        run_as_user: None,
        target: Some(NodeId::new("i-0123456789abcdef0")),
        target_name: Some("web-1".to_owned()),
        secrets: Vec::new(),
        command: Command {
            seq,
            time: Some(at("2024-05-01T12:00:00Z")),
            time_precision: TimePrecision::Batch,
            os_user: Some(OsUser::new("ssm-user")),
            host: Some("ip-10-0-0-1".to_owned()),
            cwd: Some("/home/ssm-user".to_owned()),
            kind: CommandKind::Shell,
            program: None,
            command: command.to_owned(),
            typed: None,
            output: String::new(),
            output_truncated: false,
            origin: Origin::Typed,
            status: Status::Run,
            confidence: 1.0,
            alternatives: Vec::new(),
            evidence: vec![ByteSpan { log: LogId::new(format!("logs/{session}.log")), start: 3, end: 17 }],
        },
    }
}

/// The session that fits the commands.
pub(crate) fn session(id: &str, commands: &[CommandRecord]) -> Session {
    Session {
        id: sid(id),
        identity: commands.first().and_then(|c| c.identity.clone()),
        person: None,
        account: Some("111122223333".to_owned()),
        region: Some("eu-west-1".to_owned()),
        run_as_user: None,
        target: commands.first().and_then(|c| c.target.clone()),
        target_name: None,
        host: None,
        first: commands.iter().filter_map(|c| c.command.time).min(),
        last: commands.iter().filter_map(|c| c.command.time).max(),
        logs: vec![SessionLog {
            log: LogId::new(format!("logs/{id}.log")),
            shape: Shape::Transcript,
            bytes: 100,
        }],
        users: commands
            .iter()
            .map(|c| UserTally { os_user: c.command.os_user.clone(), commands: 1, first: None, last: None })
            .collect(),
        diagnostics: Vec::new(),
    }
}

pub(crate) fn log(name: &str, version: &str, sessions: &[&str]) -> LogDone {
    LogDone {
        log: LogRef { id: LogId::new(name), size: 10, version: version.into() },
        sha256: Some([7; 32]),
        sessions: sessions.iter().map(|id| sid(id)).collect(),
        counts: DiagnosticCounts { notes: 1, ..DiagnosticCounts::default() },
        diagnostics: vec![Diagnostic {
            log: LogId::new(name),
            at: None,
            session: None,
            kind: DiagnosticKind::MissingField("runAsUser"),
        }],
    }
}

/// A fact of every kind, with something in every field that has room for it.
pub(crate) fn facts(log: &str) -> Vec<Fact> {
    let span = |start| ByteSpan { log: LogId::new(log), start, end: start + 9 };
    let text = |text: &str| Some(text.to_owned());
    let tags = vec![Tag { key: "SSMSessionRunAs".into(), value: "deploy".into() }];
    let principal = || Principal::new("arn:aws:iam::111122223333:user/team/bob");
    let inline = vec![InlinePolicy { name: "p".into(), document: "{}".into() }];
    let taken = Taken {
        at: Some(at("2024-05-01T00:00:00Z")),
        by: TakenBy::Name,
        account: text("111122223333"),
        region: None,
    };
    let call = AccessEvent {
        shared_id: text("shared"),
        account: text("111122223333"),
        outcome: Outcome::Refused { code: "AccessDenied".into(), message: text("no") },
        caller: Arc::new(Caller {
            kind: text("AssumedRole"),
            principal: Some(principal()),
            issuer: Some(Issuer { kind: text("Role"), ..Issuer::default() }),
            mfa: Some(false),
            credentials_from: taken.at,
            ..Caller::default()
        }),
        session: Some(sid("s1")),
        target: Some(NodeId::new("i-1")),
        parameters: vec![("command".into(), vec!["id".into(), "ls".into()])],
        ..AccessEvent::new("e1", at("2024-05-01T11:59:00Z"), "ssm.amazonaws.com:StartSession", span(0))
    };
    let settings = DocumentSettings { run_as: Some(true), idle_minutes: Some(20), ..Default::default() };
    let details = [
        Detail::Assumed(Box::new(Assumed { tags: tags.clone(), ..Assumed::default() })),
        Detail::Iam(Box::new(Change {
            entity: Entity { kind: EntityKind::Role, name: "Ops".into() },
            created: true,
            deleted: false,
            set: tags.clone(),
            removed: vec!["k".into()],
        })),
        Detail::Document {
            name: "Doc".into(),
            version: text("2"),
            settings: Some(Box::new(settings.clone())),
        },
    ];
    let calls = details.into_iter().map(|detail| AccessEvent { detail, ..call.clone() });
    let mut facts: Vec<_> = calls.map(|call| Fact::Access(Arc::new(call))).collect();
    facts.push(Fact::Iam(Arc::new(IamSnapshot {
        taken: taken.clone(),
        whole: true,
        users: vec![IamUser {
            principal: principal(),
            name: "bob".into(),
            id: text("AIDA"),
            created: taken.at,
            tags: tags.clone(),
            groups: vec!["g".into()],
            inline: inline.clone(),
            attached: vec!["arn".into()],
            boundary: None,
            evidence: span(10),
        }],
        groups: vec![IamGroup {
            name: "g".into(),
            principal: principal(),
            inline: inline.clone(),
            attached: vec![],
            evidence: span(20),
        }],
        roles: vec![IamRole {
            principal: principal(),
            name: "Ops".into(),
            id: None,
            created: None,
            tags: tags.clone(),
            trust: text("{}"),
            inline,
            attached: vec![],
            boundary: text("arn"),
            evidence: span(30),
        }],
        policies: vec![ManagedPolicy {
            arn: "arn".into(),
            name: "p".into(),
            version: text("v2"),
            document: text("{}"),
            evidence: span(40),
        }],
        evidence: span(0),
    })));
    facts.push(Fact::Document(Arc::new(SessionDocument {
        taken: taken.clone(),
        name: SessionDocument::PREFERENCES.into(),
        version: text("3"),
        created: taken.at,
        settings,
        evidence: span(0),
    })));
    facts.push(Fact::Version(Arc::new(DocumentVersion {
        taken: taken.clone(),
        name: SessionDocument::PREFERENCES.into(),
        version: "3".into(),
        created: taken.at,
        is_default: true,
        evidence: span(0),
    })));
    facts.push(Fact::Session(Arc::new(SessionRecord {
        taken: taken.clone(),
        id: sid("s1"),
        target: Some(NodeId::new("i-1")),
        status: text("Failed"),
        started: taken.at,
        ended: None,
        document: None,
        owner: Some(principal()),
        reason: text("r"),
        details: text("d"),
        s3_output: None,
        cloudwatch_output: None,
        access_type: text("Standard"),
        evidence: span(0),
    })));
    facts.push(Fact::Node(Arc::new(NodeRecord {
        taken,
        id: NodeId::new("i-1"),
        name: text("web"),
        computer_name: text("web.local"),
        platform: text("Linux"),
        agent_version: None,
        state: text("running"),
        ip: text("10.0.0.1"),
        tags: Some(tags),
        evidence: span(0),
    })));
    facts
}

/// Writes the commands, grouped by session, and opens the index.
pub(crate) fn indexed(dir: &std::path::Path, records: &[CommandRecord]) -> Index {
    let writer = Writer::open(dir, OPTIONS).unwrap();
    let mut ids: Vec<_> = records.iter().map(|r| r.session_id.clone()).collect();
    ids.sort();
    ids.dedup();
    for id in ids {
        let commands: Vec<_> = records.iter().filter(|r| r.session_id == id).cloned().collect();
        writer.replace_session(&session(id.as_str(), &commands), &commands).unwrap();
    }
    writer.commit(Default::default()).unwrap();
    writer.finish().unwrap();
    Index::open(dir).unwrap()
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![20 => "\\PC{0,12}", 20 => "(?s).{0,12}", 1 => Just("x".repeat(70_000))]
}

fn any_time() -> impl Strategy<Value = Timestamp> {
    (-1_000_000_000_000_000_000_i128..4_000_000_000_000_000_000)
        .prop_map(|ns| Timestamp::from_nanosecond(ns).unwrap())
}

fn any_log() -> impl Strategy<Value = LogId> {
    any_text().prop_map(LogId::new)
}

fn any_user() -> impl Strategy<Value = Option<OsUser>> {
    of(any_text().prop_map(OsUser::new))
}

fn any_session_id() -> impl Strategy<Value = SessionId> {
    "[a-zé@. -]{1,40}".prop_map(|text| sid(&text))
}

/// Commands with anything in every field; their places are the caller's.
pub(crate) fn any_record() -> impl Strategy<Value = CommandRecord> {
    let span =
        (any_log(), any::<u64>(), any::<u64>()).prop_map(|(log, start, end)| ByteSpan { log, start, end });
    let alternative =
        (any_text(), 0.0f32..1.0).prop_map(|(command, confidence)| Alternative { command, confidence });
    let around = (any_user(), of(any_text()), of(any_text()), of(any_text()), of(any_text()), of(any_text()));
    let texts = (any_text(), of(any_text()), any_text(), any::<bool>(), 0..4u32, of(any_time()));
    let marks = (0..3usize, 0..3usize, 0..3usize, 0..3usize, 0.0f32..=1.0);
    (around, texts, marks, vec(alternative, 0..3), vec(span, 0..3)).prop_map(
        |(around, texts, marks, alternatives, evidence)| {
            let (user, a, b, c, d, e) = around;
            let (command, typed, output, output_truncated, masked, time) = texts;
            let mut record = record("s", 0, &command);
            record.identity = a.clone().map(Principal::new);
            record.person = b;
            record.target = c.clone().map(NodeId::new);
            record.region = d.clone();
            record.run_as_user = user.clone();
            record.secrets = secrets(masked);
            let inner = &mut record.command;
            inner.os_user = user;
            inner.host = e.clone();
            inner.cwd = c;
            inner.program = e;
            inner.typed = typed;
            inner.output = output;
            inner.output_truncated = output_truncated;
            inner.time = time;
            inner.time_precision =
                [TimePrecision::Batch, TimePrecision::Session, TimePrecision::None][marks.0];
            inner.kind = [CommandKind::Shell, CommandKind::Repl, CommandKind::Password][marks.1];
            inner.origin = [Origin::Typed, Origin::ShellProfile, Origin::Document][marks.2];
            inner.status = [Status::Run, Status::Aborted, Status::Incomplete][marks.3];
            inner.confidence = marks.4;
            inner.alternatives = alternatives;
            inner.evidence = evidence;
            record
        },
    )
}

fn any_diagnostic() -> impl Strategy<Value = Diagnostic> {
    use DiagnosticKind::*;
    let text = || "[a-z]{0,9}";
    let kind = prop_oneof![
        prop::sample::select(vec![
            EmptyLog,
            NotALog,
            DirectoryLoop,
            InvalidUtf8,
            UnprovenSessionId,
            ForgedStructure,
            BehindAnother,
            EndsMidLine,
            MissingTrailer,
            EchoOff,
            HistoryOff,
            OutputWithoutCommand,
            Vanished,
            NotAFile("socket"),
            Packed("zip"),
            MissingField("runAsUser"),
            DamagedJson { recovered: true },
            DamagedYaml,
        ]),
        text().prop_map(Unreadable),
        text().prop_map(DamagedCompression),
        text().prop_map(UnknownEventVersion),
        any::<u64>().prop_map(TooLarge),
        any::<u64>().prop_map(OversizedRecord),
        any::<u64>().prop_map(ResentLines),
        any::<u64>().prop_map(PromptsInOutput),
        any::<u64>().prop_map(RanInside),
        (text(), text()).prop_map(|(named, content)| SessionIdMismatch { named, content }),
        (text(), text()).prop_map(|(first, other)| EnvelopeConflict { field: "awsRegion", first, other }),
        (any_log(), any::<u64>()).prop_map(|(other, other_at)| CopiesDisagree { other, other_at }),
    ];
    (any_log(), of(any::<u64>()), of(any_session_id()), kind)
        .prop_map(|(log, at, session, kind)| Diagnostic { log, at, session, kind })
}

/// A session with anything in every field.
pub(crate) fn any_session() -> impl Strategy<Value = Session> {
    let shape = prop::sample::select(vec![Shape::Events, Shape::Envelopes, Shape::Transcript]);
    let log =
        (any_log(), shape, any::<u64>()).prop_map(|(log, shape, bytes)| SessionLog { log, shape, bytes });
    let tally = (any_user(), any::<u64>(), of(any_time()), of(any_time()))
        .prop_map(|(os_user, commands, first, last)| UserTally { os_user, commands, first, last });
    let texts = (of(any_text()), of(any_text()), of(any_text()), of(any_text()), any_user());
    let lists = (vec(log, 0..3), vec(tally, 0..3), vec(any_diagnostic(), 0..3));
    (any_session_id(), texts, of(any_time()), of(any_time()), lists).prop_map(
        |(id, texts, first, last, lists)| {
            let (a, b, c, d, run_as_user) = texts;
            let (logs, users, diagnostics) = lists;
            Session {
                id,
                identity: a.clone().map(Principal::new),
                person: b,
                account: c.clone(),
                region: d.clone(),
                run_as_user,
                target: c.map(NodeId::new),
                target_name: d,
                host: a,
                first,
                last,
                logs,
                users,
                diagnostics,
            }
        },
    )
}

/// So many masked secrets, each another.
pub(crate) fn secrets(count: u32) -> Vec<MaskedSecret> {
    let secret = |nth| MaskedSecret { kind: "password".into(), fingerprint: Some(format!("{nth:012x}")) };
    (0..count).map(secret).collect()
}
