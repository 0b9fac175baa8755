//! What csh and Korn shells show: exactly the commands due. The bytes are those of tcsh, mksh and ksh93, shortened.

use super::streamed::texts as streamed;
use super::unusual::texts;

/// A line that tcsh or mksh ends with a carriage return of its own.
fn line(prompt: &str, text: &str) -> String {
    format!("{prompt}{text}\r\r\n")
}

fn back(n: usize) -> String {
    "\x08".repeat(n)
}

#[test]
fn a_return_at_the_end_of_every_line_breaks_none() {
    let tcsh = |text: &str| line("ops@web:~> ", text);
    let log = [
        &tcsh("cat ~/config.yml"),
        "server:\r\n",
        &tcsh("pwd"),
        "/home/ops\r\n",
        &tcsh("busybox ash"),
        "ops@web:ops$ \x1b[6nid -un\r\nops\r\nops@web:ops$ \x1b[6nexit\r\n",
        &tcsh("ls"),
        "notes.txt\r\n",
        &tcsh("exit"),
        "exit\r\n",
    ];
    assert_eq!(
        texts(&log.concat()),
        ["cat ~/config.yml", "pwd", "busybox ash", "id -un", "exit", "ls", "exit"]
    );
}

#[test]
fn tcsh_goes_to_the_next_row_by_writing_over_the_edge() {
    let long = "cat ~/app.log | grep INFO | cut -d' ' -f5 | sort | uniq -c | sort -rn";
    let (row, rest) = long.split_at(62);
    // wrapped, and gone back over the edge to put a word in front
    let wrapped = line("> ", &format!("{row} \x08{rest}"));
    let edited =
        format!("> cd /srv\x1b[3Gmv /srv/aa /srv/bb && ls /srv/bb\x1b[64G  {}\x1b[A\x1b[3G\r\r\n", back(2));
    let log =
        [&line("> ", "pwd"), "/\r\n", &wrapped, "1 a\r\n", &edited, "a\r\n", &line("> ", "exit"), "exit\r\n"];
    assert_eq!(texts(&log.concat()), ["pwd", long, "mv /srv/aa /srv/bb && ls /srv/bb", "exit"]);
}

#[test]
fn tcsh_draws_a_prompt_of_two_lines_and_a_line_of_several_by_a_step_to_the_edge() {
    let tcsh = |text: &str| line("web-10\x1b[64G  \r> ", text);
    let log = [
        &tcsh("ls"),
        "a\r\n",
        &tcsh("echo never"),
        "\x1b[K",
        &tcsh("ls -d \\"),
        "? /srv\r\r\n/srv\r\n",
        // taken from history
        &tcsh("ls -d \\\x1b[K\x1b[64G  \r/srv"),
        "/srv\r\n",
        &tcsh("exit"),
        "exit\r\n",
    ];
    assert_eq!(texts(&log.concat()), ["ls", "ls -d \\\n/srv", "ls -d \\\n/srv", "exit"]);
}

#[test]
fn mksh_moves_a_long_line_aside() {
    let mksh = |text: &str| line("[/home/ops]$ ", text);
    let log = [
        &mksh("pwd"),
        "/home/ops\r\n",
        &mksh(&format!("cat ~/config\rat ~/config{}<{}.yml", " ".repeat(10), back(11))),
        "server:\r\n",
        // from history, of which the start is out of sight from the beginning
        &mksh(&format!("\rat ~/config.yml      <{} | wc -l", back(7))),
        "1\r\n",
        &mksh("exit"),
    ];
    let due = ["pwd", "cat ~/config.yml", "cat ~/config.yml | wc -l", "exit"];
    assert_eq!(texts(&log.concat()), due);
    assert_eq!(streamed(&log.concat()), due);
}

#[test]
fn mksh_shows_the_line_feeds_of_a_line_from_history() {
    let mksh = |text: &str| line("ops$ ", text);
    let log = [
        &mksh("for i in 1; do"),
        &line("> ", "echo $i"),
        &line("> ", "done"),
        "1\r\n",
        &mksh(&format!("\rops$ for i in 1; do^Jecho $i^Jdone      {}", back(6))),
        "1\r\n",
        &mksh("^D"),
    ];
    let due = ["for i in 1; do\necho $i\ndone"; 2];
    assert_eq!(texts(&log.concat()), due);
    assert_eq!(streamed(&log.concat()), due);
}

#[test]
fn mksh_gives_a_prompt_without_room_a_row_of_its_own() {
    let log = "[ops@web-8:/home/ops]$ ls\r\r\na\r\n[ops@web-8:/home/ops]$ id -un\r\r\nops\r\n[ops@web-8:/home/ops]$ \r\npwd\r\r\n/home/ops\r\n[ops@web-8:/home/ops]$ \r\nls -l ~/rep\rs -l ~/reports         <\x08\x08\x08\x08\x08\x08\x08\x08\x08\x08\r\r\ntotal 0\r\n[ops@web-8:/home/ops]$ \r\nexit\r\r\n";
    assert_eq!(texts(log), ["ls", "id -un", "pwd", "ls -l ~/reports", "exit"]);
}

#[test]
fn ksh93_edits_a_line_over_two_rows() {
    let prompt = "[08:48:47 ops]# ";
    // the first prompt is drawn twice, with all but the last column filled
    let first = format!("{prompt}\r\x1b[J\r{prompt}{}{}pwd\r\n/srv\r\n", " ".repeat(47), back(47));
    // of 64 columns; the letter that was forgotten goes before the last word but three
    let log = format!(
        "{first}{prompt}wc -l ~/app.og ~/notes.txt | sort -n | tail -222\r\r\n\x1b[A\r\r\n{}\x1b[Awc -l ~/app.og ~/notes.txt | sort -n | tail -2{}log ~/notes.txt | sort -n | tail -222\x1b[A\r\r\n2{}\x1b[Awc -l ~/app.l\r\n\r2\r\n  65 total\r\n{prompt}exit\r\n",
        " ".repeat(16),
        back(34),
        " ".repeat(15),
    );
    assert_eq!(texts(&log), ["pwd", "wc -l ~/app.log ~/notes.txt | sort -n | tail -222", "exit"]);
}

#[test]
fn ksh93_shows_nothing_of_what_it_gives_up() {
    let log = "ops$ ls\r\na\r\nops$ echo never\r\nops$ cd /srv\r\nops$ pwd\r\n/srv\r\nops$ exit\r\n";
    assert_eq!(texts(log), ["ls", "cd /srv", "pwd", "exit"]);
}

#[test]
fn a_character_deleted_by_writing_what_follows_is_gone() {
    let tail = "p.log | head -3";
    let log = format!(
        "ops$ ls\r\r\na\r\nops$ grep -n 2 ~/apx{tail}{}{tail} {}{tail}\r\r\n1:a\r\nops$ exit\r\r\n",
        back(16),
        back(16)
    );
    assert_eq!(streamed(&log), ["ls", "grep -n 2 ~/app.log | head -3", "exit"]);
}

#[test]
fn the_first_prompt_of_tcsh_may_have_two_lines() {
    let tcsh = |dir: &str, text: &str| line(&format!("\u{250c}\u{2500} ops:{dir}\x1b[120G  \r $ "), text);
    let log = [
        &tcsh("~", "cd /srv"),
        &tcsh("srv", "ls"),
        "a\r\n",
        &tcsh("srv", "echo never"),
        "\x1b[K",
        &tcsh("srv", "printf x"),
        "x",
        &tcsh("srv", "exit"),
        "exit\r\n",
    ];
    assert_eq!(texts(&log.concat()), ["cd /srv", "ls", "printf x", "exit"]);
}

#[test]
fn a_listing_of_what_may_complete_a_word_is_no_output() {
    let row = "ops$ head -2 ~/a | cat";
    let tcsh = [
        &line("ops$ ", "ls"),
        "a\r\n",
        &line(row, "\x07"),
        "cat    catman \r\r\n",
        &line(row, ""),
        "x\r\n",
        &line("ops$ ", "exit"),
        "exit\r\n",
    ];
    assert_eq!(texts(&tcsh.concat()), ["ls", "head -2 ~/a | cat", "exit"]);
    let mksh = [
        &line("ops$ ", "ls"),
        "a\r\n",
        &line(row, ""),
        "cat     catman\r\n\r",
        &line(row, &format!("     {}", back(5))),
        "x\r\n",
        &line("ops$ ", "exit"),
    ];
    assert_eq!(texts(&mksh.concat()), ["ls", "head -2 ~/a | cat", "exit"]);
}

#[test]
fn ksh93_steps_back_before_an_underscore() {
    let prompt = "svc_app@ip-10-0-3-86:svc_app\u{bb} ";
    let drawn = prompt.replace('_', " \x08_");
    let log = format!(
        "{prompt}\r\x1b[J\r{drawn}{}{}ls /srv\r\na\r\n{prompt}ls ~/sr\r{drawn}ls /home/svc \x08_app/src/{}{}main.c \r\nmain.c\r\n{prompt}exit\r\n",
        " ".repeat(60),
        back(60),
        " ".repeat(40),
        back(40),
    );
    assert_eq!(texts(&log), ["ls /srv", "ls /home/svc_app/src/main.c", "exit"]);
}

#[test]
fn mksh_may_keep_the_prompt_when_it_moves_a_line_aside() {
    let prompt = "[09:25 ops]$ ";
    let log = [
        &line(prompt, "pwd"),
        "/home/ops\r\n",
        &line(prompt, &format!("mkdir -p ~/tmp && cd ~/tmp\r{prompt}p && cd ~/tmp       <{}/x", back(8))),
        &line(prompt, "exit"),
    ];
    assert_eq!(texts(&log.concat()), ["pwd", "mkdir -p ~/tmp && cd ~/tmp/x", "exit"]);
}

#[test]
fn a_prompt_below_tells_that_a_line_was_not_broken() {
    let log = [
        "web/home/ops$ ls -la ~\r\ntotal 0\r\n",
        "web/home/ops$ cat a\r\nx\r\n",
        "web/home/ops$ tcsh\r\n",
        &line("web/srv> ", "mkdir -p ~/tmp/aa && cd ~/tmp/aa"),
        &line("web~/tmp/aa> ", "exit"),
        "exit\r\nweb/home/ops$ exit\r\n",
    ];
    assert_eq!(
        texts(&log.concat()),
        ["ls -la ~", "cat a", "tcsh", "mkdir -p ~/tmp/aa && cd ~/tmp/aa", "exit", "exit"]
    );
    let numbered = |n: u32, text: &str| line(&format!("ops ~ {n}$ "), text);
    let log = [
        "ops /home/ops 1$ cat a\r\nx\r\nops /home/ops 2$ wc a\r\n1\r\nops /home/ops 3$ mksh\r\n",
        &numbered(1, "cat ~/reports/january.csv "),
        "id,sum\r\n",
        &numbered(2, "ls ~/src/main.c"),
        "main.c\r\n",
        &numbered(3, "exit"),
        "ops /home/ops 4$ exit\r\n",
    ];
    let due = ["cat a", "wc a", "mksh", "cat ~/reports/january.csv", "ls ~/src/main.c", "exit", "exit"];
    assert_eq!(texts(&log.concat()), due);
}

#[test]
fn what_is_typed_ahead_of_a_question_of_csh_comes_twice() {
    let log = [
        &line("ops@web:~> ", "cat <<EOF"),
        &line("hel? ", "hello"),
        &line("? ", "# none"),
        &line("? ", "EOF"),
        "hello\r\n# none\r\n",
        &line("ops@web:~> ", "foreach i (1 2)"),
        "  echo $i\r\n",
        &line("foreach? ", "  echo $i"),
        &line("foreach? ", "end"),
        "1\r\n2\r\n",
        &line("ops@web:~> ", "cat <<EOF"),
        "hello\r\n",
        &line("EO? ", "hello"),
        &line("? ", "EOF"),
        "hello\r\n",
        &line("ops@web:~> ", "exit"),
    ];
    let due =
        ["cat <<EOF\nhello\n# none\nEOF", "foreach i (1 2)\n  echo $i\nend", "cat <<EOF\nhello\nEOF", "exit"];
    assert_eq!(texts(&log.concat()), due);
    assert_eq!(streamed(&log.concat()), due);
}

#[test]
fn tcsh_erases_its_row_behind_a_line_that_was_given_up_also_where_the_next_is_typed_ahead() {
    let log = [
        &line("(ops@web)> ", "ls"),
        "a\r\n",
        &line("(ops@web)> ", "ls -l"),
        "id -un\r\n\x1b[K",
        &line("(ops@web)> ", "id -un"),
        "ops\r\n",
        &line("(ops@web)> ", "ls -la"),
        "pw\x1b[K",
        &line("(ops@web)> ", "pwd"),
        "/srv\r\n",
        &line("(ops@web)> ", "exit"),
    ];
    assert_eq!(texts(&log.concat()), ["ls", "id -un", "pwd", "exit"]);
}

#[test]
fn mksh_lists_in_colour_and_in_copies_what_completes_a_word() {
    let row = "\x1b[32mops\x1b[0m$ head -2 ~/a | cat";
    let log = [
        &line("\x1b[32mops\x1b[0m$ ", "ls"),
        "a\r\n",
        &line(row, ""),
        "cat     catman\r\n\r",
        &line(row, &format!("     {}", back(5))),
        "x\r\n",
        &line("\x1b[32mops\x1b[0m$ ", "exit"),
    ];
    let due = ["ls", "head -2 ~/a | cat", "exit"];
    assert_eq!(texts(&log.concat()), due);
    assert_eq!(streamed(&log.concat()), due);
}

#[test]
fn a_row_above_every_sign_is_the_upper_line_of_the_prompt() {
    let log = "eops@web/home/ops\r\n# echo a b\r\na b\r\nops@web/home/ops\r\n# cd /srv\r\nops@web/srv\r\n# ls\r\nmain.c\r\nops@web/srv\r\n# echo never\r\nops@web/srv\r\n# id -un\r\nops\r\nops@web/srv\r\n# exit\r\n";
    assert_eq!(texts(log), ["echo a b", "cd /srv", "ls", "id -un", "exit"]);
    let all = super::unusual::ran(log);
    assert!(all.iter().all(|(_, user)| user.as_deref() == Some("ops")), "{all:?}");
}

#[test]
fn ksh93_writes_a_line_of_history_on_several_rows() {
    let log = "ops->> cat ~/app.log | sort | uniq -c # aa bb cc\r\n1\r\nops->> cat ~/app.log | sort | uniq\r\n\r-c # aa\r\n\rbb cc | wc -l\r\n1\r\nops->> apt update\r\n\r0% [Working]\r\nops->> exit\r\n";
    assert_eq!(
        texts(log),
        [
            "cat ~/app.log | sort | uniq -c # aa bb cc",
            "cat ~/app.log | sort | uniq -c # aa bb cc | wc -l",
            "apt update",
            "exit"
        ]
    );
}

#[test]
fn a_frame_that_lost_bytes_ends_no_prompt() {
    let frame = |dir: &str, text: &str| format!("\u{250c}\u{2500} {dir} (main)\u{3bb} {text}\r\n");
    let log = [
        frame("/usr/share", "true a | cat"),
        frame("/usr/share", "mkdir -p ~/tmp/b && cd ~/tmp/b"),
        frame("~/tmp/b", "id -un"),
        "ops\r\n".to_owned(),
        frame("~/tmp/b", "exit"),
    ];
    assert_eq!(streamed(&log.concat()), ["true a | cat", "mkdir -p ~/tmp/b && cd ~/tmp/b", "id -un", "exit"]);
}

#[test]
fn a_sign_below_a_title_is_typed_behind_a_file() {
    let title = "\x1b]0;ops@web: ~\x07$ ";
    let pieces =
        ["cat <<EOF\r\n> a\r\n> EOF\r\na\r\n", "ls -l\r\ntotal 0\r\n", "pwd\r\n/srv\r\n", "exit\r\n"];
    let pieces = pieces.map(|typed| format!("{title}{typed}"));
    let pieces: Vec<&str> = pieces.iter().map(String::as_str).collect();
    assert_eq!(super::streamed::texts_of(&pieces), ["cat <<EOF\na\nEOF", "ls -l", "pwd", "exit"]);
}

#[test]
fn mksh_gives_a_prompt_without_room_a_row_of_its_own_in_a_copy_too() {
    let prompt = "ops@ip-10-0-3-0$ ";
    let pieces = [
        format!("{prompt}ls\r\na\r\n{prompt}\r\n"),
        "id -un\r\nops\r\n".to_owned() + prompt + "\r\n",
        format!("wc -l a.log b.txt | sort a.log b.txt | sort       <{}-n\r\n3\r\n{prompt}\r\n", back(7)),
        "exit\r\n".to_owned(),
    ];
    let pieces: Vec<&str> = pieces.iter().map(String::as_str).collect();
    assert_eq!(super::streamed::texts_of(&pieces), ["ls", "id -un", "wc -l a.log b.txt | sort -n", "exit"]);
}

#[test]
fn mksh_may_move_a_line_aside_behind_a_blank() {
    let log = [
        &line("\x1b]0;ops\x07\x1b[34m/home/ops\x1b[0m~> ", "pwd"),
        "/home/ops\r\n",
        &line(
            "\x1b]0;ops\x07\x1b[34m/home/ops\x1b[0m~> ",
            &format!("test -f a || echo est -f a || echo       <{}missing", back(7)),
        ),
        "missing\r\n",
        // put back at once, beyond the edge
        &line(
            "\x1b]0;ops\x07\x1b[34m/home/ops\x1b[0m~> ",
            &format!("mkdir -p ~/tmp && cd ~kdir -p ~/tmp && cd ~/tmp     <{}", back(6)),
        ),
        &line("\x1b]0;ops\x07\x1b[34m/home/ops\x1b[0m~> ", "exit"),
    ];
    assert_eq!(
        streamed(&log.concat()),
        ["pwd", "test -f a || echo missing", "mkdir -p ~/tmp && cd ~/tmp", "exit"]
    );
}

#[test]
fn mksh_moves_a_line_aside_at_each_edge() {
    let prompt = "ops$ ";
    let edge = |fill: usize, steps: usize| format!("{}<{}", " ".repeat(fill), back(steps));
    let log = [
        &line(prompt, "pwd"),
        "/srv\r\n",
        &line(
            prompt,
            &[
                // the second time behind a blank, which was typed
                format!("find /etc -name 'b*\rind /etc -name 'b*{}", edge(6, 7)),
                format!("' 2>/dev\rc -name 'b*' 2>/dev{}", edge(6, 7)),
                format!("/null | \r'b*' 2>/dev/null | {}wc -l", edge(8, 9)),
            ]
            .concat(),
        ),
        "2\r\n",
        // two letters are erased there, and a word is completed
        &line(prompt, &format!("true a --flag=1cf\rrue a --flag=1cf{} \x08\x08 \x0861 | cat", edge(9, 11))),
        &line(prompt, &format!("wc -l ~/app.\rc -l /home/ops/app.log{} ", edge(9, 10))),
        "9\r\n",
        &line(prompt, "exit"),
    ];
    let due = [
        "pwd",
        "find /etc -name 'b*' 2>/dev/null | wc -l",
        "true a --flag=161 | cat",
        "wc -l /home/ops/app.log",
        "exit",
    ];
    assert_eq!(streamed(&log.concat()), due);
}

#[test]
fn a_prompt_of_csh_that_goes_on_in_the_next_row_may_name_any_place_in_a_copy() {
    let csh = |place: &str, text: &str| {
        format!("\x1b]0;ops@web: {place}\x07ops@web{place}\x1b[136G  \r% {text}\r\r\r\n")
    };
    let log = [
        &csh("~", "id -un"),
        "ops\r\n",
        &csh("~", "mkdir -p ~/tmp/abcde && cd ~/tmp/abcde"),
        &csh("~/tmp/abcde", "ls -l"),
        "total 0\r\n",
        &csh("~/tmp/abcde", "pwd"),
        "/home/ops/tmp/abcde\r\n",
        &csh("~/tmp/abcde", "exit"),
        "exit\r\n",
    ];
    let due = ["id -un", "mkdir -p ~/tmp/abcde && cd ~/tmp/abcde", "ls -l", "pwd", "exit"];
    assert_eq!(texts(&log.concat()), due);
    assert_eq!(streamed(&log.concat()), due);
}

#[test]
fn ksh93_steps_back_before_an_underscore_in_a_copy_too() {
    let prompt = "[svc_app/home/svc_app]$ ";
    let drawn = prompt.replace('_', " \x08_");
    let log = format!(
        "{prompt}{drawn}{}{}python3\r\n>>> exit()\r\n{prompt}ls\r\na\r\n{prompt}cat /home/svc \x08_app/a\x08b\r\n{prompt}exit\r\n",
        " ".repeat(40),
        back(40),
    );
    assert_eq!(streamed(&log), ["python3", "exit()", "ls", "cat /home/svc_app/b", "exit"]);
}

#[test]
fn a_shell_outside_may_stand_in_a_place_of_before() {
    let log = "~=> cd reports\r\n/home/ops/reports=> . ~/activate\r\n(venv) /home/ops/reports=> bash\r\n(venv) /home/ops/reports=> exit\r\nexit\r\n(venv) /home/ops/reports=> exit\r\nexit\r\n~=> ls -l\r\ntotal 0\r\n~=> pwd\r\n/home/ops\r\n~=> exit\r\n";
    assert_eq!(streamed(log), ["cd reports", ". ~/activate", "bash", "exit", "exit", "ls -l", "pwd", "exit"]);
}

#[test]
fn what_is_typed_behind_the_bell_of_csh_may_be_all() {
    let csh = |text: &str| line("ops@web:~> ", text);
    let log = [
        &csh("ls"),
        "a\r\n",
        &csh("cd ~/re wrongg\x07ports"),
        "ports: Command not found.\r\n",
        &csh("echo  wrongg\x07\"a: $HOME\" > b"),
        "a: /home/ops: Command not found.\r\n",
        &csh("cat rep\x07orts"),
        "a\r\n",
        &csh("exit"),
    ];
    assert_eq!(streamed(&log.concat()), ["ls", "ports", "\"a: $HOME\" > b", "cat reports", "exit"]);
}

#[test]
fn a_line_of_history_takes_the_place_of_another_without_a_trace() {
    let csh = |text: &str| line("(ops@web)> ", text);
    let log = [
        &csh("cd ~/reports"),
        &csh("ls --color=always ~"),
        "a\r\n",
        &csh("cat <<EOF"),
        &line("? ", "x"),
        &line("? ", "EOF"),
        "x\r\n",
        &csh("ls --color=always ~cd ~/reports "),
        &csh("cd ~/reportsls --color=always ~cd ~/reports"),
        &csh("exit"),
    ];
    assert_eq!(
        streamed(&log.concat()),
        ["cd ~/reports", "ls --color=always ~", "cat <<EOF\nx\nEOF", "cd ~/reports", "cd ~/reports", "exit"]
    );
}

#[test]
fn the_first_line_may_stand_above_the_first_prompt_and_what_it_shows_behind_it() {
    let log = "ls -la ~\r\n[build-9]$ total 56\r\ndrwxr-xr-x 6 ops\r\n[build-9]$ id -un\r\nops\r\n[build-9]$ exit\r\n";
    assert_eq!(streamed(log), ["ls -la ~", "id -un", "exit"]);
}

#[test]
fn a_row_of_csh_may_begin_with_a_blank() {
    // of 48 columns: what took the place of another line goes on in the next row, with a blank
    let csh = |text: &str| line("[ops:web]> ", text);
    let log = [
        &csh("cat app.log | sort | uniq -c | sort -r \x08 -n -k 2"),
        "7 a\r\n",
        &csh("wc -l a b\x1b[12Gcat app.log | sort | uniq -c | sort -r \r -n -k 2"),
        "7 a\r\n",
        &csh("exit"),
    ];
    let due = ["cat app.log | sort | uniq -c | sort -r -n -k 2"; 2];
    assert_eq!(texts(&log.concat())[..2], due);
    // nor does a bar that is drawn anew hide what was typed
    let log = [
        "[ops:web]> get a.tar from here to some other place\r\r\r\n",
        "a.tar 40 % of all that there is to get \r a.tar 50 % of it\r\n",
        &csh("exit"),
    ];
    assert_eq!(texts(&log.concat()), ["get a.tar from here to some other place", "exit"]);
}

/// Which of a transcript's commands have 0.9 or more.
fn sure(log: &str) -> Vec<String> {
    let sure = super::unusual::commands(log).into_iter().filter(|c| c.confidence >= 0.9);
    sure.map(|c| c.command).collect()
}

#[test]
fn what_shows_nothing_and_would_have_is_not_sure_to_have_run() {
    let log = [
        "ops$ ls\r\na\r\n",
        "ops$ grep x a\r\n",
        "ops$ mkdir b\r\n",
        // counts whatever it was given
        "ops$ wc -l a b | sort -n | tail -2\r\n",
        "ops$ cat ~/notes.txt\r\n",
        "ops$ test -f a || echo none\r\n",
        "ops$ exit\r\n",
    ];
    let due = ["ls", "grep x a", "mkdir b", "cat ~/notes.txt", "test -f a || echo none", "exit"];
    assert_eq!(texts(&log.concat()), due);
    // this shell hides Ctrl-C, so that nothing tells of what never shows anything either
    assert_eq!(sure(&log.concat()), ["ls", "exit"]);
    assert_eq!(sure("ops$ ls\r\na\r\nops$ mkdir b\r\nops$ exit\r\n"), ["ls", "mkdir b", "exit"]);
}

#[test]
fn ksh93_is_known_by_its_name_to_hide_what_is_given_up() {
    let log = "ops$ mkdir a\r\nops$ ksh93\r\n[/srv]$ mkdir b\r\n[/srv]$ cd /tmp\r\n[/tmp]$ ls\r\na\r\n[/tmp]$ exit\r\nops$ exit\r\n";
    assert_eq!(sure(log), ["mkdir a", "ksh93", "cd /tmp", "ls", "exit", "exit"]);
}

#[test]
fn what_was_typed_ahead_is_not_what_the_line_above_it_shows() {
    let log = "ops$ ls\r\na\r\nops$ echo never\r\nid -un\r\nops$ id -un\r\nops\r\nops$ echo id\r\nid\r\nops$ id\r\n1\r\nops$ exit\r\n";
    assert_eq!(texts(log), ["ls", "id -un", "echo id", "id", "exit"]);
}

#[test]
fn tcsh_erases_its_row_behind_a_line_that_was_given_up_also_in_lines_that_a_copy_keeps_whole() {
    let tcsh = |text: &str| line("\x1b]0;ops@web\x07\x1b[34mops\x1b[0m$ ", text);
    let log = [
        &tcsh("ls"),
        "a\r\n",
        &tcsh("mkdir b"),
        "\x1b[K",
        &tcsh("mkdir c"),
        &tcsh("id -un"),
        "ops\r\n",
        &tcsh("exit"),
    ];
    assert_eq!(streamed(&log.concat()), ["ls", "mkdir c", "id -un", "exit"]);
}

#[test]
fn a_sign_of_several_characters_has_its_upper_line_too() {
    let log = "1 ops@web\r\n=> echo a b\r\na b\r\n2 ops@web\r\n=> cd /srv\r\n3 ops@web\r\n=> ls\r\nmain.c\r\n4 ops@web\r\n=> echo never\r\n4 ops@web\r\n=> id -un\r\nops\r\n5 ops@web\r\n=> exit\r\n";
    assert_eq!(texts(log), ["echo a b", "cd /srv", "ls", "id -un", "exit"]);
}

#[test]
fn an_upper_line_may_begin_as_the_sign_below_it_does_where_both_are_damaged() {
    let ksh = |text: &str| format!("\u{250c}\u{2500} web-10:/srv\r\n\u{276f} {text}\r\n");
    let log = [
        &ksh("mkdir b"),
        &ksh("pwd"),
        "/srv\r\n",
        &ksh("ls"),
        "a\r\n",
        &ksh("id -un"),
        "ops\r\n",
        &ksh("id -un"),
        "ops\r\n",
        &ksh("exit"),
    ];
    assert_eq!(streamed(&log.concat()), ["mkdir b", "pwd", "ls", "id -un", "id -un", "exit"]);
}

#[test]
fn an_upper_line_behind_what_was_typed_too_early_is_no_prompt() {
    for upper in ["ops ops>", "ops web #", "[ops ops]$"] {
        let ksh = |text: &str| format!("{upper}\r\r\n$ {text}\r\r\n");
        let log = [
            "cat ~/no",
            // asked for once more
            &format!("{upper}\r\r\n$ \r\x1b[J\r$ {}{}cat ~/notes.txt\r\r\n", " ".repeat(76), back(76)),
            "to do\r\n",
            &ksh("pwd"),
            "/srv\r\n",
            &ksh("id -un"),
            "ops\r\n",
            &ksh("ls /srv"),
            "a\r\n",
            &ksh("exit"),
        ];
        assert_eq!(texts(&log.concat()), ["cat ~/notes.txt", "pwd", "id -un", "ls /srv", "exit"], "{upper}");
    }
}

#[test]
fn a_shell_that_is_left_at_once_has_the_prompt_before_the_word_that_leaves_it() {
    let upper = "\u{fffd}\u{fffd} web-10 /srv (main *)";
    let ksh = |text: &str| format!("{upper}\n> {text}\n");
    let log = [
        &ksh("pwd"),
        "/srv\n",
        &ksh("sudo -i"),
        "\u{fffd}\u{fffd} root~ (main *)# exit\nlogout\n",
        &ksh("id -un"),
        "ops\n",
        &ksh("ls"),
        "a\n",
        &ksh("exit"),
    ];
    assert_eq!(streamed(&log.concat()), ["pwd", "sudo -i", "exit", "id -un", "ls", "exit"]);
}

#[test]
fn what_was_begun_too_early_stands_before_the_shortest_prompt_and_behind_it() {
    let mksh = |ahead: &str, text: &str| format!("{ahead}$ {text}\r\r\n");
    let log = [
        &mksh("cd /", "cd /srv"),
        &mksh("ls ", "ls -la"),
        "total 0\r\n",
        &mksh("", "pwd"),
        "/srv\r\n",
        &mksh("grep -n 7", "grep -n 7 app.log"),
        "7:a\r\n",
        &mksh("", "id -un"),
        "ops\r\n",
        &mksh("", "date"),
        "now\r\n",
        // a page says so
        &mksh("", "cat notes.txt"),
        "to list: $ ls -la\r\n",
        &mksh("", "exit"),
    ];
    let ran = ["cd /srv", "ls -la", "pwd", "grep -n 7 app.log", "id -un", "date", "cat notes.txt", "exit"];
    assert_eq!(texts(&log.concat()), ran);
}

#[test]
fn a_shell_below_is_known_behind_what_was_begun_too_early() {
    let log = [
        "[~ 1]  # pwd\n/home\n",
        "[~ 2]  # tcsh\n",
        "[~ 1]  # ls\na\n",
        "[~ 2]  # exit\nexit\n",
        "ed ~/notes.t[~ 3]  # ed ~/notes.txt\n105\nQ\n",
        "cd ~/s[~ 4]  # cd ~/src && ls\nmain.c\n",
        "e[~/src 5]  # echo one two\none two\n",
        "[~/src 6]  # exit\nexit\n",
    ];
    let ran = ["pwd", "tcsh", "ls", "exit", "ed ~/notes.txt", "cd ~/src && ls", "echo one two", "exit"];
    assert_eq!(streamed(&log.concat()), ran);
}

#[test]
fn the_upper_line_of_a_shell_that_was_opened_may_be_the_prompt_of_the_one_outside() {
    let mksh = |text: &str| format!("<ops@web /srv>\r\n\u{bb} {text}\r\r\n");
    let log = [
        "<ops@web /srv>\u{bb} ls\r\na\r\n",
        "<ops@web /srv>\u{bb} mksh\r\n",
        &mksh("if [ -f a ]; then"),
        "> echo yes\r\r\n> fi\r\r\nyes\r\n",
        &mksh("grep -n 1 a | head -2"),
        "1:a\r\n",
        &mksh("exit"),
        "<ops@web /srv>\u{bb} exit\r\n",
    ];
    let due = ["ls", "mksh", "if [ -f a ]; then\necho yes\nfi", "grep -n 1 a | head -2", "exit", "exit"];
    assert_eq!(texts(&log.concat()), due);
}

#[test]
fn a_row_below_that_makes_a_line_of_before_is_the_rest_of_the_one_above_it() {
    let ksh = |text: &str| format!("ops:/home/ops/reports$ {text}\r\n");
    let blank = |n: usize| " ".repeat(n);
    let log = [
        &ksh(". ~/activate"),
        &ksh("pwd"),
        "/home/ops/reports\r\n",
        &ksh(". ~/act"),
        "ivate\r\n",
        // a line of two rows, over which another was written
        &ksh("mkdir -p ~/tmp/dcf && cd ~/tmp/dcf"),
        &format!("cf{}echo pwd{}\r\n{}echo pwd \r\npwd\r\n", blank(21), blank(26), blank(23)),
        &ksh("exit"),
    ];
    assert_eq!(streamed(&log.concat()), [". ~/activate", "pwd", ". ~/activate", "echo pwd", "exit"]);
}

#[test]
fn a_job_may_speak_into_a_line_that_was_begun_too_early() {
    let log = "~% (sleep 0.4; echo job speaking) &\r\r\n[1] 62\r\nwc -~% wc -l a.log b.tjob speaking\r\nxt | sort -n\r\r\n60 a.log\r\n~% exit\r\r\n";
    assert_eq!(texts(log), ["(sleep 0.4; echo job speaking) &", "wc -l a.log b.txt | sort -n", "exit"]);
}

#[test]
fn the_upper_line_of_a_shell_that_marks_its_editor_and_was_just_opened_is_no_prompt() {
    let mksh = |text: &str| line("\x1b]0;ops@web: /srv\x07(srv):$ ", text);
    for (upper, sign) in [("[]", "$ "), ("(app@web ~)", "~> ")] {
        let log = [
            &mksh("touch b"),
            &mksh("mkdir c"),
            &mksh("sudo -u app -i"),
            &format!("\x1b[?2004h{upper}\r\r\n{sign}exit\r\n\x1b[?2004l\rlogout\r\n"),
            &mksh("ls"),
            "a\r\n",
            &mksh("exit"),
        ];
        assert_eq!(
            texts(&log.concat()),
            ["touch b", "mkdir c", "sudo -u app -i", "exit", "ls", "exit"],
            "{upper}"
        );
    }
}

#[test]
fn a_damaged_sign_before_a_command_that_opens_a_shell_is_a_sign() {
    let mksh = |dir: &str, text: &str| format!("web:{dir}\u{276f} {text}\n");
    let log = [
        &mksh("ops", "sudo -u app -i"),
        "(app:~)$ pwd\n/home/app\n",
        "(app:~)$ ls\na\n",
        "(app:~)$ exit\nlogout\n",
        &mksh("ops", "cd ~/src && ls"),
        "a.c\n",
        &mksh("src", "exit"),
    ];
    assert_eq!(streamed(&log.concat()), ["sudo -u app -i", "pwd", "ls", "exit", "cd ~/src && ls", "exit"]);
}

#[test]
fn mksh_gives_its_prompt_a_row_of_its_own_behind_a_program_too() {
    let prompt = "ops@ip-10-0-3-0$ ";
    let pieces = [
        format!("{prompt}ls\r\na\r\n{prompt}\r\n"),
        "sqlite3\r\n".to_owned(),
        "sqlite> select 1;\r\n1\r\n".to_owned(),
        format!("sqlite> .quit\r\n{prompt}\r\n"),
        format!("id -un\r\nops\r\n{prompt}\r\n"),
        "exit\r\n".to_owned(),
    ];
    let pieces: Vec<&str> = pieces.iter().map(String::as_str).collect();
    let all = ["ls", "sqlite3", "select 1;", ".quit", "id -un", "exit"];
    assert_eq!(super::streamed::texts_of(&pieces), all);
}

#[test]
fn tcsh_counts_columns_from_a_prompt_behind_unfinished_output() {
    let tcsh = |text: &str| line("web:~% ", text);
    // its terminal has 39 columns
    let unfinished = "no newline at the end of this";
    let log = [
        &tcsh("printf 'no newline at the end o  \x08f this'"),
        unfinished,
        &tcsh("ls -l /srv/a\x1b[8G\x1b[Kmkdir b"),
        &tcsh("printf 'no newline at the end o  \x08f this'"),
        unfinished,
        &tcsh("mkdir /srv/aaaaaaaa/bbbbbbbbbbbb \x08c"),
        &tcsh(&format!("jcat /srv/a/b/c/dddd/ee/no{}\x1b[P\x1b[33Gtes", back(25))),
        &tcsh("exit"),
    ];
    let told = "printf 'no newline at the end o f this'";
    let all =
        [told, "mkdir b", told, "mkdir /srv/aaaaaaaa/bbbbbbbbbbbbc", "jat /srv/a/b/c/dddd/ee/notes", "exit"];
    assert_eq!(texts(&log.concat()), all);
}

#[test]
fn mksh_moves_a_line_aside_that_it_completes() {
    let prompt = "ops:/home/ops/tmp (main *)->> ";
    let aside = |text: &str| format!("\r{text}{}<{}", " ".repeat(45 - text.len()), back(46 - text.len()));
    let log = [
        &line(prompt, "pwd"),
        "/home/ops/tmp\r\n",
        &line(
            prompt,
            &["ls ~/sr", &aside("s /home/ops/src/"), "main.", &aside("s /home/ops/src/main.c")].concat(),
        ),
        "/home/ops/src/main.c\r\n",
        &line(prompt, "exit"),
    ];
    assert_eq!(texts(&log.concat()), ["pwd", "ls /home/ops/src/main.c", "exit"]);
}

#[test]
fn a_gap_in_a_line_and_a_prompt_in_it_are_rarely_typed() {
    for text in ["headj       -4", "ls => echo a"] {
        let mksh = |text: &str| line("web => ", text);
        let log = [&mksh("pwd"), "/srv\r\n", &mksh(&text.replace("=>", "web =>")), &mksh("exit")];
        assert_eq!(sure(&log.concat()), ["pwd", "exit"], "{text}");
    }
    assert_eq!(sure("$ pwd\r\n/\r\n$ echo 'a    b'\r\na    b\r\n$ exit\r\n").len(), 3);
}

#[test]
fn what_mksh_completes_or_takes_from_history_when_it_moves_aside_is_known_in_a_copy_too() {
    let prompt = "ops:/srv -> ";
    let aside = |text: &str| format!("{text}{}<{}", " ".repeat(9), back(10));
    let find = "find /etc -maxdepth 1 -name 'a*' | sort | head -n 1";
    let log = [
        format!("{prompt}{find}\n/etc/a\n"),
        format!("{prompt}{}{}{}\n/home/ops/src/main.c\n", "ls ~/sr", aside("s /home/ops/src/"), "main.c"),
        // of which only the end is shown
        format!("{prompt}{}\n/etc/a\n", aside("-maxdepth 1 -name 'a*' | sort | head -n 1")),
        format!("{prompt}exit\n"),
    ];
    assert_eq!(streamed(&log.concat()), [find, "ls /home/ops/src/main.c", find, "exit"]);
}

#[test]
fn what_is_typed_into_a_line_that_mksh_moved_aside_is_read_key_by_key_in_a_copy() {
    // 20 columns behind the prompt, and the sign in the last but one
    let prompt = "\x1b[32mops@web\x1b[0m:~$ ";
    let end = |text: &str| format!("\r{text}{}<{}", " ".repeat(31 - text.len()), back(32 - text.len()));
    let start = |text: &str, steps: usize| format!("\r{prompt}{text}>{}", back(steps));
    let log = [
        &line(prompt, "pwd"),
        "/srv\r\n",
        &line(
            prompt,
            &[
                &format!("at ~/ap.log | grep I{}NFO", end("t ~/ap.log | grep I")),
                // at its start
                &format!("{}cat ~/ap.log | grep {}", start("at ~/ap.log | grep I", 21), back(19)),
                // stepping right, and behind the last key to the end
                &format!("at ~/app.log | grep{}{}", back(12), end("app.log | grep INFO")),
            ]
            .map(String::as_str)
            .concat(),
        ),
        "a INFO\r\n",
        // found by a search, which goes to what was asked for
        &line(prompt, ""),
        "I-search: \r\r\n",
        &line("", &format!("{}{}at", end("log | grep INFO | sort"), start("cat a.log | grep INF", 20))),
        "a INFO\r\n",
        // of several lines
        &line(prompt, &format!("\r{prompt}echo 'a^Jb' | grep a{} -c", end("cho 'a^Jb' | grep a"))),
        "1\r\n",
        &line(prompt, "exit"),
    ];
    let due = [
        "pwd",
        "cat ~/app.log | grep INFO",
        "cat a.log | grep INFO | sort",
        "echo 'a\nb' | grep a -c",
        "exit",
    ];
    assert_eq!(streamed(&log.concat()), due);
}

#[test]
fn what_is_put_into_the_first_of_two_rows_of_tcsh_is_told_by_what_it_moves_over_the_edge() {
    let prompt = "ops@web ~/src (main *)# ";
    let log = [
        &line(prompt, "pwd"),
        "/home/ops/src\r\n",
        // a letter above the edge, as the shell goes there and writes both rows anew
        &line(
            prompt,
            &format!(
                "grep -n 2 ~/app.og | head  \x08-3\x08\r\x1b[A\x1b[50G{}\x1b[1@l\x1b[50Gd-\r -3\x1b[A\x1b[42G\x1b[50Gd -3\r",
                back(9)
            ),
        ),
        "4:2\r\n",
        // a word at the start, where the bell rings
        &line(
            prompt,
            "-f ~/abcdef.txt || echo mi \x08ssing abcdef\x1b[6G\x07\x1b[A\x1b[25G\x1b[1@t\x1b[50Gms\r\x1b[1@i\x1b[A\x1b[26G\x1b[1@e\x1b[50G\x1b[K i\r\x1b[1@m\x1b[A\x1b[27G\x1b[1@s\x1b[50Gom\r\x1b[1@ \x1b[A\x1b[28G\x1b[1@t\x1b[50Gh \r\x1b[1@o\x1b[A\x1b[29G\x1b[1@ \x1b[50Gco\r\x1b[1@h\x1b[A\x1b[30G\x1b[50Gch\x1b[16G\r",
        ),
        "missing abcdef\r\n",
        &line(prompt, "exit"),
    ];
    let due = ["pwd", "grep -n 2 ~/app.log | head -3", "test -f ~/abcdef.txt || echo missing abcdef", "exit"];
    assert_eq!(streamed(&log.concat()), due);
    assert_eq!(texts(&log.concat()), due);
}

#[test]
fn what_ksh_writes_over_a_line_takes_its_place_in_a_copy() {
    let blank = |n: usize| " ".repeat(n);
    let log = [
        "ops@db-7:/home/ops$ pwd\r\n/home/ops\r\n".to_owned(),
        format!(
            "ops@db-7:/home/ops$ wc -l /srv/app.log{}sleep 1{}{}echo sleep 1\r\nsleep 1\r\n",
            back(18),
            blank(11),
            back(18)
        ),
        format!("ops@db-7:/home/ops$ ~/notes.txt{}\x1b[A\r\r\n", back(3)),
        format!("otes.txt{}\x1b[Adate -u    {}\x1b[A\r\r\n", blank(12), back(4)),
        format!("e -u{}\x1b[Acdate -u\r\nsh: cdate: not found\r\n", blank(16)),
        "ops@db-7:/home/ops$ exit\r\n".to_owned(),
    ];
    assert_eq!(streamed(&log.concat()), ["pwd", "echo sleep 1", "cdate -u", "exit"]);
}
