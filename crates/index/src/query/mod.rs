//! The query language: text → [`Expr`] → a condition on documents.
//!
//! ```text
//! query := all-of { "OR" all-of }
//! all-of := one { ["AND"] one }
//! one   := "NOT" one | "(" query ")" | value | name ":" value | name ":*"
//! value := word ["*"] | "\"phrase\"" ["*"] | "[" from "TO" to "]"
//! ```

mod compile;
mod help;
mod parse;
mod settled;
mod time;

use std::fmt;
use std::ops::Range;

use jiff::tz::TimeZone;
use whoran_model::Timestamp;

pub(crate) use compile::{compile, time_range};
pub use help::help;
pub use time::{TimeSpan, parse_time};

use crate::schema::Field;

/// A condition that was understood.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    expr: Expr,
}

impl Query {
    /// Understands `text`; dates and times without an offset are of `zone`. An empty text is met by everything.
    ///
    /// # Errors
    /// Where the mistake is, and what to write instead.
    pub fn parse(text: &str, zone: &TimeZone) -> Result<Self, QueryError> {
        parse::parse(text, zone).map(|expr| Self { expr })
    }

    /// A condition that everything meets.
    pub fn all() -> Self {
        Self { expr: Expr::All }
    }

    /// What was understood.
    pub fn expr(&self) -> &Expr {
        &self.expr
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
    /// A text is found.
    Match(Match),
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
