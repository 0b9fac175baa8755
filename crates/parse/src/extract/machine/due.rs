//! Whether a line without marks begins with a prompt that is due, and where that ends.

use super::below::{end_before_exit, is_left_at_once};
use super::programs::{counts_statements, is_bracketed, is_question};
use super::*;
use crate::shell::runs_a_script;

impl<'a> Machine<'a> {
    /// Whether a line without marks can be nothing but output: the last command opens nothing, and the signs of the prompts
    /// that are known stand nowhere on it. Most lines are told by that.
    pub(super) fn is_output(&mut self, at: usize, line: &Line<'_>, text: &str) -> bool {
        let due = !matches!(self.opened, Opens::Nothing)
            || self.prompts.lead.is_some()
            || self.left_editor
            || self.continuing
            || self.breaks.broken
            || line.rare().input.is_some()
            || self.given.mode == Mode::Streamed && !self.begins_row(line);
        let Some(top) = self.levels.top().filter(|top| !due && top.program.is_none()) else { return false };
        // an editor that marks itself does so on every line
        let marks = top.marked && at <= self.last_edit;
        if !marks && self.levels.may_stand_in(&line.text, line.holds) {
            return false;
        }
        let may = self.may();
        let signed = || line.holds.signs() && has_strong_sign(text);
        !may.sets_prompt && (!may.opens_unknown || !signed())
    }

    /// Where the session's first prompt stands, when something was typed before it was drawn: other lines begin with a part
    /// of what looks like the prompt here.
    pub(super) fn first_behind(&mut self, text: &str, floor: Option<usize>) -> Option<(Range<usize>, f32)> {
        let opens = matches!(self.opened, Opens::Shell { .. });
        if self.levels.top().is_some() && !opens || text.trim_start().is_empty() {
            return None;
        }
        let plain = self.prompts.on_plain_lines(&self.units);
        let (end, _) = plain.best(text, floor)?;
        // a prompt has one blank behind it, what follows was typed
        let end = text[..end].trim_end_matches(' ').len() + usize::from(text[..end].ends_with(' '));
        let prompt = &text[..end];
        if let Some((user, named)) = self.given.run_as.zip(says(prompt).user)
            && self.levels.top().is_none()
            && named.len() > user.len()
            && named.ends_with(user)
            && let Some(at) = prompt.find(&named)
        {
            // the session begins as somebody whose name stands glued to it
            return Some((at + named.len() - user.len()..end, 0.9));
        }
        // what has no line end is shown in front of some, and hardly of most
        const MOSTLY: u32 = 3;
        let times = plain.count(prompt);
        if times > MOSTLY {
            return None;
        }
        let owed = match &self.opened {
            Opens::Shell { who, .. } if who.name().is_some() => who.name(),
            _ if self.levels.top().is_none() => self.given.run_as,
            _ => None,
        };
        let first = prompt.trim_start_matches(|c: char| !c.is_alphanumeric());
        if owed.is_some_and(|user| first.starts_with(user) && says(prompt).user.as_deref() == Some(user)) {
            // it begins with whose it is
            return None;
        }
        // where one like it is seen again, in another directory, its mere sign is no prompt, but before what was begun too
        // early
        let shortest = if plain.count_alike(prompt) > 1 { 3 } else { 0 };
        let starts = prompt.char_indices().map(|(at, _)| at).skip(1).take(80);
        // a blank is the prompt's own where it comes again with it
        let begins = |at: &usize| {
            let part = &prompt[*at..];
            if times < 2 {
                !part.starts_with(' ') || plain.count(part) > 1
            } else {
                part.starts_with([' ', '\u{a0}']) && plain.count(part) > times
            }
        };
        let starts: Vec<usize> = starts.filter(begins).collect();
        // one that comes again as it is, before one of which only the kind does
        for same in [true, false] {
            let start = starts.iter().copied().find(|at| {
                let (left, part) = (&text[..*at], &prompt[*at..]);
                let ahead = || is_ahead(left, &text[end..]);
                // remarks of files begin with a mere sign
                let first = self.levels.top().is_none();
                let bare = || first && part.trim().chars().count() == 1 && likeness(left) < KNOWN;
                let again = match same {
                    true => {
                        let count = plain.count(part);
                        count > times.max(1)
                            && (times < 2 || count > MOSTLY * times)
                            && !bare()
                            && plain.is_used(part)
                            || count > 0 && times < 2 && ahead()
                    }
                    false => times < 2 && ahead() && plain.count_alike(part) > 2,
                };
                let blanks = text[end..].len() - text[end..].trim_start_matches(' ').len();
                let begins = |(e, score): (usize, f32)| e == part.len() + blanks && score >= FIRST;
                // what is quoted comes again where it is shown
                let quoted = || quotes(left) && !ahead();
                again
                    && (part.trim().chars().count() >= shortest || ahead() && plain.is_proven(part))
                    && !quoted()
                    && (plain.best(&text[*at..], None).is_some_and(begins)
                        || ahead() && begins_so(plain, part, &format!("{part}{left}{}", &text[end..])))
            });
            if let Some(start) = start {
                return Some((start..end, 0.9));
            }
        }
        None
    }

    /// Where the prompt that is due follows output that did not end its line, or text typed before it was drawn.
    pub(super) fn glued_prompt(&mut self, text: &str) -> Option<Range<usize>> {
        if matches!(self.opened, Opens::Exit)
            && let Some(place) = self.glued_below(text)
        {
            return Some(place);
        }
        self.glued_due(text).or_else(|| self.typed_once_more(text))
    }

    /// The same of the shell in front, told by its prompt.
    fn glued_due(&mut self, text: &str) -> Option<Range<usize>> {
        let top = self.levels.top()?;
        let long = top.shown >= LONG;
        if top.marked {
            return None;
        }
        let prompt = top.prompt.as_str();
        if let Some(rest) = text.strip_prefix("^C").and_then(|rest| rest.strip_prefix(prompt))
            && top.shown > 0
            && likeness(after_last_prompt(rest, prompt, false)) >= 0.3
        {
            // Ctrl-C is shown where it was pressed, in what ran
            return Some(2..2 + prompt.len());
        }
        if prompt.ends_with(' ')
            && top.shown > 0
            && let Some(at) = self.running.and_then(|r| printed(&self.drafts.get(r)?.text, text))
            && let Some(end) = behind_same(prompt, &text[at..])
            && likeness(&text[at + end..]) >= 0.3
        {
            // the same, with a number in the prompt that is another now
            return Some(at..at + end);
        }
        if !long
            && prompt.ends_with(' ')
            && top.shown > 0
            && let Some(running) = self.running.and_then(|r| self.drafts.get(r))
            && let Some(at) = last_place(text, prompt)
            && (text[..at].trim().len() >= 4 && running.text.contains(text[..at].trim())
                || pager_waits(&text[..at], &running.text))
            && likeness(&text[at + prompt.len()..]) >= 0.3
        {
            // the command printed a text of its own without a line end, or a pager asked for a key
            return Some(at..at + prompt.len());
        }
        let starts = top.head.as_ref()?.find_iter(text.as_bytes()).filter(|at| *at > 0).take(4);
        let starts: Vec<usize> = starts.collect();
        if starts.is_empty() {
            return None;
        }
        let prompt = top.prompt.clone();
        for start in starts {
            let rest = &text[start..];
            let same = rest.starts_with(prompt.as_str()).then_some(prompt.len());
            // a second blank behind it was typed
            let single = || rest.contains("  ").then(|| rest.replacen("  ", " ", 1));
            let same = same.or_else(|| self.same_level(rest));
            let same = same.or_else(|| single().and_then(|rest| self.same_level(&rest)));
            let Some(end) = same.map(|end| start + end) else { continue };
            let (left, rest) = (&text[..start], after_last_prompt(&text[end..], &text[start..end], false));
            // quoted or spaced, it is text about a prompt
            let glued = left.ends_with(|c: char| {
                c.is_alphanumeric() || matches!(c, '}' | ']' | ')' | '>' | '.' | '!' | ';' | '%')
            });
            let running = || self.running.map_or("", |r| self.drafts[r].text.as_str());
            let glued = glued || pager_waits(left, running());
            if glued && likeness(without_bracket(rest)) > if long { 0.2 } else { KNOWN }
                || long && typed_before(left, rest, &prompt).is_some()
            {
                return Some(start..end);
            }
        }
        None
    }

    /// Where the prompt that is due, however short, stands between what was typed too early and the same once more, as
    /// editors draw it that do not mark themselves.
    fn typed_once_more(&mut self, text: &str) -> Option<Range<usize>> {
        let shell = |l: &Level| l.program.is_none() && !l.marked && l.shown > 0;
        let left = matches!(self.opened, Opens::Exit) || self.left_editor;
        // on most lines no sign stands before what they begin with
        let first = text.chars().next()?;
        let begins = |rest: &str| rest.trim_start_matches(' ').starts_with(first);
        let again = |sign: char| text.match_indices(sign).any(|(at, sign)| begins(&text[at + sign.len()..]));
        let due = self.levels.top().into_iter().chain(self.levels.below().filter(|_| left));
        if !due.filter(|l| shell(l)).filter_map(|l| l.sign).any(again) {
            return None;
        }
        for end in candidates(text, None).iter().filter(|c| c.likeness >= KNOWN).map(|c| c.at) {
            let again = text.bytes().zip(text[end..].bytes()).take_while(|(a, b)| a == b).count();
            for start in (1..end).take(again).filter(|at| text.is_char_boundary(*at)) {
                let prompt = &text[start..end];
                let below = left && self.levels.below().any(|l| shell(l) && same(&l.prompt, prompt));
                let top = || self.levels.top().is_some_and(shell);
                if below || top() && self.same_level(&text[start..]) == Some(end - start) {
                    // where the row was drawn anew, it stands there once more
                    let anew = last_place(&text[end..], prompt).filter(|_| prompt.trim().len() >= LONG);
                    return Some(anew.map_or(start..end, |at| end + at..end + at + prompt.len()));
                }
            }
        }
        None
    }

    /// Where the prompt that is due tears the first word of a command that was typed too early, or an environment's name
    /// before that prompt stands behind it.
    pub(super) fn torn(&mut self, text: &str) -> Option<Range<usize>> {
        let prompt = self.levels.top().filter(|l| l.program.is_none() && !l.marked && l.shown > 0)?;
        let prompt = prompt.prompt.as_str();
        let head = prompt.char_indices().nth(3).map_or(prompt, |(at, _)| &prompt[..at]);
        let letters = text.bytes().take(MOST_TORN).take_while(u8::is_ascii_lowercase).count();
        let start = (1..=letters).find(|at| head.len() > 2 && text[*at..].starts_with(head));
        if text.starts_with(prompt) {
            return None;
        }
        let Some(start) = start else { return self.entered_behind_early(text) };
        let rest = &text[start..];
        let len = if rest.starts_with(prompt) { prompt.len() } else { self.same_level(rest)? };
        let end = start + len;
        self.is_torn(&text[..start], &text[end..]).then_some(start..end)
    }

    /// Where the prompt that is due stands with the name of an environment, behind what was typed too early.
    fn entered_behind_early(&mut self, text: &str) -> Option<Range<usize>> {
        const MOST: usize = 24;
        let start = text.bytes().take(MOST).position(|b| b == b'(').filter(|at| *at > 0)?;
        let end = start + self.in_environment(&text[start..])?;
        is_ahead(&text[..start], &text[end..]).then_some(start..end)
    }

    /// Whether `left` and `rest`, before and behind a prompt, are one command whose first word the prompt tears. What the
    /// last command was told to print is none.
    pub(super) fn is_torn(&self, left: &str, rest: &str) -> bool {
        let last = self.running.and_then(|r| self.drafts.get(r)).map_or("", |d| d.text.as_str());
        tears_word(left, rest) && words(last).all(|w| w != left)
    }

    /// Where the prompt of a shell below the one just left follows text typed before it was drawn.
    fn glued_below(&self, text: &str) -> Option<Range<usize>> {
        self.levels.below().filter(|l| l.shown >= 5).find_map(|l| {
            let at = memmem::find(text.as_bytes(), l.prompt.as_bytes()).filter(|at| *at > 0)?;
            let place = at..at + l.prompt.len();
            typed_before(&text[..at], &text[place.end..], &l.prompt).map(|_| place)
        })
    }

    /// What the last command may do to prompts.
    #[inline]
    pub(super) fn may(&mut self) -> May {
        // every line of output asks, so the answer is kept until the text is another: appended to, cut, or put elsewhere
        let text = self.last_text();
        if self.may.0 != text {
            self.may_now(text);
        }
        self.may.1
    }

    fn may_now(&mut self, text: (usize, usize, usize)) {
        let may = self.drafts.last().map(|last| May::of(&SimpleCommands::of(&last.text)));
        self.may = (text, may.unwrap_or_default());
    }

    /// Which text the last command has: how many commands there are, where it is and how long.
    #[inline]
    pub(super) fn last_text(&self) -> (usize, usize, usize) {
        let text = self.drafts.last().map_or("", |last| last.text.as_str());
        (self.drafts.len(), text.as_ptr() as usize, text.len())
    }

    /// Where on a line without marks the prompt ends, if it begins with one that is due.
    /// `input` is where its shell says that its prompt ends.
    pub(super) fn prompt_on(
        &mut self,
        at: usize,
        text: &str,
        floor: Option<usize>,
        input: Option<usize>,
    ) -> Option<(usize, f32)> {
        let (end, confidence) = self.due_prompt(at, text, floor, input)?;
        // a further part of it is no command
        let led = || self.levels.downwards().find_map(|l| l.led_end(text));
        let parts = behind_arrows(text).or_else(led);
        Some((parts.map_or(end, |parts| parts.max(end)), confidence))
    }

    fn due_prompt(
        &mut self,
        at: usize,
        text: &str,
        floor: Option<usize>,
        input: Option<usize>,
    ) -> Option<(usize, f32)> {
        let may = self.may();
        let announced =
            !matches!(self.opened, Opens::Nothing) || self.prompts.lead.is_some() || may.sets_prompt;
        let known = self.levels.top().filter(|l| !l.marked && l.asks && text.starts_with(l.prompt.as_str()));
        if let Some(end) = known.map(|l| l.prompt.len()).filter(|end| input.is_some_and(|input| input > *end))
        {
            // it asked behind output on this row, and wrote its prompt once more at the start
            return Some((end, 0.97));
        }
        // a program nobody knows may ask, but its shell draws no prompt without a mark
        let marks = !announced
            && !self.multiplexed
            && !self.left_editor
            && self.levels.top().is_some_and(|top| top.marked);
        if let Some(input) = input.filter(|_| self.given.mode == Mode::Streamed)
            && self.levels.top().is_some_and(|top| !top.marked && top.shown > 1 && top.prompt.ends_with(' '))
            && let Some(end) = self.same_level(text).filter(|end| *end < input && text[..*end].ends_with(' '))
        {
            // what stands between came to the right edge since, and may go again
            return Some((end, 0.93));
        }
        if let Some(end) = input.filter(|end| self.is_asked(&text[..*end], announced)) {
            return Some((end, 0.98));
        }
        if input.is_none() && self.is_imitated(text) {
            return None;
        }
        if let Some(end) = self.in_environment(text) {
            return Some((end, 0.93));
        }
        if let Some(top) = self.levels.top() {
            if !top.marked {
                if let Some(end) = top.parted_end(text) {
                    return Some((end, 0.95));
                }
                if top.shown > 0 {
                    if let Some(end) = self.longer_below(text) {
                        return Some((end, 0.95));
                    }
                    if text.starts_with(top.prompt.as_str()) {
                        return Some((top.prompt.len(), if top.prompt.len() >= 4 { 0.97 } else { 0.94 }));
                    }
                    if text == top.prompt.trim_end() {
                        return Some((text.len(), 0.97));
                    }
                }
                if let Some(end) = self.same_level(text) {
                    return Some((end, 0.93));
                }
                if let Some(place) = self.with_other_part(text) {
                    return Some(place);
                }
            } else if at > self.last_edit && top.shown >= 3 && text.starts_with(top.prompt.as_str()) {
                // the editor was told not to mark itself any more
                return Some((top.prompt.len(), 0.7));
            } else if !announced && !self.multiplexed && !self.left_editor && !may.opens_unknown {
                return None;
            } else if self.multiplexed && text.starts_with(top.prompt.as_str()) && top.shown > 0 {
                return Some((top.prompt.len(), 0.9));
            }
            if let Some(end) = if marks { None } else { self.lower_level(text) } {
                return Some((end, 0.95));
            }
        }
        if is_blank(text) || is_password_prompt(text) {
            return None;
        }
        if matches!(self.opened, Opens::Exit)
            && let Some(end) = candidates(text, floor).iter().find(|c| self.prompts.used.contains(&c.exact))
        {
            // a shell outside, which moved since it was seen
            return Some((end.at, 0.9));
        }
        let unannounced = self.levels.top().is_some() && !announced;
        let exits = matches!(self.opened, Opens::Exit);
        let unasked = unannounced || self.levels.top().is_some() && exits;
        // behind the last shell that is known goes on one that drew its prompt before what that shell drew
        let within = exits && self.levels.below().next().is_some();
        if (unannounced || within) && !may.opens_unknown || unasked && !has_strong_sign(text) {
            return None;
        }
        let plain = self.prompts.on_plain_lines(&self.units);
        let again = drawn_twice(text);
        let twice = (again > 0).then(|| plain.best(&text[again..], None)).flatten();
        let twice = twice.filter(|(end, _)| *end == again);
        let (mut end, mut score) = twice.or_else(|| plain.best(text, floor))?;
        // what stands behind the second is what stands behind the first
        let text = if twice.is_some() { &text[again..] } else { text };
        end = end_before_exit(&self.opened, &text[end..], self.units.get(at + 1))
            .map_or_else(|| drawn_once(&text[..end]), |more| end + more);
        let prompt = &text[..end];
        let count = plain.count(prompt);
        let said = says(prompt);
        let sign = prompt.trim_end().chars().last().unwrap_or(' ');
        let strong = !sign.is_ascii() || is_shell_sign(sign);
        let repl = matches!(self.opened, Opens::Repl { .. });
        let rest = after_last_prompt(&text[end..], prompt, false);
        let is_known = likeness(rest) >= KNOWN;
        let outer = self.levels.top().map_or("", |top| top.prompt.as_str());
        let left = is_left_at_once(&self.opened, rest, self.units.get(at + 1), outer);
        // few prompts end in another sign, many lines of output have one
        let counted =
            repl && !strong && counts_statements(prompt, self.units.get(at + 1..).unwrap_or_default());
        let allowed = strong
            || counted
            || left && sign == ')'
            || self.levels.downwards().any(|l| l.led_end(text) == Some(end))
            // what an environment puts in front of a prompt comes as often, but no command behind it
            || count >= 3 && matches!(sign, ':' | ')' | ']' | '}') && plain.precedes_commands(prompt)
            || count >= 2 && repl && (is_bracketed(prompt) || is_question(prompt))
            // a session may begin and end at a prompt that is seen nowhere else
            || self.levels.top().is_none()
                && (sign == ')' || behind_place(text) == Some(end))
                && is_known
                && (count >= 2 || plain.count_alike(prompt) >= 4)
                && plain.precedes_commands(prompt)
            || plain.is_proven(prompt);
        // what the filter left of a sign may be anything: only commands behind it make it one
        let key = exact_key(prompt);
        let damaged = sign == '\u{fffd}'
            && !left
            && (!plain.precedes_commands(prompt)
                || is_complete(rest)
                    && opens(rest) == Opens::Nothing
                    && !May::of(&SimpleCommands::of(rest)).changes_prompt
                    && self.prompt_below(at).is_some_and(|below| below != key));
        let quoted = quotes(prompt) && likeness(text) >= KNOWN;
        // the page that greets in a multiplexer has many lines alike, and shells in it have usual prompts
        let greets = matches!(self.opened, Opens::Multiplexer { .. }) && !strong;
        if !allowed
            || repl && self.shows_place(text)
            || is_trace(prompt)
            || damaged
            || quoted
            || greets
            || repl && sign == ']' && !counted
            || self.is_first_upper(at, text, end)
        {
            return None;
        }
        let ahead = || self.early.iter().any(|early| early == text[end..].trim());
        let short = self.levels.top().is_none() && prompt.trim().len() <= SHORT;
        if short && self.is_within_event(at) && !ahead() {
            return None;
        }
        // mksh ends the row of a prompt that leaves no room, and what is typed comes in another event
        let below = self.levels.top().is_none() && count >= 3 && text[end..].trim().is_empty();
        if below && self.is_typed_below(at) {
            score = score.max(FIRST);
        }
        let needed = match &self.opened {
            _ if self.levels.top().is_none() => FIRST,
            Opens::Shell { who, .. } => {
                score += if left { 2.0 } else { 0.0 };
                if let Some(name) = who.name() {
                    score += if said.user.as_deref() == Some(name) { 2.0 } else { 0.0 };
                    score += if name == "root" && said.root_sign { 1.5 } else { 0.0 };
                }
                ANNOUNCED
            }
            // no program asks as a shell does
            Opens::Repl { .. } if matches!(prompt.trim(), "$" | "#") => return None,
            Opens::Repl { .. } if (count < 2 || is_sign(prompt)) && self.runs_a_script() => return None,
            Opens::Repl { .. } => PROGRAM,
            Opens::Multiplexer { .. } => ANNOUNCED + 1.0,
            // above the prompt in force stands its own upper line, which was given something in front
            Opens::Nothing if announced && self.is_above_due(at, &text[end..]) => return None,
            Opens::Nothing if announced => ANNOUNCED,
            Opens::Exit | Opens::Nothing => match self.is_left_again(at, prompt) {
                _ if !strong => return None,
                Some(true) if count >= 2 => ANNOUNCED,
                None if count >= 3 && !marks => UNANNOUNCED,
                _ => return None,
            },
        };
        let confidence = if announced || self.levels.top().is_none() { 0.93 } else { 0.8 };
        (score >= needed).then_some((end, confidence))
    }

    /// Whether what runs is a script: a row of its output that looks like a prompt is none for that.
    fn runs_a_script(&self) -> bool {
        self.running.is_some_and(|r| runs_a_script(&self.drafts[r].text))
    }

    /// Whether the unit at `at` came with the one above it, in one event: nobody types so fast.
    fn is_within_event(&self, at: usize) -> bool {
        let [Some(above), Some(Unit::Line(line))] =
            [at.checked_sub(1).and_then(|at| self.units.get(at)), self.units.get(at)]
        else {
            return false;
        };
        let shown = matches!(above, Unit::Line(above) if !above.text.trim_start().is_empty());
        shown && self.given.begins.len() >= FEW_EVENTS && !self.begins_event(&line.span)
    }

    /// Whether a command stands below the unit at `at`, in another event.
    fn is_typed_below(&self, at: usize) -> bool {
        let Some(Unit::Line(next)) = self.units.get(at + 1) else { return false };
        next.text.len() < LONGEST_ASKED && likeness(&next.text) >= KNOWN && self.begins_event(&next.span)
    }

    /// Whether a prompt whose shell says where it ends is one that is due.
    fn is_asked(&mut self, prompt: &str, announced: bool) -> bool {
        let said = says(prompt);
        let moved = self.may().changes_prompt;
        let due = self
            .levels
            .top()
            .is_none_or(|l| !l.marked && (l.asks || l.fits(prompt, &said) || moved) || announced)
            || self.levels.lower(prompt, &said);
        due && prompt.len() <= 240 && !prompt.trim_start().is_empty()
    }

    /// Whether a short prompt stands there without the mark that its shell sets behind it: output, but where the line was
    /// typed ahead, which shows its end above.
    fn is_imitated(&self, text: &str) -> bool {
        let Some(top) = self.levels.top().filter(|l| l.asks && l.shown < 5) else {
            return false;
        };
        let Some(rest) = text.strip_prefix(top.prompt.as_str()) else { return false };
        let above = self.last_shown().trim();
        above.is_empty() || !rest.trim_end().ends_with(above)
    }
}

/// Whether a shell shows with this what it runs (`set -x`), and how deep.
fn is_trace(prompt: &str) -> bool {
    prompt.trim_end().bytes().all(|b| b == b'+')
}

/// Whether a prompt is no more than a sign.
fn is_sign(prompt: &str) -> bool {
    prompt.trim().chars().count() == 1
}

/// Whether a prompt would quote: what begins with a command does.
pub(super) fn quotes(prompt: &str) -> bool {
    memchr::memchr2(b'"', b'\'', prompt.as_bytes()).is_some()
}

/// How long a prompt is: one that is drawn twice, where the terminal was resized or on every line, is one prompt.
pub(super) fn drawn_once(prompt: &str) -> usize {
    let half = prompt.len() / 2;
    let twice = half >= 2 && prompt.is_char_boundary(half) && prompt[..half] == prompt[half..];
    if twice { half } else { prompt.len() }
}

/// Whether a line begins with that prompt, the session's first.
fn begins_so(plain: &mut Lookup<Unit<'_>>, prompt: &str, line: &str) -> bool {
    plain.best(line, None).is_some_and(|(end, score)| end == prompt.len() && score >= FIRST)
}

/// How long the prompt is that a line begins with, if that stands there twice.
fn drawn_twice(text: &str) -> usize {
    const SHORTEST: usize = 4;
    const LONGEST: usize = 120;
    let bytes = text.as_bytes();
    let Some(head) = bytes.get(..SHORTEST) else { return 0 };
    let near = &bytes[SHORTEST..bytes.len().min(LONGEST + SHORTEST)];
    let mut again = memmem::find_iter(near, head).map(|at| at + SHORTEST);
    let signed = |prompt: &str| prompt.strip_suffix(' ').is_some_and(|p| p.ends_with(is_shell_sign));
    let twice = |len: &usize| bytes[*len..].starts_with(&bytes[..*len]) && signed(&text[..*len]);
    again.find(twice).unwrap_or(0)
}

/// The place of a prompt that is drawn twice behind what was typed too early, if `place` holds all that.
pub(super) fn drawn_behind_early(text: &str, place: Range<usize>) -> Range<usize> {
    let prompt = &text[place.clone()];
    // most prompts have their end but once
    let bytes = prompt.as_bytes();
    if !bytes.last_chunk::<2>().is_some_and(|end| bytes[..bytes.len() - 2].array_windows().any(|w| w == end))
    {
        return place;
    }
    let lengths = (1..=MOST_TORN.min(prompt.len())).filter(|left| prompt.is_char_boundary(*left));
    let once = |left: usize| left + drawn_once(&prompt[left..]);
    let mut twice = lengths.map(|left| (left, once(left))).filter(|(_, end)| *end < prompt.len());
    let found = twice.find(|(left, end)| prompt[*left..*end].trim().len() >= LONG);
    found.map_or(place.start..place.start + drawn_once(prompt), |(left, end)| {
        place.start + left..place.start + end
    })
}

/// A line without the bracket that begins a subshell.
pub(super) fn without_bracket(rest: &str) -> &str {
    rest.strip_prefix('(').unwrap_or(rest)
}

/// The prompts on lines without marks.
pub(super) fn plain_lookup<'a>(units: &Rc<Vec<Unit<'a>>>) -> Lookup<Unit<'a>> {
    Lookup::new(Rc::clone(units), plain_sample)
}

/// So short a prompt stands in many a file.
const SHORT: usize = 2;

/// Fewer events tell nothing of who typed how fast.
const FEW_EVENTS: usize = 8;

/// Letters of a first word that stand before its prompt.
const MOST_TORN: usize = 8;

/// Whether `left` was typed before the prompt was drawn and goes on in `rest`, within a word or behind a name, or stands there
/// once more, as busybox draws it.
fn is_ahead(left: &str, rest: &str) -> bool {
    let name = || rest.starts_with(' ') && left.len() > 1 && left.len() <= MOST_TORN && is_command(left);
    tears_word(left, rest) || rest.starts_with(left) && likeness(rest) >= KNOWN || name()
}

/// Whether `left` is the start of a command's name that `rest` goes on with.
fn tears_word(left: &str, rest: &str) -> bool {
    let goes_on = rest.bytes().take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_')).count();
    (1..=MOST_TORN).contains(&left.len())
        && goes_on > 0
        && left.bytes().all(|b| b.is_ascii_lowercase())
        && is_command(&format!("{left}{}", &rest[..goes_on]))
}

/// Whether something stands there that can be the last sign of any prompt.
fn has_strong_sign(text: &str) -> bool {
    text.bytes().take(256).any(|b| !b.is_ascii() || is_shell_sign(char::from(b)))
}

fn plain_sample<'s>(unit: &'s Unit<'_>) -> Option<Sample<'s>> {
    let Unit::Line(line) = unit else { return None };
    let (text, rare): (&str, _) = (&line.text, line.rare());
    if rare.mark.is_some() || text.len() >= 4096 || line.holds.begins_oddly() && is_blank(text) {
        return None;
    }
    let input = rare.input.and_then(|i| i.checked_sub(rare.behind)).filter(|i| *i > 0);
    Some(Sample { text: &text[rare.behind..], floor: rare.floor, input })
}

/// How much at the start of `shown` stands in the line that was told to print it.
fn printed(told: &str, shown: &str) -> Option<usize> {
    const LEAST: usize = 4;
    let at = memmem::find(told.as_bytes(), shown.as_bytes().get(..LEAST)?)?;
    let same = told.bytes().skip(at).zip(shown.bytes()).take_while(|(a, b)| a == b).count();
    shown.is_char_boundary(same).then_some(same)
}

/// Whether a row holds what `less` and `more` show while they wait for a key.
fn pager_waits(row: &str, command: &str) -> bool {
    const PAGED: [&str; 7] = ["less", "man", "git", "journalctl", "systemctl", "aws", "zless"];
    let paged = || words(command).any(|word| PAGED.contains(&word));
    // how much of a file was seen stands behind it
    let share = |part: &str| part == "END" || part.strip_suffix('%').is_some_and(|n| n.parse::<u8>().is_ok());
    let parts = row.strip_suffix(')').and_then(|row| row.rsplit_once('('));
    let asks = parts.filter(|(_, part)| share(part)).map_or(row, |(row, _)| row);
    asks.ends_with(listed::MORE) || matches!(row, ":" | "(END)") && paged()
}
