//! Which programs a line of shell runs, as far as the line alone tells: each part of a pipeline or list, what is in
//! substitutions, and what others are told to run. A name that the shell would have to work out (`$EDITOR`) is none.

mod split;

use self::split::{Word, split};

/// Lines inside lines (`sh -c '…'`) are read so deep.
const MAX_DEPTH: usize = 4;
/// So many programs of one line are kept.
const MAX_PROGRAMS: usize = 64;

/// What becomes another user to run its words, or its line.
const RAISING: &[&str] = &["sudo", "doas", "su", "pkexec", "runas"];

/// What takes its words for a command, the letters of its options that take a value, and how many words come before
/// the command.
const WRAPPERS: &[(&str, &str, usize)] = &[
    ("sudo", "ugphCTrtDRU", 0),
    ("doas", "uCa", 0),
    ("pkexec", "", 0),
    ("runuser", "ugGsc", 0),
    ("env", "uCS", 0),
    ("nohup", "", 0),
    ("timeout", "sk", 1),
    ("xargs", "InPLdaEs", 0),
    ("time", "fo", 0),
    ("nice", "n", 0),
    ("ionice", "cnp", 0),
    ("setsid", "", 0),
    ("stdbuf", "ioe", 0),
    ("chroot", "", 1),
    ("exec", "a", 0),
    ("command", "", 0),
    ("builtin", "", 0),
    ("watch", "nq", 0),
    ("strace", "oepsPESuUabIOX", 0),
    ("busybox", "", 0),
];

/// Long options of those that take the next word.
const LONG_WITH_VALUE: &[&str] = &[
    "--user",
    "--group",
    "--host",
    "--prompt",
    "--chdir",
    "--chroot",
    "--unset",
    "--signal",
    "--kill-after",
    "--max-args",
    "--max-procs",
    "--max-lines",
    "--delimiter",
    "--arg-file",
    "--adjustment",
    "--class",
    "--classdata",
    "--output",
    "--format",
    "--interval",
    "--input",
    "--error",
];

/// What reads a line of shell behind `-c`.
const SHELLS: &[&str] = &["sh", "bash", "dash", "zsh", "ksh", "ash", "fish", "su", "runuser"];

/// Words of the shell that a command can follow.
const BEFORE: &[&str] =
    &["if", "then", "elif", "else", "do", "while", "until", "!", "{", "}", "fi", "done", "esac", "coproc"];
/// Words of the shell that no command follows.
const INSTEAD: &[&str] = &["for", "case", "select", "function"];

/// The programs, each once, in the order in which they are named.
pub(crate) fn programs(line: &str) -> Vec<String> {
    let mut found = Vec::new();
    read(line, MAX_DEPTH, &mut found);
    found
}

/// Whether the line runs something as another user, as a rule the one who may do everything.
pub(crate) fn is_raised(line: &str) -> bool {
    // Most lines hold none of the names.
    RAISING.iter().any(|name| line.contains(name))
        && programs(line).iter().any(|name| RAISING.contains(&name.as_str()))
}

fn read(line: &str, depth: usize, found: &mut Vec<String>) {
    for words in split(line) {
        run(&words, depth, found);
    }
}

/// One command: assignments, then a program, which may take another for its arguments.
fn run(words: &[Word], depth: usize, found: &mut Vec<String>) {
    let mut at = 0;
    while let Some(word) = words.get(at) {
        at += 1;
        if word.is_plain() && BEFORE.contains(&word.text.as_str()) || is_assignment(word) {
            continue;
        }
        if word.is_plain() && INSTEAD.contains(&word.text.as_str()) || found.len() >= MAX_PROGRAMS {
            return;
        }
        let Some(name) = name(word) else { return };
        if !found.contains(&name) {
            found.push(name.clone());
        }
        let rest = &words[at..];
        if let Some(depth) = depth.checked_sub(1)
            && SHELLS.contains(&name.as_str())
            && let Some(line) = line_of(rest)
        {
            read(line, depth, found);
        }
        if name == "find" {
            return searched(rest, depth, found);
        }
        let Some((_, values, operands)) = WRAPPERS.iter().find(|(wrapper, ..)| *wrapper == name) else {
            return;
        };
        if name == "command" && rest.first().is_some_and(|word| matches!(word.text.as_str(), "-v" | "-V")) {
            return;
        }
        at += options(rest, values) + operands;
    }
}

/// The last part of a path.
fn name(word: &Word) -> Option<String> {
    let name = word.text.rsplit('/').next().unwrap_or_default();
    (!word.opaque && !name.is_empty()).then(|| name.to_owned())
}

fn is_assignment(word: &Word) -> bool {
    let Some((name, _)) = word.text.split_once('=') else { return false };
    let name = name.strip_suffix('+').unwrap_or(name);
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// How many words are options, their values, and assignments such as `env` takes.
fn options(words: &[Word], values: &str) -> usize {
    let mut at = 0;
    while let Some(word) = words.get(at).map(|word| word.text.as_str()) {
        match word.strip_prefix('-') {
            Some("-") => return at + 1,
            Some(_) if LONG_WITH_VALUE.contains(&word) => at += 2,
            Some(letters) if !letters.starts_with('-') => {
                // Of letters together, the first that takes a value takes what is behind it, or the next word.
                let value = letters.find(|c| values.contains(c));
                at += if value.is_some_and(|at| at + 1 == letters.len()) { 2 } else { 1 };
            }
            Some(_) => at += 1,
            None if is_assignment(&words[at]) => at += 1,
            None => return at,
        }
    }
    at
}

/// The line behind `-c`.
fn line_of(words: &[Word]) -> Option<&str> {
    let is_option = |word: &Word| {
        let letters = word.text.strip_prefix('-').filter(|letters| !letters.starts_with('-'));
        letters.is_some_and(|letters| letters.ends_with('c')) || word.text == "--command"
    };
    let at = words.iter().position(is_option)?;
    words.get(at + 1).map(|word| word.text.as_str())
}

/// `find … -exec program … ;`
fn searched(words: &[Word], depth: usize, found: &mut Vec<String>) {
    for (at, word) in words.iter().enumerate() {
        if let ("-exec" | "-execdir" | "-ok" | "-okdir", Some(program)) =
            (word.text.as_str(), words.get(at + 1))
        {
            let end = words[at + 1..].iter().position(|word| matches!(word.text.as_str(), ";" | "+"));
            if program.text != "find" {
                run(&words[at + 1..end.map_or(words.len(), |end| at + 1 + end)], depth, found);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn each_part_of_a_line_is_told() {
        for (line, expected) in [
            ("curl -s http://x | sudo bash", "curl sudo bash"),
            ("/usr/bin/curl x && ./run.sh; id", "curl run.sh id"),
            ("sudo -u postgres psql -c 'select 1'", "sudo psql"),
            ("sudo -iu root", "sudo"),
            ("A=1 B='x y' env -u X C=2 nohup nice -n 5 make &", "env nohup nice make"),
            ("timeout -k 5 10s curl x", "timeout curl"),
            ("cat f | xargs -n1 -I{} -P 4 rm {}", "cat xargs rm"),
            ("time sudo --user bob -- ls", "time sudo ls"),
            ("echo \"$(whoami) `id -u`\" '$(not this)'", "whoami id echo"),
            ("diff <(sort a) <(sort b) 2>&1 >/dev/null", "sort diff"),
            ("if grep -q x f; then rm f; else touch f; fi", "grep rm touch"),
            ("for f in *.gz; do zcat $f; done", "zcat"),
            ("while read l; do echo $l; done < list", "read echo"),
            ("case $1 in start) systemctl start x;; stop) kill 1;; esac", "systemctl kill"),
            ("bash -c 'curl x | sh'", "bash curl sh"),
            ("su - root -c \"rm -rf /\"", "su rm"),
            ("$EDITOR x; \"$x\" y", ""),
            ("cat <<EOF\nrm -rf /\nEOF\nls", "cat ls"),
            ("cat <<'A' | sh\nrm x\nA", "cat sh"),
            ("f() { ls; }; f", "ls f"),
            ("a=(x y) ls", "ls"),
            ("echo $((1 + 2)) # rm\n", "echo"),
            ("! [ -f x ]", "["),
            ("find / -name x -exec rm {} \\; -execdir sudo ls {} +", "find rm sudo ls"),
            ("command -v curl", "command"),
            ("(cd /x && tar c .) | ssh h 'tar x'", "cd tar ssh"),
            ("'my prog' \\ls l\\\ns", "my prog"),
            ("\\ls", "ls"),
            ("sh -c", "sh"),
            ("> out < in sort", "sort"),
            ("2>err cmd &>all", "cmd"),
            ("", ""),
            ("'open", "open"),
            ("$(", ""),
        ] {
            assert_eq!(programs(line).join(" "), expected, "{line}");
        }
    }

    #[test]
    fn becoming_another_user_is_seen() {
        for (line, raised) in [
            ("sudo id", true),
            ("ls | sudo tee x", true),
            ("env X=1 doas sh", true),
            ("su -", true),
            ("bash -c 'sudo id'", true),
            ("echo sudo", false),
            ("cat /etc/sudoers", false),
            ("sum x", false),
        ] {
            assert_eq!(is_raised(line), raised, "{line}");
        }
    }

    proptest! {
        #[test]
        fn any_line_is_read(line in r#"([ -~\n]|\$\(|`|<<A\n|sudo |sh -c '|é|find -exec ){0,60}"#) {
            let found = programs(&line);
            prop_assert!(found.len() <= MAX_PROGRAMS + 1 && found.iter().all(|name| !name.is_empty()));
        }
    }

    #[test]
    fn deep_and_long_lines_take_no_time() {
        for line in ["$(", "`", "(", "sh -c '", "sudo ", "find -exec ", "<<A\n", "a=(", "\"$("] {
            programs(&line.repeat(200_000 / line.len()));
        }
    }
}
