//! What the verbs that answer from the whole picture share: rows in every form, and who it was.

use jiff::tz::TimeZone;
use whoran_model::{Principal, Timestamp};
use whoran_pipeline::link::{Certainty, Identity, Permission, StatementRef};
use whoran_report::csv;
use whoran_report::rows::{Place, Row, Who};
use whoran_report::who::brief;

use super::json;
use crate::args::{Format, Output};
use crate::config::Config;
use crate::error::CommandError;
use crate::table::{Cell, Table};
use crate::ui::{self, Ui};

/// How an answer is asked for.
pub(super) struct Answer {
    format: Format,
    tz: TimeZone,
}

impl Answer {
    pub(super) fn new(output: &Output, config: &Config, ui: &Ui) -> Result<Self, CommandError> {
        Ok(Self { format: ui.format(output), tz: config.time_zone(output.tz.as_deref())? })
    }

    /// The same for a form that is known already.
    pub(super) fn of(format: Format, tz: TimeZone) -> Self {
        Self { format, tz }
    }

    /// Prints the rows.
    pub(super) fn print<R: Row>(
        &self,
        rows: Vec<R>,
        header: &'static [&'static str],
        cells: impl Fn(&R, &Self) -> Vec<Cell>,
        ui: &mut Ui,
    ) -> Result<(), CommandError> {
        match self.format {
            Format::Table => {
                let rows = rows.iter().map(|row| cells(row, self)).collect();
                Ok(ui.table(&Table::new(header, rows))?)
            }
            Format::Csv => Ok(csv::write(ui.out(), rows)?),
            Format::Json | Format::Jsonl => json(ui, self.format, rows),
        }
    }

    /// A time of a row, for a table.
    pub(super) fn time(&self, at: Option<&String>) -> Cell {
        ui::time(at.and_then(|at| at.parse::<Timestamp>().ok()), &self.tz).into()
    }
}

/// Who somebody is, in the words of a row.
pub(super) fn who(identity: &Identity) -> Who {
    let person = identity.person.as_ref();
    let (chosen, known) = match person {
        Some(p) if p.basis.certainty() == Certainty::CallerChosen => (Some(p.name.clone()), None),
        Some(p) => (None, Some(p.name.clone())),
        None => (None, None),
    };
    Who {
        identity: identity.principal.as_ref().map(|p| p.as_str().to_owned()),
        person: known,
        claimed: chosen,
        basis: person.map(|p| p.basis.code()),
    }
}

/// A person for a table: proven, or as the caller said.
pub(super) fn person(who: &Who) -> Cell {
    match (&who.person, &who.claimed) {
        (Some(person), _) => person.into(),
        (None, Some(claimed)) => format!("says {claimed}").into(),
        (None, None) => "unknown".into(),
    }
}

/// A principal for a table.
pub(super) fn principal(arn: Option<&String>) -> Cell {
    arn.map_or_else(|| "unknown".into(), |arn| Cell::with_short(arn, &brief(&Principal::new(arn.as_str()))))
}

/// A node for a table: its id, and its name where it has one.
pub(super) fn node(id: Option<&String>, name: Option<&String>) -> Cell {
    match (id, name) {
        (Some(id), Some(name)) => Cell::with_short(&format!("{id} ({name})"), id),
        (Some(id), None) => id.into(),
        (None, _) => "unknown".into(),
    }
}

/// The statements behind it, and what would have to be known.
pub(super) fn reasons(permission: &Permission) -> (Vec<String>, Vec<String>) {
    let names = |by: &[StatementRef]| by.iter().map(|s| format!("{} {}", s.policy, s.statement)).collect();
    match permission {
        Permission::Granted { by } | Permission::Denied { by } => (names(by), Vec::new()),
        Permission::Conditional { by, on } => (names(by), on.iter().cloned().collect()),
        Permission::NotGranted { but_for_boundary } => (names(but_for_boundary), Vec::new()),
    }
}

/// The first place of a row, and how many more there are.
pub(super) fn evidence(places: &[Place]) -> Cell {
    match places {
        [] => "-".into(),
        [place, more @ ..] => {
            let first = format!("{}:{}-{}", place.log, place.start, place.end);
            if more.is_empty() { first.into() } else { format!("{first} and {} more", more.len()).into() }
        }
    }
}

/// Says what is missing where there is nothing to answer from.
pub(super) fn note_if_empty<T>(rows: &[T], what: &str, ui: &mut Ui) {
    if rows.is_empty() {
        ui.note(what);
    }
}
