//! Programs whose editors draw prompt and line once more when the line is entered: what a streaming copy has of that is
//! all it can be read by.

use super::begun::drawn_once;
use super::*;

/// Blank lines below a prompt that make room for a menu, at most.
const ROOM: usize = 64;
/// How what is drawn next begins: a blank that the cursor goes back over.
const DRAWS: &[u8] = b" \x08";
/// Bytes of a prompt that is looked for so.
const SHORTEST: usize = 3;
const LONGEST: usize = 120;

impl Machine<'_> {
    /// Whether a program is in front, or the last command opens one.
    pub(super) fn in_program(&self) -> bool {
        matches!(self.opened, Opens::Repl { .. }) || self.levels.top().is_some_and(|l| l.program.is_some())
    }

    fn is_shells_prompt(&self, prompt: &str) -> bool {
        let said = says(prompt);
        self.levels.downwards().any(|l| l.program.is_none() && l.fits(prompt, &said))
    }

    /// Takes what was entered in an editor that draws prompt and line for every key and steps below them when it is left,
    /// as Ruby's does: a streaming copy has what is shown next behind the line, `irb> f`, once more `irb> f`, `irb> f=> 2`.
    /// Whether it is one.
    pub(super) fn drawn_with_answer(&mut self, at: usize, line: &Line<'_>, prompt: &str, rest: &str) -> bool {
        let drawn = prompt.trim_start_matches(char::REPLACEMENT_CHARACTER);
        if drawn.trim().len() < LONG || !self.in_program() || self.is_shells_prompt(prompt) {
            return false;
        }
        let Some((typed, behind)) = entered_rows(drawn, rest) else { return false };
        let others = if typed.contains('\n') {
            vec![]
        } else {
            vec![format!("{typed}{behind}").trim_end().to_owned()]
        };
        self.entered(Entered { others, ..Entered::on(line, prompt, typed, Status::Run, 0.8) });
        let mut below = line.clone();
        below.text = behind.to_owned().into();
        self.plain_line(at, &below, 0.8);
        true
    }

    /// The same of what is built on prompt_toolkit (`ipython`, `pgcli`), which goes over every row it needs before it waits
    /// for a key: its prompt stands alone, and behind what is typed once more with all of the line. Whether it is one of
    /// these.
    pub(super) fn drawn_when_entered(&mut self, at: usize, line: &Line<'_>, text: &str) -> bool {
        if self.given.mode != Mode::Streamed || !self.in_program() {
            return false;
        }
        if let Some(prompt) = &self.breaks.waits
            && let Some(place) = last_place(text, prompt)
            && let Some(typed) = text[place + prompt.len()..].strip_prefix(' ')
            && !typed.trim().is_empty()
        {
            let (prompt, typed) = (format!("{prompt} "), typed.to_owned());
            self.breaks.waits = None;
            self.entered(Entered::on(line, &prompt, typed, Status::Run, 0.9));
            return true;
        }
        let shown = text[..drawn_once(text)].trim_end();
        let signed =
            shown.len() >= SHORTEST && shown.len() < LONGEST && shown.ends_with(['>', ':', '#', '$']);
        if !signed || !self.has_room_below(at) {
            return false;
        }
        self.breaks.waits = Some(shown.to_owned());
        true
    }

    /// Whether blank lines stand below, and behind them what such a program draws first.
    fn has_room_below(&self, at: usize) -> bool {
        let lines = self.units[at + 1..].iter().take(ROOM).map_while(|unit| match unit {
            Unit::Line(line) => {
                Some((line.text.trim().is_empty(), self.given.of(&line.span).starts_with(DRAWS)))
            }
            Unit::Edit(_) => None,
        });
        let first = lines.enumerate().find(|(_, (blank, draws))| *draws || !blank);
        first.is_some_and(|(blank, (_, draws))| draws && blank > 0)
    }
}

/// What was drawn last behind `prompt`, which stands before `rest`: the rows of a statement, and what was shown when its last
/// row had been drawn twice.
fn entered_rows<'t>(prompt: &str, rest: &'t str) -> Option<(String, &'t str)> {
    let name = &prompt[..prompt.find(|c: char| c.is_ascii_digit() || c == '>')?];
    let (number, _) = numbered(&prompt[name.len()..])?;
    let ends = rest.match_indices(name).map(|(at, _)| at).chain([rest.len()]);
    let mut rows = vec![(number, &rest[..rest.find(name)?])];
    let mut start = rows[0].1.len();
    for end in ends.skip(1) {
        rows.push(numbered(&rest[start + name.len()..end])?);
        start = end;
    }
    let (last, before) = rows.split_last()?;
    let (again, _) = before.split_last().filter(|(again, _)| again.0 == last.0)?;
    let typed = again.1.trim_end();
    let behind = last.1.strip_prefix(typed).filter(|_| !typed.is_empty())?;
    // one sign more is one key more
    behind.chars().nth(1)?;
    let above =
        before.array_windows().rev().take_while(|[above, below]| above.0.checked_add(1) == Some(below.0));
    let mut lines: Vec<&str> = above.map(|[above, _]| above.1.trim_end()).collect();
    (usize::try_from(last.0.checked_sub(number)?) == Ok(lines.len())).then_some(())?;
    lines.reverse();
    lines.push(typed);
    Some((lines.join("\n"), behind))
}

/// The number of a row's line, none if it has none, and what stands behind the sign that ends its prompt or says what is open.
fn numbered(row: &str) -> Option<(u32, &str)> {
    const LONGEST: usize = 16;
    let digits = row.bytes().take_while(u8::is_ascii_digit).count();
    let number = if digits == 0 { 0 } else { row[..digits].parse().ok()? };
    let sign =
        row.bytes().take(LONGEST).position(|b| matches!(b, b'>' | b'*' | b'`' | b'"' | b'\'' | b']'))?;
    Some((number, row[sign + 1..].strip_prefix(' ')?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_drawn_twice_was_entered() {
        fn read(prompt: &str, rest: &str) -> Option<(String, String)> {
            entered_rows(prompt, rest).map(|(typed, behind)| (typed, behind.to_owned()))
        }
        let some = |typed: &str, behind: &str| Some((typed.to_owned(), behind.to_owned()));
        let irb = "irb(main):002:0> ";
        assert_eq!(read(irb, &format!("{irb}1{irb}1+{irb}1+1{irb}1+1{irb}1+1=> 2")), some("1+1", "=> 2"));
        assert_eq!(read(irb, &format!("ffork   fail   {irb}f         {irb}f=> 2")), some("f", "=> 2"));
        let rows = "irb(main):002:1* def firb(main):003:1*   2irb(main):004:0> end";
        let keys = format!(
            "ddup   def    {irb}de  {irb}def{irb}def ffor  irb(main):003:2*   irb(main):004:1*   en  "
        );
        assert_eq!(
            read(irb, &format!("{keys}{rows}irb(main):004:0> end=> :f")),
            some("def f\n  2\nend", "=> :f")
        );
        assert_eq!(read("app(prod)> ", "1app(prod)> 1app(prod)> 1=> 1"), some("1", "=> 1"));
        // no more than another key, nothing typed, and the first row lost
        assert_eq!(read(irb, &format!("1{irb}1+{irb}1+1")), None);
        assert_eq!(read(irb, &format!("{irb}=> 2")), None);
        assert_eq!(read(irb, "irb(main):004:0> endirb(main):004:0> end=> :f"), None);
    }
}
