//! The policies of an account at one time: what the looks before and after it show, and what the trail recorded between.

use std::collections::{BTreeMap, HashMap};

use whoran_model::{ByteSpan, Change, Detail, Entity, IamSnapshot, Outcome, Principal, Timestamp};

use super::holder::{Holder, ReadPolicies};
use super::{Rights, Target};
use crate::Context;
use crate::context::event_account;

/// Changes of users and roles, by account and entity, in order of time.
type Changes<'a> = HashMap<(&'a str, &'a Entity), Vec<(Timestamp, &'a Change)>>;

/// The last whole look at an account until the time asked for, and the first one after it. Without a time it is the
/// last look of all.
pub(super) struct Looks<'a> {
    account: &'a str,
    at: Timestamp,
    before: Option<ReadPolicies<'a>>,
    after: Option<ReadPolicies<'a>>,
    changes: &'a Changes<'a>,
}

/// An IAM user or role as far as it is known of that time.
pub(super) struct Standing<'a> {
    pub(super) principal: &'a Principal,
    pub(super) entity: Entity,
    pub(super) as_of: Option<Timestamp>,
    pub(super) evidence: &'a ByteSpan,
    holders: Holders<'a>,
}

enum Holders<'a> {
    /// As one look shows it.
    One(Holder<'a>),
    /// As it was before and after; the text says when those were.
    Two(Box<(Holder<'a>, Holder<'a>)>, String),
    /// Whether it was there is not known; the text says why.
    Maybe(Holder<'a>, String),
}

impl Context {
    pub(super) fn changes(&self) -> Changes<'_> {
        let mut changes = Changes::new();
        for event in self.events().filter(|e| e.outcome == Outcome::Success) {
            if let (Detail::Iam(change), Some(account)) = (&event.detail, event_account(event)) {
                changes.entry((account, &change.entity)).or_default().push((event.time, change));
            }
        }
        changes
    }

    pub(super) fn looks<'a>(
        &'a self,
        at: Option<Timestamp>,
        changes: &'a Changes<'a>,
    ) -> impl Iterator<Item = (&'a str, Looks<'a>)> {
        let at = at.unwrap_or(Timestamp::MAX);
        let mut looks: BTreeMap<&str, (Option<&IamSnapshot>, Option<&IamSnapshot>)> = BTreeMap::new();
        for (account, snapshot) in self.snapshots().filter(|(_, s)| s.whole) {
            let (before, after) = looks.entry(account).or_default();
            if snapshot.taken.at <= Some(at) {
                *before = Some(snapshot);
            } else {
                *after = after.or(Some(snapshot));
            }
        }
        looks.into_iter().map(move |(account, (before, after))| {
            let [before, after] = [before, after].map(|look| look.map(ReadPolicies::of));
            (account, Looks { account, at, before, after, changes })
        })
    }
}

impl Looks<'_> {
    /// The users and roles that were there, or may have been.
    pub(super) fn standing(&self) -> impl Iterator<Item = Standing<'_>> {
        let mut all: BTreeMap<Entity, [Option<Holder<'_>>; 2]> = BTreeMap::new();
        for (place, look) in [&self.before, &self.after].into_iter().enumerate() {
            for holder in look.iter().flat_map(ReadPolicies::holders) {
                let both = all.entry(holder.entity.clone()).or_default();
                both[place] = Some(holder);
            }
        }
        all.into_values().filter_map(|[before, after]| self.one(before, after))
    }

    fn one<'a>(&'a self, before: Option<Holder<'a>>, after: Option<Holder<'a>>) -> Option<Standing<'a>> {
        let before = before.and_then(|holder| self.until_then(holder));
        let after = after.filter(|h| h.created.is_none_or(|created| created <= self.at));
        let when = || {
            let [from, to] =
                [&self.before, &self.after].map(|look| look.as_ref().and_then(ReadPolicies::taken_at));
            format!("between {} and {}", said(from), said(to))
        };
        let (as_of, holders) = match (before, after) {
            (Some(before), Some(after))
                if before.id == after.id || before.id.is_none() || after.id.is_none() =>
            {
                let after = self.back_to_then(after);
                (&self.before, Holders::Two(Box::new((before, after)), when()))
            }
            // A later one of the same name, which was there already.
            (_, Some(after)) => {
                let known = self.before.is_none() || after.created.is_some();
                let after = self.back_to_then(after);
                let one = if known {
                    Holders::One(after)
                } else {
                    Holders::Maybe(after, format!("it was made {}", when()))
                };
                (&self.after, one)
            }
            (Some(before), None) => {
                let known = self.after.is_none()
                    || self.changed(&before, self.at, Timestamp::MAX).iter().any(|c| c.deleted);
                let one = if known {
                    Holders::One(before)
                } else {
                    Holders::Maybe(before, format!("it was deleted {}", when()))
                };
                (&self.before, one)
            }
            (None, None) => return None,
        };
        let holder = holders.first();
        let (principal, entity, evidence) = (holder.principal, holder.entity.clone(), holder.evidence);
        let as_of = as_of.as_ref().and_then(ReadPolicies::taken_at);
        Some(Standing { principal, entity, as_of, evidence, holders })
    }

    /// With the changes since the look; `None` where it was deleted.
    fn until_then<'a>(&'a self, mut holder: Holder<'a>) -> Option<Holder<'a>> {
        let look = self.before.as_ref().and_then(ReadPolicies::taken_at);
        for change in self.changed(&holder, look.unwrap_or(Timestamp::MAX), self.at) {
            if change.deleted {
                return None;
            }
            holder.change(change);
        }
        Some(holder)
    }

    /// Tags that changed until the look were others at that time: which ones, the change does not say.
    fn back_to_then<'a>(&'a self, mut holder: Holder<'a>) -> Holder<'a> {
        let look = self.after.as_ref().and_then(ReadPolicies::taken_at);
        holder.more_tags |= !self.changed(&holder, self.at, look.unwrap_or(self.at)).is_empty();
        holder
    }

    /// The changes after the one time, up to the other.
    fn changed(&self, holder: &Holder<'_>, from: Timestamp, to: Timestamp) -> Vec<&Change> {
        let all = self.changes.get(&(self.account, &holder.entity)).into_iter().flatten();
        all.filter(|(time, _)| from < *time && *time <= to).map(|(_, change)| *change).collect()
    }
}

impl<'a> Holders<'a> {
    fn first(&self) -> &Holder<'a> {
        match self {
            Self::One(holder) | Self::Maybe(holder, _) => holder,
            Self::Two(two, _) => &two.0,
        }
    }
}

impl Standing<'_> {
    pub(super) fn rights(&self, account: &str, node: &Target<'_>) -> Rights {
        match &self.holders {
            Holders::One(holder) => holder.rights(account, node),
            Holders::Two(two, when) => {
                two.0.rights(account, node).or_later(two.1.rights(account, node), when)
            }
            Holders::Maybe(holder, on) => holder.rights(account, node).depending(on),
        }
    }
}

fn said(time: Option<Timestamp>) -> String {
    time.map_or_else(|| "an unknown time".to_owned(), |time| format!("{time:.0}"))
}
