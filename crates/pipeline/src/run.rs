//! The whole run on one screen.

use std::collections::HashMap;
use std::path::Path;

use whoran_index::{Checkpoint, Held, Index, LogMark, Writer};
use whoran_ingest::{
    Archive, ArchiveSource, FolderSource, Listed, Source, create_private_dir, name_of_path, path_of_name,
};
use whoran_link::{Linked, Reading};
use whoran_model::{LogId, Session, Timestamp};

use crate::folders;
use crate::key;
use crate::known::Known;
use crate::lock::Lock;
use crate::source::Asked;
use crate::spool::Spool;
use crate::stage::{self, Listing, RoutedLog, Routing, SessionLogs, SourceNumber};
use crate::{Error, Event, Inputs, OnEvent, Outcome, Secrets, Step, Work};

/// The sources of a run, by their place in its list: what the inputs name, and what the archive knows.
const FOLDERS: SourceNumber = 0;
const ARCHIVE: SourceNumber = 1;

/// After so many bytes of logs, what was done so far is made to last.
const COMMIT_EVERY: u64 = 1 << 30;

/// About so many bytes a run keeps of each log until its end, its sessions among them.
const KEPT_OF_A_LOG: usize = 512;

/// About so many bytes a session takes for each of its logs' while it is parsed.
const PARSED_OF_A_BYTE: usize = 3;

/// How to run.
#[derive(Debug, Clone)]
pub struct RunOptions {
    /// How much of the machine to use.
    pub work: Work,
    /// What to tell others who want the lock: process and command.
    pub holder: String,
    /// Whether to wait for another process that has the lock.
    pub wait: bool,
    /// The time now, noted in the archive beside what is read.
    pub now: Timestamp,
}

/// Reads what is new in the inputs into the index in the directory `data`, which is made where there is none. Without
/// inputs, what the archive knows is looked at again, and the folders that were given before.
///
/// Killed at any moment, it leaves the index as of its last commit, and the next run does what is left: nothing is
/// lost and nothing doubled. Running it again on unchanged inputs changes nothing.
///
/// # Errors
///
/// A path that does not exist, another process at work on `data`, a disk that is full, an index that cannot be
/// written. A bad log is a diagnostic.
pub fn run(
    inputs: Inputs,
    data: &Path,
    options: &RunOptions,
    on_event: OnEvent<'_>,
) -> Result<Outcome, Error> {
    create_private_dir(data)?;
    let _lock = Lock::take(data, &options.holder, options.wait)?;
    let asked = Asked::of(inputs, data)?;
    let (writer, rebuilt) = stage::index::open(&data.join("index"), &options.work)?;
    let look = |indexed| Known::look(&data.join("archive"), indexed);
    let (index, archive) = Opened::beside(data, writer, look)?;
    let outcome = run_with(asked, data, archive?, index, options, on_event)?;
    Ok(Outcome { rebuilt, ..outcome })
}

/// The index, to write to and to ask what was done before.
pub(crate) struct Opened {
    writer: Writer,
    index: Index,
    done: HashMap<LogId, LogMark>,
}

impl Opened {
    pub(crate) fn new(data: &Path, writer: Writer) -> Result<Self, Error> {
        Ok(Self::beside(data, writer, |_| ())?.0)
    }

    /// The same, with other work on a thread of its own meanwhile, which is told how far the index has come.
    fn beside<T: Send>(
        data: &Path,
        writer: Writer,
        work: impl FnOnce(Checkpoint) -> T + Send,
    ) -> Result<(Self, T), Error> {
        let index = Index::open(&data.join("index"))?;
        let checkpoint = index.checkpoint();
        let (done, worked) = std::thread::scope(|scope| {
            let work = scope.spawn(|| work(checkpoint));
            let done = index.logs_done();
            (done, work.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
        });
        Ok((Self { writer, done: done?, index }, worked))
    }
}

/// The run itself, under a lock that the caller holds.
pub(crate) fn run_with(
    asked: Asked,
    data: &Path,
    archive: Known,
    Opened { writer, index, done }: Opened,
    options: &RunOptions,
    on_event: OnEvent<'_>,
) -> Result<Outcome, Error> {
    let spool = Spool::new(Some(data))?;
    let secrets = Secrets::Masked(Some(key::read_or_make(data)?));
    let run = Run { options, on_event, writer, index, spool, secrets };
    options.work.pool(|| run.all(asked, archive, &done))?
}

/// What all stages of one run share.
struct Run<'a> {
    options: &'a RunOptions,
    on_event: OnEvent<'a>,
    writer: Writer,
    index: Index,
    spool: Spool,
    secrets: Secrets,
}

impl Run<'_> {
    fn all(self, asked: Asked, archive: Known, done: &HashMap<LogId, LogMark>) -> Result<Outcome, Error> {
        let (cap, on_event) = (self.options.work.max_decompressed, self.on_event);
        on_event(Event::Began(Step::List));
        let (archive, paths) = archive.list_for(&asked)?;
        let folders = FolderSource::open(paths)?;
        let mut listing = Listing::of(FOLDERS, &folders, done)?;
        let mut archive = match archive {
            Known::Unchanged(archive)
                if asked.inputs.stdin.is_none() && listing.is_all_done(archive.pruned_logs(), done) =>
            {
                on_event(Event::Ended(Step::List));
                return self.nothing_new(listing, archive.head(), done);
            }
            archive => archive.read()?,
        };
        self.list_known(asked, &mut archive, done, &mut listing)?;
        on_event(Event::Ended(Step::List));
        let gone = stage::gone(&archive, &mut listing, done);
        let mut outcome = Outcome::of_listing(&listing, on_event);

        let sources: [&dyn Source; 2] = [&folders, &ArchiveSource::new(&archive)];
        let (fresh, skipped) = listing.end();
        let routing = Routing { sources: &sources, cap, spool: &self.spool, masked: true, on_event };
        let fresh = stage::route(fresh, &routing, stage::set_apart);
        outcome.add_logs(&fresh);
        on_event(Event::Began(Step::Link));
        let readings = stage::facts::Readings::new(&fresh, &gone, &self.index);
        let mut touched = stage::touched(&fresh, &gone, &self.index, done)?;
        touched.extend(readings.reread(done)?);
        let others = stage::drawn_in(&touched, &fresh, &gone, &self.index, ARCHIVE)?;
        on_event(Event::Ended(Step::Link));
        let others = stage::route(others, &routing, stage::set_apart);
        outcome.add_lost(&others);
        Step::Note.does(on_event, || self.note_in_place(&fresh, &mut archive))?;
        let (archive_seq, archive_head) = (archive.seq(), archive.head_hash());
        outcome.head = Some(archive.head().to_owned());

        // What lies in folders is read again from there, and what the archive knows of all logs takes much memory.
        let mut read = fresh.iter().chain(&others);
        let archive = read.any(|log| log.source == ARCHIVE).then_some(archive);
        let archive = archive.as_ref().map(ArchiveSource::new);
        let sources: [&dyn Source; 2] = [&folders, archive.as_ref().map_or(&folders, |archive| archive)];
        let sessions = stage::gather(fresh.iter().chain(&others), |id| touched.contains(id), on_event);
        let unasked = Reading::default();
        let reading =
            if sessions.is_empty() { &unasked } else { Step::Link.does(on_event, || readings.now())? };
        // Out of those that are left, no log holds a part any longer.
        touched.retain(|id| sessions.binary_search_by(|session| session.id.cmp(id)).is_err());
        let _kept = self.writer.do_without((fresh.len() + others.len()) * KEPT_OF_A_LOG, Held::Long);
        let mut pending = stage::index::Pending::new(&fresh, &others, &self.writer)?;
        let before = self.index.checkpoint();
        let mut uncommitted = 0;
        for batch in stage::batches(&sessions, self.options.work.in_flight()) {
            let indexed = stage::in_parallel(batch, self.options.work.at_once(), |logs| {
                self.session(logs, reading, &sources)
            });
            for session in indexed {
                outcome.add_session(&session?);
            }
            pending.indexed(batch, &self.writer)?;
            uncommitted += batch.iter().map(SessionLogs::bytes).sum::<u64>();
            if uncommitted >= COMMIT_EVERY {
                self.commit(before)?;
                uncommitted = 0;
            }
        }
        stage::index::remove(&touched, &self.writer)?;
        stage::facts::put(&fresh, done, &self.spool, &self.writer)?;
        stage::index::forget(&gone, &self.writer)?;
        let skipped = stage::index::put_skipped(&skipped, done, &self.writer)?;

        let after = Checkpoint { archive_seq, archive_head, ..before };
        if after != before || skipped || !fresh.is_empty() || !gone.is_empty() {
            self.commit(after)?;
        }
        Step::Merge.does(on_event, || self.writer.finish())?;
        Ok(outcome)
    }

    /// The rest of a run that has no log to read, of an archive with that head.
    fn nothing_new(
        self,
        listing: Listing,
        head: String,
        done: &HashMap<LogId, LogMark>,
    ) -> Result<Outcome, Error> {
        let outcome = Outcome { head: Some(head), ..Outcome::of_listing(&listing, self.on_event) };
        if stage::index::put_skipped(&listing.skipped, done, &self.writer)? {
            self.commit(self.index.checkpoint())?;
        }
        Step::Merge.does(self.on_event, || self.writer.finish())?;
        Ok(outcome)
    }

    /// Reads a session a second time, from its logs into the index.
    fn session(
        &self,
        logs: &SessionLogs<'_>,
        reading: &Reading,
        sources: &[&dyn Source],
    ) -> Result<Session, Error> {
        let (work, on_event) = (&self.options.work, self.on_event);
        let hints = Step::Link.does(on_event, || reading.hints(logs.id));
        let _parsing = self.writer.do_without(logs.bytes() as usize * PARSED_OF_A_BYTE, Held::Briefly);
        if logs.bytes() > work.at_once() / 2 {
            Step::Index.does(on_event, || self.writer.make_room())?;
        }
        let from = (sources, work.max_decompressed, &self.spool);
        let parse = || stage::parse_within(logs, &hints, from, work.held(), &self.secrets);
        let session = match Step::Parse.does(on_event, parse) {
            stage::Found::Whole(parsed) => {
                let linked = Step::Link.does(on_event, || Linked::of(parsed));
                let masked = Step::Mask.does(on_event, || stage::mask(linked, &self.secrets));
                Step::Index.does(on_event, || stage::index::put(masked, &self.writer))
            }
            stage::Found::Large(large) => stage::index::put_large(large, logs.id, on_event, &self.writer),
        }?;
        on_event(Event::Parsed { bytes: logs.bytes(), commands: session.commands() });
        Ok(session)
    }

    /// Takes from the archive what its files are called there, standard input, and where that is asked for all it knows.
    fn list_known(
        &self,
        asked: Asked,
        archive: &mut Archive,
        done: &HashMap<LogId, LogMark>,
        listing: &mut Listing,
    ) -> Result<(), Error> {
        // What the archive has and the index has not is read too: a run was killed, or the index was thrown away.
        let behind = self.index.checkpoint().archive_seq < archive.seq();
        if listing.fresh.iter().any(|found| !done.contains_key(&found.log.id)) {
            let names = folders::names(archive);
            if !names.is_empty() {
                listing.rename(ARCHIVE, |log| known_as(log, &names), done);
            }
        }
        if let Some(mut stdin) = asked.inputs.stdin {
            let log = archive.append_stdin(self.options.now, &mut stdin)?;
            archive.commit()?;
            listing.offer(ARCHIVE, Listed::Log(log), done);
        }
        if behind || asked.archive {
            listing.add(ARCHIVE, &ArchiveSource::new(archive), done)?;
        }
        Ok(())
    }

    /// Writes down in the archive what was read where it lies, before the index says that it is done.
    fn note_in_place(&self, logs: &[RoutedLog], archive: &mut Archive) -> Result<(), Error> {
        for log in logs.iter().filter(|log| !log.unreadable) {
            archive.note_in_place(&log.log, log.sha256, self.options.now)?;
        }
        Ok(archive.commit()?)
    }

    fn commit(&self, checkpoint: Checkpoint) -> Result<(), Error> {
        Step::Commit.does(self.on_event, || self.writer.commit(checkpoint))?;
        (self.on_event)(Event::Committed);
        Ok(())
    }
}

/// The name that a file has in the archive, where that is another one: `names` are by those of absolute paths.
fn known_as(log: &LogId, names: &HashMap<LogId, LogId>) -> Option<LogId> {
    let path = std::path::absolute(path_of_name(log.as_str())).ok()?;
    names.get(&name_of_path(&path)).filter(|id| *id != log).cloned()
}
