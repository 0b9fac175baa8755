//! `whoran watch`: a query asked again and again, each hit told of once.

use std::io::Write;
use std::ops::ControlFlow;
use std::thread;

use jiff::SignedDuration;
use jiff::tz::TimeZone;
use whoran_model::CommandRecord;
use whoran_pipeline::{self as pipeline, Order, SearchOptions, Store, Watch as State};

use super::index;
use super::records::Records;
use super::search::explain;
use crate::args::watch::Watch;
use crate::args::{Format, Global};
use crate::config::Config;
use crate::error::CommandError;
use crate::exit::Exit;
use crate::ui::{self, Ui};

/// Shorter than this, a watch would do nothing but look.
const SHORTEST: SignedDuration = SignedDuration::from_secs(1);

pub(super) fn run(args: &Watch, global: &Global, config: &Config, ui: &mut Ui) -> Result<Exit, CommandError> {
    let every = every(&args.every)?;
    let watch =
        Watching { args, global, text: args.query.join(" "), tz: config.time_zone(args.tz.as_deref())? };
    let data = config.data(global.data.as_deref())?;
    let name = args.name.clone().unwrap_or_else(|| State::name_of(&watch.text));
    // A query that makes no sense is no watch.
    watch.query(config)?;
    let mut state = State::open(&data, &name, &watch.text, &config.holder())?;
    if state.is_new() {
        let known = if args.all { 0 } else { watch.know(&mut state, config)? };
        // Before anything is read that the index does not have: what comes from now on is new.
        state.save()?;
        if known > 0 {
            let hits = ui::count(known, "hit");
            ui.note(&format!(
                "watch {name} begins: {hits} that the index has already not told; --all tells them"
            ));
        }
    }
    loop {
        let config = config.at_this_moment();
        let done = watch.round(&mut state, &config, ui);
        if args.once {
            return done;
        }
        match done {
            Ok(_) => {}
            // Nobody reads any more.
            Err(error) if error.exit == Exit::Done => return Ok(Exit::Done),
            // The next time it may go well.
            Err(error) => drop(ui.error(&error)),
        }
        thread::sleep(every);
    }
}

/// What is watched.
struct Watching<'a> {
    args: &'a Watch,
    global: &'a Global,
    text: String,
    tz: TimeZone,
}

impl Watching<'_> {
    fn query(&self, config: &Config) -> Result<pipeline::Query, CommandError> {
        pipeline::query(&self.text, &self.tz, config.now).map_err(|error| explain(&self.text, &error))
    }

    /// Fetches, indexes, and tells what is new.
    fn round(&self, state: &mut State, config: &Config, ui: &mut Ui) -> Result<Exit, CommandError> {
        let fetched = self.fetch(config, ui);
        let indexed = self.index(config, ui)?;
        self.tell(state, config, ui)?;
        let fetched = fetched?;
        Ok(if fetched == Exit::Done { indexed } else { fetched })
    }

    /// Pulls from the sources that `whoran.toml` names, where there is one.
    #[cfg(feature = "aws")]
    fn fetch(&self, config: &Config, ui: &mut Ui) -> Result<Exit, CommandError> {
        let configured = &self.args.configured;
        if configured.config.is_none() && !crate::settings::path(configured, config).exists() {
            return Ok(Exit::Done);
        }
        let remotes = crate::sources::from_file(configured, config)?;
        Ok(super::pull::fetch(&remotes, true, self.global, config, ui)?.1)
    }

    #[cfg(not(feature = "aws"))]
    fn fetch(&self, _config: &Config, _ui: &mut Ui) -> Result<Exit, CommandError> {
        Ok(Exit::Done)
    }

    fn index(&self, config: &Config, ui: &mut Ui) -> Result<Exit, CommandError> {
        let data = config.data(self.global.data.as_deref())?;
        let options = index::options(&self.args.work, true, config);
        let outcome = pipeline::run(index::inputs(self.args.logs.clone()), &data, &options, &|_| {})?;
        if outcome.logs > 0 {
            index::counts(&outcome, None, ui);
        }
        Ok(if outcome.is_partial() { Exit::Partial } else { Exit::Done })
    }

    /// Prints hits that were not told of yet, and notes them once they are out.
    fn tell(&self, state: &mut State, config: &Config, ui: &mut Ui) -> Result<(), CommandError> {
        let store = Store::open(&config.data(self.global.data.as_deref())?)?;
        let mut fresh = Vec::new();
        self.each(&store, config, &mut |record| {
            if !state.knows(&record) {
                fresh.push(record);
            }
        })?;
        if fresh.is_empty() {
            return Ok(());
        }
        let mut records = Records::new(Format::Jsonl, self.args.columns.profile, false, None, ui)?;
        fresh.iter().try_for_each(|record| records.write(record, None, ui))?;
        records.end(ui)?;
        ui.out().flush()?;
        state.add(&fresh);
        Ok(state.save()?)
    }

    /// Takes all hits that there are for told.
    fn know(&self, state: &mut State, config: &Config) -> Result<u64, CommandError> {
        let store = match Store::open(&config.data(self.global.data.as_deref())?) {
            Ok(store) => store,
            Err(pipeline::Error::NoIndex { .. }) => return Ok(0),
            Err(error) => return Err(error.into()),
        };
        let mut known = 0;
        self.each(&store, config, &mut |record| {
            known += 1;
            state.add([&record]);
        })?;
        Ok(known)
    }

    fn each(
        &self,
        store: &Store,
        config: &Config,
        each: &mut dyn FnMut(CommandRecord),
    ) -> Result<(), CommandError> {
        let options = SearchOptions { order: Order::OldestFirst, ..SearchOptions::default() };
        store.search(&self.query(config)?, &options, &mut |record| {
            each(record);
            ControlFlow::Continue(())
        })?;
        Ok(())
    }
}

fn every(text: &str) -> Result<std::time::Duration, CommandError> {
    let wrong =
        || CommandError::usage(format!("{text:?} is no interval")).hint("write it like 30s, 5m or 1h");
    let every: SignedDuration = text.parse().map_err(|_| wrong())?;
    if every < SHORTEST { Err(wrong()) } else { every.try_into().map_err(|_| wrong()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_is_a_second_or_more() {
        for (text, seconds) in [("30s", 30), ("5m", 300), ("1h 30m", 5400), ("1s", 1)] {
            assert_eq!(every(text).unwrap().as_secs(), seconds, "{text}");
        }
        for text in ["", "5", "-5m", "0s", "100ms", "soon"] {
            assert!(every(text).is_err(), "{text}");
        }
    }
}
