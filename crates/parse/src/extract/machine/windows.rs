//! From the first window of a session to the last: what is learned of each before its units are gone through.

use super::calibrate::{doubt_gaps, doubt_unfinished};
use super::repair::mark_early;
use super::*;
use crate::term::{Screen, Window, drop_banners, set_clocks};

/// Units that are looked ahead at, at most.
const AHEAD: usize = 1024;

/// Finds the commands among what the bytes show. Linear in their number but for bounded look-ahead. `hand` gets, in order,
/// those that are more than can be held, as they are but for what `holding` would know of them.
pub(crate) fn extract(
    given: Given<'_>,
    window: Window,
    holding: Holding<'_>,
    hand: &mut dyn FnMut(Vec<Draft>),
) -> Extracted {
    let mut screen = Screen::new(given.bytes, given.mode, window);
    let mut machine = Machine::new(given, holding);
    loop {
        let (mut units, last) = screen.go_on();
        drop_banners(&mut units);
        set_clocks(&mut units, given.bytes);
        machine.open(units);
        machine.pass(last, hand);
        if last {
            return machine.end();
        }
    }
}

impl<'a> Machine<'a> {
    /// Takes further units, and learns from all of them before one is looked at. Of marked prompts it is known what was
    /// learned before; the rest is learned anew from each window.
    fn open(&mut self, mut more: Vec<Unit<'a>>) {
        // what else holds the last window's units, so that none is copied
        (self.prompts.plain, self.weighing.words) = (None, Words::default());
        let mut units = Rc::unwrap_or_clone(std::mem::take(&mut self.units)).split_off(self.done);
        self.prompts
            .first_rows
            .retain_mut(|(at, _)| at.checked_sub(self.done).map(|left| *at = left).is_some());
        self.taken = self.taken.saturating_sub(self.done);
        let mut returns = Returns::default();
        units.iter().for_each(|unit| returns.see(unit));
        for (at, unit) in (units.len()..).zip(&mut more) {
            returns.see(unit);
            if let Unit::Line(line) = unit
                && line.holds.signs()
                && let behind = behind_sign(&line.text)
                && behind.len() < line.text.len()
            {
                line.set_behind(line.text.len() - behind.len());
            }
            if matches!(unit, Unit::Line(line) if line.rare().mark.is_none()) {
                continue;
            }
            for (row, sample) in marked_samples(unit).enumerate() {
                let found = self.prompts.marked.see(sample);
                if row == 0 && matches!(unit, Unit::Edit(_)) {
                    self.prompts.first_rows.push((at, Box::from(&*found)));
                }
            }
        }
        if units.is_empty() {
            units = more;
        } else {
            units.append(&mut more);
        }
        if self.given.mode == Mode::Streamed {
            right::mark_inputs(&mut units, self.given.bytes);
        }
        self.breaks.returns = returns.usual();
        self.last_edit = self.prompts.first_rows.last().map_or(usize::MAX, |(at, _)| *at);
        self.prompts.streamed_leads = None;
        self.units = Rc::new(units);
        self.learn_leads();
        if self.given.mode == Mode::Streamed {
            self.weigh();
        }
    }

    /// Learns what readings of a streaming copy are weighed by.
    fn weigh(&mut self) {
        let (units, bytes) = (&*self.units, self.given.bytes);
        self.weighing.words = Words::shown(&self.units, bytes);
        self.ends = units.iter().map(|unit| last_bytes(unit, bytes)).collect();
        let known = |word: &str| self.weighing.words.look_up(word);
        let typed = typed(units);
        let wraps = wraps(&typed, bytes, known);
        self.breaks.rows = row_limit(units, &typed, known, self.busybox, wraps.certain());
        self.breaks.row_width = self.breaks.rows.map(|rows| rows.first);
        if self.busybox {
            self.breaks.longest = longest(units, &typed, known);
        }
        // a shell that breaks its lines itself forces no wraps
        self.weighing.wrap = (self.breaks.row_width.is_none() || wraps.certain()).then_some(wraps);
    }

    /// Goes through the units, all but those that are there to be looked ahead at.
    fn pass(&mut self, last: bool, hand: &mut dyn FnMut(Vec<Draft>)) {
        let units = Rc::clone(&self.units);
        self.done = units.len().saturating_sub(if last { 0 } else { AHEAD });
        for (at, unit) in units.iter().enumerate().take(self.done) {
            if at < self.taken {
                continue;
            }
            match unit {
                Unit::Edit(edit) => self.edit(at, edit),
                Unit::Line(line) => self.line(at, line),
            }
            if self.drafts.are_many() {
                self.hand_on(hand);
            }
        }
    }

    /// Hands on the commands that nothing looks back at any more.
    #[cold]
    fn hand_on(&mut self, hand: &mut dyn FnMut(Vec<Draft>)) {
        let (first, mut ripe) = self.drafts.ripe(self.running.unwrap_or(usize::MAX));
        if !ripe.is_empty() {
            mark_early(&std::mem::take(&mut self.early), &mut ripe);
            self.settle(first, &mut ripe);
            self.weighing.history.forget(first + ripe.len());
            hand(ripe);
        }
    }

    /// Takes the last look at commands of which the first has that number.
    fn settle(&mut self, first: usize, drafts: &mut [Draft]) {
        self.settle_unseen(first, drafts);
        let mut sure: Vec<f32> = Vec::new();
        if self.given.mode == Mode::Streamed {
            self.settle_glued(first, drafts);
            self.settle_drawn_below(drafts);
            self.settle_echoed(drafts);
            self.complete_from_history(drafts);
            self.settle_edge_blanks(drafts);
            self.settle_uncomplained(drafts);
            self.settle_answered(drafts);
            sure = drafts.iter().map(|draft| draft.confidence).collect();
            self.calibrate(drafts);
            self.offer_more(drafts);
            self.offer_behind_kept_head(drafts);
        } else {
            doubt_gaps(drafts);
            doubt_unfinished(drafts);
        }
        Self::settle_octal(drafts);
        answered::settle_missing(drafts);
        for draft in drafts.iter_mut().filter(|d| d.kind == CommandKind::Shell) {
            if draft.output.lines == 1
                && draft.typed.is_none()
                && ran_nothing(&draft.text, draft.output.last_line())
            {
                draft.status = Status::Aborted;
            }
            if draft.typed.is_some() && is_given_up(draft.output.last_line()) {
                draft.status = Status::Aborted;
            }
            corrected(draft);
            // fish leaves an empty row below what it hands over
            draft.text.truncate(draft.text.trim_end_matches('\n').len());
        }
        drafts.iter_mut().zip(sure).for_each(|(draft, sure)| self.offer_mended(draft, sure));
    }

    /// Says what was found, once all of it is known.
    fn end(mut self) -> Extracted {
        self.look_at_output("");
        let early = std::mem::take(&mut self.early);
        mark_early(&early, self.drafts.kept_mut());
        self.leave_hung_up();
        self.drafts.last_mut().map(|last| last.output.settle());
        if self.given.mode == Mode::Streamed && !self.given.broke_off {
            self.leave_unfinished();
        } else if !self.given.broke_off {
            self.leave_unshown();
        }
        let (first, mut drafts) = self.drafts.rest();
        self.settle(first, &mut drafts);
        let ends_mid_line = matches!(self.units.last(), Some(Unit::Line(line)) if line.cut && self.running.is_some()
            && !line.text.trim().is_empty()
            && self.levels.top().is_some_and(|l| l.prompt.trim() != line.text.trim()));
        Extracted {
            drafts,
            handed: first > 0,
            hindsight: Hindsight {
                users: self.levels.users.into_iter().map(|user| user.map(OsUser::new)).collect(),
                names: self.names,
            },
            ends_mid_line,
            unexplained: self.unexplained,
        }
    }
}

/// Whether the shell asked for more, and was given Ctrl-C.
fn is_given_up(shown: &str) -> bool {
    shown.strip_prefix("> ").is_some_and(|left| left.trim_end() == "^C")
}

/// What became of a line of which zsh asked whether a word is another one: `zsh: correct 'sl' to 'ls' [nyae]? y`
/// (zshoptions(1), `CORRECT`).
fn corrected(draft: &mut Draft) {
    let asked = draft.output.head().strip_prefix("zsh: correct '").and_then(|asked| asked.lines().next());
    let Some((old, rest)) = asked.and_then(|asked| asked.split_once("' to '")) else { return };
    let Some((new, answer)) = rest.split_once("' [nyae]? ") else { return };
    match answer.trim_matches('\u{7}').trim_end() {
        "y" if draft.text.contains(old) => {
            let text = draft.text.replacen(old, new, 1);
            draft.typed = Some(std::mem::replace(&mut draft.text, text));
        }
        "a" | "e" => draft.status = Status::Aborted,
        _ => {}
    }
}

/// The last byte that a line shows, and the last of its bytes before its line end; none of an edit's.
fn last_bytes(unit: &Unit<'_>, bytes: &[u8]) -> [u8; 2] {
    let Unit::Line(line) = unit else { return [0; 2] };
    let raw = bytes.get(line.span.clone()).unwrap_or_default();
    let raw = raw.strip_suffix(b"\n").unwrap_or(raw);
    [line.text.as_bytes(), raw].map(|bytes| bytes.last().copied().unwrap_or_default())
}

/// The rows of an edit that may begin with its prompt, and marked lines.
fn marked_samples<'a>(unit: &'a Unit<'_>) -> impl Iterator<Item = Sample<'a>> {
    let row = |text: &'a str| Sample { text, floor: None, input: None };
    let (first, more): (_, &[String]) = match unit {
        Unit::Edit(edit) => {
            let floor = edit.floor.and_then(|f| f.checked_sub(edit.mark));
            let first = edit.rows.first().map(|first| Sample { floor, ..row(&first[edit.mark..]) });
            (first, edit.rows.get(1..).unwrap_or_default())
        }
        Unit::Line(line) if line.text.len() < LONGEST_LINE => {
            (line.rare().mark.and_then(|mark| line.text.get(mark..)).map(row), &[])
        }
        Unit::Line(_) => (None, &[]),
    };
    first.into_iter().chain(more.iter().take(2).map(move |text| row(text)))
}

pub(super) fn is_busybox(bytes: &[u8]) -> bool {
    let asks = |at: usize| bytes[at..].starts_with(b"\x1b[6n");
    // what its names have in common
    let named = |at: usize| {
        let name = &bytes[at.saturating_sub(1)..];
        name.starts_with(b"busybox") || name.starts_with(b"BusyBox v")
    };
    memchr::memchr_iter(0x1b, bytes).any(asks) || memmem::find_iter(bytes, b"usy").any(named)
}

/// How often each number of carriage returns stands before a line feed.
#[derive(Default)]
struct Returns([u32; 9]);

impl Returns {
    fn see(&mut self, unit: &Unit<'_>) {
        let returns = match unit {
            Unit::Line(line) => line.returns,
            Unit::Edit(edit) => edit.returns.last().copied().unwrap_or(0),
        };
        self.0[usize::from(returns.min(8))] += 1;
    }

    /// The most frequent one but none.
    fn usual(self) -> u8 {
        let Self(mut counts) = self;
        counts[0] = 0;
        (0..9).max_by_key(|i| (counts[usize::from(*i)], std::cmp::Reverse(*i))).unwrap_or(0)
    }
}
