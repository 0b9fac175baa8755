//! Texts found sign by sign: literals and regular expressions.

use std::fmt;

use regex::{Regex, RegexBuilder};

use super::QueryError;
use crate::fields::{Field, Value};

/// What a compiled pattern may take, in bytes.
const MAX_SIZE: usize = 4 << 20;

/// A text to be found exactly as it is written, letter case and white space too, or a regular expression. In one,
/// `^` and `$` stand for the ends of a line, `.` for anything but a line end, and `(?i)` makes letter case not count.
#[derive(Debug, Clone)]
pub struct Pattern {
    /// Where; `None` is the command or its output.
    pub field: Option<&'static Field>,
    /// The text as it was written, without what encloses it.
    pub text: String,
    /// Whether it stands for itself.
    pub literal: bool,
    regex: Regex,
}

impl Pattern {
    /// A text that stands for itself.
    pub(super) fn literal(text: &str) -> Result<Self, QueryError> {
        Self::new(text, true, &regex::escape(text))
    }

    /// A regular expression. The span of an error is of `text`.
    pub(super) fn regex(text: &str) -> Result<Self, QueryError> {
        Self::new(text, false, text)
    }

    fn new(text: &str, literal: bool, pattern: &str) -> Result<Self, QueryError> {
        let built = RegexBuilder::new(pattern).multi_line(true).size_limit(MAX_SIZE).build();
        let regex = built.map_err(|_| refusal(text, pattern))?;
        Ok(Self { field: None, text: text.to_owned(), literal, regex })
    }

    pub(super) fn of(self, field: Option<&'static Field>) -> Self {
        Self { field, ..self }
    }

    /// The regular expression that finds it.
    pub fn finder(&self) -> &Regex {
        &self.regex
    }

    /// What the planner reads: the same condition, in the engine's own form.
    pub(super) fn hir(&self) -> Option<regex_syntax::hir::Hir> {
        syntax(self.regex.as_str()).ok()
    }

    pub(crate) fn is_in(&self, value: &Value<'_>) -> bool {
        match value {
            Value::Text(text) => self.regex.is_match(text),
            Value::List(texts) => texts.iter().any(|text| self.regex.is_match(text)),
            _ => false,
        }
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        (self.field, &self.text, self.literal) == (other.field, &other.text, other.literal)
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(field) = self.field {
            write!(f, "{}:", field.key)?;
        }
        if self.literal { f.write_str(&quote_literal(&self.text)) } else { write!(f, "/{}/", self.text) }
    }
}

/// The text as a literal of the query language.
pub fn quote_literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// The regular expression as the query language writes it.
pub fn quote_regex(pattern: &str) -> String {
    let mut text = String::with_capacity(pattern.len() + 2);
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => text.extend([c].into_iter().chain(chars.next())),
            '/' => text.push_str("\\/"),
            c => text.push(c),
        }
    }
    if has_signs(&text) { format!("/{text}/") } else { format!("/(?:{text})/") }
}

/// Whether a text between slashes is a regular expression; without any such sign it is a path.
pub(super) fn has_signs(text: &str) -> bool {
    text.contains(|c: char| r"\()[]{}|^$?".contains(c) || c.is_whitespace())
        || text.contains(".*")
        || text.contains(".+")
}

fn syntax(pattern: &str) -> Result<regex_syntax::hir::Hir, Box<regex_syntax::Error>> {
    Ok(regex_syntax::ParserBuilder::new().multi_line(true).build().parse(pattern)?)
}

/// What is wrong, and where.
fn refusal(text: &str, pattern: &str) -> QueryError {
    let hint = r"write /curl .*\|\s*(ba)?sh/; a backslash makes a sign stand for itself, as in /\[ok\]/";
    let (kind, span) = match syntax(pattern).map_err(|error| *error) {
        Err(regex_syntax::Error::Parse(error)) => (error.kind().to_string(), Some(*error.span())),
        Err(regex_syntax::Error::Translate(error)) => (error.kind().to_string(), Some(*error.span())),
        _ => ("it takes too much memory".to_owned(), None),
    };
    let span = span.map_or(0..text.len(), |span| span.start.offset..span.end.offset);
    let span = if text.get(span.clone()).is_some() { span } else { 0..text.len() };
    QueryError::new(span, format!("not a regular expression: {kind}"), hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn anything_can_be_quoted() {
        assert_eq!(quote_literal("it's"), "'it''s'");
        assert_eq!(quote_regex("passwd"), "/(?:passwd)/");
        assert_eq!(quote_regex(r"a/b\/c\\/d?"), r"/a\/b\/c\\\/d?/");
    }

    #[test]
    fn what_would_take_too_much_is_refused() {
        assert!(Pattern::regex(r"\w{1000}{1000}").unwrap_err().message.contains("too much memory"));
        assert!(Pattern::regex(&"(".repeat(1000)).is_err());
    }
}
