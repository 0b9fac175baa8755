//! How a line gets onto the screen: keys, mistakes, corrections.

use super::{Dialect, Kind, PromptStyle, Shell};

/// The way a line is typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Typing {
    /// Without a mistake.
    Plain,
    /// So many wrong characters at its end are erased and typed again.
    Slip(usize),
    /// A character left out in the middle is put in afterwards.
    Forgotten,
    /// A character too many in the middle is taken out afterwards.
    TooMany,
    /// Another line is typed first and thrown away with Ctrl-U.
    Restart,
    /// Its last word is typed wrong and erased with Ctrl-W.
    WrongWord,
    /// Called back from history by Up, past so many other lines.
    Recall(usize),
    /// Completed by Tab, after a bell.
    Completed,
}

impl Shell {
    /// Types a line, submits it, notes it.
    pub(super) fn enter(&mut self, text: &str, typing: Typing) {
        self.prompt();
        let at = self.len();
        self.now_ms += 400 + 55 * text.len() as i64;
        let prompt_width = PromptStyle::width(&self.prompt_text());
        let room = self.width.saturating_sub(prompt_width + 12);
        // Edits across a wrapped line are the recorder's business; here long lines are typed without.
        let fits = text.is_ascii() && text.len() >= 4 && text.len() < room;
        match (typing, self.dialect()) {
            (Typing::Slip(n), dialect) if fits => self.slip(text, n, dialect),
            (Typing::Restart, dialect) if fits => self.restart(text, dialect),
            (Typing::WrongWord, dialect) if fits => self.wrong_word(text, dialect),
            (Typing::Forgotten, Dialect::Bash52 | Dialect::Bash42) if fits => self.forgotten(text),
            (Typing::TooMany, Dialect::Bash52 | Dialect::Bash42) if fits => self.too_many(text),
            (Typing::Recall(n), Dialect::Bash52 | Dialect::Bash42) if fits => self.recall(text, n),
            (Typing::Completed, Dialect::Bash52 | Dialect::Bash42) if fits => {
                let (head, tail) = text.split_at(text.len() - 2);
                self.put(&format!("{head}\x07{tail}"));
            }
            (_, Dialect::Dash) => self.put(text),
            _ => self.put_wrapped(text, prompt_width),
        }
        self.submit();
        self.note(text, at, Kind::Shell, None);
        self.history.push(text.to_owned());
    }

    /// Types one command that spans several lines, with the continuation prompt before each further one.
    pub(super) fn enter_lines(&mut self, lines: &[String]) {
        self.prompt();
        let at = self.len();
        for (i, line) in lines.iter().enumerate() {
            self.now_ms += 300 + 50 * line.len() as i64;
            if i > 0 {
                self.put(if self.dialect() == Dialect::Bash52 { "\x1b[?2004h> " } else { "> " });
            }
            self.put(line);
            self.submit();
        }
        self.note(&lines.join("\n"), at, Kind::Shell, None);
    }

    /// readline goes to the next row by a blank and a CR as soon as a row is full.
    fn put_wrapped(&mut self, text: &str, prompt_width: usize) {
        let mut column = prompt_width;
        let mut shown = String::with_capacity(text.len() + 8);
        for c in text.chars() {
            shown.push(c);
            column += 1;
            if column == self.width {
                shown.push_str(" \r");
                column = 0;
            }
        }
        self.put(&shown);
    }

    fn erase(&mut self, n: usize, dialect: Dialect) {
        for _ in 0..n {
            self.put(if dialect == Dialect::Dash { "\x08 \x08" } else { "\x08\x1b[K" });
        }
    }

    fn slip(&mut self, text: &str, n: usize, dialect: Dialect) {
        let (head, tail) = text.split_at(text.len() - n.min(text.len() - 1));
        let wrong: String = tail.chars().rev().collect();
        self.put(&format!("{head}{wrong}"));
        self.erase(wrong.len(), dialect);
        self.put(tail);
    }

    fn restart(&mut self, text: &str, dialect: Dialect) {
        let wrong = "ls -la /tm";
        self.put(wrong);
        match dialect {
            Dialect::Dash => self.erase(wrong.len(), dialect),
            _ => self.put(&format!("{}\x1b[K", "\x08".repeat(wrong.len()))),
        }
        self.put(text);
    }

    fn wrong_word(&mut self, text: &str, dialect: Dialect) {
        let wrong = "wrongg";
        let cut = text.rfind(' ').map_or(0, |blank| blank + 1);
        let (head, tail) = text.split_at(cut);
        self.put(&format!("{head}{wrong}"));
        match dialect {
            Dialect::Dash => self.erase(wrong.len(), dialect),
            _ => self.put(&format!("{}\x1b[K", "\x08".repeat(wrong.len()))),
        }
        self.put(tail);
    }

    fn forgotten(&mut self, text: &str) {
        let cut = text.len() / 2;
        let (head, tail) = text.split_at(cut);
        let (missing, tail) = tail.split_at(1);
        let back = "\x08".repeat(tail.len());
        let forward = "\x1b[C".repeat(tail.len());
        self.put(&format!("{head}{tail}{back}\x1b[1@{missing}{forward}"));
    }

    fn too_many(&mut self, text: &str) {
        let (head, tail) = text.split_at(text.len() / 2);
        let back = "\x08".repeat(tail.len());
        let forward = "\x1b[C".repeat(tail.len());
        self.put(&format!("{head}x{tail}{back}\x08\x1b[1P{forward}"));
    }

    /// Other lines show up on the way to the wanted one; each replaces the one before from where they differ.
    fn recall(&mut self, text: &str, n: usize) {
        let room = self.width.saturating_sub(PromptStyle::width(&self.prompt_text()) + 2);
        let usable = |line: &&String| line.is_ascii() && line.len() < room;
        let passed: Vec<String> = self.history.iter().rev().filter(usable).take(n).cloned().collect();
        let mut shown = String::new();
        for line in passed.iter().map(String::as_str).chain([text]) {
            let common = shown.bytes().zip(line.bytes()).take_while(|(a, b)| a == b).count();
            let back = "\x08".repeat(shown.len() - common);
            let rub_out = if line.len() < shown.len() { "\x1b[K" } else { "" };
            self.put(&format!("{back}{}{rub_out}", &line[common..]));
            shown = line.to_owned();
        }
    }
}
