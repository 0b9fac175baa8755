//! What is indexed, for every reader.

use std::collections::{BTreeSet, HashSet};
use std::fs;
use std::iter::once;
use std::ops::{ControlFlow, RangeInclusive};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use jiff::tz::TimeZone;
use whoran_index::{FIELDS, Hits, Index, Query, QueryError, SearchOptions, SessionFilter};
use whoran_ingest::Archive;
use whoran_link::{Context, Gathering, Resolution};
use whoran_model::{CommandRecord, Diagnostic, Session, SessionId, Timestamp};

use crate::picture::{Completing, complete, complete_command};
use crate::{Error, Picture};

/// A data directory opened for reading. It sees the last commit from before it was opened; a run beside it does not
/// disturb it.
#[derive(Debug)]
pub struct Store {
    pub(crate) data: PathBuf,
    pub(crate) index: Index,
    /// What is known from beside the logs of sessions, and all of it, once somebody asked: the commit that is read stays the
    /// same.
    context: OnceLock<Arc<Context>>,
    whole_context: OnceLock<Arc<Context>>,
}

/// What facts beside the logs may know of a session.
const JOINED: &[&str] = &["identity", "person", "account", "region", "target", "target_name"];

/// What a search found.
#[derive(Debug)]
pub struct Found(Hits);

impl Found {
    /// How many commands meet the query. They are counted now, where finding the first ones did not tell.
    ///
    /// # Errors
    ///
    /// The index cannot be read.
    pub fn total(&self) -> Result<u64, Error> {
        Ok(self.0.total()?)
    }

    /// At least and at most how many commands meet the query: the same number, unless more than a thousand commands would
    /// have to be read to tell.
    ///
    /// # Errors
    ///
    /// The index cannot be read.
    pub fn bounds(&self) -> Result<RangeInclusive<u64>, Error> {
        Ok(self.0.bounds()?)
    }

    /// How many commands were read to tell, where the index alone could not.
    pub fn scanned(&self) -> u64 {
        self.0.scanned()
    }
}

/// What a beginning of a session id stands for.
#[derive(Debug)]
pub enum Lookup {
    /// This session.
    Found(Box<Session>),
    /// Any of these.
    Several(Vec<SessionId>),
    /// None.
    Missing,
}

/// What a data directory holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// The directory.
    pub data: PathBuf,
    /// Size of the index on disk, in bytes.
    pub index_bytes: u64,
    /// Logs read.
    pub logs: u64,
    /// Sessions in them.
    pub sessions: u64,
    /// Commands in those.
    pub commands: u64,
    /// Facts from beside the logs.
    pub facts: u64,
    /// Lines of the archive's manifest.
    pub archive_seq: u64,
    /// Lines of it that the index knows; fewer where a run was cut short.
    pub indexed_seq: u64,
    /// Hash of the manifest's last line.
    pub head: String,
    /// What was odd about logs, by their names, then about sessions, by their ids.
    pub diagnostics: Vec<Diagnostic>,
}

impl Store {
    /// Opens a data directory.
    ///
    /// # Errors
    ///
    /// [`Error::NoIndex`] where nothing was indexed yet, [`Error::Index`] where the index cannot be used.
    pub fn open(data: &Path) -> Result<Self, Error> {
        match Index::open(&data.join("index")) {
            Ok(index) => Ok(Self {
                data: data.to_owned(),
                index,
                context: OnceLock::new(),
                whole_context: OnceLock::new(),
            }),
            Err(whoran_index::Error::Missing { .. }) => Err(Error::NoIndex { dir: data.to_owned() }),
            Err(error) => Err(error.into()),
        }
    }

    pub(crate) fn index(&self) -> &Index {
        &self.index
    }

    pub(crate) fn archive(&self) -> Result<Archive, Error> {
        Ok(Archive::open(&self.data.join("archive"))?)
    }

    /// Tells what the field `secret` says where a secret was masked; nothing where none ever was. A secret is what was
    /// masked: the password alone, not the option or the user before it.
    ///
    /// # Errors
    ///
    /// The key of the fingerprints cannot be read.
    pub fn fingerprints(&self) -> Result<Option<impl Fn(&str) -> String>, Error> {
        Ok(crate::key::read(&self.data)?.map(|key| move |secret: &str| key.fingerprint(secret)))
    }

    /// The sessions that were begun with one of these access keys, or with credentials that one of them got, by id.
    ///
    /// # Errors
    ///
    /// The index cannot be read.
    pub fn sessions_begun_with(&self, keys: &[String]) -> Result<Vec<SessionId>, Error> {
        let (context, keys) = (self.context()?, keys.iter().map(String::as_str).collect::<HashSet<_>>());
        let begun = |id: &&SessionId| context.keys_behind(id).iter().any(|key| keys.contains(key));
        Ok(context.session_ids().into_iter().filter(begun).cloned().collect())
    }

    /// Gives every command that meets the query to `each`, until that breaks off, and says what there was to find,
    /// whatever the limit.
    ///
    /// # Errors
    ///
    /// The index cannot be read.
    pub fn search(
        &self,
        query: &Query,
        options: &SearchOptions,
        each: &mut dyn FnMut(CommandRecord) -> ControlFlow<()>,
    ) -> Result<Found, Error> {
        let mut hits = self.index.search(&self.settle(query)?, options)?;
        let Some(first) = hits.next() else { return Ok(Found(hits)) };
        let context = self.context()?;
        let mut completing = Completing::new(&context);
        for record in once(first).chain(&mut hits) {
            let mut record = record?;
            completing.command(&mut record, |id| self.index.session(id))?;
            if each(record).is_break() {
                break;
            }
        }
        Ok(Found(hits))
    }

    /// The query, where what facts say of sessions is put in the place of what it asks about them.
    pub(crate) fn settle(&self, query: &Query) -> Result<Query, Error> {
        if !query.asks(JOINED) {
            return Ok(query.clone());
        }
        Ok(query.settle(JOINED, &self.sessions()?))
    }

    /// How many commands would meet a query that asks for a person, were every session that of whom its caller says it is.
    ///
    /// # Errors
    ///
    /// The index cannot be read.
    pub fn count_if_claimed(&self, query: &Query, options: &SearchOptions) -> Result<u64, Error> {
        if !query.asks(&["person"]) {
            return Ok(0);
        }
        let picture = self.picture()?;
        let claims = picture.logged().map(|(session, known)| {
            let claimed = known.identity.person.as_ref().map(|person| person.name.clone());
            Session { person: session.person.clone().or(claimed), ..session.clone() }
        });
        let query = query.settle(JOINED, &claims.collect::<Vec<_>>());
        Ok(self.index.search(&query, &SearchOptions { limit: Some(0), ..options.clone() })?.total()?)
    }

    /// All sessions, ordered by id.
    ///
    /// # Errors
    ///
    /// The index cannot be read.
    pub fn sessions(&self) -> Result<Vec<Session>, Error> {
        let (context, mut sessions) = (self.context()?, self.logged()?);
        sessions.iter_mut().for_each(|session| drop(complete(&context, session)));
        Ok(sessions)
    }

    pub(crate) fn logged(&self) -> Result<Vec<Session>, Error> {
        let mut sessions = self.index.sessions(&SessionFilter::default())?;
        sessions.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(sessions)
    }

    /// Gives every session that has a log to `each`, in no order that means anything, with all that is known of it. Unlike
    /// a [`Picture`], it holds few of them at once.
    ///
    /// # Errors
    ///
    /// The index cannot be read.
    pub fn each_logged(&self, mut each: impl FnMut(&Session, &Resolution)) -> Result<(), Error> {
        let context = self.context()?;
        Ok(self.index.each_session(|mut session| {
            let known = complete(&context, &mut session);
            each(&session, &known);
        })?)
    }

    /// What is known from beside the logs of sessions, without the calls that lead to none ([`Gathering`]).
    ///
    /// # Errors
    ///
    /// The index cannot be read.
    pub fn context(&self) -> Result<Arc<Context>, Error> {
        if let Some(context) = self.whole_context.get().or(self.context.get()) {
            return Ok(Arc::clone(context));
        }
        let mut gathering = Gathering::default();
        self.index.each_facts(true, |at, facts| gathering.add(at, facts))?;
        let leading = gathering.leading();
        self.index.facts_at(&leading, |facts| gathering.again(facts))?;
        Ok(Arc::clone(self.context.get_or_init(|| Arc::new(gathering.context()))))
    }

    /// Every session that logs or facts name, with all that is known of it.
    ///
    /// # Errors
    ///
    /// The index cannot be read.
    pub fn picture(&self) -> Result<Picture, Error> {
        Ok(Picture::new(self.context()?, self.logged()?))
    }

    /// The same beside all calls that were recorded, for who tells of calls that lead to no session too. It holds each of
    /// them.
    ///
    /// # Errors
    ///
    /// The index cannot be read.
    pub fn whole_picture(&self) -> Result<Picture, Error> {
        if self.whole_context.get().is_none() {
            let context = Arc::new(Context::new(self.index.facts()?));
            self.whole_context.get_or_init(|| context);
        }
        self.picture()
    }

    /// The session with this id, or the one whose id begins so.
    ///
    /// # Errors
    ///
    /// The index cannot be read.
    pub fn lookup(&self, beginning: &str) -> Result<Lookup, Error> {
        if let Ok(id) = beginning.parse()
            && let Some(mut session) = self.index.session(&id)?
        {
            let context = self.context()?;
            complete(&context, &mut session);
            return Ok(Lookup::Found(Box::new(session)));
        }
        let mut found = self.sessions()?;
        found.retain(|session| session.id.as_str().starts_with(beginning));
        Ok(match found.pop() {
            None => Lookup::Missing,
            Some(only) if found.is_empty() => Lookup::Found(Box::new(only)),
            Some(last) => {
                Lookup::Several(found.into_iter().chain([last]).map(|session| session.id).collect())
            }
        })
    }

    /// The commands of a session, in order.
    ///
    /// # Errors
    ///
    /// The index cannot be read.
    pub fn commands(&self, session: &SessionId) -> Result<Vec<CommandRecord>, Error> {
        self.completed(session, self.index.commands_of(session)?)
    }

    /// Those whose places in the session lie in that range.
    pub(crate) fn commands_in(
        &self,
        session: &SessionId,
        places: RangeInclusive<u32>,
    ) -> Result<Vec<CommandRecord>, Error> {
        self.completed(session, self.index.commands_in(session, places)?)
    }

    fn completed(
        &self,
        session: &SessionId,
        mut commands: Vec<CommandRecord>,
    ) -> Result<Vec<CommandRecord>, Error> {
        if let Some(mut session) = self.index.session(session)? {
            let context = self.context()?;
            complete(&context, &mut session);
            commands.iter_mut().for_each(|record| complete_command(&session, record));
        }
        Ok(commands)
    }

    /// What was odd about a session, in it and in the logs that hold it: where a log breaks off, so may any session in it.
    ///
    /// # Errors
    ///
    /// The index cannot be read.
    pub fn oddities(&self, session: &Session) -> Result<Vec<Diagnostic>, Error> {
        let mut odd = Vec::new();
        for log in session.logs.iter().map(|log| &log.log).collect::<BTreeSet<_>>() {
            let of_log = self.index.log(log)?.into_iter().flat_map(|done| done.diagnostics);
            odd.extend(of_log.filter(|d| d.session.as_ref().is_none_or(|id| *id == session.id)));
        }
        odd.extend(session.diagnostics.iter().cloned());
        Ok(odd)
    }

    /// What there is, and what was odd about it.
    ///
    /// # Errors
    ///
    /// Index or archive cannot be read.
    pub fn status(&self) -> Result<Status, Error> {
        let counts = self.index.counts()?;
        let archive = self.archive()?;
        let mut logs: Vec<_> = self.index.logs_done()?.into_keys().collect();
        logs.sort();
        let mut diagnostics = Vec::new();
        for log in logs {
            diagnostics.extend(self.index.log(&log)?.into_iter().flat_map(|done| done.diagnostics));
        }
        diagnostics.extend(self.logged()?.into_iter().flat_map(|session| session.diagnostics));
        Ok(Status {
            data: self.data.clone(),
            index_bytes: size_of_dir(&self.data.join("index")),
            logs: counts.logs,
            sessions: counts.sessions,
            commands: counts.commands,
            facts: counts.events,
            archive_seq: archive.seq(),
            indexed_seq: self.index.checkpoint().archive_seq,
            head: archive.head().to_owned(),
            diagnostics,
        })
    }
}

/// Reads a query; dates in it are of `zone`, and ages such as `since:7d` count back from `now`.
///
/// # Errors
///
/// Where and why it cannot be understood.
pub fn query(text: &str, zone: &TimeZone, now: Timestamp) -> Result<Query, QueryError> {
    Query::parse_at(text, zone, now)
}

/// The columns of an export, keys of the wire.
pub fn export_columns() -> Vec<&'static str> {
    FIELDS.iter().filter(|field| field.column).map(|field| field.key).collect()
}

/// Files of a folder without folders in it. One that goes away meanwhile, as an index's do, counts nothing.
fn size_of_dir(dir: &Path) -> u64 {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    entries
        .filter_map(|entry| entry.metadata().ok())
        .filter(|meta| meta.is_file())
        .map(|meta| meta.len())
        .sum()
}
