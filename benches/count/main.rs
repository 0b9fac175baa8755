//! Parses one form of the recorded corpus, for instructions to be counted: `whoran-count testdata/corpus s3`.
//!
//! A program of its own, because it needs no more than the parser to be built.

use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::path::PathBuf;

use whoran_model::{Hints, LogId, SessionId};
use whoran_parse::{Router, SessionParser};

fn main() -> io::Result<()> {
    let mut args = std::env::args().skip(1);
    let (corpus, form) = (args.next().unwrap_or_default(), args.next().unwrap_or_default());
    let mut sessions: BTreeMap<SessionId, SessionParser> = BTreeMap::new();
    for path in logs(&corpus, &form)? {
        let bytes = std::fs::read(&path)?;
        let mut router = Router::new(LogId::new(path.to_string_lossy()));
        router.feed(&bytes);
        for fragment in router.finish().fragments {
            let new = || SessionParser::new(fragment.session.clone(), &Hints::default());
            let parser = sessions.entry(fragment.session.clone()).or_insert_with(new);
            for range in &fragment.ranges {
                parser.feed(&fragment, range.start, &bytes[range.start as usize..range.end as usize]);
            }
        }
    }
    let commands: usize = sessions.into_values().map(|parser| parser.finish().commands.len()).sum();
    writeln!(io::stdout(), "{commands} commands")
}

/// The logs `<corpus>/<session>/<form>/<log>`, in a fixed order.
fn logs(corpus: &str, form: &str) -> io::Result<Vec<PathBuf>> {
    let mut logs = Vec::new();
    for session in std::fs::read_dir(corpus)? {
        let folder = session?.path().join(form);
        if folder.is_dir() {
            for log in std::fs::read_dir(folder)? {
                logs.push(log?.path());
            }
        }
    }
    logs.sort();
    Ok(logs)
}
