//! From logs to commands without an index: the first half of a run.

use std::collections::HashMap;
use std::io;

use whoran_ingest::{FolderSource, Source};
use whoran_link::Linked;
use whoran_model::{CommandRecord, Session};

use crate::picture::{complete, complete_command};
use crate::source::Kept;
use crate::spool::Spool;
use crate::stage::mask::Masked;
use crate::stage::{self, Found, Large, Listing, Routing};
use crate::{Error, Event, Inputs, OnEvent, Outcome, Secrets, Work};

/// How to parse.
#[derive(Debug, Clone)]
pub struct ParseOptions {
    /// How much of the machine to use.
    pub work: Work,
    /// Whether to mask secrets.
    pub secrets: Secrets,
}

/// What parsing gives, in this order for each session.
#[derive(Debug)]
pub enum Piece {
    /// Commands, in order. A session of more than can be held has them in several pieces.
    Commands(Vec<CommandRecord>),
    /// The session that they are of.
    Session(Box<Session>),
}

/// Where parsed sessions go.
pub type Sink<'a> = &'a mut (dyn FnMut(Piece) -> io::Result<()> + Send);

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

/// A session of a batch.
enum Done<'s> {
    Whole(Masked),
    /// One that is gone through a second time when it is its turn to be given.
    Large(Large<'s>),
}

fn all(
    sources: &[&dyn Source],
    options: &ParseOptions,
    on_event: OnEvent<'_>,
    sink: Sink<'_>,
) -> Result<Outcome, Error> {
    let (spool, cap) = (Spool::new(None)?, options.work.max_decompressed);
    let mut listing = Listing::default();
    for (nth, source) in (0..).zip(sources) {
        listing.add(nth, *source, &HashMap::new())?;
    }
    let mut outcome = Outcome::of_listing(&listing, on_event);
    let routing = Routing { sources, cap, spool: &spool, masked: false, on_event };
    let mut routed = stage::route(listing.fresh, &routing, |_| {});
    stage::set_shared_apart(&mut routed);
    outcome.add_logs(&routed);
    let (reading, context) = stage::facts::context(&routed, &spool)?;
    let sessions = stage::gather(&routed, |_| true, on_event);
    for batch in stage::batches(&sessions, options.work.in_flight()) {
        let done = stage::in_parallel(batch, options.work.at_once(), |logs| {
            let (hints, held) = (reading.hints(logs.id), options.work.held());
            let found = stage::parse_within(logs, &hints, (sources, cap, &spool), held, &options.secrets);
            match found {
                Found::Whole(parsed) => {
                    let mut linked = Linked::of(parsed);
                    complete(&context, &mut linked.session);
                    linked.commands.iter_mut().for_each(|record| complete_command(&linked.session, record));
                    let commands = linked.session.commands();
                    on_event(Event::Parsed { bytes: logs.bytes(), commands });
                    Done::Whole(stage::mask(linked, &options.secrets))
                }
                Found::Large(large) => Done::Large(large),
            }
        });
        for (logs, done) in batch.iter().zip(done) {
            let session = match done {
                Done::Whole(Masked { session, commands }) => {
                    sink(Piece::Commands(commands)).map_err(Error::Output)?;
                    session
                }
                Done::Large(large) => {
                    let complete = |session: &mut Session| drop(complete(&context, session));
                    let put = |commands| sink(Piece::Commands(commands));
                    let session = large.each(complete, on_event, put).map_err(Error::Output)?;
                    on_event(Event::Parsed { bytes: logs.bytes(), commands: session.commands() });
                    session
                }
            };
            outcome.add_session(&session);
            sink(Piece::Session(Box::new(session))).map_err(Error::Output)?;
        }
    }
    Ok(outcome)
}
