//! Runs on what is indexed already: a hundredth of new logs, nothing new at all, and many small logs.
//!
//! `cargo bench -p whoran-benches --bench incremental [-- MIB] [--logs N] [--rounds N] [--quick]`

#![expect(clippy::print_stdout, reason = "a bench reports on standard output")]

use std::io::{BufWriter, Write};
use std::path::Path;
use std::time::Duration;

use whoran_benches::measure::{Asked, after, median, ms, ratio, table, wall};
use whoran_benches::runs;
use whoran_testkit::{Spec, generate, session};

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let asked = Asked::from_arguments(64);
    let folder = tempfile::tempdir()?;
    grown(folder.path(), &asked)?;
    let small = after("--logs").unwrap_or(if asked.quick { 1_000 } else { 100_000 });
    many(folder.path(), small, asked.rounds)
}

/// A corpus, one that is a hundredth more, and the same again.
fn grown(folder: &Path, asked: &Asked) -> Result<(), Failure> {
    let (corpus, more) = (folder.join("corpus"), folder.join("more"));
    generate(&Spec { bytes: asked.mib << 20, ..Spec::default() }, &corpus)?;
    generate(&Spec { bytes: (asked.mib << 20) / 100, seed: 2, ..Spec::default() }, &more)?;
    let (logs, data) = (corpus.join("logs"), folder.join("data"));
    let added = logs.join("more");
    let [mut full, mut hundredth, mut nothing, mut listing] = [const { Vec::new() }; 4];
    for _ in 0..asked.rounds {
        fresh(&data)?;
        full.push(run(&logs, &data)?);
        std::fs::rename(more.join("logs"), &added)?;
        hundredth.push(run(&logs, &data)?);
        nothing.push(run(&logs, &data)?);
        listing.push(list(&logs)?);
        std::fs::rename(&added, more.join("logs"))?;
    }
    let (full, hundredth) = (median(full), median(hundredth));
    let (nothing, listing) = (median(nothing), median(listing));
    println!("{} MiB of logs in {} files:\n", asked.mib, files(&logs)?);
    let share = |time| format!("{:.1} % of a full run", 100.0 / ratio(full, time));
    table(
        &["run", "ms", "is", "bar"],
        &[
            vec!["full".to_owned(), ms(full), "–".to_owned(), "–".to_owned()],
            vec!["1 % new logs".to_owned(), ms(hundredth), share(hundredth), "2.5 %".to_owned()],
            unchanged(nothing, listing),
        ],
    );
    std::fs::remove_dir_all(folder.join("corpus"))?;
    Ok(fresh(&data)?)
}

/// Many small logs, and the same bytes in a thousandth of the files.
fn many(folder: &Path, count: usize, rounds: usize) -> Result<(), Failure> {
    let (small, large) = (folder.join("small"), folder.join("large"));
    small_logs(&small, &large, count)?;
    let data = folder.join("data");
    let [mut first, mut together, mut nothing, mut listing] = [const { Vec::new() }; 4];
    for _ in 0..rounds {
        fresh(&data)?;
        together.push(run(&large, &data)?);
        fresh(&data)?;
        first.push(run(&small, &data)?);
        nothing.push(run(&small, &data)?);
        listing.push(list(&small)?);
    }
    let (first, together) = (median(first), median(together));
    println!("{count} logs of one session each, and the same bytes in {} files:\n", files(&large)?);
    let times = format!("{:.2} × the same in few files", ratio(first, together));
    table(
        &["run", "ms", "is", "bar"],
        &[
            vec!["few files".to_owned(), ms(together), "–".to_owned(), "–".to_owned()],
            vec!["many files".to_owned(), ms(first), times, "2".to_owned()],
            unchanged(median(nothing), median(listing)),
        ],
    );
    Ok(())
}

fn unchanged(nothing: Duration, listing: Duration) -> Vec<String> {
    let times = format!("{:.1} × list and stat of the folder, {} ms", ratio(nothing, listing), ms(listing));
    vec!["nothing new".to_owned(), ms(nothing), times, "3".to_owned()]
}

fn run(logs: &Path, data: &Path) -> Result<Duration, Failure> {
    let (took, outcome) = wall(|| runs::index(logs, data));
    outcome?;
    Ok(took)
}

/// What it takes to know every file with its size and time.
fn list(folder: &Path) -> std::io::Result<Duration> {
    let (took, files) = wall(|| files(folder));
    files.map(|_| took)
}

fn files(folder: &Path) -> std::io::Result<u64> {
    let mut count = 0;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            count += files(&entry.path())?;
        } else {
            // Asked for and used, so that nothing leaves it out.
            count += u64::from(entry.metadata()?.modified().is_ok());
        }
    }
    Ok(count)
}

fn fresh(folder: &Path) -> std::io::Result<()> {
    if folder.exists() { std::fs::remove_dir_all(folder) } else { Ok(()) }
}

/// The shortest of some generated sessions, again and again under other ids: one a file, a thousand files a folder; and
/// a thousand of them a file.
fn small_logs(small: &Path, large: &Path, count: usize) -> Result<(), Failure> {
    let of_stream = (1..200).map(session).filter(|session| !session.stream.is_empty());
    let shortest = of_stream.min_by_key(|session| session.stream_jsonl().len()).ok_or("no session")?;
    let (id, text) = (shortest.session.id.clone(), shortest.stream_jsonl());
    std::fs::create_dir_all(large)?;
    for part in 0..count.div_ceil(1_000) {
        let folder = small.join(format!("{part:04}"));
        std::fs::create_dir_all(&folder)?;
        let mut together = BufWriter::new(std::fs::File::create(large.join(format!("{part:04}.jsonl")))?);
        for n in part * 1_000..count.min((part + 1) * 1_000) {
            let own = text.replace(&id, &format!("alice-{n:017x}"));
            std::fs::write(folder.join(format!("{n:07}.jsonl")), &own)?;
            together.write_all(own.as_bytes())?;
        }
        together.flush()?;
    }
    Ok(())
}
