//! How fast and in how much memory logs are parsed, beside the parts that parsing stands on.
//!
//! `cargo bench -p whoran-benches --bench parse` prints Markdown tables; `-- --quick` takes small corpora and one round.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::time::Duration;

use serde::Deserialize;
use whoran_benches::{Log, growth, medians, parse, read_folder, size, time};
use whoran_parse::drawn;
use whoran_testkit::{Spec, generate};

fn main() -> io::Result<()> {
    let quick = std::env::args().any(|arg| arg == "--quick");
    let scale = |full: usize| if quick { full.div_ceil(50) } else { full };
    let rounds = if quick { 1 } else { 5 };
    let mut out = io::stdout().lock();

    let folder = tempfile::tempdir()?;
    generate(&Spec { seed: 11, bytes: scale(128 << 20) as u64, cases: false }, folder.path())?;
    let made_up = read_folder(&folder.path().join("logs"))?;
    let of = |begins: &[u8]| made_up.iter().filter(|log| log.bytes.starts_with(begins)).cloned().collect();
    let (transcripts, events): (Vec<Log>, Vec<Log>) = (of(b"Script started on "), of(b"{\"eventVersion\":"));
    let long = output_session(scale(64 << 20));

    writeln!(
        out,
        "| corpus | MB | bytes a command | measured against | it: MB/s | parse: MB/s | ratio | drawn |"
    )?;
    writeln!(out, "|---|---|---|---|---|---|---|---|")?;
    let row = |name: &str, logs: &[Log], json: bool| {
        let mut base = || if json { typed(logs) } else { terminal(logs) };
        let mut commands = 0;
        let mut whole = || parse(logs, |parsed| commands += parsed.commands.len());
        let [base_time, parse_time] = medians(rounds, [&mut base, &mut whole]);
        let bytes = size(logs);
        let speed = |time: Duration| bytes as f64 / 1e6 / time.as_secs_f64();
        let share = drawn_share(logs);
        format!(
            "| {name} | {:.0} | {} | {} | {:.0} | {:.0} | {:.2} | {} |",
            bytes as f64 / 1e6,
            bytes * rounds / commands.max(1),
            if json { "typed `serde_json`" } else { "`vte`, doing nothing" },
            speed(base_time),
            speed(parse_time),
            base_time.as_secs_f64() / parse_time.as_secs_f64(),
            if json { "–".into() } else { format!("{:.1} %", 100.0 * share) },
        )
    };
    writeln!(out, "{}", row("generated transcripts", &transcripts, false))?;
    writeln!(out, "{}", row("generated events", &events, true))?;
    writeln!(out, "{}", row("transcript, long outputs", &long[..1], false))?;
    writeln!(out, "{}", row("events, long outputs", &long[1..], true))?;

    writeln!(out, "\n| session | MB | memory it takes | times its size |\n|---|---|---|---|")?;
    let tiny = Log { name: "tiny-0a1b2c3d4e5f60718.log".into(), bytes: tiny_lines(scale(4 << 20)) };
    for (name, log) in [
        ("transcript, long outputs", &long[0]),
        ("events, long outputs", &long[1]),
        ("lines of one letter", &tiny),
    ] {
        let Some(grown) = growth(|| parse(std::slice::from_ref(log), drop)) else { continue };
        let (grown, bytes) = (grown as f64, log.bytes.len() as f64);
        writeln!(out, "| {name} | {:.0} | {:.0} MB | {:.1} |", bytes / 1e6, grown / 1e6, grown / bytes)?;
    }

    writeln!(out, "\n| hostile input | n | s | s at 2 n | ratio |\n|---|---|---|---|---|")?;
    for (name, n, make) in hostile() {
        let n = scale(n / 2);
        let one = |n: usize| {
            let logs = [Log { name: "hostile-0a1b2c3d4e5f60718.log".into(), bytes: make(n) }];
            time(|| parse(&logs, drop)).as_secs_f64()
        };
        let (single, double) = (one(n), one(2 * n));
        writeln!(out, "| {name} | {n} | {single:.2} | {double:.2} | {:.1} |", double / single)?;
    }
    Ok(())
}

/// All logs through a terminal parser that does nothing with what it finds.
fn terminal(logs: &[Log]) {
    struct Nothing;
    impl vte::Perform for Nothing {}
    for log in logs {
        vte::Parser::new().advance(&mut Nothing, std::hint::black_box(&log.bytes));
    }
}

/// The agent's event, every field a value of its own.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "decoding is what is measured")]
struct Event {
    event_version: String,
    event_time: String,
    aws_region: String,
    target: Target,
    user_identity: Identity,
    run_as_user: String,
    session_id: String,
    session_data: Vec<String>,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "decoding is what is measured")]
struct Target {
    id: String,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "decoding is what is measured")]
struct Identity {
    arn: String,
}

/// All events decoded and nothing else done.
fn typed(logs: &[Log]) {
    for log in logs {
        let events = serde_json::Deserializer::from_slice(&log.bytes).into_iter::<Event>();
        events.for_each(|event| drop(std::hint::black_box(event)));
    }
}

/// The share of bytes that stand on lines drawn cell by cell.
fn drawn_share(logs: &[Log]) -> f64 {
    let drawn: usize = logs.iter().map(|log| drawn(&log.bytes)).sum();
    drawn as f64 / size(logs).max(1) as f64
}

/// One session of about `bytes` bytes whose commands print some hundred lines each: as a transcript, and as events.
fn output_session(bytes: usize) -> [Log; 2] {
    let mut transcript = b"Script started on 2026-03-04 10:20:41+00:00\n".to_vec();
    let mut events = String::new();
    let mut n = 0_usize;
    while transcript.len() < bytes {
        let mut lines = vec![format!("sh-5.2$ journalctl -u web --since '{n} min ago'")];
        for _ in 0..300 {
            n += 1;
            lines.push(format!(
                "Mar 04 10:{:02}:{:02} ip-10-0-1-23 web[{}]: GET /v1/items/{n} 200 {} \"curl/8.5.0\"",
                n / 60 % 60,
                n % 60,
                1000 + n % 7,
                n * 7919 % 100_000,
            ));
        }
        lines.iter().for_each(|line| transcript.extend_from_slice(format!("{line}\r\r\n").as_bytes()));
        for part in lines.chunks(50) {
            let data = part.iter().map(|line| line.replace('"', "\\\"")).collect::<Vec<_>>().join("\",\"");
            let _ = writeln!(
                events,
                "{{\"eventVersion\":\"1.0\",\"eventTime\":\"2026-03-04T10:{:02}:{:02}Z\",\"awsRegion\":\"eu-west-1\",\
                 \"target\":{{\"id\":\"i-0a1b2c3d4e5f60718\"}},\"userIdentity\":{{\"arn\":\"arn:aws:iam::111122223333:user/alice\"}},\
                 \"runAsUser\":\"ssm-user\",\"sessionId\":\"alice-0a1b2c3d4e5f60718\",\"sessionData\":[\"{data}\"]}}",
                n / 60 % 60,
                n % 60,
            );
        }
    }
    transcript.extend_from_slice(b"sh-5.2$ exit\r\r\nexit\r\r\n\nScript done on 2026-03-04 11:20:41+00:00\n");
    let log = |name: &str, bytes| Log { name: name.into(), bytes };
    [log("alice-0a1b2c3d4e5f60718.log", transcript), log("events.jsonl", events.into_bytes())]
}

/// A command and about `bytes` bytes of lines of one letter.
fn tiny_lines(bytes: usize) -> Vec<u8> {
    [b"$ yes\r\n".as_slice(), &b"y\r\n".repeat(bytes / 3)].concat()
}

type Hostile = (&'static str, usize, fn(usize) -> Vec<u8>);

/// What is made to be slow: its name, how much of it at most, and how to make it.
fn hostile() -> [Hostile; 6] {
    let line = |n: usize| [b"$ echo ".as_slice(), &b"x".repeat(n)].concat();
    let prompts = |n: usize| {
        let mut text = String::from("u0@h:~$ ");
        (1..n).for_each(|i| text.push_str(&format!("su - u{i}\r\nu{i}@h:~$ ")));
        text.into_bytes()
    };
    let here = |n: usize| [b"$ cat <<END\r\n".as_slice(), &b"> a pasted line\r\n".repeat(n)].concat();
    let edit =
        |n: usize| [b"\x1b[?2004h$ ".as_slice(), &b"echo pasted\r\n".repeat(n), b"\x1b[?2004l\r"].concat();
    let unfinished =
        |n: usize| (0..n).flat_map(|i| format!("u@h:~$ echo 'line {i}\r\n").into_bytes()).collect();
    let strangers = |n: usize| [b"$ frobnicate\r\n".as_slice(), &b"a: b> c# d% e$ f\r\n".repeat(n)].concat();
    [
        ("a line of n bytes", 100 << 20, line),
        ("n prompts, each in the one before", 1_000_000, prompts),
        ("a here-document of n lines", 1_000_000, here),
        ("n lines in one editor", 1_000_000, edit),
        ("n commands, none of them finished", 1_000_000, unfinished),
        ("n lines that all look like prompts", 1_000_000, strangers),
    ]
}
