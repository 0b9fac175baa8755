//! Logs cut by session → sessions, every copy of one together.

use std::collections::BTreeMap;

use whoran_model::{Fragment, SessionId};

use super::RoutedLog;
use crate::{Event, OnEvent};

/// All that the logs hold of one session.
pub(crate) struct SessionLogs<'a> {
    pub(crate) id: &'a SessionId,
    /// Its share of each log, ordered by the log's name.
    pub(crate) parts: Box<[Part<'a>]>,
}

/// A session's share of one log.
pub(crate) struct Part<'a> {
    pub(crate) fragment: &'a Fragment,
    pub(crate) log: &'a RoutedLog,
}

impl SessionLogs<'_> {
    /// How many bytes of logs it has.
    pub(crate) fn bytes(&self) -> u64 {
        self.parts.iter().map(|part| part.fragment.len()).sum()
    }
}

/// Brings together what the `wanted` sessions have in all logs, ordered by session id.
pub(crate) fn gather<'a>(
    logs: impl IntoIterator<Item = &'a RoutedLog>,
    wanted: impl Fn(&SessionId) -> bool,
    on_event: OnEvent<'_>,
) -> Vec<SessionLogs<'a>> {
    let mut sessions: BTreeMap<&'a SessionId, Vec<Part<'a>>> = BTreeMap::new();
    for log in logs {
        for fragment in log.fragments.iter().filter(|f| wanted(&f.session)) {
            sessions.entry(&fragment.session).or_default().push(Part { fragment, log });
        }
    }
    let session = |(id, mut parts): (&'a SessionId, Vec<Part<'a>>)| {
        parts.sort_by(|a, b| a.fragment.log.cmp(&b.fragment.log));
        SessionLogs { id, parts: parts.into() }
    };
    let sessions: Vec<_> = sessions.into_iter().map(session).collect();
    let bytes = sessions.iter().map(SessionLogs::bytes).sum();
    on_event(Event::Gathered { sessions: sessions.len() as u64, bytes });
    sessions
}

/// Cuts sessions into batches of about `budget` bytes, order kept: what is in memory at once. A session larger than
/// the budget is a batch by itself.
pub(crate) fn batches<'s, 'a>(sessions: &'s [SessionLogs<'a>], budget: u64) -> Vec<&'s [SessionLogs<'a>]> {
    let mut batches = Vec::new();
    let (mut start, mut bytes) = (0, 0);
    for (at, session) in sessions.iter().enumerate() {
        // An empty or tiny session costs memory too.
        let size = session.bytes() + 4096;
        if at > start && bytes + size > budget {
            batches.push(&sessions[start..at]);
            (start, bytes) = (at, 0);
        }
        bytes += size;
    }
    if start < sessions.len() {
        batches.push(&sessions[start..]);
    }
    batches
}
