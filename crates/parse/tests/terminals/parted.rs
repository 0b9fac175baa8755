//! Prompts of many parts and signs, as powerline, starship and distributions draw them. The bytes are those of real shells,
//! shortened.

use whoran_testkit::agent::Resend;

use super::streamed::{session, texts as streamed};
use super::unusual::{commands, ran, texts};

/// Lines entered behind prompts, with what they show.
fn log(lines: &[(&str, &str, &str)]) -> String {
    lines.iter().map(|(prompt, typed, shows)| format!("{prompt}{typed}\r\n{shows}")).collect()
}

const DUE: [&str; 7] =
    ["ls", "cd /srv/log", "pwd", "for i in 1; do\necho $i\ndone", "false", "id -un", "exit"];

#[test]
fn parts_of_a_prompt_are_no_commands() {
    // powerline, between whose parts no line breaks
    let root = "\x1b[0;38;5;231;48;5;160;1m\u{a0}root\u{a0}\x1b[0;38;5;160;48;5;240;22m\u{e0b0}\u{a0}\x1b[0m";
    let part = |name: &str, sign: char| format!("\x1b[1m{name}\u{a0}\x1b[0;22m{sign}\u{a0}\x1b[0m");
    let home = format!("{root}{}", part("~", '\u{e0b0}'));
    let deep =
        [root.to_owned(), part("/", '\u{e0b1}'), part("srv", '\u{e0b1}'), part("log", '\u{e0b0}')].concat();
    let failed = format!("{deep}{}", part("1", '\u{e0b0}'));
    let more = "\x1b[1m\u{a0}\u{a0}\x1b[0m\u{e0b0}\u{a0}";
    let log = log(&[
        (&home, "ls", "a\r\n"),
        (&home, "cd /srv/log", ""),
        (&deep, "pwd", "/srv/log\r\n"),
        (&deep, "for i in 1; do", ""),
        (more, "echo $i", ""),
        (more, "done", "1\r\n"),
        (&deep, "false", ""),
        (&failed, "id -un", "root\r\n"),
        (&deep, "exit", "exit\r\n"),
    ]);
    assert_eq!(texts(&log), DUE);
    assert_eq!(streamed(&log), DUE);
}

#[test]
fn signs_before_a_prompt_may_say_what_became_of_the_last_command() {
    let prompt = |status: &str, path: &str| format!("{status} ops@web \u{e0b0} {path} \u{e0b0} ");
    let log = log(&[
        (&prompt("", "~"), "ls", "a\r\n"),
        (&prompt("", "~"), "cd /srv/log", ""),
        (&prompt("", "/srv/log"), "pwd", "/srv/log\r\n"),
        (&prompt("", "/srv/log"), "for i in 1; do", ""),
        ("> ", "echo $i", ""),
        ("> ", "done", "1\r\n"),
        (&prompt("", "/srv/log"), "false", ""),
        (&prompt(" \u{2718}", "/srv/log"), "id -un", "ops\r\n"),
        (&prompt("", "/srv/log"), "exit", "exit\r\n"),
    ]);
    assert_eq!(texts(&log), DUE);
    assert_eq!(streamed(&log), DUE);
}

#[test]
fn a_directory_may_stand_behind_a_prompts_sign() {
    let prompt = |place: &str| format!("\x1b[1;32m\u{279c}  \x1b[36m{place}\x1b[0m ");
    let (home, root) = (prompt("~"), prompt("/"));
    let branch = "\x1b[1;34mgit:(\x1b[31mmain\x1b[34m)\x1b[0m ";
    let (app, changed) = (prompt("app") + branch, prompt("app") + branch + "\u{2717} ");
    let mut lines = [
        (home.as_str(), "ls -l", "total 0\r\n"),
        (&home, "cd /srv/app", ""),
        (&app, "frob status", "37% pulled\r\n83% built\r\n91% put\r\n"),
        (&app, "touch x", ""),
        (&changed, "git status", "On branch main\r\n"),
        (&changed, "sudo su -", ""),
        (&home, "frob", ""),
        (&home, "cd /", ""),
        (&root, "id -un", "root\r\n"),
        (&root, "exit", "logout\r\n"),
        (&changed, "exit", ""),
    ];
    let due = lines.map(|(_, typed, _)| typed);
    assert_eq!(texts(&log(&lines)), due);
    assert_eq!(streamed(&log(&lines)), due);
    // in bash that marks its lines, the same
    let marked = lines.map(|(prompt, _, _)| format!("\x1b[?2004h{prompt}"));
    let shows = lines.map(|(_, _, shows)| format!("\x1b[?2004l\r{shows}"));
    for (line, (prompt, shows)) in lines.iter_mut().zip(marked.iter().zip(&shows)) {
        (line.0, line.2) = (prompt, shows);
    }
    assert_eq!(texts(&log(&lines)), due);
}

#[test]
fn roots_prompt_may_be_seen_but_once() {
    let kali = |_: usize, user: &str, sign: &str| format!("┌──({user}㉿web)-[~]\r\n└─{sign} ");
    let counts = |n: usize, user: &str, sign: &str| format!("[{n}] {user}@web:~{sign} ");
    let clock = |n: usize, user: &str, sign: &str| format!("[10:12:{n}] {user}@web ~ {sign} ");
    for prompt in [&kali as &dyn Fn(usize, &str, &str) -> String, &counts, &clock] {
        for (mark, end) in [("", ""), ("\x1b[?2004h", "\x1b[?2004l\r")] {
            let due = ["ls", "frob -x", "uptime", "cat a", "id -un", "sudo -i", "exit", "ls", "exit"];
            let lines = due.iter().zip(17..).map(|(typed, n)| {
                let (user, sign) = if n == 23 { ("root", "#") } else { ("ops", "$") };
                let shows = if matches!(*typed, "sudo -i" | "exit") { "" } else { "x\r\n" };
                format!("{mark}{}{typed}\r\n{end}{shows}", prompt(n, user, sign))
            });
            assert_eq!(texts(&lines.collect::<String>()), due);
        }
    }
}

#[test]
fn how_far_a_program_got_is_no_prompt() {
    let log = log(&[
        ("[7] ops@web:~$ ", "ls", "a\r\n"),
        ("[8] ops@web:~$ ", "frob pull", "12% web\r\n50% db\r\n99% cache\r\n"),
        ("[9] ops@web:~$ ", "uptime", "up 3 days\r\n"),
        ("[10] ops@web:~$ ", "exit", ""),
    ]);
    assert_eq!(texts(&log), ["ls", "frob pull", "uptime", "exit"]);
    assert_eq!(streamed(&log), ["ls", "frob pull", "uptime", "exit"]);
}

#[test]
fn a_sign_within_a_prompts_upper_line_ends_no_prompt() {
    let kali = |path: &str| format!("┌──(ops\u{327f}web)-[{path}]\r\r\n└─$ ");
    let starship = |path: &str| {
        format!("\r\r\n\x1b[1;33mops\x1b[0m in \u{1f310} web in {path}\r\r\n\x1b[1;32m❯\x1b[0m ")
    };
    for prompt in [&kali as &dyn Fn(&str) -> String, &starship] {
        let log = log(&[
            (&prompt("~"), "ls", "a\r\n"),
            (&prompt("~"), "cd /srv/log", ""),
            (&prompt("/srv/log"), "pwd", "/srv/log\r\n"),
            (&prompt("/srv/log"), "for i in 1; do", ""),
            ("> ", "echo $i", ""),
            ("> ", "done", "1\r\n"),
            (&prompt("/srv/log"), "false", ""),
            (&prompt("/srv/log"), "id -un", "ops\r\n"),
            (&prompt("/srv/log"), "exit", "exit\r\n"),
        ]);
        assert_eq!(texts(&log), DUE);
        assert_eq!(streamed(&log), DUE);
    }
}

#[test]
fn an_upper_line_with_a_sign_in_it_is_told_by_what_ends_it() {
    // of a shell that is left soon there is little to learn from
    let prompt = "\r\r\n\x1b[1;33mops\x1b[0m in \u{1f310} web in ~\r\r\n\x1b[1;32m❯\x1b[0m ";
    let log = log(&[(prompt, "ls", "a\r\n"), (prompt, "exit", "exit\r\n")]);
    assert_eq!(texts(&log), ["ls", "exit"]);
}

#[test]
fn a_prompt_may_take_another_form_when_its_line_is_entered() {
    let prompt = "\x1b[44m ops \x1b[49m\u{e0b0} ~\r\n\x1b[32m❯\x1b[39m ";
    let begin = format!(
        "\x1b[1m\x1b[7m%\x1b[27m\x1b[1m\x1b[0m{}\r \r\r\x1b[0m\x1b[27m\x1b[24m\x1b[J",
        " ".repeat(79)
    );
    let line = |typed: &str, shows: &str| {
        format!(
            "{begin}{prompt}\x1b[K\x1b[?1h\x1b=\x1b[?2004h{typed}\x1b[?2004l\r\n\x1b[A\x1b[0m\x1b[27m\x1b[24m\x1b[J{prompt}{typed}\x1b[K\r\r\n{shows}"
        )
    };
    let given_up = format!("{begin}{prompt}\x1b[K\x1b[?1h\x1b=\x1b[?2004hrm -r x\x1b[?2004l\r\r\n");
    let log = [
        line("ls", "a\r\n"),
        line("id -un", "ops\r\n"),
        given_up,
        line("pwd", "/home/ops\r\n"),
        line("exit", ""),
    ]
    .concat();
    assert_eq!(texts(&log), ["ls", "id -un", "pwd", "exit"]);
    assert_eq!(streamed(&log), ["ls", "id -un", "pwd", "exit"]);
}

#[test]
fn a_right_prompt_may_fill_its_row_with_a_colour() {
    let edit = |typed: &str, shows: &str| {
        let prompt = "\x1b[40m \x1b[33mops@web \x1b[44m\u{e0b0}\x1b[30m ~ \x1b[49m\u{e0b0}\x1b[39m ";
        // one sign of it takes two columns; 80 columns
        let right =
            "\u{e0b2} \x1b[32m✔ \x1b[39m\u{e0b2} ⚡ \u{e0b2}\x1b[30m 17:19:27\x1b[K\x1b[00m\x1b[39m\x1b[49m";
        let back = 80 - 15 - 1;
        let step = back - 19;
        format!(
            "\x1b[1m\x1b[7m%\x1b[27m\x1b[1m\x1b[0m{}\r \r\r\x1b[0m\x1b[27m\x1b[24m\x1b[J{prompt}\x1b[K\x1b[{step}C{right}\x1b[{back}D\x1b[?1h\x1b=\x1b[?2004h{typed}\x1b[?1l\x1b>\x1b[?2004l\r\r\n{shows}",
            " ".repeat(79)
        )
    };
    let log =
        [edit("id -un", "ops\r\n"), edit("pwd", "/home/ops\r\n"), edit("date", "now\r\n"), edit("exit", "")]
            .concat();
    assert_eq!(streamed(&log), ["id -un", "pwd", "date", "exit"]);
    assert!(ran(&log).iter().all(|(_, user)| user.as_deref().is_none_or(|user| user == "ops")));
    assert_eq!(texts(&log), ["id -un", "pwd", "date", "exit"]);
}

#[test]
fn kalis_prompt_names_its_user_and_host() {
    let prompt = |who: &str, sign: &str| format!("┌──({who})-[~]\r\n└─{sign} ");
    let (own, root) = (prompt("ops㉿web", "$"), prompt("root㉿web", "#"));
    // a program shows another's
    let shown = format!("{}rm -rf x\r\n", prompt("eve㉿db", "$"));
    let log = log(&[
        (&own, "ls", "a\r\n"),
        (&own, "frob log", &shown),
        (&own, "sudo -i", ""),
        (&root, "pwd", "/root\r\n"),
        (&root, "exit", "logout\r\n"),
        (&own, "exit", ""),
    ]);
    for found in [commands(&log), session(&[&log], Resend::Never)] {
        let found: Vec<_> = found
            .iter()
            .map(|c| (c.command.as_str(), c.os_user.as_ref().map(|user| user.as_str())))
            .collect();
        let (ops, root) = (Some("ops"), Some("root"));
        let due =
            [("ls", ops), ("frob log", ops), ("sudo -i", ops), ("pwd", root), ("exit", root), ("exit", ops)];
        assert_eq!(found, due);
    }
}
