//! A command line as a shell cuts it into words, near enough to know which word is whose argument.

use std::ops::Range;

/// One word of a command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Word {
    /// Where it stands. Where quotes go all the way around it, they are left out.
    pub(crate) span: Range<usize>,
    /// Whether quotes go all the way around it.
    pub(crate) quoted: bool,
    /// Whether a simple command begins with it.
    pub(crate) first: bool,
    /// Whether it is the word behind `<<<`.
    pub(crate) here_string: bool,
    /// Whether the simple command that it ends gives its output to the next.
    pub(crate) piped: bool,
}

/// The words of a line, with no expansion. Quotes that are not closed go to the end.
pub(crate) fn words(text: &str) -> Vec<Word> {
    let bytes = text.as_bytes();
    let mut words: Vec<Word> = Vec::new();
    let (mut at, mut first, mut here_string) = (0, true, false);
    while at < bytes.len() {
        match bytes[at] {
            b' ' | b'\t' | b'\r' => at += 1,
            b'\\' if bytes.get(at + 1) == Some(&b'\n') => at += 2,
            b'\n' | b';' | b'&' | b'(' | b')' | b'{' | b'}' | b'`' => {
                first = true;
                at += 1;
            }
            b'|' => {
                let or = bytes.get(at + 1) == Some(&b'|');
                if let Some(last) = words.last_mut().filter(|_| !or) {
                    last.piped = true;
                }
                first = true;
                at += 1 + usize::from(or);
            }
            b'<' | b'>' => {
                here_string = bytes[at..].starts_with(b"<<<");
                at += if here_string { 3 } else { 1 };
            }
            b'#' if at > 0 && bytes[at - 1].is_ascii_whitespace() => {
                at += bytes[at..].iter().take_while(|&&b| b != b'\n').count();
            }
            _ => {
                let end = word_end(bytes, at);
                let (span, quoted) = unquoted(text, at..end);
                words.push(Word { span, quoted, first, here_string, piped: false });
                (first, here_string) = (false, false);
                at = end;
            }
        }
    }
    words
}

fn word_end(bytes: &[u8], from: usize) -> usize {
    let mut at = from;
    while at < bytes.len() {
        match bytes[at] {
            b' ' | b'\t' | b'\r' | b'\n' | b';' | b'&' | b'|' | b'<' | b'>' | b'(' | b')' | b'`' => break,
            b'\\' => at += 2,
            b'\'' => at += 2 + bytes[at + 1..].iter().take_while(|&&b| b != b'\'').count(),
            b'"' => at = double_quote_end(bytes, at),
            // `$(…)` and `${…}` belong to the word; what a command in it holds is looked at by itself.
            b'$' if matches!(bytes.get(at + 1), Some(b'{')) => {
                at += 1 + bytes[at + 1..].iter().take_while(|&&b| b != b'}' && b != b'\n').count();
            }
            _ => at += 1,
        }
    }
    at.min(bytes.len()).max(from + 1)
}

fn double_quote_end(bytes: &[u8], open: usize) -> usize {
    let mut at = open + 1;
    while at < bytes.len() {
        match bytes[at] {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    at
}

/// Takes off quotes that go all the way around.
fn unquoted(text: &str, span: Range<usize>) -> (Range<usize>, bool) {
    let end = crate::shapes::floor(text, span.end);
    let word = &text[span.start..end];
    for quote in ['\'', '"'] {
        let inner = word.strip_prefix(quote).map(|w| w.strip_suffix(quote).unwrap_or(w));
        if let Some(inner) =
            inner.filter(|inner| !inner.contains(quote) || quote == '"' && all_escaped(inner))
        {
            return (span.start + 1..span.start + 1 + inner.len(), true);
        }
    }
    (span.start..end, false)
}

/// Whether every `"` in a text has a backslash before it.
fn all_escaped(text: &str) -> bool {
    let bytes = text.as_bytes();
    (0..bytes.len()).all(|at| bytes[at] != b'"' || at > 0 && bytes[at - 1] == b'\\')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Vec<(&str, bool)> {
        words(text).into_iter().map(|w| (&text[w.span], w.first)).collect()
    }

    #[test]
    fn a_line_is_cut_where_a_shell_cuts_it() {
        assert_eq!(shown("a -b 'c d'"), [("a", true), ("-b", false), ("c d", false)]);
        assert_eq!(shown("a|b && c;d"), [("a", true), ("b", true), ("c", true), ("d", true)]);
        assert_eq!(shown(r#"x "a \"b\" c" y"#), [("x", true), (r#"a \"b\" c"#, false), ("y", false)]);
        assert_eq!(shown("p='a b'c d"), [("p='a b'c", true), ("d", false)]);
        assert_eq!(shown("a # b c"), [("a", true)]);
        assert_eq!(shown("a \\\n b"), [("a", true), ("b", false)]);
        assert_eq!(shown("echo 'open ż"), [("echo", true), ("open ż", false)]);
        assert_eq!(shown("\\"), [("\\", true)]);
        assert_eq!(shown("a\\ż"), [("a\\ż", true)]);
    }

    #[test]
    fn pipes_and_here_strings_are_known() {
        let line = words("echo x | chpasswd <<< 'a:b'");
        assert!(line[1].piped && line[3].here_string && line[3].quoted);
        assert!(!words("a || b")[0].piped);
    }
}
