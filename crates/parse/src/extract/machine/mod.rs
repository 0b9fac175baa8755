//! The pass over a session's units: lines, and edits of shells that mark their line editor.
//!
//! | question | files |
//! |---|---|
//! | In which order, and how many units at once? | `windows` |
//! | Where does a prompt end? | `due` and `below` of lines without marks, `marks` of lines with them, `editors` of edits |
//! | Which rows stand above its last? | `leads`, `upper` |
//! | Was it shown, and not drawn by a shell? | `shown`, `inside`, `output` |
//! | Does the line go on? | `edges` at the terminal's width, `blocks` in history, `programs` in statements, `accepted` in those that are drawn once more |
//! | What was typed before it was due, pasted, or torn? | `ahead`, `queued`, `repair`, `glued`, `drawn_below`, `jobs`, `messages`, `listed` |
//! | What does the line say? | `lossy` of a streaming copy; `fish`, `typed`, `korn`, `aside`, `overwritten`, `counted`, `right` for what only some shells draw |
//! | What does it do? | `entered`; `by_key`, which ends a shell; `may`, to prompts |
//! | How sure is that, and did it run at all? | `calibrate`, `unseen`, `hung_up`; `anew` and `mended` for what it may be beside; `echoed` and `octal` for what it printed, `uncomplained` for what it would have said, `answered` for what another reading would have shown |
//!
//! What the pass keeps is in `state`, `drafts`, `history` and `words`.

mod accepted;
mod ahead;
mod anew;
mod answered;
mod aside;
mod begun;
mod behind;
mod below;
mod blocks;
mod by_key;
mod calibrate;
mod counted;
mod drafts;
mod drawn_below;
mod due;
mod echoed;
mod edges;
mod editors;
mod entered;
mod fish;
mod further;
mod glued;
mod history;
mod hung_up;
mod inside;
mod jobs;
mod korn;
mod leads;
mod lines;
mod listed;
mod lossy;
mod marks;
mod may;
mod mended;
mod messages;
mod octal;
mod output;
mod overwritten;
mod programs;
mod queued;
mod repair;
mod right;
mod shown;
mod state;
mod typed;
mod uncomplained;
mod unended;
mod unseen;
mod upper;
mod windows;
mod words;

use std::collections::{HashMap, HashSet, VecDeque};
use std::ops::Range;
use std::rc::Rc;

use memchr::memmem;
use whoran_model::{Alternative, CommandKind, Origin, OsUser, Status};

use super::capture::Capture;
use super::draft::Draft;
use super::expand::{expansion, joined, ran_nothing};
use super::input::{after_last_prompt, continuation, last_redrawn, rows_text, split_commands};
use super::level::{LONG, Level, goes_up};
use super::levels::{Arrival, Levels};
use crate::prompt::{
    ByKey, Candidate, KeySet, Learned, Lookup, Sample, Says, alike, behind_alike, behind_arrows,
    behind_place, behind_same, behind_status, candidates, differ_by_part, exact_key, few_key, is_candidate,
    is_shell_sign, last_place, likeness, loose_key, same, says, word_key,
};
use crate::readings::{
    Keys, Reading, Rows, Wraps, begins_at_blank, columns, joins, longest, readings, row_limit, typed, words,
    wraps,
};
use crate::shell::{
    Opens, SimpleCommands, Who, asked, asks_itself, is_command, is_complete, is_powershells, is_whole,
    name_of, opens, opens_all, runs_lines,
};
use crate::term::{Edit, Ended, Line, Mode, Unit};

use ahead::typed_before;
use drafts::Drafts;
use due::plain_lookup;
use history::History;
use inside::LEFT;
use jobs::is_job;
use may::May;
use output::{is_gone, is_password_prompt, says_it_ends};
use programs::{further, is_pagers_question, statement};
pub(super) use repair::KNOWN;
use repair::{behind_sign, hash, is_blank};
use state::{Breaks, Prompts, Weighing};
pub(crate) use unseen::UNSEEN;
pub(crate) use windows::extract;
use windows::is_busybox;
use words::Words;

/// A prompt that nothing announced is believed from this score on.
const UNANNOUNCED: f32 = 7.5;
/// A prompt that the last command may have opened.
const ANNOUNCED: f32 = 2.9;
/// The first prompt of a session.
const FIRST: f32 = 2.9;
/// A program's prompt.
const PROGRAM: f32 = 2.3;
/// Lines longer than this begin with no prompt one could learn.
const LONGEST_LINE: usize = 1 << 16;

/// Lines remembered for weighing readings.
const MOST_RAN: usize = 200_000;

/// Text longer than this is not asked whether it is complete: it goes on as long as continuation lines come.
const LONGEST_ASKED: usize = 1 << 14;

/// Other readings of a line that are kept.
const MOST_OTHERS: usize = 5;
/// How sure another reading is that nothing speaks for but that its text stands there.
const OTHER: f32 = 0.15;

/// What is known from outside the terminal.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Given<'a> {
    pub(crate) mode: Mode,
    /// The bytes the units were made of.
    pub(crate) bytes: &'a [u8],
    /// Where events of the streaming copy begin, if there is one. A line is sent within the second that ended it: what
    /// somebody types after a look at what was shown before begins another event.
    pub(crate) begins: &'a [usize],
    /// The OS user the session began as.
    pub(crate) run_as: Option<&'a str>,
    /// Whether the log ends before the session does.
    pub(crate) broke_off: bool,
}

impl<'a> Given<'a> {
    /// What stands there; nothing where that is beyond the end.
    fn of(&self, span: &Range<usize>) -> &'a [u8] {
        self.bytes.get(span.clone()).unwrap_or_default()
    }

    /// What follows there.
    fn behind(&self, at: usize) -> &'a [u8] {
        self.bytes.get(at..).unwrap_or_default()
    }
}

/// How many commands are held, and what is known of them already.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Holding<'a> {
    /// Commands of more bytes than about so many are handed on before all are found.
    pub(crate) most: usize,
    /// What an earlier pass over the same session found.
    pub(crate) known: Option<&'a Hindsight>,
}

/// What is known of a session's commands only once all are found.
#[derive(Debug, Default)]
pub(crate) struct Hindsight {
    /// By level id: the OS user.
    pub(crate) users: Vec<Option<OsUser>>,
    /// How many lines for a shell begin with that word, in a streaming copy.
    names: HashMap<String, u32>,
}

/// What the pass found.
#[derive(Debug, Default)]
pub(crate) struct Extracted {
    /// The commands, but those that were handed on before.
    pub(crate) drafts: Vec<Draft>,
    /// Whether any was.
    pub(crate) handed: bool,
    pub(crate) hindsight: Hindsight,
    /// The log ends in the middle of a line that is no prompt.
    pub(crate) ends_mid_line: bool,
    /// Where the terminal showed output before any command.
    pub(crate) unexplained: Option<usize>,
}

/// A line or row known to begin with a prompt, taken apart.
struct Entered<'a> {
    /// Lines of the prompt above its last.
    lead: String,
    prompt: &'a str,
    text: String,
    status: Status,
    marked: bool,
    /// Its lines were handed to the shell as one.
    whole: bool,
    /// Every movement of the cursor is known: the text is as it stood.
    replayed: bool,
    confidence: f32,
    span: Range<usize>,
    /// The title that was set with the prompt.
    title: Option<Range<usize>>,
    /// Bytes of the line behind the prompt, for a streaming copy that lost some.
    raw: Option<&'a [u8]>,
    /// What else may have been entered.
    others: Vec<String>,
}

/// A line that may go on in the next.
struct Full {
    width: usize,
    /// Other lines of the same prompt are as long.
    agree: bool,
    /// What it and the rows below it show.
    text: String,
}

struct Machine<'a> {
    /// The units of this window.
    units: Rc<Vec<Unit<'a>>>,
    /// How many of them were gone through.
    done: usize,
    /// A streaming copy of a session that runs busybox.
    busybox: bool,
    given: Given<'a>,
    prompts: Prompts<'a>,
    levels: Levels,
    drafts: Drafts,
    /// What an earlier pass over the same session found.
    known: Option<&'a Hindsight>,
    /// How many lines for a shell that were handed on begin with that word, in a streaming copy.
    names: HashMap<String, u32>,
    /// The last of those that have several lines.
    blocks: VecDeque<String>,
    weighing: Weighing<'a>,
    breaks: Breaks,
    /// The command whose output is being shown.
    running: Option<usize>,
    /// The last command is not finished: a continuation line is due.
    continuing: bool,
    /// What the last command may have opened.
    opened: Opens,
    /// An editor was left empty: Ctrl-D, if `exit` or `logout` follows.
    left_editor: bool,
    /// A terminal multiplexer draws the screen: its lines hold prompts although they are full-screen.
    multiplexed: bool,
    /// Units before this were taken together with an earlier one.
    taken: usize,
    /// A completion was asked for and not found; the line is shown again after a listing.
    completing: bool,
    /// What is at hand is the last line, drawn once more.
    drawn_anew: bool,
    /// Of every unit of a streaming copy the last byte that it shows, and the last that it is made of.
    ends: Vec<[u8; 2]>,
    /// What stands behind the prompt is output of a line typed ahead.
    ahead: bool,
    /// The prompt stands there twice: something ran between that showed nothing. Whether the second names another place.
    doubled: Option<bool>,
    /// Lines that may be two.
    glued: Vec<glued::Glued>,
    unseen: unseen::Unseen,
    answers: answered::Answers,
    /// What was entered, if the last line is two.
    rest: Option<String>,
    /// The last line editor that marks itself.
    last_edit: usize,
    /// What was shown before the first prompt.
    early: Vec<String>,
    /// The event of a streaming copy in which a file's text was shown and prompts behind it.
    along: Option<usize>,
    /// bash lets a line be edited before it runs it.
    edited: bool,
    /// The terminal may not show the keys.
    hushed: bool,
    /// So many lines further on what stands at root's mere sign may be a remark of a file, as what stood there last.
    remarks: u8,
    /// How many commands there were when a job spoke last.
    spoken_at: Option<usize>,
    /// The program that runs may be asked to run a line.
    runs_lines: bool,
    /// A program was asked for a shell.
    asked: bool,
    unexplained: Option<usize>,
    /// What the last command may do to prompts, and for which text of it that was found.
    may: ((usize, usize, usize), May),
}

impl<'a> Machine<'a> {
    fn new(given: Given<'a>, holding: Holding<'a>) -> Self {
        Self {
            units: Rc::default(),
            done: 0,
            busybox: given.mode == Mode::Streamed && is_busybox(given.bytes),
            given,
            prompts: Prompts::default(),
            levels: Levels::default(),
            drafts: Drafts::keeping(holding.most),
            known: holding.known,
            names: HashMap::new(),
            blocks: VecDeque::new(),
            weighing: Weighing::default(),
            breaks: Breaks::default(),
            running: None,
            continuing: false,
            opened: Opens::Nothing,
            left_editor: false,
            multiplexed: false,
            taken: 0,
            completing: false,
            drawn_anew: false,
            ends: Vec::new(),
            ahead: false,
            doubled: None,
            glued: Vec::new(),
            unseen: unseen::Unseen::default(),
            answers: answered::Answers::default(),
            rest: None,
            last_edit: usize::MAX,
            early: Vec::new(),
            along: None,
            edited: false,
            hushed: false,
            remarks: 0,
            spoken_at: None,
            runs_lines: false,
            asked: false,
            unexplained: None,
            may: ((0, 0, 0), May::default()),
        }
    }

    pub(super) fn line(&mut self, at: usize, line: &Line<'_>) {
        let text: &str = &line.text;
        if line.rare().taken {
            self.look_for_edited(line.span.clone());
        }
        if line.full_screen {
            self.look_for_shell(text);
            self.multiplexed |= matches!(self.opened, Opens::Multiplexer { .. });
            if let Some(mark) =
                line.rare().mark.filter(|mark| !self.multiplexed && self.is_shells(line, *mark))
            {
                self.marked_line(at, line, mark);
                self.doubt(0.6);
            } else if self.multiplexed {
                self.plain_line(at, line, 0.6);
            }
            return;
        }
        self.multiplexed = false;
        if self.given.mode == Mode::Streamed && self.runs_lines {
            let start = self.line_start(line.span.start);
            if text.len() + LEFT.len() < line.span.end - start {
                self.look_at_left(start..line.span.end);
            }
        }
        if let Some(begin) = self.drawn_anew_from(line) {
            self.drawn_anew = true;
            self.marked_line(at, line, begin);
            if let Some(top) = self.levels.top_mut() {
                top.marked = true;
            }
            return;
        }
        self.drawn_anew |= self.is_lead_anew(line);
        if text.len() < LONGEST_LINE
            && let Some(mark) = line.rare().mark.filter(|_| self.given.mode == Mode::Streamed)
        {
            return self.marked_line(at, line, mark);
        }
        self.has_unmarked(line);
        // zsh ends what stood there before it draws its prompt
        if (line.rare().cleared || line.rare().behind > 0) && self.is_lead(at) {
            return;
        }
        if line.returns == 0 && self.is_stepped_from(line) {
            self.prompts.lead = Some(text.trim().to_owned());
            return;
        }
        let text = line.behind_sign();
        if self.is_drawn_once_more(text) {
            return;
        }
        // what stands behind a sign is not counted from the first column
        if line.rare().floor.is_some()
            && line.rare().behind == 0
            && let Some((line, place)) = self.counted_over_prompt(line)
        {
            return self.at_prompt(at, &line, place, 0.9);
        }
        if self.is_output(at, line, text) {
            return self.more_output(line, text);
        }
        if is_pagers_question(text) {
            return self.output(text, &line.span);
        }
        self.plain_line(at, line, 1.0);
    }
}
