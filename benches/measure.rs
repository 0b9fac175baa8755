//! Times and memory, taken so that they can be compared.

use std::io;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// The medians of `rounds` times of each work, taken by turns, so that what slows the machine down slows all of them.
/// A work says itself how long it took: it knows what of it counts.
///
/// # Errors
/// The first one that a work ends with.
pub fn by_turns<E>(
    rounds: usize,
    works: &mut [&mut dyn FnMut() -> Result<Duration, E>],
) -> Result<Vec<Duration>, E> {
    let mut times = vec![Vec::new(); works.len()];
    for _ in 0..rounds.max(1) {
        for (work, times) in works.iter_mut().zip(&mut times) {
            times.push(work()?);
        }
    }
    Ok(times.into_iter().map(median).collect())
}

/// The one in the middle.
pub fn median<T: Ord + Copy + Default>(mut values: Vec<T>) -> T {
    values.sort_unstable();
    values.get(values.len() / 2).copied().unwrap_or_default()
}

/// How long it takes until `work` is done.
pub fn wall<T>(work: impl FnOnce() -> T) -> (Duration, T) {
    let start = Instant::now();
    let done = work();
    (start.elapsed(), done)
}

/// How long processors have worked for this process, all threads together, those that ended too.
pub fn processor_time() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The name in brackets may hold blanks; user and system time are the 12th and 13th field behind it, in ticks of
    // 10 ms on every Linux.
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    let ticks: u64 = fields.skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum();
    Duration::from_millis(10 * ticks)
}

/// What a program did.
#[derive(Debug, Clone, Default)]
pub struct Ran {
    /// From its start to its end.
    pub took: Duration,
    /// The most memory that was its own at any moment it was looked at, in bytes; pages of files do not count.
    pub anonymous: u64,
    /// What it wrote on standard output.
    pub said: String,
}

/// Runs a program to its end, looking at its memory every few milliseconds.
///
/// # Errors
/// It cannot be started, or ends with another status than 0.
pub fn watched(command: &mut Command) -> io::Result<Ran> {
    let start = Instant::now();
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
    let status = format!("/proc/{}/status", child.id());
    let output = child.stdout.take();
    let said = std::thread::spawn(move || output.map(io::read_to_string).transpose());
    let mut anonymous = 0;
    let ended = loop {
        anonymous = anonymous.max(resident(&status).unwrap_or(0));
        if let Some(ended) = child.try_wait()? {
            break ended;
        }
        std::thread::sleep(Duration::from_millis(3));
    };
    let took = start.elapsed();
    let said = said.join().map_err(|_| io::Error::other("nobody read what it wrote"))??;
    if !ended.success() {
        return Err(io::Error::other(format!("{command:?}: {ended}")));
    }
    Ok(Ran { took, anonymous, said: said.unwrap_or_default() })
}

/// This bench once more, as a process of its own, with these arguments: what it leaves in memory troubles nobody.
///
/// # Errors
/// As for [`watched`].
pub fn again(arguments: &[&str]) -> io::Result<Ran> {
    watched(Command::new(std::env::current_exe()?).args(arguments))
}

fn resident(status: &str) -> Option<u64> {
    let status = std::fs::read_to_string(status).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:"))?;
    line.split_whitespace().next()?.parse::<u64>().ok().map(|kib| kib << 10)
}

/// What is asked for on a bench's command line.
#[derive(Debug, Clone)]
pub struct Asked {
    /// Once and small: enough to see that it works.
    pub quick: bool,
    /// Size of the corpus in MiB.
    pub mib: u64,
    /// How often each work is done.
    pub rounds: usize,
}

impl Asked {
    /// `[MIB] [--rounds N] [--quick]`, five rounds unless told otherwise.
    pub fn from_arguments(mib: u64) -> Self {
        let arguments: Vec<String> = std::env::args().skip(1).collect();
        let quick = arguments.iter().any(|argument| argument == "--quick");
        let asked = arguments.first().and_then(|argument| argument.parse().ok());
        Self {
            quick,
            mib: asked.unwrap_or(if quick { 1 } else { mib }),
            rounds: after("--rounds").unwrap_or(if quick { 1 } else { 5 }),
        }
    }
}

/// The number that follows an argument of that name.
pub fn after(name: &str) -> Option<usize> {
    text_after(name)?.parse().ok()
}

/// What follows an argument of that name.
pub fn text_after(name: &str) -> Option<String> {
    std::env::args().skip_while(|argument| argument != name).nth(1)
}

/// Prints a table in Markdown.
#[expect(clippy::print_stdout, reason = "a bench reports on standard output")]
pub fn table(header: &[&str], rows: &[Vec<String>]) {
    println!("| {} |", header.join(" | "));
    println!("|{}", "---|".repeat(header.len()));
    for row in rows {
        println!("| {} |", row.join(" | "));
    }
    println!();
}

/// A time as a table has it, in milliseconds.
pub fn ms(time: Duration) -> String {
    let ms = time.as_secs_f64() * 1e3;
    if ms < 10.0 { format!("{ms:.2}") } else { format!("{ms:.0}") }
}

/// How many times as long `other` takes.
pub fn ratio(other: Duration, this: Duration) -> f64 {
    other.as_secs_f64() / this.as_secs_f64().max(1e-9)
}
