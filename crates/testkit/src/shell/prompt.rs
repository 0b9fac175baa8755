//! Prompts, and what kinds of shell draw them.

/// Which shell, as far as its terminal bytes differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// bash 5.2: switches bracketed paste on and off around every line.
    Bash52,
    /// bash 4.2, Amazon Linux 2: no paste marks.
    Bash42,
    /// dash, or any shell without line editing: the terminal driver edits.
    Dash,
}

/// The look of a prompt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PromptStyle {
    look: Look,
    /// The prompt already stands on the screen.
    pub(super) drawn: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Look {
    /// `sh-5.2$ `
    Bare,
    /// `[user@host dir]$ `
    Amazon,
    /// `user@host:dir$ ` in colours behind a window title.
    Ubuntu,
    /// Time and directory on one line, `❯ ` on the next.
    TwoLines,
    /// `dir > `
    Arrow,
}

impl PromptStyle {
    /// What `sh` shows without any configuration.
    pub const BARE: Self = Self { look: Look::Bare, drawn: false };
    /// Amazon Linux.
    pub const AMAZON: Self = Self { look: Look::Amazon, drawn: false };
    /// Ubuntu, with colours and a window title.
    pub const UBUNTU: Self = Self { look: Look::Ubuntu, drawn: false };
    /// Two lines.
    pub const TWO_LINES: Self = Self { look: Look::TwoLines, drawn: false };
    /// The directory and an arrow.
    pub const ARROW: Self = Self { look: Look::Arrow, drawn: false };

    /// The prompt of a login shell started from a shell with this one.
    pub(super) fn login(dialect: Dialect, from: Self) -> Self {
        match (dialect, from.look) {
            (Dialect::Dash, _) | (_, Look::Ubuntu) => Self::UBUNTU,
            _ => Self::AMAZON,
        }
    }

    /// Whether the prompt shows the user's name.
    pub(super) fn names_user(self, dialect: Dialect) -> bool {
        dialect != Dialect::Dash && matches!(self.look, Look::Amazon | Look::Ubuntu)
    }

    pub(super) fn render(self, dialect: Dialect, user: &str, host: &str, cwd: &str) -> String {
        let root = user == "root";
        let sign = if root { '#' } else { '$' };
        let home = if root { "/root".into() } else { format!("/home/{user}") };
        let short = host.split('.').next().unwrap_or(host);
        let path = match cwd.strip_prefix(&home) {
            Some(rest) => format!("~{rest}"),
            None => cwd.to_owned(),
        };
        let last = match path.rsplit('/').next() {
            Some("") | None => "/",
            Some(last) => last,
        };
        match (dialect, self.look) {
            (Dialect::Dash, _) => format!("{sign} "),
            (Dialect::Bash52, Look::Bare) => format!("sh-5.2{sign} "),
            (Dialect::Bash42, Look::Bare) => format!("sh-4.2{sign} "),
            (_, Look::Amazon) => format!("[{user}@{short} {last}]{sign} "),
            (_, Look::Ubuntu) => format!(
                "\x1b]0;{user}@{short}: {path}\x07\x1b[01;32m{user}@{short}\x1b[00m:\x1b[01;34m{path}\x1b[00m{sign} "
            ),
            (_, Look::TwoLines) => {
                format!("\x1b[36m{path}\x1b[0m on \x1b[35m{short}\x1b[0m\r\n\x1b[1;32m\u{276f}\x1b[0m ")
            }
            (_, Look::Arrow) => format!("{last} > "),
        }
    }

    /// Cells the last line of the prompt takes.
    pub(super) fn width(rendered: &str) -> usize {
        let line = rendered.rsplit('\n').next().unwrap_or_default();
        let mut cells = 0;
        let mut chars = line.chars();
        while let Some(c) = chars.next() {
            match c {
                '\x1b' if chars.next() == Some(']') => {
                    chars.by_ref().take_while(|&c| c != '\x07').for_each(drop);
                }
                '\x1b' => chars.by_ref().take_while(|c| !c.is_ascii_alphabetic()).for_each(drop),
                _ => cells += 1,
            }
        }
        cells
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prompts_look_as_their_shells_draw_them() {
        let render =
            |style: PromptStyle, dialect, user| style.render(dialect, user, "web-1.internal", "/root/a");
        assert_eq!(render(PromptStyle::BARE, Dialect::Bash42, "ssm-user"), "sh-4.2$ ");
        assert_eq!(render(PromptStyle::AMAZON, Dialect::Bash52, "root"), "[root@web-1 a]# ");
        let ubuntu = render(PromptStyle::UBUNTU, Dialect::Bash52, "root");
        assert!(ubuntu.ends_with("\x1b[01;34m~/a\x1b[00m# "), "{ubuntu:?}");
        assert_eq!(PromptStyle::width(&ubuntu), "root@web-1:~/a# ".len());
        assert_eq!(PromptStyle::width(&render(PromptStyle::TWO_LINES, Dialect::Bash52, "x")), 2);
    }
}
