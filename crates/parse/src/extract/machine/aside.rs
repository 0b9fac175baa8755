//! A line that mksh moved aside, in a streaming copy: read key by key.
//!
//! mksh keeps a line on one row. Where that leaves no room it draws another part of the line over the whole row, up to a sign
//! in the last column but one: `<` where more stands left of it, `>` right of it, `*` on both sides. The carriage return
//! before that is lost, but not how long such a row is.

use super::lossy::without_sequences;
use super::*;

/// The end of the last row of such a line: blanks fill it up to the sign, and the cursor steps back.
pub(super) const EDGE: &[u8] = b"   <\x08";
/// Longer text is not read.
const LONGEST: usize = 4096;
/// So many characters that two parts of a line have in common place them.
const LEAST: usize = 4;
/// Columns before the sign, on the narrowest terminal and on the widest.
const EDGES: Range<usize> = 8..512;
/// Widths that are tried.
const MOST_EDGES: usize = 4;

/// Whether a line has such a row.
pub(super) fn has_edge(raw: &[u8]) -> bool {
    memchr::memchr(b'<', raw).is_some() && memmem::find(raw, EDGE).is_some()
}

/// A row that was drawn anew.
struct Drawn {
    /// Its characters, up to the sign.
    cells: Range<usize>,
    /// It begins with the prompt.
    prompt: bool,
    /// `None` where nothing is out of sight.
    sign: Option<char>,
}

/// What the editor holds, as far as it was drawn.
#[derive(Default)]
struct Buffer {
    text: Vec<char>,
    at: usize,
    /// The first character that is shown.
    start: usize,
    /// Columns of the prompt, where it is shown.
    lead: usize,
    /// Characters left of what is known were never shown.
    open: bool,
    /// The same at its end.
    cut: bool,
}

impl Buffer {
    /// Text that was drawn, and steps back behind it; a row has `edge` columns.
    fn draw(&mut self, new: &[char], back: usize, edge: usize) -> Option<()> {
        let limit = (self.start + edge).saturating_sub(self.lead);
        let rest = self.shown(self.at, limit);
        let same = new.iter().zip(rest).take_while(|(a, b)| a == b).count();
        if self.at == self.text.len() {
            self.text.extend(new);
        } else if new.len() > 2 * edge {
            return None;
        } else {
            // it steps to the right by writing what stands there
            let ends = same == rest.len() && self.at + same == self.text.len();
            let change = |same| self.change(self.at + same, &new[same..], back, limit);
            if !(0..=same).any(change) && same < new.len() {
                ends.then(|| self.text.extend(&new[same..]))?;
            }
        }
        self.at = (self.at + new.len()).checked_sub(back)?;
        Some(())
    }

    /// What stands from there on up to the end of the row.
    fn shown(&self, from: usize, limit: usize) -> &[char] {
        self.text.get(from..limit.clamp(from, self.text.len().max(from))).unwrap_or_default()
    }

    /// Whether `new` put something in at `at`, or took something out, and wrote again what follows.
    fn change(&mut self, at: usize, new: &[char], back: usize, limit: usize) -> bool {
        let put_in = (1..=new.len()).find(|keys| {
            let behind = self.shown(at, limit.saturating_sub(*keys));
            !behind.is_empty() && new.len() - keys <= back && new[*keys..] == *behind
        });
        if let Some(keys) = put_in {
            self.text.splice(at..at, new[..keys].iter().copied());
            return true;
        }
        let drawn = !new.is_empty() && new.len() <= back;
        let most = new.len().min(self.text.len().saturating_sub(at));
        let gone = (1..=most).filter(|_| drawn).find(|gone| {
            // what stood out of sight follows
            let blank = new.strip_prefix(self.shown(at + gone, limit + gone));
            let erased = |blank: &[char]| !blank.is_empty() || self.text.len() > limit;
            blank.is_some_and(|blank| erased(blank) && blank.iter().all(|c| *c == ' '))
        });
        gone.is_some_and(|gone| {
            self.text.drain(at..at + gone);
            true
        })
    }

    /// A row was drawn anew, after one key at most, with the cursor in column `column`; `whole` finds a line that ends so.
    fn move_aside(
        &mut self,
        row: &[char],
        sign: Option<char>,
        lead: usize,
        column: usize,
        whole: impl Fn(&str) -> Option<String>,
    ) -> Option<()> {
        let (begins, ends) = (matches!(sign, Some('>') | None), matches!(sign, Some('<') | None));
        let blank = row.iter().rev().take_while(|c| **c == ' ').count();
        let column = column.checked_sub(lead)?;
        let row = if ends { &row[..(row.len() - blank).max(column).min(row.len())] } else { row };
        let unknown = self.text.is_empty();
        // where the row begins in what is known
        let start = if begins {
            0
        } else if unknown {
            let earlier = whole(&row.iter().collect::<String>()).map(|text| text.replace('\n', "^J"));
            self.open = earlier.is_none();
            self.text = earlier.map_or_else(|| row.to_vec(), |text| text.chars().collect());
            self.text.len().checked_sub(row.len())?
        } else {
            let same = |from: &usize| self.text[*from..].iter().zip(row).take_while(|(a, b)| a == b).count();
            let best = (0..=self.text.len()).rev().max_by_key(same)?;
            // all that is known but for a word that was completed
            let begun = self.text[best + same(&best)..].contains(&' ');
            (same(&best) >= LEAST.min(row.len()) && !(ends && begun)).then_some(best)?
        };
        // what stands right of it
        let behind: Vec<char> = if ends {
            Vec::new()
        } else if unknown {
            self.cut = true;
            Vec::new()
        } else {
            let same = |to: &usize| {
                self.text[..*to].iter().rev().zip(row.iter().rev()).take_while(|(a, b)| a == b).count()
            };
            let near = |to: &usize| (same(to), usize::MAX - to.abs_diff(start + row.len()));
            let best = (0..=self.text.len()).max_by_key(near)?;
            (same(&best) >= LEAST.min(row.len())).then(|| self.text[best..].to_vec())?
        };
        self.cut &= !ends;
        self.open &= !begins;
        self.text.truncate(start);
        self.text.extend(row.iter().copied().chain(behind));
        (self.start, self.lead, self.at) = (start, lead, start + column);
        (self.at <= self.text.len()).then_some(())
    }
}

/// The rows that were drawn anew: up to a sign they have `edge` columns; with the prompt, and no sign, they may be shorter.
fn rows(drawn: &[char], prompt: &[char], edge: usize) -> Vec<Drawn> {
    let (mut found, mut from) = (Vec::new(), 0);
    let signed = signs(drawn).filter_map(|(at, sign)| Some((at.checked_sub(edge)?..at, sign)));
    for (cells, sign) in signed.chain([(drawn.len()..drawn.len(), '\0')]) {
        let begins = drawn[cells.clone()].starts_with(prompt) && !prompt.is_empty();
        let last = cells.is_empty();
        let whole =
            cells.start >= from && !drawn[cells.clone()].contains(&'\u{8}') && (begins || sign != '>');
        if !whole && !last {
            continue;
        }
        while let Some(start) = begin_of(&drawn[from..cells.start], prompt).map(|at| from + at) {
            let len = drawn[start..cells.start].iter().take_while(|c| **c != '\u{8}').count();
            let again = begin_of(&drawn[start + 1..start + len], prompt).map_or(len, |again| again + 1);
            found.push(Drawn { cells: start..start + again, prompt: true, sign: None });
            from = start + again;
        }
        if !last {
            from = cells.end + 1;
            found.push(Drawn { cells, prompt: begins, sign: Some(sign) });
        }
    }
    found
}

/// Where a prompt begins that is long enough to be no text.
fn begin_of(drawn: &[char], prompt: &[char]) -> Option<usize> {
    const SHORTEST: usize = 4;
    (prompt.len() >= SHORTEST).then(|| drawn.windows(prompt.len()).position(|part| part == prompt)).flatten()
}

/// What may be the signs at the ends of such rows: steps back follow.
fn signs(drawn: &[char]) -> impl Iterator<Item = (usize, char)> {
    let pairs = drawn.windows(2).enumerate();
    pairs
        .filter(|(_, pair)| matches!(pair[0], '<' | '>' | '*') && pair[1] == '\u{8}')
        .map(|(at, pair)| (at, pair[0]))
}

/// Steps back and text by turns: text, and how many steps follow it.
fn strokes(drawn: &[char]) -> impl Iterator<Item = (&[char], usize)> {
    let mut rest = drawn;
    std::iter::from_fn(move || {
        let text = rest.iter().take_while(|c| **c != '\u{8}').count();
        let back = rest[text..].iter().take_while(|c| **c == '\u{8}').count();
        let (stroke, behind) = rest.split_at(text + back);
        rest = behind;
        (!stroke.is_empty()).then(|| (&stroke[..text], back))
    })
}

/// The line that was drawn behind `prompt` on rows of `edge` columns. `whole` finds a line that ends so.
fn read(
    drawn: &[char],
    prompt: &[char],
    edge: usize,
    whole: impl Fn(&str) -> Option<String>,
) -> Option<String> {
    let begins = drawn.starts_with(prompt);
    let mut buffer = Buffer { lead: if begins { prompt.len() } else { 0 }, ..Buffer::default() };
    let mut at = buffer.lead;
    let rows = rows(drawn, prompt, edge);
    if rows.iter().all(|row| row.sign.is_none()) {
        return None;
    }
    for Drawn { cells, prompt: begins, sign } in rows {
        for (text, back) in strokes(&drawn[at.min(cells.start)..cells.start]) {
            buffer.draw(text, back, edge)?;
        }
        let end = cells.end + usize::from(sign.is_some());
        let back = drawn[end..].iter().take_while(|c| **c == '\u{8}').count();
        at = end + back;
        let lead = if begins { prompt.len() } else { 0 };
        let column = (end - cells.start).checked_sub(back)?;
        buffer.move_aside(&drawn[cells.start + lead..cells.end], sign, lead, column, &whole)?;
    }
    for (text, back) in strokes(&drawn[at..]) {
        buffer.draw(text, back, edge)?;
    }
    let text: String = buffer.text.iter().collect();
    (!buffer.cut && !buffer.open).then(|| text.trim_end().replace("^J", "\n"))
}

/// How many columns such rows may have: from the prompt to a sign, or as many as were typed up to where the first begins.
fn edges(drawn: &[char], prompt: &[char]) -> Vec<usize> {
    let mut columns = Vec::with_capacity(drawn.len() + 1);
    let mut column: usize = 0;
    for (at, c) in drawn.iter().enumerate() {
        if drawn[at..].starts_with(prompt) {
            column = 0;
        }
        columns.push(column);
        column = if *c == '\u{8}' { column.saturating_sub(1) } else { column + 1 };
    }
    let mut found = Vec::new();
    for (at, sign) in signs(drawn).take(MOST_EDGES) {
        let row = (0..at).rev().take(EDGES.end).take_while(|start| drawn[*start] != '\u{8}');
        let begins = row.map(|start| (start, at - start)).find(|(start, edge)| match sign {
            '>' => !prompt.is_empty() && drawn[*start..].starts_with(prompt),
            _ => sign == '<' && columns[*start] == *edge,
        });
        found.extend(begins.map(|(_, edge)| edge).filter(|edge| EDGES.contains(edge)));
    }
    found.dedup();
    found
}

impl Machine<'_> {
    /// What was typed on a line that mksh moved aside ([`has_edge`]).
    pub(super) fn read_aside(&mut self, raw: &[u8], prompt: &str) -> Option<String> {
        if raw.len() >= LONGEST {
            return None;
        }
        let raw = without_sequences(raw);
        // a search shows the end of what it found before the prompt
        let begins = raw.find(prompt).filter(|at| !raw[..*at].contains("<\u{8}")).unwrap_or(0);
        let keys = raw[begins..].chars().filter(|c| *c == '\u{8}' || !c.is_control());
        let (drawn, prompt): (Vec<char>, Vec<char>) = (keys.collect(), prompt.chars().collect());
        let whole = |shown: &str| self.ended_so(shown);
        let known = self.breaks.aside;
        let edges = edges(&drawn, &prompt).into_iter().chain(known);
        let mut read = edges.filter_map(|edge| Some((read(&drawn, &prompt, edge, whole)?, edge)));
        let (text, edge) = read.next()?;
        self.breaks.aside = Some(edge);
        Some(text)
    }
}
