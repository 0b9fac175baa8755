//! Reading: the state of the last commit.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::io::ErrorKind;
use std::ops::{Bound, RangeInclusive};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use rayon::prelude::*;
use tantivy::collector::{Count, DocSetCollector};
use tantivy::directory::MmapDirectory;
use tantivy::query::{BooleanQuery, Occur, Query as EngineQuery, RangeQuery, TermQuery, TermSetQuery};
use tantivy::schema::IndexRecordOption;
use tantivy::{DocAddress, IndexReader, ReloadPolicy, Searcher, Term};
use whoran_model::{Callers, CommandRecord, Fact, LogId, Session, SessionId, Timestamp};

use crate::codec::{Coded, decode, decode_mark, length};
use crate::document::{ASIDE, GAP, Kind, key};
use crate::error::{Error, Result};
use crate::fields::field;
use crate::log::{Checkpoint, LogDone, LogMark, Payload};
use crate::opened::Opened;
use crate::query::{Compiler, Expr, Query, Stand, holds};
use crate::schema::{MARK_COLUMN, SCHEMA_VERSION, Schema, tokenizers};
use crate::stored::Stored;
use crate::words::Lists;

/// An index to read from. It keeps seeing the commit it was opened at, or last [refreshed](Index::refresh) to.
#[derive(Clone)]
pub struct Index {
    dir: PathBuf,
    schema: Schema,
    engine: tantivy::Index,
    reader: IndexReader,
    checkpoint: Checkpoint,
    /// What is opened of the segments, and of which commit they are.
    opened: Arc<Mutex<(u64, Arc<Vec<Opened>>)>>,
    words: Lists,
}

impl std::fmt::Debug for Index {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Index")
            .field("dir", &self.dir)
            .field("checkpoint", &self.checkpoint)
            .finish_non_exhaustive()
    }
}

/// How many documents of each kind there are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DocumentCounts {
    /// Commands.
    pub commands: u64,
    /// Sessions.
    pub sessions: u64,
    /// Facts from beside the logs.
    pub events: u64,
    /// Logs that are done.
    pub logs: u64,
}

/// Which sessions to list.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SessionFilter {
    /// A condition on the fields that a session has itself, such as `identity`, `target` or `os_user`. A field that
    /// only commands have is never met.
    pub query: Option<Query>,
    /// Only sessions that may have gone on at this time or later.
    pub since: Option<Timestamp>,
    /// Only sessions that may have gone on before this time.
    pub until: Option<Timestamp>,
}

/// Where some facts lie together, as of the commit that is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct FactsAt(DocAddress);

/// So many records are read on several threads.
const MANY: usize = 256;

/// Refuses an index that says itself that it is of another version. What such a one was written with, the engine may not
/// even open.
pub(crate) fn check_version(dir: &Path) -> Result<()> {
    let meta = std::fs::read(dir.join("meta.json")).unwrap_or_default();
    let meta = serde_json::from_slice::<serde_json::Value>(&meta).unwrap_or_default();
    let payload = meta["payload"].as_str().and_then(|text| serde_json::from_str::<Payload>(text).ok());
    match payload.map(|payload| payload.schema) {
        Some(found) if found != SCHEMA_VERSION => {
            Err(Error::SchemaMismatch { dir: dir.to_owned(), found: Some(found), expected: SCHEMA_VERSION })
        }
        _ => Ok(()),
    }
}

/// Makes sure that the index has the layout this crate reads, and gives its payload.
pub(crate) fn check(dir: &Path, index: &tantivy::Index, schema: &Schema) -> Result<Checkpoint> {
    let meta = index.load_metas().map_err(|source| Error::engine(dir, source))?;
    let payload = meta.payload.as_deref().and_then(|text| serde_json::from_str::<Payload>(text).ok());
    // An index that was made and never committed to says nothing, and is ours if its fields are.
    let new = meta.payload.is_none() && meta.segments.is_empty();
    let found = payload.as_ref().map(|payload| payload.schema);
    if index.schema() != schema.engine || !(new || found == Some(SCHEMA_VERSION)) {
        return Err(Error::SchemaMismatch { dir: dir.to_owned(), found, expected: SCHEMA_VERSION });
    }
    Ok(payload.map(|payload| payload.checkpoint()).unwrap_or_default())
}

impl Index {
    /// Opens the index in `dir`.
    ///
    /// # Errors
    /// [`Error::Missing`] where there is none, [`Error::SchemaMismatch`] where it has another layout.
    pub fn open(dir: &Path) -> Result<Self> {
        let fail = |source| Error::engine(dir, source);
        match fs::metadata(dir.join("meta.json")) {
            Ok(_) => {}
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
                return Err(Error::Missing { dir: dir.to_owned() });
            }
            // it may be there, and not be ours to read
            Err(error) => return Err(Error::io(dir, error)),
        }
        check_version(dir)?;
        let files = MmapDirectory::open(dir).map_err(|source| fail(source.into()))?;
        let mut engine = tantivy::Index::open(files).map_err(fail)?;
        let schema = Schema::new();
        let checkpoint = check(dir, &engine, &schema)?;
        engine.set_tokenizers(tokenizers());
        let reader = engine.reader_builder().reload_policy(ReloadPolicy::Manual).try_into().map_err(fail)?;
        Ok(Self {
            dir: dir.to_owned(),
            schema,
            engine,
            reader,
            checkpoint,
            opened: Arc::default(),
            words: Lists::default(),
        })
    }

    /// Moves on to the latest commit.
    ///
    /// # Errors
    /// As for [`Index::open`].
    pub fn refresh(&mut self) -> Result<()> {
        self.checkpoint = check(&self.dir, &self.engine, &self.schema)?;
        self.words.clear();
        self.reader.reload().map_err(|source| self.fail(source))
    }

    /// The engine's own index, for who measures it: its schema, its tokenizers, what its fields take.
    pub fn engine(&self) -> &tantivy::Index {
        &self.engine
    }

    /// How far the archive and the context had come.
    pub fn checkpoint(&self) -> Checkpoint {
        self.checkpoint
    }

    /// How much there is.
    ///
    /// # Errors
    /// The index cannot be read.
    pub fn counts(&self) -> Result<DocumentCounts> {
        let searcher = self.searcher();
        let count = |kind| {
            let count = searcher.search(&*self.kind(kind), &Count).map_err(|source| self.fail(source))?;
            Ok(count as u64)
        };
        Ok(DocumentCounts {
            commands: count(Kind::Command)?,
            sessions: count(Kind::Session)?,
            events: self.count_facts()?,
            logs: count(Kind::Log)?,
        })
    }

    /// Every log that is done, with what tells whether it has changed since. Fast: a column, not the records.
    ///
    /// # Errors
    /// The index cannot be read.
    pub fn logs_done(&self) -> Result<HashMap<LogId, LogMark>> {
        let mut done = HashMap::new();
        for segment in self.searcher().segment_readers() {
            let Some(marks) = segment.fast_fields().bytes(MARK_COLUMN).map_err(|source| self.fail(source))?
            else {
                continue;
            };
            // most documents are commands and have none
            let ords = marks.ords();
            let mut docs: Vec<u32> = (0..ords.values.num_vals()).collect();
            done.reserve(docs.len());
            ords.index.select_batch_in_place(0, &mut docs);
            let alive = segment.alive_bitset();
            let rows = (0..).zip(docs).filter(|(_, doc)| alive.is_none_or(|alive| alive.is_alive(*doc)));
            let mut ords: Vec<u64> = rows.map(|(row, _)| ords.values.get_val(row)).collect();
            ords.sort_unstable();
            let mut damaged = false;
            let found =
                marks.dictionary().sorted_ords_to_term_cb(&ords, |bytes| {
                    match std::str::from_utf8(bytes).ok().and_then(decode_mark) {
                        Some((log, mark)) => drop(done.insert(log, mark)),
                        None => damaged = true,
                    }
                });
            if !found.map_err(|source| Error::io(&self.dir, source))? || damaged {
                return Err(self.damaged(Kind::Log));
            }
        }
        Ok(done)
    }

    /// Every log that holds a part of one of these sessions, ordered by name.
    ///
    /// # Errors
    /// The index cannot be read.
    pub fn logs_of_sessions<'a>(&self, ids: impl IntoIterator<Item = &'a SessionId>) -> Result<Vec<LogDone>> {
        let mut logs: Vec<LogDone> = self.load_all(Kind::Log, self.holding(ids))?;
        logs.sort_by(|a, b| a.log.id.cmp(&b.log.id));
        Ok(logs)
    }

    /// Every log of which something is missing in what was read, ordered by name.
    ///
    /// # Errors
    /// The index cannot be read.
    pub fn gapped_logs(&self) -> Result<Vec<LogDone>> {
        let mut logs: Vec<LogDone> = self.load_all(Kind::Log, self.gap())?;
        logs.sort_by(|a, b| a.log.id.cmp(&b.log.id));
        Ok(logs)
    }

    /// The whole record of one log.
    ///
    /// # Errors
    /// The index cannot be read.
    pub fn log(&self, id: &LogId) -> Result<Option<LogDone>> {
        Ok(self.load_all(Kind::Log, self.owned_by([key(Kind::Log, id.as_str())]))?.pop())
    }

    /// Those of the sessions that the index holds.
    ///
    /// # Errors
    /// The index cannot be read.
    pub fn held_sessions<'a>(
        &self,
        ids: impl IntoIterator<Item = &'a SessionId>,
    ) -> Result<HashSet<SessionId>> {
        let searcher = self.searcher();
        let mut held = HashSet::new();
        for id in ids {
            let owned = self.owned_by([key(Kind::Session, id.as_str())]);
            if searcher.search(&*owned, &Count).map_err(|source| self.fail(source))? > 0 {
                held.insert(id.clone());
            }
        }
        Ok(held)
    }

    /// One session.
    ///
    /// # Errors
    /// The index cannot be read.
    pub fn session(&self, id: &SessionId) -> Result<Option<Session>> {
        Ok(self.load_all(Kind::Session, self.owned_by([key(Kind::Session, id.as_str())]))?.pop())
    }

    /// The commands of one session, in order.
    ///
    /// # Errors
    /// The index cannot be read.
    pub fn commands_of(&self, id: &SessionId) -> Result<Vec<CommandRecord>> {
        let owned = self.owned_by([key(Kind::Session, id.as_str())]);
        let mut commands: Vec<CommandRecord> = self.load_all(Kind::Command, owned)?;
        commands.sort_by_key(|record| record.command.seq);
        Ok(commands)
    }

    /// The commands of one session whose places lie in that range, in order.
    ///
    /// # Errors
    /// The index cannot be read.
    pub fn commands_in(&self, id: &SessionId, places: RangeInclusive<u32>) -> Result<Vec<CommandRecord>> {
        let mut conditions = vec![self.owned_by([key(Kind::Session, id.as_str())])];
        if let Some(seq) = field("seq").and_then(|seq| self.schema.of(seq)) {
            let at = |place: &u32| Bound::Included(Term::from_field_f64(seq, f64::from(*place)));
            conditions.push(Box::new(RangeQuery::new(at(places.start()), at(places.end()))));
        }
        let query = Box::new(BooleanQuery::intersection(conditions));
        let mut commands: Vec<CommandRecord> = self.load_all(Kind::Command, query)?;
        commands.sort_by_key(|record| record.command.seq);
        Ok(commands)
    }

    /// Sessions, latest first; those without a time come last, and those alike are ordered by id.
    ///
    /// # Errors
    /// The index cannot be read.
    pub fn sessions(&self, filter: &SessionFilter) -> Result<Vec<Session>> {
        let mut sessions: Vec<Session> = match &filter.query {
            None => self.load_all(Kind::Session, self.kind(Kind::Session))?,
            Some(query) => {
                let expr = self.with_gaps(query.expr())?;
                let settled = self.with_values(&expr)?;
                let compiler =
                    Compiler { schema: &self.schema, words: &self.words, stand: Stand::Candidates };
                let mut found: Vec<Session> = self.load_all(Kind::Session, compiler.compile(&settled))?;
                found.retain(|session| {
                    let owner = key(Kind::Session, session.id.as_str());
                    holds(&expr, &owner, &|field| (field.of_session)(session))
                });
                found
            }
        };
        let bounded = filter.since.is_some() || filter.until.is_some();
        sessions.retain(|session| {
            let (Some(first), Some(last)) = (session.first.or(session.last), session.last.or(session.first))
            else {
                return !bounded;
            };
            filter.since.is_none_or(|since| last >= since) && filter.until.is_none_or(|until| first < until)
        });
        sessions.sort_by(|a, b| b.last.cmp(&a.last).then_with(|| a.id.cmp(&b.id)));
        Ok(sessions)
    }

    /// Gives every session to `each`, in no order that means anything, some of them in memory at once.
    ///
    /// # Errors
    /// The index cannot be read.
    pub fn each_session(&self, mut each: impl FnMut(Session)) -> Result<()> {
        let searcher = self.searcher();
        let found = self.found(&searcher, Kind::Session, self.kind(Kind::Session))?;
        for some in found.chunks(MANY) {
            self.load_each(&searcher, Kind::Session, some)?.into_iter().for_each(&mut each);
        }
        Ok(())
    }

    /// The condition, with what meets them in the place of those parts that no word of the index tells.
    pub(crate) fn settled(&self, expr: &Expr) -> Result<Expr> {
        self.with_values(&self.with_gaps(expr)?)
    }

    fn with_values(&self, expr: &Expr) -> Result<Expr> {
        expr.with_values(&self.schema, &self.words, &self.searcher()).map_err(|source| self.fail(source))
    }

    /// The condition, with the sessions in whose record something is missing where it asks for them.
    fn with_gaps(&self, expr: &Expr) -> Result<Expr> {
        let mut asked = false;
        expr.leaves(&mut |leaf| asked |= *leaf == Expr::Gap);
        if !asked {
            return Ok(expr.clone());
        }
        let sessions: Vec<Session> = self.load_all(Kind::Session, self.gap())?;
        let logs: Vec<LogDone> = self.load_all(Kind::Log, self.gap())?;
        let ids = sessions.into_iter().map(|session| session.id);
        let ids = ids.chain(logs.into_iter().flat_map(|log| log.sessions));
        let owners = Expr::Sessions(Arc::new(ids.map(|id| key(Kind::Session, id.as_str())).collect()));
        Ok(expr.replace(&|leaf| (*leaf == Expr::Gap).then(|| owners.clone())))
    }

    /// All facts, in no order that means anything.
    ///
    /// # Errors
    /// The index cannot be read.
    pub fn facts(&self) -> Result<Vec<Fact>> {
        let (mut facts, mut callers) = (Vec::new(), Callers::default());
        self.each_facts(true, |_, some| {
            let from = facts.len();
            facts.extend(some);
            // Here already, so that most never have a caller of their own.
            facts[from..].iter_mut().for_each(|fact| callers.share(fact));
        })?;
        Ok(facts)
    }

    /// Gives all facts to `each`, some at a time, in no order that means anything; those that stand aside only where they
    /// are asked for.
    ///
    /// # Errors
    /// The index cannot be read.
    pub fn each_facts(&self, aside: bool, mut each: impl FnMut(FactsAt, Vec<Fact>)) -> Result<()> {
        let searcher = self.searcher();
        let mut wanted = vec![(Occur::Must, self.kind(Kind::Event))];
        if !aside {
            let term = Term::from_field_text(self.schema.has, ASIDE);
            wanted.push((Occur::MustNot, Box::new(TermQuery::new(term, IndexRecordOption::Basic))));
        }
        let found = self.found(&searcher, Kind::Event, Box::new(BooleanQuery::new(wanted)))?;
        for at in found.chunks(MANY) {
            let some: Vec<Vec<Fact>> = self.load_each(&searcher, Kind::Event, at)?;
            at.iter().zip(some).for_each(|(at, facts)| each(FactsAt(*at), facts));
        }
        Ok(())
    }

    /// Gives those facts once more which [`each_facts`](Self::each_facts) gave with these places.
    ///
    /// # Errors
    /// The index cannot be read.
    pub fn facts_at(&self, places: &[FactsAt], mut each: impl FnMut(Vec<Fact>)) -> Result<()> {
        let searcher = self.searcher();
        for at in places.chunks(MANY) {
            let at: Vec<_> = at.iter().map(|at| at.0).collect();
            self.load_each(&searcher, Kind::Event, &at)?.into_iter().for_each(&mut each);
        }
        Ok(())
    }

    /// How many facts there are, without making them.
    fn count_facts(&self) -> Result<u64> {
        let searcher = self.searcher();
        let together = self.found(&searcher, Kind::Event, self.kind(Kind::Event))?;
        together.into_iter().map(|at| read(&self.dir, &searcher, Kind::Event, at, length)).sum()
    }

    pub(crate) fn searcher(&self) -> Searcher {
        self.reader.searcher()
    }

    /// What is opened of each segment.
    pub(crate) fn opened(&self, searcher: &Searcher) -> Arc<Vec<Opened>> {
        let commit = searcher.generation().generation_id();
        let mut kept = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.0 != commit || kept.1.len() != searcher.segment_readers().len() {
            let new = searcher.segment_readers().iter().map(|_| Opened::default());
            *kept = (commit, Arc::new(new.collect()));
        }
        Arc::clone(&kept.1)
    }

    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    pub(crate) fn schema(&self) -> &Schema {
        &self.schema
    }

    pub(crate) fn words(&self) -> &Lists {
        &self.words
    }

    pub(crate) fn kind(&self, kind: Kind) -> Box<dyn EngineQuery> {
        let term = Term::from_field_text(self.schema.doc, kind.name());
        Box::new(TermQuery::new(term, IndexRecordOption::Basic))
    }

    fn gap(&self) -> Box<dyn EngineQuery> {
        let term = Term::from_field_text(self.schema.has, GAP);
        Box::new(TermQuery::new(term, IndexRecordOption::Basic))
    }

    pub(crate) fn owned_by(&self, [key]: [[u8; 16]; 1]) -> Box<dyn EngineQuery> {
        Box::new(TermQuery::new(Term::from_field_bytes(self.schema.owner, &key), IndexRecordOption::Basic))
    }

    fn holding<'a>(&self, ids: impl IntoIterator<Item = &'a SessionId>) -> Box<dyn EngineQuery> {
        let keys = ids.into_iter().map(|id| key(Kind::Session, id.as_str()));
        Box::new(TermSetQuery::new(keys.map(|key| Term::from_field_bytes(self.schema.holds, &key))))
    }

    /// Every record of the kind that meets the condition, in the order in which they lie on disk.
    fn load_all<T: Coded + Send>(&self, kind: Kind, query: Box<dyn EngineQuery>) -> Result<Vec<T>> {
        let searcher = self.searcher();
        let found = self.found(&searcher, kind, query)?;
        self.load_each(&searcher, kind, &found)
    }

    /// Where those records lie, in that order.
    fn found(&self, searcher: &Searcher, kind: Kind, query: Box<dyn EngineQuery>) -> Result<Vec<DocAddress>> {
        let query = BooleanQuery::intersection(vec![query, self.kind(kind)]);
        let found = searcher.search(&query, &DocSetCollector).map_err(|source| self.fail(source))?;
        let mut found: Vec<_> = found.into_iter().collect();
        found.sort_unstable();
        Ok(found)
    }

    fn load_each<T: Coded + Send>(
        &self,
        searcher: &Searcher,
        kind: Kind,
        found: &[DocAddress],
    ) -> Result<Vec<T>> {
        let one = |at: &DocAddress| load(&self.dir, searcher, kind, *at);
        if found.len() < MANY {
            return found.iter().map(one).collect();
        }
        found.par_iter().with_min_len(MANY / 4).map(one).collect()
    }

    pub(crate) fn fail(&self, source: tantivy::TantivyError) -> Error {
        Error::engine(&self.dir, source)
    }

    pub(crate) fn damaged(&self, kind: Kind) -> Error {
        Error::Damaged { dir: self.dir.clone(), what: kind.name() }
    }
}

/// Reads one record back.
pub(crate) fn load<T: Coded>(dir: &Path, searcher: &Searcher, kind: Kind, at: DocAddress) -> Result<T> {
    read(dir, searcher, kind, at, decode)
}

/// What `of` makes of one record's text; without a result the record is damaged.
fn read<T>(
    dir: &Path,
    searcher: &Searcher,
    kind: Kind,
    at: DocAddress,
    of: impl FnOnce(&str) -> Option<T>,
) -> Result<T> {
    let Stored(text) = searcher.doc(at).map_err(|source| Error::engine(dir, source))?;
    of(&text).ok_or_else(|| Error::Damaged { dir: dir.to_owned(), what: kind.name() })
}
