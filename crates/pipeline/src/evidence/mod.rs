//! Evidence that stands on its own: a folder of files with the hash of each, made here and checked anywhere.

mod check;
mod folder;
mod raw;

use std::collections::{BTreeSet, HashSet};
use std::fs::File;
use std::io::{BufRead, BufReader, ErrorKind};

use whoran_model::{LogId, SessionId};

use crate::error::InPath;
use crate::timeline::{Moment, What, place};
use crate::{Error, Picture, Store};

pub use check::{CaseCheck, CaseMismatch, verify_case};
pub use folder::{CaseFile, CaseFolder, SUMS};
pub use raw::RawLog;

impl Store {
    /// The lines of the archive's manifest about these logs, as they stand there.
    ///
    /// # Errors
    ///
    /// The manifest cannot be read; that there is none is no error.
    pub fn manifest_lines(&self, logs: &BTreeSet<LogId>) -> Result<Vec<String>, Error> {
        #[derive(serde::Deserialize)]
        struct Named {
            log: String,
        }
        let path = self.data.join("archive/manifest.jsonl");
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error.in_path("read", &path)),
        };
        let mut found = Vec::new();
        for line in BufReader::new(file).lines() {
            let line = line.map_err(|error| error.in_path("read", &path))?;
            let named = serde_json::from_str::<Named>(&line);
            if named.is_ok_and(|named| logs.contains(&LogId::new(named.log))) {
                found.push(line);
            }
        }
        Ok(found)
    }
}

impl Picture {
    /// The calls that name these sessions or made the credentials they were started with, by time.
    pub fn calls_of(&self, sessions: &BTreeSet<SessionId>) -> Vec<Moment> {
        let context = self.context();
        let known = sessions.iter().filter_map(|id| self.session(id));
        let hops = known.flat_map(|known| &known.identity.chain).filter_map(|hop| hop.evidence.as_ref());
        let on_the_way: HashSet<(&LogId, u64)> = hops.map(place).collect();
        let told = context.events().filter(|event| {
            event.session.as_ref().is_some_and(|id| sessions.contains(id))
                || on_the_way.contains(&place(&event.evidence))
        });
        let mut calls: Vec<_> = told
            .map(|event| {
                let target_name = event.target.as_ref();
                let target_name = target_name.and_then(|node| context.node_name(node, Some(event.time)));
                let what = What::Call {
                    target_name: target_name.map(str::to_owned),
                    identity: Box::new(context.caller(event)),
                    event: Box::new(event.clone()),
                };
                Moment { time: Some(event.time), what }
            })
            .collect();
        calls.sort_by_key(|moment| moment.time);
        calls
    }
}
