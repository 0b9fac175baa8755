//! Which events the archive has.

use std::collections::{HashMap, HashSet};
use std::io::{BufRead, BufReader, Read};

use sha2::{Digest, Sha256};

use super::Event;
use crate::Error;

/// Events by id, and, where one side has no id, by all that is in them. Events can be equal in all but their id: then as
/// many of them are known as there are.
#[derive(Debug, Default)]
pub(super) struct Known {
    ids: HashSet<String>,
    /// How many events with an id have this content, and how many without.
    identified: HashMap<Content, u32>,
    anonymous: HashMap<Content, u32>,
}

type Content = [u8; 16];

impl Known {
    /// Takes note of archived events that happened at `from` or later.
    pub(super) fn read(&mut self, lines: impl Read, from: i64) -> Result<(), Error> {
        for line in BufReader::new(lines).split(b'\n') {
            let failed = |source| Error::Read { what: "the archive".to_owned(), source };
            let line = line.map_err(failed)?;
            // Whatever else stands there was not written by a pull, and hides no event.
            let Ok(event) = serde_json::from_slice::<Event>(&line) else { continue };
            if event.timestamp >= from {
                let content = content(&event);
                let kind = if event.event_id.is_some() { &mut self.identified } else { &mut self.anonymous };
                *kind.entry(content).or_default() += 1;
                self.ids.extend(event.event_id);
            }
        }
        Ok(())
    }

    /// Whether an event is none of those; from then on it is.
    pub(super) fn is_new(&mut self, event: &Event) -> bool {
        let take = |from: &mut HashMap<Content, u32>| match from.get_mut(&content(event)) {
            Some(count @ 1..) => {
                *count -= 1;
                true
            }
            _ => false,
        };
        match &event.event_id {
            Some(id) if !self.ids.insert(id.clone()) => false,
            Some(_) => !take(&mut self.anonymous),
            None => !take(&mut self.anonymous) && !take(&mut self.identified),
        }
    }
}

fn content(event: &Event) -> Content {
    let mut hash = Sha256::new();
    hash.update(event.timestamp.to_le_bytes());
    hash.update(event.ingestion_time.to_le_bytes());
    hash.update((event.log_stream_name.len() as u64).to_le_bytes());
    hash.update(&event.log_stream_name);
    hash.update(&event.message);
    let mut content = [0; 16];
    content.copy_from_slice(&hash.finalize()[..16]);
    content
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(id: Option<&str>, message: &str) -> Event {
        Event {
            timestamp: 1000,
            ingestion_time: 2000,
            event_id: id.map(str::to_owned),
            log_stream_name: "s".into(),
            message: message.into(),
        }
    }

    fn known(events: &[Event]) -> Known {
        let lines: Vec<String> = events.iter().map(|e| serde_json::to_string(e).unwrap() + "\n").collect();
        let mut known = Known::default();
        known.read(lines.concat().as_bytes(), 0).unwrap();
        known
    }

    #[test]
    fn an_id_makes_overlap_exact() {
        let mut known = known(&[event(Some("1"), "a"), event(Some("2"), "a")]);
        assert!(!known.is_new(&event(Some("1"), "a")));
        assert!(known.is_new(&event(Some("3"), "a")), "sent again by the agent: another event");
        assert!(!known.is_new(&event(Some("3"), "a")), "listed twice");
    }

    #[test]
    fn without_an_id_as_many_are_known_as_there_are() {
        let mut archived = known(&[event(None, "a"), event(Some("1"), "a")]);
        let without = [(); 3].map(|()| archived.is_new(&event(None, "a")));
        assert_eq!(without, [false, false, true]);
        let mut archived = known(&[event(None, "a")]);
        let with = ["1", "2"].map(|id| archived.is_new(&event(Some(id), "a")));
        assert_eq!(with, [false, true]);
    }

    #[test]
    fn what_is_older_is_not_kept_in_mind() {
        let mut known = Known::default();
        known.read(serde_json::to_string(&event(Some("1"), "a")).unwrap().as_bytes(), 1001).unwrap();
        assert!(known.is_new(&event(Some("1"), "a")));
    }
}
