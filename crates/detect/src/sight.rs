//! What session logs let rules see: which log sources they can stand in for, with which fields.

use rsigma_parser::{LogSource, SigmaRule};

use crate::can;

/// One kind of record that rules are held against.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sight {
    /// One simple command of a line, as `process_creation` of Linux.
    Process,
    /// A whole line, as `process_creation` of Linux without a program: for rules that ask for the line alone.
    Line,
    /// A whole line, for rules of Linux that name no category and look for words.
    Words,
    /// The words of one simple command, as auditd's `EXECVE`.
    Execve,
    /// One simple command of a PowerShell line, as `process_creation` of Windows.
    WindowsProcess,
    /// A whole PowerShell line, as Windows logs script blocks.
    ScriptBlock,
    /// A command with all that is known of it: `product: whoran`, `category: command`.
    Command,
    /// A fact of a session: `product: whoran`, `category: session`.
    Session,
}

/// The fields of a process.
const PROCESS: &[&str] =
    &["Image", "CommandLine", "ParentImage", "ParentCommandLine", "User", "CurrentDirectory"];
/// What a whole line has of them.
const LINE: &[&str] = &["CommandLine", "User", "CurrentDirectory"];
const COMMAND: &[&str] = &[
    "command",
    "typed",
    "output",
    "kind",
    "program",
    "origin",
    "status",
    "os_user",
    "run_as_user",
    "host",
    "cwd",
    "identity",
    "person",
    "account",
    "region",
    "target",
    "target_name",
    "confidence",
    "seq",
    "nth",
    "parts",
    "programs",
    "assigned",
    "writes",
    "secrets",
];
const SESSION: &[&str] = &[
    "fact",
    "diagnostic",
    "message",
    "verdict",
    "owed",
    "owed_by",
    "used",
    "gap",
    "cause",
    "run_as_user",
    "identity",
    "person",
    "account",
    "region",
    "target",
    "target_name",
    "host",
    "commands",
];

impl Sight {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Process,
        Self::Line,
        Self::Words,
        Self::Execve,
        Self::WindowsProcess,
        Self::ScriptBlock,
        Self::Command,
        Self::Session,
    ];

    /// A stable short name.
    pub fn code(self) -> &'static str {
        match self {
            Self::Process => "process",
            Self::Line => "line",
            Self::Words => "words",
            Self::Execve => "execve",
            Self::WindowsProcess => "windows-process",
            Self::ScriptBlock => "script-block",
            Self::Command => "command",
            Self::Session => "session",
        }
    }

    /// The names of its fields. Those of [`Sight::Execve`] are `type` and `a0` to `a63`; [`Sight::Words`] has none.
    pub fn fields(self) -> &'static [&'static str] {
        match self {
            Self::Process | Self::WindowsProcess => PROCESS,
            Self::Line => LINE,
            Self::Words => &[],
            Self::Execve => ARGUMENTS,
            Self::ScriptBlock => &["ScriptBlockText"],
            Self::Command => COMMAND,
            Self::Session => SESSION,
        }
    }

    pub(crate) fn has(self, field: &str) -> bool {
        self.fields().contains(&field)
    }
}

/// Names of the words that a program gets, behind `type`.
pub(crate) const ARGUMENTS: &[&str] = &[
    "type", "a0", "a1", "a2", "a3", "a4", "a5", "a6", "a7", "a8", "a9", "a10", "a11", "a12", "a13", "a14",
    "a15", "a16", "a17", "a18", "a19", "a20", "a21", "a22", "a23", "a24", "a25", "a26", "a27", "a28", "a29",
    "a30", "a31", "a32", "a33", "a34", "a35", "a36", "a37", "a38", "a39", "a40", "a41", "a42", "a43", "a44",
    "a45", "a46", "a47", "a48", "a49", "a50", "a51", "a52", "a53", "a54", "a55", "a56", "a57", "a58", "a59",
    "a60", "a61", "a62", "a63",
];

/// What a rule is held against; why it can never fire where that is nothing.
pub(crate) fn sights(rule: &SigmaRule) -> Result<Vec<Sight>, String> {
    let offered = offered(&rule.logsource)?;
    let fields = can::fields(&rule.detection);
    // A line as a whole knows less than its parts: a rule that asks for the program too would see half of what it
    // means, and take the lack of it for an answer.
    let fits = |sight: &Sight| *sight != Sight::Line || fields.iter().all(|field| sight.has(field));
    let sights: Vec<Sight> = offered.iter().copied().filter(fits).collect();
    let firing: Vec<Sight> = sights.iter().copied().filter(|s| can::fire(&rule.detection, *s)).collect();
    if !firing.is_empty() {
        return Ok(firing);
    }
    let unseen: Vec<&str> =
        fields.iter().copied().filter(|field| !offered.iter().any(|sight| sight.has(field))).collect();
    Err(match unseen.as_slice() {
        [] => "no record of its log source is like what it asks for".to_owned(),
        unseen => format!("asks for what session logs do not show: {}", unseen.join(", ")),
    })
}

/// What stands in for a log source.
fn offered(source: &LogSource) -> Result<&'static [Sight], String> {
    let (product, category, service) =
        (source.product.as_deref(), source.category.as_deref(), source.service.as_deref());
    match (product, category, service) {
        (Some("whoran"), Some("command"), None) => Ok(&[Sight::Command]),
        (Some("whoran"), Some("session"), None) => Ok(&[Sight::Session]),
        (Some("linux"), Some("process_creation"), None) => Ok(&[Sight::Process, Sight::Line]),
        (None, Some("process_creation"), None) => Ok(&[Sight::Process, Sight::Line, Sight::WindowsProcess]),
        (Some("linux"), None, None) => Ok(&[Sight::Words]),
        (Some("linux"), None, Some("auditd")) => Ok(&[Sight::Execve]),
        (Some("windows"), Some("process_creation"), None) => Ok(&[Sight::WindowsProcess]),
        (Some("windows"), Some("ps_script"), None) => Ok(&[Sight::ScriptBlock]),
        _ => {
            let named = [("product", product), ("category", category), ("service", service)];
            let named: Vec<String> =
                named.iter().filter_map(|(name, value)| Some(format!("{name} {}", (*value)?))).collect();
            Err(format!("its log source is another one: {}", named.join(", ")))
        }
    }
}
