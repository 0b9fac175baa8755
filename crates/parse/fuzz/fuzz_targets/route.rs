//! Any log is cut into ranges that lie inside it, in order and apart, however it is handed over.
#![no_main]

use libfuzzer_sys::fuzz_target;
use whoran_model::LogId;
use whoran_parse::{Routed, Router};

fn route(bytes: &[u8], chunk: usize) -> Routed {
    let mut router = Router::new(LogId::new("alice-0e34861185201706f.log"));
    bytes.chunks(chunk.max(1)).for_each(|piece| router.feed(piece));
    router.finish()
}

// The first byte says how many bytes are handed over at once.
fuzz_target!(|data: &[u8]| {
    let Some((chunk, log)) = data.split_first() else { return };
    let routed = route(log, log.len());
    for fragment in &routed.fragments {
        let mut at = 0;
        for range in &fragment.ranges {
            assert!(at <= range.start && range.start < range.end, "{:?}", fragment.ranges);
            at = range.end;
        }
        assert!(at <= log.len() as u64, "{at} of {}", log.len());
    }
    assert_eq!(routed, route(log, usize::from(*chunk)), "cut into pieces of {chunk}");
});
