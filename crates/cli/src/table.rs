//! Tables that fit the terminal without breaking a word: what has no room in a row stands beneath it, with its name.

use std::io::{self, Write};
use std::ops::Range;

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
    /// Parts of the long text that were looked for, in order.
    marks: Vec<Range<usize>>,
}

/// What a terminal does on the way: header lines are bold, marks are bold and red, both in the terminal's own colours.
const HEADER: &str = "\x1b[1m";
const MARK: &str = "\x1b[1;31m";
const PLAIN: &str = "\x1b[0m";

impl Cell {
    /// A text that can be shortened to `short`.
    pub(crate) fn with_short(long: &str, short: &str) -> Self {
        Self { short: Some(safe::line(short).into_owned()), ..Self::from(long) }
    }

    /// Free text, of any length.
    pub(crate) fn free(text: &str) -> Self {
        Self { free: true, ..Self::from(text) }
    }

    /// Free text with parts of it marked: byte ranges, in order and apart.
    pub(crate) fn marked(text: &str, marks: &[Range<usize>]) -> Self {
        let mut cell = Self::free("");
        let mut end = 0;
        for mark in marks {
            // What does not fit the text is no mark of it.
            let Some((before, part)) = text.get(end..mark.start).zip(text.get(mark.clone())) else {
                continue;
            };
            cell.long.push_str(&safe::line(before));
            let start = cell.long.len();
            cell.long.push_str(&safe::line(part));
            cell.marks.push(start..cell.long.len());
            end = mark.end;
        }
        cell.long.push_str(&safe::line(text.get(end..).unwrap_or_default()));
        cell
    }

    /// The text as it goes to a terminal, with its marks where those are in it.
    fn painted(&self, short: bool, color: bool) -> String {
        let text = self.text(short);
        if !color || self.marks.is_empty() || short && self.short.is_some() {
            return text.to_owned();
        }
        let mut out = String::with_capacity(text.len() + 16);
        let mut end = 0;
        for mark in &self.marks {
            out.push_str(&text[end..mark.start]);
            out.extend([MARK, &text[mark.clone()], PLAIN]);
            end = mark.end;
        }
        out + &text[end..]
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
        Self { long: safe::line(text.as_ref()).into_owned(), short: None, free: false, marks: Vec::new() }
    }
}

/// Rows under a header; every cell is harmless to a terminal. A row without cells is a break between groups of rows.
#[derive(Debug)]
pub(crate) struct Table {
    header: &'static [&'static str],
    rows: Vec<Vec<Cell>>,
    /// The column that stays in the row when others before it have to go.
    kept: Option<usize>,
}

/// What was done or found says most: names and ids before it give it room, but for the first column.
const KEPT: [&str; 4] = ["command", "message", "verdict", "start"];

/// How a table is laid out.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Layout {
    /// The columns that stand in the row.
    columns: Vec<usize>,
    /// Whether cells are shortened.
    short: bool,
}

impl Table {
    pub(crate) fn new(header: &'static [&'static str], rows: Vec<Vec<Cell>>) -> Self {
        Self { header, rows, kept: header.iter().position(|column| KEPT.contains(column)) }
    }

    /// Writes it for a terminal of `width` columns; a table without rows is nothing at all.
    pub(crate) fn write(&self, width: usize, color: bool, out: &mut impl Write) -> io::Result<()> {
        if self.rows.is_empty() {
            return Ok(());
        }
        let Layout { columns, short } = self.layout(width);
        let all = self.widths(short);
        let widths: Vec<usize> = columns.iter().map(|at| all[*at]).collect();
        let header = columns.iter().map(|at| {
            let name = self.header[*at].to_uppercase();
            let painted =
                if color && !name.is_empty() { format!("{HEADER}{name}{PLAIN}") } else { name.clone() };
            (name.width(), painted)
        });
        write_row(header, &widths, out)?;
        for row in &self.rows {
            if row.is_empty() {
                writeln!(out, "--")?;
                continue;
            }
            let painted = |cell: &Cell| (cell.text(short).width(), cell.painted(short, color));
            write_row(columns.iter().filter_map(|at| row.get(*at)).map(painted), &widths, out)?;
            let beneath = self.header.iter().zip(row).enumerate().filter(|(at, _)| !columns.contains(at));
            // In a row a dash keeps the place; here it would say nothing.
            let beneath = beneath.filter(|(_, (_, cell))| !matches!(cell.text(short), "" | "-"));
            let beneath = beneath.map(|(_, (name, cell))| {
                let short = short || INDENT + name.width() + 1 + cell.long.width() > width;
                let (wide, text) = (cell.text(short).width(), cell.painted(short, color));
                (name.width() + 1 + wide, format!("{name} {text}"))
            });
            flow(beneath, width, out)?;
        }
        Ok(())
    }

    /// As many columns in the row as there is room for, at their full length where that costs no column.
    fn layout(&self, width: usize) -> Layout {
        let fits = |Layout { columns, short }: &Layout| {
            let widths = self.widths(*short);
            let Some((last, before)) = columns.split_last() else { return false };
            let is_free = self.rows.iter().any(|row| row.get(*last).is_some_and(|cell| cell.free));
            let last = if is_free { widths[*last].min(ENOUGH) } else { widths[*last] };
            before.iter().map(|at| widths[*at] + GAP).sum::<usize>() + last <= width
        };
        let first = |n: usize| match self.kept {
            Some(kept) if (2..=kept).contains(&n) => (0..n - 1).chain([kept]).collect(),
            _ => (0..n).collect::<Vec<_>>(),
        };
        let all = (1..=self.header.len()).rev();
        all.flat_map(|n| [false, true].map(|short| Layout { columns: first(n), short }))
            .find(fits)
            .unwrap_or(Layout { columns: vec![0], short: true })
    }

    fn widths(&self, short: bool) -> Vec<usize> {
        let widest =
            |at: usize| self.rows.iter().filter_map(|row| Some(row.get(at)?.text(short).width())).max();
        self.header.iter().enumerate().map(|(at, name)| widest(at).unwrap_or(0).max(name.width())).collect()
    }
}

/// Writes cells, each with its width, side by side.
fn write_row(
    cells: impl Iterator<Item = (usize, String)>,
    widths: &[usize],
    out: &mut impl Write,
) -> io::Result<()> {
    let mut line = String::new();
    // Columns used, and where the next cell begins.
    let (mut used, mut end) = (0, 0);
    for ((wide, text), width) in cells.zip(widths) {
        if wide > 0 {
            // Blanks are owed to a cell by the next one, so that none trail.
            line.extend(std::iter::repeat_n(' ', end - used));
            line.push_str(&text);
            used = end + wide;
        }
        end += width + GAP;
    }
    writeln!(out, "{}", line.trim_end())
}

/// Writes parts, each with its width, side by side, set in, and begins a line where the next one has no room.
fn flow(parts: impl Iterator<Item = (usize, String)>, width: usize, out: &mut impl Write) -> io::Result<()> {
    let mut line = String::new();
    let mut used = INDENT;
    for (wide, part) in parts {
        if !line.is_empty() && used + GAP + wide > width {
            writeln!(out, "{:INDENT$}{line}", "")?;
            line.clear();
            used = INDENT;
        }
        if !line.is_empty() {
            line.push_str("  ");
            used += GAP;
        }
        line.push_str(&part);
        used += wide;
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
        Table::new(&["identity", "os user", "command", "evidence"], rows)
            .write(width, false, &mut out)
            .unwrap();
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
    fn a_column_that_is_kept_stays_in_the_row_before_earlier_ones() {
        let row = |command: &str| {
            vec!["2026-03-01".into(), "user/alice".into(), "root".into(), Cell::free(command), "a:1".into()]
        };
        let shown = |width| {
            let rows = vec![row("rm -rf /var/tmp/x"), row("id")];
            let table = Table::new(&["time", "identity", "os user", "command", "evidence"], rows);
            let mut out = Vec::new();
            table.write(width, false, &mut out).unwrap();
            String::from_utf8(out).unwrap()
        };
        insta::assert_snapshot!(shown(40), @r"
        TIME        IDENTITY    COMMAND
        2026-03-01  user/alice  rm -rf /var/tmp/x
          os user root  evidence a:1
        2026-03-01  user/alice  id
          os user root  evidence a:1
        ");
        insta::assert_snapshot!(shown(30), @r"
        TIME        COMMAND
        2026-03-01  rm -rf /var/tmp/x
          identity user/alice
          os user root  evidence a:1
        2026-03-01  id
          identity user/alice
          os user root  evidence a:1
        ");
    }

    #[test]
    fn no_rows_are_no_table() {
        let mut out = Vec::new();
        Table::new(&["a", "b"], Vec::new()).write(80, false, &mut out).unwrap();
        assert_eq!(out, b"");
    }

    #[test]
    fn marks_are_coloured_and_take_no_room() {
        let row = |text: &str, marks: &[Range<usize>]| vec![Cell::marked(text, marks), "x".into()];
        let rows = vec![row("a\x1bb rm rm", &[1..3, 4..6, 70..80]), Vec::new(), row("id", &[])];
        let table = Table::new(&["command", "y"], rows);
        let shown = |color| {
            let mut out = Vec::new();
            table.write(80, color, &mut out).unwrap();
            String::from_utf8(out).unwrap()
        };
        assert_eq!(shown(false), "COMMAND       Y\na\\x1bb rm rm  x\n--\nid            x\n");
        let painted = shown(true);
        assert!(painted.contains("a\x1b[1;31m\\x1bb\x1b[0m \x1b[1;31mrm\x1b[0m rm  x"), "{painted:?}");
        let plain = painted.replace(HEADER, "").replace(MARK, "").replace(PLAIN, "");
        assert_eq!(plain, shown(false));
    }
}
