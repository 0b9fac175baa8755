//! Lines of a streaming copy, which lost carriage returns and more: what they may have said.

use super::korn::behind_bell;
use super::searched::is_search;
use super::*;
use crate::readings::{
    changed_before_wrap, inserted_alike, inserted_in_front, letters, put_before, recalled,
    without_odd_blanks, without_suggestions,
};
use crate::shell::may_end_in_command;

/// Other readings of a line that wraps are looked for in.
const MOST_UNWRAPPED: usize = 3;
/// Other readings that are handed on; some may turn out to be the one that is reported.
const MOST_READINGS: usize = 8;

impl<'a> Machine<'a> {
    /// What was entered: the likeliest reading, and others. An exact copy has one reading.
    pub(super) fn readings_of(
        &mut self,
        entered: Entered<'_>,
        program: Option<&str>,
    ) -> (Reading, Vec<Reading>) {
        if self.given.mode == Mode::Exact || entered.replayed {
            let shown = Reading { text: entered.text, confidence: 1.0 };
            return match self.found_too_far(entered.prompt, &shown.text, &entered.span) {
                Some(text) => {
                    let other = Reading { confidence: OTHER, ..shown };
                    (Reading { text, confidence: 0.8 }, vec![other])
                }
                None => (shown, Vec::new()),
            };
        }
        let entered = &entered;
        let whole = |text: &str| vec![Reading { text: text.to_owned(), confidence: 1.0 }];
        let mut readings = match entered.raw.filter(|raw| raw.contains(&0x08)) {
            Some(raw) => {
                let ran = |line: &str| self.ran.contains(&hash(line));
                readings(
                    raw,
                    entered.prompt,
                    &entered.text,
                    if program.is_none() { self.keys() } else { Keys::Program },
                    |word| self.words.any(word),
                    ran,
                )
            }
            None => whole(&entered.text),
        };
        let mut best = readings.remove(0);
        let aside = entered.raw.and_then(|raw| self.moved_aside(raw, entered.prompt));
        if let Some(text) = aside.or_else(|| self.unfolded(best.text.trim_end())) {
            return (Reading { text, confidence: 0.8 }, vec![Reading { confidence: OTHER, ..best }]);
        }
        let own = self.given.bytes.get(entered.span.clone()).unwrap_or_default();
        let rings = program.is_none() && own.len() < 4096 && own.contains(&0x07) && own.contains(&0x08);
        let rings = rings || entered.raw.is_some_and(|raw| program.is_none() && raw.contains(&0x07));
        let before = rings.then(|| put_before(&without_sequences(own), entered.prompt, is_command)).flatten();
        let (before, again) = before.unzip();
        // characters were put in behind the bell
        let put_in = || memmem::find(own, b"\x07\x1b[C").is_some() && memmem::find(own, b"\x1b[1@").is_some();
        let whole = before.clone().filter(|_| again == Some(true) || put_in());
        if let Some(text) = whole.or_else(|| self.redrawn(entered, program)) {
            readings.insert(0, std::mem::replace(&mut best, Reading { text, confidence: 0.85 }));
        } else if let Some(text) = before {
            readings.insert(0, Reading { text, confidence: 0.2 });
        }
        if let Some(text) = self.recalled(&best.text, program) {
            readings.insert(0, std::mem::replace(&mut best, Reading { text, confidence: 0.8 }));
        }
        let bytes = self.given.bytes.get(entered.span.clone()).filter(|bytes| bytes.len() < LONGEST_LINE);
        // of a line that was kept the steps back to the prompt are lost: behind its last copy stands what was drawn last
        let searches = |line: &&[u8]| entered.raw.is_none() && is_search(line);
        let drawn = bytes.filter(searches).map(without_sequences);
        let drawn = drawn.as_deref().and_then(|line| line.rsplit_once(entered.prompt)).map(|(_, last)| last);
        let shown = drawn.map_or(best.text.as_str(), |last| last.split('\u{8}').next().unwrap_or(last));
        let behind =
            behind_redrawn_end(entered.raw.unwrap_or_default(), shown, entered.prompt).map(str::to_owned);
        let shown = behind.as_deref().unwrap_or(shown);
        if let Some(found) = entered.raw.or(bytes).and_then(|raw| self.searched(raw, shown.trim_end())) {
            readings.insert(0, std::mem::replace(&mut best, Reading { text: found, confidence: 0.8 }));
        } else if let Some(text) = behind {
            readings.insert(0, std::mem::replace(&mut best, Reading { text, confidence: 0.7 }));
        }
        if best.text.starts_with("(reverse-i-search)`") || best.text.starts_with("(failed reverse-i-search)`")
        {
            // the prompt was not drawn again: the line that was found stands behind the last query
            let found = best.text.rsplit("': ").next().unwrap_or_default().to_owned();
            best = Reading { text: found, confidence: best.confidence.min(0.6) };
        }
        if let Some(at) = behind_blanked(&best.text, entered.prompt) {
            let text = best.text[at..].to_owned();
            readings.insert(0, std::mem::replace(&mut best, Reading { text, confidence: 0.85 }));
        }
        if let Some((text, true)) = self.behind_kept(entered, &best.text) {
            readings.insert(0, std::mem::replace(&mut best, Reading { text, confidence: 0.7 }));
        }
        if entered.raw.is_some_and(|raw| is_drawn_anew(raw, entered.prompt)) {
            best.confidence = best.confidence.min(0.8);
        }
        if program.is_none()
            && let Some(text) = entered.raw.and_then(|raw| changed_before_wrap(raw, entered.prompt))
        {
            readings.insert(0, std::mem::replace(&mut best, Reading { text, confidence: 0.7 }));
        }
        let again = self.ran.contains(&hash(best.text.trim_end())) || self.echoed_above(&best.text);
        // a paste is drawn once more, at once, and wraps by itself
        if let Some(wraps) = self.wrap.as_ref().filter(|_| !again && !best.text.contains('\n')) {
            let shown = |word: &str| self.words.look_up(word);
            let ways = wraps.unwrap(entered.prompt, &best.text, shown).into_iter();
            let mut ways = ways.map(|way| Reading { text: way.text, confidence: way.confidence });
            if let Some(way) = ways.next() {
                let whole = Reading { text: way.text, confidence: best.confidence * way.confidence };
                // a line of history is written at once and wraps by itself
                let settled =
                    whole.text != best.text && self.run_together(&best.text).is_some_and(|(_, s)| s);
                if !settled {
                    best = whole;
                }
            }
            for other in readings.iter_mut().take(MOST_UNWRAPPED) {
                if let Some(way) = wraps.unwrap(entered.prompt, &other.text, shown).into_iter().next() {
                    other.text = way.text;
                }
            }
            readings.extend(ways);
            readings.sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
        }
        if !again && let Some(text) = self.without_odd_blanks(&best.text) {
            best.confidence = best.confidence.min(0.85);
            readings.insert(0, Reading { text, confidence: 0.1 });
        }
        if let Some(at) = last_place(&best.text, "^C")
            && let rest = &best.text[at + "^C".len()..]
            && likeness(rest) >= 1.0
        {
            // a shell without an editor ends a line that was given up, and shows no prompt before the next
            best = Reading { text: rest.to_owned(), confidence: best.confidence * 0.9 };
        }
        let place = if again { None } else { self.took_place(&best.text).map(|at| (at, true)) };
        if let Some((at, settled)) = place.or_else(|| self.run_together(&best.text)) {
            let entered =
                Reading { text: best.text[at..].to_owned(), confidence: if settled { 0.8 } else { 0.4 } };
            let other = if settled { std::mem::replace(&mut best, entered) } else { entered };
            best.confidence = best.confidence.min(if settled { 0.8 } else { 0.6 });
            readings.insert(0, Reading { confidence: 0.2, ..other });
        }
        if let Some((at, alone)) = self.could_begin(entered.prompt, &best.text) {
            let other = best.text[at..].to_owned();
            if !alone {
                best.confidence = best.confidence.min(0.75);
            }
            self.rest = Some(other.clone());
            // it may be wrapped as well
            let more = self.plausible(entered.prompt, &other, false).into_iter().take(1);
            let others = [other].into_iter().chain(more).map(|text| Reading { text, confidence: 0.2 });
            readings.splice(0..0, others);
        }
        if program.is_none()
            && let Some(typed) = entered.raw.and_then(|raw| behind_bell(raw, &best.text))
        {
            self.rest = Some(typed.to_owned());
            readings.insert(0, Reading { text: typed.to_owned(), confidence: 0.2 });
        }
        let sign = entered.prompt.trim_end();
        if !sign.is_empty()
            && let Some(at) = last_place(&best.text, sign)
            && let (before, last) = (&best.text[..at], &best.text[at + sign.len()..])
            && [before, last].iter().any(|part| likeness(part.trim_start()) >= KNOWN)
        {
            // drawn once more: the line is what stands before it, or behind it
            best.confidence = best.confidence.min(0.85);
            let parts = [last.trim_start().to_owned(), before.to_owned()]
                .map(|text| Reading { text, confidence: OTHER });
            let [behind, _] = &parts;
            let again = before.trim().is_empty() && likeness(&behind.text) >= KNOWN;
            if again || behind.text.trim_end() == before.trim() {
                let whole = std::mem::replace(&mut best.text, behind.text.clone());
                readings.insert(0, Reading { text: whole, confidence: OTHER });
            } else {
                readings.splice(0..0, parts);
            }
        }
        if program.is_some()
            && let Some(at) = self.drawn_by_program(entered.prompt, &best.text)
        {
            best.confidence = best.confidence.min(0.3);
            readings.insert(0, Reading { text: best.text[at..].to_owned(), confidence: OTHER });
        }
        let bytes = self.given.bytes.get(entered.span.clone()).unwrap_or_default();
        let bytes = &bytes[..bytes.len().min(LONGEST_LINE)];
        if bytes.contains(&0x1b) && memmem::find(bytes, b"\x1b[A").is_some() {
            // it was edited over several rows, where a line that stands alone cannot tell what stood below
            best.confidence = best.confidence.min(0.7);
            let steps = memmem::rfind(bytes, b"\x1b[C").map_or(bytes.len(), |at| at + b"\x1b[C".len());
            let text = without_sequences(&bytes[steps..]).trim().to_owned();
            readings.insert(0, Reading { text, confidence: OTHER });
        }
        if entered.raw.is_none() && is_search(bytes) {
            // of a search on a line that was kept, the steps back to the prompt are lost
            best.confidence = best.confidence.min(0.7);
        }
        if best.text.contains('\u{fffd}') {
            // the agent's filter damages what is not ASCII
            best.confidence = best.confidence.min(0.5);
        }
        if let Some(text) = without_last_again(&best.text) {
            best.confidence = best.confidence.min(0.85);
            readings.insert(0, Reading { text, confidence: OTHER });
        }
        if program.is_none() {
            if let Some(text) = made_a_comment(&best.text) {
                readings.insert(0, std::mem::replace(&mut best, Reading { text, confidence: 0.5 }));
            }
            self.offer(entered, &best, again, &mut readings);
        }
        readings.truncate(MOST_READINGS);
        (best, readings)
    }

    /// How the shell in front reads keys.
    fn keys(&self) -> Keys {
        if self.levels.top().is_some_and(|l| l.vi) { Keys::Vi } else { Keys::Shell }
    }

    /// Whether the line above shows most of this one: it was typed ahead, and nothing broke it there.
    fn echoed_above(&self, text: &str) -> bool {
        const LEAST: usize = 8;
        let above = self.drafts.last().map_or("", |d| d.output.last_line()).trim_end();
        above.len() >= LEAST && 2 * above.len() >= text.len() && text.trim_end().ends_with(above)
    }

    /// The readings of a further line of a command: one, but in a streaming copy that has lost movements.
    pub(super) fn reread(&self, line: &Line<'_>, prompt: &str, rest: &str) -> Vec<Reading> {
        let raw = self.given.bytes.get(line.span.clone()).filter(|_| self.given.mode == Mode::Streamed);
        let shell = self.levels.top().is_none_or(|l| l.program.is_none());
        let keys = if shell { Keys::Shell } else { Keys::Program };
        match raw.filter(|raw| raw.contains(&0x08)) {
            Some(raw) => readings(raw, prompt, rest, keys, |_| false, |_| false),
            None => vec![Reading { text: rest.to_owned(), confidence: 1.0 }],
        }
    }

    /// Appends a further line of the running command, the first of its readings; with the others it is another command.
    pub(super) fn append_read(&mut self, mut ways: Vec<Reading>, end: usize, status: Option<Status>) {
        let Some(running) = self.running else { return };
        let best = ways.remove(0);
        if ways.is_empty() || self.drafts[running].text.len() > LONGEST_ASKED {
            return self.append(&best.text, end, status);
        }
        let before = self.drafts[running].text.clone();
        self.append(&best.text, end, status);
        let draft = &mut self.drafts[running];
        draft.confidence = draft.confidence.min(best.confidence);
        let others = ways.into_iter().map(|way| Reading { text: format!("{before}\n{}", way.text), ..way });
        draft.alternatives.extend(others.map(Reading::into_alternative));
        draft.alternatives.truncate(MOST_OTHERS);
    }

    /// A line of a shell without the blanks that nobody is likely to have typed.
    pub(super) fn without_odd_blanks(&self, text: &str) -> Option<String> {
        let shell = self.levels.top().is_some_and(|l| l.program.is_none());
        let shown = |word: &str| self.words.look_up(word);
        shell.then(|| without_odd_blanks(text, &shown)).flatten()
    }

    /// Where a line of a streaming copy runs two commands together: going back to the prompt and erasing the line left no
    /// trace in it. What was entered begins inside a word that is shown nowhere else. `true` where the session has run one
    /// of the two before, which settles it.
    pub(super) fn run_together(&self, text: &str) -> Option<(usize, bool)> {
        let known = |word: &str| self.words.again(word);
        let (mut end, mut may_end) = (text.len(), may_end_in_command(text));
        for (at, first) in text.char_indices().rev().take(256) {
            let behind_blank = at > 0 && text.as_bytes()[at - 1] == b' ';
            let may_begin = may_end && first.is_ascii_lowercase() && end - at >= 2;
            if !behind_blank && !may_begin && first != ' ' {
                continue;
            }
            let (before, after) = text.split_at(at);
            let ran = |t: &str| self.ran.contains(&hash(t.trim_end()));
            if behind_blank
                && before.trim().contains(' ')
                && ran(before)
                && (ran(after) || self.ran_and_more(after))
            {
                // one line from history after another
                return Some((at, true));
            }
            if first == ' ' {
                (end, may_end) = (at, may_end_in_command(before));
                continue;
            }
            let name = &text[at..end];
            let glued = before.ends_with(|c: char| c.is_alphanumeric());
            // nor does a name begin there within a path or an option
            let apart = || !before.ends_with([' ', '\n', '/', '-', '.', '_']) && after.contains(' ');
            if !may_begin || before.is_empty() || !(glued || apart()) || !is_command(name) {
                continue;
            }
            let begun = after.trim_end();
            let begins = |d: &Draft| d.text.strip_prefix(begun).is_some_and(|r| r.starts_with('\n'));
            let block = || !is_complete(after) && self.drafts.iter().rev().take(500).any(begins);
            let again = after.contains(' ') && (ran(after) || block());
            if !glued {
                if again && (before.ends_with(['\'', '"']) || ran(before)) {
                    return Some((at, true));
                }
                continue;
            }
            let start = before.rfind([' ', '/', '~']).map_or(0, |i| i + 1);
            let word = &text[start..at + name.len()];
            if is_command(word) || known(word) {
                continue;
            }
            let ran = |t: &str| self.drafts.iter().rev().take(500).any(|d| d.text == t);
            let settled = ran(before) || after.contains(' ') && ran(after) || again;
            // not every word that ends in a command's name is two: what stands before must be a word of its own
            let first = &text[start..at];
            if settled || first.len() >= 3 && known(first) {
                return Some((at, settled));
            }
        }
        None
    }

    /// Whether a line begins with one that was run, of several words, and goes on behind a sign that joins two.
    fn ran_and_more(&self, line: &str) -> bool {
        let heads = line.match_indices(['|', '&', ';', '>']).map(|(at, _)| line[..at].trim_end());
        heads.take(8).any(|head| head.contains(' ') && self.ran.contains(&hash(head)))
    }

    /// A line of a streaming copy that shows some of its text twice.
    pub(super) fn redrawn(&self, entered: &Entered<'_>, program: Option<&str>) -> Option<String> {
        let line = String::from_utf8_lossy(entered.raw?);
        let line = line.trim_end_matches('\n');
        let whole = &line[last_place(line, entered.prompt)? + entered.prompt.len()..];
        let typed = whole.trim_end_matches(' ');
        match program {
            // the one program of those with statements that suggests what may follow
            Some("node") => without_suggestions(typed),
            Some(_) => None,
            None => {
                let found =
                    inserted_in_front(typed, is_command).or_else(|| inserted_alike(whole, is_command));
                // the prompt may be drawn again for every key
                let again = || memmem::find_iter(line.as_bytes(), entered.prompt).nth(2).is_some();
                let all = || line.split(entered.prompt).collect::<String>();
                found.or_else(|| again().then(|| inserted_in_front(all().trim_end(), is_command)).flatten())
            }
        }
    }

    /// A line that shows one line of history and the rest of another.
    fn recalled(&mut self, text: &str, program: Option<&str>) -> Option<String> {
        self.history.note(&self.drafts);
        if !self.history.begins(&self.drafts, text) {
            return None;
        }
        let same = |d: &&Draft| d.program.as_deref() == program && d.status == Status::Run;
        recalled(text, self.drafts.iter().rev().take(history::MOST).filter(same).map(|d| d.text.as_str()))
    }

    /// Lowers the confidence of what does not look like what people enter.
    pub(super) fn calibrate(&mut self, drafts: &mut [Draft]) {
        fn name(text: &str) -> &str {
            text.split_whitespace().next().unwrap_or_default()
        }
        if self.known.is_none() {
            for draft in drafts.iter().filter(|d| d.kind == CommandKind::Shell) {
                match self.names.get_mut(name(&draft.text)) {
                    Some(times) => *times += 1,
                    None => drop(self.names.insert(name(&draft.text).to_owned(), 1)),
                }
            }
        }
        let names = self.known.map_or(&self.names, |known| &known.names);
        for draft in drafts.iter_mut().filter(|d| d.kind == CommandKind::Shell) {
            let first = name(&draft.text);
            let usual = likeness(&draft.text) >= 1.0 || names.get(first).is_some_and(|n| *n > 2);
            let unexpanded = draft.typed.is_none()
                && (draft.text.contains("!!") || draft.text.starts_with(['^', '!']) && draft.text.len() > 1);
            let most = if unexpanded {
                // the line that the shell made of it was not found
                0.6
            } else if draft.text.len() < LONGEST_ASKED && !is_complete(&draft.text) {
                0.5
            } else if first.starts_with('#') {
                0.6
            } else if usual {
                1.0
            } else {
                0.8
            };
            draft.confidence = draft.confidence.min(most);
            let shown = if draft.confidence < 0.9 { shown_first(draft.output.head()) } else { None };
            if let Some(text) = shown.filter(|text| unexpanded || shows_once_more(text, &draft.text)) {
                draft.offer(Reading { text, confidence: 0.3 });
            }
        }
    }

    /// Ends the lines that a hang-up cut off behind what was typed, which did not end its row.
    pub(super) fn leave_hung_up(&mut self) {
        let glued = |d: &&mut Draft| {
            d.status == Status::Run && d.output.lines < MOST_SAID && d.text.ends_with(HANGS_UP)
        };
        for draft in self.drafts.kept_mut().iter_mut().rev().take(3).filter(glued) {
            let typed = draft.text.len() - HANGS_UP.len();
            if draft.text[..typed].ends_with(|c: char| !c.is_whitespace()) {
                draft.text.truncate(typed);
                draft.status = Status::Incomplete;
            }
        }
    }

    /// The log's last line, with nothing behind it, was typed and not entered: a streaming copy does not keep its line end,
    /// but a shell that runs something shows another prompt, and one that ends was told to.
    pub(super) fn leave_unfinished(&mut self) {
        // a shell says it at once; what more the shells outside say of their jobs and of the terminal stands below
        let hangs_up = |draft: &Draft| {
            let head = draft.output.head();
            let at_once =
                draft.output.lines < MOST_SAID && head.lines().next().is_some_and(|l| l.trim() == HANGS_UP);
            at_once || draft.output.lines < 4 && head.to_ascii_lowercase().contains("hangup")
        };
        // the shells outside may show their prompts once more
        let last = self.drafts.len().checked_sub(1).filter(|last| hangs_up(&self.drafts[*last]));
        let Some(draft) = self.running.or(last).and_then(|r| self.drafts.get_mut(r)) else { return };
        let last = self.units.last().is_some_and(|u| match u {
            Unit::Line(line) => line.span.start <= draft.span.start,
            Unit::Edit(_) => false,
        });
        // a hang-up is said by the shells outside
        let quiet = last && draft.output.lines == 0 || hangs_up(draft);
        if quiet && matches!(self.opened, Opens::Nothing) {
            draft.status = Status::Incomplete;
        } else if self.running.is_some() && self.opened == Opens::Nothing {
            // no prompt behind it shows that it was entered
            draft.confidence = draft.confidence.min(0.85);
        }
    }
}

/// The first lines of output as far as they are one command, which a shell shows that expanded it.
fn shown_first(output: &str) -> Option<String> {
    const MOST: usize = 8;
    let output = output.trim_start_matches('\n');
    let ends = output.match_indices('\n').map(|(at, _)| &output[..at]).take(MOST);
    let mut ends = ends.take_while(|text| text.len() < LONGEST_ASKED);
    ends.find(|text| !text.trim().is_empty() && is_complete(text)).map(str::to_owned)
}

/// Whether a line is what was read as `text`, but for blanks and its end.
fn shows_once_more(line: &str, text: &str) -> bool {
    const LEAST: usize = 12;
    let [line, text] = [line, text].map(|text| letters(text).take(256).collect::<Vec<_>>());
    let same = line.iter().zip(&text).take_while(|(a, b)| a == b).count();
    same >= LEAST && 4 * same >= 3 * line.len().max(text.len())
}

/// What a shell says of a line that ended with its terminal.
const HANGS_UP: &str = "Hangup";
/// Lines that the shells outside may say of their jobs and of the terminal then.
const MOST_SAID: u64 = 16;

/// Where a line goes on that ksh93 erased: it draws the prompt anew, a blank for each letter, and the prompt again.
fn behind_blanked(text: &str, prompt: &str) -> Option<usize> {
    const MOST: usize = 16;
    if prompt.trim().is_empty() || text.len() >= LONGEST_ASKED {
        return None;
    }
    // on most lines it does not stand again
    last_place(text, prompt)?;
    let again = memmem::find_iter(text.as_bytes(), prompt).take(MOST).filter_map(|at| {
        let rest = &text[at + prompt.len()..];
        let blanks = rest.len() - rest.trim_start_matches(' ').len();
        let erased = blanks > 0 && blanks == columns(&text[..at]) && rest[blanks..].starts_with(prompt);
        erased.then(|| at + prompt.len() + blanks + prompt.len())
    });
    again.last()
}

/// The line without its last character, where that stands there twice with a blank between: so readline writes a line that
/// ends exactly at the terminal's edge.
fn without_last_again(text: &str) -> Option<String> {
    let text = text.trim_end();
    let last = text.chars().next_back()?;
    let before = text.strip_suffix(last)?.strip_suffix(' ')?;
    (before.len() > 8 && before.ends_with(last)).then(|| before.to_owned())
}

/// A line that readline made a comment, which leaves it without running anything: it steps back and puts the sign in front,
/// and the copy shows that at the end, where hardly anybody types it.
fn made_a_comment(text: &str) -> Option<String> {
    let line = text.trim_end().strip_suffix('#')?;
    let glued = line.ends_with(|c: char| c.is_alphanumeric() || matches!(c, '/' | '"' | '\'' | '*' | '.'));
    (glued && line.contains(' ') && !line.contains('#')).then(|| format!("#{line}"))
}

/// Whether an editor drew its prompt anew behind steps back: what stood right of the cursor may still be there.
fn is_drawn_anew(raw: &[u8], prompt: &str) -> bool {
    if !raw.contains(&0x08) {
        return false;
    }
    let last = memmem::rfind(raw, prompt.as_bytes()).filter(|at| *at > 0 && prompt.trim().len() > 3);
    last.is_some_and(|at| raw[..at].contains(&0x08))
}

/// What stands behind the end of the prompt that was written again when a search was over, which leaves what the prompt
/// and the question of the search begin with alike.
fn behind_redrawn_end<'a>(raw: &[u8], shown: &'a str, prompt: &str) -> Option<&'a str> {
    if !is_search(raw) {
        return None;
    }
    let mut ends =
        prompt.char_indices().take(4).map(|(at, _)| &prompt[at..]).filter(|end| end.trim().len() > 2);
    ends.find_map(|end| shown.rsplit_once(end)).map(|(_, behind)| behind)
}

/// What bytes show without their escape sequences.
pub(super) fn without_sequences(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let mut out = String::with_capacity(text.len());
    let mut parts = text.split('\u{1b}');
    out.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let len = match part.as_bytes().first() {
            Some(b'[') => part[1..].find(|c: char| ('@'..='~').contains(&c)).map(|at| at + 2),
            Some(b']') => part.find('\u{7}').map(|at| at + 1),
            Some(b'(' | b')') => Some(2),
            _ => Some(1),
        };
        out.push_str(part.get(len.unwrap_or(part.len())..).unwrap_or_default());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_blanked_was_erased() {
        assert_eq!(behind_blanked("cat a$      $ true 'x$ 5'", "$ "), Some(14));
        assert_eq!(behind_blanked("cat a$  $ true", "$ "), None);
    }

    #[test]
    fn a_line_that_ends_at_the_edge_shows_its_last_character_twice() {
        assert_eq!(without_last_again("create table t(a); ;").as_deref(), Some("create table t(a);"));
        assert_eq!(without_last_again("select 1; select 2;"), None);
    }

    #[test]
    fn sequences_are_taken_out() {
        assert_eq!(without_sequences(b"\x1b]0;t\x07a\x1b[7mb\x1b[27m\x1b(Bc\x1b=d\x1b["), "abcd");
    }
}
