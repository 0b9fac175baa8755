//! Lines that a shell was given together, before it asked for them.

use super::streamed;
use super::unusual::{commands, texts};

/// dash, which shows nothing of what it reads: the terminal has shown it when it was pasted.
const PASTED: &str = "$ pwd\r\n/srv\r\n$ cd /etc\r\nls -d passwd\r\n\r\nfor i in 1 2; do\r\n  echo item $i\r\ndone\r\ncat >x <<EOF\r\nrm -rf /\r\nEOF\r\n./run --all\r\n# the end\r\n$ passwd\r\n$ $ > > item 1\r\nitem 2\r\n$ > > $ ran\r\n$ $ uptime\r\nup 3 days\r\n$ exit\r\n";

#[test]
fn lines_that_are_pasted_into_a_shell_without_an_editor_run_one_after_the_other() {
    let due = [
        "pwd",
        "cd /etc",
        "ls -d passwd",
        "for i in 1 2; do\n  echo item $i\ndone",
        "cat >x <<EOF\nrm -rf /\nEOF",
        "./run --all",
        "# the end",
        "uptime",
        "exit",
    ];
    assert_eq!(texts(PASTED), due);
    assert_eq!(streamed::texts(PASTED), due);
    let shown: Vec<String> = commands(PASTED).into_iter().map(|c| c.output).collect();
    assert_eq!(shown, ["/srv", "", "passwd", "item 1\nitem 2", "", "ran", "", "up 3 days", ""]);
    assert!(commands(PASTED)[1..7].iter().all(|c| c.confidence < 0.9));
}

#[test]
fn what_a_file_shows_was_given_to_nobody() {
    let log = |shows: &str| {
        format!("$ pwd\r\n/srv\r\n$ cat steps\r\n{shows}$ uptime\r\nup\r\n$ df\r\nnone\r\n$ exit\r\n")
    };
    for shows in ["cd /etc\r\nls\r\n", "make\r\n", "cd /etc\r\nls\r\n$ make\r\nmake install\r\n"] {
        let all = texts(&log(shows));
        assert!(all.ends_with(&["uptime".into(), "df".into(), "exit".into()]), "{all:?}");
        assert!(!all.iter().any(|text| text.starts_with("cd ")), "{all:?}");
    }
    // two prompts on one line of which the second was typed
    let log = "$ cat steps\r\nmake\r\nmake install\r\n$ $ ls\r\nsh: 1: $: not found\r\n$ exit\r\n";
    assert!(!texts(log).iter().any(|text| text.starts_with("make")), "{:?}", texts(log));
}

#[test]
fn a_paste_into_zsh_is_one_command_of_several_lines_in_a_copy() {
    let sign = format!("%{}", " ".repeat(79));
    let line = |typed: &str| format!("\x1b[1m\x1b[7m{sign}\r \r\rops@web ~% \x1b[K\x1b[?2004h{typed}");
    let log = [
        line("p\x08pwd\x1b[?2004l\r\r\n/home/ops\r\n"),
        line("\x1b[7mls -d /\x1b[K\r\r\n"),
        "\x1b[7mecho two\x1b[27m\x1b[K\x1b[A\x1b[11Dls -d /\x1b[1B\recho two\x1b[?2004l\r\r\n".into(),
        "/\r\ntwo\r\n".into(),
        line("e\x08exit\x1b[?2004l\r\r\n"),
    ];
    assert_eq!(streamed::texts(&log.concat()), ["pwd", "ls -d /\necho two", "exit"]);
}
