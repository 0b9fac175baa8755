//! What was so at one time, from records of changes and from looking now and then.

use whoran_model::{ByteSpan, Taken, Timestamp};

/// One time at which something is known to have been so.
#[derive(Debug, Clone)]
pub(crate) struct Point<T> {
    at: Timestamp,
    /// `None`: it changed, and nothing says into what.
    value: Option<T>,
    /// Somebody looked, so that it was so just before too; else it became so.
    taken: bool,
    evidence: ByteSpan,
}

impl<T> Point<T> {
    pub(crate) fn change(at: Timestamp, value: Option<T>, evidence: &ByteSpan) -> Self {
        Self { at, value, taken: false, evidence: evidence.clone() }
    }

    /// A look at an unknown time counts as the last one of all.
    pub(crate) fn taken(taken: &Taken, value: T, evidence: &ByteSpan) -> Self {
        let at = taken.at.unwrap_or(Timestamp::MAX);
        Self { at, value: Some(value), taken: true, evidence: evidence.clone() }
    }
}

/// All points of one thing, by time.
#[derive(Debug, Clone)]
pub(crate) struct Points<T>(Vec<Point<T>>);

impl<T> Default for Points<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

/// What was so, and how sure that is.
#[derive(Debug, Clone)]
pub(crate) struct AsOf<'a, T> {
    pub(crate) value: &'a T,
    /// Whether a change in between would have been seen. Where not, what agrees with the value confirms it, and what
    /// disagrees proves nothing.
    pub(crate) settled: bool,
    pub(crate) evidence: &'a ByteSpan,
}

impl<T: PartialEq> Points<T> {
    pub(crate) fn add(&mut self, point: Point<T>) {
        // A look and a change at the same second: the change comes first, as the look saw its result.
        let place = self.0.partition_point(|p| (p.at, p.taken) <= (point.at, point.taken));
        self.0.insert(place, point);
    }

    /// Itself, where it never was anything else.
    pub(crate) fn only(&self) -> Option<&Self> {
        let mut values = self.0.iter().map(|point| &point.value);
        let first = values.next()?;
        values.all(|value| value == first).then_some(self)
    }

    /// What was so at that time; `recorded` says whether every change of a stretch of time would have been seen.
    pub(crate) fn at(
        &self,
        time: Timestamp,
        recorded: impl Fn(Timestamp, Timestamp) -> bool,
    ) -> Option<AsOf<'_, T>> {
        let next = self.0.partition_point(|p| p.at <= time);
        let after = self.0.get(next).filter(|p| p.taken);
        let before = next.checked_sub(1).map(|i| &self.0[i]);
        match (before, after) {
            (Some(Point { at, value: Some(value), evidence, .. }), after) => {
                let same_after = after.is_some_and(|p| p.value.as_ref() == Some(value));
                Some(AsOf { value, settled: same_after || recorded(*at, time), evidence })
            }
            (_, Some(Point { at, value: Some(value), evidence, .. })) => {
                Some(AsOf { value, settled: recorded(time, *at), evidence })
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use whoran_model::LogId;

    use super::*;

    fn second(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn points(of: &[(i64, Option<&'static str>, bool)]) -> Points<&'static str> {
        let mut points = Points::default();
        for &(at, value, taken) in of {
            let evidence = ByteSpan { log: LogId::new("f"), start: at as u64, end: 0 };
            points.add(Point { at: second(at), value, taken, evidence });
        }
        points
    }

    /// Value and whether it is settled, where calls from second 0 to 100 were recorded.
    fn at(points: &Points<&'static str>, time: i64) -> Option<(&'static str, bool)> {
        let as_of = points.at(second(time), |from, to| from >= second(0) && to <= second(100))?;
        Some((as_of.value, as_of.settled))
    }

    #[test]
    fn a_value_holds_from_its_change_to_the_next() {
        let history = points(&[(50, Some("b"), false), (10, Some("a"), false), (70, None, false)]);
        assert_eq!(
            [5, 10, 49, 50, 69, 70].map(|t| at(&history, t)),
            [None, Some(("a", true)), Some(("a", true)), Some(("b", true)), Some(("b", true)), None]
        );
        assert_eq!(at(&history, 101), None);
    }

    #[test]
    fn a_look_says_what_was_so_before_it_too() {
        let history = points(&[(90, Some("a"), true)]);
        assert_eq!(at(&history, 20), Some(("a", true)));
        let late = points(&[(200, Some("a"), true)]);
        assert_eq!(at(&late, 20), Some(("a", false)), "what happened after 100 was not recorded");
        assert_eq!(at(&late, 300), Some(("a", false)));
    }

    #[test]
    fn two_looks_that_agree_settle_what_lies_between() {
        let history = points(&[(-50, Some("a"), true), (200, Some("a"), true), (400, Some("b"), true)]);
        assert_eq!(at(&history, 120), Some(("a", true)));
        assert_eq!(at(&history, 300), Some(("a", false)));
    }

    #[test]
    fn what_was_there_before_a_change_is_not_known() {
        let history = points(&[(50, Some("b"), false), (60, Some("b"), true)]);
        assert_eq!(at(&history, 40), None);
    }
}
