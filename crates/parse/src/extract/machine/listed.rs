//! Completions that are listed below a line, which goes on or is shown once more below them.

use super::korn::written;
use super::lossy::without_sequences;
use super::right::right_of;
use super::*;

/// What more, and readline below a page of names, wait with.
pub(super) const MORE: &str = "--More--";
/// Rows that a listing may have.
const ROWS: usize = 512;

/// What lists names itself, whose output is no sign of a completion.
const LIST_NAMES: [&str; 8] = ["ls", "ll", "la", "dir", "find", "tree", "du", "compgen"];

/// Whether rows are what the last word of a line may go on with, as readline lists it at once where it is told to
/// (`show-all-if-ambiguous`, or Alt-?): names that begin with that word, in columns of one width. Its last column is filled
/// up with blanks too, as nothing else does that lists names. `more` is how the line goes on below them.
fn is_listing(line: &str, rows: &str, more: &str) -> bool {
    let word = line.rsplit([' ', '/', '=', ':', '`', ';', '|', '&', '(']).next().unwrap_or_default();
    let stem = word.trim_start_matches(['"', '\'']);
    let rows = || rows.lines().filter(|row| !row.starts_with(MORE));
    let filled = rows().any(|row| row.ends_with(' '));
    let in_columns = filled || rows().any(|row| row.contains("  ") || row.contains("/ "));
    let names = || {
        rows().flat_map(move |row| row.split(move |c| c == ' ' && in_columns)).filter(|name| !name.is_empty())
    };
    // csh lists variables without their sign
    let variable = stem.strip_prefix('$');
    let may_be_one = |name: &str| {
        let own = name.strip_suffix('/').unwrap_or(name);
        let begins = begins_so(own, stem) || variable.is_some_and(|stem| begins_so(own, stem));
        (begins || own.starts_with("...")) && !own.contains('/')
    };
    // ksh93 gives each a number
    let numbered = |(at, row): (usize, &str)| {
        let own = row
            .trim_start()
            .strip_prefix((at + 1).to_string().as_str())
            .and_then(|own| own.strip_prefix(") "));
        own.is_some_and(may_be_one)
    };
    if rows().nth(1).is_some() && rows().enumerate().all(numbered) {
        return true;
    }
    if names().nth(1).is_none() || !names().all(may_be_one) {
        return false;
    }
    let told_to = line.split(' ').any(|word| word.starts_with('-') && word.contains(['F', 'p']));
    let folders = names().any(|name| name.ends_with('/')) && !told_to;
    let itself = line.split([' ', ';', '|', '&']).any(|word| LIST_NAMES.contains(&word));
    let becomes_one = || {
        let chosen = format!("{stem}{}", more.replace('\\', ""));
        chosen.len() > stem.len() && names().any(|name| chosen.starts_with(name) || name.starts_with(&chosen))
    };
    match stem {
        "" if in_columns => (folders || filled && rows().nth(1).is_some()) && are_of_one_width(rows()),
        "" => folders && !itself,
        _ => filled || folders || !itself || becomes_one(),
    }
}

/// Whether a name begins with `stem`, in letters of either case: readline can be told to take them alike.
fn begins_so(name: &str, stem: &str) -> bool {
    name.get(..stem.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(stem))
}

/// Whether a line begins as `begun` does, with the folder in it that a tilde there stands for, as mksh shows it.
fn begins_with_home(line: &str, begun: &str) -> bool {
    let Some((head, tail)) = begun.rsplit_once('~') else { return false };
    line.strip_prefix(head).is_some_and(|rest| rest.starts_with('/') && rest.contains(tail))
}

/// What was drawn on a row behind its prompt and the line that was begun there.
fn drawn_behind<'r>(row: &'r [u8], prompt: &str, begun: &str) -> Option<&'r [u8]> {
    let at = memmem::find(row, begun.as_bytes())?;
    let before = without_sequences(&row[..at]);
    (before.trim().is_empty() || before.trim_end().ends_with(prompt.trim())).then(|| &row[at + begun.len()..])
}

/// Whether what stands in rows begins in columns that are equally far from each other.
fn are_of_one_width<'a>(rows: impl Iterator<Item = &'a str>) -> bool {
    let begins = |row: &str| {
        let row = row.as_bytes();
        (1..row.len()).filter(|at| row[at - 1] == b' ' && row[*at] != b' ').collect::<Vec<_>>()
    };
    let rows: Vec<_> = rows.map(begins).collect();
    let Some(width) = rows.iter().filter_map(|row| row.first()).min() else { return true };
    rows.iter().flatten().all(|at| at % width == 0)
}

impl Machine<'_> {
    /// A completion that was only listed is no command: the same line is shown again below the listing.
    pub(super) fn drop_completion(&mut self, entered: &Entered<'_>) {
        let Some(last) = self.running.and_then(|r| self.drafts.get(r)) else { return };
        let (begun, shown) = (last.text.trim(), last.output.head());
        if begun.is_empty() || shown.is_empty() {
            return;
        }
        let exact = self.given.mode == Mode::Exact;
        let listed = self.running.and_then(|r| r.checked_sub(1)).and_then(|r| self.drafts.get(r));
        let same_listing = listed.is_some_and(|l| l.status == Status::Aborted && l.output.head() == shown);
        // what completes a word begins with it
        let stem = last.text.rsplit([' ', '/', '=', ':', '$']).next().unwrap_or_default();
        // mksh paints its row anew below the listing, of which a streaming copy keeps the names alone
        let row = &self.given.bytes[self.line_start(entered.span.start)..entered.span.start];
        let mut names = shown.split_whitespace();
        let mut several =
            || names.clone().any(|name| name != stem) && names.all(|name| name.starts_with(stem));
        let mut painted = || row.starts_with(b"\r") || self.given.mode == Mode::Streamed && several();
        let anew = entered.text.trim_end() == last.text.trim_end() && painted();
        let asks = shown.starts_with("Display all ") && shown.contains(" possibilities? (y or n)");
        let drawn_over = self.completing || anew || same_listing && entered.text.trim_end() != last.text;
        let titled = self.drawn_anew && (self.completing || same_listing);
        // where its editor is marked, a transcript shows both lines in one
        let may_tell = !(exact && entered.marked);
        if !asks && !titled && !drawn_over && !may_tell {
            return;
        }
        let text = entered.text.trim_start();
        let goes_on = begins_so(text, begun);
        // what is erased behind the listing was drawn there
        let drawn = drawn_behind(self.given.of(&entered.span), entered.prompt, begun);
        if !goes_on && drawn.is_none() && !begins_with_home(text, begun) {
            return;
        }
        let more = if goes_on { &text[begun.len()..] } else { "" };
        let lists = shown.split_whitespace().next().is_some_and(|word| begins_so(word, stem));
        // or a blank stood behind it
        let blank = drawn.is_some_and(|more| more.starts_with(b" "));
        let lists = lists || blank && shown.lines().any(|row| row.ends_with(' '));
        let told = may_tell
            && (is_listing(begun, shown, more) || blank && is_listing(&format!("{begun} "), shown, ""));
        if asks || told || titled || lists && drawn_over {
            let last = self.drafts.len() - 1;
            self.drafts[last].status = Status::Aborted;
            self.drafts[last].confidence = 0.5;
            self.opened = Opens::Nothing;
        }
    }

    /// What zsh made of a line that ended in a bell, in a streaming copy: below, rows list what it may go on with, and behind the
    /// last of them the line is drawn once more. Takes these rows.
    pub(super) fn listed_below(
        &mut self,
        at: usize,
        line: &Line<'_>,
        prompt: &str,
        rest: &str,
    ) -> Option<String> {
        let own = self.given.of(&line.span).trim_ascii_end();
        // behind it may stand what completes the word at once; elsewhere a bell ends a title
        let rang = || line.rare().behind > 0 && memchr::memchr(0x07, own).is_some();
        if !own.ends_with(b"\x07") && !rang() {
            return None;
        }
        let begun = Begun::of(rest)?;
        let row = |at: usize| match self.units.get(at) {
            Some(Unit::Line(row)) => Some(String::from_utf8_lossy(self.given.of(&row.span))),
            _ => None,
        };
        let mut found = None;
        for (n, text) in (at + 1..at + ROWS).map_while(|n| Some((n, row(n)?))) {
            let text = text.trim_end_matches(['\r', '\n']);
            let drawn = begun.drawn_on(text).filter(|drawn| begun.is_listed(&text[..drawn.from]));
            match drawn.filter(|drawn| begun.is_long() || drawn.rings) {
                _ if text.contains(prompt) => break,
                Some(drawn) => found = Some((n, drawn.text)),
                // below a folder's names anything may be shown
                None if begun.is_listed(text) && !(begun.word.is_empty() && found.is_some()) => {}
                None => break,
            }
        }
        let (mut last, mut whole) = found?;
        // a menu is left by a step over the blank behind what was chosen
        if let Some(more) = row(last + 1).as_deref().and_then(|more| more.strip_prefix(" \u{8}")) {
            whole.push_str(written("", more).trim_end());
            last += 1;
        } else if let Some(Unit::Line(below)) = self.units.get(last + 1)
            && let more = &self.given.bytes[self.line_start(below.span.start)..below.span.end]
            && more.starts_with(b"\x08")
        {
            // the listing was taken off below the line, which goes on
            whole = written(&whole, &String::from_utf8_lossy(more));
            last += 1;
        }
        self.taken = last + 1;
        Some(whole.trim_end().to_owned())
    }

    /// The same where the copy kept the editor, but for the rows of the list: its last row says where on the line it goes on.
    /// `rest` stands behind a prompt of so many columns.
    pub(super) fn listed_in(&self, edit: &Edit, rest: &str, columns: usize) -> Option<String> {
        let own = self.given.bytes.get(edit.mark_at..edit.span.end)?;
        let mut rows = own.split(|b| *b == b'\n');
        memchr::memchr(0x07, rows.next()?)?;
        let left = rows.next_back()?;
        let mut rows: Vec<String> = rows.map(without_sequences).collect();
        // zsh draws the line with what stands right of it
        let right = right_of(self.given.of(&edit.span)).map(|right| format!("{}{right}", rest.trim()));
        let row = right.and_then(|drawn| {
            let row = rows.iter_mut().rev().find(|row| row.contains(&drawn))?;
            *row = row.replacen(&drawn, rest.trim(), 1);
            Some(())
        });
        let begun = Begun::of(if row.is_some() { rest.trim() } else { rest })?;
        if !rows.iter().any(|row| begun.is_listed(row)) {
            return None;
        }
        let mut text = rows.iter().rev().find_map(|row| begun.drawn_on(row))?.text;
        let left = left.strip_prefix(b"\x1b[J").unwrap_or(left);
        let (_, left) = steps(left, b'A').unwrap_or((0, left));
        let Some((to, behind)) = steps(left, b'C') else { return Some(text.trim_end().to_owned()) };
        let to = to.checked_sub(columns)?;
        let behind = &behind[..memmem::find(behind, b"\x1b[?").unwrap_or(behind.len())];
        let mut keys = String::new();
        for part in behind.split_inclusive(|b| *b == b'D') {
            let escape = memchr::memrchr(0x1b, part).filter(|escape| steps(&part[*escape..], b'D').is_some());
            let (text, back) = part.split_at(escape.unwrap_or(part.len()));
            keys.push_str(&without_sequences(text));
            keys.extend(std::iter::repeat_n('\u{8}', steps(back, b'D').map_or(0, |(n, _)| n)));
        }
        let shown = text.chars().count();
        text.extend(std::iter::repeat_n(' ', to.saturating_sub(shown)));
        let back = "\u{8}".repeat(shown.saturating_sub(to));
        Some(written(&text, &format!("{back}{keys}")).trim_end().to_owned())
    }
}

/// How many steps `ESC [ n` and that letter at the start of `bytes` make, and what follows.
fn steps(bytes: &[u8], letter: u8) -> Option<(usize, &[u8])> {
    const MOST: usize = 1 << 12;
    let rest = bytes.strip_prefix(b"\x1b[")?;
    let digits = rest.iter().take_while(|b| b.is_ascii_digit()).count();
    let n = std::str::from_utf8(&rest[..digits]).ok()?.parse().unwrap_or(1);
    (rest.get(digits) == Some(&letter) && n < MOST).then(|| (n, &rest[digits + 1..]))
}

/// A line that was begun when names were listed below it.
struct Begun {
    /// Without the blank behind it, which is not drawn again, but stepped over.
    text: String,
    stepped: bool,
    /// What the names begin with.
    word: String,
}

/// Such a line, drawn once more behind names.
struct Drawn {
    /// Where it begins on their row.
    from: usize,
    text: String,
    /// The bell rings where the line had come to.
    rings: bool,
}

impl Begun {
    const LEAST: usize = 3;

    fn of(rest: &str) -> Option<Self> {
        let typed = written("", rest.trim_start());
        let word = typed.rsplit([' ', '/', '=', '$']).next().unwrap_or_default().to_owned();
        let text = typed.trim_end_matches(' ').to_owned();
        (typed.len() >= Self::LEAST).then(|| Self { stepped: typed.ends_with(' '), text, word })
    }

    /// Whether it is no word as short as `ls`, which stands in names, too.
    fn is_long(&self) -> bool {
        self.text.len() >= Self::LEAST
    }

    /// Whether a row lists names that it may go on with.
    fn is_listed(&self, row: &str) -> bool {
        // what kinds there are stands above them
        let heads = ["-- ", "zsh: do you wish to see "].iter().any(|head| row.starts_with(head));
        heads || row.split_whitespace().any(|name| name.starts_with(&self.word))
    }

    fn drawn_on(&self, row: &str) -> Option<Drawn> {
        let from = row.rfind(&self.text).filter(|from| *from > 0)?;
        let behind = &row[from + self.text.len()..];
        // where a bell rang at once nothing but that tells of the step
        let blank = if self.stepped && !behind.starts_with(' ') { " " } else { "" };
        let text = written(&self.text, &format!("{blank}{behind}"));
        Some(Drawn { from, text, rings: behind.starts_with('\u{7}') })
    }
}
