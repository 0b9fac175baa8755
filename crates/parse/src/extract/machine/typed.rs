//! What was typed in fish behind the edge of the terminal, read key by key. In a streaming copy each key is a line of its
//! own there, of which fish says the column; lines without a sequence were stripped of it, and show one key, or what fish
//! suggested.

use super::fish::Told;
use super::*;

/// The colour of what fish suggests.
const SUGGESTED: &str = "38;5;240";
/// What fish writes before the blanks that fill its row for a missing line end: they tell the width.
const SIGN: &[u8] = "\u{23ce}\x1b(B\x1b[m".as_bytes();

/// Two rows that are written by column.
struct Rows {
    width: usize,
    cells: [Vec<char>; 2],
    row: usize,
    col: usize,
    /// Where the cursor was left, what was suggested taken off.
    end: usize,
}

impl Rows {
    /// What an editor wrote.
    fn read(own: &str, width: usize) -> Self {
        let mut rows = Self { width, cells: [Vec::new(), Vec::new()], row: 0, col: 0, end: 0 };
        let mut lines = own.split('\n');
        rows.write(lines.next().unwrap_or_default());
        for line in lines.filter(|line| !line.is_empty()) {
            (rows.row, rows.col) = (1, 0);
            let mut chars = line.chars();
            if line.contains('\u{1b}') {
                let end = rows.end;
                rows.write(line);
                if rows.row == 0 && !line.ends_with("\u{1b}[A") {
                    rows.end = end;
                }
            } else if let (Some(key), None) = (chars.next(), chars.next()) {
                // stripped, it stands where the cursor was left
                rows.col = rows.end;
                rows.put(key, true);
            }
        }
        let end = rows.end;
        rows.cells[1].truncate(end);
        rows
    }

    fn put(&mut self, c: char, counts: bool) {
        if self.col >= self.width {
            (self.row, self.col) = (self.row + 1, 0);
        }
        if let Some(cells) = self.cells.get_mut(self.row).filter(|_| counts) {
            if cells.len() <= self.col {
                cells.resize(self.col + 1, ' ');
            }
            cells[self.col] = c;
        }
        self.col += 1;
        if counts {
            self.end = self.col;
        }
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
                    self.end = self.col;
                    (wrote, stepped) = (false, true);
                }
                "D" => self.col = self.col.saturating_sub(n),
                "A" => {
                    self.row = self.row.saturating_sub(n);
                    (wrote, stepped) = (false, false);
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

/// Whether all that a line runs is known to be commands.
pub(super) fn runs_commands(line: &str) -> bool {
    SimpleCommands::of(line).iter().all(|words| is_command(&words[0]))
}

impl Machine<'_> {
    /// What was typed in an editor of fish whose line goes on in a second row.
    pub(super) fn typed_by_key(&self, edit: &Edit, prompt: &str, told: &Told) -> Option<String> {
        const FAR: usize = 1 << 16;
        let before = &self.given.bytes[edit.span.start.saturating_sub(FAR)..edit.span.end];
        let after = &self.given.bytes[edit.span.end..self.given.bytes.len().min(edit.span.end + FAR)];
        let sign = memmem::rfind(before, SIGN).map(|at| &before[at..]);
        let sign = sign.or_else(|| Some(&after[memmem::find(after, SIGN)?..]))?;
        let width = sign[SIGN.len()..].iter().take_while(|b| **b == b' ').count() + 1;
        let own = std::str::from_utf8(self.given.bytes.get(edit.mark_at..edit.span.end)?).ok()?;
        // behind the title that was set with the prompt
        let own = own.rsplit_once('\u{7}').map_or(own, |(_, own)| own);
        let rows = Rows::read(own, width);
        let [first, second] = &rows.cells;
        let first: String = first.iter().skip(columns(prompt)).collect();
        let text = format!("{first}{}", second.iter().collect::<String>()).trim_end().to_owned();
        (!second.is_empty() && told.fits(&text) && is_complete(&text) && !text.contains("   "))
            .then_some(text)
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
        let rows = Rows::read(&lines.join("\n"), 9);
        let [first, second] = rows.cells.map(|cells| cells.into_iter().collect::<String>());
        assert_eq!((first.as_str(), second.as_str()), ("$ cat ~//", "ap | wc"));
    }
}
