//! Commands as rows of JSON or CSV, one at a time.

use std::io;

use whoran_model::CommandRecord;
use whoran_pipeline::{Indicators, Standing, export_columns};
use whoran_report::profile::{Chosen, InContext, TIMESKETCH_KEYS, timesketch};
use whoran_report::{csv, wire};

use super::JsonList;
use crate::args::Format;
use crate::args::search::Profile;
use crate::ui::{self, Ui};

/// When, who, as whom, where, what.
const MINIMAL: &[&str] = &["time", "person", "identity", "os_user", "target", "command"];

/// The key that says which of many indicators are in a command.
const INDICATORS: &str = "indicators";

/// The key that says what a command is among others.
const CONTEXT: &str = "context";

/// Rows of one form, written as they come.
pub(super) struct Records {
    form: Form,
    profile: Option<Profile>,
    keys: Vec<&'static str>,
    indicators: Option<Indicators>,
    /// How many had no time, where every row must have one.
    timeless: u64,
}

/// A row with what is in it.
#[derive(serde::Serialize)]
struct Listed<'a, R> {
    #[serde(flatten)]
    row: R,
    indicators: Vec<&'a str>,
}

enum Form {
    Json(JsonList),
    Csv,
}

impl Records {
    /// Begins to write. `standing` says whether rows tell what they are among others; of `indicators`, rows tell which
    /// are in them.
    pub(super) fn new(
        format: Format,
        profile: Option<Profile>,
        standing: bool,
        indicators: Option<Indicators>,
        ui: &mut Ui,
    ) -> io::Result<Self> {
        let mut keys = keys(profile.unwrap_or(Profile::Standard));
        keys.extend(standing.then_some(CONTEXT));
        keys.extend(indicators.as_ref().map(|_| INDICATORS));
        let form = match format {
            Format::Csv => {
                let mut csv = csv::Writer::rows(ui.out(), keys.clone());
                csv.header()?;
                csv.finish()?;
                Form::Csv
            }
            Format::Table | Format::Json | Format::Jsonl => Form::Json(JsonList::new(format)),
        };
        Ok(Self { form, profile, keys, indicators, timeless: 0 })
    }

    /// Writes one row.
    pub(super) fn write(
        &mut self,
        record: &CommandRecord,
        standing: Option<Standing>,
        ui: &mut Ui,
    ) -> io::Result<()> {
        let context = standing.map(|standing| match standing {
            Standing::Hit => "hit",
            Standing::Before => "before",
            Standing::After => "after",
        });
        if self.profile == Some(Profile::Timesketch) {
            return match timesketch(record) {
                Some(row) => self.listed(record, row, context, ui),
                None => {
                    self.timeless += 1;
                    Ok(())
                }
            };
        }
        self.listed(record, wire::Command::from(record), context, ui)
    }

    fn listed(
        &mut self,
        record: &CommandRecord,
        row: impl serde::Serialize,
        context: Option<&'static str>,
        ui: &mut Ui,
    ) -> io::Result<()> {
        let Some(indicators) = self.indicators.clone() else { return self.shaped(row, context, ui) };
        self.shaped(Listed { row, indicators: indicators.found_in(record) }, context, ui)
    }

    fn shaped(
        &mut self,
        row: impl serde::Serialize,
        context: Option<&'static str>,
        ui: &mut Ui,
    ) -> io::Result<()> {
        match context {
            Some(context) => self.row(&InContext { row, context }, ui),
            None => self.row(&row, ui),
        }
    }

    fn row(&mut self, row: &impl serde::Serialize, ui: &mut Ui) -> io::Result<()> {
        match (&mut self.form, self.profile) {
            (Form::Csv, _) => {
                let mut csv = csv::Writer::rows(ui.out(), self.keys.clone());
                csv.row(row)?;
                csv.finish()
            }
            (Form::Json(list), None) => list.write(ui.out(), row),
            (Form::Json(list), Some(_)) => list.write(ui.out(), &Chosen::of(row, &self.keys)?),
        }
    }

    /// Ends the rows.
    pub(super) fn end(self, ui: &mut Ui) -> io::Result<()> {
        if self.timeless > 0 {
            let left_out = ui::count(self.timeless, "command");
            ui.note(&format!("{left_out} without a time left out: Timesketch takes none"));
        }
        match self.form {
            Form::Json(list) => list.end(ui.out()),
            Form::Csv => Ok(()),
        }
    }
}

fn keys(profile: Profile) -> Vec<&'static str> {
    match profile {
        Profile::Minimal => MINIMAL.to_vec(),
        Profile::Standard => export_columns(),
        Profile::Verbose => wire::Command::KEYS.to_vec(),
        Profile::Timesketch => {
            let rest = export_columns().into_iter().filter(|key| *key != "time");
            TIMESKETCH_KEYS.into_iter().chain(rest).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_profile_is_made_of_keys_that_there_are() {
        for profile in [Profile::Minimal, Profile::Standard, Profile::Verbose, Profile::Timesketch] {
            let is_key = |key: &&str| wire::Command::KEYS.contains(key) || TIMESKETCH_KEYS.contains(key);
            assert!(keys(profile).iter().all(is_key), "{profile:?}");
        }
    }
}
