//! What every [`Source`] must hold to, run over each of them.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

use whoran_model::{Diagnostic, LogId, LogRef};

use crate::{DEFAULT_CAP, Listed, LogReader, Source};
use sha2::{Digest, Sha256};

/// Files for a source to offer: names with odd bytes, an empty log, a large one.
pub(crate) fn sample() -> BTreeMap<&'static str, Vec<u8>> {
    BTreeMap::from([
        ("alice-0e34861185201706f.log", b"sh-5.2$ whoami\r\nssm-user\r\n".to_vec()),
        ("deep/er/bob-0e34861185201706f.log", noise(200_000)),
        ("deep/empty.log", Vec::new()),
        ("ünï %41 \\x41.log", b"\xff\xfe\0".to_vec()),
    ])
}

/// Writes files below `dir`.
pub(crate) fn write_all(dir: &Path, files: &BTreeMap<&str, Vec<u8>>) {
    for (name, bytes) in files {
        let path = dir.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
}

/// Bytes that do not compress, always the same.
pub(crate) fn noise(len: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[0]
    };
    (0..len).map(|_| next()).collect()
}

/// Everything a source lists.
pub(crate) fn listing(source: &dyn Source) -> (Vec<LogRef>, Vec<Diagnostic>) {
    let (mut logs, mut skipped) = (Vec::new(), Vec::new());
    source
        .list(&mut |listed| match listed {
            Listed::Log(log) => logs.push(log),
            Listed::Skipped(diagnostic) => skipped.push(diagnostic),
        })
        .unwrap();
    (logs, skipped)
}

/// The codes and log names of what a source skips.
pub(crate) fn skipped(source: &dyn Source) -> Vec<(&'static str, String)> {
    listing(source).1.into_iter().map(|d| (d.kind.code(), d.log.to_string())).collect()
}

/// A source that offers exactly `logs`, by name, must pass this.
pub(crate) fn run(source: &dyn Source, logs: &BTreeMap<String, Vec<u8>>) {
    let (listed, skipped) = listing(source);
    assert_eq!(skipped, []);
    assert_eq!(listing(source).0, listed, "two listings of an unchanged source differ");

    let names: Vec<&str> = listed.iter().map(|log| log.id.as_str()).collect();
    let mut sorted = names.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, logs.keys().collect::<Vec<_>>(), "each log is listed, and once");

    for log in &listed {
        let bytes = &logs[log.id.as_str()];
        assert_eq!(log.size, bytes.len() as u64, "{}", log.id);
        let read = || {
            let mut read = Vec::new();
            source.fetch(log).unwrap().read_to_end(&mut read).unwrap();
            read
        };
        assert_eq!(&read(), bytes, "{}", log.id);
        std::thread::scope(|scope| {
            for reader in [scope.spawn(read), scope.spawn(read)] {
                assert_eq!(&reader.join().unwrap(), bytes, "{} from another thread", log.id);
            }
        });

        let end = LogReader::open(source, log, DEFAULT_CAP).finish();
        assert_eq!((end.stored, end.sha256), (log.size, Sha256::digest(bytes).into()), "{}", log.id);

        let part = LogRef { size: log.size / 2, ..log.clone() };
        let mut read = Vec::new();
        source.fetch(&part).unwrap().read_to_end(&mut read).unwrap();
        assert_eq!(read, bytes[..bytes.len() / 2], "{}: not more than was listed", log.id);
    }

    let unknown = LogRef { id: LogId::new("/no/such/log"), size: 1, version: "".into() };
    assert!(source.fetch(&unknown).err().unwrap().to_string().contains("/no/such/log"));
    let end = LogReader::open(source, &unknown, DEFAULT_CAP).finish();
    assert_eq!(
        (end.stored, end.diagnostics.len()),
        (0, 1),
        "what cannot be opened is said, and reads as empty"
    );
}
