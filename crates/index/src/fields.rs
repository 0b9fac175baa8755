//! [`FIELDS`]: the one list of what a command has, from which the index, the query help and the export columns follow.

use std::borrow::Cow;

use whoran_model::{CommandKind, CommandRecord, Origin, Session, Status, TimePrecision, Timestamp};
use whoran_shell::{is_raised, programs};

/// What a field's values are and how they are searched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldType {
    /// Free text, found by words in whole or in part.
    Text,
    /// A name that must match as a whole, or by prefix.
    Keyword,
    /// One of these values.
    Choice(&'static [&'static str]),
    /// A number, alone or in a range.
    Number,
    /// A point in time, in a day or a range.
    Time,
    /// `true` or `false`.
    Bool,
    /// Not searched.
    Opaque,
}

/// One value of one record.
#[derive(Debug, Clone, PartialEq)]
pub enum Value<'a> {
    /// Unknown.
    Null,
    /// A text.
    Text(Cow<'a, str>),
    /// Several texts.
    List(Vec<Cow<'a, str>>),
    /// A number.
    Number(f64),
    /// A point in time.
    Time(Timestamp),
    /// Several points in time.
    Times(Vec<Timestamp>),
    /// Yes or no.
    Bool(bool),
}

/// One key of the wire, with all that follows from it.
#[derive(Debug)]
pub struct Field {
    /// The key on the wire, and its name in a query.
    pub key: &'static str,
    /// Other names in a query.
    pub aliases: &'static [&'static str],
    /// How it is searched.
    pub ty: FieldType,
    /// Whether it is a column of an export unless columns are chosen.
    pub column: bool,
    /// One line for `help query`.
    pub help: &'static str,
    /// Its value in a command.
    pub of_command: for<'a> fn(&'a CommandRecord) -> Value<'a>,
    /// Its value in a session; null where only commands have it.
    pub of_session: for<'a> fn(&'a Session) -> Value<'a>,
}

impl Field {
    /// Whether its values are counted command by command.
    pub fn is_counted(&self) -> bool {
        COUNTED.contains(&self.key)
    }

    /// Whether its texts are indexed as a whole, and a condition on it is settled by going through its values.
    pub(crate) fn is_whole(&self) -> bool {
        WHOLE.contains(&self.key)
    }

    /// Whether every command has it.
    pub(crate) fn is_always_known(&self) -> bool {
        ALWAYS_KNOWN.contains(&self.key)
    }

    /// Whether a query can name it.
    pub fn is_queryable(&self) -> bool {
        self.ty != FieldType::Opaque
    }
}

/// The field of that name: the wire key or an alias, `-` and `_` alike, in any letter case.
pub fn field(name: &str) -> Option<&'static Field> {
    let name = name.replace('-', "_").to_ascii_lowercase();
    FIELDS.iter().find(|field| field.key == name || field.aliases.contains(&name.as_str()))
}

fn text<'a>(value: &'a str) -> Value<'a> {
    Value::Text(Cow::Borrowed(value))
}

fn maybe<'a>(value: Option<&'a str>) -> Value<'a> {
    value.map_or(Value::Null, text)
}

fn list<'a>(values: impl Iterator<Item = Cow<'a, str>>) -> Value<'a> {
    let values: Vec<_> = values.collect();
    if values.is_empty() { Value::Null } else { Value::List(values) }
}

const NO: for<'a> fn(&'a Session) -> Value<'a> = |_| Value::Null;

/// What the wire has under this name, and the programs of a shell line, each once.
fn run(command: &CommandRecord) -> Value<'_> {
    let command = &command.command;
    let mut all: Vec<Cow<'_, str>> = command.program.iter().map(Cow::from).collect();
    if command.kind == CommandKind::Shell {
        let named = programs(&command.command);
        all.extend(named.into_iter().filter(|name| Some(name) != command.program.as_ref()).map(Cow::from));
    }
    list(all.into_iter())
}

/// Unknown where the OS user is, unless the line itself says so.
fn privileged(command: &CommandRecord) -> Value<'_> {
    let command = &command.command;
    if command.kind == CommandKind::Shell && is_raised(&command.command) {
        return Value::Bool(true);
    }
    command.os_user.as_ref().map_or(Value::Null, |user| {
        let name = user.as_str().rsplit('\\').next().unwrap_or_default();
        Value::Bool(["root", "administrator", "system"].iter().any(|all| name.eq_ignore_ascii_case(all)))
    })
}

/// Every key of the wire, in its order, and what can be asked for and is on no wire: `secret`, `privileged`.
pub static FIELDS: &[Field] = &[
    Field {
        key: "v",
        aliases: &[],
        ty: FieldType::Opaque,
        column: false,
        help: "version of the record format",
        of_command: |_| Value::Number(1.0),
        of_session: NO,
    },
    Field {
        key: "id",
        aliases: &[],
        ty: FieldType::Keyword,
        column: false,
        help: "stable id of the command, or its beginning",
        of_command: |c| text(&c.id),
        of_session: NO,
    },
    Field {
        key: "session_id",
        aliases: &["session"],
        ty: FieldType::Text,
        column: true,
        help: "session id, its beginning, or words of it",
        of_command: |c| text(c.session_id.as_str()),
        of_session: |s| text(s.id.as_str()),
    },
    Field {
        key: "seq",
        aliases: &[],
        ty: FieldType::Number,
        column: true,
        help: "place of the command in its session, from 0",
        of_command: |c| Value::Number(f64::from(c.command.seq)),
        of_session: NO,
    },
    Field {
        key: "time",
        aliases: &[],
        ty: FieldType::Time,
        column: true,
        help: "not later than this: time:2024-05-01 or time:[2024-05-01 TO 2024-05-31T18:00]",
        of_command: |c| c.command.time.map_or(Value::Null, Value::Time),
        of_session: |s| {
            let times: Vec<_> = s.first.into_iter().chain(s.last).collect();
            if times.is_empty() { Value::Null } else { Value::Times(times) }
        },
    },
    Field {
        key: "time_precision",
        aliases: &["precision"],
        ty: FieldType::Choice(TimePrecision::WORDS),
        column: true,
        help: "how exact the time is",
        of_command: |c| text(c.command.time_precision.as_str()),
        of_session: NO,
    },
    Field {
        key: "identity",
        aliases: &["principal", "arn"],
        ty: FieldType::Text,
        column: true,
        help: "IAM principal, whole ARN or part of it",
        of_command: |c| maybe(c.identity.as_ref().map(|p| p.as_str())),
        of_session: |s| maybe(s.identity.as_ref().map(|p| p.as_str())),
    },
    Field {
        key: "person",
        aliases: &["who"],
        ty: FieldType::Text,
        column: true,
        help: "human behind the principal",
        of_command: |c| maybe(c.person.as_deref()),
        of_session: |s| maybe(s.person.as_deref()),
    },
    Field {
        key: "account",
        aliases: &[],
        ty: FieldType::Keyword,
        column: true,
        help: "AWS account, twelve digits",
        of_command: |c| maybe(c.account.as_deref()),
        of_session: |s| maybe(s.account.as_deref()),
    },
    Field {
        key: "region",
        aliases: &[],
        ty: FieldType::Keyword,
        column: true,
        help: "AWS region",
        of_command: |c| maybe(c.region.as_deref()),
        of_session: |s| maybe(s.region.as_deref()),
    },
    Field {
        key: "run_as_user",
        aliases: &["run_as"],
        ty: FieldType::Keyword,
        column: true,
        help: "OS user at session start",
        of_command: |c| maybe(c.run_as_user.as_ref().map(|u| u.as_str())),
        of_session: |s| maybe(s.run_as_user.as_ref().map(|u| u.as_str())),
    },
    Field {
        key: "os_user",
        aliases: &["user"],
        ty: FieldType::Keyword,
        column: true,
        help: "OS user the command ran as; of a session, every one it used",
        of_command: |c| maybe(c.command.os_user.as_ref().map(|u| u.as_str())),
        of_session: |s| list(s.users.iter().filter_map(|u| Some(u.os_user.as_ref()?.as_str().into()))),
    },
    Field {
        key: "target",
        aliases: &["node", "instance"],
        ty: FieldType::Keyword,
        column: true,
        help: "managed node id, such as i-0123456789abcdef0, or its beginning",
        of_command: |c| maybe(c.target.as_ref().map(|n| n.as_str())),
        of_session: |s| maybe(s.target.as_ref().map(|n| n.as_str())),
    },
    Field {
        key: "target_name",
        aliases: &["node_name"],
        ty: FieldType::Text,
        column: true,
        help: "Name tag of the managed node",
        of_command: |c| maybe(c.target_name.as_deref()),
        of_session: |s| maybe(s.target_name.as_deref()),
    },
    Field {
        key: "host",
        aliases: &[],
        ty: FieldType::Text,
        column: true,
        help: "host name the prompt showed",
        of_command: |c| maybe(c.command.host.as_deref()),
        of_session: |s| maybe(s.host.as_deref()),
    },
    Field {
        key: "cwd",
        aliases: &["dir"],
        ty: FieldType::Text,
        column: true,
        help: "directory the prompt showed",
        of_command: |c| maybe(c.command.cwd.as_deref()),
        of_session: NO,
    },
    Field {
        key: "kind",
        aliases: &[],
        ty: FieldType::Choice(CommandKind::WORDS),
        column: true,
        help: "shell line, REPL statement or answered password prompt",
        of_command: |c| text(c.command.kind.as_str()),
        of_session: NO,
    },
    Field {
        key: "program",
        aliases: &[],
        ty: FieldType::Keyword,
        column: true,
        help: "any program of the line, also behind sudo or xargs; the REPL",
        of_command: run,
        of_session: NO,
    },
    Field {
        key: "command",
        aliases: &["cmd"],
        ty: FieldType::Text,
        column: true,
        help: "text as executed",
        of_command: |c| text(&c.command.command),
        of_session: NO,
    },
    Field {
        key: "typed",
        aliases: &[],
        ty: FieldType::Text,
        column: false,
        help: "text as typed, where history expansion changed it",
        of_command: |c| maybe(c.command.typed.as_deref()),
        of_session: NO,
    },
    Field {
        key: "output",
        aliases: &["out"],
        ty: FieldType::Text,
        column: false,
        help: "what followed on the terminal",
        of_command: |c| text(&c.command.output),
        of_session: NO,
    },
    Field {
        key: "output_truncated",
        aliases: &["truncated"],
        ty: FieldType::Bool,
        column: false,
        help: "whether the middle of the output was cut out",
        of_command: |c| Value::Bool(c.command.output_truncated),
        of_session: NO,
    },
    Field {
        key: "origin",
        aliases: &[],
        ty: FieldType::Choice(Origin::WORDS),
        column: true,
        help: "who entered it",
        of_command: |c| text(c.command.origin.as_str()),
        of_session: NO,
    },
    Field {
        key: "status",
        aliases: &[],
        ty: FieldType::Choice(Status::WORDS),
        column: true,
        help: "what became of it",
        of_command: |c| text(c.command.status.as_str()),
        of_session: NO,
    },
    Field {
        key: "confidence",
        aliases: &[],
        ty: FieldType::Number,
        column: true,
        help: "how sure the reading is, as in confidence:[0 TO 0.8]",
        of_command: |c| Value::Number(f64::from(c.command.confidence)),
        of_session: NO,
    },
    Field {
        key: "alternatives",
        aliases: &["alternative"],
        ty: FieldType::Text,
        column: false,
        help: "other readings of the same line",
        of_command: |c| list(c.command.alternatives.iter().map(|a| a.command.as_str().into())),
        of_session: NO,
    },
    Field {
        key: "masked",
        aliases: &[],
        ty: FieldType::Number,
        column: false,
        help: "how many secrets were masked, as in masked:[1 TO *]",
        of_command: |c| Value::Number(c.secrets.len() as f64),
        of_session: NO,
    },
    Field {
        key: "secret",
        aliases: &[],
        ty: FieldType::Keyword,
        column: false,
        help: "kind of a masked secret, or its fingerprint: secret:aws-access-key-id",
        of_command: |c| {
            list(
                c.secrets
                    .iter()
                    .flat_map(|s| [Some(&s.kind), s.fingerprint.as_ref()])
                    .flatten()
                    .map(|s| s.into()),
            )
        },
        of_session: NO,
    },
    Field {
        key: "privileged",
        aliases: &[],
        ty: FieldType::Bool,
        column: false,
        help: "ran as root, Administrator or SYSTEM, or through sudo, doas, su, pkexec, runas",
        of_command: privileged,
        of_session: NO,
    },
    Field {
        key: "evidence",
        aliases: &["log"],
        ty: FieldType::Text,
        column: true,
        help: "name of the log that proves it, whole or in part",
        of_command: |c| list(c.command.evidence.iter().map(|e| e.log.as_str().into())),
        of_session: |s| list(s.logs.iter().map(|l| l.log.as_str().into())),
    },
];

/// Fields with a column of values as they are.
const COUNTED: &[&str] =
    &["time_precision", "os_user", "host", "cwd", "kind", "program", "origin", "status", "privileged"];

/// Fields of text that have few values, the same ones for many commands.
const WHOLE: &[&str] = &["identity", "person", "target_name", "host", "cwd", "evidence"];

/// Fields that every command has, which is noted of none.
const ALWAYS_KNOWN: &[&str] = &[
    "id",
    "session_id",
    "seq",
    "time_precision",
    "kind",
    "command",
    "output",
    "output_truncated",
    "origin",
    "status",
    "confidence",
    "masked",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_of_a_field_is_its_own() {
        let mut names: Vec<_> = FIELDS.iter().flat_map(|f| f.aliases.iter().chain([&f.key])).collect();
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all);
        assert!(std::ptr::eq(field("OS-user").unwrap(), field("os_user").unwrap()));
        assert!(field("nonsense").is_none());
    }

    #[test]
    fn the_fields_are_the_keys_of_the_wire_and_two_more() {
        let keys: Vec<_> = FIELDS.iter().map(|f| f.key).collect();
        assert_eq!(
            keys.join(" "),
            "v id session_id seq time time_precision identity person account region run_as_user os_user target \
             target_name host cwd kind program command typed output output_truncated origin status confidence \
             alternatives masked secret privileged evidence"
        );
    }
}
