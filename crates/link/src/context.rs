//! What is known from beside the logs.

use std::collections::BTreeMap;

use whoran_model::{AccessEvent, Hints, SessionId};

/// Everything known about sessions from beside their logs: CloudTrail's events and the session preferences.
///
/// An empty context is the normal case of someone who has the logs alone.
#[derive(Debug, Clone, Default)]
pub struct Context {
    events: BTreeMap<String, AccessEvent>,
    hints: BTreeMap<SessionId, Hints>,
}

impl Context {
    /// Adds one event. CloudTrail delivers at least once; a second copy of an event changes nothing.
    pub fn add_event(&mut self, event: AccessEvent) {
        self.events.entry(event.event_id.clone()).or_insert(event);
    }

    /// Says how the first lines of one session came to be.
    pub fn set_hints(&mut self, session: SessionId, hints: Hints) {
        self.hints.insert(session, hints);
    }

    /// The events, ordered by their id.
    pub fn events(&self) -> impl Iterator<Item = &AccessEvent> {
        self.events.values()
    }

    /// What the parser should know about a session before it reads it.
    pub fn hints(&self, session: &SessionId) -> Hints {
        self.hints.get(session).cloned().unwrap_or_default()
    }
}
