//! What was odd about a log: said, counted, and never a reason to stop.

use std::fmt;

use crate::{LogId, SessionId};

/// How bad a [`Diagnostic`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing to a reader of the session; nothing is wrong with the log.
    Note,
    /// The log is not as it should be; all of it was read.
    Warning,
    /// Bytes of the log were left out. A run with one of these ends partial (exit code 3).
    Loss,
}

/// One oddity and its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// The log.
    pub log: LogId,
    /// Offset in the decompressed log, in bytes, where one is known.
    pub at: Option<u64>,
    /// The session, where one is known.
    pub session: Option<SessionId>,
    /// What it is.
    pub kind: DiagnosticKind,
}

/// Kinds of oddity. [`DiagnosticKind::code`] is stable and part of the JSON we promise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DiagnosticKind {
    /// The file or object holds no bytes.
    EmptyLog,
    /// The content is no session log; all of it was left out.
    NotALog,
    /// Files in an archive, or compressed in a way that is not read; in which. All of it was left out.
    Packed(&'static str),
    /// The log could not be opened or read, with the reason.
    Unreadable(String),
    /// What was indexed or listed once is no longer there.
    Vanished,
    /// A FIFO, a socket or a device, which is not opened; its kind.
    NotAFile(&'static str),
    /// A link leads back into a folder above it.
    DirectoryLoop,
    /// Compressed data ends early or is damaged; what came before was read.
    DamagedCompression(String),
    /// Decompressed content went over the cap, in bytes.
    TooLarge(u64),
    /// A JSON value is cut or malformed; `true` where some of its lines could be read.
    DamagedJson {
        /// Whether session lines were recovered from it.
        recovered: bool,
    },
    /// YAML that is cut or malformed.
    DamagedYaml,
    /// A single JSON record went over the cap, in bytes.
    OversizedRecord(u64),
    /// Bytes that are no UTF-8 were read as U+FFFD.
    InvalidUtf8,
    /// `eventVersion` is not one this reader knows.
    UnknownEventVersion(String),
    /// A field every event should have is missing.
    MissingField(&'static str),
    /// The name of the log and its content disagree on the session.
    SessionIdMismatch {
        /// What the name says.
        named: String,
        /// What the content says.
        content: String,
    },
    /// Nothing but the log's name says which session this is, and the name has no known shape.
    UnprovenSessionId,
    /// Text that looks like an event or a transcript header stands inside terminal output: content, not structure.
    ForgedStructure,
    /// A session begins behind the end of another one in the same log. Who made that one could have shown all of it.
    BehindAnother,
    /// Events of one session disagree on a field that can't change: two sessions in one, or a forgery. None is believed.
    EnvelopeConflict {
        /// The field.
        field: &'static str,
        /// What came first.
        first: String,
        /// What another event says.
        other: String,
    },
    /// The same lines were sent more than once; one copy was kept.
    ResentLines(u64),
    /// The log ends in the middle of a line.
    EndsMidLine,
    /// The trailer that `script` writes is missing: the log may be cut.
    MissingTrailer,
    /// Echo was off: something was entered that the terminal did not show.
    EchoOff,
    /// Command history was switched off or cleared.
    HistoryOff,
    /// The terminal showed output that no visible command explains.
    OutputWithoutCommand,
    /// So many lines of a command's output name its host, and a user of that, as prompts do. Commands among them were not
    /// recognized, or the output imitates a session.
    PromptsInOutput(u64),
    /// A full-screen program says that it ran so many lines that were typed into it, as `!id` in `less`. They are not among
    /// the commands.
    RanInside(u64),
    /// Two copies of the session show different things, beyond what the streaming copy is known to lose.
    CopiesDisagree {
        /// The other copy.
        other: LogId,
        /// Offset in the other copy.
        other_at: u64,
    },
}

impl DiagnosticKind {
    /// A stable short name.
    pub fn code(&self) -> &'static str {
        match self {
            Self::EmptyLog => "empty-log",
            Self::NotALog => "not-a-log",
            Self::Packed(_) => "packed",
            Self::Unreadable(_) => "unreadable",
            Self::Vanished => "vanished",
            Self::NotAFile(_) => "not-a-file",
            Self::DirectoryLoop => "directory-loop",
            Self::DamagedCompression(_) => "damaged-compression",
            Self::TooLarge(_) => "too-large",
            Self::DamagedJson { .. } => "damaged-json",
            Self::DamagedYaml => "damaged-yaml",
            Self::OversizedRecord(_) => "oversized-record",
            Self::InvalidUtf8 => "invalid-utf8",
            Self::UnknownEventVersion(_) => "unknown-event-version",
            Self::MissingField(_) => "missing-field",
            Self::SessionIdMismatch { .. } => "session-id-mismatch",
            Self::UnprovenSessionId => "unproven-session-id",
            Self::ForgedStructure => "forged-structure",
            Self::BehindAnother => "behind-another",
            Self::EnvelopeConflict { .. } => "envelope-conflict",
            Self::ResentLines(_) => "resent-lines",
            Self::EndsMidLine => "ends-mid-line",
            Self::MissingTrailer => "missing-trailer",
            Self::EchoOff => "echo-off",
            Self::HistoryOff => "history-off",
            Self::OutputWithoutCommand => "output-without-command",
            Self::PromptsInOutput(_) => "prompts-in-output",
            Self::RanInside(_) => "ran-inside",
            Self::CopiesDisagree { .. } => "copies-disagree",
        }
    }

    /// Whether something that happened in the session is missing in what was read of it, or in one of its copies.
    pub fn is_gap(&self) -> bool {
        let missing = matches!(
            self,
            Self::EndsMidLine
                | Self::MissingTrailer
                | Self::EchoOff
                | Self::OutputWithoutCommand
                | Self::PromptsInOutput(_)
                | Self::RanInside(_)
                | Self::CopiesDisagree { .. }
        );
        missing || self.severity() == Severity::Loss
    }

    /// How bad it is.
    pub fn severity(&self) -> Severity {
        match self {
            Self::Unreadable(_)
            | Self::DamagedCompression(_)
            | Self::TooLarge(_)
            | Self::DamagedJson { .. }
            | Self::DamagedYaml
            | Self::OversizedRecord(_) => Severity::Loss,
            Self::EchoOff | Self::HistoryOff | Self::OutputWithoutCommand | Self::ResentLines(_) => {
                Severity::Note
            }
            _ => Severity::Warning,
        }
    }
}

impl fmt::Display for DiagnosticKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::EmptyLog => f.write_str("empty"),
            Self::NotALog => f.write_str("not a session log"),
            Self::Packed(how) => write!(f, "packed with {how}, which is not opened: unpack it first"),
            Self::Unreadable(why) => write!(f, "cannot be read: {why}"),
            Self::Vanished => f.write_str("no longer there"),
            Self::NotAFile(what) => write!(f, "a {what}; not opened"),
            Self::DirectoryLoop => f.write_str("a link leads back to a folder above it; not followed"),
            Self::DamagedCompression(why) => {
                write!(f, "compressed data is damaged: {why}; what came before was read")
            }
            Self::TooLarge(cap) => {
                write!(f, "more than {cap} bytes when decompressed; the rest was left out")
            }
            Self::DamagedJson { recovered: true } => {
                f.write_str("JSON is cut or malformed; its readable lines were kept")
            }
            Self::DamagedJson { recovered: false } => f.write_str("JSON is cut or malformed; left out"),
            Self::DamagedYaml => f.write_str("YAML is cut or malformed; the rest was left out"),
            Self::OversizedRecord(cap) => write!(f, "a record of more than {cap} bytes; left out"),
            Self::InvalidUtf8 => f.write_str("bytes that are no UTF-8; read as U+FFFD"),
            Self::UnknownEventVersion(version) => {
                write!(f, "unknown eventVersion {version:?}; read all the same")
            }
            Self::MissingField(field) => write!(f, "events lack {field}"),
            Self::SessionIdMismatch { named, content } => {
                write!(f, "named after session {named:?}, but its content is of session {content:?}")
            }
            Self::UnprovenSessionId => f.write_str("only the log's name says which session this is"),
            Self::ForgedStructure => {
                f.write_str("terminal output imitates a log event or transcript header; read as output")
            }
            Self::BehindAnother => f.write_str(
                "begins behind the end of another session in this log, which could have shown all of it",
            ),
            Self::EnvelopeConflict { field, first, other } => {
                write!(f, "events disagree on {field}: {first:?} and {other:?}; neither is believed")
            }
            Self::ResentLines(n) => write!(f, "{n} lines were sent more than once; one copy kept"),
            Self::EndsMidLine => f.write_str("ends in the middle of a line"),
            Self::MissingTrailer => f.write_str("the transcript's last line is missing; it may be cut"),
            Self::EchoOff => {
                f.write_str("echo was off: something was entered that the terminal did not show")
            }
            Self::HistoryOff => f.write_str("command history was switched off or cleared"),
            Self::OutputWithoutCommand => f.write_str("output that no visible command explains"),
            Self::PromptsInOutput(n) => write!(
                f,
                "{n} lines of a command's output look like prompts: commands may be missing, or it imitates them"
            ),
            Self::RanInside(1) => {
                f.write_str("this program ran a line that was typed into it, which is not among the commands")
            }
            Self::RanInside(n) => {
                write!(
                    f,
                    "this program ran {n} lines that were typed into it, which are not among the commands"
                )
            }
            Self::CopiesDisagree { other, other_at } => {
                write!(f, "shows something else than the copy in {other} at byte {other_at}")
            }
        }
    }
}
