//! The JSON we promise, version 1: one object a line, every key always there, `null` for what is not known.
//!
//! The structs here are the promise and nothing else is: `model` may change without it. The order of the fields is
//! the order of the keys. The writer escapes what [`crate::safe::is_active`] names, so that a line printed to a
//! terminal by accident does no harm.

use std::io;

use serde::Serialize;
use serde_json::ser::{CompactFormatter, Formatter};
use whoran_model::{CommandRecord, Diagnostic, Session, Severity, Shape, Timestamp};

use crate::safe;

/// The version of the shapes in this module, as every command says it in `v`.
pub const VERSION: u32 = 1;

/// One command.
#[derive(Debug, Serialize)]
pub struct Command<'a> {
    v: u32,
    id: &'a str,
    session_id: &'a str,
    seq: u32,
    time: Option<String>,
    time_precision: &'static str,
    identity: Option<&'a str>,
    person: Option<&'a str>,
    account: Option<&'a str>,
    region: Option<&'a str>,
    run_as_user: Option<&'a str>,
    os_user: Option<&'a str>,
    target: Option<&'a str>,
    target_name: Option<&'a str>,
    host: Option<&'a str>,
    cwd: Option<&'a str>,
    kind: &'static str,
    program: Option<&'a str>,
    command: &'a str,
    typed: Option<&'a str>,
    output: &'a str,
    output_truncated: bool,
    origin: &'static str,
    status: &'static str,
    confidence: f32,
    alternatives: Vec<Alternative<'a>>,
    masked: usize,
    evidence: Vec<Evidence<'a>>,
}

impl Command<'_> {
    /// All keys, in their order.
    pub const KEYS: &'static [&'static str] = &[
        "v",
        "id",
        "session_id",
        "seq",
        "time",
        "time_precision",
        "identity",
        "person",
        "account",
        "region",
        "run_as_user",
        "os_user",
        "target",
        "target_name",
        "host",
        "cwd",
        "kind",
        "program",
        "command",
        "typed",
        "output",
        "output_truncated",
        "origin",
        "status",
        "confidence",
        "alternatives",
        "masked",
        "evidence",
    ];
}

/// Another reading of a command.
#[derive(Debug, Serialize)]
pub struct Alternative<'a> {
    command: &'a str,
    confidence: f32,
}

/// The bytes that prove a command.
#[derive(Debug, Serialize)]
pub struct Evidence<'a> {
    log: &'a str,
    start: u64,
    end: u64,
}

impl<'a> From<&'a CommandRecord> for Command<'a> {
    fn from(record: &'a CommandRecord) -> Self {
        let c = &record.command;
        Self {
            v: VERSION,
            id: &record.id,
            session_id: record.session_id.as_str(),
            seq: c.seq,
            time: time(c.time),
            time_precision: c.time_precision.as_str(),
            identity: record.identity.as_ref().map(|p| p.as_str()),
            person: record.person.as_deref(),
            account: record.account.as_deref(),
            region: record.region.as_deref(),
            run_as_user: record.run_as_user.as_ref().map(|u| u.as_str()),
            os_user: c.os_user.as_ref().map(|u| u.as_str()),
            target: record.target.as_ref().map(|t| t.as_str()),
            target_name: record.target_name.as_deref(),
            host: c.host.as_deref(),
            cwd: c.cwd.as_deref(),
            kind: c.kind.as_str(),
            program: c.program.as_deref(),
            command: &c.command,
            typed: c.typed.as_deref(),
            output: &c.output,
            output_truncated: c.output_truncated,
            origin: c.origin.as_str(),
            status: c.status.as_str(),
            confidence: c.confidence,
            alternatives: c
                .alternatives
                .iter()
                .map(|a| Alternative { command: &a.command, confidence: a.confidence })
                .collect(),
            masked: record.secrets.len(),
            evidence: c
                .evidence
                .iter()
                .map(|e| Evidence { log: e.log.as_str(), start: e.start, end: e.end })
                .collect(),
        }
    }
}

/// One session.
#[derive(Debug, Clone, Serialize)]
pub struct SessionRow<'a> {
    v: u32,
    session_id: &'a str,
    identity: Option<&'a str>,
    person: Option<&'a str>,
    account: Option<&'a str>,
    region: Option<&'a str>,
    run_as_user: Option<&'a str>,
    target: Option<&'a str>,
    target_name: Option<&'a str>,
    host: Option<&'a str>,
    first: Option<String>,
    last: Option<String>,
    commands: u64,
    users: Vec<User<'a>>,
    logs: Vec<Log<'a>>,
    diagnostics: Vec<Oddity<'a>>,
}

/// How much one OS user did in a session.
#[derive(Debug, Clone, Serialize)]
pub struct User<'a> {
    os_user: Option<&'a str>,
    commands: u64,
    first: Option<String>,
    last: Option<String>,
}

/// One copy, or part of a copy, of a session.
#[derive(Debug, Clone, Serialize)]
pub struct Log<'a> {
    log: &'a str,
    shape: &'static str,
    bytes: u64,
}

/// What was odd about a log.
#[derive(Debug, Clone, Serialize)]
pub struct Oddity<'a> {
    log: &'a str,
    at: Option<u64>,
    session_id: Option<&'a str>,
    code: &'static str,
    severity: &'static str,
    message: String,
}

impl<'a> From<&'a Session> for SessionRow<'a> {
    fn from(s: &'a Session) -> Self {
        Self {
            v: VERSION,
            session_id: s.id.as_str(),
            identity: s.identity.as_ref().map(|p| p.as_str()),
            person: s.person.as_deref(),
            account: s.account.as_deref(),
            region: s.region.as_deref(),
            run_as_user: s.run_as_user.as_ref().map(|u| u.as_str()),
            target: s.target.as_ref().map(|t| t.as_str()),
            target_name: s.target_name.as_deref(),
            host: s.host.as_deref(),
            first: time(s.first),
            last: time(s.last),
            commands: s.commands(),
            users: s
                .users
                .iter()
                .map(|u| User {
                    os_user: u.os_user.as_ref().map(|u| u.as_str()),
                    commands: u.commands,
                    first: time(u.first),
                    last: time(u.last),
                })
                .collect(),
            logs: s
                .logs
                .iter()
                .map(|l| Log { log: l.log.as_str(), shape: shape(l.shape), bytes: l.bytes })
                .collect(),
            diagnostics: s.diagnostics.iter().map(Oddity::from).collect(),
        }
    }
}

impl<'a> From<&'a Diagnostic> for Oddity<'a> {
    fn from(d: &'a Diagnostic) -> Self {
        Self {
            log: d.log.as_str(),
            at: d.at,
            session_id: d.session.as_ref().map(|s| s.as_str()),
            code: d.kind.code(),
            severity: match d.kind.severity() {
                Severity::Note => "note",
                Severity::Warning => "warning",
                Severity::Loss => "loss",
            },
            message: d.kind.to_string(),
        }
    }
}

/// A point in time as every shape here writes it: RFC 3339, UTC.
pub fn time(at: Option<Timestamp>) -> Option<String> {
    at.map(|t| t.to_string())
}

fn shape(shape: Shape) -> &'static str {
    match shape {
        Shape::Events => "events",
        Shape::Envelopes => "envelopes",
        Shape::Transcript => "transcript",
    }
}

/// Writes one value as one line of JSON, line end included.
///
/// # Errors
///
/// Those of `out`.
pub fn write_line<T: Serialize>(mut out: impl io::Write, row: &T) -> io::Result<()> {
    write(&mut out, row)?;
    out.write_all(b"\n")
}

/// Writes one value as compact JSON, without a line end.
///
/// # Errors
///
/// Those of `out`.
pub fn write<T: Serialize>(out: impl io::Write, row: &T) -> io::Result<()> {
    let mut serializer = serde_json::Serializer::with_formatter(out, Harmless);
    row.serialize(&mut serializer).map_err(io::Error::from)
}

/// Compact JSON in which no character acts on a terminal.
struct Harmless;

impl Formatter for Harmless {
    fn write_string_fragment<W: io::Write + ?Sized>(
        &mut self,
        out: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        let mut rest = fragment;
        while let Some((at, c)) = rest.char_indices().find(|&(_, c)| safe::is_active(c)) {
            CompactFormatter.write_string_fragment(out, &rest[..at])?;
            for unit in c.encode_utf16(&mut [0; 2]) {
                write!(out, "\\u{unit:04x}")?;
            }
            rest = &rest[at + c.len_utf8()..];
        }
        CompactFormatter.write_string_fragment(out, rest)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use whoran_model as model;
    use whoran_model::{
        ByteSpan, CommandKind, LogId, NodeId, Origin, OsUser, Principal, Status, TimePrecision,
    };

    use super::*;

    pub(crate) fn record() -> CommandRecord {
        CommandRecord {
            id: "00112233445566778899".into(),
            session_id: "alice-0e34861185201706f".parse().unwrap(),
            identity: Some(Principal::new("arn:aws:sts::111122223333:assumed-role/Ops/alice")),
            person: None,
            account: Some("111122223333".into()),
            region: Some("eu-west-1".into()),
            run_as_user: Some(OsUser::new("ssm-user")),
            target: Some(NodeId::new("i-0123456789abcdef0")),
            target_name: None,
            secrets: Vec::new(),
            command: model::Command {
                seq: 3,
                time: Some("2026-01-02T03:04:05Z".parse().unwrap()),
                time_precision: TimePrecision::Batch,
                os_user: Some(OsUser::new("root")),
                host: Some("web-1".into()),
                cwd: None,
                kind: CommandKind::Shell,
                program: None,
                command: "echo \"hi\"".into(),
                typed: None,
                output: "hi\u{1b}[0m\u{9b}\u{202e}\u{7f}é\n".into(),
                output_truncated: false,
                origin: Origin::Typed,
                status: Status::Run,
                confidence: 0.95,
                alternatives: vec![model::Alternative { command: "echo hi".into(), confidence: 0.05 }],
                evidence: vec![ByteSpan { log: LogId::new("logs/a.json"), start: 10, end: 42 }],
            },
        }
    }

    #[test]
    fn a_command_is_this_line_to_the_byte() {
        let mut out = Vec::new();
        write_line(&mut out, &Command::from(&record())).unwrap();
        let expected = concat!(
            r#"{"v":1,"id":"00112233445566778899","session_id":"alice-0e34861185201706f","seq":3,"#,
            r#""time":"2026-01-02T03:04:05Z","time_precision":"batch","#,
            r#""identity":"arn:aws:sts::111122223333:assumed-role/Ops/alice","person":null,"#,
            r#""account":"111122223333","region":"eu-west-1","run_as_user":"ssm-user","os_user":"root","#,
            r#""target":"i-0123456789abcdef0","target_name":null,"host":"web-1","cwd":null,"kind":"shell","#,
            r#""program":null,"command":"echo \"hi\"","typed":null,"#,
            r#""output":"hi\u001b[0m\u009b\u202e\u007fé\n","output_truncated":false,"#,
            r#""origin":"typed","status":"run","confidence":0.95,"#,
            r#""alternatives":[{"command":"echo hi","confidence":0.05}],"masked":0,"#,
            r#""evidence":[{"log":"logs/a.json","start":10,"end":42}]}"#,
            "\n"
        );
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }

    #[test]
    fn every_text_comes_back_as_it_was() {
        let all: String = ('\0'..=char::MAX).collect();
        let mut out = Vec::new();
        write(&mut out, &all).unwrap();
        assert_eq!(serde_json::from_slice::<String>(&out).unwrap(), all);
        assert!(!String::from_utf8(out).unwrap().contains(safe::is_active));
    }
}
