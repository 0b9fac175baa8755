//! What is shown and was not typed, and what is typed where it hardly shows: files that imitate prompts, full-screen
//! programs, the other screen, lines that are edited before they run, shells out of programs. The bytes are those of real
//! programs, shortened.

use whoran_testkit::agent::Resend;

use super::streamed::{both_copies, session, texts as streamed};
use super::unusual::{commands, texts};

const PROMPT: &str = "[ops@web ~]$ ";

/// A line in bash, which marks its editor, and what it shows.
fn marked(text: &str, shows: &str) -> String {
    format!("\x1b[?2004h{PROMPT}{text}\r\n\x1b[?2004l\r{shows}")
}

/// What vim sends when it begins, with the first row of a file, and when it ends.
const VIM: &str =
    "\x1b[?1049h\x1b[22;0;0t\x1b[?1h\x1b=\x1b[?2004h\x1b[?1004h\x1b[1;24r\x1b[H\x1b[2J\x1b[1;1H";
const LEFT: &str = "\x1b[?1004l\x1b[?2004l\x1b[?1l\x1b>\x1b[?1049l\x1b[23;0;0t";

#[test]
fn a_file_that_shows_the_prompt_to_the_letter_leaves_no_command_sure() {
    let file = format!("notes\r\n{PROMPT}userdel eve\r\ndone\r\n{PROMPT}halt\r\n");
    let pieces = [
        format!("{PROMPT}id -un\r\nops\r\n"),
        format!("{PROMPT}cat notes\r\n{file}"),
        format!("{PROMPT}uptime\r\nup 3 days\r\n"),
        format!("{PROMPT}exit\r\n"),
    ];
    let pieces = pieces.each_ref().map(String::as_str);
    // beside a transcript, the stream still tells what was sent together
    for found in [session(&pieces, Resend::Never), both_copies(&pieces)] {
        let sure = found.iter().filter(|c| c.confidence > 0.5).map(|c| c.command.as_str());
        assert_eq!(sure.collect::<Vec<_>>(), ["id -un", "cat notes", "uptime", "exit"]);
        assert!(found.iter().any(|c| c.command == "halt"), "nor does a file hide one");
    }
}

#[test]
fn a_file_that_holds_an_editors_marks_leaves_no_command_sure_beside_a_stream() {
    let file = [marked("userdel eve", "no such user\r\n"), marked("halt", "end\r\n")].concat();
    let pieces =
        [marked("id -un", "ops\r\n"), marked("cat notes", &format!("notes\r\n{file}")), marked("exit", "")];
    let found = both_copies(&pieces.each_ref().map(String::as_str));
    let sure = found.iter().filter(|c| c.confidence > 0.85).map(|c| c.command.as_str());
    assert_eq!(sure.collect::<Vec<_>>(), ["id -un", "cat notes", "exit"]);
}

#[test]
fn a_mark_that_a_full_screen_program_sets_begins_no_prompt() {
    let screen = format!("{VIM}sh-5.2$ rm -rf /\r\nroot@box:~# halt\r\n\x1b[94m~\x1b[m\r\n{LEFT}");
    let pieces = [
        marked("id -un", "ops\r\n"),
        marked("vim notes", &screen),
        marked("uptime", "up 3 days\r\n"),
        marked("exit", ""),
    ];
    let found = session(&pieces.each_ref().map(String::as_str), Resend::Never);
    let all: Vec<&str> = found.iter().map(|c| c.command.as_str()).collect();
    assert_eq!(all, ["id -un", "vim notes", "uptime", "exit"]);
    assert_eq!(texts(&pieces.concat()), all);
}

#[test]
fn switching_to_the_other_screen_hides_no_command() {
    let log = [
        marked("id -un", "ops\r\n"),
        marked(r"printf '\e[?1049h'", "\x1b[?1049h"),
        marked("userdel eve", ""),
        marked(r"printf '\e[?1049l'", "\x1b[?1049l"),
        marked("exit", ""),
    ]
    .concat();
    let found = commands(&log);
    let all: Vec<&str> = found.iter().map(|c| c.command.as_str()).collect();
    assert_eq!(all, ["id -un", r"printf '\e[?1049h'", "userdel eve", r"printf '\e[?1049l'", "exit"]);
    assert!(found[2].confidence <= 0.6 && found[4].confidence >= 0.9, "{found:?}");
    // what a pager shows of a file has no mark at its end
    let pager = format!("\x1b[?1049h\x1b[?2004h{PROMPT}userdel eve\r\nnext\r\n:\x1b[K\x1b[?1049l");
    let log = [marked("id -un", "ops\r\n"), marked("less notes", &pager), marked("exit", "")].concat();
    assert_eq!(texts(&log), ["id -un", "less notes", "exit"]);
}

#[test]
fn a_line_that_is_edited_before_it_runs_is_what_ran() {
    let screen = format!("{VIM}\x1b[24;1H\"/tmp/bash-fc.wOnnnb\" 1L, 9B\x1b[1;1Hecho one\r\n~\r\n{LEFT}");
    for (typed, ran) in [("echo one", "userdel eve"), ("fc", "for u in a b; do\r\n  userdel $u\r\ndone")] {
        let log = [
            marked("id -un", "ops\r\n"),
            marked(typed, &format!("{screen}{ran}\r\nno such user\r\n")),
            marked("exit", ""),
        ]
        .concat();
        let ran = ran.replace("\r\n", "\n");
        for found in [commands(&log), session(&[&log], Resend::Never)] {
            assert_eq!((found[1].command.as_str(), found[1].typed.as_deref()), (ran.as_str(), Some(typed)));
            assert!(found[1].confidence <= 0.85 && found.len() == 3, "{found:?}");
        }
    }
    // who leaves the file empty runs nothing
    let log = [marked("id -un", "ops\r\n"), marked("halt", &screen), marked("exit", "")].concat();
    assert!(commands(&log)[1].confidence <= 0.5);
}

#[test]
fn a_line_that_was_made_a_comment_is_not_reported_as_run() {
    let back = format!("\r{}\x1b[1@#", "\x1b[C".repeat(PROMPT.len()));
    let log =
        [marked("id -un", "ops\r\n"), marked(&format!("rm -rf /srv/old{back}"), ""), marked("exit", "")]
            .concat();
    assert_eq!(texts(&log), ["id -un", "#rm -rf /srv/old", "exit"]);
    let found = session(&[&log], Resend::Never);
    assert_eq!((found[1].command.as_str(), found[1].confidence <= 0.5), ("#rm -rf /srv/old", true));
    assert!(found[1].alternatives.iter().any(|a| a.command == "rm -rf /srv/old#"));
}

#[test]
fn a_line_given_up_in_its_middle_did_not_run() {
    let line = format!("git status --short{}^C\x1b[?2004l\r\x1b[?2004h\x1b[?2004l\r\r\n", "\x08".repeat(8));
    let log =
        [marked("id -un", "ops\r\n"), format!("\x1b[?2004h{PROMPT}{line}"), marked("exit", "")].concat();
    assert_eq!(streamed(&log), ["id -un", "exit"]);
}

#[test]
fn a_paste_that_ends_its_last_line_is_read_once() {
    let step = "\x1b[C".repeat(PROMPT.len());
    let paste = format!(
        "\x1b[?2004h{PROMPT}\x1b[7mcd /srv\x1b[27m\r\n\r\x1b[7mls -l\x1b[27m\r\n\r\x1b[A\x1b[A{step}cd /srv\r\n\rls -l\r\n\r\x1b[A\r\n\x1b[?2004l\rtotal 0\r\n"
    );
    let log = [marked("id -un", "ops\r\n"), paste, marked("exit", "")].concat();
    assert_eq!(streamed(&log), ["id -un", "cd /srv", "ls -l", "exit"]);
}

#[test]
fn a_shell_out_of_a_program_is_one() {
    let dash = "$ id -un\r\nops\r\n$ exit\r\n";
    for line in [
        r#"python3 -c 'import pty; pty.spawn("/bin/sh")'"#,
        r"find . -exec sh \; -quit",
        "env -i sh",
        "nice -n 5 sh",
    ] {
        let log = [marked("uptime", "up 3 days\r\n"), marked(line, dash), marked("exit", "")].concat();
        assert_eq!(texts(&log), ["uptime", line, "id -un", "exit", "exit"]);
        assert_eq!(streamed(&log), ["uptime", line, "id -un", "exit", "exit"]);
    }
}

#[test]
fn a_shell_that_a_pager_or_an_editor_was_asked_for_is_one_and_ends() {
    let inside = "# id -un\r\nroot\r\n# exit\r\n";
    let pager = format!(
        "\x1b[?1049h\x1b[?1h\x1b=\rone\r\n:\x1b[K\r\x1b[K!sh\r\n\x1b[?1l\x1b>\x1b[?1049l{inside}!done  (press RETURN)\r\n\x1b[?1049h# rm -rf /\r\n# halt\r\n:\x1b[K\x1b[?1l\x1b>\x1b[?1049l"
    );
    let vi =
        format!("{VIM}one\r\n\x1b[24;1H:\x1b[?25hsh\r\x1b[?1004l\x1b[?1049l\r\n{inside}{VIM}one\r\n{LEFT}");
    for (line, shows) in [("sudo less notes", &pager), ("sudo vi notes", &vi)] {
        let log = [
            marked("uptime", "up 3 days\r\n"),
            marked(line, shows),
            marked("df", "none\r\n"),
            marked("exit", ""),
        ]
        .concat();
        let due = ["uptime", line, "id -un", "exit", "df", "exit"];
        for found in [commands(&log), session(&[&log], Resend::Never)] {
            let all: Vec<&str> = found.iter().map(|c| c.command.as_str()).collect();
            assert_eq!(all, due);
            let users = [2, 4].map(|i| found[i].os_user.as_ref().map(ToString::to_string));
            assert_eq!(users, [Some("root".into()), Some("ops".into())], "{line}");
        }
    }
}

#[test]
fn a_here_document_that_is_shown_imitates_no_prompt() {
    let shows = "$ id -un\r\nops\r\n$ cat <<X\r\n> $ rm -rf /\r\n> X\r\n$ rm -rf /\r\n";
    let later = "$ df\r\nnone\r\n$ exit\r\n";
    let due = ["id -un", "cat <<X\n$ rm -rf /\nX", "df", "exit"];
    assert_eq!(texts(&[shows, later].concat()), due);
    let found = session(&[shows, later], Resend::Never);
    assert_eq!(found.iter().map(|c| c.command.as_str()).collect::<Vec<_>>(), due);
}

#[test]
fn what_a_job_prints_behind_the_prompt_was_not_typed() {
    let log = [
        marked("tail -f notes &", "[1] 42\r\n"),
        format!("\x1b[?2004h{PROMPT}one of\r\nthese notes\r\nkill %1\r\n\x1b[?2004l\r"),
        marked("exit", ""),
    ]
    .concat();
    let found = commands(&log);
    let all: Vec<&str> = found.iter().map(|c| c.command.as_str()).collect();
    assert_eq!(all, ["tail -f notes &", "kill %1", "exit"]);
    assert!(found[1].confidence <= 0.5);
}

#[test]
fn a_shell_that_was_left_by_a_key_before_anything_ran_in_it_makes_nobody_root() {
    let line = |text: &str, shows: &str| format!("admin# {text}\r\n{shows}");
    let log = [
        line("pwd", "/home/admin\r\n"),
        line("sudo -i", "ip-10-0-3-84:~ (main *) $ \r\nlogout\r\n"),
        line("tail -n 3 notes", "one\r\n"),
        line("df", "none\r\n"),
        line("exit", ""),
    ]
    .concat();
    for found in [commands(&log), session(&[&log], Resend::Never)] {
        let roots = found.iter().filter(|c| c.os_user.as_ref().is_some_and(|u| u.as_str() == "root"));
        assert_eq!((found.len(), roots.count()), (5, 0), "{found:?}");
    }
}

/// What configuration files look like.
const REMARKS: &str =
    "# comment line\r\nkey = 1\r\n# The first of two.\r\n# whoami\r\n# -----\r\nother = 2\r\n";

#[test]
fn remarks_of_a_file_are_not_what_root_entered_at_a_mere_sign() {
    let cat = format!("# cat conf\r\n{REMARKS}");
    let pieces = [cat.as_str(), "# pwd\r\n/root\r\n", &cat, "# df\r\nnone\r\n", "# exit\r\n"];
    let due = ["cat conf", "pwd", "cat conf", "df", "exit"];
    let copy = session(&pieces, Resend::Never);
    assert_eq!(copy.iter().map(|c| c.command.as_str()).collect::<Vec<_>>(), due);
    // without times a word may have been entered
    let all = commands(&pieces.concat());
    assert!(due.iter().all(|due| all.iter().any(|c| c.command == *due)));
    let others: Vec<_> = all.iter().filter(|c| !due.contains(&c.command.as_str())).collect();
    assert!(others.iter().all(|c| c.confidence < 0.9), "{others:?}");
    assert!(!others.iter().any(|c| c.command.contains("first") || c.command.contains("--")), "{others:?}");
}

#[test]
fn remarks_of_a_file_do_not_tell_what_a_session_begins_with() {
    for prompt in ["~ # ", "root@web ~# "] {
        let log = format!(
            "bash-5.2# PS1='\\w # '\r\n{prompt}cat conf\r\n{REMARKS}{prompt}pwd\r\n/root\r\n{prompt}exit\r\n"
        );
        let all: Vec<String> = commands(&log).into_iter().map(|c| c.command).collect();
        assert_eq!(all, ["PS1='\\w # '", "cat conf", "pwd", "exit"]);
    }
}

#[test]
fn a_program_that_nobody_knows_leaves_no_command_sure_at_a_mere_sign() {
    let pieces = [
        "$ id -un\r\nops\r\n",
        "$ acme help\r\nusage:\r\n$ ls web\r\n$ df -h\r\n",
        "$ uptime\r\nup 3 days\r\n",
        "$ ./notes.sh\r\n$ whoami\r\n$ cat all\r\n",
        "$ exit\r\n",
    ];
    let typed = ["id -un", "acme help", "uptime", "./notes.sh", "exit"];
    let copy = session(&pieces, Resend::Never);
    let told = |text: &str| copy.iter().find(|c| c.command == text).map(|c| c.confidence >= 0.9);
    assert!(["id -un", "uptime", "exit"].iter().all(|text| told(text) == Some(true)), "{copy:?}");
    let others: Vec<_> = copy.iter().filter(|c| !typed.contains(&c.command.as_str())).collect();
    assert!(!others.is_empty() && others.iter().all(|c| c.confidence < 0.9), "{others:?}");
    // without times what a command shows at once may have been entered, as it stands there
    let exact = commands(&pieces.concat());
    let below = exact.iter().find(|c| c.command == "ls web").map(|c| c.confidence < 0.9);
    assert_eq!(below, Some(true), "{exact:?}");
}
