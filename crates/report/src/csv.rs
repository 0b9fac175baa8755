//! Commands and other rows as CSV (RFC 4180), for spreadsheets.
//!
//! The columns are keys of the wire. A cell that a spreadsheet would take for a formula gets a leading `'`, and
//! nulls are empty cells; a list is written as JSON. Who needs every byte takes the JSON.

use std::io;

use serde::Serialize;
use serde_json::Value;
use whoran_model::CommandRecord;

use crate::document::Table;
use crate::rows::Row;
use crate::{safe, wire};

/// Writes commands as rows.
#[derive(Debug)]
pub struct Writer<W: io::Write> {
    out: csv::Writer<W>,
    columns: Vec<&'static str>,
}

impl<W: io::Write> Writer<W> {
    /// Writes rows of these columns, named as in the wire.
    pub fn rows(out: W, columns: Vec<&'static str>) -> Self {
        Self { out: csv::Writer::from_writer(out), columns }
    }

    /// Writes the line that names the columns.
    ///
    /// # Errors
    ///
    /// Those of the writer below.
    pub fn header(&mut self) -> io::Result<()> {
        self.out.write_record(&self.columns).map_err(plain)
    }

    /// Writes one row.
    ///
    /// # Errors
    ///
    /// Those of the writer below.
    pub fn write(&mut self, record: &CommandRecord) -> io::Result<()> {
        self.row(&wire::Command::from(record))
    }

    /// Writes one row that has these columns as keys.
    ///
    /// # Errors
    ///
    /// Those of the writer below.
    pub fn row(&mut self, row: &impl Serialize) -> io::Result<()> {
        // By way of the text, so that a number is written here as it is there.
        let mut text = Vec::new();
        wire::write(&mut text, row)?;
        let row: Value = serde_json::from_slice(&text)?;
        let cells = self.columns.iter().map(|&column| cell(&row[column]));
        self.out.write_record(cells).map_err(plain)
    }

    /// Writes what is still held back.
    ///
    /// # Errors
    ///
    /// Those of the writer below.
    pub fn finish(mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// The error of the writer below, which says whether anybody still reads.
fn plain(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}

/// Writes rows with the line that names their columns.
///
/// # Errors
///
/// Those of `out`.
pub fn write<R: Row>(out: impl io::Write, rows: impl IntoIterator<Item = R>) -> io::Result<()> {
    let mut writer = Writer::rows(out, R::COLUMNS.to_vec());
    writer.header()?;
    rows.into_iter().try_for_each(|row| writer.row(&row))?;
    writer.finish()
}

/// Writes a table of a report, as far as it goes, with the line that names its columns.
///
/// # Errors
///
/// Those of `out`.
pub fn table(out: impl io::Write, table: &Table) -> io::Result<()> {
    let mut out = csv::Writer::from_writer(out);
    out.write_record(table.kind.columns().iter().map(|column| column.key)).map_err(plain)?;
    for row in &table.rows {
        out.write_record(row.iter().map(cell)).map_err(plain)?;
    }
    out.flush()
}

fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => inert(text),
        other => other.to_string(),
    }
}

/// A cell that neither a terminal nor a spreadsheet acts on.
fn inert(text: &str) -> String {
    let text = safe::block(text);
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']);
    if formula || text.starts_with("\\r") { format!("'{text}") } else { text.into_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::tests::record;

    fn table(columns: &[&'static str], records: &[CommandRecord]) -> String {
        let mut out = Vec::new();
        let mut writer = Writer::rows(&mut out, columns.to_vec());
        writer.header().unwrap();
        for record in records {
            writer.write(record).unwrap();
        }
        writer.finish().unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_row_has_the_columns_asked_for() {
        let table = table(&["session_id", "seq", "cwd", "command", "confidence", "evidence"], &[record()]);
        assert_eq!(
            table,
            "session_id,seq,cwd,command,confidence,evidence\n\
             alice-0e34861185201706f,3,,\"echo \"\"hi\"\"\",0.95,\"[{\"\"end\"\":42,\"\"log\"\":\"\"logs/a.json\"\",\"\"start\"\":10}]\"\n"
        );
    }

    #[test]
    fn no_cell_is_a_formula() {
        for text in ["=1+1", "+1", "-rf", "@SUM(A1)", "\t=1", "\r=1", "\n=1"] {
            let mut hostile = record();
            hostile.command.command = text.into();
            let table = table(&["command"], &[hostile]);
            let cell = table.strip_prefix("command\n").unwrap().trim_start_matches('"');
            assert!(cell.starts_with('\''), "{text:?} became {cell:?}");
        }
    }

    #[test]
    fn no_cell_acts_on_a_terminal() {
        let mut hostile = record();
        hostile.command.output = "\x1b]0;x\x07\u{202e}".into();
        assert_eq!(table(&["output"], &[hostile]), "output\n\\x1b]0;x\\x07\\u{202e}\n");
    }
}
