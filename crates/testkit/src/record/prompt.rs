//! Prompts nobody has seen before, for every shell.

use crate::Dice;

/// A piece of a prompt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    User,
    Host,
    Cwd,
    Base,
    Time,
    Counter,
    Colour(u8),
    Plain,
    Title,
    NewLine,
    Sign(&'static str),
    Text(&'static str),
    /// What a shell function says of the directory, with a blank before it, in some directories only.
    Branch,
    /// What became of the last command, with a blank behind it, only where it failed.
    Failed,
}

/// A prompt that can be set in any shell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Prompt(Vec<Part>);

impl Prompt {
    /// A prompt by chance: one line or two, with or without colours, title, clock, counter, branch.
    pub(super) fn random(dice: &mut Dice) -> Self {
        let mut parts = Vec::new();
        if dice.chance(25) {
            parts.push(Part::Title);
        }
        let colours = dice.chance(55);
        let (open, close) = dice.weighted(&[
            (50, ("", "")),
            (25, ("[", "]")),
            (10, ("(", ")")),
            (8, ("<", ">")),
            (7, ("\u{250c}\u{2500} ", "")),
        ]);
        if !open.is_empty() {
            parts.push(Part::Text(open));
        }
        let mut any = false;
        let mut add = |parts: &mut Vec<Part>, dice: &mut Dice, percent, part, before: &'static str| {
            if dice.chance(percent) {
                if any && !before.is_empty() {
                    parts.push(Part::Text(before));
                }
                if colours {
                    parts.push(Part::Colour(1 + dice.below(6) as u8));
                }
                parts.push(part);
                if colours {
                    parts.push(Part::Plain);
                }
                any = true;
            }
        };
        add(&mut parts, dice, 15, Part::Time, " ");
        add(&mut parts, dice, 55, Part::User, " ");
        add(&mut parts, dice, 50, Part::Host, "@");
        let dir = if dice.chance(60) { Part::Cwd } else { Part::Base };
        let before = ["", ":", " "][dice.below(3)];
        add(&mut parts, dice, 70, dir, before);
        add(&mut parts, dice, 15, Part::Text("(main *)"), " ");
        add(&mut parts, dice, 10, Part::Counter, " ");
        if !close.is_empty() {
            parts.push(Part::Text(close));
        }
        if dice.chance(15) {
            parts.push(Part::NewLine);
        }
        let signs =
            ["$ ", "# ", "> ", "% ", " $ ", "\u{276f} ", "\u{bb} ", "\u{3bb} ", ":$ ", "=> ", "~> ", "->> "];
        parts.push(Part::Sign(if dice.chance(50) { "" } else { signs[dice.below(signs.len())] }));
        Self(parts)
    }

    /// A prompt of a theme: parts behind arrows as powerline and agnoster draw them, upper lines with a sign in them as Kali's
    /// and starship's; or one that people have made of their distribution's, with parts that come and go, an empty line
    /// before it or no blank behind it.
    pub(super) fn themed(dice: &mut Dice) -> Self {
        use Part::{Base, Branch, Colour, Cwd, Failed, Host, NewLine, Plain, Sign, Text, User};
        Self(match dice.below(10) {
            0 => vec![Text("\u{a0}"), User, Text("\u{a0}\u{e0b0}\u{a0}"), Base, Text("\u{a0}\u{e0b0}\u{a0}")],
            1 => vec![
                Colour(3),
                Text(" "),
                User,
                Text("@"),
                Host,
                Text(" \u{e0b0} "),
                Cwd,
                Plain,
                Text(" \u{e0b0} "),
            ],
            2 => vec![
                Text("\u{250c}\u{2500}\u{2500}("),
                User,
                Text("\u{327f}"),
                Host,
                Text(")-["),
                Cwd,
                Text("]"),
                NewLine,
                Text("\u{2514}\u{2500}"),
                Sign(""),
            ],
            3 => vec![
                NewLine,
                Colour(3),
                User,
                Plain,
                Text(" in \u{1f310} "),
                Host,
                Text(" in "),
                Cwd,
                NewLine,
                Colour(2),
                Sign("\u{276f} "),
                Plain,
            ],
            4 => vec![Sign("\u{279c} "), Text(" "), Colour(6), Base, Plain, Text(" git:(main) ")],
            5 => vec![NewLine, Colour(2), User, Text("@"), Host, Plain, Text(":"), Cwd, Branch, Sign("")],
            6 => vec![Failed, Colour(4), Cwd, Plain, Branch, Sign(" > ")],
            7 => vec![User, Text("@"), Host, Text(":"), Cwd, Branch, Sign("$")],
            8 => {
                vec![Failed, Text("["), User, Text("@"), Host, Text(" "), Base, Branch, Text("]"), Sign(">")]
            }
            _ => vec![
                NewLine,
                Colour(6),
                Cwd,
                Plain,
                Branch,
                NewLine,
                Failed,
                Colour(2),
                Sign("\u{276f} "),
                Plain,
            ],
        })
    }

    /// A prompt that distributions and people have.
    pub(super) fn usual(dice: &mut Dice) -> Self {
        use Part::{Base, Colour, Cwd, Host, Plain, Sign, Text, Title, User};
        Self(match dice.below(5) {
            0 => vec![Text("["), User, Text("@"), Host, Text(" "), Base, Text("]"), Sign("")],
            1 => vec![Title, User, Text("@"), Host, Text(":"), Cwd, Sign("")],
            2 => vec![Colour(2), User, Text("@"), Host, Plain, Text(":"), Colour(4), Cwd, Plain, Sign("")],
            3 => vec![Text("sh-5.2"), Sign("")],
            _ => vec![Sign("")],
        })
    }

    /// What zsh and fish may show at the right edge of the row.
    pub(super) fn right(dice: &mut Dice) -> Self {
        use Part::{Base, Colour, Cwd, Host, Plain, Text, Time, User};
        Self(match dice.below(5) {
            0 => vec![Time],
            1 => vec![Text("["), Cwd, Text("]")],
            2 => vec![Colour(2), Base, Plain],
            3 => vec![Text("(main) "), Time],
            _ => vec![User, Text("@"), Host],
        })
    }

    /// As bash's and busybox's `PS1`, to stand in single quotes.
    pub(super) fn bash(&self) -> String {
        let part = |p: &Part| match *p {
            Part::User => "\\u".to_owned(),
            Part::Host => "\\h".into(),
            Part::Cwd => "\\w".into(),
            Part::Base => "\\W".into(),
            Part::Time => "\\t".into(),
            Part::Counter => "\\!".into(),
            Part::Colour(n) => format!("\\[\\e[1;3{n}m\\]"),
            Part::Plain => "\\[\\e[0m\\]".into(),
            Part::Title => "\\[\\e]0;\\u@\\h: \\w\\a\\]".into(),
            Part::NewLine => "\\n".into(),
            Part::Branch => "$(__branch)".into(),
            Part::Failed => "$(__failed)".into(),
            Part::Sign("") => "\\$ ".into(),
            Part::Sign(text) | Part::Text(text) => text.into(),
        };
        self.0.iter().map(part).collect()
    }

    /// As zsh's `PROMPT`, to stand in `$'…'`.
    pub(super) fn zsh(&self) -> String {
        let part = |p: &Part| match *p {
            Part::User => "%n".to_owned(),
            Part::Host => "%m".into(),
            Part::Cwd => "%~".into(),
            Part::Base => "%1~".into(),
            Part::Time => "%*".into(),
            Part::Counter => "%h".into(),
            Part::Colour(n) => format!("%F{{{n}}}"),
            Part::Plain => "%f".into(),
            Part::Title => "%{\\e]0;%n@%m: %~\\a%}".into(),
            Part::NewLine => "\\n".into(),
            Part::Branch => "$(__branch)".into(),
            Part::Failed => "%(?..%? )".into(),
            Part::Sign("") => "%# ".into(),
            Part::Sign(text) | Part::Text(text) => text.replace('%', "%%"),
        };
        self.0.iter().map(part).collect()
    }

    /// As commands of fish's `fish_prompt`; fish sets titles by itself.
    pub(super) fn fish(&self) -> String {
        let part = |p: &Part| match *p {
            Part::User => "printf %s (id -un)".to_owned(),
            Part::Host => "printf %s (hostname -s)".into(),
            Part::Cwd => "printf %s (prompt_pwd)".into(),
            Part::Base => "printf %s (basename $PWD)".into(),
            Part::Time => "printf %s (date +%H:%M:%S)".into(),
            Part::Counter => "printf 7".into(),
            Part::Colour(n) => format!("printf '\\e[3{n}m'"),
            Part::Plain => "set_color normal".into(),
            Part::Title => "true".into(),
            Part::NewLine => "printf '\\n'".into(),
            Part::Branch => "__branch".into(),
            Part::Failed => "__failed".into(),
            Part::Sign("") => "printf '> '".into(),
            Part::Sign(text) | Part::Text(text) => format!("printf %s '{text}'"),
        };
        let status = if self.0.contains(&Part::Failed) { "  set -g __status $status\n" } else { "" };
        status.to_owned() + &self.0.iter().map(|p| format!("  {}\n", part(p))).collect::<String>()
    }

    /// As tcsh's `prompt`, to stand in single quotes.
    pub(super) fn tcsh(&self) -> String {
        let part = |p: &Part| match *p {
            Part::User => "%n".to_owned(),
            Part::Host => "%m".into(),
            Part::Cwd => "%~".into(),
            Part::Base => "%c".into(),
            Part::Time => "%P".into(),
            Part::Counter => "%h".into(),
            Part::Colour(n) => format!("%{{\\e[3{n}m%}}"),
            Part::Plain => "%{\\e[0m%}".into(),
            Part::Title => "%{\\e]0;%n@%m: %~\\a%}".into(),
            Part::NewLine => "\\n".into(),
            Part::Branch | Part::Failed => String::new(),
            Part::Sign("") => "%# ".into(),
            Part::Sign(text) | Part::Text(text) => text.replace('%', "%%"),
        };
        self.0.iter().map(part).collect()
    }

    /// As the `PS1` of Korn shells, to stand in single quotes.
    pub(super) fn ksh(&self, mksh: bool) -> String {
        // mksh takes what stands between two of the first character for nothing to see, where a CR follows that
        let (begin, mark) = if mksh { ("\x01\r", "\x01") } else { ("", "") };
        let part = |p: &Part| match *p {
            Part::Counter => "!".to_owned(),
            Part::NewLine => "\n".into(),
            Part::Time => "$(date +%T)".into(),
            Part::Title => format!("{mark}\x1b]0;$(id -un)@$(hostname): $PWD\x07{mark}"),
            Part::Colour(n) => format!("{mark}\x1b[3{n}m{mark}"),
            Part::Plain => format!("{mark}\x1b[0m{mark}"),
            other => Self(vec![other]).dash(),
        };
        begin.to_owned() + &self.0.iter().map(part).collect::<String>()
    }

    /// As dash's `PS1`, which knows no escapes of its own, to stand in single quotes.
    pub(super) fn dash(&self) -> String {
        let part = |p: &Part| match *p {
            Part::User => "$(id -un)".to_owned(),
            Part::Host => "$(hostname)".into(),
            Part::Cwd => "$PWD".into(),
            Part::Base => "${PWD##*/}".into(),
            Part::Time | Part::Title | Part::Counter | Part::NewLine | Part::Branch | Part::Failed => {
                String::new()
            }
            Part::Colour(n) => format!("\x1b[3{n}m"),
            Part::Plain => "\x1b[0m".into(),
            Part::Sign("") => "$ ".into(),
            Part::Sign(text) | Part::Text(text) => text.into(),
        };
        let text: String = self.0.iter().map(part).collect();
        text.replace("$ '", "\\$ '")
    }
}
