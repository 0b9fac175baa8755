//! The stack of shells and programs a user stands before, and as whom.

use std::rc::Rc;

use super::level::{LONG, Level};
use crate::prompt::{Says, behind_status, differ_by_part, is_shell_sign};
use crate::shell::{Opens, Who, is_shell};
use crate::term::Holds;

/// The stack, and for every level there ever was the user it ran as.
#[derive(Debug, Default)]
pub(crate) struct Levels {
    stack: Vec<Level>,
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
    /// The shell before said that it ends.
    pub(crate) left: bool,
    /// An empty line stands above it, which no shell draws of itself.
    pub(crate) apart: bool,
}

/// Levels kept; a session that nests deeper loses its outermost ones.
const DEEPEST: usize = 64;

impl Levels {
    pub(crate) fn top(&self) -> Option<&Level> {
        self.stack.last()
    }

    pub(crate) fn top_mut(&mut self) -> Option<&mut Level> {
        self.stack.last_mut()
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
        if self.stack.last().is_some_and(|l| nobodys(l) && prompt.ends_with(l.prompt.as_str())) {
            // what stands before it is output
            Rc::make_mut(said).user = None;
            return;
        }
        let alike = |old: &str| old != new && (old.ends_with(new) || new.ends_with(old));
        let Some(top) = self.stack.last_mut() else {
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
            self.stack.remove(0);
        }
        self.stack.push(level);
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
            self.stack.last_mut().into_iter().for_each(|top| top.inside = true);
        }
    }

    /// The shell in front is told to end: says whether a program is there now, which shows what it likes.
    pub(crate) fn leave_inside(&mut self) -> bool {
        self.stack.pop_if(|top| top.inside).is_some()
    }

    /// A prompt stands there. `opened` is what the last command may have opened; `failed` that its output says it did not
    /// work. Afterwards the top level is the one the prompt belongs to.
    ///
    /// `said` is what the prompt says, with any lines it has above its last.
    pub(crate) fn arrive(&mut self, at: Arrival<'_>, opened: &Opens, failed: bool, run_as: Option<&str>) {
        let Arrival { prompt, said, marked, left, apart } = at;
        let sign_user = || if apart { None } else { sign_user(prompt, said, marked) };
        let Some(top) = self.stack.last() else {
            // the session's first shell
            let user = said.user.clone().or_else(|| run_as.map(str::to_owned)).or_else(sign_user);
            return self.push(prompt, said, marked, user, None);
        };
        // of a command that failed the prompt may say so, and of a directory that it is about something
        let stays = failed || *opened == Opens::Nothing;
        let same_place = said.user == top.says.user && said.host == top.says.host;
        let same = top.fits(prompt, said) || stays && same_place && has_other_part(&top.prompt, prompt);
        let parent = || self.users[top.id].clone();
        // in a container, or on another node, nobody is named
        let named = |who: &Who| if *who == Who::Same { parent() } else { who.name().map(str::to_owned) };
        match opened {
            Opens::Nothing if same => {}
            Opens::Exit if self.lower(prompt, said) => {
                self.stack.pop();
                self.fall_to(prompt, said);
            }
            // the prompt says how it ended, as that of the shell that is gone did of what ran there last
            Opens::Exit if left && self.below().next().is_some_and(|l| has_other_part(&l.prompt, prompt)) => {
                self.stack.pop();
            }
            // a multiplexer that goes on shows what runs in another window
            Opens::Exit if !same && self.stack.len() > 1 && !top.multiplexed => {
                // the shell below, in another directory since
                self.stack.pop();
            }
            Opens::Shell { who, remote, replaces } if !(same && failed) => {
                let asked = named(who);
                let unsure = matches!(who, Who::Unknown | Who::Perhaps(_));
                if same && (unsure || said.user.is_some() && said.user != asked) {
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
                    let sign = || if own { before } else { sign_user() };
                    let user = said.user.clone().or(asked).or_else(sign);
                    if *replaces && !same {
                        self.stack.pop();
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
                    let user = named(who);
                    self.push(prompt, said, marked, user, Some(program.clone()));
                }
            }
            Opens::Multiplexer { .. } if !failed => {
                let user = said.user.clone().or_else(parent);
                self.push(prompt, said, marked, user, None);
                self.stack.last_mut().into_iter().for_each(|level| level.multiplexed = true);
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
        if let Some(top) = self.stack.last_mut() {
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

/// Whether two prompts are one, which says of the last command that it failed, or has a part more.
fn has_other_part(one: &str, other: &str) -> bool {
    let [one, other] = [one, other].map(|prompt| &prompt[behind_status(prompt).unwrap_or(0)..]);
    one == other || differ_by_part(one, other)
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
