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
