use insta::assert_snapshot;

use crate::home::Home;

#[test]
fn the_sessions_are_listed_by_id() {
    assert_snapshot!(Home::indexed().run(&["sessions", "--format", "table"]), @r#"
    exit Some(0)
    --- stdout
    SESSION                  PERSON      IDENTITY                      RUN AS    MANAGED NODE         COMMANDS  STARTED               LASTED
    alice-0e34861185201706f  says alice  Ops/alice (111122223333)      ec2-user  i-0aaaaaaaaaaaaaaa1  6         2026-03-01 08:00:05Z  -
    bob-0959abc60267189e0    says bob    unknown (session prefix bob)  unknown   i-0bbbbbbbbbbbbbbb2  3         -                     -
    --- stderr
    "#);
}

#[test]
fn a_row_has_everything() {
    assert_snapshot!(Home::indexed().run(&["sessions"]).stdout.lines().last().unwrap(), @r#"{"v":1,"session_id":"bob-0959abc60267189e0","identity":null,"person":null,"account":null,"region":null,"run_as_user":null,"target":"i-0bbbbbbbbbbbbbbb2","target_name":null,"host":null,"first":null,"last":"2026-03-02T10:00:00Z","commands":3,"users":[{"os_user":"ssm-user","commands":3,"first":"2026-03-02T10:00:00Z","last":"2026-03-02T10:00:00Z"}],"logs":[{"log":"logs/bob-0959abc60267189e0.log","shape":"transcript","bytes":414}],"diagnostics":[],"claimed":"bob","basis":"session-id-prefix","started":null,"ended":null,"duration_seconds":null,"document":null,"reason":null,"source_ip":null,"user_agent":null,"mfa":null,"contradicting":null,"chain":[],"missing":["the CloudTrail record of StartSession"],"evidence":[],"reviewed":0,"reviews":[]}"#);
}

/// An event that names no session, or none that can be one, as `bob` or somebody else.
fn nameless(arn: &str, session: &str, shown: &str) -> String {
    format!(
        concat!(
            r#"{{"eventVersion":"1.0","eventTime":"2026-03-01T08:00:05Z","awsRegion":"r","target":{{"id":"i-0aaaaaaaaaaaaaaa1"}},"#,
            r#""userIdentity":{{"arn":"{arn}"}},"runAsUser":"ec2-user","sessionId":"{session}","#,
            r#""sessionData":["[ec2-user@h ~]$ {shown}","[ec2-user@h ~]$ "]}}"#,
            "\n"
        ),
        arn = arn,
        session = session,
        shown = shown
    )
}

const BOB: &str = "arn:aws:iam::111122223333:user/bob";
const EVE: &str = "arn:aws:iam::111122223333:user/eve";

#[test]
fn logs_of_one_name_are_not_one_session() {
    let home = Home::new();
    home.write("a/events.jsonl", nameless(BOB, "", "id").as_bytes());
    home.write("b/events.jsonl", nameless(EVE, "", "whoami").as_bytes());
    let text = "Script started on 2026-03-01 08:00:09+00:00 [x]\n[ec2-user@h ~]$ uname\r\nLinux\r\n[ec2-user@h ~]$ exit\r\n";
    home.write("c/events.log", text.as_bytes());
    let of = |output: &crate::home::Output| {
        let (ids, shown) = (output.column("session_id"), output.column("command"));
        let named = ids.iter().map(|id| id.split('~').next().unwrap().to_owned());
        let all: Vec<_> = named.zip(output.column("identity")).zip(shown).collect();
        let different: std::collections::BTreeSet<_> = ids.into_iter().collect();
        (different.len(), all)
    };
    let parsed = home.run(&["parse", "a", "b", "c"]);
    let (sessions, mut rows) = of(&parsed);
    rows.sort();
    let row =
        |identity: &str, command: &str| (("events".to_owned(), identity.to_owned()), command.to_owned());
    assert_eq!(sessions, 3, "{parsed}");
    assert_eq!(rows, [row("-", "exit"), row("-", "uname"), row(BOB, "id"), row(EVE, "whoami")]);
    assert_eq!(
        parsed.stderr.matches("only the log's name says which session this is").count(),
        3,
        "{parsed}"
    );
    // one after the other, in another order: the same sessions, by the same ids
    for folder in ["c", "a", "b"] {
        assert_eq!(home.run(&["index", folder]).code, Some(0));
    }
    let order = |output: &crate::home::Output| {
        let mut rows: Vec<_> =
            output.column("session_id").into_iter().zip(output.column("command")).collect();
        rows.sort();
        rows
    };
    let found = home.run(&["search"]);
    assert_eq!(order(&found), order(&parsed));
    // a log by itself needs no other name than its own
    assert_eq!(home.run(&["parse", "a"]).column("session_id"), ["events"]);
    // and what a mask hid is read again from its own log
    let id = &found.column("session_id")[0];
    assert!(home.run(&["show", id, "--raw"]).stdout.contains("ec2-user@h"));
}

#[test]
fn who_two_events_disagree_on_is_unknown() {
    let home = Home::new();
    let (one, other) = (nameless(BOB, "../x", "id"), nameless(EVE, "../y", "whoami"));
    home.write("events.jsonl", format!("{one}{other}").as_bytes());
    let output = home.run(&["parse", "events.jsonl"]);
    assert_eq!(output.column("identity"), ["-", "-"]);
    assert_eq!(output.column("command"), ["id", "whoami"]);
    let told = format!("events disagree on userIdentity.arn: {BOB:?} and {EVE:?}; neither is believed");
    assert!(output.stderr.contains(&told), "{output}");
}
