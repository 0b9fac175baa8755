//! Shells that a program runs of which that is not known: it is told so in a way of its own (`xargs -a x sh`,
//! `tar --checkpoint-action=exec=/bin/sh`, `expect -c 'spawn sh; interact'`). Whether one came, the prompt must show.

use super::lexicon::is_command;
use super::opens::{Who, is_shell, leave_shell_open, name_of};

/// What has a word run that stands behind it.
const RUNS: [&str; 12] =
    ["!", "action", "cmd", "command", "exec", "filter", "invoke", "popen", "run", "spawn", "system", "term"];

/// Known commands that run what they are given.
const RUNNERS: [&str; 2] = ["make", "xargs"];

/// Programs that show what is said of shells.
const SHOW: [&str; 12] =
    ["ack", "cat", "echo", "egrep", "fgrep", "grep", "head", "printf", "rg", "sed", "tail", "zgrep"];

/// Whether a word of a command may name a shell: most name none, and need not be looked at any further.
pub(super) fn may_name_shell(word: &str) -> bool {
    word.as_bytes().array_windows().any(|pair| pair == b"sh")
}

/// Whether a program is given a shell to run, as far as its words tell.
pub(super) fn is_given_shell(name: &str, args: &[&str]) -> bool {
    let runs = |name: &str| RUNNERS.contains(&name) || !is_command(name);
    !SHOW.contains(&name)
        && args.iter().enumerate().any(|(at, arg)| {
            let rest = || args[at + 1..].iter().copied();
            let alone = || is_shell(name_of(arg)) && leave_shell_open(rest()) && runs(name);
            may_name_shell(arg) && (alone() || has_shell_run(arg))
        })
}

/// As whom it runs then: nobody, unless a shell comes.
pub(super) fn perhaps(who: Who) -> Who {
    match who {
        Who::User(name) => Who::Perhaps(name),
        who => who,
    }
}

/// Whether a shell is named in a longer word, behind something that runs it.
fn has_shell_run(word: &str) -> bool {
    let of_path = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '_' | '-' | '$');
    let lower = word.to_ascii_lowercase();
    let ends = RUNS.iter().filter_map(|runs| lower.find(runs).map(|at| at + runs.len()));
    let Some(told) = ends.min() else { return false };
    let mut from = 0;
    while let Some(at) = word[from..].find(of_path).map(|at| from + at) {
        let end = word[at..].find(|c| !of_path(c)).map_or(word.len(), |len| at + len);
        // make is told with a `-` that a line may fail
        let piece = word[at..end].trim_start_matches('-');
        if at >= told
            && is_shell(name_of(piece))
            && !lower[..at].ends_with("shell=")
            && !word[end..].trim_start().starts_with("-c")
        {
            return true;
        }
        from = end;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::super::{Opens, Who, opens};

    #[test]
    fn what_is_given_a_shell_may_open_one() {
        let root = || Who::Perhaps("root".to_owned());
        for (line, who) in [
            ("sudo xargs -a /dev/null sh", root()),
            ("sudo tar -cf x x --checkpoint=1 --checkpoint-action=exec=/bin/sh", root()),
            ("sudo expect -c 'spawn /bin/sh;interact'", root()),
            ("sudo socat - exec:/bin/bash,pty,stderr", root()),
            ("sudo logsave /dev/null /bin/sh -i", root()),
            ("sudo -u app ./enter /bin/bash --login", Who::Perhaps("app".to_owned())),
            ("sudo apt-get update -o APT::Update::Pre-Invoke::=/bin/sh", root()),
            ("./enter bash", Who::Same),
        ] {
            assert_eq!(opens(line), Opens::Shell { who, remote: false, replaces: false }, "{line}");
        }
        let same = Opens::Shell { who: Who::Same, remote: false, replaces: false };
        assert_eq!(opens("split --filter=/bin/sh /dev/stdin"), same);
    }

    #[test]
    fn a_shell_that_is_named_need_not_run() {
        for line in [
            "ls -l /bin/sh",
            "sudo useradd -m -s /bin/bash bob",
            "sudo usermod --shell=/bin/zsh bob",
            "sudo apt-get install zsh",
            "grep 'exec bash' notes",
            "echo exec bash",
            "export SHELL=/bin/bash",
            "tar czf oh-my-zsh.tgz oh-my-zsh",
            "xargs -n1 sh -c 'ls $0'",
            "tar -cf x x --checkpoint-action=exec='sh -c id'",
            "./run.sh",
            "ssh-keygen -t ed25519",
        ] {
            assert_eq!(opens(line), Opens::Nothing, "{line}");
        }
    }
}
