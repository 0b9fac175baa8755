//! Facets are what counting all hits gives.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::Path;

use jiff::tz::TimeZone;
use whoran_index::{FIELDS, Value};
use whoran_model::{CommandRecord, Timestamp};
use whoran_pipeline::{Inputs, RunOptions, SearchOptions, Store, Work, facet_field, query, run};

fn hits(store: &Store, text: &str) -> Vec<CommandRecord> {
    let mut hits = Vec::new();
    let query = query(text, &TimeZone::UTC, Timestamp::UNIX_EPOCH).unwrap();
    let mut each = |record| {
        hits.push(record);
        ControlFlow::Continue(())
    };
    store.search(&query, &SearchOptions::default(), &mut each).unwrap();
    hits
}

/// Values as texts, none for unknown; each once.
fn values(record: &CommandRecord, key: &str) -> Vec<Option<String>> {
    match (whoran_index::field(key).unwrap().of_command)(record) {
        Value::Text(text) => vec![Some(text.into_owned())],
        Value::List(texts) => texts.into_iter().map(|text| Some(text.into_owned())).collect(),
        Value::Bool(value) => vec![Some(value.to_string())],
        _ => vec![None],
    }
}

#[test]
fn facets_and_joined_fields_are_what_a_look_at_every_hit_gives() {
    let testdata = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata");
    let data = tempfile::tempdir().unwrap();
    let work = Work { threads: 2, memory: 64 << 20, max_decompressed: 64 << 20 };
    let now = Timestamp::from_second(1_775_000_000).unwrap();
    let options = RunOptions { work, holder: "test".into(), wait: false, now };
    let paths = ["logs", "seeds"].map(|folder| testdata.join(folder)).to_vec();
    run(Inputs { paths, stdin: None }, data.path(), &options, &|_| {}).unwrap();
    let store = Store::open(data.path()).unwrap();
    let all = hits(&store, "");
    assert!(all.len() > 200);

    let counted: Vec<_> = FIELDS.iter().filter(|field| facet_field(field.key).is_ok()).collect();
    assert!(counted.len() > 12 && facet_field("command").is_err());
    for text in ["", "os-user:root", "'/etc/' NOT program:cat", "person:*"] {
        let hits = hits(&store, text);
        let query = query(text, &TimeZone::UTC, Timestamp::UNIX_EPOCH).unwrap();
        let facets = store.facets(&query, &SearchOptions::default(), &counted, 1000).unwrap();
        for facet in &facets {
            let mut expected: BTreeMap<Option<String>, u64> = BTreeMap::new();
            for value in hits.iter().flat_map(|hit| values(hit, facet.field)) {
                *expected.entry(value).or_default() += 1;
            }
            let found: BTreeMap<_, _> = facet.values.iter().map(|v| (v.value.clone(), v.count)).collect();
            assert_eq!(found, expected, "{text} {}", facet.field);
            assert_eq!(facet.hits, hits.len() as u64);
        }
        // Few are the first of many.
        let short = store.facets(&query, &SearchOptions::default(), &counted, 2).unwrap();
        for (short, long) in short.iter().zip(&facets) {
            assert_eq!(short.values, long.values[..long.values.len().min(2)]);
            let rest = long.values.get(2..).unwrap_or_default();
            let more = short.more.map_or((0, 0), |more| (more.values, more.count));
            assert_eq!(more, (rest.len() as u64, rest.iter().map(|value| value.count).sum()));
        }
    }

    // What facts alone know is found, by all of the value, and what they put right is not found by what it was before.
    for key in ["person", "identity", "account", "region", "target", "target_name"] {
        let mut seen = BTreeMap::new();
        for (value, id) in all.iter().flat_map(|hit| values(hit, key).into_iter().map(move |v| (v, &hit.id)))
        {
            seen.entry(value).or_insert_with(Vec::new).push(id.clone());
        }
        for (value, ids) in &seen {
            let text = match value {
                Some(value) => format!("{key}:/^{}$/", regex::escape(value).replace('/', "\\/")),
                None => format!("NOT {key}:*"),
            };
            let mut found: Vec<_> = hits(&store, &text).into_iter().map(|hit| hit.id).collect();
            let mut ids = ids.clone();
            found.sort();
            ids.sort();
            assert_eq!(found, ids, "{text}");
            if let Some(value) = value {
                let words = hits(&store, &format!("{key}:\"{value}\""));
                assert!(words.len() >= ids.len(), "{value}");
            }
        }
    }
}
