//! Lines that may be two, one of them erased without a trace: what was shown behind them tells.

use super::output::is_user_name;
use super::*;

/// A line that may have begun at another place.
pub(super) struct Glued {
    /// Which command it was taken for.
    pub(super) draft: usize,
    /// What was entered, if the rest was erased.
    pub(super) rest: String,
}

impl<'a> Machine<'a> {
    /// Takes lines for what their output says they were.
    pub(super) fn settle_glued(&mut self, first: usize, drafts: &mut [Draft]) {
        let own = self.glued.partition_point(|glued| glued.draft < first + drafts.len());
        for Glued { draft, rest } in self.glued.drain(..own) {
            let Some(draft) = draft.checked_sub(first).and_then(|at| drafts.get_mut(at)) else { continue };
            let erased =
                draft.text.strip_suffix(&rest).filter(|e| draft.text.len() < LONGEST_ASKED && !e.is_empty());
            let shown = draft.output.head();
            let begins = is_command(rest.split(' ').next().unwrap_or_default());
            let again = |word: &str| self.weighing.words.again(word);
            let apart = |erased| {
                is_unknown(&rest, shown)
                    || begins
                        && (tells_apart(erased, &rest, shown) || is_no_file(erased, &rest, shown, again))
            };
            if !erased.is_some_and(apart) {
                continue;
            }
            draft.read_as(rest, 0.2);
            draft.confidence = draft.confidence.min(0.8);
        }
    }
}

/// Programs that show what files hold, or what they are, and complain of those that are not there.
const SHOW_FILES: [&str; 9] = ["ls", "cat", "head", "tail", "less", "more", "wc", "stat", "file"];

/// Whether `shown` was shown by `rest` alone, not by a line in which it stands glued to `erased`.
fn tells_apart(erased: &str, rest: &str, shown: &str) -> bool {
    let name = |text: &str| text.find(' ').map_or(text, |end| &text[..end]).to_owned();
    let (before, after) = (SimpleCommands::of(erased), SimpleCommands::of(rest));
    let (Some(program), Some(words)) = (before.last().first(), after.iter().next()) else { return false };
    let torn = before.last().last().filter(|_| before.last().len() > 1);
    let Some(word) = torn.map(|torn| format!("{torn}{}", name(rest))) else { return false };
    // a program names the file that it does not find, and `ls` each of several
    if !SHOW_FILES.contains(&program.as_ref()) || shown.contains(&word) || !is_complete(rest) {
        return false;
    }
    let option = words.get(1).is_some_and(|w| w.starts_with('-'));
    let long = before.last().iter().any(|w| w.starts_with('-') && w.contains('l'));
    let lists = || program == "ls" && long;
    // such a program hardly ever shows nothing, nor `ls -l` a short list; but a file can be empty, whose name ends like a
    // command
    option
        || shown.is_empty() && rest.trim_end().contains(' ')
        // a complaint would be shown behind a pipe too
        || lists() && if rest.contains('|') { !shown.contains("ls: ") } else { !shown.lines().any(is_long_entry) }
        || answers(words, after.iter().count() == 1, shown)
}

/// Whether what stands glued to `rest` is hardly the name of a file: a letter or two before a program's name, which nothing else
/// shows, given to a program that would have complained.
fn is_no_file(erased: &str, rest: &str, shown: &str, again: impl Fn(&str) -> bool) -> bool {
    const MOST: usize = 2;
    let (before, after) = (SimpleCommands::of(erased), SimpleCommands::of(rest));
    let ([program, .., stem], Some([name, _, ..])) = (before.last(), after.iter().next()) else {
        return false;
    };
    let word = format!("{stem}{name}");
    let bare = stem.len() <= MOST && word.bytes().all(|b| b.is_ascii_alphanumeric());
    let shows = |program: &str| SHOW_FILES.contains(&program);
    // of a folder it complains as well
    let complains = shown.contains(&format!("{program}: "));
    let shows_files = shows(name) && !shown.is_empty() || name == "cd" && !complains;
    bare && shows(program) && shows_files && !shown.contains(&word) && !again(&word)
}

/// Whether csh says that it knows no such command or may not run it, or that a quote is missing.
fn is_unknown(rest: &str, shown: &str) -> bool {
    let Some(said) = shown.lines().next().map(str::trim_end) else { return false };
    let commands = SimpleCommands::of(rest);
    let name = commands.iter().next().and_then(|words| words.first()).map_or("", |name| name);
    let name = name.split('$').next().unwrap_or_default();
    let unfound = said.strip_suffix(": Command not found.");
    // of a path it says the whole, without the short name of a home
    let denied = said.strip_suffix(": Permission denied.").zip(name.strip_prefix("~/"));
    unfound.is_some_and(|said| !name.is_empty() && said.starts_with(name))
        || denied.is_some_and(|(said, path)| !path.is_empty() && said.ends_with(path))
        || said.starts_with("Unmatched '") && !is_complete(rest)
}

/// Whether a line is one of `ls -l`, or its complaint.
fn is_long_entry(line: &str) -> bool {
    let modes = |b: u8| b"-rwxsStT".contains(&b);
    let mode = line.as_bytes().get(1..10).is_some_and(|mode| mode.iter().all(|b| modes(*b)));
    mode || line.starts_with("total ") || line.starts_with("ls: ")
}

/// Whether this is what a command answers and hardly any other.
fn answers(words: &[std::borrow::Cow<'_, str>], alone: bool, shown: &str) -> bool {
    let first = shown.lines().next().unwrap_or_default().trim_end();
    let line = || words[1..].join(" ");
    match words[0].as_ref() {
        "pwd" => alone && words.len() == 1 && first.starts_with('/'),
        "whoami" | "logname" => alone && words.len() == 1 && is_user_name(first),
        "echo" => alone && words.len() > 1 && first == line(),
        // behind what has no line end stands the next prompt
        "printf" => alone && words.len() == 2 && words[1].len() > 3 && first.starts_with(&*words[1]),
        "find" => words.get(1).is_some_and(|from| from.len() > 1 && first.starts_with(&**from)),
        // it has something to complain of
        name => first.strip_prefix(name).is_some_and(|rest| rest.starts_with(": ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn output_tells_what_was_erased() {
        assert!(tells_apart("ls -l /tm", "whoami", "ops\n"));
        assert!(tells_apart("ls -l /tm", "pwd", "/srv\n"));
        assert!(tells_apart("cat a", "ls /no/such", "ls: cannot access '/no/such'\n"));
        assert!(tells_apart("cat a", "echo one two", "one two\n"));
        assert!(tells_apart("ls -l /tm", "wc -l a.log", "60 a.log\n"));
        assert!(tells_apart("ls -l /tm", "cd /srv", ""));
        assert!(tells_apart("ls -l /tm", "cd /srv && ls", "a b\n"));
        assert!(tells_apart("ls -l /tm", "cat a | sort", "a b\n"));
        assert!(!tells_apart("ls -l /tm", "cat a | sort", "ls: cannot access 'a'\n"));
    }

    #[test]
    fn a_word_that_ends_like_a_command_stays_one() {
        assert!(!tells_apart("apt up", "date", "Hit:1 http://mirror\n"));
        assert!(!tells_apart("npm un", "install -g x", "removed 1 package\n"));
        assert!(!tells_apart("cat un", "install -g", "cat: uninstall: No such file\n"));
        assert!(!tells_apart("ls /srv/pass", "date", "a\n"));
        assert!(!tells_apart("cat b", "echo one", "two\n"));
        assert!(!tells_apart("cat /root/.aws/credentia", "ls", ""));
        assert!(!tells_apart("cat /opt/my", "date", ""));
        assert!(!tells_apart("ls -l /un", "install a", "total 0\n"));
        let no_file = |erased, word| is_no_file(erased, "cat ~/x", "one\n", |shown| shown == word);
        assert!(no_file("cat a", "") && !no_file("cat a", "acat") && !no_file("cat bob", ""));
    }
}
