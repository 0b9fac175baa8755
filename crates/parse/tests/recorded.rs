//! Fresh recordings of real shells: nothing that was tuned to the sessions on disk helps here.
//!
//! `WHORAN_SEED` and `WHORAN_COUNT` choose other sessions than the usual ones.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fs;
use std::path::{Path, PathBuf};

use support::logs::{Log, parse, read_folder, whole};
use support::score::{Case, score};
use whoran_testkit::record::{Mix, install_tools, record};

mod support {
    pub(crate) mod logs;
    pub(crate) mod score;
}

/// The least precision, recall and share of right OS users by form: transcripts alone, with the stream, stream alone
/// where a command that it no longer holds literally is not asked for. No two recordings are equal, and there are few:
/// these lie under what is usual. A transcript alone often names no user.
const FLOORS: [(&[&str], bool, [f64; 3]); 3] = [
    (&["s3"], false, [0.92, 0.92, 0.0]),
    (&["s3", "stream"], false, [0.92, 0.92, 0.97]),
    (&["stream"], true, [0.80, 0.86, 0.97]),
];

/// Of a streaming copy: the least share of right commands with a confidence of at least 0.9, the largest of wrong ones,
/// and the least precision of those that have it; again under what is usual.
const SURE: [f64; 3] = [0.76, 0.45, 0.94];

fn number(name: &str, usual: u64) -> u64 {
    std::env::var(name).map_or(usual, |text| text.parse().unwrap())
}

#[test]
fn fresh_recordings_are_read() {
    install_tools().unwrap_or_else(|e| panic!("{e}"));
    let (seed, count) = (number("WHORAN_SEED", 20_260), number("WHORAN_COUNT", 24));
    let folder = tempfile::tempdir().unwrap();
    record(folder.path(), seed, count).unwrap_or_else(|e| panic!("WHORAN_SEED={seed}: {e}"));
    let mut folders: Vec<PathBuf> = fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().path()).collect();
    folders.sort();
    let cases: Vec<Case> = folders.iter().map(|f| Case::read(f)).collect();

    let mut fallen = Vec::new();
    for (parts, only_literal, floors) in FLOORS {
        let of = |folder: &Path| {
            parts.iter().flat_map(|part| read_folder(&folder.join(part))).collect::<Vec<Log>>()
        };
        let logs: Vec<Log> = folders.iter().flat_map(|f| of(f)).collect();
        let score = score(&cases, &parse(&logs, whole), only_literal);
        println!("== {parts:?}, WHORAN_SEED={seed}\n{score}\n{}\n", score.errors.join("\n"));
        let got = [score.total.precision(), score.total.recall(), score.total.user_accuracy()];
        if got.iter().zip(floors).any(|(got, floor)| *got < floor) {
            fallen.push(format!("{parts:?}: {got:.3?} is under {floors:?}"));
        }
        let [right, wrong, precision] = score.total.sure();
        if parts == ["stream"] && (right < SURE[0] || wrong > SURE[1] || precision < SURE[2]) {
            fallen.push(format!("confidence {:.3?} is worse than {SURE:?}", [right, wrong, precision]));
        }
    }
    assert!(fallen.is_empty(), "WHORAN_SEED={seed}\n{}", fallen.join("\n"));
}
