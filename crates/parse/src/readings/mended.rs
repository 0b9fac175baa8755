//! What a line is without one piece that stands in it: an edit that left no trace began or ended inside a word, which is
//! none with the piece and one without. None of it is likely enough to be reported.

use std::ops::Range;

use super::words::{first_word, key_of, last_word, words};
use crate::shell::{is_command, is_complete};

/// Lines longer than this are not looked at.
const LONGEST: usize = 400;
/// A longer piece is more than a slip or a word put in.
const MOST: usize = 12;
/// What is put into a word is shorter.
const SLIP: usize = 5;

/// Names of the Filesystem Hierarchy Standard that commands name most, whether or not a session shows them elsewhere.
const FOLDERS: [&str; 9] = ["dev", "null", "tmp", "etc", "usr", "home", "var", "opt", "bin"];

/// What most names of files end with.
const KINDS: [&str; 12] = ["txt", "log", "csv", "json", "yml", "yaml", "conf", "sh", "py", "md", "gz", "sql"];

/// How much speaks for a line, the most first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum For {
    /// A word is whole again.
    Whole,
    /// A word is one without what stood at its end.
    Rest,
    /// A word that nothing shows is gone.
    Gone,
}

/// A line that another may be: what speaks for it, minus how many odd words less it has, and how long the piece was.
pub(crate) type Mended = ((For, i32, usize), String);

/// A line and its words, each with whether nothing else shows it.
pub(crate) struct Worded<'t> {
    text: &'t str,
    words: Vec<(Range<usize>, bool)>,
    complete: bool,
}

impl<'t> Worded<'t> {
    /// `None` of lines that are not looked at.
    pub(crate) fn of(text: &'t str, shown: &impl Fn(u64) -> (bool, bool)) -> Option<Self> {
        let text = text.trim_end();
        if text.is_empty() || text.len() > LONGEST || !text.is_ascii() {
            return None;
        }
        let place = |word: &str| {
            let from = word.as_ptr() as usize - text.as_ptr() as usize;
            from..from + word.len()
        };
        let words = words(text).map(|word| {
            let variable = text[..place(word).start].ends_with(['$', '{']);
            (place(word), is_odd(word, variable, shown))
        });
        Some(Self { text, words: words.collect(), complete: is_complete(text) })
    }

    /// How many bytes it is.
    pub(crate) fn len(&self) -> usize {
        self.text.len()
    }

    /// How many words of it nothing else shows, and what else in it a shell or a person would not have left so.
    pub(crate) fn oddities(&self, shown: &impl Fn(u64) -> (bool, bool)) -> usize {
        // a line that stands there twice has its own words again
        let odd = self.odd().enumerate().filter(|(n, word)| self.odd().take(*n).all(|other| other != *word));
        let first = self.text.trim_start().split([' ', '\n', ';', '|', '&', '(']).next().unwrap_or_default();
        let named = is_command(first) || shown(key_of(first)).0 || first.contains(['/', '=']);
        odd.count() + usize::from(!named) + usize::from(!self.complete)
    }

    fn odd(&self) -> impl Iterator<Item = &str> {
        self.words.iter().filter(|(_, odd)| *odd).map(|(place, _)| &self.text[place.clone()])
    }

    /// Whether the line itself shows a word twice, or what a file is of; `but` the words that a piece touches.
    fn shows(&self, word: &str, but: &Range<usize>) -> bool {
        let own = |word: &str| {
            let apart = |place: &Range<usize>| place.end < but.start || but.end < place.start;
            let same = |place: &Range<usize>| {
                place.len() == word.len() && self.text[place.clone()] == *word && apart(place)
            };
            word.len() > 2 && self.words.iter().any(|(place, _)| same(place))
        };
        let file = |(stem, kind): (&str, &str)| KINDS.contains(&kind) && own(stem);
        let end = &word.as_bytes()[word.len().saturating_sub(5)..];
        own(word) || end.contains(&b'.') && word.rsplit_once('.').is_some_and(file)
    }

    /// Lines that it is without a piece or with another word, the likeliest first.
    pub(crate) fn mended(&self, shown: &impl Fn(u64) -> (bool, bool)) -> Vec<Mended> {
        let mut found: Vec<Mended> = Vec::new();
        let mut take = |why: For, gain: usize, len: usize, line: String| {
            let line = line.trim_end();
            if line.is_empty() || !is_complete(line) {
                return;
            }
            let key = (why, -(gain as i32), len);
            match found.iter_mut().find(|(_, known)| known == line) {
                Some((own, _)) => *own = key.min(*own),
                None => found.push((key, line.to_owned())),
            }
        };
        let odd =
            |(place, odd): &&(Range<usize>, bool)| *odd && !self.shows(&self.text[place.clone()], place);
        let odd: Vec<&Range<usize>> = self.words.iter().filter(odd).map(|(place, _)| place).collect();
        let kept = |(place, _): &&(Range<usize>, bool)| place.len() > 1 && !odd.contains(&place);
        let kept: Vec<&Range<usize>> = self.words.iter().filter(kept).map(|(place, _)| place).collect();
        let (mut done, mut whole) = (0, String::new());
        for word in &odd {
            let next = kept.partition_point(|other| other.start < word.start);
            let begins = next.checked_sub(1).map_or(0, |last| kept[last].end);
            let ends = kept.get(next).map_or(self.text.len(), |other| other.start);
            // it begins with the word or the blank before it, or where what is known ends
            let near = done.max(begins).max(word.start.saturating_sub(1))..ends;
            let far = (done <= begins && begins < near.start && near.start < begins + MOST).then_some(begins);
            for from in far.into_iter().chain(near) {
                let left = last_word(&self.text[..from]);
                // a word is put in with the blank before it
                let most = if self.text.as_bytes()[from] == b' ' { MOST } else { SLIP };
                let all = &self.text.as_bytes()[from..ends.min(from + most)];
                let plain = |b: &u8| b.is_ascii_alphanumeric() || b" /~._-:".contains(b);
                for len in 1..=all.iter().position(|b| !plain(b)).unwrap_or(all.len()) {
                    let piece = from..from + len;
                    if let Some((why, gain)) = self.without(left, &piece, &odd, &mut whole, shown) {
                        take(why, gain, len, [&self.text[..from], &self.text[from + len..]].concat());
                    }
                }
                done = from + 1;
            }
        }
        if !self.complete {
            // a quote that was meant to be gone
            let quotes = self.text.match_indices(['\'', '"']).take(MOST);
            quotes.for_each(|(at, _)| {
                take(For::Whole, 1, 1, [&self.text[..at], &self.text[at + 1..]].concat())
            });
        }
        found.sort();
        found
    }

    /// What speaks for the line without a piece that stands behind the word `left`, and how many odd words less it has.
    fn without(
        &self,
        left: &str,
        piece: &Range<usize>,
        odd: &[&Range<usize>],
        whole: &mut String,
        shown: &impl Fn(u64) -> (bool, bool),
    ) -> Option<(For, usize)> {
        let (before, behind) = (&self.text[..piece.start], &self.text[piece.end..]);
        let right = first_word(behind);
        let around = piece.start - left.len()..piece.end + right.len();
        if !left.is_empty() && !right.is_empty() {
            whole.clear();
            whole.extend([left, right]);
            // no more is put into a word than it has
            if piece.len() > whole.len() && self.text.as_bytes()[piece.start] != b' ' {
                return None;
            }
            let number = |option: &str| option.bytes().skip(1).all(|b| b.is_ascii_digit());
            let known = match whole.strip_prefix('-') {
                Some(option) => number(option) || shown(key_of(whole)).1,
                None => shown(key_of(whole)).0 || !is_odd(whole, false, shown) || self.shows(whole, &around),
            };
            let gain = odd.iter().filter(|word| word.end >= piece.start && word.start <= piece.end).count();
            return match known {
                true => (gain > 0).then_some((For::Whole, gain)),
                // an edge tore one that nothing else shows
                false => (gain == 2 && self.text[piece.clone()] == *" ").then_some((For::Rest, 1)),
            };
        }
        let cut = odd.iter().filter(|word| word.start < piece.end && piece.start < word.end).count();
        let rest = if left.is_empty() { right } else { left };
        if !rest.is_empty() && odd.contains(&&around) {
            let tells = rest.len() > 1 && !rest.starts_with('-') || rest.bytes().any(|b| b.is_ascii_digit());
            let known = || !is_odd(rest, false, shown) || self.shows(rest, &around);
            return (tells && piece.len() <= rest.len() && known()).then_some((For::Rest, 1));
        }
        // a word is put in with the blank before it, a letter or two before a word
        let next = behind.chars().next();
        let ends = next.is_none_or(|c| matches!(c, ' ' | '|' | ';' | '&' | '>' | ')'));
        let begins = next.is_some_and(|c| matches!(c, '/' | '~' | '"' | '\'' | '$'));
        let twice = next == Some('/') && before.ends_with('/');
        let own = &self.text[piece.clone()];
        let blank = own.starts_with(' ') && !own.ends_with(' ') && (ends || left.is_empty() && !twice);
        let slip = begins && own.len() < 3 && (before.is_empty() || before.ends_with(' '));
        (cut > 0 && right.is_empty() && (blank || slip)).then_some((For::Gone, cut))
    }
}

/// Whether nothing but its line shows a word.
fn is_odd(word: &str, variable: bool, shown: &impl Fn(u64) -> (bool, bool)) -> bool {
    let plain = is_plain(word) || variable && word.bytes().all(|b| b.is_ascii_alphabetic());
    !plain && !is_command(word) && !shown(key_of(word)).1
}

/// Whether a word is an option, a number or a folder that most systems have.
pub(crate) fn is_plain(word: &str) -> bool {
    let number = || word.bytes().all(|b| b.is_ascii_digit());
    word.starts_with('-') || number() || FOLDERS.contains(&word)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Vec<String> {
        let once = ["notes.txt", "january.csv"].map(key_of);
        let again = ["app.log", "INFO"].map(key_of);
        let shown = |key: u64| (once.contains(&key) || again.contains(&key), again.contains(&key));
        let found = Worded::of(text, &shown).map(|line| line.mended(&shown)).unwrap_or_default();
        found.into_iter().map(|(_, line)| line).collect()
    }

    #[test]
    fn a_piece_that_makes_no_word_is_taken_out() {
        for (text, whole) in [
            ("wc -l ~/n otes.txt | sort", "wc -l ~/notes.txt | sort"),
            ("head -2 ~/r/febru ary.csv | cat", "head -2 ~/r/february.csv | cat"),
            ("cut -d' ' -f wrongg5 | sort # tedon tedon tedon", "cut -d' ' -f5 | sort # tedon tedon tedon"),
            ("echo y/glliq: $HOME > /tmp/glliq", "echo /glliq: $HOME > /tmp/glliq"),
            ("true -x 'cbdin $5x' | cat cbdin", "true -x 'cbdin $5' | cat cbdin"),
            ("cut -d'' ' -f5", "cut -d' ' -f5"),
            ("cat 2>/de cv/null", "cat 2>/dev/null"),
            ("id -un q", "id -un"),
        ] {
            assert_eq!(of(text).first().map(String::as_str), Some(whole), "{:?}", of(text));
        }
        for text in ["id -un", "tail -n 3 ~/app.log", "ls -l /tmp", ""] {
            assert!(of(text).is_empty(), "{:?}", of(text));
        }
    }
}
