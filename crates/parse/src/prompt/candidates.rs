//! Places where a prompt may end.

use super::keys::{Keys, exact_key, loose_key};
use super::parts::{behind_arrows, behind_place};
use crate::shell::is_command;

/// Longest prompt believed, in bytes.
pub(super) const LONGEST: usize = 240;
/// Candidates looked at on one line.
const MOST: usize = 12;

/// A place where a prompt may end.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Candidate {
    /// Byte index of the first byte behind the prompt.
    pub(crate) at: usize,
    /// How much the place itself speaks for it, before any repetition is counted.
    pub(crate) merit: f32,
    /// How much what stands behind it looks like a command.
    pub(crate) likeness: f32,
    /// The [`exact_key`](super::exact_key) of the prompt.
    pub(crate) exact: u64,
    /// The [`loose_key`](super::loose_key) of the prompt.
    pub(crate) loose: u64,
}

/// The candidates of one line. Kept in place: every line of a session may be asked for its own.
#[derive(Debug, Default)]
pub(crate) struct Candidates {
    list: [Candidate; MOST],
    len: usize,
}

impl Candidates {
    /// The only one.
    pub(super) fn one(candidate: Candidate) -> Self {
        let mut only = Self::default();
        only.push(candidate);
        only
    }

    fn push(&mut self, candidate: Candidate) {
        if let Some(place) = self.list.get_mut(self.len) {
            *place = candidate;
            self.len += 1;
        }
    }
}

impl Candidate {
    /// The end of a prompt that a mark tells.
    pub(crate) fn marked(text: &str, at: usize) -> Self {
        let (prompt, rest) = text.split_at(at);
        let likeness = likeness(rest);
        Self { at, merit: 0.0, likeness, exact: exact_key(prompt), loose: loose_key(prompt) }
    }
}

impl std::ops::Deref for Candidates {
    type Target = [Candidate];

    fn deref(&self) -> &[Candidate] {
        &self.list[..self.len]
    }
}

impl IntoIterator for Candidates {
    type Item = Candidate;
    type IntoIter = std::iter::Take<std::array::IntoIter<Candidate, MOST>>;

    fn into_iter(self) -> Self::IntoIter {
        self.list.into_iter().take(self.len)
    }
}

/// The candidates on a line, from left to right. `floor` is a place left of which the cursor never went while the line
/// was edited: no prompt ends right of it.
pub(crate) fn candidates(text: &str, floor: Option<usize>) -> Candidates {
    let mut out = Candidates::default();
    let bytes = text.as_bytes();
    let least = behind_arrows(text).unwrap_or(0).min(floor.unwrap_or(usize::MAX));
    let place = behind_place(text);
    let mut keys = Keys::default();
    let (mut strong_before, mut quoted, mut has_at) = (0, 0.0, false);
    let mut before = ' ';
    // brackets that are open
    let mut depth = 0;
    // a frame that opens goes on: no prompt ends so
    let mut opens_frame = false;
    let mut end = 0;
    while end <= LONGEST && out.len < MOST {
        // words are no signs
        let near = &bytes[end..bytes.len().min(LONGEST + 1)];
        let word = &near[..near.iter().position(|b| !b.is_ascii_alphanumeric()).unwrap_or(near.len())];
        if let Some(last) = word.last() {
            keys.add_word(word);
            before = *last as char;
            end += word.len();
        }
        let Some(c) = char_at(text, end).filter(|_| end <= LONGEST) else { break };
        end += c.len_utf8();
        keys.add(c);
        if matches!(c, '"' | '\'' | ';' | '|' | '&' | '`' | '=' | '<' | '*') {
            quoted += 1.0;
        }
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        let left = std::mem::replace(&mut before, c);
        let alone = !c.is_ascii() && is_alone(c, left, char_at(text, end));
        if ((is_letter(c) && !alone) || c.is_whitespace()) && place != Some(end) {
            continue;
        }
        let mut blanks = usize::from(c == ' ');
        // what stands behind the floor was typed
        let free = |end: usize| floor.is_none_or(|floor| end < floor);
        while let Some(blank) = char_at(text, end).filter(|c| is_blank(*c) && free(end)) {
            keys.add(blank);
            before = ' ';
            end += blank.len_utf8();
            blanks += 1;
        }
        opens_frame = match c {
            '┌' | '╭' | '┏' | '╔' => left == ' ',
            '─' | '━' | '═' => opens_frame && word.is_empty(),
            _ => false,
        };
        let strength = match c {
            _ if opens_frame => -12.0,
            _ if alone || place == Some(end) => -0.2,
            _ => strength(c),
        };
        if end < least {
            continue;
        }
        let rest = &text[end..];
        let had_at = has_at;
        has_at |= c == '@';
        if blanks == 0 && !rest.is_empty() && strength < 1.0 {
            continue;
        }
        if floor.is_some_and(|f| end > f) {
            break;
        }
        let likeness = likeness(rest);
        let mut merit = strength - quoted;
        merit += if blanks == 1 || rest.is_empty() { 1.0 } else { -1.0 };
        merit -= strong_before as f32;
        merit += likeness;
        if floor == Some(end) {
            merit += 1.5;
        }
        if had_at {
            merit += 0.6;
        }
        if depth > 0 || rest.starts_with('(') && rest.contains("): ") {
            // a question goes on with what may be answered
            merit -= 2.0;
        }
        if blanks == 0 && rest.starts_with(|c: char| c.is_ascii_digit()) {
            // a number: `#1 SMP`, with which a machine greets
            merit -= 3.0;
        }
        if rest.starts_with("$ ") || rest.starts_with("% ") {
            // no command begins so
            merit -= 5.0;
        }
        if c == ':' && blanks > 0 && end == word.len() + 1 + blanks && is_command(&text[..word.len()]) {
            // what a program complains of begins with its name
            merit -= 4.0;
        }
        if strength >= 1.0 && blanks > 0 {
            strong_before += 1;
        }
        out.push(Candidate { at: end, merit, likeness, exact: keys.exact(), loose: keys.loose() });
    }
    out
}

/// Whether `at` is one of the candidates on a line.
pub(crate) fn is_candidate(text: &str, at: usize, floor: Option<usize>) -> bool {
    let typed = floor == Some(at);
    if behind_place(text) == Some(at) {
        return floor.is_none_or(|floor| at <= floor);
    }
    let Some(rest) = text.get(at..).filter(|rest| typed || !rest.starts_with(' ')) else { return false };
    let signed = text[..at].trim_end_matches(is_blank);
    let Some(c) = last_char(signed) else { return false };
    let before = signed.len() - c.len_utf8();
    let blank = signed.len() < at;
    let left = || last_char(&signed[..before]).unwrap_or(' ');
    let alone = !c.is_ascii() && is_alone(c, left(), if blank { Some(' ') } else { rest.chars().next() });
    if (is_letter(c) && !alone)
        || c.is_whitespace()
        || !blank && !rest.is_empty() && (alone || strength(c) < 1.0)
        || before > LONGEST
        || floor.is_some_and(|f| at > f)
        || !typed && behind_arrows(text).is_some_and(|least| at < least)
    {
        return false;
    }
    // not where there are too many before it
    let signs = || signed.bytes().fold(0_u8, |n, b| n + u8::from(!b.is_ascii_alphanumeric() && b != b' '));
    signed.len() < MOST
        || usize::from(signs()) <= MOST
        || places(signed) <= MOST
        || candidates(text, floor).iter().any(|c| c.at == at)
}

/// How many candidates there are at most: behind other signs than the strong ones stands a blank.
fn places(text: &str) -> usize {
    let bytes = text.as_bytes();
    let ends = |(b, next): (&u8, &u8)| match b {
        b' ' => false,
        b if is_shell_sign(char::from(*b)) => true,
        b => !b.is_ascii() || *next == b' ' && !b.is_ascii_alphanumeric(),
    };
    bytes.iter().zip(&bytes[1..]).filter(|pair| ends(*pair)).count() + 1
}

/// Whether a letter beyond ASCII stands alone: then it is a sign too (λ, ψ).
fn is_alone(c: char, left: char, right: Option<char>) -> bool {
    !c.is_ascii()
        && is_letter(c)
        && (left.is_ascii() || !left.is_alphanumeric())
        // `café`: Latin letters are of one word
        && !(left.is_ascii_alphabetic() && matches!(c, '\u{c0}'..='\u{24f}'))
        && right.is_none_or(|n| n == ' ')
}

/// Whether a character is a blank, or one at which no line breaks, as powerline puts it between the parts of its prompt.
pub(crate) fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\u{a0}')
}

/// Whether a character is a letter or a digit. What the agent's filter damaged stands in many lines, and is looked up in no
/// table.
pub(super) fn is_letter(c: char) -> bool {
    c != '\u{fffd}' && c.is_alphanumeric()
}

fn char_at(text: &str, at: usize) -> Option<char> {
    match text.as_bytes().get(at) {
        Some(b) if b.is_ascii() => Some(*b as char),
        Some(_) => text[at..].chars().next(),
        None => None,
    }
}

fn last_char(text: &str) -> Option<char> {
    match text.as_bytes().last() {
        Some(b) if b.is_ascii() => Some(*b as char),
        _ => text.chars().next_back(),
    }
}

/// Whether shells end their prompts with the sign.
#[inline]
pub(crate) fn is_shell_sign(c: char) -> bool {
    matches!(c, '$' | '#' | '%' | '>')
}

/// How much a sign looks like the last one of a prompt.
fn strength(c: char) -> f32 {
    match c {
        c if is_shell_sign(c) => 2.0,
        // what is left of a sign, or of anything else beyond ASCII
        '\u{fffd}' => 0.9,
        c if !c.is_ascii() => 1.8,
        ':' => 0.2,
        ']' | ')' | '}' => -0.2,
        '~' | '+' | '!' | '^' => -0.8,
        _ => -1.5,
    }
}

/// How much a command that is known looks like one.
pub(super) const COMMAND: f32 = 1.6;

/// How much the text behind a candidate looks like a command.
pub(crate) fn likeness(rest: &str) -> f32 {
    let ends = |b: &u8| matches!(b, b' ' | b';' | b'|' | b'&' | b'(' | b'<' | b'>' | b'\t');
    let first = &rest[..rest.as_bytes().iter().position(ends).unwrap_or(rest.len())];
    if first.is_empty() {
        return if rest.trim_start().is_empty() { 0.6 } else { -0.5 };
    }
    if is_command(first) {
        return COMMAND;
    }
    if first.ends_with(':') && rest[first.len()..].starts_with('(') {
        // a branch: `git:(main)`
        return -1.6;
    }
    let start = first.chars().next().unwrap_or(' ');
    let name = first.bytes().take_while(|b| b.is_ascii_alphanumeric() || *b == b'_').count();
    let assignment = name > 0 && first.as_bytes().get(name) == Some(&b'=');
    let path = first.starts_with('/') || first.starts_with("~/");
    if assignment || first.starts_with("./") || path || start == '!' {
        // a path alone is mostly where somebody is
        return if path && first.len() == rest.trim_end().len() { 0.3 } else { 1.0 };
    }
    match start {
        _ if first.len() > 1 && first.ends_with(':') => -0.5,
        'a'..='z' | '_' if first.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-+:".contains(&b)) => 0.3,
        '\\' | '.' | '[' | '{' | '#' | ':' => 0.0,
        c if c.is_alphanumeric() => -0.6,
        _ => -1.6,
    }
}
