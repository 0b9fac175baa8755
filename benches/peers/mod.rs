//! What others would use instead: ripgrep, SQLite FTS5, DuckDB, fed what whoran found.
//!
//! They get the advantage where there is a choice: decompressed text, rows in order of time, warm files, and the time
//! that they take to start is not counted.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use whoran_model::CommandRecord;

/// Stands behind each part of a command in ripgrep's files.
pub const BEHIND: char = '\u{1}';

/// The commands of an index as peers read them.
#[derive(Debug)]
pub struct Exported {
    /// A JSON object a line, oldest first.
    pub rows: PathBuf,
    /// Records that end with a NUL: id, OS user, command, output, each with [`BEHIND`] behind it.
    pub texts: Vec<PathBuf>,
    /// Bytes of the texts.
    pub bytes: u64,
}

/// Several files of text, so that ripgrep can use several threads.
const TEXTS: u64 = 16;

impl Exported {
    /// What was written there before.
    ///
    /// # Errors
    /// It was not.
    pub fn open(dir: &Path) -> io::Result<Self> {
        let texts: Vec<_> = (0..TEXTS).map(|part| text(dir, part)).filter(|path| path.is_file()).collect();
        let sizes = texts.iter().map(|path| Ok(path.metadata()?.len()));
        Ok(Self { rows: dir.join("rows.jsonl"), bytes: sizes.sum::<io::Result<_>>()?, texts })
    }
}

fn text(dir: &Path, part: u64) -> PathBuf {
    dir.join(format!("text-{part:02}"))
}

/// Writes commands one by one, so that no more than one has to be in memory.
#[derive(Debug)]
pub struct Export {
    dir: PathBuf,
    rows: BufWriter<File>,
    text: Option<BufWriter<File>>,
    written: u64,
    /// How many commands there will be.
    count: u64,
}

impl Export {
    /// Begins with so many commands.
    ///
    /// # Errors
    /// Whatever the file system says.
    pub fn new(dir: &Path, count: u64) -> io::Result<Self> {
        std::fs::create_dir_all(dir)?;
        let rows = BufWriter::new(File::create(dir.join("rows.jsonl"))?);
        Ok(Self { dir: dir.to_owned(), rows, text: None, written: 0, count })
    }

    /// Writes the next one; they come ordered by time.
    ///
    /// # Errors
    /// Whatever the file system says.
    pub fn push(&mut self, record: &CommandRecord) -> io::Result<()> {
        serde_json::to_writer(&mut self.rows, &row(record))?;
        self.rows.write_all(b"\n")?;
        let each = self.count.div_ceil(TEXTS).max(1);
        let mut out = match self.text.take() {
            Some(text) if !self.written.is_multiple_of(each) => text,
            full => {
                full.map_or(Ok(()), |mut full| full.flush())?;
                BufWriter::new(File::create(text(&self.dir, self.written / each))?)
            }
        };
        let command = &record.command;
        let user = command.os_user.as_ref().map_or("", |user| user.as_str());
        for part in [&record.id, &format!("os_user={user}"), &command.command, &command.output] {
            write!(out, "{part}{BEHIND}")?;
        }
        out.write_all(&[0])?;
        self.text = Some(out);
        self.written += 1;
        Ok(())
    }

    /// Ends.
    ///
    /// # Errors
    /// Whatever the file system says.
    pub fn finish(mut self) -> io::Result<Exported> {
        self.rows.flush()?;
        self.text.take().map_or(Ok(()), |mut text| text.flush())?;
        Exported::open(&self.dir)
    }
}

fn row(record: &CommandRecord) -> Value {
    let command = &record.command;
    let program = whoran_index::field("program").map(|field| (field.of_command)(record));
    let programs = match program {
        Some(whoran_index::Value::List(names)) => names.join(" "),
        _ => String::new(),
    };
    json!({
        "time": command.time.map(|time| time.as_microsecond()),
        "id": record.id,
        "session": record.session_id.as_str(),
        "os_user": command.os_user.as_ref().map(|user| user.as_str()),
        "host": command.host,
        "program": programs,
        "identity": record.identity.as_ref().map(|identity| identity.as_str()),
        "cwd": command.cwd,
        "command": command.command,
        "output": command.output,
    })
}

/// A search with ripgrep over exported texts: how long, and which commands.
///
/// # Errors
/// It is not installed, or refuses the pattern.
pub fn ripgrep(pattern: &[&str], texts: &[PathBuf], ids: bool) -> io::Result<(Duration, BTreeSet<String>)> {
    let mut command = Command::new("rg");
    // Its own count is what a user without need of the text would ask for.
    let what: &[&str] =
        if ids { &["--no-filename", "--no-line-number"] } else { &["--count", "--no-filename"] };
    command.args(["--no-config", "--text", "--null-data", "--color=never"]).args(what).args(pattern);
    command.arg("--").args(texts).stdin(Stdio::null());
    let start = Instant::now();
    let output = command.output()?;
    let took = start.elapsed();
    // 1 is: nothing found.
    if output.status.code().is_none_or(|code| code > 1) {
        return Err(io::Error::other(String::from_utf8_lossy(&output.stderr).into_owned()));
    }
    if !ids {
        return Ok((took, BTreeSet::new()));
    }
    let records = output.stdout.split(|&byte| byte == 0).filter(|record| !record.is_empty());
    let id = |record: &[u8]| {
        let end = record.iter().position(|&byte| byte == BEHIND as u8).unwrap_or(0);
        String::from_utf8_lossy(&record[..end]).into_owned()
    };
    Ok((took, records.map(id).collect()))
}

/// How long ripgrep takes to say its version, and what that is; nothing where it is not installed.
pub fn ripgrep_version() -> Option<(Duration, String)> {
    let start = Instant::now();
    let output = Command::new("rg").arg("--version").output().ok()?;
    let took = start.elapsed();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    Some((took, text.split_whitespace().nth(1)?.to_owned()))
}

/// A process that asks SQLite and DuckDB, as often as one likes.
#[derive(Debug)]
pub struct Databases {
    child: Child,
    ask: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Databases {
    /// Starts it. It takes the Python that comes first in `PATH`, with whatever modules that has.
    ///
    /// # Errors
    /// There is no Python.
    pub fn start() -> io::Result<Self> {
        let serve = concat!(env!("CARGO_MANIFEST_DIR"), "/peers/serve.py");
        let mut child = Command::new("python3");
        let mut child = child.arg(serve).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let (ask, answers) = (child.stdin.take(), child.stdout.take());
        match (ask, answers) {
            (Some(ask), Some(answers)) => Ok(Self { child, ask, answers: BufReader::new(answers) }),
            _ => Err(io::Error::other("no pipes")),
        }
    }

    /// How long the work took, without the way there and back, and what came of it; nothing where a module is missing.
    ///
    /// # Errors
    /// The work failed; its own message is on standard error.
    pub fn ask(&mut self, what: &Value) -> io::Result<Option<(Duration, Value)>> {
        writeln!(self.ask, "{what}")?;
        self.ask.flush()?;
        let mut line = String::new();
        if self.answers.read_line(&mut line)? == 0 {
            return Err(io::Error::other(format!("no answer to {what}")));
        }
        let mut answer: Value = serde_json::from_str(&line)?;
        let took = answer["s"].as_f64().map(Duration::from_secs_f64);
        Ok(took.map(|took| (took, answer["rows"].take())))
    }
}

impl Drop for Databases {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
