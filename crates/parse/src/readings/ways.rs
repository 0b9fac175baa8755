//! What the editor did behind each step back: hypotheses of its state.

use super::Keys;
use crate::shell::{is_command, takes_command};

/// From so far back in a shell that reads keys as vi does the cursor was moved, and did not erase.
const FAR: usize = 5;
/// Ways kept at once.
const BEAM: usize = 12;
/// Places at which a line may go on as the one it took the place of.
const MOST_ENDS: usize = 3;

#[derive(Clone, Copy)]
pub(super) enum Piece<'a> {
    Text(&'a str),
    Back(usize),
}

pub(super) fn pieces(line: &str) -> Vec<Piece<'_>> {
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
pub(super) struct Way {
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
    /// An empty line behind a prompt of `lead` columns.
    pub(super) fn begun(weight: f32, lead: usize, keys: Keys) -> Self {
        Self { weight, lead, keys, ..Self::default() }
    }

    /// The same line with another text, and the cursor elsewhere.
    fn with(&self, text: Vec<char>, at: usize, weight: f32) -> Self {
        let Self { lead, keys, .. } = *self;
        Self { text, at, weight: self.weight * weight, redrawn: false, inserted: false, lead, keys }
    }

    pub(super) fn back(mut self, n: usize) -> Self {
        self.at = self.at.saturating_sub(n);
        self.inserted = false;
        self
    }

    /// The last word was erased, going back by a carriage return, which is lost, because that was shorter; then the `n`
    /// characters before it one by one.
    pub(super) fn without_last_word(&self, n: usize) -> Option<Self> {
        let word = self.text[..self.at].iter().rev().take_while(|c| !c.is_whitespace()).count();
        let left = (self.at - word).checked_sub(n).filter(|left| *left > 0)?;
        let shorter = self.keys.are_a_shells() && self.at == self.text.len() && self.lead + left < 2 * word;
        shorter.then(|| self.with(self.text[..left].to_vec(), left, 0.01))
    }

    /// Text arrives with the cursor at `at`: over what stands there, in place of it, or before it.
    pub(super) fn write(&self, text: &str) -> Vec<Self> {
        let mut new = Vec::with_capacity(text.len());
        new.extend(text.chars().filter(|c| !c.is_control()));
        // what the terminal itself erased, by writing blanks over it, is gone
        let shown = self.text.len() - self.text[self.at..].iter().rev().take_while(|c| **c == ' ').count();
        let old = &self.text[self.at..shown];
        let mut written = Written { way: self, new, old, shown, redrawn: false };
        written.redrawn = !old.is_empty()
            && (written.ends(old)
                || written.new.len() == old.len()
                || old.len() > 1 && written.ends(&old[1..]));
        written.ways()
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
    pub(super) fn end(self, searched: bool) -> Vec<(String, f32)> {
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

/// Text that arrived behind steps back.
struct Written<'w> {
    way: &'w Way,
    new: Vec<char>,
    /// What stands behind the cursor, up to `shown`.
    old: &'w [char],
    shown: usize,
    /// It is the line's own tail, or as long.
    redrawn: bool,
}

impl Written<'_> {
    /// What the line may be now.
    fn ways(&self) -> Vec<Way> {
        if self.old.is_empty() {
            return vec![self.instead(1.0)];
        }
        let mut ways = self.deleted_with_vi();
        let goes_on = !ways.is_empty();
        let told = self.written_over().or_else(|| self.put_in()).or_else(|| self.drawn_again(goes_on));
        ways.extend(told.unwrap_or_else(|| self.weighed(goes_on)));
        ways
    }

    /// A character was deleted in the command mode of vi, and the line gone on with at its end.
    fn deleted_with_vi(&self) -> Vec<Way> {
        let Self { way, new, old, .. } = self;
        // nobody goes on with so little: it was put in there; and what was drawn again was deleted before
        let more = new.len() > 2 && !way.redrawn && !new.starts_with(&old[1..]);
        if way.keys != Keys::Vi || way.at == 0 || old.len() < FAR || !more {
            return Vec::new();
        }
        // who erases a slip types what was meant; of two that are alike the second goes, behind a step to the right
        let meant = new.iter().find(|c| **c != ' ').is_some_and(|c| old.iter().take(3).any(|o| o == c));
        let deleted = if meant { 0.3 } else { 0.6 };
        if old[1] != old[2] {
            return vec![self.cut(deleted)];
        }
        let mut text = way.text.clone();
        text.remove(way.at + 1);
        vec![self.cut(0.3 * deleted), self.behind(&text, 0.7 * deleted)]
    }

    /// What stood there was written over.
    fn written_over(&self) -> Option<Vec<Way>> {
        let Self { way, new, old, .. } = self;
        if *new == [' '] && old.len() == 1 {
            // BS SP BS: the terminal's own erase
            return Some(vec![self.over(1.0)]);
        }
        if new == old && old.len() > 1 && way.at > 0 && !way.redrawn {
            // nobody writes again what stands there
            return Some(vec![self.doubled(0.8), self.over(0.2)]);
        }
        if new == old && way.redrawn {
            // to its end, as shells get there that step right by writing what stands there
            return Some(vec![self.over(1.0)]);
        }
        // the character under the cursor was deleted, and a blank written over what stands too far right now
        let all = &way.text[way.at..];
        let deleted = |(last, new): (&char, &[char])| {
            *last == ' ' && new.len() > 1 && (*new == old[1..] || *new == all[1..])
        };
        new.split_last().is_some_and(deleted).then(|| vec![self.instead(0.97), self.before(0.03)])
    }

    /// It was put in, there or elsewhere: ways are lost.
    fn put_in(&self) -> Option<Vec<Way>> {
        let Self { way, new, old, .. } = self;
        let again = self.again();
        let put_before = || if again || self.ends(&old[1..]) { None } else { way.put_before(new) };
        if let Some(text) = way.deleted_before(new).or_else(put_before) {
            let at = text.len();
            return Some(vec![way.with(text, at, 0.8), self.instead(0.1), self.before(0.1)]);
        }
        let inside = if way.at > 0 { !way.starts(new) } else { new.starts_with(&[' ']) };
        if way.redrawn && !again && (new.len() < 3 || inside) {
            // the cursor stands inside the line: typed there, or behind its end after steps that are lost
            return Some(vec![self.after(0.45), self.before(0.34), self.instead(0.2), self.cut(0.01)]);
        }
        // a name and a blank were put before a path
        let place = way.text.first() == Some(&'~') || way.text.first() == Some(&'/') && new.ends_with(&[' ']);
        let path = place || !way.starts(&way.text);
        (way.at > 0 && way.goes_home_unseen() && path && way.starts(new)).then(|| {
            // from further left the start is nearer by a carriage return, which is lost
            let text: Vec<char> = new.iter().chain(&way.text).copied().collect();
            vec![Way { inserted: true, ..way.with(text, new.len(), 0.9) }]
        })
    }

    /// The editor wrote the line's tail again, or all of it.
    fn drawn_again(&self, goes_on: bool) -> Option<Vec<Way>> {
        let Self { way, new, old, .. } = self;
        if way.redrawn && way.at > 0 && !self.again() && new.len() >= old.len() {
            // or the line goes on behind its end, as after a deletion in the command mode of vi
            return Some(vec![self.instead(0.5), self.after(0.4), self.before(0.06), self.cut(0.04)]);
        }
        if self.again() || new.len() >= old.len() && !goes_on {
            // the tail was written again behind an insertion, or everything was written over
            return Some(vec![self.instead(0.88), self.before(0.08), self.cut(0.04)]);
        }
        let shorter = |n: usize| self.ends(&old[n..]) && new.len() == old.len() - n;
        // the tail was written again behind a deletion
        if self.ends(&old[1..]) {
            return Some(vec![self.instead(0.8), self.over(0.2)]);
        }
        let gone = (2..old.len().min(40)).find(|n| shorter(*n))?;
        // or behind steps to the right, which leave no trace
        let behind = if old[0] == old[1] { 0.5 } else { 0.1 };
        let mut text = way.text.clone();
        text.remove(way.at + gone - 1);
        let at = text.len();
        let stepped = Way { redrawn: true, ..way.with(text, at, behind) };
        Some(vec![self.instead(0.8 - behind), stepped, self.over(0.2)])
    }

    /// Inserted by a sequence that is lost, behind the end after steps that are lost, or after an erasure.
    fn weighed(&self, goes_on: bool) -> Vec<Way> {
        let Self { way, new, old, .. } = self;
        let (inserted, appended, erased, covered) = if way.redrawn {
            (0.4, 0.4, 0.1, 0.1)
        } else if way.at == 0
            && (new.ends_with(&[' ']) || !way.starts(old) && way.starts(new))
            && (new.ends_with(&[' ']) || !old[0].is_alphanumeric())
        {
            let first: String = new.iter().take_while(|c| **c != ' ').collect();
            if way.starts(old) && way.starts(new) && !takes_command(&first) {
                // one line from history after another, whose last blank was typed
                (0.2, 0.01, 0.76, 0.03)
            } else {
                // `sudo ` before a command, or a command before what can be none
                (0.84, 0.01, 0.12, 0.03)
            }
        } else if new.len() <= 2 && old[0] == ' ' && old[1..].iter().all(|c| c.is_ascii_alphabetic()) {
            // a word that was begun too early, inside another
            (0.3, 0.04, 0.6, 0.06)
        } else if new.len() <= 2 && old.len() >= 7 && new.last() != old.first() {
            // nobody erases a line's end to type a letter
            (0.7, 0.04, 0.16, 0.1)
        } else if old.len() <= 4 && way.at > 0 || way.at == 0 && way.starts(new) {
            // a slip, or a line given up for another
            (0.03, 0.01, 0.94, 0.02)
        } else {
            (0.15, 0.03, 0.7, 0.12)
        };
        let deleted = match way.keys {
            _ if erased > 0.9 => 0.003,
            Keys::Vi => 0.15,
            _ => 0.02,
        };
        let erased = if goes_on { erased / 4.0 } else { erased };
        let mut ways = vec![
            self.instead(erased),
            self.over(covered),
            self.before(inserted),
            self.after(appended),
            self.cut(deleted),
        ];
        // from one line of history to another, which ends alike
        ways.extend((1..old.len()).filter(|i| old[*i] == ' ').take(MOST_ENDS).map(|blank| {
            let mut way = self.instead(0.003);
            way.text.extend(&old[blank..]);
            way
        }));
        ways
    }

    /// Whether the line's tail was written again. Where a single character was drawn last, it is no sign that a longer text
    /// ends in the same.
    fn again(&self) -> bool {
        let chance = self.way.redrawn && self.old.len() == 1 && self.new.len() > 2;
        self.ends(self.old) && !chance
    }

    /// Whether it ends so.
    fn ends(&self, suffix: &[char]) -> bool {
        !suffix.is_empty() && self.new.ends_with(suffix)
    }

    fn over(&self, weight: f32) -> Way {
        let mut way = self.instead(weight);
        way.text.extend(self.way.text.iter().skip(way.at));
        way
    }

    fn instead(&self, weight: f32) -> Way {
        Way { redrawn: self.redrawn, ..self.behind(&self.way.text[..self.way.at], weight) }
    }

    fn before(&self, weight: f32) -> Way {
        let mut way = Way { inserted: true, ..self.instead(weight) };
        way.text.extend(self.old);
        way
    }

    fn after(&self, weight: f32) -> Way {
        self.behind(&self.way.text[..self.shown], weight)
    }

    /// Behind the line without the character at the cursor.
    fn cut(&self, weight: f32) -> Way {
        let mut text = self.way.text.clone();
        text.remove(self.way.at);
        self.behind(&text, weight)
    }

    /// Behind the first character, which stands there once more: only what differs is written, a step to the right of where
    /// the cursor stood.
    fn doubled(&self, weight: f32) -> Way {
        Way { redrawn: true, ..self.behind(&self.way.text[..=self.way.at], weight) }
    }

    fn behind(&self, head: &[char], weight: f32) -> Way {
        // with room for what stood behind the cursor
        let mut text = Vec::with_capacity(self.way.text.len() + self.new.len());
        text.extend(head);
        text.extend(&self.new);
        let at = text.len();
        self.way.with(text, at, weight)
    }
}

/// Whether text begins like a command line.
fn starts_command(text: &[char]) -> bool {
    let len = text.iter().position(|c| c.is_whitespace()).unwrap_or(text.len());
    let first: String = text[..len].iter().collect();
    let sets = first
        .split_once('=')
        .is_some_and(|(name, _)| !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_'));
    let path = first == "." || ["./", "../", "/", "~"].iter().any(|path| first.starts_with(path));
    sets || is_command(&first) || path
}

pub(super) fn best(mut ways: Vec<Way>) -> Vec<Way> {
    ways.sort_by(|a, b| b.weight.total_cmp(&a.weight));
    ways.dedup_by(|a, b| a.text == b.text && a.at == b.at);
    ways.truncate(BEAM);
    ways
}
