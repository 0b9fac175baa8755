//! How text becomes something to search: cut into **atoms**.
//!
//! An atom is a run of letters and digits (`passwd`), a run of one repeated sign (`/`, `--`, `>>`), or a single
//! character of a script that writes no spaces between words (`日`). White space only separates. Everything that is
//! searched for is cut the same way and looked for as consecutive atoms, so a shell word is found whole (`--no-verify`,
//! `>/dev/null`, `|`) and in part (`verify`, `null`), and a phrase runs across words. `|` is not `||`, and `-rf` is not
//! `--rf`. Letter case never counts.

use std::borrow::Cow;

use tantivy::tokenizer::{Token, TokenStream, Tokenizer};

use crate::fields::Field;

/// Longest atom, in characters of text. A longer run (a key, a base64 blob) continues in the next atom, so that it is
/// still found from its beginning.
pub(crate) const MAX_ATOM: usize = 200;

/// Longest value of a keyword field that counts for search, in bytes; far above what any such field holds.
const MAX_KEYWORD: usize = 1024;

/// The atoms of a text, in order.
pub(crate) fn atoms(text: &str) -> impl Iterator<Item = String> + '_ {
    let mut at = 0;
    std::iter::from_fn(move || {
        let (start, end) = next_atom(text, at)?;
        at = end;
        Some(fold(&text[start..end]).into_owned())
    })
}

/// A keyword field's value as it is compared: whole, whatever its letter case.
pub(crate) fn keyword(text: &str) -> Cow<'_, str> {
    fold(bounded(text))
}

/// Longest value that counts of a text that is indexed as a whole, in bytes: eight times the longest path.
const MAX_WHOLE: usize = 32 << 10;

/// As much as counts of a text that is indexed as a whole.
pub(crate) fn whole(text: &str) -> &str {
    &text[..text.floor_char_boundary(MAX_WHOLE)]
}

/// How many characters of a command's id are indexed. Every id is another, so the whole ones would be a word for each command,
/// which is a tenth of what the engine has to do; one command in four thousand has these, and is read to tell.
const OF_ID: usize = 3;

/// What is indexed of a keyword field's value.
pub(crate) fn indexed<'t>(field: &Field, text: &'t str) -> Cow<'t, str> {
    let whole = keyword(text);
    if field.key == "id" { whole.chars().take(OF_ID).collect::<String>().into() } else { whole }
}

/// Whether more than what is indexed of a keyword field's values has to be read, to tell which are this one or begin so.
pub(crate) fn is_beyond_index(field: &Field, text: &str, prefix: bool) -> bool {
    field.key == "id" && keyword(text).chars().nth(OF_ID - usize::from(!prefix)).is_some()
}

/// As much of a value as counts.
pub(crate) fn bounded(text: &str) -> &str {
    &text[..text.floor_char_boundary(MAX_KEYWORD)]
}

/// Character by character, so that a prefix of a text folds to a prefix of its folded form.
fn fold(text: &str) -> Cow<'_, str> {
    // without an early end the loop takes many bytes at once
    if text.bytes().fold(true, |lower, b| lower & b.is_ascii() & !b.is_ascii_uppercase()) {
        return text.into();
    }
    text.chars().flat_map(char::to_lowercase).collect()
}

/// A character as the index has it, where that is one character that would be cut alike.
pub(crate) fn folded(c: char) -> Option<char> {
    let mut lower = c.to_lowercase();
    let (first, more) = (lower.next()?, lower.next());
    let kind = |c: char| (c.is_whitespace(), stands_alone(c), c.is_alphanumeric());
    (more.is_none() && kind(first) == kind(c) && (c.is_alphanumeric() || first == c)).then_some(first)
}

/// A string of folded characters, as far as atoms can be told from it alone.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Cut {
    /// What an atom ends with.
    pub(crate) head: String,
    /// Whether `head` is all there is, so that an atom may as well go on behind it.
    pub(crate) inside: bool,
    /// Whole atoms, one after the other.
    pub(crate) whole: Vec<String>,
    /// What the next atom begins with.
    pub(crate) tail: String,
}

/// Cuts a string that may stand in the middle of a text.
pub(crate) fn cut(text: &str) -> Cut {
    let first = text.chars().next().filter(|c| !c.is_whitespace() && !stands_alone(*c));
    let head = first.map_or(0, |first| {
        let same = |c: char| if first.is_alphanumeric() { is_letter(c) } else { c == first };
        text.find(|c| !same(c)).unwrap_or(text.len())
    });
    let mut cut = Cut {
        head: text[..head].to_owned(),
        inside: head == text.len(),
        whole: Vec::new(),
        tail: String::new(),
    };
    let mut at = head;
    while let Some((start, end)) = next_atom(text, at) {
        let atom = &text[start..end];
        let goes_on = end == text.len() && !atom.starts_with(stands_alone) && atom.chars().count() < MAX_ATOM;
        if goes_on {
            cut.tail = atom.to_owned();
        } else {
            cut.whole.push(atom.to_owned());
        }
        at = end;
    }
    cut
}

/// Byte range of the first atom at or after `from`.
fn next_atom(text: &str, from: usize) -> Option<(usize, usize)> {
    let rest = &text[from..];
    let (skipped, first) = rest.char_indices().find(|(_, c)| !c.is_whitespace())?;
    let start = from + skipped;
    if let Some(len) = ascii_run(&text.as_bytes()[start..]) {
        return Some((start, start + len));
    }
    let end = if stands_alone(first) {
        start + first.len_utf8()
    } else {
        let same = |c: char| if first.is_alphanumeric() { is_letter(c) } else { c == first };
        let run = &text[start..];
        let len = run.char_indices().enumerate().find(|&(n, (_, c))| !same(c) || n == MAX_ATOM);
        start + len.map_or(run.len(), |(_, (i, _))| i)
    };
    Some((start, end))
}

/// The length of the atom that these bytes begin with, where they alone tell it: it ends at the end, at another ASCII
/// character, or because it is long.
fn ascii_run(bytes: &[u8]) -> Option<usize> {
    let run = &bytes[..bytes.len().min(MAX_ATOM)];
    let first = *run.first().filter(|first| first.is_ascii())?;
    let len = if first.is_ascii_alphanumeric() {
        run.iter().position(|byte| !byte.is_ascii_alphanumeric())
    } else {
        run.iter().position(|&byte| byte != first)
    };
    let len = len.unwrap_or(run.len());
    (len == MAX_ATOM || bytes.get(len).is_none_or(u8::is_ascii)).then_some(len)
}

fn is_letter(c: char) -> bool {
    c.is_alphanumeric() && !stands_alone(c)
}

/// Scripts without spaces between words: Thai to Khmer, kana, Han, Hangul.
fn stands_alone(c: char) -> bool {
    matches!(c,
        '\u{0e00}'..='\u{0eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}'
        | '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}'
        | '\u{ac00}'..='\u{d7af}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

/// [`atoms`] as the engine wants them.
#[derive(Clone, Default)]
pub(crate) struct Atoms {
    token: Token,
}

pub(crate) struct AtomStream<'a> {
    text: &'a str,
    token: &'a mut Token,
}

impl Tokenizer for Atoms {
    type TokenStream<'a> = AtomStream<'a>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> AtomStream<'a> {
        self.token.reset();
        AtomStream { text, token: &mut self.token }
    }
}

impl TokenStream for AtomStream<'_> {
    fn advance(&mut self) -> bool {
        let Some((start, end)) = next_atom(self.text, self.token.offset_to) else { return false };
        self.token.position = self.token.position.wrapping_add(1);
        (self.token.offset_from, self.token.offset_to) = (start, end);
        self.token.text.clear();
        let atom = &self.text[start..end];
        if atom.is_ascii() {
            self.token.text.push_str(atom);
            self.token.text.make_ascii_lowercase();
        } else {
            self.token.text.extend(atom.chars().flat_map(char::to_lowercase));
        }
        true
    }

    fn token(&self) -> &Token {
        self.token
    }

    fn token_mut(&mut self) -> &mut Token {
        self.token
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn shell_words_fall_into_atoms() {
        let cut = |text: &str| atoms(text).collect::<Vec<_>>().join(" ");
        for (text, expected) in [
            ("cat /etc/passwd", "cat / etc / passwd"),
            ("git commit --no-verify -rf", "git commit -- no - verify - rf"),
            ("a|b || c >>d 2>/dev/null", "a | b || c >> d 2 > / dev / null"),
            ("OS_User=É", "os _ user = é"),
            ("日本語 text", "日 本 語 text"),
            ("abc日x", "abc 日 x"),
            (" \t\r\n", ""),
            ("=====", "====="),
        ] {
            assert_eq!(cut(text), expected, "{text:?}");
        }
    }

    #[test]
    fn a_long_run_is_cut_and_never_dropped() {
        let long = "é".repeat(1000);
        let cut: Vec<_> = atoms(&long).collect();
        assert!(cut.iter().all(|atom| atom.chars().count() <= MAX_ATOM));
        assert_eq!(cut.concat(), long);
    }

    #[test]
    fn a_string_is_cut_as_far_as_can_be_told() {
        let shown = |text: &str| {
            let cut = cut(text);
            format!("{}<{}>{}", cut.head, cut.whole.join(" "), cut.tail)
        };
        for (text, expected) in [
            ("rm -rf /", "rm<- rf>/"),
            ("passwd", "passwd<>"),
            (" cat ", "<cat>"),
            (">/dev/tcp/", "></ dev / tcp>/"),
            ("日本x", "<日 本>x"),
            ("  ", "<>"),
        ] {
            assert_eq!(shown(text), expected, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn any_part_of_a_text_is_cut_as_the_text_is(
            text in "(?s)([a-c/=日 ]{0,30}|.{0,12}|[ab=]{195,420})", from in any::<prop::sample::Index>(),
            to in any::<prop::sample::Index>(),
        ) {
            let text: String = text.chars().filter_map(folded).collect();
            let mut ends: Vec<_> = text.char_indices().map(|(i, _)| i).chain([text.len()]).collect();
            let (a, b) = (from.get(&ends), to.get(&ends));
            let part = &text[*a.min(b)..*a.max(b)];
            ends.clear();
            let Cut { head, inside, whole, tail } = cut(part);
            let all: Vec<_> = atoms(&text).collect();
            let long = |atom: &String| atom.chars().count() >= MAX_ATOM;
            if inside {
                prop_assert!(head.is_empty() || all.iter().any(|a| a.contains(&head) || long(a)));
            } else {
                prop_assert!(head.is_empty() || all.iter().any(|a| a.ends_with(&head) || long(a)));
                prop_assert!(whole.is_empty() || all.windows(whole.len()).any(|w| w == whole));
                prop_assert!(tail.is_empty() || all.iter().any(|a| a.starts_with(&tail)));
            }
        }

        #[test]
        fn atoms_are_the_text_without_its_white_space(text in "\\PC*") {
            let kept: String = text.split_whitespace().collect();
            prop_assert_eq!(atoms(&text).collect::<String>(), fold(&kept));
        }

        #[test]
        fn the_engine_sees_the_same_atoms(text in "(?s).*") {
            let mut seen = Vec::new();
            Atoms::default().token_stream(&text).process(&mut |token| seen.push(token.text.clone()));
            prop_assert_eq!(seen, atoms(&text).collect::<Vec<_>>());
        }
    }
}
