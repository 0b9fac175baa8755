//! One shell or program that a user stands before, and what is known of its prompt.

use std::rc::Rc;

use memchr::memmem::Finder;

use crate::prompt::{
    Says, alike, behind_alike, behind_parts, behind_place, behind_same, led_by, parted_by, same,
};

/// One shell, or one program with a prompt of its own.
#[derive(Debug, Clone)]
pub(crate) struct Level {
    /// The prompt as last seen.
    pub(crate) prompt: String,
    /// How long it is without the blanks around it.
    pub(crate) shown: usize,
    /// Finds its first signs within a line.
    pub(crate) head: Option<Finder<'static>>,
    /// Its last visible character, or the first of one whose sign begins it.
    pub(crate) sign: Option<char>,
    /// What the agent's filter leaves of the prompt, where it takes something.
    filtered: Option<String>,
    /// Whether the filter damages that.
    pub(crate) sign_damaged: bool,
    /// The sign behind each part of its prompt, where that has several, and what the agent's filter leaves of it.
    parts: Vec<String>,
    pub(crate) says: Rc<Says>,
    /// How many prompts it showed.
    pub(crate) seen: u32,
    /// The program's name where this is no shell.
    pub(crate) program: Option<String>,
    /// What a number in its prompt tells.
    pub(crate) counts: Counts,
    /// It was told to read keys as vi does.
    pub(crate) vi: bool,
    /// It was asked for as bash.
    pub(crate) bash: bool,
    /// It runs in a terminal inside the terminal, which draws what it shows and draws it anew.
    pub(super) multiplexed: bool,
    /// A program that is no shell was asked for it, and is in front again once it ends.
    pub(super) inside: bool,
    /// Its line editor marks itself; a line without marks is none of its prompts.
    pub(crate) marked: bool,
    /// Its line editor marks itself behind the prompt and not before.
    pub(crate) prompt_first: bool,
    /// It asks the terminal where its prompt ended, unless something was typed ahead (busybox).
    pub(crate) asks: bool,
    /// Columns of its longest line.
    pub(crate) longest: usize,
    /// Its secondary prompt, once seen.
    pub(crate) ps2: Option<String>,
    /// Index of its user in [`Levels::users`].
    pub(crate) id: usize,
}

/// Whether a number in a shell's prompt goes up by one with each command, as that of history does.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Counts {
    advanced: u32,
    otherwise: u32,
}

impl Counts {
    const LEAST: u32 = 2;

    /// Behind a command the prompt `new` follows `old`.
    pub(crate) fn see(&mut self, old: &str, new: &str) {
        if self.otherwise > 0 {
            return;
        }
        if old == new || !new.bytes().any(|b| b.is_ascii_digit()) {
            self.otherwise += 1;
        } else if goes_up(old, new) {
            self.advanced += 1;
        } else if without_digits(old) == without_digits(new) {
            // a clock
            self.otherwise += 1;
        }
    }

    /// Whether `new` says that nothing ran behind `old`.
    pub(crate) fn stays(&self, old: &str, new: &str) -> bool {
        self.advanced >= Self::LEAST && self.otherwise == 0 && old == new
    }
}

/// Whether `new` is `old` but for one number, which is the next.
pub(crate) fn goes_up(old: &str, new: &str) -> bool {
    let numbers = |text: &str| {
        let parts = text.split(|c: char| !c.is_ascii_digit()).filter(|part| !part.is_empty());
        parts.take(32).map(str::to_owned).collect::<Vec<_>>()
    };
    let (before, after) = (numbers(old), numbers(new));
    let changed = || before.iter().zip(&after).filter(|(a, b)| a != b);
    let next = |(a, b): (&String, &String)| {
        a.parse::<u32>().ok().zip(b.parse::<u32>().ok()).is_some_and(|(a, b)| a.checked_add(1) == Some(b))
    };
    before.len() == after.len()
        && changed().count() == 1
        && changed().all(next)
        && without_digits(old) == without_digits(new)
}

fn without_digits(text: &str) -> String {
    text.chars().filter(|c| !c.is_ascii_digit()).collect()
}

/// A prompt so long is nowhere by accident.
pub(crate) const LONG: usize = 5;
/// A shorter prompt is looked for nowhere but at the start of a line.
const SHORT: usize = 3;

impl Level {
    pub(super) fn new(prompt: &str, said: &Rc<Says>, marked: bool, id: usize) -> Self {
        let mut level = Self {
            prompt: String::new(),
            shown: 0,
            head: None,
            sign: None,
            filtered: None,
            sign_damaged: false,
            parts: Vec::new(),
            says: Rc::default(),
            seen: 0,
            program: None,
            multiplexed: false,
            counts: Counts::default(),
            vi: false,
            bash: false,
            inside: false,
            marked,
            prompt_first: false,
            asks: false,
            longest: 0,
            ps2: None,
            id,
        };
        level.see(prompt, said);
        level
    }

    /// Takes note of the prompt as it stands now.
    pub(super) fn see(&mut self, prompt: &str, said: &Rc<Says>) {
        self.seen += 1;
        if self.prompt != prompt {
            self.prompt = prompt.to_owned();
            let led = led_by(prompt);
            self.shown = prompt.trim().len();
            self.sign = if led.is_some() { prompt.chars().next() } else { prompt.trim_end().chars().last() };
            let first = prompt.char_indices().nth(if self.shown >= LONG { 4 } else { 3 });
            let head = led.unwrap_or_else(|| first.map_or(prompt, |(at, _)| &prompt[..at]));
            self.head = (self.shown >= SHORT).then(|| Finder::new(head).into_owned());
            self.filtered = filtered(prompt);
            if let Some(sign) = parted_by(prompt) {
                self.parts = [Some(sign.to_owned()), filtered(sign)].into_iter().flatten().collect();
            }
            let damaged = |left: &String| match led {
                Some(_) => left.starts_with('\u{fffd}'),
                None => left.trim_end().ends_with('\u{fffd}'),
            };
            self.sign_damaged = self.filtered.as_ref().is_some_and(damaged);
        }
        self.says = Rc::clone(said);
    }

    /// The word that a program's prompt begins with, by which it is known again.
    fn program_word(&self) -> Option<&str> {
        self.program.as_ref()?;
        Some(&self.prompt[..word_end(&self.prompt)]).filter(|word| word.len() >= 2)
    }

    /// Whether `text` begins with the word that a program's prompt begins with.
    fn may_fit_program(&self, text: &str) -> bool {
        self.program_word().is_some_and(|word| word == &text[..word_end(text)])
    }

    /// Whether a program's prompt has changed but for its first word and its last sign: `db [one]> ` and `db [two]> `.
    pub(crate) fn fits_program(&self, prompt: &str) -> bool {
        self.may_fit_program(prompt) && self.sign == prompt.trim_end().chars().last()
    }

    /// Whether the agent's filter makes this level's prompt, numbers aside, of `prompt`, which it kept here.
    pub(crate) fn is_left_of(&self, prompt: &str) -> bool {
        let left = || filtered(prompt).is_some_and(|left| left == self.prompt || same(&left, &self.prompt));
        self.prompt.contains(char::REPLACEMENT_CHARACTER) && left()
    }

    /// Whether `prompt` is this level's: the same, numbers aside, or the same in shape with user and host unchanged.
    pub(crate) fn fits(&self, prompt: &str, said: &Says) -> bool {
        let same_place = said.user == self.says.user && said.host == self.says.host;
        if prompt == self.prompt && same_place {
            return true;
        }
        let parted = || self.parted_end(prompt) == Some(prompt.len());
        (same_place || said.user.is_none()) && same(&self.prompt, prompt)
            || same_place && parted()
            || self.fits_program(prompt)
            || {
                same_place
                    && said.root_sign == self.says.root_sign
                    && said.user.is_some()
                    && alike(&self.prompt, prompt)
            }
    }

    /// Whether `prompt` is what the agent's filter leaves of this level's, numbers aside, and long enough to be nothing else.
    pub(crate) fn is_left_whole(&self, prompt: &str) -> bool {
        self.shown >= LONG && self.filtered.as_deref().is_some_and(|left| same(left, prompt))
    }

    /// The two ways a copy may show the prompt: as it was, and as the agent's filter leaves it.
    fn shown_as(&self) -> impl Iterator<Item = &str> {
        [self.prompt.as_str()].into_iter().chain(self.filtered.as_deref())
    }

    /// Where a prompt ends that `text` begins with, if it has this one's first part, whatever others follow.
    pub(crate) fn parted_end(&self, text: &str) -> Option<usize> {
        let behind = |prompt: &str| self.parts.iter().find_map(|sign| behind_parts(prompt, sign, text));
        self.shown_as().find_map(behind)
    }

    /// Where a prompt ends that `text` begins with, if its sign begins it as this one's does, whatever stands behind that.
    pub(crate) fn led_end(&self, text: &str) -> Option<usize> {
        let mut leads = self.shown_as().filter_map(led_by);
        leads.find(|lead| text.starts_with(lead)).and_then(|_| behind_place(text))
    }

    /// Whether `text` begins as a prompt of this level does, whatever its words are now. Most lines do not.
    pub(crate) fn may_begin(&self, text: &str) -> bool {
        self.alike_ends(text).next().is_some() || self.may_differ(text) || self.led_end(text).is_some()
    }

    /// Whether `text` may begin with a prompt of this level that is not like it: a program's, or one that the agent's
    /// filter did not damage.
    pub(crate) fn may_differ(&self, text: &str) -> bool {
        self.may_fit_program(text) || self.sign_damaged && !text.is_ascii()
    }

    /// Where a prompt ends that `text` begins with, if it differs from this level's only in numbers.
    pub(crate) fn same_ends(&self, text: &str) -> impl Iterator<Item = usize> {
        self.shown_as().filter_map(|prompt| behind_same(prompt, text))
    }

    /// Where a prompt ends that `text` begins with, if it differs from this level's only in its words.
    pub(crate) fn alike_ends(&self, text: &str) -> impl Iterator<Item = usize> {
        self.shown_as().filter_map(|prompt| behind_alike(prompt, text))
    }
}

/// Where the letters and digits end that `text` begins with.
fn word_end(text: &str) -> usize {
    text.find(|c: char| !c.is_alphanumeric()).unwrap_or(text.len())
}

/// What the agent's filter leaves of a line: it takes every byte from 0x80 to 0x9f for a control character, even within a
/// character.
pub(super) fn filtered(text: &str) -> Option<String> {
    if text.is_ascii() {
        return None;
    }
    let left: Vec<u8> = text.bytes().filter(|b| !(0x80..0xa0).contains(b)).collect();
    let mut out = String::with_capacity(left.len());
    for chunk in left.utf8_chunks() {
        out.push_str(chunk.valid());
        // each byte that is left of a character becomes a sign of its own
        out.extend(chunk.invalid().iter().map(|_| char::REPLACEMENT_CHARACTER));
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_that_goes_up_by_one_counts_commands() {
        let seen = |prompts: &[&str]| {
            let mut counts = Counts::default();
            prompts.windows(2).for_each(|two| counts.see(two[0], two[1]));
            counts
        };
        assert!(seen(&["web-4 8$ ", "web-4 9$ ", "web-4 10$ "]).stays("web-4 10$ ", "web-4 10$ "));
        assert!(!seen(&["9:58$ ", "9:59$ ", "9:60$ ", "10:07$ "]).stays("10:07$ ", "10:07$ "), "a clock");
        assert!(!seen(&["[1]$ ", "[2]$ ", "[3]$ ", "[3]$ "]).stays("[3]$ ", "[3]$ "));
    }
}
