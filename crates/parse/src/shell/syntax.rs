//! Enough of the shell's grammar to know whether a line is finished and what its simple commands are.

use std::borrow::Cow;

/// Words that mean something where a command may begin.
const KEYWORDS: [&str; 20] = [
    "if", "fi", "for", "select", "foreach", "function", "end", "while", "until", "done", "case", "esac", "{",
    "}", "then", "do", "else", "elif", "!", "time",
];

/// Something that must still be closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Open {
    Single,
    Double,
    Backtick,
    /// `(`, `$(`, `<(`.
    Paren,
    /// `${`.
    Expansion,
    /// `{` as a command.
    Brace,
    If,
    Loop,
    Case,
}

/// Whether a shell would run `text` as it stands instead of asking for more.
pub(crate) fn is_complete(text: &str) -> bool {
    if is_one_plain_command(text) {
        return true;
    }
    let mut scan = Scan::default();
    scan.run(text);
    scan.finished
}

/// Whether nothing in `text` opens or joins anything: most commands are words and no more.
fn is_one_plain_command(text: &str) -> bool {
    let first = || {
        let first = text.trim_start_matches([' ', '\t']);
        &first[..first.bytes().position(|b| matches!(b, b' ' | b'\t')).unwrap_or(first.len())]
    };
    !text.bytes().any(|b| OPENS_OR_JOINS[usize::from(b)]) && !KEYWORDS.contains(&first())
}

static OPENS_OR_JOINS: [bool; 256] = table(b"\n;|&()<>'\"\\`#$");
/// The same, and what parts words.
static NOT_PLAIN: [bool; 256] = table(b" \t\n;|&()<>'\"\\`#$");

#[derive(Default)]
struct Scan {
    stack: Vec<Open>,
    /// Delimiters of here-documents whose bodies begin at the next line.
    heredocs: Vec<(String, bool)>,
    finished: bool,
    /// The text holds a brace: `foreach` is PowerShell's.
    braces: bool,
    /// The name of a function is due, and its body behind it.
    names_function: bool,
}

impl Scan {
    fn run(&mut self, text: &str) {
        let bytes = text.as_bytes();
        self.braces = memchr::memchr(b'{', bytes).is_some();
        let mut at = 0;
        let mut word = 0..0;
        // a keyword counts only where a command may begin
        let mut command_place = true;
        let mut joined = false;
        let mut quoted = false;
        while at < bytes.len() {
            let b = bytes[at];
            match self.stack.last() {
                Some(Open::Single) => {
                    let Some(closes) = memchr::memchr(b'\'', &bytes[at..]) else { break };
                    self.stack.pop();
                    at += closes + 1;
                    continue;
                }
                Some(Open::Double) => {
                    match b {
                        b'"' => {
                            self.stack.pop();
                        }
                        b'\\' => at += 1,
                        b'`' => self.stack.push(Open::Backtick),
                        b'$' if bytes.get(at + 1) == Some(&b'(') => {
                            self.stack.push(Open::Paren);
                            at += 1;
                        }
                        b'$' if bytes.get(at + 1) == Some(&b'{') => {
                            self.stack.push(Open::Expansion);
                            at += 1;
                        }
                        _ => {}
                    }
                    at += 1;
                    continue;
                }
                Some(Open::Expansion) => {
                    match b {
                        b'}' => {
                            self.stack.pop();
                        }
                        b'\\' => at += 1,
                        b'\'' => self.stack.push(Open::Single),
                        b'"' => self.stack.push(Open::Double),
                        _ => {}
                    }
                    at += 1;
                    continue;
                }
                _ => {}
            }
            if b == b'`' {
                if self.stack.last() == Some(&Open::Backtick) {
                    self.stack.pop();
                } else {
                    self.stack.push(Open::Backtick);
                }
                (quoted, joined) = (true, false);
                at += 1;
                continue;
            }
            match b {
                b'\\' => {
                    if at + 1 >= bytes.len() {
                        return;
                    }
                    if bytes[at + 1] != b'\n' {
                        quoted = true;
                        joined = false;
                    }
                    at += 2;
                    continue;
                }
                b'\'' | b'"' => {
                    self.stack.push(if b == b'"' { Open::Double } else { Open::Single });
                    (quoted, joined) = (true, false);
                }
                b'#' if word.is_empty() && !quoted => {
                    at += memchr::memchr(b'\n', &bytes[at..]).unwrap_or(bytes.len() - at);
                    continue;
                }
                b'$' if matches!(bytes.get(at + 1), Some(b'(' | b'{')) => {
                    self.stack.push(if bytes[at + 1] == b'(' { Open::Paren } else { Open::Expansion });
                    (quoted, joined) = (true, false);
                    at += 1;
                }
                b' ' | b'\t' | b'\n' | b';' | b'&' | b'|' | b'(' | b')' | b'<' | b'>' => {
                    let ended = std::mem::take(&mut word);
                    if !ended.is_empty() || quoted {
                        joined = false;
                        command_place =
                            !quoted && command_place && self.keyword(text.get(ended).unwrap_or_default());
                        quoted = false;
                    }
                    match b {
                        b'<' if bytes[at..].starts_with(b"<<") && !bytes[at..].starts_with(b"<<<") => {
                            at = self.heredoc(text, at + 2);
                            continue;
                        }
                        b'<' if bytes[at..].starts_with(b"<<<") => at += 2,
                        b'<' | b'>' if bytes.get(at + 1) == Some(&b'(') => {
                            self.stack.push(Open::Paren);
                            command_place = true;
                            at += 1;
                        }
                        b'(' => {
                            self.stack.push(Open::Paren);
                            command_place = true;
                        }
                        b')' => {
                            if self.stack.last() == Some(&Open::Paren) {
                                self.stack.pop();
                            }
                            // a command follows a pattern of `case` and the parentheses of a function, not a subshell
                            command_place =
                                self.stack.last() == Some(&Open::Case) || bytes[..at].ends_with(b"(");
                        }
                        b'|' | b'&' => {
                            let twice = bytes.get(at + 1) == Some(&b);
                            joined = b == b'|' || twice;
                            command_place = true;
                            if twice {
                                at += 1;
                            }
                        }
                        b';' | b'\n' => {
                            command_place = true;
                            if b == b'\n' && !self.heredocs.is_empty() {
                                match self.bodies(text, at + 1) {
                                    Some(next) => {
                                        at = next;
                                        continue;
                                    }
                                    None => return,
                                }
                            }
                        }
                        _ => {}
                    }
                }
                _ => {
                    joined = false;
                    let start = if word.is_empty() { at } else { word.start };
                    at += 1;
                    at += bytes[at..].iter().take_while(|b| !NOT_PLAIN[usize::from(**b)]).count();
                    word = start..at;
                    continue;
                }
            }
            at += 1;
        }
        if !word.is_empty() && !quoted && command_place {
            self.keyword(text.get(word).unwrap_or_default());
        }
        self.finished = self.stack.is_empty() && self.heredocs.is_empty() && !joined;
    }

    /// Handles one of the [`KEYWORDS`] where a command may begin; `true` where a command may begin behind it too.
    fn keyword(&mut self, word: &str) -> bool {
        if word.contains('\\') {
            // a line that goes on within it
            return self.keyword(&word.replace("\\\n", ""));
        }
        if std::mem::take(&mut self.names_function) {
            return true;
        }
        let close = |stack: &mut Vec<Open>, open| {
            if stack.last() == Some(&open) {
                stack.pop();
            }
            false
        };
        match word {
            "if" => self.stack.push(Open::If),
            "fi" => return close(&mut self.stack, Open::If),
            "for" | "select" => {
                self.stack.push(Open::Loop);
                return false;
            }
            // of csh, where `end` closes it
            "foreach" if !self.braces => {
                self.stack.push(Open::Loop);
                return false;
            }
            "end" => return close(&mut self.stack, Open::Loop),
            "while" | "until" => self.stack.push(Open::Loop),
            "done" => return close(&mut self.stack, Open::Loop),
            "case" => {
                self.stack.push(Open::Case);
                return false;
            }
            "esac" => return close(&mut self.stack, Open::Case),
            "{" => self.stack.push(Open::Brace),
            "}" => return close(&mut self.stack, Open::Brace),
            "function" => self.names_function = true,
            "then" | "do" | "else" | "elif" | "!" | "time" => {}
            _ => return false,
        }
        true
    }

    /// Reads the delimiter behind `<<` and returns where to go on.
    fn heredoc(&mut self, text: &str, mut at: usize) -> usize {
        let bytes = text.as_bytes();
        let strip_tabs = bytes.get(at) == Some(&b'-');
        at += usize::from(strip_tabs);
        while matches!(bytes.get(at), Some(b' ' | b'\t')) {
            at += 1;
        }
        let start = at;
        let mut quote = None;
        while let Some(&b) = bytes.get(at) {
            match (quote, b) {
                (Some(q), b) if q == b => quote = None,
                (None, b'\'' | b'"') => quote = Some(b),
                (_, b'\n') | (None, b' ' | b'\t' | b';' | b'&' | b'|' | b'<' | b'>' | b')') => break,
                _ => {}
            }
            at += 1;
        }
        let delimiter: String = text[start..at].chars().filter(|c| !matches!(c, '\'' | '"' | '\\')).collect();
        if !delimiter.is_empty() {
            self.heredocs.push((delimiter, strip_tabs));
        }
        at
    }

    /// Skips the bodies of all here-documents begun; `None` where the text ends inside one.
    fn bodies(&mut self, text: &str, mut at: usize) -> Option<usize> {
        for (delimiter, strip_tabs) in std::mem::take(&mut self.heredocs) {
            loop {
                let rest = text.get(at..).filter(|r| !r.is_empty())?;
                let len = rest.find('\n').unwrap_or(rest.len());
                let line = &rest[..len];
                let line = if strip_tabs { line.trim_start_matches('\t') } else { line };
                let last = at + len >= text.len();
                at += len + 1;
                if line == delimiter {
                    break;
                }
                if last {
                    return None;
                }
            }
        }
        Some(at.min(text.len()))
    }
}

/// The simple commands of a line, each a list of words without quotes. Good enough to see which programs run; nothing
/// is expanded.
#[derive(Debug, Default)]
pub(crate) struct SimpleCommands<'a> {
    words: Vec<Cow<'a, str>>,
    /// Where in `words` each command ends but the last.
    ends: Vec<usize>,
    /// A bit for each of the first 64 that is given what another one shows.
    piped: u64,
}

impl<'a> SimpleCommands<'a> {
    /// Splits a line.
    pub(crate) fn of(text: &'a str) -> Self {
        // room for what most lines have
        let mut out = Self { words: Vec::with_capacity(12), ends: Vec::new(), piped: 0 };
        let bytes = text.as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            let plain = bytes[at..].iter().take_while(|b| !ENDS_PLAIN_WORD[usize::from(**b)]).count();
            match bytes.get(at + plain) {
                Some(b'\'' | b'"' | b'\\') => {
                    let (word, len) = quoted_word(&text[at..]);
                    out.words.extend(word.map(Cow::Owned));
                    at += len;
                    continue;
                }
                _ if plain > 0 => out.words.push(Cow::Borrowed(&text[at..at + plain])),
                Some(b' ' | b'\t') | None => {}
                Some(b'|')
                    if bytes[at + plain + 1..].first() != Some(&b'|')
                        && !bytes[..at + plain].ends_with(b"|") =>
                {
                    out.end_command();
                    out.piped |= 1_u64.checked_shl(out.ends.len() as u32).unwrap_or(0);
                }
                Some(_) => out.end_command(),
            }
            at += plain.max(1);
        }
        out
    }

    /// Where the first so many commands end.
    fn end(&self, commands: usize) -> usize {
        commands.checked_sub(1).map_or(0, |last| self.ends[last])
    }

    fn end_command(&mut self) {
        if self.words.len() > self.end(self.ends.len()) {
            self.ends.push(self.words.len());
        }
    }

    /// The commands, none of them empty.
    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = &[Cow<'a, str>]> + ExactSizeIterator {
        let last = self.words.len() > self.end(self.ends.len());
        let end = |i: usize| self.ends.get(i).copied().unwrap_or(self.words.len());
        (0..self.ends.len() + usize::from(last)).map(move |i| &self.words[self.end(i)..end(i)])
    }

    /// Whether the command at this place is given what another one shows, and not what somebody types.
    pub(crate) fn is_piped(&self, at: usize) -> bool {
        self.piped.checked_shr(at as u32).is_some_and(|bits| bits & 1 != 0)
    }

    /// The words of the last command.
    pub(crate) fn last(&self) -> &[Cow<'a, str>] {
        self.iter().next_back().unwrap_or_default()
    }
}

/// What ends a word without quotes, or begins its quotes.
static ENDS_PLAIN_WORD: [bool; 256] = table(b" \t\n;|&()'\"\\");

const fn table(bytes: &[u8]) -> [bool; 256] {
    let mut table = [false; 256];
    let mut i = 0;
    while i < bytes.len() {
        table[bytes[i] as usize] = true;
        i += 1;
    }
    table
}

/// The word that `text` begins with, if it is one, without its quotes, and how far it goes.
fn quoted_word(text: &str) -> (Option<String>, usize) {
    let mut word = String::with_capacity(text.len().min(32));
    let mut is_word = false;
    let mut quote = None;
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match (quote, c) {
            (Some(q), c) if c == q => quote = None,
            (Some('\''), c) => word.push(c),
            (None, '\'' | '"') => {
                quote = Some(c);
                is_word = true;
            }
            (_, '\\') => {
                if let Some((_, c)) = chars.next().filter(|(_, c)| *c != '\n') {
                    word.push(c);
                    is_word = true;
                }
            }
            (Some(_), c) => word.push(c),
            (None, ' ' | '\t' | ';' | '|' | '&' | '\n' | '(' | ')') => {
                return (is_word.then_some(word), at);
            }
            (None, c) => {
                word.push(c);
                is_word = true;
            }
        }
    }
    (is_word.then_some(word), text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finished_lines_are_complete() {
        for text in [
            "ls -la",
            "echo 'a b' \"c $(date) ${x:-'y'}\"",
            "for i in 1 2; do echo $i; done",
            "if true; then echo; elif x; then y; else z; fi",
            "case $x in a) echo;; b|c) ls;; esac",
            "f() { echo hi; }",
            "function f { echo hi; }",
            "function f() {\nls\n}",
            "echo function f {",
            "cat <<EOF\nhello 'x\nEOF",
            "cat <<-'E O' | wc\nx\n\tE O",
            "(cd /tmp && ls)",
            "echo done # it's fine",
            "echo if then",
            "a=`date` && echo \"$a\"",
            "find . -name '*.c' -exec grep x {} \\;",
            "[[ -f x && -d y ]] || echo no",
            "echo $((1+2))",
            "ls \\\n  -l",
            "sleep 1 &",
            "while read l; do echo \"$l\"; done < /etc/hosts",
            "cat <<< 'x'",
            "curl -d '{\"a\": 1}' http://x",
        ] {
            assert!(is_complete(text), "{text}");
        }
    }

    #[test]
    fn unfinished_lines_ask_for_more() {
        for text in [
            "echo 'open",
            "echo \"open",
            "ls \\",
            "ls |",
            "make &&",
            "for i in 1 2",
            "for i in 1 2; do",
            "if [ -f x ]; then",
            "case $x in",
            "f() {",
            "function f {",
            "function f() {\nls",
            "cat <<EOF > /tmp/x",
            "cat <<EOF\nhello\nEO",
            "echo $(date",
            "(cd /tmp",
            "x=`date",
            "while true; do echo; done |",
        ] {
            assert!(!is_complete(text), "{text}");
        }
    }

    #[test]
    fn simple_commands_are_found() {
        let words = |t: &str| SimpleCommands::of(t).iter().map(|c| c.join(" ")).collect::<Vec<_>>();
        assert_eq!(words("cd /x && sudo -i"), ["cd /x", "sudo -i"]);
        assert_eq!(words("echo 'a;b' | grep \"x y\" & wait"), ["echo a;b", "grep x y", "wait"]);
        assert_eq!(words("; (cd '' ) \\\n x\\ y;;"), ["cd ", "x y"]);
        assert!(words(" ;\t\\\n").is_empty());
    }
}
