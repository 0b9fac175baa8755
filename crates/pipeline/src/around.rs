//! Commands with what was done before and after them.

use std::collections::{BTreeSet, HashMap};
use std::ops::{ControlFlow, RangeInclusive};

use whoran_index::{Query, SearchOptions};
use whoran_model::{CommandRecord, SessionId};

use crate::{Error, Found, Store};

/// How many commands of the session to show around each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Around {
    /// Before it.
    pub before: u32,
    /// After it.
    pub after: u32,
}

/// What a command is among others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// What was looked for.
    Hit,
    /// It comes before the next hit of its group.
    Before,
    /// It comes after a hit of its group, no more places behind than were asked for.
    After,
}

/// Commands that follow each other in one session, with at least one hit among them. Hits whose surroundings touch are
/// in one group, and no command is in two.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// The commands in order.
    pub commands: Vec<(CommandRecord, Standing)>,
}

impl Store {
    /// The same commands that [`search`](Self::search) finds, each with those around it. Groups come in the order of
    /// their first hits. Says what there was to find, whatever the
    /// limit.
    ///
    /// # Errors
    ///
    /// The index cannot be read.
    pub fn search_around(
        &self,
        query: &Query,
        options: &SearchOptions,
        around: Around,
        each: &mut dyn FnMut(Group) -> ControlFlow<()>,
    ) -> Result<Found, Error> {
        let mut hits = Vec::new();
        let found = self.search(query, options, &mut |record| {
            hits.push((record.session_id, record.command.seq));
            ControlFlow::Continue(())
        })?;
        for place in places(&hits, around) {
            if each(self.group(&place, around)?).is_break() {
                break;
            }
        }
        Ok(found)
    }

    /// One command of a session with those around it; none where the session has no such command.
    ///
    /// # Errors
    ///
    /// The index cannot be read.
    pub fn around(&self, session: &SessionId, seq: u32, around: Around) -> Result<Option<Group>, Error> {
        let hit = [(session.clone(), seq)];
        let place = places(&hit, around).pop();
        let group = place.map(|place| self.group(&place, around)).transpose()?;
        Ok(group.filter(|group| group.commands.iter().any(|(_, standing)| *standing == Standing::Hit)))
    }

    fn group(&self, place: &Place<'_>, around: Around) -> Result<Group, Error> {
        let commands = self.commands_in(place.session, place.seqs.clone())?;
        let with_standing = |record: CommandRecord| {
            let standing = standing(record.command.seq, &place.hits, around.after);
            (record, standing)
        };
        Ok(Group { commands: commands.into_iter().map(with_standing).collect() })
    }
}

/// Where a group lies.
#[derive(Debug, PartialEq)]
struct Place<'a> {
    session: &'a SessionId,
    seqs: RangeInclusive<u32>,
    hits: BTreeSet<u32>,
}

/// The groups of these hits, in the order of the first hit of each.
fn places(hits: &[(SessionId, u32)], around: Around) -> Vec<Place<'_>> {
    let mut by_session: HashMap<&SessionId, Vec<(u32, usize)>> = HashMap::new();
    for (order, (session, seq)) in hits.iter().enumerate() {
        by_session.entry(session).or_default().push((*seq, order));
    }
    let mut places: Vec<(usize, Place<'_>)> = Vec::new();
    for (session, mut hits) in by_session {
        hits.sort_unstable();
        let mut open: Option<(usize, Place<'_>)> = None;
        for (seq, order) in hits {
            let (from, to) = (seq.saturating_sub(around.before), seq.saturating_add(around.after));
            match &mut open {
                Some((first, place)) if from <= place.seqs.end().saturating_add(1) => {
                    *first = order.min(*first);
                    place.seqs = *place.seqs.start()..=to;
                    place.hits.insert(seq);
                }
                open => {
                    let place = Place { session, seqs: from..=to, hits: BTreeSet::from([seq]) };
                    places.extend(open.replace((order, place)));
                }
            }
        }
        places.extend(open);
    }
    places.sort_by_key(|(order, _)| *order);
    places.into_iter().map(|(_, place)| place).collect()
}

fn standing(seq: u32, hits: &BTreeSet<u32>, after: u32) -> Standing {
    if hits.contains(&seq) {
        return Standing::Hit;
    }
    match hits.range(..seq).next_back() {
        Some(hit) if seq - hit <= after => Standing::After,
        _ => Standing::Before,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(hits: &[(&str, u32)], before: u32, after: u32) -> Vec<(String, u32, u32, String)> {
        let hits: Vec<_> = hits.iter().map(|(id, seq)| (id.parse().unwrap(), *seq)).collect();
        let around = Around { before, after };
        let show = |place: Place<'_>| {
            let marks = place.seqs.clone().map(|seq| match standing(seq, &place.hits, after) {
                Standing::Hit => '!',
                Standing::Before => '<',
                Standing::After => '>',
            });
            (place.session.to_string(), *place.seqs.start(), *place.seqs.end(), marks.collect())
        };
        places(&hits, around).into_iter().map(show).collect()
    }

    #[test]
    fn hits_whose_surroundings_touch_are_one_group() {
        let (a, b) = ("alice-0e34861185201706f", "bob-0e34861185201706f");
        let hits = [(a, 30), (b, 4), (a, 10), (a, 14), (a, 15), (b, 0)];
        let group = |id: &str, from, to, marks: &str| (id.to_owned(), from, to, marks.to_owned());
        assert_eq!(
            found(&hits, 1, 2),
            [group(a, 29, 32, "<!>>"), group(b, 0, 6, "!>><!>>"), group(a, 9, 17, "<!>><!!>>"),]
        );
        assert_eq!(found(&hits, 0, 0).len(), 5, "neighbours are one");
        assert_eq!(found(&[(a, u32::MAX), (a, 0)], 9, 9)[0].2, u32::MAX);
    }

    #[test]
    fn between_two_hits_after_goes_before_before() {
        let a = "alice-0e34861185201706f";
        assert_eq!(found(&[(a, 5), (a, 9)], 3, 1)[0].3, "<<<!><<!>");
    }
}
