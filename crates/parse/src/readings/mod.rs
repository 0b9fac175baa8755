//! A line that lost its cursor movements → what it may have been.
//!
//! A streaming copy keeps backspaces but drops the sequences that say what they did (FORMATS of the agent:
//! carriage returns are deleted, `ESC [` sequences removed without being applied). `lss\b` was `ls` when an erase
//! followed, and `lss` when the cursor only moved. Each way to read the line is tried and weighed.

mod columns;
mod plausible;
mod recalled;
mod redrawn;
mod rows;
mod words;
mod wrap;

pub(crate) use columns::columns;
pub(crate) use plausible::plausible;
pub(crate) use recalled::recalled;
pub(crate) use redrawn::{
    changed_before_wrap, changed_in_row_above, inserted_alike, inserted_behind_prompt, inserted_in_front,
    letters, put_before, without_suggestions,
};
pub(crate) use rows::{Rows, begins_at_blank, joins, longest, row_limit};
pub(crate) use words::words;
pub(crate) use wrap::{Wraps, goes_on, typed, without_odd_blanks, wraps};

use whoran_model::Alternative;

use crate::prompt::last_place;
use crate::shell::{is_command, is_complete, takes_command};

/// One way to read a line.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Reading {
    pub(crate) text: String,
    pub(crate) confidence: f32,
}

impl Reading {
    pub(crate) fn into_alternative(self) -> Alternative {
        Alternative { command: self.text.trim_end().to_owned(), confidence: self.confidence }
    }
}

/// What reads the keys.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Keys {
    /// A program that is no shell: no command's name tells there.
    #[default]
    Program,
    Shell,
    /// A shell whose keys are those of vi: who goes back deletes something there, and types on behind the end.
    Vi,
}

impl Keys {
    /// Whether commands are entered there.
    fn are_a_shells(self) -> bool {
        self != Self::Program
    }
}

/// The readings of a line, the likeliest first, at least one and at most six. `shown` is the line as a screen without any
/// of the lost sequences shows it.
///
/// `known` says which words the session shows elsewhere: a reading that has them is likelier.
/// `ran` which lines it ran before: going up in history shows one again.
pub(crate) fn readings(
    raw: &[u8],
    prompt: &str,
    shown: &str,
    keys: Keys,
    known: impl Fn(&str) -> bool,
    ran: impl Fn(&str) -> bool,
) -> Vec<Reading> {
    let shell = keys.are_a_shells();
    let raw = String::from_utf8_lossy(raw);
    let line = raw.trim_end_matches('\n');
    // a bell rings where nothing was done
    let line = line.replace('\u{7}', "");
    let line = line.as_str();
    if line.contains('\u{1b}') {
        // the line was kept whole: only carriage returns are missing
        return vec![Reading { text: shown.to_owned(), confidence: 0.8 }];
    }
    let searched = line.contains("reverse-i-search)") || line.contains("i-search)`");
    let rest =
        last_place(line, prompt).filter(|_| !prompt.is_empty()).map_or(line, |at| &line[at + prompt.len()..]);
    let mut ended: Vec<(String, f32)> = Vec::new();
    let stepped = with_blanks_stepped_over(rest);
    let share = if stepped.is_some() { 0.5 } else { 1.0 };
    for rest in [Some(rest), stepped.as_deref()].into_iter().flatten() {
        let lead = prompt.chars().count();
        let mut ways = vec![Way { weight: share, lead, keys, ..Way::default() }];
        for piece in pieces(rest) {
            let mut next = Vec::new();
            for way in ways {
                match piece {
                    Piece::Back(n) => {
                        next.extend(way.without_last_word(n));
                        next.push(way.back(n));
                    }
                    Piece::Text(text) => way.write(text, &mut next),
                }
            }
            ways = best(next);
        }
        for (text, weight) in ways.into_iter().flat_map(|way| way.end(searched)) {
            let text = text.trim_end().to_owned();
            match ended.iter_mut().find(|(t, _)| *t == text) {
                Some((_, w)) => *w += weight,
                None => ended.push((text, weight)),
            }
        }
    }
    let all: Vec<Vec<&str>> = ended.iter().map(|(text, _)| words(text).collect()).collect();
    let (first, others) = all.split_first().map_or((&[][..], &[][..]), |(first, others)| (first, others));
    let common: Vec<&&str> =
        first.iter().filter(|word| others.iter().all(|words| words.contains(word))).collect();
    let finished = shell && ended.len() > 1 && ended.iter().any(|(text, _)| is_complete(text));
    let weigh = |(text, own): (&(String, f32), &Vec<&str>)| {
        let again = if text.0.len() >= 4 && ran(&text.0) { 12.0 } else { 1.0 };
        // a word that stands there twice tells no more
        let near = |at: usize| &own[at.saturating_sub(64)..at];
        let first =
            own.iter().enumerate().filter(|(at, word)| !near(*at).contains(word)).map(|(_, word)| word);
        let told = first.filter(|word| word.len() >= 2 && !common.contains(word));
        let told = told.filter(|word| known(word) || shell && is_command(word));
        // of a line that is finished one way, the other ways were not entered
        let open = if finished && !is_complete(&text.0) { 0.1 } else { 1.0 };
        told.fold(text.1 * again * open, |weight, _| weight * 3.0)
    };
    let weights: Vec<f32> = ended.iter().zip(&all).map(weigh).collect();
    ended.iter_mut().zip(weights).for_each(|((_, own), weight)| *own = weight);
    ended.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    let sum: f32 = ended.iter().map(|(_, w)| w).sum();
    ended.truncate(6);
    let sure = |share: f32| if share >= SLIP { 0.97 } else { share };
    ended.into_iter().map(|(text, weight)| Reading { text, confidence: sure(weight / sum) }).collect()
}

/// The line with a blank behind each place where zsh erased one by a step alone and then the letter before it: where another
/// is typed then, it only steps over the place, which is lost.
fn with_blanks_stepped_over(line: &str) -> Option<String> {
    const ERASED: &str = " \u{8}\u{8} \u{8}";
    let begins = line.find(ERASED)?;
    let typed = line[..begins].ends_with(|c: char| !c.is_whitespace() && !c.is_control());
    typed.then(|| line.replace(ERASED, &format!("{ERASED} ")))
}

/// From this share on a reading is as sure as any: most are slips, of which next to none was something else.
const SLIP: f32 = 0.9;
/// From so far back in a shell that reads keys as vi does the cursor was moved, and did not erase.
const FAR: usize = 5;
/// Ways kept at once.
const BEAM: usize = 12;
/// Places at which a line may go on as the one it took the place of.
const MOST_ENDS: usize = 3;

#[derive(Clone, Copy)]
enum Piece<'a> {
    Text(&'a str),
    Back(usize),
}

fn pieces(line: &str) -> Vec<Piece<'_>> {
    let mut out = Vec::new();
    let mut rest = line;
    while !rest.is_empty() {
        let backs = rest.bytes().take_while(|b| *b == 0x08).count();
        if backs > 0 {
            out.push(Piece::Back(backs));
            rest = &rest[backs..];
            continue;
        }
        let end = rest.find('\u{8}').unwrap_or(rest.len());
        out.push(Piece::Text(&rest[..end]));
        rest = &rest[end..];
    }
    out
}

/// One hypothesis of the line editor's state.
#[derive(Debug, Clone, Default)]
struct Way {
    text: Vec<char>,
    at: usize,
    weight: f32,
    /// The last text wrote the line's own tail again: going back from there erases nothing.
    redrawn: bool,
    /// The last text was put before what stood there.
    inserted: bool,
    /// Columns of the prompt.
    lead: usize,
    keys: Keys,
}

impl Way {
    /// The same line with another text, and the cursor elsewhere.
    fn with(&self, text: Vec<char>, at: usize, weight: f32) -> Self {
        let Self { lead, keys, .. } = *self;
        Self { text, at, weight: self.weight * weight, redrawn: false, inserted: false, lead, keys }
    }

    fn back(mut self, n: usize) -> Self {
        self.at = self.at.saturating_sub(n);
        self.inserted = false;
        self
    }

    /// The last word was erased, going back by a carriage return, which is lost, because that was shorter; then the `n`
    /// characters before it one by one.
    fn without_last_word(&self, n: usize) -> Option<Self> {
        let word = self.text[..self.at].iter().rev().take_while(|c| !c.is_whitespace()).count();
        let left = (self.at - word).checked_sub(n).filter(|left| *left > 0)?;
        let shorter = self.keys.are_a_shells() && self.at == self.text.len() && self.lead + left < 2 * word;
        shorter.then(|| self.with(self.text[..left].to_vec(), left, 0.01))
    }

    /// Text arrives with the cursor at `at`: over what stands there, in place of it, or before it.
    fn write(self, text: &str, out: &mut Vec<Self>) {
        let new: Vec<char> = text.chars().filter(|c| !c.is_control()).collect();
        // what the terminal itself erased, by writing blanks over it, is gone
        let shown = self.text.len() - self.text[self.at..].iter().rev().take_while(|c| **c == ' ').count();
        let old = &self.text[self.at..shown];
        let tail = |suffix: &[char]| !suffix.is_empty() && new.len() >= suffix.len() && new.ends_with(suffix);
        let redrawn =
            !old.is_empty() && (tail(old) || new.len() == old.len() || old.len() > 1 && tail(&old[1..]));
        let over = |way: &Self, weight: f32| {
            let mut text = way.text[..way.at].to_vec();
            text.extend(&new);
            let end = text.len();
            text.extend(way.text.iter().skip(end));
            Self { redrawn, ..way.with(text, end, weight) }
        };
        let instead = |way: &Self, weight: f32| {
            let mut text = way.text[..way.at].to_vec();
            text.extend(&new);
            let at = text.len();
            Self { redrawn, ..way.with(text, at, weight) }
        };
        let before = |way: &Self, weight: f32| {
            let mut text = way.text[..way.at].to_vec();
            text.extend(&new);
            let at = text.len();
            text.extend(old);
            Self { redrawn, inserted: true, ..way.with(text, at, weight) }
        };
        let behind = |way: &Self, mut text: Vec<char>, weight: f32| {
            text.extend(&new);
            let at = text.len();
            way.with(text, at, weight)
        };
        let after = |way: &Self, weight: f32| behind(way, way.text[..shown].to_vec(), weight);
        // a character deleted, as in the command mode of vi, and the line gone on with at its end
        let cut = |way: &Self, weight: f32| {
            let mut text = way.text.clone();
            text.remove(way.at);
            behind(way, text, weight)
        };
        // the first character once more: only what differs is written, a step to the right of where the cursor stood
        let doubled = |way: &Self, weight: f32| {
            let text = way.text[..=way.at].to_vec();
            Self { redrawn: true, ..behind(way, text, weight) }
        };
        if old.is_empty() {
            return out.push(instead(&self, 1.0));
        }
        // nobody goes on with so little: it was put in there; and what was drawn again was deleted before
        let more = new.len() > 2 && !self.redrawn && !new.starts_with(&old[1..]);
        let goes_on = self.keys == Keys::Vi && self.at > 0 && old.len() >= FAR && more;
        if goes_on {
            // who erases a slip types what was meant; of two that are alike the second goes, behind a step to the right
            let meant = new.iter().find(|c| **c != ' ').is_some_and(|c| old.iter().take(3).any(|o| o == c));
            let (deleted, twice) = (if meant { 0.3 } else { 0.6 }, old[1] == old[2]);
            out.push(cut(&self, if twice { 0.3 * deleted } else { deleted }));
            if twice {
                let mut text = self.text.clone();
                text.remove(self.at + 1);
                out.push(behind(&self, text, 0.7 * deleted));
            }
        }
        if new == [' '] && old.len() == 1 {
            // BS SP BS: the terminal's own erase
            return out.push(over(&self, 1.0));
        }
        if new == old && old.len() > 1 && self.at > 0 && !self.redrawn {
            // nobody writes again what stands there
            out.push(doubled(&self, 0.8));
            out.push(over(&self, 0.2));
            return;
        }
        if new == old && self.redrawn {
            // to its end, as shells get there that step right by writing what stands there
            return out.push(over(&self, 1.0));
        }
        if new.split_last().is_some_and(|(last, new)| *last == ' ' && new.len() > 1 && *new == old[1..]) {
            // the character under the cursor was deleted, and a blank written over what stands too far right now
            out.push(instead(&self, 0.97));
            out.push(before(&self, 0.03));
            return;
        }
        let put_before = || if tail(old) || tail(&old[1..]) { None } else { self.put_before(&new) };
        if let Some(text) = self.deleted_before(&new).or_else(put_before) {
            let at = text.len();
            out.push(self.with(text, at, 0.8));
            out.push(instead(&self, 0.1));
            out.push(before(&self, 0.1));
            return;
        }
        let inside = if self.at > 0 { !self.starts(&new) } else { new.starts_with(&[' ']) };
        if self.redrawn && !tail(old) && (new.len() < 3 || inside) {
            // the cursor stands inside the line: typed there, or behind its end after steps that are lost
            out.push(after(&self, 0.45));
            out.push(before(&self, 0.34));
            out.push(instead(&self, 0.2));
            out.push(cut(&self, 0.01));
            return;
        }
        // a name and a blank were put before a path
        let place =
            self.text.first() == Some(&'~') || self.text.first() == Some(&'/') && new.ends_with(&[' ']);
        if self.at > 0 && self.goes_home_unseen() && (place || !self.starts(&self.text)) && self.starts(&new)
        {
            // from further left the start is nearer by a carriage return, which is lost
            let text: Vec<char> = new.iter().chain(&self.text).copied().collect();
            return out.push(Self { inserted: true, ..self.with(text, new.len(), 0.9) });
        }
        if self.redrawn && self.at > 0 && !tail(old) && new.len() >= old.len() {
            // or the line goes on behind its end, as after a deletion in the command mode of vi
            out.push(instead(&self, 0.5));
            out.push(after(&self, 0.4));
            out.push(before(&self, 0.06));
            out.push(cut(&self, 0.04));
            return;
        }
        if tail(old) || new.len() >= old.len() && !goes_on {
            // the tail was written again behind an insertion, or everything was written over
            out.push(instead(&self, 0.88));
            out.push(before(&self, 0.08));
            out.push(cut(&self, 0.04));
            return;
        }
        if tail(&old[1..]) || (2..old.len().min(40)).any(|n| tail(&old[n..]) && new.len() == old.len() - n) {
            // the tail was written again behind a deletion
            out.push(instead(&self, 0.8));
            out.push(over(&self, 0.2));
            return;
        }
        // inserted by a sequence that is lost, behind the end after steps that are lost, or after an erasure
        let (inserted, appended, erased, covered) = if self.redrawn {
            (0.4, 0.4, 0.1, 0.1)
        } else if self.at == 0
            && (new.ends_with(&[' ']) || !self.starts(old) && self.starts(&new))
            && (new.ends_with(&[' ']) || !old[0].is_alphanumeric())
        {
            let first: String = new.iter().take_while(|c| **c != ' ').collect();
            if self.starts(old) && self.starts(&new) && !takes_command(&first) {
                // one line from history after another, whose last blank was typed
                (0.2, 0.01, 0.76, 0.03)
            } else {
                // `sudo ` before a command, or a command before what can be none
                (0.84, 0.01, 0.12, 0.03)
            }
        } else if new.len() <= 2 && old.len() >= 7 && new.last() != old.first() {
            // nobody erases a line's end to type a letter
            (0.7, 0.04, 0.16, 0.1)
        } else if old.len() <= 4 && self.at > 0 || self.at == 0 && self.starts(&new) {
            // a slip, or a line given up for another
            (0.03, 0.01, 0.94, 0.02)
        } else {
            (0.15, 0.03, 0.7, 0.12)
        };
        let deleted = match self.keys {
            _ if erased > 0.9 => 0.003,
            Keys::Vi => 0.15,
            _ => 0.02,
        };
        let erased = if goes_on { erased / 4.0 } else { erased };
        out.push(instead(&self, erased));
        out.push(over(&self, covered));
        out.push(before(&self, inserted));
        out.push(after(&self, appended));
        out.push(cut(&self, deleted));
        // from one line of history to another, which ends alike
        for blank in (1..old.len()).filter(|i| old[*i] == ' ').take(MOST_ENDS) {
            let mut way = instead(&self, 0.003);
            way.text.extend(&old[blank..]);
            out.push(way);
        }
    }

    /// The line without the character that was deleted, if `new` is what stood behind it: in a line of several rows, where
    /// the way there is lost, the editor writes again what follows, up to a row's end.
    fn deleted_before(&self, new: &[char]) -> Option<Vec<char>> {
        const LEAST: usize = 8;
        const ROW: usize = 16;
        if new.len() < ROW || self.text.len() - self.at < ROW {
            return None;
        }
        let new = &new[..new.len() - new.iter().rev().take_while(|c| **c == ' ').count()];
        let head = new.get(..LEAST).filter(|head| !self.text[self.at..].starts_with(head))?;
        let mut places = self.text.windows(LEAST).enumerate().filter(|(_, w)| *w == head).map(|(at, _)| at);
        let (at, None) = (places.next().filter(|at| *at > 0)?, places.next()) else { return None };
        // wraps left blanks in what stood there
        let mut old = self.text.iter().enumerate().skip(at).filter(|(_, c)| **c != ' ');
        let mut end = at;
        for c in new.iter().filter(|c| **c != ' ') {
            let (i, _) = old.next().filter(|(_, o)| *o == c)?;
            end = i + 1;
        }
        Some([&self.text[..at - 1], new, &self.text[end..]].concat())
    }

    /// The line with the few characters that `new` shows before what stands somewhere in it: in a line of several rows the
    /// way there is lost, and the editor writes what follows again up to the end of the row.
    fn put_before(&self, new: &[char]) -> Option<Vec<char>> {
        const LEAST: usize = 8;
        const MOST: usize = 3;
        const ROW: usize = 16;
        if new.len() < LEAST || self.text.len() - self.at < ROW || new.len() >= self.text.len() - self.at {
            return None;
        }
        let letters = |text: &[char]| {
            let letters = text.iter().enumerate().filter(|(_, c)| **c != ' ');
            letters.map(|(at, c)| (at, *c)).unzip::<usize, char, Vec<_>, Vec<_>>()
        };
        let (places, all) = letters(&self.text);
        (1..=MOST).find_map(|count| {
            let again = &new[count..];
            let (_, own) = letters(again);
            let mut found = all.windows(own.len().max(LEAST)).enumerate().filter(|(_, w)| *w == own);
            let (Some((first, _)), None) = (found.next(), found.next()) else { return None };
            let blanks = again.iter().take_while(|c| **c == ' ').count();
            let at = places[first].checked_sub(blanks).filter(|at| *at > 0)?;
            Some([&self.text[..at], &new[..count], &self.text[at..]].concat())
        })
    }

    /// Whether text begins like a command line, where commands are entered.
    fn starts(&self, text: &[char]) -> bool {
        self.keys.are_a_shells() && starts_command(text)
    }

    /// Whether an editor goes to the line's start by a carriage return and steps to the right: where that is shorter than
    /// going back one by one.
    fn goes_home_unseen(&self) -> bool {
        self.lead + 1 < self.at
    }

    /// Enter: the line is the whole text, or what stands before the cursor where the rest was erased.
    fn end(self, searched: bool) -> Vec<(String, f32)> {
        let whole: String = self.text.iter().collect();
        if self.at >= self.text.len() {
            return vec![(whole, self.weight)];
        }
        let head: String = self.text[..self.at].iter().collect();
        let mut cut = self.text.clone();
        cut.remove(self.at);
        let cut: String = cut.into_iter().collect();
        let behind = self.text.len() - self.at;
        let (kept, deleted) = match behind {
            _ if searched => (0.97, 0.01),
            _ if self.inserted => (0.96, 0.01),
            _ if self.redrawn => (0.9, 0.02),
            // a slip is erased where it was made; from further back the cursor was moved, to delete something there
            ..=4 => (0.25, 0.05),
            5..=8 => (0.3, 0.2),
            _ => (0.35, 0.4),
        };
        let erased = self.weight * (1.0 - kept - deleted);
        vec![(whole, self.weight * kept), (head, erased), (cut, self.weight * deleted)]
    }
}

/// Whether text begins like a command line.
fn starts_command(text: &[char]) -> bool {
    let first: String = text.iter().take_while(|c| !c.is_whitespace()).collect();
    let sets = first
        .split_once('=')
        .is_some_and(|(name, _)| !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_'));
    let path = first == "." || ["./", "../", "/", "~"].iter().any(|path| first.starts_with(path));
    sets || is_command(&first) || path
}

fn best(mut ways: Vec<Way>) -> Vec<Way> {
    ways.sort_by(|a, b| b.weight.total_cmp(&a.weight));
    ways.dedup_by(|a, b| a.text == b.text && a.at == b.at);
    ways.truncate(BEAM);
    ways
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(raw: &str) -> String {
        readings(raw.as_bytes(), "$ ", "", Keys::Shell, |_| false, |_| false).remove(0).text
    }

    #[test]
    fn an_erased_character_is_gone() {
        assert_eq!(first("$ lss\u{8}"), "ls");
        assert_eq!(first("$ cat /etc/pass\u{8}\u{8}\u{8}\u{8}group | head"), "cat /etc/group | head");
        assert_eq!(
            first(
                "$ apt install foo\u{8}\u{8}\u{8}\u{8}\u{8}\u{8}\u{8}\u{8}\u{8}\u{8}\u{8}\u{8}\u{8}\u{8}\u{8}docker ps"
            ),
            "docker ps"
        );
        assert_eq!(first("$ ls -l /tpm\u{8} \u{8}\u{8} \u{8}mp"), "ls -l /tmp");
    }

    #[test]
    fn a_moved_cursor_erases_nothing() {
        assert_eq!(
            first("$ (reverse-i-search)`': \u{8}\u{8}\u{8}c': ls -d x$ ls -d x\u{8}\u{8}\u{8}"),
            "ls -d x"
        );
        assert_eq!(first("$ whomai\u{8}\u{8}\u{8}ami\u{8}"), "whoami");
    }

    #[test]
    fn a_character_that_stands_there_twice_was_put_before_its_like() {
        assert_eq!(first("$ cd ~/src & ls\u{8}\u{8}\u{8}\u{8}& ls\u{8}\u{8}\u{8}\u{8}"), "cd ~/src && ls");
        assert_eq!(first("$ pwd\u{8}\u{8}\u{8}pwd"), "pwd", "a line written anew");
    }

    #[test]
    fn a_line_of_two_rows_goes_on_behind_what_was_deleted_in_it() {
        let (head, tail) = ("ecx", "ho one two three four > /tmp/a; rm /tmp/");
        let torn = format!("$ {head}{tail}a bc{}{tail}abc ", "\u{8}".repeat(30));
        assert_eq!(first(&torn), "echo one two three four > /tmp/a; rm /tmp/abc");
    }

    #[test]
    fn a_blank_may_have_been_stepped_over() {
        let all =
            readings("% ls -laj \u{8}\u{8} \u{8}~".as_bytes(), "% ", "", Keys::Shell, |_| false, |_| false);
        let texts: Vec<&str> = all.iter().map(|r| r.text.as_str()).collect();
        assert!(texts.contains(&"ls -la ~") && texts.contains(&"ls -la~"), "{all:?}");
        assert!(all[0].confidence < 0.9);
        assert_eq!(
            first("$ ls x \u{8} \u{8}\u{8} \u{8}~"),
            "ls ~",
            "a terminal without an editor erases each by a blank"
        );
    }

    #[test]
    fn letters_put_one_by_one_before_a_line_write_it_again_each_time() {
        let back = "\u{8}".repeat(10);
        let raw = format!("$ /usr/share{back}c/usr/share{back}d/usr/share{back} /usr/share{back}");
        let all = readings(
            raw.as_bytes(),
            "$ ",
            "",
            Keys::Shell,
            |word| word == "share" || word == "usr",
            |_| false,
        );
        assert_eq!(all[0].text, "cd /usr/share", "{all:?}");
    }

    #[test]
    fn what_was_put_into_the_first_of_several_rows_stands_before_what_follows() {
        let old = " \"ab: $HOME\" > / tmp/who-ab; rm /tmp/who-ab";
        let raw = format!("$ ech{old}{}o \"ab: $HOME\" > /t", "\u{8}".repeat(old.len()));
        assert_eq!(first(&raw), format!("echo{old}"));
    }

    #[test]
    fn in_a_vi_shell_what_is_typed_behind_steps_back_goes_on_behind_the_end() {
        let of =
            |raw: &str| readings(raw.as_bytes(), "$ ", "", Keys::Vi, |_| false, |_| false).remove(0).text;
        assert_eq!(
            of("$ cat a || ejcho missi\u{8}\u{8}\u{8}\u{8}\u{8}\u{8}\u{8}\u{8}\u{8}\u{8}ng x"),
            "cat a || echo missing x"
        );
        assert_eq!(of("$ rm ~/kpjjqb &&\u{8}\u{8}\u{8}\u{8}\u{8}\u{8}\u{8}\u{8} cd x"), "rm ~/kpjqb && cd x");
        assert_eq!(of("$ cat /etc/pass\u{8}\u{8}\u{8}\u{8}group"), "cat /etc/group");
        assert_eq!(of("$ jcat\u{8}\u{8}\u{8}\u{8}cat\u{8}\u{8}\u{8} ~/a"), "cat ~/a");
    }

    #[test]
    fn a_blank_before_what_is_typed_behind_a_deletion_stays() {
        let raw = "$ datje -u \u{8}\u{8}\u{8}\u{8}\u{8}\u{8}+%Y".as_bytes();
        let all = readings(raw, "$ ", "", Keys::Shell, |_| false, |_| false);
        assert!(all.iter().any(|r| r.text == "date -u +%Y"), "{all:?}");
    }

    #[test]
    fn what_is_typed_behind_a_deletion_in_vi_stands_at_the_end() {
        let raw = "$ wc -lj ~/app\u{8}\u{8}\u{8}\u{8}\u{8}\u{8}\u{8} ~/app\u{8}\u{8}\u{8}\u{8}\u{8}\u{8}.log";
        assert_eq!(first(raw), "wc -l ~/app.log");
        let raw = "$ ls j--c\u{8}\u{8}\u{8}\u{8}--c\u{8}\u{8}\u{8}olor=always";
        let all = readings(raw.as_bytes(), "$ ", "", Keys::Shell, |_| false, |_| false);
        assert!(all.iter().any(|r| r.text == "ls --color=always"), "{all:?}");
        assert!(all[0].confidence < 0.9);
    }

    #[test]
    fn a_word_seen_elsewhere_decides() {
        let raw = "$ ls README.dm\u{8}\u{8}m\u{8}d".as_bytes();
        assert_eq!(
            readings(raw, "$ ", "", Keys::Shell, |w| w == "README.md", |_| false)[0].text,
            "ls README.md"
        );
    }

    #[test]
    fn a_line_that_is_finished_one_way_is_read_so() {
        assert_eq!(first(&format!("$ jecho \"a{}b: c\" > d", "\u{8}".repeat(8))), "echo \"ab: c\" > d");
    }

    #[test]
    fn other_readings_are_kept() {
        let all = readings("$ echo hi\u{8}\u{8}".as_bytes(), "$ ", "", Keys::Shell, |_| false, |_| false);
        assert_eq!(all[0].text, "echo");
        assert_eq!(all[1].text, "echo hi");
        assert!(all[0].confidence < 0.9);
    }
}
