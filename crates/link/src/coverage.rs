//! Coverage: what should be in the record and is not.

use std::collections::BTreeMap;

use whoran_model::{ByteSpan, DiagnosticKind, Session, SessionDocument, SessionId, Shape, Timestamp};

use crate::context::Place;
use crate::run_as::is_run_as_failure;
use crate::{Context, Resolution, Verdict};

/// Something that should be in the record and is not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    /// The session.
    pub session: SessionId,
    /// What is missing.
    pub kind: GapKind,
    /// Why, as far as evidence goes.
    pub cause: Cause,
    /// What speaks for the cause; of a gap whose cause is not known, what names the session at all.
    pub evidence: Vec<ByteSpan>,
}

/// What is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GapKind {
    /// The session started, and there is no log of it.
    NoLog,
    /// There is a log, and no record of a start.
    NoStart,
    /// Nothing says that or when the session ended, and its log stops without an end.
    NoEnd,
    /// The preferences promise a transcript in S3 beside the CloudWatch copy, and there is none.
    NoS3Copy,
    /// The preferences promise a CloudWatch copy beside the transcript in S3, and there is none.
    NoCloudWatchCopy,
}

impl GapKind {
    /// A stable short name.
    pub fn code(self) -> &'static str {
        match self {
            Self::NoLog => "no-log",
            Self::NoStart => "no-start",
            Self::NoEnd => "no-end",
            Self::NoS3Copy => "no-s3-copy",
            Self::NoCloudWatchCopy => "no-cloudwatch-copy",
        }
    }
}

/// Why something is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cause {
    /// A port, SSH or SCP tunnel: the service never logs what goes through.
    Tunnel,
    /// It did not start for want of the OS user.
    RunAsFailure,
    /// It failed to start for another reason, which the service's list gives.
    FailedToStart,
    /// The session document in force switches logging off.
    LoggingOff,
    /// A session document of the caller's choice logs elsewhere, or nowhere.
    RoutedElsewhere,
    /// The session is still open, as far as the service's list says: logs come at its end.
    StillOpen,
    /// The node was gone when it was looked for later: what was not uploaded went with it.
    NodeGone,
    /// It ended as soon as it had begun: a session without output leaves no log.
    NoOutput,
    /// No log, or no CloudTrail, of that account, region and time was given.
    OutsideRange,
    /// Nothing known explains it.
    Unexplained,
}

impl Cause {
    /// A stable short name.
    pub fn code(self) -> &'static str {
        match self {
            Self::Tunnel => "tunnel",
            Self::RunAsFailure => "run-as-failure",
            Self::FailedToStart => "failed-to-start",
            Self::LoggingOff => "logging-off",
            Self::RoutedElsewhere => "routed-elsewhere",
            Self::StillOpen => "still-open",
            Self::NodeGone => "node-gone",
            Self::NoOutput => "no-output",
            Self::OutsideRange => "outside-range",
            Self::Unexplained => "unexplained",
        }
    }
}

/// Documents of AWS that open a tunnel.
const TUNNELS: [&str; 4] = [
    "AWS-StartPortForwardingSession",
    "AWS-StartPortForwardingSessionToRemoteHost",
    "AWS-StartPortForwardingSessionToSocket",
    "AWS-StartSSHSession",
];

/// First and last time of the logs by account and region.
#[derive(Debug, Clone, Default)]
struct Range(BTreeMap<(Option<String>, Option<String>), (Timestamp, Timestamp)>);

impl Range {
    /// A transcript has no time but its end; where the call that started it is known, that counts as well.
    fn of<'a>(logged: impl IntoIterator<Item = (&'a Resolution, &'a Session)>) -> Self {
        let mut range = Self::default();
        for (known, log) in logged {
            let place = (known.account.clone(), known.region.clone());
            for time in [known.started, log.first, log.last].into_iter().flatten() {
                let held = range.0.entry(place.clone()).or_insert((time, time));
                *held = (held.0.min(time), held.1.max(time));
            }
        }
        range
    }

    /// Whether logs of that place were given for that time. Where the logs tell no places, time alone decides.
    fn holds(&self, of: &Resolution) -> bool {
        let Some(at) = of.started else { return true };
        let mut fitting = self.0.iter().filter(|((account, region), _)| {
            (account.is_none() || *account == of.account) && (region.is_none() || *region == of.region)
        });
        fitting.any(|(_, (first, last))| *first <= at && at <= *last)
    }
}

impl Context {
    /// The gaps of all sessions, ordered by session. `sessions` are all that logs or facts name, each with its log
    /// where there is one.
    pub fn gaps(&self, sessions: &[(&Resolution, Option<&Session>)]) -> Vec<Gap> {
        let range = Range::of(sessions.iter().filter_map(|(known, log)| Some((*known, (*log)?))));
        let mut gaps: Vec<Gap> = Vec::new();
        for (resolution, log) in sessions {
            match log {
                None => gaps.push(self.no_log(resolution, &range)),
                Some(log) => {
                    gaps.extend(self.no_start(resolution));
                    gaps.extend(self.no_end(resolution, log));
                    gaps.extend(self.one_copy(resolution, log));
                }
            }
        }
        gaps.sort_by(|a, b| (&a.session, a.kind).cmp(&(&b.session, b.kind)));
        gaps
    }

    fn no_log(&self, of: &Resolution, range: &Range) -> Gap {
        let (cause, because) = self.why_no_log(of, range);
        let evidence = if because.is_empty() { of.evidence.clone() } else { because };
        Gap { session: of.id.clone(), kind: GapKind::NoLog, cause, evidence }
    }

    /// The surest explanation first.
    fn why_no_log(&self, of: &Resolution, range: &Range) -> (Cause, Vec<ByteSpan>) {
        let start = || of.evidence.first().cloned().into_iter().collect::<Vec<_>>();
        let record = self.record(&of.id);
        let listed = || record.map(|r| r.evidence.clone()).into_iter().collect::<Vec<_>>();
        let name = of.document.as_deref().unwrap_or(SessionDocument::PREFERENCES);
        let document = self.document_of(of);
        let settings = document.as_ref().map(|(settings, _)| *settings);
        let said = || document.iter().map(|(_, place)| (*place).clone()).collect::<Vec<_>>();

        if TUNNELS.contains(&name) {
            return (Cause::Tunnel, start());
        }
        if settings.is_some_and(|s| s.session_type.as_deref() == Some("Port")) {
            return (Cause::Tunnel, said());
        }
        let details = record.and_then(|r| r.details.as_deref());
        if matches!(of.run_as.verdict, Verdict::CouldNotStart | Verdict::NoTagAndNoDefault)
            || details.is_some_and(is_run_as_failure)
        {
            return (
                Cause::RunAsFailure,
                if record.is_some() { listed() } else { of.run_as.evidence.clone() },
            );
        }
        if record.is_some_and(|r| r.status.as_deref() == Some("Failed")) {
            return (Cause::FailedToStart, listed());
        }
        if let Some(settings) = settings
            && settings.s3_bucket.is_none()
            && settings.log_group.is_none()
        {
            return (Cause::LoggingOff, said());
        }
        // A document of one's own may log wherever its maker likes.
        if name != SessionDocument::PREFERENCES && !name.starts_with("AWS-") && !self.logs_as_usual(of) {
            return (Cause::RoutedElsewhere, if document.is_some() { said() } else { start() });
        }
        if !range.holds(of) {
            return (Cause::OutsideRange, Vec::new());
        }
        if record.is_some_and(|r| {
            matches!(r.status.as_deref(), Some("Connected" | "Connecting" | "Disconnected"))
                && r.ended.is_none()
        }) {
            return (Cause::StillOpen, listed());
        }
        if let Some(gone) = self.node_gone(of) {
            return (Cause::NodeGone, vec![gone]);
        }
        if let Some(record) = record
            && let (Some(started), Some(ended)) = (record.started, record.ended)
            && ended.as_second() - started.as_second() <= 1
        {
            return (Cause::NoOutput, listed());
        }
        (Cause::Unexplained, Vec::new())
    }

    fn document_of(&self, of: &Resolution) -> Option<(&whoran_model::DocumentSettings, &ByteSpan)> {
        let name = of.document.as_deref().unwrap_or(SessionDocument::PREFERENCES);
        let place = self.place(of, name)?;
        let known = self.document_at(&place, of.started?)?;
        Some((known.value, known.evidence))
    }

    fn place(&self, of: &Resolution, name: &str) -> Option<Place> {
        Some(Place { account: of.account.clone()?, region: of.region.clone()?, name: name.to_owned() })
    }

    /// Whether the session's own document logs to where the preferences do.
    fn logs_as_usual(&self, of: &Resolution) -> bool {
        let usual = self
            .place(of, SessionDocument::PREFERENCES)
            .and_then(|place| Some(self.document_at(&place, of.started?)?.value));
        let (Some(usual), Some((own, _))) = (usual, self.document_of(of)) else { return false };
        (&usual.s3_bucket, &usual.log_group) == (&own.s3_bucket, &own.log_group)
    }

    /// A listing after the session that shows the node gone for good.
    fn node_gone(&self, of: &Resolution) -> Option<ByteSpan> {
        let gone =
            |state: &str| matches!(state, "terminated" | "shutting-down" | "ConnectionLost" | "Inactive");
        let later = self.node(of.target.as_ref()?).iter().filter(|n| n.taken.at > of.started);
        later.filter(|n| n.state.as_deref().is_some_and(gone)).map(|n| n.evidence.clone()).next()
    }

    fn no_start(&self, of: &Resolution) -> Option<Gap> {
        if self.start(&of.id).is_some() {
            return None;
        }
        let recorded = of.started.is_some_and(|at| {
            let place = of.account.as_deref().zip(of.region.as_deref());
            place.is_some_and(|(account, region)| self.recorded(account, region, at, at))
        });
        let cause = if recorded { Cause::Unexplained } else { Cause::OutsideRange };
        Some(Gap { session: of.id.clone(), kind: GapKind::NoStart, cause, evidence: of.evidence.clone() })
    }

    /// A transcript is written when the session has ended, so that a whole one is an end.
    fn no_end(&self, of: &Resolution, log: &Session) -> Option<Gap> {
        let whole = |name: &whoran_model::LogId| {
            !log.diagnostics.iter().any(|d| {
                d.log == *name
                    && matches!(
                        d.kind,
                        DiagnosticKind::MissingTrailer
                            | DiagnosticKind::DamagedCompression(_)
                            | DiagnosticKind::TooLarge(_)
                    )
            })
        };
        let transcript = log.logs.iter().any(|l| l.shape == Shape::Transcript && whole(&l.log));
        if of.ended.is_some() || transcript {
            return None;
        }
        let open = self.record(&of.id);
        let cause = if open.is_some() { Cause::StillOpen } else { Cause::Unexplained };
        let evidence = open.map(|r| r.evidence.clone()).into_iter().collect();
        Some(Gap { session: of.id.clone(), kind: GapKind::NoEnd, cause, evidence })
    }

    fn one_copy(&self, of: &Resolution, log: &Session) -> Option<Gap> {
        let (settings, place) = self.document_of(of)?;
        if settings.s3_bucket.is_none() || settings.log_group.is_none() {
            return None;
        }
        let transcript = log.logs.iter().any(|l| l.shape == Shape::Transcript);
        let events = log.logs.iter().any(|l| l.shape != Shape::Transcript);
        let kind = match (transcript, events) {
            (true, false) => GapKind::NoCloudWatchCopy,
            (false, true) => GapKind::NoS3Copy,
            _ => return None,
        };
        // A node that dies uploads nothing more; the streamed lines are there already.
        let (cause, evidence) = match self.node_gone(of).filter(|_| kind == GapKind::NoS3Copy) {
            Some(gone) => (Cause::NodeGone, gone),
            None => (Cause::Unexplained, place.clone()),
        };
        Some(Gap { session: of.id.clone(), kind, cause, evidence: vec![evidence] })
    }
}
