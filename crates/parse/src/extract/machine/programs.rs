//! Programs in front of the shell: what is particular to what is entered there.

use super::*;
use crate::readings::without_suggestions;

/// Programs that show no prompt for the further lines of a statement, and nothing else before it is finished.
const ASK_SILENTLY: [&str; 8] = ["bc", "clisp", "expect", "guile", "racket", "sbcl", "tclsh", "wish"];

/// Programs that number the further lines of a statement.
const NUMBER: [&str; 3] = ["sql", "sqlcl", "sqlplus"];

impl Machine<'_> {
    /// Whether a line is a further one of a statement whose program shows no prompt for it.
    pub(super) fn goes_on_silently(&self, text: &str) -> bool {
        let Some(draft) = self.running.and_then(|r| self.drafts.get(r)) else { return false };
        let program = draft.program.as_deref().unwrap_or_default();
        let program = program.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
        ASK_SILENTLY.contains(&program)
            && draft.output.lines == 0
            && draft.text.len() < LONGEST_ASKED
            && is_open(&draft.text)
            && self.levels.top().is_some_and(|l| l.prompt.is_empty() || !text.starts_with(l.prompt.as_str()))
    }

    /// A further line of the statement that runs: `rest`, behind the secondary prompt `lead`.
    pub(super) fn further_line(&mut self, line: &Line<'_>, lead: &str, rest: &str) {
        let streamed = self.given.mode == Mode::Streamed;
        let prompt = self.levels.top().map_or("", |l| l.prompt.as_str());
        if let Some(again) = rest.strip_prefix(prompt).filter(|_| streamed && !prompt.trim().is_empty()) {
            // the whole statement was drawn once more
            if let Some(draft) = self.running.and_then(|r| self.drafts.get_mut(r)) {
                draft.text = again.trim_end().to_owned();
                draft.alternatives.clear();
                draft.span.end = draft.span.end.max(line.span.end);
            }
            return;
        }
        let last = if streamed { after_last_prompt(rest, lead, true) } else { rest };
        if last.len() < rest.len() {
            // rlwrap draws the prompt several times, and what was typed behind it twice
            let halves = last.split_at_checked(last.len() / 2);
            let once = halves.filter(|(first, second)| first == second).map(|(first, _)| first);
            if once.is_some() {
                self.doubt(0.8);
            }
            return self.append(once.unwrap_or(last), line.span.end, None);
        }
        let node = self.levels.top().is_some_and(|l| l.program.as_deref() == Some("node"));
        if let Some(typed) = if streamed && node { without_suggestions(rest) } else { None } {
            self.doubt(0.8);
            return self.append(&typed, line.span.end, None);
        }
        let ways = self.reread(line, lead, rest);
        self.append_read(ways, line.span.end, None);
    }

    /// Where the line begins that a program drew last, whose prompt changes while it does: behind the last that begins like
    /// the one in force.
    pub(super) fn drawn_by_program(&self, prompt: &str, text: &str) -> Option<usize> {
        let name = &prompt[..prompt.find(|c: char| c.is_ascii_digit()).unwrap_or(prompt.len())];
        // what is left of the sign by which it measured the terminal stands in front
        let name = name.trim_start_matches(char::REPLACEMENT_CHARACTER);
        let at = last_place(text, name).filter(|_| name.trim().len() >= 4)?;
        let sign = text[at..].find(['>', '*'])?;
        Some(text.len() - text[at + sign + 1..].trim_start().len())
    }

    /// Ruby's editor says behind every line, when it is left, whether the statement goes on below: `irb(main):002:1* def f`.
    pub(super) fn starred_line(&mut self, line: &Line<'_>, text: &str) -> bool {
        let begins = |l: &&Level| {
            l.program.is_some() && l.shown >= LONG && text.as_bytes().first() == l.prompt.as_bytes().first()
        };
        let Some(prompt) = self.levels.top().filter(begins).map(|l| l.prompt.clone()) else {
            self.breaks.starred = false;
            return false;
        };
        let Some(open) = prompt.strip_suffix("> ").map(|name| format!("{name}* ")) else { return false };
        let (last, end) = (behind_same(&prompt, text), behind_same(&open, text));
        let began = std::mem::replace(&mut self.breaks.starred, end.is_some());
        match last.filter(|_| began).or(end) {
            Some(end) if began => self.append(&text[end..], line.span.end, None),
            Some(end) => self.entered(Entered::on(line, &prompt, text[end..].to_owned(), Status::Run, 0.94)),
            None => return false,
        }
        true
    }

    /// The program that the last command runs, if nobody knows it and `prompt` is one of its own: no shell's that is known here,
    /// and none that looks like a shell's.
    pub(super) fn asking_program(&mut self, prompt: &str, said: &Says) -> Option<String> {
        let top = self.levels.top().filter(|top| top.program.is_none())?;
        if said.user.is_some() || prompt.trim_end().ends_with(['$', '#', '%']) {
            return None;
        }
        let known = top.fits(prompt, said)
            || alike(&top.prompt, prompt)
            || differ_by_part(&top.prompt, prompt)
            || self.levels.lower(prompt, said);
        if known {
            return None;
        }
        if !self.may().opens_unknown || self.prompts.on_plain_lines(&self.units).is_shells(prompt) {
            return None;
        }
        let commands = SimpleCommands::of(&self.drafts.last()?.text);
        commands.last().first().map(|word| name_of(word).to_owned())
    }

    /// Whether Python's debugger says on this line where it stands, which looks like a prompt: `> /srv/a.py(3)main()`, and
    /// below it `-> x = 1`.
    pub(super) fn shows_place(&self, text: &str) -> bool {
        is_place(text) || text.starts_with("-> ") && is_place(self.last_shown())
    }

    /// node shows below a line what it would give, and writes the line's rest behind that: a streaming copy that shows more
    /// than the answer has put a part of the line there.
    pub(super) fn doubt_previews(&mut self) {
        let Some(draft) = self.running.and_then(|r| self.drafts.get_mut(r)) else { return };
        if self.given.mode == Mode::Streamed
            && draft.program.as_deref() == Some("node")
            && draft.output.lines > 1
        {
            draft.confidence = draft.confidence.min(0.5);
        }
    }

    /// Whether what is in front now is `bc` or `dc`, which show no prompt.
    pub(super) fn calculates(&self) -> bool {
        let program = match (&self.opened, self.levels.top()) {
            (Opens::Repl { program, .. }, _) => Some(program.as_str()),
            (_, Some(top)) if top.prompt.is_empty() => top.program.as_deref(),
            _ => None,
        };
        matches!(program, Some("bc" | "dc"))
    }

    /// What is entered in `bc` has operators or names, what it answers is a number, and what it greets with is prose.
    pub(super) fn is_calculation(&self, text: &str) -> bool {
        self.calculates()
            && text.len() < 200
            && text.bytes().any(|b| b"+-*/^=%();pqk".contains(&b) || b.is_ascii_lowercase())
            && text.bytes().any(|b| b.is_ascii_digit() || b.is_ascii_lowercase())
            && !text.contains(['\'', ','])
            && text.parse::<f64>().is_err()
            && !is_prose(text)
    }
}

/// Whether a line names a file, a number of a line in brackets, and a function: `> /srv/a.py(3)main()->None`.
fn is_place(text: &str) -> bool {
    let Some((file, rest)) = text.strip_prefix("> ").and_then(|place| place.split_once('(')) else {
        return false;
    };
    let number = rest.bytes().take_while(u8::is_ascii_digit).count();
    !file.is_empty() && number > 0 && rest[number..].starts_with(')') && rest.trim_end().len() > number + 1
}

/// Whether a prompt is one word in brackets, as debuggers have it: `(gdb) `.
pub(super) fn is_bracketed(prompt: &str) -> bool {
    let inner = prompt.trim().strip_prefix('(').and_then(|rest| rest.strip_suffix(')'));
    inner.is_some_and(|word| {
        word.starts_with(|c: char| c.is_ascii_alphabetic()) && !word.contains([' ', '(', ')'])
    })
}

/// Whether `prompt`, above these units, has a number and comes again with the next one, below what was answered: `In [1]: `.
pub(super) fn counts_statements(prompt: &str, below: &[Unit<'_>]) -> bool {
    const SOON: usize = 200;
    let mut lines = below.iter().take(SOON).enumerate().filter_map(|(between, unit)| match unit {
        Unit::Line(line) => Some((between, &line.text[..behind_same(prompt, &line.text)?])),
        Unit::Edit(_) => None,
    });
    prompt.contains(|c: char| c.is_ascii_digit())
        && lines.next().is_some_and(|(between, next)| between > 0 && goes_up(prompt, next))
}

/// Whether a prompt tells how to get help, as fdisk's does: `Command (m for help): `.
pub(super) fn is_question(prompt: &str) -> bool {
    prompt.ends_with("): ") && prompt.starts_with(|c: char| c.is_ascii_uppercase())
}

/// Whether one word follows another and the first is none that `bc` knows.
fn is_prose(text: &str) -> bool {
    const KEYWORDS: [&str; 10] =
        ["define", "auto", "else", "return", "print", "void", "define void", "if", "while", "for"];
    let is_word = |word: &str| word.len() > 1 && word.bytes().all(|b| b.is_ascii_alphabetic());
    let mut words = text.split(' ').filter(|word| !word.is_empty()).peekable();
    while let Some(word) = words.next() {
        let next = words.peek().is_some_and(|next| next.starts_with(|c: char| c.is_ascii_alphanumeric()));
        if next && is_word(word) && !KEYWORDS.contains(&word) {
            return true;
        }
    }
    false
}

/// Whether more brackets are opened than closed, strings aside.
fn is_open(text: &str) -> bool {
    if text.len() > LONGEST_ASKED {
        // nobody reads so much several times
        return true;
    }
    let (mut depth, mut quote) = (0_i32, None);
    let mut bytes = text.bytes();
    while let Some(b) = bytes.next() {
        match b {
            b'\\' => _ = bytes.next(),
            b'"' | b'`' if quote.is_none() => quote = Some(b),
            _ if quote == Some(b) => quote = None,
            b'(' | b'[' | b'{' if quote.is_none() => depth += 1,
            b')' | b']' | b'}' if quote.is_none() => depth -= 1,
            _ => {}
        }
    }
    depth > 0
}

/// A statement of several rows of one editor, as Python and what is built on prompt_toolkit draw it.
pub(super) fn statement(first: &str, more: &[String], prompt: &str) -> Option<String> {
    let mut text = first.to_owned();
    for row in more {
        match program_continuation(row, prompt, "") {
            Some(rest) => text.extend(["\n", rest]),
            None => {
                // Python's editor breaks a row itself, at the edge, and says so by a backslash
                text.pop().filter(|last| *last == '\\')?;
                text.push_str(row);
            }
        }
    }
    text.truncate(text.trim_end().len());
    Some(text).filter(|_| !more.is_empty())
}

/// What a pager inside a program asks, and what is answered there is none of its statements: `gdb`.
pub(super) fn is_pagers_question(text: &str) -> bool {
    text.starts_with("--Type <") || text.starts_with("---Type <")
}

/// The rest of a further line of a statement whose program has `prompt`.
pub(super) fn further<'a>(draft: &Draft, prompt: &str, text: &'a str) -> Option<&'a str> {
    program_continuation(text, prompt, &draft.text).or_else(|| {
        let program = draft.program.as_deref().unwrap_or_default();
        if NUMBER.contains(&program) { numbered(text, &draft.text) } else { None }
    })
}

/// What stands behind the number of a line, which SQL*Plus shows for its further ones: `  2  `.
fn numbered<'a>(text: &'a str, typed: &str) -> Option<&'a str> {
    let (lead, rest) = text.split_at_checked(5)?;
    let number = lead.strip_suffix("  ")?.trim_start();
    let due = number.parse() == Ok(typed.split('\n').count() + 1);
    (due && !typed.trim_end().ends_with(';')).then_some(rest)
}

/// The rest of a continuation line of a program whose prompt is `prompt` and in which `typed` stands so far. Programs draw
/// the secondary prompt as wide as the first (`>>> ` and `... `, `db=# ` and `db-# `), or as the clients of MySQL do,
/// whatever the first is (`    -> `, `    '> `), or they double its sign (lua: `> ` and `>> `).
pub(super) fn program_continuation<'a>(text: &'a str, prompt: &str, typed: &str) -> Option<&'a str> {
    let width = prompt.chars().count();
    if width < 2 {
        return None;
    }
    if width < 4 || is_open(typed) {
        // node and mongosh
        if let Some(rest) = text.strip_prefix("... ") {
            return Some(rest);
        }
    }
    if width < 4 {
        let doubled = || text.strip_prefix(&prompt[..1])?.strip_prefix(prompt);
        if let Some(rest) = prompt.is_ascii().then(doubled).flatten() {
            return Some(rest);
        }
    }
    if let Some(rest) = mysql_continuation(text) {
        return (!is_ended(typed)).then_some(rest);
    }
    let end = text.char_indices().nth(width).map_or(text.len(), |(i, _)| i);
    let lead = &text[..end];
    // trailing blanks of an empty continuation line may be gone
    let lead_width = lead.chars().count();
    if lead == prompt || lead_width + 1 < width || lead.trim_start().is_empty() {
        return None;
    }
    let differ = lead.chars().zip(prompt.chars()).filter(|(a, b)| a != b).count();
    let other_sign = differ == 1
        && lead
            .chars()
            .zip(prompt.chars())
            .any(|(a, b)| a != b && !a.is_alphanumeric() && !b.is_alphanumeric());
    let signs_only = !lead.chars().any(char::is_alphanumeric);
    let ends = lead.ends_with(' ') || lead_width + 1 == width;
    let visible = lead.trim();
    let usual = match visible {
        // tables and diffs have such lines too
        "|" | "+" => {
            is_open(typed) || typed.trim_end().ends_with(['+', '-', '*', '/', ',', '=', '|', '&', '%', '~'])
        }
        "...:" => true,
        // php puts what is open in the place of its sign
        _ => {
            visible.ends_with(['>', '.', '#', '*']) || !signs_only && visible.ends_with(['{', '(', '\'', '"'])
        }
    };
    (ends && usual && (signs_only || other_sign)).then(|| &text[end..])
}

/// What stands behind the secondary prompt of a client of MySQL: seven columns that say what is open.
fn mysql_continuation(text: &str) -> Option<&str> {
    let (lead, rest) = text.split_at_checked(7)?;
    matches!(lead, "    -> " | "    '> " | "    \"> " | "    `> " | "   /*> ").then_some(rest)
}

/// Whether a plan is asked for by a statement that has ended: it is shown with arrows.
fn is_ended(typed: &str) -> bool {
    let ended = [";", "\\G", "\\g"].iter().any(|end| typed.trim_end().ends_with(end));
    let first = typed.split_whitespace().next().unwrap_or_default();
    ended && ["explain", "analyze", "describe", "desc"].iter().any(|word| first.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secondary_prompts_of_programs_are_taken_off() {
        let rest = |text, prompt, typed| program_continuation(text, prompt, typed);
        assert_eq!(rest("    -> from t;", "mysql> ", "select 1"), Some("from t;"));
        assert_eq!(rest("    -> from t;", "MariaDB [(none)]> ", "select 1"), Some("from t;"));
        assert_eq!(rest("    '> b';", "MariaDB [db]> ", "select 'a"), Some("b';"));
        assert_eq!(rest("    -> Table scan on t", "mysql> ", "EXPLAIN format=tree select 1;"), None);
        assert_eq!(rest("    -> where a", "mysql> ", "explain select b from orig"), Some("where a"));
        assert_eq!(rest("db-# x", "db=# ", ""), Some("x"));
        assert_eq!(rest("... ", ">>> ", ""), Some(""));
        assert_eq!(rest("...", ">>> ", ""), Some(""));
        assert_eq!(rest("   ...:     print(i)", "In [3]: ", "for i in x:"), Some("    print(i)"));
        assert_eq!(rest("irb(main):002:0> f", "irb(main):001:0> ", "1"), None);
        assert_eq!(rest(">> print(i)", "> ", "for i=1,2 do"), Some("print(i)"));
        assert_eq!(rest("php { return 2;", "php > ", "function f() {"), Some("return 2;"));
        assert_eq!(rest("{ return 2;", "> ", "function f() {"), None);
        assert_eq!(rest("... a: 1})", "shop> ", "db.users.find({"), Some("a: 1})"));
        assert_eq!(rest("... and so on", "shop> ", "show tables"), None);
        assert_eq!(rest("| a: 1", "> ", "f({"), Some("a: 1"));
        assert_eq!(rest("+ x)", "> ", "mean("), Some("x)"));
        assert_eq!(rest("+ a line more", "> ", "show diff"), None);
        assert_eq!(rest("| a | b |", "> ", "select 1"), None);
        assert_eq!(rest(" id | name", "sqlite> ", "select 1"), None);
    }

    #[test]
    fn lines_that_are_numbered_follow_each_other() {
        assert_eq!(numbered("  2  from t", "select a"), Some("from t"));
        assert_eq!(numbered(" 10  ", &"a\n".repeat(8)), Some(""));
        for (text, typed) in [("  3  from t", "select a"), ("  2  row", "select a;"), ("  2 row", "select a")]
        {
            assert_eq!(numbered(text, typed), None, "{text}");
        }
    }

    #[test]
    fn pythons_debugger_says_where_it_stands() {
        for place in ["> /srv/a.py(3)<module>()", "> /srv/a b.py(13)main()->None", "> <string>(1)<module>()"]
        {
            assert!(is_place(place), "{place}");
        }
        for typed in ["> print(1)", "> f(3)", "> x", "print(1)", "> (3)f()"] {
            assert!(!is_place(typed), "{typed}");
        }
    }

    #[test]
    fn what_bc_greets_with_is_prose() {
        for prose in
            ["bc 1.07.1", "This is free software with ABSOLUTELY NO WARRANTY.", "Report bugs at: https://x"]
        {
            assert!(is_prose(prose), "{prose}");
        }
        for typed in
            ["define f(x) {", "scale=3; 10/3", "for (i=0; i<3; ++i) i", "2 ^ 10", "a = b + c", "if (x > 1) y"]
        {
            assert!(!is_prose(typed), "{typed}");
        }
    }
}
