//! Lines that were edited, in a streaming copy that has lost what the cursor did: the commands due. The bytes are those of
//! readline, shortened.

use super::streamed::{session, texts};
use super::unusual::texts as transcripts;
use whoran_testkit::agent::Resend;

fn back(n: usize) -> String {
    "\x08".repeat(n)
}

/// A line of readline without a title, which the agent strips.
fn line(text: &str) -> String {
    format!("\x1b[?2004hops@web:~$ {text}\r\n\x1b[?2004l\r")
}

#[test]
fn a_character_is_taken_out_of_the_upper_row() {
    let up = |columns: usize| format!("\r\x1b[A{}", "\x1b[C".repeat(columns));
    let log = [
        &line("pwd"),
        "/home/ops\r\n",
        // 36 columns: both rows are drawn anew, and left by their first
        &line(&format!(
            "test -f ~/ntsxkt.txt || e \rcho missing ntskt{}{}{}kt.txt || ech\x1b[1P\x1b[A\r\x1b[24C\r\r\n\r\x1b[16C",
            back(16),
            up(35),
            back(11)
        )),
        "missing ntskt\r\n",
        // all fits the first row then
        &line(&format!(
            "grep -n 8 ~/apps.logx | h \read -4{}{}{} | head -4\x1b[K\x1b[A\r\x1b[31C\r\r\n\r",
            back(5),
            up(35),
            back(4)
        )),
        "8:a\r\n",
        &line("exit"),
    ];
    let due = ["pwd", "test -f ~/ntskt.txt || echo missing ntskt", "grep -n 8 ~/apps.log | head -4", "exit"];
    assert_eq!(texts(&log.concat()), due);
}

#[test]
fn who_deletes_a_letter_with_the_keys_of_vi_goes_on_at_the_end() {
    let log = [
        &line("set -o vi"),
        // the letter before the last, which the rest of the line happens to end with
        &line("test -f ~/a || echo mji\x08\x08\x1b[1Pi\x08\x1b[Cssing hi"),
        "missing hi\r\n",
        // a step to the right of where it stepped back to
        &line("ls /no/such/ajjfs\x08\x08\x08\x08\x1b[C\x1b[1Pfs\x08\x08\x08\x1b[C\x1b[C\x1b[Ct"),
        "ls: cannot access '/no/such/ajfst': No such file or directory\r\n",
        &line("exit"),
    ];
    let due = ["set -o vi", "test -f ~/a || echo missing hi", "ls /no/such/ajfst", "exit"];
    assert_eq!(texts(&log.concat()), due);
}

#[test]
fn a_statement_that_ends_at_the_edge_has_no_blank_before_its_end() {
    let statement = |text: &str| format!("sqlite> {text}\r\n");
    let log = [
        "$ sqlite3\r\nSQLite version 3.40.1\r\n",
        &statement("create table t(a) \r;"),
        &statement("insert into t values (1); \r;"),
        &statement(".quit"),
        "$ exit\r\n",
    ];
    let due = ["sqlite3", "create table t(a);", "insert into t values (1);", ".quit", "exit"];
    assert_eq!(texts(&log.concat()), due);
}

#[test]
fn what_was_cut_off_a_line_of_history_may_be_gone() {
    let log = [
        "$ echo ab 48\r\nab 48\r\n$ cd /srv | wc -l\r\n0\r\n",
        "$ cd /srv | wc -l\r\x1b[11C\x1b[K | wc -l\r\n0\r\n",
        "$ echo ab 48\x1b[3G&& ls\x1b[K\r\na\r\n$ exit\r\n",
    ]
    .concat();
    let found = session(&[&log], Resend::Never);
    let offered = |at: usize, text: &str| {
        let among = found[at].alternatives.iter().any(|a| a.command == text);
        among && found[at].confidence < 0.9
    };
    assert!(offered(2, "cd /srv | wc -l"), "{found:?}");
    assert!(offered(3, "&& ls"), "{found:?}");
}

#[test]
fn a_word_of_history_that_the_shell_was_not_seen_to_put_in_is_in_doubt() {
    let log = "$ id\r\nuid=1\r\n$ echo !$\r\necho x\r\nx\r\n$ exit\r\n";
    let found = session(&[log], Resend::Never);
    let second =
        found.iter().find(|c| c.command.starts_with("echo")).map(|c| (c.command.as_str(), c.confidence));
    assert!(second.is_some_and(|(text, sure)| text == "echo x" || sure < 0.9), "{found:?}");
}

#[test]
fn nobody_steps_back_over_an_edge() {
    let ran = |text: &str| format!("\x1b[?2004hops@web:~$ {text}\r\n\x1b[?2004l\r");
    let wrapped = ran("echo xxxxxxxxxxxxxx\x20\r two");
    // the terminal was made wider than the 30 columns that the first line tells
    let path = "/usr/share/doc/bash/README";
    let keys = ["l", "s", " "].map(|key| format!("{key}{path}{}", back(path.len()))).concat();
    let edited = ran(&format!("{path}{}{keys}\x1b[{}C", back(path.len()), path.len()));
    let log = wrapped + &edited + &ran("exit") + "exit\r\n";
    assert_eq!(transcripts(&log), ["echo xxxxxxxxxxxxxx two", "ls /usr/share/doc/bash/README", "exit"]);
}

#[test]
fn steps_beyond_the_text_tell_that_the_terminal_was_made_wider() {
    let find = "find /etc -name 'e*' | sort | head -n 9";
    for marks in [["\x1b[?2004h", "\x1b[?2004l\r"], [""; 2]] {
        let ran =
            |text: &str, shows: &str| format!("{}ops@web-20:~$ {text}\r\n{}{shows}", marks[0], marks[1]);
        // 30 columns, and 75 from the second line on
        let wrapped = ran("echo aaaaa bbbbb\x20\r ccc", "aaaaa bbbbb ccc\r\n");
        let steps = "\x1b[C".repeat(14);
        let again = ran(&format!("ls -l /etc/apt/conf.d\r{steps}cd\x1b[K\x08\x08{find}"), "/etc\r\n");
        let taken_out = ran(&format!("x{find}{}\x1b[1P{}", back(40), "\x1b[C".repeat(39)), "/etc\r\n");
        let log = wrapped + &again + &taken_out + &ran("exit", "exit\r\n");
        assert_eq!(transcripts(&log), ["echo aaaaa bbbbb ccc", find, find, "exit"], "{marks:?}");
    }
}

#[test]
fn a_search_on_a_row_that_was_two_is_stepped_through_from_its_question() {
    let ran = |text: &str| format!("\x1b[?2004h[ops@web-20:~]$ {text}\r\n\x1b[?2004l\r/etc\r\n");
    let wrapped = ran("find /etc -name 'e*' | sort | head -\x20\rn 9");
    let rest = "ind /etc -name 'e*' | sort | head -n 9 && ls ~/src";
    let search = format!(
        "\r(reverse-i-search)`': {}f': \x1b[7mf\x1b[27m{rest}\r{}{}\x1b[1@i': \x1b[7mfi\x1b[27m{}\r\x1b[8P[ops@web-20:~]$ fi{}",
        back(3),
        "\x1b[C".repeat(23),
        back(3),
        back(2),
        back(2)
    );
    let log = ran(&format!("f{rest}")) + &wrapped + &ran(&search) + &ran("exit");
    let long = format!("f{rest}");
    let due = [&long, "find /etc -name 'e*' | sort | head -n 9", &long, "exit"];
    assert_eq!(transcripts(&log), due);
}

#[test]
fn a_row_that_was_two_is_drawn_anew_from_its_start() {
    let ran = |text: &str, shows: &str| format!("\x1b[?2004h> {text}\r\n\x1b[?2004l\r{shows}");
    let wrapped =
        ran("echo aaaaa bbbbb ccccc ddddd\x20\r eeee ffff", "aaaaa bbbbb ccccc ddddd eeee ffff\r\n");
    let question = "(reverse-i-search)`w': ";
    let search = format!(
        "\r(reverse-i-search)`': {}w': \x1b[7mw\x1b[27mc -l a.log b.log\r{question}{}\x1b[1@c': \x1b[7mwc\x1b[27m{}\r\x1b[22P> wc{}",
        back(3),
        back(3),
        back(2),
        back(2)
    );
    let log =
        ran("wc -l a.log b.log", "3 total\r\n") + &wrapped + &ran(&search, "3 total\r\n") + &ran("exit", "");
    let long = "echo aaaaa bbbbb ccccc ddddd eeee ffff";
    assert_eq!(transcripts(&log), ["wc -l a.log b.log", long, "wc -l a.log b.log", "exit"]);
}
