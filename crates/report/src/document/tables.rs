//! Every table there is, with its columns. A column's key is the row's own.

use super::Form::{Code, Count, Evidence, Id, Ids, Name, Sections, Share, Text, Texts, Time, Truth, Word};
use super::Stand::{Below, Main, With};
use super::{Column, Form, Stand, TableRow};
use crate::rows::{AccessRow, DoctorRow, GapRow, RunAsRow, SharedRow};
use crate::timeline::TimelineRow;

/// A kind of table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TableKind {
    /// What the report was asked to go by.
    Parameters,
    /// Controls, and the sections that hold evidence for them.
    Controls,
    /// Sessions by account and region.
    Population,
    /// How many records have each of the things that a record should have.
    Elements,
    /// Sessions, one by one.
    Sessions,
    /// What is missing, by cause.
    GapSummary,
    /// What is missing, session by session.
    Gaps,
    /// From when to when CloudTrail's records are there, and days without any.
    Trail,
    /// What else is there from beside the logs.
    Snapshots,
    /// What the session documents mean for the record.
    Settings,
    /// What logs themselves show to be missing.
    Damaged,
    /// Who had more rights than usual, where, and how much was done.
    PrivilegedBy,
    /// Commands run with more rights than usual.
    PrivilegedCommands,
    /// Programs in those.
    Programs,
    /// What was looked for in their text, and how often it was there.
    Techniques,
    /// OS users of nodes, and the persons behind them.
    Shared,
    /// How many sessions have which verdict on their OS user.
    Verdicts,
    /// Sessions whose OS user is not the one that was owed, or is not known to be.
    RunAs,
    /// Principals and nodes.
    Access,
    /// Who worked on critical nodes.
    Critical,
    /// Calls to start a session that were refused.
    Attempts,
    /// Commands whose output says that rights were refused.
    Elevation,
    /// Commands that change accounts, credentials or rights.
    AccountCommands,
    /// Calls that change which OS user a principal gets.
    AccountCalls,
    /// Commands that stop, change or clear records.
    LogCommands,
    /// Calls that change session documents.
    LogCalls,
    /// Commands that read logs.
    LogReading,
    /// Uses of this tool.
    Uses,
    /// Commands that install, schedule, or switch on and off.
    SystemCommands,
    /// Sessions begun outside of business hours.
    OutOfHours,
    /// Sessions by month.
    Retention,
    /// Sessions drawn by lot.
    Samples,
    /// What happened, in order.
    Timeline,
    /// Persons never seen before.
    NewPersons,
    /// Nodes never seen before.
    NewNodes,
    /// OS users never seen before.
    NewOsUsers,
    /// Programs never seen before.
    NewPrograms,
    /// Rules that fired.
    Rules,
    /// What they found.
    Findings,
    /// Who signed off what.
    Reviews,
    /// Sessions that nobody signed off as a whole.
    Unreviewed,
}

const fn column(key: &'static str, heading: &'static str, form: Form, stand: Stand) -> Column {
    Column { key, heading, form, stand }
}

const PERSON: Column = column("person", "person", Name, Main);
const CLAIMED: Column = column("claimed", "says", Text, With);
const BASIS: Column = column("basis", "by", Word, With);
const IDENTITY: Column = column("identity", "", Id, With);
const NODE: Column = column("target", "node", Name, Main);
const NODE_NAME: Column = column("target_name", "", Text, With);
const ACCOUNT: Column = column("account", "account", Id, Below);
const REGION: Column = column("region", "region", Id, Below);
const SESSION: Column = column("session_id", "session", Id, Below);
const EVIDENCE: Column = column("evidence", "evidence", Evidence, Below);
const SESSION_IDS: Column = column("session_ids", "sessions", Ids, Below);
const TIME: Column = column("time", "time", Time, Main);
const OS_USER: Column = column("os_user", "OS user", Name, Main);
const COMMANDS: Column = column("commands", "commands", Count, Main);
const SESSIONS: Column = column("sessions", "sessions", Count, Main);
const LEVEL: Column = column("level", "level", Word, Main);
const TECHNIQUES: Column = column("techniques", "ATT&CK", Ids, Below);
const AUTHOR: Column = column("author", "rule by", Text, Below);
const LICENSE: Column = column("license", "licence of the rule", Text, Below);
const RULE_ID: Column = column("rule_id", "rule", Id, Below);
const FIRST: Column = column("first", "first", Time, Main);
const LAST: Column = column("last", "last", Time, Main);

/// Columns of a row that is a command.
const COMMAND: &[Column] = &[
    TIME,
    column("time_precision", "time by", Word, Below),
    PERSON,
    CLAIMED,
    BASIS,
    IDENTITY,
    OS_USER,
    NODE,
    NODE_NAME,
    column("command", "command", Code, Main),
    column("status", "status", Word, Below),
    column("confidence", "confidence", Share, Below),
    SESSION,
    column("seq", "command", Count, Below),
    EVIDENCE,
];

/// Columns of a row that is a call which CloudTrail recorded.
const CALL: &[Column] = &[
    TIME,
    PERSON,
    CLAIMED,
    BASIS,
    IDENTITY,
    column("call", "call", Id, Main),
    column("about", "about", Text, Main),
    column("outcome", "outcome", Word, Main),
    ACCOUNT,
    REGION,
    column("source_ip", "from", Id, Below),
    column("event_id", "CloudTrail event", Id, Below),
    EVIDENCE,
];

/// Columns of a row that is a session.
const SESSION_LINE: &[Column] = &[
    column("started", "started", Time, Main),
    PERSON,
    CLAIMED,
    BASIS,
    IDENTITY,
    column("run_as_user", "OS user", Name, Main),
    NODE,
    NODE_NAME,
    COMMANDS,
    column("privileged", "privileged", Count, Main),
    column("duration_seconds", "seconds", Count, Main),
    column("reason", "reason", Text, Below),
    column("source_ip", "from", Id, Below),
    column("mfa", "second factor", Truth, Below),
    ACCOUNT,
    REGION,
    SESSION,
    column("event_ids", "CloudTrail events", Ids, Below),
    column("logs", "logs", Ids, Below),
    EVIDENCE,
];

impl TableKind {
    /// All of them.
    pub const ALL: &'static [Self] = &[
        Self::Parameters,
        Self::Controls,
        Self::Population,
        Self::Elements,
        Self::Sessions,
        Self::GapSummary,
        Self::Gaps,
        Self::Trail,
        Self::Snapshots,
        Self::Settings,
        Self::Damaged,
        Self::PrivilegedBy,
        Self::PrivilegedCommands,
        Self::Programs,
        Self::Techniques,
        Self::Shared,
        Self::Verdicts,
        Self::RunAs,
        Self::Access,
        Self::Critical,
        Self::Attempts,
        Self::Elevation,
        Self::AccountCommands,
        Self::AccountCalls,
        Self::LogCommands,
        Self::LogCalls,
        Self::LogReading,
        Self::Uses,
        Self::SystemCommands,
        Self::OutOfHours,
        Self::Retention,
        Self::Samples,
        Self::Timeline,
        Self::NewPersons,
        Self::NewNodes,
        Self::NewOsUsers,
        Self::NewPrograms,
        Self::Rules,
        Self::Findings,
        Self::Reviews,
        Self::Unreviewed,
    ];

    /// A stable short name, also that of its CSV file.
    pub fn code(self) -> &'static str {
        self.names().0
    }

    /// What stands above it.
    pub fn title(self) -> &'static str {
        self.names().1
    }

    fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Parameters => ("parameters", "Parameters"),
            Self::Controls => ("controls", "Controls"),
            Self::Population => ("population", "Sessions by account and region"),
            Self::Elements => ("record-elements", "What each record holds"),
            Self::Sessions => ("sessions", "Sessions"),
            Self::GapSummary => ("gap-summary", "Gaps by cause"),
            Self::Gaps => ("gaps", "Gaps, session by session"),
            Self::Trail => ("trail", "CloudTrail in the archive"),
            Self::Snapshots => ("snapshots", "What else is known from beside the logs"),
            Self::Settings => ("settings", "What the session documents mean for the record"),
            Self::Damaged => ("damaged-logs", "What logs themselves show to be missing"),
            Self::PrivilegedBy => ("privileged-by", "Who had more rights than usual, as whom and where"),
            Self::PrivilegedCommands => ("privileged-commands", "Privileged commands, the newest first"),
            Self::Programs => ("privileged-programs", "Programs in privileged commands"),
            Self::Techniques => ("text-analysis", "What was looked for in privileged commands"),
            Self::Shared => ("shared", "Persons behind OS users that several use"),
            Self::Verdicts => ("run-as-verdicts", "Sessions by verdict"),
            Self::RunAs => ("run-as", "Sessions whose OS user is not shown to be the one owed"),
            Self::Access => ("access", "Principals and nodes"),
            Self::Critical => ("critical-nodes", "Who worked on critical nodes"),
            Self::Attempts => ("attempts", "Calls to start a session that were refused"),
            Self::Elevation => ("elevation", "Commands whose output says that rights were refused"),
            Self::AccountCommands => {
                ("account-commands", "Commands that change accounts, credentials or rights")
            }
            Self::AccountCalls => ("account-calls", "Calls that change which OS user a principal gets"),
            Self::LogCommands => ("log-commands", "Commands that stop, change or clear records"),
            Self::LogCalls => ("log-calls", "Calls that change session documents"),
            Self::LogReading => ("log-reading", "Commands that read logs on a node"),
            Self::Uses => ("uses", "Who asked this tool, and for what"),
            Self::SystemCommands => ("system-commands", "Commands that install, schedule or switch"),
            Self::OutOfHours => ("out-of-hours", "Sessions begun outside of business hours"),
            Self::Retention => ("retention", "Sessions by month"),
            Self::Samples => ("samples", "Sessions drawn by lot"),
            Self::Timeline => ("timeline", "What happened, in order"),
            Self::NewPersons => ("new-persons", "Persons never seen before"),
            Self::NewNodes => ("new-nodes", "Nodes never seen before"),
            Self::NewOsUsers => ("new-os-users", "OS users never seen before"),
            Self::NewPrograms => ("new-programs", "Programs never seen before"),
            Self::Rules => ("rules", "Rules that found something, the gravest first"),
            Self::Findings => ("findings", "Findings, the gravest first"),
            Self::Reviews => ("reviews", "Who signed off what, and when"),
            Self::Unreviewed => ("unreviewed", "Sessions not signed off as a whole"),
        }
    }

    /// Its columns.
    pub fn columns(self) -> &'static [Column] {
        match self {
            Self::Parameters => {
                const {
                    &[
                        column("parameter", "parameter", Name, Main),
                        column("value", "value", Text, Main),
                        column("set_by", "set by", Word, Main),
                        column("means", "what it does", Text, Main),
                    ]
                }
            }
            Self::Controls => {
                const {
                    &[
                        column("control", "control", Name, Main),
                        column("asks", "what it asks, in our words", Text, Main),
                        column("sections", "evidence in", Sections, Main),
                        column("not_shown", "what this report cannot show", Text, Main),
                    ]
                }
            }
            Self::Population => {
                const {
                    &[
                        column("account", "account", Name, Main),
                        column("region", "region", Name, Main),
                        SESSIONS,
                        column("logged", "with log", Count, Main),
                        column("unlogged", "without log", Count, Main),
                        column("recorded", "in CloudTrail", Count, Main),
                        column("listed", "in the service's list", Count, Main),
                        column("persons", "persons", Count, Main),
                        column("nodes", "nodes", Count, Main),
                        COMMANDS,
                    ]
                }
            }
            Self::Elements => {
                const {
                    &[
                        column("element", "what a record should say", Name, Main),
                        column("of", "of", Word, Main),
                        column("records", "records", Count, Main),
                        column("present", "say it", Count, Main),
                        column("missing", "do not", Count, Main),
                        column("means", "how it is known", Text, Main),
                    ]
                }
            }
            Self::Sessions | Self::OutOfHours | Self::Unreviewed => SESSION_LINE,
            Self::GapSummary => {
                const {
                    &[
                        column("gap", "what is missing", Word, Main),
                        column("cause", "likely cause", Word, Main),
                        SESSIONS,
                        column("means", "what that means", Text, Main),
                    ]
                }
            }
            Self::Gaps => {
                const {
                    &[
                        TIME,
                        column("gap", "what is missing", Word, Main),
                        column("cause", "likely cause", Word, Main),
                        PERSON,
                        CLAIMED,
                        BASIS,
                        IDENTITY,
                        NODE,
                        NODE_NAME,
                        ACCOUNT,
                        REGION,
                        column("document", "document", Id, Below),
                        SESSION,
                        EVIDENCE,
                    ]
                }
            }
            Self::Trail => {
                const {
                    &[
                        column("account", "account", Name, Main),
                        column("region", "region", Name, Main),
                        column("records", "records", Count, Main),
                        FIRST,
                        LAST,
                        column("days", "days with records", Count, Main),
                        column("missing_days", "days without", Count, Main),
                        column("proven_days", "of them with sessions", Count, Main),
                        column("missing", "days without records", Texts, Below),
                        column("proven", "days without records on which logs show sessions", Texts, Below),
                    ]
                }
            }
            Self::Snapshots => {
                const {
                    &[
                        column("what", "what", Name, Main),
                        column("account", "account", Name, Main),
                        column("region", "region", Name, Main),
                        column("looks", "times looked", Count, Main),
                        FIRST,
                        LAST,
                    ]
                }
            }
            Self::Settings => {
                const {
                    &[
                        column("check", "what was looked at", Word, Main),
                        column("level", "level", Word, Main),
                        column("says", "what it means", Text, Main),
                        column("mend", "what would mend it", Text, Main),
                        ACCOUNT,
                        REGION,
                        column("document", "document", Id, Below),
                        EVIDENCE,
                    ]
                }
            }
            Self::Damaged => {
                const {
                    &[
                        column("code", "what", Word, Main),
                        column("severity", "weight", Word, Main),
                        column("message", "what it means", Text, Main),
                        SESSION,
                        column("log", "log", Id, Below),
                        column("at", "at byte", Count, Below),
                    ]
                }
            }
            Self::PrivilegedBy => {
                const {
                    &[
                        PERSON,
                        CLAIMED,
                        BASIS,
                        IDENTITY,
                        NODE,
                        NODE_NAME,
                        column("os_users", "OS users", Texts, Main),
                        SESSIONS,
                        column("commands", "commands", Count, Main),
                        column("privileged", "privileged", Count, Main),
                        FIRST,
                        LAST,
                        SESSION_IDS,
                    ]
                }
            }
            Self::PrivilegedCommands
            | Self::Elevation
            | Self::AccountCommands
            | Self::LogCommands
            | Self::LogReading
            | Self::SystemCommands => COMMAND,
            Self::Programs => const { &[column("program", "program", Code, Main), COMMANDS] },
            Self::Techniques => {
                const {
                    &[
                        column("technique", "what", Name, Main),
                        column("why", "why it matters", Text, Main),
                        COMMANDS,
                        SESSIONS,
                        column("persons", "persons", Count, Main),
                        column("query", "asked as", Code, Below),
                    ]
                }
            }
            Self::Shared => {
                const {
                    &[
                        NODE,
                        NODE_NAME,
                        OS_USER,
                        column("shared_by", "used by", Count, Main),
                        PERSON,
                        CLAIMED,
                        BASIS,
                        IDENTITY,
                        COMMANDS,
                        FIRST,
                        LAST,
                        SESSION_IDS,
                    ]
                }
            }
            Self::Verdicts => {
                const {
                    &[
                        column("verdict", "verdict", Word, Main),
                        SESSIONS,
                        column("means", "what it means", Text, Main),
                    ]
                }
            }
            Self::RunAs => {
                const {
                    &[
                        TIME,
                        PERSON,
                        CLAIMED,
                        BASIS,
                        IDENTITY,
                        NODE,
                        NODE_NAME,
                        column("owed", "owed", Name, Main),
                        column("owed_by", "by", Word, With),
                        column("used", "used", Name, Main),
                        column("used_by", "by", Word, With),
                        column("verdict", "verdict", Word, Main),
                        column("failure", "why", Text, Below),
                        column("missing", "missing to know", Texts, Below),
                        ACCOUNT,
                        SESSION,
                        EVIDENCE,
                    ]
                }
            }
            Self::Access => {
                const {
                    &[
                        column("principal", "principal", Id, Main),
                        NODE,
                        NODE_NAME,
                        column("start", "may start", Word, Main),
                        column("used", "used", Count, Main),
                        column("denied", "denied", Count, Main),
                        column("failed", "failed", Count, Main),
                        column("last_used", "last used", Time, Main),
                        column("last_denied", "last denied", Time, Below),
                        column("by", "by", Texts, Below),
                        column("conditions", "hangs on", Texts, Below),
                        column("not_evaluated", "", Text, Below),
                        column("as_of", "policies as of", Time, Below),
                        ACCOUNT,
                        EVIDENCE,
                    ]
                }
            }
            Self::Critical => {
                const {
                    &[
                        NODE,
                        NODE_NAME,
                        PERSON,
                        CLAIMED,
                        BASIS,
                        IDENTITY,
                        SESSIONS,
                        COMMANDS,
                        column("privileged", "privileged", Count, Main),
                        FIRST,
                        LAST,
                        SESSION_IDS,
                    ]
                }
            }
            Self::Attempts => {
                const {
                    &[
                        TIME,
                        PERSON,
                        CLAIMED,
                        BASIS,
                        IDENTITY,
                        NODE,
                        NODE_NAME,
                        column("outcome", "outcome", Word, Main),
                        column("message", "what the service said", Text, Below),
                        ACCOUNT,
                        REGION,
                        column("source_ip", "from", Id, Below),
                        column("event_id", "CloudTrail event", Id, Below),
                        EVIDENCE,
                    ]
                }
            }
            Self::AccountCalls | Self::LogCalls => CALL,
            Self::Uses => {
                const {
                    &[
                        TIME,
                        column("user", "user of this machine", Name, Main),
                        column("host", "machine", Id, Main),
                        column("command", "command line", Code, Main),
                        column("unmasked", "saw secrets", Truth, Main),
                        column("line", "line of audit.jsonl", Count, Below),
                    ]
                }
            }
            Self::Retention => {
                const {
                    &[
                        column("month", "month", Name, Main),
                        SESSIONS,
                        column("logged", "with log", Count, Main),
                        column("recorded", "in CloudTrail", Count, Main),
                        COMMANDS,
                    ]
                }
            }
            Self::Samples => {
                const {
                    &[
                        column("started", "started", Time, Main),
                        PERSON,
                        CLAIMED,
                        BASIS,
                        IDENTITY,
                        column("run_as_user", "OS user", Name, Main),
                        column("verdict", "owed and used", Word, Main),
                        NODE,
                        NODE_NAME,
                        COMMANDS,
                        column("privileged", "privileged", Count, Main),
                        column("chain", "from session back to person", Texts, Below),
                        column("missing", "missing to know", Texts, Below),
                        column("reason", "reason", Text, Below),
                        column("source_ip", "from", Id, Below),
                        SESSION,
                        column("event_ids", "CloudTrail events", Ids, Below),
                        column("logs", "logs", Ids, Below),
                        EVIDENCE,
                    ]
                }
            }
            Self::Timeline => {
                const {
                    &[
                        TIME,
                        column("time_precision", "time by", Word, Below),
                        column("what", "what", Word, Main),
                        column("outcome", "", Word, With),
                        PERSON,
                        CLAIMED,
                        BASIS,
                        IDENTITY,
                        OS_USER,
                        NODE,
                        NODE_NAME,
                        column("message", "command or call", Code, Main),
                        column("source_ip", "from", Id, Below),
                        SESSION,
                        column("seq", "command", Count, Below),
                        column("id", "id", Id, Below),
                        EVIDENCE,
                    ]
                }
            }
            Self::NewPersons | Self::NewNodes | Self::NewOsUsers | Self::NewPrograms => {
                const {
                    &[
                        column("value", "new", Name, Main),
                        column("name", "", Text, With),
                        FIRST,
                        SESSIONS,
                        COMMANDS,
                        column("session_ids", "sessions", Ids, Below),
                    ]
                }
            }
            Self::Rules => {
                const {
                    &[
                        LEVEL,
                        column("title", "rule", Text, Main),
                        column("findings", "findings", Count, Main),
                        SESSIONS,
                        column("open", "not signed off", Count, Main),
                        TECHNIQUES,
                        AUTHOR,
                        LICENSE,
                        RULE_ID,
                    ]
                }
            }
            Self::Findings => {
                const {
                    &[
                        TIME,
                        column("time_precision", "time by", Word, Below),
                        LEVEL,
                        column("title", "finding", Text, Main),
                        PERSON,
                        CLAIMED,
                        BASIS,
                        IDENTITY,
                        OS_USER,
                        NODE,
                        NODE_NAME,
                        column("command", "command", Code, Main),
                        column("verdict", "signed off as", Word, Below),
                        column("reviewed_by", "by", Text, Below),
                        column("reviewed", "on", Time, Below),
                        column("why", "why", Texts, Below),
                        TECHNIQUES,
                        AUTHOR,
                        LICENSE,
                        RULE_ID,
                        SESSION,
                        column("seq", "command", Count, Below),
                        EVIDENCE,
                    ]
                }
            }
            Self::Reviews => {
                const {
                    &[
                        TIME,
                        column("by", "by", Name, Main),
                        column("host", "", Text, With),
                        column("verdict", "verdict", Word, Main),
                        column("note", "in their words", Text, Main),
                        COMMANDS,
                        column("whole", "the whole session", Truth, Main),
                        column("holds", "still holds", Truth, Main),
                        SESSION,
                        column("line", "line of the audit log", Count, Below),
                    ]
                }
            }
        }
    }
}

impl TableRow for AccessRow {
    const TABLE: TableKind = TableKind::Access;
}

impl TableRow for DoctorRow {
    const TABLE: TableKind = TableKind::Settings;
}

impl TableRow for GapRow {
    const TABLE: TableKind = TableKind::Gaps;
}

impl TableRow for RunAsRow {
    const TABLE: TableKind = TableKind::RunAs;
}

impl TableRow for SharedRow {
    const TABLE: TableKind = TableKind::Shared;
}

impl TableRow for TimelineRow {
    const TABLE: TableKind = TableKind::Timeline;
}
