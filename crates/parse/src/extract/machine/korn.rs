//! What csh and Korn shells do otherwise than the rest: lines out of sight, lines given up without a sign, prompts that
//! have a row of their own.

use std::borrow::Cow;

use super::aside::{EDGE, has_edge};
use super::lossy::without_sequences;
use super::*;
use crate::readings::{letters, rest_of_unlike};

/// An end of a command that is at least so long is known again.
const LEAST: usize = 4;
/// Commands that are looked at for what may have been recalled.
const RECENT: usize = 500;

/// How mksh asks what it shall search for.
const SEARCHES: &str = "I-search: ";
/// How csh asks for more.
const ASKS: &str = "? ";
/// What tcsh erases a row with.
const ERASES: &[u8] = b"\x1b[K";

/// How lines end.
struct Ends {
    /// So many with more carriage returns than the terminal writes.
    own: usize,
    others: usize,
    /// Columns of the shortest of the first.
    shortest: usize,
    /// Columns of the longest of all.
    longest: usize,
}

impl Ends {
    fn return_always(&self) -> bool {
        self.own > self.others && self.shortest < self.longest
    }
}

/// Columns of a line, as far as a terminal may have them.
fn columns(line: &Line<'_>) -> usize {
    const MOST: usize = 1024;
    line.text.chars().take(MOST).count()
}

impl<'a> Machine<'a> {
    /// The line as it must have been of which mksh showed its end alone, or its line feeds as `^J`: history put it there, so
    /// an earlier command ends or begins so. Or of which it showed both ends.
    pub(super) fn out_of_sight(&self, line: &Line<'_>, shown: &str) -> Option<String> {
        let Some(hidden) = line.rare().hidden else { return self.unfolded(shown) };
        let before = line.text.len().saturating_sub(shown.len());
        match hidden.checked_sub(before).filter(|at| *at > 0).and_then(|at| shown.split_at_checked(at)) {
            Some((begin, end)) => {
                let both =
                    |d: &&Draft| d.text.starts_with(begin.trim_end()) && d.text.ends_with(end.trim_end());
                self.recent().find(both).map(|d| d.text.clone())
            }
            None => self.ended_so(shown),
        }
    }

    /// The commands that history may have.
    fn recent(&self) -> impl Iterator<Item = &Draft> {
        self.drafts.iter().rev().take(RECENT).filter(|d| d.kind == CommandKind::Shell)
    }

    /// An earlier command of which `shown` is the end, with `^J` for line feeds; more may have been typed behind it.
    pub(super) fn ended_so(&self, shown: &str) -> Option<String> {
        let folded = shown.contains("^J");
        let overlap = |text: &str| {
            let ends = text.char_indices().skip(1).map(|(at, _)| &text[at..]);
            let mut ends = ends.take_while(|end| end.len() >= LEAST.min(shown.len()));
            ends.find(|end| shown.starts_with(*end)).map_or(0, str::len)
        };
        let length = |d: &Draft| match folded {
            true => overlap(&d.text.replace('\n', "^J")),
            false => overlap(&d.text),
        };
        let all = self.recent().map(|d| (d, length(d)));
        let (d, length) = all.reduce(|a, b| if b.1 > a.1 { b } else { a })?;
        (length > 0).then(|| format!("{}{}", d.text, &shown[length..]))
    }

    /// An earlier command that ends with all of `shown`.
    fn ends_earlier(&self, shown: &str) -> Option<String> {
        const LEAST: usize = 12;
        let ends = |d: &&Draft| d.text.len() > shown.len() && d.text.ends_with(shown);
        let earlier = (shown.len() >= LEAST).then(|| self.recent().find(ends))?;
        earlier.map(|d| d.text.clone())
    }

    /// An earlier command of several lines of which `shown` has `^J` for the line feeds.
    pub(super) fn unfolded(&self, shown: &str) -> Option<String> {
        if !shown.contains('^') || !shown.contains("^J") {
            return None;
        }
        let blocks = || self.recent().filter(|d| d.text.contains('\n'));
        let whole = blocks().find_map(|d| {
            let rest = shown.strip_prefix(d.text.replace('\n', "^J").as_str())?;
            Some(format!("{}{rest}", d.text))
        });
        // where it was moved aside, a letter may stand there twice
        let alike = |d: &&Draft| rest_of_unlike(&d.text.replace('\n', "^J"), shown) <= 1;
        whole.or_else(|| blocks().find(alike).map(|d| d.text.clone()))
    }

    /// A line of a streaming copy that mksh moved aside ([`has_edge`]): each time it reached the edge, the end of it was
    /// written once more, and maybe what follows, filled with blanks up to a sign in the last column.
    pub(super) fn moved_aside(&self, raw: &[u8], prompt: &str) -> Option<String> {
        const MOST_MOVES: usize = 64;
        let raw = without_sequences(raw);
        let typed = if prompt.is_empty() { 0 } else { last_place(&raw, prompt)? + prompt.len() };
        let mut rest = &raw[typed..];
        let mut line = String::new();
        for _ in 0..MOST_MOVES {
            let Some(edge) = memmem::find(rest.as_bytes(), EDGE) else { break };
            let sign = edge + EDGE.len() - 2;
            let (row, behind) = rest.split_at(sign);
            // from behind the sign it steps back over what fills the row; a blank that was typed is not filled
            let fill = sign - row.trim_end().len();
            let steps = behind[1..].bytes().take_while(|b| *b == 0x08).count().min(fill + 1);
            let shown = &row[..row.len() + 1 - steps];
            let written = written(&line, shown);
            let whole = if line.is_empty() { self.ends_earlier(shown) } else { None };
            let merged = whole.or_else(|| written_once(&written)).or_else(|| completed(&written, 3));
            // or the start of it was never shown
            let ended = || self.ended_so(shown.rsplit('\u{8}').next().unwrap_or(shown));
            line = merged.or_else(ended).or_else(|| completed(&written, 2))?;
            rest = &behind[1 + steps..];
        }
        Some(written(&line, rest.trim_end_matches('\n')).trim_end().to_owned())
    }

    /// Whether a shell writes a carriage return of its own at the end of all its lines, as csh and mksh do, and not only
    /// where it breaks one, as busybox does: near unit `at` a line behind its prompt is longer, or most end so and they
    /// are not of one length, or any are not where no shell asks; or another prompt follows at once.
    pub(super) fn returns_always(&self, at: usize, line: &Line<'_>, prompt: &str) -> bool {
        if line.rare().input.is_some() {
            // busybox
            return false;
        }
        if memmem::find(self.given.of(&line.span), b"\x1b[A").is_some() {
            // busybox says how many rows it goes up
            return true;
        }
        let same = self.ends_near(at, prompt);
        // nobody has so narrow a terminal
        let narrow = columns(line) < 20;
        narrow
            || same.longest > columns(line)
            || same.return_always()
            || self.is_before_prompt(at, prompt)
            || self.lines_return_unasked(at)
    }

    /// Whether lines near unit `at` end with a return of a shell's own that are not of one length, and no shell asks there
    /// where its prompt ended, as busybox does.
    fn lines_return_unasked(&self, at: usize) -> bool {
        let lines = self.near(at).iter().filter_map(|unit| match unit {
            Unit::Line(line) => Some(line),
            Unit::Edit(_) => None,
        });
        if lines.clone().any(|line| line.rare().input.is_some()) {
            return false;
        }
        let own = |line: &&Line<'_>| line.returns > self.breaks.returns && !line.text.trim().is_empty();
        let mut lengths = lines.filter(own).map(columns);
        let first = lengths.next();
        lengths.any(|columns| Some(columns) != first)
    }

    /// Unit `at` and those around it.
    fn near(&self, at: usize) -> &[Unit<'a>] {
        const NEAR: usize = 256;
        &self.units[at.saturating_sub(NEAR)..self.units.len().min(at + NEAR)]
    }

    /// Whether unit `at` is followed by a prompt like the one it has, before which something typed ahead may stand.
    fn is_before_prompt(&self, at: usize, prompt: &str) -> bool {
        const LEAST: usize = 4;
        let Some(Unit::Line(next)) = self.units.get(at + 1) else { return false };
        let behind_ahead = prompt.trim_start_matches(char::is_alphanumeric);
        let again =
            |prompt: &str| prompt.trim_end().len() >= LEAST && behind_alike(prompt, &next.text).is_some();
        again(prompt) || again(behind_ahead)
    }

    /// Whether the log ends with a line that was not entered: such a shell ends the ones that were with a carriage return
    /// of its own.
    pub(super) fn is_left_unentered(&self, at: usize, line: &Line<'_>, prompt: &str, rest: &str) -> bool {
        let last =
            at + 1 == self.units.len() && line.returns == self.breaks.returns && !rest.trim().is_empty();
        let ends = || self.ends_near(at, prompt);
        // or another shell's editor opens on its row
        let left = || self.given.bytes[..line.span.end].ends_with(b"\x1b[?2004h");
        let shell = self.levels.top().is_none_or(|l| l.program.is_none());
        line.rare().input.is_none()
            && shell
            && (last && ends().return_always() && ends().others == 1 || !rest.trim().is_empty() && left())
    }

    /// How the lines near unit `at` end that begin so.
    fn ends_near(&self, at: usize, begin: &str) -> Ends {
        let lines = self.near(at).iter().filter_map(|unit| match unit {
            // with nothing behind a prompt, the line may be below
            Unit::Line(line) if !line.cut => {
                behind_same(begin, &line.text).filter(|end| *end < line.text.len()).map(|_| line)
            }
            _ => None,
        });
        let mut ends = Ends { own: 0, others: 0, shortest: usize::MAX, longest: 0 };
        for line in lines {
            let columns = columns(line);
            ends.longest = ends.longest.max(columns);
            if line.returns > self.breaks.returns {
                ends.own += 1;
                ends.shortest = ends.shortest.min(columns);
            } else {
                ends.others += 1;
            }
        }
        ends
    }

    /// Ctrl-C in tcsh, which shows nothing of it but erases the row on which it then draws its prompt: the last line, which
    /// showed nothing, did not run. What was typed ahead stands before that, and `rest` shows it once more.
    pub(super) fn give_up_before(&mut self, line: &Line<'_>, left: &str, rest: &str) {
        let own = &self.given.bytes[self.line_start(line.span.start)..];
        let Some(last) = self.running.and_then(|r| self.drafts.get_mut(r)) else { return };
        let begins = || own.starts_with(ERASES);
        let lines = last.output.lines;
        let erased = if left.is_empty() {
            let between = self.given.bytes.get(last.span.end..line.span.start.max(last.span.end));
            // above the line may stand the prompt's upper one, with the blanks by which tcsh leaves it
            let upper = between.is_some_and(|b| b.starts_with(ERASES) && b.ends_with(b"  \r"));
            let ahead = last.output.last_line().trim_end();
            lines == 0 && between.is_some_and(|b| b.is_empty() && begins() || erases_and_no_more(b))
                || upper && lines <= 1
                || lines == 1 && !ahead.is_empty() && rest.starts_with(ahead) && begins()
        } else {
            let behind = own.strip_prefix(left.as_bytes());
            lines == 0 && rest.starts_with(left) && behind.is_some_and(|b| b.starts_with(ERASES))
        };
        if erased && last.kind == CommandKind::Shell && !last.text.contains('\n') {
            (last.status, last.confidence) = (Status::Aborted, last.confidence.min(0.85));
            if self.given.mode == Mode::Streamed {
                // most of its lines are kept without that
                let level = last.level;
                self.unseen.hide(level);
            }
            self.opened = Opens::Nothing;
        }
    }

    /// A further line for which csh asked behind what was typed ahead, which it then shows once more: the question and what
    /// stands behind it.
    pub(super) fn asked_behind_ahead<'t>(&self, at: usize, text: &'t str) -> Option<(&'t str, &'t str)> {
        let (ahead, rest) = text.split_once(ASKS).filter(|(ahead, _)| !ahead.is_empty())?;
        let above =
            || matches!(at.checked_sub(1).map(|i| &self.units[i]), Some(Unit::Line(l)) if l.text == rest);
        let again = rest.starts_with(ahead) || !rest.is_empty() && above();
        again.then(|| text.split_at(text.len() - rest.len()))
    }

    /// Whether a row shows what was typed ahead, before csh asks for it.
    pub(super) fn is_before_question(&self, at: usize, text: &str) -> bool {
        let Some(Unit::Line(next)) = self.units.get(at + 1) else { return false };
        let behind = || next.text.strip_suffix(text).is_some_and(|asks| asks.ends_with(ASKS));
        !text.trim().is_empty() && behind()
    }

    /// Whether tcsh stepped from this row to the next by way of the edge: it is the upper one of a prompt, or of a line of
    /// several that history has, which begins with the prompt.
    pub(super) fn is_stepped_from(&self, line: &Line<'_>) -> bool {
        let own = &self.given.bytes[..line.span.end];
        let stepped = || match self.given.mode {
            Mode::Exact => self.breaks.returns > 0 && own.ends_with(b"G  \r"),
            Mode::Streamed => own.ends_with(b"G  "),
        };
        let begins =
            || self.levels.top().is_some_and(|l| l.shown > 0 && line.text.starts_with(l.prompt.as_str()));
        stepped() && !begins()
    }

    /// What was typed below a prompt that leaves no room on its own row, which mksh then ends; or the end of what it found
    /// in a search, which it shows below that, without the prompt where there is no room for both.
    pub(super) fn typed_below(
        &mut self,
        at: usize,
        line: &Line<'_>,
        prompt: &str,
        rest: &str,
    ) -> Option<String> {
        let units = Rc::clone(&self.units);
        let Some(Unit::Line(next)) = units.get(at + 1) else { return None };
        if let Some(Unit::Line(found)) = units.get(at + 2)
            && rest.trim().is_empty()
            && next.text == SEARCHES
            && found.returns > self.breaks.returns
            && found.rare().hidden.is_some()
            && !found.text.starts_with(prompt)
        {
            self.taken = at + 3;
            return Some(self.ended_so(&found.text).unwrap_or_else(|| found.text.clone().into_owned()));
        }
        let own = rest.trim().is_empty()
            && line.returns == self.breaks.returns
            && next.returns > self.breaks.returns;
        let fits = own && next.text.len() < LONGEST_LINE && !next.text.starts_with(prompt.trim_end());
        let named = || SimpleCommands::of(&next.text).iter().any(|c| is_command(&c[0]));
        if !fits || !named() || line.rare().input.is_some() || begins_with_sign(&next.text) {
            return None;
        }
        self.taken = at + 2;
        Some(self.out_of_sight(next, &next.text).unwrap_or_else(|| next.text.clone().into_owned()))
    }

    /// The same as [`Machine::typed_below`] in a streaming copy, which has lost how rows end: what is typed there comes in
    /// another event.
    pub(super) fn typed_in_row_below(&mut self, at: usize, prompt: &str, rest: &str) -> Option<String> {
        const SHORTEST: usize = 4;
        let units = Rc::clone(&self.units);
        let Some(Unit::Line(next)) = units.get(at + 1) else { return None };
        if next.text == SEARCHES
            && let Some(Unit::Line(found)) = units.get(at + 2).filter(|_| rest.trim().is_empty())
            && let raw = self.given.of(&found.span)
            && has_edge(raw)
            && !without_sequences(raw).contains(prompt)
        {
            let text = self.read_aside(raw, "").or_else(|| self.moved_aside(raw, ""))?;
            self.taken = at + 3;
            return Some(text);
        }
        // or that of the shell below a program that was left
        let left = matches!(self.opened, Opens::Exit);
        let below = self.levels.below().filter(|l| left && l.prompt == prompt);
        let mut due = self.levels.top().into_iter().chain(below);
        let shell =
            due.any(|l| l.program.is_none() && !l.marked && l.shown > 0) || self.levels.top().is_none();
        let fits = rest.trim().is_empty() && shell && prompt.trim().len() >= SHORTEST;
        let own = fits && next.rare().mark.is_none() && next.text.len() < LONGEST_ASKED;
        let begins = || self.begins_event(&next.span);
        if !own || next.text.starts_with(prompt.trim_end()) || !begins() {
            return None;
        }
        let raw = self.given.of(&next.span);
        let aside = has_edge(raw).then(|| self.moved_aside(raw, "")).flatten();
        let text = aside.unwrap_or_else(|| next.text.trim_end().to_owned());
        (likeness(&text) >= KNOWN).then_some(text).inspect(|_| self.taken = at + 2)
    }

    /// Where in a line of an editor that leaves no trace of what it erases a line of history begins that took the place of
    /// another, or of several.
    pub(super) fn took_place(&self, text: &str) -> Option<usize> {
        const SHORTEST: usize = 4;
        const FAR: usize = 24;
        let untraced = self.levels.top().is_some_and(|l| l.program.is_none() && !l.marked);
        if !untraced || !text.contains(' ') || text.len() >= LONGEST_ASKED {
            return None;
        }
        // csh puts blanks around signs
        let spaced = text.contains("<< ") || text.contains("( ");
        fn first_line(d: &Draft) -> &str {
            d.text.lines().next().unwrap_or_default().trim_end()
        }
        // what was there first stands at its start
        let begins = |d: &Draft| {
            let head = d.text.as_bytes().get(..SHORTEST);
            head.is_some_and(|head| text.as_bytes().starts_with(head)) && text.starts_with(first_line(d))
        };
        if !spaced && !self.recent().take(FAR).any(begins) {
            return None;
        }
        let whole = bare(text, spaced);
        let lines = self.recent().take(FAR).map(first_line).filter(|line| line.len() >= SHORTEST);
        let earlier: Vec<Cow<'_, str>> = lines.map(|line| bare(line, spaced)).collect();
        let behind_others = |at: &usize| {
            let mut before = &whole[..*at];
            while let Some(line) = earlier.iter().find(|line| before.trim_end().ends_with(&***line)) {
                before = &before[..before.trim_end().len() - line.len()];
            }
            before.is_empty()
        };
        let places = earlier.iter().filter_map(|line| whole.rfind(&**line).filter(|at| *at > 0));
        let at = places.filter(behind_others).max()?;
        if !spaced {
            return Some(at);
        }
        let mut seen = 0;
        text.char_indices()
            .find(|(_, c)| {
                let found = *c != ' ' && seen == at;
                seen += if *c == ' ' { 0 } else { c.len_utf8() };
                found
            })
            .map(|(place, _)| place)
    }

    /// A line of history that ksh93 writes on several rows: where a blank would stand in the last column, it ends the row and
    /// returns once more. More may have been typed behind it.
    pub(super) fn folded(&mut self, at: usize, first: &str) -> Option<String> {
        const MOST: usize = 8;
        let units = Rc::clone(&self.units);
        let returns = |row: &Line<'_>| self.given.bytes.get(self.line_start(row.span.start)) == Some(&b'\r');
        let rows = units.iter().skip(at + 1).take(MOST).map_while(|unit| match unit {
            Unit::Line(row) if returns(row) && row.text.len() < LONGEST_ASKED => Some(row.text.trim_end()),
            _ => None,
        });
        let rows: Vec<&str> = rows.collect();
        if rows.is_empty() {
            return None;
        }
        self.weighing.history.note(&self.drafts);
        let (mut text, mut found) = (first.trim_end().to_owned(), None);
        for (i, row) in (at + 1..).zip(rows) {
            let above = text.len();
            text = format!("{text} {row}");
            let mut alike = self.weighing.history.beginning_as(&self.drafts, &text, RECENT);
            let shell = |d: &Draft| d.kind == CommandKind::Shell;
            if alike.any(|d| shell(d) && d.text.len() > above && text.starts_with(d.text.trim_end())) {
                found = Some((text.clone(), i));
            }
        }
        let (text, last) = found?;
        self.taken = last + 1;
        Some(text)
    }
}

/// Whether a row begins with a sign that stands alone, as the last line of a prompt does, and that is no word of a shell.
pub(super) fn begins_with_sign(row: &str) -> bool {
    let sign = row.split(' ').next().unwrap_or_default();
    let word = matches!(sign, "." | ":" | "!" | "[" | "[[" | "{" | "(" | "((");
    sign.len() < row.len() && !sign.is_empty() && !word && !sign.contains(|c: char| c.is_ascii_alphanumeric())
}

/// Whether bytes erase a row, and set no more than a title and colours.
fn erases_and_no_more(bytes: &[u8]) -> bool {
    bytes.starts_with(ERASES) && bytes.len() < 4096 && without_sequences(bytes).is_empty()
}

/// Lines of more characters are not looked through for a part that stands there twice.
const LONGEST_TWICE: usize = 1024;

/// A line of which a part was written once more right behind it, and maybe more: without the first.
fn written_once(shown: &str) -> Option<String> {
    let cells: Vec<char> = shown.chars().take(LONGEST_TWICE + 1).collect();
    if cells.len() > LONGEST_TWICE {
        return None;
    }
    let again = |len: usize| {
        let again = |at: &usize| cells[*at..*at + len] == cells[*at + len..*at + 2 * len];
        (1..(cells.len() + 1).saturating_sub(2 * len)).rev().find(again).map(|at| at + len)
    };
    let (len, end) = (LEAST..=cells.len() / 2).rev().find_map(|len| again(len).map(|end| (len, end)))?;
    Some(cells[..end].iter().chain(&cells[end + len..]).collect())
}

/// A line whose last word was completed, and that was written once more from its second character or a later one on, with
/// another word. At least so many characters are the same.
fn completed(shown: &str, least: usize) -> Option<String> {
    const LONGEST: usize = 256;
    let cells: Vec<char> = shown.chars().take(LONGEST + 1).collect();
    if cells.len() > LONGEST {
        return None;
    }
    let alike =
        |a: usize, b: usize| cells[a..b].iter().zip(&cells[b..]).take(64).take_while(|(a, b)| a == b).count();
    // both are the same up to the last word of what stood there
    let word = |a: usize, same: usize, b: usize| {
        cells[a + same - 1] == ' ' && !cells[a + same..b].is_empty() && !cells[a + same..b].contains(&' ')
    };
    let places = (least + 1..cells.len()).flat_map(|b| (1..b).map(move |a| (a, b)));
    let found = places.filter(|(a, b)| cells[*a] == cells[*b]).map(|(a, b)| (a, b, alike(a, b)));
    let (a, b, _) = found.filter(|(a, b, same)| *same >= least && word(*a, *same, *b)).max_by_key(|f| f.2)?;
    Some(cells[..a].iter().chain(&cells[b..]).collect())
}

/// What `line` shows once `text` is written behind it, with its steps back.
pub(super) fn written(line: &str, text: &str) -> String {
    let (mut cells, mut at): (Vec<char>, usize) = (line.chars().collect(), line.chars().count());
    for c in text.chars().filter(|c| *c == '\u{8}' || !c.is_control()) {
        match c {
            '\u{8}' => at = at.saturating_sub(1),
            _ => {
                match cells.get_mut(at) {
                    Some(cell) => *cell = c,
                    None => cells.push(c),
                }
                at += 1;
            }
        }
    }
    cells.into_iter().collect()
}

/// A line, where it is `spaced` without its blanks.
fn bare(line: &str, spaced: bool) -> Cow<'_, str> {
    if spaced { letters(line).collect() } else { line.into() }
}

/// What was typed where the bell had rung behind text: there was nothing left to erase, as Ctrl-W takes all in csh. Or a word
/// was to be completed.
pub(super) fn behind_bell<'t>(raw: &[u8], text: &'t str) -> Option<&'t str> {
    let bell = memchr::memrchr(0x07, raw)?;
    let (before, typed) = (&raw[..bell], &raw[bell + 1..]);
    let typed = std::str::from_utf8(typed).ok()?.trim_end_matches('\n');
    let ends = before.last().is_some_and(|b| !matches!(b, 0x07 | 0x08));
    let at = text.trim_end().len().checked_sub(typed.trim_end().len()).filter(|at| *at > 0)?;
    let own = text.get(at..).filter(|own| own.trim_end() == typed.trim_end());
    own.filter(|own| ends && !own.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_may_be_completed_when_a_line_moves_aside() {
        let whole = |shown| completed(shown, 3).unwrap_or_default();
        assert_eq!(whole("wc -l ~/app.c -l /home/ops/app.log"), "wc -l /home/ops/app.log");
        assert_eq!(whole("cat ~/repat /home/ops/reports/"), "cat /home/ops/reports/");
        assert_eq!(completed("ls ~/srs /srv/", 2).as_deref(), Some("ls /srv/"));
        assert_eq!(completed("wc -l a.log; cat b.log", 3), None);
        assert_eq!(completed(&"a".repeat(2000), 3), None);
    }
}
