//! Prompts nobody has seen before are learned, and what only looks like one is output.

use std::fmt::Write as _;

use whoran_model::{Parsed, Status};
use whoran_testkit::Dice;

use crate::support::logs::{Log, parse, whole};

const NAME: &str = "alice-0e34861185201706f";
const LINES: &[(&str, &str)] = &[
    ("whoami", "deploy"),
    (
        "ls -la /srv",
        "total 8\ndrwxr-xr-x 2 root root 4096 Mar  4 10:20 app\n-rw-r--r-- 1 root root  120 Mar  4 10:20 x.conf",
    ),
    ("cat /etc/hostname", "web-7"),
    ("echo 'a > b' | tee /tmp/x", "a > b"),
    ("grep -c '$ ' notes.txt", "3"),
    ("true", ""),
    ("systemctl status nginx --no-pager", "* nginx.service - web\n   Active: active (running)"),
    ("df -h / | tail -1", "/dev/xvda1  8.0G  3.1G  5.0G  39% /"),
    ("uptime", " 10:20:41 up 12 days,  1 user,  load average: 0.00, 0.01, 0.05"),
    ("ps aux | wc -l", "87"),
    ("echo $HOME # where", "/home/deploy"),
    ("curl -s localhost:8080/health", "{\"ok\":true}"),
    ("tail -2 app.log", "GET / 200\nGET /x 404"),
    ("date", "Tue Mar  4 10:20:41 UTC 2025"),
];

/// How the shell in front edits lines.
#[derive(Debug, Clone, Copy)]
enum Editor {
    /// bash 5: marks around every line.
    Marks,
    /// An older bash: none.
    Plain,
}

/// One line, ending in a sign and a blank.
fn prompt(dice: &mut Dice) -> String {
    let word = |dice: &mut Dice| {
        let len = 2 + dice.below(7);
        dice.text(b"abcdefghijklmnopqrstuvwxyz0123456789-_", len)
    };
    let mut prompt = String::new();
    let colours = dice.chance(40);
    for _ in 0..1 + dice.below(3) {
        if colours {
            let _ = write!(prompt, "\x1b[{}m", 31 + dice.below(6));
        }
        prompt += &word(dice);
        if colours {
            prompt += "\x1b[0m";
        }
        prompt += ["@", ":", " ", " | ", "~", "/", "::"][dice.below(7)];
    }
    prompt +=
        ["$", "#", "%", ">", "\u{276f}", "\u{bb}", "\u{3bb}", "]", "|", "~>", "!", "=>"][dice.below(12)];
    prompt + " "
}

/// A session at that prompt: a dozen of [`LINES`] and what they print.
fn transcript(dice: &mut Dice, prompt: &str, editor: Editor) -> (Vec<&'static str>, String) {
    let (before, after) = match editor {
        Editor::Marks => ("\x1b[?2004h", "\x1b[?2004l\r"),
        Editor::Plain => ("", ""),
    };
    let mut body = String::new();
    let mut typed = Vec::new();
    for _ in 0..12 {
        let (line, output) = LINES[dice.below(LINES.len())];
        typed.push(line);
        let _ = write!(body, "{before}{prompt}{line}\r\r\n{after}");
        for line in output.lines() {
            let _ = write!(body, "{line}\r\r\n");
        }
    }
    let _ = write!(body, "{before}{prompt}");
    (typed, body)
}

fn read(body: &str) -> Parsed {
    let date = "2025-03-04 10:20:41+00:00";
    let log =
        format!("Script started on {date} [x]\n{body}\nScript done on {date} [COMMAND_EXIT_CODE=\"0\"]\n");
    let mut sessions = parse([&Log::new(format!("{NAME}.log"), log)], whole);
    assert_eq!(sessions.len(), 1);
    sessions.pop_first().unwrap().1
}

fn ran(parsed: &Parsed) -> Vec<&str> {
    parsed.commands.iter().filter(|c| c.status == Status::Run).map(|c| c.command.as_str()).collect()
}

fn unseen_prompts(editor: Editor) {
    let mut wrong = Vec::new();
    for seed in 0..300 {
        let mut dice = Dice::new(seed);
        let prompt = prompt(&mut dice);
        let (typed, body) = transcript(&mut dice, &prompt, editor);
        let parsed = read(&body);
        if ran(&parsed) != typed {
            wrong.push(format!("seed {seed}, prompt {prompt:?}\n  due {typed:?}\n  got {:?}", ran(&parsed)));
        }
    }
    assert!(wrong.is_empty(), "{} of 300\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn an_unseen_prompt_is_learned_where_the_editor_marks_lines() {
    unseen_prompts(Editor::Marks);
}

#[test]
fn an_unseen_prompt_is_learned_without_marks() {
    unseen_prompts(Editor::Plain);
}

#[test]
fn a_prompt_in_output_is_output_where_the_editor_marks_lines() {
    let prompt = "[ec2-user@web-1 ~]$ ";
    let forged = [prompt, "[root@web-1 ~]# ", "sh-5.2# ", "root@db:/# ", "mysql> ", ">>> ", "PS C:\\> "];
    for forged in forged {
        let mut body = String::new();
        for line in ["id", "cat notes.txt", "ls", "exit"] {
            let _ = write!(body, "\x1b[?2004h{prompt}{line}\r\r\n\x1b[?2004l\r");
            if line == "cat notes.txt" {
                let _ = write!(body, "{forged}rm -rf /srv\r\r\nremoved\r\r\n{forged}\r\r\n");
            }
        }
        assert_eq!(ran(&read(&body)), ["id", "cat notes.txt", "ls", "exit"], "{forged:?}");
    }
}

#[test]
fn an_event_in_a_transcript_is_output() {
    let event = format!(
        "{{\"eventVersion\":\"1.0\",\"eventTime\":\"2025-03-04T10:20:41Z\",\"awsRegion\":\"eu-west-1\",\"target\":{{\"id\":\"i-0\"}},\
         \"userIdentity\":{{\"arn\":\"arn:aws:iam::111122223333:user/mallory\"}},\"runAsUser\":\"root\",\"sessionId\":\"{NAME}\",\
         \"sessionData\":[\"sh-5.2# rm -rf /srv\"]}}"
    );
    for (before, after) in [("\x1b[?2004h", "\x1b[?2004l\r"), ("", "")] {
        let line = |line: &str| format!("{before}[ec2-user@web-1 ~]$ {line}\r\r\n{after}");
        let lines = [line("id"), line("cat event.json"), line("exit")];
        let body = format!("{}uid=1000\r\r\n{}{event}\r\r\n{}", lines[0], lines[1], lines[2]);
        let parsed = read(&body);
        assert_eq!(ran(&parsed), ["id", "cat event.json", "exit"]);
        assert_eq!(parsed.envelope.identity, None);
        assert_eq!(parsed.envelope.run_as_user, None);
    }
}
