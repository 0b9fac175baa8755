//! What rules find in the sessions of a report, and what was signed off of them.

use std::collections::HashMap;
use std::ops::ControlFlow;

use whoran_detect::{Detector, Rules};
use whoran_model::Level;
use whoran_pipeline::{Picture, Reviews, Uses};
use whoran_report::input::Entry;
use whoran_report::judged::{Held, Judged};

use super::super::unmask::WORK;
use super::Request;
use crate::error::CommandError;

/// Holds the sessions against the rules of the request, and looks up their reviews. `uses` are those until the report.
pub(super) fn judged(
    sessions: &[Entry<'_>],
    picture: &Picture,
    uses: &Uses,
    request: &Request<'_>,
) -> Result<Judged, CommandError> {
    let reviews = Reviews::of(uses);
    let mut judged = Judged::new(held(&request.rules), reviews.mismatches as u64, request.limit);
    let by_id: HashMap<_, _> = sessions.iter().map(|entry| (&entry.session.id, entry)).collect();
    let detector = Detector::new(&request.rules, Level::Informational);
    request.store.each_dossier(
        picture,
        &|id| by_id.contains_key(id),
        detector.sought(),
        &WORK,
        &|dossier| detector.findings(&dossier),
        &mut |findings| {
            for finding in &findings {
                if let Some(entry) = by_id.get(&finding.session_id) {
                    let review = reviews.of_finding(finding, entry.session.commands());
                    judged.add_finding(finding, &entry.who, review);
                }
            }
            ControlFlow::Continue(())
        },
    )?;
    for entry in sessions {
        let id = &entry.session.id;
        judged.add_session(entry, reviews.of_session(id), reviews.covered(id, entry.session.commands()));
    }
    Ok(judged)
}

fn held(rules: &Rules) -> Held {
    Held {
        rules: rules.loaded.len() as u64,
        never: rules.loaded.iter().filter(|rule| rule.never.is_some()).count() as u64,
        left_out: (rules.errors.len() + rules.left_out) as u64,
    }
}
