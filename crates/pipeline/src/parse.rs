//! From logs to commands without an index: the first half of a run.

use std::collections::HashMap;
use std::io;

use whoran_ingest::{FolderSource, Source};

use crate::picture::{complete, complete_command};
use crate::source::Kept;
use crate::spool::Spool;
use crate::stage::{self, Listing};
use crate::{Error, Event, Inputs, Masked, OnEvent, Outcome, Secrets, Work};

/// How to parse.
#[derive(Debug, Clone)]
pub struct ParseOptions {
    /// How much of the machine to use.
    pub work: Work,
    /// Whether to mask secrets.
    pub secrets: Secrets,
}

/// Where parsed sessions go.
pub type Sink<'a> = &'a mut (dyn FnMut(Masked) -> io::Result<()> + Send);

/// Reads the inputs and gives their sessions to `sink` one by one, ordered by session id, the same for any number of
/// threads. Nothing is kept.
///
/// # Errors
///
/// A path that does not exist, no room for temporary files, or an error of the sink. A bad log is a diagnostic.
pub fn parse(
    inputs: Inputs,
    options: &ParseOptions,
    on_event: OnEvent<'_>,
    sink: Sink<'_>,
) -> Result<Outcome, Error> {
    let folders = FolderSource::open(inputs.paths)?;
    let stdin = inputs.stdin.map(Kept::new).transpose()?;
    let sources: Vec<&dyn Source> =
        [&folders as &dyn Source].into_iter().chain(stdin.iter().map(|s| s as &dyn Source)).collect();
    options.work.pool(|| all(&sources, options, on_event, sink))?
}

fn all(
    sources: &[&dyn Source],
    options: &ParseOptions,
    on_event: OnEvent<'_>,
    sink: Sink<'_>,
) -> Result<Outcome, Error> {
    let (spool, cap) = (Spool::new(None)?, options.work.max_decompressed);
    let mut listing = Listing::default();
    for (nth, source) in sources.iter().enumerate() {
        listing.add(nth, *source, &HashMap::new())?;
    }
    let mut outcome = Outcome::of_listing(&listing, on_event);
    let mut routed = stage::route(listing.fresh, sources, cap, &spool, on_event, |_| {});
    stage::set_shared_apart(&mut routed);
    outcome.add_logs(&routed);
    let context = stage::facts::context(&routed);
    let sessions = stage::gather(&routed, |_| true, on_event);
    for batch in stage::batches(&sessions, options.work.in_flight()) {
        let done = stage::in_parallel(batch, |logs| {
            let parsed = stage::parse(logs, &context.hints(&logs.id), sources, cap, &spool);
            let mut linked = context.resolve(parsed);
            complete(&context, &mut linked.session);
            linked.commands.iter_mut().for_each(|record| complete_command(&linked.session, record));
            let masked = stage::mask(linked, &options.secrets);
            on_event(Event::Parsed { bytes: logs.bytes(), commands: masked.commands.len() as u64 });
            masked
        });
        for session in done {
            outcome.add_session(&session.session);
            sink(session).map_err(Error::Output)?;
        }
    }
    Ok(outcome)
}
