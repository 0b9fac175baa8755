//! A line of shell to the words of its simple commands.

/// How deep substitutions are followed.
const MAX_NESTED: usize = 32;

/// One word.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Word {
    /// Without its quotes. What the shell works out (`$HOME`, `$(date)`) stands there as it was written.
    pub(crate) text: String,
    /// Whether the shell puts something in that is not to be seen.
    pub(crate) opaque: bool,
    /// Whether a part of it was quoted.
    quoted: bool,
}

impl Word {
    /// Whether the shell may take it for one of its own.
    pub(crate) fn is_plain(&self) -> bool {
        !self.opaque && !self.quoted
    }
}

/// A simple command as it stands in the line.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Simple {
    pub(crate) words: Vec<Word>,
    /// The files that its output goes to.
    pub(crate) writes: Vec<String>,
}

/// A list of commands: the line, or what a substitution holds.
#[derive(Default)]
struct List {
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
    simple: Simple,
    word: Option<Word>,
    /// What the next word is.
    next: Next,
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
pub(crate) fn split(line: &str) -> Vec<Simple> {
    let mut splitter =
        Splitter { line, at: 0, lists: vec![List::default()], marks: Vec::new(), done: Vec::new() };
    while let Some(c) = splitter.next() {
        splitter.take(c);
    }
    while splitter.lists.len() > 1 {
        splitter.close();
    }
    splitter.end_command();
    splitter.done
}

struct Splitter<'a> {
    line: &'a str,
    /// How much of the line was read.
    at: usize,
    lists: Vec<List>,
    /// Of here-documents that begin on the next line.
    marks: Vec<String>,
    done: Vec<Simple>,
}

impl<'a> Splitter<'a> {
    fn peek(&self) -> Option<char> {
        self.line[self.at..].chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += c.len_utf8();
        Some(c)
    }

    fn next_if(&mut self, is: impl Fn(char) -> bool) -> Option<char> {
        self.peek().filter(|c| is(*c)).and_then(|_| self.next())
    }

    /// What stands before the sign, and goes past both.
    fn up_to(&mut self, sign: char) -> &'a str {
        let rest = &self.line[self.at..];
        let end = rest.find(sign);
        self.at += end.map_or(rest.len(), |end| end + sign.len_utf8());
        &rest[..end.unwrap_or(rest.len())]
    }

    fn list(&mut self) -> &mut List {
        if self.lists.is_empty() {
            self.lists.push(List::default());
        }
        let last = self.lists.len() - 1;
        &mut self.lists[last]
    }

    fn word(&mut self) -> &mut Word {
        self.list().word.get_or_insert_default()
    }

    fn next_is(&mut self, c: char) -> bool {
        self.next_if(|next| next == c).is_some()
    }

    fn take(&mut self, c: char) {
        if self.list().quoted {
            return self.take_quoted(c);
        }
        match c {
            '\'' => {
                let text = self.up_to('\'');
                let word = self.word();
                word.quoted = true;
                word.text += text;
            }
            '"' => {
                self.word().quoted = true;
                self.list().quoted = true;
            }
            '\\' => match self.next() {
                Some('\n') | None => {}
                Some(c) => {
                    let word = self.word();
                    word.quoted = true;
                    word.text.push(c);
                }
            },
            '$' | '`' => self.expansion(c),
            '#' if self.list().word.is_none() => while self.next_if(|c| c != '\n').is_some() {},
            '\n' => {
                self.end_command();
                self.skip_documents();
            }
            '<' | '>' => self.redirection(c),
            '&' if self.peek() == Some('>') => self.end_word(),
            ';' | '|' | '&' => self.end_command(),
            '(' => {
                let array = self.list().word.as_ref().is_some_and(|word| word.text.ends_with('='));
                if array {
                    self.open(self.at - 1, ')', true);
                } else {
                    // What stands before it is the name of a function that is defined here.
                    self.drop_command();
                    self.list().groups += 1;
                }
            }
            ')' if self.list().groups > 0 => {
                self.end_command();
                self.list().groups -= 1;
            }
            ')' if self.list().closer == Some(')') => self.close(),
            // The pattern of a `case`.
            ')' => self.drop_command(),
            c if c.is_whitespace() => self.end_word(),
            c => self.word().text.push(c),
        }
    }

    fn take_quoted(&mut self, c: char) {
        match c {
            '"' => self.list().quoted = false,
            '\\' => {
                let c = self.next_if(|c| "\"\\$`".contains(c)).unwrap_or('\\');
                self.word().text.push(c);
            }
            '$' | '`' => self.expansion(c),
            c => self.word().text.push(c),
        }
    }

    fn expansion(&mut self, c: char) {
        if c == '`' && self.list().closer == Some('`') {
            return self.close();
        }
        self.word().opaque = true;
        let start = self.at - 1;
        match c {
            '`' => self.open(start, '`', false),
            _ if self.next_is('(') => {
                let numbers = self.next_is('(');
                self.open(start, ')', numbers);
                self.list().groups += usize::from(numbers);
            }
            c => self.word().text.push(c),
        }
    }

    /// A pipe or file, and `<(…)`, which is another list.
    fn redirection(&mut self, sign: char) {
        // `2>` says which file it is of.
        if self.list().word.as_ref().is_some_and(|word| word.text.bytes().all(|b| b.is_ascii_digit())) {
            self.list().word = None;
        }
        self.end_word();
        if self.next_is('(') {
            self.word().opaque = true;
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
        self.list().next = next;
    }

    fn open(&mut self, start: usize, closer: char, silent: bool) {
        if self.lists.len() < MAX_NESTED {
            let silent = silent || self.list().silent;
            self.lists.push(List { start, closer: Some(closer), silent, ..List::default() });
        }
    }

    fn close(&mut self) {
        self.end_command();
        if let Some(list) = self.lists.pop() {
            let written = &self.line[list.start..self.at];
            self.word().text.push_str(written);
        }
    }

    fn end_word(&mut self) {
        let list = self.list();
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
        let list = self.list();
        list.next = Next::Argument;
        let simple = std::mem::take(&mut list.simple);
        if simple != Simple::default() && !list.silent {
            self.done.push(simple);
        }
    }

    fn drop_command(&mut self) {
        let list = self.list();
        list.word = None;
        list.simple = Simple::default();
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
