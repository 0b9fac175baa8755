use insta::assert_snapshot;

use crate::home::Home;

#[test]
fn who_as_whom_where() {
    assert_snapshot!(Home::indexed().run(&["who"]), @r#"
    exit Some(0)
    --- stdout
    {"identity":"arn:aws:sts::111122223333:assumed-role/Ops/alice","os_user":"ec2-user","target":"i-0aaaaaaaaaaaaaaa1","sessions":1,"commands":4,"first":"2026-03-01T08:00:05Z","last":"2026-03-01T08:00:31Z"}
    {"identity":"arn:aws:sts::111122223333:assumed-role/Ops/alice","os_user":"root","target":"i-0aaaaaaaaaaaaaaa1","sessions":1,"commands":2,"first":"2026-03-01T08:00:20Z","last":"2026-03-01T08:00:31Z"}
    {"identity":null,"os_user":"ssm-user","target":"i-0bbbbbbbbbbbbbbb2","sessions":1,"commands":3,"first":"2026-03-02T10:00:00Z","last":"2026-03-02T10:00:00Z"}
    --- stderr
    "#);
}

#[test]
fn only_commands_are_written_as_csv() {
    assert_snapshot!(Home::indexed().run(&["who", "--format", "csv"]), @r#"
    exit Some(2)
    --- stdout
    --- stderr
    error: only search and parse write csv
    hint: use --format jsonl
    "#);
}

#[test]
fn times_are_told_in_the_zone_asked_for() {
    let output = Home::indexed().run(&["who", "--format", "table", "--tz", "America/New_York"]);
    assert!(output.stdout.contains("2026-03-01 03:00:05-05:00"), "{output}");
    assert_eq!(Home::indexed().run(&["who", "--tz", "Mars"]).code, Some(2));
}
