//! [`Expr`] to the engine's queries.

use std::ops::Bound;

use tantivy::Term;
use tantivy::query::{
    AllQuery, BooleanQuery, EmptyQuery, InvertedIndexRangeQuery, Occur, PhraseQuery, Query, RangeQuery,
    RegexPhraseQuery, TermQuery, TermSetQuery,
};
use tantivy::schema::{self as engine, IndexRecordOption};
use whoran_model::Timestamp;

use super::ioc::Candidates;
use super::need::{Need, need};
use super::settled::{Given, Settled};
use super::substring::Holding;
use super::{Expr, Match};
use crate::analyze::{atoms, indexed, is_beyond_index};
use crate::document::Kind;
use crate::fields::{Field, FieldType, field};
use crate::schema::{Schema, ticks};
use crate::words::Lists;

/// What stands for a condition that the index alone cannot tell.
pub(crate) enum Stand<'a> {
    /// Everything that may meet it.
    Candidates,
    /// What was found to meet it.
    Found(&'a [(Expr, Given)]),
}

/// Makes the engine's queries.
pub(crate) struct Compiler<'a> {
    pub(crate) schema: &'a Schema,
    pub(crate) words: &'a Lists,
    pub(crate) stand: Stand<'a>,
}

impl Compiler<'_> {
    pub(crate) fn compile(&self, expr: &Expr) -> Box<dyn Query> {
        let schema = self.schema;
        let is_leaf = !matches!(expr, Expr::Not(_) | Expr::And(_) | Expr::Or(_));
        if let Stand::Found(found) = self.stand
            && is_leaf
            && expr.is_read()
        {
            return match found.iter().find(|(other, _)| other == expr) {
                Some((_, given)) => Box::new(given.clone()),
                None => Box::new(EmptyQuery),
            };
        }
        match expr {
            Expr::All => Box::new(AllQuery),
            Expr::Match(Match { field: Some(place), text, prefix }) => find(schema, place, text, *prefix),
            Expr::Match(Match { field: None, text, prefix }) => {
                let places = anywhere();
                Box::new(BooleanQuery::union(
                    places.map(|place| find(schema, place, text, *prefix)).collect(),
                ))
            }
            Expr::Pattern(_) | Expr::Indicators(_) => may_hold(schema, self.words, expr),
            // Settled before it comes here.
            Expr::Gap => Box::new(EmptyQuery),
            Expr::Values(values) => Box::new(values.clone()),
            Expr::Sessions(owners) => {
                let keys = owners.iter().map(|key| Term::from_field_bytes(schema.owner, key));
                Box::new(TermSetQuery::new(keys))
            }
            Expr::Known(place) => known(schema, place),
            Expr::Number { field, from, to } => {
                let bound = |handle, value: &Option<f64>| match value {
                    Some(value) => Bound::Included(Term::from_field_f64(handle, *value)),
                    None => Bound::Unbounded,
                };
                with(schema, field, |handle| {
                    Box::new(RangeQuery::new(bound(handle, from), bound(handle, to)))
                })
            }
            Expr::Time { field, from, to } => with(schema, field, |handle| time_range(handle, *from, *to)),
            Expr::Bool { field, value } => {
                with(schema, field, |handle| term(Term::from_field_bool(handle, *value)))
            }
            Expr::Not(_) => Box::new(self.all_of(std::slice::from_ref(expr))),
            Expr::And(parts) => Box::new(self.all_of(parts)),
            Expr::Or(parts) => {
                Box::new(BooleanQuery::union(parts.iter().map(|part| self.compile(part)).collect()))
            }
        }
    }

    /// Negations are taken, all at once, from what the others find.
    fn all_of(&self, parts: &[Expr]) -> BooleanQuery {
        let mut clauses: Vec<(Occur, Box<dyn Query>)> = Vec::new();
        let mut excluded = Vec::new();
        for part in parts {
            match part {
                // What may meet a condition may just as well not.
                Expr::Not(inner) if matches!(self.stand, Stand::Candidates) && inner.is_read() => {}
                Expr::Not(inner) => excluded.push(self.compile(inner)),
                part => clauses.push((Occur::Must, self.compile(part))),
            }
        }
        if clauses.is_empty() {
            clauses.push((Occur::Must, Box::new(AllQuery)));
        }
        if !excluded.is_empty() {
            clauses.push((Occur::MustNot, Box::new(Settled(Box::new(BooleanQuery::union(excluded))))));
        }
        BooleanQuery::new(clauses)
    }
}

/// More ways than this take longer to go through than what they find.
const MAX_WAYS: usize = 16;

/// The ways to meet a condition, each of which the engine goes through without making a list of it first, so that to
/// begin anew costs next to nothing. None where there is a part that it does not go through so, or too many.
pub(crate) fn ways(expr: &Expr) -> Option<Vec<Vec<Expr>>> {
    let found = match expr {
        Expr::All | Expr::Known(_) | Expr::Bool { .. } => vec![vec![expr.clone()]],
        Expr::Values(values) => {
            values.apart(MAX_WAYS)?.into_iter().map(|one| vec![Expr::Values(one)]).collect()
        }
        Expr::Match(Match { prefix: true, .. }) => return None,
        Expr::Match(Match { field: Some(_), .. }) => vec![vec![expr.clone()]],
        Expr::Match(Match { field: None, text, prefix }) => {
            let at = |field| Expr::Match(Match { field: Some(field), text: text.clone(), prefix: *prefix });
            anywhere().map(|field| vec![at(field)]).collect()
        }
        Expr::Or(parts) => parts.iter().map(ways).collect::<Option<Vec<_>>>()?.concat(),
        Expr::And(parts) => {
            let mut all = vec![Vec::new()];
            for part in parts {
                let next = ways(part)?;
                if all.len() * next.len() > MAX_WAYS {
                    return None;
                }
                all = all
                    .iter()
                    .flat_map(|way| next.iter().map(|more| [way.as_slice(), more].concat()))
                    .collect();
            }
            all
        }
        _ => return None,
    };
    (found.len() <= MAX_WAYS).then_some(found)
}

/// Where a text is looked for that nobody said a place for.
pub(crate) fn anywhere() -> impl Iterator<Item = &'static Field> {
    ["command", "output"].into_iter().filter_map(field)
}

/// What may meet a condition that only reading can tell, as far as words do.
fn may_hold(schema: &Schema, words: &Lists, expr: &Expr) -> Box<dyn Query> {
    let pattern = match expr {
        Expr::Pattern(pattern) => pattern,
        Expr::Indicators(indicators) => {
            let fields = anywhere().filter_map(|field| schema.of(field)).collect();
            let masked = field("secret").and_then(|field| schema.of(field));
            return Box::new(Candidates { fields, masked, indicators: indicators.clone() });
        }
        _ => return Box::new(AllQuery),
    };
    let needed = pattern.hir().map_or(Need::Nothing, |hir| need(&hir));
    let of = |place: &Field| match place.ty {
        FieldType::Text if !place.is_whole() => with(schema, place, |field| {
            Box::new(Holding { field, need: needed.clone(), lists: words.clone() })
        }),
        _ => known(schema, place),
    };
    match pattern.field {
        Some(place) => of(place),
        None => Box::new(BooleanQuery::union(anywhere().map(of).collect())),
    }
}

/// `from` included, `to` not. At least one must be given.
pub(crate) fn time_range(
    handle: engine::Field,
    from: Option<Timestamp>,
    to: Option<Timestamp>,
) -> Box<dyn Query> {
    let at = |time| Term::from_field_i64(handle, ticks(time));
    Box::new(RangeQuery::new(
        from.map_or(Bound::Unbounded, |from| Bound::Included(at(from))),
        to.map_or(Bound::Unbounded, |to| Bound::Excluded(at(to))),
    ))
}

fn with(
    schema: &Schema,
    field: &Field,
    query: impl FnOnce(engine::Field) -> Box<dyn Query>,
) -> Box<dyn Query> {
    schema.of(field).map_or_else(|| Box::new(EmptyQuery) as Box<dyn Query>, query)
}

fn known(schema: &Schema, place: &Field) -> Box<dyn Query> {
    let noted = term(Term::from_field_text(schema.has, place.key));
    if place.is_always_known() {
        let command = term(Term::from_field_text(schema.doc, Kind::Command.name()));
        return Box::new(BooleanQuery::union(vec![command, noted]));
    }
    noted
}

fn term(term: Term) -> Box<dyn Query> {
    Box::new(TermQuery::new(term, IndexRecordOption::Basic))
}

fn find(schema: &Schema, place: &Field, text: &str, prefix: bool) -> Box<dyn Query> {
    with(schema, place, |handle| {
        let words: Vec<_> = match place.ty {
            FieldType::Text => atoms(text).collect(),
            _ => vec![indexed(place, text).into_owned()],
        };
        let prefix = prefix && !is_beyond_index(place, text, prefix);
        let mut terms: Vec<_> = words.iter().map(|word| Term::from_field_text(handle, word)).collect();
        match (terms.len(), prefix) {
            (0, _) => Box::new(EmptyQuery),
            (1, false) => term(terms.remove(0)),
            (1, true) => begins_with(handle, &words[0]),
            (_, false) => Box::new(PhraseQuery::new(terms)),
            (_, true) => {
                let last = words.len() - 1;
                let more = |i| if i == last { ".*" } else { "" };
                let patterns = words.iter().enumerate().map(|(i, word)| escape(word) + more(i)).collect();
                // The engine's phrase with a prefix at its end knows no way to take all continuations without
                // setting aside room for as many as there could be; the one of patterns grows as it goes.
                let mut query = RegexPhraseQuery::new(handle, patterns);
                query.set_max_expansions(u32::MAX);
                Box::new(query)
            }
        }
    })
}

/// The pattern that matches the text and nothing else.
fn escape(text: &str) -> String {
    let mut pattern = String::new();
    for c in text.chars() {
        if r"\.+*?()|[]{}^$#&-~".contains(c) {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern
}

fn begins_with(handle: engine::Field, prefix: &str) -> Box<dyn Query> {
    // No text contains a character above the last one, so this is past every continuation of the prefix.
    let end = format!("{prefix}{}", char::MAX);
    Box::new(InvertedIndexRangeQuery::new(
        Bound::Included(Term::from_field_text(handle, prefix)),
        Bound::Included(Term::from_field_text(handle, &end)),
    ))
}
