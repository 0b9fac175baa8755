//! What the agent leaves in its stream of what terminals show: the commands due. The bytes are those of real shells,
//! shortened; testkit takes away what the agent does.

use whoran_model::{Command, Status};
use whoran_testkit::agent::{Go, Recording, Resend, ScriptVersion, Session, stream, transcript};

use crate::support::logs::{Log, parse, whole};

/// The commands that ran in the stream of what a terminal was sent, in pieces a second and a half apart.
pub(super) fn session(pieces: &[&str], resend: Resend) -> Vec<Command> {
    let (recording, session) = recorded(pieces);
    ran_in(&[streaming_copy(&recording, &session, resend)])
}

/// The same of a transcript beside that stream.
pub(super) fn both_copies(pieces: &[&str]) -> Vec<Command> {
    let (recording, session) = recorded(pieces);
    let exact =
        Log::new(format!("{}.log", session.id), transcript(&recording, &session, ScriptVersion::V2_38));
    ran_in(&[exact, streaming_copy(&recording, &session, Resend::Never)])
}

fn recorded(pieces: &[&str]) -> (Recording, Session) {
    let mut recording = Recording::default();
    for (i, piece) in (0..).zip(pieces) {
        recording.push(1_700_000_000_000 + i * 1500, piece.as_bytes());
    }
    recording.push(1_700_000_000_000 + 1500 * pieces.len() as i64, b"");
    let session = Session {
        id: "bob-0e34861185201706f".into(),
        identity: "arn:aws:iam::111122223333:user/bob".into(),
        run_as_user: "ops".into(),
        target: "i-0abc1234def567890".into(),
        region: "eu-west-1".into(),
        plugin: "Standard_Stream",
    };
    (recording, session)
}

fn streaming_copy(recording: &Recording, session: &Session, resend: Resend) -> Log {
    let events = stream(recording, session, Go::New, resend);
    Log::new("stream.jsonl", events.into_iter().map(|e| e.message + "\n").collect::<String>())
}

fn ran_in(logs: &[Log]) -> Vec<Command> {
    let session = parse(logs, whole).into_values().next().unwrap();
    session.commands.into_iter().filter(|c| c.status == Status::Run).collect()
}

/// Of each the text, the OS user, and how sure it is.
pub(super) fn ran(pieces: &[&str], resend: Resend) -> Vec<(String, Option<String>, f32)> {
    let user = |c: &Command| c.os_user.as_ref().map(ToString::to_string);
    session(pieces, resend).into_iter().map(|c| (c.command.clone(), user(&c), c.confidence)).collect()
}

pub(super) fn texts(terminal: &str) -> Vec<String> {
    texts_of(&[terminal])
}

/// The same of pieces that are sent apart.
pub(super) fn texts_of(pieces: &[&str]) -> Vec<String> {
    ran(pieces, Resend::Never).into_iter().map(|(text, ..)| text).collect()
}

/// A line that bash shows with a title, which makes the agent keep it whole.
fn titled(prompt: &str, text: &str) -> String {
    format!("\x1b[?2004h\x1b]0;ops@web: ~\x07{prompt}{text}\r\n\x1b[?2004l\r")
}

#[test]
fn a_mark_before_a_plain_prompt_is_read() {
    let log =
        [titled("(~)$ ", "id"), "uid=1\r\n".into(), titled("(~)$ ", "cd /srv"), titled("(srv)$ ", "exit")];
    assert_eq!(texts(&log.concat()), ["id", "cd /srv", "exit"]);
}

#[test]
fn uploads_sent_again_at_once_are_read_once() {
    let pieces = ["$ id\r\nuid=1\r\n", "$ uptime\r\nup 3 days\r\n", "$ df\r\nnone\r\n", "$ exit\r\n"];
    let once: Vec<_> = ran(&pieces, Resend::Never).into_iter().map(|(text, ..)| text).collect();
    let twice: Vec<_> = ran(&pieces, Resend::EveryNth(2)).into_iter().map(|(text, ..)| text).collect();
    assert_eq!(once, ["id", "uptime", "df", "exit"]);
    assert_eq!(twice, once);
    let long = format!("$ ls -la\r\n{}", "-rw-r--r-- 1 ops ops 12 Nov 2 09:00 a.txt\r\n".repeat(8));
    let later = [&long, "", "", &long, "$ exit\r\n"];
    assert_eq!(ran(&later, Resend::Never).len(), 3, "who looks again later does so");
    let repeated = ["$ id\r\nuid=1\r\n", "$ id\r\nuid=1\r\n", "$ exit\r\n"];
    assert_eq!(ran(&repeated, Resend::Never).len(), 3, "a command run twice is no upload sent twice");
}

#[test]
fn a_line_that_a_hang_up_cuts_off_was_not_entered() {
    let log = "ops@web:~$ sudo -s\r\n# id\r\nuid=0\r\n# reboot\r\nHangup\r\nops@web:~$ ";
    assert_eq!(texts(log), ["sudo -s", "id"]);
    let more = "dash: 1: Cannot set tty process group (Inappropriate ioctl for device)\r\n";
    let told =
        format!("{}{more}[1] + Hangup   sudo -s\r\n{more}{more}$ ", &log[..log.len() - "ops@web:~$ ".len()]);
    assert_eq!(texts(&told), ["sudo -s", "id"], "the shells outside have more to say");
    let typed = "ops@web:~$ id\r\nuid=1\r\nops@web:~$ rebootHangup\r\n";
    assert_eq!(texts(typed), ["id"], "what was typed did not end its row");
}

#[test]
fn a_full_screen_program_leaves_nothing_before_the_prompt() {
    let less = "$ less app.log\r\n\x1b[?1049h\x1b[22;0;0t\x1b[?1h\x1b=\rone\r\n:\x1b[K\r\x1b[K\x1b[?1l\x1b>\x1b[?1049l\x1b[23;0;0t";
    let pieces = ["$ id\r\nuid=1\r\n", less, "$ ls\r\na\r\n", "$ exit\r\n"];
    let found: Vec<_> = ran(&pieces, Resend::Never).into_iter().map(|(text, ..)| text).collect();
    assert_eq!(found, ["id", "less app.log", "ls", "exit"]);
}

#[test]
fn a_paste_shown_twice_is_its_lines() {
    let paste = "ops@web:~$ \x1b[7mls -la\x1b[27m\r\n\r\x1b[7mcat /etc/hostname\x1b[27m\x1b[A\x08\x08\x08\x08\x08\x08ls -la\r\ncat /etc/hostname\r\nweb\r\n";
    assert_eq!(
        texts(&format!("ops@web:~$ id\r\nuid=1\r\n{paste}ops@web:~$ exit\r\n")),
        ["id", "ls -la", "cat /etc/hostname", "exit"]
    );
    // highlighted it wraps, which writes a character twice
    let paste = "ops@web:~$ \x1b[7mls -la\x1b[27m\r\n\r\x1b[7mhead \x1b[27m\x1b[7m-\x1b[27m\r\x1b[7m-1 x\x1b[27m\x1b[A\x08\x08\x08\x08\x08\x08ls -la\r\nhead -1 x\r\nweb\r\n";
    assert_eq!(
        texts(&format!("ops@web:~$ id\r\nuid=1\r\n{paste}ops@web:~$ exit\r\n")),
        ["id", "ls -la", "head -1 x", "exit"]
    );
}

#[test]
fn a_line_of_history_behind_another_is_what_ran() {
    let ran = "$ ls /srv/a\r\na\r\n$ true x | cat\r\n$ for i in 1; do\r\n> echo $i\r\n> done\r\n1\r\n";
    let more = "$ true x | cat \r\x1b[C\x1b[C\x1b[9Pls /srv/a | wc -l\r\n1\r\n";
    let block = "$ ls /srv/a\r\x1b[C\x1b[Cfor i in 1; do\r\n\recho $i\r\n\rdone\r\n1\r\n";
    let found = texts(&format!("{ran}{more}{block}$ exit\r\n"));
    assert_eq!(found[3..], ["ls /srv/a | wc -l", "for i in 1; do\necho $i\ndone", "exit"]);
}

#[test]
fn a_path_behind_the_prompt_answers_what_was_typed_ahead() {
    let log = "$ id\r\nuid=1\r\n$ sleep 3\r\nfind /etc -name 'f*'\r\n$ /etc/fish\r\n/etc/fonts\r\n$ exit\r\n";
    assert_eq!(texts(log), ["id", "sleep 3", "find /etc -name 'f*'", "exit"]);
}

#[test]
fn a_wrap_is_taken_out_where_it_tears_a_word() {
    let prompt = "ops@web:~$ ";
    let long = |head: &str, tail: &str| format!("{prompt}{head} \r{tail}\r\nx\r\n");
    let first = "cat /var/log/app/current.log | grep ERROR | cut -d' ' -f5 | sort |uni";
    assert_eq!(prompt.len() + first.len(), 80);
    let log = format!("{prompt}uniq x\r\n{}{prompt}exit\r\n", long(first, "q -c | head"));
    assert_eq!(texts(&log), ["uniq x", &format!("{first}q -c | head"), "exit"]);
}

#[test]
fn fish_is_read_on_rows_that_were_stripped() {
    let sign = format!("\x1b[2m⏎\x1b(B\x1b[m{}\r⏎ \r\x1b[K", " ".repeat(79));
    let typed = "\x1b[K\r\x1b[2Cfor i in 1\r\x1b[12C\r\n\x1b[K\x1b[A\r\n\x1b[6C\x1b[A\r\n\x1b[6Cid\x1b[A\r\n\x1b[8C\x1b(B\x1b[m\x08\x08\x1b[34mid\x1b[A\r\n\x1b[8C\x1b(B\x1b[m\r\n\x1b[K\x1b[A\x1b[A\r\n\n\x1b[2C\x1b[A\x1b[A\r\n\n\x1b[2Cend\x1b[A\x1b[A\r\n\n\x1b[5C\x1b(B\x1b[m";
    let log = format!(
        "{sign}\x1b[?2004h\x1b]0;~\x07\x1b(B\x1b[m\r> {typed}\r\n\x1b(B\x1b[m\x1b[?2004l\x1b]0;for ~\x07uid=1\r\n"
    );
    let bye = format!(
        "{sign}\x1b[?2004h\x1b]0;~\x07\x1b(B\x1b[m\r> \x1b[K\r\x1b[2Cexit\r\x1b[6C\r\n\x1b(B\x1b[?2004l\x1b]0;exit ~\x07\r\n"
    );
    let found = ran(&[&log, &bye], Resend::Never);
    assert_eq!(found[0].0, "for i in 1\nid\nend");
    assert!(found[0].2 < 0.9, "{found:?}");
    // fish of later versions says all of a short command, not only its name
    let told = log.replace("]0;for ~", "]0;for i in 1 id end ~");
    let found = ran(&[&told, &bye], Resend::Never);
    assert_eq!(found[0].0, "for i in 1\nid\nend");
    assert!(found[0].2 >= 0.9, "{found:?}");
}

#[test]
fn a_prompt_that_the_filter_damages_stays_the_same_prompt() {
    // the first line is kept whole because of what fish left on it
    let first = "\x1b(B\x1b[m\x1b[?2004h┌─ ops@web:~> id\r\nuid=1\r\n";
    let log = format!("{first}┌─ ops@web:~> ls\r\na\r\n┌─ ops@web:~> exit\r\n");
    assert_eq!(texts(&log), ["id", "ls", "exit"]);
}

#[test]
fn a_name_typed_before_the_first_prompt_is_nobody() {
    let found = ran(&["baops@web:~$ sh\r\n$ id\r\nuid=1\r\n$ exit\r\nops@web:~$ exit\r\n"], Resend::Never);
    assert!(found.iter().all(|(_, user, _)| user.as_deref() == Some("ops")), "{found:?}");
}

#[test]
fn a_prompt_shown_along_with_a_file_is_the_files() {
    let pieces = ["$ cat notes\r\nto do:\r\n$ sudo reboot\r\ndone\r\n", "$ ls\r\nnotes\r\n", "$ exit\r\n"];
    let found: Vec<_> = ran(&pieces, Resend::Never).into_iter().map(|(text, ..)| text).collect();
    assert_eq!(found, ["cat notes", "ls", "exit"]);
}

#[test]
fn an_upper_line_with_something_new_in_front_is_no_prompt() {
    let prompt = "<ops ~>\r\n$ ";
    let venv = format!("(venv) {prompt}");
    let log = format!(
        "{prompt}id\r\nuid=1\r\n{prompt}. ./activate\r\n{venv}uptime\r\nup\r\n{venv}ls\r\na\r\n{venv}exit\r\n"
    );
    assert_eq!(texts(&log), ["id", ". ./activate", "uptime", "ls", "exit"]);
}

#[test]
fn a_prompt_may_follow_its_start_of_a_line_that_was_typed_too_early() {
    let log = "ops@web:~$ id\r\nuid=1\r\nops@web:~$ sleep 9\r\n^C\r\nidops@web:~$ id\r\nuid=1\r\nops@web:~$ exit\r\n";
    assert_eq!(texts(log), ["id", "sleep 9", "id", "exit"]);
}

#[test]
fn what_a_job_was_told_to_say_is_no_part_of_the_line_it_came_into() {
    let job = "ops@web:~$ (sleep 1; echo job is done) &\r\n[1] 4711\r\n";
    let log = format!(
        "ops@web:~$ id\r\nuid=1\r\n{job}ops@web:~$ ls -job is done\r\nla /srv\r\na\r\nops@web:~$ exit\r\n"
    );
    let found = ran(&[&log], Resend::Never);
    let said: Vec<&str> = found.iter().map(|(text, ..)| text.as_str()).collect();
    assert_eq!(said, ["id", "(sleep 1; echo job is done) &", "ls -la /srv", "exit"]);
    assert!(found[2].2 < 0.9, "{found:?}");
    let again = format!("{job}{job}ops@web:~$ exit\r\n");
    assert_eq!(texts(&again).len(), 3, "a job begun again says nothing yet");
}

#[test]
fn a_search_in_zsh_leaves_nothing_in_the_line() {
    let zsh = |keys: &str| {
        format!(
            "\x1b[0m\x1b[27m\x1b[24m\x1b[Jweb% \x1b[K\x1b[?1h\x1b=\x1b[?2004h{keys}\x1b[?1l\x1b>\x1b[?2004l"
        )
    };
    let search = "\r\nbck-i-search: _\x1b[K\x1b[A\x08\x08\x08\x08id -\x1b[4mu\x1b[24mn\x1b[1B\x1b[10Du_\x1b[A\x1b[1B\r\x1b[K\x1b[A\x1b[7C";
    let log =
        [zsh("i\x08id -un") + "\r\r\nops\r\n", zsh(search) + "\x1b[1B\rops\r\n", zsh("e\x08exit") + "\r\r\n"];
    let found = texts(&log.concat());
    assert_eq!(found.len(), 3, "{found:?}");
    assert!(found.iter().all(|text| !text.contains("search")), "{found:?}");
}

#[test]
fn a_single_upper_line_that_was_kept_is_no_prompt() {
    // what fish left on it made the agent keep it
    let fish = |text: &str| {
        let sign = format!("\x1b[2m⏎\x1b(B\x1b[m{}\r⏎ \r\x1b[K", " ".repeat(79));
        format!(
            "{sign}\x1b[?2004h\x1b]0;~\x07\x1b(B\x1b[m\r-- ~> \x1b[K\r\x1b[6C{text}\r\n\x1b(B\x1b[m\x1b[?2004l\x1b]0;{text} ~\x07\x1b(B\x1b[m"
        )
    };
    let bash = |text: &str| format!("\x1b[?2004h-- root ~ (main)\r\n# {text}\r\n\x1b[?2004l\r");
    let log = [
        fish("id"),
        "uid=1\r\n".into(),
        fish("sudo -i"),
        bash("cd /srv"),
        bash("ls"),
        bash("exit"),
        fish("exit"),
    ];
    assert_eq!(texts(&log.concat()), ["id", "sudo -i", "cd /srv", "ls", "exit", "exit"]);
}

#[test]
fn a_command_of_several_lines_that_history_passed_over_did_not_run_again() {
    let prompt = "ops@web:~$ ";
    let written = format!("{prompt}for i in 1; do\r\n> echo $i\r\n> done\r\n1\r\n");
    // up to it, up again to another line behind it, over the rows below, and up
    let passed = format!(
        "{prompt}for i in 1; do\r\n\recho $i\r\n\rdone\x1b[A\x1b[A\r{prompt}id -un\x1b[K\r\n\x1b[K\r\n\x1b[K\x1b[A\x1b[A\r\x1b[17C\r\nops\r\n"
    );
    let log = format!("{prompt}id -un\r\nops\r\n{written}{passed}{prompt}exit\r\n");
    assert_eq!(texts(&log), ["id -un", "for i in 1; do\necho $i\ndone", "id -un", "exit"]);
}

#[test]
fn output_that_begins_with_a_pipe_may_be_the_rest_of_the_line() {
    let log = "$ id\r\nuid=1\r\n$ ls\r\na\r\n$ cat /var/log/app.log\r\r\n| head -2\r\none\r\n$ exit\r\n";
    let found = ran(&[log], Resend::Never);
    assert!(found[2].2 < 0.9, "{found:?}");
    assert!(found[0].2 >= 0.9, "{found:?}");
}

#[test]
fn a_shell_that_is_left_at_once_has_its_upper_line_too() {
    let prompt = "ops@web:~$ ";
    let log = format!(
        "{prompt}id\r\nuid=1\r\n{prompt}sudo -s\r\n❯ web\r\n$ exit\r\nlogout\r\n{prompt}ls\r\na\r\n{prompt}exit\r\n"
    );
    assert_eq!(texts(&log), ["id", "sudo -s", "exit", "ls", "exit"]);
}

#[test]
fn zsh_steps_from_where_it_stands_also_below_its_prompts_first_line() {
    let zsh = |keys: &str| {
        format!(
            "\x1b[0m\x1b[27m\x1b[24m\x1b[Jweb\r\n❯ \x1b[K\x1b[?1h\x1b=\x1b[?2004h{keys}\x1b[?1l\x1b>\x1b[?2004l\r\r\n"
        )
    };
    let typed = "x y x y x\x1b[9Dls x y\x1b[1P\x1b[1Cx\x1b[9D\x1b[9C";
    let log = [zsh("i\x08id"), "uid=1\r\n".into(), zsh(typed), "x\r\n".into(), zsh("exit")].concat();
    let (exact, lossy) = (log.as_bytes().to_vec(), texts(&log));
    let exact = parse(
        &[Log::new(
            "x-0e34861185201706f.log",
            [b"Script started on 2025-03-04 10:20:41+00:00 [x]\n".to_vec(), exact].concat(),
        )],
        whole,
    );
    let exact = exact.into_values().next().unwrap().commands;
    assert_eq!(lossy, exact.iter().map(|c| c.command.clone()).collect::<Vec<_>>());
    assert_eq!(lossy.len(), 3);
}

#[test]
fn zsh_takes_a_command_of_several_lines_from_history() {
    let zsh = |keys: &str| {
        format!(
            "\x1b[0m\x1b[27m\x1b[24m\x1b[Jweb% \x1b[K\x1b[?1h\x1b=\x1b[?2004h{keys}\x1b[?1l\x1b>\x1b[?2004l\r\r\n"
        )
    };
    let again = zsh("if true; then\r\r\necho yes\r\r\nfi");
    let log = [zsh("i\x08id"), "uid=1\r\n".into(), again, "yes\r\n".into(), zsh("e\x08exit")].concat();
    let found = ran(&[&log], Resend::Never);
    assert_eq!(found[1].0, "if true; then\necho yes\nfi");
    assert!(found.len() == 3 && found[1].2 < 0.9, "{found:?}");
}

#[test]
fn a_sign_that_the_filter_damages_stays_the_sign() {
    // the first line is kept whole because of what fish left on it
    let first = "\x1b(B\x1b[m\x1b[?2004h~❯ cd /srv\r\n";
    let log = format!("{first}srv❯ ls\r\na\r\nsrv❯ cd /tmp\r\ntmp❯ id\r\nuid=1\r\ntmp❯ exit\r\n");
    assert_eq!(texts(&log), ["cd /srv", "ls", "cd /tmp", "id", "exit"]);
}

#[test]
fn a_prompt_drawn_again_behind_fish_is_the_one_of_the_shell_below() {
    // the terminal was resized: bash goes back, which is lost, erases the line and draws its prompt once more
    let fish = "\x1b[?2004h\x1b]0;~\x07\x1b(B\x1b[m\r~> \x1b[K\r\x1b[3Cexit\r\x1b[7C\x1b(B\x1b[m\r\n\x1b(B\x1b[m\x1b[?2004l\x1b]0;exit ~\x07\x1b(B\x1b[m";
    let log = format!(
        "[web]$ fish\r\n{fish}\x1b[?2004l\x1b[?2004h[web]$ \r\x1b[K[web]$ pwd\r\n\x1b[?2004l\r/srv\r\n[web]$ id\r\nuid=1\r\n[web]$ exit\r\n"
    );
    assert_eq!(texts(&log), ["fish", "exit", "pwd", "id", "exit"]);
}

#[test]
fn zsh_steps_over_as_many_columns_as_stand_left_of_it() {
    let zsh = |keys: &str| {
        format!(
            "\x1b[0m\x1b[27m\x1b[24m\x1b[J% \x1b[K\x1b[?1h\x1b=\x1b[?2004h{keys}\x1b[?1l\x1b>\x1b[?2004l\r\r\n"
        )
    };
    // of the line found, with `c` behind the steps, what was searched for is drawn anew
    let typed = "cat ~/c\x1b[7D\x1b[4mc\x1b[4ma\x1b[24m\x1b[4Cc\x1b[24m";
    let log = [zsh("i\x08id"), "uid=1\r\n".into(), zsh(typed), "x\r\n".into(), zsh("e\x08exit")].concat();
    assert_eq!(texts(&log), ["id", "cat ~/c", "exit"]);
}

#[test]
fn an_environment_stands_before_the_prompt_as_often_as_it_is_entered() {
    let prompt = "[ops@web ~]$ ";
    let log = format!(
        "{prompt}id\r\nuid=1\r\n{prompt}. ./activate\r\n(venv) {prompt}. ./activate\r\n(venv) (venv) {prompt}ls\r\na\r\n(venv) (venv) {prompt}exit\r\n"
    );
    assert_eq!(texts(&log), ["id", ". ./activate", ". ./activate", "ls", "exit"]);
    // the title before the prompt makes the agent keep these lines
    let bash = |venv: &str, text: &str| {
        format!("\x1b[?2004h{venv}\x1b]0;ops@web: ~\x07web~$ {text}\r\n\x1b[?2004l\r")
    };
    let log = [
        bash("", "id") + "uid=1\r\n",
        bash("", ". ./activate"),
        bash("(venv) ", ". ./activate"),
        bash("(venv) (venv) ", "ls") + "a\r\n",
        bash("(venv) (venv) ", "exit"),
    ];
    assert_eq!(texts(&log.concat()), ["id", ". ./activate", ". ./activate", "ls", "exit"]);
}

#[test]
fn a_prompt_that_begins_as_an_upper_line_does_is_not_that_line() {
    // zsh, left at once, has the other shell's prompt without its sign above its own
    let zsh = "\x1b[1m\x1b[7m%\x1b[27m\x1b[1m\x1b[0m                                       \r \r\r\x1b[0m\x1b[27m\x1b[24m\x1b[J<ops@web>\r\n% \x1b[K\x1b[?1h\x1b=\x1b[?2004h\x1b[?2004l\r\r\n";
    let log =
        format!("<ops@web>$ id\r\nuid=1\r\n<ops@web>$ zsh\r\n{zsh}<ops@web>$ ls\r\na\r\n<ops@web>$ exit\r\n");
    assert_eq!(texts(&log), ["id", "zsh", "ls", "exit"]);
}

#[test]
fn what_greets_below_a_line_that_fills_its_row_is_no_rest_of_it() {
    let ash = |text: &str| format!("[ops@web-0123456789abcdef]# {text}\r\n");
    let log = [
        "BusyBox v1.35.0 (Debian 1:1.35.0-4+deb12u1+b1) built-in shell (ash)\r\n".to_owned(),
        ash("for i i") + "n 1 2 3; do\r\n> echo $i\r\n> done\r\n1\r\n2\r\n3\r\n",
        ash("echo \"o") + "ne two three\"\r\none two three\r\n",
        ash("python3") + "Python 3.11.2 (main, Apr 28 2025, 14:11:48) [GCC 12.2.0] on linux\r\n",
        "Type \"help\", \"copyright\", \"credits\" or \"license\" for more information.\r\n".to_owned(),
        ">>> for i in range(2):\r\n...     print(i)\r\n... \r\n0\r\n1\r\n>>> exit()\r\n".to_owned(),
        ash("exit"),
    ];
    let found = texts(&log.concat());
    assert_eq!(found[2..], ["python3", "for i in range(2):\n    print(i)", "exit()", "exit"], "{found:?}");
}

#[test]
fn a_paste_is_known_although_wraps_left_blanks_in_its_first_copy() {
    let paste = "$ echo one tw o three\r\nlsecho one two three\r\nls\r\none two three\r\na\r\n";
    assert_eq!(
        texts(&format!("$ id\r\nuid=1\r\n{paste}$ exit\r\n")),
        ["id", "echo one two three", "ls", "exit"]
    );
    // where the prompt is written again, it may be short
    let paste = paste.replace("lsecho", "ls$ echo");
    assert_eq!(
        texts(&format!("$ id\r\nuid=1\r\n{paste}$ exit\r\n")),
        ["id", "echo one two three", "ls", "exit"]
    );
}

#[test]
fn a_prompt_that_was_kept_is_the_one_that_the_filter_damages() {
    // what `less` leaves on its last line makes the agent keep the prompt behind it
    let less = "less a\r\n\x1b[?1049h\x1b[22;0;0t\x1b[?1h\x1b=\rone\r\n:\x1b[K\r\x1b[K\x1b[?1l\x1b>\x1b[?1049l\x1b[23;0;0t\x1b[?2004h";
    let log = format!("─ web 1$ id\r\nuid=1\r\n─ web 2$ {less}─ web 3$ ls\r\na\r\n─ web 4$ exit\r\n");
    assert_eq!(texts(&log), ["id", "less a", "ls", "exit"]);
}

#[test]
fn a_prompt_drawn_again_over_rows_below_ends_no_line() {
    let prompt = "ops@web:~$ ";
    let (line, rest) = ("fnd /var/log -maxdepth 1 | sort", "ind /var/log -maxdepth 1 | sort");
    let back = "\x08".repeat(line.len() - 1);
    let log = format!(
        "{prompt}id\r\nuid=1\r\n{prompt}{line}{back}{rest}\x1b[A\r{prompt}\x1b[2C\r\n\r\na\r\n{prompt}exit\r\n"
    );
    let found = ran(&[&log], Resend::Never);
    assert_eq!(found.len(), 3, "{found:?}");
    assert!(found[1].0 == "find /var/log -maxdepth 1 | sort" && found[1].2 < 0.9, "{found:?}");
}

#[test]
fn the_upper_line_of_fishs_prompt_is_no_command_where_the_log_breaks_off() {
    let draws = "\x1b[?2004h\x1b]0;~\x07\x1b(B\x1b[m\r[ops@web ~]\x1b[K\r\n> \x1b[K\r\x1b[2C";
    let ran = |text: &str| format!("{text}\r\n\x1b(B\x1b[m\x1b[?2004l\x1b]0;{text} ~\x07\r");
    let log = [draws, &ran("id"), "uid=1\r\n", draws, &ran("ls"), "a\r\n", draws, "rm -rf /srv"].concat();
    assert_eq!(texts(&log), ["id", "ls"]);
}

#[test]
fn what_busybox_does_not_ask_for_stands_on_the_next_row() {
    let log = "BusyBox v1.35.0 (Debian 1:1.35.0-4+deb12u1+b1) built-in shell (ash)\r\n\r\n[web]# id\r\nuid=1\r\n[web]# head -1 /etc/hostname /etc/hosts\r\nweb\r\n[web]# printf 'no newline at the e\r\nnd'\r\nno newline at the end[web]# echo 'open\r\n> closed'\r\nopen\r\nclosed\r\n[web]# exit\r\n";
    let found = ran(&[log], Resend::Never);
    let said: Vec<&str> = found.iter().map(|(text, ..)| text.as_str()).collect();
    assert_eq!(
        said,
        [
            "id",
            "head -1 /etc/hostname /etc/hosts",
            "printf 'no newline at the end'",
            "echo 'open\nclosed'",
            "exit"
        ]
    );
    assert!(found[2].2 < 0.9, "{found:?}");
}

#[test]
fn a_row_that_no_shell_asked_for_goes_on_though_the_next_one_is_asked_for() {
    let log = "[web]$ id\r\nuid=1\r\n[web]$ if [ -f /etc/hosts \r\n]; then\r\n> echo yes\r\n> fi\r\nyes\r\n[web]$ for i in 1; do\r\n> echo $i\r\n> done\r\n1\r\n[web]$ exit\r\n";
    let due = ["id", "if [ -f /etc/hosts ]; then\necho yes\nfi", "for i in 1; do\necho $i\ndone", "exit"];
    assert_eq!(texts(log), due);
}

#[test]
fn a_pager_says_nothing_before_it_fills_the_screen() {
    let less =
        "\x1b[?1049h\x1b[22;0;0t\x1b[?1h\x1b=\rone\r\n:\x1b[K\r\x1b[K\x1b[?1l\x1b>\x1b[?1049l\x1b[23;0;0t";
    let log = format!(
        "BusyBox v1.35.0 (Debian) built-in shell (ash)\r\n[web]# id\r\nuid=1\r\n[web]# less app.l\r\nog\r\n{less}[web]# exit\r\n"
    );
    assert!(readings(&log).contains(&"less app.log".to_owned()));
}

#[test]
fn rows_that_stand_between_two_marks_were_typed() {
    let up = "\x1b[A\x1b]0;ops@web: ~\x07(~)$ ";
    let typed = |text: &str| format!("\x1b[?2004h\x1b]0;ops@web: ~\x07(~)$ {text}\r\n\x1b[?2004l\r");
    let long = "cat /srv/app/a.log | sort";
    let other = "true x | cat";
    let log = [
        typed(other),
        typed(long),
        "a\r\n".into(),
        typed(&format!("{long}{up}ls | cat\r\n\x1b[A{other}").replace("true x | cat", "true x")),
        typed(&format!("cd /srv/a && ls /sd \rd\x1b[K\r\x1b[A{}\x1b[K\r\n\rrv/a", "\x1b[C".repeat(23))),
        typed("exit"),
    ];
    assert_eq!(texts(&log.concat()), [other, long, other, "cd /srv/a && ls /srv/a", "exit"]);
}

#[test]
fn what_is_erased_behind_a_block_of_history_may_be_gone() {
    let log = "$ echo 'a\r\n> b'\r\na\r\nb\r\n$ echo 'a\r\n\rb' | wc\x08\x08\x08\x08\x08\x1b[K\r\na\r\nb\r\n$ exit\r\n";
    assert!(readings(log).iter().filter(|text| *text == "echo 'a\nb'").count() == 2, "{:?}", readings(log));
}

/// What every line may have been.
fn readings(terminal: &str) -> Vec<String> {
    let commands = session(&[terminal], Resend::Never);
    let others = |c: &Command| c.alternatives.iter().map(|a| a.command.clone()).collect::<Vec<_>>();
    commands.iter().flat_map(|c| [vec![c.command.clone()], others(c)].concat()).collect()
}

#[test]
fn what_two_changes_left_is_among_the_readings() {
    let back = |n: usize| "\x08".repeat(n);
    // a line thrown away before one that wraps, after which nothing shows where it began
    let long = "cat ~/app.log | grep INFO | sort -r n | head -1";
    let all = readings(&format!("$ ls\r\nb\r\n$ ls -l /tm{}{long}\r\nx\r\n", back(9)));
    assert!(all.contains(&long.replace("-r n", "-rn")), "{all:?}");
}

#[test]
fn a_name_behind_a_bell_may_have_been_put_in_front() {
    let all = readings("$ id\r\nuid=1\r\n$ \"a: $HOME\" > /srv/b; rm /srv/b\x07echo \r\n$ exit\r\n");
    assert!(all.contains(&"echo \"a: $HOME\" > /srv/b; rm /srv/b".to_owned()), "{all:?}");
}

#[test]
fn another_line_of_history_takes_the_place_of_one_of_several() {
    let block = "$ for i in 1 2; do\r\n> echo $i\r\n> done\r\n1\r\n2\r\n";
    let recalled = "$ for i in 1 2; do\r\n\recho $i\r\n\rdone\x1b[A\x1b[A";
    let erased = "\r\n\r\x1b[K\r\n\r\x1b[K\x1b[A\x1b[A\x1b[8C";
    let log = |steps: &str| {
        format!("$ id\r\nuid=1\r\n$ pwd\r\n/srv\r\n{block}{recalled}{steps}\r\n/srv\r\n$ exit\r\n")
    };
    // the editor steps back from the end of the last line
    let back = log(&format!("\x08\x08ls -l a{erased} "));
    assert_eq!(texts(&back)[3..], ["ls -l a", "exit"]);
    // what both begin with stays
    let shared = log(&format!("\r$ \x1b[Cind -name a{erased} "));
    assert_eq!(texts(&shared)[3..], ["find -name a", "exit"]);
    // and it goes on to one more
    let more = log(&format!("\x08\x08ls -l a{erased}date -u +%Y"));
    assert_eq!(texts(&more)[3..], ["date -u +%Y", "exit"]);
}

#[test]
fn what_a_silent_command_shows_may_be_its_rest() {
    let log = "$ id\r\nuid=1\r\n$ mkdir -p ~/tmp/app && cd ~/tmp\r\r\r\n/app\r\n$ ls\r\na\r\n$ exit\r\n";
    let commands = session(&[log], Resend::Never);
    let others: Vec<&str> = commands[1].alternatives.iter().map(|a| a.command.as_str()).collect();
    assert!(others.contains(&"mkdir -p ~/tmp/app && cd ~/tmp/app"), "{others:?}");
}

#[test]
fn the_rest_of_a_word_that_the_line_shows_may_be_its_own() {
    let log = "$ id\r\nuid=1\r\n$ echo x > /tmp/notes-1; rm /tmp/notes\r\r\r\n-1\r\n$ cat a # some \r\r\r\nmore\r\n$ ls\r\na\r\n$ exit\r\n";
    let commands = session(&[log], Resend::Never);
    let readings = |at: usize| {
        let command: &Command = &commands[at];
        let others = command.alternatives.iter().map(|a| a.command.as_str());
        [command.command.as_str()].into_iter().chain(others).collect::<Vec<_>>()
    };
    assert!(readings(1).contains(&"echo x > /tmp/notes-1; rm /tmp/notes-1"), "{:?}", readings(1));
    assert!(readings(2).contains(&"cat a # some more"), "{:?}", readings(2));
}

#[test]
fn a_complaint_that_comes_again_and_again_is_no_prompt() {
    let prompt = "[ops~]\u{276f} ";
    let failed =
        format!("{prompt}ls /no/such\r\nls: cannot access '/no/such': No such file or directory\r\n");
    let log = format!("{}{prompt}exit\r\n", failed.repeat(4));
    assert_eq!(texts(&log), ["ls /no/such", "ls /no/such", "ls /no/such", "ls /no/such", "exit"]);
}

#[test]
fn a_paste_behind_a_shell_that_was_left_is_what_was_typed() {
    let back = "\u{8}".repeat(12);
    let pasted = format!("2# ls\ncat ~/notes.txt{back}ls\ncat ~/notes.txt\napp.log\nto restart:\n");
    let pieces = [
        "2# id -un\nroot\n2# bash\n",
        "(venv) 2# echo a\na\n",
        "(venv) 2# exit\nexit\n",
        &pasted,
        "4# exit\nexit\n",
    ];
    let due = ["id -un", "bash", "echo a", "exit", "ls", "cat ~/notes.txt", "exit"];
    assert_eq!(texts_of(&pieces), due);
}

#[test]
fn a_job_may_speak_some_commands_later() {
    let pieces = [
        "web-2$ (sleep 4; echo job speaking) &\n[1] 4711\n",
        "web-2$ ls\na.log\n",
        "web-2$ sqlite3\n",
        "sqlite> select 1;\n1\n",
        "sqlite> job speaking\n",
        "select 2;\n2\n",
        "sqlite> .quit\n",
        "web-2$ exit\n",
    ];
    let due = ["(sleep 4; echo job speaking) &", "ls", "sqlite3", "select 1;", "select 2;", ".quit", "exit"];
    assert_eq!(texts_of(&pieces), due);
}

#[test]
fn keys_typed_before_fish_runs_a_line_hide_nothing() {
    let sign = format!("\x1b[2m⏎\x1b(B\x1b[m{}\r⏎ \r\x1b[K", " ".repeat(79));
    let fish = |typed: &str, keys: &str, behind: &str| {
        format!(
            "{sign}\x1b[?2004h\x1b]0;~\x07\x1b(B\x1b[m\r> \x1b[K\r\x1b[2C{typed}\r\n\x1b(B\x1b[m{keys}\x1b[?2004l\x1b]0;{typed} ~\x07\x1b(B\x1b[m\r{behind}\r\n"
        )
    };
    let pieces = [
        fish("id", "", "uid=1"),
        fish("sleep 0.3", "ls -", "la ~"),
        fish("ls -la ~", "", "total 0"),
        // some of them behind the mark
        fish("sleep 1.7", "ls ", "/srv").replace("\x1b]0;sleep", "-a \x1b]0;sleep"),
        fish("ls -a /srv", "", "total 0"),
    ];
    let due = ["id", "sleep 0.3", "ls -la ~", "sleep 1.7", "ls -a /srv"];
    assert_eq!(texts(&pieces.concat()), due);
    let pieces: Vec<&str> = pieces.iter().map(String::as_str).collect();
    assert_eq!(texts_of(&pieces), due);
}

#[test]
fn what_is_typed_behind_lines_of_before_took_their_place() {
    let pieces = [
        "web$ printf 'a b'\na bweb$ wc -l a.log\n1 a.log\n",
        "web$ printf 'a b'mkdir -p ~/tmp\n",
        "web$ wc -l a.logls -l b\nb\n",
        "web$ wc -l a.logprintf 'a b'daje -u\ndaje: not found\n",
        "web$ exit\n",
    ];
    let found = session(&pieces, Resend::Never);
    let offered = |at: usize, text: &str| found[at].alternatives.iter().any(|a| a.command == text);
    assert_eq!(found[2].command, "mkdir -p ~/tmp");
    assert!(found[2].confidence < 0.9 && offered(2, "printf 'a b'mkdir -p ~/tmp"), "{found:?}");
    assert!(found[3].command == "ls -l b" || offered(3, "ls -l b"), "{found:?}");
    assert!(found[4].command == "daje -u" || offered(4, "daje -u"), "{found:?}");
}

#[test]
fn a_long_prompt_whose_sign_was_damaged_is_known_before_any_text() {
    let pieces = [
        "\x1b[?2004h\x1b]0;x\x07\x1b[?2004h[build-23 /home/ops]❯ true 1\n",
        "[build-23 /home/ops]\u{fffd}\u{fffd} wxhoami\x08\x08\x08\x08\x08\x08hoami\x08\x08\x08\x08\x08\nroot\n",
        "[build-23 /home/ops]\u{fffd}\u{fffd} exit\nexit\n",
    ];
    assert_eq!(texts_of(&pieces), ["true 1", "whoami", "exit"]);
}

#[test]
fn an_editor_behind_unfinished_output_steps_from_its_prompt() {
    let prompt = "\x1b[?2004h\x1b]0;ops@web: ~\x07[ops~]$ ";
    let right = "\x1b[C".repeat(8);
    let pieces = [
        format!("{prompt}printf 'no newline'\n"),
        format!("\x1b[?2004lno newline{prompt}ls -l /srv{right}\x1b[Kls -la /\ntotal 0\n"),
        format!("{prompt}exit\n"),
    ];
    let pieces: Vec<&str> = pieces.iter().map(String::as_str).collect();
    assert_eq!(texts_of(&pieces), ["printf 'no newline'", "ls -la /", "exit"]);
}

#[test]
fn a_number_in_the_prompt_goes_up_behind_unfinished_output() {
    let pieces = ["[2]% printf 'no newline'\n", "no newline[3]% cd\n", "[4]% ls\na\n", "[5]% exit\n"];
    assert_eq!(texts_of(&pieces), ["printf 'no newline'", "cd", "ls", "exit"]);
    // the text goes on: no prompt stands there
    let pieces = ["[2]% printf 'see [3]% cd now'\n", "see [3]% cd now\n", "[4]% exit\n"];
    assert_eq!(texts_of(&pieces), ["printf 'see [3]% cd now'", "exit"]);
}

#[test]
fn an_environment_that_was_entered_unseen_stands_before_the_prompt_once_more() {
    let prompt = "[ops@web ~]$ ";
    let log = [
        prompt,
        ". ./activate\r\n(venv) ",
        prompt,
        "id\r\nuid=1\r\n(venv) ",
        // what it does is not known
        prompt,
        "enter\r\n(venv) (venv) ",
        prompt,
        "ls\r\na\r\n(venv) (venv) ",
        prompt,
        "exit\r\n",
    ];
    assert_eq!(texts(&log.concat()), [". ./activate", "id", "enter", "ls", "exit"]);
}

#[test]
fn a_listing_that_ends_in_a_commands_name_is_not_typed_ahead() {
    let prompt = "[ops@web ~]$ ";
    let shown = |listed: &str, next: &str| {
        let begin =
            format!("{prompt}echo hello there\r\nhello there\r\n{prompt}ls /usr/share\r\n{listed}\r\n");
        texts_of(&[&begin, &format!("{prompt}{next}\r\nhello there\r\n{prompt}exit\r\n")])
    };
    for next in ["$EDITOR notes", "\"my tool\" --now", ">notes", "%1"] {
        assert_eq!(shown("bin\r\nmake", next), ["echo hello there", "ls /usr/share", next, "exit"]);
    }
    // a search of readline, whose returns and sequences are lost
    let back = |n: usize| "\x08".repeat(n);
    let search = format!(
        "(reverse-i-search)`': {}h': echo hello there{}e': echo hello there{}l': echo hello there{}{prompt}echo hello{}",
        back(3),
        back(19),
        back(19),
        back(12),
        back(5)
    );
    let found = ["echo hello there", "ls /usr/share", "echo hello there", "exit"];
    assert_eq!(shown("bin\r\nmake", &search), found);
    assert_eq!(shown("bin  make  test\r\ndocker  polkit", &search), found);
    // what a shell without an editor shows once
    assert_eq!(texts_of(&["$ sleep 2\r\n", "id -un\r\n$ ops\r\n$ exit\r\n"]), ["sleep 2", "id -un", "exit"]);
}

#[test]
fn what_zsh_completed_stands_behind_the_last_row_of_its_listing() {
    let sign = format!("%{}", " ".repeat(79));
    let line = |typed: &str| format!("\x1b[1m\x1b[7m{sign}\r \r\rops@web ~% \x1b[K\x1b[?2004h{typed}");
    let log = [
        line("p\x08pwd\x1b[?2004l\r\r\n/home/ops\r\n"),
        // a menu that was gone through
        line("c\x08cat file1\x07\r\n"),
        "\x1b[Jfile1.txt    file10.txt   \x1b[A\x1b[0m\x1b[27m\x1b[24m\r\x1b[11Ccat file1\x1b[K.txt\r\r\n".into(),
        "file1.txt    file10.txt   \x1b[A\x1b[0m\x1b[27m\x1b[24m\r\x1b[11Ccat file1.txt\x1b[K\x08\x08\x08\x080.txt\x1b[?2004l\r\r\n\x1b[J".into(),
        "ten\r\n".into(),
        // a listing behind which more was typed
        line("l\x08ls /etc/pa\x07\r\n"),
        "\x1b[Jpam.conf  passwd  \x1b[A\x1b[0m\x1b[27m\x1b[24m\r\x1b[11Cls /etc/pa\x1b[Ksswd\x1b[?2004l\r\r\n\x1b[J".into(),
        "/etc/passwd\r\n".into(),
        // of everything, where the blank is stepped over
        line("l\x08ls \x07\r\n"),
        "\x1b[Ja.txt  b.txt  \x1b[A\x1b[0m\x1b[27m\x1b[24m\r\x1b[11Cls\x1b[K\x1b[1C\x07a.txt\x07\r\r\n\x1b[J\x1b[A\x1b[19C\x1b[?2004l\r\r\n\x1b[J".into(),
        "a.txt\r\n".into(),
        // of variables
        line("e\x08echo $HO\x07\r\n"),
        "\x1b[JHOME  HOST\x1b[A\x1b[0m\x1b[27m\x1b[24m\r\x1b[11Cecho $HO\x1b[KME\x1b[?2004l\r\r\n\x1b[J".into(),
        "/home/ops\r\n".into(),
        // taken off again with the line
        line("l\x08ls al\x07\r\n"),
        "\x1b[Jal.sh   al.txt  \x1b[A\x1b[0m\x1b[27m\x1b[24m\r\x1b[11Cls al\x1b[K \r\r\n\x1b[J\x1b[A\x1b[17C".into(),
        format!("{}     {}i\x08id\x1b[?2004l\r\r\nuid=1\r\n", "\x08".repeat(6), "\x08".repeat(5)),
        // the first one at once, then the next
        line("l\x08ls al\x07.sh\r\n"),
        "\x1b[Jal.sh   al.txt\x1b[A\x1b[0m\x1b[27m\x1b[24m\r\x1b[11Cls al.sh\x1b[K\x08\x08txt\x1b[?2004l\r\r\n\x1b[J".into(),
        "al.txt\r\n".into(),
        line("e\x08exit\x1b[?2004l\r\r\n"),
    ];
    let due =
        ["pwd", "cat file10.txt", "ls /etc/passwd", "ls a.txt", "echo $HOME", "id", "ls al.txt", "exit"];
    assert_eq!(texts(&log.concat()), due);
}

#[test]
fn letters_that_were_typed_early_are_no_part_of_a_prompt() {
    let log = "[ops@web ops]$ ls ~\r\na\r\n[ops@web ops]$ cd /usr/share\r\nte[ops@web share]$ test -f a || echo no a\r\nno a\r\n[ops@web share]$ wc -l a\r\n1\r\n[ops@web share]$ exit\r\n";
    assert_eq!(texts(log), ["ls ~", "cd /usr/share", "test -f a || echo no a", "wc -l a", "exit"]);
}

#[test]
fn below_what_is_open_a_shell_asks_for_the_rest_and_shows_no_second_row_of_a_prompt() {
    let more = |text: &str| format!("\x1b[?2004h> {text}\r\n\x1b[?2004l\r");
    for first in ["f() {", "function f {", "x=$(", "(", "{"] {
        let last = if first.ends_with('(') { ")" } else { "}" };
        let log = [
            titled("ops@web:~$ ", "id -un"),
            "ops\r\n".to_owned(),
            titled("ops@web:~$ ", first),
            more("ls"),
            more(last),
            titled("ops@web:~$ ", "exit"),
        ];
        assert_eq!(texts(&log.concat()), ["id -un", &format!("{first}\nls\n{last}"), "exit"]);
    }
}
