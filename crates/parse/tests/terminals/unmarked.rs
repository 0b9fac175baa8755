//! Editors that do not mark themselves, where they and the terminal do not count the same columns: exactly the commands due.
//! The bytes are those of bash, tcsh and mksh, shortened.

use super::streamed::texts as streamed;
use super::unusual::{commands, texts};

/// A line that tcsh or mksh ends with a carriage return of its own.
fn line(prompt: &str, text: &str) -> String {
    format!("{prompt}{text}\r\r\n")
}

fn back(n: usize) -> String {
    "\x08".repeat(n)
}

/// Steps to the right, as readline makes them.
fn right(n: usize) -> String {
    "\x1b[C".repeat(n)
}

#[test]
fn tcsh_counts_what_it_writes_below_the_last_column_for_nothing() {
    let tcsh = |text: &str| line("~> ", text);
    let log = [
        &tcsh("pwd"),
        "/srv\r\n",
        // to the next row and back, to put a letter in front; the bell may ring there
        &tcsh(&format!("d\x1b[45G  \0\x1b[A cd{}\x1b[45G  \0\0\0\x1b[A", back(1))),
        &tcsh(&format!("-un\x1b[45G  \0\x07\x1b[A i-un{0}d-un{0} -un{0}\x1b[45G  \x1b[9G\x1b[A", back(3))),
        "ops\r\n",
        &tcsh("exit"),
    ];
    assert_eq!(texts(&log.concat()), ["pwd", "cd", "id -un", "exit"]);
}

#[test]
fn tcsh_writes_two_characters_elsewhere_than_at_the_edge() {
    let prompt = "ops@db-replica-15:~% ";
    // of 43 columns; another line takes the place of one of two rows
    let text = "echo \"kkolg: $HOME\" >  \r/tmp/kkolg ; rm /tmp/kkolg\x1b[A\x1b[22Gcd\x1b[K\x1b[43G r\r\x1b[K\x1b[A\x1b[24G ";
    let log = [&line(prompt, "pwd"), "/srv\r\n", &line(prompt, text), &line(prompt, "exit")];
    assert_eq!(texts(&log.concat()), ["pwd", "cd", "exit"]);
}

#[test]
fn lines_of_any_length_that_end_in_returns_of_a_shells_own_are_not_broken_where_none_asks() {
    let log = [
        "ops:/srv$ ls -l\r\ntotal 0\r\n",
        "ops:/srv$ tcsh\r\n",
        &line("<~/reports>$ ", "printf 'no newline at the end'"),
        "no newline at the end",
        &line("<~/reports>$ ", "exit"),
        "exit\r\n",
        "ops:/srv$ exit\r\n",
    ];
    assert_eq!(texts(&log.concat()), ["ls -l", "tcsh", "printf 'no newline at the end'", "exit", "exit"]);
}

#[test]
fn a_long_prompt_behind_unfinished_output_may_have_another_number() {
    let log = [
        &line("<~ 1>\u{bb} ", "ls ~/src/main.c"),
        "/srv/src/main.c\r\n",
        &line("<~ 2>\u{bb} ", "printf 'no newline at the end'"),
        "no newline at the end",
        &line("<~ 3>\u{bb} ", "cat <<EOF"),
        &line("? ", "hello"),
        &line("? ", "EOF"),
        "hello\r\n",
        &line("<~ 4>\u{bb} ", "exit"),
    ];
    let due = ["ls ~/src/main.c", "printf 'no newline at the end'", "cat <<EOF\nhello\nEOF", "exit"];
    assert_eq!(texts(&log.concat()), due);
    assert_eq!(streamed(&log.concat()), due);
}

#[test]
fn what_is_written_over_a_prompt_behind_unfinished_output_was_meant_behind_it() {
    let unfinished = "no newline at the end";
    let told = "printf 'no newline at the end'";
    let tcsh = |text: &str| line("web-17:~ 8> ", text);
    let log = [
        &tcsh(told),
        unfinished,
        // columns are those of its prompt, also where it goes over the edge
        &tcsh("ls -l /tm\x1b[13G\x1b[Kcd ~/src && ls"),
        "main.c\r\n",
        &tcsh(told),
        unfinished,
        &tcsh(&format!("whoai\x1b[60G  \x1b[7G\x1b[A\x1b[17Gmi{}\x1b[60G  \x1b[9G\x1b[A", back(1))),
        "ops\r\n",
        &tcsh("exit"),
    ];
    assert_eq!(texts(&log.concat()), [told, "cd ~/src && ls", told, "whoami", "exit"]);
    let bash = |text: &str| format!("\x1b]0;ops@web: ~\x07\x1b[36mweb-29\x1b[0m$ {text}\r\n");
    let log = [
        bash(told),
        // from history, over what was there
        format!(
            "{unfinished}{}",
            bash(&format!("{told}\r{}wc -l ~/app.log ~/notes.txt | sort -n", right(8)))
        ),
        "  65 total\r\n".to_owned(),
        bash("ls"),
        "a\r\n".to_owned(),
        bash("exit"),
    ];
    assert_eq!(texts(&log.concat()), [told, "wc -l ~/app.log ~/notes.txt | sort -n", "ls", "exit"]);
}

#[test]
fn csh_that_asks_for_more_is_given_up_where_its_prompt_comes_again() {
    let tcsh = |text: &str| line("[ops ~]\x1b[136G  \r->> ", text);
    let log = [
        &tcsh("pwd"),
        "/srv\r\n",
        &tcsh("cat <<EOF"),
        &line("? ", ""),
        "\x1b[K",
        &tcsh("mkdir a"),
        &tcsh("id -un"),
        "ops\r\n",
        &tcsh("exit"),
    ];
    assert_eq!(texts(&log.concat()), ["pwd", "cat <<EOF", "mkdir a", "id -un", "exit"]);
}

#[test]
fn mksh_shows_what_it_finds_without_the_prompt_where_there_is_no_room_for_both() {
    let prompt = "ops@web:/home/ops/tmp$ ";
    let end = |text: &str, fill: usize| format!("\r{text}{}<{}", " ".repeat(fill), back(fill + 1));
    let found = |shown: String| format!("{prompt}\r\nI-search: \r\n{}", line("", &shown));
    let find = "find /etc -maxdepth 1 -name 'a*' | sort | head -n 1";
    let log = [
        &line(prompt, "mkdir -p ~/tmp/iesgc"),
        &line(prompt, find),
        "/etc/a\r\n",
        &found(format!("{}{}kdi", end("kdir -p ~/tmp/iesgc", 20), back(19))),
        // then the start of it, as the cursor goes to what was asked for
        &found(format!(
            "{}\r{prompt}find /etc -maxdepth 1 ->{}ind",
            end("xdepth 1 -name 'a*' | sort | head -n 1", 8),
            back(23)
        )),
        "/etc/a\r\n",
        &line(prompt, "exit"),
    ];
    let due = ["mkdir -p ~/tmp/iesgc", find, "mkdir -p ~/tmp/iesgc", find, "exit"];
    assert_eq!(texts(&log.concat()), due);
    assert_eq!(streamed(&log.concat()), due);
    // what is between was shown when it was typed
    let apart = format!("{}\r{prompt}find /etc -maxdepth 1 ->{}ind", end("rt | head -n 1", 8), back(23));
    let log = [&line(prompt, find), "/etc/a\r\n", &found(apart), "/etc/a\r\n", &line(prompt, "exit")];
    assert_eq!(texts(&log.concat()), [find, find, "exit"]);
}

#[test]
fn readline_steps_up_in_a_line_of_two_rows_where_it_does_not_mark_itself() {
    // of 40 columns
    let prompt = "[08:48:47 ops@web ~]$ ";
    let bash = |text: &str| format!("{prompt}{text}\r\n");
    let wc = "wc -l a.log b.txt | sort";
    let log = [
        bash(wc),
        "2\r\n".to_owned(),
        // another line of history takes its place
        bash(&format!("{wc}\x1b[A\r\x1b[32m{prompt}\x1b[0mcd /srv\x1b[K\r\n\r\x1b[K\x1b[A{}", right(29))),
        // a search finds it
        bash(&format!(
            "\r(reverse-i-search)`': \x1b[K{}w': {wc}\x1b[A{}\r{prompt}{wc}\x1b[K\x1b[A\r{prompt}\r\n\r",
            back(3),
            right(33),
        )),
        "2\r\n".to_owned(),
        bash("exit"),
    ];
    assert_eq!(texts(&log.concat()), [wc, "cd /srv", wc, "exit"]);
}

#[test]
fn windows_shells_ask_for_more_and_end_without_a_word() {
    let log = "PS C:\\> whoami\r\nweb\\ops\r\n\
               PS C:\\> foreach ($s in 'a','b') {\r\n>>   Write-Host $s\r\n>> }\r\na\r\nb\r\n\
               PS C:\\> Get-Process |\r\n>> Stop-Process -WhatIf\r\n\
               PS C:\\> cmd\r\nMicrosoft Windows [Version 10.0]\r\n\r\nC:\\>exit\r\n\
               PS C:\\> Enter-PSSession -ComputerName db\r\n[db]: PS C:\\Users\\ops> exit\r\n\
               PS C:\\> exit\r\n";
    let due = [
        "whoami",
        "foreach ($s in 'a','b') {\n  Write-Host $s\n}",
        "Get-Process |\nStop-Process -WhatIf",
        "cmd",
        "exit",
        "Enter-PSSession -ComputerName db",
        "exit",
        "exit",
    ];
    assert_eq!(texts(log), due);
    assert!(commands(log).iter().all(|c| c.program.is_none()));
}

#[test]
fn what_a_shell_shows_of_what_it_runs_is_no_prompt() {
    let log = "ops@web:~$ set -x; PS1='\\u@\\h:\\w\\$ '\r\n+ PS1='\\u@\\h:\\w\\$ '\r\nops@web:~$ ls\r\n+ ls\r\na\r\n\
               ops@web:~$ for i in 1 2; do echo $i; done\r\n+ for i in 1 2\r\n+ echo 1\r\n1\r\n+ for i in 1 2\r\n+ echo 2\r\n2\r\n\
               ops@web:~$ exit\r\n+ exit\r\n";
    let due = ["set -x; PS1='\\u@\\h:\\w\\$ '", "ls", "for i in 1 2; do echo $i; done", "exit"];
    assert_eq!(texts(log), due);
    assert_eq!(streamed(log), due);
}
