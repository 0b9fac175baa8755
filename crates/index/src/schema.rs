//! The engine's fields: where the values of each of [`FIELDS`] go, and what stands beside them.

use tantivy::schema as engine;
use tantivy::schema::{IndexRecordOption, TextFieldIndexing, TextOptions};
use tantivy::tokenizer::{RawTokenizer, TextAnalyzer, TokenizerManager};
use whoran_model::Timestamp;

use crate::analyze::Atoms;
use crate::fields::{FIELDS, Field, FieldType};

/// Version of everything this crate puts on disk: fields, analysis, stored records. A change to any of them is a new
/// number, and an index of another number is made anew from the logs, never read.
pub const SCHEMA_VERSION: u32 = 15;

/// The name of the column of a field.
pub(crate) fn column(field: &Field) -> String {
    format!("_values_{}", field.key)
}

/// The tokenizer of text fields.
pub(crate) const ATOMS: &str = "atoms";

/// The tokenizer of text fields that are indexed as a whole.
pub(crate) const VALUES: &str = "values";

/// Handles of the engine's fields.
#[derive(Debug, Clone)]
pub(crate) struct Schema {
    pub(crate) engine: engine::Schema,
    /// Kind of document.
    pub(crate) doc: engine::Field,
    /// Whose document this is: [`key`](crate::key) of a session, a log or an event. What replaces one deletes by this.
    pub(crate) owner: engine::Field,
    /// Keys of the sessions that a log or an event speaks of.
    pub(crate) holds: engine::Field,
    /// Names of the fields that are known.
    pub(crate) has: engine::Field,
    /// The session id as a column, for a stable order.
    pub(crate) session_column: engine::Field,
    /// A log's [`LogMark`](crate::LogMark) as a column, and behind it the log's hash.
    pub(crate) mark: engine::Field,
    /// The record itself.
    pub(crate) record: engine::Field,
    /// Of the fields that can be asked for, in the order of [`FIELDS`].
    places: Vec<Place>,
}

/// Where the values of a field go.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    pub(crate) field: &'static Field,
    pub(crate) handle: engine::Field,
    /// The column with its values as they are, where they are counted.
    pub(crate) column: Option<engine::Field>,
    /// What [`Field::is_whole`] and [`Field::is_always_known`] say of it.
    pub(crate) whole: bool,
    pub(crate) always: bool,
}

/// Columns that are read by name.
pub(crate) const SESSION_COLUMN: &str = "_session";
pub(crate) const MARK_COLUMN: &str = "_mark";

impl Schema {
    pub(crate) fn new() -> Self {
        let text = |tokenizer, option| {
            TextOptions::default().set_indexing_options(
                TextFieldIndexing::default()
                    .set_tokenizer(tokenizer)
                    .set_index_option(option)
                    .set_fieldnorms(false),
            )
        };
        let whole = || text("raw", IndexRecordOption::Basic);
        let key = || engine::BytesOptions::default().set_indexed();
        let mut builder = engine::Schema::builder();
        let handles = FIELDS.iter().map(|field| match field.ty {
            FieldType::Text if !field.is_whole() => {
                Some(builder.add_text_field(field.key, text(ATOMS, IndexRecordOption::WithFreqsAndPositions)))
            }
            FieldType::Text => {
                Some(builder.add_text_field(field.key, text(VALUES, IndexRecordOption::Basic)))
            }
            FieldType::Keyword | FieldType::Choice(_) => Some(builder.add_text_field(field.key, whole())),
            FieldType::Number => Some(builder.add_f64_field(field.key, engine::FAST)),
            FieldType::Time => Some(builder.add_i64_field(field.key, engine::FAST)),
            FieldType::Bool => {
                Some(builder.add_bool_field(field.key, engine::NumericOptions::default().set_indexed()))
            }
            FieldType::Opaque => None,
        });
        let handles: Vec<_> = handles.collect();
        Self {
            doc: builder.add_text_field("_doc", whole()),
            owner: builder.add_bytes_field("_owner", key()),
            holds: builder.add_bytes_field("_holds", key()),
            has: builder.add_text_field("_has", text("whitespace", IndexRecordOption::Basic)),
            session_column: builder.add_text_field(SESSION_COLUMN, TextOptions::default().set_fast("raw")),
            mark: builder.add_bytes_field(MARK_COLUMN, engine::FAST),
            record: builder.add_text_field("_record", engine::STORED),
            places: FIELDS
                .iter()
                .zip(handles)
                .filter_map(|(field, handle)| {
                    let column = field.is_counted().then(|| {
                        builder.add_text_field(&column(field), TextOptions::default().set_fast("raw"))
                    });
                    let (whole, always) = (field.is_whole(), field.is_always_known());
                    Some(Place { field, handle: handle?, column, whole, always })
                })
                .collect(),
            engine: builder.build(),
        }
    }

    /// The engine's field behind a queryable field.
    pub(crate) fn of(&self, field: &Field) -> Option<engine::Field> {
        self.places.iter().find(|place| place.field.key == field.key).map(|place| place.handle)
    }

    /// Where the values of all queryable fields go.
    pub(crate) fn places(&self) -> &[Place] {
        &self.places
    }
}

/// The tokenizers that [`Schema::new`] names.
pub(crate) fn tokenizers() -> TokenizerManager {
    let tokenizers = TokenizerManager::default();
    tokenizers.register(VALUES, TextAnalyzer::from(RawTokenizer::default()));
    tokenizers.register(ATOMS, TextAnalyzer::from(Atoms::default()));
    tokenizers
}

/// How a time is kept in its column: whole microseconds since 1970, which spans every time a [`Timestamp`] can be.
pub(crate) fn ticks(time: Timestamp) -> i64 {
    time.as_microsecond()
}

#[cfg(test)]
mod tests {
    use sha2::{Digest, Sha256};

    use super::*;

    #[test]
    fn another_schema_is_another_version() {
        // What the engine is told, and what a record looks like, of this version. Where this fails, what is on disk
        // changes: raise SCHEMA_VERSION, then write the new sum here.
        let told = serde_json::to_vec(&Schema::new().engine).unwrap();
        assert_eq!((SCHEMA_VERSION, fingerprint(&told)), (15, "3c32ac4c95eef864".to_owned()));
    }

    fn fingerprint(bytes: &[u8]) -> String {
        Sha256::digest(bytes).iter().take(8).map(|b| format!("{b:02x}")).collect()
    }
}
