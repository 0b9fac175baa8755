//! A line of shell to the words of its simple commands.

use std::borrow::Cow;

/// How deep substitutions are followed.
const MAX_NESTED: usize = 32;

/// One word.
#[derive(Debug, Clone, Default)]
pub(crate) struct Word<'a> {
    /// Without its quotes. What the shell works out (`$HOME`, `$(date)`) stands there as it was written.
    pub(crate) text: Cow<'a, str>,
    /// Whether the shell puts something in that is not to be seen.
    pub(crate) opaque: bool,
    /// Whether a part of it was quoted.
    quoted: bool,
}

impl Word<'_> {
    /// Whether the shell may take it for one of its own.
    pub(crate) fn is_plain(&self) -> bool {
        !self.opaque && !self.quoted
    }
}

/// A simple command as it stands in the line.
#[derive(Debug, Clone, Default)]
pub(crate) struct Simple<'a> {
    pub(crate) words: Vec<Word<'a>>,
    /// The files that its output goes to.
    pub(crate) writes: Vec<Cow<'a, str>>,
}

/// A list of commands: the line, or what a substitution holds.
#[derive(Default)]
struct List<'a> {
    /// Where it begins, with the signs that open it.
    start: usize,
    /// What ends it; nothing ends the line.
    closer: Option<char>,
    /// Parentheses open inside.
    groups: usize,
    /// Whether what it holds are no commands: numbers to be worked out, the elements of an array.
    silent: bool,
    /// Whether it stands between double quotes.
    quoted: bool,
    simple: Simple<'a>,
    word: Option<Word<'a>>,
    /// What the next word is.
    next: Next,
}

impl<'a> List<'a> {
    fn word(&mut self) -> &mut Word<'a> {
        self.word.get_or_insert_default()
    }
}

/// What a word is.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
enum Next {
    #[default]
    Argument,
    /// A file that is read, or the number of one that is open.
    Input,
    /// A file that is written.
    Output,
    /// The mark of a here-document.
    Mark,
}

/// Each simple command, those in substitutions before those they stand in.
pub(crate) fn split(line: &str) -> impl Iterator<Item = Simple<'_>> {
    Splitter { line, at: 0, list: List::default(), around: Vec::new(), marks: Vec::new(), done: None }
}

struct Splitter<'a> {
    line: &'a str,
    /// How much of the line was read.
    at: usize,
    /// What is being read, and the lists it stands in, the outermost first.
    list: List<'a>,
    around: Vec<List<'a>>,
    /// Of here-documents that begin on the next line.
    marks: Vec<Cow<'a, str>>,
    /// What has just ended.
    done: Option<Simple<'a>>,
}

impl<'a> Iterator for Splitter<'a> {
    type Item = Simple<'a>;

    fn next(&mut self) -> Option<Simple<'a>> {
        loop {
            match self.next_sign() {
                Some(c) => self.take(c),
                None if !self.around.is_empty() => self.close(),
                None => {
                    self.end_command();
                    return self.done.take();
                }
            }
            if self.done.is_some() {
                return self.done.take();
            }
        }
    }
}

impl<'a> Splitter<'a> {
    fn peek(&self) -> Option<char> {
        self.line[self.at..].chars().next()
    }

    fn next_sign(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += c.len_utf8();
        Some(c)
    }

    fn next_if(&mut self, is: impl Fn(char) -> bool) -> Option<char> {
        self.peek().filter(|c| is(*c)).and_then(|_| self.next_sign())
    }

    /// What stands before the sign, and goes past both.
    fn up_to(&mut self, sign: char) -> &'a str {
        let rest = &self.line[self.at..];
        let end = rest.find(sign);
        self.at += end.map_or(rest.len(), |end| end + sign.len_utf8());
        &rest[..end.unwrap_or(rest.len())]
    }

    /// Adds to the word what was read last, from this place, and what follows until `ends`.
    fn add(&mut self, start: usize, ends: impl Fn(char) -> bool) {
        let rest = &self.line[self.at..];
        self.at += rest.find(ends).unwrap_or(rest.len());
        self.list.word().text += &self.line[start..self.at];
    }

    fn next_is(&mut self, c: char) -> bool {
        self.next_if(|next| next == c).is_some()
    }

    fn take(&mut self, c: char) {
        let start = self.at - c.len_utf8();
        if self.list.quoted {
            return self.take_quoted(start, c);
        }
        match c {
            '\'' => {
                let text = self.up_to('\'');
                let word = self.list.word();
                word.quoted = true;
                word.text += text;
            }
            '"' => {
                self.list.word().quoted = true;
                self.list.quoted = true;
            }
            '\\' => match self.next_sign() {
                Some('\n') | None => {}
                Some(_) => {
                    self.list.word().quoted = true;
                    self.add(start + 1, acts);
                }
            },
            '$' | '`' => self.expansion(start, c, acts),
            '#' if self.list.word.is_none() => while self.next_if(|c| c != '\n').is_some() {},
            '\n' => {
                self.end_command();
                self.skip_documents();
            }
            '<' | '>' => self.redirection(c),
            '&' if self.peek() == Some('>') => self.end_word(),
            ';' | '|' | '&' => self.end_command(),
            '(' => {
                let array = self.list.word.as_ref().is_some_and(|word| word.text.ends_with('='));
                if array {
                    self.open(start, ')', true);
                } else {
                    // What stands before it is the name of a function that is defined here.
                    self.drop_command();
                    self.list.groups += 1;
                }
            }
            ')' if self.list.groups > 0 => {
                self.end_command();
                self.list.groups -= 1;
            }
            ')' if self.list.closer == Some(')') => self.close(),
            // The pattern of a `case`.
            ')' => self.drop_command(),
            c if c.is_whitespace() => self.end_word(),
            _ => self.add(start, acts),
        }
    }

    fn take_quoted(&mut self, start: usize, c: char) {
        match c {
            '"' => self.list.quoted = false,
            '\\' => {
                let escaped = self.next_if(acts_quoted).is_some();
                self.add(start + usize::from(escaped), acts_quoted);
            }
            '$' | '`' => self.expansion(start, c, acts_quoted),
            _ => self.add(start, acts_quoted),
        }
    }

    fn expansion(&mut self, start: usize, c: char, ends: impl Fn(char) -> bool) {
        if c == '`' && self.list.closer == Some('`') {
            return self.close();
        }
        self.list.word().opaque = true;
        match c {
            '`' => self.open(start, '`', false),
            _ if self.next_is('(') => {
                let numbers = self.next_is('(');
                self.open(start, ')', numbers);
                self.list.groups += usize::from(numbers);
            }
            _ => self.add(start, ends),
        }
    }

    /// A pipe or file, and `<(…)`, which is another list.
    fn redirection(&mut self, sign: char) {
        // `2>` says which file it is of.
        if self.list.word.as_ref().is_some_and(|word| word.text.bytes().all(|b| b.is_ascii_digit())) {
            self.list.word = None;
        }
        self.end_word();
        if self.next_is('(') {
            self.list.word().opaque = true;
            return self.open(self.at - 2, ')', false);
        }
        let mut next = if sign == '>' { Next::Output } else { Next::Input };
        if self.next_is(sign) && sign == '<' && !self.next_is('<') {
            next = Next::Mark;
            self.next_is('-');
        }
        if self.next_is('&') {
            next = Next::Input;
        } else {
            self.next_is('|');
        }
        self.list.next = next;
    }

    fn open(&mut self, start: usize, closer: char, silent: bool) {
        if self.around.len() + 1 < MAX_NESTED {
            let silent = silent || self.list.silent;
            let inner = List { start, closer: Some(closer), silent, ..List::default() };
            self.around.push(std::mem::replace(&mut self.list, inner));
        }
    }

    fn close(&mut self) {
        self.end_command();
        if let Some(outer) = self.around.pop() {
            let inner = std::mem::replace(&mut self.list, outer);
            self.list.word().text += &self.line[inner.start..self.at];
        }
    }

    fn end_word(&mut self) {
        let list = &mut self.list;
        let Some(word) = list.word.take() else { return };
        match std::mem::take(&mut list.next) {
            Next::Argument => list.simple.words.push(word),
            Next::Input => {}
            Next::Output => list.simple.writes.push(word.text),
            Next::Mark => self.marks.push(word.text),
        }
    }

    fn end_command(&mut self) {
        self.end_word();
        self.list.next = Next::Argument;
        let simple = std::mem::take(&mut self.list.simple);
        let holds = !simple.words.is_empty() || !simple.writes.is_empty();
        if holds && !self.list.silent {
            self.done = Some(simple);
        }
    }

    fn drop_command(&mut self) {
        self.list.word = None;
        self.list.simple = Simple::default();
    }

    /// Goes past the here-documents that were announced.
    fn skip_documents(&mut self) {
        for mark in std::mem::take(&mut self.marks) {
            while self.at < self.line.len() {
                let line = self.up_to('\n');
                if line.trim_start_matches('\t') == mark {
                    break;
                }
            }
        }
    }
}

/// Whether a sign ends what can be taken of a word as it stands.
#[inline]
fn acts(c: char) -> bool {
    matches!(c, '\'' | '"' | '\\' | '$' | '`' | '<' | '>' | '&' | ';' | '|' | '(' | ')') || c.is_whitespace()
}

/// The same between double quotes, where all of these can be escaped.
fn acts_quoted(c: char) -> bool {
    matches!(c, '"' | '\\' | '$' | '`')
}
