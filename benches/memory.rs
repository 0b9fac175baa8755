//! How much memory a run of `index` has of its own at its peak, over corpora that grow, and for one huge session.
//!
//! `cargo bench -p whoran-benches --bench memory [-- LARGEST_MIB] [--quick]`; the corpora are a sixteenth of the largest,
//! a quarter, and all of it. Each run is a process of its own; pages of files do not count.

#![expect(clippy::print_stdout, reason = "a bench reports on standard output")]

use std::io::{BufWriter, Write};
use std::path::Path;

use whoran_benches::measure::{Asked, again, table};
use whoran_benches::runs;
use whoran_testkit::{Spec, generate, session};

type Failure = Box<dyn std::error::Error>;

const CHILD: &str = "index-in-this-process";

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [child, logs, data] = &arguments[..]
        && child == CHILD
    {
        runs::index(logs.as_ref(), data.as_ref())?;
        return Ok(());
    }
    let asked = Asked::from_arguments(256);
    let largest = if asked.quick { 4 } else { asked.mib };
    let mut rows = Vec::new();
    let mut first = None;
    for mib in [largest / 16, largest / 4, largest].map(|mib| mib.max(1)) {
        let folder = tempfile::tempdir()?;
        let truth = generate(&Spec { bytes: mib << 20, ..Spec::default() }, folder.path())?;
        let (peak, seconds) = peak(&folder.path().join("logs"), folder.path())?;
        let growth = peak as f64 / *first.get_or_insert(peak) as f64;
        rows.push(vec![
            format!("{mib} MiB in {} logs", truth.logs),
            format!("{}", peak >> 20),
            format!("{growth:.2}"),
            format!("{seconds:.1}"),
            "600 MiB, 1.10".to_owned(),
        ]);
    }
    let mib = (largest / 4).max(1);
    for (what, of) in [("that printed it", printed as fn(&[u8]) -> Vec<u8>), ("of as many commands", entered)]
    {
        let folder = tempfile::tempdir()?;
        std::fs::create_dir(folder.path().join("logs"))?;
        huge(&folder.path().join("logs/huge-0e34861185201706f.log"), mib << 20, of)?;
        let (peak, seconds) = peak(&folder.path().join("logs"), folder.path())?;
        rows.push(vec![
            format!("one session of {mib} MiB {what}"),
            format!("{}", peak >> 20),
            "–".to_owned(),
            format!("{seconds:.1}"),
            "1536 MiB for 1024".to_owned(),
        ]);
    }
    println!("Memory of its own at the peak of a run, at the default budget:\n");
    table(&["corpus", "MiB", "of the first", "s", "bar"], &rows);
    Ok(())
}

fn peak(logs: &Path, folder: &Path) -> Result<(u64, f64), Failure> {
    let data = folder.join("data");
    let ran = again(&[CHILD, &logs.to_string_lossy(), &data.to_string_lossy()])?;
    Ok((ran.anonymous, ran.took.as_secs_f64()))
}

/// A transcript that goes on and on: what `of` makes of a session's, again and again between one beginning and one end.
fn huge(path: &Path, bytes: u64, of: fn(&[u8]) -> Vec<u8>) -> Result<(), Failure> {
    let long = (1..60).map(session).max_by_key(|session| session.transcript.len()).ok_or("no session")?;
    let transcript = long.transcript;
    let header = transcript.iter().position(|&byte| byte == b'\n').map_or(0, |end| end + 1);
    let trailer = transcript.windows(12).rposition(|w| w == b"\nScript done").unwrap_or(transcript.len());
    let (head, body, tail) =
        (&transcript[..header], of(&transcript[header..trailer]), &transcript[trailer..]);
    let mut out = BufWriter::new(std::fs::File::create(path)?);
    out.write_all(head)?;
    for _ in 0..bytes.div_ceil(body.len() as u64) {
        out.write_all(&body)?;
    }
    out.write_all(tail)?;
    Ok(out.flush()?)
}

/// All of it.
fn entered(body: &[u8]) -> Vec<u8> {
    body.to_vec()
}

/// All of it, and then a file of 64 MiB: log lines of a service, none like the other.
fn printed(body: &[u8]) -> Vec<u8> {
    let mut out = body.to_vec();
    for n in 0_u64.. {
        if out.len() >= 64 << 20 {
            break;
        }
        let id = n.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let (minute, second) = (n / 60 % 60, n % 60);
        let line = format!(
            "2025-03-04T10:{minute:02}:{second:02}Z web-1 app[{}]: GET /items/{id:016x} 200 {} ms\r\n",
            n % 9000,
            id % 900
        );
        out.extend_from_slice(line.as_bytes());
    }
    out
}
