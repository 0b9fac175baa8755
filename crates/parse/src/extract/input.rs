//! From a prompt's end to the text that was entered.

use super::machine::KNOWN;
use crate::prompt::{is_blank, last_place, likeness};
use crate::shell::is_complete;

/// Removes further copies of the prompt from the start of the input: a shell redraws its prompt when the terminal is
/// resized. In a streaming copy, which has lost the carriage return, the redraw may come after some text; there the last
/// copy counts, when the prompt is long enough to be no accident.
pub(super) fn after_last_prompt<'a>(mut rest: &'a str, prompt: &str, streamed: bool) -> &'a str {
    if prompt.trim_start().is_empty() {
        return rest;
    }
    while let Some(again) = rest.strip_prefix(prompt) {
        rest = again;
    }
    if streamed && let Some(last) = last_redrawn(rest, prompt) {
        return last;
    }
    if streamed && let Some(at) = last_place(rest, prompt) {
        let again = &rest[at + prompt.len()..];
        // a short one only where nothing but a prompt stands so: glued to a word, before a command
        let glued = prompt.ends_with(' ') && rest[..at].ends_with(|c: char| c.is_alphanumeric());
        if is_quoted(&rest[..at], again) {
            return rest;
        }
        if prompt.trim().len() >= 4 || glued && likeness(again) >= KNOWN {
            rest = again;
        }
    }
    rest
}

/// Whether what stands behind `before` is a part of its string: a quote is open there, and what follows does not begin as
/// the same line does.
fn is_quoted(before: &str, again: &str) -> bool {
    let open = ['"', '\''].iter().any(|quote| before.matches(*quote).count() % 2 == 1);
    let same = before.bytes().zip(again.bytes()).take_while(|(a, b)| a == b).count();
    open && same < before.len().min(4)
}

/// What an editor drew last that draws the prompt and the whole line anew for every key: between two copies of the prompt
/// stands the line as it was one key earlier.
pub(super) fn last_redrawn<'a>(text: &'a str, prompt: &str) -> Option<&'a str> {
    // on most lines it does not stand again
    last_place(text, prompt)?;
    let mut lines = text.split(prompt);
    let mut last = lines.next()?;
    let mut typed = false;
    for line in lines {
        if !is_one_edit(last, line) {
            return None;
        }
        typed |= line != last;
        last = line;
    }
    typed.then_some(last)
}

/// Whether one key makes `after` of `before`: something stands there more or less, at one place.
fn is_one_edit(before: &str, after: &str) -> bool {
    /// Letters that a key puts into the middle of a line.
    const KEY: usize = 4;
    let (short, long) = if before.len() <= after.len() { (before, after) } else { (after, before) };
    let equal = |(a, b): &(u8, u8)| a == b;
    let head = short.bytes().zip(long.bytes()).take_while(equal).count();
    let tail = short.bytes().rev().zip(long.bytes().rev()).take_while(equal).count();
    !short.is_empty() && head == short.len() || long.len() - short.len() <= KEY && head + tail >= short.len()
}

/// The rows of an edit as text.
pub(super) fn rows_text(first: &str, more: &[String]) -> String {
    let mut text = first.to_owned();
    for row in more {
        text.push('\n');
        text.push_str(row);
    }
    text
}

/// Cuts pasted lines into the commands a shell makes of them.
pub(super) fn split_commands(text: &str) -> Vec<String> {
    let mut out = Vec::new();
    let mut current = String::new();
    // completeness is asked of growing text: for a paste of many lines that never closes, the whole is one command
    let mut looks = 0;
    for line in text.split('\n') {
        if !current.is_empty() {
            current.push('\n');
        }
        current.push_str(line);
        looks += current.len();
        if looks < (1 << 22) && is_complete(&current) {
            if !current.trim_start().is_empty() {
                out.push(current.trim_end().to_owned());
            }
            current.clear();
        }
    }
    if !current.trim_start().is_empty() {
        out.push(current);
    }
    out
}

/// The rest of a continuation line behind its secondary prompt. `known` is the one this shell has used before.
pub(super) fn continuation<'a>(text: &'a str, known: Option<&str>) -> Option<(&'a str, &'a str)> {
    if let Some(known) = known
        && let Some(rest) = text.strip_prefix(known)
    {
        return Some((&text[..known.len()], rest));
    }
    // `> `; zsh says what is open: `quote> `, `for if> `
    let words = text.find(|c: char| !(c.is_ascii_lowercase() || c == ' ' || c == '-')).unwrap_or(text.len());
    let asks = |sign: &str| text[words..].strip_prefix(sign).filter(|_| words > 0).map(|_| words + 2);
    if let Some(end) = asks("? ").filter(|_| text.starts_with("foreach") || text.starts_with("while")) {
        // csh
        return Some((&text[..end], &text[end..]));
    }
    if words == 0 && text.starts_with("? ") {
        // csh, and tcsh behind a backslash
        return Some(text.split_at(2));
    }
    let end =
        text[words..].strip_prefix("> ").map(|_| words + 2).or((text[words..] == *">").then_some(words + 1));
    if let Some(end) = end.filter(|_| words == 0 || text.starts_with(|c: char| c.is_ascii_lowercase())) {
        return Some((&text[..end], &text[end..]));
    }
    // some other short run of signs
    let signs = text.find(|c: char| {
        c.is_alphanumeric() || matches!(c, '"' | '\'' | '(' | '$' | '/' | '~' | '{' | '#' | '[' | '\\')
    })?;
    let sign = &text[..signs];
    let visible = sign.trim();
    let blank = sign[sign.trim_end().len()..].chars().next().filter(|c| is_blank(*c));
    let is_prompt = sign.ends_with(is_blank)
        && !visible.is_empty()
        && visible.chars().count() <= 4
        && (visible.ends_with('>') || visible.chars().all(|c| c == '.' || !c.is_ascii()));
    // further blanks were typed: python's lines mean something by them
    let end = sign.trim_end().len() + blank?.len_utf8();
    is_prompt.then(|| text.split_at(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn redrawn_prompts_are_taken_off() {
        assert_eq!(after_last_prompt("sh-5.2$ date", "sh-5.2$ ", false), "date");
        assert_eq!(
            after_last_prompt("echo partialsh-5.2$ echo partial done", "sh-5.2$ ", true),
            "echo partial done"
        );
        assert_eq!(after_last_prompt("echo '$ x'", "$ ", true), "echo '$ x'");
        let forged = "printf \"[u@h ~]# rm -rf /data\\n\"";
        assert_eq!(after_last_prompt(forged, "[u@h ~]# ", true), forged);
        assert_eq!(after_last_prompt("echo \"a[u@h ~]# echo \"ab\"", "[u@h ~]# ", true), "echo \"ab\"");
    }

    #[test]
    fn pasted_lines_are_commands_of_their_own() {
        let text = "cd /tmp\nfor i in 1 2; do\n  echo $i\ndone\ncat <<E\nx\nE\nid";
        assert_eq!(
            split_commands(text),
            ["cd /tmp", "for i in 1 2; do\n  echo $i\ndone", "cat <<E\nx\nE", "id"]
        );
    }

    #[test]
    fn secondary_prompts_are_taken_off() {
        assert_eq!(continuation("> done", None), Some(("> ", "done")));
        assert_eq!(continuation("for if> done", None), Some(("for if> ", "done")));
        assert_eq!(continuation("... x", None), Some(("... ", "x")));
        assert_eq!(continuation("...     print(i)", None), Some(("... ", "    print(i)")));
        assert_eq!(continuation("? two", None), Some(("? ", "two")));
        assert_eq!(
            continuation("\u{a0}\u{a0}\u{e0b0}\u{a0}done", None),
            Some(("\u{a0}\u{a0}\u{e0b0}\u{a0}", "done"))
        );
        assert_eq!(continuation("total 0", None), None);
    }
}
