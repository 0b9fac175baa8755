//! Fresh recordings of real shells: nothing that was tuned to the sessions on disk helps here.
//!
//! `WHORAN_SEED` and `WHORAN_COUNT` choose other sessions than the usual ones. `WHORAN_RECORDED` names folders that
//! `whoran-testkit record` made, with `:` between them: they are scored together, with no floors.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fs;
use std::path::{Path, PathBuf};

use support::logs::{Log, parse, read_folder, whole};
use support::score::{Case, Score, score};
use whoran_testkit::record::{Mix, install_tools, record};

mod support {
    pub(crate) mod logs;
    pub(crate) mod score;
}

/// A form of log and the least precision, recall and share of right OS users in it.
struct Floors {
    parts: &'static [&'static str],
    /// A command that the stream no longer holds literally is not asked for.
    only_literal: bool,
    least: [f64; 3],
}

const fn floors(parts: &'static [&'static str], only_literal: bool, least: [f64; 3]) -> Floors {
    Floors { parts, only_literal, least }
}

/// No two recordings are equal, and there are few: these lie under what is usual. A transcript alone often names no user.
const HARD: [Floors; 4] = [
    floors(&["s3"], false, [0.95, 0.95, 0.0]),
    floors(&["s3", "stream"], false, [0.95, 0.95, 0.98]),
    floors(&["stream"], false, [0.90, 0.88, 0.97]),
    floors(&["stream"], true, [0.86, 0.92, 0.97]),
];
const ORDINARY: [Floors; 4] = [
    floors(&["s3"], false, [0.97, 0.97, 0.0]),
    floors(&["s3", "stream"], false, [0.97, 0.97, 0.98]),
    floors(&["stream"], false, [0.94, 0.94, 0.98]),
    floors(&["stream"], true, [0.93, 0.96, 0.98]),
];

/// Some of these shells show nothing of Ctrl-C, and one moves long lines aside.
const RARE: [Floors; 4] = [
    floors(&["s3"], false, [0.93, 0.93, 0.0]),
    floors(&["s3", "stream"], false, [0.93, 0.93, 0.97]),
    floors(&["stream"], false, [0.84, 0.84, 0.95]),
    floors(&["stream"], true, [0.82, 0.88, 0.95]),
];

/// Of prompts that are not ASCII the agent's filter damages more, and suggestions, colours and short prompts are drawn over lines.
const THEMED: [Floors; 4] = [
    floors(&["s3"], false, [0.95, 0.95, 0.0]),
    floors(&["s3", "stream"], false, [0.95, 0.95, 0.97]),
    floors(&["stream"], false, [0.87, 0.86, 0.95]),
    floors(&["stream"], true, [0.84, 0.90, 0.95]),
];

/// Of a streaming copy: the least share of right commands with a confidence of at least 0.9, the largest of wrong ones,
/// and the least precision of those that have it; again under what is usual. Of ordinary work few are wrong at all.
const SURE_HARD: [f64; 3] = [0.78, 0.40, 0.96];
const SURE_ORDINARY: [f64; 3] = [0.78, 0.70, 0.97];
const SURE_RARE: [f64; 3] = [0.70, 0.60, 0.93];
const SURE_THEMED: [f64; 3] = [0.75, 0.50, 0.95];

fn number(name: &str, usual: u64) -> u64 {
    std::env::var(name).map_or(usual, |text| text.parse().unwrap())
}

#[test]
fn fresh_recordings_are_read() {
    install_tools().unwrap_or_else(|e| panic!("{e}"));
    let (seed, count) = (number("WHORAN_SEED", 20_260), number("WHORAN_COUNT", 24));
    let hard = fallen(Mix::Hard, seed, count, &HARD, SURE_HARD);
    let ordinary = fallen(Mix::Ordinary, seed, count.div_ceil(2), &ORDINARY, SURE_ORDINARY);
    let rare = fallen(Mix::Rare, seed, count.div_ceil(2), &RARE, SURE_RARE);
    let themed = fallen(Mix::Themed, seed, count.div_ceil(2), &THEMED, SURE_THEMED);
    let fallen = [hard, ordinary, rare, themed].concat();
    assert!(fallen.is_empty(), "WHORAN_SEED={seed}\n{}", fallen.join("\n"));
}

#[test]
fn earlier_recordings_are_scored() {
    let Ok(named) = std::env::var("WHORAN_RECORDED") else { return };
    let folders: Vec<PathBuf> = named.split(':').flat_map(|folder| below(Path::new(folder))).collect();
    assert!(!folders.is_empty(), "{named} holds no recordings");
    let cases: Vec<Case> = folders.iter().map(|f| Case::read(f)).collect();
    for Floors { parts, only_literal, .. } in &HARD {
        let score = score_of(&folders, &cases, parts, *only_literal);
        println!("== {parts:?}, literal {only_literal}\n{score}\n{}\n", score.errors.join("\n"));
    }
}

/// The folders in a folder, in a fixed order.
fn below(folder: &Path) -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    folders.sort();
    folders
}

fn score_of(folders: &[PathBuf], cases: &[Case], parts: &[&str], only_literal: bool) -> Score {
    let of = |folder: &PathBuf| parts.iter().flat_map(|part| read_folder(&folder.join(part))).collect();
    let logs: Vec<Log> = folders.iter().flat_map(|f| -> Vec<Log> { of(f) }).collect();
    score(cases, &parse(&logs, whole), only_literal)
}

/// Records and scores; what is under its floor.
#[expect(clippy::print_stdout, reason = "the scores are what one wants to see of this test")]
fn fallen(mix: Mix, seed: u64, count: u64, floors: &[Floors], sure: [f64; 3]) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    record(folder.path(), seed, count, mix).unwrap_or_else(|e| panic!("WHORAN_SEED={seed}: {e}"));
    let folders = below(folder.path());
    let cases: Vec<Case> = folders.iter().map(|f| Case::read(f)).collect();

    let mut fallen = Vec::new();
    for Floors { parts, only_literal, least } in floors {
        let score = score_of(&folders, &cases, parts, *only_literal);
        println!(
            "== {mix:?} {parts:?}, literal {only_literal}, WHORAN_SEED={seed}\n{score}\n{}\n",
            score.errors.join("\n")
        );
        let got = [score.total.precision(), score.total.recall(), score.total.user_accuracy()];
        if got.iter().zip(least).any(|(got, floor)| got < floor) {
            fallen.push(format!("{mix:?} {parts:?}: {got:.3?} is under {least:?}"));
        }
        let [right, wrong, precision] = score.total.sure();
        if *parts == ["stream"] && (right < sure[0] || wrong > sure[1] || precision < sure[2]) {
            fallen.push(format!(
                "{mix:?}: confidence {:.3?} is worse than {sure:?}",
                [right, wrong, precision]
            ));
        }
    }
    fallen
}
