//! How often each value of a field is among what meets a query.

use std::collections::HashMap;

use tantivy::collector::{Collector, SegmentCollector};
use tantivy::columnar::{ColumnIndex, StrColumn};
use tantivy::{DocId, Score, SegmentOrdinal, SegmentReader, Term};
use whoran_model::SessionId;

use crate::document::Kind;
use crate::error::Result;
use crate::fields::Field;
use crate::query::{Expr, Query};
use crate::reader::Index;
use crate::schema::{SESSION_COLUMN, column};
use crate::search::SearchOptions;

/// Values of a field with the number of commands that have each.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    /// Commands that meet the query.
    pub total: u64,
    /// Those of them without a value.
    pub unknown: u64,
    /// In no order. A command with several values counts for each.
    pub values: HashMap<String, u64>,
}

impl Index {
    /// Counts the values of a field in the commands that meet a query. Nothing where the field is not one that can be
    /// counted. The limit and the order are of no account.
    ///
    /// # Errors
    /// The index cannot be read.
    pub fn count(&self, query: &Query, options: &SearchOptions, field: &Field) -> Result<Option<Counts>> {
        if !field.is_counted() {
            return Ok(None);
        }
        self.count_column(query, options, &column(field)).map(Some)
    }

    /// How many commands of each session meet a query.
    ///
    /// # Errors
    /// The index cannot be read.
    pub fn count_by_session(
        &self,
        query: &Query,
        options: &SearchOptions,
    ) -> Result<HashMap<SessionId, u64>> {
        let Counts { values, .. } = self.count_column(query, options, SESSION_COLUMN)?;
        Ok(values.into_iter().filter_map(|(id, count)| Some((id.parse().ok()?, count))).collect())
    }

    fn count_column(&self, query: &Query, options: &SearchOptions, column: &str) -> Result<Counts> {
        if *query.expr() == Expr::All && (options.since, options.until) == (None, None) {
            let whole = self.count_whole_columns(column).map_err(|source| self.fail(source))?;
            if let Some(counts) = whole {
                return Ok(counts);
            }
        }
        let query = self.condition(query, options)?;
        let counting = Counting { column: column.to_owned() };
        self.searcher().search(&query, &counting).map_err(|source| self.fail(source))
    }

    /// The values of all commands, from end to end, without asking for them command by command: no other kind of
    /// document has such columns. Nothing where a document was deleted, whose values are still there, or has several.
    fn count_whole_columns(&self, name: &str) -> tantivy::Result<Option<Counts>> {
        let command = Term::from_field_text(self.schema().doc, Kind::Command.name());
        let mut parts = Vec::new();
        for segment in self.searcher().segment_readers() {
            if segment.has_deletes() {
                return Ok(None);
            }
            let total = u64::from(segment.inverted_index(command.field())?.doc_freq(&command)?);
            let column = segment.fast_fields().str(name)?;
            let mut counts = vec![0; column.as_ref().map_or(0, |column| column.num_terms())];
            let mut known = 0;
            if let Some(column) = &column {
                let ords = column.ords();
                if matches!(ords.index, ColumnIndex::Multivalued(_)) {
                    return Ok(None);
                }
                known = u64::from(ords.values.num_vals());
                let mut values = [0; 512];
                for start in (0..known).step_by(values.len()) {
                    let values = &mut values[..(known - start).min(512) as usize];
                    ords.values.get_range(start, values);
                    for value in values {
                        if let Some(count) = counts.get_mut(*value as usize) {
                            *count += 1;
                        }
                    }
                }
            }
            parts
                .push(SegmentCounting { column, total, unknown: total - known.min(total), counts }.harvest());
        }
        merged(parts).map(Some)
    }
}

struct Counting {
    column: String,
}

struct SegmentCounting {
    column: Option<StrColumn>,
    total: u64,
    unknown: u64,
    /// By the number of the value in the segment.
    counts: Vec<u64>,
}

impl Collector for Counting {
    type Fruit = Counts;
    type Child = SegmentCounting;

    fn for_segment(&self, _: SegmentOrdinal, reader: &SegmentReader) -> tantivy::Result<SegmentCounting> {
        let column = reader.fast_fields().str(&self.column)?;
        let counts = vec![0; column.as_ref().map_or(0, |column| column.num_terms())];
        Ok(SegmentCounting { column, total: 0, unknown: 0, counts })
    }

    fn requires_scoring(&self) -> bool {
        false
    }

    fn merge_fruits(&self, parts: Vec<tantivy::Result<Counts>>) -> tantivy::Result<Counts> {
        merged(parts)
    }
}

fn merged(parts: Vec<tantivy::Result<Counts>>) -> tantivy::Result<Counts> {
    let mut all = Counts::default();
    for part in parts {
        let Counts { total, unknown, values } = part?;
        all.total += total;
        all.unknown += unknown;
        for (value, count) in values {
            *all.values.entry(value).or_default() += count;
        }
    }
    Ok(all)
}

impl SegmentCollector for SegmentCounting {
    type Fruit = tantivy::Result<Counts>;

    fn collect(&mut self, doc: DocId, _score: Score) {
        self.total += 1;
        let mut any = false;
        if let Some(column) = &self.column {
            for value in column.ords().values_for_doc(doc) {
                any = true;
                if let Some(count) = self.counts.get_mut(value as usize) {
                    *count += 1;
                }
            }
        }
        self.unknown += u64::from(!any);
    }

    fn harvest(self) -> tantivy::Result<Counts> {
        let mut values = HashMap::new();
        if let Some(column) = &self.column {
            for (value, count) in (0u64..).zip(self.counts).filter(|(_, count)| *count > 0) {
                let mut text = String::new();
                column.ord_to_str(value, &mut text)?;
                values.insert(text, count);
            }
        }
        Ok(Counts { total: self.total, unknown: self.unknown, values })
    }
}
