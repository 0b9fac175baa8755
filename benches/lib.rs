//! What the benches share: corpora in memory, sessions parsed from them the way a run does it, and measuring.

#[cfg(feature = "aws")]
pub mod bucket;
pub mod measure;
pub mod peers;
pub mod runs;

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::path::Path;
use std::time::{Duration, Instant};

use whoran_model::{Fragment, Hints, LogId, Parsed, SessionId};
use whoran_parse::{Router, SessionParser};

/// One log.
#[derive(Debug, Clone)]
pub struct Log {
    /// Its path, or a made-up name.
    pub name: String,
    /// Its bytes, decompressed.
    pub bytes: Vec<u8>,
}

/// Bytes of all logs together.
pub fn size(logs: &[Log]) -> usize {
    logs.iter().map(|log| log.bytes.len()).sum()
}

/// Every log below a folder, decompressed without a cap, ordered by name.
///
/// # Errors
/// Whatever the file system or a damaged file says.
#[expect(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "the benches wrote these logs themselves"
)]
pub fn read_folder(folder: &Path) -> io::Result<Vec<Log>> {
    let mut logs = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            logs.extend(read_folder(&path)?);
            continue;
        }
        let stored = std::fs::read(&path)?;
        let mut bytes = Vec::new();
        match path.extension().and_then(|e| e.to_str()) {
            Some("gz") => {
                flate2::read::MultiGzDecoder::new(&stored[..]).read_to_end(&mut bytes)?;
            }
            Some("zst") => bytes = zstd::decode_all(&stored[..])?,
            _ => bytes = stored,
        }
        logs.push(Log { name: path.to_string_lossy().into_owned(), bytes });
    }
    logs.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(logs)
}

/// Routes and parses the sessions of all logs and hands them over one by one, ordered by session id.
pub fn parse(logs: &[Log], mut take: impl FnMut(Parsed)) {
    const CHUNK: usize = 256 << 10;
    let mut parts: BTreeMap<SessionId, Vec<(&Log, Fragment)>> = BTreeMap::new();
    for log in logs {
        let mut router = Router::new(LogId::new(log.name.as_str()));
        log.bytes.chunks(CHUNK).for_each(|chunk| router.feed(chunk));
        for fragment in router.finish().fragments {
            parts.entry(fragment.session.clone()).or_default().push((log, fragment));
        }
    }
    for (id, parts) in parts {
        let mut parser = SessionParser::new(id, &Hints::default());
        for (log, fragment) in &parts {
            for range in &fragment.ranges {
                let mut at = range.start;
                for chunk in log.bytes[range.start as usize..range.end as usize].chunks(CHUNK) {
                    parser.feed(fragment, at, chunk);
                    at += chunk.len() as u64;
                }
            }
        }
        take(parser.finish());
    }
}

/// How long the processor works for this thread until `work` is done; where the system does not say, how long it takes.
pub fn time(work: impl FnOnce()) -> Duration {
    let on_processor = || {
        // the count is brought up to date when another thread may run
        std::thread::yield_now();
        let stat = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
        stat.split(' ').next()?.parse().ok().map(Duration::from_nanos)
    };
    let (began, started) = (on_processor(), Instant::now());
    work();
    match (began, on_processor()) {
        (Some(began), Some(ended)) => ended.saturating_sub(began),
        _ => started.elapsed(),
    }
}

/// The medians of `rounds` times of each work, taken by turns so that what slows the machine down slows all of them.
pub fn medians<const N: usize>(rounds: usize, mut works: [&mut dyn FnMut(); N]) -> [Duration; N] {
    let mut times = [const { Vec::new() }; N];
    for _ in 0..rounds {
        for (work, times) in works.iter_mut().zip(&mut times) {
            times.push(time(&mut **work));
        }
    }
    times.map(|mut times| {
        times.sort_unstable();
        times[times.len() / 2]
    })
}

/// By how many bytes the memory of this process grows at most while `work` is done. Only Linux says.
pub fn growth(work: impl FnOnce()) -> Option<u64> {
    let status = |key: &str| {
        let status = std::fs::read_to_string("/proc/self/status").ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix(key))?;
        line.split_whitespace().next()?.parse::<u64>().ok().map(|kib| kib << 10)
    };
    // forgets the highest mark so far
    std::fs::write("/proc/self/clear_refs", "5").ok()?;
    let before = status("VmRSS:")?;
    work();
    Some(status("VmHWM:")?.saturating_sub(before))
}

/// The allocator of `whoran` itself.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
