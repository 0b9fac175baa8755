//! What else a line of a streaming copy may have said: readings that are offered beside the one that is reported.

use super::*;
use crate::readings::{changed_in_row_above, inserted_behind_prompt, letters, plausible, without_edges};
use crate::shell::{names_at_end, takes_command};

/// So many that are at least so likely come before what is merely plausible.
const MOST_LIKELY: usize = 3;
const LEAST_LIKELY: f32 = 0.05;

impl Machine<'_> {
    /// Adds what a line in a shell may have been besides `best` to its other `readings`; `again` where it was shown before.
    pub(super) fn offer(&self, asked: &Asked<'_>, best: &Reading, again: bool, readings: &mut Vec<Reading>) {
        let Asked { entered, .. } = asked;
        let edited = asked.stepped || best.confidence < 0.9;
        if edited || !again {
            let more = self.plausible(entered.prompt, &best.text, edited);
            let likely =
                readings.iter().take(MOST_LIKELY).take_while(|r| r.confidence >= LEAST_LIKELY).count();
            let more = more.into_iter().map(|text| Reading { text, confidence: LEAST_LIKELY });
            readings.splice(likely..likely, more);
        }
        if !again
            && readings.len() < MOST_OTHERS
            && let Some(wraps) = &self.weighing.wrap
            && let Some(text) =
                wraps.unlikely(entered.prompt, &best.text, |word| self.weighing.words.look_up(word))
        {
            readings.push(Reading { text, confidence: 0.0 });
        }
        if !again
            && readings.len() < MOST_OTHERS
            && let Some(wraps) = &self.weighing.wrap
            && let Some(text) = wraps.bare(entered.prompt, &best.text)
            && readings.iter().all(|r| r.text != text)
        {
            readings.push(Reading { text, confidence: 0.0 });
        }
        let shown = |word: &str| self.weighing.words.look_up(word);
        if !again
            && let Some(text) = without_edges(entered.prompt, &best.text, shown)
            && readings.iter().take(MOST_OTHERS).all(|r| r.text.trim_end() != text)
        {
            let likely = readings.len().min(MOST_LIKELY);
            readings.insert(likely, Reading { text, confidence: LEAST_LIKELY });
        }
        if let Some(text) = with_controls(&best.text) {
            readings.insert(0, Reading { text, confidence: LEAST_LIKELY });
        }
        let rings = || memchr::memchr(0x07, asked.raw()).is_some();
        if best.confidence < 0.9 || rings() {
            let more = self.combined(entered, best.text.trim_end(), readings);
            let first = readings.len().min(1);
            let more = more.into_iter().map(|text| Reading { text, confidence: LEAST_LIKELY });
            readings.splice(first..first, more);
        }
    }

    /// What a line may have been of which more than one change left no trace: `shown` as it is, where blanks at the edge
    /// were told wrongly; a line of before at its end, behind what was erased; each without the blanks that nobody types.
    fn combined(&self, entered: &Entered<'_>, best: &str, readings: &[Reading]) -> Vec<String> {
        const MOST: usize = 3;
        const FAR: usize = 40;
        const LEAST: usize = 6;
        let shown: String = entered.text.trim().chars().filter(|c| !c.is_control()).collect();
        if shown.len() > 400 {
            return Vec::new();
        }
        let mut bases: Vec<String> = Vec::new();
        let earlier = self
            .drafts
            .iter()
            .rev()
            .take(FAR)
            .map(|d| d.text.trim_end())
            .filter(|h| (LEAST..shown.len()).contains(&h.len()));
        let at =
            earlier.filter_map(|h| last_place(&shown, h).filter(|at| *at > 0).map(|at| (at, at + h.len())));
        let behind = at.filter(|(_, end)| matches!(shown.as_bytes().get(*end), None | Some(b' ')));
        bases.extend(behind.map(|(at, _)| shown[at..].to_owned()).next());
        // what was written behind steps back to the line's start
        let raw = String::from_utf8_lossy(entered.raw.unwrap_or_default());
        let last = raw.rsplit_once('\u{8}').map(|(_, last)| last.trim());
        let begins = |last: &&str| last.split_once(' ').is_some_and(|(name, _)| is_command(name));
        bases.extend(last.filter(begins).map(str::to_owned));
        if shown != best && letters(&shown).eq(letters(best)) {
            bases.push(shown.clone());
        }
        // tcsh went over the edge and back to erase the line
        let erased =
            memmem::rfind(raw.as_bytes(), b"  \0").map(|at| raw[at..].trim_matches([' ', '\0', '\n']));
        bases.extend(erased.filter(|rest| likeness(rest) >= KNOWN).map(str::to_owned));
        // a sign of the prompt that was not told from the line
        let behind_sign = best.split_once(' ').filter(|(sign, _)| !sign.contains(char::is_alphanumeric));
        bases.extend(behind_sign.map(|(_, rest)| rest.to_owned()).filter(|rest| likeness(rest) >= KNOWN));
        // a line that was typed ahead stands above as it was typed
        let above = self.drafts.last().map_or("", |d| d.output.last_line()).trim();
        let alike = above.bytes().zip(best.bytes()).take_while(|(a, b)| a == b).count();
        if alike >= 12 && alike < above.len() && likeness(above) >= KNOWN {
            bases.insert(0, above.to_owned());
        }
        // what was typed where the cursor went back to was put in there
        let put_in = raw.split_once('\u{8}').and_then(|(old, new)| {
            let old = old.rsplit_once(entered.prompt).map_or(old, |(_, old)| old);
            let typed = new.trim_start_matches('\u{8}');
            let (at, _) = old.char_indices().rev().nth(new.len() - typed.len())?;
            (!typed.contains('\u{8}')).then(|| format!("{}{}{}", &old[..at], typed.trim_end(), &old[at..]))
        });
        bases.extend(put_in.filter(|text| !text.contains('\u{1b}')));
        let bytes = self.given.of(&entered.span);
        let again = || shows_times(bytes, entered.prompt, 2);
        if bytes.len() < 4096 && !entered.prompt.trim().is_empty() && again() {
            let drawn = without_sequences(bytes);
            if let Some((_, text)) = drawn.split_once(entered.prompt) {
                bases.extend(inserted_behind_prompt(text.trim_end(), entered.prompt));
                if memmem::find(bytes, b"\x1b[A").is_some() {
                    let mut runs = text.split(['\u{8}', '\u{7}']).filter(|run| !run.is_empty());
                    let first = runs.next().unwrap_or_default();
                    let again = runs.flat_map(|run| run.split(entered.prompt)).filter(|run| run.len() > 8);
                    let again = again.filter(|run| !first.starts_with(run.get(..8).unwrap_or(run)));
                    bases.extend(again.flat_map(|again| changed_in_row_above(first, again)).take(2));
                }
            }
        }
        bases.extend(self.behind_kept(entered, best).map(|(whole, _)| whole));
        let mut out: Vec<String> = Vec::new();
        let likely: Vec<&str> = readings.iter().take(MOST_LIKELY).map(|r| r.text.trim_end()).collect();
        let (first, more) = likely.split_at(likely.len().min(1));
        let without = |text: &str| self.without_odd_blanks(text);
        let mut all: Vec<String> = bases.iter().filter_map(|text| without(text)).collect();
        all.extend(first.iter().filter_map(|text| without(text)));
        if let Some(wraps) = &self.weighing.wrap {
            let known = |word: &str| self.weighing.words.look_up(word);
            let unwrapped = |base: &String| wraps.unwrap(entered.prompt, base, known).into_iter().next();
            all.extend(bases.iter().filter_map(unwrapped).map(|way| way.text));
        }
        all.extend(bases);
        all.extend(self.weighing.wrap.as_ref().and_then(|wraps| wraps.bare(entered.prompt, &shown)));
        all.extend(more.iter().filter_map(|text| without(text)));
        let behind =
            all.iter().filter_map(|text| Some(text[self.could_begin(entered.prompt, text)?.0..].to_owned()));
        let behind: Vec<String> = behind.take(1).collect();
        all.splice(all.len().min(1)..all.len().min(1), behind);
        for text in all {
            let known = text == best || readings.iter().take(MOST_OTHERS).any(|r| r.text.trim_end() == text);
            if !known && !out.contains(&text) && out.len() < MOST {
                out.push(text);
            }
        }
        out
    }

    /// A line that took the place of another, whose prompt was drawn once more: what both begin with is not written again.
    /// `true` where it was run before.
    pub(super) fn behind_kept(&self, entered: &Entered<'_>, shown: &str) -> Option<(String, bool)> {
        const MOST: usize = 40;
        let prompt = Some(entered.prompt).filter(|prompt| prompt.trim().len() > 2)?;
        let raw = entered.raw.filter(|raw| raw.len() < LONGEST_ASKED)?;
        let shown = shown.trim_end();
        let begins = shown.starts_with(|c: char| c.is_ascii_alphanumeric());
        if !begins || !shows_times(raw, prompt, 2) || likeness(shown) >= KNOWN {
            return None;
        }
        let raw = String::from_utf8_lossy(raw);
        let (_, old) = raw.split_once(prompt)?;
        let (old, _) = old.rsplit_once(prompt).filter(|(old, _)| !old.contains(['\u{8}', '\u{1b}']))?;
        // the lines part behind that
        let heads =
            old.char_indices().skip(1).take(MOST).filter(|(at, _)| !old[*at..].starts_with(&shown[..1]));
        let wholes = heads.map(|(at, _)| (at, format!("{}{shown}", &old[..at])));
        let mut wholes = wholes.filter(|(_, whole)| likeness(whole) >= KNOWN);
        let ran = |whole: &str| self.weighing.has_run(whole);
        if let Some((_, whole)) = wholes.clone().find(|(_, whole)| ran(whole)) {
            return Some((whole, true));
        }
        wholes.find(|(at, _)| old[..*at].ends_with([' ', '/'])).map(|(_, whole)| (whole, false))
    }

    /// What else a line behind `prompt` may have been; `edited` where history may stand behind it.
    pub(in super::super) fn plausible(&self, prompt: &str, text: &str, edited: bool) -> Vec<String> {
        const FAR: usize = 300;
        let ran = |d: &&Draft| d.program.is_none() && d.status == Status::Run && d.text.len() < LONGEST_ASKED;
        let history =
            self.drafts.iter().rev().take(if edited { FAR } else { 0 }).filter(ran).map(|d| joined(&d.text));
        plausible(text, columns(prompt), &|word| self.weighing.words.look_up(word), history)
    }

    /// Where behind `prompt` another command may begin, glued to what was erased before it without a trace: going back to
    /// the line's start is a carriage return where that is shorter, and a column in tcsh, which does not mark itself. `true`
    /// where it is a short name and nothing else, as many a path ends (`credentials`, `nginx.pid`): then what the line shows
    /// has to speak for it.
    pub(super) fn could_begin(&self, prompt: &str, text: &str) -> Option<(usize, bool)> {
        const FARTHEST: usize = 24;
        let lead = columns(prompt);
        let untraced = self.levels.top().is_some_and(|l| !l.marked);
        let words_of = || text.split_ascii_whitespace().take(24).skip(1);
        let start_of = |word: &str| word.as_ptr() as usize - text.as_ptr() as usize;
        let mut short = None;
        let inside = words_of().filter(|word| !word.ends_with("/dev/null")).find_map(|word| {
            let start = start_of(word);
            let near = |at: &usize| word[..*at].chars().count() <= FARTHEST;
            names_at_end(word).filter(near).find_map(|i| {
                let (left, name) = word.split_at(i);
                if start + i <= lead + 1 && !untraced {
                    return None;
                }
                let left = words(left).last().filter(|l| left.ends_with(*l)).unwrap_or_default();
                let glued = [left, name].concat();
                let known = is_command(&glued);
                let goes_on = text[start + word.len()..].trim_start();
                let alone =
                    name.len() < 3 && (goes_on.is_empty() || goes_on.starts_with(['|', '&', ';', '>']));
                let home = left == "~";
                if left.is_empty() && !home || known {
                    return None;
                }
                // what is shown again may be typed again
                let alone = alone || self.weighing.words.again(&glued);
                if alone {
                    short.get_or_insert(start + i);
                }
                (!alone).then_some(start + i)
            })
        });
        // or a whole line of before
        let found = inside.or_else(|| {
            let begins = |word: &&str| {
                if !is_command(word) {
                    return false;
                }
                let (before, again) = text.split_at(start_of(word));
                let before = before.trim_end();
                let last = before.rsplit(' ').next().unwrap_or_default();
                let own = || before.ends_with(['|', '&', ';', '(', '`', '{', '!']) || takes_command(last);
                before.chars().count() > lead
                    && again.trim_end().contains(' ')
                    && self.weighing.has_run(again.trim_end())
                    && !own()
            };
            words_of().filter(|word| start_of(word) > lead).find(begins).map(start_of)
        });
        found.map(|at| (at, false)).or(short.map(|at| (at, true)))
    }
}

/// The line with the control characters that shells and terminals show as a caret and a letter: `^L`.
fn with_controls(text: &str) -> Option<String> {
    if !text.contains('^') {
        return None;
    }
    let (mut out, mut rest) = (String::new(), text);
    while let Some(at) = rest.find('^') {
        let shown = rest[at + 1..].chars().next().filter(|c| ('@'..='_').contains(c));
        out.push_str(&rest[..at]);
        out.push(shown.map_or('^', |c| char::from(c as u8 & 0x1f)));
        rest = &rest[at + 1 + shown.map_or(0, char::len_utf8)..];
    }
    out.push_str(rest);
    (out != text).then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caret_and_a_letter_may_be_a_control_character() {
        assert_eq!(with_controls("^Lls x^2 ^A^").as_deref(), Some("\u{c}ls x^2 \u{1}^"));
        assert_eq!(with_controls("grep ^a b"), None);
    }
}
