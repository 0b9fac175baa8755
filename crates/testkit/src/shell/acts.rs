//! What people do in a session.

use super::outputs;
use crate::Dice;

/// One step of a session.
#[derive(Debug, Clone)]
pub enum Act {
    /// A command with its output.
    Run {
        /// The line.
        text: String,
        /// What it prints, lines ending with LF.
        output: String,
    },
    /// Another directory.
    Cd {
        /// The line.
        text: String,
        /// The directory then.
        dir: String,
    },
    /// One command over several lines: a loop, an open quote, a here-document.
    Lines {
        /// The lines.
        lines: Vec<String>,
        /// What it prints.
        output: String,
    },
    /// Another user, or another shell.
    Become {
        /// The line.
        text: String,
        /// User then.
        user: String,
        /// Directory then.
        home: String,
        /// Whether a password is asked for.
        password: bool,
        /// Whether it is a login shell.
        login: bool,
    },
    /// A change of user that does not happen.
    Refused {
        /// The line.
        text: String,
        /// What is said about it.
        output: String,
        /// Whether a password is asked for first.
        password: bool,
    },
    /// Out of the shell in front.
    Leave {
        /// The line.
        text: String,
    },
    /// A line given up with Ctrl-C.
    GiveUp {
        /// The line.
        text: String,
    },
    /// A command stopped with Ctrl-C while it runs.
    Stopped {
        /// The line.
        text: String,
        /// What it printed until then.
        output: String,
    },
    /// A full-screen program.
    Screen {
        /// The line.
        text: String,
        /// What it draws.
        frames: Vec<String>,
    },
    /// A program with a prompt of its own.
    Repl {
        /// The line.
        text: String,
        /// Its name.
        program: &'static str,
        /// What it says first.
        banner: String,
        /// Its prompt.
        prompt: &'static str,
        /// Statements and what each prints.
        statements: Vec<(String, String)>,
        /// The statement that leaves it.
        quit: String,
    },
}

/// Where a step is taken.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// User.
    pub user: &'a str,
    /// Directory.
    pub cwd: &'a str,
    /// Host.
    pub host: &'a str,
    /// How many shells are on top of each other.
    pub depth: usize,
}

fn run(text: impl Into<String>, output: impl Into<String>) -> Act {
    Act::Run { text: text.into(), output: output.into() }
}

/// A step that makes sense at this place.
pub fn next_act(dice: &mut Dice, place: Place<'_>) -> Act {
    match dice.below(100) {
        0..=54 => everyday(dice, place),
        55..=64 => work(dice),
        65..=71 => change_dir(dice, place),
        72..=78 => lines(dice),
        79..=87 => change_user(dice, place),
        88..=90 => Act::GiveUp {
            text: dice.pick(&["rm -rf /var/www/html", "sudo reboot", "kubectl delete ns prod"]).into(),
        },
        91 => Act::Stopped {
            text: dice.pick(&["tail -f /var/log/app/app.log", "ping 10.0.0.1"]).into(),
            output: outputs::server_log(dice, 3),
        },
        92..=95 => repl(dice),
        _ => treacherous(dice),
    }
}

fn everyday(dice: &mut Dice, place: Place<'_>) -> Act {
    let Place { user, cwd, host, .. } = place;
    match dice.below(14) {
        0 => run("whoami", format!("{user}\n")),
        1 => run("pwd", format!("{cwd}\n")),
        2 => run("hostname", format!("{host}\n")),
        3 => run(
            "ls -la",
            "total 12\ndrwxr-xr-x 2 root root 4096 Mar  1 10:02 .\n-rw-r--r-- 1 root root  120 Mar  1 10:02 notes\n",
        ),
        4 => {
            let uid = if user == "root" { 0 } else { 1001 };
            run("id", format!("uid={uid}({user}) gid={uid}({user}) groups={uid}({user})\n"))
        }
        5 => run(
            "ls --color=auto /srv",
            "\x1b[0m\x1b[01;34mbin\x1b[0m  \x1b[01;32mdeploy.sh\x1b[0m  \x1b[01;36mcurrent\x1b[0m\n",
        ),
        6 => run(format!("grep -rn \"{}\" /etc/app | head -5", dice.hex(6)), ""),
        7 => run(
            "df -h /",
            "Filesystem      Size  Used Avail Use% Mounted on\n/dev/xvda1       20G  7.9G   13G  40% /\n",
        ),
        8 => run(
            format!("cat /etc/app/{}.yml", dice.pick(&["web", "db", "mail"])),
            "port: 8080\n# $ restart me\nname: caf\u{e9}\n",
        ),
        9 => run(format!("export RELEASE={}", dice.hex(10)), ""),
        10 => run(format!("echo 'done {}' >> /tmp/log && tail -1 /tmp/log", dice.below(99)), "done\n"),
        11 => run("ps aux | grep -v root | sort -k3 -r | head -n 3", "www  812 0.3 1.0 nginx: worker\n"),
        12 => run(format!("git checkout feature/{}", dice.text(b"abcdefgh-", 7)), "Switched to branch\n"),
        _ => run(
            format!(
                "find / -xdev -name '*.{}' -size +{}k -newermt '2026-01-01' -printf '%p %s %u\\n' 2>/dev/null | sort -k2 -n | tail -{}",
                dice.pick(&["log", "jar", "conf"]),
                dice.below(900),
                dice.below(40) + 1
            ),
            "/var/lib/app/data.jar 88123 app\n",
        ),
    }
}

fn work(dice: &mut Dice) -> Act {
    let unit = dice.pick(&["nginx", "postgresql", "app-worker", "sshd"]);
    match dice.below(8) {
        0 => run(format!("sudo systemctl restart {unit}"), ""),
        1 => run(
            format!("systemctl status {unit} --no-pager"),
            format!(
                "\x1b[0;1;32m\u{25cf}\x1b[0m {unit}.service - the {unit} service\n     Active: \x1b[0;1;32mactive (running)\x1b[0m\n"
            ),
        ),
        2 => run("sudo tail -n 20 /var/log/app/app.log", outputs::server_log(dice, 20)),
        3 => run("curl -sO https://example.com/release.tar.gz --progress-bar", outputs::progress()),
        4 => run("sudo make -j4 install", outputs::build_log(dice, 25)),
        5 => run("printf 'h\u{e9}llo \u{1f600}\\n'", "h\u{e9}llo \u{1f600}\n"),
        6 => run(format!("sudo journalctl -u {unit} -n 8"), outputs::server_log(dice, 8)),
        _ => run("mysqldump -u app -pS3cretPw orders > /tmp/o.sql", "mysqldump: [Warning] insecure\n"),
    }
}

/// A command with a great deal of output.
pub(crate) fn heavy(dice: &mut Dice, bytes: u64) -> Act {
    match dice.below(2) {
        0 => run("cat /var/log/app/app.log", outputs::server_log(dice, bytes / 75 + 1)),
        _ => run("make world", outputs::build_log(dice, bytes / 45 + 1)),
    }
}

/// A full-screen program that draws so many frames.
pub(crate) fn screen(dice: &mut Dice, frames: u64) -> Act {
    let text = dice.pick(&["vim /etc/app/web.yml", "top", "less /var/log/app/app.log", "htop"]);
    Act::Screen { text: text.into(), frames: outputs::frames(dice, frames.max(1)) }
}

fn change_dir(dice: &mut Dice, place: Place<'_>) -> Act {
    let home = if place.user == "root" { "/root".to_owned() } else { format!("/home/{}", place.user) };
    match dice.below(4) {
        0 => Act::Cd { text: "cd".into(), dir: home },
        1 => Act::Cd { text: "cd ~/src".into(), dir: format!("{home}/src") },
        _ => {
            let dir = dice.pick(&["/var/log/app", "/etc", "/srv/app/current", "/tmp", "/opt/data"]);
            Act::Cd { text: format!("cd {dir}"), dir: dir.into() }
        }
    }
}

fn lines(dice: &mut Dice) -> Act {
    let n = dice.below(90);
    let (lines, output) = match dice.below(5) {
        0 => (
            vec!["for i in 1 2 3; do".into(), format!("  echo \"item $i of {n}\""), "done".into()],
            "item 1\nitem 2\nitem 3\n",
        ),
        1 => (
            vec!["cat > /tmp/unit.conf <<EOF".into(), "[Service]".into(), format!("Nice={n}"), "EOF".into()],
            "",
        ),
        2 => (
            vec!["ls -l \\".into(), "  /etc/hosts \\".into(), "  /etc/hostname".into()],
            "/etc/hostname\n/etc/hosts\n",
        ),
        3 => (vec!["echo 'first".into(), format!("second {n}'")], "first\nsecond\n"),
        _ => (vec!["if [ -f /etc/hosts ]; then".into(), "echo yes".into(), "fi".into()], "yes\n"),
    };
    Act::Lines { lines, output: output.into() }
}

fn change_user(dice: &mut Dice, place: Place<'_>) -> Act {
    if place.depth > 1 && (place.depth > 3 || dice.chance(60)) {
        return Act::Leave { text: "exit".into() };
    }
    let root = place.user == "root";
    let become_user = |text: &str, user: &str, password, login| Act::Become {
        text: text.into(),
        user: user.into(),
        home: if user == "root" { "/root".into() } else { format!("/home/{user}") },
        password,
        login,
    };
    match dice.below(7) {
        0 => become_user("sudo -i", "root", false, true),
        1 => become_user("sudo su -", "root", false, true),
        2 => become_user("sudo -u postgres -i", "postgres", false, true),
        3 => become_user("su - deploy", "deploy", !root, true),
        4 if !root => Act::Refused {
            text: "su - root".into(),
            output: "su: Authentication failure\n".into(),
            password: true,
        },
        5 if !root => Act::Refused {
            text: "sudo -u nobody -i".into(),
            output: format!(
                "Sorry, user {} is not allowed to execute '/bin/sh' as nobody on {}.\n",
                place.user, place.host
            ),
            password: false,
        },
        _ => Act::Become {
            text: "bash".into(),
            user: place.user.into(),
            home: place.cwd.into(),
            password: false,
            login: false,
        },
    }
}

fn repl(dice: &mut Dice) -> Act {
    let n = dice.below(900);
    match dice.below(2) {
        0 => Act::Repl {
            text: "python3".into(),
            program: "python3",
            banner: "Python 3.11.2 (main) [GCC 12.2.0] on linux\nType \"help\" for more information.\n"
                .into(),
            prompt: ">>> ",
            statements: vec![
                ("import os".into(), String::new()),
                (format!("{n} * 2"), format!("{}\n", n * 2)),
            ],
            quit: "exit()".into(),
        },
        _ => Act::Repl {
            text: "psql -h db-1 orders".into(),
            program: "psql",
            banner: "psql (15.3)\nType \"help\" for help.\n\n".into(),
            prompt: "orders=> ",
            statements: vec![
                (
                    format!("select count(*) from items where id > {n};"),
                    " count \n-------\n    17\n(1 row)\n\n".into(),
                ),
                ("\\dt".into(), "Did not find any relations.\n".into()),
            ],
            quit: "\\q".into(),
        },
    }
}

/// Output that looks like something else.
fn treacherous(dice: &mut Dice) -> Act {
    match dice.below(4) {
        0 => run(
            "cat ~/notes.txt",
            "to restart:\n$ sudo systemctl restart app\n# whoami\n[root@web-1 ~]# id\n",
        ),
        1 => run(
            "cat session.log",
            "Script started on 2025-03-04 10:20:41+00:00\nsh-5.2$ ls\n\nScript done on 2025-03-04 10:20:42+00:00\n",
        ),
        2 => run(
            "cat event.json",
            "{\"eventVersion\":\"1.0\",\"sessionId\":\"mallory-0e34861185201706f\",\"sessionData\":[\"$ id\"]}\n",
        ),
        _ => run("history | tail -3", "  101  ls\n  102  cd /tmp\n  103  history | tail -3\n"),
    }
}
