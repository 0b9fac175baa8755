//! Prompts of themes that are drawn once more, of which a copy has lost a part, or into which somebody prints. The bytes are
//! those of bash and zsh, shortened.

use super::streamed::{ran as copied, texts as streamed};
use super::unusual::{ran, texts};
use whoran_testkit::agent::Resend;

fn back(n: usize) -> String {
    "\x08".repeat(n)
}

/// A line of bash that does not mark its editor.
fn line(prompt: &str, drawn: &str, shows: &str) -> String {
    format!("{prompt}{drawn}\r\n{shows}")
}

#[test]
fn what_zsh_draws_above_its_editor_is_no_command_of_a_copy() {
    let sign = format!(
        "\x1b[1m\x1b[7m%\x1b[27m\x1b[1m\x1b[0m{}\r \r\r\x1b[0m\x1b[27m\x1b[24m\x1b[J",
        " ".repeat(79)
    );
    let edit = |typed: &str, shows: &str| {
        let first = &typed[..1];
        format!(
            "{sign}\r\n\x1b[33mj.doe\x1b[39m in \u{1f310} web in ~\r\n\x1b[32m\u{276f} \x1b[39m\x1b[K\x1b[?1h\x1b=\x1b[?2004h{first}\x08{typed}\x1b[?1l\x1b>\x1b[?2004l\r\r\n{shows}"
        )
    };
    let log = [edit("cat a", "a\r\n"), edit("id -un", "j.doe\r\n"), edit("exit", "")].concat();
    assert_eq!(streamed(&log), ["cat a", "id -un", "exit"]);
    assert_eq!(texts(&log), ["cat a", "id -un", "exit"]);
}

#[test]
fn a_prompt_of_parts_that_is_drawn_once_more_is_still_one() {
    let prompt = |path: &str| format!(" ops@web \u{e0b0} {path} \u{e0b0} ");
    let home = prompt("~");
    let old = "/etc -name 'f*'";
    // letters put in front one by one, each of which draws the rest anew
    let keys =
        format!("{old}{}f{old}{home}fi{old}{home}find{old}{home}find {old}{home}find ", back(old.len()));
    let log = [
        line(&home, "id -un", "ops\r\n"),
        line(&home, &keys, "/etc/fstab\r\n"),
        line(&home, &format!("{home}cd /srv"), ""),
        line(&prompt("/srv"), "pwd", "/srv\r\n"),
        line(&prompt("/srv"), "exit", "exit\r\n"),
    ];
    assert_eq!(streamed(&log.concat())[2..], ["cd /srv", "pwd", "exit"]);
    let due = ("id -un", Some("ops"));
    assert!(copied(&[&log.concat()], Resend::Never).iter().all(|(_, user, _)| user.as_deref() == due.1));
}

#[test]
fn a_search_may_leave_nothing_but_the_prompt_to_be_drawn() {
    let prompt = "\u{a0}ops\u{a0}\u{e0b0}\u{a0}~\u{a0}\u{e0b0}\u{a0}";
    let found = "test -f a || echo missing a";
    let search = format!(
        "(reverse-i-search)`': {}t': {found}{}e{}s{}t\r{prompt}\x1b[25P",
        back(3),
        back(found.len() + 3),
        back(3),
        back(3)
    );
    let log = [
        line(prompt, found, "missing a\r\n"),
        line(prompt, "id -un", "ops\r\n"),
        line(prompt, &search, "missing a\r\n"),
        line(prompt, "exit", "exit\r\n"),
    ];
    assert_eq!(streamed(&log.concat()), [found, "id -un", found, "exit"]);
}

#[test]
fn a_session_may_show_its_first_prompt_only_at_its_end_once_more() {
    let first = "\u{279c}  ~ git:(main) ";
    let root = " root@web \u{e0b0} ~ \u{e0b0} ";
    let log = [
        line(first, "sudo su -", ""),
        line(root, "id -un", "root\r\n"),
        line(root, "pwd", "/root\r\n"),
        line(root, "exit", "logout\r\n"),
        line(first, "exit", "exit\r\n"),
    ];
    let users: Vec<_> = copied(&[&log.concat()], Resend::Never)
        .into_iter()
        .map(|(text, user, _)| (text, user.unwrap()))
        .collect();
    let due = [("sudo su -", "ops"), ("id -un", "root"), ("pwd", "root"), ("exit", "root"), ("exit", "ops")];
    assert_eq!(users, due.map(|(text, user)| (text.to_owned(), user.to_owned())));
}

#[test]
fn where_a_job_moved_the_cursor_an_edge_tells_no_width() {
    let line = |typed: &str, shows: &str| {
        format!("\x1b[?2004h\u{279c}  ~ git:(main) {typed}\r\r\n\x1b[?2004l\r{shows}")
    };
    // the editor is at the edge of 40 columns
    let log = [
        line("(sleep 1; echo job says) &", "[1] 4711\r\r\n"),
        line("cat a | sort job says\r\r\n| uniq -c  \r| sort -rn", "1 a\r\r\n"),
        line(&format!("/no/such/x{0}l/no/such/x{0}s/no/such/x{0} /no/such/x{0}", back(10)), "a\r\r\n"),
        line("exit", ""),
    ];
    let got = texts(&log.concat());
    assert_eq!(got[1..], ["cat a | sort | uniq -c | sort -rn", "ls /no/such/x", "exit"]);
}

#[test]
fn an_edge_is_told_behind_a_blank_at_which_no_line_breaks() {
    let prompt = "\u{a0}ops\u{a0}\u{e0b0}\u{a0}~\u{a0}\u{e0b0}\u{a0}";
    // 40 columns
    let log = [
        line(prompt, "id -un", "ops\r\n"),
        line(prompt, "cat a | grep INFO | sort |  \rhead -2 # a b", "a\r\n"),
        line(prompt, "exit", "exit\r\n"),
    ];
    assert_eq!(texts(&log.concat()), ["id -un", "cat a | grep INFO | sort | head -2 # a b", "exit"]);
}

#[test]
fn a_frame_that_closes_on_the_next_row_is_a_prompts() {
    let line = |user: &str, typed: &str, shows: &str| {
        format!("\x1b[?2004h┌──({user}\u{327f}web)-[~]\r\r\r\n└─$ {typed}\r\r\n\x1b[?2004l\r{shows}")
    };
    let log = [line("app", "id -un", "app\r\r\n"), line("app", "exit", "exit\r\r\n")].concat();
    assert_eq!(texts(&log), ["id -un", "exit"]);
}

#[test]
fn a_shell_of_another_user_may_be_told_the_same_once_more() {
    let edit = |typed: &str| {
        format!(
            "\x1b[0m\x1b[27m\x1b[24m\x1b[J\r\n\x1b[33mops\x1b[39m in \u{1f310} web in ~\r\n\x1b[32m\u{276f} \x1b[39m\x1b[K\x1b[?1h\x1b=\x1b[?2004h{typed}\x1b[?1l\x1b>\x1b[?2004l\r\r\n"
        )
    };
    let bash = |user: &str, typed: &str, shows: &str| {
        format!(
            "\r\r\n\x1b[1;33m{user}\x1b[0m in \u{1f310} web in ~\r\r\n\x1b[1;32m\u{276f} \x1b[0m{typed}\r\n{shows}"
        )
    };
    let log = [
        edit("pwd") + "/home/ops\r\n",
        edit("su - app") + "Password: \r\n",
        bash("app", "su - app", "Password: \r\n"),
        bash("app", "id -un", "app\r\n"),
        bash("app", "exit", "logout\r\n"),
        bash("app", "exit", "logout\r\n"),
        edit("exit"),
    ];
    let texts: Vec<_> =
        ran(&log.concat()).into_iter().map(|(text, _)| text).filter(|t| !t.is_empty()).collect();
    assert_eq!(texts, ["pwd", "su - app", "su - app", "id -un", "exit", "exit", "exit"]);
}

#[test]
fn history_may_expand_a_word_to_several_lines() {
    let line = |typed: &str, shows: &str| format!("\x1b[?2004hops:~$ {typed}\r\n\x1b[?2004l\r{shows}");
    let log = [
        line("echo 'open", "\x1b[?2004h> shut'\r\n\x1b[?2004l\ropen\r\nshut\r\n"),
        line("echo !$", "echo 'open\r\nshut'\r\nopen\r\nshut\r\n"),
        line("exit", "exit\r\n"),
    ];
    assert_eq!(texts(&log.concat()), ["echo 'open\nshut'", "echo 'open\nshut'", "exit"]);
}

/// What zsh writes before its prompt.
const DRAWS: &str = "\x1b[0m\x1b[27m\x1b[24m\x1b[J";

#[test]
fn a_short_prompt_may_take_the_place_of_a_long_one_in_its_row() {
    let sign = format!("\x1b[1m\x1b[7m%\x1b[27m\x1b[1m\x1b[0m{}\r \r\r{DRAWS}", " ".repeat(79));
    let edit = |begin: &str, prompt: &str, short: &str, typed: &str| {
        format!(
            "{begin}{prompt}\x1b[K\x1b[?1h\x1b=\x1b[?2004h{typed}\x1b[?2004l\r\r{DRAWS}{short}{typed}\x1b[K\r\r\n"
        )
    };
    let line = |typed: &str| edit(&sign, "[ops@web ~]>", "% ", typed);
    let more = |typed: &str| edit(&format!("\r{DRAWS}"), "heredoc> ", "heredoc> ", typed);
    let log = [
        line("id -un") + "ops\r\n",
        line("cat <<EOF"),
        more("hello"),
        more("EOF") + "hello\r\n",
        line("pwd") + "/home/ops\r\n",
        line("exit"),
    ];
    assert_eq!(texts(&log.concat()), ["id -un", "cat <<EOF\nhello\nEOF", "pwd", "exit"]);
    assert_eq!(streamed(&log.concat()), ["id -un", "cat <<EOF\nhello\nEOF", "pwd", "exit"]);
}

#[test]
fn parts_of_a_prompt_come_and_go() {
    let log = [
        line("ops@web:~$", "cd src", ""),
        line("ops@web:~/src (main)$", "pwd", "/home/ops/src\r\n"),
        line("ops@web:~/src (main)$", "cd /usr/share", ""),
        line(
            "ops@web:/usr/share [prod:web]$",
            "ls x",
            "ls: cannot access 'x': No such file or directory\r\n",
        ),
        line("2 ops@web:/usr/share [prod:web]$", "cd", ""),
        line("ops@web:~$", "exit", "exit\r\n"),
    ];
    let due = ["cd src", "pwd", "cd /usr/share", "ls x", "cd", "exit"];
    assert_eq!(texts(&log.concat()), due);
    assert_eq!(streamed(&log.concat()), due);
}

#[test]
fn a_line_given_up_leaves_its_status_before_a_short_prompt() {
    let log = [
        "~ > id -un\r\nops\r\n",
        "~ > echo never^C\r\n",
        "130 ~ > sudo -u app -i\r\n",
        "app@web:~$ pwd\r\n/home/app\r\napp@web:~$ exit\r\nlogout\r\n",
        "~ > exit\r\n",
    ];
    assert_eq!(texts(&log.concat()), ["id -un", "sudo -u app -i", "pwd", "exit", "exit"]);
}

#[test]
fn a_line_of_the_shells_own_above_its_prompt_is_no_command() {
    let prompt = |path: &str| format!("--- /home/ops{path}\r\n[ops@web ~{path}]>");
    let log = [
        line(&prompt(""), "id -un", "ops\r\n"),
        line(&prompt(""), "cd src", ""),
        line(&prompt("/src"), ". ~/activate", ""),
        line(&prompt("/src").replace('[', "(venv) ["), "pwd", "/home/ops/src\r\n"),
        line(&prompt("/src").replace('[', "(venv) ["), "cd ../doc", ""),
        line(&prompt("/doc").replace('[', "(venv) ["), "exit", "exit\r\n"),
    ];
    let due = ["id -un", "cd src", ". ~/activate", "pwd", "cd ../doc", "exit"];
    assert_eq!(texts(&log.concat()), due);
    assert_eq!(streamed(&log.concat()), due);
}

#[test]
fn a_prompt_that_says_that_nobody_was_become_is_the_same_shells() {
    let edit = |prompt: &str, typed: &str, shows: &str| {
        format!("\x1b[?2004h{prompt}{typed}\r\r\n\x1b[?2004l\r{shows}")
    };
    let bare = "\r\r\r\n~\r\r\r\n\u{276f} ";
    let failed = "\r\r\r\n~\r\r\r\n1 \u{276f} ";
    let log = [
        edit("ops@web:~$ ", "sudo -u app -i", ""),
        edit(bare, "pwd", "/home/app\r\r\n"),
        edit(bare, "sudo -s", "[sudo] password for app: \r\r\napp is not in the sudoers file.\r\r\n"),
        edit(failed, "date", "now\r\r\n"),
        edit(bare, "exit", "logout\r\r\n"),
        edit("ops@web:~$ ", "exit", ""),
    ];
    let users: Vec<_> = ran(&log.concat()).into_iter().filter(|(text, _)| !text.is_empty()).collect();
    let due = [
        ("sudo -u app -i", "ops"),
        ("pwd", "app"),
        ("sudo -s", "app"),
        ("date", "app"),
        ("exit", "app"),
        ("exit", "ops"),
    ];
    assert_eq!(users, due.map(|(text, user)| (text.to_owned(), Some(user.to_owned()))));
}

#[test]
fn an_edge_is_told_behind_a_prompt_without_a_blank() {
    // 40 columns
    let prompt = "ops@web:~/src$";
    let log = [
        line(prompt, "id -un", "ops\r\n"),
        line(prompt, "find /etc -maxdepth 1 -nam \re 'q*' | head -n 4", "/etc/q\r\n"),
        line(prompt, "printf 'no newline at the  \rend of this' | wc -c", "26\r\n"),
        line(prompt, "exit", "exit\r\n"),
    ];
    let due = [
        "id -un",
        "find /etc -maxdepth 1 -name 'q*' | head -n 4",
        "printf 'no newline at the end of this' | wc -c",
        "exit",
    ];
    assert_eq!(texts(&log.concat()), due);
}

#[test]
fn shells_whose_prompts_end_in_one_sign_are_told_by_what_stands_above_or_before() {
    let bare = "\r\n~\r\n\u{276f} ";
    let root = "\r\nroot in \u{1f310} web in ~\r\n\u{276f} ";
    let app = |path: &str| format!(" app@web \u{e0b0} {path} \u{e0b0} ");
    let log = [
        line(bare, "pwd", "/home/ops\r\n"),
        line(bare, "date", "now\r\n"),
        line(bare, "id -un", "ops\r\n"),
        line(bare, "sudo -i", ""),
        line(root, "cat /etc/hosts", "localhost\r\n"),
        line(root, "id -un", "root\r\n"),
        line(root, "su - app", ""),
        line(&app("~"), "cd ~/src && ls", "main.c\r\n"),
        line(&app("~/src"), "pwd", "/home/app/src\r\n"),
        line(&app("~/src"), "date", "now\r\n"),
        line(&app("~/src"), "exit", "logout\r\n"),
        line(root, "exit", "logout\r\n"),
        line(bare, "exit", "exit\r\n"),
    ];
    let due = [
        ("pwd", "ops"),
        ("date", "ops"),
        ("id -un", "ops"),
        ("sudo -i", "ops"),
        ("cat /etc/hosts", "root"),
        ("id -un", "root"),
        ("su - app", "root"),
        ("cd ~/src && ls", "app"),
        ("pwd", "app"),
        ("date", "app"),
        ("exit", "app"),
        ("exit", "root"),
        ("exit", "ops"),
    ];
    let users: Vec<_> = copied(&[&log.concat()], Resend::Never)
        .into_iter()
        .map(|(text, user, _)| (text, user.unwrap()))
        .collect();
    assert_eq!(users, due.map(|(text, user)| (text.to_owned(), user.to_owned())));
}

#[test]
fn zsh_returns_to_the_start_of_a_row_for_a_word_in_other_colours() {
    let sign = format!("\x1b[1m\x1b[7m%\x1b[27m\x1b[1m\x1b[0m{}\r \r\r{DRAWS}", " ".repeat(39));
    let edit = |typed: &str, shows: &str| {
        format!(
            "{sign}\u{279c}  ~ \x1b[K\x1b[?1h\x1b=\x1b[?2004h{typed}\x1b[?1l\x1b>\x1b[?2004l\r\r\n{shows}"
        )
    };
    // 40 columns, of which the path fills the last; then a letter of it stands in the next row
    let path = "find /srv/log/abcde -name g 2>\x1b[4m/dev/\x1b[24m";
    let typed = format!(
        "{path} \r\x1b[K\x1b[A\x1b[39C\x1b[4m/\x1b[4mn\x1b[24m\r\x1b[4mn\x1b[4mu\x1b[24m\r\x1b[4mn\x1b[4mu\x1b[4ml\x1b[24m\x08\x1b[4ml\x1b[4ml\x1b[24m"
    );
    let log = [edit("id -un", "ops\r\n"), edit(&typed, ""), edit("exit", "")].concat();
    assert_eq!(streamed(&log), ["id -un", "find /srv/log/abcde -name g 2>/dev/null", "exit"]);
    assert_eq!(texts(&log), ["id -un", "find /srv/log/abcde -name g 2>/dev/null", "exit"]);
}

#[test]
fn a_long_prompt_without_a_blank_ends_where_it_ended_before() {
    let edit = |prompt: &str, typed: &str, shows: &str| {
        format!("\x1b[?2004h{prompt}{typed}\r\r\n\x1b[?2004l\r{shows}")
    };
    let src = "(venv) [ops@web src (main)]>";
    let share = "(venv) [ops@web share [prod:web]]>";
    let log = [
        edit(src, "pwd", "/home/ops/src\r\r\n"),
        edit(src, "id -un", "ops\r\r\n"),
        edit(src, "cd /usr/share", ""),
        edit(share, "cat a", "a\r\r\n"),
        edit(share, "exit", "exit\r\r\n"),
    ];
    assert_eq!(texts(&log.concat()), ["pwd", "id -un", "cd /usr/share", "cat a", "exit"]);
}

#[test]
fn bash_says_exit_itself_where_it_was_left_by_a_key() {
    let log = [
        line("ops:~$ ", "bash", ""),
        line("ops:~$ ", "id -un", "ops\r\n"),
        // Ctrl-D
        line("ops:~$ ", "exit", ""),
        line("ops:~$ ", "pwd", "/home/ops\r\n"),
        line("ops:~$ ", "exit", "exit\r\n"),
    ];
    assert_eq!(texts(&log.concat()), ["bash", "id -un", "pwd", "exit"]);
    assert_eq!(streamed(&log.concat()), ["bash", "id -un", "pwd", "exit"]);
}

#[test]
fn a_shell_that_was_left_at_once_may_say_more_before_its_prompt() {
    let prompt = "10:20:30 /home/ops\r\n\u{a0}ops\u{a0}\u{e0b0}\u{a0}~\u{a0}\u{e0b0}\u{a0}";
    let log = [
        line(prompt, "date", "now\r\n"),
        line(prompt, "sudo -s", "\r\n/home/ops\r\n\u{276f} exit\r\n")
            .replace("\u{276f} exit", "\u{276f} \r\nexit"),
        line(prompt, "id -un", "ops\r\n"),
        line(prompt, "pwd", "/home/ops\r\n"),
        line(prompt, "exit", "exit\r\n"),
    ];
    let users = copied(&[&log.concat()], Resend::Never);
    assert!(users.iter().all(|(_, user, _)| user.as_deref() == Some("ops")), "{users:?}");
    assert_eq!(users.len(), 5, "{users:?}");
}

#[test]
fn a_status_before_a_sign_leaves_the_shell_what_it_is() {
    let bare = "\r\n~\r\n\u{276f} ";
    let failed = "\r\n~\r\n2 \u{276f} ";
    let log = [
        line(bare, "id -un", "ops\r\n"),
        line(bare, "sudo -i", ""),
        line(bare, "id -un", "root\r\n"),
        line(bare, "ls x", "ls: cannot access 'x': No such file or directory\r\n"),
        line(failed, "date", "now\r\n"),
        line(bare, "pwd", "/root\r\n"),
        line(bare, "exit", "logout\r\n"),
        line(bare, "exit", "exit\r\n"),
    ];
    let users: Vec<_> = copied(&[&log.concat()], Resend::Never)
        .into_iter()
        .map(|(text, user, _)| (text, user.unwrap()))
        .collect();
    let due = [
        ("id -un", "ops"),
        ("sudo -i", "ops"),
        ("id -un", "root"),
        ("ls x", "root"),
        ("date", "root"),
        ("pwd", "root"),
        ("exit", "root"),
        ("exit", "ops"),
    ];
    assert_eq!(users, due.map(|(text, user)| (text.to_owned(), user.to_owned())));
}

#[test]
fn the_first_prompt_of_who_was_asked_for_is_whole() {
    let app = "[app@web ~]>";
    let entered = format!("(venv) {app}");
    let log = [
        line("\u{279c}  ~ git:(main) ", "su - app", "Password: \r\n"),
        line(app, ". ~/activate", ""),
        line(&entered, "cat notes", "> a\r\n"),
        line(&entered, "ls -l \\", "> /etc/hosts\r\n/etc/hosts\r\n"),
        line(&entered, "pwd", "/home/app\r\n"),
        line(&entered, "exit", "logout\r\n"),
        line("\u{279c}  ~ git:(main) ", "exit", "exit\r\n"),
    ];
    let texts: Vec<_> = streamed(&log.concat()).into_iter().filter(|text| !text.is_empty()).collect();
    assert_eq!(texts[..3], ["su - app", ". ~/activate", "cat notes"]);
    assert_eq!(texts[4..], ["pwd", "exit", "exit"]);
}

#[test]
fn zsh_erases_a_suggestion_of_two_rows() {
    let sign = format!("\x1b[1m\x1b[7m%\x1b[27m\x1b[1m\x1b[0m{}\r \r\r{DRAWS}", " ".repeat(39));
    let edit = |typed: &str, shows: &str| {
        format!("{sign}% \x1b[K\x1b[?1h\x1b=\x1b[?2004h{typed}\x1b[?1l\x1b>\x1b[?2004l\r\r\n{shows}")
    };
    // 40 columns, of which the suggestion takes 50
    let rest = "cho one two three four five six seven eight nine";
    let typed = format!(
        "e\x08e\x1b[90m{rest}\x1b[39m\x1b[K\x1b[A\x1b[8D\x08e\x1b[39mc\x1b[39mh\x1b[39mo\x1b[39m \x1b[39ms{}\x1b[1B\r\x1b[K\x1b[A\x1b[8Cix",
        "\x1b[39m ".repeat(32)
    );
    let log = [edit("id -un", "ops\r\n"), edit(&typed, "six\r\n"), edit("exit", "")].concat();
    assert_eq!(streamed(&log), ["id -un", "echo six", "exit"]);
}

#[test]
fn no_editor_steps_back_over_the_start_of_a_row() {
    let sign = format!("\x1b[1m\x1b[7m%\x1b[27m\x1b[1m\x1b[0m{}\r \r\r{DRAWS}", " ".repeat(39));
    let edit = |typed: &str, shows: &str| {
        format!("{sign}% \x1b[K\x1b[?1h\x1b=\x1b[?2004h{typed}\x1b[?1l\x1b>\x1b[?2004l\r\r\n{shows}")
    };
    // the terminal has more than 40 columns now
    let wider = "head -2 ~/reports/february.csv | cat | wc -l\x1b[44D\x1b[32mls\x1b[39m\x1b[K";
    let log = [edit("id -un", "ops\r\n"), edit(wider, "a\r\n"), edit("exit", "")].concat();
    assert_eq!(texts(&log), ["id -un", "ls", "exit"]);
}

#[test]
fn a_shell_that_is_left_at_once_shows_its_prompt_but_once() {
    let log = [
        line("ops@web:~$ ", "pwd", "/home/ops\r\n"),
        line("ops@web:~$ ", "sudo su -", ""),
        line("\u{279c}  ~ git:(main) ", "exit", "logout\r\n"),
        line("ops@web:~$ ", "exit", "exit\r\n"),
    ];
    let users: Vec<_> = ran(&log.concat()).into_iter().map(|(text, user)| (text, user.unwrap())).collect();
    let due = [("pwd", "ops"), ("sudo su -", "ops"), ("exit", "root"), ("exit", "ops")];
    assert_eq!(users, due.map(|(text, user)| (text.to_owned(), user.to_owned())));
}

#[test]
fn a_status_may_stand_within_a_marked_prompt() {
    let edit = |prompt: &str, typed: &str, shows: &str| {
        format!("\x1b[?2004h{prompt}{typed}\r\r\n\x1b[?2004l\r{shows}")
    };
    let prompt = "(venv) /usr/share [prod:web] > ";
    let log = [
        edit(prompt, "pwd", "/usr/share\r\r\n"),
        edit(prompt, "ls x", "ls: cannot access 'x': No such file or directory\r\r\n"),
        edit("(venv) 2 /usr/share [prod:web] > ", "id -un", "ops\r\r\n"),
        edit(prompt, "exit", "exit\r\r\n"),
    ];
    assert_eq!(texts(&log.concat()), ["pwd", "ls x", "id -un", "exit"]);
}

#[test]
fn a_first_prompt_may_be_drawn_twice_as_often_as_not() {
    let first = "\u{279c}  ~ git:(main) ";
    let root = "\r\nroot in \u{1f310} web in /home/ops\r\n\u{276f} ";
    let log = [
        line(first, "cat notes", "a\r\n"),
        line(first, "date", "now\r\n"),
        line(first, &format!("{first}sudo -s"), ""),
        line(root, "pwd", "/home/ops\r\n"),
        line(root, "cat notes", "b\r\n"),
        line(root, "exit", "exit\r\n"),
        line(first, &format!("{first}exit"), "exit\r\n"),
    ];
    let users: Vec<_> = copied(&[&log.concat()], Resend::Never)
        .into_iter()
        .map(|(text, user, _)| (text, user.unwrap()))
        .collect();
    let due = [
        ("cat notes", "ops"),
        ("date", "ops"),
        ("sudo -s", "ops"),
        ("pwd", "root"),
        ("cat notes", "root"),
        ("exit", "root"),
        ("exit", "ops"),
    ];
    assert_eq!(users, due.map(|(text, user)| (text.to_owned(), user.to_owned())));
}

#[test]
fn an_empty_line_above_a_prompt_may_have_the_mark_that_its_rows_lost() {
    let bash =
        |typed: &str, shows: &str| format!("\x1b[?2004h\r\n~\r\n\u{276f} {typed}\r\n\x1b[?2004l\r{shows}");
    let fish = "\x1b[?2004h\x1b]0;~\x07\x1b[30m\x1b(B\x1b[m\r~> \x1b[K\r\x1b[3Cexit\r\x1b[7C\x1b(B\r\n\x1b(B\x1b[m\x1b[?2004l\x1b]0;exit ~\x07\x1b(B\x1b[m\x1b(B\x1b[m\x1b[?2004l";
    let log = [
        bash("id -un", "ops\r\n"),
        bash("date -u", "Tue\r\n"),
        bash("fish", fish),
        bash("sleep 1", ""),
        bash("pwd", "/srv\r\n"),
        bash("exit", "exit\r\n"),
    ];
    assert_eq!(streamed(&log.concat()), ["id -un", "date -u", "fish", "exit", "sleep 1", "pwd", "exit"]);
}

#[test]
fn a_word_that_ends_with_an_accent_is_no_prompt() {
    let line =
        |typed: &str, shows: &str| format!("\r\nops in \u{1f310} web in ~\r\n\u{276f} {typed}\r\n{shows}");
    let log = [
        line("echo 'caf\u{e9} 8'", "caf\u{e9} 8\r\n"),
        line("whoami", "ops\r\n"),
        line("ls", "a\r\n"),
        line("echo 'caf\u{e9} 9'", "caf\u{e9} 9\r\n"),
        line("exit", "exit\r\n"),
    ];
    let due = ["echo 'caf\u{e9} 8'", "whoami", "ls", "echo 'caf\u{e9} 9'", "exit"];
    assert_eq!(streamed(&log.concat()), due);
    assert_eq!(texts(&log.concat()), due);
}

#[test]
fn an_empty_line_of_fish_beside_what_stands_at_the_edge_is_none() {
    let blanks = " ".repeat(99);
    let sign = format!("\x1b[2m⏎\x1b(B\x1b[m{blanks}\r⏎ \r\x1b[K");
    let begin = format!(
        "{sign}\x1b[?2004h\x1b]0;~\x07\x1b[30m\x1b(B\x1b[m\r\u{a0}ops\u{a0}\u{e0b0}\u{a0}~\u{a0}\u{e0b0}\u{a0}\x1b[K\r\x1b[90C0ms\r\x1b[90C\r\x1b[11C"
    );
    let line = |text: &str, shows: &str| {
        let typed = format!("{text}\r\x1b[90C0ms\r\x1b[90C\r\x1b[{}C", 11 + text.len());
        format!("{begin}{typed}\r\n\x1b[30m\x1b(B\x1b[m\x1b[?2004l\x1b]0;{text} ~\x07\x1b(B\x1b[m\r{shows}")
    };
    let empty = format!("{begin}\r\n\x1b[30m\x1b(B\x1b[m");
    let log = [line("id -un", "ops\r\n"), empty, line("ls", "a\r\n"), line("exit", "")].concat();
    assert_eq!(texts(&log), ["id -un", "ls", "exit"]);
}

#[test]
fn an_environment_named_before_a_prompt_stays_before_it() {
    let marked =
        |prompt: &str, text: &str, shows: &str| format!("\x1b[?2004h{prompt}{text}\r\n\x1b[?2004l\r{shows}");
    for prompt in ["<(main *)>λ ", "┌─ \r\r\n:$ "] {
        let [once, twice] = ["(venv) ", "(venv) (venv) "].map(|name| format!("{name}{prompt}"));
        let log = [
            marked(prompt, "id -un", "ops\r\n"),
            marked(prompt, "whoami", "ops\r\n"),
            marked(prompt, ". ~/activate", ""),
            marked(&once, "ls", "a\r\n"),
            marked(&once, ". ~/activate", ""),
            marked(&twice, "pwd", "/srv\r\n"),
            marked(&twice, "mkdir -p ~/tmp/a", ""),
            marked(&twice, "exit", "exit\r\n"),
        ];
        let due =
            ["id -un", "whoami", ". ~/activate", "ls", ". ~/activate", "pwd", "mkdir -p ~/tmp/a", "exit"];
        assert_eq!(texts(&log.concat()), due, "{prompt}");
    }
}

#[test]
fn zsh_draws_a_line_below_which_names_were_listed_with_what_stands_right_of_it() {
    let sign = format!(
        "\x1b[1m\x1b[7m%\x1b[27m\x1b[1m\x1b[0m{}\r \r\r\x1b[0m\x1b[27m\x1b[24m\x1b[J",
        " ".repeat(92)
    );
    let prompt =
        "\x1b]0;ops@web: ~\x07\x1b[33mweb\x1b[39m% \x1b[K\x1b[79C10:12:20\x1b[87D\x1b[?1h\x1b=\x1b[?2004h";
    let edit = |typed: &str, shows: &str| {
        format!("{sign}{prompt}{}\x08{typed}\x1b[?1l\x1b>\x1b[?2004l\r\r\n{shows}", &typed[..1])
    };
    let names = "app.conf    app.log     src/";
    let listed = format!(
        "ls -l ~/\x07\r\r\n\x1b[J{names}\x1b[A\x1b[0m\x1b[27m\x1b[24m\x1b[39m\r\x1b[5Cls -l ~/\x1b[K\x1b[71C10:12:20\x1b[39m\x1b[79D\x07app.conf\x07\r\r\n\x1b[J\x1b[A\x1b[21C"
    );
    let log = [
        edit("id -un", "ops\r\n"),
        edit(&listed, "\x1b[J-rw-r--r-- 1 ops ops 0 app.conf\r\n"),
        edit("exit", ""),
    ];
    assert_eq!(streamed(&log.concat()), ["id -un", "ls -l ~/app.conf", "exit"]);
    assert_eq!(texts(&log.concat()), ["id -un", "ls -l ~/app.conf", "exit"]);
}

#[test]
fn fish_types_on_behind_a_block_beside_a_right_prompt() {
    for (colour, end) in [("\x1b[32m", "\x1b(B\x1b[m"), ("", "")] {
        let right = format!("\r\x1b[69C{colour}src{end}\r\x1b[69C\r");
        let prompt = format!(
            "\x1b[2m\u{23ce}\x1b(B\x1b[m{}\r\u{23ce} \r\x1b[K\x1b[?2004h\x1b]0;~/src\x07\x1b[30m\x1b(B\x1b[mops> \x1b[K{right}\x1b[5C",
            " ".repeat(71)
        );
        let left = |title: &str, shows: &str| {
            format!(
                "\r\n\x1b[30m\x1b(B\x1b[m\x1b[?2004l\x1b]0;{title} ~/src\x07\x1b[30m\x1b(B\x1b[m\r{shows}\r\n"
            )
        };
        // each key is drawn on the last row, then in its colour, and what stands right of the first row once more
        let (mut keys, mut at) = (String::new(), 8);
        for c in " | wc -l".chars() {
            for colour in ["", "\x1b[34m"] {
                let to = at + 1;
                let reset = if colour.is_empty() { "" } else { "\x1b[30m\x1b(B\x1b[m" };
                keys += &format!(
                    "{colour}{c}\x1b[A\x1b[A\r\r\n\r\n\x1b[{to}C{reset}\x1b[A\x1b[A{right}\r\n\r\n\x1b[{}C",
                    if colour.is_empty() { at } else { to }
                );
            }
            at += 1;
        }
        let block = format!(
            "for i in (seq 2){right}\r\n\x1b[K\x1b[9Cecho $i of 7\r\n\x1b[K\x1b[5Cend\x1b[A\x1b[A\r\r\n\r\n\x1b[8C"
        );
        let coloured = format!(
            "\x1b[A\x1b[A\x08\x08\x08\x1b[34mfor\x1b[30m\x1b(B\x1b[m i in (seq 2){right}\r\n\x1b[9C\x1b[34mecho\x1b[30m\x1b(B\x1b[m $i of 7\r\n\x1b[5C\x1b[34mend\x1b[A\x1b[A\r\r\n\r\n\x1b[8C\x1b[30m\x1b(B\x1b[m\x1b[A\x1b[A{right}\r\n\r\n\x1b[8C"
        );
        let log = [
            prompt.clone() + "pwd" + &left("pwd", "/src"),
            prompt.clone() + &block + &coloured + &left("for i in (seq 2) ech", "1 of 7\r\n2 of 7"),
            prompt.clone() + &block + &coloured + &keys + &left("for i in (seq 2) ech", "2"),
            prompt + "exit" + &left("exit", ""),
        ];
        let due = [
            "pwd",
            "for i in (seq 2)\necho $i of 7\nend",
            "for i in (seq 2)\necho $i of 7\nend | wc -l",
            "exit",
        ];
        let texts: Vec<String> = streamed(&log.concat())
            .iter()
            .map(|text| text.lines().map(str::trim).collect::<Vec<_>>().join("\n"))
            .collect();
        assert_eq!(texts, due);
    }
}

#[test]
fn what_zsh_suggests_may_fill_the_row_beside_a_right_prompt() {
    let sign = format!(
        "\x1b[1m\x1b[7m%\x1b[27m\x1b[1m\x1b[0m{}\r \r\r\x1b[0m\x1b[27m\x1b[24m\x1b[J",
        " ".repeat(59)
    );
    let edit = |typed: &str, shows: &str| {
        format!(
            "{sign}ops ~ \x1b[K\x1b[45C10:14:09\x1b[53D\x1b[?1h\x1b=\x1b[?2004h{typed}\x1b[?1l\x1b>\x1b[?2004l\r\r\n{shows}"
        )
    };
    // the letter typed is drawn again before what is suggested behind it, which goes on in the next row
    let filled = |from: usize, head: &str| {
        format!("\x1b[90m{head}{}\x1b[39m \r\x1b[K\x1b[A", "a".repeat(60 - from - head.len()))
    };
    let gone = "\x1b[1B\r\x1b[K\x1b[A";
    let typed = [
        format!(
            "e\x08e{}\x1b[7C\x08e\x1b[39mc{gone}\x1b[8C\x1b[39mh\x1b[39mo\x1b[39m \x1b[39mx",
            filled(7, "cho ")
        ),
        format!("\x1b[K\x1b[39C10:14:09{gone}\x1b[12C{}\x1b[12C\x1b[39my", filled(12, "")),
        format!("\x1b[K\x1b[38C10:14:09{gone}\x1b[13Cz"),
    ];
    let log = [edit("i\x08id -un", "ops\r\n"), edit(&typed.concat(), "xyz\r\n"), edit("e\x08exit", "")];
    assert_eq!(streamed(&log.concat()), ["id -un", "echo xyz", "exit"]);
    assert_eq!(texts(&log.concat()), ["id -un", "echo xyz", "exit"]);
}

#[test]
fn what_fish_paints_at_last_is_the_line() {
    let prompt = "\x1b[2m\u{23ce}\x1b(B\x1b[m                                            \r\u{23ce} \r\x1b[K\x1b[?2004h\x1b]0;~/src\x07\x1b[30m\x1b(B\x1b[m\r[ops@web src]> \x1b[K\r\x1b[15C";
    let left = |title: &str, shows: &str| {
        format!(
            "\r\n\x1b[30m\x1b(B\x1b[m\x1b[?2004l\x1b]0;{title} ~/src\x07\x1b[30m\x1b(B\x1b[m\r{shows}\r\n"
        )
    };
    // pasted as it is, over the edge and in two lines, then in its colours
    let pasted = "true ab --flag=55 -x 'ab $5' |\x1b[K\r\n cat\r\n\x1b[15Cprintf \x1b[33m'no'\x1b[A\x1b[A\r\r\n\r\n\x1b[26C";
    let painted = "\x1b[A\x1b[A\x1b[11D\x1b[34mtrue\x1b[30m\x1b(B\x1b[m ab \x1b[36m--flag=55\x1b[30m\x1b(B\x1b[m -x 'ab $5' \x1b[32m|\r\n\x1b[C\x1b[34mcat\x1b[30m\x1b(B\x1b[m\r\n\x1b[15Cprintf\x1b[30m\x1b(B\x1b[m \x1b[33m'no'\x1b[A\x1b[A\r\r\n\r\n\x1b[26C\x1b[30m\x1b(B\x1b[m";
    let log = [
        format!("{prompt}pwd{}", left("pwd", "/src")),
        format!("{prompt}{pasted}{painted}{}", left("true ab --flag=55 -x", "no")),
        format!("{prompt}exit{}", left("exit", "")),
    ];
    assert_eq!(streamed(&log.concat()), ["pwd", "true ab --flag=55 -x 'ab $5' | cat\nprintf 'no'", "exit"]);
}
