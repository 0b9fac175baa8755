//! Places where a prompt may end.

use std::hash::{DefaultHasher, Hash, Hasher};

use crate::shell::is_command;

/// Longest prompt believed, in bytes.
const LONGEST: usize = 240;
/// Candidates looked at on one line.
const MOST: usize = 12;

/// A place where a prompt may end.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Candidate {
    /// Byte index of the first byte behind the prompt.
    pub(crate) at: usize,
    /// How much the place itself speaks for it, before any repetition is counted.
    pub(crate) merit: f32,
}

/// The candidates on a line, from left to right. `floor` is a place left of which the cursor never went while the line
/// was edited: no prompt ends right of it.
pub(crate) fn candidates(text: &str, floor: Option<usize>) -> Vec<Candidate> {
    let mut out: Vec<Candidate> = Vec::new();
    let mut strong_before = 0;
    let mut quoted = 0.0;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        if at > LONGEST || out.len() >= MOST {
            break;
        }
        if matches!(c, '"' | '\'' | ';' | '|' | '&' | '`' | '=' | '<' | '*') {
            quoted += 1.0;
        }
        // a letter beyond ASCII that stands alone is a sign too (λ, ψ)
        let alone = !c.is_ascii()
            && c.is_alphanumeric()
            && text[..at].chars().next_back().is_none_or(|b| !b.is_alphanumeric())
            && chars.peek().is_none_or(|(_, n)| *n == ' ');
        if (c.is_alphanumeric() && !alone) || c.is_whitespace() {
            continue;
        }
        let mut end = at + c.len_utf8();
        let mut blanks = 0;
        while let Some((i, b)) = chars.peek().copied().filter(|(_, b)| *b == ' ') {
            end = i + b.len_utf8();
            blanks += 1;
            chars.next();
        }
        let strength = if alone { -0.2 } else { strength(c) };
        let rest = &text[end..];
        if blanks == 0 && !rest.is_empty() && strength < 1.0 {
            continue;
        }
        if floor.is_some_and(|f| end > f) {
            break;
        }
        let mut merit = strength - quoted;
        merit += if blanks == 1 || rest.is_empty() { 1.0 } else { -1.0 };
        merit -= strong_before as f32;
        merit += likeness(rest);
        if floor == Some(end) {
            merit += 1.5;
        }
        if text[..at].contains('@') {
            merit += 0.6;
        }
        if strength >= 1.0 && blanks > 0 {
            strong_before += 1;
        }
        out.push(Candidate { at: end, merit });
    }
    out
}

/// How much a sign looks like the last one of a prompt.
fn strength(c: char) -> f32 {
    match c {
        '$' | '#' | '%' | '>' => 2.0,
        c if !c.is_ascii() => 1.8,
        ':' => 0.2,
        ']' | ')' | '}' => -0.2,
        '~' | '+' | '!' | '^' => -0.8,
        _ => -1.5,
    }
}

/// How much the text behind a candidate looks like a command.
pub(crate) fn likeness(rest: &str) -> f32 {
    let Some(first) = rest.split([' ', ';', '|', '&', '(', '<', '>', '\t']).next().filter(|w| !w.is_empty())
    else {
        return if rest.trim().is_empty() { 0.6 } else { -0.5 };
    };
    if is_command(first) {
        return 1.6;
    }
    let start = first.chars().next().unwrap_or(' ');
    let assignment =
        first.split_once('=').is_some_and(|(n, _)| n.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_'));
    if assignment
        || first.starts_with("./")
        || first.starts_with('/')
        || first.starts_with("~/")
        || start == '!'
    {
        return 1.0;
    }
    match start {
        'a'..='z' | '_' if first.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-+:".contains(&b)) => 0.3,
        '\\' | '.' | '[' | '{' | '#' | ':' => 0.0,
        c if c.is_alphanumeric() => -0.6,
        _ => -1.6,
    }
}

/// A key under which prompts that differ only in numbers are equal.
pub(crate) fn exact_key(prompt: &str) -> u64 {
    let mut hash = DefaultHasher::new();
    let mut in_number = false;
    for c in prompt.chars() {
        let digit = c.is_ascii_digit();
        if !(digit && in_number) {
            (if digit { '0' } else { c }).hash(&mut hash);
        }
        in_number = digit;
    }
    hash.finish()
}

/// A key under which prompts with the same signs in the same order are equal, whatever words stand between.
pub(crate) fn loose_key(prompt: &str) -> u64 {
    let mut hash = DefaultHasher::new();
    let mut in_word = false;
    for c in prompt.chars() {
        let word = c.is_alphanumeric() || matches!(c, '_' | '.' | '~' | '/' | '-' | '\\' | '\u{fffd}');
        if !(word && in_word) {
            (if word { 'w' } else { c }).hash(&mut hash);
        }
        in_word = word;
    }
    hash.finish()
}
