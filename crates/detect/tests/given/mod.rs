//! What rules are held against: commands that somebody typed and that ran.

use whoran_model::{Command, CommandKind, CommandRecord, Origin, SessionId, Status, TimePrecision};

pub(crate) fn id() -> SessionId {
    "alice-0e34861185201706f".parse().unwrap()
}

/// The line `text`, typed and run, of whom and when nothing says.
pub(crate) fn typed(seq: u32, text: &str) -> CommandRecord {
    CommandRecord {
        id: format!("{seq:020}"),
        session_id: id(),
        identity: None,
        person: None,
        account: None,
        region: None,
        run_as_user: None,
        target: None,
        target_name: None,
        secrets: Vec::new(),
        command: Command {
            seq,
            time: None,
            time_precision: TimePrecision::None,
            os_user: None,
            host: None,
            cwd: None,
            kind: CommandKind::Shell,
            program: None,
            command: text.to_owned(),
            typed: None,
            output: String::new(),
            output_truncated: false,
            origin: Origin::Typed,
            status: Status::Run,
            confidence: 1.0,
            alternatives: Vec::new(),
            evidence: Vec::new(),
        },
    }
}
