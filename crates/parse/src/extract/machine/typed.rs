//! What was typed in fish behind the edge of the terminal, read key by key. In a streaming copy each key is a line of its
//! own there, of which fish says the column; lines without a sequence were stripped of it, and show one key, or what fish
//! suggested.

use super::fish::Told;
use super::lossy::without_sequences;
use super::*;

/// The colour of what fish suggests.
const SUGGESTED: &str = "38;5;240";
/// What fish writes before the blanks that fill its row for a missing line end: they tell the width.
const SIGN: &[u8] = "\u{23ce}\x1b(B\x1b[m".as_bytes();
/// What it writes behind them.
const SIGNED: &str = "\u{23ce} \u{1b}[K";
const UP: &str = "\u{1b}[A";
const MOST_ROWS: usize = 16;

/// Rows that are written by column.
struct Rows {
    width: usize,
    cells: Vec<Vec<char>>,
    row: usize,
    col: usize,
    /// Where the cursor was left, what was suggested taken off.
    end: (usize, usize),
}

impl Rows {
    /// What an editor wrote behind the upper lines of its prompt.
    fn read(own: &str, width: usize) -> Self {
        let mut rows = Self { width, cells: Vec::new(), row: 0, col: 0, end: (0, 0) };
        // upper lines of the prompt end in an erasure
        let mut lines = own.split('\n').skip_while(|line| line.ends_with("\u{1b}[K"));
        rows.write(lines.next().unwrap_or_default());
        let lines: Vec<&str> = lines.filter(|line| !line.is_empty()).collect();
        for (i, line) in lines.iter().enumerate() {
            let cursor = rows.end;
            let mut chars = line.chars();
            if line.contains('\u{1b}') {
                (rows.row, rows.col) = (rows.row_of(line), 0);
                if rows.lists(line) {
                    continue;
                }
                rows.write(line);
                if rows.row < cursor.0 && !line.ends_with(UP) && i + 1 < lines.len() {
                    rows.end = cursor;
                }
            } else if let (Some(key), None) = (chars.next().filter(|c| !c.is_control()), chars.next()) {
                // stripped, it stands where the cursor was left, or before where the next line goes on
                (rows.row, rows.col) = rows.key_before(&lines[i + 1..]).unwrap_or(cursor);
                // a blank takes no letter's place
                if key != ' ' || rows.is_free() {
                    rows.put(key, true);
                }
            } else if let Some(place) = rows.again_before(line, &lines[i + 1..]) {
                (rows.row, rows.col) = place;
                line.chars().for_each(|c| rows.put(c, true));
            }
        }
        let (row, col) = rows.end;
        // what stands on rows below the cursor was not typed last
        if row + 1 >= rows.cells.len()
            && let Some(cells) = rows.cells.get_mut(row)
        {
            cells.truncate(col);
        }
        rows
    }

    /// Where a key was written behind which `lines` stand.
    fn key_before(&self, lines: &[&str]) -> Option<(usize, usize)> {
        let kept = lines.iter().position(|line| line.contains('\u{1b}'))?;
        // what is suggested steps back nowhere
        let drawn = lines[..kept].iter().filter(|line| line.contains('\u{8}') || line.chars().count() == 1);
        let forth = drawn.map(|line| line.chars().filter(|c| !c.is_control()).count()).sum::<usize>();
        let back = lines[..kept].iter().map(|line| line.matches('\u{8}').count()).sum::<usize>();
        let steps = lines[kept].strip_prefix("\u{1b}[")?;
        let (n, _) = steps.split_once('C')?;
        let n = if n.is_empty() { 1 } else { n.parse().ok()? };
        let col = (n + back).checked_sub(forth + 1)?;
        (col > 1).then_some((self.row_of(lines[kept]), col))
    }

    /// Where a stripped line was written behind which `lines` stand, if it shows once more what stands there, in other
    /// letters than what was suggested, and one key.
    fn again_before(&self, line: &str, lines: &[&str]) -> Option<(usize, usize)> {
        const LONGEST: usize = 64;
        let count = line.chars().count();
        if !(2..LONGEST).contains(&count) || line.contains(char::is_control) {
            return None;
        }
        let (row, last) = self.key_before(lines)?;
        let first = (last + 1).checked_sub(count)?;
        let cells = self.cells.get(row)?.get(first..last)?;
        let same = cells.iter().zip(line.chars()).all(|(a, b)| a.eq_ignore_ascii_case(&b));
        same.then_some((row, first))
    }

    /// Whether a line lists completions below: further lines of a command are indented.
    fn lists(&self, line: &str) -> bool {
        let full = |row: usize| self.cells.get(row).is_some_and(|cells| cells.len() >= self.width);
        let below = !line.contains(UP) && self.end.1 > 0 || !full(self.row.saturating_sub(1));
        below && !behind_colours(line).starts_with(['\u{8}', '\u{1b}'])
    }

    /// The row on which a line begins that was kept: from where it ends it goes up to the first.
    fn row_of(&self, line: &str) -> usize {
        match line.matches(UP).count() {
            0 => self.end.0 + usize::from(self.end.1 >= self.width),
            ups => {
                let mut down = Self { width: self.width, cells: Vec::new(), row: ups, col: 0, end: (0, 0) };
                down.write(line);
                ups.saturating_sub(down.row)
            }
        }
    }

    /// The line without `lead` columns of prompt: a row that is full goes on in the next, which is indented otherwise.
    fn line(&self, lead: usize) -> String {
        let mut text = String::new();
        for (i, cells) in self.cells.iter().enumerate() {
            let row: String = cells.iter().skip(if i == 0 { lead } else { 0 }).collect();
            if i == 0 || self.cells[i - 1].len() >= self.width {
                text.push_str(&row);
            } else {
                text.truncate(text.trim_end().len());
                text.push('\n');
                text.push_str(row.trim_start());
            }
        }
        text.truncate(text.trim_end().len());
        text
    }

    fn put(&mut self, c: char, counts: bool) {
        if self.col >= self.width {
            (self.row, self.col) = (self.row + 1, 0);
        }
        if counts && self.row < MOST_ROWS {
            if self.cells.len() <= self.row {
                self.cells.resize(self.row + 1, Vec::new());
            }
            let cells = &mut self.cells[self.row];
            if cells.len() <= self.col {
                cells.resize(self.col + 1, ' ');
            }
            cells[self.col] = c;
        }
        self.col += 1;
        if counts {
            self.end = (self.row, self.col);
        }
    }

    /// Whether nothing stands at the cursor.
    fn is_free(&self) -> bool {
        let cell = self.cells.get(self.row).and_then(|cells| cells.get(self.col));
        cell.is_none_or(|cell| *cell == ' ')
    }

    fn cut(&mut self, col: usize) {
        if let Some(cells) = self.cells.get_mut(self.row) {
            cells.truncate(col);
        }
    }

    /// Writes what stands between two line feeds.
    fn write(&mut self, line: &str) {
        let (mut suggested, mut wrote, mut stepped) = (false, false, false);
        let mut rest = line;
        while let Some(c) = rest.chars().next() {
            let Some(sequence) = rest.strip_prefix("\u{1b}[") else {
                rest = match rest.strip_prefix("\u{1b}(B") {
                    Some(behind) => behind,
                    None => {
                        match c {
                            '\u{8}' => self.col = self.col.saturating_sub(1),
                            c if c.is_control() => {}
                            c => {
                                self.put(c, !suggested);
                                (wrote, stepped) = (true, false);
                            }
                        }
                        &rest[c.len_utf8()..]
                    }
                };
                continue;
            };
            let Some(end) = sequence.find(|c: char| ('@'..='~').contains(&c)) else { return };
            let (params, action) = (&sequence[..end], &sequence[end..=end]);
            let n = params.parse().unwrap_or(1_usize).min(1 << 10);
            match action {
                // behind text a carriage return stood before it, and before another one that is no single step
                "C" => {
                    let returns = wrote || stepped && !params.is_empty();
                    self.col = if returns { n } else { self.col + n };
                    self.end = (self.row, self.col);
                    (wrote, stepped) = (false, true);
                }
                "D" => self.col = self.col.saturating_sub(n),
                "A" => {
                    self.row = self.row.saturating_sub(n);
                    stepped = false;
                }
                "K" => self.cut(self.col),
                "m" if params == SUGGESTED => suggested = true,
                "m" if params.is_empty() || params.starts_with(['3', '9']) => suggested = false,
                _ => {}
            }
            rest = &sequence[end + 1..];
        }
    }
}

/// What a line writes behind the colours that it begins with.
fn behind_colours(mut line: &str) -> &str {
    loop {
        let colour = |rest: &'_ str| {
            let end = rest.find(|c: char| !c.is_ascii_digit() && c != ';')?;
            rest[end..].starts_with('m').then_some(end + 1)
        };
        let Some(rest) = line.strip_prefix("\u{1b}(B").or_else(|| {
            let rest = line.strip_prefix("\u{1b}[")?;
            Some(&rest[colour(rest)?..])
        }) else {
            return line;
        };
        line = rest;
    }
}

/// What fish wrote without its right prompt, which it draws again for every key, between two steps to its column. Colours stay.
fn without_right(own: &str) -> Option<String> {
    const LONGEST: usize = 200;
    let first = own.match_indices("\u{1b}[K\u{1b}[").find_map(|(at, begins)| {
        let (column, behind) = own[at + begins.len()..].split_once('C')?;
        let digits = !column.is_empty() && column.bytes().all(|b| b.is_ascii_digit());
        let step = format!("\u{1b}[{column}C");
        let (right, _) = behind.split_once(step.as_str()).filter(|_| digits)?;
        let shown = without_sequences(right.as_bytes());
        (right.len() < LONGEST && !right.contains('\n') && !shown.trim().is_empty()).then_some((step, shown))
    });
    let (step, right) = first?;
    let mut out = String::with_capacity(own.len());
    let mut inside = false;
    for (i, part) in own.split(step.as_str()).enumerate() {
        let drawn = part.len() < LONGEST && without_sequences(part.as_bytes()) == right;
        if drawn {
            out.extend(part.split(right.as_str()));
        } else {
            if i > 0 && !inside {
                out.push_str(&step);
            }
            out.push_str(part);
        }
        inside = drawn;
    }
    let mut lines: Vec<&str> = Vec::new();
    let mut again = false;
    for line in out.split('\n') {
        // with it a key is drawn once more in another colour
        let key = again && line.chars().count() == 1 && lines.last() == Some(&line);
        again = line == right;
        if !again && !key {
            lines.push(line);
        }
    }
    Some(lines.join("\n"))
}

/// Whether all that a line runs is known to be commands.
pub(super) fn runs_commands(line: &str) -> bool {
    SimpleCommands::of(line).iter().all(|words| is_command(&words[0]))
}

impl Machine<'_> {
    /// What was typed in an editor of fish whose line goes on in further rows.
    pub(super) fn typed_by_key(&self, edit: &Edit, prompt: &str, told: &Told) -> Option<String> {
        const FAR: usize = 1 << 16;
        let before = &self.given.bytes[edit.span.start.saturating_sub(FAR)..edit.span.end];
        let after = &self.given.bytes[edit.span.end..self.given.bytes.len().min(edit.span.end + FAR)];
        let own = std::str::from_utf8(self.given.bytes.get(edit.mark_at..edit.span.end)?).ok()?;
        // behind the title that was set with the prompt, and behind a line that was given up
        let own = own.rsplit_once('\u{7}').map_or(own, |(_, own)| own);
        let own = own.rsplit_once(SIGNED).map_or(own, |(_, own)| own);
        let left = without_right(own);
        let own = left.as_deref().unwrap_or(own);
        // the terminal may be another one meanwhile
        let signs = [
            memmem::rfind(before, SIGN).map(|at| &before[at..]),
            memmem::find(after, SIGN).map(|at| &after[at..]),
        ];
        let widths = signs.into_iter().flatten();
        let widths = widths.map(|sign| sign[SIGN.len()..].iter().take_while(|b| **b == b' ').count() + 1);
        let read = widths.filter_map(|width| {
            let rows = Rows::read(own, width);
            let text = rows.line(columns(prompt));
            (rows.cells.len() > 1 && told.fits(&text) && is_complete(&text) && !text.contains("   "))
                .then_some(text)
        });
        let mut first = None;
        for text in read {
            if runs_commands(&text) {
                return Some(text);
            }
            first.get_or_insert(text);
        }
        first
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_behind_the_edge_stand_in_the_columns_that_fish_says() {
        let lines = [
            // what is suggested is not typed; the last letter goes over the edge
            "$ \u{1b}[K\u{1b}[2Cca\u{1b}[38;5;240mll x\u{1b}[4C\u{1b}(B\u{1b}[mt ~/a",
            "\u{1b}(B\u{1b}[m\u{1b}[A\u{1b}[8C/ap\u{1b}[A",
            "\u{1b}[C\u{1b}[C\u{1b}(B\u{1b}[m \u{1b}[A",
            "|",
            "\u{8}|",
            "\u{1b}[4C\u{1b}(B\u{1b}[m\u{1b}[36m \u{1b}[A",
            "w",
            "hoami ",
            "\u{1b}[6C\u{1b}(B\u{1b}[mc\u{1b}[A",
            "\u{1b}[7C\u{1b}(B\u{1b}[m",
        ];
        assert_eq!(Rows::read(&lines.join("\n"), 9).line(2), "cat ~//ap | wc");
    }

    #[test]
    fn further_rows_go_on_or_are_lines_of_their_own() {
        let typed = [
            "ops \u{1b}[K",
            "> \u{1b}[K\u{1b}[C\u{1b}[Cbegin\u{1b}[7C",
            "",
            "",
            "l",
            "\u{1b}[7C\u{1b}(B\u{1b}[ms\u{1b}[A",
            "\u{1b}[8C\u{1b}(B\u{1b}[m",
            "",
            "",
            "",
            "",
            "e",
            "",
            "\u{1b}[3C\u{1b}(B\u{1b}[mnd\u{1b}[A\u{1b}[A",
            "",
            "\u{1b}[5C\u{1b}(B\u{1b}[m",
        ];
        assert_eq!(Rows::read(&typed.join("\n"), 40).line(2), "begin\nls\nend");
        let right = |text: &str| text.replace("|R|", "\u{1b}[30C(x) 1\u{1b}[30C");
        let typed = right(
            "> \u{1b}[K|R|\u{1b}[2Cb|R|\u{1b}[3Cegin|R|\u{1b}[7C\n\n(x) 1\nl\n\u{1b}[7C\u{1b}(B\u{1b}[m\u{1b}[A|R|\n(x) 1\ns\n(x) 1\ns\n\u{1b}[8C\u{1b}(B\u{1b}[m\u{1b}[A|R|\n\n(x) 1\ne\n\n\u{1b}[3C\u{1b}(B\u{1b}[mnd\u{1b}[A\u{1b}[A\n\n\u{1b}[5C\u{1b}(B\u{1b}[m",
        );
        let left = without_right(&typed).unwrap();
        assert_eq!(Rows::read(&left, 40).line(2), "begin\nls\nend");
        let listed = [
            "> \u{1b}[K\u{1b}[C\u{1b}[Cid | c\u{1b}[9C",
            "\u{1b}[A\u{1b}[8C\u{1b}(B\u{1b}[mat\u{1b}[A",
            "\u{1b}[C\u{1b}(B\u{1b}[m",
            "\u{1b}[1mcat\u{1b}(B\u{1b}[m  (shows)",
            "\u{1b}[1mcat\u{1b}(B\u{1b}[mman\u{1b}[A\u{1b}[A\u{1b}[A",
        ];
        assert_eq!(Rows::read(&listed.join("\n"), 9).line(2), "id | cat");
    }
}
