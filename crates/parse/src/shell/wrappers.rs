//! Programs that run another one, or open a shell somewhere else: what they take for themselves, and what they run.

use super::opens::{Opens, Who, code_opens, is_shell, name_of, skip_options, words_open};

/// The words that a program runs, behind what it takes for itself.
pub(super) fn behind<'a, 'b>(name: &str, args: &'a [&'b str]) -> &'a [&'b str] {
    // options that take the next word with them
    let valued: &[&str] = match name {
        "env" => &["-u", "--unset", "-C", "--chdir"],
        "nice" => &["-n", "--adjustment"],
        "ionice" => &["-c", "--class", "-n", "--classdata"],
        "stdbuf" => &["-i", "-o", "-e"],
        "time" => &["-f", "-o"],
        "timeout" => &["-k", "--kill-after", "-s", "--signal"],
        "flock" => &["-E", "-w", "--timeout", "--wait"],
        "strace" | "ltrace" => &["-a", "-b", "-E", "-e", "-I", "-O", "-o", "-P", "-S", "-s", "-u", "-X"],
        "rlwrap" => &["-b", "-f", "-g", "-H", "-l", "-p", "-s", "-S", "-t"],
        "fakeroot" => &["-l", "-f", "-i", "-s", "-b"],
        _ => &[],
    };
    let rest = skip_options(args, valued);
    match name {
        // a duration, a mask, a file, a priority, a machine
        "setarch" if rest.first().is_some_and(|word| is_shell(name_of(word))) => rest,
        "timeout" | "taskset" | "flock" | "chrt" | "setarch" => rest.get(1..).unwrap_or_default(),
        _ => rest,
    }
}

/// What a program opens that gives its caller a shell, unless it is told what to run.
pub(super) fn nested(name: &str, args: &[&str], who: Who) -> Opens {
    let shell = Opens::Shell { who: who.clone(), remote: false, replaces: false };
    let gives =
        |a: &&str| *a == "--command" || a.starts_with('-') && !a.starts_with("--") && a.ends_with('c');
    let command = || args.iter().position(gives).map(|at| args.get(at + 1));
    match name {
        "script" | "sg" => match command() {
            Some(run) => run.map_or(Opens::Nothing, |run| code_opens(run, &who)),
            None => shell,
        },
        "unshare" => match skip_options(args, &["-S", "--setuid", "-G", "--setgid"]) {
            [] => shell,
            run => words_open(run, who),
        },
        "capsh" if args.last() != Some(&"--") => Opens::Nothing,
        "bwrap" if !args.iter().any(|a| is_shell(name_of(a))) => Opens::Nothing,
        _ => shell,
    }
}

/// A shell of whom the line does not say, in another place.
const AWAY: Opens = Opens::Shell { who: Who::Unknown, remote: true, replaces: false };

/// What a program opens in a container, another root or another machine.
pub(super) fn elsewhere(name: &str, args: &[&str]) -> Opens {
    let run = match name {
        "chroot" | "arch-chroot" => skip_options(args, &["-u"]).get(1..).unwrap_or_default(),
        "nsenter" => skip_options(args, &["-t", "--target", "-S", "--setuid", "-G", "--setgid"]),
        "machinectl" if !args.iter().any(|a| matches!(*a, "shell" | "login")) => return Opens::Nothing,
        "systemd-run" => match args.iter().any(|a| matches!(*a, "-t" | "-P" | "--pty" | "--pipe")) {
            true => skip_options(args, &["-u", "-p", "-E", "-M", "-H"]),
            false if args.iter().any(|a| matches!(*a, "-S" | "--shell")) => &[],
            false => return Opens::Nothing,
        },
        "schroot" | "lxc-attach" => {
            args.iter().position(|a| *a == "--").map_or(&[][..], |at| &args[at + 1..])
        }
        _ => &[],
    };
    if run.is_empty() { AWAY } else { away(words_open(run, Who::Unknown)) }
}

fn away(opened: Opens) -> Opens {
    if matches!(opened, Opens::Shell { .. }) { AWAY } else { opened }
}

/// What a program opens whose first words say whether it opens anything.
pub(super) fn hops(name: &str, args: &[&str], who: Who) -> Opens {
    let says = |word: &str| args.contains(&word);
    let here = Opens::Shell { who: who.clone(), remote: false, replaces: false };
    match (name, args) {
        // ports and files are forwarded by documents of their own
        ("aws", _) if says("start-session") && args.iter().any(|a| a.contains("AWS-Start")) => Opens::Nothing,
        ("aws", _) if says("ssm") && says("start-session") => AWAY,
        ("aws", ["ecs", "execute-command", ..]) => AWAY,
        ("asciinema", ["rec", ..]) => here,
        ("lxc" | "incus", ["exec", _, run @ ..]) => {
            let run = run.iter().position(|a| *a == "--").map_or(run, |at| &run[at + 1..]);
            away(words_open(run, Who::Unknown))
        }
        ("lxc" | "incus", ["shell" | "console", ..]) => AWAY,
        ("manage.py", ["shell" | "shell_plus" | "dbshell", ..]) => {
            Opens::Repl { program: name.to_owned(), who }
        }
        ("aws-vault", ["exec", rest @ ..]) => match rest.iter().position(|a| *a == "--") {
            Some(at) => words_open(&rest[at + 1..], who),
            None => match skip_options(rest, &["-d", "-t", "--duration", "--mfa-token"]) {
                [_, run @ ..] if !run.is_empty() => words_open(run, who),
                _ => here,
            },
        },
        ("ip", ["netns", "exec", _, run @ ..]) => words_open(run, who),
        ("scl", ["enable", .., run]) => words_open(&[run], who),
        ("gcloud" | "az", _) if says("ssh") && !args.iter().any(|a| a.starts_with("--command")) => AWAY,
        ("heroku", ["run", run @ ..]) => away(words_open(skip_options(run, &["-a", "--app"]), Who::Unknown)),
        ("vagrant" | "tsh" | "fly" | "flyctl", ["ssh", ..])
        | ("multipass" | "limactl", ["shell", ..])
        | ("virsh", ["console", ..])
        | ("toolbox" | "distrobox", ["enter", ..])
        | ("Enter-PSSession" | "enter-pssession" | "etsn", _) => AWAY,
        ("pipenv" | "poetry", ["shell", ..]) => here,
        ("nix-shell", _) if !says("--run") && !says("--command") => here,
        _ => Opens::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Opens, Who, opens};
    use super::AWAY;

    #[test]
    fn what_runs_another_program_runs_a_shell_too() {
        assert_eq!(opens("Enter-PSSession -ComputerName web02"), AWAY);
        for line in [
            "env -i bash --norc",
            "env -u HOME sh",
            "nice -n 5 bash",
            "timeout -k 5 60 bash",
            "taskset -c 0 sh",
            "flock /tmp/lock bash",
            "ssh-agent bash",
            "scl enable devtoolset-7 bash",
            "ip netns exec blue bash",
            "unshare -r bash",
            "unshare -r",
            "script -q /dev/null",
            "script -qc bash /dev/null",
            "aws-vault exec prod",
            "aws-vault exec prod -- bash",
            "pipenv shell",
            "asciinema rec /tmp/x",
        ] {
            let shell = Opens::Shell { who: Who::Same, remote: false, replaces: false };
            assert_eq!(opens(line), shell, "{line}");
        }
        let root = Opens::Shell { who: Who::User("root".into()), remote: false, replaces: false };
        assert_eq!(opens("sudo timeout 60 bash"), root);
        assert_eq!(opens("dzdo -i"), root);
    }

    #[test]
    fn another_place_has_its_own_users() {
        for line in [
            "chroot /mnt",
            "sudo chroot /mnt /bin/bash",
            "nsenter -t 1 -m -u bash",
            "machinectl shell web",
            "systemd-run --pty bash",
            "aws ssm start-session --target i-0abc1234def567890",
            "aws --profile prod ssm start-session --target i-0abc1234def567890",
            "aws ecs execute-command --cluster c --task t --interactive --command /bin/sh",
            "gcloud compute ssh web --zone eu",
            "heroku run -a app bash",
            "vagrant ssh",
            "lxc exec web -- sudo -u app bash",
            "lxc-attach -n web",
        ] {
            assert_eq!(opens(line), AWAY, "{line}");
        }
    }

    #[test]
    fn what_ends_by_itself_opens_nothing() {
        for line in [
            "command -v bash",
            "timeout 5 ls",
            "flock /tmp/lock -c ls",
            "unshare -r id",
            "script -qc ls /dev/null",
            "chroot /mnt apt-get update",
            "nsenter -t 1 -n ip a",
            "machinectl list",
            "systemd-run --unit=x sleep 5",
            "aws s3 ls",
            "aws ssm start-session --target i-0 --document-name AWS-StartPortForwardingSession",
            "aws ssm describe-sessions --state Active",
            "ip addr",
            "scl enable devtoolset-7 make",
            "nix-shell --run make",
            "gcloud compute ssh web --command=ls",
            "lxc exec web -- ls",
            "lxc list",
            "./manage.py migrate",
        ] {
            assert_eq!(opens(line), Opens::Nothing, "{line}");
        }
    }
}
