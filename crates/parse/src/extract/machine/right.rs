//! Right prompts of zsh in a streaming copy: the movements around them are lost, and they stand glued to what was typed.

use super::korn::written;
use super::lossy::{Ways, without_sequences};
use super::*;

/// Lines longer than this hold no prompt with something right of it.
const LONGEST_ROW: usize = 4096;

/// Says of zsh's lines where their input begins: it writes the first letter that is typed twice, and what stands before
/// comes again with other lines, as no half of a line does.
pub(super) fn mark_inputs(units: &mut [Unit<'_>], bytes: &[u8]) {
    let mut found: Vec<(usize, usize, u64, u64)> = Vec::new();
    for at in 0..units.len() {
        if let Some(end) = first_typed_twice(&units[..=at], bytes)
            && let Unit::Line(line) = &units[at]
        {
            let prompt = behind_sign(&line.text[..end]);
            if !prompt.is_empty() && !prompt.ends_with(' ') {
                found.push((at, end, exact_key(prompt), loose_key(prompt)));
            }
        }
    }
    let mut seen: HashMap<u64, u32> = HashMap::new();
    found
        .iter()
        .flat_map(|(.., exact, loose)| [exact, loose])
        .for_each(|key| *seen.entry(*key).or_default() += 1);
    for (at, end, exact, loose) in found {
        if let Unit::Line(line) = &mut units[at]
            && (seen[&exact] >= 2 || seen[&loose] >= 3)
        {
            line.set_input(end);
        }
    }
}

/// Where on the last unit, a line behind zsh's sign for a missing line end, the first letter stands that is written twice.
fn first_typed_twice(units: &[Unit<'_>], bytes: &[u8]) -> Option<usize> {
    let (Unit::Line(line), above) = units.split_last()? else { return None };
    if !line.holds.controls() {
        return None;
    }
    let raw = bytes.get(line.span.clone()).filter(|raw| raw.len() < LONGEST_ROW)?;
    let step = memchr::memchr(0x08, raw)?;
    let end = step.checked_sub(1)?;
    let twice = raw[end] > b' ' && raw.get(step + 1) == Some(&raw[end]);
    let is_sign = |unit: &Unit<'_>| matches!(unit, Unit::Line(line) if line.behind_sign().is_empty() && !line.text.is_empty());
    let signed = || line.rare().behind > 0 || above.iter().rev().take(2).any(is_sign);
    let free = line.rare().mark.is_none() && line.rare().input.is_none() && !line.full_screen;
    // a character that is cut there is shown as another
    let as_written = || line.text.get(..end).is_some_and(|text| text.as_bytes() == &raw[..end]);
    (free && twice && as_written() && signed()).then_some(end)
}

impl Machine<'_> {
    /// What was typed on a line of which `rest` stands behind the prompt, where zsh was given one at the right edge since that was
    /// learned: several lines tell where their input begins.
    pub(super) fn typed_beside(&self, line: &Line<'_>, rest: &str) -> Option<String> {
        let input = line.rare().input.filter(|input| *input > line.text.len() - rest.len())?;
        let typed = self.given.of(&line.span).get(input..)?;
        let twice = typed.get(1) == Some(&0x08) && typed.first() == typed.get(2);
        let typed = String::from_utf8_lossy(typed);
        twice.then(|| written("", typed.trim_end_matches(['\r', '\n', '\u{7}'])))
    }

    /// Whether a line is the one that was entered last, which zsh draws once more, in a shorter prompt or without what stood
    /// right of it, when its editor is left.
    pub(super) fn is_drawn_once_more(&mut self, text: &str) -> bool {
        /// Lines that a prompt may have above its last.
        const UPPER: u64 = 3;
        let streamed = self.given.mode == Mode::Streamed;
        let right = |l: &&Level| l.prompt_first || streamed && l.prompt.as_bytes().last() != Some(&b' ');
        let begins = |l: &&Level| l.prompt.as_bytes().first() == text.as_bytes().first();
        let zsh = self.levels.top().filter(right).filter(begins);
        let Some(top) = zsh.filter(|l| l.program.is_none()) else { return false };
        let last = self.running.and_then(|r| self.drafts.get(r));
        // what asked for a password was run
        let asked = self.drafts.last().is_some_and(|d| d.kind == CommandKind::Password);
        let Some(draft) = last.filter(|d| !asked && d.output.lines <= UPPER) else { return false };
        let sign = text.split_inclusive(' ').next().unwrap_or_default();
        let rest = text.get(sign.len()..).unwrap_or_default();
        let Some(behind) = rest.strip_prefix(draft.text.as_str()) else { return false };
        let own = sign.len() > 1
            && top.prompt.starts_with(sign)
            && !sign.contains(|c: char| c.is_ascii_alphanumeric());
        let over = behind.is_empty()
            || behind.starts_with(' ')
            || same(behind, &top.prompt[sign.len().min(top.prompt.len())..]);
        if !own || !over {
            return false;
        }
        if let Some(draft) = self.running.and_then(|r| self.drafts.get_mut(r)) {
            // what was shown so far are the upper lines of its prompt
            draft.output = Capture::in_room(draft.output.settle());
        }
        true
    }
}

/// A line of an editor whose right prompt may have stayed in it, where its rows were told wrongly: without that, or its first
/// row alone.
pub(super) fn beside_right_prompt(own: &[u8], ways: &mut Ways) {
    let text = ways.best.text.as_str();
    let Some(right) = right_of(own).filter(|_| text.len() < LONGEST_ROW) else { return };
    let (first, below) = text.split_once('\n').unwrap_or((text, ""));
    let glued = |at: &usize| first[..*at].ends_with(|c: char| c.is_alphanumeric());
    let place = last_place(first, &right).filter(glued);
    let without = place.map(|at| format!("{}{}", &first[..at], &first[at + right.len()..]));
    let alone = || (!below.is_empty()).then(|| first.trim_end().to_owned());
    if let Some(text) = without.or_else(alone).filter(|text| is_complete(text)) {
        ways.offer(text, OTHER);
    }
}

/// What an editor writes right of the line, as its bytes say: behind a long step, and before the one that leads back.
pub(super) fn right_of(bytes: &[u8]) -> Option<String> {
    const LEAST: usize = 8;
    const SHORTEST: usize = 3;
    const LONGEST: usize = 40;
    const MOST: usize = 64;
    let steps = memmem::find_iter(bytes, b"\x1b[").take(MOST).filter_map(|at| {
        let number = bytes[at + 2..].iter().take(4).take_while(|b| b.is_ascii_digit()).count();
        let columns = std::str::from_utf8(&bytes[at + 2..at + 2 + number]).ok()?.parse::<usize>().ok()?;
        (bytes.get(at + 2 + number) == Some(&b'C') && columns >= LEAST).then_some(at + 3 + number)
    });
    steps.take(4).find_map(|at| {
        let behind = &bytes[at..bytes.len().min(at + 256)];
        let back = memmem::find_iter(behind, b"\x1b[").find(|at| {
            let rest = &behind[at + 2..];
            let number = rest.iter().take_while(|b| b.is_ascii_digit()).count();
            number > 0 && matches!(rest.get(number), Some(b'C' | b'D'))
        })?;
        let text = without_sequences(&behind[..back]);
        let fits = (SHORTEST..=LONGEST).contains(&text.trim().len());
        (fits && !text.contains(|c: char| c.is_control())).then_some(text)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::term::{Screen, Window};

    #[test]
    fn a_letter_in_the_middle_of_a_character_is_none() {
        for typed in [&b"\xef\xbf\x08\xbf"[..], b"\xefy\x08y"] {
            let bytes = [b"%".as_slice(), &[b' '; 40], b"\n$ x", typed, b"\n"].concat();
            let (mut units, _) = Screen::new(&bytes, Mode::Streamed, Window::USUAL).go_on();
            mark_inputs(&mut units, &bytes);
            assert!(matches!(&units[1], Unit::Line(line) if line.rare().input.is_none()));
        }
    }

    #[test]
    fn what_stands_right_of_a_line_may_stay_in_it() {
        let own = b"ops> \x1b[K\x1b[46C\x1b[32m[~]\x1b[39m\x1b[46C\x1b[17Cg";
        assert_eq!(right_of(own).as_deref(), Some("[~]"));
        let offered = |text: &str| {
            let best = Reading { text: text.to_owned(), confidence: 1.0 };
            let mut ways = Ways { best, others: Vec::new() };
            beside_right_prompt(own, &mut ways);
            ways.others.pop().map(|r| r.text)
        };
        assert_eq!(offered("grep -n 4 a | head -5[~]").as_deref(), Some("grep -n 4 a | head -5"));
        assert_eq!(offered("tail -n 3 a \nb; rm").as_deref(), Some("tail -n 3 a"));
        assert_eq!(offered("ls [~]"), None);
    }
}
