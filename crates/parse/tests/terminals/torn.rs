//! Prompts in unusual places of a stream: drawn twice, behind what did not end its line, on a line that was kept whole.

use whoran_testkit::agent::Resend;

use super::streamed::{ran, session, texts};

const PROMPT: &str = "ops@web:~$ ";

#[test]
fn a_prompt_that_is_damaged_everywhere_is_known_where_it_is_whole() {
    let less = "~❯ less a\r\n\x1b[?1049h\x1b[?1h\x1b=one\r\n:\x1b[K\r\x1b[K\x1b[?1l\x1b>\x1b[?1049l";
    let log = format!("~❯ id\r\nuid=1\r\n{less}~❯ ls\r\na\r\n~❯ exit\r\n");
    assert_eq!(texts(&log), ["id", "less a", "ls", "exit"]);
}

#[test]
fn a_path_that_ends_like_a_command_is_one_path() {
    let lines =
        ["cat /root/.aws/credentials", "cat /opt/app/run/nginx.pid", "tail -1 /opt/tools/mydate", "exit"];
    for prompt in ["# ", "ops@web:~$ "] {
        // none of them shows anything
        let log = lines.map(|line| format!("{prompt}{line}\r\n")).concat();
        assert_eq!(texts(&log), lines);
    }
    let found = ran(&[&lines.map(|line| format!("# {line}\r\n")).concat()], Resend::Never);
    assert!(found[..2].iter().all(|(_, _, confidence)| *confidence >= 0.9), "{found:?}");
}

#[test]
fn a_prompt_drawn_twice_behind_output_is_one() {
    let log = format!("{PROMPT}printf done\r\ndone{PROMPT}{PROMPT}ls\r\na\r\n{PROMPT}exit\r\n");
    assert_eq!(texts(&log), ["printf done", "ls", "exit"]);
    assert_eq!(texts("$ sleep 9\r\n^C$ ls\r\na\r\n$ exit\r\n"), ["sleep 9", "ls", "exit"]);
}

#[test]
fn what_stands_below_a_prompt_drawn_anew_is_the_line() {
    let long = "cat /srv/a.log | sort | uniq -c | sort -rn | tail -3";
    let torn = long.replace("tail", "t ail");
    let log = format!("{PROMPT}id\r\nuid=1\r\n{PROMPT}{torn}{PROMPT}\r\n{long}\r\n3 x\r\n{PROMPT}exit\r\n");
    let found = ran(&[&log], Resend::Never);
    assert_eq!(found.iter().map(|(text, ..)| text.as_str()).collect::<Vec<_>>(), ["id", long, "exit"]);
    assert!(found[1].2 < 0.9, "{found:?}");
}

#[test]
fn a_block_from_history_may_have_more_behind_its_last_line() {
    let block = format!("{PROMPT}if true; then\r\n> echo yes\r\n> fi\r\nyes\r\n");
    let again = format!("{PROMPT}if true; then\r\necho yes\r\nfi | wc -l\r\n1\r\n");
    let log = format!("{block}{again}{PROMPT}exit\r\n");
    assert_eq!(texts(&log), ["if true; then\necho yes\nfi", "if true; then\necho yes\nfi | wc -l", "exit"]);
}

#[test]
fn a_shell_opened_by_a_line_typed_ahead_has_its_prompt_behind_the_one_due() {
    let root = "[/root]# ";
    let log = format!(
        "{PROMPT}sleep 3\r\nsudo -s\r\n{PROMPT}{root}id\r\nuid=0\r\n{root}ls\r\na\r\n{root}exit\r\n{PROMPT}exit\r\n"
    );
    let found = ran(&[&log], Resend::Never);
    let said: Vec<&str> = found.iter().map(|(text, ..)| text.as_str()).collect();
    assert_eq!(said, ["sleep 3", "sudo -s", "id", "ls", "exit", "exit"]);
    assert_eq!(found[2].1.as_deref(), Some("root"));
}

#[test]
fn a_line_typed_while_nothing_was_shown_ran_between_two_prompts() {
    let log = format!("{PROMPT}sleep 3\r\nprintf done\r\n{PROMPT}done{PROMPT}ls\r\na\r\n{PROMPT}exit\r\n");
    assert_eq!(texts(&log), ["sleep 3", "printf done", "ls", "exit"]);
}

#[test]
fn another_directory_behind_a_prompt_is_where_the_shell_is_then() {
    let prompt = |dir: &str| format!("ops {dir}λ ");
    let (there, home) = (prompt("/srv/app"), prompt("/home/ops"));
    let log = format!(
        "{there}id\r\nuid=1\r\ncd\r\n{there}{home}sudo -s\r\n# ls\r\na\r\n# exit\r\n{home}uptime\r\nup\r\n{home}exit\r\n"
    );
    assert_eq!(texts(&log), ["id", "cd", "sudo -s", "ls", "exit", "uptime", "exit"]);
}

#[test]
fn a_busybox_line_that_reaches_the_edge_goes_on_where_it_is_not_finished() {
    let banner = "BusyBox v1.35.0 (Debian) built-in shell (ash)\r\n";
    let prompt = "/srv/app $ ";
    let row = format!("{prompt}echo 'one two three four five six ");
    let log = format!("{banner}{prompt}id\r\nuid=1\r\n{row}\r\nseven'\r\nx\r\n{prompt}exit\r\n");
    let found = ran(&[&log], Resend::Never);
    assert_eq!(found[1].0, "echo 'one two three four five six seven'");
    assert!(found[1].2 < 0.9, "{found:?}");
    let other = log.replace(banner, "");
    assert_eq!(texts(&other)[1], "echo 'one two three four five six");
}

#[test]
fn rows_of_busybox_are_known_by_how_many_are_as_long() {
    let line = |text: &str| format!("[/srv/apps]->> {text}\r\n");
    let log = [
        "BusyBox v1.35.0 (Debian) built-in shell (ash)\r\n",
        &line("sqlit"),
        "e3 -version\r\n3.40.1\r\n",
        &line("grep "),
        "-n 0 a.log | sort | cut -d: -f1 \r\n| head -1\r\n1\r\n",
        &line("tail "),
        "-n 3 /srv/app/one.log | sort -rn\r\n -k 2\r\n7\r\n",
        &line("ls -l"),
        "a b.log\r\n-rw-r--r-- 1 ops ops 12 b.log\r\n",
        // a slip in the second row, with which no command begins
        &line("mkdir"),
        " -p a && cd ebd\x08\x08\x08~/tmp\r\n",
        &line("exit"),
    ]
    .concat();
    let found = ran(&[&log], Resend::Never);
    let texts: Vec<&str> = found.iter().map(|(text, ..)| text.as_str()).collect();
    let want = [
        "sqlite3 -version",
        "grep -n 0 a.log | sort | cut -d: -f1 | head -1",
        "tail -n 3 /srv/app/one.log | sort -rn -k 2",
        "ls -la b.log",
        "mkdir -p a && cd ~/tmp",
        "exit",
    ];
    assert_eq!(texts, want);
    assert!(found[..5].iter().all(|(.., confidence)| *confidence < 0.9), "{found:?}");
}

#[test]
fn a_line_may_have_been_erased_behind_a_short_prompt() {
    let log = "$ id\r\nuid=1\r\n$ uptime -p\r\nup 2\r\n$ cat acd /srv\r\n$ grep -c x a uptime -p\r\nup 2\r\n$ exit\r\n";
    let found = session(&[log], Resend::Never);
    let may_be = |n: usize, text: &str| {
        found[n].command == text || found[n].alternatives.iter().any(|a| a.command == text)
    };
    assert!(may_be(2, "cd /srv") && may_be(3, "uptime -p"), "{found:?}");
    assert!(found[2].confidence < 0.9 && found[3].confidence < 0.9, "{found:?}");
}

#[test]
fn what_nothing_follows_may_not_have_been_entered() {
    let log = format!("{PROMPT}id\r\nuid=1\r\n{PROMPT}ls\r\nwarning: no terminal\r\n");
    let found = ran(&[&log], Resend::Never);
    assert!(found[0].2 >= 0.9 && found[1].2 < 0.9, "{found:?}");
}

#[test]
fn output_tells_which_of_two_lines_run_together_was_entered() {
    let log = "$ id\r\nuid=1\r\n$ ls -l /tmwhoami\r\nops\r\n$ exit\r\n";
    let found = ran(&[log], Resend::Never);
    assert_eq!(found[1].0, "whoami");
    assert!(found[1].2 < 0.9, "{found:?}");
}

#[test]
fn a_shell_left_at_once_is_believed_by_what_it_says() {
    let log = format!(
        "{PROMPT}id\r\nuid=1\r\n{PROMPT}sudo -s\r\n[(main *)]❯ exit\r\nexit\r\n{PROMPT}ls\r\na\r\n{PROMPT}exit\r\n"
    );
    assert_eq!(texts(&log), ["id", "sudo -s", "exit", "ls", "exit"]);
}

#[test]
fn a_subshell_is_a_command_behind_unfinished_output_and_is_not_typed_ahead() {
    let log = format!(
        "{PROMPT}printf done\r\ndone{PROMPT}(sleep 9; id) &\r\n[1] 4711\r\n{PROMPT}yes | head -1\r\nyes\r\n{PROMPT}(cd /; ls)\r\na\r\n{PROMPT}exit\r\n"
    );
    assert_eq!(texts(&log), ["printf done", "(sleep 9; id) &", "yes | head -1", "(cd /; ls)", "exit"]);
}

#[test]
fn a_command_before_another_that_takes_none_replaced_it() {
    let line = "ls /srv/main.c ";
    let typed = |new: &str| format!("{PROMPT}{line}{}{new}", "\x08".repeat(line.len()));
    let log = |new: &str| format!("{PROMPT}id\r\nuid=1\r\n{}\r\na\r\n{PROMPT}exit\r\n", typed(new));
    assert_eq!(texts(&log("pwd "))[1], "pwd");
    assert_eq!(texts(&log("sudo "))[1], "sudo ls /srv/main.c");
}

#[test]
fn a_search_that_finds_a_command_of_several_lines_shows_more_behind_it() {
    let block = format!("{PROMPT}echo 'one\r\n> two'\r\none\r\ntwo\r\n");
    let back = "\x08\x08\x08";
    let search = format!(
        "{PROMPT}\r(reverse-i-search)`': {back}e': echo 'one\r\ntwo'c': ec\r\ne{back}h': ech{back}{back}{PROMPT}ech{back}\r\n\r\n"
    );
    let log = format!("{block}{search}one\r\ntwo\r\n{PROMPT}exit\r\n");
    assert_eq!(texts(&log), ["echo 'one\ntwo'", "echo 'one\ntwo'", "exit"]);
}

#[test]
fn a_search_may_leave_a_prompt_that_begins_like_its_question() {
    let prompt = "(ops@web)$ ";
    let search = format!(
        "{prompt}\r(reverse-i-search)`': \x08\x08\x08l': ls /srv\x08\x08\x08\x08\x08\x08\x08ops@web)$ ls /srv\r\na\r\n"
    );
    let log = format!("{prompt}ls /srv\r\na\r\n{search}{prompt}exit\r\n");
    assert_eq!(texts(&log), ["ls /srv", "ls /srv", "exit"]);
}

#[test]
fn a_line_torn_behind_a_word_of_the_last_command_is_one_line() {
    let log = format!(
        "{PROMPT}test -f a || echo none\r\nnone\r\necho n{PROMPT}ever^C\r\n{PROMPT}ls\r\na\r\n{PROMPT}exit\r\n"
    );
    assert_eq!(texts(&log), ["test -f a || echo none", "ls", "exit"]);
}

#[test]
fn lines_pasted_together_may_change_the_prompt() {
    let log = "src$ id\r\nuid=1\r\nsrc$ cd ~/reports\r\nwhoamicd ~/reports\r\nwhoami\r\nops\r\nreports$ exit\r\nexit\r\n";
    assert_eq!(texts(log), ["id", "cd ~/reports", "whoami", "exit"]);
}

#[test]
fn a_line_typed_ahead_leaves_the_prompt_of_where_it_led() {
    let log = "[src]$ ls\r\na\r\n[src]$ sleep 1\r\ncd /srv\r\n[src]$ [srv]$ find . -name x\r\n./x\r\n[srv]$ exit\r\n";
    assert_eq!(texts(log), ["ls", "sleep 1", "cd /srv", "find . -name x", "exit"]);
}

#[test]
fn a_command_that_quotes_is_no_prompt() {
    let echo = "echo \"a: $HOME\" > /tmp/a; rm /tmp/a";
    let prompt = |dir: &str| format!("\u{276f} {dir}\u{276f} ");
    let home = prompt("~");
    let log = format!("{home}pwd\r\n{echo}pwd\r\n{echo}\r\n/home/ops\r\n{home}ls\r\na\r\n{home}exit\r\n");
    assert_eq!(texts(&log), ["pwd", echo, "ls", "exit"]);
}

#[test]
fn what_else_a_line_may_be_is_among_its_readings() {
    let may_be = |log: &str, n: usize, text: &str| {
        let found = session(&[log], Resend::Never);
        assert!(found[n].confidence < 0.9, "{found:?}");
        let among = found[n].alternatives.iter().any(|a| a.command == text);
        assert!(among || found[n].command == text, "{found:?}");
    };
    let rows = format!(
        "{PROMPT}for i in 1 2; do\r\n> id\r\n> done\r\nuid=1\r\n{PROMPT}for i in 1 2; do\r\nuid=1\r\n{PROMPT}exit\r\n"
    );
    may_be(&rows, 1, "for i in 1 2; do\nid\ndone");
    let up = "\x1b[?2004h\x1b]0;ops@web: ~\x07$ sort a | head; ls b\x1b[A\x1b[C\x1b[Cid -un\x1b[K\r\n\x1b[?2004l\rops\r\n";
    may_be(&format!("{}{up}", up.replace("\x1b[A", "")), 1, "id -un");
    may_be("$ id\r\nuid=1\r\n$ ls -la ~$ ls -la ~\r\na\r\n$ exit\r\n", 1, "ls -la ~");
    let statement = format!(
        "{PROMPT}sqlite3\r\nSQLite version 3.40.1\r\nsqlite> select *\r\n   ...> from t;cd\x08\x08\r\n1\r\nsqlite> .quit\r\n{PROMPT}exit\r\n"
    );
    may_be(&statement, 1, "select *\nfrom t;cd");
}

#[test]
fn the_upper_line_of_a_prompt_is_no_command_where_the_screen_was_cleared() {
    let lead = "\x1b[?2004h\x1b]0;ops@web: ~\x07(venv) 20:49 ops:~\r\n";
    let bash = |text: &str| format!("{lead}$ {text}\r\n\x1b[?2004l\r");
    let cleared = format!("{lead}$ \x1b[H\x1b[2J(venv) 20:49 ops:~\r\n$ ls\r\na\r\n");
    let log = [&bash("id"), "uid=1\r\n", &bash("date"), "now\r\n", &cleared, &bash("exit")].concat();
    assert_eq!(texts(&log), ["id", "date", "ls", "exit"]);
}

#[test]
fn an_upper_line_with_something_new_in_front_is_no_prompt_above_zsh() {
    let sign = format!("%{}\r \r\r", " ".repeat(79));
    let zsh = |lead: &str, text: &str| {
        format!(
            "{sign}\x1b[0m\x1b[27m\x1b[24m\x1b[J{lead}ops ~\r\n% \x1b[K\x1b[?1h\x1b=\x1b[?2004h{text}\x1b[?1l\x1b>\x1b[?2004l\r\r\n"
        )
    };
    let log = [
        zsh("", "id"),
        zsh("", ". ~/activate"),
        zsh("(venv) ", "ls"),
        zsh("(venv) ", "pwd"),
        zsh("(venv) ", "date"),
        zsh("(venv) ", "exit"),
    ];
    assert_eq!(texts(&log.concat()), ["id", ". ~/activate", "ls", "pwd", "date", "exit"]);
}

#[test]
fn single_steps_right_begin_at_the_first_column_where_they_lead_beyond_the_text() {
    let bash = |text: &str| format!("\x1b[?2004h\x1b]0;ops@web: ~\x07[ops@web ~]$ {text}\r\n\x1b[?2004l\r");
    let home = format!("\x08\x08\x07\r{}", "\x1b[C".repeat(13));
    let put = "\x1b[1@m\x1b[1@k\x1b[1@d\x1b[1@i\x1b[1@r\x1b[1@ ";
    let log = [bash("id"), bash(&format!("-p /srv/data{home}{put}")), bash("exit")].concat();
    assert_eq!(texts(&log), ["id", "mkdir -p /srv/data", "exit"]);
}

#[test]
fn a_line_that_stands_behind_its_prompt_once_more_was_edited_there() {
    let line = format!("cat /srv/a 2/dev/null | sort | head -n 5{}\x1b[1@>", "\x08".repeat(28));
    let log = format!("cat /s{PROMPT}{line}\r\n1\r\n{PROMPT}id\r\nuid=1\r\n{PROMPT}exit\r\n");
    assert_eq!(texts(&log), ["cat /srv/a 2>/dev/null | sort | head -n 5", "id", "exit"]);
}

#[test]
fn a_prompt_drawn_twice_below_a_program_that_was_left_is_none_of_its() {
    let log = "# id\r\nuid=0\r\n# python3\r\nPython 3.11.2\r\n>>> 1\r\n1\r\n>>> exit()\r\n# # echo no^C\r\n# exit\r\n";
    assert_eq!(texts(log), ["id", "python3", "1", "exit()", "exit"]);
}

#[test]
fn a_word_erased_at_once_may_leave_no_trace() {
    let log = "$ id\r\nuid=1\r\n$ w wrongg\r\x1b[4C\x1b[K\x08\x1b[Khoami\r\nops\r\n$ exit\r\n";
    let found = session(&[log], Resend::Never);
    let read = |text: &str| {
        found.iter().any(|c| c.command == text || c.alternatives.iter().any(|a| a.command == text))
    };
    assert!(read("whoami"), "{found:?}");
}

#[test]
fn a_listing_tells_that_a_short_name_was_entered_alone() {
    let log = "$ id\r\nuid=1\r\n$ ls -l /tmcd\r\n$ ls -l /tmls\r\na b\r\n$ ls -l /opt/mycd\r\ntotal 0\r\n$ exit\r\n";
    assert_eq!(texts(log), ["id", "cd", "ls", "ls -l /opt/mycd", "exit"]);
}

#[test]
fn a_row_below_that_begins_with_one_blank_is_the_rest_of_busyboxs_line() {
    let banner = "BusyBox v1.35.0 (Debian) built-in shell (ash)\r\n";
    let line = |text: &str| format!("{PROMPT}{text}\r\n");
    // there are longer lines: another shell was opened behind the same prompt
    let log = [
        banner,
        &line("find /etc -maxdepth"),
        " 1 -name 't*' 2>/dev/null | sort | head -n 1\r\n/etc/terminfo\r\n",
        &line("cd ~"),
        "/src && ls\r\na.c\r\n",
        &line("test -f /srv/some/app/that/is/there.txt"),
        &line("exit"),
    ]
    .concat();
    let found = session(&[&log], Resend::Never);
    assert_eq!(found[0].command, "find /etc -maxdepth 1 -name 't*' 2>/dev/null | sort | head -n 1");
    assert!(found[1].alternatives.iter().any(|a| a.command == "cd ~/src && ls"), "{found:?}");
    assert!(found[..2].iter().all(|c| c.confidence < 0.9), "{found:?}");
    assert_eq!(found.len(), 4);
}

/// The rows of such lines are as long and begin with a blank, whatever directory their prompt names.
#[test]
fn blanks_that_rows_begin_with_tell_how_long_the_rows_of_busybox_are() {
    let line = |text: &str| format!("(ops /srv/app/tmp)> {text}\r\n");
    let log = [
        "BusyBox v1.35.0 (Debian) built-in shell (ash)\r\n",
        &line("true --flag=85 -x 'pen"),
        " x' | cat\r\n",
        &line("cat app.log | cut -c 9"),
        " | sort | tail -n 3\r\n7\r\n",
        &line("grep -c INFO a.log b.l"),
        "og\r\n7\r\n",
        &line("ls"),
        &line("exit"),
    ];
    let want = ["true --flag=85 -x 'pen x' | cat", "cat app.log | cut -c 9 | sort | tail -n 3"];
    assert_eq!(texts(&log.concat())[..2], want);
}

#[test]
fn an_environments_name_may_stand_behind_what_was_typed_too_early() {
    for prompt in ["[ops@web /srv]$ ", "ops@web:/srv# ", "12:01:05 ops> "] {
        for first in ["c(venv) {}cd /tmp", "c(venv) {}d /tmp"] {
            let log = format!(
                "{prompt}ls\r\na\r\n{prompt}. ~/activate\r\n{}\r\n(venv) {prompt}pwd\r\n/tmp\r\n(venv) {prompt}id -un\r\nops\r\n(venv) {prompt}exit\r\n",
                first.replace("{}", prompt)
            );
            assert_eq!(texts(&log), ["ls", ". ~/activate", "cd /tmp", "pwd", "id -un", "exit"], "{log}");
        }
    }
}

#[test]
fn a_prompt_drawn_twice_behind_what_was_typed_too_early_is_one() {
    let ksh = |text: &str| format!("\u{250c}(web/home/ops)\u{276f} {text}\r\n");
    let log = [
        &ksh("ksh93"),
        &format!("cd{}", ksh(&format!("\r\x1b[J\r{}cd", ksh("").trim_end_matches("\r\n")))),
        &ksh("pwd"),
        "/home/ops\r\n",
        &ksh("id -un"),
        "ops\r\n",
        &ksh("exit"),
        &ksh("exit"),
    ];
    assert_eq!(super::streamed::texts(&log.concat()), ["ksh93", "cd", "pwd", "id -un", "exit", "exit"]);
}

#[test]
fn a_prompt_that_begins_with_a_blank_is_told_behind_the_first_key() {
    let line = |typed: &str, shows: &str| format!(" ops@web srv \u{3bb} {typed}\r\n{shows}");
    let log = [
        format!("p{}", line("pwd", "/srv\r\n")),
        line("sleep 1", ""),
        line("cat a", "one\r\n"),
        line("id -un", "ops\r\n"),
        line("exit", ""),
    ];
    assert_eq!(texts(&log.concat()), ["pwd", "sleep 1", "cat a", "id -un", "exit"]);
}

#[test]
fn what_has_no_line_end_is_no_part_of_the_prompt_however_often_it_is_shown() {
    let line = |typed: &str, shows: &str| format!(" ops \u{e0b0} ~ \u{e0b0} {typed}\r\n{shows}");
    let log = [
        line("printf 'no end'", "no end"),
        line("sleep 1", ""),
        line("cat a", "one\r\n"),
        line("printf 'no end'", "no end"),
        line("ls", "a\r\n"),
        line("id -un", "ops\r\n"),
        line("cat b", "two\r\n"),
        line("date", "Tue\r\n"),
        line("cd", ""),
        line("exit", ""),
    ];
    let found = texts(&log.concat());
    assert_eq!(
        found[found.len() - 9..],
        ["sleep 1", "cat a", "printf 'no end'", "ls", "id -un", "cat b", "date", "cd", "exit"]
    );
}
