//! Text from a log made safe to show: it may hold escape sequences that move the cursor, rename the window or
//! reverse the reading direction, and none of that may reach a terminal.

use std::borrow::Cow;

/// Whether a character acts on a terminal or on the order of the text around it instead of showing itself.
///
/// Control characters (C0, DEL, C1), the bidirectional controls of Unicode (UAX #9), line and paragraph separators,
/// and the invisible ones that make two different texts look the same.
pub fn is_active(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{061c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// One line for a terminal: every active character, line ends too, becomes a visible escape such as `\n`, `\x1b` or
/// `\u{202e}`.
pub fn line(text: &str) -> Cow<'_, str> {
    escape(text, |_| false)
}

/// Text of several lines for a terminal: as [`line()`], but line feeds and tabs stay.
pub fn block(text: &str) -> Cow<'_, str> {
    escape(text, |c| matches!(c, '\n' | '\t'))
}

fn escape(text: &str, keep: impl Fn(char) -> bool) -> Cow<'_, str> {
    let harmful = |c: char| is_active(c) && !keep(c);
    if !text.contains(harmful) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            c if !harmful(c) => out.push(c),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            c if u32::from(c) <= 0xff => out.push_str(&format!("\\x{:02x}", u32::from(c))),
            c => out.extend(c.escape_unicode()),
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_acts_on_a_terminal_is_shown_instead() {
        assert_eq!(line("ls -la"), "ls -la");
        assert_eq!(line("\x1b]0;pwned\x07"), "\\x1b]0;pwned\\x07");
        assert_eq!(line("a\u{9b}31mb"), "a\\x9b31mb");
        assert_eq!(line("rm \u{202e}gpj.exe"), "rm \\u{202e}gpj.exe");
        assert_eq!(line("a\nb\tc\r"), "a\\nb\\tc\\r");
        assert_eq!(line("zażółć 日本 😀"), "zażółć 日本 😀");
    }

    #[test]
    fn a_block_keeps_its_lines_and_nothing_else() {
        assert_eq!(block("a\n\tb\r\n\x1b[2J"), "a\n\tb\\r\n\\x1b[2J");
    }

    #[test]
    fn no_character_that_acts_is_left() {
        let all: String = ('\0'..=char::MAX).collect();
        assert!(!line(&all).contains(is_active));
    }
}
