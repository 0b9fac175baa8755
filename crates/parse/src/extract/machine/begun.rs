//! Prompts that no shell or program in force shows: the session's first, and those of what a command began.

use super::below::{end_before_exit, is_left_at_once};
use super::due::has_strong_sign;
use super::programs::{counts_statements, is_bracketed, is_question};
use super::*;
use crate::shell::runs_a_script;

impl Machine<'_> {
    /// Where a prompt ends that no shell or program in force shows: the session's first, or that of what the last command began,
    /// which announced one or may have. `marks` where the shell in front marks all its own.
    pub(super) fn begun_prompt(
        &mut self,
        at: usize,
        text: &str,
        floor: Option<usize>,
        announced: bool,
        marks: bool,
    ) -> Option<(usize, f32)> {
        if is_blank(text) || is_password_prompt(text) {
            return None;
        }
        let may = self.may();
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
        let counted =
            repl && !strong && counts_statements(prompt, self.units.get(at + 1..).unwrap_or_default());
        // few prompts end in another sign, many lines of output have one
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
}

/// So short a prompt stands in many a file.
const SHORT: usize = 2;

/// Fewer events tell nothing of who typed how fast.
const FEW_EVENTS: usize = 8;

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
