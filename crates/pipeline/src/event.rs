//! What a run tells while it goes on, and what it says at its end.

use whoran_model::{Diagnostic, Session, Severity};

use crate::stage::{Listing, RoutedLog};

/// Something a run did. Events come from many threads, in no promised order.
#[derive(Debug)]
pub enum Event<'a> {
    /// All inputs are listed: so much is to be read.
    Listed {
        /// Logs to read.
        logs: u64,
        /// Their size as stored, in bytes.
        bytes: u64,
    },
    /// So many more bytes of a log, as stored, were read for the first time.
    Read {
        /// How many.
        bytes: u64,
    },
    /// Every log is cut into sessions: so much is to be parsed.
    Gathered {
        /// Sessions to parse.
        sessions: u64,
        /// Their size, decompressed, in bytes.
        bytes: u64,
    },
    /// One session is done.
    Parsed {
        /// How many bytes of logs it had, decompressed.
        bytes: u64,
        /// How many commands it has.
        commands: u64,
    },
    /// Something about a log was odd.
    Diagnostic(&'a Diagnostic),
    /// What was done so far is on disk to stay.
    Committed,
    /// The thread that says so begins with this.
    Began(Step),
    /// It is done with it.
    Ended(Step),
}

/// What the time of a run goes into.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Step {
    /// Finding logs, and which of them are done.
    List,
    /// Reading logs for the first time: decompressing, hashing, finding the sessions in them.
    Read,
    /// Noting in the archive what was read.
    Note,
    /// Putting facts from beside the logs in order, and beside the sessions.
    Link,
    /// Reading sessions for the second time, and finding commands.
    Parse,
    /// Masking secrets.
    Mask,
    /// Handing documents to the index, which works on threads of its own: waiting until it takes them counts.
    Index,
    /// Waiting for the index until all it was handed is on disk.
    Commit,
    /// Waiting until the index has put its parts together.
    Merge,
}

impl Step {
    /// All of them, in the order in which a run comes to them.
    pub const ALL: [Self; 9] = [
        Self::List,
        Self::Read,
        Self::Note,
        Self::Link,
        Self::Parse,
        Self::Mask,
        Self::Index,
        Self::Commit,
        Self::Merge,
    ];

    /// A stable short name.
    pub fn name(self) -> &'static str {
        match self {
            Self::List => "list",
            Self::Read => "read",
            Self::Note => "note",
            Self::Link => "link",
            Self::Parse => "parse",
            Self::Mask => "mask",
            Self::Index => "index",
            Self::Commit => "commit",
            Self::Merge => "merge",
        }
    }

    /// Does the work and says when it begins and ends.
    pub(crate) fn does<T>(self, on_event: OnEvent<'_>, work: impl FnOnce() -> T) -> T {
        on_event(Event::Began(self));
        let done = work();
        on_event(Event::Ended(self));
        done
    }

    /// Does other work in the middle of this one, and says when it stops and goes on.
    pub(crate) fn stops_for<T>(self, on_event: OnEvent<'_>, work: impl FnOnce() -> T) -> T {
        on_event(Event::Ended(self));
        let done = work();
        on_event(Event::Began(self));
        done
    }
}

/// Where events go.
pub type OnEvent<'a> = &'a (dyn Fn(Event<'_>) + Sync);

/// What a run did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Logs read.
    pub logs: u64,
    /// Their bytes, decompressed.
    pub bytes: u64,
    /// Sessions parsed.
    pub sessions: u64,
    /// Commands found in them.
    pub commands: u64,
    /// Facts from beside the logs: calls that CloudTrail recorded, snapshots, documents, sessions and nodes listed.
    pub facts: u64,
    /// Logs that an earlier run has done and that have not changed since.
    pub unchanged: u64,
    /// Logs of which nothing was of use, with the reason: one for each.
    pub skipped: Vec<Diagnostic>,
    /// What else is worth a warning: about logs first, in their order, then about sessions, in theirs.
    pub diagnostics: Vec<Diagnostic>,
    /// Whether the index was of another layout and was made anew.
    pub rebuilt: bool,
    /// Hash of the archive's last manifest line after the run, where there is an archive.
    pub head: Option<String>,
}

impl Outcome {
    pub(crate) fn of_listing(listing: &Listing, on_event: OnEvent<'_>) -> Self {
        let bytes = listing.fresh.iter().map(|found| found.log.size).sum();
        on_event(Event::Listed { logs: listing.fresh.len() as u64, bytes });
        listing.skipped.iter().for_each(|diagnostic| on_event(Event::Diagnostic(diagnostic)));
        Self {
            unchanged: listing.unchanged.len() as u64,
            skipped: listing.skipped.clone(),
            ..Self::default()
        }
    }

    pub(crate) fn add_logs(&mut self, logs: &[RoutedLog]) {
        for log in logs {
            self.logs += 1;
            self.bytes += log.bytes;
            let mut diagnostics = log.diagnostics().iter().cloned();
            self.facts += log.facts().map_or(0, |facts| facts.count());
            if log.fragments.is_empty() && log.facts().is_none() {
                self.skipped.extend(diagnostics.next());
            }
            self.warn_of(diagnostics);
        }
    }

    /// Takes what is to say of logs that are done and were only read once more: nothing, unless they can't be.
    pub(crate) fn add_lost(&mut self, logs: &[RoutedLog]) {
        let lost = logs.iter().filter(|log| log.unreadable);
        self.warn_of(lost.flat_map(|log| log.diagnostics().iter().cloned()));
    }

    pub(crate) fn add_session(&mut self, session: &Session) {
        self.sessions += 1;
        self.commands += session.commands();
        self.warn_of(session.diagnostics.iter().cloned());
    }

    /// Notes, of which a session may have many, are not kept: the index has them.
    fn warn_of(&mut self, odd: impl Iterator<Item = Diagnostic>) {
        self.diagnostics.extend(odd.filter(|d| d.kind.severity() >= Severity::Warning));
    }

    /// Whether bytes of some log were left out.
    pub fn is_partial(&self) -> bool {
        self.all().any(|d| d.kind.severity() == Severity::Loss)
    }

    /// How many warnings there are, losses included.
    pub fn warnings(&self) -> u64 {
        self.diagnostics.len() as u64
    }

    fn all(&self) -> impl Iterator<Item = &Diagnostic> {
        self.skipped.iter().chain(&self.diagnostics)
    }
}
