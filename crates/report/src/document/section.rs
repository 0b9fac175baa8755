//! The sections there are.

use serde::{Serialize, Serializer};

/// A section of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SectionKind {
    /// What it comes to.
    Summary,
    /// What the report is about, and what it is not.
    Scope,
    /// How its figures came to be.
    Method,
    /// Which control asks what, and where evidence for it stands.
    Controls,
    /// Whether all is there that should be.
    Population,
    /// What is not there.
    Coverage,
    /// What was done with more rights than usual.
    Privileged,
    /// Full text analysis of privileged commands.
    TextAnalysis,
    /// Who is behind OS users that several use.
    Shared,
    /// Which OS user was owed, and which was used.
    RunAs,
    /// Who may and who did.
    Access,
    /// Critical nodes.
    Critical,
    /// Attempts that were refused.
    Denied,
    /// Changes of accounts, credentials and rights.
    Accounts,
    /// What stops, changes or reads records.
    Logs,
    /// What was installed, scheduled or switched on and off.
    System,
    /// Sessions outside of business hours.
    Hours,
    /// How far back the record goes.
    Retention,
    /// Some sessions, whole, to be checked against their sources.
    Samples,
    /// Sessions, one by one.
    Sessions,
    /// What happened, in order.
    Timeline,
    /// What was never there before.
    New,
    /// What rules found.
    Findings,
    /// Who looked at what.
    Reviews,
    /// What shows that nothing was changed.
    Integrity,
    /// Room for signatures.
    SignOff,
}

impl SectionKind {
    /// All of them, in the order in which a report has them.
    pub const ALL: [Self; 26] = [
        Self::Summary,
        Self::Scope,
        Self::Method,
        Self::Controls,
        Self::Population,
        Self::Coverage,
        Self::Privileged,
        Self::TextAnalysis,
        Self::Shared,
        Self::RunAs,
        Self::Access,
        Self::Critical,
        Self::Denied,
        Self::Accounts,
        Self::Logs,
        Self::System,
        Self::Hours,
        Self::Retention,
        Self::Samples,
        Self::Sessions,
        Self::Timeline,
        Self::New,
        Self::Findings,
        Self::Reviews,
        Self::Integrity,
        Self::SignOff,
    ];

    /// A stable short name.
    pub fn code(self) -> &'static str {
        match self {
            Self::Summary => "summary",
            Self::Scope => "scope",
            Self::Method => "method",
            Self::Controls => "controls",
            Self::Population => "population",
            Self::Coverage => "coverage",
            Self::Privileged => "privileged",
            Self::TextAnalysis => "text-analysis",
            Self::Shared => "shared",
            Self::RunAs => "run-as",
            Self::Access => "access",
            Self::Critical => "critical",
            Self::Denied => "denied",
            Self::Accounts => "accounts",
            Self::Logs => "logs",
            Self::System => "system",
            Self::Hours => "hours",
            Self::Retention => "retention",
            Self::Samples => "samples",
            Self::Sessions => "sessions",
            Self::Timeline => "timeline",
            Self::New => "new",
            Self::Findings => "findings",
            Self::Reviews => "reviews",
            Self::Integrity => "integrity",
            Self::SignOff => "sign-off",
        }
    }

    /// What it is called.
    pub fn title(self) -> &'static str {
        match self {
            Self::Summary => "Summary",
            Self::Scope => "Scope",
            Self::Method => "Method",
            Self::Controls => "Controls and where their evidence stands",
            Self::Population => "Population and completeness",
            Self::Coverage => "What is not covered",
            Self::Privileged => "Privileged activity",
            Self::TextAnalysis => "Full text analysis of privileged commands",
            Self::Shared => "Shared OS users and the persons behind them",
            Self::RunAs => "OS user owed and OS user used",
            Self::Access => "Access: granted, used, refused",
            Self::Critical => "Critical nodes",
            Self::Denied => "Refused and failed attempts",
            Self::Accounts => "Changes of accounts, credentials and rights",
            Self::Logs => "Changes of records, and who read them",
            Self::System => "Changes of the system",
            Self::Hours => "Outside of business hours",
            Self::Retention => "Retention",
            Self::Samples => "Samples with their evidence",
            Self::Sessions => "Sessions",
            Self::Timeline => "Timeline",
            Self::New => "Never seen before",
            Self::Findings => "Findings",
            Self::Reviews => "Reviews",
            Self::Integrity => "Integrity",
            Self::SignOff => "Sign-off",
        }
    }
}

impl Serialize for SectionKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}
