//! Whether a line without marks begins with a prompt that is due, and where that ends.

use super::*;

impl Machine<'_> {
    /// Whether a line without marks can be nothing but output: the last command opens nothing, and the signs of the prompts
    /// that are known stand nowhere on it. Most lines are told by that.
    pub(super) fn is_output(&mut self, at: usize, line: &Line<'_>, text: &str) -> bool {
        let due = !matches!(self.opened, Opens::Nothing)
            || self.prompts.lead.is_some()
            || self.left_editor
            || self.continuing
            || self.breaks.broken
            || line.rare().input.is_some()
            || self.given.mode == Mode::Streamed && !self.begins_row(line);
        let Some(top) = self.levels.top().filter(|top| !due && top.program.is_none()) else { return false };
        // an editor that marks itself does so on every line
        let marks = top.marked && at <= self.last_edit;
        if !marks && self.levels.may_stand_in(&line.text, line.holds) {
            return false;
        }
        let may = self.may();
        let signed = || line.holds.signs() && has_strong_sign(text);
        !may.sets_prompt && (!may.opens_unknown || !signed())
    }

    /// What the last command may do to prompts.
    #[inline]
    pub(super) fn may(&mut self) -> May {
        // every line of output asks, so the answer is kept until the text is another: appended to, cut, or put elsewhere
        let text = self.last_text();
        if self.may.0 != text {
            self.may_now(text);
        }
        self.may.1
    }

    fn may_now(&mut self, text: (usize, usize, usize)) {
        let may = self.drafts.last().map(|last| May::of(&SimpleCommands::of(&last.text)));
        self.may = (text, may.unwrap_or_default());
    }

    /// Which text the last command has: how many commands there are, where it is and how long.
    #[inline]
    pub(super) fn last_text(&self) -> (usize, usize, usize) {
        let text = self.drafts.last().map_or("", |last| last.text.as_str());
        (self.drafts.len(), text.as_ptr() as usize, text.len())
    }

    /// Where on a line without marks the prompt ends, if it begins with one that is due.
    /// `input` is where its shell says that its prompt ends.
    pub(super) fn prompt_on(
        &mut self,
        at: usize,
        text: &str,
        floor: Option<usize>,
        input: Option<usize>,
    ) -> Option<(usize, f32)> {
        let (end, confidence) = self.due_prompt(at, text, floor, input)?;
        // a further part of it is no command
        let led = || self.levels.downwards().find_map(|l| l.led_end(text));
        let parts = behind_arrows(text).or_else(led);
        Some((parts.map_or(end, |parts| parts.max(end)), confidence))
    }

    fn due_prompt(
        &mut self,
        at: usize,
        text: &str,
        floor: Option<usize>,
        input: Option<usize>,
    ) -> Option<(usize, f32)> {
        let may = self.may();
        let announced =
            !matches!(self.opened, Opens::Nothing) || self.prompts.lead.is_some() || may.sets_prompt;
        let known = self.levels.top().filter(|l| !l.marked && l.asks && text.starts_with(l.prompt.as_str()));
        if let Some(end) = known.map(|l| l.prompt.len()).filter(|end| input.is_some_and(|input| input > *end))
        {
            // it asked behind output on this row, and wrote its prompt once more at the start
            return Some((end, 0.97));
        }
        // a program nobody knows may ask, but its shell draws no prompt without a mark
        let marks = !announced
            && !self.multiplexed
            && !self.left_editor
            && self.levels.top().is_some_and(|top| top.marked);
        if let Some(input) = input.filter(|_| self.given.mode == Mode::Streamed)
            && self.levels.top().is_some_and(|top| !top.marked && top.shown > 1 && top.prompt.ends_with(' '))
            && let Some(end) = self.same_level(text).filter(|end| *end < input && text[..*end].ends_with(' '))
        {
            // what stands between came to the right edge since, and may go again
            return Some((end, 0.93));
        }
        if let Some(end) = input.filter(|end| self.is_asked(&text[..*end], announced)) {
            return Some((end, 0.98));
        }
        if input.is_none() && self.is_imitated(text) {
            return None;
        }
        if let Some(end) = self.in_environment(text) {
            return Some((end, 0.93));
        }
        if let Some(top) = self.levels.top() {
            if !top.marked {
                if let Some(end) = top.parted_end(text) {
                    return Some((end, 0.95));
                }
                if top.shown > 0 {
                    if let Some(end) = self.longer_below(text) {
                        return Some((end, 0.95));
                    }
                    if text.starts_with(top.prompt.as_str()) {
                        return Some((top.prompt.len(), if top.prompt.len() >= 4 { 0.97 } else { 0.94 }));
                    }
                    if text == top.prompt.trim_end() {
                        return Some((text.len(), 0.97));
                    }
                }
                if let Some(end) = self.same_level(text) {
                    return Some((end, 0.93));
                }
                if let Some(place) = self.with_other_part(text) {
                    return Some(place);
                }
            } else if at > self.last_edit && top.shown >= 3 && text.starts_with(top.prompt.as_str()) {
                // the editor was told not to mark itself any more
                return Some((top.prompt.len(), 0.7));
            } else if !announced && !self.multiplexed && !self.left_editor && !may.opens_unknown {
                return None;
            } else if self.multiplexed && text.starts_with(top.prompt.as_str()) && top.shown > 0 {
                return Some((top.prompt.len(), 0.9));
            }
            if let Some(end) = if marks { None } else { self.lower_level(text) } {
                return Some((end, 0.95));
            }
        }
        self.begun_prompt(at, text, floor, announced, marks)
    }

    /// Whether a prompt whose shell says where it ends is one that is due.
    fn is_asked(&mut self, prompt: &str, announced: bool) -> bool {
        let said = says(prompt);
        let moved = self.may().changes_prompt;
        let due = self
            .levels
            .top()
            .is_none_or(|l| !l.marked && (l.asks || l.fits(prompt, &said) || moved) || announced)
            || self.levels.lower(prompt, &said);
        due && prompt.len() <= 240 && !prompt.trim_start().is_empty()
    }

    /// Whether a short prompt stands there without the mark that its shell sets behind it: output, but where the line was
    /// typed ahead, which shows its end above.
    fn is_imitated(&self, text: &str) -> bool {
        let Some(top) = self.levels.top().filter(|l| l.asks && l.shown < 5) else {
            return false;
        };
        let Some(rest) = text.strip_prefix(top.prompt.as_str()) else { return false };
        let above = self.last_shown().trim();
        above.is_empty() || !rest.trim_end().ends_with(above)
    }
}

/// The prompts on lines without marks.
pub(super) fn plain_lookup<'a>(units: &Rc<Vec<Unit<'a>>>) -> Lookup<Unit<'a>> {
    Lookup::new(Rc::clone(units), plain_sample)
}

/// Whether something stands there that can be the last sign of any prompt.
pub(super) fn has_strong_sign(text: &str) -> bool {
    text.bytes().take(256).any(|b| !b.is_ascii() || is_shell_sign(char::from(b)))
}

fn plain_sample<'s>(unit: &'s Unit<'_>) -> Option<Sample<'s>> {
    let Unit::Line(line) = unit else { return None };
    let (text, rare): (&str, _) = (&line.text, line.rare());
    if rare.mark.is_some() || text.len() >= 4096 || line.holds.begins_oddly() && is_blank(text) {
        return None;
    }
    let input = rare.input.and_then(|i| i.checked_sub(rare.behind)).filter(|i| *i > 0);
    Some(Sample { text: &text[rare.behind..], floor: rare.floor, input })
}
