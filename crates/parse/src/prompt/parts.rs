//! Prompts of several parts, each behind a sign that looks like an arrow, as powerline draws them, or behind a sign that
//! begins the prompt: which parts there are depends on the directory and on what ran before.

use super::candidates::{LONGEST, is_blank, is_letter};
use super::keys::word_len;

/// Whether a character is one with which powerline ends a part that stands left of it (code points of its fonts).
fn is_arrow(c: char) -> bool {
    matches!(
        c,
        '\u{e0b0}' | '\u{e0b1}' | '\u{e0b4}' | '\u{e0b5}' | '\u{e0bc}' | '\u{e0bd}' | '\u{e0c0}' | '\u{e0c1}'
    )
}

/// Where the last part of a prompt ends that `text` begins with, the blanks behind it included, if it has such a sign: nobody
/// types one.
pub(crate) fn behind_arrows(text: &str) -> Option<usize> {
    // all of them begin with this byte
    let near = &text.as_bytes()[..text.len().min(LONGEST)];
    memchr::memchr(0xee, near)?;
    let ends = text.char_indices().take_while(|(at, _)| *at < LONGEST).filter(|(_, c)| is_arrow(*c));
    ends.filter_map(|(at, c)| behind_blanks(text, at + c.len_utf8())).last()
}

/// The sign that ends the parts of a prompt, where it has several: an arrow, or what a streaming copy has left of one.
pub(crate) fn parted_by(prompt: &str) -> Option<&str> {
    let shown = prompt.trim_end_matches(is_blank);
    let start = shown.trim_end_matches(|c: char| is_arrow(c) || c == char::REPLACEMENT_CHARACTER).len();
    let sign = &shown[start..];
    let several = || behind_sign(prompt, sign, false).is_some_and(|first| first < prompt.len());
    (!sign.is_empty() && several()).then_some(sign)
}

/// Where a prompt ends that begins with the first part of `prompt`, whatever parts follow it, and whatever signs stand before
/// it: they tell what became of the last command.
pub(crate) fn behind_parts(prompt: &str, sign: &str, text: &str) -> Option<usize> {
    let head = behind_signs(&prompt[..behind_sign(prompt, sign, false)?]);
    let own = behind_signs(text);
    let begins = !head.is_empty() && own.starts_with(head);
    let lead = &text[..text.len() - own.len()];
    // an editor may have drawn it once more, behind what was typed
    let again = || {
        let at = lead.len() + head.len() + own[head.len()..].find(head)?;
        Some(if text[..at].ends_with(lead) { at - lead.len() } else { at })
    };
    begins.then(|| behind_sign(&text[..again().unwrap_or(text.len())], sign, true)).flatten()
}

/// What stands behind the first few signs of a text.
fn behind_signs(text: &str) -> &str {
    const MOST: usize = 16;
    let word = text.find(char::is_alphanumeric).filter(|at| *at <= MOST);
    &text[word.unwrap_or(text.len())..]
}

/// Where the blanks end behind the first or the last place where `sign` stands between blanks.
fn behind_sign(text: &str, sign: &str, last: bool) -> Option<usize> {
    let near = text.match_indices(sign).take_while(|(at, _)| *at < LONGEST);
    let between = near.filter(|(at, _)| text[..*at].ends_with(is_blank));
    let mut ends = between.filter_map(|(at, _)| behind_blanks(text, at + sign.len()));
    if last { ends.last() } else { ends.next() }
}

/// Where the blanks end that stand at `end`, if some do or nothing does.
fn behind_blanks(text: &str, end: usize) -> Option<usize> {
    let behind = text.len() - text[end..].trim_start_matches(is_blank).len();
    (behind > end || end == text.len()).then_some(behind)
}

/// How long the signs beyond ASCII are that a text begins with, and the blanks behind them.
pub(super) fn lead_len(text: &str) -> usize {
    if text.as_bytes().first().is_none_or(u8::is_ascii) {
        return 0;
    }
    text.len() - text.trim_start_matches(|c| is_blank(c) || !c.is_ascii() && !is_letter(c)).len()
}

/// Where a prompt ends whose sign begins it, and behind which the directory stands and what else there is to say of that:
/// `➜  src git:(main) ✗ ls`. Behind the sign may stand a command as well.
pub(crate) fn behind_place(text: &str) -> Option<usize> {
    let start = lead_len(text);
    let len = if text[..start].ends_with(is_blank) { word_len(text, start) } else { 0 };
    let behind = |end: usize| {
        let rest = text[end..].strip_prefix(' ').filter(|rest| !rest.starts_with(' '))?;
        Some(text.len() - rest.len())
    };
    let mut end = behind(start + len).filter(|_| len > 0)?;
    while end < LONGEST {
        let part = text[end..].split(' ').next().unwrap_or_default();
        let branch = part.contains(":(") && part.ends_with(')');
        let signs = !part.is_empty() && part.chars().all(|c| !c.is_ascii() && !is_letter(c));
        match behind(end + part.len()).filter(|_| branch || signs) {
            Some(more) => end = more,
            None => return Some(end),
        }
    }
    None
}

/// The signs that `prompt` begins with and the blanks behind them, if it is one of those.
pub(crate) fn led_by(prompt: &str) -> Option<&str> {
    (behind_place(prompt) == Some(prompt.len())).then(|| &prompt[..lead_len(prompt)])
}

/// Where the status of a command that failed ends, with a blank behind it.
pub(crate) fn behind_status(text: &str) -> Option<usize> {
    let digits = text.bytes().take(4).take_while(u8::is_ascii_digit).count();
    let status = text[..digits].parse::<u8>().is_ok_and(|status| status > 0);
    (status && text[digits..].starts_with(' ')).then_some(digits + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_behind_the_last_arrow_was_typed() {
        let typed = |text: &'static str| behind_arrows(text).map(|at| &text[at..]);
        assert_eq!(
            typed("\u{a0}ops\u{a0}\u{e0b0}\u{a0}/\u{a0}\u{e0b1}\u{a0}srv\u{a0}\u{e0b0}\u{a0}ls -l"),
            Some("ls -l")
        );
        assert_eq!(typed(" ops@web \u{e0b0} ~ \u{e0b0} "), Some(""));
        assert_eq!(typed("ops $ ls"), None);
        assert_eq!(typed("ops $ printf '\u{e0b0}'"), None);
    }

    #[test]
    fn behind_a_sign_may_stand_a_directory() {
        let typed = |text: &'static str| behind_place(text).map(|at| &text[at..]);
        assert_eq!(typed("\u{279c}  src ls -l"), Some("ls -l"));
        assert_eq!(typed("\u{279c}  src git:(main) \u{2717} ls -l"), Some("ls -l"));
        assert_eq!(typed("\u{fffd}\u{fffd}  ~ "), Some(""));
        assert_eq!(typed("\u{276f} ls"), None);
        assert_eq!(typed("> src ls"), None);
        assert_eq!(typed("\u{3bb} src ls"), None, "a letter");
    }

    #[test]
    fn the_first_part_tells_the_prompt() {
        let prompt = " root \u{fffd}\u{fffd} ~ \u{fffd}\u{fffd} ";
        let sign = parted_by(prompt).unwrap();
        let typed = |text: &'static str| behind_parts(prompt, sign, text).map(|at| &text[at..]);
        assert_eq!(
            typed(" root \u{fffd}\u{fffd} / \u{fffd}\u{fffd} srv \u{fffd}\u{fffd} 127 \u{fffd}\u{fffd} ls"),
            Some("ls")
        );
        assert_eq!(typed(" \u{fffd} root \u{fffd}\u{fffd} / \u{fffd}\u{fffd} false"), Some("false"));
        assert_eq!(typed(" ops \u{fffd}\u{fffd} ls"), None);
        let again =
            " root \u{fffd}\u{fffd} ~ \u{fffd}\u{fffd} ls -l root \u{fffd}\u{fffd} ~ \u{fffd}\u{fffd} id";
        assert_eq!(typed(again), Some(&again[" root \u{fffd}\u{fffd} ~ \u{fffd}\u{fffd} ".len()..]));
        assert_eq!(parted_by("\u{fffd}\u{fffd} "), None);
        assert_eq!(parted_by("ops $ "), None);
    }
}
