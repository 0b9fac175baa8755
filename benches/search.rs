//! Finding commands in a generated corpus: how large the index is, how long each form of a query takes, and how many
//! commands it reads, beside reading all of them.
//!
//! `cargo bench -p whoran-benches --bench search [-- MIB | --quick]`

#![expect(clippy::print_stdout, reason = "a bench reports on standard output")]

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use whoran_model::Timestamp;
use whoran_pipeline::{Inputs, RunOptions, SearchOptions, Store, Work, facet_field, query, run};
use whoran_testkit::{Spec, generate};

/// One of each form; what is rare and what is not.
const QUERIES: &[&str] = &[
    "passwd",
    "\"systemctl restart\"",
    "os-user:root",
    "program:sudo",
    "'/etc/pass'",
    "'rm -rf /'",
    "'ermission den'",
    r"/curl .*\|\s*(ba)?sh/",
    "/(?i)PASSW(OR)?D/",
    r"command:/chmod [0-7]{3,4} /",
    r"/\d{5}:\d/",
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let quick = std::env::args().any(|arg| arg == "--quick");
    let size = std::env::args().skip(1).find_map(|arg| arg.parse().ok());
    let size: u64 = size.unwrap_or(if quick { 1 } else { 64 });
    let folder = tempfile::tempdir()?;
    let (logs, data) = (folder.path().join("logs"), folder.path().join("data"));
    let truth = generate(&Spec { bytes: size << 20, ..Spec::default() }, &logs)?;
    let work = Work { threads: 0, memory: 1 << 30, max_decompressed: 4 << 30 };
    let options = RunOptions { work, holder: "bench".into(), wait: false, now: Timestamp::UNIX_EPOCH };
    run(Inputs { paths: vec![logs], stdin: None }, &data, &options, &|_| {})?;
    let store = Store::open(&data)?;
    let status = store.status()?;
    let ratio = status.index_bytes as f64 / truth.bytes as f64;
    println!(
        "{} commands; index {} bytes, {ratio:.3} of the decoded logs",
        status.commands, status.index_bytes
    );
    println!("{:<32} {:>9} {:>9} {:>10}", "query", "hits", "read", "median ms");
    for text in QUERIES {
        let query = query(text, &jiff::tz::TimeZone::UTC, Timestamp::UNIX_EPOCH)?;
        let options = SearchOptions { limit: Some(20), ..SearchOptions::default() };
        let (mut found, mut times) = (None, Vec::new());
        for _ in 0..7 {
            let start = Instant::now();
            found = Some(store.search(&query, &options, &mut |_| ControlFlow::Continue(()))?);
            times.push(start.elapsed());
        }
        let (hits, read) = found.map_or((0, 0), |found| (found.total, found.scanned));
        println!("{text:<32} {hits:>9} {read:>9} {:>10.2}", median(times));
    }
    let fields = [facet_field("program")?, facet_field("os_user")?, facet_field("host")?];
    let mut times = Vec::new();
    for _ in 0..7 {
        let start = Instant::now();
        store.facets(
            &query("", &jiff::tz::TimeZone::UTC, Timestamp::UNIX_EPOCH)?,
            &Default::default(),
            &fields,
            10,
        )?;
        times.push(start.elapsed());
    }
    println!("{:<32} {:>9} {:>9} {:>10.2}", "facets of three fields", status.commands, 0, median(times));
    Ok(())
}

fn median(mut times: Vec<Duration>) -> f64 {
    times.sort();
    times[times.len() / 2].as_secs_f64() * 1000.0
}
