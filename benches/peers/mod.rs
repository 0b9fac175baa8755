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

impl Exported {
    /// Writes the records, which are ordered by time.
    ///
    /// # Errors
    /// Whatever the file system says.
    pub fn write(dir: &Path, records: &[CommandRecord]) -> io::Result<Self> {
        std::fs::create_dir_all(dir)?;
        let rows = dir.join("rows.jsonl");
        let mut lines = BufWriter::new(File::create(&rows)?);
        let (mut texts, mut bytes) = (Vec::new(), 0);
        // Several files, so that ripgrep can use several threads.
        for (part, records) in records.chunks(records.len().div_ceil(16).max(1)).enumerate() {
            let path = dir.join(format!("text-{part:02}"));
            let mut text = BufWriter::new(File::create(&path)?);
            for record in records {
                serde_json::to_writer(&mut lines, &row(record))?;
                lines.write_all(b"\n")?;
                let command = &record.command;
                let user = command.os_user.as_ref().map_or("", |user| user.as_str());
                for part in [&record.id, &format!("os_user={user}"), &command.command, &command.output] {
                    write!(text, "{part}{BEHIND}")?;
                    bytes += part.len() as u64 + 1;
                }
                text.write_all(&[0])?;
            }
            text.flush()?;
            texts.push(path);
        }
        lines.flush()?;
        Ok(Self { rows, texts, bytes })
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
