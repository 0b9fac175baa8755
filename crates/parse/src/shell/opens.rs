//! Which command lines put another prompt in front of the user, and as whom.

use std::borrow::Cow;

use super::as_user::{runuser, su, sudo};
use super::escapes::{escapes, is_line_for_shell};
use super::lexicon::{is_repl, kind};
use super::named::{is_given_shell, may_name_shell, perhaps};
use super::remote::{container, ssh};
use super::syntax::SimpleCommands;
use super::wrappers::{behind, elsewhere, hops, nested};

/// As whom a program runs, seen from its caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Who {
    /// As the caller.
    Same,
    /// As this user.
    User(String),
    /// As this user, if it runs: with the prompt of before it did not.
    Perhaps(String),
    /// As somebody the line does not name.
    Unknown,
}

impl Who {
    /// The user that the line names.
    pub(crate) fn name(&self) -> Option<&str> {
        match self {
            Self::User(name) | Self::Perhaps(name) => Some(name),
            Self::Same | Self::Unknown => None,
        }
    }
}

/// What a command line may leave the user in front of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Opens {
    /// The same prompt.
    Nothing,
    /// A shell. `replaces` when it takes the place of the current one (`exec`).
    Shell { who: Who, remote: bool, replaces: bool },
    /// A program with a prompt of its own.
    Repl { program: String, who: Who },
    /// A terminal inside the terminal (tmux, screen).
    Multiplexer { program: String },
    /// The end of this shell or program.
    Exit,
}

pub(super) static SHELLS: &[&str] = &[
    "ash",
    "bash",
    "cmd",
    "csh",
    "dash",
    "elvish",
    "fish",
    "ksh",
    "ksh93",
    "mksh",
    "nu",
    "powershell",
    "pwsh",
    "rbash",
    "sh",
    "tcsh",
    "xonsh",
    "zsh",
];

/// Whether `name` is a shell.
pub(crate) fn is_shell(name: &str) -> bool {
    SHELLS.contains(&name.strip_suffix(".exe").unwrap_or(name))
}

/// What `command` opens.
pub(crate) fn opens(command: &str) -> Opens {
    opens_all(&SimpleCommands::of(command))
}

/// The same of a line that is split already: the last of its simple commands that opens anything. Only the last one leaves
/// the shell.
pub(crate) fn opens_all(commands: &SimpleCommands<'_>) -> Opens {
    opened_by(commands, &Who::Same)
}

/// The same of code that a shell is given in one word.
pub(super) fn code_opens(code: &str, who: &Who) -> Opens {
    match opened_by(&SimpleCommands::of(code), who) {
        Opens::Exit => Opens::Nothing,
        Opens::Shell { who, remote, .. } => Opens::Shell { who, remote, replaces: false },
        opened => opened,
    }
}

fn opened_by(commands: &SimpleCommands<'_>, who: &Who) -> Opens {
    // most programs open nothing, and no more than the name need be looked at
    let plain = |first: &Cow<'_, str>| !first.contains('=') && kind(name_of(first)) == Kind::Plain;
    let last = commands.iter().len().saturating_sub(1);
    for (at, words) in commands.iter().enumerate().rev() {
        let words = &words[words.iter().take_while(|word| is_reserved(word)).count()..];
        let plain = |first| plain(first) && !words.iter().any(|word| may_name_shell(word));
        if words.first().is_none_or(plain) || commands.is_piped(at) {
            continue;
        }
        let words: Vec<&str> = words.iter().map(Cow::as_ref).collect();
        match words_open(&words, who.clone()) {
            Opens::Nothing => {}
            Opens::Exit if at < last => {}
            // a script ends, and what comes then is that of others
            Opens::Repl { .. } if at < last && runs_script(&words) => {}
            opened => return opened,
        }
    }
    Opens::Nothing
}

/// Whether a word stands before a command that it is about.
fn is_reserved(word: &str) -> bool {
    matches!(word, "!" | "{" | "if" | "then" | "elif" | "else" | "while" | "until" | "do")
}

/// What a program does with prompts, where its arguments are right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Nothing.
    Plain,
    Exit,
    /// Ends the shell where it is told to.
    Kill,
    /// Runs another program in place of the shell.
    Exec,
    /// Runs another program.
    Runs,
    Sudo,
    Su,
    Runuser,
    Pkexec,
    Gosu,
    Setpriv,
    Login,
    /// Opens a shell of the same user.
    Nested,
    Ssh,
    Container,
    /// Opens a shell in another place.
    Elsewhere,
    /// Opens a shell where its first words say so.
    Hops,
    Multiplexer,
    Busybox,
    Shell,
    Repl,
    /// Takes code with its command line and asks for nothing.
    Code,
}

impl Kind {
    pub(super) fn of(name: &str) -> Self {
        match Self::of_one(name) {
            Self::Plain if is_shell(name) => Self::Shell,
            Self::Plain if is_repl(name) => Self::Repl,
            kind => kind,
        }
    }

    /// The same of a program that is one of a kind, and no shell and nothing like `python3`.
    pub(super) fn of_one(name: &str) -> Self {
        match name {
            "exit" | "logout" | "bye" | "quit" | "exit()" | "quit()" | "\\q" | ".exit" | ".quit" | ".q"
            | ":quit" | ":q" | "q" => Self::Exit,
            "kill" | "pkill" | "killall" => Self::Kill,
            "exec" => Self::Exec,
            "command" | "builtin" | "nohup" | "nice" | "ionice" | "time" | "env" | "setsid" | "stdbuf"
            | "rlwrap" | "bundle" | "fakeroot" | "winpty" | "unbuffer" | "strace" | "ltrace"
            | "eatmydata" | "timeout" | "taskset" | "flock" | "chrt" | "setarch" | "linux32" | "linux64"
            | "ssh-agent" | "dbus-run-session" | "proxychains" | "proxychains4" | "torsocks" | "firejail" => {
                Self::Runs
            }
            "sudo" | "doas" | "dzdo" | "pbrun" | "run0" => Self::Sudo,
            "su" => Self::Su,
            "runuser" => Self::Runuser,
            "pkexec" => Self::Pkexec,
            "gosu" | "su-exec" => Self::Gosu,
            "setpriv" => Self::Setpriv,
            "login" | "sulogin" => Self::Login,
            "capsh" | "newgrp" | "sg" | "script" | "unshare" | "bwrap" => Self::Nested,
            "ssh" | "mosh" | "autossh" | "slogin" => Self::Ssh,
            "docker" | "podman" | "nerdctl" | "docker-compose" | "kubectl" | "oc" | "crictl" | "ctr" => {
                Self::Container
            }
            "chroot" | "arch-chroot" | "nsenter" | "machinectl" | "systemd-nspawn" | "systemd-run"
            | "schroot" | "proot" | "lxc-attach" => Self::Elsewhere,
            "asciinema" | "aws" | "aws-vault" | "az" | "distrobox" | "fly" | "flyctl" | "gcloud"
            | "heroku" | "incus" | "ip" | "limactl" | "lxc" | "manage.py" | "multipass" | "pipenv"
            | "poetry" | "nix-shell" | "Enter-PSSession" | "enter-pssession" | "etsn" | "scl" | "toolbox"
            | "tsh" | "vagrant" | "virsh" => Self::Hops,
            "tmux" | "screen" | "byobu" | "zellij" | "dtach" | "abduco" => Self::Multiplexer,
            "busybox" => Self::Busybox,
            "$SHELL" | "${SHELL}" => Self::Shell,
            "awk" | "gawk" | "mawk" | "nawk" | "find" | "perl" | "ruby" => Self::Code,
            _ => Self::Plain,
        }
    }
}

/// Whether a command takes another as its arguments.
pub(crate) fn takes_command(name: &str) -> bool {
    matches!(Kind::of_one(name), Kind::Runs | Kind::Sudo | Kind::Exec)
        || matches!(name, "echo" | "man" | "which" | "type" | "watch" | "xargs")
}

/// A program's name without its folders.
#[inline]
pub(crate) fn name_of(word: &str) -> &str {
    word.as_bytes().iter().rposition(|b| *b == b'/').map_or(word, |at| &word[at + 1..])
}

pub(super) fn words_open(words: &[&str], who: Who) -> Opens {
    let assignments = words.iter().take_while(|w| is_assignment(w)).count();
    let words = &words[assignments..];
    let Some((first, args)) = words.split_first() else { return Opens::Nothing };
    let name = name_of(first);
    let shell = |who: Who| Opens::Shell { who, remote: false, replaces: false };
    match kind(name) {
        Kind::Exit => Opens::Exit,
        Kind::Kill if ends_shell(args) => Opens::Exit,
        Kind::Exec => match words_open(skip_options(args, &["-a"]), who) {
            Opens::Shell { who, remote, .. } => Opens::Shell { who, remote, replaces: true },
            other => other,
        },
        // what is in front of its programs decides, `bundle exec`
        Kind::Runs if name == "bundle" => words_open(args, who),
        // `command -v` only says what would run
        Kind::Runs if name == "command" && args.iter().any(|a| matches!(*a, "-v" | "-V")) => Opens::Nothing,
        Kind::Runs => words_open(behind(name, args), who),
        Kind::Sudo => sudo(name, args),
        Kind::Su => su(args),
        Kind::Runuser => runuser(args),
        Kind::Pkexec => match skip_options(args, &["--user"]) {
            [] => shell(Who::User("root".into())),
            rest => words_open(rest, Who::User("root".into())),
        },
        Kind::Gosu => match args {
            [user, rest @ ..] => words_open(rest, Who::User((*user).to_owned())),
            [] => Opens::Nothing,
        },
        Kind::Setpriv => words_open(skip_options(args, &[]), Who::Unknown),
        Kind::Login => shell(args.last().map_or(Who::Unknown, |u| Who::User((*u).to_owned()))),
        Kind::Nested => nested(name, args, who),
        Kind::Ssh => ssh(args),
        Kind::Container => container(args),
        Kind::Elsewhere => elsewhere(name, args),
        Kind::Hops => match hops(name, args, who.clone()) {
            Opens::Nothing if is_repl(name) && !runs_at_once(name, args) => {
                Opens::Repl { program: name.to_owned(), who }
            }
            opened => opened,
        },
        Kind::Multiplexer => {
            let detached =
                args.iter().any(|a| matches!(*a, "ls" | "-ls" | "list-sessions" | "kill-server" | "-list"));
            if detached { Opens::Nothing } else { Opens::Multiplexer { program: name.to_owned() } }
        }
        Kind::Busybox => words_open(args, who),
        Kind::Shell => {
            if let Some(at) = args.iter().position(|arg| gives_code(arg)) {
                return args.get(at + 1).map_or(Opens::Nothing, |code| code_opens(code, &who));
            }
            let script = skip_options(args, &["--rcfile", "--init-file", "-o", "+o", "-O", "+O"]);
            if script.is_empty() { shell(who) } else { Opens::Nothing }
        }
        Kind::Repl if args.iter().any(|arg| arg.starts_with('<')) => Opens::Nothing,
        Kind::Repl if args.iter().any(|arg| is_line_for_shell(arg)) && !escapes(name, args) => {
            shell(perhaps(who))
        }
        Kind::Repl if !runs_at_once(name, args) => Opens::Repl { program: name.to_owned(), who },
        Kind::Repl | Kind::Code if escapes(name, args) => shell(who),
        Kind::Code if name == "perl" && debugs(args) => Opens::Repl { program: name.to_owned(), who },
        Kind::Code | Kind::Plain if is_given_shell(name, args) => shell(perhaps(who)),
        Kind::Repl | Kind::Code | Kind::Kill | Kind::Plain => Opens::Nothing,
    }
}

/// Whether an option gives a shell what to do: `-c`, `-lc`.
pub(super) fn gives_code(option: &str) -> bool {
    option.starts_with('-') && !option.starts_with("--") && option.contains('c')
}

/// Whether only options stand there, and none that gives a shell what to do.
pub(super) fn leave_shell_open<'w>(words: impl IntoIterator<Item = &'w str>) -> bool {
    words.into_iter().all(|word| word.starts_with('-') && !gives_code(word))
}

/// Whether a signal that no shell withstands goes to this one or to all that there are.
fn ends_shell(args: &[&str]) -> bool {
    let signal = |arg: &str| {
        matches!(arg.trim_start_matches('-').trim_start_matches("SIG"), "9" | "KILL" | "HUP" | "1")
    };
    let target = |arg: &str| matches!(arg, "$$" | "$PPID" | "-1") || is_shell(arg);
    matches!(args, [first, .., last] if first.starts_with('-') && args.iter().any(|arg| signal(arg)) && target(last))
}

/// Whether perl is told to start its debugger, which asks for commands (`-d`, `-de 1`; `-d:Name` is another one).
fn debugs(args: &[&str]) -> bool {
    let mut options = args.iter().map_while(|arg| arg.strip_prefix('-'));
    options.any(|option| option.strip_prefix('d').is_some_and(|rest| !rest.starts_with(':')))
}

pub(super) fn is_assignment(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, _)| {
        !name.is_empty()
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
            && !name.starts_with(|c: char| c.is_ascii_digit())
    })
}

/// The words behind the options; those in `valued` take the next word with them.
pub(super) fn skip_options<'a, 'b>(mut words: &'a [&'b str], valued: &[&str]) -> &'a [&'b str] {
    while let Some((first, rest)) = words.split_first() {
        words = match *first {
            "--" => return rest,
            w if valued.contains(&w) => rest.get(1..).unwrap_or_default(),
            w if (w.starts_with('-') || w.starts_with('+')) && w.len() > 1 => rest,
            w if is_assignment(w) => rest,
            _ => return words,
        };
    }
    words
}

/// Whether the last command of a line gives a language a file to run, which asks in its own way if it asks at all.
pub(crate) fn runs_a_script(command: &str) -> bool {
    let commands = SimpleCommands::of(command);
    runs_script(&commands.last().iter().map(Cow::as_ref).collect::<Vec<_>>())
}

/// Whether a language is given a file to run.
fn runs_script(words: &[&str]) -> bool {
    let Some((name, args)) = words.split_first() else { return false };
    let name = name_of(name).trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    let language =
        matches!(name, "python" | "pypy" | "node" | "nodejs" | "deno" | "php" | "lua" | "luajit" | "julia");
    // those of frameworks that ask for statements
    let asks = |arg: &&str| matches!(*arg, "-i" | "shell" | "shell_plus" | "dbshell" | "tinker" | "console");
    language && !args.iter().any(asks) && !skip_options(args, &["-W", "-X", "-r"]).is_empty()
}

/// Whether a program with statements is given them with its command line, and asks for none.
fn runs_at_once(name: &str, args: &[&str]) -> bool {
    let name = name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    // letters that give a statement, letters that take what is attached to them, and words that do
    let (given, valued, words): (&str, &str, &[&str]) = match name {
        "python" | "pypy" | "ipython" | "bpython" => ("c", "WXm", &[]),
        "psql" => ("cfl", "dFhLopPRTUv", &["--command", "--file", "--list"]),
        "node" | "nodejs" | "deno" => ("ep", "r", &["--eval", "--print"]),
        "mysql" | "mariadb" => ("e", "DhpPSu", &["--execute"]),
        "lua" | "luajit" | "irb" | "julia" | "R" => ("e", "lIr", &["--eval"]),
        "php" => ("r", "cdfz", &["--run"]),
        "mongo" | "mongosh" => ("", "", &["--eval"]),
        "gdb" | "lldb" => ("", "", &["-batch", "--batch"]),
        "openssl" | "virsh" => return !skip_options(args, &["-c", "--connect"]).is_empty(),
        // a statement behind the file
        "sqlite" => return skip_options(args, &["-cmd", "-init", "-separator", "-nullvalue"]).len() > 1,
        "redis-cli" | "valkey-cli" => {
            return !skip_options(
                args,
                &["-h", "-p", "-s", "-a", "-u", "-n", "-r", "-i", "--user", "--pass"],
            )
            .is_empty();
        }
        _ => return false,
    };
    let stays = matches!(name, "python" | "ipython" | "node" | "lua") && args.contains(&"-i");
    let is_given = |arg: &&str| {
        let letters = arg.strip_prefix('-').filter(|letters| !letters.starts_with('-')).unwrap_or_default();
        let mut flags = letters.chars().take_while(|c| !valued.contains(*c));
        words.iter().any(|word| arg.strip_prefix(word).is_some_and(|v| v.is_empty() || v.starts_with('=')))
            || flags.any(|c| given.contains(c))
    };
    !stays && args.iter().any(is_given)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(user: &str) -> Opens {
        Opens::Shell { who: Who::User(user.into()), remote: false, replaces: false }
    }

    #[test]
    fn what_has_words_of_its_own_asks_where_it_is_given_none() {
        for (line, asks) in [
            ("openssl", true),
            ("openssl x509 -in a.pem", false),
            ("virsh", true),
            ("virsh -c qemu:///system", true),
            ("virsh list --all", false),
        ] {
            assert_eq!(matches!(opens(line), Opens::Repl { .. }), asks, "{line}");
        }
    }

    #[test]
    fn another_user() {
        for (line, user) in [
            ("sudo -i", "root"),
            ("sudo su -", "root"),
            ("sudo su - deploy", "deploy"),
            ("su - deploy", "deploy"),
            ("su", "root"),
            ("sudo -u deploy -i", "deploy"),
            ("sudo -iu deploy", "deploy"),
            ("sudo -u deploy bash", "deploy"),
            ("sudo --user=deploy -s", "deploy"),
            ("cd /tmp && sudo bash", "root"),
            ("sudo -i; exit; echo left", "root"),
            ("sudo -E env X=1 bash -l", "root"),
            ("runuser -u app -- bash", "app"),
            ("gosu app bash", "app"),
            ("doas sh", "root"),
            ("sudo -u deploy -- bash", "deploy"),
            ("run0 --user=deploy", "deploy"),
            ("run0", "root"),
            ("sudo -u#0 bash", "root"),
            ("sudo -u \\#0 -s", "root"),
            ("sudo -i || { echo no; sudo -s; }", "root"),
            ("su deploy -c bash", "deploy"),
            ("su -lc 'cd /srv && exec bash' deploy", "deploy"),
            ("su -s /bin/sh --command=bash app", "app"),
            ("sudo su - deploy -c 'bash -i'", "deploy"),
            ("sudo -u deploy bash -c 'cd /srv; sh; echo left'", "deploy"),
            ("bash -c 'sudo -i'", "root"),
            ("runuser -l app -c bash", "app"),
        ] {
            assert_eq!(opens(line), shell(user), "{line}");
        }
    }

    #[test]
    fn nothing_is_opened_by_a_command_that_ends() {
        for line in [
            "sudo id",
            "sudo -l",
            "bash -c 'ls'",
            "bash deploy.sh",
            "ssh web uptime",
            "su - x -c id",
            "su -c 'ls | wc -l' x",
            "su x --command=id",
            "bash -lc 'cd /srv && make; exit'",
            "ssh -t web 'cd /srv && ls'",
            "ssh web -p 22 uptime",
            "sudo -n -- id",
            "run0 id",
            "if true; then ls; fi",
            "exit; ls",
            "kill -9 4711",
            "kill $$",
            "pkill -9 nginx",
            "docker ps",
            "sudo -k",
            "ls | sh -c cat",
            "python3 -c 'print(1)'",
            "psql -Atc 'select 1'",
            "sudo mysql -e 'show tables' app",
            "sudo -u postgres psql --command='select 1'",
            "php -r 'echo 1;'",
            "psql -f x.sql app",
            "mysql app < dump.sql",
            "echo 1+2 | bc",
            "curl -s http://x | sudo bash",
            "cat x |& psql; ls",
            "python3 x.py && ls",
            "sqlite3 a.db 'select 1'",
            "redis-cli -h cache ping",
            "docker exec -it web cat /etc/passwd",
            "kubectl exec -it api-0 -- ls /srv",
        ] {
            assert_eq!(opens(line), Opens::Nothing, "{line}");
        }
    }

    #[test]
    fn programs_with_prompts_and_hops() {
        for line in
            ["mysql -uroot -pe5 -hserver app", "psql -Uclient -h db.c", "python3 -i -c 'x=1'", "lua -i x.lua"]
        {
            assert!(matches!(opens(line), Opens::Repl { .. }), "{line}");
        }
        assert!(runs_a_script("cd /srv; python3 -W ignore report.py") && runs_a_script("node x.js"));
        for line in ["python3", "php artisan tinker", "python manage.py shell", "python3 -i x.py", "psql app"]
        {
            assert!(!runs_a_script(line), "{line}");
        }
        assert_eq!(opens("python3"), Opens::Repl { program: "python3".into(), who: Who::Same });
        assert_eq!(
            opens("sudo -u postgres psql"),
            Opens::Repl { program: "psql".into(), who: Who::User("postgres".into()) }
        );
        for line in
            ["su postgres -c psql", "su - postgres -c 'psql -d app'", "sudo -u postgres sh -c 'cd; psql'"]
        {
            let who = Who::User("postgres".into());
            assert_eq!(opens(line), Opens::Repl { program: "psql".into(), who }, "{line}");
        }
        assert_eq!(
            opens("ssh -t deploy@web01 'cd /srv && bash'"),
            Opens::Shell { who: Who::User("deploy".into()), remote: true, replaces: false }
        );
        assert_eq!(
            opens("ssh -p 22 deploy@web01"),
            Opens::Shell { who: Who::User("deploy".into()), remote: true, replaces: false }
        );
        for line in ["ssh web01 -l deploy", "ssh deploy@web01 -t bash -l"] {
            let who = Who::User("deploy".into());
            assert_eq!(opens(line), Opens::Shell { who, remote: true, replaces: false }, "{line}");
        }
        let unknown = Opens::Shell { who: Who::Unknown, remote: false, replaces: false };
        assert_eq!(opens("sudo -u '#1000' bash"), unknown, "nothing says whose number that is");
        assert_eq!(opens("ssh web01"), Opens::Shell { who: Who::Unknown, remote: true, replaces: false });
        assert_eq!(
            opens("docker exec -it web bash"),
            Opens::Shell { who: Who::Unknown, remote: true, replaces: false }
        );
        for line in [
            "docker exec -it web ./enter.sh",
            "docker exec -it web env TERM=xterm bash",
            "docker exec -it web sh -c 'clear; bash'",
        ] {
            let away = Opens::Shell { who: Who::Unknown, remote: true, replaces: false };
            assert_eq!(opens(line), away, "{line}");
        }
        for (line, program) in [
            ("docker exec -it db mysql -u root -p app", "mysql"),
            ("docker exec -ti -u postgres db psql app", "psql"),
            ("docker compose exec web python manage.py shell", "python"),
            ("kubectl exec -it -n prod api-0 -c app -- redis-cli -n 2", "redis-cli"),
            ("docker run --rm -it -v /srv:/srv python:3.12", "python"),
            ("sudo docker exec -it web rails console", "rails"),
            ("bundle exec rails c", "rails"),
        ] {
            assert!(matches!(opens(line), Opens::Repl { program: p, .. } if p == program), "{line}");
        }
        assert_eq!(
            opens("kubectl exec -it api-0 -- bash"),
            Opens::Shell { who: Who::Unknown, remote: true, replaces: false }
        );
        for line in ["exec bash -l", "exec $SHELL", "exec \"$SHELL\" -l"] {
            assert_eq!(opens(line), Opens::Shell { who: Who::Same, remote: false, replaces: true }, "{line}");
        }
        for line in [
            "exit 1",
            "kill -9 $$",
            "kill -s KILL $$",
            "kill -HUP $PPID",
            "pkill -9 bash",
            "kill -SIGKILL -1",
        ] {
            assert_eq!(opens(line), Opens::Exit, "{line}");
        }
    }
}
