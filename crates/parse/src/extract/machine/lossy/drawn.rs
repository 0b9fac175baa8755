//! How a line was drawn tells what it was: put in in front, found by a search, drawn anew behind its prompt.

use super::searched::found_unmoved;
use super::*;
use crate::prompt::last_drawn;
use crate::readings::{
    changed_before_wrap, inserted_alike, inserted_in_front, letters, put_before, shifted, taken_out_above,
    without_suggestions,
};

impl Machine<'_> {
    /// Something was put in before what stood there.
    pub(super) fn put_in_front(&self, asked: &Asked<'_>, ways: &mut Ways) {
        let Asked { entered, own, .. } = asked;
        let raw = asked.raw();
        let blank_before = |at: usize| at > 1 && raw[at - 1] == b' ' && raw[at - 2] != 0x08;
        if asked.in_shell() && asked.stepped && memchr::memchr(0x08, raw).is_some_and(blank_before) {
            let drawn = without_sequences(raw);
            if let Some(text) = drawn.rsplit_once(entered.prompt).and_then(|(_, drawn)| shifted(drawn)) {
                return ways.prefer(text, 0.95);
            }
        }
        let holds = |own: &[u8], b: u8| memchr::memchr(b, own).is_some();
        let rings = holds(raw, 0x07) || own.len() < 4096 && holds(own, 0x07) && holds(own, 0x08);
        let rings = asked.in_shell() && rings;
        let before = rings.then(|| put_before(&without_sequences(own), entered.prompt, is_command)).flatten();
        let (before, again) = before.unzip();
        // characters were put in behind the bell
        let put_in = || memmem::find(own, b"\x07\x1b[C").is_some() && memmem::find(own, b"\x1b[1@").is_some();
        let whole = before.clone().filter(|_| again == Some(true) || put_in());
        if let Some(text) = whole.or_else(|| self.redrawn(entered, asked.program)) {
            ways.prefer(text, 0.85);
        } else if let Some(text) = before {
            ways.offer(text, 0.2);
        }
    }

    /// A line of a streaming copy that shows some of its text twice.
    fn redrawn(&self, entered: &Entered<'_>, program: Option<&str>) -> Option<String> {
        let line = String::from_utf8_lossy(entered.raw?);
        let line = line.trim_end_matches('\n');
        let whole = &line[last_drawn(line, entered.prompt)? + entered.prompt.len()..];
        let typed = whole.trim_end_matches(' ');
        match program {
            // the one program of those with statements that suggests what may follow
            Some("node") => without_suggestions(typed),
            Some(_) => None,
            None => {
                let found =
                    inserted_in_front(typed, is_command).or_else(|| inserted_alike(whole, is_command));
                // the prompt may be drawn again for every key
                let again = || shows_times(line.as_bytes(), entered.prompt, 3);
                let all = || line.split(entered.prompt).collect::<String>();
                found.or_else(|| again().then(|| inserted_in_front(all().trim_end(), is_command)).flatten())
            }
        }
    }

    /// A search found the line.
    pub(super) fn found_by_search(&self, asked: &Asked<'_>, ways: &mut Ways) {
        let Asked { entered, own, .. } = asked;
        // ksh93 asks behind its prompt, and draws that and what it found behind the question
        if let Some((query, found)) =
            ways.best.text.strip_prefix("^R: ").and_then(|asked| asked.split_once(entered.prompt))
            && found.contains(query)
        {
            let found = found.to_owned();
            return ways.prefer(found, 0.85);
        }
        let drawn = entered.raw.or(Some(*own).filter(|own| own.len() < LONGEST_LINE));
        if let Some(drawn) = drawn.filter(|drawn| is_search(drawn)) {
            if let Some(found) = found_unmoved(&without_sequences(drawn), entered.prompt) {
                return ways.prefer(found, 0.85);
            }
            // of a line that was kept the steps back to the prompt are lost: behind its last copy stands what was drawn last
            let whole = entered.raw.is_none().then(|| without_sequences(drawn));
            let last = whole.as_deref().and_then(|line| line.rsplit_once(entered.prompt));
            let last = last.map(|(_, last)| last.split('\u{8}').next().unwrap_or(last));
            let shown = last.unwrap_or(&ways.best.text);
            let behind = entered.raw.and_then(|_| behind_redrawn_end(shown, entered.prompt));
            if let Some(found) = self.searched(drawn, behind.unwrap_or(shown).trim_end()) {
                ways.prefer(found, 0.8);
            } else if let Some(text) = behind.map(str::to_owned) {
                ways.prefer(text, 0.7);
            }
        }
        let text = &ways.best.text;
        if text.starts_with("(reverse-i-search)`") || text.starts_with("(failed reverse-i-search)`") {
            // the prompt was not drawn again: the line that was found stands behind the last query
            let found = text.rsplit("': ").next().unwrap_or_default().to_owned();
            ways.best = Reading { text: found, confidence: ways.best.confidence.min(0.6) };
        }
    }

    /// The prompt was drawn once more, and the line behind it, or what of it differs.
    pub(super) fn drawn_anew(&self, asked: &Asked<'_>, ways: &mut Ways) {
        const STEPS: &[u8] = b"\x08\x08\x08";
        let (prompt, raw) = (asked.entered.prompt, asked.raw());
        let steps = || memchr::memchr(0x08, raw).is_some_and(|at| raw[at..].starts_with(STEPS));
        if asked.in_shell() && asked.stepped && steps() && !raw.contains(&0x1b) {
            let drawn = String::from_utf8_lossy(raw);
            let typed = drawn.split_once(prompt).map_or("", |(_, typed)| typed);
            if let Some(text) = taken_out_above(typed.trim_end_matches('\n'), prompt) {
                return ways.prefer(text, 0.85);
            }
        }
        if let Some(at) = behind_blanked(&ways.best.text, prompt) {
            let text = ways.best.text[at..].to_owned();
            ways.prefer(text, 0.85);
        }
        if let Some((text, true)) = self.behind_kept(asked.entered, &ways.best.text) {
            ways.prefer(text, 0.7);
        }
        if asked.stepped && is_drawn_anew(raw, prompt) {
            ways.doubt(0.8);
        }
        if asked.in_shell()
            && asked.stepped
            && let Some(text) = changed_before_wrap(raw, prompt)
        {
            ways.prefer(text, 0.7);
        }
    }

    /// What a program drew itself stands before the line.
    pub(super) fn drawn_in_program(&self, asked: &Asked<'_>, ways: &mut Ways) {
        if !asked.in_shell()
            && let Some(at) = self.drawn_by_program(asked.entered.prompt, &ways.best.text)
        {
            ways.doubt(0.3);
            let text = ways.best.text[at..].to_owned();
            ways.offer(text, OTHER);
        }
    }
}

/// A line that was edited over several rows, where one that stands alone cannot tell what stood below.
pub(super) fn drawn_over_rows(asked: &Asked<'_>, ways: &mut Ways) {
    let own = asked.near();
    if own.contains(&0x1b) && memmem::find(own, b"\x1b[A").is_some() {
        ways.doubt(0.7);
        let steps = memmem::rfind(own, b"\x1b[C").map_or(own.len(), |at| at + b"\x1b[C".len());
        ways.offer(without_sequences(&own[steps..]).trim().to_owned(), OTHER);
    }
}

/// The line stands in itself once more from its beginning on, as where a key put something in front of it: what was drawn last
/// is what was entered.
pub(super) fn behind_itself_again(ways: &mut Ways) {
    const BEGIN: usize = 16;
    let text = &ways.best.text;
    let Some(begin) = text.get(..BEGIN).filter(|begin| begin.contains(' ')) else { return };
    let Some(at) = last_place(text, begin).filter(|at| *at >= BEGIN) else { return };
    // a line that says the same twice has a blank between
    let before = text[..at].char_indices().next_back().filter(|(_, c)| !c.is_whitespace());
    let Some((put, _)) = before else { return };
    let drawn = [&text[at..], &text[put..]].map(str::to_owned);
    ways.doubt(0.6);
    drawn.into_iter().for_each(|text| ways.offer(text, OTHER));
}

/// The prompt stands in the line once more: what was entered is what stands before it, or behind it.
pub(super) fn behind_prompt_again(asked: &Asked<'_>, ways: &mut Ways) {
    if let Some(entered) = drawn_short(&ways.best.text) {
        let (text, confidence) = (entered.to_owned(), ways.best.confidence.min(0.9));
        return ways.replace(text, confidence, OTHER);
    }
    let sign = asked.entered.prompt.trim_end();
    if !sign.is_empty()
        && let Some(at) = last_place(&ways.best.text, sign)
        && let (before, last) = (&ways.best.text[..at], &ways.best.text[at + sign.len()..])
        && [before, last].iter().any(|part| likeness(part.trim_start()) >= KNOWN)
    {
        let (before, behind) = (before.to_owned(), last.trim_start().to_owned());
        ways.doubt(0.85);
        let again = before.trim().is_empty() && likeness(&behind) >= KNOWN;
        if again || behind.trim_end() == before.trim() {
            ways.replace(behind, ways.best.confidence, OTHER);
        } else {
            ways.offer(before, OTHER);
            ways.offer(behind, OTHER);
        }
    }
}

/// What stands behind the short prompt with which zsh draws a line once more that was entered: the line as it stands before,
/// where an edge may have left a blank and the first key is written twice.
fn drawn_short(text: &str) -> Option<&str> {
    if text.len() >= LONGEST_ASKED {
        return None;
    }
    let mut signs = memchr::memchr_iter(b' ', text.as_bytes())
        .filter(|at| text[..*at].chars().next_back().is_some_and(|c| is_shell_sign(c) || c == '\u{276f}'));
    signs.find_map(|at| {
        let (before, entered) = (&text[..at], text[at..].trim());
        let before = &before[..before.len() - before.chars().next_back().map_or(0, char::len_utf8)];
        let same = |before: &str| letters(before).eq(letters(entered));
        let first = entered.chars().next().map_or(0, char::len_utf8);
        let whole = entered.len() > 1 && (same(before) || same(before.get(first..).unwrap_or_default()));
        (whole && likeness(entered) >= KNOWN).then_some(entered)
    })
}

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

/// Whether an editor drew its prompt anew behind steps back: what stood right of the cursor may still be there.
fn is_drawn_anew(raw: &[u8], prompt: &str) -> bool {
    let last = memmem::rfind(raw, prompt.as_bytes()).filter(|at| *at > 0 && prompt.trim().len() > 3);
    last.is_some_and(|at| raw[..at].contains(&0x08))
}

/// What stands behind the end of the prompt that was written again when a search was over, which leaves what the prompt
/// and the question of the search begin with alike.
fn behind_redrawn_end<'a>(shown: &'a str, prompt: &str) -> Option<&'a str> {
    let mut ends =
        prompt.char_indices().take(4).map(|(at, _)| &prompt[at..]).filter(|end| end.trim().len() > 2);
    ends.find_map(|end| shown.rsplit_once(end)).map(|(_, behind)| behind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_was_entered_may_be_drawn_once_more() {
        assert_eq!(drawn_short("ls -la  ~% ls -la ~"), Some("ls -la ~"));
        assert_eq!(drawn_short("iid -un$ id -un"), Some("id -un"));
        assert_eq!(drawn_short("echo 5% ls"), None);
        assert_eq!(drawn_short("x% x"), None);
    }

    #[test]
    fn what_is_blanked_was_erased() {
        assert_eq!(behind_blanked("cat a$      $ true 'x$ 5'", "$ "), Some(14));
        assert_eq!(behind_blanked("cat a$  $ true", "$ "), None);
    }
}
