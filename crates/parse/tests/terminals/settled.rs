//! Lines of a stream that may be read in several ways: what settles them. The bytes are those of real shells, shortened.

use whoran_testkit::agent::Resend;

use super::streamed::{session, texts, texts_of};
use super::unusual::{self, commands};

fn back(n: usize) -> String {
    "\x08".repeat(n)
}

#[test]
fn a_search_beside_which_only_the_prompt_was_drawn_found_what_it_showed() {
    let search = "\r(reverse-i-search)`': \x08\x08\x08p': pwd | wc -l".to_owned()
        + &back(14)
        + "\x1b[1@w\x1b[C\x1b[C\x1b[C\x08\x08\x08\x1b[1@d\x1b[C\x1b[C\x1b[C\r\x1b[12Pubuntu:~$\x1b[C\r\r\n";
    let log = format!("ubuntu:~$ pwd | wc -l\r\n1\r\nubuntu:~$ {search}1\r\nubuntu:~$ exit\r\n");
    assert_eq!(texts(&log), ["pwd | wc -l", "pwd | wc -l", "exit"]);
}

#[test]
fn ksh93_draws_what_it_found_behind_its_question() {
    let log = "~> ls -la ~\r\r\na\r\n~> ^R: la\r~> ls -la ~\r\r\na\r\n~> exit\r\r\n";
    assert_eq!(texts(log), ["ls -la ~", "ls -la ~", "exit"]);
}

#[test]
fn what_was_printed_tells_what_was_to_be_printed() {
    let wrap = "test -f ~/ciqbm.txt || echo missing ciq \rbm";
    let log = format!("$ {wrap}\r\nmissing ciqbm\r\n$ exit\r\n");
    assert_eq!(texts(&log), ["test -f ~/ciqbm.txt || echo missing ciqbm", "exit"]);
    // erased behind the line by a sequence that is lost
    let log = format!("$ echo one two wrongg{}\x1b[K\r\none two\r\n$ exit\r\n", back(7));
    assert_eq!(texts(&log), ["echo one two", "exit"]);
    // what is damaged tells nothing
    let log = "$ echo 'caf\u{e9} \u{65e5}'\r\ncaf\u{e9} \u{65e5}\r\n$ exit\r\n";
    assert!(texts(log)[0].starts_with("echo 'café "));
}

#[test]
fn a_letter_before_a_name_is_no_file_where_nothing_complains() {
    let log = "~$ cat a\r\x1b[C\x1b[C\x1b[C\x1b[Kcat ~/config.yml\r\nserver:\r\n~$ exit\r\n";
    let all = session(&[log], Resend::Never);
    assert_eq!(all[0].command, "cat ~/config.yml");
    assert!(all[0].confidence < 0.9 && all[0].alternatives[0].command == "cat acat ~/config.yml");
}

#[test]
fn a_prompt_is_found_behind_a_name_typed_too_early() {
    let log = "ls(ops:/srv)#  -l /etc\r\na\r\n(ops:/srv)# cd src\r\n".to_owned()
        + "(ops:/srv/src)# id -un\r\nops\r\n(ops:/srv/src)# pwd\r\n/srv/src\r\n(ops:/srv/src)# exit\r\n";
    assert_eq!(texts(&log), ["ls -l /etc", "cd src", "id -un", "pwd", "exit"]);
}

#[test]
fn a_prompt_that_is_drawn_twice_where_a_shell_begins_is_one() {
    let pieces = [
        "ops> sudo su -\r\n",
        "\u{276f} root~ 1# \u{276f} root~ 1# cat ~/notes.txt\r\nto restart:\r\n$ sudo systemctl restart app\r\n",
        "\u{276f} root~ 2# \r\nlogout\r\n",
        "ops> pwd\r\n/srv\r\n",
        "ops> exit\r\n",
    ];
    assert_eq!(texts_of(&pieces), ["sudo su -", "cat ~/notes.txt", "pwd", "exit"]);
}

#[test]
fn the_sign_of_a_comment_is_no_prompt() {
    let typed = format!("cat a | head -4 # ab cd{}ef gh", back(2));
    let log = format!("# pwd\r\n/\r\n# {typed}\r\n1\r\n# exit\r\n");
    assert!(texts(&log)[1].starts_with("cat a | head -4 # ab "), "{:?}", texts(&log));
}

#[test]
fn busybox_breaks_its_lines_at_the_edge_that_a_terminal_has_by_now() {
    let prompt = |text: &str| format!("build-77/srv $ \x1b[6n{text}");
    let pieces = [
        "$ busybox ash\r\n".to_owned(),
        prompt("sleep 0.1; sleep 0.1\r\r\n"),
        prompt("id -u\r\r\r\n"),
        "n\r\r\nops\r\n".to_owned() + &prompt("echo \r\r\r\n"),
        "'open'\r\r\nopen\r\n".to_owned() + &prompt("true \r\r\r\n"),
        "--flag=418 | cat\r\r\n".to_owned() + &prompt("exit\r\r\n"),
    ];
    let pieces: Vec<&str> = pieces.iter().map(String::as_str).collect();
    let all = texts_of(&pieces);
    assert_eq!(all[2..], ["id -un", "echo 'open'", "true --flag=418 | cat", "exit"]);
}

#[test]
fn what_busybox_broke_goes_on_in_another_event() {
    let pieces = [
        "$ busybox ash\r\n",
        "web:/srv$ \x1b[6nfind /etc -maxdepth 1 -name 'r*' 2>/dev/null | sort | head\r\r\r\n",
        " -n 3\r\r\n/etc/rc0.d\r\nweb:/srv$ \x1b[6ncd ~/reports\r\r\n",
        "web:/srv$ \x1b[6nexit\r\r\n",
    ];
    let all = texts_of(&pieces);
    assert_eq!(all[1], "find /etc -maxdepth 1 -name 'r*' 2>/dev/null | sort | head -n 3", "{all:?}");
}

#[test]
fn a_name_put_in_behind_the_bell_stands_before_what_no_command_begins_with() {
    let log = format!(
        "ops> pwd\r\r\n/\r\nops> -n 7 ~/app.log | head -3{}\x07\x1b[1@g\x1b[1@r\x1b[1@e\x1b[1@p\x1b[1@ \r\r\n1:a\r\nops> exit\r\r\n",
        back(2)
    );
    assert_eq!(texts(&log), ["pwd", "grep -n 7 ~/app.log | head -3", "exit"]);
}

#[test]
fn a_prompt_that_leaves_no_room_is_told_by_what_is_typed_below_it() {
    let row = |typed: &str, shown: &str| {
        ["ops/srv/home (main *)\u{3bb} \r\r\n".to_owned(), format!("{typed}\r\r\n{shown}")]
    };
    let rows = [
        row("pwd", "/srv/home\r\n"),
        row("cat ~/notes.txt", "to restart:\r\n$ sudo systemctl restart app\r\n# whoami\r\n"),
        row("set -o vi", ""),
        row("exit", ""),
    ];
    // the prompt comes with what the line before it showed
    let rows = rows.concat();
    let mut pieces = vec![rows[0].clone()];
    pieces.extend(rows[1..].chunks(2).map(|pair| pair.concat()));
    let pieces: Vec<&str> = pieces.iter().map(String::as_str).collect();
    assert_eq!(texts_of(&pieces), ["pwd", "cat ~/notes.txt", "set -o vi", "exit"]);
}

#[test]
fn what_begins_with_steps_back_goes_on_with_the_line_above() {
    let long = "head -2 ~/reports/february.csv | cat";
    let pieces = [
        format!("[web-1~]->> {long}\r\n2\r\n"),
        format!("[web-1~]->> {long}\r\x1b[12Cls /no/such/x\x1b[K\r\n\x1b[K"),
        format!("{}id -un\x1b[K\r\nops\r\n", back(13)),
        "[web-1~]->> exit\r\n".to_owned(),
    ];
    let pieces: Vec<&str> = pieces.iter().map(String::as_str).collect();
    let all = texts_of(&pieces);
    assert_eq!((all.len(), all[0].as_str(), all[1].ends_with("id -un")), (3, long, true), "{all:?}");
}

#[test]
fn a_word_that_nothing_complains_of_was_erased() {
    // typed within another, and erased by a sequence that is lost
    let erased = format!("$ id - wrongg{}\x1b[Kun\r\n", back(7));
    let put_in = format!("$ id - wrongg{}\x1b[2@un\r\n", back(7));
    let log = |line: &str, shown: &str| format!("$ ls\r\na\r\n{line}{shown}$ cat a\r\none\r\n$ exit\r\n");
    assert_eq!(texts(&log(&erased, "ops\r\n"))[1], "id -un");
    assert_eq!(texts(&log(&put_in, "id: 'wrongg': no such user\r\n"))[1], "id -un wrongg");
}

#[test]
fn a_block_of_which_the_end_is_lost_is_the_one_that_ran() {
    let block = "~ > if [ -f a ]; then\r\n> echo yes\r\n> fi\r\nyes\r\n";
    let search = "~ > (reverse-i-search)`': \x08\x08\x08i': if [ -f a ]; then\r\necho yes\r\nfi\x08f': if\r\n\r\ni~ > if\x08\x08\r\n\r\n\r\nyes\r\n";
    let log = format!("~ > ls\r\na\r\n{block}~ > id -un\r\nops\r\n{search}~ > exit\r\n");
    let due = ["ls", "if [ -f a ]; then\necho yes\nfi", "id -un", "if [ -f a ]; then\necho yes\nfi", "exit"];
    assert_eq!(texts(&log), due);
}

#[test]
fn what_readline_shows_in_octal_was_entered_as_characters() {
    // bash in the C locale, at 40 columns: lines pasted together, then one typed
    let prompt = "\x1b[?2004h[\x1b[1;32mapp\x1b[0m@build-63:~]\r\r\n$ ";
    let log = format!(
        "{prompt}\x1b[7mecho 'caf\\303\\251 550 \\342\\200\\224 \\346\\227\\245\\346\\2\x1b[27m\r\n\r\x1b[7m34\\254'\x1b[27m\r\n\r\x1b[7mid -un\x1b[27m\
         \x1b[A\x1b[A\r$ echo 'caf\\303\\251 550 \\342\\200\\224 \\346\\227\\245\\346\\2\r\n\r34\\254'\r\n\rid -un\r\n\x1b[?2004l\rcafé 550 — 日本\r\napp\r\n\
         {prompt}ls caf\\303\\251.txt\r\n\x1b[?2004l\rls: cannot access 'caf'$'\\303\\251''.txt': No such file or directory\r\n\
         {prompt}printf '\\303\\251\\n'\r\n\x1b[?2004l\ré\r\n{prompt}exit\r\n\x1b[?2004l\rexit\r\n"
    );
    let due = ["echo 'café 550 — 日本'", "id -un", "ls café.txt", "printf '\\303\\251\\n'", "exit"];
    for ran in [commands(&log), session(&[&log], Resend::Never)] {
        let texts: Vec<_> = ran.iter().map(|c| c.command.as_str()).collect();
        assert_eq!(texts, due);
        let sure: Vec<_> = ran.iter().map(|c| c.confidence >= 0.9).collect();
        assert_eq!(sure, [true, true, false, true, true]);
    }
}

#[test]
fn a_here_document_of_history_that_still_waited_for_its_end_was_given_up() {
    let shown = "hello\r\n# not a command\r\n";
    // bash puts a text behind the last word, or an empty line
    let again =
        |typed: &str, end: &str| format!("web:~$ {typed}\r\ncat <<EOF\r\n{shown}EOF\r\n{end}\r\n> ^C\r\n");
    let log = format!(
        "web:~$ cat <<EOF\r\n> hello\r\n> # not a command\r\n> EOF\r\n{shown}{}{}web:~$ id -un\r\nops\r\nweb:~$ exit\r\n",
        again("!! # again", " # again"),
        again("!!", "")
    );
    let due = ["cat <<EOF\nhello\n# not a command\nEOF", "id -un", "exit"];
    assert_eq!(unusual::texts(&log), due);
    assert_eq!(texts(&log), due);
    // zsh steps over a blank behind it
    let sign = format!("\x1b[1m\x1b[7m%\x1b[27m\x1b[1m\x1b[0m{}\r \r", " ".repeat(63));
    let draws = "\r\x1b[0m\x1b[27m\x1b[24m\x1b[J";
    let begin = format!("{sign}{draws}web% \x1b[K\x1b[?1h\x1b=\x1b[?2004h");
    let more = format!("{draws}heredoc> \x1b[K\x1b[?1h\x1b=\x1b[?2004h");
    let end = "\x1b[?1l\x1b>\x1b[?2004l\r\r\n";
    let log = format!(
        "{begin}c\x08cat <<EOF{end}{more}hello{end}{more}# not a command{end}{more}EOF{end}{shown}\
         {begin}cat <<EOF\r\r\nhello\x1b[K\r\r\n# not a command\x1b[K\r\r\nEOF\x1b[K\x1b[1C{end}{more}\x1b[?2004l\r\r\n\
         {begin}i\x08id -un{end}ops\r\n{begin}e\x08exit{end}"
    );
    assert_eq!(unusual::texts(&log), due);
    assert_eq!(texts(&log), due);
}

#[test]
fn a_row_that_begins_as_no_output_does_goes_on_with_the_line_above() {
    let ash = |text: &str, shows: &str| format!("</home/ops>$ \x1b[6n{text}\r\n{shows}");
    let log = [
        "ops@web:~$ busybox ash\r\n",
        &ash("id -un", "ops\r\n"),
        &ash("find /etc -maxdepth 1 -name 'k*' 2>/dev/null | sort | head\r\n -n 7", "\r\n/etc/kernel\r\n"),
        &ash("mkdir -p ~/tmp/ffmne && cd\r\n~/tmp/ffmne", "\r\n"),
        &ash("exit", ""),
        "ops@web:~$ exit\r\n",
    ];
    let long = "find /etc -maxdepth 1 -name 'k*' 2>/dev/null | sort | head -n 7";
    let due = ["busybox ash", "id -un", long, "mkdir -p ~/tmp/ffmne && cd ~/tmp/ffmne", "exit", "exit"];
    assert_eq!(texts_of(&log), due);
    assert!(session(&log, Resend::Never).iter().all(|c| c.command.len() < 30 || c.confidence < 0.9));
}

#[test]
fn what_a_line_showed_tells_that_it_was_another() {
    let line = |text: &str, shows: &str| format!("web:~$ {text}\r\n{shows}");
    let log = [
        line("id -un", "ops\r\n"),
        // no shell finds such a name
        line(&format!("tst -f ~/hadme.txt || echo missing hadme{}\x1b[1@e", back(39)), "missing hadme\r\n"),
        // nor does it know such a day
        line(&format!("date u +%Y{}\x1b[1@-", back(5)), "2026\r\n"),
        line("pwd", "/home/ops\r\n"),
        line("wc -l ~/app.log", "60 /home/ops/app.log\r\n"),
        line(&format!("wc -l ~/app.log {}\x1b[12Ppwd ", back(16)), "/home/ops\r\n"),
        line("exit", "exit\r\n"),
    ];
    let pieces: Vec<&str> = log.iter().map(String::as_str).collect();
    let found = session(&pieces, Resend::Never);
    for (at, due) in [(1, "test -f ~/hadme.txt || echo missing hadme"), (2, "date -u +%Y"), (5, "pwd")] {
        assert_eq!(found[at].command, due, "{found:?}");
        assert!(found[at].confidence < 0.9 && !found[at].alternatives.is_empty());
    }
}

#[test]
fn the_name_that_a_shell_did_not_find_is_the_one_that_was_entered() {
    let line = |text: &str, shows: &str| format!("\x1b[?2004hweb:~$ {text}\r\n\x1b[?2004l\r{shows}");
    // found by a search and left with its first letter taken out, of which nothing is shown
    let found = format!(
        "\r(reverse-i-search)`': \x1b[K{}s': \x1b[7ms\x1b[27mleep 1.7{}\x1b[1@l': \x1b[7msl\x1b[27m{}\r\x1b[17Pweb:~$ sl{}",
        back(3),
        back(12),
        back(2),
        back(2)
    );
    let log = line("id -un", "ops\r\n")
        + &line("sleep 1.7", "")
        + &line(&found, "bash: leep: command not found\r\n")
        + &line("./run.sh", "./run.sh: line 3: un.sh: command not found\r\n")
        + &line("exit", "exit\r\n");
    let ran = commands(&log);
    let texts: Vec<_> = ran.iter().map(|c| c.command.as_str()).collect();
    assert_eq!(texts, ["id -un", "sleep 1.7", "leep 1.7", "./run.sh", "exit"]);
    assert!(ran[2].confidence < 0.9 && ran[2].alternatives[0].command == "sleep 1.7", "{:?}", ran[2]);
}
