//! Logs on disk or in memory → sessions, the way the pipeline does it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use whoran_model::{Hints, LogId, Parsed, SessionId};
use whoran_parse::{Router, SessionParser};

/// One log: its name and its decompressed bytes.
#[derive(Debug, Clone)]
pub(crate) struct Log {
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
}

impl Log {
    pub(crate) fn new(name: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        Self { name: name.into(), bytes: bytes.into() }
    }
}

/// Every file below a folder, in a fixed order.
pub(crate) fn read_folder(folder: &Path) -> Vec<Log> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut paths: Vec<PathBuf> = entries.map(|e| e.unwrap().path()).collect();
    paths.sort();
    let mut logs = Vec::new();
    for path in paths {
        if path.is_dir() {
            logs.extend(read_folder(&path));
        } else {
            logs.push(Log::new(path.to_str().unwrap(), fs::read(&path).unwrap()));
        }
    }
    logs
}

/// The sessions of all logs together. `chunk` says how many bytes are handed over at once, again and again.
pub(crate) fn parse<'a>(
    logs: impl IntoIterator<Item = &'a Log>,
    mut chunk: impl FnMut() -> usize,
) -> BTreeMap<SessionId, Parsed> {
    let mut parsers: BTreeMap<SessionId, SessionParser> = BTreeMap::new();
    for Log { name, bytes } in logs {
        let mut router = Router::new(LogId::new(name.as_str()));
        pieces(bytes, &mut chunk, |_, piece| router.feed(piece));
        for fragment in router.finish().fragments {
            let new = || SessionParser::new(fragment.session.clone(), &Hints::default());
            let parser = parsers.entry(fragment.session.clone()).or_insert_with(new);
            for range in &fragment.ranges {
                let own = &bytes[range.start as usize..range.end as usize];
                pieces(own, &mut chunk, |at, piece| parser.feed(&fragment, range.start + at as u64, piece));
            }
        }
    }
    parsers.into_iter().map(|(id, parser)| (id, parser.finish())).collect()
}

/// For [`parse`]: everything at once.
pub(crate) fn whole() -> usize {
    usize::MAX
}

fn pieces(bytes: &[u8], mut chunk: impl FnMut() -> usize, mut take: impl FnMut(usize, &[u8])) {
    let mut at = 0;
    while at < bytes.len() {
        let end = at.saturating_add(chunk().max(1)).min(bytes.len());
        take(at, &bytes[at..end]);
        at = end;
    }
}
