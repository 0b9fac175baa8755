//! Which version of a session document was in force when.
//!
//! A document has versions, and one of them is in force. `UpdateDocument` makes another one;
//! `UpdateDocumentDefaultVersion` puts one in force, a later one or an earlier one again
//! (docs.aws.amazon.com/systems-manager/latest/APIReference/API_UpdateDocumentDefaultVersion.html). For the
//! preferences the user guide knows the first call alone, so that a version nobody says otherwise of is in force from
//! when it was made.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use whoran_model::{
    AccessEvent, ByteSpan, Detail, DocumentSettings, DocumentVersion, Outcome, SessionDocument, Taken,
    Timestamp,
};

use crate::context::{Place, event_account};
use crate::history::{AsOf, Point, Points};

/// A version of a document somewhere.
type Version = (Place, u64);

/// A call that made a version, or put one in force.
struct Call<'a> {
    place: Place,
    at: Timestamp,
    /// Whether it puts a version in force that was made before.
    switch: bool,
    version: Option<u64>,
    settings: Option<&'a DocumentSettings>,
    evidence: &'a ByteSpan,
}

/// Session documents by the places where they are known, each through time.
#[derive(Debug, Clone, Default)]
pub(crate) struct Documents(BTreeMap<Place, Points<DocumentSettings>>);

impl Documents {
    /// Puts together what documents, lists of versions and calls say.
    pub(crate) fn of(
        documents: &[Arc<SessionDocument>],
        listed: &[Arc<DocumentVersion>],
        events: &[Arc<AccessEvent>],
    ) -> Self {
        Self(histories(documents, listed, events))
    }

    pub(crate) fn places(&self) -> impl Iterator<Item = &Place> {
        self.0.keys()
    }

    pub(crate) fn history(&self, place: &Place) -> Option<&Points<DocumentSettings>> {
        self.0.get(place)
    }

    /// What a session document said at that time; `recorded` says whether every call of a stretch of time there would
    /// have been seen. Where none of that account and region is known, the only one of which it is not known where it
    /// belongs stands in, and settles nothing.
    pub(crate) fn at(
        &self,
        place: &Place,
        at: Timestamp,
        recorded: impl Fn(Timestamp, Timestamp) -> bool,
    ) -> Option<AsOf<'_, DocumentSettings>> {
        let Place { account, region, name } = place;
        if let Some(history) = self.history(place) {
            return history.at(at, recorded);
        }
        let somewhere = |account: &str, region: &str| {
            let place = Place { account: account.into(), region: region.into(), name: name.clone() };
            let as_of = self.history(&place)?.only()?.at(at, |_, _| false)?;
            Some(AsOf { settled: false, ..as_of })
        };
        somewhere(account, "").or_else(|| somewhere("", region)).or_else(|| somewhere("", ""))
    }
}

fn histories(
    documents: &[Arc<SessionDocument>],
    listed: &[Arc<DocumentVersion>],
    events: &[Arc<AccessEvent>],
) -> BTreeMap<Place, Points<DocumentSettings>> {
    let calls: Vec<_> = events.iter().filter_map(|event| call(event)).collect();
    let known = Known::of(documents, listed, &calls);
    let mut histories: BTreeMap<Place, Points<DocumentSettings>> = BTreeMap::new();
    let mut add = |place: &Place, point| histories.entry(place.clone()).or_default().add(point);
    for document in documents {
        let place = place(&document.taken, &document.name);
        let version = number(document.version.as_deref()).map(|number| (place.clone(), number));
        if let Some(created) = document.created
            && version.as_ref().is_none_or(|version| known.starts_when_made(version, created))
        {
            let draft = version.as_ref().is_some_and(|version| known.was_never_in_force(version, created));
            let settings = (!draft).then(|| document.settings.clone());
            add(&place, Point::change(created, settings, &document.evidence));
        }
        let superseded =
            version.is_some_and(|version| known.is_superseded(&version, documents, &document.taken));
        if !superseded {
            add(&place, Point::taken(&document.taken, document.settings.clone(), &document.evidence));
        }
    }
    for version in listed {
        let Some(number) = number(Some(&version.version)) else { continue };
        let this = (place(&version.taken, &version.name), number);
        if let (true, Some(settings)) = (version.is_default, known.settings.get(&this)) {
            add(&this.0, Point::taken(&version.taken, (*settings).clone(), &version.evidence));
        }
        // It may have been in force for a while: nobody knows.
        if let Some(created) = version.created
            && !known.made.contains(&this)
            && known.was_never_in_force(&this, created)
        {
            add(&this.0, Point::change(created, None, &version.evidence));
        }
    }
    for call in &calls {
        let version = call.version.map(|number| (call.place.clone(), number));
        let settings = match &version {
            Some(version) if call.switch => known.settings.get(version).copied(),
            Some(version) if !known.starts_when_made(version, call.at) => continue,
            Some(version) if known.was_never_in_force(version, call.at) => None,
            _ => call.settings,
        };
        add(&call.place, Point::change(call.at, settings.cloned(), call.evidence));
    }
    histories
}

/// What is known of each version.
#[derive(Default)]
struct Known<'a> {
    settings: BTreeMap<Version, &'a DocumentSettings>,
    /// Versions that a call made.
    made: BTreeSet<Version>,
    /// The calls that put a version in force, by time.
    switches: BTreeMap<Place, BTreeSet<(Timestamp, u64)>>,
    /// The version in force, by place and look.
    in_force: BTreeMap<Place, Vec<(Option<Timestamp>, u64)>>,
}

impl<'a> Known<'a> {
    fn of(
        documents: &'a [Arc<SessionDocument>],
        listed: &[Arc<DocumentVersion>],
        calls: &[Call<'a>],
    ) -> Self {
        let mut known = Self::default();
        for call in calls {
            let Some(number) = call.version else { continue };
            let version = (call.place.clone(), number);
            known.settings.extend(call.settings.map(|settings| (version.clone(), settings)));
            if call.switch {
                known.switches.entry(call.place.clone()).or_default().insert((call.at, number));
            } else {
                known.made.insert(version);
            }
        }
        for document in documents {
            if let Some(number) = number(document.version.as_deref()) {
                known.settings.insert((place(&document.taken, &document.name), number), &document.settings);
            }
        }
        for version in listed.iter().filter(|version| version.is_default) {
            if let Some(number) = number(Some(&version.version)) {
                let looks = known.in_force.entry(place(&version.taken, &version.name)).or_default();
                looks.push((version.taken.at, number));
            }
        }
        known
    }

    /// Whether it was in force as soon as it was made, as far as anybody says: where the next switch is to itself, it
    /// was not until then.
    fn starts_when_made(&self, version: &Version, made: Timestamp) -> bool {
        let mut next = self.switches.get(&version.0).into_iter().flat_map(|all| all.range((made, 0)..));
        next.next().is_none_or(|(_, number)| *number != version.1)
    }

    /// Whether an earlier version was in force whenever somebody looked since this one was made, and no call says that
    /// it ever was.
    fn was_never_in_force(&self, version: &Version, made: Timestamp) -> bool {
        let (place, number) = version;
        let looks = self.in_force.get(place).into_iter().flatten();
        let mut since = looks.filter(|(look, _)| look.is_none_or(|look| look >= made)).peekable();
        let switched = self.switches.get(place).into_iter().flatten().any(|(_, to)| to == number);
        !switched && since.peek().is_some() && since.all(|(_, default)| default < number)
    }

    /// Whether another version than this one was in force when it was taken down.
    fn is_superseded(&self, version: &Version, documents: &[Arc<SessionDocument>], taken: &Taken) -> bool {
        let (at, number_of_this) = (taken.at, version.1);
        let looks = self.in_force.get(&version.0).map_or(&[][..], Vec::as_slice);
        if let Some((_, default)) = looks.iter().find(|(look, _)| *look == at) {
            return *default != number_of_this;
        }
        documents.iter().any(|other| {
            place(&other.taken, &other.name) == version.0
                && number(other.version.as_deref()).is_some_and(|number| number > number_of_this)
                && other.created <= at
        })
    }
}

fn call(event: &AccessEvent) -> Option<Call<'_>> {
    let Detail::Document { name, version, settings } = &event.detail else { return None };
    let place = Place {
        account: event_account(event)?.to_owned(),
        region: event.region.clone()?,
        name: name.clone(),
    };
    (event.outcome == Outcome::Success).then(|| Call {
        place,
        at: event.time,
        switch: event.name() == "UpdateDocumentDefaultVersion",
        version: number(version.as_deref()),
        settings: settings.as_deref(),
        evidence: &event.evidence,
    })
}

fn place(taken: &Taken, name: &str) -> Place {
    Place {
        account: taken.account.clone().unwrap_or_default(),
        region: taken.region.clone().unwrap_or_default(),
        name: name.to_owned(),
    }
}

fn number(version: Option<&str>) -> Option<u64> {
    version?.parse().ok()
}
