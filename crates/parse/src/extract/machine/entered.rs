//! What was entered at a prompt becomes a command.

use super::*;
use crate::gone::gone_at;
use crate::shell::{hides_keys, statement_opens};

/// What commands have in common that were entered together.
struct Together {
    /// Which shell or program they were given to.
    level: usize,
    program: Option<String>,
    said: Rc<Says>,
    status: Status,
    confidence: f32,
    span: Range<usize>,
}

impl Machine<'_> {
    /// Something was entered at a prompt.
    pub(super) fn entered(&mut self, entered: Entered<'_>) {
        // nobody types the prompt: a program that took the rows below drew it again
        let own =
            self.levels.top().filter(|l| entered.marked && l.shown >= LONG && entered.prompt != l.prompt);
        let own = own.filter(|l| entered.text.starts_with(&l.prompt)).map(|l| l.prompt.clone());
        let mut entered = match &own {
            Some(own) => Entered {
                text: entered.text[own.len()..].to_owned(),
                prompt: own,
                confidence: entered.confidence.min(0.8),
                ..entered
            },
            None => entered,
        };
        if self.levels.below().next().is_some()
            && let Some(typed) = gone_at(&entered.text)
        {
            return self.gone_behind(entered, typed);
        }
        self.arrive(&entered);
        self.continuing = false;
        if std::mem::take(&mut self.ahead) {
            return self.entered_behind_output(entered);
        }
        self.running = None;
        let Some(top) = self.levels.top() else { return };
        let (level, program, said) = (top.id, top.program.clone(), Rc::clone(&top.says));
        if program.is_none() && !entered.marked && entered.prompt.trim().len() >= 3 {
            self.prompts.used.insert(exact_key(entered.prompt));
        }
        let (status, whole, span) = (entered.status, entered.whole, entered.span.clone());
        // an editor's further rows tell of what was printed between
        let rows_tell = self.given.mode == Mode::Exact && entered.marked;
        let whole_line = self.given.mode == Mode::Exact || entered.marked;
        let bytes = self.given.bytes.get(span.clone()).filter(|_| whole_line);
        let completes = entered.raw.or(bytes).is_some_and(|raw| raw.trim_ascii_end().ends_with(b"\x07"));
        // what was shown before may be drawn once more
        let most = if self.levels.are_multiplexed() { 0.6 } else { 1.0 };
        // nobody types a prompt; a copy's line is read for what it draws
        let exact = self.given.mode == Mode::Exact;
        let again = || last_place(&entered.text, entered.prompt).is_some();
        let drawn = exact && entered.prompt.trim().len() >= 2 && again();
        let confidence = entered.confidence.min(most).min(if drawn { 0.85 } else { 1.0 });
        let own = std::mem::take(&mut entered.others);
        let (mut best, others) = self.readings_of(entered, program.as_deref());
        let rest = self.rest.take();
        if !rows_tell && self.drafts.last().is_some_and(is_job) {
            // what a job in the background says may stand in the middle of the next line
            best.confidence = best.confidence.min(0.85);
        }
        self.completing = completes;
        if status == Status::Aborted {
            self.unseen.show(level);
        }
        let text = as_typed(&best.text);
        if self.left_by_key(text, &span) {
            self.left_editor = true;
            self.opened = if text.trim() == "^D" { Opens::Nothing } else { Opens::Exit };
            return;
        }
        // Enter, or Ctrl-D if `exit` or `logout` follows
        self.left_editor = text.trim_start().is_empty();
        if self.left_editor {
            return;
        }
        let shell = program.is_none();
        if shell
            && let Some(vi) = sets_keys(text.trim())
            && let Some(top) = self.levels.top_mut()
        {
            top.vi = vi;
        }
        let several = shell && status == Status::Run && !whole && text.contains('\n');
        let parts = if several {
            split_commands(text)
        } else {
            best.text.truncate(text.len());
            vec![best.text]
        };
        let alone = parts.len() == 1;
        let confidence = confidence * best.confidence;
        let confidence = if self.echo_is_off(&parts) { confidence.min(0.5) } else { confidence };
        self.run(&Together { level, program, said, status, confidence, span }, parts);
        if let Some(rest) = rest.filter(|_| alone) {
            self.glued.push(glued::Glued { draft: self.drafts.len() - 1, rest: rest.trim_end().to_owned() });
        }
        self.offer_last(own, others);
    }

    /// A prompt is there: the command before it is over, and the prompt tells whose shell is in front.
    fn arrive(&mut self, entered: &Entered<'_>) {
        // what else a command opens, it opens whatever its output says
        let asked = matches!(self.opened, Opens::Shell { .. } | Opens::Multiplexer { .. });
        let failed = asked && self.running.is_some_and(|r| is_gone(&self.drafts[r].output));
        let left =
            self.opened == Opens::Exit && self.running.is_some_and(|r| says_it_ends(&self.drafts[r].output));
        self.look_before(&entered.span);
        self.edited = false;
        self.look_at_output(&entered.text);
        self.doubt_previews();
        self.drop_completion(entered);
        self.drawn_anew = false;
        self.typed_ahead(entered);
        self.give_up_silent(entered);
        let ran = self.opened == Opens::Nothing
            && self.running.is_some_and(|r| self.drafts[r].status == Status::Run);
        if ran && let Some(top) = self.levels.top_mut().filter(|l| !l.marked) {
            top.counts.see(&top.prompt, entered.prompt);
        }
        let mut said = self.says(&entered.lead, entered.prompt);
        let opened = match std::mem::replace(&mut self.opened, Opens::Nothing) {
            Opens::Nothing if !entered.marked => match self.asking_program(entered.prompt, &said) {
                Some(program) => Opens::Repl { program, who: Who::Same },
                None => Opens::Nothing,
            },
            opened => opened,
        };
        match opened {
            // nobody becomes somebody else on a line of which some was lost
            Opens::Nothing if self.is_torn_edit(entered) => {
                if let Some(top) = self.levels.top() {
                    said = Rc::clone(&top.says);
                }
            }
            Opens::Nothing => self.levels.mend_user(entered.prompt, &mut said, self.given.run_as),
            // nor does such a line tell who did
            Opens::Shell { .. } if self.is_torn_edit(entered) => Rc::make_mut(&mut said).user = None,
            Opens::Exit => {
                self.levels.mend_user_below(&mut said, &entered.text);
                // nor whose the shell below is, if nobody there has that name
                if self.is_torn_edit(entered) && !self.levels.names(said.user.as_deref()) {
                    Rc::make_mut(&mut said).user = None;
                }
            }
            _ => {}
        }
        let outside = self.levels.top().map(|top| top.id);
        let apart = self.stands_apart(entered.span.start);
        let arrival = Arrival { prompt: entered.prompt, said: &said, marked: entered.marked, left, apart };
        self.levels.arrive(arrival, &opened, failed, self.given.run_as);
        let inside = self.levels.top().map(|top| top.id).filter(|inside| Some(*inside) != outside);
        if std::mem::take(&mut self.asked) && inside.is_some() {
            self.levels.come_inside();
        }
        if let Some(level) = inside.filter(|_| matches!(opened, Opens::Shell { .. })) {
            self.may_hide(level);
            let is_bash = |d: &Draft| SimpleCommands::of(&d.text).last().iter().any(|w| name_of(w) == "bash");
            if self.drafts.last().is_some_and(is_bash) {
                self.levels.top_mut().into_iter().for_each(|top| top.bash = true);
            }
        }
        if said.user.is_none() {
            self.look_at_title(entered.title.clone());
        }
    }

    /// Whether an empty line stands above the one that begins at `start`.
    fn stands_apart(&self, start: usize) -> bool {
        let Some(above) = self.given.bytes[..start].strip_suffix(b"\n") else { return false };
        above.iter().rev().take_while(|b| **b != b'\n').all(u8::is_ascii_whitespace)
    }

    /// Whether a copy has lost some of an editor's rows, its prompt perhaps with them.
    fn is_torn_edit(&self, entered: &Entered<'_>) -> bool {
        const WHOLE: f32 = 0.9;
        self.given.mode == Mode::Streamed && entered.marked && entered.confidence < WHOLE
    }

    /// What stands behind the prompt is output of a line that was typed ahead; another prompt may stand behind that.
    fn entered_behind_output(&mut self, entered: Entered<'_>) {
        let begins = self.same_level(&entered.text).map(|end| 0..end);
        let Some(place) = begins.or_else(|| self.glued_prompt(&entered.text)) else {
            return self.output(&entered.text, &entered.span);
        };
        // it did not end its line
        if place.start > 0 {
            self.output(&entered.text[..place.start], &entered.span);
        }
        let (text, prompt) = (entered.text[place.end..].to_owned(), entered.text[place].to_owned());
        self.entered(Entered { text, prompt: &prompt, raw: None, confidence: 0.85, ..entered });
    }

    /// Whether the terminal was told to show no keys and nothing says that it does again: what stands behind a prompt may be
    /// what was shown next.
    fn echo_is_off(&mut self, parts: &[String]) -> bool {
        let hushed = self.hushed && parts.iter().all(|text| likeness(text) < KNOWN);
        self.hushed = hushed || parts.iter().any(|text| hides_keys(text));
        hushed
    }

    /// Tells whether the shell in front runs a text as it stands, and asks for no more.
    fn takes_whole(&self) -> fn(&str) -> bool {
        match self.levels.top() {
            Some(top) if is_powershells(&top.prompt) => is_whole,
            _ => is_complete,
        }
    }

    /// Runs commands that were handed over together, which are followed by one prompt.
    fn run(&mut self, all: &Together, commands: Vec<String>) {
        let (count, shell) = (commands.len(), all.program.is_none());
        let mut together = May::default();
        for (i, text) in commands.into_iter().enumerate() {
            // no shell runs what begins so; it may stand behind a here-document that was taken from history
            let goes_on = i > 0 && text.trim_start().starts_with(['|', ';', '&']);
            let status = if goes_on { Status::Aborted } else { all.status };
            let mut may = None;
            if status == Status::Run {
                self.continuing = shell && i + 1 == count && !self.takes_whole()(&text);
                let commands = SimpleCommands::of(&text);
                let opened = opens_all(&commands);
                self.runs_lines = runs_lines(&commands);
                together = together.or(May::of(&commands));
                may = Some(together);
                self.opened = if shell || opened == Opens::Exit { opened } else { statement_opens(&text) };
                if self.opened == Opens::Exit && self.levels.leave_inside() {
                    self.opened = Opens::Nothing;
                }
                self.running = Some(self.drafts.len());
            }
            self.push(Draft {
                level: all.level,
                kind: if shell { CommandKind::Shell } else { CommandKind::Repl },
                program: all.program.clone(),
                text,
                typed: None,
                said: Rc::clone(&all.said),
                output: Capture::default(),
                origin: Origin::Typed,
                status,
                confidence: all.confidence,
                alternatives: Vec::new(),
                span: all.span.clone(),
            });
            if let Some(may) = may {
                self.may = (self.last_text(), may);
            }
        }
    }

    /// Adds what else may have been entered to the last command: the likeliest as the editor drew it, `own`, and as the line
    /// was read, `read`, come first.
    fn offer_last(&mut self, own: Vec<String>, read: Vec<Reading>) {
        let Some(draft) = self.drafts.last_mut() else { return };
        let mut own = own.into_iter().map(|text| Reading { text, confidence: OTHER });
        let mut read = read.into_iter();
        let first = [own.next(), own.next(), read.next()];
        let all = first.into_iter().flatten().chain(own).chain(read).map(Reading::into_alternative);
        for other in all.filter(|other| !other.command.is_empty() && other.command != draft.text) {
            let known = draft.alternatives.iter().any(|a| a.command == other.command);
            if !known && draft.alternatives.len() < MOST_OTHERS {
                draft.alternatives.push(other);
            }
        }
    }

    /// What a prompt says. Mostly it is the one that was seen last.
    fn says(&mut self, lead: &str, prompt: &str) -> Rc<Says> {
        if !lead.is_empty() {
            let mut said = says(&format!("{lead} {prompt}"));
            // a prompt of several lines is somebody's own, and so is its sign
            said.root_sign &= lead.trim_start().is_empty();
            return Rc::new(said);
        }
        if self.prompts.said.0 != prompt {
            self.prompts.said = (prompt.to_owned(), Rc::new(says(prompt)));
        }
        Rc::clone(&self.prompts.said.1)
    }

    /// Takes a command. Its bytes never begin before those of the one before: what was written in several places, with the
    /// cursor going back, belongs to the command that was finished first.
    pub(super) fn push(&mut self, mut draft: Draft) {
        if let Some(last) = self.drafts.last_mut() {
            draft.span.start = draft.span.start.max(last.span.start);
            draft.span.end = draft.span.end.max(last.span.end);
            draft.output = Capture::in_room(last.output.settle());
        }
        if draft.span.is_empty() {
            // a row that only the cursor made
            draft.span.start = draft.span.end.saturating_sub(1);
        }
        if self.given.mode == Mode::Streamed
            && draft.status == Status::Run
            && self.weighing.ran.len() < MOST_RAN
        {
            self.weighing.ran.insert(hash(draft.text.trim_end()));
        }
        self.drafts.push(draft);
    }

    /// A further line of the last command.
    pub(super) fn append(&mut self, rest: &str, end: usize, status: Option<Status>) {
        let takes_whole = self.takes_whole();
        let Some(draft) = self.running.and_then(|r| self.drafts.get_mut(r)) else { return };
        let rest = rest.trim_end_matches('\r');
        for text in [&mut draft.text].into_iter().chain(draft.alternatives.iter_mut().map(|a| &mut a.command))
        {
            text.push('\n');
            text.push_str(rest);
        }
        if draft.text.len() > LONGEST_ASKED {
            // nobody reads so much several times
            draft.alternatives.clear();
        }
        draft.span.end = draft.span.end.max(end);
        if let Some(status) = status {
            draft.status = status;
            self.continuing = false;
            self.running = None;
            return;
        }
        if draft.kind == CommandKind::Shell && self.continuing {
            // asking again after every line of a long paste would be quadratic
            self.continuing = draft.text.len() > LONGEST_ASKED || !takes_whole(&draft.text);
            if !self.continuing {
                let commands = SimpleCommands::of(&draft.text);
                self.opened = opens_all(&commands);
                self.runs_lines = runs_lines(&commands);
            }
        }
    }
}

/// A line without what a terminal shows behind it; a blank behind a backslash is its own.
fn as_typed(shown: &str) -> &str {
    let text = shown.trim_end_matches([' ', '\t', '\r']);
    let text = text.strip_suffix("^C").unwrap_or(text);
    let line = shown.trim_end_matches('\r');
    let blank = line.ends_with(' ') && !line.ends_with("  ");
    if text.ends_with('\\') && blank { shown } else { text }
}

/// Whether a line tells a shell to read keys as vi does, or no longer.
fn sets_keys(text: &str) -> Option<bool> {
    match text {
        "set -o vi" | "bindkey -v" | "fish_vi_key_bindings" => Some(true),
        "set -o emacs" | "set +o vi" | "bindkey -e" | "fish_default_key_bindings" => Some(false),
        _ => None,
    }
}
