use insta::assert_snapshot;

use crate::home::{Home, Output};

#[test]
fn a_hit_says_who_as_whom_where_when_and_how_we_know() {
    assert_snapshot!(Home::indexed().run(&["search", "whoami", "--format", "table"]), @r#"
    exit Some(0)
    --- stdout
    TIME                    IDENTITY                                          OS USER   MANAGED NODE         COMMAND  SESSION
    ≤ 2026-03-02 10:00:00Z  unknown (session prefix bob)                      ssm-user  i-0bbbbbbbbbbbbbbb2  whoami   bob-0959abc60267189e0#0
      evidence logs/bob-0959abc60267189e0.log:211-238
    2026-03-01 08:00:05Z    arn:aws:sts::111122223333:assumed-role/Ops/alice  ec2-user  i-0aaaaaaaaaaaaaaa1  whoami   alice-0e34861185201706f#0
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
    assert_snapshot!(Home::indexed().run(&["search", "os_user:ec2-user", "-n", "0"]), @"
    exit Some(0)
    --- stdout
    --- stderr
    4 hits; --limit 4 shows all
    ");
}

/// A transcript of bash with a password, a line given up with Ctrl-C and one that the log ends in.
const UNSURE: &str = "Script started on 2026-03-01 08:00:00+00:00 [x]\n\
    sh-5.2$ sudo -k true\r\n[sudo] password for ops: \r\nsh-5.2$ rm -rf /srv/www^C\r\nsh-5.2$ id\r\nuid=1(ops)\r\nsh-5.2$ reboot";

#[test]
fn what_was_not_seen_to_run_is_marked_in_tables() {
    let home = Home::new();
    home.write("logs/ops-0e34861185201706f.log", UNSURE.as_bytes());
    assert_eq!(home.run(&["index", "logs"]).code, Some(0));
    let shown = home.run(&["search", "--format", "table", "--order", "session"]).stdout;
    assert!(shown.contains("rm -rf /srv/www   (given up with Ctrl-C)"), "{shown}");
    assert!(shown.contains("reboot   (the log ends here: whether it ran is not known)"), "{shown}");
    assert!(shown.contains("(a password was entered)"), "{shown}");
    assert!(!shown.contains("sudo -k true   ("), "{shown}");
}

#[test]
fn a_secret_that_is_looked_for_in_vain_is_told_how_to_be_found() {
    let home = Home::indexed();
    let key = format!("AKIA{}", "Q3EGRZ7WXVNT2LMP");
    let found = home.run(&["search", "-F", &key]);
    assert_eq!(found.code, Some(1), "{found}");
    assert!(found.stderr.contains("whoran search --secret -"), "{found}");
    home.write("list", format!("whoami\n{key}\nexport AWS_ACCESS_KEY_ID={key} now\n").as_bytes());
    let found = home.run(&["search", "--ioc", "list"]);
    assert!(found.stderr.contains("1 indicator in list with a secret among other words"), "{found}");
    assert!(!home.run(&["search", "-F", "nowhere"]).stderr.contains("secret"));
}

#[test]
fn a_leaked_key_is_looked_for_in_what_began_sessions() {
    let home = Home::with_context();
    let alice = "alice-0e34861185201706f";
    // the key that signed the call, and the one that the role was taken on with
    for key in ["ASIAEXAMPLEALICE", "AKIAEXAMPLEALICE"] {
        let found = home.pipe(&["search", "--secret", "-"], key.as_bytes());
        let told = format!("1 session was begun with it, as CloudTrail says: `whoran show {alice}`\n");
        assert!(found.code == Some(0) && found.stderr.contains(&told), "{found}");
    }
    home.write("leaked.txt", b"AKIAEXAMPLEBOB\nwhoami\n");
    let listed = home.run(&["search", "--ioc", "leaked.txt"]);
    assert!(listed.stderr.contains("2 sessions were begun with it"), "{listed}");
    assert!(!listed.stdout.is_empty());
    let none = home.pipe(&["search", "--secret", "-"], b"AKIAEXAMPLENOBODY");
    assert!(none.code == Some(1) && none.stderr.contains("nothing found"), "{none}");
}

#[test]
fn a_name_that_only_the_caller_gave_is_no_person_and_told_of() {
    let home = Home::indexed();
    let none = home.run(&["search", "person:alice", "whoami"]);
    assert!(none.code == Some(1) && none.stdout.is_empty(), "{none}");
    assert!(none.stderr.contains("1 command is of sessions whose caller only says so"), "{none}");
    assert!(!home.run(&["search", "person:zoe"]).stderr.contains("only says so"));
}

#[test]
fn what_only_an_output_has_is_shown() {
    let home = Home::indexed();
    let table = |query: &[&str]| {
        let mut command = home.command(&[&["search"], query, &["--format", "table"]].concat());
        Output::of(command.env("COLUMNS", "200")).stdout
    };
    let shown = table(&["in:output", "ec2-user"]);
    assert!(shown.contains("whoami   (output: ec2-user)"), "{shown}");
    let shown = table(&["ec2-user"]);
    assert!(shown.contains("whoami   (output: ec2-user)"), "{shown}");
    assert!(!table(&["whoami"]).contains("(output:"));
}

#[test]
fn an_id_is_found_by_its_beginning() {
    let home = Home::indexed();
    let count = |query: &str| home.run(&["search", query]).rows().len();
    assert_eq!((count("session:bob-0959abc"), count("session:alice")), (3, 6));
    assert_eq!((count("target:i-0bb"), count("target:\"i-0bb\"")), (3, 0));
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
fn indicators_are_named_by_what_they_are_in() {
    let home = Home::indexed();
    home.write("bad.txt", b"# known\n/etc/passwd\nNOLOGIN /etc # phrase\n10.0.0[.]1\n");
    let found = home.run(&["search", "--ioc", "bad.txt"]);
    assert_eq!(found.column("command"), ["grep -c nologin /etc/passwd"]);
    assert_eq!(found.rows()[0]["indicators"], serde_json::json!(["/etc/passwd", "NOLOGIN /etc"]));
    let table = home.run(&["search", "--ioc", "bad.txt", "--format", "table"]);
    assert!(table.stdout.contains("indicators /etc/passwd, NOLOGIN /etc"), "{}", table.stdout);
    home.write("none.txt", b"# nothing\n");
    let none = home.run(&["search", "--ioc", "none.txt"]);
    assert!(
        none.code == Some(2) && none.stderr.contains("none.txt: the list of indicators is empty"),
        "{}",
        none.stderr
    );
}

#[test]
fn programs_privileges_and_people_from_facts_are_found() {
    let home = Home::indexed();
    let commands = |query: &str| home.run(&["search", query, "--order", "session"]).column("command");
    assert_eq!(commands("program:wc"), ["ls -rf /tmp | wc -l"]);
    assert!(commands("privileged:yes").contains(&"cat /etc/motd".to_owned()));
    let home = Home::with_context();
    let all = home.run(&["search", "--order", "session"]);
    let people = all.column("person");
    assert!(people.iter().any(|person| person == "bob"), "{people:?}");
    let found = home.run(&["search", "person:bob", "--order", "session"]);
    assert_eq!(found.rows().len(), people.iter().filter(|person| *person == "bob").count());
    assert!(found.column("person").iter().all(|person| person == "bob"));
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

#[test]
fn what_was_done_around_a_hit_comes_with_it() {
    let home = Home::indexed();
    assert_snapshot!(home.run(&["search", "whoami OR cat", "-C", "1", "--format", "table"]), @r#"
    exit Some(0)
    --- stdout
       TIME                    IDENTITY                                          OS USER   MANAGED NODE         COMMAND
    >  ≤ 2026-03-02 10:00:00Z  unknown (session prefix bob)                      ssm-user  i-0bbbbbbbbbbbbbbb2  whoami
      session bob-0959abc60267189e0#0  evidence logs/bob-0959abc60267189e0.log:211-238
       ≤ 2026-03-02 10:00:00Z  unknown (session prefix bob)                      ssm-user  i-0bbbbbbbbbbbbbbb2  ls -rf /tmp | wc -l
    --
    >  2026-03-01 08:00:05Z    arn:aws:sts::111122223333:assumed-role/Ops/alice  ec2-user  i-0aaaaaaaaaaaaaaa1  whoami
      session alice-0e34861185201706f#0  evidence logs/alice-0e34861185201706f.jsonl:269-285
       2026-03-01 08:00:09Z    arn:aws:sts::111122223333:assumed-role/Ops/alice  ec2-user  i-0aaaaaaaaaaaaaaa1  grep -c nologin /etc/passwd
       2026-03-01 08:00:20Z    arn:aws:sts::111122223333:assumed-role/Ops/alice  ec2-user  i-0aaaaaaaaaaaaaaa1  sudo -i
    >  2026-03-01 08:00:20Z    arn:aws:sts::111122223333:assumed-role/Ops/alice  root      i-0aaaaaaaaaaaaaaa1  cat /etc/motd
      session alice-0e34861185201706f#3  evidence logs/alice-0e34861185201706f.jsonl:900-931
       2026-03-01 08:00:31Z    arn:aws:sts::111122223333:assumed-role/Ops/alice  root      i-0aaaaaaaaaaaaaaa1  exit
    --- stderr
    "#);
    let rows = home.run(&["search", "whoami OR cat", "-B1", "-A", "1", "--format", "jsonl"]);
    assert_eq!(rows.column("context"), ["hit", "after", "hit", "after", "before", "hit", "after"]);
    assert_eq!(home.run(&["search", "--around", "alice#3", "-C1"]).column("seq"), ["2", "3", "4"]);
    let csv = home.run(&["search", "whoami", "-A1", "--format", "csv"]).stdout;
    assert!(csv.lines().next().unwrap().ends_with(",evidence,context"), "{csv}");
    assert!(csv.lines().nth(2).unwrap().ends_with(",after"), "{csv}");
}

#[test]
fn a_command_is_named_by_its_session_and_place() {
    let home = Home::indexed();
    let around = home.run(&["search", "--around", "bob#1"]);
    assert_eq!(around.column("context"), ["before", "hit", "after"]);
    let none = home.run(&["search", "--around", "bob#7"]);
    assert_eq!((none.code, none.stderr.contains("the last one is #2")), (Some(1), true), "{none}");
    let wrong = home.run(&["search", "--around", "bob"]);
    assert_eq!((wrong.code, wrong.stderr.contains("SESSION#SEQ")), (Some(2), true), "{wrong}");
}

#[test]
fn a_result_goes_into_a_file_of_its_own() {
    let home = Home::indexed();
    let all = home.run(&["search", "--format", "csv"]).stdout;
    let first = home.run(&["search", "-o", "hits.csv"]);
    assert_eq!((first.code, first.stdout.as_str()), (Some(0), ""), "{first}");
    let read = || std::fs::read_to_string(home.path("hits.csv")).unwrap();
    assert_eq!(read(), all, "the form follows the name");
    assert_snapshot!(home.run(&["search", "whoami", "-o", "hits.csv"]), @r#"
    exit Some(2)
    --- stdout
    --- stderr
    error: cannot write hits.csv: it is there
    hint: --clobber writes over it
    "#);
    assert_eq!(read(), all);
    assert_eq!(home.run(&["search", "whoami", "-o", "hits.csv", "--clobber"]).code, Some(0));
    assert_eq!(read(), home.run(&["search", "whoami", "--format", "csv"]).stdout);
    // A query that is wrong takes nothing away.
    assert_eq!(home.run(&["search", "usr:x", "-o", "hits.csv", "--clobber"]).code, Some(2));
    assert_eq!(read().lines().count(), 3);
    let left: Vec<_> = std::fs::read_dir(home.path(".")).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert!(left.iter().all(|name| !name.to_string_lossy().starts_with(".whoran")), "{left:?}");
    for verb in ["who", "sessions", "status", "coverage"] {
        let shown = home.run(&[verb, "--format", "jsonl"]).stdout;
        assert_eq!(home.run(&[verb, "-o", "rows.jsonl", "--clobber"]).stdout, "", "{verb}");
        assert_eq!(std::fs::read_to_string(home.path("rows.jsonl")).unwrap(), shown, "{verb}");
    }
}

#[test]
fn profiles_choose_columns() {
    let home = Home::indexed();
    let csv = |profile: &str| home.run(&["search", "--profile", profile, "--format", "csv"]);
    let header = |profile: &str| csv(profile).stdout.lines().next().unwrap().to_owned();
    assert_eq!(header("minimal"), "time,person,identity,os_user,target,command");
    assert_eq!(csv("standard").stdout, home.run(&["search", "--format", "csv"]).stdout);
    assert_eq!(header("verbose").split(',').count(), 28);
    assert!(header("timesketch").starts_with("message,datetime,timestamp_desc,session_id,seq,"));
    let minimal = home.run(&["search", "whoami", "--profile", "minimal", "-n1"]).stdout;
    assert_eq!(
        minimal,
        "{\"time\":\"2026-03-02T10:00:00Z\",\"person\":null,\"identity\":null,\"os_user\":\"ssm-user\",\"target\":\"i-0bbbbbbbbbbbbbbb2\",\"command\":\"whoami\"}\n"
    );
    let sketch = home.run(&["search", "--profile", "timesketch"]);
    assert!(sketch.column("datetime").iter().all(|time| time.ends_with('Z')), "{sketch}");
    assert_eq!(sketch.column("message")[0], "unknown as ssm-user on i-0bbbbbbbbbbbbbbb2: whoami");
    let parsed = home.run(&["parse", "logs", "--profile", "minimal", "--format", "csv"]).stdout;
    assert!(parsed.starts_with("time,person,identity,os_user,target,command\n"), "{parsed}");
}

#[test]
fn colour_is_where_it_is_wanted_and_takes_no_room() {
    let home = Home::indexed();
    let table =
        |more: &[&str]| home.run(&[&["search", "nologin", "--format", "table"], more].concat()).stdout;
    let colored = table(&["--color", "always"]);
    assert!(colored.contains("grep -c \u{1b}[1;31mnologin\u{1b}[0m /etc/passwd"), "{colored:?}");
    let plain = colored.replace("\u{1b}[1;31m", "").replace("\u{1b}[1m", "").replace("\u{1b}[0m", "");
    assert_eq!(plain, table(&[]));
}
