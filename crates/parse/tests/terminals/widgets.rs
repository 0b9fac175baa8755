//! What zsh and fish do in their line editors beside editing: lists, other editors, questions. The bytes are those of real shells,
//! shortened.

use whoran_model::Status;

use super::streamed::texts as streamed;
use super::unusual::{commands, session, texts};

const DRAWS: &str = "\x1b[0m\x1b[27m\x1b[24m\x1b[J";
const LEAVES: &str = "\x1b[?2004l\r\r\n";

/// What zsh shows before the prompt of a line, on 60 columns.
fn sign() -> String {
    format!("\x1b[1m\x1b[7m%\x1b[27m\x1b[1m\x1b[0m{}\r \r\r{DRAWS}", " ".repeat(59))
}

/// A line of a zsh that switches no keypad, its editor left open.
fn opened(prompt: &str, keys: &str) -> String {
    format!("{}{prompt}\x1b[K\x1b[?2004h{keys}", sign())
}

fn zsh(keys: &str, shows: &str) -> String {
    format!("{}{LEAVES}{shows}", opened("web% ", keys))
}

/// A line of fish with its mode before the prompt, on 60 columns.
fn fish(keys: &str, title: &str, shows: &str) -> String {
    let colours = "\x1b[30m\x1b(B\x1b[m";
    let sign = format!("\x1b[2m⏎\x1b(B\x1b[m{}\r⏎ \r\x1b[K", " ".repeat(59));
    let prompt = format!("\x1b]0;~\x07{colours}\x1b[1m\x1b[32m[I]\x1b(B\x1b[m $ \x1b[K\r\x1b[6C");
    format!("{sign}\x1b[?2004h{prompt}{keys}\r\n{colours}\x1b[?2004l\x1b]0;{title} ~\x07{colours}\r{shows}")
}

/// What vi shows of a file.
const VI: &str = "\x1b[?1006;1000h\x1b[?1049h\x1b[22;0;0t\x1b[?1h\x1b=\x1b[?2004h\x1b[1;30r\x1b[H\x1b[2J\x1b[30;1H\"/tmp/zshVEJHGb.zsh\" 1L, 6B\x1b[1;1Hecho\x1b[2;1H~\r\n~\x1b[30;1H:wq\r\x1b[?2004l\x1b[?1l\x1b>\x1b[?1049l\x1b[23;0;0t\x1b[?25h";

#[test]
fn a_prompt_that_zsh_draws_behind_its_mark_says_nothing_of_how_the_line_ended() {
    // the mode of vi in the prompt
    let mode = |mode: &str| format!("\x1b[2 q\r\r{DRAWS}{mode} web% ");
    let line = |keys: &str, shows: &str| {
        let begun = opened("[I] web% ", &format!("{}\x1b[K", mode("[I]")));
        format!("{begun}{keys}{LEAVES}{shows}")
    };
    let edited = format!("e\x08echo abc def{}echo abc def\x1b[K\x08\x08\x08xyz", mode("[N]"));
    let pasted = format!("e\x08echo a{}echo a\x1b[K\r\r\necho b", mode("[N]"));
    let log = [line("i\x08id", "uid=1\r\n"), line(&edited, "abc xyz\r\n"), line(&pasted, "a\r\nb\r\n")];
    assert_eq!(texts(&log.concat()), ["id", "echo abc xyz", "echo a\necho b"]);
}

#[test]
fn what_stands_where_a_list_or_a_search_was_is_shown_by_the_line() {
    let listed = "l\x08ls al\x07\r\r\n\x1b[Jal.x  al.y  \x1b[A\x1b[0m\x1b[27m\x1b[24m\r\x1b[5Cls al\x1b[K\r\r\n\x1b[J\x1b[A\x1b[10C\x08\x08\x08\x08\x08     \x08\x08\x08\x08\x08i\x08id";
    let searched = format!(
        "{}{}",
        opened("web% ", "\r\r\nbck-i-search: _\x1b[K\x1b[A\x1b[10Did -un\x1b[1B\x1b[3Ci_\x1b[A\x1b[11D"),
        "\x1b[1B\r\x1b[K\x1b[A\x1b[5C\x1b[?2004l\x1b[1B\rops\r\n"
    );
    let log =
        [zsh("p\x08pwd", "/srv\r\n"), zsh(listed, "\x1b[Juid=1\r\n"), searched, zsh("exit", "")].concat();
    let all = commands(&log);
    let shown: Vec<_> = all.iter().map(|c| (c.command.as_str(), c.output.trim())).collect();
    assert_eq!(shown, [("pwd", "/srv"), ("id", "uid=1"), ("id -un", "ops"), ("exit", "")]);
}

#[test]
fn a_line_that_comes_back_from_an_editor_goes_on() {
    let edited = format!("e\x08echo \x1b[?2004l{VI}\x1b[?2004hedited line");
    let empty = format!("\x1b[?2004l{VI}\x1b[?2004hecho new");
    let below = format!("p\x08pwd\x1b[?2004l{VI}\x1b[?2004h\r\r\nls -l\x1b[K\x1b[A\x1b[3C");
    let log = [
        zsh("i\x08id", "uid=1\r\n"),
        zsh(&edited, "edited line\r\n"),
        zsh(&empty, "new\r\n"),
        format!("{}\x1b[?2004l\x1b[1B\r\r\n/srv\r\ntotal 0\r\n", opened("web% ", &below)),
        zsh("exit", ""),
    ];
    let log = log.concat();
    assert_eq!(texts(&log), ["id", "echo edited line", "echo new", "pwd\nls -l", "exit"]);
    assert_eq!(
        commands(&log)[0].output.trim(),
        "uid=1",
        "what the editor shows is not shown by the line before"
    );
    let drawn = "\x1b[K\r\n\x1b[K\x1b[6Cls -l \x1b[A\r\r\n\x1b[12C";
    let again = format!(
        "pwd\x1b[?2004l{VI}\x1b[?2004h\x08\x08\x08pwd{drawn}\x1b]0;~\x07\x1b[30m\x1b(B\x1b[m\r\x1b[A\x1b[1m\x1b[32m[I]\x1b(B\x1b[m $ pwd{drawn}\x1b[A\x08\x08\x08\x08\x08\x08\x1b[34mpwd\r\n\x1b[6Cls \x1b[36m-l\x1b[30m\x1b(B\x1b[m \x1b[A\r\r\n\x1b[12C"
    );
    let log =
        [fish("id", "id", "uid=1\r\n"), fish(&again, "pwd ls -l ", "/srv\r\n"), fish("exit", "exit", "")];
    assert_eq!(texts(&log.concat()), ["id", "pwd\nls -l", "exit"]);
    let again = format!(
        "echo \x1b[?2004l{VI}\x1b[?2004h\x08\x08\x08\x08\x08echo a\x1b[K\x1b]0;~\x07\x1b[30m\x1b(B\x1b[m\r\x1b[1m\x1b[32m[I]\x1b(B\x1b[m $ echo a\x1b[K\r\x1b[12C"
    );
    let log = [fish("id", "id", "uid=1\r\n"), fish(&again, "echo a", "a\r\n"), fish("exit", "exit", "")];
    assert_eq!(streamed(&log.concat()), ["id", "echo a", "exit"]);
}

#[test]
fn what_zsh_says_below_its_line_leaves_that_open() {
    let told = "\r\r\n\x07zsh: use 'exit' to exit.\r\x1b[A\x1b[?2004l\r\x1b[0m\x1b[27m\x1b[24m\r\x1b[5C\x1b[K\x1b[?2004he\x08echo still";
    let log = [zsh("i\x08id", "uid=1\r\n"), zsh(told, "\x1b[Jstill\r\n"), zsh("exit", "")];
    assert_eq!(texts(&log.concat()), ["id", "echo still", "exit"]);
}

#[test]
fn zsh_leaves_a_line_that_is_given_up_like_one_that_ran() {
    let log = [
        zsh("i\x08id", "uid=1\r\n"),
        zsh("c\x08cat no", ""),
        zsh("echo never", ""),
        zsh("c\x08cd sub", ""),
        zsh("exit", ""),
    ];
    let all = session(&log.concat()).commands;
    let read: Vec<_> = all.iter().map(|c| (c.command.as_str(), c.status, c.confidence >= 0.9)).collect();
    let due = [
        ("id", Status::Run, true),
        ("cat no", Status::Run, false),
        ("echo never", Status::Aborted, false),
        // nor does it say that this one ran, once it was seen to hide that
        ("cd sub", Status::Run, false),
        ("exit", Status::Run, true),
    ];
    assert_eq!(read, due);
    // a keypad that is switched back tells
    let keyed = log.concat().replace("\x1b[?2004h", "\x1b[?1h\x1b=\x1b[?2004h");
    let keyed = keyed.replace("\x1b[?2004l", "\x1b[?1l\x1b>\x1b[?2004l");
    assert!(session(&keyed).commands.iter().all(|c| c.status == Status::Run && c.confidence >= 0.9));
}

#[test]
fn what_a_command_asks_in_the_shells_own_editor_is_none() {
    let asks = |prompt: &str, answer: &str| format!("\r{DRAWS}{prompt}\x1b[K\x1b[?2004h{answer}{LEAVES}");
    let log = [
        zsh("i\x08id", "uid=1\r\n"),
        zsh("select x in a b; do echo $x; break; done", "1) a  2) b  \r\n"),
        asks("?# ", "1"),
        "a\r\n".into(),
        zsh("v\x08vared PS2", &asks("%_>", "echo")),
        zsh("e\x08exit", ""),
    ];
    assert_eq!(texts(&log.concat()), ["id", "select x in a b; do echo $x; break; done", "vared PS2", "exit"]);
    let name = "\x1b[?2004h\x1b]0;read ~\x07\x1b[30m\x1b(B\x1b[m\r\x1b[1m\x1b[32m[I]\x1b(B\x1b[m name? \x1b[K\r\x1b[10Cbob\r\x1b[13C\r\n\x1b[30m\x1b(B\x1b[m";
    let log =
        [fish("id", "id", "uid=1\r\n"), fish("read -P 'name? ' v", "read", name), fish("exit", "exit", "")];
    assert_eq!(texts(&log.concat()), ["id", "read -P 'name? ' v", "exit"]);
    assert_eq!(streamed(&log.concat()), ["id", "read -P 'name? ' v", "exit"]);
}

#[test]
fn a_line_that_was_put_aside_comes_back_behind_a_short_prompt_too() {
    let line = |keys: &str, shows: &str| format!("{}{LEAVES}{shows}", opened("# ", keys));
    let held = "e\x08echo held\x1b[9D         \x1b[9Di\x08id";
    let back = format!("{}# echo held\x1b[K\x1b[?2004h{LEAVES}held\r\n", sign());
    let log = [line("p\x08pwd", "/srv\r\n"), line(held, "uid=1\r\n"), back, line("exit", "")];
    assert_eq!(texts(&log.concat()), ["pwd", "id", "echo held", "exit"]);
}

#[test]
fn a_list_below_a_line_is_no_part_of_it_in_a_copy() {
    let line = |keys: &str| {
        opened("web% ", keys).replace("\x1b[?2004h", "\x1b[?1h\x1b=\x1b[?2004h") + "\x1b[?1l\x1b>" + LEAVES
    };
    let again = "\x1b[0m\x1b[27m\x1b[24m\r\x1b[5C";
    let log = [
        line("p\x08pwd"),
        "/srv\r\n".into(),
        // of everything, with a bell behind the step over the blank
        line(&format!(
            "l\x08ls \x07\r\r\n\x1b[Ja.txt  b.txt\r\nc.txt  d.txt\x1b[2A{again}ls\x1b[K\x1b[1C\x07a.txt\r\r\n\x1b[J\x1b[A\x1b[13C"
        )),
        "\x1b[Ja.txt\r\n".into(),
        // a menu that was gone through, and a line that took the place of another
        line(&format!(
            "c\x08cat al\x07\r\r\n\x1b[Jal.sh  al.txt\x1b[A{again}cat al\x1b[K.sh\r\r\n\x1b[7mal.sh\x1b[27m\r\x1b[A{again}cat al.sh\x1b[K\x08\x08txt\r\r\n\x1b[J\x1b[A\x1b[15C\x1b[1m \x1b[0m\x08\x1b[0m \x08"
        )),
        "\x1b[Jtext\r\n".into(),
        line(&format!(
            "c\x08cat al\x07\r\r\n\x1b[Jal.sh  al.txt\x1b[A{again}cat al\x1b[K\r\r\n\x1b[J\x1b[A\x1b[11C\x1b[6D      \x1b[6Di\x08id"
        )),
        "\x1b[Juid=1\r\n".into(),
        line("e\x08exit"),
    ];
    assert_eq!(texts(&log.concat()), ["pwd", "ls a.txt", "cat al.txt", "id", "exit"]);
    assert_eq!(streamed(&log.concat()), ["pwd", "ls a.txt", "cat al.txt", "id", "exit"]);
}
