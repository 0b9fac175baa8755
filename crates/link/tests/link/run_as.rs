use whoran_link::{Context, Owed, RunAs, UsedBy, Verdict};
use whoran_model::{AccessEvent, Assumed, Detail, EntityKind, OsUser, SessionDocument, Tag};

use crate::given::{
    Facts, assume, at, event, iam, iam_role, iam_user, log, node, preferences, record, refused, role, run_as,
    session_id, start, tagged, user, with_run_as,
};

/// Judges the session that `bob` starts at second 100, seen as that OS user in the streaming copy.
fn judge(facts: Facts, used: Option<&str>) -> RunAs {
    let id = session_id("bob");
    let context = facts.event(start(100, user("bob"), &id)).context();
    judged(&context, used)
}

fn judged(context: &Context, used: Option<&str>) -> RunAs {
    let id = session_id("bob");
    context.session(&id, used.map(|used| log(&id, 100, None, Some(used))).as_ref()).run_as
}

/// Run As is on, and the trail runs from second 0 to 1000.
fn facts(default: Option<&str>) -> Facts {
    Facts::default()
        .document(preferences(0, with_run_as(default)))
        .node(node(0, "Linux"))
        .event(tagged(0, EntityKind::User, "someone", Some("x")))
        .event(event(0, "ssm.amazonaws.com:ResumeSession", user("someone")))
        .event(event(1000, "ssm.amazonaws.com:ResumeSession", user("someone")))
}

fn with_tag(facts: Facts, tag: Option<&str>) -> Facts {
    facts.iam(iam(Some(900), vec![iam_user("bob", tag, &[])], vec![]))
}

#[test]
fn the_tag_goes_before_the_default_and_the_default_before_nothing() {
    let verdict = |default, tag, used| {
        let run_as = judge(with_tag(facts(default), tag), used);
        (run_as.owed.user().map(str::to_owned), run_as.verdict, run_as.missing.len())
    };
    let due = |user: &str, verdict| (Some(user.to_owned()), verdict, 0);
    assert_eq!(verdict(Some("app"), Some("bob"), Some("bob")), due("bob", Verdict::AsTagged));
    assert_eq!(verdict(Some("app"), None, Some("app")), due("app", Verdict::AsDefault));
    assert_eq!(verdict(Some("app"), Some("bob"), Some("app")), due("bob", Verdict::Mismatch));
    assert_eq!(verdict(Some("app"), None, Some("root")), due("app", Verdict::Mismatch));
    assert_eq!(verdict(None, None, None), (None, Verdict::NoTagAndNoDefault, 0));
    assert_eq!(verdict(None, None, Some("ssm-user")), (None, Verdict::Mismatch, 0));
    assert_eq!(verdict(None, Some("bob"), None), (Some("bob".into()), Verdict::Unknown, 1));
    assert_eq!(verdict(None, Some(" "), None), (None, Verdict::NoTagAndNoDefault, 0), "a blank tag is none");
}

#[test]
fn without_run_as_and_on_windows_it_is_ssm_user() {
    let off = whoran_model::DocumentSettings { run_as: Some(false), ..with_run_as(Some("app")) };
    let off = |used| judge(with_tag(facts(None).document(preferences(1, off.clone())), Some("bob")), used);
    assert_eq!(
        (off(Some("ssm-user")).owed, off(Some("ssm-user")).verdict),
        (Owed::SsmUser, Verdict::SsmUser)
    );
    assert_eq!(off(Some("bob")).verdict, Verdict::Mismatch);

    let windows = |used| judge(with_tag(facts(None).node(node(1, "Windows")), Some("bob")), used);
    assert_eq!(windows(Some("ssm-user")).verdict, Verdict::SsmUser);
    assert_eq!(windows(Some("bob")).verdict, Verdict::Mismatch);
}

#[test]
fn the_tag_is_that_of_the_sessions_start() {
    let at_start = |changes: &[(i64, Option<&str>)]| {
        let mut facts = facts(Some("app"));
        for (second, tag) in changes {
            facts = facts.event(tagged(*second, EntityKind::User, "bob", *tag));
        }
        let run_as = judge(facts, Some("bob"));
        (run_as.owed, run_as.verdict)
    };
    let tag = |user| Owed::Tag(OsUser::new(user));
    assert_eq!(at_start(&[(50, Some("bob")), (150, Some("eve"))]), (tag("bob"), Verdict::AsTagged));
    assert_eq!(at_start(&[(50, Some("eve")), (150, Some("bob"))]), (tag("eve"), Verdict::Mismatch));
    assert_eq!(
        at_start(&[(50, Some("bob")), (60, None)]),
        (Owed::Default(OsUser::new("app")), Verdict::Mismatch)
    );
    // What stood there before the first change nobody knows.
    assert_eq!(at_start(&[(150, Some("bob"))]), (Owed::Unknown, Verdict::Unknown));
}

#[test]
fn a_change_that_nobody_would_have_seen_makes_no_mismatch() {
    // The trail ends at 1000; the tag was looked at later.
    let late =
        |used| judge(facts(None).iam(iam(Some(5000), vec![iam_user("bob", Some("bob"), &[])], vec![])), used);
    assert_eq!(late(Some("bob")).verdict, Verdict::AsTagged);
    let other = late(Some("eve"));
    assert_eq!(other.verdict, Verdict::Unknown);
    assert!(other.missing[0].starts_with("CloudTrail"), "{:?}", other.missing);
}

#[test]
fn what_is_missing_is_named() {
    let missing = |facts: Facts, used| judge(facts, used).missing.join("; ");
    assert!(missing(facts(None), Some("bob")).contains("tags of user bob"));
    let no_document = with_tag(Facts::default().node(node(0, "Linux")), Some("bob"));
    assert!(missing(no_document, Some("eve")).contains("session document SSM-SessionManagerRunShell"));
    let no_platform = with_tag(Facts::default().document(preferences(0, with_run_as(None))), Some("bob"));
    assert!(missing(no_platform, Some("ssm-user")).contains("platform"));
    assert!(missing(with_tag(facts(None), Some("bob")), None).contains("a log"));
    assert!(missing(Facts::default(), Some("bob")).contains("session document"));
}

#[test]
fn an_sts_session_tag_goes_before_the_roles_own() {
    let id = session_id("bob");
    let chain = |assumed: [Assumed; 2]| {
        let [first, second] = assumed;
        let context = facts(Some("app"))
            .iam(iam(Some(900), vec![], vec![iam_role("ops/Second", Some("ops"), &[])]))
            .event(assume(10, user("bob"), "ASIA1", first))
            .event(assume(20, role("First", "b", "ASIA1"), "ASIA2", second))
            .event(start(100, role("ops/Second", "b", "ASIA2"), &id))
            .context();
        context.session(&id, None).run_as.owed
    };
    let tags = |transitive: bool| Assumed {
        tags: vec![Tag { key: "ssmsessionrunas".into(), ..run_as("bob") }],
        transitive: if transitive { vec!["SSMSessionRunAs".into()] } else { vec![] },
        ..Assumed::default()
    };
    assert_eq!(chain([Assumed::default(), Assumed::default()]), Owed::Tag(OsUser::new("ops")));
    assert_eq!(chain([Assumed::default(), tags(false)]), Owed::SessionTag(OsUser::new("bob")));
    assert_eq!(chain([tags(true), Assumed::default()]), Owed::SessionTag(OsUser::new("bob")));
    assert_eq!(
        chain([tags(false), Assumed::default()]),
        Owed::Tag(OsUser::new("ops")),
        "it does not go along"
    );
}

#[test]
fn refused_for_the_os_user_is_a_verdict_of_its_own() {
    let text = "Invalid RunAs username. Set default username in Session Manager Preferences page.";
    let attempt = |default, tag, message: &str| {
        let facts =
            with_tag(facts(default), tag).event(refused(100, user("bob"), "ValidationException", message));
        let context = facts.context();
        let run_as = context.attempts().next().unwrap().run_as;
        (run_as.owed.user().map(str::to_owned), run_as.verdict, run_as.failure.is_some())
    };
    assert_eq!(attempt(None, None, text), (None, Verdict::NoTagAndNoDefault, true));
    assert_eq!(attempt(None, Some("gone"), text), (Some("gone".into()), Verdict::CouldNotStart, true));
    // The tag does not fall back to the default.
    assert_eq!(attempt(Some("app"), Some("gone"), text), (Some("gone".into()), Verdict::CouldNotStart, true));
    let denied = "User: x is not authorized to perform: ssm:StartSession";
    assert_eq!(attempt(Some("app"), None, denied), (Some("app".into()), Verdict::Unknown, false));
}

#[test]
fn the_services_list_tells_why_a_session_failed() {
    let id = session_id("bob");
    let mut failed = record(200, &id, "Failed");
    failed.details =
        Some("Unable to start command: failed to start pty since RunAs user gone does not exist".into());
    let run_as = judge(with_tag(facts(Some("app")), Some("gone")).record(failed), None);
    assert_eq!((run_as.owed, run_as.verdict), (Owed::Tag(OsUser::new("gone")), Verdict::CouldNotStart));
    assert!(run_as.evidence.iter().any(|e| e.log.as_str() == "describe-sessions"));
}

#[test]
fn a_prompt_proves_a_user_and_disproves_one_only_without_a_shell_profile() {
    let id = session_id("bob");
    let judge = |profile: Option<&str>, used: &str| {
        let settings =
            whoran_model::DocumentSettings { linux_profile: profile.map(str::to_owned), ..with_run_as(None) };
        let facts = with_tag(facts(None).document(preferences(1, settings)), Some("bob"));
        let context = facts.event(start(100, user("bob"), &id)).context();
        let mut transcript = log(&id, 100, None, Some(used));
        transcript.run_as_user = None;
        let run_as = context.session(&id, Some(&transcript)).run_as;
        assert_eq!(run_as.used_by, Some(UsedBy::Terminal));
        run_as.verdict
    };
    assert_eq!(judge(None, "bob"), Verdict::AsTagged);
    assert_eq!(judge(None, "root"), Verdict::Mismatch);
    assert_eq!(judge(Some("sudo -i"), "root"), Verdict::Unknown);
}

#[test]
fn preferences_too_are_those_of_the_sessions_start() {
    let changed = |second, default: &str| {
        let settings = Some(Box::new(with_run_as(Some(default))));
        AccessEvent {
            detail: Detail::Document { name: SessionDocument::PREFERENCES.into(), version: None, settings },
            ..event(second, "ssm.amazonaws.com:UpdateDocument", user("admin"))
        }
    };
    let owed = |changes: [(i64, &str); 2]| {
        let mut facts = with_tag(facts(Some("first")), None);
        for (second, default) in changes {
            facts = facts.event(changed(second, default));
        }
        judge(facts, None).owed.user().map(str::to_owned)
    };
    assert_eq!(owed([(50, "then"), (150, "later")]).as_deref(), Some("then"));
    assert_eq!(owed([(120, "later"), (150, "latest")]).as_deref(), Some("first"));

    // A version that was made later says nothing about the time before.
    let mut document = preferences(900, with_run_as(Some("app")));
    document.created = Some(at(500));
    let run_as =
        judge(with_tag(Facts::default().document(document).node(node(0, "Linux")), None), Some("app"));
    assert_eq!((run_as.owed, run_as.verdict), (Owed::Unknown, Verdict::Unknown));
}

#[test]
fn a_document_of_an_unknown_place_stands_in_and_settles_nothing() {
    let nowhere = |defaults: &[&str], used| {
        let mut facts = Facts::default().node(node(0, "Linux"));
        for default in defaults {
            let mut document = preferences(0, with_run_as(Some(default)));
            (document.taken.account, document.taken.region) = (None, None);
            facts = facts.document(document);
        }
        let run_as = judge(with_tag(facts, None), Some(used));
        (run_as.owed.user().map(str::to_owned), run_as.verdict)
    };
    assert_eq!(nowhere(&["app"], "app"), (Some("app".into()), Verdict::AsDefault));
    assert_eq!(nowhere(&["app"], "eve").1, Verdict::Unknown);
    assert_eq!(nowhere(&["app", "other"], "app"), (None, Verdict::Unknown), "which of the two, nobody knows");
}

#[test]
fn the_account_s_root_has_no_tag_and_gets_the_default() {
    let id = session_id("root");
    let root = whoran_model::Caller {
        kind: Some("Root".into()),
        principal: Some(whoran_model::Principal::new("arn:aws:iam::111122223333:root")),
        ..whoran_model::Caller::default()
    };
    let context = facts(Some("app")).event(start(100, root, &id)).context();
    assert_eq!(context.session(&id, None).run_as.owed, Owed::Default(OsUser::new("app")));
}
