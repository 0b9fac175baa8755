//! Lines without marks.

use std::borrow::Cow;

use super::due::{drawn_once, without_bracket};
use super::lossy::without_sequences;
use super::repair::is_silent;
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

/// Whether a line that ends in a blank may go on in `next`: with a comment, in one, or with an option.
fn begins_behind_blank(line: &str, next: &str) -> bool {
    let option = next.split(' ').next().unwrap_or_default();
    let option = (2..4).contains(&option.len()) && option.starts_with('-') && option != "--";
    next.starts_with("# ") || line.contains(" # ") || option && next.len() < LONGEST_LINE
}

/// Whether what was `typed` is finished by the row below it, for which the shell did not ask.
fn finishes(typed: &str, below: &str) -> bool {
    below.len() < LONGEST_ASKED
        && typed.len() < LONGEST_ASKED
        && !is_complete(typed)
        && continuation(below, None).is_none()
        && is_complete(&format!("{typed}{below}"))
}

/// Whether a line begins with what no command that shows nothing would say, and no person would type.
fn begins_within_word(line: &str) -> bool {
    let word = line.split_whitespace().next().unwrap_or_default();
    !line.starts_with(' ') && line.len() < LONGEST_LINE && likeness(line) < KNOWN && !word.ends_with(':')
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

/// What a program begins with that fills the screen.
const FILLS: &[u8] = b"\x1b[?1049h";

/// Whether the last that a line's bytes show is Ctrl-C, wherever the cursor stood.
fn is_given_up(bytes: &[u8]) -> bool {
    let near = &bytes[bytes.len().saturating_sub(256)..];
    let last = memchr::memrchr(b'^', near).and_then(|_| memmem::rfind(near, b"^C"));
    last.is_some_and(|at| without_sequences(&near[at + 2..]).trim().is_empty())
}

impl<'a> Machine<'a> {
    /// A line without marks: a command only if it begins with a prompt that is due.
    pub(super) fn plain_line(&mut self, at: usize, line: &Line<'_>, trust: f32) {
        let text: &str = behind_sign(&line.text);
        let broken = std::mem::replace(&mut self.broken, false);
        if self.continuing && self.levels.top().is_some_and(|l| l.program.is_none()) {
            if let Some((_, rest)) = self.asked_behind_ahead(at, text) {
                return self.append_read(self.reread(line, "", rest), line.span.end, None);
            }
            if self.is_before_question(at, text) {
                return;
            }
        }
        if broken
            && text.len() < LONGEST_LINE
            && line.rare().input.is_none()
            && self.goes_on(text)
            && !self.ended_at_edge(text)
            && let Some(running) = self.running
        {
            let mut ways = self.reread_row(line, text);
            let row = ways.remove(0).text;
            let wide = text.chars().count();
            self.broken = self.is_broken(line) && self.may_be_full(wide);
            let draft = &mut self.drafts[running];
            let path = || text.starts_with('/') && !text.contains(' ') && is_complete(&draft.text);
            // a line that ends right at the edge is followed by what it shows
            let ended = || draft.text.len() < LONGEST_ASKED && is_complete(draft.text.trim_end());
            if self.given.mode == Mode::Streamed || path() || ended() {
                // the width is a guess, and so is what goes on
                let alone = draft.text.trim_end().to_owned();
                let others = ways.into_iter().take(2).map(|way| format!("{}{}", draft.text, way.text));
                for text in [alone].into_iter().chain(others) {
                    let other = Reading { text, confidence: OTHER };
                    draft.alternatives.push(other.into_alternative());
                }
                draft.alternatives.truncate(MOST_OTHERS);
                draft.confidence = draft.confidence.min(0.85);
            }
            draft.text.push_str(row.trim_end());
            draft.span.end = line.span.end;
            let blanks = row.len() - row.trim_end().len();
            if self.broken {
                draft.text.push_str(&" ".repeat(blanks.min(8)));
            } else if let Some(rows) = self.rows
                && (rows.most == wide && wide > rows.first || self.begins_behind_edge(at + 1))
            {
                // as long as any, or what follows begins so: it may go on as well
                let text = self.drafts[running].text.clone() + &" ".repeat(blanks.min(8));
                self.full = Some(Full { width: rows.most.min(wide), agree: false, text });
            }
            self.finish_broken();
            return;
        }
        if let Some(draft) = self.running.and_then(|r| self.drafts.get(r))
            && broken
            && self.given.mode == Mode::Streamed
            && (joins(text) || finishes(&draft.text, text))
        {
            // longer than any row is known to be
            self.full = Some(Full { width: usize::MAX, agree: false, text: draft.text.clone() });
        }
        if std::mem::replace(&mut self.soft, false) && self.continuing {
            // tcsh shows a line of history on as many rows as it has lines
            let soft = line.returns == 0;
            self.append(text.trim_end(), line.span.end, None);
            self.soft = soft && self.continuing;
            return;
        }
        if self.continuing {
            let known = self.levels.top().and_then(|l| l.ps2.clone());
            let program = self.levels.top().is_some_and(|l| l.program.is_some());
            if !program && let Some((ps2, rest)) = continuation(text, known.as_deref()) {
                let stopped = rest.trim_end().ends_with("^C");
                let mut ways = self.reread(line, ps2, rest);
                let kept = ways[0].text.trim_end_matches("^C").len();
                ways[0].text.truncate(kept);
                let ps2 = ps2.to_owned();
                if let Some(top) = self.levels.top_mut() {
                    top.ps2 = Some(ps2);
                }
                return self.append_read(ways, line.span.end, stopped.then_some(Status::Aborted));
            }
            if !program && self.replaced(at, text) {
                return;
            }
            if !program && self.is_searched_line(at, text) {
                return;
            }
            if !program && self.is_recalled_line(text) {
                // going on from it leaves no trace
                self.doubt(0.8);
                return self.append_read(self.reread(line, "", text), line.span.end, None);
            }
        }
        if text.len() >= LONGEST_LINE {
            return self.output(text, &line.span);
        }
        if self.given.mode == Mode::Streamed && self.is_cleared_lead(at, line) {
            self.lead = Some(text.trim().to_owned());
            return;
        }
        if self.starred_line(line, text) {
            return;
        }
        if self.goes_on_silently(text) {
            return self.append(text, line.span.end, None);
        }
        if let Some(top) = self.levels.top().filter(|l| l.program.is_some() && !l.marked)
            && let Some(draft) = self.running.and_then(|r| self.drafts.get(r))
            && let Some(rest) = program_continuation(text, &top.prompt, &draft.text)
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
        match place.or_else(|| self.glued_prompt(text).map(|place| (place, 0.9))) {
            Some((prompt, _))
                if text[prompt.end..].trim_start().is_empty() && self.is_upper(at, &text[prompt.clone()]) =>
            {
                self.lead = Some(text.trim().to_owned());
            }
            Some((prompt, _)) if self.is_greeting(&text[prompt.end..]) => {
                self.output(&text[prompt.end..], &line.span);
            }
            Some((prompt, _)) if self.is_shown(line, &text[prompt.clone()]) => self.output(text, &line.span),
            Some((prompt, confidence)) => match self.is_told(&text[prompt.start..], &text[prompt.clone()]) {
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

    /// Whether the unit at `at` begins as the rest of a line does that busybox broke.
    fn begins_behind_edge(&self, at: usize) -> bool {
        let Some(Unit::Line(next)) = self.units.get(at) else { return false };
        let above = self.running.and_then(|r| self.drafts.get(r)).map_or("", |d| d.text.as_str());
        begins_at_blank(&next.text) || joins(&next.text) || begins_behind_blank(above, &next.text)
    }

    /// A line whose rest stands on the row below, because busybox broke it there: the two together ask for more, and what
    /// comes then does so. Takes the row.
    fn goes_on_asked(&mut self, at: usize, left: &str, blanks: &str) -> bool {
        let units = Rc::clone(&self.units);
        let [Some(Unit::Line(next)), Some(Unit::Line(asked))] = [at + 1, at + 2].map(|i| units.get(i)) else {
            return false;
        };
        let asks = self.continuing && left.is_empty();
        let Some(draft) = self.running.and_then(|r| self.drafts.get(r)).filter(|_| asks) else {
            return false;
        };
        let short = |text: &str| text.len() < LONGEST_ASKED;
        let unmarked = self.taken <= at + 1 && next.rare().mark.is_none() && asked.rare().mark.is_none();
        if !unmarked || !short(&draft.text) || !short(&next.text) || !short(&asked.text) {
            return false;
        }
        let whole = format!("{}{blanks}{}", draft.text, next.text.trim_end());
        let asks = |line: &Line<'_>| continuation(&line.text, None).is_some();
        let prompt = self.same_level(&next.text).is_some();
        let ahead = self.asked_behind_ahead(at + 1, &next.text).is_some()
            || self.is_before_question(at + 1, &next.text);
        if prompt || ahead || !asks(asked) || asks(next) || is_complete(&whole) {
            return false;
        }
        let end = next.span.end;
        self.taken = at + 2;
        let Some(draft) = self.running.and_then(|r| self.drafts.get_mut(r)) else { return false };
        let alone = Reading { text: std::mem::replace(&mut draft.text, whole), confidence: OTHER };
        draft.offer(alone);
        draft.confidence = draft.confidence.min(0.7);
        draft.span.end = end;
        true
    }

    /// Whether one line stands between a command and the screen that it fills: such a program says nothing before.
    fn is_before_screen(&self, at: usize, typed: &str) -> bool {
        const FILL: [&str; 8] = ["less", "vi", "vim", "nano", "man", "top", "htop", "view"];
        let Some(Unit::Line(next)) = self.units.get(at + 1) else { return false };
        let below = &self.given.bytes[next.span.end..self.given.bytes.len().min(next.span.end + 32)];
        self.busybox
            && FILL.contains(&typed.split(' ').next().unwrap_or_default())
            && below.starts_with(FILLS)
    }

    /// Whether the running command shows nothing when all goes well.
    fn shows_nothing(&self) -> bool {
        const QUIET: [&str; 4] = ["cd", "mkdir", "touch", "export"];
        let text = self.running.and_then(|r| self.drafts.get(r)).map_or("", |d| d.text.as_str());
        let quiet = |words: &[Cow<'_, str>]| QUIET.contains(&&*words[0]);
        QUIET.iter().any(|name| text.starts_with(name))
            && text.len() < LONGEST_ASKED
            && SimpleCommands::of(text).iter().all(quiet)
    }

    /// Whether the running command waits: what is shown then is typed ahead.
    fn waits(&self) -> bool {
        self.running.and_then(|r| self.drafts.get(r)).is_some_and(|d| is_silent(&d.text))
    }

    /// Whether a line that busybox broke ended where it broke it, and this is the first that the command shows: nobody types
    /// columns.
    fn ended_at_edge(&self, text: &str) -> bool {
        let typed = self.running.and_then(|r| self.drafts.get(r)).map_or("", |d| d.text.as_str());
        self.given.mode == Mode::Exact && text.starts_with("   ") && is_complete(typed)
    }

    /// Whether a line behind a short prompt is a file's, along with the next: that has another prompt, which no command here
    /// could have opened.
    fn is_files(&self, at: usize, prompt: &str, rest: &str) -> bool {
        let Some(Unit::Line(next)) = self.units.get(at + 1) else { return false };
        let other = |c: &Candidate| {
            let shown = next.text[..c.at].trim_end();
            shown.ends_with(['$', '#', '%']) && shown != prompt.trim_end() && c.likeness >= KNOWN
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

    /// What was entered on a line at the prompt that stands at `place`, and what stands before that.
    fn at_prompt(&mut self, at: usize, line: &Line<'_>, place: Range<usize>, confidence: f32) {
        let text: &str = behind_sign(&line.text);
        let place = place.start..place.start + drawn_once(&text[place.clone()]);
        let (left, prompt, rest) = (&text[..place.start], &text[place.clone()], &text[place.end..]);
        let streamed = self.given.mode == Mode::Streamed;
        let may_be_shown = !streamed && line.rare().input.is_none() && self.may_be_shown(prompt);
        if may_be_shown && self.is_files(at, prompt, rest) {
            return self.output(text, &line.span);
        }
        if left.is_empty() {
            self.take_upper(at, prompt);
        }
        if !streamed {
            self.give_up_before(line, left, rest);
        }
        if left.is_empty() && self.first_ahead(at, line, prompt, rest) {
            return;
        }
        let (mut prompt, mut rest) = (prompt, rest);
        if let Some(end) = self.shell_ahead(rest) {
            (prompt, rest) = rest.split_at(end);
        }
        // behind the last copy of it only steps were made
        let before = if streamed && left.is_empty() { self.before_redrawn(at, prompt, rest) } else { None };
        let rest = before.unwrap_or(rest);
        let below = match streamed {
            true => self.drawn_below(at, prompt, rest).or_else(|| self.typed_in_row_below(at, prompt, rest)),
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
        let spoken = if whole.is_none() { self.spoken_into(at, prompt, rest) } else { None };
        let pasted = if streamed && whole.is_none() && spoken.is_none() {
            self.pasted(at, prompt, rest)
        } else {
            None
        };
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
        let stepped = raw.and_then(without_stepped_underscores);
        let raw = stepped.as_deref().or(raw);
        let edited = raw.is_none_or(|raw| raw.contains(&0x08));
        let entered = streamed || !self.is_left_unentered(at, line, prompt, rest);
        let given_up = streamed && self.given.bytes.get(line.span.clone()).is_some_and(is_given_up);
        let status = match entered {
            true if given_up => Status::Aborted,
            true => ended(line, rest),
            false => Status::Incomplete,
        };
        let wide = line.text.chars().count();
        let breaks = self.is_broken(line)
            && !rest.trim_start().is_empty()
            && self.may_be_full(wide)
            && (streamed || !self.returns_always(at, line, prompt));
        let shown = !streamed && line.rare().input.is_none() && self.may_be_shown(prompt);
        let confidence = if shown { confidence.min(0.85) } else { confidence };
        let confidence = match self.is_along(at, line.span.start, line.rare().taken) {
            true => confidence.min(0.5),
            false => confidence,
        };
        // its rest stands below what was said, wherever that ends
        let breaks = breaks && spoken.is_none();
        let interrupted = spoken.is_some();
        let guessed = whole.is_some() || interrupted;
        let confidence = if below.is_some() { confidence.min(0.85) } else { confidence };
        let confidence = if before.is_some() { confidence.min(0.7) } else { confidence };
        let confidence = if guessed { confidence.min(0.7) } else { confidence };
        let unseen = if streamed || guessed { None } else { self.out_of_sight(line, rest) };
        let confidence = if unseen.is_some() { confidence.min(0.8) } else { confidence };
        let shown = unseen.is_some().then(|| vec![rest.to_owned()]);
        let (spoken, others) = spoken.unzip();
        let others = others.or(shown);
        let text = whole.or(spoken).or(pasted).or(unseen).unwrap_or_else(|| rest.to_owned());
        let lead = self.lead.take().unwrap_or_default();
        let others = others.unwrap_or_default();
        self.full = None;
        let span = match self.units.get(self.taken.saturating_sub(1)) {
            Some(Unit::Line(last)) if below.is_some() && !streamed => line.span.start..last.span.end,
            _ => line.span.clone(),
        };
        self.entered(Entered {
            lead,
            raw,
            others,
            span,
            ..Entered::on(line, prompt, text, status, confidence)
        });
        self.soft = !streamed && self.continuing && line.returns == 0 && self.returns > 0;
        if let Some(top) = self.levels.top_mut() {
            // a streaming copy has lost most of the questions
            top.asks |= line.rare().input.is_some() && !streamed;
            if left.is_empty() && !edited {
                top.longest = top.longest.max(prompt.chars().count() + rest.chars().count());
            }
        }
        // a shell that breaks its lines shows none that is longer
        self.broken = breaks
            && self.running.is_some()
            && self
                .levels
                .top()
                .is_some_and(|l| l.program.is_none() && !l.marked && (!streamed || l.longest <= wide));
        let blanks = " ".repeat((line.text.len() - line.text.trim_end().len()).min(8));
        if streamed && self.goes_on_asked(at, left, &blanks) {
            return;
        }
        let longest = self.longest.get(&exact_key(prompt)).filter(|_| streamed);
        let longest = longest.and_then(|may| may.iter().find(|(width, _)| *width == wide)).copied();
        let typed = self.running.and_then(|r| self.drafts.get(r)).map_or("", |d| d.text.as_str());
        let rest_below = || {
            let next = self.units.get(at + 1).filter(|_| streamed && self.taken <= at + 1);
            let Some(Unit::Line(next)) = next else { return false };
            self.busybox && (begins_at_blank(&next.text) || finishes(typed, &next.text))
                || self.is_before_screen(at, typed)
                || joins(&next.text) && !self.waits()
                || line.text.ends_with(' ') && begins_behind_blank(&line.text, &next.text)
                || self.shows_nothing() && begins_within_word(&next.text)
        };
        let longest = longest.or_else(|| rest_below().then_some((wide, self.busybox)));
        let shell = self.levels.top().is_some_and(|l| l.program.is_none() && !l.marked);
        if let Some((width, agree)) =
            longest.filter(|_| shell && !self.broken && !interrupted && left.is_empty())
            && let Some(draft) = self.running.and_then(|r| self.drafts.get(r))
        {
            self.full = Some(Full { width, agree, text: draft.text.clone() + &blanks });
        }
        let most = if streamed || !self.broken { wide } else { self.written(line).max(wide) };
        if self.broken
            && let Some(draft) = self.drafts.last_mut()
        {
            // colours that the shell takes for text make its first row shorter than the others
            self.row_width = Some(most);
            // blanks at the break belong to the text
            let kept = draft.text.len();
            draft.text.push_str(&" ".repeat(line.text.len() - line.text.trim_end().len()));
            draft.text.truncate(kept + 8);
        }
    }
}
