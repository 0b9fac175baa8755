//! What else a line may have been, of which a streaming copy shows no trace: another line of history, something erased
//! or put in on the way, a character that the terminal's edge added. None of it is likely enough to be reported; the
//! truth is often among it.

use std::borrow::Cow;

use super::words::{as_one, first_word, last_word};
use crate::shell::is_command;

/// Lines longer than this are not looked at.
const LONGEST: usize = 400;
/// Lines of history that are.
const MOST: usize = 100;
/// A line of history shares at least so much of its length with what is shown.
const ALIKE: f32 = 0.6;
/// No terminal is narrower, so that shorter lines never wrap.
const NARROWEST: usize = 40;
/// Kinds of change, each of which gives so many lines at most.
const EACH: usize = 2;

/// Other lines than `text`, which stands behind a prompt of `lead` columns, in the order of likelihood. `shown` says
/// whether the session shows a word, and whether more than once; `history` has the lines that ran, the last one first.
pub(crate) fn plausible<'h>(
    text: &str,
    lead: usize,
    shown: &impl Fn(&str) -> (bool, bool),
    history: impl Iterator<Item = Cow<'h, str>>,
) -> Vec<String> {
    let text = text.trim();
    if text.is_empty() || text.len() > LONGEST {
        return Vec::new();
    }
    let mut out: Vec<String> = Vec::new();
    let mut take = |found: &mut dyn Iterator<Item = String>| {
        for new in found.filter(|f| f != text).take(EACH) {
            if !out.contains(&new) {
                out.push(new);
            }
        }
    };
    take(&mut alike(text, history).into_iter());
    if text.len() + lead > NARROWEST {
        let without: Vec<String> = without_blank(text, shown).take(EACH).collect();
        let twice = without.first().and_then(|once| without_blank(once, shown).next());
        take(&mut without.into_iter());
        take(&mut twice.into_iter());
        take(&mut without_double(text, shown));
    }
    if lead <= text.len() {
        // going back to the line's start is a carriage return there, which is lost
        take(&mut behind_erased(text, lead, shown).into_iter());
        take(&mut without_last_word(text, shown).into_iter());
    }
    out
}

/// Lines of history that are most like the text, which shows their beginning, their end, or all their words.
fn alike<'h>(text: &str, history: impl Iterator<Item = Cow<'h, str>>) -> Vec<String> {
    let mut found: Vec<(f32, String)> = Vec::new();
    let mut held = [false; 256];
    text.bytes().for_each(|b| held[usize::from(b)] = true);
    for line in history.filter(|h| h.len() > 1 && h.len() <= LONGEST).take(MOST) {
        let score = likeness(text, &held, &line);
        if score >= ALIKE && found.iter().all(|(_, f)| *f != *line) {
            found.push((score, line.into_owned()));
        }
    }
    found.sort_by(|a, b| b.0.total_cmp(&a.0));
    found.into_iter().map(|(_, line)| line).collect()
}

/// `held` says which bytes the text holds.
fn likeness(text: &str, held: &[bool; 256], line: &str) -> f32 {
    let (a, b) = (text.as_bytes(), line.as_bytes());
    let same = |(a, b): &(&u8, &u8)| a == b;
    let head = a.iter().zip(b).take_while(same).count();
    let tail = a.iter().rev().zip(b.iter().rev()).take_while(same).count();
    if head == a.len() && head > 1 || tail == a.len() && tail > 3 {
        // a part of it is all that shows
        return 0.9;
    }
    // most lines have a letter that the text has not
    let may = b.iter().all(|b| held[usize::from(*b)] || *b <= b' ' || !b.is_ascii());
    let mut words = line.split_whitespace();
    if may && line.contains(' ') && words.all(|word| text.contains(word)) {
        return 0.95;
    }
    // what both begin and end with is much for lines that differ by little
    if head.max(tail) < 3 { 0.0 } else { (head + tail).min(b.len()) as f32 / b.len() as f32 }
}

/// The text without a blank that stands inside a word that is shown, also by the text itself, beside another blank, or
/// between a hyphen and its letter.
fn without_blank(text: &str, shown: &impl Fn(&str) -> (bool, bool)) -> impl Iterator<Item = String> {
    memchr::memchr_iter(b' ', text.as_bytes()).filter_map(move |at| {
        let (left, right) = (&text[..at], &text[at + 1..]);
        let (before, after) = (last_word(left), first_word(right));
        let option = left.ends_with(" -") && !after.is_empty();
        let known = |whole: &str| {
            let own = || whole.len() > 3 && (left.contains(whole) || right.contains(whole));
            is_command(whole) || shown(whole).0 || own()
        };
        let whole = || !before.is_empty() && !after.is_empty() && as_one(before, after, known);
        (option || left.ends_with(' ') || whole()).then(|| [left, right].concat())
    })
}

/// The text without a character that stands there twice: in a sign, or where the word is shown without it.
fn without_double(text: &str, shown: &impl Fn(&str) -> (bool, bool)) -> impl Iterator<Item = String> {
    let twice = |at: usize| {
        let mut chars = text.get(at..)?.chars();
        let c = chars.next()?;
        (chars.next() == Some(c)).then_some((at, c))
    };
    // most bytes are no start of such a pair
    let bytes = text.as_bytes();
    let may = |at: &usize| !bytes[*at].is_ascii() || bytes.get(at + 1) == Some(&bytes[*at]);
    let pairs = (0..bytes.len()).filter(may).filter_map(twice);
    let without = |at: usize, c: char| format!("{}{}", &text[..at], &text[at + c.len_utf8()..]);
    pairs.filter_map(move |(at, c)| match c {
        '|' | '>' => Some(without(at, c)),
        c if c.is_alphabetic() => {
            let (before, after) = (last_word(&text[..at]), first_word(&text[at + c.len_utf8()..]));
            let known = |word: &str| word.len() > 2 && (shown(word).0 || is_command(word));
            as_one(before, after, known).then(|| without(at, c))
        }
        _ => None,
    })
}

/// A command's name that the last word ends with, where nothing else shows that word: all before it was erased.
fn behind_erased(text: &str, lead: usize, shown: &impl Fn(&str) -> (bool, bool)) -> Option<String> {
    let word = last_word(text);
    let begins = text.len() - word.len();
    let starts = word.char_indices().skip(1).map(|(at, _)| at).filter(|at| begins + at > lead);
    let name = starts.map(|at| &word[at..]).find(|name| name.len() > 1 && is_command(name))?;
    (!is_command(word) && !shown(word).1).then(|| name.to_owned())
}

/// The text without its last word, where nothing else shows that.
fn without_last_word(text: &str, shown: &impl Fn(&str) -> (bool, bool)) -> Option<String> {
    let (left, word) = text.rsplit_once(' ')?;
    (!left.is_empty() && last_word(word) == word && !shown(word).1).then(|| left.trim_end().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const HISTORY: [&str; 4] =
        ["id -un", "ls -l /srv/app", "grep -n 5 ~/app.log | head -1", "cat ~/notes.txt"];

    fn of(text: &str, lead: usize) -> Vec<String> {
        let shown = |word: &str| (["missing", "notes.txt"].contains(&word), word == "notes.txt");
        plausible(text, lead, &shown, HISTORY.iter().map(|h| Cow::Borrowed(*h)))
    }

    #[test]
    fn history_stands_behind_a_part_of_it() {
        assert_eq!(of("epep -n 5 ~/app.log | head -1", 60)[0], HISTORY[2]);
        assert_eq!(of("grep", 60)[0], HISTORY[2]);
        assert_eq!(of("ls ~/src/main.c -l /srv/app", 60)[0], HISTORY[1]);
        assert_eq!(of("echo ~/notes.txtcat", 60)[0], HISTORY[3]);
        assert!(of("uptime", 60).is_empty());
    }

    #[test]
    fn a_character_may_be_the_terminals() {
        assert_eq!(of("sort - rn", 60), ["sort -rn"]);
        assert_eq!(of("rm /tmp/abcd /tmp/ab cd", 60), ["rm /tmp/abcd /tmp/abcd"]);
        assert_eq!(of("wc ~/a | sort || tail -2", 60), ["wc ~/a | sort | tail -2"]);
        assert_eq!(of("echo misssing", 60), ["echo missing"]);
    }

    #[test]
    fn what_was_erased_may_still_stand_there() {
        assert_eq!(of("ls -l /tmcd", 2), ["cd"]);
        assert_eq!(of("pwd wrongg", 2), ["pwd"]);
        assert!(of("pwd wrongg", 60).is_empty() && !of("wc notes.txt", 2).contains(&"wc".to_owned()));
    }
}
