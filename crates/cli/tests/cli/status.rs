use crate::home::Home;

#[test]
fn it_tells_what_there_is_and_what_was_left_out() {
    let home = Home::with_logs();
    home.write("logs/empty.log", b"");
    assert_eq!(home.run(&["index", "logs"]).code, Some(0));
    let status = &home.run(&["status"]).rows()[0];
    assert_eq!((&status["logs"], &status["sessions"]), (&3.into(), &2.into()));
    assert_eq!(status["manifest_lines"], status["manifest_indexed"]);
    assert_eq!(status["manifest_head"].as_str().unwrap().len(), 64);
    assert_eq!(status["diagnostics"][0]["code"], "empty-log");
    assert_eq!(status["diagnostics"][0]["log"], "logs/empty.log");

    let table = home.run(&["status", "--format", "table"]);
    assert!(table.stdout.contains("logs/empty.log: empty [empty-log]"), "{table}");
}

#[test]
fn an_empty_index_says_what_to_do() {
    let home = Home::new();
    std::fs::create_dir(home.path("logs")).unwrap();
    let advice = "no logs there; whoran index PATH… reads files and folders\n";
    let output = home.run(&["index", "logs", "--format", "table"]);
    assert_eq!((output.code, output.stdout.as_str()), (Some(0), ""), "{output}");
    assert!(output.stderr.starts_with(advice), "{output}");
    for verb in ["who", "sessions"] {
        let output = home.run(&[verb, "--format", "table"]);
        assert_eq!((output.code, output.stdout.as_str()), (Some(0), ""), "{output}");
        assert_eq!(output.stderr, "no sessions yet; whoran index PATH… reads logs\n");
    }
}
