//! What is done with the archive beside reading it into the index: check it, read a log back, take old logs out, make
//! the index anew from it.

use std::io::{self, Read};
use std::path::Path;

use whoran_index::Index;
use whoran_ingest::{
    Archive, ArchiveSource, Hashed, Listed, Pruned, Source, Verification, create_private_dir,
};
use whoran_model::{DiagnosticKind, LogId, Timestamp};

use crate::known::Known;
use crate::lock::Lock;
use crate::run::{Opened, run_with};
use crate::source::Asked;
use crate::{Error, OnEvent, Outcome, RunOptions, stage};

/// Compares the archive in the directory `data` with its manifest, reading every byte. `head` is one that was kept
/// elsewhere: with it, a manifest that was cut short or written anew is found too. Takes no lock and writes nothing.
///
/// # Errors
/// The manifest cannot be read.
pub fn verify(data: &Path, head: Option<&str>) -> Result<Verification, Error> {
    Ok(Archive::verify(&data.join("archive"), head)?)
}

/// What a part of a log's name stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FoundLogs {
    /// This log.
    One(LogId),
    /// Any of these, in order.
    Several(Vec<LogId>),
    /// None.
    None,
}

/// Finds a log that the archive in `data` knows by its name, or by a part of it that no other log's name has.
///
/// # Errors
/// The manifest cannot be read.
pub fn find_log(data: &Path, name: &str) -> Result<FoundLogs, Error> {
    let archive = Archive::open(&data.join("archive"))?;
    let exact = LogId::new(name);
    if archive.latest(&exact).is_some() {
        return Ok(FoundLogs::One(exact));
    }
    let mut found: Vec<LogId> = archive
        .entries()
        .iter()
        .map(|e| &e.log.id)
        .filter(|id| id.as_str().contains(name))
        .cloned()
        .collect();
    found.sort_unstable();
    found.dedup();
    Ok(match found.len() {
        0 => FoundLogs::None,
        1 => FoundLogs::One(found.remove(0)),
        _ => FoundLogs::Several(found),
    })
}

/// A log's bytes as they were pulled; where it was read in place, as they are now.
pub struct Original {
    bytes: Hashed<Box<dyn Read + Send>>,
    recorded: Option<[u8; 32]>,
}

impl Original {
    /// Opens a log of the archive in `data`.
    ///
    /// # Errors
    /// The archive does not know the log, has pruned it, or cannot read it.
    pub fn open(data: &Path, log: &LogId) -> Result<Self, Error> {
        let archive = Archive::open(&data.join("archive"))?;
        let bytes = Hashed::new(archive.read(log)?);
        Ok(Self { bytes, recorded: archive.recorded(log) })
    }

    /// Whether what was read, to its end, is something else than what was indexed.
    pub fn has_changed(&self) -> bool {
        self.recorded.is_some_and(|recorded| recorded != self.bytes.sha256())
    }
}

impl Read for Original {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.bytes.read(buf)
    }
}

/// What [`prune`] would take out. Takes no lock and writes nothing.
///
/// # Errors
/// The manifest cannot be read.
pub fn prunable(data: &Path, before: Timestamp) -> Result<Pruned, Error> {
    Ok(Archive::open(&data.join("archive"))?.prunable(before))
}

/// Takes every log out of archive and index that is all from before `before` ([`Archive::prunable`]), and says so in the
/// manifest. Files and folders that are still there are left to their owner. Gives the new head too.
///
/// # Errors
/// As [`run`](crate::run()).
pub fn prune(
    data: &Path,
    before: Timestamp,
    options: &RunOptions,
    on_event: OnEvent<'_>,
) -> Result<(Pruned, String), Error> {
    create_private_dir(data)?;
    let _lock = Lock::take(data, &options.holder, options.wait)?;
    let mut archive = Archive::open(&data.join("archive"))?;
    let pruned = archive.prune(before, options.now)?;
    let mut head = archive.head().to_owned();
    if data.join("index").exists() {
        let (writer, _) = stage::index::open(&data.join("index"), &options.work)?;
        let outcome = run_with(
            Asked::archive(),
            data,
            Known::Read(archive),
            Opened::new(data, writer)?,
            options,
            on_event,
        )?;
        head = outcome.head.unwrap_or(head);
    }
    Ok((pruned, head))
}

/// Throws the index away and makes it anew from the archive and the files it names: it says the same as before.
///
/// # Errors
/// As [`run`](crate::run()), and [`Error::Vanished`] where files are gone that the index has the only trace of, unless
/// `drop_vanished`.
pub fn rebuild(
    data: &Path,
    drop_vanished: bool,
    options: &RunOptions,
    on_event: OnEvent<'_>,
) -> Result<Outcome, Error> {
    create_private_dir(data)?;
    let _lock = Lock::take(data, &options.holder, options.wait)?;
    let archive = Archive::open(&data.join("archive"))?;
    let dir = data.join("index");
    // An index that cannot be read holds no trace.
    let done = Index::open(&dir).and_then(|index| index.logs_done()).unwrap_or_default();
    let mut logs = Vec::new();
    ArchiveSource::new(&archive).list(&mut |listed| match listed {
        Listed::Skipped(d) if d.kind == DiagnosticKind::Vanished && done.contains_key(&d.log) => {
            logs.push(d.log)
        }
        _ => {}
    })?;
    if !drop_vanished && !logs.is_empty() {
        return Err(Error::Vanished { logs });
    }
    let writer = stage::index::empty(&dir, &options.work)?;
    run_with(Asked::archive(), data, Known::Read(archive), Opened::new(data, writer)?, options, on_event)
}
