//! What a report costs beside the indexing of what it is about, in time, in processor time and in anonymous memory. The program itself is
//! measured, as it is used: build it first.
//!
//! `cargo build --release -p whoran && cargo bench -p whoran-benches --bench report [-- MIB | --quick]`

#![expect(clippy::print_stdout, reason = "a bench reports on standard output")]

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use whoran_testkit::{Spec, generate};

const REPORTS: &[(&str, &[&str])] = &[
    ("compliance", &["compliance", "--framework", "nist", "--from", "2000-01-01"]),
    ("compliance, pseudonyms", &["compliance", "--framework", "pci", "--from", "2000-01-01", "--pseudonyms"]),
    ("activity", &["activity"]),
    ("diff", &["diff", "--from", "2025-06-01"]),
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let quick = std::env::args().any(|arg| arg == "--quick");
    let size = std::env::args().skip(1).find_map(|arg| arg.parse().ok());
    let size: u64 = size.unwrap_or(if quick { 1 } else { 820 });
    let program = program()?;
    let folder = tempfile::tempdir()?;
    let (logs, data) = (folder.path().join("logs"), folder.path().join("data"));
    let truth = generate(&Spec { bytes: size << 20, ..Spec::default() }, &logs)?;
    let indexed = run(&program, &data, &["index".as_ref(), logs.as_os_str()])?;
    println!(
        "{} sessions, {} commands; indexed in {:.2} s, {:.2} s of processors, at most {} MiB anonymous",
        truth.sessions.len(),
        truth.commands,
        indexed.took,
        indexed.worked,
        indexed.most >> 20
    );
    println!(
        "{:<24} {:>9} {:>12} {:>12} {:>12} {:>14}",
        "report", "seconds", "of indexing", "processor s", "of indexing", "anonymous MiB"
    );
    for (name, arguments) in REPORTS {
        let out = folder.path().join(name);
        let mut all: Vec<&std::ffi::OsStr> = vec!["report".as_ref()];
        all.extend(arguments.iter().map(std::ffi::OsStr::new));
        all.extend(["-o".as_ref(), out.as_os_str()]);
        let cost = run(&program, &data, &all)?;
        println!(
            "{name:<24} {:>9.2} {:>12.3} {:>12.2} {:>12.3} {:>14}",
            cost.took,
            cost.took / indexed.took,
            cost.worked,
            cost.worked / indexed.worked,
            cost.most >> 20
        );
    }
    Ok(())
}

/// The program beside the folder of this bench.
fn program() -> Result<PathBuf, Box<dyn std::error::Error>> {
    let bench = std::env::current_exe()?;
    let program = bench.ancestors().nth(2).map(|folder| folder.join("whoran")).filter(|path| path.exists());
    Ok(program.ok_or("build the program first: cargo build --release -p whoran")?)
}

/// What a run costs.
struct Cost {
    /// Seconds by the clock.
    took: f64,
    /// Seconds of processors.
    worked: f64,
    /// Most bytes of anonymous memory.
    most: u64,
}

/// Looks every few milliseconds. Only Linux says what is asked.
fn run(
    program: &Path,
    data: &Path,
    arguments: &[&std::ffi::OsStr],
) -> Result<Cost, Box<dyn std::error::Error>> {
    let began = Instant::now();
    let mut child = Command::new(program)
        .arg("--data")
        .arg(data)
        .args(arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    let status = format!("/proc/{}/status", child.id());
    let (mut most, mut worked) = (0, 0.0);
    let ended = loop {
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("RssAnon:"));
        let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
        most = most.max(kib.unwrap_or_default() << 10);
        worked = processor(child.id()).unwrap_or(worked);
        if let Some(ended) = child.try_wait()? {
            break ended;
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    let took = began.elapsed().as_secs_f64();
    if !ended.success() {
        return Err(format!("{arguments:?} ended with {ended}").into());
    }
    Ok(Cost { took, worked, most })
}

/// Seconds of processors that a process had until now, its own and the system's for it, in hundredths as Linux counts.
fn processor(id: u32) -> Option<f64> {
    let text = std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = |at: usize| fields.get(at)?.parse::<f64>().ok();
    Some((ticks(11)? + ticks(12)?) / 100.0)
}
