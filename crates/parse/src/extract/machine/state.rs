//! What the pass knows, by what it is about.

use super::*;

/// What is known of the session's prompts.
#[derive(Default)]
pub(super) struct Prompts<'a> {
    /// Prompts learned from marked lines.
    pub(super) marked: Learned,
    /// By unit, the places where a prompt may end on the first row of each edit.
    pub(super) first_rows: Vec<(usize, Box<[Candidate]>)>,
    /// Prompts on all other lines, once they are needed.
    pub(super) plain: Option<Lookup<Unit<'a>>>,
    /// The upper line of the prompt that is due.
    pub(super) lead: Option<String>,
    /// Hash of the last marked line that was an upper line of a prompt.
    pub(super) marked_lead: Option<u64>,
    /// Keys of rows that are the upper lines of prompts, each with its place.
    pub(super) leads: KeySet,
    /// Keys of marked lines that are upper lines of prompts, once they are needed.
    pub(super) streamed_leads: Option<KeySet>,
    /// Rows that stand above bare signs.
    pub(super) upper: upper::Upper,
    /// How many units may still be looked at for what shells ask with; `None` before the first question.
    pub(super) secondary_looks: Option<usize>,
    /// Keys of prompts of shells behind which something was entered.
    pub(super) used: KeySet,
    /// What the prompt that was seen last says, if it was of one line.
    pub(super) said: (String, Rc<Says>),
}

impl<'a> Prompts<'a> {
    /// Prompts on lines without marks, of which nothing is learned before somebody asks.
    pub(super) fn on_plain_lines(&mut self, units: &Rc<Vec<Unit<'a>>>) -> &mut Lookup<Unit<'a>> {
        self.plain.get_or_insert_with(|| plain_lookup(units))
    }
}

/// What readings of a lossy line are weighed by.
#[derive(Default)]
pub(super) struct Weighing<'a> {
    /// Words that the session shows.
    pub(super) words: Words<'a>,
    /// Where lines were entered, by how they begin.
    pub(super) history: History,
    /// Hashes of the lines run so far.
    pub(super) ran: KeySet,
    /// The widths at which a streaming copy's long lines may have been wrapped.
    pub(super) wrap: Option<Wraps>,
}

impl Weighing<'_> {
    /// Whether a line was run, which has no blanks at its end.
    pub(super) fn has_run(&self, line: &str) -> bool {
        self.ran.contains(&hash(line))
    }
}

/// Where lines end, and which may go on in the next.
#[derive(Default)]
pub(super) struct Breaks {
    /// Carriage returns before a line feed that nobody but the terminal wrote.
    pub(super) returns: u8,
    /// The line goes on in the next: an editor broke it at the terminal's width.
    pub(super) broken: bool,
    /// An editor began a new row in the middle of a line.
    pub(super) soft: bool,
    /// The program's editor says that the last line goes on.
    pub(super) starred: bool,
    /// The prompt of a program that draws it once more when a line is entered, while it waits for one.
    pub(super) waits: Option<String>,
    /// The terminal's width, once seen.
    pub(super) row_width: Option<usize>,
    /// The width of the terminal as ksh93 fills it.
    pub(super) korn: Option<usize>,
    /// How many columns mksh draws before the sign of a row that it moved aside.
    pub(super) aside: Option<usize>,
    /// How long such rows are in a streaming copy.
    pub(super) rows: Option<Rows>,
    /// By prompt, how long the lines of a session that runs busybox are that may go on in the next, and whether several are
    /// as long.
    pub(super) longest: HashMap<u64, Vec<(usize, bool)>>,
    /// The last line is as long.
    pub(super) full: Option<Full>,
}
