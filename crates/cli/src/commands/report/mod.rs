//! `whoran report`: gathers what a report is made of, has it made, and writes it.

mod activity;
mod compliance;
mod gather;
mod judged;
mod names;
mod news;
mod output;

use jiff::tz::TimeZone;
use whoran_detect::Rules;
use whoran_model::Timestamp;
use whoran_pipeline::{Store, Uses, uses};
use whoran_report::compliance::Framework;
use whoran_report::document::{Archive, Head, Report as Document, ReportKind, Weight};
use whoran_report::parameters::Parameters;

use super::{open, rules};
use crate::args::Global;
use crate::args::report::{self as args, FailOn, Made, Report, What};
use crate::config::Config;
use crate::error::CommandError;
use crate::exit::Exit;
use crate::settings;
use crate::ui::Ui;

pub(super) fn run(
    args: &Report,
    global: &Global,
    config: &Config,
    ui: &mut Ui,
) -> Result<Exit, CommandError> {
    let made = args.what.made();
    let request = Request::new(made, global, config, ui)?;
    let target = output::Target::check(made, ui)?;
    let (mut report, names) = match &args.what {
        What::Compliance(args) => compliance::report(args, &request)?,
        What::Activity(args) => activity::of_time(args, &request)?,
        What::Person(args) => activity::of_person(args, &request)?,
        What::Node(args) => activity::of_node(args, &request)?,
        What::Session(args) => activity::of_session(args, &request)?,
        What::Diff(args) => news::report(args, &request)?,
    };
    if made.pseudonyms {
        names::hide(&mut report, names, &request.store)?;
    }
    target.write(&report, &request.tz, ui)?;
    Ok(exit(&report, made.fail_on))
}

fn exit(report: &Document, fail_on: Option<FailOn>) -> Exit {
    let least = match fail_on {
        None => return Exit::Done,
        Some(FailOn::Exception) => Weight::Exception,
        Some(FailOn::Attention) => Weight::Attention,
    };
    // The gravest comes first.
    if report.remarks().any(|remark| remark.weight <= least) { Exit::Mismatch } else { Exit::Done }
}

/// What every report is made with.
struct Request<'a> {
    made: &'a Made,
    config: Config,
    store: Store,
    tz: TimeZone,
    rules: Rules,
    limit: usize,
    data: std::path::PathBuf,
}

impl<'a> Request<'a> {
    fn new(made: &'a Made, global: &Global, config: &Config, ui: &mut Ui) -> Result<Self, CommandError> {
        let tz = config.time_zone(made.tz.as_deref())?;
        let now = match &made.now {
            Some(text) => config.time(text, &tz, false)?,
            None => config.now,
        };
        Ok(Self {
            made,
            config: config.at(now),
            store: open(global, config)?,
            tz,
            rules: rules::read(&made.rules, ui)?,
            limit: usize::try_from(made.limit).unwrap_or(usize::MAX),
            data: config.data(global.data.as_deref())?,
        })
    }

    fn now(&self) -> Timestamp {
        self.config.now
    }

    /// Uses of this tool before the report: the one that makes it does not count.
    fn uses(&self) -> Result<Uses, CommandError> {
        let mut all = uses(&self.data, None)?;
        all.uses.retain(|(_, one)| one.time < self.now());
        Ok(all)
    }

    /// A period's ends, of which the first comes before the last.
    fn period(
        &self,
        from: Option<&str>,
        to: Option<&str>,
    ) -> Result<(Option<Timestamp>, Option<Timestamp>), CommandError> {
        let from = from.map(|text| self.config.time(text, &self.tz, false)).transpose()?;
        let to = to.map(|text| self.config.time(text, &self.tz, true)).transpose()?;
        if from.zip(to).is_some_and(|(from, to)| from >= to) {
            return Err(CommandError::usage("the period ends before it begins"));
        }
        Ok((from, to))
    }

    fn parameters(&self, framework: Option<Framework>) -> Result<Parameters, CommandError> {
        let defaults = Parameters::defaults(framework, self.tz.clone());
        settings::parameters(&self.made.configured, &self.config, defaults)
    }

    fn head(
        &self,
        kind: ReportKind,
        parameters: &Parameters,
        (from, to): (Option<Timestamp>, Option<Timestamp>),
    ) -> Result<Head, CommandError> {
        let state = self.store.archive_state()?;
        Ok(Head {
            kind,
            subject: None,
            organization: parameters.organization.value.clone(),
            from,
            to,
            made: self.now(),
            archive: Archive { head: state.head, lines: state.lines, indexed: state.indexed },
            pseudonyms: self.made.pseudonyms,
        })
    }
}

impl From<args::Framework> for Framework {
    fn from(framework: args::Framework) -> Self {
        match framework {
            args::Framework::Pci => Self::Pci,
            args::Framework::Nist => Self::Nist,
            args::Framework::Soc2 => Self::Soc2,
            args::Framework::Iso27001 => Self::Iso27001,
            args::Framework::Hipaa => Self::Hipaa,
        }
    }
}
