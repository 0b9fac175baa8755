//! Shells that another program is told to run: on its command line (`python3 -c 'import pty; pty.spawn("/bin/sh")'`,
//! `find . -exec sh \;`), or once it runs (`!sh` in a pager, `:sh` in vi).

use super::opens::{Opens, Who, is_shell, leave_shell_open, name_of, opens};
use super::syntax::SimpleCommands;

/// Programs that run a line behind `!`.
const ASKED: &[&str] = &[
    "ed",
    "ex",
    "git",
    "info",
    "journalctl",
    "less",
    "man",
    "more",
    "most",
    "mutt",
    "nvim",
    "pg",
    "systemctl",
    "vi",
    "view",
    "vim",
    "zless",
];

/// What begins another program, in the languages that are asked about.
const RUNS: [&str; 6] = ["exec", "system", "spawn", "popen", "call", "run"];

/// Whether a program that takes code with its command line is told there to run a shell, and nothing in that shell.
pub(super) fn escapes(name: &str, args: &[&str]) -> bool {
    match name {
        "find" => args
            .iter()
            .position(|a| matches!(*a, "-exec" | "-execdir" | "-ok" | "-okdir"))
            .is_some_and(|at| match &args[at + 1..] {
                [shell, rest @ ..] => is_shell(name_of(shell)) && ends(rest),
                [] => false,
            }),
        _ => args.iter().any(|code| is_told_to_run(code)),
    }
}

/// Whether code runs a shell.
fn is_told_to_run(code: &str) -> bool {
    RUNS.iter().any(|word| code.contains(word)) && runs_shell(code)
}

/// What a statement opens that is given to a program at its prompt: it runs a shell (`os.system("bash")`), or is a line for
/// one (`\! bash` in the clients of databases, `!sh` in ftp and IPython, `shell` in gdb, `exec` in Tcl). As whom the program runs itself.
pub(crate) fn statement_opens(statement: &str) -> Opens {
    const LONGEST: usize = 1000;
    const TAKE: [&str; 8] = ["\\!", "!", "shell ", ".shell ", ".system ", "system ", "host ", "exec "];
    let shell = || Opens::Shell { who: Who::Same, remote: false, replaces: false };
    let statement = statement.trim().trim_end_matches(';');
    if statement.len() > LONGEST {
        return Opens::Nothing;
    }
    match TAKE.iter().find_map(|begin| statement.strip_prefix(begin)).map(str::trim) {
        // what runs a line starts a shell where there is none
        Some("") => shell(),
        None if matches!(statement, "shell" | "host") || is_told_to_run(statement) => shell(),
        // Tcl gives it its own channels
        Some(line) => match opens(line.split(" <@").next().unwrap_or(line)) {
            opened @ Opens::Shell { .. } => opened,
            _ => Opens::Nothing,
        },
        None => Opens::Nothing,
    }
}

/// Whether an argument is a statement that starts a shell: `!sh`, `.shell /bin/sh`, `\\! bash`.
pub(super) fn is_line_for_shell(arg: &str) -> bool {
    let takes = arg.starts_with(['!', '\\']) || arg.contains(' ');
    takes && matches!(statement_opens(arg), Opens::Shell { .. })
}

/// Whether a command may be asked to run a line.
pub(crate) fn runs_lines(commands: &SimpleCommands<'_>) -> bool {
    commands.last().iter().take(8).any(|word| ASKED.contains(&name_of(word)))
}

/// What `command` opens where it shows that it was asked to run a line: `!sh`, or `:sh` in vi. As whom the command runs
/// itself.
pub(crate) fn asked(command: &str, shown: &str) -> Opens {
    const LONGEST: usize = 200;
    let shown = shown.trim_end();
    let line = match shown {
        ":sh" | ":shell" => "sh",
        _ => match memchr::memrchr(b'!', shown.as_bytes()).map(|at| shown[at + 1..].trim()) {
            Some(line) if line.len() < LONGEST => line,
            _ => return Opens::Nothing,
        },
    };
    let commands = SimpleCommands::of(command);
    let words = commands.last();
    let Some(program) = words.iter().position(|word| ASKED.contains(&name_of(word))) else {
        return Opens::Nothing;
    };
    match opens(&format!("{} {line}", words[..program].join(" "))) {
        shell @ Opens::Shell { .. } => shell,
        _ => Opens::Nothing,
    }
}

/// Whether behind a shell stand no more than options before `find` has its `;`.
fn ends(words: &[&str]) -> bool {
    let own = words.iter().take_while(|w| !matches!(**w, ";" | "\\;" | "+"));
    own.clone().count() < words.len() && own.into_iter().all(|w| w.starts_with('-') && !w.contains('c'))
}

/// Whether a string in the code is a shell and no more than options behind it.
fn runs_shell(code: &str) -> bool {
    code.split(['"', '\'', '`']).any(|string| {
        let mut words = string.split_whitespace();
        words.next().is_some_and(|first| is_shell(name_of(first))) && leave_shell_open(words)
    }) && !code.contains("-c")
}

#[cfg(test)]
mod tests {
    use super::super::{Opens, Who, opens};
    use super::{asked, statement_opens};

    #[test]
    fn a_pager_runs_a_shell_as_who_runs_the_pager() {
        let shell = |who| Opens::Shell { who, remote: false, replaces: false };
        let root = || shell(Who::User("root".into()));
        assert_eq!(asked("sudo less /var/log/syslog", "!bash --norc"), root());
        assert_eq!(asked("sudo -u app vim x", ":!/bin/sh"), shell(Who::User("app".into())));
        assert_eq!(asked("vi x", ":sh"), shell(Who::Same));
        assert_eq!(asked("ps aux | less", " (END)!s\u{8}sh!sh"), shell(Who::Same));
        for (command, shown) in
            [("less x", "Hello World!"), ("less x", "!ls"), ("cat x", "!sh"), ("vi x", ":q!")]
        {
            assert_eq!(asked(command, shown), Opens::Nothing, "{command}: {shown}");
        }
    }

    #[test]
    fn a_statement_runs_a_shell_as_who_runs_the_program() {
        let same = Opens::Shell { who: Who::Same, remote: false, replaces: false };
        for statement in [
            "os.system('bash --norc')",
            r#"import pty; pty.spawn("/bin/bash")"#,
            r"\! bash",
            "system sh;",
            "!/bin/sh",
            "!",
            "shell",
            ".shell bash",
            "os.execute('sh')",
            "exec /bin/sh <@stdin >@stdout 2>@stderr",
        ] {
            assert_eq!(statement_opens(statement), same, "{statement}");
        }
        let root = Opens::Shell { who: Who::User("root".into()), remote: false, replaces: false };
        assert_eq!(statement_opens(r"\! sudo -i"), root);
        for statement in [r"\! id", "!ls", "os.system('ls')", "select 'bash'", "shells", "!exit"] {
            assert_eq!(statement_opens(statement), Opens::Nothing, "{statement}");
        }
    }

    #[test]
    fn what_runs_a_shell_opens_one() {
        for (line, user) in [
            (r#"python3 -c 'import pty; pty.spawn("/bin/sh")'"#, None),
            (r#"python -c "import os; os.system('/bin/bash -i')""#, None),
            (r#"sudo python3 -c 'import subprocess; subprocess.call(["sh"])'"#, Some("root")),
            (r#"sudo awk 'BEGIN {system("/bin/sh")}'"#, Some("root")),
            (r#"perl -e 'exec "/bin/sh";'"#, None),
            (r#"ruby -e 'exec "/bin/bash"'"#, None),
            (r#"lua -e 'os.execute("/bin/sh")'"#, None),
            (r#"php -r 'system("/bin/bash");'"#, None),
            (r"sudo find . -exec /bin/sh \; -quit", Some("root")),
            (r"find /etc/passwd -exec bash -p \;", None),
        ] {
            let who = user.map_or(Who::Same, |user| Who::User(user.to_owned()));
            assert_eq!(opens(line), Opens::Shell { who, remote: false, replaces: false }, "{line}");
        }
    }

    #[test]
    fn a_shell_that_is_named_is_not_opened() {
        for line in [
            r#"awk -F: '$7 == "/bin/bash"' /etc/passwd"#,
            r"find /etc -exec sh -c 'wc -l $1' _ {} \;",
            r"find . -name '*.sh' -exec bash {} \;",
            r#"python3 -c 'import subprocess; subprocess.run(["sh", "-c", "id"])'"#,
            r#"perl -ne 'print if m{"/bin/sh"}' /etc/passwd"#,
            r#"php -r 'system("sh deploy.sh");'"#,
        ] {
            assert_eq!(opens(line), Opens::Nothing, "{line}");
        }
    }
}
