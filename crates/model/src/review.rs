//! A review: somebody looked at a session and says what it was.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use crate::finding::UnknownWord;
use crate::{SessionId, Timestamp};

/// What a reviewer found a session, or some of its commands, to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ReviewVerdict {
    /// Ordinary work.
    Benign,
    /// What was seen does not settle it.
    Unclear,
    /// Somebody has to look further.
    Suspicious,
    /// An attack or an abuse.
    Malicious,
}

impl ReviewVerdict {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Benign, Self::Unclear, Self::Suspicious, Self::Malicious];

    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Benign => "benign",
            Self::Unclear => "unclear",
            Self::Suspicious => "suspicious",
            Self::Malicious => "malicious",
        }
    }
}

impl fmt::Display for ReviewVerdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for ReviewVerdict {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        let found = Self::ALL.into_iter().find(|verdict| verdict.as_str() == text);
        found.ok_or_else(|| UnknownWord { what: "verdict", text: text.to_owned() })
    }
}

/// How much of a session was reviewed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reviewed {
    /// All of it, as long as it has no more commands than it had then.
    Session {
        /// How many commands it had.
        commands: u64,
    },
    /// These commands, by their ids.
    Commands(BTreeSet<String>),
}

/// One sign-off, as the audit log holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Review {
    /// Its line in the audit log.
    pub line: u64,
    /// When.
    pub time: Timestamp,
    /// Who: the name the operating system has for the user, else `uid N`.
    pub by: String,
    /// The user id that logged in first, where Linux knows; `sudo` does not change it.
    pub login_uid: Option<u32>,
    /// On which machine.
    pub host: String,
    /// What it was found to be.
    pub verdict: ReviewVerdict,
    /// In the reviewer's words.
    pub note: String,
    /// The session.
    pub session_id: SessionId,
    /// How much of it.
    pub what: Reviewed,
}

impl Review {
    /// Whether it holds for a session that has so many commands now.
    pub fn covers_session(&self, commands: u64) -> bool {
        matches!(self.what, Reviewed::Session { commands: then } if then == commands)
    }

    /// Whether it holds for a command of the session, which has so many commands now.
    pub fn covers_command(&self, id: &str, commands: u64) -> bool {
        match &self.what {
            Reviewed::Session { .. } => self.covers_session(commands),
            Reviewed::Commands(ids) => ids.contains(id),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_review_covers_what_was_there() {
        let review = |what| Review {
            line: 1,
            time: Timestamp::UNIX_EPOCH,
            by: "kim".into(),
            login_uid: None,
            host: "h".into(),
            verdict: ReviewVerdict::Benign,
            note: String::new(),
            session_id: "alice-0e34861185201706f".parse().unwrap(),
            what,
        };
        let whole = review(Reviewed::Session { commands: 3 });
        assert!(whole.covers_session(3) && whole.covers_command("a", 3));
        assert!(!whole.covers_session(4) && !whole.covers_command("a", 4), "the session grew");
        let one = review(Reviewed::Commands(BTreeSet::from(["a".to_owned()])));
        assert!(one.covers_command("a", 4) && !one.covers_command("b", 4) && !one.covers_session(1));
    }
}
