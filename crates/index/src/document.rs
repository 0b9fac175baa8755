//! The four kinds of document and how each is written.

use sha2::{Digest, Sha256};
use tantivy::TantivyDocument;
use tantivy::schema::Field as Handle;
use tantivy::schema::document::ReferenceValueLeaf;
use whoran_model::{CommandRecord, Fact, Session};
use whoran_shell::is_torn;

use crate::analyze::{bounded, indexed, whole};
use crate::codec::encode;
use crate::log::{LogDone, LogMark};
use crate::schema::{Field, FieldType, Schema, Value, ticks};

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

/// About so many bytes the engine takes for a value, beside its text.
const OF_A_VALUE: usize = 16;

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

/// A document on its way to the engine.
pub(crate) struct Made {
    doc: TantivyDocument,
    bytes: usize,
}

impl Made {
    fn new(schema: &Schema, kind: Kind, owner: &Key, record: &str) -> Self {
        // Most of a record is text that is indexed too.
        let doc = TantivyDocument::with_capacity(2 * record.len() + 512);
        let mut made = Self { doc, bytes: 0 };
        made.text(schema.doc, kind.name());
        made.bytes(schema.owner, owner);
        made.text(schema.record, record);
        made
    }

    fn text(&mut self, field: Handle, text: &str) {
        self.doc.add_text(field, text);
        self.bytes += OF_A_VALUE + text.len();
    }

    fn bytes(&mut self, field: Handle, bytes: &[u8]) {
        self.doc.add_bytes(field, bytes);
        self.bytes += OF_A_VALUE + bytes.len();
    }

    fn number(&mut self, field: Handle, number: impl Into<ReferenceValueLeaf<'static>>) {
        self.doc.add_leaf_field_value(field, number);
        self.bytes += OF_A_VALUE;
    }

    /// The document, which takes no more memory than it needs, and about how many bytes it holds.
    pub(crate) fn weighed(mut self) -> (TantivyDocument, usize) {
        self.doc.shrink_to_fit();
        (self.doc, self.bytes)
    }
}

pub(crate) fn command(schema: &Schema, owner: &Key, command: &CommandRecord) -> Made {
    let mut doc = Made::new(schema, Kind::Command, owner, &encode(command));
    doc.text(schema.session_column, command.session_id.as_str());
    let mut has = String::with_capacity(256);
    for (field, handle) in schema.queryable() {
        let value = (field.of_command)(command);
        if let Some(column) = schema.column_of(field) {
            match &value {
                Value::Text(text) => doc.text(column, bounded(text)),
                Value::List(texts) => texts.iter().for_each(|text| doc.text(column, bounded(text))),
                Value::Bool(value) => doc.text(column, &value.to_string()),
                _ => {}
            }
        }
        if add(&mut doc, field, handle, value) && !field.is_always_known() {
            note(&mut has, field);
        }
    }
    if is_torn(&command.command.command) {
        has += TORN;
    }
    doc.text(schema.has, &has);
    doc
}

pub(crate) fn session(schema: &Schema, owner: &Key, session: &Session) -> Made {
    let mut doc = Made::new(schema, Kind::Session, owner, &encode(session));
    let mut has = String::new();
    for (field, handle) in schema.queryable() {
        if add(&mut doc, field, handle, (field.of_session)(session)) {
            note(&mut has, field);
        }
    }
    if session.diagnostics.iter().any(|diagnostic| diagnostic.kind.is_gap()) {
        has += GAP;
    }
    doc.text(schema.has, &has);
    doc
}

/// Many facts are one document: nobody asks for one alone, and reading all of them is what every question begins with.
pub(crate) fn events(schema: &Schema, owner: &Key, facts: &Vec<Fact>) -> Made {
    Made::new(schema, Kind::Event, owner, &encode(facts))
}

pub(crate) fn log(schema: &Schema, owner: &Key, log: &LogDone) -> Made {
    let mut doc = Made::new(schema, Kind::Log, owner, &encode(log));
    for session in &log.sessions {
        doc.bytes(schema.holds, &key(Kind::Session, session.as_str()));
    }
    if log.counts.losses > 0 || log.diagnostics.iter().any(|diagnostic| diagnostic.kind.is_gap()) {
        doc.text(schema.has, GAP);
    }
    let LogDone { log, sha256, .. } = log;
    let mark = LogMark { size: log.size, version: log.version.clone(), sha256: *sha256 };
    doc.bytes(schema.mark, encode(&(log.id.clone(), mark)).as_bytes());
    doc
}

/// Adds the name of a field to those that are known: one text, because each costs more than its words.
fn note(has: &mut String, field: &Field) {
    has.push_str(field.key);
    has.push(' ');
}

/// Adds a value, and says whether there is one.
fn add(doc: &mut Made, field: &Field, handle: Handle, value: Value<'_>) -> bool {
    let put = |doc: &mut Made, text: &str| match field.ty {
        FieldType::Text if field.is_whole() => doc.text(handle, whole(text)),
        FieldType::Text => doc.text(handle, text),
        _ => doc.text(handle, &indexed(field, text)),
    };
    match value {
        Value::Null => return false,
        Value::Text(text) => put(doc, &text),
        Value::List(texts) => texts.iter().for_each(|text| put(doc, text)),
        Value::Number(number) => doc.number(handle, number),
        Value::Time(time) => doc.number(handle, ticks(time)),
        Value::Times(times) => times.into_iter().for_each(|time| doc.number(handle, ticks(time))),
        Value::Bool(value) => doc.number(handle, value),
    }
    true
}
