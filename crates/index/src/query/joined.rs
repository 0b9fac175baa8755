//! Conditions that the index cannot tell, settled by what is known of the sessions.

use std::sync::Arc;

use whoran_model::Session;

use super::{Expr, Match, Pattern, Query, holds};
use crate::document::{Kind, key};
use crate::fields::Field;

impl Query {
    /// Whether it asks about one of these fields, keys of the wire.
    pub fn asks(&self, keys: &[&str]) -> bool {
        let mut asks = false;
        self.expr.leaves(&mut |leaf| asks |= about(leaf).is_some_and(|field| keys.contains(&field.key)));
        asks
    }

    /// The same condition, where each part that is about one of these fields holds for all that belongs to the sessions
    /// that meet it as they are given here, and for nothing else.
    #[must_use]
    pub fn settle(&self, keys: &[&str], sessions: &[Session]) -> Self {
        let expr = self.expr.replace(&|leaf| {
            about(leaf).filter(|field| keys.contains(&field.key))?;
            let met = sessions.iter().map(|session| (key(Kind::Session, session.id.as_str()), session));
            let met = met.filter(|(owner, session)| holds(leaf, owner, &|field| (field.of_session)(session)));
            Some(Expr::Sessions(Arc::new(met.map(|(owner, _)| owner).collect())))
        });
        Self { expr }
    }
}

fn about(leaf: &Expr) -> Option<&'static Field> {
    match leaf {
        Expr::Match(Match { field, .. }) | Expr::Pattern(Pattern { field, .. }) => *field,
        Expr::Known(field)
        | Expr::Number { field, .. }
        | Expr::Time { field, .. }
        | Expr::Bool { field, .. } => Some(field),
        _ => None,
    }
}
