//! What it costs to hold every command of an index against 200 rules of the shapes that public rule sets have, beside
//! building that index. The rules are made up here. The first round also holds every command against a rule that nothing
//! can be told of from afar, so that none is passed over, and fails where that finds anything else.
//!
//! `cargo bench -p whoran-benches --bench detect [-- MIB | --quick]`

#![expect(clippy::print_stdout, reason = "a bench reports on standard output")]

use std::error::Error;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use whoran_detect::{Detector, Rules};
use whoran_model::{Level, SessionId, Timestamp};
use whoran_pipeline::{Inputs, RunOptions, Store, Work, run};
use whoran_testkit::{Spec, generate};

/// How many rules, and how many of them of each shape: as SigmaHQ's `rules/linux` has them, by share.
const SHAPES: [(Shape, usize); 6] = [
    (Shape::ProgramAndWords, 84),
    (Shape::WordsAlone, 12),
    (Shape::ProgramAlone, 16),
    (Shape::Expression, 20),
    (Shape::Arguments, 40),
    (Shape::Keywords, 28),
];

#[derive(Clone, Copy)]
enum Shape {
    /// `Image|endswith` and `CommandLine|contains`, every third with `|all`, every fourth with a filter.
    ProgramAndWords,
    /// `CommandLine|contains`.
    WordsAlone,
    /// `Image|endswith`.
    ProgramAlone,
    /// `CommandLine|re`.
    Expression,
    /// auditd's `a0`, `a1`.
    Arguments,
    /// A list of words, with no field.
    Keywords,
}

const PROGRAMS: &[&str] = &[
    "curl",
    "wget",
    "nc",
    "ncat",
    "socat",
    "python3",
    "perl",
    "ruby",
    "php",
    "bash",
    "sh",
    "zsh",
    "find",
    "awk",
    "sed",
    "tar",
    "zip",
    "base64",
    "xxd",
    "openssl",
    "chmod",
    "chown",
    "chattr",
    "useradd",
    "usermod",
    "userdel",
    "passwd",
    "crontab",
    "systemctl",
    "service",
    "iptables",
    "ufw",
    "kill",
    "pkill",
    "rm",
    "shred",
    "dd",
    "mount",
    "insmod",
    "modprobe",
    "strace",
    "gdb",
    "tcpdump",
    "nmap",
    "ssh",
    "scp",
    "rsync",
    "docker",
    "kubectl",
    "vim",
];
const WORDS: &[&str] = &[
    "/etc/passwd",
    "/etc/shadow",
    "/etc/sudoers",
    "/dev/tcp/",
    "/tmp/",
    "/dev/shm/",
    "/var/log/",
    ".ssh/",
    "authorized_keys",
    "-e /bin/sh",
    " -c ",
    "--upload-file",
    "--post-file",
    "--exec",
    "-perm -4000",
    "-perm -u=s",
    "LD_PRELOAD",
    "ld.so.preload",
    "import pty",
    "socket.socket",
    "exec(",
    "eval ",
    "base64 -d",
    "--decode",
    "| sh",
    "| bash",
    "mkfifo",
    "chmod +s",
    "chmod 777",
    "NOPASSWD",
    "history -c",
    "HISTFILE",
    "xmrig",
    "stratum+tcp",
    "--cap-drop",
    "--privileged",
    "nsenter",
    "release_agent",
    "authorized",
    "id_rsa",
    "crontab -e",
    "/etc/cron.",
    "systemd/system",
    "rc.local",
    ".bashrc",
    ".profile",
    "userdel",
    "groupadd",
    "-p 4444",
    "0.0.0.0",
];

/// A session, a place in it, a rule.
type Found = (SessionId, Option<u32>, String);

/// Rules that no text of a command tells anything of, so that every one is looked at; they never fire.
const BLIND: &str = "blind.yml";
const BLIND_RULES: &str = "
title: Blind
logsource: {product: linux, category: process_creation}
detection: {a: {User: nobody at all}, condition: a}
---
title: Blind
logsource: {product: linux}
detection: {a: [\u{e9}\u{e9}\u{e9}], condition: a}
---
title: Blind
logsource: {product: linux, service: auditd}
detection: {a: {a0: \u{e9}}, condition: a}
";

fn main() -> Result<(), Box<dyn Error>> {
    let quick = std::env::args().any(|arg| arg == "--quick");
    let size = std::env::args().skip(1).find_map(|arg| arg.parse().ok());
    let size: u64 = size.unwrap_or(if quick { 1 } else { 32 });
    let rounds = if quick { 1 } else { 3 };
    let folder = tempfile::tempdir()?;
    let logs = folder.path().join("logs");
    generate(&Spec { bytes: size << 20, ..Spec::default() }, &logs)?;
    let work = Work { threads: 0, memory: 1 << 30, max_decompressed: 4 << 30 };

    let started = Instant::now();
    let mut rules = Rules::default();
    for (number, yaml) in made_up().into_iter().enumerate() {
        rules.add(&format!("rule-{number}.yml"), &yaml);
    }
    let detector = Detector::new(&rules, Level::Informational);
    let mut looking = rules.clone();
    looking.add(BLIND, BLIND_RULES);
    let looking = Detector::new(&looking, Level::Informational);
    let can = rules.loaded.iter().filter(|loaded| loaded.never.is_none()).count();
    println!(
        "{} rules, {can} can fire, {} wrong; ready in {:.0} ms",
        rules.loaded.len(),
        rules.errors.len(),
        ms(started.elapsed())
    );

    println!(
        "{:>10} {:>12} {:>12} {:>8} {:>10}",
        "commands", "indexed: ms", "detect: ms", "ratio", "findings"
    );
    let mut ratios = Vec::new();
    for round in 0..rounds {
        let data = folder.path().join(format!("data-{round}"));
        let options = RunOptions {
            work: work.clone(),
            holder: "bench".into(),
            wait: false,
            now: Timestamp::UNIX_EPOCH,
        };
        let started = Instant::now();
        run(Inputs { paths: vec![logs.clone()], stdin: None }, &data, &options, &|_| {})?;
        let indexed = started.elapsed();
        let store = Store::open(&data)?;
        let started = Instant::now();
        let (commands, findings) = held(&store, &detector, &work)?;
        let detected = started.elapsed();
        if round == 0 && held(&store, &looking, &work)?.1 != findings {
            return Err("a command was passed over that a rule fires on".into());
        }
        let ratio = detected.as_secs_f64() / indexed.as_secs_f64();
        ratios.push(ratio);
        println!(
            "{commands:>10} {:>12.0} {:>12.0} {ratio:>8.3} {:>10}",
            ms(indexed),
            ms(detected),
            findings.len()
        );
    }
    ratios.sort_by(f64::total_cmp);
    println!("median ratio {:.3}", ratios[ratios.len() / 2]);
    Ok(())
}

/// How many commands there are, and what is found: places and rules.
fn held(store: &Store, detector: &Detector, work: &Work) -> Result<(u64, Vec<Found>), Box<dyn Error>> {
    let (mut commands, mut findings) = (0, Vec::new());
    store.each_dossier(
        &store.picture()?,
        &|_| true,
        detector.sought(),
        work,
        &|dossier| (dossier.session.commands(), detector.findings(&dossier)),
        &mut |(of_session, found)| {
            commands += of_session;
            let found = found.into_iter().filter(|finding| finding.rule.source != BLIND);
            findings
                .extend(found.map(|finding| (finding.session_id, finding.seq, finding.rule.source.clone())));
            ControlFlow::Continue(())
        },
    )?;
    Ok((commands, findings))
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

/// The rules, the same every time.
fn made_up() -> Vec<String> {
    let mut rules = Vec::new();
    for (shape, count) in SHAPES {
        for n in 0..count {
            rules.push(rule(shape, rules.len(), n));
        }
    }
    rules
}

fn rule(shape: Shape, number: usize, n: usize) -> String {
    let program = |k: usize| PROGRAMS[(number * 7 + k * 11) % PROGRAMS.len()];
    let word = |k: usize| WORDS[(number * 13 + k * 5) % WORDS.len()];
    let list =
        |items: Vec<String>| items.iter().map(|item| format!("      - '{item}'\n")).collect::<String>();
    let programs = |count: usize| list((0..count).map(|k| format!("/{}", program(k))).collect());
    let words = |count: usize| list((0..count).map(|k| word(k).to_owned()).collect());
    let process = "  product: linux\n  category: process_creation\n";
    let (source, detection) = match shape {
        Shape::ProgramAndWords => {
            let all = if n.is_multiple_of(3) { "|all" } else { "" };
            let count = if n.is_multiple_of(3) { 2 } else { 1 + n % 12 };
            let filter = if n.is_multiple_of(4) {
                format!(
                    "  filter:\n    CommandLine|startswith: '{} --version'\n  condition: selection and not filter\n",
                    program(0)
                )
            } else {
                "  condition: selection\n".to_owned()
            };
            let selection = format!(
                "  selection:\n    Image|endswith:\n{}    CommandLine|contains{all}:\n{}",
                programs(1 + n % 5),
                words(count)
            );
            (process, selection + &filter)
        }
        Shape::WordsAlone => (
            process,
            format!("  selection:\n    CommandLine|contains:\n{}  condition: selection\n", words(2 + n % 6)),
        ),
        Shape::ProgramAlone => (
            process,
            format!("  selection:\n    Image|endswith:\n{}  condition: selection\n", programs(1 + n % 4)),
        ),
        Shape::Expression => {
            let re = format!("{}\\s+-\\w*[a-z]\\w*\\s+.*(/tmp|/dev/shm)/\\S+{n}", program(0));
            (process, format!("  selection:\n    CommandLine|re: '{re}'\n  condition: selection\n"))
        }
        Shape::Arguments => (
            "  product: linux\n  service: auditd\n",
            format!(
                "  selection:\n    type: EXECVE\n    a0: '{}'\n    a{}|contains: '{}'\n  condition: selection\n",
                program(0),
                1 + n % 3,
                word(1)
            ),
        ),
        Shape::Keywords => {
            let words = list((0..4 + n % 16).map(|k| format!("{} {}", program(k), word(k + n))).collect());
            (
                "  product: linux\n",
                format!("  keywords:\n{words}  condition: keywords\n").replace("      - ", "    - "),
            )
        }
    };
    format!("title: Rule {number}\nlogsource:\n{source}detection:\n{detection}level: medium\n")
}
