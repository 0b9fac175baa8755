//! Shells that show nothing of Ctrl-C: whether a line ran that showed nothing.

use super::*;

/// How sure it is at most that a line ran of which nothing shows it, where Ctrl-C leaves no trace.
pub(crate) const UNSEEN: f32 = 0.89;

/// What is known of shells that show nothing of Ctrl-C.
#[derive(Debug, Default)]
pub(super) struct Unseen {
    silent: Vec<Silent>,
    /// Shells that were seen to be such.
    hiding: HashSet<usize>,
    /// Shells that were seen to show it.
    showing: HashSet<usize>,
}

/// A command that showed nothing.
#[derive(Debug)]
struct Silent {
    draft: usize,
    /// The shell it was given to.
    level: usize,
    /// Nearly always it shows something.
    odd: bool,
}

impl Unseen {
    /// Whether that shell is known to show nothing of Ctrl-C: tcsh and ksh93.
    pub(super) fn hides(&self, level: usize) -> bool {
        self.hiding.contains(&level)
    }

    pub(super) fn hide(&mut self, level: usize) {
        self.hiding.insert(level);
    }

    pub(super) fn show(&mut self, level: usize) {
        self.showing.insert(level);
    }
}

/// Whether a line sends elsewhere what all later commands show (`exec >log 2>&1`).
fn redirects_all(line: &str) -> bool {
    line.split_whitespace().next() == Some("exec") && line.contains(['>', '|'])
}

impl Machine<'_> {
    /// Ctrl-C in a shell that shows nothing of it: the last line would have shown something, had it run, or the number in the
    /// prompt would have gone on.
    pub(super) fn give_up_silent(&mut self, entered: &Entered<'_>) {
        let Some(running) = self.running else { return };
        let marked = |l: &Level| l.marked || entered.marked;
        let hides = |l: &&Level| !marked(l) || self.is_left_as_run(&self.drafts[running].span);
        let Some(top) = self.levels.top().filter(|l| l.program.is_none() && !l.asks).filter(hides) else {
            return;
        };
        let level = top.id;
        // a line that may be two, one of them erased, is settled later
        let two = || self.glued.last().is_some_and(|glued| glued.draft == running);
        let last = &self.drafts[running];
        let silent = last.kind == CommandKind::Shell && showed_nothing(last, &entered.text);
        if redirects_all(&last.text) {
            // from here on the shell's output may go anywhere
            self.unseen.show(level);
        }
        if !silent || last.confidence < 0.85 || self.unseen.showing.contains(&level) || two() {
            return;
        }
        let stays = self.opened == Opens::Nothing && top.counts.stays(&top.prompt, entered.prompt);
        let again = self.drafts.before(running).last().is_some_and(|d| d.text == last.text);
        let alike = || self.opened == Opens::Nothing && same(&top.prompt, entered.prompt);
        if always_prints(&last.text) || stays && !again && !last.text.contains('\n') {
            let Some(last) = self.drafts.get_mut(running) else { return };
            (last.status, last.confidence) = (Status::Aborted, 0.6);
            self.unseen.hide(level);
            return;
        }
        // what moves would mostly have shown another directory
        let begun = is_begun_word(&last.text) && self.is_left_as_run(&last.span);
        let odd = usually_prints(&last.text) || begun;
        if odd || alike() {
            self.unseen.silent.push(Silent { draft: running, level, odd });
        }
    }

    /// Whether zsh left an editor so that the line may have been given up: where it switches no keypad, it does so in the same
    /// way as when a line is submitted.
    fn is_left_as_run(&self, span: &Range<usize>) -> bool {
        let own = self.given.of(span);
        own.ends_with(b"\x1b[?2004l") && !own.ends_with(b"\x1b>\x1b[?2004l") && editors::is_zsh(own)
    }

    /// Takes note of a shell that was opened, where its name says that it shows nothing of Ctrl-C. Of tcsh a transcript
    /// tells each time.
    pub(super) fn may_hide(&mut self, level: usize) {
        let Some(opened) = self.running.and_then(|r| self.drafts.get(r)) else { return };
        let streamed = self.given.mode == Mode::Streamed;
        let hides = |word: &str| match name_of(word) {
            "ksh93" => true,
            "tcsh" | "csh" => streamed,
            _ => false,
        };
        if SimpleCommands::of(&opened.text).last().iter().any(|word| hides(word)) {
            self.unseen.hide(level);
        }
    }

    /// Lowers the confidence of lines of which nothing shows that they ran, where their shell was seen to hide Ctrl-C; of
    /// those that nearly always show something, where it was not seen to show it.
    pub(super) fn settle_unseen(&mut self, first: usize, drafts: &mut [Draft]) {
        let Unseen { silent, hiding, showing } = &mut self.unseen;
        let own = silent.partition_point(|s| s.draft < first + drafts.len());
        let unsure = |s: &Silent| hiding.contains(&s.level) || s.odd && !showing.contains(&s.level);
        for Silent { draft, .. } in silent.drain(..own).filter(unsure) {
            if let Some(draft) = draft.checked_sub(first).and_then(|at| drafts.get_mut(at)) {
                draft.confidence = draft.confidence.min(UNSEEN);
            }
        }
    }

    /// The log ends with a line that showed nothing, and would have, had it been entered.
    pub(super) fn leave_unshown(&mut self) {
        let last = self.units.last().map_or(0, |unit| match unit {
            Unit::Line(line) => line.span.start,
            Unit::Edit(_) => usize::MAX,
        });
        let Some(draft) = self.running.and_then(|r| self.drafts.get_mut(r)) else { return };
        if draft.span.start >= last && draft.output.lines == 0 && always_prints(&draft.text) {
            draft.status = Status::Incomplete;
        }
    }
}

/// Whether a command showed nothing before `next`: what was typed too early of that stands above it.
fn showed_nothing(last: &Draft, next: &str) -> bool {
    let ahead = last.output.last_line().trim();
    let typed = || !ahead.is_empty() && next.trim_start().starts_with(ahead) && !last.text.contains(ahead);
    last.output.lines == 0 || last.output.lines == 1 && typed()
}

/// Whether a command shows something whatever happens.
fn always_prints(text: &str) -> bool {
    const HAND_ON: [&str; 5] = ["sort", "head", "tail", "cat", "nl"];
    let shows = text.split('|').enumerate().fold(false, |shows, (i, part)| {
        let name = part.split_whitespace().next().unwrap_or_default();
        // what counts says how much it was given
        name == "wc" || if i == 0 { prints(part) } else { shows && HAND_ON.contains(&name) }
    });
    shows && !text.contains(['>', '&', ';', '\n', '`', '<']) && !text.contains("||")
}

/// Whether a simple command does.
fn prints(text: &str) -> bool {
    let mut words = text.split_whitespace();
    match words.next() {
        Some(
            "pwd" | "whoami" | "id" | "date" | "hostname" | "uname" | "uptime" | "df" | "ps" | "w" | "wc",
        ) => true,
        Some("echo") => words.any(|w| w.starts_with(|c: char| c.is_ascii_alphanumeric())),
        // it says at least how much there is
        Some("ls") => words.any(|w| w.starts_with('-') && !w.starts_with("--") && w.contains('l')),
        _ => false,
    }
}

/// Whether a command shows something nearly always.
fn usually_prints(text: &str) -> bool {
    const SHOW: [&str; 9] = ["ls", "cat", "head", "tail", "grep", "find", "wc", "sort", "printf"];
    let last = text.rsplit([';', '&']).next().unwrap_or_default().trim_start();
    let begins = last.split('|').next().unwrap_or_default();
    let name = begins.split(' ').next().unwrap_or_default();
    // and says so if something is not so, or is
    let tests = matches!(name, "test" | "[") && text.split(['|', '&']).skip(1).any(prints);
    let shows = SHOW.contains(&name) || always_prints(begins) || tests;
    shows && !last.contains('>') && text.len() < LONGEST_ASKED
}

/// Whether a line is no more than a word that is no known command's, as what was given up often is: a shell would have said
/// that there is none of that name.
fn is_begun_word(text: &str) -> bool {
    let word = text.trim();
    let of_name = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
    word.len() < LONGEST_ASKED && word.bytes().all(of_name) && !is_command(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_always_prints_is_known() {
        assert!(
            is_begun_word("sle") && !is_begun_word("ls") && !is_begun_word("x=1") && !is_begun_word("./a")
        );
        assert!(always_prints("echo never") && always_prints("pwd "));
        assert!(
            always_prints("ls -la /srv") && !always_prints("ls /srv") && !always_prints("ls --color=always")
        );
        assert!(usually_prints("cd / && ls") && usually_prints("grep a b | head -1"));
        assert!(
            !usually_prints("true a | cat") && !usually_prints("cat a > b") && !usually_prints("mkdir a")
        );
        assert!(always_prints("wc -l a b | sort -n | tail -2") && always_prints("grep a b | wc -l"));
        assert!(!always_prints("ls -l | grep a") && !always_prints("test -f a || echo b"));
        assert!(!always_prints("echo $x") && !always_prints("echo a >b") && !always_prints("cd /tmp"));
    }
}
