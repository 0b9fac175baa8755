//! What is done in a recorded session. Every command really runs, so all of them are harmless.

use super::{Mix, ShellKind};
use crate::Dice;

/// One thing to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// Type a line and run it.
    Line(String),
    /// A command over several lines.
    Lines(Vec<String>),
    /// Lines pasted at once and run.
    Paste(Vec<String>),
    /// Type the start, complete it with Tab, type on, complete again.
    Complete(&'static [&'static str]),
    /// Go up in history, add something, run it.
    Recall(usize, &'static str),
    /// Search history for the start of a line and run what is found.
    Search,
    /// Type a line in vi mode.
    Vi(String),
    /// Type a line while something in the background prints.
    Background(String),
    /// Let a file change the prompt.
    Source,
    /// Type a line and give it up.
    GiveUp(String),
    /// Run something slow and stop it.
    Stop,
    /// Type a line while another one still runs.
    Ahead(String),
    /// Make the terminal another width.
    Resize(u16),
    /// Clear the screen.
    Clear,
    /// Nothing but Enter.
    Empty,
    /// Another shell in front.
    Shell(ShellKind),
    /// Another user in front; whether a password is asked for.
    Become(String, bool),
    /// Out of the shell in front; whether by Ctrl-D.
    Leave(bool),
    /// A line that history expansion completes.
    Bang(&'static str),
    /// A program with a prompt of its own and statements for it, each with its lines.
    Repl(&'static str, Vec<Vec<String>>),
    /// A full-screen program and the keys that leave it.
    Screen(&'static str, &'static [&'static [u8]]),
}

/// Where a session stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) shell: ShellKind,
    pub(super) depth: usize,
    pub(super) root: bool,
    pub(super) private: bool,
    /// Whether readline marks its lines, and knows marks around what is pasted.
    pub(super) marks: bool,
    pub(super) other: &'static str,
}

/// The next step of a session.
pub(super) fn next(dice: &mut Dice, place: Place, mix: Mix) -> Step {
    if place.depth > 1 && dice.chance(12) {
        return Step::Leave(dice.chance(25));
    }
    loop {
        let step = match mix {
            Mix::Hard | Mix::Themed | Mix::Rare => hard(dice, place, mix),
            Mix::Ordinary => ordinary(dice, place),
        };
        if fits(&step, place) {
            return step;
        }
    }
}

fn hard(dice: &mut Dice, place: Place, mix: Mix) -> Step {
    match dice.below(100) {
        0..=44 => Step::Line(line(dice)),
        45 => Step::Vi(line(dice)),
        46 => Step::Background(line(dice)),
        47 => Step::Source,
        48..=54 => Step::Lines(lines(dice, place.shell)),
        55..=58 => Step::Paste(vec![line(dice), line(dice)]),
        59..=65 => Step::Complete(ways_to_complete(dice)),
        66..=71 => Step::Recall(1 + dice.below(3), ["", " ", " | wc -l"][dice.below(3)]),
        72..=74 => Step::Search,
        // Not every shell shows that a line was given up: then only what it would have shown tells.
        75..=78 if mix == Mix::Rare && dice.chance(50) => Step::GiveUp(line(dice)),
        75..=78 => Step::GiveUp(format!("echo never-run-{}", dice.below(1000))),
        79 => Step::Stop,
        80..=82 => Step::Ahead(line(dice)),
        83..=84 => Step::Resize(dice.range(40..201) as u16),
        85 => Step::Clear,
        86 => Step::Empty,
        87 => Step::Bang(["!!", "echo !$", "!! # again"][dice.below(3)]),
        88..=90 => Step::Shell(ShellKind::random(dice, mix)),
        91..=94 => change_user(dice, place.root, place.other),
        95..=97 => repl(dice),
        _ => screen(dice),
    }
}

fn ordinary(dice: &mut Dice, place: Place) -> Step {
    let typed = |dice: &mut Dice| loop {
        let text = line(dice);
        if text.is_ascii() || dice.chance(20) {
            return text;
        }
    };
    match dice.below(200) {
        0..=147 => Step::Line(typed(dice)),
        148..=153 => Step::Lines(lines(dice, place.shell)),
        154..=155 => Step::Paste(vec![typed(dice), typed(dice)]),
        156..=168 => Step::Complete(ways_to_complete(dice)),
        169..=178 => Step::Recall(1, ["", "", " | wc -l"][dice.below(3)]),
        179 => Step::Search,
        180..=182 => Step::GiveUp(format!("echo never-run-{}", dice.below(1000))),
        183 => Step::Stop,
        184 => Step::Ahead(typed(dice)),
        185 => Step::Clear,
        186..=187 => Step::Empty,
        188 => Step::Bang("!!"),
        189 => Step::Shell(ShellKind::random(dice, Mix::Ordinary)),
        190..=195 => change_user(dice, place.root, place.other),
        196..=197 => repl(dice),
        _ => screen(dice),
    }
}

fn fits(step: &Step, place: Place) -> bool {
    let edits = place.shell.edits();
    let fish = place.shell == ShellKind::Fish;
    let ksh = matches!(place.shell, ShellKind::Mksh | ShellKind::Ksh93);
    match step {
        // those know no marks around what is pasted
        Step::Paste(_) if ksh || place.shell == ShellKind::Tcsh => false,
        Step::Paste(_) if place.shell == ShellKind::Bash => place.marks,
        // mksh would show the marks that make escape sequences nothing
        Step::Source if place.shell == ShellKind::Mksh => false,
        Step::Bang(_) if ksh => false,
        Step::Paste(_) | Step::Complete(_) | Step::Recall(..) | Step::Clear => edits,
        Step::Search | Step::Bang(_) | Step::Vi(_) | Step::Background(_) => edits && !fish,
        Step::Source => !fish,
        // csh has no such redirection, and takes it for one too many
        Step::Line(text) | Step::Ahead(text) if text.contains("2>") && place.shell == ShellKind::Tcsh => {
            false
        }
        // busybox shows most characters outside ASCII as question marks.
        Step::Line(text) | Step::Ahead(text) => text.is_ascii() || place.shell != ShellKind::Ash,
        Step::Shell(_) => place.depth < 4,
        Step::Become(..) => place.private && place.depth < 4,
        _ => true,
    }
}

/// A harmless command.
pub(super) fn line(dice: &mut Dice) -> String {
    let n = dice.below(900);
    let word = dice.text(b"abcdefghijklmnopqrst", 5);
    match dice.below(26) {
        0 => "whoami".into(),
        1 => "id -un".into(),
        2 => "pwd".into(),
        3 => "ls".into(),
        4 => "ls -la ~".into(),
        5 => format!("echo {word} {n}"),
        6 => format!("echo \"{word}: $HOME\" > /tmp/whoran-{word}; rm /tmp/whoran-{word}"),
        7 => "cat ~/notes.txt".into(),
        8 => "cat ~/config.yml".into(),
        9 => format!("grep -n {} ~/app.log | head -{}", n % 10, 1 + n % 5),
        10 => "tail -n 3 ~/app.log".into(),
        11 => "cd ~/reports".into(),
        12 => "cd".into(),
        13 => "cd /usr/share".into(),
        14 => "cd ~/src && ls".into(),
        15 => format!("echo 'caf\u{e9} {n} \u{2014} \u{65e5}\u{672c}'"),
        16 => format!("wc -l ~/app.log ~/notes.txt | sort -n | tail -{}", 1 + n % 3),
        17 => format!(
            "find /etc -maxdepth 1 -name '{}*' 2>/dev/null | sort | head -n {}",
            &word[..1],
            1 + n % 9
        ),
        18 => "date -u +%Y".into(),
        19 => format!("mkdir -p ~/tmp/{word} && cd ~/tmp/{word}"),
        20 => format!("test -f ~/{word}.txt || echo missing {word}"),
        21 => "printf 'no newline at the end'".into(),
        22 => format!(
            "cat ~/app.log | grep INFO | cut -d' ' -f5 | sort | uniq -c | sort -rn | head -{} # {word} {word} {word}",
            1 + n % 4
        ),
        23 => "ls --color=always ~".into(),
        24 => format!("ls /no/such/{word}"),
        _ => format!("true {word} --flag={n} -x '{word} $5' | cat"),
    }
}

fn lines(dice: &mut Dice, shell: ShellKind) -> Vec<String> {
    let n = dice.below(90);
    let own = |lines: &[&str]| lines.iter().map(|l| (*l).to_owned()).collect();
    if shell == ShellKind::Fish {
        return vec!["for i in (seq 2)".into(), format!("echo $i of {n}"), "end".into()];
    }
    if shell == ShellKind::Tcsh {
        return match dice.below(3) {
            0 => vec!["foreach i (1 2 3)".into(), format!("  echo \"item $i of {n}\""), "end".into()],
            1 => vec!["cat <<EOF".into(), format!("hello {n}"), "# not a command".into(), "EOF".into()],
            _ => own(&["ls -l \\", "  /etc/hosts \\", "  /etc/hostname"]),
        };
    }
    match dice.below(5) {
        0 => vec!["for i in 1 2 3; do".into(), format!("  echo \"item $i of {n}\""), "done".into()],
        1 => vec!["cat <<EOF".into(), format!("hello {n}"), "# not a command".into(), "EOF".into()],
        2 => own(&["ls -l \\", "  /etc/hosts \\", "  /etc/hostname"]),
        3 => vec!["echo 'open".into(), format!("closed {n}'")],
        _ => own(&["if [ -f /etc/hosts ]; then", "echo yes", "fi"]),
    }
}

fn ways_to_complete(dice: &mut Dice) -> &'static [&'static str] {
    let ways = [
        &["cat ~/rep", "jan"][..],
        &["wc -l ~/app."],
        &["ls ~/sr", "main."],
        &["head -2 ~/rep", "feb", "| cat"],
        // several may be meant
        &["wc -l ~/a", "", "pp."],
        &["ls -l ~/", "", "conf"],
    ];
    ways[dice.below(ways.len())]
}

fn change_user(dice: &mut Dice, root: bool, other: &str) -> Step {
    let (text, password) = match dice.below(5) {
        0 => ("sudo -i".to_owned(), false),
        1 => ("sudo su -".into(), false),
        2 => (format!("sudo -u {other} -i"), false),
        3 => ("sudo -s".into(), false),
        _ => (format!("su - {other}"), !root),
    };
    Step::Become(text, password)
}

fn repl(dice: &mut Dice) -> Step {
    let n = dice.below(900);
    let one = |text: String| vec![text];
    match dice.below(2) {
        0 => Step::Repl(
            "python3",
            vec![
                one("import os".into()),
                one(format!("{n} * 2")),
                vec!["for i in range(2):".into(), "    print(i)".into(), String::new()],
                one(format!("print('caf\u{e9}', {n})")),
                one("exit()".into()),
            ],
        ),
        _ => Step::Repl(
            "sqlite3",
            vec![
                one("create table t(id int, name text);".into()),
                one(format!("insert into t values ({n}, 'a');")),
                vec!["select *".into(), "from t;".into()],
                one(".quit".into()),
            ],
        ),
    }
}

fn screen(dice: &mut Dice) -> Step {
    match dice.below(3) {
        // An editor without a prompt: what is typed there is text.
        2 => Step::Screen("ed ~/notes.txt", &[b"$a\r", b"rm -rf /srv/old\r", b"ls -la\r", b".\r", b"Q\r"]),
        0 => Step::Screen("less ~/app.log", &[b" ", b"q"]),
        // Without an alternate screen, and without the machine's own processes.
        _ => Step::Screen("top -u daemon", &[b"q"]),
    }
}
