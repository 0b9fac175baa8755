//! How much memory a run of `index` has of its own at its peak, over corpora that grow, over calls of CloudTrail that grow
//! beside an organisation's sessions, and for one huge session.
//!
//! `cargo bench -p whoran-benches --bench memory [-- LARGEST_MIB] [--quick] [--huge | --calls]`; the corpora are a sixteenth of
//! the largest, a quarter, and all of it, with 1,024 calls for each MiB of theirs, and the huge session has a quarter; `--huge` and
//! `--calls` measure these alone. Each run is a process of its own, which also looks at each session at its end, as the program
//! does; pages of files do not count.

#![expect(clippy::print_stdout, reason = "a bench reports on standard output")]

use std::io::{BufWriter, Write};
use std::path::Path;

use jiff::Timestamp;
use serde_json::json;
use whoran_benches::measure::{Asked, again, table};
use whoran_benches::runs;
use whoran_pipeline::Store;
use whoran_testkit::organisation::{OrganisationSpec, organisation};
use whoran_testkit::{Spec, generate, session};

type Failure = Box<dyn std::error::Error>;

const CHILD: &str = "index-in-this-process";

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [child, logs, data] = &arguments[..]
        && child == CHILD
    {
        runs::index(logs.as_ref(), data.as_ref())?;
        return Ok(Store::open(data.as_ref())?.each_logged(|_, _| {})?);
    }
    let asked = Asked::from_arguments(256);
    let largest = if asked.quick { 4 } else { asked.mib };
    let mut rows = Vec::new();
    let alone = |what: &str| std::env::args().any(|argument| argument == what);
    let (huge_alone, calls_alone) = (alone("--huge"), alone("--calls"));
    let grown = [largest / 16, largest / 4, largest].map(|mib| mib.max(1));
    let mut first = None;
    for mib in grown.into_iter().filter(|_| !huge_alone && !calls_alone) {
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
    let mut first = None;
    for calls in grown.into_iter().map(|mib| mib << 10).filter(|_| !huge_alone) {
        let folder = tempfile::tempdir()?;
        let logs = folder.path().join("logs");
        let truth = organisation(&OrganisationSpec::SMALL, &logs)?;
        assume_roles(&logs.join("calls"), calls)?;
        let (peak, seconds) = peak(&logs, folder.path())?;
        let growth = peak as f64 / *first.get_or_insert(peak) as f64;
        rows.push(vec![
            format!("{calls} calls beside {} sessions", truth.sessions.len()),
            format!("{}", peak >> 20),
            format!("{growth:.2}"),
            format!("{seconds:.1}"),
            "600 MiB".to_owned(),
        ]);
    }
    let mib = (largest / 4).max(1);
    let huge: [(&str, &str, Huge); 3] = [
        ("transcript of one session that printed it", "huge-0e34861185201706f.log", printed),
        ("events of one session that printed it", "events.jsonl", events),
        ("transcript of one session of as many commands", "huge-0e34861185201706f.log", entered),
    ];
    for (what, name, write) in huge.into_iter().filter(|_| !calls_alone) {
        let folder = tempfile::tempdir()?;
        std::fs::create_dir(folder.path().join("logs"))?;
        let mut out = BufWriter::new(std::fs::File::create(folder.path().join("logs").join(name))?);
        write(&mut out, mib << 20)?;
        out.into_inner()?.sync_all()?;
        let (peak, seconds) = peak(&folder.path().join("logs"), folder.path())?;
        rows.push(vec![
            format!("{what}, {mib} MiB"),
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

/// Writes files of CloudTrail as its services fill them: each call takes on a role anew, with a key and a name of its own.
fn assume_roles(folder: &Path, calls: u64) -> std::io::Result<()> {
    const OF_A_FILE: u64 = 1_000;
    const ACCOUNT: &str = "111122223333";
    std::fs::create_dir_all(folder)?;
    for from in (0..calls).step_by(OF_A_FILE as usize) {
        let call = |n: u64| {
            let (role, worker, key) = (n % 150, n / 50, n.wrapping_mul(0x9e37_79b9_7f4a_7c15));
            let at = Timestamp::from_second(1_772_323_200 + (n % 2_592_000) as i64).unwrap_or_default();
            json!({
                "eventVersion": "1.08", "eventTime": at.to_string(), "eventSource": "sts.amazonaws.com",
                "eventName": "AssumeRole", "awsRegion": "eu-west-1", "recipientAccountId": ACCOUNT,
                "eventID": format!("{n:08x}-0000-4000-8000-{:012x}", key >> 16),
                "sourceIPAddress": format!("10.0.{}.{}", key >> 8 & 255, key & 255),
                "userAgent": format!("aws-sdk-go-v2/1.{}.0 os/linux lang/go#1.22.2 md/GOARCH#amd64 api/sts#1.28.6", n % 40),
                "userIdentity": {
                    "type": "AssumedRole", "principalId": format!("AROAEXAMPLE:{worker}"), "accountId": ACCOUNT,
                    "arn": format!("arn:aws:sts::{ACCOUNT}:assumed-role/Worker/{worker}"),
                    "accessKeyId": format!("ASIAW{worker:015}"),
                    "sessionContext": {
                        "sessionIssuer": {"type": "Role", "arn": format!("arn:aws:iam::{ACCOUNT}:role/Worker"), "userName": "Worker"},
                        "attributes": {"creationDate": "2026-03-01T00:00:00Z", "mfaAuthenticated": "false"},
                    },
                },
                "requestParameters": {
                    "roleArn": format!("arn:aws:iam::{ACCOUNT}:role/app/Role{role}"), "roleSessionName": format!("task-{n}"),
                },
                "responseElements": {
                    "credentials": {"accessKeyId": format!("ASIA{key:016X}"), "expiration": "Mar 1, 2026, 9:00:00 PM"},
                    "assumedRoleUser": {"arn": format!("arn:aws:sts::{ACCOUNT}:assumed-role/Role{role}/task-{n}")},
                },
            })
        };
        let records: Vec<_> = (from..calls.min(from + OF_A_FILE)).map(call).collect();
        let file = std::fs::File::create(folder.join(format!("{from:012}.json.gz")))?;
        let mut packed = flate2::write::GzEncoder::new(file, flate2::Compression::fast());
        packed.write_all(json!({ "Records": records }).to_string().as_bytes())?;
        packed.finish()?;
    }
    Ok(())
}

/// Writes a log of one session that has about so many bytes.
type Huge = fn(&mut dyn Write, u64) -> std::io::Result<()>;

/// What a session showed, again and again between one beginning and one end.
fn entered(out: &mut dyn Write, bytes: u64) -> std::io::Result<()> {
    let [head, body, tail] = parts();
    out.write_all(&head)?;
    for _ in 0..bytes.div_ceil(body.len() as u64) {
        out.write_all(&body)?;
    }
    out.write_all(&tail)
}

/// What a session showed, and then what a service wrote into its log.
fn printed(out: &mut dyn Write, bytes: u64) -> std::io::Result<()> {
    let [head, body, tail] = parts();
    out.write_all(&head)?;
    out.write_all(&body)?;
    let mut left = bytes;
    for n in 0.. {
        let line = line(n) + "\r\n";
        let Some(less) = left.checked_sub(line.len() as u64) else { break };
        left = less;
        out.write_all(line.as_bytes())?;
    }
    out.write_all(&tail)
}

/// The same as streaming events, one a second.
fn events(out: &mut dyn Write, bytes: u64) -> std::io::Result<()> {
    const LINES: u64 = 200;
    let mut left = bytes;
    for n in 0.. {
        let mut shown: Vec<String> = (n * LINES..(n + 1) * LINES).map(line).collect();
        if n == 0 {
            shown.insert(0, "sh-5.2$ sh-5.2$ tail -f /var/log/app.log".to_owned());
        }
        let event = json!({
            "eventVersion": "1.0",
            "eventTime": Timestamp::from_second(1_741_000_000 + n as i64).unwrap_or_default().to_string(),
            "awsRegion": "eu-west-1",
            "target": {"id": "i-0123456789abcdef0"},
            "userIdentity": {"arn": "arn:aws:iam::123456789012:user/ops"},
            "runAsUser": "ops",
            "sessionId": "ops-0e34861185201706f",
            "sessionData": shown,
        })
        .to_string();
        let Some(less) = left.checked_sub(event.len() as u64) else { break };
        left = less;
        writeln!(out, "{event}")?;
    }
    Ok(())
}

/// A line of a service's log, none like the other.
fn line(n: u64) -> String {
    let id = n.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let (minute, second) = (n / 60 % 60, n % 60);
    format!("10:{minute:02}:{second:02}Z web-1 app[{}]: GET /items/{id:016x} 200 {} ms", n % 9000, id % 900)
}

/// Header, body and trailer of a long transcript.
fn parts() -> [Vec<u8>; 3] {
    let transcripts = (1..60).map(|seed| session(seed).transcript);
    let transcript = transcripts.max_by_key(Vec::len).unwrap_or_default();
    let header = transcript.iter().position(|&byte| byte == b'\n').map_or(0, |end| end + 1);
    let trailer = transcript.windows(12).rposition(|w| w == b"\nScript done").unwrap_or(transcript.len());
    [&transcript[..header], &transcript[header..trailer], &transcript[trailer..]].map(<[u8]>::to_vec)
}
