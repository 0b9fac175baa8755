//! Sessions and commands as they are named: by id, by the beginning of one, by place, or by a query.

use std::collections::BTreeSet;

use jiff::tz::TimeZone;
use whoran_model::{Session, SessionId};
use whoran_pipeline::{self as pipeline, Places, Store};

use super::search::explain;
use super::show;
use crate::config::Config;
use crate::error::CommandError;
use crate::exit::Exit;

/// What was chosen.
pub(super) enum Chosen {
    /// These sessions, whole.
    Sessions(BTreeSet<SessionId>),
    /// These commands of sessions.
    Commands(Places),
}

impl Chosen {
    /// Reads words as sessions or commands where each of them is one, else all together as a query.
    pub(super) fn read(
        words: &[String],
        store: &Store,
        tz: &TimeZone,
        config: &Config,
    ) -> Result<Self, CommandError> {
        let (mut sessions, mut commands, mut others) = (BTreeSet::new(), Places::new(), Vec::new());
        let picture = store.picture()?;
        // One that left no log can be named too.
        let named = |name: &str| -> Vec<&Session> {
            let all = || picture.sessions().map(|(session, _)| session);
            match all().find(|session| session.id.as_str() == name) {
                Some(session) => vec![session],
                None => all().filter(|session| session.id.as_str().starts_with(name)).collect(),
            }
        };
        for word in words {
            let (name, at) = show::place(word);
            match (named(name).as_slice(), at) {
                ([session], None) => drop(sessions.insert(session.id.clone())),
                ([session], Some(seq)) if u64::from(seq) < session.commands() => {
                    commands.entry(session.id.clone()).or_default().insert(seq);
                }
                ([_, _, ..], _) if words.len() == 1 && !name.is_empty() => {
                    return Err(several(name, &named(name)));
                }
                _ => others.push(word.as_str()),
            }
        }
        if others.len() == words.len() {
            return Self::query(&words.join(" "), store, tz, config);
        }
        if let Some(other) = others.first() {
            return Err(CommandError::usage(format!(
                "{other:?} names no one session or command, and others do"
            ))
            .hint("`whoran sessions` lists the sessions")
            .hint("a query is written as one word, in quotes"));
        }
        if commands.is_empty() {
            return Ok(Self::Sessions(sessions));
        }
        if !sessions.is_empty() {
            return Err(CommandError::usage(
                "whole sessions and single commands are chosen one after the other",
            ));
        }
        Ok(Self::Commands(commands))
    }

    /// What a query finds.
    pub(super) fn query(
        text: &str,
        store: &Store,
        tz: &TimeZone,
        config: &Config,
    ) -> Result<Self, CommandError> {
        let query = pipeline::query(text, tz, config.now).map_err(|error| explain(text, &error))?;
        Ok(Self::Commands(store.places(&query)?))
    }

    /// The sessions, whole or in part; an error where there are none.
    pub(super) fn sessions(&self) -> Result<BTreeSet<SessionId>, CommandError> {
        let sessions: BTreeSet<SessionId> = match self {
            Self::Sessions(sessions) => sessions.clone(),
            Self::Commands(places) => places.keys().cloned().collect(),
        };
        if sessions.is_empty() {
            return Err(CommandError::new(Exit::NothingFound, "nothing found"));
        }
        Ok(sessions)
    }
}

/// Says that a word may mean any of these sessions.
fn several(name: &str, sessions: &[&Session]) -> CommandError {
    let mut error = CommandError::usage(format!("{name:?} begins the ids of {} sessions", sessions.len()))
        .hint(format!("as a word of a query it is written '\"{name}\"'"));
    for session in sessions.iter().take(5) {
        error = error.hint(format!("it may be {}", session.id));
    }
    error
}
