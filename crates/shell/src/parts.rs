//! The simple commands of a line, and who runs which: each part of a pipeline or list, what is in substitutions, and
//! what others are told to run. A name that the shell would have to work out (`$EDITOR`) is none.

use std::borrow::Cow;
use std::ops::ControlFlow;

use crate::split::{Word, split};

/// Lines inside lines (`sh -c '…'`) are read so deep.
const MAX_DEPTH: usize = 4;
/// So many parts of one line are looked at, and so many different programs kept.
const MAX_PARTS: usize = 1024;
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

/// What sets variables that it is given as words.
const EXPORTING: &[&str] = &["export", "declare", "typeset", "readonly", "local", "env"];

/// What reads a line of shell behind `-c`.
const SHELLS: &[&str] = &["sh", "bash", "dash", "zsh", "ksh", "ash", "fish", "su", "runuser"];

/// Words of the shell that a command can follow.
const BEFORE: &[&str] =
    &["if", "then", "elif", "else", "do", "while", "until", "!", "{", "}", "fi", "done", "esac", "coproc"];
/// Words of the shell that no command follows.
const INSTEAD: &[&str] = &["for", "case", "select", "function"];

/// Of those, which are still there while what they were told to run runs; the others become it.
const STAYING: &[&str] = &["sudo", "su", "runuser", "timeout", "xargs", "watch", "strace", "find"];

/// One simple command of a line, or what one of them was told to run.
#[derive(Debug, Clone)]
pub struct Part<'a> {
    /// The last part of the program's path; empty where there is none, and variables are set or files emptied.
    pub name: &'a str,
    /// The number of the part that runs it, counted from 0 in the order of parts; `None` is the shell that was typed to.
    pub parent: Option<usize>,
    /// The user that the line names to run it as, or `root` where it names none and asks for another.
    pub user: Option<Cow<'a, str>>,
    /// The files that its output goes to.
    pub writes: &'a [Cow<'a, str>],
    assigned: &'a [Word<'a>],
    words: &'a [Word<'a>],
}

impl<'a> Part<'a> {
    /// The words that the program gets, itself first. Quotes are gone; what the shell would have to work out stands as
    /// it was written.
    pub fn words(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.words.iter().map(|word| &*word.text)
    }

    /// The variables it sets, as `NAME=value`: before the program, or as words of `export` and its like.
    pub fn assigned(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        let exported = if EXPORTING.contains(&self.name) { self.words } else { &[] };
        let exported = exported.iter().filter(|word| is_assignment(word));
        self.assigned.iter().chain(exported).map(|word| &*word.text)
    }
}

/// Gives each part of a line to `each`, those that run others before these, until it breaks off.
pub fn each_part(line: &str, each: &mut dyn FnMut(&Part<'_>) -> ControlFlow<()>) {
    let mut walk = Walk { each, parts: 0 };
    // Breaking off is all that a break says.
    let _ = walk.line(line, MAX_DEPTH, None, None);
}

/// The programs, each once, in the order in which they are named.
pub fn programs(line: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    each_part(line, &mut |part| {
        if !part.name.is_empty() && !found.iter().any(|name| name == part.name) {
            found.push(part.name.to_owned());
        }
        if found.len() < MAX_PROGRAMS { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    });
    found
}

/// Whether the line runs something as another user, as a rule the one who may do everything.
pub fn is_raised(line: &str) -> bool {
    // Most lines hold none of the names.
    if !RAISING.iter().any(|name| line.contains(name)) {
        return false;
    }
    let mut raised = false;
    each_part(line, &mut |part| {
        raised = RAISING.contains(&part.name);
        if raised { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    raised
}

struct Walk<'a> {
    each: &'a mut dyn FnMut(&Part<'_>) -> ControlFlow<()>,
    parts: usize,
}

impl Walk<'_> {
    fn line(
        &mut self,
        line: &str,
        depth: usize,
        parent: Option<usize>,
        user: Option<&str>,
    ) -> ControlFlow<()> {
        split(line).try_for_each(|simple| self.run(&simple.words, &simple.writes, depth, parent, user))
    }

    /// One command: assignments, then a program, which may take another for its arguments.
    fn run(
        &mut self,
        words: &[Word<'_>],
        writes: &[Cow<'_, str>],
        depth: usize,
        mut parent: Option<usize>,
        user: Option<&str>,
    ) -> ControlFlow<()> {
        let mut user = user.map(Cow::Borrowed);
        let mut at = words.iter().take_while(|word| is_keyword(word, BEFORE)).count();
        let set = at;
        at += words[at..].iter().take_while(|word| is_assignment(word)).count();
        let assigned = &words[set..at];
        if at == words.len() && (!assigned.is_empty() || !writes.is_empty()) {
            self.parts += 1;
            return (self.each)(&Part { name: "", parent, user, writes, assigned, words: &[] });
        }
        while let Some(word) = words.get(at) {
            at += 1;
            if is_keyword(word, BEFORE) || is_assignment(word) {
                continue;
            }
            if is_keyword(word, INSTEAD) {
                break;
            }
            let Some(name) = name(word) else { break };
            let number = self.parts;
            self.parts += 1;
            if number == MAX_PARTS {
                return ControlFlow::Break(());
            }
            let part = Part { name, parent, user: user.clone(), writes, assigned, words: &words[at - 1..] };
            (self.each)(&part)?;
            if STAYING.contains(&name) || SHELLS.contains(&name) {
                parent = Some(number);
            }
            let rest = &words[at..];
            user = raised(name, rest).map(Cow::Borrowed).or(user);
            if let Some(depth) = depth.checked_sub(1)
                && SHELLS.contains(&name)
                && let Some(line) = line_of(rest)
            {
                self.line(line, depth, parent, user.as_deref())?;
            }
            if name == "find" {
                return self.searched(rest, depth, parent, user.as_deref());
            }
            let Some((_, values, operands)) = WRAPPERS.iter().find(|(wrapper, ..)| *wrapper == name) else {
                break;
            };
            if name == "command" && rest.first().is_some_and(|word| matches!(&*word.text, "-v" | "-V")) {
                break;
            }
            at += options(rest, values) + operands;
        }
        ControlFlow::Continue(())
    }

    /// `find … -exec program … ;`
    fn searched(
        &mut self,
        words: &[Word<'_>],
        depth: usize,
        parent: Option<usize>,
        user: Option<&str>,
    ) -> ControlFlow<()> {
        let mut end = 0;
        for (at, word) in words.iter().enumerate() {
            if !matches!(&*word.text, "-exec" | "-execdir" | "-ok" | "-okdir") {
                continue;
            }
            if end <= at {
                let found = words[at..].iter().position(|word| matches!(&*word.text, ";" | "+"));
                end = found.map_or(words.len(), |found| at + found);
            }
            if words.get(at + 1).is_some_and(|program| program.text != "find") {
                self.run(&words[at + 1..end], &[], depth, parent, user)?;
            }
        }
        ControlFlow::Continue(())
    }
}

/// Whom a program runs its words as, where that is another user: root, unless the words say another one.
fn raised<'a>(name: &str, words: &'a [Word<'_>]) -> Option<&'a str> {
    let (letter, long) = match name {
        "sudo" | "doas" | "runuser" => ('u', "--user"),
        "pkexec" => ('\0', "--user"),
        "su" => return Some(words.get(options(words, "cgGsw")).map_or("root", |word| &*word.text)),
        _ => return None,
    };
    let values = WRAPPERS.iter().find(|(wrapper, ..)| *wrapper == name).map_or("", |(_, values, _)| values);
    let own = &words[..options(words, values).min(words.len())];
    let mut own = own.iter().map(|word| &*word.text);
    while let Some(word) = own.next() {
        if word == long {
            return own.next();
        }
        if let Some(user) = word.strip_prefix(long).and_then(|rest| rest.strip_prefix('=')) {
            return Some(user);
        }
        if let Some(letters) = word.strip_prefix('-').filter(|letters| !letters.starts_with('-'))
            && let Some(at) = letters.find(|c| values.contains(c))
            && letters[at..].starts_with(letter)
        {
            let joined = &letters[at + letter.len_utf8()..];
            return if joined.is_empty() { own.next() } else { Some(joined) };
        }
    }
    Some("root")
}

/// The last part of a path.
fn name<'a>(word: &'a Word<'_>) -> Option<&'a str> {
    let name = word.text.rsplit('/').next().unwrap_or_default();
    (!word.opaque && !name.is_empty()).then_some(name)
}

fn is_keyword(word: &Word<'_>, of: &[&str]) -> bool {
    word.is_plain() && of.contains(&&*word.text)
}

fn is_assignment(word: &Word<'_>) -> bool {
    let Some((name, _)) = word.text.split_once('=') else { return false };
    let name = name.strip_suffix('+').unwrap_or(name);
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// How many words are options, their values, and assignments such as `env` takes.
fn options(words: &[Word<'_>], values: &str) -> usize {
    let mut at = 0;
    while let Some(word) = words.get(at).map(|word| &*word.text) {
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
fn line_of<'a>(words: &'a [Word<'_>]) -> Option<&'a str> {
    let is_option = |word: &Word<'_>| {
        let letters = word.text.strip_prefix('-').filter(|letters| !letters.starts_with('-'));
        letters.is_some_and(|letters| letters.ends_with('c')) || word.text == "--command"
    };
    let at = words.iter().position(is_option)?;
    words.get(at + 1).map(|word| &*word.text)
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

    #[test]
    fn who_runs_what_as_whom_is_told() {
        let told = |line: &str| {
            let mut told = Vec::new();
            each_part(line, &mut |part| {
                let parent = part.parent.map(|n| n.to_string()).unwrap_or_default();
                let words: Vec<_> = part.words().collect();
                told.push(format!("{parent}|{}|{}", part.user.as_deref().unwrap_or(""), words.join(" ")));
                ControlFlow::Continue(())
            });
            told.join("; ")
        };
        for (line, expected) in [
            ("id", "||id"),
            ("sudo -u bob id -u", "||sudo -u bob id -u; 0|bob|id -u"),
            ("sudo -nubob id", "||sudo -nubob id; 0|bob|id"),
            (
                "sudo --user=bob sh -c 'id; ls'",
                "||sudo --user=bob sh -c id; ls; 0|bob|sh -c id; ls; 1|bob|id; 1|bob|ls",
            ),
            ("env A=1 nohup id", "||env A=1 nohup id; ||nohup id; ||id"),
            ("su - bob -c id", "||su - bob -c id; 0|bob|id"),
            ("su -c id bob", "||su -c id bob; 0|bob|id"),
            ("su -", "||su -"),
            ("doas id | wc", "||doas id; |root|id; ||wc"),
            ("cat \"$HOME/x\" $(date +%F) `id`", "||date +%F; ||id; ||cat $HOME/x $(date +%F) `id`"),
            ("sh -c \"$EDITOR x\"", "||sh -c $EDITOR x"),
        ] {
            assert_eq!(told(line), expected, "{line}");
        }
    }

    #[test]
    fn variables_and_files_that_a_line_writes_are_told() {
        let told = |line: &str| {
            let (mut assigned, mut writes) = (Vec::new(), Vec::new());
            each_part(line, &mut |part| {
                assigned.extend(part.assigned().map(str::to_owned));
                writes.extend(part.writes.iter().map(|write| write.to_string()));
                ControlFlow::Continue(())
            });
            (assigned.join(" "), writes.join(" "))
        };
        for (line, assigned, writes) in [
            ("HISTFILE=/dev/null", "HISTFILE=/dev/null", ""),
            ("if A=1 B='x y' make; then export C=$HOME D; fi", "A=1 B=x y C=$HOME", ""),
            ("> ~/.bash_history", "", "~/.bash_history"),
            ("cat < a >> b 2> c 2>&1", "", "b c"),
            ("make &> all <<< here", "", "all"),
            ("echo A=1 '>' b", "", ""),
        ] {
            assert_eq!(told(line), (assigned.to_owned(), writes.to_owned()), "{line}");
        }
    }

    proptest! {
        #[test]
        fn any_line_is_read(line in r#"([ -~\n]|\$\(|`|<<A\n|sudo |sh -c '|é|find -exec ){0,60}"#) {
            let found = programs(&line);
            prop_assert!(found.len() <= MAX_PROGRAMS && found.iter().all(|name| !name.is_empty()));
        }
    }

    #[test]
    fn deep_and_long_lines_take_no_time() {
        for line in ["$(", "`", "(", "sh -c '", "sudo ", "find -exec ", "<<A\n", "a=(", "\"$("] {
            programs(&line.repeat(200_000 / line.len()));
        }
    }
}
