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
    let pieces = pieces(typed)?;
    let fits = fits(&pieces, printed);
    let only_designators = pieces.iter().all(|p| p.trim_start().is_empty());
    // with nothing typed around the designator, the printed line must come from history itself
    let known = || {
        history
            .iter()
            .rev()
            .take(500)
            .map(|h| joined(h))
            .any(|h| h == printed || h.starts_with(printed) || h.ends_with(printed.trim()))
    };
    let substitution = typed.starts_with('^');
    (fits && (!only_designators || known()) || substitution && related(history, typed, printed))
        .then(|| printed.to_owned())
}

/// A command as history shows it: lines that a backslash joins are one.
pub(super) fn joined(text: &str) -> Cow<'_, str> {
    let lines = memchr::memchr(b'\n', text.as_bytes()).is_some();
    if lines && text.contains("\\\n") { Cow::Owned(text.replace("\\\n", "")) } else { Cow::Borrowed(text) }
}

/// The parts of a line around its event designators; `None` where it has none.
fn pieces(typed: &str) -> Option<Vec<String>> {
    if typed.starts_with('^') {
        return Some(vec![String::new(), String::new()]);
    }
    let mut pieces = vec![String::new()];
    let mut single = false;
    let mut chars = typed.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\'' => single = !single,
            '\\' => {
                if let (Some(last), Some(next)) = (pieces.last_mut(), chars.next()) {
                    last.push(c);
                    last.push(next);
                }
                continue;
            }
            '!' if !single => {
                if let Some(n) = chars.peek().copied()
                    && !matches!(n, ' ' | '\t' | '=' | '(' | '"')
                {
                    chars.next();
                    if n.is_alphanumeric() || n == '-' || n == '?' || n == '/' || n == '.' {
                        while chars
                            .peek()
                            .is_some_and(|c| !c.is_whitespace() && !matches!(c, ';' | '|' | '&' | ')' | '"'))
                        {
                            chars.next();
                        }
                    } else {
                        // word designators and modifiers behind `!!`
                        while chars.peek().is_some_and(|c| {
                            matches!(c, ':' | '^' | '$' | '*' | '-' | 's' | '/' | 'p' | 'h' | 't')
                                || c.is_ascii_digit()
                        }) && n == '!'
                        {
                            chars.next();
                        }
                    }
                    pieces.push(String::new());
                    continue;
                }
            }
            _ => {}
        }
        if let Some(last) = pieces.last_mut() {
            last.push(c);
        }
    }
    (pieces.len() > 1).then_some(pieces)
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

/// `^old^new`: the last command with one text put for another.
fn related(history: &[&str], typed: &str, printed: &str) -> bool {
    let mut parts = typed[1..].split('^');
    let (Some(old), Some(new), Some(last)) = (parts.next(), parts.next(), history.last()) else {
        return false;
    };
    !old.is_empty() && last.replacen(old, new, 1) == printed
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
