//! Lines that go on in the next row, because a shell without marks broke them at the terminal's edge.

use std::borrow::Cow;

use super::repair::is_silent;
use super::*;

/// What a line shows behind which it may go on in the next.
pub(super) struct Behind<'e> {
    pub(super) prompt: &'e str,
    /// So many columns the prompt and what was entered take.
    pub(super) columns: usize,
    /// What stands before the prompt.
    pub(super) left: &'e str,
    /// Somebody went back in it.
    pub(super) edited: bool,
}

/// Whether a line that ends in a blank may go on in `next`: with a comment, in one, or with an option.
fn begins_behind_blank(line: &str, next: &str) -> bool {
    let option = next.split(' ').next().unwrap_or_default();
    let option = (2..4).contains(&option.len()) && option.starts_with('-') && option != "--";
    next.starts_with("# ") || line.contains(" # ") || option && next.len() < LONGEST_LINE
}

/// Whether what was `typed` is finished by the row below it, for which the shell did not ask.
pub(super) fn finishes(typed: &str, below: &str) -> bool {
    below.len() < LONGEST_ASKED
        && typed.len() < LONGEST_ASKED
        && !is_complete(typed)
        && continuation(below, None).is_none()
        && is_complete(&format!("{typed}{below}"))
}

/// Whether a line begins with what no command that shows nothing would say, and no person would type.
fn begins_within_word(line: &str) -> bool {
    let word = line.split_whitespace().next().unwrap_or_default();
    !line.starts_with(' ') && line.len() < LONGEST_LINE && likeness(line) < KNOWN && !word.ends_with(':')
}

/// What a program begins with that fills the screen.
const FILLS: &[u8] = b"\x1b[?1049h";

impl Machine<'_> {
    /// Whether a row is the rest of the line above it, which was broken.
    pub(super) fn goes_on_broken(&mut self, line: &Line<'_>, text: &str) -> bool {
        text.len() < LONGEST_LINE
            && line.rare().input.is_none()
            && self.goes_on(text)
            && !self.ended_at_edge(text)
            && self.running.is_some()
    }

    /// Takes such a row.
    pub(super) fn broken_row(&mut self, at: usize, line: &Line<'_>, text: &str) {
        let Some(running) = self.running else { return };
        let mut ways = self.reread_row(line, text);
        let row = ways.remove(0).text;
        let wide = text.chars().count();
        self.breaks.broken = self.is_broken(line) && self.may_be_full(wide);
        let draft = &mut self.drafts[running];
        let path = || text.starts_with('/') && !text.contains(' ') && is_complete(&draft.text);
        // a line that ends right at the edge is followed by what it shows
        let ended = || draft.text.len() < LONGEST_ASKED && is_complete(draft.text.trim_end());
        if self.given.mode == Mode::Streamed || path() || ended() {
            // the width is a guess, and so is what goes on
            let alone = draft.text.trim_end().to_owned();
            let others = ways.into_iter().take(2).map(|way| format!("{}{}", draft.text, way.text));
            for text in [alone].into_iter().chain(others) {
                let other = Reading { text, confidence: OTHER };
                draft.alternatives.push(other.into_alternative());
            }
            draft.alternatives.truncate(MOST_OTHERS);
            draft.confidence = draft.confidence.min(0.85);
        }
        draft.text.push_str(row.trim_end());
        draft.span.end = line.span.end;
        let blanks = row.len() - row.trim_end().len();
        if self.breaks.broken {
            draft.text.push_str(&" ".repeat(blanks.min(8)));
        } else if let Some(rows) = self.breaks.rows
            && (rows.most == wide && wide > rows.first || self.begins_behind_edge(at + 1))
        {
            // as long as any, or what follows begins so: it may go on as well
            let text = self.drafts[running].text.clone() + &" ".repeat(blanks.min(8));
            self.breaks.full = Some(Full { width: rows.most.min(wide), agree: false, text });
        }
        self.finish_broken();
    }

    /// Notes whether the line that was just entered may go on in the next row. `breaks` where it is as long as a row;
    /// `interrupted` where a job spoke into it.
    pub(super) fn may_go_on(
        &mut self,
        at: usize,
        line: &Line<'_>,
        behind: &Behind<'_>,
        breaks: bool,
        interrupted: bool,
    ) {
        let streamed = self.given.mode == Mode::Streamed;
        let wide = line.text.chars().count();
        let left = behind.left;
        self.breaks.soft = !streamed && self.continuing && line.returns == 0 && self.breaks.returns > 0;
        if let Some(top) = self.levels.top_mut() {
            // a streaming copy has lost most of the questions
            top.asks |= line.rare().input.is_some() && !streamed;
            let since = self.breaks.rows.map_or(0, |rows| rows.since);
            if left.is_empty() && !behind.edited && at >= since {
                top.longest = top.longest.max(behind.columns);
            }
        }
        // a shell that breaks its lines shows none that is longer
        self.breaks.broken = breaks
            && self.running.is_some()
            && self
                .levels
                .top()
                .is_some_and(|l| l.program.is_none() && !l.marked && (!streamed || l.longest <= wide));
        let blanks = " ".repeat((line.text.len() - line.text.trim_end().len()).min(8));
        if streamed && self.goes_on_asked(at, left, &blanks) {
            return;
        }
        let known = Some(&self.breaks.longest).filter(|known| streamed && !known.is_empty());
        let longest = known.and_then(|known| known.get(&exact_key(behind.prompt)));
        let longest = longest.and_then(|may| may.iter().find(|(width, _)| *width == wide)).copied();
        let typed = self.running.and_then(|r| self.drafts.get(r)).map_or("", |d| d.text.as_str());
        let rest_below = || {
            let next = self.units.get(at + 1).filter(|_| streamed && self.taken <= at + 1);
            let Some(Unit::Line(next)) = next else { return false };
            self.busybox && !self.waits() && begins_at_blank(&next.text)
                || self.busybox && finishes(typed, &next.text)
                || self.is_before_screen(at, typed)
                || joins(&next.text) && !self.waits()
                || line.text.ends_with(' ') && begins_behind_blank(&line.text, &next.text)
                || self.shows_nothing() && begins_within_word(&next.text)
        };
        let longest = longest.or_else(|| rest_below().then_some((wide, self.busybox)));
        let shell = self.levels.top().is_some_and(|l| l.program.is_none() && !l.marked);
        if let Some((width, agree)) =
            longest.filter(|_| shell && !self.breaks.broken && !interrupted && left.is_empty())
            && let Some(draft) = self.running.and_then(|r| self.drafts.get(r))
        {
            self.breaks.full = Some(Full { width, agree, text: draft.text.clone() + &blanks });
        }
        let most = if streamed || !self.breaks.broken { wide } else { self.written(line).max(wide) };
        if self.breaks.broken
            && let Some(draft) = self.drafts.last_mut()
        {
            // colours that the shell takes for text make its first row shorter than the others
            self.breaks.row_width = Some(most);
            // blanks at the break belong to the text
            let kept = draft.text.len();
            draft.text.push_str(&" ".repeat(line.text.len() - line.text.trim_end().len()));
            draft.text.truncate(kept + 8);
        }
    }

    /// Whether the unit at `at` begins as the rest of a line does that busybox broke.
    fn begins_behind_edge(&self, at: usize) -> bool {
        let Some(Unit::Line(next)) = self.units.get(at) else { return false };
        let above = self.running.and_then(|r| self.drafts.get(r)).map_or("", |d| d.text.as_str());
        begins_at_blank(&next.text) || joins(&next.text) || begins_behind_blank(above, &next.text)
    }

    /// A line whose rest stands on the row below, because busybox broke it there: the two together ask for more, and what
    /// comes then does so. Takes the row.
    fn goes_on_asked(&mut self, at: usize, left: &str, blanks: &str) -> bool {
        let units = Rc::clone(&self.units);
        let [Some(Unit::Line(next)), Some(Unit::Line(asked))] = [at + 1, at + 2].map(|i| units.get(i)) else {
            return false;
        };
        let asks = self.continuing && left.is_empty();
        let Some(draft) = self.running.and_then(|r| self.drafts.get(r)).filter(|_| asks) else {
            return false;
        };
        let short = |text: &str| text.len() < LONGEST_ASKED;
        let unmarked = self.taken <= at + 1 && next.rare().mark.is_none() && asked.rare().mark.is_none();
        if !unmarked || !short(&draft.text) || !short(&next.text) || !short(&asked.text) {
            return false;
        }
        let whole = format!("{}{blanks}{}", draft.text, next.text.trim_end());
        let asks = |line: &Line<'_>| continuation(&line.text, None).is_some();
        let prompt = self.same_level(&next.text).is_some();
        let ahead = self.asked_behind_ahead(at + 1, &next.text).is_some()
            || self.is_before_question(at + 1, &next.text);
        if prompt || ahead || !asks(asked) || asks(next) || is_complete(&whole) {
            return false;
        }
        let end = next.span.end;
        self.taken = at + 2;
        let Some(draft) = self.running.and_then(|r| self.drafts.get_mut(r)) else { return false };
        let alone = Reading { text: std::mem::replace(&mut draft.text, whole), confidence: OTHER };
        draft.offer(alone);
        draft.confidence = draft.confidence.min(0.7);
        draft.span.end = end;
        true
    }

    /// Whether one line stands between a command and the screen that it fills: such a program says nothing before.
    fn is_before_screen(&self, at: usize, typed: &str) -> bool {
        const FILL: [&str; 8] = ["less", "vi", "vim", "nano", "man", "top", "htop", "view"];
        let Some(Unit::Line(next)) = self.units.get(at + 1) else { return false };
        let below = &self.given.bytes[next.span.end..self.given.bytes.len().min(next.span.end + 32)];
        self.busybox
            && FILL.contains(&typed.split(' ').next().unwrap_or_default())
            && below.starts_with(FILLS)
    }

    /// Whether the running command shows nothing when all goes well.
    fn shows_nothing(&self) -> bool {
        const QUIET: [&str; 4] = ["cd", "mkdir", "touch", "export"];
        let text = self.running.and_then(|r| self.drafts.get(r)).map_or("", |d| d.text.as_str());
        let quiet = |words: &[Cow<'_, str>]| QUIET.contains(&&*words[0]);
        QUIET.iter().any(|name| text.starts_with(name))
            && text.len() < LONGEST_ASKED
            && SimpleCommands::of(text).iter().all(quiet)
    }

    /// Whether the running command waits: what is shown then is typed ahead.
    fn waits(&self) -> bool {
        self.running.and_then(|r| self.drafts.get(r)).is_some_and(|d| is_silent(&d.text))
    }

    /// Whether a line that busybox broke ended where it broke it, and this is the first that the command shows: nobody types
    /// columns.
    fn ended_at_edge(&self, text: &str) -> bool {
        let typed = self.running.and_then(|r| self.drafts.get(r)).map_or("", |d| d.text.as_str());
        self.given.mode == Mode::Exact && text.starts_with("   ") && is_complete(typed)
    }
}
