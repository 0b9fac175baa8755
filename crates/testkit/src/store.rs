//! Where generated files go, in which container and how compressed.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use flate2::{Compression, write::GzEncoder};

use crate::Dice;
use crate::agent::{LogEvent, filter_output, get_output, subscription};

const LOG_GROUP: &str = "/ssm/sessions";
/// So many sessions share a container that holds several.
const SESSIONS_PER_MIX: usize = 4;

/// What holds a session's CloudWatch events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Container {
    /// A file of its own, one event a line.
    Lines,
    /// Output of `get-log-events` for a stream of events.
    GetOutput,
    /// Output of `get-log-events` for a plain upload.
    GetPlain,
    /// Output of `filter-log-events`, shared with other sessions.
    FilterOutput,
    /// One event a line, several sessions in turn.
    MixedLines,
    /// Subscription-filter payloads, one a line.
    Subscription,
}

/// Events of several sessions that wait for their common file.
#[derive(Debug)]
struct Mix {
    path: String,
    sessions: usize,
    events: Vec<LogEvent>,
}

/// The corpus folder.
#[derive(Debug)]
pub(crate) struct Store {
    dir: PathBuf,
    bytes: u64,
    logs: u64,
    filter: Mix,
    lines: Mix,
}

impl Store {
    pub(crate) fn new(dir: &Path, dice: &mut Dice) -> Self {
        let (filter, lines) = (Mix::new("filter", "json", dice), Mix::new("mixed", "jsonl", dice));
        Self { dir: dir.into(), bytes: 0, logs: 0, filter, lines }
    }

    /// Decompressed bytes of all logs written, or waiting to be.
    pub(crate) fn bytes(&self) -> u64 {
        let waiting = |mix: &Mix| mix.events.iter().map(|e| e.message.len() as u64 + 1).sum::<u64>();
        self.bytes + waiting(&self.filter) + waiting(&self.lines)
    }

    pub(crate) fn logs(&self) -> u64 {
        self.logs
    }

    /// Stores an S3 transcript; returns its path below the folder.
    pub(crate) fn transcript(&mut self, dice: &mut Dice, id: &str, text: &[u8]) -> io::Result<String> {
        self.log(dice, format!("logs/s3/sessions/{id}.log"), text)
    }

    /// Stores a session's events in a container; returns its path below the folder.
    pub(crate) fn events(
        &mut self,
        dice: &mut Dice,
        events: &[LogEvent],
        container: Container,
        owner: &str,
    ) -> io::Result<String> {
        let stream = events.first().map_or("empty", |e| &e.stream);
        let place = |kind: &str, ext: &str| format!("logs/cloudwatch/{kind}/{stream}.{ext}");
        match container {
            Container::Lines => {
                let text: String = events.iter().map(|e| e.message.clone() + "\n").collect();
                self.log(dice, place("stream", "jsonl"), text.as_bytes())
            }
            Container::GetOutput | Container::GetPlain => {
                let kind = if container == Container::GetPlain { "plain" } else { "get" };
                let text = get_output(events, dice.chance(50));
                self.log(dice, place(kind, "json"), text.as_bytes())
            }
            Container::Subscription => {
                let text: String = events.chunks(5).map(|c| subscription(c, owner, LOG_GROUP)).collect();
                self.log(dice, place("subscription", "jsonl"), text.as_bytes())
            }
            Container::FilterOutput | Container::MixedLines => {
                let mix =
                    if container == Container::FilterOutput { &mut self.filter } else { &mut self.lines };
                mix.events.extend_from_slice(events);
                mix.sessions += 1;
                let path = mix.path.clone();
                if mix.sessions == SESSIONS_PER_MIX {
                    self.flush_one(dice, container)?;
                }
                Ok(path)
            }
        }
    }

    /// Writes what still waits for more sessions.
    pub(crate) fn flush(&mut self, dice: &mut Dice) -> io::Result<()> {
        self.flush_one(dice, Container::FilterOutput)?;
        self.flush_one(dice, Container::MixedLines)
    }

    fn flush_one(&mut self, dice: &mut Dice, container: Container) -> io::Result<()> {
        let filter = container == Container::FilterOutput;
        let (slot, next) = match filter {
            true => (&mut self.filter, Mix::new("filter", "json", dice)),
            false => (&mut self.lines, Mix::new("mixed", "jsonl", dice)),
        };
        let mut mix = std::mem::replace(slot, next);
        if mix.events.is_empty() {
            return Ok(());
        }
        let text = match filter {
            true => filter_output(&mix.events, dice.chance(50)),
            false => {
                mix.events.sort_by_key(|e| e.timestamp);
                mix.events.iter().map(|e| e.message.clone() + "\n").collect()
            }
        };
        self.write_log(&mix.path, text.as_bytes())
    }

    /// Stores a context file; `.gz` names are compressed.
    pub(crate) fn context(&self, path: &str, text: &[u8]) -> io::Result<()> {
        self.write(&format!("context/{path}"), text)
    }

    /// Stores a file of the truth.
    pub(crate) fn top(&self, name: &str, text: &str) -> io::Result<()> {
        self.write(name, text.as_bytes())
    }

    /// Stores one session's truth in the layout the scorer reads.
    pub(crate) fn case(&self, id: &str, meta: &str, truth: &str, negatives: &str) -> io::Result<()> {
        for (name, text) in [("meta.json", meta), ("truth.jsonl", truth), ("negatives.jsonl", negatives)] {
            self.write(&format!("cases/{id}/{name}"), text.as_bytes())?;
        }
        Ok(())
    }

    fn log(&mut self, dice: &mut Dice, path: String, text: &[u8]) -> io::Result<String> {
        let path = path + extension(dice);
        self.write_log(&path, text)?;
        Ok(path)
    }

    fn write_log(&mut self, path: &str, text: &[u8]) -> io::Result<()> {
        self.bytes += text.len() as u64;
        self.logs += 1;
        self.write(path, text)
    }

    fn write(&self, path: &str, text: &[u8]) -> io::Result<()> {
        let file = self.dir.join(path);
        fs::create_dir_all(file.parent().unwrap_or(&self.dir))?;
        let stored = if path.ends_with(".gz") {
            let mut gz = GzEncoder::new(Vec::new(), Compression::fast());
            gz.write_all(text)?;
            gz.finish()?
        } else if path.ends_with(".zst") {
            zstd::encode_all(text, 1)?
        } else {
            return fs::write(file, text);
        };
        fs::write(file, stored)
    }
}

impl Mix {
    fn new(kind: &str, ext: &str, dice: &mut Dice) -> Self {
        let path = format!("logs/cloudwatch/{kind}/{}.{ext}{}", dice.hex(12), extension(dice));
        Self { path, sessions: 0, events: Vec::new() }
    }
}

/// How a log is compressed, as its name tells.
fn extension(dice: &mut Dice) -> &'static str {
    dice.weighted(&[(70, ""), (20, ".gz"), (10, ".zst")])
}
