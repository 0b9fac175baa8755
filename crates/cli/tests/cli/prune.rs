use crate::home::Home;

/// Two sessions from standard input, of which one has a copy in a folder.
fn home() -> Home {
    let home = Home::with_logs();
    assert_eq!(home.run(&["index", "logs"]).code, Some(0));
    home
}

#[test]
fn what_is_pruned_is_gone_from_archive_and_index_and_the_rest_stays() {
    let home = home();
    let before = home.everything();
    let session = b"Script started on 2025-03-04 10:20:41+00:00 [COMMAND=\"cat /var/lib/amazon/ssm/i-0abc1234def567890/\
        session/orchestration/carol-0e34861185209999f/Standard_Stream/ipcTempFile.log\" <not executed on terminal>]\n\
        sh-5.2$ touch /tmp/pruned\r\r\nsh-5.2$ exit\r\r\n\nScript done on 2025-03-04 10:20:41+00:00 [COMMAND_EXIT_CODE=\"0\"]\n";
    assert_eq!(home.pipe(&["index", "-"], session).code, Some(0));
    assert_eq!(home.run(&["search", "pruned"]).rows().len(), 1);
    assert_ne!(home.everything(), before);

    let young = home.run(&["prune", "--older-than", "400d"]);
    assert_eq!(young.code, Some(0), "{young}");
    assert!(young.stderr.starts_with("the archive has nothing from before "), "{young}");

    let manifest = std::fs::read(home.path("data/archive/manifest.jsonl")).unwrap();
    let foretold = home.run(&["prune", "--older-than", "2999-01-01", "--dry-run"]);
    assert!(foretold.stdout.starts_with("stdin:") && foretold.stdout.lines().count() == 1, "{foretold}");
    assert!(
        foretold.stderr.starts_with("would prune ") && foretold.stderr.contains(": 1 log, "),
        "{foretold}"
    );
    assert_eq!(std::fs::read(home.path("data/archive/manifest.jsonl")).unwrap(), manifest);

    // Now, as whoran sees it, is later than anything that was read.
    let pruned = home.run(&["prune", "--older-than", "2999-01-01"]);
    assert_eq!(pruned.code, Some(0), "{pruned}");
    assert!(pruned.stderr.contains(": 1 log, 1 line of the manifest, "), "{pruned}");
    assert_eq!(home.everything(), before, "what lies in folders is its owner's and stays");
    assert_eq!(home.run(&["search", "pruned"]).code, Some(1));
    assert_eq!(home.run(&["verify"]).code, Some(0));
    let cat = home.run(&["cat", "stdin:"]);
    assert_eq!(cat.code, Some(4), "{cat}");
    assert!(cat.stderr.contains(" was pruned on "), "{cat}");
    let status = home.run(&["status"]);
    assert_eq!(status.column("manifest_lines"), status.column("manifest_indexed"));
    assert_eq!(status.column("logs"), ["2"]);

    // The manifest has the line still, and one more; a new index says the same.
    assert_eq!(home.run(&["rebuild"]).code, Some(0));
    assert_eq!(home.everything(), before);
    let again = home.run(&["prune", "--older-than", "2999-01-01"]);
    assert!(again.stderr.starts_with("the archive has nothing from before "), "{again}");

    // What is given again is there again.
    assert_eq!(home.pipe(&["index", "-"], session).code, Some(0));
    assert_eq!(home.run(&["search", "pruned"]).rows().len(), 1);
}

#[test]
fn an_index_thrown_away_in_between_loses_nothing_else() {
    let home = home();
    let before = home.everything();
    assert_eq!(home.pipe(&["index", "-"], b"sh-5.2$ touch /tmp/pruned\r\n").code, Some(0));
    std::fs::remove_dir_all(home.path("data/index")).unwrap();
    assert_eq!(home.run(&["prune", "--older-than", "2999-01-01"]).code, Some(0));
    assert!(!home.path("data/index").exists(), "prune makes no index where there is none");
    assert_eq!(home.run(&["index"]).code, Some(0));
    assert_eq!(home.everything(), before);
}
