use whoran_link::{Cause, Context, GapKind};
use whoran_model::{
    AccessEvent, Diagnostic, DiagnosticKind, DocumentSettings, LogId, Session, SessionId, SessionLog, Shape,
};

use crate::given::{Facts, at, event, log, node, preferences, record, session_id, start, user, with_run_as};

/// The gaps of all sessions that are named anywhere, as code of the gap and of its cause.
fn gaps(context: &Context, logs: &[Session]) -> Vec<(SessionId, GapKind, Cause)> {
    let mut ids = context.session_ids();
    ids.extend(logs.iter().map(|l| &l.id));
    let of = |id: &SessionId| logs.iter().find(|l| l.id == *id);
    let resolved: Vec<_> = ids.iter().map(|id| (context.session(id, of(id)), of(id))).collect();
    let resolved: Vec<_> = resolved.iter().map(|(r, l)| (r, *l)).collect();
    context.gaps(&resolved).into_iter().map(|g| (g.session, g.kind, g.cause)).collect()
}

/// Logs before and after, whole and in both copies: the range that was given.
fn around() -> (Facts, Vec<Session>) {
    let mut facts = Facts::default();
    let mut logs = Vec::new();
    for (name, second) in [("before", 0), ("after", 1000)] {
        let id = session_id(name);
        facts = facts.event(start(second, user("x"), &id));
        logs.push(with_copies(log(&id, second, None, Some("x")), &[Shape::Events, Shape::Transcript]));
    }
    (facts, logs)
}

fn with_copies(mut log: Session, shapes: &[Shape]) -> Session {
    let copy = |shape: &Shape| SessionLog { log: LogId::new(format!("{shape:?}")), shape: *shape, bytes: 1 };
    log.logs = shapes.iter().map(copy).collect();
    log
}

/// Why the session started at second 500 has no log, with other facts around.
fn cause(change: impl Fn(AccessEvent) -> AccessEvent, more: impl Fn(Facts, &SessionId) -> Facts) -> Cause {
    let (facts, logs) = around();
    let id = session_id("lost");
    let context = more(facts.event(change(start(500, user("bob"), &id))), &id).context();
    let found = gaps(&context, &logs);
    let [(session, GapKind::NoLog, cause)] = &found[..] else { panic!("{found:?}") };
    assert_eq!(*session, id);
    *cause
}

fn with_document(name: &str) -> impl Fn(AccessEvent) -> AccessEvent {
    move |event| AccessEvent { document: Some(name.to_owned()), ..event }
}

#[test]
fn a_session_without_a_log_has_its_likely_cause() {
    let same = |e: AccessEvent| e;
    let nothing = |f: Facts, _: &SessionId| f;
    assert_eq!(cause(same, nothing), Cause::Unexplained);
    assert_eq!(cause(with_document("AWS-StartSSHSession"), nothing), Cause::Tunnel);
    assert_eq!(cause(with_document("AWS-StartPortForwardingSessionToRemoteHost"), nothing), Cause::Tunnel);
    assert_eq!(cause(with_document("Own-Document"), nothing), Cause::RoutedElsewhere);
    assert_eq!(cause(with_document("AWS-StartInteractiveCommand"), nothing), Cause::Unexplained);
    assert_eq!(
        cause(same, |f, _| f.document(preferences(0, DocumentSettings::default()))),
        Cause::LoggingOff
    );
    assert_eq!(cause(|e| AccessEvent { time: at(50_000), ..e }, nothing), Cause::OutsideRange);
    assert_eq!(
        cause(same, |f, _| {
            let mut gone = node(2000, "Linux");
            gone.state = Some("terminated".into());
            f.node(gone)
        }),
        Cause::NodeGone
    );
}

#[test]
fn the_services_list_explains_more() {
    let with = |status: &str, details: Option<&str>, seconds: Option<i64>| {
        cause(
            |e| e,
            |f, id| {
                let mut listed = record(2000, id, status);
                listed.details = details.map(str::to_owned);
                listed.started = Some(at(500));
                listed.ended = seconds.map(|s| at(500 + s));
                f.record(listed)
            },
        )
    };
    assert_eq!(with("Failed", Some("RunAs user x does not exist"), Some(0)), Cause::RunAsFailure);
    assert_eq!(with("Failed", Some("no space left on device"), Some(0)), Cause::FailedToStart);
    assert_eq!(with("Connected", None, None), Cause::StillOpen);
    assert_eq!(with("Terminated", None, Some(1)), Cause::NoOutput);
    assert_eq!(with("Terminated", None, Some(100)), Cause::Unexplained);
}

#[test]
fn a_document_of_ones_own_may_log_as_usual() {
    let own = |settings: DocumentSettings| {
        cause(with_document("Own"), move |f, _| {
            let mut document = preferences(0, settings.clone());
            document.name = "Own".into();
            f.document(document).document(preferences(0, with_run_as(None)))
        })
    };
    assert_eq!(own(with_run_as(None)), Cause::Unexplained);
    assert_eq!(own(DocumentSettings::default()), Cause::LoggingOff);
    let elsewhere = DocumentSettings { s3_bucket: Some("mine".into()), ..DocumentSettings::default() };
    assert_eq!(own(elsewhere), Cause::RoutedElsewhere);
    let port = DocumentSettings { session_type: Some("Port".into()), ..DocumentSettings::default() };
    assert_eq!(own(port), Cause::Tunnel);
}

#[test]
fn a_log_without_a_start_is_suspicious_where_the_trail_was_given() {
    let (facts, mut logs) = around();
    let (inside, outside) = (session_id("inside"), session_id("outside"));
    let copies = [Shape::Events, Shape::Transcript];
    logs.push(with_copies(log(&inside, 500, None, None), &copies));
    logs.push(with_copies(log(&outside, 5000, None, None), &copies));
    let found = gaps(&facts.context(), &logs);
    assert_eq!(
        found,
        [(inside, GapKind::NoStart, Cause::Unexplained), (outside, GapKind::NoStart, Cause::OutsideRange)]
    );
}

#[test]
fn a_log_without_an_end_and_a_copy_that_was_promised_are_missed() {
    let (facts, mut logs) = around();
    let id = session_id("open");
    logs.push(with_copies(log(&id, 500, None, None), &[Shape::Events]));
    let facts = facts.event(start(500, user("bob"), &id)).document(preferences(0, with_run_as(None)));
    let ends = [
        (id.clone(), GapKind::NoEnd, Cause::Unexplained),
        (id.clone(), GapKind::NoS3Copy, Cause::Unexplained),
    ];
    assert_eq!(gaps(&Context::new(facts.0.clone()), &logs), ends);

    let mut end = event(600, "ssm.amazonaws.com:TerminateSession", user("bob"));
    end.session = Some(id.clone());
    assert_eq!(gaps(&facts.event(end).context(), &logs), ends[1..]);
}

#[test]
fn a_cut_transcript_is_no_end() {
    let (facts, mut logs) = around();
    let id = session_id("cut");
    let mut cut = with_copies(log(&id, 500, None, None), &[Shape::Transcript]);
    let context = facts.event(start(500, user("bob"), &id)).context();
    logs.push(cut.clone());
    assert_eq!(gaps(&context, &logs), []);
    cut.diagnostics.push(Diagnostic {
        log: cut.logs[0].log.clone(),
        at: None,
        session: None,
        kind: DiagnosticKind::MissingTrailer,
    });
    logs[2] = cut;
    assert_eq!(gaps(&context, &logs), [(id, GapKind::NoEnd, Cause::Unexplained)]);
}
