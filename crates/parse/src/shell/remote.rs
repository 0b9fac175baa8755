//! Programs that run another one, or a shell, on another machine or in a container: ssh(1), docker, kubectl.

use super::lexicon::is_command;
use super::opens::{Opens, Who, code_opens, is_shell, name_of, skip_options, words_open};

/// A shell, or where a terminal is asked for what the other end's shell is told to run.
pub(super) fn ssh(args: &[&str]) -> Opens {
    let mut user = None;
    let mut host = None;
    let mut terminal = false;
    let mut args = args.iter();
    // options may stand behind the host too
    while let Some(arg) = args.as_slice().first().filter(|arg| host.is_none() || arg.starts_with('-')) {
        args.next();
        match *arg {
            "-l" => user = args.next().map(|u| (*u).to_owned()),
            "-t" | "-tt" => terminal = true,
            "-N" | "-V" | "-f" | "-G" => return Opens::Nothing,
            w if w.len() == 2 && w.starts_with('-') && "BbcDEeFIiJLmOopQRSWw".contains(&w[1..]) => {
                args.next();
            }
            w if w.starts_with('-') => {}
            w => host = Some(w),
        }
    }
    let Some(host) = host else { return Opens::Nothing };
    let host = host.trim_start_matches("ssh://");
    if let Some((name, _)) = host.rsplit_once('@') {
        user = Some(name.to_owned());
    }
    let command: Vec<&str> = args.copied().collect();
    let who = user.map_or(Who::Unknown, Who::User);
    if command.is_empty() {
        return Opens::Shell { who, remote: true, replaces: false };
    }
    // the other end's shell is given all of it
    match (terminal, code_opens(&command.join(" "), &who)) {
        (true, Opens::Shell { who, .. }) => Opens::Shell { who, remote: true, replaces: false },
        (true, opened @ Opens::Repl { .. }) => opened,
        _ => Opens::Nothing,
    }
}

/// Options of `docker` and `kubectl` that take the next word with them.
static OF_CONTAINERS: &[&str] = &[
    "-u",
    "--user",
    "-w",
    "--workdir",
    "-e",
    "--env",
    "--env-file",
    "--detach-keys",
    "-n",
    "--namespace",
    "-c",
    "--container",
    "--context",
    "-f",
    "--filename",
    "-v",
    "--volume",
    "-p",
    "--publish",
    "--name",
    "--network",
    "--net",
    "-h",
    "--hostname",
    "--entrypoint",
    "--mount",
    "-l",
    "--label",
    "--image",
    "--target",
    "-m",
    "--memory",
    "--cpus",
    "--platform",
    "--index",
];

/// What a verb that has a terminal runs in a container.
pub(super) fn container(args: &[&str]) -> Opens {
    let verb = args.iter().position(|a| matches!(*a, "exec" | "run" | "attach" | "rsh" | "debug" | "shell"));
    let Some(verb) = verb else { return Opens::Nothing };
    let rest = &args[verb + 1..];
    let flag = |w: &str, c: char| w.starts_with('-') && !w.starts_with("--") && w.contains(c);
    let options = &rest[..rest.len() - skip_options(rest, OF_CONTAINERS).len()];
    let terminal = options.iter().chain(rest).any(|w| flag(w, 't') || *w == "--tty")
        || matches!(args[verb], "attach" | "rsh" | "shell")
        || args.first() == Some(&"compose");
    if !terminal {
        return Opens::Nothing;
    }
    let user = rest.windows(2).find(|w| matches!(w[0], "-u" | "--user")).map(|w| w[1].to_owned());
    let who = user.map_or(Who::Unknown, Who::User);
    let Some((place, run)) = skip_options(rest, OF_CONTAINERS).split_first() else {
        return Opens::Shell { who, remote: true, replaces: false };
    };
    // an image may be named after the program that it runs
    let image =
        || place.rsplit('/').next().and_then(|name| name.split([':', '@']).next()).unwrap_or_default();
    let program = match skip_options(run, OF_CONTAINERS) {
        [] if args[verb] == "run" => words_open(&[image()], Who::Same),
        words => words_open(words, Who::Same),
    };
    // what is not known may be a shell by another name
    let ends = |words: &[&str]| {
        words.first().is_some_and(|name| is_command(name)) && !words.iter().any(|a| is_shell(name_of(a)))
    };
    match program {
        Opens::Repl { program, .. } => Opens::Repl { program, who },
        Opens::Nothing if ends(skip_options(run, OF_CONTAINERS)) => Opens::Nothing,
        _ => Opens::Shell { who, remote: true, replaces: false },
    }
}
