//! Writing: what was parsed goes in by session, and exists from the commit on.

mod merges;
mod queue;
mod room;

use std::collections::HashSet;
use std::fs;
use std::mem::take;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock, RwLockReadGuard};

use tantivy::directory::error::LockError;
use tantivy::directory::{Directory, INDEX_WRITER_LOCK, MmapDirectory};
use tantivy::indexer::IndexWriterOptions;
use tantivy::store::Compressor;
use tantivy::{
    IndexReader, IndexSettings, IndexWriter, ReloadPolicy, SegmentPlugin, TantivyDocument, TantivyError, Term,
};
use whoran_model::{CommandRecord, LogId, Session, SessionId};

use self::merges::Merges;
use self::queue::{Budget, Weighed};
use self::room::Room;
pub use self::room::{Held, Taken};
use crate::batch::Batch;
use crate::document::{self, Key, Kind, key};
use crate::error::{Error, Result};
use crate::log::{Checkpoint, LogDone, Payload};
use crate::packed::PackedFacts;
use crate::reader::{check, check_version};
use crate::schema::{Schema, tokenizers};
use crate::times::TIMES;
use crate::words::WORDS;

/// What the engine needs per thread at least, in bytes.
const MIN_MEMORY: usize = 15_000_000;
/// The engine refuses more threads than this, and more memory per thread than that.
const MAX_THREADS: usize = 8;
const MAX_MEMORY: usize = 2_000_000_000;
/// So many bytes of records are compressed together, and decompressed for one of them.
const BLOCK: usize = 8 << 10;

/// How much of the machine a [`Writer`] may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WriterOptions {
    /// Threads that build the index, 1 to 8; fewer are used where memory does not suffice for all.
    pub threads: usize,
    /// Memory in bytes: half for what all threads together collect, at least 15 MB each, and a sixty-fourth for documents
    /// that wait for one. The rest is for what comes while a thread writes out, and what it needs for that.
    pub memory_bytes: usize,
}

impl Default for WriterOptions {
    fn default() -> Self {
        Self { threads: 2, memory_bytes: 128 << 20 }
    }
}

/// The only hand that writes an index. All of its calls but [`Writer::finish`] may come from many threads at once.
///
/// Dropping it forgets everything since the last commit.
pub struct Writer {
    dir: PathBuf,
    schema: Schema,
    threads: usize,
    /// Adds share the lock and a commit has it alone, so no commit falls into the middle of a session.
    engine: RwLock<IndexWriter<Weighed>>,
    budget: Budget,
    room: Room,
    /// What the last commit holds.
    reader: IndexReader,
    /// Keys added since.
    added: Mutex<HashSet<Key>>,
    /// Why nothing may be written any more: documents were lost, and a commit would hide it.
    failed: OnceLock<TantivyError>,
}

impl std::fmt::Debug for Writer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Writer").field("dir", &self.dir).finish_non_exhaustive()
    }
}

impl Writer {
    /// Opens the index in `dir`, which is made where there is none.
    ///
    /// # Errors
    /// [`Error::SchemaMismatch`] where it has another layout, [`Error::Locked`] where another writer is at work.
    pub fn open(dir: &Path, options: WriterOptions) -> Result<Self> {
        fs::create_dir_all(dir).map_err(|source| Error::io(dir, source))?;
        check_version(dir)?;
        let schema = Schema::new();
        let fail = |source| Error::engine(dir, source);
        let files = MmapDirectory::open(dir).map_err(|source| fail(source.into()))?;
        let memory = options.memory_bytes / 2;
        let threads = options.threads.clamp(1, MAX_THREADS).min((memory / MIN_MEMORY).max(1));
        let budget = Budget::new(options.memory_bytes / 64);
        let room = Room::new(memory, budget.clone());
        let beside: [Arc<dyn SegmentPlugin>; 3] = [Arc::new(WORDS), Arc::new(TIMES), Arc::new(room.clone())];
        let mut index = if tantivy::Index::exists(&files).map_err(|source| fail(source.into()))? {
            let mut index = tantivy::Index::open(files).map_err(fail)?;
            beside.into_iter().for_each(|file| index.register_plugin(file));
            index
        } else {
            wipe(dir)?;
            // Zstandard makes the whole index a seventh smaller, and reading a command twice as slow.
            let docstore_compression = Compressor::Lz4;
            let settings =
                IndexSettings { docstore_compression, docstore_blocksize: BLOCK, ..IndexSettings::default() };
            let new = tantivy::Index::builder().schema(schema.engine.clone()).settings(settings);
            let new = beside.into_iter().fold(new, |new, file| new.register_plugin(file));
            new.open_or_create(files).map_err(fail)?
        };
        check(dir, &index, &schema)?;
        index.set_tokenizers(tokenizers());

        let engine: IndexWriter<Weighed> = index
            .writer_with_options(
                IndexWriterOptions::builder()
                    .num_worker_threads(threads)
                    .memory_budget_per_thread(memory.clamp(MIN_MEMORY, MAX_MEMORY))
                    .num_merge_threads(1)
                    .build(),
            )
            .map_err(fail)?;
        engine.set_merge_policy(Box::new(Merges::default()));
        let reader = index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into().map_err(fail)?;
        Ok(Self {
            dir: dir.to_owned(),
            schema,
            threads,
            engine: RwLock::new(engine),
            budget,
            room,
            reader,
            added: Mutex::default(),
            failed: OnceLock::new(),
        })
    }

    /// Puts an empty index in the place of whatever index is in `dir`.
    ///
    /// # Errors
    /// [`Error::Locked`] where another writer is at work.
    pub fn recreate(dir: &Path, options: WriterOptions) -> Result<Self> {
        if dir.exists() {
            wipe(dir)?;
        }
        Self::open(dir, options)
    }

    /// Does without so many bytes, which somebody else holds, until what this gives is dropped: so much less is collected
    /// before it is written out. Where they are held for long, half is left all the same.
    pub fn do_without(&self, bytes: usize, held: Held) -> Taken {
        self.room.take(bytes, held)
    }

    /// Writes out what is collected, where that is more than may be beside what somebody else holds now: what is about to
    /// be taken needs not wait until enough documents have come for that. Blocks the other calls meanwhile.
    ///
    /// # Errors
    /// As for [`Writer::replace_session`].
    pub fn make_room(&self) -> Result<()> {
        if !self.room.is_overfull() {
            return Ok(());
        }
        let mut engine = self.engine.write().unwrap_or_else(PoisonError::into_inner);
        self.usable()?;
        // What is prepared and not committed stays as it is: written, and to be seen after the next commit.
        engine.prepare_commit().map(drop).map_err(|error| {
            let error = self.failed.get_or_init(|| error);
            Error::engine(&self.dir, error.clone())
        })
    }

    /// Puts a session and all its commands in the place of what the index holds of that session.
    ///
    /// # Errors
    /// The index cannot be written. From then on every call fails alike, and nothing since the last commit is kept.
    pub fn replace_session(&self, session: &Session, commands: &[CommandRecord]) -> Result<()> {
        let mut writing = self.session(&session.id)?;
        writing.commands(commands)?;
        writing.end(session)
    }

    /// Begins to put a session in the place of what the index holds of it, piece by piece. Until it is ended, a commit
    /// waits.
    ///
    /// # Errors
    /// As for [`Writer::replace_session`].
    pub fn session(&self, id: &SessionId) -> Result<SessionWriter<'_>> {
        let owner = key(Kind::Session, id.as_str());
        self.usable()?;
        let replacing = self.begin(owner).map_err(|error| self.fail(error))?;
        Ok(SessionWriter { writer: self, owner, replacing: Some(replacing) })
    }

    /// Takes a session and its commands out.
    ///
    /// # Errors
    /// As for [`Writer::replace_session`].
    pub fn remove_session(&self, session: &SessionId) -> Result<()> {
        self.replace(key(Kind::Session, session.as_str()), |_| Ok(()))
    }

    /// Records that a log is done, in place of an earlier record of it.
    ///
    /// # Errors
    /// As for [`Writer::replace_session`].
    pub fn put_log(&self, log: &LogDone) -> Result<()> {
        let owner = key(Kind::Log, log.log.id.as_str());
        self.replace(owner, |replacing| {
            replacing.put(|batch| document::log(&self.schema, &owner, log, batch))
        })
    }

    /// Takes out the record of a log and the facts that it held.
    ///
    /// # Errors
    /// As for [`Writer::replace_session`].
    pub fn remove_log(&self, log: &LogId) -> Result<()> {
        self.replace(key(Kind::Log, log.as_str()), |_| Ok(()))?;
        self.replace_facts(log, [])
    }

    /// Puts the facts that a log holds in the place of those that it held before.
    ///
    /// # Errors
    /// As for [`Writer::replace_session`].
    pub fn replace_facts(&self, log: &LogId, facts: impl IntoIterator<Item = PackedFacts>) -> Result<()> {
        let owner = key(Kind::Event, log.as_str());
        let put = |facts| move |batch: &mut Batch| document::events(&self.schema, &owner, &facts, batch);
        self.replace(owner, |replacing| facts.into_iter().try_for_each(|some| replacing.put(put(some))))
    }

    fn replace(
        &self,
        owner: Key,
        with: impl FnOnce(&mut Replacing<'_>) -> tantivy::Result<()>,
    ) -> Result<()> {
        self.usable()?;
        let replaced = self.begin(owner).and_then(|mut replacing| {
            with(&mut replacing)?;
            replacing.end()
        });
        replaced.map_err(|error| self.fail(error))
    }

    /// What to say where documents were lost. Nobody may be writing on this thread any more.
    fn fail(&self, error: TantivyError) -> Error {
        // The thread that failed knows why, and says so when it is waited for, which a commit begins with.
        let mut engine = self.engine.write().unwrap_or_else(PoisonError::into_inner);
        let error = self.failed.get_or_init(|| engine.prepare_commit().err().unwrap_or(error));
        Error::engine(&self.dir, error.clone())
    }

    fn begin(&self, owner: Key) -> tantivy::Result<Replacing<'_>> {
        let engine = self.engine.read().unwrap_or_else(PoisonError::into_inner);
        let term = Term::from_field_bytes(self.schema.owner, &owner);
        // A delete runs against every part of the index, so none is issued for what is new.
        let first = self.added.lock().unwrap_or_else(PoisonError::into_inner).insert(owner);
        if !first || self.reader.searcher().doc_freq(&term)? > 0 {
            engine.delete_term(term);
        }
        Ok(Replacing { engine, writer: self, batch: Batch::default() })
    }

    fn usable(&self) -> Result<()> {
        self.failed.get().map_or(Ok(()), |error| Err(Error::engine(&self.dir, error.clone())))
    }

    /// Makes everything so far durable and visible, together with how far that is. Blocks the other calls meanwhile.
    ///
    /// # Errors
    /// The index cannot be written; what was committed before is as it was.
    pub fn commit(&self, checkpoint: Checkpoint) -> Result<()> {
        let payload =
            serde_json::to_string(&Payload::new(checkpoint)).map_err(|e| Error::io(&self.dir, e.into()))?;
        let mut engine = self.engine.write().unwrap_or_else(PoisonError::into_inner);
        self.usable()?;
        self.try_commit(&mut engine, &payload).map_err(|error| {
            let error = self.failed.get_or_init(|| error);
            Error::engine(&self.dir, error.clone())
        })
    }

    fn try_commit(&self, engine: &mut IndexWriter<Weighed>, payload: &str) -> tantivy::Result<()> {
        let mut commit = engine.prepare_commit()?;
        commit.set_payload(payload);
        commit.commit()?;
        self.reader.reload()?;
        self.added.lock().unwrap_or_else(PoisonError::into_inner).clear();
        Ok(())
    }

    /// Lets the index go, and leaves few parts of what was committed. It does not commit.
    ///
    /// # Errors
    /// The index cannot be written; what was committed is safe.
    pub fn finish(self) -> Result<()> {
        let engine = self.engine.into_inner().unwrap_or_else(PoisonError::into_inner);
        let index = engine.index().clone();
        // What its threads hold is free before more is merged.
        let merged = engine.wait_merging_threads().and_then(|()| merges::tidy(&index, self.threads));
        merged.map_err(|source| Error::engine(&self.dir, source))
    }
}

/// Documents on their way into the place of those that their owner had.
struct Replacing<'w> {
    engine: RwLockReadGuard<'w, IndexWriter<Weighed>>,
    writer: &'w Writer,
    batch: Batch,
}

impl Replacing<'_> {
    fn put(&mut self, document: impl FnOnce(&mut Batch)) -> tantivy::Result<()> {
        document(&mut self.batch);
        if self.batch.is_full() { self.send() } else { Ok(()) }
    }

    fn end(mut self) -> tantivy::Result<()> {
        if self.batch.len() > 0 { self.send() } else { Ok(()) }
    }

    fn send(&mut self) -> tantivy::Result<()> {
        queue::send(&self.engine, &self.writer.schema, take(&mut self.batch), &self.writer.budget)
    }
}

/// A session that is written piece by piece. One that is not ended leaves a part of itself, so nothing may be committed
/// after that.
pub struct SessionWriter<'w> {
    writer: &'w Writer,
    owner: Key,
    /// Nothing once it has failed.
    replacing: Option<Replacing<'w>>,
}

impl std::fmt::Debug for SessionWriter<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SessionWriter").field("writer", self.writer).finish_non_exhaustive()
    }
}

impl SessionWriter<'_> {
    /// Adds the next commands.
    ///
    /// # Errors
    /// As for [`Writer::replace_session`].
    pub fn commands(&mut self, commands: &[CommandRecord]) -> Result<()> {
        let Self { writer, owner, replacing } = self;
        let Some(open) = replacing else { return writer.usable() };
        let put = |command| open.put(|batch| document::command(&writer.schema, owner, command, batch));
        commands.iter().try_for_each(put).map_err(|error| {
            *replacing = None;
            writer.fail(error)
        })
    }

    /// Adds the session itself, which is the last of it.
    ///
    /// # Errors
    /// As for [`Writer::replace_session`].
    pub fn end(self, session: &Session) -> Result<()> {
        let Self { writer, owner, replacing } = self;
        let Some(mut replacing) = replacing else { return writer.usable() };
        let put = replacing.put(|batch| document::session(&writer.schema, &owner, session, batch));
        let ended = put.and_then(|()| replacing.end());
        ended.map_err(|error| writer.fail(error))
    }
}

/// The documents that a session becomes: what [`Writer::replace_session`] hands to the engine.
pub fn documents(session: &Session, commands: &[CommandRecord]) -> Vec<TantivyDocument> {
    let (schema, owner) = (Schema::new(), key(Kind::Session, session.id.as_str()));
    let mut batch = Batch::default();
    commands.iter().for_each(|command| document::command(&schema, &owner, command, &mut batch));
    document::session(&schema, &owner, session, &mut batch);
    (0..batch.len()).map(|document| made(&batch, document)).collect()
}

/// A document of its own, which takes no more memory than it needs.
fn made(batch: &Batch, document: usize) -> TantivyDocument {
    let mut made = TantivyDocument::default();
    batch.values(document).for_each(|(field, value)| made.add_field_value(field, value));
    made.shrink_to_fit();
    made
}

/// Removes the files of an index, and no others. What makes it an index goes first, so that half of it is none.
fn wipe(dir: &Path) -> Result<()> {
    let files = MmapDirectory::open(dir).map_err(|source| Error::engine(dir, source.into()))?;
    let _lock = files.acquire_lock(&INDEX_WRITER_LOCK).map_err(|source| match source {
        LockError::LockBusy => Error::Locked { dir: dir.to_owned() },
        source => Error::engine(dir, TantivyError::LockFailure(source, None)),
    })?;
    let io = |source| Error::io(dir, source);
    for first in ["meta.json", ".managed.json"] {
        match fs::remove_file(dir.join(first)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(io(error)),
            _ => {}
        }
    }
    for entry in fs::read_dir(dir).map_err(io)? {
        let entry = entry.map_err(io)?;
        let name = entry.file_name();
        let stem = name.to_str().and_then(|name| name.split_once('.')).map_or("", |(stem, _)| stem);
        if stem.len() == 32 && stem.bytes().all(|b| b.is_ascii_hexdigit()) {
            fs::remove_file(entry.path()).map_err(io)?;
        }
    }
    Ok(())
}
