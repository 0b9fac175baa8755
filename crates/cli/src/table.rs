//! Tables that fit the terminal without breaking a word: what has no room in a row stands beneath it, with its name.

use std::io::{self, Write};

use unicode_width::UnicodeWidthStr;
use whoran_report::safe;

/// Between two columns, in blanks.
const GAP: usize = 2;
/// How far what stands beneath a row is set in.
const INDENT: usize = 2;
/// So much room is enough for free text at the end of a row: what is longer runs on.
const ENOUGH: usize = 12;

/// What a table shows in one place: the whole text, and a shorter one for where that has no room.
#[derive(Debug, Clone)]
pub(crate) struct Cell {
    long: String,
    short: Option<String>,
    free: bool,
}

impl Cell {
    /// A text that can be shortened to `short`.
    pub(crate) fn with_short(long: &str, short: &str) -> Self {
        Self { short: Some(safe::line(short).into_owned()), ..Self::from(long) }
    }

    /// Free text, of any length.
    pub(crate) fn free(text: &str) -> Self {
        Self { free: true, ..Self::from(text) }
    }

    /// The whole text.
    pub(crate) fn long(&self) -> &str {
        &self.long
    }

    fn text(&self, short: bool) -> &str {
        self.short.as_deref().filter(|_| short).unwrap_or(&self.long)
    }
}

impl<T: AsRef<str>> From<T> for Cell {
    fn from(text: T) -> Self {
        Self { long: safe::line(text.as_ref()).into_owned(), short: None, free: false }
    }
}

/// Rows under a header; every cell is harmless to a terminal.
#[derive(Debug)]
pub(crate) struct Table {
    header: &'static [&'static str],
    rows: Vec<Vec<Cell>>,
}

/// How a table is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Layout {
    /// How many columns stand in the row.
    columns: usize,
    /// Whether cells are shortened.
    short: bool,
}

impl Table {
    pub(crate) fn new(header: &'static [&'static str], rows: Vec<Vec<Cell>>) -> Self {
        Self { header, rows }
    }

    /// Writes it for a terminal of `width` columns; a table without rows is nothing at all.
    pub(crate) fn write(&self, width: usize, out: &mut impl Write) -> io::Result<()> {
        if self.rows.is_empty() {
            return Ok(());
        }
        let layout = self.layout(width);
        let widths = self.widths(layout.short);
        let header: Vec<String> = self.header.iter().map(|name| name.to_uppercase()).collect();
        write_row(header[..layout.columns].iter().map(String::as_str), &widths, out)?;
        for row in &self.rows {
            let texts: Vec<&str> = row.iter().map(|cell| cell.text(layout.short)).collect();
            write_row(texts[..layout.columns].iter().copied(), &widths, out)?;
            let beneath = self.header.iter().zip(&texts).skip(layout.columns);
            let beneath = beneath.filter(|(_, text)| !text.is_empty());
            flow(beneath.map(|(name, text)| format!("{name} {text}")), width, out)?;
        }
        Ok(())
    }

    /// As many columns in the row as there is room for, at their full length where that costs no column.
    fn layout(&self, width: usize) -> Layout {
        let fits = |Layout { columns, short }: &Layout| {
            let (widths, at) = (self.widths(*short), columns - 1);
            let is_free = self.rows.iter().any(|row| row[at].free);
            let last = if is_free { widths[at].min(ENOUGH) } else { widths[at] };
            widths[..at].iter().map(|w| w + GAP).sum::<usize>() + last <= width
        };
        let forms = [false, true];
        let all = (1..=self.header.len()).rev();
        all.flat_map(|columns| forms.map(|short| Layout { columns, short }))
            .find(fits)
            .unwrap_or(Layout { columns: 1, short: true })
    }

    fn widths(&self, short: bool) -> Vec<usize> {
        let widest = |at: usize| self.rows.iter().map(|row| row[at].text(short).width()).max();
        self.header.iter().enumerate().map(|(at, name)| widest(at).unwrap_or(0).max(name.width())).collect()
    }
}

fn write_row<'a>(
    cells: impl Iterator<Item = &'a str>,
    widths: &[usize],
    out: &mut impl Write,
) -> io::Result<()> {
    let mut line = String::new();
    let mut end = 0;
    for (text, width) in cells.zip(widths) {
        // Blanks are owed to a cell by the next one, so that none trail.
        line.extend(std::iter::repeat_n(' ', end - line.width().min(end)));
        line.push_str(text);
        end += width + GAP;
    }
    writeln!(out, "{}", line.trim_end())
}

/// Writes parts side by side, set in, and begins a line where the next one has no room.
fn flow(parts: impl Iterator<Item = String>, width: usize, out: &mut impl Write) -> io::Result<()> {
    let mut line = String::new();
    for part in parts {
        if !line.is_empty() && INDENT + line.width() + GAP + part.width() > width {
            writeln!(out, "{:INDENT$}{line}", "")?;
            line.clear();
        }
        if !line.is_empty() {
            line.push_str("  ");
        }
        line.push_str(&part);
    }
    if line.is_empty() { Ok(()) } else { writeln!(out, "{:INDENT$}{line}", "") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(width: usize) -> String {
        let identity = Cell::with_short("arn:aws:iam::111122223333:user/alice", "user/alice (111122223333)");
        let rows = vec![
            vec![
                identity.clone(),
                "root".into(),
                Cell::free("ls -l /a/long/path/that/runs/on\nand on"),
                "b.log:1-2".into(),
            ],
            vec![identity, "ü".into(), Cell::free("id"), "c.log:3-4".into()],
        ];
        let mut out = Vec::new();
        Table::new(&["identity", "os user", "command", "evidence"], rows).write(width, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn with_room_for_all_nothing_is_shortened() {
        insta::assert_snapshot!(shown(120), @r"
        IDENTITY                              OS USER  COMMAND                                  EVIDENCE
        arn:aws:iam::111122223333:user/alice  root     ls -l /a/long/path/that/runs/on\nand on  b.log:1-2
        arn:aws:iam::111122223333:user/alice  ü        id                                       c.log:3-4
        ");
    }

    #[test]
    fn names_are_shortened_before_a_column_goes() {
        insta::assert_snapshot!(shown(86), @r"
        IDENTITY                   OS USER  COMMAND                                  EVIDENCE
        user/alice (111122223333)  root     ls -l /a/long/path/that/runs/on\nand on  b.log:1-2
        user/alice (111122223333)  ü        id                                       c.log:3-4
        ");
    }

    #[test]
    fn what_has_no_room_stands_beneath_with_its_name() {
        insta::assert_snapshot!(shown(58), @r"
        IDENTITY                   OS USER  COMMAND
        user/alice (111122223333)  root     ls -l /a/long/path/that/runs/on\nand on
          evidence b.log:1-2
        user/alice (111122223333)  ü        id
          evidence c.log:3-4
        ");
        insta::assert_snapshot!(shown(1), @r"
        IDENTITY
        user/alice (111122223333)
          os user root
          command ls -l /a/long/path/that/runs/on\nand on
          evidence b.log:1-2
        user/alice (111122223333)
          os user ü
          command id
          evidence c.log:3-4
        ");
    }

    #[test]
    fn no_rows_are_no_table() {
        let mut out = Vec::new();
        Table::new(&["a", "b"], Vec::new()).write(80, &mut out).unwrap();
        assert_eq!(out, b"");
    }
}
