//! Any log gives commands whose proof lies inside it.
#![no_main]

use std::collections::BTreeMap;

use libfuzzer_sys::fuzz_target;
use whoran_model::{Hints, LogId, SessionId};
use whoran_parse::{Router, SessionParser};

fuzz_target!(|log: &[u8]| {
    let mut router = Router::new(LogId::new("alice-0e34861185201706f.log"));
    router.feed(log);
    let mut parsers: BTreeMap<SessionId, SessionParser> = BTreeMap::new();
    for fragment in router.finish().fragments {
        let new = || SessionParser::new(fragment.session.clone(), &Hints::default());
        let parser = parsers.entry(fragment.session.clone()).or_insert_with(new);
        for range in &fragment.ranges {
            parser.feed(&fragment, range.start, &log[range.start as usize..range.end as usize]);
        }
    }
    for parsed in parsers.into_values().map(SessionParser::finish) {
        for (nth, command) in parsed.commands.iter().enumerate() {
            assert_eq!(command.seq as usize, nth);
            assert!((0.0..=1.0).contains(&command.confidence), "{}", command.confidence);
            assert!(!command.evidence.is_empty(), "{:?}", command.command);
            for span in &command.evidence {
                assert!(
                    span.start < span.end && span.end <= log.len() as u64,
                    "{}..{}",
                    span.start,
                    span.end
                );
            }
        }
    }
});
