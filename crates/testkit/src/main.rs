//! Makes corpora with known truth.
//!
//! `whoran-testkit generate DIR --seed 1 --size 64MiB` makes one up, `whoran-testkit record DIR --seed 1 --count 20`
//! records real shells. `whoran-testkit moto` installs moto for the tests that need it.

use std::path::PathBuf;
use std::process::ExitCode;

use whoran_testkit::aws::Moto;
use whoran_testkit::record::{Mix, left_out, record};
use whoran_testkit::{Spec, generate};

const USAGE: &str = "usage: whoran-testkit generate DIR [--seed N] [--size 64MiB] [--cases]
       whoran-testkit record DIR [--seed N] [--count N] [--ordinary | --themed | --rare]
       whoran-testkit moto";

#[expect(clippy::print_stdout, clippy::print_stderr, reason = "a tool for developers, not a library")]
fn main() -> ExitCode {
    match run(std::env::args().skip(1)) {
        Ok(said) => {
            println!("{said}");
            ExitCode::SUCCESS
        }
        Err(why) => {
            eprintln!("{why}\n{USAGE}");
            ExitCode::from(2)
        }
    }
}

fn run(args: impl Iterator<Item = String>) -> Result<String, String> {
    let mut args = args.peekable();
    let verb = args.next().ok_or("what to do is missing")?;
    let mut dir = None;
    let mut spec = Spec::default();
    let mut count = 20;
    let mut mix = Mix::Hard;
    while let Some(arg) = args.next() {
        let mut value = || args.next().ok_or(format!("{arg} needs a value"));
        match arg.as_str() {
            "--seed" => spec.seed = value()?.parse().map_err(|e| format!("--seed: {e}"))?,
            "--size" => spec.bytes = size(&value()?)?,
            "--count" => count = value()?.parse().map_err(|e| format!("--count: {e}"))?,
            "--cases" => spec.cases = true,
            "--ordinary" => mix = Mix::Ordinary,
            "--themed" => mix = Mix::Themed,
            "--rare" => mix = Mix::Rare,
            _ if arg.starts_with('-') => return Err(format!("unknown option {arg}")),
            _ => dir = Some(PathBuf::from(arg)),
        }
    }
    if verb == "moto" {
        return Moto::prepare().map(|python| format!("{} has moto", python.display()));
    }
    let dir = dir.ok_or("the folder is missing")?;
    match verb.as_str() {
        "generate" => {
            let truth = generate(&spec, &dir).map_err(|e| format!("cannot write {}: {e}", dir.display()))?;
            Ok(format!(
                "{}: {} logs, {} bytes, {} sessions, {} commands, {} gaps",
                dir.display(),
                truth.logs,
                truth.bytes,
                truth.sessions.len(),
                truth.commands,
                truth.gaps.len()
            ))
        }
        "record" => {
            let all = record(&dir, spec.seed, count, mix).map_err(|e| e.to_string())?;
            let commands: usize = all.iter().map(|r| r.session.commands.len()).sum();
            let without: String =
                left_out(mix).iter().map(|(s, p)| format!(", without {s} (package {p})")).collect();
            Ok(format!("{}: {} sessions, {commands} commands{without}", dir.display(), all.len()))
        }
        _ => Err(format!("unknown verb {verb}")),
    }
}

/// `64MiB`, `500KiB`, `2GiB`, or bytes.
fn size(text: &str) -> Result<u64, String> {
    let units = [("KiB", 10), ("MiB", 20), ("GiB", 30)];
    let (number, shift) =
        units.iter().find_map(|(unit, shift)| Some((text.strip_suffix(unit)?, *shift))).unwrap_or((text, 0));
    let number: u64 = number.trim().parse().map_err(|e| format!("size {text:?}: {e}"))?;
    number.checked_shl(shift).filter(|n| n >> shift == number).ok_or(format!("size {text:?} is too large"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_units() {
        assert_eq!(size("64MiB"), Ok(64 << 20));
        assert_eq!(size("12"), Ok(12));
        assert!(size("99999999999GiB").is_err() && size("x").is_err());
    }
}
