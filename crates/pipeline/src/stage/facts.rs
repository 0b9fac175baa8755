//! Facts from beside the logs → how sessions are to be read, and what is known of them.
//!
//! Facts are many where the calls are that hand out credentials, and few tell how a session is to be read. A run holds
//! what these say, and all facts lie in the spool, as the index has them, until it is their turn to be written.

use std::collections::{HashMap, HashSet};
use std::io;
use std::sync::OnceLock;

use whoran_index::{Index, LogMark, PackedFacts, Writer};
use whoran_link::{Context, Gathering, Reading, Told};
use whoran_model::{Fact, LogId, SessionId};

use super::RoutedLog;
use super::mask::mask_fact;
use crate::Error;
use crate::spool::{Spool, Spooled};

/// So many bytes of packed facts go into the spool at once.
const FRAME: usize = 1 << 20;

/// The facts of a log, which wait until they are asked for.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    count: u64,
    told: Vec<Told>,
    frames: Vec<Frame>,
}

/// Some of them, compressed.
#[derive(Debug)]
struct Frame {
    /// How many bytes it has when it is not.
    len: usize,
    at: At,
}

#[derive(Debug)]
enum At {
    Spooled(Spooled),
    /// There was no room to spool it.
    Held(Vec<u8>),
    Lost(io::Error),
}

impl Facts {
    /// How many there are.
    pub(crate) fn count(&self) -> u64 {
        self.count
    }
}

/// Takes the facts of a log one by one to where they wait.
pub(crate) struct Packing<'a> {
    spool: &'a Spool,
    masked: bool,
    facts: Facts,
    telling: Vec<Fact>,
    aside: Vec<Fact>,
    frame: Vec<u8>,
}

impl<'a> Packing<'a> {
    /// Puts them into the spool, without secrets where they are to be `masked`.
    pub(crate) fn new(spool: &'a Spool, masked: bool) -> Self {
        let (telling, aside, frame) = (Vec::new(), Vec::new(), Vec::new());
        Self { spool, masked, facts: Facts::default(), telling, aside, frame }
    }

    pub(crate) fn add(&mut self, mut fact: Fact) {
        if self.masked {
            mask_fact(&mut fact);
        }
        self.facts.count += 1;
        let told = Told::by(&fact);
        let aside = told.is_none();
        self.facts.told.extend(told);
        let same = if aside { &mut self.aside } else { &mut self.telling };
        same.push(fact);
        if same.len() >= PackedFacts::TOGETHER {
            let full = std::mem::take(same);
            self.pack(&full, aside);
        }
    }

    pub(crate) fn end(mut self) -> Facts {
        for aside in [false, true] {
            let rest = std::mem::take(if aside { &mut self.aside } else { &mut self.telling });
            if !rest.is_empty() {
                self.pack(&rest, aside);
            }
        }
        self.spool();
        self.facts.told.shrink_to_fit();
        self.facts
    }

    fn pack(&mut self, facts: &Vec<Fact>, aside: bool) {
        let (text, aside) = PackedFacts::of(facts, aside).into_parts();
        self.frame.push(u8::from(aside));
        self.frame.extend((text.len() as u64).to_le_bytes());
        self.frame.extend(text.as_bytes());
        if self.frame.len() >= FRAME {
            self.spool();
        }
    }

    fn spool(&mut self) {
        if self.frame.is_empty() {
            return;
        }
        let at = match zstd::bulk::compress(&self.frame, 1) {
            Ok(packed) => match self.spool.keep(&packed[..], packed.len() as u64) {
                Ok(spooled) => At::Spooled(spooled),
                Err(_) => At::Held(packed),
            },
            Err(error) => At::Lost(error),
        };
        self.facts.frames.push(Frame { len: self.frame.len(), at });
        self.frame.clear();
    }
}

impl Frame {
    fn unpack(&self, spool: &Spool) -> io::Result<Vec<PackedFacts>> {
        let spooled;
        let packed = match &self.at {
            At::Spooled(at) => {
                spooled = spool.read_all(*at)?;
                &spooled
            }
            At::Held(packed) => packed,
            At::Lost(error) => return Err(io::Error::new(error.kind(), error.to_string())),
        };
        let frame = zstd::bulk::Decompressor::new()?.decompress(packed, self.len)?;
        let mut rest = &frame[..];
        let mut all = Vec::new();
        while !rest.is_empty() {
            all.push(next(&mut rest).ok_or(io::ErrorKind::InvalidData)?);
        }
        Ok(all)
    }
}

/// The next of what [`Packing::pack`] put one behind the other.
fn next(frame: &mut &[u8]) -> Option<PackedFacts> {
    let (aside, rest) = frame.split_first()?;
    let (len, rest) = rest.split_first_chunk()?;
    let (text, rest) = rest.split_at_checked(u64::from_le_bytes(*len).try_into().ok()?)?;
    *frame = rest;
    Some(PackedFacts::from_parts(String::from_utf8(text.to_vec()).ok()?, *aside != 0))
}

/// How sessions were to be read as of the last commit, and how with what this run reads. That is put together only where
/// somebody asks: most facts change no session's reading.
pub(crate) struct Readings<'a> {
    index: Index,
    fresh: &'a [RoutedLog],
    gone: &'a [LogId],
    now: OnceLock<Reading>,
}

impl<'a> Readings<'a> {
    pub(crate) fn new(fresh: &'a [RoutedLog], gone: &'a [LogId], index: &Index) -> Self {
        Self { index: index.clone(), fresh, gone, now: OnceLock::new() }
    }

    /// As it is now. The facts of a log take the place of those that it held before; those of logs that are gone are
    /// dropped.
    pub(crate) fn now(&self) -> Result<&Reading, Error> {
        if let Some(now) = self.now.get() {
            return Ok(now);
        }
        let anew: HashSet<&LogId> = self.fresh.iter().map(|log| &log.log.id).chain(self.gone).collect();
        let kept = told_in(&self.index, |log| !anew.contains(log))?;
        let fresh = self.fresh.iter().filter_map(RoutedLog::facts).flat_map(|facts| &facts.told);
        let now = Reading::new(kept.into_iter().chain(fresh.cloned()));
        Ok(self.now.get_or_init(|| now))
    }

    /// The sessions that are to be read in another way than before: what came with a document is not typed by anybody.
    /// A session is read in a way of its own only where CloudTrail names it.
    pub(crate) fn reread(&self, done: &HashMap<LogId, LogMark>) -> Result<HashSet<SessionId>, Error> {
        // Who called, what IAM says and how a session ended changes nothing in what was typed.
        let harmless = |log: &RoutedLog| match log.facts() {
            Some(facts) => !done.contains_key(&log.log.id) && facts.told.is_empty(),
            None => true,
        };
        if self.gone.is_empty() && self.fresh.iter().all(harmless) {
            return Ok(HashSet::new());
        }
        let (before, now) = (reading(&self.index)?, self.now()?);
        Ok(self.index.held_sessions(now.changed(&before))?)
    }
}

/// How sessions are to be read as of the last commit.
pub(crate) fn reading(index: &Index) -> Result<Reading, Error> {
    Ok(Reading::new(told_in(index, |_| true)?))
}

fn told_in(index: &Index, of: impl Fn(&LogId) -> bool) -> Result<Vec<Told>, Error> {
    let mut told = Vec::new();
    index.each_facts(false, |_, facts| {
        told.extend(facts.iter().filter(|fact| of(fact.log())).filter_map(Told::by));
    })?;
    Ok(told)
}

/// Puts the facts of each log in the place of those it held before, and with them the record that it is done.
pub(crate) fn put(
    logs: &[RoutedLog],
    done: &HashMap<LogId, LogMark>,
    spool: &Spool,
    writer: &Writer,
) -> Result<(), Error> {
    for log in logs {
        if let Some(facts) = log.facts() {
            let mut lost = None;
            let frames = facts.frames.iter();
            let frames = frames.map_while(|frame| frame.unpack(spool).map_err(|e| lost = Some(e)).ok());
            writer.replace_facts(&log.log.id, frames.flatten())?;
            if let Some(error) = lost {
                return Err(spool.failed(error));
            }
            super::index::put_done(log, writer)?;
        } else if done.contains_key(&log.log.id) {
            writer.replace_facts(&log.log.id, [])?;
        }
    }
    Ok(())
}

/// What the facts of these logs say, for a run without an index.
pub(crate) fn context(logs: &[RoutedLog], spool: &Spool) -> Result<(Reading, Context), Error> {
    let facts = || logs.iter().filter_map(RoutedLog::facts);
    let unpack = |frame: &Frame| {
        let packed = frame.unpack(spool).map_err(|error| spool.failed(error))?;
        let facts: Option<Vec<_>> = packed.iter().map(PackedFacts::facts).collect();
        facts.map(|facts| facts.concat()).ok_or_else(|| spool.failed(io::ErrorKind::InvalidData.into()))
    };
    let mut gathering = Gathering::default();
    for frame in facts().flat_map(|facts| &facts.frames) {
        gathering.add(frame, unpack(frame)?);
    }
    for frame in gathering.leading() {
        gathering.again(unpack(frame)?);
    }
    Ok((Reading::new(facts().flat_map(|facts| &facts.told).cloned()), gathering.context()))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use whoran_model::{AccessEvent, ByteSpan, NodeId, NodeRecord, Taken, Timestamp};

    use super::*;

    #[test]
    fn facts_come_back_from_where_they_wait_and_those_that_tell_stand_apart() {
        let evidence = || ByteSpan { log: LogId::new("trail.json"), start: 0, end: 9 };
        let call = |n: usize| {
            let action = "sts.amazonaws.com:AssumeRole";
            let mut event = AccessEvent::new(format!("{n}"), Timestamp::UNIX_EPOCH, action, evidence());
            event.user_agent = Some(format!("{n} {}", "agent ".repeat(n % 900)));
            Fact::Access(Arc::new(event))
        };
        let node = Fact::Node(Arc::new(NodeRecord {
            taken: Taken::default(),
            id: NodeId::new("i-1"),
            name: None,
            computer_name: None,
            platform: Some("Windows".into()),
            agent_version: None,
            state: None,
            ip: None,
            tags: None,
            evidence: evidence(),
        }));
        let calls: Vec<Fact> = (0..1000).map(call).collect();
        let spool = Spool::new(None).unwrap();
        let mut packing = Packing::new(&spool, false);
        let (before, after) = calls.split_at(700);
        before.iter().chain([&node]).chain(after).for_each(|fact| packing.add(fact.clone()));
        let facts = packing.end();
        assert_eq!((facts.count, facts.told.len()), (1001, 1));
        assert!(facts.frames.len() > 1);
        let unpacked = facts.frames.iter().flat_map(|frame| frame.unpack(&spool).unwrap());
        let due = calls.chunks(PackedFacts::TOGETHER).map(|some| PackedFacts::of(&some.to_vec(), true));
        let (telling, aside): (Vec<_>, Vec<_>) = unpacked.partition(|packed| !packed.clone().into_parts().1);
        assert_eq!((telling, aside), (vec![PackedFacts::of(&vec![node], false)], due.collect()));
    }
}
