//! A finding: a rule's verdict on a command or a session, and why.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use crate::{ByteSpan, NodeId, OsUser, Principal, SessionId, TimePrecision, Timestamp};

/// How bad what a rule finds is, by the words of the Sigma specification.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Worth a mark, and no cause to act.
    Informational,
    /// Notable, and as a rule harmless.
    Low,
    /// To be looked at in time.
    Medium,
    /// To be looked at now.
    High,
    /// An incident.
    Critical,
}

impl Level {
    /// All of them, the least first.
    pub const ALL: [Self; 5] = [Self::Informational, Self::Low, Self::Medium, Self::High, Self::Critical];

    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Informational => "informational",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Level {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        let found = Self::ALL.into_iter().find(|level| level.as_str() == text);
        found.ok_or_else(|| UnknownWord { what: "level", text: text.to_owned() })
    }
}

/// A word that is none of those it could be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownWord {
    pub(crate) what: &'static str,
    pub(crate) text: String,
}

impl fmt::Display for UnknownWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not a {}: {:?}", self.what, self.text)
    }
}

impl std::error::Error for UnknownWord {}

/// What a reader has to know of a rule.
///
/// The Detection Rule License 1.1 wants the author shown wherever a match is, so author and licence go with every
/// [`Finding`] into every form of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Its UUID, where it has one.
    pub id: Option<String>,
    /// Its title.
    pub title: String,
    /// What it looks for, in its author's words.
    pub description: Option<String>,
    /// How bad a match is. A rule that does not say is informational.
    pub level: Level,
    /// How mature it is: `stable`, `test`, `experimental`, `deprecated`, `unsupported`.
    pub status: Option<String>,
    /// Techniques of MITRE ATT&CK, such as `T1552.005`, as the rule names them.
    pub techniques: Vec<String>,
    /// Tactics of MITRE ATT&CK, such as `credential-access`, as the rule names them.
    pub tactics: Vec<String>,
    /// Who wrote it.
    pub author: Option<String>,
    /// Under which licence.
    pub license: Option<String>,
    /// What else may look like this, in its author's words.
    pub false_positives: Vec<String>,
    /// The file it was read from, or `built-in/NAME`.
    pub source: String,
}

/// A condition of the rule that was met.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reason {
    /// Which of the rule's selections it belongs to.
    pub selection: String,
    /// The field, such as `CommandLine`; `None` is the line as a whole.
    pub field: Option<String>,
    /// What the rule asks of it, such as `endswith /curl`.
    pub pattern: String,
    /// What was there.
    pub value: String,
}

/// A rule's verdict on a command, or on a session as a whole.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// The rule.
    pub rule: Arc<Rule>,
    /// The session.
    pub session_id: SessionId,
    /// The place of the command in the session; `None` is the session as a whole.
    pub seq: Option<u32>,
    /// The command's id.
    pub command_id: Option<String>,
    /// The command's text, with secrets masked.
    pub command: Option<String>,
    /// When the command was entered, or the session's thing happened: not later than this.
    pub time: Option<Timestamp>,
    /// How exact that is.
    pub time_precision: TimePrecision,
    /// The IAM principal, where a log or CloudTrail proves it.
    pub identity: Option<Principal>,
    /// The human behind the principal, as far as evidence goes.
    pub person: Option<String>,
    /// The AWS account, twelve digits.
    pub account: Option<String>,
    /// The AWS region.
    pub region: Option<String>,
    /// The OS user the command ran as, or the one at session start.
    pub os_user: Option<OsUser>,
    /// The managed node.
    pub target: Option<NodeId>,
    /// The node's Name tag.
    pub target_name: Option<String>,
    /// Why the rule matched.
    pub why: Vec<Reason>,
    /// The bytes that prove it.
    pub evidence: Vec<ByteSpan>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_ordered_and_read_back() {
        assert!(Level::ALL.is_sorted());
        for level in Level::ALL {
            assert_eq!(level.as_str().parse(), Ok(level));
        }
        assert_eq!("High".parse::<Level>().unwrap_err().to_string(), "not a level: \"High\"");
    }
}
