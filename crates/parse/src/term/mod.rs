//! Terminal output → the lines a person saw, and the edits in which they typed.
//!
//! [`Screen`] replays bytes on a screen without a bottom: rows are kept as long as the cursor can come back to them. What
//! leaves it are [`Unit`]s in the order they were finished: output lines, and [`Edit`]s where the shell marked
//! its line editor with bracketed-paste mode.

mod banners;
mod clocks;
mod feed;
mod grid;
mod holds;
mod kept;
mod placed;
mod repainted;
mod row;
mod screen;
mod width;

use std::borrow::Cow;
use std::ops::Range;

pub(crate) use banners::drop_banners;
pub(crate) use clocks::set_clocks;
pub(crate) use feed::Mode;
pub(crate) use holds::Holds;
pub use screen::drawn;
pub(crate) use screen::{Screen, Window};

/// Something finished on the terminal.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Unit<'a> {
    /// A line the cursor left for good.
    Line(Line<'a>),
    /// What stood between the marks of a line editor.
    Edit(Box<Edit>),
}

/// A line as it stood when the cursor left it, soft-wrapped rows joined. Small, since there is one for each line of output.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Line<'a> {
    /// The text.
    pub(crate) text: Cow<'a, str>,
    /// The bytes that wrote it, its line end included.
    pub(crate) span: Range<usize>,
    rare: Option<Box<Rare>>,
    /// Shown by a full-screen program.
    pub(crate) full_screen: bool,
    /// Ended by the end of the log and not by a line feed.
    pub(crate) cut: bool,
    /// Carriage returns before its line feed: one more than usual where the program and not the terminal wrote the first.
    pub(crate) returns: u8,
    /// What its text may hold.
    pub(crate) holds: Holds,
}

/// What is known of few lines.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Rare {
    /// Where in the text goes on what stands behind the sign of a missing line end.
    pub(crate) behind: usize,
    /// Where in the text a mark says that a prompt begins.
    pub(crate) mark: Option<usize>,
    /// Where in the text a mark says that input begins.
    pub(crate) input: Option<usize>,
    /// Byte index in the text left of which the cursor never went once it had been right of it.
    pub(crate) floor: Option<usize>,
    /// The line editor was left on this line, after something was written: a shell that does so before the line end
    /// was interrupted, or is one that always does.
    pub(crate) left: bool,
    /// A window title was set beside the mark.
    pub(crate) titled: bool,
    /// The bytes of the last title that was set on this line before any of its text.
    pub(crate) title: Option<Range<usize>>,
    /// All right of its start and below was erased before it was written: zsh does so before its prompt.
    pub(crate) cleared: bool,
    /// Byte index in the text before which a part of the line was out of sight and never shown.
    pub(crate) hidden: Option<usize>,
    /// A streaming copy: a full-screen program took the terminal on this line.
    pub(crate) taken: bool,
}

impl Line<'_> {
    /// Says where in the text goes on what stands behind the sign of a missing line end.
    pub(crate) fn set_behind(&mut self, at: usize) {
        self.rare.get_or_insert_default().behind = at;
    }

    /// Writes `with` where `place` is in the text.
    fn replace(&mut self, place: Range<usize>, with: &str) {
        self.text.to_mut().replace_range(place.clone(), with);
        let Some(rare) = &mut self.rare else { return };
        let places = [&mut rare.mark, &mut rare.input, &mut rare.floor, &mut rare.hidden];
        for at in places.into_iter().flatten().chain([&mut rare.behind]).filter(|at| **at >= place.end) {
            *at = *at - place.len() + with.len();
        }
    }

    /// The text, without the sign of a missing line end and what stands before that.
    pub(crate) fn behind_sign(&self) -> &str {
        &self.text[self.rare().behind..]
    }

    /// Says where in the text input begins.
    pub(crate) fn set_input(&mut self, at: usize) {
        self.rare.get_or_insert_default().input = Some(at);
    }

    /// What is known of few lines.
    pub(crate) fn rare(&self) -> &Rare {
        static NOTHING: Rare = Rare {
            behind: 0,
            mark: None,
            input: None,
            floor: None,
            left: false,
            titled: false,
            title: None,
            cleared: false,
            hidden: None,
            taken: false,
        };
        self.rare.as_deref().unwrap_or(&NOTHING)
    }
}

impl Rare {
    /// As a line keeps it.
    fn if_any(self) -> Option<Box<Self>> {
        (self != Self::default()).then(|| Box::new(self))
    }
}

/// How an [`Edit`] ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ended {
    /// The line was handed to the shell.
    Submitted,
    /// The editor was left without a line end: Ctrl-C or Ctrl-D.
    Left,
    /// The log ends here.
    Cut,
}

/// One use of a line editor that marks itself: prompt and typed text as they stood when the editor was left.
///
/// bash, readline programs and fish set the mark and then write the prompt; zsh writes its prompt first. Text left of
/// the mark is therefore either a prompt or what a program left there without a line end.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Edit {
    /// The rows, the first from its first column on.
    pub(crate) rows: Vec<String>,
    /// The bytes, from the first on the first row to the line end.
    pub(crate) span: Range<usize>,
    /// Where in the first row the mark stands.
    pub(crate) mark: usize,
    /// Where in the bytes the mark stands.
    pub(crate) mark_at: usize,
    /// Where in the first row input begins, where the bytes say so.
    pub(crate) input: Option<usize>,
    /// Byte index in the first row left of which the cursor never went while the text was edited.
    pub(crate) floor: Option<usize>,
    /// How it ended.
    pub(crate) ended: Ended,
    /// All right of its first row's start and below was erased before it was written.
    pub(crate) cleared: bool,
    /// The bytes of the last title that was set on its first row before any text.
    pub(crate) title: Option<Range<usize>>,
    /// For each row the carriage returns before its line feed.
    pub(crate) returns: Vec<u8>,
    /// The editor was left without switching the keypad back, which it does when a line is submitted.
    pub(crate) keypad_left_on: bool,
    /// A streaming copy that lost more than carriage returns of it: only the first row can be trusted.
    pub(crate) torn: bool,
    /// A streaming copy that lost more, but where its lines stood could be told.
    pub(crate) placed: bool,
}

/// The character at the start of `bytes`, if they begin with one.
fn first_char(bytes: &[u8]) -> Option<char> {
    let head = &bytes[..bytes.len().min(4)];
    let valid = match std::str::from_utf8(head) {
        Ok(text) => text,
        Err(e) => std::str::from_utf8(&head[..e.valid_up_to()]).unwrap_or_default(),
    };
    valid.chars().next()
}

/// All that `bytes` show.
#[cfg(test)]
pub(crate) fn read(bytes: &[u8], mode: Mode) -> Vec<Unit<'_>> {
    let (units, last) = Screen::new(bytes, mode, Window::USUAL).go_on();
    assert!(last);
    units
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(bytes: &str) -> Vec<String> {
        read(bytes.as_bytes(), Mode::Exact)
            .into_iter()
            .map(|u| match u {
                Unit::Line(line) => line.text.into_owned(),
                Unit::Edit(edit) => format!("<{}>", edit.rows.join("|")),
            })
            .collect()
    }

    #[test]
    fn plain_lines_come_as_they_are() {
        assert_eq!(lines("$ ls\r\r\na\tb\r\r\n"), ["$ ls", "a\tb"]);
    }

    #[test]
    fn the_cursor_comes_back_to_plain_lines_however_many_there_were() {
        for count in [1, 30, 399, 400, 401, 1100] {
            let mut bytes: String = (0..count).map(|n| format!("line {n}\r\n")).collect();
            bytes.push_str("\x1b[1Aover\r\n");
            let mut expected: Vec<String> = (0..count).map(|n| format!("line {n}")).collect();
            expected[count - 1].replace_range(..4, "over");
            assert_eq!(lines(&bytes), expected);
        }
    }

    #[test]
    fn coloured_lines_are_the_same_drawn() {
        assert_eq!(lines("\x1b[1;32ma\x1b[K b\x1b[m\r\n"), ["a b"]);
        let back = "\x1b[31mred\x1b[m and\r\nnext\x1b[A\r\x1b[3Cdish\r\n";
        assert_eq!(lines(back), ["reddish", "next"]);
        let units = read(b"$ x\r\n\x1b[1mb\x1b[m\r\n", Mode::Exact);
        assert!(matches!(&units[1], Unit::Line(line) if line.span == (9..15)), "{units:?}");
    }

    #[test]
    fn carriage_return_and_backspace_are_applied() {
        assert_eq!(lines("10%\r 20%\r100%\r\nlss\x08\x1b[K\r\n"), ["100%", "ls"]);
    }

    #[test]
    fn inserts_and_deletes_mid_line_are_applied() {
        assert_eq!(lines("$ ls README.dm\x08\x08\x1b[1Pm\x08\x1b[Cd\r\n"), ["$ ls README.md"]);
        assert_eq!(lines("echo helo\x08\x1b[1@l\r\n"), ["echo hello"]);
    }

    #[test]
    fn an_edit_is_what_stands_between_its_marks() {
        let bytes = "\x1b[?2004hsh$ ls\r\r\n\x1b[?2004l\rout\r\r\n\x1b[?2004hsh$ rm x^C\x1b[?2004l\r\x1b[?2004h\x1b[?2004l\r\r\r\n";
        assert_eq!(lines(bytes), ["<sh$ ls>", "out", "<sh$ rm x^C>"]);
    }

    #[test]
    fn marks_of_a_full_screen_program_begin_no_edit() {
        let program = "\x1b[?2004h\x1b[?1049htext\x1b[?2004l\x1b[?1049l";
        assert_eq!(lines(&format!("$ mc\r\r\n{program}\r\n$ id\r\r\nu\r\n")), ["$ mc", "", "$ id", "u"]);
        let own = "\x1b[?1049h\x1b[?2004htext\x1b[?2004l\x1b[?1049l";
        let within = format!("\x1b[?2004h$ {own}ls\r\r\n\x1b[?2004l\rout\r\n");
        assert_eq!(lines(&within), ["<$ ls>", "out"]);
    }

    #[test]
    fn what_an_editor_suggested_and_erased_is_no_text() {
        let row = "\x1b[?2004hsh$ \x1b[90mecho all\x1b[8Decho $i  \x1b[2D";
        assert_eq!(lines(&format!("{row}\x1b[?2004l\r\r\nout\r\n")), ["<sh$ echo $i>", "out"]);
        assert_eq!(lines(&format!("{row} \x1b[?2004l\r\r\nout\r\n")), ["<sh$ echo $i >", "out"]);
    }

    #[test]
    fn what_a_shell_complains_of_moves_no_cursor() {
        let bytes = "$ cd\r\r\n$ ^[[A^[[A\r\r\nsh: 2: \x1b[A\x1b[A: not found\r\r\n$ id\r\r\n";
        assert_eq!(lines(bytes), ["$ cd", "$ ^[[A^[[A", "sh: 2: : not found", "$ id"]);
    }

    #[test]
    fn a_forced_wrap_joins_rows_and_gives_the_width() {
        let long = format!("\x1b[?2004hsh$ {} \rend\r\r\n\x1b[?2004l\r", "x".repeat(36));
        assert_eq!(lines(&long), [format!("<sh$ {}end>", "x".repeat(36))]);
    }

    #[test]
    fn a_forced_wrap_joins_rows_where_no_editor_marks_itself() {
        let row = format!("sh-4.2$ ls {}", "ab".repeat(34));
        let more = "cd".repeat(39);
        assert_eq!(lines(&format!("{row} \rcd\r\r\nx\r\n")), [format!("{row}cd"), "x".into()]);
        // the next ones with that width, a blank before the edge among them
        let blank = format!("{row} \r{more}a b\r\r\nsh-4.2$ {} \r | wc\r\r\n", "e".repeat(71));
        assert_eq!(lines(&blank), [format!("{row}{more}a b"), format!("sh-4.2$ {} | wc", "e".repeat(71))]);
    }

    #[test]
    fn an_editor_that_takes_bytes_for_columns_goes_up_too_far_right() {
        // two lines that were pasted
        let pasted = |steps: &str, first: &str, second: &str| {
            format!(
                "\x1b[?2004h(~)\u{bb} \x1b[7m{first}\x1b[27m\r\r\n\r\x1b[7m{second}\x1b[27m\x1b[A{steps}{first}\r\r\n\r{second}\r\r\n\x1b[?2004l\r"
            )
        };
        assert_eq!(lines(&pasted("", "echo a", "id -un")), ["<(~)\u{bb} echo a|id -un>"]);
        assert_eq!(lines(&pasted("\x08\x08\x08", "ls", "pwd a b c")), ["<(~)\u{bb} ls|pwd a b c>"]);
    }

    #[test]
    fn what_is_counted_up_is_no_wrap() {
        let counts = |n: u8| format!("{n}% of the files, $ 5 [===>      ] ");
        assert_eq!(lines(&format!("{}\r{}\r\n", counts(10), counts(20))), [counts(20)]);
        assert_eq!(lines("waiting for the service to start \rup\r\n"), ["upiting for the service to start "]);
        assert_eq!(lines("$ waiting for the service      \rup\r\n"), ["upwaiting for the service      "]);
        let prompt = "[someone@somewhere ~]$ ";
        assert_eq!(lines(&format!("{prompt}\r{prompt}ls\r\r\n")), [format!("{prompt}ls")]);
        assert_eq!(lines(&format!("┌ {prompt}\r┌ {prompt}ls\r\r\n")), [format!("┌ {prompt}ls")]);
    }

    #[test]
    fn a_mark_before_plain_text_is_kept() {
        let bytes = "\x1b[?2004h\x1b]0;u@h: ~\x07(~)$ id\nu\n";
        let units = read(bytes.as_bytes(), Mode::Streamed);
        assert!(
            matches!(&units[0], Unit::Line(line) if line.rare().mark == Some(0) && line.rare().titled),
            "{units:?}"
        );
    }

    #[test]
    fn a_mark_stands_within_its_row_whatever_became_of_the_row() {
        let bytes = "$ $ \u{300} \x1b[K\x1b[?2004h\x1b[A";
        for unit in read(bytes.as_bytes(), Mode::Exact) {
            assert!(matches!(unit, Unit::Edit(edit) if edit.rows[0].is_char_boundary(edit.mark)));
        }
    }

    #[test]
    fn what_is_drawn_is_counted() {
        assert_eq!(drawn(b"plain\r\n\x1b[1mbold\x1b[m\r\nno\x08w\r\n"), 6);
        assert_eq!(drawn(b"plain\r\n\x1b[?1049hfull"), 12);
    }

    #[test]
    fn a_row_written_again_is_one_line() {
        assert_eq!(lines("> os\r\npreview\x1b[1A\r> os.x\x1b[1B\r\x1b[2K\x1b[1A\r\r\n"), ["> os.x"]);
    }

    #[test]
    fn an_unended_string_sequence_hides_no_more_than_its_line() {
        assert_eq!(lines("\x1bXhidden\r\n$ rm -rf /\r\n"), ["", "$ rm -rf /"]);
    }

    #[test]
    fn a_string_sequence_may_end_with_its_own_terminator() {
        assert_eq!(lines("\x1b]0;title\x1b\\$ id\r\n"), ["$ id"]);
    }
}
