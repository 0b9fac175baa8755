//! Text to [`Expr`]. Recursive, so depth is bounded; every step moves forward, so time is linear in the text.

use std::ops::Range;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::mistake::{example, unknown_field};
use super::pattern::{Pattern, has_signs};
use super::value::text_match;
use super::{Expr, Match, QueryError};
use crate::fields::{Field, field};

/// Longest query, in bytes.
const MAX_LEN: usize = 16 * 1024;
/// Deepest nesting of parentheses and `NOT`.
const MAX_DEPTH: usize = 64;
/// Most conditions in one query: each may take memory in proportion to the index.
const MAX_PARTS: usize = 256;

pub(super) type Result<T> = std::result::Result<T, QueryError>;

pub(super) fn parse(text: &str, zone: &TimeZone, now: Option<Timestamp>) -> Result<Expr> {
    if text.len() > MAX_LEN {
        let hint = "search for the rarest part of it, as in \"sha256sum /etc/passwd\"";
        return Err(QueryError::new(0..0, format!("the query is longer than {MAX_LEN} bytes"), hint));
    }
    let mut parser = Parser { text, at: 0, depth: 0, groups: 0, parts: 0, place: None, zone, now };
    parser.space();
    if parser.rest().is_empty() { Ok(Expr::All) } else { parser.any_of() }
}

pub(super) struct Parser<'a> {
    pub(super) text: &'a str,
    /// Byte offset of what comes next.
    pub(super) at: usize,
    depth: usize,
    /// Open parentheses.
    groups: usize,
    /// Conditions so far.
    parts: usize,
    /// Where texts of the innermost group are to be found, once it says so.
    place: Option<&'static Field>,
    pub(super) zone: &'a TimeZone,
    pub(super) now: Option<Timestamp>,
}

impl<'a> Parser<'a> {
    pub(super) fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn space(&mut self) {
        self.at = self.text.len() - self.rest().trim_start().len();
    }

    /// The operator, where it is what comes next.
    fn operator(&mut self, name: &str) -> Option<Range<usize>> {
        let after = self.rest().strip_prefix(name)?;
        if !after.is_empty() && !after.starts_with(|c: char| c.is_whitespace() || c == '(' || c == ')') {
            return None;
        }
        let span = self.at..self.at + name.len();
        self.at = span.end;
        self.space();
        Some(span)
    }

    fn any_of(&mut self) -> Result<Expr> {
        let around = self.place.take();
        let mut parts = vec![self.all_of(None)?];
        while let Some(or) = self.operator("OR") {
            parts.push(self.all_of(Some(or))?);
        }
        let mut expr = one_or(parts, Expr::Or);
        if let Some(place) = std::mem::replace(&mut self.place, around) {
            settle(&mut expr, place);
        }
        Ok(expr)
    }

    /// `in:command` or `in:output`, which is said of the texts around it.
    fn place(&mut self) -> Result<Option<Range<usize>>> {
        let start = self.at;
        if !self.rest().get(..3).is_some_and(|name| name.eq_ignore_ascii_case("in:")) {
            return Ok(None);
        }
        let word = self.word();
        let span = start..self.at;
        let place = field(&word[3..]).filter(|field| ["command", "output"].contains(&field.key));
        let Some(place) = place else {
            let message = format!("{:?} is no place to look in", &word[3..]);
            let hint = "write in:command or in:output; without it both are searched";
            return Err(QueryError::new(start + 3..self.at, message, hint));
        };
        self.place = Some(place);
        Ok(Some(span))
    }

    /// `after` is the operator that something must follow.
    fn all_of(&mut self, mut after: Option<Range<usize>>) -> Result<Expr> {
        let mut parts = Vec::new();
        let mut place = None;
        loop {
            self.space();
            if let Some(span) = self.place()? {
                place = Some(span);
                continue;
            }
            let here = self.at;
            let closes = self.groups > 0 && self.rest().starts_with(')');
            let or = self.operator("OR").is_some();
            if or || closes || self.rest().is_empty() {
                self.at = here;
                let nothing = || parts.is_empty().then(|| place.unwrap_or(here..here + 2 * usize::from(or)));
                if let Some(span) = after.or_else(nothing) {
                    return Err(self.missing(span));
                }
                return Ok(one_or(parts, Expr::And));
            }
            match self.operator("AND") {
                Some(and) if parts.is_empty() || after.is_some() => return Err(self.missing(and)),
                Some(and) => after = Some(and),
                None => {
                    parts.push(self.one()?);
                    after = None;
                }
            }
        }
    }

    fn missing(&self, span: Range<usize>) -> QueryError {
        let what = &self.text[span.clone()];
        let message = match what {
            "" => "something to search for is missing here".to_owned(),
            _ => format!("something to search for is missing beside {what}"),
        };
        QueryError::new(span, message, "write whoami OR id; to search for the word itself, quote it: \"OR\"")
    }

    fn one(&mut self) -> Result<Expr> {
        let start = self.at;
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            let hint = "a query needs few parentheses: (whoami OR id) os-user:root";
            return Err(QueryError::new(start..start + 1, format!("nested deeper than {MAX_DEPTH}"), hint));
        }
        self.parts += 1;
        if self.parts > MAX_PARTS {
            let message = format!("more than {MAX_PARTS} conditions");
            let hint = "search for a part of them, or quote a long text: \"cat /etc/passwd\"";
            return Err(QueryError::new(start..start, message, hint));
        }
        let expr = if let Some(not) = self.operator("NOT") {
            let ends = self.rest().is_empty() || self.groups > 0 && self.rest().starts_with(')');
            if ends || self.operator("OR").is_some() || self.operator("AND").is_some() {
                return Err(self.missing(not));
            }
            Expr::Not(Box::new(self.one()?))
        } else if self.rest().starts_with('(') {
            self.group()?
        } else if let Some(text) = self.enclosed(None)? {
            text
        } else {
            self.word_or_field()?
        };
        self.depth -= 1;
        Ok(expr)
    }

    fn group(&mut self) -> Result<Expr> {
        let open = self.at..self.at + 1;
        self.at += 1;
        self.groups += 1;
        let expr = self.any_of()?;
        if !self.rest().starts_with(')') {
            let hint = "close it, as in (whoami OR id); to search for the sign itself, quote it: \"(\"";
            return Err(QueryError::new(open, "this parenthesis is never closed", hint));
        }
        self.at += 1;
        self.groups -= 1;
        Ok(expr)
    }

    /// A phrase, a literal or a regular expression, where one begins here.
    pub(super) fn enclosed(&mut self, field: Option<&'static Field>) -> Result<Option<Expr>> {
        let pattern = match self.rest().chars().next() {
            Some('"') => {
                let (text, prefix) = self.phrase()?;
                return Ok(Some(Expr::Match(Match { field, text, prefix })));
            }
            Some('\'') => self.literal()?,
            Some('/') => match self.regex()? {
                Some(pattern) => pattern,
                None => return Ok(None),
            },
            _ => return Ok(None),
        };
        Ok(Some(Expr::Pattern(pattern.of(field))))
    }

    /// `'text'`, where two quotes stand for one.
    fn literal(&mut self) -> Result<Pattern> {
        let start = self.at;
        let mut text = String::new();
        let mut rest = &self.text[start + 1..];
        while let Some(end) = rest.find('\'') {
            text.push_str(&rest[..end]);
            rest = &rest[end + 1..];
            if let Some(after) = rest.strip_prefix('\'') {
                text.push('\'');
                rest = after;
                continue;
            }
            self.at = self.text.len() - rest.len();
            if text.is_empty() {
                let message = "nothing stands between the quotes";
                return Err(QueryError::new(
                    start..self.at,
                    message,
                    "write what to look for, as in 'rm -rf /'",
                ));
            }
            return Pattern::literal(&text).map_err(|error| QueryError { span: start..self.at, ..error });
        }
        let hint = "close it, as in 'rm -rf /'; to search for words with such a sign, write \"don't\"";
        Err(QueryError::new(start..start + 1, "this quote is never closed", hint))
    }

    /// `/expression/`. A slash in it is written `\/`; what has no sign that only expressions have is a path.
    fn regex(&mut self) -> Result<Option<Pattern>> {
        let start = self.at + 1;
        let mut chars = self.text[start..].char_indices();
        let mut class = false;
        let end = loop {
            match chars.next() {
                None => return Ok(None),
                Some((_, '\\')) => drop(chars.next()),
                Some((_, '[')) => class = true,
                Some((_, ']')) => class = false,
                Some((at, '/')) if !class => break start + at,
                Some(_) => {}
            }
        };
        let after = self.text[end + 1..].chars().next();
        let ends = after.is_none_or(|c| c.is_whitespace() || self.groups > 0 && c == ')');
        let text = &self.text[start..end];
        if !ends || !has_signs(text) {
            return Ok(None);
        }
        self.at = end + 1;
        let moved = |span: Range<usize>| start + span.start..start + span.end;
        Pattern::regex(text)
            .map(Some)
            .map_err(|error| QueryError { span: moved(error.span.clone()), ..error })
    }

    /// A quoted text, and whether a star makes it a prefix; `\"` and `\\` stand for the signs themselves.
    pub(super) fn phrase(&mut self) -> Result<(String, bool)> {
        let start = self.at;
        let mut phrase = String::new();
        let mut chars = self.text[start + 1..].char_indices().peekable();
        while let Some((i, c)) = chars.next() {
            match c {
                '"' => {
                    self.at = start + 1 + i + 1;
                    if phrase.trim().is_empty() {
                        let hint = "write what to look for, as in \"cat /etc/passwd\"";
                        return Err(QueryError::new(
                            start..self.at,
                            "nothing stands between the quotes",
                            hint,
                        ));
                    }
                    let prefix = self.rest().starts_with('*');
                    self.at += usize::from(prefix);
                    return Ok((phrase, prefix));
                }
                '\\' => match chars.next_if(|&(_, c)| c == '"' || c == '\\') {
                    Some((_, escaped)) => phrase.push(escaped),
                    None => phrase.push(c),
                },
                c => phrase.push(c),
            }
        }
        let hint = "close it, as in \"cat /etc/passwd\"; to search for the sign itself, write \"\\\"\"";
        Err(QueryError::new(start..start + 1, "this quote is never closed", hint))
    }

    /// Up to white space or the parenthesis that closes a group; parentheses opened inside belong to the word.
    pub(super) fn word(&mut self) -> &'a str {
        let rest = self.rest();
        let mut inside = 0;
        let end = rest.find(|c: char| {
            match c {
                '(' => inside += 1,
                ')' if inside > 0 => inside -= 1,
                ')' => return self.groups > 0,
                _ => {}
            }
            c.is_whitespace()
        });
        let word = &rest[..end.unwrap_or(rest.len())];
        self.at += word.len();
        word
    }

    fn word_or_field(&mut self) -> Result<Expr> {
        let start = self.at;
        let word = self.word();
        let Some((name, value)) =
            word.split_once(':').filter(|(name, value)| is_name(name) && !value.starts_with("//"))
        else {
            return Ok(text_match(None, word));
        };
        if let Some(expr) = self.shorthand(name, start)? {
            return Ok(expr);
        }
        let Some(field) = field(name).filter(|field| field.is_queryable()) else {
            return Err(unknown_field(name, word, start));
        };
        self.at = start + name.len() + 1;
        if value.is_empty() {
            let message = format!("nothing follows {name}:");
            return Err(QueryError::new(start..self.at, message, example(field)));
        }
        self.value(field, start)
    }
}

fn one_or(mut parts: Vec<Expr>, many: fn(Vec<Expr>) -> Expr) -> Expr {
    if parts.len() == 1 { parts.remove(0) } else { many(parts) }
}

/// Says of all texts that could be anywhere where they are.
fn settle(expr: &mut Expr, place: &'static Field) {
    match expr {
        Expr::Match(Match { field, .. }) | Expr::Pattern(Pattern { field, .. }) => {
            field.get_or_insert(place);
        }
        Expr::Not(inner) => settle(inner, place),
        Expr::And(parts) | Expr::Or(parts) => parts.iter_mut().for_each(|part| settle(part, place)),
        _ => {}
    }
}

fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
}
