//! One session with all that is known of it: what rules are held against, and what goes into a case file.

use crate::{ByteSpan, CommandRecord, Session, TimePrecision, Timestamp};

/// Something known of a session as a whole that a rule may ask for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionFact {
    /// What sort: `diagnostic`, `run-as` or `gap`.
    pub kind: &'static str,
    /// Its fields by name.
    pub fields: Vec<(&'static str, String)>,
    /// When, as far as that is known.
    pub time: Option<Timestamp>,
    /// How exact that is.
    pub time_precision: TimePrecision,
    /// The bytes that show it.
    pub evidence: Vec<ByteSpan>,
}

/// One session, its commands in order, and what is known of it as a whole.
#[derive(Debug, Clone, PartialEq)]
pub struct Dossier {
    /// The session, completed by what facts say; without [`logs`](Session::logs) where none was found.
    pub session: Session,
    /// Its commands, in order.
    pub commands: Vec<CommandRecord>,
    /// What is known of it as a whole.
    pub facts: Vec<SessionFact>,
}
