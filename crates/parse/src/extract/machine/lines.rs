//! Lines without marks.

use super::behind::{drawn_behind_early, without_bracket};
use super::edges::{Behind, finishes};
use super::lossy::without_sequences;
use super::overwritten::ahead_of;
use super::shown::Told;
use super::*;

impl<'a> Entered<'a> {
    /// Something entered on a line without marks.
    pub(super) fn on(
        line: &Line<'_>,
        prompt: &'a str,
        text: String,
        status: Status,
        confidence: f32,
    ) -> Self {
        let (lead, span, title) = (String::new(), line.span.clone(), line.rare().title.clone());
        Self {
            lead,
            prompt,
            text,
            status,
            marked: false,
            whole: false,
            replayed: false,
            confidence,
            span,
            raw: None,
            others: Vec::new(),
            title,
        }
    }
}

/// What became of the text entered on a line.
fn ended(line: &Line<'_>, text: &str) -> Status {
    match text.trim_end().ends_with("^C") {
        true => Status::Aborted,
        false if line.cut => Status::Incomplete,
        false => Status::Run,
    }
}

/// What ksh93 writes with each underscore as it stands there: it writes a blank first, and steps back.
fn without_stepped_underscores(raw: &[u8]) -> Option<Vec<u8>> {
    const STEPPED: &[u8] = b" \x08_";
    memchr::memchr(0x08, raw).and_then(|_| memmem::find(raw, STEPPED))?;
    let (mut out, mut rest) = (Vec::with_capacity(raw.len()), raw);
    while let Some(at) = memmem::find(rest, STEPPED) {
        out.extend(&rest[..at]);
        out.push(b'_');
        rest = &rest[at + STEPPED.len()..];
    }
    out.extend(rest);
    Some(out)
}

/// Whether the last that a line's bytes show is Ctrl-C, wherever the cursor stood.
fn is_given_up(bytes: &[u8]) -> bool {
    let near = &bytes[bytes.len().saturating_sub(256)..];
    let last = memchr::memrchr(b'^', near).and_then(|_| memmem::rfind(near, b"^C"));
    last.is_some_and(|at| without_sequences(&near[at + 2..]).trim().is_empty())
}

impl<'a> Machine<'a> {
    /// A line without marks: a command only if it begins with a prompt that is due.
    pub(super) fn plain_line(&mut self, at: usize, line: &Line<'_>, trust: f32) {
        let text = line.behind_sign();
        let broken = std::mem::replace(&mut self.breaks.broken, false);
        if self.continuing && self.levels.top().is_some_and(|l| l.program.is_none()) {
            if let Some((_, rest)) = self.asked_behind_ahead(at, text) {
                return self.append_read(self.reread(line, "", rest), line.span.end, None);
            }
            if self.is_before_question(at, text) {
                return;
            }
        }
        if broken && self.goes_on_broken(line, text) {
            return self.broken_row(at, line, text);
        }
        if let Some(draft) = self.running.and_then(|r| self.drafts.get(r))
            && broken
            && self.given.mode == Mode::Streamed
            && (joins(text) || finishes(&draft.text, text))
        {
            // longer than any row is known to be
            self.breaks.full = Some(Full { width: usize::MAX, agree: false, text: draft.text.clone() });
        }
        if std::mem::replace(&mut self.breaks.soft, false) && self.continuing {
            // tcsh shows a line of history on as many rows as it has lines
            let soft = line.returns == 0;
            self.append(text.trim_end(), line.span.end, None);
            self.breaks.soft = soft && self.continuing;
            return;
        }
        if self.continuing
            && self.levels.top().is_none_or(|l| l.program.is_none())
            && self.further_of_block(at, line, text)
        {
            return;
        }
        if text.len() >= LONGEST_LINE {
            return self.output(text, &line.span);
        }
        if self.given.mode == Mode::Streamed && self.is_cleared_lead(at, line) {
            self.prompts.lead = Some(text.trim().to_owned());
            return;
        }
        if self.drawn_when_entered(at, line, text) || self.starred_line(line, text) {
            return;
        }
        if self.goes_on_silently(text) {
            return self.append(text, line.span.end, None);
        }
        let between = self.breaks.waits.is_none();
        if let Some(top) = self.levels.top().filter(|l| between && l.program.is_some() && !l.marked)
            && let Some(draft) = self.running.and_then(|r| self.drafts.get(r))
            && let Some(rest) = further(draft, &top.prompt, text)
            && let lead = &text[..text.len() - rest.len()]
            && !self.levels.below().any(|l| {
                let left = self.opened == Opens::Exit && l.shown > 0;
                l.prompt == lead || left && text.starts_with(l.prompt.as_str())
            })
        {
            return self.further_line(line, lead, rest);
        }
        let place = self.first_behind(text, line.rare().floor).or_else(|| Some((self.torn(text)?, 0.9)));
        let place = place.or_else(|| {
            let input = line.rare().input.and_then(|i| i.checked_sub(line.text.len() - text.len()));
            self.prompt_on(at, text, line.rare().floor, input).map(|(end, confidence)| (0..end, confidence))
        });
        // among remarks of a file a command may stand as one of them
        let trust = if self.remarks > 0 { trust.min(0.85) } else { trust };
        let place = place.or_else(|| self.glued_prompt(text).map(|place| (place, 0.9)));
        match place.or_else(|| self.behind_unended(text).map(|place| (place, 0.85))) {
            Some((prompt, _))
                if text[prompt.end..].trim_start().is_empty()
                    && (self.is_upper(at, &text[prompt.clone()]) || self.is_above_sign(at)) =>
            {
                self.prompts.lead = Some(text.trim().to_owned());
            }
            Some((prompt, _))
                if prompt.start == 0
                    && (self.is_upper_alike(at, &text[prompt.clone()])
                        || self.is_upper_of_sign(at, &text[prompt.clone()], &text[prompt.end..])) =>
            {
                self.prompts.lead = Some(text.trim().to_owned());
            }
            Some((prompt, _)) if self.is_greeting(&text[prompt.end..]) => {
                self.output(&text[prompt.end..], &line.span);
            }
            Some((prompt, _)) if self.is_shown(line, &text[prompt.clone()]) => self.output(text, &line.span),
            Some((prompt, confidence)) => match self
                .remark(line, &text[prompt.clone()], &text[prompt.end..])
                .or_else(|| self.is_told(&text[prompt.start..], &text[prompt.clone()]))
            {
                Some(Told::Surely) => self.output(text, &line.span),
                Some(Told::Perhaps) => self.at_prompt(at, line, prompt, (confidence * trust).min(0.5)),
                None => self.at_prompt(at, line, prompt, confidence * trust),
            },
            None if self.is_calculation(text) => {
                let status = if line.cut { Status::Incomplete } else { Status::Run };
                self.entered(Entered::on(line, "", text.to_owned(), status, 0.6));
            }
            None => self.output(text, &line.span),
        }
    }

    /// Takes a line that goes on with the command above it, for which the shell asks.
    fn further_of_block(&mut self, at: usize, line: &Line<'_>, text: &str) -> bool {
        const SHORTEST: usize = 4;
        let known = self.secondary(at);
        let prompt = self.levels.top().map_or("", |l| l.prompt.as_str());
        // csh shows nothing of Ctrl-C at its question
        let given_up =
            prompt.len() >= SHORTEST && known.as_deref() != Some(prompt) && text.starts_with(prompt);
        if !given_up && let Some((ps2, rest)) = continuation(text, known.as_deref()) {
            let stopped = rest.trim_end().ends_with("^C");
            let mut ways = self.reread(line, ps2, rest);
            let kept = ways[0].text.trim_end_matches("^C").len();
            ways[0].text.truncate(kept);
            let ps2 = ps2.to_owned();
            if let Some(top) = self.levels.top_mut() {
                top.ps2 = Some(ps2);
            }
            self.append_read(ways, line.span.end, stopped.then_some(Status::Aborted));
            return true;
        }
        if self.replaced(at, text) || self.is_searched_line(at, text) {
            return true;
        }
        if !self.is_recalled_line(text) {
            return false;
        }
        // going on from it leaves no trace
        self.doubt(0.8);
        self.append_read(self.reread(line, "", text), line.span.end, None);
        true
    }

    /// Whether a line behind a short prompt is a file's, along with the next: that has another prompt, which no command here
    /// could have opened.
    fn is_files(&self, at: usize, prompt: &str, rest: &str) -> bool {
        let Some(Unit::Line(next)) = self.units.get(at + 1) else { return false };
        let other = |c: &Candidate| {
            let shown = next.text[..c.at].trim_end();
            // behind what has no line end stands the prompt in force
            let glued = || next.text[..c.at].ends_with(prompt) && says(shown).user.is_none();
            let other = shown.ends_with(['$', '#', '%']) && shown != prompt.trim_end();
            other && c.likeness >= KNOWN && !glued()
        };
        next.text.len() < LONGEST_LINE
            && opens(rest) == Opens::Nothing
            && !May::of(&SimpleCommands::of(rest)).sets_prompt
            && candidates(&next.text, None).iter().any(other)
    }

    /// The session's first line, if it was typed before the shell drew its first prompt: it stands above that, and what it
    /// shows behind it.
    fn first_ahead(&mut self, at: usize, line: &Line<'_>, prompt: &str, rest: &str) -> bool {
        let first = self.levels.top().is_none() && self.drafts.len() == 0 && self.early.len() == 1;
        let units = Rc::clone(&self.units);
        let Some(Unit::Line(above)) = at.checked_sub(1).and_then(|above| units.get(above)).filter(|_| first)
        else {
            return false;
        };
        let typed = above.text.trim();
        let named = |text: &str| likeness(text) >= KNOWN;
        if self.early[0] != typed || !named(typed) || named(rest) || rest.trim().is_empty() {
            return false;
        }
        self.early.clear();
        let entered = Entered::on(line, prompt, typed.to_owned(), Status::Run, 0.7);
        let span = above.span.start..line.span.end;
        self.entered(Entered { span, others: vec![rest.trim_end().to_owned()], ..entered });
        self.output(rest, &line.span);
        true
    }

    /// The bytes of a line and of the next, if that goes on with it: the editor went down a row, and back from there, with which
    /// no output begins. Takes the next.
    fn goes_on_stepping(&mut self, at: usize, line: &Line<'_>) -> Option<Range<usize>> {
        const STEPS: &[u8] = b"\x08\x08\x08";
        let shell = self.levels.top().is_some_and(|l| l.program.is_none() && !l.marked && l.shown > 0);
        let Some(Unit::Line(next)) = self.units.get(at + 1).filter(|_| shell) else { return None };
        let start = self.line_start(next.span.start);
        let stepped = self.given.behind(start).starts_with(STEPS);
        let plain =
            next.rare().mark.is_none() && next.text.len() < LONGEST_ASKED && line.text.len() < LONGEST_ASKED;
        let event = self.given.begins.binary_search(&start).is_ok();
        (stepped && plain && event && self.taken <= at + 1).then(|| {
            self.taken = at + 2;
            line.span.start..next.span.end
        })
    }

    /// What was entered on a line at the prompt that stands at `place`, and what stands before that.
    pub(super) fn at_prompt(&mut self, at: usize, line: &Line<'_>, place: Range<usize>, confidence: f32) {
        let text = line.behind_sign();
        let place = drawn_behind_early(text, place);
        let (left, prompt, rest) = (&text[..place.start], &text[place.clone()], &text[place.end..]);
        let streamed = self.given.mode == Mode::Streamed;
        let may_be_shown = !streamed && line.rare().input.is_none() && self.may_be_shown(prompt);
        if may_be_shown && self.is_files(at, prompt, rest) || self.is_anothers(at, prompt, rest) {
            return self.output(text, &line.span);
        }
        if left.is_empty() {
            self.take_upper(at, prompt);
        }
        self.give_up_before(line, left, rest);
        if left.is_empty() && self.first_ahead(at, line, prompt, rest) {
            return;
        }
        if left.is_empty() && self.take_queued(at, line, prompt, rest) {
            return;
        }
        let (mut prompt, mut rest) = (prompt, rest);
        if let Some(end) = self.shell_ahead(rest) {
            (prompt, rest) = rest.split_at(end);
        }
        if streamed && left.is_empty() && self.drawn_with_answer(at, line, prompt, rest) {
            return;
        }
        let own = &prompt[if streamed { ahead_of(prompt, rest) } else { 0 }..];
        if streamed
            && let Some(Reading { text, confidence: sure }) = self.read_overwritten(at, line, own, rest)
        {
            if !rest.starts_with(left.trim_end()) {
                self.output(left, &line.span);
            }
            let lead = self.prompts.lead.take().unwrap_or_default();
            self.breaks.full = None;
            let others = vec![rest.trim_end().to_owned()];
            let entered = Entered::on(line, own, text, Status::Run, confidence.min(sure));
            return self.entered(Entered { lead, others, replayed: true, ..entered });
        }
        // behind the last copy of it only steps were made
        let before = if streamed && left.is_empty() { self.before_redrawn(at, prompt, rest) } else { None };
        let rest = before.unwrap_or(rest);
        let counted = if streamed { None } else { self.counted_from_prompt(line, left, prompt) };
        let rest = counted.as_deref().unwrap_or(rest);
        let below = match streamed {
            true => self
                .drawn_below(at, prompt, rest)
                .or_else(|| self.typed_in_row_below(at, prompt, rest))
                .or_else(|| self.listed_below(at, line, prompt, rest))
                .or_else(|| self.typed_beside(line, rest)),
            false => self.typed_below(at, line, prompt, rest).or_else(|| self.folded(at, rest)),
        };
        self.doubled = rest.starts_with(prompt).then_some(false);
        let inside = || {
            prompt.trim().len() >= LONG
                && last_place(rest, prompt).is_some_and(|at| self.told_ahead(&rest[..at]))
        };
        let last = after_last_prompt(rest, prompt, streamed && left.is_empty() || inside());
        let between = rest[..rest.len() - last.len()].strip_suffix(prompt).unwrap_or_default();
        if below.is_none() && !between.is_empty() {
            self.line_ahead(between, &line.span);
        }
        let mut rest = below.as_deref().unwrap_or(last);
        if let Some(end) = self.same_level(rest).filter(|end| likeness(&rest[*end..]) >= KNOWN) {
            // the same shell in another directory
            (prompt, rest) = rest.split_at(end);
            self.doubled = Some(true);
        }
        let typed = &left[self.own_output(left)..];
        let whole = if left.is_empty() && streamed {
            None
        } else if self.is_torn(typed, rest) {
            Some(format!("{typed}{rest}"))
        } else if typed.is_empty() && likeness(without_bracket(rest)) >= KNOWN {
            // the last command was told to print it
            None
        } else {
            typed_before(left, rest, prompt)
        };
        if !left.is_empty() && !whole.as_ref().is_some_and(|w| w.contains(left.trim())) {
            self.output(left, &line.span);
        }
        let typed = whole.as_deref().unwrap_or(rest);
        let spoken = match self.behind_message(at, typed) {
            Some(text) => Some((text, vec![typed.trim_end().to_owned()])),
            None => self.spoken_into(at, prompt, typed),
        };
        let may_be_pasted = streamed && whole.is_none() && spoken.is_none();
        // zsh and fish begin at a sign, and run all lines of a paste as one
        let signed = may_be_pasted && line.rare().behind > 0;
        let block = if signed { self.pasted_into_zsh(at, rest) } else { None };
        let pasted = if may_be_pasted && block.is_none() { self.pasted(at, prompt, rest) } else { None };
        let (as_one, pasted) = (block.is_some(), block.or(pasted));
        // a streaming copy has lost what the cursor did
        let raw = self.given.bytes.get(line.span.clone());
        let last = raw.filter(|_| before.is_some()).and_then(|raw| memmem::rfind(raw, prompt.as_bytes()));
        let raw = raw.map(|raw| &raw[..last.unwrap_or(raw.len())]);
        // nor does it say anything where every key drew the line anew
        let raw = raw.filter(|_| last_redrawn(rest, prompt).is_none());
        // what was typed before the prompt may stand behind it once more
        let alone = whole.as_deref().is_none_or(|whole| whole == rest);
        let raw =
            raw.filter(|_| streamed && alone && spoken.is_none() && pasted.is_none() && below.is_none());
        let edge = raw.and_then(|_| self.goes_on_stepping(at, line));
        let raw = edge.as_ref().map_or(raw, |whole| self.given.bytes.get(whole.clone()));
        let stepped = raw.and_then(without_stepped_underscores);
        let raw = stepped.as_deref().or(raw);
        let edited = raw.is_none_or(|raw| raw.contains(&0x08));
        let entered = streamed || !self.is_left_unentered(at, line, prompt, rest);
        let given_up = streamed && is_given_up(self.given.of(&line.span));
        let status = match entered {
            true if given_up => Status::Aborted,
            true => ended(line, rest),
            false => Status::Incomplete,
        };
        let breaks = self.is_broken(line)
            && !rest.trim_start().is_empty()
            && self.may_be_full(line.text.chars().count())
            && (streamed || !self.returns_always(at, line, prompt));
        let shown = !streamed && line.rare().input.is_none() && self.may_be_shown(prompt);
        let shown = shown || left.is_empty() && self.may_be_programs(line, prompt);
        let confidence = if shown { confidence.min(0.85) } else { confidence };
        let confidence = match self.is_along(at, line.span.start, line.rare().taken) {
            true => confidence.min(0.5),
            false => confidence,
        };
        // its rest stands below what was said, wherever that ends
        let breaks = breaks && spoken.is_none();
        let interrupted = spoken.is_some();
        let guessed = whole.is_some() || interrupted;
        // zsh listed names below it that may have been taken
        let lists =
            || line.rare().behind > 0 && self.given.of(&line.span).trim_ascii_end().ends_with(b" \x07");
        let confidence = match below.is_some() {
            true => confidence.min(0.85),
            false if streamed && lists() => confidence.min(0.6),
            false => confidence,
        };
        let confidence = if before.is_some() { confidence.min(0.7) } else { confidence };
        let confidence = if guessed { confidence.min(0.7) } else { confidence };
        let unseen = if streamed || guessed { None } else { self.out_of_sight(line, rest) };
        let confidence = if unseen.is_some() { confidence.min(0.8) } else { confidence };
        let shown = unseen.is_some().then(|| vec![rest.to_owned()]);
        let (spoken, others) = spoken.unzip();
        let others = others.or(shown);
        let text = spoken.or(whole).or(pasted).or(unseen).unwrap_or_else(|| rest.to_owned());
        // a job may have said all of it
        let confidence =
            if interrupted && likeness(&text) < KNOWN { confidence.min(0.5) } else { confidence };
        let lead = self.prompts.lead.take().unwrap_or_default();
        let others = others.unwrap_or_default();
        self.breaks.full = None;
        let span = match self.units.get(self.taken.saturating_sub(1)) {
            Some(Unit::Line(last)) if below.is_some() => line.span.start..last.span.end,
            _ => line.span.clone(),
        };
        self.entered(Entered {
            lead,
            raw,
            others,
            span,
            whole: as_one,
            ..Entered::on(line, prompt, text, status, confidence)
        });
        let behind = Behind { prompt, columns: prompt.chars().count() + rest.chars().count(), left, edited };
        self.may_go_on(at, line, &behind, breaks, interrupted);
    }
}
