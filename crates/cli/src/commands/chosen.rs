//! Sessions and commands as they are named: by id, by the beginning of one, by place, or by a query.

use std::collections::BTreeSet;

use jiff::tz::TimeZone;
use whoran_model::SessionId;
use whoran_pipeline::{self as pipeline, Lookup, Places, Store};

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
        for word in words {
            let (name, at) = show::place(word);
            match (store.lookup(name)?, at) {
                (Lookup::Found(session), None) => drop(sessions.insert(session.id)),
                (Lookup::Found(session), Some(seq)) if u64::from(seq) < session.commands() => {
                    commands.entry(session.id).or_default().insert(seq);
                }
                (Lookup::Several(ids), _) if words.len() == 1 => {
                    let mut error =
                        CommandError::usage(format!("{name:?} begins the ids of {} sessions", ids.len()))
                            .hint(format!("as a word of a query it is written '\"{name}\"'"));
                    for id in ids.iter().take(5) {
                        error = error.hint(format!("it may be {id}"));
                    }
                    return Err(error);
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
