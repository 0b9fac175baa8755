//! What terminals show when shells and people do the unusual: exactly the commands due. The bytes are those of real
//! shells, shortened.

use whoran_model::{Command, DiagnosticKind, Parsed, Status};

use crate::support::logs::{Log, parse, whole};

/// A transcript of what a terminal was sent.
pub(super) fn session(terminal: &str) -> Parsed {
    let body = terminal.replace("\r\n", "\r\r\n");
    let log = format!(
        "Script started on 2025-03-04 10:20:41+00:00 [x]\n{body}\nScript done on 2025-03-04 10:20:41+00:00 [COMMAND_EXIT_CODE=\"0\"]\n"
    );
    let logs = [Log::new("bob-0e34861185201706f.log", log)];
    parse(&logs, whole).into_values().next().unwrap()
}

/// The commands that ran in it.
pub(super) fn commands(terminal: &str) -> Vec<Command> {
    session(terminal).commands.into_iter().filter(|c| c.status == Status::Run).collect()
}

/// Of each the text, and as whom it ran.
pub(super) fn ran(terminal: &str) -> Vec<(String, Option<String>)> {
    let user = |c: &Command| c.os_user.as_ref().map(ToString::to_string);
    commands(terminal).into_iter().map(|c| (c.command.clone(), user(&c))).collect()
}

pub(super) fn texts(terminal: &str) -> Vec<String> {
    ran(terminal).into_iter().map(|(text, _)| text).collect()
}

#[test]
fn what_was_typed_before_the_first_prompt_belongs_to_the_command() {
    let dash = "slweb:/home$ eep 1\r\nweb:/home$ id\r\nuid=1\r\nweb:/home$ ls\r\na\r\nweb:/home$ exit\r\n";
    assert_eq!(texts(dash), ["sleep 1", "id", "ls", "exit"]);
    let busybox = "true sops@web:~$ true some | cat\r\nops@web:~$ \x1b[6nid\r\nops@web:~$ \x1b[6nexit\r\n";
    let ops = |text: &str| (text.to_owned(), Some("ops".to_owned()));
    assert_eq!(ran(busybox), [ops("true some | cat"), ops("id"), ops("exit")]);
}

#[test]
fn what_looks_like_prompts_in_an_output_is_said() {
    let shown = |lines: &str| {
        let terminal = format!("ops@web:~$ cat old.log\r\n{lines}ops@web:~$ exit\r\n");
        let kinds = session(&terminal).diagnostics.into_iter().map(|d| (d.at, d.kind));
        kinds.filter(|(_, kind)| matches!(kind, DiagnosticKind::PromptsInOutput(_))).collect::<Vec<_>>()
    };
    let lines = |user: &str| format!("[{user}@web /srv]# id\r\nuid=0\r\n").repeat(3);
    let [(Some(at), kind)] = &shown(&lines("root"))[..] else { panic!("nothing is said") };
    assert_eq!(*kind, DiagnosticKind::PromptsInOutput(3));
    // where the command begins that shows them
    let header = "Script started on 2025-03-04 10:20:41+00:00 [x]\n".len() as u64;
    assert_eq!(*at, header);
    assert_eq!(shown(&lines("root").replace("web", "db")), [], "another machine's");
    assert_eq!(shown("mail to ops@web\r\nops@web wrote: 5\r\n"), []);
    assert_eq!(shown(&"ops@web: 100%done\r\n".repeat(9)), [], "no sign");
}

#[test]
fn what_bash_says_of_ctrl_d_is_no_command() {
    let inner = "sh-4.2$ sudo su -\r\n[root@web ~]# id\r\nuid=0\r\n[root@web ~]# logout\r\nsh-4.2$ bash\r\nbash-4.2$ exit\r\n";
    let outer = "sh-4.2$ pwd\r\n/srv\r\nsh-4.2$ exit\r\nexit\r\n";
    assert_eq!(texts(&format!("{inner}{outer}")), ["sudo su -", "id", "bash", "pwd", "exit"]);
    // typed, bash says it once more
    let typed =
        inner.replace("logout\r\n", "exit\r\nlogout\r\n").replace("4.2$ exit\r\n", "4.2$ exit\r\nexit\r\n");
    let all = ["sudo su -", "id", "exit", "bash", "exit", "pwd", "exit"];
    assert_eq!(texts(&format!("{typed}{outer}")), all);
    // another shell says nothing of it
    let dash = "sh-4.2$ dash\r\n$ id\r\nuid=0\r\n$ exit\r\n";
    assert_eq!(texts(&format!("{dash}{outer}")), ["dash", "id", "exit", "pwd", "exit"]);
}

#[test]
fn a_line_that_a_full_screen_program_ran_is_said() {
    let said = |terminal: &str| {
        let mut kinds = session(terminal).diagnostics.into_iter().map(|d| d.kind);
        kinds.find(|kind| matches!(kind, DiagnosticKind::RanInside(_)))
    };
    let less = |program: &str, times: usize| {
        let on = "\x1b[?1049h\x1b[?1h\x1b=\rone\r\ntwo\r\n\x1b[7mnotes\x1b[27m\x1b[K\r\x1b[K";
        let ran = "!\x1b[Ki\x08i\x1b[Kd\x08d\r\x1b[K\r\x1b[K!id\r\n\x1b[?1l\x1b>\x1b[?1049luid=0\r\n!done  (press RETURN)\r\n";
        let shown = format!("{on}{ran}").repeat(times);
        format!("ops@web:~$ {program}\r\n{shown}{on}\x1b[?1049lops@web:~$ exit\r\n")
    };
    assert_eq!(said(&less("less notes", 1)), Some(DiagnosticKind::RanInside(1)));
    assert_eq!(said(&less("man ls", 2)), Some(DiagnosticKind::RanInside(2)));
    assert_eq!(texts(&less("less notes", 1)), ["less notes", "exit"]);
    // a file that imitates it
    assert_eq!(said("ops@web:~$ cat a\r\n!done  (press RETURN)\r\nops@web:~$ exit\r\n"), None);
    assert_eq!(said(&less("less notes", 0).replace("two", "!done  (press RETURN)")), None);

    let on = "\x1b[?1049h\x1b[H\x1b[2Jone\x1b[2;1Htwo\x1b[24;1H:";
    let asks = "Press ENTER or type command to continue";
    let vi = |ran: &str| {
        format!("ops@web:~$ vi a\r\n{on}{ran}\x1b[?1049h\x1b[24;1H:q\r\x1b[?1049lops@web:~$ exit\r\n")
    };
    let ran = format!("!id -un\r\x1b[?1049l\r\nops\r\n\r\n{asks}");
    assert_eq!(said(&vi(&ran)), Some(DiagnosticKind::RanInside(1)));
    assert_eq!(texts(&vi(&ran)), ["vi a", "exit"]);
    // what it asks so on its own screen is a message of its own
    assert_eq!(said(&vi(&format!("ls\r\n1 a\r\n{asks}\r\n"))), None);
}

#[test]
fn what_stands_behind_a_prompt_is_not_sure_where_keys_are_not_shown() {
    let log = "ops@web:~$ stty -echo\r\nops@web:~$ ops\r\nops@web:~$ 12:00\r\nops@web:~$ ls\r\na\r\nops@web:~$ frob\r\nops@web:~$ exit\r\n";
    let sure = |text: &str| commands(log).into_iter().find(|c| c.command == text).map(|c| c.confidence);
    assert!(sure("ops") <= Some(0.5) && sure("12:00") <= Some(0.5));
    assert!(sure("ls") >= Some(0.9) && sure("frob") >= Some(0.9) && sure("stty -echo") >= Some(0.9));
}

#[test]
fn a_job_that_comes_to_the_foreground_may_ask_again() {
    let log = |resumed: &str| {
        format!(
            "ops@web:~$ python3 -q\r\n>>> a=1\r\n>>> \r\n[1]+  Stopped                 python3 -q\r\nops@web:~$ pwd\r\n/home/ops\r\nops@web:~$ fg\r\n{resumed}\r\n\r\n>>> a+1\r\n2\r\n>>> exit()\r\nops@web:~$ exit\r\n"
        )
    };
    for resumed in ["python3 -q", "python3 -q\t(wd: /srv)", "[1]  + continued  python3 -q"] {
        assert_eq!(texts(&log(resumed)), ["python3 -q", "a=1", "pwd", "fg", "a+1", "exit()", "exit"]);
    }
    assert_eq!(texts(&log("vim notes"))[2..], ["pwd", "fg", "exit"]);
}

#[test]
fn a_job_may_say_what_it_was_told_to_before_anything_is_typed() {
    let log = "ops@web:~$ (sleep 1; echo JOB) &\r\n[1] 123\r\nops@web:~$ JOB\r\necho x\r\nx\r\nops@web:~$ for i in 1 2 3; do echo tick $i; done &\r\n[1] 124\r\nops@web:~$ tick 1\r\ntick 2\r\nls notick 3\r\ntes\r\nnotes\r\nops@web:~$ exit\r\n";
    let due =
        ["(sleep 1; echo JOB) &", "echo x", "for i in 1 2 3; do echo tick $i; done &", "ls notes", "exit"];
    assert_eq!(texts(log), due);
    assert_eq!(super::streamed::texts(log), due);
}

#[test]
fn what_a_machine_greets_with_is_no_prompt() {
    let greeting =
        "Linux web 6.1.0-18-amd64 #1 SMP PREEMPT_DYNAMIC Debian 6.1.76-1 x86_64\r\n\r\nLast login: today\r\n";
    let hop = format!("ops@web:~$ ssh root@db\r\n{greeting}root@db:~# id\r\nuid=0\r\nroot@db:~# exit\r\n");
    let log = format!("{hop}{hop}ops@web:~$ exit\r\n");
    assert_eq!(texts(&log), ["ssh root@db", "id", "exit", "ssh root@db", "id", "exit", "exit"]);
}

#[test]
fn a_transcript_may_begin_with_a_programs_file() {
    let binary = "\u{7f}ELF\u{2}\u{1}\u{1}".to_owned() + &"\0\0\u{3}\0".repeat(80);
    let log =
        format!("ops@web:~$ head -c 300 /bin/ls\r\n{binary}ops@web:~$ id -un\r\nops\r\nops@web:~$ exit\r\n");
    assert_eq!(texts(&log), ["head -c 300 /bin/ls", "id -un", "exit"]);
}

#[test]
fn nobody_is_named_by_what_was_entered() {
    let again = "$ whoami\r\nops\r\n$ !!\r\nwhoami\r\nops\r\n$ pwd\r\n/srv\r\n$ exit\r\n";
    let ops = |text: &str| (text.to_owned(), Some("ops".to_owned()));
    assert_eq!(ran(again), ["whoami", "whoami", "pwd", "exit"].map(ops));
    // which of the two is the name, and which the next line, nothing tells
    let ahead = ran("$ whoami\r\nuptime\r\nops\r\n$ exit\r\n");
    assert!(ahead.iter().all(|(_, user)| user.is_none()), "{ahead:?}");
}

#[test]
fn a_line_may_begin_before_its_prompt_and_go_on_behind_it() {
    let log = "ops@web:~$ sleep 1\r\ntest -f ~/x || echo missops@web:~$ ing\r\nmissing\r\nops@web:~$ ls\r\nops@web:~$ exit\r\n";
    assert_eq!(texts(log), ["sleep 1", "test -f ~/x || echo missing", "ls", "exit"]);
}

#[test]
fn a_prompt_may_tear_a_commands_first_word() {
    let log = "ops@web:~$ cd /srv\r\ncops@web:/srv$ at notes\r\nto do\r\nsuops@web:/srv$ do id\r\nuid=0\r\nops@web:/srv$ printf c\r\ncops@web:/srv$ at noon\r\nops@web:/srv$ exit\r\n";
    assert_eq!(texts(log), ["cd /srv", "cat notes", "sudo id", "printf c", "at noon", "exit"]);
    let log = "ops@web:~$ id\r\nuid=1\r\nops@web:~$ ls\r\na\r\nops@web:~$ printf done\r\ndonecops@web:~$ at x\r\nops@web:~$ exit\r\n";
    assert_eq!(texts(log), ["id", "ls", "printf done", "cat x", "exit"]);
}

#[test]
fn the_answer_to_a_line_typed_ahead_is_no_command() {
    let log = "ops@web:~$ ls -s\r\ntotal 0\r\nid -un\r\nops@web:~$ ops\r\nops@web:~$ exit\r\n";
    assert_eq!(texts(log), ["ls -s", "id -un", "exit"]);
}

#[test]
fn a_program_that_was_typed_ahead_greets_behind_a_prompt() {
    let log = "ops@web:~$ id\r\nuid=1\r\nops@web:~$ python3\r\nops@web:~$ Python 3.11.2 (main) on linux\r\n>>> for i in x:\r\n...     i\r\n... \r\n>>> exit()\r\nops@web:~$ exit\r\n";
    assert_eq!(texts(log), ["id", "python3", "for i in x:\n    i", "exit()", "exit"]);
}

/// What is no shell's language may still have been typed to one.
#[test]
fn a_line_behind_a_prompt_is_a_command_unless_the_program_names_itself() {
    let log = "ops@web:~$ id\r\nuid=1\r\nops@web:~$ sudo -u postgres psql -c \"SELECT 1\"\r\nops@web:~$ ALTER ROLE app PASSWORD 'x';\r\nbash: ALTER: command not found\r\nops@web:~$ exit\r\n";
    assert_eq!(
        texts(log),
        ["id", "sudo -u postgres psql -c \"SELECT 1\"", "ALTER ROLE app PASSWORD 'x';", "exit"]
    );
}

#[test]
fn a_shell_come_back_to_may_clear_its_screen() {
    let draws = "\x1b[0m\x1b[27m\x1b[24m\x1b[Jops@web% \x1b[K";
    let zsh = |text: &str| format!("\r{draws}\x1b[?1h\x1b=\x1b[?2004h{text}\x1b[?1l\x1b>\x1b[?2004l\r\r\n");
    let root = "\x1b[?2004hroot@web# exit\r\n\x1b[?2004l\rlogout\r\n";
    let log = [
        &zsh("id"),
        "uid=1\r\n",
        &zsh("sudo su -"),
        root,
        &zsh(&format!("\x1b[H\x1b[2J{draws}ls")),
        "a\r\n",
        &zsh("exit"),
    ];
    assert_eq!(texts(&log.concat()), ["id", "sudo su -", "exit", "ls", "exit"]);
}

#[test]
fn a_prompt_behind_output_is_read_as_the_screen_shows_it() {
    let log = "ops@web:~$ printf x\r\nxops@web:~$ lss\x08\r\nops@web:~$ exit\r\n";
    assert_eq!(texts(log), ["printf x", "lss", "exit"]);
}

#[test]
fn a_shell_that_says_where_its_prompt_ends_is_not_imitated() {
    let log = "$ \x1b[6ncat notes\r\nto do:\r\n$ sudo reboot\r\n$ \x1b[6nls\r\n$ \x1b[6nexit\r\n";
    assert_eq!(texts(log), ["cat notes", "ls", "exit"]);
}

#[test]
fn a_program_that_draws_the_screen_takes_no_commands_away() {
    let log = "ops@web:~$ id\r\nuid=1\r\nops@web:~$ top\r\n\x1b[?25l\x1b[H\x1b[2Jtop - 1 user\r\n\x1b[K\r\n\x1b[24;1H\x1b[?25h\r\n\x1b[Kops@web:~$ ls\r\nops@web:~$ exit\r\n";
    assert_eq!(texts(log), ["id", "top", "ls", "exit"]);
}

#[test]
fn a_right_prompt_is_no_text() {
    let prompt = "\x1b[0m\x1b[27m\x1b[24m\x1b[Jops@web ~ % \x1b[K\x1b[54C[20:44] right\x1b[67D\x1b[?2004h";
    let entered = |text: &str| format!("\r{prompt}{text}\x1b[?2004l\r\r\n");
    let log = [entered("l\x08ls"), "a\r\n".into(), entered("e\x08echo hi"), "hi\r\n".into(), entered("exit")]
        .concat();
    assert_eq!(texts(&log), ["ls", "echo hi", "exit"]);
}

#[test]
fn prompts_have_as_many_lines_as_they_like() {
    let bash = |text: &str, dir: &str| {
        format!(
            "\x1b[?2004h\r\r\n--- 20:45:40 ops @ web (prod) ---\r\r\n{dir}\r\r\n>>> {text}\r\n\x1b[?2004l\r"
        )
    };
    let log = [
        bash("ls", "~"),
        "a\r\n".into(),
        bash("cd /usr", "~"),
        bash("pwd", "/usr"),
        "/usr\r\n".into(),
        bash("exit", "/usr"),
    ]
    .concat();
    assert_eq!(texts(&log), ["ls", "cd /usr", "pwd", "exit"]);
    let zsh = |text: &str| {
        format!("\r\x1b[0m\x1b[27m\x1b[24m\x1b[Jroot@db in ~\r\n❯ \x1b[K\x1b[?2004h{text}\x1b[?2004l\r\r\n")
    };
    let root = |text: &str| (text.to_owned(), Some("root".to_owned()));
    assert_eq!(
        ran(&[zsh("ls"), "a\r\n".into(), zsh("id"), zsh("exit")].concat()),
        ["ls", "id", "exit"].map(root)
    );
}

#[test]
fn an_editor_that_stops_marking_itself_is_still_read() {
    let log = "\x1b[?2004h[ops@web ~]$ bind 'set enable-bracketed-paste off'\r\n\x1b[?2004l\r[ops@web ~]$ rm -rf /srv\r\n[ops@web ~]$ exit\r\n";
    assert_eq!(texts(log), ["bind 'set enable-bracketed-paste off'", "rm -rf /srv", "exit"]);
}

#[test]
fn further_lines_of_csh_and_node_belong_to_their_commands() {
    let csh = "ops:~ % ls\r\na\r\nops:~ % foreach i (1 2)\r\nforeach? echo $i\r\nforeach? end\r\n1\r\n2\r\nops:~ % id\r\nuid=1\r\nops:~ % exit\r\n";
    assert_eq!(texts(csh), ["ls", "foreach i (1 2)\necho $i\nend", "id", "exit"]);
    let node = "ops@web:~$ node\r\nWelcome to Node.js v20.\r\n> 1+1\r\n2\r\n> let a = {\r\n... x: 1\r\n... }\r\nundefined\r\n> .exit\r\nops@web:~$ exit\r\n";
    assert_eq!(texts(node), ["node", "1+1", "let a = {\nx: 1\n}", ".exit", "exit"]);
}

#[test]
fn a_shell_of_its_own_prompt_says_nothing_about_users_before_it() {
    let log = "web:~$ id\r\nuid=1\r\nweb:~$ ls\r\nweb:~$ ./become\r\n\x1b[?2004h[app@web ~]$ id\r\n\x1b[?2004l\r\x1b[?2004h[app@web ~]$ exit\r\n\x1b[?2004l\rweb:~$ exit\r\n";
    let users: Vec<_> = ran(log).into_iter().map(|(_, user)| user).collect();
    assert_eq!(users[..3], [None, None, None]);
    assert_eq!(users[3].as_deref(), Some("app"));
}

#[test]
fn an_editor_behind_unfinished_output_takes_its_place_for_the_first_column() {
    // bash goes back to its own first column, which stands further right
    let log = "\x1b[?2004h[ops ~]$ printf x\r\n\x1b[?2004l\rx\x1b[?2004h[ops ~]$ ls -l /tmp/one\r\x1b[9C\x1b[Kls -l /tmp/two\r\n\x1b[?2004l\r\x1b[?2004h[ops ~]$ exit\r\n\x1b[?2004l\r";
    assert_eq!(texts(log), ["printf x", "ls -l /tmp/two", "exit"]);
}

#[test]
fn a_prompt_of_two_lines_may_be_drawn_on_a_cleared_screen() {
    let fish = |clear: &str, text: &str| {
        format!(
            "\x1b[?2004h\x1b(B\x1b[m\r(web ~)\x1b[K\r\n->> \x1b[K\r\x1b[4C{clear}{text}\r\n\x1b(B\x1b[m\x1b[?2004l\r"
        )
    };
    let clear = "\x1b[H\x1b[2J\x1b(B\x1b[m\r\x1b[A(web ~)\x1b[K\r\n->> \x1b[K\r\x1b[4C";
    let log = [fish("", "id"), "uid=1\r\n".into(), fish(clear, "uptime"), "up\r\n".into(), fish("", "exit")]
        .concat();
    assert_eq!(texts(&log), ["id", "uptime", "exit"]);
}

#[test]
fn what_fish_gives_up_is_no_part_of_the_next_line() {
    let edit = "\x1b[?2004h\x1b(B\x1b[m\r[web]\x1b[K\r\n> \x1b[K\r\x1b[2Crm x^C\r\n[web]\x1b[K\r\n> \x1b[K\r\x1b[2Cid\r\n\x1b(B\x1b[m\x1b[?2004l\ruid=1\r\n";
    let bye = "\x1b[?2004h\x1b(B\x1b[m\r[web]\x1b[K\r\n> \x1b[K\r\x1b[2Cexit\r\n\x1b(B\x1b[m\x1b[?2004l\r";
    assert_eq!(texts(&[edit, bye].concat()), ["id", "exit"]);
    let damaged = edit.replace("^C\r\n[web]", "^C\r\n[we");
    assert!(texts(&[&damaged, bye].concat()).iter().all(|text| !text.contains("rm")));
}

#[test]
fn a_busybox_line_as_long_as_the_screen_ends_before_the_next_prompt() {
    let cd = "mkdir -p /srv/data && cd /srv/data";
    let log = format!(
        "ops:~$ \x1b[6nid\r\nuid=1\r\nops:~$ \x1b[6n{cd}\r\r\nops:/srv/data$ \x1b[6nls\r\na\r\nops:/srv/data$ \x1b[6nexit\r\n"
    );
    assert_eq!(texts(&log), ["id", cd, "ls", "exit"]);
}

#[test]
fn a_shell_that_names_its_user_in_the_title_only_is_believed() {
    // With marks of an editor, and without, where the line is text from end to end.
    for [begin, end] in [["\x1b[?2004h", "\x1b[?2004l\r"], ["", ""]] {
        let bash = |title: &str, text: &str| format!("{begin}\x1b]0;{title}: ~\x07(~)$ {text}\r\n{end}");
        let log = [bash("ops@web", "id -u"), "1\r\n".into(), bash("ops@web", "exit")].concat();
        assert!(ran(&log).iter().all(|(_, user)| user.as_deref() == Some("ops")), "{:?}", ran(&log));
        assert_eq!(ran(&log).len(), 2);
    }
}

#[test]
fn what_a_job_says_between_the_keys_is_taken_out_of_an_editors_rows() {
    let bash = |text: &str| format!("\x1b[?2004hweb$ {text}\r\n\x1b[?2004l\r");
    let log = [
        bash("(sleep 1; echo job is done) &"),
        "[1] 4711\r\n".into(),
        bash("cat /etc/job is done\r\nhosts"),
        bash("exit"),
    ];
    assert_eq!(texts(&log.concat()), ["(sleep 1; echo job is done) &", "cat /etc/hosts", "exit"]);
}

#[test]
fn ed_asks_with_no_prompt() {
    let log = "ops@web:~$ id\r\nuid=1\r\nops@web:~$ ed notes\r\n105\r\n$a\r\nrm -rf /srv\r\n.\r\nQ\r\nops@web:~$ exit\r\n";
    assert_eq!(texts(log), ["id", "ed notes", "exit"]);
}

#[test]
fn output_of_a_line_typed_ahead_may_stand_before_the_next_prompt() {
    let log = "ops@web:~$ id\r\nuid=1\r\nops@web:~$ sleep 1\r\nprintf done\r\nops@web:~$ doneops@web:~$ ls -la\r\na\r\nops@web:~$ exit\r\n";
    assert_eq!(texts(log), ["id", "sleep 1", "printf done", "ls -la", "exit"]);
}

#[test]
fn what_fish_shows_when_its_terminal_goes_was_not_run() {
    let fish = |text: &str| {
        format!("\x1b[?2004h\x1b]0;~\x07\x1b(B\x1b[m\rweb> \x1b[K\r\x1b[5C{text}\r\n\x1b(B\x1b[m\x1b[?2004l")
    };
    let ran = |text: &str| format!("{}\x1b]0;{text} ~\x07\r", fish(text));
    assert_eq!(texts(&[ran("id"), "uid=1\r\n".into(), fish("rm -rf /srv")].concat()), ["id"]);
    assert_eq!(texts(&[ran("id"), "uid=1\r\n".into(), ran("exit")].concat()), ["id", "exit"]);
}

#[test]
fn no_shell_runs_what_begins_with_a_pipe() {
    let log = "\x1b[?2004hweb$ cat <<E\r\n\rx\r\n\rE\r\n\r | wc -l\r\n\x1b[?2004l\rx\r\nbash: syntax error\r\n\x1b[?2004hweb$ exit\r\n\x1b[?2004l\r";
    assert_eq!(texts(log), ["cat <<E\nx\nE", "exit"]);
}

#[test]
fn what_is_typed_ahead_may_show_nothing() {
    let log = "ops:~$ id\r\nuid=1\r\nops:~$ sleep 1\r\ncd /srv/\r\nops:~$ ops:~$ exit\r\n";
    assert_eq!(texts(log), ["id", "sleep 1", "cd /srv/", "exit"]);
}

#[test]
fn a_prompt_may_stand_before_a_commands_second_word() {
    let log = "ops@web:~$ id\r\nuid=1\r\nops@web:~$ cd /srv\r\ncdops@web:/srv$  ~/src && ls\r\na\r\nops@web:~/src$ exit\r\n";
    assert_eq!(texts(log), ["id", "cd /srv", "cd ~/src && ls", "exit"]);
}

#[test]
fn what_is_typed_ahead_while_fish_leaves_its_editor_gives_up_no_line() {
    let fish = |text: &str, ahead: &str| {
        format!(
            "\x1b[?2004h\x1b]0;~\x07\x1b(B\x1b[m\rweb> \x1b[K\r\x1b[5C{text}\r\n\x1b(B\x1b[m{ahead}\x1b[?2004l\x1b]0;{text} ~\x07\r"
        )
    };
    let log = [fish("sleep 1", "l"), "s\r\n".into(), fish("ls", ""), "a\r\n".into(), fish("exit", "")];
    assert_eq!(texts(&log.concat()), ["sleep 1", "ls", "exit"]);
    // the title says no more than twenty letters
    let long = "sleep 1 && echo done with waiting";
    let ran = fish(long, "l").replace(&format!("]0;{long}"), &format!("]0;{}", &long[..20]));
    let log = [ran, "s\r\n".into(), fish("ls", ""), "a\r\n".into(), fish("exit", "")];
    assert_eq!(texts(&log.concat()), [long, "ls", "exit"]);
}

#[test]
fn a_blank_stepped_over_begins_no_right_prompt() {
    let prompt = "\x1b[0m\x1b[27m\x1b[24m\x1b[Jweb% \x1b[K\x1b[?1h\x1b=\x1b[?2004h";
    let entered = |text: &str| format!("\r{prompt}{text}\x1b[?1l\x1b>\x1b[?2004l\r\r\n");
    let log = [entered("cd /srv\x1b[K\x1b[1C| wc -l"), "0\r\n".into(), entered("exit")].concat();
    assert_eq!(texts(&log), ["cd /srv | wc -l", "exit"]);
}

#[test]
fn zsh_may_clear_the_screen_below_a_clock_in_its_prompt() {
    let draws = |time: &str| format!("\x1b[0m\x1b[27m\x1b[24m\x1b[J{time} web% \x1b[K");
    let (on, off) = ("\x1b[?1h\x1b=\x1b[?2004h", "\x1b[?1l\x1b>\x1b[?2004l\r\r\n");
    let log = [
        format!("\r{}{on}id{off}uid=1\r\n", draws("10:54:13")),
        format!("\r{}{on}\x1b[H\x1b[2J{}s\x08sleep 9{off}", draws("10:54:13"), draws("10:54:14")),
        format!("\r{}{on}exit{off}", draws("10:54:23")),
    ];
    assert_eq!(texts(&log.concat()), ["id", "sleep 9", "exit"]);
}

#[test]
fn what_is_typed_ahead_may_change_the_directory() {
    let log = "web /srv$ id\r\nuid=1\r\nweb /srv$ ls\r\na\r\nweb /srv$ cd /tmp\r\nweb /tmp$ ls /srv\r\na\r\ncd /srv\r\nweb /tmp$ web /srv$ id -un\r\nops\r\nweb /srv$ exit\r\n";
    assert_eq!(texts(log), ["id", "ls", "cd /tmp", "ls /srv", "cd /srv", "id -un", "exit"]);
}

#[test]
fn a_command_of_several_lines_below_a_clock_is_no_prompt() {
    let bash = |time: &str, text: &str| format!("\x1b[?2004h{time} ~$ {text}\r\n\x1b[?2004l\r");
    let lines = "for i in 1; do\r\n\recho $i\r\n\rdone";
    let log: Vec<String> =
        (0..4).map(|i| bash(&format!("11:14:3{i}"), &format!("{lines} | head -{i}"))).collect();
    let found = texts(&(bash("11:14:29", "id") + &log.concat() + &bash("11:15:01", "exit")));
    assert_eq!(found.len(), 6);
    assert!(
        found[1..5].iter().all(|text| text.starts_with("for i in 1; do\necho $i\ndone | head")),
        "{found:?}"
    );
}

#[test]
fn a_step_above_a_short_prompt_says_nothing_of_the_width() {
    let draws = "\x1b[0m\x1b[27m\x1b[24m\x1b[J\r\n$ \x1b[K";
    let zsh = |before: &str, text: &str| {
        format!("\r{draws}\x1b[?1h\x1b=\x1b[?2004h{before}{text}\x1b[?1l\x1b>\x1b[?2004l\r\r\n")
    };
    let resized = format!("\r\x1b[A{draws}");
    let log =
        [&zsh(&resized, "id -un"), "ops\r\n", &zsh("", "id -un | wc -l"), "1\r\n", &zsh("", "exit")].concat();
    assert_eq!(texts(&log), ["id -un", "id -un | wc -l", "exit"]);
}

#[test]
fn colours_that_busybox_takes_for_text_make_only_the_first_row_shorter() {
    let ash = |text: &str| format!("\x1b[34mops\x1b[0m@\x1b[31mweb\x1b[0m$ \x1b[6n{text}\r\n");
    let log = [
        &ash("id\r"),
        " -un\r\nops\r\n",
        &ash("te\r"),
        "st -f ~/a.txt || echo no\r\r\n file\r\nno file\r\n",
        &ash("ls"),
        "a.txt\r\n",
        &ash("ex\r"),
        "it\r\n",
    ]
    .concat();
    assert_eq!(texts(&log), ["id -un", "test -f ~/a.txt || echo no file", "ls", "exit"]);
}

#[test]
fn what_was_typed_before_busyboxs_first_prompt_stands_behind_it_once_more() {
    let ash = |dir: &str, text: &str| format!("\u{250c}\u{2500} ops@web {dir} $ \x1b[6n{text}\r\n");
    let torn = |text: &str| format!("{}\u{250c}\u{2500} ops@web ops $ {text}\r\n", &text[..1]);
    let log = [
        &torn("echo 'a"),
        "> \x1b[6nb'\r\na\r\nb\r\n",
        &torn("pwd"),
        "/home/ops\r\n",
        &ash("ops", "cd src"),
        &ash("src", "ls"),
        "a\r\n",
        &ash("src", "exit"),
    ]
    .concat();
    assert_eq!(texts(&log), ["echo 'a\nb'", "pwd", "cd src", "ls", "exit"]);
}

#[test]
fn a_prompt_does_not_end_where_its_frame_begins() {
    let line = |dir: &str, text: &str| format!("\u{250c}\u{2500} web:{dir}\u{276f} {text}\r\n");
    let log = format!("{}{}{}", line("~", "cd reports"), line("~/reports", "ls"), line("~/reports", "exit"));
    assert_eq!(texts(&log), ["cd reports", "ls", "exit"]);
}

#[test]
fn what_was_typed_before_the_first_prompt_is_known_by_the_prompt_that_comes_again_as_it_is() {
    let ash = |prompt: &str, text: &str| format!("{prompt}<ops>% \x1b[6n{text}\r\n");
    let log = [
        "id<ops>% id -un\r\nops\r\n",
        &ash("", ". ~/activate"),
        &ash("(venv) ", "cd src"),
        &ash("(venv) ", "ls"),
        "a\r\n",
        &ash("(venv) ", "exit"),
    ];
    assert_eq!(texts(&log.concat()), ["id -un", ". ~/activate", "cd src", "ls", "exit"]);
}

#[test]
fn busybox_writes_its_prompt_over_unfinished_output() {
    let prompt = "web:$ ";
    let log = format!(
        "{prompt}\x1b[6nid\r\nuid=1\r\n{prompt}\x1b[6nprintf done\r\ndone{prompt}\x1b[6n\r{prompt}\x1b[Jfor i in 1; do\r\n> \x1b[6necho $i\r\n> \x1b[6ndone\r\n1\r\n{prompt}\x1b[6nexit\r\n"
    );
    assert_eq!(texts(&log), ["id", "printf done", "for i in 1; do\necho $i\ndone", "exit"]);
}

#[test]
fn a_shell_below_zsh_with_the_same_prompt_is_no_zsh() {
    let bash = |text: &str| format!("\x1b[?2004h->> {text}\r\n\x1b[?2004l\r");
    let draws = "\x1b[0m\x1b[27m\x1b[24m\x1b[J->> \x1b[K\x1b[?1h\x1b=\x1b[?2004h";
    let zsh = format!("\r{draws}i\x08id\x1b[?1l\x1b>\x1b[?2004l\r\r\nuid=1\r\n\r{draws}\x1b[?2004l\r\r\n");
    let log = [bash("zsh"), zsh, bash("ls"), "a\r\n".into(), bash("exit")].concat();
    assert_eq!(texts(&log), ["zsh", "id", "ls", "exit"]);
}

#[test]
fn zsh_may_clear_the_screen_below_a_prompt_of_two_lines() {
    let draws = |time: &str| format!("\x1b[0m\x1b[27m\x1b[24m\x1b[J{time}:~\r\n% \x1b[K");
    let (on, off) = ("\x1b[?1h\x1b=\x1b[?2004h", "\x1b[?1l\x1b>\x1b[?2004l\r\r\n");
    let log = [
        format!("\r{}{on}i\x08id{off}uid=1\r\n", draws("20:41:08")),
        format!("\r{}{on}\x1b[H\x1b[2J{}e\x08echo cat{off}cat\r\n", draws("20:41:09"), draws("20:41:10")),
        format!("\r{}{on}e\x08exit{off}", draws("20:41:11")),
    ];
    assert_eq!(texts(&log.concat()), ["id", "echo cat", "exit"]);
}

#[test]
fn a_highlighted_paste_wraps_as_any_line_does() {
    let line = "cat /srv/app.log | sort | uniq -c | sort -rn";
    let (row, rest) = line.split_at(38);
    let last = &rest[..1];
    let pasted =
        format!("\x1b[7m{row}\x1b[27m\x1b[7m{last}\x1b[27m\r\x1b[7m{rest}\x1b[27m\r\n\r\x1b[7mls\x1b[27m");
    let again = format!("\x1b[A\x1b[A{line}\r\n\rls\r\n\x1b[?2004l\r");
    let log = format!("\x1b[?2004h# {pasted}{again}1 x\r\na\r\n\x1b[?2004h# exit\r\n\x1b[?2004l\r");
    assert_eq!(texts(&log), [line, "ls", "exit"]);
}

#[test]
fn a_shell_that_names_another_user_than_before_is_another() {
    let log = "$ ls\r\na\r\n$ whoami\r\nops\r\n$ ./become\r\n$ whoami\r\nroot\r\n$ ls\r\na\r\n$ exit\r\n";
    let users: Vec<Option<String>> = ran(log).into_iter().map(|(_, user)| user).collect();
    let users: Vec<&str> = users.iter().flatten().map(String::as_str).collect();
    assert_eq!(users, ["ops", "ops", "ops", "root", "root", "root"]);
}

#[test]
fn output_before_a_prompt_that_names_nobody_names_nobody() {
    let log = "@web-24 :> \x1b[6nid -u\r\n1\r\n@web-24 :> \x1b[6nprintf 'the end'\r\nthe end@web-24 :> \x1b[6nls\r\na\r\n@web-24 :> \x1b[6nexit\r\n";
    assert_eq!(texts(log), ["id -u", "printf 'the end'", "ls", "exit"]);
    assert!(ran(log).iter().all(|(_, user)| user.is_none()), "{:?}", ran(log));
}

#[test]
fn a_frame_may_begin_behind_what_was_put_before_the_prompt() {
    let bash =
        |venv: &str, text: &str| format!("\x1b[?2004h{venv}\u{250c}\u{2500} ops ~$ {text}\r\n\x1b[?2004l\r");
    let log =
        [bash("", "pwd"), bash("", ". ~/activate"), bash("(venv) ", "ls"), bash("(venv) (venv) ", "exit")];
    assert_eq!(texts(&log.concat()), ["pwd", ". ~/activate", "ls", "exit"]);
}

#[test]
fn tcsh_shows_no_sign_of_what_it_gives_up() {
    let line = |text: &str| format!("ops% {text}\r\r\n");
    let log = [
        &line("ls"),
        "a\r\n",
        &line("cd /srv"),
        &line("rm -rf /srv"),
        "\x1b[K",
        &line("echo one \\"),
        "? two\r\r\none two\r\n",
        &line("echo helo\x08lo\x08"),
        "hello\r\n",
        &line("exit"),
    ];
    assert_eq!(texts(&log.concat()), ["ls", "cd /srv", "echo one \\\ntwo", "echo hello", "exit"]);
}

#[test]
fn the_page_that_greets_in_screen_is_no_command() {
    let bash = |text: &str| format!("\x1b[?2004h[ops@web ~]$ {text}\r\n\x1b[?2004l\r");
    let page = "\x1b[?1049h\x1b[!p\x1b[?3;4l\x1b[4l\x1b>\x1b[H\x1b[2JGNU Screen version 4.09.00\r\n\r\nCopyright (c) 2018-2020 Alexander N, Amadeusz S\r\nCopyright (c) 2015-2017 Juergen W\r\nCopyright (c) 2010-2014 Juergen W, Sadrul H\r\nCopyright (c) 1987 Oliver L\r\n\r\n[Press Space for next page; Return to end.]\r\n";
    let inside = "\x1b[H\x1b[2J# ls\r\na\r\n# id -un\r\nroot\r\n# exit\r\n\x1b[?1l\x1b>\x1b[24;1H\r\n\x1b[?1049l[screen is terminating]\r\n";
    let log = [&bash("pwd"), "/home/ops\r\n", &bash("screen"), page, inside, &bash("exit")].concat();
    assert_eq!(texts(&log), ["pwd", "screen", "ls", "id -un", "exit", "exit"]);
}

#[test]
fn what_was_typed_ahead_may_print_between_two_prompts() {
    let log = "ops@web:~$ ls /no\r\nls: cannot access '/no'\r\nprintf 'all done'\r\nops@web:~$ all doneops@web:~$ id\r\nuid=1\r\nops@web:~$ exit\r\n";
    assert_eq!(texts(log), ["ls /no", "printf 'all done'", "id", "exit"]);
}

/// readline shows a paste in other colours, and breaks that where a row is full.
#[test]
fn what_is_pasted_tells_the_width() {
    let prompt = "\x1b[?2004hops@web:~$ ";
    let leave = "\x1b[?2004l\r";
    let long = "test -f /srv/a/b/c || echo missing";
    let up = "\x1b[27m\x1b[A\x1b[A\x1b[C\x1b[C\x1b[C\x1b[C\x1b[C\x1b[C\x1b[C\x1b[C\x1b[C";
    let broken = format!(
        "{prompt}\x1b[7m{}\x1b[27m\x1b[7mc\x1b[27m\x1b[7m {}\0\x1b[27m\r\n\r\x1b[7mid{up}{long}\r\n\rid\r\n{leave}uid=1\r\n",
        &long[..17],
        &long[19..]
    );
    // forty columns were too few for this one: the terminal is wider now
    let wide = "echo one two three four five six seven eight nine ten";
    let back = "\x08".repeat(10);
    let whole = format!(
        "{prompt}\x1b[7m{wide}\x1b[27m\r\n\r\x1b[7mprintf the end of all\x1b[27m\x1b[A{back}{wide}\r\n\rprintf the end of all\r\n{leave}"
    );
    let log = [&broken, &whole, &format!("{prompt}exit\r\n{leave}")].map(String::as_str).concat();
    assert_eq!(texts(&log), [long, "id", wide, "printf the end of all", "exit"]);
}

#[test]
fn fish_indents_although_the_zsh_opened_from_it_had_its_prompt() {
    let draws = "\r\x1b[0m\x1b[27m\x1b[24m\x1b[Jops@web% \x1b[K\x1b[?1h\x1b=\x1b[?2004h";
    let zsh = |text: &str| format!("{draws}{text}\x1b[?1l\x1b>\x1b[?2004l\r\r\n");
    let fish = |text: &str, title: &str| {
        format!(
            "\r\x1b[K\x1b[?2004h\x1b]0;~\x07\x1b[30m\x1b(B\x1b[mops@web% \x1b[K\r\x1b[9C{text}\r\n\x1b[30m\x1b(B\x1b[m\x1b[?2004l\x1b]0;{title} ~\x07\r"
        )
    };
    let several = fish("echo one two three four\r\n\x1b[K\x1b[A\r\n\x1b[9Cecho two", "echo one two three f");
    let log = [fish("zsh", "zsh"), zsh("id"), "uid=1\r\n".to_owned(), zsh("exit"), several];
    let log = [log.concat(), "one two three four\r\ntwo\r\n".to_owned(), fish("exit", "exit")].concat();
    assert_eq!(texts(&log), ["zsh", "id", "exit", "echo one two three four\necho two", "exit"]);
}

#[test]
fn a_file_that_shows_prompts_of_several_shells_is_no_command() {
    let notes = "to restart:\r\n$ sudo systemctl restart app\r\n# whoami\r\nroot@db-1:~# shutdown -h now\r\n";
    let log = format!("$ ls\r\na\r\n$ cat notes\r\n{notes}$ id\r\nuid=1\r\n$ exit\r\n");
    assert_eq!(texts(&log), ["ls", "cat notes", "id", "exit"]);
    // another shell was opened there
    let log = "$ ls\r\na\r\n$ cat notes\r\nb\r\n$ sudo -i\r\n# whoami\r\nroot\r\n# exit\r\n$ exit\r\n";
    assert_eq!(texts(log), ["ls", "cat notes", "sudo -i", "whoami", "exit", "exit"]);
}

#[test]
fn what_busybox_shows_below_a_line_that_fills_its_row_is_output() {
    let line = |text: &str| format!("\x1b[33mops\x1b[0m $ \x1b[6n{text}");
    let log = [
        &line("cat ~/app.log | g\r\r\n"),
        "rep INFO | uniq -c | sort -rn\r\r\n",
        "      1 id=f353b4\r\n",
        &line("find /etc -name '\r\r\n"),
        "e*' 2>/dev/null | sort | tail\r\r\n",
        "/etc\r\n/etc/environment\r\n",
        &line("ls\r\n"),
        "a\r\n",
        &line("exit\r\n"),
    ];
    let texts = texts(&log.concat());
    assert_eq!(texts[0], "cat ~/app.log | grep INFO | uniq -c | sort -rn");
    assert_eq!(texts[2..], ["ls", "exit"]);
}

/// fish draws its prompt anew, title and all, when the terminal is resized; the sign before the next tells how wide it is.
#[test]
fn fish_may_be_resized_with_its_prompt_drawn() {
    let sign = |width: usize| format!("\x1b[2m⏎\x1b(B\x1b[m{}\r⏎ \r\x1b[K", " ".repeat(width - 1));
    let draws = "\x1b]0;~\x07\x1b(B\x1b[m\rweb> \x1b[K\r\x1b[5C";
    let ran = |text: &str| format!("\r\n\x1b(B\x1b[m\x1b[?2004l\x1b]0;{text} ~\x07\r");
    // thirty columns: the line takes two rows, and a letter of the first is put right
    let typed = "exho one two three four five six\x1b[A\r\x1b[6C\x1b[34mc\x1b(B\x1b[m\r\n\x1b[7C";
    let log = [
        sign(80) + "\x1b[?2004h" + draws + "id" + &ran("id") + "uid=1\r\n",
        sign(80) + "\x1b[?2004h" + draws + draws + typed + &ran("echo"),
        "one two three four five six\r\n".to_owned(),
        sign(30) + "\x1b[?2004h" + draws + "exit" + &ran("exit"),
    ];
    assert_eq!(texts(&log.concat()), ["id", "echo one two three four five six", "exit"]);
}

/// zsh draws its prompt anew when the terminal is resized.
#[test]
fn zsh_may_be_resized_with_its_prompt_drawn() {
    let draws = "\x1b[0m\x1b[27m\x1b[24m\x1b[J[ops]% ";
    let prompt = |width: usize| {
        let sign = format!("\x1b[1m\x1b[7m%\x1b[27m\x1b[1m\x1b[0m{}\r \r\r", " ".repeat(width - 1));
        format!("{sign}{draws}\x1b[K\x1b[?1h\x1b=\x1b[?2004h")
    };
    let left = "\x1b[?1l\x1b>\x1b[?2004l\r\r\r\n";
    // thirty columns: the first line takes two rows
    let pasted = "\x1b[7mtrue --flag=8 'ab' | c\x1b[7mat\x1b[27m\x1b[K\r\r\r\n\x1b[7mcd\x1b[27m\x1b[K";
    let again = "\x1b[A\x1b[A\x1b[5C\x1b[27mtrue --flag=8 'ab' | cat\x1b[1B\r\x1b[27mcd";
    let log = [
        &prompt(80),
        "id",
        left,
        "uid=1\r\n",
        &prompt(80),
        &format!("\r\r{draws}\x1b[K"),
        pasted,
        again,
        left,
        &prompt(30),
        "exit",
        left,
    ];
    assert_eq!(texts(&log.concat()), ["id", "true --flag=8 'ab' | cat\ncd", "exit"]);
}

/// readline and zsh break a line at the terminal's edge, however near that is.
#[test]
fn a_tiny_window_tears_no_line() {
    let text = "echo abcdefghij klmnopq rstuvw xyz";
    for width in 4..=20 {
        let drawn = |wrap: &dyn Fn(char) -> String| {
            let mut out = String::from("$ ");
            for (i, c) in text.chars().enumerate() {
                let full = i > 0 && (i + 2).is_multiple_of(width);
                out.push_str(&if full { wrap(c) } else { c.to_string() });
            }
            out.split_off(2)
        };
        let bash = |text: &str| format!("\x1b[?2004h$ {text}\r\n\x1b[?2004l\r");
        let log = [bash(&drawn(&|c| format!(" \r{c}"))), "x\r\n".into(), bash("id"), bash("exit")].concat();
        assert_eq!(texts(&log), [text, "id", "exit"], "bash, {width} columns");
        let sign = format!("\x1b[1m\x1b[7m%\x1b[27m\x1b[1m\x1b[0m{}\r \r\r", " ".repeat(width - 1));
        let zsh = |text: &str| {
            format!("{sign}\x1b[0m\x1b[27m\x1b[24m\x1b[J$ \x1b[K\x1b[?2004h{text}\x1b[?2004l\r\r\n")
        };
        let log =
            [zsh(&drawn(&|c| format!(" \r\x1b[K{c}\r{c}"))), "x\r\n".into(), zsh("cd"), zsh("exit")].concat();
        assert_eq!(texts(&log), [text, "cd", "exit"], "zsh, {width} columns");
    }
}

/// In the C locale readline takes each byte of its prompt for a column.
#[test]
fn a_search_behind_a_prompt_that_is_counted_in_bytes_doubles_no_letter() {
    let bash = |keys: &str| format!("\x1b[?2004h\u{bb} {keys}\r\n\x1b[?2004l\r");
    let back = "\x08".repeat(15);
    let search = format!(
        "\r(reverse-i-search)`': \x08\x08\x08o': echo one tw\x1b[7mo\x1b[27m{back}n': echo \x1b[7mon\x1b[27me two\x08\x08\x08\x08\x08\x08\x08\r\x1b[21P\u{bb} echo on\x08\x08"
    );
    let log = [bash("echo one two"), "one two\r\n".into(), bash(&search), "one two\r\n".into(), bash("exit")];
    assert_eq!(texts(&log.concat()), ["echo one two", "echo one two", "exit"]);
}

#[test]
fn an_environment_stands_before_a_marked_prompt_as_often_as_it_is_entered() {
    let bash = |venv: &str, text: &str| format!("\x1b[?2004h{venv}[web:~]$ {text}\r\n\x1b[?2004l\r");
    let log = [
        bash("", "id") + "uid=1\r\n",
        bash("", ". ./activate"),
        bash("(venv) ", "cd src"),
        bash("(venv) ", ". ./activate"),
        bash("(venv) (venv) ", "ls") + "a\r\n",
        bash("(venv) (venv) ", "exit"),
    ];
    assert_eq!(texts(&log.concat()), ["id", ". ./activate", "cd src", ". ./activate", "ls", "exit"]);
}

#[test]
fn a_hang_up_may_be_said_on_the_row_that_is_typed_on() {
    let log = "ops@web:~$ id\r\nuid=1\r\nops@web:~$ dash\r\n# id\r\nuid=0\r\n# rebootHangup\r\nops@web:~$ ";
    assert_eq!(texts(log), ["id", "dash", "id"]);
}

#[test]
fn a_prompt_that_is_drawn_again_below_what_a_program_took_is_not_typed() {
    let typed = |text: &str| format!("\x1b[?2004hops@web:~$ {text}\r\n\x1b[?2004l\r");
    // a picker drew over the row, and gave it back
    let picked = "\x1b[?2004hops@web:~$ ls \x1b[?25l\r\x1b[2C> one\r\x1b[J\x1b[?25hops@web:~$ ls one\r\n\x1b[?2004l\rone\r\n";
    let log = [typed("id"), "uid=1\r\n".into(), typed("true"), picked.into(), typed("exit")];
    let found = commands(&log.concat());
    let said: Vec<&str> = found.iter().map(|c| c.command.as_str()).collect();
    assert_eq!(said, ["id", "true", "ls one", "exit"]);
}

#[test]
fn what_a_job_says_is_taken_out_where_the_rows_wrapped_as_well() {
    // of 30 columns, which the line reaches but for what the job said
    let bash = |text: &str| format!("\x1b[?2004hops@web:~$ {text}\r\n\x1b[?2004l\r");
    let log = [
        bash("(sleep 1; echo job is done) &"),
        "[1] 4711\r\n".into(),
        bash("mkdir -p ~/tjob is done\r\nmp && c \rd ~/tmp"),
        bash("exit"),
    ];
    assert_eq!(texts(&log.concat()), ["(sleep 1; echo job is done) &", "mkdir -p ~/tmp && cd ~/tmp", "exit"]);
}

#[test]
fn what_a_busybox_line_that_ends_at_the_edge_shows_is_no_more_than_likely_its_rest() {
    let log =
        "ops:~$ \x1b[6nid\r\nuid=1\r\nops:~$ \x1b[6ncat ~/config.yml\r\r\nserver:\r\nops:~$ \x1b[6nexit\r\n";
    let found = commands(log);
    let offered = found[1].alternatives.iter().any(|a| a.command == "cat ~/config.yml");
    assert!(found[1].command == "cat ~/config.yml" || offered && found[1].confidence < 0.9, "{found:?}");
}

#[test]
fn what_is_typed_before_the_first_prompt_and_shown_may_be_quoted() {
    let mksh = |text: &str| format!("ops@web ops$ {text}\r\r\n");
    let told = "echo 'caf\u{e9} 2 \u{2014} \u{65e5}\u{672c}'";
    let log = [
        &format!("sleep 1\r\n{told}\r\n"),
        &mksh("sleep 1"),
        &mksh(told),
        "caf\u{e9} 2 \u{2014} \u{65e5}\u{672c}\r\n",
        &mksh(told),
        "caf\u{e9} 2 \u{2014} \u{65e5}\u{672c}\r\n",
        &mksh("exit"),
    ];
    assert_eq!(texts(&log.concat()), ["sleep 1", told, told, "exit"]);
}

#[test]
fn what_was_typed_too_early_before_a_users_name_is_no_part_of_it() {
    let titled = |text: &str| format!("\x1b]0;ops@web: ~\x07web$ {text}\r\n");
    let tcsh = |text: &str| format!("ops@web ~ (main *)\x1b[64G  \r$ {text}\r\r\n");
    let first = [
        &titled("pwd"),
        "/srv\r\n",
        &titled("whoami"),
        "mkdiops\r\nr /srv/a\r\n",
        &titled("mkdir /srv/a"),
        &titled("exit"),
    ];
    let second = [
        &tcsh("pwd"),
        "/srv\r\n",
        &tcsh("ls"),
        "a\r\n",
        &tcsh("busybox ash"),
        "ops@web ~ (main *)$ id -u\r\n1\r\nops@web ~ (main *)$ exit\r\n",
        &format!("sl{}", tcsh("sleep 1")),
        &tcsh("exit"),
    ];
    for log in [first.concat(), second.concat()] {
        let users: Vec<Option<String>> = ran(&log).into_iter().map(|(_, user)| user).collect();
        assert!(users.iter().all(|user| user.as_deref() == Some("ops")), "{users:?}");
    }
}

#[test]
fn a_shell_goes_on_whose_prompt_stood_before_that_of_the_one_typed_too_early() {
    let dash = |text: &str| format!(" ops@web$ {text}\r\n");
    let inside = "19:20:51 ops@web$ ";
    let log = [
        "ksh93\r\n ops@web$ ",
        &format!("{inside}\r\x1b[J\r{inside}{}{}exit\r\n", " ".repeat(20), "\x08".repeat(20)),
        &dash("tail -n 1 a.log"),
        "a\r\n",
        &dash("pwd"),
        "/srv\r\n",
        &dash("cd"),
        &dash("id -un"),
        "ops\r\n",
        &dash("exit"),
    ];
    assert_eq!(texts(&log.concat()), ["exit", "tail -n 1 a.log", "pwd", "cd", "id -un", "exit"]);
}

/// zsh with its keypad on; `drawn` is what it draws with its prompt.
fn zsh_line(drawn: &str, typed: &str, shows: &str) -> String {
    format!(
        "\x1b[0m\x1b[27m\x1b[24m\r\x1b[Jops@web ~% {drawn}\x1b[K\x1b[?2004h{typed}\x1b[?2004l\r\r\n{shows}"
    )
}

#[test]
fn a_line_that_zsh_had_put_aside_is_drawn_with_its_prompt() {
    let log = [
        zsh_line("", "print -z 'echo pushed'", ""),
        zsh_line("echo pushed", "", "pushed\r\n"),
        zsh_line("", "pwd", "/home/ops\r\n"),
        zsh_line("cat notes", " more", ""),
        zsh_line("", "exit", ""),
    ];
    let due = ["print -z 'echo pushed'", "echo pushed", "pwd", "cat notes more", "exit"];
    assert_eq!(texts(&log.concat()), due);
}

#[test]
fn what_zsh_corrects_is_what_ran_and_only_what_it_was_told_to() {
    let asks = |answer: &str| format!("zsh: correct 'sl' to 'ls' [nyae]? \x07{answer}\r\n");
    let log = |answer: &str| {
        [zsh_line("", "pwd", ""), zsh_line("", "sl -d /", &asks(answer)), zsh_line("", "exit", "")].concat()
    };
    assert_eq!(texts(&log("y")), ["pwd", "ls -d /", "exit"]);
    assert_eq!(texts(&log("n")), ["pwd", "sl -d /", "exit"]);
    assert_eq!(texts(&log("a")), ["pwd", "exit"]);
    assert_eq!(texts(&log("e")), ["pwd", "exit"]);
}

#[test]
fn a_listing_of_many_completions_is_asked_for_below_a_line_that_goes_on() {
    let log = "ops@web:~$ pwd\r\n/srv\r\nops@web:~$ cat file\x07\r\nDisplay all 150 possibilities? (y or n)\r\nfile1  file2\r\nops@web:~$ cat file2\r\nx\r\nops@web:~$ exit\r\n";
    assert_eq!(texts(log), ["pwd", "cat file2", "exit"]);
    assert_eq!(super::streamed::texts(log), ["pwd", "cat file2", "exit"]);
}

#[test]
fn a_shell_whose_output_was_sent_elsewhere_shows_nothing_of_what_ran() {
    let log = "ops@web:~$ pwd\r\n/srv\r\nops@web:~$ exec >/tmp/log 2>&1\r\nops@web:~$ echo hidden\r\nops@web:~$ ls -l\r\nops@web:~$ exit\r\n";
    assert_eq!(texts(log), ["pwd", "exec >/tmp/log 2>&1", "echo hidden", "ls -l", "exit"]);
}

#[test]
fn a_sign_in_the_middle_of_an_edited_line_is_counted_from_nowhere() {
    let steps = "\x1b[C".repeat(14);
    let log = format!("@ip-0-0-3-0:~$sleep\nr@ip-0-0-3-0:~$\r{steps}%                    ");
    // what it says is nothing; that it says something at all is the point
    assert!(texts(&log).len() <= 2);
}

#[test]
fn a_shell_may_ask_for_more_with_any_sign() {
    let due = [
        "id -un",
        "cat <<EOF\na b\n$ ls\nEOF",
        "echo 'open\nclose'",
        "for i in 1 2\ndo\necho $i\ndone",
        "exit",
    ];
    let shows = |text: &str| match text {
        "id -un" => "ops\r\n",
        "EOF" => "a b\r\n$ ls\r\n",
        "close'" => "open\r\nclose\r\n",
        "done" => "1\r\n2\r\n",
        _ => "",
    };
    let zsh = |prompt: &str, text: &str, first: bool| {
        let (key, out) = (&text[..1], shows(text));
        let above = if first { "\x1b[1m\x1b[7m%\x1b[27m\x1b[1m\x1b[0m   \r \r\r" } else { "\r" };
        format!(
            "{above}\x1b[0m\x1b[27m\x1b[24m\x1b[J{prompt}\x1b[K\x1b[?2004h{key}\x08{text}\x1b[?2004l\r\r\n{out}"
        )
    };
    let bash =
        |prompt: &str, text: &str, _| format!("\x1b[?2004h{prompt}{text}\r\n\x1b[?2004l\r{}", shows(text));
    let sh = |prompt: &str, text: &str, _| format!("{prompt}{text}\r\n{}", shows(text));
    for more in ["\u{2219} ", "(cont) ", "2: ", "... ", "  "] {
        for line in [&zsh as &dyn Fn(&str, &str, bool) -> String, &bash, &sh] {
            let rows = |text: &&str| -> String {
                let rows = text.lines().enumerate();
                rows.map(|(i, row)| line(if i == 0 { "ops@web ~ % " } else { more }, row, i == 0)).collect()
            };
            let log: String = due.iter().map(rows).collect();
            assert_eq!(texts(&log), due, "{more:?}");
        }
    }
}

#[test]
fn a_sign_below_an_empty_line_is_nobodys() {
    // a shell's own prompt has no line above it: somebody gave it this one
    let log = |above: &str| format!("{above}# ls\r\na\r\n{above}# cd /srv\r\n{above}# exit\r\n");
    let users = |log: &str| -> Vec<_> { commands(log).into_iter().map(|c| c.os_user).collect() };
    assert_eq!(users(&log("\r\r\n")), [None, None, None]);
    assert!(users(&log("")).iter().all(|user| user.as_ref().is_some_and(|user| user.as_str() == "root")));
}
