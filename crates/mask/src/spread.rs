//! What was a secret in one place of a session is one in every other.

use std::collections::HashSet;

use aho_corasick::{AhoCorasick, MatchKind};

use crate::{Found, apart};

/// Shorter, or of one sort of characters alone, a value may be a word like any other (`-proot`).
const SHORTEST: usize = 8;
/// Of one sort alone, a value this long is still no word.
const LONG: usize = 20;
/// So many different secrets of one session are looked for elsewhere in it.
const MOST: usize = 4096;

/// The secrets of a session, by their values.
#[derive(Debug, Default)]
pub struct Spread {
    values: HashSet<String>,
    search: Option<AhoCorasick>,
}

impl Spread {
    /// Notes the secrets that were found in a text.
    pub fn learn(&mut self, text: &str, found: &[Found]) {
        for value in found.iter().map(|f| text[f.span.clone()].trim()) {
            if self.values.len() < MOST && is_strong(value) {
                self.search = None;
                self.values.insert(value.to_owned());
            }
        }
    }

    /// Whether there is nothing to look for.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Makes ready to look for what was learned.
    pub fn ready(&mut self) {
        if self.search.is_none() && !self.values.is_empty() {
            let mut values: Vec<_> = self.values.iter().collect();
            values.sort();
            self.search = AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(values).ok();
        }
    }

    /// Adds to `found`, the secrets of `text` by themselves, where it repeats what was learned before [`Self::ready`].
    pub fn repeated(&self, text: &str, mut found: Vec<Found>) -> Vec<Found> {
        let Some(search) = &self.search else { return found };
        let before = found.len();
        found.extend(search.find_iter(text).map(|hit| Found::new(hit.range(), "repeated")));
        if found.len() == before { found } else { apart(text, found) }
    }
}

fn is_strong(value: &str) -> bool {
    let has = |class: fn(&u8) -> bool| u8::from(value.as_bytes().iter().any(class));
    let sorts = has(u8::is_ascii_lowercase)
        + has(u8::is_ascii_uppercase)
        + has(u8::is_ascii_digit)
        + has(|b| !b.is_ascii_alphanumeric());
    value.len() >= LONG || (value.len() >= SHORTEST && sorts >= 2 && !value.contains("://"))
}

/// How many bytes in a row make a word resemble a secret.
const WINDOW: usize = 8;

/// Adds to `found`, the secrets of `text` by themselves, every word that has eight bytes in a row from one of `secrets`:
/// another reading of a line holds its secrets with a character more or less, which no shape knows.
pub fn resembling<'a>(
    text: &str,
    secrets: impl IntoIterator<Item = &'a str>,
    mut found: Vec<Found>,
) -> Vec<Found> {
    let windows: HashSet<&[u8]> =
        secrets.into_iter().flat_map(|secret| secret.as_bytes().windows(WINDOW)).collect();
    if windows.is_empty() {
        return found;
    }
    let mut at = 0;
    for word in text.split_inclusive(char::is_whitespace) {
        let len = word.trim_end().len();
        if word.as_bytes()[..len].windows(WINDOW).any(|window| windows.contains(window)) {
            let from = at + word.find(['=', ':']).map_or(0, |sign| sign + 1).min(len);
            found.push(Found::new(from..at + len, "repeated"));
        }
        at += word.len();
    }
    apart(text, found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{in_command, in_output, masked};

    #[test]
    fn a_secret_is_found_again_where_nothing_marks_it() {
        let mut spread = Spread::default();
        let line = "export TOKEN=Xy12-unmarked";
        spread.learn(line, &in_command(line));
        assert!(!spread.is_empty());
        spread.ready();
        let echoed = "Xy12-unmarked and Xy12";
        let found = spread.repeated(echoed, in_output(echoed));
        assert_eq!(masked(echoed, &found), "[masked:repeated] and Xy12");
    }

    #[test]
    fn plain_words_are_not_looked_for() {
        let mut spread = Spread::default();
        for line in ["mysql -pproduction", "mysql -proot1"] {
            spread.learn(line, &in_command(line));
        }
        assert!(spread.is_empty());
    }

    #[test]
    fn another_reading_of_a_secret_is_no_less_secret() {
        let other = "export TOKEN=Xy12-umarked ls";
        let found = resembling(other, ["Xy12-unmarked"], Vec::new());
        assert_eq!(masked(other, &found), other, "seven bytes are too few");
        let other = "export TOKEN=Xy12-unmaked ls";
        let found = resembling(other, ["Xy12-unmarked"], Vec::new());
        assert_eq!(masked(other, &found), "export TOKEN=[masked:repeated] ls");
    }
}
