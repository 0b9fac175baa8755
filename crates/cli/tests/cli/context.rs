//! What is answered from logs and from what lies beside them, together.

use std::fs;

use insta::assert_snapshot;

use crate::home::Home;

#[test]
fn facts_name_who_a_log_alone_does_not() {
    let home = Home::with_context();
    let who = home.run(&["who"]);
    assert_eq!(who.column("person"), ["bob", "alice", "alice"]);
    assert_eq!(
        who.column("basis"),
        ["iam-user", "iam-user", "iam-user"],
        "alice by the call that took the role"
    );
    assert_eq!(who.column("target_name"), ["db-1", "web-1", "web-1"]);
    let shown = home.run(&["show", "bob-0959", "--format", "table"]).stdout;
    assert!(
        shown.contains("\nperson    bob\n") && shown.contains("\nnode      i-0bbbbbbbbbbbbbbb2 (db-1)"),
        "{shown}"
    );
    let bob = home.run(&["search", "whoami", "--order", "session"]);
    assert_eq!(bob.column("identity")[1], "arn:aws:iam::111122223333:user/bob");
    assert_eq!(bob.stdout, {
        let rows = home.run(&["parse", "logs", "context"]);
        rows.stdout
            .lines()
            .filter(|line| line.contains("\"command\":\"whoami\""))
            .map(|l| format!("{l}\n"))
            .collect::<String>()
    });
}

#[test]
fn access_is_what_policies_say_beside_what_was_done() {
    let home = Home::with_context();
    assert_snapshot!(home.run(&["access", "--format", "table"]), @r#"
    exit Some(0)
    --- stdout
    PRINCIPAL                MANAGED NODE         START        USED  DENIED  FAILED  LAST USED             LAST DENIED           BY
    role/Ops (111122223333)  i-0aaaaaaaaaaaaaaa1  granted      1     0       0       2026-03-01 08:00:00Z  -                     role/Ops/web Start
      evidence context/iam-20260302T100000Z.json:954-2082 and 1 more
    user/bob (111122223333)  i-0aaaaaaaaaaaaaaa1  not-granted  0     1       0       -                     2026-03-02 09:49:00Z
      evidence context/iam-20260302T100000Z.json:25-902 and 1 more
    user/bob (111122223333)  i-0bbbbbbbbbbbbbbb2  granted      2     0       0       2026-03-02 10:30:00Z  -                     user/bob/db Start
      evidence context/iam-20260302T100000Z.json:25-902 and 1 more
    --- stderr
    1 pair that no policy allows and nobody tried; --all shows them
    not evaluated: SCP, resource and session policies
    "#);
    let all = home.run(&["access", "--all"]);
    assert_eq!(all.column("start"), ["granted", "not-granted", "not-granted", "granted"]);
    assert_eq!(all.column("used"), ["1", "0", "0", "2"]);
    assert_eq!(all.column("denied"), ["0", "0", "1", "0"]);
    assert_eq!(all.column("terminate_own"), ["not-granted", "not-granted", "granted", "granted"]);
    assert!(all.column("not_evaluated").iter().all(|text| text.starts_with("not evaluated: SCP")));
}

#[test]
fn access_of_a_time_counts_what_was_done_until_then_and_what_the_looks_around_it_agree_on() {
    let home = Home::with_context();
    let at = |time: &str| home.run(&["access", "--all", "--at", time]);
    let first = at("2026-03-01T12:00");
    assert_eq!(first.column("used"), ["1", "0", "0", "0"], "{first}");
    assert!(first.stderr.contains("policies of 111122223333 as of 2026-03-02 10:00:00Z"), "{first}");

    // A day later bob may start nothing any more.
    let iam = std::fs::read_to_string(home.path("context/iam-20260302T100000Z.json")).unwrap();
    let without = iam.replace("ssm:StartSession", "ssm:Nothing");
    home.write("context/iam-20260303T100000Z.json", without.as_bytes());
    assert_eq!(home.run(&["index"]).code, Some(0));
    assert_eq!(home.run(&["access", "--all"]).column("start"), ["not-granted"; 4]);
    let between = at("2026-03-02");
    assert_eq!(between.column("start"), ["conditional", "not-granted", "not-granted", "conditional"]);
    let why = "granted became not-granted between 2026-03-02T10:00:00Z and 2026-03-03T10:00:00Z";
    assert!(between.stdout.contains(why), "{between}");
    assert_eq!(at("2026-03-03T11:00").column("start"), ["not-granted"; 4]);
    let wrong = at("sometime");
    assert!(wrong.code == Some(2) && wrong.stderr.contains("is no time"), "{wrong}");
}

#[test]
fn run_as_owed_and_used() {
    let home = Home::with_context();
    assert_snapshot!(home.run(&["runas", "--format", "table"]), @r#"
    exit Some(0)
    --- stdout
    TIME                  SESSION                  PERSON  IDENTITY                  MANAGED NODE         OWED            USED      VERDICT
    2026-03-01 08:00:00Z  alice-0e34861185201706f  alice   Ops/alice (111122223333)  i-0aaaaaaaaaaaaaaa1  deploy (tag)    ec2-user  mismatch
      evidence context/preferences-111122223333-eu-west-1-20260302T100000Z.json:0-782 and 3 more
    2026-03-02 09:50:00Z  bob-0959abc60267189e0    bob     user/bob (111122223333)   i-0bbbbbbbbbbbbbbb2  ssm-user (tag)  ssm-user  as-tagged
      evidence context/preferences-111122223333-eu-west-1-20260302T100000Z.json:0-782 and 2 more
    2026-03-02 10:30:00Z  bob-0000000000000000a    bob     user/bob (111122223333)   i-0bbbbbbbbbbbbbbb2  unknown         unknown   unknown
      remarks missing: session document AWS-StartPortForwardingSession of 111122223333 in eu-west-1 as of 2026-03-02T10:30:00Z; a log that shows the OS user
      evidence context/iam-20260302T100000Z.json:25-902 and 1 more
    --- stderr
    1 of 3 unknown: each says what is missing, and whoran runas --help which files have it
    "#);
}

#[test]
fn gaps_have_causes() {
    let home = Home::with_context();
    let gaps = home.run(&["coverage"]);
    assert_eq!(gaps.column("gap"), ["no-s3-copy", "no-cloudwatch-copy", "no-log"]);
    assert_eq!(gaps.column("cause"), ["unexplained", "unexplained", "tunnel"]);
    assert_eq!(gaps.stderr, "3 sessions, 3 gaps, 2 unexplained\n");
    // Evidence is the record itself, to the byte.
    let place = &gaps.rows()[2]["evidence"][0];
    let trail = fs::read_to_string(home.path("context/trail.json")).unwrap();
    let at = |key: &str| usize::try_from(place[key].as_u64().unwrap()).unwrap();
    let record = &trail[at("start")..at("end")];
    assert!(record.starts_with('{') && record.ends_with('}') && record.contains("\"e-port\""), "{record}");
}

#[test]
fn sessions_say_when_for_how_long_from_where_and_why() {
    let home = Home::with_context();
    let sessions = home.run(&["sessions"]);
    assert_eq!(sessions.column("duration_seconds"), ["60", "-", "-"]);
    assert_eq!(sessions.column("reason"), ["INC-42", "-", "-"]);
    assert_eq!(sessions.column("source_ip"), ["198.51.100.7", "198.51.100.8", "198.51.100.8"]);
    assert_eq!(sessions.column("mfa"), ["true", "-", "-"]);
    assert_eq!(sessions.column("document"), ["-", "AWS-StartPortForwardingSession", "-"]);
    let chain: Vec<_> =
        sessions.rows()[0]["chain"].as_array().unwrap().iter().map(|hop| hop["action"].clone()).collect();
    assert_eq!(chain, ["ssm.amazonaws.com:StartSession", "sts.amazonaws.com:AssumeRole"]);
}

#[test]
fn every_answer_has_every_form() {
    let home = Home::with_context();
    for verb in [
        &["who"][..],
        &["sessions"],
        &["access"],
        &["runas"],
        &["coverage"],
        &["shared", "--all"],
        &["doctor"],
    ] {
        let form = |form| home.run(&[verb, &["--format", form]].concat());
        let rows = form("jsonl").rows();
        assert!(!rows.is_empty(), "{verb:?}");
        assert_eq!(
            serde_json::from_str::<Vec<serde_json::Value>>(&form("json").stdout).unwrap(),
            rows,
            "{verb:?}"
        );
        let csv = form("csv").stdout;
        assert_eq!(csv.lines().count(), rows.len() + 1, "{verb:?}: {csv}");
        assert!(csv.lines().next().unwrap().split(',').all(|key| rows[0].get(key).is_some()), "{verb:?}");
        assert!(form("table").stdout.lines().count() > rows.len(), "{verb:?}");
    }
}

#[test]
fn the_graph_is_drawn_in_both_languages() {
    let home = Home::with_context();
    let dot = home.run(&["graph", "--format", "dot"]).stdout;
    assert!(
        dot.starts_with("digraph whoran {\n") && dot.contains("alice as Ops/alice (111122223333)"),
        "{dot}"
    );
    let mermaid = home.run(&["graph"]).stdout;
    assert!(mermaid.starts_with("flowchart LR\n") && mermaid.contains("-->|4|"), "{mermaid}");
}

#[test]
fn doctor_says_what_would_be_lost() {
    let home = Home::with_context();
    let doctor = home.run(&["doctor"]);
    let found: Vec<_> = doctor.column("check").into_iter().zip(doctor.column("level")).collect();
    let due = [
        ("streaming", "ok"),
        ("transcript", "ok"),
        ("run-as", "ok"),
        ("default-user", "ok"),
        ("encryption", "note"),
        ("encryption", "note"),
        ("duration", "note"),
        ("custom-documents", "warning"),
    ];
    assert_eq!(found, due.map(|(check, level)| (check.to_owned(), level.to_owned())));
    let nothing = Home::indexed().run(&["doctor"]);
    assert!(nothing.stderr.contains("aws ssm get-document"), "{nothing}");
}

#[test]
fn a_changed_snapshot_takes_effect_and_an_unchanged_one_does_nothing() {
    let home = Home::with_context();
    let again = home.run(&["index", "logs", "context"]);
    assert!(again.stderr.contains("nothing new: 6 logs unchanged"), "{again}");
    let iam = "context/iam-20260302T100000Z.json";
    let text = fs::read_to_string(home.path(iam)).unwrap();
    assert_eq!(home.run(&["runas"]).column("verdict"), ["mismatch", "as-tagged", "unknown"]);

    home.write(iam, text.replace("deploy", "ec2-user").as_bytes());
    let changed = home.run(&["index", "logs", "context"]);
    assert!(
        changed.stderr.contains("1 log, ") && changed.stderr.contains("0 sessions, 0 commands"),
        "{changed}"
    );
    assert_eq!(home.run(&["runas"]).column("verdict"), ["as-tagged", "as-tagged", "unknown"]);
}

#[test]
fn a_shell_profile_that_comes_to_be_known_later_is_nobodys_typing() {
    let home = Home::indexed();
    let origins = |home: &Home| home.run(&["search", "whoami", "--order", "session"]).column("origin");
    assert_eq!(origins(&home), ["typed", "typed"]);
    let read = |name: &str| {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/context").join(name);
        fs::read_to_string(path).unwrap()
    };
    let preferences = "preferences-111122223333-eu-west-1-20260302T100000Z.json";
    home.write("context/trail.json", read("trail.json").as_bytes());
    let profile = read(preferences).replace(r#"\"linux\": \"\""#, r#"\"linux\": \"whoami\""#);
    assert_ne!(profile, read(preferences));
    home.write(&format!("context/{preferences}"), profile.as_bytes());
    let indexed = home.run(&["index", "context"]);
    assert!(indexed.stderr.contains("2 sessions"), "both are read again: {indexed}");
    assert_eq!(origins(&home), ["shell_profile", "shell_profile"]);
}

#[test]
fn what_happened_is_told_in_order() {
    let home = Home::with_context();
    assert_snapshot!(home.run(&["timeline", "--format", "table"]), @r#"
    exit Some(0)
    --- stdout
    TIME                    PERSON  OS USER   MANAGED NODE                 WHAT     MESSAGE
    2026-02-28 09:00:00Z    admin                                          call     TagUser bob, SSMSessionRunAs=ssm-user
      identity arn:aws:iam::111122223333:user/admin  evidence context/trail.json:12-615
    2026-03-01 07:58:00Z    alice                                          call     AssumeRole arn:aws:sts::111122223333:assumed-role/Ops/alice
      identity arn:aws:iam::111122223333:user/alice  evidence context/trail.json:617-1422
    2026-03-01 08:00:00Z    alice             i-0aaaaaaaaaaaaaaa1 (web-1)  call     StartSession, reason "INC-42"
      identity arn:aws:sts::111122223333:assumed-role/Ops/alice  session alice-0e34861185201706f  evidence context/trail.json:1424-2342
    2026-03-01 08:00:00Z    alice             i-0aaaaaaaaaaaaaaa1 (web-1)  gap      a session with one copy only: no-s3-copy: unexplained
      identity arn:aws:sts::111122223333:assumed-role/Ops/alice  session alice-0e34861185201706f
      evidence context/preferences-111122223333-eu-west-1-20260302T100000Z.json:0-782
    2026-03-01 08:00:05Z    alice   ec2-user  i-0aaaaaaaaaaaaaaa1 (web-1)  command  whoami
      identity arn:aws:sts::111122223333:assumed-role/Ops/alice  session alice-0e34861185201706f#0
      evidence logs/alice-0e34861185201706f.jsonl:269-285
    2026-03-01 08:00:09Z    alice   ec2-user  i-0aaaaaaaaaaaaaaa1 (web-1)  command  grep -c nologin /etc/passwd
      identity arn:aws:sts::111122223333:assumed-role/Ops/alice  session alice-0e34861185201706f#1
      evidence logs/alice-0e34861185201706f.jsonl:568-605
    2026-03-01 08:00:20Z    alice   ec2-user  i-0aaaaaaaaaaaaaaa1 (web-1)  command  sudo -i
      identity arn:aws:sts::111122223333:assumed-role/Ops/alice  session alice-0e34861185201706f#2
      evidence logs/alice-0e34861185201706f.jsonl:882-899
    2026-03-01 08:00:20Z    alice   root      i-0aaaaaaaaaaaaaaa1 (web-1)  command  cat /etc/motd
      identity arn:aws:sts::111122223333:assumed-role/Ops/alice  session alice-0e34861185201706f#3
      evidence logs/alice-0e34861185201706f.jsonl:900-931
    2026-03-01 08:00:31Z    alice   root      i-0aaaaaaaaaaaaaaa1 (web-1)  command  exit
      identity arn:aws:sts::111122223333:assumed-role/Ops/alice  session alice-0e34861185201706f#4
      evidence logs/alice-0e34861185201706f.jsonl:1467-1489
    2026-03-01 08:00:31Z    alice   ec2-user  i-0aaaaaaaaaaaaaaa1 (web-1)  command  exit
      identity arn:aws:sts::111122223333:assumed-role/Ops/alice  session alice-0e34861185201706f#5
      evidence logs/alice-0e34861185201706f.jsonl:1499-1513
    2026-03-01 08:01:00Z    alice                                          call     TerminateSession
      identity arn:aws:sts::111122223333:assumed-role/Ops/alice  session alice-0e34861185201706f  evidence context/trail.json:2344-3206
    2026-03-02 09:49:00Z    bob               i-0aaaaaaaaaaaaaaa1 (web-1)  denied   StartSession: AccessDenied: User: arn:aws:iam::111122223333:user/bob is not authorized to perform: ssm:StartSession on resource: arn:aws:ec2:eu-west-1:111122223333:instance/i-0aaaaaaaaaaaaaaa1 because no identity-based policy allows the ssm:StartSession action
      identity arn:aws:iam::111122223333:user/bob  evidence context/trail.json:3208-4020
    2026-03-02 09:50:00Z    bob               i-0bbbbbbbbbbbbbbb2 (db-1)   call     StartSession
      identity arn:aws:iam::111122223333:user/bob  session bob-0959abc60267189e0  evidence context/trail.json:4022-4668
    2026-03-02 09:50:00Z    bob               i-0bbbbbbbbbbbbbbb2 (db-1)   gap      a session with one copy only: no-cloudwatch-copy: unexplained
      identity arn:aws:iam::111122223333:user/bob  session bob-0959abc60267189e0
      evidence context/preferences-111122223333-eu-west-1-20260302T100000Z.json:0-782
    ≤ 2026-03-02 10:00:00Z  bob     ssm-user  i-0bbbbbbbbbbbbbbb2 (db-1)   command  whoami
      identity arn:aws:iam::111122223333:user/bob  session bob-0959abc60267189e0#0  evidence logs/bob-0959abc60267189e0.log:211-238
    ≤ 2026-03-02 10:00:00Z  bob     ssm-user  i-0bbbbbbbbbbbbbbb2 (db-1)   command  ls -rf /tmp | wc -l
      identity arn:aws:iam::111122223333:user/bob  session bob-0959abc60267189e0#1  evidence logs/bob-0959abc60267189e0.log:266-296
    ≤ 2026-03-02 10:00:00Z  bob     ssm-user  i-0bbbbbbbbbbbbbbb2 (db-1)   command  exit
      identity arn:aws:iam::111122223333:user/bob  session bob-0959abc60267189e0#2  evidence logs/bob-0959abc60267189e0.log:317-332
    2026-03-02 10:30:00Z    bob               i-0bbbbbbbbbbbbbbb2 (db-1)   call     StartSession AWS-StartPortForwardingSession localPortNumber=15432 portNumber=5432
      identity arn:aws:iam::111122223333:user/bob  session bob-0000000000000000a  evidence context/trail.json:4670-5430
    2026-03-02 10:30:00Z    bob               i-0bbbbbbbbbbbbbbb2 (db-1)   gap      a session without a log: tunnel
      identity arn:aws:iam::111122223333:user/bob  session bob-0000000000000000a  evidence context/trail.json:4670-5430
    --- stderr
    "#);
}

#[test]
fn a_timeline_is_of_a_person_a_node_a_user_or_a_window() {
    let home = Home::with_context();
    let told = |args: &[&str]| home.run(&[&["timeline"], args].concat());
    let all = told(&[]);
    let bob = told(&["--person", "bob"]);
    assert_eq!(
        bob.column("what"),
        ["call", "call", "call", "gap", "command", "command", "command", "call", "gap"],
        "tagged, refused, started, one copy, worked, and a tunnel: {bob}"
    );
    assert_eq!(bob.column("outcome")[1], "denied");
    assert_eq!(bob.column("person")[3], "bob");
    let alice = told(&["--person", "ALICE"]);
    assert!(alice.column("message").iter().any(|said| said.starts_with("AssumeRole ")), "{alice}");
    let db = told(&["--node", "db-1"]);
    assert!(db.column("target_name").iter().all(|name| name == "db-1"), "{db}");
    assert!(db.column("message").contains(&"whoami".to_owned()));
    assert!(told(&["--node", "web-1"]).column("outcome").contains(&"denied".to_owned()), "tried in vain");
    let root = told(&["--os-user", "root"]);
    assert_eq!(
        root.column("message")
            .iter()
            .filter(|said| ["cat /etc/motd", "exit"].contains(&said.as_str()))
            .count(),
        2
    );
    assert!(root.column("os_user").iter().all(|user| ["root", "-"].contains(&user.as_str())), "{root}");
    let window = told(&["--since", "2026-03-01T08:00:00Z", "--until", "2026-03-01T08:00:09Z"]);
    assert_eq!(window.column("what"), ["call", "gap", "command", "command"], "{window}");
    // Of bob's commands only the session's end is known: they lie in every window that the session touches.
    let early = told(&["--since", "2026-03-02T09:50:00Z", "--until", "2026-03-02T09:51:00Z"]);
    assert_eq!(
        early.column("time_precision"),
        ["second", "session", "session", "session", "session"],
        "{early}"
    );
    let queried = told(&["nologin"]);
    assert_eq!(queried.column("what"), ["call", "call", "gap", "command", "call"], "{queried}");
    assert_eq!(told(&["--person", "mallory"]).code, Some(1));
    assert!(all.rows().len() > bob.rows().len());
    let cut = told(&["-n", "2"]);
    assert!(cut.stderr.contains("--limit"), "{cut}");
    let claimed = Home::indexed().run(&["timeline", "--person", "alice"]);
    assert!(claimed.code == Some(1) && claimed.stderr.contains("--claimed"), "{claimed}");
    let sketch = told(&["--profile", "timesketch", "--format", "csv"]).stdout;
    assert!(sketch.starts_with("message,datetime,timestamp_desc,time_precision,what,outcome,"), "{sketch}");
    assert!(sketch.lines().nth(1).unwrap().starts_with("\"TagUser bob"), "{sketch}");
}

#[test]
fn what_there_is_is_counted() {
    let home = Home::with_context();
    assert_snapshot!(home.run(&["facets", "person", "os-user", "--format", "table"]), @r#"
    exit Some(0)
    --- stdout
    FIELD    VALUE     COMMANDS
    person   alice            6  ##############################
    person   bob              3  ###############
    os_user  ec2-user         4  ##############################
    os_user  ssm-user         3  #######################
    os_user  root             2  ###############
    --- stderr
    "#);
    let root = home.run(&["facets", "person", "os_user:root"]);
    assert_eq!((root.column("value"), root.column("commands")), (vec!["alice".into()], vec!["2".into()]));
    let csv = home.run(&["facets", "os-user", "-n", "1", "--format", "csv"]);
    assert_eq!(csv.stdout, "field,value,commands\nos_user,ec2-user,4\n");
    assert!(csv.stderr.contains("--limit 3 shows all"), "{csv}");
    let none = home.run(&["facets", "person", "progam"]);
    assert_eq!((none.code, none.stderr.as_str()), (Some(1), "nothing found by the query progam\n"));
    let wrong = home.run(&["facets", "persn"]);
    assert!(wrong.code == Some(2) && wrong.stderr.contains("person"), "{wrong}");
}
