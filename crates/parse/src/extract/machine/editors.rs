//! Line editors that mark themselves.

use super::below::ends_so_signed;
use super::lossy::without_sequences;
use super::messages::without_messages;
use super::typed::runs_commands;
use super::*;

/// Lines of a prompt and what is entered behind it that are looked at, where it is drawn once more.
const LINES: usize = 8;
/// What zsh writes before each prompt.
pub(super) const DRAWS: &[u8] = b"\x1b[0m\x1b[27m\x1b[24m\x1b[J";

/// Where a prompt stands on the rows of an edit.
struct Place<'e> {
    /// So many rows are upper lines of it.
    leads: usize,
    /// What they say.
    lead: String,
    /// The row with its last line, and where on that.
    row: &'e str,
    prompt: Range<usize>,
    /// Where the editor marked itself on that row.
    mark: usize,
    /// The editor marked itself behind it.
    before: bool,
    /// It was drawn again.
    redrawn: bool,
}

impl<'e> Place<'e> {
    fn prompt(&self) -> &'e str {
        &self.row[self.prompt.clone()]
    }

    fn behind_mark(&self) -> &'e str {
        &self.row[self.mark..]
    }

    /// The shell wrote the prompt before its editor began.
    fn is_direct(&self) -> bool {
        self.prompt.start == 0 && self.mark > 0
    }

    fn comes_first(&self) -> bool {
        self.is_direct() || self.redrawn
    }
}

/// The rows of a line behind its prompt.
struct Typed<'e> {
    first: &'e str,
    more: &'e [String],
    /// A search asks below them what to look for.
    searched: bool,
}

/// What the rows of an edit say.
struct Shown {
    text: String,
    /// What else they may.
    others: Vec<String>,
    /// The shell was handed all rows as one.
    whole: bool,
    /// What a job said between.
    said: Vec<String>,
    /// How sure it is at most, since a job runs.
    most: f32,
}

/// What fish tells of a line beside its rows.
struct Tells {
    told: fish::Told,
    /// The rows say the same.
    fits: bool,
}

impl<'a> Machine<'a> {
    /// Where the prompt seems to end on the first row of the edit at `at`, whose text behind its mark is `row`.
    fn best_on_edit(&self, at: usize, row: &str) -> Option<(usize, f32)> {
        let found = self.prompts.first_rows.binary_search_by_key(&at, |(unit, _)| *unit).ok()?;
        self.prompts.marked.best_of(row, &self.prompts.first_rows[found].1)
    }

    /// A line editor marked itself: there is a prompt, only its end is to be found.
    pub(super) fn edit(&mut self, at: usize, edit: &Edit) {
        if let Some((edit, said)) = without_messages(edit) {
            self.keep_said(&said);
            self.edit(at, &edit);
            return self.doubt(0.85);
        }
        let Some(first_row) = edit.rows.first() else { return };
        self.breaks.broken = false;
        let (left, right) = first_row.split_at(edit.mark);
        self.continuing |= self.asks_for_more(left);
        if self.continuing && self.continue_edit(at, edit, left, right) {
            if self.is_drawn_when_finished(edit, first_row) {
                self.pass_over_finished(at, first_row);
            }
            return;
        }
        if is_pagers_question(right) {
            return self.output(right, &edit.span);
        }
        if self.goes_on_silently(right) {
            return self.append(right, edit.span.end, None);
        }
        let place = self.place(at, edit);
        let prompt = place.prompt();
        if let Some(program) = self.levels.top().filter(|l| l.program.is_some())
            && let Some(draft) = self.running.and_then(|r| self.drafts.get(r))
            && let Some(rest) = further(draft, &program.prompt, place.behind_mark())
            && !self.levels.lower(prompt, &says(&format!("{} {prompt}", place.lead)))
        {
            self.append(rest, edit.span.end, None);
            return;
        }
        if self.is_answer(&place.lead, place.prompt()) {
            return self.output(place.row, &edit.span);
        }
        let ran = self.fish_runs(edit);
        let typed = self.typed_rows(edit, &place, ran);
        let mut shown = self.shown(at, edit, &place, &typed, ran);
        if self.given.mode == Mode::Streamed
            && !ran
            && !typed.more.is_empty()
            && let Some(text) = self.listed_in(edit, typed.first, prompt.chars().count())
        {
            shown = Shown { text, others: Vec::new(), whole: true, said: Vec::new(), most: 0.85 };
        }
        let tells = if ran { self.told(edit, &shown.text) } else { None };
        let tells = tells.map(|told| Tells { fits: told.fits(&shown.text), told });
        let by_key = match &tells {
            Some(tells) if !tells.fits || edit.torn || edit.placed => {
                self.read_as_told(edit, &place, tells, &mut shown)
            }
            _ => false,
        };
        let misread = tells.as_ref().is_some_and(|tells| !tells.fits);
        if self.given.mode == Mode::Streamed && (edit.torn || edit.placed || typed.searched || misread) {
            shown.others.extend(self.plausible(prompt, &shown.text, true));
        }
        let entered = !shown.text.trim_start().is_empty();
        self.left_editor = edit.ended == Ended::Left && !entered;
        let confidence: f32 = match &tells {
            Some(tells) if !tells.fits => 0.6,
            Some(tells) if tells.told.whole => 0.97,
            _ if by_key => 0.7,
            _ if edit.torn => 0.3,
            _ if edit.placed => 0.85,
            // a streaming copy has lost the returns between
            _ if typed.searched && self.given.mode == Mode::Streamed => 0.85,
            _ if edit.input.is_some() || place.comes_first() || self.prompts.marked.count(prompt) > 1 => 0.99,
            _ => 0.95,
        };
        let confidence = confidence.min(shown.most);
        self.keep_jobs(&shown.said);
        // a file may hold what marks an editor, too; what a streaming copy keeps whole are keys, one by one
        let along = self.is_along(at, edit.span.start, false) && self.given.mode == Mode::Exact;
        let begin = if place.prompt.start == place.mark { edit.mark_at } else { edit.span.start };
        let finished = self.is_drawn_when_finished(edit, &shown.text);
        if finished {
            self.pass_over_finished(at, &shown.text);
        }
        self.entered(Entered {
            prompt,
            status: self.ended(edit, &place, &shown.text, ran || finished),
            text: shown.text,
            marked: true,
            replayed: true,
            title: edit.title.clone(),
            // fish runs all lines as one
            whole: shown.whole || ran,
            confidence: if along { confidence.min(0.85) } else { confidence },
            span: begin.min(edit.span.end)..edit.span.end,
            raw: None,
            others: shown.others,
            lead: place.lead.clone(),
        });
        if let Some(top) = self.levels.top_mut().filter(|_| place.is_direct() && place.before) {
            top.prompt_first = true;
        }
    }

    /// Whether the shell's editor was opened by the command that runs, and not for the next one: no prompt of a shell stands there.
    pub(super) fn is_answer(&self, lead: &str, prompt: &str) -> bool {
        let asks = |draft: &Draft| draft.text.len() < LONGEST_ASKED && asks_itself(&draft.text);
        let is_due = |top: &Level| {
            let said = says(&format!("{lead} {prompt}"));
            let holds = top.shown > 1 && prompt.contains(top.prompt.trim());
            top.program.is_some() || holds || top.fits(prompt, &said) || self.levels.lower(prompt, &said)
        };
        self.opened == Opens::Nothing
            && self.running.and_then(|r| self.drafts.get(r)).is_some_and(asks)
            && self.levels.top().is_some_and(|top| !is_due(top))
    }

    /// Finds the prompt on the rows of an edit. What stands before it there is output.
    fn place<'e>(&mut self, at: usize, edit: &'e Edit) -> Place<'e> {
        let first_row = &edit.rows[0];
        let (left, right) = first_row.split_at(edit.mark);
        let best = self.best_on_edit(at, right);
        let before = self.keyed(edit) && !left.trim_start().is_empty();
        let before = self.is_prompt_before_mark(left, best.map(|b| &right[..b.0]), before);
        let leads = if before { 0 } else { self.lead_rows(edit) };
        let mut lead = self.prompts.lead.take().unwrap_or_default();
        for (i, row) in edit.rows[..leads].iter().enumerate() {
            lead.push_str(if i == 0 { right } else { row });
            lead.push(' ');
        }
        let above = edit.span.start..edit.mark_at.max(edit.span.start);
        if leads > 0 && !left.trim_start().is_empty() {
            self.output(left, &above);
        }
        let (row, mark) = if leads > 0 { (&edit.rows[leads], 0) } else { (first_row, edit.mark) };
        let (left, right) = row.split_at(mark);
        let redrawn = self.redrawn_prompt(row, mark).filter(|_| self.keyed(edit));
        let best = if leads > 0 { self.prompts.marked.best(right, None) } else { best };
        let prompt = match edit.input.filter(|_| leads == 0) {
            Some(input) if input > mark => mark..input,
            _ if let Some(end) = redrawn => 0..end,
            _ if before => 0..self.end_before_pushed(left).unwrap_or(mark),
            _ if let Some(end) = self.in_environment(right) => mark..mark + end,
            // what a job says behind it may end as a prompt does
            _ if let Some(top) = self.levels.top().filter(|top| top.program.is_none() && top.shown > 1)
                && best.is_some_and(|(at, _)| at != top.prompt.len())
                && right.starts_with(&top.prompt)
                && self.job_runs() =>
            {
                mark..mark + top.prompt.len()
            }
            _ => {
                let repl = matches!(self.opened, Opens::Repl { .. })
                    || self.levels.top().is_some_and(|l| l.program.is_some() && l.prompt.is_empty());
                let needed = match repl {
                    true if self.calculates() => 2.5,
                    true => 1.0,
                    false => f32::MIN,
                };
                let end = best.filter(|(_, score)| *score >= needed).map_or(0, |(at, _)| at);
                mark..mark + self.as_before(right, end).filter(|known| *known > end).unwrap_or(end)
            }
        };
        if prompt.start == mark && !left.trim_start().is_empty() {
            self.output(left, &above);
        }
        Place { leads, lead, row, prompt, mark, before, redrawn: redrawn.is_some() }
    }

    /// Where the long prompt ends that stands there as it stood before the last line, or with a part more or less, and with a
    /// command behind it.
    /// `found` is where one seems to end there.
    fn as_before(&self, right: &str, found: usize) -> Option<usize> {
        let top = self.levels.top().filter(|top| top.marked && top.program.is_none() && top.shown >= LONG)?;
        // most are
        if alike(&top.prompt, &right[..found]) {
            return None;
        }
        let sign = top.sign.filter(|sign| is_shell_sign(*sign) || !sign.is_ascii())?;
        let named = top.says.user.is_some() && right.starts_with(top.prompt.as_str());
        let end = match named {
            true => top.prompt.len(),
            false => ends_so_signed(right, &top.prompt, sign)
                .find(|end| differ_by_part(&top.prompt, &right[..*end]))?,
        };
        (likeness(&right[end..]) >= KNOWN).then_some(end)
    }

    /// The rows of an edit that are of its line.
    fn typed_rows<'e>(&self, edit: &'e Edit, place: &Place<'e>, ran: bool) -> Typed<'e> {
        let prompt = place.prompt();
        let mut more = if edit.torn { &[] } else { &edit.rows[place.leads + 1..] };
        if let Some((_, above)) = more.split_last()
            && edit.ended == Ended::Left
            && ran
        {
            // typed ahead while the line was handed over
            more = above;
        }
        // zsh asks what to search for below the line
        let own = self.given.of(&edit.span);
        let asks = || memmem::find(own, b"-i-search: ").is_some();
        let question =
            |row: &String| ["bck", "fwd"].iter().any(|q| row.starts_with(q)) || row.contains("-i-search");
        let searched = more.iter().position(question).filter(|_| asks());
        more = &more[..searched.unwrap_or(more.len())];
        let mut first = after_last_prompt(&place.row[place.prompt.end..], prompt, false);
        if let Some((again, end)) = drawn_again(more, prompt) {
            // completions were listed between, or a line was given up: what stands there replaces what stood before
            (first, more) = (&more[again][end..], &more[again + 1..]);
        }
        if let Some(given_up) = more.iter().rposition(|row| row.ends_with("^C"))
            && given_up + 1 < more.len()
        {
            (first, more) = (&more[given_up + 1], &more[given_up + 2..]);
        } else if first.ends_with("^C") && !more.is_empty() {
            // what was given up is no part of the next line, whose prompt could not be placed
            (first, more) = (&more[0], &more[1..]);
        }
        if !more.is_empty() && first.ends_with("  ") {
            // a longer line stood there before
            first = first.trim_end();
        }
        Typed { first, more, searched: searched.is_some() }
    }

    /// What the rows of a line say.
    fn shown(&self, at: usize, edit: &Edit, place: &Place<'_>, typed: &Typed<'_>, ran: bool) -> Shown {
        let (&Typed { first, more, .. }, prompt) = (typed, place.prompt());
        let indent = prompt.chars().count();
        let indented = |row: &String| row.chars().take(indent).all(char::is_whitespace);
        let indented = indent > 1 && !more.is_empty() && more.iter().all(indented);
        let own = self.given.of(&edit.span);
        let whole = place.comes_first() || indented || is_zsh(own);
        let mut text = if let Some(statement) = statement(first, more, prompt).filter(|_| self.in_program()) {
            statement
        } else if indented && (ran || !place.comes_first()) {
            // fish indents further rows up to its prompt's end, and more by what they mean
            let rows: Vec<&str> = more.iter().map(|r| r.trim_start()).collect();
            format!("{first}\n{}", rows.join("\n"))
        } else {
            rows_text(first, more)
        };
        let mut others = Vec::new();
        let mut most = 1.0;
        let mut said = Vec::new();
        if let Some(between) = self.between_said(at, first, more, whole) {
            (text, said, others, most) = (between.text, between.said, between.others, between.confidence);
        } else if !whole && !more.is_empty() && self.job_runs() {
            most = 0.6;
        } else if whole
            && more.is_empty()
            && text == first
            && let Some(cut) = self.said_last(at, own, first)
        {
            said = vec![text.split_off(cut)];
            most = 0.85;
        }
        if more.is_empty()
            && !whole
            && let Some(within) = self.without_said(at, own, &text)
        {
            others = vec![std::mem::replace(&mut text, within)];
        }
        if edit.torn
            && let Some(rows) = edit.rows.get(place.leads + 1..).filter(|rows| !rows.is_empty())
        {
            let rows: Vec<&str> = rows.iter().map(|row| row.trim()).filter(|row| !row.is_empty()).collect();
            others.push(format!("{first}\n{}", rows.join("\n")));
        }
        Shown { text, others, whole, said, most }
    }

    /// Reads a line as fish tells it. Whether as the keys say that were typed for it.
    fn read_as_told(&self, edit: &Edit, place: &Place<'_>, tells: &Tells, shown: &mut Shown) -> bool {
        let Tells { told, fits } = tells;
        let Shown { text, others, .. } = shown;
        let below = if edit.torn { edit.rows.get(place.leads + 1..).unwrap_or_default() } else { &[] };
        let mut ways = self.commands_told(told, text, below).into_iter();
        if let Some(way) = ways.next().filter(|_| !fits) {
            others.insert(0, std::mem::replace(text, way));
        }
        others.splice(0..0, ways);
        if self.given.mode != Mode::Streamed {
            return false;
        }
        let drawn = self.drawn_whole(told, edit).into_iter().filter(|drawn| drawn != text);
        others.splice(0..0, drawn.collect::<Vec<_>>());
        let painted = self.painted(told, edit, place.prompt().chars().count());
        if let Some((painted, last)) = painted.filter(|(painted, _)| painted != text) {
            let settled = last && (edit.torn || edit.placed || !fits);
            others.insert(0, if settled { std::mem::replace(text, painted) } else { painted });
            if settled {
                return true;
            }
        }
        let typed = self.typed_by_key(edit, place.prompt(), told).filter(|typed| typed != text);
        let Some(typed) = typed else { return false };
        // the rows do not begin as the title says, what was typed does
        let settled = !fits && told.fits(&typed) && is_complete(&typed);
        let by_key = settled || (!text.contains('\n') || !fits) && (edit.torn || runs_commands(&typed));
        others.insert(0, if by_key { std::mem::replace(text, typed) } else { typed });
        by_key
    }

    /// What became of the line of an edit.
    fn ended(&self, edit: &Edit, place: &Place<'_>, text: &str, ran: bool) -> Status {
        let entered = !text.trim_start().is_empty();
        let own = self.given.of(&edit.span);
        match edit.ended {
            Ended::Cut => Status::Incomplete,
            _ if self.hangs_up(edit) => Status::Incomplete,
            _ if text.trim_end().ends_with("^C") => Status::Aborted,
            // zsh switches the keypad back when a line is submitted
            _ if ran || own.ends_with(b"\x1b>\x1b[?2004l") => Status::Run,
            _ if edit.keypad_left_on && (place.comes_first() || is_zsh(own)) && entered => Status::Aborted,
            // zsh leaves its editor before the line end, bash after
            Ended::Left if !place.comes_first() && !is_zsh(own) && entered => Status::Aborted,
            _ => Status::Run,
        }
    }

    /// Whether zsh went up and drew prompt and line once more before it ran the line, as it does where the prompt is given
    /// another form then. What is given up is not drawn again.
    pub(super) fn is_drawn_when_finished(&self, edit: &Edit, text: &str) -> bool {
        const NEAR: usize = 4096;
        // elsewhere it switches the keypad back before that
        if !edit.keypad_left_on || text.trim_start().is_empty() {
            return false;
        }
        let near = self.given.behind(edit.span.end);
        let near = &near[..near.len().min(NEAR)];
        let returns = near.iter().take_while(|b| **b == b'\r').count();
        let same_row = near[returns..].strip_prefix(DRAWS);
        let near = near.trim_ascii_start();
        let up = near.strip_prefix(b"\x1b[").and_then(|rest| {
            let digits = rest.iter().take_while(|b| b.is_ascii_digit()).count();
            rest[digits..].strip_prefix(b"A")
        });
        let again =
            |drawn: &[u8]| without_sequences(drawn).lines().take(LINES).any(|line| ends_so(line, text));
        match same_row.or(up) {
            Some(drawn) => again(drawn),
            // a streaming copy has lost that, but not of lines on which an editor begins
            None if self.given.mode == Mode::Streamed => {
                again(&near[..memchr::memchr(0x1b, near).unwrap_or(near.len())])
            }
            None => false,
        }
    }

    /// Passes over the lines on which zsh drew the edit at `at` once more, which say no more than it.
    fn pass_over_finished(&mut self, at: usize, text: &str) {
        let below = self.units[at + 1..].iter().take(LINES).position(|unit| match unit {
            Unit::Line(line) => ends_so(&line.text, text),
            Unit::Edit(_) => false,
        });
        if let Some(below) = below {
            self.taken = at + 1 + below + 1;
        }
    }

    /// The end of the prompt of a shell that writes it before the mark and had to write it again behind it: zsh, when the
    /// screen was cleared.
    pub(super) fn redrawn_prompt(&self, row: &str, mark: usize) -> Option<usize> {
        if mark > 0 {
            return None;
        }
        // or of the shell below one that was just left
        let left = matches!(self.opened, Opens::Exit) || self.left_editor;
        let below = self.levels.below().filter(|_| left);
        let mut due = self.levels.top().into_iter().chain(below).filter(|l| l.prompt_first && l.shown > 0);
        // what the last command gave may stand before it
        let status = behind_status(row).unwrap_or(0);
        let bare = |prompt: &'_ str| behind_status(prompt).unwrap_or(0);
        due.find_map(|l| {
            let again = || Some(status + prompt_end(&row[status..], &l.prompt[bare(&l.prompt)..])?);
            prompt_end(row, &l.prompt).or_else(again)
        })
    }

    /// Whether what stands before an editor's mark was written as zsh writes its prompt: on a cleared screen, with the rest
    /// of the line erased or the keypad switched behind it.
    pub(super) fn keyed(&self, edit: &Edit) -> bool {
        let before = edit.mark_at.checked_sub(b"\x1b[?2004h".len()).and_then(|at| self.given.bytes.get(..at));
        let ends = |sign: &[u8]| before.is_some_and(|b| b.ends_with(sign));
        edit.cleared || ends(b"\x1b=") || ends(b"\x1b[K")
    }

    /// Where the prompt ends in what zsh drew before its editor began, where a line stands behind it that was put aside before
    /// (`push-line`, `print -z`).
    fn end_before_pushed(&self, left: &str) -> Option<usize> {
        let top = self.levels.top().filter(|top| top.program.is_none() && top.shown > 0)?;
        let pushed = left.strip_prefix(top.prompt.as_str())?;
        (likeness(pushed) >= KNOWN && !pushed.ends_with(' ')).then_some(top.prompt.len())
    }

    /// Whether what stands left of an editor's mark is its prompt (zsh) and not a program's last words. `keyed` where the
    /// keypad was switched between.
    pub(super) fn is_prompt_before_mark(&self, left: &str, right: Option<&str>, keyed: bool) -> bool {
        if left.trim_start().is_empty() {
            return false;
        }
        let alike = |l: &Level| alike(&l.prompt, left) && says(left).user.is_some();
        if self.levels.top().is_some_and(|l| same(&l.prompt, left) || alike(l)) {
            return true;
        }
        let due = |p: &str| {
            let said = says(p);
            self.levels.top().is_some_and(|l| l.fits(p, &said)) || self.levels.lower(p, &said)
        };
        if right.is_some_and(|p| !p.trim_start().is_empty() && (self.prompts.marked.count(p) > 1 || due(p))) {
            return false;
        }
        keyed
            || left
                .trim_end()
                .ends_with(|c: char| !c.is_alphanumeric() && !matches!(c, '.' | ',' | '"' | '\''))
    }
}

/// Whether an editor is zsh's, which draws its prompt so: before its mark, or behind it once more where a sign in the prompt
/// changes with what is typed, or something was said.
pub(super) fn is_zsh(edit: &[u8]) -> bool {
    memchr::memchr_iter(0x1b, edit).any(|at| edit[at..].starts_with(DRAWS))
}

/// Whether a line ends as the last one of `text`.
fn ends_so(line: &str, text: &str) -> bool {
    line.trim_end().ends_with(text.lines().next_back().unwrap_or_default().trim())
}

/// The last of `rows` that begins with the prompt, numbers aside, and where that ends.
fn drawn_again(rows: &[String], prompt: &str) -> Option<(usize, usize)> {
    if prompt.trim_start().is_empty() {
        return None;
    }
    rows.iter().enumerate().rev().find_map(|(i, row)| Some((i, prompt_end(row, prompt)?)))
}

/// Where on a row the prompt ends that it begins with, numbers aside.
pub(super) fn prompt_end(row: &str, prompt: &str) -> Option<usize> {
    if row.starts_with(prompt) {
        return Some(prompt.len());
    }
    // a clock in it goes on
    let clock = prompt.trim().len() >= 4 && prompt.bytes().any(|b| b.is_ascii_digit());
    behind_same(prompt, row).filter(|end| clock && is_candidate(row, *end, None))
}
