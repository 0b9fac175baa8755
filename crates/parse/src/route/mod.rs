//! One log → the sessions in it, or the facts.
//!
//! [`Router`] looks at content only. JSON is cut into records, each of which names its session; terminal text is one
//! session from its first byte to its last, whatever it imitates, but for listings of many, which are cut where their
//! transcripts begin.

mod columns;
mod embedded;
mod found;
mod lines;
mod listing;
mod records;
mod sniff;
mod stamps;
mod table;

use std::collections::BTreeMap;
use std::ops::Range;

use whoran_model::{Diagnostic, DiagnosticKind, Fact, Fragment, LogId, SessionId, Shape};

use crate::facts::{FactReader, holds_facts, yaml_holds_facts};

use columns::Columns;
use found::Found;
use listing::Listing;
use records::Records;
use sniff::{Kind, packed, sniff};
pub(crate) use sniff::{
    header_path, header_session, is_powershell_banner, is_script_header, is_script_trailer,
};
use stamps::after_stamp;
use table::Rows;

/// The terminal's own bytes on a managed node, of which the agent makes the transcript (agent/session/plugins).
const TERMINAL_FILE: &str = "ipcTempFile.log";
/// How many bytes are looked at before a log's kind is decided.
const HEAD: usize = 8 << 10;
/// Diagnostics of one kind that are kept for one log; more say nothing new.
const PER_KIND: usize = 20;

/// Cuts one log into fragments by session. Feed it the decompressed log in any chunks.
#[derive(Debug)]
pub struct Router {
    log: LogId,
    /// The session the log is named after, where its name has the shape of a session id, or that of its folder on the node.
    named: Option<SessionId>,
    at: u64,
    state: State,
    fragments: BTreeMap<(SessionId, Shape), Vec<Range<u64>>>,
    last: Option<(SessionId, Shape)>,
    /// The session that nothing but the log's name tells of, if there is one.
    unproven: Option<SessionId>,
    diagnostics: Vec<Diagnostic>,
}

#[derive(Debug)]
enum State {
    /// Not enough bytes yet to tell.
    Head(Vec<u8>),
    Json(Box<Records>),
    Table(Box<Rows>),
    Columns(Box<Columns>),
    Listing(Box<Listing>),
    /// No log, but facts from beside the logs.
    Facts(Box<FactReader>),
    /// Terminal text since this offset.
    Text {
        since: u64,
        session: Option<SessionId>,
    },
    /// No session log.
    Other,
}

/// What [`Router`] found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Routed {
    /// One fragment a session and shape, ordered by session id.
    pub fragments: Vec<Fragment>,
    /// Facts from beside the logs, where the log is none itself; maybe none of them matters here.
    pub facts: Option<Vec<Fact>>,
    /// What was odd.
    pub diagnostics: Vec<Diagnostic>,
}

impl Router {
    /// Starts a log.
    pub fn new(log: LogId) -> Self {
        let named = session_named(&log);
        let state = State::Head(Vec::new());
        Self {
            log,
            named,
            at: 0,
            state,
            fragments: BTreeMap::new(),
            last: None,
            unproven: None,
            diagnostics: Vec::new(),
        }
    }

    /// Takes the next bytes of the log.
    pub fn feed(&mut self, bytes: &[u8]) {
        match &mut self.state {
            State::Head(head) => {
                let room = HEAD.saturating_sub(head.len()).min(bytes.len());
                head.extend_from_slice(&bytes[..room]);
                if head.len() >= HEAD {
                    let head = std::mem::take(head);
                    self.decide(&head);
                    if room < bytes.len() {
                        self.feed(&bytes[room..]);
                    }
                }
            }
            State::Json(records) => {
                let mut records = std::mem::replace(records, Box::new(Records::new(self.at)));
                let text = records.feed(bytes, |found| self.take(found));
                self.at += bytes.len() as u64;
                self.state = match text {
                    None => State::Json(records),
                    // from here on nothing that looks like a record is believed
                    Some(text) => State::Text {
                        since: text.offset,
                        session: self.text_session(&text.line, text.offset),
                    },
                };
            }
            State::Table(rows) => {
                let mut rows = std::mem::take(rows);
                rows.feed(bytes, |found| self.take(found));
                self.at += bytes.len() as u64;
                self.state = State::Table(rows);
            }
            State::Columns(columns) => {
                let mut columns = std::mem::take(columns);
                columns.feed(bytes, |found| self.take(found));
                self.at += bytes.len() as u64;
                self.state = State::Columns(columns);
            }
            State::Listing(listing) => {
                let mut listing = std::mem::take(listing);
                listing.feed(bytes, |found| self.take(found));
                self.at += bytes.len() as u64;
                self.state = State::Listing(listing);
            }
            State::Facts(reader) => {
                reader.feed(bytes);
                self.at += bytes.len() as u64;
            }
            State::Text { .. } | State::Other => self.at += bytes.len() as u64,
        }
    }

    /// Takes the recorded calls among the facts that were found so far, which stay as they are whatever the rest of the log
    /// says. [`finish`](Self::finish) then gives the others.
    pub fn calls(&mut self) -> Vec<Fact> {
        match &mut self.state {
            State::Facts(reader) => reader.calls(),
            _ => Vec::new(),
        }
    }

    /// Ends the log.
    pub fn finish(mut self) -> Routed {
        if let State::Head(head) = &mut self.state {
            let head = std::mem::take(head);
            if head.is_empty() {
                self.note(DiagnosticKind::EmptyLog, None, None);
                self.state = State::Other;
            } else {
                self.decide(&head);
            }
        }
        let mut facts = None;
        match std::mem::replace(&mut self.state, State::Other) {
            State::Facts(reader) => {
                let (found, odd) = reader.finish(self.at);
                facts = found;
                odd.into_iter().for_each(|(kind, at)| self.note(kind, at, None));
            }
            State::Json(records) => {
                let empty = records.finish(|found| self.take(found));
                if self.fragments.is_empty() && empty {
                    self.note(DiagnosticKind::NotALog, None, None);
                }
            }
            State::Table(rows) => {
                if rows.finish(|found| self.take(found)) {
                    self.note(DiagnosticKind::NotALog, None, None);
                }
            }
            State::Columns(columns) => {
                if columns.finish(|found| self.take(found)) {
                    self.note(DiagnosticKind::NotALog, None, None);
                }
            }
            State::Listing(listing) => listing.finish(|found| self.take(found)),
            State::Text { since, session } => {
                let end = self.at;
                if let Some(session) = session {
                    self.add(session, Shape::Transcript, since..end);
                }
            }
            State::Head(_) | State::Other => {}
        }
        let log = self.log;
        let unproven = self.unproven;
        let fragment = |((session, shape), ranges)| {
            let proven = unproven.as_ref() != Some(&session);
            Fragment { session, proven, log: log.clone(), shape, ranges }
        };
        let fragments = self.fragments.into_iter().map(fragment).collect();
        Routed { fragments, facts, diagnostics: self.diagnostics }
    }

    fn decide(&mut self, head: &[u8]) {
        self.state = match sniff(head, self.named.is_some()) {
            Kind::Json if holds_facts(head) => State::Facts(Box::new(FactReader::new(self.log.clone()))),
            Kind::Json => State::Json(Box::new(Records::new(0))),
            Kind::Table => State::Table(Box::default()),
            Kind::Columns => State::Columns(Box::default()),
            Kind::Listing => State::Listing(Box::default()),
            Kind::Text => {
                let text = after_stamp(head);
                let since = if is_script_header(text) { (head.len() - text.len()) as u64 } else { 0 };
                State::Text { since, session: self.text_session(text, since) }
            }
            Kind::Other if yaml_holds_facts(head) => {
                State::Facts(Box::new(FactReader::of_yaml(self.log.clone())))
            }
            Kind::Other => {
                self.note(packed(head).map_or(DiagnosticKind::NotALog, DiagnosticKind::Packed), None, None);
                State::Other
            }
        };
        self.feed(head);
    }

    /// Whose terminal text this is: the log's name says so, the header's command confirms it.
    fn text_session(&mut self, head: &[u8], at: u64) -> Option<SessionId> {
        let content = header_session(head);
        match (self.named.clone(), content) {
            (Some(named), Some(content)) if named != content => {
                let kind = DiagnosticKind::SessionIdMismatch {
                    named: named.as_str().into(),
                    content: content.as_str().into(),
                };
                self.note(kind, Some(at), Some(named.clone()));
                Some(named)
            }
            (Some(id), _) | (None, Some(id)) => Some(id),
            (None, None) => self.name_of_log(at),
        }
    }

    /// The session of what names none, in a log whose name has not the shape of a session id. An export task makes a folder
    /// for each stream, named after its session, and the agent on Windows one with a folder for the day in it
    /// (shell_windows.go, getStreamingFilePath).
    fn name_of_log(&mut self, at: u64) -> Option<SessionId> {
        let of_session = |folder: &str| folder.parse().ok().filter(SessionId::is_well_formed);
        let folder = self.log.folders().take(2).find_map(of_session);
        if let Some(id) = folder {
            return Some(id);
        }
        let id: SessionId = self.log.stem().parse().ok().or_else(|| "unnamed".parse().ok())?;
        self.note(DiagnosticKind::UnprovenSessionId, Some(at), Some(id.clone()));
        self.unproven = Some(id.clone());
        Some(id)
    }

    fn take(&mut self, found: Found) {
        let Found { range, shape, session, stream, damage } = found;
        if let Some(kind) = damage {
            self.note(kind, Some(range.start), session.as_deref().and_then(|s| s.parse().ok()));
        }
        let Some(shape) = shape else {
            self.last = None;
            return;
        };
        // mostly that of the record before
        let same = |said: &str| self.last.as_ref().map(|(last, _)| last).filter(|last| last.as_str() == said);
        let said = session.or(stream).and_then(|s| same(&s).cloned().or_else(|| s.parse::<SessionId>().ok()));
        let Some(id) = said.or_else(|| self.named.clone()).or_else(|| self.name_of_log(range.start)) else {
            return;
        };
        if let Some(named) = &self.named
            && *named != id
        {
            let kind = DiagnosticKind::SessionIdMismatch {
                named: named.as_str().into(),
                content: id.as_str().into(),
            };
            self.note(kind, Some(range.start), Some(id.clone()));
        }
        self.add(id, shape, range);
    }

    fn add(&mut self, session: SessionId, shape: Shape, range: Range<u64>) {
        let key = (session, shape);
        let ranges = self.fragments.entry(key.clone()).or_default();
        match ranges.last_mut() {
            // what stands between two neighbouring records is no more than white space and commas
            Some(last) if self.last.as_ref() == Some(&key) => last.end = range.end,
            _ => ranges.push(range),
        }
        self.last = Some(key);
    }

    fn note(&mut self, kind: DiagnosticKind, at: Option<u64>, session: Option<SessionId>) {
        let same = self.diagnostics.iter().filter(|d| d.kind.code() == kind.code()).count();
        let said =
            self.diagnostics.iter().any(|d| d.kind == kind && d.session == session && is_of_log(&kind));
        if same < PER_KIND && !said {
            self.diagnostics.push(Diagnostic { log: self.log.clone(), at, session, kind });
        }
    }
}

/// The session that a log is named after, or that the agent's own folders name.
fn session_named(log: &LogId) -> Option<SessionId> {
    let id = |name: &str| name.parse().ok().filter(SessionId::is_well_formed);
    let on_node = (log.file_name() == TERMINAL_FILE).then(|| log.orchestrated()).flatten();
    let name = on_node.map_or_else(|| log.stem(), |(session, _)| session);
    // what browsers, shells and people add to the name of a copy stands in no id
    let copied = name.split([' ', '(', '~']).next()?.split(".log.").next()?;
    id(name).or_else(|| id(copied.strip_suffix(".log").unwrap_or(copied)))
}

/// Whether an oddity is one of the whole log, said once however many records show it.
fn is_of_log(kind: &DiagnosticKind) -> bool {
    matches!(
        kind,
        DiagnosticKind::SessionIdMismatch { .. }
            | DiagnosticKind::UnprovenSessionId
            | DiagnosticKind::MissingField(_)
    )
}

#[cfg(test)]
mod tests;
