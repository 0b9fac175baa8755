//! The stack of shells and programs a user stands before, and as whom.

use std::collections::VecDeque;
use std::rc::Rc;

use memchr::memmem::Finder;

use crate::prompt::{
    Says, alike, behind_alike, behind_parts, behind_same, behind_status, differ_by_part, is_shell_sign,
    parted_by, same,
};
use crate::shell::{Opens, Who, is_shell};
use crate::term::Holds;

/// One shell, or one program with a prompt of its own.
#[derive(Debug, Clone)]
pub(crate) struct Level {
    /// The prompt as last seen.
    pub(crate) prompt: String,
    /// How long it is without the blanks around it.
    pub(crate) shown: usize,
    /// Finds its first signs within a line.
    pub(crate) head: Option<Finder<'static>>,
    /// Its last visible character.
    pub(crate) sign: Option<char>,
    /// What the agent's filter leaves of the prompt, where it takes something.
    filtered: Option<String>,
    /// Whether the filter damages its last visible character.
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
    multiplexed: bool,
    /// A program that is no shell was asked for it, and is in front again once it ends.
    inside: bool,
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
fn goes_up(old: &str, new: &str) -> bool {
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
    fn new(prompt: &str, said: &Rc<Says>, marked: bool, id: usize) -> Self {
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
    fn see(&mut self, prompt: &str, said: &Rc<Says>) {
        self.seen += 1;
        if self.prompt != prompt {
            self.prompt = prompt.to_owned();
            (self.shown, self.sign) = (prompt.trim().len(), prompt.trim_end().chars().last());
            let head = prompt.char_indices().nth(if self.shown >= LONG { 4 } else { 3 });
            let head = head.map_or(prompt, |(at, _)| &prompt[..at]);
            self.head = (self.shown >= SHORT).then(|| Finder::new(head).into_owned());
            self.filtered = filtered(prompt);
            if let Some(sign) = parted_by(prompt) {
                self.parts = [Some(sign.to_owned()), filtered(sign)].into_iter().flatten().collect();
            }
            self.sign_damaged =
                self.filtered.as_ref().is_some_and(|left| left.trim_end().ends_with('\u{fffd}'));
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

    /// Whether `text` begins as a prompt of this level does, whatever its words are now. Most lines do not.
    pub(crate) fn may_begin(&self, text: &str) -> bool {
        self.alike_ends(text).next().is_some() || self.may_differ(text)
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

/// Whether two prompts are one, which says of the last command that it failed, or has a part more.
fn has_other_part(one: &str, other: &str) -> bool {
    let [one, other] = [one, other].map(|prompt| &prompt[behind_status(prompt).unwrap_or(0)..]);
    one == other || differ_by_part(one, other)
}

/// Where the letters and digits end that `text` begins with.
fn word_end(text: &str) -> usize {
    text.find(|c: char| !c.is_alphanumeric()).unwrap_or(text.len())
}

/// What the agent's filter leaves of a line: it takes every byte from 0x80 to 0x9f for a control character, even within a
/// character.
fn filtered(text: &str) -> Option<String> {
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

/// The stack, and for every level there ever was the user it ran as.
#[derive(Debug, Default)]
pub(crate) struct Levels {
    stack: VecDeque<Level>,
    /// By level id.
    pub(crate) users: Vec<Option<String>>,
}

/// A prompt that stands there now.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Arrival<'a> {
    /// Its last line.
    pub(crate) prompt: &'a str,
    /// What all its lines say.
    pub(crate) said: &'a Rc<Says>,
    /// Its line editor marks itself.
    pub(crate) marked: bool,
}

/// Levels kept; a session that nests deeper loses its outermost ones.
const DEEPEST: usize = 64;

impl Levels {
    pub(crate) fn top(&self) -> Option<&Level> {
        self.stack.back()
    }

    pub(crate) fn top_mut(&mut self) -> Option<&mut Level> {
        self.stack.back_mut()
    }

    /// The levels from the top on.
    pub(crate) fn downwards(&self) -> impl Iterator<Item = &Level> {
        self.stack.iter().rev()
    }

    pub(crate) fn below(&self) -> impl Iterator<Item = &Level> {
        self.downwards().skip(1)
    }

    /// Whether the prompt of a level may stand in `text`, whatever its words are now: its sign does, or what may be left of
    /// it.
    pub(crate) fn may_stand_in(&self, text: &str, holds: Holds) -> bool {
        let may = |sign: char| holds.signs() || sign.is_ascii() && !is_shell_sign(sign);
        let last = |sign: char| sign.encode_utf8(&mut [0; 4]).bytes().last().unwrap_or_default();
        let stands = |sign: char| may(sign) && memchr::memchr(last(sign), text.as_bytes()).is_some();
        self.stack.iter().any(|level| level.sign_damaged || level.sign.is_none_or(stands))
    }

    /// A level below the top to which `prompt` belongs.
    pub(crate) fn lower(&self, prompt: &str, said: &Says) -> bool {
        self.below().any(|l| l.fits(prompt, said))
    }

    /// What the user is evidently called now, says a program that knows. Where it was another one before, this is a shell
    /// whose beginning was not seen: its id.
    pub(crate) fn confirm_user(&mut self, id: usize, name: &str) -> usize {
        match self.users.get_mut(id) {
            Some(Some(user)) if user != name => {
                let new = self.users.len();
                self.users.push(Some(name.to_owned()));
                self.stack.iter_mut().filter(|l| l.id == id).for_each(|l| l.id = new);
                new
            }
            Some(user) => {
                *user = Some(name.to_owned());
                id
            }
            None => id,
        }
    }

    /// The level's user, if `new` is that name behind what `typed` begins with: what was typed too early stands glued to it.
    pub(crate) fn user_behind(&self, id: usize, new: &str, typed: &str) -> Option<&str> {
        self.users.get(id)?.as_deref().filter(|old| is_behind(new, old, typed))
    }

    /// Takes off a user's name what was typed too early, where a level below the top names the same host.
    pub(crate) fn mend_user_below(&self, said: &mut Rc<Says>, typed: &str) {
        let Some(new) = said.user.as_deref() else { return };
        let here = self.below().filter(|l| l.says.host == said.host);
        let mut users = here.filter_map(|l| l.says.user.as_deref());
        if let Some(old) = users.find(|old| is_behind(new, old, typed)).map(str::to_owned) {
            Rc::make_mut(said).user = Some(old);
        }
    }

    /// Whether a shell here has that user by name.
    pub(crate) fn names(&self, user: Option<&str>) -> bool {
        self.stack.iter().any(|l| l.says.user.as_deref() == user)
    }

    /// Mends a name that has lost its start, or has what was typed before the prompt stand glued to it: nobody becomes a
    /// user of such a name unannounced.
    pub(crate) fn mend_user(&mut self, prompt: &str, said: &mut Rc<Says>, run_as: Option<&str>) {
        let Some(new) = said.user.as_deref() else { return };
        let nobodys =
            |l: &Level| l.says.user.is_none() && l.seen > 1 && l.shown >= LONG && l.prompt != prompt;
        if self.stack.back().is_some_and(|l| nobodys(l) && prompt.ends_with(l.prompt.as_str())) {
            // what stands before it is output
            Rc::make_mut(said).user = None;
            return;
        }
        let alike = |old: &str| old != new && (old.ends_with(new) || new.ends_with(old));
        let Some(top) = self.stack.back_mut() else {
            if let Some(old) = run_as.filter(|old| alike(old)) {
                Rc::make_mut(said).user = Some(old.to_owned());
            }
            return;
        };
        let Some(old) = top.says.user.as_deref().filter(|old| alike(old) && top.says.host == said.host)
        else {
            return;
        };
        if top.seen > 1 || new.len() > old.len() || run_as == Some(old) {
            Rc::make_mut(said).user = Some(old.to_owned());
        } else {
            // it was the first prompt that had more
            Rc::make_mut(&mut top.says).user = Some(new.to_owned());
            self.users[top.id] = Some(new.to_owned());
        }
    }

    /// The session's first shell.
    fn base(&mut self, prompt: &str, said: &Rc<Says>, marked: bool, run_as: Option<&str>) {
        let user = said
            .user
            .clone()
            .or_else(|| run_as.map(str::to_owned))
            .or_else(|| sign_user(prompt, said, marked));
        self.push(prompt, said, marked, user, None);
    }

    fn push(
        &mut self,
        prompt: &str,
        said: &Rc<Says>,
        marked: bool,
        user: Option<String>,
        program: Option<String>,
    ) {
        let id = self.users.len();
        self.users.push(user);
        let mut level = Level::new(prompt, said, marked, id);
        level.program = program;
        if self.stack.len() >= DEEPEST {
            self.stack.pop_front();
        }
        self.stack.push_back(level);
    }

    /// Whether what is in front runs in a terminal inside the terminal.
    pub(crate) fn are_multiplexed(&self) -> bool {
        self.stack.iter().any(|level| level.multiplexed)
    }

    /// The terminal inside the terminal is gone, and what ran in it.
    pub(crate) fn leave_multiplexer(&mut self) {
        let outside = self.stack.iter().position(|level| level.multiplexed).unwrap_or(self.stack.len());
        self.stack.truncate(outside.max(1));
    }

    /// The shell that has just come was asked for in a program.
    pub(crate) fn come_inside(&mut self) {
        if self.stack.len() > 1 {
            self.stack.back_mut().into_iter().for_each(|top| top.inside = true);
        }
    }

    /// The shell in front is told to end: says whether a program is there now, which shows what it likes.
    pub(crate) fn leave_inside(&mut self) -> bool {
        self.stack.pop_back_if(|top| top.inside).is_some()
    }

    /// A prompt stands there. `opened` is what the last command may have opened; `failed` that its output says it did not
    /// work. Afterwards the top level is the one the prompt belongs to.
    ///
    /// `said` is what the prompt says, with any lines it has above its last.
    pub(crate) fn arrive(&mut self, at: Arrival<'_>, opened: &Opens, failed: bool, run_as: Option<&str>) {
        let Arrival { prompt, said, marked } = at;
        let Some(top) = self.stack.back() else {
            return self.base(prompt, said, marked, run_as);
        };
        // of a command that failed the prompt may say so, and of a directory that it is about something
        let stays = failed || *opened == Opens::Nothing;
        let same_place = said.user == top.says.user && said.host == top.says.host;
        let same = top.fits(prompt, said) || stays && same_place && has_other_part(&top.prompt, prompt);
        let parent = || self.users[top.id].clone();
        match opened {
            Opens::Nothing if same => {}
            Opens::Exit if self.lower(prompt, said) => {
                self.stack.pop_back();
                self.fall_to(prompt, said);
            }
            // a multiplexer that goes on shows what runs in another window
            Opens::Exit if !same && self.stack.len() > 1 && !top.multiplexed => {
                // the shell below, in another directory since
                self.stack.pop_back();
            }
            Opens::Shell { who, remote, replaces } if !(same && failed) => {
                let asked = match who {
                    Who::Same => parent(),
                    Who::User(name) => Some(name.clone()),
                    Who::Unknown => None,
                };
                if same && (*who == Who::Unknown || said.user.is_some() && said.user != asked) {
                    // the prompt is the old one: nothing was opened, or it has ended already
                } else if !same && failed && self.lower(prompt, said) {
                    self.fall_to(prompt, said);
                } else {
                    let before = parent();
                    if *who == Who::Same && !remote && before.is_none() {
                        // the same user's shell names the user
                        self.users[top.id].clone_from(&said.user);
                    }
                    let own = *who == Who::Same && !remote;
                    let sign = || if own { before } else { sign_user(prompt, said, marked) };
                    let user = said.user.clone().or(asked).or_else(sign);
                    if *replaces && !same {
                        self.stack.pop_back();
                    }
                    if !(*replaces && same) {
                        self.push(prompt, said, marked, user, None);
                    }
                }
            }
            Opens::Repl { program, who } if !same => {
                if self.lower(prompt, said) {
                    self.fall_to(prompt, said);
                } else {
                    let user = match who {
                        Who::User(name) => Some(name.clone()),
                        Who::Same => parent(),
                        // in a container, or on another node
                        Who::Unknown => None,
                    };
                    self.push(prompt, said, marked, user, Some(program.clone()));
                }
            }
            Opens::Multiplexer { .. } if !failed => {
                let user = said.user.clone().or_else(parent);
                self.push(prompt, said, marked, user, None);
                self.stack.back_mut().into_iter().for_each(|level| level.multiplexed = true);
            }
            _ if same => {}
            _ if self.lower(prompt, said) => self.fall_to(prompt, said),
            _ => {
                // the same shell with another prompt, unless that names another user or host
                let known = top.says.user.as_ref().or(self.users[top.id].as_ref());
                let moved = said.user.is_some()
                    && known.is_some()
                    && (said.user.as_ref() != known || top.says.user.is_some() && said.host != top.says.host);
                let left_program = top.program.is_some() && said.user.is_some();
                // no shell begins to mark its line editor: that is another one
                let other = marked && !top.marked && top.program.is_none();
                if moved || left_program || other {
                    let user = said.user.clone();
                    self.push(prompt, said, marked, user, None);
                }
            }
        }
        if let Some(top) = self.stack.back_mut() {
            top.see(prompt, said);
            top.marked = marked;
            if top.program.is_none() && said.user.is_some() && self.users[top.id] != said.user {
                self.users[top.id].clone_from(&said.user);
            }
        }
    }

    /// Leaves levels until one fits the prompt, if one does.
    fn fall_to(&mut self, prompt: &str, said: &Says) {
        if let Some(at) = self.stack.iter().rposition(|l| l.fits(prompt, said)) {
            self.stack.truncate(at + 1);
        }
    }
}

/// Whether `new` is `old` behind what `typed` begins with.
fn is_behind(new: &str, old: &str, typed: &str) -> bool {
    new.strip_suffix(old).is_some_and(|early| !early.is_empty() && typed.starts_with(early))
}

/// Root, where nothing but the prompt's sign tells: only in prompts that shells have of themselves (`sh-5.2# `, and of
/// those without an editor that marks itself `# ` and busybox's `/app # `). A person may put any sign behind a prompt of
/// their own.
fn sign_user(prompt: &str, said: &Says, marked: bool) -> Option<String> {
    let before = prompt.trim_end().trim_end_matches('#');
    let word = before.trim_end();
    let shell = word.split_once('-').is_some_and(|(name, version)| {
        is_shell(name) && version.bytes().all(|b| b.is_ascii_digit() || b == b'.')
    });
    let busybox = || {
        let path = word.starts_with(['/', '~']) && !word.contains(char::is_whitespace);
        path && before.len() == word.len() + 1 && !marked
    };
    (said.root_sign && (word.is_empty() && !marked || shell || busybox())).then(|| "root".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prompt::says;

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

    #[test]
    fn a_sign_behind_a_path_is_roots_only_where_a_shell_puts_it_there() {
        let user = |prompt: &str, marked: bool| sign_user(prompt, &says(prompt), marked);
        for root in ["# ", "sh-5.2# ", "/app # ", "~ # "] {
            assert_eq!(user(root, false).as_deref(), Some("root"), "{root}");
        }
        for own in ["~# ", "/srv# ", "share# ", "$ ", "/app $ "] {
            assert_eq!(user(own, false), None, "{own}");
        }
        for own in ["/app # ", "# "] {
            assert_eq!(user(own, true), None, "no shell whose editor marks itself has {own} of itself");
        }
        assert_eq!(user("sh-5.2# ", true).as_deref(), Some("root"));
    }
}
