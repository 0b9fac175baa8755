//! What there is: how often each value of a field is among what meets a query.

use std::collections::HashMap;

use whoran_index::{FIELDS, Field, FieldType, Query, QueryError, SearchOptions, Value, field};
use whoran_model::Session;

use crate::{Error, Store};

/// Fields that all commands of a session have in common, and facts beside the logs may know.
const OF_SESSION: &[&str] =
    &["session_id", "identity", "person", "account", "region", "run_as_user", "target", "target_name"];

/// The values of one field, the most frequent first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facet {
    /// Key of the field.
    pub field: &'static str,
    /// How many commands meet the query. A command with several values counts for each of them.
    pub hits: u64,
    /// The most frequent values, those alike by name.
    pub values: Vec<FacetValue>,
    /// What was left out.
    pub more: Option<More>,
}

/// One value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FacetValue {
    /// The value; `None` is unknown.
    pub value: Option<String>,
    /// How many commands have it.
    pub count: u64,
}

/// Values beyond the most frequent ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct More {
    /// How many values.
    pub values: u64,
    /// How often they are there, all together.
    pub count: u64,
}

/// The field of that name, where its values can be counted.
///
/// # Errors
///
/// There is no such field, or every command has another value of it.
pub fn facet_field(name: &str) -> Result<&'static Field, QueryError> {
    let counted = |field: &&Field| field.is_counted() || OF_SESSION.contains(&field.key);
    field(name).filter(|field| counted(field)).ok_or_else(|| QueryError {
        message: format!("nothing to count by: {name:?}"),
        span: 0..name.len(),
        hint: {
            let names: Vec<_> =
                FIELDS.iter().filter(counted).map(|field| field.key.replace('_', "-")).collect();
            format!("it is one of {}", names.join(", "))
        },
    })
}

impl Store {
    /// Counts the values of each of the fields in the commands that meet the query, and gives the `top` most frequent
    /// ones. Exact; what facts know beside the logs counts too. Limit and order of the options are of no account.
    ///
    /// ```no_run
    /// # use whoran_pipeline::{Query, SearchOptions, Store, facet_field};
    /// let store = Store::open("data".as_ref())?;
    /// let fields = [facet_field("person").unwrap(), facet_field("program").unwrap()];
    /// for facet in store.facets(&Query::all(), &SearchOptions::default(), &fields, 10)? {
    ///     for value in facet.values {
    ///         println!("{} {} {}", facet.field, value.value.as_deref().unwrap_or("unknown"), value.count);
    ///     }
    /// }
    /// # Ok::<(), whoran_pipeline::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// The index cannot be read.
    pub fn facets(
        &self,
        query: &Query,
        options: &SearchOptions,
        fields: &[&'static Field],
        top: usize,
    ) -> Result<Vec<Facet>, Error> {
        let query = self.settle(query)?;
        let mut by_session: Option<Vec<(Session, u64)>> = None;
        let mut facets = Vec::new();
        for &field in fields {
            let mut values: HashMap<Option<String>, u64> = HashMap::new();
            let mut hits = 0;
            if OF_SESSION.contains(&field.key) {
                let sessions = match by_session.take() {
                    Some(sessions) => sessions,
                    None => {
                        let counts = self.index.count_by_session(&query, options)?;
                        let sessions = self.sessions()?.into_iter();
                        sessions
                            .filter_map(|s| Some((counts.get(&s.id).copied()?, s)))
                            .map(|(n, s)| (s, n))
                            .collect()
                    }
                };
                for (session, count) in &sessions {
                    let value = match (field.of_session)(session) {
                        Value::Text(text) => Some(text.into_owned()),
                        _ => None,
                    };
                    *values.entry(value).or_default() += count;
                    hits += count;
                }
                by_session = Some(sessions);
            } else if let Some(counts) = self.index.count(&query, options, field)? {
                hits = counts.total;
                values = counts.values.into_iter().map(|(value, count)| (Some(value), count)).collect();
                if counts.unknown > 0 {
                    values.insert(None, counts.unknown);
                }
            }
            facets.push(facet(field, hits, values, top));
        }
        Ok(facets)
    }
}

fn facet(field: &'static Field, hits: u64, values: HashMap<Option<String>, u64>, top: usize) -> Facet {
    debug_assert!(field.ty != FieldType::Opaque);
    let mut values: Vec<_> = values.into_iter().map(|(value, count)| FacetValue { value, count }).collect();
    values.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.value.cmp(&b.value)));
    let rest = values.split_off(top.min(values.len()));
    let more = More { values: rest.len() as u64, count: rest.iter().map(|value| value.count).sum() };
    Facet { field: field.key, hits, values, more: (more.values > 0).then_some(more) }
}
