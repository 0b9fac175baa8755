//! The query language: text → [`Expr`] → a condition on documents.
//!
//! ```text
//! query := all-of { "OR" all-of }
//! all-of := one { ["AND"] one }
//! one   := "NOT" one | "(" query ")" | text | name ":" value | name ":*"
//! text  := word ["*"] | "\"phrase\"" ["*"] | "'literal'" | "/regular expression/"
//! value := text | "[" from "TO" to "]" | (">" | ">=" | "<" | "<=") number or time
//! ```

mod compile;
mod held;
mod help;
mod ioc;
mod joined;
mod marks;
mod mistake;
mod need;
mod parse;
mod pattern;
mod phrased;
mod settled;
mod substring;
mod time;
mod value;
mod values;

use std::collections::HashSet;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use jiff::tz::TimeZone;
use whoran_model::{SessionId, Timestamp};

pub(crate) use compile::{Compiler, Stand, anywhere, time_range, ways};
pub(crate) use held::holds;
pub use help::help;
pub use ioc::Indicators;
pub(crate) use need::Need;
pub use pattern::{Pattern, quote_literal, quote_regex};
pub(crate) use settled::Given;
pub(crate) use substring::{Holding, each};
pub use time::{TimeSpan, parse_time};
pub use values::Values;

use crate::analyze::is_beyond_index;
use crate::document::{Key as Owner, Kind, key};
use crate::fields::Field;

/// A condition that was understood.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    expr: Expr,
}

impl Query {
    /// Understands `text`; dates and times without an offset are of `zone`. An empty text is met by everything. An age,
    /// as in `since:7d`, takes [`Query::parse_at`].
    ///
    /// # Errors
    /// Where the mistake is, and what to write instead.
    pub fn parse(text: &str, zone: &TimeZone) -> Result<Self, QueryError> {
        parse::parse(text, zone, None).map(|expr| Self { expr })
    }

    /// The same, where it is known what time it is.
    ///
    /// # Errors
    /// As for [`Query::parse`].
    pub fn parse_at(text: &str, zone: &TimeZone, now: Timestamp) -> Result<Self, QueryError> {
        parse::parse(text, zone, Some(now)).map(|expr| Self { expr })
    }

    /// Met by what meets this and not the other.
    #[must_use]
    pub fn and_not(self, other: Self) -> Self {
        Self { expr: Expr::all_of([self.expr, Expr::Not(Box::new(other.expr))]) }
    }

    /// A condition that everything meets.
    pub fn all() -> Self {
        Self { expr: Expr::All }
    }

    /// Met by what belongs to one of these sessions.
    pub fn of_sessions<'a>(ids: impl IntoIterator<Item = &'a SessionId>) -> Self {
        let owners = ids.into_iter().map(|id| key(Kind::Session, id.as_str())).collect();
        Self { expr: Expr::Sessions(Arc::new(owners)) }
    }

    /// Met by what meets both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self { expr: Expr::all_of([self.expr, other.expr]) }
    }

    /// What was understood.
    pub fn expr(&self) -> &Expr {
        &self.expr
    }
}

impl From<Indicators> for Query {
    fn from(indicators: Indicators) -> Self {
        Self { expr: Expr::Indicators(indicators) }
    }
}

impl From<Expr> for Query {
    fn from(expr: Expr) -> Self {
        Self { expr }
    }
}

/// A condition, as a tree. Its [`Display`](fmt::Display) form is a query that means the same.
#[derive(Debug, Clone, PartialEq)]
pub enum Expr {
    /// Met by everything.
    All,
    /// A text is found by its words.
    Match(Match),
    /// A text is found sign by sign.
    Pattern(Pattern),
    /// One of many is in the command or its output.
    Indicators(Indicators),
    /// Something is missing in the record of the session.
    Gap,
    /// It belongs to one of these sessions; no text says so, other conditions become it.
    Sessions(Arc<HashSet<Owner>>),
    /// The field has one of these values, as a whole; no text says so, other conditions become it.
    Values(Values),
    /// The field is not null.
    Known(&'static Field),
    /// The number lies between the two, both included; `None` is open.
    Number {
        /// Of this field.
        field: &'static Field,
        /// Lowest.
        from: Option<f64>,
        /// Highest.
        to: Option<f64>,
    },
    /// The time lies between the two, the first included; `None` is open.
    Time {
        /// Of this field.
        field: &'static Field,
        /// Earliest.
        from: Option<Timestamp>,
        /// One past the latest.
        to: Option<Timestamp>,
    },
    /// The field is that.
    Bool {
        /// The field.
        field: &'static Field,
        /// Yes or no.
        value: bool,
    },
    /// The other is not met.
    Not(Box<Expr>),
    /// Each is met; at least two.
    And(Vec<Expr>),
    /// At least one is met; at least two.
    Or(Vec<Expr>),
}

/// A text to be found. See the crate's text analysis: letter case never counts, words are found whole or in part; a
/// keyword field must match as a whole.
#[derive(Debug, Clone, PartialEq)]
pub struct Match {
    /// Where; `None` is the command or its output.
    pub field: Option<&'static Field>,
    /// What.
    pub text: String,
    /// Whether the last word of `text` may go on.
    pub prefix: bool,
}

impl Expr {
    /// All of them.
    pub(crate) fn all_of(parts: impl IntoIterator<Item = Self>) -> Self {
        let mut parts: Vec<_> = parts.into_iter().filter(|part| *part != Self::All).collect();
        match parts.len() {
            0 => Self::All,
            1 => parts.remove(0),
            _ => Self::And(parts),
        }
    }

    /// Gives every condition that is made of no others to `each`.
    pub(crate) fn leaves<'a>(&'a self, each: &mut dyn FnMut(&'a Self)) {
        match self {
            Self::Not(inner) => inner.leaves(each),
            Self::And(parts) | Self::Or(parts) => parts.iter().for_each(|part| part.leaves(each)),
            leaf => each(leaf),
        }
    }

    /// Whether only reading a record can tell.
    pub(crate) fn is_read(&self) -> bool {
        let mut read = false;
        self.leaves(&mut |leaf| {
            read |= match leaf {
                Self::Pattern(_) | Self::Indicators(_) => true,
                Self::Match(Match { field: Some(field), text, prefix }) => {
                    is_beyond_index(field, text, *prefix)
                }
                _ => false,
            }
        });
        read
    }

    /// The same, with others in the place of those conditions for which `with` gives one.
    pub(crate) fn replace(&self, with: &dyn Fn(&Self) -> Option<Self>) -> Self {
        let all = |parts: &[Self]| parts.iter().map(|part| part.replace(with)).collect();
        match self {
            Self::Not(inner) => Self::Not(Box::new(inner.replace(with))),
            Self::And(parts) => Self::And(all(parts)),
            Self::Or(parts) => Self::Or(all(parts)),
            leaf => with(leaf).unwrap_or_else(|| leaf.clone()),
        }
    }
}

impl PartialEq for Field {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fn joined(f: &mut fmt::Formatter<'_>, parts: &[Expr], by: &str) -> fmt::Result {
            for (i, part) in parts.iter().enumerate() {
                write!(f, "{}{part}", if i == 0 { "(" } else { by })?;
            }
            f.write_str(")")
        }
        fn end<T: fmt::Display>(value: Option<T>) -> String {
            value.map_or_else(|| "*".to_owned(), |value| value.to_string())
        }
        match self {
            Self::All => Ok(()),
            Self::Match(Match { field, text, prefix }) => {
                if let Some(field) = field {
                    write!(f, "{}:", field.key)?;
                }
                let text = text.replace('\\', "\\\\").replace('"', "\\\"");
                write!(f, "\"{text}\"{}", if *prefix { "*" } else { "" })
            }
            Self::Pattern(pattern) => pattern.fmt(f),
            Self::Gap => f.write_str("has:gap"),
            Self::Indicators(_) => f.write_str("<indicators>"),
            Self::Sessions(owners) => write!(f, "<of {} sessions>", owners.len()),
            Self::Values(values) => write!(f, "<values of {}>", values.field.key),
            Self::Known(field) => write!(f, "{}:*", field.key),
            Self::Number { field, from, to } => write!(f, "{}:[{} TO {}]", field.key, end(*from), end(*to)),
            // The upper end is exclusive here and inclusive in the language, which has whole microseconds.
            Self::Time { field, from, to } => {
                let to = to.map(|to| to.checked_sub(jiff::SignedDuration::from_micros(1)).unwrap_or(to));
                write!(f, "{}:[{} TO {}]", field.key, end(*from), end(to.map(|to| format!("{to:.6}"))))
            }
            Self::Bool { field, value } => write!(f, "{}:{value}", field.key),
            Self::Not(inner) => write!(f, "NOT {inner}"),
            Self::And(parts) => joined(f, parts, " "),
            Self::Or(parts) => joined(f, parts, " OR "),
        }
    }
}

/// A query text that cannot be understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct QueryError {
    /// What is wrong.
    pub message: String,
    /// Where: byte range of the query text, on character boundaries.
    pub span: Range<usize>,
    /// What to write instead, with an example.
    pub hint: String,
}

impl QueryError {
    pub(crate) fn new(span: Range<usize>, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { message: message.into(), span, hint: hint.into() }
    }
}
