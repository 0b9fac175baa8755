//! Yes, no, or it depends on something no fact tells.

use std::collections::BTreeSet;

/// A three-valued truth. `Maybe` names what would have to be known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Tri {
    Yes,
    No,
    Maybe(BTreeSet<String>),
}

impl Tri {
    pub(crate) fn maybe(what: impl Into<String>) -> Self {
        Self::Maybe(BTreeSet::from([what.into()]))
    }

    pub(crate) fn not(self) -> Self {
        match self {
            Self::Yes => Self::No,
            Self::No => Self::Yes,
            maybe => maybe,
        }
    }

    pub(crate) fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::No, _) | (_, Self::No) => Self::No,
            (Self::Yes, other) | (other, Self::Yes) => other,
            (Self::Maybe(a), Self::Maybe(b)) => Self::Maybe(a.into_iter().chain(b).collect()),
        }
    }

    pub(crate) fn or(self, other: Self) -> Self {
        self.not().and(other.not()).not()
    }

    pub(crate) fn all(of: impl IntoIterator<Item = Self>) -> Self {
        of.into_iter().fold(Self::Yes, Self::and)
    }

    pub(crate) fn any(of: impl IntoIterator<Item = Self>) -> Self {
        of.into_iter().fold(Self::No, Self::or)
    }
}

impl From<bool> for Tri {
    fn from(yes: bool) -> Self {
        if yes { Self::Yes } else { Self::No }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_matters_only_where_it_could_change_the_answer() {
        let maybe = || Tri::maybe("x");
        assert_eq!(maybe().and(Tri::No), Tri::No);
        assert_eq!(maybe().or(Tri::Yes), Tri::Yes);
        assert_eq!(maybe().and(Tri::Yes), maybe());
        assert_eq!(maybe().or(Tri::No), maybe());
        assert_eq!(maybe().and(Tri::maybe("y")), Tri::Maybe(["x".into(), "y".into()].into()));
        assert_eq!(maybe().not(), maybe());
        assert_eq!((Tri::all([]), Tri::any([])), (Tri::Yes, Tri::No));
    }
}
