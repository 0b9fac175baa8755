//! What is at hand of a segment: opened when it is first asked for, and kept for all searches of the same commit.

use std::sync::OnceLock;

use tantivy::columnar::{Column, StrColumn};
use tantivy::query::Scorer;
use tantivy::schema::IndexRecordOption;
use tantivy::{BitSet, COLLECT_BLOCK_BUFFER_LEN, DocId, DocSet, SegmentReader, TERMINATED, Term};

use crate::adjacent::adjacent;
use crate::document::Kind;
use crate::query::each;
use crate::schema::{SESSION_COLUMN, Schema};

/// One segment.
#[derive(Default)]
pub(crate) struct Opened {
    columns: OnceLock<Columns>,
    others: OnceLock<BitSet>,
}

impl Opened {
    pub(crate) fn columns(&self, reader: &SegmentReader) -> tantivy::Result<&Columns> {
        kept(&self.columns, || Columns::open(reader))
    }

    /// Those of the documents, which are in order, that are commands and were not deleted.
    pub(crate) fn only_commands(
        &self,
        reader: &SegmentReader,
        mut docs: Vec<DocId>,
    ) -> tantivy::Result<Vec<DocId>> {
        let (columns, alive) = (self.columns(reader)?, reader.alive_bitset());
        docs.retain(|&doc| columns.session(doc).is_some() && alive.is_none_or(|alive| alive.is_alive(doc)));
        Ok(docs)
    }

    /// Gives those of the documents that are commands and were not deleted to `take`, and says how many they are.
    pub(crate) fn commands(
        &self,
        reader: &SegmentReader,
        schema: &Schema,
        found: &mut dyn Scorer,
        mut take: impl FnMut(DocId),
    ) -> tantivy::Result<u64> {
        let (mut total, alive) = (0, reader.alive_bitset());
        if found.doc() == TERMINATED {
            return Ok(total);
        }
        let others = kept(&self.others, || others(reader, schema))?;
        let mut docs = [0; COLLECT_BLOCK_BUFFER_LEN];
        loop {
            let filled = found.fill_buffer(&mut docs);
            for &doc in &docs[..filled] {
                if !others.contains(doc) && alive.is_none_or(|alive| alive.is_alive(doc)) {
                    total += 1;
                    take(doc);
                }
            }
            if filled < docs.len() {
                return Ok(total);
            }
        }
    }

    /// How many commands of a segment have a term, told without going through them: from all documents that have it those
    /// are taken that are no commands. Nothing where documents were deleted, which still count as having it.
    pub(crate) fn commands_with(
        &self,
        reader: &SegmentReader,
        schema: &Schema,
        term: &Term,
    ) -> tantivy::Result<Option<u64>> {
        if reader.has_deletes() {
            return Ok(None);
        }
        let Some(mut found) =
            reader.inverted_index(term.field())?.read_postings(term, IndexRecordOption::Basic)?
        else {
            return Ok(Some(0));
        };
        let mut total = u64::from(found.doc_freq());
        each(kept(&self.others, || others(reader, schema))?, |doc| {
            if found.doc() < doc {
                found.seek(doc);
            }
            total -= u64::from(found.doc() == doc);
        });
        Ok(Some(total))
    }

    /// How many commands of a segment have words that follow each other as in one of these phrases. Nothing where
    /// documents were deleted, or the engine is quicker.
    pub(crate) fn commands_with_any(
        &self,
        reader: &SegmentReader,
        schema: &Schema,
        phrases: &[Vec<Term>],
    ) -> tantivy::Result<Option<u64>> {
        if reader.has_deletes() {
            return Ok(None);
        }
        let mut found = BitSet::with_max_value(reader.max_doc());
        for words in phrases {
            let all = adjacent(reader, words, |doc| {
                found.insert(doc);
            })?;
            if !all {
                return Ok(None);
            }
        }
        let mut total = found.len() as u64;
        each(kept(&self.others, || others(reader, schema))?, |doc| total -= u64::from(found.contains(doc)));
        Ok(Some(total))
    }
}

fn kept<T>(cell: &OnceLock<T>, open: impl FnOnce() -> tantivy::Result<T>) -> tantivy::Result<&T> {
    match cell.get() {
        Some(kept) => Ok(kept),
        None => open().map(|new| cell.get_or_init(|| new)),
    }
}

/// The documents that are no commands, which are few.
fn others(reader: &SegmentReader, schema: &Schema) -> tantivy::Result<BitSet> {
    let mut others = BitSet::with_max_value(reader.max_doc());
    let index = reader.inverted_index(schema.doc)?;
    for kind in [Kind::Session, Kind::Event, Kind::Log] {
        let term = Term::from_field_text(schema.doc, kind.name());
        let Some(mut found) = index.read_postings(&term, IndexRecordOption::Basic)? else { continue };
        while found.doc() != TERMINATED {
            others.insert(found.doc());
            found.advance();
        }
    }
    Ok(others)
}

/// What tells how hits follow each other.
pub(crate) struct Columns {
    time: Option<Column<i64>>,
    seq: Option<Column<f64>>,
    sessions: Option<StrColumn>,
}

impl Columns {
    fn open(reader: &SegmentReader) -> tantivy::Result<Self> {
        let columns = reader.fast_fields();
        Ok(Self {
            time: columns.column_opt("time")?,
            seq: columns.column_opt("seq")?,
            sessions: columns.str(SESSION_COLUMN)?,
        })
    }

    pub(crate) fn time(&self, doc: DocId) -> Option<i64> {
        self.time.as_ref().and_then(|time| time.first(doc))
    }

    /// The place in the session.
    pub(crate) fn seq(&self, doc: DocId) -> u32 {
        let seq = self.seq.as_ref().and_then(|seq| seq.first(doc));
        // Places are whole numbers that a float holds exactly.
        seq.unwrap_or_default() as u32
    }

    /// The number of a command's session in the segment, which nothing but a command has; numbers are in the order of
    /// the ids.
    pub(crate) fn session(&self, doc: DocId) -> Option<u64> {
        self.sessions.as_ref().and_then(|sessions| sessions.ords().first(doc))
    }

    /// The id of the session with this number.
    pub(crate) fn name(&self, session: u64) -> std::io::Result<String> {
        let mut name = String::new();
        if let Some(sessions) = &self.sessions {
            sessions.ord_to_str(session, &mut name)?;
        }
        Ok(name)
    }
}
