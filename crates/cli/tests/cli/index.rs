use insta::assert_snapshot;

use crate::home::Home;

#[test]
fn the_first_run_says_what_this_is_about() {
    assert_snapshot!(Home::with_logs().run(&["index", "logs", "--format", "table"]), @r#"
    exit Some(0)
    --- stdout
    PERSON      IDENTITY                  OS USER   MANAGED NODE         SESSIONS  COMMANDS  FIRST                 LAST
    says alice  Ops/alice (111122223333)  ec2-user  i-0aaaaaaaaaaaaaaa1  1         4         2026-03-01 08:00:05Z  2026-03-01 08:00:31Z
    says alice  Ops/alice (111122223333)  root      i-0aaaaaaaaaaaaaaa1  1         2         2026-03-01 08:00:20Z  2026-03-01 08:00:31Z
    says bob    unknown                   ssm-user  i-0bbbbbbbbbbbbbbb2  1         3         2026-03-02 10:00:00Z  2026-03-02 10:00:00Z
    --- stderr
    2 logs, 1.9 KiB, 2 sessions, 9 commands in [time]; 0 warnings, 0 skipped
    manifest head [hash]
    next:
      whoran show bob-0959abc60267189e0
      whoran search whoami
      whoran who
    "#);
}

#[test]
fn what_to_type_next_is_of_the_same_data() {
    let home = Home::with_logs();
    let output = home.run(&["index", "logs", "--data", "my data"]);
    let call = output.stderr.lines().find_map(|line| line.trim().strip_prefix("whoran show ")).unwrap();
    assert_eq!(call, "bob-0959abc60267189e0 --data 'my data'");
    assert_eq!(home.run(&["show", "bob-0959abc60267189e0", "--data", "my data"]).code, Some(0));
}

#[test]
fn piped_it_prints_rows_and_keeps_the_counts_apart() {
    let output = Home::with_logs().run(&["index", "logs"]);
    assert_eq!(output.code, Some(0));
    let keys = ["identity", "person", "os_user", "target", "sessions", "commands", "first", "last"];
    for row in output.rows() {
        assert!(keys.iter().all(|key| row.get(key).is_some()), "{row}");
    }
    assert!(output.stderr.contains("2 logs"), "{}", output.stderr);
}

#[test]
fn it_says_what_the_time_went_into() {
    let output = Home::with_logs().run(&["index", "logs", "--stats", "json"]);
    let line = output.stderr.lines().find(|line| line.starts_with('{')).unwrap();
    let stats: serde_json::Value = serde_json::from_str(line).unwrap();
    assert_eq!((&stats["logs"], &stats["sessions"], &stats["commands"]), (&2.into(), &2.into(), &9.into()));
    let mut stages: Vec<_> = stats["stages"].as_object().unwrap().keys().map(String::as_str).collect();
    stages.sort_unstable();
    let expected = ["commit", "index", "link", "list", "mask", "merge", "note", "parse", "read"];
    assert_eq!(stages, expected);
    let spent: f64 = stats["stages"].as_object().unwrap().values().filter_map(|s| s.as_f64()).sum();
    assert!(spent > 0.0, "{line}");
}

#[test]
fn a_second_run_does_nothing() {
    let home = Home::indexed();
    let before = home.everything();
    assert_snapshot!(home.run(&["index", "logs", "--format", "table"]), @r#"
    exit Some(0)
    --- stdout
    PERSON      IDENTITY                  OS USER   MANAGED NODE         SESSIONS  COMMANDS  FIRST                 LAST
    says alice  Ops/alice (111122223333)  ec2-user  i-0aaaaaaaaaaaaaaa1  1         4         2026-03-01 08:00:05Z  2026-03-01 08:00:31Z
    says alice  Ops/alice (111122223333)  root      i-0aaaaaaaaaaaaaaa1  1         2         2026-03-01 08:00:20Z  2026-03-01 08:00:31Z
    says bob    unknown                   ssm-user  i-0bbbbbbbbbbbbbbb2  1         3         2026-03-02 10:00:00Z  2026-03-02 10:00:00Z
    --- stderr
    nothing new: 2 logs unchanged
    manifest head [hash]
    next:
      whoran show bob-0959abc60267189e0
      whoran search whoami
      whoran who
    "#);
    assert_eq!(home.everything(), before);
}

#[test]
fn without_a_path_it_looks_again_at_what_it_knows() {
    let home = Home::indexed();
    let more = r#"{"eventVersion":"1.0","eventTime":"2026-03-01T08:00:40Z","awsRegion":"eu-west-1","target":{"id":"i-0aaaaaaaaaaaaaaa1"},"userIdentity":{"arn":"arn:aws:sts::111122223333:assumed-role/Ops/alice"},"runAsUser":"ec2-user","sessionId":"alice-0e34861185201706f","sessionData":["sh-5.2$ uptime","up 3 days"]}"#;
    let log = home.path("logs/alice-0e34861185201706f.jsonl");
    let grown = format!("{}{more}\n", std::fs::read_to_string(&log).unwrap());
    std::fs::write(&log, grown).unwrap();
    let output = home.run(&["index"]);
    assert_eq!(output.code, Some(0), "{output}");
    assert!(output.stderr.starts_with("1 log,"), "{output}");
    let commands = home.run(&["show", "alice", "-f", "jsonl"]).column("command");
    assert_eq!(commands.last().map(String::as_str), Some("uptime"));
    assert_eq!(
        commands.iter().filter(|c| *c == "whoami").count(),
        1,
        "the session was replaced: {commands:?}"
    );
}

#[test]
fn without_a_path_it_finds_what_is_new_in_the_folders_it_knows() {
    let home = Home::indexed();
    let log = std::fs::read_to_string(home.path("logs/alice-0e34861185201706f.jsonl")).unwrap();
    home.write("logs/2026/carol.jsonl", log.replace("alice-0e", "carol-0e").as_bytes());
    let output = home.run(&["index"]);
    assert!(output.stderr.starts_with("1 log,") && output.stderr.contains("2 unchanged"), "{output}");
    assert_eq!(home.run(&["sessions"]).rows().len(), 3);
    assert!(home.run(&["index"]).stderr.contains("nothing new: 3 logs unchanged"));
}

#[test]
fn a_file_is_one_log_by_whatever_path_it_is_given() {
    let home = Home::indexed();
    let before = home.run(&["sessions"]).stdout;
    let absolute = home.path("logs");
    let output = home.run(&["index", absolute.to_str().unwrap()]);
    assert!(output.stderr.contains("nothing new: 2 logs unchanged"), "{output}");
    assert_eq!(home.run(&["sessions"]).stdout, before);
}

#[test]
fn relative_paths_mean_the_same_files_from_anywhere() {
    let home = Home::indexed();
    let before = home.everything();
    std::fs::create_dir_all(home.path("elsewhere/logs")).unwrap();
    let from_elsewhere = |args: &[&str]| {
        let mut command = home.command(args);
        command.current_dir(home.path("elsewhere"));
        crate::home::Output::of(&mut command)
    };
    let log = home.path("logs/alice-0e34861185201706f.jsonl");
    let same = std::fs::read(&log).unwrap();
    std::fs::write(&log, [&same[..], b"\n"].concat()).unwrap();
    let output = from_elsewhere(&["index"]);
    assert!(output.stderr.starts_with("1 log,"), "the changed one: {output}");
    assert_eq!(home.everything().replace(&(same.len() + 1).to_string(), &same.len().to_string()), before);

    // Other files under the same relative path are other logs.
    let carol = String::from_utf8(same).unwrap().replace("alice-0e", "carol-0e");
    home.write("elsewhere/logs/alice-0e34861185201706f.jsonl", carol.as_bytes());
    let output = from_elsewhere(&["index", "logs"]);
    assert_eq!(output.code, Some(0), "{output}");
    assert_eq!(
        home.run(&["sessions"]).rows().len(),
        3,
        "nothing was taken for a new version of something else"
    );
    assert!(from_elsewhere(&["index"]).stderr.contains("nothing new: 3 logs unchanged"));
}

#[test]
fn a_damaged_manifest_is_said_even_where_nothing_is_new() {
    let home = Home::indexed();
    let manifest = home.path("data/archive/manifest.jsonl");
    let text = std::fs::read_to_string(&manifest).unwrap();
    std::fs::write(&manifest, text.replacen("in_place", "elsewhere", 1)).unwrap();
    let output = home.run(&["index", "logs"]);
    assert!(output.stderr.contains("manifest.jsonl line 1 is damaged"), "{output}");
}

#[test]
fn a_path_with_dots_in_it_is_the_same_path() {
    let home = Home::indexed();
    for again in ["./logs", "logs/", "./logs/./"] {
        let output = home.run(&["index", again]);
        assert!(output.stderr.starts_with("nothing new: 2 logs unchanged"), "{again}: {output}");
    }
}

#[test]
fn standard_input_of_nothing_is_an_empty_log() {
    let home = Home::new();
    for verb in ["parse", "index"] {
        let output = home.pipe(&[verb, "-"], b"");
        assert_eq!((output.code, output.stdout.as_str()), (Some(0), ""), "{output}");
        assert!(output.stderr.contains("empty [empty-log]"), "{output}");
    }
}

#[test]
fn a_second_copy_of_a_session_is_joined_with_the_first() {
    let home = Home::indexed();
    let ids = home.run(&["show", "alice", "-f", "jsonl"]).column("id");
    let log = std::fs::read(home.path("logs/alice-0e34861185201706f.jsonl")).unwrap();
    home.write("more/alice-0e34861185201706f.jsonl.gz", &gzip(&log));
    let output = home.run(&["index", "more"]);
    assert_eq!(output.code, Some(0), "{output}");
    assert_eq!(home.run(&["show", "alice", "-f", "jsonl"]).column("id"), ids);
    let logs = home.run(&["sessions"]).rows()[0]["logs"].as_array().unwrap().len();
    assert_eq!(logs, 2, "both copies are named");
}

#[test]
fn a_session_that_no_log_shows_any_longer_goes() {
    let home = Home::indexed();
    let other = std::fs::read_to_string(home.path("logs/alice-0e34861185201706f.jsonl")).unwrap();
    let log = home.path("logs/alice-0e34861185201706f.jsonl");
    std::fs::write(log, other.replace("alice-0e34861185201706f", "carol-0e34861185201706f")).unwrap();
    let output = home.run(&["index", "logs"]);
    assert_eq!(output.code, Some(0), "{output}");
    let ids = home.run(&["sessions"]).column("session_id");
    assert_eq!(ids, ["bob-0959abc60267189e0", "carol-0e34861185201706f"]);
}

#[test]
fn a_file_that_is_gone_is_reported_and_its_commands_stay() {
    let home = Home::indexed();
    let before = home.everything();
    std::fs::remove_file(home.path("logs/bob-0959abc60267189e0.log")).unwrap();
    let output = home.run(&["index"]);
    assert_eq!(output.code, Some(0), "a warning alone is not partial: {output}");
    assert!(output.stderr.contains("[vanished]"), "{output}");
    assert_eq!(home.everything(), before);
}

#[test]
fn standard_input_is_kept_and_can_be_indexed_anew() {
    let home = Home::new();
    let log = std::fs::read(Home::with_logs().path("logs/alice-0e34861185201706f.jsonl")).unwrap();
    let output = home.pipe(&["index", "-"], &log);
    assert_eq!(output.code, Some(0), "{output}");
    let before = home.everything();
    assert!(before.contains("stdin:"), "{before}");
    std::fs::remove_dir_all(home.path("data/index")).unwrap();
    assert_eq!(home.run(&["index"]).code, Some(0));
    assert_eq!(home.everything(), before);
}

#[test]
fn an_index_of_another_layout_is_made_anew_from_what_the_archive_knows() {
    let home = Home::indexed();
    let before = home.everything();
    let meta = home.path("data/index/meta.json");
    let other = std::fs::read_to_string(&meta).unwrap().replace(r#"\"schema\":"#, r#"\"schema\":9"#);
    std::fs::write(&meta, other).unwrap();
    let search = home.run(&["search", "whoami"]);
    assert_eq!(search.code, Some(5), "never misread: {search}");
    home.write("new/empty.log", b"");
    let output = home.run(&["index", "new"]);
    assert!(output.stderr.contains("made anew"), "{output}");
    assert_eq!(home.everything(), before);
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let spec = whoran_testkit::Spec { seed: 7, bytes: 512 << 10, ..Default::default() };
    whoran_testkit::generate(&spec, dir.path()).unwrap();
    let everything = |threads: &str| {
        let home = Home::new();
        let logs = dir.path().join("logs");
        let output = home.run(&["index", logs.to_str().unwrap(), "--threads", threads, "--memory", "64M"]);
        assert!(matches!(output.code, Some(0 | 3)), "{output}");
        home.everything()
    };
    assert_eq!(everything("1"), everything("5"));
}

#[test]
fn a_session_of_more_commands_than_memory_holds_is_the_same() {
    let home = Home::new();
    let mut log = String::from("Script started on 2025-03-04 10:20:41+00:00 [x]\n");
    let mut enter = |line: &str, shown: &str| {
        log += &format!("\x1b[?2004h[ops@web-1 ~]$ {line}\r\r\n\x1b[?2004l\r{shown}");
    };
    enter("echo hunter2-x", "hunter2-x\r\r\n");
    for n in 0..6_000 {
        let line = format!("grep -c {} /var/log/messages-{}", n % 70, n % 1200);
        enter(&line, if n % 3 == 0 { "17\r\r\n" } else { "" });
    }
    enter("mysql -phunter2-x db", "");
    home.write("logs/ops-0e34861185201706f.log", log.as_bytes());

    let parsed = |memory: &str, format: &str| {
        let output = home.run(&["parse", "logs", "--mask", "--format", format, "--memory", memory]);
        assert_eq!(output.code, Some(0), "{output}");
        output.stdout
    };
    for format in ["jsonl", "table"] {
        let whole = parsed("1G", format);
        assert!(whole.contains("echo [masked:repeated]") && !whole.contains("hunter2"));
        assert!(whole == parsed("16M", format), "{format}");
    }
    let indexed = |memory: &str| {
        // what fingerprints are made with
        home.write(&format!("{memory}/mask.key"), &[7; 32]);
        let output = home.run(&["index", "logs", "--memory", memory, "--data", memory]);
        assert_eq!(output.code, Some(0), "{output}");
        let session = "ops-0e34861185201706f";
        let shown = home.run(&["show", session, "--format", "jsonl", "--data", memory]).stdout;
        shown + &home.run(&["sessions", "--format", "jsonl", "--data", memory]).stdout
    };
    let whole = indexed("1G");
    assert!(whole.lines().count() > 6_000 && whole.contains("echo [masked:repeated]"));
    assert!(!whole.contains("hunter2"));
    assert!(whole == indexed("16M"));
}

#[test]
fn two_writers_are_one_too_many() {
    let home = Home::with_logs();
    home.write("data/lock", b"");
    let lock = std::fs::File::options().write(true).open(home.path("data/lock")).unwrap();
    lock.lock().unwrap();
    std::io::Write::write_all(&mut &lock, b"process 1, `whoran index elsewhere`\n").unwrap();
    assert_snapshot!(home.run(&["--data", "data", "index", "logs"]), @r#"
    exit Some(4)
    --- stdout
    --- stderr
    error: data is being written to by process 1, `whoran index elsewhere`
    hint: --wait waits for it to end
    "#);
}

#[test]
fn a_path_that_is_not_there_is_refused() {
    assert_snapshot!(Home::new().run(&["index", "nowhere"]), @r#"
    exit Some(4)
    --- stdout
    --- stderr
    error: cannot read nowhere: No such file or directory (os error 2)
    "#);
}

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut gzip, bytes).unwrap();
    gzip.finish().unwrap()
}
