//! Jobs in the background and other people, who write behind the prompt and between the keys.

use super::streamed;
use super::unusual::{commands, texts};

/// What a job that keeps a log writes.
fn entry(n: u32) -> String {
    format!("2026-11-30T10:00:0{n} level=info msg=\"handled request\" id={n}{n}\r\n")
}

fn bash(text: &str, shows: &str) -> String {
    format!("\x1b[?2004h[ops@web ~]$ {text}\r\n\x1b[?2004l\r{shows}")
}

fn zsh(text: &str, shows: &str) -> String {
    let blanks = " ".repeat(79);
    format!(
        "\x1b[1m\x1b[7m%\x1b[27m\x1b[1m\x1b[0m{blanks}\r \r\r\x1b[0m\x1b[27m\x1b[24m\x1b[Jops@web ~% \x1b[K\x1b[?2004h{text}\x1b[?2004l\r\r\n{shows}"
    )
}

fn dash(text: &str, shows: &str) -> String {
    format!("[ops@web ~]$ {text}\r\n{shows}")
}

/// A job that writes entries of a log while nothing is typed, in the middle of a line, and before one.
fn log_of(shell: fn(&str, &str) -> String) -> String {
    [
        shell("pwd", "/home/ops\r\n"),
        shell("./app.sh &", "[1] 4711\r\n"),
        shell(&format!("ls -d /e{}tc", entry(1)), "/etc\r\n"),
        shell(&format!("{}{}", entry(2), entry(3)), ""),
        shell(&format!("{}panic: runtime error\r\nid -un", entry(4)), "ops\r\n"),
        shell("uptime", &(entry(5) + &entry(6))),
        shell("exit", ""),
    ]
    .concat()
}

#[test]
fn entries_of_a_log_are_no_commands_wherever_they_come() {
    let due = ["pwd", "./app.sh &", "ls -d /etc", "id -un", "uptime", "exit"];
    for shell in [bash, zsh, dash] {
        assert_eq!(texts(&log_of(shell)), due);
        let torn = commands(&log_of(shell)).into_iter().find(|c| c.command == "ls -d /etc");
        assert!(torn.is_some_and(|c| c.confidence < 0.9));
    }
    for shell in [bash, dash] {
        assert_eq!(streamed::texts(&log_of(shell)), due);
    }
}

#[test]
fn what_a_job_said_is_kept_with_what_was_shown_before() {
    let log = log_of(bash);
    let shown = commands(&log).into_iter().find(|c| c.command == "ls -d /etc").map(|c| c.output);
    assert!(shown.is_some_and(|output| output.contains("id=22") && output.contains("panic: runtime error")));
}

#[test]
fn a_complaint_names_the_program_that_makes_it() {
    let says = |shell: fn(&str, &str) -> String, job: &str, said: &str| {
        let log = [
            shell("pwd", "/home/ops\r\n"),
            shell(&format!("{job} &"), "[1] 4711\r\n"),
            shell(&format!("{said}\r\n"), "[1]+  Done\r\n"),
            shell(&format!("ec{said}\r\nho x"), "x\r\n"),
            shell("exit", ""),
        ];
        texts(&log.concat())
    };
    for shell in [bash, zsh, dash] {
        for (job, said) in [
            ("nohup ./run", "nohup: ignoring input and appending output to 'nohup.out'"),
            ("cat nosuch", "cat: nosuch: No such file or directory"),
            ("frob x", "bash: frob: command not found"),
            ("./app.sh | head -1", "./app.sh: 3: echo: echo: I/O error"),
        ] {
            assert_eq!(says(shell, job, said), ["pwd", &format!("{job} &"), "echo x", "exit"], "{said}");
        }
    }
}

#[test]
fn what_is_typed_beside_a_job_stays_whatever_was_shown_before() {
    for shell in [bash, zsh, dash] {
        let log = [
            shell("sleep 100 &", "[1] 4711\r\n"),
            shell(
                "cat steps",
                "./deploy.sh server 12 now\r\nthis is step 12 of 20\r\nthis is step 13 of 20\r\n",
            ),
            shell("echo this is step 14 of 20", "this is step 14 of 20\r\n"),
            shell("./deploy.sh server 13 now", ""),
            shell("exit", ""),
        ];
        let due =
            ["sleep 100 &", "cat steps", "echo this is step 14 of 20", "./deploy.sh server 13 now", "exit"];
        assert_eq!(texts(&log.concat()), due);
    }
}

#[test]
fn what_history_only_printed_or_did_not_find_never_ran() {
    for shell in [bash, dash] {
        let log = [
            shell("rm -rf /srv/old", ""),
            shell("!rm:p", "rm -rf /srv/old\r\n"),
            shell("!nosuch", "bash: !nosuch: event not found\r\n"),
            shell("!rm:s/old/new/", "rm -rf /srv/new\r\n"),
            shell("exit", ""),
        ]
        .concat();
        assert_eq!(texts(&log), ["rm -rf /srv/old", "rm -rf /srv/new", "exit"]);
    }
}

/// What wall(1) and syslog write, wherever the cursor stands.
const MESSAGES: [&str; 2] = [
    "\r\nBroadcast message from root@web (pts/1) (Mon Nov 30 22:00:00 2026):\r\n\r\nThe system is going down\r\n\r\n",
    "\r\nMessage from syslogd@web at Nov 30 22:00:01 ...\r\n kernel:[12345.678] BUG: soft lockup - CPU#1 stuck\r\n",
];

#[test]
fn what_others_write_to_the_terminal_is_no_part_of_a_line() {
    for message in MESSAGES {
        let log = |shell: fn(&str, &str) -> String| {
            [
                shell("pwd", "/home/ops\r\n"),
                shell(&format!("{message}ls -d /"), "/\r\n"),
                shell(&format!("echo sta{message}rt{message} here"), "start here\r\n"),
                shell(message, ""),
                shell("sleep 9", message),
                shell("exit", ""),
            ]
            .concat()
        };
        let due = ["pwd", "ls -d /", "echo start here", "sleep 9", "exit"];
        for shell in [bash, zsh, dash] {
            assert_eq!(texts(&log(shell)), due);
            let torn = commands(&log(shell)).into_iter().find(|c| c.command == "echo start here");
            assert!(torn.is_some_and(|c| c.confidence < 0.9));
        }
        for shell in [bash, dash] {
            assert_eq!(streamed::texts(&log(shell)), due);
        }
    }
}

#[test]
fn a_shell_that_waited_too_long_ends_by_itself() {
    for said in ["\x07timed out waiting for input: auto-logout\r\n", "auto-logout\r\n"] {
        let log = format!(
            "ops@web:~$ pwd\r\n/srv\r\nops@web:~$ sudo -i\r\nroot@web:~# id\r\nuid=0\r\nroot@web:~# {said}ops@web:~$ exit\r\n"
        );
        assert_eq!(texts(&log), ["pwd", "sudo -i", "id", "exit"]);
    }
}
