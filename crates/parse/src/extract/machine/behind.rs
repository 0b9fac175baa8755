//! Prompts that stand behind something on their row: what was typed before they were drawn, or output that ended no line.

use super::begun::{drawn_once, quotes};
use super::*;

impl Machine<'_> {
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
}

/// Letters of a first word that stand before its prompt.
const MOST_TORN: usize = 8;

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

/// Whether a line begins with that prompt, the session's first.
fn begins_so(plain: &mut Lookup<Unit<'_>>, prompt: &str, line: &str) -> bool {
    plain.best(line, None).is_some_and(|(end, score)| end == prompt.len() && score >= FIRST)
}

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
