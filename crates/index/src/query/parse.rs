//! Text to [`Expr`]. Recursive, so depth is bounded; every step moves forward, so time is linear in the text.

use std::ops::Range;

use jiff::tz::TimeZone;

use super::time::parse_time;
use super::{Expr, Match, QueryError};
use crate::schema::{FIELDS, Field, FieldType, field};

/// Longest query, in bytes.
const MAX_LEN: usize = 16 * 1024;
/// Deepest nesting of parentheses and `NOT`.
const MAX_DEPTH: usize = 64;
/// Most conditions in one query: each may take memory in proportion to the index.
const MAX_PARTS: usize = 256;

type Result<T> = std::result::Result<T, QueryError>;

pub(super) fn parse(text: &str, zone: &TimeZone) -> Result<Expr> {
    if text.len() > MAX_LEN {
        let hint = "search for the rarest part of it, as in \"sha256sum /etc/passwd\"";
        return Err(QueryError::new(0..0, format!("the query is longer than {MAX_LEN} bytes"), hint));
    }
    let mut parser = Parser { text, at: 0, depth: 0, groups: 0, parts: 0, zone };
    parser.space();
    if parser.rest().is_empty() { Ok(Expr::All) } else { parser.any_of() }
}

struct Parser<'a> {
    text: &'a str,
    /// Byte offset of what comes next.
    at: usize,
    depth: usize,
    /// Open parentheses.
    groups: usize,
    /// Conditions so far.
    parts: usize,
    zone: &'a TimeZone,
}

impl<'a> Parser<'a> {
    fn rest(&self) -> &'a str {
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
        let mut parts = vec![self.all_of(None)?];
        while let Some(or) = self.operator("OR") {
            parts.push(self.all_of(Some(or))?);
        }
        Ok(one_or(parts, Expr::Or))
    }

    /// `after` is the operator that something must follow.
    fn all_of(&mut self, mut after: Option<Range<usize>>) -> Result<Expr> {
        let mut parts = Vec::new();
        loop {
            self.space();
            let here = self.at;
            let closes = self.groups > 0 && self.rest().starts_with(')');
            let or = self.operator("OR").is_some();
            if or || closes || self.rest().is_empty() {
                self.at = here;
                if let Some(span) =
                    after.or_else(|| parts.is_empty().then_some(here..here + 2 * usize::from(or)))
                {
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
        } else if self.rest().starts_with('"') {
            let (text, prefix) = self.phrase()?;
            Expr::Match(Match { field: None, text, prefix })
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

    /// A quoted text, and whether a star makes it a prefix; `\"` and `\\` stand for the signs themselves.
    fn phrase(&mut self) -> Result<(String, bool)> {
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
    fn word(&mut self) -> &'a str {
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

    fn value(&mut self, field: &'static Field, start: usize) -> Result<Expr> {
        let at = self.at;
        let range = self.rest().starts_with('[');
        let (from, to) = match field.ty {
            FieldType::Number | FieldType::Time if range => self.range(field)?,
            _ if self.rest().starts_with('"') => {
                let (text, prefix) = self.phrase()?;
                return match field.ty {
                    FieldType::Text | FieldType::Keyword => {
                        Ok(Expr::Match(Match { field: Some(field), text, prefix }))
                    }
                    _ if prefix => {
                        let message = format!("{} has no beginnings to search for", field.key);
                        Err(QueryError::new(at..self.at, message, example(field)))
                    }
                    _ => self.single(field, &text, at..self.at),
                };
            }
            _ => {
                let word = self.word();
                return if word == "*" {
                    Ok(Expr::Known(field))
                } else {
                    self.single(field, word, at..self.at)
                };
            }
        };
        let span = start..self.at;
        let expr = self.between(field, from, to)?;
        let reversed = match &expr {
            Expr::Number { from: Some(from), to: Some(to), .. } => from > to,
            Expr::Time { from: Some(from), to: Some(to), .. } => from >= to,
            _ => false,
        };
        if reversed {
            return Err(QueryError::new(span, "the range ends before it starts", example(field)));
        }
        Ok(expr)
    }

    /// The two ends of `[from TO to]`, as places in the text.
    fn range(&mut self, field: &Field) -> Result<(Range<usize>, Range<usize>)> {
        let open = self.at;
        let close = self.rest().find(']').map(|len| open + len);
        let inner = open + 1..close.unwrap_or(self.text.len());
        let Some(close) = close else {
            return Err(QueryError::new(open..open + 1, "this range is never closed", example(field)));
        };
        self.at = close + 1;
        let Some(to) = self.text[inner.clone()].find(" TO ") else {
            return Err(QueryError::new(open..self.at, "a range has the form [from TO to]", example(field)));
        };
        Ok((inner.start..inner.start + to, inner.start + to + " TO ".len()..inner.end))
    }

    fn between(&self, field: &'static Field, from: Range<usize>, to: Range<usize>) -> Result<Expr> {
        let end = |span: Range<usize>| match self.text[span.clone()].trim() {
            "*" => None,
            text => Some((text, span)),
        };
        Ok(match field.ty {
            FieldType::Time => {
                let at = |(text, span): (&str, Range<usize>)| {
                    parse_time(text, self.zone).map_err(|error| QueryError { span, ..error })
                };
                let from = end(from).map(at).transpose()?.map(|span| span.start);
                let to = end(to).map(at).transpose()?.map(|span| span.end);
                if from.is_none() && to.is_none() {
                    Expr::Known(field)
                } else {
                    Expr::Time { field, from, to }
                }
            }
            _ => {
                let at = |(text, span): (&str, Range<usize>)| number(field, text, span);
                let from = end(from).map(at).transpose()?;
                let to = end(to).map(at).transpose()?;
                if from.is_none() && to.is_none() {
                    Expr::Known(field)
                } else {
                    Expr::Number { field, from, to }
                }
            }
        })
    }

    /// One value of a field, of the field's type.
    fn single(&self, field: &'static Field, text: &str, span: Range<usize>) -> Result<Expr> {
        Ok(match field.ty {
            FieldType::Text | FieldType::Keyword | FieldType::Opaque => text_match(Some(field), text),
            FieldType::Choice(values) => {
                let value = text.replace('-', "_").to_ascii_lowercase();
                if !values.contains(&value.as_str()) {
                    let message = format!("{} is never {text:?}", field.key);
                    let hint =
                        format!("it is one of {}, as in {}:{}", values.join(", "), field.key, values[0]);
                    return Err(QueryError::new(span, message, hint));
                }
                Expr::Match(Match { field: Some(field), text: value, prefix: false })
            }
            FieldType::Number => {
                let value = Some(number(field, text, span)?);
                Expr::Number { field, from: value, to: value }
            }
            FieldType::Time => {
                let time = parse_time(text, self.zone).map_err(|error| QueryError { span, ..error })?;
                Expr::Time { field, from: Some(time.start), to: Some(time.end) }
            }
            FieldType::Bool => match text.to_ascii_lowercase().as_str() {
                "true" | "yes" => Expr::Bool { field, value: true },
                "false" | "no" => Expr::Bool { field, value: false },
                _ => {
                    return Err(QueryError::new(
                        span,
                        format!("neither true nor false: {text:?}"),
                        example(field),
                    ));
                }
            },
        })
    }
}

fn one_or(mut parts: Vec<Expr>, many: fn(Vec<Expr>) -> Expr) -> Expr {
    if parts.len() == 1 { parts.remove(0) } else { many(parts) }
}

/// A star makes a prefix of a word that ends in a letter or digit; behind a sign (`/*`) it is the shell's own.
fn text_match(field: Option<&'static Field>, word: &str) -> Expr {
    let keyword = field.is_some_and(|field| field.ty == FieldType::Keyword);
    let stem = word.strip_suffix('*').filter(|stem| stem.ends_with(|c: char| keyword || c.is_alphanumeric()));
    Expr::Match(Match { field, text: stem.unwrap_or(word).to_owned(), prefix: stem.is_some() })
}

/// Whole numbers and fractions; as exact as `confidence`, which is kept in single precision.
fn number(field: &Field, text: &str, span: Range<usize>) -> Result<f64> {
    let value = match field.key {
        "confidence" => text.parse::<f32>().map(f64::from),
        _ => text.parse::<f64>(),
    };
    match value {
        Ok(value) if value.is_finite() => Ok(value),
        _ => Err(QueryError::new(span, format!("not a number: {text:?}"), example(field))),
    }
}

fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
}

fn example(field: &Field) -> String {
    let key = field.key;
    match field.ty {
        FieldType::Number => format!("write {key}:3 or {key}:[1 TO *]"),
        FieldType::Time => format!("write {key}:2024-05-01 or {key}:[2024-05-01 TO *]"),
        FieldType::Bool => format!("write {key}:true"),
        FieldType::Choice(values) => format!("write {key}:{}", values[0]),
        _ => format!("write {key}:value, {key}:\"several words\", or {key}:* for any value"),
    }
}

fn unknown_field(name: &str, word: &str, start: usize) -> QueryError {
    let wanted = name.replace('-', "_").to_ascii_lowercase();
    let names =
        FIELDS.iter().filter(|field| field.is_queryable()).flat_map(|f| f.aliases.iter().chain([&f.key]));
    let nearest = names.map(|name| (distance(&wanted, name), name)).min();
    let guess = match nearest {
        Some((far, near)) if far <= near.len() / 2 => format!("did you mean {near}:? "),
        _ => "`whoran help query` lists the fields. ".to_owned(),
    };
    let quoted = word.replace('\\', "\\\\").replace('"', "\\\"");
    let hint = format!("{guess}To search for the text itself, quote it: \"{quoted}\"");
    QueryError::new(start..start + name.len(), format!("there is no field {name}"), hint)
}

/// Edits that make one name of the other. Names of fields are short, so only the beginning of a long one counts.
fn distance(from: &str, to: &str) -> usize {
    let from: Vec<_> = from.bytes().take(32).collect();
    let mut row: Vec<usize> = (0..=from.len()).collect();
    for (i, b) in to.bytes().enumerate() {
        let mut corner = std::mem::replace(&mut row[0], i + 1);
        for (j, a) in from.iter().enumerate() {
            let swapped = corner + usize::from(*a != b);
            corner = row[j + 1];
            row[j + 1] = swapped.min(corner + 1).min(row[j] + 1);
        }
    }
    row[from.len()]
}
