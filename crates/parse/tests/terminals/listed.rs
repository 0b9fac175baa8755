//! Rows that programs of the terminal show below or before a line, and titles that commands set: exactly the commands due.
//! The bytes are those of bash, less and more, shortened.

use super::streamed::{texts as streamed, texts_of};
use super::unusual::texts;

/// A line of bash without marks, at which names are listed as often as `listed` says.
fn line(listed: &[(&str, &str)], text: &str) -> String {
    let listed: String =
        listed.iter().map(|(typed, names)| format!("[ops@web srv]$ {typed}\r\n{names}\r\n")).collect();
    format!("{listed}[ops@web srv]$ {text}\r\n")
}

/// In a transcript, and in a streaming copy of bash with marks.
fn both(lines: &[String]) -> [Vec<String>; 2] {
    let marked =
        |line: &String| format!("\x1b[?2004h{}", line.replacen("\r\n", "\r\n\x1b[?2004l\r", usize::MAX));
    [texts(&lines.concat()), streamed(&lines.iter().map(marked).collect::<String>())]
}

#[test]
fn names_that_readline_lists_at_once_were_not_shown_by_the_line() {
    let lines = [
        line(&[("ls al", "al.d/       alpha.txt   alpine.log  ")], "ls alpha.txt") + "alpha.txt\r\n",
        line(&[("cd /", "bin/  etc/  srv/  \r\nboot/ home/ tmp/  ")], "cd /srv"),
        line(&[("apt-", "apt-cache  apt-key\r\napt-get    ")], "apt-cache --version") + "apt 2.6.1\r\n",
        line(&[("echo $HO", "$HOME      $HOSTNAME  $HOSTTYPE  ")], "echo $HOME") + "/srv\r\n",
        // one below the other, since they are long
        line(
            &[("cat ", "a folder with a long name/\r\na file with a long name")],
            "cat a\\ file\\ with\\ a\\ long\\ name",
        ),
        line(&[("ls in", "in1/ in2/ "), ("ls in", "in1/ in2/ ")], "ls in1"),
        // given up, or erased
        line(&[("cat al", "alpha.txt   alpine.log  ")], "cat al^C"),
        line(&[("ls al", "alpha.txt   alpine.log  ")], "ls al\x08\x08\x08\x08\x08\x1b[Kid -un") + "ops\r\n",
        line(&[], "exit"),
    ];
    let due = [
        "ls alpha.txt",
        "cd /srv",
        "apt-cache --version",
        "echo $HOME",
        "cat a\\ file\\ with\\ a\\ long\\ name",
        "ls in1",
        "id -un",
        "exit",
    ];
    assert_eq!(both(&lines), [due, due]);
}

#[test]
fn names_that_a_command_shows_are_its_output() {
    let lines = [
        line(&[], "ls tests") + "test_a.py  test_log.py\r\n",
        line(&[], "ls tests/test_a.py") + "tests/test_a.py\r\n",
        line(&[], "ls /srv/") + "app  data  logs\r\n",
        line(&[], "ls /srv/app") + "one\r\n",
        line(&[], "find app") + "app\r\napp/a\r\napp/b\r\n",
        line(&[], "find app -type f") + "app/a\r\napp/b\r\n",
        line(&[], "cat app/a") + "one\r\ntwo\r\n",
        line(&[], "cat app/a app/b") + "one\r\ntwo\r\n",
        line(&[], "exit"),
    ];
    let due = lines.each_ref().map(|line| line[15..line.find("\r\n").unwrap()].to_owned());
    assert_eq!(texts(&lines.concat()), due);
    assert_eq!(streamed(&lines.concat()), due);
}

#[test]
fn csh_and_ksh_list_in_their_own_ways() {
    let erase = |n: usize| format!("{0}{1}", " ".repeat(n), "\x08".repeat(n));
    let ksh = [
        "ops@web $ id -un\r\nops\r\nops@web $ ls al\r\n1) alpha.txt\r\n2) alpine.log\r\n".to_owned(),
        format!("\rops@web $ ls al{}pha.txt\r\nalpha.txt\r\nops@web $ exit\r\n", erase(60)),
    ];
    assert_eq!(texts(&ksh.concat()), ["id -un", "ls alpha.txt", "exit"]);
    assert_eq!(streamed(&ksh.concat()), ["id -un", "ls alpha.txt", "exit"]);
    // both may show the folder that a tilde stands for, and mksh does so at once
    let prompt = "\x1b[34mops@web\x1b[0m:$ ";
    let mksh = [
        format!("{prompt}id -un\r\r\r\nops\r\n{prompt}wc -l ~/a\r\r\r\nactivate      app.log\r\r\n"),
        format!("\r{prompt}wc -l /home/ops/a{}pp.log \r\r\r\n60\r\n", erase(60)),
        format!("{prompt}ls -l ~/\r\r\r\napp.log    notes.txt  src/\r\r\n"),
        format!("\r{prompt}ls -l /home/ops/{}notes.txt \r\r\r\n-rw\r\n", erase(60)),
        format!("{prompt}exit\r\r\r\n"),
    ];
    let due = ["id -un", "wc -l /home/ops/app.log", "ls -l /home/ops/notes.txt", "exit"];
    let trimmed = |texts: Vec<String>| texts.into_iter().map(|t| t.trim().to_owned()).collect::<Vec<_>>();
    assert_eq!(trimmed(texts(&mksh.concat())), due);
    assert_eq!(trimmed(streamed(&mksh.concat())), due);
    let ksh = [
        format!("{prompt}id -un\r\nops\r\n{prompt}ls -l ~/\r\n1) app.log\r\n2) notes.txt\r\n3) src/\r\n"),
        format!(
            "\r{prompt}ls -l ~/{0}n{1}/home/ops/notes.txt\r\n-rw\r\n{prompt}exit\r\n",
            erase(60),
            "\x08".repeat(3)
        ),
    ];
    assert_eq!(texts(&ksh.concat()), ["id -un", "ls -l /home/ops/notes.txt", "exit"]);
    let csh = |text: &str| format!("ops@web:~> {text}\r\r\n");
    let csh = [
        csh("id -un") + "ops\r\n",
        "ops@web:~> echo $HO\r\nHOME     HOST     HOSTTYPE \r\n".into(),
        csh("echo $HOME") + "/home/ops\r\n",
        csh("exit"),
    ];
    assert_eq!(texts(&csh.concat()), ["id -un", "echo $HOME", "exit"]);
    assert_eq!(streamed(&csh.concat()), ["id -un", "echo $HOME", "exit"]);
}

#[test]
fn a_pager_that_waits_stands_before_the_prompt() {
    let rows: String = (1..30).map(|n| format!("{n}\r\n")).collect();
    let more = "\x1b[7m--More--\x1b[27m\r\x1b[K";
    let less = ":\r\x1b[K\r\x1b[K\x1b[?1l\x1b>";
    let parts = "\x1b[7mlines 1-29/90\x1b[27m\r\x1b[K\r\x1b[K\x1b[?1l\x1b>";
    let share = "\x1b[7m--More--(6%)\x1b[27m\r\x1b[K";
    for prompt in ["[ops@web srv]$ ", "$ "] {
        let log = [
            format!("{prompt}id -u\r\n1000\r\n{prompt}seq 1 90 | more\r\n{rows}{more}"),
            format!("{prompt}id -un\r\nops\r\n"),
            format!("{prompt}git log\r\n\x1b[?1h\x1b={rows}{less}"),
            format!("{prompt}ls -d /tmp\r\n/tmp\r\n{prompt}systemctl\r\n\x1b[?1h\x1b={rows}{parts}"),
            format!("{prompt}id -g\r\n1000\r\n{prompt}more /srv/rows\r\n{rows}{share}"),
            format!("{prompt}date +%Y\r\n2026\r\n{prompt}exit\r\n"),
        ];
        let pieces = log.each_ref().map(String::as_str);
        let due = [
            "id -u",
            "seq 1 90 | more",
            "id -un",
            "git log",
            "ls -d /tmp",
            "systemctl",
            "id -g",
            "more /srv/rows",
            "date +%Y",
            "exit",
        ];
        assert_eq!(texts_of(&pieces), due);
    }
}

#[test]
fn a_short_prompt_stands_behind_output_that_ends_no_line() {
    let log = [
        "$ id -un\r\nops\r\n$ dmesg | tail -2\r\ndenied\r\n",
        "$ head -c 30 /etc/services\r\n# Network services, Internet s$ printf 'no end'\r\n",
        "no end$ echo -n abc\r\nabc$ cat /srv/notes\r\n",
        "in the web$ ls we say:\r\nweb$ ls\r\n",
        "$ curl -s http://169.254.169.254/latest/meta-data/instance-id\r\ni-0f1e2d3c$ uptime\r\nup 3 days\r\n",
        "$ curl -s http://127.0.0.1/role\r\n{\r\n  \"Code\" : \"Success\"\r\n",
        "}$ whoami\r\nops\r\n",
        "$ exit\r\n",
    ];
    let due = [
        "id -un",
        "dmesg | tail -2",
        "head -c 30 /etc/services",
        "printf 'no end'",
        "echo -n abc",
        "cat /srv/notes",
        "curl -s http://169.254.169.254/latest/meta-data/instance-id",
        "uptime",
        "curl -s http://127.0.0.1/role",
        "whoami",
        "exit",
    ];
    assert_eq!(texts(&log.concat()), due);
    assert_eq!(texts_of(&log), due);
}

#[test]
fn complaints_below_unknown_commands_are_no_prompts() {
    let run = |text: &str, shown: &str| {
        format!("\x1b[?2004h\x1b]0;ops@web: ~\x07ops@web:~$ {text}\r\n\x1b[?2004l\r{shown}")
    };
    let log = [
        run("id -un", "ops\r\n"),
        run("sl -a", "bash: sl: command not found\r\n"),
        run("sl -b", "bash: sl: command not found\r\n"),
        run("sl", "bash: sl: command not found\r\n"),
        run("exit", "exit\r\n"),
    ];
    let due = ["id -un", "sl -a", "sl -b", "sl", "exit"];
    assert_eq!(texts(&log.concat()), due);
    assert_eq!(texts_of(&log.each_ref().map(String::as_str)), due);
}

#[test]
fn an_upper_line_behind_an_environment_is_no_command() {
    let mark = |env: &str| format!("\x1b[?2004h{env}\x1b]0;root@web: ~\x07root\r\n# ");
    let run = |env: &str, text: &str, shown: &str| format!("{text}\r\n\x1b[?2004l\r{shown}{}", mark(env));
    let venv = "(venv) ";
    let log = [
        format!("(ops~)$ sudo -i\r\n\x1b[?2004l\r{}", mark("")),
        run("", "grep -n 9 app.log", "6:took 126\r\n"),
        run(venv, ". ./activate", ""),
        run(venv, "ls /no/such", "ls: cannot access '/no/such': No such file or directory\r\n"),
        run(venv, "ls", "app.log  src\r\n"),
        run(venv, "uptime", "up 3 days\r\n"),
        "exit\r\n\x1b[?2004l\rlogout\r\n(ops~)$ exit\r\n".to_owned(),
    ];
    let due = ["sudo -i", "grep -n 9 app.log", ". ./activate", "ls /no/such", "ls", "uptime", "exit", "exit"];
    assert_eq!(texts_of(&log.each_ref().map(String::as_str)), due);
}

#[test]
fn what_programs_nobody_knows_say_below_a_command_is_no_prompt() {
    let titled = "\x1b]0;ops@web: /srv\x07ops@web:/srv$ ";
    for (on, prompt, off) in [("", "sh-4.2$ ", ""), ("\x1b[?2004h", titled, "\x1b[?2004l\r")] {
        for sign in ["==> ", "--> "] {
            let run = |text: &str, shown: &str| format!("{on}{prompt}{text}\r\n{off}{shown}");
            let log = [
                run("acme deploy web", &format!("{sign}web\r\ndone\r\n")),
                run("acme deploy api", &format!("{sign}api\r\ndone\r\n")),
                run("acmectl status", &format!("{sign}all\r\ndone\r\n")),
                run("uptime", "up 3 days\r\n"),
                run("exit", "exit\r\n"),
            ];
            let due = ["acme deploy web", "acme deploy api", "acmectl status", "uptime", "exit"];
            assert_eq!(texts(&log.concat()), due, "{prompt}{sign}");
            assert_eq!(texts_of(&log.each_ref().map(String::as_str)), due, "{prompt}{sign}");
        }
    }
}

#[test]
fn a_title_that_a_command_sets_marks_no_other_prompt() {
    let prompt = "\x1b[?2004h[ops@web ~]$ ";
    let run = |text: &str, shown: &str| format!("{text}\r\n\x1b[?2004l\r\x1b]0;{text}\x07{shown}{prompt}");
    let log = [
        prompt,
        &run("ls -d /tmp", "/tmp\r\n"),
        &run("false", ""),
        &run("true", ""),
        &run("id -un", "ops\r\n"),
        &run("echo a; echo b", "a\r\nb\r\n"),
        &run("printf x", "x"),
        "exit\r\n\x1b[?2004l\rexit\r\n",
    ];
    let due = ["ls -d /tmp", "false", "true", "id -un", "echo a; echo b", "printf x", "exit"];
    assert_eq!(texts_of(&log), due);
}

#[test]
fn more_steps_back_than_a_copy_kept_letters_stay_behind_the_prompt() {
    let prompt = "[ops@web srv]$ ";
    // a name that a menu put in the place of another one, and a step that the copy lost
    let (back, erase) = ("\x08".repeat(7), "\x08".repeat(14));
    let menu = format!("ls alp\x07ha.txt {back}\x1b[1@ine.log\x1b[C{erase}\x1b[Kecho gone");
    let log = format!("{prompt}id -un\r\nops\r\n{prompt}{menu}\r\ngone\r\n{prompt}exit\r\n");
    assert_eq!(streamed(&log), ["id -un", "echo gone", "exit"]);
}

#[test]
fn a_line_is_drawn_once_more_below_a_listing_however_often_that_happens() {
    let prompt = "[ops@web srv]$ ";
    let listed = |typed: &str, names: &str, text: &str| {
        format!("\x1b[?2004h{prompt}{typed}\x07\r\n{names}\r\n{prompt}{text}\r\n\x1b[?2004l\r")
    };
    let log = [
        listed("systemctl sta", "start   status  ", "systemctl status"),
        listed("git checkout ", "HEAD     master   ", "git checkout master"),
        listed(
            "kill -",
            "-ABRT  -CHLD  -HUP   \r\n-ALRM  -CONT  ",
            "kill -\x08\x08\x08\x08\x08\x08\x1b[Kid -un",
        ) + "ops\r\n",
        // readline may take letters of either case alike
        listed("cat read", "readme.old  README.md   ", "cat README.md") + "hello\r\n",
        format!("\x1b[?2004h{prompt}exit\r\n\x1b[?2004l\rexit\r\n"),
    ]
    .concat();
    let due = ["systemctl status", "git checkout master", "id -un", "cat README.md", "exit"];
    assert_eq!(texts(&log), due);
    assert_eq!(streamed(&log), due);
    let unmarked = log.replace("\x1b[?2004h", "").replace("\x1b[?2004l\r", "");
    assert_eq!(texts(&unmarked), due);
}

#[test]
fn a_line_under_a_prompt_of_two_lines_is_drawn_once_more_below_a_listing() {
    let prompt = "\x1b]0;ops@web\x07ops@web /srv\r\r\n# ";
    let listed = |typed: &str, names: &str, text: &str| {
        format!("\x1b[?2004h{prompt}{typed}\x07\r\n{names}\r\n{prompt}{text}\r\n\x1b[?2004l\r")
    };
    let log = [
        listed("ls al", "al.d/       alpha.txt   ", "ls alpha.txt") + "alpha.txt\r\n",
        listed("cd /", "bin/    home/   sbin/\r\nboot/   lib/    ", "cd /srv"),
        listed("ls al.d/", "in1/ in2/ zz/  ", "ls al.d/in1"),
        format!("\x1b[?2004h{prompt}exit\r\n\x1b[?2004l\rexit\r\n"),
    ];
    assert_eq!(texts(&log.concat()), ["ls alpha.txt", "cd /srv", "ls al.d/in1", "exit"]);
}

#[test]
fn a_copy_shows_a_titled_prompt_without_its_mark_below_a_listing() {
    for prompt in
        ["\x1b]0;ops@web: /srv\x07\x1b[32mops@web\x1b[0m:/srv# ", "\x1b]0;ops@web\x07ops@web /srv\r\r\n# "]
    {
        let listed = |typed: &str, listings: &[&str], text: &str| {
            let again: Vec<String> =
                listings.iter().map(|names| format!("{typed}\x07\r\n{names}\r\n{prompt}")).collect();
            format!("\x1b[?2004h{prompt}{}{text}\r\n\x1b[?2004l\r", again.concat())
        };
        let log = [
            listed("", &[], "id -un") + "ops\r\n",
            listed("ls al", &["al.d/       alpha.txt   "], "ls alpha.txt") + "alpha.txt\r\n",
            listed("cat ", &["al.d/\r\nalpha.txt"], "cat alpha.txt") + "one\r\n",
            listed("ls al.d/in", &["in1/ in2/ ", "in1/ in2/ "], "ls al.d/in1"),
            // page by page
            listed(
                "ls /usr/",
                &["bin/    lib/    share/\r\n--More--\r        \rgames/  sbin/   src/\r\n--More--\r\x1b[K"],
                "ls /usr/lib",
            )
            .replace("\x1b[K\r\n", "\x1b[K"),
            // erased, and given up
            listed("cat al", &["alpha.txt   alpine.log  "], "cat al\x08\x08\x08\x08\x08\x08\x1b[Kecho none")
                + "none\r\n",
            listed("ls al", &["alpha.txt   alpine.log  "], "ls al^C"),
            // a blank in front keeps a line out of history
            listed("", &[], " date -u +%Y") + "2026\r\n",
            listed("", &[], "echo end") + "end\r\n",
            format!("\x1b[?2004h{prompt}exit\r\n\x1b[?2004l\rexit\r\n"),
        ];
        let due = [
            "id -un",
            "ls alpha.txt",
            "cat alpha.txt",
            "ls al.d/in1",
            "ls /usr/lib",
            "echo none",
            "date -u +%Y",
            "echo end",
            "exit",
        ];
        let trimmed = |texts: Vec<String>| texts.into_iter().map(|t| t.trim().to_owned()).collect::<Vec<_>>();
        assert_eq!(trimmed(streamed(&log.concat())), due);
        assert_eq!(trimmed(texts(&log.concat())), due);
    }
}
