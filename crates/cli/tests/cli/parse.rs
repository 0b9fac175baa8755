use insta::assert_snapshot;

use crate::home::Home;
use crate::index::gzip;

#[test]
fn commands_come_in_the_order_of_their_sessions() {
    let output = Home::with_logs().run(&["parse", "logs"]);
    assert_eq!(output.code, Some(0));
    let places: Vec<_> = output.column("session_id").into_iter().zip(output.column("seq")).collect();
    assert!(places.is_sorted_by_key(|(id, seq)| (id.clone(), seq.parse::<u32>().unwrap())), "{places:?}");
}

#[test]
fn one_line_is_pinned_to_the_byte() {
    assert_snapshot!(Home::with_logs().run(&["parse", "logs"]).stdout.lines().next().unwrap(), @r#"{"v":1,"id":"2dee8d1b9866e962b146","session_id":"alice-0e34861185201706f","seq":0,"time":"2026-03-01T08:00:05Z","time_precision":"batch","identity":"arn:aws:sts::111122223333:assumed-role/Ops/alice","person":null,"account":"111122223333","region":"eu-west-1","run_as_user":"ec2-user","os_user":"ec2-user","target":"i-0aaaaaaaaaaaaaaa1","target_name":null,"host":null,"cwd":null,"kind":"shell","program":null,"command":"whoami","typed":null,"output":"ec2-user","output_truncated":false,"origin":"typed","status":"run","confidence":0.93,"alternatives":[],"masked":0,"evidence":[{"log":"logs/alice-0e34861185201706f.jsonl","start":269,"end":285}]}"#);
}

#[test]
fn standard_input_compressed_or_not_says_the_same() {
    let home = Home::with_logs();
    let log = std::fs::read(home.path("logs/alice-0e34861185201706f.jsonl")).unwrap();
    let commands = |input: &[u8]| home.pipe(&["parse", "-"], input).column("command");
    assert_eq!(commands(&log), commands(&gzip(&log)));
    assert_eq!(commands(&log), commands(&zstd::encode_all(&log[..], 1).unwrap()));
    assert_eq!(commands(&log)[0], "whoami");
}

#[test]
fn transcripts_put_together_are_as_they_are_apart() {
    let home = Home::new();
    let corpus = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/corpus");
    let mut all = Vec::new();
    for session in ["o03-bash-login-history", "o08-sudo-su"] {
        for log in std::fs::read_dir(corpus.join(session).join("s3")).unwrap().map(|log| log.unwrap()) {
            let bytes = std::fs::read(log.path()).unwrap();
            home.write(&format!("apart/{}", log.file_name().to_string_lossy()), &bytes);
            all.extend(bytes);
        }
    }
    let told = |output: &crate::home::Output| {
        let (ids, users) = (output.column("session_id"), output.column("os_user"));
        let mut rows: Vec<_> = ids.into_iter().zip(users).zip(output.column("command")).collect();
        rows.sort();
        rows
    };
    let together = home.pipe(&["parse", "-"], &all);
    assert!(together.stderr.contains("[behind-another]"), "{together}");
    assert_eq!(told(&together), told(&home.run(&["parse", "apart"])));
}

#[test]
fn a_file_of_many_sessions_is_cut_compressed_or_not() {
    let home = Home::with_logs();
    let log = std::fs::read_to_string(home.path("logs/alice-0e34861185201706f.jsonl")).unwrap();
    let other = log.replace("alice-0e34861185201706f", "carol-0e34861185201706f");
    let mixed: String = log.lines().zip(other.lines()).flat_map(|(a, b)| [a, "\n", b, "\n"]).collect();
    home.write("mixed.jsonl", mixed.as_bytes());
    home.write("mixed.jsonl.gz", &gzip(mixed.as_bytes()));
    let commands = |path: &str| {
        let output = home.run(&["parse", path]);
        output.column("session_id").into_iter().zip(output.column("command")).collect::<Vec<_>>()
    };
    let alone = home.run(&["parse", "logs/alice-0e34861185201706f.jsonl"]).column("command");
    let both = commands("mixed.jsonl");
    assert_eq!(
        both.iter().filter(|(id, _)| id.starts_with("alice")).map(|(_, c)| c).collect::<Vec<_>>(),
        alone.iter().collect::<Vec<_>>()
    );
    assert_eq!(both.len(), 2 * alone.len());
    assert_eq!(commands("mixed.jsonl.gz"), both);
    let wide: Vec<u8> = format!("\u{feff}{mixed}").encode_utf16().flat_map(u16::to_le_bytes).collect();
    home.write("mixed.json", &wide);
    assert_eq!(commands("mixed.json"), both);
}

#[test]
fn a_table_is_the_sessions_one_after_the_other() {
    let home = Home::indexed();
    let table = home.run(&["parse", "logs", "--format", "table"]).stdout;
    let shown = ["alice", "bob"].map(|id| home.run(&["show", id, "--format", "table"]).stdout);
    // who signed a session off stands beside the index, and `parse` has none
    let unsigned = "reviewed  no\n";
    assert!(shown.iter().all(|shown| shown.contains(unsigned)));
    assert_eq!(table, shown.map(|shown| shown.replace(unsigned, "")).join("\n"));
}

#[test]
fn hostile_text_does_nothing_to_a_terminal() {
    let home = Home::new();
    let log = std::fs::read_to_string(Home::with_logs().path("logs/alice-0e34861185201706f.jsonl")).unwrap();
    let log = log.replace("ec2-user\"]", "\\u001b]0;owned\\u0007\\u009b31m\\u202e\"]");
    home.write("a.jsonl", log.as_bytes());
    assert_eq!(home.run(&["index", "a.jsonl"]).code, Some(0));
    for args in
        [&["parse", "a.jsonl"][..], &["search"], &["show", "alice"], &["sessions"], &["who"], &["status"]]
    {
        for format in ["table", "jsonl", "json", "csv"] {
            let output = home.run(&[args, &["--format", format]].concat());
            let active = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
            assert!(
                !output.stdout.contains(active) && !output.stderr.contains(active),
                "{args:?} {format}: {output}"
            );
        }
    }
}
