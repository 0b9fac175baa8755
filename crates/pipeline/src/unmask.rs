//! What logs show with nothing masked, read again from them: for those who may see it, and on the record.

use std::collections::{BTreeSet, HashMap};
use std::io;

use whoran_ingest::{Archive, ArchiveSource, Source};
use whoran_link::{Linked, Reading};
use whoran_model::{Command, CommandRecord, LogId, SessionId};

use crate::spool::Spool;
use crate::stage::{self, FoundLog, RoutedLog, Routing};
use crate::{Error, Secrets, Store, Work};

/// Sessions as their logs show them today, whatever was masked.
#[derive(Debug)]
pub struct Originals<'a> {
    store: &'a Store,
    archive: Archive,
    work: Work,
    /// How sessions are to be read, once one is.
    reading: Option<Reading>,
    /// The commands of sessions read so far, by id.
    commands: HashMap<SessionId, HashMap<String, Command>>,
    changed: BTreeSet<LogId>,
}

impl Store {
    /// Prepares to read sessions again from their logs.
    ///
    /// # Errors
    /// The archive's manifest cannot be read.
    pub fn originals(&self, work: Work) -> Result<Originals<'_>, Error> {
        let archive = self.archive()?;
        let (reading, commands, changed) = (None, HashMap::new(), BTreeSet::new());
        Ok(Originals { store: self, archive, work, reading, commands, changed })
    }
}

impl Originals<'_> {
    /// The logs read so far that are no more what was indexed.
    pub fn changed(&self) -> &BTreeSet<LogId> {
        &self.changed
    }

    /// Gives a command the texts that its logs show. `false` where they show it no longer, because a log is gone or
    /// changed: it stays as it is.
    ///
    /// # Errors
    /// The index cannot be read, or there is no room for temporary files.
    pub fn unmask(&mut self, record: &mut CommandRecord) -> Result<bool, Error> {
        if record.secrets.is_empty() {
            return Ok(true);
        }
        if !self.commands.contains_key(&record.session_id) {
            let commands = self.session(&record.session_id)?;
            self.commands.insert(record.session_id.clone(), commands);
        }
        // An id is made of the masked text, so it is the same here and no other command's.
        let shown = self.commands.get(&record.session_id).and_then(|commands| commands.get(&record.id));
        if let Some(shown) = shown {
            record.command = Command { seq: record.command.seq, ..shown.clone() };
        }
        Ok(shown.is_some())
    }

    fn session(&mut self, id: &SessionId) -> Result<HashMap<String, Command>, Error> {
        let reading = match self.reading.take() {
            Some(reading) => reading,
            None => stage::facts::reading(self.store.index())?,
        };
        let hints = self.reading.insert(reading).hints(id);
        let mut commands = HashMap::new();
        let cap = self.work.max_decompressed;
        self.with_logs(id, |routed, sources, spool| {
            for session in stage::gather(routed, |found| found == id, &|_| {}) {
                let parsed = stage::parse(&session, &hints, sources, cap, spool);
                let records = stage::mask(Linked::of(parsed), &Secrets::Shown).commands;
                commands.extend(records.into_iter().map(|record| (record.id, record.command)));
            }
            Ok(())
        })?;
        Ok(commands)
    }

    /// Gives `each` the bytes of all logs of a session, log by log, piece by piece, as they were recorded.
    ///
    /// # Errors
    /// The index or a log cannot be read, or an error of `each`.
    pub fn bytes(
        &mut self,
        id: &SessionId,
        mut each: impl FnMut(&LogId, &[u8]) -> io::Result<()>,
    ) -> Result<(), Error> {
        let cap = self.work.max_decompressed;
        self.with_logs(id, |routed, sources, spool| {
            for session in stage::gather(routed, |found| found == id, &|_| {}) {
                for part in &session.parts {
                    let log = &part.fragment.log;
                    stage::reread(part, sources, cap, spool, |_, bytes| each(log, bytes))
                        .map_err(Error::Output)?;
                }
            }
            Ok(())
        })
    }

    fn with_logs(
        &mut self,
        id: &SessionId,
        work: impl FnOnce(&[RoutedLog], &[&dyn Source], &Spool) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let source = ArchiveSource::new(&self.archive);
        let sources: [&dyn Source; 1] = [&source];
        let spool = Spool::new(None)?;
        let logs = self.store.index().logs_of_sessions(&BTreeSet::from([id.clone()]))?;
        let logs = logs.into_iter().map(|done| FoundLog { log: done.log, source: 0 }).collect();
        let cap = self.work.max_decompressed;
        let routing = Routing { sources: &sources, cap, spool: &spool, masked: false, on_event: &|_| {} };
        let routed = stage::route(logs, &routing, stage::set_apart);
        let recorded =
            |log: &RoutedLog| self.archive.recorded(&log.log.id).is_none_or(|sum| sum == log.sha256);
        let changed = routed.iter().filter(|log| !log.unreadable && !recorded(log));
        self.changed.extend(changed.map(|log| log.log.id.clone()));
        work(&routed, &sources, &spool)
    }
}
