//! A context from facts that come some at a time, without the calls that lead nowhere.

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};

use whoran_model::{AccessEvent, Callers, Detail, Fact};

use crate::Context;
use crate::context::Trail;
use crate::resolution::is_start;

/// Takes facts some at a time, and holds of the calls among them those that [`Context`] answers about sessions with: calls
/// that name one, that tried to start one, that changed users, roles or documents, and those that handed out the
/// credentials of any of these. A service takes on roles many times a day; of a call that leads to no session, what is left
/// here are twelve bytes, and that something was recorded then and there.
///
/// `P` is where facts that came together can be had once more.
#[derive(Debug)]
pub struct Gathering<P> {
    held: Vec<Fact>,
    callers: Callers,
    trail: Trail,
    places: Vec<P>,
    /// Of each call that handed out an access key: that key, the caller's own, and which of the places it is from.
    handed: Vec<(u32, u32, u32)>,
    hasher: RandomState,
    /// The keys that somebody acted with. They are told by their hashes: one that is taken for another costs room alone.
    used: HashSet<u32>,
}

/// No key.
const NONE: u32 = 0;

impl<P> Default for Gathering<P> {
    fn default() -> Self {
        Self {
            held: Vec::new(),
            callers: Callers::default(),
            trail: Trail::default(),
            places: Vec::new(),
            handed: Vec::new(),
            hasher: RandomState::new(),
            used: HashSet::new(),
        }
    }
}

impl<P: Copy> Gathering<P> {
    /// Takes some facts, which can be had again from `place`.
    pub fn add(&mut self, place: P, facts: Vec<Fact>) {
        let from = self.places.len() as u32;
        let handed = self.handed.len();
        for fact in facts {
            if let Fact::Access(event) = &fact {
                self.trail.note(event);
                if !matters(event) {
                    let handed =
                        handed_out(event).map(|key| (self.hash(key), self.hash_of_caller(event), from));
                    self.handed.extend(handed);
                    continue;
                }
                self.used.insert(self.hash_of_caller(event));
            }
            self.hold(fact);
        }
        if self.handed.len() > handed {
            self.places.push(place);
        }
    }

    fn hold(&mut self, mut fact: Fact) {
        self.callers.share(&mut fact);
        self.held.push(fact);
    }

    /// All facts came: where those are, among others, that have to be given [again](Self::again).
    pub fn leading(&mut self) -> Vec<P> {
        self.used.remove(&NONE);
        self.handed.sort_unstable();
        let mut next: Vec<u32> = self.used.iter().copied().collect();
        let mut leading = HashSet::new();
        while let Some(key) = next.pop() {
            let first = self.handed.partition_point(|(handed, ..)| *handed < key);
            for (_, caller, from) in self.handed[first..].iter().take_while(|(handed, ..)| *handed == key) {
                leading.insert(*from);
                if *caller != NONE && self.used.insert(*caller) {
                    next.push(*caller);
                }
            }
        }
        self.handed = Vec::new();
        let mut leading: Vec<u32> = leading.into_iter().collect();
        leading.sort_unstable();
        leading.into_iter().map(|from| self.places[from as usize]).collect()
    }

    /// Takes facts of one of those places once more.
    pub fn again(&mut self, facts: Vec<Fact>) {
        for fact in facts {
            let Fact::Access(event) = &fact else { continue };
            let leads = handed_out(event).is_some_and(|key| self.used.contains(&self.hash(key)));
            if leads && !matters(event) {
                self.hold(fact);
            }
        }
    }

    /// Puts what is held in order.
    pub fn context(self) -> Context {
        Context::beside(self.trail, self.held)
    }

    fn hash_of_caller(&self, event: &AccessEvent) -> u32 {
        event.caller.access_key.as_deref().map_or(NONE, |key| self.hash(key))
    }

    fn hash(&self, key: &str) -> u32 {
        (self.hasher.hash_one(key) as u32).max(NONE + 1)
    }
}

/// Whether a call matters by itself, and not only for where it leads.
fn matters(event: &AccessEvent) -> bool {
    event.session.is_some()
        || is_start(event)
        || matches!(event.detail, Detail::Iam(_) | Detail::Document { .. })
}

/// The access key that a call handed out.
fn handed_out(event: &AccessEvent) -> Option<&str> {
    let Detail::Assumed(assumed) = &event.detail else { return None };
    assumed.access_key.as_deref()
}
