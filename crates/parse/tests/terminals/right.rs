//! Right prompts of zsh and fish: what was entered beside them, in transcripts and in streams. The bytes are those of real shells,
//! shortened.

use super::streamed::texts as streamed;
use super::unusual::{commands, texts};

/// What zsh shows before its prompt.
fn sign() -> String {
    format!("\x1b[1m\x1b[7m%\x1b[27m\x1b[1m\x1b[0m{}\r \r\r\x1b[0m\x1b[27m\x1b[24m\x1b[J", " ".repeat(99))
}

/// A prompt of zsh on 100 columns with another at the right edge.
fn prompt(left: &str, right: &str) -> String {
    let gap = 100 - 1 - left.len() - right.len();
    format!("{left}\x1b[K\x1b[{gap}C{right}\x1b[{}D", gap + right.len())
}

/// What keys show, the first of them twice.
fn keys(text: &str) -> String {
    format!("{}\x08{text}", &text[..1])
}

#[test]
fn a_right_prompt_is_no_text() {
    let line = |time: &str, text: &str, shows: &str| {
        format!("{}{}\x1b[?2004h{}\x1b[?2004l\r\r\n{shows}", sign(), prompt("ops@web ~ % ", time), keys(text))
    };
    let log = [
        line("10:20:41", "ls -d /etc", "/etc\r\n"),
        line("10:20:45", "whoami", "ops\r\n"),
        line("10:20:52", "cat /etc/hostname", "web\r\n"),
        line("10:21:07", "exit", ""),
    ];
    let due = ["ls -d /etc", "whoami", "cat /etc/hostname", "exit"];
    assert_eq!(texts(&log.concat()), due);
    assert_eq!(streamed(&log.concat()), due);
}

#[test]
fn a_right_prompt_may_name_the_folder() {
    let line = |folder: &str, text: &str, shows: &str| {
        format!("{}{}\x1b[?2004h{}\x1b[?2004l\r\r\n{shows}", sign(), prompt("% ", folder), keys(text))
    };
    let log = [
        line("[~]", "id -un", "ops\r\n"),
        line("[~]", "cd /srv", ""),
        line("[/srv]", "ls", "app\r\n"),
        line("[/srv]", "exit", ""),
    ];
    let due = ["id -un", "cd /srv", "ls", "exit"];
    assert_eq!(texts(&log.concat()), due);
    assert_eq!(streamed(&log.concat()), due);
}

#[test]
fn a_right_prompt_is_no_text_where_the_agent_kept_the_line() {
    let line = |width: usize, text: &str, shows: &str| {
        let keypad = |on: bool| if on { "\x1b[?1h\x1b=" } else { "\x1b[?1l\x1b>" };
        let shown =
            prompt("ops@web ~ % ", "10:20:41").replace(&format!("[{}C", 79), &format!("[{}C", width - 21));
        let shown = shown.replace("[87D", &format!("[{}D", width - 13));
        format!(
            "{}{shown}{}\x1b[?2004h{}{}\x1b[?2004l\r\r\n{shows}",
            sign().replace(&" ".repeat(99), &" ".repeat(width - 1)),
            keypad(true),
            keys(text),
            keypad(false)
        )
    };
    let log = [
        line(100, "ls -d /etc", "/etc\r\n"),
        line(100, "whoami", "ops\r\n"),
        // the window is another
        line(60, "cat /etc/hostname", "web\r\n"),
        line(140, "exit", ""),
    ];
    let due = ["ls -d /etc", "whoami", "cat /etc/hostname", "exit"];
    assert_eq!(texts(&log.concat()), due);
    assert_eq!(streamed(&log.concat()), due);
}

#[test]
fn a_line_that_goes_on_does_so_beside_a_right_prompt() {
    let line = |text: &str, shows: &str| {
        format!(
            "{}{}\x1b[?2004h{}\x1b[?2004l\r\r\n{shows}",
            sign(),
            prompt("ops@web ~ % ", "10:20:41"),
            keys(text)
        )
    };
    let more = |text: &str, shows: &str| {
        format!("\r\x1b[0m\x1b[27m\x1b[24m\x1b[J> \x1b[K\x1b[?2004h{text}\x1b[?2004l\r\r\n{shows}")
    };
    let log =
        [line("id -un", "ops\r\n"), line("ls -l \\", ""), more("  /etc/hosts", "x\r\n"), line("exit", "")];
    assert_eq!(texts(&log.concat()), ["id -un", "ls -l \\\n  /etc/hosts", "exit"]);
}

#[test]
fn a_prompt_that_is_drawn_shorter_when_it_is_left_is_no_second_command() {
    let line = |text: &str, shows: &str| {
        let left = 100 - 1 - "> ".len() - text.len() - 8;
        format!(
            "{}\r\n~\r\n{}\x1b[?2004h{}\x1b[?2004l\r\r\x1b[A\x1b[A\x1b[0m\x1b[27m\x1b[24m\x1b[J\r\n~\r\n> {text}\x1b[K\x1b[{left}C10:20:41\x1b[{}D\r\r\n{shows}",
            sign(),
            prompt("> ", "10:20:41"),
            keys(text),
            left + 8
        )
    };
    let log = [line("id -un", "ops\r\n"), line("cat a", "b\r\n"), line("uptime", "up\r\n"), line("exit", "")]
        .concat();
    let due = ["id -un", "cat a", "uptime", "exit"];
    assert_eq!(texts(&log), due);
    assert_eq!(streamed(&log), due);
    assert!(commands(&log)[1].output.starts_with('b'), "{:?}", commands(&log)[1]);
}

#[test]
fn fish_goes_to_a_right_prompt_beyond_an_edge_that_was_moved() {
    // the sign still tells the width of before
    let fish = |edge: usize, text: &str, shows: &str| {
        let right =
            |typed: usize| format!("\r\x1b[{edge}C(main) 00:01:05\r\x1b[{edge}C\r\x1b[{}C", 4 + typed);
        let keys: String = text.char_indices().map(|(i, c)| format!("{c}{}", right(i + 1))).collect();
        format!(
            "\x1b[2m⏎\x1b(B\x1b[m{}\r⏎ \r\x1b[K\x1b[?2004h\x1b]0;~\x07\x1b[30m\x1b(B\x1b[m\rweb$\x1b[K{}{keys}\x1b[K\r\n\
             \x1b[30m\x1b(B\x1b[m\x1b[?2004l\x1b]0;{text} ~\x07\x1b[30m\x1b(B\x1b[m\r{shows}",
            " ".repeat(112),
            right(0)
        )
    };
    let log = [
        fish(98, "id -un", "ops\r\n"),
        fish(98, "ls", "a\r\n"),
        fish(156, "pwd", "/srv\r\n"),
        fish(156, "whoami", "ops\r\n"),
        fish(156, "exit", ""),
    ];
    let due = ["id -un", "ls", "pwd", "whoami", "exit"];
    assert_eq!(texts(&log.concat()), due);
    assert_eq!(streamed(&log.concat()), due);
}

#[test]
fn a_right_prompt_that_comes_and_goes_takes_no_line_with_it() {
    let left = |folder: &str| format!("ops@web {folder}% ");
    let line = |folder: &str, right: &str, text: &str, shows: &str| {
        let prompt = if right.is_empty() { left(folder) + "\x1b[K" } else { prompt(&left(folder), right) };
        format!("{}{prompt}\x1b[?2004h{}\x1b[?2004l\r\r\n{shows}", sign(), keys(text))
    };
    let log = [
        line("~", "", "id -un", "ops\r\n"),
        line("~", "", "RPROMPT='%~ %?'", ""),
        line("~", "~ 0", "false", ""),
        line("~", "~ 1", "ls", "a\r\n"),
        line("~", "~ 0", "cd /srv", ""),
        line("srv", "/srv 0", "pwd", "/srv\r\n"),
        line("srv", "/srv 0", "unset RPROMPT", ""),
        line("srv", "", "whoami", "ops\r\n"),
        line("srv", "", "exit", ""),
    ];
    let due =
        ["id -un", "RPROMPT='%~ %?'", "false", "ls", "cd /srv", "pwd", "unset RPROMPT", "whoami", "exit"];
    assert_eq!(texts(&log.concat()), due);
    assert_eq!(streamed(&log.concat()), due);
}

#[test]
fn a_line_of_fish_may_come_within_a_blank_of_what_stands_at_the_edge() {
    let right = |column: usize| format!("\x1b[K\r\x1b[20Cops\r\x1b[{column}C");
    let edit = |first: &str, more: &str, shows: &str| {
        let (near, end) = (3 + first.len(), 3 + first.len() + more.len());
        format!(
            "\x1b[?2004h\x1b]0;~\x07\x1b[30m\x1b(B\x1b[m\r~> {}{first}{}{more}{}\x1b(B\r\n\x1b(B\x1b[m\x1b[?2004l\x1b]0;{first}{more} ~\x07\x1b(B\x1b[m\r{shows}",
            right(3),
            right(near),
            right(end)
        )
    };
    let log =
        [edit("id", " -un", "ops\r\n"), edit("cat /srv/ab", " | wc", "1 1 4\r\n"), edit("ex", "it", "")];
    assert_eq!(texts(&log.concat()), ["id -un", "cat /srv/ab | wc", "exit"]);
}

#[test]
fn what_fish_writes_over_what_stood_at_the_edge_stays() {
    // 45 columns; what stands at the edge goes as soon as the line reaches it
    let right = |column: usize| format!("\r\x1b[42C0ms\r\x1b[42C\r\x1b[{column}C");
    let blanks = " ".repeat(44);
    let sign = format!("\x1b[2m⏎\x1b(B\x1b[m{blanks}\r⏎ \r\x1b[K");
    let begin = format!("{sign}\x1b[?2004h\x1b]0;~\x07\x1b[30m\x1b(B\x1b[m\r> \x1b[K");
    let long = format!(
        "{begin}{}wc -l ~/app.log ~/notes.txt | sort -n | {}t\x1b[K\r\x1b[43C\x08\x1b[91mt\r\x1b[43C\x1b[30m\x1b(B\x1b[m\x1b[91ma\r\
         \x1b[44C\x1b[30m\x1b(B\x1b[m\x1b[91mi\r\r\n\
         \x1b[30m\x1b(B\x1b[m\x1b[A\x1b[43C\x1b[91mail\x1b[A\r\r\n\
         \x1b[C\x1b[30m\x1b(B\x1b[m\x1b[A\x1b[41C\x1b[34mtail\x1b[A\r\r\n\
         \x1b[C\x1b[30m\x1b(B\x1b[m\x1b[34m \x1b[A\r\r\n\
         \x1b[C\x1b[C\x1b[30m\x1b(B\x1b[m\x1b[34m-1\x1b[A\r\r\n\
         \x1b[4C\r\n\x1b[30m\x1b(B\x1b[m\x1b[?2004l\x1b]0;wc -l ~/app.log ~/no ~\x07\x1b[30m\x1b(B\x1b[m\r  65 total\r\n",
        right(2),
        right(42)
    );
    let line = |text: &str, shows: &str| {
        format!(
            "{begin}{}{text}{}\r\n\x1b[30m\x1b(B\x1b[m\x1b[?2004l\x1b]0;{text} ~\x07\x1b(B\x1b[m\r{shows}",
            right(2),
            right(2 + text.len())
        )
    };
    let log = [line("id -un", "ops\r\n"), long, line("exit", "")].concat();
    assert_eq!(texts(&log), ["id -un", "wc -l ~/app.log ~/notes.txt | sort -n | tail -1", "exit"]);
}

#[test]
fn a_right_prompt_may_be_drawn_before_the_prompt() {
    // `tput sc` and `tput rc` around it
    let right = |time: &str| format!("\x1b7{}{time}\x1b8", " ".repeat(72));
    let line = |time: &str, text: &str| format!("{}ops@web:~$ {text}\r\n", right(time));
    let log = format!(
        "{}a\r\n{}{}ops\r\n{}",
        line("10:12:30", "ls"),
        line("10:12:33", "cd /"),
        line("10:12:37", "id -un"),
        line("10:12:38", "exit")
    );
    assert_eq!(texts(&log), ["ls", "cd /", "id -un", "exit"]);
    assert!(commands(&log).iter().all(|c| c.confidence >= 0.9));
}
