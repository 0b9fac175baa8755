use insta::assert_snapshot;

use crate::home::Home;

#[test]
fn a_session_reads_like_one() {
    assert_snapshot!(Home::indexed().run(&["show", "alice", "--format", "table"]), @r#"
    exit Some(0)
    --- stdout
    session   alice-0e34861185201706f
    identity  arn:aws:sts::111122223333:assumed-role/Ops/alice
    run as    ec2-user
    node      i-0aaaaaaaaaaaaaaa1 (host web-1)
    when      2026-03-01 08:00:05Z to 2026-03-01 08:00:31Z
    log       logs/alice-0e34861185201706f.jsonl (1.5 KiB; streamed events: who, as whom and when; text may lack characters)
    commands  6: 4 as ec2-user, 2 as root
    reviewed  no

    2026-03-01 08:00:05Z  ec2-user $ whoami
        ec2-user
    2026-03-01 08:00:09Z  ec2-user $ grep -c nologin /etc/passwd   (confidence 0.73)
        17
    2026-03-01 08:00:20Z  ec2-user $ sudo -i
    2026-03-01 08:00:20Z  root@web-1 ~ # cat /etc/motd
        line 1 of the day
        line 2 of the day
        line 3 of the day
        line 4 of the day
        line 5 of the day
        line 6 of the day
        line 7 of the day
        line 8 of the day
        line 9 of the day
        line 10 of the day
        … 3 more lines
    2026-03-01 08:00:31Z  root@web-1 ~ # exit
        logout
    2026-03-01 08:00:31Z  ec2-user $ exit
        exit
    --- stderr
    "#);
}

#[test]
fn a_transcript_knows_less() {
    assert_snapshot!(Home::indexed().run(&["show", "bob", "--format", "table"]), @r#"
    exit Some(0)
    --- stdout
    session   bob-0959abc60267189e0
    identity  unknown (session prefix bob)
    run as    unknown
    node      i-0bbbbbbbbbbbbbbb2
    when      until 2026-03-02 10:00:00Z
    log       logs/bob-0959abc60267189e0.log (414 B; transcript: exact text, without who and when)
    commands  3 as ssm-user
    reviewed  no

    ssm-user $ whoami
        ssm-user
    ssm-user $ ls -rf /tmp | wc -l
        3
    ssm-user $ exit
        exit
    --- stderr
    "#);
}

#[test]
fn rows_are_the_same_as_those_of_parse() {
    let home = Home::indexed();
    let shown = [home.run(&["show", "alice"]).stdout, home.run(&["show", "bob"]).stdout].concat();
    assert_eq!(shown, home.run(&["parse", "logs", "--format", "jsonl"]).stdout);
}

#[test]
fn a_beginning_of_several_ids_names_some() {
    let home = Home::indexed();
    let log = std::fs::read_to_string(home.path("logs/alice-0e34861185201706f.jsonl")).unwrap();
    home.write("logs/x.jsonl", log.replace("alice-0e34861185201706f", "alice-1e34861185201706f").as_bytes());
    assert_eq!(home.run(&["index", "logs"]).code, Some(0));
    assert_snapshot!(home.run(&["show", "alice"]), @r#"
    exit Some(2)
    --- stdout
    --- stderr
    error: "alice" begins the ids of 2 sessions
    hint: whoran show alice-0e34861185201706f
    hint: whoran show alice-1e34861185201706f
    "#);
}

#[test]
fn nothing_begins_like_that() {
    assert_snapshot!(Home::indexed().run(&["show", "mallory"]), @r#"
    exit Some(1)
    --- stdout
    --- stderr
    no session begins with "mallory"; `whoran sessions` lists them
    "#);
}

#[test]
fn one_command_is_shown_whole_among_those_around_it() {
    let home = Home::indexed();
    assert_snapshot!(home.run(&["show", "alice#3", "-C1", "--format", "table"]), @r#"
    exit Some(0)
    --- stdout
    session   alice-0e34861185201706f
    identity  arn:aws:sts::111122223333:assumed-role/Ops/alice
    run as    ec2-user
    node      i-0aaaaaaaaaaaaaaa1 (host web-1)
    when      2026-03-01 08:00:05Z to 2026-03-01 08:00:31Z
    log       logs/alice-0e34861185201706f.jsonl (1.5 KiB; streamed events: who, as whom and when; text may lack characters)
    commands  6: 4 as ec2-user, 2 as root
    reviewed  no

      2026-03-01 08:00:20Z  ec2-user $ sudo -i
    > 2026-03-01 08:00:20Z  root@web-1 ~ # cat /etc/motd
          line 1 of the day
          line 2 of the day
          line 3 of the day
          line 4 of the day
          line 5 of the day
          line 6 of the day
          line 7 of the day
          line 8 of the day
          line 9 of the day
          line 10 of the day
          line 11 of the day
          line 12 of the day
          line 13 of the day
      2026-03-01 08:00:31Z  root@web-1 ~ # exit
          logout
    --- stderr
    "#);
    let rows = |args: &[&str]| home.run(args).stdout;
    assert_eq!(rows(&["show", "alice", "--at", "3"]), rows(&["search", "--around", "alice#3"]));
    assert_eq!(home.run(&["show", "alice#6"]).code, Some(1));
    assert_eq!(home.run(&["show", "alice", "-C1"]).code, Some(2));
}

#[test]
fn text_is_what_the_terminal_showed_and_commands_are_what_was_entered() {
    let home = Home::indexed();
    assert_snapshot!(home.run(&["show", "bob", "--text"]).stdout, @r#"
    ssm-user $ whoami
    ssm-user
    ssm-user $ ls -rf /tmp | wc -l
    3
    ssm-user $ exit
    exit
    "#);
    assert_snapshot!(home.run(&["show", "alice", "--commands"]).stdout, @r#"
    whoami
    grep -c nologin /etc/passwd
    sudo -i
    cat /etc/motd
    exit
    exit
    "#);
    let text = home.run(&["show", "alice", "--text"]).stdout;
    assert!(text.contains("line 13 of the day") && !text.contains("more line"), "{text}");
}

#[test]
fn a_session_has_every_form() {
    let home = Home::indexed();
    let csv = home.run(&["show", "alice", "--format", "csv"]).stdout;
    assert_eq!(csv.lines().count(), 7, "{csv}");
    let json = home.run(&["show", "alice", "--format", "json"]).stdout;
    assert_eq!(serde_json::from_str::<Vec<serde_json::Value>>(&json).unwrap().len(), 6);
}

#[test]
fn on_a_terminal_long_text_goes_through_a_pager() {
    let home = Home::indexed();
    // `script` gives a program a terminal.
    let on_a_terminal = |args: &str| {
        let command = format!("{} {args}", env!("CARGO_BIN_EXE_whoran"));
        let mut script = std::process::Command::new("script");
        script.args(["-qec", &command, "/dev/null"]).current_dir(home.path(".")).env_clear();
        script.env("WHORAN_DATA", home.path("data")).env("PAGER", "cat > paged").env("COLUMNS", "80");
        let output = crate::home::Output::of(script.stdin(std::process::Stdio::null()));
        assert_eq!(output.code, Some(0), "{output}");
        (output.stdout, std::fs::read_to_string(home.path("paged")).unwrap_or_default())
    };
    let (shown, paged) = on_a_terminal("show bob --no-pager --color never");
    assert!(shown.contains("ssm-user $ whoami") && paged.is_empty(), "{shown}");
    let (shown, paged) = on_a_terminal("show bob");
    assert!(
        paged.contains("ssm-user $ \u{1b}[1mwhoami\u{1b}[0m\n") && !shown.contains("whoami"),
        "{shown} {paged}"
    );
    let (_, paged) = on_a_terminal("timeline");
    assert!(paged.contains("grep -c nologin /etc/passwd"), "{paged}");
}

#[test]
fn what_a_log_lacks_is_said_of_its_session() {
    let home = Home::with_logs();
    let log = std::fs::read(home.path("logs/bob-0959abc60267189e0.log")).unwrap();
    let cut = crate::index::gzip(&log.repeat(40));
    home.write("cut/bob-1959abc60267189e0.log.gz", &cut[..cut.len() * 3 / 4]);
    assert_eq!(home.run(&["index", "cut"]).code, Some(3));
    let shown = home.run(&["show", "bob-1", "--format", "table"]);
    assert!(shown.stdout.contains("odd about this session:\n"), "{shown}");
    assert!(shown.stdout.contains("compressed data is damaged"), "{shown}");
    let session = home.run(&["sessions"]).rows().remove(0);
    assert_eq!(session["diagnostics"][0]["code"], "damaged-compression", "{session}");
    let coverage = home.run(&["coverage"]);
    assert!(coverage.stderr.contains("logs themselves lack something in "), "{coverage}");
    assert!(coverage.stderr.contains("of 1 of 1 session no CloudTrail of that account"), "{coverage}");
}
