//! Which parts of a text a query speaks of, for readers who look for them.

use std::ops::Range;

use tantivy::tokenizer::{TokenStream, Tokenizer};

use super::{Expr, Match, Pattern, Query};
use crate::analyze::{Atoms, atoms};

impl Query {
    /// The byte ranges of a command's text that the query asks for, in order and apart. What it says by `NOT` or of
    /// other fields marks nothing.
    pub fn marks(&self, command: &str) -> Vec<Range<usize>> {
        self.marks_in("command", command)
    }

    /// The same for a command's output.
    pub fn marks_in_output(&self, output: &str) -> Vec<Range<usize>> {
        self.marks_in("output", output)
    }

    fn marks_in(&self, place: &str, text: &str) -> Vec<Range<usize>> {
        let (mut wanted, mut patterns) = (Vec::new(), Vec::new());
        gather(self.expr(), place, &mut wanted, &mut patterns);
        let found_sign_by_sign = patterns.iter().flat_map(|pattern| pattern.finder().find_iter(text));
        let mut marks: Vec<_> =
            found_sign_by_sign.map(|found| found.range()).filter(|r| !r.is_empty()).collect();
        if !wanted.is_empty() {
            marks.extend(by_words(&wanted, text));
        }
        marks.sort_by_key(|mark| (mark.start, mark.end));
        let mut apart: Vec<Range<usize>> = Vec::new();
        for mark in marks {
            match apart.last_mut() {
                Some(last) if mark.start <= last.end => last.end = last.end.max(mark.end),
                _ => apart.push(mark),
            }
        }
        apart
    }
}

fn by_words(wanted: &[&Match], text: &str) -> Vec<Range<usize>> {
    let mut tokenizer = Atoms::default();
    let mut stream = tokenizer.token_stream(text);
    let mut there: Vec<(String, Range<usize>)> = Vec::new();
    while stream.advance() {
        let token = stream.token();
        there.push((token.text.clone(), token.offset_from..token.offset_to));
    }
    wanted.iter().flat_map(|one| found(one, &there)).collect()
}

fn gather<'a>(expr: &'a Expr, place: &str, wanted: &mut Vec<&'a Match>, patterns: &mut Vec<&'a Pattern>) {
    match expr {
        Expr::Match(one) if one.field.is_none_or(|field| field.key == place) => wanted.push(one),
        Expr::Pattern(one) if one.field.is_none_or(|field| field.key == place) => patterns.push(one),
        Expr::And(parts) | Expr::Or(parts) => {
            parts.iter().for_each(|part| gather(part, place, wanted, patterns));
        }
        _ => {}
    }
}

fn found(one: &Match, there: &[(String, Range<usize>)]) -> Vec<Range<usize>> {
    let words: Vec<String> = atoms(&one.text).collect();
    let Some(last) = words.len().checked_sub(1) else { return Vec::new() };
    let fits = |run: &[(String, Range<usize>)]| {
        run.iter()
            .zip(&words)
            .enumerate()
            .all(|(i, ((atom, _), word))| atom == word || one.prefix && i == last && atom.starts_with(word))
    };
    there.windows(words.len()).filter(|run| fits(run)).map(|run| run[0].1.start..run[last].1.end).collect()
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::*;

    #[test]
    fn what_is_asked_for_is_marked_and_nothing_else() {
        let text = "sudo cat /etc/shadow | Cat -n /etc/shadowed";
        for (query, due) in [
            ("cat", &["cat", "Cat"][..]),
            ("cat NOT sudo", &["cat", "Cat"]),
            ("\"cat /etc\" OR sudo", &["sudo", "cat /etc"]),
            ("/etc/shad*", &["/etc/shadow", "/etc/shadowed"]),
            ("\"cat /etc\" \"etc/shadow\"", &["cat /etc/shadow"]),
            ("os-user:cat", &[]),
            ("command:shadow output:sudo", &["shadow"]),
            ("/sh.d[ow]/ -n", &["shado", "-n", "shado"]),
            ("/x*/", &[]),
            ("", &[]),
        ] {
            let query = Query::parse(query, &TimeZone::UTC).unwrap();
            let marked: Vec<_> = query.marks(text).into_iter().map(|mark| &text[mark]).collect();
            assert_eq!(marked, due, "{query:?}");
        }
    }
}
