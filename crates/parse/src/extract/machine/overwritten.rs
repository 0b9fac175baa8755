//! Lines of Korn shells, in a streaming copy: read as they stood.
//!
//! These editors erase by writing blanks and change a line by writing over it, so that where each character was written says
//! all. ksh93 lets a line fill several rows. It goes down by line feeds, and up to the first row by steps that are lost, behind
//! which it writes the prompt once more, or goes over the row below: `lead` characters of that, as many as the prompt has, and
//! one step up. What it then has to pass over it writes again.

use std::cell::Cell;

use unicode_width::UnicodeWidthChar;

use super::lossy::is_search;
use super::*;

/// Longer lines are not read, nor more rows.
const LONGEST: usize = 4096;
const MOST_ROWS: usize = 64;
/// A line is looked through so many times.
const MOST_LOOKED: usize = 256;
/// Terminals that are narrower or wider are nobody's.
const WIDTHS: Range<usize> = 8..1024;
/// So many blanks between two words nobody types: the second was written in a row above.
const GAP: usize = 8;
/// So many characters that stand there already are not typed again.
const LEAST: usize = 8;
/// A prompt that is shorter may stand in any text.
const SHORTEST: usize = 4;

/// What stands in the second column of a character that takes two.
const REST: char = '\0';

/// What a shell wrote.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Key {
    Text(char),
    Back,
    Up,
}

impl Key {
    fn text(&self) -> Option<char> {
        if let Self::Text(c) = self { Some(*c) } else { None }
    }
}

/// A row of what was drawn, and where its bytes end.
struct Row {
    keys: Vec<Key>,
    end: usize,
}

impl Row {
    /// Its first `count` characters, where nothing was moved among them.
    fn head(&self, count: usize) -> Option<Vec<char>> {
        self.keys.get(..count)?.iter().map(Key::text).collect()
    }
}

/// What stood on the terminal from the prompt on, its rows one behind the other.
struct Cells {
    text: Vec<char>,
    at: usize,
    /// Columns of the prompt.
    lead: usize,
    width: Option<usize>,
    /// So many characters were just written over by blanks.
    wiped: usize,
}

impl Cells {
    /// Where the text ends, but for what was erased.
    fn end(&self) -> usize {
        let blank = self.text.iter().rev().take_while(|c| **c == ' ').count();
        (self.text.len() - blank).max(self.lead)
    }

    fn write(&mut self, c: char) -> Option<()> {
        let blank = || self.text[self.at - GAP..self.at].iter().all(|c| *c == ' ');
        if c != ' ' && self.at > self.lead + GAP && blank() {
            // steps up were lost
            let most = self.end() + GAP;
            while self.at > most {
                self.at = self.at.checked_sub(self.width?).filter(|at| *at >= self.lead)?;
            }
        }
        match self.text.get_mut(self.at) {
            Some(cell) => {
                self.wiped = if c == ' ' { self.wiped + usize::from(*cell != ' ') } else { 0 };
                *cell = c;
            }
            None => {
                self.text.resize(self.at, ' ');
                self.text.push(c);
            }
        }
        self.at += 1;
        Some(())
    }

    /// What stands from `from` on, `count` columns of it.
    fn part(&self, from: usize, count: usize) -> impl Iterator<Item = char> {
        let own = self.text.iter().skip(from).copied();
        own.chain(std::iter::repeat(' ')).take(count)
    }

    /// Whether `head` is what stands below the prompt; what it tells of the width is taken.
    fn is_below_prompt(&mut self, head: &[char]) -> bool {
        if let Some(width) = self.width {
            return self.part(width, self.lead).eq(head.iter().copied());
        }
        let blank = head.iter().rev().take_while(|c| **c == ' ').count();
        let shown = &head[..head.len() - blank];
        if shown.is_empty() {
            return true;
        }
        let begins = |at: &usize| self.text[*at..].starts_with(shown);
        let told = blank > 0 && self.lead >= GAP;
        let width = self.end().checked_sub(shown.len()).filter(begins).filter(|_| told);
        self.width = width.filter(|width| *width > self.lead && WIDTHS.contains(width));
        self.width.is_some()
    }
}

/// What a line says that was read so.
#[derive(Debug, PartialEq)]
struct Read {
    text: String,
    /// Where its last row ends.
    end: usize,
    width: Option<usize>,
    /// What that may be, where a step up would tell.
    doubtful: Option<usize>,
}

struct Reader<'a> {
    bytes: &'a [u8],
    prompt: Vec<char>,
    rows: Vec<Row>,
    cells: Cells,
    /// Something was erased by blanks.
    erased: bool,
    /// It went up or down as ksh93 does.
    moved: bool,
    /// The width, if it went up where nothing else tells.
    doubtful: Option<usize>,
    /// How often the line was looked through for what else it shows.
    looked: Cell<usize>,
}

impl<'a> Reader<'a> {
    fn new(bytes: &'a [u8], prompt: &str, width: Option<usize>) -> Self {
        let mut own = Vec::with_capacity(prompt.len());
        own.extend(prompt.chars().flat_map(columns));
        let cells = Cells { text: own.clone(), at: own.len(), lead: own.len(), width, wiped: 0 };
        Self {
            bytes,
            prompt: own,
            rows: Vec::new(),
            cells,
            erased: false,
            moved: false,
            doubtful: None,
            looked: Cell::new(0),
        }
    }

    /// Row `nth`, if it is one.
    fn row(&mut self, nth: usize) -> Option<&Row> {
        while self.rows.len() <= nth {
            let start = self.rows.last().map_or(0, |row| row.end);
            let rest = self.bytes.get(start..).filter(|rest| !rest.is_empty())?;
            let len = memchr::memchr(b'\n', rest).map_or(rest.len(), |at| at + 1);
            let short = self.rows.len() < MOST_ROWS && len <= LONGEST;
            let keys = short.then(|| keys(&rest[..len])).flatten()?;
            self.rows.push(Row { keys, end: start + len });
        }
        self.rows.get(nth)
    }

    /// Whether `keys` begin with the prompt.
    fn writes_prompt(&self, keys: &[Key]) -> bool {
        let own = keys.iter().zip(&self.prompt).take_while(|(key, c)| **key == Key::Text(**c));
        own.count() == self.prompt.len()
    }

    /// Whether `keys` write the line with a key more.
    fn has_key_put_in(&self, keys: &[Key]) -> bool {
        let (lead, end) = (self.cells.lead, self.cells.end());
        let same = lead + self.same(lead, keys);
        let rest = || keys.get(same - lead + 1..).map_or(0, |rest| self.same(same, rest));
        end - lead >= SHORTEST && same < end && same + rest() >= end
    }

    /// Whether the prompt stands at `at` of row `nth` once more, and whether the line is drawn anew there: another editor
    /// would draw it again as it was.
    fn prompt_again(&self, nth: usize, at: usize) -> Option<bool> {
        let keys = &self.rows[nth].keys[at..];
        if !self.writes_prompt(keys) {
            return None;
        }
        self.looked.set(self.looked.get() + 1);
        let (cells, lead, end) = (&self.cells, self.prompt.len(), self.cells.end());
        let text = keys.split(|key| *key == Key::Back).next().unwrap_or_default();
        let next =
            (lead..text.len()).find(|at| text[at - 1] == Key::Text(' ') && self.writes_prompt(&text[*at..]));
        let drawn = &text[..next.unwrap_or(text.len())];
        let blank = drawn.iter().rev().take_while(|key| **key == Key::Text(' ')).count();
        // what is left of the line before, or the rest of the row, is filled with blanks
        let fits = [end, cells.text.len()].contains(&drawn.len());
        let filled = drawn.len() < keys.len() && (blank >= GAP || blank > 0 && fits);
        let behind = &keys[lead..];
        let same = self.same(lead, behind).min(end - lead);
        let anew = filled || self.has_key_put_in(behind);
        // the prompt is written where as many steps back are more
        let changed = !behind.is_empty() && same < end - lead && cells.at > 2 * lead;
        let whole = same == end - lead && (same >= SHORTEST || end == lead && cells.at > lead);
        (anew || lead >= SHORTEST || whole).then_some(anew || changed)
    }

    fn read(mut self) -> Option<Read> {
        self.row(0)?;
        // what stands before the prompt was typed ahead
        let keys = &self.rows[0].keys;
        let begins = (0..keys.len()).find(|at| self.writes_prompt(&keys[*at..]))?;
        let (mut nth, mut at) = (0, begins + self.prompt.len());
        let first = Key::Text(self.prompt[0]);
        let mut again = (0, 0);
        loop {
            let Some(key) = self.rows[nth].keys.get(at).copied() else {
                match self.below(nth) {
                    Some((row, from)) => (nth, at) = (row, from),
                    None => break,
                }
                continue;
            };
            if self.looked.get() > MOST_LOOKED {
                return None;
            }
            if key == first
                && let Some(anew) = self.prompt_again(nth, at)
            {
                self.moved |= anew;
                (self.cells.at, at) = (self.cells.lead, at + self.prompt.len());
                continue;
            }
            match key {
                Key::Text(c) => {
                    if self.cells.at == self.cells.text.len() && (nth, at) >= again {
                        again = (nth, at + self.go_back(nth, at));
                    }
                    self.cells.write(c)?;
                }
                Key::Back => {
                    self.erased |= self.is_erased(nth, at);
                    self.cells.at = self.cells.at.checked_sub(1).filter(|at| *at >= self.cells.lead)?;
                }
                Key::Up => {
                    let again = self.prompt_again(nth, at + 1).is_some()
                        || self.rows[nth].keys.get(at + 1) == Some(&Key::Up);
                    if self.cells.width.is_none() {
                        self.looked.set(self.looked.get() + 1);
                        self.cells.width = self.above(nth, at + 1);
                    }
                    let up = self.cells.width.and_then(|width| self.cells.at.checked_sub(width));
                    // nothing stands between it and the end of a row
                    let ends = at + 1 == self.rows[nth].keys.len();
                    self.cells.at = up.or((again || ends).then_some(self.cells.at))?;
                }
            }
            at += 1;
        }
        let (end, width, doubtful) = (self.rows[nth].end, self.cells.width, self.doubtful);
        // it goes to the end before Enter
        let ended = self.moved && self.cells.at >= self.cells.end();
        (ended || self.erased && !self.moved).then(|| {
            let text: String = self.cells.text[self.cells.lead..].iter().filter(|c| **c != REST).collect();
            Read { text: text.trim_end().to_owned(), end, width, doubtful }
        })
    }

    /// How far above the cursor the text at key `at` of row `nth` stands, where the cursor passed over it.
    fn above(&self, nth: usize, at: usize) -> Option<usize> {
        let (end, keys) = (self.cells.at, &self.rows[nth].keys[at..]);
        let far = |from: &usize| WIDTHS.contains(&(end - from)) && end - from > self.cells.lead;
        let mut before = (self.cells.lead..end).filter(far);
        before.find(|from| self.same(*from, keys) >= LEAST).map(|from| end - from)
    }

    /// How many characters from `from` on are what `keys` write.
    fn same(&self, from: usize, keys: &[Key]) -> usize {
        let old = self.cells.text.get(from..).unwrap_or_default();
        keys.iter().zip(old).take_while(|(key, c)| **key == Key::Text(**c)).count()
    }

    /// Where text begins behind the end, at key `at`, that stands in the row above as well, or in this one but for a key,
    /// the cursor went there. So many keys only write it again.
    fn go_back(&mut self, nth: usize, at: usize) -> usize {
        let (end, keys) = (self.cells.at, &self.rows[nth].keys[at..]);
        if end == self.cells.lead || keys.starts_with(&[Key::Text(' '); 2]) {
            return 0;
        }
        let Some(width) = self.cells.width else {
            if self.doubtful.is_none() {
                self.looked.set(self.looked.get() + 1);
                self.doubtful = if self.moved { self.above(nth, at) } else { None };
            }
            return 0;
        };
        if let Some(above) = end.checked_sub(width)
            && self.same(above, keys) >= LEAST
        {
            self.cells.at = above;
            return LEAST;
        }
        let start = end / width * width;
        let row = end - start;
        let again = |put_in: &usize| keys.get(*put_in..).is_some_and(|keys| self.same(start, keys) == row);
        let Some(put_in) = (0..2).find(again).filter(|_| start > 0 && row >= SHORTEST) else { return 0 };
        self.cells.at = start;
        put_in + row
    }

    /// Whether what stood there was written over by blanks up to the end, before the step back at `at`.
    fn is_erased(&self, nth: usize, at: usize) -> bool {
        let keys = &self.rows[nth].keys;
        let blank = keys[..at].iter().rev().take_while(|key| **key == Key::Text(' ')).count();
        let back = || keys[at..].iter().take_while(|key| **key == Key::Back).count();
        self.cells.wiped > 1 && blank > 1 && self.cells.at == self.cells.text.len() && back() >= blank
    }

    /// Where the line goes on below row `nth`, and from which key on.
    fn below(&mut self, nth: usize) -> Option<(usize, usize)> {
        let lead = self.cells.lead;
        self.row(nth + 1)?;
        let empty = usize::from(self.rows[nth + 1].keys.is_empty());
        if self.row(nth + 1 + empty).is_some()
            && let Some(head) = self.rows[nth + 1 + empty].head(lead)
        {
            let blank = head.iter().all(|c| *c == ' ');
            let row = &self.rows[nth + 1 + empty];
            let behind = &row.keys[lead..];
            let same = self.same(lead, behind);
            let edge = empty > 0 && self.cells.width.is_some_and(|width| self.cells.at.is_multiple_of(width));
            // what is printed may be moved in as well
            let moved_in =
                behind.first() == Some(&Key::Text(' ')) && behind.iter().any(|key| *key != Key::Text(' '));
            let again =
                || same >= SHORTEST || edge || empty > 0 && lead >= GAP || self.has_key_put_in(behind);
            let told = if blank { !moved_in && again() } else { row.keys.len() > lead };
            if told && self.cells.is_below_prompt(&head) {
                self.cells.at = lead;
                self.moved = true;
                return Some((nth + 1 + empty, lead));
            }
        }
        let end = self.cells.end();
        if self.cells.at >= end || !self.moved {
            return None;
        }
        // the rest of the line
        let mut down = 1;
        while self.row(nth + down).is_some_and(|row| row.keys.is_empty()) {
            down += 1;
        }
        let row = nth + down;
        let len = self.row(row)?.keys.len();
        let keys = &self.rows[row].keys;
        let drawn = (0..len).find(|at| self.prompt_again(row, *at).is_some()).unwrap_or(len);
        let shown: Vec<char> = keys[..drawn].iter().map_while(Key::text).collect();
        let blank = shown.iter().take_while(|c| **c == ' ').count();
        // as it stood, or with another character before it
        let last = shown.len() == keys.len();
        let goes_on = |start: usize| {
            let rest = self.cells.text.get(start..end).filter(|rest| !rest.is_empty());
            let put_in = |rest| shown.get(1..).is_some_and(|behind: &[char]| behind.starts_with(rest));
            rest.is_some_and(|rest| {
                (last || self.cells.width.is_some()) && shown.starts_with(rest) || put_in(rest)
            })
        };
        let start =
            match self.cells.width {
                Some(width) => Some((self.cells.at / width + down) * width)
                    .filter(|start| goes_on(*start) || blank >= GAP),
                // what stands at the edge may have stayed
                None => (self.cells.at.max(lead + 1)..end)
                    .find(|start| start.is_multiple_of(down) && goes_on(*start)),
            };
        let start = start.filter(|start| WIDTHS.contains(&(start / down)))?;
        self.cells.width.get_or_insert(start / down);
        self.cells.at = start;
        Some((row, 0))
    }
}

/// How many letters that stand before a prompt were typed ahead: the line begins with them, and the prompt comes again without.
pub(super) fn ahead_of(prompt: &str, rest: &str) -> usize {
    let same = prompt.bytes().zip(rest.bytes()).take_while(|(a, b)| a == b && a.is_ascii_graphic()).count();
    if same == 0 || memmem::find(rest.as_bytes(), prompt.as_bytes()).is_some() {
        return 0;
    }
    let again = |ahead: &usize| prompt[*ahead..].trim().len() >= LEAST && rest.contains(&prompt[*ahead..]);
    (1..=same).find(again).unwrap_or(0)
}

/// What stands behind a prompt too short to be told from text, where it stands glued to a word and a command follows: the line
/// was drawn anew there.
fn behind_short_prompt<'t>(text: &'t str, prompt: &str) -> Option<&'t str> {
    let short = prompt.len() < SHORTEST && prompt.trim_end().len() > 1 && prompt.ends_with(' ');
    let at = text.rfind(prompt).filter(|at| short && text[..*at].ends_with(|c: char| !c.is_whitespace()))?;
    let behind = &text[at + prompt.len()..];
    (likeness(behind) >= KNOWN).then_some(behind)
}

/// The columns of a character.
fn columns(c: char) -> impl Iterator<Item = char> {
    [Some(c), (c.width() == Some(2)).then_some(REST)].into_iter().flatten()
}

/// What the bytes of a row say, if they hold nothing else than such shells write.
fn keys(row: &[u8]) -> Option<Vec<Key>> {
    let text = String::from_utf8_lossy(row);
    let mut keys = Vec::with_capacity(text.len());
    let mut rest = text.trim_end_matches('\n').chars();
    while let Some(c) = rest.next() {
        match c {
            '\u{8}' => keys.push(Key::Back),
            '\u{7}' => {}
            '\u{1b}' => match rest.next()? {
                '[' => match rest.find(|c| ('@'..='~').contains(c))? {
                    'A' => keys.push(Key::Up),
                    'm' | 'J' => {}
                    _ => return None,
                },
                ']' => drop(rest.find(|c| *c == '\u{7}')?),
                _ => return None,
            },
            '_' if keys.ends_with(&[Key::Text(' '), Key::Back]) => {
                // before an underscore ksh93 writes a blank and steps back
                keys.truncate(keys.len() - 2);
                keys.push(Key::Text(c));
            }
            c if c.is_control() => return None,
            c if c.is_ascii() => keys.push(Key::Text(c)),
            c => keys.extend(columns(c).map(Key::Text)),
        }
    }
    Some(keys)
}

impl Machine<'_> {
    /// What was typed at `prompt` on a line that a Korn shell drew so, over as many rows as it has, which are taken.
    pub(super) fn read_overwritten(
        &mut self,
        at: usize,
        line: &Line<'_>,
        prompt: &str,
        rest: &str,
    ) -> Option<Reading> {
        let raw = self.given.of(&line.span);
        let short = raw.len() <= LONGEST && !prompt.is_empty();
        if !short || !self.may_be_overwritten(at, raw, prompt, rest) || is_search(raw) {
            return None;
        }
        let start = self.line_start(line.span.start);
        let bytes = &self.given.bytes[start..];
        let bytes = &bytes[..bytes.len().min(4 * LONGEST)];
        let known = self.breaks.korn;
        let widths = known.map(Some).into_iter().chain([None]);
        let mut read = widths.into_iter().find_map(|width| Reader::new(bytes, prompt, width).read())?;
        if read.doubtful.is_some()
            && let Some(other) = Reader::new(bytes, prompt, read.doubtful).read()
            && other.end > read.end
        {
            read = other;
        }
        if read.text.ends_with("^C") {
            return None;
        }
        let text = if read.text.contains("^J") { self.unfolded(&read.text)? } else { read.text };
        let behind = behind_short_prompt(&text, prompt).map(str::to_owned);
        let again = behind.is_some();
        let text = behind.unwrap_or(text);
        // the agent's filter damages what is not ASCII
        let confidence = match read.width {
            _ if text.contains('\u{fffd}') => 0.5,
            _ if again => 0.8,
            _ if read.doubtful.is_some() => 0.6,
            Some(_) if read.width != known => 0.85,
            _ => 0.95,
        };
        self.breaks.korn = read.width.or(known);
        let end = start + read.end;
        let behind = self.units.iter().enumerate().skip(at + 1).find(|(_, unit)| match unit {
            Unit::Line(line) => line.span.end > end,
            Unit::Edit(edit) => edit.span.end > end,
        });
        self.taken = behind.map_or(self.units.len(), |(at, _)| at);
        Some(Reading { text, confidence })
    }

    /// Whether anything says that a line was drawn so, of which `rest` stands behind its prompt.
    fn may_be_overwritten(&self, at: usize, raw: &[u8], prompt: &str, rest: &str) -> bool {
        let has = |part: &[u8]| memmem::find(raw, part).is_some();
        if memchr::memchr(0x08, raw).is_some() && (has(b"  \x08\x08") || has(b" \x08_"))
            || memchr::memchr(0x1b, raw).is_some() && has(b"\x1b[A")
            || last_place(rest, prompt.trim_end()).is_some()
        {
            return true;
        }
        let text_of = |at: usize| match self.units.get(at) {
            Some(Unit::Line(line)) => line.text.as_ref(),
            _ => "",
        };
        let next = text_of(at + 1);
        if next.starts_with("  ") || next.is_empty() && text_of(at + 2).starts_with("  ") {
            return true;
        }
        let lead = if prompt.is_ascii() { prompt.len() } else { prompt.chars().count() };
        let head = next.get(..lead).map_or("", str::trim_end);
        let within =
            || self.breaks.korn.is_some() && memmem::find(rest.as_bytes(), head.as_bytes()).is_some();
        !head.is_empty() && (rest.ends_with(head) || within())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn back(count: usize) -> String {
        "\u{8}".repeat(count)
    }

    fn blank(count: usize) -> String {
        " ".repeat(count)
    }

    fn of(drawn: &str, prompt: &str) -> Option<(String, Option<usize>)> {
        let read = Reader::new(drawn.as_bytes(), prompt, None).read()?;
        Some((read.text, read.width))
    }

    #[test]
    fn what_is_written_over_is_gone() {
        let prompt = "ops:/srv$ ";
        let drawn = format!(
            "{prompt}wc -l /srv/app.log{}sleep 0.3{}{}echo sleep 0.3\nsleep 0.3\n",
            back(18),
            blank(9),
            back(18)
        );
        assert_eq!(of(&drawn, prompt), Some(("echo sleep 0.3".to_owned(), None)));
        assert_eq!(of(&format!("{prompt}ls x{}\n", back(2)), prompt), None);
        let wide = format!("{prompt}echo '日本'{}pwd        {}\n", back(11), back(8));
        assert_eq!(of(&wide, prompt), Some(("pwd".to_owned(), None)));
    }

    #[test]
    fn a_line_that_is_completed_is_drawn_behind_its_prompt_once_more() {
        let drawn = format!("$ ls ~/s$ ls /home/ops/src/{}{}main.c \n", blank(40), back(40));
        assert_eq!(of(&drawn, "$ "), Some(("ls /home/ops/src/main.c".to_owned(), None)));
        assert_eq!(of("$ sleep 1$ lsleep 1$ lssleep 1\n", "$ "), Some(("lssleep 1".to_owned(), None)));
        assert_eq!(of("$ ls -la ~$         $ ls\n", "$ "), Some(("ls".to_owned(), None)));
        // the same again is drawn by others too
        assert_eq!(of("ops:/srv$ lops:/srv$ ls -l\n", "ops:/srv$ "), None);
    }

    #[test]
    fn the_first_row_is_reached_over_the_one_below() {
        let prompt = "(19:29:05 ops@db-7:/home/ops)$ ";
        let rows = [
            format!("{prompt}~/notes.txt{}", back(3)),
            format!("otes.txt{}printf 'x' ", blank(23)),
            format!("ntf 'x'{}cprintf 'x'", blank(24)),
            format!("intf 'x'{}caprintf 'x'", blank(23)),
            format!("rintf 'x'{}catprintf 'x' printf 'x' printf 'x'", blank(22)),
            "cat: printf: No such file or directory\n".to_owned(),
        ];
        assert_eq!(of(&rows.join("\n"), prompt), Some(("cat printf 'x'".to_owned(), Some(34))));
    }

    #[test]
    fn the_rest_of_a_line_is_stepped_over_before_it_ends() {
        let prompt = "ops@web-87/home/ops/tmp/qdjnm$ ";
        let drawn = format!("{prompt}cd; grep -n 5 ~/app.log | head -1{}", back(5))
            + &format!("{prompt}grep -n 5 ~/app.log | head -1    {}", back(4))
            + &format!("{prompt}mgrep -n 5 ~/app.log | head -1{prompt}m grep -n 5 ~/a\n")
            + &format!("p.log | head -1{prompt}m \np.log | head -1\n5:x\n");
        assert_eq!(of(&drawn, prompt), Some(("m grep -n 5 ~/app.log | head -1".to_owned(), Some(47))));
    }
}
