//! Commands of several lines that history shows again in a streaming copy.

use super::lossy::{is_search, without_sequences};
use super::*;

impl Machine<'_> {
    /// Whether `text` is the next line of a command of several lines that was run before and is taken from history: it is
    /// shown without the signs that ask for more. Behind its last line more may be typed.
    pub(super) fn is_recalled_line(&self, text: &str) -> bool {
        let Some(running) = self.running.filter(|_| !text.trim_start().is_empty()) else { return false };
        let shown = &self.drafts[running].text;
        let goes_on = |d: &Draft| {
            let rest = d.text.strip_prefix(shown.as_str()).and_then(|rest| rest.strip_prefix('\n'));
            rest.is_some_and(|rest| {
                let (line, last) = rest.split_once('\n').map_or((rest, true), |(line, _)| (line, false));
                let more = text.trim_end().strip_prefix(line.trim_end());
                more.is_some_and(|more| {
                    more.is_empty() || last && more.starts_with([' ', ';', '|', '&', '>'])
                })
            })
        };
        self.drafts.before(running).iter().rev().take(500).any(goes_on)
    }

    /// Whether `text` is the last line of a command of several lines that a search finds: behind it stands what the search
    /// shows next. Takes the lines below in which the search goes on.
    pub(super) fn is_searched_line(&mut self, at: usize, text: &str) -> bool {
        let Some(running) = self.running.filter(|_| self.given.mode == Mode::Streamed) else { return false };
        let draft = &self.drafts[running];
        let own = self.given.of(&draft.span);
        let ends = |d: &&Draft| {
            let last = d.text.strip_prefix(draft.text.as_str()).and_then(|rest| rest.strip_prefix('\n'));
            let goes_on = |last: &str| text.strip_prefix(last).is_some_and(|more| !more.is_empty());
            last.is_some_and(|last| !last.is_empty() && !last.contains('\n') && goes_on(last))
        };
        if own.len() > LONGEST_LINE || !is_search(own) {
            return false;
        }
        let Some(found) = self.drafts.before(running).iter().rev().take(500).find(ends) else { return false };
        let (whole, rows) = (found.text.clone(), found.text.lines().count());
        let searches = |raw: &[u8]| raw.contains(&0x08) || is_search(raw);
        let below = |i: usize| match self.units.get(i) {
            Some(Unit::Line(line)) if line.rare().mark.is_none() => self.given.bytes.get(line.span.clone()),
            _ => None,
        };
        let blank = |i: &usize| below(*i).is_some_and(|raw| raw.trim_ascii().is_empty());
        let next = at + 1 + usize::from(blank(&(at + 1)));
        if below(next).is_some_and(searches) {
            self.taken = next + 1 + (next + 1..next + 1 + rows).take_while(blank).count();
        }
        let draft = &mut self.drafts[running];
        draft.text = whole;
        draft.confidence = draft.confidence.min(0.7);
        self.continuing = false;
        self.opened = opens(&self.drafts[running].text);
        true
    }

    /// Another line of history in place of one of several lines, whose last is shown on this one or above it: the editor
    /// goes up, which is lost, writes the other line behind the last, goes down to erase what stands below, and up again.
    /// What is typed then stands behind as many line feeds as the first had.
    pub(super) fn replaced(&mut self, at: usize, text: &str) -> bool {
        let Some(running) = self.running.filter(|_| self.given.mode == Mode::Streamed) else { return false };
        let units = Rc::clone(&self.units);
        let unmarked = |i: usize| match units.get(i) {
            Some(Unit::Line(line)) if line.rare().mark.is_none() && line.text.len() < LONGEST_LINE => {
                Some(line)
            }
            _ => None,
        };
        let prompt = self.levels.top().map_or(String::new(), |l| l.prompt.clone());
        let own = unmarked(at).and_then(|line| self.given.bytes.get(line.span.clone()));
        // where the other line begins left of the last one's end, the editor steps back to the prompt
        let stepped = own.filter(|own| own.contains(&0x08)).map(without_sequences);
        let stepped = stepped.as_deref().map_or(text, |own| own.trim_end_matches('\n'));
        let shown = &self.drafts[running].text;
        let last = |d: &Draft| {
            let last =
                d.text.strip_prefix(shown.as_str())?.strip_prefix('\n').filter(|l| !l.contains('\n'))?;
            let rest = stepped.strip_prefix(last.trim_end())?;
            let other = rest.trim_start_matches('\u{8}');
            let back = rest.len() - other.len();
            let at_prompt = back == 0 || columns(last) == columns(&prompt) + back;
            at_prompt.then(|| (d.text.lines().count(), other.to_owned()))
        };
        let found = self.drafts.before(running).iter().rev().take(500).find_map(last);
        let Some((rows, other)) = found else { return false };
        // history keeps the line end of a here-document: there the other line stands below
        let (first, rows, other) = match other.as_str() {
            "" if shown.contains("<<") => {
                (at + 1, rows + 1, unmarked(at + 1).map_or("", |line| line.text.as_ref()))
            }
            rest => (at, rows, rest),
        };
        let drawn = if other.starts_with(prompt.as_str()) {
            prompt.len()
        } else {
            self.same_level(other).unwrap_or(0)
        };
        let searched = is_search(self.given.of(&self.drafts[running].span));
        let whole = self.behind_shared(&other[drawn..], running).filter(|_| !searched);
        let other = whole.as_deref().unwrap_or(&other[drawn..]);
        let begins = |d: &Draft| d.text.strip_prefix(other.trim_end()).is_some_and(|d| d.starts_with('\n'));
        if !is_complete(other) && self.drafts.before(running).iter().rev().take(500).any(begins) {
            // it has several lines as well, which follow
            let (other, end) = (other.trim_end().to_owned(), unmarked(first).map_or(0, |line| line.span.end));
            self.taken = first + 1;
            let draft = &mut self.drafts[running];
            draft.text = other;
            draft.confidence = draft.confidence.min(0.7);
            draft.span.end = draft.span.end.max(end);
            self.opened = opens(&draft.text);
            return true;
        }
        let blank = |i: usize| unmarked(i).is_some_and(|line| line.text.trim_start().is_empty());
        let may_be_typed = |line: &str| {
            let begins = line.trim_start().is_empty() || line.starts_with([' ', '|', ';', '&', '>']);
            begins || self.stands_alone(line.trim_end())
        };
        let last = (first + 1..first + rows).rev().find(|below| {
            unmarked(*below).is_some_and(|line| may_be_typed(&line.text)) && (first + 1..*below).all(blank)
        });
        let Some((below, typed)) =
            last.filter(|_| likeness(other) >= KNOWN).and_then(|b| Some((b, unmarked(b)?)))
        else {
            return false;
        };
        // steps back at its start wrote nothing
        let begins = unmarked(below - 1).map_or(typed.span.start, |line| line.span.end);
        let more = self.given.of(&(begins..typed.span.end));
        let raw = [other.as_bytes(), more].concat();
        let ran = |line: &str| self.weighing.has_run(line);
        let mut ways = readings(&raw, "", other, Keys::Shell, |_| false, ran);
        let mut best = ways.remove(0);
        let end = typed.span.end;
        let again = typed.text.trim_end();
        if !again.starts_with(' ') && self.stands_alone(again) {
            // one more line of history in its place
            let again = Reading { text: again.to_owned(), ..best };
            ways.insert(0, std::mem::replace(&mut best, again));
        }
        self.taken = below + 1;
        let draft = &mut self.drafts[running];
        draft.text = best.text.trim_end().to_owned();
        draft.confidence = draft.confidence.min(best.confidence).min(0.7);
        draft.span.end = draft.span.end.max(end);
        let below = Reading { text: typed.text.trim().to_owned(), confidence: OTHER };
        draft.alternatives =
            ways.into_iter().chain([below]).take(MOST_OTHERS).map(Reading::into_alternative).collect();
        self.continuing = !is_complete(&draft.text);
        self.opened = opens(&draft.text);
        true
    }

    /// The whole of a line of history that took the place of the running one: what both begin with is not written again.
    fn behind_shared(&self, other: &str, running: usize) -> Option<String> {
        const MOST: usize = 12;
        // behind a blank, it was typed behind the last line
        if likeness(other) >= KNOWN || !other.starts_with(|c: char| c.is_ascii_alphanumeric()) {
            return None;
        }
        let shown = self.drafts[running].text.lines().next().unwrap_or_default();
        let heads = shown.char_indices().skip(1).take(MOST).map(|(at, _)| &shown[..at]);
        let mut wholes = heads.map(|head| format!("{head}{other}")).filter(|whole| likeness(whole) >= KNOWN);
        let first = wholes.next()?;
        let ran = |whole: &String| self.weighing.has_run(whole.trim_end());
        if ran(&first) { Some(first) } else { Some(wholes.find(ran).unwrap_or(first)) }
    }

    /// Whether a line is a command and what it is given, or was run before.
    fn stands_alone(&self, line: &str) -> bool {
        let mut words = line.split_whitespace();
        words.next().is_some_and(is_command) && (words.next().is_some() || self.weighing.has_run(line))
    }

    /// Gives a command of which only a beginning was found all the lines that it had when it was run before.
    pub(super) fn complete_from_history(&mut self, drafts: &mut [Draft]) {
        const MOST_BLOCKS: usize = 50;
        let blocks = &mut self.blocks;
        for draft in drafts.iter_mut().filter(|d| d.kind == CommandKind::Shell && d.text.len() < 4096) {
            if draft.text.contains('\n') && is_complete(&draft.text) {
                if blocks.len() == MOST_BLOCKS {
                    blocks.pop_front();
                }
                blocks.push_back(draft.text.clone());
                continue;
            }
            let begins = |block: &&String| draft.text.len() > 1 && block.starts_with(draft.text.as_str());
            let Some(block) = blocks.iter().rev().find(begins) else { continue };
            let open = !is_complete(&draft.text);
            if !open && draft.confidence >= 0.9 {
                continue;
            }
            if open && draft.text.trim_end().contains('\n') && draft.status == Status::Run {
                // what is not finished runs nothing; of one line csh may have taken no more from history
                draft.read_as(block.clone(), OTHER);
                draft.confidence = draft.confidence.min(0.6);
            } else {
                draft.offer(Reading { text: block.clone(), confidence: OTHER });
            }
        }
    }
}
