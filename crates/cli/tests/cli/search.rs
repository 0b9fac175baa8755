use insta::assert_snapshot;

use crate::home::{Home, Output};

#[test]
fn a_hit_says_who_as_whom_where_when_and_how_we_know() {
    assert_snapshot!(Home::indexed().run(&["search", "whoami", "--format", "table"]), @r#"
    exit Some(0)
    --- stdout
    TIME                    IDENTITY                                          OS USER   MANAGED NODE         COMMAND  SESSION
    ≤ 2026-03-02 10:00:00Z  unknown (session prefix bob)                      ssm-user  i-0bbbbbbbbbbbbbbb2  whoami   bob-0959abc60267189e0
      evidence logs/bob-0959abc60267189e0.log:211-238
    2026-03-01 08:00:05Z    arn:aws:sts::111122223333:assumed-role/Ops/alice  ec2-user  i-0aaaaaaaaaaaaaaa1  whoami   alice-0e34861185201706f
      evidence logs/alice-0e34861185201706f.jsonl:269-285
    --- stderr
    "#);
}

#[test]
fn newest_first_and_nothing_left_out_when_piped() {
    let found = Home::indexed().run(&["search"]);
    let times = found.column("time");
    let known: Vec<_> = times.iter().filter(|time| *time != "-").collect();
    assert!(known.is_sorted_by(|a, b| a >= b), "{times:?}");
    assert_eq!(found.rows().len(), Home::indexed().run(&["parse", "logs"]).rows().len());
}

#[test]
fn what_is_cut_is_said() {
    assert_snapshot!(Home::indexed().run(&["search", "os_user:ec2-user", "-n", "1", "--format", "csv"]), @r#"
    exit Some(0)
    --- stdout
    session_id,seq,time,time_precision,identity,person,account,region,run_as_user,os_user,target,target_name,host,cwd,kind,program,command,origin,status,confidence,evidence
    alice-0e34861185201706f,5,2026-03-01T08:00:31Z,batch,arn:aws:sts::111122223333:assumed-role/Ops/alice,,111122223333,eu-west-1,ec2-user,ec2-user,i-0aaaaaaaaaaaaaaa1,,,,shell,,exit,typed,run,0.95,"[{""end"":1513,""log"":""logs/alice-0e34861185201706f.jsonl"",""start"":1499}]"
    --- stderr
    1 of 4 hits, the newest; --limit 4 shows all
    "#);
}

#[test]
fn words_fields_negations_and_times_narrow_it_down() {
    let home = Home::indexed();
    let commands = |query: &[&str]| {
        let mut found = home.run(&[&["search"], query].concat()).column("command");
        found.sort();
        found
    };
    assert_eq!(commands(&["passwd"]), ["grep -c nologin /etc/passwd"]);
    assert_eq!(commands(&["/etc/passwd"]), ["grep -c nologin /etc/passwd"]);
    assert_eq!(commands(&["os-user:root"]), ["cat /etc/motd", "exit"]);
    assert_eq!(commands(&["exit", "NOT", "os_user:root", "identity:alice"]), ["exit"]);
    assert_eq!(commands(&["--", "-rf"]), ["ls -rf /tmp | wc -l"]);
    assert_eq!(
        commands(&["time:[2026-03-01T08:00:06 TO 2026-03-01T08:00:19]"]),
        ["grep -c nologin /etc/passwd"]
    );
    assert_eq!(commands(&["--until", "2026-03-01T09:00:05", "--tz", "Europe/Vienna"]), ["whoami"]);
    assert_eq!(commands(&["--since", "2026-03-01T08:00:31Z", "logout"]), ["exit"]);
}

#[test]
fn texts_are_found_sign_by_sign() {
    let home = Home::indexed();
    let commands = |query: &[&str]| {
        let mut found = home.run(&[&["search"], query].concat()).column("command");
        found.sort();
        found
    };
    assert_eq!(commands(&["-F", "-rf /tm"]), ["ls -rf /tmp | wc -l"]);
    assert_eq!(commands(&["-F", "-RF /tm"]), [""; 0]);
    assert_eq!(commands(&["'c nolo'"]), ["grep -c nologin /etc/passwd"]);
    assert_eq!(commands(&["-e", "^(ls|cat) .*/"]), ["cat /etc/motd", "ls -rf /tmp | wc -l"]);
    assert_eq!(commands(&[r"/^(ls|cat) .*\//", "--not", "os-user:root"]), ["ls -rf /tmp | wc -l"]);
    assert_eq!(commands(&["exit OR whoami", "-e", "^w", "--not", "identity:*"]), ["whoami"]);
}

#[test]
fn help_explains_queries_and_verbs() {
    let home = Home::new();
    let query = home.run(&["help", "query"]);
    assert_eq!(query.code, Some(0));
    assert!(
        query.stdout.contains("/curl .*\\|\\s*(ba)?sh/") && query.stdout.contains("has:gap"),
        "{}",
        query.stdout
    );
    assert_eq!(home.run(&["help", "search"]).stdout, home.run(&["search", "--help"]).stdout);
    assert_eq!(home.run(&["help"]).stdout, home.run(&["--help"]).stdout);
    assert_eq!(home.run(&["help", "serch"]).code, Some(2));
}

#[test]
fn an_array_is_an_array_even_when_empty() {
    let home = Home::indexed();
    let parsed =
        |output: Output| serde_json::from_str::<Vec<serde_json::Value>>(&output.stdout).unwrap().len();
    assert_eq!(parsed(home.run(&["search", "whoami", "--format", "json"])), 2);
    let none = home.run(&["search", "nosuchword", "--format", "json"]);
    assert_eq!(none.code, Some(1));
    assert_eq!(parsed(none), 0);
}

#[test]
fn a_query_that_makes_no_sense_is_explained() {
    assert_snapshot!(Home::indexed().run(&["search", "whoami", "usr:root"]), @r#"
    exit Some(2)
    --- stdout
    --- stderr
    error: there is no field usr
      whoami usr:root
             ^^^
    hint: did you mean user:? To search for the text itself, quote it: "usr:root"
    hint: whoran help query shows what a query can say
    "#);
}

#[test]
fn a_word_with_a_dash_is_explained() {
    assert_snapshot!(Home::indexed().run(&["search", "-rf"]), @r#"
    exit Some(2)
    --- stdout
    --- stderr
    error: unexpected argument '-r' found

      tip: to pass '-r' as a value, use '-- -r'

    Usage: whoran search [OPTIONS] [QUERY]...

    For more information, try '--help'.
    "#);
}

#[test]
fn a_reader_that_has_enough_is_no_error() {
    let home = Home::new();
    let event = |n: usize| {
        format!(
            r#"{{"eventVersion":"1.0","eventTime":"2026-03-01T08:00:05Z","awsRegion":"eu-west-1","target":{{"id":"i-0aaaaaaaaaaaaaaa1"}},"userIdentity":{{"arn":"arn:aws:iam::111122223333:user/alice"}},"runAsUser":"ec2-user","sessionId":"alice-0e34861185201706f","sessionData":["sh-5.2$ echo {n}","{n}"]}}"#
        )
    };
    home.write("a.jsonl", (0..2000).map(|n| event(n) + "\n").collect::<String>().as_bytes());
    assert_eq!(home.run(&["index", "a.jsonl"]).code, Some(0));
    let mut search = home.command(&["search"]);
    search.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    let mut child = search.spawn().unwrap();
    // Far less than a pipe holds is read, and then the pipe is closed.
    let mut first = [0; 100];
    std::io::Read::read_exact(child.stdout.as_mut().unwrap(), &mut first).unwrap();
    drop(child.stdout.take());
    let output: Output = child.wait_with_output().unwrap().into();
    assert_eq!((output.code, output.stderr.as_str()), (Some(0), ""));
}

#[test]
fn without_an_index_there_is_advice() {
    assert_snapshot!(Home::new().run(&["--data", "none", "search", "x"]), @r#"
    exit Some(5)
    --- stdout
    --- stderr
    error: no index in none
    hint: whoran index PATH… makes one
    hint: --data DIR or WHORAN_DATA names another data directory
    "#);
}
