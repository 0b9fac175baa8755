//! Statements of programs in front of the shell: what was entered there, in transcripts and in streams. The bytes are
//! those of real programs, shortened.

use whoran_model::Command;
use whoran_testkit::agent::Resend;

use super::streamed::{session, texts as streamed};
use super::unusual::{commands, ran, texts};

/// What a terminal shows around a program that is started in bash, which marks its editor.
fn bash(program: &str, shows: &str) -> String {
    let line = |text: &str| format!("\x1b[?2004h[ops@web ~]$ {text}\r\n\x1b[?2004l\r");
    format!(
        "{}up 3 days\r\n{}{shows}{}ops\r\n{}",
        line("uptime"),
        line(program),
        line("id -un"),
        line("exit")
    )
}

/// What is entered in the program, of both kinds of logs.
fn both(program: &str, shows: &str) -> [Vec<String>; 2] {
    let log = bash(program, shows);
    [texts(&log), streamed(&log)].map(|all| {
        assert_eq!(all[..2], ["uptime", program]);
        assert_eq!(all[all.len() - 2..], ["id -un", "exit"]);
        all[2..all.len() - 2].to_vec()
    })
}

/// A line in Python's own editor, since 3.13: every key draws prompt and line anew.
fn python_line(prompt: &str, indent: &str, text: &str) -> String {
    let mut out = String::new();
    for end in 0..=text.len() {
        let width = prompt.len() + indent.len() + end;
        out.push_str(&format!(
            "\x1b[1;35m{prompt}\x1b[0m{indent}{}\x1b[{width}D\x1b[?12l\x1b[?25h\x1b[{width}C\x1b[?25l\x1b[{width}D",
            &text[..end]
        ));
    }
    out
}

fn python(rows: &[String], answer: &str) -> String {
    let begin = "\x1b[?2004h\x1b[?1h\x1b=\x1b[?25l\x1b[1A\n";
    format!("{begin}{}\n\r\x1b[?2004l\x1b[?1l\x1b>{answer}", rows.join("\n"))
}

#[test]
fn python_draws_its_line_anew_for_every_key() {
    let shows = [
        "Python 3.13.0 (main) on linux\r\nType \"help\" for more information.\r\n".to_owned(),
        python(&[python_line(">>> ", "", "import os")], ""),
        python(&[python_line(">>> ", "", "os.getuid()")], "0\r\n"),
        python(
            &[
                python_line(">>> ", "", "for i in range(2):"),
                python_line("... ", "    ", "print(i)"),
                python_line("... ", "    ", ""),
            ],
            "0\r\n1\r\n",
        ),
        python(&[python_line(">>> ", "", "exit")], ""),
    ];
    let [exact, stream] = both("python3.13", &shows.concat());
    assert_eq!(exact, ["import os", "os.getuid()", "for i in range(2):\n    print(i)", "exit"]);
    assert_eq!(stream, exact);
}

#[test]
fn python_breaks_a_line_at_the_edge_by_a_backslash() {
    let first = format!("print(\"{}", "long ".repeat(14).trim_end());
    let wrapped = format!(
        "{}\n\x1b[1A\x1b[1;35m>>> \x1b[0m{first}\\\x1b[81D\x1b[1B\x1b[1@e\x1b[?12l\x1b[?25h\x1b[1@r\x1b[1@\"\x1b[1@)\x1b[4D",
        python_line(">>> ", "", &first)
    );
    let shows = [
        "Python 3.13.0 (main) on linux\r\n".to_owned(),
        python(&[wrapped], "long longer\r\n"),
        python(&[python_line(">>> ", "", "exit")], ""),
    ];
    let [exact, _] = both("python3.13", &shows.concat());
    assert_eq!(exact, [format!("{first}er\")"), "exit".into()]);
}

#[test]
fn what_stands_above_an_editor_that_steps_up_is_output() {
    let line = |text: &str, answer: &str| python(&[python_line(">>> ", "", text)], answer);
    let shows = [line("1+1", "2\r\n"), line("6*7", "42\r\n"), line("exit", "")].concat();
    let log = bash("python3.13", &shows);
    let all = super::unusual::commands(&log);
    let answers: Vec<_> = all.iter().map(|c| (c.command.as_str(), c.output.as_str())).collect();
    assert_eq!(answers[2..4], [("1+1", "2"), ("6*7", "42")]);
}

#[test]
fn ipython_draws_its_statement_anew_when_it_is_entered() {
    let begin = "\x1b[?2004h\x1b[?25l\x1b[0m\x1b[?7l\x1b[0m\x1b[J";
    let keys = |text: &str| {
        text.chars()
            .map(|c| format!("\x1b[?25l\x1b[?7l\x1b[0m{c}\x1b[?7h\x1b[?12l\x1b[?25h"))
            .collect::<String>()
    };
    let one = |n: usize, text: &str, answer: &str| {
        let prompt = format!("\x1b[0;32mIn [\x1b[0;92;1m{n}\x1b[0;32m]: ");
        let back = 8 + text.len();
        format!(
            "{begin}{prompt}\x1b[8D\x1b[8C\x1b[?7h\x1b[0m{}\x1b[?25l\x1b[?7l\x1b[{back}D\x1b[0m\x1b[J{prompt}{text}\x1b[{back}D\x1b[0m\r\r\n\x1b[J\x1b[?7h\x1b[0m\x1b[?2004l{answer}\r\n",
            keys(text)
        )
    };
    let block = format!(
        "{begin}In [3]: \x1b[8D\x1b[8C{}\x1b[18D\x1b[0mIn [3]: for i in x:\x1b[0m\r\r\n   ...: \x1b[8D\x1b[12C{}\x1b[20D   ...:     print(i)\r\r\n   ...: \x1b[8D\x1b[2A\x1b[0m\x1b[JIn [3]: for i in x:\r\r\n   ...:     print(i)\r\r\n   ...: \x1b[8D\r\r\n\x1b[J\x1b[?2004l1\r\n\r\n",
        keys("for i in x:"),
        keys("print(i)")
    );
    let shows = [
        "Python 3.11.2\r\nIPython 8.5.0 -- An enhanced Interactive Python. Type '?' for help.\r\n\r\n"
            .to_owned(),
        one(1, "import os", ""),
        one(2, "os.getpid()", "Out[2]: 25010\r\n"),
        block,
        one(4, "!whoami", "ops\r\n"),
        one(5, "x = 1", ""),
        one(6, "exit", ""),
    ];
    let [exact, stream] = both("ipython3", &shows.concat());
    let due = ["import os", "os.getpid()", "for i in x:\n    print(i)", "!whoami", "x = 1", "exit"];
    assert_eq!(exact, due);
    assert_eq!(stream, due);
}

#[test]
fn what_makes_room_for_a_menu_draws_its_statement_again_when_it_is_entered() {
    let begin = "\x1b[?2004h\x1b[?25l\x1b[0m\x1b[?7l\x1b[0m\x1b[J";
    let room = "\r\r\n".repeat(7);
    let one = |n: usize, keys: &str, rows: &str, up: &str, answer: &str| {
        let prompt = format!("\x1b[0;32mIn [\x1b[0;92;1m{n}\x1b[0;32m]: ");
        format!(
            "{begin}{prompt}\x1b[8D\x1b[8C\x1b[?7h\x1b[8D{prompt}\x1b[0m\r{room}\x1b[0m \x08\x1b[7A\x1b[8C{keys}{up}\r\x1b[0m\x1b[J{prompt}{rows}\r\r\n\x1b[J\x1b[?2004l{answer}\r\n"
        )
    };
    let shows = [
        "Python 3.11.2\r\nIPython 8.5.0 -- An enhanced Interactive Python. Type '?' for help.\r\n\r\n"
            .to_owned(),
        one(1, "import\x1b[6Dimport os", "import os", "", ""),
        // keys that draw what was typed, with a bracket that is closed at once
        one(2, "f()\x08os.getuid()\x08()", "os.getuid()", "", "Out[2]: 0\r\n"),
        one(
            3,
            "for i in x:\r\r\n   ...: pr\x08print(i)\r\r\n   ...: ",
            "for i in x:\r\r\n   ...:     print(i)\r\r\n   ...: ",
            "\x1b[2A",
            "1\r\n",
        ),
        one(4, "!whoami", "!whoami", "", "ops\r\n"),
        one(5, "exit", "exit", "", ""),
    ];
    let due = ["import os", "os.getuid()", "for i in x:\n    print(i)", "!whoami", "exit"];
    let [exact, stream] = both("ipython3", &shows.concat());
    assert_eq!(exact, due);
    assert_eq!(stream, due);
}

#[test]
fn debuggers_say_where_they_stand_before_they_ask() {
    let pdb = "> /srv/notes.py(1)<module>()\r\n-> x = 1\r\n(Pdb) n\r\n--Return--\r\n> /srv/notes.py(1)<module>()->None\r\n-> x = 1\r\n(Pdb) q\r\n";
    for found in both("python3 -m pdb notes.py", pdb) {
        assert_eq!(found, ["n", "q"]);
    }
    let perl = "\r\nLoading DB routines from perl5db.pl version 1.36\r\n\r\nmain::(-e:1):\t1\r\n\x1b[4m  DB<1> \x1b[24m\x1b[1mp 1+1\r\n\x1b[0m\x1b[0m2\r\n\x1b[4m  DB<2> \x1b[24m\x1b[1m! id\r\n\x1b[0m\x1b[0muid=0(root)\r\n\x1b[4m  DB<3> \x1b[24m\x1b[1mq\r\n\x1b[0m\x1b[0m";
    for found in both("perl -de 1", perl) {
        assert_eq!(found, ["p 1+1", "! id", "q"]);
    }
}

#[test]
fn a_program_shows_another_prompt_where_it_was_told_to_go_elsewhere() {
    let psql = "psql (15.3)\r\n\r\npostgres=# select 1;\r\n(1 row)\r\n\r\npostgres=# \\c shop\r\nYou are now connected to database \"shop\".\r\nshop=# drop table t;\r\nDROP TABLE\r\nshop=# \\q\r\n";
    for found in both("psql", psql) {
        assert_eq!(found, ["select 1;", "\\c shop", "drop table t;", "\\q"]);
    }
}

#[test]
fn a_program_that_code_on_a_line_starts_is_in_front_as_whoever_runs_it() {
    let psql = "\x1b[?2004hpostgres=# select 1;\r\n\x1b[?2004l\r(1 row)\r\n\r\n\x1b[?2004hpostgres=# \\q\r\n\x1b[?2004l\r";
    for line in [
        "su postgres -c psql",
        "sudo -u postgres bash -c 'cd /tmp && psql; date'",
        "sudo -iu postgres psql || date",
    ] {
        let log = bash(line, psql);
        for found in [commands(&log), session(&[&log], Resend::Never)] {
            let within: Vec<_> = found.iter().filter(|c| c.program.is_some()).collect();
            assert_eq!(
                within.iter().map(|c| c.command.as_str()).collect::<Vec<_>>(),
                ["select 1;", "\\q"],
                "{line}"
            );
            assert!(within.iter().all(|c| c.program.as_deref() == Some("psql")), "{line}");
            let user = |text: &str| {
                found.iter().find(|c| c.command == text)?.os_user.as_ref().map(ToString::to_string)
            };
            assert_eq!(user("\\q").as_deref(), Some("postgres"), "{line}");
            assert_eq!(user("exit").as_deref(), Some("ops"), "{line}");
        }
    }
}

#[test]
fn a_shell_that_a_statement_starts_is_one_and_gives_the_program_back() {
    let inner = |text: &str, shows: &str| format!("\x1b[?2004hbash-5.2$ {text}\r\n\x1b[?2004l\r{shows}");
    let within = [inner("pwd", "/srv\r\n"), inner("exit", "exit\r\n")].concat();
    for (program, prompt, starts, next) in [
        ("python3 -q", ">>> ", "os.system('bash --norc')", "print(1)"),
        ("psql app", "app=# ", "\\! bash --norc", "select 1;"),
        ("gdb -q", "(gdb) ", "shell", "info files"),
    ] {
        let shows = format!(
            "{prompt}help\r\nhelp\r\n{prompt}{starts}\r\n{within}{prompt}{next}\r\n1\r\n{prompt}quit\r\n"
        );
        let log = bash(program, &shows);
        for found in [commands(&log), session(&[&log], Resend::Never)] {
            let kinds: Vec<_> = found.iter().map(|c| (c.command.as_str(), c.program.is_some())).collect();
            let due = [
                ("uptime", false),
                (program, false),
                ("help", true),
                (starts, true),
                ("pwd", false),
                ("exit", false),
                (next, true),
                ("quit", true),
                ("id -un", false),
                ("exit", false),
            ];
            assert_eq!(kinds, due);
        }
    }
}

#[test]
fn a_shell_that_a_program_is_given_runs_as_whoever_runs_that() {
    let within = "# id\r\nuid=0(root) gid=0(root) groups=0(root)\r\n# ls /root\r\nx\r\n# exit\r\n";
    for line in [
        "sudo tar -cf x x --checkpoint=1 --checkpoint-action=exec=/bin/sh",
        "sudo expect -c 'spawn /bin/sh;interact'",
        "sudo xargs -a /dev/null sh",
        "sudo gdb -nx -ex '!sh' -ex quit",
        "sudo setarch -R /bin/sh",
    ] {
        let plain = |shows| {
            bash(line, shows)
                .replace("\x1b[?2004h", "")
                .replace("\x1b[?2004l\r", "")
                .replace("[ops@web ~]$ ", "$ ")
        };
        for log in [bash(line, within), plain(within)] {
            for found in [ran(&log), users(&session(&[&log], Resend::Never))] {
                let found: Vec<_> =
                    found.iter().map(|(text, user)| (text.as_str(), user.as_deref())).collect();
                let root = Some("root");
                let due = [("id", root), ("ls /root", root), ("exit", root), ("id -un", Some("ops"))];
                assert_eq!(found[2..6], due, "{line}");
            }
        }
        // none came: the prompt is the one that was there
        for found in [ran(&plain("")), users(&session(&[&plain("")], Resend::Never))] {
            assert!(found.iter().all(|(_, user)| user.as_deref() != Some("root")), "{line}");
        }
    }
}

fn users(commands: &[Command]) -> Vec<(String, Option<String>)> {
    commands.iter().map(|c| (c.command.clone(), c.os_user.as_ref().map(ToString::to_string))).collect()
}

#[test]
fn what_ends_by_itself_shows_output_whatever_that_looks_like() {
    let shows = "x=3\r\nf(1)\r\n$ ls\r\n# id\r\n> quoted\r\n>>> print(1)\r\n";
    for line in [
        "echo 1+2 | bc; cat notes",
        "bc < notes",
        "python3 report.py",
        "python3 report.py && cat notes",
        "node report.js",
        "redis-cli get notes",
        "sqlite3 app.db 'select note from notes'",
        "psql -f notes.sql app",
        "mysql app < notes.sql",
        "docker exec -it web cat notes",
        "su - app -c 'cat notes'",
        "bash -c 'cat notes'",
        "ssh -t web cat notes",
    ] {
        // in shells that mark their editor and in others
        let unmarked = |log: String| log.replace("\x1b[?2004h", "").replace("\x1b[?2004l\r", "");
        for log in [bash(line, shows), unmarked(bash(line, shows))] {
            for found in [texts(&log), streamed(&log)] {
                assert_eq!(found, ["uptime", line, "id -un", "exit"]);
            }
        }
    }
}

#[test]
fn rlwrap_leaves_its_marks_and_has_the_line_shown_once_more() {
    let line = |prompt: &str, text: &str| {
        let steps = "\x1b[C".repeat(prompt.len());
        let drawn = format!("{prompt}\r\r\x1b[K\r").repeat(2);
        format!("{drawn}\x1b[?2004h{prompt}{text}\r{steps}\x1b[?2004l\r{steps}\x1b[K\x1b[?2004h{text}\r\r\n")
    };
    let answer = "\r\r\nUSER\r\r\n-----\r\r\nSCOTT\r\r\n\r\r\n";
    let shows = [
        "\x1b[?2004h\r\r\nSQL*Plus: Release 19.0.0.0.0\r\r\n\r\r\nConnected.\r\r\n",
        &line("SQL> ", "select user from dual;"),
        answer,
        &line("SQL> ", "select user"),
        &line("  2  ", "from dual;"),
        answer,
        &line("SQL> ", "exit"),
        "Disconnected\r\r\n\x1b[?2004l",
    ];
    for found in both("rlwrap sqlplus scott@orcl", &shows.concat()) {
        assert_eq!(found, ["select user from dual;", "select user\nfrom dual;", "exit"]);
    }
}

#[test]
fn further_lines_of_programs_belong_to_their_statements() {
    let mysql = "Welcome to the MariaDB monitor.\r\n\r\nMariaDB [(none)]> use app\r\nDatabase changed\r\nMariaDB [app]> select a\r\n    -> from t\r\n    -> limit 1;\r\n+---+\r\n| a |\r\n+---+\r\n1 row in set\r\n\r\nMariaDB [app]> select 'a\r\n    '> b';\r\n1 row in set\r\n\r\nMariaDB [app]> exit\r\nBye\r\n";
    for found in both("mysql", mysql) {
        assert_eq!(found, ["use app", "select a\nfrom t\nlimit 1;", "select 'a\nb';", "exit"]);
    }
    let sqlplus = "Connected to:\r\nOracle Database 19c\r\n\r\nSQL> select a,\r\n  2  b from t\r\n  3  where c = 1;\r\n\r\nno rows selected\r\n\r\nSQL> exit\r\nDisconnected\r\n";
    for found in both("sqlplus / as sysdba", sqlplus) {
        assert_eq!(found, ["select a,\nb from t\nwhere c = 1;", "exit"]);
    }
    let mongosh = "test> use shop\r\nswitched to db shop\r\nshop> db.users.find({\r\n... a: 1})\r\n[]\r\nshop> exit\r\n";
    for found in both("mongosh", mongosh) {
        assert_eq!(found, ["use shop", "db.users.find({\na: 1})", "exit"]);
    }
    let lua = "Lua 5.4.4  Copyright\r\n> print(1)\r\n1\r\n> for i=1,2 do\r\n>> print(i)\r\n>> end\r\n1\r\n2\r\n> os.exit()\r\n";
    for found in both("lua5.4", lua) {
        assert_eq!(found, ["print(1)", "for i=1,2 do\nprint(i)\nend", "os.exit()"]);
    }
    let php = "Interactive shell\r\n\r\nphp > echo 1;\r\n1\r\nphp > function f() {\r\nphp { return 2;\r\nphp { }\r\nphp > exit\r\n";
    for found in both("php -a", php) {
        assert_eq!(found, ["echo 1;", "function f() {\nreturn 2;\n}", "exit"]);
    }
    let tclsh = "% set x 3\r\n3\r\r\n% proc f {a} {\r\nreturn $a\r\n}\r\n% f 3\r\n3\r\r\n% exit\r\n";
    for found in both("tclsh", tclsh) {
        assert_eq!(found, ["set x 3", "proc f {a} {\nreturn $a\n}", "f 3", "exit"]);
    }
    let bc = "bc 1.07.1\r\nCopyright 1991, 2017 Free Software Foundation, Inc.\r\nThis is free software with ABSOLUTELY NO WARRANTY.\r\nFor details type `warranty'. \r\n2^10\r\n1024\r\ndefine f(x) {\r\nreturn x+1\r\n}\r\nf(3)\r\n4\r\nquit\r\n";
    for found in both("bc", bc) {
        assert_eq!(found, ["2^10", "define f(x) {\nreturn x+1\n}", "f(3)", "quit"]);
    }
}

#[test]
fn rubys_menu_may_reach_further_down_than_the_terminal_is_believed_to() {
    let prompt = |n: usize| format!("\x1b[1Girb(main):00{n}:0> ");
    let key = |n: usize, text: &str| format!("{}{text}\x1b[K\x1b[1G", prompt(n));
    // of so many rows, drawn below the line and taken away again
    let menu = |rows: usize| {
        let each = |name: &str| format!("\x1b[1B\x1b[18G\x1b[46m{name}\x1b[0m\x1b[18G").repeat(rows);
        format!("{}\x1b[{rows}A{}\x1b[{rows}A", each("exit!"), each("     "))
    };
    let line = |n: usize, text: &str, shows: &str| {
        let keys: String = (1..=text.len()).map(|end| key(n, &text[..end])).collect();
        format!("{keys}{}{}\x1b[1B\x1b[1G\x1b[K\x1b[1G{shows}", menu(20), key(n, text))
    };
    let shows = [line(1, "f(3)", "=> 9\r\n"), line(2, "f(4)", "=> 12\r\n"), line(3, "exit", "")];
    assert_eq!(
        texts(&bash("irb", &shows.concat())),
        ["uptime", "irb", "f(3)", "f(4)", "exit", "id -un", "exit"]
    );
}

#[test]
fn rubys_line_goes_on_where_its_prompt_says_so() {
    let row =
        |n: usize, sign: &str, text: &str| format!("\x1b[1Girb(main):00{n}:0{sign} {text}\x1b[K\x1b[1G");
    let shows = [
        // how wide the terminal takes an unusual sign to be
        "\x1b[1G\u{25bd}\x1b[6n\x1b[1G\x1b[K".to_owned(),
        row(1, ">", "1+1") + "\x1b[1S\x1b[1G\x1b[K=> 2\r\n",
        // suggestions are drawn below, for which the screen is scrolled
        row(2, ">", "d")
            + "\x1b[2S\x1b[2A\x1b[1B\x1b[18Gdef\x1b[1B\x1b[18Gdo \x1b[2A\x1b[1B\x1b[18G\x1b[0m   \x1b[1B\x1b[18G   \x1b[2A",
        row(2, "*", "def f")
            + "\x1b[1B"
            + &row(3, "*", "  3")
            + "\x1b[1S"
            + &row(4, ">", "end")
            + "\x1b[1S\x1b[1G\x1b[K=> :f\r\n",
        row(5, ">", "exit") + "\x1b[1S\x1b[1G\x1b[K",
    ];
    let all = texts(&bash("irb", &shows.concat()));
    assert_eq!(all[1..], ["irb", "1+1", "def f\n  3\nend", "exit", "id -un", "exit"]);
    // what is answered stands behind the line in a streaming copy, and so does the shell's next prompt
    let keys = |n: usize, typed: &str| -> String {
        let all = (0..=typed.len()).map(|end| row(n, ">", &typed[..end])).collect::<String>();
        format!("{all}{}\x1b[1B\x1b[1G\x1b[K", row(n, ">", typed))
    };
    let log = [
        "[ops@web ~]$ irb\r\n\x1b[1G\u{25bd}\x1b[6n\x1b[1G\x1b[K".to_owned(),
        keys(1, "1+1") + "=> 2\r\n",
        keys(2, "`id`") + "=> \"uid=0(root)\"\r\n",
        keys(3, "exit") + "[ops@web ~]$ id -un\r\nops\r\n[ops@web ~]$ exit\r\n",
    ];
    assert_eq!(streamed(&log.concat()), ["irb", "1+1", "`id`", "exit", "id -un", "exit"]);
}

#[test]
fn what_is_answered_to_gdbs_pager_is_no_statement() {
    let line = |text: &str| format!("\x1b[?2004h{text}\r\n\x1b[?2004l\r");
    let pager = "--Type <RET> for more, q to quit, c to continue without paging--";
    let shows = [
        "Reading symbols from true...\r\n".to_owned(),
        line("(gdb) info files"),
        "Entry point: 0x23d0\r\n".to_owned(),
        line(&format!("{pager}c")),
        "0x23d0 is .text\r\n".to_owned(),
        line("(gdb) bt"),
        "No stack.\r\n".to_owned(),
        line("(gdb) quit"),
    ];
    let [exact, stream] = both("gdb -q true", &shows.concat());
    assert_eq!(exact, ["info files", "bt", "quit"]);
    assert_eq!(stream, exact);
}

#[test]
fn a_question_ends_behind_what_may_be_answered() {
    let line = |text: &str| format!("\x1b[?2004h{text}\r\n\x1b[?2004l\r");
    let ask = "Last sector, +/-size{K,M,G,T,P} (2048-20479, default 20479): ";
    let shows =
        ["Command (m for help): n", "Select (default p): p", &format!("{ask}+2M"), "Command (m for help): w"];
    let log = bash("fdisk d.img", &shows.map(line).concat());
    assert_eq!(texts(&log)[1..6], ["fdisk d.img", "n", "p", "+2M", "w"]);
}

#[test]
fn what_node_shows_ahead_is_doubted_in_a_stream() {
    let shows = "Welcome to Node.js v20.20.2.\r\n> f\r\n[Function: f]\x1b[1A\x1b[4G(2)\r\n42\x1b[1A\x1b[7G\r\n42\r\n> .exit\r\n";
    let found = session(&[&bash("node", shows)], Resend::Never);
    assert_eq!(found[2].program.as_deref(), Some("node"));
    assert!(found[2].confidence <= 0.5, "{found:?}");
}

#[test]
fn what_a_command_was_told_to_print_is_no_command() {
    let line = |text: &str, shows: &str| format!("[ops@web ~]$ {text}\r\n{shows}");
    let forged = "[ops@web ~]$ rm -rf /data";
    let log = |print: &str, shows: &str| {
        [line("id -un", "ops\r\n"), line(print, shows), line("uptime", "up 3 days\r\n"), line("exit", "")]
            .concat()
    };
    let printed = format!("printf \"{forged}\\n\"");
    let shown = log(&printed, &format!("{forged}\r\n"));
    assert_eq!(streamed(&shown), ["id -un", &printed, "uptime", "exit"]);
    assert_eq!(texts(&shown), ["id -un", &printed, "uptime", "exit"]);
    // it may hide a command: then that is told, but not as if it were sure
    let quiet = format!("x='{forged}'");
    let found = session(&[&log(&quiet, &format!("{forged}\r\n"))], Resend::Never);
    assert_eq!((found[2].command.as_str(), found[2].confidence <= 0.5), ("rm -rf /data", true));
    // what python is given with its command line is asked for nothing
    let glued = log("python3 -c 'print(1, end=\"\")'", "1");
    assert_eq!(streamed(&glued)[2..], ["uptime", "exit"]);
}

#[test]
fn what_a_multiplexer_draws_is_never_sure_and_ends_with_it() {
    let line = |prompt: &str, text: &str, shows: &str| format!("{prompt}{text}\r\n{shows}");
    let shell = "[ops@web ~]$ ";
    let log = [
        line(shell, "id -un", "ops\r\n"),
        line(shell, "tmux", "bash-5.2$ uptime\r\nup 3 days\r\nbash-5.2$ exit\r\n"),
        // another window of it
        "ops@web:~$ date\r\nnow\r\n[detached (from session 0)]\r\n".to_owned(),
        line(shell, "ls", "a\r\n"),
        line(shell, "exit", ""),
    ];
    let found = session(&[&log.concat()], Resend::Never);
    let sure = |text: &str| found.iter().find(|c| c.command == text).map(|c| c.confidence);
    assert!(sure("uptime") <= Some(0.6) && sure("date") <= Some(0.6), "{found:?}");
    assert!(sure("ls") >= Some(0.9), "{found:?}");
}

#[test]
fn a_program_that_nobody_knows_may_ask() {
    let shows = |rows: &[&str]| rows.iter().map(|row| format!("{row}\r\n")).collect::<String>();
    let asks = shows(&["frobctl 1.2", "frob [web] > list pods", "a Running", "frob [web] > exit"]);
    let unmarked = format!("$ uptime\r\nup 3 days\r\n$ frobctl\r\n{asks}$ id -un\r\nops\r\n$ exit\r\n");
    for log in [bash("frobctl", &asks), unmarked] {
        for found in [commands(&log), session(&[&log], Resend::Never)] {
            let found: Vec<_> = found.iter().map(|c| (c.command.as_str(), c.program.as_deref())).collect();
            let asked = |text| (text, Some("frobctl"));
            let shell = |text| (text, None);
            let due = [
                shell("uptime"),
                shell("frobctl"),
                asked("list pods"),
                asked("exit"),
                shell("id -un"),
                shell("exit"),
            ];
            assert_eq!(found, due);
        }
    }
    // rows that are not left before the shell asks again are its output
    let says = shows(&["frob > list pods", "a Running", "frob > get pod a", "frob > exited pods"]);
    assert_eq!(both("frobctl", &says), [[""; 0]; 2]);
}

#[test]
fn programs_say_goodbye_where_nothing_was_entered() {
    for (program, greets, prompt, bye) in [
        ("mysql app", "Welcome to the MySQL monitor.\r\n", "mysql> ", "Bye\r\n"),
        (
            "sqlplus / as sysdba",
            "Connected to:\r\nOracle\r\n",
            "SQL> ",
            "Disconnected from Oracle\r\nVersion 19\r\n",
        ),
    ] {
        let log = format!(
            "$ uptime\r\nup 3 days\r\n$ {program}\r\n{greets}\r\n{prompt}show x\r\n1\r\n{prompt}show y\r\n2\r\n{prompt}\r\n{bye}\
             $ id -un\r\nops\r\n$ exit\r\n"
        );
        let due = ["uptime", program, "show x", "show y", "id -un", "exit"];
        assert_eq!(texts(&log), due);
        assert_eq!(streamed(&log), due);
    }
    let log = "$ uptime\r\nup 3 days\r\n$ scala\r\nWelcome\r\n\r\nscala> 1+1\r\n2\r\nscala> :quit\r\n$ id -un\r\nops\r\n$ exit\r\n";
    assert_eq!(texts(log), ["uptime", "scala", "1+1", ":quit", "id -un", "exit"]);
}

#[test]
fn statements_may_be_counted() {
    let log = "$ irb\r\nirb(main):001:0> require 'json'\r\n=> true\r\nirb(main):002:0> 1+1\r\n=> 2\r\nirb(main):003:0> x\r\n=> 3\r\n\
               irb(main):004:0> exit\r\n$ exit\r\n";
    assert_eq!(texts(log), ["irb", "require 'json'", "1+1", "x", "exit", "exit"]);
    assert_eq!(streamed(log), ["irb", "require 'json'", "1+1", "x", "exit", "exit"]);
    // below each of its prompts
    let line = |n: usize, text: &str| format!("irb(main):{n:03}:0> {text}\r\n=> 2\r\n");
    let shows = format!("{}{}{}irb(main):004:0> exit\r\n", line(1, "1+1"), line(2, "1+1"), line(3, "2"));
    assert_eq!(both("irb", &shows), [["1+1", "1+1", "2", "exit"]; 2]);
    for (program, prompt, statement, quit) in [
        ("ipython --simple-prompt", ["In [1]: ", "In [2]: "], "import os", "exit"),
        ("zkCli.sh", ["[zk: db:2181(CONNECTED) 0] ", "[zk: db:2181(CONNECTED) 1] "], "ls /", "quit"),
        ("fdisk /dev/xvdb", ["Command (m for help): "; 2], "p", "q"),
    ] {
        let shows =
            format!("Welcome\r\n\r\n{}{statement}\r\n[a: b]\r\n\r\n{}{quit}\r\n", prompt[0], prompt[1]);
        assert_eq!(both(program, &shows), [[statement, quit]; 2]);
    }
}
