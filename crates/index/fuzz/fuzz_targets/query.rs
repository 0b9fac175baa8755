//! Any text is understood or refused, and a refusal points into the text.
#![no_main]

use jiff::tz::TimeZone;
use libfuzzer_sys::fuzz_target;
use whoran_index::Query;

fuzz_target!(|text: &str| {
    match Query::parse(text, &TimeZone::UTC) {
        Err(error) => assert!(text.get(error.span.clone()).is_some(), "{error:?}"),
        Ok(query) => {
            let written = query.expr().to_string();
            let again = Query::parse(&written, &TimeZone::UTC).map(|query| query.expr().to_string());
            // Writing a query out adds quotes, which may take it over the longest length accepted.
            assert!(again.as_ref() == Ok(&written) || written.len() > 16 * 1024, "{written}: {again:?}");
        }
    }
});
