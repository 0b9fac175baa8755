//! A line of shell to the words of its simple commands.

use std::iter::Peekable;
use std::str::Chars;

/// How deep substitutions are followed.
const MAX_NESTED: usize = 32;

/// One word, without its quotes.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Word {
    pub(super) text: String,
    /// Whether the shell puts something in that is not to be seen.
    pub(super) opaque: bool,
    /// Whether a part of it was quoted.
    quoted: bool,
}

impl Word {
    /// Whether the shell may take it for one of its own.
    pub(super) fn is_plain(&self) -> bool {
        !self.opaque && !self.quoted
    }
}

/// A list of commands: the line, or what a substitution holds.
#[derive(Default)]
struct List {
    /// What ends it; nothing ends the line.
    closer: Option<char>,
    /// Parentheses open inside.
    groups: usize,
    /// Whether what it holds are no commands: numbers to be worked out, the elements of an array.
    silent: bool,
    /// Whether it stands between double quotes.
    quoted: bool,
    words: Vec<Word>,
    word: Option<Word>,
    /// Whether the next word is a file, or the mark of a here-document, and no argument.
    target: bool,
    mark: bool,
}

/// The words of each simple command, those in substitutions before those they stand in.
pub(super) fn split(line: &str) -> Vec<Vec<Word>> {
    let mut splitter = Splitter {
        chars: line.chars().peekable(),
        lists: vec![List::default()],
        marks: Vec::new(),
        done: Vec::new(),
    };
    while let Some(c) = splitter.chars.next() {
        splitter.take(c);
    }
    while splitter.lists.len() > 1 {
        splitter.close();
    }
    splitter.end_command();
    splitter.done
}

struct Splitter<'a> {
    chars: Peekable<Chars<'a>>,
    lists: Vec<List>,
    /// Of here-documents that begin on the next line.
    marks: Vec<String>,
    done: Vec<Vec<Word>>,
}

impl Splitter<'_> {
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
        self.chars.next_if_eq(&c).is_some()
    }

    fn take(&mut self, c: char) {
        if self.list().quoted {
            return self.take_quoted(c);
        }
        match c {
            '\'' => {
                let text: String = self.chars.by_ref().take_while(|c| *c != '\'').collect();
                let word = self.word();
                word.quoted = true;
                word.text += &text;
            }
            '"' => {
                self.word().quoted = true;
                self.list().quoted = true;
            }
            '\\' => match self.chars.next() {
                Some('\n') | None => {}
                Some(c) => {
                    let word = self.word();
                    word.quoted = true;
                    word.text.push(c);
                }
            },
            '$' | '`' => self.expansion(c),
            '#' if self.list().word.is_none() => while self.chars.next_if(|c| *c != '\n').is_some() {},
            '\n' => {
                self.end_command();
                self.skip_documents();
            }
            '<' | '>' => self.redirection(c),
            '&' if self.chars.peek() == Some(&'>') => self.end_word(),
            ';' | '|' | '&' => self.end_command(),
            '(' => {
                let array = self.list().word.as_ref().is_some_and(|word| word.text.ends_with('='));
                if array {
                    self.open(')', true);
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
                let c = self.chars.next_if(|c| "\"\\$`".contains(*c)).unwrap_or('\\');
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
        match c {
            '`' => self.open('`', false),
            _ if self.next_is('(') => {
                let numbers = self.next_is('(');
                self.open(')', numbers);
                self.list().groups += usize::from(numbers);
            }
            _ => {}
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
            return self.open(')', false);
        }
        let mut mark = false;
        if self.next_is(sign) && sign == '<' {
            mark = !self.next_is('<');
            if mark {
                self.next_is('-');
            }
        }
        if !self.next_is('&') {
            self.next_is('|');
        }
        let list = self.list();
        (list.target, list.mark) = (true, mark);
    }

    fn open(&mut self, closer: char, silent: bool) {
        if self.lists.len() < MAX_NESTED {
            let silent = silent || self.list().silent;
            self.lists.push(List { closer: Some(closer), silent, ..List::default() });
        }
    }

    fn close(&mut self) {
        self.end_command();
        self.lists.pop();
    }

    fn end_word(&mut self) {
        let list = self.list();
        let Some(word) = list.word.take() else { return };
        if std::mem::take(&mut list.target) {
            if std::mem::take(&mut list.mark) {
                self.marks.push(word.text);
            }
        } else {
            list.words.push(word);
        }
    }

    fn end_command(&mut self) {
        self.end_word();
        let list = self.list();
        list.target = false;
        let words = std::mem::take(&mut list.words);
        if !words.is_empty() && !list.silent {
            self.done.push(words);
        }
    }

    fn drop_command(&mut self) {
        let list = self.list();
        list.word = None;
        list.words.clear();
    }

    /// Goes past the here-documents that were announced.
    fn skip_documents(&mut self) {
        for mark in std::mem::take(&mut self.marks) {
            while self.chars.peek().is_some() {
                let line: String = self.chars.by_ref().take_while(|c| *c != '\n').collect();
                if line.trim_start_matches('\t') == mark {
                    break;
                }
            }
        }
    }
}
