use insta::assert_snapshot;

use crate::home::Home;

#[test]
fn who_as_whom_where() {
    assert_snapshot!(Home::indexed().run(&["who"]), @r#"
    exit Some(0)
    --- stdout
    {"identity":"arn:aws:sts::111122223333:assumed-role/Ops/alice","person":null,"claimed":"alice","basis":"role-session-name","os_user":"ec2-user","target":"i-0aaaaaaaaaaaaaaa1","target_name":null,"sessions":1,"commands":4,"first":"2026-03-01T08:00:05Z","last":"2026-03-01T08:00:31Z","session_ids":["alice-0e34861185201706f"]}
    {"identity":"arn:aws:sts::111122223333:assumed-role/Ops/alice","person":null,"claimed":"alice","basis":"role-session-name","os_user":"root","target":"i-0aaaaaaaaaaaaaaa1","target_name":null,"sessions":1,"commands":2,"first":"2026-03-01T08:00:20Z","last":"2026-03-01T08:00:31Z","session_ids":["alice-0e34861185201706f"]}
    {"identity":null,"person":null,"claimed":"bob","basis":"session-id-prefix","os_user":"ssm-user","target":"i-0bbbbbbbbbbbbbbb2","target_name":null,"sessions":1,"commands":3,"first":"2026-03-02T10:00:00Z","last":"2026-03-02T10:00:00Z","session_ids":["bob-0959abc60267189e0"]}
    --- stderr
    "#);
}

#[test]
fn rows_are_written_as_csv_too() {
    assert_snapshot!(Home::indexed().run(&["who", "--format", "csv"]), @r#"
    exit Some(0)
    --- stdout
    identity,person,claimed,basis,os_user,target,target_name,sessions,commands,first,last,session_ids
    arn:aws:sts::111122223333:assumed-role/Ops/alice,,alice,role-session-name,ec2-user,i-0aaaaaaaaaaaaaaa1,,1,4,2026-03-01T08:00:05Z,2026-03-01T08:00:31Z,"[""alice-0e34861185201706f""]"
    arn:aws:sts::111122223333:assumed-role/Ops/alice,,alice,role-session-name,root,i-0aaaaaaaaaaaaaaa1,,1,2,2026-03-01T08:00:20Z,2026-03-01T08:00:31Z,"[""alice-0e34861185201706f""]"
    ,,bob,session-id-prefix,ssm-user,i-0bbbbbbbbbbbbbbb2,,1,3,2026-03-02T10:00:00Z,2026-03-02T10:00:00Z,"[""bob-0959abc60267189e0""]"
    --- stderr
    "#);
}

#[test]
fn times_are_told_in_the_zone_asked_for() {
    let output = Home::indexed().run(&["who", "--format", "table", "--tz", "America/New_York"]);
    assert!(output.stdout.contains("2026-03-01 03:00:05-05:00"), "{output}");
    assert_eq!(Home::indexed().run(&["who", "--tz", "Mars"]).code, Some(2));
}
