//! Programs that run another one, or a shell, as somebody else: sudo(8) and its kin, su(1), runuser(1).

use super::opens::{Opens, Who, code_opens, is_assignment, skip_options, words_open};

/// Root, unless it is told whom; `name` is sudo itself or one of its kin.
pub(super) fn sudo(name: &str, mut args: &[&str]) -> Opens {
    let mut user = "root".to_owned();
    // run0 needs not be told what to run
    let mut shell = name == "run0";
    while let Some((first, rest)) = args.split_first() {
        args = rest;
        match *first {
            "--" => break,
            "-u" | "--user" => {
                let Some((name, rest)) = args.split_first() else { return Opens::Nothing };
                user = (*name).to_owned();
                args = rest;
            }
            "-g" | "--group" | "-h" | "--host" | "-p" | "--prompt" | "-C" | "-r" | "-t" | "-T" | "-D"
            | "-R" => {
                args = args.get(1..).unwrap_or_default();
            }
            "-l" | "--list" | "-v" | "--validate" | "-k" | "-K" | "-V" | "-e" | "--edit"
                if rest.is_empty() =>
            {
                return Opens::Nothing;
            }
            "--login" | "--shell" => shell = true,
            w if w.starts_with("--user=") => user = w["--user=".len()..].to_owned(),
            w if w.starts_with("--") => {}
            w if w.starts_with('-') && w.len() > 1 => {
                let flags = &w[1..];
                if let Some(at) = flags.find('u') {
                    let attached = &flags[at + 1..];
                    shell |= flags[..at].contains(['i', 's']);
                    if attached.is_empty() {
                        let Some((name, rest)) = args.split_first() else { return Opens::Nothing };
                        user = (*name).to_owned();
                        args = rest;
                    } else {
                        user = attached.to_owned();
                    }
                } else {
                    shell |= flags.contains(['i', 's']);
                }
            }
            w if is_assignment(w) => {}
            _ => {
                let mut words = vec![*first];
                words.extend(rest);
                let opened = words_open(&words, named(user));
                return if opened == Opens::Exit { Opens::Nothing } else { opened };
            }
        }
    }
    let who = named(user);
    match args {
        [] if shell => Opens::Shell { who, remote: false, replaces: false },
        // behind `--`
        words => words_open(words, who),
    }
}

/// Whom a name means, or a number behind `#`: of those only root's is known.
fn named(user: String) -> Who {
    match user.strip_prefix('#') {
        Some("0") => Who::User("root".to_owned()),
        Some(_) => Who::Unknown,
        None => Who::User(user),
    }
}

/// Root's shell, unless it is told whose, or what to run.
pub(super) fn su(args: &[&str]) -> Opens {
    let mut user = None;
    let mut code = None;
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        match *arg {
            "-s"
            | "--shell"
            | "-g"
            | "--group"
            | "-G"
            | "--supp-group"
            | "-w"
            | "--whitelist-environment" => {
                args.next();
            }
            "--command" | "--session-command" => code = args.next().copied(),
            w if w.starts_with("--") => {
                let given = |option| w.strip_prefix(option);
                code = given("--command=").or_else(|| given("--session-command=")).or(code);
            }
            // letters that take nothing may stand in front of it
            w if w.starts_with('-') => {
                if let Some((_, attached)) = w.split_once('c') {
                    code = if attached.is_empty() { args.next().copied() } else { Some(attached) };
                }
            }
            w => user = user.or(Some(w)),
        }
    }
    let who = Who::User(user.unwrap_or("root").to_owned());
    match code {
        Some(code) => code_opens(code, &who),
        None => Opens::Shell { who, remote: false, replaces: false },
    }
}

/// With `-u` a program, without it what su takes.
pub(super) fn runuser(args: &[&str]) -> Opens {
    match args.iter().position(|a| *a == "-u") {
        Some(at) => {
            let user = args.get(at + 1).map_or(Who::Unknown, |u| Who::User((*u).to_owned()));
            words_open(skip_options(args.get(at + 2..).unwrap_or_default(), &[]), user)
        }
        None => su(args),
    }
}
