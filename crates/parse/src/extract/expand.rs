//! History expansion: bash and zsh print the line they made of `!!` before they run it.

use std::borrow::Cow;

/// What `typed` was expanded to, when `printed`, the first line after it, can be that. `history` holds earlier commands,
/// the last one last.
pub(crate) fn expansion(typed: &str, printed: &str, history: &[&str]) -> Option<String> {
    if printed == typed || printed.is_empty() {
        return None;
    }
    let last = history.last().map(|last| joined(last));
    let last = last.filter(|last| last.contains('\n') && typed.starts_with("!!"));
    if let Some(whole) = last.map(|last| typed.replacen("!!", &last, 1))
        && whole.lines().next() == Some(printed)
    {
        // only its first line is looked at
        return Some(whole);
    }
    let said = Said::of(typed)?;
    if said.prints_only {
        return None;
    }
    // `^old^new` is about the last one alone
    let most = if typed.starts_with('^') { 1 } else { 500 };
    let history = || history.iter().rev().take(most).map(|line| joined(line));
    let known = || history().any(|h| h == printed || h.starts_with(printed) || h.ends_with(printed.trim()));
    // with nothing typed around the designator, the printed line must come from history itself
    let only_designators = said.pieces.iter().all(|p| p.trim_start().is_empty());
    let comes_from_it = || match &said.change {
        Some(change) => history().any(|line| change.makes(&line, printed)),
        None => known(),
    };
    ((!only_designators || comes_from_it()) && fits(&said.pieces, printed)).then(|| printed.to_owned())
}

/// Whether a line that showed no more than `printed` ran nothing: it asked history to print (`!!:p`), or for what is not there.
pub(crate) fn ran_nothing(typed: &str, printed: &str) -> bool {
    if memchr::memchr2(b'!', b'^', typed.as_bytes()).is_none() {
        return false;
    }
    let Some(said) = Said::of(typed) else { return false };
    said.prints_only && fits(&said.pieces, printed)
        || REFUSALS.iter().any(|refusal| printed.contains(refusal))
}

/// What bash, zsh and csh say of an expansion that cannot be made.
const REFUSALS: [&str; 8] = [
    ": event not found",
    ": substitution failed",
    ": bad word specifier",
    ": no previous substitution",
    ": unrecognized history modifier",
    ": Event not found.",
    "Modifier failed.",
    "Bad ! arg selector.",
];

/// A command as history shows it: lines that a backslash joins are one.
pub(super) fn joined(text: &str) -> Cow<'_, str> {
    let lines = memchr::memchr(b'\n', text.as_bytes()).is_some();
    if lines && text.contains("\\\n") { Cow::Owned(text.replace("\\\n", "")) } else { Cow::Borrowed(text) }
}

/// A line that asks history for something.
struct Said<'a> {
    /// What stands around its event designators.
    pieces: Vec<String>,
    /// What is first put for something else in what history has.
    change: Option<Change<'a>>,
    /// `:p`: the line is shown and not run.
    prints_only: bool,
}

/// `:s/old/new/`, and `^old^new^`.
struct Change<'a> {
    old: &'a str,
    new: &'a str,
    everywhere: bool,
}

impl Change<'_> {
    fn makes(&self, before: &str, after: &str) -> bool {
        let Self { old, new, everywhere } = *self;
        let times = if everywhere { usize::MAX } else { 1 };
        !old.is_empty() && before.replacen(old, new, times) == after
    }
}

impl<'a> Said<'a> {
    /// `None` where nothing is asked of history.
    fn of(typed: &'a str) -> Option<Self> {
        let mut said = Self { pieces: vec![String::new()], change: None, prints_only: false };
        if let Some(rest) = typed.strip_prefix('^') {
            let rest = said.change(rest, '^', false)?;
            let rest = said.modifiers(rest);
            said.pieces.push(rest.to_owned());
            return Some(said);
        }
        let mut single = false;
        let mut rest = typed;
        while let Some(c) = rest.chars().next() {
            rest = &rest[c.len_utf8()..];
            match c {
                '\'' => single = !single,
                '\\' => {
                    said.keep(c);
                    if let Some(next) = rest.chars().next() {
                        said.keep(next);
                        rest = &rest[next.len_utf8()..];
                    }
                    continue;
                }
                '!' if !single => {
                    if let Some(behind) = event(rest) {
                        rest = said.modifiers(words(behind));
                        said.pieces.push(String::new());
                        continue;
                    }
                }
                _ => {}
            }
            said.keep(c);
        }
        (said.pieces.len() > 1).then_some(said)
    }

    fn keep(&mut self, c: char) {
        if let Some(last) = self.pieces.last_mut() {
            last.push(c);
        }
    }

    /// What stands behind a designator's modifiers.
    fn modifiers(&mut self, mut rest: &'a str) -> &'a str {
        while let Some(behind) = rest.strip_prefix(':') {
            let flags = behind.len() - behind.trim_start_matches(['g', 'a', 'G']).len();
            let Some(modifier) = behind[flags..].chars().next() else { break };
            let behind = &behind[flags + modifier.len_utf8()..];
            rest = match modifier {
                's' => {
                    let Some(mark) = behind.chars().next() else { break };
                    match self.change(&behind[mark.len_utf8()..], mark, flags > 0) {
                        Some(behind) => behind,
                        None => break,
                    }
                }
                'p' => {
                    self.prints_only = true;
                    behind
                }
                'h' | 't' | 'r' | 'e' | 'q' | 'x' | '&' => behind,
                _ => break,
            };
        }
        rest
    }

    /// What stands behind `old`, `new` and the marks that end them; the last mark may be left out.
    fn change(&mut self, rest: &'a str, mark: char, everywhere: bool) -> Option<&'a str> {
        let (old, rest) = rest.split_once(mark)?;
        let (new, rest) = rest.split_once(mark).unwrap_or((rest, ""));
        self.change.get_or_insert(Change { old, new, everywhere });
        Some(rest)
    }
}

/// What stands behind the event that a `!` asks for; `None` where it asks for none.
fn event(rest: &str) -> Option<&str> {
    let first = rest.chars().next()?;
    match first {
        ' ' | '\t' | '\n' | '=' | '(' | '"' => None,
        '!' | '#' => Some(&rest[1..]),
        // words of the last line
        '$' | '^' | '*' | '%' | ':' => Some(rest),
        '?' => Some(rest[1..].split_once('?').map_or("", |(_, behind)| behind)),
        _ => {
            let numbered = rest.strip_prefix('-').unwrap_or(rest);
            let number = numbered.trim_start_matches(|c: char| c.is_ascii_digit());
            let named =
                || rest.trim_start_matches(|c: char| !c.is_whitespace() && !":;|&)\"'^$*%".contains(c));
            Some(if number.len() < numbered.len() { number } else { named() })
        }
    }
}

/// What stands behind the words that are asked for of an event: `:1`, `:2-3`, `:$`, `$`, `*`.
fn words(rest: &str) -> &str {
    let behind = rest.strip_prefix(':').unwrap_or(rest);
    let asks = |c: char| matches!(c, '^' | '$' | '*' | '%' | '-');
    let first = behind.chars().next();
    // digits are words behind a colon alone
    if !first.is_some_and(|c| asks(c) || c.is_ascii_digit() && behind.len() < rest.len()) {
        return rest;
    }
    behind.trim_start_matches(|c: char| asks(c) || c.is_ascii_digit())
}

/// Whether `printed` is the pieces in order with something between them.
fn fits(pieces: &[String], printed: &str) -> bool {
    let (Some(first), Some(last)) = (pieces.first(), pieces.last()) else { return false };
    let last = last.trim_end();
    if !printed.starts_with(first.as_str()) || !printed.trim_end().ends_with(last) {
        return false;
    }
    let mut at = first.len();
    for piece in &pieces[1..] {
        let piece = piece.trim_end();
        match printed.get(at..).and_then(|rest| rest.find(piece)) {
            Some(n) => at += n + piece.len(),
            None => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_printed_line_is_the_command() {
        let history = ["ls -d /etc/skel", "cat /etc/shadow | head -1"];
        let get = |typed: &str, printed: &str| expansion(typed, printed, &history);
        assert_eq!(
            get("sudo !!", "sudo cat /etc/shadow | head -1").as_deref(),
            Some("sudo cat /etc/shadow | head -1")
        );
        assert_eq!(get("cd !$", "cd /etc/skel").as_deref(), Some("cd /etc/skel"));
        assert_eq!(get("!ls", "ls -d /etc/skel").as_deref(), Some("ls -d /etc/skel"));
        assert_eq!(
            get("^shadow^group", "cat /etc/group | head -1").as_deref(),
            Some("cat /etc/group | head -1")
        );
    }

    #[test]
    fn what_is_put_for_something_else_is_part_of_what_is_asked_for() {
        let history = ["cat /etc/passwd | head -1", "echo aa aa"];
        let get = |typed: &str, printed: &str| expansion(typed, printed, &history).is_some();
        assert!(get("!!:s/aa/b c/", "echo b c aa") && get("!!:gs/aa/b/", "echo b b"));
        assert!(get("!cat:s/passwd/group", "cat /etc/group | head -1"));
        assert!(
            get("ls -d !cat:1:h x", "ls -d /etc x") && get("echo !cat:1-2; id", "echo /etc/passwd |; id")
        );
        assert!(!get("!!:s/aa/b/", "total 0") && !get("!!:s/aa/b/", "echo aa aa"));
        assert!(get("^aa^b^ -l", "echo b aa -l") && !get("^aa^b^", "echo aa aa"));
    }

    #[test]
    fn what_is_only_shown_or_not_found_ran_nothing() {
        assert!(ran_nothing("!!:p", "rm -rf /srv") && ran_nothing("sudo !rm:p", "sudo rm -rf /srv"));
        assert_eq!(expansion("!rm:p", "rm -rf /srv", &["rm -rf /srv"]), None);
        assert!(ran_nothing("!nosuch", "bash: !nosuch: event not found"));
        assert!(ran_nothing("^a^b^", "zsh: substitution failed") && ran_nothing("!x", "x: Event not found."));
        assert!(ran_nothing("!x", "zsh: event not found: x"));
        assert!(!ran_nothing("!!", "rm -rf /srv") && !ran_nothing("./find", "a: event not found"));
    }

    #[test]
    fn a_command_of_several_lines_comes_whole() {
        let history = ["if x; then\ny\nfi"];
        assert_eq!(expansion("!! # z", "if x; then", &history).as_deref(), Some("if x; then\ny\nfi # z"));
        let history = ["ls -l \\\n  /etc"];
        assert_eq!(expansion("!!", "ls -l   /etc", &history).as_deref(), Some("ls -l   /etc"));
    }

    #[test]
    fn output_is_not_taken_for_an_expansion() {
        let history = ["ls"];
        assert_eq!(expansion("!!", "total 0", &history), None);
        assert_eq!(expansion("echo 'hi!'", "hi!", &history), None);
        assert_eq!(expansion("echo hello !", "hello !", &history), None);
        assert_eq!(expansion("ls", "a b", &history), None);
    }
}
