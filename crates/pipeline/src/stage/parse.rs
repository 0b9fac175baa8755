//! A session's logs → what they show. Never fails: bytes that cannot be read a second time are a diagnostic.

use std::io::{self, Read as _};

use whoran_ingest::{LogReader, Source};
use whoran_model::{Diagnostic, DiagnosticKind, Hints, Parsed, Severity};
use whoran_parse::{Read, SessionParser};

use super::gather::{Part, SessionLogs};
use super::large::Large;
use super::mask::{Masking, Secrets};
use crate::spool::{Spool, Spooled};

/// Parses one session from all its copies, and holds all of its commands.
pub(crate) fn parse(
    session: &SessionLogs<'_>,
    hints: &Hints,
    sources: &[&dyn Source],
    cap: u64,
    spool: &Spool,
) -> Parsed {
    let (parser, lost) = feed(session, hints, sources, cap, spool);
    let mut parsed = parser.finish();
    parsed.diagnostics.extend(lost);
    parsed
}

/// A session that was parsed.
pub(crate) enum Found<'s> {
    /// All of it is held.
    Whole(Parsed),
    /// Its commands are more than can be.
    Large(Large<'s>),
}

/// Parses one session from all its copies, and holds its commands where they take no more than about `most` bytes.
pub(crate) fn parse_within<'s>(
    session: &SessionLogs<'_>,
    hints: &Hints,
    (sources, cap, spool): (&[&dyn Source], u64, &Spool),
    most: usize,
    secrets: &'s Secrets,
) -> Found<'s> {
    let (parser, lost) = feed(session, hints, sources, cap, spool);
    let mut masking = Masking::new(secrets);
    match parser.finish_within(most, &mut |commands| masking.learn(commands)) {
        Read::Whole(mut parsed) => {
            parsed.diagnostics.extend(lost);
            Found::Whole(parsed)
        }
        Read::Large(session) => Found::Large(Large { session, lost, masking }),
    }
}

/// Gives a parser all bytes of a session, and says what could not be read.
fn feed(
    session: &SessionLogs<'_>,
    hints: &Hints,
    sources: &[&dyn Source],
    cap: u64,
    spool: &Spool,
) -> (SessionParser, Vec<Diagnostic>) {
    let mut parser = SessionParser::new(session.id.clone(), hints);
    let mut lost = Vec::new();
    for part in &session.parts {
        if part.log.diagnostics().iter().any(|odd| odd.kind.severity() == Severity::Loss) {
            parser.broke_off();
        }
        let fed = reread(part, sources, cap, spool, |at, bytes| {
            parser.feed(part.fragment, at, bytes);
            Ok(())
        });
        if let Err(reason) = fed {
            let kind = DiagnosticKind::Unreadable(reason.to_string());
            let id = Some(session.id.clone());
            lost.push(Diagnostic { log: part.fragment.log.clone(), at: None, session: id, kind });
        }
    }
    (parser, lost)
}

/// Reads the fragment's bytes a second time, in order, each piece with its offset in the log.
pub(crate) fn reread(
    part: &Part<'_>,
    sources: &[&dyn Source],
    cap: u64,
    spool: &Spool,
    mut each: impl FnMut(u64, &[u8]) -> io::Result<()>,
) -> io::Result<()> {
    const CHUNK: u64 = 64 << 10;
    let mut buf = vec![0; part.fragment.len().clamp(1, CHUNK) as usize];
    let mut reader = match part.log.spooled() {
        Some(spooled) => Again::Spool(spool, spooled),
        None => Again::Source(
            Box::new(LogReader::open_again(sources[usize::from(part.log.source)], &part.log.log, cap)),
            0,
        ),
    };
    for range in &part.fragment.ranges {
        let mut at = range.start;
        while at < range.end {
            let want = (range.end - at).min(buf.len() as u64) as usize;
            let n = reader.read_at(at, &mut buf[..want])?;
            if n == 0 {
                return Err(io::Error::other("the log became shorter while it was read"));
            }
            each(at, &buf[..n])?;
            at += n as u64;
        }
    }
    Ok(())
}

/// A log opened a second time.
enum Again<'a> {
    /// From its beginning, with the place reached.
    Source(Box<dyn io::Read>, u64),
    /// Anywhere.
    Spool(&'a Spool, Spooled),
}

impl Again<'_> {
    /// Reads from `offset` on, which never goes back.
    fn read_at(&mut self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Spool(spool, spooled) => spool.read(*spooled, offset, buf),
            Self::Source(reader, place) => {
                *place += io::copy(&mut reader.by_ref().take(offset - *place), &mut io::sink())?;
                let n = if *place == offset { reader.read(buf)? } else { 0 };
                *place += n as u64;
                Ok(n)
            }
        }
    }
}
