//! How far what is known from beside the logs reaches: which days CloudTrail has records of, and when somebody looked at
//! the rest.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use whoran_model::{Fact, Timestamp};

use crate::Context;
use crate::context::event_account;

/// CloudTrail's records about sessions of one account and region in a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrailExtent {
    /// The account.
    pub account: String,
    /// The region.
    pub region: String,
    /// How many records.
    pub records: u64,
    /// Time of the first.
    pub first: Timestamp,
    /// Time of the last.
    pub last: Timestamp,
    /// The days, UTC, that have any.
    pub days: BTreeSet<Date>,
}

/// Something that was looked at, and where.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Look {
    /// What.
    pub at: Looked,
    /// The account, where it is known.
    pub account: Option<String>,
    /// The region; IAM has none.
    pub region: Option<String>,
}

/// What can be looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Looked {
    /// Users, groups, roles and their policies.
    Iam,
    /// Session documents, the preferences above all.
    Documents,
    /// The service's list of sessions.
    Sessions,
    /// Nodes and instances.
    Nodes,
}

impl Context {
    pub(crate) fn note_look(&mut self, fact: &Fact) {
        let at = match fact {
            Fact::Access(_) => return,
            Fact::Iam(_) => Looked::Iam,
            Fact::Document(_) | Fact::Version(_) => Looked::Documents,
            Fact::Session(_) => Looked::Sessions,
            Fact::Node(_) => Looked::Nodes,
        };
        if let Some(taken) = fact.taken() {
            let (account, region) = (taken.account.clone(), taken.region.clone());
            let times = self.looks.entry(Look { at, account, region }).or_default();
            times.extend(taken.at);
        }
    }

    /// When somebody looked at what, as far as the answers say when.
    pub fn looked_at(&self) -> impl Iterator<Item = (&Look, &BTreeSet<Timestamp>)> {
        self.looks.iter()
    }

    /// CloudTrail's records in a time, by account and region. One that has none of that time and some of another is
    /// there too, with no days.
    pub fn trail_extents(&self, during: &Range<Timestamp>) -> Vec<TrailExtent> {
        let mut extents: BTreeMap<(&str, &str), TrailExtent> = BTreeMap::new();
        for event in self.events() {
            let (Some(account), Some(region)) = (event_account(event), event.region.as_deref()) else {
                continue;
            };
            let extent = extents.entry((account, region)).or_insert_with(|| TrailExtent {
                account: account.to_owned(),
                region: region.to_owned(),
                records: 0,
                first: event.time,
                last: event.time,
                days: BTreeSet::new(),
            });
            if during.contains(&event.time) {
                if extent.records == 0 {
                    extent.first = event.time;
                }
                extent.last = event.time;
                extent.records += 1;
                extent.days.insert(event.time.to_zoned(TimeZone::UTC).date());
            }
        }
        extents.into_values().collect()
    }
}
