//! The four kinds of document and how each is written.

use sha2::{Digest, Sha256};
use whoran_model::{CommandRecord, LogRef, Session};
use whoran_shell::is_torn;

use crate::analyze::{bounded, indexed, whole};
use crate::batch::Batch;
use crate::codec::Coded;
use crate::fields::{Field, FieldType, Value};
use crate::log::{LogDone, LogMark};
use crate::packed::PackedFacts;
use crate::schema::{Place, Schema, ticks};

/// What a document is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Command,
    Session,
    Event,
    Log,
}

impl Kind {
    /// The term that marks it, and its name in messages.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Command => "command",
            Self::Session => "session",
            Self::Event => "event",
            Self::Log => "log",
        }
    }
}

/// The term that marks a session, or a log, in whose record something is missing.
pub(crate) const GAP: &str = "gap";

/// The term that marks a command in which a word may be in pieces.
pub(crate) const TORN: &str = "torn";

/// The term that marks facts which few ask for.
pub(crate) const ASIDE: &str = "aside";

/// The owner of a document: a hash, because names of logs have no bounded length and a term has.
pub(crate) type Key = [u8; 16];

/// The key of a session (which owns its commands too), of a log, or of the facts that a log holds.
pub(crate) fn key(kind: Kind, id: &str) -> Key {
    let mut hash = Sha256::new();
    hash.update(kind.name());
    hash.update([0]);
    hash.update(id);
    let mut key = Key::default();
    key.copy_from_slice(&hash.finalize()[..16]);
    key
}

pub(crate) fn command(schema: &Schema, owner: &Key, command: &CommandRecord, to: &mut Batch) {
    let mut has = String::with_capacity(256);
    for place in schema.places() {
        if add(place, (place.field.of_command)(command), to) && !place.always {
            note(&mut has, place.field);
        }
    }
    if is_torn(&command.command.command) {
        has += TORN;
    }
    head(schema, Kind::Command, owner, to);
    to.text(schema.has, &has);
    to.text(schema.session_column, command.session_id.as_str());
    end(schema, command, to);
}

pub(crate) fn session(schema: &Schema, owner: &Key, session: &Session, to: &mut Batch) {
    let mut has = String::new();
    for place in schema.places() {
        // what is counted is counted command by command
        let place = Place { column: None, ..*place };
        if add(&place, (place.field.of_session)(session), to) {
            note(&mut has, place.field);
        }
    }
    if session.diagnostics.iter().any(|diagnostic| diagnostic.kind.is_gap()) {
        has += GAP;
    }
    head(schema, Kind::Session, owner, to);
    to.text(schema.has, &has);
    end(schema, session, to);
}

/// Many facts are one document: nobody asks for one alone, and reading all of them is what every question begins with.
pub(crate) fn events(schema: &Schema, owner: &Key, facts: &PackedFacts, to: &mut Batch) {
    head(schema, Kind::Event, owner, to);
    if facts.aside {
        to.text(schema.has, ASIDE);
    }
    to.text(schema.record, &facts.text);
    to.end();
}

pub(crate) fn log(schema: &Schema, owner: &Key, log: &LogDone, to: &mut Batch) {
    head(schema, Kind::Log, owner, to);
    for session in &log.sessions {
        to.key(schema.holds, &key(Kind::Session, session.as_str()));
    }
    if log.counts.losses > 0 || log.diagnostics.iter().any(|diagnostic| diagnostic.kind.is_gap()) {
        to.text(schema.has, GAP);
    }
    let LogDone { log: LogRef { id, size, version, .. }, sha256, .. } = log;
    let mark = ((id.clone(), LogMark { size: *size, version: version.clone() }), *sha256);
    to.bytes(schema.mark, |to| mark.put(to));
    end(schema, log, to);
}

fn head(schema: &Schema, kind: Kind, owner: &Key, to: &mut Batch) {
    to.text(schema.doc, kind.name());
    to.key(schema.owner, owner);
}

fn end(schema: &Schema, record: &impl Coded, to: &mut Batch) {
    to.written(schema.record, |to| record.put(to));
    to.end();
}

/// Adds the name of a field to those that are known: one text, because each costs more than its words.
fn note(has: &mut String, field: &Field) {
    has.push_str(field.key);
    has.push(' ');
}

/// Adds a value, and says whether there is one.
fn add(place: &Place, value: Value<'_>, to: &mut Batch) -> bool {
    let Place { field, handle, column, whole: is_whole, .. } = *place;
    let put = |text: &str, to: &mut Batch| {
        if let Some(column) = column {
            to.column(column, bounded(text));
        }
        match field.ty {
            FieldType::Text if is_whole => to.text(handle, whole(text)),
            FieldType::Text => to.text(handle, text),
            _ => to.text(handle, &indexed(field, text)),
        }
    };
    match value {
        Value::Null => return false,
        Value::Text(text) => put(&text, to),
        Value::List(texts) => texts.iter().for_each(|text| put(text, to)),
        Value::Number(number) => to.number(handle, number),
        Value::Time(time) => to.time(handle, ticks(time)),
        Value::Times(times) => times.into_iter().for_each(|time| to.time(handle, ticks(time))),
        Value::Bool(value) => {
            if let Some(column) = column {
                to.column(column, if value { "true" } else { "false" });
            }
            to.bool(handle, value);
        }
    }
    true
}
