//! Tables: rows of one kind, cut where they are many, with how many there are and why there are none.

use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Serialize, Serializer};
use serde_json::Value;

use super::{TableKind, map_value};
use crate::wire;

/// A row of a table of one kind. Its keys are those of the table's columns, and may be more.
pub trait TableRow: Serialize {
    /// The table it belongs to.
    const TABLE: TableKind;
}

impl<R: TableRow> TableRow for &R {
    const TABLE: TableKind = R::TABLE;
}

/// What the values of a column are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A text.
    Text,
    /// Who or what somebody or something is; unknown where it is null.
    Name,
    /// An ARN, an id or a name of a log: no words.
    Id,
    /// A command line.
    Code,
    /// One of a few words that say how something stands.
    Word,
    /// A whole number.
    Count,
    /// A number from 0 to 1.
    Share,
    /// A point in time: RFC 3339, UTC.
    Time,
    /// Yes or no.
    Truth,
    /// Places in logs.
    Evidence,
    /// Several ids.
    Ids,
    /// Several texts.
    Texts,
    /// Several sections.
    Sections,
}

/// Where a column stands for a reader; JSON and CSV have all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stand {
    /// In a column of its own.
    Main,
    /// Small, beneath the value of the column before it.
    With,
    /// Beneath the row.
    Below,
}

/// A column.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// Its key in JSON and CSV.
    pub key: &'static str,
    /// What a reader sees above it; empty where the values speak for themselves.
    pub heading: &'static str,
    /// What its values are.
    pub form: Form,
    /// Where it stands.
    pub stand: Stand,
}

/// A table.
#[derive(Debug, Clone)]
pub struct Table {
    /// Which.
    pub kind: TableKind,
    /// Its rows, in the order of the columns.
    pub rows: Vec<Vec<Value>>,
    /// How many rows it would have if it were not cut.
    pub total: u64,
    /// Why it has no rows, where it has none.
    pub empty: Option<String>,
    /// The command line that gives all of it, where it is cut.
    pub whole: Option<String>,
}

impl Table {
    /// A table of these rows, at most `limit` of them. `why_empty` is said where there are none.
    pub fn of<R: TableRow>(
        rows: impl IntoIterator<Item = R>,
        limit: usize,
        why_empty: impl Into<String>,
    ) -> Self {
        Self::of_kind(R::TABLE, rows, limit, why_empty)
    }

    /// The same for rows that tables of several kinds are made of.
    pub fn of_kind<R: Serialize>(
        kind: TableKind,
        rows: impl IntoIterator<Item = R>,
        limit: usize,
        why_empty: impl Into<String>,
    ) -> Self {
        let mut table = Self { kind, rows: Vec::new(), total: 0, empty: None, whole: None };
        let columns = kind.columns();
        for row in rows {
            table.total += 1;
            if table.rows.len() < limit {
                let mut row = value(&row);
                table.rows.push(columns.iter().map(|column| row[column.key].take()).collect());
            }
        }
        if table.total == 0 {
            table.empty = Some(why_empty.into());
        }
        table
    }

    /// Of rows that were cut before: how many there would be.
    #[must_use]
    pub fn of_total(mut self, total: u64) -> Self {
        self.total = self.total.max(total);
        self
    }

    /// The command line that gives all of it.
    #[must_use]
    pub fn whole(mut self, command: impl Into<String>) -> Self {
        self.whole = Some(command.into());
        self
    }

    /// How to get all of it, where it is cut.
    pub fn rest(&self) -> Option<String> {
        let again = || format!("the same report with --limit {}", self.total);
        self.is_cut().then(|| self.whole.clone().unwrap_or_else(again))
    }

    /// Whether rows were left out.
    pub fn is_cut(&self) -> bool {
        (self.rows.len() as u64) < self.total
    }

    pub(super) fn map_texts(&mut self, map: &mut dyn FnMut(&mut String)) {
        self.empty.iter_mut().chain(&mut self.whole).for_each(&mut *map);
        self.rows.iter_mut().flatten().for_each(|value| map_value(value, map));
    }
}

/// A row of texts, numbers and lists of them, which can always be written. By way of the text, so that a number is the same
/// here as in other JSON of ours.
fn value(row: &impl Serialize) -> Value {
    let mut text = Vec::new();
    let written = wire::write(&mut text, row).is_ok();
    serde_json::from_slice(&text).ok().filter(|_| written).unwrap_or_default()
}

/// One row, as an object with the columns' keys in their order.
pub(crate) struct Keyed<'a>(pub(crate) &'a [Column], pub(crate) &'a [Value]);

impl Serialize for Keyed<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (column, value) in self.0.iter().zip(self.1) {
            map.serialize_entry(column.key, value)?;
        }
        map.end()
    }
}

struct Rows<'a>(&'a Table);

impl Serialize for Rows<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(table) = self;
        let mut rows = serializer.serialize_seq(Some(table.rows.len()))?;
        for row in &table.rows {
            rows.serialize_element(&Keyed(table.kind.columns(), row))?;
        }
        rows.end()
    }
}

impl Serialize for Table {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("table", self.kind.code())?;
        map.serialize_entry("title", self.kind.title())?;
        map.serialize_entry("shown", &self.rows.len())?;
        map.serialize_entry("total", &self.total)?;
        map.serialize_entry("empty", &self.empty)?;
        map.serialize_entry("whole", &self.rest())?;
        map.serialize_entry("rows", &Rows(self))?;
        map.end()
    }
}
