//! What follows a field's name.

use std::ops::Range;

use super::mistake::example;
use super::parse::{Parser, Result};
use super::time::{TimeSpan, around, before, parse_time};
use super::{Expr, Match, QueryError};
use crate::fields::{Field, FieldType, field};

impl Parser<'_> {
    /// `since:`, `until:`, `at:` and `has:`, which are no fields.
    pub(super) fn shorthand(&mut self, name: &str, start: usize) -> Result<Option<Expr>> {
        let name = name.to_ascii_lowercase();
        let hint = match name.as_str() {
            "since" | "until" => format!("write {name}:7d, {name}:2024-05-01 or {name}:2024-05-01T14:30"),
            "at" => "write at:2024-05-01T14:30±10m, at:2024-05-01+-2d or at:2024-05-01T14:30".to_owned(),
            "has" => {
                "write has:gap for sessions in whose record something is missing, or has:person".to_owned()
            }
            _ => return Ok(None),
        };
        self.at = start + name.len() + 1;
        let at = self.at;
        let text = if self.rest().starts_with('"') { self.phrase()?.0 } else { self.word().to_owned() };
        let span = at..self.at;
        if text.is_empty() {
            return Err(QueryError::new(start..self.at, format!("nothing follows {name}:"), hint));
        }
        let wrong = |what: &str| QueryError::new(span.clone(), format!("{what}: {text:?}"), hint.clone());
        if name == "has" {
            if text.eq_ignore_ascii_case("gap") {
                return Ok(Some(Expr::Gap));
            }
            let field = field(&text).filter(|field| field.is_queryable());
            return field
                .map(|field| Some(Expr::Known(field)))
                .ok_or_else(|| wrong("nothing that can be had"));
        }
        let Some(field) = field("time") else { return Ok(None) };
        let age = || before(self.now?, &text, self.zone).map(|then| TimeSpan { start: then, end: then });
        let named = match name.as_str() {
            "at" => around(&text, self.zone),
            _ => parse_time(&text, self.zone).ok().or_else(age),
        };
        let TimeSpan { start, end } = named.ok_or_else(|| wrong("not a date, a time or an age"))?;
        Ok(Some(Expr::Time {
            field,
            from: (name != "until").then_some(start),
            to: (name != "since").then_some(end),
        }))
    }

    /// What comes behind `>`, `>=`, `<` or `<=`.
    fn compared(&self, field: &'static Field, text: &str, span: Range<usize>) -> Result<Option<Expr>> {
        let (above, rest) = match text.as_bytes().first() {
            Some(b'>') => (true, &text[1..]),
            Some(b'<') => (false, &text[1..]),
            _ => return Ok(None),
        };
        let (included, rest) = rest.strip_prefix('=').map_or((false, rest), |rest| (true, rest));
        Ok(Some(if field.ty == FieldType::Time {
            let time = parse_time(rest, self.zone).map_err(|error| QueryError { span, ..error })?;
            let end = if above == included { time.start } else { time.end };
            let (from, to) = if above { (Some(end), None) } else { (None, Some(end)) };
            Expr::Time { field, from, to }
        } else {
            let value = number(field, rest, span)?;
            let end = match (included, above, field.key) {
                (true, ..) => value,
                // Kept in single precision, so that is where the next one is.
                (false, true, "confidence") => f64::from((value as f32).next_up()),
                (false, false, "confidence") => f64::from((value as f32).next_down()),
                (false, true, _) => value.next_up(),
                (false, false, _) => value.next_down(),
            };
            let (from, to) = if above { (Some(end), None) } else { (None, Some(end)) };
            Expr::Number { field, from, to }
        }))
    }

    pub(super) fn value(&mut self, field: &'static Field, start: usize) -> Result<Expr> {
        let at = self.at;
        let range = self.rest().starts_with('[');
        let (from, to) = match field.ty {
            FieldType::Number | FieldType::Time if range => self.range(field)?,
            _ => {
                if let Some(enclosed) = self.enclosed(Some(field))? {
                    let span = at..self.at;
                    return match (field.ty, enclosed) {
                        (FieldType::Text | FieldType::Keyword, text) => Ok(text),
                        (_, Expr::Match(Match { text, prefix: false, .. })) => {
                            self.single(field, &text, span)
                        }
                        _ => {
                            let message = format!("{} has no beginnings or parts to search for", field.key);
                            Err(QueryError::new(span, message, example(field)))
                        }
                    };
                }
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
            FieldType::Number | FieldType::Time if text.starts_with(['<', '>']) => {
                return Ok(self.compared(field, text, span)?.unwrap_or(Expr::Known(field)));
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

/// A star makes a prefix of a word that ends in a letter or digit; behind a sign (`/*`) it is the shell's own.
pub(super) fn text_match(field: Option<&'static Field>, word: &str) -> Expr {
    let keyword = field.is_some_and(|field| field.ty == FieldType::Keyword);
    let stem = word.strip_suffix('*').filter(|stem| stem.ends_with(|c: char| keyword || c.is_alphanumeric()));
    // as much of an id as tells it from others is enough; in quotes it is all of it
    let is_id = field.is_some_and(|field| matches!(field.key, "id" | "session_id" | "target"));
    let prefix = stem.is_some() || (is_id && word.ends_with(char::is_alphanumeric));
    Expr::Match(Match { field, text: stem.unwrap_or(word).to_owned(), prefix })
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
