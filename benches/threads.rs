//! Two threads beside two runs of one thread side by side: what is lost where threads share something.
//!
//! `cargo bench -p whoran-benches --bench threads [-- MIB] [--rounds N] [--quick]`. Each run is a process of its own, over
//! the same logs.

#![expect(clippy::print_stdout, reason = "a bench reports on standard output")]

use std::time::Duration;

use whoran_benches::measure::{Asked, again, by_turns, ms, ratio, table, wall};
use whoran_benches::runs;
use whoran_testkit::{Spec, generate};

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// What is done, and how much of two runs of one thread two threads should do.
const WORKS: [(&str, &str); 2] = [("parse", "0.9"), ("index", "0.8")];

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [work, threads, logs, data] = &arguments[..]
        && WORKS.iter().any(|(known, _)| known == work)
    {
        let (logs, threads) = (logs.as_ref(), threads.parse()?);
        let (took, done) = wall(|| match work.as_str() {
            "parse" => runs::parse(logs, threads),
            _ => runs::index_on(threads, logs, data.as_ref(), &|_| {}),
        });
        done?;
        println!("{}", took.as_nanos());
        return Ok(());
    }

    let asked = Asked::from_arguments(64);
    let folder = tempfile::tempdir()?;
    let truth = generate(&Spec { bytes: asked.mib << 20, ..Spec::default() }, &folder.path().join("corpus"))?;
    let logs = folder.path().join("corpus/logs");
    let run = |work: &str, threads: &str, data: &str| {
        let data = folder.path().join(data);
        let ran = again(&[work, threads, &logs.to_string_lossy(), &data.to_string_lossy()])?;
        if data.exists() {
            std::fs::remove_dir_all(data)?;
        }
        Ok::<_, Failure>(Duration::from_nanos(ran.said.trim().parse()?))
    };
    let mut rows = Vec::new();
    for (work, bar) in WORKS {
        let mut together = || run(work, "2", "both");
        let mut apart = || {
            std::thread::scope(|scope| {
                let other = scope.spawn(|| run(work, "1", "other"));
                let one = run(work, "1", "one")?;
                Ok(one.max(other.join().map_err(|_| "a run was not waited for")??))
            })
        };
        let times = by_turns(asked.rounds, &mut [&mut together, &mut apart])?;
        // the runs of one thread did all of it twice
        let share = ratio(times[1], times[0]) / 2.0;
        rows.push(vec![work.to_owned(), ms(times[0]), ms(times[1]), format!("{share:.2}"), bar.to_owned()]);
    }
    println!("{} MiB of logs, {} commands:\n", truth.bytes >> 20, truth.commands);
    table(&["work", "two threads, ms", "two runs of one thread, ms", "of their rate", "bar"], &rows);
    Ok(())
}
